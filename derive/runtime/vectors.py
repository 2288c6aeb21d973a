"""Joint cumulants of tilted measures of several variables: derivatives of log Z in several fields.

A jet of D fields is dense: log Z, then its first to fourth derivatives, row by row, 1 + D + D^2 + D^3 + D^4
numbers.  `position` says where a mixed derivative is.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from derive.runtime.quadrature import G_W, GK_W

__all__ = [
    "LONGEST",
    "PANELS",
    "SCAN",
    "channel_jet",
    "hold",
    "joint_jet",
    "modes_jet",
    "noise",
    "point_jet",
    "split_panels",
    "vector_scan",
]

PANELS = 96
"""Panels of 21 nodes that the integral over the first of two variables may use."""
SCAN = 21
"""Places at which a log integrand is looked at before panels are laid."""
LONGEST = 3.0
"""Longest first panel in units of the scale of the log integrand."""


@njit(cache=True, error_model="numpy")
def noise(tol):  # type: ignore[no-untyped-def]
    """The error of log Z of several fields, relative, where averages over the fields are wanted to `tol`.

    It is also the absolute error of those averages that is left alone: log Z of a sure label is zero to it.
    """
    return max(3e-15, min(1e-12, 1e-5 * tol))


@njit(cache=True, error_model="numpy")
def _cumulants(second, third, fourth, size, out):  # type: ignore[no-untyped-def]
    """Fill the tensors of `out` from central moments given at ordered indices i <= j <= k <= l."""
    two, three, four = 1 + size, 1 + size + size**2, 1 + size + size**2 + size**3
    index = np.empty(4, dtype=np.int64)
    for i in range(size):
        for j in range(size):
            out[two + i * size + j] = second[min(i, j), max(i, j)]
            for k in range(size):
                index[0], index[1], index[2] = i, j, k
                index[:3].sort()
                out[three + (i * size + j) * size + k] = third[index[0], index[1], index[2]]
                for l in range(size):
                    index[0], index[1], index[2], index[3] = i, j, k, l
                    index.sort()
                    a, b, c, d = index
                    out[four + ((i * size + j) * size + k) * size + l] = (
                        fourth[a, b, c, d]
                        - second[a, b] * second[c, d]
                        - second[a, c] * second[b, d]
                        - second[a, d] * second[b, c]
                    )


@njit(cache=True, error_model="numpy")
def point_jet(logs, points, out):  # type: ignore[no-untyped-def]
    """The jet of log sum_a exp(logs_a) where a has the cumulants of the points (shape (count, D))."""
    count, size = points.shape
    best = np.max(logs)
    if not best > -math.inf:
        out[:] = 0.0
        out[0] = -1e300
        return
    total = 0.0
    mean = np.zeros(size)
    for a in range(count):
        mass = math.exp(logs[a] - best)
        total += mass
        for i in range(size):
            mean[i] += mass * points[a, i]
    mean /= total
    second = np.zeros((size, size))
    third = np.zeros((size, size, size))
    fourth = np.zeros((size, size, size, size))
    gap = np.empty(size)
    for a in range(count):
        mass = math.exp(logs[a] - best) / total
        for i in range(size):
            gap[i] = points[a, i] - mean[i]
        for i in range(size):
            for j in range(i, size):
                two = mass * gap[i] * gap[j]
                second[i, j] += two
                for k in range(j, size):
                    three = two * gap[k]
                    third[i, j, k] += three
                    for l in range(k, size):
                        fourth[i, j, k, l] += three * gap[l]
    out[0] = best + math.log(total)
    out[1 : 1 + size] = mean
    _cumulants(second, third, fourth, size, out)


@njit(cache=True, error_model="numpy")
def joint_jet(place, level, child, widths, count, out):  # type: ignore[no-untyped-def]
    """The jet in (s, x) of log int ds exp(level(s)) where level holds the log Z(x; s) of one more field.

    Nodes are those of Gauss-Kronrod panels: place and level (count, 21), child (count, 21, 4) the derivatives of
    log Z(x; s) in x, widths (count,) half lengths. Given s the cumulants in x are those of child; joint ones follow
    from the law of total cumulance, about the means, so that nothing large cancels.
    """
    best = -math.inf
    for p in range(count):
        for j in range(21):
            best = max(best, level[p, j])
    if not best > -math.inf:
        out[:] = 0.0
        out[0] = -1e300
        return
    total = s_mean = x_mean = 0.0
    for p in range(count):
        for j in range(21):
            mass = widths[p] * GK_W[j] * math.exp(level[p, j] - best)
            if mass > 0.0:
                total += mass
                s_mean += mass * place[p, j]
                x_mean += mass * child[p, j, 0]
    s_mean /= total
    x_mean /= total
    second = np.zeros((2, 2))
    third = np.zeros((2, 2, 2))
    fourth = np.zeros((2, 2, 2, 2))
    for p in range(count):
        for j in range(21):
            mass = widths[p] * GK_W[j] * math.exp(level[p, j] - best) / total
            if mass <= 0.0:
                continue
            s = place[p, j] - s_mean
            x, k2, k3, k4 = child[p, j, 0] - x_mean, child[p, j, 1], child[p, j, 2], child[p, j, 3]
            x2 = x * x + k2
            x3 = x * x * x + 3.0 * x * k2 + k3
            x4 = x**4 + 6.0 * x * x * k2 + 3.0 * k2 * k2 + 4.0 * x * k3 + k4
            second[0, 0] += mass * s * s
            second[0, 1] += mass * s * x
            second[1, 1] += mass * x2
            third[0, 0, 0] += mass * s**3
            third[0, 0, 1] += mass * s * s * x
            third[0, 1, 1] += mass * s * x2
            third[1, 1, 1] += mass * x3
            fourth[0, 0, 0, 0] += mass * s**4
            fourth[0, 0, 0, 1] += mass * s**3 * x
            fourth[0, 0, 1, 1] += mass * s * s * x2
            fourth[0, 1, 1, 1] += mass * s * x3
            fourth[1, 1, 1, 1] += mass * x4
    out[0] = best + math.log(total)
    out[1], out[2] = s_mean, x_mean
    _cumulants(second, third, fourth, 2, out)


@njit(cache=True, error_model="numpy")
def channel_jet(x, variance, slope, out):  # type: ignore[no-untyped-def]
    """From the jet in (h, x_1 at given h) of E_{h_0 ~ N(x, variance)} Z(h_0; x_1 + slope (h_0 - x)) to (x_0, x_1).

    d/dx_0 + slope d/dx_1 acts on the normal law alone: cumulants of h_0/variance, less 1/variance in second order.
    """
    if out[0] <= -1e300:
        return
    out[0] -= 0.5 * math.log(2.0 * math.pi * variance)
    scale = 1.0 / variance
    out[1] = (out[1] - x) * scale - slope * out[2]
    moved = np.empty(16)
    start = 3
    for order in range(2, 5):
        length = 2**order
        for a in range(length):
            power = 0
            for bit in range(order):
                if not (a >> bit) & 1:
                    power += 1
            moved[a] = out[start + a] * scale**power
        if order == 2:
            moved[0] -= scale
        for bit in range(order):  # index 0 in this slot becomes d/dx_0 = D - slope d/dx_1
            for a in range(length):
                if not (a >> bit) & 1:
                    moved[a] -= slope * moved[a | (1 << bit)]
        for a in range(length):
            out[start + a] = moved[a]
        start += length


@njit(cache=True, error_model="numpy")
def modes_jet(out):  # type: ignore[no-untyped-def]
    """Derivatives in the fields become those along their sum (index 0) and differences (Helmert's basis)."""
    size = 1
    while 1 + size + size**2 + size**3 + size**4 < out.shape[0]:
        size += 1
    rows = np.zeros((size, size))
    rows[0, :] = 1.0
    for k in range(1, size):
        rows[k, :k] = 1.0
        rows[k, k] = -k
    start, length = 1, size
    moved = np.empty(size**4)
    for order in range(1, 5):
        stride = 1
        for _ in range(order):  # one slot of the tensor after the other
            for a in range(length):
                digit = (a // stride) % size
                total = 0.0
                for c in range(size):
                    total += rows[digit, c] * out[start + a + (c - digit) * stride]
                moved[a] = total
            out[start : start + length] = moved[:length]
            stride *= size
        start += length
        length *= size


@njit(cache=True, error_model="numpy")
def vector_scan(lower, upper, centre, spread, reach, grid):  # type: ignore[no-untyped-def]
    """Places in (lower, upper) at which to look for the mass of a log integrand of scale `spread` about `centre`."""
    size = grid.shape[0]
    first, last = max(lower, centre - reach * spread), min(upper, centre + reach * spread)
    if first < last:
        for i in range(size):
            grid[i] = first + (last - first) * (i + 0.5) / size
        return
    end, side = (lower, 1.0) if centre < lower else (upper, -1.0)
    scale = spread * min(1.0, spread / abs(end - centre))  # how fast a normal law falls there
    for i in range(size):
        k = i if side > 0.0 else size - 1 - i
        grid[i] = end + side * min(scale * 0.02 * 1.3**k, 0.999 * (upper - lower))


@njit(cache=True, error_model="numpy")
def split_panels(left, right, branch, stale, place, level, count, centre, spread, tol):  # type: ignore[no-untyped-def]
    """Split panels whose Gauss and Kronrod sums of mass and second moment differ; return their new number."""
    best = -math.inf
    for p in range(count):
        for j in range(21):
            best = max(best, level[p, j])
    if not best > -math.inf:
        return count
    errors = np.zeros((count, 2))
    totals = np.zeros(2)
    for p in range(count):
        half = 0.5 * (right[p] - left[p])
        kept, gauss = np.zeros(2), np.zeros(2)
        for j in range(21):
            mass = half * math.exp(level[p, j] - best)
            t = (place[p, j] - centre) / spread
            kept[0] += GK_W[j] * mass
            gauss[0] += G_W[j] * mass
            kept[1] += GK_W[j] * mass * t * t
            gauss[1] += G_W[j] * mass * t * t
        for k in range(2):
            totals[k] += kept[k]
            gap = abs(kept[k] - gauss[k])
            errors[p, k] = min(gap, kept[k] * min(1.0, (200.0 * gap / kept[k]) ** 1.5)) if kept[k] > 0.0 else 0.0
    more = count
    for p in range(count):
        split = errors[p, 0] > tol * totals[0] or errors[p, 1] > tol * totals[1]
        width = right[p] - left[p]
        middle = 0.5 * (left[p] + right[p])
        if split and more < left.shape[0] and width > 1e-13 * (abs(middle) + width):
            left[more], right[more], branch[more] = middle, right[p], branch[p]
            right[p] = middle
            stale[p] = True
            stale[more] = True
            more += 1
    return more


@njit(cache=True, error_model="numpy")
def hold(x, tied, edge):  # type: ignore[no-untyped-def]
    """Keep every r - q above half of edge*q, as integrals cost ever more there; True if one was below."""
    held = False
    for f in range(len(tied)):
        q, v = x[2 * f], x[2 * f + 1]
        if v < 0.5 * edge * q:
            x[2 * f + 1] = 0.5 * edge * q
            if tied[f] == 1:
                x[2 * f] = q + v - x[2 * f + 1]
            held = True
    return held
