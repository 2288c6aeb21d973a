"""The usual suspects: small edits of a claimed expression, to find the one that makes a refuted claim true."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sympy as sp

from derive.claims.integrals import LineIntegral
from derive.spec.functions import GaussMean

__all__ = ["FACTORS", "Edit", "edits", "factor_text"]

FACTORS = (sp.Integer(-1), sp.Integer(2), sp.Rational(1, 2))
"""Factors that are tried everywhere."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A small change: what to say of it, the part that it changes, and the expression after it."""

    text: str
    part: sp.Expr
    result: sp.Expr


def edits(expression: sp.Expr, names: Sequence[sp.Symbol], parameters: Sequence[sp.Symbol] = ()) -> Iterator[Edit]:
    """Edits, the smallest first: factors, symbols, arguments, limits, and terms too many.

    >>> a, b = sp.symbols("a b")
    >>> [edit.text for edit in edits(a + b, [a, b]) if edit.result == a - b]
    ['b has the other sign']
    """
    seen = {expression}
    for edit in _all(expression, names, parameters):
        if edit.result not in seen and not edit.result.has(sp.nan, sp.zoo):
            seen.add(edit.result)
            yield edit


def _all(expression: sp.Expr, names: Sequence[sp.Symbol], parameters: Sequence[sp.Symbol]) -> Iterator[Edit]:
    symbols = sorted(expression.free_symbols, key=str)
    factors = list(dict.fromkeys([*symbols, *parameters]))
    for factor in FACTORS:
        yield Edit(factor_text("the right side", factor), expression, factor * expression)
    for put, term in _terms(expression):
        for factor in FACTORS:
            yield Edit(factor_text(str(term), factor), term, put(factor * term))
        yield Edit(f"{term} is left out", term, put(sp.S.Zero))
    yield from _limits(expression)
    for symbol in factors:
        yield Edit(f"a factor {symbol} is missing", expression, symbol * expression)
        yield Edit(f"a factor {symbol} is too many", expression, expression / symbol)
    for symbol in symbols:
        for text, value in _changed(symbol):
            yield Edit(text, symbol, expression.xreplace({symbol: value}))
    for symbol in symbols:
        for other in names:
            if other != symbol:
                yield Edit(f"{symbol} should be {other}", symbol, expression.xreplace({symbol: other}))
    yield from _inside(expression, symbols, names)
    for put, term in _terms(expression):
        for symbol in factors:
            yield Edit(f"a factor {symbol} is missing in {term}", term, put(symbol * term))
            yield Edit(f"a factor {symbol} is too many in {term}", term, put(term / symbol))


def _changed(symbol: sp.Symbol) -> Iterator[tuple[str, sp.Expr]]:
    yield f"{symbol} should be 1/{symbol}", 1 / symbol
    yield f"{symbol} should be its square", symbol**2
    yield f"{symbol} should be its square root", sp.sqrt(symbol)
    yield f"{symbol} should be 1 - {symbol}", 1 - symbol
    yield f"{symbol} has the other sign", -symbol


def _limits(expression: sp.Expr) -> Iterator[Edit]:
    """Other limits of integrals: the other sign, zero, none."""
    for node in expression.atoms(LineIntegral):
        body, x, lower, upper = node.args
        for side, end, infinite in (("lower", lower, -sp.oo), ("upper", upper, sp.oo)):
            for value in (-end if end.is_finite is not False else infinite, sp.S.Zero, infinite):
                ends = (value, upper) if side == "lower" else (lower, value)
                changed = LineIntegral(body, x, *ends)
                yield Edit(f"the {side} limit should be {value}", node, expression.xreplace({node: changed}))
        whole = LineIntegral(body, x, -sp.oo, sp.oo)
        yield Edit("the integral should be over the line", node, expression.xreplace({node: whole}))


def _inside(expression: sp.Expr, symbols: Sequence[sp.Symbol], names: Sequence[sp.Symbol]) -> Iterator[Edit]:
    """A symbol in one place only, roots of symbols, and the arguments of functions."""
    for node in dict.fromkeys(sp.preorder_traversal(expression)):
        if isinstance(node, sp.Pow) and node.exp == sp.S.Half and node.base.free_symbols:
            yield Edit(f"{node} should be {node.base}", node, expression.xreplace({node: node.base}))
        if isinstance(node, sp.Function) and node.args[0].free_symbols:
            argument = node.args[0]
            for factor in FACTORS:
                changed = expression.xreplace({node: node.func(factor * argument)})
                yield Edit(factor_text(f"the argument {argument}", factor), node, changed)
        if isinstance(node, sp.Pow) and node.exp.is_Integer and node.exp > 1:
            for power in dict.fromkeys((sp.Integer(1), node.exp - 1, node.exp + 1, 2 * node.exp)):
                changed = node.base**power
                yield Edit(f"{node} should be {changed}", node, expression.xreplace({node: changed}))
        elif (isinstance(node, sp.Function) and not isinstance(node, sp.exp)) or (
            isinstance(node, sp.Add) and node != expression
        ):
            yield Edit(f"{node} should be its square", node, expression.xreplace({node: node**2}))
    for symbol in symbols:
        for node in _holders(expression, symbol):
            for text, value in _changed(symbol):
                changed = expression.xreplace({node: node.xreplace({symbol: value})})
                yield Edit(f"{text} in {node}", node, changed)
            for other in names:
                if other != symbol:
                    changed = expression.xreplace({node: node.xreplace({symbol: other})})
                    yield Edit(f"{symbol} in {node} should be {other}", node, changed)


def _holders(expression: sp.Expr, symbol: sp.Symbol) -> list[sp.Basic]:
    """The smallest parts that contain a symbol, where there are several."""
    found = [n for n in sp.preorder_traversal(expression) if n.args and symbol in n.args]
    return list(dict.fromkeys(found)) if len(set(found)) > 1 else []


def factor_text(what: str, factor: sp.Expr) -> str:
    """What to say of a part that lacks one of FACTORS."""
    if factor == -1:
        return f"{what} has the other sign"
    return f"{what} should be {'twice' if factor == 2 else 'half'} of it"


def _terms(expression: sp.Expr) -> Iterator[tuple[Callable[[sp.Basic], sp.Expr], sp.Expr]]:
    """Terms of sums, of the expression and inside it, with how to put another in their place."""
    seen = set()
    for node in sp.preorder_traversal(expression):
        parts: tuple[sp.Basic, ...] = ()
        if isinstance(node, sp.Add):
            parts = node.args
        elif isinstance(node, (GaussMean, LineIntegral)):
            parts = node.args[:1]
        for part in parts:
            if part in seen or (part.is_number and not isinstance(node, sp.Add)):
                continue
            seen.add(part)
            if isinstance(node, sp.Add):

                def put(new: sp.Basic, node: sp.Basic = node, part: sp.Basic = part) -> sp.Expr:
                    rest = [a for a in node.args if a != part]
                    return expression.xreplace({node: sp.Add(*rest, new)})
            else:

                def put(new: sp.Basic, node: sp.Basic = node, part: sp.Basic = part) -> sp.Expr:
                    return expression.xreplace({node: node.func(new, *node.args[1:])})

            yield put, part  # type: ignore[misc]
