"""Jets of the mass of an interval under a normal law, and of a tilted interval."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from derive.runtime.jets import log_ndtr_jet, set_jet, tail_parts
from derive.runtime.quadrature import GL_W12, GL_W20, GL_W32, GL_X12, GL_X20, GL_X32
from derive.runtime.special import NARROW_HALF_WIDTH, NARROW_TILT, _octet, hazard, phi

__all__ = ["log_interval_jet", "tilted_interval_jet"]

_LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
_LOG_2PI = math.log(2.0 * math.pi)
_COSH = tuple(1.0 / math.factorial(2 * k) for k in range(10))
_SINHC = tuple(1.0 / math.factorial(2 * k + 1) for k in range(10))
_FAR = 1e5
"""Beyond this many standard deviations a Gaussian tail is an exponential with one correction term."""
_DROP = 42.0
"""An integrand below exp(-42) of its maximum is cut off."""


@njit(cache=True, error_model="numpy")
def _cumulants(m0: float, m1: float, m2: float, m3: float, m4: float) -> tuple[float, float, float, float]:
    """(mean offset, variance, third, fourth cumulant) from sums of weight times d^k."""
    i = 1.0 / m0
    d = m1 * i
    m2 *= i
    m3 *= i
    m4 *= i
    dd = d * d
    var = m2 - dd
    fourth = m4 - 4.0 * d * m3 + 6.0 * dd * m2 - 3.0 * dd * dd
    return d, var, m3 - 3.0 * d * m2 + 2.0 * d * dd, fourth - 3.0 * var * var


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _cosh_sinhc(y):  # type: ignore[no-untyped-def]
    """cosh(x) and sinh(x)/x from y = x^2 <= 2.25 by Taylor polynomials of degree 9 in y."""
    y2 = y * y
    y4 = y2 * y2
    c = _octet(_COSH, 0, y, y2, y4) + (_COSH[8] + _COSH[9] * y) * (y4 * y4)
    s = _octet(_SINHC, 0, y, y2, y4) + (_SINHC[8] + _SINHC[9] * y) * (y4 * y4)
    return c, s


@njit(cache=True, error_model="numpy")
def _narrow(kappa: float, eta: float) -> tuple[float, float, float, float, float]:
    """(integral, mean, cumulants 2 to 4) of exp(kappa t - eta t^2/2) on [-1, 1], |kappa| <= 1.5.

    12-point rule on pairs +-t. cosh and sinh are Taylor polynomials, so odd orders are relatively accurate
    for small kappa.
    """
    square = kappa * kappa
    m0 = 0.0
    m1 = 0.0
    m2 = 0.0
    m3 = 0.0
    m4 = 0.0
    for k in range(6):
        t = GL_X12[k]
        tt = t * t
        e = 2.0 * GL_W12[k] * math.exp(-0.5 * eta * tt)
        even, odd = _cosh_sinhc(square * tt)
        even *= e
        odd *= e * tt
        m0 += even
        m1 += odd
        m2 += even * tt
        m3 += odd * tt
        m4 += even * tt * tt
    d, var, k3, k4 = _cumulants(m0, kappa * m1, m2, kappa * m3, m4)
    return m0, d, var, k3, k4


@njit(cache=True, error_model="numpy")
def _edge(p: float, g: float) -> tuple[float, float, float, float, float]:
    """(log integral, mean, cumulants 2 to 4) of exp(-g u - p u^2/2) on u > 0; p, g >= 0, not both zero."""
    root = math.sqrt(p)
    if g <= _FAR * root:
        i = 1.0 / root
        y = g * i
        s, v, t3, t4 = tail_parts(y)
        return -math.log(root * (y + s)), s * i, v * i * i, t3 * i * i * i, t4 * (i * i) * (i * i)
    i = 1.0 / g
    e = p * i * i
    ii = i * i
    return (
        -math.log(g) - e,
        i * (1.0 - 2.0 * e),
        ii * (1.0 - 6.0 * e),
        2.0 * ii * i * (1.0 - 12.0 * e),
        6.0 * ii * ii * (1.0 - 20.0 * e),
    )


@njit(cache=True, error_model="numpy")
def _one_sided(p: float, g: float, width: float) -> tuple[float, float, float, float, float]:
    """Like `_edge` on [0, width]: log Z(edge) + log(1 - exp d), exp d the share of the mass beyond width."""
    f0, f1, f2, f3, f4 = _edge(p, g)
    drop = width * (g + 0.5 * p * width)
    if not drop < 745.0:
        return f0, f1, f2, f3, f4
    b0, b1, b2, b3, b4 = _edge(p, g + p * width)
    ratio = math.exp(b0 - f0 - drop)
    d1 = width + (b1 - f1)
    d2 = b2 - f2
    d3 = b3 - f3
    q = ratio / (1.0 - ratio)
    q2 = q * (1.0 + q)
    q3 = q2 * (1.0 + 2.0 * q)
    q4 = q2 * (1.0 + 6.0 * q * (1.0 + q))
    dd = d1 * d1
    return (
        f0 + math.log1p(-ratio),
        f1 - q * d1,
        f2 - q2 * dd - q * d2,
        f3 - q3 * dd * d1 - 3.0 * q2 * d1 * d2 - q * d3,
        f4 - q4 * dd * dd - 6.0 * q3 * dd * d2 - q2 * (3.0 * d2 * d2 + 4.0 * d1 * d3) - q * (b4 - f4),
    )


@njit(cache=True, error_model="numpy")
def _straddle(a: float, b: float, both: float) -> tuple[float, float, float, float, float]:
    """Jet of log[Phi(b - c) - Phi(a - c)] at c = 0 for a < 0 < -a <= b, not narrow; both = a + b."""
    pa = phi(a)
    pb = phi(b)
    lost = pa / hazard(-a) + pb / hazard(b)
    i = 1.0 / (1.0 - lost)
    fa = pa * i
    fb = pb * i
    f1 = -fa * math.expm1(-0.5 * (b - a) * both)
    a1 = fa * (a - f1)
    b1 = fb * (b - f1)
    f2 = a * fa - b * fb - f1 * f1
    f3 = a * a1 - b * b1 - f1 - 2.0 * f1 * f2
    a2 = a1 * (a - f1) - fa * (1.0 + f2)
    b2 = b1 * (b - f1) - fb * (1.0 + f2)
    f4 = a * a2 - b * b2 - 2.0 * f2 - 2.0 * f2 * f2 - 2.0 * f1 * f3
    return math.log1p(-lost), f1, f2, f3, f4


@njit(cache=True, error_model="numpy")
def log_interval_jet(a: float, b: float, out: np.ndarray) -> None:
    """Jet of f(c) = log[Phi(b - c) - Phi(a - c)] at c = 0.

    f' is the mean of N(0, 1) cut to [a, b], f'' + 1 its variance, f''' and f'''' its third and fourth
    cumulants. Either end may be infinite. b <= a gives (-inf, 0, 0, 0, 0).

    Reflected so that the midpoint m is not negative; w is the half width. Narrow (w <= 1, m w <= 1.5):
    12-point rule. Else with a < 0: from the densities at the ends, where f' and f'' are sums of one sign.
    Else: the tail at a minus that at b.

    Relative errors for |a|, |b| up to 3e3 and widths from 1e-8: f 1e-15, f' and f'' 2e-15 (so f'' + 1 to
    2e-15 absolute), f''' 1e-14 of max(|f'''|, sigma^3), f'''' 5e-14 of max(|f''''|, sigma^4).
    """
    if math.isnan(a) or math.isnan(b):
        set_jet(out, np.nan, np.nan, np.nan, np.nan, np.nan)
        return
    if b <= a:
        set_jet(out, -np.inf, 0.0, 0.0, 0.0, 0.0)
        return
    if b == np.inf:
        if a == -np.inf:
            set_jet(out, 0.0, 0.0, 0.0, 0.0, 0.0)
        else:
            log_ndtr_jet(-a, out)
        return
    if a == -np.inf:
        log_ndtr_jet(b, out)
        out[1] = -out[1]
        out[3] = -out[3]
        return
    sign = 1.0
    if a + b < 0.0:
        a, b = -b, -a
        sign = -1.0
    m = 0.5 * (a + b)
    w = 0.5 * (b - a)
    if w <= NARROW_HALF_WIDTH and m * w <= NARROW_TILT:
        total, _, var, f3, f4 = _narrow(-m * w, w * w)
        out[0] = math.log(w * total) - _LOG_SQRT_2PI - 0.5 * m * m
        w2 = w * w
        out[1] = sign * 2.0 * math.exp(-0.5 * w2) * m * _cosh_sinhc(m * m * w2)[1] / total
        out[2] = w2 * var - 1.0
        out[3] = sign * w2 * w * f3
        out[4] = w2 * w2 * f4
    elif a < 0.0:
        f0, f1, f2, f3, f4 = _straddle(a, b, a + b)
        set_jet(out, f0, sign * f1, f2, sign * f3, f4)
    else:
        f0, f1, f2, f3, f4 = _one_sided(1.0, a, b - a)
        set_jet(out, f0 - _LOG_SQRT_2PI - 0.5 * a * a, sign * (a + f1), f2 - 1.0, sign * f3, f4)


@njit(cache=True, error_model="numpy")
def _convex_edge(p: float, g: float, width: float) -> tuple[float, float, float, float, float]:
    """(log integral, mean, cumulants 2 to 4) of exp(-g u + p u^2/2), p > 0, p width <= g, on [0, width]."""
    top = width
    square = g * g - 2.0 * _DROP * p
    if square > 0.0:
        top = min(width, 2.0 * _DROP / (g + math.sqrt(square)))
    slope = top * g
    curve = top * top * p
    drop = slope - 0.5 * curve
    center = 1.0 / (1.0 + drop) if drop > 2.0 else 0.4
    m0 = 0.0
    m1 = 0.0
    m2 = 0.0
    m3 = 0.0
    m4 = 0.0
    for k in range(32):
        t = 0.5 * (1.0 + GL_X32[k])
        e = 0.5 * GL_W32[k] * math.exp(-t * (slope - 0.5 * curve * t))
        d = t - center
        m0 += e
        e *= d
        m1 += e
        e *= d
        m2 += e
        e *= d
        m3 += e
        m4 += e * d
    d, var, k3, k4 = _cumulants(m0, m1, m2, m3, m4)
    t2 = top * top
    return math.log(top * m0), top * (center + d), t2 * var, t2 * top * k3, t2 * t2 * k4


@njit(cache=True, error_model="numpy")
def _whole(kappa: float, eta: float) -> tuple[float, float, float, float, float]:
    """Like `_narrow` with 20 points, for |kappa| - eta/2 <= 8 and -10 <= eta <= 0."""
    center = kappa / (1.0 + abs(kappa))
    m0 = 0.0
    m1 = 0.0
    m2 = 0.0
    m3 = 0.0
    m4 = 0.0
    for k in range(20):
        t = GL_X20[k]
        e = GL_W20[k] * math.exp(t * (kappa - 0.5 * eta * t))
        d = t - center
        m0 += e
        e *= d
        m1 += e
        e *= d
        m2 += e
        e *= d
        m3 += e
        m4 += e * d
    d, var, k3, k4 = _cumulants(m0, m1, m2, m3, m4)
    return m0, center + d, var, k3, k4


@njit(cache=True, error_model="numpy")
def _convex(p: float, q: float, a: float, b: float, out: np.ndarray) -> None:
    """`tilted_interval_jet` for P = -p < 0: one falling piece from an end, or two from both ends, merged."""
    ga = -(q + p * a)
    gb = q + p * b
    low = -q / p
    if not (ga > 0.0 and gb > 0.0):
        if ga > 0.0:
            f0, f1, f2, f3, f4 = _convex_edge(p, ga, b - a)
            set_jet(out, a * (q + 0.5 * p * a) + f0, a + f1, f2, f3, f4)
        else:
            f0, f1, f2, f3, f4 = _convex_edge(p, gb, b - a)
            set_jet(out, b * (q + 0.5 * p * b) + f0, b - f1, f2, -f3, f4)
        return
    f0, f1, f2, f3, f4 = _convex_edge(p, ga, min(b - a, low - a))
    g0, g1, g2, g3, g4 = _convex_edge(p, gb, min(b - a, b - low))
    f1 += a
    g1 = b - g1
    g3 = -g3
    log_ratio = (b - a) * (q + 0.5 * p * (a + b)) + (g0 - f0)
    e = math.exp(-abs(log_ratio))
    x = 1.0 / (1.0 + e)
    y = e * x
    if log_ratio > 0.0:
        x, y = y, x
        f0 = g0 + b * (q + 0.5 * p * b)
    else:
        f0 += a * (q + 0.5 * p * a)
    f0 += math.log1p(e)
    d = g1 - f1
    da = -y * d
    db = x * d
    mean = f1 - da if x > y else g1 - db
    r2 = x * (da * da + f2) + y * (db * db + g2)
    r3 = x * (da * (da * da + 3.0 * f2) + f3) + y * (db * (db * db + 3.0 * g2) + g3)
    da2 = da * da
    db2 = db * db
    r4 = x * (da2 * (da2 + 6.0 * f2) + 3.0 * f2 * f2 + 4.0 * da * f3 + f4)
    r4 += y * (db2 * (db2 + 6.0 * g2) + 3.0 * g2 * g2 + 4.0 * db * g3 + g4)
    set_jet(out, f0, mean, r2, r3, r4 - 3.0 * r2 * r2)


@njit(cache=True, error_model="numpy")
def _tilted_half_line(P: float, Q: float, a: float, out: np.ndarray) -> None:
    """`tilted_interval_jet` on [a, inf)."""
    g = P * a - Q
    if P < 0.0 or (P == 0.0 and g <= 0.0):
        set_jet(out, np.inf, np.nan, np.nan, np.nan, np.nan)
    elif g >= 0.0:
        f0, f1, f2, f3, f4 = _edge(P, g)
        set_jet(out, a * (Q - 0.5 * P * a) + f0, a + f1, f2, f3, f4)
    else:
        i = 1.0 / math.sqrt(P)
        log_ndtr_jet(-g * i, out)
        out[0] += 0.5 * Q * (Q / P) + 0.5 * (_LOG_2PI - math.log(P))
        out[1] = Q / P + out[1] * i
        out[2] = (1.0 + out[2]) / P
        out[3] *= i * i * i
        out[4] *= (i * i) * (i * i)


@njit(cache=True, error_model="numpy")
def tilted_interval_jet(P: float, Q: float, a: float, b: float, out: np.ndarray) -> None:
    """Jet in Q of f(Q) = log int_a^b exp(-P h^2/2 + Q h) dh: mean, variance and cumulants of h.

    Any sign of P on a finite interval; a half line needs P > 0, or P = 0 and a decaying exponential, a line
    needs P > 0 (otherwise f = inf and the derivatives are nan). b <= a gives (-inf, 0, 0, 0, 0).

    With g = Q - P (a + b)/2, w = (b - a)/2. Narrow (|g| w <= 1.5, |P| w^2 <= 1): 12-point rule; P < 0 with
    |g| w + |P| w^2/2 <= 8, |P| w^2 <= 10: 20-point rule. P >= 0 and maximum at an end: difference of two
    tails, measured from that end, which becomes the exponential law as P -> 0. P > 0 and maximum inside: as
    in `log_interval_jet`. P < 0 else: 32-point rule from one end or both over the part that is above
    exp(-42) of the maximum.

    Errors for P from -1e4 to 1e12, |Q| up to 1e6 and ends of order 1: f 5e-15 of max(1, |f|), f' 1e-15 of
    max(|a|, |b|, |f'|); for P >= 0, f'' 2e-14, f''' 2e-14 of max(|f'''|, sigma^3), f'''' 5e-14 of
    max(|f''''|, sigma^4); for P < 0, 1e-13, 1e-12, 1e-10 (worst with little weight at the second end).
    """
    if math.isnan(a) or math.isnan(b) or math.isnan(P) or math.isnan(Q):
        set_jet(out, np.nan, np.nan, np.nan, np.nan, np.nan)
        return
    if b <= a:
        set_jet(out, -np.inf, 0.0, 0.0, 0.0, 0.0)
        return
    if b == np.inf:
        if a != -np.inf:
            _tilted_half_line(P, Q, a, out)
        elif P > 0.0:
            set_jet(out, 0.5 * Q * (Q / P) + 0.5 * (_LOG_2PI - math.log(P)), Q / P, 1.0 / P, 0.0, 0.0)
        else:
            set_jet(out, np.inf, np.nan, np.nan, np.nan, np.nan)
        return
    if a == -np.inf:
        _tilted_half_line(P, -Q, -b, out)
        out[1] = -out[1]
        out[3] = -out[3]
        return
    m = 0.5 * (a + b)
    w = 0.5 * (b - a)
    g = Q - P * m
    eta = P * w * w
    kappa = g * w
    narrow = abs(kappa) <= NARROW_TILT and abs(eta) <= 1.0
    if narrow or (-10.0 <= eta < 0.0 and abs(kappa) - 0.5 * eta <= 8.0):
        total, mean, var, f3, f4 = _narrow(kappa, eta) if narrow else _whole(kappa, eta)
        w2 = w * w
        out[0] = m * (Q - 0.5 * P * m) + math.log(w * total)
        out[1] = m + w * mean
        out[2] = w2 * var
        out[3] = w2 * w * f3
        out[4] = w2 * w2 * f4
        return
    if P < 0.0:
        _convex(-P, Q, a, b, out)
        return
    sign = 1.0
    if g > 0.0:
        a, b = -b, -a
        Q = -Q
        sign = -1.0
    ga = P * a - Q
    if ga >= 0.0:
        f0, f1, f2, f3, f4 = _one_sided(P, ga, b - a)
        set_jet(out, a * (Q - 0.5 * P * a) + f0, sign * (a + f1), f2, sign * f3, f4)
        return
    i = 1.0 / math.sqrt(P)
    f0, f1, f2, f3, f4 = _straddle(ga * i, (P * b - Q) * i, (P * (a + b) - 2.0 * Q) * i)
    f0 += 0.5 * Q * (Q / P) + 0.5 * (_LOG_2PI - math.log(P))
    set_jet(out, f0, sign * (Q / P + f1 * i), (1.0 + f2) / P, sign * f3 * i * i * i, f4 * (i * i) * (i * i))
