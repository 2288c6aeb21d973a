"""Stage 2: fields of explicit inputs at fixed weights, against Gaussian fields with the claimed covariances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp
from scipy import special

from derive.replica.average_disorder import AveragedSystem
from derive.replica.checks.components import check_components_averaged
from derive.replica.checks.energies import check_averaged_energies
from derive.replica.checks.labels import FEW_COUNTS, Labels, factor_values, quantiles
from derive.replica.checks.lattice import shifted_lattice
from derive.replica.checks.measure import Array, compiled, number
from derive.replica.checks.points import Ledger, Point
from derive.replica.checks.sites import Sites, draw_sites, site_functions
from derive.replica.trace import Check
from derive.spec.model import Channel

__all__ = ["check_average_disorder"]

SIZE = 3  # sites
SCRAMBLES = 8


def check_average_disorder(averaged: AveragedSystem) -> Check:
    """Second moments over inputs by cubature, E prod_a F(y, h_a) by randomised quasi-Monte Carlo."""
    system = averaged.system
    if system.model.vectors:
        return check_components_averaged(averaged)
    ledger, point = Ledger(), Point(averaged.system)
    rng = np.random.default_rng(20)
    for _ in range(2):
        drawn = [_inside(view, rng) for view in point.views]
        for j, (channel, part) in enumerate(zip(system.model.channels, system.channels, strict=True)):
            sites, home = drawn[part.family], point.of(part)
            claimed = _claimed(averaged, j, sites, home, channel)
            names = ("zz", "h1 z", "h2 z", "h1 h1", "h1 h2", "h2 h2")
            found = _second_moments(sites, channel, home)
            for name, (a, b) in zip(names, ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)), strict=True):
                if part.m is not None or "z" not in name:
                    ledger.compare(f"E {name} ({j})", claimed[a, b], found[a, b], 1e-9)
            _check_factor(sites, channel, home, claimed, ledger)
    for j, (channel, part) in enumerate(zip(system.model.channels, system.channels, strict=True)):
        if part.m is None:
            continue
        home = point.of(part)
        model = home.system.model
        pairs = [(site_functions(channel, model, {**point.parameters, **s})[1], w) for s, w in home.quenched]
        expected = sum(w * b**2 for b, w in pairs)
        ledger.compare(f"variance of z ({j})", number(averaged.covariances[j][3], point.parameters), expected, 1e-7)
    check_averaged_energies(averaged, point, rng, ledger)
    if not system.channels:
        return ledger.check(f"energies of random couplings at N = {SIZE} with two fixed replicas")
    return ledger.check(
        f"inputs at N = {SIZE} with two fixed replicas against Gaussian fields of the claimed covariances"
    )


def _inside(point: Point, rng: np.random.Generator) -> Sites:
    """Sites whose fields are inside the domain with room for the square of the factors, where some are found."""
    for _ in range(60):
        sites = draw_sites(point, SIZE, 2, rng)
        at, other = (sites.explicit_overlaps(point, a, b) for a, b in ((0, 1), (1, 0)))
        s = point.system.symbols
        overlaps = np.array([[at[s.r], at[s.q]], [at[s.q], other[s.r]]])
        if not point.system.domain or point.in_domain(2 * float(np.linalg.eigvalsh(overlaps)[-1])):
            break
    return sites


def _claimed(averaged: AveragedSystem, j: int, sites: Sites, point: Point, channel: Channel) -> Array:
    """The covariance of (z, h_1, h_2) in the explicit overlaps."""
    first, second = (sites.explicit_overlaps(point, a, b) for a, b in ((0, 1), (1, 0)))
    entries = [[number(e, {**point.parameters, **o}) for e in averaged.covariances[j]] for o in (first, second)]
    _, b = sites.coefficients(channel, point)
    own = float(np.sum(b**2)) if channel.teacher else 1.0
    matrix = np.diag([own, entries[0][0], entries[1][0]])
    matrix[1, 2] = matrix[2, 1] = entries[0][1]
    matrix[0, 1:] = matrix[1:, 0] = [entries[0][2], entries[1][2]] if channel.teacher else 0.0
    return matrix


def _fields(sites: Sites, channel: Channel, point: Point) -> Array:
    """Rows (z, h_1, h_2) in terms of the standard inputs; without a teacher, z is zero."""
    a, b = sites.coefficients(channel, point)
    return np.vstack([b, sites.weights * a])


def _second_moments(sites: Sites, channel: Channel, point: Point) -> Array:
    """E of products of fields over standard normal inputs by a product Gauss rule."""
    t, w = np.polynomial.hermite_e.hermegauss(6)
    grid = np.stack(np.meshgrid(*[t] * SIZE, indexing="ij")).reshape(SIZE, -1)
    weight = np.prod(np.stack(np.meshgrid(*[w] * SIZE, indexing="ij")).reshape(SIZE, -1), axis=0)
    fields = _fields(sites, channel, point) @ grid
    return (fields * weight / weight.sum()) @ fields.T


def _check_factor(sites: Sites, channel: Channel, point: Point, claimed: Array, ledger: Ledger) -> None:
    mixing = _fields(sites, channel, point)
    values, vectors = np.linalg.eigh(claimed)
    gaussian = vectors * np.sqrt(np.maximum(values, 0.0))
    if not channel.teacher:
        gaussian[0] = 0.0
    product = _product(channel, point)
    means = []
    for index, matrix in enumerate((mixing, gaussian)):
        runs = []
        for seed in range(SCRAMBLES):
            uniform = shifted_lattice(SIZE + 3 * len(channel.noise), 100 * index + seed)
            runs.append(float(np.mean(product(matrix @ special.ndtri(uniform[:, :SIZE]).T, uniform[:, SIZE:]))))
        means.append((np.mean(runs), np.std(runs, ddof=1) / np.sqrt(SCRAMBLES)))
    (a, da), (b, db) = means
    scale = max(abs(float(a)), abs(float(b)), 1e-12)
    ledger.add(f"E prod F ({channel.index})", float(abs(a - b)) / scale, 6 * float(np.hypot(da, db)) / scale + 1e-6)


def _product(channel: Channel, point: Point) -> Callable[[Array, Array], Array]:
    """(fields, uniform numbers) -> prod_a F(y, h_a); real Bayes labels meet through a smooth window."""
    labels = Labels.of(channel, point.parameters, 1)
    model = point.system.model

    def draws(field: Array, uniform: Array) -> Array:
        expression = labels.label.expression.xreplace({s: sp.Float(x, 17) for s, x in point.parameters.items()})
        noise = {s: quantiles(law, uniform[:, j], point.parameters) for j, (_, s, law) in enumerate(channel.noise)}
        names, values = tuple(noise), list(noise.values())
        if channel.teacher:
            names, values = (channel.teacher[0].symbol, *names), [field, *values]
        return compiled(expression, names)(*values) + 0.0 * field

    def function_label(fields: Array, uniform: Array) -> Array:
        count = len(channel.noise)
        y = draws(fields[0], uniform[:, :count])
        if channel.factor == "bayes":
            others = [draws(h, uniform[:, (a + 1) * count : (a + 2) * count]) for a, h in enumerate(fields[1:])]
            return np.exp(-sum((y - o) ** 2 for o in others) / (2 * 0.3**2))
        first, second = (factor_values(model, channel, point.parameters, y, h, point.globals) for h in fields[1:])
        return first * second

    def law_label(fields: Array, uniform: Array) -> Array:
        total = np.zeros(fields.shape[1])
        for y, weight in labels.nodes(float(np.max(np.abs(fields))) / 4, FEW_COUNTS):
            if channel.factor == "bayes":
                pair = labels.law(y, fields[1]) * labels.law(y, fields[2])
            else:
                pair = np.prod(
                    [factor_values(model, channel, point.parameters, y, h, point.globals) for h in fields[1:]],
                    axis=0,
                )
            total += weight * labels.law(y, fields[0]) * pair
        return total

    def no_label(fields: Array, uniform: Array) -> Array:
        return np.prod(
            [factor_values(model, channel, point.parameters, None, h, point.globals) for h in fields[1:]],
            axis=0,
        )

    if channel.label is None:
        return no_label
    return function_label if labels.is_function else law_label
