"""Moments of a Gaussian over a bounded interval, to relative accuracy also where it is narrow."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from derive.runtime.quadrature import GL_W, GL_X, graded_edges
from derive.runtime.special import H

__all__ = ["strip", "strip_tail", "strip_tails", "strips", "wide", "wide_tail", "wide_tails", "wides"]

_DENSITY = 1.0 / math.sqrt(2.0 * math.pi)
_PANEL = 1.5
"""Longest panel: the 20-point rule integrates phi to 1e-16 on it."""


@njit(cache=True, error_model="numpy")
def _window(a: float, w: float) -> tuple[float, float]:
    """The part of 0 < u < 1 where phi(a + w u) is above exp(-40) of its largest value there."""
    b = a + w
    peak = 0.0 if a < 0.0 < b else (a if a >= 0.0 else b)
    reach = math.sqrt(peak * peak + 80.0)
    first = (-reach - a) / w if a < -reach else 0.0
    last = (reach - a) / w if b > reach else 1.0
    return first, last


@njit(cache=True, error_model="numpy")
def _moments(a: float, w: float, rise: float, base: float, out: np.ndarray) -> None:
    """out[k] = int_0^1 (base + rise u)^k phi(a + w u) w du for w > 0; 0 for an empty interval."""
    out[:] = 0.0
    if math.isnan(a) or math.isnan(w):
        out[:] = math.nan
        return
    if not w > 0.0:
        return
    first, last = _window(a, w)
    count = max(1, math.ceil((last - first) * w / _PANEL))
    half = 0.5 * (last - first) / count
    for panel in range(count):
        middle = first + (2 * panel + 1) * half
        for j in range(20):
            u = middle + half * GL_X[j]
            term = _DENSITY * w * half * GL_W[j] * math.exp(-0.5 * (a + w * u) ** 2)
            for k in range(out.shape[0]):
                out[k] += term
                term *= base + rise * u


@njit(cache=True, error_model="numpy")
def _moments_tail(a: float, w: float, s: float, t: float, rise: float, base: float, out: np.ndarray) -> None:
    """The same with a factor H(s (a + w u) + t); panels are graded around a + w u = -t/s."""
    out[:] = 0.0
    if math.isnan(a) or math.isnan(w) or math.isnan(s) or math.isnan(t):
        out[:] = math.nan
        return
    if not w > 0.0:
        return
    first, last = _window(a, w)
    edges, centers, widths = np.empty(256), np.empty(1), np.empty(1)
    found = 0
    if s != 0.0:
        centers[0], widths[0] = (-t / s - a) / w, 1.0 / abs(s * w)
        found = 1
    n = graded_edges(edges, first, last, centers, widths, found, _PANEL / w)
    for panel in range(n - 1):
        half = 0.5 * (edges[panel + 1] - edges[panel])
        middle = 0.5 * (edges[panel + 1] + edges[panel])
        for j in range(20):
            u = middle + half * GL_X[j]
            z = a + w * u
            term = _DENSITY * w * half * GL_W[j] * math.exp(-0.5 * z * z) * H(s * z + t)
            for k in range(out.shape[0]):
                out[k] += term
                term *= base + rise * u


@njit(cache=True, error_model="numpy")
def strips(a: float, w: float, out: np.ndarray) -> None:
    """out[k] = strip(k, a, w) for every k, in one pass."""
    _moments(a, w, 1.0, 0.0, out)


@njit(cache=True, error_model="numpy")
def strip_tails(a: float, w: float, s: float, t: float, out: np.ndarray) -> None:
    """out[k] = strip_tail(k, a, w, s, t) for every k, in one pass."""
    _moments_tail(a, w, s, t, 1.0, 0.0, out)


@njit(cache=True, error_model="numpy")
def wides(a: float, w: float, out: np.ndarray) -> None:
    """out[k] = wide(k, a, w) for every k, in one pass."""
    _moments(a, w, w, a, out)


@njit(cache=True, error_model="numpy")
def wide_tails(a: float, w: float, s: float, t: float, out: np.ndarray) -> None:
    """out[k] = wide_tail(k, a, w, s, t) for every k, in one pass."""
    _moments_tail(a, w, s, t, w, a, out)


@njit(cache=True, error_model="numpy")
def strip(k: float, a: float, w: float) -> float:
    """int_0^1 u^k phi(a + w u) w du for w > 0, k = 0, 1, 2, ...; 0 for an empty interval.

    Relative error 1e-13, 5e-12 where phi is below 1e-30 (tests/unit/runtime/test_strips.py): no difference of error
    functions is taken.
    """
    out = np.empty(int(k) + 1)
    strips(a, w, out)
    return out[-1]


@njit(cache=True, error_model="numpy")
def strip_tail(k: float, a: float, w: float, s: float, t: float) -> float:
    """int_0^1 u^k phi(z) H(s z + t) w du, z = a + w u."""
    out = np.empty(int(k) + 1)
    strip_tails(a, w, s, t, out)
    return out[-1]


@njit(cache=True, error_model="numpy")
def wide(k: float, a: float, w: float) -> float:
    """int_0^1 z^k phi(z) w du, z = a + w u."""
    out = np.empty(int(k) + 1)
    wides(a, w, out)
    return out[-1]


@njit(cache=True, error_model="numpy")
def wide_tail(k: float, a: float, w: float, s: float, t: float) -> float:
    """int_0^1 z^k phi(z) H(s z + t) w du, z = a + w u."""
    out = np.empty(int(k) + 1)
    wide_tails(a, w, s, t, out)
    return out[-1]
