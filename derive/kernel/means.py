"""Means over constants and over the rows of a table, on their way into the kernel."""

from __future__ import annotations

import sympy as sp

from derive.calculus.means import as_average, replace_outermost
from derive.calculus.rows import RowAverage
from derive.errors import LoweringError
from derive.kernel.ir import Function, Integral, Ref
from derive.kernel.scalars import lower_scalars
from derive.kernel.scope import Scope
from derive.spec.functions import GaussMean

__all__ = ["MeanRules"]


class MeanRules:
    """The part of the lowering that averages over what is not a field; mixed into `derive.kernel.lower.Lowering`."""

    def _named_means(self, expression: sp.Basic) -> sp.Basic:
        """Replace every mean over constants by a symbol, and symbols of plain numbers by the numbers."""
        expression = expression.xreplace(self.numbers) if self.numbers else expression

        def name(mean: GaussMean) -> sp.Symbol:
            return self.means.setdefault(mean, sp.Symbol(f"_mean{len(self.means)}", real=True))

        return replace_outermost(expression, GaussMean, name)

    def _mean_arguments(self, read: set[str]) -> tuple[str, ...]:
        """Where the means among the names that are read lie in the array p: after the parameters and the table."""
        places = {self.name(symbol): self.base + i for i, symbol in enumerate(self.means.values())}
        return tuple(f"p:{place}:{name}" for name, place in places.items() if name in read)

    def constants(self) -> int:
        """Lower the function that computes every mean over constants; return their number."""
        means = list(self.means)
        outputs = [(self.name(symbol), as_average(mean)) for mean, symbol in self.means.items()]
        if means:
            doc = "Means over constants: computed once for given parameters, and appended to p."
            self.function("constants", (("p", self.given),), outputs, doc)
        return len(means)

    def _rows(self, measure, members: dict[sp.Expr, sp.Symbol], outer: Scope, path: str) -> None:
        """The mean over the rows of a table, which follow the parameters in the array p."""
        if outer.variable is not None:
            raise LoweringError(f"{path}: a mean over the rows of a table inside another average")
        columns, table = tuple(measure[0]), measure[1]
        inner = Scope(None, f"{path}_")
        expressions = self._jets(self._integrals(list(members), inner, path), inner, RowAverage)
        lets, results = lower_scalars(expressions, "t", self.parameters)
        own = [self.name(c) for c in columns]
        arguments = tuple(a for a in self._arguments(expressions, inner, columns[0]) if a not in own)
        names = tuple(s.name for s in members.values())
        body = (*inner.statements, *lets)
        self.functions.append(
            Function(f"{path}_integrand", (*own, *arguments), body, tuple(results), names, "", inner.rows)
        )
        window = f"{len(self.given)},{table.rows},{len(columns)}"
        outer.statements.append(
            Integral(names, "rows", own[0], (Ref("p"),), (), f"{path}_integrand", arguments, window)
        )
        self.facts[path] = "sum over the rows of the table"
