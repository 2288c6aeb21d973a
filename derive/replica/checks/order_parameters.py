"""Stage 3 at integer n = 2: derivatives of the site's log-generating function are the field covariances.

The generating function uses the site measure and site functions of the derivation and the conjugate convention;
the covariances are averages over the measure of the model as written, in the tilted state of two replicas.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from derive.replica.checks.ansatz import replica_sum
from derive.replica.checks.measure import Array, number
from derive.replica.checks.numeric import Evaluator
from derive.replica.checks.points import Ledger, Point, gradient
from derive.replica.checks.sites import site_functions
from derive.replica.checks.spec import Values, site_rule
from derive.replica.order_parameters import Action
from derive.replica.trace import Check

__all__ = ["check_order_parameters"]

BOUND = 1e-6


def check_order_parameters(action: Action) -> Check:
    """Two replicas with different conjugates r_hat_a, m_hat_a and one q_hat_12."""
    system, s = action.system, action.system.symbols
    ledger, point = Ledger(), Point(system, strength=0.5)
    evaluate = point.evaluator()
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
    fields = _two_replicas(point, at, None)
    for j, claimed in enumerate(action.averaged.covariances):
        _, own, off, cross = [fields[0], *fields[1][j]]
        values = {**point.parameters, **slopes}
        ledger.compare(f"E h_1 h_1 ({j})", number(claimed[0], values), own, BOUND)
        ledger.compare(f"E h_1 h_2 ({j})", number(claimed[1], values), off, BOUND)
        if system.channels[j].m is not None:
            ledger.compare(f"E h_1 z ({j})", number(claimed[2], values), cross, BOUND)
    return ledger.check("derivatives of the two-replica site integral against tilted averages of the fields")


def _two_replicas(point: Point, at: Values, evaluate: Evaluator | None) -> tuple[float, list[tuple]]:
    """The site integral over (w_1, w_2), and per channel the tilted E h_1 h_1, E h_1 h_2, E h_1 z.

    With an evaluator the measure and the site function are those of the derivation, else those of the model.
    """
    system, s = point.system, point.system.symbols
    total, sums = 0.0, np.zeros((len(system.channels), 3))
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
            sums += weight * _field_moments(point, values, w, u, pairs)
    return total, [tuple(row / total) for row in sums]


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
