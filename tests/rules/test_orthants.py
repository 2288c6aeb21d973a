"""Products of two tails, and the orthant probability itself."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.gaussian import Orthant, gaussian_average
from derive.spec.functions import GaussianTail
from tests.rules.quadrature import POINTS, average, closed, number, tail

x = sp.Symbol("x", real=True)
mu, s2 = sp.Symbol("mu", real=True), sp.Symbol("s2", positive=True)
R = sp.Rational

CASES = [
    (GaussianTail(x) ** 2, lambda t: tail(t) ** 2),
    (GaussianTail(2 * x - 1) * GaussianTail(-x), lambda t: tail(2 * t - 1) * tail(-t)),
    (GaussianTail(x) * sp.erf(x + 1), lambda t: tail(t) * mp.erf(t + 1)),
    (sp.exp(-(x**2)) * sp.erfc(x) ** 2, lambda t: mp.exp(-t * t) * mp.erfc(t) ** 2),
]


@pytest.mark.parametrize(("mean", "variance"), POINTS)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_values(case: int, mean: sp.Expr, variance: sp.Expr) -> None:
    body, function = CASES[case]
    found = number(closed(body, x, mu, s2), mu=mean, s2=variance)
    assert mp.almosteq(found, average(function, mean, variance), 1e-13, 1e-13)


@pytest.mark.parametrize("rho", [R(-9, 10), R(-1, 3), R(0), R(1, 2), R(19, 20)])
@pytest.mark.parametrize(("h", "k"), [(0, 0), (R(1, 2), -1), (-1, R(-3, 2)), (2, 1), (0, 1)])
def test_the_orthant(h, k, rho) -> None:
    """P(X > h, Y > k) = int_h^oo phi(x) H((k - rho x)/sqrt(1 - rho^2))."""
    s = mp.sqrt(1 - mp.mpf(rho.p) ** 2 / mp.mpf(rho.q) ** 2)
    r = mp.mpf(rho.p) / rho.q
    start, level = mp.mpf(sp.N(h, 30)), mp.mpf(sp.N(k, 30))
    wanted = average(lambda t: (t > start) * tail((level - r * t) / s), 0, 1, [start])
    assert mp.almosteq(mp.mpf(sp.N(Orthant(sp.sympify(h), sp.sympify(k), rho), 25)), wanted, 1e-14, 1e-14)


@pytest.mark.parametrize("position", range(3))
def test_its_derivatives(position: int) -> None:
    names = sp.symbols("h k rho", real=True)
    slope = Orthant(*names).diff(names[position])
    for point in [(R(1, 2), R(-1, 3), R(1, 4)), (R(-1), R(2), R(-3, 5))]:
        given = dict(zip(names, point, strict=True))

        def value(t, point=point) -> mp.mpf:
            moved = [sp.Float(t, 40) if i == position else p for i, p in enumerate(point)]
            return mp.mpf(sp.N(Orthant(*moved), 30))

        with mp.workdps(30):
            step = mp.mpf("1e-8")
            centre = mp.mpf(point[position].p) / point[position].q
            wanted = (value(centre + step) - value(centre - step)) / (2 * step)
        assert mp.almosteq(mp.mpf(sp.N(slope.xreplace(given), 25)), wanted, 1e-10, 1e-10)


def test_three_tails_and_two_tails_on_a_half_line_are_refused() -> None:
    assert gaussian_average(GaussianTail(x) * GaussianTail(2 * x) * GaussianTail(3 * x), x, mu, s2) is None
    assert gaussian_average(GaussianTail(x) ** 2 * sp.sign(x), x, mu, s2) is None
