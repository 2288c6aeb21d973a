"""The proximal fixed point at zero temperature from its definitions, in plain numpy: no code of the engine.

Total = sum loss(y, h) + sum penalty(w), a standard normal teacher.  Minima of one variable are found by bisecting the
slope, averages over normal fields by the trapezoidal rule, derivatives of averages by integration by parts.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import ndtr

Array = np.ndarray
U = np.linspace(-10.0, 10.0, 40001)
WEIGHT = np.exp(-U * U / 2) / np.sum(np.exp(-U * U / 2))


def bisect(slope: Callable[[Array], Array], lower: Array, upper: Array) -> Array:
    """The root of an increasing function, jumps allowed."""
    for _ in range(90):
        middle = (lower + upper) / 2
        above = slope(middle) > 0
        upper, lower = np.where(above, middle, upper), np.where(above, lower, middle)
    return (lower + upper) / 2


def residual_channel(alpha: float, slope: Callable, noise: float, q: float, V: float, m: float) -> Array:
    """(q_hat, V_hat, m_hat) of a loss of r = y - h with label z + sqrt(noise) eta: y - omega is normal."""
    spread = 1 + noise - 2 * m + q
    x = math.sqrt(spread) * U
    r = bisect(lambda r: slope(r) + (r - x) / V, np.full_like(x, -1e3), np.full_like(x, 1e3))
    g = (x - r) / V
    response = alpha * np.sum(WEIGHT * g * x) / spread
    return np.array([alpha * np.sum(WEIGHT * g * g), response, response])


def label_channel(alpha: float, slope: Callable, q: float, V: float, m: float) -> Array:
    """(q_hat, V_hat, m_hat) of a loss of y h with label sign(z); `slope` is d loss/d(y h)."""
    omega = math.sqrt(q) * U
    rest = math.sqrt(1 - m * m / q)
    t = m * omega / (q * rest)
    chance, density = ndtr(t), np.exp(-t * t / 2) / math.sqrt(2 * math.pi) / rest
    h = bisect(lambda h: slope(h) + (h - omega) / V, np.full_like(omega, -1e4), np.full_like(omega, 1e4))
    g = (h - omega) / V  # of y = 1; y = -1 is the mirror image
    m_hat = 2 * alpha * np.sum(WEIGHT * density * g)
    V_hat = -2 * alpha * np.sum(WEIGHT * chance * g * U) / math.sqrt(q) + m / q * m_hat
    return np.array([2 * alpha * np.sum(WEIGHT * chance * g * g), V_hat, m_hat])


def sites(minimum: Callable[[Array, float], Array], hats: Array) -> Array:
    """(q, V, m); `minimum(x, A)` is the minimiser of A w^2/2 - x w + penalty."""
    q_hat, V_hat, m_hat = hats
    spread = q_hat + m_hat**2
    x = math.sqrt(spread) * U
    w = minimum(x, V_hat)
    slope = np.sum(WEIGHT * w * x) / spread
    return np.array([np.sum(WEIGHT * w * w), slope, m_hat * slope])


def smooth(slope: Callable[[Array], Array], lower: float = -1e3, upper: float = 1e3) -> Callable[[Array, float], Array]:
    """The minimiser of a site under a convex penalty of given slope."""
    return lambda x, A: bisect(lambda w: A * w - x + slope(w), np.full_like(x, lower), np.full_like(x, upper))


def count_channel(
    alpha: float, rho: float, law: Callable, slope: Callable, bend: Callable, counts: int, q: float, V: float, m: float
) -> Array:
    """(q_hat, V_hat, m_hat) of a loss of (y, h) with counts y of log law(y, z), the teacher field of variance rho.

    `slope` and `bend` are the first two derivatives of the loss in h.
    """
    t = np.linspace(-9.0, 9.0, 91)
    weight = np.exp(-t * t / 2) / np.sum(np.exp(-t * t / 2))
    y = np.arange(counts, dtype=float)[None, :]
    rest = math.sqrt(rho - m * m / q)
    hats = np.zeros(3)
    for omega, mass in zip(math.sqrt(q) * t, weight, strict=True):
        z = m / q * omega + rest * t[:, None]
        chance = np.exp(law(y, z)) * weight[:, None]
        h = bisect(lambda h: slope(y, h) + (h - omega) / V, np.full_like(y, -1e3), np.full_like(y, 1e3))  # noqa: B023
        g, c = (h - omega) / V, bend(y, h)
        tilt = np.sum(chance * t[:, None], axis=0) / rest
        hats += mass * np.array([np.sum(chance * g * g), np.sum(chance * c / (1 + V * c)), np.sum(tilt * g)])
    return alpha * hats
