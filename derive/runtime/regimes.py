"""Zero temperature in two regimes: the measure on the minimisers where it exists, else the unique minimiser."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from derive.runtime.results import Solution

__all__ = ["SATISFIABLE", "join_regimes", "resolved"]

SATISFIABLE = "satisfiable.py"
"""The solver of the measure on the minimisers, beside that of the unique minimiser."""

_SINGULAR = 1e-10
"""Below this smallest singular value of the solver's Jacobian V is not determined by double precision."""
_WIDEST = 1e10
"""Above this V/q the ends of a region are rounded by more than the accuracy of an average."""

_SOLVED = 1e-6
"""A larger residual is an iteration that was stopped on its way to q = r."""
_EDGE = 1e-12
"""Below this (r - q)/r the measure is a point: the other side of the capacity."""


def join_regimes(
    minimisers: Sequence[Solution], flat: Sequence[Solution], energy: float, measure: str, overlaps: tuple[str, str]
) -> list[Solution]:
    """The solutions of both regimes at one point, those that exist; if none does, all with their reasons.

    `flat` are the branches of the measure on the minimisers, `energy` the least energy per site, `overlaps` the names
    of q and r.  At zero temperature the free entropy is minus the energy; the logarithm of the volume is `entropy`.
    """
    q, r = overlaps
    named = [_named(s, energy, measure) for s in flat]
    exist = [s for s in named if s.status == "converged" and _spread(s, q, r) and s.residual < _SOLVED]
    unique = [s for s in minimisers if s.status == "converged"]
    if not exist:
        lost = [_at_edge(s) if s.status == "converged" else s for s in named]
        return [*minimisers] if unique else [*minimisers, *lost]
    return [*exist, *(replace(s, stability={**s.stability, "dominates": False}) for s in unique)]


def _spread(s: Solution, q: str, r: str) -> bool:
    """Whether r - q is told from zero."""
    return s.order_parameters[r] - s.order_parameters[q] > _EDGE * s.order_parameters[r]


def _at_edge(s: Solution) -> Solution:
    detail = "q -> r: the measure on the minimisers is a point, to rounding"
    return Solution(s.branch, "no_solution", {}, None, {}, s.residual, s.iterations, {"stable": False}, detail)


def resolved(s: Solution, state: Sequence[str], jacobian: Callable[[np.ndarray], np.ndarray]) -> Solution:
    """A unique minimiser as it is, or, so near to the capacity that its V is rounding, as one that does not exist."""
    if s.status != "converged":
        return s
    x = np.array([s.order_parameters[name] for name in state])
    if not x[0] > 0.0 or (x[1] < _WIDEST * x[0] and np.linalg.svd(jacobian(x))[1][-1] > _SINGULAR):
        return s
    detail = "V -> infinity: the capacity, to rounding"
    return Solution(s.branch, "no_solution", {}, None, {}, s.residual, s.iterations, {"stable": False}, detail)


def _named(s: Solution, energy: float, measure: str) -> Solution:
    """A branch of the measure on the minimisers in the conventions of zero temperature."""
    branch = "satisfiable" if s.branch == "uninformed" else f"satisfiable_{s.branch}"
    if s.status != "converged":
        return replace(s, branch=branch)
    entropy = s.free_entropy if s.free_entropy is not None and math.isfinite(s.free_entropy) else None
    detail = "the minimum is degenerate: the uniform measure on the minimisers, r - q finite"
    if measure == "count" and entropy is not None and entropy < 0.0:
        detail += "; its entropy is negative, so that there is no such configuration: the ansatz fails here"
    observables = {**s.observables, "energy": energy, "entropy": entropy}
    return replace(s, branch=branch, free_entropy=0.0 - energy, observables=observables, detail=detail)
