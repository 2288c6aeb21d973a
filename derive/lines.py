"""Lines of thresholds: a threshold followed along another parameter, each value a root problem of its own.

The first value is located by the search of `derive.thresholds`; from there the root is predicted by the last ones and
solved by Newton's method, both ways.  Where that fails the step is divided, and where it still fails the line ends
with a reason, and the search is asked again.  What is not found is a status with a sentence.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from derive.exact import exact_text
from derive.roots import Root, newton
from derive.runtime.results import UNSEARCHED, ThresholdResult
from derive.solver import Solver
from derive.spec.model import Model, ThresholdSpec
from derive.thresholds import (
    KERNEL_DIGITS,
    KINDS,
    Located,
    Problem,
    kernel_digits,
)
from derive.tracking import TRACKS, Track

__all__ = ["Line"]

JUMP = 0.1
"""Largest change of the bounded profile of a state in one step."""
DIVISIONS = 12
"""A step is halved so often before the line ends."""
STEPS = 400
"""Most steps between two values."""
CONFIRM = 8
"""Every so many values the runs that define the branches are asked again."""
MISSES = (12, 2)
"""Searches without a result after which nothing is searched any more: of the whole line, and beside a known part."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point of a line: where, the root and the threshold."""

    s: float
    problem: Problem
    root: Root
    located: Located


class Line:
    """One threshold of one model along one parameter; `values` are exact, the others are fixed."""

    def __init__(
        self,
        model: Model,
        spec: ThresholdSpec,
        axis: str,
        values: Sequence[Any],
        fixed: Mapping[str, Any],
        solver: Solver,
    ):
        self.model, self.spec, self.axis, self.solver = model, spec, axis, solver
        self.values, self.fixed = list(values), dict(fixed)
        self.positions = [float(sp.N(v, 25)) for v in values]
        self.known: dict[int, Located] = {}
        self.digits: dict[int, int] = {}
        self.missed: set[int] = set()
        self.vain = 0
        self.ends: dict[int, str] = {}
        self.doubted: dict[int, float] = {}
        self.followed: dict[int, tuple[Track, Place]] = {}
        self.waiting: list[int] = []

    # ---- single values

    def problem(self, value: Any) -> Problem:
        """The threshold problem at one value of the scanned parameter."""
        given = {**self.fixed, self.axis: value, self.spec.solve_for: sp.nan}
        return Problem(self.model, self.spec, self.solver, given, lambda text: None)

    def search(self, i: int) -> Located | None:
        """The search for a single threshold."""
        try:
            return KINDS[self.spec.kind](self.problem(self.values[i]))
        except (OverflowError, FloatingPointError):
            return None

    # ---- continuation

    def step(self, track: Track, trail: Sequence[Place], value: Any, s: float) -> Place | str:
        """The root at s, predicted from the last places; or why there is none."""
        problem, last = self.problem(value), trail[-1]
        guess = _extrapolated(trail[-3:], s)

        def equations(y: np.ndarray) -> np.ndarray | None:
            return track.equations(problem, y) if problem.inside(float(y[-1])) else None

        if not problem.inside(float(guess[-1])):
            guess = last.root.y
        root = newton(equations, guess, last.root.slopes)
        if root is None:
            root = newton(equations, guess)
        if root is None or not problem.inside(float(root.y[-1])):
            return "the equations have no root next to the last one"
        located = track.located(problem, root.y)
        if isinstance(located, str):
            return located
        place = Place(s, problem, root, located)
        before, after = track.measure(last.problem, last.located), track.measure(problem, located)
        if before * after < 0.0:
            return track.end()
        pairs = [(last.located.point, located.point), (last.located.second, located.second)]
        moved = max((problem.apart(a, b) for a, b in pairs if a is not None), default=0.0)
        if moved > JUMP or abs(located.value - last.located.value) > 0.3 * max(abs(last.located.value), 0.03):
            return "the root jumps"
        return place

    def advance(self, track: Track, trail: list[Place], i: int) -> str | None:
        """Follow the root to value i, in as many steps as it takes; else say why not."""
        goal = self.positions[i]
        whole = goal - trail[-1].s
        length = whole if len(trail) > 1 else whole / 8.0
        for _ in range(STEPS):
            there = trail[-1].s + length
            arrives = abs(there - goal) <= 1e-9 * abs(whole) or (there - goal) * whole > 0.0
            found = self.step(track, trail, *((self.values[i], goal) if arrives else (sp.Float(there, 25), there)))
            if isinstance(found, Place):
                trail.append(found)
                if arrives:
                    return None
                length *= 2.0
            elif (
                min(abs(length), abs(goal - trail[-1].s)) > abs(whole) / 2**DIVISIONS
                and self.model.parameter(self.axis).domain.values is None
            ):
                length = min(abs(length), abs(goal - trail[-1].s)) * math.copysign(0.5, whole)
            else:
                return found
        return "the steps become too small"

    def follow(self, i: int, located: Located) -> None:
        """Follow the line from value i both ways, as far as it goes."""
        for way in (1, -1):
            problem = self.problem(self.values[i])
            track = TRACKS[self.spec.kind](problem, located)
            place = self._settle(track, problem, located, self.positions[i])
            if isinstance(place, str):
                self.waiting += [j for j in (i + way,) if 0 <= j < len(self.values)]
                continue
            trail, sure, j = [place], i, i + way
            while 0 <= j < len(self.values) and j not in self.known:
                reason = self.advance(track, trail, j)
                if reason is not None:
                    if not self._confirm(sure, j - way, way):
                        break
                    sure = j - way
                    again = self._restart(track, trail, j)
                    if again is None:
                        self.ends[j] = self._reason(track, trail, reason)
                        self.waiting.append(j)
                        break
                    track, trail = again[0], [again[1]]
                    if trail[-1].s != self.positions[j]:
                        continue
                self._keep(j, track, trail[-1])
                if (j - sure) % CONFIRM == 0 or not 0 <= j + way < len(self.values) or j + way in self.known:
                    if not self._confirm(sure, j, way):
                        break
                    sure = j
                j += way

    def _restart(self, track: Track, trail: Sequence[Place], j: int) -> tuple[Track, Place] | None:
        """The line on the other side of a change of its states, next to where it was expected."""
        last, goal = trail[-1], self.positions[j]
        divided = self.model.parameter(self.axis).domain.values is None
        for share in (2.0**-8, 2.0**-5, 2.0**-2, 1.0) if divided else (1.0,):
            s = last.s + share * (goal - last.s) if share < 1.0 else goal
            problem = self.problem(self.values[j] if share == 1.0 else sp.Float(s, 25))
            a = float(_extrapolated(trail[-2:], s)[-1])
            guess = track.restart(problem, a, last.located) if problem.inside(a) else None
            if guess is None:
                continue
            anew = type(track)(problem, guess)
            place = self._settle(anew, problem, guess, s)
            if isinstance(place, str) or abs(place.located.value - a) > 0.05 * abs(a):
                continue
            if anew.confirmed(problem, place.located):
                return anew, place
        return None

    def _settle(self, track: Track, problem: Problem, located: Located, s: float) -> Place | str:
        """The root next to a located threshold."""
        start = track.vector(problem, located)
        root = newton(lambda y: track.equations(problem, y), start) if len(start) else None
        if root is None:
            return "a state is missing"
        found = track.located(problem, root.y)
        return found if isinstance(found, str) else Place(s, problem, root, found)

    def _keep(self, i: int, track: Track, place: Place) -> None:
        located = place.located
        self.known[i] = replace(located, method=located.method.partition("; ")[0] + "; continued")
        self.followed[i] = track, place
        precise = KERNEL_DIGITS if place.root.precision < 1e-11 else int(-math.log10(place.root.precision))
        self.digits[i] = min(precise, kernel_digits(located, place.problem.solver))

    def _confirm(self, sure: int, upto: int, way: int) -> bool:
        """Ask the runs that define the branches; if they end elsewhere, forget what was not confirmed."""
        for j in range(upto, sure, -way):
            track, place = self.followed[j]
            if track.confirmed(place.problem, place.located):
                return j == upto
            self.doubted[j] = self.known.pop(j).value
            where = exact_text(self.values[j])
            self.ends[j] = f"at {self.axis} = {where} the branch followed is not the one that its start reaches"
            self.waiting.append(j)
        return upto == sure

    def _reason(self, track: Track, trail: Sequence[Place], reason: str) -> str:
        """Where and why a line ends."""
        last = trail[-1]
        problem, value = last.problem, last.located.value
        sizes = [abs(track.measure(place.problem, place.located)) for place in trail]
        lower, upper = float(problem.domain.lower), float(problem.domain.upper)
        left = [min(place.located.value - lower, upper - place.located.value) for place in trail]
        where = f"the line ends near {self.axis} = {last.s:.6g}, {self.spec.solve_for} = {value:.6g}"
        if left[-1] < 0.05 * max(left[-12:]):
            why = f"{self.spec.solve_for} goes to the end of its domain {problem.domain.text}"
        elif sizes[-1] < 0.3 * max(sizes[-12:]) or reason == track.end():
            why = track.end()
        elif _turns(trail):
            why = f"the line turns back; scan {self.spec.solve_for} to follow it"
        else:
            why = reason
        return f"{where}: {why}"

    # ---- the whole

    def run(self, count: Callable[[int], None]) -> None:
        """Locate, follow, and search again where nothing is known, a bounded number of times."""
        while (i := self._next()) is not None:
            located = self.search(i)
            if located is None:
                self.missed.add(i)
            else:
                if abs(located.value - self.doubted.get(i, math.nan)) < 1e-9 * abs(located.value):
                    self.ends.pop(i, None)  # the search finds what was followed
                self.known[i], self.digits[i] = located, kernel_digits(located, self.solver)
                self.follow(i, located)
            count(len(self.known) + len(self.missed))

    def _next(self) -> int | None:
        """The value to search next: beside an end, else in the middle of what is unknown; None if it is enough."""
        done = self.missed | set(self.known)
        while self.waiting:
            if (i := self.waiting.pop(0)) not in done:
                return i
        if not done:
            return 0
        self.vain = 0 if not self.known else self.vain or len(self.missed) + MISSES[1]
        if len(self.missed) >= (self.vain or MISSES[0]):
            return None
        gaps, start = [], None
        for i in range(len(self.values) + 1):
            unknown = i < len(self.values) and i not in done
            if unknown and start is None:
                start = i
            if not unknown and start is not None:
                gaps.append((start, i - 1))
                start = None
        if not gaps:
            return None
        first, last = max(gaps, key=lambda gap: gap[1] - gap[0])
        return last if last == len(self.values) - 1 else first if first == 0 else (first + last) // 2

    def result(self, i: int, shown: Mapping[str, str]) -> ThresholdResult:
        """The threshold at value i as it is known now."""
        model, spec = self.model, self.spec
        head = (model.name, spec.name, spec.kind, dict(shown), spec.solve_for)
        located = self.known.get(i)
        if located is not None:
            overlaps = self.problem(self.values[i]).overlaps(located)
            method = f"{located.method}; compiled solver"
            detail = f"{self.ends[i]}; the search found this one" if i in self.ends else ""
            return ThresholdResult(
                *head, f"{located.value:.14g}", self.digits[i], overlaps, method, None, "converged", detail
            )
        beyond = [j for j in self.ends if j not in self.known]
        end = self.ends[min(beyond, key=lambda j: abs(i - j))] if beyond else ""
        detail = f"no {spec.kind} was found along {spec.solve_for}"
        if i not in self.missed:
            near = sorted(self.missed, key=lambda j: abs(j - i))[:2]
            places = " and ".join(f"{self.positions[j]:.6g}" for j in sorted(near))
            detail = f"{UNSEARCHED}{detail} at {self.axis} = {places}"
        detail = f"{end}; {detail}" if end else detail
        return ThresholdResult(*head, None, 0, {}, KINDS[spec.kind].__doc__ or "", None, "no_solution", detail)


def _extrapolated(places: Sequence[Place], s: float) -> np.ndarray:
    """The unknowns at s by the polynomial through the last places (the secant of two, the parabola of three)."""
    total = np.zeros_like(places[-1].root.y)
    for i, place in enumerate(places):
        weight = 1.0
        for j, other in enumerate(places):
            if i != j:
                weight *= (s - other.s) / (place.s - other.s)
        total = total + weight * place.root.y
    return total


def _turns(trail: Sequence[Place]) -> bool:
    """Whether the solved-for parameter changes ever faster: the square root at a turning point."""
    slopes = [abs((b.located.value - a.located.value) / (b.s - a.s)) for a, b in itertools.pairwise(trail[-12:])]
    return len(slopes) > 2 and slopes[-1] > 5.0 * min(slopes)
