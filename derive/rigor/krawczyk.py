r"""Existence and uniqueness of a root in a box, by Krawczyk's operator.

With c the centre of a box B, J an enclosure of the Jacobian over B and Y any matrix,

    K = c - Y f(c) + (1 - Y J)(B - c):

if K lies in the interior of B there is exactly one root in B, and it lies in K.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from derive.rigor.library import NotProved, flint

__all__ = ["MOST_UNKNOWNS", "box_around", "prove_root"]

MOST_UNKNOWNS = 3
"""Fixed points of more order parameters are refused."""

_TRIES = 6
_WIDEN = 16

Balls = list[Any]
Residual = Callable[[Balls], Balls]
Jacobian = Callable[[Balls], list[Balls]]


def box_around(centre: Sequence[Any], radii: Sequence[Any]) -> Balls:
    """The box of given radii around exact numbers."""
    return [flint.arb(c, r) for c, r in zip(centre, radii, strict=True)]


def prove_root(residual: Residual, jacobian: Jacobian, centre: Sequence[Any], smallest: Any) -> tuple[Balls, Balls]:
    """Return (enclosure K of the root, box B in which it is the only one); `smallest` is the first radius tried.

    Raises
    ------
    NotProved
        if no box around the centre is mapped into itself.

    >>> two, near = flint.arb(2), [flint.arb(1.4142135)]
    >>> (root,), box = prove_root(lambda x: [x[0] ** 2 - 2], lambda x: [[2 * x[0]]], near, flint.arb(1e-7))
    >>> bool(root.contains(two.sqrt())), bool(root.overlaps(two))
    (True, False)
    """
    size = len(centre)
    value = flint.arb_mat([[f] for f in residual(list(centre))])
    slopes = flint.arb_mat(jacobian(list(centre)))
    try:
        inverse = _middle(_middle(slopes).inv())
    except ZeroDivisionError:
        raise NotProved("the Jacobian is singular to rounding: the root may be a fold") from None
    step = inverse * value
    one = flint.arb_mat([[int(i == j) for j in range(size)] for i in range(size)])
    radii = [(2 * abs(step[i, 0]).upper()).max(smallest) for i in range(size)]
    for _ in range(_TRIES):
        box = box_around(centre, radii)
        offsets = flint.arb_mat([[b - c] for b, c in zip(box, centre, strict=True)])
        matrix = flint.arb_mat(jacobian(box))
        image = (one - inverse * matrix) * offsets
        found = [c - step[i, 0] + image[i, 0] for i, c in enumerate(centre)]
        if all(b.contains_interior(k) for b, k in zip(box, found, strict=True)):
            return found, box
        radii = [_WIDEN * r for r in radii]
    raise NotProved("no box around the numerical root is mapped into itself")


def _middle(matrix: Any) -> Any:
    """A matrix of the exact centres of its balls."""
    rows, columns = matrix.nrows(), matrix.ncols()
    return flint.arb_mat([[matrix[i, j].mid() for j in range(columns)] for i in range(rows)])
