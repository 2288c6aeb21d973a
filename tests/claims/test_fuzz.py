"""The reader of formulas under random bytes: refused or read, never a crash, a hang or a large memory."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.claims.formulas import parse_equation
from derive.claims.papers import read_equations, read_macros
from derive.claims.tokens import LatexError

PIECES = [
    *(
        "\\frac",
        "\\sqrt",
        "\\int",
        "\\sum",
        "\\partial",
        "\\left",
        "\\right",
        "\\mathbb{E}",
        "\\langle",
        "\\rangle",
        "\\log",
    ),
    *(
        "\\tanh",
        "\\cosh",
        "\\hat",
        "\\mathcal{D}",
        "\\mathrm",
        "\\operatorname",
        "\\alpha",
        "\\begin{pmatrix}",
        "\\end",
    ),
    *(
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "^",
        "_",
        "|",
        "'",
        ",",
        "=",
        "+",
        "-",
        "/",
        "*",
        "1",
        "2.5",
        "q",
        "D",
        "z",
        "d",
        "H",
        " ",
    ),
]


@settings(max_examples=3000)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_mixture_of_pieces_is_read_or_refused(text):
    try:
        parse_equation(text)
    except LatexError as error:
        assert 1 <= error.column <= len(text) + 1


@settings(max_examples=300)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(LatexError):
        parse_equation(text)
    read_equations(text + "\\begin{equation}" + text + "\\label{a}\\end{equation}")
    read_macros("\\newcommand{\\a}" + text + "\\def\\b" + text)


HARNESS = """
import sys, resource
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
import atheris
with atheris.instrument_imports(include=["derive.claims"]):
    from derive.claims.formulas import parse_equation
    from derive.claims.papers import read_equations, read_macros
    from derive.claims.tokens import LatexError

def once(data):
    text = atheris.FuzzedDataProvider(data).ConsumeUnicodeNoSurrogates(400)
    try:
        parse_equation(text)
    except LatexError:
        pass
    read_macros(text)
    read_equations(text)

atheris.Setup(sys.argv, once)
atheris.Fuzz()
"""


@pytest.mark.slow
def test_coverage_guided_fuzzing_finds_no_crash(tmp_path: Path):
    pytest.importorskip("atheris")
    script, corpus = tmp_path / "fuzz.py", tmp_path / "corpus"
    script.write_text(HARNESS)
    corpus.mkdir()
    for k, seed in enumerate(
        (r"q = \int Dz \tanh^2(\sqrt{q}z)", r"\begin{equation} a=\frac{1}{2} \label{x}\end{equation}")
    ):
        (corpus / str(k)).write_text(seed)
    options = ["-runs=40000", "-seed=7", "-max_len=400", "-timeout=10", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run(
        [sys.executable, str(script), *options, str(corpus)], capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr[-3000:]
