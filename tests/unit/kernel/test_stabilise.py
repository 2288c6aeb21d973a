"""Each rule rewrites what it names, keeps the value, and survives where the naive form overflows."""

from __future__ import annotations

import math

import pytest

from derive.kernel.ir import Expr, Num, Op, Ref, evaluate
from derive.kernel.stabilise import RULES, stabilise
from derive.runtime.special import H, log_cosh, log_ndtr, logistic, softplus

ONE, U = Num(1.0, "1.0"), Ref("u")
TABLE = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "powi": lambda a, b: a**b,
    "exp": math.exp,
    "log": math.log,
    "cosh": math.cosh,
    "tail": H,
    "log_ndtr": log_ndtr,
    "log_cosh": log_cosh,
    "softplus": softplus,
    "logistic": logistic,
}


def op(kind: str, *args: Expr) -> Op:
    return Op(kind, args)


EXP = op("exp", U)
CASES = {
    "softplus": (op("log", op("add", ONE, EXP)), op("softplus", U), {900.0: 900.0, -900.0: 0.0}),
    "softplus, other order": (op("log", op("add", EXP, ONE)), op("softplus", U), {900.0: 900.0}),
    "logistic": (op("div", ONE, op("add", ONE, EXP)), op("logistic", op("neg", U)), {900.0: 0.0, -900.0: 1.0}),
    "logistic as a power": (
        op("powi", op("add", EXP, ONE), Num(-1.0, "-1")),
        op("logistic", op("neg", U)),
        {-900.0: 1.0},
    ),
    "log tail": (op("log", op("tail", U)), op("log_ndtr", op("neg", U)), {40.0: -804.608442013754}),
    "log logistic": (
        op("log", op("div", ONE, op("add", ONE, EXP))),
        op("neg", op("softplus", op("neg", op("neg", U)))),
        {900.0: -900.0},
    ),
    "log cosh": (op("log", op("cosh", U)), op("log_cosh", U), {900.0: 900.0 - math.log(2)}),
    "log exp": (op("log", EXP), U, {900.0: 900.0}),
}


@pytest.mark.parametrize("name", CASES)
def test_structure_and_values(name: str) -> None:
    before, wanted, extreme = CASES[name]
    after = stabilise(before)
    assert after == wanted
    for u in (-3.0, -0.5, 0.0, 0.5, 3.0):
        values = evaluate(before, {"u": u}, TABLE), evaluate(after, {"u": u}, TABLE)
        assert values[0] == pytest.approx(values[1], rel=1e-14, abs=1e-15)
    for u, value in extreme.items():
        assert evaluate(after, {"u": u}, TABLE) == pytest.approx(value, rel=1e-13)


def test_rules_apply_inside_and_leave_the_rest() -> None:
    inside = op("mul", op("log", op("add", ONE, EXP)), op("add", U, ONE))
    assert stabilise(inside) == op("mul", op("softplus", U), op("add", U, ONE))
    for same in (op("log", op("add", Num(2.0, "2.0"), EXP)), op("div", Num(2.0, "2.0"), op("add", ONE, EXP)), U):
        assert stabilise(same) == same


def test_stabilising_twice_changes_nothing() -> None:
    for before, _, _ in CASES.values():
        assert stabilise(stabilise(before)) == stabilise(before)
    assert len(RULES) == 6
