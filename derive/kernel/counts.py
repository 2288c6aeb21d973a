"""Gaussian averages of sums over counts, turned into sums over counts of Gaussian averages.

For one count the average over the field is narrow: its weight exp(l) is known in closed form up to one integral, since
E exp(l(s*u + o, v)) = exp(l(s*E u + o, v + s^2 Var u)), and the first two derivatives of the right side give mean and
variance of u given the count.  What is left is a function of the count that is smooth on the scale of the count, and
`derive.runtime.counts` adds it up with few of its values.
"""

from __future__ import annotations

import sympy as sp

from derive.calculus.nodes import GaussianAverage, LabelSum, LogPartition, MoreauEnvelope, _Binder
from derive.kernel.ir import Function, Integral, Let
from derive.kernel.scalars import lower_scalars
from derive.kernel.scope import Scope

__all__ = ["CountRules", "count_terms"]


def count_terms(bodies: list[sp.Expr], u: sp.Symbol) -> tuple[list[list[tuple[sp.Expr, LabelSum]]], sp.Symbol] | None:
    """Every body as a list of (coefficient free of u, sum over the same count), and that count; None if one is not."""
    found: list[list[tuple[sp.Expr, LabelSum]]] = []
    counts: set[sp.Symbol] = set()
    for body in bodies:
        terms = []
        for term in sp.Add.make_args(sp.expand(body, deep=False)):
            sums = [f for f in sp.Mul.make_args(term) if isinstance(f, LabelSum)]
            if len(sums) != 1:
                return None
            factor = sp.Mul(*[f for f in sp.Mul.make_args(term) if f is not sums[0]])
            if factor.has(u, _Binder):
                return None
            counts |= set(sums[0].args[1])
            terms.append((factor, sums[0]))
        found.append(terms)
    return (found, counts.pop()) if len(counts) == 1 else None


def count_weight(sums: list[LabelSum], u: sp.Symbol, y: sp.Symbol) -> tuple[LogPartition, sp.Expr, sp.Expr] | None:
    """The one l that weighs every term of the sums as exp(l), with s and o of its field s*u + o; None if none does."""
    weights: set[LogPartition] = set()
    for node in sums:
        for term in sp.Add.make_args(sp.expand(node.body, deep=False)):
            found = {
                f.args[0]
                for f in sp.Mul.make_args(term)
                if isinstance(f, sp.exp) and isinstance(f.args[0], LogPartition) and f.has(y)
            }
            if len(found) != 1:
                return None
            weights |= found
    if len(weights) != 1:
        return None
    weight = weights.pop()
    if isinstance(weight, MoreauEnvelope) or weight.args[1] != 1 or weight.order != 0:
        return None
    field, rest = sp.expand(weight.args[3]), weight.args[4:]
    slope = field.coeff(u)
    offset = sp.expand(field - slope * u)
    if any(e.has(u) for e in (slope, offset, rest[0])) or slope.has(y):
        return None
    return weight, slope, offset


class CountRules:
    """The part of the lowering that sums over counts outside of the field average; mixed into `Lowering`."""

    def _counts(self, bodies: list[sp.Expr], names: tuple[str, ...], measure, outer: Scope, path: str) -> bool:
        """Lower averages over one field of sums over one count as a sum of averages; False if they are not that."""
        u, mean, variance = measure[0][0], measure[1][0], measure[2][0]
        split = count_terms(bodies, u)
        if split is None:
            return False
        terms, y = split
        members = list(dict.fromkeys(s for row in terms for _, s in row))
        found = count_weight(members, u, y)
        if found is None:
            return False
        weight, slope, offset = found
        arguments = self._count_law(weight, slope, offset, (mean, variance), y, path)
        inner = Scope(u, f"{path}_", bound=frozenset([y]))
        expressions = self._jets(self._integrals([s.body for s in members], inner, path), inner, GaussianAverage)
        self._switch_hints(expressions, inner)
        lets, results = lower_scalars(expressions, "t", self.parameters)
        read = set(self._arguments(expressions, inner, u)) - {self.name(y)}  # hints and statements included
        given = tuple(sorted(read | set(arguments)))
        values = tuple(f"{path}_S{k}" for k in range(len(members)))
        self.functions.append(
            Function(
                f"{path}_integrand",
                (self.name(u), self.name(y), *given),
                (*inner.statements, *lets),
                tuple(results),
                values,
                "",
                inner.rows,
            )
        )
        self._hoist(inner, outer)
        self.facts[path] = "sum over counts in blocks that double; for each count a trapezoid around its posterior"
        outer.statements.append(
            Integral(
                values,
                "counts",
                self.name(u),
                (self._ir(mean), self._ir(variance)),
                tuple(inner.hints),
                f"{path}_integrand",
                given,
                f"{path}_weight|{','.join(arguments)}|{self.name(y)}",
            )
        )
        symbols = dict(zip(members, map(sp.Symbol, values), strict=True))
        for name, row in zip(names, terms, strict=True):
            outer.statements.append(Let(name, self._ir(sp.Add(*[c * symbols[s] for c, s in row]))))
        return True

    def _count_law(self, weight, slope, offset, prior, y: sp.Symbol, path: str) -> tuple[str, ...]:
        """A function of y: log of the mean weight, then mean and variance of the field given y."""
        mean, variance = prior
        scope = Scope(y, f"{path}_weight_")
        at, spread = slope * mean + offset, weight.args[4] + slope**2 * variance
        jets = [LogPartition(*weight.args[:2], k, at, spread, *weight.args[5:]) for k in range(3)]
        moments = [jets[0], mean + slope * variance * jets[1], variance + (slope * variance) ** 2 * jets[2]]
        expressions = self._jets(moments, scope, LabelSum)
        lets, results = lower_scalars(expressions, "t", self.parameters)
        arguments = set(self._arguments(expressions, scope, y))
        hoisted = []
        for e, symbol in scope.hoisted.items():  # nothing is hoisted: it is called once per count
            hoisted.append(Let(symbol.name, self._ir(e)))
            arguments |= {self.name(s) for s in e.free_symbols}
            arguments.discard(symbol.name)
        given = tuple(sorted(arguments))
        self.functions.append(
            Function(
                f"{path}_weight",
                (self.name(y), *given),
                (*hoisted, *scope.statements, *lets),
                tuple(results),
                ("log_weight", "mean", "variance"),
                "",
                scope.rows,
            )
        )
        return given
