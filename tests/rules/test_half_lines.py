"""Steps, indicators and moments on intervals."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.gaussian import gaussian_average
from derive.spec.functions import Step
from tests.rules.quadrature import POINTS, average, closed, number

x = sp.Symbol("x", real=True)
mu, s2 = sp.Symbol("mu", real=True), sp.Symbol("s2", positive=True)
a = sp.Symbol("a", real=True)

CASES = [
    (Step(x), lambda t: t > 0, [0]),
    (sp.sign(x - 1) * x**2, lambda t: mp.sign(t - 1) * t**2, [1]),
    (x**3 * Step(2 - 3 * x), lambda t: t**3 * (t < mp.mpf(2) / 3), [mp.mpf(2) / 3]),
    (sp.And(x > -1, x <= 2), lambda t: -1 < t <= 2, [-1, 2]),
    (sp.Or(x > 1, x < -2), lambda t: t > 1 or t < -2, [1, -2]),
    (sp.Not(sp.Or(x > 1, x < -2)), lambda t: -2 <= t <= 1, [1, -2]),
    (x**2 > 2, lambda t: t * t > 2, [mp.sqrt(2), -mp.sqrt(2)]),
    (Step(1 - x**2) * sp.exp(x), lambda t: (t * t < 1) * mp.exp(t), [1, -1]),
    (sp.exp(x) < 2, lambda t: mp.exp(t) < 2, [mp.log(2)]),
    (sp.tanh(2 * x) > sp.Rational(1, 2), lambda t: mp.tanh(2 * t) > 0.5, [mp.atanh(mp.mpf(1) / 2) / 2]),
    (x**3 + 8 > 0, lambda t: t > -2, [-2]),
    (sp.Abs(x) >= 5, lambda t: abs(t) >= 5, [5, -5]),
    (x**2 < -1, lambda t: 0, []),
    (x**2 > -1, lambda t: 1, []),
]


@pytest.mark.parametrize(("mean", "variance"), POINTS)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_values(case: int, mean: sp.Expr, variance: sp.Expr) -> None:
    body, function, kinks = CASES[case]
    value = closed(body, x, mu, s2)
    found = number(sp.sympify(value), mu=mean, s2=variance)
    assert mp.almosteq(found, average(function, mean, variance, kinks), 1e-13, 1e-13)


@pytest.mark.parametrize("end", [-3, 0, 2])
@pytest.mark.parametrize("k", range(5))
def test_a_symbolic_end(end: int, k: int) -> None:
    found = number(
        gaussian_average(x**k * Step(x - a), x, mu, s2), a=sp.Integer(end), mu=sp.Rational(1, 2), s2=sp.Integer(2)
    )
    wanted = average(lambda t: t**k * (t > end), 0.5, 2, [end])
    assert mp.almosteq(found, wanted, 1e-13, 1e-13)


def test_a_symbolic_slope_of_either_sign() -> None:
    value = closed(Step(a * x - 1), x, mu, s2)
    for slope in (-2, 3):
        found = number(value, a=sp.Integer(slope), mu=sp.Rational(1, 2), s2=sp.Integer(2))
        wanted = average(lambda t, slope=slope: slope * t > 1, 0.5, 2, [1 / slope])
        assert mp.almosteq(found, wanted, 1e-13, 1e-13)


@pytest.mark.parametrize("body", [Step(x**3 + x - 1), Step(sp.cos(x)), sp.sign(x + sp.exp(x))])
def test_a_switch_without_a_closed_root_is_refused(body: sp.Expr) -> None:
    assert gaussian_average(body, x, mu, s2) is None
