r"""ridge_isotropic: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification b8a0b61f69232de5, derivation 300d7bd3a5866d13, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{m}^{2}\,\rho + \hat{q}}{2\,\left(\hat{V} + \lambda\right)}
\phi_{\mathrm{ch}} = -\frac{\alpha\,\left(\Delta + q + \rho - 2\,m\right)}{2\,\left(V + 1\right)}
q_hat = \frac{\alpha\,\left(\Delta + q + \rho - 2\,m\right)}{\left(V + 1\right)^{2}}
V_hat = \frac{\alpha}{V + 1}
m_hat = \frac{\alpha}{V + 1}
q = \frac{\hat{m}^{2}\,\rho + \hat{q}}{\left(\hat{V} + \lambda\right)^{2}}
V = \frac{1}{\hat{V} + \lambda}
m = \frac{\hat{m}\,\rho}{\hat{V} + \lambda}
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
\mathrm{law}\left(u\right) = \mathcal{N}\left(0,\,\Delta + q + \rho - 2\,m\right)
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


MODEL = 'ridge_isotropic'
ANSATZ = 'rs'
SPEC_HASH = 'b8a0b61f69232de59fdbabfc847ab18df8be150cd7fbdad419b5f81ac3f70889'
TRACE_HASH = '300d7bd3a5866d13'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam', 'rho', 'Delta')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'training_loss', 'mse', 'norm', 'energy', 'bias', 'variance', 'prox_variance')
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
    rho = p[2]
    Delta = p[3]
    c0 = 2.0 * V
    c1 = V ** 2
    c2 = alpha / (c0 + c1 + 1.0)
    c3 = 2.0 * c2
    c4 = alpha / (V + 1.0)
    c5 = 1.0 / (V ** 4 + 4.0 * V ** 3 + 4.0 * V + 6.0 * c1 + 1.0)
    c6 = alpha * c5
    c7 = 2.0 * c6
    c8 = c0 * c6
    c9 = -c2
    out[0] = Delta * c2 + c2 * q + c2 * rho - c3 * m
    out[1] = c4
    out[2] = c4
    out[3] = c2
    out[4] = (-(Delta * c7)) - Delta * c8 + 4.0 * V * alpha * c5 * m + 4.0 * alpha * c5 * m - c7 * q - c7 * rho - c8 * q - c8 * rho
    out[5] = -c3
    out[6] = 0.0
    out[7] = c9
    out[8] = 0.0
    out[9] = 0.0
    out[10] = c9
    out[11] = 0.0


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    V_hat = hats[1]
    m_hat = hats[2]
    lam = p[1]
    rho = p[2]
    c0 = m_hat ** 2 * rho
    c1 = V_hat ** 2
    c2 = lam ** 2
    c3 = 2.0 * lam
    c4 = 1.0 / (V_hat * c3 + c1 + c2)
    c5 = 1.0 / (V_hat + lam)
    c6 = c5 * rho
    c7 = 1.0 / (V_hat ** 4 + 4.0 * V_hat ** 3 * lam + 4.0 * V_hat * lam ** 3 + 6.0 * c1 * c2 + lam ** 4)
    c8 = c7 * q_hat
    c9 = 2.0 * V_hat
    c10 = c0 * c7
    c11 = c4 * m_hat * rho
    out[0] = c4 * (c0 + q_hat)
    out[1] = c5
    out[2] = c6 * m_hat
    out[3] = c4
    out[4] = (-(c10 * c3)) - c10 * c9 - c3 * c8 - c8 * c9
    out[5] = 2.0 * c11
    out[6] = 0.0
    out[7] = -c4
    out[8] = 0.0
    out[9] = 0.0
    out[10] = -c11
    out[11] = c6


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
    rho = p[2]
    Delta = p[3]
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 - alpha * (Delta - 2.0 * m + q + rho) / (2.0 * (V + 1.0)) - m * m_hat + (m_hat ** 2 * rho + q_hat) / (2.0 * (V_hat + lam))


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
    rho = p[2]
    Delta = p[3]
    c0 = 2.0 * m
    c1 = (-c0) + rho
    c2 = c1 + q
    c3 = Delta + c2
    c4 = 1.0 / (2.0 * V ** 2 + 4.0 * V + 2.0)
    c5 = m_hat ** 2 * rho
    c6 = c5 / (V_hat ** 2 + 2.0 * V_hat * lam + lam ** 2)
    out[0] = c3
    out[1] = Delta * c4 - c0 * c4 + c4 * q + c4 * rho
    out[2] = c2
    out[3] = q
    out[4] = V * q_hat / 2.0 - V_hat * q / 2.0 + alpha * c3 / (2.0 * (V + 1.0)) + m * m_hat - (c5 + q_hat) / (2.0 * (V_hat + lam))
    out[5] = c1 + c6
    out[6] = (-c6) + q
    out[7] = V


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    rho = p[2]
    out[0] = 1.0
    out[1] = 0.0
    out[2] = rho


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
