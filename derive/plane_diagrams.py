"""Phase diagrams of two parameters: sections at several values, and the lines of their events, which are solved."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from derive.branch_diagrams import BranchDiagram, Section, fixed_values, inside_domain
from derive.errors import UsageError
from derive.event_lines import EventLine, Plane, SpecialPoint, line_of_crossing, line_of_event
from derive.exact import exact_number, exact_text
from derive.terminal import name_values, table

if TYPE_CHECKING:
    import xarray as xr

    from derive.spec.model import Model

__all__ = ["PlaneDiagram", "find_plane", "plane_text", "save_plane"]

SECTIONS = 5
"""Values of the second parameter at which all branches are followed along the first."""


@dataclass(frozen=True, slots=True)
class DiagramLine:
    """A line of events: what it is, its points, special points on it, and why its two ends end."""

    kind: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    special: tuple[SpecialPoint, ...]
    ends: tuple[str, str]


@dataclass(frozen=True, slots=True)
class PlaneDiagram:
    """The phase diagram of a model over two parameters `axes`, the `parameters` fixed.

    lines     folds, crossings of free entropies, losses of stability of q = 0, crossings of branches
    sections  the diagrams along the first parameter in which the lines were found, with their phases, by the second
    """

    model: str
    ansatz: str
    axes: tuple[str, str]
    ranges: tuple[tuple[str, str], tuple[str, str]]
    parameters: Mapping[str, str]
    lines: tuple[DiagramLine, ...]
    sections: tuple[tuple[float, BranchDiagram], ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON object of `derive diagram --y --json`; sections without their branches."""
        data = asdict(self)
        sections = [
            {axis: y, **{k: v for k, v in asdict(found).items() if k in ("events", "phases")}}
            for axis, (y, found) in zip([self.axes[1]] * len(self.sections), self.sections, strict=True)
        ]
        return {**data, "sections": sections}


def find_plane(
    model: Model,
    x: tuple[str, tuple[object, object]],
    y: tuple[str, tuple[object, object]],
    given: Mapping[str, object],
    ansatz: str = "rs",
    generated: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PlaneDiagram:
    """Draw the phase diagram of two parameters (see `derive.api.phase_diagram`)."""
    from derive.api import solver_of
    from derive.ground import at_zero_temperature

    (across, horizontal), (up, vertical) = x, y
    if across == up:
        raise UsageError(f"a phase diagram has two parameters; {across} is given for both")
    whole = model
    fixed = fixed_values(model, up, {**given, across: _middle(horizontal)})
    del fixed[across]
    fixed_values(model, across, {**given, up: _middle(vertical)})
    model, kept = at_zero_temperature(model, fixed)
    solver = solver_of(model, ansatz, generated)
    ranges = inside_domain(model, across, horizontal), inside_domain(model, up, vertical)
    names = [p.name for p in model.parameters]
    base = np.array([float(sp.N(kept[n], 25)) if n in kept else np.nan for n in names])
    domains = [model.parameter(n).domain for n in (across, up)]
    plane = Plane(
        solver,
        base,
        (names.index(across), names.index(up)),
        ranges,
        ((float(domains[0].lower), float(domains[0].upper)), (float(domains[1].lower), float(domains[1].upper))),
    )
    scale = (ranges[0][1] - ranges[0][0], ranges[1][1] - ranges[1][0])
    lines: list[EventLine] = []
    sections: list[tuple[float, BranchDiagram]] = []
    for k in range(SECTIONS):
        at = ranges[1][0] + scale[1] * (k + 0.5) / SECTIONS
        section = Section.find(model, solver, across, ranges[0], {**kept, up: sp.Float(at, 17)})
        sections.append((at, section.summary(whole.name, ansatz, horizontal, {**fixed, up: sp.Float(at, 17)})))
        for event in (e for branch in section.branches for e in branch.events):
            if not any(line.kind == event.kind and line.passes(event.a, at, scale) for line in lines):
                found = line_of_event(plane, event, at)
                lines += [found] if found is not None else []
        for crossing in section.crossings:
            if not any(line.kind == "crossing" and line.passes(crossing.a, at, scale) for line in lines):
                zero = tuple(b >= 0 and section.branches[b].trivial for b in crossing.branches)
                found = line_of_crossing(plane, crossing, (zero[0], zero[1]), at)
                lines += [found] if found is not None else []
        if progress is not None:
            progress(k + 1, SECTIONS)
    drawn = [
        DiagramLine(
            line.kind,
            tuple(p[0] for p in line.points),
            tuple(p[1] for p in line.points),
            tuple(line.special),
            line.ends,
        )
        for line in lines
    ]
    return PlaneDiagram(
        whole.name,
        ansatz,
        (across, up),
        tuple((exact_text(a), exact_text(b)) for a, b in (horizontal, vertical)),  # type: ignore[arg-type]
        {n: exact_text(v) for n, v in fixed.items()},
        tuple(drawn),
        tuple(sections),
    )


def _middle(interval: tuple[object, object]) -> str:
    low, high = (exact_number(exact_text(e)) for e in interval)
    return exact_text((low + high) / 2)


def plane_text(found: PlaneDiagram) -> str:
    """A phase diagram for people: its lines, their special points, and the phases of the sections."""
    x, y = found.axes
    where = name_values(found.parameters)
    head = f"{found.model}: {x} = {' to '.join(found.ranges[0])}, {y} = {' to '.join(found.ranges[1])}"
    rows = [
        [line.kind, len(line.x), min(line.x), max(line.x), min(line.y), max(line.y), " / ".join(line.ends)]
        for line in found.lines
    ]
    header = ["line", "points", f"{x} from", "to", f"{y} from", "to", "ends"]
    parts = [head + (f" at {where}" if where else ""), table(header, rows)]
    points = dict.fromkeys((s.kind, s.x, s.y) for line in found.lines for s in line.special)
    if points:
        parts.append(table(["point", x, y], [list(p) for p in points]))
    rows = [[at, f.start, f.stop, f.name or "-", f.stable] for at, section in found.sections for f in section.phases]
    parts.append(table([y, f"{x} from", "to", "phase", "stable"], rows))
    return "\n\n".join(parts)


def plane_dataset(found: PlaneDiagram) -> xr.Dataset:
    """Dimension "point": all points of all lines, one after the other, with the number and the kind of their line."""
    import xarray as xr

    x, y = found.axes
    numbers = [k for k, line in enumerate(found.lines) for _ in line.x]
    columns: dict[str, Any] = {
        "line": ("point", np.array(numbers, dtype=np.int32)),
        "kind": ("point", np.array([found.lines[k].kind for k in numbers], dtype=object)),
        x: ("point", [v for line in found.lines for v in line.x]),
        y: ("point", [v for line in found.lines for v in line.y]),
    }
    about = {k: v for k, v in found.to_json().items() if k != "lines"}
    about["special"] = [asdict(s) for line in found.lines for s in line.special]
    return xr.Dataset(columns, attrs={k: v if isinstance(v, str) else json.dumps(v) for k, v in about.items()})


def save_plane(found: PlaneDiagram, path: Path) -> Path:
    """Write a phase diagram by the suffix: .nc, .csv (a row for each point of a line), or a figure."""
    if path.suffix in (".svg", ".png", ".pdf"):
        from derive.plotting import save_plane_figure

        return save_plane_figure(found, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset = plane_dataset(found)
    if path.suffix == ".nc":
        dataset.to_netcdf(path, engine="scipy")
    else:
        dataset.to_dataframe().to_csv(path, index=False)
    return path
