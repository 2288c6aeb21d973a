"""A grid of one branch: chunks to any executor, a record of the journal for each, and a Dataset built from arrays."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from derive.errors import UsageError, nearest
from derive.grids.chunk import Chunk, branch_names, solve_chunk, solver_of
from derive.grids.plan import cut, pieces
from derive.grids.rows import STATUSES, Key, Rows
from derive.journal import Journal, versions
from derive.runtime.results import Solution, SolveResult
from derive.sweeps import compute, coordinates, exact_axes

if TYPE_CHECKING:
    import xarray as xr

    from derive.spec.model import Model

__all__ = ["results_of", "sweep_branch"]

EVERY = 16
"""Points from one that is solved from its own start to the next, where neighbours are followed."""


def sweep_branch(
    model: Model,
    scans: Mapping[str, Sequence[object]],
    parameters: Mapping[str, object] | None,
    branch: str,
    *,
    ansatz: str = "rs",
    generated: Path | None = None,
    executor: Executor | None = None,
    journal: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    follow: bool = True,
    responses: bool = False,
) -> xr.Dataset:
    """Solve one branch over the outer product of scans, in compiled chunks of neighbours.

    The branch is the state that the start of this name reaches; where that is q = 0, which no run in log q reaches, it
    is the fixed point q = 0.  Where a single solve finds two starts in one state it lists the state under the first of
    them only; here it has the name that was asked for.

    Every line of the grid is cut into stretches of 16 points whose ends are solved from their own start.  Between them
    the state is followed by Newton's method, predicted by the polynomial through the last states.  A stretch is kept if
    every point converges from a distance below 0.3, is stable, and the state that arrives at its end is the one known
    there, to 1e-7; else it is halved, down to single points solved from their own start.  What this can miss is a
    branch that jumps away and back inside one stretch while the state at its ends goes on existing, stable, between.
    What it adds is a state where the run itself is too slow to converge, as beside a critical point.  With
    follow = False every point is solved from its own start.

    Parameters
    ----------
    model, scans, parameters, ansatz, generated, executor, journal, progress
        as in `derive.api.sweep`; a record of the journal is a chunk of 512 points, whatever the executor.
    branch : str
        A name of a start: uninformed, informed, informed_0, ...; or trivial, the fixed point q = 0.
    follow : bool
        Whether points between the ends of a stretch are followed.
    responses : bool
        Whether responses such as specific_heat are computed: some hundred solves a point.

    Returns
    -------
    xarray.Dataset
        As of `derive.sweeps.run_sweep`, with this branch alone.  "dominates" is left out: it compares branches.

    Raises
    ------
    UsageError
        for an unknown branch, and for parameters that are unknown or outside their domain.
    """
    axes, fixed = exact_axes(scans, parameters)
    chunks, places, values = _chunks(model, axes, fixed, branch, ansatz, generated, EVERY if follow else 1, responses)
    total = sum(len(place) for place in places)
    identity = {"spec_hash": model.hash, "ansatz": ansatz}
    book = None if journal is None else Journal(journal, {**identity, "branch": branch})
    found: dict[int, Rows] = {}
    done = 0

    def keep(index: int, rows: Rows, new: bool = True) -> None:
        nonlocal done
        if new and book is not None:
            book.store(_content(chunks[index]), rows.to_json())
        found[index] = rows
        done += len(rows.status)
        if progress is not None:
            progress(done, total)

    try:
        missing = []
        for index, chunk in enumerate(chunks):
            known = None if book is None else book.fetch(_content(chunk))
            if known is None:
                missing.append((index, chunk))
            else:
                keep(index, Rows.from_json(known), new=False)
        compute(solve_chunk, missing, keep, executor)
    finally:
        if book is not None:
            book.close()
    attributes = {"model": model.name, **identity, "parameters": json.dumps(_fixed(model, axes, fixed))}
    ordered = [(places[index], found[index]) for index in range(len(chunks))]
    return _dataset(ordered, axes, coordinates(axes, [branch], values), attributes)


def _chunks(
    model: Model,
    axes: Mapping[str, Sequence[str]],
    fixed: Mapping[str, str],
    branch: str,
    ansatz: str,
    generated: Path | None,
    every: int,
    responses: bool,
) -> tuple[list[Chunk], list[np.ndarray], list[np.ndarray]]:
    """The tasks, the places of their points in the grid, and the values of the axes."""
    from derive.api import build
    from derive.spec.tables import table_columns

    chunks, places = [], []
    found, values = pieces(model, axes, fixed)
    for piece in found:
        path = build(piece.model, ansatz, generated)
        table = {name: tuple(map(float, column)) for name, column in table_columns(piece.model).items()}
        for order, along, lines in cut(piece.rows, values):
            chunks.append(Chunk(path, table, branch, piece.points[order], along, lines, every, responses))
            places.append(piece.rows[order])
        _check_branch(chunks[-1])
    return chunks, places, values


def _check_branch(chunk: Chunk) -> None:
    solver = solver_of(chunk)
    names = branch_names(solver, chunk.points[0])
    if chunk.branch in names:
        return
    close = nearest(chunk.branch, names)
    hint = f"; did you mean {close}?" if close else ""
    raise UsageError(
        f"{solver.module.MODEL} has no branch {chunk.branch!r} that a run leads to{hint} (it has: {', '.join(names)})"
    )


def _content(chunk: Chunk) -> dict[str, Any]:
    """What the result of a chunk depends on, besides the model, the branch and the versions."""
    digest = hashlib.sha256()
    for numbers in (chunk.points, chunk.along, chunk.lines):
        digest.update(numbers.tobytes())
    text, kind = solver_of(chunk).module.__name__, {"every": chunk.every, "responses": chunk.responses}
    return {"chunk": digest.hexdigest(), "solver": text, **kind}


def _fixed(model: Model, axes: Mapping[str, object], fixed: Mapping[str, str]) -> dict[str, str]:
    """The exact texts of all parameters that are not scanned, in the order of the model."""
    from derive.exact import exact_text

    return {p.name: fixed.get(p.name) or exact_text(p.default) for p in model.parameters if p.name not in axes}


def _dataset(
    parts: Sequence[tuple[np.ndarray, Rows]],
    axes: Mapping[str, Sequence[str]],
    coords: Mapping[str, Any],
    attributes: Mapping[str, str],
) -> xr.Dataset:
    """Put the rows of all chunks at their places."""
    import xarray as xr

    shape = (*(len(texts) for texts in axes.values()), 1)
    dims = (*axes, "branch")
    total = sum(len(places) for places, _ in parts)
    keys: dict[Key, None] = dict.fromkeys(key for _, rows in parts for key in rows.numbers)
    order = ("", "order_parameters", "observables")
    variables: dict[str, Any] = {}
    for kind, name in sorted(keys, key=lambda key: order.index(key[0])):
        column = np.full(total, np.nan)
        for places, rows in parts:
            if (kind, name) in rows.numbers:
                column[places] = rows.numbers[kind, name]
        label = name if name not in variables else f"{kind}_{name}"
        variables[label] = (dims, column.reshape(shape), {"kind": kind, "name": name} if kind else {})
    stable, status = np.zeros(total, dtype=bool), np.empty(total, dtype=object)
    names = np.array(STATUSES, dtype=object)
    for places, rows in parts:
        stable[places], status[places] = rows.stable, names[rows.status]
    variables["stable"] = (dims, stable.reshape(shape))
    variables["status"] = (dims, status.reshape(shape))
    return xr.Dataset(variables, coords, {**attributes, "versions": json.dumps(versions())})


def results_of(dataset: xr.Dataset, most: int | None = None) -> list[SolveResult]:
    """The points of a Dataset of one branch as results, last scan fastest; the first `most` of them."""
    (branch,) = dataset["branch"].values.tolist()
    names = [str(d) for d in dataset.dims if d != "branch"]
    texts = [json.loads(dataset[name].attrs["exact"]) for name in names]
    fixed = json.loads(dataset.attrs["parameters"])
    flat = {str(name): dataset[name].values.reshape(-1) for name in dataset.data_vars}
    kinds = {
        kind: {v.attrs["name"]: str(label) for label, v in dataset.data_vars.items() if v.attrs.get("kind") == kind}
        for kind in ("order_parameters", "observables")
    }
    found = []
    for i, place in enumerate(islice(np.ndindex(*(len(axis) for axis in texts)), most)):
        here = {name: axis[k] for name, axis, k in zip(names, texts, place, strict=True)}
        status, numbers = flat["status"][i], {name: float(flat[name][i]) for name in flat if name != "status"}
        solution = _solution(branch, status, numbers, kinds, bool(flat["stable"][i]))
        parameters = {**fixed, **here}
        ordered = {name: parameters[name] for name in (*fixed, *names)}
        head = (dataset.attrs["model"], dataset.attrs["ansatz"], ordered)
        found.append(SolveResult(*head, (solution,) if status else ()))
    return found


def _solution(
    branch: str, status: str, numbers: Mapping[str, float], kinds: Mapping[str, Mapping[str, str]], stable: bool
) -> Solution:
    """One point of a Dataset; `kinds` are the labels of the columns by kind and name."""
    overlaps, observables = (
        {name: numbers[label] for name, label in kinds[kind].items()} if status == "converged" else {}
        for kind in ("order_parameters", "observables")
    )
    return Solution(
        branch,
        status,
        {name: value for name, value in overlaps.items() if not math.isnan(value)},
        None if math.isnan(numbers["free_entropy"]) else numbers["free_entropy"],
        {name: None if math.isnan(value) else value for name, value in observables.items()},
        numbers["residual"],
        0 if math.isnan(numbers["iterations"]) else int(numbers["iterations"]),
        {"stable": stable},
    )
