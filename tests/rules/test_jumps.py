"""Costs with one jump or concave kink: the global minimiser by search, and averages with a maximiser that jumps.

Shared with the code under test: mpmath's evaluation of nodes, which has a test of its own.
"""

from __future__ import annotations

import itertools

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from derive.calculus.closed_envelopes import close_envelopes
from derive.calculus.envelopes import INNER as h
from derive.calculus.envelopes import Envelope, envelope
from derive.calculus.nodes import GaussianAverage, LabelLaw, MoreauEnvelope, bound
from derive.calculus.partition import channel_partition
from derive.calculus.pathwise import first_order, path_derivative
from derive.errors import RuleNotApplicable
from derive.precise.evaluate import Evaluator
from derive.spec.functions import GaussianTail

V, q, rho, v = sp.symbols("V q rho v", positive=True)
m, b, k = sp.symbols("m b k", real=True)
omega, zeta = bound("field"), bound("teacher")
COUNT = sp.Piecewise((1, h < k), (0, True))
COSTS = {
    "count": COUNT,
    "count from above": sp.Piecewise((0, h <= k), (1, True)),
    "concave kink": -sp.Abs(h - k),
    "cut square": sp.Piecewise(((h - k) ** 2 / 2, h < 1 + k), (sp.Rational(1, 2), True)),
    "raised square": sp.Piecewise((2 * (h - k) ** 2 + 1, h < k), (0, True)),
}


@pytest.mark.parametrize("name", COSTS)
def test_the_maximiser_is_the_global_one(name: str) -> None:
    found = envelope("M", "channel", COSTS[name], v)
    assert found.jumps and not found.discrete
    grid = np.linspace(-40.0, 40.0, 1_600_001)
    cost = sp.lambdify([h, k], COSTS[name], "numpy")
    for at, place in itertools.product((1e-2, 0.7, 30.0), (-0.6, 0.0, 1.3)):
        given = {found.variance: sp.Float(at), k: sp.Float(place)}
        fields = np.concatenate([grid, [e + s for e in (place, 1 + place) for s in (-1e-9, 0.0, 1e-9)]])
        for x in (-9.3, -2.1, -0.4, 0.05, 0.9, 2.2, 7.7):
            total = (fields - x) ** 2 / (2 * at) + cost(fields, place)
            region = next(r for r in found.regions if r.upper == sp.oo or x < float(r.upper.xreplace(given)))
            value = -found.value(region, 0).xreplace({**given, found.field: sp.Float(x)})
            assert float(value) == pytest.approx(np.min(total), abs=1e-7 / at, rel=1e-9)
            assert float(value) <= np.min(total) + 1e-7 / at  # the search never finds less


def test_the_switch_by_hand() -> None:
    found = envelope("M", "channel", COUNT, v)
    ends = [r.upper for r in found.regions]
    assert sp.simplify(ends[0] - (k - sp.sqrt(2 * v))) == 0 and ends[1:] == [k, sp.oo]
    assert [r.prox for r in found.regions] == [omega, k, omega] and found.shocks == (0,)
    assert [r.side for r in found.regions] == ["", "+", ""]  # where it stays it pays the lower cost


@pytest.mark.parametrize("kind", ["channel", "site"])
def test_envelopes_meet_at_the_switch_with_a_growing_slope(kind: str) -> None:
    cost = sp.Piecewise((1, h < k), (0, True))
    found = envelope("M", kind, cost, v)
    (index,) = found.shocks
    one, two = found.regions[index], found.regions[index + 1]
    values = {found.field: one.upper}
    assert sp.simplify((found.value(one, 0) - found.value(two, 0)).xreplace(values)) == 0
    jump = (found.value(two, 1) - found.value(one, 1)).xreplace(values)
    assert float(jump.xreplace({v: sp.Float(0.8), k: sp.Float(0.2)})) > 0.1


@pytest.mark.parametrize(
    "cost",
    [
        sp.Min(sp.Abs(h), 1),  # two concave kinks
        sp.Piecewise((1, h < 0), (sp.Max(0, 1 - h), True)),  # which regions hold the switch depends on V
        sp.Piecewise((1, sp.Abs(h) > 1), (0, True)),
    ],
)
def test_what_is_not_known_is_refused(cost: sp.Expr) -> None:
    with pytest.raises(RuleNotApplicable, match="global minimiser is not known"):
        envelope("M", "channel", cost, v)


# ----------------------------------------------------------------------------------------- averages

LAWS = {
    "step": sp.Piecewise((1, h > sp.Rational(1, 4)), (0, True)),
    "probit": GaussianTail(-2 * h),
}
AT = {"q": "1.3", "m": "0.7", "rho": "1.1", "V": "0.8", "b": "0.2", "k": "0.3"}


def table(cost: sp.Expr, law: sp.Expr) -> dict:
    return {"M": envelope("M", "channel", cost, v), "P": channel_partition("P", law, h, v)}


def average(power: int, order: int = 1) -> GaussianAverage:
    l = MoreauEnvelope(sp.Symbol("M"), 1, order, omega + b, V)
    return GaussianAverage(LabelLaw(sp.Symbol("P"), 0, zeta) * l**power, (omega, zeta), (0, 0), (q, m, rho))


def numbers(expressions: list[sp.Expr], given: dict, moved: dict[str, mp.mpf] | None = None) -> list[mp.mpf]:
    values = {n: mp.mpf(x) for n, x in AT.items()} | (moved or {})
    return Evaluator(given).evaluate(expressions, values)


def difference(node: sp.Expr, symbol: sp.Symbol, given: dict) -> mp.mpf:
    size = mp.mpf(10) ** -5

    def at(j: int) -> mp.mpf:
        return numbers([node], given, {symbol.name: mp.mpf(AT[symbol.name]) + j * size})[0]

    return (8 * (at(1) - at(-1)) - at(2) + at(-2)) / (12 * size)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", ["count", "concave kink"])
def test_paths_against_differences_where_the_maximiser_jumps(name: str, law: str) -> None:
    given = table(COSTS[name], LAWS[law])
    envelopes: dict[str, Envelope] = {"M": given["M"]}
    for power, symbol in itertools.product((1, 2), (q, m, rho, V, b)):
        with mp.workdps(20):
            node = average(power)
            found = numbers([path_derivative(node, symbol, envelopes)], given)[0]
            slope = difference(node, symbol, given)
            assert abs(found - slope) < mp.mpf(10) ** -12 * (1 + abs(slope)), (power, symbol)


@pytest.mark.parametrize("law", LAWS)
def test_the_second_derivative_holds_its_delta_function(law: str) -> None:
    given = table(COUNT, LAWS[law])
    with mp.workdps(20):
        found, bare = numbers([first_order(average(1, 2)), average(1, 2)], given)
        slope = difference(average(1), b, given)
        assert abs(found - slope) < mp.mpf(10) ** -12
        assert abs(bare - slope) > mp.mpf("0.01")  # what dropping it would cost


@pytest.mark.parametrize("name", COSTS)
def test_closed_averages_are_the_averages(name: str) -> None:
    given = table(COSTS[name], LAWS["step"])
    nodes = [average(1, 0), average(2), first_order(average(1, 2))]
    closed = [close_envelopes(node, given) for node in nodes]
    assert not any(e.has(GaussianAverage) for e in closed)
    for V_ in ("1e-2", "0.8", "40"):
        with mp.workdps(20):
            moved = {"V": mp.mpf(V_)}
            for a, c in zip(numbers(nodes, given, moved), numbers(closed, given, moved), strict=True):
                assert abs(a - c) < mp.mpf(10) ** -14 * (1 + abs(a)), V_
