"""Moments of a tilted measure to the derivatives of its log-partition function."""

from __future__ import annotations

from numba import njit

__all__ = ["centered_to_channel", "centered_to_site", "guard_jet", "moments_to_jet", "sign", "total_cumulants"]


@njit(cache=True, error_model="numpy")
def sign(x):  # type: ignore[no-untyped-def]
    """The sign of x, with sign(0) = 0."""
    return 1.0 if x > 0.0 else (-1.0 if x < 0.0 else 0.0)


@njit(cache=True, error_model="numpy")
def centered_to_channel(total, shift, k2, k3, k4, v, out):  # type: ignore[no-untyped-def]
    """l_1 = (mean - x)/v, l_2 = (k2 - v)/v^2, l_3 = k3/v^3, l_4 = k4/v^4 for Z = E_{h~N(x,v)} F."""
    out[0] = total
    out[1] = shift / v
    out[2] = (k2 - v) / (v * v)
    out[3] = k3 / v**3
    out[4] = k4 / v**4


@njit(cache=True, error_model="numpy")
def centered_to_site(total, mean, k2, k3, k4, out):  # type: ignore[no-untyped-def]
    """The cumulants of w are the derivatives in the field."""
    out[0] = total
    out[1] = mean
    out[2] = k2
    out[3] = k3
    out[4] = k4


@njit(cache=True, error_model="numpy")
def moments_to_jet(total, m1, m2, m3, m4, out):  # type: ignore[no-untyped-def]
    """Derivatives of log Z from m_k = Z^(k)/Z."""
    out[0] = total
    out[1] = m1
    out[2] = m2 - m1 * m1
    out[3] = m3 - 3.0 * m2 * m1 + 2.0 * m1**3
    out[4] = m4 - 4.0 * m3 * m1 - 3.0 * m2 * m2 + 12.0 * m2 * m1 * m1 - 6.0 * m1**4


@njit(cache=True, error_model="numpy")
def guard_jet(out):  # type: ignore[no-untyped-def]
    """A vanishing Z contributes nothing: log Z = -1e300 and zero derivatives keep exp(l)*l at 0."""
    if out[0] <= -1e300:
        out[0] = -1e300
        for k in range(1, 5):
            out[k] = 0.0


@njit(cache=True, error_model="numpy")
def total_cumulants(total, s0, s1, s2, s3, s4, unit, shift, v, out):  # type: ignore[no-untyped-def]
    """The jet of a channel from the moments s0 to s4 of t = (h - x - shift)/unit under the tilted measure."""
    m1, m2, m3, m4 = s1 / s0, s2 / s0, s3 / s0, s4 / s0
    k2 = m2 - m1 * m1
    k3 = m3 - 3.0 * m1 * m2 + 2.0 * m1**3
    k4 = m4 - 4.0 * m1 * m3 + 6.0 * m1 * m1 * m2 - 3.0 * m1**4 - 3.0 * k2 * k2
    centered_to_channel(total, shift + unit * m1, unit**2 * k2, unit**3 * k3, unit**4 * k4, v, out)
