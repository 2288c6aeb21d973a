"""Whole experiments: identities inside one result, the closed theory of ridge regression, refusals, the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import scipy.optimize
import scipy.stats
from numpy import arccos, pi, sqrt

from derive import api, cli
from derive.errors import DeriveError, ModelError, UsageError
from derive.simulate.overlaps import overlaps_of
from derive.simulate.results import SimulationResult
from tests.support.simulation import agrees

RIDGE = """
name = "ridge"
beta = "inf"
parameters = { alpha = { in = "(0, inf)", default = 2 }, lam = { in = "[0, inf)", default = "1/10" } }
quenched.t = "normal(0, 1)"
weights.w.penalty = "lam/2*w^2"
[[channel]]
samples = "alpha"
teacher.z = "t"
student.h = "w"
noise.eta = "normal(0, 1/4)"
label = "z + eta"
loss = "(y - h)^2/2"
[observables]
trained = "train((y - h)^2/2)"
norm = "sites(w^2)"
angle = "sites(w_mean*t)"
fresh = "test((y - h)^2)"
"""

MIXTURE = """
name = "mixture"
beta = "inf"
parameters = { alpha = { in = "(0, inf)", default = 3 }, Delta = { in = "(0, inf)", default = "1/2" } }
quenched.v = "normal(0, 1)"
weights.w.penalty = "w^2/4"
globals.b = { meaning = "learned bias" }
names.m = "along"
[[channel]]
samples = "alpha"
input = { mean = "y*v", sd = "sqrt(Delta)" }
student.h = "w"
label = { values = [-1, 1], probability = "(1 + y/2)/2" }
loss = "max(0, 1 - y*(h + b))"
[observables]
error = "test(sign(h + b) != y)"
"""


def write(folder: Path, text: str, name: str = "model") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def run(folder: Path, text: str, parameters: dict[str, object] | None = None, **options: int) -> SimulationResult:
    return api.simulate(write(folder, text), parameters, **({"size": 80, "samples": 2} | options))


def means(result: SimulationResult) -> dict[str, float]:
    assert result.status == "converged", result.detail
    assert result.certificate["kkt"] <= 1e-9
    return {name: e.mean for name, e in result.estimates.items()}


def test_names_and_identities_of_one_result(tmp_path: Path) -> None:
    found = means(run(tmp_path, RIDGE, samples=3))
    assert list(found) == ["q", "m", "V", "free_entropy", "trained", "norm", "angle", "fresh", "mse"]
    assert found["q"] == pytest.approx(found["norm"], rel=1e-12)
    assert found["m"] == pytest.approx(found["angle"], rel=1e-12)
    assert found["free_entropy"] == pytest.approx(-2 * found["trained"] - found["norm"] / 20, rel=1e-9)
    assert found["fresh"] == pytest.approx(found["mse"] + 1 / 4, rel=1e-3)


def test_equal_seeds_give_equal_numbers_and_others_do_not(tmp_path: Path) -> None:
    first, again, other = (run(tmp_path, RIDGE, samples=2, seed=s) for s in (4, 4, 5))
    assert first == again and first.estimates["q"] != other.estimates["q"]
    assert run(tmp_path, RIDGE, samples=1).estimates["q"].error is None


def ridge_theory(alpha: float, lam: float, noise: float) -> dict[str, float]:
    """Least squares with Gaussian data in the limit of large N (written out by hand)."""
    v = scipy.optimize.brentq(lambda v: v * (lam + alpha / (1 + v)) - 1, 1e-9, 1e9)
    push = alpha / (1 + v)
    m = push * v
    # q = v^2*(push^2 + alpha*e/(1 + v)^2) with e = 1 + noise - 2*m + q
    gain = v**2 * alpha / (1 + v) ** 2
    q = (v**2 * push**2 + gain * (1 + noise - 2 * m)) / (1 - gain)
    train = (1 + noise - 2 * m + q) / (2 * (1 + v) ** 2)
    return {"q": q, "m": m, "V": v, "free_entropy": -alpha * train - lam * q / 2, "trained": train}


@pytest.mark.parametrize(("alpha", "lam"), [(2.0, 0.1), (0.5, 0.5)])
def test_ridge_agrees_with_its_closed_theory(tmp_path: Path, alpha: float, lam: float) -> None:
    theory = ridge_theory(alpha, lam, 0.25)
    path = write(tmp_path, RIDGE)
    options = {"size": 300, "samples": 12}
    found = agrees(path, {"alpha": str(alpha), "lam": str(lam)}, theory, **options, bias=1.0)
    assert found, found
    assert not agrees(path, {"alpha": str(alpha), "lam": str(lam)}, {"q": 1.2 * theory["q"]}, **options)
    assert "not measured: nonsense" in repr(agrees(path, {}, {"nonsense": 1.0}, 20, 2))


def test_error_of_a_classifier_is_the_angle_to_its_teacher(tmp_path: Path) -> None:
    text = RIDGE.replace('"normal(0, 1)"', '"atoms(-1, 1)"').replace("label = ", 'label = "sign(z + eta)"\n#')
    text += 'error = "test(sign(h) != sign(z))"\n'
    found = means(run(tmp_path, text, samples=1))
    assert found["error"] == pytest.approx(arccos(found["m"] / sqrt(found["q"])) / pi, abs=5e-4)


def test_clouds_with_a_learned_bias(tmp_path: Path) -> None:
    found = means(run(tmp_path, MIXTURE, samples=1, size=200))
    assert list(found)[:4] == ["q", "along", "V", "b"] and found["b"] > 0
    spread = sqrt(found["q"] / 2)
    exact = sum(
        p * scipy.stats.norm.cdf(-(found["along"] + y * found["b"]) / spread) for y, p in ((1, 3 / 4), (-1, 1 / 4))
    )
    assert found["error"] == pytest.approx(exact, abs=5e-4)


def test_margins_are_constraints_with_a_penalty(tmp_path: Path) -> None:
    text = MIXTURE.replace('loss = "max(0, 1 - y*(h + b))"', 'constraint = "y*(h + b) >= 1"')
    text += 'least = "train(y*(h + b) - 1 < -1/10^6)"\nnorm = "sites(w^2)"\n'
    found = run(tmp_path, text, {"alpha": "1/2"}, samples=1)
    values = means(found)
    assert values["least"] == 0 and values["free_entropy"] == pytest.approx(-values["norm"] / 4, rel=1e-7)
    full = run(tmp_path, text, {"alpha": 30})
    assert full.status == "infeasible" and "no weights satisfy all constraints" in full.detail


def test_missing_minimum_is_a_status(tmp_path: Path) -> None:
    text = RIDGE.replace('label = "z + eta"', 'label = "sign(z + eta)"').replace("(y - h)^2/2", "log(1 + exp(-y*h))")
    found = run(tmp_path, text, {"lam": 0, "alpha": "1/2"})
    assert found.status == "no_minimiser" and "sample 1 of 2" in found.detail and "separated" in found.detail
    assert found.estimates == {}
    assert run(tmp_path, RIDGE, {"lam": 0, "alpha": "1/2"}).status == "not_unique"


def test_several_channels_teachers_and_site_factors(tmp_path: Path) -> None:
    text = """
name = "channels"
beta = "inf"
parameters = { alpha = { in = "(0, inf)", default = 1 } }
quenched = { s = "atoms(1, 2)", t = "normal(0, 1)" }
weights.w = { penalty = "abs(w)/s + w^2/10", support = "[-1, inf)" }
[[channel]]
samples = "alpha"
input.sd = "3*s"
teacher = { z = "2*t", u = "t/s" }
student.h = "w"
label = "z + u"
loss = "abs(y - h)"
[[channel]]
samples = "2*alpha"
input.sd = "s"
student.g = "5*w"
label = { values = [-1, 1], probability = "1/2" }
loss = "max(0, 1 - y*g)^2"
[observables]
smallest = "sites(w < -1 - 1/10^9)"
own = "sites(s^2*w^2)"
first = "sites(s^2*w*t)"
second = "sites(s*w*t)"
zeros = "sites(w == 0)"
"""
    found = means(run(tmp_path, text, samples=1))
    assert list(found)[:4] == ["q", "m_0", "m_1", "V"]
    assert found["smallest"] == 0 and 0 < found["zeros"] < 1
    assert [found[n] for n in ("q", "m_0", "m_1")] == pytest.approx([found[n] for n in ("own", "first", "second")])


def test_overlaps_with_teacher_and_mean() -> None:
    folder = Path(__file__).parents[2] / "support" / "language_models"
    mixture = overlaps_of(api.load_model(folder / "gaussian_mixture_logistic.toml"))
    assert mixture.own == 1 and [(n, str(e)) for n, e in mixture.partners] == [("m", "v")]
    features = overlaps_of(api.load_model(folder / "random_features_logistic.toml"))
    assert features.own.has(features.own.free_symbols.pop()) and [n for n, _ in features.partners] == ["m"]


# ------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.replace('beta = "inf"', "beta = 1"), "finite temperature needs sampling"),
        (lambda t: t.replace('penalty = "lam/2*w^2"', "sphere = 1"), "a total over a sphere is not convex"),
        (lambda t: t.replace("(y - h)^2/2", "step(-y*h)"), "the loss is not convex"),
        (lambda t: t.replace("(y - h)^2/2", "cosh(h)*(1 - y)"), "channel[0]: the loss is not convex"),
        (lambda t: t.replace("(y - h)^2/2", "-log(2 - h)"), "the loss is not finite at h = "),
        (lambda t: t.replace("lam/2*w^2", "sqrt(abs(w))"), "weights.w: the penalty is not convex"),
        (lambda t: t.replace('loss = "(y - h)^2/2"', 'constraint = "abs(h) >= 1"'), "no interval"),
        (lambda t: t.replace('loss = "(y - h)^2/2"', 'constraint = "h^2 <= 1"'), "not linear in h"),
        (lambda t: t.replace('student.h = "w"', 'student = { h = "w", g = "2*w" }'), "more than one student field"),
        (
            lambda t: t.replace("(y - h)^2/2", "(y - h - b*h)^2").replace("[[channel]]", "globals.b = {}\n[[channel]]"),
            "the global b is not a shift",
        ),
        (lambda t: t + 'guess = "test((y - predict_mean)^2)"', "a minimum has none"),
    ],
)
def test_what_is_not_simulated_is_said(tmp_path: Path, change: Callable[[str], str], sentence: str) -> None:
    with pytest.raises(ModelError) as refusal:
        run(tmp_path, change(RIDGE))
    assert sentence in str(refusal.value)


@pytest.mark.parametrize("options", [{"size": 1}, {"samples": 0}, {"seed": -1}, {"size": 10**6}])
def test_impossible_sizes_are_said(tmp_path: Path, options: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=r"found 1, 2, 0|found 80, 0, 0|found 80, 2, -1|too many numbers"):
        run(tmp_path, RIDGE, **options)


# ------------------------------------------------------------------------------------------ the command


def call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err
    return int(stop.value.code or 0), told.out, told.err


def test_command_prints_a_table_or_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["simulate", str(write(tmp_path, RIDGE)), "--set", "alpha=3", "--size", "40", "--samples", "2"]
    code, out, err = call(arguments, capsys)
    assert code == 0 and out.startswith("ridge  N = 40, 2 samples, seed 0  alpha = 3, lam = 0.1\n")
    assert "samples: 2 of 2" in err
    code, out, err = call([*arguments, "--seed", "7", "--json"], capsys)
    found = json.loads(out)
    assert code == 0 and list(found) == [
        "model",
        "parameters",
        "size",
        "samples",
        "seed",
        "status",
        "order_parameters",
        "free_entropy",
        "observables",
        "certificate",
    ]
    assert found["parameters"] == {"alpha": "3", "lam": "1/10"} or found["parameters"] == {"alpha": "3", "lam": "0.1"}
    assert set(found["order_parameters"]) == {"q", "m", "V"}
    assert set(found["order_parameters"]["q"]) == {"mean", "error"}
    assert found["certificate"]["kkt"] < 1e-8 and found["status"] == "converged" and found["seed"] == 7


def test_command_says_no_with_code_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["simulate", str(write(tmp_path, RIDGE)), "--set", "alpha=1/2", "--set", "lam=0", "--size", "40"]
    code, out, err = call([*arguments, "--json"], capsys)
    assert code == 1 and json.loads(out)["status"] == "not_unique" and json.loads(out)["free_entropy"] is None
    assert "not_unique: sample 1 of 10: the total is flat" in err
    code, out, err = call(["simulate", "perceptron_teacher_binary"], capsys)
    assert code == 2 and out == "" and "without beta" in err


def test_verb_stays_callable_after_its_package_was_imported(tmp_path: Path) -> None:
    path = write(tmp_path, RIDGE)
    import derive
    import derive.simulate.experiment  # puts the package in the place of the function

    assert derive.simulate(path, size=20, samples=1).status == "converged"
    with pytest.raises(DeriveError):
        derive.simulate(path, {"nonsense": 1})
