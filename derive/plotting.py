"""Figures of sweeps: all branches over one parameter, or the dominant branch over two.

Stable branches are solid, unstable ones dashed, the dominant one is thick; thresholds are dotted verticals.
matplotlib is loaded here and nowhere else, without a window.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from derive.conventions import GREEK, lookup
from derive.errors import UsageError
from derive.library import unknown_name

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from derive.branch_diagrams import BranchDiagram
    from derive.plane_diagrams import PlaneDiagram

__all__ = [
    "FORMATS",
    "draw",
    "label_of",
    "quantities",
    "save_branch_figure",
    "save_diagram",
    "save_plane_figure",
    "save_plot",
    "save_plots",
]

FORMATS = (".svg", ".png", ".pdf")
STYLE = Path(__file__).with_name("derive.mplstyle")

_BOOKKEEPING = {"status", "residual", "iterations", "stable", "dominates"}
_LATEX = {"lam": "lambda", "lamda": "lambda", "omicron": "o"}


def label_of(name: str) -> str:
    r"""Return the label of a quantity in mathtext: symbols as symbols, words as words.

    >>> label_of("alpha"), label_of("q_hat"), label_of("error_gibbs"), label_of("kappa_1")
    ('$\\alpha$', '$\\hat{q}$', 'error (gibbs)', '$\\kappa_{1}$')
    """
    known = lookup(name)
    if known is not None and name not in {"interaction", "site", "channel"}:
        return f"${known.latex}$"
    head, _, tail = name.partition("_")
    if head in GREEK or len(head) == 1:
        letter = "\\" + _LATEX.get(head, head) if head in GREEK else head
        return f"${letter}$" if not tail else f"${letter}_{{{tail.replace('_', ',')}}}$"
    return f"{head} ({tail.replace('_', ' ')})" if tail else name


def quantities(dataset: xr.Dataset) -> list[str]:
    """The variables of a Dataset that can be drawn."""
    return [str(name) for name in dataset.data_vars if name not in _BOOKKEEPING]


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcParams.update(mpl.rc_params_from_file(STYLE, use_default_template=False))
        yield


def _chosen(dataset: xr.Dataset, variables: Sequence[str] | None) -> list[str]:
    known = quantities(dataset)
    if not variables:
        finite = [name for name in known if np.isfinite(dataset[name].values).any()]
        return finite or known[:1]
    for name in variables:
        if name not in known:
            raise unknown_name("quantity", name, known)
    return list(variables)


def draw(
    dataset: xr.Dataset,
    variables: Sequence[str] | None = None,
    thresholds: Mapping[str, float] | None = None,
    title: str = "",
    measured: Mapping[str, np.ndarray] | None = None,
) -> Figure:
    """Return a figure with one panel per variable.

    Parameters
    ----------
    dataset : xarray.Dataset
        What `derive.sweep` returns, with one or two scans.
    variables : sequence of str, optional
        What to draw; default everything that has a finite value.
    thresholds : mapping, optional
        Positions on the scanned axis to mark, by label (one scan only).
    title : str, optional
        Above the panels.
    measured : mapping, optional
        Points of experiments by variable: positions, means and standard errors (one scan only).

    Raises
    ------
    UsageError
        If there is nothing to draw over, or a variable does not exist.
    """
    from matplotlib.figure import Figure

    if "dominates" not in dataset:  # of one branch: there is nothing that it is compared with
        dataset = dataset.assign(dominates=dataset["stable"])
    axes_names = [str(name) for name in dataset.dims if name != "branch"]
    if len(axes_names) not in (1, 2):
        raise UsageError(f"a plot needs one or two scans; there are {len(axes_names)}")
    chosen = _chosen(dataset, variables)
    columns = 1 if len(chosen) == 1 else 2
    rows = -(-len(chosen) // columns)
    with _style():
        figure = Figure(figsize=(4.6 if columns == 1 else 7.6, 3.2 * rows), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).flat
        for panel in list(panels)[len(chosen) :]:
            panel.set_axis_off()
        for index, (panel, name) in enumerate(zip(figure.axes, chosen, strict=False)):
            if len(axes_names) == 1:
                _draw_curves(panel, dataset, name, axes_names[0], thresholds or {}, legend=index == 0)
                if measured is not None and name in measured:
                    x, mean, error = measured[name]
                    panel.errorbar(x, mean, error, fmt="o", markersize=3.5, color="0.15", capsize=2, zorder=3)
            else:
                _draw_map(figure, panel, dataset, name, axes_names)
        if title:
            figure.suptitle(title, fontsize=9)
    return figure


def _runs(keys: Sequence[Any]) -> list[tuple[Any, int, int]]:
    """Runs of equal keys: (key, first, last)."""
    found, start = [], 0
    for key, group in itertools.groupby(keys):
        length = len(list(group))
        found.append((key, start, start + length - 1))
        start += length
    return found


def _draw_curves(
    axes: Axes, dataset: xr.Dataset, name: str, scan: str, thresholds: Mapping[str, float], legend: bool
) -> None:
    x = dataset[scan].values.astype(float)
    for number, branch in enumerate(dataset["branch"].values):
        at = dataset.sel(branch=branch)
        y = np.where(at["status"].values == "converged", at[name].values.astype(float), np.nan)
        y = np.where(np.isfinite(y), y, np.nan)
        stable, dominant = at["stable"].values, at["dominates"].values
        ends = range(len(x) - 1)
        keys = [
            (bool(stable[i] and stable[i + 1]), bool(dominant[i] and dominant[i + 1]))
            if np.isfinite(y[i]) and np.isfinite(y[i + 1])
            else None
            for i in ends
        ]
        colour = f"C{number % 7}"
        for key, first, last in _runs(keys):
            if key is None:
                continue
            part = slice(first, last + 2)
            dashes, width = "-" if key[0] else "--", 2.4 if key[1] else 1.1
            axes.plot(x[part], y[part], color=colour, linestyle=dashes, linewidth=width)
        drawn = np.isfinite(y)
        alone = drawn & ~np.r_[False, drawn[:-1]] & ~np.r_[drawn[1:], False]
        axes.plot(x[alone], y[alone], "o", color=colour)
        axes.plot([], [], color=colour, label=str(branch))
    axes.set_xlim(x.min(), x.max())
    _draw_jumps(axes, dataset, name, x, sorted(thresholds.values()))
    for label, position in thresholds.items():
        if not x.min() <= position <= x.max():
            continue
        axes.axvline(position, color="0.35", linestyle=":", linewidth=1.0)
        axes.annotate(
            label,
            (position, 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=7,
            color="0.35",
        )
    axes.set_xlabel(label_of(scan))
    axes.set_ylabel(label_of(name))
    if legend:
        axes.legend()


def _draw_jumps(axes: Axes, dataset: xr.Dataset, name: str, x: np.ndarray, thresholds: Sequence[float]) -> None:
    """Where another branch takes over: an arrow between the two, at the threshold if one lies there."""
    takes = dataset["dominates"].transpose(..., "branch").values
    values = dataset[name].transpose(..., "branch").values
    low, high = axes.get_ylim()
    for i in range(len(x) - 1):
        if not (takes[i].any() and takes[i + 1].any()) or takes[i].argmax() == takes[i + 1].argmax():
            continue
        before, after = values[i][takes[i].argmax()], values[i + 1][takes[i + 1].argmax()]
        between = [t for t in thresholds if min(x[i], x[i + 1]) <= t <= max(x[i], x[i + 1])]
        at = between[0] if between else (x[i] + x[i + 1]) / 2
        if np.isfinite(before) and np.isfinite(after) and abs(after - before) > 0.03 * (high - low):
            arrow = {"arrowstyle": "->", "color": "0.2", "linewidth": 1.0, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", (at, after), xytext=(at, before), arrowprops=arrow)


def _draw_map(figure: Figure, axes: Axes, dataset: xr.Dataset, name: str, scans: Sequence[str]) -> None:
    horizontal, vertical = scans
    chosen = dataset[name].where(dataset["dominates"] & (dataset["status"] == "converged"))
    values = np.where(np.isfinite(chosen.values), chosen.values, np.nan)
    branch_axis = list(chosen.dims).index("branch")
    counted = np.isfinite(values).sum(axis=branch_axis)
    total = np.where(counted > 0, np.nansum(values, axis=branch_axis), np.nan)
    order = [d for d in chosen.dims if d != "branch"]
    if order[0] == horizontal:
        total = total.T
    x, y = dataset[horizontal].values, dataset[vertical].values
    mesh = axes.pcolormesh(x, y, total, shading="nearest", rasterized=True)
    bar = figure.colorbar(mesh, ax=axes)
    bar.set_label(f"{label_of(name)}, dominant branch")
    axes.set_xlabel(label_of(horizontal))
    axes.set_ylabel(label_of(vertical))


def draw_diagram(dataset: xr.Dataset, variable: str, title: str = "") -> Figure:
    """Return a figure of lines of thresholds: `variable` over the scanned parameter, a line for each threshold."""
    from matplotlib.figure import Figure

    axis = next(str(name) for name in dataset.dims if name != "threshold")
    x = dataset[axis].values.astype(float)
    with _style():
        figure = Figure(figsize=(4.6, 3.2), layout="constrained")
        panel = figure.subplots()
        for number, name in enumerate(dataset["threshold"].values):
            at = dataset.sel(threshold=name)
            y = np.where(at["status"].values == "converged", at[variable].values.astype(float), np.nan)
            said = at["detail"].values != ""
            for known, first, last in _runs([bool(np.isfinite(v)) for v in y]):
                breaks = [first, *(i for i in range(first + 1, last + 1) if said[i]), last + 1]
                for low, high in itertools.pairwise(breaks) if known else ():  # another solution begins: a new stroke
                    mark = "o" if high - low == 1 else ""
                    panel.plot(x[low:high], y[low:high], marker=mark, markersize=3, color=f"C{number % 7}")
            panel.plot([], [], color=f"C{number % 7}", label=str(name).replace("_", " "))
        panel.set_xlim(x.min(), x.max())
        panel.set_xlabel(label_of(axis))
        panel.set_ylabel(label_of(variable))
        panel.legend()
        if title:
            figure.suptitle(title, fontsize=9)
    return figure


def save_diagram(dataset: xr.Dataset, variable: str, path: Path, title: str = "") -> Path:
    """Draw lines of thresholds into a file, the same bytes on every run."""
    return _save(draw_diagram(dataset, variable, title), [path])[0]


def draw_branches(found: BranchDiagram, variable: str | None = None) -> Figure:
    """Return a figure of all branches: stable parts solid, others dashed, events as dots, phases above."""
    from matplotlib.figure import Figure

    known = list(dict.fromkeys(k for b in found.branches for k in b.order_parameters))
    name = variable or next((k for k in ("m", "q") if k in known), known[0] if known else "free_entropy")
    if name not in (*known, "free_entropy"):
        raise unknown_name("quantity", name, [*known, "free_entropy"])
    with _style():
        figure = Figure(figsize=(4.6, 3.2), layout="constrained")
        panel = figure.subplots()
        for number, branch in enumerate(found.branches):
            x = np.array(branch.parameter)
            y = np.array(branch.free_entropy if name == "free_entropy" else branch.order_parameters[name])
            keys = [max(branch.unstable[i : i + 2]) == 0 for i in range(len(x) - 1)]
            for stable, first, last in _runs(keys):
                part = slice(first, last + 2)
                panel.plot(x[part], y[part], color=f"C{number % 7}", linestyle="-" if stable else "--")
            panel.plot([], [], color=f"C{number % 7}", label=branch.name)
        for event in found.events:
            if event.kind != "end" and name in event.order_parameters:
                marker = {"fold": "o", "crossing": "s"}.get(event.kind, "D")
                panel.plot(
                    [event.value], [event.order_parameters[name]], marker, color="0.15", markersize=3.5, zorder=3
                )
        for phase in found.phases:
            if phase is not found.phases[-1]:
                panel.axvline(phase.stop, color="0.6", linestyle=":", linewidth=0.8)
            panel.annotate(
                phase.name,
                (0.5 * (phase.start + phase.stop), 1),
                xycoords=panel.get_xaxis_transform(),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=6,
                color="0.35",
            )
        panel.set_xlabel(label_of(found.axis))
        panel.set_ylabel(label_of(name))
        panel.legend()
        figure.suptitle(found.model, fontsize=9)
    return figure


def draw_plane(found: PlaneDiagram) -> Figure:
    """Return a figure of the lines of a phase diagram, special points as dots, phases named where they are widest."""
    from matplotlib.figure import Figure

    kinds = list(dict.fromkeys(line.kind for line in found.lines))
    strokes = {"crossing": "-", "fold": "--", "instability": "-.", "bifurcation": ":"}
    with _style():
        figure = Figure(figsize=(4.6, 3.6), layout="constrained")
        panel = figure.subplots()
        for line in found.lines:
            colour, stroke = f"C{kinds.index(line.kind) % 7}", strokes.get(line.kind, "-")
            panel.plot(line.x, line.y, color=colour, linestyle=stroke)
            for special in line.special:
                panel.plot([special.x], [special.y], "o", color="0.15", markersize=3.5, zorder=3)
        for kind in kinds:
            panel.plot([], [], color=f"C{kinds.index(kind) % 7}", linestyle=strokes.get(kind, "-"), label=kind)
        widest: dict[str, tuple[float, float, float]] = {}
        for y, section in found.sections:
            for phase in section.phases:
                width = phase.stop - phase.start
                if phase.name and width > widest.get(phase.name, (0.0, 0.0, 0.0))[0]:
                    widest[phase.name] = width, 0.5 * (phase.start + phase.stop), y
        for name, (_, x, y) in widest.items():
            panel.annotate(name.replace(", ", ",\n"), (x, y), ha="center", va="center", fontsize=6, color="0.35")
        panel.set_xlabel(label_of(found.axes[0]))
        panel.set_ylabel(label_of(found.axes[1]))
        if kinds:
            panel.legend()
        figure.suptitle(found.model, fontsize=9)
    return figure


def save_plane_figure(found: PlaneDiagram, path: Path) -> Path:
    """Draw a phase diagram into a file, the same bytes on every run."""
    return _save(draw_plane(found), [path])[0]


def save_branch_figure(found: BranchDiagram, path: Path, variable: str | None = None) -> Path:
    """Draw all branches into a file, the same bytes on every run."""
    return _save(draw_branches(found, variable), [path])[0]


def save_plot(dataset: xr.Dataset, path: str | Path, **options: Any) -> Path:
    """Draw a Dataset into a file, the same bytes on every run.

    The format follows the suffix; the options are those of `draw`.
    """
    return save_plots(dataset, [path], **options)[0]


def save_plots(dataset: xr.Dataset, paths: Sequence[str | Path], **options: Any) -> list[Path]:
    """Draw a Dataset once into files of several formats, laid out as in the first."""
    files = [Path(path) for path in paths]
    for path in files:
        if path.suffix not in FORMATS:
            raise UsageError(f"figures are written as {', '.join(FORMATS)}; found `{path.suffix}`")
    return _save(draw(dataset, **options), files)


def _save(figure: Figure, files: list[Path]) -> list[Path]:
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        metadata: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix, {})
        with _style():
            figure.savefig(path, metadata=metadata)
        figure.set_layout_engine("none")
    return files
