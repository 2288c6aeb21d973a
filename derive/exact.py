"""Exact numbers as text: what `--set` and `--scan` take, canonical texts, grids between two ends."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derive.errors import UsageError

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["MAX_POINTS", "double", "exact_number", "exact_text", "parse_scan"]

MAX_POINTS = 1_000_000
LARGEST = Fraction(10) ** 100
SMALLEST = 1 / LARGEST

_DECIMAL = re.compile(r"[+-]?([0-9]{1,300}(\.[0-9]{0,300})?|\.[0-9]{1,300})([eE][+-]?[0-9]{1,9})?")
_RATIO = re.compile(r"[+-]?[0-9]{1,300}/0*[1-9][0-9]{0,299}")


def exact(text: str) -> Any:
    """The exact value: a Fraction, or for anything but decimals and ratios a sympy expression."""
    text = text.strip()
    if _DECIMAL.fullmatch(text) or _RATIO.fullmatch(text):
        exponent = int(text.lower().partition("e")[2] or 0)
        number = Fraction(text) if abs(exponent) < 1000 else LARGEST**2
        if number and not SMALLEST <= abs(number) <= LARGEST:
            raise UsageError(f"`{text[:80]}` is too large or too small a number: allowed are 1e-100 to 1e100")
        return number
    from derive.spec.grammar import parse_number  # loads sympy: only where it is needed

    value = parse_number(text)
    return Fraction(int(value.p), int(value.q)) if value.is_Rational else value


def _text(value: Any) -> str:
    """The shortest exact text: an integer, a terminating decimal, one with an exponent, a ratio, or an expression."""
    if not isinstance(value, Fraction):
        return str(value)
    rest, places = value.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        places = max(places, power)
    if rest != 1:
        return str(value)
    sign = "-" if value < 0 else ""
    digits = str(abs(value.numerator) * 10**places // value.denominator)
    mantissa = digits.rstrip("0")
    exponent = len(digits) - len(mantissa) - places
    if abs(exponent) > 30:
        return f"{sign}{mantissa}e{exponent}"
    digits = digits.rjust(places + 1, "0")
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def exact_text(value: object) -> str:
    """Return the canonical text of an exact number; doubles count as the decimal that Python prints.

    >>> exact_text("1/2"), exact_text("1e-3"), exact_text(0.1), exact_text("1/3"), exact_text("sqrt(4)*2")
    ('0.5', '0.001', '0.1', '1/3', '4')

    Raises
    ------
    UsageError
        If it is not a finite number.
    """
    if isinstance(value, bool):
        raise UsageError(f"{value} is not a number")
    return _text(exact(str(value)))


def exact_number(text: str) -> Expr:
    """Return the exact number of a text, or of what `exact_text` made of it, as a sympy number.

    Raises
    ------
    UsageError
        If it is not a finite number, or not between 1e-100 and 1e100 in size.
    """
    import sympy as sp

    value = exact(text)
    return sp.Rational(value.numerator, value.denominator) if isinstance(value, Fraction) else value


def parse_scan(text: str) -> tuple[str, ...]:
    """Return the exact values of `start:stop:count`, both ends included.

    >>> parse_scan("0.5:2:4")
    ('0.5', '1', '1.5', '2')
    >>> parse_scan("0:1:4")
    ('0', '1/3', '2/3', '1')

    Raises
    ------
    UsageError
        If the text is not of this form, has fewer than two points or equal ends.
    """
    parts = text.split(":")
    if len(parts) != 3 or not all(part.strip() for part in parts):
        raise UsageError(f"a scan is start:stop:count, as in 0.5:2:60; found `{text[:80]}`")
    start, stop = exact(parts[0]), exact(parts[1])
    if not re.fullmatch(r"\s*[0-9]{1,9}\s*", parts[2]):
        raise UsageError(f"the count of a scan is a whole number; found `{parts[2][:80]}`")
    count = int(parts[2])
    if not 2 <= count <= MAX_POINTS:
        raise UsageError(f"the count of a scan is at least 2 and at most {MAX_POINTS}; found {count}")
    if start == stop:
        raise UsageError(f"a scan needs two different ends; found {_text(start)} twice")
    if not (isinstance(start, Fraction) and isinstance(stop, Fraction)):
        from sympy import Rational

        start, stop = (Rational(x) if isinstance(x, Fraction) else x for x in (start, stop))
        return tuple(_text(start + Rational(i, count - 1) * (stop - start)) for i in range(count))
    return tuple(_text(start + i * (stop - start) / (count - 1)) for i in range(count))


def double(text: str) -> float:
    """Return the double next to an exact number."""
    return float(exact(text))
