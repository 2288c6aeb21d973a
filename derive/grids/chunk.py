"""A chunk of neighbours solved for one branch: anchors from their own start, the points between them followed.

Numbers in, numbers out: what a worker process needs, without sympy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from derive.grids.loop import load_loops
from derive.grids.rows import STATUSES, Rows, gather, scatter
from derive.runtime.branches import LARGEST, name_overlaps, named_starts, relaxes, start_point
from derive.runtime.layout import pairs, read_facts
from derive.runtime.newton import STATUS
from derive.runtime.trivial import Point
from derive.solver import Solver

__all__ = ["Chunk", "branch_names", "solve_chunk"]

CONVERGED = STATUSES.index("converged")
LEFT_DOMAIN = STATUSES.index("left_domain")
VANISHING = 2
"""The solver's verdict on a run whose overlaps vanish."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The task of a worker.

    path      the generated solver;  table: the columns of the model's table of quenched variables
    branch    the start whose state is wanted
    points    parameters in the solver's order, shape (n, parameters)
    along     the parameter that neighbours differ in, shape (n,);  lines: equal for points of one line, shape (n,)
    every     distance of the points that are solved from their own start; 1: all of them
    responses whether the model's responses are computed, which costs some hundred solves a point
    """

    path: Path
    table: Mapping[str, tuple[float, ...]]
    branch: str
    points: np.ndarray
    along: np.ndarray
    lines: np.ndarray
    every: int
    responses: bool


@lru_cache(maxsize=8)
def _solver(path: Path, table: tuple[tuple[str, tuple[float, ...]], ...]) -> Solver:
    return Solver(path, None, dict(table))


def solver_of(chunk: Chunk) -> Solver:
    """The solver of a chunk, loaded once per process."""
    return _solver(chunk.path, tuple(chunk.table.items()))


def branch_names(solver: Solver, p: np.ndarray) -> list[str]:
    """The branches that can be wanted of a solver; `p` is any point."""
    names = [*solver.starts(p)]
    if not solver.module.COLD and not solver.module.GLOBALS:
        names.append("trivial")
    return [*names, "satisfiable"] if getattr(solver.module, "REGIMES", {}) else names


def solve_chunk(chunk: Chunk) -> Rows:
    """Solve the points of a chunk for its branch; see `derive.grids.sweep.sweep_branch` for what is followed."""
    solver = solver_of(chunk)
    if getattr(solver.module, "REGIMES", {}):
        return _by_name(solver, chunk)
    walk = _Walk(solver, chunk)
    if chunk.branch == "trivial":
        walk.vanish(np.arange(len(chunk.points)))
    else:
        walk.solve()
    return walk.rows(chunk.responses)


def _by_name(solver: Solver, chunk: Chunk) -> Rows:
    """The chunk point by point, where two regimes are joined: what a single solve gives under the name."""
    found: list[Any] = []
    for p in chunk.points:
        named = [s for s in solver.solutions(p, chunk.responses) if s.branch == chunk.branch]
        found.append(named[0] if named else None)
    return gather(found)


class _Walk:
    """The points of a chunk and what is known of them.

    kind : 0 not known yet, 1 a state that can be followed, 2 q = 0, 3 no state
    """

    def __init__(self, solver: Solver, chunk: Chunk):
        module, n = solver.module, len(chunk.points)
        self.solver, self.module, self.chunk = solver, module, chunk
        self.loops = load_loops(module)
        self.options = solver.options
        self.given = solver.given_rows(chunk.points)
        self.facts = np.empty((n, module.FACTS))
        self.loops.known(self.given, self.options.tolerance, self.facts)
        self.radii = np.ascontiguousarray(self.facts[:, : len(module.TIED)])
        self.x = np.zeros((n, len(module.STATE)))
        self.hats = np.zeros((n, module.CONJUGATES))
        self.info = np.zeros((n, 5))
        self.kind = np.zeros(n, dtype=np.int8)
        self.status = np.zeros(n, dtype=np.uint8)
        self.stable = np.zeros(n, dtype=bool)
        self.unique = module.COLD and module.UNIQUE
        self.single: dict[int, Any] = {}

    def solve(self) -> None:
        """Anchors, then the stretches between them; a stretch that fails is halved, down to single points."""
        ends = _anchors(self.chunk.lines, self.chunk.every)
        self.start(ends)
        todo = np.stack((ends[:-1], ends[1:]), axis=1)
        todo = todo[self.chunk.lines[todo[:, 0]] == self.chunk.lines[todo[:, 1]]]
        while len(todo := todo[todo[:, 1] - todo[:, 0] > 1]):
            failed = todo[~self.join(todo)]
            middle = (failed[:, 0] + failed[:, 1]) // 2
            self.start(middle)
            halves = np.concatenate((np.stack((failed[:, 0], middle), 1), np.stack((middle, failed[:, 1]), 1)))
            todo = halves[np.argsort(halves[:, 0])]

    def start(self, rows: np.ndarray) -> None:
        """Solve rows from the start of the branch, as a single solve does."""
        options, starts = self.options, [self._start(i) for i in rows]
        if not len(rows):
            return
        self.x[rows], self.hats[rows], self.info[rows] = starts, 0.0, 0.0
        steps = min(300, options.max_steps) if self.unique else options.max_steps
        self.loops.run(
            self.given, rows, options.tolerance, options.accuracy, options.damping, steps, self.x, self.hats, self.info
        )
        verdict = self.info[rows, 0].astype(int)
        self.kind[rows], self.stable[rows] = np.where(verdict == 1, 1, 3), False
        self.status[rows] = [STATUSES.index(STATUS[v]) if v != VANISHING else LEFT_DOMAIN for v in verdict]
        self._judge(rows[verdict == 1])
        for i in rows[verdict != 1] if self.unique else ():
            self._minimum(i)
        if self.unique:
            return
        others = self.module.CONDITIONS or len(self.module.TIED) > 1  # there are more states to begin from
        for i, x0 in zip(rows, starts, strict=True) if others else ():
            if self.status[i] == LEFT_DOMAIN and self.info[i, 0] != VANISHING:
                self._put(i, self.solver.run(self.chunk.points[i], x0))
        gone = self.info[rows, 0] == VANISHING
        if self.chunk.branch == "uninformed":  # where no run ends elsewhere, a stable q = 0 is what it goes to
            gone = self.info[rows, 0] != 1
        if not self.module.COLD:
            self.vanish(rows[gone])

    def _start(self, i: int) -> list[float]:
        if self.unique:
            return self.solver.starts(self.chunk.points[i])["uninformed"]
        facts = read_facts(self.module, self.facts[i])
        for name, fraction, informed, only in named_starts(self.options, len(facts.second)):
            if name == self.chunk.branch:
                return start_point(self.module, fraction, facts, informed, only)
        raise AssertionError(f"no start is called {self.chunk.branch}")  # refused before chunks are made

    def _put(self, i: int, point: Point) -> None:
        """Keep the end of a run that began from more than one state."""
        self.x[i], self.hats[i] = point.x, point.hats
        code = {"converged": 1, "vanishing": VANISHING}.get(point.status, 3)
        self.info[i] = code, point.steps, point.residual, point.distance, point.radius
        if code == 1:
            self.kind[i], self.status[i] = 1, CONVERGED
            self._judge(np.array([i]))
        elif code != VANISHING:
            self.status[i] = STATUSES.index(point.status)

    def _minimum(self, i: int) -> None:
        """The minimiser that the usual start does not reach."""
        (found,) = self.solver.branches(self.chunk.points[i], responses=False)
        values = found.order_parameters
        if found.status == "converged" and all(values[name] > 0.0 for name in self.module.STATE[: pairs(self.module)]):
            self.x[i] = [values[name] for name in self.module.STATE]
            self.hats[i] = [values[name] for name in self.module.HATS]
            self.info[i] = 1.0, found.iterations, found.residual, found.stability["newton_distance"], 0.0
            self.kind[i], self.status[i], self.stable[i] = 1, CONVERGED, True
        else:
            self.single[int(i)] = found

    def vanish(self, rows: np.ndarray) -> None:
        """Put q = 0 at rows, where it is a fixed point that is stable or that a run has gone to."""
        points = self.solver.trivials(self.given[rows], self.radii[rows])
        for i, point in zip(rows, points, strict=True):
            reached = self.kind[i] == 0 or self.info[i, 0] == VANISHING
            if point is not None and (reached or point.radius < 1.0):
                self.kind[i], self.status[i], self.stable[i] = 2, CONVERGED, point.radius < 1.0
                self.x[i], self.hats[i] = point.x, point.hats
                self.info[i] = 1.0, point.steps, point.residual, 0.0, point.radius

    def _judge(self, rows: np.ndarray) -> None:
        """Whether the plain iteration, slowed down, stays at the states of rows."""
        self.stable[rows] = self.unique | (self.info[rows, 4] < 1.0)
        for i in rows[~self.stable[rows]]:
            point = Point(self.x[i], self.hats[i], "converged", *self.info[i, 1:].tolist())
            self.stable[i] = relaxes(self.module, self.given[i], point, self.options)

    def join(self, stretches: np.ndarray) -> np.ndarray:
        """Follow the state from the first to the last point of every stretch; False where that is not one branch."""
        first, last = stretches.T
        good = (self.kind[first] == self.kind[last]) & self.stable[first] & self.stable[last]
        for zero in np.flatnonzero(good & (self.kind[first] == 2)):
            inside = np.arange(first[zero] + 1, last[zero])
            self.vanish(inside)
            good[zero] = np.all(self.stable[inside])
        runs = np.flatnonzero(good & (self.kind[first] == 1))
        good &= np.isin(self.kind[first], (1, 2))
        agrees = np.zeros(len(runs), dtype=bool)
        options, state = self.options, (self.x, self.hats, self.info)
        if len(runs):
            self.loops.follow(
                self.given, self.chunk.along, self.radii, first[runs], last[runs], options.tolerance, options.accuracy,
                *state, agrees,
            )  # fmt: skip
        good[runs] = agrees
        for run in runs[agrees]:
            inside = np.arange(first[run] + 1, last[run])
            self._judge(inside)
            good[run] = np.all(self.stable[inside])
            self.kind[inside], self.status[inside] = 1, CONVERGED
        return good

    def rows(self, responses: bool) -> Rows:
        """What is known of every point, by name."""
        module, n = self.module, len(self.x)
        there = np.flatnonzero((self.kind == 1) | (self.kind == 2))
        phi, observed = np.full(n, np.nan), np.full((n, len(module.OBSERVABLES)), np.nan)
        self.loops.measure(self.given, there, self.options.tolerance, self.x, self.hats, phi, observed)
        self.status[there[~(np.abs(phi[there]) < LARGEST)]] = LEFT_DOMAIN
        named = name_overlaps(module, self.x[there].T, self.hats[there].T, self.radii[there].T)
        numbers = {("", "free_entropy"): phi, ("", "residual"): self.info[:, 2], ("", "iterations"): self.info[:, 1]}
        for name, values in named.items():
            numbers["order_parameters", name] = scatter(n, there, values)
        for name, column in zip(module.OBSERVABLES, observed.T, strict=True):
            numbers["observables", name] = np.where(np.isfinite(column), column + 0.0, np.nan)
        for name in module.RESPONSES if responses else ():
            numbers["observables", name] = np.full(n, np.nan)
        for i in there[self.status[there] == CONVERGED] if responses and module.RESPONSES else ():
            self._respond(i, numbers)
        for column in numbers.values():
            column[self.status == 0] = np.nan
        found = Rows(numbers, self.stable & np.isin(self.kind, (1, 2)), self.status)
        return found.put(self.single)

    def _respond(self, i: int, numbers: dict[tuple[str, str], np.ndarray]) -> None:
        respond = self.solver.respond(self.given[i])
        assert respond is not None
        point = Point(self.x[i], self.hats[i], "converged", *self.info[i, 1:].tolist())
        for name, value in respond(point).items():
            numbers["observables", name][i] = np.nan if value is None else value


def _anchors(lines: np.ndarray, every: int) -> np.ndarray:
    """The ends of every line, and points `every` apart between them.

    >>> _anchors(np.array([0, 0, 0, 0, 0, 1, 1, 2]), 3).tolist()
    [0, 3, 4, 5, 6, 7]
    """
    begins = np.flatnonzero(np.concatenate(([True], lines[1:] != lines[:-1])))
    ends = np.concatenate((begins[1:], [len(lines)])) - 1
    inner = [np.append(np.arange(a, b, every), b) for a, b in zip(begins, ends, strict=True)]
    return np.concatenate(inner)
