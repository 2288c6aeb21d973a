r"""hinge_sign_teacher: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 572efee0ba1204a2, derivation fc49323a6c2dbe68, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{m}^{2} + \hat{q}}{2\,\left(\hat{V} + \lambda\right)}
\phi_{\mathrm{ch}} = \alpha\,\left(\frac{\sqrt{2}\,m\,H\left(-\frac{1 -
    V}{\sqrt{q}\,\tau}\right)}{\sqrt{\pi}} - \left(2 - V\right)\,\Phi_2^c\left(-\frac{1 -
    V}{\sqrt{q}},\,0;\,-\frac{m}{\sqrt{q}}\right) - \frac{\sqrt{2\,q}\,H\left(-\frac{m\,\left(1 -
    V\right)}{q\,\tau}\right)}{\sqrt{\pi}}\,e^{-\frac{\left(1 - V\right)^{2}}{2\,q}} -
    \frac{1}{V}\,\int_{\frac{1 - V}{\sqrt{q}}}^{\frac{1}{\sqrt{q}}} Dt\,\left(1 -
    \sqrt{q}\,t\right)^{2}\,H\left(-\frac{m\,t}{\sqrt{q}\,\tau}\right)\right)
q_hat = 2\,\alpha\,\left(\Phi_2^c\left(-\frac{1 - V}{\sqrt{q}},\,0;\,-\frac{m}{\sqrt{q}}\right) +
    \frac{1}{V^{2}}\,\int_{\frac{1 - V}{\sqrt{q}}}^{\frac{1}{\sqrt{q}}} Dt\,\left(1 -
    \sqrt{q}\,t\right)^{2}\,H\left(-\frac{m\,t}{\sqrt{q}\,\tau}\right)\right)
V_hat = \frac{2\,\alpha}{V}\,\int_{\frac{1 - V}{\sqrt{q}}}^{\frac{1}{\sqrt{q}}}
    Dt\,H\left(-\frac{m\,t}{\sqrt{q}\,\tau}\right)
m_hat = \frac{\sqrt{2}\,\alpha}{\sqrt{\pi}}\,\left(H\left(-\frac{1 - V}{\sqrt{q}\,\tau}\right) +
    \frac{1}{V}\,\int_{\frac{1 - V}{\sqrt{q}\,\tau}}^{\frac{1}{\sqrt{q}\,\tau}} Dt\,\left[1 -
    \sqrt{q}\,t\,\tau\right]\right)
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
\ell_{01}\left(h\right) = \max\left(0, 1 - h\right)
P(y=1\,|\,z) = \theta\left(z\right)
\mathcal{M}_{V}\left[\ell_{01}\right]\left(\omega\right) = \begin{cases} \frac{2 - V - 2\,\omega}{2}
    & \omega < 1 - V\\ \frac{\left(\omega - 1\right)^{2}}{2\,V} & 1 - V < \omega < 1\\ 0 & \omega >
    1 \end{cases}
\mathrm{prox}_{V}\left[\ell_{01}\right]\left(\omega\right) = \begin{cases} V + \omega & \omega < 1 -
    V\\ 1 & 1 - V < \omega < 1\\ \omega & \omega > 1 \end{cases}
g\left(w\right) = \frac{\lambda\,w^{2}}{2}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi^{2}}{2\,\left(\hat{V} +
    \lambda\right)}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi}{\hat{V} + \lambda}
\tau^{2} = 1 - \frac{m^{2}}{q}
Dt = \frac{e^{-t^2/2}}{\sqrt{2\pi}}\,dt
H(x) = \int_x^{\infty} \frac{e^{-t^2/2}}{\sqrt{2\pi}}\,dt
\Phi_2^c\left(a,\,b;\,c\right) = P(X>a,\,Y>b)
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


MODEL = 'hinge_sign_teacher'
ANSATZ = 'rs'
SPEC_HASH = '572efee0ba1204a2ca9324badf038ca8df66410f32fde0767364472dc8981eac'
TRACE_HASH = 'fc49323a6c2dbe68'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('error_label', 'error_teacher', 'training_loss', 'training_error', 'margin_errors', 'norm', 'mse', 'energy', 'prox_variance')
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
STRATEGY = {}


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    V = x[1]
    m = x[2]
    alpha = p[0]
    c0 = math.sqrt(q)
    c1 = 1.0 / c0
    c2 = V + (-1.0)
    c3 = c1 * c2
    c4 = c1 * m
    c5 = 2.0 * alpha
    c6 = -c2
    c7 = c1 * c6
    c8 = V * c1
    c9 = m ** 2
    c10 = 1.0 / q
    c11 = c10 * c9
    c12 = 1.0 - c11
    c13 = math.sqrt(c12)
    c14 = 1.0 / c13
    c15 = c14 * c4
    c16 = -c15
    strips_5 = np.zeros(3)
    strip_tails(c7, c8, c16, 0.0, strips_5)
    strips_5_0 = strips_5[0]
    strips_5_1 = strips_5[1]
    strips_5_2 = strips_5[2]
    c17 = strips_5_0
    c18 = strips_5_2
    c19 = strips_5_1
    c20 = 2.0 * c19
    c21 = c8 < 1.0
    c22 = 1.0 / V ** 2
    strips_4 = np.zeros(3)
    if (not c21):
        wide_tails(c7, c8, c16, 0.0, strips_4)
    strips_4_0 = strips_4[0]
    strips_4_1 = strips_4[1]
    strips_4_2 = strips_4[2]
    c23 = strips_4_0
    c24 = strips_4_2
    c25 = c22 * c24
    c26 = strips_4_1
    c27 = c22 * c26
    c28 = 2.0 * c0
    c29 = 1.0 / V
    c30 = c17 * c5
    c31 = 1.4142135623730951
    c32 = 0.5641895835477563
    c33 = c31 * c32
    c34 = alpha * c33
    c35 = c14 * c7
    c36 = c14 * c8
    c41 = c36 < 1.0
    strips_3 = np.zeros(2)
    if c41:
        strips(c35, c36, strips_3)
    strips_3_0 = strips_3[0]
    strips_3_1 = strips_3[1]
    c37 = strips_3_0
    c38 = c33 / 2.0
    c39 = c14 * c38
    c40 = strips_3_1
    strips_2 = np.zeros(2)
    if (not c41):
        wides(c35, c36, strips_2)
    strips_2_0 = strips_2[0]
    strips_2_1 = strips_2[1]
    c42 = strips_2_1
    c43 = c0 * c29
    c44 = c38 * c43
    c45 = strips_2_0
    c46 = (c37 * c39 - c39 * c40 if c41 else c14 * c29 * c31 * c32 * c45 / 2.0 - c42 * c44)
    c47 = c13 * c5
    c48 = c14 * m
    c49 = c10 * c48
    c50 = c2 ** 2
    c51 = c10 / 2.0
    c52 = c50 * c51
    c53 = math.exp(-c52) * H(c2 * c49)
    c54 = math.pow(q, (-3.0 / 2.0))
    c55 = c54 / 2.0
    c56 = c34 * c55
    c57 = math.exp(-(c10 * c50 / (2.0 - 2.0 * c11)))
    c58 = c48 * c55
    c59 = 0.3183098861837907
    c60 = alpha * c59
    c61 = V * c54
    c62 = c61 / 2.0
    c63 = 1.0 / (2.0 * math.pow(q, (5.0 / 2.0)))
    c64 = math.pow(c12, (-3.0 / 2.0))
    c65 = m ** 3
    c66 = c64 * c65
    c67 = c58 + c63 * c66
    c68 = 1.0 / c12
    c69 = c11 * c68 + 1.0
    c70 = math.sqrt(c69)
    c71 = c7 * c70
    c72 = c70 * c8
    strips_1 = np.zeros(4)
    strips(c71, c72, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    strips_1_3 = strips_1[3]
    c73 = strips_1_1
    c74 = 1.0 / c70
    c75 = c38 * c74
    c76 = c75 * c8
    c77 = strips_1_0
    c78 = c7 * c75
    c79 = (-(c73 * c76)) - c77 * c78
    c80 = strips_1_2
    c81 = (-(c76 * strips_1_3)) - c78 * c80
    c82 = (-(2.0 * c73 * c78)) - 2.0 * c76 * c80
    c83 = c7 + c8
    c84 = H(-(c15 * c83))
    c85 = c83 ** 2
    c86 = c85 / 2.0
    c87 = math.exp(-c86)
    c88 = c84 * c87
    c89 = c38 * c88
    c90 = (-(2.0 * c18 * c43)) + c89
    c91 = (-(c20 * c43)) + c89
    c92 = c54 * c6
    c93 = c92 / 2.0
    c94 = (-(c19 * c43)) + c89
    c95 = (-(c17 * c43)) + c89
    c96 = H(-(c49 * c6))
    c97 = c51 * c6 ** 2
    c98 = math.exp(-c97)
    c99 = c96 * c98
    c100 = c38 * c99
    c101 = (-c100) + c89
    c102 = c33 * c88
    c103 = c102 * c61 / 4.0
    c104 = c101 * c93 + c103
    c105 = c38 * c67
    strips_0 = np.zeros(4)
    if (not c21):
        wides(c71, c72, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_0_3 = strips_0[3]
    c106 = strips_0_1 / c69
    c107 = math.pow(c69, (-3.0 / 2.0))
    c108 = strips_0_2
    c109 = c83 * c89
    c110 = (-(c100 * c7)) + c109
    c111 = c22 * c28
    c112 = strips_0_3 / c69 ** 2
    c113 = c102 * c86
    c114 = c113 - c33 * c97 * c99
    c115 = c22 * q
    c116 = c1 * c34
    c117 = 2.0 * c1
    c118 = c1 * c101
    c119 = 1.0 / V ** 3
    c120 = 2.0 * c119
    c121 = c1 * c14
    c122 = c121 * c60
    c123 = c64 * c9
    c124 = (-c121) - c123 * c54
    c125 = 1.0 / q ** 2
    c126 = c125 * c48
    c127 = c34 * c74
    c128 = c127 * c73
    c129 = c128 / 2.0
    c130 = 1.0 / q ** 3
    c131 = c130 * c66
    c132 = c127 * c77
    c133 = c132 / 2.0
    c134 = c10 * c14
    c135 = c132 * c134
    c136 = c123 * c125
    c137 = c132 * c136
    c138 = math.exp(-(c52 * c68))
    c139 = c138 * c60
    c140 = c14 * c62
    c141 = c123 * c63
    c142 = V * c141
    c143 = c33 / 4.0
    c144 = (-c140) - c142
    c145 = c35 + c36
    c146 = math.exp(-(c145 ** 2 / 2.0))
    c147 = c146 * c38
    c148 = c144 * c147
    c149 = (-(c14 * c93)) - c141 * c6
    c150 = c38 * math.exp(-(c68 * c97))
    c151 = c147 - c150
    c152 = c148 + c149 * c151
    c153 = c13 * c43
    c154 = c147 - c153 * c40
    c155 = c147 - c153 * c37
    c156 = c143 * c29
    c157 = c145 * c147
    c158 = (-(c150 * c35)) + c157
    c159 = c1 * c14 * c146 * c31 * c32 / 2.0 - c121 * c151
    c160 = c64 * m
    c161 = c160 * c61
    c162 = c160 * c33
    c163 = c162 * c51
    c164 = c146 * c162 * c62
    c165 = c160 * c92
    c166 = c39 * (c151 * c165 + c164)
    out[0] = c5 * (c17 + c18 - c20 if c21 else c22 * c23 + c25 * q - c27 * c28) + c5 * bvn_upper(c3, 0.0, -c4)
    out[1] = c29 * c30
    out[2] = c34 * H(c14 * c3) + c46 * c47
    out[3] = c34 * c53 * c62 + c5 * (V * c54 * c94 - c104 + c54 * c6 * c95 - c62 * c90 + c67 * c79 + c67 * c81 - c67 * c82 - c91 * c93 if c21 else (-(c1 * c27)) - c111 * ((-(c103 * c83)) - c105 * c107 * c108 - c110 * c93) + c115 * ((-(c103 * c85)) - c105 * c112 - c114 * c93) + c22 * ((-c104) - c105 * c106) + c25) - c53 * c56 + c57 * c58 * c60
    out[4] = (-(c116 * c53)) + c5 * (c1 * c89 + c1 * c90 - c1 * c91 - c117 * c94 + c117 * c95 - c118 if c21 else 4.0 * c0 * c119 * c26 - c111 * (c1 * c109 - c1 * c110) - c120 * c23 - c120 * c24 * q + c22 * q * (c1 * c113 - c1 * c114) + c22 * (c1 * c31 * c32 * c84 * c87 / 2.0 - c118))
    out[5] = (-(c122 * c57)) + c5 * (c124 * c79 + c124 * c81 - c124 * c82 if c21 else c0 * c107 * c108 * c124 * c22 * c31 * c32 - c106 * c124 * c22 * c38 - c112 * c115 * c124 * c38)
    out[6] = alpha * c125 * c14 * c31 * c32 * c74 * c77 * m / 2.0 + alpha * c130 * c31 * c32 * c64 * c65 * c74 * c77 / 2.0 + alpha * c29 * c31 * c32 * c54 * c96 * c98 / 2.0 - c126 * c129 - c126 * c133 * c29 - c129 * c131 - c131 * c133 * c29 - c29 * c56 * c88 - c56 * c99
    out[7] = c116 * c29 * c99 - c22 * c30
    out[8] = c128 * c134 + c128 * c136 + c135 * c29 - c135 + c137 * c29 - c137
    out[9] = alpha * c125 * c14 * c46 * c9 - c139 * c14 * c55 + c139 * c140 - c139 * c141 + c139 * c142 + c47 * (c125 * c31 * c32 * c40 * c64 * c9 / 4.0 - c136 * c143 * c37 + c14 * c152 * c31 * c32 / 2.0 - c39 * (c144 * c154 + c149 * c155) if c41 else (-(c1 * c156 * c42)) - c136 * c156 * c45 + c14 * c152 * c29 * c31 * c32 / 2.0 - c44 * (c145 * c148 + c149 * c158))
    out[10] = (-(c122 * c138)) + c47 * (c159 * c39 - c39 * (c1 * c14 * c154 - c121 * c155) if c41 else c0 * c22 * c31 * c32 * c42 / 2.0 + c14 * c159 * c29 * c31 * c32 / 2.0 - c22 * c39 * c45 - c44 * (c121 * c157 - c121 * c158))
    out[11] = 2.0 * alpha * c13 * (c163 * c37 - c163 * c40 + c166 - c39 * (c154 * c161 + c155 * c165) if c41 else c163 * c29 * c45 + c166 * c29 - c44 * (c145 * c164 + c158 * c165)) + alpha * c138 * c54 * c59 * c64 * m - c139 * c161 - c46 * c49 * c5


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
    c3 = 2.0 * V_hat
    c4 = 1.0 / (c1 + c2 + c3 * lam)
    c5 = 1.0 / (V_hat + lam)
    c6 = 1.0 / (V_hat ** 4 + 4.0 * V_hat ** 3 * lam + 4.0 * V_hat * lam ** 3 + 6.0 * c1 * c2 + lam ** 4)
    c7 = c3 * c6
    c8 = 2.0 * c6 * lam
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
    c0 = V / 2.0
    c1 = q / 2.0
    c2 = math.sqrt(q)
    c3 = 1.0 / c2
    c4 = V + (-1.0)
    c5 = c3 * c4
    c6 = c3 * m
    c7 = bvn_upper(c5, 0.0, -c6)
    c8 = 1.0 / q
    c9 = -c4
    c10 = c8 * m ** 2
    c11 = 1.0 - c10
    c12 = 1.0 / math.sqrt(c11)
    c13 = c12 * m
    c14 = c8 / 2.0
    c15 = 0.7978845608028654
    c16 = c3 * c9
    c17 = V * c3
    c18 = -(c12 * c6)
    c19 = 1.0 / V
    strips_0 = np.zeros(3)
    if (c17 < 1.0):
        strip_tails(c16, c17, c18, 0.0, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not (c17 < 1.0)):
        wide_tails(c16, c17, c18, 0.0, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    out[0] = V_hat * c1 + 2.0 * alpha * (c0 * c7 - c7 + q * (c13 * c14 * c15 * H(c12 * c5) / math.sqrt(c10 / c11 + 1.0) - c15 * c3 * math.exp(-(c14 * c9 ** 2)) * H(-(c13 * c8 * c9)) / 2.0) + (V * strips_0_1 - c0 * strips_0_0 - c0 * strips_0_2 if (c17 < 1.0) else (-(c1 * c19 * strips_1_2)) + c19 * c2 * strips_1_1 - c19 * strips_1_0 / 2.0)) - c0 * q_hat - m * m_hat + (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))


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
    c0 = math.sqrt(q)
    c1 = 1.0 / c0
    c2 = c1 * m
    c3 = math.atan2(math.sqrt(-((c2 + (-1.0)) * (c2 + 1.0))), c2) / 3.141592653589793
    c4 = V + (-1.0)
    c5 = c1 * c4
    c6 = -c2
    c7 = bvn_upper(c5, 0.0, c6)
    c8 = 2.0 * c7
    c9 = 1.0 / q
    c10 = -c4
    c11 = c9 * m ** 2
    c12 = 1.0 - c11
    c13 = 1.0 / math.sqrt(c12)
    c14 = c13 * m
    c15 = c9 / 2.0
    c16 = 0.7978845608028654
    c17 = q * ((-(c1 * c16 * math.exp(-(c10 ** 2 * c15)) * H(-(c10 * c14 * c9)) / 2.0)) + c14 * c15 * c16 * H(c13 * c5) / math.sqrt(c11 / c12 + 1.0))
    c18 = V * c1
    c19 = V / 2.0
    c20 = c1 * c10
    c21 = -(c13 * c2)
    c22 = 1.0 / V
    c23 = c22 / 2.0
    strips_0 = np.zeros(3)
    if (c18 < 1.0):
        strip_tails(c20, c18, c21, 0.0, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not (c18 < 1.0)):
        wide_tails(c20, c18, c21, 0.0, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    out[0] = c3
    out[1] = c3
    out[2] = (-(V * c8)) - 2.0 * c17 + 2.0 * c7
    out[3] = 2.0 * bvn_upper(c18, 0.0, c6)
    out[4] = c8
    out[5] = q
    out[6] = (-(2.0 * m)) + q + 1.0
    out[7] = V * q_hat / 2.0 - V_hat * q / 2.0 - 2.0 * alpha * (c17 + c19 * c7 - c7 + (V * strips_0_1 - c19 * strips_0_0 - c19 * strips_0_2 if (c18 < 1.0) else c0 * c22 * strips_1_1 - c23 * q * strips_1_2 - c23 * strips_1_0)) + m * m_hat - (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))
    out[8] = V


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
