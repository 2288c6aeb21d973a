"""Curves of roots: n equations in n + 1 unknowns, followed by pseudo-arclength through folds.

From a root with the tangent t the next one solves F(y) = 0, t.(y - y_predicted) = 0; this system is regular wherever
the curve is, also where a parameter turns (H. B. Keller, in Applications of Bifurcation Theory, 1977).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from derive.roots import newton

__all__ = ["Place", "arclength", "first_place"]

SHORTEST, STEPS = 1e-7, 4000
"""A step below this ends the curve, and so do so many steps."""
TURN = 0.95
"""Smallest cosine of the angle between two tangents."""

System = Callable[[np.ndarray], np.ndarray | None]
Slopes = Callable[[np.ndarray], np.ndarray | None]


@dataclass(frozen=True, slots=True)
class Place:
    """A root y, the unit tangent of the curve and the sign of det [dF/dy; t], which changes where curves cross."""

    y: np.ndarray
    tangent: np.ndarray
    side: float


def _tangent(slopes: np.ndarray, along: np.ndarray | None) -> np.ndarray:
    """The unit null vector of the slopes, with the direction of `along`, without it towards larger parameters."""
    null = np.linalg.svd(slopes)[2][-1]
    forward = null[-1] if along is None else float(null @ along)
    return null if forward >= 0.0 else -null


def _place(y: np.ndarray, slopes: Slopes, along: np.ndarray | None) -> Place | None:
    here = slopes(y)
    if here is None or not np.all(np.isfinite(here)):
        return None
    tangent = _tangent(here, along)
    return Place(y, tangent, float(np.linalg.slogdet(np.vstack((here, tangent)))[0]))


def first_place(system: System, slopes: Slopes, y: np.ndarray, tangent: np.ndarray | None = None) -> Place | None:
    """The root next to y, in the plane across `tangent` (without one: at the same last component)."""
    if tangent is None:
        tangent = np.zeros(len(y))
        tangent[-1] = 1.0
    root = _corrected(system, slopes, y, tangent)
    return None if root is None else _place(root, slopes, tangent)


def _corrected(system: System, slopes: Slopes, y: np.ndarray, tangent: np.ndarray) -> np.ndarray | None:
    def bordered(z: np.ndarray) -> np.ndarray | None:
        value = system(z)
        return None if value is None else np.array([*value, tangent @ (z - y)])

    here = slopes(y)
    if here is None:
        return None
    root = newton(bordered, y, np.vstack((here, tangent)))
    return None if root is None else root.y


def arclength(
    system: System,
    slopes: Slopes,
    first: Place,
    way: float,
    length: float = 0.01,
    longest: float = 0.02,
    parameters: int = 1,
) -> Iterator[Place]:
    """The places from the first one on, `way` = 1 along its tangent or -1 against it, until no step succeeds.

    `longest` bounds a step in the parameters, which come last; the other unknowns move by 0.5 at most.
    """
    last = first if way > 0 else Place(first.y, -first.tangent, -first.side)
    yield last
    heading = last.tangent
    for _ in range(STEPS):
        bound = min(longest / max(float(np.max(np.abs(heading[-parameters:]))), 1e-12), 0.5)
        length = min(length, bound)
        root = _corrected(system, slopes, last.y + length * heading, heading)
        place = None if root is None else _place(root, slopes, heading)
        straight = place is not None and float(place.tangent @ heading) > TURN
        moved = np.inf if place is None else float(np.linalg.norm(place.y - last.y))
        if place is None or not straight or moved > 2.0 * length:
            length *= 0.5
            if length < SHORTEST:
                return
            continue
        yield place
        last, heading = place, place.tangent
        length *= 1.5
