"""Where a refuted claim is wrong: the first of the usual suspects that makes it true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import sympy as sp

from derive.claims.engine import Engine
from derive.claims.numbers import number
from derive.claims.suspects import edits
from derive.spec.evaluate import NotNumericError

__all__ = ["Place", "find_edit"]

SUSPECTS = 400
"""Edits that are tried for a refuted claim."""
EDITED = 1e-9
"""Agreement asked of an edit that would make a claim true."""


@dataclass(frozen=True, slots=True)
class Place:
    """The numbers of the names on the right of a claim, and the number on its left, where it should hold."""

    scope: Mapping[str, float]
    left: float


def find_edit(engine: Engine, right: sp.Expr, places: Sequence[Place]) -> str:
    """The first edit of the right side, the smallest first, that makes the claim true at every place; "" if none."""
    if not places:
        return ""
    known = [
        engine.names[name]
        for name in sorted(engine.state_names())
        if name in engine.names and all(name in place.scope for place in places)
    ]
    parameters = [p.symbol for p in engine.model.parameters]
    for text, edited in islice(edits(right, known, parameters), SUSPECTS):
        if _holds(edited, places):
            return text
    return ""


def _holds(edited: sp.Expr, places: Sequence[Place]) -> bool:
    for place in places:
        try:
            with np.errstate(all="ignore"):
                value, error = number(edited, place.scope, 1e-10)
        except (NotNumericError, KeyError, ValueError, ZeroDivisionError, OverflowError, TypeError):
            return False
        if abs(place.left - value) > EDITED * max(abs(place.left), 1e-4) + error:
            return False
    return True
