"""Rules that every source file keeps: short, no evaluation of text, nothing of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

MAX_LINES = 400

# Each of these runs code that arrives as text. A model file is data.
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_NAMES = {"sympify", "parse_expr", "parse_latex"}

# Folders that exist on somebody's machine only, and where packages come from: that is the user's setting.
FOLDERS = "home|root|work|tmp|opt|mnt|srv|Users|var/folders"
ABSOLUTE_PATH = re.compile(rf"(?<![\w.~$}})\]*/-])/(?:{FOLDERS})/\w|\b[A-Z]:\\\\?Users\b")
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted|(?:extra-)?index-url|find-links|trusted-host|PIP_INDEX|://localhost|127\.0\.0\.1"
)
TEXT = {
    "",
    ".cfg",
    ".css",
    ".html",
    ".ini",
    ".json",
    ".md",
    ".mplstyle",
    ".py",
    ".sh",
    ".tex",
    ".toml",
    ".txt",
}


def source_files(root: Path) -> list[Path]:
    skip = {"__pycache__", "_models", "_generated"}
    return [path for path in sorted((root / "derive").rglob("*.py")) if skip.isdisjoint(path.parts)]


def project_files(root: Path) -> list[Path]:
    """All files that are, or would be, under version control."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    paths = (root / name for name in done.stdout.split("\0") if name)
    return sorted(path for path in paths if path.is_file() and path.suffix in TEXT)


def matches(root: Path, pattern: re.Pattern[str]) -> Iterator[str]:
    for path in project_files(root):
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if pattern.search(line):
                yield f"{path.relative_to(root)}:{number}: {line.strip()[:100]}"


def evaluated_text(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                yield node.lineno, name
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in FORBIDDEN_NAMES:
                yield node.lineno, name
            case ast.ImportFrom(names=aliases):
                for alias in aliases:
                    if alias.name in FORBIDDEN_NAMES:
                        yield node.lineno, alias.name


def test_no_file_is_long(root_dir: Path) -> None:
    counts = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in source_files(root_dir)}
    long = {str(path.relative_to(root_dir)): count for path, count in counts.items() if count >= MAX_LINES}
    assert long == {}, f"split these: a file has fewer than {MAX_LINES} lines"


def test_no_text_is_evaluated(root_dir: Path) -> None:
    found = [
        f"{path.relative_to(root_dir)}:{line}: {name}"
        for path in source_files(root_dir)
        for line, name in evaluated_text(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    ["eval(text)", "exec(text)", "sp.sympify(text)", "from sympy import sympify", "parse_expr(text)"],
)
def test_evaluation_of_text_is_noticed(code: str) -> None:
    assert list(evaluated_text(ast.parse(code)))


@pytest.mark.parametrize("code", ["node.eval(x)", "re.compile(p)", "_sympify(x)"])
def test_methods_of_the_same_name_are_allowed(code: str) -> None:
    assert not list(evaluated_text(ast.parse(code)))


def test_no_absolute_path(root_dir: Path) -> None:
    assert list(matches(root_dir, ABSOLUTE_PATH)) == []


def test_no_package_index_is_named(root_dir: Path) -> None:
    assert list(matches(root_dir, REGISTRY)) == []


@pytest.mark.parametrize("line", ['open("/home/ann/x.toml")', "cd /tmp/work", "prefix=/opt/x"])
def test_absolute_path_is_noticed(line: str) -> None:
    assert ABSOLUTE_PATH.search(line)


@pytest.mark.parametrize("line", ["#!/usr/bin/env bash", "$HOME/work/x", "a/tmp/b", "derive/work/x", ">/dev/null"])
def test_relative_path_is_not(line: str) -> None:
    assert not ABSOLUTE_PATH.search(line)


def test_every_module_has_a_docstring(root_dir: Path) -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in source_files(root_dir)}
    bare = [str(path.relative_to(root_dir)) for path, text in texts.items() if not ast.get_docstring(ast.parse(text))]
    assert bare == []
