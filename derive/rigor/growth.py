r"""Bounds of functions on the line, |f(t)| <= (c_0 + c_1 |t| + ...) exp(a |t| + b t^2), and Gaussian tails of them.

    2 int_T^inf t^k exp(a t + b t^2) phi(t) dt <= 2 g(T)/lambda,   g(t) = t^k exp(a t - s t^2/2)/sqrt(2 pi),

with s = 1 - 2 b, as long as lambda = s T - a - k/T > 0: for t > T the logarithmic derivative of g is below -lambda.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import comb
from typing import Any

from derive.rigor.library import flint

__all__ = ["Bound", "constant", "cumulants", "moments"]


@dataclass(frozen=True, slots=True)
class Bound:
    """(sum_k coefficients[k] |t|^k) exp(linear |t| + square t^2), coefficients and `linear` not negative."""

    coefficients: tuple[Any, ...]
    linear: Any = 0
    square: Any = 0

    def __add__(self, other: Bound | int) -> Bound:
        """The bound of a sum (of absolute values)."""
        if isinstance(other, int):
            other = constant(other)
        pairs = zip_longest(self.coefficients, other.coefficients, fillvalue=flint.arb(0))
        linear, square = (_larger(a, b) for a, b in ((self.linear, other.linear), (self.square, other.square)))
        return Bound(tuple(a + b for a, b in pairs), linear, square)

    __radd__ = __add__

    def __mul__(self, other: Bound | Any) -> Bound:
        """The bound of a product."""
        if not isinstance(other, Bound):
            other = constant(other)
        found = [flint.arb(0)] * (len(self.coefficients) + len(other.coefficients) - 1)
        for i, a in enumerate(self.coefficients):
            for j, b in enumerate(other.coefficients):
                found[i + j] = found[i + j] + a * b
        return Bound(tuple(found), self.linear + other.linear, self.square + other.square)

    __rmul__ = __mul__

    def __pow__(self, n: int) -> Bound:
        """The bound of a power."""
        result = constant(1)
        for _ in range(n):
            result = result * self
        return result

    @property
    def polynomial(self) -> bool:
        """Whether there is no exponential."""
        return self.linear == 0 and self.square == 0

    def compose(self, inner: Bound) -> Bound:
        """A polynomial bound in |x| where |x| is bounded by a polynomial."""
        result = constant(self.coefficients[-1])
        for c in reversed(self.coefficients[:-1]):
            result = result * inner + constant(c)
        return result

    def tail(self, reach: Any) -> Any | None:
        """An upper bound of the integral of the bound over |t| > reach against the normal density; None if unknown.

        >>> bound = Bound((flint.arb(1),))
        >>> float(bound.tail(flint.arb(4))) < 1.1 * 6.4e-5
        True
        """
        total = flint.arb(0)
        rate = 1 - 2 * flint.arb(self.square)
        for k, c in enumerate(self.coefficients):
            decay = rate * reach - self.linear - flint.arb(k) / reach
            if not decay > 0:
                return None
            peak = reach**k * (self.linear * reach - rate * reach**2 / 2).exp() / (2 * flint.arb.pi()).sqrt()
            total += 2 * c * peak / decay
        return total.upper() if total.is_finite() else None


def constant(c: Any) -> Bound:
    """The bound of a number or a ball."""
    return Bound((flint.arb(abs(flint.arb(c) if isinstance(c, int) else c).upper()),))


def _larger(a: Any, b: Any) -> Any:
    return flint.arb(a).max(flint.arb(b))


def moments(slopes: Sequence[Any]) -> list[Any]:
    """Z'/Z, Z''/Z, ... from the derivatives of log Z, by the Bell recursion; of bounds, bounds.

    >>> moments([2, 1])
    [2, 5]
    """
    found: list[Any] = [1]
    for k in range(len(slopes)):
        found.append(sum((found[k - j] * (comb(k, j) * slopes[j]) for j in range(1, k + 1)), found[k] * slopes[0]))
    return found[1:]


def cumulants(ratios: Sequence[Any], sign: int = -1) -> list[Any]:
    """Derivatives of log Z from Z'/Z, Z''/Z, ...; with sign = +1, of bounds, a bound.

    >>> cumulants([2, 5])
    [2, 1]
    """
    found: list[Any] = []
    for k in range(1, len(ratios) + 1):
        value = ratios[k - 1]
        for j in range(k - 1):
            value = value + ratios[k - 2 - j] * (sign * comb(k - 1, j) * found[j])
        found.append(value)
    return found
