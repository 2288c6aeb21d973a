"""Moments over one strip are computed together, and only where they are read: a pass over the numeric IR.

A closed Gaussian average over a bounded interval asks for moments of orders 0, 1, 2, ... over the same interval, in one
form where the interval is narrow and in another where it is wide.  Each of them alone is a quadrature with the same
exponentials.  Here they become one statement, under the conditions of the switches that all of its readers stand in.
"""

from __future__ import annotations

from dataclasses import replace

from derive.kernel.ir import Expr, Function, Integral, JetUse, Let, Moments, Num, Op, Ref, Statement

__all__ = ["gather"]

_STRIPS = frozenset(["strip", "strip_tail", "wide", "wide_tail"])
Key = tuple[str, tuple[Expr, ...]]
Context = frozenset[tuple[Expr, bool]]


def _key(e: Expr) -> Key | None:
    if isinstance(e, Op) and e.kind in _STRIPS and isinstance(e.args[0], Num) and e.args[0].value in range(12):
        return e.kind, e.args[1:]
    return None


def _order(e: Expr) -> int:
    assert isinstance(e, Op)
    assert isinstance(e.args[0], Num)
    return int(e.args[0].value)


def _references(e: Expr, found: set[str]) -> set[str]:
    if isinstance(e, Ref):
        found.add(e.name)
    elif isinstance(e, Op):
        for a in e.args:
            _references(a, found)
    return found


class _Readers:
    """Who reads what under which switches: the conditions that all readers of a scalar or of a strip share."""

    def __init__(self) -> None:
        self.scalars: dict[str, Context] = {}
        self.strips: dict[Key, Context] = {}
        self.orders: dict[Key, int] = {}

    def read(self, e: Expr | None, context: Context) -> None:
        if isinstance(e, Ref):
            self.scalars[e.name] = self.scalars.get(e.name, context) & context
            return
        if not isinstance(e, Op):
            return
        if e.kind == "select":
            condition, yes, no = e.args
            self.read(condition, context)
            self.read(yes, context | {(condition, True)})
            self.read(no, context | {(condition, False)})
            return
        key = _key(e)
        if key is not None:
            self.strips[key] = self.strips.get(key, context) & context
            self.orders[key] = max(self.orders.get(key, 0), _order(e))
        for a in e.args:
            self.read(a, context)

    def function(self, f: Function) -> None:
        """Backwards, so that the readers of a scalar are known before what it reads."""
        always: Context = frozenset()
        for e in f.outputs:
            self.read(e, always)
        for statement in reversed(f.body):
            if isinstance(statement, Let):
                if statement.name in self.scalars:
                    self.read(statement.value, self.scalars[statement.name])
            elif isinstance(statement, JetUse):
                self.read(statement.field, always)
                for argument in (a for term in statement.terms for a in term.args):
                    self.read(argument, always)
            elif isinstance(statement, Integral):
                for e in (*statement.measure, *[a for hint in statement.hints for a in hint.args]):
                    self.read(e, always)
                for name in statement.arguments:
                    self.read(Ref(name), always)


def gather(f: Function) -> Function:
    """The function with the moments of every strip in one statement."""
    readers = _Readers()
    readers.function(f)
    if not readers.strips:
        return f
    lets = {s.name: s for s in f.body if isinstance(s, Let)}
    inside = {name for s in f.body for name in ([s.name] if isinstance(s, Let) else s.names)}
    names = {
        key: tuple(f"strips_{i}_{k}" for k in range(readers.orders[key] + 1)) for i, key in enumerate(readers.strips)
    }
    body: list[Statement] = []
    defined: set[str] = set()

    def known(e: Expr) -> bool:
        return not (_references(e, set()) & inside - defined)

    def guard(context: Context) -> Expr | None:
        """The conditions that can be told here, as one."""
        found: list[Expr] = []
        for condition, holds in sorted(context, key=repr):
            if isinstance(condition, Ref) and not known(condition) and condition.name in lets:
                early = lets[condition.name]
                if not known(early.value) or _strips_in(early.value):
                    continue
                body.append(early)
                defined.add(early.name)
            if known(condition) and not _strips_in(condition):
                found.append(condition if holds else Op("not", (condition,)))
        result: Expr | None = None
        for e in found:
            result = e if result is None else Op("and", (result, e))
        return result

    done: set[Key] = set()

    def rewrite(e: Expr) -> Expr:
        if not isinstance(e, Op):
            return e
        args = tuple(rewrite(a) for a in e.args)
        key = _key(e)
        if key is None:
            return Op(e.kind, args)
        if key not in done:
            done.add(key)
            condition = guard(readers.strips[key])
            body.append(Moments(names[key], key[0], args[1:], condition))
        return Ref(names[key][_order(e)])

    for statement in f.body:
        if isinstance(statement, Let):
            if statement.name in defined or statement.name not in readers.scalars:
                continue
            value = rewrite(statement.value)
            if statement.name in defined:  # brought forward as a condition
                continue
            body.append(Let(statement.name, value))
            defined.add(statement.name)
        else:
            body.append(statement)
            defined |= {name[0] if isinstance(name, tuple) else name for name in statement.names}
    outputs = tuple(rewrite(e) for e in f.outputs)
    return replace(f, body=tuple(body), outputs=outputs)


def _strips_in(e: Expr) -> bool:
    return _key(e) is not None or (isinstance(e, Op) and any(_strips_in(a) for a in e.args))
