"""Labels that are counts, of laws nobody wrote the engine for: sums over counts without windows, in plain numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, gammaln

from derive import api
from tests.unseen.minimisers import count_channel

MODEL = """
name = "counts"
beta = "inf"
parameters.alpha = { in = "(0, inf)", default = 2 }
parameters.rho = { in = "(0, inf)", default = "1/4" }
quenched.wstar = "normal(0, rho)"
weights.w.penalty = "w^2/4"
observables.test_loss = "test(LOSS)"
observables.training_loss = "train(LOSS)"
[[channel]]
samples = "alpha"
teacher.z = "wstar"
student.h = "w"
label = { values = "natural", probability = "LAW" }
loss = "LOSS"
"""


def poisson(y, z):
    return y * z - np.exp(z) - gammaln(y + 1)


def geometric(y, z):
    return y * z - (y + 1) * np.logaddexp(0, z)


def negative_binomial(y, z):
    return gammaln(y + 3) - gammaln(y + 1) - np.log(2) + y * z - (y + 3) * np.logaddexp(0, z)


def far(y, z):
    return poisson(y, z + 3)


CASES = {
    "geometric": (
        "exp(z*y)/(1 + exp(z))^(y + 1)",
        "(y + 1)*log(1 + exp(h)) - y*h",
        geometric,
        lambda y, h: (y + 1) * expit(h) - y,
        lambda y, h: (y + 1) * expit(h) * expit(-h),
        1500,
    ),
    "negative_binomial": (
        "(y + 2)*(y + 1)/2*exp(z*y)/(1 + exp(z))^(y + 3)",
        "exp(h) - y*h",
        negative_binomial,
        lambda y, h: np.exp(h) - y,
        lambda y, h: np.exp(h),
        2500,
    ),
    "far": (
        "exp(-exp(z + 3))*exp(y*(z + 3))/factorial(y)",
        "exp(h + 2) - y*h",
        far,
        lambda y, h: np.exp(h + 2) - y,
        lambda y, h: np.exp(h + 2),
        3000,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_count_laws_from_their_text_alone(case: str, tmp_path: Path):
    probability, loss, law, slope, bend, counts = CASES[case]
    path = tmp_path / "counts.toml"
    path.write_text(MODEL.replace("LAW", probability).replace("LOSS", loss))
    (found,) = api.solve(path, {}, generated=tmp_path / "generated").solutions
    assert found.status == "converged", found
    q, V, m = (found.order_parameters[name] for name in ("q", "V", "m"))
    q_hat, V_hat, m_hat = count_channel(2.0, 0.25, law, slope, bend, counts, q, V, m)
    A = V_hat + 0.5
    assert [(q_hat + m_hat**2 / 4) / A**2, 1 / A, m_hat / 4 / A] == pytest.approx([q, V, m], rel=1e-10)
