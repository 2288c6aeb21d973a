"""Stage 5: Richardson extrapolation of the action at small n against the free entropy."""

from __future__ import annotations

import itertools

import numpy as np
import sympy as sp
from scipy.integrate import quad

from derive.calculus.labels import LabelDensity, LabelNaturals
from derive.replica.ansatz import ReplicaAction
from derive.replica.checks.labels import FEW_COUNTS
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
STEPS = tuple(0.16 / 2**k for k in range(7))


def check_replica_limit(replicas: ReplicaAction, free: FreeEntropy) -> Check:
    """Every part and the whole: [interaction(n) + log site(n) + sum samples log channel(n)]/n as n -> 0."""
    system, n = replicas.system, replicas.system.symbols.n
    ledger, point = Ledger(), Point(system)
    counts = any(isinstance(c.label, LabelNaturals) for part in system.channels for c in part.components)
    evaluate, at = point.evaluator(**({"counts": FEW_COUNTS} if counts else {})), point.all
    pieces = [
        ("interaction", replicas.interaction, free.interaction, False),
    ]
    sites = [f"site {w.name}" if len(free.sites) > 1 else "site" for w in system.model.weights]
    for name, (_, before), (_, after) in zip(sites, replicas.sites, free.sites, strict=True):
        pieces.append((name, before, after, True))
    for j, ((_, before), (_, after)) in enumerate(zip(replicas.channels, free.channels, strict=True)):
        pieces.append((f"channel {j}", before, after, True))
    pieces.append(("energies", replicas.energy, free.energy, False))
    limits = {name: _extrapolate(evaluate, before, at, n, log) for name, before, _, log in pieces}
    for name, _, after, _ in pieces:
        ledger.compare(name, evaluate(after, at), limits[name], BOUND)
    total = limits["interaction"] + limits["energies"]
    total += sum(evaluate(size, at) * limits[name] for name, (size, _) in zip(sites, replicas.sites, strict=True))
    described = zip(system.model.channels, system.channels, replicas.channels, strict=True)
    for j, (spec, part, (samples, _)) in enumerate(described):
        measure = _log_slope(spec, part, point.of(part), evaluate) if isinstance(part, ChannelPart) else 0.0
        total += evaluate(samples, at) * (limits[f"channel {j}"] - measure)
    ledger.compare("free entropy", evaluate(free.total, at), total, BOUND)
    return ledger.check(f"Richardson extrapolation from n = {STEPS[0]:g}, ..., {STEPS[-1]:g} to n = 0")


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


def _extrapolate(evaluate: Evaluator, node: sp.Expr, at: Values, n: sp.Symbol, log: bool) -> float:
    """The limit of g(n)/n, g a polynomial or g(0) log g of an average, by Neville's table.

    g(0), the mass of the labels that are summed, is one but for counts, of which only the first are compared.
    """
    found = [evaluate(node, {**at, n: step}) for step in (*STEPS, 0.0)]  # the largest n first: it finds the panels
    mass = found.pop()
    values = [(mass * np.log(x / mass) if log else x) / step for x, step in zip(found, STEPS, strict=True)]
    nodes = list(STEPS)
    for order in range(1, len(nodes)):
        for i in range(len(nodes) - order):
            a, b = nodes[i], nodes[i + order]
            values[i] = (a * values[i + 1] - b * values[i]) / (a - b)
    return float(values[0])
