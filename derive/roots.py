"""Roots of small systems next to a prediction: Newton's method with Broyden's updates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Root", "newton"]

RESIDUAL = 1e-8
STALL = 1e-6
"""Steps below this that do not shrink any more are rounding: the last one gives the digits of the root.

Next to a fold the state is soft; the parameter is stationary there and known much better.
"""

System = Callable[[np.ndarray], np.ndarray | None]


@dataclass(frozen=True, slots=True)
class Root:
    """A root, the Jacobian there (by Broyden's updates) and the relative precision of its last component."""

    y: np.ndarray
    slopes: np.ndarray
    precision: float


def newton(f: System, start: np.ndarray, slopes: np.ndarray | None = None) -> Root | None:
    """Newton's method with differences for a Jacobian and Broyden's updates; None if it does not converge.

    `slopes` is a Jacobian from nearby.  Components are measured in units of max(1, |start|), the last one in its own.
    """
    scale = np.maximum(np.abs(start), 1.0)
    scale[-1] = max(abs(start[-1]), 1e-6)
    y, value = start.copy(), f(start)
    last, fresh = math.inf, slopes is None
    for _ in range(40):
        if value is None:
            return None
        if slopes is None:
            slopes = _differences(f, y, value, scale)
            if slopes is None:
                return None
        try:
            step = -np.linalg.solve(slopes, value)
        except np.linalg.LinAlgError:
            return None
        size = float(np.max(np.abs(step / scale)))
        if not math.isfinite(size):
            return None
        stalled = size > 0.5 * last
        precision = abs(float(step[-1])) / float(scale[-1])
        noise = stalled and size <= STALL and precision <= 1e-9
        if stalled and not noise and not fresh:  # the Jacobian is too old
            slopes, fresh, last = None, True, math.inf
            continue
        step *= min(1.0, 0.3 / size) if size > 0.0 else 1.0
        moved = f(y + step)
        if moved is None:
            return None
        if size <= 1e-12 or noise:
            if np.max(np.abs(moved)) > RESIDUAL * max(1.0, float(np.max(np.abs(slopes[-1])))):
                return None
            return Root(y + step, slopes, precision)
        direction = step / scale**2
        slopes = slopes + np.outer(moved - value - slopes @ step, direction) / float(step @ direction)
        y, value, last, fresh = y + step, moved, size, False
    return None


def _differences(f: System, y: np.ndarray, value: np.ndarray, scale: np.ndarray) -> np.ndarray | None:
    columns = []
    for i in range(len(y)):
        for sign in (1.0, -1.0):
            moved = y.copy()
            moved[i] += sign * 1e-6 * scale[i]
            there = f(moved)
            if there is not None:
                columns.append((there - value) / (moved[i] - y[i]))
                break
        else:
            return None
    return np.array(columns).T
