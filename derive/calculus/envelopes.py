r"""Moreau envelopes: the zero-temperature face of partition functions, with their maximisers laid open.

At zero temperature log Z(x, v)/beta becomes an extremum over one variable,

    channel:  l(x, V) = -min_h [(h - x)^2/(2 V) + cost(h)],      site:  l(x, A) = max_w [x w - A w^2/2 - cost(w)],

whose derivatives in x are (prox - x)/V and prox.  A convex cost, smooth between breakpoints p with one-sided
slopes s-, s+, splits the field into regions: the maximiser stays at p for p + V s- < x < p + V s+ (channel) or
A p + s- < x < A p + s+ (site), and lies inside a piece between two such regions.  On a quadratic piece
it is linear in x, so that l is a piecewise polynomial; on other pieces it is the root of h + V cost'(h) = x.

A cost with one jump or concave kink is convex on both sides of it, and its minimiser switches once from one side to the
other (`switching`): the maximiser jumps there.

A concave quadratic on the whole line is accepted where the minimum exists, 1/V + cost'' > 0: a condition of the domain.
A set of atoms is a cost that is infinite elsewhere: the maximum over atoms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.nodes import BOUND
from derive.calculus.piecewise import Piece, pieces
from derive.calculus.switching import generic_samples, number_at, switch_of
from derive.errors import RuleNotApplicable

__all__ = ["Envelope", "Region", "atoms_envelope", "constraint_envelope", "envelope"]

INNER = BOUND["inner"]
LINE = (-sp.oo, sp.oo)


@dataclass(frozen=True, slots=True)
class Region:
    """lower < x < upper: the maximiser is `prox` (a polynomial in x), or None: the root inside (first, last).

    `side`, where the maximiser stays at a jump of the cost: "+" or "-", the side whose value is the lower one.
    """

    lower: sp.Expr
    upper: sp.Expr
    prox: sp.Expr | None
    first: sp.Expr
    last: sp.Expr
    cost: sp.Expr
    side: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """l(x, v) with its regions in x.

    kind      "channel" (v = V) or "site" (v = A)
    field     the symbol x;  variance: the symbol of V or A;  inner: the symbol of the minimisation
    body      the cost, zero where it says nothing;  support: where it is finite
    rest      further arguments: a label, quenched variables
    domain    conditions for the minimum to exist
    shocks    the regions at whose upper end the maximiser jumps (atoms; a cost with a jump or a concave kink)
    """

    name: str
    kind: str
    field: sp.Symbol
    variance: sp.Symbol
    inner: sp.Symbol
    body: sp.Expr
    support: tuple[sp.Expr, sp.Expr]
    rest: tuple[sp.Symbol, ...]
    regions: tuple[Region, ...]
    domain: tuple[sp.Basic, ...] = ()
    shocks: tuple[int, ...] = ()

    @property
    def jumps(self) -> bool:
        """Whether the maximiser jumps somewhere."""
        return bool(self.shocks)

    @property
    def discrete(self) -> bool:
        """Whether the maximiser takes finitely many values: atoms."""
        return len(self.regions) > 1 and all(r.first == r.last for r in self.regions)

    @property
    def sigma(self) -> int:
        """The sign of the Hamilton-Jacobi equation."""
        return 1 if self.kind == "channel" else -1

    @property
    def closed(self) -> bool:
        """Whether every region has its maximiser in closed form."""
        return all(r.prox is not None for r in self.regions)

    @property
    def smooth(self) -> bool:
        """Whether the maximiser is one smooth function of the field."""
        return len(self.regions) == 1

    def value(self, region: Region, order: int) -> sp.Expr:
        """L (order 0) or a derivative in the field, on a region whose maximiser is closed."""
        x, v = self.field, self.variance
        h = _sympify(region.prox)
        cost = region.cost.xreplace({self.inner: h})
        if self.kind == "channel":
            slope = sp.factor((h - x) / v)
            level = -v * slope**2 / 2 - cost
        else:
            slope = h
            level = x * h - v * h**2 / 2 - cost
        found = [sp.factor(level), slope]
        while len(found) <= order:
            found.append(sp.factor(found[-1].diff(x)))
        return found[order]

    def prox_at(self, place: sp.Expr, slope: sp.Expr) -> sp.Expr:
        """The field whose maximiser is `place`, where the cost has this slope."""
        return _field_of(self.kind, place, slope, self.variance)


def _field_of(kind: str, place: sp.Expr, slope: sp.Expr, v: sp.Symbol) -> sp.Expr:
    return sp.expand(place + v * slope) if kind == "channel" else sp.expand(v * place + slope)


def _covering(cost: sp.Expr, support: tuple[sp.Expr, sp.Expr]) -> list[tuple[sp.Expr, sp.Expr, sp.Expr]]:
    """The smooth pieces (lower, upper, body) of a cost over its support, without gaps."""
    first, last = support
    found: list[tuple[sp.Expr, sp.Expr, sp.Expr]] = []
    at = first
    for piece in pieces(cost, INNER):
        lower = first if piece.lower == -sp.oo else piece.lower
        upper = last if piece.upper == sp.oo else piece.upper
        if sp.expand(lower - at).is_zero is not True and lower != at:
            found.append((at, lower, sp.S.Zero))
        found.append((lower, upper, piece.body))
        at = upper
    if at != last:
        found.append((at, last, sp.S.Zero))
    return found or [(first, last, sp.S.Zero)]


def _quadratic(body: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    polynomial = sp.expand(body).as_poly(INNER) if body.has(INNER) else sp.Poly(body, INNER)
    if polynomial is None or polynomial.degree() > 2 or any(c.has(INNER) for c in polynomial.all_coeffs()):
        return None
    a, b, c = (sp.factor(polynomial.coeff_monomial(INNER**k)) for k in (2, 1, 0))
    return a, b, c


def _value_at(body: sp.Expr, point: sp.Expr, side: str) -> sp.Expr:
    value = body.xreplace({INNER: point})
    return sp.limit(body, INNER, point, side) if value.has(sp.nan, sp.zoo, sp.oo, -sp.oo) else value


def _slope_at(body: sp.Expr, point: sp.Expr, side: str) -> sp.Expr:
    slope = body.diff(INNER)
    value = slope.xreplace({INNER: point})
    if value.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
        value = sp.limit(slope, INNER, point, side)
    return sp.simplify(value)


def seen_concave(
    body: sp.Expr, lower: sp.Expr, upper: sp.Expr, variable: sp.Symbol = INNER
) -> tuple[float, float] | None:
    """Where a smooth piece is seen not to be convex: (second derivative, place), tried at points; None if nowhere."""
    curvature = body.diff(variable, 2)
    if curvature.is_nonnegative:
        return None
    for values in generic_samples(sorted(curvature.free_symbols - {variable}, key=str)):
        low, high = number_at(lower, values), number_at(upper, values)
        low = -sp.oo if low is None else low
        high = sp.oo if high is None else high
        for k in range(-24, 25):
            u = float(sp.sinh(sp.Rational(k, 6)))
            if not low < u < high:
                continue
            c = number_at(curvature, {**values, variable: sp.Float(u)})
            if c is not None and c < -1e-9:
                return c, u
    return None


def _refuse_concave(body: sp.Expr, lower: sp.Expr, upper: sp.Expr, what: str) -> None:
    """Refuse a smooth piece whose second derivative is seen to be negative (tried at points, not proved)."""
    seen = seen_concave(body, lower, upper)
    if seen is not None:
        raise RuleNotApplicable(
            f"the {what} is not convex (its second derivative is {seen[0]:.3g} at {seen[1]:.3g}), and its global "
            "minimiser is not known in closed form"
        )


def _fault(left: sp.Expr, right: sp.Expr, slopes: tuple[sp.Expr, sp.Expr], point: sp.Expr, what: str) -> str | None:
    """Say why a cost is not convex at a breakpoint: it jumps, or its slope falls."""
    gap = (_value_at(left, point, "-") - _value_at(right, point, "+")).xreplace({INNER: point})
    turn = slopes[1] - slopes[0]
    for values in generic_samples(sorted((gap.free_symbols | turn.free_symbols), key=str)):
        jump, bend = number_at(gap, values), number_at(turn, values)
        if jump is not None and abs(jump) > 1e-9:
            return (
                f"the {what} jumps at {point}: it is not convex, and its global minimiser is not known in closed form"
            )
        if bend is not None and bend < -1e-9:
            return f"the {what} has a concave kink at {point}: its global minimiser is not known in closed form"
    return None


def envelope(
    name: str,
    kind: str,
    cost: sp.Expr,
    variance: sp.Symbol,
    support: tuple[sp.Expr, sp.Expr] = LINE,
    rest: tuple[sp.Symbol, ...] = (),
) -> Envelope:
    r"""Build the envelope of a cost in the inner symbol.

    Raises
    ------
    RuleNotApplicable
        if the cost is not convex and its global minimiser is not known, or its kinks cannot be solved for.

    Examples
    --------
    >>> V = sp.Symbol("V", positive=True)
    >>> hinge = envelope("M", "channel", sp.Max(0, 1 - INNER), V)
    >>> [(r.lower, r.upper, r.prox) for r in hinge.regions]
    [(-oo, 1 - V, V + ω), (1 - V, 1, 1), (1, oo, ω)]
    """
    what = "loss" if kind == "channel" else "penalty"
    split = _covering(cost, support)
    faults = {}
    for index, ((_, place, left), (_, _, right)) in enumerate(pairwise(split)):
        fault = _fault(left, right, (_slope_at(left, place, "-"), _slope_at(right, place, "+")), place, what)
        if fault is not None:
            faults[index] = fault
    if not faults:
        return _convex(name, kind, cost, variance, split, rest)
    at, fault = next(iter(faults.items()))
    if len(faults) > 1:
        raise RuleNotApplicable(fault)
    left, right = (_convex(name, kind, cost, variance, side, rest) for side in (split[: at + 1], split[at + 1 :]))
    switch = switch_of(left, right)
    if switch is None or left.domain or right.domain:
        raise RuleNotApplicable(fault)
    i, j, place = switch
    before = _clipped(left.regions[i], left, place, split[at][1], "-")
    after = _clipped(right.regions[j], right, place, split[at][1], "+")
    regions = (*left.regions[:i], before, after, *right.regions[j + 1 :])
    return replace(left, support=support, regions=regions, shocks=(i,))


def _clipped(region: Region, side: Envelope, place: sp.Expr, breakpoint: sp.Expr, sign: str) -> Region:
    """The region of one side next to the switch: it ends there."""
    if region.first == region.last:
        stays = sign if region.first == breakpoint else ""
        return replace(region, upper=place, side=stays) if sign == "-" else replace(region, lower=place, side=stays)
    end = sp.simplify(_sympify(region.prox).xreplace({side.field: place}))
    return replace(region, upper=place, last=end) if sign == "-" else replace(region, lower=place, first=end)


def _convex(
    name: str,
    kind: str,
    cost: sp.Expr,
    variance: sp.Symbol,
    split: Sequence[tuple[sp.Expr, sp.Expr, sp.Expr]],
    rest: tuple[sp.Symbol, ...],
) -> Envelope:
    """The envelope of a convex cost from its smooth pieces; infinite outside of them."""
    what = "loss" if kind == "channel" else "penalty"
    x = BOUND["field"] if kind == "channel" else BOUND["site_field"]
    v, domain = variance, []
    support = (split[0][0], split[-1][1])
    regions: list[Region] = []
    lower = -sp.oo
    first_end = split[0][0]
    if first_end != -sp.oo:  # the support ends: the maximiser stays there
        lower = _field_of(kind, first_end, _slope_at(split[0][2], first_end, "+"), v)
        if lower != -sp.oo:  # an infinite slope keeps the maximiser inside
            cost_there = _value_at(split[0][2], first_end, "+")
            regions.append(Region(-sp.oo, lower, first_end, first_end, first_end, cost_there))
    for index, (first, last, body) in enumerate(split):
        if last == sp.oo:
            upper = upper_next = sp.oo
        elif index + 1 == len(split):
            upper = upper_next = _field_of(kind, last, _slope_at(body, last, "-"), v)
        else:
            slopes = (_slope_at(body, last, "-"), _slope_at(split[index + 1][2], last, "+"))
            upper, upper_next = (_field_of(kind, last, s, v) for s in slopes)
        quadratic = _quadratic(body)
        if quadratic is None:
            _refuse_concave(body, first, last, what)
            prox = None
        else:
            a, b, _ = quadratic
            if not a.is_nonnegative:
                if len(split) > 1:
                    _refuse_concave(body, first, last, what)
                domain.append(sp.Gt(1 + 2 * a * v, 0) if kind == "channel" else sp.Gt(v + 2 * a, 0))
            prox = (x - b * v) / (1 + 2 * a * v) if kind == "channel" else (x - b) / (v + 2 * a)
        regions.append(Region(lower, upper, prox, first, last, body))
        if upper_next != upper and sp.simplify(upper_next - upper) != 0:
            regions.append(Region(upper, upper_next, last, last, last, body.xreplace({INNER: last})))
            lower = upper_next
        else:
            lower = upper
        if index + 1 == len(split) and last != sp.oo and lower != sp.oo:
            regions.append(Region(lower, sp.oo, last, last, last, _value_at(body, last, "-")))
    return Envelope(
        name, kind, x, v, INNER, _sympify(cost), support, rest, tuple(regions), tuple(dict.fromkeys(domain))
    )


def constraint_envelope(name: str, allowed: Sequence[Piece], rest: tuple[sp.Symbol, ...] = ()) -> Envelope:
    """The envelope of a constraint, zero where it holds: half the squared distance over V from one interval."""
    joined: list[tuple[sp.Expr, sp.Expr]] = []
    for piece in allowed:
        if joined and joined[-1][1] == piece.lower:
            joined[-1] = (joined[-1][0], piece.upper)
        else:
            joined.append((piece.lower, piece.upper))
    if len(joined) != 1:
        raise RuleNotApplicable("the constraint is not convex: it holds on more than one interval, or nowhere")
    return envelope(name, "channel", sp.S.Zero, sp.Symbol("v", positive=True), joined[0], rest)


def atoms_envelope(
    name: str,
    atoms: Sequence[sp.Expr],
    cost: sp.Expr,
    variance: sp.Symbol,
    rest: tuple[sp.Symbol, ...] = (),
) -> Envelope:
    """The site envelope of discrete weights: the maximum of x p - A p^2/2 - cost(p) over the atoms p.

    Two neighbours are equal at x = A (p + p')/2 + (cost' - cost)/(p' - p); an atom between them must win somewhere.
    """
    x, v = BOUND["site_field"], variance
    points = sorted(map(_sympify, atoms), key=lambda p: float(sp.N(p)))
    costs = [cost.xreplace({INNER: p}) for p in points]
    ends = [
        sp.expand(v * (p + s) / 2 + sp.simplify((c1 - c0) / (s - p)))
        for (p, c0), (s, c1) in pairwise(zip(points, costs, strict=True))
    ]
    for values in generic_samples(sorted({s for e in ends for s in e.free_symbols}, key=str)):
        numbers = [number_at(e, {**values, v: sp.S.Zero}) for e in ends]
        if any(a is not None and b is not None and a > b for a, b in pairwise(numbers)):
            raise RuleNotApplicable("the penalty of the atoms is not convex: some atom never minimises")
    gaps = [sp.simplify(b - a) for a, b in pairwise(ends)]  # where one vanishes an atom ceases to win
    domain = tuple(dict.fromkeys(sp.Gt(gap, 0, evaluate=False) for gap in gaps))
    bounds = [-sp.oo, *ends, sp.oo]
    regions = tuple(
        Region(low, high, p, p, p, c) for (low, high), p, c in zip(pairwise(bounds), points, costs, strict=True)
    )
    support = (points[0], points[-1])
    return Envelope(name, "site", x, v, INNER, _sympify(cost), support, rest, regions, domain, tuple(range(len(ends))))
