"""The model as written, in numbers: quenched draws, site measures, labels by their noise, factors.

Only `derive.spec.model` is read here; nothing of the derivation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp
from scipy import special
from scipy.stats import qmc

from derive.replica.checks.measure import Array, LineMeasure, compiled, gauss_panels, gaussian_rule, number
from derive.spec.model import Atom, Channel, Component, Density, Law, Model, Normal

__all__ = [
    "Labels",
    "Values",
    "factor_values",
    "measure_seeds",
    "parameter_point",
    "quantiles",
    "quenched_rule",
    "site_rule",
]

Values = dict[sp.Symbol, float]


def parameter_point(model: Model) -> Values:
    """Generic values inside the domains, near the defaults."""
    point: Values = {}
    for p in model.parameters:
        if p.domain.values is not None:
            point[p.symbol] = number(p.default if p.default is not None else p.domain.values[0])
            continue
        low, high = number(p.domain.lower), number(p.domain.upper)
        middle = 0.5 * (low + high) if np.isfinite(low + high) else (low + 1.0 if np.isfinite(low) else 0.0)
        start = number(p.default) if p.default is not None else middle
        value = 1.07 * start + 0.11
        if not low < value < high:
            value = 0.9 * start + 0.1 * (middle if np.isfinite(low + high) else start)
        point[p.symbol] = value if low < value < high else start
    return point


# ------------------------------------------------------------------------------------------- laws


def component_rule(component: Component, values: Values, panels: int = 10) -> tuple[Array, Array]:
    """Nodes and weights of one component of a scalar law."""
    if isinstance(component, Atom):
        return np.array([number(component.point, values)]), np.ones(1)
    if isinstance(component, Normal):
        return gaussian_rule(number(component.mean, values), number(component.variance, values), panels)
    if not isinstance(component, Density):
        raise TypeError(f"no rule for {type(component).__name__}")
    low, high = (number(e, values) for e in (component.lower, component.upper))
    low, high = max(low, -60.0), min(high, 60.0)
    body = component.pdf.xreplace({s: sp.Float(x, 17) for s, x in values.items()})
    return LineMeasure(body, component.variable).rule((), low, high, max((high - low) / 30, 0.05))


def law_rule(law: Law, values: Values, panels: int = 10) -> tuple[Array, Array]:
    """Nodes and weights of a law."""
    nodes, weights = [], []
    for weight, component in law.components:
        x, w = component_rule(component, values, panels)
        nodes.append(x)
        weights.append(number(weight, values) * w)
    x, w = np.concatenate(nodes), np.concatenate(weights)
    keep = w > 1e-17
    return x[keep], w[keep]


def quenched_rule(model: Model, point: Values, panels: int = 10) -> list[tuple[Values, float]]:
    """The joint law of the quenched variables as values with weights; a later law may use earlier names."""
    rule: list[tuple[Values, float]] = [({}, 1.0)]
    for variable in model.quenched:
        wider = []
        for values, weight in rule:
            x, w = law_rule(variable.law, {**point, **values}, panels)
            wider += [({**values, variable.symbol: float(a)}, weight * float(b)) for a, b in zip(x, w, strict=True)]
        rule = wider
    return rule


def site_rule(model: Model, values: Values, limit: float, width: float = 0.25) -> tuple[Array, Array]:
    """The site measure P(w | s) as nodes and weights; of a sphere, Lebesgue measure over its volume per site."""
    weights = model.weights[0]
    exact = {s: sp.Float(x, 17) for s, x in values.items()}
    low, high = (number(e, values) for e in weights.support) if weights.support is not None else (-np.inf, np.inf)
    low, high = max(low, -limit), min(high, limit)
    if weights.measure == "sphere":
        radius = number(weights.radius, values)
        x, w = LineMeasure(sp.S.One, weights.symbol).rule((), low, high, width)
        return x, w * np.exp(-_log_sphere(radius))
    penalty = sp.S.One
    if weights.penalty is not None:
        penalty = sp.exp(-model.beta * weights.penalty).xreplace(exact)
    if weights.measure == "lebesgue":
        return LineMeasure(penalty, weights.symbol).rule((), low, high, width)
    nodes, sizes = [], []
    for weight, component in weights.law.components:
        size = 1.0 if weights.measure == "count" else number(weight, values)
        if isinstance(component, Atom):
            x, w = component_rule(component, values)
        else:
            a, b, body = low, high, None
            if isinstance(component, Normal):
                mean, variance = component.mean.xreplace(exact), component.variance.xreplace(exact)
                body = sp.exp(-((weights.symbol - mean) ** 2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)
            else:
                body = component.pdf.xreplace({component.variable: weights.symbol}).xreplace(exact)
                a, b = max(low, number(component.lower, values)), min(high, number(component.upper, values))
            x, w = LineMeasure(body, weights.symbol).rule((), a, b, width, measure_seeds(model, values))
        if weights.penalty is not None:
            w = w * compiled(penalty, (weights.symbol,))(x)
        nodes.append(x)
        sizes.append(size * w)
    return np.concatenate(nodes), np.concatenate(sizes)


def _log_sphere(radius: float) -> float:
    """lim log(area of the sphere w^2 = radius*N in N dimensions)/N, from large N."""

    def per_site(n: float) -> float:
        area = np.log(2.0) + n / 2 * np.log(np.pi) - special.gammaln(n / 2) + (n - 1) / 2 * np.log(radius * n)
        return float(area / n)

    return 2 * per_site(2e9) - per_site(1e9)


def measure_seeds(model: Model, values: Values) -> tuple[float, ...]:
    """Points that resolve narrow normal components of the site measure."""
    law = model.weights[0].law
    seeds: list[float] = []
    for _, component in law.components if law is not None else ():
        if isinstance(component, Normal):
            mean, sd = number(component.mean, values), np.sqrt(number(component.variance, values))
            seeds += [mean + k * sd for k in (-6, -3, -1, 0, 1, 3, 6)]
    return tuple(seeds)


# ----------------------------------------------------------------------------------------- labels


@dataclass(frozen=True)
class Labels:
    """The labels of a channel by sampling their noise (stratified or quasi-random), or by the law as written."""

    channel: Channel
    point: Values
    noise: dict[sp.Symbol, Array]

    @classmethod
    def of(cls, channel: Channel, point: Values, samples: int = 4096) -> Labels:
        """Draw the noise of a channel once."""
        count = len(channel.noise)
        if count <= 1:
            uniform = ((np.arange(samples) + 0.5) / samples)[:, None]
        else:
            uniform = qmc.Sobol(count, seed=7).random(samples)
        noise = {s: quantiles(law, uniform[:, j], point) for j, (_, s, law) in enumerate(channel.noise)}
        return cls(channel, point, noise)

    @property
    def is_function(self) -> bool:
        """Whether the label is a function of fields and noise."""
        return self.channel.label is not None and self.channel.label.kind == "function"

    def draws(self, z: float) -> Array:
        """Labels at a teacher field, equally likely."""
        expression = self.channel.label.expression.xreplace({s: sp.Float(x, 17) for s, x in self.point.items()})
        names, values = tuple(self.noise), list(self.noise.values())
        if self.channel.teacher:
            names, values = (self.channel.teacher[0].symbol, *names), [np.float64(z), *values]
        size = len(next(iter(self.noise.values()))) if self.noise else 1
        return np.broadcast_to(compiled(expression, names)(*values), (size,))

    def law(self, y: Array | float, z: Array | float) -> Array:
        """P(y | z) as written."""
        expression = self.channel.label.expression.xreplace({s: sp.Float(x, 17) for s, x in self.point.items()})
        if self.channel.teacher:
            return compiled(expression, (self.channel.y, self.channel.teacher[0].symbol))(y, z)
        return compiled(expression, (self.channel.y,))(y) + 0 * np.asarray(z)

    def atoms(self, scale: float = 1.0) -> list[float]:
        """The values that occur with positive probability."""
        if not self.is_function:
            return [number(v, self.point) for v in self.channel.label.values]
        found: set[float] = set()
        for z in scale * np.linspace(-3.7, 3.9, 60):
            values, counts = np.unique(np.round(self.draws(float(z)), 11), return_counts=True)
            keep = counts > max(1, len(self.draws(float(z))) // 2000) if self.noise else counts > 0
            found |= set(values[keep])
        if self.noise:
            return sorted(found)
        zs = scale * np.array([-2.13, -0.77, -0.31, 0.29, 0.83, 2.17])  # without noise: values shared by fields
        values, counts = np.unique(np.round([self.draws(z + d)[0] for z in zs for d in (0.0, 1e-4)], 11),
                                   return_counts=True)
        return sorted(float(v) for v, c in zip(values, counts, strict=True) if c > 1)

    def nodes(self, scale: float = 1.0) -> list[tuple[float, float]]:
        """Labels with weights of a law as written: values, natural numbers, or nodes of a rule in y."""
        label = self.channel.label
        if label.space == "finite":
            return [(number(v, self.point), 1.0) for v in label.values]
        if label.space == "natural":
            return [(float(k), 1.0) for k in range(80)]
        y, w = gauss_panels(np.linspace(*self.span(scale), 19))
        return list(zip(y.tolist(), w.tolist(), strict=True))

    def span(self, scale: float = 1.0) -> tuple[float, float]:
        """A range that carries the mass of real labels."""
        if not self.is_function:
            grid = np.linspace(-80.0, 80.0, 8001)
            heavy = np.zeros(grid.shape, dtype=bool)
            for z in scale * np.array([-8.0, -4.0, -1.0, 0.0, 1.0, 4.0, 8.0]):
                heavy |= np.nan_to_num(self.law(grid, z)) > 1e-16
            inside = grid[heavy]
            return (float(inside.min()), float(inside.max())) if inside.size else (-20.0, 20.0)
        values = np.concatenate([self.draws(float(z)) for z in scale * np.linspace(-3.5, 3.5, 15)])
        centre = float(np.median(values))
        half = 2.5 * float(np.max(np.abs(values - centre))) + 1e-3
        return centre - half, centre + half


def quantiles(law: Law, uniform: Array, point: Values) -> Array:
    """Draws of a law from uniform numbers, component by component."""
    result, start = np.zeros(uniform.shape), 0.0
    for index, (weight, component) in enumerate(law.components):
        size = number(weight, point)
        last = index == len(law.components) - 1
        inside = (uniform >= start) & ((uniform < start + size) | last)
        u = (uniform[inside] - start) / size
        if isinstance(component, Atom):
            result[inside] = number(component.point, point)
        elif isinstance(component, Normal):
            sd = np.sqrt(number(component.variance, point))
            result[inside] = number(component.mean, point) + sd * special.ndtri(u)
        else:
            x, w = component_rule(component, point)
            order = np.argsort(x)
            result[inside] = np.interp(u, np.cumsum(w[order]) - w[order] / 2, x[order])
        start += size
    return result


def factor_values(
    model: Model, channel: Channel, point: Values, y: Array | float | None, h: Array, shifts: Values | None = None
) -> Array:
    """F(y, h) of a channel whose factor is written out (not "bayes")."""
    body: sp.Basic = channel.factor_expression
    exact = {s: sp.Float(x, 17) for s, x in {**point, **(shifts or {})}.items()}
    if channel.factor == "loss":
        body = sp.exp(-model.beta * body)
    elif channel.factor == "constraint":
        body = sp.Piecewise((1, body), (0, True))
    body = body.xreplace(exact)
    names: tuple[sp.Symbol, ...] = (channel.student[0].symbol,)
    if y is None:
        return compiled(body, names)(h)
    return compiled(body, (*names, channel.y))(h, y)

