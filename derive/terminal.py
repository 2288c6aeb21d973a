"""What the commands share: reading options, aligned tables, one JSON document, progress and messages.

Results go to the standard output, everything else to the standard error.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from derive.errors import DeriveError, UsageError
from derive.journal import plain

__all__ = [
    "Stages",
    "assignments",
    "check_output",
    "format_number",
    "name_values",
    "print_error",
    "print_internal_error",
    "print_json",
    "progress_bar",
    "say",
    "table",
]


def say(text: str) -> None:
    """Print a message to the standard error."""
    print(text, file=sys.stderr, flush=True)


def print_error(error: DeriveError) -> None:
    """Print every fault on its own line."""
    for line in str(error).splitlines() or [type(error).__name__]:
        say(f"error: {line}")
    if error.exit_code == 3:
        say("error: this is a fault of derive, not of the input: please report it with the model file")


def print_internal_error(error: BaseException) -> None:
    """Print one line, and write the trace to a file that can be sent with a report."""
    handle, path = tempfile.mkstemp(prefix="derive-error-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write("".join(traceback.format_exception(error)))
    first = (str(error).splitlines() or [""])[0][:200]
    say(f"internal error: {type(error).__name__}: {first}; please report it with {path}")


def print_json(data: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(plain(data), indent=2, ensure_ascii=False, allow_nan=False))


def format_number(value: Any) -> str:
    """A number for people: up to 15 digits, `-` where there is none.

    >>> format_number(0.1 + 0.2), format_number(None), format_number(float("inf")), format_number(True)
    ('0.3', '-', 'inf', 'yes')
    """
    if value is None or value != value:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Aligned columns, two blanks apart.

    >>> print(table(["name", "q"], [["a", 0.5], ["bcd", None]]))
    name  q
    a     0.5
    bcd   -
    """
    cells = [list(header), *[[format_number(value) for value in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
    return "\n".join(line.rstrip() for line in lines)


def name_values(values: Mapping[str, Any]) -> str:
    """`a = 1, b = 2`."""
    return ", ".join(f"{name} = {format_number(value)}" for name, value in values.items())


def assignments(texts: Sequence[str], option: str, read: Callable[[str], Any]) -> dict[str, Any]:
    """Read repeated `name=value` options.

    Raises
    ------
    UsageError
        If one is malformed, is given twice, or its value cannot be read.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value:
            form = "name=value" if option == "--set" else "name=start:stop:count"
            raise UsageError(f"{option} takes {form}; found `{text[:80]}`")
        if name in found:
            raise UsageError(f"{option} {name} is given twice")
        try:
            found[name] = read(value)
        except UsageError as error:
            raise UsageError(f"{option} {name}: {error}") from None
    return found


def check_output(path: Path | None, suffixes: Sequence[str]) -> Path | None:
    """Refuse an output file that could not be written, before anything is computed."""
    from derive.library import prepare_folder

    if path is None:
        return None
    path = path.expanduser()
    if path.suffix not in suffixes:
        raise UsageError(f"-o takes a file ending in {', '.join(suffixes)}; found `{path}`")
    if path.is_dir():
        raise UsageError(f"-o {path}: this is a folder")
    prepare_folder(path.parent)
    if path.exists() and not os.access(path, os.W_OK):
        raise UsageError(f"-o {path}: the file is not writable")
    return path


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, one line in ten on a file."""
    if not sys.stderr.isatty():
        told = {"tenth": -1}

        def tell(done: int, total: int) -> None:
            tenth = 10 * done // max(total, 1)
            if tenth > told["tenth"]:
                told["tenth"] = tenth
                say(f"{what}: {done} of {total}")

        yield tell
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


class Stages:
    """Times of the stages of a longer job, told on the standard error as they end."""

    def __init__(self) -> None:
        self.times: list[tuple[str, float]] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time one stage."""
        start = time.perf_counter()
        if sys.stderr.isatty():
            print(f"{name} ...", end="\r", file=sys.stderr, flush=True)
        yield
        self.times.append((name, time.perf_counter() - start))
        say(f"{name} {'.' * max(3, 56 - len(name))} {self.times[-1][1]:6.2f} s")

    def finish(self) -> float:
        """Tell the total and return it."""
        total = sum(seconds for _, seconds in self.times)
        say(f"total {'.' * 51} {total:6.2f} s")
        return total
