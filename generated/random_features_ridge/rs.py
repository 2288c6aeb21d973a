r"""random_features_ridge: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 8930d9ef48a2ad3e, derivation 1c99dbb33866cc89, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{q}\,\left(1 - \min\left(1,
    \frac{1}{\psi}\right)\right)\,\left(c_{1} - c_{0}^{2} - c_{2}^{2}\right)}{2\,\left(\lambda +
    \hat{V}\,\left(c_{1} - c_{0}^{2} - c_{2}^{2}\right)\right)} + \frac{\min\left(1,
    \frac{1}{\psi}\right)}{2}\,\mathbb{E}_{s_{1}\sim \frac{\sqrt{\left(\left(\sqrt{\psi} +
    1\right)^{2} - s_{1}\right)\,\left(s_{1} - \left(1 -
    \sqrt{\psi}\right)^{2}\right)}}{2\,\pi\,\psi\,s_{1}\,\min\left(1,
    \frac{1}{\psi}\right)}}\left[\frac{\hat{m}^{2}\,s_{1} + \hat{q}\,\left(s_{1}\,c_{2}^{2} -
    c_{0}^{2} - c_{2}^{2} + c_{1}\right)}{\lambda + \hat{V}\,\left(s_{1}\,c_{2}^{2} - c_{0}^{2} -
    c_{2}^{2} + c_{1}\right)}\right]
\phi_{\mathrm{ch}} = -\frac{\alpha\,\left(\psi\,c_{2}^{2}\,c_{3}\,\min\left(1, \frac{1}{\psi}\right)
    - 2\,m\,\sqrt{\psi}\,c_{2} + \Delta + q - c_{4}\,\min\left(1, \frac{1}{\psi}\right) +
    1\right)}{2\,\left(V + 1\right)}
q_hat = \frac{\alpha\,\left(\psi\,c_{2}^{2}\,c_{3}\,\min\left(1, \frac{1}{\psi}\right) -
    2\,m\,\sqrt{\psi}\,c_{2} + \Delta + q - c_{4}\,\min\left(1, \frac{1}{\psi}\right) +
    1\right)}{\left(V + 1\right)^{2}}
V_hat = \frac{\alpha}{V + 1}
m_hat = \frac{\alpha\,\sqrt{\psi}\,c_{2}}{V + 1}
q = \min\left(1, \frac{1}{\psi}\right)\,\mathbb{E}_{s_{1}\sim \frac{\sqrt{\left(\left(\sqrt{\psi} +
    1\right)^{2} - s_{1}\right)\,\left(s_{1} - \left(1 -
    \sqrt{\psi}\right)^{2}\right)}}{2\,\pi\,\psi\,s_{1}\,\min\left(1,
    \frac{1}{\psi}\right)}}\left[\left(s_{1}\,c_{2}^{2} - c_{0}^{2} - c_{2}^{2} +
    c_{1}\right)\,\mathbb{E}_{\xi\sim\mathcal{N}\left(0,\,\frac{\hat{m}^{2}\,s_{1}}{s_{1}\,c_{2}^{2}
    - c_{0}^{2} - c_{2}^{2} + c_{1}} +
    \hat{q}\right)}\left[\left(\mathcal{M}^{*\prime}_{\hat{V}\,\left(s_{1}\,c_{2}^{2} - c_{0}^{2} -
    c_{2}^{2} + c_{1}\right)}\left[g\right]\left(\xi\,\sqrt{s_{1}\,c_{2}^{2} - c_{0}^{2} - c_{2}^{2}
    + c_{1}}\right)\right)^{2}\right]\right] - \left(1 - \min\left(1,
    \frac{1}{\psi}\right)\right)\,\left(c_{0}^{2} + c_{2}^{2} -
    c_{1}\right)\,\mathbb{E}_{\xi\sim\mathcal{N}\left(0,\,\hat{q}\right)}\left[\left(\mathcal{M}^{*\prime}_{\hat{V}\,\left(c_{1}
    - c_{0}^{2} - c_{2}^{2}\right)}\left[g\right]\left(\xi\,\sqrt{c_{1} - c_{0}^{2} -
    c_{2}^{2}}\right)\right)^{2}\right]
V = \frac{\left(1 - \min\left(1, \frac{1}{\psi}\right)\right)\,\left(c_{1} - c_{0}^{2} -
    c_{2}^{2}\right)}{\lambda + \hat{V}\,\left(c_{1} - c_{0}^{2} - c_{2}^{2}\right)} + \min\left(1,
    \frac{1}{\psi}\right)\,\mathbb{E}_{s_{1}\sim \frac{\sqrt{\left(\left(\sqrt{\psi} + 1\right)^{2}
    - s_{1}\right)\,\left(s_{1} - \left(1 -
    \sqrt{\psi}\right)^{2}\right)}}{2\,\pi\,\psi\,s_{1}\,\min\left(1,
    \frac{1}{\psi}\right)}}\left[\frac{s_{1}\,c_{2}^{2} - c_{0}^{2} - c_{2}^{2} +
    c_{1}}{\hat{V}\,s_{1}\,c_{2}^{2} + \lambda + \hat{V}\,\left(c_{1} - c_{0}^{2} -
    c_{2}^{2}\right)}\right]
m = \hat{m}\,\min\left(1, \frac{1}{\psi}\right)\,\mathbb{E}_{s_{1}\sim
    \frac{\sqrt{\left(\left(\sqrt{\psi} + 1\right)^{2} - s_{1}\right)\,\left(s_{1} - \left(1 -
    \sqrt{\psi}\right)^{2}\right)}}{2\,\pi\,\psi\,s_{1}\,\min\left(1,
    \frac{1}{\psi}\right)}}\left[\frac{s_{1}}{\hat{V}\,s_{1}\,c_{2}^{2} + \lambda +
    \hat{V}\,\left(c_{1} - c_{0}^{2} - c_{2}^{2}\right)}\right]
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
\mathrm{law}\left(u\right) = \mathcal{N}\left(0,\,\psi\,c_{2}^{2}\,c_{3}\,\min\left(1,
    \frac{1}{\psi}\right) - 2\,m\,\sqrt{\psi}\,c_{2} + \Delta + q - c_{4}\,\min\left(1,
    \frac{1}{\psi}\right) + 1\right)
\mathcal{M}_{V}\left[\ell_{0}\right]\left(u\right) = \frac{u^{2}}{2\,\left(V + 1\right)}
\mathrm{prox}_{V}\left[\ell_{0}\right]\left(u\right) = \frac{u}{V + 1}
g\left(w\right) = \frac{\lambda\,w^{2}}{2}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi^{2}}{2\,\left(\hat{V} +
    \lambda\right)}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi}{\hat{V} + \lambda}
c_{0} = \mathbb{E}_{t_{1}}\left[\max\left(0, t_{1}\right)\right]
c_{1} = \mathbb{E}_{t_{1}}\left[\left(\max\left(0, t_{1}\right)\right)^{2}\right]
c_{2} = \mathbb{E}_{t_{1}}\left[t_{1}\,\max\left(0, t_{1}\right)\right]
c_{3} = \mathbb{E}_{s_{31}\sim \frac{\sqrt{\left(\left(\sqrt{\psi} + 1\right)^{2} -
    s_{31}\right)\,\left(s_{31} - \left(1 -
    \sqrt{\psi}\right)^{2}\right)}}{2\,\pi\,\psi\,s_{31}\,\min\left(1,
    \frac{1}{\psi}\right)}}\left[\frac{s_{31}}{s_{31}\,c_{2}^{2} - c_{0}^{2} - c_{2}^{2} +
    c_{1}}\right]
c_{4} = \mathbb{E}_{s_{31}\sim \frac{\sqrt{\left(\left(\sqrt{\psi} + 1\right)^{2} -
    s_{31}\right)\,\left(s_{31} - \left(1 -
    \sqrt{\psi}\right)^{2}\right)}}{2\,\pi\,\psi\,s_{31}\,\min\left(1,
    \frac{1}{\psi}\right)}}\left[\frac{\psi\,s_{31}\,c_{2}^{2}}{s_{31}\,c_{2}^{2} - c_{0}^{2} -
    c_{2}^{2} + c_{1}}\right]
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


MODEL = 'random_features_ridge'
ANSATZ = 'rs'
SPEC_HASH = '8930d9ef48a2ad3efd9c22230aff6d00b62b4a3886d3603247b03ae4344270cc'
TRACE_HASH = '1c99dbb33866cc89'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'psi', 'lam', 'Delta')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'training_loss', 'norm', 'energy', 'bias', 'variance', 'prox_variance')
RESPONSES = {}
CONSTANTS = 37
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
STRATEGY = {'constants_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'constants_1': 'panels in the angle of the spectrum, where its square-root ends are smooth', 'constants_1_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'free_entropy_0': 'panels in the angle of the spectrum, where its square-root ends are smooth', 'observables_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_1': 'panels in the angle of the spectrum, where its square-root ends are smooth', 'observables_2': 'panels in the angle of the spectrum, where its square-root ends are smooth', 'site_0': 'panels in the angle of the spectrum, where its square-root ends are smooth'}


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    V = x[1]
    m = x[2]
    alpha = p[0]
    psi = p[1]
    constant2 = p[6]
    constant13 = p[17]
    constant19 = p[23]
    constant20 = p[24]
    c0 = 2.0 * V
    c1 = V ** 2
    c2 = alpha / (c0 + c1 + 1.0)
    c3 = math.sqrt(psi)
    c4 = c3 * constant13
    c5 = c2 * c4
    c6 = psi * constant20 * min(1.0, 1.0 / psi)
    c7 = alpha / (V + 1.0)
    c8 = c3 * constant2
    c9 = alpha / (V ** 4 + 4.0 * V ** 3 + 4.0 * V + 6.0 * c1 + 1.0)
    c10 = 2.0 * c9
    c11 = c0 * c9
    c12 = c4 * m
    out[0] = c2 * c6 + c2 * q + c2 * constant19 + c5 * m
    out[1] = c7
    out[2] = c7 * c8
    out[3] = c2
    out[4] = (-(c10 * c12)) - c10 * c6 - c10 * q - c10 * constant19 - c11 * c12 - c11 * c6 - c11 * q - c11 * constant19
    out[5] = c5
    out[6] = 0.0
    out[7] = -c2
    out[8] = 0.0
    out[9] = 0.0
    out[10] = -(c2 * c8)
    out[11] = 0.0


@njit(cache=True, error_model="numpy")
def site_0_weight(s40, psi, refine, tol, work, out):
    t0 = math.sqrt(psi)
    out[0] = math.log(math.sin(s40) ** 2 / (4.0 * t0 * math.sin(s40 / 2.0) ** 2 + (1.0 - t0) ** 2)) - math.log(min(1.0, 1.0 / psi)) + (-1.1447298858494002) + 0.6931471805599453


@njit(cache=True, error_model="numpy")
def site_0_integrand(s40, V_hat, constant0, constant1, constant21, constant22, constant23, constant24, constant25, constant26, constant27, constant28, constant29, constant30, constant31, constant32, constant33, lam, m_hat, psi, q_hat, refine, tol, work, out):
    site_0_s = 4.0 * math.sqrt(psi) * math.sin(s40 / 2.0) ** 2 + (1.0 - math.sqrt(psi)) ** 2
    t0 = lam ** 2
    t1 = V_hat * lam
    t2 = V_hat ** 2
    t3 = t2 * constant21
    t4 = site_0_s * t1
    t5 = site_0_s * t2
    t6 = t5 * constant25
    t7 = site_0_s ** 2
    t8 = t2 * t7
    t9 = t8 * constant22
    t10 = 1.0 / (t0 + t1 * constant23 + t3 + t4 * constant24 + t6 + t9)
    t11 = t10 * constant21
    t12 = site_0_s * constant25
    t13 = t10 * t12
    t14 = t7 * constant22
    t15 = t10 * t14
    t16 = m_hat ** 2
    t17 = t1 * constant28
    t18 = t2 * constant26
    t19 = t4 * constant32
    t20 = t5 * constant30
    t21 = site_0_s * constant0
    t22 = t0 * t21
    t23 = t7 * constant29
    t24 = t1 * t23
    t25 = t8 * constant31
    t26 = site_0_s ** 3
    t27 = t26 * constant27
    t28 = t2 * t27
    t29 = 1.0 / (t17 + t18 + t19 + t20 + t22 + t24 + t25 + t28 + constant33)
    t30 = t16 * t29
    t31 = site_0_s * constant21
    t32 = t7 * constant25
    t33 = t26 * constant22
    t34 = math.sqrt(psi)
    t35 = 2.0 * math.sin(s40) ** 2 / (3.141592653589793 * (4.0 * t34 * math.sin(s40 / 2.0) ** 2 + (1.0 - t34) ** 2) * min(1.0, 1.0 / psi))
    t36 = V_hat * constant1
    t37 = V_hat * t21
    t38 = 1.0 / (lam + t36 + t37)
    t39 = site_0_s * t35 * t38
    t40 = lam * constant21
    t41 = lam ** 4
    t42 = V_hat ** 4
    t43 = constant21 ** 2
    t44 = 2.0 * constant23
    t45 = lam ** 3
    t46 = V_hat * t45
    t47 = 2.0 * t46
    t48 = V_hat ** 3
    t49 = t44 * t48
    t50 = 2.0 * t42
    t51 = t12 * constant21
    t52 = 2.0 * t0
    t53 = 2.0 * lam
    t54 = t48 * t53
    t55 = t54 * constant24
    t56 = lam * t49
    t57 = t0 * t2
    t58 = constant25 ** 2
    t59 = t42 * t7
    t60 = constant22 ** 2
    t61 = site_0_s ** 4
    t62 = t42 * t61
    t63 = t14 * constant21
    t64 = t33 * constant25
    t65 = t0 * t8
    t66 = q_hat / (site_0_s * t47 * constant24 + t0 * t44 * t5 * constant24 + t12 * t56 + t14 * t56 + t3 * t52 + t31 * t55 + t32 * t55 + t33 * t55 + t40 * t49 + t41 + t42 * t43 + t44 * t46 + t50 * t51 + t50 * t63 + t50 * t64 + t52 * t6 + t52 * t9 + t57 * constant23 ** 2 + t58 * t59 + t60 * t62 + t65 * constant24 ** 2)
    t67 = t66 * constant23
    t68 = lam * t31
    t69 = t66 * constant24
    t70 = lam * t67
    t71 = 2.0 * V_hat
    t72 = t66 * t71
    t73 = 4.0 * V_hat * t66
    t74 = lam * t32
    t75 = lam * t33
    t76 = 2.0 * constant33
    t77 = t54 * constant26
    t78 = t50 * constant26
    t79 = site_0_s * constant30
    t80 = t54 * constant28
    t81 = site_0_s ** 6
    t82 = constant0 ** 2
    t83 = t7 * t82
    t84 = 2.0 * constant31
    t85 = t50 * constant31
    t86 = t26 * constant30
    t87 = 2.0 * constant27
    t88 = site_0_s ** 5
    t89 = t88 * constant27
    t90 = t7 * constant0
    t91 = t26 * constant0
    t92 = t52 * constant28
    t93 = t54 * constant32
    t94 = t7 * constant30
    t95 = t54 * constant29
    t96 = t54 * constant31
    t97 = t26 * constant32
    t98 = t61 * constant27
    t99 = t61 * constant29
    t100 = t57 * t61
    t101 = t16 / (site_0_s * t77 * constant32 + t100 * t87 * constant0 + t100 * constant29 ** 2 + t17 * t76 + 2.0 * t18 * t22 + t18 * t76 + t19 * t76 + t20 * t76 + t22 * t76 + t23 * t77 + t24 * t76 + t25 * t76 + t27 * t78 + t27 * t80 + t28 * t76 + 2.0 * t37 * t45 * constant28 + t41 * t83 + t42 * t81 * constant27 ** 2 + t42 * constant26 ** 2 + t47 * t90 * constant32 + t47 * t91 * constant29 + t5 * t92 * constant32 + t52 * t8 * constant0 * constant30 + t57 * t84 * t91 + 2.0 * t57 * t97 * constant29 + t57 * constant28 ** 2 + t59 * t84 * constant26 + t59 * constant30 ** 2 + t62 * t87 * constant30 + t62 * constant31 ** 2 + t65 * constant32 ** 2 + t7 * t80 * constant31 + t77 * constant28 + t78 * t79 + t79 * t80 + t8 * t92 * constant29 + t85 * t86 + t85 * t89 + t86 * t95 + t89 * t95 + t93 * t94 + t93 * t98 + t96 * t97 + t96 * t99 + constant33 ** 2)
    t102 = t101 * constant28
    t103 = t101 * t71
    t104 = t103 * constant26
    t105 = t101 * t40
    t106 = lam * t101
    t107 = t106 * constant25
    t108 = t106 * constant22
    t109 = t103 * constant21
    t110 = t103 * constant31
    t111 = t103 * constant25
    t112 = t103 * constant22
    t113 = m_hat * t29
    t114 = constant1 ** 2
    t115 = 2.0 * constant1
    t116 = 1.0 / (t0 + 2.0 * t1 * t21 + t114 * t2 + t115 * t5 * constant0 + t36 * t53 + t8 * t82)
    t117 = m_hat * t116
    out[0] = t35 * (q_hat * t11 + q_hat * t13 + q_hat * t15 + t30 * t31 + t30 * t32 + t30 * t33)
    out[1] = t35 * (t21 * t38 + t38 * constant1)
    out[2] = m_hat * t39
    out[3] = t35 * (t11 + t13 + t15)
    out[4] = t35 * (t102 * t68 + t102 * t74 + t102 * t75 + t104 * t31 + t104 * t32 + t104 * t33 + t105 * t26 * constant29 + t105 * t7 * constant32 + t107 * t97 + t107 * t99 + t108 * t61 * constant32 + t108 * t88 * constant29 + t109 * t94 + t109 * t98 + t110 * t26 * constant21 + t110 * t88 * constant22 + t111 * t61 * constant31 + t111 * t86 + t111 * t89 + t112 * t61 * constant30 + t112 * t81 * constant27 + t12 * t70 + t14 * t70 + t40 * t67 + t43 * t72 + t51 * t73 + t58 * t7 * t72 + t60 * t61 * t72 + t63 * t73 + t64 * t73 + t68 * t69 + t69 * t74 + t69 * t75)
    out[5] = t35 * (t113 * t31 + t113 * t32 + t113 * t33)
    out[6] = t35 * (t114 * t116 + t115 * t116 * t21 + t116 * t83)
    out[7] = t35 * (site_0_s * t117 * constant1 + t117 * t90)
    out[8] = t39


@njit(cache=True, error_model="numpy")
def site_0_integral(lower, upper, V_hat, constant0, constant1, constant21, constant22, constant23, constant24, constant25, constant26, constant27, constant28, constant29, constant30, constant31, constant32, constant33, lam, m_hat, psi, q_hat, refine, tol, out):
    """Integrate site_0_integrand over s40 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(9)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0


    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            site_0_weight(centers[i], psi, refine, tol, work, level)
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
                site_0_weight(u, psi, refine, tol, work, level)
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
                site_0_weight(centers[i], psi, refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                site_0_weight(end + 1e-12 * (anchor - end), psi, refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                site_0_weight(0.5 * (anchor + end), psi, refine, tol, work, level)
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
    kept = np.empty((MAX_PANELS, 9))
    gauss = np.empty((MAX_PANELS, 9))
    size = np.empty((MAX_PANELS, 9))
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
            for k in range(9):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                site_0_integrand(u, V_hat, constant0, constant1, constant21, constant22, constant23, constant24, constant25, constant26, constant27, constant28, constant29, constant30, constant31, constant32, constant33, lam, m_hat, psi, q_hat, refine, tol, work, values)
                density = half * (1.0)
                for k in range(9):
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
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    psi = p[1]
    lam = p[2]
    constant0 = p[4]
    constant1 = p[5]
    constant21 = p[25]
    constant22 = p[26]
    constant23 = p[27]
    constant24 = p[28]
    constant25 = p[29]
    constant26 = p[30]
    constant27 = p[31]
    constant28 = p[32]
    constant29 = p[33]
    constant30 = p[34]
    constant31 = p[35]
    constant32 = p[36]
    constant33 = p[37]
    constant34 = p[38]
    constant35 = p[39]
    site_0_values = np.empty(9)
    site_0_integral(0.0, 3.141592653589793, V_hat, constant0, constant1, constant21, constant22, constant23, constant24, constant25, constant26, constant27, constant28, constant29, constant30, constant31, constant32, constant33, lam, m_hat, psi, q_hat, refine, tol, site_0_values)
    site_I0_0 = site_0_values[0]
    site_I0_1 = site_0_values[1]
    site_I0_2 = site_0_values[2]
    site_I0_3 = site_0_values[3]
    site_I0_4 = site_0_values[4]
    site_I0_5 = site_0_values[5]
    site_I0_6 = site_0_values[6]
    site_I0_7 = site_0_values[7]
    site_I0_8 = site_0_values[8]
    c0 = min(1.0, 1.0 / psi)
    c1 = lam ** 2
    c2 = V_hat * constant23
    c3 = V_hat ** 2
    c4 = c3 * constant21
    c5 = 1.0 / (c1 + c2 * lam + c4)
    c6 = c5 * constant21
    c7 = c0 * constant34
    c8 = c5 * c7
    c9 = V_hat * constant1
    c10 = 1.0 / (c9 + lam)
    c11 = c0 * constant35
    c12 = constant21 * constant23
    c13 = constant21 ** 2
    c14 = 2.0 * lam
    c15 = q_hat / (V_hat ** 4 * c13 + V_hat ** 3 * c12 * c14 + c1 * c3 * constant23 ** 2 + 2.0 * c1 * c4 + 2.0 * c2 * lam ** 3 + lam ** 4)
    c16 = c15 * lam
    c17 = 2.0 * V_hat * c15
    c18 = constant1 ** 2
    c19 = 1.0 / (c1 + c14 * c9 + c18 * c3)
    out[0] = c0 * site_I0_0 + c6 * q_hat + c8 * q_hat
    out[1] = c0 * site_I0_1 + c10 * c11 + c10 * constant1
    out[2] = c0 * site_I0_2
    out[3] = c0 * site_I0_3 + c6 + c8
    out[4] = (-(c0 * site_I0_4)) - c12 * c16 - c13 * c17 - c16 * c7 * constant23 - c17 * c7 * constant21
    out[5] = 2.0 * c0 * site_I0_5
    out[6] = 0.0
    out[7] = (-(c0 * site_I0_6)) - c11 * c19 * constant1 - c18 * c19
    out[8] = 0.0
    out[9] = 0.0
    out[10] = -(c0 * site_I0_7)
    out[11] = c0 * site_I0_8


@njit(cache=True, error_model="numpy")
def free_entropy_0_weight(s40, psi, refine, tol, work, out):
    t0 = math.sqrt(psi)
    out[0] = math.log(math.sin(s40) ** 2 / (4.0 * t0 * math.sin(s40 / 2.0) ** 2 + (1.0 - t0) ** 2)) - math.log(min(1.0, 1.0 / psi)) + (-1.1447298858494002) + 0.6931471805599453


@njit(cache=True, error_model="numpy")
def free_entropy_0_integrand(s40, V_hat, constant0, constant1, lam, m_hat, psi, q_hat, refine, tol, work, out):
    free_entropy_0_s = 4.0 * math.sqrt(psi) * math.sin(s40 / 2.0) ** 2 + (1.0 - math.sqrt(psi)) ** 2
    t0 = free_entropy_0_s * constant0 + constant1
    t1 = math.sqrt(psi)
    out[0] = t0 * (free_entropy_0_s * m_hat ** 2 / t0 + q_hat) * math.sin(s40) ** 2 / (3.141592653589793 * (V_hat * t0 + lam) * (4.0 * t1 * math.sin(s40 / 2.0) ** 2 + (1.0 - t1) ** 2) * min(1.0, 1.0 / psi))


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(lower, upper, V_hat, constant0, constant1, lam, m_hat, psi, q_hat, refine, tol, out):
    """Integrate free_entropy_0_integrand over s40 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0


    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            free_entropy_0_weight(centers[i], psi, refine, tol, work, level)
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
                free_entropy_0_weight(u, psi, refine, tol, work, level)
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
                free_entropy_0_weight(centers[i], psi, refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                free_entropy_0_weight(end + 1e-12 * (anchor - end), psi, refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                free_entropy_0_weight(0.5 * (anchor + end), psi, refine, tol, work, level)
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
                free_entropy_0_integrand(u, V_hat, constant0, constant1, lam, m_hat, psi, q_hat, refine, tol, work, values)
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
    psi = p[1]
    lam = p[2]
    Delta = p[3]
    constant0 = p[4]
    constant1 = p[5]
    constant13 = p[17]
    constant14 = p[18]
    constant16 = p[20]
    constant17 = p[21]
    free_entropy_0_values = np.empty(1)
    free_entropy_0_integral(0.0, 3.141592653589793, V_hat, constant0, constant1, lam, m_hat, psi, q_hat, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    c0 = min(1.0, 1.0 / psi)
    c1 = q_hat / (V_hat * constant1 + lam)
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 - alpha * (Delta + m * math.sqrt(psi) * constant13 + q + constant14) / (2.0 * (V + 1.0)) + c0 * c1 * constant17 + c0 * free_entropy_I0_0 + c1 * constant16 - m * m_hat


@njit(cache=True, error_model="numpy")
def observables_0_0_weight(y, Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, omega, psi, q, refine, tol, work, out):
    observables_0_0_weight_k0 = math.log(constant8) - math.log(constant9 * (m ** 2 * psi * constant36 / q + constant15) + 1.0) / 2.0
    observables_0_0_weight_k1 = -(1.0 / (2.0 * (Delta + m ** 2 * psi * constant36 / q + constant11 + constant15)))
    observables_0_0_weight_k2 = m * math.sqrt(psi) * omega * constant2 / q
    observables_0_0_weight_k3 = 1.0 / math.sqrt(1.0 / (Delta + m ** 2 * psi * constant36 / q + constant11 + constant15))
    work[0][:] = 0.0
    add_quadratic(work[0], observables_0_0_weight_k0, 0.0, observables_0_0_weight_k1, m * math.sqrt(psi) * omega * constant2 / q - y)
    guard_jet(work[0])
    observables_0_0_weight_l0_0 = work[0, 0]
    out[0] = observables_0_0_weight_l0_0


@njit(cache=True, error_model="numpy")
def observables_0_0_integrand(y, Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, omega, psi, q, refine, tol, work, out):
    work[0][:] = 0.0
    add_quadratic(work[0], observables_0_0_k0, 0.0, observables_0_0_k1, m * math.sqrt(psi) * omega * constant2 / q - y)
    guard_jet(work[0])
    observables_0_0_l0_0 = work[0, 0]
    out[0] = (y - omega) ** 2 * math.exp(observables_0_0_l0_0)


@njit(cache=True, error_model="numpy")
def observables_0_0_integral(lower, upper, Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, omega, psi, q, refine, tol, out):
    """Integrate observables_0_0_integrand over y by adaptive Gauss-Kronrod panels."""
    work = np.empty((2, 5))
    values = np.empty(1)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(2)
    widths = np.empty(2)
    nc = 0
    centers[nc] = observables_0_0_k2
    widths[nc] = observables_0_0_k3
    nc += 1

    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            observables_0_0_weight(centers[i], Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, omega, psi, q, refine, tol, work, level)
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
                observables_0_0_weight(u, Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, omega, psi, q, refine, tol, work, level)
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
                observables_0_0_weight(centers[i], Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, omega, psi, q, refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                observables_0_0_weight(end + 1e-12 * (anchor - end), Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, omega, psi, q, refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                observables_0_0_weight(0.5 * (anchor + end), Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, omega, psi, q, refine, tol, work, level)
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
                observables_0_0_integrand(u, Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, omega, psi, q, refine, tol, work, values)
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
def observables_0_integrand(omega, Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, psi, q, refine, tol, work, out):
    observables_0_0_k0 = math.log(constant8) - math.log(constant9 * (m ** 2 * psi * constant36 / q + constant15) + 1.0) / 2.0
    observables_0_0_k1 = -(1.0 / (2.0 * (Delta + m ** 2 * psi * constant36 / q + constant11 + constant15)))
    observables_0_0_k2 = m * math.sqrt(psi) * omega * constant2 / q
    observables_0_0_k3 = 1.0 / math.sqrt(1.0 / (Delta + m ** 2 * psi * constant36 / q + constant11 + constant15))
    observables_0_0_values = np.empty(1)
    observables_0_0_integral(-math.inf, math.inf, Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, observables_0_0_k0, observables_0_0_k1, observables_0_0_k2, observables_0_0_k3, omega, psi, q, refine, tol, observables_0_0_values)
    observables_0_I0_0 = observables_0_0_values[0]
    out[0] = observables_0_I0_0


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, psi, q, refine, tol, out):
    """Integrate observables_0_integrand over omega by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_0_integrand(mean, Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, psi, q, refine, tol, work, out)
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
            observables_0_integrand(u, Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, psi, q, refine, tol, work, values)
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
                observables_0_integrand(u, Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, psi, q, refine, tol, work, values)
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
def observables_1_weight(s40, psi, refine, tol, work, out):
    t0 = math.sqrt(psi)
    out[0] = math.log(math.sin(s40) ** 2 / (4.0 * t0 * math.sin(s40 / 2.0) ** 2 + (1.0 - t0) ** 2)) - math.log(min(1.0, 1.0 / psi)) + (-1.1447298858494002) + 0.6931471805599453


@njit(cache=True, error_model="numpy")
def observables_1_integrand(s40, V_hat, constant0, constant1, constant21, constant22, constant23, constant24, constant25, constant26, constant27, constant28, constant29, constant30, constant31, constant32, constant33, lam, m_hat, psi, q_hat, refine, tol, work, out):
    observables_1_s = 4.0 * math.sqrt(psi) * math.sin(s40 / 2.0) ** 2 + (1.0 - math.sqrt(psi)) ** 2
    t0 = lam ** 2
    t1 = V_hat * lam
    t2 = V_hat ** 2
    t3 = observables_1_s * t1
    t4 = observables_1_s * t2
    t5 = observables_1_s ** 2
    t6 = t2 * t5
    t7 = q_hat / (t0 + t1 * constant23 + t2 * constant21 + t3 * constant24 + t4 * constant25 + t6 * constant22)
    t8 = observables_1_s * constant0
    t9 = 1.0 / (observables_1_s ** 3 * t2 * constant27 + t0 * t8 + t1 * t5 * constant29 + t1 * constant28 + t2 * constant26 + t3 * constant32 + t4 * constant30 + t6 * constant31 + constant33)
    t10 = m_hat ** 2
    t11 = observables_1_s * t10
    t12 = math.sqrt(psi)
    t13 = math.sin(s40) ** 2 / (3.141592653589793 * (4.0 * t12 * math.sin(s40 / 2.0) ** 2 + (1.0 - t12) ** 2) * min(1.0, 1.0 / psi))
    t14 = t8 + constant1
    out[0] = 2.0 * t13 * (t10 * t5 * t9 * constant0 + t11 * t9 * constant1 + t7 * t8 + t7 * constant1)
    out[1] = t13 * t14 * (q_hat + t11 / t14) / (V_hat * t14 + lam)


@njit(cache=True, error_model="numpy")
def observables_1_integral(lower, upper, V_hat, constant0, constant1, constant21, constant22, constant23, constant24, constant25, constant26, constant27, constant28, constant29, constant30, constant31, constant32, constant33, lam, m_hat, psi, q_hat, refine, tol, out):
    """Integrate observables_1_integrand over s40 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(2)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0


    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            observables_1_weight(centers[i], psi, refine, tol, work, level)
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
                observables_1_weight(u, psi, refine, tol, work, level)
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
                observables_1_weight(centers[i], psi, refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                observables_1_weight(end + 1e-12 * (anchor - end), psi, refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                observables_1_weight(0.5 * (anchor + end), psi, refine, tol, work, level)
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
                observables_1_integrand(u, V_hat, constant0, constant1, constant21, constant22, constant23, constant24, constant25, constant26, constant27, constant28, constant29, constant30, constant31, constant32, constant33, lam, m_hat, psi, q_hat, refine, tol, work, values)
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
def observables_2_weight(s40, psi, refine, tol, work, out):
    t0 = math.sqrt(psi)
    out[0] = math.log(math.sin(s40) ** 2 / (4.0 * t0 * math.sin(s40 / 2.0) ** 2 + (1.0 - t0) ** 2)) - math.log(min(1.0, 1.0 / psi)) + (-1.1447298858494002) + 0.6931471805599453


@njit(cache=True, error_model="numpy")
def observables_2_integrand(s40, V_hat, constant0, constant1, constant21, constant22, constant23, constant24, constant25, lam, m_hat, psi, refine, tol, work, out):
    observables_2_s = 4.0 * math.sqrt(psi) * math.sin(s40 / 2.0) ** 2 + (1.0 - math.sqrt(psi)) ** 2
    t0 = math.sqrt(psi)
    t1 = V_hat * lam
    t2 = V_hat ** 2
    out[0] = 2.0 * m_hat ** 2 * observables_2_s * (observables_2_s * constant0 + constant1) * math.sin(s40) ** 2 / (3.141592653589793 * (4.0 * t0 * math.sin(s40 / 2.0) ** 2 + (1.0 - t0) ** 2) * (lam ** 2 + observables_2_s ** 2 * t2 * constant22 + observables_2_s * t1 * constant24 + observables_2_s * t2 * constant25 + t1 * constant23 + t2 * constant21) * min(1.0, 1.0 / psi))


@njit(cache=True, error_model="numpy")
def observables_2_integral(lower, upper, V_hat, constant0, constant1, constant21, constant22, constant23, constant24, constant25, lam, m_hat, psi, refine, tol, out):
    """Integrate observables_2_integrand over s40 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0


    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            observables_2_weight(centers[i], psi, refine, tol, work, level)
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
                observables_2_weight(u, psi, refine, tol, work, level)
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
                observables_2_weight(centers[i], psi, refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                observables_2_weight(end + 1e-12 * (anchor - end), psi, refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                observables_2_weight(0.5 * (anchor + end), psi, refine, tol, work, level)
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
                observables_2_integrand(u, V_hat, constant0, constant1, constant21, constant22, constant23, constant24, constant25, lam, m_hat, psi, refine, tol, work, values)
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
def observables(x, hats, p, refine, tol, out):
    """Observables at a solution."""
    q = x[0]
    V = x[1]
    m = x[2]
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    alpha = p[0]
    psi = p[1]
    lam = p[2]
    Delta = p[3]
    constant0 = p[4]
    constant1 = p[5]
    constant2 = p[6]
    constant8 = p[12]
    constant9 = p[13]
    constant11 = p[15]
    constant13 = p[17]
    constant14 = p[18]
    constant15 = p[19]
    constant16 = p[20]
    constant17 = p[21]
    constant21 = p[25]
    constant22 = p[26]
    constant23 = p[27]
    constant24 = p[28]
    constant25 = p[29]
    constant26 = p[30]
    constant27 = p[31]
    constant28 = p[32]
    constant29 = p[33]
    constant30 = p[34]
    constant31 = p[35]
    constant32 = p[36]
    constant33 = p[37]
    constant36 = p[40]
    observables_0_values = np.empty(1)
    observables_0_integral(0.0, q, Delta, constant11, constant15, constant2, constant36, constant8, constant9, m, psi, q, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    observables_1_values = np.empty(2)
    observables_1_integral(0.0, 3.141592653589793, V_hat, constant0, constant1, constant21, constant22, constant23, constant24, constant25, constant26, constant27, constant28, constant29, constant30, constant31, constant32, constant33, lam, m_hat, psi, q_hat, refine, tol, observables_1_values)
    observables_I1_0 = observables_1_values[0]
    observables_I1_1 = observables_1_values[1]
    observables_2_values = np.empty(1)
    observables_2_integral(0.0, 3.141592653589793, V_hat, constant0, constant1, constant21, constant22, constant23, constant24, constant25, lam, m_hat, psi, refine, tol, observables_2_values)
    observables_I2_0 = observables_2_values[0]
    c0 = 1.0 / (2.0 * V ** 2 + 4.0 * V + 2.0)
    c1 = m * math.sqrt(psi) * constant13
    c2 = min(1.0, 1.0 / psi)
    c3 = q_hat / (V_hat * constant1 + lam)
    c4 = c2 * observables_I2_0
    out[0] = observables_I0_0
    out[1] = Delta * c0 + c0 * c1 + c0 * q + c0 * constant14
    out[2] = c2 * observables_I1_0 + q_hat * constant1 * (1.0 - c2) / (V_hat ** 2 * constant21 + V_hat * lam * constant23 + lam ** 2)
    out[3] = V * q_hat / 2.0 - V_hat * q / 2.0 + alpha * (Delta + c1 + q + constant14) / (2.0 * (V + 1.0)) + c2 * c3 * constant16 - c2 * observables_I1_1 + c3 * constant17 + m * m_hat
    out[4] = c1 + c4 + constant15
    out[5] = (-c4) + q
    out[6] = V


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    constant4 = p[8]
    out[0] = 1.0
    out[1] = 0.0
    out[2] = constant4


@njit(cache=True, error_model="numpy")
def constants_0_integrand(_theta1, refine, tol, work, out):
    t0 = max(0.0, _theta1)
    out[0] = t0 * _theta1
    out[1] = t0
    out[2] = t0 ** 2


@njit(cache=True, error_model="numpy")
def constants_0_integral(mean, var, refine, tol, out):
    """Integrate constants_0_integrand over _theta1 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(3)
    if var <= 0.0:
        constants_0_integrand(mean, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(4)
    widths = np.empty(4)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 3))
    size = np.zeros(3)
    ends = np.zeros(3)
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
            constants_0_integrand(u, refine, tol, work, values)
            for k in range(3):
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
            for k in range(3):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 3))
    gauss = np.empty((MAX_PANELS, 3))
    size = np.empty((MAX_PANELS, 3))
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
            for k in range(3):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                constants_0_integrand(u, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(3):
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
def constants_1_weight(s40, psi, refine, tol, work, out):
    t0 = math.sqrt(psi)
    out[0] = math.log(math.sin(s40) ** 2 / (4.0 * t0 * math.sin(s40 / 2.0) ** 2 + (1.0 - t0) ** 2)) - math.log(min(1.0, 1.0 / psi)) + (-1.1447298858494002) + 0.6931471805599453


@njit(cache=True, error_model="numpy")
def constants_1_0_integrand(_theta1, refine, tol, work, out):
    t0 = max(0.0, _theta1)
    out[0] = t0 * _theta1
    out[1] = t0
    out[2] = t0 ** 2


@njit(cache=True, error_model="numpy")
def constants_1_0_integral(mean, var, refine, tol, out):
    """Integrate constants_1_0_integrand over _theta1 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(3)
    if var <= 0.0:
        constants_1_0_integrand(mean, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(4)
    widths = np.empty(4)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = 0.0
    nc += 1
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 3))
    size = np.zeros(3)
    ends = np.zeros(3)
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
            constants_1_0_integrand(u, refine, tol, work, values)
            for k in range(3):
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
            for k in range(3):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 3))
    gauss = np.empty((MAX_PANELS, 3))
    size = np.empty((MAX_PANELS, 3))
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
            for k in range(3):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                constants_1_0_integrand(u, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(3):
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
def constants_1_integrand(s40, psi, refine, tol, work, out):
    constants_1_s = 4.0 * math.sqrt(psi) * math.sin(s40 / 2.0) ** 2 + (1.0 - math.sqrt(psi)) ** 2
    constants_1_0_values = np.empty(3)
    constants_1_0_integral(0.0, 1.0, refine, tol, constants_1_0_values)
    constants_1_I0_0 = constants_1_0_values[0]
    constants_1_I0_1 = constants_1_0_values[1]
    constants_1_I0_2 = constants_1_0_values[2]
    t0 = constants_1_I0_0 ** 2
    t1 = constants_1_s * t0
    t2 = math.sqrt(psi)
    t3 = 2.0 * math.sin(s40) ** 2 / (3.141592653589793 * (4.0 * t2 * math.sin(s40 / 2.0) ** 2 + (1.0 - t2) ** 2) * ((-constants_1_I0_1 ** 2) + constants_1_I0_2 - t0 + t1) * min(1.0, 1.0 / psi))
    out[0] = psi * t1 * t3
    out[1] = constants_1_s * t3


@njit(cache=True, error_model="numpy")
def constants_1_integral(lower, upper, psi, refine, tol, out):
    """Integrate constants_1_integrand over s40 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(2)
    level = np.empty(1)
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0


    best = -math.inf
    peak = 0.0
    span = 1.0
    for i in range(nc):
        if lower < centers[i] < upper:
            constants_1_weight(centers[i], psi, refine, tol, work, level)
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
                constants_1_weight(u, psi, refine, tol, work, level)
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
                constants_1_weight(centers[i], psi, refine, tol, work, level)
                if level[0] > best - 45.0:
                    low, high = min(low, centers[i]), max(high, centers[i])
        for side in range(2):
            anchor, limit, step = (low, lower, -8.0 * span) if side == 0 else (high, upper, 8.0 * span)
            end = anchor if sweep == 0 else ends[side]
            while sweep == 0 and end != limit:
                end = max(limit, end + step) if side == 0 else min(limit, end + step)
                step *= 2.0
                constants_1_weight(end + 1e-12 * (anchor - end), psi, refine, tol, work, level)
                if level[0] > best:
                    best, peak = level[0], end
                if not level[0] > best - 45.0:
                    break
            for _ in range(60 if sweep == 1 and end != anchor else 0):
                constants_1_weight(0.5 * (anchor + end), psi, refine, tol, work, level)
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
                constants_1_integrand(u, psi, refine, tol, work, values)
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
def constants(p, refine, tol, out):
    """Means over constants: computed once for given parameters, and appended to p."""
    psi = p[1]
    lam = p[2]
    Delta = p[3]
    constants_0_values = np.empty(3)
    constants_0_integral(0.0, 1.0, refine, tol, constants_0_values)
    constants_I0_0 = constants_0_values[0]
    constants_I0_1 = constants_0_values[1]
    constants_I0_2 = constants_0_values[2]
    constants_1_values = np.empty(2)
    constants_1_integral(0.0, 3.141592653589793, psi, refine, tol, constants_1_values)
    constants_I1_0 = constants_1_values[0]
    constants_I1_1 = constants_1_values[1]
    c0 = constants_I0_0 ** 2
    c1 = constants_I0_1 ** 2
    c2 = c0 + c1 - constants_I0_2
    c3 = -c2
    c4 = min(1.0, 1.0 / psi)
    c5 = c4 * constants_I1_0
    c6 = 1.0 - c5
    c7 = Delta + c6
    c8 = math.sqrt(c7)
    c9 = c4 * constants_I1_1
    c10 = 1.0 / c8
    c11 = 1.0 / c7
    c12 = c11 / 2.0
    c13 = c0 * c9 * psi
    c14 = c0 / 2.0 + c1 / 2.0 - constants_I0_2 / 2.0
    c15 = c3 ** 2
    c16 = constants_I0_0 ** 4
    c17 = 2.0 * c0
    out[0] = c0
    out[1] = c3
    out[2] = constants_I0_0
    out[3] = c8
    out[4] = c9
    out[5] = constants_I0_0 * math.sqrt(psi)
    out[6] = c10
    out[7] = -c10
    out[8] = 1.4142135623730951 * c10 / (2.0 * 1.772453850905516)
    out[9] = c11
    out[10] = -c12
    out[11] = 1.0 - c5
    out[12] = c12
    out[13] = -(2.0 * constants_I0_0)
    out[14] = c13 + c6
    out[15] = c13
    out[16] = -c14
    out[17] = c14
    out[18] = math.sqrt(c3)
    out[19] = c7
    out[20] = c0 * constants_I1_1
    out[21] = c15
    out[22] = c16
    out[23] = (-(2.0 * c1)) - c17 + 2.0 * constants_I0_2
    out[24] = c17
    out[25] = c17 * c3
    out[26] = c3 ** 3
    out[27] = constants_I0_0 ** 6
    out[28] = 2.0 * c15
    out[29] = 2.0 * c16
    out[30] = 3.0 * c0 * c15
    out[31] = 3.0 * c16 * c3
    out[32] = 4.0 * c0 * c3
    out[33] = c3 * lam ** 2
    out[34] = -c15
    out[35] = c2
    out[36] = -c0


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
