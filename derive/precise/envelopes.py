"""Field derivatives of envelopes in mpmath: closed regions by their formulas, others at the root of h + V cost'(h) = x.

Derivatives at a root are those of the implicit function: with g = 1/(1 + V c_2), c_k = d^k cost/dh^k at the root,

    channel:  l_1 = -c_1,  l_2 = -c_2 g,          l_3 = -c_3 g^3,  l_4 = -c_4 g^4 + 3 V c_3^2 g^5,
    site:     l_1 = w,     l_2 = 1/(A + c_2) =: g, l_3 = -c_3 g^3, l_4 = -c_4 g^4 + 3 c_3^2 g^5.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import mpmath as mp
import sympy as sp

from derive.calculus.envelopes import Envelope, Region
from derive.precise.scalars import compile_many

__all__ = ["EnvelopeJets", "monotone_root"]

Values = Mapping[str, "mp.mpf"]
Slope = Callable[["mp.mpf"], "tuple[mp.mpf, mp.mpf]"]

ORDERS = 4
_GRID = tuple(k / 4 for k in range(-60, 61))


def monotone_root(gap: Slope, start: mp.mpf, first: mp.mpf, last: mp.mpf) -> mp.mpf:
    """The root of an increasing function inside [first, last]: Newton's iteration inside a bracket.

    `gap` returns the function and its derivative.  The bracket is opened by steps that double, so that a bound far off
    costs nothing.

    >>> mp.nstr(monotone_root(lambda h: (mp.exp(h) + h - 600, mp.exp(h) + 1), mp.mpf(600), -mp.inf, mp.inf), 12)
    '6.38622889089'
    """
    h = start if first < start < last else _between(first, last)
    value, steepness = gap(h)
    if value == 0:
        return h
    direction, end = (-1, first) if value > 0 else (1, last)
    inside, outside, stride = h, end, abs(value / steepness) + mp.eps * (1 + abs(h))
    while (end - inside) * direction > stride:  # the ends are not evaluated: the slope may be infinite there
        trial = inside + direction * stride
        found, _ = gap(trial)
        if found == 0:
            return trial
        if (found > 0) != (value > 0):
            outside = trial
            break
        inside, stride = trial, 2 * stride
    lower, upper = min(inside, outside), max(inside, outside)
    h, before = inside, upper - lower
    for _ in range(20 * mp.mp.prec):
        value, steepness = gap(h)
        if value == 0:
            return h
        lower, upper = (lower, h) if value > 0 else (h, upper)
        step = value / steepness
        trial = h - step
        if not lower < trial < upper or 2 * abs(step) > before:
            trial = (lower + upper) / 2
            step = h - trial
        before = abs(step)
        if trial == h or before <= mp.eps * (abs(trial) + mp.eps):
            return trial
        h = trial
    return h


def _between(first: mp.mpf, last: mp.mpf) -> mp.mpf:
    """A point inside an interval."""
    if mp.isfinite(first) and mp.isfinite(last):
        return (first + last) / 2
    return first + 1 if mp.isfinite(first) else last - 1


class EnvelopeJets:
    """Evaluate (l, dl, ..., d^order l) of one envelope in its field."""

    def __init__(self, found: Envelope):
        self.envelope = found
        self._ends = compile_many([r.upper for r in found.regions])
        self._regions = [_closed(found, r) if r.prox is not None else self._implicit(r) for r in found.regions]
        self._turns: dict[tuple, list[tuple[mp.mpf, mp.mpf]]] = {}

    def __call__(self, x: mp.mpf, v: mp.mpf, rest: Values, order: int) -> list[mp.mpf]:
        """The derivatives at field x; `rest` holds labels, quenched variables and parameters by name."""
        values = self._values(x, v, rest)
        return self._regions[self._index(x, values)](values, order)

    def turns(self, v: mp.mpf, rest: Values) -> list[tuple[mp.mpf, mp.mpf]]:
        """Fields, with widths, where the slope of a root turns: peaks of cost'' and places where V cost'' = 1."""
        roots = [r for r in self.envelope.regions if r.prox is None]
        if not roots:
            return []
        names = {s.name for r in roots for s in r.cost.free_symbols} - {self.envelope.inner.name}
        if not names <= set(rest):
            return []
        key = (mp.mp.prec, v, *[rest[n] for n in sorted(names)])
        if key not in self._turns:
            if len(self._turns) > 1000:
                self._turns.clear()
            values = self._values(mp.mpf(0), v, rest)
            with mp.workdps(15):
                self._turns[key] = [t for r in roots for t in self._turns_of(r, values, v)]
        return self._turns[key]

    # ----------------------------------------------------------------------------------------------

    def _values(self, x: mp.mpf, v: mp.mpf, rest: Values) -> dict[str, mp.mpf]:
        return {**rest, self.envelope.field.name: x, self.envelope.variance.name: v}

    def _index(self, x: mp.mpf, values: Values) -> int:
        ends = self._ends(dict(values))
        return next((i for i, end in enumerate(ends) if x < end), len(ends) - 1)

    def _implicit(self, region: Region) -> Callable[[dict[str, mp.mpf], int], list[mp.mpf]]:
        found, h = self.envelope, self.envelope.inner
        channel, inner, field, variance = found.kind == "channel", h.name, found.field.name, found.variance.name
        slopes = _slopes(region.cost, h)
        costs = [compile_many(slopes[: k + 1]) for k in range(ORDERS + 1)]
        newton, ends = compile_many(slopes[1:3]), compile_many([region.first, region.last])

        def jets(values: dict[str, mp.mpf], order: int) -> list[mp.mpf]:
            x, v = values[field], values[variance]

            def gap(at: mp.mpf) -> tuple[mp.mpf, mp.mpf]:
                c1, c2 = newton({**values, inner: at})
                return (at - x + v * c1, 1 + v * c2) if channel else (v * at - x + c1, v + c2)

            root = monotone_root(gap, x if channel else mp.mpf(0), *ends(values))
            c = costs[max(order, 1)]({**values, inner: root})
            if channel:
                # (h - x)/V where V c_2 > 1: the rounding of h is not magnified
                tilt = (root - x) / v if order >= 2 and v * c[2] > 1 else -c[1]
                level = -v * tilt**2 / 2 - c[0]
            else:
                tilt, level = root, x * root - v * root**2 / 2 - c[0]
            result = [level, tilt]
            if order >= 2:
                give = 1 / (1 + v * c[2]) if channel else 1 / (v + c[2])
                result.append(-c[2] * give if channel else give)
            if order >= 3:
                result.append(-c[3] * give**3)
            if order >= 4:
                result.append(-c[4] * give**4 + 3 * (v if channel else 1) * c[3] ** 2 * give**5)
            return result[: order + 1]

        return jets

    def _turns_of(self, region: Region, values: dict[str, mp.mpf], v: mp.mpf) -> list[tuple[mp.mpf, mp.mpf]]:
        found, inner = self.envelope, self.envelope.inner.name
        channel = found.kind == "channel"
        run, ends = compile_many(_slopes(region.cost, found.inner)), compile_many([region.first, region.last])
        first, last = ends(values)

        def costs(h: mp.mpf) -> list[mp.mpf]:
            return run({**values, inner: h})

        def place(h: mp.mpf, scale: mp.mpf, c: list[mp.mpf]) -> tuple[mp.mpf, mp.mpf]:
            return (h + v * c[1], scale * (1 + v * c[2])) if channel else (v * h + c[1], scale * (v + c[2]))

        def crossing(f: Callable[[list[mp.mpf]], mp.mpf], low: mp.mpf, high: mp.mpf) -> mp.mpf:
            sign = f(costs(low)) > 0
            for _ in range(30):
                middle = (low + high) / 2
                low, high = (middle, high) if (f(costs(middle)) > 0) == sign else (low, middle)
            return (low + high) / 2

        def excess(c: list[mp.mpf]) -> mp.mpf:
            return v * c[2] - 1 if channel else c[2] - v

        centres = [mp.mpf(0), *[values[s.name] for s in found.rest if s.name in values]]
        grid = sorted({c + mp.sinh(k) for c in centres for k in _GRID})
        rows = [(h, c) for h in grid if first < h < last for c in [costs(h)] if all(map(mp.isfinite, c))]
        turns = []
        for (a, at_a), (b, at_b) in itertools.pairwise(rows):
            if at_a[3] > 0 >= at_b[3]:  # cost'' has a maximum
                h = crossing(lambda c: c[3], a, b)
                c = costs(h)
                if c[2] > 0 and c[4] < 0:
                    turns.append(place(h, mp.sqrt(-c[2] / c[4]), c))
            if (excess(at_a) > 0) != (excess(at_b) > 0):
                h = crossing(excess, a, b)
                c = costs(h)
                if c[3] != 0:
                    turns.append(place(h, abs(c[2] / c[3]), c))
        return turns


def _slopes(cost: sp.Expr, h: sp.Symbol) -> list[sp.Expr]:
    found = [cost]
    for _ in range(ORDERS):
        found.append(found[-1].diff(h))
    return found


def _closed(found: Envelope, region: Region) -> Callable[[dict[str, mp.mpf], int], list[mp.mpf]]:
    runs = [compile_many([found.value(region, k) for k in range(order + 1)]) for order in range(ORDERS + 1)]
    return lambda values, order: runs[order](values)
