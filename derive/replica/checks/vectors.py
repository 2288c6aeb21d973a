"""Nodes of several fields by their definitions: log Z as the sum over a grid of the factor, averages by Gauss-Hermite.

Nothing of the decompositions of the calculus is used: one grid in the plane of the inner variables, with the factor (or
the site measure) as weights, and a product rule in the fields.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from derive.calculus.nodes import GaussianAverage, bound
from derive.calculus.partition import INNER, Partition
from derive.calculus.vectors import VectorLaw, VectorLog, VectorPartition, triangle
from derive.replica.checks.measure import (
    Array,
    LineMeasure,
    _fixed,
    _roots,
    _switch_arguments,
    compiled,
    gauss_panels,
    number,
)
from derive.replica.checks.sphere import sphere_points

__all__ = ["VectorRules", "plane"]

HERMITE = 44
"""Nodes of the product rule in every field."""
Env = dict[sp.Symbol, Any]
_TEACHERS = sp.Symbol("|teachers")


def plane(body: sp.Expr, inner: Sequence[sp.Symbol], reach: float) -> tuple[Array, Array]:
    """A function of two variables as points and weights: panels between switches of the first, then of the second."""
    first, second = inner
    edges = list(np.linspace(-reach, reach, 11))
    line = np.linspace(-reach, reach, 801) + 1e-9
    for g in _switch_arguments(body, first):
        if not g.has(second):
            edges += list(_roots(partial(_fixed, compiled(g, (first,)), ()), line))
    edges = sorted(edges)
    edges = [edges[0], *[b for a, b in itertools.pairwise(edges) if b - a > 1e-7]]
    x, w = gauss_panels(edges)
    measure = LineMeasure(body, second, (first,))
    points, weights = [], []
    for a, b in zip(x, w, strict=True):
        y, v = measure.rule((a,), -reach, reach, reach / 5, (), 1e-9)
        points.append(np.column_stack([np.full(y.shape, a), y]))
        weights.append(b * v)
    return np.concatenate(points), np.concatenate(weights)


class VectorRules:
    """The part of the evaluator for several fields; mixed into `derive.replica.checks.numeric.Evaluator`."""

    partitions: Any
    parameters: dict[sp.Symbol, float]
    reach: float
    _grids: dict[tuple, tuple[Array, Array]]

    def _matrix(self, entries: Sequence[sp.Expr], size: int, env: Env) -> Array:
        """A symmetric matrix from its upper triangle."""
        found = np.zeros((size, size))
        for (i, j), e in zip(triangle(size), entries, strict=True):
            found[i, j] = found[j, i] = float(self._value(e, env))  # type: ignore[attr-defined]
        return found

    def _vector_gaussian(self, node: GaussianAverage, env: Env) -> float:
        """E over several fields; teacher fields are kept as their law given the others."""
        variables = node.bound_symbols
        count = len(variables)
        covariance = self._matrix(node.args[3], count, env)
        mean = np.array([float(self._value(m, env)) for m in node.mean])  # type: ignore[attr-defined]
        teachers = [i for i, x in enumerate(variables) if x.name.startswith(bound("teacher").name)]
        fields = [i for i in range(count) if i not in teachers]
        own = covariance[np.ix_(fields, fields)]
        values, vectors = np.linalg.eigh(own)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        t, w = np.polynomial.hermite_e.hermegauss(HERMITE)
        w = w / w.sum()
        nodes = np.array(list(itertools.product(t, repeat=len(fields))))
        weights = np.prod(np.array(list(itertools.product(w, repeat=len(fields)))), axis=1)
        x = mean[fields] + nodes @ root.T
        inner = {**env, **{variables[i]: x[:, k] for k, i in enumerate(fields)}}
        if teachers:
            cross = covariance[np.ix_(fields, teachers)]
            slope = np.linalg.solve(own, cross)
            rest = covariance[np.ix_(teachers, teachers)] - cross.T @ slope
            inner[_TEACHERS] = (mean[teachers] + (x - mean[fields]) @ slope, rest)
        return float(np.sum(weights * self._value(node.body, inner)))  # type: ignore[attr-defined]

    def vector_grid(self, name: str, rest: tuple[float, ...], size: int) -> tuple[Array, Array]:
        """Points (count, K) and weights of the factor, label law or site measure `name`."""
        if (name, *rest) in self._grids:
            return self._grids[name, *rest]
        partition: VectorPartition | Partition = self.partitions[name]
        if partition.kind == "site":
            found = self._site_grid(partition, size)
        else:
            given = {s: sp.Float(x, 17) for s, x in self.parameters.items()}
            given |= dict(zip(partition.rest, rest, strict=True))
            found = plane(partition.body.xreplace(given), partition.inner, self.reach)
        self._grids[name, *rest] = found
        return found

    def _site_grid(self, partition: VectorPartition | Partition, count: int) -> tuple[Array, Array]:
        if isinstance(partition, VectorPartition) and partition.linear:
            found = [
                (np.array([[number(x, self.parameters) for x in point]]), np.exp([number(w, self.parameters)]))
                for w, point in partition.points
            ]
            if partition.sphere is not None:
                x, w = sphere_points(count)
                found.append((x, np.exp(number(partition.sphere, self.parameters)) * w))
            return np.concatenate([x for x, _ in found]), np.concatenate([w for _, w in found])
        nodes, sizes = [], []
        for weight, body, atom, lower, upper in partition.body:
            size = number(weight, self.parameters)
            if atom != sp.Symbol("none"):
                nodes.append(np.array([number(atom, self.parameters)]))
                sizes.append(np.array([size]))
                continue
            low, high = max(number(lower, self.parameters), -9.0), min(number(upper, self.parameters), 9.0)
            given = {s: sp.Float(x, 17) for s, x in self.parameters.items()}
            x, w = LineMeasure(body.xreplace(given), INNER).rule((), low, high, 3.0, (), 1e-11)
            nodes.append(x)
            sizes.append(size * w)
        x, w = np.concatenate(nodes), np.concatenate(sizes)
        points = np.array(list(itertools.product(x, repeat=count)))
        return points, np.prod(np.array(list(itertools.product(w, repeat=count))), axis=1)

    def _vector_log(self, node: VectorLog, env: Env) -> Array | float:
        """A derivative of log Z, to second order: cumulants of the tilted measure."""
        size = node.size
        values = [np.asarray(self._value(x, env)) for x in node.fields]  # type: ignore[attr-defined]
        fields = np.array([np.atleast_1d(x) for x in values], dtype=np.float64).T
        variance = self._matrix(node.variances, size, env)
        rest = tuple(float(self._value(a, env)) for a in node.rest)  # type: ignore[attr-defined]
        points, weights = self.vector_grid(node.args[0].name, rest, node.size)
        with np.errstate(divide="ignore"):
            logs = np.log(weights)
        channel = node.args[1] == 1
        out = np.empty(len(fields))
        precision = np.linalg.inv(variance) if channel else variance
        for k, x in enumerate(fields):
            gap = points - x if channel else points
            exponent = logs - 0.5 * np.einsum("ai,ij,aj->a", gap, precision, gap)
            exponent += -0.5 * np.log(np.linalg.det(2 * np.pi * variance)) if channel else points @ x
            top = np.max(exponent)
            mass = np.exp(exponent - top)
            total = mass.sum()
            if not sum(node.orders):
                out[k] = top + np.log(total)
                continue
            tilted = (gap @ precision) if channel else points  # d(exponent)/dx
            mean = mass @ tilted / total
            where = [i for i, n in enumerate(node.orders) for _ in range(n)]
            if len(where) == 1:
                out[k] = mean[where[0]]
            elif len(where) == 2:
                i, j = where
                out[k] = mass @ ((tilted[:, i] - mean[i]) * (tilted[:, j] - mean[j])) / total
                out[k] -= precision[i, j] if channel else 0.0
            else:
                raise ValueError("derivatives of log Z of several fields are evaluated to second order")
        return out if any(x.ndim for x in values) else float(out[0])

    def _vector_law(self, node: VectorLaw, env: Env) -> Array:
        """P(y|z) over the law of the teachers given the student fields; its derivatives by Hermite weights."""
        mean, covariance = env[_TEACHERS]
        rest = tuple(float(self._value(a, env)) for a in node.rest)  # type: ignore[attr-defined]
        points, weights = self.vector_grid(node.args[0].name, rest, node.size)
        precision = np.linalg.inv(covariance)
        scale = 1.0 / np.sqrt(np.linalg.det(2 * np.pi * covariance))
        out = np.empty(len(mean))
        where = [i for i, n in enumerate(node.orders) for _ in range(n)]
        for k, m in enumerate(mean):
            gap = points - m
            score = gap @ precision
            mass = scale * weights * np.exp(-0.5 * np.sum(gap * score, axis=1))
            if not where:
                out[k] = mass.sum()
            elif len(where) == 1:
                out[k] = mass @ score[:, where[0]]
            elif len(where) == 2:
                i, j = where
                out[k] = mass @ (score[:, i] * score[:, j] - precision[i, j])
            else:
                raise ValueError("derivatives of a label law of several fields are evaluated to second order")
        return out
