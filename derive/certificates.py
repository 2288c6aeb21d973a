"""Certified solutions on the command line: what may be asked for, and how the numbers are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from derive.errors import UsageError
from derive.terminal import say, table

if TYPE_CHECKING:
    from derive.curves import Goal
    from derive.runtime.results import Certificate, SolveResult
    from derive.spec.model import Model

__all__ = ["certificate_texts", "check_options", "complete", "solve_here"]


def check_options(
    digits: int | None, branch: str | None, rigorous: bool, scan: Sequence[str] | None, optimise: str | None
) -> None:
    """Refuse options that do not go together."""
    if branch is not None and digits is None and not rigorous and (optimise or not scan):
        raise UsageError("--branch is for a --scan without --optimise, or to certify one branch: how many --digits?")
    if (digits is not None or rigorous) and (scan or optimise):
        own, other = "--digits" if digits is not None else "--rigorous", "--scan" if scan else "--optimise"
        raise UsageError(f"{own} certifies one point, not with {other}: give every parameter its value by --set")


def solve_here(
    model: Model,
    ansatz: str,
    generated: Path | None,
    goal: Goal | None,
    parameters: Mapping[str, str],
    digits: int | None,
    branch: str | None,
    rigorous: bool,
) -> SolveResult:
    """Solve one point, with certificates if digits are asked for."""
    from derive import api, curves

    if digits is None and not rigorous:
        return curves.solve_point(model, ansatz, generated, goal, parameters)
    return api.solve(
        model,
        parameters,
        ansatz=ansatz,
        generated=generated,
        digits=digits,
        branch=branch,
        rigorous=rigorous,
        progress=say,
    )


def certificate_texts(result: SolveResult) -> list[str]:
    """A block of text for every certified branch: values with their digits, what is refused, the method."""
    return [_text(s.branch, s.certified) for s in result.solutions if s.certified is not None]


def _text(branch: str, found: Certificate) -> str:
    lines = [f"{branch}, certified"]
    if found.values:
        lines.append(table(["name", "digits", "value"], [[n, found.digits[n], v] for n, v in found.values.items()]))
        lines.append(f"method  {found.method}")
    if found.enclosures:
        lines.append(table(["name", "enclosure"], list(found.enclosures.items())))
    if found.proof:
        lines.append(f"proof   {found.proof}")
    lines += [f"not certified: {name}: {why}" for name, why in found.refused.items()]
    return "\n".join(lines)


def complete(result: SolveResult, digits: int | None) -> bool:
    """Whether every state that was to be certified or proved is, with all digits."""
    found = [s.certified for s in result.solutions if s.certified is not None]
    return all(
        "state" not in c.refused
        and min(c.digits.values(), default=0) >= (digits or 0)
        and bool(c.enclosures) == bool(c.proof)
        for c in found
    )
