r"""lad_laplace: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification de9e5cb3e00e2990, derivation 4b6a726a105637c8, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{m}^{2} + \hat{q}}{2\,\left(\hat{V} + \lambda\right)}
\phi_{\mathrm{ch}} = \alpha\,\mathbb{E}_{s_{9}\sim
    \frac{\sqrt{2}}{2}\,e^{-\sqrt{2}\,\left|{s_{9}}\right|}}\left[\frac{\left(V -
    2\,\sqrt{\Delta}\,s_{9}\right)\,H\left(\frac{V - \sqrt{\Delta}\,s_{9}}{\sigma}\right)}{2} -
    \frac{\sigma}{\sqrt{2\,\pi}}\,e^{-\frac{\left(\sqrt{\Delta}\,s_{9} -
    V\right)^{2}}{2\,\sigma^{2}}} - \frac{\sigma}{\sqrt{2\,\pi}}\,e^{-\frac{\left(V +
    \sqrt{\Delta}\,s_{9}\right)^{2}}{2\,\sigma^{2}}} + \frac{\left(V +
    2\,\sqrt{\Delta}\,s_{9}\right)\,H\left(\frac{V + \sqrt{\Delta}\,s_{9}}{\sigma}\right)}{2} -
    \frac{1}{2\,V}\,\int_{\frac{\sqrt{\Delta}\,s_{9} - V}{\sigma}}^{\frac{V +
    \sqrt{\Delta}\,s_{9}}{\sigma}} Dt\,\left(\sqrt{\Delta}\,s_{9} - t\,\sigma\right)^{2}\right]
q_hat = \alpha\,\mathbb{E}_{s_{9}\sim
    \frac{\sqrt{2}}{2}\,e^{-\sqrt{2}\,\left|{s_{9}}\right|}}\left[H\left(\frac{V -
    \sqrt{\Delta}\,s_{9}}{\sigma}\right) + H\left(\frac{V + \sqrt{\Delta}\,s_{9}}{\sigma}\right) +
    \frac{1}{V^{2}}\,\int_{\frac{\sqrt{\Delta}\,s_{9} - V}{\sigma}}^{\frac{V +
    \sqrt{\Delta}\,s_{9}}{\sigma}} Dt\,\left(\sqrt{\Delta}\,s_{9} - t\,\sigma\right)^{2}\right]
V_hat = \alpha\,\mathbb{E}_{s_{9}\sim
    \frac{\sqrt{2}}{2}\,e^{-\sqrt{2}\,\left|{s_{9}}\right|}}\left[\frac{H\left(\frac{\sqrt{\Delta}\,s_{9}
    - V}{\sigma}\right) - H\left(\frac{V + \sqrt{\Delta}\,s_{9}}{\sigma}\right)}{V}\right]
m_hat = \alpha\,\mathbb{E}_{s_{9}\sim
    \frac{\sqrt{2}}{2}\,e^{-\sqrt{2}\,\left|{s_{9}}\right|}}\left[\frac{H\left(\frac{\sqrt{\Delta}\,s_{9}
    - V}{\sigma}\right) - H\left(\frac{V + \sqrt{\Delta}\,s_{9}}{\sigma}\right)}{V}\right]
q = \frac{\hat{m}^{2} + \hat{q}}{\left(\hat{V} + \lambda\right)^{2}}
V = \frac{1}{\hat{V} + \lambda}
m = \frac{\hat{m}}{\hat{V} + \lambda}
where
\mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \min_h\left\{\frac{(h-\omega)^2}{2\,V}+\ell(h)\right\}
\partial_{\omega} \mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \frac{\omega-\mathrm{prox}_{V}\left[\ell\right]\left(\omega\right)}{V}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    \max_w\left\{\xi\,w-\frac{\hat{V}\,w^2}{2}-g(w)\right\}
\partial_{\xi} \mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    w_{\hat{V}}\left[g\right]\left(\xi\right)
\ell_{0}\left(h\right) = \left|{h}\right|
\mathrm{law}\left(u\right) = \mathcal{N}\left(-\sqrt{\Delta}\,s_{9},\,q - 2\,m + 1\right)
\mathcal{M}_{V}\left[\ell_{0}\right]\left(u\right) = \begin{cases} -\frac{V + 2\,u}{2} & u < -V\\
    \frac{u^{2}}{2\,V} & -V < u < V\\ \frac{2\,u - V}{2} & u > V \end{cases}
\mathrm{prox}_{V}\left[\ell_{0}\right]\left(u\right) = \begin{cases} V + u & u < -V\\ 0 & -V < u <
    V\\ u - V & u > V \end{cases}
g\left(w\right) = \frac{\lambda\,w^{2}}{2}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi^{2}}{2\,\left(\hat{V} +
    \lambda\right)}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi}{\hat{V} + \lambda}
\sigma^{2} = q - 2\,m + 1
Dt = \frac{e^{-t^2/2}}{\sqrt{2\pi}}\,dt
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


MODEL = 'lad_laplace'
ANSATZ = 'rs'
SPEC_HASH = 'de9e5cb3e00e29908f4cf7acbc4bae7301d3b6c772b364179e6bd34c6a1af7ba'
TRACE_HASH = '4b6a726a105637c8'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam', 'Delta')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'error_teacher', 'test_loss', 'training_loss', 'mse', 'norm', 'energy', 'bias', 'variance', 'prox_variance')
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
STRATEGY = {'observables_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol'}


@njit(cache=True, error_model="numpy")
def channel_0_weight(s9, refine, tol, work, out):
    t0 = 1.4142135623730951
    out[0] = (-(t0 * abs(s9))) + math.log(t0) + (-0.6931471805599453)


@njit(cache=True, error_model="numpy")
def channel_0_integrand(s9, Delta, V, channel_0_k0, channel_0_k1, m, q, refine, tol, work, out):
    t0 = math.sqrt(Delta)
    t1 = t0 * s9
    t2 = V + t1
    t3 = (-(2.0 * m)) + q + 1.0
    t4 = math.sqrt(t3)
    t5 = 1.0 / t4
    t6 = (-V) + t1
    t7 = -t6
    t8 = t5 * t6
    t9 = V * t5
    t10 = 2.0 * t9
    strips_1 = np.zeros(3)
    strips(t8, t10, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    t11 = strips_1_0
    t12 = strips_1_1
    t13 = strips_1_2
    t14 = t9 < (1.0 / 2.0)
    strips_0 = np.zeros(3)
    if (not t14):
        wides(t8, t10, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    t15 = strips_0_0
    t16 = 1.0 / V ** 2
    t17 = s9 ** 2
    t18 = Delta * t16 * t17
    t19 = strips_0_2
    t20 = t16 * t19
    t21 = strips_0_1
    t22 = t1 * t21
    t23 = 2.0 * t16
    t24 = t23 * t4
    t25 = 1.4142135623730951
    t26 = t25 / 2.0
    t27 = t26 * math.exp(-(t25 * abs(s9)))
    t28 = 1.0 / V
    t29 = math.pow(t3, (-3.0 / 2.0))
    t30 = t10 + t8
    t31 = t30 ** 2
    t32 = t31 / 2.0
    t33 = math.exp(-t32)
    t34 = 0.5641895835477563
    t35 = t26 * t34
    t36 = t33 * t35
    t37 = t28 * t4
    t38 = t12 * t37
    t39 = t36 - t38 / 2.0
    t40 = (-(t11 * t37 / 2.0)) + t36
    t41 = t36 - t38
    t42 = t29 * t6
    t43 = (-(t13 * t37)) + t36
    t44 = V * t29
    t45 = 1.0 / (2.0 * t3)
    t46 = t45 * t6 ** 2
    t47 = math.exp(-t46)
    t48 = t35 * t47
    t49 = t36 - t48
    t50 = t42 * t49
    t51 = t36 * t44 + t50 / 2.0
    t52 = t22 * t5
    t53 = t25 * t34
    t54 = t33 * t53
    t55 = t25 * t31 * t33 * t34 / 2.0 - t46 * t47 * t53
    t56 = t42 * t55
    t57 = t16 * t3
    t58 = t25 * t30 * t33 * t34 / 2.0 - t48 * t8
    t59 = t42 * t58
    t60 = t1 * t24
    t61 = math.exp(-(t2 ** 2 * t45))
    t62 = t44 * t53
    t63 = math.exp(-(t45 * t7 ** 2))
    t64 = t29 * t53
    t65 = t1 * t64
    t66 = t61 * t62 + t61 * t65 + t62 * t63 - t63 * t65
    t67 = t5 * t53
    t68 = (-(t25 * t33 * t34 * t5)) + t49 * t5
    t69 = 1.0 / V ** 3
    t70 = 2.0 * t69
    t71 = t33 * t67
    t72 = 8.0 * t44
    t73 = 4.0 * t42
    t74 = t44 * t54
    t75 = t50 + t74
    t76 = t33 * t64
    t77 = (-(t0 * t25 * t28 * t29 * t34 * t47 * s9)) + t1 * t28 * t76 + t47 * t64 + t76
    out[0] = t27 * ((t11 - 4.0 * t12 + 4.0 * t13 if t14 else t15 * t18 + t20 * t3 - t22 * t24) + H(t2 * t5) + H(t5 * t7))
    out[1] = t11 * t27 * t28
    out[2] = t27 * (t66 + 4.0 * (4.0 * V * t29 * t39 + 2.0 * t29 * t40 * t6 - 2.0 * t41 * t42 - 4.0 * t43 * t44 - t51 if t14 else (-(t16 * t52)) - t18 * t51 + t20 + t57 * ((-(t32 * t44 * t54)) - t56 / 2.0) - t60 * ((-(t30 * t36 * t44)) - t59 / 2.0)))
    out[3] = t27 * ((-(t61 * t67)) - t63 * t67 + 2.0 * ((-(8.0 * t39 * t5)) + 4.0 * t40 * t5 - 4.0 * t41 * t5 + 8.0 * t43 * t5 - t68 if t14 else (-(Delta * t15 * t17 * t70)) - Delta * t16 * t17 * t68 + 4.0 * t0 * t21 * t4 * t69 * s9 + t16 * t3 * (t31 * t71 - t5 * t55) - t19 * t3 * t70 - t60 * (t30 * t71 - t5 * t58)))
    out[4] = t27 * ((-t66) + 2.0 * ((-(t39 * t72)) - t40 * t73 + t41 * t73 + t43 * t72 + t75 if t14 else t18 * t75 - 2.0 * t20 + t23 * t52 + t57 * (t31 * t74 + t56) - t60 * (t30 * t74 + t59)))
    out[5] = -(t27 * t77)
    out[6] = t27 * ((-(t11 * t23)) + t28 * t47 * t67 + t28 * t71)
    out[7] = t27 * t77


@njit(cache=True, error_model="numpy")
def channel_0_integral(lower, upper, Delta, V, channel_0_k0, channel_0_k1, m, q, refine, tol, out):
    """Integrate channel_0_integrand over s9 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(8)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(17)
    widths = np.empty(17)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_k0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_k1
    widths[nc] = 0.0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_k0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_k1
    widths[nc] = 0.0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_k0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_k1
    widths[nc] = 0.0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_k0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = channel_0_k1
    widths[nc] = 0.0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1

    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            channel_0_weight(centers[i], refine, tol, work, level)
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
                channel_0_weight(u, refine, tol, work, level)
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
                channel_0_weight(centers[i], refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                channel_0_weight(end + 1e-12 * (anchor - end), refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                channel_0_weight(0.5 * (anchor + end), refine, tol, work, level)
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
                channel_0_integrand(u, Delta, V, channel_0_k0, channel_0_k1, m, q, refine, tol, work, values)
                density = half * (1.0)
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
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    V = x[1]
    m = x[2]
    alpha = p[0]
    Delta = p[2]
    channel_0_k0 = (math.inf if (V / math.sqrt((-(2.0 * m)) + q + 1.0) > (1.0 / 2.0)) else -math.inf)
    channel_0_k1 = (math.inf if (V / math.sqrt((-(2.0 * m)) + q + 1.0) < (1.0 / 2.0)) else -math.inf)
    channel_0_values = np.empty(8)
    channel_0_integral(-math.inf, math.inf, Delta, V, channel_0_k0, channel_0_k1, m, q, refine, tol, channel_0_values)
    channel_I0_0 = channel_0_values[0]
    channel_I0_1 = channel_0_values[1]
    channel_I0_2 = channel_0_values[2]
    channel_I0_3 = channel_0_values[3]
    channel_I0_4 = channel_0_values[4]
    channel_I0_5 = channel_0_values[5]
    channel_I0_6 = channel_0_values[6]
    channel_I0_7 = channel_0_values[7]
    c0 = alpha * channel_I0_1
    c1 = alpha / 4.0
    c2 = alpha / 2.0
    c3 = c1 * channel_I0_5
    c4 = c2 * channel_I0_6
    c5 = c2 * channel_I0_7
    out[0] = alpha * channel_I0_0
    out[1] = c0
    out[2] = c0
    out[3] = c1 * channel_I0_2
    out[4] = c2 * channel_I0_3
    out[5] = c2 * channel_I0_4
    out[6] = c3
    out[7] = c4
    out[8] = c5
    out[9] = c3
    out[10] = c4
    out[11] = c5


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    lam = p[1]
    c0 = m_hat ** 2
    c1 = V_hat ** 2
    c2 = lam ** 2
    c3 = 2.0 * lam
    c4 = 1.0 / (V_hat * c3 + c1 + c2)
    c5 = 1.0 / (V_hat + lam)
    c6 = 1.0 / (V_hat ** 4 + 4.0 * V_hat ** 3 * lam + 4.0 * V_hat * lam ** 3 + 6.0 * c1 * c2 + lam ** 4)
    c7 = 2.0 * V_hat * c6
    c8 = c3 * c6
    c9 = c4 * m_hat
    out[0] = c4 * (c0 + q_hat)
    out[1] = c5
    out[2] = c5 * m_hat
    out[3] = c4
    out[4] = (-(c0 * c7)) - c0 * c8 - c7 * q_hat - c8 * q_hat
    out[5] = 2.0 * c9
    out[6] = 0.0
    out[7] = -c4
    out[8] = 0.0
    out[9] = 0.0
    out[10] = -c9
    out[11] = c5


@njit(cache=True, error_model="numpy")
def free_entropy_0_weight(s9, refine, tol, work, out):
    t0 = 1.4142135623730951
    out[0] = (-(t0 * abs(s9))) + math.log(t0) + (-0.6931471805599453)


@njit(cache=True, error_model="numpy")
def free_entropy_0_integrand(s9, Delta, V, free_entropy_0_k0, free_entropy_0_k1, m, q, refine, tol, work, out):
    t0 = math.sqrt(Delta)
    t1 = t0 * s9
    t2 = V + t1
    t3 = (-(2.0 * m)) + q + 1.0
    t4 = math.sqrt(t3)
    t5 = 1.0 / t4
    t6 = H(t2 * t5)
    t7 = V / 2.0
    t8 = (-V) + t1
    t9 = H(-(t5 * t8))
    t10 = 1.0 / (2.0 * t3)
    t11 = 1.4142135623730951
    t12 = t11 / 2.0
    t13 = t12 * t4 / 1.772453850905516
    t14 = t5 * t8
    t15 = V * t5
    t16 = 2.0 * t15
    t17 = 1.0 / V
    t18 = t17 / 2.0
    strips_0 = np.zeros(3)
    if (t15 < (1.0 / 2.0)):
        strips(t14, t16, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not (t15 < (1.0 / 2.0))):
        wides(t14, t16, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    out[0] = t12 * (t1 * t6 - t1 * t9 - t13 * math.exp(-(t10 * t8 ** 2)) - t13 * math.exp(-(t10 * t2 ** 2)) + t6 * t7 + t7 * t9 + (2.0 * V * strips_0_1 - 2.0 * V * strips_0_2 - t7 * strips_0_0 if (t15 < (1.0 / 2.0)) else (-(Delta * t18 * s9 ** 2 * strips_1_0)) + t0 * t17 * t4 * s9 * strips_1_1 - t18 * t3 * strips_1_2)) * math.exp(-(t11 * abs(s9)))


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(lower, upper, Delta, V, free_entropy_0_k0, free_entropy_0_k1, m, q, refine, tol, out):
    """Integrate free_entropy_0_integrand over s9 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(4)
    widths = np.empty(4)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = free_entropy_0_k0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = free_entropy_0_k1
    widths[nc] = 0.0
    nc += 1

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
                free_entropy_0_integrand(u, Delta, V, free_entropy_0_k0, free_entropy_0_k1, m, q, refine, tol, work, values)
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
    Delta = p[2]
    free_entropy_0_k0 = (math.inf if (V / math.sqrt((-(2.0 * m)) + q + 1.0) > (1.0 / 2.0)) else -math.inf)
    free_entropy_0_k1 = (math.inf if (V / math.sqrt((-(2.0 * m)) + q + 1.0) < (1.0 / 2.0)) else -math.inf)
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(-math.inf, math.inf, Delta, V, free_entropy_0_k0, free_entropy_0_k1, m, q, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 + alpha * free_entropy_I0_0 - m * m_hat + (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))


@njit(cache=True, error_model="numpy")
def observables_0_0_weight(y, Delta, m, omega, q, refine, tol, work, out):
    observables_0_0_weight_k0 = 1.4142135623730951 / math.sqrt(Delta)
    observables_0_0_weight_k1 = 1.0 / math.sqrt((-(m ** 2 / q)) + 1.0)
    observables_0_0_weight_k2 = -(1.4142135623730951 / math.sqrt(Delta))
    observables_0_0_weight_k3 = m * omega / q - 1.4142135623730951 * m ** 2 / (math.sqrt(Delta) * q) + 1.4142135623730951 / math.sqrt(Delta)
    observables_0_0_weight_k4 = 1.0 / abs(1.0 / math.sqrt((-(m ** 2 / q)) + 1.0))
    observables_0_0_weight_k5 = m * omega / q + 1.4142135623730951 * m ** 2 / (math.sqrt(Delta) * q) - 1.4142135623730951 / math.sqrt(Delta)
    log_ndtr_jet(y / math.sqrt((-(m ** 2 / q)) + 1.0) - 1.4142135623730951 * math.sqrt((-(m ** 2 / q)) + 1.0) / math.sqrt(Delta) - observables_0_0_weight_k1 * (m * omega / q), work[1], 4)
    scale_chain(work[1], -(observables_0_0_weight_k1))
    add_quadratic(work[1], (-(math.log(Delta) / 2.0)) + (-0.6931471805599453) + 0.34657359027997264 + (math.sqrt(Delta) * ((-(m ** 2 / q)) + 1.0) - 1.4142135623730951 * Delta * y) / math.pow(Delta, (3.0 / 2.0)), observables_0_0_weight_k0, 0.0, m * omega / q)
    log_ndtr_jet(observables_0_0_weight_k1 * (m * omega / q) - (y / math.sqrt((-(m ** 2 / q)) + 1.0) + 1.4142135623730951 * math.sqrt((-(m ** 2 / q)) + 1.0) / math.sqrt(Delta)), work[2], 4)
    scale_chain(work[2], observables_0_0_weight_k1)
    add_quadratic(work[2], (-(math.log(Delta) / 2.0)) + (-0.6931471805599453) + 0.34657359027997264 + (math.sqrt(Delta) * ((-(m ** 2 / q)) + 1.0) + 1.4142135623730951 * Delta * y) / math.pow(Delta, (3.0 / 2.0)), observables_0_0_weight_k2, 0.0, m * omega / q)
    merge_jets(work[1:], 2, work[0])
    guard_jet(work[0])
    observables_0_0_weight_l0_0 = work[0, 0]
    out[0] = observables_0_0_weight_l0_0


@njit(cache=True, error_model="numpy")
def observables_0_0_integrand(y, Delta, m, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, observables_0_0_k4, observables_0_0_k5, omega, q, refine, tol, work, out):
    log_ndtr_jet(y / math.sqrt((-(m ** 2 / q)) + 1.0) - 1.4142135623730951 * math.sqrt((-(m ** 2 / q)) + 1.0) / math.sqrt(Delta) - observables_0_0_k1 * (m * omega / q), work[1], 4)
    scale_chain(work[1], -(observables_0_0_k1))
    add_quadratic(work[1], (-(math.log(Delta) / 2.0)) + (-0.6931471805599453) + 0.34657359027997264 + (math.sqrt(Delta) * ((-(m ** 2 / q)) + 1.0) - 1.4142135623730951 * Delta * y) / math.pow(Delta, (3.0 / 2.0)), observables_0_0_k0, 0.0, m * omega / q)
    log_ndtr_jet(observables_0_0_k1 * (m * omega / q) - (y / math.sqrt((-(m ** 2 / q)) + 1.0) + 1.4142135623730951 * math.sqrt((-(m ** 2 / q)) + 1.0) / math.sqrt(Delta)), work[2], 4)
    scale_chain(work[2], observables_0_0_k1)
    add_quadratic(work[2], (-(math.log(Delta) / 2.0)) + (-0.6931471805599453) + 0.34657359027997264 + (math.sqrt(Delta) * ((-(m ** 2 / q)) + 1.0) + 1.4142135623730951 * Delta * y) / math.pow(Delta, (3.0 / 2.0)), observables_0_0_k2, 0.0, m * omega / q)
    merge_jets(work[1:], 2, work[0])
    guard_jet(work[0])
    observables_0_0_l0_0 = work[0, 0]
    t0 = math.exp(observables_0_0_l0_0)
    t1 = y - omega
    out[0] = t0 * t1 ** 2
    out[1] = t0 * abs(t1)


@njit(cache=True, error_model="numpy")
def observables_0_0_integral(lower, upper, Delta, m, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, observables_0_0_k4, observables_0_0_k5, omega, q, refine, tol, out):
    """Integrate observables_0_0_integrand over y by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(2)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(4)
    widths = np.empty(4)
    nc = 0
    centers[nc] = observables_0_0_k3
    widths[nc] = observables_0_0_k4
    nc += 1
    centers[nc] = observables_0_0_k5
    widths[nc] = observables_0_0_k4
    nc += 1
    centers[nc] = omega
    widths[nc] = 0.0
    nc += 1

    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            observables_0_0_weight(centers[i], Delta, m, omega, q, refine, tol, work, level)
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
                observables_0_0_weight(u, Delta, m, omega, q, refine, tol, work, level)
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
                observables_0_0_weight(centers[i], Delta, m, omega, q, refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                observables_0_0_weight(end + 1e-12 * (anchor - end), Delta, m, omega, q, refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                observables_0_0_weight(0.5 * (anchor + end), Delta, m, omega, q, refine, tol, work, level)
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
                observables_0_0_integrand(u, Delta, m, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, observables_0_0_k4, observables_0_0_k5, omega, q, refine, tol, work, values)
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
def observables_0_integrand(omega, Delta, m, q, refine, tol, work, out):
    observables_0_0_k0 = 1.4142135623730951 / math.sqrt(Delta)
    observables_0_0_k1 = 1.0 / math.sqrt((-(m ** 2 / q)) + 1.0)
    observables_0_0_k2 = -(1.4142135623730951 / math.sqrt(Delta))
    observables_0_0_k3 = m * omega / q - 1.4142135623730951 * m ** 2 / (math.sqrt(Delta) * q) + 1.4142135623730951 / math.sqrt(Delta)
    observables_0_0_k4 = 1.0 / abs(1.0 / math.sqrt((-(m ** 2 / q)) + 1.0))
    observables_0_0_k5 = m * omega / q + 1.4142135623730951 * m ** 2 / (math.sqrt(Delta) * q) - 1.4142135623730951 / math.sqrt(Delta)
    observables_0_0_values = np.empty(2)
    observables_0_0_integral(-math.inf, math.inf, Delta, m, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, observables_0_0_k4, observables_0_0_k5, omega, q, refine, tol, observables_0_0_values)
    observables_0_I0_0 = observables_0_0_values[0]
    observables_0_I0_1 = observables_0_0_values[1]
    out[0] = observables_0_I0_0
    out[1] = observables_0_I0_1


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, Delta, m, q, refine, tol, out):
    """Integrate observables_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(2)
    if var <= 0.0:
        observables_0_integrand(mean, Delta, m, q, refine, tol, work, out)
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
            observables_0_integrand(u, Delta, m, q, refine, tol, work, values)
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
                observables_0_integrand(u, Delta, m, q, refine, tol, work, values)
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
def observables_1_weight(s9, refine, tol, work, out):
    t0 = 1.4142135623730951
    out[0] = (-(t0 * abs(s9))) + math.log(t0) + (-0.6931471805599453)


@njit(cache=True, error_model="numpy")
def observables_1_integrand(s9, Delta, V, m, observables_1_k0, observables_1_k1, q, refine, tol, work, out):
    t0 = (-(2.0 * m)) + q + 1.0
    t1 = math.sqrt(t0)
    t2 = 1.0 / t1
    t3 = V * t2
    t4 = math.sqrt(Delta)
    t5 = t4 * s9
    t6 = t2 * t5
    t7 = H(t3 + t6)
    t8 = H(V * t2 - t6)
    t9 = 1.0 / t0
    t10 = Delta * s9 ** 2 / 2.0
    t11 = V ** 2 / 2.0 + t10
    t12 = 0.28209479177387814
    t13 = t12 * math.sqrt((-(4.0 * m)) + 2.0 * q + 2.0)
    t14 = 1.4142135623730951
    t15 = t14 * math.exp(-(t14 * abs(s9))) / 2.0
    t16 = V + t5
    t17 = H(t16 * t2)
    t18 = V / 2.0
    t19 = (-V) + t5
    t20 = H(-(t19 * t2))
    t21 = t9 / 2.0
    t22 = t1 * t12 * t14
    t23 = t19 * t2
    t24 = 2.0 * t3
    t25 = 1.0 / V
    strips_0 = np.zeros(3)
    if (t3 < (1.0 / 2.0)):
        strips(t23, t24, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not (t3 < (1.0 / 2.0))):
        wides(t23, t24, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    out[0] = t15 * ((-(V * t7)) - V * t8 + t13 * math.exp(t9 * (V * t4 * s9 - t11)) + t13 * math.exp(-(t9 * (V * t5 + t11))) - t5 * t7 + t5 * t8)
    out[1] = t15 * (t17 * t18 + t17 * t5 + t18 * t20 - t20 * t5 - t22 * math.exp(-(t19 ** 2 * t21)) - t22 * math.exp(-(t16 ** 2 * t21)) + (2.0 * V * strips_0_1 - 2.0 * V * strips_0_2 - t18 * strips_0_0 if (t3 < (1.0 / 2.0)) else (-(t0 * t25 * strips_1_2 / 2.0)) + t1 * t25 * t4 * s9 * strips_1_1 - t10 * t25 * strips_1_0))


@njit(cache=True, error_model="numpy")
def observables_1_integral(lower, upper, Delta, V, m, observables_1_k0, observables_1_k1, q, refine, tol, out):
    """Integrate observables_1_integrand over s9 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(2)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(5)
    widths = np.empty(5)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = observables_1_k0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = observables_1_k1
    widths[nc] = 0.0
    nc += 1

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
                observables_1_integrand(u, Delta, V, m, observables_1_k0, observables_1_k1, q, refine, tol, work, values)
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
    Delta = p[2]
    observables_0_values = np.empty(2)
    observables_0_integral(0.0, q, Delta, m, q, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    observables_I0_1 = observables_0_values[1]
    observables_1_k0 = (math.inf if (V / math.sqrt((-(2.0 * m)) + q + 1.0) > (1.0 / 2.0)) else -math.inf)
    observables_1_k1 = (math.inf if (V / math.sqrt((-(2.0 * m)) + q + 1.0) < (1.0 / 2.0)) else -math.inf)
    observables_1_values = np.empty(2)
    observables_1_integral(-math.inf, math.inf, Delta, V, m, observables_1_k0, observables_1_k1, q, refine, tol, observables_1_values)
    observables_I1_0 = observables_1_values[0]
    observables_I1_1 = observables_1_values[1]
    c0 = 1.0 - 2.0 * m
    c1 = c0 + q
    c2 = m_hat ** 2
    c3 = c2 / (V_hat ** 2 + 2.0 * V_hat * lam + lam ** 2)
    out[0] = observables_I0_0
    out[1] = c1
    out[2] = observables_I0_1
    out[3] = observables_I1_0
    out[4] = c1
    out[5] = q
    out[6] = V * q_hat / 2.0 - V_hat * q / 2.0 - alpha * observables_I1_1 + m * m_hat - (c2 + q_hat) / (2.0 * (V_hat + lam))
    out[7] = c0 + c3
    out[8] = (-c3) + q
    out[9] = V


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
