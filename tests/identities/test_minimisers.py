"""What is easily got wrong at zero temperature: one identity each, on the derived equations or on solutions.

Shared with the code under test: the derivation and the solver; the expected relations are written by hand.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp

from tests.support import zoo

slow = pytest.mark.slow


def conjugates(model: str) -> dict[str, sp.Expr]:
    return {hat.name: e for hat, e in zoo.derivation(model).saddle.conjugates.items()}


def value(model: str, name: str, **given: str) -> float:
    found = zoo.branch(model, given)
    return {**found.order_parameters, **found.observables}[name]


# -------------------------------------------------------------------------- m_hat is not V_hat, except for residuals


@pytest.mark.parametrize("model", ["ridge_isotropic", "lasso_sparse", "huber_contaminated", "lad"])
def test_with_additive_noise_and_a_loss_of_the_residual_the_overlap_and_response_have_one_conjugate(model: str):
    """E (d_z P) l_1 is E l_2 if label and loss see y - z and y - h only."""
    hats = conjugates(model)
    assert sp.simplify(hats["m_hat"] - hats["V_hat"]) == 0


@pytest.mark.parametrize(
    "model",
    [
        "hinge_sign_teacher",
        *[pytest.param(m, marks=slow) for m in ("logistic_logistic_teacher", "logistic_mle", "logistic_sign_teacher")],
    ],
)
def test_with_sign_and_logistic_teachers_the_conjugates_of_overlap_and_response_differ(model: str):
    found = zoo.branch(model).order_parameters
    assert abs(found["m_hat"] / found["V_hat"] - 1) > 0.05


def test_a_square_loss_on_signs_has_two_conjugates_in_the_ratio_of_a_mean_absolute_normal():
    """m_hat/V_hat = E |x| = sqrt(2/pi): the label is no longer its teacher's field plus noise."""
    hats = conjugates("square_sign_teacher")
    assert sp.simplify(hats["m_hat"] / hats["V_hat"] - sp.sqrt(2 / sp.pi)) == 0


# ------------------------------------------------------------------------------------------------ Gaussian mixture


@pytest.mark.parametrize(
    "model",
    ["gaussian_mixture_ridge", *[pytest.param(f"gaussian_mixture_{m}", marks=slow) for m in ("hinge", "logistic")]],
)
def test_the_proximal_operator_of_a_mixture_has_the_variance_of_its_clouds(model: str):
    """prox_variance = Delta V with V = 1/(lam + V_hat), and V_hat carries the factor Delta."""
    given = {"alpha": "2", "rho": "3/10", "Delta": "1/2", "lam": "1/4"}
    found = zoo.branch(model, given)
    assert found.order_parameters["V"] == pytest.approx(1 / (0.25 + found.order_parameters["V_hat"]), rel=1e-12)
    assert found.observables["prox_variance"] == pytest.approx(0.5 * found.order_parameters["V"], rel=1e-12)


def test_a_learned_bias_adds_one_equation_and_no_conjugate():
    saddle = zoo.derivation("gaussian_mixture_ridge").saddle
    assert [b.name for b in saddle.stationary] == ["b"]
    assert [h.name for h in saddle.conjugates] == ["q_hat", "V_hat", "m_hat"]
    assert [x.name for x in saddle.overlaps] == ["q", "V", "m", "b"]
    _, _, m, b = saddle.overlaps
    (solution,) = sp.solve(saddle.stationary[b], b)
    rho = next(s for s in solution.free_symbols if s.name == "rho")
    assert sp.simplify(solution - (2 * rho - 1) * (1 - m)) == 0


def test_balanced_clouds_need_no_bias():
    assert abs(value("gaussian_mixture_ridge", "b", alpha="2", rho="1/2", Delta="1", lam="1")) < 1e-14


# ---------------------------------------------------------------------------------------- blocks, random features


def test_blocks_have_the_variance_of_the_teacher_summed_over_blocks():
    """rho = sum of phi sigma rho_k; at lam -> inf the student vanishes and the error is rho + Delta."""
    given = {"phi": "1/5", "s1": "3", "s2": "1/2", "rho1": "2", "rho2": "5", "Delta": "1/4"}
    rho = 1 / 5 * 3 * 2 + 4 / 5 / 2 * 5
    channel = zoo.derivation("ridge_blocks").system.channels[0]
    values = {s: sp.Rational(given[s.name]) for s in channel.rho.free_symbols}
    assert float(channel.rho.xreplace(values)) == pytest.approx(rho, rel=1e-15)


@slow
def test_blocks_without_a_student_have_the_error_of_their_labels():
    given = {"phi": "1/5", "s1": "3", "s2": "1/2", "rho1": "2", "rho2": "5", "Delta": "1/4"}
    error = value("ridge_blocks", "test_error", alpha="1", lam="10000000", **given)
    assert error == pytest.approx(1 / 5 * 3 * 2 + 4 / 5 / 2 * 5 + 1 / 4, rel=1e-5)


@slow
@pytest.mark.parametrize("psi", [2.0, 3.0])
def test_the_atom_of_random_features_at_kappa_star_counts(psi: float):
    """p > d: a share 1 - 1/psi of the modes is noise of the nonlinearity, of variance kappa_star^2.

    alpha = n/p.  The response solves V = E s/(lam + s V_hat) over the spectrum, with the atom; without it V is smaller.
    """
    alpha, lam = 1.5, 0.1
    found = zoo.branch("random_features_ridge", {"alpha": "3/2", "psi": str(int(psi)), "lam": "1/10", "Delta": "1/4"})
    k1, floor = 0.5, 0.5 - 1 / (2 * math.pi) - 0.25
    push = alpha / (1 + found.order_parameters["V"])
    # eigenvalues of F F^T/d, p x p, d rows of unit variance: psi x in the bulk of F^T F/p
    x, w = np.polynomial.legendre.leggauss(400)
    angle = math.pi * (x + 1) / 2
    low, high = (1 - math.sqrt(psi)) ** 2, (1 + math.sqrt(psi)) ** 2
    u = (low + high) / 2 + (high - low) / 2 * np.cos(angle)
    density = ((high - low) / 2 * np.sin(angle)) ** 2 / (2 * math.pi * psi * u) * (math.pi / 2) * w
    assert density.sum() == pytest.approx(1 / psi, rel=1e-10)
    bulk = np.sum(density * (k1**2 * u + floor) / (lam + (k1**2 * u + floor) * push))
    atom = (1 - 1 / psi) * floor / (lam + floor * push)
    assert found.order_parameters["V"] == pytest.approx(bulk + atom, rel=1e-9)
    assert atom > 0.05 * bulk


# ------------------------------------------------------------------------------------------------------- observables


@slow
def test_the_angle_to_the_teacher_and_the_error_against_noisy_labels_are_two_numbers():
    """Probit noise of variance Delta: P(sign h != y) = arccos(m/sqrt(q (rho + Delta)))/pi."""
    found = zoo.branch("logistic_probit_teacher", {"alpha": "3", "lam": "1/10", "rho": "1", "Delta": "1/2"})
    q, m = found.order_parameters["q"], found.order_parameters["m"]
    assert found.observables["error_teacher"] == pytest.approx(math.acos(m / math.sqrt(q)) / math.pi, rel=1e-10)
    assert found.observables["error_label"] == pytest.approx(math.acos(m / math.sqrt(1.5 * q)) / math.pi, rel=1e-10)
    assert found.observables["error_label"] > found.observables["error_teacher"] + 0.05


# -------------------------------------------------------------------------------------- starts, and where nothing is

STARTS = {
    "ridge_isotropic": {"rho": "1", "Delta": "1/4"},
    "logistic_logistic_teacher": {"rho": "1"},
    "hinge_sign_teacher": {},
    "lasso_sparse": {"rho": "1/10", "Delta": "1/100"},
}


@slow
@pytest.mark.parametrize("model", STARTS)
def test_the_default_start_reaches_the_minimiser_everywhere(model: str):
    """lam = 1e-6 to 1e3 and alpha = 0.05 to 100; the lasso may have the minimiser w = 0, which is one."""
    bad = []
    for lam in ("1/1000000", "1/10000", "1/100", "1", "30", "1000"):
        for alpha in ("1/20", "1/2", "1", "2", "10", "100"):
            found = zoo.solve(model, {**STARTS[model], "lam": lam, "alpha": alpha}).solutions
            if [s.status for s in found] != ["converged"]:
                bad.append((lam, alpha, [s.status for s in found]))
    assert not bad


def test_below_its_existence_threshold_the_estimate_is_missing_with_a_sentence():
    """rho = 5: separable below alpha = 3.07."""
    (found,) = zoo.solve("logistic_mle", {"alpha": "2", "rho": "5"}).solutions
    assert found.status == "no_solution"
    assert "no unique minimiser" in found.detail and "V -> infinity" in found.detail
    (above,) = zoo.solve("logistic_mle", {"alpha": "16/5", "rho": "5"}).solutions
    assert above.status == "converged"
