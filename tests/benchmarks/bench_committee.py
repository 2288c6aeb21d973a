"""The committee of two hidden units against numpy with Owen's T: ``python -m tests.benchmarks.bench_committee``."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from derive.solver import Solver
from tests.benchmarks.committee_by_hand import committee
from tests.benchmarks.tables import Row, Section, duration, seconds, show
from tests.support import zoo

__all__ = ["COMMITTEE"]

MODEL, ALPHA = "committee_two_binary", 1.7
NODES = (32, 64, 128)


def rows() -> Iterator[Row]:
    solver = Solver(zoo.folder(MODEL) / MODEL / "rs.py")
    p = np.array([ALPHA])
    start = solver.start(p)
    overlaps = solver.run(p, start).x[[0, 2]]  # of differences and of sums: d - a, d + a
    exact = 0.5 * np.array([overlaps[0] + overlaps[1], overlaps[1] - overlaps[0]])
    spent = seconds(lambda: solver.run(p, start), 0.1)
    yield ["generated", duration(spent), "", "1"]
    for n in NODES:
        found = committee(ALPHA, n, 0.0, 1e-12)
        cost = seconds(lambda n=n: committee(ALPHA, n, 0.0, 1e-12), 0.1)
        yield [by_hand(n), duration(cost), f"{np.max(np.abs(found - exact)):.0e}", f"{cost / spent:.2g}"]


def by_hand(n: int) -> str:
    return f"by hand, {n}^2 nodes"


COMMITTEE = Section(
    "Committee of two hidden units",
    "bench_committee",
    ("solver", "time", "difference", "ratio"),
    ("generated", *map(by_hand, NODES)),
    rows,
    "Binary weights, labels sign(sign z_0 + sign z_1), alpha = 1.7, where the hidden units have specialised: the two "
    "overlaps from the cold start. By hand: plain iteration in numpy, Gauss-Hermite nodes in the plane, Owen's T.",
)

if __name__ == "__main__":
    show(COMMITTEE)
