"""Few explicit sites: site functions as the model writes them, and fields of given inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from derive.replica.checks.measure import Array, number
from derive.replica.checks.points import Point
from derive.replica.checks.spec import Values, site_rule
from derive.spec.model import Channel, Model

__all__ = ["Sites", "draw_sites", "joint_overlaps", "site_functions"]


def site_functions(channel: Channel, model: Model, values: Values) -> tuple[float, float]:
    """What multiplies x_i w_i in the student field and x_i in the teacher field of one site, inputs included.

    Over sqrt(n) if n sites stand for the size*N sites of the family: the square root of the size is included.
    """
    size = next((f.size for f in model.families if f.name == model.weights[0].family), sp.S.One)
    sd = number(channel.input_sd, values) * float(np.sqrt(number(size, values)))
    w = model.weights[0].symbol
    student = number(channel.student[0].coefficient, {**values, w: 1.0})
    teacher = number(channel.teacher[0].coefficient, values) if channel.teacher else 0.0
    return sd * student, sd * teacher


@dataclass(frozen=True)
class Sites:
    """N sites: quenched values, and weights of shape (replicas, N) drawn from the site measure."""

    quenched: list[Values]
    weights: Array

    def named(self, point: Point, replica: int) -> list[Values]:
        """Every symbol of each site with its value."""
        w = point.system.model.weights[0].symbol
        rows = zip(self.quenched, self.weights[replica].tolist(), strict=True)
        return [{**point.parameters, **s, w: x} for s, x in rows]

    def coefficients(self, channel: Channel, point: Point) -> tuple[Array, Array]:
        """Student and teacher coefficients of the N sites of one channel, over sqrt(N)."""
        model = point.system.model
        found = [site_functions(channel, model, {**point.parameters, **s}) for s in self.quenched]
        a, b = np.array(found).T / np.sqrt(len(self.quenched))
        return a, b

    def explicit_overlaps(self, point: Point, first: int = 0, second: int = 1) -> Values:
        """r, q, m of the site averages that the derivation names."""
        system, s = point.system, point.system.symbols
        values = [{**point.parameters, **q} for q in self.quenched]
        x = np.array([number(system.site.factor, v) for v in values]) * self.weights
        overlaps = {s.r: float(np.mean(x[first] ** 2)), s.q: float(np.mean(x[first] * x[second]))}
        for m, t in zip(s.m, system.site.teachers, strict=True):
            overlaps[m] = float(np.mean(x[first] * np.array([number(t, v) for v in values])))
        return overlaps


def joint_overlaps(families: Sequence[Sites], point: Point, first: int = 0, second: int = 1) -> Values:
    """`explicit_overlaps` of the sites of every family."""
    found: Values = {}
    for sites, view in zip(families, point.views, strict=True):
        found |= sites.explicit_overlaps(view, first, second)
    return found


def draw_sites(point: Point, size: int, replicas: int, rng: np.random.Generator) -> Sites:
    """Quenched values and weights at random in the supports; rare values are drawn often, zeros do not test much."""
    model = point.system.model
    chances = np.array([w for _, w in point.quenched]) ** 0.25
    picks = rng.choice(len(chances), size=size, p=chances / chances.sum())
    quenched = [point.quenched[i][0] for i in picks]
    weights = np.zeros((replicas, size))
    for i, values in enumerate(quenched):
        nodes, mass = site_rule(model, {**point.parameters, **values}, 2.5)
        weights[:, i] = rng.choice(nodes, size=replicas, p=mass**0.25 / np.sum(mass**0.25))
    if model.weights[0].measure == "sphere":
        radius = number(model.weights[0].radius, point.parameters)
        weights *= np.sqrt(radius * size / np.sum(weights**2, axis=1, keepdims=True))
    return Sites(quenched, weights)
