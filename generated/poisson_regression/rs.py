r"""poisson_regression: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 7972d78e0806ea66, derivation 626bb6e948772137, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{m}^{2}\,\rho + \hat{q}}{2\,\left(\hat{V} + \lambda\right)}
\phi_{\mathrm{ch}} =
    -\alpha\,\mathbb{E}_{(\omega,z)\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}q&m\\m&\rho\end{smallmatrix}\right]\right)}\left[\sum_{y=0}^{\infty}
    P\left(y\,|\,z\right)\,\mathcal{M}_{V}\left[\ell_{00}\left(\cdot;\,y\right)\right]\left(\omega\right)\right]
q_hat =
    \alpha\,\mathbb{E}_{(\omega,z)\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}q&m\\m&\rho\end{smallmatrix}\right]\right)}\left[\sum_{y=0}^{\infty}
    P\left(y\,|\,z\right)\,\left(\partial_{\omega}
    \mathcal{M}_{V}\left[\ell_{00}\left(\cdot;\,y\right)\right]\left(\omega\right)\right)^{2}\right]
V_hat =
    \alpha\,\mathbb{E}_{(\omega,z)\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}q&m\\m&\rho\end{smallmatrix}\right]\right)}\left[\sum_{y=0}^{\infty}
    P\left(y\,|\,z\right)\,\partial_{\omega}^{2}
    \mathcal{M}_{V}\left[\ell_{00}\left(\cdot;\,y\right)\right]\left(\omega\right)\right]
m_hat =
    -\alpha\,\mathbb{E}_{(\omega,z)\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}q&m\\m&\rho\end{smallmatrix}\right]\right)}\left[\sum_{y=0}^{\infty}
    \partial_{z} P\left(y\,|\,z\right)\,\partial_{\omega}
    \mathcal{M}_{V}\left[\ell_{00}\left(\cdot;\,y\right)\right]\left(\omega\right)\right]
q = \frac{\hat{m}^{2}\,\rho + \hat{q}}{\left(\hat{V} + \lambda\right)^{2}}
V = \frac{1}{\hat{V} + \lambda}
m = \frac{\hat{m}\,\rho}{\hat{V} + \lambda}
where
\mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \min_h\left\{\frac{(h-\omega)^2}{2\,V}+\ell(h)\right\}
\partial_{\omega} \mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \frac{\omega-\mathrm{prox}_{V}\left[\ell\right]\left(\omega\right)}{V}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    \max_w\left\{\xi\,w-\frac{\hat{V}\,w^2}{2}-g(w)\right\}
\partial_{\xi} \mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    w_{\hat{V}}\left[g\right]\left(\xi\right)
\ell_{00}\left(h;\,y\right) = e^{h} - h\,y
P(y\,|\,z) = \frac{1}{y!}\,e^{z\,y}\,e^{-e^{z}}
\mathrm{prox}_{V}\left[\ell_{00}\left(\cdot;\,y\right)\right]\left(\omega\right) = \text{the root }
    h \text{ of } h - V\,y + V\,e^{h} = \omega
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


MODEL = 'poisson_regression'
ANSATZ = 'rs'
SPEC_HASH = '7972d78e0806ea66bb853e72f33ac8a66708f3dc0d95114ee5fb88877306234c'
TRACE_HASH = '626bb6e948772137'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam', 'rho')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'error_teacher', 'test_loss', 'training_loss', 'mse', 'norm', 'energy', 'prox_variance')
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
STRATEGY = {'channel_0': 'sum over counts in blocks that double; for each count a trapezoid around its posterior', 'free_entropy_0': 'sum over counts in blocks that double; for each count a trapezoid around its posterior', 'inner_P_00_0': 'inner quadrature: Gauss-Legendre panels around the maximum of the log integrand', 'observables_0': 'sum over counts in blocks that double; for each count a trapezoid around its posterior', 'observables_1': 'sum over counts in blocks that double; for each count a trapezoid around its posterior', 'prox_M_00': "proximal point: Newton's iteration inside a bracket, closed where the cost is quadratic"}


@njit(cache=True, error_model="numpy")
def inner_P_00_0(x, v, y, refine, out):
    """log of the integral of the body over w, with its field derivatives (orders 0 to 4)."""
    level_of = -math.lgamma(y + 1.0)
    # the maximum of the log integrand, by Newton steps of bounded length
    w, stride, near = x, 2.0 * math.sqrt(v), False
    bend = 1.0 / v
    half = 0.5 * bend
    for _ in range(60):
        f1 = y - math.exp(w)
        bend = 1.0 / v - (-math.exp(w))
        if near or not bend > 0.0:
            break
        step = (f1 - (w - x) / v) / bend
        near = abs(step) < 0.01 / math.sqrt(bend)
        if abs(step) > stride:
            step = math.copysign(stride, step)
            stride *= 2.0
        w += step
    if near and 0.0 < bend < math.inf:
        # trapezoid in t = (w - peak)*sqrt(bend), out to exp(-41) of the maximum
        peak, unit = w, 1.0 / math.sqrt(bend)
        best = w * y - math.exp(w) - 0.5 * (peak - x) ** 2 / v
        s0 = s1 = s2 = s3 = s4 = 0.0
        d1 = d2 = d3 = d4 = 0.0
        whole = fourth = 0.0
        noise = 1e-15 * abs(best)
        spacing, highest = 0.875, 0.0
        for level in range(4):
            for side in range(2):
                sign_of = 1.0 if side == 0 else -1.0
                t = 0.0 if level == 0 and side == 0 else sign_of * spacing
                stride = sign_of * (spacing if level == 0 else 2.0 * spacing)
                while abs(t) < 60.0:
                    w = peak + unit * t
                    value = w * y - math.exp(w) - half * (w - x) * (w - x) - best
                    if not value > -41.0:
                        break
                    highest = max(highest, value)
                    mass = math.exp(value)
                    square = t * t
                    s0 += mass
                    s1 += mass * t
                    s2 += mass * square
                    s3 += mass * square * t
                    s4 += mass * square * square
                    if v < 1e-2:  # small variance: field derivatives act on the smooth body
                        f1 = y - math.exp(w)
                        f2 = -math.exp(w)
                        f3 = -math.exp(w)
                        f4 = -math.exp(w)
                        d1 += mass * f1
                        d2 += mass * (f2 + f1 * f1)
                        d3 += mass * (f3 + 3.0 * f2 * f1 + f1 ** 3)
                        d4 += mass * (f4 + 4.0 * f3 * f1 + 3.0 * f2 * f2 + 6.0 * f2 * f1 * f1 + f1 ** 4)
                    t += stride
            # the error at half the spacing is the square of these, or less
            if level > 0 and abs(2.0 * whole / s0 - 1.0) <= 1e-8 + noise and abs(2.0 * fourth / s4 - 1.0) <= 1e-5:
                if highest > 1e-3:
                    break
                total = level_of + best + math.log(spacing * s0 * unit / math.sqrt(2.0 * math.pi * v))
                if v < 1e-2:
                    moments_to_jet(total, d1 / s0, d2 / s0, d3 / s0, d4 / s0, out)
                else:
                    total_cumulants(total, s0, s1, s2, s3, s4, unit, peak - x, v, out)
                return
            spacing *= 0.5
            whole, fourth = s0, s4
    lower = -math.inf
    upper = math.inf
    w = min(max(x, lower), upper)
    step = math.sqrt(v)
    best = w * y - math.exp(w) + -0.5 * (w - x) ** 2 / v
    if not best > -math.inf:
        for i in range(-40, 41):
            trial = math.sinh(0.25 * i)
            if lower > -math.inf:
                trial = lower + math.exp(0.25 * i) if upper == math.inf else lower + (upper - lower) * (i + 40.5) / 81.0
            elif upper < math.inf:
                trial = upper - math.exp(0.25 * i)
            w = trial
            value = w * y - math.exp(w) + -0.5 * (w - x) ** 2 / v
            if value > best:
                best, peak = value, trial
        w = peak if best > -math.inf else min(max(0.0, lower), upper)
    peak = w
    for direction in (1.0, -1.0):  # walk uphill by doubling steps, then shrink
        stride = step
        while stride > 1e-3 * step:
            w = min(max(peak + direction * stride, lower), upper)
            value = w * y - math.exp(w) + -0.5 * (w - x) ** 2 / v
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
            value = w * y - math.exp(w) + -0.5 * (w - x) ** 2 / v
            if not value > best - 42.0 or stride > 1e12:
                break
            inside = stride
            stride *= 2.0
        outside = stride
        for _ in range(6):
            middle = 0.5 * (inside + outside)
            w = peak + direction * middle
            value = w * y - math.exp(w) + -0.5 * (w - x) ** 2 / v
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
            value = w * y - math.exp(w) + -0.5 * (w - x) ** 2 / v
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

    if v < 1e-2:  # small variance: field derivatives act on the smooth body
        m1 = m2 = m3 = m4 = 0.0
        for panel in range(panels):
            for j in range(20):
                w = nodes[panel * 20 + j]
                mass = masses[panel * 20 + j]
                f1 = y - math.exp(w)
                f2 = -math.exp(w)
                f3 = -math.exp(w)
                f4 = -math.exp(w)
                m1 += mass * f1
                m2 += mass * (f2 + f1 * f1)
                m3 += mass * (f3 + 3.0 * f2 * f1 + f1 ** 3)
                m4 += mass * (f4 + 4.0 * f3 * f1 + 3.0 * f2 * f2 + 6.0 * f2 * f1 * f1 + f1 ** 4)
        moments_to_jet(total - 0.5 * math.log(2.0 * math.pi * v), m1, m2, m3, m4, out)
        return

    total -= 0.5 * math.log(2.0 * math.pi * v)
    centered_to_channel(total, mean - x, k2, k3, k4, v, out)


@njit(cache=True, error_model="numpy")
def prox_M_00(omega, v, y, refine, out):
    """The envelope and four derivatives in its field; the maximiser by Newton inside a bracket."""
    lower = -math.inf
    upper = math.inf
    w = min(max(omega, lower), upper)
    stride = 1.0 + abs(w)
    last = math.inf
    for _ in range(400):
        slope = (-y) + math.exp(w)
        bend = math.exp(w)
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
    slope = (-y) + math.exp(w)
    bend = math.exp(w)
    if math.isnan((w - omega + v * slope)):
        out[:] = math.nan
        return
    tilt = -slope if v * bend < 1.0 else (w - omega) / v
    out[0] = -0.5 * v * tilt * tilt - ((-(w * y)) + math.exp(w))
    out[1] = tilt
    out[2] = -1.0 / (v + 1.0 / bend) if bend > 0.0 else 0.0
    give = 1.0 / (1.0 + v * bend)
    turn = (math.exp(w)) * give ** 2
    out[3] = -turn * give
    out[4] = 3.0 * v * give * turn ** 2 - (math.exp(w)) * give ** 4
    if not math.isfinite(out[3] + out[4]):
        out[3] = out[4] = 0.0
    return


@njit(cache=True, error_model="numpy")
def channel_0_weight(y, q, rest_channel_0, slope_channel_0, refine, tol, work, out):
    channel_0_weight_k0 = q * slope_channel_0 ** 2 + rest_channel_0
    inner_P_00_0(0.0, channel_0_weight_k0, y, refine, work[0])
    guard_jet(work[0])
    channel_0_weight_l0_0 = work[0, 0]
    channel_0_weight_l0_1 = work[0, 1]
    channel_0_weight_l0_2 = work[0, 2]
    out[0] = channel_0_weight_l0_0
    out[1] = channel_0_weight_l0_1 * q * slope_channel_0
    out[2] = channel_0_weight_l0_2 * q ** 2 * slope_channel_0 ** 2 + q


@njit(cache=True, error_model="numpy")
def channel_0_integrand(omega, y, V, q, rest_channel_0, slope_channel_0, refine, tol, work, out):
    prox_M_00(omega, V, y, refine, work[0])
    guard_jet(work[0])
    channel_0_l0_0 = work[0, 0]
    channel_0_l0_1 = work[0, 1]
    channel_0_l0_2 = work[0, 2]
    channel_0_l0_3 = work[0, 3]
    channel_0_l0_4 = work[0, 4]
    inner_P_00_0(slope_channel_0 * omega, rest_channel_0, y, refine, work[0])
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
def channel_0_field(mean, var, centre, spread, y, V, q, rest_channel_0, slope_channel_0, refine, tol, out):
    """Integrate channel_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(10)
    if spread <= 0.0:
        channel_0_integrand(mean, y, V, q, rest_channel_0, slope_channel_0, refine, tol, work, out)
        return
    prior, precision = mean, 1.0 / var
    scale = math.sqrt(precision / (2.0 * math.pi))
    mean, sd = centre, math.sqrt(spread)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0

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
            density = scale * math.exp(-0.5 * precision * (u - prior) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            channel_0_integrand(u, y, V, q, rest_channel_0, slope_channel_0, refine, tol, work, values)
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
                channel_0_integrand(u, y, V, q, rest_channel_0, slope_channel_0, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * precision * (u - prior) ** 2))
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
def channel_0_integral(mean, var, V, q, rest_channel_0, slope_channel_0, refine, tol, out):
    """Sum channel_0_field over y = 0, 1, 2, ... in blocks that double, halved where a coarser rule disagrees."""
    work = np.empty((2, 5))
    law = np.empty(3)
    best = -math.inf
    top = 0.0
    fallen = 0
    y = 0.0
    while y < 1e13 and fallen < 4:  # the octave of most mass
        channel_0_weight(y, q, rest_channel_0, slope_channel_0, refine, tol, work, law)
        fallen += 1
        if law[0] + math.log1p(y) > best:
            best, top, fallen = law[0] + math.log1p(y), y, 0
        if best == -math.inf or best - law[0] < 40.0:
            fallen = 0
        y = max(1.0, 2.0 * y)
    middle = SHORT
    while 2.0 * middle <= top:
        middle *= 2.0
    lowest = best - math.log1p(top) - 100.0
    values = np.empty(10)
    terms = np.empty((NODES, 10 + 1))
    total = np.zeros(10 + 1)
    size = np.zeros(10 + 1)
    fine = np.empty(10 + 1)
    coarse = np.empty(10 + 1)
    whole = np.empty(10 + 1)
    starts = np.empty(128)
    lengths = np.empty(128)
    # blocks [0, 16), [16, 32), [32, 64), ...: from that of most mass up, then down
    first, upward = (0.0 if top < SHORT else middle), True
    while True:
        depth = 1
        starts[0], lengths[0] = first, max(first, SHORT)
        before = size.copy()
        while depth > 0:
            depth -= 1
            start, length = starts[depth], lengths[depth]
            row = block_size(length)
            nodes = NODES if row >= 0 else SHORT
            fine[:] = 0.0
            coarse[:] = 0.0
            whole[:] = 0.0
            for i in range(nodes):
                y = start + (COUNT_X[row, i] if row >= 0 else float(i))
                channel_0_weight(y, q, rest_channel_0, slope_channel_0, refine, tol, work, law)
                if not law[0] > lowest:
                    continue
                lowest = max(lowest, law[0] - 100.0)
                sharp = max(tol, 1e-15 * y * math.log1p(y))  # the rounding of log P at this count
                channel_0_field(mean, var, law[1], law[2], y, V, q, rest_channel_0, slope_channel_0, refine, sharp, values)
                for k in range(10 + 1):
                    term = values[k] if k < 10 else math.exp(law[0])
                    heavy, light = (COUNT_W[row, i], COUNT_C[row, i]) if row >= 0 else (1.0, 1.0)
                    fine[k] += heavy * term
                    coarse[k] += light * term
                    whole[k] += heavy * abs(term)
            passed = True
            for k in range(10 + 1):
                passed &= not block_error(fine[k], coarse[k], whole[k]) > tol * max(size[k], whole[k])
            if passed or row < 0 or depth + 2 > starts.shape[0]:
                total += fine
                size += whole
            else:
                half = 0.5 * length
                starts[depth], lengths[depth] = start + half, half
                starts[depth + 1], lengths[depth + 1] = start, half
                depth += 2
        gone = True
        for k in range(10 + 1):
            gone &= not size[k] - before[k] > 1e-3 * tol * size[k]
        if math.isnan(total[0]):
            break
        if upward:
            if (gone and size[10] > 0.0 and first >= middle) or first >= 1e13:
                upward, first = False, middle if middle <= top else 0.0
            else:
                first = max(2.0 * first, SHORT)
        if not upward:
            if first <= 0.0:
                break
            first = 0.5 * first if first > SHORT else 0.0
    for k in range(10):  # a law that was not found whole is no number
        out[k] = total[k] if abs(total[10] - 1.0) <= max(1e-6, 10.0 * tol) else math.nan


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    V = x[1]
    m = x[2]
    alpha = p[0]
    rho = p[2]
    slope_channel_0 = (m / q if (q > 0.0) else 0.0)
    rest_channel_0 = (-(m * slope_channel_0)) + rho
    channel_0_values = np.empty(10)
    channel_0_integral(0.0, q, V, q, rest_channel_0, slope_channel_0, refine, tol, channel_0_values)
    channel_0_S0 = channel_0_values[0]
    channel_0_S1 = channel_0_values[1]
    channel_0_S2 = channel_0_values[2]
    channel_0_S3 = channel_0_values[3]
    channel_0_S4 = channel_0_values[4]
    channel_0_S5 = channel_0_values[5]
    channel_0_S6 = channel_0_values[6]
    channel_0_S7 = channel_0_values[7]
    channel_0_S8 = channel_0_values[8]
    channel_0_S9 = channel_0_values[9]
    channel_I0_0 = channel_0_S0
    channel_I0_1 = channel_0_S1
    channel_I0_2 = channel_0_S2
    channel_I0_3 = channel_0_S3
    channel_I0_4 = channel_0_S4
    channel_I0_5 = channel_0_S5
    channel_I0_6 = channel_0_S6
    channel_I0_7 = -channel_0_S3
    channel_I0_8 = channel_0_S7
    channel_I0_9 = channel_0_S8
    channel_I0_10 = channel_0_S9
    c0 = alpha * channel_I0_5
    c1 = alpha / 2.0
    out[0] = alpha * channel_I0_0
    out[1] = alpha * channel_I0_1
    out[2] = alpha * channel_I0_2
    out[3] = alpha * channel_I0_3
    out[4] = 2.0 * alpha * channel_I0_4
    out[5] = 2.0 * c0
    out[6] = c1 * channel_I0_6
    out[7] = alpha * channel_I0_7
    out[8] = alpha * channel_I0_8
    out[9] = c1 * channel_I0_9
    out[10] = c0
    out[11] = alpha * channel_I0_10


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    lam = p[1]
    rho = p[2]
    c0 = m_hat ** 2 * rho
    c1 = V_hat ** 2
    c2 = lam ** 2
    c3 = 2.0 * lam
    c4 = 1.0 / (V_hat * c3 + c1 + c2)
    c5 = 1.0 / (V_hat + lam)
    c6 = c5 * rho
    c7 = 1.0 / (V_hat ** 4 + 4.0 * V_hat ** 3 * lam + 4.0 * V_hat * lam ** 3 + 6.0 * c1 * c2 + lam ** 4)
    c8 = c7 * q_hat
    c9 = 2.0 * V_hat
    c10 = c0 * c7
    c11 = c4 * m_hat * rho
    out[0] = c4 * (c0 + q_hat)
    out[1] = c5
    out[2] = c6 * m_hat
    out[3] = c4
    out[4] = (-(c10 * c3)) - c10 * c9 - c3 * c8 - c8 * c9
    out[5] = 2.0 * c11
    out[6] = 0.0
    out[7] = -c4
    out[8] = 0.0
    out[9] = 0.0
    out[10] = -c11
    out[11] = c6


@njit(cache=True, error_model="numpy")
def free_entropy_0_weight(y, q, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, out):
    free_entropy_0_weight_k0 = q * slope_free_entropy_0 ** 2 + rest_free_entropy_0
    inner_P_00_0(0.0, free_entropy_0_weight_k0, y, refine, work[0])
    guard_jet(work[0])
    free_entropy_0_weight_l0_0 = work[0, 0]
    free_entropy_0_weight_l0_1 = work[0, 1]
    free_entropy_0_weight_l0_2 = work[0, 2]
    out[0] = free_entropy_0_weight_l0_0
    out[1] = free_entropy_0_weight_l0_1 * q * slope_free_entropy_0
    out[2] = free_entropy_0_weight_l0_2 * q ** 2 * slope_free_entropy_0 ** 2 + q


@njit(cache=True, error_model="numpy")
def free_entropy_0_integrand(omega, y, V, q, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, out):
    prox_M_00(omega, V, y, refine, work[0])
    guard_jet(work[0])
    free_entropy_0_l0_0 = work[0, 0]
    inner_P_00_0(slope_free_entropy_0 * omega, rest_free_entropy_0, y, refine, work[0])
    guard_jet(work[0])
    free_entropy_0_l1_0 = work[0, 0]
    out[0] = free_entropy_0_l0_0 * math.exp(free_entropy_0_l1_0)


@njit(cache=True, error_model="numpy")
def free_entropy_0_field(mean, var, centre, spread, y, V, q, rest_free_entropy_0, slope_free_entropy_0, refine, tol, out):
    """Integrate free_entropy_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(1)
    if spread <= 0.0:
        free_entropy_0_integrand(mean, y, V, q, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, out)
        return
    prior, precision = mean, 1.0 / var
    scale = math.sqrt(precision / (2.0 * math.pi))
    mean, sd = centre, math.sqrt(spread)
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
            density = scale * math.exp(-0.5 * precision * (u - prior) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            free_entropy_0_integrand(u, y, V, q, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, values)
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
                free_entropy_0_integrand(u, y, V, q, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * precision * (u - prior) ** 2))
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
def free_entropy_0_integral(mean, var, V, q, rest_free_entropy_0, slope_free_entropy_0, refine, tol, out):
    """Sum free_entropy_0_field over y = 0, 1, 2, ... in blocks that double, halved where a coarser rule disagrees."""
    work = np.empty((2, 5))
    law = np.empty(3)
    best = -math.inf
    top = 0.0
    fallen = 0
    y = 0.0
    while y < 1e13 and fallen < 4:  # the octave of most mass
        free_entropy_0_weight(y, q, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, law)
        fallen += 1
        if law[0] + math.log1p(y) > best:
            best, top, fallen = law[0] + math.log1p(y), y, 0
        if best == -math.inf or best - law[0] < 40.0:
            fallen = 0
        y = max(1.0, 2.0 * y)
    middle = SHORT
    while 2.0 * middle <= top:
        middle *= 2.0
    lowest = best - math.log1p(top) - 100.0
    values = np.empty(1)
    terms = np.empty((NODES, 1 + 1))
    total = np.zeros(1 + 1)
    size = np.zeros(1 + 1)
    fine = np.empty(1 + 1)
    coarse = np.empty(1 + 1)
    whole = np.empty(1 + 1)
    starts = np.empty(128)
    lengths = np.empty(128)
    # blocks [0, 16), [16, 32), [32, 64), ...: from that of most mass up, then down
    first, upward = (0.0 if top < SHORT else middle), True
    while True:
        depth = 1
        starts[0], lengths[0] = first, max(first, SHORT)
        before = size.copy()
        while depth > 0:
            depth -= 1
            start, length = starts[depth], lengths[depth]
            row = block_size(length)
            nodes = NODES if row >= 0 else SHORT
            fine[:] = 0.0
            coarse[:] = 0.0
            whole[:] = 0.0
            for i in range(nodes):
                y = start + (COUNT_X[row, i] if row >= 0 else float(i))
                free_entropy_0_weight(y, q, rest_free_entropy_0, slope_free_entropy_0, refine, tol, work, law)
                if not law[0] > lowest:
                    continue
                lowest = max(lowest, law[0] - 100.0)
                sharp = max(tol, 1e-15 * y * math.log1p(y))  # the rounding of log P at this count
                free_entropy_0_field(mean, var, law[1], law[2], y, V, q, rest_free_entropy_0, slope_free_entropy_0, refine, sharp, values)
                for k in range(1 + 1):
                    term = values[k] if k < 1 else math.exp(law[0])
                    heavy, light = (COUNT_W[row, i], COUNT_C[row, i]) if row >= 0 else (1.0, 1.0)
                    fine[k] += heavy * term
                    coarse[k] += light * term
                    whole[k] += heavy * abs(term)
            passed = True
            for k in range(1 + 1):
                passed &= not block_error(fine[k], coarse[k], whole[k]) > tol * max(size[k], whole[k])
            if passed or row < 0 or depth + 2 > starts.shape[0]:
                total += fine
                size += whole
            else:
                half = 0.5 * length
                starts[depth], lengths[depth] = start + half, half
                starts[depth + 1], lengths[depth + 1] = start, half
                depth += 2
        gone = True
        for k in range(1 + 1):
            gone &= not size[k] - before[k] > 1e-3 * tol * size[k]
        if math.isnan(total[0]):
            break
        if upward:
            if (gone and size[1] > 0.0 and first >= middle) or first >= 1e13:
                upward, first = False, middle if middle <= top else 0.0
            else:
                first = max(2.0 * first, SHORT)
        if not upward:
            if first <= 0.0:
                break
            first = 0.5 * first if first > SHORT else 0.0
    for k in range(1):  # a law that was not found whole is no number
        out[k] = total[k] if abs(total[1] - 1.0) <= max(1e-6, 10.0 * tol) else math.nan


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
    rho = p[2]
    slope_free_entropy_0 = (m / q if (q > 0.0) else 0.0)
    rest_free_entropy_0 = (-(m * slope_free_entropy_0)) + rho
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(0.0, q, V, q, rest_free_entropy_0, slope_free_entropy_0, refine, tol, free_entropy_0_values)
    free_entropy_0_S0 = free_entropy_0_values[0]
    free_entropy_I0_0 = free_entropy_0_S0
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 + alpha * free_entropy_I0_0 - m * m_hat + (m_hat ** 2 * rho + q_hat) / (2.0 * (V_hat + lam))


@njit(cache=True, error_model="numpy")
def observables_0_weight(y, m, q, rho, refine, tol, work, out):
    inner_P_00_0(0.0, rho, y, refine, work[0])
    guard_jet(work[0])
    observables_0_weight_l0_0 = work[0, 0]
    observables_0_weight_l0_1 = work[0, 1]
    observables_0_weight_l0_2 = work[0, 2]
    out[0] = observables_0_weight_l0_0
    out[1] = m * observables_0_weight_l0_1
    out[2] = m ** 2 * observables_0_weight_l0_2 + q


@njit(cache=True, error_model="numpy")
def observables_0_integrand(omega, y, m, observables_0_k0, q, rho, refine, tol, work, out):
    inner_P_00_0(m * omega / q, observables_0_k0, y, refine, work[0])
    guard_jet(work[0])
    observables_0_l0_0 = work[0, 0]
    t0 = math.exp(observables_0_l0_0)
    t1 = -math.exp(omega)
    out[0] = t0 * (t1 + y) ** 2
    out[1] = t0 * ((-t1) - y * omega)


@njit(cache=True, error_model="numpy")
def observables_0_field(mean, var, centre, spread, y, m, observables_0_k0, q, rho, refine, tol, out):
    """Integrate observables_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(2)
    if spread <= 0.0:
        observables_0_integrand(mean, y, m, observables_0_k0, q, rho, refine, tol, work, out)
        return
    prior, precision = mean, 1.0 / var
    scale = math.sqrt(precision / (2.0 * math.pi))
    mean, sd = centre, math.sqrt(spread)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0

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
            density = scale * math.exp(-0.5 * precision * (u - prior) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            observables_0_integrand(u, y, m, observables_0_k0, q, rho, refine, tol, work, values)
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
                observables_0_integrand(u, y, m, observables_0_k0, q, rho, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * precision * (u - prior) ** 2))
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
def observables_0_integral(mean, var, m, observables_0_k0, q, rho, refine, tol, out):
    """Sum observables_0_field over y = 0, 1, 2, ... in blocks that double, halved where a coarser rule disagrees."""
    work = np.empty((2, 5))
    law = np.empty(3)
    best = -math.inf
    top = 0.0
    fallen = 0
    y = 0.0
    while y < 1e13 and fallen < 4:  # the octave of most mass
        observables_0_weight(y, m, q, rho, refine, tol, work, law)
        fallen += 1
        if law[0] + math.log1p(y) > best:
            best, top, fallen = law[0] + math.log1p(y), y, 0
        if best == -math.inf or best - law[0] < 40.0:
            fallen = 0
        y = max(1.0, 2.0 * y)
    middle = SHORT
    while 2.0 * middle <= top:
        middle *= 2.0
    lowest = best - math.log1p(top) - 100.0
    values = np.empty(2)
    terms = np.empty((NODES, 2 + 1))
    total = np.zeros(2 + 1)
    size = np.zeros(2 + 1)
    fine = np.empty(2 + 1)
    coarse = np.empty(2 + 1)
    whole = np.empty(2 + 1)
    starts = np.empty(128)
    lengths = np.empty(128)
    # blocks [0, 16), [16, 32), [32, 64), ...: from that of most mass up, then down
    first, upward = (0.0 if top < SHORT else middle), True
    while True:
        depth = 1
        starts[0], lengths[0] = first, max(first, SHORT)
        before = size.copy()
        while depth > 0:
            depth -= 1
            start, length = starts[depth], lengths[depth]
            row = block_size(length)
            nodes = NODES if row >= 0 else SHORT
            fine[:] = 0.0
            coarse[:] = 0.0
            whole[:] = 0.0
            for i in range(nodes):
                y = start + (COUNT_X[row, i] if row >= 0 else float(i))
                observables_0_weight(y, m, q, rho, refine, tol, work, law)
                if not law[0] > lowest:
                    continue
                lowest = max(lowest, law[0] - 100.0)
                sharp = max(tol, 1e-15 * y * math.log1p(y))  # the rounding of log P at this count
                observables_0_field(mean, var, law[1], law[2], y, m, observables_0_k0, q, rho, refine, sharp, values)
                for k in range(2 + 1):
                    term = values[k] if k < 2 else math.exp(law[0])
                    heavy, light = (COUNT_W[row, i], COUNT_C[row, i]) if row >= 0 else (1.0, 1.0)
                    fine[k] += heavy * term
                    coarse[k] += light * term
                    whole[k] += heavy * abs(term)
            passed = True
            for k in range(2 + 1):
                passed &= not block_error(fine[k], coarse[k], whole[k]) > tol * max(size[k], whole[k])
            if passed or row < 0 or depth + 2 > starts.shape[0]:
                total += fine
                size += whole
            else:
                half = 0.5 * length
                starts[depth], lengths[depth] = start + half, half
                starts[depth + 1], lengths[depth + 1] = start, half
                depth += 2
        gone = True
        for k in range(2 + 1):
            gone &= not size[k] - before[k] > 1e-3 * tol * size[k]
        if math.isnan(total[0]):
            break
        if upward:
            if (gone and size[2] > 0.0 and first >= middle) or first >= 1e13:
                upward, first = False, middle if middle <= top else 0.0
            else:
                first = max(2.0 * first, SHORT)
        if not upward:
            if first <= 0.0:
                break
            first = 0.5 * first if first > SHORT else 0.0
    for k in range(2):  # a law that was not found whole is no number
        out[k] = total[k] if abs(total[2] - 1.0) <= max(1e-6, 10.0 * tol) else math.nan


@njit(cache=True, error_model="numpy")
def observables_1_weight(y, q, rest_observables_1, slope_observables_1, refine, tol, work, out):
    observables_1_weight_k0 = q * slope_observables_1 ** 2 + rest_observables_1
    inner_P_00_0(0.0, observables_1_weight_k0, y, refine, work[0])
    guard_jet(work[0])
    observables_1_weight_l0_0 = work[0, 0]
    observables_1_weight_l0_1 = work[0, 1]
    observables_1_weight_l0_2 = work[0, 2]
    out[0] = observables_1_weight_l0_0
    out[1] = observables_1_weight_l0_1 * q * slope_observables_1
    out[2] = observables_1_weight_l0_2 * q ** 2 * slope_observables_1 ** 2 + q


@njit(cache=True, error_model="numpy")
def observables_1_integrand(omega, y, V, q, rest_observables_1, slope_observables_1, refine, tol, work, out):
    prox_M_00(omega, V, y, refine, work[0])
    guard_jet(work[0])
    observables_1_l0_0 = work[0, 0]
    observables_1_l0_1 = work[0, 1]
    inner_P_00_0(slope_observables_1 * omega, rest_observables_1, y, refine, work[0])
    guard_jet(work[0])
    observables_1_l1_0 = work[0, 0]
    t0 = math.exp(observables_1_l1_0)
    t1 = V * observables_1_l0_1 + omega
    out[0] = t0 * ((-(t1 * y)) + math.exp(t1))
    out[1] = observables_1_l0_0 * t0


@njit(cache=True, error_model="numpy")
def observables_1_field(mean, var, centre, spread, y, V, q, rest_observables_1, slope_observables_1, refine, tol, out):
    """Integrate observables_1_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(2)
    if spread <= 0.0:
        observables_1_integrand(mean, y, V, q, rest_observables_1, slope_observables_1, refine, tol, work, out)
        return
    prior, precision = mean, 1.0 / var
    scale = math.sqrt(precision / (2.0 * math.pi))
    mean, sd = centre, math.sqrt(spread)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0

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
            density = scale * math.exp(-0.5 * precision * (u - prior) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            observables_1_integrand(u, y, V, q, rest_observables_1, slope_observables_1, refine, tol, work, values)
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
                observables_1_integrand(u, y, V, q, rest_observables_1, slope_observables_1, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * precision * (u - prior) ** 2))
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
def observables_1_integral(mean, var, V, q, rest_observables_1, slope_observables_1, refine, tol, out):
    """Sum observables_1_field over y = 0, 1, 2, ... in blocks that double, halved where a coarser rule disagrees."""
    work = np.empty((2, 5))
    law = np.empty(3)
    best = -math.inf
    top = 0.0
    fallen = 0
    y = 0.0
    while y < 1e13 and fallen < 4:  # the octave of most mass
        observables_1_weight(y, q, rest_observables_1, slope_observables_1, refine, tol, work, law)
        fallen += 1
        if law[0] + math.log1p(y) > best:
            best, top, fallen = law[0] + math.log1p(y), y, 0
        if best == -math.inf or best - law[0] < 40.0:
            fallen = 0
        y = max(1.0, 2.0 * y)
    middle = SHORT
    while 2.0 * middle <= top:
        middle *= 2.0
    lowest = best - math.log1p(top) - 100.0
    values = np.empty(2)
    terms = np.empty((NODES, 2 + 1))
    total = np.zeros(2 + 1)
    size = np.zeros(2 + 1)
    fine = np.empty(2 + 1)
    coarse = np.empty(2 + 1)
    whole = np.empty(2 + 1)
    starts = np.empty(128)
    lengths = np.empty(128)
    # blocks [0, 16), [16, 32), [32, 64), ...: from that of most mass up, then down
    first, upward = (0.0 if top < SHORT else middle), True
    while True:
        depth = 1
        starts[0], lengths[0] = first, max(first, SHORT)
        before = size.copy()
        while depth > 0:
            depth -= 1
            start, length = starts[depth], lengths[depth]
            row = block_size(length)
            nodes = NODES if row >= 0 else SHORT
            fine[:] = 0.0
            coarse[:] = 0.0
            whole[:] = 0.0
            for i in range(nodes):
                y = start + (COUNT_X[row, i] if row >= 0 else float(i))
                observables_1_weight(y, q, rest_observables_1, slope_observables_1, refine, tol, work, law)
                if not law[0] > lowest:
                    continue
                lowest = max(lowest, law[0] - 100.0)
                sharp = max(tol, 1e-15 * y * math.log1p(y))  # the rounding of log P at this count
                observables_1_field(mean, var, law[1], law[2], y, V, q, rest_observables_1, slope_observables_1, refine, sharp, values)
                for k in range(2 + 1):
                    term = values[k] if k < 2 else math.exp(law[0])
                    heavy, light = (COUNT_W[row, i], COUNT_C[row, i]) if row >= 0 else (1.0, 1.0)
                    fine[k] += heavy * term
                    coarse[k] += light * term
                    whole[k] += heavy * abs(term)
            passed = True
            for k in range(2 + 1):
                passed &= not block_error(fine[k], coarse[k], whole[k]) > tol * max(size[k], whole[k])
            if passed or row < 0 or depth + 2 > starts.shape[0]:
                total += fine
                size += whole
            else:
                half = 0.5 * length
                starts[depth], lengths[depth] = start + half, half
                starts[depth + 1], lengths[depth + 1] = start, half
                depth += 2
        gone = True
        for k in range(2 + 1):
            gone &= not size[k] - before[k] > 1e-3 * tol * size[k]
        if math.isnan(total[0]):
            break
        if upward:
            if (gone and size[2] > 0.0 and first >= middle) or first >= 1e13:
                upward, first = False, middle if middle <= top else 0.0
            else:
                first = max(2.0 * first, SHORT)
        if not upward:
            if first <= 0.0:
                break
            first = 0.5 * first if first > SHORT else 0.0
    for k in range(2):  # a law that was not found whole is no number
        out[k] = total[k] if abs(total[2] - 1.0) <= max(1e-6, 10.0 * tol) else math.nan


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
    rho = p[2]
    observables_0_k0 = (-(m ** 2 / q)) + rho
    observables_0_values = np.empty(2)
    observables_0_integral(0.0, q, m, observables_0_k0, q, rho, refine, tol, observables_0_values)
    observables_0_S0 = observables_0_values[0]
    observables_0_S1 = observables_0_values[1]
    observables_I0_0 = observables_0_S0
    observables_I0_1 = observables_0_S1
    slope_observables_1 = (m / q if (q > 0.0) else 0.0)
    rest_observables_1 = (-(m * slope_observables_1)) + rho
    observables_1_values = np.empty(2)
    observables_1_integral(0.0, q, V, q, rest_observables_1, slope_observables_1, refine, tol, observables_1_values)
    observables_1_S0 = observables_1_values[0]
    observables_1_S1 = observables_1_values[1]
    observables_I1_0 = observables_1_S0
    observables_I1_1 = observables_1_S1
    c0 = q / 2.0
    out[0] = observables_I0_0
    out[1] = (-(2.0 * math.exp(c0) * math.exp(m) * math.exp(rho / 2.0))) + math.exp(2.0 * q) + math.exp(2.0 * rho)
    out[2] = observables_I0_1
    out[3] = observables_I1_0
    out[4] = (-(2.0 * m)) + q + rho
    out[5] = q
    out[6] = V * q_hat / 2.0 - V_hat * c0 - alpha * observables_I1_1 + m * m_hat - (m_hat ** 2 * rho + q_hat) / (2.0 * (V_hat + lam))
    out[7] = V


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    rho = p[2]
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
