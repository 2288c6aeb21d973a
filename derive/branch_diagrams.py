"""Diagrams of one parameter: every branch with its stability, its events, the crossings and the phases between them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sympy as sp

from derive.errors import UsageError
from derive.exact import exact_number, exact_text
from derive.runtime.branches import name_overlaps
from derive.terminal import name_values, table

if TYPE_CHECKING:
    import xarray as xr

    from derive.followed import Branch
    from derive.phases import Crossing, Phase
    from derive.runtime.trivial import Point
    from derive.solver import Solver
    from derive.spec.model import Model
    from derive.thresholds import Problem

__all__ = [
    "BranchDiagram",
    "DiagramEvent",
    "FollowedBranch",
    "PhaseRange",
    "Section",
    "diagram_text",
    "find_diagram",
    "fixed_values",
    "inside_domain",
    "parse_interval",
    "save_branches",
]

MARGIN = 1e-6
"""An open end of a domain is approached to this share of the interval."""


@dataclass(frozen=True, slots=True)
class FollowedBranch:
    """A branch: columns of equal length in the order of the curve; `unstable` counts growing directions."""

    name: str
    parameter: tuple[float, ...]
    free_entropy: tuple[float, ...]
    unstable: tuple[int, ...]
    order_parameters: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class DiagramEvent:
    """What happens, and to which branches: fold, bifurcation, vanishing, instability (of q = 0), crossing, end."""

    kind: str
    value: float
    branches: tuple[str, ...]
    order_parameters: Mapping[str, float]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PhaseRange:
    """A phase between two events: its name (may be empty), the dominating branch and the number of stable ones."""

    start: float
    stop: float
    name: str
    dominating: str | None
    stable: int


@dataclass(frozen=True, slots=True)
class BranchDiagram:
    """All branches of a model along `axis` from `start` to `stop`, the `parameters` fixed."""

    model: str
    ansatz: str
    axis: str
    start: str
    stop: str
    parameters: Mapping[str, str]
    branches: tuple[FollowedBranch, ...]
    events: tuple[DiagramEvent, ...]
    phases: tuple[PhaseRange, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON object of `derive diagram --json`."""
        return asdict(self)


def parse_interval(text: str) -> tuple[str, str]:
    """`START:STOP` as exact texts.

    >>> parse_interval("1/3:2")
    ('1/3', '2')
    """
    start, colon, stop = text.partition(":")
    if not colon or ":" in stop:
        raise UsageError(f"an interval is START:STOP; found `{text[:80]}`")
    low, high = exact_number(start.strip()), exact_number(stop.strip())
    if not (sp.N(high - low, 25) > 0):
        raise UsageError(f"an interval goes up; found `{text[:80]}`")
    return exact_text(low), exact_text(high)


def find_diagram(
    model: Model,
    axis: str,
    interval: tuple[object, object],
    given: Mapping[str, object],
    ansatz: str = "rs",
    generated: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BranchDiagram:
    """Follow every branch along a parameter (see `derive.api.follow`)."""
    from derive.api import solver_of
    from derive.ground import at_zero_temperature

    fixed = fixed_values(model, axis, given)
    cold, kept = at_zero_temperature(model, fixed)
    ends = inside_domain(cold, axis, interval)
    section = Section.find(cold, solver_of(cold, ansatz, generated), axis, ends, kept, progress)
    return section.summary(model.name, ansatz, interval, fixed)


@dataclass(frozen=True, slots=True)
class Section:
    """All that is found along one parameter, `kept` being the others."""

    problem: Problem
    axis: str
    branches: list[Branch]
    crossings: list[Crossing]
    phases: list[Phase]

    @classmethod
    def find(
        cls,
        model: Model,
        solver: Solver,
        axis: str,
        ends: tuple[float, float],
        kept: Mapping[str, Any],
        progress: Callable[[int, int], None] | None = None,
    ) -> Section:
        """Follow all branches, and compare their free entropies."""
        from derive.continuation import branches_along
        from derive.phases import crossings, phases
        from derive.spec.model import ThresholdSpec
        from derive.thresholds import Problem

        spec = ThresholdSpec("diagram", "spinodal", axis)
        problem = Problem(model, spec, solver, {**kept, axis: sp.nan}, lambda text: None)
        branches = branches_along(problem, *ends, progress=progress)
        met = crossings(problem, branches, *ends)
        return cls(problem, axis, branches, met, phases(problem, branches, met, *ends))

    def overlaps(self, point: Point | None, a: float) -> dict[str, float]:
        """The order parameters of a state by name."""
        if point is None:
            return {}
        radii = self.problem.solver.facts(self.problem.p(a)).radii
        return name_overlaps(self.problem.solver.module, point.x, point.hats, radii)

    def summary(
        self, name: str, ansatz: str, interval: tuple[object, object], fixed: Mapping[str, Any]
    ) -> BranchDiagram:
        """What is found as numbers by name."""
        from derive.phases import PERFECT

        names = _names(self.branches)
        label = {**dict(enumerate(names)), PERFECT: "perfect"}
        events = [
            DiagramEvent(e.kind, e.a, (owner,), self.overlaps(e.point, e.a), e.detail)
            for owner, branch in zip(names, self.branches, strict=True)
            for e in branch.events
        ]
        events += [
            DiagramEvent("crossing", c.a, tuple(label[k] for k in c.branches), self.overlaps(c.points[0], c.a))
            for c in self.crossings
        ]
        found = [
            PhaseRange(f.start, f.stop, f.name, None if f.dominating is None else label[f.dominating], f.stable)
            for f in self.phases
        ]
        columns = [self._columns(owner, branch) for owner, branch in zip(names, self.branches, strict=True)]
        start, stop = (exact_text(x) for x in interval)
        ordered = tuple(sorted(events, key=lambda e: e.value))
        others = {n: exact_text(v) for n, v in fixed.items()}
        return BranchDiagram(name, ansatz, self.axis, start, stop, others, tuple(columns), ordered, tuple(found))

    def _columns(self, name: str, branch: Branch) -> FollowedBranch:
        rows = [self.overlaps(s.point, s.a) for s in branch.states]
        return FollowedBranch(
            name,
            tuple(s.a for s in branch.states),
            tuple(s.free_entropy for s in branch.states),
            tuple(s.unstable for s in branch.states),
            {k: tuple(row[k] for row in rows) for k in rows[0]},
        )


def fixed_values(model: Model, axis: str, given: Mapping[str, object]) -> dict[str, Any]:
    """The exact values of the other parameters; what cannot be followed is refused."""
    from derive.library import unknown_name
    from derive.spec.model import ThresholdSpec
    from derive.thresholds import fixed_parameters

    if axis not in {p.name for p in model.parameters}:
        raise unknown_name("parameter", axis, [p.name for p in model.parameters])
    if axis in given:
        raise UsageError(f"{axis} is both followed and set to {given[axis]}")
    domain = model.parameter(axis).domain
    if domain.values is not None:
        raise UsageError(f"{model.name}: {axis} takes the values {domain.text} only; a branch is followed continuously")
    return fixed_parameters(model, ThresholdSpec("diagram", "spinodal", axis), given)


def inside_domain(model: Model, axis: str, interval: tuple[object, object]) -> tuple[float, float]:
    """The interval, with ends of the domain approached only."""
    domain = model.parameter(axis).domain
    low, high = (float(sp.N(exact_number(exact_text(x)), 25)) for x in interval)
    if not low < high:
        raise UsageError(f"an interval goes up; found {low:g} to {high:g}")
    inside = []
    for end, limit, way in ((low, float(domain.lower), 1.0), (high, float(domain.upper), -1.0)):
        if (end - limit) * way < 0.0:
            raise UsageError(f"{model.name}: {axis} = {end:g} is outside of its domain {domain.text}")
        inside.append(end if end != limit else end + way * MARGIN * (high - low))
    return inside[0], inside[1]


def _names(followed: list[Branch]) -> list[str]:
    names, count = [], 0
    for branch in followed:
        count += not branch.trivial
        names.append("q = 0" if branch.trivial else f"branch {count}")
    return names


def diagram_text(found: BranchDiagram) -> str:
    """A diagram for people: phases, events and branches."""
    where = name_values(found.parameters)
    lines = [f"{found.model}: {found.axis} = {found.start} to {found.stop}" + (f" at {where}" if where else "")]
    rows = [[f.start, f.stop, f.name or "-", f.dominating or "-", f.stable] for f in found.phases]
    lines += ["", table(["from", "to", "phase", "dominating", "stable"], rows)]
    told = [e for e in found.events if e.kind != "end"]
    names = list(dict.fromkeys(k for e in told for k in e.order_parameters if not k.endswith("_hat")))
    rows = [[e.kind, e.value, " / ".join(e.branches), *(e.order_parameters.get(k) for k in names)] for e in told]
    if rows:
        lines += ["", table(["event", found.axis, "branch", *names], rows)]
    rows = [
        [b.name, min(b.parameter), max(b.parameter), len(b.parameter), min(b.unstable), max(b.unstable)]
        for b in found.branches
    ]
    lines += ["", table(["branch", "from", "to", "places", "unstable", "at most"], rows)]
    return "\n".join(lines)


def branches_dataset(found: BranchDiagram) -> xr.Dataset:
    """Dimension "place": all places of all branches, one after the other, with the branch they belong to."""
    import numpy as np
    import xarray as xr

    keys = list(dict.fromkeys(k for b in found.branches for k in b.order_parameters))
    columns: dict[str, Any] = {
        "branch": ("place", np.array([b.name for b in found.branches for _ in b.parameter], dtype=object)),
        found.axis: ("place", [a for b in found.branches for a in b.parameter]),
        "free_entropy": ("place", [x for b in found.branches for x in b.free_entropy]),
        "unstable": ("place", np.array([n for b in found.branches for n in b.unstable], dtype=np.int32)),
    }
    for key in keys:
        name = key if key not in columns else f"order_parameter_{key}"
        columns[name] = (
            "place",
            [x for b in found.branches for x in b.order_parameters.get(key, (math.nan,) * len(b.parameter))],
        )
    about = {k: v for k, v in found.to_json().items() if k != "branches"}
    attributes = {k: v if isinstance(v, str) else json.dumps(v) for k, v in about.items()}
    return xr.Dataset(columns, attrs=attributes)


def save_branches(found: BranchDiagram, path: Path, variable: str | None = None) -> Path:
    """Write a diagram by the suffix: .nc, .csv (a row for each place), or a figure of one variable."""
    if path.suffix in (".svg", ".png", ".pdf"):
        from derive.plotting import save_branch_figure

        return save_branch_figure(found, path, variable)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset = branches_dataset(found)
    if path.suffix == ".nc":
        dataset.to_netcdf(path, engine="scipy")
    else:
        dataset.to_dataframe().to_csv(path, index=False)
    return path
