"""Where an integrand changes fast: centres and widths for the panels, from the terms of its partition functions."""

from __future__ import annotations

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.logs import split_log
from derive.calculus.nodes import (
    GaussianAverage,
)
from derive.calculus.partition import ExponentialTerm, Partition, QuadratureTerm, TiltTerm
from derive.calculus.piecewise import breakpoints, inverses
from derive.errors import RuleNotApplicable
from derive.kernel.ir import Hint
from derive.spec.functions import Step

__all__ = ["HintRules"]


class HintRules:
    """The part of the lowering that finds transitions; mixed into `derive.kernel.lower.Lowering`."""

    def _hints(self, partition: Partition, x, v, rest, scope, kind) -> None:
        if scope.variable is None:
            return
        given = {partition.variance: v, **dict(zip(partition.rest, rest, strict=True))}
        if kind is GaussianAverage:
            self._field_hints(partition, x, given, scope)
        else:
            self._label_hints(partition, x, given, scope)

    def _field_hints(self, partition: Partition, x, given, scope) -> None:
        u = scope.variable
        x = sp.expand(x)
        slope_x = x.coeff(u)
        if slope_x == 0:
            return
        offset = x - slope_x * u

        def add(centre, width) -> None:
            if centre.has(u) or width.has(u):
                return
            point = ((centre - offset) / slope_x, sp.Abs(width / slope_x))
            scope.hints.append(Hint("point", tuple(self._constant(p, scope) for p in point)))

        quadratics = []
        for term in partition.terms:
            if isinstance(term, ExponentialTerm):
                c0, c1, c2, x0 = (_sympify(c).xreplace(given) for c in term.quadratic)
                log_c = split_log(term.coefficient).xreplace(given)
                quadratics.append((log_c + c0 - c1 * x0 + c2 * x0**2, c1 - 2 * c2 * x0, c2))
                if term.window is not None:
                    lower, upper, slope = (_sympify(w).xreplace(given) for w in term.window)
                    for end in (lower, upper):
                        if end not in (sp.oo, -sp.oo):
                            add(end / slope, 1 / slope)
            elif isinstance(term, TiltTerm):
                precision = term.precision.xreplace(given)
                q0, q1 = (q.xreplace(given) for q in term.linear)
                for end in (term.lower, term.upper):
                    if end not in (sp.oo, -sp.oo):
                        end = end.xreplace(given)
                        add((precision * end - q0) / q1, (sp.sqrt(sp.Abs(precision)) + 1) / q1)
            elif isinstance(term, QuadratureTerm) and partition.kind == "channel":
                for end in (term.lower, term.upper):
                    if end not in (sp.oo, -sp.oo):
                        add(end.xreplace(given), sp.sqrt(given[partition.variance]))
        if partition.kind == "site":
            for i in range(len(quadratics)):
                for j in range(i):
                    difference = [a - b for a, b in zip(quadratics[i], quadratics[j], strict=True)]
                    if any(d.has(u) for d in difference):
                        continue
                    scope.hints.append(Hint("quadratic", tuple(self._constant(d, scope) for d in difference)))

    def _edge_hints(self, inner, ends, outer) -> None:
        """Where the window of a label crosses an end of its range, as the outer field moves."""
        u = outer.variable
        for x, place, width in inner.crossings:
            slope = sp.expand(x).coeff(u)
            offset = sp.expand(x - slope * u)
            if slope == 0 or offset.has(u) or slope.has(u):
                continue
            for end in ends:
                at = place.xreplace({inner.variable: end}) if end.is_finite else sp.nan
                if at.is_finite is False or at.has(u, sp.nan, sp.zoo) or width.has(u):
                    continue
                point = ((at - offset) / slope, sp.Abs(width / slope))
                outer.hints.append(Hint("point", tuple(self._constant(e, outer) for e in point)))

    def _switch_hints(self, expressions: list[sp.Expr], scope) -> None:
        """Boundaries at the kinks and jumps of what is not a jet."""
        u = scope.variable
        for e in expressions:
            if not e.has(sp.sign, sp.Abs, sp.Max, sp.Min, sp.Piecewise, Step):
                continue
            try:
                ends = breakpoints(e, u)
            except RuleNotApplicable:
                continue
            for end in ends:
                if not end.has(u, sp.nan, sp.zoo):  # no hint from an end that is not known: panels refine without it
                    scope.hints.append(Hint("point", (self._constant(end, scope), self._ir(sp.S.Zero))))

    def _label_hints(self, partition: Partition, x, given, scope) -> None:
        y = scope.variable
        for term in partition.terms:
            locations = []
            if isinstance(term, ExponentialTerm):
                c2, centre = (_sympify(c).xreplace(given) for c in term.quadratic[2:])
                if c2 != 0:
                    locations.append((centre, 1 / sp.sqrt(-2 * c2)))
                if term.window is not None:
                    lower, upper, slope = (_sympify(w).xreplace(given) for w in term.window)
                    locations += [(e / slope, 1 / sp.Abs(slope)) for e in (lower, upper) if e not in (sp.oo, -sp.oo)]
            elif isinstance(term, QuadratureTerm):
                spread = sp.sqrt(given[partition.variance])
                locations += [(e.xreplace(given), spread) for e in (term.lower, term.upper) if e not in (sp.oo, -sp.oo)]
            for place, width in locations:
                if not place.has(y) or width.has(y):
                    continue
                scope.crossings.append((x, place, width))
                level = sp.Symbol("level", real=True)
                try:
                    roots = inverses(place, y, level)
                except RuleNotApplicable:
                    continue
                for root, _ in roots:
                    root = root.xreplace({level: x})
                    point = (root, width / sp.Abs(place.diff(y).xreplace({y: root})))
                    scope.hints.append(Hint("point", tuple(self._constant(e, scope) for e in point)))
