"""The quadratic growth of log Z is shed: the same free entropy, without the cancellation."""

from __future__ import annotations

from pathlib import Path

import mpmath as mp
import numpy as np
import pytest

from derive.api import derive, load_model
from derive.kernel.shed import shed_quadratic
from derive.precise.evaluate import Evaluator
from tests.support import zoo

UNSEEN = Path(__file__).parents[2] / "unseen" / "models"
MODELS = {"linear_gauss_bernoulli": "linear_gauss_bernoulli", "two_clusters_prior": UNSEEN / "two_clusters_prior.toml"}
PARAMETERS = {"alpha": "0.4", "rho": "0.3", "Delta": "0.001"}


def both(model: str):
    """The free entropy as derived and shed, and an evaluator of both."""
    derivation = derive(load_model(MODELS[model]))
    saddle, system = derivation.saddle, derivation.system
    s = system.symbols
    shed, partitions = shed_quadratic(saddle.free_entropy, system.partitions, s.q, s.v, saddle.tied)
    return derivation, shed, Evaluator({**system.partitions, **partitions})


@pytest.mark.parametrize("model", sorted(MODELS))
def test_shed_free_entropy_is_the_free_entropy(model):
    derivation, shed, evaluator = both(model)
    saddle, s = derivation.saddle, derivation.system.symbols
    assert shed != saddle.free_entropy
    with mp.workdps(40):
        given = {name: mp.mpf(text) for name, text in PARAMETERS.items()}
        radius = evaluator.evaluate([saddle.tied], given)[0]
        for fraction, q_hat in ((0.1, "0.3"), (0.5, "20"), (0.9, "1e5")):
            q = radius * mp.mpf(fraction)
            values = {**given, s.q.name: q, s.v.name: radius - q, s.q_hat.name: mp.mpf(q_hat)}
            plain, better = evaluator.evaluate([saddle.free_entropy, shed], values)
            assert abs(plain - better) < mp.mpf("1e-30") * (1 + values[s.q_hat.name])


def test_free_entropy_keeps_its_digits_where_q_hat_is_large():
    """Terms of order q_hat = 1e8 leave a free entropy of order 1."""
    derivation, _, evaluator = both("linear_gauss_bernoulli")
    s = derivation.system.symbols
    solver = zoo.solver("linear_gauss_bernoulli")
    rho, v, q_hat = 0.1, 3e-9, 1e8
    x, hats, p = np.array([rho - v, v]), np.array([q_hat]), np.array([0.5, rho, 1e-9])
    assert solver.module.PARAMETERS == ("alpha", "rho", "Delta")
    assert not solver.module.CANCELS
    found = zoo.call(solver.module.free_entropy, 1, x, hats, p)[0]
    with mp.workdps(40):
        values = dict(zip(solver.module.PARAMETERS, map(mp.mpf, p), strict=True))
        values |= {s.q.name: mp.mpf(rho) - mp.mpf(v), s.v.name: mp.mpf(v), s.q_hat.name: mp.mpf(q_hat)}
        expected = evaluator.evaluate([derivation.saddle.free_entropy], values)[0]
        assert abs(found - expected) < mp.mpf("2e-14") * abs(expected)
