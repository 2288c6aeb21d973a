"""A quasi-Monte Carlo rule with honest error bars."""

from __future__ import annotations

import numpy as np

from derive.replica.checks.measure import Array

__all__ = ["SAMPLES", "shifted_lattice"]

SAMPLES = 4096


def shifted_lattice(dimension: int, seed: int) -> Array:
    """SAMPLES points of the additive recurrence x_i = (shift + i g) mod 1, g_j = t^-j, t^(d+1) = t + 1, shift random.

    A quasi-Monte Carlo rule whose shift makes the mean of a run unbiased, so that runs give an honest error bar.
    """
    t = 2.0
    for _ in range(60):
        t = (1.0 + t) ** (1.0 / (dimension + 1))
    generators = t ** -np.arange(1.0, dimension + 1.0)
    shift = np.random.default_rng(seed).random(dimension)
    return (shift + np.arange(SAMPLES)[:, None] * generators) % 1.0
