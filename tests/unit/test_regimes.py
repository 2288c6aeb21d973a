"""Zero temperature with a degenerate minimum: solutions of both regimes and the threshold between them.

Independent: equations of the literature and of textbooks in scipy, written anew here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from scipy import special
from scipy.integrate import quad
from scipy.optimize import brentq

from derive import api
from derive.replica.pipeline import run_pipeline
from derive.replica.regimes import REGIMES, satisfiable_model
from derive.runtime.results import Solution

HEAD = """
beta = "inf"
parameters.alpha = { in = "(0, inf)", default = 1 }
parameters.kappa = { in = "(-inf, inf)", default = "1/2" }
"""
CHANNEL = """
[[channel]]
samples = "alpha"
student.h = "w"
"""
CAPACITY = '[thresholds]\ncapacity = { solve_for = "alpha", edge = "V -> inf" }\n'
COUNT = 'loss = "if(h < kappa, 1, 0)"\n'
ERRORS = '[observables]\nerrors = "train(h < kappa)"\nnegative = "train(h < 0)"\n'


def model(folder: Path, name: str, weights: str, loss: str, rest: str = ""):
    path = folder / f"{name}.toml"
    path.write_text(f'name = "{name}"\n{HEAD}{weights}\n{CHANNEL}{loss}{rest}{CAPACITY}', encoding="utf-8")
    return api.load_model(path)


@pytest.fixture(scope="module")
def count(tmp_path_factory: pytest.TempPathFactory):
    return model(tmp_path_factory.mktemp("models"), "count_errors", "weights.w.sphere = 1", COUNT, ERRORS)


def only(found) -> Solution:
    (solution,) = [s for s in found.solutions if s.status == "converged"]
    return solution


def density(t: float) -> float:
    return np.exp(-t * t / 2) / np.sqrt(2 * np.pi)


def gardner_derrida(alpha: float, kappa: float) -> tuple[float, float]:
    """(x, fraction of errors): alpha int_{kappa - x}^kappa Dt (kappa - t)^2 = 1; the mass below kappa - x."""

    def excess(x: float) -> float:
        return alpha * quad(lambda t: density(t) * (kappa - t) ** 2, kappa - x, kappa, epsabs=1e-14)[0] - 1

    x = brentq(excess, 1e-3, 12.0, xtol=1e-14)
    return x, special.ndtr(kappa - x)


def gardner(alpha: float, kappa: float) -> float:
    """The overlap q of random solutions: alpha int Dt (phi/H)^2(u) = q/(1 - q), u = (kappa + sqrt(q) t)/sqrt(1 - q)."""

    def excess(q: float) -> float:
        def body(t: float) -> float:
            u = (kappa + np.sqrt(q) * t) / np.sqrt(1 - q)
            return density(t) * np.exp(2 * (-u * u / 2 - special.log_ndtr(-u))) / (2 * np.pi)

        return alpha * quad(body, -12, 12, epsabs=1e-13, limit=200)[0] - q / (1 - q)

    return brentq(excess, 1e-9, 0.999, xtol=1e-14)


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "kappa"), [(3.0, 0.0), (2.1, 0.0), (3.0, 0.5), (40.0, 1.5)])
def test_fewest_errors_above_capacity(count, alpha: float, kappa: float) -> None:
    found = only(api.solve(count, {"alpha": str(alpha), "kappa": str(kappa)}))
    x, errors = gardner_derrida(alpha, kappa)
    assert found.branch == "uninformed"
    assert found.order_parameters["V"] == pytest.approx(x * x / 2, rel=1e-11)
    assert found.observables["errors"] == pytest.approx(errors, rel=1e-10)
    assert found.observables["negative"] == pytest.approx(special.ndtr(min(kappa - x, 0.0)), rel=1e-10)
    assert found.observables["energy"] == pytest.approx(alpha * errors, rel=1e-10)
    assert found.free_entropy == pytest.approx(-alpha * errors, rel=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize(("alpha", "kappa"), [(0.5, 0.0), (1.5, 0.0), (0.5, 0.5)])
def test_the_measure_on_the_minimisers_below_capacity(count, alpha: float, kappa: float) -> None:
    found = only(api.solve(count, {"alpha": str(alpha), "kappa": str(kappa)}))
    assert found.branch == "satisfiable" and found.stability["dominates"]
    assert found.order_parameters["q"] == pytest.approx(gardner(alpha, kappa), rel=1e-9)
    assert found.order_parameters["r"] == 1.0
    assert found.free_entropy == 0.0 and found.observables["errors"] == 0.0
    assert found.observables["entropy"] < 0.0


@pytest.mark.slow
def test_exactly_one_regime_on_each_side_and_none_at_the_capacity(count) -> None:
    assert api.threshold(count, "capacity", {"kappa": "0"}).exact == "2"
    for gap in ("1/10", "1/1000", "1/1000000"):
        branches = {}
        for sign in (-1, 1):
            alpha = 2 + sign * sp.Rational(gap)
            branches[sign] = only(api.solve(count, {"alpha": alpha, "kappa": "0"})).branch
        assert branches == {-1: "satisfiable", 1: "uninformed"}
    at = api.solve(count, {"alpha": "2", "kappa": "0"})
    assert all(s.status != "converged" for s in at.solutions)


@pytest.mark.slow
def test_a_hinge_has_the_same_minimisers(count, tmp_path: Path) -> None:
    hinge = model(tmp_path, "hinge_errors", "weights.w.sphere = 1", 'loss = "2 + max(0, kappa - h)"\n')
    given = {"alpha": "1/2"}
    one, two = only(api.solve(hinge, given)), only(api.solve(count, given))
    assert one.order_parameters == pytest.approx(two.order_parameters, rel=1e-11)
    assert one.free_entropy == -1.0 and two.free_entropy == 0.0  # alpha times the least loss
    above = only(api.solve(hinge, {"alpha": "3/2"}))
    assert above.branch == "uninformed" and above.free_entropy is not None and above.free_entropy < -3.0


# -------------------------------------------------------------------------------------- the companion


def companion(folder: Path, weights: str, loss: str):
    derivation = run_pipeline(model(folder, "companion", weights, loss))
    conditions = [c for step in derivation.trace.steps for c in step.conditions]
    found = satisfiable_model(derivation.system, derivation.model)
    assert (REGIMES in conditions) == (found is not None)  # the trace says so
    return found


@pytest.mark.parametrize("weights", ["weights.w.sphere = 1", 'weights.w.count = "atoms(-1, 1)"'])
@pytest.mark.parametrize(
    ("loss", "condition"),
    [
        ("if(h < kappa, 1, 0)", "h >= kappa"),
        ("max(0, kappa - h)^2", "h >= kappa"),
        ("step(h - kappa)", "h <= kappa"),
        ("max(0, abs(h) - 1)", "(h >= -1) & (h <= 1)"),
    ],
)
def test_losses_become_constraints(tmp_path: Path, weights: str, loss: str, condition: str) -> None:
    found = companion(tmp_path, weights, f'loss = "{loss}"\n')
    assert found is not None and found.energy == 0 and found.model.beta is None
    (channel,) = found.model.channels
    assert channel.factor == "constraint" and str(channel.factor_expression) == condition


@pytest.mark.parametrize(
    ("weights", "loss"),
    [
        ("weights.w.sphere = 1", "(h - 1)^2"),  # one point
        ("weights.w.sphere = 1", "log(1 + exp(-h))"),  # falls for ever
        ("weights.w.sphere = 1", "if(h < 0, h^2 - 1, 0)"),  # flat where it is not least
        ('weights.w.penalty = "w^2/2"', "max(0, 1 - h)"),
    ],
)
def test_no_measure_on_minimisers(tmp_path: Path, weights: str, loss: str) -> None:
    assert companion(tmp_path, weights, f'loss = "{loss}"\n') is None
