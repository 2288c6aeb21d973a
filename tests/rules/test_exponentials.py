"""Completing the square."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.gaussian import gaussian_average
from derive.errors import RuleNotApplicable
from tests.rules.quadrature import POINTS, average, closed, number

x = sp.Symbol("x", real=True)
mu, s2 = sp.Symbol("mu", real=True), sp.Symbol("s2", positive=True)

CASES = [
    (sp.exp(2 * x), lambda t: mp.exp(2 * t)),
    (sp.exp(-(x**2) / 3 + x - 1), lambda t: mp.exp(-t * t / 3 + t - 1)),
    (x**3 * sp.exp(-2 * (x - 1) ** 2), lambda t: t**3 * mp.exp(-2 * (t - 1) ** 2)),
    ((1 + x) * sp.exp(-x) * sp.exp(-(x**2)), lambda t: (1 + t) * mp.exp(-t - t * t)),
    (x**2 * sp.cosh(x), lambda t: t**2 * mp.cosh(t)),
    (sp.sinh(x - 1), lambda t: mp.sinh(t - 1)),
    (sp.exp(x**2 / 10), lambda t: mp.exp(t**2 / 10)),
]


@pytest.mark.parametrize(("mean", "variance"), POINTS)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_values(case: int, mean: sp.Expr, variance: sp.Expr) -> None:
    body, function = CASES[case]
    found = number(closed(body, x, mu, s2), mu=mean, s2=variance)
    assert mp.almosteq(found, average(function, mean, variance, reach=26), 1e-13, 1e-13)


def test_a_divergent_average_is_refused() -> None:
    with pytest.raises(RuleNotApplicable, match="diverges"):
        gaussian_average(sp.exp(x**2), x, sp.S.Zero, sp.S.One)
    with pytest.raises(RuleNotApplicable, match="diverges"):
        gaussian_average(sp.exp(x**2 / 2), x, mu, sp.S.One)


@pytest.mark.parametrize("body", [sp.exp(sp.tanh(x)), sp.exp(x**4), sp.exp(1 / x)])
def test_other_exponents_are_refused(body: sp.Expr) -> None:
    assert gaussian_average(body, x, mu, s2) is None
