"""A threshold with its proof in ball arithmetic, or with the sentence that says why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from derive.runtime.results import ThresholdResult

__all__ = ["with_proof"]


def with_proof(
    found: ThresholdResult, progress: Callable[[str], None], edge: tuple[Any, ...] = (), branch: tuple[Any, ...] = ()
) -> ThresholdResult:
    """The result with its enclosures: of an `edge` (certified, digits), else of a `branch`.

    `branch` are the arguments of `rigor.thresholds.prove_threshold`.
    """
    from derive.rigor.library import NotProved, NotSupported
    from derive.rigor.thresholds import prove_edge, prove_threshold

    progress("proving it in ball arithmetic")
    try:
        if edge:
            certified, digits = edge
            proved = prove_edge(found.variable, certified, digits)
        else:
            proved = prove_threshold(*branch)
    except (NotProved, NotSupported) as error:
        return replace(found, proof=f"not proved: {error}")
    return replace(found, enclosures=proved.values, proof=proved.statement)
