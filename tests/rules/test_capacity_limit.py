"""The Laplace limit of a channel: v E log Z(omega, v) -> -E dist(omega, S)^2/2, against small v."""

from __future__ import annotations

from pathlib import Path

import mpmath as mp
import pytest
import sympy as sp

from derive import api
from derive.calculus.nodes import GaussianAverage
from derive.precise.evaluate import Evaluator
from derive.replica.boundary import capacity_limit
from tests.rules.quadrature import average

CASES = {
    "h >= kappa": (lambda t, k: max(0, k - t) ** 2, lambda k: [k]),
    "abs(h) <= kappa": (lambda t, k: max(0, abs(t) - k) ** 2, lambda k: [k, -k]),
    "h >= kappa or h <= -2*kappa": (
        lambda t, k: 0 if t > k or t < -2 * k else min(k - t, t + 2 * k) ** 2,
        lambda k: [k, -2 * k, -k / 2],
    ),
}


@pytest.mark.parametrize("constraint", CASES)
def test_coefficient(constraint: str, tmp_path: Path) -> None:
    """phi ~ C/v on a sphere of radius 1, with C = 1/2 - alpha E dist^2/2."""
    path = tmp_path / "small.toml"
    path.write_text(
        'name = "small"\nparameters.alpha = { in = "(0, inf)", default = 1 }\n'
        'parameters.kappa = { in = "(0, inf)", default = 1 }\nweights.w.sphere = 1\n'
        f'channel = [{{ samples = "alpha", student.h = "w", constraint = "{constraint}" }}]\n'
    )
    derivation = api.derive(path)
    limit = capacity_limit(derivation.saddle)
    distance, kinks = CASES[constraint]
    for kappa in (mp.mpf("0.3"), mp.mpf("1.1")):
        values = {"alpha": mp.mpf("1.7"), "kappa": kappa, "q": mp.mpf(1)}
        found = Evaluator({}).evaluate([limit.coefficient], values)[0]
        wanted = mp.mpf("0.5") - values["alpha"] * average(lambda t, k=kappa: distance(t, k), 0, 1, kinks(kappa)) / 2
        assert mp.almosteq(found, wanted, 1e-12)
        _, entropies = _near(derivation, values)
        slopes = [v * e for v, e in entropies]
        assert abs(slopes[1] - wanted) < abs(slopes[0] - wanted) < mp.mpf("0.05")


def _near(derivation, values):
    """The free entropy at two small v."""
    reduced, s = derivation.saddle.reduced, derivation.system.symbols
    evaluator = Evaluator(derivation.system.partitions)
    found = []
    for v in (mp.mpf("1e-3"), mp.mpf("1e-4")):
        given = {**values, "q": 1 - v, s.v.name: v}
        found.append((v, evaluator.evaluate([reduced.explicit], given)[0]))
    assert reduced.explicit.has(GaussianAverage) and isinstance(reduced.explicit, sp.Expr)
    return reduced, found
