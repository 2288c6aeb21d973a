"""Thermodynamics of the zoo's energies: derivatives of the free entropy along a branch, limits, symmetries."""

from __future__ import annotations

import numpy as np
import pytest

from derive.exact import exact_number
from tests.support import zoo

LOW = ("1/50", "1/100", "1/200")
POINTS = [
    ("curie_weiss", "uninformed", {"T": "1/2", "J0": "1", "h": "1/10"}),
    ("sk", "uninformed", {"T": "1/2", "J0": "1/2", "h": "3/10"}),
    ("ising_pspin", "informed", {"T": "1/5", "p": "3"}),
    ("spherical_pspin", "uninformed", {"T": "1", "p": "4", "h": "1/2"}),
    ("mixed_pspin", "uninformed", {"T": "1/2", "a": "1/2", "p": "3"}),
    ("random_field_ising", "uninformed", {"T": "1/2", "Delta": "1/4"}),
    ("blume_capel_sk", "uninformed", {"T": "1/2", "D": "1/3"}),
    ("hopfield", "informed", {"T": "1/2", "alpha": "1/20"}),
    ("hopfield", "uninformed", {"T": "1/2", "alpha": "1/10"}),
    ("hopfield_mixture", "informed_0", {"T": "1/2"}),
]


def at(model: str, branch: str, given: dict[str, str], T: float):
    return zoo.branch(model, {**given, "T": repr(T)}, branch)


@pytest.mark.parametrize("model, branch, given", POINTS)
def test_energy_is_the_slope_of_the_free_entropy(model: str, branch: str, given: dict[str, str]):
    """-d phi/d beta by a five-point rule, E the observable; entropy = phi + beta E."""
    T = float(exact_number(given["T"]))
    step = 2e-3 / T
    phi = [at(model, branch, given, 1 / (1 / T + k * step)).free_entropy for k in (-2, -1, 1, 2)]
    slope = (phi[0] - 8 * phi[1] + 8 * phi[2] - phi[3]) / (12 * step)
    found = zoo.branch(model, given, branch)
    assert found.observables["energy"] == pytest.approx(-slope, rel=1e-8, abs=1e-9)
    entropy = found.free_entropy + found.observables["energy"] / T
    assert found.observables["entropy"] == pytest.approx(entropy, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize(
    "model, branch, given",
    [
        ("sk", "uninformed", {"J0": "0", "h": "3/10"}),
        ("ising_pspin", "uninformed", {"p": "3"}),
        ("random_field_ising", "uninformed", {"Delta": "1/4"}),
        ("hopfield", "informed", {"alpha": "1/10"}),
    ],
)
def test_low_temperatures_approach_the_limit(model: str, branch: str, given: dict[str, str]):
    """q = 1 - V T + O(T^2), E and S linear in T: extrapolated from two temperatures."""
    zeros = zoo.solve(model, {**given, "T": "0"}).solutions
    low = [zoo.branch(model, {**given, "T": T}, branch) for T in LOW]
    zero = min(zeros, key=lambda s: abs(s.observables["energy"] - low[-1].observables["energy"]))
    for name in ("energy", "entropy"):
        a, b, c = (s.observables[name] for s in low)
        limit = (8 * c - 6 * b + a) / 3  # without the terms of order T and T^2
        assert zero.observables[name] == pytest.approx(limit, abs=2e-4), name
    a, b, c = ((1 - s.order_parameters["q"]) / float(exact_number(T)) for s, T in zip(low, LOW, strict=True))
    assert zero.order_parameters["V"] == pytest.approx((8 * c - 6 * b + a) / 3, abs=2e-3)


@pytest.mark.parametrize(
    "model, order, branch, snr, given",
    [
        ("spiked_wigner", 2, "uninformed", 2.0, {}),
        ("spiked_wigner_sparse", 2, "informed", 200.0, {"rho": "1/20"}),
        ("spiked_wigner_communities", 2, "uninformed", 2.0, {"rho": "3/10"}),
        ("spiked_tensor", 3, "informed", 5.0, {}),
    ],
)
def test_information_grows_with_the_error_of_the_signal(model: str, order: int, branch: str, snr: float, given: dict):
    """dI/dsnr = (rho^p - q^p)/(2 p) for an observation of order p."""
    step = 1e-3 * snr
    near = [zoo.branch(model, {**given, "snr": repr(snr + k * step)}, branch) for k in (-2, -1, 1, 2)]
    info = [s.observables["mutual_information"] for s in near]
    slope = (info[0] - 8 * info[1] + 8 * info[2] - info[3]) / (12 * step)
    found = zoo.branch(model, {**given, "snr": repr(snr)}, branch).order_parameters
    assert slope == pytest.approx((found["r"] ** order - found["q"] ** order) / (2 * order), rel=1e-8)


def test_information_without_and_with_a_strong_signal_is_nothing_and_all():
    weak, strong = (zoo.branch("spiked_wigner", {"snr": snr}).observables for snr in ("1/1000", "200"))
    assert weak["mutual_information"] == pytest.approx(1e-3 / 4, rel=1e-12)
    assert strong["mutual_information"] == pytest.approx(np.log(2), rel=1e-12)


def test_a_field_against_the_spins_mirrors_the_solution():
    up, down = (zoo.branch("sk", {"T": "1/2", "h": h}) for h in ("2/5", "-2/5"))
    assert down.order_parameters["m"] == pytest.approx(-up.order_parameters["m"], rel=1e-11)
    assert down.free_entropy == pytest.approx(up.free_entropy, rel=1e-13)


@pytest.mark.parametrize("alpha", ["1/10", "1/2", "3"])
def test_outside_of_the_existence_domain_nothing_is_returned(alpha: str):
    """Hopfield: every solution has (r - q)/T < 1."""
    for T in ("1/50", "1/5", "9/10", "2"):
        for s in zoo.solve("hopfield", {"T": T, "alpha": alpha}).solutions:
            if s.status == "converged":
                q = s.order_parameters["q"]
                assert (1 - q) / float(exact_number(T)) < 1
                assert np.isfinite(s.free_entropy)
