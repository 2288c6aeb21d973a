"""Responses: derivatives of a number along a branch with respect to a parameter.

d/da of O(x(a), a) by central differences of sixth order in a, x(a) by Newton's method from the state at hand.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

__all__ = ["AGREE", "STEPS", "response"]

STEPS = (3e-2, 1e-2, 3e-3, 1e-3, 1e-4)
"""Steps, relative to the parameter and absolute; the one whose orders agree best is taken."""
AGREE = 1e-6
"""What the two orders have to agree to, relative (absolute below one): else there is a jump or an end nearby."""
_SIXTH, _FOURTH = (45.0 / 60, -9.0 / 60, 1.0 / 60), (8.0 / 12, -1.0 / 12, 0.0)


def response(
    value: Callable[[float], float | None], a: float, lower: float = -math.inf, upper: float = math.inf
) -> float | None:
    """The derivative of value at a, from six neighbours inside (lower, upper) at each step; None where there is none.

    The difference of the formulas of fourth and of sixth order is the error that is minimised over the steps.

    >>> round(response(lambda t: t**3, 2.0), 9)
    12.0
    >>> response(lambda t: None if t > 2.0 else t, 2.0) is None, response(lambda t: abs(t), 0.0, lower=0.0) is None
    (True, True)
    >>> response(lambda t: float(t > 1.0), 1.0) is None
    True
    """
    best: tuple[float, float] | None = None
    for step, size in itertools.product(STEPS, dict.fromkeys((abs(a) or 1.0, 1.0))):
        h = step * size
        if not lower < a - 3 * h < a + 3 * h < upper:
            continue
        odd: list[float] = []
        for k in (1, 2, 3):
            up, down = value(a + k * h), value(a - k * h)
            if up is None or down is None:
                break
            odd.append(up - down)
        if len(odd) < 3:
            continue
        sixth, fourth = (sum(c * d for c, d in zip(w, odd, strict=True)) / h for w in (_SIXTH, _FOURTH))
        error = abs(sixth - fourth)
        if math.isfinite(error) and (best is None or error < best[0]):
            best = (error, sixth)
    return best[1] if best is not None and best[0] <= AGREE * max(1.0, abs(best[1])) else None
