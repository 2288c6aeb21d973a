r"""vector_spin_glass: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 51844f56dfeb891e, derivation 5976173b1d678809, sympy 1.14.0.

free_entropy = \frac{2\,T^{2}\,q_{d}\,\hat{q}_{d} + 2\,T^{2}\,\hat{q}_{u}\,q_{u} -
    2\,T^{2}\,r_{d}\,\hat{r}_{d} - 2\,T^{2}\,\hat{r}_{u}\,r_{u} + r_{d}^{2} + r_{u}^{2} - q_{d}^{2}
    - q_{u}^{2}}{4\,T^{2}} +
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} + \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\right]
q_hat_d = \frac{q_{d}}{T^{2}}
q_hat_d - r_hat_d = \frac{q_{d} - r_{d}}{T^{2}}
q_hat_u = \frac{q_{u}}{T^{2}}
q_hat_u - r_hat_u = \frac{q_{u} - r_{u}}{T^{2}}
q_d =
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} +
    \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\frac{\left(\partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\right)^{2}}{2} + \frac{\left(\partial_{1} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\right)^{2}}{2} - \partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\,\partial_{1} \log Z_{w}\left(\xi_{1},\xi_{2}\right)\right]
r_d - q_d =
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} +
    \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\frac{\partial_{2}^{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{2} + \frac{\partial_{1}^{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{2} - \partial_{1} \partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\right]
q_u =
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} +
    \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\,\partial_{1} \log Z_{w}\left(\xi_{1},\xi_{2}\right) +
    \frac{\left(\partial_{2} \log Z_{w}\left(\xi_{1},\xi_{2}\right)\right)^{2}}{2} +
    \frac{\left(\partial_{1} \log Z_{w}\left(\xi_{1},\xi_{2}\right)\right)^{2}}{2}\right]
r_u - q_u =
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} +
    \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\partial_{1} \partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right) + \frac{\partial_{2}^{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{2} + \frac{\partial_{1}^{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{2}\right]
where
d\mu(w) = \delta(w - (1, 1)) + \delta(w - (1, -1)) + \delta(w - (-1, 1)) + \delta(w - (-1, -1))
Z_{w}\left(\xi_{1}, \xi_{2}\right) = \int d\mu(w)\, e^{-w^T \Lambda w/2 + \xi^T w}
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
from derive.runtime.spheres import sphere_rule
from derive.runtime.vectors import (
    LONGEST,
    PANELS,
    SCAN,
    channel_jet,
    hold,
    joint_jet,
    modes_jet,
    noise,
    point_jet,
    split_panels,
    vector_scan,
)


MODEL = 'vector_spin_glass'
ANSATZ = 'rs'
SPEC_HASH = '51844f56dfeb891eb8f85b5b02f14b0668b4c26e22818d0c40b86fdde8b5d1b3'
TRACE_HASH = '5976173b1d678809'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('T',)
TABLE = ()
STATE = ('q_d', 'r_d-q_d', 'q_u', 'r_u-q_u')
HATS = ('q_hat_d', 'q_hat_d-r_hat_d', 'q_hat_u', 'q_hat_u-r_hat_u')
NAMES = ({'q': 'q_d', 'r': 'r_d', 'q_hat': 'q_hat_d', 'r_hat': 'r_hat_d'}, {'q': 'q_u', 'r': 'r_u', 'q_hat': 'q_hat_u', 'r_hat': 'r_hat_u'})
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('q_00', 'q_01', 'r_00', 'r_01', 'energy', 'entropy')
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
CONJUGATES = 4
GLOBALS = 0
MAPPED = 4
UNKNOWNS = 4
TIED = (0, 0)
PARTNERS = ()
DIFFERENCES = (0,)
CHANNEL_OUTPUTS = 20
SITE_OUTPUTS = 20
FACTS = 3
STRATEGY = {'free_entropy_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'free_entropy_0_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_0_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'site_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'site_0_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'vector_Z_w': 'sum over points'}


@njit(cache=True, error_model="numpy")
def vector_Z_w(x0, x1, V00, V01, V11, refine, tol, out):
    """Log of a sum over points, with its derivatives in 2 fields (a dense jet)."""
    count = 4
    points = np.empty((count, 2))
    logs = np.empty(count)
    points[0, 0] = 1.0
    points[0, 1] = 1.0
    logs[0] = 0.0
    points[1, 0] = 1.0
    points[1, 1] = -1.0
    logs[1] = 0.0
    points[2, 0] = -1.0
    points[2, 1] = 1.0
    logs[2] = 0.0
    points[3, 0] = -1.0
    points[3, 1] = -1.0
    logs[3] = 0.0
    for a in range(count):
        logs[a] += x0 * points[a, 0]
        logs[a] += x1 * points[a, 1]
        logs[a] += -0.5 * V00 * points[a, 0] * points[a, 0]
        logs[a] += -V01 * points[a, 0] * points[a, 1]
        logs[a] += -0.5 * V11 * points[a, 1] * points[a, 1]
    point_jet(logs, points, out)


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q_d = x[0]
    v_d = x[1]
    q_u = x[2]
    v_u = x[3]
    T = p[0]
    c0 = 1.0 / T ** 2
    c1 = -c0
    out[0] = c0 * q_d
    out[1] = -(c0 * v_d)
    out[2] = c0 * q_u
    out[3] = -(c0 * v_u)
    out[4] = c0
    out[5] = 0.0
    out[6] = 0.0
    out[7] = 0.0
    out[8] = 0.0
    out[9] = c1
    out[10] = 0.0
    out[11] = 0.0
    out[12] = 0.0
    out[13] = 0.0
    out[14] = c0
    out[15] = 0.0
    out[16] = 0.0
    out[17] = 0.0
    out[18] = 0.0
    out[19] = c1


@njit(cache=True, error_model="numpy")
def site_0_0_integrand(xi11, site_0_0_k0, site_0_0_k1, xi10, refine, tol, work, out):
    site_0_0_w0 = np.empty(31)
    vector_Z_w(xi10 + xi11, xi10 - xi11, site_0_0_k0, site_0_0_k1, site_0_0_k0, refine, tol, site_0_0_w0)
    modes_jet(site_0_0_w0)
    site_0_0_w0_01 = site_0_0_w0[2]
    site_0_0_w0_02 = site_0_0_w0[6]
    site_0_0_w0_03 = site_0_0_w0[14]
    site_0_0_w0_04 = site_0_0_w0[30]
    site_0_0_w0_10 = site_0_0_w0[1]
    site_0_0_w0_11 = site_0_0_w0[4]
    site_0_0_w0_12 = site_0_0_w0[10]
    site_0_0_w0_20 = site_0_0_w0[3]
    site_0_0_w0_21 = site_0_0_w0[8]
    site_0_0_w0_22 = site_0_0_w0[18]
    site_0_0_w0_30 = site_0_0_w0[7]
    site_0_0_w0_40 = site_0_0_w0[15]
    t0 = site_0_0_w0_01 ** 2
    t1 = site_0_0_w0_10 ** 2
    t2 = site_0_0_w0_02 ** 2
    t3 = site_0_0_w0_01 * site_0_0_w0_03
    t4 = site_0_0_w0_11 ** 2
    t5 = site_0_0_w0_01 * site_0_0_w0_21
    t6 = 2.0 * site_0_0_w0_01 * site_0_0_w0_10 * site_0_0_w0_11
    t7 = site_0_0_w0_10 * site_0_0_w0_12
    t8 = site_0_0_w0_22 + 2.0 * t4
    t9 = site_0_0_w0_20 ** 2
    t10 = site_0_0_w0_10 * site_0_0_w0_30
    out[0] = t0
    out[1] = site_0_0_w0_02
    out[2] = t1
    out[3] = site_0_0_w0_20
    out[4] = t2 + t3
    out[5] = (-(site_0_0_w0_02 * t0 / 2.0)) - t3 / 4.0
    out[6] = t4 + t5
    out[7] = (-t5) - t6
    out[8] = site_0_0_w0_04
    out[9] = (-site_0_0_w0_04) - 2.0 * t2 - 2.0 * t3
    out[10] = site_0_0_w0_22
    out[11] = (-(2.0 * t7)) - t8
    out[12] = t4 + t7
    out[13] = (-t6) - t7
    out[14] = t10 + t9
    out[15] = site_0_0_w0_20 * t1 / 2.0 + t10 / 4.0
    out[16] = (-(2.0 * t5)) - t8
    out[17] = site_0_0_w0_40
    out[18] = site_0_0_w0_40 + 2.0 * t10 + 2.0 * t9


@njit(cache=True, error_model="numpy")
def site_0_0_integral(mean, var, site_0_0_k0, site_0_0_k1, xi10, refine, tol, out):
    """Integrate site_0_0_integrand over xi11 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(19)
    if var <= 0.0:
        site_0_0_integrand(mean, site_0_0_k0, site_0_0_k1, xi10, refine, tol, work, out)
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
    sums = np.zeros((3, 19))
    size = np.zeros(19)
    ends = np.zeros(19)
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
            site_0_0_integrand(u, site_0_0_k0, site_0_0_k1, xi10, refine, tol, work, values)
            for k in range(19):
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
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(19):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 19))
    gauss = np.empty((MAX_PANELS, 19))
    size = np.empty((MAX_PANELS, 19))
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
            for k in range(19):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                site_0_0_integrand(u, site_0_0_k0, site_0_0_k1, xi10, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(19):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def site_0_integrand(xi10, A_d, A_u, q_hat_d, refine, tol, work, out):
    site_0_0_k0 = A_d / 2.0 + A_u / 2.0
    site_0_0_k1 = (-(A_d / 2.0)) + A_u / 2.0
    site_0_0_values = np.empty(19)
    site_0_0_integral(0.0, q_hat_d / 2.0, site_0_0_k0, site_0_0_k1, xi10, refine, tol, site_0_0_values)
    site_0_I0_0 = site_0_0_values[0]
    site_0_I0_1 = site_0_0_values[1]
    site_0_I0_2 = site_0_0_values[2]
    site_0_I0_3 = site_0_0_values[3]
    site_0_I0_4 = site_0_0_values[4]
    site_0_I0_5 = site_0_0_values[5]
    site_0_I0_6 = site_0_0_values[6]
    site_0_I0_7 = site_0_0_values[7]
    site_0_I0_8 = site_0_0_values[8]
    site_0_I0_9 = site_0_0_values[9]
    site_0_I0_10 = site_0_0_values[10]
    site_0_I0_11 = site_0_0_values[11]
    site_0_I0_12 = site_0_0_values[12]
    site_0_I0_13 = site_0_0_values[13]
    site_0_I0_14 = site_0_0_values[14]
    site_0_I0_15 = site_0_0_values[15]
    site_0_I0_16 = site_0_0_values[16]
    site_0_I0_17 = site_0_0_values[17]
    site_0_I0_18 = site_0_0_values[18]
    out[0] = site_0_I0_0
    out[1] = site_0_I0_1
    out[2] = site_0_I0_2
    out[3] = site_0_I0_3
    out[4] = site_0_I0_4
    out[5] = site_0_I0_5
    out[6] = site_0_I0_6
    out[7] = site_0_I0_7
    out[8] = site_0_I0_8
    out[9] = site_0_I0_9
    out[10] = site_0_I0_10
    out[11] = site_0_I0_11
    out[12] = site_0_I0_12
    out[13] = site_0_I0_13
    out[14] = site_0_I0_14
    out[15] = site_0_I0_15
    out[16] = site_0_I0_16
    out[17] = site_0_I0_17
    out[18] = site_0_I0_18


@njit(cache=True, error_model="numpy")
def site_0_integral(mean, var, A_d, A_u, q_hat_d, refine, tol, out):
    """Integrate site_0_integrand over xi10 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(19)
    if var <= 0.0:
        site_0_integrand(mean, A_d, A_u, q_hat_d, refine, tol, work, out)
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
    sums = np.zeros((3, 19))
    size = np.zeros(19)
    ends = np.zeros(19)
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
            site_0_integrand(u, A_d, A_u, q_hat_d, refine, tol, work, values)
            for k in range(19):
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
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(19):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 19))
    gauss = np.empty((MAX_PANELS, 19))
    size = np.empty((MAX_PANELS, 19))
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
            for k in range(19):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                site_0_integrand(u, A_d, A_u, q_hat_d, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(19):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat_d = hats[0]
    A_d = hats[1]
    q_hat_u = hats[2]
    A_u = hats[3]
    site_0_values = np.empty(19)
    site_0_integral(0.0, q_hat_u / 2.0, A_d, A_u, q_hat_d, refine, tol, site_0_values)
    site_I0_0 = site_0_values[0]
    site_I0_1 = site_0_values[1]
    site_I0_2 = site_0_values[2]
    site_I0_3 = site_0_values[3]
    site_I0_4 = site_0_values[4]
    site_I0_5 = site_0_values[5]
    site_I0_6 = site_0_values[6]
    site_I0_7 = site_0_values[7]
    site_I0_8 = site_0_values[8]
    site_I0_9 = site_0_values[9]
    site_I0_10 = site_0_values[10]
    site_I0_11 = site_0_values[11]
    site_I0_12 = site_0_values[12]
    site_I0_13 = site_0_values[13]
    site_I0_14 = site_0_values[14]
    site_I0_15 = site_0_values[15]
    site_I0_16 = site_0_values[16]
    site_I0_17 = site_0_values[17]
    site_I0_18 = site_0_values[18]
    c0 = site_I0_10 / 8.0
    out[0] = site_I0_0 / 2.0
    out[1] = site_I0_1 / 2.0
    out[2] = site_I0_2 / 2.0
    out[3] = site_I0_3 / 2.0
    out[4] = site_I0_4 / 4.0
    out[5] = site_I0_5
    out[6] = site_I0_6 / 4.0
    out[7] = site_I0_7 / 4.0
    out[8] = site_I0_8 / 8.0
    out[9] = site_I0_9 / 8.0
    out[10] = c0
    out[11] = site_I0_11 / 8.0
    out[12] = site_I0_12 / 4.0
    out[13] = site_I0_13 / 4.0
    out[14] = site_I0_14 / 4.0
    out[15] = -site_I0_15
    out[16] = c0
    out[17] = site_I0_16 / 8.0
    out[18] = site_I0_17 / 8.0
    out[19] = -(site_I0_18 / 8.0)


@njit(cache=True, error_model="numpy")
def free_entropy_0_0_integrand(xi11, free_entropy_0_0_k0, free_entropy_0_0_k1, xi10, refine, tol, work, out):
    free_entropy_0_0_w0 = np.empty(31)
    vector_Z_w(xi10 + xi11, xi10 - xi11, free_entropy_0_0_k0, free_entropy_0_0_k1, free_entropy_0_0_k0, refine, tol, free_entropy_0_0_w0)
    free_entropy_0_0_w0_00 = free_entropy_0_0_w0[0]
    out[0] = free_entropy_0_0_w0_00


@njit(cache=True, error_model="numpy")
def free_entropy_0_0_integral(mean, var, free_entropy_0_0_k0, free_entropy_0_0_k1, xi10, refine, tol, out):
    """Integrate free_entropy_0_0_integrand over xi11 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        free_entropy_0_0_integrand(mean, free_entropy_0_0_k0, free_entropy_0_0_k1, xi10, refine, tol, work, out)
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
            free_entropy_0_0_integrand(u, free_entropy_0_0_k0, free_entropy_0_0_k1, xi10, refine, tol, work, values)
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
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
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
                free_entropy_0_0_integrand(u, free_entropy_0_0_k0, free_entropy_0_0_k1, xi10, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(1):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def free_entropy_0_integrand(xi10, A_d, A_u, q_hat_d, refine, tol, work, out):
    free_entropy_0_0_k0 = A_d / 2.0 + A_u / 2.0
    free_entropy_0_0_k1 = (-(A_d / 2.0)) + A_u / 2.0
    free_entropy_0_0_values = np.empty(1)
    free_entropy_0_0_integral(0.0, q_hat_d / 2.0, free_entropy_0_0_k0, free_entropy_0_0_k1, xi10, refine, tol, free_entropy_0_0_values)
    free_entropy_0_I0_0 = free_entropy_0_0_values[0]
    out[0] = free_entropy_0_I0_0


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(mean, var, A_d, A_u, q_hat_d, refine, tol, out):
    """Integrate free_entropy_0_integrand over xi10 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        free_entropy_0_integrand(mean, A_d, A_u, q_hat_d, refine, tol, work, out)
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
            free_entropy_0_integrand(u, A_d, A_u, q_hat_d, refine, tol, work, values)
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
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
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
                free_entropy_0_integrand(u, A_d, A_u, q_hat_d, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(1):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def free_entropy(x, hats, p, refine, tol, out):
    """The free entropy per site at any point (stationary at a solution)."""
    q_d = x[0]
    v_d = x[1]
    q_u = x[2]
    v_u = x[3]
    q_hat_d = hats[0]
    A_d = hats[1]
    q_hat_u = hats[2]
    A_u = hats[3]
    T = p[0]
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(0.0, q_hat_u / 2.0, A_d, A_u, q_hat_d, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    c0 = A_d / 2.0
    c1 = A_u / 2.0
    c2 = 1.0 / (4.0 * T ** 2)
    out[0] = c0 * q_d + c0 * v_d + c1 * q_u + c1 * v_u - c2 * q_d ** 2 - c2 * q_u ** 2 + c2 * (q_d + v_d) ** 2 + c2 * (q_u + v_u) ** 2 + free_entropy_I0_0 - q_hat_d * v_d / 2.0 - q_hat_u * v_u / 2.0


@njit(cache=True, error_model="numpy")
def observables_0_0_integrand(xi11, observables_0_0_k0, observables_0_0_k1, xi10, refine, tol, work, out):
    observables_0_0_w0 = np.empty(31)
    vector_Z_w(xi10 + xi11, xi10 - xi11, observables_0_0_k0, observables_0_0_k1, observables_0_0_k0, refine, tol, observables_0_0_w0)
    observables_0_0_w0_00 = observables_0_0_w0[0]
    out[0] = observables_0_0_w0_00


@njit(cache=True, error_model="numpy")
def observables_0_0_integral(mean, var, observables_0_0_k0, observables_0_0_k1, xi10, refine, tol, out):
    """Integrate observables_0_0_integrand over xi11 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_0_0_integrand(mean, observables_0_0_k0, observables_0_0_k1, xi10, refine, tol, work, out)
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
            observables_0_0_integrand(u, observables_0_0_k0, observables_0_0_k1, xi10, refine, tol, work, values)
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
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
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
                observables_0_0_integrand(u, observables_0_0_k0, observables_0_0_k1, xi10, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(1):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def observables_0_integrand(xi10, A_d, A_u, q_hat_d, refine, tol, work, out):
    observables_0_0_k0 = A_d / 2.0 + A_u / 2.0
    observables_0_0_k1 = (-(A_d / 2.0)) + A_u / 2.0
    observables_0_0_values = np.empty(1)
    observables_0_0_integral(0.0, q_hat_d / 2.0, observables_0_0_k0, observables_0_0_k1, xi10, refine, tol, observables_0_0_values)
    observables_0_I0_0 = observables_0_0_values[0]
    out[0] = observables_0_I0_0


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, A_d, A_u, q_hat_d, refine, tol, out):
    """Integrate observables_0_integrand over xi10 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_0_integrand(mean, A_d, A_u, q_hat_d, refine, tol, work, out)
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
            observables_0_integrand(u, A_d, A_u, q_hat_d, refine, tol, work, values)
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
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
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
                observables_0_integrand(u, A_d, A_u, q_hat_d, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(1):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def observables(x, hats, p, refine, tol, out):
    """Observables at a solution."""
    q_d = x[0]
    v_d = x[1]
    q_u = x[2]
    v_u = x[3]
    q_hat_d = hats[0]
    A_d = hats[1]
    q_hat_u = hats[2]
    A_u = hats[3]
    T = p[0]
    observables_0_values = np.empty(1)
    observables_0_integral(0.0, q_hat_u / 2.0, A_d, A_u, q_hat_d, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    c0 = q_d / 2.0
    c1 = q_u / 2.0
    c2 = c0 + c1
    c3 = c0 - q_u / 2.0
    c4 = -c3
    c5 = v_d / 2.0
    c6 = v_u / 2.0
    c7 = c2 + c5 + c6
    c8 = (-c3) - c5 + v_u / 2.0
    c9 = (-c2 ** 2) - c4 ** 2 + c7 ** 2 + c8 ** 2
    c10 = 1.0 / T ** 2
    c11 = c10 / 4.0
    out[0] = c2
    out[1] = c4
    out[2] = c7
    out[3] = c8
    out[4] = -(c9 / T)
    out[5] = c0 * A_d + c1 * A_u - c10 * c9 - c11 * q_d ** 2 - c11 * q_u ** 2 + c11 * (q_d + v_d) ** 2 + c11 * (q_u + v_u) ** 2 - c5 * q_hat_d + c5 * A_d - c6 * q_hat_u + c6 * A_u + observables_I0_0


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    out[0] = 1.0
    out[1] = 1.0
    out[2] = 0.0


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
