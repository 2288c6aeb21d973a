"""Columns of tables that model files name: site variables read from a .csv or .npz file."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from derive.errors import ModelError
from derive.spec.model import Model, Table

__all__ = ["Tables"]

Array = NDArray[np.float64]


class Tables:
    """The tables of a model, read once, relative to the folder of the model file."""

    def __init__(self, model: Model):
        self.name = model.name
        self.folder = Path(model.source).parent
        self._read: dict[str, dict[str, Array]] = {}

    def column(self, table: Table) -> Array:
        """Return a column.

        Raises
        ------
        ModelError
            If the file or the column is missing, or holds something else than finite numbers.
        """
        if table.path not in self._read:
            self._read[table.path] = self._columns(table.path)
        columns = self._read[table.path]
        if table.column not in columns:
            known = ", ".join(columns) or "none"
            raise ModelError(f"{self.name}: the table {table.path} has no column {table.column!r} (it has: {known})")
        found = columns[table.column]
        if found.ndim != 1 or not found.size or not np.isfinite(found).all():
            raise ModelError(f"{self.name}: the column {table.column!r} of {table.path} is not a list of numbers")
        if len({c.shape[0] for c in columns.values() if c.ndim}) > 1:
            raise ModelError(f"{self.name}: the columns of {table.path} have different lengths")
        return found

    def _columns(self, path: str) -> dict[str, Array]:
        file = self.folder / path
        try:
            if file.suffix == ".npz":
                with np.load(file, allow_pickle=False) as data:
                    return {name: np.asarray(data[name], dtype=float) for name in data.files}
            with file.open(newline="", encoding="utf-8-sig") as stream:
                rows = [row for row in csv.reader(stream) if row]
            names = [name.strip() for name in rows[0]] if rows else []
            numbers = np.array([[float(cell) for cell in row] for row in rows[1:]])
            return {name: numbers[:, j] for j, name in enumerate(names)}
        except (OSError, ValueError, IndexError) as error:
            raise ModelError(f"{self.name}: the table {path} cannot be read: {error}") from None
