"""Envelopes by their definition: the minimum over one variable by bisection, with no use of their regions.

    channel:  l(x, V) = -min_h [(h - x)^2/(2 V) + cost(h)],      site:  l(x, A) = max_w [x w - A w^2/2 - cost(w)].

The slope of the total increases, so its zero is bracketed and halved; at a kink or an end the bracket closes there.
Higher derivatives in x are differences of the first, inside the intervals between the fields where it has a kink.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import sympy as sp

from derive.calculus.envelopes import Envelope
from derive.replica.checks.measure import Array, compiled, number, switches
from derive.spec.functions import Softplus

__all__ = ["Minimum"]

_STEPS = 120
_GRID = np.linspace(-60.0, 60.0, 4802)
_STENCILS = {  # derivative of l_1 of order 1, 2, 3 from its values at -3..3 steps
    1: np.array([-1.0, 9.0, -45.0, 0.0, 45.0, -9.0, 1.0]) / 60,
    2: np.array([2.0, -27.0, 270.0, -490.0, 270.0, -27.0, 2.0]) / 180,
    3: np.array([1.0, -8.0, 13.0, 0.0, -13.0, 8.0, -1.0]) / 8,
}
_REACH = {1: 2e-3, 2: 1e-2, 3: 3e-2}


class Minimum:
    """One envelope at fixed parameters."""

    def __init__(self, found: Envelope, exact: Mapping[sp.Symbol, sp.Expr]):
        self.channel = found.kind == "channel"
        values = {s: float(e) for s, e in exact.items()}
        body = _steady(found.body.xreplace(dict(exact)))
        variables = (found.inner, *found.rest)
        self._body, self._variables = body, variables
        self.cost, self.slope = compiled(body, variables), compiled(body.diff(found.inner), variables)
        self._values, self._rest, self._support = values, found.rest, found.support
        self.atoms = np.array(sorted(number(r.prox, values) for r in found.regions)) if found.discrete else None
        self.jumps = found.jumps
        self._cuts: dict[tuple[float, ...], Array] = {}

    def support(self, rest: tuple[float, ...] = ()) -> tuple[float, float]:
        """Where the cost is finite."""
        values = {**self._values, **dict(zip(self._rest, rest, strict=True))}
        return number(self._support[0], values), number(self._support[1], values)

    def place(self, x: Array, v: float, rest: tuple[float, ...] = ()) -> Array:
        """The minimiser h of a channel, or w of a site."""
        x = np.asarray(x, dtype=float)
        if self.atoms is not None:
            totals = self.total(self.atoms[:, None], x.ravel()[None, :], v, rest)
            return self.atoms[np.argmin(totals, axis=0)].reshape(x.shape)

        def rises(h: Array) -> Array:
            slope = self.slope(h, *rest)
            return ((h - x) / v + slope if self.channel else v * h - x + slope) > 0

        if self.jumps:  # not convex: the least of the minimisers between neighbouring switches of the cost
            ends = self.support(rest)
            kinks = sorted({p for g in switches(self._body, self._variables) for p in g(rest, _GRID)})
            places = [ends[0], *[p for p in kinks if ends[0] < p < ends[1]], ends[1]]
            sides = [self._between(x, v, rest, rises, *pair) for pair in pairwise(places)]
            totals = np.array([self.total(h, x, v, rest) for h in sides])
            return np.choose(np.argmin(totals, axis=0), sides)
        return self._between(x, v, rest, rises, *self.support(rest))

    def _between(
        self, x: Array, v: float, rest: tuple[float, ...], rises: Callable[[Array], Array], first: float, last: float
    ) -> Array:
        """The minimiser in an interval on which the total is convex."""
        width = last - first
        first, last = first + 1e-13 * min(width, 1.0), last - 1e-13 * min(width, 1.0)
        centre = np.clip(x if self.channel else 0 * x, first, last)
        low, high, reach = centre, centre, 1.0
        for _ in range(40):
            above, below = rises(low), np.logical_not(rises(high))
            if not np.any(above & (low > first)) and not np.any(below & (high < last)):
                break
            low = np.where(above, np.maximum(centre - reach, first), low)
            high = np.where(below, np.minimum(centre + reach, last), high)
            reach *= 4
        for _ in range(_STEPS):
            middle = (low + high) / 2
            up = rises(middle)
            low, high = np.where(up, low, middle), np.where(up, middle, high)
            if np.all(high - low <= 2e-16 * np.abs(high)):
                break
        return (low + high) / 2

    def total(self, h: Array, x: Array, v: float, rest: tuple[float, ...] = ()) -> Array:
        """What is minimised."""
        cost = self.cost(h, *rest)
        return (h - x) ** 2 / (2 * v) + cost if self.channel else v * h**2 / 2 - x * h + cost

    def derivative(self, x: Array, v: float, rest: tuple[float, ...], order: int) -> Array:
        """The derivative of l in x of an order up to four."""
        x = np.asarray(x, dtype=float)
        if order < 2:
            h = self.place(x, v, rest)
            if order == 0:
                return -self.total(h, x, v, rest)
            return (h - x) / v if self.channel else h
        if self.atoms is not None:
            return np.zeros_like(x)
        near = np.full(x.shape, np.inf)
        for cut in self.cuts(v, rest):
            near = np.minimum(near, np.abs(x - cut))
        step = np.minimum(_REACH[order - 1], near / 4) + 1e-300
        values = [self.derivative(x + k * step, v, rest, 1) for k in range(-3, 4)]
        return sum(c * f for c, f in zip(_STENCILS[order - 1], values, strict=True)) / step ** (order - 1)

    def cuts(self, v: float, rest: tuple[float, ...] = ()) -> Array:
        """Fields where the minimiser begins or ceases to stay at a kink, an end or an atom."""
        key = (v, *rest)
        if key not in self._cuts:
            if self.atoms is not None:
                found = [self._passing(float(p), v, rest, 0.0) for p in (self.atoms[1:] + self.atoms[:-1]) / 2]
            else:
                kinks = [e for e in self.support(rest) if np.isfinite(e)]
                for g in switches(self._body, self._variables):
                    kinks += list(g(rest, _GRID))
                found = []
                for p in dict.fromkeys(kinks):
                    found += [self._passing(p, v, rest, s * 1e-11 * (1 + abs(p))) for s in (-1, 1)]
            self._cuts[key] = np.array(sorted(x for x in found if np.isfinite(x)))
        return self._cuts[key]

    def _passing(self, point: float, v: float, rest: tuple[float, ...], margin: float) -> float:
        """The field at which the minimiser passes point + margin; infinite if it never does."""
        level = point + margin
        low, high = (-1.0, 1.0)
        for _ in range(60):
            at = self.place(np.array([low, high]), v, rest)
            if at[0] <= level < at[1]:
                break
            low, high = (low * 2 if at[0] > level else low), (high * 2 if at[1] <= level else high)
        else:
            return np.inf
        for _ in range(12):
            grid = np.linspace(low, high, 65)
            above = int(np.argmax(self.place(grid, v, rest) > level))
            low, high = grid[above - 1], grid[above]
        return float((low + high) / 2)


def _steady(body: sp.Expr) -> sp.Expr:
    """The same function without log(1 + e^u), which overflows."""

    def softplus(e: sp.Expr) -> sp.Expr:
        inside = e.args[0]
        powers = [a for a in inside.args if isinstance(a, sp.exp)] if isinstance(inside, sp.Add) else []
        return Softplus(powers[0].args[0]) if len(powers) == 1 and inside - powers[0] == 1 else e

    return body.replace(lambda e: isinstance(e, sp.log), softplus)
