"""Stage 3 at integer n = 2: derivatives of the site's log-generating function are covariances of fields and energies.

The generating function uses the site measure and site functions of the derivation and the conjugate convention;
the covariances are averages over the measure of the model as written, in the tilted state of two replicas.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from derive.replica.checks.ansatz import replica_sum
from derive.replica.checks.components import check_components_tilted
from derive.replica.checks.energies import evaluated
from derive.replica.checks.measure import Array, compiled, number
from derive.replica.checks.numeric import Evaluator
from derive.replica.checks.points import Ledger, Point, gradient
from derive.replica.checks.sites import site_functions
from derive.replica.checks.spec import Values, site_rule
from derive.replica.order_parameters import Action
from derive.replica.trace import Check
from derive.spec.functions import Cross, Overlap
from derive.spec.model import Model

__all__ = ["check_order_parameters"]

BOUND = 1e-6


def check_order_parameters(action: Action) -> Check:
    """Two replicas with different conjugates r_hat_a, m_hat_a and one q_hat_12."""
    system, ledger = action.system, Ledger()
    if system.model.vectors:
        return check_components_tilted(action)
    point, slopes = Point(system, strength=0.5), {}
    means: list[dict] = [{}, {}]
    for f, view in enumerate(point.views):
        found, fields, energies = _family_slopes(view)
        slopes |= found
        for total, part in zip(means, energies, strict=True):
            total |= part
        own = [j for j, c in enumerate(system.channels) if c.family == f]
        for j, moments in zip(own, fields, strict=True):
            claimed, values = action.averaged.covariances[j], {**point.parameters, **found}
            for i, name in enumerate(("E h_1 h_1", "E h_1 h_2", *(["E h_1 z"] if system.channels[j].m else []))):
                ledger.compare(f"{name} ({j})", number(claimed[i], values), moments[i], BOUND)
    _check_energies(action, point, slopes, means, ledger)
    what = " and ".join(["fields"] * bool(system.channels) + ["energies"] * bool(system.model.energies))
    return ledger.check(f"derivatives of the two-replica site integral against tilted averages of the {what}")


def _family_slopes(point: Point) -> tuple[Values, list[tuple], list[dict]]:
    """The derivatives of the generating function of one family, and the tilted moments of fields and energies."""
    s, evaluate = point.system.symbols, point.evaluator()
    names = {s.r: sp.Symbol("r_hat_1"), s.q: sp.Symbol("q_hat_12")}
    at: Values = {names[s.r]: point.hats[s.r_hat], sp.Symbol("r_hat_2"): 1.2 * point.hats[s.r_hat]}
    at[names[s.q]] = point.hats[s.q_hat]
    for m, m_hat in zip(s.m, s.m_hat, strict=True):
        names[m] = sp.Symbol(f"{m}_hat_1")
        at[names[m]] = point.hats[m_hat]
        at[sp.Symbol(f"{m}_hat_2")] = 0.6 * point.hats[m_hat]

    def generating(values: Values) -> float:
        return float(np.log(_two_replicas(point, values, evaluate)[0]))

    slopes = {x: gradient(generating, name, at, 0.01) for x, name in names.items()}
    slopes[s.r] *= 2  # r_hat_1 enters with one half; q_hat_12 twice with one half, as ordered pairs
    _, fields, means = _two_replicas(point, at, None)
    return slopes, fields, means


def _check_energies(action: Action, point: Point, slopes: Values, means: list[dict], ledger: Ledger) -> None:
    """The exponents at the slopes against the energies as written, with `means` in one replica and between two."""
    system, (own, pair) = action.system, action.averaged.energies
    if not system.model.energies:
        return
    beta = number(system.model.beta, point.parameters)
    expected = [0.0, 0.0]
    for energy in system.model.energies:
        for k, mean in enumerate(means):
            value = evaluated(energy.expression, point.parameters, mean.__getitem__)
            if energy.kind == "gaussian":
                expected[k] += beta**2 * value / 2
            elif k == 0:
                expected[k] -= beta * value
    values = {**point.parameters, **slopes}
    ledger.compare("exponent of a replica", number(own, values), expected[0], BOUND)
    ledger.compare("exponent of a pair", number(pair, values), expected[1], BOUND)


def _two_replicas(point: Point, at: Values, evaluate: Evaluator | None) -> tuple[float, list[tuple], list[dict]]:
    """The site integral over (w_1, w_2), per channel the tilted E h_1 h_1, E h_1 h_2, E h_1 z, and means of energies.

    With an evaluator the measure and the site function are those of the derivation, else those of the model.
    """
    system, s = point.system, point.system.symbols
    total, sums = 0.0, np.zeros((len(system.channels), 3))
    means: list[dict] = [{}, {}]
    for quenched, weight in point.quenched:
        if weight < 1e-13:
            continue
        values = {**point.parameters, **quenched}
        f = number(system.site.factor, values)
        t = [number(e, values) for e in system.site.teachers]
        limit = (abs(sum(t)) + np.sqrt(60 * point.hats[s.A])) / (0.5 * point.hats[s.A] * max(abs(f), 1e-6))
        if evaluate is not None:
            partition = system.site.partition
            w, mass = evaluate.site_rule(partition, tuple(values[x] for x in partition.rest), limit)
        else:
            w, mass = site_rule(system.model, values, limit, width=max(0.25, limit / 60))
            if system.channels:
                channel = system.model.channels[0]
                f = site_functions(channel, system.model, values)[0] / number(system.channels[0].scale, values)
        x = f * w
        u = []
        envelope = mass * np.exp(0.4 * (point.hats[s.r_hat] + point.hats[s.q_hat]) * x**2)
        keep = envelope > 1e-18 * np.max(envelope)
        w, x, mass = w[keep], x[keep], mass[keep]
        for a in (1, 2):
            field = sum(at[sp.Symbol(f"{m}_hat_{a}")] * e for m, e in zip(s.m, t, strict=True))
            u.append(mass * np.exp(at[sp.Symbol(f"r_hat_{a}")] * x**2 / 2 + field * x))
        pairs = {(0, 1): np.exp(at[sp.Symbol("q_hat_12")] * np.multiply.outer(x, x))}
        total += weight * replica_sum(u, pairs)
        if evaluate is None:
            for node, found in _energy_moments(system.model, values, w, u, pairs).items():
                for mean, value in zip(means, found, strict=True):
                    mean[node] = mean.get(node, 0.0) + weight * value
            if system.channels:
                sums += weight * _field_moments(point, values, w, u, pairs)
    tilted = [{node: value / total for node, value in mean.items()} for mean in means]
    return total, [tuple(row / total) for row in sums], tilted


def _energy_moments(model: Model, values: Values, w: Array, u: list[Array], pairs: dict) -> dict:
    """Tilted means of f g in one replica and between two, for every overlap(f, g) and cross(f, g)."""
    found, name = {}, model.weights[0].symbol
    quenched = tuple(s for s in values if s != name)
    nodes = {node for energy in model.energies for node in energy.expression.atoms(Cross, Overlap)}
    for node in {node for node in nodes if node.has(name)}:  # of this family of sites
        f, g = (compiled(sp.S(side), (name, *quenched))(w, *[values[s] for s in quenched]) for side in node.args)
        apart = sum(replica_sum([u[0] * a, u[1] * b], pairs) for a, b in ((f, g), (g, f))) / 2
        found[node] = replica_sum([u[0] * f * g, u[1]], pairs), apart
    return found


def _field_moments(point: Point, values: Values, w: Array, u: list[Array], pairs: dict) -> Array:
    rows = []
    for channel in point.system.model.channels:
        a, b = site_functions(channel, point.system.model, values)
        h = a * w
        rows.append(
            (
                replica_sum([u[0] * h**2, u[1]], pairs),
                replica_sum([u[0] * h, u[1] * h], pairs),
                replica_sum([u[0] * h, u[1]], pairs) * b,
            )
        )
    return np.array(rows)
