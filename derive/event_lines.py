"""Lines of events in a plane of two parameters: extended systems followed by pseudo-arclength, special points.

A fold, a crossing of free entropies, the loss of stability of q = 0 or a crossing of branches is a regular root of a
system of its own; with a second parameter free it becomes a line.  Two folds meet in a cusp, the states of a crossing
merge in a critical point, a fold goes to q = 0 in a tricritical point.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq

from derive.arclength import Place, arclength, first_place
from derive.folds import VANISHING
from derive.followed import Event
from derive.phases import Crossing
from derive.runtime.layout import fractions
from derive.runtime.trivial import Point
from derive.solver import Solver

__all__ = ["EventLine", "Plane", "SpecialPoint", "line_of_crossing", "line_of_event"]

MERGED = 0.01
"""A crossing whose states are nearer than this ends."""
STEP = 1e-6
"""Step of the differences."""


@dataclass(frozen=True, slots=True)
class SpecialPoint:
    """A point of a line: "cusp", "critical" (states merge), and where q goes to 0 "tricritical" or "multicritical"."""

    kind: str
    x: float
    y: float


@dataclass(slots=True)
class EventLine:
    """A line of events of one kind: the points in the order of the curve, special points, and why each end ends."""

    kind: str
    points: list[tuple[float, float]]
    special: list[SpecialPoint] = field(default_factory=list)
    ends: tuple[str, str] = ("", "")

    def passes(self, x: float, y: float, scale: tuple[float, float]) -> bool:
        """Whether the line goes through a point, up to the sagitta of its steps."""
        p = np.array(self.points) / scale
        at = np.array([x, y]) / scale
        for one, two in pairwise(p):
            along = two - one
            share = np.clip(float((at - one) @ along) / max(float(along @ along), 1e-300), 0.0, 1.0)
            if np.linalg.norm(one + share * along - at) < 1e-3:
                return True
        return False


class Plane:
    """The solver with two free parameters, each as 1 + (value - low)/(high - low)."""

    def __init__(
        self,
        solver: Solver,
        base: np.ndarray,
        indices: tuple[int, int],
        ranges: tuple[tuple[float, float], tuple[float, float]],
        domains: tuple[tuple[float, float], tuple[float, float]],
    ):
        self.solver, self.base, self.indices, self.ranges, self.domains = solver, base, indices, ranges, domains
        self.n: int = solver.module.UNKNOWNS
        self.logs = sum(1 if tied else 2 for tied in solver.module.TIED)

    def values(self, s: np.ndarray) -> tuple[float, float]:
        """The parameters of scaled ones."""
        (x, y) = (low + (float(v) - 1.0) * (high - low) for v, (low, high) in zip(s, self.ranges, strict=True))
        return x, y

    def scaled(self, x: float, y: float) -> np.ndarray:
        """Scaled parameters."""
        return np.array([1.0 + (v - low) / (high - low) for v, (low, high) in zip((x, y), self.ranges, strict=True)])

    def p(self, s: np.ndarray) -> np.ndarray | None:
        """The parameter array at scaled parameters; None outside of their domains."""
        p = self.base.copy()
        for index, value, (lower, upper) in zip(self.indices, self.values(s), self.domains, strict=True):
            if not lower < value < upper:
                return None
            p[index] = value
        return p

    def inside(self, s: np.ndarray) -> bool:
        """Whether scaled parameters are in the ranges."""
        return bool(np.all(s >= 1.0 - 1e-12) and np.all(s <= 2.0 + 1e-12))

    def evaluate(self, u: np.ndarray, s: np.ndarray) -> tuple[Point, np.ndarray, np.ndarray] | None:
        """The state at coordinates, with its residual and Jacobian."""
        p = self.p(s)
        if p is None or not np.all(np.isfinite(u)) or np.max(np.abs(u[: self.logs])) > 300.0:
            return None
        x = self.solver.state(u, self.solver.facts(p).radii)
        residual, jacobian, hats = self.solver.residual(p, x.copy())
        if not (np.all(np.isfinite(residual)) and np.all(np.isfinite(jacobian))):
            return None
        return Point(x, hats, "converged", 0, 0.0, 0.0, math.nan), residual, jacobian

    def height(self, u: np.ndarray | None, s: np.ndarray, perfect: bool) -> tuple[np.ndarray, float] | None:
        """Residual and free entropy of a state: at coordinates, at q = 0 (None), or the perfect one."""
        p = self.p(s)
        if p is None:
            return None
        if perfect:
            value = self.solver.boundary(p)
            return None if value is None or not math.isfinite(value) else (np.empty(0), value)
        if u is None:
            trivial = self.solver.trivial(p)
            return None if trivial is None else (np.empty(0), self.solver.free_entropy(p, trivial))
        found = self.evaluate(u, s)
        return None if found is None else (found[1], self.solver.free_entropy(p, found[0]))


System = Callable[[np.ndarray], np.ndarray | None]


def _slopes(system: System) -> System:
    """Central differences of a system, one-sided where it ends."""

    def slopes(z: np.ndarray) -> np.ndarray | None:
        columns = []
        for i in range(len(z)):
            beside = []
            for sign in (1.0, -1.0):
                moved = z.copy()
                moved[i] += sign * STEP
                value = system(moved)
                if value is None:
                    moved, value = z, system(z)
                if value is None:
                    return None
                beside.append((moved[i], value))
            if beside[0][0] == beside[1][0]:
                return None
            columns.append((beside[0][1] - beside[1][1]) / (beside[0][0] - beside[1][0]))
        return np.array(columns).T

    return slopes


# ------------------------------------------------------------------------------------------ systems


def _folds(plane: Plane) -> System:
    n = plane.n

    def system(z: np.ndarray) -> np.ndarray | None:
        found, w = plane.evaluate(z[:n], z[-2:]), z[n : 2 * n]
        return None if found is None else np.array([*found[1], *(found[2] @ w), w @ w - 1.0])

    return system


def _branch_points(plane: Plane) -> System:
    n = plane.n

    def system(z: np.ndarray) -> np.ndarray | None:
        u, b, psi, s = z[:n], z[n], z[n + 1 : 2 * n + 1], z[-2:]
        found = plane.evaluate(u, s)
        if found is None:
            return None
        columns = []
        for step in (1e-3, 5e-4):
            beside = [plane.evaluate(u, s + np.array([sign * step, 0.0])) for sign in (1.0, -1.0)]
            if beside[0] is None or beside[1] is None:
                return None
            columns.append((beside[0][1] - beside[1][1]) / (2.0 * step))
        column = (4.0 * columns[1] - columns[0]) / 3.0
        return np.array([*(found[1] + b * psi), *(psi @ found[2]), psi @ column, psi @ psi - 1.0])

    return system


def _instabilities(plane: Plane) -> System:
    def system(z: np.ndarray) -> np.ndarray | None:
        p = plane.p(z)
        trivial = None if p is None else plane.solver.trivial(p)
        return None if trivial is None else np.array([trivial.radius - 1.0])

    return system


def _crossings(plane: Plane, kinds: tuple[str, str]) -> System:
    n = plane.n

    def system(z: np.ndarray) -> np.ndarray | None:
        s, at, found = z[-2:], 0, []
        for kind in kinds:
            u = z[at : at + n] if kind == "state" else None
            at += n if kind == "state" else 0
            found.append(plane.height(u, s, kind == "perfect"))
        one, two = found
        return None if one is None or two is None else np.array([*one[0], *two[0], one[1] - two[1]])

    return system


# -------------------------------------------------------------------------------------------- lines


def line_of_event(plane: Plane, event: Event, y: float) -> EventLine | None:
    """The line through a fold, a loss of stability of q = 0 or a crossing of branches; None where none is found."""
    s = plane.scaled(event.a, y)
    if event.kind == "instability":
        return _followed(plane, event.kind, _instabilities(plane), s, None)
    if event.kind not in ("fold", "bifurcation"):
        return None
    u = plane.solver.coordinates(event.point.x)
    found = plane.evaluate(u, s)
    if found is None:
        return None
    left, _, right = np.linalg.svd(found[2])
    if event.kind == "fold":
        return _followed(plane, "fold", _folds(plane), np.array([*u, *right[-1], *s]), lambda z: z[: plane.n])
    start = np.array([*u, 0.0, *left[:, -1], *s])
    return _followed(plane, "bifurcation", _branch_points(plane), start, lambda z: z[: plane.n])


def line_of_crossing(plane: Plane, crossing: Crossing, trivial: tuple[bool, bool], y: float) -> EventLine | None:
    """The line through a crossing of free entropies; `trivial` says which of its states is q = 0."""
    kinds, z = [], []
    for point, zero in zip(crossing.points, trivial, strict=True):
        kinds.append("perfect" if point is None else "trivial" if zero else "state")
        if point is not None and not zero:
            z += plane.solver.coordinates(point.x).tolist()
    start = np.array([*z, *plane.scaled(crossing.a, y)])
    return _followed(
        plane, "crossing", _crossings(plane, (kinds[0], kinds[1])), start, None, tuple(kinds).count("state")
    )


def _followed(
    plane: Plane, kind: str, system: System, z: np.ndarray, state: Callable | None, states: int = 0
) -> EventLine | None:
    slopes = _slopes(system)
    tangent = np.zeros(len(z))
    tangent[-1] = 1.0
    first = first_place(system, slopes, z, tangent)
    if first is None:
        return None
    parts, special, ends = [], [], []
    for way in (1, -1):
        points, found, end = _way(plane, kind, system, slopes, first, way, state, states)
        parts.append(points)
        special += found
        ends.append(end)
    line = EventLine(kind, [*parts[1][:0:-1], *parts[0]], special, (ends[1], ends[0]))
    return line if len(line.points) > 1 else None


def _way(
    plane: Plane, kind: str, system: System, slopes: System, first: Place, way: int, state: Callable | None, states: int
) -> tuple[list[tuple[float, float]], list[SpecialPoint], str]:
    points: list[tuple[float, float]] = []
    special: list[SpecialPoint] = []
    trail: list[Place] = []
    for place in arclength(system, slopes, first, way, parameters=2):
        if not plane.inside(place.y[-2:]):
            points += _cut(plane, system, slopes, trail[-1], place) if trail else []
            return points, special, "the end of the range"
        if trail and kind == "fold" and float(place.tangent[-2:] @ trail[-1].tangent[-2:]) < 0.0:
            special.append(_cusp(plane, system, slopes, trail[-1], place))
            points.append((special[-1].x, special[-1].y))
        trail.append(place)
        points.append(plane.values(place.y[-2:]))
        if state is not None and (end := _vanished(plane, kind, state, trail)) is not None:
            return [*points, (end.x, end.y)], [*special, end], "the state goes to q = 0"
        if states and (end := _merged(plane, states, trail)) is not None:
            return [*points, (end.x, end.y)], [*special, end], "the states merge"
        if len(trail) > 10 and np.linalg.norm(place.y - first.y) < 0.7 * np.linalg.norm(place.y - trail[-2].y):
            return points, special, "the line is closed"
    return points, special, "the equations have no root beyond"


def _cut(plane: Plane, system: System, slopes: System, last: Place, outside: Place) -> list[tuple[float, float]]:
    """The point of the line on the edge of the ranges."""
    over = [max(1.0 - v, v - 2.0) for v in outside.y[-2:]]
    k = int(np.argmax(over)) - 2
    edge = 1.0 if outside.y[k] < 1.0 else 2.0
    if outside.y[k] == last.y[k]:
        return []
    guess = last.y + (edge - last.y[k]) / (outside.y[k] - last.y[k]) * (outside.y - last.y)
    tangent = np.zeros(len(guess))
    tangent[k] = 1.0
    guess[k] = edge
    place = first_place(system, slopes, guess, tangent)
    return [] if place is None else [plane.values(place.y[-2:])]


def _cusp(plane: Plane, system: System, slopes: System, one: Place, two: Place) -> SpecialPoint:
    """Where the line of folds turns back in the plane: the speed along the direction before vanishes."""
    heading = one.tangent[-2:]

    def at(share: float) -> Place | None:
        return first_place(system, slopes, one.y + share * (two.y - one.y), one.tangent)

    def speed(share: float) -> float:
        place = at(share)
        return math.nan if place is None else float(place.tangent[-2:] @ heading)

    try:
        found = at(float(brentq(speed, 0.0, 1.0, xtol=1e-10)))
    except (ValueError, RuntimeError):
        found = None
    return SpecialPoint("cusp", *plane.values((found or one).y[-2:]))


def _vanished(plane: Plane, kind: str, state: Callable, trail: list[Place]) -> SpecialPoint | None:
    """Where a fold or a crossing of branches goes to q = 0, linearly in q."""
    found = plane.evaluate(state(trail[-1].y), trail[-1].y[-2:])
    before = plane.evaluate(state(trail[-2].y), trail[-2].y[-2:]) if len(trail) > 1 else None
    if found is None or before is None or not np.all(fractions(plane.solver.module, found[0].x) < VANISHING**0.75):
        return None
    q, last = float(found[0].x[0]), float(before[0].x[0])
    if q >= last:
        return None
    s = trail[-1].y[-2:] - q * (trail[-1].y[-2:] - trail[-2].y[-2:]) / (q - last)
    p = plane.p(trail[-1].y[-2:])
    alone = p is None or plane.solver.trivial(p) is None  # q = 0 is a state at the end of the line only
    return SpecialPoint("critical" if alone else "tricritical" if kind == "fold" else "multicritical", *plane.values(s))


def _merged(plane: Plane, states: int, trail: list[Place]) -> SpecialPoint | None:
    """Where the states of a crossing merge: the square of their distance is linear there."""
    if states < 2 or len(trail) < 2:
        return None
    n = plane.n
    gaps = [float(np.max(np.abs(place.y[:n] - place.y[n : 2 * n]))) for place in trail[-2:]]
    if gaps[1] > 10.0 * MERGED or gaps[1] >= gaps[0]:
        return None
    one, two = (place.y[-2:] for place in trail[-2:])
    s = two - gaps[1] ** 2 * (two - one) / (gaps[1] ** 2 - gaps[0] ** 2)
    return SpecialPoint("critical", *plane.values(s))
