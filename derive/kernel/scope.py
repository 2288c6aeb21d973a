"""What one function being lowered knows."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp

from derive.kernel.ir import Hint

__all__ = ["Scope"]


@dataclass(slots=True)
class Scope:
    """What one integrand knows: its variable, statements, arguments hoisted from outside.

    `bound` are further symbols that no outer scope knows, so that nothing with them is hoisted.
    """

    variable: sp.Symbol | None
    prefix: str
    statements: list = field(default_factory=list)
    hoisted: dict[sp.Expr, sp.Symbol] = field(default_factory=dict)
    rows: int = 0
    hints: list[Hint] = field(default_factory=list)
    crossings: list[tuple[sp.Expr, sp.Expr, sp.Expr]] = field(default_factory=list)
    turns: list[tuple[sp.Expr, sp.Expr, sp.Expr]] = field(default_factory=list)
    bound: frozenset[sp.Symbol] = frozenset()
