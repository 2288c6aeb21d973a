"""Field derivatives of log-partition functions in mpmath, from their terms or by quadrature of the definition."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from math import comb

import mpmath as mp
import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.partition import ExponentialTerm, Partition, QuadratureTerm, TiltTerm
from derive.precise.rules import graded_panels, legendre_rule
from derive.precise.scalars import compile_many, tail

__all__ = ["PartitionJets", "bells"]


def bells(jets: Sequence[mp.mpf], order: int) -> list[mp.mpf]:
    """Z^(k)/Z for k = 0..order from the derivatives of log Z; entry 0 of these is not used.

    >>> [int(z) for z in bells([mp.mpf(0), mp.mpf(2), mp.mpf(1)], 2)]
    [1, 2, 5]
    """
    values = [mp.mpf(1)]
    present = [j for j in range(order) if jets[j + 1]]
    for k in range(order):
        value = mp.mpf(0)
        for j in present:
            if j > k:
                break
            product = values[k - j] * jets[j + 1]
            value += product if j in (0, k) else comb(k, j) * product
        values.append(value)
    return values


def _logs(moments: list[mp.mpf]) -> list[mp.mpf]:
    """Derivatives of log Z from Z^(k)/Z (moments[0] = 1), by inverting the Bell recursion; entry 0 is unused."""
    jets = [mp.mpf(0)]
    for k in range(1, len(moments)):
        rest = sum((comb(k - 1, j) * moments[k - 1 - j] * jets[j + 1] for j in range(k - 1)), mp.mpf(0))
        jets.append(moments[k] - rest)
    return jets


def _window(lower: mp.mpf, upper: mp.mpf, slope: mp.mpf, order: int) -> list[mp.mpf]:
    """Derivatives in x of Phi(upper - slope x) - Phi(lower - slope x), given the shifted ends; no cancellation."""
    if lower > 0 or (lower > -upper and mp.isfinite(lower)):
        mass = tail(lower) - tail(upper)
    else:
        mass = tail(-upper) - tail(-lower)
    result = [mass]

    if order == 0:
        return result
    # d^k/dx^k Phi(end - slope x) = -slope^k He_(k-1)(end) phi(end)
    total = [mp.mpf(0)] * order
    for sign, end in ((-1, upper), (1, lower)):
        if not mp.isfinite(end):
            continue
        before, value, reach = mp.mpf(0), sign * slope * mp.npdf(end), slope * end
        for j in range(order):
            total[j] += value
            before, value = value, reach * value - j * slope * slope * before
    return result + total


def _remembered(expressions: list[sp.Expr]) -> Callable[[dict[str, mp.mpf]], list[mp.mpf]]:
    """Compile; the last result is kept while the numbers it depends on and the precision stay the same."""
    run = compile_many(expressions)
    names = sorted({s.name for e in map(_sympify, expressions) for s in e.free_symbols})
    last: list = [None, None]

    def remembered(values: dict[str, mp.mpf]) -> list[mp.mpf]:
        key = (mp.mp.prec, *[values[n] for n in names])
        if last[0] != key:
            last[0], last[1] = key, run(values)
        return last[1]

    return remembered


class PartitionJets:
    """Evaluate (log Z, d log Z, ..., d^order log Z) of one partition function.

    Raises
    ------
    ValueError
        if Z vanishes or an integral diverges at the point.
    """

    def __init__(self, partition: Partition):
        self.partition = partition
        self._terms = []
        for term in partition.terms:
            if isinstance(term, ExponentialTerm):
                window = term.window if term.window is not None else (sp.S.Zero,) * 3
                run = _remembered([term.coefficient, *term.quadratic, *window])
            elif isinstance(term, TiltTerm):
                run = _remembered([term.coefficient, term.precision, *term.linear, term.lower, term.upper])
            else:
                run = compile_many([term.body])
                ends = compile_many([term.lower, term.upper, partition.factor])
                self._terms.append((term, run, ends))
                continue
            self._terms.append((term, run, None))

    def __call__(self, x: mp.mpf, v: mp.mpf, rest: Mapping[str, mp.mpf], order: int) -> list[mp.mpf]:
        """The derivatives at field x; `rest` holds labels, quenched variables and parameters by name."""
        values = dict(rest)
        values[self.partition.variance.name] = v
        total = [mp.mpf(0)] * (order + 1)
        for term, run, ends in self._terms:
            part = self._term(term, run, ends, x, v, values, order)
            total = [a + b for a, b in zip(total, part, strict=True)]
        if not total[0] > 0:
            return [-mp.inf] + [mp.mpf(0)] * order
        moments = [t / total[0] for t in total]
        return [mp.log(total[0]), *_logs(moments)[1:]]

    def _term(self, term, run, ends, x, v, values, order) -> list[mp.mpf]:
        """Z and its derivatives, of one term."""
        if isinstance(term, ExponentialTerm):
            coefficient, c0, c1, c2, centre, lower, upper, slope = run(values)
            gap = x - centre
            jets = [c0 + c1 * gap + c2 * gap**2, c1 + 2 * c2 * gap, 2 * c2] + [mp.mpf(0)] * max(order - 2, 0)
            scale = coefficient * mp.exp(jets[0])
            if c1 == 0 and c2 == 0:
                exponential = [scale] + [mp.mpf(0)] * order
            else:
                exponential = [scale * z for z in bells(jets, order)]
            if term.window is None:
                return exponential
            return _product(exponential, _window(lower - slope * x, upper - slope * x, slope, order))
        if isinstance(term, TiltTerm):
            coefficient, precision, q0, q1, lower, upper = run(values)
            if precision > 0:
                sd = 1 / mp.sqrt(precision)
                mean = (q0 + q1 * x) / precision
                scale = coefficient * mp.sqrt(2 * mp.pi) * sd * mp.exp((q0 + q1 * x) * mean / 2)
                jets = [mp.mpf(0), q1 * mean, q1**2 / precision] + [mp.mpf(0)] * max(order - 2, 0)
                exponential = [scale * z for z in bells(jets, order)]
                slope = q1 * sd
                return _product(exponential, _window((lower - mean) / sd, (upper - mean) / sd, slope, order))

            def weight(w):
                return coefficient * mp.exp(-precision * w * w / 2 + (q0 + q1 * x) * w)

            return [mp.quad(lambda w, k=k: weight(w) * (q1 * w) ** k, [lower, upper]) for k in range(order + 1)]
        return self._quadrature(term, run, ends, x, v, values, order)

    def _quadrature(self, term: QuadratureTerm, run, ends, x, v, values, order) -> list[mp.mpf]:
        """Moments of the body under N(x, v) or under the tilt, by Gauss-Legendre panels around the maximum."""
        inner = self.partition.inner.name
        lower, upper, factor = ends(values)
        channel = self.partition.kind == "channel"

        def density(w: mp.mpf) -> mp.mpf:
            body = run({**values, inner: w})[0]
            if channel:
                return body * mp.exp(-((w - x) ** 2) / (2 * v)) / mp.sqrt(2 * mp.pi * v)
            return body * mp.exp(-v * (factor * w) ** 2 / 2 + x * factor * w)

        spread = mp.sqrt(v) if channel else 1 / mp.sqrt(abs(v) + 1)
        start = x if channel else mp.mpf(0)
        peak = min(max(start, lower), upper)
        best = density(peak)
        stride = spread
        while stride > spread / 1000:
            for direction in (1, -1):
                point = min(max(peak + direction * stride, lower), upper)
                value = density(point)
                if value > best:
                    peak, best = point, value
                    stride *= 2
                    break
            else:
                stride /= 2
        cut = best * mp.mpf(10) ** (-mp.mp.dps - 3)

        def reach(direction: int, limit: mp.mpf) -> mp.mpf:
            stride = spread
            while (limit - peak) * direction > stride and density(peak + direction * stride) > cut:
                stride *= mp.mpf("1.3")
            return min(max(peak + direction * stride, lower), upper)

        a, b = reach(-1, lower), reach(1, upper)
        panels = graded_panels(a, b, [(peak, spread)], 2 * spread)
        total = [mp.mpf(0)] * (order + 1)
        rule = legendre_rule(int(0.7 * mp.mp.dps) + 8)
        for first, last in itertools.pairwise(panels):
            half, middle = (last - first) / 2, (last + first) / 2
            for node, weight in rule:
                w = middle + half * node
                mass = half * weight * density(w)
                for k in range(order + 1):
                    total[k] += mass * (
                        _hermite((w - x) / mp.sqrt(v), k) / mp.sqrt(v) ** k if channel else (factor * w) ** k
                    )
        return total


def _hermite(t: mp.mpf, k: int) -> mp.mpf:
    before, value = mp.mpf(0), mp.mpf(1)
    for j in range(k):
        before, value = value, t * value - j * before
    return value


def _product(a: list[mp.mpf], b: list[mp.mpf]) -> list[mp.mpf]:
    """Leibniz."""
    if not any(a[1:]):
        return [a[0] * x for x in b]
    return [sum((comb(k, j) * a[j] * b[k - j] for j in range(k + 1)), mp.mpf(0)) for k in range(len(a))]
