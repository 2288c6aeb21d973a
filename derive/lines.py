"""Lines of thresholds: a threshold followed along another parameter, each value a root problem of its own.

The first value is located by the search of `derive.thresholds`; from there the root is predicted by its last values and
solved by Newton's method, both ways.  Where that fails the step is divided, and where it still fails the line ends with a
reason, and the search is asked again.  What is not found is a status with a sentence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp

from derive.errors import ModelError, UsageError
from derive.exact import exact_number, exact_text
from derive.runtime.results import ThresholdLine, ThresholdResult
from derive.solver import Solver
from derive.spec.model import Model, ThresholdSpec
from derive.thresholds import KERNEL_DIGITS, KINDS, Located, Problem, fixed_parameters, kernel_digits
from derive.tracking import TRACKS, Root, Track, newton

__all__ = ["trace_line"]

JUMP = 0.1
"""Largest change of the bounded profile of a state in one step."""
DIVISIONS = 12
"""A step is halved so often before the line ends."""
STEPS = 400
"""Most steps between two values."""
CONFIRM = 8
"""Every so many values the runs that define the branches are asked again."""
MISSES = 12
"""Searches without a result after which a line is not searched any further."""

Progress = Callable[[int, int], None]
Keep = Callable[[int, ThresholdResult], None]


@dataclass(frozen=True, slots=True)
class Place:
    """A point of a line: where, the root and the threshold."""

    s: float
    problem: Problem
    root: Root
    located: Located


class Line:
    """One threshold of one model along one parameter; `values` are exact, the others are fixed."""

    def __init__(self, model: Model, spec: ThresholdSpec, axis: str, values: Sequence[Any], fixed: Mapping[str, Any]):
        self.model, self.spec, self.axis, self.values, self.fixed = model, spec, axis, list(values), dict(fixed)
        self.positions = [float(sp.N(v, 25)) for v in values]
        self.known: dict[int, Located] = {}
        self.digits: dict[int, int] = {}
        self.missed: set[int] = set()
        self.ends: dict[int, str] = {}
        self.doubted: dict[int, float] = {}
        self.waiting: list[int] = []
        self.solver: Solver | None = None

    # ---- single values

    def problem(self, value: Any) -> Problem:
        """The threshold problem at one value of the scanned parameter."""
        assert self.solver is not None
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
            elif abs(length) > abs(whole) / 2**DIVISIONS and self.model.parameter(self.axis).domain.values is None:
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
            trail, sure = [place], i
            j = i + way
            while 0 <= j < len(self.values) and j not in self.known:
                reason = self.advance(track, trail, j)
                last = j in (0, len(self.values) - 1) or reason is not None or j + way in self.known
                if reason is None:
                    self._keep(j, trail[-1])
                    if last or (j - sure) % CONFIRM == 0:
                        if self._confirm(track, trail, sure, j, way):
                            sure = j
                        else:
                            break
                    j += way
                    continue
                if sure != j - way and not self._confirm(track, trail, sure, j - way, way):
                    break
                again = self._restart(track, trail, j)
                if again is None:
                    self.ends[j] = self._reason(track, trail, reason)
                    self.waiting.append(j)
                    break
                track, trail, sure = again[0], [again[1]], j
                if again[1].s == self.positions[j]:
                    self._keep(j, again[1])
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

    def _keep(self, i: int, place: Place) -> None:
        located = place.located
        self.known[i] = replace(located, method=located.method.partition("; ")[0] + "; continued")
        precise = KERNEL_DIGITS if place.root.precision < 1e-11 else int(-math.log10(place.root.precision))
        self.digits[i] = min(precise, kernel_digits(located, place.problem.solver))

    def _confirm(self, track: Track, trail: Sequence[Place], sure: int, upto: int, way: int) -> bool:
        """Ask the runs that define the branches; if they end elsewhere, forget what was not confirmed."""
        at = {place.s: place for place in trail}
        if track.confirmed((place := at[self.positions[upto]]).problem, place.located):
            return True
        for j in range(upto, sure, -way):
            place = at[self.positions[j]]
            if track.confirmed(place.problem, place.located):
                break
            self.doubted[j] = self.known.pop(j).value
            where = exact_text(self.values[j])
            self.ends[j] = f"at {self.axis} = {where} the branch followed is not the one that its start reaches"
            self.waiting.append(j)
        return False

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
        else:
            why = reason
        return f"{where}: {why}"

    # ---- the whole

    def run(self, progress: Callable[[int], None], tell: Callable[[int], None]) -> None:
        """Locate, follow, and search again where nothing is known, a bounded number of times."""
        while (i := self._next()) is not None:
            located = self.search(i)
            if located is None:
                self.missed.add(i)
                tell(i)
                progress(len(self.known) + len(self.missed))
                continue
            assert self.solver is not None
            doubted = self.doubted.get(i, math.nan)
            if abs(located.value - doubted) < 1e-9 * abs(doubted):  # the search finds what was followed
                self.ends.pop(i, None)
            self.known[i], self.digits[i] = located, kernel_digits(located, self.solver)
            before = set(self.known)
            try:
                self.follow(i, located)
            finally:
                for j in sorted({i} | (set(self.known) - before)):
                    tell(j)
            progress(len(self.known) + len(self.missed))

    def _next(self) -> int | None:
        """The value to search next: beside an end, else in the middle of what is unknown; None if it is enough."""
        done = self.missed | set(self.known)
        while self.waiting:
            if (i := self.waiting.pop(0)) not in done:
                return i
        if not done:
            return 0
        if len(self.missed) >= MISSES:
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
        end = next((self.ends[j] for j in sorted(self.ends, key=lambda j: abs(i - j)) if j not in self.known), "")
        if i in self.missed:
            detail = f"no {spec.kind} was found along {spec.solve_for}"
        else:
            near = sorted(self.missed, key=lambda j: abs(j - i))[:2]
            places = " and ".join(exact_text(self.values[j]) for j in sorted(near))
            detail = f"not searched here: no {spec.kind} was found at {self.axis} = {places}"
        detail = "; ".join(part for part in (end, detail) if part)
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


def trace_line(
    model: Model,
    spec: ThresholdSpec,
    axis: str,
    values: Sequence[object],
    given: Mapping[str, object],
    ansatz: str = "rs",
    generated: Path | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> ThresholdLine:
    """Follow a threshold along a parameter (see `derive.api.threshold_line`); `keep` gets every point as it comes."""
    from derive.api import solver_of, threshold
    from derive.ground import at_zero_temperature

    texts = [exact_text(value) for value in values]
    points = [_checked(model, spec, axis, text, given) for text in texts]
    if len(set(texts)) < len(texts):
        raise UsageError(f"the scan of {axis} has the same value twice")
    found: dict[int, ThresholdResult] = {}
    total = len(texts)

    def take(i: int, result: ThresholdResult) -> None:
        found[i] = result
        if keep is not None:
            keep(i, result)

    groups: dict[str, list[int]] = {}
    models: dict[str, Model] = {}
    if spec.kind in KINDS:
        for i, point in enumerate(points):
            cold, _ = at_zero_temperature(model, point)
            models[cold.hash] = cold
            groups.setdefault(cold.hash, []).append(i)
    else:
        for i, text in enumerate(texts):
            take(i, threshold(model, spec.name, {**given, axis: text}, ansatz=ansatz, generated=generated))
            if progress is not None:
                progress(i + 1, total)
    done = 0
    for key in sorted(groups, key=lambda key: len(groups[key])):
        indices, part = groups[key], models[key]
        order = sorted(indices, key=lambda i: float(sp.N(points[i][axis], 25)))
        names = {p.name for p in part.parameters}
        if axis not in names:  # the scan begins where the temperature vanishes: a model of its own
            for i in indices:
                single = threshold(model, spec.name, {**given, axis: texts[i]}, ansatz=ansatz, generated=generated)
                take(i, single)
            done += len(indices)
            continue
        fixed = {n: v for n, v in points[order[0]].items() if n in names and n not in (axis, spec.solve_for)}
        ascending = order if order == indices else order[::-1] if order[::-1] == indices else order
        line = Line(part, spec, axis, [points[i][axis] for i in ascending], fixed)
        line.solver = solver_of(part, ansatz, generated)

        def shown(i: int) -> dict[str, str]:
            return {name: exact_text(value) for name, value in points[i].items()}

        def tell(j: int, line: Line = line, ascending: list[int] = ascending) -> None:
            take(ascending[j], line.result(j, shown(ascending[j])))

        def count(n: int, done: int = done) -> None:
            if progress is not None:
                progress(done + n, total)

        line.run(count, tell)
        for j in range(len(ascending)):
            tell(j)
        done += len(indices)
    if progress is not None:
        progress(total, total)
    fixed_texts = {n: exact_text(v) for n, v in points[0].items() if n != axis}
    return ThresholdLine(
        model.name, spec.name, spec.kind, axis, spec.solve_for, fixed_texts, tuple(found[i] for i in range(total))
    )


def _checked(model: Model, spec: ThresholdSpec, axis: str, text: str, given: Mapping[str, object]) -> dict[str, Any]:
    """The exact parameters at one value of the scan, but the one that is solved for; bad ones are refused."""
    if axis == spec.solve_for:
        raise UsageError(f"{model.name}: {axis} is what {spec.name} is solved for; scan another parameter")
    if axis in given:
        raise UsageError(f"{axis} is both scanned and set to {given[axis]}")
    return fixed_parameters(model, spec, {**given, axis: exact_number(text)})
