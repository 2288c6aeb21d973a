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
from sympy.core.sympify import _sympify

from derive.calculus.logs import split_log
from derive.calculus.nodes import (
    DensityAverage,
    GaussianAverage,
    LabelIntegral,
    LabelLaw,
    LabelSum,
    LogPartition,
    _Binder,
)
from derive.calculus.partition import ExponentialTerm, Partition, TiltTerm
from derive.calculus.piecewise import breakpoints
from derive.errors import RuleNotApplicable
from derive.precise.jets import PartitionJets, bells
from derive.precise.rules import graded_panels, legendre_rule
from derive.precise.scalars import compile_many

__all__ = ["Evaluator"]


class Evaluator:
    """Evaluate lists of expressions that share averages.

    >>> import sympy as sp, mpmath as mp
    >>> from derive.calculus.nodes import GaussianAverage, bound
    >>> w, q = bound("field"), sp.Symbol("q", positive=True)
    >>> node = GaussianAverage(w**4, (w,), (0,), (q,))
    >>> mp.nstr(Evaluator({}).evaluate([node], {"q": mp.mpf(2)})[0], 12)
    '12.0'
    """

    def __init__(self, partitions: Mapping[str, Partition], refine: int = 1):
        self.partitions = partitions
        self.refine = refine
        self._jets = {name: PartitionJets(p) for name, p in partitions.items()}
        self._compiled: dict[tuple, object] = {}

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
                arguments[key] = compile_many(list(node.args[3:]))
            else:
                key = ("law", node.args[0].name, *node.args[2:])
                order = node.order
                arguments[key] = compile_many(list(node.args[3:])) if len(node.args) > 3 else None
            jet_groups.setdefault(key, {}).setdefault(order, []).append(symbol)
        plan = (
            [
                (kind, measure, list(members.values()), tuple(members), self._measure(kind, measure))
                for (kind, measure), members in groups.items()
            ],
            [(key, orders, arguments[key]) for key, orders in jet_groups.items()],
            compile_many(scalars),
        )
        self._compiled[expressions] = plan
        return plan

    @staticmethod
    def _measure(kind, measure):
        if kind is GaussianAverage:
            return compile_many([*measure[1], *measure[2]])
        if kind is LabelIntegral:
            return compile_many([measure[1], measure[2]])
        if kind is DensityAverage:
            return compile_many([measure[2], measure[3]])
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

        transitions = self._transitions(bodies, variable, scope, kind)
        if kind is not GaussianAverage:
            lower, upper = self._window(plan, variable, scope, lower, upper, transitions, density)
            longest = (upper - lower) / 4
            if not transitions:
                transitions = [((lower + upper) / 2, (upper - lower) / 16)]
        # refined: another rule on other panels, so that agreement proves both
        panels = graded_panels(lower, upper, transitions, longest * (mp.mpf(1) if self.refine == 1 else mp.mpf("0.77")))
        rule = legendre_rule(int(0.72 * mp.mp.dps) + 10 + 8 * (self.refine - 1))
        total = [mp.mpf(0)] * len(bodies)
        for a, b in itertools.pairwise(panels):
            half, middle = (b - a) / 2, (a + b) / 2
            for node, weight in rule:
                u = middle + half * node
                mass = half * weight * (density(u) if density is not None else 1)
                row = self._run(plan, {**scope, variable.name: u})
                total = [t + mass * r for t, r in zip(total, row, strict=True)]
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

    def _window(self, plan, variable, scope, lower, upper, transitions, density):
        """Cut an infinite range where the integrand has fallen below 10^-digits of its peak."""

        def size(u: mp.mpf) -> mp.mpf:
            scale = density(u) if density is not None else 1
            return max(abs(r) for r in self._run(plan, {**scope, variable.name: u})) * scale

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

    def _transitions(self, bodies, variable, scope, kind) -> list[tuple[mp.mpf, mp.mpf]]:
        """(centre, width) of every transition of the integrand in the integration variable."""
        found: list[tuple[mp.mpf, mp.mpf]] = []
        nodes = set().union(*[b.atoms(LogPartition, LabelLaw) for b in bodies])
        for node in sorted(nodes, key=sp.default_sort_key):
            name = node.args[0].name
            if isinstance(node, LogPartition):
                if node.order and LogPartition(*node.args[:2], 0, *node.args[3:]) in nodes:
                    continue
                x, v, rest = node.args[3], node.args[4], node.args[5:]
            else:
                slope, var = sp.Symbol("_slope"), sp.Symbol("_rest")
                x, v, rest = slope * sp.Symbol("ω", real=True), var, node.args[3:]
            found += self._term_transitions(self.partitions[name], x, v, rest, variable, scope)
        for body in bodies:
            plain = [n for n in body.atoms(sp.sign, sp.Abs, sp.Max, sp.Min, sp.Piecewise) if n.has(variable)]
            for node in plain:
                try:
                    ends = breakpoints(node, variable)
                except (RuleNotApplicable, TypeError):
                    continue
                found += [(e, mp.mpf(0)) for e in self._numbers(ends, scope)]
        if kind is GaussianAverage and any(b.has(LabelIntegral, LabelSum) for b in bodies):
            found.append((mp.mpf(0), mp.sqrt(scope["δ"]) if "δ" in scope else mp.mpf(1)))
        return found

    def _numbers(self, expressions, scope) -> list[mp.mpf]:
        known = [e for e in expressions if all(s.name in scope for s in e.free_symbols)]
        return [n for n in compile_many(known)(scope) if isinstance(n, mp.mpf)] if known else []

    def _term_transitions(self, partition: Partition, x, v, rest, u, scope) -> list[tuple[mp.mpf, mp.mpf]]:
        """Where the terms of log Z change, found from where their standardised arguments vanish along u."""
        given = {partition.variance: v, **dict(zip(partition.rest, rest, strict=True))}
        levels: list[sp.Expr] = []
        quadratics = []
        for term in partition.terms:
            if isinstance(term, ExponentialTerm):
                c0, c1, c2, x0 = (c.xreplace(given) for c in map(_sympify, term.quadratic))
                if term.window is not None:
                    lower, upper, slope = (w.xreplace(given) for w in map(_sympify, term.window))
                    levels += [e - slope * x for e in (lower, upper) if e not in (sp.oo, -sp.oo)]
                elif c2 != 0 and c2.could_extract_minus_sign():
                    levels.append(sp.sqrt(-2 * c2) * (x - x0))
                log_c = split_log(term.coefficient).xreplace(given)
                quadratics.append(log_c + c0 + c1 * (x - x0) + c2 * (x - x0) ** 2)
            elif isinstance(term, TiltTerm):
                P = term.precision.xreplace(given)
                q0, q1 = (q.xreplace(given) for q in term.linear)
                for e in (term.lower, term.upper):
                    if e not in (sp.oo, -sp.oo):
                        levels.append((q0 + q1 * x - P * e.xreplace(given)) / (1 + sp.sqrt(sp.Abs(P))))
            else:
                levels += [
                    (e.xreplace(given) - x) / sp.sqrt(v)
                    for e in (term.lower, term.upper)
                    if partition.kind == "channel" and e not in (sp.oo, -sp.oo)
                ]
        if partition.kind == "site":
            levels += [a - b for i, a in enumerate(quadratics) for b in quadratics[:i]]
        found = []
        for level in levels:
            found += self._roots(level, u, scope)
        return found

    def _roots(self, level: sp.Expr, u: sp.Symbol, scope) -> list[tuple[mp.mpf, mp.mpf]]:
        """Roots in u of a linear or quadratic level (others: by inversion), with widths 1/|slope|."""
        level = sp.expand(level)
        polynomial = level.as_poly(u)
        if (
            polynomial is not None
            and polynomial.degree() in (1, 2)
            and not any(c.has(u) for c in polynomial.all_coeffs())
        ):
            coefficients = polynomial.all_coeffs()
            if not all(s.name in scope for c in coefficients for s in c.free_symbols):
                return []
            numbers = compile_many(coefficients)(scope)
            if len(numbers) == 2 or numbers[0] == 0:
                a, b = numbers[-2:]
                return [(-b / a, 1 / abs(a))] if a != 0 else []
            a, b, c = numbers
            disc = b * b - 4 * a * c
            if disc <= 0:
                return []
            root = mp.sqrt(disc)
            return [((-b + root) / (2 * a), 1 / root), ((-b - root) / (2 * a), 1 / root)]
        from derive.calculus.piecewise import inverses

        if not level.has(u):
            return []
        target = sp.Symbol("target_", real=True)
        constant, rest = level.as_independent(u, as_Add=True)
        try:
            roots = inverses(rest, u, target)
        except RuleNotApplicable:
            return []
        found = []
        for root, _ in roots:
            values = self._numbers(
                [at := root.xreplace({target: -constant}), 1 / sp.Abs(rest.diff(u).xreplace({u: at}))],
                scope,
            )
            if len(values) == 2:
                found.append((values[0], values[1]))
        return found
