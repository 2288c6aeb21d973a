r"""spherical_pspin: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification a0238359d4c63db4, derivation d0d23f3b548880a3, sympy 1.14.0.

free_entropy = \frac{q\,\left(\sqrt{4\,\hat{m}^{2} + 4\,\hat{q} + 1} + 1\right)}{4} - m\,\hat{m} +
    \frac{h\,m}{T} - \frac{\hat{q}\,\left(1 - q\right)}{2} + \frac{\left(1 -
    q\right)\,\left(\sqrt{4\,\hat{m}^{2} + 4\,\hat{q} + 1} + 1\right)}{4} + \frac{2\,\hat{m}^{2} +
    2\,\hat{q} - \sqrt{4\,\hat{m}^{2} + 4\,\hat{q} + 1} - 1}{2\,\left(\sqrt{4\,\hat{m}^{2} +
    4\,\hat{q} + 1} + 1\right)} - \frac{1}{2}\,\log{\left(\frac{\sqrt{4\,\hat{m}^{2} + 4\,\hat{q} +
    1} + 1}{2} \right)} + \frac{1}{4\,T^{2}} - \frac{q^{p}}{4\,T^{2}}
q_hat = \frac{p\,q^{p - 1}}{2\,T^{2}}
m_hat = \frac{h}{T}
q = \frac{2\,\left(\hat{m}^{2} + \hat{q}\right)}{2\,\hat{m}^{2} + 2\,\hat{q} + \sqrt{4\,\hat{m}^{2}
    + 4\,\hat{q} + 1} + 1}
r - q = \frac{2}{\sqrt{4\,\hat{m}^{2} + 4\,\hat{q} + 1} + 1}
m = \frac{2\,\hat{m}}{\sqrt{4\,\hat{m}^{2} + 4\,\hat{q} + 1} + 1}
where
d\mu(w) = \frac{1}{\sqrt{2\,e\,\pi}}\,dw
Z_{w}\left(\xi, A\right) = \int d\mu(w)\, e^{-A w^2/2 + \xi w} =
    \frac{1}{\sqrt{e\,A}}\,e^{\frac{\xi^{2}}{2\,A}}
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


MODEL = 'spherical_pspin'
ANSATZ = 'rs'
SPEC_HASH = 'a0238359d4c63db48f0ff3474cad0fa2eddf4ad1f85ba73cfe08457096876cd2'
TRACE_HASH = 'd0d23f3b548880a3'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('T', 'p', 'h')
TABLE = ()
STATE = ('q', 'r-q', 'm')
HATS = ('q_hat', 'm_hat')
NAMES = ({'q': 'q', 'r': 'r', 'q_hat': 'q_hat', 'r_hat': 'r_hat'},)
TIED_NAMES = {}
TIED_HATS = {}
OBSERVABLES = ('energy', 'entropy')
RESPONSES = {}
CONSTANTS = 0
BOUNDARY = 'none'
CONDITIONS = 0
COLD = False
EDGE = 1e-250
VANISHES = 1e-13
FINEST = 0.0
UNIQUE = False
REDUCED = True
CANCELS = False
CONJUGATES = 2
GLOBALS = 0
MAPPED = 3
UNKNOWNS = 2
TIED = (1,)
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
    T = p[0]
    p_ = p[1]
    h = p[2]
    c0 = 1.0 / (2.0 * T ** 2)
    c1 = c0 * p_
    c2 = math.pow(q, p_ + (-2.0))
    out[0] = c1 * math.pow(q, p_ + (-1.0))
    out[1] = h / T
    out[2] = c0 * c2 * p_ ** 2 - c1 * c2
    out[3] = 0.0
    out[4] = 0.0
    out[5] = 0.0


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    m_hat = hats[1]
    c0 = m_hat ** 2
    c1 = 4.0 * q_hat
    c2 = 4.0 * c0
    c3 = c1 + c2
    c4 = math.sqrt(c3 + 1.0)
    c5 = c4 + 1.0
    c6 = 1.0 / (2.0 * c0 + c5 + 2.0 * q_hat)
    c7 = 1.0 / c5
    c8 = 2.0 * c7
    c9 = 8.0 * q_hat
    c10 = 8.0 * c0
    c11 = 2.0 * c4 + 2.0
    c12 = 1.0 / (c0 * c9 + c1 * c4 + c10 + c11 + c2 * c4 + c9 + 4.0 * m_hat ** 4 + 4.0 * q_hat ** 2)
    c13 = c1 * c12
    c14 = c12 * c2
    c15 = 1.0 / c4
    c16 = c12 * c9 * m_hat
    c17 = 8.0 * c12 * m_hat ** 3
    c18 = c15 / (c11 + c3)
    out[0] = 2.0 * c6 * (c0 + q_hat)
    out[1] = c8
    out[2] = c8 * m_hat
    out[3] = (-(c13 * c15)) - c13 - c14 * c15 - c14 + 2.0 * c6
    out[4] = (-(c15 * c16)) - c15 * c17 - c16 - c17 + 4.0 * c6 * m_hat
    out[5] = -(4.0 * c18)
    out[6] = -(8.0 * c18 * m_hat)
    out[7] = -(4.0 * c18 * m_hat)
    out[8] = (-(c10 * c18)) + 2.0 * c7


@njit(cache=True, error_model="numpy")
def free_entropy(x, hats, p, refine, tol, out):
    """The free entropy per site at any point (stationary at a solution)."""
    q = x[0]
    v = x[1]
    m = x[2]
    q_hat = hats[0]
    m_hat = hats[1]
    T = p[0]
    p_ = p[1]
    h = p[2]
    c0 = 1.0 / (4.0 * T ** 2)
    c1 = m_hat ** 2
    c2 = math.sqrt(4.0 * c1 + 4.0 * q_hat + 1.0) / 2.0
    c3 = c2 + (1.0 / 2.0)
    c4 = c3 / 2.0
    out[0] = (-(c0 * math.pow(q, p_))) + c0 * math.pow(q + v, p_) + c4 * q + c4 * v - m * m_hat - q_hat * v / 2.0 - math.log(c3) / 2.0 + (c1 - c2 + q_hat + (-1.0 / 2.0)) / (2.0 * c3) + h * m / T


@njit(cache=True, error_model="numpy")
def reduced_free_entropy(x, hats, p, refine, tol, out):
    """The free entropy with the conjugates eliminated: nothing large cancels."""
    q = x[0]
    v = x[1]
    m = x[2]
    T = p[0]
    p_ = p[1]
    h = p[2]
    c0 = 1.0 / (2.0 * v)
    c1 = 1.0 / (4.0 * T ** 2)
    out[0] = (-(c0 * m ** 2)) + c0 * q - c1 * math.pow(q, p_) + c1 * math.pow(q + v, p_) + math.log(v) / 2.0 + h * m / T


@njit(cache=True, error_model="numpy")
def observables(x, hats, p, refine, tol, out):
    """Observables at a solution."""
    q = x[0]
    v = x[1]
    m = x[2]
    T = p[0]
    p_ = p[1]
    h = p[2]
    c0 = h * m
    c1 = 1.0 / T
    c2 = math.pow(q, p_)
    c3 = math.pow(q + v, p_)
    c4 = (-c0) - c1 * ((-(c2 / 2.0)) + c3 / 2.0)
    c5 = 1.0 / (2.0 * v)
    c6 = 1.0 / (4.0 * T ** 2)
    out[0] = c4
    out[1] = c0 * c1 + c1 * c4 - c2 * c6 + c3 * c6 - c5 * m ** 2 + c5 * q + math.log(v) / 2.0


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
