r"""sk: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification a276547bbe494496, derivation 971c38045d6260bc, sympy 1.14.0.

free_entropy = -\frac{V\,\hat{q} + 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} + \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \hat{m}\,H\left(-\frac{\hat{m}}{\sqrt{\hat{q}}}\right) -
    \hat{m}\,H\left(\frac{\hat{m}}{\sqrt{\hat{q}}}\right) +
    \frac{\sqrt{2\,\hat{q}}}{\sqrt{\pi}}\,e^{-\frac{\hat{m}^{2}}{2\,\hat{q}}}
\phi_{\mathrm{ch}} = \frac{J_{0}\,m^{2} + 2\,h\,m + V}{2}
q_hat = 1
m_hat = J_{0}\,m + h
V = \frac{\sqrt{2}}{\sqrt{\pi\,\hat{q}}}\,e^{-\frac{\hat{m}^{2}}{2\,\hat{q}}}
m = H\left(-\frac{\hat{m}}{\sqrt{\hat{q}}}\right) - H\left(\frac{\hat{m}}{\sqrt{\hat{q}}}\right)
where
\mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \min_h\left\{\frac{(h-\omega)^2}{2\,V}+\ell(h)\right\}
\partial_{\omega} \mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \frac{\omega-\mathrm{prox}_{V}\left[\ell\right]\left(\omega\right)}{V}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    \max_w\left\{\xi\,w-\frac{\hat{V}\,w^2}{2}-g(w)\right\}
\partial_{\xi} \mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    w_{\hat{V}}\left[g\right]\left(\xi\right)
g\left(w\right) = 0
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \begin{cases} -\frac{\hat{V} + 2\,\xi}{2}
    & \xi < 0\\ \frac{2\,\xi - \hat{V}}{2} & \xi > 0 \end{cases}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \begin{cases} -1 & \xi < 0\\ 1 & \xi > 0 \end{cases}
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


MODEL = 'sk'
ANSATZ = 'rs'
SPEC_HASH = 'a276547bbe494496063f2f79867ad122c7f272a24078b78f3b04684954a4fdb5:zero'
TRACE_HASH = '971c38045d6260bc'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('J0', 'h')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('energy', 'entropy')
RESPONSES = {'susceptibility': ('m', 'h', '-inf', 'inf')}
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
CONJUGATES = 2
GLOBALS = 0
MAPPED = 3
UNKNOWNS = 2
TIED = (2,)
PARTNERS = (0,)
DIFFERENCES = ()
CHANNEL_OUTPUTS = 6
SITE_OUTPUTS = 9
FACTS = 3
STRATEGY = {}


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    m = x[2]
    J0 = p[0]
    h = p[1]
    out[0] = q
    out[1] = J0 * m + h
    out[2] = 0.0
    out[3] = 0.0
    out[4] = 0.0
    out[5] = J0


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    m_hat = hats[1]
    c0 = 1.0 / math.sqrt(q_hat)
    c1 = m_hat ** 2 / 2.0
    c2 = 1.4142135623730951 * math.exp(-(c1 / q_hat)) / 1.772453850905516
    c3 = c0 * c2
    c4 = c0 * m_hat
    c5 = c2 / math.pow(q_hat, (3.0 / 2.0))
    c6 = c5 / 2.0
    out[0] = 1.0
    out[1] = c3
    out[2] = H(-c4) - H(c4)
    out[3] = 0.0
    out[4] = 0.0
    out[5] = c1 * c2 / math.pow(q_hat, (5.0 / 2.0)) - c6
    out[6] = -(c5 * m_hat)
    out[7] = -(c6 * m_hat)
    out[8] = c3


@njit(cache=True, error_model="numpy")
def free_entropy(x, hats, p, refine, tol, out):
    """The free entropy per site at any point (stationary at a solution)."""
    q = x[0]
    V = x[1]
    m = x[2]
    q_hat = hats[0]
    m_hat = hats[1]
    J0 = p[0]
    h = p[1]
    c0 = V / 2.0
    c1 = math.sqrt(q_hat)
    c2 = m_hat / c1
    out[0] = J0 * m ** 2 / 2.0 + c0 * q - c0 * q_hat + 1.4142135623730951 * c1 * math.exp(-(m_hat ** 2 / (2.0 * q_hat))) / 1.772453850905516 + h * m - m * m_hat + m_hat * H(-c2) - m_hat * H(c2)


@njit(cache=True, error_model="numpy")
def observables(x, hats, p, refine, tol, out):
    """Observables at a solution."""
    q = x[0]
    V = x[1]
    m = x[2]
    q_hat = hats[0]
    m_hat = hats[1]
    J0 = p[0]
    h = p[1]
    c0 = math.sqrt(q_hat)
    c1 = m_hat / c0
    out[0] = (-(J0 * m ** 2 / 2.0)) - V * q / 2.0 + V * q_hat / 2.0 - 1.4142135623730951 * c0 * math.exp(-(m_hat ** 2 / (2.0 * q_hat))) / 1.772453850905516 - h * m + m * m_hat - m_hat * H(-c1) + m_hat * H(c1)
    out[1] = -(V ** 2 / 4.0)


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
