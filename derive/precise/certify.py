"""Certified thresholds: the root again in mpmath, on the symbolic expressions, proved by changing the step.

The unknowns are the order parameters in the solver's coordinates and the parameter solved for.  The Jacobian comes
from a finite difference at low precision and is kept; each pass multiplies the number of right digits.  At the end the
residual is evaluated with a higher rule, other panels and six more digits; the change of the root it implies is
the certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import mpmath as mp
import sympy as sp
from sympy.core.sympify import _sympify

from derive.errors import InternalError
from derive.precise.evaluate import Evaluator
from derive.precise.scalars import compile_many
from derive.replica.boundary import perfect_boundary
from derive.replica.observables import derive_observables
from derive.replica.pipeline import Derivation

__all__ = ["GUARD", "Certified", "certify_root", "decimal", "newton", "proved_digits"]

GUARD = 8
"""Digits carried beyond those asked for."""


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


def newton(
    residual: Callable[[Sequence[mp.mpf], int, int], list[mp.mpf]], start: Sequence[float], digits: int
) -> tuple[list[mp.mpf], mp.mpf]:
    """Solve residual(y, refine, working digits) = 0 from a double-precision start; return (root, error bound).

    The error bound is the size of the last correction at refined quadrature and raised precision.
    """
    size = len(start)
    with mp.workdps(20):
        y = [mp.mpf(s) for s in start]
        base = residual(y, 1, 20)
        step = mp.mpf(10) ** -7
        matrix = mp.matrix(size, size)
        for j in range(size):
            h = step * max(abs(y[j]), mp.mpf("0.1"))
            moved = list(y)
            moved[j] += h
            ahead = residual(moved, 1, 20)
            moved[j] -= 2 * h
            behind = residual(moved, 1, 20)
            for i in range(size):
                matrix[i, j] = (ahead[i] - behind[i]) / (2 * h)
        inverse = mp.inverse(matrix)
        correction = inverse * mp.matrix(base)
        y = [a - c for a, c in zip(y, correction, strict=True)]
        moved_by = max(abs(c) for c in correction)
        good = 19 if moved_by == 0 else max(8, min(19, int(-mp.log10(moved_by)) + 6))
    for _ in range(60):
        working = min(digits + GUARD, good + 16)  # a pass with a kept Jacobian gains at least eight digits
        with mp.workdps(working):
            value = residual(y, 1, working)
            correction = inverse * mp.matrix(value)
            y = [a - c for a, c in zip(y, correction, strict=True)]
            size_ = max(abs(c) for c in correction)
            good = digits + GUARD if size_ == 0 else int(-mp.log10(size_)) + 5
        if good >= digits + 6 and working == digits + GUARD:
            break
    with mp.workdps(digits + GUARD + 6):
        value = residual(y, 2, digits + GUARD + 6)
        correction = inverse * mp.matrix(value)
        y = [a - c for a, c in zip(y, correction, strict=True)]
        return y, max(abs(c) for c in correction)


class _System:
    """Residuals of a derivation in mpmath, in the coordinates of the compiled solver."""

    def __init__(self, derivation: Derivation, solve_for: str, values: Mapping[str, Any]):
        self.derivation, self.saddle = derivation, derivation.saddle
        self.symbols = derivation.system.symbols
        self.solve_for = solve_for
        self.fixed = compile_many([_sympify(v) for v in values.values()])
        self.names = list(values)
        self.observables, extra = derive_observables(derivation.saddle, ())
        self._evaluators = {r: Evaluator({**derivation.system.partitions, **extra}, r) for r in (1, 2)}
        self.norm = None if self.saddle.tied is None else compile_many([self.saddle.tied])

    def scope(self, a: mp.mpf) -> dict[str, mp.mpf]:
        """Parameters by name."""
        return {**dict(zip(self.names, self.fixed({}), strict=True)), self.solve_for: a}

    def state(self, u: Sequence[mp.mpf], a: mp.mpf) -> dict[str, mp.mpf]:
        """Parameters and overlaps by symbol name."""
        s, scope = self.symbols, self.scope(a)
        rest = list(self.saddle.overlaps)
        if self.norm is not None:
            total = self.norm(scope)[0]
            scope[s.q.name] = total / (1 + mp.exp(-u[0]))
            scope[s.v.name] = total / (1 + mp.exp(u[0]))
            rest, tail = rest[1:], u[1:]
        else:
            scope[s.q.name], scope[s.v.name] = mp.exp(u[0]), mp.exp(u[1])
            rest, tail = rest[2:], u[2:]
        for symbol, value in zip(rest, tail, strict=True):
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
        _s, saddle = self.symbols, self.saddle
        stationary, _ = self.hats(scope, refine)
        mapped = dict(
            zip(
                saddle.site_map,
                self._evaluators[refine].evaluate(list(saddle.site_map.values()), scope),
                strict=True,
            )
        )
        return self._compare(scope, mapped, stationary)

    def _compare(self, scope, mapped, stationary) -> list[mp.mpf]:
        s = self.symbols
        if self.norm is not None:
            result = [mp.log(mapped[s.q] / mapped[s.v]) - mp.log(scope[s.q.name] / scope[s.v.name])]
        else:
            result = [mp.log(mapped[s.q] / scope[s.q.name]), mp.log(mapped[s.v] / scope[s.v.name])]
        result += [mapped[m] - scope[m.name] for m in mapped if m not in (s.q, s.v)]
        return [*result, *stationary]

    def jacobian(self, scope: dict[str, mp.mpf], refine: int) -> tuple[list[mp.mpf], mp.matrix]:
        """Residual and exact Jacobian in the solver's coordinates."""
        s, saddle = self.symbols, self.saddle
        stationary, outer = self.hats(scope, refine, jacobian=True)
        inner_expressions = saddle.site_jacobian()
        found = self._evaluators[refine].evaluate([*saddle.site_map.values(), *inner_expressions.values()], scope)
        mapped = dict(zip(saddle.site_map, found, strict=False))
        inner = dict(zip(inner_expressions, found[len(mapped) :], strict=True))
        unknowns = list(saddle.overlaps)
        scale = {x: mp.mpf(1) for x in unknowns}
        q, v = scope[s.q.name], scope[s.v.name]
        scale[s.q] = q * v / (q + v) if self.norm is not None else q
        if self.norm is None:
            scale[s.v] = v
        rows = []
        for x in mapped:
            rows.append([mp.fsum(inner[x, h] * outer[h, y] for h in saddle.conjugates) * scale[y] for y in unknowns])
        order = list(mapped)
        table = dict(zip(order, rows, strict=True))
        logq = [e / mapped[s.q] for e in table[s.q]]
        logv = [e / mapped[s.v] for e in table[s.v]]
        final = [[a - b for a, b in zip(logq, logv, strict=True)]] if self.norm is not None else [logq, logv]
        final += [table[m] for m in order if m not in (s.q, s.v)]
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
            return [*system.residual(scope, refine), system.observable("entropy", scope, refine)]

        start = [*u, located.value]
    elif two == "perfect":

        def residual(y, refine, working):
            scope = system.state(y[:n], y[n])
            value = system.residual(scope, refine)
            return [*value, system.free_entropy(scope, refine) - system.boundary(scope, refine)]

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
            value = [*system.residual(first, refine), *system.residual(second, refine)]
            return [*value, system.free_entropy(first, refine) - system.free_entropy(second, refine)]

        start = [*u, *w, located.value]
    y, error = _newton_for(residual, start, digits)
    with mp.workdps(digits + GUARD):
        scope = system.state(y[:n], y[-1])
        overlaps = {x.name: decimal(scope[x.name], digits) for x in derivation.saddle.overlaps}
        if system.norm is None:
            overlaps.pop(system.symbols.v.name, None)
        proved = proved_digits(y[-1], error)
        return Certified(
            decimal(y[-1], min(digits, max(proved, 1))),
            min(digits, proved),
            overlaps,
            f"Newton in mpmath on the symbolic equations; the root moves by {mp.nstr(error, 2)} with a higher rule, "
            "other panels and six more digits",
        )


def _newton_for(residual, start, digits: int) -> tuple[list[mp.mpf], mp.mpf]:
    """Newton with as many guard digits as the conditioning of the root asks for."""
    for extra in (0, 8, 20):
        y, error = newton(residual, start, digits + extra)
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
    """A threshold on the trivial branch without closed form: one equation in the parameter, at q = 0."""
    s, saddle, n = system.symbols, system.saddle, problem.solver.module.UNKNOWNS

    def scope_at(a):
        scope = system.scope(a)
        scope[s.q.name], scope[s.v.name] = mp.mpf(0), system.norm(scope)[0]
        for m in saddle.overlaps[1:]:
            scope[m.name] = mp.mpf(0)
        return scope

    def residual(y, refine, working):
        scope = scope_at(y[0])
        if located.kind == "continuous":
            _, outer = system.hats(scope, refine, jacobian=True)
            inner_expressions = saddle.site_jacobian()
            inner = dict(
                zip(
                    inner_expressions,
                    system._evaluators[refine].evaluate(list(inner_expressions.values()), scope),
                    strict=True,
                )
            )
            rows = [x for x in saddle.site_map if x != s.v]
            matrix = mp.matrix(
                [
                    [mp.fsum(inner[x, h] * outer[h, y_] for h in saddle.conjugates) for y_ in saddle.overlaps]
                    for x in rows
                ]
            )
            return [mp.det(mp.eye(n) - matrix)]
        system.hats(scope, refine)
        if located.kind == "zero_entropy":
            return [system.observable("entropy", scope, refine)]
        return [system.free_entropy(scope, refine) - system.boundary(scope, refine)]

    y, error = _newton_for(residual, [located.value], digits)
    with mp.workdps(digits + GUARD):
        proved = proved_digits(y[0], error)
        return Certified(
            decimal(y[0], min(digits, max(proved, 1))),
            min(digits, proved),
            {},
            f"Newton in mpmath at q = 0; the root moves by {mp.nstr(error, 2)} at refined quadrature",
        )
