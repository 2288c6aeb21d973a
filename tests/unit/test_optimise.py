"""Optimal parameters: the place of a least value, edges, the record of a result, the command.

The solvers of the fast tests are closed forms; the slow ones compile small models with known optima.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import derive
from derive import api, cli
from derive.errors import UsageError
from derive.exact import exact_text
from derive.journal import decode, plain
from derive.minima import Line, locate
from derive.optimise import choose_observable
from derive.runtime.results import Optimum, Solution, SolveResult

RIDGE = """
name = "ridge"
beta = "inf"
parameters.alpha = { in = "(0, inf)", default = 2 }
parameters.lam = { in = "LAM" }
parameters.Delta = { in = "[0, inf)", default = "1/4" }
quenched.wstar = "normal(0, 1)"
weights.w.penalty = "lam/2*w^2"
[[channel]]
samples = "alpha"
teacher.z = "wstar"
student.h = "w"
noise.eta = "normal(0, Delta)"
label = "z + eta"
loss = "(y - h)^2/2"
[observables]
norm = "sites(w^2)"
test_error = "test((y - h)^2)"
"""

SIGN = """
name = "sign_ridge"
beta = "inf"
parameters.alpha = { in = "(0, inf)", default = 2 }
parameters.lam = { in = "(0, inf)" }
quenched.wstar = "normal(0, 1)"
weights.w.penalty = "lam/2*w^2"
[[channel]]
samples = "alpha"
teacher.z = "wstar"
student.h = "w"
label = "sign(z)"
loss = "(y - h)^2/2"
[observables]
error_label = "test(sign(h) != y)"
"""

MIXTURE = """
name = "mixture"
beta = "inf"
parameters.alpha = { in = "(0, inf)", default = 2 }
parameters.lam = { in = "[0, inf)" }
quenched.v = "normal(0, 1)"
weights.w.penalty = "lam/2*w^2"
[[channel]]
samples = "alpha"
input = { mean = "y*v", sd = "1" }
student.h = "w"
label = { values = [-1, 1], probability = "1/2" }
loss = "(y - h)^2/2"
[observables]
error_label = "test(sign(h) != y)"
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str, lam: str = "(0, inf)") -> Path:
        path = tmp_path / "model.toml"
        path.write_text(text.replace("LAM", lam))
        return path

    return to_file


def ridge_error(p: np.ndarray) -> float:
    """The test error of ridge regression at rho = 1 (one quadratic equation)."""
    alpha, lam, noise = p
    b = lam + alpha - 1.0
    v = (math.sqrt(b * b + 4.0 * lam) - b) / (2.0 * lam)
    shrink = lam * v
    return float((noise + shrink**2) / (1.0 - alpha * (v / (1.0 + v)) ** 2))


class Stub:
    """A solver and the verbs that use it: `error(p)` is the test error of the dominating branch, None if none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Callable[[np.ndarray], float | None]):
        self.error, self.calls = error, 0
        self.module = SimpleNamespace(OBSERVABLES=("norm", "test_error", "mse"))
        monkeypatch.setattr(api, "solver_of", lambda *_, **__: self)
        monkeypatch.setattr(api, "solve", self.solve)
        monkeypatch.setattr(api, "build", lambda *_, **__: None)

    def branches(self, p: np.ndarray) -> list[Solution]:
        self.calls += 1
        value = self.error(p)
        if value is None:
            return [Solution("uninformed", "not_converged", {}, None, {}, 1.0, 3)]
        observables = {"norm": 1.0, "test_error": value, "mse": value}
        low = Solution("informed", "converged", {"q": 0.1}, -2.0, {"test_error": -9.0}, 0.0, 3, {"dominates": False})
        best = Solution("uninformed", "converged", {"q": 0.5}, -1.0, observables, 0.0, 3, {"dominates": True})
        return [low, best]

    def solve(self, model: Any, parameters: Mapping[str, object] | None = None, **_: Any) -> SolveResult:
        values = api.resolve_parameters(model, parameters)
        texts = {k: exact_text(v) for k, v in values.items()}
        return SolveResult(model.name, "rs", texts, tuple(self.branches(api.numbers(values))))


# --------------------------------------------------------------------------------------------- curves


@pytest.mark.parametrize("place", [-9.0, -2.3, 0.0, 0.7, 11.0])
@pytest.mark.parametrize("depth", [1e-3, 1.0, 1e3])
def test_a_minimum_is_located_beyond_half_the_digits(place: float, depth: float) -> None:
    found = locate(lambda t: 1.0 - depth / math.cosh(0.3 * (t - place)))
    assert found.status == "converged" and found.smooth
    assert abs(found.t - place) <= found.error < 3e-9


def test_the_error_of_a_noisy_curve_is_told() -> None:
    rng = np.random.default_rng(1)
    found = locate(lambda t: math.cosh(t - 0.3) * (1.0 + 1e-10 * rng.standard_normal()))
    assert 1e-11 < found.error < 1e-6
    assert abs(found.t - 0.3) <= found.error


def test_a_jump_is_no_smooth_minimum() -> None:
    found = locate(lambda t: 2.0 - t / 60.0 if t < 1.2345 else 3.0 + t / 60.0)
    assert found.status == "converged" and not found.smooth
    assert abs(found.t - 1.2345) < 1e-6


@pytest.mark.parametrize(("sign", "edge"), [(1.0, -1), (-1.0, 1)])
def test_edges(sign: float, edge: int) -> None:
    settled = locate(lambda t: 1.0 + math.tanh(sign * t))
    assert (settled.status, settled.edge, settled.settled, settled.ended) == ("at_edge", edge, True, False)
    falls = locate(lambda t: 2.0 + math.atan(sign * t))
    assert (falls.status, falls.edge, falls.settled, falls.ended) == ("at_edge", edge, False, False)


def test_the_end_of_solutions_is_an_edge() -> None:
    found = locate(lambda t: -t if t < 0.777 else None)
    assert (found.status, found.edge, found.ended) == ("at_edge", 1, True)
    assert abs(found.t - 0.777) < 1e-9


def test_nothing_and_a_constant() -> None:
    assert locate(lambda t: None).status == "no_solution"
    assert locate(lambda t: 3.0).status == "flat"


@pytest.mark.parametrize("line", [Line(0, math.inf), Line(-1, 2), Line(-math.inf, 3), Line(-math.inf, math.inf)])
def test_slopes_of_the_line(line: Line) -> None:
    for t in (-3.0, -0.2, 0.4, 5.0):
        assert line.lower < line.value(t) < line.upper
        assert line.slope(t) == pytest.approx((line.value(t + 1e-5) - line.value(t - 1e-5)) / 2e-5, rel=1e-8)


def test_the_default_objective() -> None:
    assert choose_observable("a", ["mse", "error_teacher"], ["mse", "error_teacher"], None) == "error_teacher"
    assert choose_observable("a", ["norm"], ["norm", "energy"], None) == "norm"
    with pytest.raises(UsageError, match="nothing to minimise"):
        choose_observable("a", [], ["energy"], None)


# -------------------------------------------------------------------------------------------- results


def test_the_optimum_of_ridge_regression(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = Stub(monkeypatch, ridge_error)
    result = api.optimise(write(RIDGE), "lam", {"alpha": 3, "Delta": "1/4"})
    assert result.optimised is not None
    assert float(result.parameters["lam"]) == result.optimised.value == pytest.approx(0.25, rel=1e-10)
    assert result.optimised.digits >= 10
    assert (result.optimised.name, result.optimised.observable) == ("lam", "test_error")
    assert result.optimised.minimum == pytest.approx(ridge_error(np.array([3.0, 0.25, 0.25])), rel=1e-14)
    assert not result.optimised.at_edge and result.optimised.status == "converged"
    assert stub.calls < 200
    assert decode(json.loads(json.dumps(plain(result.to_json())))) == result


def test_edges_are_told(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    Stub(monkeypatch, lambda p: 1.0 + 1.0 / (1.0 + p[1]))
    above = api.optimise(write(RIDGE), "lam").optimised
    assert above is not None and above.at_edge and above.status == "at_edge"
    assert "at the edge lam -> inf" in above.detail and above.value is not None and above.value > 1e4
    Stub(monkeypatch, lambda p: 2.0 + p[1])
    below = api.optimise(write(RIDGE), "lam").optimised
    assert below is not None and below.at_edge and "lam -> 0" in below.detail
    closed = api.optimise(write(RIDGE, "[0, inf)"), "lam").optimised
    assert closed is not None and closed.at_edge and closed.value == 0.0 and closed.minimum == 2.0
    Stub(monkeypatch, lambda p: 1.0 / p[1] if p[1] < 30.0 else None)
    ended = api.optimise(write(RIDGE), "lam").optimised
    assert (
        ended is not None and ended.value == pytest.approx(30.0, rel=1e-6) and "where solutions exist" in ended.detail
    )


def test_nothing_to_choose(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    Stub(monkeypatch, lambda p: None)
    lost = api.optimise(write(RIDGE), "lam")
    assert lost.optimised is not None
    assert (lost.optimised.status, lost.optimised.value, lost.optimised.minimum) == ("no_solution", None, None)
    Stub(monkeypatch, lambda p: 0.5)
    flat = api.optimise(write(RIDGE), "lam").optimised
    assert flat is not None and flat.status == "flat" and "does not depend on lam" in flat.detail


def test_a_finite_set(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    Stub(monkeypatch, lambda p: (p[1] - 0.4) ** 2)
    found = api.optimise(write(RIDGE, "{1/10, 1/3, 2}"), "lam")
    assert found.parameters["lam"] == "1/3" and found.optimised is not None and found.optimised.value == 1 / 3


def test_refusals(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    Stub(monkeypatch, ridge_error)
    path = write(RIDGE)
    with pytest.raises(UsageError, match="did you mean lam"):
        api.optimise(path, "lamb")
    with pytest.raises(UsageError, match="did you mean test_error"):
        api.optimise(path, "lam", observable="test_eror")
    with pytest.raises(UsageError, match="do not set"):
        api.optimise(path, "lam", {"lam": 1})


def test_the_module_has_the_name_of_its_verb(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    Stub(monkeypatch, ridge_error)
    assert derive.optimise(write(RIDGE), "lam", {"Delta": 1}).parameters["lam"] == "1"


# -------------------------------------------------------------------------------------------- command


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        cli.main([str(a) for a in arguments])
    told = capsys.readouterr()
    return int(stop.value.code or 0), told.out, told.err


def test_command(write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Stub(monkeypatch, ridge_error)
    path = write(RIDGE)
    code, out, _ = run(capsys, "solve", path, "--optimise", "lam", "--set", "alpha=3", "--json")
    data = json.loads(out)
    assert code == 0 and set(data["optimised"]) >= {"name", "value", "observable", "minimum", "at_edge"}
    assert data["optimised"]["value"] == pytest.approx(0.25, rel=1e-10)
    code, out, _ = run(capsys, "solve", path, "--optimise", "lam", "--minimise", "mse")
    assert code == 0 and "mse is least at lam = 0.25" in out and out.splitlines()[0].endswith("alpha = 2, Delta = 0.25")
    code, _, err = run(capsys, "solve", path, "--minimise", "mse")
    assert code == 2 and "--optimise" in err
    code, _, err = run(capsys, "solve", path, "--optimise", "lam", "--scan", "lam=1:2:3")
    assert code == 2 and "do not set or scan it" in err


def test_optimum_along_a_scan(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Stub(monkeypatch, lambda p: ridge_error(p) if p[2] < 3.5 else 1.0 + 1.0 / p[1])
    path, table = write(RIDGE), tmp_path / "curve.csv"
    scan = ("solve", path, "--optimise", "lam", "--scan", "Delta=1:4:4")
    code, out, _ = run(capsys, *scan, "--json")
    points = json.loads(out)["points"]
    assert code == 0 and "lam" not in json.loads(out)["parameters"]
    assert [p["optimised"]["value"] for p in points[:3]] == pytest.approx([1.0, 2.0, 3.0], rel=1e-10)
    assert [p["optimised"]["at_edge"] for p in points] == [False, False, False, True]
    code, _, err = run(capsys, *scan, "-o", table)
    rows = [r for r in csv.DictReader(table.read_text().splitlines()) if r["branch"] == "uninformed"]
    assert code == 0 and [float(r["lam"]) for r in rows[:3]] == pytest.approx([1.0, 2.0, 3.0], rel=1e-10)
    assert "at_edge: 1 of 4 points; at Delta = 4: at the edge lam -> inf" in err
    code, out, _ = run(capsys, *scan)
    assert out.splitlines()[1].split()[:3] == ["Delta", "lam", "branch"]


def test_journals_of_different_objectives_are_kept_apart(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from derive.curves import scan_model

    stub = Stub(monkeypatch, ridge_error)
    model = api.load_model(write(RIDGE))
    book = Path(model.source).with_name("book")
    options: dict[str, Any] = {"journal": book}
    first, _ = scan_model(model, {"alpha": ("1", "2")}, {}, goal=("lam", None), **options)
    calls = stub.calls
    again, dataset = scan_model(model, {"alpha": ("1", "2")}, {}, goal=("lam", None), **options)
    assert stub.calls == calls and again == first
    assert dataset()["lam"].dims == ("alpha",) and "lam" not in json.loads(dataset().attrs["parameters"])
    scan_model(model, {"alpha": ("1", "2")}, {}, goal=("lam", "mse"), **options)
    assert stub.calls > calls


def test_an_optimum_is_frozen_data() -> None:
    with pytest.raises(AttributeError):
        Optimum("lam", 1.0, "mse", 0.5, False).value = 2.0  # type: ignore[misc]


# --------------------------------------------------------------------------------------- whole models


@pytest.mark.slow
def test_ridge_regression_as_derived(write: Write) -> None:
    for alpha, noise, digits in ((0.7, 0.5, 10), (2, 0.25, 10), (20, 1.7, 9)):
        found = api.optimise(write(RIDGE), "lam", {"alpha": alpha, "Delta": noise}).optimised
        assert found is not None and found.value is not None and found.digits >= digits
        assert abs(found.value / noise - 1.0) < 2.0 * 10.0**-found.digits


@pytest.mark.slow
def test_ridge_on_noiseless_sign_labels(write: Write) -> None:
    """B. Aubin et al., NeurIPS 33, 12199 (2020): 0.5708 at every alpha; the exact number is pi/2 - 1."""
    for alpha in (0.5, 3):
        found = api.optimise(write(SIGN), "lam", {"alpha": alpha}).optimised
        assert found is not None and found.value == pytest.approx(math.pi / 2.0 - 1.0, rel=1e-9)


@pytest.mark.slow
def test_balanced_mixtures_are_at_the_edge(write: Write) -> None:
    """F. Mignacco et al., ICML 2020: the error is least at lam -> inf, where it is that of the Bayes-optimal rule."""
    result = api.optimise(write(MIXTURE), "lam", {"alpha": 2})
    found = result.optimised
    assert found is not None and found.at_edge and "at the edge lam -> inf" in found.detail
    assert found.minimum == pytest.approx(0.5 * math.erfc(math.sqrt(2.0 / 3.0) / math.sqrt(2.0)), rel=1e-8)
