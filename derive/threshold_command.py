"""The command `derive threshold`: a threshold with its digits, or lines of thresholds along another parameter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from derive import terminal
from derive.errors import UsageError
from derive.options import (
    FIGURES,
    TABLES,
    AnsatzOption,
    DigitsOption,
    GeneratedOption,
    JsonOption,
    ModelArgument,
    RigorousOption,
    SetOption,
)
from derive.terminal import print_json, say

if TYPE_CHECKING:
    from derive.runtime.results import ThresholdLine, ThresholdResult
    from derive.spec.model import Model

__all__ = ["threshold", "threshold_text"]


def threshold(
    model: ModelArgument,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="The threshold; without it, list them. Several with --scan."),
    ] = None,
    settings: SetOption = None,
    scan: Annotated[
        list[str] | None,
        typer.Option("--scan", metavar="NAME=START:STOP:COUNT", help="Follow the threshold along another parameter."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="With --scan: write .nc, .csv, .svg, .png or .pdf."),
    ] = None,
    digits: DigitsOption = None,
    rigorous: RigorousOption = False,
    json: JsonOption = False,
    ansatz: AnsatzOption = "rs",
    generated: GeneratedOption = None,
) -> None:
    """Find a threshold as a root problem, certify its digits, or follow it along another parameter."""
    from derive import api
    from derive.exact import exact_text, parse_scan
    from derive.facts import threshold_facts, thresholds_text

    loaded = api.load_model(model)
    parameters = terminal.assignments(settings or (), "--set", exact_text)
    scans = terminal.assignments(scan or (), "--scan", parse_scan)
    if scans:
        if digits is not None or rigorous:
            own = "--digits" if digits is not None else "--rigorous"
            raise UsageError(f"{own} certifies one threshold: give the scanned parameter its value by --set")
        _lines(loaded, names or [], scans, parameters, output, json, {"ansatz": ansatz, "generated": generated})
        return
    if output is not None:
        raise UsageError("-o writes a line of thresholds: give what to follow it along by --scan")
    if not names:
        rows = threshold_facts(loaded)
        if json:
            print_json(rows)
        else:
            print(thresholds_text(loaded.name, rows))
        return
    if len(names) > 1:
        raise UsageError(f"one threshold at a time without --scan; found {', '.join(names)}")
    options: dict[str, Any] = {"digits": digits, "rigorous": rigorous, "ansatz": ansatz, "generated": generated}
    found = api.threshold(loaded, names[0], parameters, progress=say, **options)
    if json:
        print_json(found.to_json())
    else:
        print(threshold_text(found))
    if found.status != "converged":
        say(f"{found.status}: {found.detail or 'the digits asked for were not certified'}")
        raise typer.Exit(1)
    if found.proof and not found.enclosures:
        say(found.proof)
        raise typer.Exit(1)


def threshold_text(found: ThresholdResult) -> str:
    """A threshold for people."""
    where = terminal.name_values(found.parameters)
    exact = f"  (exact: {found.exact})" if found.exact else ""
    lines = [
        f"{found.model}: {found.threshold}" + (f" at {where}" if where else ""),
        f"{found.variable} = {found.value or found.status}{exact}",
        f"  digits  {found.digits}",
        f"  method  {found.method}",
    ]
    if found.enclosures:
        lines += [f"  {found.proof}", *(f"  {key:6}  in {ball}" for key, ball in found.enclosures.items())]
    return "\n".join(
        [*lines, *(f"  {key:6}  {terminal.format_number(v)}" for key, v in found.order_parameters.items())]
    )


def _lines(
    model: Model,
    names: list[str],
    scans: dict[str, Any],
    parameters: dict[str, str],
    output: Path | None,
    json: bool,
    options: dict[str, Any],
) -> None:
    """Trace the lines; what is known is shown and written also when the user interrupts."""
    from derive.diagrams import check_diagram, line_text, remarks, save_lines
    from derive.named_thresholds import find_line, threshold_spec

    if not names:
        raise UsageError("--scan follows a threshold: which one?")
    check_diagram([(name, threshold_spec(model, name).solve_for) for name in names])
    output = terminal.check_output(output, TABLES + FIGURES)
    lines: list[ThresholdLine] = []
    for name in names:
        with terminal.progress_bar(f"values of {name}") as progress:
            lines.append(find_line(model, name, scans, parameters, **options, progress=progress))
        if not lines[-1].complete:
            break
    if output is not None:
        save_lines(lines, output)
        say(f"wrote {output}")
    if json:
        data = [line.to_json() for line in lines]
        print_json(data[0] if len(names) == 1 else {"model": model.name, "lines": data})
    elif output is None:
        print("\n\n".join(line_text(line) for line in lines))
    for line in lines:
        for text in remarks(line):
            say(text)
    if not lines[-1].complete:
        ((axis, values),) = scans.items()
        known = f"{len(lines[-1].points)} of {len(values)} values of {axis}"
        say(f"interrupted: {known} are known for {lines[-1].threshold}")
        raise typer.Exit(130)
    if not any(point.status == "converged" for line in lines for point in line.points):
        raise typer.Exit(1)
