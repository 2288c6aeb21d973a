r"""square_sign_teacher: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 70c216894470c1e7, derivation 179e9dbcabdc533a, sympy 1.14.0.

free_entropy = \frac{\hat{V}\,q - V\,\hat{q} - 2\,m\,\hat{m}}{2} + \phi_{\mathrm{site}} +
    \phi_{\mathrm{ch}}
\phi_{\mathrm{site}} = \frac{\hat{m}^{2} + \hat{q}}{2\,\left(\hat{V} + \lambda\right)}
\phi_{\mathrm{ch}} = \frac{\alpha\,\left(\frac{2\,\sqrt{2}\,m}{\sqrt{\pi}} - q -
    1\right)}{2\,\left(V + 1\right)}
q_hat = \frac{\alpha\,\left(q - \frac{2\,\sqrt{2}\,m}{\sqrt{\pi}} + 1\right)}{\left(V +
    1\right)^{2}}
V_hat = \frac{\alpha}{V + 1}
m_hat = \frac{\sqrt{2}\,\alpha}{\sqrt{\pi}\,\left(V + 1\right)}
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
\ell_{01}\left(h\right) = \frac{\left(h - 1\right)^{2}}{2}
P(y=1\,|\,z) = \theta\left(z\right)
\mathcal{M}_{V}\left[\ell_{01}\right]\left(\omega\right) = \frac{\left(\omega -
    1\right)^{2}}{2\,\left(V + 1\right)}
\mathrm{prox}_{V}\left[\ell_{01}\right]\left(\omega\right) = \frac{V + \omega}{V + 1}
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


MODEL = 'square_sign_teacher'
ANSATZ = 'rs'
SPEC_HASH = '70c216894470c1e782ded4b7231361c6843b5b3fd0311ad0e07ddb833da89c8a'
TRACE_HASH = '179e9dbcabdc533a'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha', 'lam')
TABLE = ()
STATE = ('q', 'V', 'm')
HATS = ('q_hat', 'V_hat', 'm_hat')
NAMES = ()
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('test_error', 'error_label', 'error_teacher', 'training_loss', 'training_error', 'norm', 'mse', 'energy', 'prox_variance')
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
    c0 = 4.0 * V
    c1 = V ** 2
    c2 = 2.0 * c1
    c3 = 1.0 / (c0 + c2 + 2.0)
    c4 = 2.0 * alpha
    c5 = c3 * c4
    c6 = 2.0 * V
    c7 = alpha / (c1 + c6 + 1.0)
    c8 = 1.4142135623730951
    c9 = 0.5641895835477563
    c10 = c8 * c9
    c11 = c10 * c7
    c12 = m ** 2
    c13 = c12 / q
    c14 = 1.0 - c13
    c15 = c13 / c14 + 1.0
    c16 = 1.0 / math.sqrt(c15)
    c17 = 1.0 / math.sqrt(c14)
    c18 = 2.0 * c11 * c16 * c17
    c19 = alpha / (V + 1.0)
    c20 = m ** 3
    c21 = math.pow(c14, (-3.0 / 2.0))
    c22 = q ** 2
    c23 = c1 * c22 + c22 * c6 + c22
    c24 = c12 * q
    c25 = alpha * c10
    c26 = c17 / math.pow(c15, (3.0 / 2.0))
    c27 = q ** 3
    c28 = m ** 4
    c29 = c28 * q
    c30 = c12 * c22
    c31 = V ** 3
    c32 = V ** 4
    c33 = 8.0 * alpha / (16.0 * V + 24.0 * c1 + 16.0 * c31 + 4.0 * c32 + 4.0)
    c34 = V * c33
    c35 = 1.0 / (c0 + 6.0 * c1 + 4.0 * c31 + c32 + 1.0)
    c36 = c10 * c4
    c37 = c12 * c36
    out[0] = (-(c18 * m)) + c5 * q + c5
    out[1] = c19
    out[2] = c10 * c19
    out[3] = alpha * c16 * c20 * c21 * c8 * c9 / c23 + 2.0 * alpha * c3 - c20 * c25 * c26 / (2.0 * V * c22 + c1 * c22 - c1 * c24 + c22 - c24 * c6 - c24) - c25 * c26 * m ** 5 / ((-(c0 * c30)) + c1 * c27 + c1 * c29 - c2 * c30 + c27 * c6 + c27 + c29 * c6 + c29 - 2.0 * c30)
    out[4] = 4.0 * V * alpha * c16 * c17 * c35 * c8 * c9 * m + 4.0 * alpha * c16 * c17 * c35 * c8 * c9 * m - c33 * q - c33 - c34 * q - c34
    out[5] = (-(c16 * c21 * c37 / (c1 * q + c6 * q + q))) - c18 + c26 * c28 * c36 / ((-(c0 * c24)) + c1 * c28 - c2 * c24 + c23 - 2.0 * c24 + c28 * c6 + c28) + c26 * c37 / (2.0 * V * q - c1 * c12 + c1 * q - c12 * c6 - c12 + q)
    out[6] = 0.0
    out[7] = -c7
    out[8] = 0.0
    out[9] = 0.0
    out[10] = -c11
    out[11] = 0.0


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
    c0 = 1.0 / (V + 1.0)
    c1 = c0 / 4.0
    c2 = m ** 2 / q
    c3 = 1.0 - c2
    out[0] = (-(V * q_hat / 2.0)) + V_hat * q / 2.0 + 2.0 * alpha * (1.4142135623730951 * c0 * m / (2.0 * 1.772453850905516 * math.sqrt(c3) * math.sqrt(c2 / c3 + 1.0)) - c1 * q - c1) - m * m_hat + (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))


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
    c0 = m ** 2
    c1 = 2.0 * m
    c2 = 1.4142135623730951
    c3 = 0.5641895835477563
    c4 = c0 / q
    c5 = 1.0 - c4
    c6 = 1.0 / math.sqrt(c5)
    c7 = c2 * c3 * c6
    c8 = q + 1.0
    c9 = 1.0 / math.sqrt(q)
    c10 = c9 * m
    c11 = math.atan2(math.sqrt(-((c10 + (-1.0)) * (c10 + 1.0))), c10) / 3.141592653589793
    c12 = V + 1.0
    c13 = 1.0 / c12
    c14 = 1.0 / c12 ** 2
    c15 = c14 / 2.0
    c16 = 1.0 / math.sqrt(c4 / c5 + 1.0)
    c17 = c16 * c7 * m
    c18 = c13 / 4.0
    out[0] = (-(c1 * c7 / math.sqrt(c0 / ((-c0) + q) + 1.0))) + c8
    out[1] = c11
    out[2] = c11
    out[3] = V ** 2 * c15 - V * c13 + V * c14 * c17 - c13 * c17 + c15 * q + (1.0 / 2.0)
    out[4] = 2.0 * bvn_upper(V * c9, 0.0, -c10)
    out[5] = q
    out[6] = (-c1) + c8
    out[7] = V * q_hat / 2.0 - V_hat * q / 2.0 - 2.0 * alpha * (c13 * c16 * c2 * c3 * c6 * m / 2.0 - c18 * q - c18) + m * m_hat - (m_hat ** 2 + q_hat) / (2.0 * (V_hat + lam))
    out[8] = V


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
