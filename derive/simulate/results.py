"""What an experiment returns: means with standard errors, and how good the minima are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Estimate", "SimulationResult", "estimate"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over independent samples of the disorder with its standard error (None for one sample)."""

    mean: float
    error: float | None


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of independent numbers and its standard error.

    >>> estimate([1.0, 2.0, 3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0])
    Estimate(mean=2.0, error=0.16666666666666666)
    """
    count = len(values)
    mean = math.fsum(values) / count
    if count == 1:
        return Estimate(mean, None)
    return Estimate(mean, math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (count - 1) / count))


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """A finite-size experiment at one parameter point.

    status       a key of `derive.simulate.existence.SENTENCES`; if it is not "converged", `detail` says what was met
                 in which sample, and nothing is estimated
    order_parameters, observables   estimates by name; globals are among the order parameters
    free_entropy minus the minimum of the total over N
    certificate  the worst sample's distance from the conditions of a minimum (`kkt`, relative) and difference of
                 primal and dual value (`gap`, over N)
    """

    model: str
    parameters: Mapping[str, str]
    size: int
    samples: int
    seed: int
    status: str
    order_parameters: Mapping[str, Estimate]
    free_entropy: Estimate | None
    observables: Mapping[str, Estimate]
    certificate: Mapping[str, float]
    detail: str = ""

    @property
    def estimates(self) -> dict[str, Estimate]:
        """All estimates by name, the free entropy among them."""
        own = {} if self.free_entropy is None else {"free_entropy": self.free_entropy}
        return {**self.order_parameters, **own, **self.observables}

    def to_json(self) -> dict[str, Any]:
        """The JSON object of `derive simulate --json`."""
        data = asdict(self)
        if not self.detail:
            del data["detail"]
        return data
