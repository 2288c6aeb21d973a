"""The results of one branch at many points as arrays, their exact form on disk, and solutions made of them."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive.runtime.results import ADVICE, Solution

__all__ = ["STATUSES", "Rows", "gather", "scatter"]

STATUSES = ("", *ADVICE)
"""Codes of a status: the place in this list; the first means that there is no such branch."""

Key = tuple[str, str]
"""(kind, name) of a column: kind is "", "order_parameters" or "observables"."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of n numbers each, in the order in which they are shown, and a verdict on every point."""

    numbers: dict[Key, np.ndarray]
    stable: np.ndarray
    status: np.ndarray

    def put(self, solutions: Mapping[int, Solution]) -> Rows:
        """The rows with some of them taken from solutions."""
        numbers = dict(self.numbers)
        for i, solution in solutions.items():
            for column in numbers.values():
                column[i] = math.nan
            for key, value in _numbers(solution):
                if key not in numbers:
                    numbers[key] = np.full(len(self.status), math.nan)
                numbers[key][i] = math.nan if value is None else value
            self.stable[i] = bool(solution.stability.get("stable"))
            self.status[i] = STATUSES.index(solution.status)
        return Rows(numbers, self.stable, self.status)

    def to_json(self) -> dict[str, Any]:
        """The rows with every number exact, as the base64 of little-endian doubles."""
        return {
            "columns": [list(key) for key in self.numbers],
            "numbers": _text(np.array([*self.numbers.values()], dtype="<f8")),
            "stable": _text(self.stable.astype("u1")),
            "status": _text(self.status.astype("u1")),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Rows:
        """The inverse of `to_json`."""
        keys = [(kind, name) for kind, name in data["columns"]]
        status = _array(data["status"], "u1")
        numbers = _array(data["numbers"], "<f8").reshape(len(keys), len(status)).astype(float)
        return cls(dict(zip(keys, numbers, strict=True)), _array(data["stable"], "u1").astype(bool), status)


def _text(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")


def _array(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def _numbers(solution: Solution) -> Iterable[tuple[Key, float | None]]:
    yield ("", "free_entropy"), solution.free_entropy
    yield ("", "residual"), solution.residual
    yield ("", "iterations"), float(solution.iterations)
    for kind in ("order_parameters", "observables"):
        for name, value in getattr(solution, kind).items():
            yield (kind, name), value


def gather(solutions: Sequence[Solution | None]) -> Rows:
    """The rows of solutions; None where there is none."""
    n = len(solutions)
    columns = {("", name): np.full(n, math.nan) for name in ("free_entropy", "residual", "iterations")}
    empty = Rows(columns, np.zeros(n, dtype=bool), np.zeros(n, dtype=np.uint8))
    return empty.put({i: s for i, s in enumerate(solutions) if s is not None})


def scatter(n: int, rows: np.ndarray, values: Any) -> np.ndarray:
    """A column of n numbers with values at rows, nan elsewhere.

    >>> scatter(3, np.array([1]), 0.5).tolist()
    [nan, 0.5, nan]
    """
    column = np.full(n, math.nan)
    column[rows] = values
    return column
