"""Weights of several components against textbook numpy and scipy, known limits and the scalar engine.

Shared with the code under test: model files.  A committee of two sign units is written out with the bivariate normal
law (Plackett's integral), a Gaussian parity by its Hermite coefficients.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import brentq
from scipy.special import ndtr

from derive import api
from derive.errors import ModelError
from derive.replica.checks import (
    check_ansatz,
    check_average_disorder,
    check_order_parameters,
    check_replicate,
    check_stages,
    run_stages,
)
from derive.solver import Solver
from derive.spec.read import read_model_text
from tests.support import zoo

T, WEIGHTS = np.polynomial.hermite_e.hermegauss(200)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
TWO_UNITS = """
name = "two_units"
parameters.alpha = { in = "(0, inf)", default = 1 }
quenched.wstar = { law = "LAW", components = 2 }
weights.w = { prior = "law(wstar)", components = 2 }
ansatz.components = "permutation"
channel = [{ samples = "alpha", teacher.z = "wstar", student.h = "w", label = "LABEL", factor = "bayes" }]
"""


# ------------------------------------------------------------------- two sign units by the bivariate normal


def both_above(a: np.ndarray, r: float) -> np.ndarray:
    """P(X < a, Y < a) of unit normals with correlation r, integrated over the correlation."""
    x, w = np.polynomial.legendre.leggauss(60)
    total = ndtr(a) ** 2
    for k, share in zip(0.5 * r * (x + 1), 0.5 * r * w, strict=True):
        total = total + share * np.exp(-(a * a) / (1 + k)) / (2 * np.pi * np.sqrt(1 - k * k))
    return total


def quadrant(a: np.ndarray, r: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Z of (+, +) at equal fields a, its slope in one field, and its curvature along the difference."""
    density = np.exp(-(a * a) / 2) / np.sqrt(2 * np.pi)
    c = math.sqrt(1 - r * r)
    tilt = (a - r * a) / c
    slope = density * ndtr(tilt)
    inside = np.exp(-(tilt**2) / 2) / np.sqrt(2 * np.pi)
    same = -a * slope - r / c * density * inside
    cross = np.exp(-a * a / (1 + r)) / (2 * np.pi * c)
    return both_above(a, r), slope, 2 * same - 2 * cross


def conjugates(q_u: float) -> tuple[float, float]:
    """The conjugate of q_u over alpha, and the growth rate of q_d over alpha, at q_d = 0."""
    own, other = (2 - q_u) / 2, -q_u / 2
    sd, r = math.sqrt(own), other / own
    a = math.sqrt(q_u / 2) * T / sd
    plus, minus = quadrant(a, r), quadrant(-a, r)
    zero = (1 - plus[0] - minus[0], minus[1] - plus[1], -(plus[2] + minus[2]))
    slope = growth = np.zeros(T.shape)
    for z, first, second in (plus, (minus[0], -minus[1], minus[2]), zero):
        safe = np.where(z > 1e-14, z, np.inf)
        slope, growth = slope + (2 * first / sd) ** 2 / safe, growth + (second / own) ** 2 / safe
    return float(WEIGHTS @ slope) / 2, float(WEIGHTS @ growth) / 4


def specialisation(mapped) -> float:
    """Alpha at which q_d = 0 loses stability; `mapped` is q_u as a function of its conjugate."""

    def log_growth(alpha: float) -> float:
        q_u = brentq(lambda q: mapped(alpha * conjugates(q)[0]) - q, 1e-3, 0.999, xtol=1e-14)
        return math.log(alpha * conjugates(q_u)[1])

    return float(brentq(log_growth, 1.2, 3.0, xtol=1e-12))


@pytest.mark.slow
def test_specialisation_of_two_sign_units_with_gaussian_weights():
    found = zoo.threshold("committee_two", "specialisation", {})
    assert float(found.value) == pytest.approx(specialisation(lambda hat: hat / (1 + hat)), rel=1e-10)


def test_the_symmetric_overlap_of_two_sign_units():
    """At alpha below the transition q_d = 0, and q_u solves the one equation written out above."""
    solution = zoo.branch("committee_two", {"alpha": "1"})
    q_u = brentq(lambda q: conjugates(q)[0] / (1 + conjugates(q)[0]) - q, 1e-3, 0.999, xtol=1e-14)
    assert solution.order_parameters["q_u"] == pytest.approx(q_u, rel=1e-9)
    assert solution.order_parameters["q_d"] == pytest.approx(0.0, abs=1e-8)
    assert solution.observables["q_01"] == pytest.approx(q_u / 2, rel=1e-7)


# ------------------------------------------------------------------------------ parity, spin glass, one unit


def test_parity_is_not_learned_below_pi_squared_over_four():
    found = zoo.threshold("parity_two", "continuous", {})
    assert float(found.value) == pytest.approx(math.pi**2 / 4, rel=1e-11)


@pytest.mark.parametrize("temperature", ["1/2", "4/5"])
def test_square_spins_are_two_sherrington_kirkpatrick_models(temperature):
    vector = zoo.branch("vector_spin_glass", {"T": temperature})
    scalar = zoo.branch("sk", {"T": temperature, "J0": "0"})
    assert vector.observables["q_00"] == pytest.approx(scalar.order_parameters["q"], rel=1e-9)
    assert vector.observables["q_01"] == pytest.approx(0.0, abs=1e-9)
    for name in ("energy", "entropy"):
        assert vector.observables[name] == pytest.approx(2 * scalar.observables[name], rel=1e-9)
    assert vector.free_entropy == pytest.approx(2 * scalar.free_entropy, rel=1e-9)


def test_the_site_of_spins_on_the_corners_of_a_cube_is_that_of_three_ising_spins(tmp_path):
    """The law of a component acts on each of three: with equal modes every component has E tanh^2(sqrt(q_hat) x)."""
    pairs = " + ".join(f"cross(w[{k}], w[{l}])^2" for k in range(3) for l in range(3))
    text = f"""
name = "cube"
beta = "1/T"
parameters.T = {{ in = "(0, inf)", default = "1/2" }}
weights.w = {{ count = "atoms(-1, 1)", components = 3 }}
ansatz.components = "permutation"
energy = [{{ gaussian = "({pairs})/2" }}]
"""
    path = tmp_path / "cube.toml"
    path.write_text(text)
    module = Solver(api.build(path, generated=tmp_path / "generated")).module
    assert (module.HATS[0], module.HATS[2]) == ("q_hat_d", "q_hat_u")
    out = zoo.call(module.site, module.SITE_OUTPUTS, np.array([2.0, 3.0, 2.0, 3.0]), np.array([0.5]), tol=1e-4)
    expected = float(WEIGHTS @ np.tanh(math.sqrt(2.0) * T) ** 2)
    assert out[:4] == pytest.approx([expected, 1 - expected] * 2, rel=1e-7)


# --------------------------------------------------------------------------------------------- stages


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("model", zoo.COMPONENTS)
def test_every_stage_agrees_with_its_check(model):
    for stage, check in check_stages(run_stages(api.load_model(model))).items():
        assert check.passed, (stage, check)


@pytest.mark.parametrize("model", ["committee_two_binary", "vector_spin_glass"])
def test_the_first_stages_agree_with_their_checks(model):
    found = run_stages(api.load_model(model))
    for check in (
        check_replicate(found.system, found.model),
        check_average_disorder(found.averaged),
        check_order_parameters(found.action),
    ):
        assert check.passed, check


@cache
def stages():
    return run_stages(api.load_model("committee_two_binary"))


def with_part(edit):
    """The system with its first label component edited."""
    (channel,) = stages().system.channels
    first, *rest = channel.components
    return replace(stages().system, channels=(replace(channel, components=(edit(first), *rest)),))


def lost_partner():
    system = with_part(lambda part: replace(part, multiplicity=1))
    return check_replicate(system, stages().model)


def other_factor():
    def edit(part):
        inner = part.partition.inner
        return replace(
            part, partition=replace(part.partition, body=part.partition.body.xreplace({inner[0]: -inner[0]}))
        )

    return check_replicate(with_part(edit), stages().model)


def covariances(position):
    """The averaged system with one covariance of the fields that forgets the second mode."""
    (entry,) = stages().averaged.covariances
    wrong = sp.diag(*entry[position].diagonal())
    return replace(stages().averaged, covariances=((*entry[:position], wrong, *entry[position + 1 :]),))


def interaction(factor):
    return check_ansatz(stages().action, replace(stages().replicas, interaction=factor * stages().replicas.interaction))


CORRUPTIONS = {
    "a joined label counts once": lost_partner,
    "the factor of another label": other_factor,
    "fields of one replica are uncorrelated": lambda: check_average_disorder(covariances(0)),
    "fields of two replicas are uncorrelated": lambda: check_average_disorder(covariances(1)),
    "fields of student and teacher are uncorrelated": lambda: check_average_disorder(covariances(2)),
    "the same, in tilted averages": lambda: check_order_parameters(replace(stages().action, averaged=covariances(2))),
    "the interaction has another multiplicity": lambda: interaction(sp.Rational(101, 100)),
}  # fmt: skip


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corrupted_stage_fails_its_check(name):
    assert not CORRUPTIONS[name]().passed


# ------------------------------------------------------------------------------------------- refusals


def test_digits_of_components_that_are_not_certified_are_not_claimed():
    found = api.threshold(api.load_model("vector_spin_glass"), "continuous", digits=20)
    assert (found.status, found.digits < 20) == ("not_converged", True)
    assert "not certified" in found.detail


@pytest.mark.parametrize(
    "change, words",
    [
        (('ansatz.components = "permutation"\n', ""), "general overlap matrices of 2 components"),
        (("LABEL", "sign(z[0] + 2*z[1])"), "not seen to be symmetric under permutations"),
        (("LABEL", "z[0] + z[1]"), "a real label of several fields"),
        (('prior = "law(wstar)", components = 2', "sphere = 2, components = 2"), "with a sphere"),
    ],
)
def test_what_is_not_derived_is_said(change, words):
    text = TWO_UNITS.replace(*change).replace("LAW", "normal(0, 1)").replace("LABEL", "sign(z[0]*z[1])")
    with pytest.raises(ModelError) as problem:
        api.derive(read_model_text(text))
    assert words in str(problem.value)
