"""The model as written, in numbers: parameters, laws, quenched variables, site measures.

Only `derive.spec.model` is read here; nothing of the derivation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from derive.replica.checks.measure import (
    Array,
    LineMeasure,
    compiled,
    gaussian_rule,
    number,
    rounded,
)
from derive.spec.functions import Step
from derive.spec.model import Atom, Component, Density, Law, Model, Normal, Table

__all__ = [
    "Values",
    "component_rule",
    "measure_seeds",
    "parameter_point",
    "quenched_rule",
    "site_rule",
]

Values = dict[sp.Symbol, float]


def parameter_point(model: Model) -> Values:
    """Generic values inside the domains, near the defaults."""
    point: Values = {}
    powers = {s for e in model.energies for x in e.expression.atoms(sp.Pow) for s in x.exp.free_symbols}
    for p in model.parameters:
        if p.symbol in powers:  # a power of an overlap that may be negative
            point[p.symbol] = float(round(number(p.default))) if p.default is not None else 3.0
            continue
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
    laws: list[tuple[sp.Symbol, Any]] = [(q.symbol, q.law) for q in model.quenched if not isinstance(q.law, Table)]
    columns = {q.symbol: q.law.values for q in model.quenched if isinstance(q.law, Table)}
    normal = [s for s, law in laws if any(isinstance(c, Normal) for _, c in law.components)]
    fields = [f.coefficient for c in model.channels for f in (*c.student, *c.teacher)]
    kinks = any(sp.S(f).has(sp.sign, sp.Abs, sp.Max, sp.Min, sp.Piecewise, Step) for f in fields)
    if len(normal) > 1 and not kinks:
        panels = 0  # smooth functions of several normal variables: Gauss-Hermite
    rule: list[tuple[Values, float]] = [({}, 1.0)]
    if columns:  # sites are rows, drawn with equal weight
        rows = list(zip(*columns.values(), strict=True))
        rule = [(dict(zip(columns, row, strict=True)), 1 / len(rows)) for row in rows]
    for symbol, law in laws:
        wider = []
        for values, weight in rule:
            x, w = law_rule(law, {**point, **values}, panels)
            for a, b in zip(x.tolist(), w.tolist(), strict=True):
                if weight * b > 1e-13:
                    wider.append(({**values, symbol: a}, weight * b))
        rule = wider
    return rule


def site_rule(model: Model, values: Values, limit: float, width: float = 0.25) -> tuple[Array, Array]:
    """The site measure P(w | s) as nodes and weights; of a sphere, Lebesgue measure over its volume."""
    weights: Any = model.weights[0]
    used = {model.beta} if isinstance(model.beta, sp.Expr) else set()
    used |= {e for e in (weights.radius, weights.penalty, *(weights.support or ())) if e is not None}
    for weight, component in weights.law.components if weights.law is not None else ():
        used |= {weight, *(getattr(component, name, sp.S.One) for name in _FIELDS)}
    symbols = set().union(*(e.free_symbols for e in used)) if used else set()
    given = tuple(sorted(((s, x) for s, x in values.items() if s in symbols), key=str))
    key = (model.hash, weights.name, given, rounded(limit), width)
    if key not in _SITE_RULES:
        if len(_SITE_RULES) > 5000:
            _SITE_RULES.clear()
        _SITE_RULES[key] = _site_rule(model, dict(given), rounded(limit), width)
    return _SITE_RULES[key]


_FIELDS = ("point", "mean", "variance", "pdf", "lower", "upper")
_SITE_RULES: dict[tuple, tuple[Array, Array]] = {}


def _site_rule(model: Model, values: Values, limit: float, width: float) -> tuple[Array, Array]:
    weights: Any = model.weights[0]
    beta: Any = model.beta
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
        penalty = sp.exp(-beta * weights.penalty).xreplace(exact)
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
