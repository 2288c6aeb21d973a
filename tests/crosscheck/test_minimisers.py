"""Every reference number at zero temperature against the compiled solver, thresholds against the certification.

The expectation comes from `tests/reference/erm*.py`: proximal fixed points and closed forms of random matrices, written
by hand in mpmath, which import nothing of the engine.  Shared: the model's meaning and its parameters.
"""

from __future__ import annotations

import json
import math
from fractions import Fraction
from functools import cache
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from scipy import special

from derive.emission import write_text
from derive.library import models_folder
from derive.runtime.loader import user_cache
from derive.runtime.results import Solution
from tests.support import zoo

REFERENCE = json.loads((Path(__file__).resolve().parents[1] / "reference" / "erm.json").read_text("utf-8"))
FAST = {"ridge_isotropic", "hinge_sign_teacher", "lasso_sparse", "gaussian_mixture_ridge"}
"""Compiling a solver takes up to a quarter of a minute; these four have one proximal operator of every kind."""
RELATIVE = 1e-10
EPSILON = float(np.finfo(float).eps)
ABSOLUTE = 1e-15
"""Of the scale of an entry: a training error of 1e-20 is an integral of numbers of order one."""

# ------------------------------------------------------------------------- names of the reference in the zoo

OBSERVABLES = {"estimation_error": "mse", "fraction_nonzero": "support"}
OMITTED = {("huber_contaminated", "test_loss")}
"""Observables of the reference that the zoo's file does not have."""
PARAMETERS = {("huber_contaminated", "delta"): "cut"}
MODELS = {"quantile_bias": "quantile", "quantile": "quantile without its intercept"}
THRESHOLDS = {
    ("logistic_mle", "existence"): [("logistic_mle", "existence", {})],
    ("probit_labels", "separability"): [("logistic_probit_teacher", "separability", {"lam": "0"})],
    ("lasso_sparse", "exact_recovery"): [
        ("basis_pursuit", "existence", {"eps": "0"}),
    ],
    ("gaussian_mixture", "separability"): [
        ("gaussian_mixture_hinge", "separability", {"lam": "0"}),
        ("gaussian_mixture_logistic", "separability", {"lam": "0"}),
    ],
}
"""(model, threshold, further parameters) of the zoo with the same threshold."""


def edited(model: str, name: str, changes: dict[str, str]) -> str:
    """The path of a copy of a zoo model with some texts replaced."""
    text = (models_folder() / f"{model}.toml").read_text("utf-8")
    for old, new in {f'name = "{model}"': f'name = "{name}"', **changes}.items():
        assert old in text, old
        text = text.replace(old, new)
    path = user_cache() / "tests" / "models" / f"{name}.toml"
    write_text(path, text)  # at once: other processes may read it
    return str(path)


@cache
def model_of(name: str, activation: str | None) -> str:
    """The model of a reference entry: of the zoo, or of the zoo with another activation or without an intercept."""
    if name == "quantile":
        globals_ = '[globals]\nb = { meaning = "intercept, not penalised" }\n'
        return edited("quantile", "quantile_without_intercept", {globals_: "", " - b": "", "h + b": "h"})
    shipped = {"random_features_ridge": "max(0, x)", "random_features_logistic": "erf(x)"}.get(name)
    function = {"relu": "max(0, x)", "erf": "erf(x)", "tanh": "tanh(x)"}.get(activation or "")
    if function != shipped:
        changes = {shipped: function}
        if name == "random_features_logistic":  # its own activation is odd: here the mean is taken out
            second = f"gauss({function}^2, x)"
            changes[f"{second} - k1^2"] = f"{second} - gauss({function}, x)^2 - k1^2"
        return edited(name, f"{name}_{activation}", changes)
    return MODELS.get(name, name)


def setting(entry: dict) -> dict[str, str]:
    return {PARAMETERS.get((entry["model"], name), name): value for name, value in entry["set"].items()}


def label(entry: dict) -> str:
    values = ",".join(f"{k}={v}" for k, v in entry["set"].items())
    kind = entry.get("threshold") or entry.get("activation")
    return "-".join(part for part in (entry["model"], kind, values) if part)


# -------------------------------------------------------------------------------------------- points


def rounding(model: str, given: dict[str, str], found: Solution) -> dict[str, float]:
    """How far rounding of the equations in doubles moves root and conjugates, in relative terms.

    The equations are u = f(u) with u = (log q, log V, m, b).  How well doubles know them is the scatter of their
    residual over neighbouring doubles (4 eps of their size at least); the inverse Jacobian turns it into errors of the
    root.  Both grow next to an edge of the domain, and where E (z - h)^2 or 1 - m^2/(q rho) is a small difference of
    large numbers.  Numbers computed from the root are not known better than the worst of its coordinates, conjugates
    in addition only up to their own scatter.
    """
    solver, p = zoo.solver(model), zoo.array(model, given)
    module = solver.module
    x = np.array([found.order_parameters[name] for name in module.STATE])
    residual, jacobian, hats = solver.residual(p, x)
    rng = np.random.default_rng(5)
    near = [solver.residual(p, x * (1.0 + EPSILON * rng.integers(-2, 3, len(x)))) for _ in range(16)]
    scatter = np.max([np.abs(r - residual) for r, _, _ in near], axis=0)
    size = np.array([1.0, 1.0, *np.abs(x[2 : module.MAPPED]), *np.ones(module.GLOBALS)])[-len(residual) :]
    moved = np.abs(np.linalg.inv(jacobian)) @ np.maximum(4.0 * EPSILON * size, 2.0 * scatter)
    field = np.full(module.GLOBALS, math.sqrt(x[0]))  # a bias is known on the scale of the field that it shifts
    moved[2:] /= np.maximum(np.abs(x[2:]), [*np.full(len(x) - 2 - module.GLOBALS, 1e-300), *field])
    worst = float(moved.max())
    spread = np.max([np.abs(h - hats) for _, _, h in near], axis=0) / np.maximum(np.abs(hats), 1e-300)
    known = dict(zip(module.STATE, moved, strict=True)) | {"": worst}
    return known | {name: worst + 4.0 * float(s) for name, s in zip(module.HATS, spread, strict=True)}


ACTIVATIONS = {"relu": lambda x: np.maximum(0, x), "erf": special.erf, "tanh": np.tanh}


def teacher_scale(point: dict) -> float:
    """What the zoo pulls out of the teacher of random features: k1 sqrt(psi); the reference has E z h for m."""
    if "activation" not in point:
        return 1.0
    x = np.linspace(-12.0, 12.0, 400001)
    k1 = np.trapezoid(x * ACTIVATIONS[point["activation"]](x) * np.exp(-x * x / 2), x) / math.sqrt(2 * math.pi)
    return float(k1) * math.sqrt(Fraction(point["set"]["psi"]))


def differences(point: dict, model: str, found: Solution) -> dict[str, tuple[float | None, float, float]]:
    """{quantity: (found, expected, error over its allowed size)}."""
    values = {**found.order_parameters, **found.observables, "free_entropy": found.free_entropy}
    expected = {**point["order_parameters"], **point["hats"], **point["observables"]}
    expected["free_entropy"] = point["free_entropy"]
    expected = {name: text for name, text in expected.items() if (point["model"], name) not in OMITTED}
    known = rounding(model, setting(point), found)
    scale = teacher_scale(point)
    values |= {"m": values["m"] * scale, "m_hat": values["m_hat"] / scale} if scale != 1.0 else {}
    report = {}
    for name, text in expected.items():
        got, want = values.get(OBSERVABLES.get(name, name)), float(text)
        if got is None:
            report[name] = (None, want, float("inf"))
            continue
        relative = max(RELATIVE, known.get(name, known[""]))
        size = max(abs(want), math.sqrt(values["q"])) if name == "b" else abs(want)
        report[name] = (got, want, abs(got - want) / (relative * size + ABSOLUTE))
    return report


def point_cases() -> list:
    marks = pytest.mark.slow
    return [pytest.param(p, id=label(p), marks=[] if p["model"] in FAST else marks) for p in REFERENCE["points"]]


@pytest.mark.parametrize("point", point_cases())
def test_the_minimiser_has_the_numbers_of_the_reference(point: dict):
    model = model_of(point["model"], point.get("activation"))
    found, *others = zoo.solve(model, setting(point)).solutions
    assert not others and found.status == "converged", found
    report = differences(point, model, found)
    bad = {name: entry for name, entry in report.items() if not entry[2] <= 1.0}
    assert not bad, f"(found, expected, error/allowed) {bad}"


# ---------------------------------------------------------------------------------------- thresholds


def threshold_cases() -> list:
    found = []
    for entry in REFERENCE["thresholds"]:
        if entry["set"].get("rho") == "0" or entry["model"] == "perceptron_random_labels":
            continue  # labels without a teacher: the tail claims of the zoo come near it
        for model, name, more in THRESHOLDS[entry["model"], entry["threshold"]]:
            given = {**more, **entry["set"]}
            given |= {"rho": "1"} if model == "logistic_probit_teacher" else {}
            named = "-".join([model, name, *(f"{k}={v}" for k, v in entry["set"].items())])
            found.append(pytest.param(entry, model, name, given, id=named, marks=pytest.mark.slow))
    return found


@pytest.mark.parametrize("entry, model, name, given", threshold_cases())
def test_an_edge_has_twenty_digits_of_the_reference(entry: dict, model: str, name: str, given: dict[str, str]):
    """The references are known to 25 digits; an edge of the domain is certified in mpmath."""
    result = zoo.threshold(model, name, given, digits=20)
    assert result.status == "converged" and result.digits >= 20, result
    assert result.variable == "alpha"
    with mp.workdps(30):
        assert abs(mp.mpf(result.value) / mp.mpf(entry["value"]) - 1) < mp.mpf("1e-19"), result


def test_every_reference_threshold_is_compared():
    assert {(e["model"], e["threshold"]) for e in REFERENCE["thresholds"]} - set(THRESHOLDS) == {
        ("perceptron_random_labels", "separability")
    }
