"""The kinds of claim: how each is compared with the engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp

from derive.claims.digits import DIGITS, LOST, agree_precisely
from derive.claims.engine import Engine, State, where
from derive.claims.numbers import number
from derive.claims.proofs import prove
from derive.claims.statements import Claim
from derive.claims.substitutions import positive_symbols
from derive.errors import DeriveError, UsageError
from derive.spec.deadline import TooSlowError, limited
from derive.spec.evaluate import NotNumericError
from derive.spec.functions import _term_count
from derive.spec.grammar import parse_number

__all__ = ["KINDS", "Differs", "Statement", "asked", "is_number", "known", "same"]

SOLVED = 11
"""Digits to which solutions and thresholds of the compiled solver are compared."""
EQUAL = 1e-10
"""Agreement asked of functions of the order parameters away from solutions."""
SMALL = 1e-13
"""Numbers of this size are zero: order parameters are of order one."""
MOST_TERMS = 2000
"""Terms to which expressions are multiplied out."""
STATES = 3
"""States at each point where functions are compared."""


class Differs(Exception):
    """A number that differs: (found, claimed, where), and the places at which an edit would have to hold."""

    def __init__(self, found: float, claimed: float, place: str):
        super().__init__(place)
        self.found, self.claimed, self.where = found, claimed, place


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim as two expressions in the engine's quantities, and the points at which they are compared."""

    claim: Claim
    left: sp.Expr
    right: sp.Expr
    points: tuple[Mapping[str, str], ...]
    assumed: tuple[str, ...] = ()

    @property
    def symbols(self) -> set[sp.Symbol]:
        """The free symbols of both sides."""
        return self.left.free_symbols | self.right.free_symbols

    def at(self, points: tuple[Mapping[str, str], ...]) -> Statement:
        """The same at other points."""
        return replace(self, points=points)


Outcome = tuple[str, int, str]
"""Verdict, digits and what was compared."""


def is_number(claim: Claim) -> bool:
    """Whether a claim is about one number, not about functions."""
    return claim.quantity not in ("equation", "formula", "value", "tail") and (
        _printed(claim.value) is not None or claim.quantity != "threshold"
    )


def _printed(text: str) -> int | None:
    """Significant digits of a decimal number, None for an expression.

    >>> _printed("0.0138"), _printed("1.50"), _printed("pi/4")
    (3, 3, None)
    """
    body = text.strip().lstrip("+-")
    if not body or not set(body) <= set("0123456789."):
        return None
    return len(body.replace(".", "").lstrip("0")) or 1


def asked(claim: Claim) -> int:
    """To how many digits a claim is compared."""
    return min(claim.digits or _printed(claim.value) or SOLVED, SOLVED)


def _compare(found: float, claimed: float, digits: int, known: int, place: str, error: float = 0.0) -> None:
    """Raise Differs unless found is within half a unit of the last claimed digit, and of what is known of it."""
    size = abs(claimed) or 1.0
    unit = 10.0 ** (math.floor(math.log10(size)) + 1 - digits) if claimed else 10.0**-digits
    own = 10.0 ** (math.floor(math.log10(size)) + 1 - known)
    if abs(found - claimed) > max(0.5 * unit + own, SMALL, error):
        raise Differs(found, claimed, place)
    if error > max(unit + own, SMALL):
        raise NotNumericError(f"{place}: an integral of the claim is known to {error:.1g} only")


# ------------------------------------------------------------------------------------------- numbers


def _numbers(engine: Engine, statement: Statement) -> Outcome:
    """A threshold, order parameter, observable or free entropy with its printed value."""
    claim = statement.claim
    digits = asked(claim)
    closed: dict[str, int] = {}
    proved = 0
    threshold = statement.left.name if claim.quantity == "threshold" and statement.left.is_Symbol else claim.at
    if claim.quantity == "threshold" and threshold not in {t.name for t in engine.model.thresholds}:
        raise UsageError("the left side is no threshold of the model")
    for given in statement.points:
        claimed, error = number(statement.right, engine.scope([statement.right], given, claim.branch))
        if threshold is None:
            found, known = engine.number(statement.left, engine.scope([statement.left], given, claim.branch)), 13
            _compare(found, claimed, digits, known, where(given), error)
            continue
        result = engine.threshold(str(threshold), given)
        if claim.quantity == "threshold":
            if claim.exact and result.exact is not None:
                values = {p.symbol: parse_number(given[p.name]) for p in engine.model.parameters if p.name in given}
                if sp.simplify(parse_number(result.exact) - statement.right.xreplace(values)) == 0:
                    closed[result.exact] = result.digits
                    proved += 1
                    continue
            found, known = float(result.value), min(result.digits, 15)
        elif claim.name in result.order_parameters:
            found, known = float(result.order_parameters[claim.name]), SOLVED - 1
        else:
            raise NotNumericError(f"{claim.name} is not an order parameter at {claim.at}")
        _compare(found, claimed, digits, known, where(given), error)
    if proved == len(statement.points):
        return "proved", min(closed.values()), f"the closed form is {', '.join(closed)}"
    return "agrees", digits, _places(statement)


def _tail(engine: Engine, statement: Statement) -> Outcome:
    """Near a value, to the stated tolerance."""
    claim = statement.claim
    assert claim.rel_tol is not None
    for given in statement.points:
        scope = engine.scope([statement.left, statement.right], given, claim.branch)
        found, claimed = engine.number(statement.left, scope), engine.number(statement.right, scope)
        if abs(found - claimed) > claim.rel_tol * abs(claimed):
            raise Differs(found, claimed, where(given))
    digits = max(1, math.floor(-math.log10(claim.rel_tol)))
    return "agrees", digits, f"within {claim.rel_tol:g}, {_places(statement)}"


# ----------------------------------------------------------------------------------------- equations


def _equation(engine: Engine, statement: Statement) -> Outcome:
    """Two sides that are equal as functions of the order parameters, or else at the solutions."""
    claim, left, right = statement.claim, statement.left, statement.right
    if _identical(left, right):
        return "proved", SOLVED, "the two sides are one expression, which says nothing of the model"
    if left.has_free(engine.names["free_entropy"]):
        return _free_entropy(engine, statement)
    if (count := _as_functions(engine, statement)) > 0:
        return _strengthened(engine, statement, count)
    digits = asked(claim)
    gaps, sizes = [], []
    for given in statement.points:
        scope = engine.scope([left, right], given, claim.branch)
        claimed, error = number(right, scope)
        found = engine.number(left, scope)
        sizes.append(max(abs(found), abs(claimed)))
        try:
            _compare(found, claimed, digits, 12, where(given), error)
        except Differs as gap:
            gaps.append(gap)
    if gaps:
        raise max(gaps, key=lambda gap: abs(gap.found - gap.claimed))
    if max(sizes) <= SMALL and 0 not in (left, right):
        raise NotNumericError("both sides vanish at the solution, which says nothing: give other points or a branch")
    return "agrees", digits, f"at the solution, {_places(statement)}"


def _strengthened(engine: Engine, statement: Statement, count: int) -> Outcome:
    """Functions that are equal in double precision: a proof, or else thirty digits."""
    left, right = statement.left, statement.right
    said = f"as functions of the order parameters, at {count} states that solve nothing"
    try:
        forms = engine.forms()
        form = forms.equation(left, right)
        if form is not None and (said_by := _proof(engine, statement, form, right)):
            return "proved", DIGITS, said_by
        for state in engine.states(statement.points[-1], 1, 17):
            if agree_precisely(engine, forms, left, right, state):
                return "agrees", DIGITS - LOST, f"{said}, and to {DIGITS - LOST} digits at one of them"
    except (DeriveError, NotNumericError, ArithmeticError):
        pass
    return "agrees", SOLVED - 1, said


def _identical(one: sp.Expr, two: sp.Expr) -> bool:
    """Whether two expressions are one when multiplied out, as far as that is short."""
    if one == two:
        return True
    if any(_term_count(node) > MOST_TERMS for node in sp.preorder_traversal(one - two) if isinstance(node, sp.Expr)):
        return False
    try:
        with limited(1.0):
            return bool(sp.expand(one - two) == 0)
    except TooSlowError:
        return False


def _proof(engine: Engine, statement: Statement, form: sp.Expr, claimed: sp.Expr) -> str:
    """What proves two forms equal, for all parameters or else for those that the claim gives; "" if nothing does."""
    positive = positive_symbols(engine, engine.forms().derivation)
    fixed = _fixed(engine, statement)
    for values in ({}, fixed) if fixed else ({},):
        rules = prove(form.xreplace(values), claimed.xreplace(values), positive)
        if rules is not None:
            where_ = f", where {', '.join(f'{k} = {v}' for k, v in values.items())}" if values else ""
            return (f"equal by {', '.join(rules)}" if rules else "equal when written out") + where_
    return ""


def _fixed(engine: Engine, statement: Statement) -> dict[sp.Symbol, sp.Expr]:
    """The parameters that have the same value at all points of a claim."""
    found = {}
    for parameter in engine.model.parameters:
        default = "" if parameter.default is None else str(parameter.default)
        values = {str(point.get(parameter.name, default)) for point in statement.points}
        if len(values) == 1 and "" not in values:
            found[parameter.symbol] = parse_number(values.pop())
    return found


def known(e: sp.Expr, scope: Mapping[str, float]) -> bool:
    """Whether all symbols of an expression have numbers."""
    return {s.name for s in e.free_symbols} <= set(scope)


def same(a: float, b: float) -> bool:
    """Whether two numbers are equal as functions of order parameters have to be."""
    return abs(a - b) <= EQUAL * max(abs(a), abs(b), 1e-3)


def _as_functions(engine: Engine, statement: Statement) -> int:
    """At how many random states the left side after the map is the right side before it; 0 if at one it is not."""
    module = engine.solver.module
    order = {*module.STATE, *module.TIED_NAMES, *module.HATS, *module.TIED_HATS, *(n["r"] for n in module.NAMES)}
    if not {s.name for s in statement.left.free_symbols} & order:
        return 0
    count = 0
    for seed, given in enumerate(statement.points):
        for state in engine.states(given, STATES, seed):
            if not (known(statement.left, state.after) and known(statement.right, state.before)):
                return 0
            try:
                if not same(number(statement.left, state.after)[0], number(statement.right, state.before)[0]):
                    return 0
            except NotNumericError:
                return 0
            count += 1
    return count


def _solved_for_entropy(engine: Engine, statement: Statement) -> sp.Expr:
    """The claimed free entropy: the equation solved for it."""
    phi = engine.names["free_entropy"]
    slope = sp.diff(statement.left, phi)
    if statement.right.has_free(phi) or slope == 0 or slope.has_free(phi):
        raise NotNumericError("the free entropy does not stand alone on the left")
    return (statement.right - statement.left.xreplace({phi: sp.S.Zero})) / slope


def _free_entropy(engine: Engine, statement: Statement) -> Outcome:
    """A free entropy: equal as a function, or else in value and stationarity at the solutions."""
    claim, value = statement.claim, _solved_for_entropy(engine, statement)
    if (count := _entropy_function(engine, statement.points, value)) > 0:
        forms = engine.forms()
        for form in forms.free_entropy(value):
            if said_by := _proof(engine, statement, form, value):
                return "proved", DIGITS, said_by
        return "agrees", SOLVED - 1, f"as functions of the order parameters, at {count} states that solve nothing"
    parameters = {p.name for p in engine.model.parameters}
    variables = sorted({s.name for s in value.free_symbols} - parameters)
    phi = engine.names["free_entropy"]
    for given in statement.points:
        scope = engine.scope([value, phi], given, claim.branch)
        claimed, error = number(value, scope)
        _compare(scope["free_entropy"], claimed, asked(claim), 12, where(given), error)
        if claim.quantity != "formula":
            continue
        for name in variables:
            slope = _slope(value, scope, name)
            if abs(slope) > 1e-7 * (1.0 + abs(scope["free_entropy"]) / max(abs(scope[name]), 1e-3)):
                raise Differs(0.0, slope, f"{where(given)}, the derivative in {name} at the solution")
    said = f" and stationarity in {', '.join(variables)}" if claim.quantity == "formula" and variables else ""
    return "agrees", asked(claim), f"value{said} at the solution, {_places(statement)}"


def _entropy_function(engine: Engine, points: Sequence[Mapping[str, str]], value: sp.Expr) -> int:
    """At how many random states a claimed free entropy is the engine's; 0 if at one it is none of its forms."""
    module = engine.solver.module
    hats = {*module.HATS, *module.TIED_HATS, *(n["r_hat"] for n in module.NAMES)}
    free = bool({s.name for s in value.free_symbols} & hats)
    agreed: dict[int, int] = {}
    rng = np.random.default_rng(5)
    total = 0
    for seed, given in enumerate(points):
        for state in engine.states(given, STATES, seed):
            try:
                forms, scope = _entropies(engine, state, free, rng)
                if not known(value, scope):
                    return 0
                claimed = number(value, scope)[0]
            except NotNumericError:
                return 0
            total += 1
            for k, form in enumerate(forms):
                agreed[k] = agreed.get(k, 0) + same(form, claimed)
    return total if total and total in agreed.values() else 0


def _entropies(
    engine: Engine, state: State, free: bool, rng: np.random.Generator
) -> tuple[Sequence[float], Mapping[str, float]]:
    """The forms of the free entropy at a state and the names there; `free`: with conjugates that solve nothing."""
    if not free:
        return state.entropies, state.before
    value, scope = engine.entropy_at(state, rng.uniform(0.7, 1.3, len(state.hats)))
    return (value,), scope


def _slope(e: sp.Expr, scope: dict[str, float], name: str) -> float:
    """A derivative by differences of sixth order."""
    h = 1e-3 * max(abs(scope[name]), 1e-3)
    total = 0.0
    for k, c in ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60)):
        for sign in (1.0, -1.0):
            total += sign * c * number(e, {**scope, name: scope[name] + sign * k * h})[0]
    return total / h


def _places(statement: Statement) -> str:
    points = statement.points
    return f"at {where(points[0])}" if len(points) == 1 else f"at {len(points)} points"


KINDS: dict[str, Callable[[Engine, Statement], Outcome]] = {
    "threshold": _numbers,
    "order_parameter": _numbers,
    "observable": _numbers,
    "free_entropy": _numbers,
    "value": _equation,
    "equation": _equation,
    "tail": _tail,
    "formula": _free_entropy,
}
