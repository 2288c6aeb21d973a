"""What a computation returns: plain, frozen, ready for JSON; failure is a status, not an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

__all__ = [
    "ADVICE",
    "UNSEARCHED",
    "Certificate",
    "Optimum",
    "Solution",
    "SolveResult",
    "ThresholdLine",
    "ThresholdResult",
]

ADVICE: Mapping[str, str] = {
    "converged": "a fixed point within the requested accuracy",
    "no_solution": "no solution of this kind exists at these parameters",
    "left_domain": "the iteration left the domain of the order parameters; start nearer or check the model's limits",
    "lost_branch": "the branch of this start no longer exists here (beyond its spinodal)",
    "not_converged": "the step limit was reached; raise max_steps or start nearer",
}
"""One sentence of advice per status."""

UNSEARCHED = "not searched here: "
"""What the detail of a point of a line says if it was not searched, because nothing was found beside it."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The numbers of a branch beyond double precision.

    values   decimal text by name: order parameters, conjugates, free_entropy, observables
    digits   proved digits of each; of a value that is zero to them, decimal places
    refused  what is not certified, with the reason
    method   how the digits were found
    enclosures   balls [middle +/- radius] by name, if a proof was asked for;  proof: what is proved, or why nothing is
    """

    values: Mapping[str, str]
    digits: Mapping[str, int]
    refused: Mapping[str, str]
    method: str = ""
    enclosures: Mapping[str, str] = field(default_factory=dict)
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Solution:
    """One branch at one parameter point.

    branch       "uninformed", "informed", "perfect" (boundary) or "trivial"
    status       a key of `ADVICE`
    order_parameters, observables   numbers by name (None where undefined)
    free_entropy a number, +-inf at a boundary with a logarithmic divergence, or None
    residual     the largest residual in the solver's coordinates; distance: the Newton step from here
    stability    {"stable": bool, "spectral_radius": number, "dominates": bool, ...}
    certified    its numbers beyond double precision, if they were asked for
    state        the state in the order of the generated module; not part of the JSON
    """

    branch: str
    status: str
    order_parameters: Mapping[str, float]
    free_entropy: float | None
    observables: Mapping[str, float | None]
    residual: float
    iterations: int
    stability: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""
    certified: Certificate | None = None
    state: tuple[float, ...] = field(default=(), repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of `derive solve --json`."""
        data = asdict(self)
        del data["state"]
        if self.certified is None:
            del data["certified"]
        elif not self.certified.proof:
            del data["certified"]["enclosures"], data["certified"]["proof"]
        return data


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where an observable of the dominating branch is least along one parameter.

    value    the parameter, rounded to its `digits` true digits; at an edge the place where the result was computed
    minimum  the observable there;  both are None if there is no solution
    at_edge  the observable falls all the way to an end of the domain, or of where solutions exist: `detail` says which
    status   "converged", "at_edge", "flat" (the observable does not depend on the parameter) or "no_solution"
    """

    name: str
    value: float | None
    observable: str
    minimum: float | None
    at_edge: bool
    status: str = "converged"
    digits: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SolveResult:
    """All branches at one parameter point; `parameters` are exact decimal or expression strings.

    `optimised` says which of the parameters was not given but chosen, and what it minimises.
    """

    model: str
    ansatz: str
    parameters: Mapping[str, str]
    solutions: tuple[Solution, ...]
    optimised: Optimum | None = None

    @property
    def dominant(self) -> Solution | None:
        """The stable solution of largest free entropy."""
        known = [s for s in self.solutions if s.stability.get("dominates")]
        return known[0] if known else None

    def to_json(self) -> dict[str, Any]:
        """The JSON object of `derive solve --json`."""
        data: dict[str, Any] = {
            "model": self.model,
            "ansatz": self.ansatz,
            "parameters": dict(self.parameters),
            "solutions": [s.to_json() for s in self.solutions],
        }
        if self.optimised is not None:
            data["optimised"] = asdict(self.optimised)
        return data


@dataclass(frozen=True, slots=True)
class ThresholdResult:
    """A threshold: `value` is a decimal string with `digits` certified digits; `exact` if there is a closed form.

    status  "converged", "no_solution" or "not_converged";  method: how it was found and certified
    enclosures, proof   balls by name and what is proved about them (or why nothing is), if a proof was asked for
    """

    model: str
    threshold: str
    kind: str
    parameters: Mapping[str, str]
    variable: str
    value: str | None
    digits: int
    order_parameters: Mapping[str, float | str]
    method: str
    exact: str | None = None
    status: str = "converged"
    detail: str = ""
    enclosures: Mapping[str, str] = field(default_factory=dict)
    proof: str = ""

    def to_json(self) -> dict[str, Any]:
        """The JSON object of `derive threshold --json`."""
        data = asdict(self)
        for name in ("exact", "detail", "enclosures", "proof"):
            if not data[name]:
                del data[name]
        return data


@dataclass(frozen=True, slots=True)
class ThresholdLine:
    """A threshold along another parameter: a result at each value of `axis`, the `parameters` fixed.

    An interrupted line has the results that are known by then and is not `complete`.
    """

    model: str
    threshold: str
    kind: str
    axis: str
    variable: str
    parameters: Mapping[str, str]
    points: tuple[ThresholdResult, ...]
    complete: bool = True

    def to_json(self) -> dict[str, Any]:
        """The JSON object of `derive threshold --scan --json`."""
        data = asdict(replace(self, points=()))
        return {**data, "points": [point.to_json() for point in self.points]}
