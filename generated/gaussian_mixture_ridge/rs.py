r"""gaussian_mixture_ridge: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 87c6c0a6e754eaf4, derivation 68c55f9bd0dece68, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{m}^{2} + \hat{q}}{2\,\left(\hat{V} + \lambda\right)}
\phi_{\mathrm{ch}} = \frac{\alpha\,\left(2\,b\,m - 4\,b\,m\,\rho + 4\,b\,\rho - b^{2} - m^{2} -
    \Delta\,q + 2\,m - 2\,b - 1\right)}{2\,\left(\Delta\,V + 1\right)}
q_hat = \frac{\Delta\,\alpha\,\left(4\,b\,m\,\rho + b^{2} + m^{2} + \Delta\,q - 2\,b\,m - 4\,b\,\rho
    + 2\,b - 2\,m + 1\right)}{\left(\Delta\,V + 1\right)^{2}}
V_hat = \frac{\Delta\,\alpha}{\Delta\,V + 1}
m_hat = \frac{\alpha\,\left(b - 2\,b\,\rho - m + 1\right)}{\Delta\,V + 1}
q = \frac{\hat{m}^{2} + \hat{q}}{\left(\hat{V} + \lambda\right)^{2}}
V = \frac{1}{\hat{V} + \lambda}
m = \frac{\hat{m}}{\hat{V} + \lambda}
0 (stationary in b) = \frac{\alpha\,\left(m - 2\,m\,\rho + 2\,\rho - b - 1\right)}{\Delta\,V + 1}
where
\mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \min_h\left\{\frac{(h-\omega)^2}{2\,V}+\ell(h)\right\}
\partial_{\omega} \mathcal{M}_{V}\left[\ell\right]\left(\omega\right) =
    \frac{\omega-\mathrm{prox}_{V}\left[\ell\right]\left(\omega\right)}{V}
\mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    \max_w\left\{\xi\,w-\frac{\hat{V}\,w^2}{2}-g(w)\right\}
\partial_{\xi} \mathcal{M}^{*}_{\hat{V}}\left[g\right]\left(\xi\right) =
    w_{\hat{V}}\left[g\right]\left(\xi\right)
\ell_{01}\left(h\right) = \frac{\left(h - 1\right)^{2}}{2}
P(y=1) = \rho
\mathbb{E}\left[h\,|\,y=1\right] = m
\mathcal{M}_{V}\left[\ell_{01}\right]\left(\omega\right) = \frac{\left(\omega -
    1\right)^{2}}{2\,\left(V + 1\right)}
\mathrm{prox}_{V}\left[\ell_{01}\right]\left(\omega\right) = \frac{V + \omega}{V + 1}
\ell_{00}\left(h\right) = \frac{\left(h + 1\right)^{2}}{2}
P(y=-1) = 1 - \rho
\mathbb{E}\left[h\,|\,y=-1\right] = -m
\mathcal{M}_{V}\left[\ell_{00}\right]\left(\omega\right) = \frac{\left(\omega +
    1\right)^{2}}{2\,\left(V + 1\right)}
\mathrm{prox}_{V}\left[\ell_{00}\right]\left(\omega\right) = \frac{\omega - V}{V + 1}
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


MODEL = 'gaussian_mixture_ridge'
ANSATZ = 'rs'
SPEC_HASH = '87c6c0a6e754eaf4935aac6b763da2a01555ba25d91401fffa629a5b7f0d6750'
TRACE_HASH = '68c55f9bd0dece68'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'rho', 'Delta', 'lam')
TABLE = ()
STATE = ('q', 'V', 'm', 'b')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('error_label', 'training_loss', 'training_error', 'norm', 'test_error', 'energy', 'prox_variance')
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
    c0 = Delta * V
    c1 = Delta ** 2
    c2 = V ** 2 * c1
    c3 = alpha / (2.0 * c0 + c2 + 1.0)
    c4 = Delta * c3
    c5 = b ** 2
    c6 = m ** 2
    c7 = c1 * c3
    c8 = b * c4
    c9 = 4.0 * rho
    c10 = c8 * c9
    c11 = 2.0 * c4
    c12 = c11 * m
    c13 = c4 * m
    c14 = c13 * c9
    c15 = b * c11
    c16 = (-c12) + c15
    c17 = alpha / (c0 + 1.0)
    c18 = -c17
    c19 = c17 * m
    c20 = b * c17
    c21 = 2.0 * rho
    c22 = c17 * c21
    c23 = Delta ** 4
    c24 = Delta ** 3
    c25 = 4.0 * c24
    c26 = 1.0 / (V ** 4 * c23 + V ** 3 * c25 + 4.0 * c0 + 6.0 * c2 + 1.0)
    c27 = alpha * c26
    c28 = c1 * c27
    c29 = 2.0 * c28
    c30 = V * c27
    c31 = 2.0 * c24
    c32 = c30 * c31
    c33 = 8.0 * b * rho
    c34 = (-c18) - c22
    out[0] = (-(b * c12)) + b * c14 - c10 + c16 + c4 * c5 + c4 * c6 + c4 + c7 * q
    out[1] = Delta * c17
    out[2] = (-c18) - c19 - c20 * c21 + c20
    out[3] = (-c17) - c19 * c21 + c19 - c20 + c22
    out[4] = c7
    out[5] = 4.0 * V * alpha * b * c24 * c26 * m + 8.0 * V * alpha * b * c24 * c26 * rho + 4.0 * V * alpha * c24 * c26 * m + 4.0 * alpha * b * c1 * c26 * m + 8.0 * alpha * b * c1 * c26 * rho + 4.0 * alpha * c1 * c26 * m - b * c25 * c30 - 4.0 * b * c28 - 2.0 * c23 * c30 * q - c24 * c30 * c33 * m - c27 * c31 * q - c28 * c33 * m - c29 * c5 - c29 * c6 - c29 - c32 * c5 - c32 * c6 - c32
    out[6] = c10 - c11 + c12 - c15
    out[7] = c11 + c14 + c16 - c4 * c9
    out[8] = 0.0
    out[9] = -c7
    out[10] = 0.0
    out[11] = 0.0
    out[12] = 0.0
    out[13] = c13 + c21 * c8 - c4 - c8
    out[14] = c18
    out[15] = c34
    out[16] = 0.0
    out[17] = c13 * c21 - c13 - c21 * c4 + c4 + c8
    out[18] = c34
    out[19] = c18


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
    c0 = 1.0 / (Delta * V + 1.0)
    c1 = c0 / 2.0
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 + alpha * ((-(Delta * c1 * q)) - b ** 2 * c1 - 2.0 * b * c0 * m * rho + b * c0 * m + 2.0 * b * c0 * rho - b * c0 + c0 * m - c1 * m ** 2 - c1) - m * m_hat + (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))


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
    c0 = 1.0 / math.sqrt(Delta)
    c1 = 1.0 / math.sqrt(q)
    c2 = c0 * c1
    c3 = b * c2
    c4 = H(c0 * c1 * m - c3)
    c5 = Delta * V
    c6 = c5 + 1.0
    c7 = 1.0 / c6
    c8 = b * c7
    c9 = c8 * rho
    c10 = c7 * m
    c11 = b * rho
    c12 = 1.0 / c6 ** 2
    c13 = c12 * m
    c14 = c5 * c7
    c15 = Delta * q
    c16 = c12 / 2.0
    c17 = c16 * rho
    c18 = c12 * c5
    c19 = b ** 2
    c20 = m ** 2
    c21 = 1.0 - rho
    c22 = c16 * c21
    c23 = Delta ** 2 * V ** 2
    c24 = c13 * c21
    c25 = c5 + m
    c26 = H(c2 * ((-b) + c25))
    c27 = 2.0 * m
    c28 = 4.0 * c11
    c29 = c7 / 2.0
    out[0] = (-(c4 * rho)) + c4 + rho * H(c2 * m + c3)
    out[1] = (-(b * c18 * c21)) - b * c24 - c10 * c21 - c10 * rho + c11 * c13 + c11 * c18 + c13 * c5 * rho - c14 * c21 - c14 * rho + c15 * c17 + c15 * c22 + c17 * c19 + c17 * c20 + c17 * c23 + c19 * c22 + c20 * c22 + c21 * c8 + c22 * c23 + c24 * c5 - c9 + (1.0 / 2.0)
    out[2] = (-(c26 * rho)) + c26 + rho * H(c2 * (b + c25))
    out[3] = q
    out[4] = (-(b * c27)) + 2.0 * b + c15 + c19 + c20 - c27 + c28 * m - c28 + 1.0
    out[5] = V * q_hat / 2.0 - V_hat * q / 2.0 - alpha * (b * c7 * m + 2.0 * b * c7 * rho - c15 * c29 - c19 * c29 - c20 * c29 - c27 * c9 - c29 + c7 * m - c8) + m * m_hat - (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))
    out[6] = c5


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
