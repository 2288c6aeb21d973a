"""Newton in mpmath from a double-precision root: the Jacobian at low precision, only the residual at full precision.

The Jacobian comes from the compiled solver, or from differences of the residual where that does not contract.  Every
pass mends it by Broyden's rank-one update, so that the right digits grow faster than by a constant.  At the end the
residual is evaluated with other quadrature steps and nodes and more digits; the change of the root it implies is the
certificate, whatever the Jacobian came from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import mpmath as mp
import numpy as np

__all__ = ["GUARD", "converge", "newton", "slopes"]

GUARD = 8
"""Digits carried beyond those asked for."""

Residual = Callable[[Sequence[mp.mpf], int, int], list[mp.mpf]]

_START = 20
_PASSES = 60


def slopes(function: Callable[[np.ndarray], np.ndarray], start: Sequence[float]) -> np.ndarray | None:
    """Return the Jacobian of a function of doubles by differences of fourth order, None where it is not regular."""
    y = np.array(start, dtype=float)
    columns = []
    for j in range(len(y)):
        move = np.zeros(len(y))
        move[j] = 1e-3 * max(abs(y[j]), 0.1)
        near, far = (function(y + k * move) - function(y - k * move) for k in (1, 2))
        columns.append((8 * near - far) / (12 * move[j]))
    matrix = np.array(columns).T
    return matrix if np.isfinite(matrix).all() and np.linalg.cond(matrix) < 1e12 else None


def newton(
    residual: Residual, start: Sequence[float], digits: int, matrix: np.ndarray | None = None
) -> tuple[list[mp.mpf], mp.mpf]:
    """Solve residual(y, refine, working digits) = 0 from a double-precision start; return (root, error bound).

    The error bound is the size of the last correction of `converge`.
    """
    y, corrections = converge(residual, start, digits, matrix)
    return y, max(map(abs, corrections))


def converge(
    residual: Residual, start: Sequence[float], digits: int, matrix: np.ndarray | None = None
) -> tuple[list[mp.mpf], list[mp.mpf]]:
    """Solve residual(y, refine, working digits) = 0; return the root and its last corrections, which are taken off.

    The last corrections are those at refined quadrature and raised precision: root + correction is the root at the
    plain quadrature.  `matrix` is an approximate Jacobian at the start; without it, or if it does not contract,
    differences of the residual are taken.
    """
    y = [mp.mpf(s) for s in start]
    own = matrix is None
    inverse = _differences(residual, y) if matrix is None else mp.inverse(mp.matrix(matrix.tolist()))
    full = digits + GUARD
    good, last, before = 13, mp.inf, None  # last: the size of the last step, infinite before the first
    for _ in range(_PASSES):
        working = min(full, good + 18)
        with mp.workdps(working):
            value = mp.matrix(residual(y, 1, working))
            if before is not None:
                inverse = _mended(inverse, before[0], value - before[1])
            step = -inverse * value
            size = max(abs(s) for s in step)
            if not own and not size < mp.mpf("1e-3") * min(last, 1):  # the given matrix does not contract
                own, before, last = True, None, mp.inf
                inverse = _differences(residual, y)
                continue
            y = [a + s for a, s in zip(y, step, strict=True)]
            rate = size / last if mp.isfinite(last) else mp.mpf("1e-7")
            left = size * min(rate, mp.mpf("0.1"))
            good = full if left == 0 else min(full, int(-mp.log10(left)))
            before, last = (step, value), size or mp.inf  # a step of zero tells no rate
        if working == full and good >= digits + 2:
            break
    with mp.workdps(full + 6):
        correction = inverse * mp.matrix(residual(y, 2, full + 6))
        return [a - c for a, c in zip(y, correction, strict=True)], list(correction)


def _mended(inverse: mp.matrix, step: mp.matrix, change: mp.matrix) -> mp.matrix:
    """Broyden's update of an inverse Jacobian, so that it maps the change of the residual to the step."""
    found = inverse * change
    row = step.T * inverse
    scale = (row * change)[0]
    if scale == 0:
        return inverse
    return inverse + (step - found) * row / scale


def _differences(residual: Residual, y: Sequence[mp.mpf]) -> mp.matrix:
    """The inverse Jacobian by central differences of the residual at low precision."""
    size = len(y)
    matrix = mp.matrix(size, size)
    with mp.workdps(_START):
        for j in range(size):
            h = mp.mpf(10) ** -7 * max(abs(y[j]), mp.mpf("0.1"))
            ahead, behind = list(y), list(y)
            ahead[j] += h
            behind[j] -= h
            above, below = residual(ahead, 1, _START), residual(behind, 1, _START)
            for i in range(size):
                matrix[i, j] = (above[i] - below[i]) / (2 * h)
        return mp.inverse(matrix)
