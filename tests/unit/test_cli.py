"""The commands: outputs, exit codes, messages.  The solver and the certification are stubs."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from derive import api, cli
from derive.errors import InternalError
from derive.exact import exact_number, exact_text
from derive.runtime.results import Solution, SolveResult, ThresholdResult

TEACHER, STORAGE = "perceptron_teacher_binary", "perceptron_storage_spherical"


@dataclass
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        def refuse(constant: str) -> None:
            raise AssertionError(f"{constant} is not JSON")

        return json.loads(self.out, parse_constant=refuse)


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DERIVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Done:
        with pytest.raises(SystemExit) as stop:
            cli.main([str(a) for a in arguments])
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return Done(int(stop.value.code or 0), told.out, told.err)

    return call


def stub_solve(model: Any, parameters: Mapping[str, object] | None = None, **_: Any) -> SolveResult:
    """One branch below alpha = 10, a boundary with infinite free entropy, nothing converged above."""
    values = api.resolve_parameters(api.load_model(model), parameters)
    alpha = float(values["alpha"])
    status = "converged" if alpha < 10 else "not_converged"
    first = Solution("uninformed", status, {"q": alpha / 10}, -alpha, {"error": None}, 1e-15, 5, {"dominates": True})
    second = Solution("perfect", status, {"q": 1.0}, math.inf, {"error": 0.0}, math.nan, 0)
    texts = {name: exact_text(str(value)) for name, value in values.items()}
    return SolveResult(api.load_model(model).name, "rs", texts, (first, second))


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "solve", stub_solve)
    monkeypatch.setattr(api, "build", lambda *a, **k: Path("rs.py"))


@pytest.fixture
def stub_threshold(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    answer: dict[str, Any] = {"status": "converged", "value": "2.000"}

    def threshold(model: Any, name: str, parameters: Any = None, **options: Any) -> ThresholdResult:
        answer["asked"] = (name, dict(parameters or {}), options["digits"])
        options["progress"]("working")
        head = (model.name, name, "capacity", {"kappa": "0"}, "alpha")
        return ThresholdResult(*head, answer["value"], 4, {"q": 1.0}, "method", "2", answer["status"])

    monkeypatch.setattr(api, "threshold", threshold)
    return answer


# ------------------------------------------------------------------------------------------ models


def test_list_shows_the_zoo(run: Run) -> None:
    done = run("list")
    assert done.code == 0 and done.err == ""
    assert any(line.startswith(TEACHER + "  ") for line in done.out.splitlines())
    assert {entry["name"] for entry in run("list", "--json").json} >= {TEACHER, STORAGE}


def test_validate(run: Run) -> None:
    done = run("validate", TEACHER, "--json")
    assert done.code == 0
    assert done.json["valid"] and done.json["order_parameters"] == ["q", "r", "m"]
    assert done.json["fixed"] == {"r": "1", "m": "q"} and done.json["bayes_optimal"]
    assert "order parameters  q, r, m" in run("validate", TEACHER).out


def test_every_fault_of_a_file_is_told_on_its_own_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('name = "bad"\nnonsense = 1\n[parameters]\nalpha = { in = "(0, inf" }\n')
    done = run("validate", file, "--json")
    assert done.code == 2 and done.out == ""
    lines = done.err.splitlines()
    assert len(lines) >= 2 and all(line.startswith("error: ") for line in lines)
    assert any("line 2" in line for line in lines)


@pytest.mark.parametrize("command", ["validate", "show", "build", "solve", "threshold", "simulate", "run"])
def test_unknown_model_names_the_nearest(run: Run, command: str) -> None:
    done = run(command, "perceptron_teacher_binari")
    assert done.code == 2 and done.out == ""
    assert TEACHER in done.err


def test_show_formats(run: Run) -> None:
    assert run("show", STORAGE).out.startswith(STORAGE)
    assert "\\" in run("show", STORAGE, "--format", "latex").out
    trace = run("show", STORAGE, "--format", "json").json
    assert trace["model"] == STORAGE and trace["steps"]
    assert run("show", STORAGE, "--json").json["hash"] == trace["hash"]
    assert run("show", STORAGE, "--format", "word").code == 2


@pytest.mark.parametrize("ansatz", ["1rsb", "krsb:2", "../rs", ""])
def test_other_ansatz_is_refused_with_a_sentence(run: Run, ansatz: str) -> None:
    for arguments in (["show", STORAGE], ["solve", STORAGE], ["build", STORAGE, "--generated", "g"]):
        done = run(*arguments, "--ansatz", ansatz)
        assert done.code == 2 and "ansatz" in done.err and done.out == ""


def test_build_needs_names_or_all(run: Run) -> None:
    assert run("build").code == 2
    assert run("build", STORAGE, "--all").code == 2


# ------------------------------------------------------------------------------------------ solving


@pytest.mark.usefixtures("stub")
def test_solve_json_is_one_valid_document(run: Run) -> None:
    done = run("solve", TEACHER, "--set", "alpha=1.2", "--json")
    assert done.code == 0
    assert done.json["parameters"] == {"alpha": "1.2"}
    perfect = done.json["solutions"][1]
    assert perfect["free_entropy"] == "inf" and perfect["residual"] is None
    assert set(perfect) >= {"branch", "status", "order_parameters", "observables", "iterations", "stability"}


@pytest.mark.usefixtures("stub")
def test_solve_prints_a_table(run: Run) -> None:
    done = run("solve", TEACHER)
    assert done.code == 0 and done.out.splitlines()[1].split()[:3] == ["branch", "status", "q"]


@pytest.mark.usefixtures("stub")
def test_numbers_are_exact(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(api, "solve", lambda m, p, **k: seen.append(dict(p)) or stub_solve(m, p))
    run("solve", STORAGE, "--set", "kappa=0.1", "--set", "alpha = 1/3")
    assert seen == [{"kappa": "0.1", "alpha": "1/3"}]


@pytest.mark.usefixtures("stub")
def test_scan_json_and_table(run: Run) -> None:
    done = run("solve", STORAGE, "--scan", "alpha=1:2:3", "--scan", "kappa=0:1:2", "--json")
    assert done.code == 0 and len(done.json["points"]) == 6
    assert done.json["points"][1]["parameters"] == {"alpha": "1", "kappa": "1"}
    assert done.json["parameters"] == {}
    header, *rows = run("solve", TEACHER, "--scan", "alpha=1:2:3").out.splitlines()[1:]
    assert header.startswith("alpha") and len(rows) == 6


@pytest.mark.usefixtures("stub")
@pytest.mark.parametrize("suffix", ["nc", "csv", "svg", "png", "pdf"])
def test_scan_is_written_by_suffix(run: Run, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / "sub" / f"t.{suffix}"
    done = run("solve", TEACHER, "--scan", "alpha=1:2:3", "-o", file, "--json")
    assert done.code == 0 and file.stat().st_size > 0 and len(done.json["points"]) == 3
    assert [p.name for p in file.parent.iterdir()] == [file.name]


@pytest.mark.usefixtures("stub")
def test_point_is_written_as_a_table(run: Run, tmp_path: Path) -> None:
    assert run("solve", TEACHER, "-o", tmp_path / "p.csv").code == 0
    assert len((tmp_path / "p.csv").read_text().splitlines()) == 3


@pytest.mark.usefixtures("stub")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--set", "alhpa=1"],
        ["--set", "alpha"],
        ["--set", "alpha="],
        ["--set", "=1"],
        ["--set", "alpha=one"],
        ["--set", "alpha=nan"],
        ["--set", "alpha=inf"],
        ["--set", "alpha=-1"],
        ["--set", "alpha=0"],
        ["--set", "alpha=1", "--set", "alpha=2"],
        ["--set", "alpha=__import__('os')"],
        ["--scan", "alpha=1:2"],
        ["--scan", "alpha=1:2:1"],
        ["--scan", "alpha=1:2:x"],
        ["--scan", "alpha=1:1:5"],
        ["--scan", "alpha=-1:2:5"],
        ["--scan", "alhpa=1:2:5"],
        ["--scan", "alpha=1:2:5", "--set", "alpha=1"],
        ["--scan", "alpha=1:2:5", "--scan", "alpha=1:2:5"],
        ["--scan", "alpha=1:2:3", "-o", "t.xls"],
        ["-o", "t.svg"],
        ["-o", "file/t.csv"],
        ["--scan", "alpha=1:2:3", "--plot", "nothing", "-o", "t.svg"],
        ["--workers", "0"],
        ["--nonsense"],
    ],
)
def test_bad_input_is_told_and_exits_with_2(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "file").write_text("")
    done = run("solve", TEACHER, *arguments, "--json")
    assert done.code == 2
    assert done.out == "" and done.err.strip()


@pytest.mark.usefixtures("stub")
def test_nearest_parameter_is_named(run: Run) -> None:
    assert "alpha" in run("solve", TEACHER, "--set", "alhpa=1").err


@pytest.mark.usefixtures("stub")
def test_nothing_converged_is_a_negative_verdict(run: Run) -> None:
    done = run("solve", TEACHER, "--set", "alpha=11", "--json")
    assert done.code == 1 and done.json["solutions"][0]["status"] == "not_converged"
    assert "not_converged" in done.err
    assert run("solve", TEACHER, "--scan", "alpha=11:12:2").code == 1
    done = run("solve", TEACHER, "--scan", "alpha=9:11:3")
    assert done.code == 0 and "2 of 3 points" in done.err


@pytest.mark.usefixtures("stub")
def test_interrupted_scan_says_how_to_go_on(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def interrupted(model: Any, parameters: Any, **_: Any) -> SolveResult:
        calls.append(parameters)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return stub_solve(model, parameters)

    monkeypatch.setattr(api, "solve", interrupted)
    command = ("solve", TEACHER, "--scan", "alpha=1:2:5", "-o", tmp_path / "t.csv")
    done = run(*command)
    assert done.code == 130 and "t.csv.journal" in done.err
    done = run(*command)
    assert done.code == 0 and len(calls) == 3 + 3
    assert not (tmp_path / "t.csv.journal").exists()


# --------------------------------------------------------------------------------------- thresholds


def test_thresholds_are_listed(run: Run) -> None:
    rows = run("threshold", TEACHER, "--json").json
    assert [row["name"] for row in rows] == ["first_order", "spinodal"]
    assert "uninformed and perfect" in run("threshold", TEACHER).out
    assert "no threshold" in run("threshold", "probit_gauss").out


def test_threshold_passes_everything_on(run: Run, stub_threshold: dict[str, Any]) -> None:
    done = run("threshold", STORAGE, "capacity", "--set", "kappa=0.50", "--digits", "30", "--json")
    assert done.code == 0 and done.json["value"] == "2.000" and done.json["exact"] == "2"
    assert "working" in done.err
    assert stub_threshold["asked"] == ("capacity", {"kappa": "0.5"}, 30)
    assert "alpha = 2.000  (exact: 2)" in run("threshold", STORAGE, "capacity").out


@pytest.mark.parametrize("status", ["no_solution", "not_converged"])
def test_threshold_not_found_is_a_negative_verdict(run: Run, stub_threshold: dict[str, Any], status: str) -> None:
    stub_threshold.update(status=status, value=None)
    done = run("threshold", STORAGE, "capacity", "--json")
    assert done.code == 1 and done.json["status"] == status and done.json["value"] is None


@pytest.mark.parametrize(
    "arguments",
    [["capasity"], ["capacity", "--set", "alpha=1"], ["capacity", "--digits", "0"], ["capacity", "x"]],
)
def test_bad_threshold_is_bad_input(run: Run, arguments: list[str]) -> None:
    done = run("threshold", STORAGE, *arguments, "--json")
    assert done.code == 2 and done.out == ""
    if arguments == ["capasity"]:
        assert "capacity" in done.err


# ------------------------------------------------------------------------------------------ failing


def test_unexpected_error_is_one_line_and_a_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("in the engine\nsecond line")

    monkeypatch.setattr(api, "solve", fail)
    done = run("solve", TEACHER)
    assert done.code == 3 and len(done.err.splitlines()) == 1
    assert done.err.startswith("internal error: ZeroDivisionError: in the engine;")
    trace = Path(done.err.split()[-1])
    assert "second line" in trace.read_text()
    trace.unlink()


def test_error_of_our_own_asks_for_a_report(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise InternalError("the check failed")

    monkeypatch.setattr(api, "solve", fail)
    done = run("solve", TEACHER)
    assert done.code == 3 and "report" in done.err


def test_help_and_list_load_nothing_heavy() -> None:
    for argument in ("--help", "list"):
        code = (
            "import sys\nfrom derive.cli import main\n"
            f"try:\n    main([{argument!r}])\nexcept SystemExit:\n    pass\n"
            "heavy = {'sympy', 'numba', 'numpy', 'xarray', 'matplotlib'} & set(sys.modules)\n"
            "assert not heavy, heavy"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60, stdout=subprocess.DEVNULL)


def test_module_and_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "derive", "--version"], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith("derive ")


@pytest.mark.parametrize("number", ["1e400", "1e-400", "1e999999999", "nan", "inf", "1/0", "10^400", "\uff11", "0x10"])
@pytest.mark.parametrize("option", ["--set", "--scan"])
def test_a_number_out_of_range_names_its_option(run: Run, option: str, number: str) -> None:
    value = number if option == "--set" else f"{number}:2:3"
    done = run("solve", STORAGE, option, f"kappa={value}")
    assert done.code == 2 and f"{option} kappa: `{number}`" in done.err and not done.out


def test_large_numbers_stay_exact() -> None:
    for text in ("1e100", "-1e-100", "123456789012345678901234567890123", "1/300000000000000000007"):
        assert exact_number(exact_text(text)) == exact_number(text)
    assert api.resolve_parameters(api.load_model(STORAGE), {"kappa": "1e100"})["kappa"] == 10**100


def test_a_number_too_large_to_compute_with_is_bad_input(run: Run) -> None:
    done = run("threshold", STORAGE, "capacity", "--set", "kappa=1e12")
    assert done.code == 2 and "capacity cannot be computed at kappa = 1e12" in done.err.replace("1000000000000", "1e12")


def test_validate_tells_the_norm_that_a_density_prior_fixes(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "dense.toml"
    path.write_text(
        'name = "dense"\nparameters.s = { in = "(0, inf)", default = 2 }\nquenched.wstar = "normal(0, s)"\n'
        'weights.w.prior = "law(wstar)"\n[[channel]]\nsamples = 1\nteacher.z = "wstar"\nstudent.h = "w"\n'
        'label = "sign(z)"\nfactor = "bayes"\n'
    )
    assert run("validate", path, "--json").json["fixed"] == {"r": "s", "m": "q"}


def test_a_refused_model_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "zero.toml"
    path.write_text(
        'name = "zero"\nweights.w.sphere = 1\n[[channel]]\nsamples = 1\nstudent.h = "w"\n'
        'constraint = "h > 1 and h < 0"\n'
    )
    for command in (["run", path], ["report", path, "-o", tmp_path / "new"], ["solve", path], ["show", path]):
        done = run(*command)
        assert done.code == 2 and "the constraint is zero for every field" in done.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["zero.toml"]


REFUSED = [
    ('noise.e = "normal(0, 1)"\nlabel = "z + e/site_mean(wstar)"', "division by zero"),
    ('input.sd = "site_mean(wstar^2 - 5)"\nlabel = "sign(z)"', "input.sd is not positive"),
    ('input.sd = "sqrt(gauss(erf(wstar*x)^2, x))"\nlabel = "sign(z)"', "a gauss(...) of wstar without closed form"),
]


@pytest.mark.parametrize(("label", "words"), REFUSED)
def test_what_a_mean_over_the_sites_makes_impossible_is_a_sentence(
    run: Run, tmp_path: Path, label: str, words: str
) -> None:
    path = tmp_path / "means.toml"
    path.write_text(
        'name = "means"\nquenched.wstar = "atoms(-1, 1)"\nweights.w.prior = "law(wstar)"\n[[channel]]\nsamples = 1\n'
        f'teacher.z = "wstar"\nstudent.h = "w"\n{label}\nfactor = "bayes"\n'
    )
    done = run("validate", path)
    assert done.code == 2 and words in done.err


def test_a_support_outside_the_prior_is_a_sentence(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "outside.toml"
    path.write_text(
        'name = "outside"\nweights.w = { prior = "uniform(0, 1)", support = "(2, 3)" }\n[[channel]]\nsamples = 1\n'
        'student.h = "w"\nconstraint = "h >= 0"\n'
    )
    done = run("validate", path)
    assert done.code == 2 and "the support leaves nothing of the prior" in done.err
