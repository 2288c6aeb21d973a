"""The trapezoidal rule on the line, under a sinh map, at any precision: its error is exp(-c/step) if all is analytic.

The step is halved, nodes are kept, until the sums say that another halving would not move them.  What does not settle
(kinks, jumps, an end where the integrand does not vanish) is left to other rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import mpmath as mp

__all__ = ["integrate_line"]

Row = Callable[[mp.mpf], Sequence[mp.mpf]]

_FIRST = 9
"""The first step is this over the digits: a settled sum has taken two or three halvings."""
_LEVELS = 8
_QUIET = 3


@lru_cache(maxsize=1 << 15)
def _node(k: int, level: int, digits: int, refine: int, folded: bool) -> tuple[mp.mpf, mp.mpf]:
    """(sinh s, step*cosh s) of node k; the two grids, refine = 1 and 2, differ in step and origin."""
    step = _step(digits, refine)
    origin = 0 if folded or refine == 1 else mp.mpf("0.37")
    up = mp.exp((mp.mpf(k) / 2**level + origin) * step)
    down = 1 / up
    weight = step / 2**level * (up + down) / 2
    return (up - down) / 2, weight / 2 if folded and k == 0 else weight


def integrate_line(
    row: Row,
    centre: mp.mpf,
    width: mp.mpf,
    ends: tuple[mp.mpf, mp.mpf],
    inside: Sequence[mp.mpf] = (),
    *,
    folded: bool = False,
    refine: int = 1,
    most: float = 1e5,
) -> list[mp.mpf] | None:
    """Integrate a vector over u = centre + width*sinh(s), at the current precision; None if `most` nodes do not settle.

    The row vanishes at `ends`, or, folded, is even about one of them, the centre. An infinite end is cut where the row
    is negligible, beyond all points of `inside`. `refine` = 2 takes another step and other nodes.

    >>> mp.nstr(integrate_line(lambda u: [mp.exp(-u * u)], mp.mpf(0), mp.mpf(2), (-mp.inf, mp.inf))[0] ** 2, 12)
    '3.14159265359'
    """
    digits = mp.mp.dps
    size = abs(width)
    negligible = mp.mpf(10) ** (-digits - 4)
    step = _step(digits, refine)

    def index(u: mp.mpf) -> int:
        return int(mp.nint(mp.asinh((u - centre) / width) / step))

    def term(k: int, level: int) -> list[mp.mpf]:
        sinh, weight = _node(k, level, digits, refine, folded)
        weight *= size
        return [weight * r for r in row(centre + width * sinh)]

    known = [index(u) for u in (centre, *inside)]
    low, high = min(known), max(known)
    low = 0 if folded else index(ends[0]) if mp.isfinite(ends[0]) else low
    high = index(ends[1]) if mp.isfinite(ends[1]) else high
    terms = {k: term(k, 0) for k in range(low, high + 1)}
    largest = [max(map(abs, column)) for column in zip(*terms.values(), strict=True)]
    for direction, end in ((-1, ends[0]), (1, ends[1])):
        quiet = _QUIET if mp.isfinite(end) or (folded and direction < 0) else 0
        while quiet != _QUIET:
            low, high = min(low, low + direction), max(high, high + direction)
            k = low if direction < 0 else high
            terms[k] = term(k, 0)
            largest = [max(a, abs(b)) for a, b in zip(largest, terms[k], strict=True)]
            quiet = quiet + 1 if all(abs(f) <= negligible * g for f, g in zip(terms[k], largest, strict=True)) else 0
            if len(terms) > most:
                return None
    even = refine == 1 and low == -high and _even(terms, largest)
    columns = list(zip(*terms.values(), strict=True))
    total, mass = ([mp.fsum(c, absolute=a) for c in columns] for a in (False, True))
    moves = [mp.mpf(1)]
    for level in range(1, _LEVELS):
        if (high - low) * 2**level > most:
            return None
        start = 1 if even else (low << level) + 1
        columns = list(zip(*[term(k, level) for k in range(start, high << level, 2)], strict=True))
        new, more = ([(1 + even) * mp.fsum(c, absolute=a) for c in columns] for a in (False, True))
        mass = [m / 2 + n for m, n in zip(mass, more, strict=True)]
        moves.append(max(abs(n - t / 2) / m if m else m for n, t, m in zip(new, total, mass, strict=True)))
        total = [t / 2 + n for t, n in zip(total, new, strict=True)]
        if level > 1 and _settled(moves[-2], moves[-1], digits):
            return total
    return None


def _even(terms: dict[int, list[mp.mpf]], largest: list[mp.mpf]) -> bool:
    """Whether all pairs of opposite nodes, some of them, agree to the digits that count."""
    near = mp.mpf(10) ** (4 - mp.mp.dps)
    pairs = [(terms[k], terms[-k]) for k in terms if k > 0]
    return len(pairs) > 3 and all(
        abs(a - b) <= near * size for pair in pairs for a, b, size in zip(*pair, largest, strict=True)
    )


def _step(digits: int, refine: int) -> mp.mpf:
    return mp.mpf(_FIRST) / digits * (1 if refine == 1 else mp.mpf("0.77"))


def _settled(before: mp.mpf, last: mp.mpf, digits: int) -> bool:
    """Whether the next halving moves the sum by less than the digits show: its move is at most the last one squared."""
    if last <= mp.mpf(10) ** (2 - digits):
        return True
    if before > mp.mpf("0.01") or last >= before ** mp.mpf("1.3"):
        return False
    power = min(mp.mpf(2), mp.log(last) / mp.log(before))
    return last**power <= mp.mpf(10) ** (-digits)
