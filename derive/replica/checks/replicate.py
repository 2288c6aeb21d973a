"""Stage 1: labels, factors, site measure, and E Z^n at n = 1, 2 for few sites, samples and configurations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy as sp

from derive.calculus.labels import LabelAtom, LabelDensity, LabelNaturals
from derive.calculus.nodes import LogPartition
from derive.replica.checks.components import check_components_replicated
from derive.replica.checks.energies import check_written_energies
from derive.replica.checks.labels import Labels, factor_values
from derive.replica.checks.measure import Array, number
from derive.replica.checks.points import Ledger, Point, spread
from derive.replica.checks.rows import Rows, derived_rows, factor_at, label_values, law_values, model_rows, real_nodes
from derive.replica.checks.sites import draw_sites, site_functions
from derive.replica.checks.spec import Values, site_rule
from derive.replica.system import ChannelPart, ComponentPart, System
from derive.replica.trace import Check
from derive.spec.model import Channel, Model

__all__ = ["check_replicate"]

EXACT, SAMPLED = 1e-8, 6e-3
SIZE, CONFIGURATIONS = 3, 10
MODERATE = (1e-3, 1e6)
"""Least mean of a factor, and largest mean of its square, of a sample."""


def check_replicate(system: System, written: Model | None = None) -> Check:
    """Compare the partition function of the derivation with the model as written, its observations included."""
    if system.model.vectors:
        return check_components_replicated(system, system.model if written is None else written)
    ledger, point = Ledger(), Point(system)
    rng = np.random.default_rng(11)
    for view in point.views:
        _check_measure(view.system, view, ledger)
    for channel, part in zip(system.model.channels, system.channels, strict=True):
        home = point.of(part)
        _check_site_functions(channel, part, home, ledger)
        scale = spread(part, home)
        labels = None if channel.label is None else Labels.of(channel, point.parameters)
        span = (
            labels.span(scale)
            if labels is not None and any(isinstance(c.label, LabelDensity) for c in part.components)
            else (-1.0, 1.0)
        )
        if labels is not None:
            _check_labels(labels, part, home, scale, span, ledger)
            if channel.factor == "bayes":
                _check_labels(labels, part, home, scale, span, ledger, as_factor=True)
        if channel.factor != "bayes":
            _check_factor(channel, part, home, max(scale, 1.0), span, ledger)
        few = None if labels is None else Labels.of(channel, point.parameters, 1024)
        for draw in range(3):
            _check_moments(few, channel, part, home, scale, span, rng, ledger, draw)
    check_written_energies(system, system.model if written is None else written, point, rng, ledger)
    if not system.channels:
        return ledger.check(f"site measure as written; energies at N = {SIZE}")
    return ledger.check(f"labels, factors and site measure as written; E Z and E Z^2 at N = {SIZE} with two samples")


# --------------------------------------------------------------------------------------------- sites


def _some_quenched(point: Point) -> list[Values]:
    heavy = sorted(point.quenched, key=lambda p: -p[1])
    return [heavy[i][0] for i in sorted({0, len(heavy) // 3, len(heavy) // 2})]


def _check_measure(system: System, point: Point, ledger: Ledger) -> None:
    """Log int dmu(w) exp(-A f^2 w^2/2 + x f w) by the measure of the model and by that of the derivation."""
    evaluate, a, f = point.evaluator(), point.hats[point.system.symbols.A], system.site.factor
    name = sp.Symbol(system.site.partition.name)
    for quenched in _some_quenched(point):
        values = {**point.parameters, **quenched}
        size = max(abs(number(f, values)), 1e-6)
        for x in (-0.7 * np.sqrt(a), 0.3 * np.sqrt(a), 1.9 * np.sqrt(a)):
            w, mass = site_rule(system.model, values, (abs(x) + np.sqrt(90 * a)) / (a * size))
            h = number(f, values) * w
            expected = float(np.log(np.sum(mass * np.exp(-a * h**2 / 2 + x * h))))
            rest = [sp.Float(values[s], 17) for s in system.site.partition.rest]
            node = LogPartition(name, -1, 0, sp.Float(x, 17), sp.Float(a, 17), *rest)
            ledger.compare("site measure", evaluate(node), expected, EXACT)


def _check_site_functions(channel: Channel, part: ChannelPart, point: Point, ledger: Ledger) -> None:
    system = point.system
    for quenched in _some_quenched(point):
        values = {**point.parameters, **quenched}
        student, teacher = site_functions(channel, system.model, values)
        found = number(part.scale, values) * number(system.site.factor, values)
        ledger.compare("student site function", found, student, EXACT)
        if part.m is not None:
            t = system.site.teachers[system.symbols.m.index(part.m)]
            ledger.compare(
                "teacher site function",
                number(part.teacher_scale, values) * number(t, values),
                teacher,
                EXACT,
            )


# -------------------------------------------------------------------------------------------- labels


def _check_labels(
    labels: Labels,
    part: ChannelPart,
    point: Point,
    scale: float,
    span: tuple[float, float],
    ledger: Ledger,
    as_factor: bool = False,
) -> None:
    """The label law in the weak sense: chances of the atoms, and means of test functions of real labels.

    With `as_factor` it is the Bayes factor F(y, h) that must be this law, with h for z.
    """
    what = "F" if as_factor else "P"
    value_of = factor_at if as_factor else law_values
    bound = SAMPLED if labels.is_function and labels.noise else EXACT
    fields = (scale * np.array([-1.71, -0.62, -0.17, 0.41, 1.33])).tolist()
    derived = [c for c in part.components if isinstance(c.label, LabelAtom)]
    atoms = labels.atoms(scale) if labels.is_function or labels.label.space == "finite" else []
    ledger.add("number of label values", abs(sum(c.multiplicity for c in derived) - len(atoms)), 0.5)
    known = [number(c.label.value, point.parameters) for c in derived if isinstance(c.label, LabelAtom)]

    def error(component: ComponentPart, value: float, sign: float) -> float:
        found = [float(value_of(component, point, None, sign * z)) for z in fields]
        return max(abs(x - labels.chance(value, z)) for x, z in zip(found, fields, strict=True))

    for component, value in zip(derived, known, strict=True):
        ledger.add(f"{what}(y = {value:.3g} | z)", error(component, value, 1.0), bound)
        if component.multiplicity == 2:
            partners = [v for v in atoms if min(abs(v - k) for k in known) > 1e-9]
            best = min((error(component, v, -1.0) for v in partners), default=np.inf)
            ledger.add(f"{what} of the value joined to {value:.3g}", best, bound)
    real = [c for c in part.components if isinstance(c.label, LabelDensity)]
    width, centre = (span[1] - span[0]) / 8, 0.5 * (span[0] + span[1])
    tests: tuple[Callable[[Array], Array], ...] = (
        np.ones_like,
        lambda y: np.tanh((y - centre) / width),
        lambda y: np.exp(-((y - centre) ** 2) / width**2),
    )
    for z in fields if real else ():
        found = [(c, *real_nodes(c, point, span, *_body(c, as_factor, z))) for c in real]
        pairs = [(label_values(c, point, u), w) for c, u, w in found]
        y, w = (np.concatenate(x) for x in zip(*pairs, strict=True))
        for k, test in enumerate(tests):
            difference = float(w @ test(y)) - _mean(labels, test, z, atoms, scale)
            ledger.add(f"mean {k} of real labels by {what}", abs(difference), SAMPLED)


def _body(component: ComponentPart, as_factor: bool, z: float) -> tuple[sp.Basic, float | None]:
    """The density of a component's real label and the field it depends on."""
    if as_factor:
        return component.partition.body, z
    if component.law_partition is None:
        return component.law, None
    return component.law_partition.body, z


def _check_factor(channel: Channel, part: ChannelPart, point: Point, scale: float, span, ledger: Ledger) -> None:
    """F(y, h) as written against the factor of each component, on a grid of fields (and of labels)."""
    h = scale * np.linspace(-4.03, 4.11, 61)
    model = point.system.model
    for component in part.components:
        label = component.label
        ys: list[float | None] = [None]
        if isinstance(label, LabelDensity):
            low = max(span[0], number(label.lower, point.parameters))
            high = min(span[1], number(label.upper, point.parameters))
            ys = [low + share * (high - low) for share in (0.07, 0.31, 0.52, 0.83)]
        elif isinstance(label, LabelNaturals):
            ys = [0.0, 1.0, 2.0, 5.0, 9.0]
        for y in ys:
            at = y
            if isinstance(label, LabelAtom):
                at = number(label.value, point.parameters)
            elif isinstance(label, LabelDensity):
                at = float(label_values(component, point, np.float64(y)))
            written = factor_values(model, channel, point.parameters, at, h, point.globals)
            error = np.max(np.abs(factor_at(component, point, y, h) - written) / np.maximum(1.0, np.abs(written)))
            ledger.add("factor as written", float(error), EXACT)


def _mean(labels: Labels, test, z: float, atoms: list[float], scale: float) -> float:
    if not labels.is_function:
        y, w = np.array(labels.nodes(scale)).T
        return float(np.sum(w * labels.law(y, z) * test(y)))
    y, w = labels.real(float(z), atoms)
    return float(w @ test(y))


# ---------------------------------------------------------------------------------------------- E Z^n


def _moderate(x: Array, rows: Callable[[Array], Rows]) -> tuple[Array, Rows]:
    """Inputs, halved until the means of the factor and of its square have no part in far tails of the labels."""
    for _ in range(8):
        found = rows(x)
        with np.errstate(over="ignore", invalid="ignore"):  # not a number counts as immoderate
            mean, square = found.chance @ found.factor, found.chance @ found.factor**2
        if np.max(mean) > MODERATE[0] and np.max(square) < MODERATE[1]:
            break
        x = x / 2
    return x, found


def _check_moments(
    labels: Labels | None,
    channel: Channel,
    part: ChannelPart,
    point: Point,
    scale: float,
    span: tuple[float, float],
    rng: np.random.Generator,
    ledger: Ledger,
    draw: int,
) -> None:
    """One draw of the inputs of two samples: mean of Z^n over labels, against the sum over n replicas.

    Z is a sum over a few configurations of weights; only the labels are averaged, so that nothing but the label law,
    the factor and the sum over replicas can differ.
    """
    sites = draw_sites(point, SIZE, CONFIGURATIONS, rng)
    a, b = sites.coefficients(channel, point)
    mu = rng.uniform(0.5, 1.5, CONFIGURATIONS)
    written: list[Rows] = []
    replicas: list[tuple[Array, Array]] = []
    for _ in range(2):
        x, sample = _moderate(
            rng.standard_normal(SIZE),
            lambda x: model_rows(labels, channel, point, scale, span, float(b @ x), sites.weights @ (a * x)),
        )
        h, z = sites.weights @ (a * x), float(b @ x)
        written.append(sample)
        one, two = np.zeros(CONFIGURATIONS), np.zeros((CONFIGURATIONS, CONFIGURATIONS))
        for component in part.components:
            rows = derived_rows(part, component, channel, point, span, z, h)
            for chance, factor in zip(rows.chance, rows.factor, strict=True):
                one += chance * factor
                two += chance * np.multiply.outer(factor, factor)
        replicas.append((one, two))
    first, second = written
    z_values = (first.factor * mu) @ second.factor.T  # Z for every pair of labels of the two samples
    weights = np.multiply.outer(first.chance, second.chance)
    expected = [float(np.sum(weights * z_values**n)) for n in (1, 2)]
    found = [
        float(np.sum(mu * replicas[0][0] * replicas[1][0])),
        float(mu @ (replicas[0][1] * replicas[1][1]) @ mu),
    ]
    sampled = labels is not None and labels.is_function and (labels.noise or span != (-1.0, 1.0))
    for n, (mine, theirs) in enumerate(zip(found, expected, strict=True), start=1):
        size = max(abs(theirs), 1e-12)
        ledger.add(f"E Z^{n} in draw {draw}", abs(mine - theirs) / size, 3 * SAMPLED if sampled else EXACT)
