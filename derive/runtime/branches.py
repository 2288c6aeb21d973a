"""All branches of a generated solver at one parameter point: starts, duplicates, stability, boundaries.

Numbers in, numbers out; which starts exist and what a boundary is worth is data that comes with the solver.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from derive.runtime.newton import STATUS
from derive.runtime.results import Solution
from derive.runtime.trivial import Point, SolveOptions, trivial_point

__all__ = ["Point", "SolveOptions", "evaluate_point", "find_branches", "run_solver"]


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
    total = start[0] + start[1]
    while module.CONDITIONS and not module.UNIQUE and point.status == "left_domain" and start[1] > 1e-6 * total:
        start[1] *= 0.7
        if module.TIED == 1:
            start[0] = total - start[1]
        point = run_solver(module, p, start.tolist(), options, newton)
    return point


def start_point(
    module: ModuleType, fraction: float, radius: float, second: Sequence[float], informed: bool, only: int | None = None
) -> list[float]:
    """The start with overlap fraction*radius, teacher overlaps alike if informed, inside of sum m^2/rho < q.

    `only` is the one partner that an informed start is near to; without it all are alike.
    """
    q = fraction * radius
    v = radius - q if fraction < 0.5 else (1.0 - fraction) * radius
    share = 1.0 / math.sqrt(max(1, len(second))) if only is None else 1.0
    overlaps = [share * math.sqrt(q * t) * (fraction if informed else math.sqrt(fraction)) for t in second]
    if only is not None:
        overlaps = [m if j == only else 0.0 for j, m in enumerate(overlaps)]
    if module.COLD:
        overlaps = [m if informed else fraction * m for m in overlaps]
        q, v = radius, 1.0 if fraction < 0.5 else 1e-3
    return [q, v, *overlaps, *[0.0] * module.GLOBALS]


def named_starts(options: SolveOptions, partners: int) -> list[tuple[str, float, bool, int | None]]:
    """(branch, fraction, informed, only): uninformed, informed of all partners, and of each of several alone."""
    near = 1.0 - options.informed_gap
    single = [(f"informed_{j}", near, True, j) for j in range(partners if partners > 1 else 0)]
    return [("uninformed", options.start, False, None), ("informed", near, True, None), *single]


LARGEST = 1e200  # log Z = -1e300 stands for a vanishing Z


def evaluate_point(
    module: ModuleType, p: np.ndarray, point: Point, tolerance: float = 1e-13
) -> tuple[float, np.ndarray]:
    """The free entropy and the observables at a point."""
    out = np.empty(1)
    entropy = module.reduced_free_entropy if module.REDUCED else module.free_entropy
    entropy(point.x, point.hats, p, 2.0, 0.1 * tolerance, out)  # large terms cancel in it: panels
    observed = np.full(len(module.OBSERVABLES), np.nan)
    if len(module.OBSERVABLES):
        module.observables(point.x, point.hats, p, 1.0, tolerance, observed)
    return float(out[0]), observed


def find_branches(
    module: ModuleType,
    p: np.ndarray,
    constants: Mapping[str, float | Sequence[float]],
    options: SolveOptions | None = None,
    boundary: float | None = None,
) -> list[Solution]:
    """Return every branch that the starts reach, each once, with its free entropy; mark the dominating one.

    Parameters
    ----------
    constants : "radius" (r if known, else a scale for q + v), "second" (teacher second moments),
        "boundary_x" (state of the perfect boundary)
    boundary : free entropy of the perfect branch, None if there is no such branch
    """
    options = options or SolveOptions()
    if module.COLD and module.UNIQUE:
        return [_minimiser(module, p, constants, options)]
    radius = float(constants["radius"])  # type: ignore[arg-type]
    second = list(constants.get("second", ()))  # type: ignore[arg-type]
    found: list[tuple[str, Point]] = []
    trivial = None if module.COLD else trivial_point(module, p, radius, options)
    for branch, fraction, informed, only in named_starts(options, len(second)):
        x0 = start_point(module, fraction, radius, second, informed, only)
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
        solution = _solution(module, p, radius, branch, point, options)
        if branch != "trivial" or solution.status == "converged" or len(kept) == 1:  # q = 0 outside of the domain
            solutions.append(solution)
    if boundary is not None:
        solutions.append(_boundary_solution(module, constants, boundary))
    return _mark_dominant(solutions)


def cold_start(module: ModuleType, radius: float, second: Sequence[float]) -> list[float]:
    """The start at zero temperature: q (or its fixed value) and V of order one, a small overlap with the teacher."""
    overlaps = [0.1 * math.sqrt(radius * t) if t > 0.0 else 0.1 for t in second]
    return [radius, 1.0, *overlaps, *[0.0] * module.GLOBALS]


def _near_starts(module: ModuleType, p: np.ndarray, radius: float, second: Sequence[float]) -> list[list[float]]:
    """The starts of smallest residual among overlaps of all sizes, angles with the teacher and responses."""
    found: list[tuple[float, list[float]]] = []
    hats, mapped = np.zeros(module.CONJUGATES), np.zeros(module.MAPPED)
    residual, jacobian = np.zeros(module.UNKNOWNS), np.zeros((module.UNKNOWNS, module.UNKNOWNS))
    sizes = [1.0] if module.TIED else [1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6]
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


def _minimiser(
    module: ModuleType, p: np.ndarray, constants: Mapping[str, float | Sequence[float]], options: SolveOptions
) -> Solution:
    """The solution at zero temperature, where the minimiser is unique; no minimiser is a status with a reason."""
    radius = float(constants["radius"])  # type: ignore[arg-type]
    second = list(constants.get("second", ()))  # type: ignore[arg-type]
    first = replace(options, max_steps=min(300, options.max_steps))
    point = run_solver(module, p, cold_start(module, radius, second), first)
    if point.status not in ("converged", "no_solution", "vanishing"):
        for start in _near_starts(module, p, radius, second):
            other = run_solver(module, p, start, first)
            if other.status == "converged":
                point = other
                break
        else:
            point = run_solver(module, p, cold_start(module, radius, second), options)
    if point.status == "vanishing":
        return _zero(module, p, point, options)
    solution = _solution(module, p, radius, "uninformed", point, options)
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
    solution = _solution(module, p, 0.0, "uninformed", near, options)
    zeros = {name: 0.0 if name in module.STATE else value for name, value in solution.order_parameters.items()}
    detail = "the minimiser is w = 0: the penalty beats the data on every site"
    return _mark_dominant([replace(solution, order_parameters=zeros, detail=detail)])[0]


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.all(np.abs(a - b) <= 1e-7 * (np.abs(a) + np.abs(b)) + 1e-12))


def name_overlaps(module: ModuleType, x: np.ndarray, hats: np.ndarray, radius: float) -> dict[str, float]:
    """Order parameters by name: q, r, m, conjugates, globals; r is `radius` where it is fixed, else q + (r - q)."""
    values = dict(zip(module.STATE, map(float, x), strict=True))
    if module.COLD:
        return values | dict(zip(module.HATS, map(float, hats), strict=True))
    v = values.pop("r-q")
    names = module.NAMES
    values[names["r"]] = radius if module.TIED else values[names["q"]] + v
    for extra, source in module.TIED_NAMES.items():
        values[extra] = values[source]
    conjugates = dict(zip(module.HATS, map(float, hats), strict=True))
    A = conjugates.pop("q_hat-r_hat", None)
    values |= conjugates
    for extra, source in module.TIED_HATS.items():
        values[extra] = values[source]
    if A is not None:
        values[names["r_hat"]] = values[names["q_hat"]] - A
    return values


def _solution(
    module: ModuleType, p: np.ndarray, radius: float, branch: str, point: Point, options: SolveOptions
) -> Solution:
    if point.status != "converged":
        return Solution(branch, point.status, {}, None, {}, point.residual, point.steps, {"stable": False})
    phi, observed = evaluate_point(module, p, point, options.tolerance)
    unique = module.COLD and module.UNIQUE  # the minimum of a convex function is stable
    return Solution(
        branch,
        "converged" if abs(phi) < LARGEST else "left_domain",
        name_overlaps(module, point.x, point.hats, radius),
        phi,
        {n: _finite(o) for n, o in zip(module.OBSERVABLES, observed, strict=True)},
        point.residual,
        point.steps,
        {
            "stable": unique or point.radius < 1.0 or _relaxes(module, p, point, options),
            "spectral_radius": min(point.radius, 0.999999) if unique else point.radius,
            "newton_distance": point.distance,
        },
    )


def _relaxes(module: ModuleType, p: np.ndarray, point: Point, options: SolveOptions) -> bool:
    """Whether dx/dt = map(x) - x returns to a fixed point about which the plain iteration swings."""
    hats, mapped, unknowns = np.zeros(module.CONJUGATES), np.zeros(module.MAPPED), module.UNKNOWNS
    residual, jacobian = np.zeros(unknowns), np.zeros((unknowns, unknowns))
    module.evaluate(point.x.copy(), p, 1.0, options.tolerance, hats, mapped, residual, jacobian)
    size = unknowns - module.GLOBALS
    if not np.all(np.isfinite(jacobian)):
        return False
    return bool(np.max(np.linalg.eigvals(jacobian[:size, :size]).real) < 0.0)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _boundary_solution(module: ModuleType, constants: Mapping[str, Any], boundary: float) -> Solution:
    x = np.array(constants["boundary_x"], dtype=float)
    values = dict(zip(module.STATE, map(float, x), strict=True))
    v = values.pop("r-q")
    values[module.NAMES["r"]] = values[module.NAMES["q"]] + v
    for extra, source in module.TIED_NAMES.items():
        values[extra] = values[source]
    observed = dict(constants.get("boundary_observables", {}))
    return Solution(
        "perfect",
        "converged",
        values,
        boundary,
        observed,
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
    marked = []
    for s in solutions:
        stability = {**s.stability, "dominates": s is best}
        marked.append(
            Solution(
                s.branch,
                s.status,
                s.order_parameters,
                s.free_entropy,
                s.observables,
                s.residual,
                s.iterations,
                stability,
                s.detail,
            )
        )
    return marked
