"""The arguments and options that the commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "FIGURES",
    "TABLES",
    "AnsatzOption",
    "BranchOption",
    "DigitsOption",
    "EachOption",
    "ExperimentSamplesOption",
    "ExperimentSizeOption",
    "FolderOption",
    "Format",
    "GeneratedOption",
    "JsonOption",
    "MinimiseOption",
    "ModelArgument",
    "OptimiseOption",
    "ResponsesOption",
    "RigorousOption",
    "ScanOption",
    "SetOption",
]


class Format(StrEnum):
    """How `show` prints a derivation."""

    text = "text"
    latex = "latex"
    json = "json"


ModelArgument = Annotated[str, typer.Argument(metavar="MODEL", help="A model of the zoo, or a model file.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Give a parameter an exact value. Repeatable."),
]
ScanOption = Annotated[
    list[str] | None,
    typer.Option("--scan", metavar="NAME=START:STOP:COUNT", help="Scan a parameter, both ends included. Repeatable."),
]
OptimiseOption = Annotated[
    str | None,
    typer.Option("--optimise", metavar="NAME", help="Choose this parameter: an observable is least there."),
]
MinimiseOption = Annotated[
    str | None,
    typer.Option(
        "--minimise", metavar="OBSERVABLE", help="What --optimise minimises; default test_error, else the first."
    ),
]
BranchOption = Annotated[
    str | None,
    typer.Option("--branch", metavar="NAME", help="Scan, or certify, this branch alone (uninformed, informed ...)."),
]
EachOption = Annotated[
    bool, typer.Option("--each", help="With --branch: solve every point from its own start, follow none.")
]
ResponsesOption = Annotated[
    bool, typer.Option("--responses", help="With --branch: compute responses such as specific_heat too, slowly.")
]
DigitsOption = Annotated[int | None, typer.Option("--digits", min=1, max=200, help="Certify so many digits in mpmath.")]
RigorousOption = Annotated[
    bool, typer.Option("--rigorous", help="Enclose the numbers in balls, with a proof (needs python-flint).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
AnsatzOption = Annotated[str, typer.Option("--ansatz", metavar="rs", help="The replica ansatz.")]
GeneratedOption = Annotated[
    Path | None,
    typer.Option(
        "--generated", metavar="DIR", help="Where solvers live; default: the checkout, else the user's cache."
    ),
]
ExperimentSizeOption = Annotated[
    int | None,
    typer.Option("--size", metavar="N", help="Draw the curve beside experiments with N sites (zero temperature)."),
]
ExperimentSamplesOption = Annotated[
    int, typer.Option("--samples", metavar="S", help="Independent experiments for every point, with --size.")
]
FolderOption = Annotated[Path | None, typer.Option("-o", "--output", metavar="DIR", help="The folder for the results.")]

TABLES = (".nc", ".csv")
FIGURES = (".svg", ".png", ".pdf")
