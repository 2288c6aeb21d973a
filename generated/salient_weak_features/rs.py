r"""salient_weak_features: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification dd2a6844f0039e9c, derivation 76e2e1189e6d1696, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\frac{\phi\,s_{1}\,\left(\hat{m}^{2}\,\rho_{1}\,s_{1} +
    \hat{q}\right)}{\hat{V}\,s_{1} + \lambda} -
    \frac{\phi\,s_{2}\,\left(\hat{m}^{2}\,\rho_{2}\,s_{2} + \hat{q}\right)}{\hat{V}\,s_{2} +
    \lambda} + \frac{s_{2}\,\left(\hat{m}^{2}\,\rho_{2}\,s_{2} + \hat{q}\right)}{\hat{V}\,s_{2} +
    \lambda}}{2}
\phi_{\mathrm{ch}} =
    -2\,\alpha\,\mathbb{E}_{(\omega,z)\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}q&m\\m&\phi\,\rho_{1}\,s_{1}
    + \rho_{2}\,s_{2}\,\left(1 -
    \phi\right)\end{smallmatrix}\right]\right)}\left[P\left(y=1\,|\,z\right)\,\mathcal{M}_{V}\left[\ell_{01}\right]\left(\omega\right)\right]
q_hat =
    2\,\alpha\,\mathbb{E}_{(\omega,z)\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}q&m\\m&\phi\,\rho_{1}\,s_{1}
    + \rho_{2}\,s_{2}\,\left(1 -
    \phi\right)\end{smallmatrix}\right]\right)}\left[P\left(y=1\,|\,z\right)\,\left(\partial_{\omega}
    \mathcal{M}_{V}\left[\ell_{01}\right]\left(\omega\right)\right)^{2}\right]
V_hat =
    2\,\alpha\,\mathbb{E}_{(\omega,z)\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}q&m\\m&\phi\,\rho_{1}\,s_{1}
    + \rho_{2}\,s_{2}\,\left(1 -
    \phi\right)\end{smallmatrix}\right]\right)}\left[P\left(y=1\,|\,z\right)\,\partial_{\omega}^{2}
    \mathcal{M}_{V}\left[\ell_{01}\right]\left(\omega\right)\right]
m_hat =
    -2\,\alpha\,\mathbb{E}_{(\omega,z)\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}q&m\\m&\phi\,\rho_{1}\,s_{1}
    + \rho_{2}\,s_{2}\,\left(1 - \phi\right)\end{smallmatrix}\right]\right)}\left[\partial_{z}
    P\left(y=1\,|\,z\right)\,\partial_{\omega}
    \mathcal{M}_{V}\left[\ell_{01}\right]\left(\omega\right)\right]
q = \frac{\phi\,s_{1}^{2}\,\left(\hat{V}\,s_{2} +
    \lambda\right)^{2}\,\left(\hat{m}^{2}\,\rho_{1}\,s_{1} + \hat{q}\right) + s_{2}^{2}\,\left(1 -
    \phi\right)\,\left(\hat{V}\,s_{1} + \lambda\right)^{2}\,\left(\hat{m}^{2}\,\rho_{2}\,s_{2} +
    \hat{q}\right)}{\left(\hat{V}\,s_{1} + \lambda\right)^{2}\,\left(\hat{V}\,s_{2} +
    \lambda\right)^{2}}
V = \frac{\phi\,s_{1}\,\left(\hat{V}\,s_{2} + \lambda\right) + s_{2}\,\left(1 -
    \phi\right)\,\left(\hat{V}\,s_{1} + \lambda\right)}{\left(\hat{V}\,s_{1} +
    \lambda\right)\,\left(\hat{V}\,s_{2} + \lambda\right)}
m = \frac{\hat{m}\,\left(\phi\,\rho_{1}\,s_{1}^{2}\,\left(\hat{V}\,s_{2} + \lambda\right) +
    \rho_{2}\,s_{2}^{2}\,\left(1 - \phi\right)\,\left(\hat{V}\,s_{1} +
    \lambda\right)\right)}{\left(\hat{V}\,s_{1} + \lambda\right)\,\left(\hat{V}\,s_{2} +
    \lambda\right)}
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
P(y=1\,|\,z) = \frac{\left(1 - 2\,\Delta\right)\,\operatorname{sign}\left(z\right)}{2} + \frac{1}{2}
\mathrm{prox}_{V}\left[\ell_{01}\right]\left(\omega\right) = \text{the root } h \text{ of } h -
    \frac{V}{e^{h} + 1} = \omega
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


MODEL = 'salient_weak_features'
ANSATZ = 'rs'
SPEC_HASH = 'dd2a6844f0039e9cbbe9740356daab2ca7c95ca215fdb54a8eda909c88bdf8de'
TRACE_HASH = '76e2e1189e6d1696'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam', 'phi', 's1', 's2', 'rho1', 'rho2', 'Delta')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('error_label', 'error_teacher', 'test_loss', 'training_loss', 'training_error', 'norm', 'norm_salient', 'energy', 'prox_variance')
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
STRATEGY = {'channel_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'free_entropy_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'inner_P_01_0': 'inner quadrature: Gauss-Legendre panels around the maximum of the log integrand', 'inner_P_01_1': 'inner quadrature: Gauss-Legendre panels around the maximum of the log integrand', 'observables_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_1': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'prox_M_01': "proximal point: Newton's iteration inside a bracket, closed where the cost is quadratic"}


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
def inner_P_01_0(x, v, Delta, refine, out):
    """log of the integral of the body over w, with its field derivatives (orders 0 to 4)."""
    level_of = math.log(Delta)
    lower = -math.inf
    upper = 0.0
    w = min(max(x, lower), upper)
    step = math.sqrt(v)
    best = 0.0 + -0.5 * (w - x) ** 2 / v
    if not best > -math.inf:
        for i in range(-40, 41):
            trial = math.sinh(0.25 * i)
            if lower > -math.inf:
                trial = lower + math.exp(0.25 * i) if upper == math.inf else lower + (upper - lower) * (i + 40.5) / 81.0
            elif upper < math.inf:
                trial = upper - math.exp(0.25 * i)
            w = trial
            value = 0.0 + -0.5 * (w - x) ** 2 / v
            if value > best:
                best, peak = value, trial
        w = peak if best > -math.inf else min(max(0.0, lower), upper)
    peak = w
    for direction in (1.0, -1.0):  # walk uphill by doubling steps, then shrink
        stride = step
        while stride > 1e-3 * step:
            w = min(max(peak + direction * stride, lower), upper)
            value = 0.0 + -0.5 * (w - x) ** 2 / v
            if value > best:
                best, peak = value, w
                stride *= 2.0
            else:
                stride *= 0.5
    ends = np.empty(2)
    for side in range(2):
        direction = 1.0 if side == 1 else -1.0
        limit = upper if side == 1 else lower
        inside, stride = 0.0, step
        while True:  # a point outside: below the peak by more than 42
            w = peak + direction * stride
            if (side == 1 and w >= limit) or (side == 0 and w <= limit):
                stride = abs(limit - peak)
                break
            value = 0.0 + -0.5 * (w - x) ** 2 / v
            if not value > best - 42.0 or stride > 1e12:
                break
            inside = stride
            stride *= 2.0
        outside = stride
        for _ in range(6):
            middle = 0.5 * (inside + outside)
            w = peak + direction * middle
            value = 0.0 + -0.5 * (w - x) ** 2 / v
            if value > best - 42.0:
                inside = middle
            else:
                outside = middle
        ends[side] = peak + direction * outside
    panels = 4 * int(refine)
    nodes = np.empty(20 * panels)
    masses = np.empty(20 * panels)
    total = 0.0
    mean = 0.0
    half_panels = panels // 2
    for panel in range(panels):
        if panel < half_panels:
            a = ends[0] + (peak - ends[0]) * (panel / half_panels)
            b = ends[0] + (peak - ends[0]) * ((panel + 1) / half_panels)
        else:
            a = peak + (ends[1] - peak) * ((panel - half_panels) / half_panels)
            b = peak + (ends[1] - peak) * ((panel + 1 - half_panels) / half_panels)
        half = 0.5 * (b - a)
        for j in range(20):
            w = 0.5 * (a + b) + half * GL_X[j]
            value = 0.0 + -0.5 * (w - x) ** 2 / v
            if math.isnan(value):
                out[:] = math.nan
                return
            mass = half * GL_W[j] * math.exp(value - best) if value > -math.inf else 0.0
            nodes[panel * 20 + j] = w
            masses[panel * 20 + j] = mass
            total += mass
            mean += mass * (w - peak)
    if not total > 0.0:
        out[:] = 0.0
        out[0] = -math.inf
        return
    mean = peak + mean / total
    k2 = 0.0
    k3 = 0.0
    k4 = 0.0
    for i in range(20 * panels):
        masses[i] /= total
        gap = nodes[i] - mean
        k2 += masses[i] * gap ** 2
        k3 += masses[i] * gap ** 3
        k4 += masses[i] * gap ** 4
    k4 -= 3.0 * k2 * k2
    total = level_of + best + math.log(total)

    total -= 0.5 * math.log(2.0 * math.pi * v)
    centered_to_channel(total, mean - x, k2, k3, k4, v, out)


@njit(cache=True, error_model="numpy")
def inner_P_01_1(x, v, Delta, refine, out):
    """log of the integral of the body over w, with its field derivatives (orders 0 to 4)."""
    level_of = math.log(1.0 - Delta)
    lower = 0.0
    upper = math.inf
    w = min(max(x, lower), upper)
    step = math.sqrt(v)
    best = 0.0 + -0.5 * (w - x) ** 2 / v
    if not best > -math.inf:
        for i in range(-40, 41):
            trial = math.sinh(0.25 * i)
            if lower > -math.inf:
                trial = lower + math.exp(0.25 * i) if upper == math.inf else lower + (upper - lower) * (i + 40.5) / 81.0
            elif upper < math.inf:
                trial = upper - math.exp(0.25 * i)
            w = trial
            value = 0.0 + -0.5 * (w - x) ** 2 / v
            if value > best:
                best, peak = value, trial
        w = peak if best > -math.inf else min(max(0.0, lower), upper)
    peak = w
    for direction in (1.0, -1.0):  # walk uphill by doubling steps, then shrink
        stride = step
        while stride > 1e-3 * step:
            w = min(max(peak + direction * stride, lower), upper)
            value = 0.0 + -0.5 * (w - x) ** 2 / v
            if value > best:
                best, peak = value, w
                stride *= 2.0
            else:
                stride *= 0.5
    ends = np.empty(2)
    for side in range(2):
        direction = 1.0 if side == 1 else -1.0
        limit = upper if side == 1 else lower
        inside, stride = 0.0, step
        while True:  # a point outside: below the peak by more than 42
            w = peak + direction * stride
            if (side == 1 and w >= limit) or (side == 0 and w <= limit):
                stride = abs(limit - peak)
                break
            value = 0.0 + -0.5 * (w - x) ** 2 / v
            if not value > best - 42.0 or stride > 1e12:
                break
            inside = stride
            stride *= 2.0
        outside = stride
        for _ in range(6):
            middle = 0.5 * (inside + outside)
            w = peak + direction * middle
            value = 0.0 + -0.5 * (w - x) ** 2 / v
            if value > best - 42.0:
                inside = middle
            else:
                outside = middle
        ends[side] = peak + direction * outside
    panels = 4 * int(refine)
    nodes = np.empty(20 * panels)
    masses = np.empty(20 * panels)
    total = 0.0
    mean = 0.0
    half_panels = panels // 2
    for panel in range(panels):
        if panel < half_panels:
            a = ends[0] + (peak - ends[0]) * (panel / half_panels)
            b = ends[0] + (peak - ends[0]) * ((panel + 1) / half_panels)
        else:
            a = peak + (ends[1] - peak) * ((panel - half_panels) / half_panels)
            b = peak + (ends[1] - peak) * ((panel + 1 - half_panels) / half_panels)
        half = 0.5 * (b - a)
        for j in range(20):
            w = 0.5 * (a + b) + half * GL_X[j]
            value = 0.0 + -0.5 * (w - x) ** 2 / v
            if math.isnan(value):
                out[:] = math.nan
                return
            mass = half * GL_W[j] * math.exp(value - best) if value > -math.inf else 0.0
            nodes[panel * 20 + j] = w
            masses[panel * 20 + j] = mass
            total += mass
            mean += mass * (w - peak)
    if not total > 0.0:
        out[:] = 0.0
        out[0] = -math.inf
        return
    mean = peak + mean / total
    k2 = 0.0
    k3 = 0.0
    k4 = 0.0
    for i in range(20 * panels):
        masses[i] /= total
        gap = nodes[i] - mean
        k2 += masses[i] * gap ** 2
        k3 += masses[i] * gap ** 3
        k4 += masses[i] * gap ** 4
    k4 -= 3.0 * k2 * k2
    total = level_of + best + math.log(total)

    total -= 0.5 * math.log(2.0 * math.pi * v)
    centered_to_channel(total, mean - x, k2, k3, k4, v, out)


@njit(cache=True, error_model="numpy")
def channel_0_integrand(omega, Delta, V, channel_0_k0, rest_channel_0, slope_channel_0, refine, tol, work, out):
    prox_M_01(omega, V, refine, work[0])
    guard_jet(work[0])
    channel_0_l0_0 = work[0, 0]
    channel_0_l0_1 = work[0, 1]
    channel_0_l0_2 = work[0, 2]
    channel_0_l0_3 = work[0, 3]
    channel_0_l0_4 = work[0, 4]
    inner_P_01_0(slope_channel_0 * omega, rest_channel_0, Delta, refine, work[1])
    inner_P_01_1(slope_channel_0 * omega, rest_channel_0, Delta, refine, work[2])
    merge_jets(work[1:], 2, work[0])
    guard_jet(work[0])
    channel_0_l1_0 = work[0, 0]
    channel_0_l1_1 = work[0, 1]
    channel_0_l1_2 = work[0, 2]
    t0 = math.exp(channel_0_l1_0)
    t1 = channel_0_l0_1 ** 2 * t0
    t2 = channel_0_l0_2 * t0
    t3 = channel_0_l0_1 * t0
    t4 = channel_0_l0_3 * channel_0_l1_1 * t0
    out[0] = t1
    out[1] = -t2
    out[2] = channel_0_l1_1 * t3
    out[3] = channel_0_l0_2 ** 2 * t0 + channel_0_l0_3 * t3
    out[4] = channel_0_l0_2 * t1
    out[5] = channel_0_l0_1 * channel_0_l1_1 * t2
    out[6] = -(channel_0_l0_4 * t0)
    out[7] = -t4
    out[8] = t4
    out[9] = t2 * (channel_0_l1_1 ** 2 + channel_0_l1_2)


@njit(cache=True, error_model="numpy")
def channel_0_integral(mean, var, Delta, V, channel_0_k0, rest_channel_0, slope_channel_0, refine, tol, out):
    """Integrate channel_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(10)
    if var <= 0.0:
        channel_0_integrand(mean, Delta, V, channel_0_k0, rest_channel_0, slope_channel_0, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(3)
    widths = np.empty(3)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = channel_0_k0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = channel_0_k0
    nc += 1
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 10))
    size = np.zeros(10)
    ends = np.zeros(10)
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
            channel_0_integrand(u, Delta, V, channel_0_k0, rest_channel_0, slope_channel_0, refine, tol, work, values)
            for k in range(10):
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
            for k in range(10):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 10))
    gauss = np.empty((MAX_PANELS, 10))
    size = np.empty((MAX_PANELS, 10))
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
            for k in range(10):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                channel_0_integrand(u, Delta, V, channel_0_k0, rest_channel_0, slope_channel_0, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(10):
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
    phi = p[2]
    s1 = p[3]
    s2 = p[4]
    rho1 = p[5]
    rho2 = p[6]
    Delta = p[7]
    slope_channel_0 = (m / q if (q > 0.0) else 0.0)
    rest_channel_0 = (-(m * slope_channel_0)) + phi * rho1 * s1 - rho2 * s2 * (phi + (-1.0))
    channel_0_k0 = abs(math.sqrt(rest_channel_0) / slope_channel_0)
    channel_0_values = np.empty(10)
    channel_0_integral(0.0, q, Delta, V, channel_0_k0, rest_channel_0, slope_channel_0, refine, tol, channel_0_values)
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
    c0 = 2.0 * alpha
    c1 = c0 * channel_I0_3
    c2 = 4.0 * alpha
    out[0] = c0 * channel_I0_0
    out[1] = c0 * channel_I0_1
    out[2] = c0 * channel_I0_2
    out[3] = c1
    out[4] = c2 * channel_I0_4
    out[5] = c2 * channel_I0_5
    out[6] = alpha * channel_I0_6
    out[7] = -c1
    out[8] = c0 * channel_I0_7
    out[9] = alpha * channel_I0_8
    out[10] = c0 * channel_I0_5
    out[11] = c0 * channel_I0_9


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    lam = p[1]
    phi = p[2]
    s1 = p[3]
    s2 = p[4]
    rho1 = p[5]
    rho2 = p[6]
    c0 = lam ** 2
    c1 = V_hat * s1
    c2 = c1 * lam
    c3 = 2.0 * c2
    c4 = V_hat ** 2
    c5 = s1 ** 2
    c6 = c4 * c5
    c7 = c0 + c3 + c6
    c8 = V_hat * s2
    c9 = c8 * lam
    c10 = 2.0 * c9
    c11 = s2 ** 2
    c12 = c11 * c4
    c13 = c0 + c10 + c12
    c14 = m_hat ** 2
    c15 = c14 * rho1
    c16 = c5 * phi
    c17 = phi * q_hat
    c18 = c14 * rho2
    c19 = c8 + lam
    c20 = c19 * phi
    c21 = c1 + lam
    c22 = c21 * (1.0 - phi)
    c23 = 1.0 / (c19 * c21)
    c24 = c11 * rho2
    c25 = lam ** 4
    c26 = lam ** 3
    c27 = 2.0 * c26
    c28 = V_hat ** 4
    c29 = c11 * c5
    c30 = c28 * c29
    c31 = s1 * s2
    c32 = c31 * c4
    c33 = V_hat ** 3
    c34 = c11 * s1
    c35 = c33 * c34
    c36 = 2.0 * lam
    c37 = c5 * s2
    c38 = c33 * c37
    c39 = 1.0 / (c0 * c12 + 4.0 * c0 * c32 + c0 * c6 + c1 * c27 + c25 + c27 * c8 + c30 + c35 * c36 + c36 * c38)
    c40 = c0 * c39
    c41 = c11 * c40
    c42 = c11 * c39
    c43 = c3 * c42
    c44 = c16 * c39
    c45 = c36 * c39
    c46 = s2 ** 3
    c47 = s1 ** 3
    c48 = c46 * s1
    c49 = c18 * c48
    c50 = c18 * c46
    c51 = V_hat * c50
    c52 = s2 ** 4
    c53 = c0 * c28
    c54 = c25 * c6
    c55 = V_hat ** 6
    c56 = c5 * c52
    c57 = lam ** 5
    c58 = 2.0 * c57
    c59 = 4.0 * c57
    c60 = 4.0 * c46
    c61 = c26 * c33
    c62 = c12 * c25
    c63 = V_hat ** 5
    c64 = c36 * c63
    c65 = c52 * s1
    c66 = c63 * lam
    c67 = 4.0 * c26
    c68 = 8.0 * c53
    c69 = 12.0 * c26
    c70 = 6.0 * c0
    c71 = 8.0 * c25 * c32 + c30 * c70 + lam ** 6
    c72 = 1.0 / (c1 * c58 + c35 * c69 + c38 * c67 + c48 * c68 + c5 * c60 * c66 + c52 * c53 + c54 + c55 * c56 + c59 * c8 + c60 * c61 + 6.0 * c62 + c64 * c65 + c71)
    c73 = c72 * q_hat
    c74 = 2.0 * c73
    c75 = V_hat * c0
    c76 = s1 ** 4
    c77 = c11 * c76
    c78 = 4.0 * c47
    c79 = c76 * s2
    c80 = c47 * s2
    c81 = 1.0 / (c1 * c59 + c11 * c66 * c78 + c35 * c67 + c38 * c69 + c53 * c76 + 6.0 * c54 + c55 * c77 + c58 * c8 + c61 * c78 + c62 + c64 * c79 + c68 * c80 + c71)
    c82 = c27 * c81
    c83 = 2.0 * c75
    c84 = c17 * c81
    c85 = c0 * c1
    c86 = c4 * lam
    c87 = 4.0 * c86
    c88 = c17 * c72
    c89 = c33 * c81
    c90 = c18 * c72
    c91 = c52 * c90
    c92 = c0 * c8
    c93 = s2 ** 5
    c94 = c90 * c93
    c95 = c81 * q_hat
    c96 = V_hat * c29
    c97 = c70 * c96
    c98 = c6 * lam
    c99 = c12 * lam
    c100 = 6.0 * c47
    c101 = c15 * phi
    c102 = c101 * c76
    c103 = c101 * s1 ** 5
    c104 = c103 * c81
    c105 = c101 * c72
    c106 = 2.0 * c89
    c107 = c102 * c81
    c108 = c100 * c86
    c109 = m_hat * rho2
    c110 = c109 * c46
    c111 = 2.0 * c40
    c112 = c110 * c111
    c113 = c109 * c2 * c39 * c60
    c114 = m_hat * phi * rho1
    c115 = c114 * c47
    c116 = 2.0 * c39
    c117 = c110 * c116 * c6
    c118 = 1.0 / (c0 + c2 + c32 + c9)
    c119 = c26 + c32 * c36
    c120 = 1.0 / (c119 + c38 + 2.0 * c85 + c92 + c98)
    c121 = c120 * lam
    c122 = 1.0 / (c119 + c35 + c85 + 2.0 * c92 + c99)
    c123 = c11 * c122
    c124 = c122 * lam
    c125 = c124 * phi
    c126 = c120 * c8
    c127 = c109 * c34
    c128 = c118 * lam
    c129 = c128 * c24
    c130 = c1 * c118 * c24
    c131 = c16 * rho1
    out[0] = (c11 * c7 * (c14 * rho2 * s2 - c17 - c18 * phi * s2 + q_hat) + c13 * c16 * (c15 * s1 + q_hat)) / (c13 * c7)
    out[1] = c23 * (c20 * s1 + c22 * s2)
    out[2] = c23 * m_hat * (c20 * c5 * rho1 + c22 * c24)
    out[3] = c10 * c44 + c16 * c40 - c41 * phi + c41 + c42 * c6 - c43 * phi + c43
    out[4] = 6.0 * V_hat * c0 * c11 * c5 * c81 * phi * q_hat + 6.0 * V_hat * c0 * c14 * c46 * c5 * c81 * phi * rho2 + 4.0 * V_hat * c0 * c14 * c52 * c72 * phi * rho2 * s1 + 2.0 * V_hat * c0 * c14 * c72 * c93 * phi * rho2 + 4.0 * V_hat * c0 * c46 * c72 * phi * q_hat * s1 + 2.0 * V_hat * c0 * c52 * c72 * phi * q_hat - V_hat * c105 * c11 * c47 * c70 + 2.0 * V_hat * c11 * c14 * c39 * c47 * phi * rho1 + 2.0 * V_hat * c11 * c39 * c5 * q_hat + 2.0 * V_hat * c14 * c39 * c46 * c5 * rho2 - c100 * c95 * c99 - c102 * c82 - c103 * c106 * c11 - c104 * c83 - c104 * c87 * s2 - c105 * c108 * c46 - c105 * c27 * c80 - 2.0 * c105 * c33 * c47 * c52 - c106 * c50 * c76 - 4.0 * c107 * c92 - 2.0 * c107 * c99 - c108 * c50 * c81 + 2.0 * c11 * c26 * c81 * phi * q_hat * s1 + 2.0 * c11 * c39 * lam * q_hat * s1 + 4.0 * c11 * c4 * c47 * c81 * lam * phi * q_hat + 2.0 * c14 * c26 * c46 * c81 * phi * rho2 * s1 + 2.0 * c14 * c26 * c52 * c72 * phi * rho2 + 2.0 * c14 * c33 * c46 * c76 * c81 * phi * rho2 + 2.0 * c14 * c33 * c5 * c72 * c93 * phi * rho2 + 2.0 * c14 * c39 * c46 * lam * rho2 * s1 + 2.0 * c14 * c39 * c47 * lam * phi * rho1 * s2 + 6.0 * c14 * c4 * c46 * c47 * c81 * lam * phi * rho2 + 2.0 * c14 * c4 * c5 * c52 * c72 * lam * phi * rho2 + 4.0 * c14 * c4 * c72 * c93 * lam * phi * rho2 * s1 - c17 * c34 * c45 - c17 * c47 * c82 + 2.0 * c26 * c46 * c72 * phi * q_hat - c27 * c37 * c88 - c27 * c46 * c73 - c27 * c91 - 2.0 * c33 * c5 * c94 - c33 * c56 * c74 - c34 * c82 * q_hat + 2.0 * c39 * c5 * lam * phi * q_hat * s2 + 4.0 * c4 * c52 * c72 * lam * phi * q_hat * s1 - 2.0 * c44 * c51 - c45 * c49 * phi - c46 * c74 * c98 - c49 * c82 - c5 * c51 * c70 * c81 - c52 * c74 * c75 - c60 * c73 * c85 - c60 * c88 * c98 - c65 * c73 * c87 - c76 * c83 * c84 - 2.0 * c77 * c89 * q_hat - c78 * c84 * c92 - c79 * c84 * c87 - c83 * c94 - 4.0 * c85 * c91 - c87 * c94 * s1 - c88 * c97 - 2.0 * c91 * c98 - c95 * c97
    out[5] = c111 * c115 - c112 * phi + c112 - c113 * phi + c113 + c114 * c39 * c78 * c9 + c115 * c116 * c12 - c117 * phi + c117
    out[6] = 0.0
    out[7] = (-(c1 * c123)) + c11 * c122 * lam * phi + c118 * s1 * s2 + c120 * lam * phi * s1 * s2 - c121 * c16 - c121 * c31 - c123 * lam - c125 * c31 - c126 * c5
    out[8] = 0.0
    out[9] = 0.0
    out[10] = V_hat * c11 * c120 * c5 * m_hat * phi * rho2 + V_hat * c122 * c46 * m_hat * phi * rho2 * s1 - c1 * c110 * c122 - c109 * c120 * c96 + c11 * c118 * m_hat * rho2 * s1 + c11 * c120 * lam * m_hat * phi * rho2 * s1 - c110 * c124 - c114 * c122 * c96 - c115 * c121 - c115 * c126 - c118 * c127 * phi + c118 * c5 * m_hat * phi * rho1 * s2 - c121 * c127 + c122 * c46 * lam * m_hat * phi * rho2 - c125 * c37 * m_hat * rho1
    out[11] = c118 * c131 * c8 + c128 * c131 - c129 * phi + c129 - c130 * phi + c130


@njit(cache=True, error_model="numpy")
def free_entropy_0_integrand(omega, Delta, V, free_entropy_0_k0, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, out):
    prox_M_01(omega, V, refine, work[0])
    guard_jet(work[0])
    free_entropy_0_l0_0 = work[0, 0]
    inner_P_01_0(slope_free_entropy_0 * omega, rest_free_entropy_0, Delta, refine, work[1])
    inner_P_01_1(slope_free_entropy_0 * omega, rest_free_entropy_0, Delta, refine, work[2])
    merge_jets(work[1:], 2, work[0])
    guard_jet(work[0])
    free_entropy_0_l1_0 = work[0, 0]
    out[0] = free_entropy_0_l0_0 * math.exp(free_entropy_0_l1_0)


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(mean, var, Delta, V, free_entropy_0_k0, rest_free_entropy_0, slope_free_entropy_0, refine, tol, out):
    """Integrate free_entropy_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(1)
    if var <= 0.0:
        free_entropy_0_integrand(mean, Delta, V, free_entropy_0_k0, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(3)
    widths = np.empty(3)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = free_entropy_0_k0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = free_entropy_0_k0
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
            free_entropy_0_integrand(u, Delta, V, free_entropy_0_k0, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, values)
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
                free_entropy_0_integrand(u, Delta, V, free_entropy_0_k0, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, values)
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
    lam = p[1]
    phi = p[2]
    s1 = p[3]
    s2 = p[4]
    rho1 = p[5]
    rho2 = p[6]
    Delta = p[7]
    slope_free_entropy_0 = (m / q if (q > 0.0) else 0.0)
    rest_free_entropy_0 = (-(m * slope_free_entropy_0)) + phi * rho1 * s1 - rho2 * s2 * (phi + (-1.0))
    free_entropy_0_k0 = abs(math.sqrt(rest_free_entropy_0) / slope_free_entropy_0)
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(0.0, q, Delta, V, free_entropy_0_k0, rest_free_entropy_0, slope_free_entropy_0, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    c0 = m_hat ** 2
    c1 = s2 * (c0 * rho2 * s2 + q_hat) / (2.0 * (V_hat * s2 + lam))
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 + 2.0 * alpha * free_entropy_I0_0 - c1 * phi + c1 - m * m_hat + phi * s1 * (c0 * rho1 * s1 + q_hat) / (2.0 * (V_hat * s1 + lam))


@njit(cache=True, error_model="numpy")
def observables_0_integrand(omega, Delta, m, phi, q, rho1, rho2, s1, s2, refine, tol, work, out):
    t0 = 1.0 / q
    t1 = m * t0 * omega / math.sqrt((-(m ** 2 * t0)) + phi * rho1 * s1 - rho2 * s2 * (phi + (-1.0)))
    t2 = H(-t1)
    out[0] = 2.0 * ((-(Delta * t2)) + Delta * H(t1) + t2) * softplus(-omega)


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, Delta, m, phi, q, rho1, rho2, s1, s2, refine, tol, out):
    """Integrate observables_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_0_integrand(mean, Delta, m, phi, q, rho1, rho2, s1, s2, refine, tol, work, out)
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
            observables_0_integrand(u, Delta, m, phi, q, rho1, rho2, s1, s2, refine, tol, work, values)
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
                observables_0_integrand(u, Delta, m, phi, q, rho1, rho2, s1, s2, refine, tol, work, values)
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
def observables_1_integrand(omega, Delta, V, observables_1_k0, rest_observables_1, slope_observables_1, refine, tol, work, out):
    prox_M_01(omega, V, refine, work[0])
    guard_jet(work[0])
    observables_1_l0_0 = work[0, 0]
    observables_1_l0_1 = work[0, 1]
    inner_P_01_0(slope_observables_1 * omega, rest_observables_1, Delta, refine, work[1])
    inner_P_01_1(slope_observables_1 * omega, rest_observables_1, Delta, refine, work[2])
    merge_jets(work[1:], 2, work[0])
    guard_jet(work[0])
    observables_1_l1_0 = work[0, 0]
    t0 = math.exp(observables_1_l1_0)
    out[0] = t0 * softplus((-(V * observables_1_l0_1)) - omega)
    out[1] = observables_1_l0_0 * t0


@njit(cache=True, error_model="numpy")
def observables_1_integral(mean, var, Delta, V, observables_1_k0, rest_observables_1, slope_observables_1, refine, tol, out):
    """Integrate observables_1_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((3, 5))
    values = np.empty(2)
    if var <= 0.0:
        observables_1_integrand(mean, Delta, V, observables_1_k0, rest_observables_1, slope_observables_1, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(3)
    widths = np.empty(3)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = observables_1_k0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = observables_1_k0
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
            observables_1_integrand(u, Delta, V, observables_1_k0, rest_observables_1, slope_observables_1, refine, tol, work, values)
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
                observables_1_integrand(u, Delta, V, observables_1_k0, rest_observables_1, slope_observables_1, refine, tol, work, values)
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
    phi = p[2]
    s1 = p[3]
    s2 = p[4]
    rho1 = p[5]
    rho2 = p[6]
    Delta = p[7]
    observables_0_values = np.empty(1)
    observables_0_integral(0.0, q, Delta, m, phi, q, rho1, rho2, s1, s2, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    slope_observables_1 = (m / q if (q > 0.0) else 0.0)
    rest_observables_1 = (-(m * slope_observables_1)) + phi * rho1 * s1 - rho2 * s2 * (phi + (-1.0))
    observables_1_k0 = abs(math.sqrt(rest_observables_1) / slope_observables_1)
    observables_1_values = np.empty(2)
    observables_1_integral(0.0, q, Delta, V, observables_1_k0, rest_observables_1, slope_observables_1, refine, tol, observables_1_values)
    observables_I1_0 = observables_1_values[0]
    observables_I1_1 = observables_1_values[1]
    c0 = rho2 * s2
    c1 = rho1 * s1
    c2 = c1 * phi
    c3 = 1.0 / math.sqrt(q)
    c4 = c3 * m
    c5 = math.atan2(math.sqrt((c0 * phi - c0 - c2 + c4 ** 2) / (c0 * phi - c0 - c2)), c4 * math.sqrt(1.0 / ((-(c0 * phi)) + c0 + c2))) / 3.141592653589793
    c6 = 2.0 * Delta
    c7 = V * c3 / 2.0
    c8 = phi + (-1.0)
    c9 = c4 / math.sqrt((-(c0 * c8)) + c2)
    c10 = 2.0 * bvn_upper(c7, 0.0, -c9)
    c11 = lam ** 2
    c12 = V_hat * s1
    c13 = 2.0 * lam
    c14 = V_hat ** 2
    c15 = s1 ** 2
    c16 = 1.0 / (c11 + c12 * c13 + c14 * c15)
    c17 = m_hat ** 2
    c18 = phi * (c15 * c16 * c17 * rho1 + c16 * q_hat * s1)
    c19 = V_hat * s2
    c20 = s2 ** 2
    c21 = 1.0 / (c11 + c13 * c19 + c14 * c20)
    c22 = 1.0 / (c19 + lam)
    c23 = c0 * c17 + q_hat
    out[0] = Delta - c5 * c6 + c5
    out[1] = c5
    out[2] = observables_I0_0
    out[3] = 2.0 * observables_I1_0
    out[4] = (-(Delta * c10)) + c10 + c6 * bvn_upper(c7, 0.0, c9)
    out[5] = c18 - c8 * (c17 * c20 * c21 * rho2 + c21 * q_hat * s2)
    out[6] = c18
    out[7] = V * q_hat / 2.0 - V_hat * q / 2.0 - 2.0 * alpha * observables_I1_1 + c22 * c23 * phi * s2 / 2.0 - c22 * c23 * s2 / 2.0 + m * m_hat - phi * s1 * (c1 * c17 + q_hat) / (2.0 * (c12 + lam))
    out[8] = V


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    phi = p[2]
    s1 = p[3]
    s2 = p[4]
    rho1 = p[5]
    rho2 = p[6]
    out[0] = 1.0
    out[1] = 0.0
    out[2] = phi * rho1 * s1 - rho2 * s2 * (phi + (-1.0))


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
