"""All branches of a generated solver at one parameter point: starts, duplicates, stability, boundaries.

Numbers in, numbers out; which starts exist and what a boundary is worth is data that comes with the solver.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np

from derive.runtime.layout import Facts, pairs, totals
from derive.runtime.newton import STATUS
from derive.runtime.results import Solution
from derive.runtime.trivial import Point, SolveOptions, trivial_point

__all__ = ["BoundaryPlace", "Point", "SolveOptions", "evaluate_point", "find_branches", "run_solver"]


@dataclass(frozen=True, slots=True)
class BoundaryPlace:
    """The perfect branch: its free entropy, its state and the observables that are defined there."""

    value: float
    x: np.ndarray
    observables: Mapping[str, float | None]


def run_solver(
    module: ModuleType, p: np.ndarray, x0: Sequence[float], options: SolveOptions, newton: bool = False
) -> Point:
    """Run the generated solver from x0; the state is not changed in place."""
    x = np.array(x0, dtype=float)
    hats = np.zeros(module.CONJUGATES)
    info = np.zeros(5)
    module.solve(x, p, 1.0, options.tolerance, options.accuracy, options.damping, options.max_steps, newton, hats, info)
    return Point(x, hats, STATUS[int(info[0])], int(info[1]), float(info[2]), float(info[3]), float(info[4]))


def run_inside(
    module: ModuleType, p: np.ndarray, x0: Sequence[float], options: SolveOptions, newton: bool = False
) -> Point:
    """Run the solver from x0; where averages do not exist there, from smaller r - q."""
    point = run_solver(module, p, x0, options, newton)
    start = np.array(x0, dtype=float)
    total = totals(module, start)
    while module.CONDITIONS and not module.UNIQUE and point.status == "left_domain" and start[1] > 1e-6 * total[0]:
        for f, tied in enumerate(module.TIED):
            start[2 * f + 1] *= 0.7
            if tied == 1:
                start[2 * f] = total[f] - start[2 * f + 1]
        point = run_solver(module, p, start.tolist(), options, newton)
    if point.status == "left_domain" and len(module.TIED) > 1 and not newton:
        return _by_turns(module, p, start, options) or point
    return point


def _by_turns(module: ModuleType, p: np.ndarray, start: np.ndarray, options: SolveOptions) -> Point | None:
    """Run the solver from states that follow `start` by updating one family after the other, never out of the domain.

    Where one family decides whether the averages of another exist, a step of all may lead outside from anywhere.
    """
    hats, mapped, unknowns = np.zeros(module.CONJUGATES), np.zeros(module.MAPPED), module.UNKNOWNS
    residual, jacobian = np.zeros(unknowns), np.zeros((unknowns, unknowns))

    def image(x: np.ndarray) -> np.ndarray | None:
        module.evaluate(x.copy(), p, 1.0, 1e-6, hats, mapped, residual, jacobian)
        return mapped.copy() if np.all(np.isfinite(residual)) else None

    x, head = start.copy(), pairs(module)
    new = image(x)
    for sweep in range(TURNS):
        for f in range(len(module.TIED)):
            if new is None:
                return None
            own = [2 * f, 2 * f + 1, *(head + j for j, family in enumerate(module.PARTNERS) if family == f)]
            goal, share = x.copy(), 1.0
            goal[own] = new[own]
            if module.TIED[f] == 1:  # the mean of w^2 is known, its parts are from coarse integrals
                goal[own[:2]] *= np.sum(x[own[:2]]) / np.sum(goal[own[:2]])
            while (new := image(x + share * (goal - x))) is None and share > 1e-6:
                share *= 0.5
            x = x + share * (goal - x)
        if sweep % 5 == 4:
            point = run_solver(module, p, x.tolist(), options)
            if point.status == "converged":
                return point
    return None


def start_point(
    module: ModuleType, fraction: float, facts: Facts, informed: bool, only: int | None = None
) -> list[float]:
    """The start with overlaps fraction*r, those with partners alike if informed, inside of sum m^2/rho < q.

    `only` is the one partner that an informed start is near to; without it all are alike.
    """
    x: list[float] = []
    for radius in facts.radii:
        q = fraction * radius
        v = radius - q if fraction < 0.5 else (1.0 - fraction) * radius
        x += [radius, 1.0 if fraction < 0.5 else 1e-3] if module.COLD else [q, v]
    for j, (family, second) in enumerate(zip(module.PARTNERS, facts.second, strict=True)):
        beside = list(module.PARTNERS).count(family)
        share = 1.0 / math.sqrt(beside) if only is None else float(only == j)
        size = math.sqrt(fraction * facts.radii[family] * second) * (fraction if informed else math.sqrt(fraction))
        x.append(share * size * (1.0 if informed or not module.COLD else fraction))
    return [*x, *[0.0] * module.GLOBALS]


def named_starts(options: SolveOptions, partners: int) -> list[tuple[str, float, bool, int | None]]:
    """(branch, fraction, informed, only): uninformed, informed of all partners, and of each of several alone."""
    near = 1.0 - options.informed_gap
    single = [(f"informed_{j}", near, True, j) for j in range(partners if partners > 1 else 0)]
    return [("uninformed", options.start, False, None), ("informed", near, True, None), *single]


TURNS = 60
"""Sweeps over the families of sites before a start is given up."""
LARGEST = 1e200  # log Z = -1e300 stands for a vanishing Z


def evaluate_point(
    module: ModuleType, p: np.ndarray, point: Point, tolerance: float = 1e-13
) -> tuple[float, np.ndarray]:
    """The free entropy and the observables at a point."""
    out = np.empty(1)
    entropy = module.reduced_free_entropy if module.REDUCED else module.free_entropy
    entropy(
        point.x, point.hats, p, 1.0 if module.FINEST else 2.0, 0.1 * tolerance, out
    )  # large terms cancel in it: panels
    observed = np.full(len(module.OBSERVABLES), np.nan)
    if len(module.OBSERVABLES):
        module.observables(point.x, point.hats, p, 1.0, tolerance, observed)
    return float(out[0]), observed


def find_branches(
    module: ModuleType,
    p: np.ndarray,
    facts: Facts,
    options: SolveOptions | None = None,
    boundary: BoundaryPlace | None = None,
    respond: Callable[[Point], dict[str, float | None]] | None = None,
) -> list[Solution]:
    """Return every branch that the starts reach, each once, with its free entropy; mark the dominating one.

    `boundary` is the perfect branch, None if there is no such branch; `respond` adds responses to what is observed.
    """
    options = options or SolveOptions()
    if module.COLD and module.UNIQUE:
        return [_minimiser(module, p, facts, options, respond)]
    found: list[tuple[str, Point]] = []
    trivial = None if module.COLD else trivial_point(module, p, facts.radii, options)
    for branch, fraction, informed, only in named_starts(options, len(facts.second)):
        x0 = start_point(module, fraction, facts, informed, only)
        point = run_inside(module, p, x0, options)
        if point.status == "vanishing":
            if trivial is not None:
                continue
            point.status = "left_domain"
        if informed and boundary is not None and point.status != "converged":
            continue
        found.append((branch, point))
    solutions = []
    if trivial is not None:
        reached = any(b == "uninformed" and other.status == "converged" for b, other in found)
        name = "uninformed" if trivial.radius < 1.0 and not reached else "trivial"
        found.insert(0, (name, trivial))
    kept: list[tuple[str, Point]] = []
    for branch, point in found:
        same = [k for _, k in kept if k.status == point.status == "converged" and _same(k.x, point.x)]
        if not same:
            kept.append((branch, point))
    for branch, point in kept:
        solution = _with_responses(_solution(module, p, facts.radii, branch, point, options), point, respond)
        if branch != "trivial" or solution.status == "converged" or len(kept) == 1:  # q = 0 outside of the domain
            solutions.append(solution)
    if boundary is not None:
        solutions.append(_boundary_solution(module, boundary))
    return _mark_dominant(solutions)


def cold_start(module: ModuleType, facts: Facts) -> list[float]:
    """The start at zero temperature: q (or its fixed value) and V of order one, a small overlap with the teacher."""
    pairs_ = [x for radius in facts.radii for x in (radius, 1.0)]
    sizes = [facts.radii[family] * t for family, t in zip(module.PARTNERS, facts.second, strict=True)]
    return [*pairs_, *[0.1 * math.sqrt(s) if s > 0.0 else 0.1 for s in sizes], *[0.0] * module.GLOBALS]


def _near_starts(module: ModuleType, p: np.ndarray, facts: Facts) -> list[list[float]]:
    """The starts of smallest residual among overlaps of all sizes, angles with the teacher and responses."""
    found: list[tuple[float, list[float]]] = []
    hats, mapped = np.zeros(module.CONJUGATES), np.zeros(module.MAPPED)
    residual, jacobian = np.zeros(module.UNKNOWNS), np.zeros((module.UNKNOWNS, module.UNKNOWNS))
    (radius,), second = facts.radii, facts.second  # a unique minimiser has one family of sites
    sizes = [1.0] if module.TIED[0] else [1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6]
    angles = [0.1, 0.5, 0.9, 0.99, 0.9999] if len(second) == 1 else [0.1]
    for size in sizes:
        for angle in angles:
            for response in (1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e4):
                overlaps = [angle * math.sqrt(size * radius * t) if t > 0.0 else angle for t in second]
                x = [size * radius, response, *overlaps, *[0.0] * module.GLOBALS]
                module.evaluate(np.array(x), p, 1.0, 1e-4, hats, mapped, residual, jacobian)
                error = np.max(np.abs(residual))
                if np.isfinite(error):
                    found.append((float(error), x))
    return [x for _, x in sorted(found)[:8]]


def _with_responses(
    solution: Solution, point: Point, respond: Callable[[Point], dict[str, float | None]] | None
) -> Solution:
    if respond is None or solution.status != "converged":
        return solution
    return replace(solution, observables={**solution.observables, **respond(point)})


def _minimiser(
    module: ModuleType,
    p: np.ndarray,
    facts: Facts,
    options: SolveOptions,
    respond: Callable[[Point], dict[str, float | None]] | None = None,
) -> Solution:
    """The solution at zero temperature, where the minimiser is unique; no minimiser is a status with a reason."""
    first = replace(options, max_steps=min(300, options.max_steps))
    point = run_solver(module, p, cold_start(module, facts), first)
    if point.status not in ("converged", "no_solution", "vanishing"):
        for start in _near_starts(module, p, facts):
            other = run_solver(module, p, start, first)
            if other.status == "converged":
                point = other
                break
        else:
            point = run_solver(module, p, cold_start(module, facts), options)
    if point.status == "vanishing":
        return _zero(module, p, point, options)
    solution = _with_responses(_solution(module, p, facts.radii, "uninformed", point, options), point, respond)
    if point.status == "no_solution":
        detail = "no unique minimiser: V -> infinity (the data can be fitted at no cost, in more ways than one)"
        return replace(solution, detail=detail)
    return _mark_dominant([solution])[0]


def _zero(module: ModuleType, p: np.ndarray, point: Point, options: SolveOptions) -> Solution:
    """The minimiser w = 0: every order parameter vanishes (the limit is taken at 1e-200)."""
    x = np.zeros(len(module.STATE))
    x[:2] = 1e-200
    channel = np.empty(module.CHANNEL_OUTPUTS)
    module.channel(x, p, 1.0, options.tolerance, channel)
    near = Point(x, channel[: module.CONJUGATES].copy(), "converged", point.steps, 0.0, 0.0, 0.0)
    solution = _solution(module, p, [0.0], "uninformed", near, options)
    zeros = {name: 0.0 if name in module.STATE else value for name, value in solution.order_parameters.items()}
    detail = "the minimiser is w = 0: the penalty beats the data on every site"
    return _mark_dominant([replace(solution, order_parameters=zeros, detail=detail)])[0]


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.all(np.abs(a - b) <= 1e-7 * (np.abs(a) + np.abs(b)) + 1e-12))


def name_overlaps(module: ModuleType, x: np.ndarray, hats: np.ndarray, radii: Any) -> dict[str, Any]:
    """`name_numbers` of arrays: vectors, or with a column for every point of many."""

    def numbers(rows: np.ndarray) -> list[Any]:
        return [row if np.ndim(row) else float(row) for row in rows]

    return name_numbers(module, numbers(x), numbers(hats), radii)


def name_numbers(module: ModuleType, x: Sequence[Any], hats: Sequence[Any], radii: Any) -> dict[str, Any]:
    """Order parameters by name: q, r, m, conjugates, globals; r is fixed (of `radii`), or q + (r - q).

    The numbers may be of any type, also arrays.
    """
    values = dict(zip(module.STATE, x, strict=True))
    conjugates = dict(zip(module.HATS, hats, strict=True))
    if module.COLD:
        return values | conjugates
    kept: dict[str, Any] = {}
    for f, names in enumerate(module.NAMES):
        v = values.pop(module.STATE[2 * f + 1])
        values[names["r"]] = radii[f] if module.TIED[f] else values[names["q"]] + v
        if len(module.NAMES) > 1:  # zero where this family is in its trivial state, others are not
            values[names["q"]] *= values[names["q"]] >= module.VANISHES * v
        A = conjugates.pop(f"{names['q_hat']}-{names['r_hat']}", None)
        if A is not None:
            kept[names["r_hat"]] = conjugates[names["q_hat"]] - A
    for extra, source in module.TIED_NAMES.items():
        values[extra] = values[source]
    values |= conjugates
    for extra, source in module.TIED_HATS.items():
        values[extra] = values[source]
    return values | kept


def _solution(
    module: ModuleType, p: np.ndarray, radii: Sequence[float], branch: str, point: Point, options: SolveOptions
) -> Solution:
    if point.status != "converged":
        return Solution(branch, point.status, {}, None, {}, point.residual, point.steps, {"stable": False})
    phi, observed = evaluate_point(module, p, point, options.tolerance)
    unique = module.COLD and module.UNIQUE  # the minimum of a convex function is stable
    return Solution(
        branch,
        "converged" if abs(phi) < LARGEST else "left_domain",
        name_overlaps(module, point.x, point.hats, radii),
        phi,
        {n: _finite(o + 0.0) for n, o in zip(module.OBSERVABLES, observed, strict=True)},
        point.residual,
        point.steps,
        {
            "stable": unique or point.radius < 1.0 or relaxes(module, p, point, options),
            "spectral_radius": min(point.radius, 0.999999) if unique else point.radius,
            "newton_distance": point.distance,
        },
        state=tuple(map(float, point.x)),
    )


def relaxes(module: ModuleType, p: np.ndarray, point: Point, options: SolveOptions) -> bool:
    """Whether dx/dt = map(x) - x returns to a fixed point about which the plain iteration swings."""
    if not module.COLD and np.any(point.x[: pairs(module) : 2] == 0.0):
        return False  # where log q does not exist the growth rate of q decides
    hats, mapped, unknowns = np.zeros(module.CONJUGATES), np.zeros(module.MAPPED), module.UNKNOWNS
    residual, jacobian = np.zeros(unknowns), np.zeros((unknowns, unknowns))
    module.evaluate(point.x.copy(), p, 1.0, options.tolerance, hats, mapped, residual, jacobian)
    size = unknowns - module.GLOBALS
    if not np.all(np.isfinite(jacobian)):
        return False
    return bool(np.max(np.linalg.eigvals(jacobian[:size, :size]).real) < 0.0)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _boundary_solution(module: ModuleType, boundary: BoundaryPlace) -> Solution:
    values = dict(zip(module.STATE, map(float, boundary.x), strict=True))
    for f, names in enumerate(module.NAMES):
        v = values.pop(module.STATE[2 * f + 1])
        values[names["r"]] = values[names["q"]] + v
    for extra, source in module.TIED_NAMES.items():
        values[extra] = values[source]
    return Solution(
        "perfect",
        "converged",
        values,
        boundary.value,
        dict(boundary.observables),
        0.0,
        0,
        {"stable": True, "boundary": True},
        "the boundary w = w* for every replica; its value is analytic, its conjugates are infinite",
    )


def _mark_dominant(solutions: list[Solution]) -> list[Solution]:
    """The stable solution of largest free entropy dominates (at equal n -> 0 signs the true branch maximises)."""
    candidates = [
        s for s in solutions if s.status == "converged" and s.free_entropy is not None and s.stability.get("stable")
    ]
    best = max(candidates, key=lambda s: s.free_entropy or 0.0, default=None)
    return [replace(s, stability={**s.stability, "dominates": s is best}) for s in solutions]
