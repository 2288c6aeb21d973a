"""What is printed is what is meant: Python reads every expression back with the value of the tree."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.errors import LoweringError
from derive.kernel.emit import print_expression
from derive.kernel.ir import OPERATIONS, Expr, Num, Op, Ref, evaluate

NAMES = {"a": 0.75, "b": -1.25, "c": 2.0}
TABLE = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b if b else math.nan,
    "neg": lambda a: -a,
    "powi": lambda a, b: a**b,
    "abs": abs,
    "max": max,
    "min": min,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": lambda a: not a,
    "select": lambda c, a, b: a if c else b,
    "mod": lambda a, b: a % b if b else math.nan,
    "tanh": math.tanh,
    "atan2": math.atan2,
}


def numbers() -> st.SearchStrategy[Expr]:
    constants = st.sampled_from([0.5, 1.0, -2.0, 3.0]).map(lambda x: Num(x, repr(x)))
    fractions = st.sampled_from([Num(1 / 3, "(1.0 / 3.0)"), Num(-2 / 3, "(-2.0 / 3.0)")])
    return st.one_of(constants, fractions, st.sampled_from(sorted(NAMES)).map(Ref))


def build(scalars: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    pair = st.tuples(scalars, scalars)
    relation = st.builds(Op, st.sampled_from(["lt", "le", "gt", "ge", "eq", "ne"]), pair)
    condition = st.one_of(
        relation,
        st.builds(Op, st.sampled_from(["and", "or"]), st.tuples(relation, relation)),
        st.builds(Op, st.just("not"), st.tuples(relation)),
        st.builds(
            Op,
            st.sampled_from(["and", "or"]),
            st.tuples(st.builds(Op, st.sampled_from(["and", "or"]), st.tuples(relation, relation)), relation),
        ),
    )
    return st.one_of(
        st.builds(Op, st.sampled_from(["add", "mul", "max", "min", "atan2"]), pair),
        st.builds(Op, st.sampled_from(["neg", "abs", "tanh"]), st.tuples(scalars)),
        st.builds(lambda a, k: Op("powi", (a, Num(float(k), str(k)))), scalars, st.integers(2, 3)),
        st.builds(lambda a, b: Op("div", (a, Op("add", (Op("abs", (b,)), Num(1.0, "1.0"))))), scalars, scalars),
        st.builds(lambda a, b: Op("mod", (a, Op("add", (Op("abs", (b,)), Num(1.0, "1.0"))))), scalars, scalars),
        st.builds(lambda c, a, b: Op("select", (c, a, b)), condition, scalars, scalars),
    )


EXPRESSIONS = st.recursive(numbers(), build, max_leaves=14)


@given(EXPRESSIONS)
@settings(max_examples=400)
def test_the_text_has_the_value_of_the_tree(expression: Expr) -> None:
    scope: dict[str, object] = {"math": math, **NAMES}
    try:
        wanted = evaluate(expression, dict(NAMES), TABLE)
    except OverflowError:
        return
    exec(compile(f"value = {print_expression(expression)}", "printed", "exec"), scope)
    found = scope["value"]
    assert found == pytest.approx(wanted, rel=1e-12, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (Op("powi", (Op("neg", (Ref("a"),)), Num(2.0, "2"))), "(-a) ** 2"),
        (Op("neg", (Op("powi", (Ref("a"), Num(2.0, "2"))),)), "-a ** 2"),
        (Op("powi", (Num(-2.0, "-2.0"), Num(2.0, "2"))), "(-2.0) ** 2"),
        (Op("powi", (Op("powi", (Ref("a"), Num(2.0, "2"))), Num(3.0, "3"))), "(a ** 2) ** 3"),
        (Op("div", (Ref("a"), Op("div", (Ref("b"), Ref("c"))))), "a / (b / c)"),
        (Op("add", (Ref("a"), Op("neg", (Op("add", (Ref("b"), Ref("c"))),)))), "a - (b + c)"),
    ],
)
def test_parentheses(expression: Expr, text: str) -> None:
    scope: dict[str, object] = {"math": math, **NAMES}
    exec(compile(f"value = {print_expression(expression)}", "printed", "exec"), scope)
    assert scope["value"] == pytest.approx(evaluate(expression, dict(NAMES), TABLE))
    assert print_expression(expression) == text


def test_every_operation_has_a_form() -> None:
    arity = {"select": 3, "orthant": 3, "add": 2, "mul": 2, "div": 2, "pow": 2, "powi": 2, "max": 2, "min": 2}
    arity |= dict.fromkeys(["lt", "le", "gt", "ge", "eq", "ne", "and", "or", "mod", "atan2"], 2)
    for kind in sorted(OPERATIONS):
        arguments = [Ref("a"), Ref("b"), Ref("c")][: arity.get(kind, 1)]
        if kind == "powi":
            arguments[1] = Num(2.0, "2")
        text = print_expression(Op(kind, tuple(arguments)))
        compile(text, "printed", "eval")


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown operation"):
        Op("call", (Ref("a"),))
    assert issubclass(LoweringError, Exception)
