"""A section of the page of benchmarks: what it measures, by which command, and its table as text and as Markdown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Row", "Section", "duration", "markdown", "seconds", "show"]

Row = Sequence[str]


@dataclass(frozen=True)
class Section:
    """One table: `labels` is its first column, known beforehand; `rows` measures them in this order."""

    title: str
    module: str
    columns: tuple[str, ...]
    labels: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]
    text: str

    @property
    def command(self) -> str:
        """What prints this table."""
        return f".venv/bin/python -m tests.benchmarks.{self.module}"


def seconds(work: Callable[[], object], least: float = 0.02) -> float:
    """Processor time of one call, from a sample long enough for the clock."""
    calls, spent = 1, 0.0
    while True:
        begin = time.process_time()
        for _ in range(calls):
            work()
        spent = time.process_time() - begin
        if spent >= least:
            return spent / calls
        calls = max(2 * calls, int(1.2 * calls * least / max(spent, 1e-6)))


def duration(s: float) -> str:
    """Seconds with two digits and a unit.

    >>> duration(3.87e-5), duration(0.0123), duration(2.5), duration(123.4)
    ('39 us', '12 ms', '2.5 s', '120 s')
    """
    for size, unit in ((1e-3, "us"), (1.0, "ms")):
        if s < size:
            return f"{float(f'{s / size * 1e3:.2g}'):g} {unit}"
    return f"{float(f'{s:.2g}'):g} s"


def markdown(section: Section, rows: Sequence[Row]) -> str:
    """The section as a part of the page."""
    lines = [section.columns, ["---"] * len(section.columns), *rows]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return f"## {section.title}\n\n{section.text}\n\n    {section.command}\n\n{table}\n"


def show(section: Section) -> list[Row]:
    """Measure a section and print its rows as they come."""
    print(f"{section.title}\n" + "  ".join(section.columns), flush=True)
    found = []
    for label, row in zip(section.labels, section.rows(), strict=True):
        assert row[0] == label and len(row) == len(section.columns), row
        print("  ".join(row), flush=True)
        found.append(row)
    return found
