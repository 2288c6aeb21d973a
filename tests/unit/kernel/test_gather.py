"""Moments over one strip become one statement, computed only under the switches that read them."""

from __future__ import annotations

from derive.kernel.emit import emit_module
from derive.kernel.gather import gather
from derive.kernel.ir import Function, Let, Moments, Num, Op, Program, Ref

A, W = Ref("a"), Ref("w")


def number(k: int) -> Num:
    return Num(float(k), f"{float(k)}")


def strip(kind: str, k: int) -> Op:
    return Op(kind, (number(k), A, W))


def function(*body: Let, outputs: tuple) -> Function:
    return Function("f", ("x:0:a", "x:1:w"), body, outputs, tuple(f"o{k}" for k in range(len(outputs))), groups=("x",))


NARROW = Let("c2", Op("lt", (W, number(1))))


def test_orders_of_one_strip_share_a_statement():
    found = gather(function(Let("c0", strip("strip", 0)), outputs=(Op("add", (Ref("c0"), strip("strip", 2))),)))
    (moments, alias) = found.body
    assert isinstance(moments, Moments) and len(moments.names) == 3 and moments.condition is None
    assert alias == Let("c0", Ref(moments.names[0]))
    assert found.outputs == (Op("add", (Ref("c0"), Ref(moments.names[2]))),)


def test_a_strip_of_one_branch_is_computed_there_only():
    lets = (Let("c0", strip("strip", 0)), Let("c1", strip("wide", 1)), NARROW)
    found = gather(function(*lets, outputs=(Op("select", (Ref("c2"), Ref("c0"), Ref("c1"))),)))
    conditions = {s.kind: s.condition for s in found.body if isinstance(s, Moments)}
    assert conditions == {"strip": Ref("c2"), "wide": Op("not", (Ref("c2"),))}
    assert found.body[0] == NARROW  # brought forward: the conditions stand on it


def test_a_strip_that_another_output_reads_is_always_computed():
    lets = (Let("c0", strip("strip", 0)), NARROW)
    found = gather(function(*lets, outputs=(Op("select", (Ref("c2"), Ref("c0"), number(0))), Ref("c0"))))
    assert [s.condition for s in found.body if isinstance(s, Moments)] == [None]


def test_what_is_emitted_calls_the_routine_of_all_orders():
    found = gather(function(Let("c0", strip("strip", 1)), outputs=(Ref("c0"),)))
    text = emit_module(Program((), (found,)), "", {}, has_solver=False)
    assert "strips(a, w, strips_0)" in text and "strips_0 = np.zeros(2)" in text
