"""What the saddle-point equations are computed with: numbers of mpmath, or balls of a proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import sympy as sp

from derive.precise.evaluate import Evaluator
from derive.precise.scalars import compile_many

__all__ = ["MPMATH", "Arithmetic"]

Evaluate = Callable[[Sequence[sp.Expr], Mapping[str, Any]], list[Any]]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Functions of numbers, compiled scalar expressions, and evaluators of averages by refinement."""

    number: Callable[[int], Any]
    exp: Callable[[Any], Any]
    log: Callable[[Any], Any]
    compile: Callable[[Sequence[sp.Expr]], Callable[[Mapping[str, Any]], list[Any]]]
    evaluators: Callable[[Mapping[str, Any]], dict[int, Evaluate]]


MPMATH = Arithmetic(
    mp.mpf, mp.exp, mp.log, compile_many, lambda partitions: {r: Evaluator(partitions, r).evaluate for r in (1, 2)}
)
