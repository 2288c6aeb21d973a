"""What became of a claim."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

__all__ = ["Verdict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a claim.

    verdict  "proved" (equal by rules), "agrees" (to `digits` digits), "refuted", or "unknown" (and why)
    found, claimed   the engine's number and the claimed one where they were compared last, or where they differ
    edit     the first edit of the claim, the smallest first, that makes it true at every point, if there is one
    mended   the right side after that edit, in the engine's symbols
    expected whether the claim is known to be wrong
    latex    the statement as the author wrote it, with macros written out
    read     how it was read, in the engine's symbols, with the part to mend marked
    engine   the engine's side in LaTeX, where it has one
    step     the step of the derivation that a refuted claim should be compared with
    source   where the claim is from
    """

    id: str
    verdict: str
    digits: int
    detail: str
    found: float | None = None
    claimed: float | None = None
    edit: str = ""
    expected: bool = False
    latex: str = ""
    read: str = ""
    engine: str = ""
    step: str = ""
    source: str = ""
    mended: sp.Expr | None = None

    @property
    def mended_text(self) -> str:
        """The right side that would be true, in the plain syntax; "" where none is found."""
        from derive.claims.shown import plain_text

        return "" if self.mended is None else plain_text(str(self.mended))

    @property
    def negative(self) -> bool:
        """Whether the verdict is not the one hoped for: of a claim that is known to be wrong, "refuted"."""
        return self.verdict == "unknown" or (self.verdict == "refuted") != self.expected
