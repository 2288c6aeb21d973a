r"""logistic_bayes_gauss: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification c481d71f0335499a, derivation fd47660e6cadf463, sympy 1.14.0.

free_entropy = \frac{\hat{q}\,\left(1 - q\right)}{2} - \frac{1}{2}\,\log{\left(\hat{q} + 1 \right)}
    + 2\,\alpha\,\mathbb{E}_{\omega\sim\mathcal{N}\left(0,\,q\right)}\left[Z_{01}\left(\omega,\,1 -
    q\right)\,\log Z_{01}\left(\omega,\,1 - q\right)\right]
q_hat = 2\,\alpha\,\mathbb{E}_{\omega\sim\mathcal{N}\left(0,\,q\right)}\left[Z_{01}\left(\omega,\,1
    - q\right)\,\left(\partial_{\omega} \log Z_{01}\left(\omega,\,1 - q\right)\right)^{2}\right]
q = \frac{\hat{q}}{\hat{q} + 1}
r - q = \frac{1}{\hat{q} + 1}
where
F_{01}\left(h\right) = \frac{1}{e^{-h} + 1}
P(y=1\,|\,z) = \frac{1}{e^{-z} + 1}
Z_{01}\left(\omega, v\right) =
    \mathbb{E}_{h\sim\mathcal{N}\left(\omega,\,v\right)}\left[F_{01}\left(h\right)\right]
d\mu(w) = \frac{1}{\sqrt{2\,\pi}}\,e^{-\frac{w^{2}}{2}}\,dw
Z_{w}\left(\xi, A\right) = \int d\mu(w)\, e^{-A w^2/2 + \xi w} = \frac{1}{\sqrt{A +
    1}}\,e^{\frac{\xi^{2}}{2\,\left(A + 1\right)}}
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


MODEL = 'logistic_bayes_gauss'
ANSATZ = 'rs'
SPEC_HASH = 'c481d71f0335499aa024fb55b75280c3eb34a431e195640dc6b8e4ed5d5eb83b'
TRACE_HASH = 'fd47660e6cadf463'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha',)
TABLE = ()
STATE = ('q', 'r-q')
HATS = ('q_hat',)
NAMES = ({'q': 'q', 'r': 'r', 'q_hat': 'q_hat', 'r_hat': 'r_hat'},)
TIED_NAMES = {'m': 'q'}
TIED_HATS = {'m_hat': 'q_hat'}
OBSERVABLES = ('error_gibbs', 'error_bayes', 'mse')
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
STRATEGY = {'channel_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'free_entropy_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'inner_Z_01_0': 'inner quadrature: Gauss-Legendre panels around the maximum of the log integrand', 'observables_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'reduced_free_entropy_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol'}


@njit(cache=True, error_model="numpy")
def inner_Z_01_0(x, v, refine, out):
    """log of the integral of the body over w, with its field derivatives (orders 0 to 4)."""
    # the maximum of the log integrand, by Newton steps of bounded length
    w, stride, near = x, 2.0 * math.sqrt(v), False
    bend = 1.0 / v
    half = 0.5 * bend
    for _ in range(60):
        f1 = math.exp(-w) / (1.0 + math.exp(-w))
        bend = 1.0 / v - ((-(math.exp(-w) / (1.0 + math.exp(-w)))) + math.exp(-(2.0 * w)) / (1.0 + math.exp(-w)) ** 2)
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
        best = -softplus(-w) - 0.5 * (peak - x) ** 2 / v
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
                    value = -softplus(-w) - half * (w - x) * (w - x) - best
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
                        f1 = math.exp(-w) / (1.0 + math.exp(-w))
                        f2 = (-(math.exp(-w) / (1.0 + math.exp(-w)))) + math.exp(-(2.0 * w)) / (1.0 + math.exp(-w)) ** 2
                        f3 = math.exp(-w) / (1.0 + math.exp(-w)) - 3.0 * math.exp(-(2.0 * w)) / (1.0 + math.exp(-w)) ** 2 + 2.0 * math.exp(-(3.0 * w)) / (1.0 + math.exp(-w)) ** 3
                        f4 = (-(math.exp(-w) / (1.0 + math.exp(-w)))) + 7.0 * math.exp(-(2.0 * w)) / (1.0 + math.exp(-w)) ** 2 - 12.0 * math.exp(-(3.0 * w)) / (1.0 + math.exp(-w)) ** 3 + 6.0 * math.exp(-(4.0 * w)) / (1.0 + math.exp(-w)) ** 4
                        d1 += mass * f1
                        d2 += mass * (f2 + f1 * f1)
                        d3 += mass * (f3 + 3.0 * f2 * f1 + f1 ** 3)
                        d4 += mass * (f4 + 4.0 * f3 * f1 + 3.0 * f2 * f2 + 6.0 * f2 * f1 * f1 + f1 ** 4)
                    t += stride
            # the error at half the spacing is the square of these, or less
            if level > 0 and abs(2.0 * whole / s0 - 1.0) <= 1e-8 + noise and abs(2.0 * fourth / s4 - 1.0) <= 1e-5:
                if highest > 1e-3:
                    break
                total = best + math.log(spacing * s0 * unit / math.sqrt(2.0 * math.pi * v))
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
    best = -softplus(-w) + -0.5 * (w - x) ** 2 / v
    if not best > -math.inf:
        for i in range(-40, 41):
            trial = math.sinh(0.25 * i)
            if lower > -math.inf:
                trial = lower + math.exp(0.25 * i) if upper == math.inf else lower + (upper - lower) * (i + 40.5) / 81.0
            elif upper < math.inf:
                trial = upper - math.exp(0.25 * i)
            w = trial
            value = -softplus(-w) + -0.5 * (w - x) ** 2 / v
            if value > best:
                best, peak = value, trial
        w = peak if best > -math.inf else min(max(0.0, lower), upper)
    peak = w
    for direction in (1.0, -1.0):  # walk uphill by doubling steps, then shrink
        stride = step
        while stride > 1e-3 * step:
            w = min(max(peak + direction * stride, lower), upper)
            value = -softplus(-w) + -0.5 * (w - x) ** 2 / v
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
            value = -softplus(-w) + -0.5 * (w - x) ** 2 / v
            if not value > best - 42.0 or stride > 1e12:
                break
            inside = stride
            stride *= 2.0
        outside = stride
        for _ in range(6):
            middle = 0.5 * (inside + outside)
            w = peak + direction * middle
            value = -softplus(-w) + -0.5 * (w - x) ** 2 / v
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
            value = -softplus(-w) + -0.5 * (w - x) ** 2 / v
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
    total = best + math.log(total)

    if v < 1e-2:  # small variance: field derivatives act on the smooth body
        m1 = m2 = m3 = m4 = 0.0
        for panel in range(panels):
            for j in range(20):
                w = nodes[panel * 20 + j]
                mass = masses[panel * 20 + j]
                f1 = math.exp(-w) / (1.0 + math.exp(-w))
                f2 = (-(math.exp(-w) / (1.0 + math.exp(-w)))) + math.exp(-(2.0 * w)) / (1.0 + math.exp(-w)) ** 2
                f3 = math.exp(-w) / (1.0 + math.exp(-w)) - 3.0 * math.exp(-(2.0 * w)) / (1.0 + math.exp(-w)) ** 2 + 2.0 * math.exp(-(3.0 * w)) / (1.0 + math.exp(-w)) ** 3
                f4 = (-(math.exp(-w) / (1.0 + math.exp(-w)))) + 7.0 * math.exp(-(2.0 * w)) / (1.0 + math.exp(-w)) ** 2 - 12.0 * math.exp(-(3.0 * w)) / (1.0 + math.exp(-w)) ** 3 + 6.0 * math.exp(-(4.0 * w)) / (1.0 + math.exp(-w)) ** 4
                m1 += mass * f1
                m2 += mass * (f2 + f1 * f1)
                m3 += mass * (f3 + 3.0 * f2 * f1 + f1 ** 3)
                m4 += mass * (f4 + 4.0 * f3 * f1 + 3.0 * f2 * f2 + 6.0 * f2 * f1 * f1 + f1 ** 4)
        moments_to_jet(total - 0.5 * math.log(2.0 * math.pi * v), m1, m2, m3, m4, out)
        return

    total -= 0.5 * math.log(2.0 * math.pi * v)
    centered_to_channel(total, mean - x, k2, k3, k4, v, out)


@njit(cache=True, error_model="numpy")
def channel_0_integrand(omega, v, refine, tol, work, out):
    inner_Z_01_0(omega, v, refine, work[0])
    guard_jet(work[0])
    channel_0_l0_0 = work[0, 0]
    channel_0_l0_1 = work[0, 1]
    channel_0_l0_2 = work[0, 2]
    t0 = math.exp(channel_0_l0_0)
    out[0] = channel_0_l0_1 ** 2 * t0
    out[1] = channel_0_l0_2 ** 2 * t0


@njit(cache=True, error_model="numpy")
def channel_0_integral(mean, var, v, refine, tol, out):
    """Integrate channel_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(2)
    if var <= 0.0:
        channel_0_integrand(mean, v, refine, tol, work, out)
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
            channel_0_integrand(u, v, refine, tol, work, values)
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
                channel_0_integrand(u, v, refine, tol, work, values)
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
    channel_0_values = np.empty(2)
    channel_0_integral(0.0, q, v, refine, tol, channel_0_values)
    channel_I0_0 = channel_0_values[0]
    channel_I0_1 = channel_0_values[1]
    c0 = 2.0 * alpha
    out[0] = c0 * channel_I0_0
    out[1] = c0 * channel_I0_1


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    c0 = 1.0 / (q_hat + 1.0)
    c1 = 1.0 / (q_hat ** 2 + 2.0 * q_hat + 1.0)
    out[0] = c0 * q_hat
    out[1] = c0
    out[2] = c0 - c1 * q_hat
    out[3] = -c1


@njit(cache=True, error_model="numpy")
def free_entropy_0_integrand(omega, v, refine, tol, work, out):
    inner_Z_01_0(omega, v, refine, work[0])
    guard_jet(work[0])
    free_entropy_0_l0_0 = work[0, 0]
    out[0] = 2.0 * free_entropy_0_l0_0 * math.exp(free_entropy_0_l0_0)


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(mean, var, v, refine, tol, out):
    """Integrate free_entropy_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(1)
    if var <= 0.0:
        free_entropy_0_integrand(mean, v, refine, tol, work, out)
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
            free_entropy_0_integrand(u, v, refine, tol, work, values)
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
                free_entropy_0_integrand(u, v, refine, tol, work, values)
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
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(0.0, q, v, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    c0 = q_hat + 1.0
    out[0] = alpha * free_entropy_I0_0 - q * q_hat / 2.0 - math.log(c0) / 2.0 + (q_hat ** 2 + q_hat) / (2.0 * c0)


@njit(cache=True, error_model="numpy")
def reduced_free_entropy_0_integrand(omega, v, refine, tol, work, out):
    inner_Z_01_0(omega, v, refine, work[0])
    guard_jet(work[0])
    reduced_free_entropy_0_l0_0 = work[0, 0]
    out[0] = 2.0 * reduced_free_entropy_0_l0_0 * math.exp(reduced_free_entropy_0_l0_0)


@njit(cache=True, error_model="numpy")
def reduced_free_entropy_0_integral(mean, var, v, refine, tol, out):
    """Integrate reduced_free_entropy_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(1)
    if var <= 0.0:
        reduced_free_entropy_0_integrand(mean, v, refine, tol, work, out)
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
            reduced_free_entropy_0_integrand(u, v, refine, tol, work, values)
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
                reduced_free_entropy_0_integrand(u, v, refine, tol, work, values)
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
    reduced_free_entropy_0_values = np.empty(1)
    reduced_free_entropy_0_integral(0.0, q, v, refine, tol, reduced_free_entropy_0_values)
    reduced_free_entropy_I0_0 = reduced_free_entropy_0_values[0]
    out[0] = alpha * reduced_free_entropy_I0_0 - v / 2.0 + math.log(v) / 2.0 + (1.0 / 2.0)


@njit(cache=True, error_model="numpy")
def observables_0_integrand(omega, v, refine, tol, work, out):
    inner_Z_01_0(omega, v, refine, work[0])
    guard_jet(work[0])
    observables_0_l0_0 = work[0, 0]
    t0 = 2.0 * math.exp(observables_0_l0_0)
    out[0] = t0 * H(omega / math.sqrt(v))
    out[1] = t0 * (1.0 if (sign(omega) != 1.0) else 0.0)


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, v, refine, tol, out):
    """Integrate observables_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(2)
    if var <= 0.0:
        observables_0_integrand(mean, v, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(2)
    widths = np.empty(2)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = 0.0
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
            observables_0_integrand(u, v, refine, tol, work, values)
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
                observables_0_integrand(u, v, refine, tol, work, values)
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
    v = x[1]
    observables_0_values = np.empty(2)
    observables_0_integral(0.0, q, v, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    observables_I0_1 = observables_0_values[1]
    out[0] = observables_I0_0
    out[1] = observables_I0_1
    out[2] = v


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
