"""Stages 1 to 3 for weights of several components: the model as written, on sites closed under permutations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sympy as sp
from scipy import special

from derive.calculus.vectors import VectorLog, triangle
from derive.replica.average_disorder import AveragedSystem
from derive.replica.checks.component_sites import (
    VectorSites,
    coefficients,
    draw_vectors,
    law_points,
    mixed,
    modes_of,
    partner_points,
)
from derive.replica.checks.energies import check_averaged_energies, check_written_energies, evaluated
from derive.replica.checks.labels import Labels, factor_values, quantiles
from derive.replica.checks.lattice import shifted_lattice
from derive.replica.checks.measure import Array, compiled, number
from derive.replica.checks.points import Ledger, Point, gradient
from derive.replica.checks.spec import Values
from derive.replica.components import VectorChannel
from derive.replica.order_parameters import Action
from derive.replica.system import ComponentPart, System
from derive.replica.trace import Check
from derive.spec.functions import Cross, Overlap
from derive.spec.model import Channel, Model

__all__ = ["check_components_averaged", "check_components_replicated", "check_components_tilted", "factor_of"]

EXACT, SAMPLED, TILTED = 1e-8, 6e-3, 1e-6
SIZE, CONFIGURATIONS, SCRAMBLES = 2, 8, 8


def factor_of(part: ComponentPart, point: Point, x: Array, law: bool = False) -> Array:
    """The factor of the derivation (or its label law) at fields of shape (..., K)."""
    partition = part.law_partition if law else part.partition
    exact = {s: sp.Float(value, 17) for s, value in point.parameters.items()}
    body = partition.body.xreplace(exact)
    return compiled(body, partition.inner)(*np.moveaxis(x, -1, 0))


# ------------------------------------------------------------------------------------------- stage 1


def check_components_replicated(system: System, written: Model) -> Check:
    """The site measure, labels and factors of the derivation, and E Z^n at n = 1, 2, against the model as written."""
    ledger, point = Ledger(), Point(system)
    rng = np.random.default_rng(11)
    _check_measure(point, ledger)
    for channel, part in zip(system.model.channels, system.channels, strict=True):
        _check_laws(channel, part, point, ledger)
        for draw in range(3):
            _check_moments(channel, part, point, rng, ledger, draw)
    check_written_energies(system, written, point, rng, ledger, draw_vectors)
    return ledger.check(
        f"site measure, labels, factors and energies as written; E Z^n of {SIZE} sites and their images"
    )


def _check_measure(point: Point, ledger: Ledger) -> None:
    """Log int dmu(w) exp(-w.A w/2 + x.w) by the law of the model and by the measure of the derivation."""
    site, weights = point.system.site, point.system.model.weights[0]
    size, evaluate = weights.components, point.evaluator()
    w, mass = law_points(weights.law, size, point.parameters, weights.measure == "count")
    stiff = [point.hats[f.symbols.A] for f in point.system.families]
    A = mixed(stiff, size)
    rng = np.random.default_rng(3)
    for _ in range(3):
        x = np.sqrt(stiff[0]) * rng.uniform(-1.5, 1.5, size)
        expected = float(np.log(np.sum(mass * np.exp(-np.einsum("pi,ij,pj->p", w, A, w) / 2 + w @ x))))
        entries = [sp.Float(A[i, j], 17) for i, j in triangle(size)]
        node = VectorLog.of(site.partition.name, -1, [sp.Float(e, 17) for e in x], entries)
        ledger.compare("site measure", evaluate(node), expected, EXACT)


def _outcomes(labels: Labels, count: int, scale: float) -> list[float]:
    """The values that a label takes at random fields."""
    if not labels.is_function:
        return labels.atoms()
    rng, found = np.random.default_rng(7), set()
    for z in 2 * scale * rng.standard_normal((400, count)):
        found |= set(np.round(labels.draws(z), 11).tolist())
    return sorted(found)


def _check_laws(channel: Channel, part: VectorChannel, point: Point, ledger: Ledger) -> None:
    """P(y | z) and F(y, h) of every label value at random fields, joined values at their mirror images."""
    labels = None if channel.label is None else Labels.of(channel, point.parameters)
    bound = SAMPLED if labels is not None and labels.is_function and labels.noise else EXACT
    fields = 1.3 * np.random.default_rng(5).standard_normal((24, part.loads.rows))
    for component in part.components:
        values = (getattr(component.label, "value", None), component.partner)[: component.multiplicity]
        for symbol, sign in zip(values, (1, -1), strict=False):
            y = None if symbol is None else number(symbol, point.parameters)
            chances = None if labels is None else np.array([labels.chance(y, z) for z in fields])
            if component.law_partition is not None:
                found = factor_of(component, point, sign * fields, law=True)
                ledger.add(f"P(y = {y} | z)", float(np.max(np.abs(found - chances))), bound)
            found = factor_of(component, point, sign * fields)
            if channel.factor == "bayes":
                expected = chances
            else:
                expected = factor_values(point.system.model, channel, point.parameters, y, fields)
            ledger.add(f"F(y = {y}, h)", float(np.max(np.abs(found - expected))), bound)


def _check_moments(
    channel: Channel, part: VectorChannel, point: Point, rng: np.random.Generator, ledger: Ledger, draw: int
) -> None:
    """Mean of Z^n over the labels of two samples at given inputs, against the sum over n replicas."""
    sites = draw_vectors(point, SIZE, CONFIGURATIONS, rng)
    student, teacher = _fields(sites, channel, point)
    mu = rng.uniform(0.5, 1.5, CONFIGURATIONS)
    count = teacher.shape[1]
    labels = None if channel.label is None else Labels.of(channel, point.parameters)
    outcomes = [None] if labels is None else _outcomes(labels, count, 1.0)
    noisy = labels is not None and labels.is_function and bool(labels.noise)
    bound = 3 * SAMPLED if noisy else EXACT
    written: list[tuple[Array, Array]] = []
    derived: list[tuple[Array, Array]] = []
    for _ in range(2):
        x = rng.standard_normal(len(sites.quenched))
        h, z = np.einsum("i,cif->cf", x, student), x @ teacher
        chance = np.array([1.0 if y is None else labels.chance(y, z) for y in outcomes])
        if channel.factor == "bayes":
            factor = np.array([[labels.chance(y, field) for field in h] for y in outcomes])
        else:
            factor = np.array([factor_values(point.system.model, channel, point.parameters, y, h) for y in outcomes])
        written.append((chance, factor))
        derived.append(_derived_rows(part, point, z, h))
    ledger.add("number of label values", abs(len(derived[0][0]) - len(outcomes)), 0.5)
    first, second = written
    sums = (first[1] * mu) @ second[1].T
    weights = np.multiply.outer(first[0], second[0])
    one = [chance @ factor for chance, factor in derived]
    two = [np.einsum("l,lc,ld->cd", chance, factor, factor) for chance, factor in derived]
    found = [float(mu @ (one[0] * one[1])), float(mu @ (two[0] * two[1]) @ mu)]
    for n, mine in zip((1, 2), found, strict=True):
        expected = float(np.sum(weights * sums**n))
        ledger.add(f"E Z^{n} in draw {draw}", abs(mine - expected) / max(abs(expected), 1e-12), bound)


def _derived_rows(part: VectorChannel, point: Point, z: Array, h: Array) -> tuple[Array, Array]:
    """Chance and factors (labels, configurations) of every label value of the derivation, joined values included."""
    chances, factors = [], []
    for component in part.components:
        for sign in (1, -1)[: component.multiplicity]:
            law = component.law_partition is not None
            given = 1.0 if component.label is None else number(component.law, point.parameters) if not law else None
            chances.append(given if given is not None else float(factor_of(component, point, sign * z, law=True)))
            factors.append(factor_of(component, point, sign * h))
    return np.array(chances), np.array(factors)


def _fields(sites: VectorSites, channel: Channel, point: Point) -> tuple[Array, Array]:
    """What multiplies input x_i in the student fields, (replicas, N, fields), and the teacher fields, (N, fields)."""
    scale = np.sqrt(len(sites.quenched))
    names = point.system.model.weights[0].symbols
    a = coefficients(channel.student, channel, names, point.parameters)
    b = coefficients(channel.teacher, channel, point.system.site.teacher, point.parameters)
    return sites.weights @ a.T / scale, (sites.vectors @ b.T if b.size else np.zeros((len(sites.quenched), 0))) / scale


# ------------------------------------------------------------------------------------------- stage 2


def check_components_averaged(averaged: AveragedSystem) -> Check:
    """Covariances of the fields of few sites, and E prod_a F(y, h_a) over inputs, against Gaussian fields."""
    system, ledger, point = averaged.system, Ledger(), Point(averaged.system)
    rng = np.random.default_rng(20)
    for j, (channel, part) in enumerate(zip(system.model.channels, system.channels, strict=True)):
        for _ in range(2):
            sites = draw_vectors(point, SIZE, 2, rng)
            student, teacher = _fields(sites, channel, point)
            mixing = np.vstack([teacher.T, student[0].T, student[1].T])  # fields in terms of the inputs
            claimed = _claimed(averaged.covariances[j], sites, point, bool(teacher.size))
            found = mixing @ mixing.T
            if teacher.size:  # E z z is the mean over the law, not over these sites
                count = teacher.shape[1]
                claimed[:count, :count] = found[:count, :count]
            for k, l in triangle(len(found)):
                ledger.compare(f"covariance {k}{l} of the fields ({j})", claimed[k, l], found[k, l], 1e-9)
            _check_product(channel, point, mixing, claimed, (teacher.shape[1], student.shape[2]), ledger)
        if part.teacher_loads is not None:
            s, mass = partner_points(point)
            b = coefficients(channel.teacher, channel, system.site.teacher, point.parameters)
            expected = b @ (s.T * mass) @ s @ b.T
            own = averaged.covariances[j][3]
            for k, l in triangle(len(b)):
                ledger.compare(f"E z{k} z{l} ({j})", number(own[k, l], point.parameters), expected[k, l], 1e-7)
    check_averaged_energies(averaged, point, rng, ledger, draw_vectors)
    return ledger.check(f"fields and energies of {SIZE} sites and their images under permutations, two fixed replicas")


def _claimed(entries: Sequence[sp.Matrix], sites: VectorSites, point: Point, teacher: bool) -> Array:
    """The covariance of (z, h_1, h_2) in the explicit overlaps of the sites."""
    first, second = (sites.explicit_overlaps(point, a, b) for a, b in ((0, 1), (1, 0)))

    def at(matrix: sp.Matrix, overlaps: Values) -> Array:
        values = {**point.parameters, **overlaps}
        return np.array([[number(e, values) for e in row] for row in matrix.tolist()])

    own, off, cross, _ = entries
    rows = [[at(own, first), at(off, first)], [at(off, first).T, at(own, second)]]
    if teacher:
        edges = [at(cross, first), at(cross, second)]
        size = edges[0].shape[1]
        rows = [
            [np.zeros((size, size)), edges[0].T, edges[1].T],
            *[[e, *row] for e, row in zip(edges, rows, strict=True)],
        ]
    return np.block(rows)


def _check_product(
    channel: Channel, point: Point, mixing: Array, claimed: Array, counts: tuple[int, int], ledger: Ledger
) -> None:
    """E over labels of F(y, h_1) F(y, h_2): fields of explicit inputs against Gaussian fields of the covariance."""
    values, vectors = np.linalg.eigh(claimed)
    size, noises = mixing.shape[1], len(channel.noise)
    means = []
    for index, matrix in enumerate((mixing, vectors * np.sqrt(np.maximum(values, 0.0)))):
        runs = []
        for seed in range(SCRAMBLES):
            uniform = shifted_lattice(matrix.shape[1] + 3 * noises, 100 * index + seed)
            fields = matrix @ special.ndtri(uniform[:, : matrix.shape[1]]).T
            z, first, second = (b.T for b in np.split(fields, [counts[0], counts[0] + counts[1]]))
            runs.append(float(np.mean(_product(channel, point, z, first, second, uniform[:, matrix.shape[1] :]))))
        means.append((np.mean(runs), np.std(runs, ddof=1) / np.sqrt(SCRAMBLES)))
    (a, da), (b, db) = means
    scale = max(abs(float(a)), abs(float(b)), 1e-12)
    bound = 6 * float(np.hypot(da, db)) / scale + 1e-6
    ledger.add(f"E prod F of {size} inputs ({channel.index})", float(abs(a - b)) / scale, bound)


def _product(channel: Channel, point: Point, z: Array, first: Array, second: Array, uniform: Array) -> Array:
    """F(y, h_1) F(y, h_2) summed over label values with P(y | z), or at labels drawn with their noise."""
    model, given = point.system.model, point.parameters

    def factors(y: Array | float | None) -> Array:
        return factor_values(model, channel, given, y, first) * factor_values(model, channel, given, y, second)

    if channel.label is None:
        return factors(None)
    labels = Labels.of(channel, given, 1)
    if not labels.is_function:
        total = np.zeros(len(first))
        for y in labels.atoms():
            same = labels.law(y, first) * labels.law(y, second) if channel.factor == "bayes" else factors(y)
            total += labels.law(y, z) * same
        return total
    names = [s for f in channel.teacher for s, _ in f.parts]
    body = labels.label.expression.xreplace({s: sp.Float(x, 17) for s, x in given.items()})
    count = len(channel.noise)

    def drawn(fields: Array, turn: int) -> Array:
        noise = [quantiles(law, uniform[:, turn * count + k], given) for k, (*_, law) in enumerate(channel.noise)]
        symbols = (*names, *[s for _, s, _ in channel.noise])
        return compiled(body, symbols)(*fields.T, *noise) + np.zeros(len(uniform))

    y = drawn(z, 0)
    if channel.factor != "bayes":
        return factors(y)
    return np.exp(-((y - drawn(first, 1)) ** 2 + (y - drawn(second, 2)) ** 2) / (2 * 0.3**2))


# ------------------------------------------------------------------------------------------- stage 3


def check_components_tilted(action: Action) -> Check:
    """Derivatives of the two-replica site integral in the modes of the conjugates, against tilted averages."""
    system, ledger, point = action.system, Ledger(), Point(action.system, strength=0.5)
    weights, size = system.model.weights[0], system.site.size
    evaluate, families = point.evaluator(), [f.symbols for f in system.families]
    at: Values = {}
    names: dict[sp.Symbol, sp.Symbol] = {}
    for s in families:
        names |= {s.r: sp.Symbol(f"{s.r}_hat_1"), s.q: sp.Symbol(f"{s.q}_hat_12")}
        at |= {names[s.r]: point.hats[s.r_hat], names[s.q]: point.hats[s.q_hat]}
        for m, m_hat in zip(s.m, s.m_hat, strict=True):
            names[m] = sp.Symbol(f"{m}_hat_1")
            at[names[m]] = point.hats[m_hat]
    grid = evaluate.vector_grid(system.site.partition.name, (), size)

    def generating(values: Values) -> float:
        return float(np.log(_two_replicas(point, names, values, *grid)[0]))

    slopes: Values = {}
    for family in system.families:
        s, gain = family.symbols, float(family.gain)
        slopes |= {x: gradient(generating, names[x], at, 0.01) / gain for x in (s.r, s.q, *s.m)}
        slopes[s.r] *= 2  # r_hat_1 enters with one half; q_hat_12 twice with one half, as ordered pairs
    law = law_points(weights.law, size, point.parameters, weights.measure == "count")
    total, tilted = _two_replicas(point, names, at, *law)
    moments = {kind: matrix / total for kind, matrix in tilted.items()}
    for family, *found in zip(system.families, *[modes_of(moments[k]) for k in "rqm" if k in moments], strict=True):
        for x, value in zip((family.symbols.r, family.symbols.q, *family.symbols.m), found, strict=True):
            ledger.compare(f"{x}", slopes[x], value, TILTED)
    values = {**point.parameters, **slopes}
    for j, channel in enumerate(system.model.channels):
        a = coefficients(channel.student, channel, weights.symbols, point.parameters)
        b = coefficients(channel.teacher, channel, system.site.teacher, point.parameters)
        expected = [a @ moments["r"] @ a.T, a @ moments["q"] @ a.T] + ([a @ moments["m"] @ b.T] if b.size else [])
        for name, claimed, matrix in zip(
            ("h1 h1", "h1 h2", "h1 z"), action.averaged.covariances[j], expected, strict=False
        ):
            for k, l in np.ndindex(matrix.shape):
                ledger.compare(f"E {name} {k}{l} ({j})", number(claimed[k, l], values), matrix[k, l], TILTED)
    _check_exponents(action, point, values, law, names, at, ledger)
    return ledger.check("derivatives of the two-replica site integral of components against tilted averages")


def _two_replicas(
    point: Point, names: dict[sp.Symbol, sp.Symbol], at: Values, w: Array, mass: Array
) -> tuple[float, dict[str, Array]]:
    """The integral over (w_1, w_2), and over it of w_1 w_1, w_1 w_2 and w_1 s; replica 2 has weaker conjugates."""
    families, size = [f.symbols for f in point.system.families], w.shape[1]
    start = mixed([point.hats[f.r_hat] for f in families], size)  # of replica 2
    s, chances = partner_points(point)
    r_hat, q_hat = mixed([at[names[f.r]] for f in families], size), mixed([at[names[f.q]] for f in families], size)
    pull = [np.zeros((len(s), len(w)))] * 2
    if s.size:
        m_hat = mixed([at[names[f.m[0]]] for f in families], size)
        other = 0.6 * mixed([point.hats[f.m_hat[0]] for f in families], size)
        pull = [s @ m_hat.T @ w.T, s @ other.T @ w.T]
    quadratic = [np.einsum("pi,ij,pj->p", w, m, w) / 2 for m in (r_hat, 1.2 * start)]
    u = [mass * np.exp(a + b) for a, b in zip(quadratic, pull, strict=True)]
    pair = np.exp(w @ q_hat @ w.T)
    seen = u[1] @ pair.T  # sums over replica 2, at every s and w_1
    share = chances[:, None] * u[0] * seen
    found = {"r": np.einsum("sp,pi,pj->ij", share, w, w, optimize=True)}
    moved = np.stack([(u[1] * w[:, k]) @ pair.T for k in range(w.shape[1])], axis=-1)  # w_2 summed
    found["q"] = np.einsum("sp,pi,spj->ij", chances[:, None] * u[0], w, moved, optimize=True)
    if s.size:
        found["m"] = np.einsum("sp,pi,sj->ij", share, w, s, optimize=True)
    return float(share.sum()), found


def _check_exponents(
    action: Action, point: Point, values: Values, law: tuple[Array, Array], names, at: Values, ledger: Ledger
) -> None:
    """The exponents of the energies at the slopes, against the energies as written at the tilted moments."""
    model, (own, pair) = action.system.model, action.averaged.energies
    if not model.energies:
        return
    total, tilted = _two_replicas(point, names, at, *law)
    w, teacher = model.weights[0].symbols, action.system.site.teacher
    beta, expected = number(model.beta, point.parameters), [0.0, 0.0]

    def row(side: sp.Expr, symbols: Sequence[sp.Symbol]) -> Array:
        zero = dict.fromkeys((*w, *teacher), 0.0)
        return np.array([number(side, {**point.parameters, **zero, s: 1.0}) for s in symbols])

    for energy in model.energies:
        for k, kind in enumerate("rq"):

            def mean(node: sp.Basic, kind: str = kind) -> float:
                f, g = node.args
                if isinstance(node, Overlap) and (f.free_symbols | g.free_symbols) & set(teacher):
                    f, g = (f, g) if f.free_symbols & set(w) else (g, f)
                    return float(row(f, w) @ tilted["m"] @ row(g, teacher)) / total
                matrix = tilted[kind] if isinstance(node, Cross) else tilted["r"]
                return float(row(f, w) @ (matrix + matrix.T) @ row(g, w)) / (2 * total)

            value = evaluated(energy.expression, point.parameters, mean)
            if energy.kind == "gaussian":
                expected[k] += beta**2 * value / 2
            elif k == 0:
                expected[k] -= beta * value
    ledger.compare("exponent of a replica", number(own, values), expected[0], TILTED)
    ledger.compare("exponent of a pair", number(pair, values), expected[1], TILTED)
