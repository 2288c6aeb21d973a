"""Derivatives of orders 0 to 4 of log-partition functions.

A jet is the vector (f, f', f'', f''', f'''') written into ``out[0:5]``. The leaves are log Phi and the
logarithm of a Gaussian integral over an interval; `merge_jets` takes the logarithm of a sum of exponentials,
`log_sum_exp_jet` that of a sum with linear exponents, `scale_chain` and `add_quadratic` change the argument and
add a quadratic form. In the left tail log Phi(c) is -c^2/2 plus a slowly varying function, whose derivatives
have polynomials of their own, so nothing is lost by cancellation.

Error bounds are maxima against closed forms in mpmath over the arguments of
``tests/unit/runtime/test_jets.py``; sigma is the standard deviation of the law that the jet describes.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from derive.runtime import _coefficients as _c
from derive.runtime.special import _octet, _poly28, hazard, phi

_K = _c.TAIL_K
_S = _c.TAIL_S
_V = _c.TAIL_V
_T3 = _c.TAIL_3
_T4 = _c.TAIL_4
_Z4 = _c.ZERO4_P
_Z4_HI = _c.ZERO4_HI
_Z4_LO = _c.ZERO4_LO
_SQRT_2PI = math.sqrt(2.0 * math.pi)


@njit(cache=True, error_model="numpy")
def set_jet(out: np.ndarray, f0: float, f1: float, f2: float, f3: float, f4: float) -> None:
    """Write five numbers."""
    out[0] = f0
    out[1] = f1
    out[2] = f2
    out[3] = f3
    out[4] = f4


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def _poly32(c, t):  # type: ignore[no-untyped-def]
    """Polynomial with 32 coefficients, a tuple."""
    t2 = t * t
    t4 = t2 * t2
    t8 = t4 * t4
    low = _octet(c, 0, t, t2, t4) + _octet(c, 8, t, t2, t4) * t8
    return low + (_octet(c, 16, t, t2, t4) + _octet(c, 24, t, t2, t4) * t8) * (t8 * t8)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _poly16(c, t):  # type: ignore[no-untyped-def]
    """Polynomial with 16 coefficients, a tuple."""
    t2 = t * t
    t4 = t2 * t2
    return _octet(c, 0, t, t2, t4) + _octet(c, 8, t, t2, t4) * (t4 * t4)


@njit(cache=True, error_model="numpy")
def tail_parts(y: float) -> tuple[float, float, float, float]:
    """(h - y, 1 + f'', f''', f'''') of f = log Phi at -y, y >= 0; h = phi(y)/Phi(-y)."""
    i = 1.0 / (y + _K)
    t = 1.0 - 2.0 * _K * i
    i2 = i * i
    return _poly28(_S, t) * i, _poly32(_V, t) * i2, _poly32(_T3, t) * (i2 * i), _poly32(_T4, t) * (i2 * i2)


@njit(cache=True, error_model="numpy")
def log_ndtr_jet(c: float, out: np.ndarray, order: int = 4) -> None:
    """Jet of log Phi(c) up to `order`; what lies above it is not defined.

    c <= 0: the tail polynomials. c > 0: r = phi/Phi, s = c + r, v = 1 - r s and f' = r, f'' = -r s,
    f''' = r (s^2 - v), f'''' = r (2 s v - r s^2 + r v - s (s^2 - v)); within 1/4 of the only zero of f'''',
    c0 = 1.0024, a polynomial for f''''/(c - c0).

    Relative errors for c from -1e8 to underflow at 37.5: f 1e-15, f' 1e-15, f'' 2e-15, f''' 1e-14, f''''
    4e-14 (the last two reach these near c = 0 and are a few 1e-16 in the tails).
    """
    if c <= 0.0:
        y = -c
        i = 1.0 / (y + _K)
        t = 1.0 - 2.0 * _K * i
        r = y + _poly28(_S, t) * i
        out[0] = -0.5 * y * y - math.log(_SQRT_2PI * r)
        out[1] = r
        i2 = i * i
        if order >= 2:
            out[2] = _poly32(_V, t) * i2 - 1.0
        if order >= 3:
            out[3] = _poly32(_T3, t) * (i2 * i)
        if order >= 4:
            out[4] = _poly32(_T4, t) * (i2 * i2)
        return
    p = phi(c)
    upper = p / hazard(c)
    out[0] = math.log1p(-upper)
    r = p / (1.0 - upper)
    out[1] = r
    if r == 0.0:
        out[2] = 0.0
        out[3] = 0.0
        out[4] = 0.0
        return
    s = c + r
    v = 1.0 - r * s
    g = s * s - v
    out[2] = -r * s
    out[3] = r * g
    if order < 4:
        return
    u = 4.0 * ((c - _Z4_HI) - _Z4_LO)
    if abs(u) < 1.0:
        out[4] = 0.25 * u * _poly16(_Z4, u)
    else:
        out[4] = r * (2.0 * s * v - r * s * s + r * v - s * g)


@njit(cache=True, error_model="numpy")
def merge_jets(parts: np.ndarray, n: int, out: np.ndarray) -> None:
    """Jet of log sum_k exp(f_k) from the jets ``parts[k]``, k < n; ``out`` may be a row of ``parts``.

    With weights p_k and d_k = f_k' - f': f'' = sum p (d^2 + f_k''), f''' = sum p (d^3 + 3 d f_k'' +
    f_k'''), f'''' = sum p (d^4 + 6 d^2 f_k'' + 3 f_k''^2 + 4 d f_k''' + f_k'''') - 3 f''^2. Slopes are
    measured from the heaviest part, so that f'' keeps its relative accuracy when all other weights are
    tiny. Parts with f_k = -inf are skipped, whatever their derivatives; if there is no other, the result is
    (-inf, 0, 0, 0, 0).
    """
    best = -1
    top = -np.inf
    for k in range(n):
        if parts[k, 0] > top or math.isnan(parts[k, 0]):
            top = parts[k, 0]
            best = k
            if math.isnan(top):
                break
    if best < 0:
        set_jet(out, -np.inf, 0.0, 0.0, 0.0, 0.0)
        return
    base = parts[best, 1]
    rest = 0.0
    shift = 0.0
    for k in range(n):
        if k != best:
            e = math.exp(parts[k, 0] - top)
            if e > 0.0:
                rest += e
                shift += e * (parts[k, 1] - base)
    norm = 1.0 / (1.0 + rest)
    shift *= norm
    f2 = 0.0
    f3 = 0.0
    f4 = 0.0
    for k in range(n):
        p = norm
        d = -shift
        if k != best:
            p *= math.exp(parts[k, 0] - top)
            if not p > 0.0:
                continue
            d += parts[k, 1] - base
        k2 = parts[k, 2]
        k3 = parts[k, 3]
        dd = d * d
        f2 += p * (dd + k2)
        f3 += p * (d * (dd + 3.0 * k2) + k3)
        f4 += p * (dd * (dd + 6.0 * k2) + 3.0 * k2 * k2 + 4.0 * d * k3 + parts[k, 4])
    set_jet(out, top + math.log1p(rest), base + shift, f2, f3, f4 - 3.0 * f2 * f2)


@njit(cache=True, error_model="numpy")
def _two_parts_jet(c0, s0, c1, s1, x, out):  # type: ignore[no-untyped-def]
    """Jet of the mean of two lines plus log 2 cosh of half their difference.

    The slope is from the heavier line, except for opposite slopes, where it keeps its relative accuracy at zero.
    """
    d = 0.5 * (s1 - s0)
    u = 0.5 * (c1 - c0) + d * x
    e = math.exp(-2.0 * abs(u))
    inverse = 1.0 / (1.0 + e)
    t = math.copysign(-math.expm1(-2.0 * abs(u)) * inverse, u)
    s = 4.0 * e * inverse * inverse
    out[0] = 0.5 * (c0 + c1) + 0.5 * (s0 + s1) * x + abs(u) + math.log1p(e)
    if s0 == -s1:
        out[1] = d * t
    else:
        out[1] = s1 - 2.0 * d * e * inverse if u > 0.0 else s0 + 2.0 * d * e * inverse
    out[2] = d * d * s
    out[3] = -2.0 * d**3 * t * s
    out[4] = d**4 * s * (4.0 * t * t - 2.0 * s)


@njit(cache=True, error_model="numpy")
def log_sum_exp_jet(constants, slopes, x, out):  # type: ignore[no-untyped-def]
    """Jet of f = log sum_k exp(c_k + s_k x) for tuples c, s: the cumulants of s under the weights.

    Slopes are measured from the heaviest part, as in `merge_jets`; parts with c_k = -inf are skipped, and without any
    other the result is (-1e300, 0, 0, 0, 0), which contributes nothing to an average.
    """
    if len(constants) == 2 and constants[0] > -math.inf and constants[1] > -math.inf:
        _two_parts_jet(constants[0], slopes[0], constants[1], slopes[1], x, out)
        return
    best = 0
    top = constants[0] + slopes[0] * x
    for k in range(1, len(constants)):
        value = constants[k] + slopes[k] * x
        if value > top or math.isnan(value):
            top, best = value, k
    if top == -math.inf:
        set_jet(out, -1e300, 0.0, 0.0, 0.0, 0.0)
        return
    rest, m1, m2, m3, m4 = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(len(constants)):
        if k != best:
            e = math.exp(constants[k] + slopes[k] * x - top)
            d = slopes[k] - slopes[best]
            rest += e
            e *= d
            m1 += e
            e *= d
            m2 += e
            e *= d
            m3 += e
            m4 += e * d
    norm = 1.0 / (1.0 + rest)
    m1 *= norm
    m2 *= norm
    m3 *= norm
    m4 *= norm
    out[0] = top + math.log1p(rest)
    out[1] = slopes[best] + m1
    f2 = m2 - m1 * m1
    out[2] = f2
    out[3] = m3 - 3.0 * m1 * m2 + 2.0 * m1**3
    out[4] = m4 - 4.0 * m1 * m3 + 6.0 * m1 * m1 * m2 - 3.0 * m1**4 - 3.0 * f2 * f2


@njit(cache=True, error_model="numpy")
def add_quadratic(out: np.ndarray, c0: float, c1: float, c2: float, x: float) -> None:
    """Add the jet of c0 + c1 x + c2 x^2 at x in place."""
    out[0] += c0 + x * (c1 + c2 * x)
    out[1] += c1 + 2.0 * c2 * x
    out[2] += 2.0 * c2


@njit(cache=True, error_model="numpy")
def scale_chain(out: np.ndarray, s: float) -> None:
    """Multiply order k by s^k: from a jet in s x + const to the jet in x."""
    s2 = s * s
    out[1] *= s
    out[2] *= s2
    out[3] *= s2 * s
    out[4] *= s2 * s2


@njit(cache=True, error_model="numpy")
def add_jets(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """Write a + b, order by order; ``out`` may be one of them."""
    for k in range(5):
        out[k] = a[k] + b[k]
