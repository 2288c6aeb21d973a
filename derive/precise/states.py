"""Certified states: every number of a branch in mpmath, on the symbolic expressions, to the digits asked for.

A state is solved by Newton's method as thresholds are.  Then every quantity is computed twice, at the root of the plain
quadrature and, with other steps and nodes and six more digits, at that of the refined one: their difference is the
error of that quantity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import mpmath as mp
import numpy as np
import sympy as sp

from derive.precise.certify import decimal, free_sizes, proved_digits
from derive.precise.equations import Equations
from derive.precise.newton import GUARD, converge
from derive.replica.boundary import perfect_boundary
from derive.runtime.branches import name_numbers
from derive.runtime.results import Certificate, Solution
from derive.solver import Solver

__all__ = ["Branches", "numbers_at", "refusal"]

_EXTRA = (0, 8, 20, 40)
"""Guard digits that are tried in turn: terms of order r/(r - q) may cancel."""
_NEAR = 1e-3
"""How far a root may be from the compiled solver's, in its coordinates."""
_METHOD = (
    "Newton in mpmath on the symbolic equations; digits that stay with other quadrature steps and nodes and six more "
    "digits"
)

Numbers = dict[str, mp.mpf]
Place = Sequence[mp.mpf] | Literal["perfect"] | None
Prove = Callable[[Place, int], tuple[Mapping[str, str], str]]


@dataclass(frozen=True, slots=True)
class Branches:
    """What the branches of one solver are certified with.

    quantities   expressions besides order parameters and conjugates, by name: the free entropy and the observables
    prove        encloses the numbers around a root (None: at q = 0), or at the perfect boundary: balls by name, and
                 what is proved
    """

    equations: Equations
    solver: Solver
    p: np.ndarray
    quantities: Mapping[str, sp.Expr]
    prove: Prove | None = None

    def certify(self, solution: Solution, digits: int) -> Certificate:
        """Certify the numbers of a converged branch that has no `refusal`; others are refused by name."""
        refused = {name: _FINITE_DIFFERENCES for name in self.solver.module.RESPONSES}
        if solution.branch == "perfect":
            return self._boundary(solution, digits, refused)
        try:
            root, first, second = self._solve(solution, digits)
        except (ZeroDivisionError, ValueError, mp.NoConvergence) as error:
            return Certificate({}, {}, {**refused, "state": f"Newton's method in mpmath ends here: {error}"})
        if not second:
            return Certificate({}, {}, {**refused, "state": "Newton's method in mpmath leaves this branch"})
        found = _certificate(first, second, digits, refused)
        if self.prove is None:
            return found
        enclosures, proof = self.prove(None if solution.state[0] == 0.0 else root, digits)
        return replace(found, enclosures=enclosures, proof=proof)

    def _solve(self, solution: Solution, digits: int) -> tuple[list[mp.mpf], Numbers, Numbers]:
        """The root, and its numbers at plain and at refined quadrature; none if it is another branch's."""
        equations, x = self.equations, np.array(solution.state)
        if x[0] == 0.0:
            start, slopes = free_sizes(self.solver.module, x), None
            place: Callable = equations.at_zero
        else:
            start, slopes = list(self.solver.coordinates(x)), self.solver.residual(self.p, x.copy())[1]
            place = equations.state

        def residual(y: Sequence[mp.mpf], refine: int, working: int) -> list[mp.mpf]:
            scope = place(y)
            return equations.residual_at_zero(scope, refine)[0] if x[0] == 0.0 else equations.residual(scope, refine)

        def numbers(y: Sequence[mp.mpf], refine: int) -> Numbers:
            scope = place(y)
            equations.hats(scope, refine)
            return numbers_at(equations, self.solver, self.quantities, scope, refine)

        for extra in _EXTRA:
            full = digits + extra
            root, moves = converge(residual, start, full, slopes) if start else ([], [])
            if any(not abs(a - b) < _NEAR for a, b in zip(root, start, strict=True)):
                return [], {}, {}
            with mp.workdps(full + GUARD):
                first = numbers([a + c for a, c in zip(root, moves, strict=True)], 1)
            with mp.workdps(full + GUARD + 6):
                second = numbers(root, 2)
                if all(_digits(first[n], second[n], full) >= digits for n in second):
                    break
        return root, first, second

    def _boundary(self, solution: Solution, digits: int, refused: dict[str, str]) -> Certificate:
        """The perfect branch: overlaps are moments of the teacher, the free entropy is analytic."""
        equations, system = self.equations, self.equations.derivation.system
        boundary = perfect_boundary(system)
        assert boundary is not None
        norms_of = [norm for norm in equations.norms if norm is not None]
        if equations.free:
            return Certificate({}, {}, {"state": "the perfect boundary of a free norm r is not certified"})
        found: list[Numbers] = []
        for refine, more in ((1, 0), (2, 6)):
            with mp.workdps(digits + GUARD + more):
                scope = equations.scope()
                norms = [norm(scope)[0] for norm in norms_of]
                moments = equations.evaluate[refine](list(system.second_moments), scope)
                module = self.solver.module
                state = [x for r in norms for x in (r, mp.mpf(0))]
                state += [mp.sqrt(norms[f] * t) for f, t in zip(module.PARTNERS, moments, strict=False)]
                named = name_numbers(module, state, [mp.nan] * module.CONJUGATES, norms)
                values = {n: x for n, x in named.items() if n in solution.order_parameters and not mp.isnan(x)}
                if boundary.value is not None:
                    values["free_entropy"] = equations.evaluate[refine]([boundary.value], scope)[0]
                    if "entropy" in solution.observables:
                        values["entropy"] = mp.mpf(0)  # of a single configuration
                found.append(values)
        for name, value in solution.observables.items():
            if value is not None and name not in found[0]:
                refused.setdefault(name, "a limit r - q -> 0 of an observable is not certified")
        if boundary.value is None:
            refused["free_entropy"] = "it diverges at this boundary"
        first, second = found
        method = "moments of the teacher, and the boundary's value in mpmath"
        certificate = _certificate(first, second, digits, refused, method)
        if self.prove is None:
            return certificate
        enclosures, proof = self.prove("perfect", digits)
        return replace(certificate, enclosures=enclosures, proof=proof)


_FINITE_DIFFERENCES = "a derivative along the branch by finite differences is not certified"


def refusal(solver: Solver, solution: Solution) -> str:
    """Why a converged branch cannot be certified; empty if it can."""
    module, x = solver.module, solution.state
    if module.FINEST:
        return "averages over several fields are not certified in mpmath by this version"
    if solution.branch == "perfect":
        return ""
    head = 2 * len(module.TIED)
    vanishing = [solution.order_parameters.get(module.STATE[k]) == 0.0 for k in range(0, head, 2)]
    if module.COLD and vanishing[0]:
        return "at the minimiser w = 0 every order parameter vanishes exactly: there is nothing to solve"
    if any(vanishing) and (not all(vanishing) or x[0] != 0.0):
        return "a state with q = 0 in some families of sites alone is not certified"
    return ""


def numbers_at(
    equations: Equations, solver: Solver, quantities: Mapping[str, sp.Expr], scope: Numbers, refine: int
) -> Numbers:
    """Order parameters, conjugates and quantities by name, at a scope that holds the conjugates."""
    named = dict(name_numbers(solver.module, *equations.numbers(scope)))
    return named | dict(zip(quantities, equations.evaluate[refine](list(quantities.values()), scope), strict=True))


def _digits(first: mp.mpf, second: mp.mpf, most: int) -> int:
    """Digits that two values share; decimal places if the value is zero to so many."""
    error = abs(first - second)
    if not mp.isfinite(error):
        return 0
    places = most if error == 0 else int(-mp.log10(error))
    if abs(second) < mp.mpf(10) ** -most:
        return max(0, min(most, places))
    return min(most, proved_digits(second, error))


def _certificate(
    first: Numbers, second: Numbers, digits: int, refused: Mapping[str, str], method: str = _METHOD
) -> Certificate:
    values: dict[str, str] = {}
    proved: dict[str, int] = {}
    missing = dict(refused)
    with mp.workdps(digits + GUARD):
        for name, value in second.items():
            if not mp.isfinite(value):
                missing.setdefault(name, "it is not defined here")
                continue
            proved[name] = _digits(first[name], value, digits)
            zero = abs(value) < mp.mpf(10) ** -digits
            values[name] = "0" if zero else decimal(value, max(1, proved[name]))
    return Certificate(values, proved, missing, method)
