"""Coarse to sharp: how accurate the solver's integrals have to be, and when they were not accurate enough."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from derive.runtime.newton import COARSE, blurred, eliminate, retreat, sharpness
from tests.support import zoo

TOL = 1e-13
SIZES = (0.0, 1e-20, 1e-9, 1e-5, 1e-3, 0.02, 0.0999, 0.2, 0.299, 0.3, 1.0, 50.0, 1e300, math.inf)
"""Residuals and distances from none to what is no distance any more."""


def sharp(error: float, distance: float, tol: float = TOL) -> float:
    """`sharpness` after a step with this residual, at this distance from the root."""
    return sharpness(np.array([0.0, 1.0, error, distance, 0.5]), tol)


@pytest.mark.parametrize("tol", [TOL, 1e-10, COARSE])
def test_integrals_are_never_coarser_than_coarse_nor_sharper_than_tol(tol: float) -> None:
    for error, distance in product(SIZES, SIZES):
        assert tol <= sharp(error, distance, tol) <= COARSE
    assert sharp(math.inf, math.inf, tol) == COARSE
    assert sharp(0.0, 0.0, tol) == tol


def test_a_tolerance_above_coarse_is_kept() -> None:
    for error, distance in product(SIZES, SIZES):
        assert sharp(error, distance, 1e-3) == 1e-3


def test_near_a_root_the_error_is_at_most_the_fourth_power_of_the_distance() -> None:
    for error, distance in product(SIZES, (d for d in SIZES if d < 0.3)):
        assert sharp(error, distance) <= max(TOL, distance**4 * (1 + 1e-14))
    for distance in (1e-3, 0.02, 0.0999):
        assert sharp(1.0, distance) == pytest.approx(distance**4, rel=1e-14)


def test_the_error_is_at_most_a_thousandth_of_the_residual() -> None:
    for error, distance in product(SIZES, SIZES):
        assert sharp(error, distance) <= max(TOL, 0.001 * error * (1 + 1e-14))
    for error, distance in product((1e-9, 1e-5, 1e-3, 0.02), (0.3, 1.0, math.inf)):
        assert sharp(error, distance) == pytest.approx(0.001 * error, rel=1e-14)


def test_a_smaller_residual_or_distance_never_asks_for_coarser_integrals() -> None:
    found = np.array([[sharp(error, distance) for distance in SIZES] for error in SIZES])
    assert (np.diff(found, axis=0) >= 0).all() and (np.diff(found, axis=1) >= 0).all()


def test_integrals_sharp_to_tol_blur_nothing() -> None:
    for value in (0.0, 1e-20, TOL, -1.0, math.nan, math.inf, -math.inf):
        assert not blurred(np.array([value]), TOL, TOL)
        assert not blurred(np.array([0.0, value]), COARSE, COARSE)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_not_finite_is_blurred_until_the_integrals_are_sharp(value: float, place: int) -> None:
    for others in (0.0, 5.0):
        residual = np.full(3, others)
        residual[place] = value
        assert blurred(residual, COARSE, TOL)
        assert not blurred(residual, TOL, TOL)


@pytest.mark.parametrize("width", [COARSE, 1e-7, 2 * TOL])
def test_a_residual_below_ten_errors_of_the_integrals_is_blurred(width: float) -> None:
    for sign in (1.0, -1.0):
        assert blurred(np.array([0.0, sign * 9.99 * width]), width, TOL)
        assert not blurred(np.array([0.0, sign * 10.01 * width]), width, TOL)
    assert blurred(np.zeros(2), width, TOL)


def test_one_entry_that_is_clear_is_enough() -> None:
    for residual in ([1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]):
        assert not blurred(np.array(residual), COARSE, TOL)


def test_the_residual_after_a_newton_step_is_not_blurred() -> None:
    """It is of order d^2, which integrals good to d^4 still see."""
    for distance in (0.0999, 1e-2, 1e-3, 1e-4):
        assert not blurred(np.array([distance**2]), sharp(distance, distance), TOL)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_elimination_solves_what_a_library_solves(size: int):
    random = np.random.default_rng(size)
    matrix, target, found = random.normal(size=(size, size)), random.normal(size=size), np.empty(size)
    assert eliminate(matrix.copy(), target, found)
    assert found == pytest.approx(np.linalg.solve(matrix, target), rel=1e-11)
    matrix[-1] = 2.0 * matrix[0] if size > 1 else 0.0
    assert not eliminate(matrix, target, found) or size > 2  # singular up to rounding


EDGE = 1e-14


def back(
    x: list[float], previous: list[float], residual: list[float], tied: tuple[int, ...]
) -> tuple[bool, list[float]]:
    """Whether the solver stepped back, and where it is then."""
    state, place = np.zeros(8), np.array(x)
    state[4] = EDGE
    return bool(retreat(place, np.array(previous), np.array(residual), state, tied)), place.tolist()


def test_where_the_map_is_undefined_the_solver_goes_half_way_back() -> None:
    assert back([0.8, 0.2], [0.4, 0.6], [math.nan], (1,)) == (True, [pytest.approx(0.6), pytest.approx(0.4)])
    assert back([0.8, 0.2], [0.4, 0.6], [0.1], (1,)) == (False, [0.8, 0.2])


def test_there_is_no_way_back_from_the_start() -> None:
    assert back([0.8, 0.2], [0.8, 0.2], [math.inf], (1,)) == (False, [0.8, 0.2])


@pytest.mark.parametrize(("tied", "residual"), [((1,), [math.inf]), ((0,), [0.1, -math.inf])])
def test_beyond_the_edge_a_map_to_the_edge_is_no_reason_to_go_back(
    tied: tuple[int, ...], residual: list[float]
) -> None:
    assert not back([1.0, 0.1 * EDGE], [0.9, 0.1], residual, tied)[0]
    assert back([1.0, 10.0 * EDGE], [0.9, 0.1], residual, tied)[0]
    assert back([1.0, 0.1 * EDGE], [0.9, 0.1], [math.nan for _ in residual], tied)[0]


@pytest.mark.parametrize("alpha", [1.4927, 1.5, 1.6, 2.0, 10.0])
def test_a_branch_that_ceases_to_exist_is_lost_within_a_few_steps(alpha: float) -> None:
    """The spinodal of the binary teacher is at 1.4926; near q = 1 a step costs a hundred times a step elsewhere."""
    solver = zoo.solver("perceptron_teacher_binary")
    p = np.array([alpha])
    found = solver.run(p, solver.start(p))
    assert (found.status, found.steps < 30) == ("lost_branch", True)
    assert solver.run(p, solver.start(p, informed=True)).steps == 1
