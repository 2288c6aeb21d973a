"""100 000 points of one branch: 20 000 a second and core; the efficiency of two processes is printed."""

from __future__ import annotations

import pytest

from tests.benchmarks.bench_scans import GRIDS, efficiency, measure, table

LEAST = 20_000


@pytest.mark.benchmark
@pytest.mark.parametrize("problem", [name for name in GRIDS if name != "two integrals"])
def test_points_per_second(problem: str):
    row = measure(problem)
    print("\n" + table([row]))
    assert row.points == 100_000 and row.rate > LEAST, table([row])


@pytest.mark.benchmark
def test_two_processes():
    share = efficiency()
    print(f"\ntwo processes: {100 * share:.0f} % of twice the speed of one")
    assert share > 0.5  # on an idle machine above 0.9; others may use its cores
