"""Error functions under a Gaussian, with powers, exponentials and half lines."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.gaussian import gaussian_average
from derive.spec.functions import GaussianTail, Step
from tests.rules.quadrature import POINTS, average, closed, number, tail

x = sp.Symbol("x", real=True)
mu, s2 = sp.Symbol("mu", real=True), sp.Symbol("s2", positive=True)

CASES = [
    (GaussianTail(2 * x - 1), lambda t: tail(2 * t - 1), []),
    (GaussianTail(-3 * x), lambda t: tail(-3 * t), []),
    (sp.erf(x + 1), lambda t: mp.erf(t + 1), []),
    (sp.erfc(x / 2), lambda t: mp.erfc(t / 2), []),
    *[(x**k * GaussianTail(1 - 2 * x), lambda t, k=k: t**k * tail(1 - 2 * t), []) for k in range(1, 6)],
    ((1 + x) ** 2 * sp.erf(x), lambda t: (1 + t) ** 2 * mp.erf(t), []),
    (sp.exp(-(x**2) + x) * GaussianTail(x), lambda t: mp.exp(-t * t + t) * tail(t), []),
    (x**3 * sp.exp(-x) * GaussianTail(x), lambda t: t**3 * mp.exp(-t) * tail(t), []),
    (x * GaussianTail(x) * Step(x), lambda t: t * tail(t) * (t > 0), [0]),
    (x**2 * GaussianTail(1 - x) * Step(2 - x), lambda t: t * t * tail(1 - t) * (t < 2), [2]),
    (GaussianTail(sp.Abs(x)) * x, lambda t: tail(abs(t)) * t, [0]),
    (GaussianTail(x) * Step(x - 1), lambda t: tail(t) * (t > 1), [1]),
    (
        GaussianTail(1 - x) * sp.Piecewise((1, sp.And(x > -1, x < 2)), (0, True)),
        lambda t: tail(1 - t) * (-1 < t < 2),
        [-1, 2],
    ),
    (sp.exp(-x) * GaussianTail(2 * x) * Step(-x), lambda t: mp.exp(-t) * tail(2 * t) * (t < 0), [0]),
]


@pytest.mark.parametrize(("mean", "variance"), POINTS)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_values(case: int, mean: sp.Expr, variance: sp.Expr) -> None:
    body, function, kinks = CASES[case]
    found = number(closed(body, x, mu, s2), mu=mean, s2=variance)
    assert mp.almosteq(found, average(function, mean, variance, kinks, reach=20), 1e-13, 1e-13)


@pytest.mark.parametrize(
    "body",
    [
        GaussianTail(x**2),
        GaussianTail(x) ** 3,
        x * GaussianTail(x) ** 2,
        1 / GaussianTail(x),
        sp.log(GaussianTail(x)),
    ],
)
def test_others_are_refused(body: sp.Expr) -> None:
    assert gaussian_average(body, x, mu, s2) is None
