"""The whole job on one model: derive and check, emit, solve, thresholds, curve, report.

`derive run` and `derive demo` call these functions; each is a few lines over the public verbs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive.curves import curve, scan_axis
from derive.errors import ModelError, UsageError
from derive.experiments import as_points, compare, write_comparisons
from derive.plotting import label_of
from derive.runtime.results import Solution, SolveResult, ThresholdResult
from derive.terminal import Stages, format_number, name_values, say, table

if TYPE_CHECKING:
    from derive.replica.pipeline import Derivation
    from derive.spec.model import Model

__all__ = [
    "Outcome",
    "check_experiment",
    "failed_checks",
    "find_thresholds",
    "run_job",
    "solution_rows",
    "summary",
    "threshold_row",
    "write_report",
]

DIGITS = 30


@dataclass(slots=True)
class Outcome:
    """What a job found and wrote; `verdict` is the exit code."""

    model: str
    solver: Path
    result: SolveResult | None
    thresholds: list[ThresholdResult]
    files: list[Path] = field(default_factory=list)
    negative: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> int:
        """0 if everything was found and certified, else 1."""
        return 1 if self.negative else 0

    def to_json(self) -> dict[str, Any]:
        """The JSON object of `derive run --json`."""
        return {
            "model": self.model,
            "solver": str(self.solver),
            "result": None if self.result is None else self.result.to_json(),
            "thresholds": [t.to_json() for t in self.thresholds],
            "files": [str(f) for f in self.files],
            "negative": self.negative,
        }


# -------------------------------------------------------------------------------------- results


def solution_rows(results: Sequence[SolveResult], scans: Sequence[str] = ()) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of a table of solutions: one row per point and branch."""
    scans = [*scans, *dict.fromkeys(r.optimised.name for r in results if r.optimised is not None)]
    solutions = [s for r in results for s in r.solutions]
    order = list(dict.fromkeys(name for s in solutions for name in s.order_parameters))
    observed = list(dict.fromkeys(name for s in solutions for name in s.observables))

    def row(result: SolveResult, s: Solution) -> list[Any]:
        numbers = (
            [s.order_parameters.get(name) for name in order],
            [s.observables.get(name) for name in observed],
        )
        verdicts = [s.stability.get("stable"), s.stability.get("dominates")]
        where = [result.parameters.get(name, "") for name in scans]
        return [*where, s.branch, s.status, *numbers[0], s.free_entropy, *numbers[1], *verdicts, s.residual]

    header = [
        *scans,
        "branch",
        "status",
        *order,
        "free_entropy",
        *observed,
        "stable",
        "dominates",
        "residual",
    ]
    return header, [row(r, s) for r in results for s in r.solutions]


def threshold_row(found: ThresholdResult) -> list[str]:
    """One row of a table of thresholds."""
    value = found.value if found.value is not None else found.status
    digits = f"{found.digits} digits" if found.value is not None else found.detail
    where = name_values(found.parameters)
    return [found.model, found.threshold, f"{found.variable} = {value}", digits, found.exact or "", where]


THRESHOLD_HEADER = ["model", "threshold", "value", "certified", "exact", "at"]


def failed_checks(derivation: Derivation) -> list[str]:
    """The checks of a derivation that did not pass."""
    return [
        f"check of {step.rule}: {step.check.description}: error {step.check.error:.2g} above {step.check.bound:.2g}"
        for step in derivation.trace.steps
        if step.check is not None and not step.check.passed
    ]


def find_thresholds(
    model: Model,
    names: Sequence[str],
    parameters: Mapping[str, str],
    *,
    digits: int = DIGITS,
    ansatz: str = "rs",
    generated: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[list[ThresholdResult], list[str]]:
    """Find and certify thresholds of one model; also the sentences of those that the engine refuses."""
    from derive import api

    found: list[ThresholdResult] = []
    refused: list[str] = []
    for spec in model.thresholds:
        if spec.name not in names:
            continue
        given = {name: value for name, value in parameters.items() if name != spec.solve_for}
        options: dict[str, Any] = {"ansatz": ansatz, "generated": generated, "progress": progress}
        several = model.vectors  # digits of the compiled solver: none are certified
        try:
            found.append(api.threshold(model, spec.name, given, digits=None if several else digits, **options))
        except ModelError as error:
            refused.append(f"{spec.name}: {error}")
    return found, refused


# -------------------------------------------------------------------------------------- reports


def write_report(path: Path, derivation: Derivation, sections: Sequence[Any] = (), steps: bool = True) -> Path:
    """Write the HTML report of a derivation with further sections."""
    from derive.emission import write_text
    from derive.report import render_html

    write_text(path, render_html(derivation, steps, sections))
    return path


def result_sections(
    result: SolveResult | None, thresholds: Sequence[ThresholdResult], figures: Sequence[tuple[str, Path]]
) -> list[Any]:
    """Sections of a report: solutions, thresholds, figures (SVG files)."""
    from derive.report.document import Figure, Paragraph, Section, Table

    sections = []
    if thresholds:
        rows = []
        for t in thresholds:
            where = ", ".join(f"{label_of(k)} $= {v}$" for k, v in t.parameters.items())
            rows.append((t.threshold, label_of(t.variable), t.value or t.status, str(t.digits), t.exact or "", where))
        header = ("threshold", "variable", "value", "certified digits", "exact", "at")
        methods = tuple(Paragraph(f"{t.threshold}: {t.method}. {t.detail}".strip()) for t in thresholds)
        sections.append(Section("Thresholds", (Table("", header, tuple(rows)), *methods)))
    if figures:
        drawn = tuple(Figure(title, path.read_text(encoding="utf-8")) for title, path in figures)
        sections.append(Section("Curves", drawn))
    if result is not None:
        names, values = solution_rows([result])
        cells = tuple(tuple(format_number(c) for c in row) for row in values)
        sections.append(Section("Solutions", (Table(name_values(result.parameters), tuple(names), cells),)))
    return sections


def check_experiment(model: Model, size: int, samples: int) -> tuple[int, int]:
    """The size and number of experiments, or the sentence that says why there are none for this model."""
    from derive.simulate.refusals import refuse

    refuse(model)
    if size < 2 or samples < 2:
        raise UsageError(f"experiments need at least 2 sites and 2 samples; found --size {size} --samples {samples}")
    return size, samples


def _attempt_solve(
    model: Model, parameters: Mapping[str, str], ansatz: str, generated: Path | None, negative: list[str]
) -> SolveResult:
    from derive import api

    result = api.solve(model, parameters, ansatz=ansatz, generated=generated)
    if not any(s.status == "converged" for s in result.solutions):
        negative.append(f"no converged solution at {name_values(result.parameters)}")
    return result


def run_job(
    model: Model,
    folder: Path,
    parameters: Mapping[str, str],
    *,
    ansatz: str = "rs",
    generated: Path | None = None,
    stages: Stages | None = None,
    digits: int = DIGITS,
    experiment: tuple[int, int] | None = None,
) -> Outcome:
    """Do the whole job and write everything into a folder; `experiment` is (sites, samples) of finite systems."""
    from derive import api
    from derive.emission import write_text
    from derive.library import prepare_folder
    from derive.report import render_text

    stage = stages or Stages()
    resolved = api.resolve_parameters(model, parameters)
    with stage("derive, every stage checked"):
        derivation = api.derive(model, ansatz, checks=True)
    with stage("emit the solver"):
        solver = api.build(model, ansatz, generated)
    prepare_folder(folder)
    outcome = Outcome(model.name, solver, None, [], [], failed_checks(derivation))
    with stage(f"solve at {name_values({k: str(v) for k, v in resolved.items()})}"):
        outcome.result = _attempt_solve(model, parameters, ansatz, generated, outcome.negative)
    with stage(f"thresholds, {digits} digits"):
        names = [t.name for t in model.thresholds]
        options: dict[str, Any] = {"digits": digits, "ansatz": ansatz, "generated": generated}
        outcome.thresholds, refused = find_thresholds(model, names, parameters, progress=say, **options)
        for sentence in refused:
            say(f"not done: {sentence}")
        bad = [t for t in outcome.thresholds if t.status != "converged"]
        outcome.negative += [f"{t.threshold}: {t.status}; {t.detail}".rstrip("; ") for t in bad]
    figures = []
    axis = scan_axis(model, outcome.thresholds)
    if axis is not None:
        with stage(f"curve over {axis}"):
            results, draw = curve(model, axis, outcome.thresholds, folder, parameters, ansatz, generated)
            figures.append((f"All branches over {label_of(axis)}", draw("curve", None)))
        if experiment is not None:
            with stage(f"experiments over {axis}"):
                found = compare(model, axis, results, *experiment, progress=say)
                title = "{1} experiments with {0} sites at every point, standard errors".format(*experiment)
                figures.append((title, draw("experiments", as_points(found))))
                outcome.files.append(write_comparisons(folder / "experiments.csv", axis, found))
        outcome.files += sorted(folder.glob("*.svg")) + sorted(folder.glob("*.png")) + [folder / "curve.csv"]
    with stage("report"):
        text = folder / "derivation.txt"
        write_text(text, render_text(derivation, True))
        sections = result_sections(outcome.result, outcome.thresholds, figures)
        report = write_report(folder / "report.html", derivation, sections)
        outcome.files += [text, report]
    return outcome


def summary(outcome: Outcome) -> str:
    """The tables that `derive run` prints."""
    parts = []
    if outcome.result is not None:
        parts.append(f"{outcome.model} at {name_values(outcome.result.parameters)}")
        parts.append(table(*solution_rows([outcome.result])))
    if outcome.thresholds:
        parts.append("")
        parts.append(table(THRESHOLD_HEADER, [threshold_row(t) for t in outcome.thresholds]))
    parts.append("")
    parts += [f"solver  {outcome.solver}", *(f"wrote   {path}" for path in outcome.files)]
    return "\n".join(parts)
