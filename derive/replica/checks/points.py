"""Where the checks look: a point inside the domain, an evaluator made for it, and a ledger of what was compared."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
import sympy as sp

from derive.calculus.labels import LabelDensity
from derive.replica.checks.labels import Labels
from derive.replica.checks.measure import number
from derive.replica.checks.numeric import Evaluator
from derive.replica.checks.spec import (
    Values,
    measure_seeds,
    parameter_point,
    quenched_rule,
    site_rule,
)
from derive.replica.system import ChannelPart, System
from derive.replica.trace import Check

__all__ = ["Ledger", "Point", "gradient", "spread"]

FEW = 4.5
"""Inside the domain at this multiple of r, E F(h_1) F(h_2) and its square exist for two replicas, and n = 4."""


@dataclass
class Ledger:
    """What one check compared: each entry has its error and its bound."""

    entries: list[tuple[str, float, float]] = field(default_factory=list)

    def add(self, name: str, error: float, bound: float) -> None:
        """Enter a comparison; a number that does not exist counts as a failure."""
        self.entries.append((name, float(error) if np.isfinite(error) else float("inf"), float(bound)))

    def compare(self, name: str, found: float, expected: float, bound: float) -> None:
        """Enter a comparison of two numbers, relative to their size where that is above one."""
        self.add(name, abs(found - expected) / max(1.0, abs(expected)), bound)

    def check(self, description: str) -> Check:
        """The check; error and bound are those of the entry that is closest to its bound, or beyond."""
        if not self.entries:
            return Check(f"{description}: nothing could be compared", False, float("inf"), 0.0)
        name, error, bound = max(self.entries, key=lambda e: e[1] / e[2])
        failed = [n for n, e, b in self.entries if not e <= b]
        where = f"failed: {', '.join(dict.fromkeys(failed))}" if failed else f"worst: {name}"
        return Check(f"{description} ({len(self.entries)} comparisons, {where})", not failed, error, bound)


class Point:
    """Generic values of parameters, overlaps and conjugates for a system.

    `strength` scales the conjugates: at integer n the replicated site integral exists only if they are weak.  A point
    has a view for every family of sites, which is a point of that family alone.
    """

    quenched: list[tuple[Values, float]]
    rho: list[float]
    spread: list[float]
    r: float

    def __init__(self, system: System, strength: float = 1.0, family: int = 0):
        self.system = system
        self.views: tuple[Point, ...] = (self,)
        self.vector = system.model.vectors
        if self.vector:
            self._modes(strength)
            return
        if len(system.families) > 1:
            self._join([Point(system.alone(f), strength, f) for f in range(len(system.families))])
            return
        model, s = system.model, system.symbols
        self.parameters: Values = parameter_point(model)
        self.globals: Values = {b: 0.23 + 0.1 * j for j, b in enumerate(system.globals)}
        wide = self._resolve()
        apart = 0.8**family  # families are told apart by their values
        q, strength = 0.45 * apart, strength * apart
        if system.domain and system.fixed_norm is not None and not system.cold and not system.matched:
            wide = self._move_parameters(wide)
        if system.domain and not system.cold:
            q = 0.2
            while not self.in_domain(3 * self.r) and system.fixed_norm is None and not system.matched:
                self.r *= 0.7
        self.overlaps: Values = {s.q: q * self.r, s.v: (1 - q) * self.r, s.r: self.r}
        for m, rho in zip(s.m, self.rho, strict=True):
            self.overlaps[m] = 0.5 * np.sqrt(q * self.r * rho)
        self.hats: Values = {s.A: 1.2 / wide, s.q_hat: 0.2 * strength / wide}
        if system.cold:
            self._cool()
        self.hats[s.r_hat] = self.hats[s.q_hat] - self.hats[s.A]
        for j, (m_hat, spread) in enumerate(zip(s.m_hat, self.spread, strict=True)):
            self.hats[m_hat] = np.sqrt(0.05 * strength / (spread * wide)) * (1 - 0.3 * j)

    def _modes(self, strength: float) -> None:
        """A point of components: overlap matrices of two different modes."""
        system = self.system
        self.parameters, self.quenched, self.rho, self.spread = parameter_point(system.model), [], [], []
        self.globals, self.overlaps, self.hats, self.r = {}, {}, {}, 1.0
        for k, family in enumerate(system.families):
            s, apart = family.symbols, 0.8**k
            r = number(family.second_moments[0], self.parameters) if family.second_moments else 1.0
            q = 0.45 * apart * r
            self.overlaps |= {s.q: q, s.v: r - q, s.r: r, **{m: 0.7 * q for m in s.m}}
            self.hats |= {
                s.A: 1.2 / r,
                s.q_hat: 0.2 * strength * apart / r,
                **{m: 0.3 * strength * apart / r for m in s.m_hat},
            }
            self.hats[s.r_hat] = self.hats[s.q_hat] - self.hats[s.A]
        self.r = max(self.overlaps[f.symbols.r] for f in system.families)

    def _join(self, views: list[Point]) -> None:
        """A point of several families: the values of all."""
        self.views = tuple(views)
        self.parameters, self.globals, self.quenched = views[0].parameters, views[0].globals, views[0].quenched
        self.overlaps = {x: value for view in views for x, value in view.overlaps.items()}
        self.hats = {x: value for view in views for x, value in view.hats.items()}

    def of(self, part: ChannelPart) -> Point:
        """The view of the family of sites that a channel is of."""
        return self.views[part.family]

    def _resolve(self) -> float:
        """What follows from the parameters; returns the variance of the widest part of the site measure."""
        system = self.system
        self.quenched = quenched_rule(system.model, self.parameters, panels=8)
        self.rho = [self._moments(t)[0] for t in system.site.teachers]
        self.spread = [max(self._moments(t)) for t in system.site.teachers]
        self.r, wide = self._self_overlap()
        return wide

    def _move_parameters(self, wide: float) -> float:
        """Where the norm is fixed: scale one parameter of the domain until integrals over few replicas exist."""
        start, model = dict(self.parameters), self.system.model
        used = [p for p in model.parameters if any(c.has(p.symbol) for c in self.system.domain)]
        factors = sorted((1.6**k for k in range(-12, 13)), key=lambda f: abs(np.log(f)))
        for factor, p in itertools.product(factors, used):
            value = factor * start[p.symbol]
            if p.domain.values is not None or not number(p.domain.lower, start) < value < number(p.domain.upper, start):
                continue
            self.parameters = {**start, p.symbol: value}
            wide = self._resolve()
            if self.in_domain(FEW * self.r):
                return wide
        self.parameters = start
        return self._resolve()

    @property
    def all(self) -> Values:
        """Every symbol with its value."""
        return {**self.parameters, **self.globals, **self.overlaps, **self.hats}

    def _cool(self) -> None:
        """V and V_hat inside the conditions for the minima to exist; q where it is fixed."""
        s = self.system.symbols
        if self.system.fixed_norm is not None:
            self.overlaps[s.q] = self.r
        for _ in range(60):
            at = {**self.parameters, **self.overlaps, **self.hats}
            broken = [c for c in self.system.domain if not number(c.lhs - c.rhs, at) > 0.1]
            for condition in broken:
                if condition.has(s.A):
                    self.hats[s.A] *= 1.3
                else:
                    self.overlaps[s.v] *= 0.7
            if not broken:
                return

    def _moments(self, expression: sp.Expr) -> tuple[float, float]:
        """The second moment, and the variance of the widest part: <t^4>/(3 <t^2>)."""
        values = np.array([number(expression, {**self.parameters, **s}) for s, _ in self.quenched])
        weights = np.array([w for _, w in self.quenched])
        second = float(weights @ values**2)
        return second, float(weights @ values**4) / (3 * second)

    def _self_overlap(self) -> tuple[float, float]:
        """A typical r, and the variance of the widest part of the site measure (at least r)."""
        model, second, fourth, mass = self.system.model, 0.0, 0.0, 0.0
        if self.system.cold:
            norm = self.system.fixed_norm
            r = 1.3 if norm is None else number(norm, self.parameters)
            return r, r
        if model.weights[0].law is not None:
            for s, weight in self.quenched[:: max(1, len(self.quenched) // 200)]:
                values = {**self.parameters, **s}
                w, p = site_rule(model, values, 40.0)
                x = number(self.system.site.factor, values) * w
                second += weight * float(p @ x**2)
                fourth += weight * float(p @ x**4)
                mass += weight * float(np.sum(p))
        r = second / mass if second > 0 else 1.0
        wide = fourth / (3 * second) if second > 0 else 1.0
        if self.system.matched:
            r = self.rho[0]
        elif self.system.fixed_norm is not None:
            r = number(self.system.fixed_norm, self.parameters)
        return r, max(wide, r)

    def in_domain(self, r: float) -> bool:
        """Whether a field of variance r (in units of its scale) is inside the domain of every partition function."""
        v = sp.Symbol("v", positive=True)
        for c in self.system.channels:
            values = {**self.parameters, v: number(c.scale, self.parameters) ** 2 * r}
            for condition in self.system.domain:
                if condition.free_symbols <= set(values) and not number(condition.lhs - condition.rhs, values) > 0:
                    return False
        return True

    def scales(self) -> tuple[float, float]:
        """The largest and the smallest spread of the fields; without channels, of the weights."""
        if self.vector:
            return float(np.sqrt(self.r)), float(np.sqrt(min(self.overlaps[f.symbols.v] for f in self.system.families)))
        if len(self.views) > 1:
            larges, smalls = zip(*[view.scales() for view in self.views], strict=True)
            return max(larges), min(smalls)
        s, large, small = self.system.symbols, [], []
        if not self.system.channels:
            return float(np.sqrt(self.r)), float(np.sqrt(self.overlaps[s.v]))
        for c in self.system.channels:
            scale = abs(number(c.scale, self.parameters))
            large.append(scale * np.sqrt(self.r))
            small.append(scale * np.sqrt(self.overlaps[s.v]))
            if c.m is not None:
                spread = abs(number(c.teacher_scale, self.parameters)) * np.sqrt(self.rho[s.m.index(c.m)])
                large.append(spread)
                small.append(0.8 * spread)
        return max(large), min(small)

    def label_range(self) -> tuple[float, float]:
        """A range for real labels of all channels."""
        if self.vector:
            return -20.0, 20.0
        if len(self.views) > 1:
            lows, highs = zip(*[view.label_range() for view in self.views], strict=True)
            return min(lows), max(highs)
        large, _ = self.scales()
        ranges = [(-1.0, 1.0)]
        for channel, part in zip(self.system.model.channels, self.system.channels, strict=True):
            real = [p.label for p in part.components if isinstance(p.label, LabelDensity)]
            if any(label.slope != 1 for label in real):
                ranges.append((-9 * large, 9 * large))
            if any(label.slope == 1 for label in real):
                ranges.append(Labels.of(channel, self.parameters).span(large))
        return min(a for a, _ in ranges), max(b for _, b in ranges)

    def evaluator(self, kind: type[Evaluator] = Evaluator, more: Values | None = None, counts: int = 170) -> Evaluator:
        """An evaluator of node expressions made for this point, with more parameters; natural labels below `counts`."""
        large, small = self.scales()
        shift = sum(abs(b) for b in self.globals.values()) * 2
        views = () if self.vector else self.views
        seeds = [measure_seeds(v.system.model, {**v.parameters, **v.quenched[0][0]}) for v in views]
        return kind(
            {**self.system.partitions, **self.system.envelopes},
            {**self.parameters, **self.globals, **(more or {})},
            reach=13 * large + shift,
            width=0.5 * small,
            labels=self.label_range(),
            seeds=tuple(x for some in seeds for x in some),
            tolerance=1e-8 if self.system.cold else 1e-9,
            counts=counts,
        )


def gradient(function, symbol: sp.Symbol, point: Values, step: float = 0.01) -> float:
    """The derivative of function(point) by central differences with a Richardson step."""
    size = step * max(abs(point[symbol]), 0.1)

    def slope(h: float) -> float:
        up, down = ({**point, symbol: point[symbol] + d} for d in (h, -h))
        return (function(up) - function(down)) / (2 * h)

    return (4 * slope(size / 2) - slope(size)) / 3


def spread(part: ChannelPart, point: Point) -> float:
    """The standard deviation of the teacher field of a channel, 1 without a teacher."""
    if part.m is None:
        return 1.0
    rho = point.rho[point.system.symbols.m.index(part.m)]
    return abs(number(part.teacher_scale, point.parameters)) * float(np.sqrt(rho))
