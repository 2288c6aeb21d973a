r"""bipartite_sk: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification bab9897a8cbc55e5, derivation 6b61e7b551db3577, sympy 1.14.0.

free_entropy = \frac{V_{t}\,a\,\hat{q}_{t} + 2\,a\,\hat{m}_{t,\mathrm{one}}\,m_{t,\mathrm{one}} -
    V_{s}\,a\,\hat{q}_{s} - 2\,a\,\hat{m}_{s,\mathrm{one}}\,m_{s,\mathrm{one}} - V_{t}\,\hat{q}_{t}
    - 2\,\hat{m}_{t,\mathrm{one}}\,m_{t,\mathrm{one}}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} =
    a\,\hat{m}_{s,\mathrm{one}}\,H\left(-\frac{\hat{m}_{s,\mathrm{one}}}{\sqrt{\hat{q}_{s}}}\right)
    - a\,\hat{m}_{s,\mathrm{one}}\,H\left(\frac{\hat{m}_{s,\mathrm{one}}}{\sqrt{\hat{q}_{s}}}\right)
    + \hat{m}_{t,\mathrm{one}}\,\left(1 -
    a\right)\,H\left(-\frac{\hat{m}_{t,\mathrm{one}}}{\sqrt{\hat{q}_{t}}}\right) +
    \frac{a\,\sqrt{2\,\hat{q}_{s}}}{\sqrt{\pi}}\,e^{-\frac{\hat{m}_{s,\mathrm{one}}^{2}}{2\,\hat{q}_{s}}}
    - \hat{m}_{t,\mathrm{one}}\,\left(1 -
    a\right)\,H\left(\frac{\hat{m}_{t,\mathrm{one}}}{\sqrt{\hat{q}_{t}}}\right) + \frac{\left(1 -
    a\right)\,\sqrt{2\,\hat{q}_{t}}}{\sqrt{\pi}}\,e^{-\frac{\hat{m}_{t,\mathrm{one}}^{2}}{2\,\hat{q}_{t}}}
\phi_{\mathrm{ch}} = \frac{V_{s}\,a\,\left(1 - a\right) + V_{t}\,a\,\left(1 - a\right) +
    2\,h\,\left(a\,m_{s,\mathrm{one}} + m_{t,\mathrm{one}}\,\left(1 - a\right)\right)}{2}
q_hat_s = 1 - a
m_hat_s_one = h
q_hat_t = a
m_hat_t_one = h
V_s =
    \frac{\sqrt{2}}{\sqrt{\pi\,\hat{q}_{s}}}\,e^{-\frac{\hat{m}_{s,\mathrm{one}}^{2}}{2\,\hat{q}_{s}}}
m_s_one = H\left(-\frac{\hat{m}_{s,\mathrm{one}}}{\sqrt{\hat{q}_{s}}}\right) -
    H\left(\frac{\hat{m}_{s,\mathrm{one}}}{\sqrt{\hat{q}_{s}}}\right)
V_t =
    \frac{\sqrt{2}}{\sqrt{\pi\,\hat{q}_{t}}}\,e^{-\frac{\hat{m}_{t,\mathrm{one}}^{2}}{2\,\hat{q}_{t}}}
m_t_one = H\left(-\frac{\hat{m}_{t,\mathrm{one}}}{\sqrt{\hat{q}_{t}}}\right) -
    H\left(\frac{\hat{m}_{t,\mathrm{one}}}{\sqrt{\hat{q}_{t}}}\right)
where
\mathcal{M}_{V_{s}}\left[\ell\right]\left(\omega\right) =
    \min_h\left\{\frac{(h-\omega)^2}{2\,V_{s}}+\ell(h)\right\}
\partial_{\omega} \mathcal{M}_{V_{s}}\left[\ell\right]\left(\omega\right) =
    \frac{\omega-\mathrm{prox}_{V_{s}}\left[\ell\right]\left(\omega\right)}{V_{s}}
\mathcal{M}^{*}_{\hat{V}_{s}}\left[g\right]\left(\xi\right) =
    \max_w\left\{\xi\,w-\frac{\hat{V}_{s}\,w^2}{2}-g(w)\right\}
\partial_{\xi} \mathcal{M}^{*}_{\hat{V}_{s}}\left[g\right]\left(\xi\right) =
    w_{\hat{V}_{s}}\left[g\right]\left(\xi\right)
g\left(w\right) = 0
\mathcal{M}^{*}_{\hat{V}_{s}}\left[g\right]\left(\xi\right) = \begin{cases} -\frac{\hat{V}_{s} +
    2\,\xi}{2} & \xi < 0\\ \frac{2\,\xi - \hat{V}_{s}}{2} & \xi > 0 \end{cases}
w_{\hat{V}_{s}}\left[g\right]\left(\xi\right) = \begin{cases} -1 & \xi < 0\\ 1 & \xi > 0 \end{cases}
g\left(w\right) = 0
\mathcal{M}^{*}_{\hat{V}_{t}}\left[g\right]\left(\xi\right) = \begin{cases} -\frac{\hat{V}_{t} +
    2\,\xi}{2} & \xi < 0\\ \frac{2\,\xi - \hat{V}_{t}}{2} & \xi > 0 \end{cases}
w_{\hat{V}_{t}}\left[g\right]\left(\xi\right) = \begin{cases} -1 & \xi < 0\\ 1 & \xi > 0 \end{cases}
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
from derive.runtime.inner import centered_to_channel, centered_to_site, guard_jet, moments_to_jet, sign, total_cumulants
from derive.runtime.intervals import log_interval_jet, tilted_interval_jet
from derive.runtime.jets import add_quadratic, log_ndtr_jet, log_sum_exp_jet, merge_jets, scale_chain
from derive.runtime.newton import COARSE, assemble, blurred, choose_step, move, retreat, sharpness
from derive.runtime.quadrature import G_W, GK_W, GK_X, GL_W, GL_X, gaussian_edges, graded_edges
from derive.runtime.special import H, bvn_upper, erfinv, log_cosh, log_ndtr, logistic, ndtr, softplus
from derive.runtime.strips import strip, strip_tail, strip_tails, strips, wide, wide_tail, wide_tails, wides


MODEL = 'bipartite_sk'
ANSATZ = 'rs'
SPEC_HASH = 'bab9897a8cbc55e57f5b1e168c7f3fbfd28b7901a15d54a871da959a223d6d3a:zero'
TRACE_HASH = '6b61e7b551db3577'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('a', 'h')
TABLE = ()
STATE = ('q_s', 'V_s', 'q_t', 'V_t', 'm_s_one', 'm_t_one')
HATS = ('q_hat_s', 'm_hat_s_one', 'q_hat_t', 'm_hat_t_one')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('energy', 'entropy')
RESPONSES = {}
CONSTANTS = 0
BOUNDARY = 'none'
CONDITIONS = 0
COLD = True
EDGE = 0.0
VANISHES = 1e-13
FINEST = 0.0
UNIQUE = False
REDUCED = False
CANCELS = False
CONJUGATES = 4
GLOBALS = 0
MAPPED = 6
UNKNOWNS = 4
TIED = (2, 2)
PARTNERS = (0, 1)
DIFFERENCES = ()
CHANNEL_OUTPUTS = 20
SITE_OUTPUTS = 30
FACTS = 5
STRATEGY = {}


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q_s = x[0]
    q_t = x[2]
    a = p[0]
    h = p[1]
    c0 = 1.0 / (1.0 - a)
    out[0] = (-(a * q_t)) + q_t
    out[1] = h
    out[2] = (-(a ** 2 * c0 * q_s)) + a * c0 * q_s
    out[3] = (-(a * c0 * h)) + c0 * h
    out[4] = 0.0
    out[5] = 0.0
    out[6] = 0.0
    out[7] = 0.0
    out[8] = 0.0
    out[9] = 0.0
    out[10] = 0.0
    out[11] = 0.0
    out[12] = 0.0
    out[13] = 0.0
    out[14] = 0.0
    out[15] = 0.0
    out[16] = 0.0
    out[17] = 0.0
    out[18] = 0.0
    out[19] = 0.0


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat_s = hats[0]
    m_hat_s_one = hats[1]
    q_hat_t = hats[2]
    m_hat_t_one = hats[3]
    c0 = 1.0 / math.sqrt(q_hat_s)
    c1 = m_hat_s_one ** 2 / 2.0
    c2 = 0.7978845608028654
    c3 = c2 * math.exp(-(c1 / q_hat_s))
    c4 = c0 * c3
    c5 = 1.0 / math.sqrt(q_hat_t)
    c6 = m_hat_t_one ** 2 / 2.0
    c7 = c2 * math.exp(-(c6 / q_hat_t))
    c8 = c5 * c7
    c9 = c0 * m_hat_s_one
    c10 = c5 * m_hat_t_one
    c11 = c3 / math.pow(q_hat_s, (3.0 / 2.0))
    c12 = c11 / 2.0
    c13 = c7 / math.pow(q_hat_t, (3.0 / 2.0))
    c14 = c13 / 2.0
    out[0] = 1.0
    out[1] = c4
    out[2] = 1.0
    out[3] = c8
    out[4] = H(-c9) - H(c9)
    out[5] = H(-c10) - H(c10)
    out[6] = 0.0
    out[7] = 0.0
    out[8] = 0.0
    out[9] = 0.0
    out[10] = c1 * c3 / math.pow(q_hat_s, (5.0 / 2.0)) - c12
    out[11] = -(c11 * m_hat_s_one)
    out[12] = 0.0
    out[13] = 0.0
    out[14] = 0.0
    out[15] = 0.0
    out[16] = 0.0
    out[17] = 0.0
    out[18] = 0.0
    out[19] = 0.0
    out[20] = (-c14) + c6 * c7 / math.pow(q_hat_t, (5.0 / 2.0))
    out[21] = -(c13 * m_hat_t_one)
    out[22] = -(c12 * m_hat_s_one)
    out[23] = c4
    out[24] = 0.0
    out[25] = 0.0
    out[26] = 0.0
    out[27] = 0.0
    out[28] = -(c14 * m_hat_t_one)
    out[29] = c8


@njit(cache=True, error_model="numpy")
def free_entropy(x, hats, p, refine, tol, out):
    """The free entropy per site at any point (stationary at a solution)."""
    q_s = x[0]
    V_s = x[1]
    q_t = x[2]
    V_t = x[3]
    m_s_one = x[4]
    m_t_one = x[5]
    q_hat_s = hats[0]
    m_hat_s_one = hats[1]
    q_hat_t = hats[2]
    m_hat_t_one = hats[3]
    a = p[0]
    h = p[1]
    c0 = V_t / 2.0
    c1 = c0 * q_hat_t
    c2 = m_hat_t_one * m_t_one
    c3 = V_s * a / 2.0
    c4 = a * m_s_one
    c5 = 1.0 - a
    c6 = math.sqrt(q_hat_s)
    c7 = m_hat_s_one / c6
    c8 = 0.7978845608028654
    c9 = math.sqrt(q_hat_t)
    c10 = m_hat_t_one / c9
    out[0] = a * c0 * c5 * q_s + a * c1 + a * c2 + a * (c6 * c8 * math.exp(-(m_hat_s_one ** 2 / (2.0 * q_hat_s))) + m_hat_s_one * H(-c7) - m_hat_s_one * H(c7)) - c1 - c2 + c3 * c5 * q_t - c3 * q_hat_s - c4 * m_hat_s_one + c5 * (c8 * c9 * math.exp(-(m_hat_t_one ** 2 / (2.0 * q_hat_t))) + m_hat_t_one * H(-c10) - m_hat_t_one * H(c10)) + h * (c4 + c5 * m_t_one)


@njit(cache=True, error_model="numpy")
def observables(x, hats, p, refine, tol, out):
    """Observables at a solution."""
    q_s = x[0]
    V_s = x[1]
    q_t = x[2]
    V_t = x[3]
    m_s_one = x[4]
    m_t_one = x[5]
    q_hat_s = hats[0]
    m_hat_s_one = hats[1]
    q_hat_t = hats[2]
    m_hat_t_one = hats[3]
    a = p[0]
    h = p[1]
    c0 = V_t / 2.0
    c1 = a + (-1.0)
    c2 = -c1
    c3 = V_s / 2.0
    c4 = a * c0
    c5 = math.sqrt(q_hat_s)
    c6 = m_hat_s_one / c5
    c7 = 0.7978845608028654
    c8 = math.sqrt(q_hat_t)
    c9 = m_hat_t_one / c8
    c10 = a ** 2
    out[0] = V_s * a * q_hat_s / 2.0 + V_t * q_hat_t / 2.0 - a * c0 * q_hat_t - a * c2 * c3 * q_t + a * m_hat_s_one * m_s_one - a * m_hat_t_one * m_t_one - a * (c5 * c7 * math.exp(-(m_hat_s_one ** 2 / (2.0 * q_hat_s))) + m_hat_s_one * H(-c6) - m_hat_s_one * H(c6)) - c2 * c4 * q_s - c2 * (c7 * c8 * math.exp(-(m_hat_t_one ** 2 / (2.0 * q_hat_t))) + m_hat_t_one * H(-c9) - m_hat_t_one * H(c9)) - h * (a * m_s_one + c2 * m_t_one) + m_hat_t_one * m_t_one
    out[1] = (-(V_s * c1 * c4)) - V_s * (V_t * a / 2.0 - c0 * c10) - V_t * (V_s * a / 2.0 - c10 * c3)


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    out[0] = 1.0
    out[1] = 1.0
    out[2] = 0.0
    out[3] = 1.0
    out[4] = 1.0


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
    state[3] = VANISHES
    previous = x.copy()
    sharp = max(tol, COARSE)
    for count in range(max_steps):
        evaluate(x, p, refine, sharp, hats, mapped, residual, jacobian)
        if blurred(residual, sharp, tol):
            sharp = tol
            evaluate(x, p, refine, sharp, hats, mapped, residual, jacobian)
        if retreat(x, previous, residual, state, TIED):
            continue
        status = choose_step(
            x, p, mapped, residual, jacobian, accuracy, damping, newton_only, TIED, GLOBALS, step, state, info
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
