r"""perceptron_min_errors: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 5363a9d6c5fbe07c, derivation 78869744c0f2841b, sympy 1.14.0.

free_entropy = \frac{\sqrt{\hat{q}} - V\,\hat{q}}{2} + \phi_{\mathrm{site}} + \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\sqrt{\hat{q}}}{2}
\phi_{\mathrm{ch}} = -\frac{\alpha}{2}\,\left(2\,H\left(\sqrt{2\,V} - \kappa\right) +
    \frac{1}{V}\,\int_{\kappa - \sqrt{2\,V}}^{\kappa} Dt\,\left(\kappa - t\right)^{2}\right)
q_hat = \frac{\alpha}{V^{2}}\,\int_{\kappa - \sqrt{2\,V}}^{\kappa} Dt\,\left(\kappa - t\right)^{2}
V = \frac{1}{\sqrt{\hat{q}}}
V_hat = \sqrt{\hat{q}}
where
\mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \min_h\left\{\frac{(h-\omega)^2}{2\,V}+\ell(h)\right\}
\partial_{\omega} \mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \frac{\omega-\mathrm{prox}_{V}\left[\ell\right]\left(\omega\right)}{V}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    \max_w\left\{\xi\,w-\frac{\hat{V}\,w^2}{2}-g(w)\right\}
\partial_{\xi} \mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    w_{\hat{V}}\left[g\right]\left(\xi\right)
\ell_{00}\left(h\right) = \mathbf{1}\left[h < \kappa\right]
\mathcal{M}_{V}\left[\ell_{00}\right]\left(\omega\right) = \begin{cases} 1 & \omega < \kappa -
    \sqrt{2\,V}\\ \frac{\left(\kappa - \omega\right)^{2}}{2\,V} & \kappa - \sqrt{2\,V} < \omega <
    \kappa\\ 0 & \omega > \kappa \end{cases}
\mathrm{prox}_{V}\left[\ell_{00}\right]\left(\omega\right) = \begin{cases} \omega & \omega < \kappa
    - \sqrt{2\,V}\\ \kappa & \kappa - \sqrt{2\,V} < \omega < \kappa\\ \omega & \omega > \kappa
    \end{cases}
g\left(w\right) = 0
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi^{2}}{2\,\hat{V}}
w_{\hat{V}}\left[g\right]\left(\xi\right) = \frac{\xi}{\hat{V}}
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


MODEL = 'perceptron_min_errors'
ANSATZ = 'rs'
SPEC_HASH = '5363a9d6c5fbe07c8998ef5c933b818f5b7b49964062880a9ab7106da7441ebe'
TRACE_HASH = '78869744c0f2841b'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'kappa')
TABLE = ()
STATE = ('q', 'V')
HATS = ('q_hat',)
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('fraction_errors', 'energy', 'prox_variance')
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
CONJUGATES = 1
GLOBALS = 0
MAPPED = 2
UNKNOWNS = 1
TIED = (2,)
PARTNERS = ()
DIFFERENCES = ()
CHANNEL_OUTPUTS = 2
SITE_OUTPUTS = 4
FACTS = 2
STRATEGY = {}
REGIMES = {'satisfiable': 'sphere'}


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    V = x[1]
    alpha = p[0]
    kappa = p[1]
    c0 = math.sqrt(q)
    c1 = 1.0 / c0
    c2 = 1.4142135623730951
    c3 = math.sqrt(V)
    c4 = c2 * c3
    c5 = (-c4) + kappa
    c6 = c1 * c5
    c7 = c1 * c4
    c14 = c7 < 1.0
    strips_1 = np.zeros(3)
    if c14:
        strips(c6, c7, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    c8 = strips_1_0
    c9 = 1.0 / V
    c10 = 2.0 * c9
    c11 = strips_1_1
    c12 = 4.0 * c9
    c13 = strips_1_2
    strips_0 = np.zeros(3)
    if (not c14):
        wides(c6, c7, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    c15 = strips_0_2
    c16 = 1.0 / V ** 2
    c17 = c16 * q
    c18 = strips_0_0
    c19 = kappa ** 2
    c20 = c16 * c19
    c21 = strips_0_1
    c22 = 2.0 * c16
    c23 = c0 * c22 * kappa
    c24 = 0.5641895835477563
    c25 = 1.0 / c3
    c26 = c6 + c7
    c27 = c26 ** 2 / 2.0
    c28 = math.exp(-c27)
    c29 = c2 / 2.0
    c30 = c5 ** 2 / (2.0 * q)
    c31 = c24 * math.exp(-c30)
    c32 = c29 * c31
    c33 = c24 * c28
    c34 = c29 * c33
    c35 = c1 * c25
    c36 = c29 * c35
    c37 = c1 * c24 * c25 * c28 / 2.0 - c36 * ((-c32) + c34)
    c38 = c0 * c25
    c39 = c29 * c38
    c40 = c2 * c38
    c41 = 1.0 / V ** 3
    c42 = 2.0 * c41
    c43 = c33 * c35
    out[0] = alpha * (c10 * c13 + c10 * c8 - c11 * c12 if c14 else c15 * c17 + c18 * c20 - c21 * c23)
    out[1] = alpha * (c10 * c37 + c10 * (c1 * c2 * c25 * ((-(c13 * c40)) + c34) / 2.0 - c36 * ((-(c11 * c40)) + c34)) + 4.0 * c11 * c16 - c12 * (c1 * c2 * c25 * ((-(c11 * c39)) + c34) / 2.0 - c36 * (c34 - c39 * c8)) - c13 * c22 - c22 * c8 if c14 else 4.0 * c0 * c21 * c41 * kappa - c15 * c42 * q + c17 * (c27 * c43 - c36 * (c2 * c27 * c33 - c2 * c30 * c31)) - c18 * c19 * c42 + c20 * c37 - c23 * (c26 * c43 / 2.0 - c36 * (c26 * c34 - c32 * c6)))


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    out[0] = 1.0
    out[1] = 1.0 / math.sqrt(q_hat)
    out[2] = 0.0
    out[3] = -(1.0 / (2.0 * math.pow(q_hat, (3.0 / 2.0))))


@njit(cache=True, error_model="numpy")
def free_entropy(x, hats, p, refine, tol, out):
    """The free entropy per site at any point (stationary at a solution)."""
    q = x[0]
    V = x[1]
    q_hat = hats[0]
    alpha = p[0]
    kappa = p[1]
    c0 = math.sqrt(q_hat) / 2.0
    c1 = math.sqrt(q)
    c2 = 1.0 / c1
    c3 = 1.4142135623730951 * math.sqrt(V)
    c4 = c3 - kappa
    c5 = -(c2 * c4)
    c6 = c2 * c3
    c7 = 1.0 / V
    c8 = c7 / 2.0
    strips_0 = np.zeros(3)
    if (c6 < 1.0):
        strips(c5, c6, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not (c6 < 1.0)):
        wides(c5, c6, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    out[0] = (-(V * q_hat / 2.0)) + alpha * (((-strips_0_0) + 2.0 * strips_0_1 - strips_0_2 if (c6 < 1.0) else c1 * c7 * kappa * strips_1_1 - c8 * kappa ** 2 * strips_1_0 - c8 * q * strips_1_2) - H(c2 * c4)) + c0 * q + c0


@njit(cache=True, error_model="numpy")
def observables(x, hats, p, refine, tol, out):
    """Observables at a solution."""
    q = x[0]
    V = x[1]
    q_hat = hats[0]
    alpha = p[0]
    kappa = p[1]
    c0 = math.sqrt(q)
    c1 = 1.0 / c0
    c2 = 1.4142135623730951 * math.sqrt(V)
    c3 = c2 - kappa
    c4 = H(c1 * c3)
    c5 = math.sqrt(q_hat) / 2.0
    c6 = -(c1 * c3)
    c7 = c1 * c2
    c8 = 1.0 / V
    c9 = c8 / 2.0
    strips_0 = np.zeros(3)
    if (c7 < 1.0):
        strips(c6, c7, strips_0)
    strips_0_0 = strips_0[0]
    strips_0_1 = strips_0[1]
    strips_0_2 = strips_0[2]
    strips_1 = np.zeros(3)
    if (not (c7 < 1.0)):
        wides(c6, c7, strips_1)
    strips_1_0 = strips_1[0]
    strips_1_1 = strips_1[1]
    strips_1_2 = strips_1[2]
    out[0] = c4
    out[1] = V * q_hat / 2.0 - alpha * ((-c4) + ((-strips_0_0) + 2.0 * strips_0_1 - strips_0_2 if (c7 < 1.0) else c0 * c8 * kappa * strips_1_1 - c9 * kappa ** 2 * strips_1_0 - c9 * q * strips_1_2)) - c5 * q - c5
    out[2] = V


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    out[0] = 1.0
    out[1] = 0.0


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
