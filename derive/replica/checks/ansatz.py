"""Stage 4: the action at n = 1, 2, 3 against explicit replica integrals and matrices.

The integrals over (z, h_1, ..., h_n) and (w_1, ..., w_n) are sums over products of nodes with the explicit
(n+1) x (n+1) precision or conjugate matrix; no field is shared between replicas here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy as sp
from scipy.integrate import quad

from derive.calculus.labels import LabelAtom, LabelNaturals
from derive.calculus.partition import INNER
from derive.replica.ansatz import ReplicaAction
from derive.replica.checks.component_replicas import explicit_channel, explicit_site
from derive.replica.checks.component_sites import projections
from derive.replica.checks.labels import FEW_COUNTS
from derive.replica.checks.measure import Array, LineMeasure, compiled, number
from derive.replica.checks.numeric import Evaluator
from derive.replica.checks.points import Ledger, Point, gradient
from derive.replica.checks.spec import Values, site_rule
from derive.replica.order_parameters import Action
from derive.replica.system import ChannelPart, ComponentPart
from derive.replica.trace import Check

__all__ = ["check_ansatz", "replica_sum"]

BOUND, LABELS = 1e-6, 1e-8
"""What the comparisons reach, and the integral over a real label relative to it."""
WORK = 6e9  # multiplications that one integral may cost; above it the comparison at this n is left out


def check_ansatz(action: Action, replicas: ReplicaAction) -> Check:
    """Interaction, site and channels at integer n, and stationarity in the hats at the averages of the replicas."""
    point, ledger = Point(replicas.system, strength=0.5), Ledger()
    evaluate, at, n = point.evaluator(counts=FEW_COUNTS), point.all, replicas.system.symbols.n
    done = []
    for size in (1, 2, 3, 4):
        values = {**at, n: float(size)}
        expected = _interaction(point, size)
        ledger.compare(f"interaction({size})", evaluate(replicas.interaction, values), expected, 1e-11)
        expected = _energies(action, point, size)
        ledger.compare(f"energies({size})", evaluate(replicas.energy, values), expected, 1e-11)
        _check_matrices(replicas, values, size, ledger)
        for (_, node), view in zip(replicas.sites, point.views, strict=True):
            site = explicit_site(view, size) if point.vector else _site(view, size)
            if site is not None:
                ledger.compare(f"site({size})", evaluate(node, values) / site[0], 1.0, BOUND)
                _check_stationary(replicas, view, evaluate, {**values, **site[1]}, size, ledger)
        for j, (part, (_, node)) in enumerate(zip(replicas.system.channels, replicas.channels, strict=True)):
            direct = (explicit_channel if point.vector else _channel)(part, action.averaged.covariances[j], point, size)
            if direct is not None and direct > 0:
                ledger.compare(f"channel_{j}({size})", evaluate(node, values) / direct, 1.0, BOUND)
                done.append(size)
    for j, (written, (samples, _)) in enumerate(zip(replicas.system.model.channels, replicas.channels, strict=True)):
        ledger.compare(f"samples_{j}", evaluate(samples, at), number(written.samples, at), 1e-12)
    largest = max(done, default=0) if replicas.system.channels else 4
    return ledger.check(f"explicit replica integrals and matrices at n = 1, ..., {largest}")


def replica_sum(u: Sequence[Array], pairs: dict[tuple[int, int], Array]) -> float:
    """The sum over i_1..i_n of prod_a u_a[i_a] * prod_{a<b} pairs[a, b][i_a, i_b], n up to 4."""
    if len(u) == 1:
        return float(np.sum(u[0]))
    if len(u) == 2:
        return float(u[0] @ pairs[0, 1] @ u[1])
    if len(u) == 4:
        three = {key: pair for key, pair in pairs.items() if key[1] < 3}
        columns = (([u[a] * pairs[a, 3][:, k] for a in range(3)], x) for k, x in enumerate(u[3]))
        return float(sum(x * replica_sum(left, three) for left, x in columns))
    through = (pairs[0, 2] * u[2]) @ pairs[1, 2].T
    return float(u[0] @ (pairs[0, 1] * through) @ u[1])


def _interaction(point: Point, n: int) -> float:
    """-sum_a r r_hat/2 - sum_{a != b} q q_hat/2 - sum_a m m_hat with explicit matrices."""
    at, total = point.all, 0.0

    def full(diagonal: sp.Symbol, off: sp.Symbol) -> Array:
        return np.full((n, n), at[off]) + (at[diagonal] - at[off]) * np.eye(n)

    for group in point.system.groups:
        basis = projections(int(sum(f.gain for f in group)))  # of one component: the number one
        modes = [f.symbols for f in group]
        overlap = sum(np.kron(full(s.r, s.q), e) for s, e in zip(modes, basis, strict=True))
        hats = sum(np.kron(full(s.r_hat, s.q_hat), e) for s, e in zip(modes, basis, strict=True))
        cross = 0.0
        for j in range(len(modes[0].m)):
            left = sum(at[s.m[j]] * e for s, e in zip(modes, basis, strict=True))
            right = sum(at[s.m_hat[j]] * e for s, e in zip(modes, basis, strict=True))
            cross += n * float(np.sum(left * right))
        total += number(group[0].size, at) * (-float(np.sum(overlap * hats)) / 2 - cross)
    return total


def _energies(action: Action, point: Point, n: int) -> float:
    """The exponents of the energies, summed over all replicas and over all ordered pairs of them."""
    at = point.all
    own, pair = action.averaged.energies
    symbols = [f.symbols for f in point.system.families]
    overlaps = [np.full((n, n), at[s.q]) + (at[s.r] - at[s.q]) * np.eye(n) for s in symbols]
    total = 0.0
    for a, b in itertools.product(range(n), repeat=2):
        entry = {s.r if a == b else s.q: float(overlap[a, b]) for s, overlap in zip(symbols, overlaps, strict=True)}
        total += number(own if a == b else pair, {**at, **entry})
    return total


def _check_matrices(replicas: ReplicaAction, values: Values, n: int, ledger: Ledger) -> None:
    """Determinant, trace and entries of the hierarchical matrices."""
    symbols = [f.symbols for f in replicas.system.families]
    found = [(h, s.r, s.q) for h, s in zip(replicas.hierarchies, symbols, strict=True)]
    found += [(h, s.r_hat, s.q_hat) for h, s in zip(replicas.conjugates, symbols, strict=True)]
    for h, diagonal, off in found:
        mine = np.full((n, n), values[off]) + (values[diagonal] - values[off]) * np.eye(n)
        theirs = np.array([[number(e, values) for e in row] for row in h.matrix((n,)).tolist()])
        ledger.add(f"matrix({n})", float(np.max(np.abs(mine - theirs))), 1e-12)
        spectrum = [(number(a, values), number(b, values)) for a, b in h.eigenvalues()]
        for power in (1, 2, 3):
            traced = sum(b * a**power for a, b in spectrum)
            ledger.compare(f"spectrum({n})", traced, float(np.trace(np.linalg.matrix_power(mine, power))), 1e-11)


# -------------------------------------------------------------------------------------------- sites


def _site(point: Point, n: int) -> tuple[float, Values] | None:
    """The site integral over (w_1..w_n) and the averages r, q, m of its tilted measure."""
    system, s, at = point.system, point.system.symbols, point.all
    noise = sum(at[h] ** 2 * rho for h, rho in zip(s.m_hat, point.spread, strict=True))
    stiff = at[s.A] - n * (at[s.q_hat] + noise)
    if stiff <= 0.05 * at[s.A]:
        return None
    total, sums = 0.0, dict.fromkeys((s.r, s.q, *s.m), 0.0)
    nodes: list[tuple[Values, float]] = [p for p in point.quenched if p[1] > 1e-13]
    for quenched, weight in nodes:
        values = {**at, **quenched}
        f = number(system.site.factor, values)
        pull = abs(sum(at[h] * number(t, values) for h, t in zip(s.m_hat, system.site.teachers, strict=True)))
        floor = max(abs(f), 1e-6)
        limit = (pull + np.sqrt(90 * stiff)) / (stiff * floor)
        w, mass = site_rule(system.model, values, limit, width=0.6 / np.sqrt(at[s.A]) / floor)
        field = sum(at[h] * number(t, values) for h, t in zip(s.m_hat, system.site.teachers, strict=True))
        x = f * w
        u = mass * np.exp(at[s.r_hat] * x**2 / 2 + field * x)
        keep = u * np.exp(at[s.q_hat] * (n - 1) * x**2 / 2) > 1e-18 * np.max(u)
        x, u = x[keep], u[keep]
        if len(nodes) * float(len(x)) ** max(n, 2) > WORK:
            return None
        pair = np.exp(at[s.q_hat] * np.multiply.outer(x, x))
        pairs = {(a, b): pair for a in range(n) for b in range(a + 1, n)}
        total += weight * replica_sum([u] * n, pairs)
        first = weight * replica_sum([u * x] + [u] * (n - 1), pairs)
        sums[s.r] += weight * replica_sum([u * x**2] + [u] * (n - 1), pairs)
        if n > 1:
            sums[s.q] += weight * replica_sum([u * x] * 2 + [u] * (n - 2), pairs)
        for m, t in zip(s.m, system.site.teachers, strict=True):
            sums[m] += first * number(t, values)
    return total, {x: value / total for x, value in sums.items()}


def _check_stationary(
    replicas: ReplicaAction, point: Point, evaluate: Evaluator, values: Values, n: int, ledger: Ledger
) -> None:
    """interaction(n) + log site(n) is stationary in the hats where the overlaps are the averages of the replicas."""
    families = [f.symbols for f in point.system.families]  # of one family of sites, or the modes of its components

    def action(at: Values) -> float:
        at = {**at, **{s.A: at[s.q_hat] - at[s.r_hat] for s in families}}
        sites = [number(size, at) * float(np.log(evaluate(node, at))) for size, node in replicas.sites]
        return evaluate(replicas.interaction, at) + sum(sites)

    for hat in (hat for s in families for hat in (s.r_hat, *([s.q_hat] if n > 1 else []), *s.m_hat)):
        ledger.add(f"stationary in {hat} at n = {n}", abs(gradient(action, hat, values, 0.01)), BOUND)


# ----------------------------------------------------------------------------------------- channels


def _channel(part: ChannelPart, claimed: Sequence[sp.Expr], point: Point, n: int) -> float | None:
    """The sum over labels of E P(y | z) prod_a F(y, h_a) with the explicit covariance of (z, h_1..h_n)."""
    own, off, cross, teacher = (number(e, point.all) for e in claimed)
    covariance = np.full((n, n), off) + (own - off) * np.eye(n)
    if part.m is not None:
        edge = np.full((n, 1), cross)
        covariance = np.block([[np.array([[teacher]]), edge.T], [edge, covariance]])
    total, centre = 0.0, number(part.teacher_mean, point.parameters)
    for component in part.components:
        one = partial(_one_label, component, covariance, point, n, part.m is not None, centre)
        try:
            total += component.multiplicity * _over_labels(component, point, one)
        except _TooCostly:
            return None
    return total


class _TooCostly(Exception):
    """A sum over replicas takes more multiplications than `WORK`."""


def _over_labels(component: ComponentPart, point: Point, one: Callable[[float | None], float]) -> float:
    """The sum or integral over the labels of a component."""
    label = component.label
    if label is None or isinstance(label, LabelAtom):
        return one(None)
    if isinstance(label, LabelNaturals):
        return sum(one(float(k)) for k in range(FEW_COUNTS))
    low, high = point.label_range()
    low, high = max(low, number(label.lower, point.parameters)), min(high, number(label.upper, point.parameters))
    edges = np.linspace(low, high, 19)
    return float(quad(one, low, high, points=edges[1:-1], limit=200, epsabs=0.0, epsrel=LABELS)[0])


def _one_label(
    component: ComponentPart, covariance: Array, point: Point, n: int, teacher: bool, centre: float, y: float | None
) -> float:
    exact = {s: sp.Float(x, 17) for s, x in {**point.parameters, **point.globals}.items()}
    label: Any = component.label
    others = () if y is None else (label.symbol,)
    given = () if y is None else (y,)
    precision = np.linalg.inv(covariance)
    norm = np.sqrt(np.linalg.det(precision) / (2 * np.pi) ** len(covariance))
    shift = number(component.offset, point.all)
    sd = np.sqrt(covariance[-1, -1])
    h, mass = _nodes(component.partition.body, others, given, sd, shift, exact, 1 / np.sqrt(precision[-1, -1]))
    if not h.size:
        return 0.0
    if not teacher:
        law = 1.0
        if component.label is not None:
            law = float(compiled(sp.S(component.law).xreplace(exact), others)(*given))
        zs, law_mass = np.zeros(1), np.array([law])
    else:
        assert component.law_partition is not None
        body = component.law_partition.body
        zs, law_mass = _nodes(
            body, others, given, np.sqrt(covariance[0, 0]), centre, exact, 1 / np.sqrt(precision[0, 0])
        )
    labels = 1 if y is None else 180
    if n > 2 and labels * len(zs) * float(len(h)) ** n > WORK:
        raise _TooCostly
    first = int(teacher)
    u0 = mass * np.exp(-precision[-1, -1] * h**2 / 2)
    pairs = {}
    for a in range(n):
        for b in range(a + 1, n):
            pairs[a, b] = np.exp(-precision[a + first, b + first] * np.multiply.outer(h, h))
    total = 0.0
    for z, weight in zip(zs, law_mass, strict=True):
        outer = weight * np.exp(-precision[0, 0] * z**2 / 2) if teacher else weight
        u = [u0 * np.exp(-precision[0, a + 1] * z * h) if teacher else u0 for a in range(n)]
        total += outer * replica_sum(u, pairs)
    return norm * total


def _nodes(body, others, given, sd: float, shift: float, exact: dict, spread: float) -> tuple[Array, Array]:
    """A factor as nodes and weights in its centred field h (the factor sees h + shift)."""
    line = LineMeasure(sp.S(body).xreplace(exact), INNER, others)
    x, w = line.rule(given, -8.2 * sd + shift, 8.2 * sd + shift, 1.1 * spread, tolerance=1e-10)
    h = x - shift
    envelope = np.abs(w) * np.exp(-(h**2) / (2 * sd**2))
    keep = envelope > 1e-16 * np.max(envelope, initial=1e-300)
    return h[keep], w[keep]
