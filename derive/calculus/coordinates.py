r"""Noiseless labels y = f(z) in the coordinate of a root: y = f(u), dy = |f'(u)| du.

A label that is a function of the field has point masses delta(z - u_j(y)) |du_j/dy|, one for each monotone branch of f.
Where f is flat, du/dy diverges.  With the root u of one branch as the integration variable,

    P(u | z) = sum_j chance_j(u_j) |du_j/du| delta(z - u_j(u)),      u_j(u) = f_j^{-1}(f(u)),

where the branch itself has u_j = u and |du_j/du| = 1, so that nothing diverges: delta(z - u) + delta(z + u) for z^2.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.calculus.piecewise import intersect, positive_set
from derive.errors import RuleNotApplicable

__all__ = ["Branch", "Coordinate", "in_coordinate", "ordered"]


@dataclass(frozen=True, slots=True)
class Branch:
    """A monotone branch y = value(z), solved by z = root(y), taken with probability chance(z); `share` is a factor."""

    value: sp.Expr
    root: sp.Expr
    chance: sp.Expr
    share: sp.Expr = sp.S.One

    def density(self, y: sp.Symbol, z: sp.Symbol) -> sp.Expr:
        """The point mass as a density with respect to dy."""
        slope = sp.Abs(sp.simplify(self.value.diff(z).xreplace({z: self.root})))
        return self.share * self.chance.xreplace({z: self.root}) / slope * sp.DiracDelta(z - self.root)


@dataclass(frozen=True, slots=True)
class Coordinate:
    """y = value(symbol) for lower < symbol < upper, slope = |d value/d symbol|, and the point masses in the symbol."""

    symbol: sp.Symbol
    lower: sp.Expr
    upper: sp.Expr
    value: sp.Expr
    slope: sp.Expr
    masses: sp.Expr


def ordered(ends: set[sp.Expr]) -> list[sp.Expr] | None:
    """The ends in ascending order, or None where two cannot be compared."""
    result: list[sp.Expr] = []
    for end in sorted(ends, key=sp.default_sort_key):
        position = 0
        for other in result:
            difference = end - other
            if end == sp.oo or other == -sp.oo or difference.is_positive:
                position += 1
            elif end == -sp.oo or other == sp.oo or difference.is_negative:
                break
            else:
                return None
        result.insert(position, end)
    return result


def in_coordinate(
    lower: sp.Expr, upper: sp.Expr, branches: tuple[Branch, ...], name: str, y: sp.Symbol, z: sp.Symbol
) -> Coordinate | None:
    """Labels in (lower, upper) in the root of a branch that is not linear, such that no |du_j/du| diverges.

    None if all branches are linear, if the ends cannot be ordered, or if no branch will do.
    """
    if any(b.share != 1 for b in branches):
        return None
    for branch in branches:
        if not branch.value.diff(z).has(z):
            continue
        ends = ordered({_end(branch.root, y, lower), _end(branch.root, y, upper)})
        if ends is None or len(ends) < 2 or any(e.has(sp.nan, sp.zoo) for e in ends):
            continue
        first, last = ends
        signs = {"positive": True} if first.is_nonnegative else {"negative": True} if last.is_nonpositive else {}
        u = sp.Symbol(name, real=True, **signs)
        value = branch.value.xreplace({z: u})
        masses = branch.chance.xreplace({z: u}) * sp.DiracDelta(z - u)
        for other in branches:
            if other is branch:
                continue
            root = _settled(other.root.xreplace({y: value}), u, first, last)
            ratio = _settled(sp.Abs(root.diff(u)), u, first, last)
            if not _bounded(ratio, u, first, last):
                break
            masses += other.chance.xreplace({z: root}) * ratio * sp.DiracDelta(z - root)
        else:
            return Coordinate(u, first, last, value, _settled(sp.Abs(value.diff(u)), u, first, last), masses)
    return None


def _end(root: sp.Expr, y: sp.Symbol, end: sp.Expr) -> sp.Expr:
    """The root at an end of the interval of y."""
    value = sp.simplify(root.xreplace({y: end}))
    if not value.has(sp.nan, sp.zoo) and value.is_extended_real is not False:
        return value
    try:
        return min((sp.limit(root, y, end, side) for side in "+-"), key=lambda e: e.is_extended_real is not True)
    except (NotImplementedError, ValueError, TypeError):
        return sp.nan


def _settled(expression: sp.Expr, u: sp.Symbol, lower: sp.Expr, upper: sp.Expr) -> sp.Expr:
    """Simplify, with the roots of squares and the signs that are known on the interval."""
    half = sp.Rational(1, 2)
    squares = sp.simplify(expression).replace(
        lambda e: isinstance(e, sp.Pow) and e.exp in (half, -half), lambda e: sp.factor(e.base) ** e.exp
    )
    for node in sorted(squares.atoms(sp.Abs, sp.sign), key=sp.default_sort_key):
        argument = node.args[0]
        for sign in (1, -1):
            try:
                outside = not intersect(positive_set(-sign * argument, u), [(lower, upper)])
            except RuleNotApplicable:
                break
            if outside:
                squares = squares.xreplace({node: sp.Integer(sign) if isinstance(node, sp.sign) else sign * argument})
                break
    return sp.simplify(squares)


def _bounded(ratio: sp.Expr, u: sp.Symbol, lower: sp.Expr, upper: sp.Expr) -> bool:
    """Whether a ratio of slopes stays finite at the finite ends."""
    if not ratio.has(u):
        return True
    try:
        limits = [sp.limit(ratio, u, end, side) for end, side in ((lower, "+"), (upper, "-")) if end.is_finite]
    except (NotImplementedError, ValueError, TypeError):
        return False
    return all(e.is_finite for e in limits)
