"""Minima against closed forms, other minimisers and the conditions of a minimum; nothing of theory is used."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.simulate.existence import examine, responses
from derive.simulate.minimise import Minimum, Total, minimise
from tests.unit.simulate.totals import (
    ABSOLUTE,
    HINGE,
    HUBER,
    LOGISTIC,
    PINBALL,
    POISSON,
    RIDGE,
    SQUARE,
    data,
    h,
    total,
    w,
    y,
)


def solved(problem: Total) -> Minimum:
    found = minimise(problem)
    assert found.converged and found.kkt <= 1e-9
    assert found.gap <= 1e-6 * (1 + abs(found.value))
    assert examine(problem, found) == "converged"
    np.testing.assert_allclose(problem.matrix @ found.theta, found.fields, atol=1e-6)
    return found


def test_ridge_is_that_of_the_normal_equations() -> None:
    matrix, labels = data("real", 40, 60)
    problem = total(matrix, labels, SQUARE, RIDGE)
    found = solved(problem)
    hessian = matrix.T @ matrix + np.eye(40) / 10
    exact = np.linalg.solve(hessian, matrix.T @ labels)
    np.testing.assert_allclose(found.theta, exact, rtol=1e-10, atol=1e-12)
    assert found.value == pytest.approx(np.sum((labels - matrix @ exact) ** 2) / 2 + exact @ exact / 20, rel=1e-12)
    np.testing.assert_allclose(responses(problem, found), np.diag(np.linalg.inv(hessian)), rtol=1e-9)


@pytest.mark.parametrize("penalty", [RIDGE, 0])
def test_logistic_is_that_of_another_minimiser(penalty: Any) -> None:
    matrix, labels = data("sign", 20, 200)
    found = solved(total(matrix, labels, LOGISTIC, penalty))
    lam = 0.1 if penalty != 0 else 0.0

    def value(theta: np.ndarray) -> float:
        return float(np.sum(np.logaddexp(0, -labels * (matrix @ theta)))) + lam * float(theta @ theta) / 2

    def slope(theta: np.ndarray) -> np.ndarray:
        return -matrix.T @ (labels / (1 + np.exp(labels * (matrix @ theta)))) + lam * theta

    other = scipy.optimize.minimize(value, np.zeros(20), jac=slope, method="BFGS", options={"gtol": 1e-9})
    np.testing.assert_allclose(found.theta, other.x, atol=1e-6)
    assert found.value <= other.fun + 1e-10


def test_least_absolute_deviations_are_a_linear_program() -> None:
    matrix, labels = data("real", 20, 60)
    found = solved(total(matrix, labels, ABSOLUTE))
    samples, sites = matrix.shape
    exact = scipy.optimize.linprog(
        np.concatenate([np.zeros(sites), np.ones(samples)]),
        A_ub=np.block([[matrix, -np.eye(samples)], [-matrix, -np.eye(samples)]]),
        b_ub=np.concatenate([labels, -labels]),
        bounds=[(None, None)] * sites + [(0, None)] * samples,
    )
    assert found.value == pytest.approx(exact.fun, rel=1e-9)
    np.testing.assert_allclose(found.theta, exact.x[:sites], atol=1e-6)


def test_hinge_with_l1_is_a_linear_program() -> None:
    matrix, labels = data("sign", 20, 60)
    found = solved(total(matrix, labels, HINGE, sp.Abs(w) / 3))
    samples, sites = matrix.shape
    rows = labels[:, None] * matrix
    exact = scipy.optimize.linprog(
        np.concatenate([np.full(2 * sites, 1 / 3), np.ones(samples)]),
        A_ub=np.concatenate([-rows, rows, -np.eye(samples)], axis=1),
        b_ub=-np.ones(samples),
    )
    assert found.value == pytest.approx(exact.fun, rel=1e-9)


def test_lasso_meets_its_conditions_with_exact_zeros() -> None:
    matrix, labels = data("real", 50, 40)
    problem = total(matrix, labels, SQUARE, sp.Abs(w) / 4)
    found = solved(problem)
    force = matrix.T @ (labels - matrix @ found.theta)
    zero = found.theta == 0
    assert 5 < np.count_nonzero(zero) < 45
    assert np.max(np.abs(force[zero])) <= 0.25 + 1e-8
    np.testing.assert_allclose(force[~zero], 0.25 * np.sign(found.theta[~zero]), atol=1e-7)
    moves = responses(problem, found)
    assert moves is not None and not moves[zero].any() and (moves[~zero] > 0).all()


def test_largest_margin_meets_its_conditions() -> None:
    matrix, labels = data("clean", 60, 40)
    ends = np.where(labels > 0, 1.0, -np.inf), np.where(labels > 0, np.inf, -1.0)
    found = solved(total(matrix, labels, 0, w**2 / 2, ends))
    margins = labels * (matrix @ found.theta)
    pushes = -labels * found.multipliers
    assert margins.min() >= 1 - 1e-6 and pushes.min() >= -1e-9
    assert np.max(pushes * (margins - 1)) <= 1e-6
    np.testing.assert_allclose(found.theta, matrix.T @ (labels * pushes), atol=1e-6)


def test_support_holds_weights_inside() -> None:
    matrix, labels = data("real", 30, 60)
    found = solved(total(matrix, labels, SQUARE, support=(0.0, 1.0)))
    exact = scipy.optimize.lsq_linear(matrix, labels, bounds=(0, 1), tol=1e-14)
    assert found.theta.min() == 0 and found.theta.max() == 1
    np.testing.assert_allclose(found.theta, exact.x, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "loss", "penalty"),
    [
        ("sign", HINGE, RIDGE),
        ("sign", HINGE**2 / 2, RIDGE),
        ("real", HUBER, RIDGE),
        ("real", ABSOLUTE, sp.Abs(w) / 3),
        ("real", PINBALL, RIDGE),
        ("real", sp.Max(ABSOLUTE - sp.Rational(1, 2), 0), RIDGE),
        ("sign", LOGISTIC, sp.Abs(w) / 10 + RIDGE),
        ("count", POISSON, RIDGE),
        ("real", sp.sqrt(1 + (y - h) ** 2), RIDGE),
        ("real", sp.log(sp.cosh(y - h)), w**4),
    ],
    ids=str,
)
def test_no_direction_lowers_a_minimum(kind: str, loss: Any, penalty: Any) -> None:
    """The value at the minimum against the plain functions, evaluated by sympy, at points around it."""
    matrix, labels = data(kind, 30, 50)
    problem = total(matrix, labels, loss, penalty)
    found = solved(problem)
    plain = [sp.lambdify(s, e, "scipy") for s, e in (((h, y), loss), ((w,), penalty))]

    def value(theta: np.ndarray) -> float:
        return float(np.sum(plain[0](matrix @ theta, labels)) + np.sum(plain[1](theta)))

    least = value(found.theta)
    assert found.value == pytest.approx(least, rel=1e-7)
    random = np.random.default_rng(1)
    for scale in (1e-3, 1e-2, 0.1, 1.0):
        for _ in range(20):
            assert value(found.theta + scale * random.normal(size=30)) >= least - 1e-7
    other = scipy.optimize.minimize(value, found.theta, method="Powell", options={"maxfev": 3000})
    assert other.fun >= least - 1e-6


numbers = st.integers(-8, 8).map(lambda k: sp.Rational(k, 4))
positive = st.integers(1, 8).map(lambda k: sp.Rational(k, 4))


@st.composite
def convex(draw: st.DrawFn) -> sp.Expr:
    """A positive sum of convex functions of h and y that grows on both sides."""
    u = y - h
    terms = [draw(positive) * sp.Max(u - draw(numbers), -draw(positive) * (u - draw(numbers)))]
    pool = [u**2, sp.Abs(u - draw(numbers)), sp.Max(0, u) ** 2, sp.log(1 + sp.exp(draw(numbers) * h)), sp.exp(h / 2)]
    terms += [draw(positive) * e for e in draw(st.lists(st.sampled_from(pool), max_size=3, unique=True))]
    return sp.Add(*terms)


@settings(max_examples=25)
@given(convex(), st.sampled_from([RIDGE, sp.Abs(w) / 2, sp.Abs(w) / 4 + RIDGE, sp.Max(w, -2 * w) / 3]))
def test_any_convex_total_is_minimised(loss: sp.Expr, penalty: sp.Expr) -> None:
    matrix, labels = data("real", 15, 20)
    problem = total(matrix, labels, loss, penalty)
    found = minimise(problem)
    assert found.converged and found.gap <= 1e-5 * (1 + abs(found.value))
    assert examine(problem, found) in ("converged", "not_unique")


# ---------------------------------------------------------------------------------- no minimiser


@pytest.mark.parametrize(
    ("kind", "loss", "samples", "status"),
    [
        ("clean", LOGISTIC, 80, "no_minimiser"),
        ("sign", LOGISTIC, 400, "converged"),
        ("clean", HINGE, 80, "no_minimiser"),
        ("sign", HINGE, 400, "converged"),
        ("real", ABSOLUTE, 20, "not_unique"),
        ("real", SQUARE, 20, "not_unique"),
        ("real", SQUARE, 60, "converged"),
        ("count", POISSON, 25, "no_minimiser"),
        ("count", POISSON, 400, "converged"),
    ],
)
def test_missing_minimisers_are_named(kind: str, loss: Any, samples: int, status: str) -> None:
    matrix, labels = data(kind, 40, samples)
    problem = total(matrix, labels, loss)
    assert examine(problem, minimise(problem)) == status


def test_constraints_that_contradict_each_other_are_named() -> None:
    matrix, labels = data("sign", 30, 200)
    ends = np.where(labels > 0, 1.0, -np.inf), np.where(labels > 0, np.inf, -1.0)
    problem = total(matrix, labels, 0, w**2 / 2, ends)
    found = minimise(problem)
    assert not found.converged and examine(problem, found) == "infeasible"


def test_a_tiny_penalty_is_enough() -> None:
    matrix, labels = data("sign", 40, 30)
    problem = total(matrix, labels, LOGISTIC, w**2 / 200000)
    found = minimise(problem)
    assert examine(problem, found) == "converged"
    slope = matrix.T @ (labels / (1 + np.exp(labels * (matrix @ found.theta))))
    np.testing.assert_allclose(found.theta * 1e-5, slope, atol=1e-10)


def test_response_is_that_of_a_field_on_the_weights() -> None:
    """The diagonal of the inverse curvature against the motion of the minimum, for a loss with kinks."""
    matrix, labels = data("sign", 25, 40)
    problem = total(matrix, labels, HINGE, RIDGE)
    found = solved(problem)
    moves = responses(problem, found)
    assert moves is not None
    step = 1e-4
    for site in (0, 7, 19):
        pulled = total(matrix, labels, HINGE, RIDGE)
        penalty = pulled.penalties.blocks[0]
        bias = np.zeros(25)
        bias[site] = step
        g = sp.Symbol("g", real=True)
        from derive.simulate.scalars import Scalars, Stack
        from derive.simulate.shape import shape_of

        tilted = Scalars(shape_of(penalty.shape.value - g * w, w), {g: bias}, 25)
        moved = minimise(Total(matrix, pulled.losses, Stack([tilted])), 1e-10)
        assert (moved.theta[site] - found.theta[site]) / step == pytest.approx(moves[site], rel=1e-2, abs=1e-3)
