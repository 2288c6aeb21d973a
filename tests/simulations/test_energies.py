"""Small systems of energies, drawn from their definitions: enumeration and Monte Carlo, no formula of the theory."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numba import njit

from tests.support import zoo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def all_spins(n: int) -> np.ndarray:
    return np.array(list(itertools.product((-1.0, 1.0), repeat=n)))


def mean_log_z(n: int, order: int, beta: float, samples: int, seed: int) -> tuple[float, float]:
    """E log Z/N with H = sum over all indices of J s..s/sqrt(2 N^(p-1)), E H H' = N q^p/2: every state counted."""
    rng, s = np.random.default_rng(seed), all_spins(n)
    found = []
    for _ in range(samples):
        couplings = rng.standard_normal((n,) * order) / np.sqrt(2 * n ** (order - 1))
        h = np.einsum("ai,i...->a...", s, couplings)
        for _ in range(order - 1):
            h = np.einsum("ai,ai...->a...", s, h)
        found.append(np.log(np.sum(np.exp(-beta * (h - h.min())))) - beta * h.min())
    return float(np.mean(found)) / n, float(np.std(found, ddof=1)) / np.sqrt(samples) / n


@pytest.mark.parametrize("model, order, T", [("sk", 2, 2.0), ("sk", 2, 1.5), ("ising_pspin", 3, 1.5)])
def test_high_temperature_by_enumeration(model: str, order: int, T: float):
    """Corrections of order 1/N are taken out with two sizes."""
    given = {"T": str(T)} | ({"p": str(order)} if model == "ising_pspin" else {})
    theory = zoo.branch(model, given).free_entropy
    (small, ds), (large, dl) = (mean_log_z(n, order, 1 / T, 600, n) for n in (6, 12))
    assert 2 * large - small == pytest.approx(theory, abs=4 * np.hypot(2 * dl, ds) + 2e-3)
    assert abs(1.03 * theory - (2 * large - small)) > 4 * np.hypot(2 * dl, ds) + 2e-3


@njit(cache=True)
def heat_bath(couplings, s, beta, sweeps, chances):  # type: ignore[no-untyped-def]
    """Sequential heat bath for H = -1/2 s J s; the mean of s over the second half of the sweeps."""
    n = s.size
    h = couplings @ s
    mean = np.zeros(n)
    for sweep in range(sweeps):
        for i in range(n):
            new = 1.0 if chances[sweep, i] < 1.0 / (1.0 + np.exp(-2.0 * beta * h[i])) else -1.0
            if new != s[i]:
                h += couplings[:, i] * (new - s[i])
                s[i] = new
        if 2 * sweep >= sweeps:
            mean += s
    return mean / (sweeps - (sweeps + 1) // 2)


def test_retrieval_in_the_hopfield_model():
    n, alpha, T, found = 1500, 0.05, 0.4, []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        xi = rng.choice([-1.0, 1.0], (int(alpha * n), n))
        couplings = xi.T @ xi / n
        np.fill_diagonal(couplings, 0.0)
        mean = heat_bath(couplings, xi[0].copy(), 1 / T, 120, rng.random((120, n)))
        found.append((mean @ xi[0] / n, mean @ mean / n))
    theory = zoo.branch("hopfield", {"T": "2/5", "alpha": "1/20"}, "informed").order_parameters
    m, q = np.mean(found, axis=0)
    dm, dq = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert m == pytest.approx(theory["m"], abs=4 * dm + 3 / n)
    # 60 sweeps are independent enough: the mean of s is off by (1 - q)/60 at most in its square
    assert q == pytest.approx(theory["q"], abs=4 * dq + (1 - theory["q"]) / 20)
    assert dm < 0.01


def test_the_posterior_of_a_spiked_matrix():
    n, snr, found = 1200, 3.0, []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x0 = rng.choice([-1.0, 1.0], n)
        noise = rng.standard_normal((n, n))
        noise = np.triu(noise, 1) + np.triu(noise, 1).T
        y = np.sqrt(snr / n) * np.outer(x0, x0) + noise
        couplings = np.sqrt(snr / n) * y
        np.fill_diagonal(couplings, 0.0)
        found.append(heat_bath(couplings, x0.copy(), 1.0, 150, rng.random((150, n))) @ x0 / n)
    theory = zoo.branch("spiked_wigner", {"snr": "3"}).order_parameters["q"]
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(theory, abs=4 * error + 3 / n)
    assert error < 0.01
