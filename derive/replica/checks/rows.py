"""Labels of one sample as rows (probability, factor at given fields): by the model as written, by the derivation.

The model's rows come from its label function with sampled noise, or from its law; real labels of a Bayes factor meet
after blurring, since a sharp label has no density at a fixed field.  The derivation's rows use its components.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from derive.calculus.labels import LabelAtom, LabelDensity, LabelNaturals
from derive.calculus.partition import INNER
from derive.replica.checks.labels import Labels, factor_values
from derive.replica.checks.measure import Array, LineMeasure, compiled, number
from derive.replica.checks.points import Point
from derive.replica.system import ChannelPart, ComponentPart
from derive.spec.model import Channel

__all__ = ["Rows", "derived_rows", "factor_at", "label_values", "law_values", "model_rows", "real_nodes"]


@dataclass(frozen=True)
class Rows:
    """Probabilities (K,) and factors (K, fields)."""

    chance: Array
    factor: Array


def _blur(grid: Array, y: Array, weights: Array, width: float) -> Array:
    kernel = np.exp(-((grid[:, None] - y[None, :]) ** 2) / (2 * width**2)) / (np.sqrt(2 * np.pi) * width)
    return kernel @ weights


def blur_grid(span: tuple[float, float]) -> tuple[Array, float, float]:
    """Blurred labels: a grid, its spacing and the width of the window."""
    low, high = span
    width = (high - low) / 20
    grid = np.linspace(low - 6 * width, high + 6 * width, 161)
    return grid, float(grid[1] - grid[0]), width


# -------------------------------------------------------------------------------------- as written


def model_rows(
    labels: Labels | None,
    channel: Channel,
    point: Point,
    scale: float,
    span: tuple[float, float],
    z: float,
    h: Array,
) -> Rows:
    """The labels of a sample with teacher field z, and the factor at the student fields h."""
    model = point.system.model
    if labels is None:
        return Rows(np.ones(1), factor_values(model, channel, point.parameters, None, h, point.globals)[None, :])

    def written(y: Array) -> Array:
        shape = (len(y), len(h))
        y, wide = np.broadcast_to(y[:, None], shape), np.broadcast_to(h[None, :], shape)
        return factor_values(model, channel, point.parameters, y, wide, point.globals)

    if not labels.is_function:
        y, w = np.array(labels.nodes(scale)).T
        chance = w * np.array([labels.law(a, z) for a in y])
        if channel.factor == "bayes":
            return Rows(chance, np.array([labels.law(a, h) for a in y]))
        return Rows(chance, written(y))
    if channel.factor != "bayes":
        y = labels.draws(z)
        return Rows(labels.chances, written(y))
    atoms = labels.atoms(scale)
    chance = [labels.chance(v, z) for v in atoms]
    factor = [[labels.chance(v, float(x)) for x in h] for v in atoms]
    smooth = [labels.real(float(x), atoms) for x in (z, *h)]
    if any(y.size for y, _ in smooth):
        grid, step, width = blur_grid(span)
        blurred = [_blur(grid, y, p, width) for y, p in smooth]
        chance += list(step * blurred[0])
        factor += list(np.array(blurred[1:]).T)
    return Rows(np.array(chance), np.array(factor).reshape(len(chance), len(h)))


# --------------------------------------------------------------------------------------- as derived


def _symbol(component: ComponentPart) -> sp.Symbol:
    """The symbol of a component's real or natural label."""
    assert isinstance(component.label, (LabelDensity, LabelNaturals))
    return component.label.symbol


def law_values(component: ComponentPart, point: Point, y: float | None, z: Array | float) -> Array:
    """P(y | z) of a component."""
    exact = {s: sp.Float(x, 17) for s, x in point.parameters.items()}
    others = () if y is None else (_symbol(component),)
    given = () if y is None else (y,)
    if component.law_partition is None:
        return compiled(sp.S(component.law).xreplace(exact), others)(*given) + 0.0 * np.asarray(z)
    return compiled(component.law_partition.body.xreplace(exact), (INNER, *others))(z, *given)


def factor_at(component: ComponentPart, point: Point, y: float | None, h: Array | float) -> Array:
    """F(y, h) of a component, learned shifts included."""
    exact = {s: sp.Float(x, 17) for s, x in point.parameters.items()}
    others, given = ((), ()) if y is None else ((_symbol(component),), (y,))
    shift = number(component.shift, point.parameters | point.globals)
    return compiled(component.partition.body.xreplace(exact), (INNER, *others))(h + shift, *given)


def real_nodes(
    component: ComponentPart,
    point: Point,
    span: tuple[float, float],
    body: sp.Basic,
    field: float | None,
    panels: int = 24,
) -> tuple[Array, Array]:
    """A law or factor at a field as nodes and weights in the label's symbol; point masses become nodes."""
    label: Any = component.label
    exact = {s: sp.Float(x, 17) for s, x in point.parameters.items()}
    if label.slope != 1:  # the symbol is a root of y = f(u), a field
        reach = 12 * point.scales()[0]
        span = (-reach, reach)
    low = max(span[0], number(label.lower, point.parameters))
    high = min(span[1], number(label.upper, point.parameters))
    if not low < high:
        return np.zeros(0), np.zeros(0)
    others, given = ((), ()) if field is None else ((INNER,), (field,))
    return LineMeasure(sp.S(body).xreplace(exact), label.symbol, others).rule(given, low, high, (high - low) / panels)


def label_values(component: ComponentPart, point: Point, u: Array) -> Array:
    """The labels y = value(u) of a component's real label."""
    label: Any = component.label
    exact = {s: sp.Float(x, 17) for s, x in point.parameters.items()}
    return compiled(label.value.xreplace(exact), (label.symbol,))(u)


def derived_rows(
    part: ChannelPart, component: ComponentPart, channel: Channel, point: Point, span, z: float, h: Array
) -> Rows:
    """The rows of one component of the derivation; joined label values give a second set of rows."""
    label: Any = component.label
    law = component.law if component.law_partition is None else component.law_partition.body
    where = z if component.law_partition is not None else None
    if (
        isinstance(label, LabelDensity)
        and channel.factor == "bayes"
        and channel.label is not None
        and channel.label.kind == "function"
    ):
        grid, step, width = blur_grid(span)

        def blurred(body: sp.Basic, field: float | None) -> Array:
            u, w = real_nodes(component, point, span, body, field)
            return _blur(grid, label_values(component, point, u), w, width)

        chance = step * blurred(law, where)
        columns = [blurred(component.partition.body, float(x)) for x in h]
        return Rows(chance, np.array(columns).T)
    if isinstance(label, LabelDensity):
        y, w = real_nodes(component, point, span, law, where, panels=240)  # the factor has kinks of its own
        return Rows(w, np.array([factor_at(component, point, float(a), h) for a in y]).reshape(len(y), len(h)))
    if isinstance(label, LabelNaturals):
        ys = [float(k) for k in range(120)]
        chance = np.array([float(law_values(component, point, y, z)) for y in ys])
        return Rows(chance, np.array([factor_at(component, point, y, h) for y in ys]))
    chances: list[float] = []
    factors: list[Array] = []
    signs = (1.0, -1.0) if component.multiplicity == 2 else (1.0,) * component.multiplicity
    for sign in signs:
        assert label is None or isinstance(label, LabelAtom)
        chances.append(1.0 if label is None else float(law_values(component, point, None, sign * z)))
        factors.append(factor_at(component, point, None, sign * h))
    return Rows(np.array(chances), np.array(factors))
