"""Whatever the bytes: a Model or a SpecError, soon, and nothing is executed."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.errors import SpecError
from derive.spec.deadline import TooSlowError, limited
from derive.spec.grammar import ExpressionError, Scope, parse_expression
from derive.spec.model import Model
from derive.spec.read import read_model, read_model_text

x = sp.Symbol("x", real=True)
SCOPE = Scope(names={"x": x, "y": sp.Symbol("y", real=True)}, indicators=True)

INJECTIONS = [
    "__import__('os').system('echo X')",
    "().__class__.__base__.__subclasses__()[140].__init__.__globals__['system']('echo X')",
    "x.__class__",
    "x.real",
    "(lambda: 1)()",
    "lambda: 1",
    "(x := 1)",
    "f'{x}'",
    "'text'",
    "b'text'",
    "[x for x in (1, 2)]",
    "{1: 2}",
    "{x}",
    "x if y else 1",
    "*x",
    "exp(*x)",
    "exp(**x)",
    "exp(x=1)",
    "x; y",
    "x # y",
    "x @ y",
    "x // y",
    "x % 2",
    "x << 2",
    "~x",
    "x is y",
    "x in y",
    "await x",
    "yield x",
    "True",
    "None",
    "...",
    "1j",
    "0x10",
    "1_000",
    "eval(x)",
    "exec('1')",
    "open('f')",
    "print(x)",
    "x\\\ny",
    "x\0",
]

EXPLOSIONS = [
    "9**9**9",
    "10**(10**10)",
    "2^(2^(2^(2^9)))",
    "((((2*x)^64)^64)^64)^64",
    "x^1000000000",
    "factorial(10^9)",
    "factorial(factorial(factorial(20)))",
    "exp(exp(exp(exp(9))))",
    "cosh(10^12)",
    "10^400",
    "1e999999999",
    "9" * 500,
    "9." + "9" * 500,
    "(" * 1000,
    "(" * 1000 + "x" + ")" * 1000,
    "[" * 1000,
    "-" * 1900 + "x",
    "exp(" * 300 + "x" + ")" * 300,
    "x**" * 600 + "x",
    "x" * 3000,
    "+".join(["x"] * 1500),
    "not " * 400 + "x > 0",
    "x" + "<x" * 900,
    "sqrt(sqrt(2)+sqrt(3)-sqrt(5+2*sqrt(6)))" + "^2" * 50,
    "max((((y-x))^2-1/3),(((x+1/3))^64)^(-63),exp(2))",
    "mod((x+y+1)^64, (x+y)^63 + 1)",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_nothing_but_the_language_is_read(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ExpressionError):
        parse_expression(text, SCOPE)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text", EXPLOSIONS, ids=lambda text: text[:20])
def test_explosions_are_stopped_before_they_happen(text: str) -> None:
    start = time.process_time()
    try:
        parse_expression(text, SCOPE)
    except ExpressionError as error:
        assert error.column >= 1
    assert time.process_time() - start < 4


def test_time_limit() -> None:
    start = time.process_time()
    with pytest.raises(TooSlowError), limited(0.05):
        while True:
            sp.Integer(3) + sp.Integer(4)
    assert time.process_time() - start < 2
    assert sys.getprofile() is None


def test_a_generator_that_is_closed_does_not_swallow_the_time_limit(monkeypatch) -> None:
    def numbers():
        yield from (1, 2)

    lost: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lost.append)
    for before in range(8):
        with pytest.raises(TooSlowError), limited(0.0):
            for _ in range(before):
                abs(1)
            for _ in range(2000):
                generator = numbers()
                next(generator)
                del generator
    assert not lost


ALPHABET = "xyzh0123456789.+-*/^()[]<>=!, \n\"'#_&|{}\\"
WORDS = [
    "exp(",
    "log(",
    "sqrt(",
    "if(",
    "gauss(",
    "max(",
    "mod(",
    "factorial(",
    "and",
    "or",
    "not",
    "1/",
    "^64",
    "inf",
]


@given(st.lists(st.sampled_from([*ALPHABET, *WORDS]), max_size=30).map("".join))
@settings(max_examples=300)
def test_random_expressions_give_a_value_or_a_fault(text: str) -> None:
    try:
        value = parse_expression(text, SCOPE)
    except ExpressionError as error:
        assert 1 <= error.column <= max(1, len(text) + 1)
    else:
        assert isinstance(value, sp.Expr)
        assert not value.has(sp.nan, sp.zoo)


# --------------------------------------------------------------------------------------------- files


def attempt(path: Path) -> Model | SpecError:
    try:
        return read_model(path)
    except SpecError as error:
        assert error.faults
        str(error).encode("utf-8")
        return error


TEXTS = [
    b"",
    b"\0\0\0",
    b"\xff\xfe",
    b"name = '\xe9'",
    b"a = " + b"[" * 100_000,
    b"a = " + b"{b=" * 50_000,
    b"[" * 100_000,
    b"a" + b".a" * 200_000 + b" = 1",
    b"a = 0x" + b"f" * 100_000,
    b"a = " + b"1" * 100_000,
    b"a = 1e" + b"9" * 1000,
    b"a = 9999-99-99",
    b'name = "' + b"x" * 500_000 + b'"',
    b'name = "\\u001b[31m"\nweights.w.sphere = 1',
    b"".join(b"k%d = 1\n" % i for i in range(50_000)),
    b"[parameters]\n" + b"".join(b'p%d = { in = "(0, 1)" }\n' % i for i in range(20_000)),
    b"[[channel]]\n" * 50_000,
    b"x" * 999_999,
]


@pytest.mark.parametrize("content", TEXTS, ids=lambda content: repr(content[:12]))
def test_hostile_files_are_refused_soon(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_bytes(content)
    start = time.process_time()
    assert isinstance(attempt(path), SpecError)
    assert time.process_time() - start < 5


def test_a_large_file_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_bytes(b"#" * 10_000_000)
    start = time.process_time()
    error = attempt(path)
    assert isinstance(error, SpecError) and "1 MB" in str(error)
    assert time.process_time() - start < 0.2


def test_what_is_not_a_file(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.toml", tmp_path, Path("a\0b")):
        assert isinstance(attempt(path), SpecError)


def test_terminal_codes_of_the_file_are_not_printed(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text('name = "\\u001b[31m"\nweights.w.sphere = 1\n"\\u001b[0m" = 2\n')
    assert "\x1b" not in str(attempt(path))


@given(st.binary(max_size=200))
def test_random_bytes_give_a_model_or_a_fault(content: bytes) -> None:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return
    with pytest.raises(SpecError):
        read_model_text(text)


BASE = (
    Path(__file__).resolve().parents[2] / "support" / "language_models" / "logistic_logistic_teacher.toml"
).read_text(encoding="utf-8")


@given(st.integers(0, len(BASE)), st.integers(0, 12), st.text(ALPHABET + "abfw", max_size=6))
@settings(max_examples=150)
def test_a_damaged_file_gives_a_model_or_a_fault(start: int, length: int, new: str) -> None:
    try:
        model = read_model_text(BASE[:start] + new + BASE[start + length :])
    except SpecError as error:
        assert all("Traceback" not in str(f) for f in error.faults)
    else:
        assert model.hash


VALUES = st.recursive(
    st.booleans() | st.integers(-5, 5) | st.sampled_from(["w", "alpha", "atoms(-1, 1)", "(0, 1)", "h >= 0", "inf"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["law", "in", "h"]), inner, max_size=2),
    max_leaves=4,
)
KEYS = ["name", "beta", "parameters", "quenched", "weights", "globals", "channel", "energy", "thresholds"]


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + "}"
    return repr(value) if isinstance(value, int) else f'"{value}"'


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5))
def test_values_of_the_wrong_kind_are_faults(data: dict) -> None:
    text = "".join(f"{key} = {_toml(value)}\n" for key, value in data.items())
    with pytest.raises(SpecError) as caught:
        read_model_text(text)
    for fault in caught.value.faults:
        assert fault.line and fault.column
