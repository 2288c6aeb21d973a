r"""quantile: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 68c7216be2b6f93a, derivation 44eb6ea32762d56b, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{m}^{2} + \hat{q}}{2\,\left(\hat{V} + \lambda\right)}
\phi_{\mathrm{ch}} = \frac{\alpha}{2}\,\left(\tau\,\left(V\,\tau + 2\,b\right)\,H\left(\frac{V\,\tau
    + b}{\sigma}\right) - \frac{\sqrt{2}\,\tau\,\sigma}{\sqrt{\pi}}\,e^{-\frac{\left(V\,\tau +
    b\right)^{2}}{2\,\sigma^{2}}} - \frac{\sqrt{2}\,\sigma\,\left(1 -
    \tau\right)}{\sqrt{\pi}}\,e^{-\frac{\left(V\,\tau + b - V\right)^{2}}{2\,\sigma^{2}}} - \left(1
    - \tau\right)\,\left(V\,\tau + 2\,b - V\right)\,H\left(\frac{V - V\,\tau - b}{\sigma}\right) -
    \frac{1}{V}\,\int_{-\frac{V\,\tau + b}{\sigma}}^{\frac{V - V\,\tau - b}{\sigma}}
    Dt\,\left(t\,\sigma + b\right)^{2}\right)
q_hat = \alpha\,\left(\tau^{2}\,H\left(\frac{V\,\tau + b}{\sigma}\right) + \left(\tau -
    1\right)^{2}\,H\left(\frac{V - V\,\tau - b}{\sigma}\right) +
    \frac{1}{V^{2}}\,\int_{-\frac{V\,\tau + b}{\sigma}}^{\frac{V - V\,\tau - b}{\sigma}}
    Dt\,\left(t\,\sigma + b\right)^{2}\right)
V_hat = \frac{\alpha\,\left(H\left(-\frac{V\,\tau + b}{\sigma}\right) - H\left(\frac{V - V\,\tau -
    b}{\sigma}\right)\right)}{V}
m_hat = \frac{\alpha\,\left(H\left(-\frac{V\,\tau + b}{\sigma}\right) - H\left(\frac{V - V\,\tau -
    b}{\sigma}\right)\right)}{V}
q = \frac{\hat{m}^{2} + \hat{q}}{\left(\hat{V} + \lambda\right)^{2}}
V = \frac{1}{\hat{V} + \lambda}
m = \frac{\hat{m}}{\hat{V} + \lambda}
0 (stationary in b) = \alpha\,\left(\tau\,H\left(\frac{V\,\tau + b}{\sigma}\right) - \left(1 -
    \tau\right)\,H\left(\frac{V - V\,\tau - b}{\sigma}\right) - \frac{1}{V}\,\int_{-\frac{V\,\tau +
    b}{\sigma}}^{\frac{V - V\,\tau - b}{\sigma}} Dt\,\left[t\,\sigma + b\right]\right)
where
\mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \min_h\left\{\frac{(h-\omega)^2}{2\,V}+\ell(h)\right\}
\partial_{\omega} \mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \frac{\omega-\mathrm{prox}_{V}\left[\ell\right]\left(\omega\right)}{V}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    \max_w\left\{\xi\,w-\frac{\hat{V}\,w^2}{2}-g(w)\right\}
\partial_{\xi} \mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    w_{\hat{V}}\left[g\right]\left(\xi\right)
\ell_{0}\left(h\right) = \max\left(-\tau\,h, h - \tau\,h\right)
\mathrm{law}\left(u\right) = \mathcal{N}\left(b,\,\Delta + q - 2\,m + 1\right)
\mathcal{M}_{V}\left[\ell_{0}\right]\left(u\right) = \begin{cases} -\frac{\tau\,\left(V\,\tau +
    2\,u\right)}{2} & u < -V\,\tau\\ \frac{u^{2}}{2\,V} & -V\,\tau < u < V - V\,\tau\\ \frac{\left(1
    - \tau\right)\,\left(V\,\tau + 2\,u - V\right)}{2} & u > V - V\,\tau \end{cases}
\mathrm{prox}_{V}\left[\ell_{0}\right]\left(u\right) = \begin{cases} V\,\tau + u & u < -V\,\tau\\ 0
    & -V\,\tau < u < V - V\,\tau\\ u - V\,\left(1 - \tau\right) & u > V - V\,\tau \end{cases}
g\left(w\right) = \frac{\lambda\,w^{2}}{2}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi^{2}}{2\,\left(\hat{V} +
    \lambda\right)}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi}{\hat{V} + \lambda}
\sigma^{2} = \Delta + q - 2\,m + 1
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


MODEL = 'quantile'
ANSATZ = 'rs'
SPEC_HASH = '68c7216be2b6f93a0c080cd896b1e16cd99afb451f53a50d38c82e737fa95dce'
TRACE_HASH = '44eb6ea32762d56b'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam', 'Delta', 'tau')
TABLE = ()
STATE = ('q', 'V', 'm', 'b')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'test_loss', 'training_loss', 'coverage', 'mse', 'norm', 'energy', 'prox_variance')
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
    Delta = p[2]
    tau = p[3]
    c0 = tau ** 2
    c1 = V * tau
    c2 = b + c1
    c3 = Delta - 2.0 * m + q + 1.0
    c4 = math.sqrt(c3)
    c5 = 1.0 / c4
    c6 = alpha * H(c2 * c5)
    c7 = V - c2
    c8 = alpha * H(c5 * c7)
    c9 = 2.0 * tau
    c10 = -c2
    c11 = c10 * c5
    c12 = V * c5
    strips_1 = np.zeros(3)
    strips(c11, c12, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    c13 = strips_1_2
    c14 = strips_1_1
    c15 = strips_1_0
    c16 = c12 < 1.0
    strips_0 = np.zeros(3)
    if (not c16):
        wides(c11, c12, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    c17 = strips_0_0
    c18 = 1.0 / V ** 2
    c19 = b ** 2
    c20 = c18 * c19
    c21 = strips_0_2
    c22 = c18 * c21
    c23 = strips_0_1
    c24 = c18 * c4
    c25 = 1.0 / V
    c26 = c15 * c25
    c27 = alpha * c26
    c28 = c17 * c25
    c29 = c25 * c4
    c30 = tau ** 3
    c31 = math.pow(c3, (-3.0 / 2.0))
    c32 = V * c31
    c33 = 1.0 / (2.0 * c3)
    c34 = math.exp(-(c2 ** 2 * c33))
    c35 = alpha * c34
    c36 = c32 * c35
    c37 = 1.4142135623730951
    c38 = 0.5641895835477563
    c39 = c37 * c38
    c40 = c39 / 4.0
    c41 = c0 * c39
    c42 = c41 / 4.0
    c43 = alpha * c31
    c44 = b * c34
    c45 = c43 * c44
    c46 = alpha * math.exp(-(c33 * c7 ** 2))
    c47 = c39 * c46
    c48 = c47 / 4.0
    c49 = c32 * c48
    c50 = b * c31
    c51 = c48 * c50
    c52 = c1 * c31
    c53 = c47 * c52
    c54 = c39 / 2.0
    c55 = c46 * c54
    c56 = c50 * c55
    c57 = c56 * tau
    c58 = c0 * c32 * c47
    c59 = c11 + c12
    c60 = c59 ** 2
    c61 = c60 / 2.0
    c62 = math.exp(-c61)
    c63 = c54 * c62
    c64 = (-(2.0 * c13 * c29)) + c63
    c65 = c32 * c64
    c66 = c14 * c29
    c67 = c63 - 2.0 * c66
    c68 = c10 * c31
    c69 = c67 * c68
    c70 = c39 * c62
    c71 = c70 / 4.0
    c72 = c32 * c71
    c73 = c10 ** 2 * c33
    c74 = math.exp(-c73)
    c75 = c54 * c74
    c76 = c63 - c75
    c77 = c68 * c76
    c78 = (-c72) - c77 / 2.0
    c79 = c63 - c66
    c80 = c32 * c79
    c81 = (-(c26 * c4)) + c63
    c82 = c68 * c81
    c83 = c80 / 2.0 + c82 / 2.0
    c84 = b * c18
    c85 = c23 * c5
    c86 = c84 * c85
    c87 = (-(c11 * c75)) + c37 * c38 * c59 * c62 / 2.0
    c88 = c68 * c87
    c89 = (-(c59 * c72)) - c88 / 2.0
    c90 = 2.0 * b * c24
    c91 = c39 * c74
    c92 = c37 * c38 * c60 * c62 / 2.0 - c73 * c91
    c93 = c68 * c92
    c94 = c18 * c3
    c95 = c30 * c54
    c96 = alpha * c34 * c5
    c97 = c46 * c5
    c98 = c54 * c97
    c99 = -c98
    c100 = c5 * tau
    c101 = c100 * c47
    c102 = c5 * c67
    c103 = c100 * c76
    c104 = (-c103) + c37 * c38 * c5 * c62 / 2.0
    c105 = (-(c5 * c79)) + c5 * c81 * tau
    c106 = 1.0 / V ** 3
    c107 = 2.0 * c106
    c108 = (-(c100 * c87)) + c37 * c38 * c5 * c59 * c62 / 2.0
    c109 = c0 * c54
    c110 = c32 * c55
    c111 = c32 * c63 + c77
    c112 = c80 + c82
    c113 = c32 * c59 * c63 + c88
    c114 = c5 * c76
    c115 = c0 * c98 - c101 - c109 * c96 + c98
    c116 = c43 * tau
    c117 = c91 / 4.0
    c118 = b * c25
    c119 = c118 * c43
    c120 = alpha * b * c25 * c31 * c37 * c38 * c62 / 4.0 + alpha * c31 * c37 * c38 * c62 * tau / 4.0 - c116 * c117 - c117 * c119 - c43 * c71
    c121 = alpha * c25
    c122 = c121 * c5 * c63
    c123 = (-(alpha * c15 * c18)) + alpha * c25 * c37 * c38 * c5 * c74 * tau / 2.0 - c100 * c121 * c63 + c122
    c124 = c43 * c63
    c125 = c116 * c75 - c118 * c124 + c119 * c75 - c124 * tau + c124
    c126 = alpha * c25 * c37 * c38 * c5 * c74 / 2.0 - c122
    c127 = c116 * c44
    out[0] = alpha * (c0 * c15 + c13 - c14 * c9 if c16 else 2.0 * b * c23 * c24 + c17 * c20 + c22 * c3) + c0 * c6 + c0 * c8 - c8 * c9 + c8
    out[1] = c27
    out[2] = c27
    out[3] = alpha * ((-c14) + c15 * tau if c16 else (-(b * c28)) - c23 * c29) + c6 * tau + c8 * tau - c8
    out[4] = alpha * (c0 * c78 - c65 / 2.0 - c69 / 2.0 + c83 * c9 if c16 else c20 * c78 + c22 + c86 + c89 * c90 + c94 * ((-(c60 * c72)) - c93 / 2.0)) - c0 * c51 + c30 * c36 * c40 - c30 * c49 + c42 * c45 + c49 - c51 - 3.0 * c53 / 4.0 + c57 + 3.0 * c58 / 4.0
    out[5] = alpha * (c0 * c104 - c102 * tau + c105 * c9 + c5 * c64 if c16 else (-(4.0 * b * c106 * c23 * c4)) + c104 * c20 - c107 * c17 * c19 - c107 * c21 * c3 + c108 * c90 + c94 * ((-(c100 * c92)) + c37 * c38 * c5 * c60 * c62 / 2.0)) + 3.0 * c101 / 2.0 + c30 * c98 - 3.0 * c41 * c97 / 2.0 - c95 * c96 + c99
    out[6] = alpha * (c0 * c111 - c112 * c9 + c65 + c69 if c16 else c111 * c20 + c113 * c90 - 2.0 * c22 - 2.0 * c86 + c94 * (c32 * c61 * c70 + c93)) + c0 * c56 - c109 * c45 - c110 + c32 * c46 * c95 - c36 * c95 - c47 * c50 * tau + 3.0 * c53 / 2.0 + c56 - 3.0 * c58 / 2.0
    out[7] = alpha * ((-(c0 * c114)) - c102 + 2.0 * c5 * c81 * tau if c16 else 2.0 * b * c17 * c18 - c114 * c20 + 2.0 * c18 * c23 * c4 - c24 * c92 - 2.0 * c84 * c87) + c115
    out[8] = c120
    out[9] = c123
    out[10] = c125
    out[11] = c126
    out[12] = c120
    out[13] = c123
    out[14] = c125
    out[15] = c126
    out[16] = alpha * (c78 * tau + c83 if c16 else (-(c118 * c78)) - c25 * c85 / 2.0 - c29 * c89) - c0 * c49 + c127 * c40 + c36 * c42 - c49 - c51 * tau + c51 + c52 * c55
    out[17] = alpha * (c104 * tau + c105 if c16 else b * c17 * c18 - c104 * c118 - c108 * c29 + c18 * c23 * c4) + c115
    out[18] = alpha * (c111 * tau - c112 if c16 else (-(c111 * c118)) - c113 * c29 + c23 * c25 * c5) + c0 * c110 - c109 * c36 + c110 - c127 * c54 - c53 - c56 + c57
    out[19] = alpha * ((-c103) + c5 * c81 if c16 else c114 * c118 + c25 * c87 - c28) - c100 * c35 * c54 + c100 * c55 + c99


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
    b = x[3]
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    alpha = p[0]
    lam = p[1]
    Delta = p[2]
    tau = p[3]
    c0 = V / 2.0
    c1 = V * tau
    c2 = b + c1
    c3 = Delta - 2.0 * m + q + 1.0
    c4 = math.sqrt(c3)
    c5 = 1.0 / c4
    c6 = H(c2 * c5)
    c7 = c0 * tau ** 2
    c8 = V - c2
    c9 = H(c5 * c8)
    c10 = tau + (-1.0)
    c11 = c10 * c9
    c12 = -c2
    c13 = 1.0 / (2.0 * c3)
    c14 = 1.4142135623730951 * c4 / (2.0 * 1.772453850905516)
    c15 = c12 * c5
    c16 = V * c5
    c17 = 1.0 / V
    c18 = c17 / 2.0
    strips_0 = np.zeros(3)
    if (c16 < 1.0):
        strips(c15, c16, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not (c16 < 1.0)):
        wides(c15, c16, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    out[0] = V_hat * q / 2.0 + alpha * ((-(c0 * c11)) + c1 * c11 / 2.0 + c10 * (b * c9 + c14 * math.exp(-(c13 * c8 ** 2))) + c6 * c7 + tau * (b * c6 - c14 * math.exp(-(c12 ** 2 * c13))) + (V * tau * strips_0_1 - c0 * strips_0_2 - c7 * strips_0_0 if (c16 < 1.0) else (-(b ** 2 * c18 * strips_1_0)) - b * c17 * c4 * strips_1_1 - c18 * c3 * strips_1_2)) - c0 * q_hat - m * m_hat + (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))


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
    lam = p[1]
    Delta = p[2]
    tau = p[3]
    c0 = b ** 2
    c1 = Delta + 1.0
    c2 = 2.0 * m
    c3 = -c2
    c4 = c3 + q
    c5 = c1 + c4
    c6 = math.sqrt(c5)
    c7 = 1.0 / c6
    c8 = b * c7
    c9 = H(-c8)
    c10 = b * c9
    c11 = b * tau
    c12 = 0.5641895835477563
    c13 = 1.4142135623730951
    c14 = m ** 2
    c15 = 1.0 / q
    c16 = c14 * c15
    c17 = -c16
    c18 = c1 + c17
    c19 = 1.0 / c18
    c20 = Delta * q
    c21 = (-c14) + c20 + q
    c22 = 2.0 * Delta
    c23 = c22 + 2.0
    c24 = 4.0 * m
    c25 = 2.0 * q
    c26 = (-c24) + c25
    c27 = c23 + c26
    c28 = math.exp(-(c0 / c27)) / (math.sqrt(c18) * math.sqrt(c14 / c21 - c19 * c2 + c19 * q + 1.0))
    c29 = c12 * c13 * c28
    c30 = q / 2.0
    c31 = c12 / 2.0
    c32 = c13 * c31
    c33 = q ** 2
    c34 = -(2.0 * c16)
    c35 = (-(c16 * c22)) + c34
    c36 = Delta ** 2
    c37 = c22 + c36 + 1.0
    c38 = -(2.0 * c14)
    c39 = m ** 3
    c40 = 4.0 * c39
    c41 = V * c7
    c42 = c41 * tau + c8
    c43 = H(c42)
    c44 = tau ** 2
    c45 = V * c44
    c46 = H(V * c7 - c42)
    c47 = V * c46
    c48 = math.sqrt(c27)
    c49 = 1.0 / c5
    c50 = c0 / 2.0
    c51 = V ** 2
    c52 = c51 / 2.0
    c53 = V * b * tau + c44 * c52 + c50
    c54 = math.exp(c49 * (V * b + c51 * tau - c52 - c53))
    c55 = V * tau
    c56 = b + c55
    c57 = H(c56 * c7)
    c58 = c45 / 2.0
    c59 = V / 2.0
    c60 = V - c56
    c61 = H(c60 * c7)
    c62 = tau + (-1.0)
    c63 = c61 * c62
    c64 = -c56
    c65 = c49 / 2.0
    c66 = c32 * c6
    c67 = c64 * c7
    c68 = 1.0 / V
    strips_0 = np.zeros(3)
    if (c41 < 1.0):
        strips(c67, c41, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not (c41 < 1.0)):
        wides(c67, c41, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    out[0] = c0 + c5
    out[1] = (-(c10 * tau)) + c10 - c11 * H(c8) + c16 * c28 * c32 + c29 * c30 - c29 * m + c32 * c7 * math.sqrt(c35 + c37 + m ** 4 / c33) * math.exp(-(c0 / (c23 + c34))) * math.exp(c0 * c14 / ((-(c14 * c22)) - c14 * c25 - c20 * c24 + 4.0 * c20 + c22 * c33 - c24 * q + c25 * c36 + c25 + 2.0 * c33 + c38 + c40)) * math.exp(-(c0 * m / ((-(Delta * c16)) - Delta * c2 + 2.0 * c15 * c39 + c17 + c21 + c3 + c37))) * math.exp(c0 * q / ((-(Delta * c24)) + 4.0 * Delta + c15 * c40 + 2.0 * c20 + c26 + c35 + 2.0 * c36 + c38 + 2.0))
    out[2] = 2.0 * V * c46 * tau - b * c46 * tau + b * c46 - c11 * c43 + c12 * c48 * c54 / 2.0 + c12 * c48 * tau * math.exp(-(c49 * c53)) / 2.0 - c31 * c48 * c54 * tau - c43 * c45 - c44 * c47 - c47
    out[3] = c9
    out[4] = c4 + 1.0
    out[5] = q
    out[6] = V * q_hat / 2.0 - V_hat * c30 - alpha * (c55 * c63 / 2.0 + c57 * c58 - c59 * c63 + c62 * (b * c61 + c66 * math.exp(-(c60 ** 2 * c65))) + tau * (b * c57 - c66 * math.exp(-(c64 ** 2 * c65))) + (V * tau * strips_0_1 - c58 * strips_0_0 - c59 * strips_0_2 if (c41 < 1.0) else (-(b * c6 * c68 * strips_1_1)) - c5 * c68 * strips_1_2 / 2.0 - c50 * c68 * strips_1_0)) + m * m_hat - (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))
    out[7] = V


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
