"""Splitting an expression at the kinks and jumps of one variable.

`pieces(expression, x)` returns intervals of x with smooth bodies.  The switching functions are sign,
abs, min, max, Step, Piecewise and Boolean factors; where they switch is solved in closed form by peeling
monotone functions and quadratics.  Interval ends may be symbolic; an interval whose lower end exceeds its
upper end is empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.core.relational import Relational
from sympy.core.sympify import _sympify

from derive.errors import RuleNotApplicable
from derive.spec.functions import GaussianTail, Logistic, Softplus, Step

__all__ = ["Piece", "breakpoints", "inverses", "jumps", "pieces", "positive_set"]

Interval = tuple[sp.Expr, sp.Expr]
LINE: Interval = (-sp.oo, sp.oo)


@dataclass(frozen=True, slots=True)
class Piece:
    """A smooth `body` on lower < x < upper."""

    lower: sp.Expr
    upper: sp.Expr
    body: sp.Expr


def _largest(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    if a == b or b == -sp.oo or a == sp.oo:
        return a
    if a == -sp.oo or b == sp.oo:
        return b
    difference = sp.expand(a - b)
    if difference.is_nonnegative:
        return a
    if difference.is_nonpositive:
        return b
    return sp.Max(a, b)


def _smallest(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    return -_largest(-a, -b)


def intersect(first: list[Interval], second: list[Interval]) -> list[Interval]:
    """Intersect two unions of intervals, dropping those known to be empty."""
    found = []
    for a, b in first:
        for c, d in second:
            lower, upper = _largest(a, c), _smallest(b, d)
            if lower == upper or lower == sp.oo or upper == -sp.oo:
                continue
            if lower.is_finite and upper.is_finite and sp.expand(lower - upper).is_nonnegative:
                continue
            found.append((lower, upper))
    return found


def _guarded(value: sp.Expr, condition: sp.Basic, otherwise: sp.Expr) -> sp.Expr:
    if condition is sp.true or condition == True:  # noqa: E712
        return value
    if condition is sp.false or condition == False:  # noqa: E712
        return otherwise
    return sp.Piecewise((value, condition), (otherwise, True))


# Monotone increasing functions f with their inverse and open range (lower, upper).
_INCREASING = {
    sp.exp: (lambda t: sp.log(t), 0, sp.oo),
    sp.log: (lambda t: sp.exp(t), -sp.oo, sp.oo),
    sp.tanh: (lambda t: sp.log((1 + t) / (1 - t)) / 2, -1, 1),
    sp.sinh: (lambda t: sp.asinh(t), -sp.oo, sp.oo),
    sp.erf: (lambda t: sp.erfinv(t), -1, 1),
    Logistic: (lambda t: sp.log(t / (1 - t)), 0, 1),
    Softplus: (lambda t: sp.log(sp.exp(t) - 1), 0, sp.oo),
}
_DECREASING = {
    sp.erfc: (lambda t: sp.erfinv(1 - t), 0, 2),
    GaussianTail: (lambda t: sp.sqrt(2) * sp.erfinv(1 - 2 * t), 0, 1),
}


def positive_set(g: sp.Expr, x: sp.Symbol) -> list[Interval]:
    """Return the union of intervals of x where g(x) > 0.

    Domain: polynomials of degree at most two, and c + k*f(u) with f a monotone elementary function and
    u again of this kind.  Raises RuleNotApplicable otherwise.

    >>> x = sp.Symbol("x", real=True); k = sp.Symbol("k", positive=True)
    >>> positive_set(k - x, x)
    [(-oo, k)]
    """
    written, g = g, sp.expand(g)
    if not g.has(x):
        if g.is_positive:
            return [LINE]
        if g.is_nonpositive:
            return []
        return [(-sp.oo, _guarded(sp.oo, g > 0, -sp.oo))]
    polynomial = g.as_poly(x)
    if polynomial is not None and not any(c.has(x) for c in polynomial.all_coeffs()):
        if polynomial.degree() == 1:
            slope, constant = polynomial.all_coeffs()
            root = sp.simplify(-constant / slope)
            if slope.is_positive:
                return [(root, sp.oo)]
            if slope.is_negative:
                return [(-sp.oo, root)]
            flat = _guarded(sp.oo, constant > 0, -sp.oo)  # the slope vanishes: all or nothing
            return [(_guarded(root, slope > 0, -sp.oo), _guarded(sp.oo, slope > 0, _guarded(root, slope < 0, flat)))]
        if polynomial.degree() == 2:
            a, b, c = polynomial.all_coeffs()
            discriminant = sp.factor(b**2 - 4 * a * c)
            if discriminant.is_nonnegative is None:
                discriminant = sp.Max(discriminant, 0)
            elif discriminant.is_negative:
                return [LINE] if a.is_positive else []
            half = sp.sqrt(discriminant) / (2 * sp.Abs(a))
            middle = -b / (2 * a)
            if a.is_positive:
                return [(-sp.oo, middle - half), (middle + half, sp.oo)]
            if a.is_negative:
                return [(middle - half, middle + half)]
    constant, rest = written.as_independent(x, as_Add=True)
    factor, kernel = rest.as_independent(x, as_Add=False)
    if factor.is_positive is None and factor.is_negative is None:
        raise RuleNotApplicable(f"cannot solve {g} > 0 for {x}: the sign of {factor} is not known")
    level = -constant / factor
    above = bool(factor.is_positive)
    return _compare(kernel, level, above, x)


def _compare(kernel: sp.Expr, level: sp.Expr, above: bool, x: sp.Symbol) -> list[Interval]:
    """Where kernel > level (above) or kernel < level."""
    if isinstance(kernel, sp.Pow) and not kernel.exp.has(x):
        base, power = kernel.base, kernel.exp
        if power == sp.Rational(1, 2):
            bound_ = _guarded(level**2, level >= 0, -1 if above else -sp.oo)
            return positive_set(base - bound_ if above else bound_ - base, x)
        if power.is_integer and power.is_odd and power.is_positive:
            root = sp.sign(level) * sp.Abs(level) ** (1 / power)
            return positive_set(base - root if above else root - base, x)
        if power.is_integer and power.is_even and power.is_positive:
            root = sp.Max(level, 0) ** (1 / power)
            outside = positive_set(base - root, x) + positive_set(-base - root, x)
            inside = intersect(positive_set(root - base, x), positive_set(base + root, x))
            return outside if above else inside
    for table, increasing in ((_INCREASING, True), (_DECREASING, False)):
        if kernel.func in table:
            inverse, lower, upper = table[kernel.func]
            u = kernel.args[0]
            below_range, above_range = (-sp.oo, sp.oo) if increasing else (sp.oo, -sp.oo)
            point = inverse(level)
            if upper != sp.oo:
                point = _guarded(point, level < upper, above_range)
            if lower != -sp.oo:
                point = _guarded(point, level > lower, below_range)
            if point.is_infinite:
                everywhere = (point == -sp.oo) == (above == increasing)
                return [LINE] if everywhere else []
            return positive_set(u - point if above == increasing else point - u, x)
    raise RuleNotApplicable(f"cannot solve {kernel} = {level} for {x} in closed form")


def _switches(expression: sp.Basic, x: sp.Symbol) -> list[sp.Basic]:
    """The innermost switching subexpressions that depend on x."""
    kinds = (sp.sign, sp.Abs, sp.Max, sp.Min, Step, sp.Piecewise)
    found = [node for node in expression.atoms(*kinds) if node.has(x)]
    inner = [node for node in found if not any(other is not node and node.has(other) for other in found)]
    return sorted(inner, key=sp.default_sort_key)


def _condition_branches(condition: sp.Basic, x: sp.Symbol) -> list[Interval]:
    """The set of x where a Boolean holds."""
    if condition is sp.true:
        return [LINE]
    if condition is sp.false:
        return []
    if isinstance(condition, sp.And):
        result = [LINE]
        for part in condition.args:
            result = intersect(result, _condition_branches(part, x))
        return result
    if isinstance(condition, sp.Or):
        remaining, result = [LINE], []
        for part in condition.args:
            result += intersect(remaining, _condition_branches(part, x))
            remaining = intersect(remaining, _condition_branches(sp.Not(part), x))
        return result
    if isinstance(condition, sp.Not):
        inside = condition.args[0]
        if isinstance(inside, sp.And):
            return _condition_branches(sp.Or(*[sp.Not(part) for part in inside.args]), x)
        if isinstance(inside, sp.Or):
            return _condition_branches(sp.And(*[sp.Not(part) for part in inside.args]), x)
        return _condition_branches(inside.negated, x)
    if isinstance(condition, Relational):
        difference = condition.lhs - condition.rhs
        if isinstance(condition, sp.Eq):
            return _equality_set(difference, x)
        if isinstance(condition, sp.Ne):
            return _region(sp.Abs(difference), x)
        if isinstance(condition, (sp.Lt, sp.Le)):
            difference = -difference
        return _region(difference, x)
    raise RuleNotApplicable(f"cannot read the condition {condition}")


def _equality_set(g: sp.Expr, x: sp.Symbol) -> list[Interval]:
    """Where g = 0 on a set of positive measure (g piecewise constant there)."""
    result = []
    for piece in pieces(g, x):
        if not piece.body.has(x):
            if piece.body.is_zero or sp.simplify(piece.body) == 0:
                result.append((piece.lower, piece.upper))
            elif piece.body.is_zero is None:
                raise RuleNotApplicable(f"cannot decide whether {piece.body} = 0")
    return result


def _region(g: sp.Expr, x: sp.Symbol) -> list[Interval]:
    """Where g > 0, g being piecewise."""
    result = []
    for piece in pieces(g, x):
        result += intersect([(piece.lower, piece.upper)], positive_set(piece.body, x))
    return result


def _branches(node: sp.Basic, x: sp.Symbol) -> list[tuple[sp.Expr, list[Interval]]]:
    """Values of a switching node with the set of x where each holds."""
    if isinstance(node, sp.Piecewise):
        remaining, result = [LINE], []
        for value, condition in node.args:
            where = _condition_branches(condition, x)
            result.append((value, intersect(remaining, where)))
            if condition is not sp.true:
                remaining = intersect(remaining, _condition_branches(sp.Not(condition), x))
        return result
    if isinstance(node, (sp.Max, sp.Min)):
        flip = 1 if isinstance(node, sp.Max) else -1
        result = []
        for candidate in node.args:
            where = [LINE]
            for other in node.args:
                if other is not candidate:
                    where = intersect(where, positive_set(flip * (candidate - other), x))
            result.append((candidate, where))
        return result
    argument = node.args[0]
    up, down = positive_set(argument, x), positive_set(-argument, x)
    if isinstance(node, sp.sign):
        return [(sp.S.One, up), (sp.S.NegativeOne, down)]
    if isinstance(node, Step):
        return [(sp.S.One, up), (sp.S.Zero, down)]
    return [(argument, up), (-argument, down)]


def pieces(expression: sp.Basic, x: sp.Symbol) -> list[Piece]:
    """Split `expression` into smooth pieces in x (pieces with body zero are kept out).

    A Boolean is read as its indicator.

    >>> x = sp.Symbol("x", real=True)
    >>> [(p.lower, p.upper, p.body) for p in pieces(sp.Abs(x - 1), x)]
    [(-oo, 1, 1 - x), (1, oo, x - 1)]
    """
    if expression is sp.true or expression is sp.false or isinstance(expression, (Relational, sp.And, sp.Or, sp.Not)):
        found = [Piece(a, b, sp.S.One) for a, b in _condition_branches(expression, x)]
    else:
        found = []
        _split(_sympify(expression), x, [LINE], found)
    merged: list[Piece] = []
    for piece in sorted(found, key=lambda p: (_order(p.lower), _order(p.upper))):
        if merged and merged[-1].upper == piece.lower and merged[-1].body == piece.body:
            merged[-1] = Piece(merged[-1].lower, piece.upper, piece.body)
        else:
            merged.append(piece)
    return merged


def _order(end: sp.Expr) -> tuple:
    """A sort key: numbers by value, symbolic ends by value at a generic point."""
    values = {s: sp.Rational(7, 5) + sp.Rational(sum(map(ord, s.name)) % 97, 211) for s in end.free_symbols}
    try:
        number = end.xreplace(values)
    except TypeError:  # a comparison that is not real at this point
        return (0.0, sp.srepr(end))
    number = sp.N(number) if number.is_number else sp.S.Zero
    value = float(number) if number.is_real or number.is_infinite else 0.0
    return (value, sp.srepr(end))


def _split(expression: sp.Expr, x: sp.Symbol, where: list[Interval], found: list[Piece]) -> None:
    if not where or expression.is_zero:
        return
    switches = _switches(expression, x)
    if not switches:
        found.extend(Piece(a, b, expression) for a, b in where)
        return
    for value, region in _branches(switches[0], x):
        _split(expression.xreplace({switches[0]: value}), x, intersect(where, region), found)


def breakpoints(expression: sp.Basic, x: sp.Symbol) -> list[sp.Expr]:
    """The finite ends of all pieces, sorted, each once."""
    ends = {e for p in pieces(expression, x) for e in (p.lower, p.upper) if e not in (sp.oo, -sp.oo)}
    return sorted(ends, key=_order)


def inverses(expression: sp.Expr, x: sp.Symbol, y: sp.Expr) -> list[tuple[sp.Expr, sp.Basic]]:
    """Solve expression(x) = y: a list of (root, condition on y), for a smooth `expression`.

    Domain: x occurs once under a chain of invertible functions, or a polynomial of degree two.

    >>> x, y = sp.symbols("x y", real=True)
    >>> inverses(2*x + 1, x, y)
    [(y/2 - 1/2, True)]
    """
    if expression == x:
        return [(sp.expand(y), sp.true)]
    polynomial = sp.expand(expression).as_poly(x)
    if polynomial is not None and not any(c.has(x) for c in polynomial.all_coeffs()):
        if polynomial.degree() == 1:
            slope, constant = polynomial.all_coeffs()
            return [(sp.expand((y - constant) / slope), sp.true)]
        if polynomial.degree() == 2:
            a, b, c = polynomial.all_coeffs()
            discriminant = sp.expand(b**2 - 4 * a * (c - y))
            half = sp.sqrt(discriminant) / (2 * a)
            middle = -b / (2 * a)
            return [(middle + half, discriminant > 0), (middle - half, discriminant > 0)]
    constant, rest = expression.as_independent(x, as_Add=True)
    factor, kernel = rest.as_independent(x, as_Add=False)
    level = (y - constant) / factor
    if isinstance(kernel, sp.Pow) and not kernel.exp.has(x):
        base, power = kernel.base, kernel.exp
        if power == sp.Rational(1, 2):
            return _chain(base, x, level**2, level > 0)
        if power.is_integer and power.is_odd and power.is_positive:
            return _chain(base, x, sp.sign(level) * sp.Abs(level) ** (1 / power), sp.true)
        if power.is_integer and power.is_even and power.is_positive:
            root = level ** (1 / power)
            return _chain(base, x, root, level > 0) + _chain(base, x, -root, level > 0)
        if power == -1:
            return _chain(base, x, 1 / level, sp.true)
    for table in (_INCREASING, _DECREASING):
        if kernel.func in table:
            inverse, lower, upper = table[kernel.func]
            condition = sp.And(level > lower, level < upper)
            return _chain(kernel.args[0], x, inverse(level), condition)
    raise RuleNotApplicable(f"cannot invert {expression} for {x} in closed form")


def _chain(inner: sp.Expr, x: sp.Symbol, level: sp.Expr, condition: sp.Basic) -> list[tuple[sp.Expr, sp.Basic]]:
    return [(root, sp.And(condition, more)) for root, more in inverses(inner, x, level)]


def jumps(split: list[Piece], x: sp.Symbol) -> bool:
    """Whether a piecewise function is discontinuous: unequal one-sided values at an end, zero outside.

    >>> x = sp.Symbol("x", real=True)
    >>> jumps(pieces(sp.sign(x), x), x), jumps(pieces(sp.Abs(x), x), x)
    (True, False)
    """
    below = {p.lower: p.body for p in split if not p.lower.is_infinite}
    above = {p.upper: p.body for p in split if not p.upper.is_infinite}
    for end in {*below, *above}:
        values = [side[end].xreplace({x: end}) if end in side else sp.S.Zero for side in (below, above)]
        if sp.simplify(values[0] - values[1]) != 0:
            return True
    return False
