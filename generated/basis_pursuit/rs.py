r"""basis_pursuit: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 13b138802f8d34c3, derivation d3be40b68b7726e6, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{2\,\rho\,\left(\hat{m}^{2} + \hat{q} +
    1\right)\,H\left(\frac{1}{\sqrt{\hat{m}^{2} + \hat{q}}}\right) -
    \frac{\rho\,\sqrt{2\,\left(\hat{m}^{2} +
    \hat{q}\right)}}{\sqrt{\pi}}\,e^{-\frac{1}{2\,\left(\hat{m}^{2} + \hat{q}\right)}} + 2\,\left(1
    - \rho\right)\,\left(\hat{q} + 1\right)\,H\left(\frac{1}{\sqrt{\hat{q}}}\right) - \frac{\left(1
    - \rho\right)\,\sqrt{2\,\hat{q}}}{\sqrt{\pi}}\,e^{-\frac{1}{2\,\hat{q}}}}{2\,\hat{V}}
\phi_{\mathrm{ch}} =
    -\alpha\,\mathbb{E}_{(\omega,z)\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}q&m\\m&\rho\end{smallmatrix}\right]\right)}\left[\int
    dy\,P\left(y\,|\,z\right)\,\mathcal{M}_{V}\left[\ell_{00}\left(\cdot;\,y\right)\right]\left(\omega\right)\right]
q_hat =
    \alpha\,\mathbb{E}_{(\omega,z)\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}q&m\\m&\rho\end{smallmatrix}\right]\right)}\left[\int
    dy\,P\left(y\,|\,z\right)\,\left(\partial_{\omega}
    \mathcal{M}_{V}\left[\ell_{00}\left(\cdot;\,y\right)\right]\left(\omega\right)\right)^{2}\right]
V_hat =
    \alpha\,\mathbb{E}_{(\omega,z)\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}q&m\\m&\rho\end{smallmatrix}\right]\right)}\left[\int
    dy\,P\left(y\,|\,z\right)\,\partial_{\omega}^{2}
    \mathcal{M}_{V}\left[\ell_{00}\left(\cdot;\,y\right)\right]\left(\omega\right)\right]
m_hat =
    -\alpha\,\mathbb{E}_{(\omega,z)\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}q&m\\m&\rho\end{smallmatrix}\right]\right)}\left[\int
    dy\,\partial_{z} P\left(y\,|\,z\right)\,\partial_{\omega}
    \mathcal{M}_{V}\left[\ell_{00}\left(\cdot;\,y\right)\right]\left(\omega\right)\right]
q = \frac{2\,\rho\,\left(\hat{m}^{2} + \hat{q} + 1\right)\,H\left(\frac{1}{\sqrt{\hat{m}^{2} +
    \hat{q}}}\right) - \frac{\rho\,\sqrt{2\,\left(\hat{m}^{2} +
    \hat{q}\right)}}{\sqrt{\pi}}\,e^{-\frac{1}{2\,\left(\hat{m}^{2} + \hat{q}\right)}} + 2\,\left(1
    - \rho\right)\,\left(\hat{q} + 1\right)\,H\left(\frac{1}{\sqrt{\hat{q}}}\right) - \frac{\left(1
    - \rho\right)\,\sqrt{2\,\hat{q}}}{\sqrt{\pi}}\,e^{-\frac{1}{2\,\hat{q}}}}{\hat{V}^{2}}
V = \frac{2\,\left(\rho\,H\left(\frac{1}{\sqrt{\hat{m}^{2} + \hat{q}}}\right) + \left(1 -
    \rho\right)\,H\left(\frac{1}{\sqrt{\hat{q}}}\right)\right)}{\hat{V}}
m = \frac{2\,\hat{m}\,\rho\,H\left(\frac{1}{\sqrt{\hat{m}^{2} + \hat{q}}}\right)}{\hat{V}}
where
\mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \min_h\left\{\frac{(h-\omega)^2}{2\,V}+\ell(h)\right\}
\partial_{\omega} \mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \frac{\omega-\mathrm{prox}_{V}\left[\ell\right]\left(\omega\right)}{V}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    \max_w\left\{\xi\,w-\frac{\hat{V}\,w^2}{2}-g(w)\right\}
\partial_{\xi} \mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    w_{\hat{V}}\left[g\right]\left(\xi\right)
\ell_{00}\left(h;\,y\right) = 0
P(y\,|\,z) = \delta\left(z - y\right)
\mathcal{M}_{V}\left[\ell_{00}\left(\cdot;\,y\right)\right]\left(\omega\right) = \begin{cases}
    \frac{\left(\mathrm{eps} + \omega - y\right)^{2}}{2\,V} & \omega < y - \mathrm{eps}\\ 0 & y -
    \mathrm{eps} < \omega < \mathrm{eps} + y\\ \frac{\left(\mathrm{eps} + y -
    \omega\right)^{2}}{2\,V} & \omega > \mathrm{eps} + y \end{cases}
\mathrm{prox}_{V}\left[\ell_{00}\left(\cdot;\,y\right)\right]\left(\omega\right) = \begin{cases} y -
    \mathrm{eps} & \omega < y - \mathrm{eps}\\ \omega & y - \mathrm{eps} < \omega < \mathrm{eps} +
    y\\ \mathrm{eps} + y & \omega > \mathrm{eps} + y \end{cases}
g\left(w\right) = \left|{w}\right|
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \begin{cases} \frac{\left(\xi +
    1\right)^{2}}{2\,\hat{V}} & \xi < -1\\ 0 & -1 < \xi < 1\\ \frac{\left(\xi -
    1\right)^{2}}{2\,\hat{V}} & \xi > 1 \end{cases}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \begin{cases} \frac{\xi + 1}{\hat{V}} & \xi < -1\\ 0 &
    -1 < \xi < 1\\ -\frac{1 - \xi}{\hat{V}} & \xi > 1 \end{cases}
H(x) = \int_x^{\infty} \frac{e^{-t^2/2}}{\sqrt{2\pi}}\,dt
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


MODEL = 'basis_pursuit'
ANSATZ = 'rs'
SPEC_HASH = '13b138802f8d34c3dc817797df9cee765b0c1d1867f31611176efaff83827434'
TRACE_HASH = 'd3be40b68b7726e6'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'rho', 'eps')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('mse', 'support', 'norm', 'energy', 'prox_variance')
RESPONSES = {}
CONSTANTS = 0
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
STRATEGY = {'channel_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'free_entropy_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol'}


@njit(cache=True, error_model="numpy")
def channel_0_0_weight(y, omega, rest_channel_0, slope_channel_0, refine, tol, work, out):
    channel_0_0_weight_k0 = -(math.log(2.0 * 3.141592653589793 * rest_channel_0) / 2.0)
    channel_0_0_weight_k1 = -(1.0 / (2.0 * rest_channel_0))
    channel_0_0_weight_k2 = slope_channel_0 * omega
    channel_0_0_weight_k3 = 1.0 / math.sqrt(1.0 / rest_channel_0)
    work[0][:] = 0.0
    add_quadratic(work[0], channel_0_0_weight_k0, 0.0, channel_0_0_weight_k1, slope_channel_0 * omega - y)
    guard_jet(work[0])
    channel_0_0_weight_l0_0 = work[0, 0]
    out[0] = channel_0_0_weight_l0_0


@njit(cache=True, error_model="numpy")
def channel_0_0_integrand(y, V, channel_0_0_k0, channel_0_0_k1, channel_0_0_k2, channel_0_0_k3, channel_0_0_k4, channel_0_0_k5, eps, m, omega, q, rest_channel_0, slope_channel_0, refine, tol, work, out):
    work[0][:] = 0.0
    add_quadratic(work[0], channel_0_0_k0, 0.0, channel_0_0_k1, slope_channel_0 * omega - y)
    guard_jet(work[0])
    channel_0_0_l0_0 = work[0, 0]
    channel_0_0_l0_1 = work[0, 1]
    channel_0_0_l0_2 = work[0, 2]
    channel_0_0_l0_3 = work[0, 3]
    t0 = math.exp(channel_0_0_l0_0)
    t1 = 1.0 / V ** 2
    t2 = eps - y
    t3 = t2 + omega
    t4 = omega < (-t2)
    t5 = eps + y
    t6 = omega < t5
    t7 = t5 - omega
    t8 = t0 * (t1 * t3 ** 2 if t4 else (0.0 if t6 else t1 * t7 ** 2))
    t9 = 1.0 / V
    t10 = -t9
    t11 = (t10 if t4 else (0.0 if t6 else t10))
    t12 = t0 * t11
    t13 = (-(t3 * t9) if t4 else (0.0 if t6 else t7 * t9))
    t14 = t0 * t13
    t15 = channel_0_0_l0_1 * t14
    t16 = channel_0_0_l0_1 * omega
    t17 = t16 * t8
    t18 = 1.0 / q ** 2
    t19 = m * t18
    t20 = channel_0_0_l0_1 ** 2 + channel_0_0_l0_2
    t21 = t20 * t8
    t22 = m ** 2
    t23 = t18 * t22
    t24 = 1.0 / q
    t25 = t12 * t13
    t26 = t24 * t25 * omega
    t27 = t12 * t16
    t28 = omega ** 2
    t29 = t18 * t28
    t30 = t14 * omega
    t31 = t18 * t30
    t32 = 1.0 / q ** 3
    t33 = t14 * (channel_0_0_l0_1 ** 3 + 3.0 * channel_0_0_l0_1 * channel_0_0_l0_2 + channel_0_0_l0_3)
    t34 = channel_0_0_l0_1 * t25
    t35 = m * t20 * t31
    t36 = t23 * t33
    out[0] = t8
    out[1] = -t12
    out[2] = t15
    out[3] = (-(t17 * t19)) + t21 * t23 + 2.0 * t26
    out[4] = t11 * t8
    out[5] = (-(m * t21)) + t17
    out[6] = m ** 3 * t32 * t33 + m * t15 * t28 * t32 - t12 * t29 - 2.0 * t15 * t19 + t19 * t27 - 2.0 * t20 * t22 * t30 * t32 + t31
    out[7] = m * t24 * t34 - t26
    out[8] = t15 * t24 - t15 * t29 + 2.0 * t35 - t36
    out[9] = t24 * t27 - t35 + t36
    out[10] = t34
    out[11] = (-(m * t33)) + t0 * t13 * t20 * omega


@njit(cache=True, error_model="numpy")
def channel_0_0_integral(lower, upper, V, channel_0_0_k0, channel_0_0_k1, channel_0_0_k2, channel_0_0_k3, channel_0_0_k4, channel_0_0_k5, eps, m, omega, q, rest_channel_0, slope_channel_0, refine, tol, out):
    """Integrate channel_0_0_integrand over y by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(12)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(26)
    widths = np.empty(26)
    nc = 0
    centers[nc] = channel_0_0_k2
    widths[nc] = channel_0_0_k3
    nc += 1
    centers[nc] = channel_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k5
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k5
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k5
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k5
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k5
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k5
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k5
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k5
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k5
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k5
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k5
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_0_k5
    widths[nc] = 0.0
    nc += 1

    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            channel_0_0_weight(centers[i], omega, rest_channel_0, slope_channel_0, refine, tol, work, level)
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
                channel_0_0_weight(u, omega, rest_channel_0, slope_channel_0, refine, tol, work, level)
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
                channel_0_0_weight(centers[i], omega, rest_channel_0, slope_channel_0, refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                channel_0_0_weight(end + 1e-12 * (anchor - end), omega, rest_channel_0, slope_channel_0, refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                channel_0_0_weight(0.5 * (anchor + end), omega, rest_channel_0, slope_channel_0, refine, tol, work, level)
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
    kept = np.empty((MAX_PANELS, 12))
    gauss = np.empty((MAX_PANELS, 12))
    size = np.empty((MAX_PANELS, 12))
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
            for k in range(12):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                channel_0_0_integrand(u, V, channel_0_0_k0, channel_0_0_k1, channel_0_0_k2, channel_0_0_k3, channel_0_0_k4, channel_0_0_k5, eps, m, omega, q, rest_channel_0, slope_channel_0, refine, tol, work, values)
                density = half * (1.0)
                for k in range(12):
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
def channel_0_integrand(omega, V, eps, m, q, rest_channel_0, slope_channel_0, refine, tol, work, out):
    channel_0_0_k0 = -(math.log(2.0 * 3.141592653589793 * rest_channel_0) / 2.0)
    channel_0_0_k1 = -(1.0 / (2.0 * rest_channel_0))
    channel_0_0_k2 = slope_channel_0 * omega
    channel_0_0_k3 = 1.0 / math.sqrt(1.0 / rest_channel_0)
    channel_0_0_k4 = (-eps) + omega
    channel_0_0_k5 = eps + omega
    channel_0_0_values = np.empty(12)
    channel_0_0_integral(-math.inf, math.inf, V, channel_0_0_k0, channel_0_0_k1, channel_0_0_k2, channel_0_0_k3, channel_0_0_k4, channel_0_0_k5, eps, m, omega, q, rest_channel_0, slope_channel_0, refine, tol, channel_0_0_values)
    channel_0_I0_0 = channel_0_0_values[0]
    channel_0_I0_1 = channel_0_0_values[1]
    channel_0_I0_2 = channel_0_0_values[2]
    channel_0_I0_3 = channel_0_0_values[3]
    channel_0_I0_4 = channel_0_0_values[4]
    channel_0_I0_5 = channel_0_0_values[5]
    channel_0_I0_6 = channel_0_0_values[6]
    channel_0_I0_7 = channel_0_0_values[7]
    channel_0_I0_8 = channel_0_0_values[8]
    channel_0_I0_9 = channel_0_0_values[9]
    channel_0_I0_10 = channel_0_0_values[10]
    channel_0_I0_11 = channel_0_0_values[11]
    t0 = 1.0 / q
    out[0] = channel_0_I0_0
    out[1] = channel_0_I0_1
    out[2] = channel_0_I0_2
    out[3] = channel_0_I0_3
    out[4] = channel_0_I0_4
    out[5] = channel_0_I0_5 * t0
    out[6] = channel_0_I0_6
    out[7] = channel_0_I0_7
    out[8] = channel_0_I0_8
    out[9] = channel_0_I0_9
    out[10] = channel_0_I0_10
    out[11] = channel_0_I0_11 * t0


@njit(cache=True, error_model="numpy")
def channel_0_integral(mean, var, V, eps, m, q, rest_channel_0, slope_channel_0, refine, tol, out):
    """Integrate channel_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(12)
    if var <= 0.0:
        channel_0_integrand(mean, V, eps, m, q, rest_channel_0, slope_channel_0, refine, tol, work, out)
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
    sums = np.zeros((3, 12))
    size = np.zeros(12)
    ends = np.zeros(12)
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
            channel_0_integrand(u, V, eps, m, q, rest_channel_0, slope_channel_0, refine, tol, work, values)
            for k in range(12):
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
            for k in range(12):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 12))
    gauss = np.empty((MAX_PANELS, 12))
    size = np.empty((MAX_PANELS, 12))
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
            for k in range(12):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                channel_0_integrand(u, V, eps, m, q, rest_channel_0, slope_channel_0, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(12):
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
    V = x[1]
    m = x[2]
    alpha = p[0]
    rho = p[1]
    eps = p[2]
    slope_channel_0 = (m / q if (q > 0.0) else 0.0)
    rest_channel_0 = (-(m * slope_channel_0)) + rho
    channel_0_values = np.empty(12)
    channel_0_integral(0.0, q, V, eps, m, q, rest_channel_0, slope_channel_0, refine, tol, channel_0_values)
    channel_I0_0 = channel_0_values[0]
    channel_I0_1 = channel_0_values[1]
    channel_I0_2 = channel_0_values[2]
    channel_I0_3 = channel_0_values[3]
    channel_I0_4 = channel_0_values[4]
    channel_I0_5 = channel_0_values[5]
    channel_I0_6 = channel_0_values[6]
    channel_I0_7 = channel_0_values[7]
    channel_I0_8 = channel_0_values[8]
    channel_I0_9 = channel_0_values[9]
    channel_I0_10 = channel_0_values[10]
    channel_I0_11 = channel_0_values[11]
    c0 = alpha / 2.0
    out[0] = alpha * channel_I0_0
    out[1] = alpha * channel_I0_1
    out[2] = alpha * channel_I0_2
    out[3] = c0 * channel_I0_3
    out[4] = 2.0 * alpha * channel_I0_4
    out[5] = alpha * channel_I0_5
    out[6] = c0 * channel_I0_6
    out[7] = alpha * channel_I0_7
    out[8] = alpha * channel_I0_8
    out[9] = c0 * channel_I0_9
    out[10] = alpha * channel_I0_10
    out[11] = alpha * channel_I0_11


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    rho = p[1]
    c0 = 1.0 / V_hat ** 2
    c1 = math.sqrt(q_hat)
    c2 = H(1.0 / c1)
    c3 = 2.0 * c2
    c4 = c0 * c3
    c5 = c4 * rho
    c6 = m_hat ** 2
    c7 = c6 + q_hat
    c8 = math.sqrt(c7)
    c9 = 1.0 / c8
    c10 = rho * H(c9)
    c11 = 2.0 * c10
    c12 = c0 * c11
    c13 = math.exp(-(1.0 / (2.0 * q_hat)))
    c14 = 1.4142135623730951
    c15 = 0.5641895835477563
    c16 = c14 * c15
    c17 = c13 * c16
    c18 = c1 * c17
    c19 = c0 * c18
    c20 = math.exp(-(1.0 / (2.0 * c7)))
    c21 = c16 * c20 * rho
    c22 = c0 * c21
    c23 = c22 * c9
    c24 = c12 + c4 - c5
    c25 = 1.0 / V_hat
    c26 = c25 * c3
    c27 = c11 * c25
    c28 = math.pow(c7, (-3.0 / 2.0))
    c29 = c22 / 2.0
    c30 = math.pow(c7, (-5.0 / 2.0))
    c31 = c29 * c30
    c32 = 1.0 / V_hat ** 3
    c33 = 4.0 * c32
    c34 = c2 * c33
    c35 = c10 * c33
    c36 = 2.0 * c32
    c37 = c21 * q_hat
    c38 = c36 * c9
    c39 = c0 * m_hat
    c40 = c21 * c28
    c41 = c25 / 2.0
    c42 = c17 * c41 / math.pow(q_hat, (3.0 / 2.0))
    c43 = c40 * c41
    c44 = c25 * c40
    out[0] = c12 * c6 + c12 * q_hat + c19 * rho - c19 - 2.0 * c22 * c8 + c23 * c6 + c23 * q_hat + c24 + c4 * q_hat - c5 * q_hat
    out[1] = (-(c26 * rho)) + c26 + c27
    out[2] = c27 * m_hat
    out[3] = c24 - c28 * c29 + c31 * c6 + c31 * q_hat
    out[4] = 2.0 * c1 * c13 * c14 * c15 * c32 + 4.0 * c14 * c15 * c20 * c32 * c8 * rho - c18 * c36 * rho + 4.0 * c2 * c32 * q_hat * rho + 4.0 * c2 * c32 * rho - c21 * c38 * c6 - c34 * q_hat - c34 - c35 * c6 - c35 * q_hat - c35 - c37 * c38
    out[5] = 4.0 * c10 * c39 + c22 * c30 * m_hat ** 3 + c30 * c37 * c39 - c39 * c40
    out[6] = (-(c42 * rho)) + c42 + c43
    out[7] = -c24
    out[8] = c44 * m_hat
    out[9] = c43 * m_hat
    out[10] = -(c12 * m_hat)
    out[11] = c27 + c44 * c6


@njit(cache=True, error_model="numpy")
def free_entropy_0_0_weight(y, omega, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, out):
    free_entropy_0_0_weight_k0 = -(math.log(2.0 * 3.141592653589793 * rest_free_entropy_0) / 2.0)
    free_entropy_0_0_weight_k1 = -(1.0 / (2.0 * rest_free_entropy_0))
    free_entropy_0_0_weight_k2 = slope_free_entropy_0 * omega
    free_entropy_0_0_weight_k3 = 1.0 / math.sqrt(1.0 / rest_free_entropy_0)
    work[0][:] = 0.0
    add_quadratic(work[0], free_entropy_0_0_weight_k0, 0.0, free_entropy_0_0_weight_k1, slope_free_entropy_0 * omega - y)
    guard_jet(work[0])
    free_entropy_0_0_weight_l0_0 = work[0, 0]
    out[0] = free_entropy_0_0_weight_l0_0


@njit(cache=True, error_model="numpy")
def free_entropy_0_0_integrand(y, V, eps, free_entropy_0_0_k0, free_entropy_0_0_k1, free_entropy_0_0_k2, free_entropy_0_0_k3, free_entropy_0_0_k4, free_entropy_0_0_k5, omega, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, out):
    work[0][:] = 0.0
    add_quadratic(work[0], free_entropy_0_0_k0, 0.0, free_entropy_0_0_k1, slope_free_entropy_0 * omega - y)
    guard_jet(work[0])
    free_entropy_0_0_l0_0 = work[0, 0]
    t0 = eps - y
    t1 = 1.0 / (2.0 * V)
    t2 = eps + y
    out[0] = (-(t1 * (t0 + omega) ** 2) if (t0 < (-omega)) else (0.0 if (t2 > omega) else -(t1 * (t2 - omega) ** 2))) * math.exp(free_entropy_0_0_l0_0)


@njit(cache=True, error_model="numpy")
def free_entropy_0_0_integral(lower, upper, V, eps, free_entropy_0_0_k0, free_entropy_0_0_k1, free_entropy_0_0_k2, free_entropy_0_0_k3, free_entropy_0_0_k4, free_entropy_0_0_k5, omega, rest_free_entropy_0, slope_free_entropy_0, refine, tol, out):
    """Integrate free_entropy_0_0_integrand over y by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(1)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(4)
    widths = np.empty(4)
    nc = 0
    centers[nc] = free_entropy_0_0_k2
    widths[nc] = free_entropy_0_0_k3
    nc += 1
    centers[nc] = free_entropy_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = free_entropy_0_0_k5
    widths[nc] = 0.0
    nc += 1

    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            free_entropy_0_0_weight(centers[i], omega, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, level)
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
                free_entropy_0_0_weight(u, omega, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, level)
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
                free_entropy_0_0_weight(centers[i], omega, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                free_entropy_0_0_weight(end + 1e-12 * (anchor - end), omega, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                free_entropy_0_0_weight(0.5 * (anchor + end), omega, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, level)
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
                free_entropy_0_0_integrand(u, V, eps, free_entropy_0_0_k0, free_entropy_0_0_k1, free_entropy_0_0_k2, free_entropy_0_0_k3, free_entropy_0_0_k4, free_entropy_0_0_k5, omega, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, values)
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
def free_entropy_0_integrand(omega, V, eps, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, out):
    free_entropy_0_0_k0 = -(math.log(2.0 * 3.141592653589793 * rest_free_entropy_0) / 2.0)
    free_entropy_0_0_k1 = -(1.0 / (2.0 * rest_free_entropy_0))
    free_entropy_0_0_k2 = slope_free_entropy_0 * omega
    free_entropy_0_0_k3 = 1.0 / math.sqrt(1.0 / rest_free_entropy_0)
    free_entropy_0_0_k4 = (-eps) + omega
    free_entropy_0_0_k5 = eps + omega
    free_entropy_0_0_values = np.empty(1)
    free_entropy_0_0_integral(-math.inf, math.inf, V, eps, free_entropy_0_0_k0, free_entropy_0_0_k1, free_entropy_0_0_k2, free_entropy_0_0_k3, free_entropy_0_0_k4, free_entropy_0_0_k5, omega, rest_free_entropy_0, slope_free_entropy_0, refine, tol, free_entropy_0_0_values)
    free_entropy_0_I0_0 = free_entropy_0_0_values[0]
    out[0] = free_entropy_0_I0_0


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(mean, var, V, eps, rest_free_entropy_0, slope_free_entropy_0, refine, tol, out):
    """Integrate free_entropy_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        free_entropy_0_integrand(mean, V, eps, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, out)
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
            free_entropy_0_integrand(u, V, eps, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, values)
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
                free_entropy_0_integrand(u, V, eps, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, values)
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
    V = x[1]
    m = x[2]
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    alpha = p[0]
    rho = p[1]
    eps = p[2]
    slope_free_entropy_0 = (m / q if (q > 0.0) else 0.0)
    rest_free_entropy_0 = (-(m * slope_free_entropy_0)) + rho
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(0.0, q, V, eps, rest_free_entropy_0, slope_free_entropy_0, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    c0 = 1.0 / V_hat
    c1 = math.sqrt(q_hat)
    c2 = 1.0 / c1
    c3 = H(c2)
    c4 = c0 * c3
    c5 = 0.7978845608028654
    c6 = c5 * math.exp(-(1.0 / (2.0 * q_hat)))
    c7 = c0 * c1 * c6
    c8 = c0 * q_hat * (c2 * c6 / 2.0 + c3)
    c9 = m_hat ** 2 + q_hat
    c10 = math.sqrt(c9)
    c11 = 1.0 / c10
    c12 = H(c11)
    c13 = c5 * math.exp(-(1.0 / (2.0 * c9)))
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 + alpha * free_entropy_I0_0 - c4 * rho + c4 + c7 * rho - c7 - c8 * rho + c8 - m * m_hat + rho * ((-(c0 * c10 * c13)) + c0 * c12 + c0 * c9 * (c11 * c13 / 2.0 + c12))


@njit(cache=True, error_model="numpy")
def observables_0_0_weight(y, omega, rest_observables_0, slope_observables_0, refine, tol, work, out):
    observables_0_0_weight_k0 = -(math.log(2.0 * 3.141592653589793 * rest_observables_0) / 2.0)
    observables_0_0_weight_k1 = -(1.0 / (2.0 * rest_observables_0))
    observables_0_0_weight_k2 = slope_observables_0 * omega
    observables_0_0_weight_k3 = 1.0 / math.sqrt(1.0 / rest_observables_0)
    work[0][:] = 0.0
    add_quadratic(work[0], observables_0_0_weight_k0, 0.0, observables_0_0_weight_k1, slope_observables_0 * omega - y)
    guard_jet(work[0])
    observables_0_0_weight_l0_0 = work[0, 0]
    out[0] = observables_0_0_weight_l0_0


@njit(cache=True, error_model="numpy")
def observables_0_0_integrand(y, V, eps, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, observables_0_0_k4, observables_0_0_k5, omega, rest_observables_0, slope_observables_0, refine, tol, work, out):
    work[0][:] = 0.0
    add_quadratic(work[0], observables_0_0_k0, 0.0, observables_0_0_k1, slope_observables_0 * omega - y)
    guard_jet(work[0])
    observables_0_0_l0_0 = work[0, 0]
    t0 = eps - y
    t1 = 1.0 / (2.0 * V)
    t2 = eps + y
    out[0] = (-(t1 * (t0 + omega) ** 2) if (t0 < (-omega)) else (0.0 if (t2 > omega) else -(t1 * (t2 - omega) ** 2))) * math.exp(observables_0_0_l0_0)


@njit(cache=True, error_model="numpy")
def observables_0_0_integral(lower, upper, V, eps, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, observables_0_0_k4, observables_0_0_k5, omega, rest_observables_0, slope_observables_0, refine, tol, out):
    """Integrate observables_0_0_integrand over y by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(1)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(4)
    widths = np.empty(4)
    nc = 0
    centers[nc] = observables_0_0_k2
    widths[nc] = observables_0_0_k3
    nc += 1
    centers[nc] = observables_0_0_k4
    widths[nc] = 0.0
    nc += 1
    centers[nc] = observables_0_0_k5
    widths[nc] = 0.0
    nc += 1

    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            observables_0_0_weight(centers[i], omega, rest_observables_0, slope_observables_0, refine, tol, work, level)
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
                observables_0_0_weight(u, omega, rest_observables_0, slope_observables_0, refine, tol, work, level)
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
                observables_0_0_weight(centers[i], omega, rest_observables_0, slope_observables_0, refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                observables_0_0_weight(end + 1e-12 * (anchor - end), omega, rest_observables_0, slope_observables_0, refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                observables_0_0_weight(0.5 * (anchor + end), omega, rest_observables_0, slope_observables_0, refine, tol, work, level)
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
                observables_0_0_integrand(u, V, eps, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, observables_0_0_k4, observables_0_0_k5, omega, rest_observables_0, slope_observables_0, refine, tol, work, values)
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
def observables_0_integrand(omega, V, eps, rest_observables_0, slope_observables_0, refine, tol, work, out):
    observables_0_0_k0 = -(math.log(2.0 * 3.141592653589793 * rest_observables_0) / 2.0)
    observables_0_0_k1 = -(1.0 / (2.0 * rest_observables_0))
    observables_0_0_k2 = slope_observables_0 * omega
    observables_0_0_k3 = 1.0 / math.sqrt(1.0 / rest_observables_0)
    observables_0_0_k4 = (-eps) + omega
    observables_0_0_k5 = eps + omega
    observables_0_0_values = np.empty(1)
    observables_0_0_integral(-math.inf, math.inf, V, eps, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, observables_0_0_k4, observables_0_0_k5, omega, rest_observables_0, slope_observables_0, refine, tol, observables_0_0_values)
    observables_0_I0_0 = observables_0_0_values[0]
    out[0] = observables_0_I0_0


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, V, eps, rest_observables_0, slope_observables_0, refine, tol, out):
    """Integrate observables_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_0_integrand(mean, V, eps, rest_observables_0, slope_observables_0, refine, tol, work, out)
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
            observables_0_integrand(u, V, eps, rest_observables_0, slope_observables_0, refine, tol, work, values)
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
                observables_0_integrand(u, V, eps, rest_observables_0, slope_observables_0, refine, tol, work, values)
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
    V = x[1]
    m = x[2]
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    alpha = p[0]
    rho = p[1]
    eps = p[2]
    slope_observables_0 = (m / q if (q > 0.0) else 0.0)
    rest_observables_0 = (-(m * slope_observables_0)) + rho
    observables_0_values = np.empty(1)
    observables_0_integral(0.0, q, V, eps, rest_observables_0, slope_observables_0, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    c0 = m_hat ** 2
    c1 = c0 + q_hat
    c2 = math.sqrt(c1)
    c3 = 1.0 / c2
    c4 = H(c3)
    c5 = math.sqrt(q_hat)
    c6 = 1.0 / c5
    c7 = H(c6)
    c8 = 1.0 - rho
    c9 = 1.0 / V_hat
    c10 = c7 * c9
    c11 = math.exp(-(1.0 / (2.0 * q_hat)))
    c12 = 1.4142135623730951
    c13 = 0.5641895835477563
    c14 = c13 * c9
    c15 = c12 * c14
    c16 = c11 * c15 * c5
    c17 = c4 * c9
    c18 = 2.0 * c0 + 2.0 * q_hat
    c19 = c12 * c13 / 2.0
    c20 = c11 * c19 * c6 + c7
    c21 = math.exp(-(1.0 / (2.0 * c1)))
    out[0] = (-(2.0 * m)) + q + rho
    out[1] = 2.0 * c4 * rho + 2.0 * c7 * c8
    out[2] = c8 * ((-(2.0 * c10)) + c16) + rho * (c14 * math.sqrt(c18) * math.exp(-(1.0 / c18)) - 2.0 * c17)
    out[3] = V * q_hat / 2.0 - V_hat * q / 2.0 - alpha * observables_I0_0 - c10 + c11 * c12 * c13 * c5 * c9 - c16 * rho + c20 * c9 * q_hat * rho - c20 * c9 * q_hat + c7 * c9 * rho + m * m_hat - rho * (c1 * c9 * (c19 * c21 * c3 + c4) - c15 * c2 * c21 + c17)
    out[4] = V


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    rho = p[1]
    out[0] = 1.0
    out[1] = 0.0
    out[2] = rho


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
