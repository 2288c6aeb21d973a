"""Scans of one branch over 100 000 points: ``PYTHONPATH=. python tests/benchmarks/bench_scans.py`` prints the table.

Everything is counted that a scan does, from texts to the Dataset, once the loops are compiled: exact parameters, the
journal with its fsync per chunk, free entropy and observables.  Rates are per second of processor time.  The
efficiency of two processes is wall(1)/(2*wall(2)) of pools that have loaded the solver; it needs two idle cores, so
that both are measured in turn and the best of several rounds counts.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import derive
from derive.exact import parse_scan
from derive.sweeps import process_pool
from tests.support import zoo

ROUNDS = 5
GRIDS: dict[str, tuple[str, dict[str, str]]] = {
    "closed form": ("curie_weiss", {"T": "0.2:0.95:100000"}),
    "one integral, a line": ("sk", {"T": "0.2:0.95:100000"}),
    "one integral, a plane": ("sk", {"T": "0.2:0.95:400", "h": "0:1:250"}),
    "one integral, through T_c": ("sk", {"T": "0.3:1.5:100000"}),
    "two integrals": ("perceptron_teacher_binary", {"alpha": "0.2:1.45:100000"}),
}


@dataclass(frozen=True)
class Row:
    """One scan: points that converged, processor time in seconds, points per second."""

    problem: str
    model: str
    points: int
    converged: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.points / self.seconds


def scan(model: str, axes: Mapping[str, tuple[str, ...]], executor: Executor | None = None) -> tuple[int, int]:
    """(points, converged points) of a scan with a journal."""
    with tempfile.TemporaryDirectory() as folder:
        data = derive.sweep(
            zoo.load(model),
            axes,
            branch="uninformed",
            executor=executor,
            journal=Path(folder) / "journal",
            generated=zoo.folder(model),
        )
    return data["status"].size, int((data["status"] == "converged").sum())


def measure(problem: str) -> Row:
    """One scan in this process."""
    model, texts = GRIDS[problem]
    scan(model, {name: parse_scan(text)[:20] for name, text in texts.items()})
    begin = time.process_time()
    points, converged = scan(model, {name: parse_scan(text) for name, text in texts.items()})
    return Row(problem, model, points, converged, time.process_time() - begin)


def efficiency(problem: str = "one integral, a plane", rounds: int = ROUNDS) -> float:
    """wall(1)/(2*wall(2)) of process pools, the best times of some rounds."""
    model, texts = GRIDS[problem]
    axes = {name: parse_scan(text) for name, text in texts.items()}
    best = {1: float("inf"), 2: float("inf")}
    with process_pool(2) as both, _single() as one:
        pools = {1: one, 2: both}
        for pool in pools.values():
            scan(model, axes, pool)
        for _ in range(rounds):
            for workers, pool in pools.items():
                begin = time.perf_counter()
                scan(model, axes, pool)
                best[workers] = min(best[workers], time.perf_counter() - begin)
    return best[1] / (2.0 * best[2])


def _single() -> Executor:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def table(rows: list[Row]) -> str:
    """The rows as text."""
    lines = [f"{'problem':<28}{'model':<28}{'points':>8}{'converged':>11}{'cpu':>9}{'points/s':>10}"]
    for r in rows:
        lines.append(f"{r.problem:<28}{r.model:<28}{r.points:>8}{r.converged:>11}{r.seconds:>7.2f} s{r.rate:>10.0f}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table([measure(problem) for problem in GRIDS]))
    print(f"two processes: {100 * efficiency():.0f} % of twice the speed of one")
