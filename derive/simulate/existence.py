"""Is there a minimiser, and is it the only one?  Directions of no growth and the curvature at the point found.

The minimisers of a convex total are a bounded set unless along some direction d all summands together do not grow: with
the slopes s- and s+ of a summand at minus and plus infinity, its growth along d is s+*max(d, 0) - s-*max(-d, 0).  For a
classifier such a direction separates the samples.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.optimize
from numpy.typing import NDArray

from derive.simulate.minimise import Minimum, Total, contradiction

__all__ = ["examine", "responses"]

Array = NDArray[np.float64]

SECONDS = 60.0  # for a linear program
GROWTH = 1e-4
FLAT, SUSPECT = 1e-12, 1e-6

SENTENCES = {
    "converged": "",
    "infeasible": "no weights satisfy all constraints",
    "no_minimiser": "the total has no unique minimiser: along some direction of the weights it never grows "
    "(the samples can be separated, or are too few); add a penalty or samples",
    "not_unique": "the total is flat around its minimum, so the minimiser is not unique; add a penalty or samples",
    "not_converged": "the conditions of a minimum were not met to the accuracy asked for",
}
"""What each status says."""


def examine(total: Total, found: Minimum) -> str:
    """Return a key of `SENTENCES`: whether the point found is the only minimiser, and if not, why."""
    if _never_grows(total, found.theta):
        return "no_minimiser"
    if not found.converged:
        if contradiction(total, found):
            return "infeasible"
        return "no_minimiser" if _recedes(total) else "not_converged"
    ratio = _flatness(total, found)
    if ratio < SUSPECT and _recedes(total):
        return "no_minimiser"
    return "converged" if ratio > FLAT else "not_unique"


# ------------------------------------------------------------------------------------------- curvature


def _curvature(total: Total, found: Minimum, rigid: float) -> tuple[Array, NDArray[np.bool_]]:
    """Curvature in the coordinates that can move, kinks of the losses counted with curvature `rigid`."""
    loss = total.losses.stiffness_at(found.fields)
    penalty = total.penalties.stiffness_at(found.theta)
    free = np.isfinite(penalty)
    weights = np.where(np.isfinite(loss), loss, rigid)
    active = weights > 0
    rows = total.matrix[np.ix_(active, free)] * np.sqrt(weights[active])[:, None]
    return rows.T @ rows + np.diag(penalty[free]), free


def _usual(total: Total) -> float:
    """The curvature of a loss at zero; at least 1 if losses have kinks, which envelopes of stiffness 1 round off."""
    zero = np.zeros(len(total.losses))
    found = total.losses.terms(zero, zero, 1.0).curvature
    return max(float(np.mean(found)) if found.size else 1.0, 1e-300 if total.losses.smooth else 1.0)


def _flatness(total: Total, found: Minimum) -> float:
    """The least curvature of the total over the usual or the largest one."""
    usual = _usual(total)
    matrix, free = _curvature(total, found, usual)
    if not free.any():
        return 1.0
    values = scipy.linalg.eigvalsh(matrix, check_finite=False)
    typical = usual * float(np.sum(total.matrix**2)) / total.matrix.shape[1]
    return float(values[0] / max(values[-1], typical, 1e-300))


def responses(total: Total, found: Minimum) -> Array | None:
    """Return d theta_i/d g_i for a field g added to the total as -g.theta: the diagonal of the inverse curvature.

    Coordinates at a kink of their penalty do not move, and arguments of losses at a kink keep their value.  None where
    kinks alone hold the point: then small fields do not move it, and the response to small but finite ones is another.
    """
    kinks = np.isinf(total.losses.stiffness_at(found.fields))
    matrix, free = _curvature(total, found, 1e9 * max(_usual(total), 1.0))
    if not free.any() or np.count_nonzero(kinks) >= np.count_nonzero(free):
        return None
    try:
        lower = scipy.linalg.cholesky(matrix, lower=True, check_finite=False)
    except scipy.linalg.LinAlgError:
        return None
    inverse = scipy.linalg.solve_triangular(lower, np.eye(matrix.shape[0]), lower=True, check_finite=False)
    result = np.zeros(len(total.penalties))
    result[free] = np.sum(inverse**2, axis=0)
    return result


# ------------------------------------------------------------------------------------------- directions


def _never_grows(total: Total, direction: Array) -> bool:
    """Whether the total does not grow along a direction, and something in it falls or stays finite for ever."""
    size = float(np.linalg.norm(direction))
    if size == 0.0 or not np.isfinite(size):
        return False
    growth, idle = 0.0, False
    for stack, move in ((total.losses, total.matrix @ direction / size), (total.penalties, direction / size)):
        low, high = stack.recession()
        with np.errstate(invalid="ignore"):
            terms = np.where(move > 0, high * move, np.where(move < 0, low * move, 0.0))
        growth += float(np.sum(terms))
        idle = idle or bool(np.any((terms <= 0) & (move != 0) & ((low != 0) | (high != 0))))
    return idle and growth <= 0.0


def _recedes(total: Total) -> bool:
    """Whether there is a direction in which a loss falls or stays for ever while nothing else grows, by a program."""
    count = total.matrix.shape[0]
    low, high = total.losses.recession()
    falls, rises = total.penalties.recession()
    if np.isinf(falls).all() and np.isinf(rises).all():
        return False
    # The unknowns are the forward and backward parts of A d, then those of d.
    cost = np.concatenate([high, -low, rises, -falls])
    cap = np.where(np.isfinite(cost), 1.0, 0.0)
    cost = np.where(np.isfinite(cost), cost, 0.0)
    reward = np.zeros_like(cost)
    reward[:count] = (high == 0) & (low != 0)
    reward[count : 2 * count] = (low == 0) & (high != 0)
    answer = scipy.optimize.linprog(
        cost - reward,
        A_ub=cost[None, :],
        b_ub=[0.0],
        A_eq=np.concatenate([np.eye(count), -np.eye(count), -total.matrix, total.matrix], axis=1),
        b_eq=np.zeros(count),
        bounds=np.stack([np.zeros_like(cap), cap], axis=1),
        method="highs",
        options={"time_limit": SECONDS},
    )
    return bool(answer.status == 0 and -answer.fun > GROWTH)
