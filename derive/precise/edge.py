"""The capacity in closed form or certified: C = 0 at the stationary point of C."""

from __future__ import annotations

import mpmath as mp
import sympy as sp

from derive.calculus.nodes import GaussianAverage, derivative, substitute
from derive.precise.certify import Certified, decimal, proved_digits
from derive.precise.closed_forms import simplest
from derive.precise.evaluate import Evaluator
from derive.precise.newton import GUARD, newton
from derive.precise.scalars import compile_many
from derive.replica.boundary import capacity_limit
from derive.replica.pipeline import Derivation
from derive.spec.model import Parameter

__all__ = ["certify_edge"]


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
                exact = simplest(candidate)
                with mp.workdps(digits + GUARD):
                    text = decimal(compile_many([exact])({})[0], digits)
                return Certified(text, digits, {q: str(radius)}, f"{method}; closed form", str(exact), exact)
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
    if any(mp.im(v) != 0 for v in y) or not error < mp.mpf("1e-6") * max(1, abs(y[-1])):
        return None
    with mp.workdps(digits + GUARD):
        proved = proved_digits(y[-1], error)
        overlaps = {q: str(radius)} | {
            x.name: decimal(value, digits)
            for x, value in zip(limit.unknowns, y, strict=False)
            if not x.name.endswith("_scaled")
        }
        return Certified(
            decimal(y[-1], min(digits, max(proved, 1))),
            min(digits, proved),
            overlaps,
            f"{method}; Newton in mpmath, the root moves by {mp.nstr(error, 2)} at refined quadrature",
            root=tuple(y),
            system=(unknowns, equations),
        )


def _solutions(coefficient: sp.Expr, a: sp.Symbol) -> list[sp.Expr]:
    if not coefficient.has(a):
        return []
    polynomial = sp.expand(coefficient).as_poly(a)
    if polynomial is not None and polynomial.degree() == 1:
        slope, constant = polynomial.all_coeffs()
        return [] if slope.is_zero or sp.N(slope, 20) == 0 else [-constant / slope]
    return []


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
    signed = [x for x in limit.unknowns if x.is_positive is None]
    tilts = (0.0, 0.3, -0.3, 0.03, 1.0, -1.0, 0.003, 3.0) if signed else (0.0,)
    for scale in (1.0, 0.3, 3.0, 0.1, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6):
        for tilt in tilts:
            first = [tilt if x in signed else limit.starts[x] for x in limit.unknowns]
            answer = root(f, np.array([*first, default * scale]), method="hybr", options={"xtol": 1e-13})
            if np.max(np.abs(f(answer.x))) < 1e-9 and parameter.domain.contains(sp.Float(float(answer.x[-1]))):
                positive = all(v > 0 for x, v in zip(limit.unknowns, answer.x, strict=False) if x.is_positive)
                if positive:
                    return [float(v) for v in answer.x]
    return None
