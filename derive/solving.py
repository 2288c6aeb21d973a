"""All branches of a model at one parameter point, and their numbers beyond double precision on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive.errors import UsageError, nearest

if TYPE_CHECKING:
    from derive.runtime.results import Solution, SolveResult
    from derive.runtime.trivial import SolveOptions
    from derive.solver import Solver
    from derive.spec.model import Model

__all__ = ["MOST_DIGITS", "PROVED_DIGITS", "certified", "check_digits", "solve_model"]

MOST_DIGITS = 200
PROVED_DIGITS = 15
"""Digits of a proof where none are asked for."""


def check_digits(digits: int | None) -> None:
    """Refuse a number of digits that is never certified."""
    if digits is not None and not 1 <= digits <= MOST_DIGITS:
        raise UsageError(f"digits = {digits} is outside 1..{MOST_DIGITS}")


def solve_model(
    model: Model,
    parameters: Mapping[str, object] | None,
    ansatz: str,
    generated: Path | None,
    options: SolveOptions | None,
    digits: int | None = None,
    branch: str | None = None,
    rigorous: bool = False,
    progress: Callable[[str], None] = lambda text: None,
) -> SolveResult:
    """Every branch at one point; with `digits` certified in mpmath, all or the one that `branch` names.

    With `rigorous` their numbers are also enclosed, to 15 digits or those asked for.
    """
    from derive.api import numbers, resolve_parameters, solver_of
    from derive.exact import exact_text
    from derive.ground import at_zero_temperature
    from derive.runtime.results import SolveResult

    check_digits(digits)
    digits = PROVED_DIGITS if rigorous and digits is None else digits
    if branch is not None and digits is None:
        raise UsageError("a branch is named to be certified: how many digits?")
    values = resolve_parameters(model, parameters)
    shown = {k: exact_text(v) for k, v in values.items()}
    model, values = at_zero_temperature(model, values)
    solver, p = solver_of(model, ansatz, generated, options), numbers(values)
    flat, found = solver.flat(), solver.solutions(p)
    if digits is not None:
        found = certified(model, ansatz, values, solver, flat, found, digits, branch, rigorous, progress)
    return SolveResult(model.name, ansatz, shown, tuple(found))


def certified(
    model: Model,
    ansatz: str,
    values: Mapping[str, Any],
    solver: Solver,
    flat: Solver | None,
    found: list[Solution],
    digits: int,
    branch: str | None,
    rigorous: bool,
    progress: Callable[[str], None],
) -> list[Solution]:
    """The solutions, each converged one (or the one that is named) with its certificate.

    Raises
    ------
    UsageError
        if no branch has that name.
    """
    from derive.api import derive
    from derive.api import numbers as in_doubles
    from derive.precise.equations import Equations
    from derive.precise.states import Branches, refusal
    from derive.replica.satisfiable import derive_satisfiable
    from derive.runtime.results import Certificate

    names = [s.branch for s in found]
    if branch is not None and branch not in names:
        close = nearest(branch, names)
        hint = f"; did you mean {close}?" if close else ""
        raise UsageError(f"{model.name}: no branch is called {branch!r} here{hint} (there are: {', '.join(names)})")
    p = in_doubles(values)
    derivation = derive(model, ansatz)
    kept: dict[bool, Branches] = {}

    def prover(derived: Any, declared: Any, own: Solver, quantities: Mapping[str, Any]) -> Any:
        if not rigorous:
            return None
        from derive.rigor.states import prove_state

        return partial(prove_state, derived, values, declared, own.module, quantities, progress)

    if rigorous:
        from derive.rigor.library import require_flint

        require_flint()

    def branches(on_minimisers: bool) -> Branches:
        if on_minimisers in kept:
            return kept[on_minimisers]
        if not on_minimisers:
            equations = Equations(derivation, values, declared=model.observables)
            quantities = {"free_entropy": derivation.saddle.value, **equations.observables}
            prove = prover(derivation, model.observables, solver, quantities)
            return kept.setdefault(False, Branches(equations, solver, p, quantities, prove))
        regime = derive_satisfiable(derivation)
        assert regime is not None and flat is not None
        equations = Equations(regime.derivation, values, declared=regime.derivation.model.observables)
        volume = {"energy": regime.energy, "entropy": regime.derivation.saddle.value}
        quantities = {"free_entropy": -regime.energy, **equations.observables, **volume}
        prove = prover(regime.derivation, regime.derivation.model.observables, flat, quantities)
        return kept.setdefault(True, Branches(equations, flat, p, quantities, prove))

    result = []
    for s in found:
        if s.status != "converged" or branch not in (None, s.branch):
            result.append(s)
            continue
        own = flat if flat is not None and s.branch.startswith("satisfiable") else solver
        why = refusal(own, s)
        if why:
            result.append(replace(s, certified=Certificate({}, {}, {"state": why})))
            continue
        progress(f"certifying {digits} digits of the {s.branch} branch in mpmath")
        result.append(replace(s, certified=branches(own is flat).certify(s, digits)))
    return result
