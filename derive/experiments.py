"""Theory against experiments of finite size along one parameter: points with error bars on the curve of theory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from derive.runtime.results import SolveResult
from derive.simulate.results import Estimate, SimulationResult

if TYPE_CHECKING:
    from derive.spec.model import Model

__all__ = ["Comparison", "as_points", "compare", "write_comparisons"]

COUNT = 6


@dataclass(frozen=True, slots=True)
class Comparison:
    """A quantity at one value of the scanned parameter: the number of the theory and the estimate of the experiment."""

    value: str
    quantity: str
    theory: float
    measured: Estimate

    @property
    def deviation(self) -> float:
        """The difference over the standard error; corrections of order 1/N are part of it."""
        if not self.measured.error:
            return math.nan
        return (self.measured.mean - self.theory) / self.measured.error


def _chosen(results: Sequence[SolveResult]) -> list[SolveResult]:
    """A few points of the curve, spread over those where one branch converged."""
    found = [r for r in results if any(s.status == "converged" for s in r.solutions)]
    if len(found) <= COUNT:
        return found
    return [found[i] for i in np.unique(np.linspace(0, len(found) - 1, COUNT + 2).round().astype(int)[1:-1])]


def compare(
    model: Model,
    axis: str,
    results: Sequence[SolveResult],
    size: int,
    samples: int,
    progress: Callable[[str], None],
) -> list[Comparison]:
    """Repeat a few points of a curve in systems of finite size that are drawn from the model file alone."""
    from derive import api

    found: list[Comparison] = []
    for result in _chosen(results):
        solution = next(s for s in result.solutions if s.status == "converged")
        theory = {**solution.order_parameters, **solution.observables, "free_entropy": solution.free_entropy}
        given = result.parameters
        measured: SimulationResult = api.simulate(model, given, size=size, samples=samples)
        if measured.status != "converged":
            progress(f"{axis} = {given[axis]}: {measured.status}; {measured.detail}")
            continue
        progress(f"{axis} = {given[axis]}: {samples} systems of {size} sites")
        found += [
            Comparison(given[axis], name, number, measured.estimates[name])
            for name, number in theory.items()
            if number is not None and name in measured.estimates
        ]
    return found


def as_points(found: Sequence[Comparison]) -> Mapping[str, np.ndarray]:
    """By quantity: columns of positions, means and standard errors, for a figure."""
    names = dict.fromkeys(c.quantity for c in found)
    rows = {
        name: [
            (float(Fraction(c.value)), c.measured.mean, c.measured.error or 0.0) for c in found if c.quantity == name
        ]
        for name in names
    }
    return {name: np.array(values).T for name, values in rows.items()}


def write_comparisons(path: Path, axis: str, found: Sequence[Comparison]) -> Path:
    """Write all comparisons as csv."""
    from derive.emission import write_text

    lines = [",".join((axis, "quantity", "theory", "mean", "standard_error"))]
    lines += [f"{c.value},{c.quantity},{c.theory!r},{c.measured.mean!r},{c.measured.error!r}" for c in found]
    write_text(path, "\n".join(lines) + "\n")
    return path
