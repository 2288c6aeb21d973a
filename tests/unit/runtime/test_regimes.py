"""Two regimes at zero temperature: which solutions are kept, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from derive.runtime.regimes import join_regimes, resolved
from derive.runtime.results import Solution

UNIQUE = Solution(
    "uninformed", "converged", {"q": 1.0, "V": 2.0}, -0.25, {"energy": 0.25}, 1e-16, 5,
    {"stable": True, "dominates": True},
)  # fmt: skip
FLAT = Solution(
    "uninformed", "converged", {"q": 0.5, "r": 1.0}, -0.75, {}, 1e-16, 5, {"stable": True, "dominates": True}
)
LOST = Solution("uninformed", "no_solution", {}, None, {}, 1.0, 9, {"stable": False}, "V -> infinity")


def joined(unique: Solution, flat: Solution, measure: str = "sphere") -> list[Solution]:
    return join_regimes([unique], [flat], 0.125, measure, ("q", "r"))


def test_below_capacity_the_measure_is_the_answer() -> None:
    (found,) = joined(LOST, FLAT)
    assert found.branch == "satisfiable" and found.status == "converged"
    assert found.free_entropy == -0.125  # minus the least energy; the volume is an observable
    assert found.observables == {"energy": 0.125, "entropy": -0.75}
    assert "negative" not in found.detail


def test_above_capacity_the_minimiser_is_the_answer() -> None:
    stopped = replace(FLAT, residual=0.3)  # an iteration stopped on its way to q = r
    point = replace(FLAT, order_parameters={"q": 1.0 - 1e-14, "r": 1.0})
    for flat in (replace(FLAT, status="lost_branch"), stopped, point):
        assert joined(UNIQUE, flat) == [UNIQUE]


def test_where_both_exist_the_least_energy_dominates() -> None:
    found = joined(UNIQUE, FLAT)
    assert [(s.branch, s.stability["dominates"]) for s in found] == [("satisfiable", True), ("uninformed", False)]


def test_where_none_exists_all_say_why() -> None:
    point = replace(FLAT, order_parameters={"q": 1.0 - 1e-14, "r": 1.0})
    found = joined(LOST, point)
    assert [(s.branch, s.status) for s in found] == [("uninformed", "no_solution"), ("satisfiable", "no_solution")]
    assert all(s.detail for s in found)


def test_fewer_than_one_configuration_is_said() -> None:
    (found,) = joined(LOST, FLAT, "count")
    assert "entropy is negative" in found.detail
    (many,) = joined(LOST, replace(FLAT, free_entropy=0.2), "count")
    assert "negative" not in many.detail


def test_a_response_that_is_rounding_is_no_solution() -> None:
    def jacobian(smallest: float):
        return lambda x: np.diag([-1.0, -smallest])

    assert resolved(UNIQUE, ("q", "V"), jacobian(1e-3)) is UNIQUE
    wide = replace(UNIQUE, order_parameters={"q": 1.0, "V": 1e12})
    for s, smallest in ((UNIQUE, 1e-12), (wide, 1e-3)):
        found = resolved(s, ("q", "V"), jacobian(smallest))
        assert found.status == "no_solution" and not found.order_parameters and found.detail
