"""Lines of thresholds: closed forms, agreement with single thresholds, ends that say where and why, bad input.

The solvers of the fast tests are those of small models; expected values are closed forms of textbooks.
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import derive
from derive import api, cli
from derive.diagrams import lines_dataset, remarks
from derive.errors import UsageError
from derive.exact import parse_scan
from derive.lines import Line
from derive.roots import newton
from derive.runtime.results import ThresholdLine
from tests.support import zoo


def line(model: str, name: str, scan: str, **given: object) -> ThresholdLine:
    axis, _, values = scan.partition("=")
    return derive.threshold_line(zoo.load(model), name, {axis: parse_scan(values)}, given, generated=zoo.folder(model))


def places(found: ThresholdLine) -> tuple[np.ndarray, np.ndarray]:
    """Scanned and solved-for values; every point has converged."""
    assert {p.status for p in found.points} == {"converged"}, remarks(found)
    x = [float(api.numbers({"x": derive.exact.exact_number(p.parameters[found.axis])})[0]) for p in found.points]
    return np.array(x), np.array([float(p.value or "nan") for p in found.points])


# ------------------------------------------------------------------------------------- roots


def test_a_root_next_to_a_prediction_is_found_to_rounding():
    root = newton(lambda y: np.array([y[0] ** 2 + y[1] - 3.0, y[0] - y[1] + 1.0]), np.array([1.2, 1.9]))
    assert root is not None
    np.testing.assert_allclose(root.y, [1.0, 2.0], rtol=1e-13)
    assert root.precision < 1e-11


@pytest.mark.parametrize("f", [lambda y: y**2 + 1.0, lambda y: None, lambda y: 0.0 * y + 1.0])
def test_no_root_is_none(f):
    assert newton(f, np.array([0.7])) is None


# ------------------------------------------------------------------------------- closed forms


@pytest.mark.parametrize(
    ("model", "scan", "law"),
    [
        ("hopfield", "alpha=0.01:2:12", lambda x: 1.0 + np.sqrt(x)),
        ("curie_weiss", "J0=0.1:3:12", lambda x: x),
        ("sk", "J0=0:3:13", lambda x: np.maximum(1.0, x)),
        ("mixed_pspin", "a=0.05:1:12", np.sqrt),
    ],
)
def test_continuous_lines_are_those_of_the_textbook(model, scan, law):
    x, y = places(line(model, "continuous", scan))
    np.testing.assert_allclose(y, law(x), rtol=1e-10)


@pytest.mark.slow
def test_a_sparse_spike_is_found_at_the_inverse_square_of_its_density():
    found = line("spiked_wigner_sparse", "continuous", "rho=0.1:1:5")
    x, y = places(found)
    np.testing.assert_allclose(y * x**2, 1.0, rtol=1e-10)  # snr E[x0^2]^2 = 1, as for a Gaussian spike at rho = 1
    assert all("continued" in p.method for p in found.points[1:])


# ------------------------------------------------------------- agreement with single thresholds


@pytest.mark.parametrize(
    ("name", "scan"),
    [("spinodal", "T=0.05:0.9:9"), ("first_order", "T=0.1:0.8:7"), ("spinodal_T", "alpha=0.01:0.13:5")],
)
def test_every_point_of_a_line_is_the_single_threshold(name, scan):
    found = line("hopfield", name, scan)
    places(found)
    for point in found.points[1::3]:
        alone = zoo.threshold("hopfield", name, dict(point.parameters))
        assert float(point.value or "nan") == pytest.approx(float(alone.value or "nan"), rel=1e-10)
        assert abs(point.order_parameters["m"]) == pytest.approx(abs(alone.order_parameters["m"]), abs=1e-6)


def test_two_scans_of_one_line_meet():
    """alpha_c(T) and T_M(alpha) are one line of the diagram."""
    _, alpha = places(line("hopfield", "spinodal", "T=0.2:0.8:4"))
    scans = {"alpha": [repr(float(a)) for a in alpha]}
    back = derive.threshold_line(zoo.load("hopfield"), "spinodal_T", scans, generated=zoo.folder("hopfield"))
    np.testing.assert_allclose([float(p.value or "nan") for p in back.points], [0.2, 0.4, 0.6, 0.8], rtol=1e-9)


@pytest.mark.slow
def test_a_line_may_begin_at_zero_temperature():
    found = line("hopfield", "spinodal", "T=0:0.02:3")
    assert float(found.points[0].value or "nan") == pytest.approx(0.137905566, abs=2e-9)  # alpha_c of the literature
    assert found.points[0].parameters["T"] == "0" and "continued" in found.points[2].method


def test_the_direction_of_a_scan_does_not_matter():
    up, down = (line("hopfield", "spinodal", f"T={ends}:6") for ends in ("0.2:0.7", "0.7:0.2"))
    np.testing.assert_allclose(places(up)[1], places(down)[1][::-1], rtol=1e-10)


# ------------------------------------------------------------------------------------- ends


def test_above_its_last_temperature_retrieval_has_no_line():
    """The place where q vanishes is no fold: the search took it for one."""
    found = line("hopfield", "spinodal", "T=0.8:1.05:6")
    assert [p.status for p in found.points] == ["converged"] * 4 + ["no_solution"] * 2
    assert found.points[-1].value is None and found.points[-1].order_parameters == {}
    assert "alpha goes to the end of its domain" in found.points[4].detail
    assert remarks(found)[0].startswith("spinodal at T = 1")


@pytest.mark.slow
def test_lines_of_a_sparse_spike_end_together_in_a_critical_point():
    fold = line("spiked_wigner_sparse", "spinodal", "rho=0.22:0.3:5")
    crossing = line("spiked_wigner_sparse", "first_order", "rho=0.22:0.3:5")
    for found, why in ((fold, "cusp"), (crossing, "the two states merge")):
        assert [p.status for p in found.points] == ["converged"] * 3 + ["no_solution"] * 2
        assert why in found.points[3].detail and "rho = 0.2722" in found.points[3].detail
    assert crossing.points[0].order_parameters["q"] == 0.0  # the uninformed state leaves q = 0 on the way
    assert crossing.points[2].order_parameters["q"] > 1e-3


@pytest.mark.slow
def test_the_first_value_may_lie_beyond_the_end():
    found = line("spiked_wigner_sparse", "spinodal", "rho=0.3:0.2:3")
    assert [p.status for p in found.points] == ["no_solution", "converged", "converged"]


@pytest.mark.slow
def test_a_line_that_turns_back_says_so():
    found = line("hopfield", "spinodal_T", "alpha=0.136:0.1385:6")
    assert found.points[0].status == "converged" and found.points[-1].status == "no_solution"
    assert "turns back" in found.points[-1].detail and "alpha = 0.13818" in found.points[-1].detail


def test_the_searches_in_vain_are_spread_and_bounded():
    nothing = SimpleNamespace(model=None, spec=None)
    line = Line(nothing, nothing, "x", list(range(100)), {}, nothing)  # type: ignore[arg-type]
    order = []
    while (i := line._next()) is not None:
        order.append(i)
        line.missed.add(i)
    assert order[:4] == [0, 99, 49, 74] and len(order) == 12


# ------------------------------------------------------------------------------------- input


@pytest.mark.parametrize(
    ("name", "scans", "given", "sentence"),
    [
        ("spinodal", {"alpha": ["1/10", "1/5"]}, {}, "is what spinodal is solved for"),
        ("spinodal", {"beta": ["1", "2"]}, {}, "has no parameter 'beta'"),
        ("spinodal", {"T": ["1/2", "-1"]}, {}, "outside its domain"),
        ("spinodal", {"T": ["1/2", "0.5"]}, {}, "same value twice"),
        ("spinodal", {"T": []}, {}, "no points"),
        ("spinodal", {}, {}, "one scan"),
        ("spinodal", {"T": ["1/2", "1"]}, {"T": "1"}, "both scanned and set"),
        ("spinodall", {"T": ["1/2", "1"]}, {}, "did you mean spinodal"),
    ],
)
def test_bad_input_is_a_sentence(name, scans, given, sentence):
    with pytest.raises(UsageError, match=sentence):
        derive.threshold_line(zoo.load("hopfield"), name, scans, given, generated=zoo.folder("hopfield"))


# ----------------------------------------------------------------------------------- command


def command(capsys, *arguments: object) -> SimpleNamespace:
    with pytest.raises(SystemExit) as stop:
        cli.main(["threshold", *(str(a) for a in arguments)])
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err
    return SimpleNamespace(code=int(stop.value.code or 0), out=told.out, err=told.err)


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return zoo.folder("sk")


def test_the_command_prints_a_table_and_one_json_document(capsys, generated):
    done = command(capsys, "sk", "continuous", "--scan", "J0=1:2:3", "--generated", generated)
    rows = [row.split() for row in done.out.splitlines()]
    assert done.code == 0 and rows[1][:3] == ["J0", "T", "status"]
    assert [row[:3] for row in rows[2:]] == [[x, x, "converged"] for x in ("1", "1.5", "2")]
    data = json.loads(command(capsys, "sk", "continuous", "--scan", "J0=1:2:3", "--json", "--generated", generated).out)
    assert (data["model"], data["kind"], data["variable"]) == ("sk", "continuous", "T")
    assert data["parameters"] == {"h": "0"}
    assert [(p["parameters"]["J0"], float(p["value"])) for p in data["points"]] == [
        ("1", 1.0),
        ("1.5", 1.5),
        ("2", 2.0),
    ]


def test_the_command_writes_tables_and_the_same_figure_twice(capsys, generated, tmp_path):
    for name in ("a.csv", "a.nc", "a.svg", "b.svg"):
        done = command(capsys, "sk", "continuous", "--scan", "J0=0:2:3", "-o", name, "--generated", generated)
        assert done.code == 0 and done.out == "" and f"wrote {name}" in done.err
    rows = read_rows(tmp_path / "a.csv")
    assert [(r["threshold"], r["status"], r["digits"]) for r in rows] == [("continuous", "converged", "11")] * 3
    assert [float(r["T"]) for r in rows] == pytest.approx([1.0, 1.0, 2.0])
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sk", "--scan", "J0=0:1:3"], "which one"),
        (["sk", "continuous", "--scan", "J0=0:1:3", "--digits", "20"], "--digits"),
        (["sk", "continuous", "--scan", "J0=0:1:3", "--scan", "h=0:1:3"], "one scan"),
        (["sk", "continuous", "-o", "a.csv"], "--scan"),
        (["sk", "continuous", "--scan", "J0=0:1:3", "-o", "a.txt"], "a.txt"),
        (["hopfield", "spinodal", "continuous", "--scan", "alpha=0:1:3"], "share their axes"),
        (["hopfield", "spinodal", "spinodal", "--scan", "T=0:1:3"], "twice"),
        (["hopfield", "spinodal", "first_order"], "one threshold at a time"),
    ],
)
def test_bad_commands_are_a_sentence(capsys, generated, arguments, sentence):
    done = command(capsys, *arguments)
    assert done.code == 2 and done.out == "" and sentence in done.err


def test_a_line_without_a_point_is_a_negative_verdict(capsys, generated):
    where = zoo.folder("curie_weiss")
    done = command(capsys, "curie_weiss", "continuous", "--scan", "h=1:2:2", "--generated", where)
    assert done.code == 1 and "no_solution" in done.out and "no continuous was found along T" in done.err


def test_an_interrupted_line_shows_what_is_known(capsys, generated, monkeypatch):
    def follow(self: Line, i: int, located: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Line, "follow", follow)
    done = command(capsys, "sk", "continuous", "--scan", "J0=0:2:3", "-o", "a.csv", "--generated", generated)
    assert done.code == 130 and "1 of 3 values of J0 are known" in done.err
    (row,) = read_rows(Path("a.csv"))
    assert float(row["T"]) == 1.0


def test_lines_of_one_diagram_share_a_dataset():
    lines = [line("hopfield", name, "alpha=0.05:0.15:3") for name in ("continuous", "spinodal_T")]
    data = lines_dataset(lines)
    assert dict(data.sizes) == {"threshold": 2, "alpha": 3}
    value = data["T"].sel(threshold="spinodal_T").values
    assert value[0] == pytest.approx(0.54225503791809, rel=1e-6) and math.isnan(value[2])
    assert data["status"].sel(threshold="spinodal_T").values[2] == "no_solution"


# -------------------------------------------------------------------------------------- slow


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "name", "scan"),
    [
        ("perceptron_gibbs_temperature", "first_order", "beta=0.3:5:30"),
        ("perceptron_gibbs_temperature", "spinodal", "beta=0.3:5:30"),
        ("perceptron_storage_binary", "zero_entropy", "kappa=-1:1:30"),
        ("door_symmetric_binary", "first_order", "K=0.1:2:30"),
        ("door_symmetric_binary", "spinodal", "K=0.1:2:30"),
        ("ising_pspin", "spinodal", "p=3:6:10"),
        ("spiked_wigner_sparse", "spinodal", "rho=0.02:0.25:30"),
    ],
)
def test_lines_of_the_zoo_agree_with_single_thresholds(model, name, scan):
    found = line(model, name, scan)
    places(found)
    for point in found.points[1::9]:
        alone = zoo.threshold(model, name, dict(point.parameters))
        assert float(point.value or "nan") == pytest.approx(float(alone.value or "nan"), rel=1e-9)


@pytest.mark.slow
def test_an_edge_is_followed_point_by_point():
    """Gardner's capacity: 1/alpha = int_{-kappa}^inf Dt (t + kappa)^2."""
    x, y = places(line("perceptron_storage_spherical", "capacity", "kappa=0:1:3"))
    tail = np.array([0.5 * math.erfc(-k / math.sqrt(2)) for k in x])
    half = tail * (1 + x * x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    np.testing.assert_allclose(y, 1.0 / half, rtol=1e-12)
