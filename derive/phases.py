"""Where free entropies of followed branches cross, and which phase lies between two events along a parameter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from scipy.optimize import brentq

from derive.continuation import Curve, unordered
from derive.followed import Branch, State
from derive.runtime.layout import pairs
from derive.runtime.trivial import Point
from derive.spec.model import Model
from derive.thresholds import Problem

__all__ = ["Crossing", "Phase", "crossings", "phases"]

APART = 1e-4
"""States nearer than this are one, and do not cross."""
NOISE = 1e-10
"""Free entropies of states that are images of each other differ by less."""
PERFECT = -1
"""The number that stands for the perfect branch among those of branches."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two stable branches, by their numbers (PERFECT: w = w*), have the same free entropy at a."""

    a: float
    branches: tuple[int, int]
    points: tuple[Point | None, Point | None]


@dataclass(frozen=True, slots=True)
class Phase:
    """Between two events: the dominating branch (None if nothing is stable) and what the phase is called.

    name   inference: "easy" (the uninformed run ends in the dominating state), "hard" (it does not), "impossible" (the
           dominating state is uninformed, or a better one exists and does not dominate); energies: "paramagnet",
           "spin glass", "disordered" (no q = 0 to compare with), "ferromagnet" or "retrieval" (of patterns of
           channels); empty where none of these words applies
    """

    start: float
    stop: float
    name: str
    dominating: int | None
    stable: int


@dataclass(frozen=True, slots=True)
class _Arm:
    """A piece of a branch on which the parameter is monotone, in ascending order; none of the perfect branch."""

    branch: int
    states: tuple[State, ...]

    def around(self, a: float) -> tuple[State, State] | None:
        for one, two in pairwise(self.states):
            if one.a <= a <= two.a:
                return one, two
        return None


def _arms(branches: Sequence[Branch]) -> list[_Arm]:
    found = []
    for number, branch in enumerate(branches):
        piece: list[State] = []
        way = 0.0
        for state in branch.states:
            if piece and way * (state.a - piece[-1].a) < 0.0:
                found.append((number, piece))
                piece = [piece[-1]]
            if piece and state.a != piece[-1].a:
                way = state.a - piece[-1].a
            piece.append(state)
        found.append((number, piece))
    return [_Arm(n, tuple(sorted(piece, key=lambda s: s.a))) for n, piece in found if len(piece) > 1]


class _Heights:
    """States and free entropies at any parameter of an interval."""

    def __init__(self, problem: Problem, branches: Sequence[Branch], low: float, high: float):
        self.problem, self.branches = problem, branches
        self.curve = Curve(problem, low, high)
        self.arms = _arms(branches)

    def at(self, arm: _Arm, a: float) -> Point | None:
        """The state of an arm."""
        if self.branches[arm.branch].trivial:
            return self.problem.solver.trivial(self.problem.p(a))
        around = arm.around(a)
        return None if around is None else self.curve.between(*around, a)

    def height(self, point: Point | None, a: float) -> float:
        """The free entropy of a state."""
        return math.nan if point is None else self.problem.solver.free_entropy(self.problem.p(a), point)

    def perfect(self, a: float) -> float:
        """The free entropy of the perfect branch; nan without one."""
        value = self.problem.solver.boundary(self.problem.p(a))
        return math.nan if value is None else value

    def stable(self, arm: _Arm, a: float) -> bool:
        """Whether an arm is stable about a: its places on both sides are."""
        around = arm.around(a)
        return around is not None and min(s.unstable for s in around) == 0


def crossings(problem: Problem, branches: Sequence[Branch], low: float, high: float) -> list[Crossing]:
    """Every place in [low, high] where two stable branches have the same free entropy, by Brent's method."""
    work = _Heights(problem, branches, low, high)
    found = []
    for one, two in combinations(work.arms, 2):
        if not (any(s.unstable == 0 for s in one.states) and any(s.unstable == 0 for s in two.states)):
            continue

        def gap(a: float, one: _Arm = one, two: _Arm = two) -> float:
            return work.height(work.at(one, a), a) - work.height(work.at(two, a), a)

        for a in _zeros(gap, _common(one, two)):
            points = work.at(one, a), work.at(two, a)
            if points[0] is None or points[1] is None:
                continue
            distinct = np.max(np.abs(points[0].x - points[1].x)) > APART  # states of opposite overlaps are two
            if distinct and work.stable(one, a) and work.stable(two, a):
                found.append(Crossing(a, (one.branch, two.branch), points))
    for arm in work.arms if problem.solver.module.BOUNDARY == "finite" else ():

        def above(a: float, arm: _Arm = arm) -> float:
            return work.height(work.at(arm, a), a) - work.perfect(a)

        for a in _zeros(above, np.array([s.a for s in arm.states])):
            if work.stable(arm, a):
                found.append(Crossing(a, (arm.branch, PERFECT), (work.at(arm, a), None)))
    return sorted(found, key=lambda c: c.a)


def _common(one: _Arm, two: _Arm) -> np.ndarray:
    """The values of both arms where both are."""
    low, high = max(one.states[0].a, two.states[0].a), min(one.states[-1].a, two.states[-1].a)
    inside = {s.a for arm in (one, two) for s in arm.states if low <= s.a <= high}
    return np.array(sorted(inside | ({low, high} if low < high else set())))


def _zeros(f: Callable[[float], float], grid: np.ndarray) -> Iterator[float]:
    """Zeros of f between neighbours of a grid where it changes sign."""
    values = [f(float(a)) for a in grid]
    if np.nanmax(np.abs(values), initial=0.0) < NOISE:  # the free entropies are the same: mirror images
        return
    for k, (one, two) in enumerate(pairwise(values)):
        if one == 0.0 and k > 0 and values[k - 1] * two < 0.0:
            yield float(grid[k])
        elif one * two < 0.0 and min(abs(one), abs(two)) > NOISE:
            yield float(brentq(f, grid[k], grid[k + 1], xtol=1e-15, rtol=1e-14))


# ------------------------------------------------------------------------------------------- phases


def phases(
    problem: Problem, branches: Sequence[Branch], met: Sequence[Crossing], low: float, high: float
) -> list[Phase]:
    """The phases of [low, high] between the events of the branches and their crossings; equal neighbours are joined."""
    work = _Heights(problem, branches, low, high)
    kinds = ("fold", "bifurcation", "instability", "vanishing")
    places = {e.a for b in branches for e in b.events if e.kind in kinds} | {c.a for c in met}
    ends = [low, *sorted(a for a in places if low < a < high), high]
    found: list[Phase] = []
    for start, stop in pairwise(ends):
        if stop - start < 1e-7 * (high - low):
            continue
        phase = _phase(work, start, stop)
        if found and (found[-1].name, found[-1].dominating, found[-1].stable) == (
            phase.name,
            phase.dominating,
            phase.stable,
        ):
            phase = Phase(found.pop().start, stop, phase.name, phase.dominating, phase.stable)
        found.append(phase)
    return found


def _phase(work: _Heights, start: float, stop: float) -> Phase:
    problem, a = work.problem, 0.5 * (start + stop)
    states: list[tuple[float, int, Point | None]] = []
    for arm in work.arms:
        point = work.at(arm, a) if work.stable(arm, a) else None
        if point is not None:
            states.append((work.height(point, a), arm.branch, point))
    perfect = work.perfect(a)
    if not math.isnan(perfect):
        states.append((perfect, PERFECT, None))
    if not states:
        return Phase(start, stop, "", None, 0)
    _, number, dominating = max(states, key=lambda s: s[0])
    others = [point for _, k, point in states if point is not dominating or k != number]
    name = _name(problem, a, dominating, others)
    return Phase(start, stop, name, number, len(states))


def _name(problem: Problem, a: float, dominating: Point | None, others: list[Point | None]) -> str:
    module = problem.solver.module
    if inference(problem.model, module):
        uninformed = problem.uninformed(a)
        if dominating is None or uninformed is None:  # the perfect branch dominates, or the run is lost
            return "hard" if uninformed is not None else "easy"
        if problem.apart(uninformed, dominating) > APART:
            return "hard" if problem.height(dominating) > problem.height(uninformed) else ""
        better = any(point is None or problem.height(point) > problem.height(dominating) + APART for point in others)
        return "impossible" if better or dominating.x[0] == 0.0 else "easy"
    if dominating is None or not (problem.model.energies or module.PARTNERS):
        return ""
    symmetric = unordered(problem, a)

    def ordered(point: Point | None) -> bool:
        """Whether overlaps with quenched variables differ from those that their symmetry leaves."""
        head, partners = pairs(module), len(module.PARTNERS)
        if point is None or symmetric is None or not partners:
            return False
        gap = np.abs(point.x[head : head + partners]) - np.abs(symmetric.x[head : head + partners])
        return bool(np.any(np.abs(gap) > APART))

    word = "retrieval" if problem.model.channels else "ferromagnet"
    if ordered(dominating):
        return word
    glass = "spin glass" if problem.solver.trivial(problem.p(a)) is not None else "disordered"
    name = "paramagnet" if dominating.x[0] == 0.0 else glass
    return f"{name}, metastable {word}" if any(map(ordered, others)) else name


def inference(model: Model, module) -> bool:
    """Whether there is a teacher: a planted signal (its overlap is q by Nishimori), or labels of a teacher."""
    return bool(module.TIED_NAMES) or bool(model.observations) or any(c.teacher for c in model.channels)
