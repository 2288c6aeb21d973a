"""The command `derive check`: a verdict for every claim of a file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from derive import terminal
from derive.options import GeneratedOption, JsonOption
from derive.terminal import print_json, say

__all__ = ["check"]


def check(
    claims: Annotated[
        Path, typer.Argument(metavar="CLAIMS.toml|PAPER.tex", help="Statements about a model, or a paper's source.")
    ],
    model: Annotated[
        str | None, typer.Option("--model", metavar="MODEL", help="The model, where the file does not name one.")
    ] = None,
    names: Annotated[
        Path | None, typer.Option("--map", metavar="MAP.toml", help="A paper's symbols and chosen equations.")
    ] = None,
    json: JsonOption = False,
    generated: GeneratedOption = None,
) -> None:
    """Compare claimed equations, values and thresholds with the engine's: a verdict each, and what would mend it."""
    from derive import api

    with terminal.progress_bar("claims") as progress:
        found = api.check(claims, model, names=names, generated=generated, progress=progress)
    if json:
        print_json({"claims": [asdict(v) for v in found]})
    else:
        rows = [[v.id, v.verdict, v.digits or None, v.detail + (f"; {v.edit}" if v.edit else "")] for v in found]
        print(terminal.table(["claim", "verdict", "digits", "detail"], rows))
    negative = [v for v in found if v.negative]
    if negative:
        say(f"{len(negative)} of {len(found)} claims are not confirmed")
        raise typer.Exit(1)
