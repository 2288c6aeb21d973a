"""A numeric evaluator of node expressions by the definitions of the nodes.

log Z and its derivatives are cumulants of the tilted measure (the factor F, or the site measure), Gaussian averages
are quadratures, label laws are averages over the conditional law of the teacher field with Hermite weights for their
derivatives, envelopes are minima by bisection.  Closed forms and decompositions of the calculus are not used.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import numpy as np
import sympy as sp

from derive.calculus.envelopes import Envelope
from derive.calculus.nodes import (
    DensityAverage,
    GaussianAverage,
    LabelIntegral,
    LabelLaw,
    LabelSum,
    LogPartition,
    MoreauEnvelope,
)
from derive.calculus.partition import INNER, Partition
from derive.calculus.rows import RowAverage
from derive.calculus.vectors import VectorLaw, VectorLog
from derive.replica.checks.measure import (
    Array,
    LineMeasure,
    compiled,
    gauss_panels,
    gaussian_rule,
    number,
    rounded,
)
from derive.replica.checks.minima import Minimum
from derive.replica.checks.vectors import VectorRules
from derive.spec.functions import GaussMean

__all__ = ["Evaluator"]

_BINDERS = (GaussianAverage, LabelIntegral, LabelSum, DensityAverage, RowAverage)
_SPECIAL = (*_BINDERS, LogPartition, LabelLaw, GaussMean, VectorLog, VectorLaw)
_NONE = sp.Symbol("none")
Env = dict[sp.Symbol, float | Array]


class Evaluator(VectorRules):
    """Values of node expressions at fixed parameters.

    Parameters
    ----------
    partitions : the definitions of the log-partition functions and label laws, by name
    parameters : values of the model's parameters
    reach, width : half range and panel length of the fields of the channels
    labels : the range of real labels that carries their mass
    seeds : points of the site measure that panels must not step over
    tolerance : what the panels of real labels are halved to
    counts : how many natural labels are summed at most
    """

    def __init__(
        self,
        partitions: Mapping[str, Partition | Envelope],
        parameters: Mapping[sp.Symbol, float],
        reach: float,
        width: float,
        labels: tuple[float, float] = (-20.0, 20.0),
        seeds: tuple[float, ...] = (),
        tolerance: float = 1e-9,
        counts: int = 170,
    ):
        self.partitions = partitions
        self.parameters = dict(parameters)
        self.exact = {s: sp.Float(x, 17) for s, x in parameters.items()}
        self.reach, self.width, self.labels, self.seeds = reach, width, labels, seeds
        self.tolerance, self.counts = tolerance, counts
        self._grids: dict[tuple, tuple[Array, Array]] = {}
        self._means: dict[sp.Basic, float] = {}
        self._minima: dict[str, Minimum] = {}
        self._skeletons: dict[sp.Expr, tuple] = {}
        self._measures: dict[tuple, LineMeasure] = {}
        self._rules: dict[tuple, tuple[Array, Array]] = {}
        self._label_rules: dict[tuple, tuple[Array, Array]] = {}

    def __call__(self, expression: sp.Basic, point: Mapping[sp.Symbol, float] | None = None) -> float:
        """The value at a point of order parameters and conjugates."""
        env: Env = {**self.parameters, **(point or {})}
        return float(self._value(sp.S(expression), env))

    # ------------------------------------------------------------------------------------ recursion

    def _value(self, expression: sp.Expr, env: Env) -> float | Array:
        if expression not in self._skeletons:
            self._skeletons[expression] = _skeleton(expression)
        function, names, found = self._skeletons[expression]
        values: Env = {symbol: self._special(node, env) for node, symbol in found.items()}
        return function(*[values[s] if s in values else env[s] for s in names])

    def _special(self, node: sp.Basic, env: Env) -> float | Array:
        if isinstance(node, GaussMean):
            if node not in self._means:
                self._means[node] = number(node, self.parameters)
            return self._means[node]
        if isinstance(node, MoreauEnvelope):
            return self._envelope(node, env)
        if isinstance(node, LogPartition):
            return self._log_partition(node, env)
        if isinstance(node, VectorLog):
            return self._vector_log(node, env)
        if isinstance(node, VectorLaw):
            return self._vector_law(node, env)
        if isinstance(node, GaussianAverage) and node.has(VectorLog):
            return self._vector_gaussian(node, env)
        if isinstance(node, GaussianAverage):
            return self._gaussian(node, env)
        if isinstance(node, LabelIntegral):
            return self._label_integral(node, env)
        if isinstance(node, LabelSum):
            return self._label_sum(node, env)
        if isinstance(node, DensityAverage):
            return self._density(node, env)
        if isinstance(node, RowAverage):
            rows = [
                dict(zip(node.bound_symbols, row, strict=True))
                for row in zip(*node.table.columns.values(), strict=True)
            ]
            return sum(self._value(node.body, {**env, **row}) for row in rows) / len(rows)
        return self._label_law(node, env)

    # --------------------------------------------------------------------------------------- binders

    def _gaussian(self, node: GaussianAverage, env: Env) -> float | Array:
        variables = node.bound_symbols
        mean, variance = self._value(node.mean[0], env), self._value(node.covariance(0, 0), env)
        panels = (10, 8.5) if node.body.has(LabelIntegral) else (20, 10.0)
        x, w = gaussian_rule(float(mean), float(variance), *panels, self._cuts(node, env))
        if node.body.atoms(GaussianAverage):  # an average over a quenched variable: node by node
            pairs = [(a, b) for a, b in zip(x, w, strict=True) if b > 1e-14]
            return sum(b * self._value(node.body, {**env, variables[0]: a}) for a, b in pairs)
        inner = {**env, variables[0]: x}
        if len(variables) == 2:
            cross, other = self._value(node.covariance(0, 1), env), self._value(node.covariance(1, 1), env)
            slope = cross / variance
            inner[variables[1]] = self._value(node.mean[1], env) + slope * (x - mean)
            inner[_spread(variables[1])] = other - slope * cross
        return float(np.sum(w * self._value(node.body, inner)))

    def _cuts(self, node: GaussianAverage, env: Env) -> list[float]:
        """Places of the field where an envelope of the body has a kink in its slope."""
        variable, found = node.bound_symbols[0], []
        for l in node.body.atoms(MoreauEnvelope):
            needed = set().union(*(a.free_symbols for a in l.args[3:])) - {variable}
            if not needed <= set(env) or not l.args[3].has(variable):
                continue
            zero, one = (float(self._value(l.args[3], {**env, variable: t})) for t in (0.0, 1.0))
            cuts = self.minimum(l.args[0].name).cuts(*self._arguments(l, env))
            found += [(c - zero) / (one - zero) for c in cuts]
        return found

    def _label_integral(self, node: LabelIntegral, env: Env) -> float | Array:
        y, lower, upper = node.bound_symbols[0], *(float(self._value(e, env)) for e in node.args[2:])
        low, high = max(lower, self.labels[0]), min(upper, self.labels[1])
        key = (node.body, low, high)
        if key not in self._label_rules:
            self._label_rules[key] = self._find_label_rule(node.body, y, low, high, env)
        nodes, weights = self._label_rules[key]
        return sum(w * self._value(node.body, {**env, y: t}) for t, w in zip(nodes, weights, strict=True))

    def _find_label_rule(self, body: sp.Expr, y: sp.Symbol, low: float, high: float, env: Env) -> tuple[Array, Array]:
        """Halve panels in y until the integral over y is resolved for every field."""
        edges = list(np.linspace(low, high, 17))
        panels, nodes, weights = list(itertools.pairwise(edges)), [], []
        scale = 1e-3
        while panels:
            a, b = panels.pop()
            whole = self._panel(body, y, (a, b), env)
            halves = self._panel(body, y, (a, (a + b) / 2, b), env)
            scale = max(scale, float(np.max(np.abs(whole))))
            if np.max(np.abs(whole - halves)) < self.tolerance * scale or b - a < 1e-7 * (high - low):
                x, w = gauss_panels((a, b))
                nodes.append(x)
                weights.append(w)
            else:
                panels += [(a, (a + b) / 2), ((a + b) / 2, b)]
        return np.concatenate(nodes), np.concatenate(weights)

    def _panel(self, body: sp.Expr, y: sp.Symbol, edges: tuple[float, ...], env: Env) -> Array:
        x, w = gauss_panels(edges)
        values = [b * self._value(body, {**env, y: a}) for a, b in zip(x, w, strict=True)]
        return np.nan_to_num(np.sum(values, axis=0))

    def _label_sum(self, node: LabelSum, env: Env) -> float | Array:
        y, quiet = node.bound_symbols[0], 0
        total: float | Array = 0.0
        for label in range(self.counts):
            term = np.nan_to_num(self._value(node.body, {**env, y: float(label)}))
            total = total + term
            quiet = quiet + 1 if np.max(np.abs(term)) < 1e-13 * (1e-30 + np.max(np.abs(total))) else 0
            if quiet > 3:
                break
        return total

    def _density(self, node: DensityAverage, env: Env) -> float | Array:
        s = node.bound_symbols[0]
        lower, upper = (float(self._value(e, env)) for e in node.args[3:])
        lower, upper = max(lower, -60.0), min(upper, 60.0)
        x, w = self._line(("pdf", node.pdf), node.pdf, s, ()).rule((), lower, upper, max((upper - lower) / 40, 0.05))
        return sum(b * self._value(node.body, {**env, s: a}) for a, b in zip(x, w, strict=True) if b > 1e-15)

    # ----------------------------------------------------------------------------------------- leaves

    def _line(self, key: tuple, body: sp.Basic, variable: sp.Symbol, others: tuple[sp.Symbol, ...]) -> LineMeasure:
        if key not in self._measures:
            self._measures[key] = LineMeasure(body.xreplace(self.exact), variable, others)
        return self._measures[key]

    def channel_rule(self, name: str, rest: tuple[float, ...] = ()) -> tuple[Array, Array]:
        """The factor (or label law) `name` at a label as nodes and weights in its field."""
        key = (name, *rest)
        if key not in self._rules:
            partition = self.partitions[name]
            line = self._line((name,), partition.body, INNER, partition.rest)
            x, w = line.rule(rest, -self.reach, self.reach, self.width)
            self._rules[key] = x, w
        return self._rules[key]

    def site_rule(self, partition: Partition, rest: tuple[float, ...], limit: float) -> tuple[Array, Array]:
        """The site measure of the derivation as nodes and weights."""
        limit = rounded(limit)
        key = ("site", partition.name, limit, *rest)
        if key in self._rules:
            return self._rules[key]
        nodes, weights = [], []
        given = dict(zip(partition.rest, rest, strict=True))
        values = {**self.parameters, **given}
        for j, (weight, body, atom, lower, upper) in enumerate(partition.body):
            size = number(weight, values)
            if atom != _NONE:
                nodes.append(np.array([number(atom, values)]))
                weights.append(np.array([size]))
                continue
            low, high = max(number(lower, values), -limit), min(number(upper, values), limit)
            line = self._line((partition.name, j), body, INNER, partition.rest)
            x, w = line.rule(rest, low, high, max(self.width, limit / 60), self.seeds)
            nodes.append(x)
            weights.append(size * w)
        self._rules[key] = np.concatenate(nodes), np.concatenate(weights)
        return self._rules[key]

    def minimum(self, name: str) -> Minimum:
        """The envelope of a name, by its definition."""
        if name not in self._minima:
            self._minima[name] = Minimum(self.partitions[name], self.exact)
        return self._minima[name]

    def _arguments(self, node: LogPartition, env: Env) -> tuple[float, tuple[float, ...]]:
        v = float(self._value(node.args[4], env))
        return v, tuple(float(self._value(a, env)) for a in node.args[5:])

    def _envelope(self, node: MoreauEnvelope, env: Env) -> Array:
        x = np.asarray(self._value(node.args[3], env), dtype=float)
        return self.minimum(node.args[0].name).derivative(x, *self._arguments(node, env), node.order)

    def _log_partition(self, node: LogPartition, env: Env) -> Array:
        partition = self.partitions[node.args[0].name]
        x = np.asarray(self._value(node.args[3], env), dtype=float)
        v, rest = self._arguments(node, env)
        flat = np.atleast_1d(x)[:, None]
        if partition.kind == "channel":
            h, w = self.channel_rule(partition.name, rest)
            if not h.size:  # a factor that underflows everywhere: its probability does too
                return np.full(x.shape, -1e3 if node.order == 0 else 0.0)
            exponent = np.log(w) - (h - flat) ** 2 / (2 * v) - np.log(2 * np.pi * v) / 2
        else:
            factor = number(partition.factor, {**self.parameters, **dict(zip(partition.rest, rest, strict=True))})
            limit = (np.max(np.abs(x)) + np.sqrt(90 * v)) / (v * max(abs(factor), 1e-6))
            h, w = self.site_rule(partition, rest, float(limit))
            h = factor * h
            exponent = np.log(w) - v * h**2 / 2 + flat * h
        return _cumulant(h, exponent, node.order, partition.kind, flat[:, 0], v).reshape(x.shape)

    def _label_law(self, node: LabelLaw, env: Env) -> Array:
        zeta = node.args[2]
        if not isinstance(zeta, sp.Symbol) or _spread(zeta) not in env:
            raise ValueError("a label law stands under the average over its teacher field")
        rest = tuple(float(self._value(a, env)) for a in node.args[3:])
        h, w = self.channel_rule(node.args[0].name, rest)
        mean, spread = np.asarray(env[zeta])[:, None], float(env[_spread(zeta)])
        t = (h - mean) / np.sqrt(spread)
        k = node.order
        hermite = np.polynomial.hermite_e.hermeval(t, [0] * k + [1]) / spread ** (k / 2)
        return np.sum(w * np.exp(-(t**2) / 2) * hermite, axis=1) / np.sqrt(2 * np.pi * spread)


def _skeleton(expression: sp.Expr) -> tuple[Callable, tuple[sp.Symbol, ...], dict[sp.Basic, sp.Symbol]]:
    """An expression as a compiled function of symbols that stand for its nodes."""
    found: dict[sp.Basic, sp.Symbol] = {}

    def hide(node: sp.Basic) -> sp.Basic:
        if isinstance(node, _SPECIAL):
            return found.setdefault(node, sp.Symbol(f"@{len(found)}"))
        if not node.args or not node.has(*_SPECIAL):
            return node
        return node.func(*[hide(a) for a in node.args])

    skeleton = hide(expression)
    names = tuple(sorted(skeleton.free_symbols, key=str))
    return compiled(skeleton, names), names, found


def _spread(zeta: sp.Symbol) -> sp.Symbol:
    """The symbol under which the conditional variance of a teacher field is kept."""
    return sp.Symbol(f"{zeta.name}|")


def _cumulant(h: Array, exponent: Array, order: int, kind: str, x: Array, v: float) -> Array:
    """The derivative of order k in x of log sum exp(exponent): a cumulant of h."""
    top = exponent.max(axis=1)
    p = np.exp(exponent - top[:, None])
    total = p.sum(axis=1)
    if order == 0:
        return top + np.log(total)
    p /= total[:, None]
    mean = p @ h
    if order == 1:
        return (mean - x) / v if kind == "channel" else mean
    centred = h - mean[:, None]
    second = np.sum(p * centred**2, axis=1)
    if order == 2:
        return second / v**2 - 1 / v if kind == "channel" else second
    if order == 3:
        value = np.sum(p * centred**3, axis=1)
    elif order == 4:
        value = np.sum(p * centred**4, axis=1) - 3 * second**2
    else:
        raise ValueError("cumulants beyond the fourth are not evaluated")
    return value / v**order if kind == "channel" else value
