"""The proof of one branch: what the certificate of a state says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from derive.precise.equations import Equations
from derive.precise.states import Place
from derive.replica.pipeline import Derivation
from derive.rigor.library import NotProved, NotSupported
from derive.rigor.proofs import enclose_boundary, enclose_state
from derive.rigor.thresholds import ball_arithmetic
from derive.spec.model import Observable

__all__ = ["prove_state"]


def prove_state(
    derivation: Derivation,
    values: Mapping[str, Any],
    declared: tuple[Observable, ...],
    module: Any,
    quantities: Mapping[str, sp.Expr],
    progress: Callable[[str], None],
    place: Place,
    digits: int,
) -> tuple[Mapping[str, str], str]:
    """(balls by name, what is proved) of a branch; no balls and the reason if nothing is."""
    progress("proving it in ball arithmetic")
    try:
        equations = Equations(derivation, values, declared=declared, arithmetic=ball_arithmetic(digits))
        if place == "perfect":
            found = enclose_boundary(equations, digits)
        else:
            found = enclose_state(equations, module, quantities, place, digits)
    except (NotProved, NotSupported) as error:
        return {}, f"not proved: {error}"
    return found.values, found.statement
