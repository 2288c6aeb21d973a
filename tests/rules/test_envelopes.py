"""Envelopes: their regions by hand, refusals, Hamilton-Jacobi, closed averages; derivatives along paths against Price.

Shared with the code under test: mpmath's evaluation of nodes, which has a test of its own.
"""

from __future__ import annotations

import itertools

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.closed_envelopes import close_envelopes, explicit_envelope
from derive.calculus.envelopes import INNER as h
from derive.calculus.envelopes import atoms_envelope, constraint_envelope, envelope
from derive.calculus.nodes import GaussianAverage, LabelLaw, MoreauEnvelope, bound, derivative
from derive.calculus.partition import channel_partition
from derive.calculus.pathwise import first_order, path_derivative
from derive.calculus.piecewise import pieces
from derive.errors import RuleNotApplicable
from derive.precise.evaluate import Evaluator
from derive.precise.scalars import compile_many
from derive.spec.functions import GaussianTail

V, q, rho = sp.symbols("V q rho", positive=True)
m, b, k = sp.symbols("m b k", real=True)
v = sp.Symbol("v", positive=True)
omega, zeta = bound("field"), bound("teacher")
LINE = (-sp.oo, sp.oo)


def same(found, expected: list[tuple]) -> bool:
    """Whether the regions are (lower, upper, maximiser), as expressions."""
    mine = [e for r in found.regions for e in (r.lower, r.upper, r.prox)]
    gaps = [
        a == e or sp.simplify(a - e) == 0 for a, e in zip(mine, [e for region in expected for e in region], strict=True)
    ]
    return all(gaps)


def test_regions_by_hand() -> None:
    x, w, lam = omega, bound("site_field"), sp.Symbol("lam", positive=True)
    assert same(envelope("M", "channel", sp.Abs(h), v), [(-sp.oo, -v, v + x), (-v, v, 0), (v, sp.oo, x - v)])
    square_hinge = envelope("M", "channel", sp.Max(0, 1 - h) ** 2 / 2, v)
    assert same(square_hinge, [(-sp.oo, 1, (v + x) / (v + 1)), (1, sp.oo, x)])
    lasso = envelope("M", "site", lam * sp.Abs(h), v)
    assert same(lasso, [(-sp.oo, -lam, (w + lam) / v), (-lam, lam, 0), (lam, sp.oo, (w - lam) / v)])
    box = envelope("M", "site", h**2 / 2, v, (sp.S.Zero, sp.S.One))
    assert same(box, [(-sp.oo, 0, 0), (0, v + 1, w / (v + 1)), (v + 1, sp.oo, 1)])
    margin = constraint_envelope("M", pieces(sp.Piecewise((1, h > 1), (0, True)), h)[-1:])
    assert same(margin, [(-sp.oo, 1, 1), (1, sp.oo, x)])
    atoms = atoms_envelope("M", [-1, 0, 1], sp.Abs(h) / 4, v)
    end = v / 2 + sp.Rational(1, 4)
    assert same(atoms, [(-sp.oo, -end, -1), (-end, end, 0), (end, sp.oo, 1)])


def test_an_infinite_slope_keeps_the_maximiser_inside() -> None:
    for cost in (h * sp.log(h), -sp.log(h)):
        (region,) = envelope("M", "site", cost, v, (sp.S.Zero, sp.oo)).regions
        assert region.prox is None and (region.lower, region.upper) == LINE


@pytest.mark.parametrize("cost", [sp.Min(sp.Abs(h), 1), sp.cos(h), -(h**4), sp.tanh(h)])
def test_what_is_not_convex_is_refused(cost: sp.Expr) -> None:
    with pytest.raises(RuleNotApplicable):
        envelope("M", "channel", cost, v)


def test_a_concave_quadratic_has_a_domain() -> None:
    found = envelope("M", "channel", -(h**2) / 2, v)
    assert [sp.solveset(d.lhs > 0, v, sp.Interval(0, sp.oo)) for d in found.domain] == [sp.Interval.Ropen(0, 1)]


def test_an_atom_that_never_wins_is_refused() -> None:
    with pytest.raises(RuleNotApplicable):
        atoms_envelope("M", [-1, 0, 1], -3 * sp.Abs(h), v)


@pytest.mark.parametrize("cost", [sp.Max(0, 1 - h), sp.Abs(h) + h**2, (h - k) ** 2 / 2, sp.Max(0, -h) ** 2])
@pytest.mark.parametrize("kind", ["channel", "site"])
def test_hamilton_jacobi_and_orders_on_closed_regions(cost: sp.Expr, kind: str) -> None:
    found = envelope("M", kind, cost, v, LINE, (k,) if cost.has(k) else ())
    for region in found.regions:
        level = found.value(region, 0)
        slope = level.diff(found.field)
        assert sp.simplify(found.value(region, 1) - slope) == 0
        assert sp.simplify(found.value(region, 2) - slope.diff(found.field)) == 0
        assert sp.simplify(level.diff(v) - found.sigma * slope**2 / 2) == 0
    for one, two in itertools.pairwise(found.regions):  # l and l_1 are continuous
        for order in (0, 1):
            gap = found.value(one, order) - found.value(two, order)
            assert sp.simplify(gap.xreplace({found.field: one.upper})) == 0


def test_rules_of_the_node() -> None:
    l = MoreauEnvelope(sp.Symbol("M"), 1, 0, omega + b, 3 * V)
    s = MoreauEnvelope(sp.Symbol("M"), -1, 0, omega, V)
    assert l.diff(b) == l.raised(1) and sp.expand(l.diff(V) - 3 * l.raised(1) ** 2 / 2) == 0
    assert s.diff(V) == -(s.raised(1) ** 2) / 2
    assert sp.expand(l.raised(1).diff(V) - 3 * l.raised(1) * l.raised(2)) == 0
    assert sp.expand(l.raised(2).diff(V) - 3 * (l.raised(2) ** 2 + l.raised(1) * l.raised(3))) == 0


# ----------------------------------------------------------------------------------------- averages

COSTS = {
    "hinge": sp.Max(0, 1 - h),
    "square hinge": sp.Max(0, 1 - h) ** 2,
    "absolute": sp.Abs(h - sp.Rational(1, 3)),
    "square": (h - 1) ** 2,
    "logistic": sp.log(1 + sp.exp(-h)),
    "smooth absolute": sp.sqrt(1 + h**2),
}
LAWS = {
    "step": sp.Piecewise((1, h > sp.Rational(1, 4)), (0, True)),
    "probit": GaussianTail(-2 * h),
}
AT = {"q": "1.3", "m": "0.7", "rho": "1.1", "V": "0.8", "b": "0.2"}


def table(cost: sp.Expr, law: sp.Expr) -> dict:
    return {"M": envelope("M", "channel", cost, v), "P": channel_partition("P", law, h, v)}


def average(power: int, order: int = 1, extra: sp.Expr = sp.S.One) -> GaussianAverage:
    """E P(zeta) extra l_order^power over two correlated fields."""
    l = MoreauEnvelope(sp.Symbol("M"), 1, order, omega + b, V)
    return GaussianAverage(LabelLaw(sp.Symbol("P"), 0, zeta) * extra * l**power, (omega, zeta), (0, 0), (q, m, rho))


def numbers(expressions: list[sp.Expr], given: dict, moved: dict[str, mp.mpf] | None = None) -> list[mp.mpf]:
    values = {n: mp.mpf(x) for n, x in AT.items()} | (moved or {})
    return Evaluator(given).evaluate(expressions, values)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", ["hinge", "square hinge", "absolute", "square"])
def test_closed_averages_are_the_averages(name: str, law: str) -> None:
    given = table(COSTS[name], LAWS[law])
    nodes = [average(1, 0), average(2), average(1, 2), average(1, 1, omega)]
    closed = [close_envelopes(node, given) for node in nodes]
    if law == "step":
        assert not any(e.has(GaussianAverage) for e in closed)
    for V_ in ("1e-3", "0.8", "40"):  # narrow, moderate and wide strips
        with mp.workdps(20):
            moved = {"V": mp.mpf(V_)}
            for a, c in zip(numbers(nodes, given, moved), numbers(closed, given, moved), strict=True):
                assert abs(a - c) < mp.mpf(10) ** -15 * (1 + abs(a)), V_


def test_a_node_as_a_piecewise_polynomial() -> None:
    found = envelope("M", "channel", sp.Max(0, 1 - h), v)
    for order in range(3):
        node = MoreauEnvelope(sp.Symbol("M"), 1, order, omega, V)
        explicit = compile_many([explicit_envelope(node, found)])
        for x in ("-2", "0.6", "1.7"):
            values = {"V": mp.mpf("0.8"), "ω": mp.mpf(x)}
            assert mp.almosteq(explicit(values)[0], numbers([node], {"M": found}, values)[0])
    assert explicit_envelope(node, envelope("M", "channel", sp.log(1 + sp.exp(h)), v)) is None


@pytest.mark.parametrize("name", ["logistic", "smooth absolute", "square"])
def test_paths_agree_with_price_where_the_loss_is_smooth(name: str) -> None:
    given = table(COSTS[name], LAWS["probit"])
    nodes = [average(2), average(1, 1, omega)]
    for node, symbol in itertools.product(nodes, (q, m, rho, V, b)):
        with mp.workdps(16):
            paths, price = numbers([path_derivative(node, symbol, given), derivative(node, symbol)], given)
            assert abs(paths - price) < mp.mpf(10) ** -11 * (1 + abs(price)), symbol


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", ["hinge", "absolute"])
def test_paths_against_differences_where_the_slope_jumps(name: str, law: str) -> None:
    """Curvatures that jump: Price's theorem would lose the point masses of l_3."""
    given = table(COSTS[name], LAWS[law])
    for node, symbol in itertools.product([average(2), average(1, 0)], (q, m, rho, V, b)):
        with mp.workdps(25):
            found = numbers([path_derivative(node, symbol, given)], given)[0]
            size = mp.mpf(10) ** -6

            def shifted(j: int, node=node, symbol=symbol, size=size) -> mp.mpf:
                return numbers([node], given, {symbol.name: mp.mpf(AT[symbol.name]) + j * size})[0]

            slope = (8 * (shifted(1) - shifted(-1)) - shifted(2) + shifted(-2)) / (12 * size)
            assert abs(found - slope) < mp.mpf(10) ** -14 * (1 + abs(slope)), symbol


@pytest.mark.parametrize("name", COSTS)
def test_first_order_is_the_same_average(name: str) -> None:
    """Stein's lemma: an average linear in l_2, with first derivatives only."""
    given = table(COSTS[name], LAWS["probit"])
    node = average(1, 2, omega**2 + 1)
    rewritten = first_order(node)
    assert max(l.order for l in rewritten.atoms(MoreauEnvelope)) == 1
    with mp.workdps(16):
        one, two = numbers([node, rewritten], given)
        assert abs(one - two) < mp.mpf(10) ** -12 * (1 + abs(one))


def test_what_is_not_linear_in_curvatures_is_refused() -> None:
    with pytest.raises(ValueError, match="linear"):
        first_order(average(2, 2))
