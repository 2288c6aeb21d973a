"""Piecewise bodies, with overlapping, nested and symbolic conditions."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.piecewise import breakpoints, inverses, pieces, positive_set
from derive.errors import RuleNotApplicable
from tests.rules.quadrature import POINTS, average, closed, number

x, y = sp.symbols("x y", real=True)
mu, s2 = sp.Symbol("mu", real=True), sp.Symbol("s2", positive=True)

CASES = [
    (sp.Piecewise((x**2, x > 1), (-x, x > -1), (2, True)), lambda t: t**2 if t > 1 else -t if t > -1 else 2, [1, -1]),
    (sp.Piecewise((1, x < 0), (x, x < 3), (0, True)), lambda t: 1 if t < 0 else t if t < 3 else 0, [0, 3]),
    (
        sp.Piecewise((sp.Abs(x - 1), sp.Or(x > 2, x < 0)), (sp.exp(-x), True)),
        lambda t: abs(t - 1) if t > 2 or t < 0 else mp.exp(-t),
        [0, 1, 2],
    ),
    (
        sp.Piecewise((x, sp.And(x > 0, x**2 < 4)), (0, True)) * sp.Piecewise((3, x < 1), (1, True)),
        lambda t: (t if 0 < t < 2 else 0) * (3 if t < 1 else 1),
        [0, 1, 2],
    ),
]


@pytest.mark.parametrize(("mean", "variance"), POINTS)
@pytest.mark.parametrize("case", range(len(CASES)))
def test_values(case: int, mean: sp.Expr, variance: sp.Expr) -> None:
    body, function, kinks = CASES[case]
    found = number(closed(body, x, mu, s2), mu=mean, s2=variance)
    assert mp.almosteq(found, average(function, mean, variance, kinks), 1e-13, 1e-13)


def test_the_pieces_cover_the_line_once() -> None:
    for body, function, _ in CASES:
        split = [p for p in pieces(body + 10, x)]
        for t in (-5.3, -0.7, 0.4, 1.7, 2.6, 7.1):
            inside = [p for p in split if p.lower < t < p.upper]
            assert len(inside) == 1
            assert abs(float(inside[0].body.subs(x, t)) - 10 - float(function(t))) < 1e-12


def test_the_other_sign_of_a_quadratic_is_the_complement() -> None:
    c = sp.Symbol("c", real=True)
    inside, outside = positive_set(c - x**2, x), positive_set(x**2 - c, x)
    for value in (-2, 0, 3):
        length = [(sp.N(b.subs(c, value)) - sp.N(a.subs(c, value))) for a, b in inside]
        assert sum(length) == pytest.approx(2 * max(value, 0) ** 0.5)
    assert len(outside) == 2


def test_breakpoints_are_sorted_and_once() -> None:
    assert breakpoints(sp.Abs(x - 1) + sp.sign(x) + sp.Max(x, 1), x) == [0, 1]


@pytest.mark.parametrize(
    "body", [2 * x + 1, x**2, sp.exp(3 * x) - 1, sp.tanh(x / 2), x**3, (2 * x) ** 3 + 2, 1 / (x + 3), sp.erf(x)]
)
def test_inverses_solve_the_equation(body: sp.Expr) -> None:
    for t in (-1.3, 0.2, 0.9):
        level = float(body.subs(x, t))
        values = [
            complex(root.subs(y, level)).real
            for root, condition in inverses(body, x, y)
            if condition is sp.true or bool(condition.subs(y, level))
        ]
        assert any(abs(v - t) < 1e-9 for v in values)
        assert all(abs(float(body.subs(x, v)) - level) < 1e-9 for v in values)


@pytest.mark.parametrize("body", [x**3 + x, x + sp.exp(x), sp.sin(x)])
def test_equations_without_a_closed_root_are_refused(body: sp.Expr) -> None:
    with pytest.raises(RuleNotApplicable):
        inverses(body, x, y)
    with pytest.raises(RuleNotApplicable):
        positive_set(body - 1, x)
