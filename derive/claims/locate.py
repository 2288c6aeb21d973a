"""Where a refuted claim is wrong: the first of the usual suspects that makes it true."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import islice

import numpy as np
import sympy as sp

from derive.claims.differences import structural_edit
from derive.claims.engine import Engine
from derive.claims.holes import Place, fillings
from derive.claims.numbers import number, rough
from derive.claims.suspects import Edit, edits
from derive.spec.evaluate import NotNumericError

__all__ = ["find_edit"]

SUSPECTS = 800
"""Edits that are tried for a refuted claim."""
PLAIN = 3.0
"""What an edit from the engine's form may cost, for nothing simpler to be looked for."""
NARROW = 1.0
"""What an expression costs that is known to hold at the points of the claim only."""
EDITED = 1e-9
"""Agreement asked of an edit that would make a claim true."""


def find_edit(
    engine: Engine,
    right: sp.Expr,
    places: Sequence[Place],
    more: Sequence[Place],
    forms: Sequence[sp.Expr],
    until: float,
) -> Edit | None:
    """The first edit of the right side, the smallest first, that makes the claim true at every place.

    One that makes it true at `more` places too, where the parameters are others, goes before one that does not.  After
    the usual suspects comes the part in which a claim differs from the engine's `forms` of it, and what is missing in
    one place.  The search ends when the processor time of the thread is `until`.
    """
    if not places:
        return None
    known = [
        engine.names[name]
        for name in sorted(engine.state_names())
        if name in engine.names and all(name in place.scope for place in places) and not _is_left(name, places)
    ]
    parameters = [p.symbol for p in engine.model.parameters]
    second: Edit | None = None
    for edit in islice(edits(right, known, parameters), SUSPECTS):
        if time.thread_time() > until:
            break
        if _near(edit.result, places[0]) and holds(edit.result, places):
            if holds(edit.result, more):
                return edit
            second = second or edit
    if second is not None:
        return second
    written = [made for form in forms if (made := structural_edit(form, right)) is not None]
    found = [(_cost(right, made), made) for made in written if holds(made.result, places)]
    if all(cost > PLAIN for cost, _ in found):
        everywhere = [*places, *more]
        found += fillings(right, everywhere, [*known, *parameters], until)
        if len(everywhere) > len(places):
            found += [(cost + NARROW, edit) for cost, edit in fillings(right, places, [*known, *parameters], until)]
    return next((e for _, e in sorted(found, key=lambda f: f[0]) if holds(e.result, places)), None)


def _cost(right: sp.Expr, edit: Edit) -> float:
    """What an edit that comes from the engine's form costs: how much longer or shorter it makes the claim."""
    return 1.0 + 0.5 * abs(int(edit.result.count_ops()) - int(right.count_ops()))


def _is_left(name: str, places: Sequence[Place]) -> bool:
    """Whether a name has the value of the left side wherever the claim is compared."""
    return all(abs(place.scope[name] - place.left) <= 1e-9 * abs(place.left) for place in places)


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
