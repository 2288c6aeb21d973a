r"""spiked_wigner_sparse: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 86f366299c196b86, derivation ffe7dcd3e4b49027, sympy 1.14.0.

free_entropy = \frac{q\,\left(q\,\mathrm{snr} - 2\,\hat{q}\right)}{4} +
    \rho\,\mathbb{E}_{\xi\sim\mathcal{N}\left(0,\,\hat{q}^{2} + \hat{q}\right)}\left[\log
    Z_{w}\left(\xi,\,\hat{q}\right)\right] + \left(1 -
    \rho\right)\,\mathbb{E}_{\xi\sim\mathcal{N}\left(0,\,\hat{q}\right)}\left[\log
    Z_{w}\left(\xi,\,\hat{q}\right)\right]
q_hat = q\,\mathrm{snr}
q = \rho\,\mathbb{E}_{\xi\sim\mathcal{N}\left(0,\,\hat{q}^{2} +
    \hat{q}\right)}\left[\left(\partial_{\xi} \log Z_{w}\left(\xi,\,\hat{q}\right)\right)^{2}\right]
    + \left(1 -
    \rho\right)\,\mathbb{E}_{\xi\sim\mathcal{N}\left(0,\,\hat{q}\right)}\left[\left(\partial_{\xi}
    \log Z_{w}\left(\xi,\,\hat{q}\right)\right)^{2}\right]
r - q = \rho\,\mathbb{E}_{\xi\sim\mathcal{N}\left(0,\,\hat{q}^{2} +
    \hat{q}\right)}\left[\partial_{\xi}^{2} \log Z_{w}\left(\xi,\,\hat{q}\right)\right] + \left(1 -
    \rho\right)\,\mathbb{E}_{\xi\sim\mathcal{N}\left(0,\,\hat{q}\right)}\left[\partial_{\xi}^{2}
    \log Z_{w}\left(\xi,\,\hat{q}\right)\right]
where
d\mu(w) = \left(1 - \rho\right)\,\delta\left(w\right)\,dw +
    \frac{\rho}{\sqrt{2\,\pi}}\,e^{-\frac{w^{2}}{2}}\,dw
Z_{w}\left(\xi, A\right) = \int d\mu(w)\, e^{-A w^2/2 + \xi w} = \frac{\rho}{\sqrt{A +
    1}}\,e^{\frac{\xi^{2}}{2\,\left(A + 1\right)}} - \rho + 1
"""


import math

import numpy as np
from numba import njit


from derive.runtime.adaptive import (
    MAX_PANELS,
    add_crossings,
    refine_panels,
    sinh_map,
    sum_panels,
    trapezoid_resolves,
    trapezoid_settled,
    trapezoid_start,
    window_too_short,
)
from derive.runtime.counts import COUNT_C, COUNT_W, COUNT_X, NODES, SHORT, block_error, block_size
from derive.runtime.inner import centered_to_channel, centered_to_site, guard_jet, moments_to_jet, sign, total_cumulants
from derive.runtime.intervals import log_interval_jet, tilted_interval_jet
from derive.runtime.jets import add_quadratic, log_ndtr_jet, log_sum_exp_jet, merge_jets, scale_chain
from derive.runtime.newton import COARSE, assemble, blurred, choose_step, move, retreat, sharpness
from derive.runtime.quadrature import G_W, GK_W, GK_X, GL_W, GL_X, gaussian_edges, graded_edges
from derive.runtime.special import H, bvn_upper, erfinv, log_cosh, log_ndtr, logistic, ndtr, softplus
from derive.runtime.strips import strip, strip_tail, strip_tails, strips, wide, wide_tail, wide_tails, wides


MODEL = 'spiked_wigner_sparse'
ANSATZ = 'rs'
SPEC_HASH = '86f366299c196b868469178e32cd20518dc51a88b0ecc3677f44befea984c4da'
TRACE_HASH = 'ffe7dcd3e4b49027'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('snr', 'rho')
TABLE = ()
STATE = ('q', 'r-q')
HATS = ('q_hat',)
NAMES = ({'q': 'q', 'r': 'r', 'q_hat': 'q_hat', 'r_hat': 'r_hat'},)
TIED_NAMES = {'m': 'q'}
TIED_HATS = {'m_hat': 'q_hat'}
OBSERVABLES = ('mse', 'mutual_information', 'energy')
RESPONSES = {}
CONSTANTS = 0
BOUNDARY = 'none'
CONDITIONS = 0
COLD = False
EDGE = 1e-250
VANISHES = 1e-13
FINEST = 0.0
UNIQUE = False
REDUCED = False
CANCELS = False
CONJUGATES = 1
GLOBALS = 0
MAPPED = 2
UNKNOWNS = 1
TIED = (1,)
PARTNERS = ()
DIFFERENCES = ()
CHANNEL_OUTPUTS = 2
SITE_OUTPUTS = 4
FACTS = 2
STRATEGY = {'free_entropy_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'free_entropy_1': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_1': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'site_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'site_1': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol'}


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    snr = p[0]
    out[0] = q * snr
    out[1] = snr


@njit(cache=True, error_model="numpy")
def site_0_integrand(xi, q_hat, site_0_k0, site_0_k1, site_0_k2, site_0_k3, refine, tol, work, out):
    work[1][:] = 0.0
    add_quadratic(work[1], site_0_k0, 0.0, 0.0, xi)
    work[2][:] = 0.0
    add_quadratic(work[2], site_0_k1, 0.0, site_0_k2, xi)
    merge_jets(work[1:], 2, work[0])
    guard_jet(work[0])
    site_0_l0_0 = work[0, 0]
    site_0_l0_1 = work[0, 1]
    site_0_l0_2 = work[0, 2]
    site_0_l0_3 = work[0, 3]
    site_0_l0_4 = work[0, 4]
    t0 = site_0_l0_1 ** 2
    t1 = site_0_l0_2 ** 2
    t2 = site_0_l0_1 * site_0_l0_3
    t3 = 2.0 * q_hat
    out[0] = t0
    out[1] = site_0_l0_2
    out[2] = (-(2.0 * site_0_l0_2 * t0)) + t1 * t3 + t1 + t2 * t3
    out[3] = q_hat * site_0_l0_4 - t1 - t2


@njit(cache=True, error_model="numpy")
def site_0_integral(mean, var, q_hat, site_0_k0, site_0_k1, site_0_k2, site_0_k3, refine, tol, out):
    """Integrate site_0_integrand over xi by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(4)
    if var <= 0.0:
        site_0_integrand(mean, q_hat, site_0_k0, site_0_k1, site_0_k2, site_0_k3, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(3)
    widths = np.empty(3)
    nc = 0
    nc = add_crossings(site_0_k3, 0.0, site_0_k2, centers, widths, nc)
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 4))
    size = np.zeros(4)
    ends = np.zeros(4)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            site_0_integrand(u, q_hat, site_0_k0, site_0_k1, site_0_k2, site_0_k3, refine, tol, work, values)
            for k in range(4):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol):
            for k in range(4):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 4))
    gauss = np.empty((MAX_PANELS, 4))
    size = np.empty((MAX_PANELS, 4))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(4):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                site_0_integrand(u, q_hat, site_0_k0, site_0_k1, site_0_k2, site_0_k3, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(4):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol)
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out)


@njit(cache=True, error_model="numpy")
def site_1_integrand(xi, rho, site_1_k0, site_1_k1, site_1_k2, site_1_k3, refine, tol, work, out):
    work[1][:] = 0.0
    add_quadratic(work[1], site_1_k0, 0.0, 0.0, xi)
    work[2][:] = 0.0
    add_quadratic(work[2], site_1_k1, 0.0, site_1_k2, xi)
    merge_jets(work[1:], 2, work[0])
    guard_jet(work[0])
    site_1_l0_0 = work[0, 0]
    site_1_l0_1 = work[0, 1]
    site_1_l0_2 = work[0, 2]
    site_1_l0_3 = work[0, 3]
    t0 = site_1_l0_1 ** 2
    t1 = rho * t0
    t2 = site_1_l0_2 ** 2
    t3 = rho * t2
    t4 = 2.0 * site_1_l0_2
    t5 = site_1_l0_1 * site_1_l0_3
    out[0] = t0 - t1
    out[1] = (-(rho * site_1_l0_2)) + site_1_l0_2
    out[2] = (-(t0 * t4)) + t1 * t4 + t2 - t3
    out[3] = rho * t5 - t2 + t3 - t5


@njit(cache=True, error_model="numpy")
def site_1_integral(mean, var, rho, site_1_k0, site_1_k1, site_1_k2, site_1_k3, refine, tol, out):
    """Integrate site_1_integrand over xi by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(4)
    if var <= 0.0:
        site_1_integrand(mean, rho, site_1_k0, site_1_k1, site_1_k2, site_1_k3, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(3)
    widths = np.empty(3)
    nc = 0
    nc = add_crossings(site_1_k3, 0.0, site_1_k2, centers, widths, nc)
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 4))
    size = np.zeros(4)
    ends = np.zeros(4)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            site_1_integrand(u, rho, site_1_k0, site_1_k1, site_1_k2, site_1_k3, refine, tol, work, values)
            for k in range(4):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol):
            for k in range(4):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 4))
    gauss = np.empty((MAX_PANELS, 4))
    size = np.empty((MAX_PANELS, 4))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(4):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                site_1_integrand(u, rho, site_1_k0, site_1_k1, site_1_k2, site_1_k3, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(4):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol)
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out)


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    rho = p[1]
    site_0_k0 = math.log(1.0 - rho)
    site_0_k1 = math.log(rho) + math.log(2.0 * 3.141592653589793 / (q_hat + 1.0)) / 2.0 + (-0.6931471805599453) + (-0.5723649429247001) + 0.34657359027997264
    site_0_k2 = 1.0 / (2.0 * (q_hat + 1.0))
    site_0_k3 = math.log(rho) + math.log(2.0 * 3.141592653589793 / (q_hat + 1.0)) / 2.0 - math.log(1.0 - rho) + (-0.6931471805599453) + (-0.5723649429247001) + 0.34657359027997264
    site_0_values = np.empty(4)
    site_0_integral(0.0, q_hat ** 2 + q_hat, q_hat, site_0_k0, site_0_k1, site_0_k2, site_0_k3, refine, tol, site_0_values)
    site_I0_0 = site_0_values[0]
    site_I0_1 = site_0_values[1]
    site_I0_2 = site_0_values[2]
    site_I0_3 = site_0_values[3]
    site_1_k0 = math.log(1.0 - rho)
    site_1_k1 = math.log(rho) + math.log(2.0 * 3.141592653589793 / (q_hat + 1.0)) / 2.0 + (-0.6931471805599453) + (-0.5723649429247001) + 0.34657359027997264
    site_1_k2 = 1.0 / (2.0 * (q_hat + 1.0))
    site_1_k3 = math.log(rho) + math.log(2.0 * 3.141592653589793 / (q_hat + 1.0)) / 2.0 - math.log(1.0 - rho) + (-0.6931471805599453) + (-0.5723649429247001) + 0.34657359027997264
    site_1_values = np.empty(4)
    site_1_integral(0.0, q_hat, rho, site_1_k0, site_1_k1, site_1_k2, site_1_k3, refine, tol, site_1_values)
    site_I1_0 = site_1_values[0]
    site_I1_1 = site_1_values[1]
    site_I1_2 = site_1_values[2]
    site_I1_3 = site_1_values[3]
    out[0] = rho * site_I0_0 + site_I1_0
    out[1] = rho * site_I0_1 + site_I1_1
    out[2] = rho * site_I0_2 + site_I1_2
    out[3] = rho * site_I0_3 + site_I1_3


@njit(cache=True, error_model="numpy")
def free_entropy_0_integrand(xi, free_entropy_0_k0, free_entropy_0_k1, free_entropy_0_k2, free_entropy_0_k3, free_entropy_0_k4, refine, tol, work, out):
    work[1][:] = 0.0
    add_quadratic(work[1], free_entropy_0_k0, 0.0, free_entropy_0_k1, xi)
    work[2][:] = 0.0
    add_quadratic(work[2], free_entropy_0_k2, 0.0, 0.0, xi)
    merge_jets(work[1:], 2, work[0])
    guard_jet(work[0])
    free_entropy_0_l0_0 = work[0, 0]
    out[0] = free_entropy_0_l0_0


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(mean, var, free_entropy_0_k0, free_entropy_0_k1, free_entropy_0_k2, free_entropy_0_k3, free_entropy_0_k4, refine, tol, out):
    """Integrate free_entropy_0_integrand over xi by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(1)
    if var <= 0.0:
        free_entropy_0_integrand(mean, free_entropy_0_k0, free_entropy_0_k1, free_entropy_0_k2, free_entropy_0_k3, free_entropy_0_k4, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(3)
    widths = np.empty(3)
    nc = 0
    nc = add_crossings(free_entropy_0_k3, 0.0, free_entropy_0_k4, centers, widths, nc)
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 1))
    size = np.zeros(1)
    ends = np.zeros(1)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            free_entropy_0_integrand(u, free_entropy_0_k0, free_entropy_0_k1, free_entropy_0_k2, free_entropy_0_k3, free_entropy_0_k4, refine, tol, work, values)
            for k in range(1):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol):
            for k in range(1):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 1))
    gauss = np.empty((MAX_PANELS, 1))
    size = np.empty((MAX_PANELS, 1))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(1):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                free_entropy_0_integrand(u, free_entropy_0_k0, free_entropy_0_k1, free_entropy_0_k2, free_entropy_0_k3, free_entropy_0_k4, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(1):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol)
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out)


@njit(cache=True, error_model="numpy")
def free_entropy_1_integrand(xi, free_entropy_1_k0, free_entropy_1_k1, free_entropy_1_k2, free_entropy_1_k3, free_entropy_1_k4, rho, refine, tol, work, out):
    work[1][:] = 0.0
    add_quadratic(work[1], free_entropy_1_k0, 0.0, free_entropy_1_k1, xi)
    work[2][:] = 0.0
    add_quadratic(work[2], free_entropy_1_k2, 0.0, 0.0, xi)
    merge_jets(work[1:], 2, work[0])
    guard_jet(work[0])
    free_entropy_1_l0_0 = work[0, 0]
    out[0] = free_entropy_1_l0_0 * (1.0 - rho)


@njit(cache=True, error_model="numpy")
def free_entropy_1_integral(mean, var, free_entropy_1_k0, free_entropy_1_k1, free_entropy_1_k2, free_entropy_1_k3, free_entropy_1_k4, rho, refine, tol, out):
    """Integrate free_entropy_1_integrand over xi by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(1)
    if var <= 0.0:
        free_entropy_1_integrand(mean, free_entropy_1_k0, free_entropy_1_k1, free_entropy_1_k2, free_entropy_1_k3, free_entropy_1_k4, rho, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(3)
    widths = np.empty(3)
    nc = 0
    nc = add_crossings(free_entropy_1_k3, 0.0, free_entropy_1_k4, centers, widths, nc)
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 1))
    size = np.zeros(1)
    ends = np.zeros(1)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            free_entropy_1_integrand(u, free_entropy_1_k0, free_entropy_1_k1, free_entropy_1_k2, free_entropy_1_k3, free_entropy_1_k4, rho, refine, tol, work, values)
            for k in range(1):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol):
            for k in range(1):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 1))
    gauss = np.empty((MAX_PANELS, 1))
    size = np.empty((MAX_PANELS, 1))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(1):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                free_entropy_1_integrand(u, free_entropy_1_k0, free_entropy_1_k1, free_entropy_1_k2, free_entropy_1_k3, free_entropy_1_k4, rho, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(1):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol)
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out)


@njit(cache=True, error_model="numpy")
def free_entropy(x, hats, p, refine, tol, out):
    """The free entropy per site at any point (stationary at a solution)."""
    v = x[1]
    q_hat = hats[0]
    snr = p[0]
    rho = p[1]
    free_entropy_0_k0 = math.log(1.0 - rho)
    free_entropy_0_k1 = -(1.0 / (2.0 * (q_hat + 1.0)))
    free_entropy_0_k2 = math.log(rho) + math.log(2.0 * 3.141592653589793 / (q_hat + 1.0)) / 2.0 + (-0.6931471805599453) + (-0.5723649429247001) + 0.34657359027997264
    free_entropy_0_k3 = math.log(rho) + math.log(2.0 * 3.141592653589793 / (q_hat + 1.0)) / 2.0 - math.log(1.0 - rho) + (-0.6931471805599453) + (-0.5723649429247001) + 0.34657359027997264
    free_entropy_0_k4 = 1.0 / (2.0 * (q_hat + 1.0))
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(0.0, q_hat ** 2 + q_hat, free_entropy_0_k0, free_entropy_0_k1, free_entropy_0_k2, free_entropy_0_k3, free_entropy_0_k4, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    free_entropy_1_k0 = math.log(1.0 - rho)
    free_entropy_1_k1 = -(1.0 / (2.0 * (q_hat + 1.0)))
    free_entropy_1_k2 = math.log(rho) + math.log(2.0 * 3.141592653589793 / (q_hat + 1.0)) / 2.0 + (-0.6931471805599453) + (-0.5723649429247001) + 0.34657359027997264
    free_entropy_1_k3 = math.log(rho) + math.log(2.0 * 3.141592653589793 / (q_hat + 1.0)) / 2.0 - math.log(1.0 - rho) + (-0.6931471805599453) + (-0.5723649429247001) + 0.34657359027997264
    free_entropy_1_k4 = 1.0 / (2.0 * (q_hat + 1.0))
    free_entropy_1_values = np.empty(1)
    free_entropy_1_integral(0.0, q_hat, free_entropy_1_k0, free_entropy_1_k1, free_entropy_1_k2, free_entropy_1_k3, free_entropy_1_k4, rho, refine, tol, free_entropy_1_values)
    free_entropy_I1_0 = free_entropy_1_values[0]
    c0 = rho / 2.0
    c1 = snr / 4.0
    out[0] = (-(c0 * snr * v)) - c0 + c1 * rho ** 2 + c1 * v ** 2 + free_entropy_I0_0 * rho + free_entropy_I1_0 + q_hat * v / 2.0 + (1.0 / 2.0) + (rho + (-1.0)) / (2.0 * (q_hat + 1.0))


@njit(cache=True, error_model="numpy")
def observables_0_integrand(xi, observables_0_k0, observables_0_k1, observables_0_k2, observables_0_k3, rho, refine, tol, work, out):
    work[1][:] = 0.0
    add_quadratic(work[1], observables_0_k0, 0.0, 0.0, xi)
    work[2][:] = 0.0
    add_quadratic(work[2], observables_0_k1, 0.0, observables_0_k2, xi)
    merge_jets(work[1:], 2, work[0])
    guard_jet(work[0])
    observables_0_l0_0 = work[0, 0]
    out[0] = (-(observables_0_l0_0 * rho)) + observables_0_l0_0


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, observables_0_k0, observables_0_k1, observables_0_k2, observables_0_k3, rho, refine, tol, out):
    """Integrate observables_0_integrand over xi by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_0_integrand(mean, observables_0_k0, observables_0_k1, observables_0_k2, observables_0_k3, rho, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(3)
    widths = np.empty(3)
    nc = 0
    nc = add_crossings(observables_0_k3, 0.0, observables_0_k2, centers, widths, nc)
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 1))
    size = np.zeros(1)
    ends = np.zeros(1)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            observables_0_integrand(u, observables_0_k0, observables_0_k1, observables_0_k2, observables_0_k3, rho, refine, tol, work, values)
            for k in range(1):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol):
            for k in range(1):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 1))
    gauss = np.empty((MAX_PANELS, 1))
    size = np.empty((MAX_PANELS, 1))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(1):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                observables_0_integrand(u, observables_0_k0, observables_0_k1, observables_0_k2, observables_0_k3, rho, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(1):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol)
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out)


@njit(cache=True, error_model="numpy")
def observables_1_integrand(xi, observables_1_k0, observables_1_k1, observables_1_k2, observables_1_k3, refine, tol, work, out):
    work[1][:] = 0.0
    add_quadratic(work[1], observables_1_k0, 0.0, 0.0, xi)
    work[2][:] = 0.0
    add_quadratic(work[2], observables_1_k1, 0.0, observables_1_k2, xi)
    merge_jets(work[1:], 2, work[0])
    guard_jet(work[0])
    observables_1_l0_0 = work[0, 0]
    out[0] = observables_1_l0_0


@njit(cache=True, error_model="numpy")
def observables_1_integral(mean, var, observables_1_k0, observables_1_k1, observables_1_k2, observables_1_k3, refine, tol, out):
    """Integrate observables_1_integrand over xi by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_1_integrand(mean, observables_1_k0, observables_1_k1, observables_1_k2, observables_1_k3, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(3)
    widths = np.empty(3)
    nc = 0
    nc = add_crossings(observables_1_k3, 0.0, observables_1_k2, centers, widths, nc)
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 1))
    size = np.zeros(1)
    ends = np.zeros(1)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            observables_1_integrand(u, observables_1_k0, observables_1_k1, observables_1_k2, observables_1_k3, refine, tol, work, values)
            for k in range(1):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol):
            for k in range(1):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 1))
    gauss = np.empty((MAX_PANELS, 1))
    size = np.empty((MAX_PANELS, 1))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(1):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                observables_1_integrand(u, observables_1_k0, observables_1_k1, observables_1_k2, observables_1_k3, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(1):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol)
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out)


@njit(cache=True, error_model="numpy")
def observables(x, hats, p, refine, tol, out):
    """Observables at a solution."""
    q = x[0]
    v = x[1]
    q_hat = hats[0]
    snr = p[0]
    rho = p[1]
    observables_0_k0 = math.log(1.0 - rho)
    observables_0_k1 = math.log(rho) + math.log(2.0 * 3.141592653589793 / (q_hat + 1.0)) / 2.0 + (-0.6931471805599453) + (-0.5723649429247001) + 0.34657359027997264
    observables_0_k2 = 1.0 / (2.0 * (q_hat + 1.0))
    observables_0_k3 = math.log(rho) + math.log(2.0 * 3.141592653589793 / (q_hat + 1.0)) / 2.0 - math.log(1.0 - rho) + (-0.6931471805599453) + (-0.5723649429247001) + 0.34657359027997264
    observables_0_values = np.empty(1)
    observables_0_integral(0.0, q_hat, observables_0_k0, observables_0_k1, observables_0_k2, observables_0_k3, rho, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    observables_1_k0 = math.log(1.0 - rho)
    observables_1_k1 = math.log(rho) + math.log(2.0 * 3.141592653589793 / (q_hat + 1.0)) / 2.0 + (-0.6931471805599453) + (-0.5723649429247001) + 0.34657359027997264
    observables_1_k2 = 1.0 / (2.0 * (q_hat + 1.0))
    observables_1_k3 = math.log(rho) + math.log(2.0 * 3.141592653589793 / (q_hat + 1.0)) / 2.0 - math.log(1.0 - rho) + (-0.6931471805599453) + (-0.5723649429247001) + 0.34657359027997264
    observables_1_values = np.empty(1)
    observables_1_integral(0.0, q_hat ** 2 + q_hat, observables_1_k0, observables_1_k1, observables_1_k2, observables_1_k3, refine, tol, observables_1_values)
    observables_I1_0 = observables_1_values[0]
    c0 = snr / 4.0
    out[0] = v
    out[1] = (-(c0 * q ** 2)) - observables_I0_0 - observables_I1_0 * rho + q * q_hat / 2.0 + rho ** 2 * snr / 4.0
    out[2] = -(c0 * (q + v) ** 2)


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    rho = p[1]
    out[0] = rho
    out[1] = 0.0


@njit(cache=True, error_model="numpy")
def evaluate(x, p, refine, tol, hats, mapped, residual, jacobian):
    """One step of the map: conjugates, new overlaps, residual and Jacobian in the solver's coordinates."""
    chan = np.empty(CHANNEL_OUTPUTS)
    channel(x, p, refine, tol, chan)
    for k in range(CONJUGATES):
        hats[k] = chan[k]
    place = np.empty(SITE_OUTPUTS)
    site(hats, p, refine, tol, place)
    for k in range(MAPPED):
        mapped[k] = place[k]
    assemble(x, chan, place, CONJUGATES, GLOBALS, MAPPED, TIED, residual, jacobian)


@njit(cache=True, error_model="numpy")
def solve(x, p, refine, tol, accuracy, damping, max_steps, newton_only, hats, info):
    """Iterate from x (in place) to a fixed point; info = (status, steps, residual, distance, spectral radius).

    Damped iteration follows the branch of the start; Newton with the exact Jacobian takes over where the
    map contracts and the step is small (everywhere if newton_only).  Integrals are as sharp as the step needs, and
    always sharp to tol where the iteration ends; the state then takes one more Newton step, below accuracy.
    """
    mapped = np.empty(MAPPED)
    residual = np.empty(UNKNOWNS)
    jacobian = np.empty((UNKNOWNS, UNKNOWNS))
    step = np.empty(UNKNOWNS)
    state = np.zeros(8)
    state[4] = EDGE
    state[3] = VANISHES
    previous = x.copy()
    sharp = max(tol, COARSE)
    for count in range(max_steps):
        evaluate(x, p, refine, sharp, hats, mapped, residual, jacobian)
        if blurred(residual, sharp, tol):
            sharp = tol
            evaluate(x, p, refine, sharp, hats, mapped, residual, jacobian)
        if retreat(x, previous, residual, state, TIED):
            continue
        status = choose_step(
            x, p, mapped, residual, jacobian, accuracy, damping, newton_only, TIED, GLOBALS, step, state, info
        )
        info[1] = count + 1
        if status != 0 and sharp > tol and not (status == 6.0 and info[2] > 1000.0 * sharp):
            sharp = tol
            continue
        if status == 1.0:
            move(x, step, TIED, GLOBALS, p)
            chan = np.empty(CHANNEL_OUTPUTS)
            channel(x, p, refine, tol, chan)
            hats[:] = chan[:CONJUGATES]
        if status != 0:
            info[0] = status
            return
        move(x, step, TIED, GLOBALS, p)
        sharp = sharpness(info, tol)
    info[0] = 5.0
