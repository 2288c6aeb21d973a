"""Proved states and thresholds: the derived equations in ball arithmetic, around the roots that mpmath certifies.

What is proved is that the derived equations have one solution in a box, in the solver's coordinates; not that replica
symmetry holds, nor that this solution dominates.  A threshold with one more equation g = 0 (the entropy, a difference
of free entropies) is enclosed between two values of the parameter: the solution exists and is unique in one box for all
values between, hence continuous, and g has opposite signs at both ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.nodes import GaussianAverage, LabelLaw, LogPartition, differentiate
from derive.precise.arithmetic import Arithmetic
from derive.precise.equations import Equations
from derive.replica.boundary import perfect_boundary
from derive.rigor.averages import BallEvaluator
from derive.rigor.krawczyk import MOST_UNKNOWNS, prove_root
from derive.rigor.library import NotProved, NotSupported, bits_of, exact_ball, flint, working_bits
from derive.rigor.scalars import compile_balls
from derive.runtime.branches import name_numbers
from derive.spec.functions import Step

__all__ = [
    "Enclosure",
    "balls",
    "enclose_boundary",
    "enclose_closed_form",
    "enclose_crossing",
    "enclose_root",
    "enclose_state",
    "shown_ball",
]

Root = Sequence[mp.mpf] | None
"""A root in the solver's coordinates, or None where q = 0."""

_KINKS = (sp.Abs, sp.sign, sp.Max, sp.Min, sp.Piecewise, sp.floor, Step)

GUARD_BITS = 40
"""Bits carried beyond those of the digits asked for."""

STATE = (
    "proved in ball arithmetic: the derived saddle-point equations have exactly one solution in a box around this one, "
    "and every number lies in its ball"
)
ZERO = (
    "proved in ball arithmetic: q = 0 solves the derived saddle-point equations exactly, and every number lies in its "
    "ball"
)
CROSSING = (
    "proved in ball arithmetic: the derived equations have one solution in a box for every value of the ball, and "
    "{what} changes sign between its ends"
)
BOUNDARY = "proved in ball arithmetic: the value of the boundary, which the derivation gives, lies in its ball"
ROOT = (
    "proved in ball arithmetic: the equations of the limit, which the derivation gives, have exactly one root in a box "
    "around this one, and it lies in the ball"
)
CLOSED = "proved in ball arithmetic: the closed form, which the derivation gives, lies in the ball"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Balls by name as decimal text [middle +/- radius], and what was proved."""

    values: Mapping[str, str]
    statement: str


def shown_ball(ball: Any, digits: int) -> str:
    """A ball as text that holds it: [middle +/- radius].

    >>> shown_ball(flint.arb(1) / 4, 5)
    '0.25000000'
    """
    return ball.str(digits + 3)


def balls(bits: int) -> Arithmetic:
    """Real balls; a value that leaves a domain raises `NotProved`."""

    def compile_real(expressions: Sequence[sp.Expr]) -> Callable[[Mapping[str, Any]], list[Any]]:
        run = compile_balls(expressions)

        def values(scope: Mapping[str, Any]) -> list[Any]:
            found = run({name: flint.acb(x) for name, x in scope.items()})
            if not all(x.is_finite() and x.imag.contains(0) for x in found):
                raise NotProved("a parameter leaves the domain of an expression")
            return [x.real for x in found]

        return values

    def evaluators(partitions: Mapping[str, Any]) -> dict[int, Any]:
        evaluate = BallEvaluator(partitions, bits).enclose
        return {1: evaluate, 2: evaluate}

    return Arithmetic(flint.arb, lambda x: x.exp(), lambda x: x.log(), compile_real, evaluators)


def _checked(values: Sequence[Any]) -> list[Any]:
    if not all(x.is_finite() for x in values):
        raise NotProved("the equations leave their domain in the box")
    return list(values)


def _refuse(equations: Equations) -> None:
    """Refuse what is too large, or has a Jacobian that misses what a kink adds to a derivative."""
    saddle = equations.saddle
    count = len(saddle.overlaps)
    if count > MOST_UNKNOWNS:
        raise NotSupported(f"a proof takes at most {MOST_UNKNOWNS} order parameters; this model has {count}")
    refuse_kinks([*saddle.conjugates.values(), *saddle.stationary.values(), *saddle.site_map.values()])


def refuse_kinks(expressions: Sequence[sp.Expr]) -> None:
    """Refuse averages of functions with kinks or jumps: their symbolic second derivatives miss point masses."""
    for average in set().union(*[e.atoms(GaussianAverage) for e in map(_sympify, expressions)]):
        if any(kink.free_symbols & set(average.bound_symbols) for kink in average.body.atoms(*_KINKS)):
            raise NotSupported("the derivative of an average over a kink has no enclosure here")


def enclose_state(
    equations: Equations, module: Any, quantities: Mapping[str, sp.Expr], root: Root, digits: int
) -> Enclosure:
    """Prove a state around a root in the solver's coordinates (None: at q = 0, where r is fixed).

    `equations` compute with `balls`.

    Raises
    ------
    NotSupported, NotProved
        with the sentence that says what has no enclosure, or what failed.
    """
    _refuse(equations)
    with working_bits(bits_of(digits) + GUARD_BITS):
        scope, _, _ = _state(equations, root, None, digits)
        named = dict(name_numbers(module, *equations.numbers(scope)))
        named |= dict(zip(quantities, equations.evaluate[1](list(quantities.values()), scope), strict=True))
        return Enclosure(
            {name: shown_ball(flint.arb(x), digits) for name, x in named.items()}, ZERO if root is None else STATE
        )


def _check_zero(equations: Equations, scope: dict[str, Any]) -> None:
    """Refuse q = 0 where the map does not keep it: no ball of a moved overlap may miss zero."""
    kept = [x for x in equations.saddle.site_map if all(x != s.v for s in equations.families)]
    moved = equations.evaluate[1]([equations.saddle.site_map[x] for x in kept], scope)
    if not all(x.is_zero() for x in moved):
        raise NotProved("that the map keeps q = 0 exactly is not proved")


def _fixed_point(equations: Equations, root: Sequence[mp.mpf], a: Any, digits: int) -> tuple[list[Any], list[Any]]:
    """(enclosure, box) of the fixed point near a root, for all values of the parameter in the ball `a`."""
    smallest = flint.arb(10) ** -(digits + 4)

    def residual(u: list[Any]) -> list[Any]:
        return _checked(equations.residual(equations.state(u, a), 1))

    def jacobian(u: list[Any]) -> list[list[Any]]:
        rows = equations.jacobian(equations.state(u, a), 1)[1]
        return [_checked(row) for row in rows]

    return prove_root(residual, jacobian, [exact_ball(x) for x in root], smallest)


def _state(equations: Equations, root: Root, a: Any, digits: int) -> tuple[dict[str, Any], list[Any], list[Any]]:
    """(scope with conjugates, enclosure, box) of a state for all values of the parameter in the ball `a`."""
    if root is None:
        if equations.free:
            raise NotSupported("a state with q = 0 and a free r is not proved")
        scope, found, box = equations.at_zero([], a), [], []
    else:
        found, box = _fixed_point(equations, root, a, digits)
        scope = equations.state(found, a)
    equations.hats(scope, 1)
    if root is None:
        _check_zero(equations, scope)
    return scope, found, box


Gap = Callable[[list[dict[str, Any]]], Any]


def enclose_crossing(
    equations: Equations, gap: Gap, roots: Sequence[Root], value: mp.mpf, digits: int, what: str
) -> Enclosure:
    """Prove that `gap`, a function of the states' scopes, vanishes for a parameter near `value`.

    Raises
    ------
    NotSupported, NotProved
        with the sentence that says what has no enclosure, or what failed.
    """
    _refuse(equations)
    with working_bits(bits_of(digits) + GUARD_BITS):
        centre = exact_ball(value)
        for places in (digits, digits - 2):
            radius = abs(centre) * flint.arb(10) ** -places
            ends = [(centre - radius).mid(), (centre + radius).mid()]
            ball = ends[0].union(ends[1])
            between = [_state(equations, root, ball, places - 2) for root in roots]
            signs = []
            for end in ends:
                scopes = []
                for root, (_, found, box) in zip(roots, between, strict=True):
                    near = None if root is None else _centre(found)
                    scope, here, _ = _state(equations, near, end, digits)
                    if not all(b.contains(x) for x, b in zip(here, box, strict=True)):
                        raise NotProved("the solutions at the ends of the ball are not on one branch")
                    scopes.append(scope)
                signs.append(_sign(gap(scopes)))
            if signs[0] * signs[1] < 0:
                names = {equations.solve_for or "value": shown_ball(ball, digits)}
                first = between[0][0]
                names |= {x.name: shown_ball(first[x.name], digits) for x in equations.saddle.overlaps}
                return Enclosure(names, CROSSING.format(what=what))
        raise NotProved(f"{what} is not proved to change sign")


def _centre(found: Sequence[Any]) -> list[mp.mpf]:
    """The exact middles of balls as numbers of mpmath."""
    return [mp.make_mpf(x.mid()._mpf_) for x in found]


def _sign(x: Any) -> int:
    return 1 if x > 0 else (-1 if x < 0 else 0)


def enclose_root(
    unknowns: Sequence[sp.Symbol],
    expressions: Sequence[sp.Expr],
    root: Sequence[mp.mpf],
    digits: int,
) -> Enclosure:
    """Prove a root of as many expressions, which may have averages, as there are unknowns.

    Raises
    ------
    NotSupported, NotProved
        with the sentence that says what has no enclosure, or what failed.
    """
    if len(unknowns) > MOST_UNKNOWNS + 1:
        raise NotSupported(f"a proof takes at most {MOST_UNKNOWNS} unknowns beside the parameter")
    if any(e.has(LogPartition, LabelLaw) for e in expressions):
        raise NotSupported(
            "a limit with functions log Z is not proved: parameters inside of them are not differentiated"
        )
    refuse_kinks(expressions)
    with working_bits(bits_of(digits) + GUARD_BITS):
        evaluate = BallEvaluator({}, bits_of(digits) + GUARD_BITS // 2).enclose
        slopes = [[differentiate(e, x) for x in unknowns] for e in expressions]
        flat = [e for row in slopes for e in row]

        def named(y: Sequence[Any]) -> dict[str, Any]:
            return {x.name: value for x, value in zip(unknowns, y, strict=True)}

        def jacobian(y: list[Any]) -> list[list[Any]]:
            values = _checked(evaluate(flat, named(y)))
            return [values[i : i + len(unknowns)] for i in range(0, len(values), len(unknowns))]

        smallest = flint.arb(10) ** -(digits + 4)
        found, _ = prove_root(
            lambda y: _checked(evaluate(expressions, named(y))), jacobian, [exact_ball(x) for x in root], smallest
        )
        values = {x.name: shown_ball(k, digits) for x, k in zip(unknowns, found, strict=True)}
        return Enclosure(dict(reversed(values.items())), ROOT)


def enclose_boundary(equations: Equations, digits: int) -> Enclosure:
    """Enclose the free entropy of the perfect branch, where it is finite.

    Raises
    ------
    NotSupported
        where it is not.
    """
    found = perfect_boundary(equations.derivation.system)
    if found is None or found.value is None:
        raise NotSupported("the free entropy of the perfect branch is not finite here")
    with working_bits(bits_of(digits) + GUARD_BITS):
        (value,) = equations.evaluate[1]([found.value], equations.scope())
        return Enclosure({"free_entropy": shown_ball(value, digits)}, BOUNDARY)


def enclose_closed_form(exact: sp.Expr, name: str, digits: int) -> Enclosure:
    """Enclose a closed form without parameters."""
    with working_bits(bits_of(digits) + GUARD_BITS):
        (value,) = balls(bits_of(digits)).compile([exact])({})
        return Enclosure({name: shown_ball(value, digits)}, CLOSED)
