"""DiracDelta evaluates the body at its root."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.gaussian import gaussian_average
from derive.spec.functions import GaussianTail, Step
from tests.rules.quadrature import POINTS, closed, normal, number, tail

x, y = sp.symbols("x y", real=True)
mu, s2 = sp.Symbol("mu", real=True), sp.Symbol("s2", positive=True)


@pytest.mark.parametrize(("mean", "variance"), POINTS)
@pytest.mark.parametrize("level", [-2, 0, 1])
def test_values(level: int, mean: sp.Expr, variance: sp.Expr) -> None:
    """E g(x) delta(2 x - y) = g(y/2) N(y/2)/2."""
    body = (x**2 + 1) * sp.exp(x) * GaussianTail(3 * x) * Step(1 - x) * sp.DiracDelta(2 * x - y)
    found = number(closed(body, x, mu, s2), mu=mean, s2=variance, y=sp.Integer(level))
    point = mp.mpf(level) / 2
    wanted = (point**2 + 1) * mp.exp(point) * tail(3 * point) / 2
    wanted *= normal(point, mp.mpf(sp.N(mean, 30)), mp.mpf(sp.N(variance, 30)))
    assert mp.almosteq(found, wanted, 1e-14, 1e-14)


def test_a_point_outside_an_interval_counts_nothing() -> None:
    body = Step(x) * sp.DiracDelta(x - y)
    value = closed(body, x, mu, s2)
    assert number(value, mu=sp.S.Zero, s2=sp.S.One, y=sp.Integer(-1)) == 0
    assert number(value, mu=sp.S.Zero, s2=sp.S.One, y=sp.Integer(1)) > 0


@pytest.mark.parametrize(
    "body",
    [sp.DiracDelta(x - 1) * sp.DiracDelta(x - 2), sp.DiracDelta(x**2 - 1), sp.DiracDelta(x - y) * sp.tanh(x)],
)
def test_others_are_refused(body: sp.Expr) -> None:
    assert gaussian_average(body, x, mu, s2) is None
