"""From the samples to the function that is minimised: losses of fields, penalties of weights, learned globals.

A global b enters a loss as a shift of the field, loss(y, h + s*b), so that it is one more column of the matrix, of
entries s, without a penalty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from derive.errors import ModelError
from derive.simulate.closing import Closing
from derive.simulate.disorder import Samples
from derive.simulate.minimise import Total
from derive.simulate.scalars import Scalars, Stack
from derive.simulate.shape import Shape, breakpoints, is_piecewise_linear, shape_of
from derive.spec.evaluate import evaluate
from derive.spec.model import Channel

__all__ = ["Forms", "build_total", "forms_of"]

Array = NDArray[np.float64]

GRID = np.sort(np.concatenate([np.linspace(-8, 8, 97), [-30.0, -20.0, -12.0, 12.0, 20.0, 30.0]]))
ROWS = 100  # samples whose loss is looked at


@dataclass(frozen=True, slots=True)
class ChannelForm:
    """The factor of a channel in one variable u = h + sum_k shifts[k]*b_k: a loss, or a condition on u."""

    channel: Channel
    shifts: tuple[sp.Expr, ...]
    loss: Shape
    condition: sp.Basic | None
    ends: tuple[sp.Expr, ...]


@dataclass(frozen=True, slots=True)
class Forms:
    """All factors of the model, the penalty of a weight and its interval."""

    channels: tuple[ChannelForm, ...]
    penalty: Shape
    support: tuple[float, float]


def forms_of(closing: Closing) -> Forms:
    """Bring the factors of a model into the forms that the minimiser takes.

    Raises
    ------
    ModelError
        If a global is no shift of the field, or a constraint is not decided by linear bounds.
    """
    model = closing.model
    weights = model.weights[0]
    penalty = sp.S.Zero if weights.penalty is None else closing(weights.penalty)
    support = (-np.inf, np.inf)
    if weights.support is not None:
        low, high = (float(evaluate(closing(e), {})) for e in weights.support)
        support = (low, high)
    names = [g.symbol for g in model.globals]
    channels = tuple(_channel_form(c, closing, names) for c in model.channels)
    return Forms(channels, shape_of(penalty, weights.symbol), support)


def _channel_form(channel: Channel, closing: Closing, names: Sequence[sp.Symbol]) -> ChannelForm:
    h = channel.student[0].symbol
    expression = closing(channel.factor_expression)
    shifts = tuple(_shift(expression, channel, h, b, names) for b in names)
    plain = expression.xreplace(dict.fromkeys(names, sp.S.Zero))
    if channel.factor == "loss":
        return ChannelForm(channel, shifts, shape_of(plain, h), None, ())
    if not is_piecewise_linear(plain, h):
        raise ModelError(f"channel[{channel.index}]: a constraint whose bounds are not linear in {h} is not simulated")
    return ChannelForm(channel, shifts, shape_of(sp.S.Zero, h), plain, breakpoints(plain, h))


def _shift(expression: sp.Basic, channel: Channel, h: sp.Symbol, b: sp.Symbol, names: Sequence[sp.Symbol]) -> sp.Expr:
    """The s of expression(h + s*b); checked with numbers."""
    if not expression.has_free(b):
        return sp.S.Zero
    others = {n: sp.S.Zero for n in names if n != b}
    candidates: dict[sp.Expr, None] = {}
    for node in sp.preorder_traversal(expression):
        if isinstance(node, sp.Add) and node.has_free(h) and node.has_free(b):
            in_h, in_b = node.diff(h), node.diff(b)
            if not any(e.has_free(h, b) for e in (in_h, in_b)) and in_h != 0:
                candidates[sp.cancel((in_b / in_h).xreplace(others))] = None
    random = np.random.default_rng(1)
    u, at, y = (random.normal(size=40) * 2 for _ in range(3))
    label = np.where(np.arange(40) % 2, y, np.sign(y))
    for shift in candidates:
        if shift.free_symbols - {channel.y}:
            continue
        values = {channel.y: label, h: u, **dict.fromkeys(names, np.zeros(40))}
        moved = {**values, b: at, h: u - at * evaluate(shift, {channel.y: label})}
        if np.allclose(evaluate(expression, values), evaluate(expression, moved), rtol=1e-9, atol=1e-9, equal_nan=True):
            return shift
    message = f"channel[{channel.index}]: the global {b} is not a shift of the student field, and is not simulated"
    raise ModelError(message)


def build_total(forms: Forms, closing: Closing, samples: Sequence[Samples], sites: Mapping[sp.Symbol, Array]) -> Total:
    """Return the total of one sample of the disorder; its unknowns are the N weights, then the globals."""
    size = samples[0].matrix.shape[1]
    globals_ = len(closing.model.globals)
    blocks, rows = [], []
    for form, data in zip(forms.channels, samples, strict=True):
        count = data.matrix.shape[0]
        values = {} if data.labels is None else {form.channel.y: data.labels}
        columns = [np.broadcast_to(evaluate(s, values), (count,)) for s in form.shifts]
        rows.append(np.column_stack([data.matrix, *columns]))
        lower, upper = _interval(form, values, count)
        blocks.append(Scalars(form.loss, values, count, lower, upper))
        if form.condition is None:
            _check_convex(blocks[-1], f"channel[{form.channel.index}]: the loss", form.channel.y)
    penalty = Scalars(forms.penalty, sites, size, *forms.support)
    name = closing.model.weights[0].name
    _check_convex(penalty, f"weights.{name}: the penalty", None)
    none = Scalars(shape_of(sp.S.Zero, closing.model.weights[0].symbol), {}, globals_)
    return Total(np.concatenate(rows), Stack(blocks), Stack([penalty, none]))


def _interval(form: ChannelForm, values: Mapping[sp.Symbol, Array], count: int) -> tuple[Array, Array]:
    """Ends of the intervals of u that satisfy the condition of a channel."""
    lower, upper = np.full(count, -np.inf), np.full(count, np.inf)
    if form.condition is None:
        return lower, upper
    where = f"channel[{form.channel.index}]: the constraint"
    ends = np.stack([np.broadcast_to(evaluate(e, values), (count,)) for e in form.ends], axis=1)
    largest = np.max(np.where(np.isfinite(ends), ends, -np.inf), axis=1, keepdims=True)
    ends = np.sort(np.where(np.isfinite(ends), ends, np.where(np.isfinite(largest), largest, 0.0)), axis=1)
    # One point inside each piece of the line between the ends.
    points = np.concatenate([ends[:, :1] - 1, (ends[:, 1:] + ends[:, :-1]) / 2, ends[:, -1:] + 1], axis=1)
    proper = np.ones(points.shape, dtype=bool)
    proper[:, 1:-1] = np.diff(ends, axis=1) > 0
    wide = {s: v[:, None] for s, v in values.items()}
    allowed = np.broadcast_to(evaluate(form.condition, {**wide, form.loss.variable: points}), points.shape) > 0.5
    holds = allowed & proper
    if not holds.any(axis=1).all():
        raise ModelError(f"{where} is satisfied by no field at some labels")
    borders = np.concatenate([np.full((count, 1), -np.inf), ends, np.full((count, 1), np.inf)], axis=1)
    begin, end = np.argmax(holds, axis=1), holds.shape[1] - 1 - np.argmax(holds[:, ::-1], axis=1)
    pieces = np.arange(holds.shape[1])
    if (proper & ~allowed & (pieces > begin[:, None]) & (pieces < end[:, None])).any():
        raise ModelError(f"{where} allows fields that are no interval: the problem is not convex, and is not simulated")
    lower, upper = borders[np.arange(count), begin], borders[np.arange(count), end + 1]
    return lower, upper


def _check_convex(functions: Scalars, what: str, label: sp.Symbol | None) -> None:
    """Refuse functions that are visibly not convex, or not finite, at a few values of their symbols."""
    count = min(functions.count, ROWS)
    if not count or functions.shape.zero:
        return
    values = {s: v[:count] if np.ndim(v) else v for s, v in functions.values.items()}
    few = Scalars(functions.shape, values, count, functions.lower[:count], functions.upper[:count])
    grid = np.broadcast_to(GRID, (count, GRID.size))
    breaks = np.where(np.isfinite(few.places), few.places, 0.0)
    grid = np.sort(np.concatenate([grid, breaks], axis=1), axis=1)
    grid = np.clip(grid, few.lower[:, None], few.upper[:, None])
    height = few.value(grid)
    end = (grid == few.lower[:, None]) | (grid == few.upper[:, None])
    if not (np.isfinite(height) | end).all():
        i, j = np.argwhere(~np.isfinite(height) & ~end)[0]
        raise ModelError(f"{what} is not finite at {functions.shape.variable} = {grid[i, j]:.4g}; it is not simulated")
    left, middle, right = grid[:, :-2], grid[:, 1:-1], grid[:, 2:]
    with np.errstate(all="ignore"):
        part = np.where(right > left, (middle - left) / (right - left), 0.0)
    chord = height[:, :-2] * (1 - part) + height[:, 2:] * part
    excess = height[:, 1:-1] - chord - 1e-9 * (1 + np.abs(chord))
    if (excess > 0).any():
        i, j = np.unravel_index(int(np.argmax(excess)), excess.shape)
        at = f"{functions.shape.variable} = {middle[i, j]:.4g}"
        if label is not None and label in values:
            at += f", y = {np.broadcast_to(values[label], (count,))[i]:.4g}"
        raise ModelError(f"{what} is not convex (near {at}); only convex totals are simulated")
