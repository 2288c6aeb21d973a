"""Experiments beside the curve of theory: which points, what is drawn, and that a wrong theory is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from derive import api
from derive.cli import main
from derive.curves import scan_model
from derive.errors import ModelError, UsageError
from derive.experiments import as_points, compare, write_comparisons
from derive.job import check_experiment

GIVEN = {"lam": "1/2", "rho": "1", "Delta": "1/4"}


def measured(off: float = 1.0):
    model = api.load_model("ridge_isotropic")
    results, _ = scan_model(model, {"alpha": ("1/2", "1", "3/2", "2")}, GIVEN)
    changed = [
        replace(
            r, solutions=[replace(s, observables={k: off * v for k, v in s.observables.items()}) for s in r.solutions]
        )
        for r in results
    ]
    lines: list[str] = []
    return compare(model, "alpha", changed, 200, 12, lines.append), lines


def test_points_of_experiments_lie_on_the_curve(tmp_path: Path):
    found, lines = measured()
    assert lines == [f"alpha = {a}: 12 systems of 200 sites" for a in ("0.5", "1", "1.5", "2")]
    assert {c.quantity for c in found} >= {"q", "m", "V", "test_error", "training_loss", "free_entropy"}
    assert max(abs(c.deviation) for c in found) < 5
    x, _mean, error = as_points(found)["test_error"]
    assert list(x) == [0.5, 1.0, 1.5, 2.0] and np.all(error > 0)
    text = write_comparisons(tmp_path / "experiments.csv", "alpha", found).read_text()
    assert text.splitlines()[0] == "alpha,quantity,theory,mean,standard_error"
    assert len(text.splitlines()) == len(found) + 1


def test_a_theory_that_is_off_lies_far_from_the_experiments():
    found, _ = measured(1.5)
    assert max(abs(c.deviation) for c in found if c.quantity == "test_error") > 5


def test_what_cannot_be_measured_is_refused_before_the_work():
    with pytest.raises(ModelError, match="simulated"):
        check_experiment(api.load_model("perceptron_teacher_binary"), 100, 10)
    with pytest.raises(UsageError, match="at least 2 sites and 2 samples"):
        check_experiment(api.load_model("ridge_isotropic"), 100, 1)


@pytest.mark.slow
def test_run_writes_the_experiments_into_the_report(tmp_path: Path, capsys):
    with pytest.raises(SystemExit) as done:
        main(["run", "ridge_isotropic", "--size", "60", "--samples", "4", "-o", str(tmp_path)])
    assert done.value.code == 0
    assert "experiments.csv" in capsys.readouterr().out
    report = (tmp_path / "report.html").read_text()
    assert "4 experiments with 60 sites at every point" in report and report.count("<svg") == 2
