r"""max_margin_sign_teacher: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 195abc365d0f2013, derivation dfcf56f89f99af1b, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{m}^{2} + \hat{q}}{2\,\left(\hat{V} + 1\right)}
\phi_{\mathrm{ch}} =
    \frac{\alpha\,\left(\frac{m\,\sqrt{q}\,\tau}{\pi}\,e^{-\frac{1}{2\,q\,\tau^{2}}} +
    \frac{2\,\sqrt{2}\,m\,H\left(-\frac{1}{\sqrt{q}\,\tau}\right)}{\sqrt{\pi}} - 2\,\left(q +
    1\right)\,\Phi_2^c\left(-\frac{1}{\sqrt{q}},\,0;\,-\frac{m}{\sqrt{q}}\right) -
    \frac{\sqrt{2\,q}\,H\left(-\frac{m}{q\,\tau}\right)}{\sqrt{\pi}}\,e^{-\frac{1}{2\,q}}\right)}{2\,V}
q_hat = \frac{\alpha\,\left(2\,\left(q +
    1\right)\,\Phi_2^c\left(-\frac{1}{\sqrt{q}},\,0;\,-\frac{m}{\sqrt{q}}\right) -
    \frac{m\,\sqrt{q}\,\tau}{\pi}\,e^{-\frac{1}{2\,q\,\tau^{2}}} -
    \frac{2\,\sqrt{2}\,m\,H\left(-\frac{1}{\sqrt{q}\,\tau}\right)}{\sqrt{\pi}} +
    \frac{\sqrt{2\,q}\,H\left(-\frac{m}{q\,\tau}\right)}{\sqrt{\pi}}\,e^{-\frac{1}{2\,q}}\right)}{V^{2}}
V_hat = \frac{2\,\alpha\,\Phi_2^c\left(-\frac{1}{\sqrt{q}},\,0;\,-\frac{m}{\sqrt{q}}\right)}{V}
m_hat = \frac{\alpha\,\left(\frac{\sqrt{q}\,\tau}{\sqrt{\pi}}\,e^{-\frac{1}{2\,q\,\tau^{2}}} +
    \sqrt{2}\,H\left(-\frac{1}{\sqrt{q}\,\tau}\right)\right)}{\sqrt{\pi}\,V}
q = \frac{\hat{m}^{2} + \hat{q}}{\left(\hat{V} + 1\right)^{2}}
V = \frac{1}{\hat{V} + 1}
m = \frac{\hat{m}}{\hat{V} + 1}
where
\mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \min_h\left\{\frac{(h-\omega)^2}{2\,V}+\ell(h)\right\}
\partial_{\omega} \mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \frac{\omega-\mathrm{prox}_{V}\left[\ell\right]\left(\omega\right)}{V}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    \max_w\left\{\xi\,w-\frac{\hat{V}\,w^2}{2}-g(w)\right\}
\partial_{\xi} \mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    w_{\hat{V}}\left[g\right]\left(\xi\right)
\ell_{01}\left(h\right) = 0
P(y=1\,|\,z) = \theta\left(z\right)
\mathcal{M}_{V}\left[\ell_{01}\right]\left(\omega\right) = \begin{cases} \frac{\left(\omega -
    1\right)^{2}}{2\,V} & \omega < 1\\ 0 & \omega > 1 \end{cases}
\mathrm{prox}_{V}\left[\ell_{01}\right]\left(\omega\right) = \begin{cases} 1 & \omega < 1\\ \omega &
    \omega > 1 \end{cases}
g\left(w\right) = \frac{w^{2}}{2}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi^{2}}{2\,\left(\hat{V} +
    1\right)}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi}{\hat{V} + 1}
\tau^{2} = 1 - \frac{m^{2}}{q}
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


MODEL = 'max_margin_sign_teacher'
ANSATZ = 'rs'
SPEC_HASH = '195abc365d0f2013f44c4cdee652e1a5b95b9ae5bce460fbbe4a00fd98f491aa'
TRACE_HASH = 'dfcf56f89f99af1b'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha',)
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('error_label', 'error_teacher', 'norm', 'mse', 'energy', 'prox_variance')
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
    c0 = V ** 2
    c1 = 1.0 / c0
    c2 = math.sqrt(q)
    c3 = 1.0 / c2
    c4 = c3 * m
    c5 = alpha * bvn_upper(-c3, 0.0, -c4)
    c6 = 2.0 * c5
    c7 = c1 * c6
    c8 = alpha * c2
    c9 = c1 * c8
    c10 = 1.0 / q
    c11 = m ** 2
    c12 = c10 * c11
    c13 = 1.0 - c12
    c14 = math.sqrt(c13)
    c15 = 1.0 / c14
    c16 = c15 * m
    c17 = c10 / 2.0
    c18 = math.exp(-c17)
    c19 = 1.4142135623730951
    c20 = 0.5641895835477563
    c21 = c19 * c20
    c22 = c18 * c21 * H(-(c10 * c16))
    c23 = 1.0 / c13
    c24 = c12 * c23 + 1.0
    c25 = 1.0 / math.sqrt(c24)
    c26 = alpha * c1
    c27 = c25 * c26
    c28 = c16 * c27
    c29 = q ** 2
    c30 = 1.0 / c29
    c31 = c11 * c23 * c30
    c32 = c10 + c31
    c33 = math.sqrt(c32)
    c34 = H(-c33)
    c35 = c21 * c34
    c36 = 2.0 * c35
    c37 = 0.3183098861837907
    c38 = 1.0 / c33
    c39 = c31 / 2.0
    c40 = math.exp((-c17) - c39)
    c41 = c38 * c40
    c42 = c37 * c41
    c43 = 1.0 / V
    c44 = alpha * c43
    c45 = c15 * c3
    c46 = c21 * H(-c45)
    c47 = math.exp(-(c17 * c23))
    c48 = c14 * c47
    c49 = c37 * c44
    c50 = c48 * c49
    c51 = -c7
    c52 = math.pow(q, (-3.0 / 2.0))
    c53 = 2.0 * c12
    c54 = math.exp(-(c10 / (2.0 - c53)))
    c55 = c18 * c37 * math.exp(-c39)
    c56 = c52 * c55
    c57 = m ** 3
    c58 = math.pow(q, (-5.0 / 2.0))
    c59 = math.pow(c13, (-3.0 / 2.0))
    c60 = c0 * q
    c61 = c11 * c60
    c62 = math.pow(c24, (-3.0 / 2.0))
    c63 = alpha * c15
    c64 = c35 * c62 * c63
    c65 = c40 / math.pow(c32, (3.0 / 2.0))
    c66 = m ** 5
    c67 = q ** 3
    c68 = c0 * c67
    c69 = m ** 4
    c70 = c60 * c69
    c71 = c0 * c29
    c72 = 2.0 * c11
    c73 = 6.283185307179586
    c74 = c61 * c73
    c75 = c41 * c63
    c76 = c62 * c75
    c77 = 3.141592653589793 * c71
    c78 = c11 * c77
    c79 = 1.0 / (3.141592653589793 * c0 * c67 - c78)
    c80 = c63 * c65
    c81 = 3.141592653589793 * c68
    c82 = 4.0 * c11
    c83 = 1.0 / (c0 * c73 * q ** 4 + 2.0 * c69 * c77 - c81 * c82)
    c84 = 1.0 / V ** 3
    c85 = 4.0 * c5 * c84
    c86 = c37 * c54
    c87 = c26 * c45
    c88 = c11 * c59
    c89 = c15 * c27
    c90 = c0 * c11
    c91 = c0 * c69
    c92 = c25 * c80
    c93 = c11 / (3.141592653589793 * c0 * c29 - 3.141592653589793 * c61)
    c94 = c25 * c75
    c95 = c69 / (3.141592653589793 * c70 - 2.0 * c78 + c81)
    c96 = c52 / 2.0
    c97 = c49 * c54
    c98 = c15 * c47 * c49
    c99 = c96 * c98
    c100 = V * c73
    c101 = c100 * q
    c102 = c48 * c8
    out[0] = c22 * c9 - c28 * c36 - c28 * c42 + c7 * q + c7
    out[1] = c43 * c6
    out[2] = c2 * c50 + c44 * c46
    out[3] = alpha * c1 * c15 * c25 * c30 * c37 * c38 * c40 * m / 2.0 + alpha * c1 * c15 * c3 * c37 * c54 * m / 2.0 + alpha * c1 * c15 * c37 * c52 * c54 * m / 2.0 + alpha * c1 * c19 * c20 * c25 * c30 * c34 * c57 * c59 + alpha * c1 * c25 * c30 * c37 * c38 * c40 * c57 * c59 / 2.0 + alpha * c15 * c25 * c38 * c40 * c57 * c79 + alpha * c15 * c25 * c38 * c40 * c66 * c83 - c16 * c26 * c56 - c25 * c57 * c79 * c80 - c25 * c66 * c80 * c83 - c26 * c55 * c57 * c58 * c59 / 2.0 - c28 * c30 * c37 * c65 / 2.0 - c51 - c57 * c64 / (c0 * c29 - c61) - c57 * c76 / (2.0 * 3.141592653589793 * c0 * c29 - c74) - c62 * c66 * c75 / (c70 * c73 - 4.0 * c78 + 2.0 * c81) - c64 * c66 / (c68 + c70 - c71 * c72)
    out[4] = 4.0 * alpha * c15 * c19 * c20 * c25 * c34 * c84 * m + 2.0 * alpha * c15 * c25 * c37 * c38 * c40 * c84 * m - 2.0 * c22 * c8 * c84 - c85 * q - c85
    out[5] = c11 * c76 / (3.141592653589793 * c0 * q - 3.141592653589793 * c90) - c12 * c27 * c42 * c59 - c15 * c86 * c9 + c26 * c56 * c88 - c27 * c35 * c53 * c59 - c36 * c89 - c42 * c89 + c55 * c87 + 2.0 * c64 * c69 / ((-(2.0 * c61)) + c71 + c91) + c64 * c72 / (c0 * q - c90) + c69 * c76 / ((-c74) + c77 + 3.141592653589793 * c91) - c86 * c87 + c92 * c93 + c92 * c95 - c93 * c94 - c94 * c95
    out[6] = c16 * c96 * c97 - c22 * c44 * c96
    out[7] = c51
    out[8] = -(c45 * c97)
    out[9] = c102 * c11 / ((-(3.141592653589793 * V * c29 * c82)) + c100 * c67 + c101 * c69) + c102 / (2.0 * 3.141592653589793 * V * c29 - c101 * c11) + c11 * c99 + c3 * c50 / 2.0 - c47 * c49 * c58 * c88 / 2.0 - c99
    out[10] = (-(c1 * c102 * c37)) - c26 * c46
    out[11] = -(c4 * c98)


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    c0 = m_hat ** 2
    c1 = 2.0 * V_hat
    c2 = V_hat ** 2
    c3 = 1.0 / (c1 + c2 + 1.0)
    c4 = 1.0 / (V_hat + 1.0)
    c5 = 1.0 / (V_hat ** 4 + 4.0 * V_hat ** 3 + 4.0 * V_hat + 6.0 * c2 + 1.0)
    c6 = 2.0 * c5
    c7 = c1 * c5
    c8 = c3 * m_hat
    out[0] = c3 * (c0 + q_hat)
    out[1] = c4
    out[2] = c4 * m_hat
    out[3] = c3
    out[4] = (-(c0 * c6)) - c0 * c7 - c6 * q_hat - c7 * q_hat
    out[5] = 2.0 * c8
    out[6] = 0.0
    out[7] = -c3
    out[8] = 0.0
    out[9] = 0.0
    out[10] = -c8
    out[11] = c4


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
    c0 = 1.0 / math.sqrt(q)
    c1 = bvn_upper(-c0, 0.0, -(c0 * m))
    c2 = 1.0 / V
    c3 = c2 / 2.0
    c4 = 1.0 / q
    c5 = m ** 2
    c6 = c4 * c5
    c7 = 1.0 - c6
    c8 = m / math.sqrt(c7)
    c9 = c4 / 2.0
    c10 = 0.7978845608028654
    c11 = c0 * c10 * math.exp(-c9) * H(-(c4 * c8)) / 2.0
    c12 = 1.0 / c7
    c13 = c12 * c5 / q ** 2
    c14 = math.sqrt(c13 + c4)
    c15 = c8 * c9 / math.sqrt(c12 * c6 + 1.0)
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 + 2.0 * alpha * ((-(c1 * c3)) + c2 * q * (c10 * c15 * H(-c14) - c11) - c3 * (c1 * q + q * ((-c11) - c15 * math.exp((-(c13 / 2.0)) - c9) / (3.141592653589793 * c14)))) - m * m_hat + (m_hat ** 2 + q_hat) / (2.0 * (V_hat + 1.0))


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
    c0 = 0.3183098861837907
    c1 = 1.0 / math.sqrt(q)
    c2 = c1 * m
    c3 = c0 * math.atan2(math.sqrt(-((c2 + (-1.0)) * (c2 + 1.0))), c2)
    c4 = bvn_upper(-c1, 0.0, -c2)
    c5 = 1.0 / V
    c6 = c5 / 2.0
    c7 = 1.0 / q
    c8 = m ** 2
    c9 = c7 * c8
    c10 = 1.0 - c9
    c11 = m / math.sqrt(c10)
    c12 = c7 / 2.0
    c13 = 0.7978845608028654
    c14 = c1 * c13 * math.exp(-c12) * H(-(c11 * c7)) / 2.0
    c15 = 1.0 / c10
    c16 = c15 * c8 / q ** 2
    c17 = math.sqrt(c16 + c7)
    c18 = c11 * c12 / math.sqrt(c15 * c9 + 1.0)
    out[0] = c3
    out[1] = c3
    out[2] = q
    out[3] = (-(2.0 * m)) + q + 1.0
    out[4] = V * q_hat / 2.0 - V_hat * q / 2.0 - 2.0 * alpha * ((-(c4 * c6)) + c5 * q * (c13 * c18 * H(-c17) - c14) - c6 * (c4 * q + q * ((-(c0 * c18 * math.exp((-c12) - c16 / 2.0) / c17)) - c14))) + m * m_hat - (m_hat ** 2 + q_hat) / (2.0 * (V_hat + 1.0))
    out[5] = V


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
