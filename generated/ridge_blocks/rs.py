r"""ridge_blocks: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification ba9d143c6db782e3, derivation 6b92896ef302a3c8, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\frac{\phi\,s_{1}\,\left(\hat{m}^{2}\,\rho_{1}\,s_{1} +
    \hat{q}\right)}{\hat{V}\,s_{1} + \lambda} -
    \frac{\phi\,s_{2}\,\left(\hat{m}^{2}\,\rho_{2}\,s_{2} + \hat{q}\right)}{\hat{V}\,s_{2} +
    \lambda} + \frac{s_{2}\,\left(\hat{m}^{2}\,\rho_{2}\,s_{2} + \hat{q}\right)}{\hat{V}\,s_{2} +
    \lambda}}{2}
\phi_{\mathrm{ch}} = -\frac{\alpha\,\left(\phi\,\rho_{1}\,s_{1} - \phi\,\rho_{2}\,s_{2} +
    \rho_{2}\,s_{2} + \Delta + q - 2\,m\right)}{2\,\left(V + 1\right)}
q_hat = \frac{\alpha\,\left(\phi\,\rho_{1}\,s_{1} - \phi\,\rho_{2}\,s_{2} + \rho_{2}\,s_{2} + \Delta
    + q - 2\,m\right)}{\left(V + 1\right)^{2}}
V_hat = \frac{\alpha}{V + 1}
m_hat = \frac{\alpha}{V + 1}
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
\ell_{0}\left(h\right) = \frac{h^{2}}{2}
\mathrm{law}\left(u\right) = \mathcal{N}\left(0,\,\phi\,\rho_{1}\,s_{1} - \phi\,\rho_{2}\,s_{2} +
    \rho_{2}\,s_{2} + \Delta + q - 2\,m\right)
\mathcal{M}_{V}\left[\ell_{0}\right]\left(u\right) = \frac{u^{2}}{2\,\left(V + 1\right)}
\mathrm{prox}_{V}\left[\ell_{0}\right]\left(u\right) = \frac{u}{V + 1}
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


MODEL = 'ridge_blocks'
ANSATZ = 'rs'
SPEC_HASH = 'ba9d143c6db782e3ead3612e58452603118e3a2898d5da651a5de81ded243f52'
TRACE_HASH = '6b92896ef302a3c8'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam', 'phi', 's1', 's2', 'rho1', 'rho2', 'Delta')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'training_loss', 'mse', 'mse_first', 'norm', 'energy', 'bias', 'variance', 'prox_variance')
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
    phi = p[2]
    s1 = p[3]
    s2 = p[4]
    rho1 = p[5]
    rho2 = p[6]
    Delta = p[7]
    c0 = 2.0 * V
    c1 = V ** 2
    c2 = alpha / (c0 + c1 + 1.0)
    c3 = 2.0 * c2
    c4 = rho2 * s2
    c5 = c2 * c4
    c6 = phi * rho1 * s1
    c7 = alpha / (V + 1.0)
    c8 = 1.0 / (V ** 4 + 4.0 * V ** 3 + 4.0 * V + 6.0 * c1 + 1.0)
    c9 = alpha * c8
    c10 = 2.0 * c9
    c11 = c0 * c9
    c12 = -c2
    out[0] = Delta * c2 + c2 * c6 + c2 * q - c3 * m - c5 * phi + c5
    out[1] = c7
    out[2] = c7
    out[3] = c2
    out[4] = (-(Delta * c10)) - Delta * c11 + 4.0 * V * alpha * c8 * m + 2.0 * V * alpha * c8 * phi * rho2 * s2 + 4.0 * alpha * c8 * m + 2.0 * alpha * c8 * phi * rho2 * s2 - c10 * c4 - c10 * c6 - c10 * q - c11 * c4 - c11 * c6 - c11 * q
    out[5] = -c3
    out[6] = 0.0
    out[7] = c12
    out[8] = 0.0
    out[9] = 0.0
    out[10] = c12
    out[11] = 0.0


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
    c0 = 1.0 / (V_hat * s2 + lam)
    c1 = m_hat ** 2
    c2 = rho2 * s2
    c3 = c1 * c2 + q_hat
    c4 = rho1 * s1
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 - alpha * (Delta - c2 * phi + c2 + c4 * phi - 2.0 * m + q) / (2.0 * (V + 1.0)) - c0 * c3 * phi * s2 / 2.0 + c0 * c3 * s2 / 2.0 - m * m_hat + phi * s1 * (c1 * c4 + q_hat) / (2.0 * (V_hat * s1 + lam))


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
    c0 = 2.0 * m
    c1 = rho2 * s2
    c2 = rho1 * s1
    c3 = c2 * phi
    c4 = c1 * phi
    c5 = Delta - c0 + c1 + c3 - c4 + q
    c6 = 1.0 / (2.0 * V ** 2 + 4.0 * V + 2.0)
    c7 = V_hat * s1
    c8 = 1.0 / (c7 + lam)
    c9 = 2.0 * m_hat
    c10 = lam ** 2
    c11 = 2.0 * lam
    c12 = V_hat ** 2
    c13 = s1 ** 2
    c14 = c10 + c11 * c7 + c12 * c13
    c15 = 1.0 / c14
    c16 = m_hat ** 2
    c17 = c15 * c16
    c18 = c13 * c17 * rho1 + c15 * q_hat * s1
    c19 = phi * (c18 - c2 * c8 * c9 + rho1)
    c20 = phi + (-1.0)
    c21 = -c20
    c22 = V_hat * s2
    c23 = 1.0 / (c22 + lam)
    c24 = s2 ** 2
    c25 = c10 + c11 * c22 + c12 * c24
    c26 = 1.0 / c25
    c27 = c16 * c24 * c26 * rho2 + c26 * q_hat * s2
    c28 = c23 * s2 * (c1 * c16 + q_hat) / 2.0
    c29 = c17 * c26 * ((-(c14 * c20 * rho2 * s2 ** 3)) + c25 * phi * rho1 * s1 ** 3)
    out[0] = c5
    out[1] = Delta * c6 - c0 * c6 + c1 * c6 + c3 * c6 - c4 * c6 + c6 * q
    out[2] = c19 + c21 * ((-(c1 * c23 * c9)) + c27 + rho2)
    out[3] = c19
    out[4] = c18 * phi + c21 * c27
    out[5] = V * q_hat / 2.0 - V_hat * q / 2.0 + alpha * c5 / (2.0 * (V + 1.0)) + c28 * phi - c28 - c8 * phi * s1 * (c16 * c2 + q_hat) / 2.0 + m * m_hat
    out[6] = (-c0) - c1 * c20 + c29 + phi * rho1 * s1
    out[7] = (-c29) + q
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
