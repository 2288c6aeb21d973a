"""Which proof a threshold has: a closed form, a root of the equations of a limit, or a crossing along states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from derive.precise.arithmetic import Arithmetic
from derive.precise.certify import Certified
from derive.precise.equations import Equations
from derive.replica.boundary import perfect_boundary
from derive.replica.pipeline import Derivation
from derive.rigor.library import NotSupported, bits_of, require_flint
from derive.rigor.proofs import GUARD_BITS, Enclosure, balls, enclose_closed_form, enclose_crossing, enclose_root

__all__ = ["ball_arithmetic", "prove_edge", "prove_threshold"]


def ball_arithmetic(digits: int) -> Arithmetic:
    """Balls whose integrals are accurate to so many digits, and some more."""
    require_flint()
    return balls(bits_of(digits) + GUARD_BITS // 2)


def prove_edge(name: str, found: Certified, digits: int) -> Enclosure:
    """Enclose an edge of a domain: its closed form, or the root of the equations of its limit.

    Raises
    ------
    NotSupported, NotProved
        with the sentence that says what has no enclosure, or what failed.
    """
    require_flint()
    if found.closed is not None:
        return enclose_closed_form(found.closed, name, digits)
    if found.system is None:
        raise NotSupported("this edge is not given by equations that are enclosed here")
    unknowns, equations = found.system
    return enclose_root(unknowns, equations, found.root, digits)


def prove_threshold(
    derivation: Derivation, problem: Any, located: Any, found: Certified, exact: sp.Expr | None, digits: int
) -> Enclosure:
    """Enclose a threshold of a branch: its closed form, or a crossing along proved states.

    Raises
    ------
    NotSupported, NotProved
        with the sentence that says what has no enclosure, or what failed.
    """
    require_flint()
    name = problem.spec.solve_for
    if exact is not None:
        return enclose_closed_form(exact, name, digits)
    if located.kind not in ("zero_entropy", "first_order") or located.point is None:
        raise NotSupported(
            f"a threshold of kind {located.kind!r} without closed form is not proved by this version: there the "
            "equations are singular"
        )
    fixed = {k: v for k, v in problem.values.items() if k != name}
    equations = Equations(derivation, fixed, name, arithmetic=ball_arithmetic(digits))
    points = [located.point, *([] if located.second is None else [located.second])]
    size, root, roots = problem.solver.module.UNKNOWNS, list(found.root), []
    for point in points:
        at_zero = point.x[0] == 0.0
        roots.append(None if at_zero else root[:size])
        root = root if at_zero else root[size:]
    gap, what = _gap(equations, located)
    return enclose_crossing(equations, gap, roots, found.root[-1], digits, what)


def _gap(equations: Equations, located: Any) -> tuple[Callable[[list[Mapping[str, Any]]], Any], str]:
    """What vanishes at a threshold, of the scopes of its states, and its name."""
    evaluate, phi = equations.evaluate[1], equations.saddle.value
    if located.kind == "zero_entropy":
        return lambda scopes: evaluate([equations.observables["entropy"]], scopes[0])[0], "the entropy"
    if located.second is not None:
        return (
            lambda scopes: evaluate([phi], scopes[0])[0] - evaluate([phi], scopes[1])[0],
            "the difference of the free entropies of two branches",
        )
    boundary = perfect_boundary(equations.derivation.system)
    if boundary is None or boundary.value is None:
        raise NotSupported("the free entropy of the perfect branch is not finite here")
    return (
        lambda scopes: evaluate([phi], scopes[0])[0] - evaluate([boundary.value], scopes[0])[0],
        "the free entropy over that of the perfect branch",
    )
