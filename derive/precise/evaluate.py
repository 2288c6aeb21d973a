"""Evaluate symbolic expressions with averages in mpmath, to any number of digits.

This is the second road to a number: it works on the symbolic expressions before lowering and shares no code
with the kernels.  Panels double away from transitions; the order of the rule grows with the digits; `refine` > 1
raises the order and cuts the panels, to prove a result by changing the step.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import mpmath as mp
import sympy as sp

from derive.calculus.envelopes import Envelope
from derive.calculus.nodes import (
    DensityAverage,
    GaussianAverage,
    LabelIntegral,
    LabelLaw,
    LabelSum,
    LogPartition,
    _Binder,
)
from derive.calculus.partition import Partition
from derive.calculus.rows import RowAverage
from derive.precise.envelopes import EnvelopeJets
from derive.precise.jets import PartitionJets, bells
from derive.precise.line import integrate_line
from derive.precise.rules import graded_panels, legendre_rule
from derive.precise.scalars import compile_many
from derive.precise.transitions import Finder, transition_finder

__all__ = ["Evaluator"]

_MOST = 25
"""Nodes per digit that the trapezoidal rule may take before the panels are cheaper."""
_SHRINK = {1: mp.mpf(1), 2: mp.mpf("0.77")}


class Evaluator:
    """Evaluate lists of expressions that share averages.

    >>> import sympy as sp, mpmath as mp
    >>> from derive.calculus.nodes import GaussianAverage, bound
    >>> w, q = bound("field"), sp.Symbol("q", positive=True)
    >>> node = GaussianAverage(w**4, (w,), (0,), (q,))
    >>> mp.nstr(Evaluator({}).evaluate([node], {"q": mp.mpf(2)})[0], 12)
    '12.0'
    """

    _compile = staticmethod(compile_many)

    def __init__(self, partitions: Mapping[str, Partition | Envelope], refine: int = 1):
        self.partitions = partitions
        self.refine = refine
        self._jets = {
            name: EnvelopeJets(p) if isinstance(p, Envelope) else PartitionJets(p) for name, p in partitions.items()
        }
        self._compiled: dict[tuple, object] = {}
        self._finders: dict[tuple, Finder] = {}

    def evaluate(self, expressions: Sequence[sp.Expr], values: Mapping[str, mp.mpf]) -> list[mp.mpf]:
        """Return the values of the expressions; `values` maps symbol names to numbers."""
        plan = self._plan(tuple(expressions))
        return self._run(plan, dict(values))

    def _plan(self, expressions: tuple[sp.Expr, ...]):
        """Split into groups of averages over one measure, jets of this scope, and a scalar remainder."""
        if expressions in self._compiled:
            return self._compiled[expressions]
        groups: dict[tuple, dict[sp.Expr, sp.Symbol]] = {}
        jets: dict[sp.Expr, sp.Symbol] = {}

        def visit(e: sp.Basic) -> sp.Basic:
            if isinstance(e, _Binder):
                key = (type(e), e.args[1:])
                members = groups.setdefault(key, {})
                return members.setdefault(e.body, sp.Symbol(f"_I{list(groups).index(key)}_{len(members)}"))
            if isinstance(e, (LogPartition, LabelLaw)):
                return jets.setdefault(e, sp.Symbol(f"_l{len(jets)}"))
            if e.args and e.has(_Binder, LogPartition, LabelLaw):
                return e.func(*[visit(a) for a in e.args])
            return e

        scalars = [visit(e) for e in expressions]
        jet_groups: dict[tuple, dict[int, list[sp.Symbol]]] = {}
        arguments: dict[tuple, object] = {}
        for node, symbol in jets.items():
            if isinstance(node, LogPartition):
                key = ("log", node.args[0].name, *node.args[3:])
                order = node.order
                arguments[key] = self._compile(list(node.args[3:]))
            else:
                key = ("law", node.args[0].name, *node.args[2:])
                order = node.order
                arguments[key] = self._compile(list(node.args[3:])) if len(node.args) > 3 else None
            jet_groups.setdefault(key, {}).setdefault(order, []).append(symbol)
        plan = (
            [
                (kind, measure, list(members.values()), tuple(members), self._measure(kind, measure))
                for (kind, measure), members in groups.items()
            ],
            [(key, orders, arguments[key]) for key, orders in jet_groups.items()],
            self._compile(scalars),
        )
        self._compiled[expressions] = plan
        return plan

    def _measure(self, kind, measure):
        if kind is GaussianAverage:
            return self._compile([*measure[1], *measure[2]])
        if kind is LabelIntegral:
            return self._compile([measure[1], measure[2]])
        if kind is DensityAverage:
            return self._compile([measure[2], measure[3]])
        return None

    def _run(self, plan, values: dict[str, mp.mpf]) -> list[mp.mpf]:
        integrals, jets, scalars = plan
        scope = dict(values)
        for key, orders, arguments in jets:
            top = max(orders)
            if key[0] == "log":
                x, v, *rest = arguments(values)
                table = self._partition(key[1], x, v, rest, scope, top)
                found = {k: table[k] for k in orders}
                if 0 in found and not mp.isfinite(found[0]):
                    found[0] = mp.mpf(-(10**8)) * mp.mp.dps
            else:
                rest = [] if arguments is None else arguments(values)
                table = self._partition(key[1], scope["_slope"] * scope["ω"], scope["_rest"], rest, scope, top)
                weight = mp.exp(table[0]) if mp.isfinite(table[0]) else mp.mpf(0)
                ratios = bells(table, top)
                found = {k: weight * ratios[k] for k in orders}
            for k, symbols in orders.items():
                for symbol in symbols:
                    scope[symbol.name] = found[k]
        for kind, measure, symbols, bodies, ends in integrals:
            results = self._integrate(kind, measure, bodies, ends, scope)
            for symbol, value in zip(symbols, results, strict=True):
                scope[symbol.name] = value
        return scalars(scope)

    def _partition(self, name, x, v, rest, scope, order) -> list[mp.mpf]:
        partition = self.partitions[name]
        values = {**scope, **{s.name: r for s, r in zip(partition.rest, rest, strict=True)}}
        return self._jets[name](x, v, values, order)

    # ------------------------------------------------------------------------------------ integrals

    def _integrate(self, kind, measure, bodies, ends, scope) -> list[mp.mpf]:
        variable = measure[0][0]
        plan = self._plan(tuple(bodies))
        if kind is RowAverage:
            names, table = [s.name for s in measure[0]], measure[1]
            rows = zip(*table.columns.values(), strict=True)
            found = [self._run(plan, {**scope, **dict(zip(names, map(mp.mpf, row), strict=True))}) for row in rows]
            return [mp.fsum(column) / table.rows for column in zip(*found, strict=True)]
        cut = mp.sqrt(2 * mp.log(10) * (mp.mp.dps + 4))
        density = None
        if kind is GaussianAverage:
            size = len(measure[0])
            numbers = ends(scope)
            mean, var = numbers[0], numbers[size]
            if size == 2:
                cross, other = numbers[3], numbers[4]
                slope = cross / var if var > 0 else mp.mpf(0)
                scope = {**scope, "_slope": slope, "_rest": other - cross * slope}
            if var == 0:
                return self._run(plan, {**scope, variable.name: mean})
            sd = mp.sqrt(var)
            lower, upper, longest = mean - cut * sd, mean + cut * sd, 2 * sd
            norm = 1 / (sd * mp.sqrt(2 * mp.pi))

            def density(u):
                return norm * mp.exp(-(((u - mean) / sd) ** 2) / 2)

        elif kind is LabelSum:
            return self._sum(plan, variable, scope)
        else:
            lower, upper = ends(scope)
            if kind is DensityAverage:
                pdf = compile_many([measure[1]])

                def density(u):
                    return pdf({**scope, variable.name: u})[0]

        def row(u: mp.mpf) -> list[mp.mpf]:
            found = self._run(plan, {**scope, variable.name: u})
            if density is None:
                return found
            mass = density(u)
            return [mass * f for f in found]

        key = (kind, variable, bodies)
        if key not in self._finders:
            self._finders[key] = transition_finder(self.partitions, bodies, variable, kind, self._jets)
        transitions = self._finders[key](scope)
        total = self._on_line(row, lower, upper, transitions, kind is GaussianAverage)
        if total is not None:
            return total
        if kind is not GaussianAverage:
            lower, upper = self._window(row, lower, upper, transitions)
            longest = (upper - lower) / 4
            if not transitions:
                transitions = [((lower + upper) / 2, (upper - lower) / 16)]
        return self._on_panels(row, graded_panels(lower, upper, transitions, longest * _SHRINK[self.refine]))

    def _on_line(self, row, lower, upper, transitions, soft: bool) -> list[mp.mpf] | None:
        """By the trapezoidal rule around the narrowest transition, if it settles; `soft` ends are mere cuts."""
        hard = [] if soft else [e for e in (lower, upper) if mp.isfinite(e)]
        inside = [(c, w) for c, w in transitions if lower < c < upper and mp.isfinite(c) and mp.isfinite(w)]
        if len(hard) == 2 or any(w == 0 for _, w in inside):
            return None
        widest = (upper - lower) / 10 if soft else mp.mpf(1)
        centre, width = min([*inside, ((lower + upper) / 2 if soft else mp.mpf(0), widest)], key=lambda t: t[1])
        width *= 3  # the singularities of log Z lie a few widths off
        ends = (lower, upper)
        if hard:  # the integrand may be even about its end
            width = -width if hard[0] == upper else width
            centre, ends = hard[0], (hard[0], mp.inf)
        places = [c for c, _ in inside] if not soft else []
        try:
            return integrate_line(
                row, centre, width, ends, places, folded=bool(hard), refine=self.refine, most=_MOST * mp.mp.dps + 400
            )
        except (ValueError, ZeroDivisionError):
            return None

    def _on_panels(self, row, panels) -> list[mp.mpf]:
        """By a Gauss-Legendre rule on each panel."""
        rule = legendre_rule(int(0.72 * mp.mp.dps) + 10 + 8 * (self.refine - 1))
        total = None
        for a, b in itertools.pairwise(panels):
            half, middle = (b - a) / 2, (a + b) / 2
            for node, weight in rule:
                mass = half * weight
                found = [mass * f for f in row(middle + half * node)]
                total = found if total is None else [t + f for t, f in zip(total, found, strict=True)]
        return total

    def _sum(self, plan, variable, scope) -> list[mp.mpf]:
        total, largest, y = None, mp.mpf(0), 0
        small = 0
        while y < 10**6:
            row = self._run(plan, {**scope, variable.name: mp.mpf(y)})
            total = row if total is None else [t + r for t, r in zip(total, row, strict=True)]
            size = max(abs(r) for r in row)
            largest = max(largest, size)
            small = small + 1 if size < largest * mp.mpf(10) ** (-mp.mp.dps - 3) else 0
            if small > 3:
                break
            y += 1
        return total

    @staticmethod
    def _window(row, lower, upper, transitions):
        """Cut an infinite range where the integrand has fallen below 10^-digits of its peak."""

        def size(u: mp.mpf) -> mp.mpf:
            return max(map(abs, row(u)))

        inside = [(c, w) for c, w in transitions if lower < c < upper]
        if not inside:
            finite = [e for e in (lower, upper) if mp.isfinite(e)]
            start = (
                (lower + upper) / 2
                if len(finite) == 2
                else (finite[0] + (1 if finite[0] == lower else -1) if finite else mp.mpf(0))
            )
            inside = [(start, mp.mpf(1))]
        points = [(size(c + w / 7), c, w) for c, w in inside]
        best, peak, span = max(points, key=lambda t: t[0])
        span = span if mp.isfinite(span) and span > 0 else mp.mpf(1)
        cut = mp.mpf(10) ** (-mp.mp.dps - 4)
        found = []
        for direction, limit in ((-1, lower), (1, upper)):
            stride, misses = 4 * span, 0
            point = peak
            while (limit - point) * direction > 0:
                point = peak + direction * stride
                if (limit - point) * direction <= 0:
                    point = limit
                    break
                value = size(point)
                best = max(best, value)
                misses = misses + 1 if value < best * cut else 0
                if misses > 1:
                    break
                stride *= mp.mpf("1.25")
            found.append(point)
        return found[0], found[1]
