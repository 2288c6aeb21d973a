"""Quadrature on the unit sphere for exponents of first and second degree: equal angles, exact weights."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["sphere_degree", "sphere_rule"]


@njit(cache=True, error_model="numpy")
def sphere_degree(x, V):  # type: ignore[no-untyped-def]
    r"""The degree above which harmonics of exp(x.w - w.V w/2), times four factors w, are below 1e-16 of the mean.

    A field of size b has harmonics I_n(b)/I_0(b) ~ exp(-n^2/(2 b)) for 1 << n << b, and V of spread D, whose harmonics
    are those of cos(2 t) D/4, counts like D.
    """
    size = len(x)
    trace = 0.0
    for i in range(size):
        trace += V[i, i] / size
    field = spread = 0.0
    for i in range(size):
        field += x[i] * x[i]
        for j in range(size):
            spread += (V[i, j] - (trace if i == j else 0.0)) ** 2
    return 18.0 + 8.7 * math.sqrt(math.sqrt(field) + math.sqrt(2.0 * spread))


@njit(cache=True, error_model="numpy")
def sphere_rule(x, V):  # type: ignore[no-untyped-def]
    r"""Points (count, K) of the unit sphere and weights of sum one for the mean of exp(x.w - w.V w/2) and its moments.

    w = (cos t, sin t w') from the sphere of one dimension less, down to {-1, 1}.  The angles t_j = pi (j + 1/2)/n have
    the weights of the trigonometric interpolant,

        (1 + 2 sum_{m = 2, 4, .. < n} c_m cos(m t_j))/n,   c_m = int sin^p t cos(m t) dt / int sin^p t dt,

    c_{m+2}/c_m = (m - p)/(m + p + 2), p the dimension of w' less one (Fejer's first rule at p = 1, the trapezoidal rule
    on the circle at p = 0).
    """
    size = len(x)
    degree = sphere_degree(x, V)
    points = np.array([[1.0], [-1.0]])
    weights = np.array([0.5, 0.5])
    for dimension in range(2, size + 1):
        power = dimension - 2
        n = math.ceil(0.5 * degree if power == 0 else degree)
        known = len(weights)
        moved = np.empty((n * known, dimension))
        shares = np.empty(n * known)
        for j in range(n):
            angle = math.pi * (j + 0.5) / n
            share, c = 1.0, 1.0
            for m in range(2, n, 2):
                c *= (m - 2 - power) / (m + power)
                if c == 0.0:
                    break
                share += 2.0 * c * math.cos(m * angle)
            cosine, sine = math.cos(angle), math.sin(angle)
            for a in range(known):
                row = j * known + a
                moved[row, 0] = cosine
                for i in range(dimension - 1):
                    moved[row, 1 + i] = sine * points[a, i]
                shares[row] = max(share, 0.0) / n * weights[a]
        points, weights = moved, shares
    return points, weights
