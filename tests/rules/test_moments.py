"""E x^k, and what is not a polynomial."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.gaussian import gaussian_average
from tests.rules.quadrature import POINTS, average, closed, number

x = sp.Symbol("x", real=True)
mu, s2 = sp.Symbol("mu", real=True), sp.Symbol("s2", positive=True)


@pytest.mark.parametrize(("mean", "variance"), POINTS)
@pytest.mark.parametrize("k", range(9))
def test_powers(k: int, mean: sp.Expr, variance: sp.Expr) -> None:
    found = number(closed(x**k, x, mu, s2), mu=mean, s2=variance)
    assert mp.almosteq(found, average(lambda t: t**k, mean, variance), 1e-14, 1e-14)


def test_products_of_sums_are_multiplied_out() -> None:
    found = gaussian_average((x - mu) ** 2 * (x + 1) - x, x, mu, s2)
    assert sp.expand(found - (s2 * (mu + 1) - mu)) == 0


def test_zero_variance_is_the_value_at_the_mean() -> None:
    assert gaussian_average(x**3 + sp.tanh(x), x, mu, sp.S.Zero) == mu**3 + sp.tanh(mu)


@pytest.mark.parametrize("body", [sp.tanh(x), sp.log(1 + x**2), 1 / (1 + x**2), sp.sqrt(1 + x**2), sp.exp(x**3)])
def test_other_functions_are_refused(body: sp.Expr) -> None:
    assert gaussian_average(body, x, mu, s2) is None
