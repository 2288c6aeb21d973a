"""Averages over fields whose log Z is the same under every rotation of the differences of components: a radial one.

With y the K - 1 differences, orthonormal, the mean over directions of a polynomial in derivatives of log Z is a
polynomial in derivatives at y = |y| e_1: components of a tensor at another direction are those at e_1, rotated, and
directions are averaged by a design on the sphere that is exact to fifth degree.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import sympy as sp

from derive.calculus.vectors import VectorLog

__all__ = ["DEGREE", "design", "radial_weight", "turned"]

DEGREE = 5
"""Degree to which `design` is exact."""


def design(size: int) -> list[tuple[sp.Expr, sp.Matrix]]:
    """Weights and unit vectors in n dimensions: e_i and (e_i +- e_j)/sqrt 2 with their negatives left out.

    The weights are those of degree five for vectors and their negatives: (4 - n)/(n(n + 2)) and 2/(n(n + 2)).

    >>> sum(w * v[0]**4 for w, v in design(3)), sum(w * v[0]**2 * v[1]**2 for w, v in design(3))
    (1/5, 1/15)
    """
    unit = [sp.Matrix([int(i == k) for i in range(size)]) for k in range(size)]
    found = [(sp.Rational(4 - size, size * (size + 2)), e) for e in unit]
    for i, j in combinations(range(size), 2):
        found += [(sp.Rational(2, size * (size + 2)), (unit[i] + s * unit[j]) / sp.sqrt(2)) for s in (1, -1)]
    return found if size > 1 else [(sp.S.One, unit[0])]


def radial_weight(t: sp.Symbol, size: int) -> sp.Expr:
    """|t|^(n - 1) over its mean for a unit normal t: E f(|y|) over n unit normals is E weight(t) f(|t|) over one.

    >>> radial_weight(sp.Symbol("t", real=True), 3)
    t**2
    """
    power = size - 1
    mean = sp.sqrt(2) ** power * sp.gamma(sp.Rational(size, 2)) / sp.sqrt(sp.pi)
    return (t**power if power % 2 == 0 else sp.Abs(t) * t ** (power - 1)) / sp.simplify(mean)


def _turn(direction: sp.Matrix) -> sp.Matrix:
    """An orthogonal matrix that takes e_1 to a direction (Householder's)."""
    size = direction.rows
    first = sp.Matrix([int(i == 0) for i in range(size)])
    gap = first - direction
    length = sp.expand(gap.dot(gap))
    return sp.eye(size) if length == 0 else (sp.eye(size) - 2 * gap * gap.T / length).applyfunc(sp.radsimp)


def turned(body: sp.Expr, norms: Sequence[int]) -> sp.Expr | None:
    """The mean over directions of y, in derivatives at e_1; None where the body is no polynomial of low degree in them.

    Derivatives are along vectors of squared lengths `norms`, the sum of the components first.
    """
    nodes = sorted(body.atoms(VectorLog), key=lambda node: node.orders)
    names = [sp.Dummy(f"l{k}") for k in range(len(nodes))]
    replaced = body.xreplace(dict(zip(nodes, names, strict=True)))
    try:
        polynomial = sp.Poly(replaced, *names)
    except sp.PolynomialError:
        return None
    size = len(norms) - 1
    rotations = [(w, _turn(v)) for w, v in design(size)]
    images = [[_image(node, norms, turn) for _, turn in rotations] for node in nodes]
    total = sp.S.Zero
    for powers, coefficient in polynomial.terms():
        if sum(p * sum(node.orders[1:]) for p, node in zip(powers, nodes, strict=True)) > DEGREE:
            return None
        for a, (weight, _) in enumerate(rotations):
            total += coefficient * weight * sp.Mul(*[images[k][a] ** p for k, p in enumerate(powers) if p])
    return sp.expand(total)


def _image(node: VectorLog, norms: Sequence[int], turn: sp.Matrix) -> sp.Expr:
    """A derivative at the direction turn e_1, in those at e_1; odd ones across e_1 vanish there."""
    along = [k for k, count in enumerate(node.orders) for _ in range(count)]
    total = sp.S.Zero
    for target in product(*[(0,) if k == 0 else range(1, len(norms)) for k in along]):
        orders = [target.count(k) for k in range(len(norms))]
        if any(count % 2 for count in orders[2:]):
            continue
        weight = sp.S.One
        for k, j in zip(along, target, strict=True):
            weight *= turn[k - 1, j - 1] * sp.sqrt(sp.Rational(norms[k], norms[j])) if k else 1
        total += weight * node.with_orders(orders)
    return total
