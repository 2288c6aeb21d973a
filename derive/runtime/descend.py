"""Step control at zero temperature for one family of sites, where the minimiser of a convex total is unique."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from derive.runtime.newton import contraction, eliminate

__all__ = ["descend"]


@njit(cache=True, error_model="numpy")
def _spread(x, mapped, residual, jacobian, second, matrix, target):  # type: ignore[no-untyped-def]
    """Newton's system in (s, log V, m, b), s = q - m^2/rho with relative steps; return s.

    The map is nearly linear in s, and s > 0 is the whole domain (s = q without a teacher or with several).  The
    Jacobian that comes in is that of `assemble`.
    """
    unknowns = residual.shape[0]
    q = x[0]
    single = mapped.shape[0] == 3 and second[0] > 0.0
    m, rho = (x[2], second[0]) if single else (0.0, 1.0)
    s = q - m * m / rho
    image = mapped[0] - (mapped[2] * mapped[2] / rho if single else 0.0)
    for i in range(unknowns):
        target[i] = residual[i]
        for j in range(unknowns):
            matrix[i, j] = jacobian[i, j] + (1.0 if i == j and i < mapped.shape[0] else 0.0)
    for j in range(unknowns):  # d map_q / d u_j
        matrix[0, j] *= mapped[0]
    if single:
        for j in range(unknowns):
            matrix[0, j] -= 2.0 * mapped[2] / rho * matrix[2, j]
    for i in range(unknowns):
        slope = matrix[i, 0] / q
        matrix[i, 0] = slope * s
        if single:
            matrix[i, 2] += 2.0 * m / rho * slope
    for j in range(unknowns):
        matrix[0, j] /= s
    target[0] = image / s - 1.0
    for i in range(mapped.shape[0]):
        matrix[i, i] -= 1.0
    return s


@njit(cache=True, error_model="numpy")
def descend(  # type: ignore[no-untyped-def]
    x, p, mapped, residual, jacobian, accuracy, damping, newton_only, tied, globals_, step, state, info, second
):
    """`choose_step` at zero temperature, where the minimiser is unique: Newton, guarded, with steps of the map.

    state[0] last Newton distance, state[1] steps of the map to take, state[5] steps near the root,
    state[2], state[3] retreats now and at the last step, state[6] last residual of a Newton step,
    state[4] last step of a bias, state[7] steps of the map after the next failure of Newton.
    `second`: E t^2 of the partners of the overlaps m.
    V beyond 1e30 means that there is no minimiser.  info = (status, steps, residual, distance, spectral radius).
    """
    unknowns = residual.shape[0]
    size = unknowns - globals_
    head = 1 if tied[0] == 2 else 2
    scale = np.ones(unknowns)
    for i in range(head, unknowns):
        scale[i] = (math.sqrt(x[0]) if i < size else 1.0) + abs(x[2 + i - head])
    error = 0.0
    for i in range(unknowns):
        if not math.isfinite(residual[i]):
            if mapped[0] == 0.0:  # no weight is active: the minimiser is w = 0
                return 2.0
            return 7.0 if x[1] > 1e15 else 3.0
        error = max(error, abs(residual[i]) / scale[i])
    if mapped[0] < 1e-280:
        return 2.0
    if x[1] > 1e30:
        return 7.0
    matrix, target, spread = jacobian.copy(), residual.copy(), x[0]
    if head == 2:
        spread = _spread(x, mapped, residual, jacobian, second, matrix, target)
    finite = spread > 0.0
    for i in range(unknowns):
        for j in range(unknowns):
            if not math.isfinite(matrix[i, j]):
                finite = False
    newton = np.zeros(unknowns)
    finite = finite and eliminate(matrix, -target, newton)
    distance = 0.0 if finite else math.inf
    along = 0.0  # a step against the residual of a map that contracts leads away from the root
    for i in range(unknowns):
        distance = max(distance, abs(newton[i]) / scale[i])
        if i < size:
            along += newton[i] * target[i] / scale[i] ** 2
    if not math.isfinite(distance):
        distance, finite = math.inf, False
    info[2], info[3] = error, distance
    settled = state[5] > 3.0 and distance >= 0.3 * state[0] > 0.0  # down to the noise of the integrals
    done = distance <= accuracy or settled
    if done:
        info[4] = contraction(jacobian, size)
    state[5] = state[5] + 1.0 if distance < 1e-6 else 0.0
    if state[2] > state[3]:  # the last step left the domain: the map leads back inside
        state[3] = state[2]
        state[7] = min(64.0, 2.0 * max(state[7], 1.0))
        state[1] = state[7]
    worse = state[6] > 0.0 and error > 0.999 * state[6] and distance > state[0]
    if worse and not newton_only and distance > 1e-6:
        state[7] = min(64.0, 2.0 * max(state[7], 1.0))  # Newton does not approach: let the map go on for a while
        state[1] = state[7]
    far = (error > 0.5 and distance > 0.5 and info[1] < 30.0) or (along <= 0.0 and distance > 0.05)
    if not done and (state[1] > 0.0 or far or not finite) and not newton_only:
        state[1] -= 1.0
        state[0] = state[6] = 0.0
        for i in range(unknowns):
            step[i] = (1.0 - damping) * residual[i]
        for i in range(head):
            step[i] = max(-20.0, min(20.0, step[i]))
        for g in range(globals_):  # uphill: phi is concave in a bias
            i = size + g
            longest = 1.0 if state[4] == 0.0 else (1.5 if state[4] * residual[i] > 0.0 else 0.5) * abs(state[4])
            curved = abs(residual[i] / jacobian[i, i]) if jacobian[i, i] != 0.0 else longest
            step[i] = math.copysign(min(longest, curved, 1.0), residual[i]) if residual[i] != 0.0 else 0.0
            state[4] = step[i]
        return 0.0
    state[0], state[6] = distance, error
    limit = min(1.0, 3.0 / distance) if distance > 0.0 else 1.0
    for i in range(unknowns):
        step[i] = limit * newton[i]
    if head == 2:
        single = mapped.shape[0] == 3 and second[0] > 0.0
        ratio = max(1.0 + step[0], 0.05)
        change = (x[2] + step[2]) ** 2 / second[0] - x[2] ** 2 / second[0] if single else 0.0
        step[0] = math.log1p((spread * (ratio - 1.0) + change) / x[0])
    return 1.0 if done else 0.0
