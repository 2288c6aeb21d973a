"""Tables of data: quenched variables whose values are the rows of a csv or npz file.

A table is numbers and nothing else.  Every cell of a csv is a decimal number, an array of an npz is taken from its
bytes and never unpickled, so that reading a table runs no code.  The rows are equally weighted sites; the columns of
one file are joint, and there is one file in a model because the rows of two files are not paired.

A file is named relative to the folder of the model file.  Absolute paths and addresses are refused: they name one
machine or one moment, and a model says the same wherever its folder lies.
"""

from __future__ import annotations

import csv
import io
import lzma
import math
import re
import zipfile
import zlib
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PureWindowsPath

import numpy as np

from derive.errors import nearest
from derive.spec.deadline import untimed
from derive.spec.faults import Faults
from derive.spec.faults import Path as KeyPath
from derive.spec.model import Model, Table

__all__ = ["MAX_BYTES", "MAX_ROWS", "Tables", "table_columns", "table_of"]

MAX_BYTES = 100_000_000
MAX_ROWS = 1_000_000
MAX_COLUMNS = 10_000
MAX_CHECKED = 16

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, TypeError, RuntimeError)


class _TableError(Exception):
    """A fault of a file or, with `of_column`, of the column that is asked for."""

    def __init__(self, message: str, hint: str = "", of_column: bool = False):
        self.message = message
        self.hint = hint
        self.of_column = of_column
        super().__init__(message)


def table_columns(model: Model) -> dict[str, tuple[float, ...]]:
    """Return the columns of a model's table by quenched name; row i of all of them is one site."""
    return {q.name: q.law.values for q in model.quenched if isinstance(q.law, Table)}


def table_of(model: Model) -> tuple[str, int, dict[str, str]] | None:
    """Return the file of a model's table, its number of rows and the column of each quenched name, or None."""
    tables = {q.name: q.law for q in model.quenched if isinstance(q.law, Table)}
    if not tables:
        return None
    first = next(iter(tables.values()))
    return first.path, len(first.values), {name: table.column for name, table in tables.items()}


# ----------------------------------------------------------------------------------------- one model


@dataclass(slots=True)
class Tables:
    """The one table of a model file: its columns, and what is wrong with them.

    `rows` are the rows where laws are checked: those of the least and the greatest value of each column.
    """

    faults: Faults
    directory: Path | None = None
    rows: list[int] = field(default_factory=list)
    _file: Path | None = None
    _user: str = ""
    _csv: dict[str, array[float]] | None = None
    _length: tuple[int, str] | None = None
    _failed: bool = False

    def fill(self, path: KeyPath, table: Table, places: tuple[int, int] = (1, 1)) -> Table | None:
        """Return `table` with its values, or None after recording the fault.

        Parameters
        ----------
        path : tuple
            The key of the law.
        table : Table
            File and column as the author wrote them.
        places : tuple of int
            Where the two stand in the text of the law, from 1.
        """
        try:
            file = self._find(table.path)
            if self._file not in (None, file):
                message = f"`{table.path[:100]}` is a second table beside that of {self._user}"
                raise _TableError(message, "rows of two tables are not paired: put the columns into one file")
            if self._failed:
                return None
            self._file, self._user = file, self._user or f"quenched.{path[1]}"
            with untimed():
                values = self._column(file, table)
        except _TableError as error:
            self.faults.add(path, error.message, error.hint, places[int(error.of_column)])
            return None
        for row in (values.index(min(values)), values.index(max(values))):
            if row not in self.rows and len(self.rows) < MAX_CHECKED:
                self.rows.append(row)
        return replace(table, values=values)

    def _find(self, name: str) -> Path:
        """Return the file that an author means, with every way of naming it resolved."""
        here = "a table is named relative to the folder of the model file"
        if not name.isprintable():
            raise _TableError("the name of the table has characters that cannot be printed", here)
        if "://" in name:
            raise _TableError(f"`{name[:100]}` is an address: nothing is fetched for a model", here)
        if name[0] in "/~" or PureWindowsPath(name).anchor or PureWindowsPath(name).drive:
            message = f"`{name[:100]}` is an absolute path, which holds on one machine only"
            raise _TableError(message, here)
        if Path(name).suffix.lower() not in (".csv", ".npz"):
            raise _TableError(f"`{name[:100]}` is neither a .csv nor an .npz file", "these two kinds are read")
        if self.directory is None:
            message = "a table is looked for in the folder of the model file, and this text comes without a file"
            raise _TableError(message, "save it as a file")
        try:
            file = (self.directory / name).resolve()
            if file.is_dir():
                raise _TableError(f"`{name[:100]}` is a folder, not a table")
            if not file.is_file():
                raise _TableError(f"there is no table `{name[:100]}`", here)
            if file.stat().st_size > MAX_BYTES:
                raise _TableError(f"the table `{name[:100]}` is larger than {MAX_BYTES // 10**6} MB")
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or "not a valid path"
            raise _TableError(f"the table `{name[:100]}` cannot be read: {reason}") from None
        return file

    def _column(self, file: Path, table: Table) -> tuple[float, ...]:
        """Return the values of one column; what is wrong with the whole file is said once."""
        shown, column = f"`{table.path[:100]}`", table.column
        try:
            self._failed = True
            if Path(table.path).suffix.lower() == ".npz":
                values = _npz_column(file, shown, column)
            else:
                if self._csv is None:
                    self._csv = _csv_columns(file.read_bytes(), shown)
                _check_column(column, self._csv, shown)
                values = tuple(self._csv[column])
            self._failed = False
        except _TableError as error:
            self._failed = not error.of_column
            raise
        except OSError as error:
            raise _TableError(f"the table {shown} cannot be read: {error.strerror or 'an error of the disk'}") from None
        if self._length is not None and len(values) != self._length[0]:
            message = f"column `{column[:60]}` of {shown} has {len(values)} rows, column `{self._length[1][:60]}` has"
            raise _TableError(f"{message} {self._length[0]}", "row i of all columns is one site", True)
        self._length = len(values), column
        return values


def _check_column(column: str, columns: Mapping[str, object], shown: str) -> None:
    """Refuse a column that the table does not have."""
    if not column.isprintable():
        raise _TableError("the name of the column has characters that cannot be printed", "", True)
    if column in columns:
        return
    names = [name for name in columns if name]
    close = nearest(column, [name for name in names if len(name) <= 60]) if len(column) <= 60 else None
    hint = f"did you mean `{close}`?" if close else "columns: " + ", ".join(n[:40] for n in names[:12])
    if not close and len(names) > 12:
        hint += f", and {len(names) - 12} more"
    if names and all(_NUMBER.fullmatch(name) for name in names):
        hint += "; the first row of a csv names its columns"
    elif len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        hint = "cells are separated by commas"
    raise _TableError(f"the table {shown} has no column `{column[:60]}`", hint, True)


# --------------------------------------------------------------------------------------------- csv


def _csv_columns(content: bytes, shown: str) -> dict[str, array[float]]:
    """Return all columns of a csv: a row of names, then rows of finite numbers."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _TableError(f"the table {shown} is not UTF-8 text") from None
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        if not any(names):
            what = "is empty" if not text.strip() else "has no names in its first row"
            raise _TableError(f"the table {shown} {what}", "a row of column names, then rows of numbers")
        if len(names) > MAX_COLUMNS:
            raise _TableError(f"the table {shown} has more than {MAX_COLUMNS} columns")
        twice = next((name for name, count in Counter(names).items() if name and count > 1), None)
        if twice is not None:
            raise _TableError(f"the table {shown} has two columns `{twice[:60]}`")
        columns = [array("d") for _ in names]
        blank = False
        for row in reader:
            if len(row) < 2 and not "".join(row).strip():
                blank = True
                continue
            number = len(columns[0]) + 1
            where = f"row {number} (line {reader.line_num}) of {shown}"
            if blank:
                raise _TableError(f"there is an empty line before {where}", "only the last line may be empty")
            if number > MAX_ROWS:
                raise _TableError(f"the table {shown} has more than {MAX_ROWS} rows", "take a sample of them")
            if len(row) != len(names):
                message = f"{where} has {len(row)} cells, the row of names has {len(names)}"
                raise _TableError(message, "cells are separated by commas; decimals have a point")
            for values, value in zip(columns, _numbers(row, names, where), strict=True):
                values.append(value)
    except csv.Error as error:
        raise _TableError(f"line {reader.line_num} of {shown} is not csv: {error}") from None
    if not columns[0]:
        raise _TableError(f"the table {shown} has a row of names and no row of numbers")
    return dict(zip(names, columns, strict=True))


def _numbers(row: Sequence[str], names: Sequence[str], where: str) -> list[float]:
    """Return the numbers of one row; zero has no sign."""
    found = []
    for name, cell in zip(names, row, strict=True):
        value = float(cell) if _NUMBER.fullmatch(cell) else math.nan
        if not math.isfinite(value):
            what = f"the cell `{cell[:40]}`" if cell.strip() else "an empty cell"
            raise _TableError(f"{where} has {what} in column `{name[:60]}`", "every cell is a finite number")
        found.append(value + 0.0)
    return found


# --------------------------------------------------------------------------------------------- npz


def _npz_column(file: Path, shown: str, column: str) -> tuple[float, ...]:
    """Return one array of an npz: one axis, finite numbers.

    The header is checked before the data are unpacked, so that a small file cannot fill the memory.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}
            if not names:
                raise _TableError(f"the table {shown} is empty", "one array for each column")
            _check_column(column, names, shown)
            with archive.open(names[column]) as member:
                read_header = _HEADERS.get(np.lib.format.read_magic(member))
                shape, _, dtype = read_header(member) if read_header else ((), False, np.dtype(object))
                where = f"column `{column[:60]}` of {shown}"
                if dtype.kind not in "iuf":
                    raise _TableError(f"{where} is not an array of real numbers", f"found {dtype}"[:60], True)
                if len(shape) != 1:
                    raise _TableError(f"{where} has {len(shape)} axes", "a column is an array of one axis", True)
                if shape[0] < 0:
                    raise ValueError
                if shape[0] > MAX_ROWS:
                    raise _TableError(f"{where} has more than {MAX_ROWS} rows", "take a sample of them", True)
                content = member.read(shape[0] * dtype.itemsize)
        with np.errstate(all="ignore"):
            values = np.frombuffer(content, dtype, shape[0]).astype(np.float64) + 0.0 if shape[0] else np.zeros(0)
    except _BROKEN:
        raise _TableError(f"the table {shown} is broken or no npz file") from None
    if not values.size:
        raise _TableError(f"{where} is empty", "a column has at least one row", True)
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        message = f"row {wrong[0] + 1} of {where} is {values[wrong[0]]}"
        raise _TableError(message, "every value is a finite number", True)
    return tuple(values.tolist())
