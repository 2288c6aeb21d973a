"""Branches through folds, crossings and phases, and lines of them in a plane, against closed forms and quadratures."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import quad
from scipy.optimize import brentq

import derive
from derive import cli
from derive.arclength import arclength, first_place
from derive.branch_diagrams import parse_interval
from derive.errors import UsageError
from derive.folds import branch_point
from derive.spec.read import read_model_text
from tests.support import zoo


def diagram(model: str, axis: str, start: str, stop: str, **given: object):
    return derive.follow(zoo.load(model), {axis: (start, stop)}, given, generated=zoo.folder(model))


def gauss(f) -> float:
    return quad(lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi) * f(x), -12, 12, epsabs=1e-14, limit=300)[0]


def events(found, kind: str) -> list[float]:
    return sorted({round(e.value, 13) for e in found.events if e.kind == kind})


# ---------------------------------------------------------------------------------------------- curves


def circle(y):
    return np.array([y[0] ** 2 + y[1] ** 2 - 1.0])


def circle_slopes(y):
    return np.array([[2 * y[0], 2 * y[1]]])


def test_a_circle_is_followed_through_both_of_its_folds():
    first = first_place(circle, circle_slopes, np.array([0.9, 0.1]))
    assert first is not None
    angles = []
    for place in arclength(circle, circle_slopes, first, 1, longest=0.05):
        assert np.hypot(*place.y) == pytest.approx(1.0, abs=1e-11)
        angles.append(math.atan2(place.y[1], place.y[0]))
        if len(angles) > 200:
            break
    turned = np.unwrap(angles)
    assert abs(turned[-1] - turned[0]) > 2 * math.pi
    assert np.all(np.diff(turned) > 0) or np.all(np.diff(turned) < 0)


@pytest.mark.parametrize("cubic", [0.0, 1.0])
def test_crossings_of_normal_forms_are_roots_of_moores_system(cubic):
    """u (a - 0.3 - u) and u (a - 0.3 - u^2): transcritical and pitchfork at a = 0.3."""

    def f(y):
        u, a = y
        return np.array([u * (a - 0.3 - (u * u if cubic else u))])

    def slopes(y):
        u, a = y
        return np.array([[a - 0.3 - (3 * u * u if cubic else 2 * u), u]])

    found = branch_point(f, slopes, np.array([0.05, 0.34]))
    assert found is not None
    np.testing.assert_allclose(found, [0.0, 0.3], atol=1e-12)


def test_no_crossing_is_found_where_there_is_none():
    assert branch_point(circle, circle_slopes, np.array([0.9, 0.4])) is None


# --------------------------------------------------------------------------------------------- models


def test_the_binary_teacher_has_the_published_phases():
    found = diagram("perceptron_teacher_binary", "alpha", "1/2", "2")
    assert [p.name for p in found.phases] == ["impossible", "hard", "easy"]
    spinodal = zoo.threshold("perceptron_teacher_binary", "spinodal", {})
    order = zoo.threshold("perceptron_teacher_binary", "first_order", {})
    assert events(found, "fold") == pytest.approx([float(spinodal.value)], rel=1e-11)
    assert events(found, "crossing") == pytest.approx([float(order.value)], rel=1e-10)
    (branch,) = found.branches
    assert branch.parameter[0] == pytest.approx(0.5) and branch.parameter[-1] == pytest.approx(0.5)
    assert set(branch.unstable) == {0, 1}


def test_hopfield_at_small_load_has_all_three_transitions():
    found = diagram("hopfield", "T", "1/50", "7/5", alpha="1/20")
    assert events(found, "instability") == pytest.approx([1 + math.sqrt(0.05)], rel=1e-12)
    assert events(found, "vanishing") == pytest.approx([1 + math.sqrt(0.05)], rel=1e-12)
    assert [p.name for p in found.phases] == [
        "retrieval",
        "spin glass, metastable retrieval",
        "spin glass",
        "paramagnet",
    ]
    (fold,) = events(found, "fold")
    spinodal = zoo.threshold("hopfield", "spinodal_T", {"alpha": "1/20"})
    assert fold == pytest.approx(float(spinodal.value), rel=1e-10)
    (crossing,) = events(found, "crossing")
    order = zoo.threshold("hopfield", "first_order_T", {"alpha": "1/20"})
    assert crossing == pytest.approx(float(order.value), rel=1e-9)


def test_the_pitchfork_of_random_fields_is_found_from_both_branches_and_its_mirror_image_is_left_out():
    """m = 0 loses stability where T = E sech^2(sqrt(Delta) x/T)."""
    found = diagram("random_field_ising", "T", "1/5", "6/5")
    expected = brentq(lambda t: gauss(lambda x: 1 / math.cosh(0.5 * x / t) ** 2) - t, 0.5, 0.9, xtol=1e-14)
    places = [e.value for e in found.events if e.kind == "bifurcation"]
    assert places == pytest.approx([expected] * 2, rel=1e-10)
    assert len(found.branches) == 2
    assert [p.name for p in found.phases] == ["ferromagnet", "disordered"]


def sk_symmetric(t: float) -> float:
    return brentq(lambda q: gauss(lambda x: math.tanh(math.sqrt(q) * x / t) ** 2) - q, 1e-4, 1, xtol=1e-15)


def test_the_unstable_spin_glass_below_a_ferromagnet_is_followed():
    """m = 0 of the SK model with J0 = 1.12: q from T = 1, unstable to m until J0 (1 - q) = T."""
    found = diagram("sk", "T", "1/10", "3/2", J0="28/25", h="0")
    expected = brentq(lambda t: 1.12 * (1 - sk_symmetric(t)) / t - 1, 0.2, 0.6, xtol=1e-13)
    assert [e.value for e in found.events if e.kind == "bifurcation"] == pytest.approx([expected] * 2, rel=1e-9)
    assert events(found, "vanishing") == pytest.approx([1.0, 1.12], rel=1e-12)
    assert [p.name for p in found.phases] == ["spin glass", "ferromagnet", "paramagnet"]
    glass = next(b for b in found.branches if b.name != "q = 0" and max(map(abs, b.order_parameters["m"])) < 1e-9)
    at = int(np.argmin(np.abs(np.array(glass.parameter) - 0.8)))
    assert glass.order_parameters["q"][at] == pytest.approx(sk_symmetric(glass.parameter[at]), rel=1e-10)
    assert glass.unstable[at] == 1


def test_two_magnets_exchange_in_the_field_between_their_spinodals():
    """Curie-Weiss at T = 0.7: folds at |h| = T artanh(m) - m, m^2 = 1 - T; equal free entropies at h = 0."""
    found = diagram("curie_weiss", "h", "-1", "1", T="7/10", J0="1")
    m = math.sqrt(0.3)
    spinodal = m - 0.7 * math.atanh(m)
    assert events(found, "fold") == pytest.approx([-spinodal, spinodal], rel=1e-11)
    assert events(found, "crossing") == pytest.approx([0.0], abs=1e-12)
    assert events(found, "vanishing") == pytest.approx([0.0, 0.0], abs=1e-10)


def test_the_interval_may_begin_where_the_temperature_vanishes():
    found = diagram("hopfield", "T", "0", "7/5", alpha="1/20")
    informed = found.branches[2]
    assert max(informed.parameter) == pytest.approx(events(found, "fold")[0], rel=1e-12)
    assert min(informed.parameter) < 1e-5


# ---------------------------------------------------------------------------------------------- planes


def plane(model: str, x, y, **given: object):
    return derive.phase_diagram(zoo.load(model), dict([x, y]), given, generated=zoo.folder(model))


def test_the_lines_of_hopfield_are_those_of_amit_gutfreund_and_sompolinsky():
    found = plane("hopfield", ("T", ("1/50", "7/5")), ("alpha", ("1/200", "4/25")))
    lines = {line.kind: line for line in found.lines}
    assert sorted(lines) == ["crossing", "fold", "instability"] and len(found.lines) == 3
    glass = lines["instability"]
    np.testing.assert_allclose(glass.x, 1 + np.sqrt(glass.y), rtol=1e-10)
    fold = lines["fold"]
    for k in (5, len(fold.x) // 2, -5):
        threshold = zoo.threshold("hopfield", "spinodal_T", {"alpha": repr(fold.y[k])})
        assert fold.x[k] == pytest.approx(float(threshold.value), rel=1e-9)
    crossing = lines["crossing"]
    k = len(crossing.x) // 2
    threshold = zoo.threshold("hopfield", "first_order_T", {"alpha": repr(crossing.y[k])})
    assert crossing.x[k] == pytest.approx(float(threshold.value), rel=1e-8)
    assert max(fold.y) == pytest.approx(0.138, abs=5e-4)


def stable_from(t: float) -> float:
    """The crystal field at which q = 0 loses stability: r = t there, and r/(1 - r) = 2 exp(r/(2 t^2) - D/t)."""
    return 0.5 - t * math.log(t / (2 * (1 - t)))


def test_the_tricritical_point_of_spin_one_glasses_is_at_a_third():
    """S. K. Ghatak and D. Sherrington, J. Phys. C 10, 3149 (1977)."""
    found = plane("blume_capel_sk", ("D", ("-1/2", "6/5")), ("T", ("1/10", "1")))
    (point,) = [s for line in found.lines for s in line.special if s.kind == "tricritical"]
    assert point.y == pytest.approx(1 / 3, abs=1e-10)
    line = next(line for line in found.lines if line.kind == "instability")
    for d, temperature in zip(line.x, line.y, strict=True):
        assert d == pytest.approx(stable_from(temperature), abs=1e-10)
    assert point.x == pytest.approx(stable_from(1 / 3), abs=1e-10)


def test_two_spinodals_of_curie_weiss_meet_in_the_critical_point():
    found = plane("curie_weiss", ("h", ("-1/2", "1/2")), ("T", ("1/2", "13/10")), J0="1")
    ends = [s for line in found.lines for s in line.special]
    folds = [line for line in found.lines if line.kind == "fold"]
    for line in folds:
        for h, t in zip(line.x, line.y, strict=True):
            if t < 0.99:
                m = math.sqrt(1 - t)
                assert abs(h) == pytest.approx(m - t * math.atanh(m), rel=1e-8, abs=1e-10)
    assert len(folds) == 2 and {s.kind for s in ends} == {"critical"}
    np.testing.assert_allclose([(s.x, s.y) for s in ends], [(0.0, 1.0)] * 3, atol=2e-6)


# --------------------------------------------------------------------------------------------- command


def run(capsys, *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        cli.main(list(words))
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def test_json_and_tables_hold_the_branches(capsys, tmp_path):
    words = ("diagram", "curie_weiss", "--x", "T=0.5:1.2")
    code, out, _ = run(capsys, *words, "--json")
    data = json.loads(out)
    assert code == 0 and data["axis"] == "T"
    assert {e["kind"] for e in data["events"]} == {"instability", "vanishing", "end"}
    for name in ("a.csv", "a.nc", "a.svg"):
        assert run(capsys, *words, "-o", str(tmp_path / name))[0] == 0
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    magnet = [row for row in rows if row["branch"] == "branch 1"]
    for row in magnet:
        m = abs(float(row["m"]))
        assert m == pytest.approx(math.tanh(m / float(row["T"])), rel=1e-9, abs=1e-9)
    assert xr.load_dataset(tmp_path / "a.nc").sizes["place"] == len(rows)
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")


def test_a_phase_diagram_is_written(capsys, tmp_path):
    words = ("diagram", "sk", "--x", "T=0.3:1.5", "--y", "J0=0:1.6")
    code, out, _ = run(capsys, *words)
    assert code == 0 and "multicritical" in out
    for name in ("a.csv", "a.nc", "a.svg"):
        assert run(capsys, *words, "-o", str(tmp_path / name))[0] == 0
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    line = [(float(r["T"]), float(r["J0"])) for r in rows if r["kind"] == "instability"]
    assert all(t == pytest.approx(max(1.0, j), rel=1e-9) for t, j in line)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--x", "T=1"], "START:STOP"),
        (["--x", "T=2:1"], "goes up"),
        (["--x", "t=0.1:1"], "there is no parameter `t`"),
        (["--x", "T=-1:1"], "outside of its domain"),
        (["--x", "T=0.1:1", "--set", "T=1/2"], "both followed and set"),
        (["--x", "T=0.1:1", "--y", "T=0:1"], "two parameters"),
        (["--x", "T=0.1:1", "--plot", "m"], "--plot says what a figure shows"),
        (["--x", "T=0.1:1", "-o", "a.svg", "--plot", "mm"], "there is no quantity `mm`"),
    ],
)
def test_bad_input_is_told(capsys, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "diagram", "curie_weiss", *words)
    assert (code, out) == (2, "")
    assert said in err and "Traceback" not in err


def test_discrete_parameters_are_not_followed():
    text = Path(zoo.load("ising_pspin").source).read_text().replace('in = "[2, inf)"', 'in = "{2, 3, 4}"')
    with pytest.raises(UsageError, match="takes the values"):
        derive.follow(read_model_text(text), {"p": ("2", "4")})


def test_an_interval_is_exact():
    assert parse_interval("1/3:sqrt(2)") == ("1/3", "sqrt(2)")
