"""Coordinates, residual, Jacobian and step control of the saddle-point solver.

The state is x = (q, v of every family of sites, m..., b...) with v = r - q always kept beside q, so that both stay
accurate to relative precision at the ends.  Solver coordinates of a family: log(q/v) if v is tied to q (fixed r;
tied = 1), else log q and log v, or log v alone if q is fixed (zero temperature; tied = 2); m and the globals b as they
are.  The residual is (map - state) in these coordinates, for globals dphi/db.  `tied` is a tuple, one flag a family.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = [
    "COARSE", "CONVERGED", "LEFT_DOMAIN", "NONFINITE", "STATUS", "VANISHING",
    "assemble", "blurred", "choose_step", "contraction", "eliminate", "move", "retreat", "sharpness",
]  # fmt: skip

COARSE = 1e-4
"""Relative error of the integrals far from a root."""
CONVERGED = 1.0
VANISHING = 2.0
NONFINITE = 3.0
LEFT_DOMAIN = 4.0
MAX_STEPS = 5.0
REACHED_EDGE = 6.0
NO_MINIMISER = 7.0
STATUS = {
    1: "converged", 2: "vanishing", 3: "left_domain", 4: "left_domain", 5: "not_converged", 6: "lost_branch",
    7: "no_solution",
}  # fmt: skip


@njit(cache=True, error_model="numpy")
def assemble(x, chan, place, conjugates, globals_, mapped, tied, residual, jacobian):  # type: ignore[no-untyped-def]
    """Fill residual F(u) and Jacobian dF/du of the composed map in the solver's coordinates.

    chan = (hats, dphi/db, rows of derivatives in the unknowns), place = (q, v of every family, m..., rows in the hats).
    """
    unknowns = residual.shape[0]
    pairs = 2 * len(tied)
    # d hats / d u: chain through du -> d(q or (q, v)) of every family, m, b
    scale = np.ones(unknowns)
    row = np.empty(len(tied), dtype=np.int64)
    free = 0
    for f in range(len(tied)):
        q, v = x[2 * f], x[2 * f + 1]
        row[f] = free
        if tied[f] == 1:
            scale[free] = q * v / (q + v)
            residual[free] = math.log(place[2 * f] / place[2 * f + 1]) - math.log(q / v)
        elif tied[f] == 2:
            scale[free] = v
            residual[free] = math.log(place[2 * f + 1] / v)
        else:
            scale[free], scale[free + 1] = q, v
            residual[free] = math.log(place[2 * f] / q)
            residual[free + 1] = math.log(place[2 * f + 1] / v)
            free += 1
        free += 1
    head = conjugates + globals_
    others = mapped - pairs
    for j in range(unknowns):
        for i in range(unknowns):
            jacobian[i, j] = 0.0
        # columns of the channel Jacobian are the unknowns themselves
        for i in range(mapped):
            slope = 0.0
            for h in range(conjugates):
                slope += place[mapped + i * conjugates + h] * chan[head + h * unknowns + j]
            slope *= scale[j]
            if i >= pairs:
                jacobian[free + i - pairs, j] = slope
                continue
            f = i // 2
            if tied[f] == 2:
                if i % 2 == 1:
                    jacobian[row[f], j] = slope / place[i]
            elif tied[f] == 1:
                jacobian[row[f], j] += slope / place[i] if i % 2 == 0 else -slope / place[i]
            else:
                jacobian[row[f] + i % 2, j] = slope / place[i]
        for g in range(globals_):
            jacobian[free + others + g, j] = chan[head + (conjugates + g) * unknowns + j] * scale[j]
    for t in range(others):
        residual[free + t] = place[pairs + t] - x[pairs + t]
    for g in range(globals_):
        residual[free + others + g] = chan[conjugates + g]
    for j in range(free + others):
        jacobian[j, j] -= 1.0


@njit(cache=True, error_model="numpy")
def eliminate(matrix, target, solution):  # type: ignore[no-untyped-def]
    """Solve matrix @ solution = target in place by elimination with pivots; False if it is singular.

    The systems here have two to five unknowns: a library call costs more than the arithmetic.
    """
    size = target.shape[0]
    volume = 1.0
    solution[:] = target
    for k in range(size):
        pivot = k
        for i in range(k + 1, size):
            if abs(matrix[i, k]) > abs(matrix[pivot, k]):
                pivot = i
        volume *= matrix[pivot, k]
        if not abs(volume) > 1e-300:
            solution[:] = 0.0
            return False
        if pivot != k:
            solution[k], solution[pivot] = solution[pivot], solution[k]
            for j in range(k, size):
                matrix[k, j], matrix[pivot, j] = matrix[pivot, j], matrix[k, j]
        for i in range(k + 1, size):
            factor = matrix[i, k] / matrix[k, k]
            solution[i] -= factor * solution[k]
            for j in range(k + 1, size):
                matrix[i, j] -= factor * matrix[k, j]
    for k in range(size - 1, -1, -1):
        for j in range(k + 1, size):
            solution[k] -= matrix[k, j] * solution[j]
        solution[k] /= matrix[k, k]
    return True


@njit(cache=True, error_model="numpy")
def contraction(jacobian, size):  # type: ignore[no-untyped-def]
    """The spectral radius of I + J on the first `size` coordinates, by powers of the matrix."""
    matrix = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            matrix[i, j] = jacobian[i, j] + (1.0 if i == j else 0.0)
    if size == 1:
        return abs(matrix[0, 0])
    growth = 0.0
    for step in range(6):  # 2^6 powers: radius = |M^64|^(1/64)
        norm = 0.0
        for i in range(size):
            for j in range(size):
                norm = max(norm, abs(matrix[i, j]))
        if norm == 0.0 or not math.isfinite(norm):
            return 0.0 if norm == 0.0 else math.inf
        growth += math.log(norm) / 2.0**step
        power = np.zeros((size, size))
        for i in range(size):
            for j in range(size):
                for k in range(size):
                    power[i, j] += matrix[i, k] / norm * (matrix[k, j] / norm)
        matrix = power
    norm = 0.0
    for i in range(size):
        for j in range(size):
            norm = max(norm, abs(matrix[i, j]))
    if norm > 0.0:
        growth += math.log(norm) / 64.0
    else:
        return 0.0
    return math.exp(growth)


@njit(cache=True, error_model="numpy")
def _freeze(x, residual, jacobian, tied, limit):  # type: ignore[no-untyped-def]
    """Hold the overlaps of families that vanish while others do not; True if all of them vanish.

    A q below limit*(r - q) that the map still lowers is zero for the rest: log q has no root.  So is one that the
    map takes to zero at once, where nothing acts on a family.
    """
    i, all_ = 0, True
    for f in range(len(tied)):
        if len(tied) > 1 and tied[f] < 2 and residual[i] == -math.inf:
            moved = x[2 * f] - 0.5 * limit * x[2 * f + 1]
            x[2 * f] -= moved
            x[2 * f + 1] += moved if tied[f] == 1 else 0.0
        gone = tied[f] < 2 and x[2 * f] < limit * x[2 * f + 1] and residual[i] < 0.0
        all_ = all_ and gone
        if gone and len(tied) > 1:
            residual[i] = 0.0
            jacobian[i, :] = 0.0
            jacobian[:, i] = 0.0
            jacobian[i, i] = -1.0
        i += 2 if tied[f] == 0 else 1
    return all_


@njit(cache=True, error_model="numpy")
def choose_step(x, p, mapped, residual, jacobian, accuracy, damping, newton_only, tied, globals_, step, state, info):  # type: ignore[no-untyped-def]
    """Choose Newton or iteration, fill `step`; return a status (0: go on, 1: converged, with a last Newton step).

    state[0] last residual, state[1] extra damping, state[2] steps since q began to vanish, state[3] q/(r - q) below
    a family vanishes, state[4] (r - q)/q where a
    branch is lost: at low temperature it may be far below the precision of q,
    state[5] steps near the root, state[6] last residual along one coordinate, state[7] its reach.
    info = (status, steps, residual, distance, spectral radius).
    """
    unknowns = residual.shape[0]
    size = unknowns - globals_
    vanishing = _freeze(x, residual, jacobian, tied, state[3])
    error = 0.0
    for i in range(unknowns):
        if not math.isfinite(residual[i]):
            info[2] = math.inf
            for f in range(len(tied)):
                if x[2 * f + 1] < state[4] * x[2 * f] and mapped[2 * f + 1] >= 0.0:
                    return 6.0
            none = mapped[1] > 0.0
            for f in range(len(tied)):
                none = none and mapped[2 * f] <= 0.0
            return 2.0 if none else 3.0
        error = max(error, abs(residual[i]))
    radius = contraction(jacobian, size)
    finite = True
    for i in range(unknowns):
        for j in range(unknowns):
            if not math.isfinite(jacobian[i, j]):
                finite = False
    newton = np.zeros(unknowns)
    finite = finite and eliminate(jacobian.copy(), -residual, newton)
    distance = 0.0
    for i in range(unknowns):
        distance = max(distance, abs(newton[i]))
    if not finite:
        distance = math.inf
    info[2], info[3], info[4] = error, distance, radius
    if vanishing:
        return 2.0
    if distance <= accuracy and error <= min(1e-8, accuracy * max(1.0, radius)):  # a map steeper than that is noise
        step[:] = newton
        return 1.0
    settled = distance <= 100.0 * accuracy and error <= 1e-9 and error >= state[0] > 0.0 and state[5] > 3.0
    if error <= 3e-15 or settled:
        step[:] = 0.0
        if distance < 1e-6:
            step[:] = newton
        return 1.0
    state[5] = state[5] + 1.0 if distance < 1e-6 else 0.0
    drifting = False  # q vanishes by a factor a step, and log q does not settle
    i = 0
    for f in range(len(tied)):
        q, v = x[2 * f], x[2 * f + 1]
        drifting = drifting or (tied[f] < 2 and q < 0.01 * v and residual[i] < 0.0)
        shrinking = residual[i] > 0.0 if tied[f] == 1 else (tied[f] == 0 and residual[i + 1] < 0.0)
        if v < state[4] * q and shrinking:
            return 6.0
        i += 2 if tied[f] == 0 else 1
    if newton_only:
        limit = min(1.0, 1.0 / max(distance, 1e-300))
        for i in range(unknowns):
            step[i] = limit * newton[i]
        state[0] = error
        return 0.0
    if finite and radius < 1.0 and distance < 0.3:
        for i in range(unknowns):
            step[i] = newton[i]
        state[0] = error
        return 0.0
    along = before = now = 0.0
    for i in range(size):  # along the last step a map that grows is followed, not damped
        along += residual[i] * step[i]
        before += step[i] * step[i]
        now += residual[i] * residual[i]
    straight = state[0] > 0.0 and along > 0.9 * math.sqrt(before * now)
    if error > 0.999 * state[0] and state[0] > 0.0 and size > 1 and not drifting and not straight:
        state[1] = min(0.9, 0.5 * (1.0 + state[1]))
    for i in range(unknowns):
        step[i] = (1.0 - max(damping, state[1])) * residual[i]
    if size == 1:
        # the sign of the residual tells the way; the step may exceed the map's by a reach that doubles while
        # the residual does not shrink (a drift to the boundary) and is short where it does (a root ahead)
        if abs(residual[0]) >= 0.9 * state[6] > 0.0:
            state[7] = min(3.0, 2.0 * state[7])
        else:
            state[7] = 0.1
        state[6] = abs(residual[0])
        slope = min(-jacobian[0, 0], 2.0)  # a map that folds back more than this is rounding at the edge
        size_ = abs(residual[0])
        ahead = size_ / slope if slope > 1e-12 else 1e300
        step[0] = math.copysign(max(min(ahead, state[7]), min(size_, ahead)), residual[0])
    i = 0
    for f in range(len(tied)):  # a family on its way to q = 0, the root of a residual linear in q being below: at once
        q, v = x[2 * f], x[2 * f + 1]
        towards = len(tied) > 1 and tied[f] < 2 and state[3] * v < q < 0.01 * v
        if towards and residual[i] < 0.0 and residual[i] - jacobian[i, i] < 0.0:
            step[i] = min(step[i], math.log(0.5 * state[3] * v / q))
        i += 2 if tied[f] == 0 else 1
    for g in range(globals_):
        i = size + g
        step[i] = -residual[i] / jacobian[i, i] if jacobian[i, i] != 0.0 else 0.0
        step[i] = max(-1.0, min(1.0, step[i]))
    state[0] = error
    return 0.0


@njit(cache=True, error_model="numpy")
def blurred(residual, sharp, tol):  # type: ignore[no-untyped-def]
    """Whether integrals of relative error `sharp` > tol cannot tell the residual from zero (or it is not finite)."""
    largest = 0.0
    for i in range(residual.shape[0]):
        if not math.isfinite(residual[i]):
            return sharp > tol
        largest = max(largest, abs(residual[i]))
    return sharp > tol and largest < 10.0 * sharp


@njit(cache=True, error_model="numpy")
def sharpness(info, tol):  # type: ignore[no-untyped-def]
    """Relative error that the next integrals may have: a thousandth of the residual, distance^4 near a root.

    A Newton step from distance d lands at about d^2; the step after it is not spoilt by errors below d^4.
    """
    error, distance = info[2], info[3]
    wanted = min(COARSE, 0.001 * error)
    if distance < 0.3:
        wanted = min(wanted, distance**4)
    return max(tol, wanted)


@njit(cache=True, error_model="numpy")
def _over_edge(x, residual, tied, edge):  # type: ignore[no-untyped-def]
    """Whether a family has r - q < edge*q and the map takes r - q to zero."""
    row = 0
    for f in range(len(tied)):
        gone = residual[row] == math.inf if tied[f] == 1 else (tied[f] == 0 and residual[row + 1] == -math.inf)
        if gone and x[2 * f + 1] < edge * x[2 * f]:
            return True
        row += 2 if tied[f] == 0 else 1
    return False


@njit(cache=True, error_model="numpy")
def retreat(x, previous, residual, state, tied):  # type: ignore[no-untyped-def]
    """Go half way back to the last state if the map is undefined here (outside m^2 <= q rho); True if it did.

    The domain of the order parameters is convex, so that some step back is inside.  There is none from the start, nor
    where the map takes r - q to zero beyond the edge at which a branch counts as lost.
    """
    finite = True
    for i in range(residual.shape[0]):
        if not math.isfinite(residual[i]):
            finite = False
    if not finite and len(tied) > 1:  # a q of one family that the map takes to zero is no way out of the domain
        finite, row = True, 0
        for f in range(len(tied)):
            gone = tied[f] < 2 and residual[row] == -math.inf
            finite = finite and (gone or math.isfinite(residual[row]))
            row += 1
            if tied[f] == 0:
                finite = finite and math.isfinite(residual[row])
                row += 1
        for i in range(row, residual.shape[0]):
            finite = finite and math.isfinite(residual[i])
    moved = False
    for i in range(x.shape[0]):
        moved = moved or x[i] != previous[i]
    if finite or not moved or state[2] >= 40.0 or _over_edge(x, residual, tied, state[4]):
        previous[:] = x
        return False
    state[2] += 1.0
    for i in range(x.shape[0]):
        x[i] = 0.5 * (x[i] + previous[i])
    return True


@njit(cache=True, error_model="numpy")
def move(x, step, tied, globals_, p):  # type: ignore[no-untyped-def]
    """Add a step in the solver's coordinates to the state, in place."""
    i = 0
    for f in range(len(tied)):
        q, v = 2 * f, 2 * f + 1
        if tied[f] == 2:
            x[v] *= math.exp(max(-40.0, min(40.0, step[i])))
        elif tied[f] == 1:
            total = x[q] + x[v]
            u = math.log(x[q] / x[v]) + max(-40.0, min(40.0, step[i]))
            if u >= 0.0:  # the smaller one first, the larger as the rest: the sum does not drift
                x[v] = total * math.exp(-u) / (1.0 + math.exp(-u))
                x[q] = total - x[v]
            else:
                x[q] = total * math.exp(u) / (1.0 + math.exp(u))
                x[v] = total - x[q]
        else:
            x[q] *= math.exp(max(-40.0, min(40.0, step[i])))
            x[v] *= math.exp(max(-40.0, min(40.0, step[i + 1])))
            i += 1
        i += 1
    for k in range(i, step.shape[0]):
        x[2 * len(tied) + k - i] += step[k]
