"""The generated solver is faster than loops by hand, at equal true error and in the same run; so are thresholds."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks import bench_solvers as bench
from tests.benchmarks import bench_thresholds, perceptrons_by_hand
from tests.benchmarks.tables import seconds

LEAST = {"Gauss-Hermite": 5.0, "trapezoid": 1.8}
"""How many times as long a damped loop takes at the least, on a machine that is busy with other work."""


@pytest.mark.benchmark
@pytest.mark.parametrize("problem", bench.PROBLEMS, ids=lambda p: f"{p.model}-{p.name}")
def test_generated_solver_against_loops_by_hand(problem: bench.Problem):
    rows = bench.measure(problem)
    print("\n" + bench.table(rows))
    assert rows[0].error <= problem.accuracy
    assert not [r for r in rows if r.name in LEAST and r.ratio < LEAST[r.name]], bench.table(rows)
    assert all(r.ratio > 1.0 for r in rows[1:]), bench.table(rows)


@pytest.mark.benchmark
@pytest.mark.parametrize("name", list(bench_thresholds.BY_HAND))
def test_thresholds_within_their_time(name: str):
    """20 ms warm, 2 s for 30 digits, 60 s for 100."""
    for digits, limit in ((None, 0.02), (30, 2.0), (100, 60.0)):
        bench_thresholds.find(name, digits)
        assert seconds(lambda digits=digits: bench_thresholds.find(name, digits)) < limit


@pytest.mark.benchmark
def test_a_diagram_of_four_lines_takes_less_than_ten_seconds():
    for name, axis, _ in bench_thresholds.LINES:
        bench_thresholds.line(name, axis)  # the solver is loaded

    def lines() -> None:
        for name, axis, _ in bench_thresholds.LINES:
            bench_thresholds.line(name, axis)

    assert seconds(lines) < 10.0


@pytest.mark.slow
def test_the_curve_through_the_spinodal_has_ten_true_digits_at_the_defaults():
    """50 values of alpha in [0.5, 2], and the neighbourhood of the spinodal; the truth is mpmath by hand."""
    problem = bench.PROBLEMS[1]
    assert (problem.model, problem.alphas.size) == ("perceptron_teacher_binary", 50)
    solver = bench.Solver(bench.zoo.folder(problem.model) / problem.model / "rs.py")
    found = bench.generated(solver).run((1e-13, 1e-12), problem.alphas)
    assert np.max(np.abs(found - bench.exact(problem, found))) < 1e-10
    assert max(errors[0] for _, _, errors in bench.beside_the_spinodal()) < 1e-10


def test_loops_by_hand_are_right():
    """At q = 0.668661379866945 of mpmath; the thresholds of the literature are 1.245 and 1.493."""
    true = perceptrons_by_hand.exact_branch(1.2, 0.6686613799)
    for loop, rule in perceptrons_by_hand.LOOPS["perceptron_teacher_binary"].values():
        assert loop(1.2, 1e-3, 0.0, 1e-13, *rule(201)) == pytest.approx(true, abs=1e-12)
    assert perceptrons_by_hand.exact_crossing() == pytest.approx(1.245, abs=5e-4)
    assert perceptrons_by_hand.exact_spinodal() == pytest.approx(1.493, abs=5e-4)
    assert perceptrons_by_hand.crossing(1e-6) == pytest.approx(perceptrons_by_hand.exact_crossing(), abs=1e-6)
