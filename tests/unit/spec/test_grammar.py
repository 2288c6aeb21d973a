"""Text -> sympy: exact numbers, the whitelisted functions, conditions, vectors, and their refusals."""

from __future__ import annotations

import math

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import UsageError
from derive.spec.evaluate import evaluate
from derive.spec.functions import GaussianTail, GaussMean, Step
from derive.spec.grammar import ExpressionError, Scope, parse_boolean, parse_expression, parse_number

x, y, h = (sp.Symbol(name, real=True) for name in "xyh")
K = sp.Symbol("K", positive=True)
NAMES = {"x": x, "y": y, "h": h, "K": K, "w": (x, y)}
OBSERVABLE = Scope(names=NAMES, indicators=True)


def parse(text: str) -> sp.Expr:
    return parse_expression(text, NAMES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1", sp.Rational(1, 10)),
        (".5 + 2.5e-3", sp.Rational(201, 400)),
        ("1/3", sp.Rational(1, 3)),
        ("-x^2", -(x**2)),
        ("2^-1", sp.Rational(1, 2)),
        ("2**3**2", sp.Integer(512)),
        ("a*x".replace("a", "K"), K * x),
        ("x - y - h", x - y - h),
        ("x/y/h", x / (y * h)),
        ("1/(1 + exp(-y*x))", 1 / (1 + sp.exp(-y * x))),
        ("log(1 + exp(-y*h))", sp.log(1 + sp.exp(-y * h))),
        ("sqrt(2)*erfinv(1/2)", sp.sqrt(2) * sp.erfinv(sp.Rational(1, 2))),
        ("sign(K - abs(x))", sp.sign(K - sp.Abs(x))),
        ("sign(0)", sp.S.Zero),
        ("step(0)", sp.S.Half),
        ("step(x)", Step(x)),
        ("H(x)", GaussianTail(x)),
        ("max(x, 0)", sp.Max(x, 0)),
        ("min(1, 2, x)", sp.Min(1, x)),
        ("abs(-K)", K),
        ("abs(-2)", sp.Integer(2)),
        ("if(x > 0, 1, -1)", sp.Piecewise((1, x > 0), (-1, True))),
        ("if(1 > 0, x, y)", x),
        ("factorial(5)", sp.Integer(120)),
        ("mod(7, 4)", sp.Integer(3)),
        ("pi", sp.pi),
        ("w[1] + w[0]", x + y),
        ("gauss((z + x)^2, z)", x**2 + 1),
        (" \n x\t+\n1 ", x + 1),
    ],
)
def test_expression(text: str, expected: sp.Expr) -> None:
    assert parse(text) == expected


def test_vectors_are_scaled_and_added() -> None:
    assert parse_expression("K*w - w/2", NAMES, vector=True) == (K * x - x / 2, K * y - y / 2)
    with pytest.raises(ExpressionError, match="vector"):
        parse("K*w")


def test_relations_are_indicators_where_they_may_be() -> None:
    assert parse_expression("sign(h) != y", OBSERVABLE) == sp.Piecewise(
        (1, sp.Ne(sp.sign(h), y, evaluate=False)), (0, True), evaluate=False
    )
    assert parse_expression("2*(h > 0)", OBSERVABLE) == 2 * sp.Piecewise((1, h > 0), (0, True))
    with pytest.raises(ExpressionError, match=r"if\(condition"):
        parse("2*(h > 0)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("h >= K", h >= K),
        ("abs(h) <= K", sp.Abs(h) <= K),
        ("y*(h + x) >= K", y * (h + x) >= K),
        ("-1 < h < 1", sp.And(sp.Lt(-1, h), h < 1)),
        ("h > 1 or h < -1", sp.Or(h > 1, h < -1)),
        ("not h > 1", h <= 1),
        ("h == 0", sp.Eq(h, 0)),
        ("1 < 2", sp.true),
        ("1 < 2 and h > 0", h > 0),
    ],
)
def test_condition(text: str, expected: sp.Basic) -> None:
    assert parse_boolean(text, NAMES) == expected


def test_a_number_is_not_a_condition() -> None:
    with pytest.raises(ExpressionError, match="condition"):
        parse_boolean("y*h", NAMES)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("x + alhpa", 5, "not declared"),
        ("exq(x)", 1, "did you mean `exp`"),
        ("exp(x, y)", 1, "one argument"),
        ("x^(2", 3, "not closed"),
        ("x)", 2, "closes no bracket"),
        ("x^2 y", 5, "missing"),
        ("x^^2", 3, "missing"),
        ("2x", 1, "product"),
        ("x(y)", 1, "not a function"),
        ("K^2 + 1/0", 9, "division by zero"),
        ("1/(x - x)", 4, "division by zero"),
        ("0^-1", 3, "division by zero"),
        ("log(0)", 1, "logarithm"),
        ("sqrt(-1)", 1, "negative"),
        ("(-8)^(1/3)", 7, "negative number"),
        ("erfinv(1)", 1, "erfinv"),
        ("mod(x, 0)", 1, "mod by zero"),
        ("x = 1", 3, "=="),
        ("x | y", 3, "abs"),
        ("n!", 2, "factorial"),
        ("x \u2264 y", 3, "<="),
        ("\u03b1", 1, "ASCII"),
        ("exp", 1, "argument"),
        ("x[0]", 1, "no components"),
        ("w[2]", 3, "components 0 to 1"),
        ("w[x]", 3, "integer"),
        ("[x]", 1, "list"),
        ("007", 1, "zero"),
        ("", 1, "empty"),
        ("inf", 1, "`inf`"),
        ("gauss(x, x)", 10, "another letter"),
        ("gauss(z)", 1, "two arguments"),
        ("x < 1 < ", 9, ""),
        ("if(x, 1, 2)", 4, "condition"),
        ("if x", 4, "missing"),
        ("test(x)", 1, "cannot stand"),
        ("lambda", 1, "not a word"),
    ],
)
def test_fault_has_its_column(text: str, column: int, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert words in str(caught.value)
    assert abs(caught.value.column - column) <= (2 if words == "missing" or not words else 0), str(caught.value)


def test_names_known_elsewhere_say_where() -> None:
    scope = Scope(names=NAMES, elsewhere={"z": "a teacher field"}, place="a loss")
    with pytest.raises(ExpressionError, match="`z` cannot stand in a loss: it is a teacher field"):
        parse_expression("x*z", scope)


@pytest.mark.parametrize(("text", "value"), [("0.1", "1/10"), ("-2", "-2"), ("1e-3", "1/1000"), ("2/4", "1/2")])
def test_number_is_exact(text: str, value: str) -> None:
    assert parse_number(text) == sp.Rational(value)


@pytest.mark.parametrize("text", ["x", "", "1/0", "inf", "nan", "10^400", "h > 0", "sqrt(-2)"])
def test_number_refuses(text: str) -> None:
    with pytest.raises(UsageError, match="is not a number"):
        parse_number(text)


def test_gauss_mean_keeps_what_has_no_closed_form() -> None:
    value = parse("gauss(erf(u)^2, u)")
    assert isinstance(value, GaussMean)
    assert value == parse("gauss(erf(v)^2, v)")
    exact = 2 / math.pi * math.asin(2 / 3)
    assert abs(float(value.evalf(12)) - exact) < 1e-11
    assert abs(float(evaluate(value, {})) - exact) < 1e-12
    assert parse("gauss(erf(u), u)") == 0
    assert parse("gauss(K*u^4, u)") == 3 * K


# --- round trip: a random tree is written as text, read, and compared in value

_LEAVES = st.sampled_from(["x", "y", "K", "1", "2", "0.5", "1/3", "pi"])


def _grow(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.tuples(children, st.sampled_from(["+", "-", "*"]), children).map(lambda t: f"({t[0]}{t[1]}{t[2]})")
    unary = st.tuples(st.sampled_from(["tanh", "abs", "erf", "sign", "H", "-"]), children).map(
        lambda t: f"{t[0]}({t[1]})"
    )
    power = st.tuples(children, st.sampled_from(["2", "3"])).map(lambda t: f"tanh({t[0]})^{t[1]}")
    chosen = st.tuples(children, children).map(lambda t: f"max({t[0]}, {t[1]})")
    return binary | unary | power | chosen


_EXPRESSIONS = st.recursive(_LEAVES, _grow, max_leaves=8)


@given(_EXPRESSIONS)
def test_printing_and_reading_again_keeps_the_value(text: str) -> None:
    first = parse(text)
    printed = str(first)
    for theirs, ours in (("Abs", "abs"), ("GaussianTail", "H"), ("Max", "max"), ("Min", "min")):
        printed = printed.replace(theirs, ours)
    second = parse(printed)
    for values in ({x: 0.3, y: -1.2, K: 0.7}, {x: -2.1, y: 0.4, K: 1.9}):
        a, b = float(evaluate(first, values)), float(evaluate(second, values))
        assert a == pytest.approx(b, rel=1e-9, abs=1e-9)


@given(_EXPRESSIONS)
def test_numpy_and_sympy_agree_on_the_value(text: str) -> None:
    expression = parse(text)
    values = {x: sp.Rational(3, 7), y: sp.Rational(-11, 9), K: sp.Rational(5, 8)}
    exact = float(sp.N(expression.subs(values)))
    assert float(evaluate(expression, {s: float(v) for s, v in values.items()})) == pytest.approx(exact, abs=1e-9)
