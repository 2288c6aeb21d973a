"""The command `derive diagram`: every branch along a parameter, with its events and the phases between them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from derive import terminal
from derive.errors import UsageError
from derive.options import FIGURES, TABLES, AnsatzOption, GeneratedOption, JsonOption, ModelArgument, SetOption
from derive.terminal import print_json, say

if TYPE_CHECKING:
    from derive.spec.model import Model

__all__ = ["diagram"]


def diagram(
    model: ModelArgument,
    x: Annotated[str, typer.Option("--x", metavar="NAME=START:STOP", help="The parameter along which to follow.")],
    y: Annotated[
        str | None,
        typer.Option("--y", metavar="NAME=START:STOP", help="A second parameter: the lines of all events are solved."),
    ] = None,
    settings: SetOption = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write .nc, .csv, .svg, .png or .pdf.")
    ] = None,
    plot: Annotated[
        str | None, typer.Option("--plot", metavar="NAME", help="What a figure shows; default an overlap.")
    ] = None,
    json: JsonOption = False,
    ansatz: AnsatzOption = "rs",
    generated: GeneratedOption = None,
) -> None:
    """Follow every branch along a parameter, with its events and phases; with --y draw the phase diagram."""
    from derive import api
    from derive.branch_diagrams import diagram_text, parse_interval, save_branches
    from derive.exact import exact_text

    loaded = api.load_model(model)
    ((axis, interval),) = terminal.assignments([x], "--x", parse_interval).items()
    parameters = terminal.assignments(settings or (), "--set", exact_text)
    output = terminal.check_output(output, TABLES + FIGURES)
    if plot is not None and (output is None or output.suffix not in FIGURES):
        raise UsageError("--plot says what a figure shows: give one by -o FILE.svg, .png or .pdf")
    if y is not None:
        if plot is not None:
            raise UsageError("--plot chooses an overlap over one parameter: leave out --y")
        options = {"ansatz": ansatz, "generated": generated}
        _plane(
            loaded,
            (axis, interval),
            terminal.assignments([y], "--y", parse_interval),
            parameters,
            output,
            json,
            options,
        )
        return
    with terminal.progress_bar("values searched for branches") as progress:
        found = api.follow(loaded, {axis: interval}, parameters, ansatz=ansatz, generated=generated, progress=progress)
    if output is not None:
        save_branches(found, output, plot)
        say(f"wrote {output}")
    if json:
        print_json(found.to_json())
    elif output is None:
        print(diagram_text(found))
    if not found.branches:
        say(f"no branch was found in {axis} = {found.start} to {found.stop}")
        raise typer.Exit(1)


def _plane(
    model: Model,
    x: tuple[str, tuple[str, str]],
    y: dict[str, tuple[str, str]],
    parameters: dict[str, str],
    output: Path | None,
    json: bool,
    options: dict[str, Any],
) -> None:
    """The phase diagram of two parameters."""
    from derive import api
    from derive.plane_diagrams import plane_text, save_plane

    with terminal.progress_bar("sections") as progress:
        found = api.phase_diagram(model, dict([x, *y.items()]), parameters, **options, progress=progress)
    if output is not None:
        save_plane(found, output)
        say(f"wrote {output}")
    if json:
        print_json(found.to_json())
    elif output is None:
        print(plane_text(found))
    if not found.lines:
        say("no line was found: nothing happens to the branches in these ranges")
        raise typer.Exit(1)
