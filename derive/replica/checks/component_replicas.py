"""Stage 4 for weights of several components: integrals over n replicas as sums over points, matrices written out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sympy as sp

from derive.replica.checks.component_sites import law_points, mixed, modes_of, partner_points
from derive.replica.checks.measure import Array, number
from derive.replica.checks.points import Point
from derive.replica.checks.spec import Values
from derive.replica.checks.vectors import plane
from derive.replica.components import VectorChannel
from derive.replica.system import ComponentPart

__all__ = ["explicit_channel", "explicit_site"]

WORK = 4e11
"""Multiplications that one integral may cost; above it the comparison at this n is left out."""
CHUNK = 256


def _sums(u: Array, pair: Array, n: int) -> Array:
    """Sums over all but the first of n replicas that share the weights u (rows, points): (rows, points)."""
    if n == 1:
        return u
    if n == 2:
        return u * (u @ pair.T)
    found = np.empty_like(u)
    for row, weights in enumerate(u):  # n = 3: sum over b, c of u_b u_c pair_ab pair_bc pair_ac
        two = pair * weights
        found[row] = weights * np.einsum("ab,ab->a", two @ pair.T, two)
    return found


def _cost(rows: int, points: int, n: int) -> float:
    return float(rows) * float(points) ** max(n, 1)


def explicit_site(point: Point, n: int) -> tuple[float, Values] | None:
    """The site integral over w_1..w_n with explicit conjugate matrices, and r, q, m of its tilted measure."""
    system, at, weights = point.system, point.all, point.system.model.weights[0]
    for family in system.families:
        s = family.symbols
        noise = sum(at[h] ** 2 * number(e, at) for h, e in zip(s.m_hat, family.second_moments, strict=True))
        if at[s.A] - n * (at[s.q_hat] + noise) <= 0.05 * at[s.A]:
            return None
    w, mass = law_points(weights.law, weights.components, point.parameters, weights.measure == "count")
    truth, chances = partner_points(point)
    if n > 3 or _cost(len(truth), len(w), n) > WORK:
        return None
    size, modes = weights.components, [f.symbols for f in system.families]
    r_hat, q_hat = mixed([at[f.r_hat] for f in modes], size), mixed([at[f.q_hat] for f in modes], size)
    u = np.tile(mass * np.exp(np.einsum("pi,ij,pj->p", w, r_hat, w) / 2), (len(truth), 1))
    if truth.size:
        m_hat = mixed([at[f.m_hat[0]] for f in modes], size)
        u *= np.exp(truth @ m_hat.T @ w.T)
    pair = np.exp(w @ q_hat @ w.T)
    share = chances[:, None] * _sums(u, pair, n)
    total = float(share.sum())
    moments = {"r": np.einsum("sp,pi,pj->ij", share, w, w, optimize=True)}
    if n == 2:
        other: Array = np.stack([(u * w[:, k]) @ pair.T for k in range(w.shape[1])], axis=-1)
        moments["q"] = np.einsum("sp,pi,spj->ij", chances[:, None] * u, w, other, optimize=True)
    elif n == 3:
        moments["q"] = _pairs_of_three(u, pair, chances, w)
    if truth.size:
        moments["m"] = np.einsum("sp,pi,sj->ij", share, w, truth, optimize=True)
    found: Values = {}
    for kind, matrix in moments.items():
        for f, value in zip(modes, modes_of(matrix / total), strict=True):
            found[{"r": f.r, "q": f.q, "m": f.m[0] if f.m else None}[kind]] = value
    if n == 1:  # no second replica: q is not in the action
        found |= {f.q: at[f.q] for f in modes}
    return total, found


def _pairs_of_three(u: Array, pair: Array, chances: Array, w: Array) -> Array:
    """The sum over three replicas of w_1 w_2."""
    size = w.shape[1]
    total = np.zeros((size, size))
    for chance, weights in zip(chances, u, strict=True):
        joint = pair * ((pair * weights) @ pair.T) * np.multiply.outer(weights, weights)
        total += chance * (w.T @ joint @ w)
    return total


def explicit_channel(part: VectorChannel, claimed: Sequence[sp.Matrix], point: Point, n: int) -> float | None:
    """The sum over labels of E P(y | z) prod_a F(y, h_a) with the explicit covariance of (z, h_1..h_n)."""
    if n > 2:
        return None
    own, off, cross, teacher = (np.array([[number(e, point.all) for e in row] for row in m.tolist()]) for m in claimed)
    covariance = np.kron(np.eye(n), own - off) + np.kron(np.ones((n, n)), off)
    if part.teacher_loads is not None:
        edge = np.tile(cross, (n, 1))
        covariance = np.block([[teacher, edge.T], [edge, covariance]])
    return sum(c.multiplicity * _one_label(c, covariance, point, n, part) for c in part.components)


def _nodes(body: sp.Basic, inner: Sequence[sp.Symbol], covariance: Array, point: Point) -> tuple[Array, Array]:
    """A factor as points and weights, those that a Gaussian of this covariance sees."""
    reach = 8.2 * float(np.sqrt(np.max(np.diag(covariance))))
    given = {s: sp.Float(x, 17) for s, x in point.parameters.items()}
    x, w = plane(body.xreplace(given), inner, reach)
    size = np.abs(w) * np.exp(-np.einsum("pi,ij,pj->p", x, np.linalg.inv(covariance), x) / 2)
    keep = size > 1e-15 * np.max(size)
    return x[keep], w[keep]


def _one_label(component: ComponentPart, covariance: Array, point: Point, n: int, part: VectorChannel) -> float:
    count = part.loads.rows
    precision = np.linalg.inv(covariance)
    norm = float(np.sqrt(np.linalg.det(precision) / (2 * np.pi) ** len(covariance)))
    h, weights = _nodes(component.partition.body, component.partition.inner, covariance[-count:, -count:], point)
    own = precision[-count:, -count:]
    u = weights * np.exp(-np.einsum("pi,ij,pj->p", h, own, h) / 2)
    pair = np.exp(-h @ precision[-2 * count : -count, -count:] @ h.T) if n == 2 else np.ones((1, 1))
    law = component.law_partition
    if law is None:
        chance = 1.0 if component.label is None else number(component.law, point.parameters)
        return norm * chance * float(_sums(u[None, :], pair, n).sum())
    z, mass = _nodes(law.body, law.inner, covariance[:count, :count], point)
    mass = mass * np.exp(-np.einsum("pi,ij,pj->p", z, precision[:count, :count], z) / 2)
    total = 0.0
    for start in range(0, len(z), CHUNK):
        rows = slice(start, start + CHUNK)
        pulled = u * np.exp(-z[rows] @ precision[:count, count : 2 * count] @ h.T)
        total += float(mass[rows] @ _sums(pulled, pair, n).sum(axis=1))
    return norm * total
