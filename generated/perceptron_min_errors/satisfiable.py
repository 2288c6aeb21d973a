r"""perceptron_min_errors: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 5363a9d6c5fbe07c, derivation fe802f2770fc8a28, sympy 1.14.0.

free_entropy = \frac{\hat{q}\,\left(q + q\,\sqrt{4\,\hat{q} + 1} - \sqrt{4\,\hat{q} + 1} +
    3\right)}{2\,\left(\sqrt{4\,\hat{q} + 1} + 1\right)} -
    \frac{1}{2}\,\log{\left(\frac{\sqrt{4\,\hat{q} + 1} + 1}{2} \right)} +
    \alpha\,\mathbb{E}_{\omega\sim\mathcal{N}\left(0,\,q\right)}\left[\log Z_{00}\left(\omega,\,1 -
    q\right)\right]
q_hat = \alpha\,\mathbb{E}_{\omega\sim\mathcal{N}\left(0,\,q\right)}\left[\left(\partial_{\omega}
    \log Z_{00}\left(\omega,\,1 - q\right)\right)^{2}\right]
q = \frac{2\,\hat{q}}{2\,\hat{q} + \sqrt{4\,\hat{q} + 1} + 1}
r - q = \frac{2}{\sqrt{4\,\hat{q} + 1} + 1}
where
F_{00}\left(h\right) = \mathbf{1}\left[h \ge \kappa\right]
Z_{00}\left(\omega, v\right) =
    \mathbb{E}_{h\sim\mathcal{N}\left(\omega,\,v\right)}\left[F_{00}\left(h\right)\right] =
    H\left(\frac{\kappa - \omega}{\sqrt{v}}\right)
d\mu(w) = \frac{1}{\sqrt{2\,e\,\pi}}\,dw
Z_{w}\left(\xi, A\right) = \int d\mu(w)\, e^{-A w^2/2 + \xi w} =
    \frac{1}{\sqrt{e\,A}}\,e^{\frac{\xi^{2}}{2\,A}}
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


MODEL = 'perceptron_min_errors'
ANSATZ = 'rs'
SPEC_HASH = '5363a9d6c5fbe07c8998ef5c933b818f5b7b49964062880a9ab7106da7441ebe:satisfiable'
TRACE_HASH = 'fe802f2770fc8a28'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'kappa')
TABLE = ()
STATE = ('q', 'r-q')
HATS = ('q_hat',)
NAMES = ({'q': 'q', 'r': 'r', 'q_hat': 'q_hat', 'r_hat': 'r_hat'},)
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('fraction_errors', 'entropy')
RESPONSES = {}
CONSTANTS = 0
BOUNDARY = 'none'
CONDITIONS = 0
COLD = False
EDGE = 1e-14
VANISHES = 1e-13
FINEST = 0.0
UNIQUE = False
REDUCED = True
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
STRATEGY = {'channel_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'free_entropy_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'reduced_free_entropy_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol'}


@njit(cache=True, error_model="numpy")
def channel_0_integrand(omega, channel_0_k0, channel_0_k1, channel_0_k2, kappa, refine, tol, work, out):
    log_ndtr_jet(channel_0_k1 * omega - channel_0_k0, work[0], 2)
    scale_chain(work[0], channel_0_k1)
    guard_jet(work[0])
    channel_0_l0_0 = work[0, 0]
    channel_0_l0_1 = work[0, 1]
    channel_0_l0_2 = work[0, 2]
    t0 = channel_0_l0_1 ** 2
    out[0] = t0
    out[1] = channel_0_l0_2 ** 2 - 2.0 * channel_0_l0_2 * t0


@njit(cache=True, error_model="numpy")
def channel_0_integral(mean, var, channel_0_k0, channel_0_k1, channel_0_k2, kappa, refine, tol, out):
    """Integrate channel_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(2)
    if var <= 0.0:
        channel_0_integrand(mean, channel_0_k0, channel_0_k1, channel_0_k2, kappa, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(2)
    widths = np.empty(2)
    nc = 0
    centers[nc] = kappa
    widths[nc] = channel_0_k2
    nc += 1
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 2))
    size = np.zeros(2)
    ends = np.zeros(2)
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
            channel_0_integrand(u, channel_0_k0, channel_0_k1, channel_0_k2, kappa, refine, tol, work, values)
            for k in range(2):
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
            for k in range(2):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
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
                channel_0_integrand(u, channel_0_k0, channel_0_k1, channel_0_k2, kappa, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
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
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    v = x[1]
    alpha = p[0]
    kappa = p[1]
    channel_0_k0 = kappa / math.sqrt(v)
    channel_0_k1 = 1.0 / math.sqrt(v)
    channel_0_k2 = math.sqrt(v)
    channel_0_values = np.empty(2)
    channel_0_integral(0.0, q, channel_0_k0, channel_0_k1, channel_0_k2, kappa, refine, tol, channel_0_values)
    channel_I0_0 = channel_0_values[0]
    channel_I0_1 = channel_0_values[1]
    out[0] = alpha * channel_I0_0
    out[1] = alpha * channel_I0_1


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    c0 = 2.0 * q_hat
    c1 = 4.0 * q_hat
    c2 = math.sqrt(c1 + 1.0)
    c3 = c2 + 1.0
    c4 = 1.0 / (c0 + c3)
    c5 = 2.0 * c2 + 2.0
    c6 = c1 / (c1 * c2 + c5 + 4.0 * q_hat ** 2 + 8.0 * q_hat)
    c7 = 1.0 / c2
    out[0] = c0 * c4
    out[1] = 2.0 / c3
    out[2] = 2.0 * c4 - c6 * c7 - c6
    out[3] = -(4.0 * c7 / (c1 + c5))


@njit(cache=True, error_model="numpy")
def free_entropy_0_integrand(omega, free_entropy_0_k0, free_entropy_0_k1, free_entropy_0_k2, kappa, refine, tol, work, out):
    log_ndtr_jet(free_entropy_0_k1 * omega - free_entropy_0_k0, work[0], 0)
    scale_chain(work[0], free_entropy_0_k1)
    guard_jet(work[0])
    free_entropy_0_l0_0 = work[0, 0]
    out[0] = free_entropy_0_l0_0


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(mean, var, free_entropy_0_k0, free_entropy_0_k1, free_entropy_0_k2, kappa, refine, tol, out):
    """Integrate free_entropy_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(1)
    if var <= 0.0:
        free_entropy_0_integrand(mean, free_entropy_0_k0, free_entropy_0_k1, free_entropy_0_k2, kappa, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(2)
    widths = np.empty(2)
    nc = 0
    centers[nc] = kappa
    widths[nc] = free_entropy_0_k2
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
            free_entropy_0_integrand(u, free_entropy_0_k0, free_entropy_0_k1, free_entropy_0_k2, kappa, refine, tol, work, values)
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
                free_entropy_0_integrand(u, free_entropy_0_k0, free_entropy_0_k1, free_entropy_0_k2, kappa, refine, tol, work, values)
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
    q_hat = hats[0]
    alpha = p[0]
    kappa = p[1]
    free_entropy_0_k0 = kappa / math.sqrt(v)
    free_entropy_0_k1 = 1.0 / math.sqrt(v)
    free_entropy_0_k2 = math.sqrt(v)
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(0.0, q, free_entropy_0_k0, free_entropy_0_k1, free_entropy_0_k2, kappa, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    c0 = math.sqrt(4.0 * q_hat + 1.0) / 2.0 + (1.0 / 2.0)
    c1 = c0 / 2.0
    out[0] = alpha * free_entropy_I0_0 + c1 * q + c1 * v - q_hat * v / 2.0 - math.log(c0) / 2.0 + ((-c0) + q_hat) / (2.0 * c0)


@njit(cache=True, error_model="numpy")
def reduced_free_entropy_0_integrand(omega, kappa, reduced_free_entropy_0_k0, reduced_free_entropy_0_k1, reduced_free_entropy_0_k2, refine, tol, work, out):
    log_ndtr_jet(reduced_free_entropy_0_k1 * omega - reduced_free_entropy_0_k0, work[0], 0)
    scale_chain(work[0], reduced_free_entropy_0_k1)
    guard_jet(work[0])
    reduced_free_entropy_0_l0_0 = work[0, 0]
    out[0] = reduced_free_entropy_0_l0_0


@njit(cache=True, error_model="numpy")
def reduced_free_entropy_0_integral(mean, var, kappa, reduced_free_entropy_0_k0, reduced_free_entropy_0_k1, reduced_free_entropy_0_k2, refine, tol, out):
    """Integrate reduced_free_entropy_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(1)
    if var <= 0.0:
        reduced_free_entropy_0_integrand(mean, kappa, reduced_free_entropy_0_k0, reduced_free_entropy_0_k1, reduced_free_entropy_0_k2, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(2)
    widths = np.empty(2)
    nc = 0
    centers[nc] = kappa
    widths[nc] = reduced_free_entropy_0_k2
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
            reduced_free_entropy_0_integrand(u, kappa, reduced_free_entropy_0_k0, reduced_free_entropy_0_k1, reduced_free_entropy_0_k2, refine, tol, work, values)
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
                reduced_free_entropy_0_integrand(u, kappa, reduced_free_entropy_0_k0, reduced_free_entropy_0_k1, reduced_free_entropy_0_k2, refine, tol, work, values)
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
def reduced_free_entropy(x, hats, p, refine, tol, out):
    """The free entropy with the conjugates eliminated: nothing large cancels."""
    q = x[0]
    v = x[1]
    alpha = p[0]
    kappa = p[1]
    reduced_free_entropy_0_k0 = kappa / math.sqrt(v)
    reduced_free_entropy_0_k1 = 1.0 / math.sqrt(v)
    reduced_free_entropy_0_k2 = math.sqrt(v)
    reduced_free_entropy_0_values = np.empty(1)
    reduced_free_entropy_0_integral(0.0, q, kappa, reduced_free_entropy_0_k0, reduced_free_entropy_0_k1, reduced_free_entropy_0_k2, refine, tol, reduced_free_entropy_0_values)
    reduced_free_entropy_I0_0 = reduced_free_entropy_0_values[0]
    out[0] = alpha * reduced_free_entropy_I0_0 + q / (2.0 * v) + math.log(v) / 2.0


@njit(cache=True, error_model="numpy")
def observables_0_integrand(omega, kappa, observables_0_k0, observables_0_k1, observables_0_k2, refine, tol, work, out):
    log_ndtr_jet(observables_0_k1 * omega - observables_0_k0, work[0], 0)
    scale_chain(work[0], observables_0_k1)
    guard_jet(work[0])
    observables_0_l0_0 = work[0, 0]
    out[0] = observables_0_l0_0


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, kappa, observables_0_k0, observables_0_k1, observables_0_k2, refine, tol, out):
    """Integrate observables_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_0_integrand(mean, kappa, observables_0_k0, observables_0_k1, observables_0_k2, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(2)
    widths = np.empty(2)
    nc = 0
    centers[nc] = kappa
    widths[nc] = observables_0_k2
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
            observables_0_integrand(u, kappa, observables_0_k0, observables_0_k1, observables_0_k2, refine, tol, work, values)
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
                observables_0_integrand(u, kappa, observables_0_k0, observables_0_k1, observables_0_k2, refine, tol, work, values)
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
    alpha = p[0]
    kappa = p[1]
    observables_0_k0 = kappa / math.sqrt(v)
    observables_0_k1 = 1.0 / math.sqrt(v)
    observables_0_k2 = math.sqrt(v)
    observables_0_values = np.empty(1)
    observables_0_integral(0.0, q, kappa, observables_0_k0, observables_0_k1, observables_0_k2, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    out[0] = 0.0
    out[1] = alpha * observables_I0_0 + q / (2.0 * v) + math.log(v) / 2.0


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    out[0] = 1.0
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
