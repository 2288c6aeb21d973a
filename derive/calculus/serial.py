"""Expressions as data: a JSON form that round-trips, and the hash that names an expression.

The decoder builds only whitelisted classes; it never evaluates text.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sympy as sp
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from derive.calculus import gaussian, means, nodes, rows, strips, vectors
from derive.spec import functions

__all__ = ["decode", "encode", "fingerprint"]

_SYMPY = [
    "Add",
    "Mul",
    "Pow",
    "exp",
    "log",
    "Abs",
    "sign",
    "Max",
    "Min",
    "erf",
    "erfc",
    "erfinv",
    "tanh",
    "sinh",
    "cosh",
    "sin",
    "cos",
    "asin",
    "acos",
    "atan",
    "sqrt",
    "Tuple",
    "Piecewise",
    "StrictGreaterThan",
    "GreaterThan",
    "StrictLessThan",
    "LessThan",
    "Equality",
    "Unequality",
    "And",
    "Or",
    "Not",
    "DiracDelta",
    "factorial",
    "Mod",
    "Heaviside",
    "gamma",
    "loggamma",
    "ceiling",
    "floor",
    "asinh",
]
_CLASSES: dict[str, Any] = {name: getattr(sp, name) for name in _SYMPY if isinstance(getattr(sp, name), type)}
_CLASSES["ExprCondPair"] = sp.functions.elementary.piecewise.ExprCondPair
for _module in (functions, gaussian, means, nodes, rows, strips, vectors):
    for _name in _module.__all__:
        _class = getattr(_module, _name)
        if isinstance(_class, type) and issubclass(_class, sp.Basic):
            _CLASSES[_name] = _class
_ATOMS: dict[str, sp.Basic] = {
    "pi": sp.pi,
    "E": sp.E,
    "oo": sp.oo,
    "-oo": -sp.oo,
    "true": sp.true,
    "false": sp.false,
    "nan": sp.nan,
    "zoo": sp.zoo,
}
_ASSUMPTIONS = ("real", "positive", "nonnegative", "negative", "nonpositive", "integer", "nonzero")


def encode(expression: sp.Basic) -> Any:
    """Return the JSON form of an expression: nested lists [class name, arguments...].

    >>> decode(encode(sp.Symbol("q", positive=True)**2)) == sp.Symbol("q", positive=True)**2
    True
    """
    if isinstance(expression, sp.Symbol):
        known = expression.assumptions0
        return ["Symbol", expression.name, [a for a in _ASSUMPTIONS if known.get(a) is True]]
    if isinstance(expression, sp.Integer):
        return ["Integer", str(expression)]
    if isinstance(expression, sp.Rational):
        return ["Rational", str(expression.p), str(expression.q)]
    if isinstance(expression, sp.Float):
        return ["Float", str(expression)]
    if isinstance(expression, rows.RowTable):
        return ["RowTable", {name: list(values) for name, values in expression.columns.items()}]
    for name, atom in _ATOMS.items():
        if expression == atom and type(expression) is type(atom):
            return ["Atom", name]
    if isinstance(expression, (BooleanTrue, BooleanFalse)):
        return ["Atom", "true" if expression else "false"]
    name = type(expression).__name__
    if name not in _CLASSES:
        raise TypeError(f"no JSON form for {name}")
    return [name, *[encode(a) for a in expression.args]]


def decode(data: Any) -> sp.Basic:
    """Rebuild an expression from its JSON form."""
    kind, *rest = data
    if kind == "Symbol":
        return sp.Symbol(rest[0], **dict.fromkeys(rest[1], True))
    if kind == "Integer":
        return sp.Integer(int(rest[0]))
    if kind == "Rational":
        return sp.Rational(int(rest[0]), int(rest[1]))
    if kind == "Float":
        return sp.Float(rest[0])
    if kind == "Atom":
        return _ATOMS[rest[0]]
    if kind == "RowTable":
        return rows.RowTable(rest[0])
    arguments = [decode(a) for a in rest]
    return _CLASSES[kind](*arguments)


def fingerprint(expression: sp.Basic) -> str:
    """A stable 16-digit name: the hash of the JSON form (bound names are canonical already)."""
    text = json.dumps(encode(expression), separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
