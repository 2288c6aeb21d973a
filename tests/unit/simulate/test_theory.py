"""Experiments with kinks against theories written out by hand here; the engine's theory is not used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from tests.support.simulation import agrees

LASSO = """
name = "lasso"
beta = "inf"
parameters.alpha = { in = "(0, inf)", default = "3/2" }
quenched.t = "normal(0, 1)"
weights.w.penalty = "abs(w)/4"
[[channel]]
samples = "alpha"
teacher.z = "t"
student.h = "w"
noise.eta = "normal(0, 1/4)"
label = "z + eta"
loss = "(y - h)^2/2"
"""

HINGE = """
name = "clouds"
beta = "inf"
parameters.alpha = { in = "(0, inf)", default = 3 }
quenched.v = "normal(0, 1)"
weights.w.penalty = "w^2/4"
[[channel]]
samples = "alpha"
input = { mean = "y*v", sd = "sqrt(1/2)" }
student.h = "w"
label = { values = [-1, 1], probability = "1/2" }
loss = "max(0, 1 - y*h)"
"""

G = np.linspace(-8, 8, 801)
P = scipy.stats.norm.pdf(G) / np.sum(scipy.stats.norm.pdf(G))


def lasso_theory(alpha: float, penalty: float, noise: float) -> dict[str, float]:
    v, q, m, size = 1.0, 0.5, 0.5, 0.0
    teacher, field = np.meshgrid(G, G)
    weight = np.outer(P, P)
    for _ in range(300):
        push = alpha / (1 + v)
        spread = alpha * (1 + noise - 2 * m + q) / (1 + v) ** 2
        pull = push * teacher + np.sqrt(spread) * field
        w = np.sign(pull) * np.maximum(np.abs(pull) - penalty, 0) / push
        q, m, size = (float(np.sum(weight * e)) for e in (w**2, w * teacher, np.abs(w)))
        v = 2 * scipy.stats.norm.sf(penalty / np.sqrt(push**2 + spread)) / push
    value = alpha * (1 + noise - 2 * m + q) / (2 * (1 + v) ** 2) + penalty * size
    return {"q": q, "m": m, "V": float(v), "free_entropy": -value}


def hinge_theory(alpha: float, lam: float, variance: float) -> dict[str, float]:
    v, q, m, loss = 1.0, 0.5, 0.5, 0.0
    for _ in range(1500):
        width = variance * v
        field = m + np.sqrt(variance * q) * G
        u = np.where(field > 1, field, np.minimum(field + width, 1.0))
        force = (u - field) / width
        loss = float(np.sum(P * np.maximum(0, 1 - u)))
        # The mean slope of the force, by parts.
        stiff = lam - alpha * variance * float(np.sum(P * force * G)) / np.sqrt(variance * q)
        mean, square = alpha * float(np.sum(P * force)), alpha * variance * float(np.sum(P * force**2))
        v, m = (v + 1 / stiff) / 2, (m + mean / stiff) / 2
        q = (q + (mean**2 + square) / stiff**2) / 2
    return {"q": q, "m": m, "V": v, "free_entropy": -(alpha * loss + lam * q / 2)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "theory"),
    [(LASSO, lasso_theory(1.5, 0.25, 0.25)), (HINGE, hinge_theory(3.0, 0.5, 0.5))],
    ids=["l1", "hinge"],
)
def test_kinks_agree_with_theory(tmp_path: Path, text: str, theory: dict[str, float]) -> None:
    path = tmp_path / "model.toml"
    path.write_text(text, encoding="utf-8")
    found = agrees(path, {}, theory, size=400, samples=20, seed=3)
    assert found, found
