"""Every reference number against the compiled solver and, for thresholds, against the certification in mpmath.

The expectation comes from `tests/reference`: textbook formulas written by hand, which import nothing of the engine.
Shared: the model's meaning and its parameters.
"""

from __future__ import annotations

import json
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest

from derive.runtime.results import Solution
from tests.support import zoo

REFERENCE = json.loads((Path(__file__).resolve().parents[1] / "reference" / "reference.json").read_text("utf-8"))
RELATIVE = 1e-10
EPSILON = float(np.finfo(float).eps)


def label(entry: dict) -> str:
    values = ",".join(f"{k}={v}" for k, v in entry["set"].items())
    return f"{entry['model']}-{entry.get('branch', entry.get('threshold'))}-{values}"


# -------------------------------------------------------------------------------------------- points


def differences(point: dict, found: Solution) -> dict[str, tuple[float, float, float]]:
    """{quantity: (found, expected, error over its allowed size)}; empty values of the engine are infinite errors."""
    radius = found.stability.get("spectral_radius", 0.0)
    # The root of u = f(u), u = log(q/(r - q)), moves by (rounding of f)/|1 - f'|.  Next to a fold or an edge, where
    # f' -> 1, no method has it better in doubles.  Conjugates go like (r - q)^-2 at most: twice that.
    coordinate = 4.0 * EPSILON / max(abs(1.0 - radius), EPSILON)
    expected = {**point["order_parameters"], **point["observables"]}
    values = {**found.order_parameters, **found.observables}
    r = values.get("r", 1.0)
    report = {}
    for name, text in expected.items():
        want = float(text)
        if name == "V":
            got, floor = r - values["q"], EPSILON * r  # a difference of two doubles near r
        else:
            got, floor = values.get(name), EPSILON
        if got is None:
            report[name] = (float("nan"), want, float("inf"))
            continue
        rounding = 2.0 * coordinate if name.endswith("_hat") else coordinate
        report[name] = (got, want, abs(got - want) / (max(RELATIVE, rounding) * abs(want) + 4.0 * floor))
    # The free entropy is stationary at the root, so the error of the root does not count; but its terms are as large as
    # r/(r - q) and cancel, and q is a double near r: 4 eps r/(r - q).
    want, got = float(point["free_entropy"]), found.free_entropy
    gap = float(expected.get("V", r))
    cancel = 4.0 * EPSILON * (1.0 + (r / gap if gap > 0.0 else 0.0))
    error = float("inf") if got is None else abs(got - want) / (RELATIVE * abs(want) + cancel)
    report["free_entropy"] = (got, want, error)
    return report


@pytest.mark.parametrize("point", REFERENCE["points"], ids=label)
def test_point(point: dict):
    """Some branch has all order parameters, conjugates, observables and the free entropy of the reference."""
    solutions = [s for s in zoo.solve(point["model"], point["set"]).solutions if s.status == "converged"]
    reports = [(s.branch, differences(point, s)) for s in solutions]
    assert reports, zoo.solve(point["model"], point["set"])
    name, best = min(reports, key=lambda r: max(error for _, _, error in r[1].values()))
    bad = {k: v for k, v in best.items() if not v[2] <= 1.0}
    assert not bad, f"nearest branch {name}: (found, expected, error/allowed) {bad}"


@pytest.mark.parametrize("point", REFERENCE["points"], ids=label)
def test_branch_name(point: dict):
    """The branch has the name of the reference."""
    names = [s.branch for s in zoo.solve(point["model"], point["set"]).solutions if s.status == "converged"]
    assert point["branch"] in names


# ---------------------------------------------------------------------------------------- thresholds

CERTIFIED = [
    ("perceptron_teacher_binary", "first_order", {}),
    ("perceptron_teacher_binary", "spinodal", {}),
    ("perceptron_storage_binary", "zero_entropy", {"kappa": "0"}),
    ("perceptron_storage_spherical", "capacity", {"kappa": "1"}),
    ("perceptron_storage_biased", "capacity", {"kappa": "0", "m": "1/2"}),
    ("perceptron_symmetric_binary", "zero_entropy", {"K": "1"}),
    ("perceptron_gibbs_temperature", "first_order", {"beta": "1"}),
    ("door_symmetric_binary", "first_order", {"K": "1"}),
    ("door_symmetric_binary", "continuous", {"K": "2"}),
    ("linear_gauss_bernoulli", "spinodal_informed", {"rho": "1/10", "Delta": "1/1000000"}),
]
SLOW = {("phase_retrieval_real", "spinodal")}


def threshold_cases():
    for entry in REFERENCE["thresholds"]:
        slow = (entry["model"], entry["threshold"]) in SLOW
        yield pytest.param(entry, id=label(entry), marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize("entry", list(threshold_cases()))
def test_threshold(entry: dict):
    """Eleven digits from the compiled solver, which claims as many."""
    result = zoo.threshold(entry["model"], entry["threshold"], entry["set"])
    assert result.status == "converged", result
    assert result.variable == entry["variable"]
    assert result.digits >= 11
    assert float(result.value) == pytest.approx(float(entry["value"]), rel=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("model, name, given", CERTIFIED, ids=lambda v: v if isinstance(v, str) else "")
def test_threshold_to_thirty_digits(model: str, name: str, given: dict[str, str]):
    """Thirty digits and the order parameters there."""
    found = [e for e in REFERENCE["thresholds"] if (e["model"], e["threshold"], e["set"]) == (model, name, given)]
    assert len(found) == 1
    entry = found[0]
    result = zoo.threshold(model, name, given, digits=30)
    assert result.status == "converged" and result.digits >= 30, result
    with mp.workdps(40):
        value = mp.mpf(entry["value"])
        assert abs(mp.mpf(result.value) / value - 1) < mp.mpf("1e-29")
        for overlap, text in entry["order_parameters"].items():
            if overlap in result.order_parameters and isinstance(result.order_parameters[overlap], str):
                error = abs(mp.mpf(result.order_parameters[overlap]) - mp.mpf(text))
                assert error <= mp.mpf("1e-14") * max(abs(mp.mpf(text)), mp.mpf("1e-3")), overlap
