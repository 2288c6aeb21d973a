"""Text -> sympy expression, by a walk over a whitelisted syntax tree.

Nothing is evaluated: `derive.spec.syntax` bounds and parses the text, `derive.spec.walker` accepts
names of a given table, exact numbers, arithmetic, relations, and the functions of
`derive.spec.vocabulary`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

import sympy as sp

from derive.errors import UsageError
from derive.spec.deadline import TooSlowError, limited
from derive.spec.scope import Scope, Value
from derive.spec.syntax import ExpressionError, parse_text
from derive.spec.vocabulary import BuildError, constant_value
from derive.spec.walker import Walker

__all__ = [
    "ExpressionError",
    "Scope",
    "Value",
    "parse_boolean",
    "parse_expression",
    "parse_number",
]

# Processor time for one expression; usual ones take milliseconds.
SECONDS = 3.0


def _walk(text: str, scope: Scope) -> tuple[Walker, ast.expr, Value]:
    root, source = parse_text(text)
    walker = Walker(source, scope)
    try:
        with limited(SECONDS):
            return walker, root, walker.value(root, 0)
    except TooSlowError:
        raise ExpressionError("the expression takes too long to read: make it simpler", 1) from None


def parse_expression(text: str, scope: Scope | Mapping[str, Value], vector: bool = False) -> Value:
    """Return the sympy expression of `text`.

    Parameters
    ----------
    text : str
        The expression as written.
    scope : Scope or mapping
        What may occur in it; a plain mapping gives the names.
    vector : bool
        Whether the result may be a vector, which is returned as a tuple.

    Raises
    ------
    ExpressionError
        With the column inside the text.

    Examples
    --------
    >>> parse_expression("2*x^2 + 0.1", {"x": sp.Symbol("x", real=True)})
    2*x**2 + 1/10
    """
    scope = scope if isinstance(scope, Scope) else Scope(names=scope)
    walker, root, value = _walk(text, scope)
    if isinstance(value, tuple):
        if not vector:
            raise walker.fault(root, "a vector cannot stand here", "take a component, as in w[0]")
        return value
    return walker.scalar(root, value)


def parse_boolean(text: str, scope: Scope | Mapping[str, Value]) -> sp.Basic:
    """Return the sympy Boolean of a condition such as "y*h >= kappa" or "-1 < h < 1"."""
    scope = scope if isinstance(scope, Scope) else Scope(names=scope)
    walker, root, value = _walk(text, scope)
    if isinstance(value, (sp.Expr, tuple)):
        raise walker.fault(root, "a condition is expected here, such as h >= kappa")
    return value


def parse_number(text: str) -> sp.Expr:
    """Return the exact value of a number: an integer, a decimal, or an expression without names.

    >>> parse_number("0.1"), parse_number("sqrt(2)*erfinv(1/2)")
    (1/10, sqrt(2)*erfinv(1/2))

    Raises
    ------
    UsageError
        If the text is not a finite real number.
    """
    try:
        value = parse_expression(text, Scope(place="a number"))
        constant_value(value)
    except ExpressionError as error:
        raise UsageError(f"`{text[:80]}` is not a number: {error}") from None
    except BuildError as error:
        raise UsageError(f"`{text[:80]}` is not a number: {error}") from None
    return value
