"""The limit beta -> infinity: large beta against it, envelopes against brute force, the residual field in full.

(a) phi_beta/beta at the scaled arguments, with log Z by quadrature of its definition, extrapolated in log(beta)/beta
and 1/beta, and beyond it the entropy; (b) every region of every envelope against the minimum by bisection; (c) E over
(omega, z, noise) of the minimum of the loss as the model writes it, against the average over the residual field.
"""

from __future__ import annotations

import itertools

import numpy as np
import sympy as sp

from derive.calculus.envelopes import Envelope
from derive.calculus.nodes import bound
from derive.replica.checks.cooling import Cooling, limits, scaled_to
from derive.replica.checks.entropy import check_zero_entropy
from derive.replica.checks.measure import Array, compiled, number
from derive.replica.checks.minima import Minimum
from derive.replica.checks.points import Ledger, Point
from derive.replica.checks.spec import Values, component_rule
from derive.replica.replica_limit import FreeEntropy
from derive.replica.system import WARM
from derive.replica.trace import Check
from derive.spec.model import Channel, Normal

__all__ = ["check_temperature"]

BETAS = (1e4, 1e5, 1e6)
LIMIT = 2e-5
BOUND = 5e-6
VARIANCES = (0.02, 0.7, 4.0, 60.0, 900.0)


def check_temperature(free: FreeEntropy, cold: FreeEntropy) -> Check:
    """Compare every part of the free entropy at large beta with the limit, and every envelope with its definition."""
    point, ledger = Point(cold.system, strength=3.0), Ledger()
    _check_limit(free, cold, point, ledger)
    if cold.system.zero_entropy is not None:
        check_zero_entropy(free, cold, point, ledger)
    for found in cold.system.envelopes.values():
        _check_envelope(found, point, ledger)
    _check_residuals(cold, point, ledger)
    return ledger.check(
        f"beta = {BETAS[0]:g}, ..., {BETAS[-1]:g} extrapolated; envelopes by bisection; residual fields"
    )


# -------------------------------------------------------------------------------------------- the limit


def _check_limit(free: FreeEntropy, cold: FreeEntropy, point: Point, ledger: Ledger) -> None:
    names = limits(free.system, cold.system)
    evaluate, at = point.evaluator(), point.all
    parts = {"interaction": (free.interaction, evaluate(cold.interaction, at))}
    parts["site"] = (free.site, evaluate(cold.site, at))
    parts["energies"] = (free.energy, evaluate(cold.energy, at))
    for j, ((samples, node), (count, after)) in enumerate(zip(free.channels, cold.channels, strict=True)):
        parts[f"channel {j}"] = (samples * node, evaluate(count * after, at))
    values: dict[str, list[float]] = {name: [] for name in parts}
    rules: dict = {}
    for beta in BETAS:
        cooling = point.evaluator(Cooling, {WARM: beta})
        cooling.partitions = {**free.system.partitions, **cold.system.envelopes}
        cooling.envelopes, cooling.beta, cooling.tolerance = names, beta, 1e-6
        cooling._label_rules = rules  # those of the smallest beta
        scaled = scaled_to(beta, at, free.system, cold.system)
        for name, (expression, _) in parts.items():
            values[name].append(cooling(expression, scaled) / beta)
    for name, (_, expected) in parts.items():
        ledger.compare(f"{name} as beta grows", _extrapolated(values[name]), expected, LIMIT)


def _extrapolated(values: list[float]) -> float:
    """The constant in a fit by 1, log(beta)/beta, 1/beta."""
    rows = [[1.0, np.log(b) / b, 1 / b] for b in BETAS]
    return float(np.linalg.solve(np.array(rows), np.array(values))[0])


# -------------------------------------------------------------------------------------------- envelopes


def _check_envelope(found: Envelope, point: Point, ledger: Ledger) -> None:
    """Regions, closed values and derivatives at random fields; of a root, that its piece holds the minimiser."""
    values = {**point.parameters, **point.globals}
    minimum = Minimum(found, {s: sp.Float(x, 17) for s, x in values.items()})
    rng = np.random.default_rng(7)
    for v, rest in itertools.product(VARIANCES, _arguments(found, point)):
        given = {**values, **dict(zip(found.rest, rest, strict=True)), found.variance: v}
        if not all(number(c.lhs - c.rhs, given) > 0 for c in found.domain):
            continue
        # A field of a given minimiser is h + V cost'(h): fields over the whole range of cost slopes.
        h = np.clip(np.sinh(rng.uniform(-3, 3, 24)), *minimum.support(rest))
        slope = np.nan_to_num(minimum.slope(h, *rest), posinf=0.0, neginf=0.0)
        x = np.concatenate([h + v * slope if minimum.channel else v * h + slope, h, rng.normal(0, 3, 24)])
        cuts = minimum.cuts(v, rest)
        place = minimum.place(x, v, rest)
        expected = [minimum.derivative(x, v, rest, order) for order in range(3)]
        for i, field in enumerate(x):
            at = {**given, found.field: float(field)}
            near = min((abs(field - c) for c in cuts), default=np.inf)
            if near < 1e-6 * (1 + abs(field)):
                continue
            region = next((r for r in found.regions[:-1] if field < number(r.upper, at)), found.regions[-1])
            size = 1 + abs(field) + abs(place[i])
            if region.prox is None:
                low, high = number(region.first, at), number(region.last, at)
                ledger.add(f"{found.name}: piece", max(low - place[i], place[i] - high, 0.0) / size, 1e-9)
                inner = float(np.clip(place[i], -30.0, 30.0))  # beyond them exponentials overflow
                if low < inner < high:
                    cost = number(region.cost, {**at, found.inner: inner})
                    ledger.compare(f"{found.name}: cost", cost, float(minimum.cost(np.array(inner), *rest)), 1e-10)
                continue
            for order in range(3):
                if order == 2 and near < 1e-2:
                    continue
                closed = number(found.value(region, order), at)
                ledger.compare(f"{found.name}: l_{order}", closed, float(expected[order][i]), 1e-8)


def _arguments(found: Envelope, point: Point) -> list[tuple[float, ...]]:
    """Values of labels and quenched variables."""
    if not found.rest:
        return [()]
    rng, rows = np.random.default_rng(3), []
    label = bound("label")
    for _ in range(3):
        quenched, _ = point.quenched[rng.integers(len(point.quenched))]
        drawn = {label: float(rng.integers(0, 4)) if label.is_integer else float(rng.normal(0, 2))}
        rows.append(tuple(drawn.get(s, quenched.get(s, 1.0)) for s in found.rest))
    return rows


# ------------------------------------------------------------------------------------------- residuals


def _check_residuals(cold: FreeEntropy, point: Point, ledger: Ledger) -> None:
    """The average over a residual against that over all fields and noises, with the loss as it is written."""
    system, evaluate, at = cold.system, point.evaluator(), point.all
    for j, (part, residual) in enumerate(zip(system.channels, system.residuals, strict=True)):
        if residual is None:
            continue
        spec = system.model.channels[j]
        values = {**point.parameters, **point.globals}
        scale, teacher = (number(e, values) for e in (part.scale, part.teacher_scale))
        s = system.families[part.family].symbols
        q, v = scale**2 * at[s.q], scale**2 * at[s.v]
        mean, rho = number(part.components[0].mean, at), teacher**2 * number(part.rho, values)
        covariance = 0.0 if part.m is None else scale * teacher * at[part.m]
        t, mass = _normal()
        omega, weight = np.sqrt(q) * t, mass
        grids: list[Array] = []
        if part.m is not None:
            omega, weight = np.repeat(omega, len(t)), np.repeat(weight, len(t)) * np.tile(mass, len(t))
            z = number(part.teacher_mean, values) + covariance / q * omega
            grids.append(z + np.sqrt(rho - covariance**2 / q) * np.tile(t, len(t)))
        y, omega, weight = _labels(spec, grids, omega, weight, values)
        body = spec.factor_expression.xreplace({spec.student[0].symbol: bound("inner")})
        direct = Envelope(
            "loss", "channel", bound("field"), sp.Symbol("v"), bound("inner"), body, (-sp.oo, sp.oo), (spec.y,), ()
        )
        minimum = Minimum(direct, {s: sp.Float(x, 17) for s, x in values.items()})
        found = float(weight @ _over_labels(minimum, omega + mean, y, v))
        node = cold.channels[j][1]
        ledger.compare(f"residual {j}", evaluate(node, at), found, BOUND)


def _normal() -> tuple[Array, Array]:
    t = np.arange(-8.0, 8.01, 0.25)
    w = np.exp(-(t**2) / 2)
    return t, w / np.sum(w)


def _labels(
    spec: Channel, grids: list[Array], omega: Array, weight: Array, values: Values
) -> tuple[Array, Array, Array]:
    """y, omega and weights over the product of all noises."""
    symbols = [f.symbol for f in spec.teacher]
    columns = list(grids)
    for _, symbol, law in spec.noise:
        nodes, masses = [], []
        for share, component in law.components:
            if isinstance(component, Normal):
                t, mass = _normal()
                t = number(component.mean, values) + np.sqrt(number(component.variance, values)) * t
            else:
                t, mass = component_rule(component, values)
            nodes.append(t)
            masses.append(number(share, values) * mass)
        t, mass = np.concatenate(nodes), np.concatenate(masses)
        columns = [np.repeat(c, len(t)) for c in columns]
        columns.append(np.tile(t, len(omega)))
        omega, weight = np.repeat(omega, len(t)), np.repeat(weight, len(t)) * np.tile(mass, len(omega))
        symbols.append(symbol)
    keep = weight > 1e-16
    exact = {s: sp.Float(x, 17) for s, x in values.items()}
    y = compiled(spec.label.expression.xreplace(exact), tuple(symbols))(*[c[keep] for c in columns])
    return y, omega[keep], weight[keep]


def _over_labels(minimum: Minimum, omega: Array, y: Array, v: float) -> Array:
    """Minus the minimum at pairs of a field and a label."""
    h = minimum.place(omega, v, (y,))
    return -minimum.total(h, omega, v, (y,))
