"""Sign changes along a parameter: neighbours of a ladder of points, narrow windows, Brent's method."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from scipy.optimize import brentq

if TYPE_CHECKING:
    from derive.thresholds import Problem

__all__ = ["bracket", "zero"]

JUMP = 1e-3
"""What is left of a function at a zero, over what it was at the ends of the bracket; more is a jump."""


def bracket(problem: Problem, f: Callable[[float], float | None]) -> tuple[float, float] | None:
    """Neighbouring points of the ladder between which f changes sign."""
    known: dict[float, float] = {}
    for a in problem.ladder():
        value = f(a)
        if value is None or not math.isfinite(value):
            continue
        if value == 0.0:
            return a, a
        known[a] = value
        ordered = sorted(known)
        at = ordered.index(a)
        for other in (at - 1, at + 1):
            if 0 <= other < len(ordered) and known[ordered[other]] * value < 0:
                return tuple(sorted((a, ordered[other])))  # type: ignore[return-value]
    return _narrow_window(problem, f, known)


def _narrow_window(
    problem: Problem, f: Callable[[float], float | None], known: dict[float, float]
) -> tuple[float, float] | None:
    """Look for the sign change between a point where f is defined and the end of its window, next to one where not."""
    points = problem.ladder()
    beside = [(a, b) for pair in itertools.pairwise(sorted(points)) for a, b in (pair, pair[::-1])]
    for a, outside in sorted(beside, key=lambda pair: points.index(pair[0])):  # the nearest to the default first
        if a not in known or outside in known:
            continue
        inner, outer = a, outside
        for _ in range(30):
            middle = 0.5 * (inner + outer)
            found = f(middle)
            if found is None or not math.isfinite(found):
                outer = middle
            elif found * known[a] < 0.0:
                return (min(a, middle), max(a, middle))
            else:
                inner = middle
    return None


def zero(problem: Problem, f: Callable[[float], float | None]) -> float | None:
    """A zero of f, by Brent's method between neighbours of the ladder; a sign change where f jumps is none.

    A run that changes from one state to another makes such a jump.
    """
    ends = bracket(problem, f)
    if ends is None:
        return None
    if ends[0] == ends[1]:
        return ends[0]

    def strict(a: float) -> float:
        value = f(a)
        if value is None:
            raise _Lost
        return value

    try:
        found = float(brentq(strict, *ends, xtol=1e-14 * max(1.0, abs(ends[0])), rtol=1e-14, maxiter=200))
        left = max(abs(strict(a)) for a in ends)
    except _Lost:
        return None
    there = f(found)
    if there is not None and abs(there) > JUMP * left:
        problem.progress(f"a jump between two states at {found:.6g} is no zero")
        return None
    return found


class _Lost(Exception):
    """A branch was lost inside a bracket."""
