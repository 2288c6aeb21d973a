"""The usual suspects: small edits of a claimed expression, to find the one that makes a refuted claim true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy as sp

from derive.spec.functions import GaussMean

__all__ = ["edits"]

FACTORS = (sp.Integer(-1), sp.Integer(2), sp.Rational(1, 2))


def edits(
    expression: sp.Expr, names: Sequence[sp.Symbol], parameters: Sequence[sp.Symbol] = ()
) -> Iterator[tuple[str, sp.Expr]]:
    """Edits with what they are, the smallest first: factors, terms too many, other symbols, missing terms.

    >>> a, b = sp.symbols("a b")
    >>> [text for text, e in edits(a + b, [a, b]) if e == a - b]
    ['b has the other sign']
    """
    for factor in FACTORS:
        yield _factor_text("the right side", factor), factor * expression
    for path, term in _terms(expression):
        for factor in FACTORS:
            yield _factor_text(str(term), factor), path(factor * term)
        yield f"{term} is left out", path(sp.S.Zero)
    symbols = sorted(expression.free_symbols, key=str)
    for symbol in symbols:
        yield f"{symbol} should be 1/{symbol}", expression.xreplace({symbol: 1 / symbol})
        yield f"a factor {symbol} is missing", symbol * expression
        yield f"a factor {symbol} is too many", expression / symbol
        yield f"{symbol} should be its square", expression.xreplace({symbol: symbol**2})
        yield f"{symbol} should be its square root", expression.xreplace({symbol: sp.sqrt(symbol)})
        yield f"{symbol} should be 1 - {symbol}", expression.xreplace({symbol: 1 - symbol})
    for symbol in symbols:
        for other in names:
            if other != symbol:
                yield f"{symbol} should be {other}", expression.xreplace({symbol: other})
    for symbol in symbols:
        for other in names:
            for node in _holders(expression, symbol) if other != symbol else ():
                changed = expression.xreplace({node: node.xreplace({symbol: other})})
                yield f"{symbol} in {node} should be {other}", changed
    yield from _missing(expression, [*names, *parameters])


def _holders(expression: sp.Expr, symbol: sp.Symbol) -> list[sp.Basic]:
    """The smallest parts that contain a symbol, where there are several."""
    found = [n for n in sp.preorder_traversal(expression) if n.args and symbol in n.args]
    return found if len(found) > 1 else []


def _missing(expression: sp.Expr, names: Sequence[sp.Symbol]) -> Iterator[tuple[str, sp.Expr]]:
    """A term added in a sum, to the whole, or to the argument of a function: a symbol or a product of two."""
    used = sorted({*expression.free_symbols, *names}, key=str)
    terms = [*used, *[a * b for i, a in enumerate(used) for b in used[i:]]]
    places = [expression]
    for node in sp.preorder_traversal(expression):
        if isinstance(node, sp.Add) or (isinstance(node, (sp.Pow, sp.Mul)) and node.free_symbols & set(names)):
            places.append(node)
        if isinstance(node, sp.Function) and not isinstance(node, GaussMean):
            places += [a for a in node.args if a.free_symbols]
    for term in terms:
        for place in dict.fromkeys(places):
            for sign, word in ((1, "+"), (-1, "-")):
                changed = expression.xreplace({place: place + sign * term})
                yield f"the term {word} {term} is missing beside {place}", changed


def _factor_text(what: str, factor: sp.Expr) -> str:
    if factor == -1:
        return f"{what} has the other sign"
    return f"{what} should be {'twice' if factor == 2 else 'half'} of it"


def _terms(expression: sp.Expr):
    """Terms of sums, of the expression and inside it, with how to put another in their place."""
    seen = set()
    for node in sp.preorder_traversal(expression):
        parts: tuple[sp.Basic, ...] = ()
        if isinstance(node, sp.Add):
            parts = node.args
        elif isinstance(node, GaussMean):
            parts = node.args[:1]
        for part in parts:
            if part in seen or part.is_number:
                continue
            seen.add(part)
            if isinstance(node, sp.Add):

                def put(new: sp.Basic, node: sp.Basic = node, part: sp.Basic = part) -> sp.Expr:
                    rest = [a for a in node.args if a != part]
                    return expression.xreplace({node: sp.Add(*rest, new)})
            else:

                def put(new: sp.Basic, node: sp.Basic = node, part: sp.Basic = part) -> sp.Expr:
                    return expression.xreplace({node: node.func(new, *node.args[1:])})

            yield put, part
