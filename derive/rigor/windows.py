"""The normal law of an interval in balls, with its exponential scale taken out, so that nothing vanishes or cancels.

Phi(u) - Phi(l) = exp(scale) * rest, where scale is -l^2/2 of the nearer end where both lie on one side of zero.  It
rests on erfcx(z) = exp(z^2) erfc(z) = (2/sqrt pi) int_0^inf exp(-t^2 - 2 z t) dt, whose derivative at Re z >= x is

    at most (2/sqrt pi) min(1, 1/(2 x^2)) for x >= 0, and 12 for x >= -1,

so that a wide ball is enclosed by its centre and the derivative.
"""

from __future__ import annotations

from typing import Any

from derive.rigor.library import flint
from derive.rigor.scalars import half_tail

__all__ = ["interval_mass", "scaled_tail"]


def scaled_tail(z: Any) -> Any:
    """erfcx(z) = exp(z^2) erfc(z) over a ball.

    >>> scaled_tail(flint.acb(0)) == 1
    True
    """
    centre = z.mid()
    if z.is_exact() or not z.real > -1:
        return (z * z).exp() * z.erfc()
    nearest = z.real.lower()
    slope = flint.arb(12)
    if nearest >= 0:
        slope = 2 / flint.arb.pi().sqrt()
        if nearest > 1:
            slope = slope / (2 * nearest * nearest)
    reach = slope * z.rad()
    value = (centre * centre).exp() * centre.erfc()
    return value + flint.acb(flint.arb(0, reach), flint.arb(0, reach))


def interval_mass(lower: Any | None, upper: Any | None) -> tuple[Any, Any, list[tuple[int, Any, Any]]]:
    """(scale, rest, ends) of Phi(upper) - Phi(lower); None is an infinite end.

    Each of `ends` is (sign, end, density at the end over the mass): +1 for the lower one, -1 for the upper one.
    """
    if lower is None and upper is None:
        return flint.acb(0), flint.acb(1), []
    if lower is None or upper is None:
        sign, end = (1, lower) if upper is None else (-1, upper)
        y = sign * end
        if y.real.mid() >= 0:
            rest = _scaled(y)
            return -y * y / 2, rest, [(sign, end, _density(flint.acb(0)) / rest)]
        rest = half_tail(y)
        return flint.acb(0), rest, [(sign, end, _density(y) / rest)]
    if lower.real.mid() + upper.real.mid() < 0:
        scale, rest, ends = interval_mass(-upper, -lower)
        return scale, rest, [(-sign, -end, ratio) for sign, end, ratio in ends]
    if lower.real.mid() >= 0:
        fall = ((lower - upper) * (lower + upper) / 2).exp()
        rest = _scaled(lower) - fall * _scaled(upper)
        near = _density(flint.acb(0)) / rest
        return -lower * lower / 2, rest, [(1, lower, near), (-1, upper, fall * near)]
    rest = half_tail(lower) - half_tail(upper)
    return flint.acb(0), rest, [(1, lower, _density(lower) / rest), (-1, upper, _density(upper) / rest)]


def _scaled(y: Any) -> Any:
    """H(y) exp(y^2/2)."""
    return scaled_tail(y / flint.acb(2).sqrt()) / 2


def _density(x: Any) -> Any:
    """The normal density."""
    return (-x * x / 2).exp() / (2 * flint.acb.pi()).sqrt()
