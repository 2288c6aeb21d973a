r"""parity_two_binary: saddle-point solver, ansatz rs.

Generated from the model file by derive; do not edit.
Specification a086b571f59441d6, derivation e8ecf5491b8f48d9, sympy 1.14.0.

free_entropy = -\frac{q_{d}\,\hat{q}_{d} + \hat{q}_{u}\,q_{u}}{2} +
    \alpha\,\mathbb{E}_{(\omega_{1},\omega_{2})\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}\frac{q_{d}
    + q_{u}}{2}&\frac{q_{u} - q_{d}}{2}\\\frac{q_{u} - q_{d}}{2}&\frac{q_{d} +
    q_{u}}{2}\end{smallmatrix}\right]\right)}\left[Z_{00}\left(\omega_{1},\omega_{2}\right)\,\log
    Z_{00}\left(\omega_{1},\omega_{2}\right) + Z_{01}\left(\omega_{1},\omega_{2}\right)\,\log
    Z_{01}\left(\omega_{1},\omega_{2}\right)\right] +
    \frac{1}{2}\,\mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left((-\hat{q}_{d},\hat{q}_{d}),\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} + \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\right] +
    \frac{1}{2}\,\mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left((-\hat{q}_{u},-\hat{q}_{u}),\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} + \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\right]
q_hat_d =
    \alpha\,\mathbb{E}_{(\omega_{1},\omega_{2})\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}\frac{q_{d}
    + q_{u}}{2}&\frac{q_{u} - q_{d}}{2}\\\frac{q_{u} - q_{d}}{2}&\frac{q_{d} +
    q_{u}}{2}\end{smallmatrix}\right]\right)}\left[\frac{\left(\partial_{2} \log
    Z_{00}\left(\omega_{1},\omega_{2}\right)\right)^{2}}{2}\,Z_{00}\left(\omega_{1},\omega_{2}\right)
    + \frac{\left(\partial_{1} \log
    Z_{00}\left(\omega_{1},\omega_{2}\right)\right)^{2}}{2}\,Z_{00}\left(\omega_{1},\omega_{2}\right)
    + \frac{\left(\partial_{2} \log
    Z_{01}\left(\omega_{1},\omega_{2}\right)\right)^{2}}{2}\,Z_{01}\left(\omega_{1},\omega_{2}\right)
    + \frac{\left(\partial_{1} \log
    Z_{01}\left(\omega_{1},\omega_{2}\right)\right)^{2}}{2}\,Z_{01}\left(\omega_{1},\omega_{2}\right)
    - Z_{00}\left(\omega_{1},\omega_{2}\right)\,\partial_{2} \log
    Z_{00}\left(\omega_{1},\omega_{2}\right)\,\partial_{1} \log
    Z_{00}\left(\omega_{1},\omega_{2}\right) -
    Z_{01}\left(\omega_{1},\omega_{2}\right)\,\partial_{2} \log
    Z_{01}\left(\omega_{1},\omega_{2}\right)\,\partial_{1} \log
    Z_{01}\left(\omega_{1},\omega_{2}\right)\right]
q_hat_u =
    \alpha\,\mathbb{E}_{(\omega_{1},\omega_{2})\sim\mathcal{N}\left(0,\,\left[\begin{smallmatrix}\frac{q_{d}
    + q_{u}}{2}&\frac{q_{u} - q_{d}}{2}\\\frac{q_{u} - q_{d}}{2}&\frac{q_{d} +
    q_{u}}{2}\end{smallmatrix}\right]\right)}\left[\frac{\left(\partial_{2} \log
    Z_{00}\left(\omega_{1},\omega_{2}\right)\right)^{2}}{2}\,Z_{00}\left(\omega_{1},\omega_{2}\right)
    + \frac{\left(\partial_{1} \log
    Z_{00}\left(\omega_{1},\omega_{2}\right)\right)^{2}}{2}\,Z_{00}\left(\omega_{1},\omega_{2}\right)
    + \frac{\left(\partial_{2} \log
    Z_{01}\left(\omega_{1},\omega_{2}\right)\right)^{2}}{2}\,Z_{01}\left(\omega_{1},\omega_{2}\right)
    + \frac{\left(\partial_{1} \log
    Z_{01}\left(\omega_{1},\omega_{2}\right)\right)^{2}}{2}\,Z_{01}\left(\omega_{1},\omega_{2}\right)
    + Z_{00}\left(\omega_{1},\omega_{2}\right)\,\partial_{2} \log
    Z_{00}\left(\omega_{1},\omega_{2}\right)\,\partial_{1} \log
    Z_{00}\left(\omega_{1},\omega_{2}\right) +
    Z_{01}\left(\omega_{1},\omega_{2}\right)\,\partial_{2} \log
    Z_{01}\left(\omega_{1},\omega_{2}\right)\,\partial_{1} \log
    Z_{01}\left(\omega_{1},\omega_{2}\right)\right]
q_d =
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left((-\hat{q}_{d},\hat{q}_{d}),\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} +
    \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\frac{\left(\partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\right)^{2}}{4} + \frac{\left(\partial_{1} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\right)^{2}}{4} - \frac{\partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\,\partial_{1} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{2}\right] +
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left((-\hat{q}_{u},-\hat{q}_{u}),\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} +
    \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\frac{\left(\partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\right)^{2}}{4} + \frac{\left(\partial_{1} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\right)^{2}}{4} - \frac{\partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\,\partial_{1} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{2}\right]
r_d - q_d =
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left((-\hat{q}_{d},\hat{q}_{d}),\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} +
    \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\frac{\partial_{2}^{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{4} + \frac{\partial_{1}^{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{4} - \frac{\partial_{1} \partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{2}\right] +
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left((-\hat{q}_{u},-\hat{q}_{u}),\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} +
    \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\frac{\partial_{2}^{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{4} + \frac{\partial_{1}^{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{4} - \frac{\partial_{1} \partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{2}\right]
q_u =
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left((-\hat{q}_{d},\hat{q}_{d}),\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} +
    \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\frac{\partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\,\partial_{1} \log Z_{w}\left(\xi_{1},\xi_{2}\right)}{2} +
    \frac{\left(\partial_{2} \log Z_{w}\left(\xi_{1},\xi_{2}\right)\right)^{2}}{4} +
    \frac{\left(\partial_{1} \log Z_{w}\left(\xi_{1},\xi_{2}\right)\right)^{2}}{4}\right] +
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left((-\hat{q}_{u},-\hat{q}_{u}),\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} +
    \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\frac{\partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)\,\partial_{1} \log Z_{w}\left(\xi_{1},\xi_{2}\right)}{2} +
    \frac{\left(\partial_{2} \log Z_{w}\left(\xi_{1},\xi_{2}\right)\right)^{2}}{4} +
    \frac{\left(\partial_{1} \log Z_{w}\left(\xi_{1},\xi_{2}\right)\right)^{2}}{4}\right]
r_u - q_u =
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left((-\hat{q}_{d},\hat{q}_{d}),\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} +
    \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\frac{\partial_{1} \partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{2} + \frac{\partial_{2}^{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{4} + \frac{\partial_{1}^{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{4}\right] +
    \mathbb{E}_{(\xi_{1},\xi_{2})\sim\mathcal{N}\left((-\hat{q}_{u},-\hat{q}_{u}),\,\left[\begin{smallmatrix}\frac{\hat{q}_{d}
    + \hat{q}_{u}}{2}&\frac{\hat{q}_{u} - \hat{q}_{d}}{2}\\\frac{\hat{q}_{u} -
    \hat{q}_{d}}{2}&\frac{\hat{q}_{d} +
    \hat{q}_{u}}{2}\end{smallmatrix}\right]\right)}\left[\frac{\partial_{1} \partial_{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{2} + \frac{\partial_{2}^{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{4} + \frac{\partial_{1}^{2} \log
    Z_{w}\left(\xi_{1},\xi_{2}\right)}{4}\right]
where
F_{01}\left(h_{1}, h_{2}\right) = \theta\left(-h_{1}\right)\,\theta\left(-h_{2}\right) +
    \theta\left(h_{1}\right)\,\theta\left(h_{2}\right)
P(y=1\,|\,z_{1}, z_{2}) = \theta\left(-z_{1}\right)\,\theta\left(-z_{2}\right) +
    \theta\left(z_{1}\right)\,\theta\left(z_{2}\right)
Z_{01}\left(\omega_{1}, \omega_{2}\right) =
    \mathbb{E}_{(h_{1},h_{2})\sim\mathcal{N}\left((\omega_{1},\omega_{2}),\,\left[\begin{smallmatrix}-\frac{q_{d}
    + q_{u} - 2}{2}&\frac{q_{d} - q_{u}}{2}\\\frac{q_{d} - q_{u}}{2}&-\frac{q_{d} + q_{u} -
    2}{2}\end{smallmatrix}\right]\right)}\left[F_{01}\left(h_{1}; h_{2}\right)\right]
F_{00}\left(h_{1}, h_{2}\right) = \theta\left(-h_{1}\right)\,\theta\left(h_{2}\right) +
    \theta\left(h_{1}\right)\,\theta\left(-h_{2}\right)
P(y=-1\,|\,z_{1}, z_{2}) = \theta\left(-z_{1}\right)\,\theta\left(z_{2}\right) +
    \theta\left(z_{1}\right)\,\theta\left(-z_{2}\right)
Z_{00}\left(\omega_{1}, \omega_{2}\right) =
    \mathbb{E}_{(h_{1},h_{2})\sim\mathcal{N}\left((\omega_{1},\omega_{2}),\,\left[\begin{smallmatrix}-\frac{q_{d}
    + q_{u} - 2}{2}&\frac{q_{d} - q_{u}}{2}\\\frac{q_{d} - q_{u}}{2}&-\frac{q_{d} + q_{u} -
    2}{2}\end{smallmatrix}\right]\right)}\left[F_{00}\left(h_{1}; h_{2}\right)\right]
d\mu(w) = \frac{\delta\left(w + 1\right)}{2}\,dw + \frac{\delta\left(w - 1\right)}{2}\,dw
Z_{w}\left(\xi_{1}, \xi_{2}\right) = \int \prod_k d\mu(w_k)\, e^{-w^T \Lambda w/2 + \xi^T w}
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
from derive.runtime.spheres import sphere_rule
from derive.runtime.vectors import (
    LONGEST,
    PANELS,
    SCAN,
    channel_jet,
    hold,
    joint_jet,
    modes_jet,
    noise,
    point_jet,
    split_panels,
    vector_scan,
)


MODEL = 'parity_two_binary'
ANSATZ = 'rs'
SPEC_HASH = 'a086b571f59441d67099afda026a84f6e3ff029cc29a88ecd105f075ce98e515'
TRACE_HASH = 'e8ecf5491b8f48d9'
ENGINE_VERSION = 'facd438babd7'
SYMPY_VERSION = '1.14.0'
PARAMETERS = ('alpha',)
TABLE = ()
STATE = ('q_d', 'r_d-q_d', 'q_u', 'r_u-q_u')
HATS = ('q_hat_d', 'q_hat_u')
NAMES = ({'q': 'q_d', 'r': 'r_d', 'q_hat': 'q_hat_d', 'r_hat': 'r_hat_d'}, {'q': 'q_u', 'r': 'r_u', 'q_hat': 'q_hat_u', 'r_hat': 'r_hat_u'})
TIED_NAMES = {'m_d': 'q_d', 'm_u': 'q_u'}
TIED_HATS = {'m_hat_d': 'q_hat_d', 'm_hat_u': 'q_hat_u'}
OBSERVABLES = ('mse', 'q_00', 'q_01', 'entropy')
RESPONSES = {}
CONSTANTS = 0
BOUNDARY = 'finite'
CONDITIONS = 0
COLD = False
EDGE = 1e-05
VANISHES = 1e-09
FINEST = 1e-09
UNIQUE = False
REDUCED = False
CANCELS = False
CONJUGATES = 2
GLOBALS = 0
MAPPED = 4
UNKNOWNS = 2
TIED = (1, 1)
PARTNERS = ()
DIFFERENCES = (0,)
CHANNEL_OUTPUTS = 6
SITE_OUTPUTS = 12
FACTS = 3
STRATEGY = {'channel_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'channel_0_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'free_entropy_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'free_entropy_0_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'free_entropy_1': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'free_entropy_1_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_0_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_1': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'observables_1_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'site_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'site_0_0': 'trapezoid in a sinh map if it settles, else Gauss-Kronrod panels, refined to tol', 'vector_Z_00': 'Gauss-Kronrod panels over the first variable, closed or by quadrature over the last', 'vector_Z_01': 'Gauss-Kronrod panels over the first variable, closed or by quadrature over the last', 'vector_Z_w': 'sum over points'}


@njit(cache=True, error_model="numpy")
def vector_Z_00_at(branch, h, x0, x1, V00, slope, v, refine, tol, work, jet):
    """The log integrand of vector_Z_00 at h, and the derivatives of the last partition function in its field."""
    if branch == 0:
        vector_Z_00_0_node(h, x1 + slope * (h - x0), v, refine, tol, work, jet)
    elif branch == 1:
        vector_Z_00_1_node(h, x1 + slope * (h - x0), v, refine, tol, work, jet)
    jet[0] += -0.5 * (h - x0) ** 2 / V00


@njit(cache=True, error_model="numpy")
def vector_Z_00(x0, x1, V00, V01, V11, refine, tol, out):
    """Log of an integral over the first of two variables, with its derivatives in two fields (a dense jet)."""
    work = np.empty((2, 5))
    jet = np.empty(5)
    grid = np.empty(SCAN)
    values = np.empty(SCAN)
    place = np.empty((PANELS, 21))
    level = np.empty((PANELS, 21))
    child = np.empty((PANELS, 21, 4))
    left = np.empty(PANELS)
    right = np.empty(PANELS)
    widths = np.empty(PANELS)
    branch = np.zeros(PANELS, dtype=np.int64)
    stale = np.zeros(PANELS, dtype=np.bool_)
    count = 0
    sharp = noise(tol)
    depth = 6.0 - math.log(sharp)
    slope = V01 / V00
    v = V11 - slope * V01
    centre, spread = x0, math.sqrt(V00)
    ends = np.empty((2, 2))
    ends[0, 0], ends[0, 1] = -math.inf, 0.0
    ends[1, 0], ends[1, 1] = 0.0, math.inf
    for b in range(2):
        lower, upper = ends[b, 0], ends[b, 1]
        if lower == upper:  # an atom: one node of weight one
            vector_Z_00_at(b, lower, x0, x1, V00, slope, v, refine, tol, work, jet)
            place[count, :] = lower
            level[count, :] = -math.inf
            level[count, 10] = jet[0] - math.log(GK_W[10])
            child[count, :, :] = 0.0
            child[count, 10, :] = jet[1:]
            left[count] = lower - 1.0
            right[count] = lower + 1.0
            widths[count] = 1.0
            branch[count] = -1
            count += 1
            continue
        reach = 12.0
        while True:
            vector_scan(lower, upper, centre, spread, reach, grid)
            for i in range(SCAN):
                vector_Z_00_at(b, grid[i], x0, x1, V00, slope, v, refine, tol, work, jet)
                values[i] = jet[0]
            top = np.argmax(values)
            cut_left = top == 0 and lower < centre - reach * spread < upper
            cut_right = top == SCAN - 1 and lower < centre + reach * spread < upper
            if reach > 1e4 or not values[top] > -math.inf or not (cut_left or cut_right):
                break
            reach *= 2.0
        if not values[top] > -math.inf:
            continue
        first, last = top, top
        for i in range(SCAN):
            if values[i] > values[top] - depth:
                first, last = min(first, i), max(last, i)
        low = grid[first - 1] if first > 0 else max(lower, min(grid[0], centre - reach * spread))
        high = grid[last + 1] if last < SCAN - 1 else min(upper, max(grid[SCAN - 1], centre + reach * spread))
        parts = max(1, min(8, math.ceil((high - low) / (LONGEST * spread))))
        for i in range(parts):
            left[count] = low + (high - low) * (i / parts)
            right[count] = low + (high - low) * ((i + 1) / parts)
            branch[count] = b
            stale[count] = right[count] > left[count]
            count += 1 if stale[count] else 0
    while True:
        for p in range(count):
            if not stale[p]:
                continue
            stale[p] = False
            widths[p] = 0.5 * (right[p] - left[p])
            for j in range(21):
                h = 0.5 * (right[p] + left[p]) + widths[p] * GK_X[j]
                vector_Z_00_at(branch[p], h, x0, x1, V00, slope, v, refine, tol, work, jet)
                place[p, j] = h
                level[p, j] = jet[0]
                child[p, j, :] = jet[1:]
        more = split_panels(left, right, branch, stale, place, level, count, centre, spread, sharp)
        if more == count:
            break
        count = more
    joint_jet(place, level, child, widths, count, out)
    channel_jet(x0, V00, slope, out)


@njit(cache=True, error_model="numpy")
def vector_Z_01_at(branch, h, x0, x1, V00, slope, v, refine, tol, work, jet):
    """The log integrand of vector_Z_01 at h, and the derivatives of the last partition function in its field."""
    if branch == 0:
        vector_Z_01_0_node(h, x1 + slope * (h - x0), v, refine, tol, work, jet)
    elif branch == 1:
        vector_Z_01_1_node(h, x1 + slope * (h - x0), v, refine, tol, work, jet)
    jet[0] += -0.5 * (h - x0) ** 2 / V00


@njit(cache=True, error_model="numpy")
def vector_Z_01(x0, x1, V00, V01, V11, refine, tol, out):
    """Log of an integral over the first of two variables, with its derivatives in two fields (a dense jet)."""
    work = np.empty((2, 5))
    jet = np.empty(5)
    grid = np.empty(SCAN)
    values = np.empty(SCAN)
    place = np.empty((PANELS, 21))
    level = np.empty((PANELS, 21))
    child = np.empty((PANELS, 21, 4))
    left = np.empty(PANELS)
    right = np.empty(PANELS)
    widths = np.empty(PANELS)
    branch = np.zeros(PANELS, dtype=np.int64)
    stale = np.zeros(PANELS, dtype=np.bool_)
    count = 0
    sharp = noise(tol)
    depth = 6.0 - math.log(sharp)
    slope = V01 / V00
    v = V11 - slope * V01
    centre, spread = x0, math.sqrt(V00)
    ends = np.empty((2, 2))
    ends[0, 0], ends[0, 1] = -math.inf, 0.0
    ends[1, 0], ends[1, 1] = 0.0, math.inf
    for b in range(2):
        lower, upper = ends[b, 0], ends[b, 1]
        if lower == upper:  # an atom: one node of weight one
            vector_Z_01_at(b, lower, x0, x1, V00, slope, v, refine, tol, work, jet)
            place[count, :] = lower
            level[count, :] = -math.inf
            level[count, 10] = jet[0] - math.log(GK_W[10])
            child[count, :, :] = 0.0
            child[count, 10, :] = jet[1:]
            left[count] = lower - 1.0
            right[count] = lower + 1.0
            widths[count] = 1.0
            branch[count] = -1
            count += 1
            continue
        reach = 12.0
        while True:
            vector_scan(lower, upper, centre, spread, reach, grid)
            for i in range(SCAN):
                vector_Z_01_at(b, grid[i], x0, x1, V00, slope, v, refine, tol, work, jet)
                values[i] = jet[0]
            top = np.argmax(values)
            cut_left = top == 0 and lower < centre - reach * spread < upper
            cut_right = top == SCAN - 1 and lower < centre + reach * spread < upper
            if reach > 1e4 or not values[top] > -math.inf or not (cut_left or cut_right):
                break
            reach *= 2.0
        if not values[top] > -math.inf:
            continue
        first, last = top, top
        for i in range(SCAN):
            if values[i] > values[top] - depth:
                first, last = min(first, i), max(last, i)
        low = grid[first - 1] if first > 0 else max(lower, min(grid[0], centre - reach * spread))
        high = grid[last + 1] if last < SCAN - 1 else min(upper, max(grid[SCAN - 1], centre + reach * spread))
        parts = max(1, min(8, math.ceil((high - low) / (LONGEST * spread))))
        for i in range(parts):
            left[count] = low + (high - low) * (i / parts)
            right[count] = low + (high - low) * ((i + 1) / parts)
            branch[count] = b
            stale[count] = right[count] > left[count]
            count += 1 if stale[count] else 0
    while True:
        for p in range(count):
            if not stale[p]:
                continue
            stale[p] = False
            widths[p] = 0.5 * (right[p] - left[p])
            for j in range(21):
                h = 0.5 * (right[p] + left[p]) + widths[p] * GK_X[j]
                vector_Z_01_at(branch[p], h, x0, x1, V00, slope, v, refine, tol, work, jet)
                place[p, j] = h
                level[p, j] = jet[0]
                child[p, j, :] = jet[1:]
        more = split_panels(left, right, branch, stale, place, level, count, centre, spread, sharp)
        if more == count:
            break
        count = more
    joint_jet(place, level, child, widths, count, out)
    channel_jet(x0, V00, slope, out)


@njit(cache=True, error_model="numpy")
def vector_Z_w(x0, x1, V00, V01, V11, refine, tol, out):
    """Log of a sum over points, with its derivatives in 2 fields (a dense jet)."""
    count = 4
    points = np.empty((count, 2))
    logs = np.empty(count)
    points[0, 0] = -1.0
    points[0, 1] = -1.0
    logs[0] = -1.3862943611198906
    points[1, 0] = -1.0
    points[1, 1] = 1.0
    logs[1] = -1.3862943611198906
    points[2, 0] = 1.0
    points[2, 1] = -1.0
    logs[2] = -1.3862943611198906
    points[3, 0] = 1.0
    points[3, 1] = 1.0
    logs[3] = -1.3862943611198906
    for a in range(count):
        logs[a] += x0 * points[a, 0]
        logs[a] += x1 * points[a, 1]
        logs[a] += -0.5 * V00 * points[a, 0] * points[a, 0]
        logs[a] += -V01 * points[a, 0] * points[a, 1]
        logs[a] += -0.5 * V11 * points[a, 1] * points[a, 1]
    point_jet(logs, points, out)


@njit(cache=True, error_model="numpy")
def vector_Z_00_0_node(w1, x1, v, refine, tol, work, out):
    log_ndtr_jet(1.0 / math.sqrt(v) * x1 - 0.0, work[0], 4)
    scale_chain(work[0], 1.0 / math.sqrt(v))
    guard_jet(work[0])
    vector_Z_00_0_node_l0_0 = work[0, 0]
    vector_Z_00_0_node_l0_1 = work[0, 1]
    vector_Z_00_0_node_l0_2 = work[0, 2]
    vector_Z_00_0_node_l0_3 = work[0, 3]
    vector_Z_00_0_node_l0_4 = work[0, 4]
    out[0] = vector_Z_00_0_node_l0_0
    out[1] = vector_Z_00_0_node_l0_1
    out[2] = vector_Z_00_0_node_l0_2
    out[3] = vector_Z_00_0_node_l0_3
    out[4] = vector_Z_00_0_node_l0_4


@njit(cache=True, error_model="numpy")
def vector_Z_00_1_node(w1, x1, v, refine, tol, work, out):
    log_ndtr_jet(0.0 - 1.0 / math.sqrt(v) * x1, work[0], 4)
    scale_chain(work[0], -(1.0 / math.sqrt(v)))
    guard_jet(work[0])
    vector_Z_00_1_node_l0_0 = work[0, 0]
    vector_Z_00_1_node_l0_1 = work[0, 1]
    vector_Z_00_1_node_l0_2 = work[0, 2]
    vector_Z_00_1_node_l0_3 = work[0, 3]
    vector_Z_00_1_node_l0_4 = work[0, 4]
    out[0] = vector_Z_00_1_node_l0_0
    out[1] = vector_Z_00_1_node_l0_1
    out[2] = vector_Z_00_1_node_l0_2
    out[3] = vector_Z_00_1_node_l0_3
    out[4] = vector_Z_00_1_node_l0_4


@njit(cache=True, error_model="numpy")
def vector_Z_01_0_node(w1, x1, v, refine, tol, work, out):
    log_ndtr_jet(0.0 - 1.0 / math.sqrt(v) * x1, work[0], 4)
    scale_chain(work[0], -(1.0 / math.sqrt(v)))
    guard_jet(work[0])
    vector_Z_01_0_node_l0_0 = work[0, 0]
    vector_Z_01_0_node_l0_1 = work[0, 1]
    vector_Z_01_0_node_l0_2 = work[0, 2]
    vector_Z_01_0_node_l0_3 = work[0, 3]
    vector_Z_01_0_node_l0_4 = work[0, 4]
    out[0] = vector_Z_01_0_node_l0_0
    out[1] = vector_Z_01_0_node_l0_1
    out[2] = vector_Z_01_0_node_l0_2
    out[3] = vector_Z_01_0_node_l0_3
    out[4] = vector_Z_01_0_node_l0_4


@njit(cache=True, error_model="numpy")
def vector_Z_01_1_node(w1, x1, v, refine, tol, work, out):
    log_ndtr_jet(1.0 / math.sqrt(v) * x1 - 0.0, work[0], 4)
    scale_chain(work[0], 1.0 / math.sqrt(v))
    guard_jet(work[0])
    vector_Z_01_1_node_l0_0 = work[0, 0]
    vector_Z_01_1_node_l0_1 = work[0, 1]
    vector_Z_01_1_node_l0_2 = work[0, 2]
    vector_Z_01_1_node_l0_3 = work[0, 3]
    vector_Z_01_1_node_l0_4 = work[0, 4]
    out[0] = vector_Z_01_1_node_l0_0
    out[1] = vector_Z_01_1_node_l0_1
    out[2] = vector_Z_01_1_node_l0_2
    out[3] = vector_Z_01_1_node_l0_3
    out[4] = vector_Z_01_1_node_l0_4


@njit(cache=True, error_model="numpy")
def channel_0_0_integrand(omega11, channel_0_0_k0, channel_0_0_k1, channel_0_0_k2, channel_0_0_k3, omega10, refine, tol, work, out):
    channel_0_0_w0 = np.empty(31)
    vector_Z_00(omega10 + omega11, omega10 - omega11, channel_0_0_k2, channel_0_0_k3, channel_0_0_k2, refine, tol, channel_0_0_w0)
    modes_jet(channel_0_0_w0)
    channel_0_0_w0_00 = channel_0_0_w0[0]
    channel_0_0_w0_01 = channel_0_0_w0[2]
    channel_0_0_w0_02 = channel_0_0_w0[6]
    channel_0_0_w0_10 = channel_0_0_w0[1]
    channel_0_0_w0_11 = channel_0_0_w0[4]
    channel_0_0_w0_20 = channel_0_0_w0[3]
    channel_0_0_w1 = np.empty(31)
    vector_Z_01(omega10 + omega11, omega10 - omega11, channel_0_0_k2, channel_0_0_k3, channel_0_0_k2, refine, tol, channel_0_0_w1)
    modes_jet(channel_0_0_w1)
    channel_0_0_w1_00 = channel_0_0_w1[0]
    channel_0_0_w1_01 = channel_0_0_w1[2]
    channel_0_0_w1_02 = channel_0_0_w1[6]
    channel_0_0_w1_10 = channel_0_0_w1[1]
    channel_0_0_w1_11 = channel_0_0_w1[4]
    channel_0_0_w1_20 = channel_0_0_w1[3]
    t0 = math.exp(channel_0_0_w0_00)
    t1 = math.exp(channel_0_0_w1_00)
    t2 = t0 / 4.0
    t3 = t1 / 4.0
    out[0] = channel_0_0_w0_01 ** 2 * t0 + channel_0_0_w1_01 ** 2 * t1
    out[1] = channel_0_0_w0_10 ** 2 * t0 + channel_0_0_w1_10 ** 2 * t1
    out[2] = channel_0_0_w0_02 ** 2 * t2 + channel_0_0_w1_02 ** 2 * t3
    out[3] = channel_0_0_w0_11 ** 2 * t0 + channel_0_0_w1_11 ** 2 * t1
    out[4] = channel_0_0_w0_20 ** 2 * t2 + channel_0_0_w1_20 ** 2 * t3


@njit(cache=True, error_model="numpy")
def channel_0_0_integral(mean, var, channel_0_0_k0, channel_0_0_k1, channel_0_0_k2, channel_0_0_k3, omega10, refine, tol, out):
    """Integrate channel_0_0_integrand over omega11 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(5)
    if var <= 0.0:
        channel_0_0_integrand(mean, channel_0_0_k0, channel_0_0_k1, channel_0_0_k2, channel_0_0_k3, omega10, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(5)
    widths = np.empty(5)
    nc = 0
    centers[nc] = channel_0_0_k0
    widths[nc] = channel_0_0_k1
    nc += 1
    centers[nc] = omega10
    widths[nc] = channel_0_0_k1
    nc += 1
    centers[nc] = channel_0_0_k0
    widths[nc] = channel_0_0_k1
    nc += 1
    centers[nc] = omega10
    widths[nc] = channel_0_0_k1
    nc += 1
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 5))
    size = np.zeros(5)
    ends = np.zeros(5)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            channel_0_0_integrand(u, channel_0_0_k0, channel_0_0_k1, channel_0_0_k2, channel_0_0_k3, omega10, refine, tol, work, values)
            for k in range(5):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(5):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 5))
    gauss = np.empty((MAX_PANELS, 5))
    size = np.empty((MAX_PANELS, 5))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(5):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                channel_0_0_integrand(u, channel_0_0_k0, channel_0_0_k1, channel_0_0_k2, channel_0_0_k3, omega10, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(5):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def channel_0_integrand(omega10, channel_0_k0, channel_0_k1, q_d, v_d, v_u, refine, tol, work, out):
    channel_0_0_k0 = -omega10
    channel_0_0_k1 = math.sqrt(v_d / 2.0 + v_u / 2.0)
    channel_0_0_k2 = v_d / 2.0 + v_u / 2.0
    channel_0_0_k3 = (-(v_d / 2.0)) + v_u / 2.0
    channel_0_0_values = np.empty(5)
    channel_0_0_integral(0.0, q_d / 2.0, channel_0_0_k0, channel_0_0_k1, channel_0_0_k2, channel_0_0_k3, omega10, refine, tol, channel_0_0_values)
    channel_0_I0_0 = channel_0_0_values[0]
    channel_0_I0_1 = channel_0_0_values[1]
    channel_0_I0_2 = channel_0_0_values[2]
    channel_0_I0_3 = channel_0_0_values[3]
    channel_0_I0_4 = channel_0_0_values[4]
    out[0] = channel_0_I0_0
    out[1] = channel_0_I0_1
    out[2] = channel_0_I0_2
    out[3] = channel_0_I0_3
    out[4] = channel_0_I0_4


@njit(cache=True, error_model="numpy")
def channel_0_integral(mean, var, channel_0_k0, channel_0_k1, q_d, v_d, v_u, refine, tol, out):
    """Integrate channel_0_integrand over omega10 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(5)
    if var <= 0.0:
        channel_0_integrand(mean, channel_0_k0, channel_0_k1, q_d, v_d, v_u, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(4)
    widths = np.empty(4)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = channel_0_k0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = channel_0_k0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = channel_0_k1
    nc += 1
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 5))
    size = np.zeros(5)
    ends = np.zeros(5)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            channel_0_integrand(u, channel_0_k0, channel_0_k1, q_d, v_d, v_u, refine, tol, work, values)
            for k in range(5):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(5):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 5))
    gauss = np.empty((MAX_PANELS, 5))
    size = np.empty((MAX_PANELS, 5))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(5):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                channel_0_integrand(u, channel_0_k0, channel_0_k1, q_d, v_d, v_u, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(5):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def channel(x, p, refine, tol, out):
    """Conjugates, dphi/d(globals), then their derivatives, row by row."""
    q_d = x[0]
    v_d = x[1]
    q_u = x[2]
    v_u = x[3]
    alpha = p[0]
    channel_0_k0 = math.sqrt(q_d / 2.0 + v_d / 2.0 + v_u / 2.0)
    channel_0_k1 = math.sqrt(v_d / 2.0 + v_u / 2.0)
    channel_0_values = np.empty(5)
    channel_0_integral(0.0, q_u / 2.0, channel_0_k0, channel_0_k1, q_d, v_d, v_u, refine, tol, channel_0_values)
    channel_I0_0 = channel_0_values[0]
    channel_I0_1 = channel_0_values[1]
    channel_I0_2 = channel_0_values[2]
    channel_I0_3 = channel_0_values[3]
    channel_I0_4 = channel_0_values[4]
    c0 = alpha / 2.0
    c1 = alpha * channel_I0_3 / 4.0
    out[0] = c0 * channel_I0_0
    out[1] = c0 * channel_I0_1
    out[2] = alpha * channel_I0_2
    out[3] = c1
    out[4] = c1
    out[5] = alpha * channel_I0_4


@njit(cache=True, error_model="numpy")
def site_0_0_integrand(xi11, q_hat_d, q_hat_u, site_0_0_k0, site_0_0_k1, xi10, refine, tol, work, out):
    site_0_0_w0 = np.empty(31)
    vector_Z_w((-q_hat_d) + xi10 + xi11, q_hat_d + xi10 - xi11, site_0_0_k0, site_0_0_k1, site_0_0_k0, refine, tol, site_0_0_w0)
    modes_jet(site_0_0_w0)
    site_0_0_w0_01 = site_0_0_w0[2]
    site_0_0_w0_02 = site_0_0_w0[6]
    site_0_0_w0_03 = site_0_0_w0[14]
    site_0_0_w0_10 = site_0_0_w0[1]
    site_0_0_w0_11 = site_0_0_w0[4]
    site_0_0_w0_12 = site_0_0_w0[10]
    site_0_0_w0_20 = site_0_0_w0[3]
    site_0_0_w0_21 = site_0_0_w0[8]
    site_0_0_w0_30 = site_0_0_w0[7]
    site_0_0_w1 = np.empty(31)
    vector_Z_w((-q_hat_u) + xi10 + xi11, (-q_hat_u) + xi10 - xi11, site_0_0_k0, site_0_0_k1, site_0_0_k0, refine, tol, site_0_0_w1)
    modes_jet(site_0_0_w1)
    site_0_0_w1_01 = site_0_0_w1[2]
    site_0_0_w1_02 = site_0_0_w1[6]
    site_0_0_w1_03 = site_0_0_w1[14]
    site_0_0_w1_10 = site_0_0_w1[1]
    site_0_0_w1_11 = site_0_0_w1[4]
    site_0_0_w1_12 = site_0_0_w1[10]
    site_0_0_w1_20 = site_0_0_w1[3]
    site_0_0_w1_21 = site_0_0_w1[8]
    site_0_0_w1_30 = site_0_0_w1[7]
    t0 = site_0_0_w0_01 ** 2
    t1 = site_0_0_w1_01 ** 2
    t2 = site_0_0_w0_10 ** 2
    t3 = site_0_0_w1_10 ** 2
    t4 = site_0_0_w1_02 ** 2
    t5 = site_0_0_w0_02 ** 2
    t6 = site_0_0_w0_11 ** 2
    t7 = site_0_0_w0_10 * site_0_0_w0_11
    t8 = 2.0 * site_0_0_w0_01 * t7 - t6
    t9 = site_0_0_w1_01 * site_0_0_w1_11
    t10 = site_0_0_w1_11 ** 2
    t11 = 2.0 * site_0_0_w1_10 * t9 - t10
    t12 = site_0_0_w0_20 ** 2
    t13 = site_0_0_w1_20 ** 2
    out[0] = t0
    out[1] = t1
    out[2] = site_0_0_w0_02
    out[3] = site_0_0_w1_02
    out[4] = t2
    out[5] = t3
    out[6] = site_0_0_w0_20
    out[7] = site_0_0_w1_20
    out[8] = (-(2.0 * site_0_0_w1_02 * t1)) + t4
    out[9] = (-(4.0 * site_0_0_w0_01 * site_0_0_w0_02)) - 2.0 * site_0_0_w0_02 * t0 + t5
    out[10] = -t8
    out[11] = (-t11) - 4.0 * t9
    out[12] = (-(site_0_0_w1_01 * site_0_0_w1_03)) - t4
    out[13] = (-(site_0_0_w0_01 * site_0_0_w0_03)) - 2.0 * site_0_0_w0_03 - t5
    out[14] = (-(site_0_0_w0_10 * site_0_0_w0_12)) - t6
    out[15] = (-(site_0_0_w1_10 * site_0_0_w1_12)) - 2.0 * site_0_0_w1_12 - t10
    out[16] = -t11
    out[17] = (-(4.0 * t7)) - t8
    out[18] = (-(2.0 * site_0_0_w0_20 * t2)) + t12
    out[19] = (-(4.0 * site_0_0_w1_10 * site_0_0_w1_20)) - 2.0 * site_0_0_w1_20 * t3 + t13
    out[20] = (-(site_0_0_w1_01 * site_0_0_w1_21)) - t10
    out[21] = (-(site_0_0_w0_01 * site_0_0_w0_21)) - 2.0 * site_0_0_w0_21 - t6
    out[22] = site_0_0_w0_10 * site_0_0_w0_30 + t12
    out[23] = site_0_0_w1_10 * site_0_0_w1_30 + 2.0 * site_0_0_w1_30 + t13


@njit(cache=True, error_model="numpy")
def site_0_0_integral(mean, var, q_hat_d, q_hat_u, site_0_0_k0, site_0_0_k1, xi10, refine, tol, out):
    """Integrate site_0_0_integrand over xi11 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(24)
    if var <= 0.0:
        site_0_0_integrand(mean, q_hat_d, q_hat_u, site_0_0_k0, site_0_0_k1, xi10, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0

    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 24))
    size = np.zeros(24)
    ends = np.zeros(24)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            site_0_0_integrand(u, q_hat_d, q_hat_u, site_0_0_k0, site_0_0_k1, xi10, refine, tol, work, values)
            for k in range(24):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(24):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 24))
    gauss = np.empty((MAX_PANELS, 24))
    size = np.empty((MAX_PANELS, 24))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(24):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                site_0_0_integrand(u, q_hat_d, q_hat_u, site_0_0_k0, site_0_0_k1, xi10, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(24):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def site_0_integrand(xi10, q_hat_d, q_hat_u, refine, tol, work, out):
    site_0_0_k0 = q_hat_d / 2.0 + q_hat_u / 2.0
    site_0_0_k1 = (-(q_hat_d / 2.0)) + q_hat_u / 2.0
    site_0_0_values = np.empty(24)
    site_0_0_integral(0.0, q_hat_d / 2.0, q_hat_d, q_hat_u, site_0_0_k0, site_0_0_k1, xi10, refine, tol, site_0_0_values)
    site_0_I0_0 = site_0_0_values[0]
    site_0_I0_1 = site_0_0_values[1]
    site_0_I0_2 = site_0_0_values[2]
    site_0_I0_3 = site_0_0_values[3]
    site_0_I0_4 = site_0_0_values[4]
    site_0_I0_5 = site_0_0_values[5]
    site_0_I0_6 = site_0_0_values[6]
    site_0_I0_7 = site_0_0_values[7]
    site_0_I0_8 = site_0_0_values[8]
    site_0_I0_9 = site_0_0_values[9]
    site_0_I0_10 = site_0_0_values[10]
    site_0_I0_11 = site_0_0_values[11]
    site_0_I0_12 = site_0_0_values[12]
    site_0_I0_13 = site_0_0_values[13]
    site_0_I0_14 = site_0_0_values[14]
    site_0_I0_15 = site_0_0_values[15]
    site_0_I0_16 = site_0_0_values[16]
    site_0_I0_17 = site_0_0_values[17]
    site_0_I0_18 = site_0_0_values[18]
    site_0_I0_19 = site_0_0_values[19]
    site_0_I0_20 = site_0_0_values[20]
    site_0_I0_21 = site_0_0_values[21]
    site_0_I0_22 = site_0_0_values[22]
    site_0_I0_23 = site_0_0_values[23]
    out[0] = site_0_I0_0
    out[1] = site_0_I0_1
    out[2] = site_0_I0_2
    out[3] = site_0_I0_3
    out[4] = site_0_I0_4
    out[5] = site_0_I0_5
    out[6] = site_0_I0_6
    out[7] = site_0_I0_7
    out[8] = site_0_I0_8
    out[9] = site_0_I0_9
    out[10] = site_0_I0_10
    out[11] = site_0_I0_11
    out[12] = site_0_I0_12
    out[13] = site_0_I0_13
    out[14] = site_0_I0_14
    out[15] = site_0_I0_15
    out[16] = site_0_I0_16
    out[17] = site_0_I0_17
    out[18] = site_0_I0_18
    out[19] = site_0_I0_19
    out[20] = site_0_I0_20
    out[21] = site_0_I0_21
    out[22] = site_0_I0_22
    out[23] = site_0_I0_23


@njit(cache=True, error_model="numpy")
def site_0_integral(mean, var, q_hat_d, q_hat_u, refine, tol, out):
    """Integrate site_0_integrand over xi10 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(24)
    if var <= 0.0:
        site_0_integrand(mean, q_hat_d, q_hat_u, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0

    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 24))
    size = np.zeros(24)
    ends = np.zeros(24)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            site_0_integrand(u, q_hat_d, q_hat_u, refine, tol, work, values)
            for k in range(24):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(24):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 24))
    gauss = np.empty((MAX_PANELS, 24))
    size = np.empty((MAX_PANELS, 24))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(24):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                site_0_integrand(u, q_hat_d, q_hat_u, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(24):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def site(hats, p, refine, tol, out):
    """Overlaps from the conjugates, then their derivatives, row by row."""
    q_hat_d = hats[0]
    q_hat_u = hats[1]
    site_0_values = np.empty(24)
    site_0_integral(0.0, q_hat_u / 2.0, q_hat_d, q_hat_u, refine, tol, site_0_values)
    site_I0_0 = site_0_values[0]
    site_I0_1 = site_0_values[1]
    site_I0_2 = site_0_values[2]
    site_I0_3 = site_0_values[3]
    site_I0_4 = site_0_values[4]
    site_I0_5 = site_0_values[5]
    site_I0_6 = site_0_values[6]
    site_I0_7 = site_0_values[7]
    site_I0_8 = site_0_values[8]
    site_I0_9 = site_0_values[9]
    site_I0_10 = site_0_values[10]
    site_I0_11 = site_0_values[11]
    site_I0_12 = site_0_values[12]
    site_I0_13 = site_0_values[13]
    site_I0_14 = site_0_values[14]
    site_I0_15 = site_0_values[15]
    site_I0_16 = site_0_values[16]
    site_I0_17 = site_0_values[17]
    site_I0_18 = site_0_values[18]
    site_I0_19 = site_0_values[19]
    site_I0_20 = site_0_values[20]
    site_I0_21 = site_0_values[21]
    site_I0_22 = site_0_values[22]
    site_I0_23 = site_0_values[23]
    out[0] = site_I0_0 / 4.0 + site_I0_1 / 4.0
    out[1] = site_I0_2 / 4.0 + site_I0_3 / 4.0
    out[2] = site_I0_4 / 4.0 + site_I0_5 / 4.0
    out[3] = site_I0_6 / 4.0 + site_I0_7 / 4.0
    out[4] = site_I0_8 / 8.0 + site_I0_9 / 8.0
    out[5] = site_I0_10 / 8.0 + site_I0_11 / 8.0
    out[6] = site_I0_12 / 8.0 + site_I0_13 / 8.0
    out[7] = site_I0_14 / 8.0 + site_I0_15 / 8.0
    out[8] = site_I0_16 / 8.0 + site_I0_17 / 8.0
    out[9] = site_I0_18 / 8.0 + site_I0_19 / 8.0
    out[10] = site_I0_20 / 8.0 + site_I0_21 / 8.0
    out[11] = (-(site_I0_22 / 8.0)) - site_I0_23 / 8.0


@njit(cache=True, error_model="numpy")
def free_entropy_0_0_integrand(xi11, free_entropy_0_0_k0, free_entropy_0_0_k1, q_hat_d, q_hat_u, xi10, refine, tol, work, out):
    free_entropy_0_0_w0 = np.empty(31)
    vector_Z_w((-q_hat_d) + xi10 + xi11, q_hat_d + xi10 - xi11, free_entropy_0_0_k0, free_entropy_0_0_k1, free_entropy_0_0_k0, refine, tol, free_entropy_0_0_w0)
    free_entropy_0_0_w0_00 = free_entropy_0_0_w0[0]
    free_entropy_0_0_w1 = np.empty(31)
    vector_Z_w((-q_hat_u) + xi10 + xi11, (-q_hat_u) + xi10 - xi11, free_entropy_0_0_k0, free_entropy_0_0_k1, free_entropy_0_0_k0, refine, tol, free_entropy_0_0_w1)
    free_entropy_0_0_w1_00 = free_entropy_0_0_w1[0]
    out[0] = free_entropy_0_0_w0_00
    out[1] = free_entropy_0_0_w1_00


@njit(cache=True, error_model="numpy")
def free_entropy_0_0_integral(mean, var, free_entropy_0_0_k0, free_entropy_0_0_k1, q_hat_d, q_hat_u, xi10, refine, tol, out):
    """Integrate free_entropy_0_0_integrand over xi11 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(2)
    if var <= 0.0:
        free_entropy_0_0_integrand(mean, free_entropy_0_0_k0, free_entropy_0_0_k1, q_hat_d, q_hat_u, xi10, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0

    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 2))
    size = np.zeros(2)
    ends = np.zeros(2)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            free_entropy_0_0_integrand(u, free_entropy_0_0_k0, free_entropy_0_0_k1, q_hat_d, q_hat_u, xi10, refine, tol, work, values)
            for k in range(2):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(2):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 2))
    gauss = np.empty((MAX_PANELS, 2))
    size = np.empty((MAX_PANELS, 2))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(2):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                free_entropy_0_0_integrand(u, free_entropy_0_0_k0, free_entropy_0_0_k1, q_hat_d, q_hat_u, xi10, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(2):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def free_entropy_0_integrand(xi10, q_hat_d, q_hat_u, refine, tol, work, out):
    free_entropy_0_0_k0 = q_hat_d / 2.0 + q_hat_u / 2.0
    free_entropy_0_0_k1 = (-(q_hat_d / 2.0)) + q_hat_u / 2.0
    free_entropy_0_0_values = np.empty(2)
    free_entropy_0_0_integral(0.0, q_hat_d / 2.0, free_entropy_0_0_k0, free_entropy_0_0_k1, q_hat_d, q_hat_u, xi10, refine, tol, free_entropy_0_0_values)
    free_entropy_0_I0_0 = free_entropy_0_0_values[0]
    free_entropy_0_I0_1 = free_entropy_0_0_values[1]
    out[0] = free_entropy_0_I0_0
    out[1] = free_entropy_0_I0_1


@njit(cache=True, error_model="numpy")
def free_entropy_0_integral(mean, var, q_hat_d, q_hat_u, refine, tol, out):
    """Integrate free_entropy_0_integrand over xi10 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(2)
    if var <= 0.0:
        free_entropy_0_integrand(mean, q_hat_d, q_hat_u, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0

    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 2))
    size = np.zeros(2)
    ends = np.zeros(2)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            free_entropy_0_integrand(u, q_hat_d, q_hat_u, refine, tol, work, values)
            for k in range(2):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(2):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 2))
    gauss = np.empty((MAX_PANELS, 2))
    size = np.empty((MAX_PANELS, 2))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(2):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                free_entropy_0_integrand(u, q_hat_d, q_hat_u, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(2):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def free_entropy_1_0_integrand(omega11, free_entropy_1_0_k0, free_entropy_1_0_k1, free_entropy_1_0_k2, free_entropy_1_0_k3, omega10, refine, tol, work, out):
    free_entropy_1_0_w0 = np.empty(31)
    vector_Z_00(omega10 + omega11, omega10 - omega11, free_entropy_1_0_k2, free_entropy_1_0_k3, free_entropy_1_0_k2, refine, tol, free_entropy_1_0_w0)
    free_entropy_1_0_w0_00 = free_entropy_1_0_w0[0]
    free_entropy_1_0_w1 = np.empty(31)
    vector_Z_01(omega10 + omega11, omega10 - omega11, free_entropy_1_0_k2, free_entropy_1_0_k3, free_entropy_1_0_k2, refine, tol, free_entropy_1_0_w1)
    free_entropy_1_0_w1_00 = free_entropy_1_0_w1[0]
    out[0] = free_entropy_1_0_w0_00 * math.exp(free_entropy_1_0_w0_00) + free_entropy_1_0_w1_00 * math.exp(free_entropy_1_0_w1_00)


@njit(cache=True, error_model="numpy")
def free_entropy_1_0_integral(mean, var, free_entropy_1_0_k0, free_entropy_1_0_k1, free_entropy_1_0_k2, free_entropy_1_0_k3, omega10, refine, tol, out):
    """Integrate free_entropy_1_0_integrand over omega11 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        free_entropy_1_0_integrand(mean, free_entropy_1_0_k0, free_entropy_1_0_k1, free_entropy_1_0_k2, free_entropy_1_0_k3, omega10, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(5)
    widths = np.empty(5)
    nc = 0
    centers[nc] = free_entropy_1_0_k0
    widths[nc] = free_entropy_1_0_k1
    nc += 1
    centers[nc] = omega10
    widths[nc] = free_entropy_1_0_k1
    nc += 1
    centers[nc] = free_entropy_1_0_k0
    widths[nc] = free_entropy_1_0_k1
    nc += 1
    centers[nc] = omega10
    widths[nc] = free_entropy_1_0_k1
    nc += 1
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 1))
    size = np.zeros(1)
    ends = np.zeros(1)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            free_entropy_1_0_integrand(u, free_entropy_1_0_k0, free_entropy_1_0_k1, free_entropy_1_0_k2, free_entropy_1_0_k3, omega10, refine, tol, work, values)
            for k in range(1):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(1):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 1))
    gauss = np.empty((MAX_PANELS, 1))
    size = np.empty((MAX_PANELS, 1))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(1):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                free_entropy_1_0_integrand(u, free_entropy_1_0_k0, free_entropy_1_0_k1, free_entropy_1_0_k2, free_entropy_1_0_k3, omega10, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(1):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def free_entropy_1_integrand(omega10, free_entropy_1_k0, free_entropy_1_k1, q_d, v_d, v_u, refine, tol, work, out):
    free_entropy_1_0_k0 = -omega10
    free_entropy_1_0_k1 = math.sqrt(v_d / 2.0 + v_u / 2.0)
    free_entropy_1_0_k2 = v_d / 2.0 + v_u / 2.0
    free_entropy_1_0_k3 = (-(v_d / 2.0)) + v_u / 2.0
    free_entropy_1_0_values = np.empty(1)
    free_entropy_1_0_integral(0.0, q_d / 2.0, free_entropy_1_0_k0, free_entropy_1_0_k1, free_entropy_1_0_k2, free_entropy_1_0_k3, omega10, refine, tol, free_entropy_1_0_values)
    free_entropy_1_I0_0 = free_entropy_1_0_values[0]
    out[0] = free_entropy_1_I0_0


@njit(cache=True, error_model="numpy")
def free_entropy_1_integral(mean, var, free_entropy_1_k0, free_entropy_1_k1, q_d, v_d, v_u, refine, tol, out):
    """Integrate free_entropy_1_integrand over omega10 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        free_entropy_1_integrand(mean, free_entropy_1_k0, free_entropy_1_k1, q_d, v_d, v_u, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(4)
    widths = np.empty(4)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = free_entropy_1_k0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = free_entropy_1_k0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = free_entropy_1_k1
    nc += 1
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 1))
    size = np.zeros(1)
    ends = np.zeros(1)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            free_entropy_1_integrand(u, free_entropy_1_k0, free_entropy_1_k1, q_d, v_d, v_u, refine, tol, work, values)
            for k in range(1):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(1):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 1))
    gauss = np.empty((MAX_PANELS, 1))
    size = np.empty((MAX_PANELS, 1))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(1):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                free_entropy_1_integrand(u, free_entropy_1_k0, free_entropy_1_k1, q_d, v_d, v_u, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(1):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def free_entropy(x, hats, p, refine, tol, out):
    """The free entropy per site at any point (stationary at a solution)."""
    q_d = x[0]
    v_d = x[1]
    q_u = x[2]
    v_u = x[3]
    q_hat_d = hats[0]
    q_hat_u = hats[1]
    alpha = p[0]
    free_entropy_0_values = np.empty(2)
    free_entropy_0_integral(0.0, q_hat_u / 2.0, q_hat_d, q_hat_u, refine, tol, free_entropy_0_values)
    free_entropy_I0_0 = free_entropy_0_values[0]
    free_entropy_I0_1 = free_entropy_0_values[1]
    free_entropy_1_k0 = math.sqrt(q_d / 2.0 + v_d / 2.0 + v_u / 2.0)
    free_entropy_1_k1 = math.sqrt(v_d / 2.0 + v_u / 2.0)
    free_entropy_1_values = np.empty(1)
    free_entropy_1_integral(0.0, q_u / 2.0, free_entropy_1_k0, free_entropy_1_k1, q_d, v_d, v_u, refine, tol, free_entropy_1_values)
    free_entropy_I1_0 = free_entropy_1_values[0]
    out[0] = alpha * free_entropy_I1_0 + free_entropy_I0_0 / 2.0 + free_entropy_I0_1 / 2.0 - q_d * q_hat_d / 2.0 - q_hat_u * q_u / 2.0


@njit(cache=True, error_model="numpy")
def observables_0_0_integrand(xi11, observables_0_0_k0, observables_0_0_k1, q_hat_d, q_hat_u, xi10, refine, tol, work, out):
    observables_0_0_w0 = np.empty(31)
    vector_Z_w((-q_hat_d) + xi10 + xi11, q_hat_d + xi10 - xi11, observables_0_0_k0, observables_0_0_k1, observables_0_0_k0, refine, tol, observables_0_0_w0)
    observables_0_0_w0_00 = observables_0_0_w0[0]
    observables_0_0_w1 = np.empty(31)
    vector_Z_w((-q_hat_u) + xi10 + xi11, (-q_hat_u) + xi10 - xi11, observables_0_0_k0, observables_0_0_k1, observables_0_0_k0, refine, tol, observables_0_0_w1)
    observables_0_0_w1_00 = observables_0_0_w1[0]
    out[0] = observables_0_0_w0_00
    out[1] = observables_0_0_w1_00


@njit(cache=True, error_model="numpy")
def observables_0_0_integral(mean, var, observables_0_0_k0, observables_0_0_k1, q_hat_d, q_hat_u, xi10, refine, tol, out):
    """Integrate observables_0_0_integrand over xi11 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(2)
    if var <= 0.0:
        observables_0_0_integrand(mean, observables_0_0_k0, observables_0_0_k1, q_hat_d, q_hat_u, xi10, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0

    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 2))
    size = np.zeros(2)
    ends = np.zeros(2)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            observables_0_0_integrand(u, observables_0_0_k0, observables_0_0_k1, q_hat_d, q_hat_u, xi10, refine, tol, work, values)
            for k in range(2):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(2):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 2))
    gauss = np.empty((MAX_PANELS, 2))
    size = np.empty((MAX_PANELS, 2))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(2):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                observables_0_0_integrand(u, observables_0_0_k0, observables_0_0_k1, q_hat_d, q_hat_u, xi10, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(2):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def observables_0_integrand(xi10, q_hat_d, q_hat_u, refine, tol, work, out):
    observables_0_0_k0 = q_hat_d / 2.0 + q_hat_u / 2.0
    observables_0_0_k1 = (-(q_hat_d / 2.0)) + q_hat_u / 2.0
    observables_0_0_values = np.empty(2)
    observables_0_0_integral(0.0, q_hat_d / 2.0, observables_0_0_k0, observables_0_0_k1, q_hat_d, q_hat_u, xi10, refine, tol, observables_0_0_values)
    observables_0_I0_0 = observables_0_0_values[0]
    observables_0_I0_1 = observables_0_0_values[1]
    out[0] = observables_0_I0_0
    out[1] = observables_0_I0_1


@njit(cache=True, error_model="numpy")
def observables_0_integral(mean, var, q_hat_d, q_hat_u, refine, tol, out):
    """Integrate observables_0_integrand over xi10 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(2)
    if var <= 0.0:
        observables_0_integrand(mean, q_hat_d, q_hat_u, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(1)
    widths = np.empty(1)
    nc = 0

    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 2))
    size = np.zeros(2)
    ends = np.zeros(2)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            observables_0_integrand(u, q_hat_d, q_hat_u, refine, tol, work, values)
            for k in range(2):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(2):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 2))
    gauss = np.empty((MAX_PANELS, 2))
    size = np.empty((MAX_PANELS, 2))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(2):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                observables_0_integrand(u, q_hat_d, q_hat_u, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(2):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def observables_1_0_integrand(omega11, observables_1_0_k0, observables_1_0_k1, observables_1_0_k2, observables_1_0_k3, omega10, refine, tol, work, out):
    observables_1_0_w0 = np.empty(31)
    vector_Z_00(omega10 + omega11, omega10 - omega11, observables_1_0_k2, observables_1_0_k3, observables_1_0_k2, refine, tol, observables_1_0_w0)
    observables_1_0_w0_00 = observables_1_0_w0[0]
    observables_1_0_w1 = np.empty(31)
    vector_Z_01(omega10 + omega11, omega10 - omega11, observables_1_0_k2, observables_1_0_k3, observables_1_0_k2, refine, tol, observables_1_0_w1)
    observables_1_0_w1_00 = observables_1_0_w1[0]
    out[0] = observables_1_0_w0_00 * math.exp(observables_1_0_w0_00) + observables_1_0_w1_00 * math.exp(observables_1_0_w1_00)


@njit(cache=True, error_model="numpy")
def observables_1_0_integral(mean, var, observables_1_0_k0, observables_1_0_k1, observables_1_0_k2, observables_1_0_k3, omega10, refine, tol, out):
    """Integrate observables_1_0_integrand over omega11 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_1_0_integrand(mean, observables_1_0_k0, observables_1_0_k1, observables_1_0_k2, observables_1_0_k3, omega10, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(5)
    widths = np.empty(5)
    nc = 0
    centers[nc] = observables_1_0_k0
    widths[nc] = observables_1_0_k1
    nc += 1
    centers[nc] = omega10
    widths[nc] = observables_1_0_k1
    nc += 1
    centers[nc] = observables_1_0_k0
    widths[nc] = observables_1_0_k1
    nc += 1
    centers[nc] = omega10
    widths[nc] = observables_1_0_k1
    nc += 1
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 1))
    size = np.zeros(1)
    ends = np.zeros(1)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            observables_1_0_integrand(u, observables_1_0_k0, observables_1_0_k1, observables_1_0_k2, observables_1_0_k3, omega10, refine, tol, work, values)
            for k in range(1):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(1):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 1))
    gauss = np.empty((MAX_PANELS, 1))
    size = np.empty((MAX_PANELS, 1))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(1):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                observables_1_0_integrand(u, observables_1_0_k0, observables_1_0_k1, observables_1_0_k2, observables_1_0_k3, omega10, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(1):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def observables_1_integrand(omega10, observables_1_k0, observables_1_k1, q_d, v_d, v_u, refine, tol, work, out):
    observables_1_0_k0 = -omega10
    observables_1_0_k1 = math.sqrt(v_d / 2.0 + v_u / 2.0)
    observables_1_0_k2 = v_d / 2.0 + v_u / 2.0
    observables_1_0_k3 = (-(v_d / 2.0)) + v_u / 2.0
    observables_1_0_values = np.empty(1)
    observables_1_0_integral(0.0, q_d / 2.0, observables_1_0_k0, observables_1_0_k1, observables_1_0_k2, observables_1_0_k3, omega10, refine, tol, observables_1_0_values)
    observables_1_I0_0 = observables_1_0_values[0]
    out[0] = observables_1_I0_0


@njit(cache=True, error_model="numpy")
def observables_1_integral(mean, var, observables_1_k0, observables_1_k1, q_d, v_d, v_u, refine, tol, out):
    """Integrate observables_1_integrand over omega10 by adaptive Gauss-Kronrod panels."""
    work = np.empty((1, 5))
    values = np.empty(1)
    if var <= 0.0:
        observables_1_integrand(mean, observables_1_k0, observables_1_k1, q_d, v_d, v_u, refine, tol, work, out)
        return
    sd = math.sqrt(var)
    scale = 1.0 / (sd * math.sqrt(2.0 * math.pi))
    edges = np.empty(256)
    centers = np.empty(4)
    widths = np.empty(4)
    nc = 0
    centers[nc] = 0.0
    widths[nc] = observables_1_k0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = observables_1_k0
    nc += 1
    centers[nc] = 0.0
    widths[nc] = observables_1_k1
    nc += 1
    # trapezoid in t, u = c + w sinh(t), halved until three steps agree; refine >= 2: panels
    c, w = sinh_map(mean, sd, centers, widths, nc)
    reach, intervals = trapezoid_start(tol)
    sums = np.zeros((3, 1))
    size = np.zeros(1)
    ends = np.zeros(1)
    level = 0
    while level < (4 if refine < 2.0 else 1):
        if level == 0:
            first = math.asinh((mean - reach * sd - c) / w)
            step = (math.asinh((mean + reach * sd - c) / w) - first) / intervals
        else:
            sums[0, :] = sums[1, :]
            sums[1, :] = sums[2, :]
            step *= 0.5
        start, stride = (0, 1) if level == 0 else (1, 2)
        grow, ratio = math.exp(first + start * step), math.exp(stride * step)
        last = intervals * 2**level
        for i in range(start, last + 1, stride):
            u = c + 0.5 * w * (grow - 1.0 / grow)
            density = scale * math.exp(-0.5 * ((u - mean) / sd) ** 2) * 0.5 * w * (grow + 1.0 / grow)
            observables_1_integrand(u, observables_1_k0, observables_1_k1, q_d, v_d, v_u, refine, tol, work, values)
            for k in range(1):
                term = density * values[k]
                sums[2, k] += term
                size[k] += abs(term)
                if level == 0 and i % 2 == 0:
                    sums[1, k] += term
                    if i % 4 == 0:
                        sums[0, k] += term
                        if i == 0 or i == last:
                            ends[k] += abs(term)
            grow *= ratio
        if level == 0 and window_too_short(ends, size, reach, tol, noise(tol)):
            reach, intervals = 1.5 * reach, intervals + intervals // 8 * 4
            sums[:] = 0.0
            size[:] = 0.0
            ends[:] = 0.0
            continue
        level += 1
        if refine >= 2.0 or not trapezoid_resolves(step, c, w, mean, sd, reach, centers, widths, nc):
            continue
        if trapezoid_settled(sums, size, step, tol, noise(tol)):
            for k in range(1):
                out[k] = step * sums[2, k]
            return

    n = gaussian_edges(edges, mean, sd * max(1.0, reach / 9.5), centers, widths, nc)
    left = np.empty(MAX_PANELS)
    right = np.empty(MAX_PANELS)
    stale = np.zeros(MAX_PANELS, dtype=np.bool_)
    kept = np.empty((MAX_PANELS, 1))
    gauss = np.empty((MAX_PANELS, 1))
    size = np.empty((MAX_PANELS, 1))
    count = n - 1
    for i in range(count):
        left[i] = edges[i]
        right[i] = edges[i + 1]
        stale[i] = True
    while True:
        for i in range(count):
            if not stale[i]:
                continue
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            middle = 0.5 * (right[i] + left[i])
            for k in range(1):
                kept[i, k] = 0.0
                gauss[i, k] = 0.0
                size[i, k] = 0.0
            for j in range(21):
                u = middle + half * GK_X[j]
                observables_1_integrand(u, observables_1_k0, observables_1_k1, q_d, v_d, v_u, refine, tol, work, values)
                density = half * (scale * math.exp(-0.5 * ((u - mean) / sd) ** 2))
                for k in range(1):
                    term = density * values[k]
                    kept[i, k] += GK_W[j] * term
                    gauss[i, k] += G_W[j] * term
                    size[i, k] += GK_W[j] * abs(term)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol, noise(tol))
        if more == count:
            break
        count = more
    sum_panels(kept, gauss, size, count, tol, out, noise(tol))


@njit(cache=True, error_model="numpy")
def observables(x, hats, p, refine, tol, out):
    """Observables at a solution."""
    q_d = x[0]
    v_d = x[1]
    q_u = x[2]
    v_u = x[3]
    q_hat_d = hats[0]
    q_hat_u = hats[1]
    alpha = p[0]
    observables_0_values = np.empty(2)
    observables_0_integral(0.0, q_hat_u / 2.0, q_hat_d, q_hat_u, refine, tol, observables_0_values)
    observables_I0_0 = observables_0_values[0]
    observables_I0_1 = observables_0_values[1]
    observables_1_k0 = math.sqrt(q_d / 2.0 + v_d / 2.0 + v_u / 2.0)
    observables_1_k1 = math.sqrt(v_d / 2.0 + v_u / 2.0)
    observables_1_values = np.empty(1)
    observables_1_integral(0.0, q_u / 2.0, observables_1_k0, observables_1_k1, q_d, v_d, v_u, refine, tol, observables_1_values)
    observables_I1_0 = observables_1_values[0]
    c0 = v_d / 2.0
    c1 = v_u / 2.0
    out[0] = v_d + v_u
    out[1] = (-c0) - c1 + 1.0
    out[2] = c0 - c1
    out[3] = alpha * observables_I1_0 + observables_I0_0 / 2.0 + observables_I0_1 / 2.0 - q_d * q_hat_d / 2.0 - q_hat_u * q_u / 2.0 + 1.3862943611198906


@njit(cache=True, error_model="numpy")
def facts(p, refine, tol, out):
    """r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."""
    out[0] = 1.0
    out[1] = 1.0
    out[2] = -1.3862943611198906


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
    held = False
    state[3] = VANISHES
    previous = x.copy()
    sharp = max(tol, COARSE)
    for count in range(max_steps):
        evaluate(x, p, refine, sharp, hats, mapped, residual, jacobian)
        if not held and blurred(residual, sharp, tol):
            sharp = tol
            evaluate(x, p, refine, sharp, hats, mapped, residual, jacobian)
        if not held and retreat(x, previous, residual, state, TIED):
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
        held = hold(x, TIED, EDGE)
        sharp = sharpness(info, tol)
    info[0] = 5.0
