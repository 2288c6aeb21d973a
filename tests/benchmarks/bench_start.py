"""Cold starts and memory of fresh processes: ``python -m tests.benchmarks.bench_start``.

The solver is the committed one.  "Compiled" means with an empty cache of numba, in a folder of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tests.benchmarks.tables import Row, Section, duration, show
from tests.support import zoo

__all__ = ["STARTS"]

TEACHER = "perceptron_teacher_binary"
ROUNDS = 5
SOLVER = """
import sys
from pathlib import Path
import numpy as np
from derive.solver import Solver
print(Solver(Path(sys.argv[1])).branches(np.array([1.2]))[0].order_parameters["q"])
"""
BY_HAND = """
import numpy as np
from tests.benchmarks.perceptrons_by_hand import LOOPS
loop, rule = LOOPS["perceptron_teacher_binary"]["trapezoid"]
print(loop(1.2, 1e-3, 0.0, 1e-12, *rule(80)))
"""
SWEEP = """
import sys
from pathlib import Path
from derive import api
points = [str(0.5 + k / 1000) for k in range(500)]
print(api.sweep(sys.argv[1], {"alpha": points}, generated=Path(sys.argv[2])).sizes)
"""
LAUNCHER = """
import os, subprocess, sys, time
begin = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
wall = time.perf_counter() - begin
unit = 2.0**20 if sys.platform == "darwin" else 2.0**10
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Measures from a small process: on Linux the peak memory of a child starts at that of its parent."""


@dataclass(frozen=True)
class Spent:
    """What a process took: seconds by the clock and of the processor, megabytes at most."""

    wall: float
    processor: float
    memory: float


def spent(arguments: Sequence[str], cache: str | None = None) -> Spent:
    """Run Python in a process of its own."""
    environment = {**os.environ, **({"DERIVE_CACHE": cache} if cache else {})}
    command = [sys.executable, "-c", LAUNCHER, sys.executable, *arguments]
    found = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return Spent(*map(float, found.stdout.split()))


def starts() -> Iterator[Row]:
    folder = str(zoo.folder(TEACHER))
    solver = ["-c", SOLVER, f"{folder}/{TEACHER}/rs.py"]
    command = ["-m", "derive", "solve", TEACHER, "--set", "alpha=1.2", "--generated", folder]
    cases = ([*solver], [*command], ["-c", BY_HAND], ["-c", SWEEP, TEACHER, folder])
    first = None
    for label, arguments in zip(LABELS, cases, strict=False):
        found = [spent(arguments) for _ in range(ROUNDS + 1)][1:]  # the first may have compiled
        wall, processor, memory = (float(np.median([getattr(f, a) for f in found])) for a in Spent.__annotations__)
        first = first or processor
        yield [label, duration(wall), duration(processor), f"{processor / first:.2g}", f"{memory:.0f} MB"]
    with tempfile.TemporaryDirectory() as cache:
        found = spent(command, cache)
    ratio = found.processor / (first or 1.0)
    yield [LABELS[-1], duration(found.wall), duration(found.processor), f"{ratio:.2g}", f"{found.memory:.0f} MB"]


LABELS = (
    "generated solver, all branches",
    "`derive solve`",
    "loop by hand, compiled",
    "`sweep` over 500 points",
    "`derive solve`, compiled",
)
STARTS = Section(
    "Cold start and memory",
    "bench_start",
    ("process", "wall clock", "processor", "ratio", "peak memory"),
    LABELS,
    starts,
    "A fresh process up to its end, the binary teacher at alpha = 1.2: from the start of Python to the first number "
    "and out again. The first row loads the committed solver as `derive.solver.Solver` and nothing of the engine; the "
    "second is the command, which also reads the model file (sympy). Medians of five; compiled: once, with an "
    "empty cache.",
)

if __name__ == "__main__":
    show(STARTS)
