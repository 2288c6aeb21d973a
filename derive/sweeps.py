"""Grids of parameter points: exact values, a journal that survives interruption, and results as a Dataset.

A sweep is an outer product of scans.  Points are exact numbers, kept as strings; each is solved on its own,
here or by any PEP 3148 executor, and written to the journal as soon as it is done.  A second run with the
same journal computes only what is missing.
"""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from derive.errors import UsageError
from derive.exact import MAX_POINTS, double, exact_text
from derive.journal import Journal, versions
from derive.runtime.results import Solution, SolveResult

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "as_dataset",
    "compute",
    "coordinates",
    "dask_executor",
    "exact_axes",
    "process_pool",
    "run_sweep",
    "save_dataset",
    "solve_grid",
]

BRANCHES = ("uninformed", "informed", "perfect", "trivial")

Task = TypeVar("Task")
Result = TypeVar("Result")
SolvePoint = Callable[[dict[str, str]], SolveResult]
Progress = Callable[[int, int], None]


# ------------------------------------------------------------------------------------- solving


def _quiet_worker() -> None:
    """Start of a worker process: one thread, and Ctrl-C is the parent's business."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


@contextmanager
def process_pool(workers: int) -> Iterator[Executor | None]:
    """An executor of fresh processes; None for fewer than two."""
    if workers < 2:
        yield None
        return
    from multiprocessing import get_context

    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_quiet_worker)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """The workers of a running Dask scheduler as an executor; they read the same folder of solvers.

    Raises
    ------
    UsageError
        if the package distributed is missing, or nothing answers at the address within ten seconds.
    """
    try:
        from distributed import Client
    except ImportError:
        raise UsageError('--scheduler needs the package distributed: pip install "derive-replica[cluster]"') from None
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"--scheduler {address}: no Dask scheduler answers there ({type(error).__name__})") from None
    with client:
        yield client.get_executor(pure=False)


def exact_axes(
    scans: Mapping[str, Sequence[object]], parameters: Mapping[str, object] | None
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The values of the scans and the fixed parameters as exact texts.

    Raises
    ------
    UsageError
        for a parameter that is scanned and set, a scan without points or with equal ones, and too large a grid.
    """
    fixed = {name: exact_text(value) for name, value in (parameters or {}).items()}
    axes = {name: [exact_text(value) for value in values] for name, values in scans.items()}
    for name, values in axes.items():
        if name in fixed:
            raise UsageError(f"{name} is both scanned and set to {fixed[name]}")
        if not values:
            raise UsageError(f"the scan of {name} has no points")
        if len(set(values)) < len(values):
            raise UsageError(f"the scan of {name} has the same value twice")
    if math.prod(len(values) for values in axes.values()) > MAX_POINTS:
        raise UsageError(f"the scans have more than {MAX_POINTS} points together")
    return axes, fixed


def _grid(scans: Mapping[str, Sequence[object]], parameters: Mapping[str, object] | None) -> list[dict[str, str]]:
    """The parameter points in the order of the axes, last axis fastest."""
    axes, fixed = exact_axes(scans, parameters)
    return [{**fixed, **dict(zip(axes, point, strict=True))} for point in itertools.product(*axes.values())]


def _walk(shape: Sequence[int]) -> list[int]:
    """Positions in an order in which neighbours follow each other: every other line runs backwards."""
    order = [0]
    for size in shape:
        order = [
            before * size + (i if index % 2 == 0 else size - 1 - i)
            for index, before in enumerate(order)
            for i in range(size)
        ]
    return order


def compute(
    solve: Callable[[Task], Result],
    tasks: Iterable[tuple[int, Task]],
    keep: Callable[[int, Result], None],
    executor: Executor | None,
) -> None:
    """Solve tasks here in their order, or by an executor, and keep each result as soon as it is there."""
    if executor is None:
        for index, task in tasks:
            keep(index, solve(task))
        return
    futures = {executor.submit(solve, task): index for index, task in tasks}
    try:
        for future in as_completed(futures):
            keep(futures[future], future.result())
    finally:
        for future in futures:
            future.cancel()


def solve_grid(
    solve_point: SolvePoint,
    scans: Mapping[str, Sequence[object]],
    parameters: Mapping[str, object] | None = None,
    *,
    executor: Executor | None = None,
    journal: str | Path | None = None,
    identity: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> list[SolveResult]:
    """Solve every point of the outer product of `scans`; see `run_sweep`.  Last scan fastest."""
    points = _grid(scans, parameters)
    order = _walk([len(values) for values in scans.values()])
    results: dict[int, SolveResult] = {}
    book = None if journal is None else Journal(journal, identity)

    def keep(index: int, result: SolveResult, new: bool) -> None:
        results[index] = result
        if new and book is not None:
            book.put(points[index], result)
        if progress is not None:
            progress(len(results), len(points))

    try:
        missing = []
        for index in order:
            known = None if book is None else book.get(points[index])
            if known is None:
                missing.append(index)
            else:
                keep(index, known, new=False)
        tasks = ((index, points[index]) for index in missing)
        compute(solve_point, tasks, lambda index, result: keep(index, result, new=True), executor)
    finally:
        if book is not None:
            book.close()
    return [results[index] for index in range(len(points))]


def run_sweep(
    solve_point: SolvePoint,
    scans: Mapping[str, Sequence[object]],
    parameters: Mapping[str, object] | None = None,
    executor: Executor | None = None,
    journal: str | Path | None = None,
    progress: Progress | None = None,
    *,
    identity: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Solve the outer product of scans and return all branches as a Dataset.

    Parameters
    ----------
    solve_point : callable
        Takes {name: exact number as text} and returns a `SolveResult`; must be picklable for processes.
    scans : mapping
        Values of each scanned parameter: numbers or exact texts.
    parameters : mapping, optional
        Parameters that stay fixed.
    executor : concurrent.futures.Executor, optional
        Any PEP 3148 executor; without one the points are solved here, neighbours after each other.
    journal : path, optional
        A journal to write to and to resume from.
    progress : callable, optional
        Called with (points done, points in all).
    identity : mapping, optional
        What besides parameters and versions a result depends on, such as the spec hash: part of the journal's
        keys and of the attributes.

    Returns
    -------
    xarray.Dataset
        Dimensions: the scans and "branch".  Variables: free_entropy, order parameters, observables, status
        ("" where a branch was not found), residual, stable, dominates.
    """
    results = solve_grid(
        solve_point,
        scans,
        parameters,
        executor=executor,
        journal=journal,
        identity=identity,
        progress=progress,
    )
    return as_dataset(results, scans, parameters, identity=identity)


# ------------------------------------------------------------------------------------- datasets


def _branch_rows(results: Sequence[SolveResult]) -> list[dict[str, Solution]]:
    """The solutions of each point by branch; a second one of the same name is numbered."""
    rows: list[dict[str, Solution]] = []
    for result in results:
        row: dict[str, Solution] = {}
        for solution in result.solutions:
            label, count = solution.branch, 1
            while label in row:
                count += 1
                label = f"{solution.branch}_{count}"
            row[label] = solution
        rows.append(row)
    return rows


def _columns(rows: Sequence[Mapping[str, Solution]]) -> dict[str, Callable[[Solution], float]]:
    """The numeric variables of a Dataset: name and how to read it off a solution."""

    def number(value: Any) -> float:
        return math.nan if value is None else float(value)

    def entry(field: str, name: str) -> Callable[[Solution], float]:
        return lambda s: number(getattr(s, field).get(name))

    columns: dict[str, Callable[[Solution], float]] = {
        "free_entropy": lambda s: number(s.free_entropy),
        "residual": lambda s: number(s.residual),
        "iterations": lambda s: float(s.iterations),
    }
    solutions = [solution for row in rows for solution in row.values()]
    for kind in ("order_parameters", "observables"):
        for name in dict.fromkeys(name for s in solutions for name in getattr(s, kind)):
            columns[name if name not in columns else f"{kind}_{name}"] = entry(kind, name)
    return columns


def as_dataset(
    results: Sequence[SolveResult],
    scans: Mapping[str, Sequence[object]],
    parameters: Mapping[str, object] | None = None,
    *,
    identity: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Arrange the results of `solve_grid` as an xarray Dataset; see `run_sweep`."""
    import numpy as np
    import xarray as xr

    axes = {name: [exact_text(value) for value in values] for name, values in scans.items()}
    shape = tuple(len(values) for values in axes.values())
    rows = _branch_rows(results)
    found = dict.fromkeys(label for row in rows for label in row)
    branches = sorted(found, key=lambda label: (BRANCHES.index(label) if label in BRANCHES else 9, label))
    dims = (*axes, "branch")

    def table(read: Callable[[Solution], Any], missing: Any, dtype: Any) -> Any:
        values = [[read(row[b]) if b in row else missing for b in branches] for row in rows]
        return dims, np.array(values, dtype=dtype).reshape(*shape, len(branches))

    variables = {name: table(read, math.nan, float) for name, read in _columns(rows).items()}
    variables["stable"] = table(lambda s: bool(s.stability.get("stable")), False, bool)
    variables["dominates"] = table(lambda s: bool(s.stability.get("dominates")), False, bool)
    variables["status"] = table(lambda s: s.status, "", object)
    chosen = next((r.optimised.name for r in results if r.optimised is not None), None)
    if chosen is not None:
        places = [math.nan if r.optimised is None or r.optimised.value is None else r.optimised.value for r in results]
        variables[chosen] = (tuple(axes), np.array(places).reshape(shape))
    first = results[0]
    fixed = {name: text for name, text in first.parameters.items() if name not in axes and name != chosen}
    fixed |= {name: exact_text(value) for name, value in (parameters or {}).items()}
    attributes = {
        "model": first.model,
        "ansatz": first.ansatz,
        **(identity or {}),
        "parameters": json.dumps(fixed),
        "versions": json.dumps(versions()),
    }
    return xr.Dataset(variables, coordinates(axes, branches), attributes)


def coordinates(
    axes: Mapping[str, Sequence[str]], branches: Sequence[str], values: Sequence[Any] | None = None
) -> dict[str, Any]:
    """The coordinates of a Dataset: doubles (`values`, if they are known) with their exact texts, and the branches."""
    import numpy as np

    doubles = [[double(text) for text in texts] for texts in axes.values()] if values is None else values
    found: dict[str, Any] = {
        name: (name, numbers, {"exact": json.dumps(texts)})
        for (name, texts), numbers in zip(axes.items(), doubles, strict=True)
    }
    return {**found, "branch": ("branch", np.array(branches, dtype=object))}


def save_dataset(dataset: xr.Dataset, path: str | Path) -> Path:
    """Write a Dataset by the suffix of `path`: .nc (netCDF 3) or .csv (one row per point and branch)."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".nc":
        dataset.to_netcdf(path, engine="scipy")
        return path
    if path.suffix != ".csv":
        raise UsageError(f"tables are written as .nc or .csv; found `{path.suffix}`")
    frame = dataset.to_dataframe().reset_index()
    frame = frame[frame["status"] != ""]
    leading = [*(d for d in dataset.dims if d != "branch"), "branch", "status"]
    frame[leading + [c for c in frame.columns if c not in leading]].to_csv(path, index=False)
    return path
