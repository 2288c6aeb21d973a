"""Many convex functions of one variable each, evaluated together: the summands of the total.

A `Scalars` holds n functions of one shape; what differs between them (label, quenched variables) are arrays in
`values`.  Outside [lower, upper] a function is infinite, so that a hard constraint is the function 0 on an interval.
A `Stack` is a list of them, in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from derive.simulate.shape import Shape
from derive.spec.evaluate import evaluate

__all__ = ["Scalars", "Stack", "Terms"]

Array = NDArray[np.float64]

STEPS = 200
SIDE = 1e-10  # relative distance from a kink at which its one-sided slopes are read
KINK = 1e-7  # relative jump of the slope that counts as a kink
FAR = (1e5, 1e10)  # where the slopes at infinity are read


@dataclass(frozen=True, slots=True)
class Terms:
    """What one step of a minimiser needs of n functions: where they are evaluated, and their derivatives there.

    For a smooth function `point` is the argument.  Otherwise value, gradient and curvature are those of its envelope
    min_u f(u) + stiffness*(u - x)^2/2, and `point` is the minimising u: `gradient` lies in the subdifferential at it.
    """

    point: Array
    value: Array
    gradient: Array
    curvature: Array


class Scalars:
    """Convex functions f_1, ..., f_n of one variable.

    Parameters
    ----------
    shape : Shape
        The function.
    values : mapping
        Numbers or arrays of n numbers for all other symbols of the shape.
    count : int
        n.
    lower, upper : float or array, optional
        Ends of the intervals outside which the functions are infinite.
    """

    def __init__(
        self, shape: Shape, values: Mapping[sp.Symbol, Any], count: int, lower: Any = -np.inf, upper: Any = np.inf
    ):
        self.shape, self.values, self.count = shape, dict(values), count
        self.lower = np.broadcast_to(np.asarray(lower, dtype=float), (count,)).copy()
        self.upper = np.broadcast_to(np.asarray(upper, dtype=float), (count,)).copy()
        self.bounded = bool(np.isfinite(self.lower).any() or np.isfinite(self.upper).any())
        self.smooth = shape.smooth and not self.bounded
        self._breaks()

    def __len__(self) -> int:
        return self.count

    def _at(self, expression: sp.Expr, x: Array) -> Array:
        if expression.is_number:
            return np.full(np.shape(x), float(expression))
        values = self.values if x.ndim == 1 else {s: np.asarray(v)[..., None] for s, v in self.values.items()}
        return np.broadcast_to(evaluate(expression, {**values, self.shape.variable: x}), np.shape(x))

    def value(self, x: Array) -> Array:
        """f(x), of shape (n,) or (n, k) like x."""
        return self._at(self.shape.value, x)

    def slope(self, x: Array) -> Array:
        """f'(x), an element of the subdifferential at a kink."""
        return self._at(self.shape.slope, x)

    def curvature(self, x: Array) -> Array:
        """f''(x), without what sits at kinks."""
        return self._at(self.shape.curvature, x)

    def _breaks(self) -> None:
        """Places (n, J) where the slope may jump, in order, with the slopes on both sides."""
        columns = [self._at(e, np.zeros(self.count)) for e in self.shape.breaks]
        places = np.stack(columns, axis=1) if columns else np.empty((self.count, 0))
        inside = np.isfinite(places) & (places > self.lower[:, None]) & (places < self.upper[:, None])
        places = np.sort(np.where(inside, places, np.inf), axis=1)
        finite = np.isfinite(places)
        known = np.where(finite, places, 0.0)
        step = SIDE * (1 + np.abs(known))
        left = np.where(finite, self.slope(known - step), np.inf)
        right = np.where(finite, self.slope(known + step), np.inf)
        if self.bounded:
            first, last = self.lower[:, None], self.upper[:, None]
            at_first = self.slope(np.where(np.isfinite(first), first, 0.0))
            at_last = self.slope(np.where(np.isfinite(last), last, 0.0))
            places = np.concatenate([first, places, last], axis=1)
            left = np.concatenate([np.full_like(first, -np.inf), left, at_last], axis=1)
            right = np.concatenate([np.where(np.isfinite(first), at_first, -np.inf), right], axis=1)
            right = np.concatenate([right, np.full_like(last, np.inf)], axis=1)
            order = np.argsort(places, axis=1, kind="stable")
            places, left, right = (np.take_along_axis(a, order, axis=1) for a in (places, left, right))
        self.places, self.left, self.right = places, left, right
        jump = np.full_like(left, np.inf)
        both = np.isfinite(left) & np.isfinite(right)
        jump[both] = (right[both] - left[both]) / (1 + np.abs(left[both]))
        self.kinked = (jump > KINK) & np.isfinite(places)

    def proximal(self, x: Array, stiffness: float) -> tuple[Array, Array]:
        """Return u = argmin f(u) + stiffness*(u - x)^2/2 and du/dx.

        A kink whose subdifferential holds stiffness*(x - u) is hit exactly; between kinks safeguarded Newton steps
        find the root of f'(u) + stiffness*(u - x).
        """
        n, low, high = self.count, np.full(self.count, -np.inf), np.full(self.count, np.inf)
        u, rate, done = x.copy(), np.zeros(n), np.zeros(n, dtype=bool)
        if self.places.shape[1]:
            pull = stiffness * np.where(np.isfinite(self.places), self.places - x[:, None], self.places)
            below, above = _sum(self.left, pull), _sum(self.right, pull)
            hit = (below <= 0) & (above >= 0) & np.isfinite(self.places)
            done = np.asarray(hit.any(axis=1))
            which = np.argmax(hit, axis=1)
            rows = np.arange(n)
            u = np.where(done, self.places[rows, which], u)
            rate = np.where(done & ~self.kinked[rows, which], -1.0, 0.0)
            low = np.max(np.where(above < 0, self.places, -np.inf), axis=1)
            high = np.min(np.where(below > 0, self.places, np.inf), axis=1)
        if not done.all():
            self._between(x, stiffness, u, rate, done, low, high)
        soft = rate < 0  # a break that is no kink, or the end of Newton's steps
        if soft.any():
            bend = np.maximum(self.curvature(u), 0.0)
            rate = np.where(soft, stiffness / (stiffness + np.where(np.isfinite(bend), bend, 0.0)), rate)
        return u, rate

    def _between(
        self, x: Array, stiffness: float, u: Array, rate: Array, done: NDArray[np.bool_], low: Array, high: Array
    ) -> None:
        """Find the proximal points that are not at a break, in place."""
        start = np.clip(x, low, high)
        slope = self.slope(np.where(done, u, start))
        slope = np.clip(np.nan_to_num(slope, nan=0.0, posinf=1e12, neginf=-1e12), -1e12, 1e12)
        reach = start - slope / stiffness + np.where(slope > 0, -1e-9, 1e-9) * (1 + np.abs(start))
        low = np.maximum(low, np.minimum(x, reach))
        high = np.minimum(high, np.maximum(x, reach))
        point = np.where(done, u, np.clip(start, low, high))
        todo = ~done
        for _ in range(STEPS):
            slope = self.slope(point)
            pull = stiffness * (point - x)
            force = slope + pull
            low, high = np.where(force < 0, point, low), np.where(force > 0, point, high)
            size = np.abs(slope) + np.abs(pull) + stiffness * np.abs(x)
            small = np.isfinite(size) & (np.abs(force) <= 1e-14 * size)
            narrow = high - low <= 4e-16 * np.abs(point) + 1e-18
            rate[todo & small] = -1.0
            todo = todo & ~small
            if (todo & narrow).any():  # a kink that `breaks` does not list, or rounding
                step = SIDE * (1 + np.abs(point))
                left, right = self.slope(point - step), self.slope(point + step)
                rate[todo & narrow & ~(right - left > KINK * (1 + np.abs(left)))] = -1.0
                todo = todo & ~narrow
            if not todo.any():
                break
            bend = self.curvature(point)
            with np.errstate(all="ignore"):
                new = point - force / (stiffness + np.maximum(bend, 0.0))
                new = np.where((new > low) & (new < high), new, (low + high) / 2)
            point = np.where(todo, new, point)
        u[~done] = point[~done]

    def terms(self, x: Array, multiplier: Array, stiffness: float) -> Terms:
        """Return value, gradient and curvature at x (smooth), or of the envelope at x + multiplier/stiffness."""
        if self.smooth:
            return Terms(x, self.value(x), self.slope(x), np.maximum(self.curvature(x), 0.0))
        shifted = x + multiplier / stiffness
        u, rate = self.proximal(shifted, stiffness)
        gap = shifted - u
        return Terms(u, self.value(u) + stiffness * gap**2 / 2, stiffness * gap, stiffness * (1 - rate))

    def stiffness_at(self, x: Array) -> Array:
        """Curvature of the functions at x, infinite at a kink or an end."""
        result = np.maximum(self.curvature(x), 0.0)
        if self.places.shape[1]:
            near = np.abs(self.places - x[:, None]) <= 1e-9 * (1 + np.abs(x[:, None]))
            result = np.where((near & self.kinked).any(axis=1), np.inf, result)
        return result

    def recession(self) -> tuple[Array, Array]:
        """Return the slopes at minus and at plus infinity (infinite ones where f grows faster than linearly)."""
        found = []
        for sign, end in ((-1.0, self.lower), (1.0, self.upper)):
            near, far = (self.slope(np.full(self.count, sign * r)) for r in FAR)
            near, far = (np.where(np.isfinite(a), a, sign * np.inf) for a in (near, far))
            with np.errstate(invalid="ignore"):
                grows = np.abs(far) > 10 * np.abs(near) + 1e3
            limit = np.where(grows, np.copysign(np.inf, far), np.where(np.abs(far) < 1e-9, 0.0, far))
            found.append(np.where(np.isfinite(end), sign * np.inf, limit))
        return found[0], found[1]


def _sum(slopes: Array, pull: Array) -> Array:
    """Add slopes and pull, where an infinite slope wins."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(slopes), slopes, slopes + pull)


class Stack:
    """Functions of several shapes, one block after another."""

    def __init__(self, blocks: Sequence[Scalars]):
        self.blocks = [b for b in blocks if len(b)]
        ends = np.cumsum([0, *(len(b) for b in self.blocks)])
        self.slices = [slice(int(a), int(b)) for a, b in pairwise(ends)]
        self.count = int(ends[-1])
        self.smooth = all(b.smooth for b in self.blocks)
        self.bounded = np.concatenate([np.full(len(b), b.bounded) for b in self.blocks] or [np.empty(0, dtype=bool)])

    def __len__(self) -> int:
        return self.count

    def _join(self, parts: list[Array]) -> Array:
        return np.concatenate(parts) if parts else np.empty(0)

    def value(self, x: Array) -> Array:
        """The n values."""
        return self._join([b.value(x[s]) for b, s in zip(self.blocks, self.slices, strict=True)])

    def terms(self, x: Array, multiplier: Array, stiffness: float) -> Terms:
        """The terms of all blocks."""
        found = [b.terms(x[s], multiplier[s], stiffness) for b, s in zip(self.blocks, self.slices, strict=True)]
        names = ("point", "value", "gradient", "curvature")
        return Terms(*(self._join([getattr(t, name) for t in found]) for name in names))

    def stiffness_at(self, x: Array) -> Array:
        """Curvature at x, infinite at kinks and ends."""
        return self._join([b.stiffness_at(x[s]) for b, s in zip(self.blocks, self.slices, strict=True)])

    def recession(self) -> tuple[Array, Array]:
        """Slopes at minus and plus infinity."""
        found = [b.recession() for b in self.blocks]
        return self._join([low for low, _ in found]), self._join([high for _, high in found])
