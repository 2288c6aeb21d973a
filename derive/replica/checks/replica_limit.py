"""Stage 5: Richardson extrapolation of the action at small n against the free entropy."""

from __future__ import annotations

import numpy as np
import sympy as sp

from derive.replica.ansatz import ReplicaAction
from derive.replica.checks.numeric import Evaluator
from derive.replica.checks.points import Ledger, Point
from derive.replica.checks.spec import Values
from derive.replica.replica_limit import FreeEntropy
from derive.replica.trace import Check

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
    limits = {name: _extrapolate(evaluate, before, at, s.n, log) for name, before, _, log in pieces}
    for name, _, after, _ in pieces:
        ledger.compare(name, evaluate(after, at), limits[name], BOUND)
    total = limits["interaction"] + limits["site"]
    for j, (samples, _) in enumerate(replicas.channels):
        total += evaluate(samples, at) * limits[f"channel {j}"]
    ledger.compare("free entropy", evaluate(free.total, at), total, BOUND)
    return ledger.check(f"Richardson extrapolation from n = {STEPS[0]}, ..., {STEPS[-1]} to n = 0")


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
