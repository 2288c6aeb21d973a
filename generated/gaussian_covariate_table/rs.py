r"""gaussian_covariate_table: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 1dd931572c354607, derivation e611bf2362b1375d, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{1}{2}\,\mathbb{E}_{(s_{20},s_{21})\in\text{61
    rows}}\left[\frac{s_{20}\,\left(\hat{m}^{2}\,s_{20}\,s_{21}^{2} +
    \hat{q}\right)}{\hat{V}\,s_{20} + \lambda}\right]
\phi_{\mathrm{ch}} = -\frac{\alpha\,\left(q - 2\,m + 1\right)}{2\,\left(V + 1\right)}
q_hat = \frac{\alpha\,\left(q - 2\,m + 1\right)}{\left(V + 1\right)^{2}}
V_hat = \frac{\alpha}{V + 1}
m_hat = \frac{\alpha}{V + 1}
q = \mathbb{E}_{(s_{20},s_{21})\in\text{61
    rows}}\left[\frac{s_{20}^{2}\,\left(\hat{m}^{2}\,s_{20}\,s_{21}^{2} +
    \hat{q}\right)}{\left(\hat{V}\,s_{20} + \lambda\right)^{2}}\right]
V = \mathbb{E}_{(s_{20},s_{21})\in\text{61 rows}}\left[\frac{s_{20}}{\hat{V}\,s_{20} +
    \lambda}\right]
m = \hat{m}\,\mathbb{E}_{(s_{20},s_{21})\in\text{61
    rows}}\left[\frac{s_{20}^{2}\,s_{21}^{2}}{\hat{V}\,s_{20} + \lambda}\right]
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
\mathrm{law}\left(u\right) = \mathcal{N}\left(0,\,q - 2\,m + 1\right)
\mathcal{M}_{V}\left[\ell_{0}\right]\left(u\right) = \frac{u^{2}}{2\,\left(V + 1\right)}
\mathrm{prox}_{V}\left[\ell_{0}\right]\left(u\right) = \frac{u}{V + 1}
g\left(w\right) = \frac{\lambda\,w^{2}}{2}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi^{2}}{2\,\left(\hat{V} +
    \lambda\right)}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi}{\hat{V} + \lambda}
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


MODEL = 'gaussian_covariate_table'
ANSATZ = 'rs'
SPEC_HASH = '1dd931572c354607c9a73a4c0121a8472b882ad1892c8a724973085f3358699e'
TRACE_HASH = 'e611bf2362b1375d'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam')
TABLE = ('omega', 'theta')
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'training_loss', 'norm', 'energy', 'bias', 'variance', 'prox_variance')
RESPONSES = {}
CONSTANTS = 9
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
STRATEGY = {'constants_0': 'sum over the rows of the table', 'free_entropy_0': 'sum over the rows of the table', 'observables_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_1': 'sum over the rows of the table', 'observables_1_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'site_0': 'sum over the rows of the table'}


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    V = x[1]
    m = x[2]
    alpha = p[0]
    constant1 = p[125]
    constant7 = p[131]
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
    out[0] = c2 * q + c2 * constant1 + c2 * constant7 - c3 * m
    out[1] = c4
    out[2] = c4
    out[3] = c2
    out[4] = 4.0 * V * alpha * c5 * m + 4.0 * alpha * c5 * m - c7 * q - c7 * constant1 - c7 * constant7 - c8 * q - c8 * constant1 - c8 * constant7
    out[5] = -c3
    out[6] = 0.0
    out[7] = c9
    out[8] = 0.0
    out[9] = 0.0
    out[10] = c9
    out[11] = 0.0


@njit(cache=True, error_model="numpy")
def site_0_integrand(s20, s21, V_hat, lam, m_hat, q_hat, refine, tol, work, out):
    t0 = s20 ** 2
    t1 = lam ** 2
    t2 = V_hat * s20
    t3 = V_hat ** 2 * t0
    t4 = 1.0 / (2.0 * lam * t2 + t1 + t3)
    t5 = t0 * t4
    t6 = s21 ** 2
    t7 = m_hat ** 2 * t6
    t8 = s20 ** 3
    t9 = t4 * t8
    t10 = 1.0 / (lam + t2)
    t11 = t0 * t10 * t6
    t12 = s20 ** 4
    t13 = lam * t8
    t14 = 1.0 / (V_hat ** 4 * t12 + 4.0 * V_hat ** 3 * t13 + lam ** 4 + 4.0 * lam ** 3 * t2 + 6.0 * t1 * t3)
    t15 = q_hat * t14
    t16 = t14 * t7
    t17 = m_hat * t6 * t9
    out[0] = q_hat * t5 + t7 * t9
    out[1] = t10 * s20
    out[2] = m_hat * t11
    out[3] = t5
    out[4] = V_hat * t12 * t15 + V_hat * t16 * s20 ** 5 + lam * t12 * t16 + t13 * t15
    out[5] = t17
    out[6] = -t5
    out[7] = -t17
    out[8] = t11


@njit(cache=True, error_model="numpy")
def site_0_integral(p, V_hat, lam, m_hat, q_hat, refine, tol, out):
    """The mean of site_0_integrand over the rows of the table in p."""
    work = np.empty((1, 5))
    values = np.empty(9)
    out[:] = 0.0
    for i in range(2, 63):
        site_0_integrand(p[i], p[i + 61], V_hat, lam, m_hat, q_hat, refine, tol, work, values)
        for k in range(9):
            out[k] += values[k]
    out /= 61.0


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    lam = p[1]
    site_0_values = np.empty(9)
    site_0_integral(p, V_hat, lam, m_hat, q_hat, refine, tol, site_0_values)
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
def free_entropy_0_integrand(s20, s21, V_hat, lam, m_hat, q_hat, refine, tol, work, out):
    out[0] = s20 * (m_hat ** 2 * s20 * s21 ** 2 + q_hat) / (2.0 * (V_hat * s20 + lam))


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(p, V_hat, lam, m_hat, q_hat, refine, tol, out):
    """The mean of free_entropy_0_integrand over the rows of the table in p."""
    work = np.empty((1, 5))
    values = np.empty(1)
    out[:] = 0.0
    for i in range(2, 63):
        free_entropy_0_integrand(p[i], p[i + 61], V_hat, lam, m_hat, q_hat, refine, tol, work, values)
        for k in range(1):
            out[k] += values[k]
    out /= 61.0


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
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(p, V_hat, lam, m_hat, q_hat, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 - alpha * ((-(2.0 * m)) + q + 1.0) / (2.0 * (V + 1.0)) + free_entropy_I0_0 - m * m_hat


@njit(cache=True, error_model="numpy")
def observables_0_0_weight(y, constant1, constant4, constant5, constant7, m, omega, q, refine, tol, work, out):
    observables_0_0_weight_k0 = math.log(constant4) - math.log(constant5 * ((-(m ** 2 / q)) + constant1) + 1.0) / 2.0
    observables_0_0_weight_k1 = -(1.0 / (2.0 * ((-(m ** 2 / q)) + constant1 + constant7)))
    observables_0_0_weight_k2 = m * omega / q
    observables_0_0_weight_k3 = 1.0 / math.sqrt(1.0 / ((-(m ** 2 / q)) + constant1 + constant7))
    work[0][:] = 0.0
    add_quadratic(work[0], observables_0_0_weight_k0, 0.0, observables_0_0_weight_k1, m * omega / q - y)
    guard_jet(work[0])
    observables_0_0_weight_l0_0 = work[0, 0]
    out[0] = observables_0_0_weight_l0_0


@njit(cache=True, error_model="numpy")
def observables_0_0_integrand(y, constant1, constant4, constant5, constant7, m, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, omega, q, refine, tol, work, out):
    work[0][:] = 0.0
    add_quadratic(work[0], observables_0_0_k0, 0.0, observables_0_0_k1, m * omega / q - y)
    guard_jet(work[0])
    observables_0_0_l0_0 = work[0, 0]
    out[0] = (y - omega) ** 2 * math.exp(observables_0_0_l0_0)


@njit(cache=True, error_model="numpy")
def observables_0_0_integral(lower, upper, constant1, constant4, constant5, constant7, m, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, omega, q, refine, tol, out):
    """Integrate observables_0_0_integrand over y by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(1)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(2)
    widths = np.empty(2)
    nc = 0
    centers[nc] = observables_0_0_k2
    widths[nc] = observables_0_0_k3
    nc += 1

    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            observables_0_0_weight(centers[i], constant1, constant4, constant5, constant7, m, omega, q, refine, tol, work, level)
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
                observables_0_0_weight(u, constant1, constant4, constant5, constant7, m, omega, q, refine, tol, work, level)
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
                observables_0_0_weight(centers[i], constant1, constant4, constant5, constant7, m, omega, q, refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                observables_0_0_weight(end + 1e-12 * (anchor - end), constant1, constant4, constant5, constant7, m, omega, q, refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                observables_0_0_weight(0.5 * (anchor + end), constant1, constant4, constant5, constant7, m, omega, q, refine, tol, work, level)
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
                observables_0_0_integrand(u, constant1, constant4, constant5, constant7, m, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, omega, q, refine, tol, work, values)
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
def observables_0_integrand(omega, constant1, constant4, constant5, constant7, m, q, refine, tol, work, out):
    observables_0_0_k0 = math.log(constant4) - math.log(constant5 * ((-(m ** 2 / q)) + constant1) + 1.0) / 2.0
    observables_0_0_k1 = -(1.0 / (2.0 * ((-(m ** 2 / q)) + constant1 + constant7)))
    observables_0_0_k2 = m * omega / q
    observables_0_0_k3 = 1.0 / math.sqrt(1.0 / ((-(m ** 2 / q)) + constant1 + constant7))
    observables_0_0_values = np.empty(1)
    observables_0_0_integral(-math.inf, math.inf, constant1, constant4, constant5, constant7, m, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, omega, q, refine, tol, observables_0_0_values)
    observables_0_I0_0 = observables_0_0_values[0]
    out[0] = observables_0_I0_0


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, constant1, constant4, constant5, constant7, m, q, refine, tol, out):
    """Integrate observables_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_0_integrand(mean, constant1, constant4, constant5, constant7, m, q, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(2)
    widths = np.empty(2)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = 1.0
    nc += 1
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
            observables_0_integrand(u, constant1, constant4, constant5, constant7, m, q, refine, tol, work, values)
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
                observables_0_integrand(u, constant1, constant4, constant5, constant7, m, q, refine, tol, work, values)
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
def observables_1_0_integrand(xi, V_hat, lam, s20, refine, tol, work, out):
    out[0] = xi ** 2 * s20 / (V_hat * s20 + lam) ** 2


@njit(cache=True, error_model="numpy")
def observables_1_0_integral(mean, var, V_hat, lam, s20, refine, tol, out):
    """Integrate observables_1_0_integrand over xi by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_1_0_integrand(mean, V_hat, lam, s20, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0

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
            observables_1_0_integrand(u, V_hat, lam, s20, refine, tol, work, values)
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
                observables_1_0_integrand(u, V_hat, lam, s20, refine, tol, work, values)
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
def observables_1_integrand(s20, s21, V_hat, lam, m_hat, q_hat, refine, tol, work, out):
    observables_1_0_values = np.empty(1)
    observables_1_0_integral(m_hat * math.sqrt(s20) * s21, q_hat, V_hat, lam, s20, refine, tol, observables_1_0_values)
    observables_1_I0_0 = observables_1_0_values[0]
    t0 = V_hat * s20 + lam
    t1 = m_hat ** 2 * s21 ** 2
    out[0] = observables_1_I0_0
    out[1] = s20 * (q_hat + t1 * s20) / (2.0 * t0)
    out[2] = t1 * s20 ** 3 / t0 ** 2


@njit(cache=True, error_model="numpy")
def observables_1_integral(p, V_hat, lam, m_hat, q_hat, refine, tol, out):
    """The mean of observables_1_integrand over the rows of the table in p."""
    work = np.empty((1, 5))
    values = np.empty(3)
    out[:] = 0.0
    for i in range(2, 63):
        observables_1_integrand(p[i], p[i + 61], V_hat, lam, m_hat, q_hat, refine, tol, work, values)
        for k in range(3):
            out[k] += values[k]
    out /= 61.0


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
    constant1 = p[125]
    constant4 = p[128]
    constant5 = p[129]
    constant7 = p[131]
    observables_0_values = np.empty(1)
    observables_0_integral(0.0, q, constant1, constant4, constant5, constant7, m, q, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    observables_1_values = np.empty(3)
    observables_1_integral(p, V_hat, lam, m_hat, q_hat, refine, tol, observables_1_values)
    observables_I1_0 = observables_1_values[0]
    observables_I1_1 = observables_1_values[1]
    observables_I1_2 = observables_1_values[2]
    c0 = 1.0 / (2.0 * V ** 2 + 4.0 * V + 2.0)
    c1 = 2.0 * m
    c2 = -c1
    out[0] = observables_I0_0
    out[1] = (-(c0 * c1)) + c0 * q + c0
    out[2] = observables_I1_0
    out[3] = V * q_hat / 2.0 - V_hat * q / 2.0 + alpha * (c2 + q + 1.0) / (2.0 * (V + 1.0)) + m * m_hat - observables_I1_1
    out[4] = c2 + observables_I1_2 + constant1
    out[5] = (-observables_I1_2) + q
    out[6] = V


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    constant1 = p[125]
    out[0] = 1.0
    out[1] = 0.0
    out[2] = constant1


@njit(cache=True, error_model="numpy")
def constants_0_integrand(s20, s21, refine, tol, work, out):
    out[0] = s20 * s21 ** 2


@njit(cache=True, error_model="numpy")
def constants_0_integral(p, refine, tol, out):
    """The mean of constants_0_integrand over the rows of the table in p."""
    work = np.empty((1, 5))
    values = np.empty(1)
    out[:] = 0.0
    for i in range(2, 63):
        constants_0_integrand(p[i], p[i + 61], refine, tol, work, values)
        for k in range(1):
            out[k] += values[k]
    out /= 61.0


@njit(cache=True, error_model="numpy")
def constants(p, refine, tol, out):
    """Means over constants: computed once for given parameters, and appended to p."""
    constants_0_values = np.empty(1)
    constants_0_integral(p, refine, tol, constants_0_values)
    constants_I0_0 = constants_0_values[0]
    c0 = 1.0 - constants_I0_0
    c1 = math.sqrt(c0)
    c2 = 1.0 / c1
    c3 = 1.0 / c0
    c4 = c3 / 2.0
    out[0] = c1
    out[1] = constants_I0_0
    out[2] = c2
    out[3] = -c2
    out[4] = 1.4142135623730951 * c2 / (2.0 * 1.772453850905516)
    out[5] = c3
    out[6] = -c4
    out[7] = c0
    out[8] = c4


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
