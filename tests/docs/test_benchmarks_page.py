"""docs/BENCHMARKS.md has the tables that the benchmarks measure: sections, commands, columns and rows, not numbers."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from tests.benchmarks.page import SECTIONS
from tests.benchmarks.tables import Section, duration, markdown

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "BENCHMARKS.md").read_text(encoding="utf-8")
PARTS = {title: body for title, body in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)}


def table(body: str) -> list[list[str]]:
    """The cells of the one table of a part."""
    return [[c.strip() for c in line.strip("|").split("|")] for line in body.splitlines() if line.startswith("|")]


def test_sections_are_those_that_are_measured() -> None:
    assert list(PARTS) == [section.title for section in SECTIONS]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda s: s.title)
def test_section_has_its_command_columns_and_rows(section: Section) -> None:
    body = PARTS[section.title]
    assert section.text in body
    assert f"    {section.command}\n" in body
    head, _, *rows = table(body)
    assert tuple(head) == section.columns
    assert tuple(row[0] for row in rows) == section.labels
    assert all(len(row) == len(head) for row in rows)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda s: s.title)
def test_command_of_a_section_prints_it(section: Section) -> None:
    module = importlib.import_module(f"tests.benchmarks.{section.module}")
    assert any(value is section for value in vars(module).values())
    assert 'if __name__ == "__main__":' in Path(module.__file__).read_text(encoding="utf-8")


def test_the_page_is_what_is_printed_as_markdown() -> None:
    section = Section("Title", "module", ("a", "b"), ("x",), lambda: iter(()), "Text.")
    expected = "## Title\n\nText.\n\n    " + section.command + "\n\n| a | b |\n| --- | --- |\n| x | 1 |\n"
    assert markdown(section, [["x", "1"]]) == expected
    assert [duration(s) for s in (3.87e-5, 0.0123, 2.5, 123.4)] == ["39 us", "12 ms", "2.5 s", "120 s"]
