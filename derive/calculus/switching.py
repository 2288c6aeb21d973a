r"""Where the minimiser of a cost with one jump or concave kink switches from one side of it to the other.

A cost that is convex on both sides of one point p has two envelopes, l_A of the cost left of p and l_B of the cost
right of it, and l = max(l_A, l_B).  The difference D = l_B - l_A grows with the field, D' = (prox_B - prox_A)/V for a
channel and w_B - w_A for a site, because prox_A <= p <= prox_B; so the minimiser switches once, at D(x*) = 0.  Where
both sides are quadratic, D = a x^2 + b x + c and D'(x*) > 0 singles out one root, x* = (-b + sqrt(b^2 - 4 a c))/(2 a).

Which two regions hold x* may depend on V: a pair is accepted if it holds x* at every one of many values of V from 1e-4
to 1e4 and of the other symbols (tried at points, not proved).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sympy as sp

if TYPE_CHECKING:
    from derive.calculus.envelopes import Envelope, Region

__all__ = ["generic_samples", "number_at", "switch_of"]

_NUMBERS = (sp.Rational(7, 5), sp.Rational(3, 10), sp.Rational(9, 4), sp.Rational(11, 13), sp.Rational(5, 7))
_VARIANCES = tuple(sp.Float(10.0 ** (k / 2)) for k in range(-8, 9))
_SLACK = 1e-9


def generic_samples(symbols: Sequence[sp.Symbol], count: int = 3) -> list[dict[sp.Symbol, sp.Expr]]:
    """A few generic values of free symbols that respect their signs."""
    found = []
    for shift in range(count):
        values = {}
        for i, s in enumerate(sorted(symbols, key=lambda s: s.name)):
            number = sp.Integer(1 + shift) if s.is_integer else _NUMBERS[(i + shift) % len(_NUMBERS)]
            signed = s.is_nonnegative is None and s.is_nonpositive is None and not s.is_integer and shift % 3 == 1
            values[s] = -number if s.is_nonpositive or signed else number
        found.append(values)
    return found


def number_at(e: sp.Expr, values: dict[sp.Symbol, sp.Expr]) -> float | None:
    """The value of an expression, None if it is not real."""
    value = sp.N(e.xreplace(values))
    return float(value) if value.is_real else None


def switch_of(left: Envelope, right: Envelope) -> tuple[int, int, sp.Expr] | None:
    """(region of the left side, region of the right side, field) at which the minimiser switches; None if not known."""
    v = left.variance
    symbols = {s for side in (left, right) for r in side.regions for e in (r.lower, r.upper, r.cost)
               for s in e.free_symbols} - {v, left.inner}  # fmt: skip
    points = [{**values, v: at} for values in generic_samples(sorted(symbols, key=str), 5) for at in _VARIANCES]
    for i, a in enumerate(left.regions):
        for j, b in enumerate(right.regions):
            root = _root(left, right, a, b)
            if root is not None and all(_holds(root, a, b, values) for values in points):
                return i, j, root
    return None


def _root(left: Envelope, right: Envelope, a: Region, b: Region) -> sp.Expr | None:
    """The root of l_B - l_A at which it grows."""
    if a.prox is None or b.prox is None:
        return None
    gap = sp.Poly(sp.expand(right.value(b, 0) - left.value(a, 0)), left.field)
    if gap.degree() > 2 or gap.degree() < 1:
        return None
    square, slope, level = (sp.factor(gap.coeff_monomial(left.field**k)) for k in (2, 1, 0))
    if square == 0:
        return sp.simplify(-level / slope)
    middle = sp.simplify(-slope / (2 * square))
    half = sp.sqrt(sp.factor(sp.simplify(middle**2 - level / square)))
    if square.is_positive or square.is_negative:
        return middle + half if square.is_positive else middle - half
    return middle + sp.sign(square) * half


def _holds(root: sp.Expr, a: Region, b: Region, values: dict[sp.Symbol, sp.Expr]) -> bool:
    """Whether both regions hold the root at a point."""
    x = number_at(root, values)
    if x is None:
        return False
    slack = _SLACK * (1 + abs(x))
    for region in (a, b):
        for end, side in ((region.lower, 1), (region.upper, -1)):
            place = number_at(end, values)
            if end.is_infinite is not True and (place is None or side * (x - place) < -slack):
                return False
    return True
