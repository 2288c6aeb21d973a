"""Thresholds as regular roots that can be followed: unknowns, equations and what has to hold at a root, by kind.

The unknowns of a track are the solver's coordinates of the states that are not analytic, what the kind adds, and the
solved-for parameter last.  A root that is not of the kind followed is refused with a sentence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from derive.folds import VANISHING, fold
from derive.runtime.layout import fractions
from derive.runtime.trivial import Point
from derive.thresholds import Located

if TYPE_CHECKING:
    from derive.thresholds import Problem

__all__ = ["TRACKS", "Track"]

APART = 1e-3
"""Two states that are closer than this are one."""
OUTSIDE = "the state leaves the domain of the order parameters"


@dataclass(frozen=True, slots=True)
class State:
    """A state with the residual and the Jacobian of its equations (both empty where the state is analytic)."""

    point: Point
    residual: np.ndarray
    jacobian: np.ndarray


def _logarithms(module: ModuleType) -> int:
    """How many of the solver's coordinates are logarithms."""
    return sum(1 if tied else 2 for tied in module.TIED)


class Track:
    """What is followed: a threshold of one kind, from a located one on."""

    def __init__(self, problem: Problem, first: Located):
        self.kind, self.branch = first.kind, first.branch
        self.unknowns: int = problem.solver.module.UNKNOWNS
        self.first = first

    # ---- states

    def coordinates(self, problem: Problem, point: Point | None) -> np.ndarray:
        """The unknowns of a state: none if it is analytic (q = 0 or the perfect boundary)."""
        return np.empty(0) if point is None or point.x[0] == 0.0 else problem.solver.coordinates(point.x)

    def state(self, problem: Problem, u: np.ndarray, a: float) -> State | None:
        """The state at coordinates; without any, the one with q = 0."""
        solver, p = problem.solver, problem.p(a)
        if not len(u):
            trivial = solver.trivial(p)
            return None if trivial is None else State(trivial, np.empty(0), np.empty((0, 0)))
        if not np.all(np.isfinite(u)) or np.max(np.abs(u[: _logarithms(solver.module)])) > 300.0:
            return None
        x = solver.state(u, solver.facts(p).radii)
        residual, jacobian, hats = solver.residual(p, x.copy())
        if not (np.all(np.isfinite(residual)) and np.all(np.isfinite(jacobian))):
            return None
        point = Point(x, hats, "converged", 0, float(np.max(np.abs(residual))), 0.0, math.nan)
        return State(point, residual, jacobian)

    def rates(self, problem: Problem, state: State) -> np.ndarray:
        """The rates of the relaxation to a state, the slowest first: all negative where it is stable."""
        if not len(state.residual):
            return np.array([state.point.radius - 1.0])
        size = self.unknowns - problem.solver.module.GLOBALS
        return np.sort(np.linalg.eigvals(state.jacobian[:size, :size]).real)[::-1]

    def reached(self, problem: Problem, name: str, a: float, point: Point | None) -> bool:
        """Whether the run of a branch ends at a point, or does not settle."""
        found = problem.branch(name, a)
        return found is None or problem.apart(found, point) < 1e-4

    # ---- what a kind says

    def vector(self, problem: Problem, located: Located) -> np.ndarray:
        """The unknowns at a located threshold; none if a state is missing there."""
        if located.point is None:
            return np.empty(0)
        return np.array([*self.coordinates(problem, located.point), located.value])

    def equations(self, problem: Problem, y: np.ndarray) -> np.ndarray | None:
        """The residuals; None where they do not exist."""
        raise NotImplementedError

    def located(self, problem: Problem, y: np.ndarray) -> Located | str:
        """The threshold at a root, or why it is none of this kind."""
        raise NotImplementedError

    def measure(self, problem: Problem, located: Located) -> float:
        """A number that goes to zero where the line ends."""
        return math.inf

    def end(self) -> str:
        """What happens where `measure` vanishes."""
        return "the line ends"

    def confirmed(self, problem: Problem, located: Located) -> bool:
        """Whether the runs that define the branches reach the states of the line, or do not settle: not other ones."""
        return True

    def restart(self, problem: Problem, a: float, last: Located) -> Located | None:
        """A threshold about a, with the states that the runs which define the branches reach there."""
        return replace(self.first, value=a, point=problem.branch(self.branch, a))


class Fold(Track):
    """(state, null vector, value): residual = 0, Jacobian w = 0, |w| = 1."""

    def vector(self, problem: Problem, located: Located) -> np.ndarray:
        u = self.coordinates(problem, located.point)
        state = self.state(problem, u, located.value) if len(u) else None
        return np.empty(0) if state is None else np.array([*u, *np.linalg.svd(state.jacobian)[2][-1], located.value])

    def equations(self, problem: Problem, y: np.ndarray) -> np.ndarray | None:
        n = self.unknowns
        w, state = y[n : 2 * n], self.state(problem, y[:n], float(y[-1]))
        return None if state is None else np.array([*state.residual, *(state.jacobian @ w), w @ w - 1.0])

    def located(self, problem: Problem, y: np.ndarray) -> Located | str:
        state = self.state(problem, y[: self.unknowns], float(y[-1]))
        if state is None:
            return OUTSIDE
        if np.all(fractions(problem.solver.module, state.point.x) < VANISHING):
            return "q goes to zero: the transition becomes continuous"
        rates = self.rates(problem, state)
        if len(rates) > 1 and rates[1] > 1e-7:
            return "the branch that folds is not stable any more"
        return replace(self.first, value=float(y[-1]), point=replace(state.point, radius=1.0))

    def curvature(self, problem: Problem, located: Located) -> tuple[float, float, np.ndarray]:
        """(psi F_ww, psi F_a, w): second derivative along the null vector w, first in the parameter, |psi| = 1."""
        u, a = self.coordinates(problem, located.point), located.value
        h, da = 1e-5, 1e-6 * max(abs(a), 1e-6)
        here = self.state(problem, u, a)
        assert here is not None
        left, _, right = np.linalg.svd(here.jacobian)
        psi, w = left[:, -1], right[-1]
        along = [self.state(problem, u + sign * h * w, a) for sign in (1.0, -1.0)]
        beside = [self.state(problem, u, a + sign * da) for sign in (1.0, -1.0)]
        if along[0] is None or along[1] is None or beside[0] is None or beside[1] is None:
            return math.nan, math.nan, w
        bend = psi @ (along[0].jacobian - along[1].jacobian) @ w / (2.0 * h)
        return float(bend), float(psi @ (beside[0].residual - beside[1].residual) / (2.0 * da)), w

    def measure(self, problem: Problem, located: Located) -> float:
        """The curvature, with the sign of the side of the parameter on which the branch lives: zero at a cusp."""
        bend, slope, _ = self.curvature(problem, located)
        return -bend * math.copysign(1.0, slope)

    def end(self) -> str:
        return "the fold meets another one in a cusp"

    def _inside(self, problem: Problem, located: Located, size: float) -> float:
        """The parameter at a relative distance from the fold, on the side on which the branch lives."""
        bend, slope, _ = self.curvature(problem, located)
        return located.value - math.copysign(size * abs(located.value), bend * slope)

    def confirmed(self, problem: Problem, located: Located) -> bool:
        bend, slope, w = self.curvature(problem, located)
        for size in (1e-3, 1e-2, 1e-1):  # next to a fold, runs may take for ever
            inside = self._inside(problem, located, size)
            reached = problem.branch(self.branch, inside) if problem.inside(inside) else None
            if reached is None or reached.x[0] == 0.0 or not bend:
                continue
            u = self.coordinates(problem, located.point)
            reach = math.sqrt(2.0 * abs(slope) * abs(inside - located.value) / abs(bend))
            for sign in (1.0, -1.0):
                near = self.state(problem, u + sign * reach * w, inside)
                if near is not None:
                    there = problem.solver.run(problem.p(inside), near.point.x, newton=True)
                    if there.status == "converged" and problem.apart(there, reached) < 1e-6:
                        return True
            return False
        return True

    def restart(self, problem: Problem, a: float, last: Located) -> Located | None:
        for size in (1e-2, 1e-1):
            inside = self._inside(problem, replace(last, value=a), size)
            state = problem.branch(self.branch, inside) if problem.inside(inside) else None
            found = None if state is None or state.x[0] == 0.0 else fold(problem, state, inside, size * abs(a))
            if found is not None:
                return replace(self.first, value=found[0], point=found[1])
        return None


class Crossing(Track):
    """(state 1, state 2, value): two residuals, and equal free entropies; analytic states have no unknowns."""

    def __init__(self, problem: Problem, first: Located):
        super().__init__(problem, first)
        one, two = problem.spec.branches or ("uninformed", "perfect")
        self.names = (two, one) if one == "perfect" else (one, two)

    def vector(self, problem: Problem, located: Located) -> np.ndarray:
        logarithm = self.names[1] == "perfect" and problem.solver.module.BOUNDARY == "divergent"
        if (located.point is None and not logarithm) or (located.second is None and self.names[1] != "perfect"):
            return np.empty(0)
        states = [self.coordinates(problem, point) for point in (located.point, located.second)]
        self.split = len(states[0])
        return np.array([*states[0], *states[1], located.value])

    def _states(self, problem: Problem, y: np.ndarray) -> list[State] | None:
        """The states whose free entropies are compared; the second may be the boundary, which is none."""
        parts = [y[: self.split]] + ([] if self.first.second is None else [y[self.split : -1]])
        states = [self.state(problem, u, float(y[-1])) for u in parts]
        return None if any(s is None for s in states) else [s for s in states if s is not None]

    def equations(self, problem: Problem, y: np.ndarray) -> np.ndarray | None:
        solver, p = problem.solver, problem.p(float(y[-1]))
        if self.first.point is None:  # a boundary with a logarithm: its coefficient changes sign
            return np.array([solver.facts(p).boundary])
        states = self._states(problem, y)
        if states is None:
            return None
        heights: list[float | None] = [solver.free_entropy(p, state.point) for state in states]
        if len(heights) == 1:
            heights.append(solver.boundary(p))
        if heights[0] is None or heights[1] is None or not math.isfinite(heights[0] - heights[1]):
            return None
        return np.array([*(r for state in states for r in state.residual), heights[0] - heights[1]])

    def located(self, problem: Problem, y: np.ndarray) -> Located | str:
        if self.first.point is None:
            return replace(self.first, value=float(y[-1]))
        states = self._states(problem, y)
        if states is None:
            return OUTSIDE
        for name, state in zip(self.names, states, strict=False):
            if name != "trivial" and self.rates(problem, state)[0] > 1e-9:
                return f"the {name} state loses its stability"
        second = states[1].point if len(states) > 1 else None
        if second is not None and problem.apart(states[0].point, second) < APART:
            return "the two states merge"
        return replace(self.first, value=float(y[-1]), point=states[0].point, second=second)

    def measure(self, problem: Problem, located: Located) -> float:
        """How far apart the two states are."""
        if located.point is None:
            return math.inf
        if located.second is not None:
            return problem.apart(located.point, located.second)
        return 1.0 - float(problem.profile(located.point)[0])

    def end(self) -> str:
        return "the two states merge in a critical point"

    def confirmed(self, problem: Problem, located: Located) -> bool:
        pairs = zip(self.names, (located.point, located.second), strict=True)
        return all(point is None or self.reached(problem, name, located.value, point) for name, point in pairs)

    def restart(self, problem: Problem, a: float, last: Located) -> Located | None:
        if last.point is None:
            return None
        one, two = (None if name == "perfect" else problem.branch(name, a) for name in self.names)
        return replace(self.first, value=a, point=one, second=two)


class Entropy(Track):
    """(state, value): residual = 0 and entropy = 0."""

    def equations(self, problem: Problem, y: np.ndarray) -> np.ndarray | None:
        state = self.state(problem, y[:-1], float(y[-1]))
        if state is None:
            return None
        entropy = problem.solver.observable(problem.p(float(y[-1])), state.point, "entropy")
        return np.array([*state.residual, entropy]) if math.isfinite(entropy) else None

    def located(self, problem: Problem, y: np.ndarray) -> Located | str:
        state = self.state(problem, y[:-1], float(y[-1]))
        if state is None:
            return f"the {self.branch} branch is lost"
        if self.branch != "trivial" and self.rates(problem, state)[0] > 1e-9:
            return f"the {self.branch} branch loses its stability"
        return replace(self.first, value=float(y[-1]), point=state.point)

    def confirmed(self, problem: Problem, located: Located) -> bool:
        return self.reached(problem, self.branch, located.value, located.point)


class Instability(Track):
    """(value): the largest growth about the branch, which is followed by its own runs, is one."""

    def __init__(self, problem: Problem, first: Located):
        super().__init__(problem, first)
        self.near = first.point

    def vector(self, problem: Problem, located: Located) -> np.ndarray:
        self.near = located.point
        return np.empty(0) if located.point is None else np.array([located.value])

    def _point(self, problem: Problem, a: float) -> Point | None:
        assert self.near is not None
        p = problem.p(a)
        if self.branch == "permutation-symmetric":
            return problem.solver.symmetric(p, self.near.x)
        if self.near.x[0] == 0.0:
            return problem.solver.trivial(p)
        point = problem.solver.run(p, self.near.x, newton=True)
        return point if point.status == "converged" and problem.apart(point, self.near) < 0.2 else None

    def equations(self, problem: Problem, y: np.ndarray) -> np.ndarray | None:
        if not problem.inside(float(y[-1])):
            return None
        point = self._point(problem, float(y[-1]))
        return None if point is None else np.array([problem.growth(float(y[-1]), point) - 1.0])

    def located(self, problem: Problem, y: np.ndarray) -> Located | str:
        point = self._point(problem, float(y[-1]))
        if point is None:
            return f"the {self.branch} branch is lost"
        self.near = point
        return replace(self.first, value=float(y[-1]), point=point)


TRACKS: dict[str, type[Track]] = {
    "spinodal": Fold,
    "first_order": Crossing,
    "zero_entropy": Entropy,
    "continuous": Instability,
}
