"""Certified thresholds: the root again in mpmath, on the symbolic expressions, proved by changing the step.

The unknowns are the order parameters in the solver's coordinates and the parameter solved for.  The Jacobian is that
of the compiled solver: it decides how fast the passes converge, never where to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import mpmath as mp
import numpy as np
import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.nodes import GaussianAverage
from derive.errors import InternalError
from derive.precise.evaluate import Evaluator
from derive.precise.newton import GUARD, newton, slopes
from derive.precise.scalars import compile_many
from derive.replica.boundary import perfect_boundary
from derive.replica.observables import derive_observables
from derive.replica.pipeline import Derivation
from derive.replica.system import System
from derive.runtime.trivial import Point

__all__ = ["Certified", "certify_root", "decimal", "proved_digits", "tables"]


@dataclass(frozen=True, slots=True)
class Certified:
    """A certified number: decimal text, digits proved, order parameters, method, closed form if any."""

    value: str
    digits: int
    overlaps: Mapping[str, str] = field(default_factory=dict)
    method: str = ""
    exact: str | None = None


def decimal(value: mp.mpf, digits: int) -> str:
    """The decimal text of a number, without exponent."""
    return mp.nstr(value, digits, strip_zeros=False, min_fixed=-mp.inf, max_fixed=mp.inf)


def tables(system: System) -> dict[str, Any]:
    """Every log-partition function and envelope of a system by name."""
    return {**system.partitions, **system.envelopes}


class _System:
    """Residuals of a derivation in mpmath, in the coordinates of the compiled solver."""

    def __init__(self, derivation: Derivation, solve_for: str, values: Mapping[str, Any]):
        self.derivation, self.saddle = derivation, derivation.saddle
        self.solve_for = solve_for
        self.fixed = compile_many([_sympify(v) for v in values.values()])
        self.names = list(values)
        self.observables, extra = derive_observables(derivation.saddle, ())
        self._evaluators = {r: Evaluator({**tables(derivation.system), **extra}, r) for r in (1, 2)}
        self.families = [f.symbols for f in derivation.system.families]
        self.norms = [None if norm is None else compile_many([norm]) for norm in self.saddle.norms]
        self.cold = derivation.system.cold

    def scope(self, a: mp.mpf) -> dict[str, mp.mpf]:
        """Parameters by name."""
        return {**dict(zip(self.names, self.fixed({}), strict=True)), self.solve_for: a}

    def state(self, u: Sequence[mp.mpf], a: mp.mpf) -> dict[str, mp.mpf]:
        """Parameters and overlaps by symbol name."""
        scope, used = self.scope(a), 0
        for s, norm in zip(self.families, self.norms, strict=True):
            if norm is not None and self.cold:
                scope[s.q.name], scope[s.v.name] = norm(scope)[0], mp.exp(u[used])
            elif norm is not None:
                total = norm(scope)[0]
                scope[s.q.name] = total / (1 + mp.exp(-u[used]))
                scope[s.v.name] = total / (1 + mp.exp(u[used]))
            else:
                scope[s.q.name], scope[s.v.name] = mp.exp(u[used]), mp.exp(u[used + 1])
            used += 2 if norm is None else 1
        for symbol, value in zip(list(self.saddle.overlaps)[used:], u[used:], strict=True):
            scope[symbol.name] = value
        return scope

    def hats(self, scope: dict[str, mp.mpf], refine: int, jacobian: bool = False):
        """Conjugates (added to the scope), stationarity, and the channel Jacobian if asked."""
        saddle = self.saddle
        expressions = [*saddle.conjugates.values(), *saddle.stationary.values()]
        slopes = saddle.conjugate_jacobian() if jacobian else {}
        found = self._evaluators[refine].evaluate([*expressions, *slopes.values()], scope)
        count = len(saddle.conjugates)
        for symbol, value in zip(saddle.conjugates, found, strict=False):
            scope[symbol.name] = value
        stationary = found[count : len(expressions)]
        return stationary, dict(zip(slopes, found[len(expressions) :], strict=True))

    def residual(self, scope: dict[str, mp.mpf], refine: int) -> list[mp.mpf]:
        """Map minus state in the solver's coordinates; conjugates are left in the scope."""
        return self.residual_and(None, scope, refine)[0]

    def residual_and(self, extra: sp.Expr | None, scope: dict[str, mp.mpf], refine: int) -> tuple[list[mp.mpf], mp.mpf]:
        """Residual and the value of one more expression, whose averages share the nodes of the residual's."""
        saddle, evaluate = self.saddle, self._evaluators[refine].evaluate
        extra = sp.S.Zero if extra is None else extra
        before, rest = _averages_without(extra, frozenset(saddle.conjugates))
        first = [*saddle.conjugates.values(), *saddle.stationary.values()]
        found = evaluate([*first, *before.values()], scope)
        scope |= {h.name: value for h, value in zip(saddle.conjugates, found, strict=False)}
        known = {s.name: value for s, value in zip(before, found[len(first) :], strict=True)}
        *mapped, value = evaluate([*saddle.site_map.values(), rest], {**scope, **known})
        stationary = found[len(saddle.conjugates) : len(first)]
        return self._compare(scope, dict(zip(saddle.site_map, mapped, strict=True)), stationary), value

    def _compare(self, scope, mapped, stationary) -> list[mp.mpf]:
        result = []
        for s, norm in zip(self.families, self.norms, strict=True):
            if norm is not None and self.cold:
                result += [mp.log(mapped[s.v] / scope[s.v.name])]
            elif norm is not None:
                result += [mp.log(mapped[s.q] / mapped[s.v]) - mp.log(scope[s.q.name] / scope[s.v.name])]
            else:
                result += [mp.log(mapped[s.q] / scope[s.q.name]), mp.log(mapped[s.v] / scope[s.v.name])]
        result += [mapped[m] - scope[m.name] for m in self._others(mapped)]
        return [*result, *stationary]

    def _others(self, mapped) -> list[sp.Symbol]:
        """The overlaps m among what is mapped."""
        pairs = {x for s in self.families for x in (s.q, s.v)}
        return [m for m in mapped if m not in pairs]

    def jacobian(self, scope: dict[str, mp.mpf], refine: int) -> tuple[list[mp.mpf], mp.matrix]:
        """Residual and exact Jacobian in the solver's coordinates."""
        saddle = self.saddle
        stationary, outer = self.hats(scope, refine, jacobian=True)
        inner_expressions = saddle.site_jacobian()
        found = self._evaluators[refine].evaluate([*saddle.site_map.values(), *inner_expressions.values()], scope)
        mapped = dict(zip(saddle.site_map, found, strict=False))
        inner = dict(zip(inner_expressions, found[len(mapped) :], strict=True))
        unknowns = list(saddle.overlaps)
        scale = {x: mp.mpf(1) for x in unknowns}
        for s, norm in zip(self.families, self.norms, strict=True):
            q, v = scope[s.q.name], scope[s.v.name]
            scale[s.q] = q if norm is None else q * v / (q + v)
            if norm is None or self.cold:
                scale[s.v] = v
        rows = []
        for x in mapped:
            rows.append([mp.fsum(inner[x, h] * outer[h, y] for h in saddle.conjugates) * scale[y] for y in unknowns])
        order = list(mapped)
        table = dict(zip(order, rows, strict=True))
        final: list[list[mp.mpf]] = []
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
        return self._compare(scope, mapped, stationary), mp.matrix(final)

    def free_entropy(self, scope: dict[str, mp.mpf], refine: int) -> mp.mpf:
        """The free entropy at the scope (conjugates already there)."""
        return self._evaluators[refine].evaluate([self.saddle.value], scope)[0]

    def observable(self, name: str, scope: dict[str, mp.mpf], refine: int) -> mp.mpf:
        """An automatic observable."""
        return self._evaluators[refine].evaluate([self.observables[name]], scope)[0]

    def boundary(self, scope: dict[str, mp.mpf], refine: int) -> mp.mpf:
        """The perfect boundary's free entropy."""
        boundary = perfect_boundary(self.derivation.system)
        assert boundary is not None and boundary.value is not None
        return self._evaluators[refine].evaluate([boundary.value], scope)[0]


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


def certify_root(derivation, problem, located, digits: int, progress, exact: sp.Expr | None) -> Certified:
    """Certify a located threshold of kind zero_entropy, first_order, spinodal or continuous."""
    if exact is not None:
        with mp.workdps(digits + GUARD):
            value = compile_many([exact])({})[0]
            return Certified(decimal(value, digits), digits, {}, "closed form evaluated in mpmath")
    system = _System(
        derivation,
        problem.spec.solve_for,
        {k: v for k, v in problem.values.items() if k != problem.spec.solve_for},
    )
    n = problem.solver.module.UNKNOWNS
    trivial = located.point is not None and located.point.x[0] == 0.0
    if trivial or located.point is None:
        return _certify_trivial(system, problem, located, digits)
    u = list(problem.solver.coordinates(located.point.x))
    kind = located.kind
    two = None
    if kind == "first_order":
        names = [b for b in (problem.spec.branches or ("uninformed", "perfect")) if b != located.branch]
        two = names[0]

    if kind == "spinodal" or kind == "continuous":

        def residual(y, refine, working):
            scope = system.state(y[:n], y[n])
            value, matrix = system.jacobian(scope, refine)
            return [*value, mp.det(matrix)]

        start = [*u, located.value]
    elif kind == "zero_entropy":

        def residual(y, refine, working):
            scope = system.state(y[:n], y[n])
            value, entropy = system.residual_and(system.observables["entropy"], scope, refine)
            return [*value, entropy]

        start = [*u, located.value]
    elif two == "perfect":

        def residual(y, refine, working):
            scope = system.state(y[:n], y[n])
            value, entropy = system.residual_and(system.saddle.value, scope, refine)
            return [*value, entropy - system.boundary(scope, refine)]

        start = [*u, located.value]
    else:
        other = problem.branch(two, located.value)
        if other is None:
            raise InternalError(f"the {two} branch is missing at the crossing")
        if other.x[0] == 0.0:
            return _certify_trivial(system, problem, located, digits)
        w = list(problem.solver.coordinates(other.x))

        def residual(y, refine, working):
            first, second = system.state(y[:n], y[2 * n]), system.state(y[n : 2 * n], y[2 * n])
            one, left = system.residual_and(system.saddle.value, first, refine)
            other, right = system.residual_and(system.saddle.value, second, refine)
            return [*one, *other, left - right]

        start = [*u, *w, located.value]
    y, error = _newton_for(residual, start, digits, _kernel_slopes(problem, kind, two, start))
    with mp.workdps(digits + GUARD):
        scope = system.state(y[:n], y[-1])
        overlaps = {x.name: decimal(scope[x.name], digits) for x in derivation.saddle.overlaps}
        for s, norm in zip(system.families, system.norms, strict=True):
            if norm is None:
                overlaps.pop(s.v.name, None)
        proved = proved_digits(y[-1], error)
        return Certified(
            decimal(y[-1], min(digits, max(proved, 1))),
            min(digits, proved),
            overlaps,
            f"Newton in mpmath on the symbolic equations; the root moves by {mp.nstr(error, 2)} with other "
            "quadrature steps and nodes and six more digits",
        )


def _kernel_slopes(problem, kind: str, two: str | None, start: Sequence[float]) -> np.ndarray | None:
    """The Jacobian of the residual of `certify_root`, from the compiled solver."""
    solver, n = problem.solver, problem.solver.module.UNKNOWNS

    def at(u: np.ndarray, p: np.ndarray) -> tuple[Point, np.ndarray, np.ndarray]:
        x = solver.state(u, solver.facts(p).radii)
        residual, jacobian, hats = solver.residual(p, x)
        return Point(x, hats, "converged", 0, 0.0, 0.0, 1.0), residual, jacobian

    def residual(y: np.ndarray) -> np.ndarray:
        p = problem.p(float(y[-1]))
        point, value, jacobian = at(y[:n], p)
        if kind in ("spinodal", "continuous"):
            return np.array([*value, np.linalg.det(jacobian)])
        if kind == "zero_entropy":
            return np.array([*value, solver.observable(p, point, "entropy")])
        if two == "perfect":
            return np.array([*value, solver.free_entropy(p, point) - solver.boundary(p)])
        second, other, _ = at(y[n : 2 * n], p)
        return np.array([*value, *other, solver.free_entropy(p, point) - solver.free_entropy(p, second)])

    return slopes(residual, start)


def _newton_for(residual, start, digits: int, matrix: np.ndarray | None = None) -> tuple[list[mp.mpf], mp.mpf]:
    """Newton with as many guard digits as the conditioning of the root asks for."""
    for extra in (0, 8, 20):
        y, error = newton(residual, start, digits + extra, matrix)
        with mp.workdps(digits + extra + GUARD):
            if proved_digits(y[-1], error) >= digits:
                break
    return y, error


def proved_digits(value: mp.mpf, error: mp.mpf) -> int:
    """How many digits an error bound leaves."""
    if error == 0:
        return mp.mp.dps
    return max(0, int(-mp.log10(error / max(abs(value), mp.mpf(10) ** -50))))


def _certify_trivial(system: _System, problem, located, digits: int) -> Certified:
    """A threshold at q = 0 without closed form: one equation in the parameter, and one for every r that is free."""
    saddle = system.saddle
    pairs = list(zip(system.families, system.norms, strict=True))
    free = [s for s, norm in pairs if norm is None]
    kept = {s.v for s in free}
    unknowns = [x for x in saddle.overlaps if x not in kept]

    def scope_at(y):
        scope = system.scope(y[-1])
        scope |= {x.name: mp.mpf(0) for x in unknowns}
        scope |= {s.v.name: norm(scope)[0] for s, norm in pairs if norm is not None}
        return scope | {s.v.name: mp.exp(u) for s, u in zip(free, y[:-1], strict=True)}

    def residual(y, refine, working):
        scope = scope_at(y)
        evaluate = system._evaluators[refine].evaluate
        _, outer = system.hats(scope, refine, jacobian=located.kind == "continuous")
        found = evaluate([saddle.site_map[s.v] for s in free], scope)
        norms = [mp.log(v / scope[s.v.name]) for s, v in zip(free, found, strict=True)]
        if located.kind == "continuous":
            rows = [x for x in saddle.site_map if all(x != s.v for s in system.families)]
            slopes = {key: e for key, e in saddle.site_jacobian().items() if key[0] in rows}
            inner = dict(zip(slopes, evaluate(list(slopes.values()), scope), strict=True))
            product = [[mp.fsum(inner[x, h] * outer[h, u] for h in saddle.conjugates) for u in unknowns] for x in rows]
            return [*norms, mp.det(mp.eye(len(rows)) - mp.matrix(product))]
        if located.kind == "zero_entropy":
            return [*norms, system.observable("entropy", scope, refine)]
        return [*norms, system.free_entropy(scope, refine) - system.boundary(scope, refine)]

    head = len(problem.solver.module.TIED)
    known = located.point if located.point is not None else problem.solver.trivial(problem.p(located.value))
    sizes = [] if known is None else [known.x[2 * f + 1] for f in range(head) if not problem.solver.module.TIED[f]]
    y, error = _newton_for(residual, [*map(math.log, sizes), located.value], digits)
    with mp.workdps(digits + GUARD):
        proved = proved_digits(y[-1], error)
        return Certified(
            decimal(y[-1], min(digits, max(proved, 1))),
            min(digits, proved),
            {},
            f"Newton in mpmath at q = 0; the root moves by {mp.nstr(error, 2)} at refined quadrature",
        )
