r"""mixed_pspin: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification 260712ad14cfcbed, derivation 06d00e6501c5851c, sympy 1.14.0.

free_entropy = \frac{q\,\left(\sqrt{4\,\hat{q} + 1} + 1\right) - 2\,\hat{q}\,\left(1 - q\right) -
    \frac{a\,q^{2}}{T^{2}} + \left(1 - q\right)\,\left(\sqrt{4\,\hat{q} + 1} + 1\right) +
    \frac{2\,\left(2\,\hat{q} - \sqrt{4\,\hat{q} + 1} - 1\right)}{\sqrt{4\,\hat{q} + 1} + 1} +
    \frac{a\,q^{p}}{T^{2}} + \frac{1}{T^{2}} - \frac{q^{p}}{T^{2}}}{4} -
    \frac{1}{2}\,\log{\left(\frac{\sqrt{4\,\hat{q} + 1} + 1}{2} \right)}
q_hat = \frac{2\,a\,q - a\,p\,q^{p - 1} + p\,q^{p - 1}}{2\,T^{2}}
q = \frac{2\,\hat{q}}{2\,\hat{q} + \sqrt{4\,\hat{q} + 1} + 1}
r - q = \frac{2}{\sqrt{4\,\hat{q} + 1} + 1}
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


MODEL = 'mixed_pspin'
ANSATZ = 'rs'
SPEC_HASH = '260712ad14cfcbedf4db41e53ccbebc5607779042f1922efd5b3a4f7e308557c'
TRACE_HASH = '06d00e6501c5851c'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('T', 'a', 'p')
TABLE = ()
STATE = ('q', 'r-q')
HATS = ('q_hat',)
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
CONJUGATES = 1
GLOBALS = 0
MAPPED = 2
UNKNOWNS = 1
TIED = (1,)
PARTNERS = ()
DIFFERENCES = ()
CHANNEL_OUTPUTS = 2
SITE_OUTPUTS = 4
FACTS = 2
STRATEGY = {}


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q = x[0]
    T = p[0]
    a = p[1]
    p_ = p[2]
    c0 = 1.0 / T ** 2
    c1 = a * c0
    c2 = math.pow(q, p_ + (-1.0))
    c3 = c0 / 2.0
    c4 = c3 * p_
    c5 = c1 / 2.0
    c6 = c5 * p_
    c7 = math.pow(q, p_ + (-2.0))
    c8 = c7 * p_ ** 2
    out[0] = c1 * q + c2 * c4 - c2 * c6
    out[1] = c1 + c3 * c8 - c4 * c7 - c5 * c8 + c6 * c7


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat = hats[0]
    c0 = 2.0 * q_hat
    c1 = 4.0 * q_hat
    c2 = math.sqrt(c1 + 1.0)
    c3 = c2 + 1.0
    c4 = 1.0 / (c0 + c3)
    c5 = 2.0 * c2 + 2.0
    c6 = c1 / (c1 * c2 + c5 + 4.0 * q_hat ** 2 + 8.0 * q_hat)
    c7 = 1.0 / c2
    out[0] = c0 * c4
    out[1] = 2.0 / c3
    out[2] = 2.0 * c4 - c6 * c7 - c6
    out[3] = -(4.0 * c7 / (c1 + c5))


@njit(cache=True, error_model="numpy")
def free_entropy(x, hats, p, refine, tol, out):
    """The free entropy per site at any point (stationary at a solution)."""
    q = x[0]
    v = x[1]
    q_hat = hats[0]
    T = p[0]
    a = p[1]
    p_ = p[2]
    c0 = 1.0 / (4.0 * T ** 2)
    c1 = c0 * math.pow(q, p_)
    c2 = a * c0
    c3 = q + v
    c4 = c0 * math.pow(c3, p_)
    c5 = math.sqrt(4.0 * q_hat + 1.0) / 2.0 + (1.0 / 2.0)
    c6 = c5 / 2.0
    out[0] = a * c1 - a * c4 - c1 + c2 * c3 ** 2 - c2 * q ** 2 + c4 + c6 * q + c6 * v - q_hat * v / 2.0 - math.log(c5) / 2.0 + ((-c5) + q_hat) / (2.0 * c5)


@njit(cache=True, error_model="numpy")
def reduced_free_entropy(x, hats, p, refine, tol, out):
    """The free entropy with the conjugates eliminated: nothing large cancels."""
    q = x[0]
    v = x[1]
    T = p[0]
    a = p[1]
    p_ = p[2]
    c0 = 1.0 / (4.0 * T ** 2)
    c1 = c0 * math.pow(q, p_)
    c2 = a * c0
    c3 = q + v
    c4 = c0 * math.pow(c3, p_)
    out[0] = a * c1 - a * c4 - c1 + c2 * c3 ** 2 - c2 * q ** 2 + c4 + q / (2.0 * v) + math.log(v) / 2.0


@njit(cache=True, error_model="numpy")
def observables(x, hats, p, refine, tol, out):
    """Observables at a solution."""
    q = x[0]
    v = x[1]
    T = p[0]
    a = p[1]
    p_ = p[2]
    c0 = q ** 2
    c1 = q + v
    c2 = c1 ** 2
    c3 = math.pow(q, p_)
    c4 = 1.0 - a
    c5 = math.pow(c1, p_)
    c6 = (-(a * c0 / 2.0)) + a * c2 / 2.0 - c3 * c4 / 2.0 + c4 * c5 / 2.0
    c7 = 1.0 / T ** 2
    c8 = c7 / 4.0
    c9 = c3 * c8
    c10 = a * c8
    c11 = c5 * c8
    out[0] = -(c6 / T)
    out[1] = (-(a * c11)) + a * c9 - c0 * c10 + c10 * c2 + c11 - c6 * c7 - c9 + q / (2.0 * v) + math.log(v) / 2.0


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
