r"""lasso_sparse: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification beae3290baf9ea5f, derivation 6249a6a8537ab469, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{2\,\rho\,\left(\lambda^{2} + \hat{m}^{2} +
    \hat{q}\right)\,H\left(\frac{\lambda}{\sqrt{\hat{m}^{2} + \hat{q}}}\right) -
    \frac{\lambda\,\rho\,\sqrt{2\,\left(\hat{m}^{2} +
    \hat{q}\right)}}{\sqrt{\pi}}\,e^{-\frac{\lambda^{2}}{2\,\left(\hat{m}^{2} + \hat{q}\right)}} -
    \frac{\lambda\,\left(1 -
    \rho\right)\,\sqrt{2\,\hat{q}}}{\sqrt{\pi}}\,e^{-\frac{\lambda^{2}}{2\,\hat{q}}} + 2\,\left(1 -
    \rho\right)\,\left(\lambda^{2} +
    \hat{q}\right)\,H\left(\frac{\lambda}{\sqrt{\hat{q}}}\right)}{2\,\hat{V}}
\phi_{\mathrm{ch}} = -\frac{\alpha\,\left(\Delta + q + \rho - 2\,m\right)}{2\,\left(V + 1\right)}
q_hat = \frac{\alpha\,\left(\Delta + q + \rho - 2\,m\right)}{\left(V + 1\right)^{2}}
V_hat = \frac{\alpha}{V + 1}
m_hat = \frac{\alpha}{V + 1}
q = \frac{2\,\rho\,\left(\lambda^{2} + \hat{m}^{2} +
    \hat{q}\right)\,H\left(\frac{\lambda}{\sqrt{\hat{m}^{2} + \hat{q}}}\right) -
    \frac{\lambda\,\rho\,\sqrt{2\,\left(\hat{m}^{2} +
    \hat{q}\right)}}{\sqrt{\pi}}\,e^{-\frac{\lambda^{2}}{2\,\left(\hat{m}^{2} + \hat{q}\right)}} -
    \frac{\lambda\,\left(1 -
    \rho\right)\,\sqrt{2\,\hat{q}}}{\sqrt{\pi}}\,e^{-\frac{\lambda^{2}}{2\,\hat{q}}} + 2\,\left(1 -
    \rho\right)\,\left(\lambda^{2} +
    \hat{q}\right)\,H\left(\frac{\lambda}{\sqrt{\hat{q}}}\right)}{\hat{V}^{2}}
V = \frac{2\,\left(\rho\,H\left(\frac{\lambda}{\sqrt{\hat{m}^{2} + \hat{q}}}\right) + \left(1 -
    \rho\right)\,H\left(\frac{\lambda}{\sqrt{\hat{q}}}\right)\right)}{\hat{V}}
m = \frac{2\,\hat{m}\,\rho\,H\left(\frac{\lambda}{\sqrt{\hat{m}^{2} + \hat{q}}}\right)}{\hat{V}}
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
\mathrm{law}\left(u\right) = \mathcal{N}\left(0,\,\Delta + q + \rho - 2\,m\right)
\mathcal{M}_{V}\left[\ell_{0}\right]\left(u\right) = \frac{u^{2}}{2\,\left(V + 1\right)}
\mathrm{prox}_{V}\left[\ell_{0}\right]\left(u\right) = \frac{u}{V + 1}
g\left(w\right) = \lambda\,\left|{w}\right|
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \begin{cases} \frac{\left(\lambda +
    \xi\right)^{2}}{2\,\hat{V}} & \xi < -\lambda\\ 0 & -\lambda < \xi < \lambda\\
    \frac{\left(\lambda - \xi\right)^{2}}{2\,\hat{V}} & \xi > \lambda \end{cases}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \begin{cases} \frac{\lambda + \xi}{\hat{V}} & \xi <
    -\lambda\\ 0 & -\lambda < \xi < \lambda\\ \frac{\xi - \lambda}{\hat{V}} & \xi > \lambda
    \end{cases}
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


MODEL = 'lasso_sparse'
ANSATZ = 'rs'
SPEC_HASH = 'beae3290baf9ea5f2382a0e678db060c643049b702d91564f2690b51dd6b5961'
TRACE_HASH = '6249a6a8537ab469'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam', 'rho', 'Delta')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'training_loss', 'mse', 'norm', 'support', 'false_positives', 'energy', 'bias', 'variance', 'prox_variance')
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
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    V = x[1]
    m = x[2]
    alpha = p[0]
    rho = p[2]
    Delta = p[3]
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
    out[0] = Delta * c2 + c2 * q + c2 * rho - c3 * m
    out[1] = c4
    out[2] = c4
    out[3] = c2
    out[4] = (-(Delta * c7)) - Delta * c8 + 4.0 * V * alpha * c5 * m + 4.0 * alpha * c5 * m - c7 * q - c7 * rho - c8 * q - c8 * rho
    out[5] = -c3
    out[6] = 0.0
    out[7] = c9
    out[8] = 0.0
    out[9] = 0.0
    out[10] = c9
    out[11] = 0.0


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    lam = p[1]
    rho = p[2]
    c0 = 1.0 / V_hat ** 2
    c1 = math.sqrt(q_hat)
    c2 = H(lam / c1)
    c3 = 2.0 * c2
    c4 = c0 * c3
    c5 = c4 * q_hat
    c6 = lam ** 2
    c7 = c4 * c6
    c8 = m_hat ** 2
    c9 = c8 + q_hat
    c10 = math.sqrt(c9)
    c11 = lam / c10
    c12 = rho * H(c11)
    c13 = 2.0 * c12
    c14 = c0 * c13
    c15 = 1.4142135623730951
    c16 = 0.5641895835477563
    c17 = c15 * c16
    c18 = c0 * c17
    c19 = c6 / 2.0
    c20 = math.exp(-(c19 / q_hat))
    c21 = c20 * lam
    c22 = c1 * c21
    c23 = c18 * c22
    c24 = math.exp(-(c19 / c9))
    c25 = c24 * rho
    c26 = c18 * c25
    c27 = c11 * c26
    c28 = 1.0 / V_hat
    c29 = c28 * c3
    c30 = c13 * c28
    c31 = math.pow(c9, (-3.0 / 2.0))
    c32 = lam ** 3
    c33 = c26 * c32
    c34 = c33 / 2.0
    c35 = math.pow(c9, (-5.0 / 2.0))
    c36 = c34 * c35
    c37 = c14 - c4 * rho + c4
    c38 = 1.0 / V_hat ** 3
    c39 = 4.0 * c38
    c40 = c2 * c39
    c41 = c12 * c39
    c42 = 2.0 * c17 * c38
    c43 = c11 * c25 * c42
    c44 = c0 * m_hat
    c45 = c17 * c25 * c32 * c44
    c46 = c17 * c28
    c47 = c46 / 2.0
    c48 = c21 * c47 / math.pow(q_hat, (3.0 / 2.0))
    c49 = c25 * c31 * lam
    c50 = c47 * c49
    c51 = c46 * c49
    out[0] = (-(2.0 * c10 * c26 * lam)) + c14 * c6 + c14 * c8 + c14 * q_hat + c23 * rho - c23 + c27 * c8 + c27 * q_hat - c5 * rho + c5 - c7 * rho + c7
    out[1] = (-(c29 * rho)) + c29 + c30
    out[2] = c30 * m_hat
    out[3] = (-(c31 * c34)) + c36 * c8 + c36 * q_hat + c37
    out[4] = 2.0 * c1 * c15 * c16 * c20 * c38 * lam + 4.0 * c10 * c15 * c16 * c24 * c38 * lam * rho + 4.0 * c2 * c38 * c6 * rho + 4.0 * c2 * c38 * q_hat * rho - c22 * c42 * rho - c40 * c6 - c40 * q_hat - c41 * c6 - c41 * c8 - c41 * q_hat - c43 * c8 - c43 * q_hat
    out[5] = 4.0 * c12 * c44 - c31 * c45 + c33 * c35 * m_hat ** 3 + c35 * c45 * q_hat
    out[6] = (-(c48 * rho)) + c48 + c50
    out[7] = -c37
    out[8] = c51 * m_hat
    out[9] = c50 * m_hat
    out[10] = -(c14 * m_hat)
    out[11] = c30 + c51 * c8


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
    Delta = p[3]
    c0 = 1.0 / V_hat
    c1 = lam ** 2
    c2 = math.sqrt(q_hat)
    c3 = lam / c2
    c4 = H(c3)
    c5 = c0 * c1
    c6 = c0 * lam
    c7 = c1 / 2.0
    c8 = math.exp(-(c7 / q_hat))
    c9 = 1.4142135623730951
    c10 = 0.5641895835477563
    c11 = c10 * c9
    c12 = c11 * c8
    c13 = c12 * c3 / 2.0 + c4
    c14 = m_hat ** 2 + q_hat
    c15 = math.sqrt(c14)
    c16 = lam / c15
    c17 = H(c16)
    c18 = c11 * math.exp(-(c7 / c14))
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 - alpha * (Delta - 2.0 * m + q + rho) / (2.0 * (V + 1.0)) + c0 * c1 * c4 + c0 * c10 * c2 * c8 * c9 * lam * rho - c0 * c13 * q_hat * rho + c0 * c13 * q_hat - c12 * c2 * c6 - c4 * c5 * rho - m * m_hat + rho * (c0 * c14 * (c16 * c18 / 2.0 + c17) - c15 * c18 * c6 + c17 * c5)


@njit(cache=True, error_model="numpy")
def observables_0_integrand(s30, V_hat, lam, m_hat, q_hat, refine, tol, work, out):
    t0 = math.sqrt(q_hat)
    t1 = 1.0 / t0
    t2 = lam * t1
    t3 = m_hat * s30
    t4 = t1 * t3
    t5 = H(t2 + t4)
    t6 = 1.0 / V_hat
    t7 = lam * t6
    t8 = t3 * t6
    t9 = H(t2 - t4)
    t10 = 1.0 / q_hat
    t11 = lam ** 2 / 2.0 + m_hat ** 2 * s30 ** 2 / 2.0
    t12 = 1.4142135623730951 * t0 * t6 / (2.0 * 1.772453850905516)
    out[0] = (t12 * math.exp(t10 * (lam * m_hat * s30 - t11)) - t12 * math.exp(-(t10 * (lam * t3 + t11))) + t5 * t7 + t5 * t8 - t7 * t9 + t8 * t9) ** 2


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, V_hat, lam, m_hat, q_hat, refine, tol, out):
    """Integrate observables_0_integrand over s30 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_0_integrand(mean, V_hat, lam, m_hat, q_hat, refine, tol, work, out)
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
            observables_0_integrand(u, V_hat, lam, m_hat, q_hat, refine, tol, work, values)
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
                observables_0_integrand(u, V_hat, lam, m_hat, q_hat, refine, tol, work, values)
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
    lam = p[1]
    rho = p[2]
    Delta = p[3]
    observables_0_values = np.empty(1)
    observables_0_integral(0.0, 1.0, V_hat, lam, m_hat, q_hat, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    c0 = 2.0 * m
    c1 = (-c0) + rho
    c2 = c1 + q
    c3 = Delta + c2
    c4 = 1.0 / (2.0 * V ** 2 + 4.0 * V + 2.0)
    c5 = m_hat ** 2 + q_hat
    c6 = math.sqrt(c5)
    c7 = lam / c6
    c8 = H(c7)
    c9 = math.sqrt(q_hat)
    c10 = lam / c9
    c11 = H(c10)
    c12 = 2.0 * c11 * (1.0 - rho)
    c13 = 1.0 / V_hat
    c14 = lam ** 2
    c15 = c13 * c14
    c16 = c11 * c15
    c17 = c13 * lam
    c18 = c14 / 2.0
    c19 = 0.7978845608028654
    c20 = c19 * math.exp(-(c18 / q_hat))
    c21 = c17 * c20 * c9
    c22 = c13 * q_hat * (c10 * c20 / 2.0 + c11)
    c23 = c19 * math.exp(-(c18 / c5))
    c24 = observables_I0_0 * rho
    out[0] = c3
    out[1] = Delta * c4 - c0 * c4 + c4 * q + c4 * rho
    out[2] = c2
    out[3] = q
    out[4] = c12 + 2.0 * c8 * rho
    out[5] = c12
    out[6] = V * q_hat / 2.0 - V_hat * q / 2.0 + alpha * c3 / (2.0 * (V + 1.0)) + c16 * rho - c16 - c21 * rho + c21 + c22 * rho - c22 + m * m_hat - rho * (c13 * c5 * (c23 * c7 / 2.0 + c8) + c15 * c8 - c17 * c23 * c6)
    out[7] = c1 + c24
    out[8] = (-c24) + q
    out[9] = V


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
