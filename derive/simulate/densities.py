"""Grids that carry a probability density, and numbers drawn from it by the inverse of its distribution function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from derive.errors import ModelError
from derive.spec.evaluate import evaluate

__all__ = ["draw_density", "grid_of"]

Array = NDArray[np.float64]
Values = Mapping[sp.Symbol, Array]

POINTS = 1201
ROWS = 256  # densities that are tabulated together
WIDEST = 10.0  # the grid reaches sinh(WIDEST) scales from its centre
DEFECT = 2e-3  # of the total mass


def grid_of(
    pdf: sp.Expr, variable: sp.Symbol, lower: Array, upper: Array, values: Values, count: int
) -> tuple[Array, Array]:
    """Return points and masses, both (count, POINTS), of `count` densities on (lower, upper).

    A finite interval is covered by x = (a + b)/2 - (b - a)/2*cos t, which takes square roots at its ends; a half line
    by x = a + s*exp t, s the median's distance from a; the line by x = c + s*sinh t around the median c, with s a
    quarter of the distance between quartiles.

    Raises
    ------
    ModelError
        If the masses do not sum to one: the density is too rough to be tabulated.
    """
    values = {s: np.broadcast_to(v, (count,))[:, None] for s, v in values.items() if pdf.has_free(s)}
    low, high = (np.broadcast_to(np.asarray(e, dtype=float), (count,))[:, None] for e in (lower, upper))
    if np.isfinite(low).all() and np.isfinite(high).all():
        t = (np.arange(POINTS) + 0.5) * np.pi / POINTS
        x = (low + high) / 2 - (high - low) / 2 * np.cos(t)
        speed = (high - low) / 2 * np.sin(t) * (t[1] - t[0])
        return x, _masses(pdf, variable, x, speed, low, high, values)
    centres = [np.broadcast_to(evaluate(c, values), (count, 1)) for c in _centres(pdf, variable)]
    steps = np.concatenate([-np.geomspace(1e6, 1e-8, 300), [0.0], np.geomspace(1e-8, 1e6, 300)])
    x = np.sort(np.concatenate([c + steps for c in centres], axis=1), axis=1)
    height = _height(pdf, variable, x, low, high, values)
    mass = np.cumsum((height[:, 1:] + height[:, :-1]) / 2 * np.diff(x, axis=1), axis=1)
    mass = np.concatenate([np.zeros((count, 1)), mass], axis=1)
    quarter, median, third = (
        np.take_along_axis(x, np.argmax(mass >= p * mass[:, -1:], axis=1)[:, None], axis=1) for p in (0.25, 0.5, 0.75)
    )
    for end, sign in ((low, 1.0), (high, -1.0)):
        if np.isfinite(end).all():
            t = np.linspace(-30.0, WIDEST, POINTS)
            reach = np.maximum(sign * (median - end), 1e-12) * np.exp(t)
            x, speed = end + sign * reach, reach * (t[1] - t[0])
            return x[:, :: int(sign)], _masses(pdf, variable, x, speed, low, high, values)[:, :: int(sign)]
    scale = np.maximum((third - quarter) / 4, 1e-12)
    t = np.linspace(-WIDEST, WIDEST, POINTS)
    x = median + scale * np.sinh(t)
    return x, _masses(pdf, variable, x, scale * np.cosh(t) * (t[1] - t[0]), low, high, values)


def draw_density(
    pdf: sp.Expr, variable: sp.Symbol, lower: Array, upper: Array, values: Values, uniform: Array
) -> Array:
    """Return one number per row of `uniform`, drawn by the inverse of the distribution function."""
    count = uniform.size
    used = {s: v for s, v in values.items() if pdf.has_free(s)}
    ends = [np.asarray(e, dtype=float) for e in (lower, upper)]
    if all(np.ndim(v) == 0 for v in (*used.values(), *ends)):
        x, mass = grid_of(pdf, variable, ends[0], ends[1], used, 1)
        return _invert(x[0], mass[0], uniform)
    result = np.empty(count)
    wide = {s: np.broadcast_to(v, (count,)) for s, v in used.items()}
    low, high = (np.broadcast_to(e, (count,)) for e in ends)
    for start in range(0, count, ROWS):
        part = slice(start, min(start + ROWS, count))
        rows = {s: v[part] for s, v in wide.items()}
        x, mass = grid_of(pdf, variable, low[part], high[part], rows, part.stop - start)
        for i in range(part.stop - start):
            result[start + i] = _invert(x[i], mass[i], uniform[start + i : start + i + 1])[0]
    return result


def _invert(x: Array, mass: Array, uniform: Array) -> Array:
    """The points below which the parts `uniform` of the mass lie; a mass is spread evenly around its point."""
    edges = np.concatenate([x[:1], (x[1:] + x[:-1]) / 2, x[-1:]])
    below = np.concatenate([[0.0], np.cumsum(mass)])
    return np.interp(uniform * below[-1], below, edges)


def _height(pdf: sp.Expr, variable: sp.Symbol, x: Array, low: Array, high: Array, values: Values) -> Array:
    inside = (x > low) & (x < high)
    height = np.broadcast_to(evaluate(pdf, {**values, variable: x}), x.shape)
    return np.where(inside & np.isfinite(height), np.maximum(height, 0.0), 0.0)


def _masses(
    pdf: sp.Expr, variable: sp.Symbol, x: Array, speed: Array, low: Array, high: Array, values: Values
) -> Array:
    masses: Array = _height(pdf, variable, x, low, high, values) * speed
    total = np.sum(masses, axis=1, keepdims=True)
    if np.max(np.abs(total - 1)) > DEFECT:
        found = float(total.ravel()[np.argmax(np.abs(total - 1))])
        raise ModelError(f"the density {pdf} cannot be sampled: a grid finds the mass {found:.6g} instead of 1")
    return masses / total


def _centres(pdf: sp.Expr, variable: sp.Symbol) -> Iterator[sp.Expr]:
    """Places where the density may peak: zeros of linear and vertices of quadratic arguments in it, and 0."""
    yield sp.S.Zero
    seen: set[sp.Expr] = {sp.S.Zero}
    for node in pdf.atoms(sp.Function, sp.Pow):
        for argument in node.args:
            if not argument.has_free(variable):
                continue
            slope = sp.expand(argument.diff(variable))
            linear = slope.diff(variable)
            if linear.has_free(variable):
                continue
            if linear != 0:
                place = -slope.xreplace({variable: sp.S.Zero}) / linear
            else:
                place = -argument.xreplace({variable: sp.S.Zero}) / slope
            if place not in seen and len(seen) < 6:
                seen.add(place)
                yield place
