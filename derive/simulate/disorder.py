"""One sample of the disorder: quenched site variables, inputs, teacher fields and labels, drawn as the model says.

With N sites, x_i = mean_i/sqrt(N) + sd_i*g_i and a field is sum_i x_i f_i/sqrt(N).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.special
import sympy as sp
from numpy.typing import NDArray

from derive.errors import ModelError
from derive.simulate.closing import Closing
from derive.simulate.densities import draw_density
from derive.spec.evaluate import evaluate
from derive.spec.model import Atom, Channel, Density, Law, Normal, Table

__all__ = [
    "Samples",
    "channel_samples",
    "draw_labels",
    "draw_law",
    "draw_sites",
    "label_columns",
    "on_sites",
    "student_factor",
]

Array = NDArray[np.float64]
Values = Mapping[sp.Symbol, Array]

MOST_COUNTS = 100_000
TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of one channel.

    `matrix` of shape (P, N) maps weights to student fields; `fields` holds the P teacher fields by symbol; `labels` are
    the P labels, or None.
    """

    matrix: Array
    fields: Values
    labels: Array | None


def on_sites(expression: sp.Basic, closing: Closing, sites: Values, size: int) -> Array:
    """The N values of an expression of quenched variables and parameters."""
    return np.broadcast_to(evaluate(closing(expression), sites), (size,))


def student_factor(channel: Channel, weight: sp.Symbol) -> sp.Expr:
    """The c of the student field c*w of a channel."""
    coefficient = channel.student[0].coefficient
    assert isinstance(coefficient, sp.Expr)
    return coefficient.diff(weight)


def draw_law(law: Law, closing: Closing, values: Values, choice: Array, place: Array) -> Array:
    """Return numbers with a law, from two uniform numbers each: one chooses the component, one the place in it.

    Parameters
    ----------
    law : Law
        A sum of atoms, normals and densities.
    values : mapping
        Arrays of n numbers for the earlier variables that the law uses.
    choice, place : array of shape (n,)
        Uniform numbers.
    """
    count = choice.size
    parts = [np.broadcast_to(evaluate(closing(w), values), (count,)) for w, _ in law.components]
    edges = np.cumsum(parts, axis=0)
    which = np.sum(choice * edges[-1] > edges[:-1], axis=0)
    result = np.empty(count)
    for k, (_, component) in enumerate(law.components):
        rows = which == k
        if not rows.any():
            continue
        here = {s: np.broadcast_to(v, (count,))[rows] for s, v in values.items()}
        uniform = np.clip(place[rows], TINY, 1 - 1e-16)

        def number(expression: sp.Expr, here: Values = here, n: int = uniform.size) -> Array:
            closed = closing(expression)
            return evaluate(closed, here) if not closed.free_symbols else np.broadcast_to(evaluate(closed, here), (n,))

        if isinstance(component, Atom):
            result[rows] = number(component.point)
        elif isinstance(component, Normal):
            spread = np.sqrt(number(component.variance))
            result[rows] = number(component.mean) + spread * scipy.special.ndtri(uniform)
        elif isinstance(component, Density):
            ends = number(component.lower), number(component.upper)
            result[rows] = draw_density(closing(component.pdf), component.variable, *ends, here, uniform)
        else:
            raise ModelError("laws of several components are not simulated")
    return result


def draw_sites(closing: Closing, size: int, random: np.random.Generator) -> dict[sp.Symbol, Array]:
    """Draw the quenched variables of N sites.

    Rows of a table occur equally often, in a random order; what is left of N is drawn without repetition.
    """
    sites: dict[sp.Symbol, Array] = {}
    rows: dict[str, NDArray[np.int64]] = {}
    for q in closing.model.quenched:
        if isinstance(q.law, Table):
            column = closing.tables.column(q.law)
            if q.law.path not in rows:
                whole = np.tile(np.arange(column.size), size // column.size)
                rest = random.permutation(column.size)[: size % column.size]
                rows[q.law.path] = random.permutation(np.concatenate([whole, rest]))
            sites[q.symbol] = column[rows[q.law.path]]
        else:
            sites[q.symbol] = draw_law(q.law, closing, sites, random.random(size), random.random(size))
    return sites


# ------------------------------------------------------------------------------------------- labels


def label_columns(channel: Channel) -> int:
    """How many uniform numbers a label takes."""
    return 0 if channel.label is None else 2 * len(channel.noise) if channel.label.kind == "function" else 1


def draw_labels(channel: Channel, closing: Closing, fields: Values, uniform: Array) -> Array | None:
    """Return the labels of n samples at given teacher fields, from uniform numbers (n, `label_columns`)."""
    label, count = channel.label, uniform.shape[0]
    if label is None:
        return None
    expression = closing(label.expression)
    if label.kind == "function":
        values = dict(fields)
        for j, (_, symbol, law) in enumerate(channel.noise):
            values[symbol] = draw_law(law, closing, {}, uniform[:, 2 * j], uniform[:, 2 * j + 1])
        return np.array(np.broadcast_to(evaluate(expression, values), (count,)))
    if label.space == "finite":
        points = np.array([float(evaluate(closing(v), {})) for v in label.values])
        parts = [np.broadcast_to(evaluate(expression, {**fields, channel.y: p}), (count,)) for p in points]
        edges = np.cumsum(parts, axis=0)
        return points[np.sum(uniform[:, 0] * edges[-1] > edges[:-1], axis=0)]
    if label.space == "natural":
        return _counts(expression, channel.y, fields, uniform[:, 0])
    infinite = np.asarray(np.inf)
    return draw_density(expression, channel.y, -infinite, infinite, fields, uniform[:, 0])


def _counts(law: sp.Expr, y: sp.Symbol, fields: Values, uniform: Array) -> Array:
    """Natural numbers by adding up their probabilities until the sum passes a uniform number."""
    result, left = np.zeros(uniform.size), np.arange(uniform.size)
    total = np.zeros(uniform.size)
    for k in range(MOST_COUNTS):
        here = {s: np.broadcast_to(v, uniform.shape)[left] for s, v in fields.items()}
        term = np.broadcast_to(evaluate(law, {**here, y: float(k)}), left.shape)
        if not np.isfinite(term).all():
            raise ModelError(
                f"the probability of the label {k} is no finite number at some field; write it differently"
            )
        total[left] += term
        result[left] = k
        left = left[total[left] < np.minimum(uniform[left], 1 - 1e-9)]
        if not left.size:
            return result
    raise ModelError(f"a label exceeds {MOST_COUNTS}: its law has no finite numbers to draw")


# ------------------------------------------------------------------------------------------- inputs


def channel_samples(
    channel: Channel, closing: Closing, sites: Values, weight: sp.Symbol, size: int, random: np.random.Generator
) -> Samples:
    """Draw P = samples*N samples of a channel."""
    count = round(float(evaluate(closing(channel.samples), {})) * size)
    root = np.sqrt(size)
    inputs: Array = random.standard_normal((count, size)) * on_sites(channel.input_sd, closing, sites, size)
    uniform = random.random((count, label_columns(channel)))
    mean = closing(channel.input_mean)
    labels: Array | None = None
    if mean.has_free(channel.y):
        labels = draw_labels(channel, closing, {}, uniform)
        assert labels is not None
        wide = {s: np.asarray(v)[None, :] for s, v in sites.items()}
        inputs += np.broadcast_to(evaluate(mean, {**wide, channel.y: labels[:, None]}), inputs.shape) / root
    elif mean != 0:
        inputs += np.broadcast_to(evaluate(mean, sites), (size,)) / root
    fields = {f.symbol: inputs @ on_sites(f.coefficient, closing, sites, size) / root for f in channel.teacher}
    if labels is None:
        labels = draw_labels(channel, closing, fields, uniform)
    inputs *= on_sites(student_factor(channel, weight), closing, sites, size) / root
    return Samples(inputs, fields, labels)
