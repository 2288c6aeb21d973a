"""From scans to chunks: every axis resolved once, points ordered so that neighbours follow each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from derive.exact import exact

if TYPE_CHECKING:
    from derive.spec.model import Domain, Model

__all__ = ["POINTS", "Piece", "cut", "pieces"]

POINTS = 512
"""Points of a chunk: a record of the journal."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The points of a grid that one solver solves: all of them, or those at zero temperature, or the others.

    model  the model, at beta = "inf" where it is;  rows: places in the grid, last scan fastest, shape (n,)
    points parameters in the order of the model, shape (n, parameters)
    """

    model: Model
    rows: np.ndarray
    points: np.ndarray


def _inside(domain: Domain, value: float) -> bool:
    """Whether the double of an exact number is enough to tell that it lies in the domain."""
    return domain.values is None and float(domain.lower) < value < float(domain.upper)


def _axis_values(model: Model, name: str, texts: Sequence[str], others: Mapping[str, object]) -> np.ndarray:
    """The values of a scanned parameter as doubles, checked against its domain.

    Rounding keeps the order of numbers, so that a double strictly inside tells that the number is; what lies at or
    beyond an end is looked at exactly.

    Raises
    ------
    UsageError
        for a value outside the domain, as `derive.api.resolve_parameters` says it.
    """
    from derive.api import resolve_parameters

    domain = model.parameter(name).domain
    found = np.empty(len(texts))
    for i, text in enumerate(texts):
        number = exact(text)
        found[i] = float(number)
        if not isinstance(number, Fraction) or not _inside(domain, found[i]):
            resolve_parameters(model, {**others, name: text})
    return found


def pieces(
    model: Model, axes: Mapping[str, Sequence[str]], fixed: Mapping[str, object]
) -> tuple[list[Piece], list[np.ndarray]]:
    """The grid by the solver that each point needs, and the values of every axis, resolved once.

    Raises
    ------
    UsageError
        for parameters that are unknown or outside their domain.
    """
    from derive.api import numbers, resolve_parameters
    from derive.ground import at_zero_temperature, is_ground

    first = {name: texts[0] for name, texts in axes.items()}
    values = resolve_parameters(model, {**fixed, **first})
    doubles = [_axis_values(model, name, texts, {**fixed, **first}) for name, texts in axes.items()]
    shape = [len(texts) for texts in axes.values()]
    places = np.indices(shape).reshape(len(shape), -1) if shape else np.zeros((0, 1), dtype=int)
    columns = {name: np.full(places.shape[1], x) for name, x in zip(values, numbers(values), strict=True)}
    for name, place, axis in zip(axes, places, doubles, strict=True):
        columns[name] = axis[place]

    def exactly(row: int) -> dict[str, Any]:
        here = {name: axes[name][place[row]] for name, place in zip(axes, places, strict=True)}
        return resolve_parameters(model, {**fixed, **here})

    found = []
    cold = np.zeros(places.shape[1], dtype=bool)
    for row in _suspects(model, columns):
        cold[row] = is_ground(model, exactly(row))
    for rows in (np.flatnonzero(~cold), np.flatnonzero(cold)):
        if len(rows):
            solved, kept = at_zero_temperature(model, exactly(rows[0]))
            found.append(Piece(solved, rows, np.stack([columns[name][rows] for name in kept], axis=1)))
    return found, doubles


def _suspects(model: Model, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """The rows of a grid where beta, in doubles, is not a number of ordinary size: it may be infinite there."""
    import sympy as sp

    if model.beta is None or not model.beta.free_symbols:
        return np.empty(0, dtype=int)
    symbols = [model.parameter(name).symbol for name in columns]
    with np.errstate(all="ignore"):
        beta = np.asarray(sp.lambdify(symbols, model.beta, "numpy")(*columns.values()))
    return np.flatnonzero(np.broadcast_to(~(np.abs(beta) < 1e10), (len(next(iter(columns.values()))),)))


def cut(rows: np.ndarray, values: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Cut places of a grid into chunks of at most `POINTS`: (order, along, lines), each of shape (points,).

    Lines run along the axis that has most values here (the last of several), in the order of the values.  `values` are
    those of every axis, `rows` places in the grid with the last axis fastest, and `order` places in `rows`.

    >>> axes = [np.array([0.0, 1.0]), np.array([5.0, 4.0])]
    >>> [[part.tolist() for part in chunk] for chunk in cut(np.arange(4), axes)]
    [[[1, 0, 3, 2], [4.0, 5.0, 4.0, 5.0], [0, 0, 1, 1]]]
    """
    shape = [len(axis) for axis in values]
    places = [*np.unravel_index(rows, shape)] if shape else []
    sizes = [len(np.unique(place)) for place in places]
    if not sizes:
        yield np.arange(len(rows)), np.zeros(len(rows)), np.arange(len(rows))
        return
    longest = max(range(len(sizes)), key=lambda k: (sizes[k], k))
    lines = np.zeros(len(rows), dtype=int)
    for k, place in enumerate(places):
        lines = lines if k == longest else lines * shape[k] + place
    along = values[longest][places[longest]]
    order = np.lexsort((along, lines))
    for begin in range(0, len(rows), POINTS):
        part = order[begin : begin + POINTS]
        yield part, along[part], lines[part]
