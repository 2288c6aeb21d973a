"""All branches of a solver along one parameter, through folds, with the places where they turn, cross, vanish or end.

A branch is a curve in (state, parameter); it is followed by `derive.arclength` in the solver's coordinates.  Which
branches there are is asked of runs at several values, of the branch q = 0 where it loses its stability, and of the
other direction at every crossing.  A place is unstable in as many directions as the relaxation dx/dt = map(x) - x has
growing ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise, product

import numpy as np

from derive.arclength import Place, arclength, first_place
from derive.folds import VANISHING, branch_point, fold
from derive.followed import Branch, Event, State
from derive.runtime.layout import fractions, pairs
from derive.runtime.trivial import Point
from derive.thresholds import Problem
from derive.zero_overlap import trivial_branch, vanishing

__all__ = ["Curve", "branches_along", "unordered"]

OFF = 0.01
"""How far from a crossing its other direction is entered, in the solver's coordinates."""
SAME = 1e-5
"""States that differ by less in the solver's coordinates are one."""

Progress = Callable[[int, int], None]


class Curve:
    """The equations of the states in y = (coordinates, 1 + (a - start)/length)."""

    def __init__(self, problem: Problem, low: float, high: float):
        self.problem, self.solver = problem, problem.solver
        self.low, self.high = low, high
        self.length = high - low
        self.logs = sum(1 if tied else 2 for tied in self.solver.module.TIED)

    def a(self, y: np.ndarray) -> float:
        """The parameter at y."""
        return self.low + (float(y[-1]) - 1.0) * self.length

    def y(self, x: np.ndarray, a: float) -> np.ndarray:
        """The unknowns of a state."""
        return np.array([*self.solver.coordinates(x), 1.0 + (a - self.low) / self.length])

    def evaluate(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
        """The state at y, with its residual, Jacobian and conjugates."""
        a, u = self.a(y), y[:-1]
        if not self.problem.inside(a) or not np.all(np.isfinite(u)) or np.max(np.abs(u[: self.logs])) > 300.0:
            return None
        p = self.problem.p(a)
        x = self.solver.state(u, self.solver.facts(p).radii)
        residual, jacobian, hats = self.solver.residual(p, x.copy())
        good = np.all(np.isfinite(residual)) and np.all(np.isfinite(jacobian))
        return (x, residual, jacobian, hats) if good else None

    def system(self, y: np.ndarray) -> np.ndarray | None:
        """The residual at y."""
        found = self.evaluate(y)
        return None if found is None else found[1]

    def slopes(self, y: np.ndarray) -> np.ndarray | None:
        """The derivatives of the residual: the Jacobian, and central differences in the parameter."""
        return self._slopes(y, (1e-5,))

    def fine_slopes(self, y: np.ndarray) -> np.ndarray | None:
        """The same with differences of fourth order, where the parameter's derivative decides about a root."""
        return self._slopes(y, (1e-3, 5e-4))

    def _slopes(self, y: np.ndarray, steps: tuple[float, ...]) -> np.ndarray | None:
        found = self.evaluate(y)
        if found is None:
            return None
        columns = []
        domain, a = self.problem.domain, self.a(y)
        room = min(a - float(domain.lower), float(domain.upper) - a) / self.length
        for step in (min(s, 0.1 * room) for s in steps):
            beside = []
            for sign in (1.0, -1.0):
                moved = y.copy()
                moved[-1] += sign * step
                value = self.system(moved)
                beside.append((found[1], 0.0) if value is None else (value, sign * step))
            span = beside[0][1] - beside[1][1]
            if span == 0.0:
                return None
            columns.append((beside[0][0] - beside[1][0]) / span)
        return np.column_stack((found[2], columns[0] if len(columns) == 1 else (4.0 * columns[1] - columns[0]) / 3.0))

    def between(self, one: State, two: State, a: float) -> Point | None:
        """The state of a branch at a, next to where two of its states lead."""
        ends = [self.y(s.point.x, a) for s in (one, two)]
        share = (a - one.a) / (two.a - one.a) if two.a != one.a else 0.0
        place = first_place(self.system, self.slopes, (1.0 - share) * ends[0] + share * ends[1])
        return None if place is None else self.point(place.y)

    def meets(self, one: State, two: State, y: np.ndarray) -> bool:
        """Whether the branch passes through y between two neighbouring states."""
        first, second = (self.y(s.point.x, s.a) if np.all(s.point.x[: self.logs] > 0.0) else None for s in (one, two))
        if first is None or second is None:
            return False
        along = second - first
        length = float(np.linalg.norm(along))
        share = float((y - first) @ along) / max(length, 1e-300) ** 2
        beside = y - first - share * along
        if not -0.05 <= share <= 1.05 or float(np.linalg.norm(beside)) > 0.5 * length:
            return False
        place = first_place(self.system, self.slopes, y - beside, along / length)
        return place is not None and float(np.linalg.norm(place.y - y)) < SAME

    def point(self, y: np.ndarray) -> Point | None:
        """The state at y as a point."""
        found = self.evaluate(y)
        if found is None:
            return None
        x, residual, _, hats = found
        return Point(x, hats, "converged", 0, float(np.max(np.abs(residual))), 0.0, math.nan)

    def state(self, y: np.ndarray) -> State | None:
        """The state at y with its free entropy and stability."""
        found, point = self.evaluate(y), self.point(y)
        if found is None or point is None:
            return None
        size = len(found[1]) - self.solver.module.GLOBALS
        rates = np.linalg.eigvals(found[2][:size, :size]).real
        a = self.a(y)
        return State(a, point, self.solver.free_entropy(self.problem.p(a), point), int(np.sum(rates > 0.0)))


def branches_along(
    problem: Problem, low: float, high: float, seeds: int = 9, progress: Progress | None = None
) -> list[Branch]:
    """Every branch in [low, high] that runs reach at `seeds` values or that crosses one of these, and q = 0 first.

    A branch that is stable nowhere and joins no other is not found.
    """
    curve = Curve(problem, low, high)
    found = [b for b in [trivial_branch(problem, low, high)] if b is not None]
    wanted = [low + (high - low) * (k + 0.5) / seeds for k in range(seeds)]
    for b in found:
        wanted += [e.a + s * 1e-3 * (high - low) for e in b.events if e.kind == "instability" for s in (1, -1)]
    wanted = [a for a in wanted if low < a < high and problem.inside(a)]
    for done, a in enumerate(wanted):
        for point in _reached(problem, a):
            if point is not None and _interior(problem, point) and not _known(curve, found, a, point):
                found += _followed(curve, found, curve.y(point.x, a))
        if progress is not None:
            progress(done + 1, len(wanted))
    return found


def _reached(problem: Problem, a: float) -> Iterator[Point | None]:
    """What the named runs reach at a, and one whose overlaps with partners are zero as long as symmetry keeps them."""
    for name in problem.solver.starts(problem.p(a)):
        yield problem.branch(name, a)
    yield unordered(problem, a)


def unordered(problem: Problem, a: float) -> Point | None:
    """What the uninformed run reaches from zero overlaps with quenched variables; q = 0 if it goes there."""
    solver, p = problem.solver, problem.p(a)
    head, partners = pairs(solver.module), len(solver.module.PARTNERS)
    if not partners:
        return None
    start = solver.start(p)
    point = solver.run(p, [*start[:head], *[0.0] * partners, *start[head + partners :]])
    if point.status == "vanishing":
        return solver.trivial(p)
    return point if point.status == "converged" else None


def _interior(problem: Problem, point: Point) -> bool:
    """Whether every overlap of a state is a number that has a logarithm."""
    return bool(np.all(fractions(problem.solver.module, point.x) > VANISHING))


def _known(curve: Curve, found: list[Branch], a: float, point: Point) -> bool:
    """Whether a known branch passes through a state, or through its image under signs of overlaps with partners."""
    head, partners = pairs(curve.solver.module), len(curve.solver.module.PARTNERS)
    sought = []
    for signs in product((1.0, -1.0), repeat=min(partners, 4)):
        x = point.x.copy()
        x[head : head + len(signs)] *= signs
        sought.append(curve.y(x, a))
    parts = [pair for branch in found if not branch.trivial for pair in pairwise(branch.states)]
    return any(curve.meets(one, two, y) for one, two in parts for y in sought)


# ---------------------------------------------------------------------------------------- one branch


def _followed(
    curve: Curve, found: list[Branch], y: np.ndarray, tangent: np.ndarray | None = None, depth: int = 0
) -> list[Branch]:
    """The branch through y both ways, and those that cross it."""
    first = first_place(curve.system, curve.slopes, y, tangent)
    if first is None or not curve.low <= curve.a(first.y) <= curve.high:
        return []
    ahead, later, directions = _way(curve, first, 1)
    closed = any(e.kind == "closed" for e in later)
    back, earlier, others = ([], [], []) if closed else _way(curve, first, -1)
    branch = Branch([*back[:0:-1], *ahead], [e for e in (*earlier[::-1], *later) if e.kind != "closed"])
    if len(branch.states) < 2:
        return []
    new = [branch]
    for place, across in (*directions, *others):
        for sign in (1.0, -1.0):
            beside = first_place(curve.system, curve.slopes, place + sign * OFF * across, sign * across)
            at = None if beside is None else curve.point(beside.y)
            if beside is None or at is None or depth > 3:
                continue
            if not _known(curve, [*found, *new], curve.a(beside.y), at):
                new += _followed(curve, [*found, *new], beside.y, sign * across, depth + 1)
    return new


Directions = list[tuple[np.ndarray, np.ndarray]]


def _way(curve: Curve, first: Place, way: int) -> tuple[list[State], list[Event], Directions]:
    """The states one way, the events on it and the other directions at its crossings."""
    states: list[State] = []
    events: list[Event] = []
    directions: Directions = []
    last: Place | None = None
    for place in arclength(curve.system, curve.slopes, first, way):
        state = curve.state(place.y)
        if state is None:
            break
        if last is not None:
            turned = last.tangent[-1] * place.tangent[-1] < 0.0
            crossed = _crossing(curve, last, place) if turned or last.side * place.side < 0.0 else None
            if crossed is not None:
                events.append(crossed[0])
                directions.append((crossed[1], crossed[2]))
                speeds = sorted((abs(last.tangent[-1]), abs(place.tangent[-1])))
                if turned or speeds[0] < 0.05 * speeds[1]:  # a pitchfork: beyond lies the mirror image
                    states.append(_ended(curve, crossed[1], state))
                    return states, events, directions
            elif turned and (event := _turn(curve, states[-1], state)) is not None:
                events.append(event)
                states.append(
                    State(event.a, event.point, _height(curve, event), min(states[-1].unstable, state.unstable))
                )
        if not curve.low <= state.a <= curve.high:
            events.append(_cut(curve, states, state))
            return states, events, directions
        states.append(state)
        if np.all(fractions(curve.solver.module, state.point.x) < VANISHING):
            events.append(vanishing(curve.problem, curve.length, state, states[-3:-1]))
            return states, events, directions
        far = last is not None and len(states) > 10
        if far and last is not None and np.linalg.norm(place.y - first.y) < 0.7 * np.linalg.norm(place.y - last.y):
            events.append(Event("closed", state.a, state.point))
            return states, events, directions
        last = place
    if states:
        events.append(Event("end", states[-1].a, states[-1].point, "the states leave their domain"))
    return states, events, directions


def _ended(curve: Curve, y: np.ndarray, beside: State) -> State:
    """The state at y, as stable as the one beside."""
    found = curve.state(y)
    return beside if found is None else State(found.a, found.point, found.free_entropy, beside.unstable)


def _height(curve: Curve, event: Event) -> float:
    return curve.solver.free_entropy(curve.problem.p(event.a), event.point)


def _turn(curve: Curve, one: State, two: State) -> Event | None:
    """The fold between two places."""
    width = abs(one.a - two.a)
    for near in (one, two):
        found = fold(curve.problem, near.point, near.a, width)
        if found is not None:
            return Event("fold", *found)
    return None


def _crossing(curve: Curve, one: Place, two: Place) -> tuple[Event, np.ndarray, np.ndarray] | None:
    """The crossing between two places: the event, y there and the direction of the other branch."""
    middle = 0.5 * (one.y + two.y)
    y = branch_point(curve.system, curve.fine_slopes, middle)
    if y is None or np.linalg.norm(y - middle) > 3.0 * np.linalg.norm(two.y - one.y):
        return None
    slopes, point = curve.slopes(y), curve.point(y)
    if slopes is None or point is None:
        return None
    along = (two.y - one.y) / np.linalg.norm(two.y - one.y)
    plane = np.linalg.svd(slopes)[2][-2:]
    across = plane.T @ (np.array([[0.0, 1.0], [-1.0, 0.0]]) @ (plane @ along))
    return Event("bifurcation", curve.a(y), point), y, across / np.linalg.norm(across)


def _cut(curve: Curve, states: list[State], outside: State) -> Event:
    """The end of the branch at the end of the interval, which is added to the states."""
    a = curve.low if outside.a < curve.low else curve.high
    if states and curve.problem.inside(a):
        y = curve.y(states[-1].point.x, a)
        share = (a - states[-1].a) / (outside.a - states[-1].a)
        y[:-1] += share * (curve.y(outside.point.x, a) - y)[:-1]
        place = first_place(curve.system, curve.slopes, y)
        state = None if place is None else curve.state(place.y)
        if state is not None:
            states.append(State(a, state.point, state.free_entropy, state.unstable))
    last = states[-1] if states else outside
    return Event("end", a, last.point, "the end of the interval")
