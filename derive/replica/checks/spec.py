"""The model as written, in numbers: quenched draws, site measures, labels by their noise, factors.

Only `derive.spec.model` is read here; nothing of the derivation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp
from scipy import special

from derive.replica.checks.measure import (
    Array,
    LineMeasure,
    compiled,
    gauss_panels,
    gaussian_rule,
    number,
    rounded,
)
from derive.spec.functions import Step
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
    if isinstance(component, Normal) and not panels:
        t, w = np.polynomial.hermite_e.hermegauss(24)
        mean, sd = number(component.mean, values), np.sqrt(number(component.variance, values))
        return mean + sd * t, w / np.sqrt(2 * np.pi)
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
    normal = [q for q in model.quenched if any(isinstance(c, Normal) for _, c in q.law.components)]
    fields = [f.coefficient for c in model.channels for f in (*c.student, *c.teacher)]
    kinks = any(sp.S(f).has(sp.sign, sp.Abs, sp.Max, sp.Min, sp.Piecewise, Step) for f in fields)
    if len(normal) > 1 and not kinks:
        panels = 0  # smooth functions of several normal variables: Gauss-Hermite
    rule: list[tuple[Values, float]] = [({}, 1.0)]
    for variable in model.quenched:
        wider = []
        for values, weight in rule:
            x, w = law_rule(variable.law, {**point, **values}, panels)
            for a, b in zip(x.tolist(), w.tolist(), strict=True):
                if weight * b > 1e-13:
                    wider.append(({**values, variable.symbol: a}, weight * b))
        rule = wider
    return rule


def site_rule(model: Model, values: Values, limit: float, width: float = 0.25) -> tuple[Array, Array]:
    """The site measure P(w | s) as nodes and weights; of a sphere, Lebesgue measure over its volume."""
    weights = model.weights[0]
    used = {model.beta} if isinstance(model.beta, sp.Expr) else set()
    used |= {e for e in (weights.radius, weights.penalty, *(weights.support or ())) if e is not None}
    for weight, component in weights.law.components if weights.law is not None else ():
        used |= {weight, *(getattr(component, name, sp.S.One) for name in _FIELDS)}
    symbols = set().union(*(e.free_symbols for e in used)) if used else set()
    given = tuple(sorted(((s, x) for s, x in values.items() if s in symbols), key=str))
    key = (model.hash, given, rounded(limit), width)
    if key not in _SITE_RULES:
        if len(_SITE_RULES) > 5000:
            _SITE_RULES.clear()
        _SITE_RULES[key] = _site_rule(model, dict(given), rounded(limit), width)
    return _SITE_RULES[key]


_FIELDS = ("point", "mean", "variance", "pdf", "lower", "upper")
_SITE_RULES: dict[tuple, tuple[Array, Array]] = {}


def _site_rule(model: Model, values: Values, limit: float, width: float) -> tuple[Array, Array]:
    weights = model.weights[0]
    exact = {s: sp.Float(x, 17) for s, x in values.items()}
    low, high = -limit, limit
    if weights.support is not None:
        low, high = (
            max(low, number(weights.support[0], values)),
            min(high, number(weights.support[1], values)),
        )
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
    """Lim log(area of the sphere w^2 = radius*N in N dimensions)/N, from large N."""

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
    chances: Array

    @classmethod
    def of(cls, channel: Channel, point: Values, samples: int = 4096) -> Labels:
        """A product of fine uniform grids, weighted by the densities of the noises."""
        size = round(samples ** (1 / max(1, len(channel.noise))))
        noise: dict[sp.Symbol, Array] = {}
        chances = np.ones(1)
        for _, symbol, law in channel.noise:
            x, w = noise_grid(law, point, size)
            noise = {s: np.repeat(values, len(x)) for s, values in noise.items()}
            noise[symbol] = np.tile(x, len(chances))
            chances = np.multiply.outer(chances, w).ravel()
        return cls(channel, point, noise, chances)

    @property
    def is_function(self) -> bool:
        """Whether the label is a function of fields and noise."""
        return self.channel.label is not None and self.channel.label.kind == "function"

    def draws(self, z: float) -> Array:
        """Labels at a teacher field, with probabilities `chances`."""
        expression = self.channel.label.expression.xreplace({s: sp.Float(x, 17) for s, x in self.point.items()})
        names, values = tuple(self.noise), list(self.noise.values())
        if self.channel.teacher:
            names, values = (self.channel.teacher[0].symbol, *names), [np.float64(z), *values]
        return np.broadcast_to(compiled(expression, names)(*values), self.chances.shape)

    def chance(self, value: float, z: float) -> float:
        """P(y = value | z)."""
        if not self.is_function:
            return float(self.law(value, z))
        return float(self.chances @ (np.abs(self.draws(z) - value) < 1e-9))

    def real(self, z: float, atoms: list[float]) -> tuple[Array, Array]:
        """The labels that are not atoms, with their probabilities."""
        draws = self.draws(z)
        keep = np.ones(draws.shape, dtype=bool)
        for value in atoms:
            keep &= np.abs(draws - value) >= 1e-9
        return draws[keep], self.chances[keep]

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
            found |= set(values[counts > max(2, len(self.chances) // 1000)])
        fields = scale * np.array([-2.13, -0.77, -0.31, 0.29, 0.83, 2.17])  # values shared by close fields
        shared = [set(np.round(self.draws(z), 11)) & set(np.round(self.draws(z + 1e-4), 11)) for z in fields.tolist()]
        if self.noise and not all(len(s) < 50 for s in shared):
            return sorted(found)  # a label that ignores its field
        return sorted(found.union(*shared))

    def nodes(self, scale: float = 1.0) -> list[tuple[float, float]]:
        """Labels with weights of a law as written: values, natural numbers, or nodes of a rule in y."""
        label = self.channel.label
        if label.space == "finite":
            return [(number(v, self.point), 1.0) for v in label.values]
        if label.space == "natural":
            return [(float(k), 1.0) for k in range(120)]
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
        values = np.concatenate([self.draws(float(z)) for z in scale * np.linspace(-8.0, 8.0, 17)])
        margin = 0.02 * float(np.ptp(values)) + 1e-3
        return float(values.min()) - margin, float(values.max()) + margin


def noise_grid(law: Law, point: Values, size: int) -> tuple[Array, Array]:
    """Midpoints of a uniform grid with the weights of the law, component by component."""
    nodes, weights = [], []
    for weight, component in law.components:
        share = number(weight, point)
        if isinstance(component, Atom):
            x, w = np.array([number(component.point, point)]), np.ones(1)
        else:
            reach = np.array([-8.5, 8.5])
            if isinstance(component, Normal):
                mean, sd = number(component.mean, point), np.sqrt(number(component.variance, point))
                low, high = mean + sd * reach
            else:
                x, w = component_rule(component, point)
                low, high = (
                    max(number(component.lower, point), -60.0),
                    min(number(component.upper, point), 60.0),
                )
                heavy = np.abs(w) > 1e-15
                low, high = max(low, x[heavy].min() - 0.1), min(high, x[heavy].max() + 0.1)
            x = low + (high - low) * (np.arange(size) + 0.5) / size
            if isinstance(component, Normal):
                w = np.exp(-((x - mean) ** 2) / (2 * sd**2))
            else:
                exact = {s: sp.Float(v, 17) for s, v in point.items()}
                w = compiled(component.pdf.xreplace(exact), (component.variable,))(x)
            w = w / w.sum()
        nodes.append(x)
        weights.append(share * w)
    return np.concatenate(nodes), np.concatenate(weights)


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
    model: Model,
    channel: Channel,
    point: Values,
    y: Array | float | None,
    h: Array,
    shifts: Values | None = None,
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
