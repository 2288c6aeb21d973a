"""Grids of points: one point, a grid of them, and a curve over one parameter with its figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive.errors import UsageError
from derive.exact import exact_text, parse_scan
from derive.plotting import save_plots
from derive.runtime.results import SolveResult, ThresholdResult
from derive.sweeps import as_dataset, save_dataset, solve_grid

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import xarray as xr

    from derive.spec.model import Model

__all__ = ["check_scans", "curve", "curve_values", "scan_axis", "scan_branch", "scan_model", "solve_point"]

POINTS = 60

Goal = tuple[str, str | None]
"""A parameter to optimise, and the observable to minimise."""


def solve_point(
    model: Model, ansatz: str, generated: Path | None, goal: Goal | None, parameters: Mapping[str, str]
) -> SolveResult:
    """Solve one point; a function of the module, so that worker processes can call it."""
    from derive import api

    if goal is not None:
        return api.optimise(model, goal[0], parameters, goal[1], ansatz=ansatz, generated=generated)
    return api.solve(model, parameters, ansatz=ansatz, generated=generated)


def check_scans(model: Model, scans: Mapping[str, Sequence[str]], parameters: Mapping[str, str]) -> None:
    """Refuse a grid with unknown names or values outside a domain before the first point is solved."""
    from derive import api

    first = {name: values[0] for name, values in scans.items()}
    both = sorted(set(scans) & set(parameters))
    if both:
        raise UsageError(f"{both[0]} is both scanned and set to {parameters[both[0]]}")
    api.resolve_parameters(model, {**parameters, **first})
    for name, values in scans.items():
        for value in values:
            api.resolve_parameters(model, {**parameters, **first, name: value})


def scan_model(
    model: Model,
    scans: Mapping[str, Sequence[str]],
    parameters: Mapping[str, str],
    *,
    ansatz: str = "rs",
    generated: Path | None = None,
    executor: Executor | None = None,
    journal: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    goal: Goal | None = None,
) -> tuple[list[SolveResult], Callable[[], xr.Dataset]]:
    """Solve a grid; return the results, and the Dataset of them when it is called for."""
    from derive import api
    from derive.optimise import stand_in

    check_scans(model, scans, {**parameters, **stand_in(model, goal, {**parameters, **scans})})
    api.build(model, ansatz, generated)
    identity = {"spec_hash": model.hash, "ansatz": ansatz}
    if goal is not None:
        identity |= {"optimised": goal[0], "minimised": goal[1] or ""}
    solve = partial(solve_point, model, ansatz, generated, goal)
    options: dict[str, Any] = {"executor": executor, "journal": journal, "progress": progress}
    results = solve_grid(solve, scans, parameters, identity=identity, **options)
    return results, partial(as_dataset, results, scans, parameters, identity=identity)


def scan_branch(
    model: Model,
    scans: Mapping[str, Sequence[str]],
    parameters: Mapping[str, str],
    branch: str,
    shown: bool,
    **options: Any,
) -> tuple[list[SolveResult], Callable[[], xr.Dataset]]:
    """Solve one branch of a grid; the results (the first alone unless they are `shown`) and the Dataset."""
    from derive import api
    from derive.grids.sweep import results_of

    data = api.sweep(model, scans, parameters, branch=branch, **options)
    return results_of(data, None if shown else 1), lambda: data


def curve_values(
    model: Model, name: str, around: Sequence[float], limit: float = math.inf, points: int = POINTS
) -> tuple[str, ...]:
    """Exact values of a parameter over a range that shows the given positions, inside its domain.

    `limit` is where solutions cease to exist: the range ends short of it.
    """
    parameter = model.parameter(name)
    domain = parameter.domain
    if domain.values is not None:
        return tuple(exact_text(str(value)) for value in domain.values)
    centres = list(around) or [1.0 if parameter.default is None else float(parameter.default)]
    margin = max(abs(x) for x in centres) / 2 or 1.0
    low, high = float(f"{min(centres) - margin:.2g}"), float(f"{max(centres) + margin:.2g}")
    lower, upper = float(domain.lower), float(domain.upper)
    low, high = max(low, lower), min(high, upper)
    step = float(f"{(high - low) / points:.1g}")
    if low == lower and domain.lower_open:
        low += step
    if high == upper and domain.upper_open:
        high -= step
    if low < limit <= high:
        high = float(f"{limit - step / 2:.4g}")
    return parse_scan(f"{low!r}:{high!r}:{points}")


def scan_axis(model: Model, found: Sequence[ThresholdResult]) -> str | None:
    """What to draw over: what a threshold is solved for, else the number of samples."""
    if model.thresholds:
        return model.thresholds[0].solve_for
    used = [p.name for c in model.channels for p in model.parameters if c.samples.has(p.symbol)]
    names = used or [p.name for p in model.parameters]
    return names[0] if names else None


def curve(
    model: Model,
    axis: str,
    thresholds: Sequence[ThresholdResult],
    folder: Path,
    parameters: Mapping[str, str],
    ansatz: str,
    generated: Path | None,
) -> tuple[list[SolveResult], Callable[[str, Mapping[str, Any] | None], Path]]:
    """The results over one parameter, with a table; and what draws them, with points of experiments, as SVG and PNG."""
    marks = {t.threshold.replace("_", " "): float(t.value) for t in thresholds if t.value and t.variable == axis}
    ends = [float(t.value) for t in thresholds if t.value and t.variable == axis and t.kind == "capacity"]
    scans = {axis: curve_values(model, axis, list(marks.values()), min(ends, default=math.inf))}
    rest = {name: value for name, value in parameters.items() if name != axis}
    results, dataset = scan_model(model, scans, rest, ansatz=ansatz, generated=generated)
    data = dataset()
    save_dataset(data, folder / "curve.csv")

    def draw(name: str, measured: Mapping[str, Any] | None) -> Path:
        files = [folder / f"{name}.svg", folder / f"{name}.png"]
        shown = None if measured is None else list(measured)
        return save_plots(data, files, variables=shown, thresholds=marks, title=model.name, measured=measured)[0]

    return results, draw
