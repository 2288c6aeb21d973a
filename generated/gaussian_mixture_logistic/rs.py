r"""gaussian_mixture_logistic: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 0f41e850b324cc11, derivation f3bc768ef3018b06, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{m}^{2} + \hat{q}}{2\,\left(\hat{V} + \lambda\right)}
\phi_{\mathrm{ch}} =
    -\alpha\,\mathbb{E}_{\omega\sim\mathcal{N}\left(0,\,\Delta\,q\right)}\left[\rho\,\mathcal{M}_{\Delta\,V}\left[\ell_{01}\right]\left(b
    + m + \omega\right) + \left(1 -
    \rho\right)\,\mathcal{M}_{\Delta\,V}\left[\ell_{00}\right]\left(b + \omega - m\right)\right]
q_hat =
    \Delta\,\alpha\,\mathbb{E}_{\omega\sim\mathcal{N}\left(0,\,\Delta\,q\right)}\left[\rho\,\left(\partial_{\omega}
    \mathcal{M}_{\Delta\,V}\left[\ell_{01}\right]\left(b + m + \omega\right)\right)^{2} + \left(1 -
    \rho\right)\,\left(\partial_{\omega} \mathcal{M}_{\Delta\,V}\left[\ell_{00}\right]\left(b +
    \omega - m\right)\right)^{2}\right]
V_hat =
    \Delta\,\alpha\,\mathbb{E}_{\omega\sim\mathcal{N}\left(0,\,\Delta\,q\right)}\left[\rho\,\partial_{\omega}^{2}
    \mathcal{M}_{\Delta\,V}\left[\ell_{01}\right]\left(b + m + \omega\right) + \left(1 -
    \rho\right)\,\partial_{\omega}^{2} \mathcal{M}_{\Delta\,V}\left[\ell_{00}\right]\left(b + \omega
    - m\right)\right]
m_hat =
    \alpha\,\mathbb{E}_{\omega\sim\mathcal{N}\left(0,\,\Delta\,q\right)}\left[-\rho\,\partial_{\omega}
    \mathcal{M}_{\Delta\,V}\left[\ell_{01}\right]\left(b + m + \omega\right) + \left(1 -
    \rho\right)\,\partial_{\omega} \mathcal{M}_{\Delta\,V}\left[\ell_{00}\right]\left(b + \omega -
    m\right)\right]
q = \frac{\hat{m}^{2} + \hat{q}}{\left(\hat{V} + \lambda\right)^{2}}
V = \frac{1}{\hat{V} + \lambda}
m = \frac{\hat{m}}{\hat{V} + \lambda}
0 (stationary in b) =
    -\alpha\,\mathbb{E}_{\omega\sim\mathcal{N}\left(0,\,\Delta\,q\right)}\left[\rho\,\partial_{\omega}
    \mathcal{M}_{\Delta\,V}\left[\ell_{01}\right]\left(b + m + \omega\right) + \left(1 -
    \rho\right)\,\partial_{\omega} \mathcal{M}_{\Delta\,V}\left[\ell_{00}\right]\left(b + \omega -
    m\right)\right]
where
\mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \min_h\left\{\frac{(h-\omega)^2}{2\,V}+\ell(h)\right\}
\partial_{\omega} \mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \frac{\omega-\mathrm{prox}_{V}\left[\ell\right]\left(\omega\right)}{V}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    \max_w\left\{\xi\,w-\frac{\hat{V}\,w^2}{2}-g(w)\right\}
\partial_{\xi} \mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    w_{\hat{V}}\left[g\right]\left(\xi\right)
\ell_{01}\left(h\right) = \log{\left(e^{-h} + 1 \right)}
P(y=1) = \rho
\mathbb{E}\left[h\,|\,y=1\right] = m
\mathrm{prox}_{V}\left[\ell_{01}\right]\left(\omega\right) = \text{the root } h \text{ of } h -
    \frac{V}{e^{h} + 1} = \omega
\ell_{00}\left(h\right) = \log{\left(e^{h} + 1 \right)}
P(y=-1) = 1 - \rho
\mathbb{E}\left[h\,|\,y=-1\right] = -m
\mathrm{prox}_{V}\left[\ell_{00}\right]\left(\omega\right) = \text{the root } h \text{ of } h +
    \frac{V}{e^{h} + 1}\,e^{h} = \omega
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


MODEL = 'gaussian_mixture_logistic'
ANSATZ = 'rs'
SPEC_HASH = '0f41e850b324cc113c588febcdff1835f76e5789befbfd0e6cfd380bbac6ea68'
TRACE_HASH = 'f3bc768ef3018b06'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'rho', 'Delta', 'lam')
TABLE = ()
STATE = ('q', 'V', 'm', 'b')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('error_label', 'training_loss', 'training_error', 'norm', 'test_loss', 'energy', 'prox_variance')
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
GLOBALS = 1
MAPPED = 3
UNKNOWNS = 4
TIED = (0,)
PARTNERS = (0,)
DIFFERENCES = ()
CHANNEL_OUTPUTS = 20
SITE_OUTPUTS = 12
FACTS = 3
STRATEGY = {'channel_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'free_entropy_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'prox_M_00': "proximal point: Newton's iteration inside a bracket, closed where the cost is quadratic", 'prox_M_01': "proximal point: Newton's iteration inside a bracket, closed where the cost is quadratic"}


@njit(cache=True, error_model="numpy")
def prox_M_00(omega, v, refine, out):
    """The envelope and four derivatives in its field; the maximiser by Newton inside a bracket."""
    lower = -math.inf
    upper = math.inf
    w = min(max(omega, lower), upper)
    stride = 1.0 + abs(w)
    last = math.inf
    for _ in range(400):
        slope = logistic(w)
        bend = logistic(-w) * logistic(w)
        gap = (w - omega + v * slope)
        # the slope of the gap is 1.0 at least, and so the root is at most gap/1.0 away
        if gap > 0.0:
            upper = w
            lower = max(lower, w - 1.000001 * gap / 1.0) if 1.0 > 0.0 else lower
        elif gap < 0.0:
            lower = w
            upper = min(upper, w - 1.000001 * gap / 1.0) if 1.0 > 0.0 else upper
        else:
            break
        step = gap / (1.0 + v * bend)
        trial = w - step
        if not (lower <= trial <= upper) or not 2.0 * abs(step) <= last:
            step = math.copysign(min(stride, 0.5 * (upper - lower)), gap)
            stride *= 2.0
            trial = w - step
            last = math.inf
        size = abs(step)
        near = last < 1e-2 and size * size * size <= 1e-18 * abs(trial) * last * last  # bounds the next step of Newton
        if near or trial == w or size <= 2e-16 * (abs(w) + 1e-300):
            w = trial
            break
        last = size
        w = trial
    slope = logistic(w)
    bend = logistic(-w) * logistic(w)
    if math.isnan((w - omega + v * slope)):
        out[:] = math.nan
        return
    tilt = -slope if v * bend < 1.0 else (w - omega) / v
    out[0] = -0.5 * v * tilt * tilt - (softplus(w))
    out[1] = tilt
    out[2] = -1.0 / (v + 1.0 / bend) if bend > 0.0 else 0.0
    give = 1.0 / (1.0 + v * bend)
    turn = (logistic(-w) ** 2 * logistic(w) - logistic(-w) * logistic(w) ** 2) * give ** 2
    out[3] = -turn * give
    out[4] = 3.0 * v * give * turn ** 2 - (logistic(-w) ** 3 * logistic(w) - 4.0 * logistic(-w) ** 2 * logistic(w) ** 2 + logistic(-w) * logistic(w) ** 3) * give ** 4
    if not math.isfinite(out[3] + out[4]):
        out[3] = out[4] = 0.0
    return


@njit(cache=True, error_model="numpy")
def prox_M_01(omega, v, refine, out):
    """The envelope and four derivatives in its field; the maximiser by Newton inside a bracket."""
    lower = -math.inf
    upper = math.inf
    w = min(max(omega, lower), upper)
    stride = 1.0 + abs(w)
    last = math.inf
    for _ in range(400):
        slope = -logistic(-w)
        bend = logistic(-w) * logistic(w)
        gap = (w - omega + v * slope)
        # the slope of the gap is 1.0 at least, and so the root is at most gap/1.0 away
        if gap > 0.0:
            upper = w
            lower = max(lower, w - 1.000001 * gap / 1.0) if 1.0 > 0.0 else lower
        elif gap < 0.0:
            lower = w
            upper = min(upper, w - 1.000001 * gap / 1.0) if 1.0 > 0.0 else upper
        else:
            break
        step = gap / (1.0 + v * bend)
        trial = w - step
        if not (lower <= trial <= upper) or not 2.0 * abs(step) <= last:
            step = math.copysign(min(stride, 0.5 * (upper - lower)), gap)
            stride *= 2.0
            trial = w - step
            last = math.inf
        size = abs(step)
        near = last < 1e-2 and size * size * size <= 1e-18 * abs(trial) * last * last  # bounds the next step of Newton
        if near or trial == w or size <= 2e-16 * (abs(w) + 1e-300):
            w = trial
            break
        last = size
        w = trial
    slope = -logistic(-w)
    bend = logistic(-w) * logistic(w)
    if math.isnan((w - omega + v * slope)):
        out[:] = math.nan
        return
    tilt = -slope if v * bend < 1.0 else (w - omega) / v
    out[0] = -0.5 * v * tilt * tilt - (softplus(-w))
    out[1] = tilt
    out[2] = -1.0 / (v + 1.0 / bend) if bend > 0.0 else 0.0
    give = 1.0 / (1.0 + v * bend)
    turn = (logistic(-w) ** 2 * logistic(w) - logistic(-w) * logistic(w) ** 2) * give ** 2
    out[3] = -turn * give
    out[4] = 3.0 * v * give * turn ** 2 - (logistic(-w) ** 3 * logistic(w) - 4.0 * logistic(-w) ** 2 * logistic(w) ** 2 + logistic(-w) * logistic(w) ** 3) * give ** 4
    if not math.isfinite(out[3] + out[4]):
        out[3] = out[4] = 0.0
    return


@njit(cache=True, error_model="numpy")
def channel_0_integrand(omega, Delta, b, channel_0_k0, m, rho, refine, tol, work, out):
    prox_M_00(b - m + omega, channel_0_k0, refine, work[0])
    guard_jet(work[0])
    channel_0_l0_0 = work[0, 0]
    channel_0_l0_1 = work[0, 1]
    channel_0_l0_2 = work[0, 2]
    channel_0_l0_3 = work[0, 3]
    channel_0_l0_4 = work[0, 4]
    prox_M_01(b + m + omega, channel_0_k0, refine, work[0])
    guard_jet(work[0])
    channel_0_l1_0 = work[0, 0]
    channel_0_l1_1 = work[0, 1]
    channel_0_l1_2 = work[0, 2]
    channel_0_l1_3 = work[0, 3]
    channel_0_l1_4 = work[0, 4]
    t0 = channel_0_l0_1 ** 2
    t1 = Delta * t0
    t2 = channel_0_l1_1 ** 2
    t3 = Delta * rho
    t4 = Delta * channel_0_l0_2
    t5 = channel_0_l1_2 * rho
    t6 = channel_0_l0_1 * rho
    t7 = channel_0_l1_1 * rho
    t8 = Delta ** 2
    t9 = channel_0_l0_3 * t8
    t10 = channel_0_l0_2 ** 2 * t8
    t11 = rho * t8
    t12 = channel_0_l0_1 * t9 + channel_0_l1_2 ** 2 * t11 + channel_0_l1_3 * t7 * t8 - rho * t10 + t10 - t6 * t9
    t13 = t0 * t8
    t14 = channel_0_l0_2 * rho
    t15 = channel_0_l0_1 * t4
    t16 = t4 * t6
    t17 = Delta * channel_0_l1_2 * t7
    t18 = Delta * channel_0_l0_3
    t19 = rho * t18
    t20 = channel_0_l1_3 * t3
    t21 = (-t18) + t19 + t20
    t22 = t18 - t19 + t20
    out[0] = (-(rho * t1)) + t1 + t2 * t3
    out[1] = Delta * channel_0_l0_2 * rho - Delta * t5 - t4
    out[2] = (-channel_0_l0_1) + t6 + t7
    out[3] = channel_0_l0_1 - t6 + t7
    out[4] = t12
    out[5] = channel_0_l0_2 * t13 - t13 * t14 + t2 * t5 * t8
    out[6] = (-t15) + t16 + t17
    out[7] = t15 - t16 + t17
    out[8] = channel_0_l0_4 * rho * t8 - channel_0_l0_4 * t8 - channel_0_l1_4 * t11
    out[9] = -t12
    out[10] = -t21
    out[11] = -t22
    out[12] = t21
    out[13] = channel_0_l0_2 - t14 + t5
    out[14] = (-channel_0_l0_2) + t14 + t5
    out[15] = t22


@njit(cache=True, error_model="numpy")
def channel_0_integral(mean, var, Delta, b, channel_0_k0, m, rho, refine, tol, out):
    """Integrate channel_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(16)
    if var <= 0.0:
        channel_0_integrand(mean, Delta, b, channel_0_k0, m, rho, refine, tol, work, out)
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
    sums = np.zeros((3, 16))
    size = np.zeros(16)
    ends = np.zeros(16)
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
            channel_0_integrand(u, Delta, b, channel_0_k0, m, rho, refine, tol, work, values)
            for k in range(16):
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
            for k in range(16):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 16))
    gauss = np.empty((MAX_PANELS, 16))
    size = np.empty((MAX_PANELS, 16))
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
            for k in range(16):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                channel_0_integrand(u, Delta, b, channel_0_k0, m, rho, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(16):
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
    b = x[3]
    alpha = p[0]
    rho = p[1]
    Delta = p[2]
    channel_0_k0 = Delta * V
    channel_0_values = np.empty(16)
    channel_0_integral(0.0, Delta * q, Delta, b, channel_0_k0, m, rho, refine, tol, channel_0_values)
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
    channel_I0_12 = channel_0_values[12]
    channel_I0_13 = channel_0_values[13]
    channel_I0_14 = channel_0_values[14]
    channel_I0_15 = channel_0_values[15]
    c0 = alpha * channel_I0_6
    c1 = alpha * channel_I0_7
    c2 = alpha / 2.0
    c3 = alpha * channel_I0_13
    c4 = alpha * channel_I0_14
    out[0] = alpha * channel_I0_0
    out[1] = alpha * channel_I0_1
    out[2] = alpha * channel_I0_2
    out[3] = alpha * channel_I0_3
    out[4] = alpha * channel_I0_4
    out[5] = 2.0 * alpha * channel_I0_5
    out[6] = 2.0 * c0
    out[7] = 2.0 * c1
    out[8] = c2 * channel_I0_8
    out[9] = alpha * channel_I0_9
    out[10] = alpha * channel_I0_10
    out[11] = alpha * channel_I0_11
    out[12] = c2 * channel_I0_12
    out[13] = c0
    out[14] = c3
    out[15] = c4
    out[16] = c2 * channel_I0_15
    out[17] = c1
    out[18] = c4
    out[19] = c3


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    lam = p[3]
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
def free_entropy_0_integrand(omega, b, free_entropy_0_k0, m, rho, refine, tol, work, out):
    prox_M_00(b - m + omega, free_entropy_0_k0, refine, work[0])
    guard_jet(work[0])
    free_entropy_0_l0_0 = work[0, 0]
    prox_M_01(b + m + omega, free_entropy_0_k0, refine, work[0])
    guard_jet(work[0])
    free_entropy_0_l1_0 = work[0, 0]
    out[0] = (-(free_entropy_0_l0_0 * rho)) + free_entropy_0_l0_0 + free_entropy_0_l1_0 * rho


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(mean, var, b, free_entropy_0_k0, m, rho, refine, tol, out):
    """Integrate free_entropy_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        free_entropy_0_integrand(mean, b, free_entropy_0_k0, m, rho, refine, tol, work, out)
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
            free_entropy_0_integrand(u, b, free_entropy_0_k0, m, rho, refine, tol, work, values)
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
                free_entropy_0_integrand(u, b, free_entropy_0_k0, m, rho, refine, tol, work, values)
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
    b = x[3]
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    alpha = p[0]
    rho = p[1]
    Delta = p[2]
    lam = p[3]
    free_entropy_0_k0 = Delta * V
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(0.0, Delta * q, b, free_entropy_0_k0, m, rho, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 + alpha * free_entropy_I0_0 - m * m_hat + (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))


@njit(cache=True, error_model="numpy")
def observables_0_integrand(omega, Delta, V, b, m, observables_0_k0, rho, refine, tol, work, out):
    prox_M_00(b - m + omega, observables_0_k0, refine, work[0])
    guard_jet(work[0])
    observables_0_l0_0 = work[0, 0]
    observables_0_l0_1 = work[0, 1]
    prox_M_01(b + m + omega, observables_0_k0, refine, work[0])
    guard_jet(work[0])
    observables_0_l1_0 = work[0, 0]
    observables_0_l1_1 = work[0, 1]
    t0 = Delta * V
    t1 = b + omega
    t2 = m + t1
    t3 = 1.0 - rho
    t4 = (-m) + t1
    out[0] = rho * softplus((-(observables_0_l1_1 * t0)) - t2)
    out[1] = t3 * softplus(observables_0_l0_1 * t0 + t4)
    out[2] = rho * softplus(-t2) + t3 * softplus(t4)
    out[3] = (-(observables_0_l0_0 * rho)) + observables_0_l0_0 + observables_0_l1_0 * rho


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, Delta, V, b, m, observables_0_k0, rho, refine, tol, out):
    """Integrate observables_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(4)
    if var <= 0.0:
        observables_0_integrand(mean, Delta, V, b, m, observables_0_k0, rho, refine, tol, work, out)
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
            observables_0_integrand(u, Delta, V, b, m, observables_0_k0, rho, refine, tol, work, values)
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
                observables_0_integrand(u, Delta, V, b, m, observables_0_k0, rho, refine, tol, work, values)
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
def observables(x, hats, p, refine, tol, out):
    """Observables at a solution."""
    q = x[0]
    V = x[1]
    m = x[2]
    b = x[3]
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    alpha = p[0]
    rho = p[1]
    Delta = p[2]
    lam = p[3]
    observables_0_k0 = Delta * V
    observables_0_values = np.empty(4)
    observables_0_integral(0.0, Delta * q, Delta, V, b, m, observables_0_k0, rho, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    observables_I0_1 = observables_0_values[1]
    observables_I0_2 = observables_0_values[2]
    observables_I0_3 = observables_0_values[3]
    c0 = 1.0 / math.sqrt(Delta)
    c1 = 1.0 / math.sqrt(q)
    c2 = c0 * c1
    c3 = b * c2
    c4 = H(c0 * c1 * m - c3)
    c5 = Delta * V
    c6 = c5 / 2.0 + m
    c7 = H(c2 * ((-b) + c6))
    out[0] = (-(c4 * rho)) + c4 + rho * H(c2 * m + c3)
    out[1] = observables_I0_0 + observables_I0_1
    out[2] = (-(c7 * rho)) + c7 + rho * H(c2 * (b + c6))
    out[3] = q
    out[4] = observables_I0_2
    out[5] = V * q_hat / 2.0 - V_hat * q / 2.0 - alpha * observables_I0_3 + m * m_hat - (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))
    out[6] = c5


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
