"""Certified thresholds: the root again in mpmath, on the symbolic expressions, proved by changing the step.

The unknowns are the order parameters in the solver's coordinates and the parameter solved for.  The Jacobian comes
from a finite difference at low precision and is kept; each pass multiplies the number of right digits.  At the end the
residual is evaluated with a higher rule, shorter panels and ten more digits; the change of the root it implies is
the certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import mpmath as mp
import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.nodes import GaussianAverage, LogPartition, derivative, substitute
from derive.errors import InternalError
from derive.precise.evaluate import Evaluator
from derive.precise.scalars import compile_many
from derive.replica.boundary import capacity_limit, perfect_boundary
from derive.replica.observables import derive_observables
from derive.replica.pipeline import Derivation

if TYPE_CHECKING:
    from derive.spec.model import Parameter, ThresholdSpec

__all__ = ["Certified", "certify_edge", "certify_root", "exact_root", "newton"]

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


def _decimal(value: mp.mpf, digits: int) -> str:
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
    good, working = 8, 20
    for _ in range(60):
        working = min(digits + GUARD, max(20, 2 * good + 8))
        with mp.workdps(working):
            value = residual(y, 1, working)
            correction = inverse * mp.matrix(value)
            y = [a - c for a, c in zip(y, correction, strict=True)]
            size_ = max(abs(c) for c in correction)
            good = digits + GUARD if size_ == 0 else int(-mp.log10(size_)) + 5
        if good >= digits + 6 and working == digits + GUARD:
            break
    with mp.workdps(digits + GUARD + 10):
        value = residual(y, 2, digits + GUARD + 10)
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
            return Certified(_decimal(value, digits), digits, {}, "closed form evaluated in mpmath")
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
    y, error = newton(residual, start, digits)
    with mp.workdps(digits + GUARD):
        scope = system.state(y[:n], y[-1])
        overlaps = {x.name: _decimal(scope[x.name], digits) for x in derivation.saddle.overlaps}
        if system.norm is None:
            overlaps.pop(system.symbols.v.name, None)
        proved = _proved(y[-1], error)
        return Certified(
            _decimal(y[-1], min(digits, max(proved, 1))),
            min(digits, proved),
            overlaps,
            f"Newton in mpmath on the symbolic equations; the root moves by {mp.nstr(error, 2)} with a higher rule, "
            "half the panels and ten more digits",
        )


def _proved(value: mp.mpf, error: mp.mpf) -> int:
    if error == 0:
        return mp.mp.dps
    return max(0, int(-mp.log10(error / max(abs(value), mp.mpf(10) ** -50))))


# -------------------------------------------------------------------------------- the trivial branch


def _at_zero(expression: sp.Expr, derivation: Derivation) -> sp.Expr | None:
    """An expression at q = 0 (m = 0, vanishing conjugates) with averages over N(0, 0) done, in closed form."""
    saddle, s = derivation.saddle, derivation.system.symbols
    if saddle.tied is None or derivation.system.globals:
        return None
    values = {
        s.q: sp.S.Zero,
        s.v: saddle.tied,
        s.q_hat: sp.S.Zero,
        **{m: sp.S.Zero for m in (*s.m, *s.m_hat)},
    }
    if s.A in saddle.conjugates:
        return None
    point = _collapse(expression, values, derivation)
    if point is None:
        return None
    return point


def _collapse(e: sp.Expr, values, derivation: Derivation) -> sp.Expr | None:
    partitions = derivation.system.partitions

    def visit(node: sp.Basic) -> sp.Basic:
        if isinstance(node, GaussianAverage):
            mean = [_sympify(c).xreplace(values) for c in node.mean]
            variances = [_sympify(c).xreplace(values) for c in node.args[3]]
            if len(node.bound_symbols) > 1 or variances[0] != 0:
                raise _NotClosed
            return visit(node.body.xreplace({node.bound_symbols[0]: mean[0]}))
        if isinstance(node, LogPartition):
            p = partitions.get(node.args[0].name)
            if p is None or p.closed is None or node.order > 4:
                raise _NotClosed
            x, v, rest = node.args[3], node.args[4], node.args[5:]
            inside = {p.variance: _sympify(v).xreplace(values), **dict(zip(p.rest, rest, strict=True))}
            log_z = sp.log(p.closed).diff(p.field, node.order)
            return log_z.xreplace(inside).xreplace({p.field: _sympify(x).xreplace(values)})
        if isinstance(node, sp.Expr) and node.has(GaussianAverage, LogPartition):
            return node.func(*[visit(a) for a in node.args])
        return node.xreplace(values) if isinstance(node, sp.Basic) else node

    try:
        result = visit(e).xreplace(values)
    except _NotClosed:
        return None
    return None if result.has(sp.nan, sp.zoo) or result.atoms(GaussianAverage) else result


class _NotClosed(Exception):
    """An average has no closed form at q = 0."""


def exact_root(derivation: Derivation, spec: ThresholdSpec, values, located) -> sp.Expr | None:
    """A closed form of a threshold on the trivial branch or of a diverging boundary, or None."""
    a = next(p.symbol for p in derivation.model.parameters if p.name == spec.solve_for)
    given = {p.symbol: values[p.name] for p in derivation.model.parameters if p.name in values}
    condition = _trivial_condition(derivation, spec, located)
    if condition is None:
        return None
    condition = condition.xreplace(given)
    if condition.free_symbols - {a}:
        return None
    try:
        roots = sp.solve(sp.expand(condition), a)
    except (NotImplementedError, TypeError):
        return None
    for candidate in roots:
        number = sp.N(candidate, 20)
        if number.is_real and abs(float(number) - located.value) < 1e-8 * max(1.0, abs(located.value)):
            return _simplest(candidate)
    return None


def _simplest(value: sp.Expr) -> sp.Expr:
    """The shortest of a closed form and its versions with error functions."""
    forms = [sp.simplify(value), sp.simplify(value.rewrite(sp.erf)), sp.simplify(value.rewrite(sp.erfc))]
    return min(forms, key=lambda e: (len(str(e)), str(e)))


def _trivial_condition(derivation: Derivation, spec: ThresholdSpec, located) -> sp.Expr | None:
    """The equation of the threshold at q = 0, in the parameters."""
    saddle = derivation.saddle
    boundary = perfect_boundary(derivation.system)
    if located.kind == "first_order":
        if boundary is None:
            return None
        if boundary.value is None:
            return boundary.coefficient
        phi = _at_zero(saddle.value, derivation)
        return None if phi is None else phi - boundary.value
    if located.kind == "zero_entropy":
        observables, extra = derive_observables(saddle, ())
        if extra:
            return None
        return _at_zero(observables["entropy"], derivation)
    if located.kind == "continuous" and len(saddle.conjugates) == 1 and len(saddle.overlaps) == 1:
        s = derivation.system.symbols
        slope = _at_zero(saddle.conjugate_jacobian()[s.q_hat, s.q], derivation)
        inner = _at_zero(saddle.site_jacobian()[s.q, s.q_hat], derivation)
        return None if slope is None or inner is None else slope * inner - 1
    return None


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

    y, error = newton(residual, [located.value], digits)
    with mp.workdps(digits + GUARD):
        proved = _proved(y[0], error)
        return Certified(
            _decimal(y[0], min(digits, max(proved, 1))),
            min(digits, proved),
            {},
            f"Newton in mpmath at q = 0; the root moves by {mp.nstr(error, 2)} at refined quadrature",
        )


# ---------------------------------------------------------------------------------------- the edge


def certify_edge(derivation: Derivation, solve_for: str, values, digits: int, parameter: Parameter) -> Certified | None:
    """The capacity: C = 0 at the stationary point of C, in closed form if possible, else by Newton in mpmath."""
    limit = capacity_limit(derivation.saddle)
    given = {p.symbol: values[p.name] for p in derivation.model.parameters if p.name in values}
    coefficient = substitute(limit.coefficient, given)
    a = parameter.symbol
    method = "r - q -> 0 by Laplace's rule: the coefficient of 1/(r - q) vanishes at its stationary point"
    radius = substitute(limit.radius, given)
    q = derivation.system.symbols.q.name
    if not limit.unknowns and not coefficient.has(GaussianAverage):
        for candidate in _solutions(coefficient, a):
            number = sp.N(candidate, 30)
            if number.is_real and parameter.domain.contains(number):
                exact = _simplest(candidate)
                with mp.workdps(digits + GUARD):
                    text = _decimal(compile_many([exact])({})[0], digits)
                return Certified(text, digits, {q: str(radius)}, f"{method}; closed form", _short(exact))
    unknowns = [*limit.unknowns, a]
    equations = [coefficient.diff(x) if not coefficient.has(GaussianAverage) else sp.S.Zero for x in limit.unknowns]
    if coefficient.has(GaussianAverage):
        equations = [derivative(coefficient, x) for x in limit.unknowns]
    equations.append(coefficient)
    evaluators = {r: Evaluator(derivation.system.partitions, r) for r in (1, 2)}

    def residual(y, refine, working):
        scope = {x.name: value for x, value in zip(unknowns, y, strict=True)}
        return evaluators[refine].evaluate(equations, scope)

    start = _edge_start(residual, limit, parameter)
    if start is None:
        return None
    y, error = newton(residual, start, digits)
    with mp.workdps(digits + GUARD):
        proved = _proved(y[-1], error)
        overlaps = {q: str(radius)} | {
            x.name: _decimal(value, digits)
            for x, value in zip(limit.unknowns, y, strict=False)
            if not x.name.endswith("_scaled")
        }
        return Certified(
            _decimal(y[-1], min(digits, max(proved, 1))),
            min(digits, proved),
            overlaps,
            f"{method}; Newton in mpmath, the root moves by {mp.nstr(error, 2)} at refined quadrature",
        )


def _solutions(coefficient: sp.Expr, a: sp.Symbol) -> list[sp.Expr]:
    if not coefficient.has(a):
        return []
    polynomial = sp.expand(coefficient).as_poly(a)
    if polynomial is not None and polynomial.degree() == 1:
        slope, constant = polynomial.all_coeffs()
        return [] if slope.is_zero or sp.N(slope, 20) == 0 else [-constant / slope]
    return []


def _short(exact: sp.Expr) -> str | None:
    """The text of a closed form."""
    return str(exact)


def _edge_start(residual, limit, parameter) -> list[float] | None:
    """A double-precision root of the edge's equations, from several starts."""
    import numpy as np
    from scipy.optimize import root

    def f(y):
        try:
            with mp.workdps(18):
                return [float(mp.re(r)) for r in residual([mp.mpf(float(v)) for v in y], 1, 18)]
        except (ValueError, ZeroDivisionError, OverflowError, TypeError):
            return [1e6] * len(y)

    default = float(sp.N(parameter.default)) if parameter.default is not None else 1.0
    for scale in (1.0, 0.3, 3.0, 0.1, 10.0, 0.03, 30.0):
        for tilt in (1.0, -1.0, 0.1):
            first = [limit.starts[x] * tilt if x.is_positive is None else limit.starts[x] for x in limit.unknowns]
            answer = root(f, np.array([*first, default * scale]), method="hybr", options={"xtol": 1e-13})
            if np.max(np.abs(f(answer.x))) < 1e-9 and parameter.domain.contains(sp.Float(float(answer.x[-1]))):
                positive = all(v > 0 for x, v in zip(limit.unknowns, answer.x, strict=False) if x.is_positive)
                if positive:
                    return [float(v) for v in answer.x]
    return None
