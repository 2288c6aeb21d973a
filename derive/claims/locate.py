"""Where a refuted claim is wrong: the first of the usual suspects that makes it true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import sympy as sp

from derive.claims.engine import Engine
from derive.claims.numbers import number, rough
from derive.claims.suspects import FACTORS, Edit, edits
from derive.spec.evaluate import NotNumericError

__all__ = ["Place", "find_edit", "holds"]

SUSPECTS = 1500
"""Edits that are tried for a refuted claim."""
EDITED = 1e-9
"""Agreement asked of an edit that would make a claim true."""


@dataclass(frozen=True, slots=True)
class Place:
    """The numbers of the names on the right of a claim, and the number on its left, where it should hold."""

    scope: Mapping[str, float]
    left: float


def find_edit(engine: Engine, right: sp.Expr, places: Sequence[Place]) -> Edit | None:
    """The first edit of the right side, the smallest first, that makes the claim true at every place."""
    if not places:
        return None
    known = [
        engine.names[name]
        for name in sorted(engine.state_names())
        if name in engine.names and all(name in place.scope for place in places)
    ]
    parameters = [p.symbol for p in engine.model.parameters]
    if (constant := _constant(right, places)) is not None:
        return constant
    for edit in islice(edits(right, known, parameters), SUSPECTS):
        if _near(edit.result, places[0]) and holds(edit.result, places):
            return edit
    return None


def _constant(right: sp.Expr, places: Sequence[Place]) -> Edit | None:
    """A constant that is missing: the same difference, or the same quotient, at places that differ."""
    try:
        values = [number(right, place.scope, 1e-11)[0] for place in places]
    except NotNumericError:
        return None
    lefts = [place.left for place in places]
    if len(places) < 2 or max(values) - min(values) < 1e-3 * max(map(abs, values)):
        return None
    gaps = [left - value for left, value in zip(lefts, values, strict=True)]
    if max(gaps) - min(gaps) < EDITED * max(map(abs, lefts)):
        constant = _named(gaps[0])
        return Edit(f"the constant {constant} is missing", right, right + constant)
    if all(values):
        ratios = [left / value for left, value in zip(lefts, values, strict=True)]
        if max(ratios) - min(ratios) < EDITED * max(map(abs, ratios)):
            constant = _named(ratios[0])
            return None if constant in FACTORS else Edit(f"a factor {constant} is missing", right, right * constant)
    return None


def _named(value: float) -> sp.Expr:
    """A number in closed form, if there is a simple one."""
    for base in (1, sp.pi, sp.sqrt(2), sp.sqrt(sp.pi), sp.log(2), sp.sqrt(2 * sp.pi), sp.log(2 * sp.pi)):
        quotient = value / float(base)
        nice = sp.Rational(quotient).limit_denominator(24)
        if nice != 0 and abs(float(nice) - quotient) < 1e-9 * abs(quotient):
            return nice * base
    return sp.Float(value, 10)


def _near(edited: sp.Expr, place: Place) -> bool:
    """A quick look, with few nodes."""
    try:
        value = rough(edited, place.scope)
    except (NotNumericError, KeyError, ValueError, ZeroDivisionError, OverflowError, TypeError):
        return False
    return abs(place.left - value) <= 1e-4 * max(abs(place.left), 1e-3)


def holds(edited: sp.Expr, places: Sequence[Place]) -> bool:
    """Whether a claim with this right side is true at all places."""
    for place in places:
        try:
            with np.errstate(all="ignore"):
                value, error = number(edited, place.scope, 1e-10)
        except (NotNumericError, KeyError, ValueError, ZeroDivisionError, OverflowError, TypeError):
            return False
        if abs(place.left - value) > EDITED * max(abs(place.left), 1e-4) + error:
            return False
    return True
