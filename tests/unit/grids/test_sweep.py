"""Scans of one branch: order, prediction, records, settings and what is refused."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import derive
from derive import cli
from derive.errors import UsageError
from derive.exact import parse_scan
from derive.grids import chunk, sweep
from derive.grids.rows import Rows, gather
from derive.journal import Journal
from derive.runtime.results import Solution
from tests.support import zoo

ALPHA = parse_scan("0.5:1.45:96")
MODEL = "perceptron_teacher_binary"


def scan(values=ALPHA, branch="uninformed", **options):
    return derive.sweep(zoo.load(MODEL), {"alpha": values}, branch=branch, **options)


def cold_table(data) -> dict[str, np.ndarray]:
    return {str(name): data[name].values for name in data.data_vars if name != "status"}


def test_following_gives_what_each_start_gives_in_fewer_steps():
    followed, own = scan(), scan(follow=False)
    for name, values in cold_table(own).items():
        if name not in ("residual", "iterations"):
            assert np.allclose(cold_table(followed)[name], values, rtol=1e-11, atol=1e-12), name
    anchors = np.zeros(96, dtype=bool)
    anchors[[*range(0, 96, sweep.EVERY), 95]] = True
    steps, alone = followed["iterations"].values[:, 0], own["iterations"].values[:, 0]
    assert np.array_equal(steps[anchors], alone[anchors])
    assert steps[~anchors].mean() < 0.5 * alone[~anchors].mean()


def test_the_order_of_values_does_not_matter():
    shuffled = [ALPHA[i] for i in np.random.default_rng(3).permutation(len(ALPHA))]
    data = scan(shuffled)
    assert json.loads(data["alpha"].attrs["exact"]) == shuffled
    assert data.drop_attrs().sortby("alpha").identical(scan().drop_attrs())


def test_layout_is_that_of_a_scan_of_all_branches():
    values = ALPHA[:3]
    one, every = scan(values), derive.sweep(zoo.load(MODEL), {"alpha": values})
    assert one.sizes == {"alpha": 3, "branch": 1}
    assert set(every.data_vars) - set(one.data_vars) == {"dominates"}
    assert set(one.data_vars) <= set(every.data_vars)
    assert one.attrs == every.attrs
    assert one["alpha"].identical(every["alpha"])
    for name in one.data_vars:
        assert one[name].dtype == every[name].dtype and one[name].dims == every[name].dims
    point = derive.sweep(zoo.load(MODEL), {}, {"alpha": "1.2"}, branch="uninformed")
    assert float(point["q"][0]) == pytest.approx(0.668661379866945, abs=1e-12)


def test_responses_are_left_out_unless_asked_for():
    wanted = zoo.branch("sk", {"T": "0.7"}).observables
    data = [
        derive.sweep(zoo.load("sk"), {"T": ["0.7"]}, branch="uninformed", responses=asked, generated=zoo.folder("sk"))
        for asked in (False, True)
    ]
    for response in ("specific_heat", "susceptibility"):
        assert response not in data[0].data_vars
        assert float(data[1][response][0, 0]) == pytest.approx(wanted[response], rel=1e-9)


def test_a_state_that_is_not_the_starts_is_not_kept(monkeypatch):
    """Where no stretch agrees at its end, every point is solved from its own start."""
    expected = scan()
    real = chunk.load_loops

    def load(module):
        loops = real(module)

        class Lying:
            known, run, measure = loops.known, loops.run, loops.measure

            @staticmethod
            def follow(*given):
                loops.follow(*given)
                given[-1][:] = False  # no stretch agrees

        return Lying

    monkeypatch.setattr(chunk, "load_loops", load)
    assert scan()["q"].values == pytest.approx(scan(follow=False)["q"].values, abs=0.0)
    assert expected["q"].values == pytest.approx(scan()["q"].values, rel=1e-11)


def test_a_stretch_across_a_jump_is_halved_to_single_points():
    """At alpha = 1.4926 the branch ends: on one side converged, on the other not, whatever the points."""
    values = parse_scan("1.4:1.6:17")
    data = scan(values)
    lost = data["status"].values[:, 0] != "converged"
    assert np.array_equal(lost, data["alpha"].values > 1.49263181823)


def test_a_journal_holds_chunks_once_and_is_resumed(tmp_path, monkeypatch):
    monkeypatch.setattr("derive.grids.plan.POINTS", 20)
    book, told = tmp_path / "book.journal", []
    whole = scan(journal=book, progress=lambda done, total: told.append((done, total)))
    assert told == [(20, 96), (40, 96), (60, 96), (80, 96), (96, 96)]
    lines = book.read_bytes().splitlines(keepends=True)
    assert len(lines) == 6 and lines[0].decode() == Journal.HEADER
    book.write_bytes(b"".join(lines[:4]) + lines[4][:100])
    solved = []
    monkeypatch.setattr(sweep, "solve_chunk", lambda task: solved.append(task) or chunk.solve_chunk(task))
    assert scan(journal=book).identical(whole)
    assert len(solved) == 2
    assert scan(journal=book).identical(whole) and len(solved) == 2
    scan(journal=book, follow=False)
    assert len(solved) == 7


def test_threads_give_the_serial_result(monkeypatch):
    monkeypatch.setattr("derive.grids.plan.POINTS", 20)
    with ThreadPoolExecutor(3) as pool:
        assert scan(executor=pool).identical(scan())


def test_rows_are_exact_on_disk():
    solutions = [
        Solution("b", "converged", {"q": -0.0}, float("-inf"), {"e": 1 / 3, "none": None}, 1e-17, 3, {"stable": True}),
        None,
        Solution("b", "lost_branch", {}, None, {}, float("inf"), 7, {"stable": False}),
    ]
    rows = gather(solutions)
    again = Rows.from_json(json.loads(json.dumps(rows.to_json())))
    assert list(again.numbers) == list(rows.numbers)
    for key, values in rows.numbers.items():
        assert values.tobytes() == again.numbers[key].tobytes()
    assert again.status.tolist() == rows.status.tolist() and again.stable.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("scans", "parameters", "branch", "said"),
    [
        ({"alpha": ["1"]}, {}, "uninfromed", "did you mean uninformed"),
        ({"alpha": ["1"]}, {}, "perfect", "uninformed, informed, trivial"),
        ({"alpha": ["1", "0.5", "0"]}, {}, "uninformed", r"alpha = 0 lies outside its domain \(0, inf\)"),
        ({"alpha": ["1", "-1e-30"]}, {}, "uninformed", "lies outside its domain"),
        ({"alpha": ["1"]}, {"alpha": "2"}, "uninformed", "both scanned and set"),
        ({"alhpa": ["1"]}, {}, "uninformed", "did you mean alpha"),
        ({"alpha": ["1"]}, {"beta": "2"}, "uninformed", "no parameter 'beta'"),
        ({"alpha": ["1", "1.0"]}, {}, "uninformed", "the same value twice"),
    ],
)
def test_what_cannot_be_scanned_is_refused(scans, parameters, branch, said):
    with pytest.raises(UsageError, match=said):
        derive.sweep(zoo.load(MODEL), scans, parameters, branch=branch)


def test_settings_of_one_branch_are_refused_without_one():
    with pytest.raises(UsageError, match="name it, branch="):
        derive.sweep(zoo.load(MODEL), {"alpha": ["1"]}, follow=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--branch", "uninformed"], "--branch is for a --scan"),
        (["--scan", "alpha=1:2:3", "--each"], "settings of --branch"),
        (["--scan", "alpha=1:2:3", "--branch", "informd"], "did you mean informed"),
    ],
)
def test_the_command_refuses_too(capsys, words, said):
    with pytest.raises(SystemExit) as stop:
        cli.main(["solve", MODEL, *words])
    out, err = capsys.readouterr()
    assert (stop.value.code, out) == (2, "")
    assert said in err


def test_the_command_prints_and_writes(capsys, tmp_path):
    words = ["solve", MODEL, "--scan", "alpha=1.4:1.6:3", "--branch", "uninformed"]
    for extra in (["--json"], ["-o", str(tmp_path / "a.csv")], ["-o", str(tmp_path / "a.svg")]):
        with pytest.raises(SystemExit) as stop:
            cli.main([*words, *extra])
        assert not stop.value.code
        out, err = capsys.readouterr()
        assert "2 of 3 points have no converged solution" in err
        if extra == ["--json"]:
            points = json.loads(out)["points"]
            assert [p["solutions"][0]["status"] == "converged" for p in points] == [True, False, False]
            assert points[0]["solutions"][0]["order_parameters"]["r"] == 1.0
    rows = (tmp_path / "a.csv").read_text().splitlines()
    assert rows[0].startswith("alpha,branch,status,free_entropy") and len(rows) == 4
    assert (tmp_path / "a.svg").stat().st_size > 1000
