"""Thresholds as root problems: brackets by stepping along branches, then a direct solve, then certification.

Kinds: `capacity` (edge of the domain, from the symbolic limit), `zero_entropy` (zero of the entropy along a
branch), `first_order` (two branches cross), `spinodal` (fold), `continuous` (a branch loses stability).
With digits the root is solved again in mpmath on the symbolic expressions, at two precisions and two quadrature steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp

from derive.bracketing import zero
from derive.errors import ModelError, UsageError
from derive.folds import fold, jumps
from derive.runtime.branches import name_overlaps
from derive.runtime.layout import fractions, pairs
from derive.runtime.results import ThresholdResult
from derive.runtime.trivial import Point
from derive.solver import Solver
from derive.spec.model import Domain, Model, ThresholdSpec

__all__ = [
    "KERNEL_DIGITS",
    "KINDS",
    "Located",
    "Problem",
    "find_threshold",
    "fixed_parameters",
    "kernel_digits",
]

KERNEL_DIGITS = 11
"""Digits of a threshold from the compiled solver (quadrature 1e-13, root 1e-12): claimed without certification."""


@dataclass(frozen=True, slots=True)
class Located:
    """A threshold in double precision: value, the state there (None: analytic) and how it was found."""

    value: float
    point: Point | None
    kind: str
    method: str
    branch: str = ""
    second: Point | None = None


class Problem:
    """One threshold problem: the solver with all parameters fixed but one."""

    def __init__(self, model: Model, spec: ThresholdSpec, solver: Solver, values: Mapping[str, Any], progress):
        self.model, self.spec, self.solver = model, spec, solver
        self.values = dict(values)
        self.names = [p.name for p in model.parameters]
        self.index = self.names.index(spec.solve_for)
        parameter = model.parameter(spec.solve_for)
        self.domain: Domain = parameter.domain
        self.start = float(sp.N(parameter.default)) if parameter.default is not None else self._inside()
        self._base = np.array([math.nan if n == spec.solve_for else float(sp.N(values[n], 25)) for n in self.names])
        self.progress: Callable[[str], None] = progress

    def _inside(self) -> float:
        lower, upper = float(self.domain.lower), float(self.domain.upper)
        if math.isfinite(lower) and math.isfinite(upper):
            return 0.5 * (lower + upper)
        return lower + 1.0 if math.isfinite(lower) else (upper - 1.0 if math.isfinite(upper) else 0.0)

    def p(self, a: float) -> np.ndarray:
        """The parameter array with the solved-for parameter at a."""
        values = self._base.copy()
        values[self.index] = a
        return values

    def inside(self, a: float) -> bool:
        """Whether a lies inside the parameter's domain."""
        return float(self.domain.lower) < a < float(self.domain.upper)

    def ladder(self) -> list[float]:
        """Points stepping away from the default in both directions, nearest first, by growing factors up to 1e5."""
        found = [self.start] if self.inside(self.start) else []
        lower, upper = float(self.domain.lower), float(self.domain.upper)
        scale = max(abs(self.start), 0.1)
        factors = [1.1**k for k in range(1, 25)] + [1.1**24 * 1.3**k for k in range(1, 36)]
        for factor in factors:
            for direction in (1, -1):
                if math.isfinite(lower) and self.start > lower:
                    a = lower + (self.start - lower) * factor**direction
                else:
                    a = self.start + direction * scale * (factor - 1.0)
                if a >= upper:
                    a = upper - (upper - self.start) / factor if math.isfinite(upper) else a
                if self.inside(a) and a not in found:
                    found.append(a)
        return found

    def uninformed(self, a: float) -> Point | None:
        """The uninformed branch at a: the stable trivial point, or what the iteration reaches; None if lost."""
        p = self.p(a)
        point = self.solver.run(p, self.solver.start(p))
        if point.status == "vanishing":
            return self.solver.trivial(p)
        return point if point.status == "converged" else None

    def branch(self, name: str, a: float) -> Point | None:
        """A branch by name."""
        p = self.p(a)
        if name == "uninformed":
            return self.uninformed(a)
        if name == "trivial":
            return self.solver.trivial(p)
        if name == "permutation-symmetric":
            if not self.solver.module.DIFFERENCES:
                raise UsageError(f"{self.model.name}: only weights of several components have a {name} branch")
            return self.solver.symmetric(p)
        starts = self.solver.starts(p)
        if name not in starts:
            names = ", ".join((*starts, "trivial", "perfect"))
            raise UsageError(f"{self.model.name}: no branch is called {name!r} ({names})")
        point = self.solver.run(p, starts[name])
        return point if point.status == "converged" else None

    def growth(self, a: float, point: Point) -> float:
        """The spectral radius of the map at a point: where q = 0 the growth rate, else from the eigenvalues."""
        module = self.solver.module
        if point.x[0] == 0.0:
            return point.radius
        size = module.UNKNOWNS - module.GLOBALS
        jacobian = self.solver.residual(self.p(a), point.x.copy())[1][:size, :size]
        return float(np.max(np.abs(np.linalg.eigvals(jacobian + np.eye(size)))))

    def overlaps(self, located: Located) -> dict[str, float]:
        """The order parameters by name; none at an analytic place."""
        if located.point is None:
            return {}
        radii = self.solver.facts(self.p(located.value)).radii
        return name_overlaps(self.solver.module, located.point.x, located.point.hats, radii)

    def profile(self, point: Point | None) -> np.ndarray:
        """q/r and m/(sqrt(q) + |m|) of every partner: bounded numbers, one of which jumps at a fold."""
        module = self.solver.module
        head, partners = pairs(module), len(module.PARTNERS)
        if point is None:
            return np.full(head // 2 + partners, 2.0)  # lost: far from all
        m = np.abs(point.x[head : head + partners])
        size = np.array([math.sqrt(point.x[2 * f]) for f in module.PARTNERS]) + m
        return np.array([*fractions(module, point.x), *(m / np.where(size > 0.0, size, 1.0))])

    def height(self, point: Point | None) -> float:
        """The sum of the profile."""
        return float(np.sum(self.profile(point)))

    def apart(self, one: Point | None, two: Point | None) -> float:
        """The largest difference of two profiles."""
        return float(np.max(np.abs(self.profile(one) - self.profile(two))))


# -------------------------------------------------------------------------------------------- kinds


def zero_entropy(problem: Problem) -> Located | None:
    """Zero of the entropy along a branch."""
    name = problem.spec.branch or "uninformed"
    if "entropy" not in problem.solver.module.OBSERVABLES:
        raise ModelError(f"{problem.model.name}: the entropy of this model is not defined (a prior with a density)")

    def entropy(a: float) -> float | None:
        point = problem.branch(name, a)
        return None if point is None else problem.solver.observable(problem.p(a), point, "entropy")

    value = zero(problem, entropy)
    if value is None:
        return None
    return Located(value, problem.branch(name, value), "zero_entropy", "zero of the entropy along the branch", name)


def first_order(problem: Problem) -> Located | None:
    """Two branches have the same free entropy."""
    one, two = problem.spec.branches or ("uninformed", "perfect")
    if one == "perfect":
        one, two = two, one
    if two == "perfect" and problem.solver.module.BOUNDARY == "none":
        raise ModelError(
            f"{problem.model.name}: there is no perfect branch (the prior is continuous or the labels are noisy)"
        )
    if two == "perfect" and problem.solver.module.BOUNDARY == "divergent":
        value = zero(problem, lambda a: problem.solver.facts(problem.p(a)).boundary)
        method = "the coefficient of log(1/(r - q)) at the perfect boundary changes sign"
        return None if value is None else Located(value, None, "first_order", method, "perfect")

    def difference(a: float) -> float | None:
        p = problem.p(a)
        first = problem.branch(one, a)
        if first is None:
            return None
        value = problem.solver.free_entropy(p, first)
        if two == "perfect":
            other = problem.solver.boundary(p)
            return None if other is None else value - other
        second = problem.branch(two, a)
        if second is None or problem.apart(first, second) < 1e-6:
            return None
        return value - problem.solver.free_entropy(p, second)

    value = zero(problem, difference)
    if value is None:
        return None
    return Located(
        value,
        problem.branch(one, value),
        "first_order",
        f"free entropies of {one} and {two} cross",
        one,
        None if two == "perfect" else problem.branch(two, value),
    )


def spinodal(problem: Problem) -> Located | None:
    """The fold at which a branch ends, from the extended system residual = 0, det Jacobian = 0."""
    name = problem.spec.branch or "uninformed"
    method = "fold: residual and determinant of the Jacobian vanish together"
    for alive, dead in jumps(problem, name):
        state = problem.branch(name, alive)
        if state is None or state.x[0] == 0.0:
            continue
        found = fold(problem, state, alive, abs(dead - alive))
        if found is not None:
            return Located(*found, "spinodal", method, name)
    return None


def continuous(problem: Problem) -> Located | None:
    """A branch loses stability: the trivial branch q = 0 by its growth rate, another by its spectral radius."""
    name = problem.spec.branch or "trivial"

    def excess(a: float) -> float | None:
        point = problem.branch(name, a)
        return None if point is None else problem.growth(a, point) - 1.0

    value = zero(problem, excess)
    if value is None:
        return None
    return Located(value, problem.branch(name, value), "continuous", f"the {name} branch loses stability", name)


KINDS: dict[str, Callable[[Problem], Located | None]] = {
    "zero_entropy": zero_entropy,
    "first_order": first_order,
    "spinodal": spinodal,
    "continuous": continuous,
}


def find_threshold(
    model: Model,
    spec: ThresholdSpec,
    given: Mapping[str, object],
    digits: int | None,
    rigorous: bool,
    ansatz: str,
    generated: Path | None,
    progress: Callable[[str], None],
) -> ThresholdResult:
    """Locate a threshold and, if digits are asked for, certify it (see `derive.api.threshold`)."""
    from derive.api import derive as derive_model
    from derive.api import solver_of
    from derive.edges import EDGES, edge_threshold
    from derive.exact import exact_text
    from derive.precise.certify import certify_root
    from derive.precise.closed_forms import exact_root
    from derive.precise.edge import certify_edge
    from derive.proved_thresholds import with_proof

    values = fixed_parameters(model, spec, given)
    shown = {name: exact_text(value) for name, value in values.items()}

    def result(value, certified, overlaps, method, exact=None, status="converged", detail="") -> ThresholdResult:
        return ThresholdResult(
            model.name,
            spec.name,
            spec.kind,
            shown,
            spec.solve_for,
            value,
            certified,
            overlaps,
            method,
            exact,
            status,
            detail,
        )

    if spec.kind in (*EDGES, "capacity"):
        derivation = derive_model(model, ansatz)
        if spec.kind == "capacity" and model.beta is not sp.oo:
            progress("taking the limit r - q -> 0")
            edge = certify_edge(derivation, spec.solve_for, values, digits or 15, model.parameter(spec.solve_for))
        else:
            progress(f"taking the limit of {spec.name}")
            edge = edge_threshold(derivation, spec, values, digits or 15)
        if edge is None:
            return result(None, 0, {}, "edge of the domain", status="no_solution", detail="the edge is never reached")
        found = result(edge.value, edge.digits, edge.overlaps, edge.method, edge.exact)
        return with_proof(found, progress, edge=(edge, digits)) if rigorous else found
    if spec.kind not in KINDS:
        raise ModelError(f"{model.name}: thresholds of kind {spec.kind!r} are not derived yet by this version")
    solver = solver_of(model, ansatz, generated)
    problem = Problem(model, spec, solver, {**values, spec.solve_for: sp.nan}, progress)
    progress(f"locating {spec.name}")
    located = KINDS[spec.kind](problem)
    if located is None:
        detail = f"no {spec.kind} was found along {spec.solve_for} in {problem.domain.text or 'its domain'}"
        return result(None, 0, {}, KINDS[spec.kind].__doc__ or "", status="no_solution", detail=detail)
    overlaps = problem.overlaps(located)
    exact = None
    derivation = None
    if located.point is None or located.point.x[0] == 0.0:
        derivation = derive_model(model, ansatz)
        exact = exact_root(derivation, spec, values, located)
    if digits is None:
        if exact is not None:
            return result(sp.N(exact, 16).__str__(), 15, overlaps, f"{located.method}; closed form", str(exact))
        return result(
            f"{located.value:.14g}", kernel_digits(located, solver), overlaps, f"{located.method}; compiled solver"
        )
    if exact is None and model.vectors:
        found = kernel_digits(located, solver)
        return result(
            f"{located.value:.14g}",
            found,
            overlaps,
            f"{located.method}; compiled solver",
            status="converged" if digits <= found else "not_converged",
            detail="averages over several fields are not certified in mpmath by this version",
        )
    derivation = derivation or derive_model(model, ansatz)
    progress(f"certifying {digits} digits in mpmath")
    certified = certify_root(derivation, problem, located, digits, progress, exact)
    final = result(
        certified.value,
        certified.digits,
        {**overlaps, **certified.overlaps},
        f"{located.method}; {certified.method}",
        None if exact is None else str(exact),
        "converged" if certified.digits >= digits else "not_converged",
    )
    branch = (derivation, problem, located, certified, exact, digits)
    return with_proof(final, progress, branch=branch) if rigorous else final


def fixed_parameters(model: Model, spec: ThresholdSpec, given: Mapping[str, object]) -> dict[str, Any]:
    """The exact values of all parameters but the one that is solved for."""
    from derive.api import resolve_parameters

    default = model.parameter(spec.solve_for).default
    values = resolve_parameters(
        model, given if default is not None else {**given, spec.solve_for: _any_value(model, spec)}
    )
    del values[spec.solve_for]
    return values


def kernel_digits(located: Located, solver: Solver) -> int:
    """Digits of the compiled solver: fewer where terms of size r/(r - q) cancel in the free entropy."""
    if solver.module.FINEST:
        return int(-math.log10(solver.module.FINEST))  # of averages over several fields
    if located.point is None or located.kind != "first_order" or not solver.module.CANCELS:
        return KERNEL_DIGITS
    points = [located.point] if located.second is None else [located.point, located.second]
    cancelled = max((p.x[k] + p.x[k + 1]) / p.x[k + 1] for p in points for k in range(0, pairs(solver.module), 2))
    return min(KERNEL_DIGITS, int(-math.log10(4 * np.finfo(float).eps * cancelled)))


def _any_value(model: Model, spec: ThresholdSpec) -> Any:
    domain = model.parameter(spec.solve_for).domain
    if domain.values:
        return domain.values[0]
    lower, upper = domain.lower, domain.upper
    if lower.is_finite and upper.is_finite:
        return (lower + upper) / 2
    return lower + 1 if lower.is_finite else (upper - 1 if upper.is_finite else sp.S.Zero)
