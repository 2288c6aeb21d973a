"""The generated solver is faster than a loop by hand, at equal accuracy and in the same run."""

from __future__ import annotations

import pytest

from tests.benchmarks.bench_solvers import BY_HAND, measure, table

LEAST = 5.0


@pytest.mark.benchmark
@pytest.mark.parametrize("model", sorted(BY_HAND))
def test_generated_solver_against_loops_by_hand(model: str):
    rows = measure(model)
    print("\n" + table(rows))
    slow = [r for r in rows if r.name == "Gauss-Hermite" and r.ratio < LEAST]
    assert not slow, table(rows)
