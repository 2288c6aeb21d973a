"""Sweeps over more points and with more workers: ``python -m tests.benchmarks.bench_scaling``."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from derive import api
from derive.sweeps import process_pool
from tests.benchmarks.tables import Row, Section, duration, show
from tests.support import zoo

__all__ = ["POINTS_AND_WORKERS"]

MODEL = "logistic_sign_teacher"
CASES = ((50, 1), (200, 1), (800, 1), (800, 2))


def values(points: int) -> list[str]:
    """As many values of alpha between 1/2 and 5/2."""
    return [f"{a:.6f}" for a in np.linspace(0.5, 2.5, points)]


def sweep(points: int, executor=None) -> float:
    """Seconds by the clock of a sweep over alpha."""
    begin = time.perf_counter()
    data = api.sweep(zoo.load(MODEL), {"alpha": values(points)}, generated=zoo.folder(MODEL), executor=executor)
    assert dict(data.sizes)["alpha"] == points
    return time.perf_counter() - begin


def scaling() -> Iterator[Row]:
    sweep(2)
    one = 0.0
    for points, workers in CASES:
        with process_pool(workers) as executor:
            if executor is not None:
                sweep(8, executor)  # the workers start
            spent = min(sweep(points, executor) for _ in range(2))
        one = spent if workers == 1 else one
        ratio = f"{one / spent:.2f}" if workers > 1 else "1"
        yield [label(points, workers), duration(spent), duration(spent / points), ratio]


def label(points: int, workers: int) -> str:
    """The first cell of a row."""
    return f"{points} points, {workers} worker{'s' if workers > 1 else ''}"


POINTS_AND_WORKERS = Section(
    "Points and workers",
    "bench_scaling",
    ("sweep", "wall clock", "per point", "faster than one worker"),
    tuple(label(*case) for case in CASES),
    scaling,
    "`derive.sweep` over alpha in [1/2, 5/2] for logistic_sign_teacher, all branches with observables at every point, "
    "solver loaded and workers started before the clock starts; the better of two.",
)

if __name__ == "__main__":
    show(POINTS_AND_WORKERS)
