"""Log-partition functions at large beta, by quadrature of their definitions around the maximum.

Panels grow by a factor of four away from the maximum, so that a width of 1/beta (at a kink or an end) and one of
1/sqrt(beta) are resolved alike; the logarithm of the integrand is formed in symbols, since its exponential underflows.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from derive.calculus.envelopes import Envelope
from derive.calculus.nodes import GaussianAverage, LogPartition
from derive.calculus.partition import INNER, Partition
from derive.replica.checks.measure import Array, compiled, gauss_panels, number, switches
from derive.replica.checks.numeric import Env, Evaluator
from derive.replica.checks.spec import Values
from derive.replica.system import System

__all__ = ["Cooling", "limits", "log_of", "scaled_to"]

_NONE = sp.Symbol("none")
_STEPS = 25
_GOLDEN = (np.sqrt(5) - 1) / 2


def limits(warm: System, cold: System) -> dict[str, Envelope]:
    """What each log-partition function tends to."""
    pairs = zip(warm.families, cold.families, strict=True)
    found = {before.site.partition.name: after.site.envelope for before, after in pairs}
    found |= {p.partition.name: p.envelope for c in warm.channels for p in c.components}
    return {name: e for name, e in found.items() if e is not None and e.name in cold.envelopes}


def scaled_to(beta: float, at: Values, warm: System, cold: System) -> Values:
    """A point of the limit at a large beta: r - q = V/beta, hats in their powers of beta."""
    found: Values = {}
    for s, c in ((a.symbols, b.symbols) for a, b in zip(warm.families, cold.families, strict=True)):
        found |= {s.q: at[c.q], s.v: at[c.v] / beta, s.A: beta * at[c.A], s.q_hat: beta**2 * at[c.q_hat]}
        found |= {m: at[m] for m in s.m} | {m: beta * at[m] for m in s.m_hat}
    return found


def log_of(body: sp.Basic) -> sp.Expr:
    """The logarithm of a positive factor, with the exponents of its exponentials taken out."""
    if not isinstance(body, sp.Expr):
        return sp.Piecewise((0, body), (-sp.oo, True))
    if isinstance(body, sp.Mul):
        return sp.Add(*[log_of(a) for a in body.args])
    if isinstance(body, sp.exp):
        return body.args[0]
    if isinstance(body, sp.Pow):
        return body.exp * log_of(body.base)
    if isinstance(body, sp.Piecewise):
        return sp.Piecewise(*[(log_of(e), c) for e, c in body.args])
    return sp.log(body)


class Cooling(Evaluator):
    """An evaluator at a large inverse temperature.

    `envelopes` says, by the name of a log-partition function, what it tends to: its kinks cut the panels of averages.
    """

    envelopes: Mapping[str, Envelope] = {}
    beta: float = 1.0

    def _cuts(self, node: GaussianAverage, env: Env) -> list[float]:
        variable, found = node.bound_symbols[0], []
        for l in node.body.atoms(LogPartition):
            needed = set().union(*(a.free_symbols for a in l.args[3:])) - {variable}
            if not needed <= set(env) or l.args[0].name not in self.envelopes:
                continue
            partition: Any = self.partitions[l.args[0].name]
            envelope = self.envelopes[l.args[0].name]
            v, rest = self._arguments(l, env)
            given = {**self.parameters, **dict(zip(partition.rest, rest, strict=True))}
            kept = tuple(given[r] for r in envelope.rest)
            zero, one = (float(self._value(l.args[3], {**env, variable: t})) for t in (0.0, 1.0))
            if partition.kind == "channel":
                cuts = self.minimum(envelope.name).cuts(self.beta * v, kept)
            else:
                f = number(partition.factor, given)
                cuts = self.minimum(envelope.name).cuts(f**2 * v / self.beta, kept) * self.beta / f
            found += [(c - zero) / (one - zero) for c in cuts]
        return found

    def _log_partition(self, node: LogPartition, env: Env) -> Array:
        if node.order:
            raise ValueError("at large beta only log Z itself is evaluated")
        partition: Any = self.partitions[node.args[0].name]
        x = np.asarray(self._value(node.args[3], env), dtype=float)
        v, rest = self._arguments(node, env)
        flat = x.ravel()
        given = dict(zip(partition.rest, rest, strict=True))
        if partition.body.has(sp.DiracDelta):
            return super()._log_partition(node, env)
        if partition.kind == "channel":
            body = compiled(log_of(partition.body).xreplace(self.exact), (INNER, *partition.rest))

            def exponent(h: Array) -> Array:
                return body(h, *rest) - (h - flat) ** 2 / (2 * v) - np.log(2 * np.pi * v) / 2

            low, high = np.min(flat) - 60 * (1 + np.ptp(flat)), np.max(flat) + 60 * (1 + np.ptp(flat))
            ends = [low, *self._switches(partition, rest, low, high), high]
            total = np.full(flat.shape, -np.inf)
            for start, end in itertools.pairwise(ends):
                a, b = start + 1e-13 * (1 + abs(start)), end - 1e-13 * (1 + abs(end))  # inside, also after rounding
                if body(np.array((a + b) / 2), *rest) > -np.inf:
                    total = np.logaddexp(total, _log_integral(exponent, *(np.full(flat.shape, e) for e in (a, b))))
            return total.reshape(x.shape)
        return self._sites(partition, flat, v, {**self.parameters, **given}).reshape(x.shape)

    def _switches(self, partition: Partition, rest: tuple[float, ...], low: float, high: float) -> list[float]:
        """Kinks and ends of a factor."""
        found = switches(log_of(partition.body).xreplace(self.exact), (INNER, *partition.rest))
        grid = np.linspace(low, high, 4801)
        return sorted({float(p) for g in found for p in g(rest, grid) if low < p < high})

    def _sites(self, partition: Partition, x: Array, v: float, values: Mapping[sp.Symbol, float]) -> Array:
        values = dict(values)
        f = number(partition.factor, values)
        exact = {s: sp.Float(e, 17) for s, e in values.items()}
        total = np.full(x.shape, -np.inf)
        for weight, body, atom, lower, upper in partition.body:
            size = number(log_of(weight), values)
            if atom != _NONE:
                w = f * number(atom, values)
                total = np.logaddexp(total, size - v * w**2 / 2 + x * w)
                continue
            density = compiled(log_of(body).xreplace(exact), (INNER,))

            def exponent(w: Array, density=density, size=size) -> Array:
                return size + density(w) - v * (f * w) ** 2 / 2 + x * f * w

            reach = 10 * (1 + np.max(np.abs(x)) / (v * f**2 + 1e-12 * self.beta))
            low, high = max(number(lower, values), -reach), min(number(upper, values), reach)
            grid = np.linspace(-60, 60, 4802)
            kinks = [p for g in switches(log_of(body).xreplace(exact), (INNER,)) for p in g((), grid)]
            places = [low, *sorted({float(p) for p in kinks if low < p < high}), high]
            for start, end in itertools.pairwise(places):
                a, b = start + 1e-13 * (1 + abs(start)), end - 1e-13 * (1 + abs(end))
                total = np.logaddexp(total, _log_integral(exponent, *(np.full(x.shape, e) for e in (a, b))))
        return total


def _log_integral(exponent, low: Array, high: Array) -> Array:
    """Log of the integral of exp(exponent), a concave function, over (low, high)."""
    a, b = low, high
    c, d = b - _GOLDEN * (b - a), a + _GOLDEN * (b - a)
    at_c, at_d = exponent(c), exponent(d)
    for _ in range(75):
        left = at_c > at_d
        a, b = np.where(left, a, c), np.where(left, d, b)
        new = np.where(left, b - _GOLDEN * (b - a), a + _GOLDEN * (b - a))
        at_new = exponent(new)
        c, d, at_c, at_d = (
            np.where(left, new, d),
            np.where(left, c, new),
            np.where(left, at_new, at_d),
            np.where(left, at_c, at_new),
        )
    peak = (a + b) / 2
    for end in (low, high):  # a function that falls from an end has its maximum there
        peak = np.where(exponent(end) > exponent(peak), end, peak)
    top = exponent(peak)
    nodes, weights = gauss_panels([0.0, *(4.0**k for k in range(_STEPS))])
    reach = 1e-11 * (1 + np.abs(peak))
    total = np.zeros_like(peak)
    for direction in (-1, 1):
        place = peak + direction * reach * nodes[:, None]
        inside = (place >= low) & (place <= high)
        value = np.exp(np.where(inside, exponent(np.clip(place, low, high)) - top, -np.inf))
        total += weights @ (reach * np.nan_to_num(value))
    return top + np.log(total)
