"""The positive terms of partition functions as jet terms and inner quadratures."""

from __future__ import annotations

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.envelopes import seen_concave
from derive.calculus.logs import split_log
from derive.calculus.partition import ExponentialTerm, Partition, QuadratureTerm, TiltTerm
from derive.errors import LoweringError
from derive.kernel.ir import Inner, JetTerm

__all__ = ["TermRules"]


class TermRules:
    """The part of the lowering that writes log Z as jets; mixed into `derive.kernel.lower.Lowering`."""

    def _terms(self, partition: Partition, v, rest, scope) -> tuple[JetTerm, ...]:
        given = {partition.variance: v, **dict(zip(partition.rest, rest, strict=True))}

        def constant(e):
            return None if e is None else self._constant(_sympify(e).xreplace(given), scope)

        found = []
        for index, term in enumerate(partition.terms):
            if isinstance(term, ExponentialTerm):
                c0, c1, c2, centre = term.quadratic
                log_coefficient = split_log(term.coefficient)
                window = term.window if term.window is not None else (None, None, None)
                found.append(
                    JetTerm(
                        "exponential",
                        (
                            constant(log_coefficient + c0),
                            constant(c1),
                            constant(c2),
                            constant(centre),
                            *[constant(w) for w in window],
                        ),
                    )
                )
            elif isinstance(term, TiltTerm):
                log_coefficient = split_log(term.coefficient)
                found.append(
                    JetTerm(
                        "tilt",
                        (
                            constant(log_coefficient),
                            constant(term.precision),
                            constant(term.linear[0]),
                            constant(term.linear[1]),
                            constant(term.lower),
                            constant(term.upper),
                        ),
                    )
                )
            elif isinstance(term, QuadratureTerm):
                inner = self._inner(partition, index, term)
                values = [constant(v)] + [
                    constant(self._by_name(partition, n).xreplace(given)) for n in inner.arguments[1:]
                ]
                found.append(JetTerm("inner", tuple(values), inner.name))
        return tuple(found)

    def _by_name(self, partition: Partition, name: str) -> sp.Symbol:
        for symbol in self._inner_symbols(partition):
            if self.name(symbol) == name:
                return symbol
        raise LoweringError(f"{partition.name}: no symbol for {name}")

    def _inner_symbols(self, partition: Partition) -> list[sp.Symbol]:
        symbols: set[sp.Symbol] = set(partition.rest)
        for term in partition.terms:
            if isinstance(term, QuadratureTerm):
                for e in (term.body, term.lower, term.upper):
                    symbols |= e.free_symbols
        symbols |= partition.factor.free_symbols
        return sorted(symbols - {partition.inner, partition.variance, partition.field}, key=lambda s: s.name)

    def _inner(self, partition: Partition, index: int, term: QuadratureTerm) -> Inner:
        name = f"inner_{partition.name}_{index}"
        if name in self.inners:
            return self.inners[name]
        level, log_body = split_log(term.body).as_independent(partition.inner, as_Add=True)
        derivatives = []
        if term.smooth:
            slope = log_body
            for _ in range(4):
                slope = slope.diff(partition.inner)
                derivatives.append(self._ir(slope))
        arguments = [partition.variance, *self._inner_symbols(partition)]
        open_ = bool(derivatives) and (term.lower, term.upper) == (-sp.oo, sp.oo) and partition.kind == "channel"
        inner = Inner(
            name,
            partition.kind,
            tuple(self.name(a) for a in arguments),
            self.name(partition.inner),
            self._ir(log_body),
            tuple(derivatives),
            self._ir(term.lower),
            self._ir(term.upper),
            self._ir(partition.factor),
            self._ir(level),
            open_ and seen_concave(-log_body, term.lower, term.upper, partition.inner) is None,
        )
        self.inners[name] = inner
        self.facts[name] = "inner quadrature: Gauss-Legendre panels around the maximum of the log integrand"
        return inner
