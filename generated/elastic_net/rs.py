r"""elastic_net: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 665c6d513e71663e, derivation b3410442ae46d0e4, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\frac{4\,\rho\,\left(\hat{V} +
    \lambda_{2}\right)\,\left(\lambda_{1}^{2} + \hat{m}^{2} +
    \hat{q}\right)\,H\left(\frac{\lambda_{1}}{\sqrt{\hat{m}^{2} + \hat{q}}}\right)}{\hat{V} +
    \lambda_{2}} - \frac{\lambda_{1}\,\rho\,\left(\hat{V} +
    \lambda_{2}\right)\,\sqrt{8\,\left(\hat{m}^{2} + \hat{q}\right)}}{\sqrt{\pi}\,\left(\hat{V} +
    \lambda_{2}\right)}\,e^{-\frac{\lambda_{1}^{2}}{2\,\left(\hat{m}^{2} + \hat{q}\right)}} -
    \frac{\lambda_{1}\,\left(1 - \rho\right)\,\left(\hat{V} +
    \lambda_{2}\right)\,\sqrt{8\,\hat{q}}}{\sqrt{\pi}\,\left(\hat{V} +
    \lambda_{2}\right)}\,e^{-\frac{\lambda_{1}^{2}}{2\,\hat{q}}} + \frac{4\,\left(1 -
    \rho\right)\,\left(\hat{V} + \lambda_{2}\right)\,\left(\lambda_{1}^{2} +
    \hat{q}\right)\,H\left(\frac{\lambda_{1}}{\sqrt{\hat{q}}}\right)}{\hat{V} +
    \lambda_{2}}}{4\,\left(\hat{V} + \lambda_{2}\right)}
\phi_{\mathrm{ch}} = -\frac{\alpha\,\left(\Delta + q + \rho - 2\,m\right)}{2\,\left(V + 1\right)}
q_hat = \frac{\alpha\,\left(\Delta + q + \rho - 2\,m\right)}{\left(V + 1\right)^{2}}
V_hat = \frac{\alpha}{V + 1}
m_hat = \frac{\alpha}{V + 1}
q = \frac{2\,\rho\,\left(\lambda_{1}^{2} + \hat{m}^{2} +
    \hat{q}\right)\,H\left(\frac{\lambda_{1}}{\sqrt{\hat{m}^{2} + \hat{q}}}\right) -
    \frac{\lambda_{1}\,\rho\,\sqrt{2\,\left(\hat{m}^{2} +
    \hat{q}\right)}}{\sqrt{\pi}}\,e^{-\frac{\lambda_{1}^{2}}{2\,\left(\hat{m}^{2} + \hat{q}\right)}}
    - \frac{\lambda_{1}\,\left(1 -
    \rho\right)\,\sqrt{2\,\hat{q}}}{\sqrt{\pi}}\,e^{-\frac{\lambda_{1}^{2}}{2\,\hat{q}}} +
    2\,\left(1 - \rho\right)\,\left(\lambda_{1}^{2} +
    \hat{q}\right)\,H\left(\frac{\lambda_{1}}{\sqrt{\hat{q}}}\right)}{\left(\hat{V} +
    \lambda_{2}\right)^{2}}
V = \frac{4\,\left(\frac{\rho\,\left(\hat{V} +
    \lambda_{2}\right)\,H\left(\frac{\lambda_{1}}{\sqrt{\hat{m}^{2} +
    \hat{q}}}\right)}{2\,\left(\hat{V} + \lambda_{2}\right)} + \frac{\left(1 -
    \rho\right)\,\left(\hat{V} +
    \lambda_{2}\right)\,H\left(\frac{\lambda_{1}}{\sqrt{\hat{q}}}\right)}{2\,\left(\hat{V} +
    \lambda_{2}\right)}\right)}{\hat{V} + \lambda_{2}}
m = \frac{2\,\hat{m}\,\rho\,H\left(\frac{\lambda_{1}}{\sqrt{\hat{m}^{2} + \hat{q}}}\right)}{\hat{V}
    + \lambda_{2}}
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
g\left(w\right) = \frac{\lambda_{2}\,w^{2}}{2} + \lambda_{1}\,\left|{w}\right|
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \begin{cases} \frac{\left(\lambda_{1} +
    \xi\right)^{2}}{2\,\left(\hat{V} + \lambda_{2}\right)} & \xi < -\lambda_{1}\\ 0 & -\lambda_{1} <
    \xi < \lambda_{1}\\ \frac{\left(\lambda_{1} - \xi\right)^{2}}{2\,\left(\hat{V} +
    \lambda_{2}\right)} & \xi > \lambda_{1} \end{cases}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \begin{cases} \frac{\lambda_{1} + \xi}{\hat{V} +
    \lambda_{2}} & \xi < -\lambda_{1}\\ 0 & -\lambda_{1} < \xi < \lambda_{1}\\ \frac{\xi -
    \lambda_{1}}{\hat{V} + \lambda_{2}} & \xi > \lambda_{1} \end{cases}
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


MODEL = 'elastic_net'
ANSATZ = 'rs'
SPEC_HASH = '665c6d513e71663e8f045d93a4bbcb0b84cbf101a5df9db4b4d7ba11eb6734ad'
TRACE_HASH = 'b3410442ae46d0e4'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam1', 'lam2', 'rho', 'Delta')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'training_loss', 'mse', 'norm', 'support', 'energy', 'bias', 'variance', 'prox_variance')
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
    rho = p[3]
    Delta = p[4]
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
    lam1 = p[1]
    lam2 = p[2]
    rho = p[3]
    c0 = V_hat ** 2
    c1 = lam2 ** 2
    c2 = 2.0 * lam2
    c3 = 1.0 / (V_hat * c2 + c0 + c1)
    c4 = math.sqrt(q_hat)
    c5 = H(lam1 / c4)
    c6 = 2.0 * c5
    c7 = c3 * c6
    c8 = c7 * q_hat
    c9 = lam1 ** 2
    c10 = c7 * c9
    c11 = m_hat ** 2
    c12 = c11 + q_hat
    c13 = math.sqrt(c12)
    c14 = lam1 / c13
    c15 = rho * H(c14)
    c16 = 2.0 * c15
    c17 = c16 * c3
    c18 = c9 / 2.0
    c19 = math.exp(-(c18 / q_hat))
    c20 = 1.4142135623730951
    c21 = 0.5641895835477563
    c22 = c20 * c21
    c23 = c22 * lam1
    c24 = c19 * c23
    c25 = c24 * c4
    c26 = c25 * c3
    c27 = math.exp(-(c18 / c12))
    c28 = c27 * rho
    c29 = c28 * c3
    c30 = c14 * c22
    c31 = c29 * c30
    c32 = 1.0 / (V_hat + lam2)
    c33 = c32 * c6
    c34 = c16 * c32
    c35 = c28 / math.pow(c12, (3.0 / 2.0))
    c36 = 4.0 * lam2
    c37 = c22 * lam1 ** 3
    c38 = c37 / (V_hat * c36 + 2.0 * c0 + 2.0 * c1)
    c39 = c28 * q_hat
    c40 = math.pow(c12, (-5.0 / 2.0))
    c41 = c38 * c40
    c42 = c11 * c28
    c43 = c17 - c7 * rho + c7
    c44 = 4.0 * V_hat
    c45 = 1.0 / (V_hat ** 4 + V_hat ** 3 * c36 + 6.0 * c0 * c1 + c44 * lam2 ** 3 + lam2 ** 4)
    c46 = c45 * c5
    c47 = c44 * c46
    c48 = c36 * c46
    c49 = c15 * c45
    c50 = c44 * c49
    c51 = c36 * c49
    c52 = 2.0 * V_hat
    c53 = c25 * c45
    c54 = c30 * c45
    c55 = c52 * c54
    c56 = c2 * c54
    c57 = c3 * m_hat
    c58 = c37 * c40
    c59 = 1.0 / (c2 + c52)
    c60 = c24 * c59 / math.pow(q_hat, (3.0 / 2.0))
    c61 = c23 * c35
    c62 = c59 * c61
    c63 = c32 * c61
    out[0] = (-(c10 * rho)) + c10 + c11 * c17 + c11 * c31 - 2.0 * c13 * c23 * c29 + c17 * c9 + c17 * q_hat + c26 * rho - c26 + c31 * q_hat - c8 * rho + c8
    out[1] = (-(c33 * rho)) + c33 + c34
    out[2] = c34 * m_hat
    out[3] = (-(c35 * c38)) + c39 * c41 + c41 * c42 + c43
    out[4] = 4.0 * V_hat * c13 * c20 * c21 * c27 * c45 * lam1 * rho + 2.0 * V_hat * c19 * c20 * c21 * c4 * c45 * lam1 + 4.0 * V_hat * c45 * c5 * c9 * rho + 4.0 * V_hat * c45 * c5 * q_hat * rho - c11 * c50 - c11 * c51 + 4.0 * c13 * c20 * c21 * c27 * c45 * lam1 * lam2 * rho + 2.0 * c19 * c20 * c21 * c4 * c45 * lam1 * lam2 - c2 * c53 * rho - c39 * c55 - c39 * c56 - c42 * c55 - c42 * c56 + 4.0 * c45 * c5 * c9 * lam2 * rho + 4.0 * c45 * c5 * lam2 * q_hat * rho - c47 * c9 - c47 * q_hat - c48 * c9 - c48 * q_hat - c50 * c9 - c50 * q_hat - c51 * c9 - c51 * q_hat - c52 * c53 * rho
    out[5] = 4.0 * c15 * c57 + c29 * c58 * m_hat ** 3 - c35 * c37 * c57 + c39 * c57 * c58
    out[6] = (-(c60 * rho)) + c60 + c62
    out[7] = -c43
    out[8] = c63 * m_hat
    out[9] = c62 * m_hat
    out[10] = -(c17 * m_hat)
    out[11] = c11 * c63 + c34


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
    lam1 = p[1]
    lam2 = p[2]
    rho = p[3]
    Delta = p[4]
    c0 = lam1 ** 2
    c1 = 1.0 / (V_hat + lam2)
    c2 = math.sqrt(q_hat)
    c3 = lam1 / c2
    c4 = H(c3)
    c5 = c0 * c1
    c6 = c1 * lam1
    c7 = c0 / 2.0
    c8 = math.exp(-(c7 / q_hat))
    c9 = 1.4142135623730951
    c10 = 0.5641895835477563
    c11 = c10 * c9
    c12 = c11 * c8
    c13 = c12 * c3 / 2.0 + c4
    c14 = m_hat ** 2 + q_hat
    c15 = math.sqrt(c14)
    c16 = lam1 / c15
    c17 = H(c16)
    c18 = c11 * math.exp(-(c7 / c14))
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 - alpha * (Delta - 2.0 * m + q + rho) / (2.0 * (V + 1.0)) + c0 * c1 * c4 + c1 * c10 * c2 * c8 * c9 * lam1 * rho - c1 * c13 * q_hat * rho + c1 * c13 * q_hat - c12 * c2 * c6 - c4 * c5 * rho - m * m_hat + rho * (c1 * c14 * (c16 * c18 / 2.0 + c17) - c15 * c18 * c6 + c17 * c5)


@njit(cache=True, error_model="numpy")
def observables_0_integrand(s30, V_hat, lam1, lam2, m_hat, q_hat, refine, tol, work, out):
    t0 = math.sqrt(q_hat)
    t1 = 1.0 / t0
    t2 = lam1 * t1
    t3 = m_hat * s30
    t4 = t1 * t3
    t5 = H(t2 + t4)
    t6 = 1.0 / (V_hat + lam2)
    t7 = lam1 * t6
    t8 = t3 * t6
    t9 = H(t2 - t4)
    t10 = 1.0 / q_hat
    t11 = t10 / 2.0
    t12 = 2.0 * 1.772453850905516 * math.exp(lam1 ** 2 * t11) * math.exp(m_hat ** 2 * t11 * s30 ** 2)
    t13 = V_hat * t12
    t14 = lam2 * t12
    t15 = math.exp(lam1 * t10 * t3)
    t16 = 1.4142135623730951 * t0
    out[0] = (t15 * t16 / (t13 + t14) - t16 / (t13 * t15 + t14 * t15) + t5 * t7 + t5 * t8 - t7 * t9 + t8 * t9) ** 2


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, V_hat, lam1, lam2, m_hat, q_hat, refine, tol, out):
    """Integrate observables_0_integrand over s30 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_0_integrand(mean, V_hat, lam1, lam2, m_hat, q_hat, refine, tol, work, out)
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
            observables_0_integrand(u, V_hat, lam1, lam2, m_hat, q_hat, refine, tol, work, values)
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
                observables_0_integrand(u, V_hat, lam1, lam2, m_hat, q_hat, refine, tol, work, values)
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
    lam1 = p[1]
    lam2 = p[2]
    rho = p[3]
    Delta = p[4]
    observables_0_values = np.empty(1)
    observables_0_integral(0.0, 1.0, V_hat, lam1, lam2, m_hat, q_hat, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    c0 = 2.0 * m
    c1 = (-c0) + rho
    c2 = c1 + q
    c3 = Delta + c2
    c4 = 1.0 / (2.0 * V ** 2 + 4.0 * V + 2.0)
    c5 = m_hat ** 2 + q_hat
    c6 = math.sqrt(c5)
    c7 = lam1 / c6
    c8 = H(c7)
    c9 = math.sqrt(q_hat)
    c10 = lam1 / c9
    c11 = H(c10)
    c12 = lam1 ** 2
    c13 = 1.0 / (V_hat + lam2)
    c14 = c12 * c13
    c15 = c11 * c14
    c16 = c13 * lam1
    c17 = c12 / 2.0
    c18 = 0.7978845608028654
    c19 = c18 * math.exp(-(c17 / q_hat))
    c20 = c16 * c19 * c9
    c21 = c13 * q_hat * (c10 * c19 / 2.0 + c11)
    c22 = c18 * math.exp(-(c17 / c5))
    c23 = observables_I0_0 * rho
    out[0] = c3
    out[1] = Delta * c4 - c0 * c4 + c4 * q + c4 * rho
    out[2] = c2
    out[3] = q
    out[4] = 2.0 * c11 * (1.0 - rho) + 2.0 * c8 * rho
    out[5] = V * q_hat / 2.0 - V_hat * q / 2.0 + alpha * c3 / (2.0 * (V + 1.0)) + c15 * rho - c15 - c20 * rho + c20 + c21 * rho - c21 + m * m_hat - rho * (c13 * c5 * (c22 * c7 / 2.0 + c8) + c14 * c8 - c16 * c22 * c6)
    out[6] = c1 + c23
    out[7] = (-c23) + q
    out[8] = V


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    rho = p[3]
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
