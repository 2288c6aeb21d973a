r"""ridge_power_law: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 01c22783ac9d5695, derivation 66c8f714d6347806, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{1}{2}\,\mathbb{E}_{s_{1}\sim
    1}\left[\frac{s_{1}^{a}\,\left(\hat{m}^{2}\,s_{1}^{b} + \hat{q}\right)}{\lambda +
    \hat{V}\,s_{1}^{a}}\right]
\phi_{\mathrm{ch}} = -\frac{\alpha\,\left(\Delta + q + c_{0} - 2\,m\right)}{2\,\left(V + 1\right)}
q_hat = \frac{\alpha\,\left(\Delta + q + c_{0} - 2\,m\right)}{\left(V + 1\right)^{2}}
V_hat = \frac{\alpha}{V + 1}
m_hat = \frac{\alpha}{V + 1}
q = \mathbb{E}_{s_{1}\sim 1}\left[\frac{s_{1}^{2\,a}\,\left(\hat{m}^{2}\,s_{1}^{b} +
    \hat{q}\right)}{\left(\lambda + \hat{V}\,s_{1}^{a}\right)^{2}}\right]
V = \mathbb{E}_{s_{1}\sim 1}\left[\frac{s_{1}^{a}}{\lambda + \hat{V}\,s_{1}^{a}}\right]
m = \hat{m}\,\mathbb{E}_{s_{1}\sim 1}\left[\frac{s_{1}^{a + b}}{\lambda + \hat{V}\,s_{1}^{a}}\right]
where
\mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \min_h\left\{\frac{(h-\omega)^2}{2\,V}+\ell(h)\right\}
\partial_{\omega} \mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \frac{\omega-\mathrm{prox}_{V}\left[\ell\right]\left(\omega\right)}{V}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    \max_w\left\{\xi\,w-\frac{\hat{V}\,w^2}{2}-g(w)\right\}
\partial_{\xi} \mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    w_{\hat{V}}\left[g\right]\left(\xi\right)
\ell_{0}\left(h\right) = \frac{h^{2}}{2}
\mathrm{law}\left(u\right) = \mathcal{N}\left(0,\,\Delta + q + c_{0} - 2\,m\right)
\mathcal{M}_{V}\left[\ell_{0}\right]\left(u\right) = \frac{u^{2}}{2\,\left(V + 1\right)}
\mathrm{prox}_{V}\left[\ell_{0}\right]\left(u\right) = \frac{u}{V + 1}
g\left(w\right) = \frac{\lambda\,w^{2}}{2}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi^{2}}{2\,\left(\hat{V} +
    \lambda\right)}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi}{\hat{V} + \lambda}
c_{0} = \mathbb{E}_{s_{31}\sim 1}\left[s_{31}^{b}\right]
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
from derive.runtime.descend import descend
from derive.runtime.special import mills
from derive.runtime.inner import centered_to_channel, centered_to_site, guard_jet, moments_to_jet, sign, total_cumulants
from derive.runtime.intervals import log_interval_jet, tilted_interval_jet
from derive.runtime.jets import add_quadratic, log_ndtr_jet, log_sum_exp_jet, merge_jets, scale_chain
from derive.runtime.newton import COARSE, assemble, blurred, choose_step, move, retreat, sharpness
from derive.runtime.quadrature import G_W, GK_W, GK_X, GL_W, GL_X, gaussian_edges, graded_edges
from derive.runtime.special import H, bvn_upper, erfinv, log_cosh, log_ndtr, logistic, ndtr, softplus
from derive.runtime.strips import strip, strip_tail, strip_tails, strips, wide, wide_tail, wide_tails, wides


MODEL = 'ridge_power_law'
ANSATZ = 'rs'
SPEC_HASH = '01c22783ac9d5695177907d0fc8ed5412ce43c1b643cd9ea065f6f66d1e0f5a9'
TRACE_HASH = '66c8f714d6347806'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam', 'a', 'b', 'Delta')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'training_loss', 'norm', 'energy', 'bias', 'variance', 'prox_variance')
RESPONSES = {}
CONSTANTS = 1
BOUNDARY = 'none'
CONDITIONS = 0
COLD = True
EDGE = 0.0
VANISHES = 1e-13
FINEST = 0.0
UNIQUE = True
REDUCED = False
CANCELS = False
CONJUGATES = 3
GLOBALS = 0
MAPPED = 3
UNKNOWNS = 3
TIED = (0,)
PARTNERS = (0,)
DIFFERENCES = ()
CHANNEL_OUTPUTS = 12
SITE_OUTPUTS = 12
FACTS = 3
STRATEGY = {}


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    V = x[1]
    m = x[2]
    alpha = p[0]
    Delta = p[4]
    constant0 = p[5]
    c0 = 2.0 * V
    c1 = V ** 2
    c2 = alpha / (c0 + c1 + 1.0)
    c3 = 2.0 * c2
    c4 = alpha / (V + 1.0)
    c5 = 1.0 / (V ** 4 + 4.0 * V ** 3 + 4.0 * V + 6.0 * c1 + 1.0)
    c6 = alpha * c5
    c7 = 2.0 * c6
    c8 = c0 * c6
    c9 = -c2
    out[0] = Delta * c2 + c2 * q + c2 * constant0 - c3 * m
    out[1] = c4
    out[2] = c4
    out[3] = c2
    out[4] = (-(Delta * c7)) - Delta * c8 + 4.0 * V * alpha * c5 * m + 4.0 * alpha * c5 * m - c7 * q - c7 * constant0 - c8 * q - c8 * constant0
    out[5] = -c3
    out[6] = 0.0
    out[7] = c9
    out[8] = 0.0
    out[9] = 0.0
    out[10] = c9
    out[11] = 0.0


@njit(cache=True, error_model="numpy")
def site_0_weight(s1, refine, tol, work, out):
    out[0] = 0.0


@njit(cache=True, error_model="numpy")
def site_0_integrand(s1, V_hat, a, b, lam, m_hat, q_hat, refine, tol, work, out):
    t0 = math.pow(s1, 2.0 * a)
    t1 = lam ** 2
    t2 = math.pow(s1, a)
    t3 = V_hat * t2
    t4 = V_hat ** 2 * t0
    t5 = 1.0 / (2.0 * lam * t3 + t1 + t4)
    t6 = t0 * t5
    t7 = math.pow(s1, (-a) + b)
    t8 = m_hat ** 2 * t7
    t9 = math.pow(s1, 3.0 * a)
    t10 = t5 * t9
    t11 = 1.0 / (lam + t3)
    t12 = t0 * t11 * t7
    t13 = math.pow(s1, 4.0 * a)
    t14 = lam * t9
    t15 = 1.0 / (V_hat ** 4 * t13 + 4.0 * V_hat ** 3 * t14 + lam ** 4 + 4.0 * lam ** 3 * t3 + 6.0 * t1 * t4)
    t16 = q_hat * t15
    t17 = t15 * t8
    t18 = m_hat * t10 * t7
    out[0] = q_hat * t6 + t10 * t8
    out[1] = t11 * t2
    out[2] = m_hat * t12
    out[3] = t6
    out[4] = V_hat * t13 * t16 + V_hat * t17 * math.pow(s1, 5.0 * a) + lam * t13 * t17 + t14 * t16
    out[5] = t18
    out[6] = -t6
    out[7] = -t18
    out[8] = t12


@njit(cache=True, error_model="numpy")
def site_0_integral(lower, upper, V_hat, a, b, lam, m_hat, q_hat, refine, tol, out):
    """Integrate site_0_integrand over s1 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(9)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0


    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            site_0_weight(centers[i], refine, tol, work, level)
            if level[0] > best:
                best, peak, span = level[0], centers[i], widths[i]
    if best == -math.inf:
        for i in range(-60, 61):
            u = math.sinh(0.2 * i)
            if lower > -math.inf:
                u = lower + math.exp(0.2 * i)
            elif upper < math.inf:
                u = upper - math.exp(0.2 * i)
            if lower < u < upper:
                site_0_weight(u, refine, tol, work, level)
                if level[0] > best:
                    best, peak, span = level[0], u, 0.1 + 0.2 * abs(u)
    if best == -math.inf:
        for k in range(out.shape[0]):
            out[k] = 0.0
        return
    if not (span > 0.0 and span < math.inf):
        span = 1.0
    ends = np.array([peak, peak])
    for sweep in range(2):  # out by doubling steps until the weight is gone, then back by halves while it still is
        low = high = peak  # the outermost transitions that carry weight
        for i in range(nc):
            if lower < centers[i] < upper:
                site_0_weight(centers[i], refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                site_0_weight(end + 1e-12 * (anchor - end), refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                site_0_weight(0.5 * (anchor + end), refine, tol, work, level)
                if level[0] > best - 45.0:
                    break
                end = 0.5 * (anchor + end)
            ends[side] = end
    first, last = ends[0], ends[1]
    centers[nc], widths[nc] = peak, span
    n = graded_edges(edges, first, last, centers, widths, nc + 1, 0.25 * (last - first))
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 9))
    gauss = np.empty((MAX_PANELS, 9))
    size = np.empty((MAX_PANELS, 9))
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
            for k in range(9):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                site_0_integrand(u, V_hat, a, b, lam, m_hat, q_hat, refine, tol, work, values)
                density = half * (1.0)
                for k in range(9):
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
    V_hat = hats[1]
    m_hat = hats[2]
    lam = p[1]
    a = p[2]
    b = p[3]
    site_0_values = np.empty(9)
    site_0_integral(0.0, 1.0, V_hat, a, b, lam, m_hat, q_hat, refine, tol, site_0_values)
    site_I0_0 = site_0_values[0]
    site_I0_1 = site_0_values[1]
    site_I0_2 = site_0_values[2]
    site_I0_3 = site_0_values[3]
    site_I0_4 = site_0_values[4]
    site_I0_5 = site_0_values[5]
    site_I0_6 = site_0_values[6]
    site_I0_7 = site_0_values[7]
    site_I0_8 = site_0_values[8]
    out[0] = site_I0_0
    out[1] = site_I0_1
    out[2] = site_I0_2
    out[3] = site_I0_3
    out[4] = -(2.0 * site_I0_4)
    out[5] = 2.0 * site_I0_5
    out[6] = 0.0
    out[7] = site_I0_6
    out[8] = 0.0
    out[9] = 0.0
    out[10] = site_I0_7
    out[11] = site_I0_8


@njit(cache=True, error_model="numpy")
def free_entropy_0_weight(s1, refine, tol, work, out):
    out[0] = 0.0


@njit(cache=True, error_model="numpy")
def free_entropy_0_integrand(s1, V_hat, a, b, lam, m_hat, q_hat, refine, tol, work, out):
    t0 = math.pow(s1, a)
    out[0] = t0 * (m_hat ** 2 * t0 * math.pow(s1, (-a) + b) + q_hat) / (2.0 * (V_hat * t0 + lam))


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(lower, upper, V_hat, a, b, lam, m_hat, q_hat, refine, tol, out):
    """Integrate free_entropy_0_integrand over s1 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0


    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            free_entropy_0_weight(centers[i], refine, tol, work, level)
            if level[0] > best:
                best, peak, span = level[0], centers[i], widths[i]
    if best == -math.inf:
        for i in range(-60, 61):
            u = math.sinh(0.2 * i)
            if lower > -math.inf:
                u = lower + math.exp(0.2 * i)
            elif upper < math.inf:
                u = upper - math.exp(0.2 * i)
            if lower < u < upper:
                free_entropy_0_weight(u, refine, tol, work, level)
                if level[0] > best:
                    best, peak, span = level[0], u, 0.1 + 0.2 * abs(u)
    if best == -math.inf:
        for k in range(out.shape[0]):
            out[k] = 0.0
        return
    if not (span > 0.0 and span < math.inf):
        span = 1.0
    ends = np.array([peak, peak])
    for sweep in range(2):  # out by doubling steps until the weight is gone, then back by halves while it still is
        low = high = peak  # the outermost transitions that carry weight
        for i in range(nc):
            if lower < centers[i] < upper:
                free_entropy_0_weight(centers[i], refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                free_entropy_0_weight(end + 1e-12 * (anchor - end), refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                free_entropy_0_weight(0.5 * (anchor + end), refine, tol, work, level)
                if level[0] > best - 45.0:
                    break
                end = 0.5 * (anchor + end)
            ends[side] = end
    first, last = ends[0], ends[1]
    centers[nc], widths[nc] = peak, span
    n = graded_edges(edges, first, last, centers, widths, nc + 1, 0.25 * (last - first))
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
                free_entropy_0_integrand(u, V_hat, a, b, lam, m_hat, q_hat, refine, tol, work, values)
                density = half * (1.0)
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
    V = x[1]
    m = x[2]
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    alpha = p[0]
    lam = p[1]
    a = p[2]
    b = p[3]
    Delta = p[4]
    constant0 = p[5]
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(0.0, 1.0, V_hat, a, b, lam, m_hat, q_hat, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 - alpha * (Delta - 2.0 * m + q + constant0) / (2.0 * (V + 1.0)) + free_entropy_I0_0 - m * m_hat


@njit(cache=True, error_model="numpy")
def observables_0_weight(s1, refine, tol, work, out):
    out[0] = 0.0


@njit(cache=True, error_model="numpy")
def observables_0_integrand(s1, V_hat, a, b, lam, m_hat, q_hat, refine, tol, work, out):
    t0 = math.pow(s1, a)
    t1 = V_hat * t0
    t2 = 1.0 / (V_hat ** 2 * math.pow(s1, 2.0 * a) + lam ** 2 + 2.0 * lam * t1)
    t3 = m_hat ** 2
    out[0] = q_hat * t0 * t2 + t2 * t3 * math.pow(s1, a + b)
    out[1] = t0 * (q_hat + t0 * t3 * math.pow(s1, (-a) + b)) / (2.0 * (lam + t1))


@njit(cache=True, error_model="numpy")
def observables_0_integral(lower, upper, V_hat, a, b, lam, m_hat, q_hat, refine, tol, out):
    """Integrate observables_0_integrand over s1 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(2)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0


    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            observables_0_weight(centers[i], refine, tol, work, level)
            if level[0] > best:
                best, peak, span = level[0], centers[i], widths[i]
    if best == -math.inf:
        for i in range(-60, 61):
            u = math.sinh(0.2 * i)
            if lower > -math.inf:
                u = lower + math.exp(0.2 * i)
            elif upper < math.inf:
                u = upper - math.exp(0.2 * i)
            if lower < u < upper:
                observables_0_weight(u, refine, tol, work, level)
                if level[0] > best:
                    best, peak, span = level[0], u, 0.1 + 0.2 * abs(u)
    if best == -math.inf:
        for k in range(out.shape[0]):
            out[k] = 0.0
        return
    if not (span > 0.0 and span < math.inf):
        span = 1.0
    ends = np.array([peak, peak])
    for sweep in range(2):  # out by doubling steps until the weight is gone, then back by halves while it still is
        low = high = peak  # the outermost transitions that carry weight
        for i in range(nc):
            if lower < centers[i] < upper:
                observables_0_weight(centers[i], refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                observables_0_weight(end + 1e-12 * (anchor - end), refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                observables_0_weight(0.5 * (anchor + end), refine, tol, work, level)
                if level[0] > best - 45.0:
                    break
                end = 0.5 * (anchor + end)
            ends[side] = end
    first, last = ends[0], ends[1]
    centers[nc], widths[nc] = peak, span
    n = graded_edges(edges, first, last, centers, widths, nc + 1, 0.25 * (last - first))
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 2))
    gauss = np.empty((MAX_PANELS, 2))
    size = np.empty((MAX_PANELS, 2))
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
            for k in range(2):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                observables_0_integrand(u, V_hat, a, b, lam, m_hat, q_hat, refine, tol, work, values)
                density = half * (1.0)
                for k in range(2):
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
def observables_1_weight(s31, refine, tol, work, out):
    out[0] = 0.0


@njit(cache=True, error_model="numpy")
def observables_1_integrand(s31, V_hat, a, b, lam, m_hat, refine, tol, work, out):
    t0 = 2.0 * a
    out[0] = m_hat ** 2 * math.pow(s31, b + t0) / (V_hat ** 2 * math.pow(s31, t0) + 2.0 * V_hat * lam * math.pow(s31, a) + lam ** 2)


@njit(cache=True, error_model="numpy")
def observables_1_integral(lower, upper, V_hat, a, b, lam, m_hat, refine, tol, out):
    """Integrate observables_1_integrand over s31 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0


    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            observables_1_weight(centers[i], refine, tol, work, level)
            if level[0] > best:
                best, peak, span = level[0], centers[i], widths[i]
    if best == -math.inf:
        for i in range(-60, 61):
            u = math.sinh(0.2 * i)
            if lower > -math.inf:
                u = lower + math.exp(0.2 * i)
            elif upper < math.inf:
                u = upper - math.exp(0.2 * i)
            if lower < u < upper:
                observables_1_weight(u, refine, tol, work, level)
                if level[0] > best:
                    best, peak, span = level[0], u, 0.1 + 0.2 * abs(u)
    if best == -math.inf:
        for k in range(out.shape[0]):
            out[k] = 0.0
        return
    if not (span > 0.0 and span < math.inf):
        span = 1.0
    ends = np.array([peak, peak])
    for sweep in range(2):  # out by doubling steps until the weight is gone, then back by halves while it still is
        low = high = peak  # the outermost transitions that carry weight
        for i in range(nc):
            if lower < centers[i] < upper:
                observables_1_weight(centers[i], refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                observables_1_weight(end + 1e-12 * (anchor - end), refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                observables_1_weight(0.5 * (anchor + end), refine, tol, work, level)
                if level[0] > best - 45.0:
                    break
                end = 0.5 * (anchor + end)
            ends[side] = end
    first, last = ends[0], ends[1]
    centers[nc], widths[nc] = peak, span
    n = graded_edges(edges, first, last, centers, widths, nc + 1, 0.25 * (last - first))
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
                observables_1_integrand(u, V_hat, a, b, lam, m_hat, refine, tol, work, values)
                density = half * (1.0)
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
    V = x[1]
    m = x[2]
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    alpha = p[0]
    lam = p[1]
    a = p[2]
    b = p[3]
    Delta = p[4]
    constant0 = p[5]
    observables_0_values = np.empty(2)
    observables_0_integral(0.0, 1.0, V_hat, a, b, lam, m_hat, q_hat, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    observables_I0_1 = observables_0_values[1]
    observables_1_values = np.empty(1)
    observables_1_integral(0.0, 1.0, V_hat, a, b, lam, m_hat, refine, tol, observables_1_values)
    observables_I1_0 = observables_1_values[0]
    c0 = 2.0 * m
    c1 = (-c0) + constant0
    c2 = Delta + c1 + q
    c3 = 1.0 / (2.0 * V ** 2 + 4.0 * V + 2.0)
    out[0] = c2
    out[1] = Delta * c3 - c0 * c3 + c3 * q + c3 * constant0
    out[2] = observables_I0_0
    out[3] = V * q_hat / 2.0 - V_hat * q / 2.0 + alpha * c2 / (2.0 * (V + 1.0)) + m * m_hat - observables_I0_1
    out[4] = c1 + observables_I1_0
    out[5] = (-observables_I1_0) + q
    out[6] = V


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    constant0 = p[5]
    out[0] = 1.0
    out[1] = 0.0
    out[2] = constant0


@njit(cache=True, error_model="numpy")
def constants_0_weight(s31, refine, tol, work, out):
    out[0] = 0.0


@njit(cache=True, error_model="numpy")
def constants_0_integrand(s31, b, refine, tol, work, out):
    out[0] = math.pow(s31, b)


@njit(cache=True, error_model="numpy")
def constants_0_integral(lower, upper, b, refine, tol, out):
    """Integrate constants_0_integrand over s31 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0


    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            constants_0_weight(centers[i], refine, tol, work, level)
            if level[0] > best:
                best, peak, span = level[0], centers[i], widths[i]
    if best == -math.inf:
        for i in range(-60, 61):
            u = math.sinh(0.2 * i)
            if lower > -math.inf:
                u = lower + math.exp(0.2 * i)
            elif upper < math.inf:
                u = upper - math.exp(0.2 * i)
            if lower < u < upper:
                constants_0_weight(u, refine, tol, work, level)
                if level[0] > best:
                    best, peak, span = level[0], u, 0.1 + 0.2 * abs(u)
    if best == -math.inf:
        for k in range(out.shape[0]):
            out[k] = 0.0
        return
    if not (span > 0.0 and span < math.inf):
        span = 1.0
    ends = np.array([peak, peak])
    for sweep in range(2):  # out by doubling steps until the weight is gone, then back by halves while it still is
        low = high = peak  # the outermost transitions that carry weight
        for i in range(nc):
            if lower < centers[i] < upper:
                constants_0_weight(centers[i], refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                constants_0_weight(end + 1e-12 * (anchor - end), refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                constants_0_weight(0.5 * (anchor + end), refine, tol, work, level)
                if level[0] > best - 45.0:
                    break
                end = 0.5 * (anchor + end)
            ends[side] = end
    first, last = ends[0], ends[1]
    centers[nc], widths[nc] = peak, span
    n = graded_edges(edges, first, last, centers, widths, nc + 1, 0.25 * (last - first))
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
                constants_0_integrand(u, b, refine, tol, work, values)
                density = half * (1.0)
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
def constants(p, refine, tol, out):
    """Means over constants: computed once for given parameters, and appended to p."""
    b = p[3]
    constants_0_values = np.empty(1)
    constants_0_integral(0.0, 1.0, b, refine, tol, constants_0_values)
    constants_I0_0 = constants_0_values[0]
    out[0] = constants_I0_0


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
    previous = x.copy()
    moments = np.empty(FACTS)
    facts(p, refine, tol, moments)
    sharp = max(tol, COARSE)
    for count in range(max_steps):
        evaluate(x, p, refine, sharp, hats, mapped, residual, jacobian)
        if blurred(residual, sharp, tol):
            sharp = tol
            evaluate(x, p, refine, sharp, hats, mapped, residual, jacobian)
        if retreat(x, previous, residual, state, TIED):
            continue
        status = descend(
            x, p, mapped, residual, jacobian, accuracy, damping, newton_only, TIED, GLOBALS, step, state, info, moments[2:]
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
