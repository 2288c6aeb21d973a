"""The unit sphere as points."""

from __future__ import annotations

import numpy as np
from scipy.special import roots_gegenbauer

from derive.replica.checks.measure import Array

__all__ = ["sphere_points"]


def sphere_points(size: int, count: int = 64) -> tuple[Array, Array]:
    """The unit sphere as points and weights: equal angles on the circle, Gauss rules of Gegenbauer for other axes."""
    angles = 2 * np.pi * (np.arange(count) + 0.3) / count
    x, w = np.column_stack([np.cos(angles), np.sin(angles)]), np.full(count, 1 / count)
    for dimension in range(3, size + 1):
        t, share = roots_gegenbauer(max(8, count // 4), dimension / 2 - 1)
        wide = np.sqrt(1 - t**2)[:, None, None] * x
        axis = np.broadcast_to(t[:, None, None], (len(t), len(x), 1))
        x = np.concatenate([wide, axis], axis=2).reshape(-1, dimension)
        w = np.outer(share / share.sum(), w).ravel()
    return x, w
