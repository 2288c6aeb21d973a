"""The command `derive check`: a verdict for every claim of a file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from derive import terminal
from derive.errors import UsageError
from derive.options import GeneratedOption, JsonOption
from derive.terminal import print_json, say

if TYPE_CHECKING:
    from derive.claims.verdicts import Verdict

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
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PAGE.html", help="Write claim and engine side by side.")
    ] = None,
    json: JsonOption = False,
    generated: GeneratedOption = None,
) -> None:
    """Compare claimed equations, values and thresholds with the engine's: a verdict each, and what would mend it."""
    from derive import api

    if output is not None and output.suffix != ".html":
        raise UsageError(f"a page of claims is written as .html; found `{output.suffix or output}`")
    with terminal.progress_bar("claims") as progress:
        found = api.check(claims, model, names=names, generated=generated, progress=progress, shown=output is not None)
    if output is not None:
        from derive.claims.page import render_claims
        from derive.emission import write_text

        write_text(output, render_claims(f"Claims of {claims.name}", found))
        say(f"wrote {output}")
    if json:
        print_json({"claims": [{**asdict(v), "mended": v.mended_text} for v in found]})
    else:
        rows = [[v.id, v.verdict, v.digits or None, _said(v)] for v in found]
        print(terminal.table(["claim", "verdict", "digits", "detail"], rows))
    negative = [v for v in found if v.negative]
    if negative:
        say(f"{len(negative)} of {len(found)} claims are not confirmed")
        raise typer.Exit(1)


def _said(v: Verdict) -> str:
    """What a table says of a verdict."""
    return "; ".join(x for x in (v.detail, v.edit, v.step and f"compare {v.step}") if x)
