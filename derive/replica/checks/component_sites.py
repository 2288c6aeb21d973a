"""Few explicit sites of several components, closed under permutations of the components, and laws as points."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from derive.replica.checks.measure import Array, LineMeasure, number
from derive.replica.checks.points import Point
from derive.replica.checks.sites import Sites
from derive.replica.checks.spec import Values, component_rule
from derive.replica.checks.sphere import sphere_points
from derive.spec.model import Channel, Density, Field, Law, Model, UnitSphere, VectorAtom

__all__ = [
    "VectorSites",
    "coefficients",
    "draw_vectors",
    "law_points",
    "mixed",
    "modes_of",
    "partner_points",
    "projections",
]


def projections(size: int) -> list[Array]:
    """The projections on differences and sum of components, numerically; of one component, the number one."""
    uniform = np.full((size, size), 1 / size)
    return [np.eye(size) - uniform, uniform] if size > 1 else [uniform]


def mixed(values: Sequence[float], size: int) -> Array:
    """The matrix with these modes."""
    total = np.zeros((size, size))
    for value, e in zip(values, projections(size), strict=True):
        total += value * e
    return total


def modes_of(matrix: Array) -> list[float]:
    """The modes of a matrix that permutations of the components leave alone."""
    return [float(np.sum(e * matrix) / np.trace(e)) for e in projections(len(matrix))]


def law_points(law: Law, size: int, values: Values, count: bool = False) -> tuple[Array, Array]:
    """A law of vectors as points (P, K) with weights; scalar laws act on every component."""
    laws: list[tuple[sp.Expr, Any]] = list(law.components)
    if any(isinstance(c, (VectorAtom, UnitSphere)) for _, c in laws):
        found = []
        for weight, c in laws:
            share = 1.0 if count else number(weight, values)
            if isinstance(c, UnitSphere):
                x, w = sphere_points(size)
                found.append((x, share * w))
            else:
                found.append((np.array([[number(x, values) for x in c.point]]), np.array([share])))
        return np.concatenate([x for x, _ in found]), np.concatenate([w for _, w in found])
    nodes, sizes = [], []
    for weight, part in laws:
        if isinstance(part, Density):
            low, high = (number(e, values) for e in (part.lower, part.upper))
            low, high = max(low, -40.0), min(high, 40.0)
            body = part.pdf.xreplace({s: sp.Float(x, 17) for s, x in values.items()})
            x, w = LineMeasure(body, part.variable).rule((), low, high, (high - low) / 2, tolerance=1e-9)
        else:
            x, w = component_rule(part, values, 0)
        nodes.append(x)
        sizes.append((1.0 if count else number(weight, values)) * w)
    x, w = np.concatenate(nodes), np.concatenate(sizes)
    points = np.array(list(itertools.product(x, repeat=size)))
    mass = np.prod(np.array(list(itertools.product(w, repeat=size))), axis=1)
    keep = np.abs(mass) > 1e-18 * np.max(np.abs(mass))
    return points[keep], mass[keep]


def partner_points(point: Point) -> tuple[Array, Array]:
    """The quenched vector that has overlaps with the weights, as points with weights; without one, nothing once."""
    site = point.system.site
    if not site.teacher:
        return np.zeros((1, 0)), np.ones(1)
    return law_points(site.quenched[-1].law, site.size, point.parameters)


def coefficients(fields: Sequence[Field], channel: Channel, names: Sequence[sp.Symbol], values: Values) -> Array:
    """The matrix of fields as the model writes them: what multiplies x_i and each of `names` at one site."""
    sd, zero = number(channel.input_sd, values), dict.fromkeys(names, 0.0)
    rows = [[number(e, {**values, **zero, s: 1.0}) for s in names] for f in fields for _, e in f.parts]
    return sd * np.array(rows).reshape(len(rows), len(names))


@dataclass(frozen=True)
class VectorSites(Sites):
    """Sites of K components: weights of shape (replicas, N, K), and the quenched vectors, of shape (N, K) or (N, 0)."""

    vectors: Array

    def named(self, point: Point, replica: int) -> list[Values]:
        """Every symbol of each site with its value."""
        names = point.system.model.weights[0].symbols
        rows = zip(self.quenched, self.weights[replica], strict=True)
        return [{**point.parameters, **s, **dict(zip(names, w.tolist(), strict=True))} for s, w in rows]

    def explicit_overlaps(self, point: Point, first: int = 0, second: int = 1) -> Values:
        """The modes of r, q, m as averages over the sites."""
        a, b, found = self.weights[first], self.weights[second], {}
        kinds = [(a.T @ a, "r"), (a.T @ b, "q")] + ([(a.T @ self.vectors, "m")] if self.vectors.size else [])
        for matrix, kind in kinds:
            for family, value in zip(point.system.families, modes_of(matrix / len(a)), strict=True):
                s = family.symbols
                found[{"r": s.r, "q": s.q, "m": s.m[0] if s.m else None}[kind]] = value
        return found


def _picked(points: Array, mass: Array, size: int, rng: np.random.Generator) -> Array:
    """Points of a law; rare ones are drawn often."""
    chances = np.abs(mass) ** 0.25
    return points[rng.choice(len(points), size=size, p=chances / chances.sum())]


def draw_vectors(point: Point, size: int, replicas: int, rng: np.random.Generator) -> VectorSites:
    """Sites at random in the supports, and all their images under permutations of the components.

    Overlap matrices of such sites commute with permutations; those of the model do so by the ansatz.
    """
    model: Model = point.system.model
    weights = model.weights[0]
    law = law_points(weights.law, weights.components, point.parameters, weights.measure == "count")
    drawn = [_picked(*law, size, rng) for _ in range(replicas)]
    vectors = _picked(*partner_points(point), size, rng)
    orders = [list(order) for order in itertools.permutations(range(weights.components))]
    images = np.array([np.concatenate([w[:, order] for order in orders]) for w in drawn])
    quenched = vectors[:, :0] if not vectors.size else vectors
    quenched = np.concatenate([quenched[:, order] if quenched.size else quenched for order in orders])
    names = point.system.site.teacher
    return VectorSites([dict(zip(names, s.tolist(), strict=True)) for s in quenched], images, quenched)
