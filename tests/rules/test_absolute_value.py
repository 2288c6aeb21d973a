"""Absolute values, maxima, minima, also nested."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.gaussian import gaussian_average
from tests.rules.quadrature import POINTS, average, closed, number

x = sp.Symbol("x", real=True)
mu, s2 = sp.Symbol("mu", real=True), sp.Symbol("s2", positive=True)

CASES = [
    (sp.Abs(x), abs, [0]),
    (x * sp.Abs(x - 1), lambda t: t * abs(t - 1), [1]),
    (sp.exp(-2 * sp.Abs(x - 1)), lambda t: mp.exp(-2 * abs(t - 1)), [1]),
    (sp.Max(0, 1 - x) ** 2, lambda t: max(0, 1 - t) ** 2, [1]),
    (sp.Min(x, 2) * sp.Max(x, -1), lambda t: min(t, 2) * max(t, -1), [2, -1]),
    (sp.Abs(sp.Abs(x) - 1), lambda t: abs(abs(t) - 1), [0, 1, -1]),
    (sp.Abs(sp.Abs(sp.Abs(x) - 2) - 1) ** 3, lambda t: abs(abs(abs(t) - 2) - 1) ** 3, [0, 1, -1, 2, -2, 3, -3]),
    (sp.Max(x, x**2, sp.Rational(1, 2)), lambda t: max(t, t * t, 0.5), [0, 0.5, 1, -mp.sqrt(0.5), mp.sqrt(0.5)]),
    (sp.Abs(x**2 - 1), lambda t: abs(t * t - 1), [1, -1]),
    (sp.Abs(x) ** 3, lambda t: abs(t) ** 3, [0]),
]


@pytest.mark.parametrize(("mean", "variance"), POINTS)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_values(case: int, mean: sp.Expr, variance: sp.Expr) -> None:
    body, function, kinks = CASES[case]
    found = number(closed(body, x, mu, s2), mu=mean, s2=variance)
    assert mp.almosteq(found, average(function, mean, variance, kinks), 1e-13, 1e-13)


@pytest.mark.parametrize("body", [sp.sqrt(sp.Abs(x)), sp.Abs(sp.cos(x)), sp.log(sp.Abs(x))])
def test_others_are_refused(body: sp.Expr) -> None:
    assert gaussian_average(body, x, mu, s2) is None
