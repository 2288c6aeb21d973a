"""Stage 5: Richardson extrapolation of the action at small n against the free entropy."""

from __future__ import annotations

import itertools

import numpy as np
import sympy as sp
from scipy.integrate import quad

from derive.calculus.labels import LabelDensity
from derive.replica.ansatz import ReplicaAction
from derive.replica.checks.measure import compiled, number
from derive.replica.checks.numeric import Evaluator
from derive.replica.checks.points import Ledger, Point, spread
from derive.replica.checks.spec import Values
from derive.replica.replica_limit import FreeEntropy
from derive.replica.system import ChannelPart
from derive.replica.trace import Check
from derive.spec.model import Channel

__all__ = ["check_replica_limit"]

BOUND = 1e-6
STEPS = (0.16, 0.08, 0.04, 0.02, 0.01)


def check_replica_limit(replicas: ReplicaAction, free: FreeEntropy) -> Check:
    """Every part and the whole: [interaction(n) + log site(n) + sum samples log channel(n)]/n as n -> 0."""
    system, s = replicas.system, replicas.system.symbols
    ledger, point = Ledger(), Point(system)
    evaluate, at = point.evaluator(), point.all
    pieces = [
        ("interaction", replicas.interaction, free.interaction, None),
        ("site", replicas.site, free.site, sp.log),
    ]
    for j, ((_, before), (_, after)) in enumerate(zip(replicas.channels, free.channels, strict=True)):
        pieces.append((f"channel {j}", before, after, sp.log))
    pieces.append(("energies", replicas.energy, free.energy, None))
    limits = {name: _extrapolate(evaluate, before, at, s.n, log) for name, before, _, log in pieces}
    for name, _, after, _ in pieces:
        ledger.compare(name, evaluate(after, at), limits[name], BOUND)
    total = limits["interaction"] + limits["site"] + limits["energies"]
    described = zip(system.model.channels, system.channels, replicas.channels, strict=True)
    for j, (spec, part, (samples, _)) in enumerate(described):
        total += evaluate(samples, at) * (limits[f"channel {j}"] - _log_slope(spec, part, point, evaluate))
    ledger.compare("free entropy", evaluate(free.total, at), total, BOUND)
    return ledger.check(f"Richardson extrapolation from n = {STEPS[0]}, ..., {STEPS[-1]} to n = 0")


def _log_slope(channel: Channel, part: ChannelPart, point: Point, evaluate: Evaluator) -> float:
    """E log|dy/du| of the labels y = f(u) of a Bayes factor, dy/du by finite differences."""
    sd, total = spread(part, point), 0.0
    for component in part.components:
        label = component.label
        if channel.factor != "bayes" or not isinstance(label, LabelDensity) or label.value == label.symbol:
            continue
        exact = {s: sp.Float(x, 17) for s, x in point.parameters.items()}
        value, name = compiled(label.value.xreplace(exact), (label.symbol,)), component.law_partition.name

        def integrand(u: float, value=value, name=name) -> float:
            z, mass = evaluate.channel_rule(name, (u,))
            slope = abs(float(value(u + 1e-6)) - float(value(u - 1e-6))) / 2e-6
            return float(np.sum(mass * np.exp(-((z / sd) ** 2) / 2))) * np.log(slope) / (sd * np.sqrt(2 * np.pi))

        low = max(-10 * sd, number(label.lower, point.parameters))
        high = min(10 * sd, number(label.upper, point.parameters))
        edges = sorted({low, high, *[c for c in (0.0,) if low < c < high]})
        total += sum(quad(integrand, a, b, epsabs=1e-8, limit=100)[0] for a, b in itertools.pairwise(edges))
    return total


def _extrapolate(evaluate: Evaluator, node: sp.Expr, at: Values, n: sp.Symbol, log) -> float:
    """The limit of g(n)/n, g the logarithm of an average or a polynomial, by Neville's table."""
    values = []
    for step in STEPS:
        value = evaluate(node, {**at, n: step})
        values.append((np.log(value) if log is not None else value) / step)
    nodes = list(STEPS)
    for order in range(1, len(nodes)):
        for i in range(len(nodes) - order):
            a, b = nodes[i], nodes[i + order]
            values[i] = (a * values[i + 1] - b * values[i]) / (a - b)
    return float(values[0])
