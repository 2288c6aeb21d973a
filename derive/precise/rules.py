"""Gauss-Legendre rules and graded panels at any precision, for the symbolic expressions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import mpmath as mp

__all__ = ["graded_panels", "legendre_rule"]


@lru_cache(maxsize=64)
def _rule(n: int, digits: int) -> tuple[tuple[mp.mpf, mp.mpf], ...]:
    with mp.workdps(digits + 10):
        nodes = []
        for k in range(1, n // 2 + 1):
            x = mp.cos(mp.pi * (k - mp.mpf("0.25")) / (n + mp.mpf("0.5")))
            for _ in range(60):
                before, value = mp.mpf(1), x
                for j in range(2, n + 1):
                    before, value = value, ((2 * j - 1) * x * value - (j - 1) * before) / j
                slope = n * (x * value - before) / (x * x - 1)
                step = value / slope
                x -= step
                if abs(step) < mp.mpf(10) ** (-digits - 5):
                    break
            weight = 2 / ((1 - x * x) * slope * slope)
            nodes += [(x, weight), (-x, weight)]
        return tuple(nodes)


def legendre_rule(n: int) -> tuple[tuple[mp.mpf, mp.mpf], ...]:
    """Nodes and weights on [-1, 1] for an even number n of points, at the current precision.

    >>> mp.nstr(sum(w * x**2 for x, w in legendre_rule(6)), 12)
    '0.666666666667'
    """
    return _rule(n + n % 2, mp.mp.dps)


def graded_panels(
    lower: mp.mpf, upper: mp.mpf, transitions: Sequence[tuple[mp.mpf, mp.mpf]], longest: mp.mpf
) -> list[mp.mpf]:
    """Panel ends on [lower, upper], doubling away from each (centre, width), none longer than `longest`."""
    ends = {lower, upper}
    usable = [(c, w) for c, w in transitions if mp.isfinite(c)]
    for centre, width in usable:
        if lower < centre < upper:
            ends.add(centre)
        if not (mp.isfinite(width) and width > 0):
            continue
        reach = mp.mpf(width)
        while reach < 2 * (upper - lower) and reach < 4 * longest:
            for point in (centre - reach, centre + reach):
                if lower < point < upper:
                    ends.add(point)
            reach *= 2
    ordered = sorted(ends)
    result = [ordered[0]]
    exact = {c for c, _ in usable} | {lower, upper}
    for point in ordered[1:]:
        scale = min([longest, *[max(w if mp.isfinite(w) and w > 0 else longest, abs(point - c)) for c, w in usable]])
        if point - result[-1] < scale * mp.mpf("0.3") and point not in exact:
            continue
        gap = point - result[-1]
        count = int(mp.ceil(gap / longest)) if gap > longest else 1
        start = result[-1]
        result += [start + gap * i / count for i in range(1, count + 1)]
    return result
