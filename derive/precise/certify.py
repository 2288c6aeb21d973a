"""Certified thresholds: the root again in mpmath, on the symbolic expressions, proved by changing the step.

The unknowns are the order parameters in the solver's coordinates and the parameter solved for.  The Jacobian is that
of the compiled solver: it decides how fast the passes converge, never where to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import mpmath as mp
import numpy as np
import sympy as sp

from derive.errors import InternalError
from derive.precise.equations import Equations
from derive.precise.newton import GUARD, newton, slopes
from derive.precise.scalars import compile_many
from derive.runtime.trivial import Point

__all__ = ["Certified", "certify_root", "decimal", "free_sizes", "proved_digits"]


@dataclass(frozen=True, slots=True)
class Certified:
    """A certified number: decimal text, digits proved, order parameters, method, closed form if any.

    closed  the closed form as an expression
    root    all unknowns, the last one the number;  system: what they solve, where it is not the saddle point
    """

    value: str
    digits: int
    overlaps: Mapping[str, str] = field(default_factory=dict)
    method: str = ""
    exact: str | None = None
    closed: sp.Expr | None = None
    root: tuple[mp.mpf, ...] = ()
    system: tuple[Sequence[sp.Symbol], Sequence[sp.Expr]] | None = None


def decimal(value: mp.mpf, digits: int) -> str:
    """The decimal text of a number, without exponent."""
    return mp.nstr(value, digits, strip_zeros=False, min_fixed=-mp.inf, max_fixed=mp.inf)


def certify_root(derivation, problem, located, digits: int, progress, exact: sp.Expr | None) -> Certified:
    """Certify a located threshold of kind zero_entropy, first_order, spinodal or continuous."""
    if exact is not None:
        with mp.workdps(digits + GUARD):
            value = compile_many([exact])({})[0]
            return Certified(decimal(value, digits), digits, {}, "closed form evaluated in mpmath")
    solve_for = problem.spec.solve_for
    system = Equations(derivation, {k: v for k, v in problem.values.items() if k != solve_for}, solve_for)
    n = problem.solver.module.UNKNOWNS
    trivial = located.point is not None and located.point.x[0] == 0.0
    kind = located.kind
    two = None
    if kind == "first_order":
        names = [b for b in (problem.spec.branches or ("uninformed", "perfect")) if b != located.branch]
        two = names[0]
    if kind == "first_order" and two != "perfect" and located.point is not None:
        return _certify_crossing(system, problem, located, two, digits)
    if trivial or located.point is None:
        return _certify_trivial(system, problem, located, digits)
    u = list(problem.solver.coordinates(located.point.x))

    if kind == "spinodal" or kind == "continuous":

        def residual(y, refine, working):
            scope = system.state(y[:n], y[n])
            value, matrix = system.jacobian(scope, refine)
            return [*value, mp.det(mp.matrix(matrix))]

        start = [*u, located.value]
    elif kind == "zero_entropy":

        def residual(y, refine, working):
            scope = system.state(y[:n], y[n])
            value, entropy = system.residual_and(system.observables["entropy"], scope, refine)
            return [*value, entropy]

        start = [*u, located.value]
    else:

        def residual(y, refine, working):
            scope = system.state(y[:n], y[n])
            value, entropy = system.residual_and(system.saddle.value, scope, refine)
            return [*value, entropy - system.boundary(scope, refine)]

        start = [*u, located.value]
    y, error = _newton_for(residual, start, digits, _kernel_slopes(problem, kind, start))
    return _found(system, y, error, digits, lambda: system.state(y[:n], y[-1]))


def _found(system: Equations, y: Sequence[mp.mpf], error: mp.mpf, digits: int, scope_at) -> Certified:
    """What a root says, its last unknown the parameter; the order parameters are those of a scope, None for none."""
    with mp.workdps(digits + GUARD):
        scope = scope_at()
        shown = [] if scope is None else [x for x in system.saddle.overlaps if x not in {s.v for s in system.free}]
        proved = proved_digits(y[-1], error)
        return Certified(
            decimal(y[-1], min(digits, max(proved, 1))),
            min(digits, proved),
            {x.name: decimal(scope[x.name], digits) for x in shown},
            f"Newton in mpmath on the symbolic equations; the root moves by {mp.nstr(error, 2)} with other "
            "quadrature steps and nodes and six more digits",
            root=tuple(y),
        )


def _certify_crossing(system: Equations, problem, located, two: str, digits: int) -> Certified:
    """Two branches of the solver, one of which may be q = 0, have the same free entropy."""
    other = located.second if located.second is not None else problem.branch(two, located.value)
    if other is None:
        raise InternalError(f"the {two} branch is missing at the crossing")
    solver = problem.solver
    zero = [point.x[0] == 0.0 for point in (located.point, other)]
    starts = [
        free_sizes(solver.module, point.x) if at_zero else list(solver.coordinates(point.x))
        for point, at_zero in zip((located.point, other), zero, strict=True)
    ]
    head = len(starts[0])

    def side(y, a, at_zero: bool, refine: int):
        if not at_zero:
            return system.residual_and(system.saddle.value, system.state(y, a), refine)
        scope = system.at_zero(y, a)
        norms, _ = system.residual_at_zero(scope, refine)
        return norms, system.free_entropy(scope, refine)

    def residual(y, refine, working):
        first, left = side(y[:head], y[-1], zero[0], refine)
        second, right = side(y[head:-1], y[-1], zero[1], refine)
        return [*first, *second, left - right]

    start = [*starts[0], *starts[1], located.value]
    y, error = _newton_for(residual, start, digits, None if any(zero) else _kernel_slopes(problem, "crossing", start))
    return _found(system, y, error, digits, lambda: None if zero[0] else system.state(y[:head], y[-1]))


def _kernel_slopes(problem, kind: str, start: Sequence[float]) -> np.ndarray | None:
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
        if kind == "first_order":
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


def free_sizes(module, x: np.ndarray) -> list[float]:
    """The unknowns at q = 0: log(r - q) of every family whose r is free."""
    return [math.log(x[2 * f + 1]) for f, tied in enumerate(module.TIED) if not tied]


def _certify_trivial(system: Equations, problem, located, digits: int) -> Certified:
    """A threshold at q = 0 without closed form: one equation in the parameter, and one for every r that is free."""
    saddle = system.saddle
    kept = {s.v for s in system.free}
    unknowns = [x for x in saddle.overlaps if x not in kept]

    def residual(y, refine, working):
        scope = system.at_zero(y[:-1], y[-1])
        norms, outer = system.residual_at_zero(scope, refine, jacobian=located.kind == "continuous")
        if located.kind == "continuous":
            evaluate = system.evaluate[refine]
            rows = [x for x in saddle.site_map if all(x != s.v for s in system.families)]
            slopes = {key: e for key, e in saddle.site_jacobian().items() if key[0] in rows}
            inner = dict(zip(slopes, evaluate(list(slopes.values()), scope), strict=True))
            product = [[mp.fsum(inner[x, h] * outer[h, u] for h in saddle.conjugates) for u in unknowns] for x in rows]
            return [*norms, mp.det(mp.eye(len(rows)) - mp.matrix(product))]
        if located.kind == "zero_entropy":
            return [*norms, system.observable("entropy", scope, refine)]
        return [*norms, system.free_entropy(scope, refine) - system.boundary(scope, refine)]

    known = located.point if located.point is not None else problem.solver.trivial(problem.p(located.value))
    sizes = [] if known is None else free_sizes(problem.solver.module, known.x)
    y, error = _newton_for(residual, [*sizes, located.value], digits)
    with mp.workdps(digits + GUARD):
        proved = proved_digits(y[-1], error)
        return Certified(
            decimal(y[-1], min(digits, max(proved, 1))),
            min(digits, proved),
            {},
            f"Newton in mpmath at q = 0; the root moves by {mp.nstr(error, 2)} at refined quadrature",
            root=tuple(y),
        )
