"""Quadrature rules and panel boundaries for integrands with known transition points.

The rules are constants on [-1, 1]: the Gauss-Kronrod pair (10, 21) and Gauss-Legendre rules. The panel
makers fill a preallocated array and return the number of boundaries; a solver maps the rule onto each panel
and refines where the pair disagrees. Panels double in length away from a transition of width w, so a
singularity above the transition is at least as far from a panel as the panel is long. The integral of log
Phi(x/w) under N(0, 1) then takes 12 + 1.5 log2(1/w) panels and comes out to 5e-16 without refinement, w
from 1 to 1e-6.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from derive.runtime import _coefficients as _c

GK_X = np.array(_c.KRONROD_X)
"""Nodes of the Gauss-Kronrod pair (10, 21), ascending."""
GK_W = np.array(_c.KRONROD_W)
"""Weights of the 21-point Kronrod rule (degree 31)."""
G_W = np.array(_c.KRONROD_G)
"""Weights of the embedded 10-point Gauss rule (degree 19) on `GK_X`; zero at the added nodes."""
GL_X12 = np.array(_c.LEGENDRE_X12)
GL_W12 = np.array(_c.LEGENDRE_W12)
GL_X20 = np.array(_c.LEGENDRE_X20)
GL_W20 = np.array(_c.LEGENDRE_W20)
GL_X32 = np.array(_c.LEGENDRE_X32)
GL_W32 = np.array(_c.LEGENDRE_W32)
GL_X = GL_X20
"""Nodes of the 20-point Gauss-Legendre rule; `GL_X32` has 32 points."""
GL_W = GL_W20
"""Weights of the 20-point Gauss-Legendre rule; `GL_W32` has 32 points."""

GAUSSIAN_CUT = 9.5
"""Half width of a Gaussian window in standard deviations: P(|z| > 9.5) = 2.1e-21."""
GAUSSIAN_PANEL = 1.9
"""Longest panel of a Gaussian window in standard deviations (ten panels without transitions)."""
_MERGE = 0.3
"""A boundary is dropped if it lies closer to its neighbour than this fraction of the local scale."""


@njit(cache=True, error_model="numpy")
def _local_scale(x: float, centers: np.ndarray, widths: np.ndarray, nc: int, max_width: float) -> float:
    """Smallest of max(width, distance to the centre) over the usable centres, at most max_width."""
    scale = max_width
    for k in range(nc):
        c = centers[k]
        if math.isfinite(c):
            w = widths[k]
            if not (w > 0.0 and w < max_width):
                w = max_width
            scale = min(scale, max(w, abs(x - c)))
    return scale


@njit(cache=True, error_model="numpy")
def _is_center(x: float, centers: np.ndarray, nc: int) -> bool:
    """Tell whether x is one of the centres."""
    found = False
    for k in range(nc):
        found |= centers[k] == x
    return found


@njit(cache=True, error_model="numpy")
def graded_edges(
    edges: np.ndarray,
    lo: float,
    hi: float,
    centers: np.ndarray,
    widths: np.ndarray,
    nc: int,
    max_width: float,
) -> int:
    """Fill ``edges`` with panel boundaries on [lo, hi] graded towards ``centers`` and return their number.

    Boundaries lie at c and at c +- w {1, 2, 4, ...} while the step is below ``2 max_width``, for each of
    the first ``nc`` centres c with smallest scale w. A boundary that leaves a panel shorter than 0.3 of the
    local scale (the smallest of max(w, distance to c)) is dropped; panels longer than ``max_width`` are cut
    into equal parts.

    Parameters
    ----------
    edges : ndarray
        Receives the boundaries in ascending order. It should hold 2 + nc (2 log2(max_width / w) + 4)
        + (hi - lo) / max_width numbers; a shorter one gets fewer boundaries, but always lo and hi.
    lo, hi : float
        Ends; if ``hi <= lo`` the single edge lo is returned.
    centers, widths : ndarray
        Transition points and their scales. A centre outside [lo, hi] still grades the part that it reaches;
        one that is infinite or nan is ignored. A width that is zero, negative or nan means a kink: a boundary
        at the centre and no grading.
    nc : int
        Number of centres to use.
    max_width : float
        Longest panel; not positive or nan means hi - lo.

    Returns
    -------
    int
        Number of boundaries: one more than the number of panels. Every centre inside is a boundary; centres
        that differ by rounding only (4e-16 of the larger end) count as one.
    """
    edges[0] = lo
    if not hi > lo:
        return 1
    room = edges.shape[0]
    span = hi - lo
    if not (max_width > 0.0 and max_width < span):
        max_width = span
    tiny = 4.0e-16 * max(abs(lo), abs(hi))
    edges[1] = hi
    n = 2
    # Centres first, so that a short buffer loses gradings and not kinks.
    for k in range(nc):
        c = centers[k]
        if c > lo + tiny and c < hi - tiny and n < room:
            edges[n] = c
            n += 1
    for k in range(nc):
        c = centers[k]
        w = widths[k]
        if math.isfinite(c) and w > 0.0 and w < max_width:
            step = max(w, tiny)
            while step < 2.0 * max_width and step < abs(c) + abs(lo) + abs(hi):
                x = c - step
                if x > lo and x < hi and n < room:
                    edges[n] = x
                    n += 1
                x = c + step
                if x > lo and x < hi and n < room:
                    edges[n] = x
                    n += 1
                step *= 2.0
    edges[:n].sort()
    # Merge: keep lo, hi and the centres; drop what crowds its left neighbour, or a centre or hi to its right.
    kept = 1
    for i in range(1, n):
        x = edges[i]
        last = edges[kept - 1]
        scale = _local_scale(0.5 * (x + last), centers, widths, nc, max_width)
        gap = x - last
        if i == n - 1 or _is_center(x, centers, nc):
            if gap <= tiny and i < n - 1:
                continue
            while kept > 1:
                last = edges[kept - 1]
                scale = _local_scale(0.5 * (x + last), centers, widths, nc, max_width)
                near = x - last
                if near <= tiny or (near < _MERGE * scale and not _is_center(last, centers, nc)):
                    kept -= 1
                else:
                    break
            edges[kept] = x
            kept += 1
        elif gap >= _MERGE * scale and gap > tiny:
            edges[kept] = x
            kept += 1
    # Cut long panels, from the right so that nothing is overwritten.
    total = kept
    for i in range(1, kept):
        total += math.ceil((edges[i] - edges[i - 1]) / max_width * (1.0 - 1e-12)) - 1
    if total > room or total == kept:
        return kept
    write = total - 1
    for i in range(kept - 1, 0, -1):
        right = edges[i]
        left = edges[i - 1]
        parts = max(1, math.ceil((right - left) / max_width * (1.0 - 1e-12)))
        edges[write] = right
        for j in range(parts - 1, 0, -1):
            write -= 1
            edges[write] = left + (right - left) * (j / parts)
        write -= 1
    return total


@njit(cache=True, error_model="numpy")
def gaussian_edges(edges: np.ndarray, mean: float, sd: float, centers: np.ndarray, widths: np.ndarray, nc: int) -> int:
    """Panel boundaries for an integral under N(mean, sd^2); see `graded_edges` for the other arguments.

    The window is mean +- 9.5 sd. What is left out, relative to E z^k itself, is 2e-21 (k = 0), 2e-19 (k = 2)
    and 6e-18 (k = 4), so integrands that grow up to the fourth power lose less than 1e-17. Panels are at most
    1.9 sd long: ten of them integrate the bare density to 2e-16 and z^4 to 1e-15 with GK_W.

    Returns
    -------
    int
        Number of boundaries; 1 if ``sd`` is not positive (``edges[0] = mean``: evaluate a single point).
    """
    if not sd > 0.0:
        edges[0] = mean
        return 1
    reach = GAUSSIAN_CUT * sd
    return graded_edges(edges, mean - reach, mean + reach, centers, widths, nc, GAUSSIAN_PANEL * sd)
