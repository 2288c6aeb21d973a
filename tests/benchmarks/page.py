"""All benchmarks: ``python -m tests.benchmarks.page [FILE]`` prints them and writes FILE as docs/BENCHMARKS.md.

Sections that take long to compile come last; an interrupted run writes nothing.
"""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.bench_committee import COMMITTEE
from tests.benchmarks.bench_derivation import DERIVATIONS
from tests.benchmarks.bench_minimisers import MINIMISERS
from tests.benchmarks.bench_scaling import POINTS_AND_WORKERS
from tests.benchmarks.bench_solvers import BESIDE_THE_SPINODAL, POINTS_AND_CURVES
from tests.benchmarks.bench_start import STARTS
from tests.benchmarks.bench_thresholds import DIAGRAM, DIGITS, THRESHOLDS
from tests.benchmarks.tables import markdown, show

__all__ = ["SECTIONS"]

SECTIONS = (
    POINTS_AND_CURVES,
    BESIDE_THE_SPINODAL,
    THRESHOLDS,
    DIGITS,
    DIAGRAM,
    MINIMISERS,
    STARTS,
    POINTS_AND_WORKERS,
    DERIVATIONS,
    COMMITTEE,
)
HEAD = """# Benchmarks

Written by `make bench PAGE=docs/BENCHMARKS.md`; the command above each table prints that table alone. Measured on
{machine}, with other work on it: Python {python}, numba {numba}, numpy {numpy}, sympy {sympy}, one thread. Times are of
the processor where the wall clock is not named, warm where a start is not what is measured. They differ from machine to
machine; ratios are those of one run and differ less. A ratio above one means that `derive` is faster. The loops by hand
are in `tests/benchmarks/*_by_hand.py`.
"""


def machine() -> str:
    """The machine in general terms."""
    return f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})"


def main(arguments: list[str]) -> None:
    """Measure every section, then write the page."""
    names = {name: version(name) for name in ("numba", "numpy", "sympy")}
    parts = [HEAD.format(machine=machine(), python=platform.python_version(), **names)]
    for section in SECTIONS:
        parts.append(markdown(section, show(section)))
        print(flush=True)
    for path in arguments:
        Path(path).write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
