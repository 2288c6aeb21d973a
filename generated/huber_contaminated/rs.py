r"""huber_contaminated: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 96cd6ec3c0cbb8ed, derivation 22af6bfaa2191d87, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{m}^{2} + \hat{q}}{2\,\left(\hat{V} + \lambda\right)}
\phi_{\mathrm{ch}} = \alpha\,\left(\mathrm{cut}^{2}\,\mathrm{eps}\,\left(V +
    1\right)\,H\left(\frac{\mathrm{cut}\,\left(V + 1\right)}{\sigma_{1}}\right) -
    \frac{\sqrt{2}\,\mathrm{cut}\,\mathrm{eps}\,\sigma_{1}}{\sqrt{\pi}}\,e^{-\frac{\mathrm{cut}^{2}\,\left(V
    + 1\right)^{2}}{2\,\sigma_{1}^{2}}} + \mathrm{cut}^{2}\,\left(1 - \mathrm{eps}\right)\,\left(V +
    1\right)\,H\left(\frac{\mathrm{cut}\,\left(V + 1\right)}{\sigma_{0}}\right) -
    \frac{\sqrt{2}\,\mathrm{cut}\,\sigma_{0}\,\left(1 -
    \mathrm{eps}\right)}{\sqrt{\pi}}\,e^{-\frac{\mathrm{cut}^{2}\,\left(V +
    1\right)^{2}}{2\,\sigma_{0}^{2}}} - \frac{\mathrm{eps}\,\sigma_{1}^{2}}{2\,\left(V +
    1\right)}\,\int_{-\frac{\mathrm{cut}\,\left(V +
    1\right)}{\sigma_{1}}}^{\frac{\mathrm{cut}\,\left(V + 1\right)}{\sigma_{1}}} Dt\,t^{2} -
    \frac{\sigma_{0}^{2}\,\left(1 - \mathrm{eps}\right)}{2\,\left(V +
    1\right)}\,\int_{-\frac{\mathrm{cut}\,\left(V +
    1\right)}{\sigma_{0}}}^{\frac{\mathrm{cut}\,\left(V + 1\right)}{\sigma_{0}}} Dt\,t^{2}\right)
q_hat = \alpha\,\left(2\,\mathrm{cut}^{2}\,\mathrm{eps}\,H\left(\frac{\mathrm{cut}\,\left(V +
    1\right)}{\sigma_{1}}\right) + 2\,\mathrm{cut}^{2}\,\left(1 -
    \mathrm{eps}\right)\,H\left(\frac{\mathrm{cut}\,\left(V + 1\right)}{\sigma_{0}}\right) +
    \frac{\mathrm{eps}\,\sigma_{1}^{2}}{\left(V + 1\right)^{2}}\,\int_{-\frac{\mathrm{cut}\,\left(V
    + 1\right)}{\sigma_{1}}}^{\frac{\mathrm{cut}\,\left(V + 1\right)}{\sigma_{1}}} Dt\,t^{2} +
    \frac{\sigma_{0}^{2}\,\left(1 - \mathrm{eps}\right)}{\left(V +
    1\right)^{2}}\,\int_{-\frac{\mathrm{cut}\,\left(V +
    1\right)}{\sigma_{0}}}^{\frac{\mathrm{cut}\,\left(V + 1\right)}{\sigma_{0}}} Dt\,t^{2}\right)
V_hat = \frac{\alpha\,\left(\mathrm{eps}\,H\left(-\frac{\mathrm{cut}\,\left(V +
    1\right)}{\sigma_{1}}\right) - \mathrm{eps}\,H\left(\frac{\mathrm{cut}\,\left(V +
    1\right)}{\sigma_{1}}\right) + \left(1 -
    \mathrm{eps}\right)\,H\left(-\frac{\mathrm{cut}\,\left(V + 1\right)}{\sigma_{0}}\right) -
    \left(1 - \mathrm{eps}\right)\,H\left(\frac{\mathrm{cut}\,\left(V +
    1\right)}{\sigma_{0}}\right)\right)}{V + 1}
m_hat = \frac{\alpha\,\left(\mathrm{eps}\,H\left(-\frac{\mathrm{cut}\,\left(V +
    1\right)}{\sigma_{1}}\right) - \mathrm{eps}\,H\left(\frac{\mathrm{cut}\,\left(V +
    1\right)}{\sigma_{1}}\right) + \left(1 -
    \mathrm{eps}\right)\,H\left(-\frac{\mathrm{cut}\,\left(V + 1\right)}{\sigma_{0}}\right) -
    \left(1 - \mathrm{eps}\right)\,H\left(\frac{\mathrm{cut}\,\left(V +
    1\right)}{\sigma_{0}}\right)\right)}{V + 1}
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
\ell_{0}\left(h\right) = \begin{cases} \frac{h^{2}}{2} & \text{for}\: \left|{h}\right| <
    \mathrm{cut} \\\mathrm{cut}\,\left|{h}\right| - \frac{\mathrm{cut}^{2}}{2} & \text{otherwise}
    \end{cases}
\mathrm{law}\left(u\right) = \mathcal{N}\left(0,\,\Delta + q - 2\,m + 1\right)
\mathrm{law}\left(u\right) = \mathcal{N}\left(0,\,\Delta_{\mathrm{out}} + q - 2\,m + 1\right)
\mathcal{M}_{V}\left[\ell_{0}\right]\left(u\right) = \begin{cases}
    -\frac{\mathrm{cut}\,\left(V\,\mathrm{cut} + \mathrm{cut} + 2\,u\right)}{2} & u <
    -\mathrm{cut}\,\left(V + 1\right)\\ \frac{u^{2}}{2\,\left(V + 1\right)} & -\mathrm{cut}\,\left(V
    + 1\right) < u < V\,\mathrm{cut} + \mathrm{cut}\\ -\frac{\mathrm{cut}\,\left(V\,\mathrm{cut} +
    \mathrm{cut} - 2\,u\right)}{2} & u > V\,\mathrm{cut} + \mathrm{cut} \end{cases}
\mathrm{prox}_{V}\left[\ell_{0}\right]\left(u\right) = \begin{cases} V\,\mathrm{cut} + u & u <
    -\mathrm{cut}\,\left(V + 1\right)\\ \frac{u}{V + 1} & -\mathrm{cut}\,\left(V + 1\right) < u <
    V\,\mathrm{cut} + \mathrm{cut}\\ u - V\,\mathrm{cut} & u > V\,\mathrm{cut} + \mathrm{cut}
    \end{cases}
g\left(w\right) = \frac{\lambda\,w^{2}}{2}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi^{2}}{2\,\left(\hat{V} +
    \lambda\right)}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi}{\hat{V} + \lambda}
\sigma_{0}^{2} = \Delta + q - 2\,m + 1
\sigma_{1}^{2} = \Delta_{\mathrm{out}} + q - 2\,m + 1
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


MODEL = 'huber_contaminated'
ANSATZ = 'rs'
SPEC_HASH = '96cd6ec3c0cbb8eddd7fa6fe206d52ee451f75fbcd068f801933fba8133c4b3c'
TRACE_HASH = '22af6bfaa2191d87'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam', 'Delta', 'eps', 'Delta_out', 'cut')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'error_teacher', 'training_loss', 'mse', 'norm', 'energy', 'bias', 'variance', 'prox_variance')
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
    Delta = p[2]
    eps = p[3]
    Delta_out = p[4]
    cut = p[5]
    c0 = V + 1.0
    c1 = (-(2.0 * m)) + q + 1.0
    c2 = Delta + c1
    c3 = math.sqrt(c2)
    c4 = 1.0 / c3
    c5 = c4 * cut
    c6 = c0 * c5
    c7 = cut ** 2
    c8 = 2.0 * c7
    c9 = c8 * H(c6)
    c10 = alpha * eps
    c11 = Delta_out + c1
    c12 = math.sqrt(c11)
    c13 = 1.0 / c12
    c14 = c13 * cut
    c15 = c0 * c14
    c16 = -c0
    c17 = c14 * c16
    c18 = 2.0 * c15
    strips_3 = np.zeros(3)
    strips(c17, c18, strips_3)
    strips_3_0 = strips_3[0]
    strips_3_1 = strips_3[1]
    strips_3_2 = strips_3[2]
    c19 = strips_3_0
    c20 = strips_3_1
    c21 = 4.0 * c7
    c22 = strips_3_2
    c23 = c15 < (1.0 / 2.0)
    c24 = c0 ** 2
    c25 = 1.0 / c24
    strips_2 = np.zeros(3)
    if (not c23):
        wides(c17, c18, strips_2)
    strips_2_0 = strips_2[0]
    strips_2_1 = strips_2[1]
    strips_2_2 = strips_2[2]
    c26 = strips_2_2
    c27 = c25 * c26
    c28 = c16 * c5
    c29 = 2.0 * c6
    strips_1 = np.zeros(3)
    strips(c28, c29, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    c30 = strips_1_0
    c31 = eps + (-1.0)
    c32 = c31 * c7
    c33 = strips_1_1
    c34 = strips_1_2
    c35 = 4.0 * c32
    c36 = c6 < (1.0 / 2.0)
    strips_0 = np.zeros(3)
    if (not c36):
        wides(c28, c29, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    c37 = strips_0_2
    c38 = c25 * c31
    c39 = c37 * c38
    c40 = 1.0 / c0
    c41 = alpha * c30
    c42 = c10 * c40
    c43 = c19 * c42 - c30 * c42 + c40 * c41
    c44 = 1.0 / c2
    c45 = c7 / 2.0
    c46 = c24 * c45
    c47 = math.exp(-(c44 * c46))
    c48 = alpha * c47
    c49 = math.pow(c2, (-3.0 / 2.0))
    c50 = cut ** 3
    c51 = 1.4142135623730951
    c52 = 0.5641895835477563
    c53 = c51 * c52
    c54 = c53 / 2.0
    c55 = c50 * c54
    c56 = c49 * c55
    c57 = c48 * c56
    c58 = c10 * c47 * c56
    c59 = 1.0 / c11
    c60 = math.exp(-(c46 * c59))
    c61 = math.pow(c11, (-3.0 / 2.0))
    c62 = c10 * c61
    c63 = c55 * c60 * c62
    c64 = (c17 + c18) ** 2
    c65 = c64 / 2.0
    c66 = math.exp(-c65)
    c67 = c54 * c66
    c68 = c0 * cut
    c69 = c61 * c68
    c70 = c16 ** 2
    c71 = c45 * c70
    c72 = math.exp(-(c59 * c71))
    c73 = c54 * c72
    c74 = c67 - c73
    c75 = c16 * cut
    c76 = c61 * c75
    c77 = c74 * c76
    c78 = c40 / cut
    c79 = c12 * c78
    c80 = c20 * c79
    c81 = c67 - c80 / 2.0
    c82 = c69 * c81
    c83 = (-(c19 * c79 / 2.0)) + c67
    c84 = c76 * c83
    c85 = (-(c22 * c79)) + c67
    c86 = c69 * c85
    c87 = c67 - c80
    c88 = c76 * c87
    c89 = c53 * c66
    c90 = c7 * c70
    c91 = c51 * c52 * c64 * c66 / 2.0 - c59 * c73 * c90
    c92 = c76 * c91
    c93 = c11 * c25
    c94 = (c28 + c29) ** 2
    c95 = c94 / 2.0
    c96 = math.exp(-c95)
    c97 = c54 * c96
    c98 = c49 * c68
    c99 = math.exp(-(c44 * c71))
    c100 = c54 * c99
    c101 = (-c100) + c97
    c102 = c49 * c75
    c103 = c101 * c102
    c104 = c3 * c78
    c105 = c104 * c33
    c106 = (-(c105 / 2.0)) + c97
    c107 = c106 * c98
    c108 = (-(c104 * c30 / 2.0)) + c97
    c109 = c102 * c108
    c110 = (-(c104 * c34)) + c97
    c111 = c110 * c98
    c112 = (-c105) + c97
    c113 = c102 * c112
    c114 = c53 * c96
    c115 = (-(c100 * c44 * c90)) + c51 * c52 * c94 * c96 / 2.0
    c116 = c102 * c115
    c117 = c2 * c38
    c118 = c50 * c53
    c119 = c118 * c48
    c120 = c10 * c118
    c121 = c120 * c60
    c122 = 1.0 / c0 ** 3
    c123 = c14 * c89
    c124 = c114 * c5
    c125 = c119 * c49
    c126 = c121 * c61
    c127 = c69 * c89
    c128 = c114 * c98
    c129 = 1.0 / (4.0 * V + 4.0)
    c130 = c129 * cut
    c131 = alpha * c49
    c132 = c130 * c131
    c133 = c53 * c99
    c134 = c132 * c133
    c135 = c130 * c62
    c136 = c53 * c72
    c137 = c135 * c136
    c138 = c114 * c132
    c139 = c135 * c89
    c140 = V * alpha * c129 * c49 * c51 * c52 * c96 * cut * eps + V * alpha * c129 * c49 * c51 * c52 * c99 * cut * eps - V * c134 - V * c137 - V * c138 - V * c139 + alpha * c129 * c49 * c51 * c52 * c96 * cut * eps + alpha * c129 * c49 * c51 * c52 * c99 * cut * eps - c134 - c137 - c138 - c139
    c141 = 2.0 * V
    c142 = 1.0 / (V ** 2 + c141 + 1.0)
    c143 = c10 * c142
    c144 = 1.0 / (c141 + 2.0)
    c145 = alpha * c144
    c146 = c133 * c5
    c147 = c10 * c144
    c148 = c123 * c147 + c124 * c145 - c124 * c147 + c136 * c14 * c147 - c142 * c41 - c143 * c19 + c143 * c30 + c145 * c146 - c146 * c147
    c149 = c144 * cut
    c150 = c131 * c149
    c151 = c133 * c150
    c152 = c149 * c62
    c153 = c136 * c152
    c154 = c10 * c149 * c49
    c155 = c133 * c154
    c156 = c114 * c150
    c157 = c152 * c89
    c158 = c114 * c154
    c159 = V * c151 + V * c153 - V * c155 + V * c156 + V * c157 - V * c158 + c151 + c153 - c155 + c156 + c157 - c158
    out[0] = alpha * c9 + alpha * ((-(c30 * c32)) + 4.0 * c31 * c33 * c7 - c34 * c35 if c36 else -(c2 * c39)) + c10 * c8 * H(c15) - c10 * c9 + c10 * (c19 * c7 - c20 * c21 + c21 * c22 if c23 else c11 * c27)
    out[1] = c43
    out[2] = c43
    out[3] = V * c57 - V * c58 + V * c63 + alpha * (4.0 * c31 * c7 * ((-c107) - c109 / 2.0) - c32 * ((-(c103 / 2.0)) - c97 * c98) - c35 * ((-c111) - c113 / 2.0) if c36 else (-(c117 * ((-(c114 * c95 * c98)) - c116 / 2.0))) - c39) + c10 * ((-(c21 * ((-c82) - c84 / 2.0))) + c21 * ((-c86) - c88 / 2.0) + c7 * ((-(c67 * c69)) - c77 / 2.0) if c23 else c27 + c93 * ((-(c65 * c69 * c89)) - c92 / 2.0)) + c57 - c58 + c63
    out[4] = alpha * (4.0 * c31 * c7 * (2.0 * c106 * c4 * cut - c108 * c5) - c32 * ((-(c101 * c5)) + c4 * c51 * c52 * c96 * cut) - c35 * (2.0 * c110 * c4 * cut - c112 * c5) if c36 else (-(c117 * ((-(c115 * c5)) + c124 * c94))) + 2.0 * c122 * c2 * c31 * c37) + c10 * ((-(c21 * (2.0 * c13 * c81 * cut - c14 * c83))) + c21 * (2.0 * c13 * c85 * cut - c14 * c87) + c7 * (c13 * c51 * c52 * c66 * cut - c14 * c74) if c23 else (-(2.0 * c11 * c122 * c26)) + c93 * (c123 * c64 - c14 * c91)) - c119 * c4 + c120 * c4 * c47 - c121 * c13
    out[5] = V * alpha * c47 * c49 * c50 * c51 * c52 * eps - V * c125 - V * c126 + alpha * c47 * c49 * c50 * c51 * c52 * eps + alpha * eps * ((-(c21 * (2.0 * c82 + c84))) + c21 * (2.0 * c86 + c88) + c7 * (c127 + c77) if c23 else (-(2.0 * c27)) + c93 * (c127 * c64 + c92)) + alpha * (4.0 * c31 * c7 * (2.0 * c107 + c109) - c32 * (c103 + c128) - c35 * (2.0 * c111 + c113) if c36 else (-(c117 * (c116 + c128 * c94))) + 2.0 * c25 * c31 * c37) - c125 - c126
    out[6] = c140
    out[7] = c148
    out[8] = c159
    out[9] = c140
    out[10] = c148
    out[11] = c159


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
    eps = p[3]
    Delta_out = p[4]
    cut = p[5]
    c0 = cut ** 2
    c1 = V + 1.0
    c2 = (-(2.0 * m)) + q + 1.0
    c3 = Delta_out + c2
    c4 = math.sqrt(c3)
    c5 = cut / c4
    c6 = c1 * c5
    c7 = c0 * H(c6)
    c8 = V * cut + cut
    c9 = c8 ** 2
    c10 = 1.0 / (2.0 * c3)
    c11 = 1.4142135623730951 * cut / (2.0 * 1.772453850905516)
    c12 = c11 * c4
    c13 = c8 ** 2
    c14 = -c1
    c15 = c14 * c5
    c16 = 2.0 * c6
    c17 = c0 * c1
    c18 = c17 / 2.0
    c19 = 2.0 * c17
    c20 = 1.0 / (2.0 * c1)
    c21 = Delta + c2
    c22 = math.sqrt(c21)
    c23 = cut / c22
    c24 = c1 * c23
    c25 = c0 * H(c24)
    c26 = 1.0 / (2.0 * c21)
    c27 = c11 * c22
    c28 = c14 * c23
    c29 = 2.0 * c24
    strips_0 = np.zeros(3)
    if (c6 < (1.0 / 2.0)):
        strips(c15, c16, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not (c6 < (1.0 / 2.0))):
        wides(c15, c16, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    strips_2 = np.zeros(3)
    if (c24 < (1.0 / 2.0)):
        strips(c28, c29, strips_2)
    strips_2_0 = strips_2[0]
    strips_2_1 = strips_2[1]
    strips_2_2 = strips_2[2]
    strips_3 = np.zeros(3)
    if (not (c24 < (1.0 / 2.0))):
        wides(c28, c29, strips_3)
    strips_3_0 = strips_3[0]
    strips_3_1 = strips_3[1]
    strips_3_2 = strips_3[2]
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 + alpha * (eps * (V * c7 - c12 * math.exp(-(c10 * c9)) - c12 * math.exp(-(c10 * c13)) + c7 + (2.0 * c0 * c1 * strips_0_1 - c18 * strips_0_0 - c19 * strips_0_2 if (c6 < (1.0 / 2.0)) else -(c20 * c3 * strips_1_2))) + (1.0 - eps) * (V * c25 + c25 - c27 * math.exp(-(c26 * c9)) - c27 * math.exp(-(c13 * c26)) + (2.0 * c0 * c1 * strips_2_1 - c18 * strips_2_0 - c19 * strips_2_2 if (c24 < (1.0 / 2.0)) else -(c20 * c21 * strips_3_2)))) - m * m_hat + (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))


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
    eps = p[3]
    Delta_out = p[4]
    cut = p[5]
    c0 = 2.0 * m
    c1 = 1.0 - c0
    c2 = c1 + q
    c3 = Delta + c2
    c4 = cut ** 2
    c5 = Delta_out + c2
    c6 = math.sqrt(c5)
    c7 = cut / c6
    c8 = V * c7 + c7
    c9 = H(c8)
    c10 = c4 * c9
    c11 = 2.0 * V
    c12 = 4.0 * V
    c13 = V ** 2
    c14 = 2.0 * c13
    c15 = 1.0 / (c12 + c14 + 2.0)
    c16 = c15 * c9
    c17 = H(-c8)
    c18 = 1.772453850905516
    c19 = 1.0 / c18
    c20 = (-(4.0 * m)) + 2.0 * q + 2.0
    c21 = 2.0 * Delta_out + c20
    c22 = 1.0 / c5
    c23 = c4 * (V + c13 / 2.0 + (1.0 / 2.0))
    c24 = 2.0 * c18
    c25 = c4 / c21
    c26 = c6 * math.exp(c25) * math.exp(c11 * c25) * math.exp(c13 * c25)
    c27 = c18 * c26
    c28 = 1.0 / (c12 * c27 + c14 * c27 + c24 * c26)
    c29 = 1.4142135623730951
    c30 = c29 * cut
    c31 = c28 * c30
    c32 = V * cut
    c33 = c29 * c32
    c34 = c28 * c33
    c35 = 1.0 - eps
    c36 = math.sqrt(c3)
    c37 = cut / c36
    c38 = V * c37 + c37
    c39 = H(c38)
    c40 = c39 * c4
    c41 = c15 * c39
    c42 = H(-c38)
    c43 = 2.0 * Delta + c20
    c44 = 1.0 / c3
    c45 = c4 / c43
    c46 = c36 * math.exp(c45) * math.exp(c11 * c45) * math.exp(c13 * c45)
    c47 = c18 * c46
    c48 = 1.0 / (c12 * c47 + c14 * c47 + c24 * c46)
    c49 = c30 * c48
    c50 = c33 * c48
    c51 = m_hat ** 2
    c52 = V + 1.0
    c53 = c52 * c7
    c54 = c4 * H(c53)
    c55 = c32 + cut
    c56 = c55 ** 2
    c57 = c22 / 2.0
    c58 = c19 * c30 / 2.0
    c59 = c58 * c6
    c60 = c55 ** 2
    c61 = -c52
    c62 = c61 * c7
    c63 = 2.0 * c53
    c64 = c4 * c52
    c65 = c64 / 2.0
    c66 = 2.0 * c64
    c67 = 1.0 / (2.0 * c52)
    c68 = c37 * c52
    c69 = c4 * H(c68)
    c70 = c44 / 2.0
    c71 = c36 * c58
    c72 = c37 * c61
    c73 = 2.0 * c68
    c74 = c51 / (V_hat ** 2 + 2.0 * V_hat * lam + lam ** 2)
    strips_0 = np.zeros(3)
    if (c68 < (1.0 / 2.0)):
        strips(c72, c73, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not (c68 < (1.0 / 2.0))):
        wides(c72, c73, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    strips_2 = np.zeros(3)
    if (c53 < (1.0 / 2.0)):
        strips(c62, c63, strips_2)
    strips_2_0 = strips_2[0]
    strips_2_1 = strips_2[1]
    strips_2_2 = strips_2[2]
    strips_3 = np.zeros(3)
    if (not (c53 < (1.0 / 2.0))):
        wides(c62, c63, strips_3)
    strips_3_0 = strips_3[0]
    strips_3_1 = strips_3[1]
    strips_3_2 = strips_3[2]
    out[0] = (-(Delta * eps)) + Delta_out * eps + c3
    out[1] = c2
    out[2] = c35 * (Delta * c15 * c42 - Delta * c41 - Delta * c49 - Delta * c50 + 2.0 * V * c29 * c48 * cut * m - c0 * c15 * c42 - c11 * c40 + 2.0 * c15 * c39 * m + c15 * c42 * q + c15 * c42 + c19 * math.sqrt(c43) * cut * math.exp(-(c23 * c44)) + 2.0 * c29 * c48 * cut * m - c40 - c41 * q - c41 - c49 * q - c49 - c50 * q - c50) + eps * (Delta_out * c15 * c17 - Delta_out * c16 - Delta_out * c31 - Delta_out * c34 + 2.0 * V * c28 * c29 * cut * m - c0 * c15 * c17 - c10 * c11 - c10 + c15 * c17 * q + c15 * c17 + 2.0 * c15 * c9 * m - c16 * q - c16 + c19 * math.sqrt(c21) * cut * math.exp(-(c22 * c23)) + 2.0 * c28 * c29 * cut * m - c31 * q - c31 - c34 * q - c34)
    out[3] = c2
    out[4] = q
    out[5] = V * q_hat / 2.0 - V_hat * q / 2.0 - alpha * (c35 * (V * c69 + c69 - c71 * math.exp(-(c60 * c70)) - c71 * math.exp(-(c56 * c70)) + (2.0 * c4 * c52 * strips_0_1 - c65 * strips_0_0 - c66 * strips_0_2 if (c68 < (1.0 / 2.0)) else -(c3 * c67 * strips_1_2))) + eps * (V * c54 + c54 - c59 * math.exp(-(c57 * c60)) - c59 * math.exp(-(c56 * c57)) + (2.0 * c4 * c52 * strips_2_1 - c65 * strips_2_0 - c66 * strips_2_2 if (c53 < (1.0 / 2.0)) else -(c5 * c67 * strips_3_2)))) + m * m_hat - (c51 + q_hat) / (2.0 * (V_hat + lam))
    out[6] = c1 + c74
    out[7] = (-c74) + q
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
