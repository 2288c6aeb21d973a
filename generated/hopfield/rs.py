r"""hopfield: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 80ede6df52b8f94e, derivation 69e78c33f38ea4b7, sympy 1.14.0.

free_entropy = \frac{\alpha\,\left(\frac{q}{T + q - 1} + \log{\left(T \right)} - \log{\left(T + q -
    1 \right)}\right)}{2} + \frac{T\,q\,\hat{q} - 2\,T\,m\,\hat{m} + m^{2} - \alpha}{2\,T} +
    \mathbb{E}_{\xi\sim\mathcal{N}\left(\hat{m},\,\hat{q}\right)}\left[\log
    Z_{w}\left(\xi,\,\hat{q}\right)\right]
q_hat = \frac{\alpha\,q}{\left(T + q - 1\right)^{2}}
m_hat = \frac{m}{T}
q = \mathbb{E}_{\xi\sim\mathcal{N}\left(\hat{m},\,\hat{q}\right)}\left[\left(\partial_{\xi} \log
    Z_{w}\left(\xi,\,\hat{q}\right)\right)^{2}\right]
r - q = \mathbb{E}_{\xi\sim\mathcal{N}\left(\hat{m},\,\hat{q}\right)}\left[\partial_{\xi}^{2} \log
    Z_{w}\left(\xi,\,\hat{q}\right)\right]
m = \mathbb{E}_{\xi\sim\mathcal{N}\left(\hat{m},\,\hat{q}\right)}\left[\partial_{\xi} \log
    Z_{w}\left(\xi,\,\hat{q}\right)\right]
where
F_{00}\left(h\right) = e^{\frac{h^{2}}{2\,T}}
Z_{00}\left(\omega, v\right) =
    \mathbb{E}_{h\sim\mathcal{N}\left(\omega,\,v\right)}\left[F_{00}\left(h\right)\right] =
    \frac{\sqrt{T}}{\sqrt{T - v}}\,e^{\frac{\omega^{2}}{2\,\left(T - v\right)}}
d\mu(w) = \delta\left(w + 1\right)\,dw + \delta\left(w - 1\right)\,dw
Z_{w}\left(\xi, A\right) = \int d\mu(w)\, e^{-A w^2/2 + \xi w} =
    2\,e^{-\frac{A}{2}}\,\cosh{\left(\xi \right)}
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


MODEL = 'hopfield'
ANSATZ = 'rs'
SPEC_HASH = '80ede6df52b8f94eec8f0110cca15561e14e9965eeeeca78aad4a887d27d5d58'
TRACE_HASH = '69e78c33f38ea4b7'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('T', 'alpha')
TABLE = ()
STATE = ('q', 'r-q', 'm')
HATS = ('q_hat', 'm_hat')
NAMES = ({'q': 'q', 'r': 'r', 'q_hat': 'q_hat', 'r_hat': 'r_hat'},)
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('energy', 'entropy')
RESPONSES = {}
CONSTANTS = 0
BOUNDARY = 'none'
CONDITIONS = 1
COLD = False
EDGE = 1e-250
VANISHES = 1e-13
FINEST = 0.0
UNIQUE = False
REDUCED = False
CANCELS = False
CONJUGATES = 2
GLOBALS = 0
MAPPED = 3
UNKNOWNS = 2
TIED = (1,)
PARTNERS = (0,)
DIFFERENCES = ()
CHANNEL_OUTPUTS = 6
SITE_OUTPUTS = 9
FACTS = 3
STRATEGY = {'free_entropy_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'site_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol'}


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    v = x[1]
    m = x[2]
    T = p[0]
    alpha = p[1]
    c0 = T ** 2
    c1 = v ** 2
    c2 = 2.0 * alpha / ((-(4.0 * T * v)) + 2.0 * c0 + 2.0 * c1)
    c3 = 1.0 / T
    c4 = 8.0 * alpha * q / (4.0 * T ** 4 - 16.0 * T ** 3 * v - 16.0 * T * v ** 3 + 24.0 * c0 * c1 + 4.0 * v ** 4)
    out[0] = c2 * q
    out[1] = c3 * m
    out[2] = (-(T * c4)) + c2 + c4 * v
    out[3] = 0.0
    out[4] = 0.0
    out[5] = c3


@njit(cache=True, error_model="numpy")
def domain(x, hats, p, refine, tol, out):
    """Positive where every average exists."""
    v = x[1]
    T = p[0]
    out[0] = (T - v) / T


@njit(cache=True, error_model="numpy")
def site_0_integrand(xi, site_0_k0, refine, tol, work, out):
    log_sum_exp_jet((site_0_k0, site_0_k0), (-1.0, 1.0), xi, work[0])
    site_0_l0_0 = work[0, 0]
    site_0_l0_1 = work[0, 1]
    site_0_l0_2 = work[0, 2]
    site_0_l0_3 = work[0, 3]
    t0 = site_0_l0_1 ** 2
    t1 = site_0_l0_2 ** 2
    t2 = site_0_l0_1 * site_0_l0_2
    out[0] = t0
    out[1] = site_0_l0_2
    out[2] = site_0_l0_1
    out[3] = (-(2.0 * site_0_l0_2 * t0)) + t1
    out[4] = t2
    out[5] = site_0_l0_1 * site_0_l0_3 + t1
    out[6] = site_0_l0_3
    out[7] = -t2


@njit(cache=True, error_model="numpy")
def site_0_integral(mean, var, site_0_k0, refine, tol, out):
    """Integrate site_0_integrand over xi by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(8)
    if var <= 0.0:
        site_0_integrand(mean, site_0_k0, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(3)
    widths = np.empty(3)
    nc = 0
    nc = add_crossings(0.0, 2.0, 0.0, centers, widths, nc)
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 8))
    size = np.zeros(8)
    ends = np.zeros(8)
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
            site_0_integrand(u, site_0_k0, refine, tol, work, values)
            for k in range(8):
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
            for k in range(8):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 8))
    gauss = np.empty((MAX_PANELS, 8))
    size = np.empty((MAX_PANELS, 8))
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
            for k in range(8):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                site_0_integrand(u, site_0_k0, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(8):
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
    m_hat = hats[1]
    site_0_k0 = -(q_hat / 2.0)
    site_0_values = np.empty(8)
    site_0_integral(m_hat, q_hat, site_0_k0, refine, tol, site_0_values)
    site_I0_0 = site_0_values[0]
    site_I0_1 = site_0_values[1]
    site_I0_2 = site_0_values[2]
    site_I0_3 = site_0_values[3]
    site_I0_4 = site_0_values[4]
    site_I0_5 = site_0_values[5]
    site_I0_6 = site_0_values[6]
    site_I0_7 = site_0_values[7]
    out[0] = site_I0_0
    out[1] = site_I0_1
    out[2] = site_I0_2
    out[3] = site_I0_3
    out[4] = 2.0 * site_I0_4
    out[5] = -site_I0_5
    out[6] = site_I0_6
    out[7] = site_I0_7
    out[8] = site_I0_1


@njit(cache=True, error_model="numpy")
def free_entropy_0_integrand(xi, free_entropy_0_k0, refine, tol, work, out):
    log_sum_exp_jet((free_entropy_0_k0, free_entropy_0_k0), (-1.0, 1.0), xi, work[0])
    free_entropy_0_l0_0 = work[0, 0]
    out[0] = free_entropy_0_l0_0


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(mean, var, free_entropy_0_k0, refine, tol, out):
    """Integrate free_entropy_0_integrand over xi by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(1)
    if var <= 0.0:
        free_entropy_0_integrand(mean, free_entropy_0_k0, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(3)
    widths = np.empty(3)
    nc = 0
    nc = add_crossings(0.0, 2.0, 0.0, centers, widths, nc)
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
            free_entropy_0_integrand(u, free_entropy_0_k0, refine, tol, work, values)
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
                free_entropy_0_integrand(u, free_entropy_0_k0, refine, tol, work, values)
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
    q = x[0]
    v = x[1]
    m = x[2]
    q_hat = hats[0]
    m_hat = hats[1]
    T = p[0]
    alpha = p[1]
    free_entropy_0_k0 = -(q_hat / 2.0)
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(m_hat, q_hat, free_entropy_0_k0, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    c0 = q / 2.0
    c1 = 1.0 / (2.0 * T)
    c2 = T - v
    out[0] = (-(alpha * c1 * (q + v))) + alpha * (c0 / c2 + math.log(T) / 2.0 - math.log(c2) / 2.0) + c0 * q_hat + c1 * m ** 2 + free_entropy_I0_0 - m * m_hat


@njit(cache=True, error_model="numpy")
def observables_0_integrand(xi, observables_0_k0, refine, tol, work, out):
    log_sum_exp_jet((observables_0_k0, observables_0_k0), (-1.0, 1.0), xi, work[0])
    observables_0_l0_0 = work[0, 0]
    out[0] = observables_0_l0_0


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, observables_0_k0, refine, tol, out):
    """Integrate observables_0_integrand over xi by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_0_integrand(mean, observables_0_k0, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(3)
    widths = np.empty(3)
    nc = 0
    nc = add_crossings(0.0, 2.0, 0.0, centers, widths, nc)
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
            observables_0_integrand(u, observables_0_k0, refine, tol, work, values)
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
                observables_0_integrand(u, observables_0_k0, refine, tol, work, values)
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
    m = x[2]
    q_hat = hats[0]
    m_hat = hats[1]
    T = p[0]
    alpha = p[1]
    observables_0_k0 = -(q_hat / 2.0)
    observables_0_values = np.empty(1)
    observables_0_integral(m_hat, q_hat, observables_0_k0, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    c0 = 1.0 / T
    c1 = m ** 2 / 2.0
    c2 = alpha * (q + v) / 2.0
    c3 = T * v
    c4 = v ** 2
    c5 = 1.0 / (2.0 * T ** 2 - 4.0 * c3 + 2.0 * c4)
    c6 = alpha * ((-(T * c5 * q)) - c3 * c5 + c4 * c5) + c0 * ((-c1) + c2)
    c7 = T - v
    c8 = q / 2.0
    out[0] = T * c6
    out[1] = alpha * (math.log(T) / 2.0 - math.log(c7) / 2.0 + c8 / c7) + c0 * c1 - c0 * c2 + c6 + c8 * q_hat - m * m_hat + observables_I0_0


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    out[0] = 1.0
    out[1] = 0.0
    out[2] = 1.0


@njit(cache=True, error_model="numpy")
def evaluate(x, p, refine, tol, hats, mapped, residual, jacobian):
    """One step of the map: conjugates, new overlaps, residual and Jacobian in the solver's coordinates."""
    chan = np.empty(CHANNEL_OUTPUTS)
    channel(x, p, refine, tol, chan)
    for k in range(CONJUGATES):
        hats[k] = chan[k]
    margins = np.empty(CONDITIONS)
    domain(x, hats, p, refine, tol, margins)
    for k in range(CONDITIONS):
        if not margins[k] > 0.0:
            mapped[:] = math.nan
            residual[:] = math.nan
            jacobian[:] = math.nan
            return
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
