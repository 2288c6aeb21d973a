"""Labels and factors as the model writes them: label functions on grids of their noise, laws, losses, constraints.

Only `derive.spec.model` is read here; nothing of the derivation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from derive.replica.checks.measure import Array, compiled, gauss_panels, number
from derive.replica.checks.spec import Values, component_rule
from derive.spec.model import Atom, Channel, Label, Law, Model, Normal

__all__ = ["FEW_COUNTS", "Labels", "factor_values", "quantiles"]

FEW_COUNTS = 6
"""Of natural numbers, moments of Z are compared over the first ones only: over all of them they need not exist."""


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
        spread = [law for _, _, law in channel.noise if not all(isinstance(c, Atom) for _, c in law.components)]
        size = round(samples ** (1 / max(1, len(spread))))
        noise: dict[sp.Symbol, Array] = {}
        chances = np.ones(1)
        for _, symbol, law in channel.noise:
            x, w = noise_grid(law, point, size)
            noise = {s: np.repeat(values, len(x)) for s, values in noise.items()}
            noise[symbol] = np.tile(x, len(chances))
            chances = np.multiply.outer(chances, w).ravel()
        return cls(channel, point, noise, chances)

    @property
    def label(self) -> Label:
        """The label of the channel."""
        assert self.channel.label is not None
        return self.channel.label

    @property
    def is_function(self) -> bool:
        """Whether the label is a function of fields and noise."""
        return self.label.kind == "function"

    def draws(self, z: float | Array) -> Array:
        """Labels at a teacher field (or several), with probabilities `chances`."""
        expression = self.label.expression.xreplace({s: sp.Float(x, 17) for s, x in self.point.items()})
        names: tuple[sp.Symbol, ...] = tuple(self.noise)
        values: list[Any] = list(self.noise.values())
        fields = [s for f in self.channel.teacher for s, _ in f.parts]
        names, values = (*fields, *names), [*map(np.float64, _separate(z, len(fields))), *values]
        return np.broadcast_to(compiled(expression, names)(*values), self.chances.shape)

    def chance(self, value: float, z: float | Array) -> float:
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
        expression = self.label.expression.xreplace({s: sp.Float(x, 17) for s, x in self.point.items()})
        fields = [s for f in self.channel.teacher for s, _ in f.parts]
        if fields:
            return compiled(expression, (self.channel.y, *fields))(y, *_separate(z, len(fields)))
        return compiled(expression, (self.channel.y,))(y) + 0 * np.asarray(z)

    def atoms(self, scale: float = 1.0) -> list[float]:
        """The values that occur with positive probability."""
        if not self.is_function:
            return [number(v, self.point) for v in self.label.values]
        found: set[float] = set()
        for z in scale * np.linspace(-3.7, 3.9, 60):
            values, counts = np.unique(np.round(self.draws(float(z)), 11), return_counts=True)
            found |= set(values[counts > max(2, len(self.chances) // 1000)])
        fields = scale * np.array([-2.13, -0.77, -0.31, 0.29, 0.83, 2.17])  # values shared by close fields
        shared = [set(np.round(self.draws(z), 11)) & set(np.round(self.draws(z + 1e-4), 11)) for z in fields.tolist()]
        if self.noise and not all(len(s) < 50 for s in shared):
            return sorted(found)  # a label that ignores its field
        return sorted(found.union(*shared))

    def nodes(self, scale: float = 1.0, counts: int = 120) -> list[tuple[float, float]]:
        """Labels with weights of a law as written: values, the first natural numbers, or nodes of a rule in y."""
        label = self.label
        if label.space == "finite":
            return [(number(v, self.point), 1.0) for v in label.values]
        if label.space == "natural":
            return [(float(k), 1.0) for k in range(counts)]
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
    component: Any
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
    body: Any = channel.factor_expression
    beta: Any = model.beta
    exact = {s: sp.Float(x, 17) for s, x in {**point, **(shifts or {})}.items()}
    if channel.factor == "loss":
        body = sp.exp(-beta * body)
    elif channel.factor == "constraint":
        body = sp.Piecewise((1, body), (0, True))
    body = body.xreplace(exact)
    names = [s for f in channel.student for s, _ in f.parts]
    fields = _separate(h, len(names))
    if y is None:
        return compiled(body, tuple(names))(*fields)
    return compiled(body, (*names, channel.y))(*fields, y)


def _separate(x: Array | float, count: int) -> tuple[Any, ...]:
    """The values of each field; several fields are along the last axis."""
    return () if count == 0 else (x,) if count == 1 else tuple(np.moveaxis(np.asarray(x), -1, 0))
