"""Sums over natural numbers in blocks that double in length.

A function of a count that is smooth on the scale of the count itself needs the same few of its values in every block
{L, ..., 2L - 1}.  A rule takes them at integers only, so that it never asks for what lies between two counts; its
weights are exact for polynomials, by orthogonality: the discrete Chebyshev (Gram) polynomials but the constant sum to
zero over the block.  The rule of every second node gives the error; where the two disagree, a block is halved, down to
`SHORT` counts, which are added up one by one.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["BLOCK_SIZES", "COUNT_C", "COUNT_W", "COUNT_X", "NODES", "SHORT", "block_error", "block_rule", "block_size"]

NODES = 17
"""Nodes of a block."""
SHORT = 16
"""Length of a block that is added up count by count."""
BLOCK_SIZES = 44
"""Lengths 32, 64, ... for which there is a rule."""


def _weights(nodes: np.ndarray, length: float) -> np.ndarray:
    """Weights with sum_y p(y) = sum_i w_i p(x_i) over y = 0 ... length - 1 for degrees below len(nodes)."""
    centred = (2.0 * nodes - length + 1.0) / length
    rows = [np.ones_like(nodes), centred]
    for n in range(1, nodes.size - 1):
        back = n * (1.0 - (n / length) ** 2)
        rows.append(((2 * n + 1) * centred * rows[n] - back * rows[n - 1]) / (n + 1))
    right = np.zeros(nodes.size)
    right[0] = length
    return np.linalg.solve(np.array(rows), right)


def block_rule(length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes in 0 ... length - 1, ascending, their weights, and the weights of the rule of every second node."""
    half = (NODES - 1) // 2
    left: list[int] = []
    for i in range(half):
        wanted = round(0.5 * (length - 1) * (1.0 - math.cos(math.pi * i / (NODES - 1))))
        left.append(max(wanted, left[-1] + 1 if left else 0))
    nodes = np.array([*left, (length - 1) // 2, *[length - 1 - i for i in reversed(left)]], dtype=float)
    coarse = np.zeros(NODES)
    coarse[::2] = _weights(nodes[::2], float(length))
    return nodes, _weights(nodes, float(length)), coarse


_RULES = [block_rule(2 * SHORT * 2**k) for k in range(BLOCK_SIZES)]
COUNT_X = np.array([r[0] for r in _RULES])
COUNT_W = np.array([r[1] for r in _RULES])
COUNT_C = np.array([r[2] for r in _RULES])


@njit(cache=True, error_model="numpy")
def block_size(length):  # type: ignore[no-untyped-def]
    """The row of the tables for a block of this length; -1 for one to be added up count by count.

    >>> block_size(16.0), block_size(32.0), block_size(128.0)
    (-1, 0, 2)
    """
    if length <= SHORT:
        return -1
    return int(math.log2(length) + 0.5) - 5


@njit(cache=True, error_model="numpy")
def block_error(fine, coarse, size):  # type: ignore[no-untyped-def]
    """Error of a block's rule from its distance to the coarse one, both of convergence geometric in their nodes."""
    near = abs(fine - coarse)
    if not size > 0.0:
        return near
    return size * min(near / size, 100.0 * (near / size) ** 2)
