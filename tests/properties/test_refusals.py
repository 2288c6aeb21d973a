"""The command line under hostile input: exit code 2, one message per fault, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """name = "small"
parameters.alpha = { in = "(0, inf)", default = 1 }
quenched.wstar = "atoms(-1, 1)"
weights.w.prior = "law(wstar)"
[[channel]]
samples = "alpha"
teacher.z = "wstar"
student.h = "w"
label = "sign(z)"
factor = "bayes"
"""
FILES = {
    "a wrong key": (GOOD.replace("factor =", "faktor ="), ["faktor"]),
    "an undefined symbol": (GOOD.replace('= "alpha"', '= "alpa"'), ["alpa"]),
    "two faults": (GOOD.replace("factor =", "faktor =").replace('= "alpha"', '= "alpa"'), ["alpa", "faktor"]),
    "a law that does not sum to one": (
        GOOD.replace('"sign(z)"', '{ values = [-1, 1], probability = "step(z)/3 + 1/4" }'),
        ["sums to"],
    ),
    "an unused teacher": (GOOD.replace('"sign(z)"', '{ values = [-1, 1], probability = "1/2" }'), ["does not use"]),
    "code": (GOOD.replace('"sign(z)"', "\"__import__('os').system('touch hacked')\""), ["__import__"]),
    "a large file": (GOOD + "# " + "x" * 10_000_000, ["1 MB"]),
    "deep parentheses": (GOOD.replace("sign(z)", "(" * 900 + "z" + ")" * 900), ["label"]),
    "deep lists": (GOOD + "a = " + "[" * 5000 + "]" * 5000, ["nested"]),
    "bytes": (b"\x00\xff\xfe" * 99, ["line 1"]),
    "what is outside this version": (GOOD + 'weights.u.prior = "law(wstar)"\n', ["weights"]),
}
SETTINGS = [
    "alpha=-1",
    "alpha",
    "=1",
    "alpha=",
    "alpha=nan",
    "alpha=1e400",
    'alpha=__import__("os")',
    "alpah=1",
    "alpha=1+z",
]


def derive(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "derive", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "DERIVE_CACHE": str(folder / "cache")},
        timeout=120,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_files(name: str, tmp_path: Path) -> None:
    text, words = FILES[name]
    file = tmp_path / "model.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = derive(tmp_path, "build", str(file), "--generated", str(tmp_path / "generated"))
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr
    assert len(lines) == len(words) and all(word in line for word, line in zip(words, lines, strict=True))
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["model.toml"]


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_settings(setting: str, tmp_path: Path) -> None:
    done = derive(tmp_path, "solve", "perceptron_teacher_binary", "--set", setting)
    assert done.returncode == 2 and done.stdout == "" and len(done.stderr.strip().splitlines()) == 1
    assert not any(p.is_file() for p in tmp_path.rglob("*"))
