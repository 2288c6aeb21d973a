r"""lad: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 2ea5ffc53e759bca, derivation 10bd526856430f5c, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{m}^{2} + \hat{q}}{2\,\left(\hat{V} + \lambda\right)}
\phi_{\mathrm{ch}} = \alpha\,\left(V\,H\left(\frac{V}{\sigma}\right) -
    \frac{\sqrt{2}\,\sigma}{\sqrt{\pi}}\,e^{-\frac{V^{2}}{2\,\sigma^{2}}} -
    \frac{\sigma^{2}}{2\,V}\,\int_{-\frac{V}{\sigma}}^{\frac{V}{\sigma}} Dt\,t^{2}\right)
q_hat = \alpha\,\left(2\,H\left(\frac{V}{\sigma}\right) +
    \frac{\sigma^{2}}{V^{2}}\,\int_{-\frac{V}{\sigma}}^{\frac{V}{\sigma}} Dt\,t^{2}\right)
V_hat = \frac{\alpha\,\left(H\left(-\frac{V}{\sigma}\right) -
    H\left(\frac{V}{\sigma}\right)\right)}{V}
m_hat = \frac{\alpha\,\left(H\left(-\frac{V}{\sigma}\right) -
    H\left(\frac{V}{\sigma}\right)\right)}{V}
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
\ell_{0}\left(h\right) = \left|{h}\right|
\mathrm{law}\left(u\right) = \mathcal{N}\left(0,\,\Delta + q - 2\,m + 1\right)
\mathcal{M}_{V}\left[\ell_{0}\right]\left(u\right) = \begin{cases} -\frac{V + 2\,u}{2} & u < -V\\
    \frac{u^{2}}{2\,V} & -V < u < V\\ \frac{2\,u - V}{2} & u > V \end{cases}
\mathrm{prox}_{V}\left[\ell_{0}\right]\left(u\right) = \begin{cases} V + u & u < -V\\ 0 & -V < u <
    V\\ u - V & u > V \end{cases}
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


MODEL = 'lad'
ANSATZ = 'rs'
SPEC_HASH = '2ea5ffc53e759bca19ce451b89ecc83ae8a2dc87a52513e7481721b67dabe22e'
TRACE_HASH = '10bd526856430f5c'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam', 'Delta')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'error_teacher', 'test_loss', 'training_loss', 'mse', 'norm', 'energy', 'bias', 'variance', 'prox_variance')
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
    c0 = Delta - 2.0 * m + q + 1.0
    c1 = math.sqrt(c0)
    c2 = 1.0 / c1
    c3 = V * c2
    c4 = -c3
    c5 = 2.0 * c3
    strips_1 = np.zeros(3)
    strips(c4, c5, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    c6 = strips_1_0
    c7 = strips_1_1
    c8 = strips_1_2
    c9 = c3 < (1.0 / 2.0)
    c10 = V ** 2
    c11 = 1.0 / c10
    strips_0 = np.zeros(3)
    if (not c9):
        wides(c4, c5, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    c12 = strips_0_2
    c13 = c11 * c12
    c14 = 1.0 / V
    c15 = alpha * c6
    c16 = c14 * c15
    c17 = 1.4142135623730951 * math.exp(-(c10 / (2.0 * c0))) / 1.772453850905516
    c18 = c17 / 2.0
    c19 = math.pow(c0, (-3.0 / 2.0))
    c20 = V * c19
    c21 = c18 * c20
    c22 = c1 * c14
    c23 = c18 - c22 * c6 / 2.0
    c24 = c22 * c7
    c25 = c18 - c24
    c26 = c18 - c24 / 2.0
    c27 = c18 - c22 * c8
    c28 = 4.0 * c20
    c29 = c17 * c2
    c30 = alpha * c29
    c31 = 4.0 * c2
    c32 = 8.0 * c2
    c33 = c17 * c20
    c34 = 8.0 * c20
    c35 = alpha * c19
    c36 = -(c18 * c35)
    c37 = (-(c11 * c15)) + c14 * c30
    c38 = c17 * c35
    out[0] = alpha * (c6 - 4.0 * c7 + 4.0 * c8 if c9 else c0 * c13) + 2.0 * alpha * H(c3)
    out[1] = c16
    out[2] = c16
    out[3] = alpha * c21 + alpha * (2.0 * V * c19 * c25 + 4.0 * V * c19 * c26 - 2.0 * c20 * c23 - c21 - c27 * c28 if c9 else c11 * c12 - c21)
    out[4] = alpha * (c23 * c31 - c25 * c31 - c26 * c32 + c27 * c32 + c29 if c9 else c29 - 2.0 * c0 * c12 / V ** 3) - c30
    out[5] = (-(alpha * c33)) + alpha * (c23 * c28 - c25 * c28 - c26 * c34 + c27 * c34 + c33 if c9 else (-(2.0 * c13)) + c33)
    out[6] = c36
    out[7] = c37
    out[8] = c38
    out[9] = c36
    out[10] = c37
    out[11] = c38


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
    c0 = V / 2.0
    c1 = Delta - 2.0 * m + q + 1.0
    c2 = math.sqrt(c1)
    c3 = V / c2
    c4 = -c3
    c5 = 2.0 * c3
    strips_0 = np.zeros(3)
    if (c3 < (1.0 / 2.0)):
        strips(c4, c5, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not (c3 < (1.0 / 2.0))):
        wides(c4, c5, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    out[0] = V_hat * q / 2.0 + alpha * (V * H(c3) - 1.4142135623730951 * c2 * math.exp(-(V ** 2 / (2.0 * c1))) / 1.772453850905516 + (2.0 * V * strips_0_1 - 2.0 * V * strips_0_2 - c0 * strips_0_0 if (c3 < (1.0 / 2.0)) else -(c1 * strips_1_2 / (2.0 * V)))) - c0 * q_hat - m * m_hat + (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))


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
    c0 = 2.0 * m
    c1 = 1.0 - c0
    c2 = c1 + q
    c3 = Delta + c2
    c4 = math.sqrt(c3)
    c5 = 1.0 / c4
    c6 = 2.0 * Delta
    c7 = m ** 2
    c8 = c7 / q
    c9 = 0.5641895835477563
    c10 = 1.4142135623730951 * c9
    c11 = Delta - c8 + 1.0
    c12 = 1.0 / c11
    c13 = c10 / (math.sqrt(c11) * math.sqrt((-(c0 * c12)) + c12 * q + c7 / (Delta * q - c7 + q) + 1.0))
    c14 = V * c5
    c15 = V * H(c14)
    c16 = c6 - 4.0 * m + 2.0 * q + 2.0
    c17 = V ** 2
    c18 = m_hat ** 2
    c19 = -c14
    c20 = 2.0 * c14
    c21 = c18 / (V_hat ** 2 + 2.0 * V_hat * lam + lam ** 2)
    strips_0 = np.zeros(3)
    if (c14 < (1.0 / 2.0)):
        strips(c19, c20, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not (c14 < (1.0 / 2.0))):
        wides(c19, c20, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    out[0] = c3
    out[1] = c2
    out[2] = (-(c0 * c13)) + c10 * c5 * math.sqrt(Delta ** 2 - c6 * c8 + c6 - 2.0 * c8 + m ** 4 / q ** 2 + 1.0) + c13 * c8 + c13 * q
    out[3] = (-(2.0 * c15)) + math.sqrt(c16) * c9 * math.exp(-(c17 / c16))
    out[4] = c2
    out[5] = q
    out[6] = V * q_hat / 2.0 - V_hat * q / 2.0 - alpha * ((-(c10 * c4 * math.exp(-(c17 / (2.0 * c3))))) + c15 + ((-(V * strips_0_0 / 2.0)) + 2.0 * V * strips_0_1 - 2.0 * V * strips_0_2 if (c14 < (1.0 / 2.0)) else -(c3 * strips_1_2 / (2.0 * V)))) + m * m_hat - (c18 + q_hat) / (2.0 * (V_hat + lam))
    out[7] = c1 + c21
    out[8] = (-c21) + q
    out[9] = V


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
