"""Minimisers of losses and penalties nobody wrote the engine for: fixed points of the textbook, or a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from derive import api
from derive.errors import DeriveError
from tests.unseen.minimisers import label_channel, residual_channel, sites, smooth

slow = pytest.mark.slow
HEAD = """
name = "small"
beta = "inf"
parameters.alpha = { in = "(0, inf)", default = 2 }
quenched.wstar = "normal(0, 1)"
"""
TEACHER = '[[channel]]\nsamples = "alpha"\nteacher.z = "wstar"\nstudent.h = "w"\n'
NOISE = TEACHER + 'noise.eta = "normal(0, 1)"\nlabel = "z + eta/2"\n'
SIGN = TEACHER + 'label = "sign(z)"\n'
RIDGE = 'weights.w.penalty = "w^2/4"\n'


def written(text: str, folder: Path) -> Path:
    path = folder / "small.toml"
    path.write_text(HEAD + text)
    return path


def solved(text: str, folder: Path, **given: str) -> np.ndarray:
    (found,) = api.solve(written(text, folder), given, generated=folder / "generated").solutions
    assert found.status == "converged", found
    return np.array([found.order_parameters[name] for name in ("q", "V", "m")])


def check(text: str, channel: Callable, site: Callable, folder: Path) -> None:
    found = solved(text, folder)
    assert sites(site, channel(*found)) == pytest.approx(found, rel=3e-6)


ridge = smooth(lambda w: w / 2)


def residual(slope: Callable, alpha: float = 2.0) -> Callable:
    return lambda q, V, m: residual_channel(alpha, slope, 0.25, q, V, m)


def label(slope: Callable, alpha: float = 2.0) -> Callable:
    return lambda q, V, m: label_channel(alpha, slope, q, V, m)


LOSSES = [
    ("log(cosh(y - h))", NOISE, residual(np.tanh)),
    ("(y - h)^4/4", NOISE, residual(lambda r: r**3)),
    ("max(y - h, (h - y)/3)", NOISE, residual(lambda r: np.where(r > 0, 1.0, -1 / 3))),
    ("max(0, 1 - y*h)^2", SIGN, label(lambda h: -2 * np.maximum(0, 1 - h))),
    ("exp(-y*h)", SIGN, label(lambda h: -np.exp(-np.maximum(h, -300)))),
    (
        "if(y*h > 1, 0, if(y*h > 0, (1 - y*h)^2/2, 1/2 - y*h))",
        SIGN,
        label(lambda h: -np.clip(1 - h, 0, 1)),
    ),
]


@slow
@pytest.mark.parametrize("loss, teacher, channel", LOSSES, ids=[c[0] for c in LOSSES])
def test_losses_from_their_text_alone(loss: str, teacher: str, channel: Callable, tmp_path: Path):
    check(f'{RIDGE}{teacher}loss = "{loss}"\n', channel, ridge, tmp_path)


PENALTIES = [
    ('penalty = "w^4/2"', smooth(lambda w: 2 * w**3)),
    ('penalty = "max(w/4, -w/2)"', smooth(lambda w: np.where(w > 0, 0.25, -0.5))),
    ('penalty = "w/5"\nweights.w.support = "[0, inf)"', smooth(lambda w: 0.2 + 0 * w, 0.0)),
    ('penalty = "abs(w)/10 + abs(w - 1)/5"', smooth(lambda w: np.sign(w) / 10 + np.sign(w - 1) / 5)),
    ('count = "atoms(-1, 1)"', lambda x, A: np.where(x < 0, -1.0, 1.0)),
]


@slow
@pytest.mark.parametrize("penalty, site", PENALTIES, ids=[c[0] for c in PENALTIES])
def test_penalties_from_their_text_alone(penalty: str, site: Callable, tmp_path: Path):
    check(f'weights.w.{penalty}\n{NOISE}loss = "(y - h)^2/2"\n', residual(lambda r: r), site, tmp_path)


@slow
def test_two_channels_of_different_losses_add_their_conjugates(tmp_path: Path):
    one = NOISE + 'loss = "(y - h)^2/2"\n'
    two = SIGN.replace('"alpha"', '"alpha/2"') + 'loss = "max(0, 1 - y*h)"\n'

    def channel(q, V, m):
        hinge = label_channel(1.0, lambda h: np.where(h < 1, -1.0, 0.0), q, V, m)
        return residual_channel(2.0, lambda r: r, 0.25, q, V, m) + hinge

    check(RIDGE + one + two, channel, ridge, tmp_path)


@slow
def test_a_concave_quadratic_loss_is_accepted_where_the_penalty_holds_it(tmp_path: Path):
    """Loss -h^2/20 beside a square loss: (y - h)^2/2 - h^2/20 is convex, and its envelope elementary."""
    found = solved(RIDGE + NOISE + 'loss = "(y - h)^2/2 - h^2/20"\n', tmp_path)
    q, V, m = found
    # argmin over h of (y - h)^2/2 - h^2/20 + (h - omega)^2/(2 V): g = (h - omega)/V = (y - 9/10 omega)/(1 + 9/10 V)
    curvature = 0.9
    scale = 1 + curvature * V
    hats = np.array([2 * (1.25 - 2 * curvature * m + curvature**2 * q), 2 * curvature * scale, 2 * scale]) / scale**2
    assert sites(ridge, hats) == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize("loss", ["(y^2 - h^2)^2", "sin(h)"])
def test_a_loss_that_is_not_convex_is_refused_with_a_sentence(loss: str, tmp_path: Path):
    with pytest.raises(DeriveError) as refused:
        solved(f'{RIDGE}{NOISE}loss = "{loss}"\n', tmp_path)
    assert len(str(refused.value).split()) > 5
