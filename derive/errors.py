"""Every error a person can meet, each with what was found, what is allowed and what to do.

`DeriveError` is the root.  Input faults (`SpecError`, `ModelError`) are the reader's to mend and
end a command with exit code 2; `InternalError` is ours.  A computation that does not converge is a
*result* with a status, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = [
    "DeriveError",
    "Fault",
    "InternalError",
    "LoweringError",
    "ModelError",
    "RuleNotApplicable",
    "SpecError",
    "UsageError",
    "nearest",
]


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed name closest to `name`, or None.

    >>> nearest("alhpa", ["alpha", "beta"])
    'alpha'
    """
    found = get_close_matches(name, sorted(allowed), n=1, cutoff=0.5)
    return found[0] if found else None


class DeriveError(Exception):
    """Root of all errors raised on purpose."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of an input file: where it is, what was found, what is allowed.

    `line` and `column` count from 1 and are None where the file gives no position.
    """

    message: str
    key: str = ""
    line: int | None = None
    column: int | None = None
    hint: str = ""

    def __str__(self) -> str:
        where = ""
        if self.line is not None:
            where = f"line {self.line}"
            if self.column is not None:
                where += f", column {self.column}"
        parts = [p for p in (where, self.key) if p]
        text = (": ".join(parts) + ": " if parts else "") + self.message
        return f"{text} ({self.hint})" if self.hint else text


class SpecError(DeriveError):
    """All faults of one model file, reported together."""

    def __init__(self, source: str, faults: Sequence[Fault]):
        self.source = source
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{source}: {fault}" for fault in self.faults))


class UsageError(DeriveError):
    """A wrong argument of a command or of the Python API."""


class ModelError(DeriveError):
    """A well-formed model that lies outside what the engine derives; the sentence says which part."""


class RuleNotApplicable(DeriveError):
    """A rule of the calculus met an expression outside its conditions."""

    exit_code = 3


class LoweringError(DeriveError):
    """A symbolic expression has no numeric counterpart."""

    exit_code = 3


class InternalError(DeriveError):
    """A check of our own failed: please report it with the model file."""

    exit_code = 3
