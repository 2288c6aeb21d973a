"""Lines of thresholds as a table, a Dataset, a file and a figure: several lines of one model make its phase diagram."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive.errors import UsageError
from derive.exact import double
from derive.journal import versions
from derive.runtime.results import UNSEARCHED, ThresholdLine, ThresholdResult
from derive.terminal import name_values, table

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["check_diagram", "line_text", "lines_dataset", "remarks", "save_lines"]

FIGURES = (".svg", ".png", ".pdf")


def check_diagram(variables: Sequence[tuple[str, str]]) -> None:
    """Refuse lines, given as (threshold, what it is solved for), that have no vertical axis in common."""
    (first, shared), *rest = variables
    for name, variable in rest:
        if variable != shared:
            raise UsageError(
                f"{first} is solved for {shared} and {name} for {variable}: lines of one diagram share their axes"
            )
    names = [name for name, _ in variables]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UsageError(f"{twice[0]} is given twice")


def line_text(line: ThresholdLine) -> str:
    """A line for people: a row for each value, with the order parameters that one point at least has as a number."""
    numbers = [{k: v for k, v in p.order_parameters.items() if isinstance(v, float)} for p in line.points]
    names = list(dict.fromkeys(name for row in numbers for name in row))
    where = name_values(line.parameters)
    head = f"{line.model}: {line.threshold}" + (f" at {where}" if where else "")
    rows = [
        [_short(p.parameters[line.axis]), p.value, p.status, *(row.get(name) for name in names)]
        for p, row in zip(line.points, numbers, strict=True)
    ]
    return f"{head}\n{table([line.axis, line.variable, 'status', *names], rows)}"


def _short(text: str) -> str:
    """An exact number; a long one as a double.

    >>> _short("0.5"), _short("1587/9950")
    ('0.5', '0.159497487437186')
    """
    return text if len(text) <= 8 else f"{double(text):.15g}"


def remarks(line: ThresholdLine) -> list[str]:
    """What a line has to say about where it ends: a sentence for each run of values that it is about."""

    def sentence(p: ThresholdResult) -> str:
        return p.detail.replace(UNSEARCHED, "").partition(f" at {line.axis} = ")[0]

    said: list[str] = []
    for detail, points in itertools.groupby(line.points, key=sentence):
        group = list(points)
        if detail:
            at = [_short(p.parameters[line.axis]) for p in group]
            where = at[0] if len(at) == 1 else f"{at[0]} to {at[-1]}"
            searched = sum(UNSEARCHED not in p.detail for p in group)
            some = "" if searched == len(group) else f" ({searched} of {len(group)} values were searched)"
            said.append(f"{line.threshold} at {line.axis} = {where}: {detail}{some}")
    return said


def lines_dataset(lines: Sequence[ThresholdLine]) -> xr.Dataset:
    """Dimensions "threshold" and the scanned parameter; variables: the value, status, digits, detail, overlaps."""
    import numpy as np
    import xarray as xr

    first = lines[0]
    found = [{p.parameters[first.axis]: p for p in line.points} for line in lines]  # an interrupted line has fewer
    texts = list(dict.fromkeys(text for points in found for text in points))
    dims = ("threshold", first.axis)

    def rows(read: Any, missing: Any) -> list[list[Any]]:
        return [[read(points[text]) if text in points else missing for text in texts] for points in found]

    def number(value: Any) -> float:
        return math.nan if value is None else float(value)

    names = dict.fromkeys(name for line in lines for p in line.points for name in p.order_parameters)
    variables: dict[str, Any] = {
        first.variable: (dims, np.array(rows(lambda p: number(p.value), math.nan), dtype=float))
    }
    variables["status"] = (dims, np.array(rows(lambda p: p.status, ""), dtype=object))
    variables["digits"] = (dims, np.array(rows(lambda p: p.digits, 0), dtype=np.int32))
    for name in names:
        key = name if name not in (*variables, first.axis, "detail") else f"order_parameter_{name}"
        variables[key] = (
            dims,
            np.array(rows(lambda p, n=name: number(p.order_parameters.get(n)), math.nan), dtype=float),
        )
    variables["detail"] = (dims, np.array(rows(lambda p: p.detail, ""), dtype=object))
    coordinates = {
        "threshold": ("threshold", np.array([line.threshold for line in lines], dtype=object)),
        first.axis: (first.axis, [double(text) for text in texts], {"exact": json.dumps(texts)}),
    }
    attributes = {
        "model": first.model,
        "parameters": json.dumps(dict(first.parameters)),
        "versions": json.dumps(versions()),
    }
    return xr.Dataset(variables, coordinates, attributes)


def save_lines(lines: Sequence[ThresholdLine], path: Path) -> Path:
    """Write lines by the suffix: .nc, .csv (one row per threshold and value), or a figure."""
    dataset = lines_dataset(lines)
    if path.suffix in FIGURES:
        from derive.plotting import save_diagram

        return save_diagram(dataset, lines[0].variable, path, title=lines[0].model)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".nc":
        dataset.to_netcdf(path, engine="scipy")
    else:
        dataset.to_dataframe().reset_index().to_csv(path, index=False)
    return path
