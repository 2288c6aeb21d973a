"""Grids: exact values, order, journals, executors and Datasets, with a stub in place of the solver."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from derive.errors import UsageError
from derive.exact import exact_text, parse_scan
from derive.journal import Journal, decode, plain
from derive.runtime.results import Solution, SolveResult
from derive.sweeps import (
    as_dataset,
    process_pool,
    run_sweep,
    save_dataset,
    solve_grid,
)


def stub(parameters: dict[str, str]) -> SolveResult:
    """Two branches; the second exists from alpha = 1 on and has an infinite free entropy."""
    alpha = float(eval_ratio(parameters["alpha"]))
    first = Solution(
        "uninformed",
        "converged",
        {"q": alpha / 2},
        -alpha,
        {"error": 1 - alpha / 2, "undefined": None},
        1e-15,
        5,
        {"stable": True, "spectral_radius": 0.5, "dominates": alpha < 1},
    )
    second = Solution("perfect", "converged", {"q": 1.0}, math.inf, {}, 0.0, 0, {"dominates": True})
    return SolveResult("toy", "rs", dict(parameters), (first,) if alpha < 1 else (first, second))


def eval_ratio(text: str) -> float:
    top, _, bottom = text.partition("/")
    return float(top) / float(bottom or 1)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("0.1", "0.1"),
        ("1/3", "1/3"),
        ("-1e-2", "-0.01"),
        (".5", "0.5"),
        ("2.", "2"),
        ("0.10", "0.1"),
        ("-3/4", "-0.75"),
        ("6/3", "2"),
        (3, "3"),
        (0.1, "0.1"),
        ("1e3", "1000"),
        ("sqrt(2)", "sqrt(2)"),
        ("(1+2)/4", "0.75"),
        ("pi/2", "pi/2"),
    ],
)
def test_exact_text(given: object, expected: str) -> None:
    assert exact_text(given) == expected


@pytest.mark.parametrize("given", ["", "abc", "inf", "nan", "1/0", "1e999999999", "1__0", "0x10", "1;2", True])
def test_what_is_not_a_number_is_refused(given: object) -> None:
    with pytest.raises(UsageError):
        exact_text(given)


def test_scan_is_exact_and_holds_both_ends() -> None:
    assert parse_scan("0:1:11") == tuple(exact_text(f"{i}/10") for i in range(11))
    values = parse_scan("0.5:2:60")
    assert values[0] == "0.5" and values[-1] == "2" and values[1] == "31/59"
    assert parse_scan("1:0:3") == ("1", "0.5", "0")
    assert parse_scan("0:sqrt(2):3") == ("0", "sqrt(2)/2", "sqrt(2)")


@pytest.mark.parametrize(
    "text",
    ["", "1", "1:2", "1:2:3:4", "1:2:x", "1:2:1", "1:2:0", "1:2:-5", "1:2:2.5", "1:1:5", "a:2:5", ":2:5"],
)
def test_malformed_scan_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_scan(text)


def test_points_come_back_in_axis_order_and_neighbours_follow_each_other() -> None:
    visited: list[tuple[str, str]] = []

    def record(parameters: dict[str, str]) -> SolveResult:
        visited.append((parameters["alpha"], parameters["kappa"]))
        return stub(parameters)

    scans = {"alpha": ["0.5", "1", "1.5"], "kappa": ["0", "1"]}
    results = solve_grid(record, scans, {"rho": "1/2"})
    found = [(r.parameters["alpha"], r.parameters["kappa"], r.parameters["rho"]) for r in results]
    assert found == [(a, k, "0.5") for a in scans["alpha"] for k in scans["kappa"]]
    steps = [
        abs(scans["alpha"].index(a) - scans["alpha"].index(c)) + abs(int(b) - int(d))
        for (a, b), (c, d) in pairwise(visited)
    ]
    assert set(steps) == {1}


def test_dataset_has_scans_and_branches() -> None:
    scans = {"alpha": ["0.5", "1", "1.5"]}
    dataset = run_sweep(stub, scans, {"kappa": 0}, identity={"spec_hash": "abc"})
    assert dict(dataset.sizes) == {"alpha": 3, "branch": 2}
    assert list(dataset.branch.values) == ["uninformed", "perfect"]
    assert np.allclose(dataset.q.sel(branch="uninformed"), [0.25, 0.5, 0.75])
    assert np.isnan(dataset.q.sel(branch="perfect")[0])
    assert dataset.status.sel(branch="perfect").values.tolist() == ["", "converged", "converged"]
    assert dataset.free_entropy.sel(branch="perfect").values[1] == math.inf
    assert dataset.dominates.values.tolist() == [[True, False], [False, True], [False, True]]
    assert dataset.stable.dtype == bool
    assert dataset.attrs["model"] == "toy" and dataset.attrs["spec_hash"] == "abc"
    assert json.loads(dataset.attrs["parameters"]) == {"kappa": "0"}
    assert "runtime" in json.loads(dataset.attrs["versions"])
    assert json.loads(dataset.alpha.attrs["exact"]) == scans["alpha"]


def test_a_point_without_scans_is_a_dataset_too() -> None:
    dataset = run_sweep(stub, {}, {"alpha": "3/2"})
    assert dict(dataset.sizes) == {"branch": 2}


def test_two_solutions_of_one_branch_are_both_kept() -> None:
    result = stub({"alpha": "0.5"})
    double = SolveResult("toy", "rs", result.parameters, result.solutions * 2)
    assert list(as_dataset([double], {}).branch.values) == ["uninformed", "uninformed_2"]


@pytest.mark.parametrize(
    ("scans", "parameters"),
    [({"alpha": ["1", "2"]}, {"alpha": "1"}), ({"alpha": []}, {}), ({"alpha": ["1", "1.0"]}, {})],
)
def test_contradicting_grids_are_refused(scans: dict, parameters: dict) -> None:
    with pytest.raises(UsageError):
        solve_grid(stub, scans, parameters)


def test_csv_and_netcdf_round_trip(tmp_path: Path) -> None:
    dataset = run_sweep(stub, {"alpha": ["0.5", "1", "1.5"]})
    lines = save_dataset(dataset, tmp_path / "a" / "t.csv").read_text().splitlines()
    assert lines[0].startswith("alpha,branch,status,")
    assert len(lines) == 1 + 5
    save_dataset(dataset, tmp_path / "t.nc")
    with xr.open_dataset(tmp_path / "t.nc", engine="scipy") as back:
        assert np.array_equal(back.q, dataset.q, equal_nan=True)
        assert back.status.values.tolist() == dataset.status.values.tolist()
        assert back.stable.values.tolist() == dataset.stable.values.tolist()
    with pytest.raises(UsageError):
        save_dataset(dataset, tmp_path / "t.xls")


# ---------------------------------------------------------------------------------------- executors


def test_executors_give_the_serial_result() -> None:
    scans = {"alpha": parse_scan("0.5:2:7")}
    expected = run_sweep(stub, scans)
    with ThreadPoolExecutor(2) as pool:
        assert run_sweep(stub, scans, executor=pool).identical(expected)


def test_a_pool_of_one_is_no_pool() -> None:
    with process_pool(1) as pool:
        assert pool is None


def test_processes_work() -> None:
    with process_pool(2) as pool:
        assert pool is not None
        assert list(pool.map(abs, [-1, 2])) == [1, 2]


# ---------------------------------------------------------------------------------------- the journal


class Interrupting:
    """Solves `limit` points, then behaves like Ctrl-C."""

    def __init__(self, limit: int):
        self.limit, self.calls = limit, 0

    def __call__(self, parameters: dict[str, str]) -> SolveResult:
        if self.calls == self.limit:
            raise KeyboardInterrupt
        self.calls += 1
        return stub(parameters)


def test_interrupted_sweep_is_resumed(tmp_path: Path) -> None:
    journal, scans = tmp_path / "sub" / "j.jsonl", {"alpha": parse_scan("0.5:2:10")}
    with pytest.raises(KeyboardInterrupt):
        run_sweep(Interrupting(4), scans, journal=journal)
    rest, told = Interrupting(100), []
    found = run_sweep(rest, scans, journal=journal, progress=lambda done, total: told.append((done, total)))
    assert rest.calls == 6
    assert told == [(i, 10) for i in range(1, 11)]
    assert found.identical(run_sweep(stub, scans))


def test_torn_last_line_is_computed_again(tmp_path: Path) -> None:
    journal, scans = tmp_path / "j.jsonl", {"alpha": ["0.5", "1", "1.5"]}
    run_sweep(stub, scans, journal=journal)
    content = journal.read_bytes()
    journal.write_bytes(content[:-20])
    again = Interrupting(100)
    run_sweep(again, scans, journal=journal)
    assert again.calls == 1
    nothing = Interrupting(0)
    run_sweep(nothing, scans, journal=journal)
    assert nothing.calls == 0


def test_journal_torn_in_its_first_line(tmp_path: Path) -> None:
    journal = tmp_path / "j.jsonl"
    journal.write_text(Journal.HEADER[:7])
    run_sweep(stub, {"alpha": ["1", "2"]}, journal=journal)
    assert len(journal.read_text().splitlines()) == 3


def test_journal_distinguishes_model_and_parameters(tmp_path: Path) -> None:
    journal, scans = tmp_path / "j.jsonl", {"alpha": ["0.5", "1"]}
    for identity, fixed in [
        ({"spec_hash": "a"}, {}),
        ({"spec_hash": "b"}, {}),
        ({"spec_hash": "b"}, {"k": 1}),
    ]:
        counter = Interrupting(100)
        run_sweep(counter, scans, fixed, journal=journal, identity=identity)
        assert counter.calls == 2
    counter = Interrupting(100)
    run_sweep(counter, {"alpha": ["1/2", "1.0"]}, {"k": "1.00"}, journal=journal, identity={"spec_hash": "b"})
    assert counter.calls == 0


def test_another_file_is_not_taken_for_a_journal(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("do not overwrite me, I am long enough\n")
    with pytest.raises(UsageError, match="not a journal"):
        run_sweep(stub, {"alpha": ["1", "2"]}, journal=other)
    assert other.read_text().startswith("do not")


def test_results_survive_json() -> None:
    result = stub({"alpha": "1.5"})
    text = json.dumps(plain(result.to_json()), allow_nan=False)
    assert '"inf"' in text
    assert decode(json.loads(text)) == result
