"""What an expression may contain, and its exact decimals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy as sp

from derive.spec.vocabulary import BuildError

__all__ = ["MAX_INTEGER", "Scope", "Value", "Vector", "decimal"]

MAX_INTEGER = 10**12
Vector = tuple[sp.Expr, ...]
Value = Any  # sp.Expr, sp Boolean, or Vector


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may contain.

    names       name -> expression, or tuple of expressions for a vector
    elsewhere   name -> why it cannot stand here ("a weight of the student")
    place       what is being read, for messages ("a penalty")
    calls       extra functions of this place: name -> (number of arguments, builder)
    quenched    quenched names, which `site_mean` may use and binds
    indicators  whether a relation may stand for the number 1 or 0
    infinity    whether `inf` is a value
    """

    names: Mapping[str, Value] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    place: str = "this expression"
    calls: Mapping[str, tuple[tuple[int, ...], Callable[..., sp.Expr]]] = field(default_factory=dict)
    quenched: Mapping[str, Value] = field(default_factory=dict)
    indicators: bool = False
    infinity: bool = False


def decimal(text: str) -> sp.Rational:
    """Return a decimal such as 0.1 or 2.5e-3 as the exact rational; BuildError if it is out of range.

    >>> decimal("0.1")
    1/10
    """
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > 60 or (exponent and (len(exponent) > 5 or abs(int(exponent)) > 100)):
        raise BuildError("the number has too many digits or too large an exponent")
    value = Fraction(text)
    if abs(value) > MAX_INTEGER and not exponent:
        raise BuildError("numbers are bounded by 10^12; write larger ones with an exponent")
    return sp.Rational(value.numerator, value.denominator)
