"""The saddle-point equations of a derivation in mpmath, in the coordinates of the compiled solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.nodes import GaussianAverage
from derive.precise.arithmetic import MPMATH, Arithmetic
from derive.replica.boundary import perfect_boundary
from derive.replica.observables import derive_observables
from derive.replica.pipeline import Derivation
from derive.replica.system import System
from derive.spec.model import Observable

__all__ = ["Equations", "tables"]


def tables(system: System) -> dict[str, Any]:
    """Every log-partition function and envelope of a system by name."""
    return {**system.partitions, **system.envelopes}


class Equations:
    """Residuals of a derivation in mpmath, in the coordinates of the compiled solver."""

    def __init__(
        self,
        derivation: Derivation,
        values: Mapping[str, Any],
        solve_for: str | None = None,
        declared: tuple[Observable, ...] = (),
        arithmetic: Arithmetic = MPMATH,
    ):
        self.derivation, self.saddle = derivation, derivation.saddle
        self.solve_for = solve_for
        self.arithmetic = arithmetic
        self.fixed = arithmetic.compile([_sympify(v) for v in values.values()])
        self.names = list(values)
        self.observables, extra = derive_observables(derivation.saddle, declared)
        self.evaluate = arithmetic.evaluators({**tables(derivation.system), **extra})
        self.families = [f.symbols for f in derivation.system.families]
        self.norms = [None if norm is None else arithmetic.compile([norm]) for norm in self.saddle.norms]
        self.free = [s for s, norm in zip(self.families, self.norms, strict=True) if norm is None]
        self.cold = derivation.system.cold

    def scope(self, a: Any | None = None) -> dict[str, Any]:
        """Parameters by name, with the one that is solved for at `a`."""
        given = dict(zip(self.names, self.fixed({}), strict=True))
        return given if self.solve_for is None else {**given, self.solve_for: a}

    def state(self, u: Sequence[Any], a: Any | None = None) -> dict[str, Any]:
        """Parameters and overlaps by symbol name."""
        scope, used = self.scope(a), 0
        for s, norm in zip(self.families, self.norms, strict=True):
            if norm is not None and self.cold:
                scope[s.q.name], scope[s.v.name] = norm(scope)[0], self.arithmetic.exp(u[used])
            elif norm is not None:
                total = norm(scope)[0]
                scope[s.q.name] = total / (1 + self.arithmetic.exp(-u[used]))
                scope[s.v.name] = total / (1 + self.arithmetic.exp(u[used]))
            else:
                scope[s.q.name], scope[s.v.name] = self.arithmetic.exp(u[used]), self.arithmetic.exp(u[used + 1])
            used += 2 if norm is None else 1
        for symbol, value in zip(list(self.saddle.overlaps)[used:], u[used:], strict=True):
            scope[symbol.name] = value
        return scope

    def at_zero(self, u: Sequence[Any], a: Any | None = None) -> dict[str, Any]:
        """The scope at q = 0 and m = 0; `u` is log r of every family whose r is free."""
        scope = {**self.scope(a), **{x.name: self.arithmetic.number(0) for x in self.saddle.overlaps}}
        for s, norm in zip(self.families, self.norms, strict=True):
            if norm is not None:
                scope[s.v.name] = norm(scope)[0]
        return scope | {s.v.name: self.arithmetic.exp(x) for s, x in zip(self.free, u, strict=True)}

    def residual_at_zero(self, scope: dict[str, Any], refine: int, jacobian: bool = False):
        """Map minus state in log r where r is free, at q = 0, and the channel Jacobian if asked."""
        _, outer = self.hats(scope, refine, jacobian)
        found = self.evaluate[refine]([self.saddle.site_map[s.v] for s in self.free], scope)
        return [self.arithmetic.log(v / scope[s.v.name]) for s, v in zip(self.free, found, strict=True)], outer

    def numbers(self, scope: dict[str, Any]) -> tuple[list[Any], list[Any], list[Any]]:
        """(state, conjugates, r of every family) at a scope with conjugates, in the order of a generated module."""
        pairs = [x for s in self.families for x in (s.q, s.v)]
        rest = [x for x in self.saddle.overlaps if x not in pairs]
        state = [scope[x.name] for x in (*pairs, *rest)]
        radii = [
            scope[s.q.name] + scope[s.v.name] if norm is None else norm(scope)[0]
            for s, norm in zip(self.families, self.norms, strict=True)
        ]
        return state, [scope[h.name] for h in self.saddle.conjugates], radii

    def hats(self, scope: dict[str, Any], refine: int, jacobian: bool = False):
        """Conjugates (added to the scope), stationarity, and the channel Jacobian if asked."""
        saddle = self.saddle
        expressions = [*saddle.conjugates.values(), *saddle.stationary.values()]
        slopes = saddle.conjugate_jacobian() if jacobian else {}
        found = self.evaluate[refine]([*expressions, *slopes.values()], scope)
        count = len(saddle.conjugates)
        for symbol, value in zip(saddle.conjugates, found, strict=False):
            scope[symbol.name] = value
        stationary = found[count : len(expressions)]
        return stationary, dict(zip(slopes, found[len(expressions) :], strict=True))

    def residual(self, scope: dict[str, Any], refine: int) -> list[Any]:
        """Map minus state in the solver's coordinates; conjugates are left in the scope."""
        return self.residual_and(None, scope, refine)[0]

    def residual_and(self, extra: sp.Expr | None, scope: dict[str, Any], refine: int) -> tuple[list[Any], Any]:
        """Residual and the value of one more expression, whose averages share the nodes of the residual's."""
        saddle, evaluate = self.saddle, self.evaluate[refine]
        extra = sp.S.Zero if extra is None else extra
        before, rest = _averages_without(extra, frozenset(saddle.conjugates))
        first = [*saddle.conjugates.values(), *saddle.stationary.values()]
        found = evaluate([*first, *before.values()], scope)
        scope |= {h.name: value for h, value in zip(saddle.conjugates, found, strict=False)}
        known = {s.name: value for s, value in zip(before, found[len(first) :], strict=True)}
        *mapped, value = evaluate([*saddle.site_map.values(), rest], {**scope, **known})
        stationary = found[len(saddle.conjugates) : len(first)]
        return self._compare(scope, dict(zip(saddle.site_map, mapped, strict=True)), stationary), value

    def _compare(self, scope, mapped, stationary) -> list[Any]:
        result = []
        for s, norm in zip(self.families, self.norms, strict=True):
            if norm is not None and self.cold:
                result += [self.arithmetic.log(mapped[s.v] / scope[s.v.name])]
            elif norm is not None:
                result += [
                    self.arithmetic.log(mapped[s.q] / mapped[s.v])
                    - self.arithmetic.log(scope[s.q.name] / scope[s.v.name])
                ]
            else:
                result += [
                    self.arithmetic.log(mapped[s.q] / scope[s.q.name]),
                    self.arithmetic.log(mapped[s.v] / scope[s.v.name]),
                ]
        result += [mapped[m] - scope[m.name] for m in self._others(mapped)]
        return [*result, *stationary]

    def _others(self, mapped) -> list[sp.Symbol]:
        """The overlaps m among what is mapped."""
        pairs = {x for s in self.families for x in (s.q, s.v)}
        return [m for m in mapped if m not in pairs]

    def jacobian(self, scope: dict[str, Any], refine: int) -> tuple[list[Any], list[list[Any]]]:
        """Residual and exact Jacobian in the solver's coordinates."""
        saddle = self.saddle
        stationary, outer = self.hats(scope, refine, jacobian=True)
        inner_expressions = saddle.site_jacobian()
        found = self.evaluate[refine]([*saddle.site_map.values(), *inner_expressions.values()], scope)
        mapped = dict(zip(saddle.site_map, found, strict=False))
        inner = dict(zip(inner_expressions, found[len(mapped) :], strict=True))
        unknowns = list(saddle.overlaps)
        scale = {x: self.arithmetic.number(1) for x in unknowns}
        for s, norm in zip(self.families, self.norms, strict=True):
            q, v = scope[s.q.name], scope[s.v.name]
            scale[s.q] = q if norm is None else q * v / (q + v)
            if norm is None or self.cold:
                scale[s.v] = v
        rows, zero = [], self.arithmetic.number(0)
        for x in mapped:
            rows.append(
                [sum((inner[x, h] * outer[h, y] for h in saddle.conjugates), zero) * scale[y] for y in unknowns]
            )
        order = list(mapped)
        table = dict(zip(order, rows, strict=True))
        final: list[list[Any]] = []
        for s, norm in zip(self.families, self.norms, strict=True):
            logq = [e / mapped[s.q] for e in table[s.q]]
            logv = [e / mapped[s.v] for e in table[s.v]]
            if norm is None:
                final += [logq, logv]
            else:
                final += [logv] if self.cold else [[a - b for a, b in zip(logq, logv, strict=True)]]
        final += [table[m] for m in self._others(order)]
        for i in range(len(final)):
            final[i][i] -= 1
        final += [[outer[b, y] * scale[y] for y in unknowns] for b in saddle.stationary]
        return self._compare(scope, mapped, stationary), final

    def free_entropy(self, scope: dict[str, Any], refine: int) -> Any:
        """The free entropy at the scope (conjugates already there)."""
        return self.evaluate[refine]([self.saddle.value], scope)[0]

    def observable(self, name: str, scope: dict[str, Any], refine: int) -> Any:
        """An automatic observable."""
        return self.evaluate[refine]([self.observables[name]], scope)[0]

    def boundary(self, scope: dict[str, Any], refine: int) -> Any:
        """The perfect boundary's free entropy."""
        boundary = perfect_boundary(self.derivation.system)
        assert boundary is not None and boundary.value is not None
        return self.evaluate[refine]([boundary.value], scope)[0]


@lru_cache(maxsize=64)
def _averages_without(e: sp.Expr, symbols: frozenset[sp.Symbol]) -> tuple[dict[sp.Symbol, sp.Expr], sp.Expr]:
    """(outermost averages without the given symbols by placeholder, the expression with the placeholders)."""
    found: dict[sp.Expr, sp.Symbol] = {}

    def visit(node: sp.Basic) -> sp.Basic:
        if isinstance(node, GaussianAverage):
            if node.free_symbols & symbols:
                return node
            return found.setdefault(node, sp.Symbol(f"_average{len(found)}"))
        return node.func(*[visit(a) for a in node.args]) if node.has(GaussianAverage) else node

    rest = visit(e)
    return {symbol: node for node, symbol in found.items()}, rest
