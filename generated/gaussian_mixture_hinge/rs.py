r"""gaussian_mixture_hinge: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification e6c97be3c4e6f410, derivation 161fd16a4717c076, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{m}^{2} + \hat{q}}{2\,\left(\hat{V} + \lambda\right)}
\phi_{\mathrm{ch}} = \frac{\alpha}{2}\,\left(\rho\,\left(\Delta\,V + 2\,b + 2\,m -
    2\right)\,H\left(-\frac{1 - \Delta\,V - b - m}{\sqrt{\Delta\,q}}\right) -
    \frac{\rho\,\sqrt{2\,\Delta\,q}}{\sqrt{\pi}}\,e^{-\frac{\left(1 - \Delta\,V - b -
    m\right)^{2}}{2\,\Delta\,q}} - \left(1 - \rho\right)\,\left(2\,b - \Delta\,V - 2\,m +
    2\right)\,H\left(-\frac{b - \Delta\,V - m + 1}{\sqrt{\Delta\,q}}\right) - \frac{\left(1 -
    \rho\right)\,\sqrt{2\,\Delta\,q}}{\sqrt{\pi}}\,e^{-\frac{\left(b - \Delta\,V - m +
    1\right)^{2}}{2\,\Delta\,q}} - \frac{\rho}{\Delta\,V}\,\int_{\frac{1 - \Delta\,V - b -
    m}{\sqrt{\Delta\,q}}}^{\frac{1 - b - m}{\sqrt{\Delta\,q}}} Dt\,\left(1 - b - m -
    t\,\sqrt{\Delta\,q}\right)^{2} - \frac{1 - \rho}{\Delta\,V}\,\int_{\frac{m - b -
    1}{\sqrt{\Delta\,q}}}^{\frac{\Delta\,V + m - b - 1}{\sqrt{\Delta\,q}}} Dt\,\left(b +
    t\,\sqrt{\Delta\,q} - m + 1\right)^{2}\right)
q_hat = \alpha\,\left(\Delta\,\rho\,H\left(-\frac{1 - \Delta\,V - b - m}{\sqrt{\Delta\,q}}\right) +
    \Delta\,\left(1 - \rho\right)\,H\left(-\frac{b - \Delta\,V - m + 1}{\sqrt{\Delta\,q}}\right) +
    \frac{\rho}{\Delta\,V^{2}}\,\int_{\frac{1 - \Delta\,V - b - m}{\sqrt{\Delta\,q}}}^{\frac{1 - b -
    m}{\sqrt{\Delta\,q}}} Dt\,\left(1 - b - m - t\,\sqrt{\Delta\,q}\right)^{2} + \frac{1 -
    \rho}{\Delta\,V^{2}}\,\int_{\frac{m - b - 1}{\sqrt{\Delta\,q}}}^{\frac{\Delta\,V + m - b -
    1}{\sqrt{\Delta\,q}}} Dt\,\left(b + t\,\sqrt{\Delta\,q} - m + 1\right)^{2}\right)
V_hat = \frac{\alpha\,\left(\rho\,H\left(\frac{1 - \Delta\,V - b - m}{\sqrt{\Delta\,q}}\right) -
    \rho\,H\left(\frac{1 - b - m}{\sqrt{\Delta\,q}}\right) + \left(1 - \rho\right)\,H\left(\frac{m -
    b - 1}{\sqrt{\Delta\,q}}\right) - \left(1 - \rho\right)\,H\left(\frac{\Delta\,V + m - b -
    1}{\sqrt{\Delta\,q}}\right)\right)}{V}
m_hat = \alpha\,\left(\rho\,H\left(-\frac{1 - \Delta\,V - b - m}{\sqrt{\Delta\,q}}\right) + \left(1
    - \rho\right)\,H\left(-\frac{b - \Delta\,V - m + 1}{\sqrt{\Delta\,q}}\right) +
    \frac{\rho}{\Delta\,V}\,\int_{\frac{1 - \Delta\,V - b - m}{\sqrt{\Delta\,q}}}^{\frac{1 - b -
    m}{\sqrt{\Delta\,q}}} Dt\,\left[1 - b - m - t\,\sqrt{\Delta\,q}\right] + \frac{1 -
    \rho}{\Delta\,V}\,\int_{\frac{m - b - 1}{\sqrt{\Delta\,q}}}^{\frac{\Delta\,V + m - b -
    1}{\sqrt{\Delta\,q}}} Dt\,\left[b + t\,\sqrt{\Delta\,q} - m + 1\right]\right)
q = \frac{\hat{m}^{2} + \hat{q}}{\left(\hat{V} + \lambda\right)^{2}}
V = \frac{1}{\hat{V} + \lambda}
m = \frac{\hat{m}}{\hat{V} + \lambda}
0 (stationary in b) = \alpha\,\left(\rho\,H\left(-\frac{1 - \Delta\,V - b -
    m}{\sqrt{\Delta\,q}}\right) - \left(1 - \rho\right)\,H\left(-\frac{b - \Delta\,V - m +
    1}{\sqrt{\Delta\,q}}\right) + \frac{\rho}{\Delta\,V}\,\int_{\frac{1 - \Delta\,V - b -
    m}{\sqrt{\Delta\,q}}}^{\frac{1 - b - m}{\sqrt{\Delta\,q}}} Dt\,\left[1 - b - m -
    t\,\sqrt{\Delta\,q}\right] - \frac{1 - \rho}{\Delta\,V}\,\int_{\frac{m - b -
    1}{\sqrt{\Delta\,q}}}^{\frac{\Delta\,V + m - b - 1}{\sqrt{\Delta\,q}}} Dt\,\left[b +
    t\,\sqrt{\Delta\,q} - m + 1\right]\right)
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
P(y=1) = \rho
\mathbb{E}\left[h\,|\,y=1\right] = m
\mathcal{M}_{V}\left[\ell_{01}\right]\left(\omega\right) = \begin{cases} \frac{2 - V - 2\,\omega}{2}
    & \omega < 1 - V\\ \frac{\left(\omega - 1\right)^{2}}{2\,V} & 1 - V < \omega < 1\\ 0 & \omega >
    1 \end{cases}
\mathrm{prox}_{V}\left[\ell_{01}\right]\left(\omega\right) = \begin{cases} V + \omega & \omega < 1 -
    V\\ 1 & 1 - V < \omega < 1\\ \omega & \omega > 1 \end{cases}
\ell_{00}\left(h\right) = \max\left(0, h + 1\right)
P(y=-1) = 1 - \rho
\mathbb{E}\left[h\,|\,y=-1\right] = -m
\mathcal{M}_{V}\left[\ell_{00}\right]\left(\omega\right) = \begin{cases} 0 & \omega < -1\\
    \frac{\left(\omega + 1\right)^{2}}{2\,V} & -1 < \omega < V - 1\\ \frac{2\,\omega - V + 2}{2} &
    \omega > V - 1 \end{cases}
\mathrm{prox}_{V}\left[\ell_{00}\right]\left(\omega\right) = \begin{cases} \omega & \omega < -1\\ -1
    & -1 < \omega < V - 1\\ \omega - V & \omega > V - 1 \end{cases}
g\left(w\right) = \frac{\lambda\,w^{2}}{2}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi^{2}}{2\,\left(\hat{V} +
    \lambda\right)}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi}{\hat{V} + \lambda}
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


MODEL = 'gaussian_mixture_hinge'
ANSATZ = 'rs'
SPEC_HASH = 'e6c97be3c4e6f41038039b5e9c227809901883217907c89377a9160592b465a3'
TRACE_HASH = '161fd16a4717c076'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'rho', 'Delta', 'lam')
TABLE = ()
STATE = ('q', 'V', 'm', 'b')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('error_label', 'training_loss', 'training_error', 'norm', 'energy', 'prox_variance')
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
STRATEGY = {}


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
    c0 = Delta * rho
    c1 = Delta * V
    c2 = m + (-1.0)
    c3 = b + c2
    c4 = c1 + c3
    c5 = math.sqrt(Delta)
    c6 = 1.0 / c5
    c7 = math.sqrt(q)
    c8 = 1.0 / c7
    c9 = c6 * c8
    c10 = alpha * H(c4 * c9)
    c11 = (-b) + c1 + c2
    c12 = alpha * H(c11 * c9)
    c13 = b - m + 1.0
    c14 = -c13
    c15 = c14 * c9
    c16 = c5 * c8
    c17 = V * c16
    strips_0 = np.zeros(3)
    strips(c15, c17, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    c18 = strips_0_2
    c19 = rho + (-1.0)
    c20 = Delta * c19
    c21 = c17 < 1.0
    strips_3 = np.zeros(3)
    if (not c21):
        wides(c15, c17, strips_3)
    strips_3_0 = strips_3[0]
    strips_3_1 = strips_3[1]
    strips_3_2 = strips_3[2]
    c22 = strips_3_2
    c23 = 1.0 / V ** 2
    c24 = c19 * c23
    c25 = c22 * c24
    c26 = strips_3_0
    c27 = 1.0 / Delta
    c28 = c13 ** 2
    c29 = c24 * c28
    c30 = c27 * c29
    c31 = strips_3_1
    c32 = 2.0 * b
    c33 = c23 * rho
    c34 = c6 * c7
    c35 = c33 * c34
    c36 = c32 * c35
    c37 = 2.0 * m
    c38 = c23 * c34
    c39 = 2.0 * c35
    c40 = (-(2.0 * c38)) + c39
    c41 = 2.0 * b * c23 * c6 * c7 + 2.0 * c23 * c6 * c7 * m * rho - c36 - c37 * c38 - c40
    c42 = -c4
    c43 = c42 * c9
    strips_2 = np.zeros(3)
    strips(c43, c17, strips_2)
    strips_2_0 = strips_2[0]
    strips_2_1 = strips_2[1]
    strips_2_2 = strips_2[2]
    c44 = strips_2_0
    c45 = c44 * rho
    c46 = strips_2_2
    c47 = strips_2_1
    c48 = c47 * rho
    c49 = 2.0 * Delta
    strips_1 = np.zeros(3)
    if (not c21):
        wides(c43, c17, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    c50 = strips_1_2
    c51 = c33 * c50
    c52 = c3 ** 2
    c53 = c33 * c52
    c54 = strips_1_0
    c55 = c27 * c54
    c56 = strips_1_1
    c57 = c35 * c37 + c36 - c39
    c58 = 1.0 / V
    c59 = strips_0_0
    c60 = alpha * c59
    c61 = c58 * c60
    c62 = alpha * c45
    c63 = -c19
    c64 = strips_0_1
    c65 = c27 * c58
    c66 = c19 * c65
    c67 = c26 * c66
    c68 = c13 * c67
    c69 = c5 * c7
    c70 = (-(c5 * c7)) + c69 * rho
    c71 = -c70
    c72 = c12 * rho
    c73 = c34 * c58
    c74 = c73 * rho
    c75 = c65 * rho
    c76 = c54 * c75
    c77 = alpha * (c45 - c48 if c21 else (-(c3 * c76)) - c56 * c74) + c10 * rho
    c78 = c31 * c65
    c79 = c27 / q
    c80 = c79 / 2.0
    c81 = math.exp(-(c4 ** 2 * c80))
    c82 = c81 * rho
    c83 = 1.4142135623730951
    c84 = 0.5641895835477563
    c85 = c83 * c84
    c86 = math.pow(q, (-3.0 / 2.0))
    c87 = c86 / 4.0
    c88 = c5 * c87
    c89 = alpha * c88
    c90 = c85 * c89
    c91 = c82 * c90
    c92 = alpha * math.exp(-(c11 ** 2 * c80))
    c93 = c85 * c92
    c94 = c88 * c93
    c95 = math.pow(Delta, (3.0 / 2.0))
    c96 = V * c95
    c97 = alpha * c82
    c98 = c85 * c97
    c99 = b * c94
    c100 = c94 * m
    c101 = c87 * c93
    c102 = c101 * c96
    c103 = 2.0 * c73
    c104 = c15 + c17
    c105 = c104 ** 2
    c106 = c105 / 2.0
    c107 = math.exp(-c106)
    c108 = c85 / 2.0
    c109 = c107 * c108
    c110 = (-(c103 * c18)) + c109
    c111 = c86 / 2.0
    c112 = V * c5
    c113 = c111 * c112
    c114 = c64 * c73
    c115 = c109 - 2.0 * c114
    c116 = c111 * c6
    c117 = c116 * c14
    c118 = c23 * c9
    c119 = c118 * m
    c120 = c118 * rho
    c121 = b * c118 * rho
    c122 = c107 * c85
    c123 = c112 * c87
    c124 = c122 * c123
    c125 = c14 ** 2
    c126 = math.exp(-(c125 * c80))
    c127 = c108 * c126
    c128 = c109 - c127
    c129 = (-(c117 * c128)) - c124
    c130 = c106 * c122
    c131 = (-(c125 * c127 * c79)) + c130
    c132 = c104 * c109
    c133 = (-(c127 * c15)) + c132
    c134 = (-(c104 * c124)) - c117 * c133
    c135 = c17 + c43
    c136 = c135 ** 2
    c137 = c136 / 2.0
    c138 = math.exp(-c137)
    c139 = c138 * c85
    c140 = c123 * c139
    c141 = c42 ** 2
    c142 = math.exp(-(c141 * c80))
    c143 = c108 * c142
    c144 = c108 * c138
    c145 = (-c143) + c144
    c146 = c116 * c42
    c147 = (-c140) - c145 * c146
    c148 = c147 * rho
    c149 = (-(c103 * c46)) + c144
    c150 = c47 * c73
    c151 = c144 - 2.0 * c150
    c152 = c144 - c150
    c153 = c144 - c44 * c73
    c154 = rho * ((-(c113 * c152)) - c146 * c153)
    c155 = c23 * c27
    c156 = c155 * c52
    c157 = c137 * c139
    c158 = (-(c141 * c143 * c79)) + c157
    c159 = c33 * q
    c160 = c135 * c144 - c143 * c43
    c161 = (-(c135 * c140)) - c146 * c160
    c162 = c8 * c95
    c163 = c108 * c92
    c164 = c162 * c163
    c165 = c19 * c8
    c166 = 1.0 / V ** 3
    c167 = 2.0 * c166
    c168 = c167 * q
    c169 = c26 * c27
    c170 = c19 * c28
    c171 = 4.0 * c166 * c34
    c172 = b * c171
    c173 = c171 * m
    c174 = c172 * rho
    c175 = c173 * rho
    c176 = c16 / 2.0
    c177 = c145 * c16
    c178 = rho * (c138 * c5 * c8 * c83 * c84 / 2.0 - c177)
    c179 = c151 * c16
    c180 = rho * (c152 * c5 * c8 - c153 * c16)
    c181 = c135 * c139 * c176 - c16 * c160
    c182 = c16 * c19
    c183 = c115 * c182
    c184 = c32 - 2.0 * m + 2.0
    c185 = c169 * c24
    c186 = 1.0 / c95
    c187 = c186 * c8
    c188 = c128 * c187 * c29 + c131 * c24 * c34 - c133 * c41 * c9
    c189 = c145 * c187
    c190 = c176 * rho
    c191 = alpha * c85
    c192 = -(c190 * c191 * c81)
    c193 = alpha * (2.0 * c153 * c5 * c8 * rho - c177 * rho - c179 * rho if c21 else (-(c158 * c35)) - c160 * c57 * c9 - c189 * c53 + c23 * c27 * c54 * rho * (c32 + c37 + (-2.0)) + 2.0 * c23 * c56 * c6 * c7 * rho) + c192
    c194 = c176 * c93
    c195 = c190 * c93
    c196 = (-c194) + c195
    c197 = c194 - c195
    c198 = c6 * c87
    c199 = c198 * c58
    c200 = c126 * c191
    c201 = c199 * c200
    c202 = c58 * rho
    c203 = c198 * c202
    c204 = c142 * c191 * c203
    c205 = alpha * c122
    c206 = c203 * c205
    c207 = alpha * c58 * c9
    c208 = c127 * c207
    c209 = c109 * c207
    c210 = c9 * rho
    c211 = c210 * c58
    c212 = alpha * c211
    c213 = c109 * c212
    c214 = c127 * c212
    c215 = (-(alpha * c142 * c58 * c6 * c8 * c83 * c84 * rho / 2.0)) + c144 * c212
    c216 = c109 - c114
    c217 = c109 - c59 * c73
    c218 = (-(c113 * c216)) - c117 * c217
    c219 = c190 - c5 * c8 / 2.0
    c220 = c129 * c13 * c66
    c221 = c134 * c65
    c222 = c101 * c6
    c223 = b * c222
    c224 = c222 * m
    c225 = c123 * c93
    c226 = c222 * rho
    c227 = c224 * rho
    c228 = c225 * rho
    c229 = c223 * rho
    c230 = c3 * c65
    c231 = c198 * c98
    c232 = alpha * (c147 * rho - c154 if c21 else (-(c148 * c230)) - c161 * c74 - c211 * c56 / 2.0) + b * c231 + c123 * c98 + c231 * m - c231
    c233 = c155 * c31
    c234 = c58 * c71
    c235 = c13 * c58
    c236 = (-(c109 * c19 * c235 * c9)) + c13 * c185
    c237 = alpha * (c178 - c180 if c21 else (-(c178 * c230)) - c181 * c74 + c23 * c27 * c3 * c54 * rho + c23 * c56 * c6 * c7 * rho) + c192
    c238 = c217 * c9
    c239 = c238 * c63
    c240 = c128 * c165 * c186 * c235
    c241 = c133 * c187
    c242 = c234 * c241 - c240 + c67
    c243 = c163 * c9
    c244 = c163 * c210
    c245 = (-(alpha * c108 * c210 * c81)) + alpha * ((-(c145 * c210)) + c153 * c6 * c8 * rho if c21 else c160 * c75 + c189 * c202 * c3 - c76)
    c246 = (-c243) + c244 + c245
    c247 = c243 - c244 + c245
    c248 = c19 * c238
    c249 = c240 + c241 * c58 * c70 - c67
    out[0] = Delta * c12 + alpha * (-(c18 * c20) if c21 else (-(c25 * q)) - c26 * c30 + c31 * c41) + alpha * (Delta * c45 + c0 * c46 - c48 * c49 if c21 else c51 * q + c53 * c55 + c56 * c57) + c0 * c10 - c0 * c12
    out[1] = c58 * c62 - c61 * rho + c61
    out[2] = alpha * (c63 * c64 if c21 else c27 * c31 * c58 * c71 - c68) + c12 - c72 + c77
    out[3] = alpha * (c19 * c64 if c21 else c68 + c70 * c78) - c12 + c72 + c77
    out[4] = alpha * (-(c20 * ((-(c110 * c113)) - c115 * c117)) if c21 else (-(c129 * c30)) + c134 * c41 - c24 * q * ((-(c105 * c124)) - c117 * c131) - c25 + c31 * (b * c23 * c6 * c8 - c119 - c120 - c121 + c23 * c6 * c8 * m * rho + c23 * c6 * c8)) + alpha * (Delta * c148 + c0 * ((-(c113 * c149)) - c146 * c151) - c154 * c49 if c21 else c148 * c156 + c159 * ((-(c136 * c140)) - c146 * c158) + c161 * c57 + c51 + c56 * (c119 * rho - c120 + c121)) + b * c91 - c100 * rho + c100 - c102 * rho + c102 + c87 * c96 * c98 + c91 * m - c91 + c94 * rho - c94 + c99 * rho - c99
    out[5] = alpha * (-(c110 * c165 * c95) if c21 else c104 * c122 * c176 * c41 - c109 * c118 * c170 - c130 * c24 * c69 + c167 * c169 * c170 + c168 * c19 * c22 + c31 * (c171 * rho - c171 - c172 + c173 + c174 - c175)) + alpha * (Delta * c178 + c0 * (c149 * c5 * c8 - c179) - c180 * c49 if c21 else c156 * c178 + c159 * (c157 * c16 - c158 * c16) - c167 * c52 * c55 * rho - c168 * c50 * rho + c181 * c57 + c56 * (4.0 * c166 * c6 * c7 * rho - c174 - c175)) - c108 * c162 * c97 + c164 * rho - c164
    out[6] = alpha * (-c183 if c21 else c184 * c185 - c188 + c31 * c40) + c193 + c196
    out[7] = alpha * (c183 if c21 else (-(c184 * c185)) + c188 - c31 * c40) + c193 + c197
    out[8] = alpha * b * c107 * c58 * c6 * c83 * c84 * c86 / 4.0 + alpha * b * c126 * c58 * c6 * c83 * c84 * c86 * rho / 4.0 + alpha * b * c138 * c58 * c6 * c83 * c84 * c86 * rho / 4.0 + alpha * c107 * c5 * c83 * c84 * c86 * rho / 4.0 + alpha * c107 * c58 * c6 * c83 * c84 * c86 * m * rho / 4.0 + alpha * c107 * c58 * c6 * c83 * c84 * c86 / 4.0 + alpha * c126 * c58 * c6 * c83 * c84 * c86 * m / 4.0 + alpha * c126 * c58 * c6 * c83 * c84 * c86 * rho / 4.0 + alpha * c138 * c58 * c6 * c83 * c84 * c86 * m * rho / 4.0 - alpha * c139 * c203 + alpha * c142 * c58 * c6 * c83 * c84 * c86 * rho / 4.0 - b * c201 - b * c204 - b * c206 - c122 * c89 - c142 * c90 * rho - c199 * c205 * m - c200 * c203 * m - c201 - c204 * m - c206
    out[9] = alpha * c107 * c5 * c58 * c8 * c83 * c84 / 2.0 + alpha * c142 * c5 * c58 * c8 * c83 * c84 * rho / 2.0 + alpha * c23 * c59 * rho - c190 * c205 * c58 - c23 * c60 - c23 * c62
    out[10] = (-c208) + c209 - c213 + c214 - c215
    out[11] = c208 - c209 + c213 - c214 - c215
    out[12] = alpha * (c218 * c63 if c21 else (-(c219 * c78)) - c220 + c221 * c71) - c222 - c223 + c224 + c225 + c226 - c227 - c228 + c229 + c232
    out[13] = alpha * (c16 * c216 * c63 if c21 else c132 * c234 * c9 - c233 * c71 + c236) + c196 + c237
    out[14] = alpha * (c239 if c21 else c242) + c246
    out[15] = alpha * (-c239 if c21 else -c242) + c247
    out[16] = alpha * (c19 * c218 if c21 else c219 * c78 + c220 + c221 * c70) + c222 + c223 - c224 - c225 - c226 + c227 + c228 - c229 + c232
    out[17] = alpha * (c182 * c216 if c21 else c104 * c107 * c58 * c6 * c70 * c8 * c83 * c84 / 2.0 - c233 * c70 - c236) + c197 + c237
    out[18] = alpha * (c248 if c21 else c249) + c247
    out[19] = alpha * (-c248 if c21 else -c249) + c246


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
    c0 = q / 2.0
    c1 = Delta * V
    c2 = m + (-1.0)
    c3 = b + c2
    c4 = c1 + c3
    c5 = math.sqrt(Delta)
    c6 = 1.0 / c5
    c7 = math.sqrt(q)
    c8 = 1.0 / c7
    c9 = c6 * c8
    c10 = rho * H(c4 * c9)
    c11 = (-b) + c1 + c2
    c12 = H(c11 * c9)
    c13 = c12 * m
    c14 = c12 * rho
    c15 = c1 / 2.0
    c16 = 1.0 / (2.0 * Delta)
    c17 = c16 / q
    c18 = 1.4142135623730951 * c5 * c7 / (2.0 * 1.772453850905516)
    c19 = c18 * math.exp(-(c11 ** 2 * c17))
    c20 = -c4
    c21 = rho + (-1.0)
    c22 = b - m + 1.0
    c23 = -(c22 * c9)
    c24 = V * c5 * c8
    c25 = c24 < 1.0
    c26 = 1.0 / V
    c27 = c0 * c26
    c28 = c16 * c26
    c29 = c26 * c6 * c7
    c30 = c29 * m
    c31 = c29 * rho
    c32 = b * c31
    c33 = c30 * rho
    c34 = c20 * c9
    c35 = c15 * rho
    strips_0 = np.zeros(3)
    if c25:
        strips(c23, c24, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not c25):
        wides(c23, c24, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    strips_2 = np.zeros(3)
    if c25:
        strips(c34, c24, strips_2)
    strips_2_0 = strips_2[0]
    strips_2_1 = strips_2[1]
    strips_2_2 = strips_2[2]
    strips_3 = np.zeros(3)
    if (not c25):
        wides(c34, c24, strips_3)
    strips_3_0 = strips_3[0]
    strips_3_1 = strips_3[1]
    strips_3_2 = strips_3[2]
    out[0] = (-(V * q_hat / 2.0)) + V_hat * c0 + alpha * (b * c10 - b * c12 + b * c14 + c10 * c15 + c10 * m - c10 + c12 * c15 - c12 - c13 * rho + c13 - c14 * c15 + c14 - c18 * rho * math.exp(-(c17 * c20 ** 2)) + c19 * rho - c19 + (c15 * c21 * strips_0_2 if c25 else c21 * c22 ** 2 * c28 * strips_1_0 + c21 * c27 * strips_1_2 + ((-(b * c29)) - c29 + c30 + c31 + c32 - c33) * strips_1_1) + (Delta * V * rho * strips_2_1 - c35 * strips_2_0 - c35 * strips_2_2 if c25 else (-(c27 * rho * strips_3_2)) - c28 * c3 ** 2 * rho * strips_3_0 + (c26 * c6 * c7 * rho - c32 - c33) * strips_3_1)) - m * m_hat + (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))


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
    c0 = math.sqrt(Delta)
    c1 = 1.0 / c0
    c2 = math.sqrt(q)
    c3 = 1.0 / c2
    c4 = c1 * c3
    c5 = b * c4
    c6 = H(c1 * c3 * m - c5)
    c7 = rho + (-1.0)
    c8 = -c7
    c9 = Delta * V
    c10 = c9 + m
    c11 = (-b) + c10
    c12 = c11 + (-1.0)
    c13 = H(c12 * c4)
    c14 = c13 * m
    c15 = b + c10
    c16 = c15 + (-1.0)
    c17 = rho * H(c16 * c4)
    c18 = c17 * c9
    c19 = c13 * c9
    c20 = 1.4142135623730951
    c21 = 0.5641895835477563
    c22 = 1.0 / (2.0 * Delta)
    c23 = c22 / q
    c24 = math.exp(-(c12 ** 2 * c23))
    c25 = c13 * rho
    c26 = -c16
    c27 = c0 * c2 * c20 * c21 / 2.0
    c28 = b * c17 - c13 + c17 * m - c17 + c25 - c27 * rho * math.exp(-(c23 * c26 ** 2))
    c29 = H(c11 * c4)
    c30 = q / 2.0
    c31 = c9 / 2.0
    c32 = c24 * c27
    c33 = b - m + 1.0
    c34 = -(c33 * c4)
    c35 = V * c0 * c3
    c36 = c35 < 1.0
    c37 = 1.0 / V
    c38 = c30 * c37
    c39 = c22 * c37
    c40 = c1 * c2 * c37
    c41 = c40 * m
    c42 = c40 * rho
    c43 = b * c42
    c44 = c41 * rho
    c45 = c26 * c4
    c46 = c9 * rho / 2.0
    strips_0 = np.zeros(3)
    if c36:
        strips(c34, c35, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not c36):
        wides(c34, c35, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    strips_2 = np.zeros(3)
    if c36:
        strips(c45, c35, strips_2)
    strips_2_0 = strips_2[0]
    strips_2_1 = strips_2[1]
    strips_2_2 = strips_2[2]
    strips_3 = np.zeros(3)
    if (not c36):
        wides(c45, c35, strips_3)
    strips_3_0 = strips_3[0]
    strips_3_1 = strips_3[1]
    strips_3_2 = strips_3[2]
    out[0] = (-(c6 * rho)) + c6 + rho * H(c4 * m + c5)
    out[1] = b * c13 * c8 + c0 * c2 * c20 * c21 * c24 * c8 / 2.0 - c14 * c8 - c18 - c19 * c8 - c28
    out[2] = (-(c29 * rho)) + c29 + rho * H(c15 * c4)
    out[3] = q
    out[4] = V * q_hat / 2.0 - V_hat * c30 - alpha * ((-(b * c13)) + b * c25 + c14 + c18 / 2.0 + c19 / 2.0 - c25 * c31 - c25 * m + c28 + c32 * rho - c32 + (c31 * c7 * strips_0_2 if c36 else c33 ** 2 * c39 * c7 * strips_1_0 + c38 * c7 * strips_1_2 + ((-(b * c40)) - c40 + c41 + c42 + c43 - c44) * strips_1_1) + (Delta * V * rho * strips_2_1 - c46 * strips_2_0 - c46 * strips_2_2 if c36 else (-(c38 * rho * strips_3_2)) - c39 * rho * (b + m + (-1.0)) ** 2 * strips_3_0 + (c1 * c2 * c37 * rho - c43 - c44) * strips_3_1)) + m * m_hat - (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))
    out[5] = c9


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
