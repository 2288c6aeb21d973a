"""Verdicts: claimed expressions and numbers against the engine's, at solutions, thresholds and closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp

from derive.claims.statements import Claim, ClaimFile
from derive.claims.suspects import edits
from derive.errors import DeriveError, UsageError
from derive.runtime.results import Solution
from derive.spec.evaluate import NotNumericError, evaluate
from derive.spec.grammar import ExpressionError, parse_expression, parse_number
from derive.spec.model import Model

__all__ = ["Verdict", "check_claims"]

SOLVED = 11
"""Digits to which solutions and thresholds of the compiled solver are compared."""
SUSPECTS = 250
"""Edits that are tried for a refuted claim."""
EDITED = 1e-9
"""Agreement asked of an edit that would make a claim true."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a claim.

    verdict  "proved" (closed forms are equal), "agrees" (to `digits` digits), "refuted", or "unknown" (and why)
    found, claimed   the engine's number and the claimed one where they were compared last, or where they differ
    edit     the first edit of the claim, in the order of `suspects`, that makes it true at every point, if there is one
    expected whether the claim is known to be wrong
    """

    id: str
    verdict: str
    digits: int
    detail: str
    found: float | None = None
    claimed: float | None = None
    edit: str = ""
    expected: bool = False

    @property
    def negative(self) -> bool:
        """Whether the verdict is not the one hoped for: of a claim that is known to be wrong, "refuted"."""
        return self.verdict == "unknown" or (self.verdict == "refuted") != self.expected


class _Differs(Exception):
    """A number that differs: (found, claimed, where)."""

    def __init__(self, found: float, claimed: float, where: str):
        super().__init__(where)
        self.found, self.claimed, self.where = found, claimed, where


def check_claims(
    file: ClaimFile, model: Model, generated: Path | None = None, progress: Callable[[int, int], None] | None = None
) -> list[Verdict]:
    """A verdict for every claim, in their order."""
    work = _Work(model, generated)
    found = []
    for done, claim in enumerate(file.claims):
        found.append(_verdict(work, claim))
        if progress is not None:
            progress(done + 1, len(file.claims))
    return found


def _verdict(work: _Work, claim: Claim) -> Verdict:
    expected = claim.expect == "refuted"
    try:
        verdict, digits, detail = KINDS[claim.quantity](work, claim)
        return Verdict(claim.id, verdict, digits, detail, expected=expected)
    except _Differs as gap:
        detail = f"{gap.where}: the engine has {gap.found:.12g}, the claim {gap.claimed:.12g}"
        edit = _edit(work, claim)
        return Verdict(claim.id, "refuted", 0, detail, gap.found, gap.claimed, edit, expected)
    except ExpressionError as error:
        raise UsageError(f"claim `{claim.id}`: {error}") from None
    except NotNumericError as error:
        return Verdict(claim.id, "unknown", 0, f"no value: {error}", expected=expected)
    except UsageError as error:
        raise UsageError(f"claim `{claim.id}`: {error}") from None
    except DeriveError as error:
        return Verdict(claim.id, "unknown", 0, str(error), expected=expected)


class _Work:
    """The engine's numbers of a model, remembered."""

    def __init__(self, model: Model, generated: Path | None):
        from derive import api

        self.model, self.generated = model, generated
        self.solver = api.solver_of(model, "rs", generated)
        module = self.solver.module
        self.names: dict[str, sp.Symbol] = {p.name: p.symbol for p in model.parameters}
        extra = [t.name for t in model.thresholds] + [o.name for o in model.observables]
        extra += [*module.OBSERVABLES, *module.STATE, *module.TIED_NAMES, *module.HATS, *module.TIED_HATS]
        extra += [n["r"] for n in module.NAMES] + ["r", "free_entropy", *module.RESPONSES]
        for name in extra:
            self.names.setdefault(name, sp.Symbol(name, real=True))
        self._solved: dict[tuple, Any] = {}

    def expression(self, text: str) -> sp.Expr:
        """An expression in parameters and quantities of the engine."""
        return parse_expression(text, self.names)  # type: ignore[return-value]

    def solution(self, given: Mapping[str, str], branch: str) -> Solution:
        """A branch at a point."""
        from derive import api

        key = ("solve", *sorted(given.items()))
        if key not in self._solved:
            self._solved[key] = api.solve(self.model, dict(given), generated=self.generated)
        for solution in self._solved[key].solutions:
            if solution.branch == branch:
                if solution.status != "converged":
                    raise NotNumericError(f"the {branch} branch is {solution.status}")
                return solution
        names = ", ".join(s.branch for s in self._solved[key].solutions) or "none"
        raise NotNumericError(f"there is no branch {branch} at {_where(given)} (there are: {names})")

    def threshold(self, name: str, given: Mapping[str, str]) -> Any:
        """A threshold at a point."""
        from derive import api

        key = ("threshold", name, *sorted(given.items()))
        if key not in self._solved:
            self._solved[key] = api.threshold(self.model, name, dict(given), generated=self.generated)
        found = self._solved[key]
        if found.value is None:
            raise NotNumericError(f"{name}: {found.detail or found.status}")
        return found

    def scope(self, expressions: list[sp.Expr], given: Mapping[str, str], branch: str) -> dict[str, float]:
        """The numbers of all symbols of expressions at a point."""
        from derive import api

        needed = {s.name for e in expressions for s in e.free_symbols}
        values = api.resolve_parameters(self.model, dict(given))
        scope = {name: float(sp.N(value, 20)) for name, value in values.items()}
        for t in self.model.thresholds:
            if t.name in needed:
                scope[t.name] = float(self.threshold(t.name, given).value)
        if needed - set(scope):
            solution = self.solution(given, branch)
            found = {"free_entropy": solution.free_entropy, **solution.order_parameters, **solution.observables}
            for n in self.solver.module.NAMES:
                if n["r"] in found and n["q"] in found:
                    found.setdefault(f"{n['r']}-{n['q']}", found[n["r"]] - found[n["q"]])  # type: ignore[operator]
            for name in needed - set(scope):
                value = found.get(name)
                if value is None:
                    raise NotNumericError(f"{name} is not defined on the {branch} branch at {_where(given)}")
                scope[name] = float(value)
        return scope

    def number(self, e: sp.Expr, scope: Mapping[str, float]) -> float:
        """The value of an expression."""
        found = float(evaluate(e, {s: scope[s.name] for s in e.free_symbols}))
        if not math.isfinite(found):
            raise NotNumericError(f"{e} is {found}")
        return found


def _where(given: Mapping[str, str]) -> str:
    return ", ".join(f"{k} = {v}" for k, v in given.items()) or "the defaults"


def _printed(text: str) -> int | None:
    """Significant digits of a decimal number, None for an expression.

    >>> _printed("0.0138"), _printed("1.50"), _printed("pi/4")
    (3, 3, None)
    """
    body = text.strip().lstrip("+-")
    if not body or not set(body) <= set("0123456789."):
        return None
    return len(body.replace(".", "").lstrip("0")) or 1


def _asked(claim: Claim) -> int:
    return min(claim.digits or _printed(claim.value) or SOLVED, SOLVED)


def _compare(found: float, claimed: float, digits: int, known: int, where: str) -> None:
    """Raise _Differs unless found is within half a unit of the last claimed digit, and of what is known of it."""
    size = abs(claimed) or 1.0
    unit = 10.0 ** (math.floor(math.log10(size)) + 1 - digits) if claimed else 10.0**-digits
    own = 10.0 ** (math.floor(math.log10(size)) + 1 - known)
    if abs(found - claimed) > 0.5 * unit + own:
        raise _Differs(found, claimed, where)


Outcome = tuple[str, int, str]


def _numbers(work: _Work, claim: Claim) -> Outcome:
    """A threshold, order parameter, observable or free entropy with its printed value."""
    digits = _asked(claim)
    closed: dict[str, int] = {}
    proved = 0
    for given in claim.points:
        value = work.expression(claim.value)
        scope = work.scope([value], given, claim.branch)
        claimed = work.number(value, scope)
        if claim.quantity == "threshold" or claim.at is not None:
            result = work.threshold(claim.name if claim.quantity == "threshold" else str(claim.at), given)
            if claim.quantity == "threshold":
                if claim.exact and result.exact is not None:
                    values = {p.symbol: parse_number(given[p.name]) for p in work.model.parameters if p.name in given}
                    gap = sp.simplify(parse_number(result.exact) - value.xreplace(values))
                    if gap == 0:
                        closed[result.exact] = result.digits
                        proved += 1
                        continue
                found, known = float(result.value), min(result.digits, 15)
            elif claim.name in result.order_parameters:
                found, known = float(result.order_parameters[claim.name]), SOLVED - 1
            else:
                raise NotNumericError(f"{claim.name} is not an order parameter at {claim.at}")
        else:
            symbol = work.expression(claim.name)
            found, known = work.number(symbol, work.scope([symbol], given, claim.branch)), 13
        _compare(found, claimed, digits, known, _where(given))
    if proved == len(claim.points):
        return "proved", min(closed.values()), f"the closed form is {', '.join(closed)}"
    return "agrees", digits, _places(claim)


def _sides(work: _Work, claim: Claim) -> Outcome:
    """Two expressions that are equal at the solution."""
    digits = _asked(claim)
    name, value = work.expression(claim.name), work.expression(claim.value)
    if sp.expand(name - value) == 0:
        return "proved", digits, "the two sides are one expression, which says nothing of the model"
    for given in claim.points:
        scope = work.scope([name, value], given, claim.branch)
        _compare(work.number(name, scope), work.number(value, scope), digits, 12, _where(given))
    return "agrees", digits, _places(claim)


def _tail(work: _Work, claim: Claim) -> Outcome:
    """Near a value, to the stated tolerance."""
    assert claim.rel_tol is not None
    name, value = work.expression(claim.name), work.expression(claim.value)
    for given in claim.points:
        scope = work.scope([name, value], given, claim.branch)
        found, claimed = work.number(name, scope), work.number(value, scope)
        if abs(found - claimed) > claim.rel_tol * abs(claimed):
            raise _Differs(found, claimed, _where(given))
    return "agrees", max(1, math.floor(-math.log10(claim.rel_tol))), f"within {claim.rel_tol:g}, {_places(claim)}"


def _formula(work: _Work, claim: Claim) -> Outcome:
    """A free entropy: equal at the solution, and stationary there in what it contains of the order parameters."""
    value = work.expression(claim.value)
    parameters = {p.name for p in work.model.parameters}
    variables = sorted({s.name for s in value.free_symbols} - parameters)
    phi = work.names["free_entropy"]
    for given in claim.points:
        scope = work.scope([value, phi], given, claim.branch)
        _compare(work.number(phi, scope), work.number(value, scope), SOLVED, 12, _where(given))
        for name in variables:
            slope = _slope(work, value, scope, name)
            if abs(slope) > 1e-7 * (1.0 + abs(scope["free_entropy"]) / max(abs(scope[name]), 1e-3)):
                raise _Differs(0.0, slope, f"{_where(given)}, the derivative in {name} at the solution")
    return "agrees", SOLVED, f"value and stationarity in {', '.join(variables) or 'nothing'}, {_places(claim)}"


def _slope(work: _Work, e: sp.Expr, scope: dict[str, float], name: str) -> float:
    """A derivative by differences of sixth order."""
    h = 1e-3 * max(abs(scope[name]), 1e-3)
    total = 0.0
    for k, c in ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60)):
        for sign in (1.0, -1.0):
            total += sign * c * work.number(e, {**scope, name: scope[name] + sign * k * h})
    return total / h


def _places(claim: Claim) -> str:
    return f"at {_where(claim.points[0])}" if len(claim.points) == 1 else f"at {len(claim.points)} points"


KINDS: dict[str, Callable[[_Work, Claim], Outcome]] = {
    "threshold": _numbers,
    "order_parameter": _numbers,
    "observable": _numbers,
    "free_entropy": _numbers,
    "value": _sides,
    "equation": _sides,
    "tail": _tail,
    "formula": _formula,
}


def _edit(work: _Work, claim: Claim) -> str:
    """The first of the usual suspects that makes the claim true at all its points."""
    if claim.quantity not in ("equation", "formula", "value") and _printed(claim.value) is not None:
        return ""
    value = work.expression(claim.value)
    if claim.quantity == "formula":
        name = work.names["free_entropy"]
    elif claim.quantity == "threshold":
        name = work.names[claim.name]
    else:
        name = work.expression(claim.name)
    try:
        everything = [work.names[n] for n in work.names if n in _state_names(work)]
        scopes = []
        for given in claim.points:
            scope = work.scope([name, value], given, claim.branch)
            for symbol in everything:
                try:
                    scope.update(work.scope([symbol], given, claim.branch))
                except NotNumericError:
                    continue
            scopes.append(scope)
        known = [s for s in everything if all(s.name in scope for scope in scopes)]
        candidates = edits(value, known, [p.symbol for p in work.model.parameters])
        for text, edited in islice(candidates, SUSPECTS):
            if _holds(work, name, edited, scopes):
                return text
    except (DeriveError, NotNumericError):
        return ""
    return ""


def _state_names(work: _Work) -> set[str]:
    module = work.solver.module
    return {*module.STATE, *module.TIED_NAMES, *module.HATS, *module.TIED_HATS, *(n["r"] for n in module.NAMES)}


def _holds(work: _Work, name: sp.Expr, edited: sp.Expr, scopes: list[dict[str, float]]) -> bool:
    for scope in scopes:
        try:
            with np.errstate(all="ignore"):
                left, right = work.number(name, scope), work.number(edited, scope)
        except (NotNumericError, KeyError, ValueError, ZeroDivisionError, OverflowError):
            return False
        if abs(left - right) > EDITED * max(abs(left), 1e-12):
            return False
    return True
