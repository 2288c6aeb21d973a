"""Intervals and sets of exact numbers, and parameter symbols that carry their domain."""

from __future__ import annotations

import numpy as np
import sympy as sp

from derive.spec.grammar import ExpressionError, Scope, parse_expression
from derive.spec.model import Domain
from derive.spec.vocabulary import BuildError, constant_value

__all__ = ["parse_domain", "parse_interval", "sample_values", "symbol_of"]

_FORMS = 'an interval "(0, inf)", "[0, 1)" or a set "{1, 2, 3}"'


def _pieces(text: str, start: int) -> list[tuple[str, int]]:
    """Split `text` at its outer commas; each piece comes with its offset."""
    pieces: list[tuple[str, int]] = []
    depth, begin = 0, 0
    for i, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if char == "," and depth == 0:
            pieces.append((text[begin:i], start + begin))
            begin = i + 1
    pieces.append((text[begin:], start + begin))
    return pieces


def _at(piece: str, offset: int, scope: Scope) -> sp.Expr:
    try:
        return parse_expression(piece, scope)
    except ExpressionError as error:
        raise ExpressionError(error.message, error.column + offset, error.hint) from None


def parse_interval(text: str, scope: Scope) -> tuple[sp.Expr, sp.Expr, bool, bool]:
    """Return (lower, upper, lower_open, upper_open) of an interval whose ends are expressions."""
    stripped = text.strip()
    if len(stripped) < 2 or stripped[0] not in "([" or stripped[-1] not in ")]":
        raise ExpressionError("an interval is expected", 1, 'for example "(0, inf)" or "[0, 1)"')
    start = text.index(stripped[0]) + 1
    pieces = _pieces(stripped[1:-1], start)
    if len(pieces) != 2:
        raise ExpressionError(f"an interval has two ends; {len(pieces)} found", 1)
    lower, upper = (_at(piece, offset, scope) for piece, offset in pieces)
    return lower, upper, stripped[0] == "(", stripped[-1] == ")"


def parse_domain(text: str) -> Domain:
    """Return the domain of a parameter: an interval, or a finite set in braces."""
    if len(text) > 2000:
        raise ExpressionError("the domain is too long", 1)
    stripped = text.strip()
    scope = Scope(place="a domain", infinity=True)
    if stripped.startswith("{") and stripped.endswith("}"):
        pieces = _pieces(stripped[1:-1], text.index("{") + 1)
        values = tuple(_at(piece, offset, scope) for piece, offset in pieces)
        if any(v.is_infinite for v in values):
            raise ExpressionError("a set holds finite numbers", 1)
        values = tuple(sorted(values, key=lambda v: float(sp.N(v))))
        if len(set(values)) < len(values):
            raise ExpressionError("a number occurs twice in the set", 1)
        return Domain(values[0], values[-1], False, False, values, text)
    if not stripped or stripped[0] not in "([" or stripped[-1] not in ")]":
        raise ExpressionError(f"this is not a domain: {_FORMS} is expected", 1)
    lower, upper, lower_open, upper_open = parse_interval(text, scope)
    try:
        low = -np.inf if lower == -sp.oo else constant_value(lower)
        high = np.inf if upper == sp.oo else constant_value(upper)
    except BuildError:
        raise ExpressionError("an end of the interval is not a number", 1, "-inf below, inf above") from None
    if not low < high:
        raise ExpressionError("the lower end of the interval is not below the upper end", 1)
    if (low == -np.inf and not lower_open) or (high == np.inf and not upper_open):
        raise ExpressionError("an infinite end is open", 1, 'write "[0, inf)"')
    return Domain(lower, upper, lower_open, upper_open, None, text)


def symbol_of(name: str, domain: Domain) -> sp.Symbol:
    """Return the symbol of a parameter: real, with the sign that its domain gives it.

    >>> symbol_of("K", parse_domain("(0, inf)")).is_positive
    True
    """
    low, high = float(sp.N(domain.lower)), float(sp.N(domain.upper))
    if low > 0 or (low == 0 and domain.lower_open):
        return sp.Symbol(name, positive=True)
    if low == 0:
        return sp.Symbol(name, nonnegative=True)
    if high < 0 or (high == 0 and domain.upper_open):
        return sp.Symbol(name, negative=True)
    if high == 0:
        return sp.Symbol(name, nonpositive=True)
    return sp.Symbol(name, real=True)


def sample_values(domain: Domain) -> list[float]:
    """Return a few numbers inside the domain, away from its ends."""
    if domain.values is not None:
        return [float(sp.N(v)) for v in domain.values[:4]]
    low, high = float(sp.N(domain.lower)), float(sp.N(domain.upper))
    if np.isfinite(low) and np.isfinite(high):
        return [low + (high - low) * s for s in (0.37, 0.13, 0.61, 0.89)]
    if np.isfinite(low):
        return [low + s for s in (0.83, 0.17, 1.9, 5.3)]
    if np.isfinite(high):
        return [high - s for s in (0.83, 0.17, 1.9, 5.3)]
    return [0.6, -0.4, 2.3, -1.7]
