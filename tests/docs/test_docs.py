"""README.md and docs/LANGUAGE.md say what happens: their model files are read and derived, their commands run.

Each TOML block is written to a folder under the name it declares; each `$ derive ...` line of a console block is run
there and its output compared: words as they are, numbers of a double to nine digits, certified ones to the last.
A line `...` stands for any lines, `...` inside a line for any characters.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

from derive.errors import ModelError
from derive.replica.pipeline import run_pipeline
from derive.spec.read import read_model_text

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/LANGUAGE.md")
LINKED = (
    *PAGES,
    "docs/BENCHMARKS.md",
    "derive/ARCHITECTURE.md",
    "generated/README.md",
    "tests/README.md",
    "tests/reference/README.md",
)

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)#:]+)?(#[^)]*)?\)")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?")
REFUSED = "# refused: "
FAST = {"show", "validate", "list"}


class Command(NamedTuple):
    """A command of a page, and the output that the page shows."""

    page: str
    line: str
    output: str

    @property
    def is_fast(self) -> bool:
        words = self.line.split()
        listing = words[1] == "threshold" and len(words) == 3
        return words[1] in FAST or listing


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [body for kind, body in FENCE.findall(text) if kind == language]


def models() -> list[tuple[str, str]]:
    return [(page, body) for page in PAGES for body in blocks(page, "toml")]


def console_commands() -> Iterator[Command]:
    for page in PAGES:
        for body in blocks(page, "console"):
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                line, _, output = part.partition("\n")
                yield Command(page, line, output.rstrip("\n"))


def table_commands() -> Iterator[Command]:
    """Rows `| ... | `derive ...` | `variable = value` |` of the table of the zoo."""
    for page in PAGES:
        for row in (ROOT / page).read_text(encoding="utf-8").splitlines():
            cells = [cell.strip() for cell in row.split("|")]
            if len(cells) > 3 and cells[-3].startswith("`derive "):
                yield Command(page, cells[-3].strip("`"), cells[-2].strip("`"))


def marked(commands: Iterator[Command]) -> list:
    return [pytest.param(c, id=c.line, marks=() if c.is_fast else pytest.mark.slow) for c in dict.fromkeys(commands)]


@lru_cache(maxsize=1)
def written_models() -> tuple[tuple[str, str], ...]:
    return tuple((tomllib.loads(body)["name"], body) for _, body in models())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, body in written_models():
        (tmp_path / f"{name}.toml").write_text(body, encoding="utf-8")
    return tmp_path


def run(command: Command, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command.line)
    assert words[0] == "derive"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    arguments = [sys.executable, "-m", "derive", *words[1:]]
    return subprocess.run(
        arguments, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


def same_number(expected: str, found: str) -> bool:
    if expected == found or (len(expected) > 20 and "e" not in expected):
        return expected == found
    a, b = float(expected), float(found)
    return abs(a - b) <= 1e-9 * abs(a) + 1e-12


def same_line(expected: str, found: str) -> bool:
    """Whether two lines have the same words and, up to rounding, the same numbers."""
    if "..." in expected:
        pattern = ".*".join(re.escape(piece) for piece in expected.split("..."))
        return re.fullmatch(pattern, found) is not None
    words = [" ".join(NUMBER.sub("#", line).split()) for line in (expected, found)]
    numbers = [NUMBER.findall(line) for line in (expected, found)]
    return words[0] == words[1] and all(same_number(a, b) for a, b in zip(*numbers, strict=True))


def same_output(expected: list[str], found: list[str]) -> bool:
    if not expected:
        return not found
    if expected[0].strip() == "...":
        return any(same_output(expected[1:], found[i:]) for i in range(len(found) + 1))
    return bool(found) and same_line(expected[0], found[0]) and same_output(expected[1:], found[1:])


@pytest.mark.parametrize(("page", "text"), models(), ids=[f"{p}-{tomllib.loads(t)['name']}" for p, t in models()])
def test_model_is_read_and_derived_or_refused_as_said(page: str, text: str) -> None:
    model = read_model_text(text, page, ROOT)
    first = text.splitlines()[0]
    if first.startswith(REFUSED):
        with pytest.raises(ModelError) as refusal:
            run_pipeline(model)
        assert first.removeprefix(REFUSED) in str(refusal.value)
    else:
        assert run_pipeline(model).trace.steps


def test_names_of_the_models_are_unique() -> None:
    names = [name for name, _ in written_models()]
    assert len(set(names)) == len(names)


def test_model_of_the_readme_is_that_of_the_zoo() -> None:
    name, text = next((n, t) for n, t in written_models() if n == "perceptron_teacher_binary")
    assert read_model_text(text).hash == read_model_text((ROOT / "models" / f"{name}.toml").read_text("utf-8")).hash


@pytest.mark.parametrize("command", marked(console_commands()))
def test_command_prints_what_the_page_shows(command: Command, folder: Path) -> None:
    done = run(command, folder)
    expected, found = command.output.splitlines(), done.stdout.rstrip("\n").splitlines()
    assert same_output(expected, found), f"{command.line}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("command", marked(table_commands()))
def test_number_of_the_table_is_found(command: Command, folder: Path) -> None:
    done = run(command, folder)
    assert done.returncode == 0, done.stderr
    if " = " in command.output:
        assert any(line.startswith(command.output) for line in done.stdout.splitlines()), done.stdout
        return
    for number in NUMBER.findall(command.output):
        assert any(same_number(number, other) for other in NUMBER.findall(done.stdout)), done.stdout


@pytest.mark.slow
def test_python_of_the_readme_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line `expression  # value` of the Python block is checked by its value as text."""
    monkeypatch.chdir(folder)
    (text,) = blocks("README.md", "python")
    script = []
    for line in text.splitlines():
        code, comment, value = line.partition("  # ")
        if comment:
            script.append(f"assert_shows({code}, {value!r})")
        else:
            script.append(line)
    (folder / "page.py").write_text(
        "def assert_shows(value, shown):\n"
        "    close = isinstance(value, float) and abs(value - float(shown)) <= 1e-9*abs(value)\n"
        "    assert close or str(value) == shown, (value, shown)\n\n\n" + "\n".join(script),
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "page.py"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", LINKED)
def test_links_lead_to_files(page: str) -> None:
    path = ROOT / page
    prose = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target, anchor in LINK.findall(prose):
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), target
        if anchor and there.suffix == ".md":
            titles = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor[1:] in slugs, anchor


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        ("q = 0.25", "q = 0.25000000000001", True),
        ("q = 0.25", "q = 0.26", False),
        ("value 1.24468398985069027909", "value 1.24468398985069027908", False),
        ("hash ...", "hash b73e", True),
        ("a  1", "a 1", True),
        ("a  1", "b  1", False),
    ],
)
def test_comparison_of_lines(expected: str, found: str, same: bool) -> None:
    assert same_line(expected, found) is same
