"""Bookkeeping of adaptive panels, windows and hints, shared by all generated integrals.

A generated integral owns its loop over panels and nodes; what is the same for all of them is here: which panels
to split, how to add them up, where a window ends, where two log-weights cross.
"""

from __future__ import annotations

import math

from numba import njit

__all__ = [
    "MAX_PANELS",
    "add_crossings",
    "refine_panels",
    "sinh_map",
    "sum_panels",
    "trapezoid_resolves",
    "trapezoid_settled",
    "trapezoid_start",
    "window_too_short",
]

MAX_PANELS = 400
"""Panels an integral may use before it stops refining (21 nodes each)."""

UNRESOLVED = 1e-5
"""Error estimate, relative to the integral of the absolute value, above which an integral is no number.

Refinement ends below the tolerance, 1e-13 in a solver, unless it runs out of panels or of digits in the nodes; what it
leaves then is far above or far below this limit.
"""

UNDERFLOW = 1e-290
"""A panel with a smaller error is not refined: near 1e-308 the terms have no digits to agree in."""


@njit(cache=True, error_model="numpy")
def refine_panels(left, right, stale, kept, gauss, size, count, tol, floor=UNDERFLOW):  # type: ignore[no-untyped-def]
    """Split every panel whose error estimate exceeds tol of the whole; return the new number of panels.

    The estimate is that of QUADPACK: |K - G| per panel, sharpened to size*(200 |K - G|/size)^1.5.

    Parameters
    ----------
    left, right, stale : (MAX_PANELS,) panel ends and the flag "evaluate"
    kept, gauss, size : (MAX_PANELS, outputs) Kronrod sums, Gauss sums, Kronrod sums of absolute values
    floor : an absolute error that is left alone: the noise of integrals inside the integrand
    """
    outputs = kept.shape[1]
    more = count
    for i in range(count):
        width = right[i] - left[i]
        split = False
        for k in range(outputs):
            total = 0.0
            for j in range(count):
                total += size[j, k]
            error = abs(kept[i, k] - gauss[i, k])
            if size[i, k] > 0.0:
                error = min(error, size[i, k] * min(1.0, (200.0 * error / size[i, k]) ** 1.5))
            if error > tol * total and error > floor:
                split = True
                break
        middle = 0.5 * (left[i] + right[i])
        if split and more < left.shape[0] and width > 1e-14 * (abs(middle) + width):
            left[more], right[more] = middle, right[i]
            right[i] = middle
            stale[i] = True
            stale[more] = True
            more += 1
    return more


@njit(cache=True, error_model="numpy")
def sum_panels(kept, gauss, size, count, tol, out, floor=UNDERFLOW):  # type: ignore[no-untyped-def]
    """Add up the panels into `out`; nan where the error estimate stays above `UNRESOLVED` of the whole.

    An integral that the panels cannot resolve must not pass for a number: the solver reports left_domain.  With a
    coarse `tol` the limit is that of a full set of panels that all just pass.  Panels that `refine_panels` leaves
    alone at the end of the range of doubles count as resolved.
    """
    limit = max(UNRESOLVED, MAX_PANELS * tol)
    for k in range(out.shape[0]):
        total = 0.0
        error = 0.0
        whole = 0.0
        for i in range(count):
            total += kept[i, k]
            whole += size[i, k]
            gap = abs(kept[i, k] - gauss[i, k])
            if size[i, k] > 0.0:
                gap = min(gap, size[i, k] * min(1.0, (200.0 * gap / size[i, k]) ** 1.5))
            error += gap
        out[k] = total if error <= limit * whole + floor * count else math.nan


@njit(cache=True, error_model="numpy")
def add_crossings(c0, c1, c2, centers, widths, nc):  # type: ignore[no-untyped-def]
    """Add the real roots of c0 + c1 x + c2 x^2 as centres of width 1/|slope|; return the new count."""
    if c2 == 0.0:
        if c1 != 0.0 and math.isfinite(c0):
            centers[nc], widths[nc] = -c0 / c1, 1.0 / abs(c1)
            nc += 1
        return nc
    discriminant = c1 * c1 - 4.0 * c0 * c2
    if not discriminant >= 0.0:
        return nc
    root = math.sqrt(discriminant)
    half = -0.5 * (c1 + math.copysign(root, c1))
    for x in (half / c2, c0 / half if half != 0.0 else math.nan):
        if math.isfinite(x):
            centers[nc] = x
            widths[nc] = 1.0 / root if root > 0.0 else 1.0 / math.sqrt(abs(c2))
            nc += 1
    return nc


@njit(cache=True, error_model="numpy")
def sinh_map(mean, sd, centers, widths, nc):  # type: ignore[no-untyped-def]
    """Centre and width of the map u = c + w sinh(t) for a Gaussian window with transitions at the hints.

    The sharpest transition inside the window gives the centre; transitions of like width close by move it to
    their middle.  Without transitions the map is centred at the mean.
    """
    c, w = mean, sd
    for k in range(nc):
        if abs(centers[k] - mean) < 9.0 * sd and 0.0 < widths[k] < 0.999 * w:
            c, w = centers[k], widths[k]
    low, high = c, c
    for k in range(nc):
        if abs(centers[k] - c) < 4.0 * w and widths[k] < 2.0 * w:
            low, high = min(low, centers[k]), max(high, centers[k])
    return 0.5 * (low + high), min(2.0 * w, 1.2 * sd)


@njit(cache=True, error_model="numpy")
def trapezoid_start(tol):  # type: ignore[no-untyped-def]
    """Half width of the Gaussian window in standard deviations, and intervals of the first rule, for tolerance tol.

    A coarse integral (tol >= 1e-6) starts from 16 intervals on +-6.5 sd (P = 8e-11), a sharp one from 64 on +-9.5 sd,
    so that a feature away from the hints has to be narrower than 0.3 sd to pass unseen.
    """
    if tol >= 1e-6:
        return 6.5, 16
    return 9.5, 64


@njit(cache=True, error_model="numpy")
def window_too_short(ends, size, reach, tol, floor=UNDERFLOW):  # type: ignore[no-untyped-def]
    """Whether the terms at the ends of a Gaussian window still count: an integrand that grows like exp(a u).

    Its weight peaks a*sd standard deviations from the mean.  Beyond 37 of them the density itself underflows.
    """
    if reach > 30.0:
        return False
    short = False
    for k in range(size.shape[0]):
        short |= ends[k] > 1e-3 * tol * size[k] and size[k] > floor
    return short


@njit(cache=True, error_model="numpy")
def trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):  # type: ignore[no-untyped-def]
    """Whether nodes u = c + w sinh(k step) lie closer than two widths at every transition in the window.

    Two equal transitions far apart have one map, centred at one of them: sums that step over the other settle too.
    """
    for k in range(nc):
        gap = abs(centers[k] - c)
        if abs(centers[k] - mean) < reach * sd and not step * math.hypot(w, gap) <= 2.0 * widths[k]:
            return False
    return True


@njit(cache=True, error_model="numpy")
def trapezoid_settled(sums, size, step, tol, floor=0.0):  # type: ignore[no-untyped-def]
    """Whether the trapezoidal sums at steps h, 2h, 4h show exponential convergence below tol.

    sums[j] holds the sums over nodes that are multiples of 4, 2, 1.  With near = |T_h - T_2h| and far = |T_2h - T_4h|,
    relative to the integral of the absolute value, accepts near <= tol, or near^2/far <= tol/10 where near <= far/100:
    the geometric estimate of the error at h.  A kink or jump does not pass (near is about far/4 or far/2).
    """
    for k in range(size.shape[0]):
        scale = step * size[k]
        if not scale > 0.0:
            if scale == 0.0:
                continue
            return False
        near = abs(sums[2, k] - 2.0 * sums[1, k]) * step / scale
        far = abs(2.0 * sums[1, k] - 4.0 * sums[0, k]) * step / scale
        if near <= tol or near * scale <= floor:
            continue
        if not (near <= 0.01 * far and near * near <= 0.1 * tol * far):
            return False
    return True
