"""What is missing at one place of a refuted claim: a factor, a term or a limit, solved for at states and named."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

import numpy as np
import sympy as sp

from derive.claims.integrals import LineIntegral
from derive.claims.numbers import number, rough
from derive.claims.suspects import Edit
from derive.spec.evaluate import NotNumericError
from derive.spec.functions import GaussMean

__all__ = ["Place", "fillings", "named_constant"]

HOLES = 90
"""Places of an expression that are tried."""
POWERS = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)
"""Powers of the parts of a filling."""
PARTS, MOST = 14, 3
"""Expressions that a filling may be made of, and how many of them at once."""
LEAST = 3
"""Places that are asked for: two of round numbers have products of powers in common by accident."""
STEPS = 25
ZERO = 1e-9
CONSTANT = 1e-7
"""Relative spread over the states at which the ratio of two numbers is a constant."""
BASES = (1, sp.pi, sp.sqrt(2), sp.sqrt(sp.pi), sp.log(2), sp.sqrt(2 * sp.pi), sp.log(2 * sp.pi))
"""Constants that may stand in a filling, with rational factors."""

_FILLING = sp.Symbol("_filling", real=True)


@dataclass(frozen=True, slots=True)
class Place:
    """The numbers of the names on the right of a claim, and the number on its left, where it should hold."""

    scope: Mapping[str, float]
    left: float


@dataclass(frozen=True, slots=True)
class Hole:
    """A place of an expression: what stands there, and the expression with something else in its stead."""

    kind: str
    part: sp.Expr
    put: Callable[[sp.Expr], sp.Expr]
    starts: tuple[float, ...]

    def said(self, filling: sp.Expr) -> str:
        """The edit in words."""
        if self.kind == "factor":
            return f"a factor {filling} is missing in {self.part}"
        if self.kind in ("lower", "upper"):
            return f"the {self.kind} limit should be {filling}"
        sign, size = ("-", -filling) if filling.could_extract_minus_sign() else ("+", filling)
        return f"the term {sign} {size} is missing beside {self.part}"


def fillings(
    expression: sp.Expr, places: Sequence[Place], symbols: Sequence[sp.Symbol], until: float = math.inf
) -> list[tuple[float, Edit]]:
    """(cost, edit) of what makes a claim true at all places, the simplest first: a factor, a term or a limit in one.

    What would have to stand in a place is solved for at every state, and has to be a constant times powers of at most
    three of `symbols`, their complements to one, and the sums in the expression.  Places that are not reached before
    the processor time of the thread is `until` are not tried.

    >>> a, b = sp.symbols("a b", real=True)
    >>> places = [Place({"a": x, "b": y}, x + y**2 * x / (1 - x)) for x, y in ((0.3, 0.7), (0.2, 0.4), (0.6, 0.5))]
    >>> fillings(a + b**2 * a, places, [a, b])[0][1].text
    'a factor 1/(1 - a) is missing in a*b**2'
    """
    if len(places) < LEAST:
        return []
    parts: dict[tuple[bool, ...], list[tuple[sp.Expr, np.ndarray]]] = {}
    found: list[tuple[float, int, Edit]] = []
    for order, hole in enumerate(_holes(expression)[:HOLES]):
        solved = _solved(hole, places) if time.thread_time() < until else None
        if solved is None:
            continue
        there = tuple(bool(u) for u in np.abs(solved) > ZERO)  # a field that is zero at some points says nothing there
        if sum(there) < 2:
            continue
        if there not in parts:
            parts[there] = _parts(expression, [p for p, u in zip(places, there, strict=True) if u], symbols)
        named = _named(solved[list(there)], parts[there], logs=hole.kind == "term")
        if named is not None and not (hole.kind == "factor" and named[1] == 1):
            cost, filling = named
            found.append((cost, order, Edit(hole.said(filling), hole.part, hole.put(filling))))
    return [(cost, edit) for cost, _, edit in sorted(found, key=lambda entry: entry[:2])]


# ------------------------------------------------------------------------------------------- places


def _holes(expression: sp.Expr) -> list[Hole]:
    """The places of an expression, from the outside in."""

    def root(new: sp.Expr) -> sp.Expr:
        return new

    found: list[Hole] = []
    queue: list[tuple[sp.Expr, Callable[[sp.Expr], sp.Expr], sp.Basic | None]] = [(expression, root, None)]
    while queue:
        node, put, parent = queue.pop(0)
        found += _at(node, put, parent)
        if isinstance(node, (GaussMean, LineIntegral)):
            queue.append((node.args[0], _inner(node, 0, put), node))
            continue
        if node.is_Atom or node.is_number:
            continue
        for k, part in enumerate(node.args):
            if isinstance(part, sp.Expr):
                queue.append((part, _inner(node, k, put), node))
    return found


def _inner(node: sp.Basic, k: int, put: Callable[[sp.Expr], sp.Expr]) -> Callable[[sp.Expr], sp.Expr]:
    def inside(new: sp.Expr) -> sp.Expr:
        return put(node.func(*node.args[:k], new, *node.args[k + 1 :]))

    return inside


def _at(node: sp.Expr, put: Callable[[sp.Expr], sp.Expr], parent: sp.Basic | None) -> Iterator[Hole]:
    """The holes at a node: a factor or a term beside it, and the limits of an integral."""
    if isinstance(node, LineIntegral):
        body, x, lower, upper = node.args
        if lower.is_finite is not False:
            yield Hole("lower", node, lambda new: put(LineIntegral(body, x, new, upper)), (-1.0, 1.0))
        if upper.is_finite is not False:
            yield Hole("upper", node, lambda new: put(LineIntegral(body, x, lower, new)), (-1.0, 1.0))
    if isinstance(parent, sp.Pow) and (node == parent.exp or node.is_number):
        return
    factor = not isinstance(parent, (sp.Mul, sp.Pow, GaussMean, LineIntegral)) and not (
        node.is_number and parent is not None
    )
    if factor:
        yield Hole("factor", node, lambda new: put(new * node), (1.0,))
    if isinstance(parent, (sp.Add, GaussMean, LineIntegral)) or (isinstance(parent, sp.Mul) and node.is_number):
        return
    yield Hole("term", node, lambda new: put(node + new), (0.0,))


def _solved(hole: Hole, places: Sequence[Place]) -> np.ndarray | None:
    """What has to stand in a hole at every place; None where nothing is found."""
    try:
        expression = hole.put(_FILLING)
    except (TypeError, ValueError):
        return None
    if expression.has(sp.nan, sp.zoo):
        return None
    for start in hole.starts:
        found: list[float] = []
        for place in places:
            value = _root(expression, place, found[-1] if found else start)
            if value is None:
                break
            found.append(value)
        if len(found) == len(places):
            return np.array(found)
    return None


def _root(expression: sp.Expr, place: Place, start: float) -> float | None:
    """A root in the filling: the secant method with few nodes, and a last part with all."""
    scope = dict(place.scope)

    def coarse(u: float) -> float:
        return rough(expression, {**scope, _FILLING.name: u}) - place.left

    def fine(u: float) -> float:
        return number(expression, {**scope, _FILLING.name: u}, 1e-11)[0] - place.left

    size = max(abs(place.left), 1e-3)
    try:
        with np.errstate(all="ignore"):
            u = _secant(coarse, start, start + 0.05 * max(abs(start), 1.0), 1e-4 * size)
            if u is None:
                return None
            return _secant(fine, u, u + 1e-3 * max(abs(u), 1e-3), 3e-12 * size)
    except (NotNumericError, KeyError, ValueError, ZeroDivisionError, OverflowError, TypeError):
        return None


def _secant(f: Callable[[float], float], a: float, b: float, tolerance: float) -> float | None:
    fa, fb = f(a), f(b)
    best = min(abs(fa), abs(fb))
    for k in range(STEPS):
        if not np.isfinite(fb) or fb == fa:
            return None
        if abs(fb) <= tolerance:
            return b
        if k == 8 and abs(fb) > 0.5 * best:
            return None
        step = -fb * (b - a) / (fb - fa)
        reach = 4.0 * max(abs(b), 1.0)
        a, fa, b = b, fb, b + max(-reach, min(reach, step))
        fb = f(b)
        if a == b:
            break
    return b if abs(fb) <= 100.0 * tolerance else None


# ------------------------------------------------------------------------------------------- names


def _parts(
    expression: sp.Expr, places: Sequence[Place], symbols: Sequence[sp.Symbol]
) -> list[tuple[sp.Expr, np.ndarray]]:
    """What a filling may be made of, with its values; what is in the expression comes first, constants are left out."""
    own = sorted(expression.free_symbols, key=str)
    sums = [
        node
        for node in sp.preorder_traversal(expression)
        if isinstance(node, sp.Add) and not node.has(GaussMean, LineIntegral) and node.free_symbols <= set(own)
    ]
    names = list(dict.fromkeys([*own, *symbols]))
    wanted = [*own, *dict.fromkeys(sums), *(1 - s for s in own), *symbols, *(1 + s for s in own)]
    wanted += [1 - s for s in symbols] + [1 + s for s in symbols] + [a - b for a, b in combinations(names[:6], 2)]
    found: list[tuple[sp.Expr, np.ndarray]] = []
    for e in dict.fromkeys(wanted):
        try:
            value = np.array([number(e, place.scope)[0] for place in places])
        except (NotNumericError, KeyError, TypeError, ValueError):
            continue
        if not np.all(np.isfinite(value)) or np.any(np.abs(value) < 1e-9) or np.ptp(value) < 1e-9:
            continue
        if all(np.max(np.abs(value - v)) > 1e-9 and np.max(np.abs(value + v)) > 1e-9 for _, v in found):
            found.append((e, value))
        if len(found) == PARTS:
            break
    return found


@lru_cache(maxsize=32)
def _exponents(count: int) -> np.ndarray:
    """Rows of powers of `count` parts, with at most MOST that are not zero."""
    rows = [np.zeros(count)]
    for size in range(1, min(MOST, count) + 1):
        for chosen in combinations(range(count), size):
            for powers in product(POWERS, repeat=size):
                row = np.zeros(count)
                row[list(chosen)] = powers
                rows.append(row)
    return np.array(rows)


def _named(solved: np.ndarray, parts: Sequence[tuple[sp.Expr, np.ndarray]], logs: bool) -> tuple[float, sp.Expr] | None:
    """(cost, expression) of the simplest product of a constant and powers that has these values."""
    if not np.all(np.isfinite(solved)) or np.ptp(np.sign(solved)) != 0:
        return None
    size = np.log(np.abs(solved))
    rows = _exponents(len(parts))
    table = np.array([np.log(np.abs(v)) for _, v in parts]).reshape(len(parts), len(solved))
    spread = np.ptp(size - rows @ table, axis=1)
    found: list[tuple[float, sp.Expr]] = []
    for k in np.flatnonzero(spread < CONSTANT):
        row = rows[k]
        value = solved / np.prod([np.abs(v) ** p for p, (_, v) in zip(row, parts, strict=True)] or [1.0], axis=0)
        sign = np.prod([np.sign(v) ** (p % 2 == 1) for p, (_, v) in zip(row, parts, strict=True)] or [1.0], axis=0)
        rooted = any(p % 1 and np.any(v < 0.0) for p, (_, v) in zip(row, parts, strict=True))
        if np.ptp(sign) != 0 or rooted:
            continue
        constant = named_constant(float(np.mean(value)) * float(np.max(sign)))
        if constant is None:
            continue
        body = sp.Mul(*[_power(e, p) for p, (e, _) in zip(row, parts, strict=True) if p])
        cost = float(np.sum(np.abs(row) + (row != 0))) + _cost(constant)
        cost += 0.1 * sum(e.is_Add for p, (e, _) in zip(row, parts, strict=True) if p)
        found.append((cost, constant * body))
    if logs:
        for e, v in parts:
            if not np.all(v > 0.0) or np.any(np.abs(v - 1.0) < 1e-9):
                continue
            ratio = solved / np.log(v)
            constant = named_constant(float(np.mean(ratio)))
            if constant is not None and np.ptp(ratio) < CONSTANT * np.max(np.abs(ratio)):
                found.append((3.0 + _cost(constant), constant * sp.log(e)))
    return min(found, key=lambda entry: entry[0]) if found else None


def _power(e: sp.Expr, p: float) -> sp.Expr:
    return e ** (sp.Rational(round(2 * p), 2))


def _cost(constant: sp.Expr) -> float:
    if constant == 1:
        return 0.0
    if constant in (-1, 2, sp.Rational(1, 2)):
        return 0.5
    return 1.0 if constant.is_Rational else 1.5


def named_constant(value: float) -> sp.Expr | None:
    """A number in closed form, if there is a simple one.

    >>> named_constant(2.5066282746310002), named_constant(0.123456789)
    (sqrt(2)*sqrt(pi), None)
    """
    for base in BASES:
        for sign in (1, -1):
            quotient = value / float(base) ** sign
            nice = sp.Rational(quotient).limit_denominator(24)
            if nice != 0 and abs(float(nice) - quotient) < 1e-8 * abs(quotient) and abs(nice) < 100:
                return nice * base**sign
    return None
