"""The least value of a curve over an interval: a ladder over the whole of it, Brent's method, a root of the derivative.

The interval is mapped to the real line, logarithmically towards its ends.  A ladder of equally spaced points brackets
the least value and Brent's method narrows the bracket.  Values of a function place its minimum to half of their digits
only, so the end is a root of the derivative: of polynomials through 17 Chebyshev points of windows of different widths
around the minimum (central differences of order 16), the widest that the degree resolves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Chebyshev
from scipy.optimize import minimize_scalar

__all__ = ["MOST_DIGITS", "NOISE", "Found", "Line", "locate"]

NOISE = 1e-11
"""Relative differences of observables that are not told from rounding (integrals have 1e-13)."""
STEP = 0.5 * math.log(10.0)
NEAR, FAR = 6, 12
"""Decades on both sides that the ladder covers always, and if the least value lies at its end."""
SETTLED = 2
"""Neighbouring steps without a change after which an end of the ladder counts as the limit."""
WINDOWS = (1.6, 0.8, 0.4, 0.2, 0.1)
DEGREE = 16
TAIL = 40.0
"""The error of a derivative in the middle of a window, in units of the largest of the last four coefficients."""
MOST_DIGITS = 12

Curve = Callable[[float], float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """An interval as the image of the real line: logarithmic towards each of its ends.

    >>> half = Line(0.0, math.inf)
    >>> half.value(0.0), round(half.value(math.log(100.0)), 9), Line(0.0, 1.0).value(0.0)
    (1.0, 100.0, 0.5)
    """

    lower: float
    upper: float

    def value(self, t: float) -> float:
        """The parameter at t."""
        if math.isfinite(self.lower) and math.isfinite(self.upper):
            share = 1.0 / (1.0 + math.exp(abs(t))) * (self.upper - self.lower)
            return self.lower + share if t < 0.0 else self.upper - share
        if math.isfinite(self.lower):
            return self.lower + math.exp(t)
        if math.isfinite(self.upper):
            return self.upper - math.exp(-t)
        return math.sinh(t)

    def slope(self, t: float) -> float:
        """The derivative of `value`."""
        if math.isfinite(self.lower) and math.isfinite(self.upper):
            return (self.upper - self.lower) / (2.0 + 2.0 * math.cosh(t))
        if math.isfinite(self.lower):
            return math.exp(t)
        return math.exp(-t) if math.isfinite(self.upper) else math.cosh(t)

    def digits(self, t: float, error: float) -> int:
        """The significant digits of the parameter that an error in t leaves."""
        value = abs(self.value(t))
        wrong = max(error * self.slope(t), 1e-16 * value)
        return min(MOST_DIGITS, max(0, math.floor(-math.log10(wrong / value)))) if value > 0.0 else 0


@dataclass(frozen=True, slots=True)
class Found:
    """A place t on the line with its error; `status` as in `Optimum`, `edge` -1 or 1 at an end.

    ended    the edge is that of where the curve is defined, not that of the interval
    settled  at an edge of the interval: the curve has its limit there, as far as `NOISE` of it
    smooth   windows of the derivative agreed
    """

    t: float
    error: float
    status: str
    edge: int = 0
    ended: bool = False
    settled: bool = False
    smooth: bool = True


class _Ladder:
    """Values of a curve at places in order, extended while the least of them lies at an end."""

    def __init__(self, curve: Curve):
        self.curve = curve
        self.known: dict[float, float] = {}
        self.lost: dict[float, None] = {}
        count = round(NEAR * math.log(10.0) / STEP)
        for k in range(-count, count + 1):
            self.add(k * STEP)

    def add(self, t: float) -> bool:
        """Evaluate at t; whether there is a value."""
        value = self.curve(t)
        if value is None or not math.isfinite(value):
            self.lost[t] = None
            return False
        self.known[t] = value
        return True

    def lowest(self) -> tuple[list[float], int, int]:
        """The places in order, and the first and the last of those around the least value that equal it."""
        places = sorted(self.known)
        best = min(range(len(places)), key=lambda i: self.known[places[i]])
        least = self.known[places[best]]
        level = least + NOISE * abs(least) + 1e-15 * float(np.median([abs(v) for v in self.known.values()]))
        first = last = best
        while first > 0 and self.known[places[first - 1]] <= level:
            first -= 1
        while last < len(places) - 1 and self.known[places[last + 1]] <= level:
            last += 1
        return places, first, last

    def extend(self) -> None:
        """Go on beyond an end at which the least value lies: to the far end, or to where solutions end."""
        for side in (-1, 1):
            while True:
                places, first, last = self.lowest()
                end = places[0] if side < 0 else places[-1]
                at_end = first == 0 if side < 0 else last == len(places) - 1
                further = end + side * STEP
                if not at_end or last - first >= SETTLED or abs(further) > FAR * math.log(10.0) + 1e-9:
                    break
                if further in self.lost or not self.add(further):
                    self._approach(end, further)
                    break

    def _approach(self, inner: float, outer: float) -> None:
        """Bisect for the end of the solutions."""
        for _ in range(36):
            middle = 0.5 * (inner + outer)
            if self.add(middle):
                inner = middle
            else:
                outer = middle


def locate(curve: Curve) -> Found:
    """The least value of a curve on the real line (None where it is not defined).

    >>> found = locate(lambda t: math.cosh(t - 0.3))
    >>> found.status, round(found.t, 11)
    ('converged', 0.3)
    >>> locate(math.atan).edge
    -1
    """
    ladder = _Ladder(curve)
    if not ladder.known:
        return Found(0.0, math.inf, "no_solution")
    ladder.extend()
    places, first, last = ladder.lowest()
    far = FAR * math.log(10.0) - 0.5 * STEP
    if first == 0 and last == len(places) - 1:
        return Found(min(places, key=abs), math.inf, "flat")
    settled = last - first >= SETTLED
    if first == 0:
        ended = places[0] > -far and not settled
        return Found(places[0] if ended else places[last], math.inf, "at_edge", -1, ended, settled)
    if last == len(places) - 1:
        ended = places[-1] < far and not settled
        return Found(places[-1] if ended else places[first], math.inf, "at_edge", 1, ended, settled)
    least = min(places[first : last + 1], key=ladder.known.__getitem__)
    found = _narrow(curve, (places[first - 1], least, places[last + 1]), max(ladder.known.values()))
    if not found.smooth and abs(least) > NEAR * math.log(10.0):  # far out: rounding ends the fall, not a minimum
        return Found(least, math.inf, "at_edge", 1 if least > 0.0 else -1)
    return found


def _narrow(curve: Curve, bracket: tuple[float, float, float], high: float) -> Found:
    """Brent's method in a bracket, then the root of the derivative; Brent's method again at a kink or a jump."""

    def total(t: float) -> float:
        value = curve(float(t))
        return high if value is None or not math.isfinite(value) else value

    rough = minimize_scalar(total, bracket=bracket, method="brent", options={"xtol": 1e-3})
    found = _sharpen(curve, float(rough.x))
    if found is not None:
        return found
    fine = minimize_scalar(total, bracket=bracket, method="brent", options={"xtol": 1e-9})
    return Found(float(fine.x), 1e-6, "converged", smooth=False)


def _sharpen(curve: Curve, t: float) -> Found | None:
    """The root of the derivative near t, from the window that leaves the smallest error; None if no two agree."""
    roots: list[tuple[float, float]] = []
    for width in WINDOWS:
        found = _stationary(curve, t, width)
        if found is not None and abs(found[1] - t) > 0.3 * width:  # the polynomial is best in the middle
            found = _stationary(curve, found[1], width)
        if found is None:
            continue
        roots.append(found)
        t = min(roots)[1]
        if len(roots) > 1 and min(roots)[0] < 1e-13:
            break
    if len(roots) < 2:
        return None
    (error, root), *others = sorted(roots)
    error += min(abs(root - other) for _, other in others)
    return Found(root, error, "converged") if error < 1e-3 else None


def _stationary(curve: Curve, t: float, width: float) -> tuple[float, float] | None:
    """(error, place) of the minimum in the window of the polynomial through Chebyshev points.

    The last coefficients show the noise of the values, or what the degree does not resolve: `TAIL` times the largest
    of them bounds the error of the derivative in the middle of the window.
    """

    def sample(nodes: np.ndarray) -> np.ndarray:
        values = [curve(t + width * float(x)) for x in nodes]
        numbers = np.array([math.nan if v is None else v for v in values])
        return numbers - numbers[len(numbers) // 2]

    fit = Chebyshev.interpolate(sample, DEGREE)
    if not np.all(np.isfinite(fit.coef)):
        return None
    slope = fit.deriv()
    bend = slope.deriv()
    roots = slope.roots()
    real = [float(r.real) for r in roots if abs(r.imag) < 1e-9 and abs(r.real) <= 1.0 and bend(r.real) > 0.0]
    if not real:
        return None
    x = min(real, key=abs)
    curvature = float(bend(x))
    x -= float(slope(x)) / curvature  # eigenvalues of the companion matrix have fewer digits than the polynomial
    return width * TAIL * float(np.max(np.abs(fit.coef[-4:]))) / curvature, t + width * x
