"""The parameter at which an observable is least: optimal regularisation, by direct minimisation.

How the place is found is told in `minima`.  Measured for ridge regression, where test error and mse are least at
lam = Delta/rho exactly, on 200 draws of alpha in [0.3, 30], rho in [0.1, 10] and lam in [1e-3, 30]: 11 digits in the
median, 6 where the minimum is flattest (lam = 1e-3), and every claimed digit true.  A typical location by values alone
has 7.  Against B. Aubin et al., NeurIPS 33, 12199 (2020): ridge on noiseless sign labels, lam = 0.5708 at every alpha,
which is pi/2 - 1.  The ladder has two points per decade: of two minima closer than that one may be missed.

The module has the name of its verb and can be called as one: importing it puts it in the verb's place in `derive`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from derive.errors import UsageError, nearest
from derive.minima import MOST_DIGITS, NOISE, Found, Line, locate
from derive.runtime.results import Optimum, Solution, SolveResult

if TYPE_CHECKING:
    from derive.spec.model import Domain, Model

__all__ = ["choose_observable", "find_optimum", "stand_in"]

OBJECTIVES = ("test_error", "error_label", "error_teacher", "mse")
MAX_STEPS = 300
"""Steps of one solution of the search: what does not converge in these is left out."""


class _Verb(ModuleType):
    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return import_module("derive.api").optimise(*arguments, **options)


sys.modules[__name__].__class__ = _Verb


def choose_observable(model: str, declared: Sequence[str], known: Sequence[str], wanted: str | None) -> str:
    """The observable to minimise: the one asked for, else the first of `OBJECTIVES`, else the first declared.

    >>> choose_observable("a", ["norm", "mse"], ["norm", "mse"], None)
    'mse'

    Raises
    ------
    UsageError
        for a name that the model does not have, or if there is nothing to minimise.
    """
    if wanted is None:
        default = next((name for name in OBJECTIVES if name in known), next(iter(declared), None))
        if default is None:
            raise UsageError(f"{model} declares no observable: there is nothing to minimise")
        return default
    if wanted not in known:
        close = nearest(wanted, known)
        hint = f"; did you mean {close}?" if close else ""
        raise UsageError(f"{model} has no observable {wanted!r}{hint} (it has: {', '.join(known) or 'none'})")
    return wanted


def _refuse_given(model: Model, name: str, given: Mapping[str, object]) -> None:
    """Refuse to optimise a parameter that the model does not have, or that is given.

    Raises
    ------
    UsageError
        with the nearest name.
    """
    names = [p.name for p in model.parameters]
    if name not in names:
        close = nearest(name, names)
        hint = f"; did you mean {close}?" if close else ""
        raise UsageError(f"{model.name} has no parameter {name!r}{hint} (it has: {', '.join(names) or 'none'})")
    if name in given:
        raise UsageError(f"{model.name}: {name} is what is optimised; do not set or scan it")


def _inside(domain: Domain) -> str:
    """An exact number in a domain, as text: what stands for a parameter whose value is not known yet."""
    from derive.exact import exact_text

    if domain.values is not None:
        return exact_text(str(domain.values[0]))
    return exact_text(repr(Line(float(domain.lower), float(domain.upper)).value(0.0)))


def stand_in(model: Model, goal: tuple[str, str | None] | None, given: Mapping[str, object]) -> dict[str, str]:
    """A value for the parameter to be optimised, so that the others can be checked; nothing without a goal."""
    if goal is None:
        return {}
    _refuse_given(model, goal[0], given)
    return {goal[0]: _inside(model.parameter(goal[0]).domain)}


def find_optimum(
    model: Model,
    name: str,
    parameters: Mapping[str, object],
    observable: str | None,
    ansatz: str,
    generated: Path | None,
) -> SolveResult:
    """The result at the optimum of one parameter, with the record of what was minimised; see `derive.api.optimise`."""
    from derive.api import numbers, resolve_parameters, solve, solver_of
    from derive.exact import double
    from derive.runtime.trivial import SolveOptions

    _refuse_given(model, name, parameters)
    domain = model.parameter(name).domain
    values = resolve_parameters(model, {**parameters, name: _inside(domain)})
    solver = solver_of(model, ansatz, generated, SolveOptions(max_steps=MAX_STEPS))
    declared = [o.name for o in model.observables]
    goal = choose_observable(model.name, declared, list(solver.module.OBSERVABLES), observable)
    base, at = numbers(values), [p.name for p in model.parameters].index(name)

    def objective(value: float) -> float | None:
        p = base.copy()
        p[at] = value
        return least_value(solver.branches(p), goal)

    def result(text: str, optimum: Optimum) -> SolveResult:
        there = solve(model, {**parameters, name: text}, ansatz=ansatz, generated=generated)
        minimum = least_value(there.solutions, goal)
        solved = replace(optimum, value=double(text), minimum=minimum) if minimum is not None else optimum
        return replace(there, optimised=solved)

    blank = Optimum(name, None, goal, None, False)
    if domain.values is not None:
        return _least_of_set(domain, blank, objective, result)
    line = Line(float(domain.lower), float(domain.upper))
    found = locate(lambda t: objective(line.value(t)))
    value = line.value(found.t)
    if found.status == "no_solution":
        detail = f"no converged solution at any {name} of {domain.text}"
        return result(_inside(domain), replace(blank, status=found.status, detail=detail))
    if found.status == "flat":
        detail = f"{goal} does not depend on {name}, as far as {NOISE:g} of it"
        return result(_decimal(value, 3), replace(blank, status=found.status, detail=detail))
    if found.status == "at_edge":
        return result(*_at_edge(domain, line, found, blank, objective))
    digits = max(1, line.digits(found.t, found.error))
    detail = "" if found.smooth else f"{goal} has a kink or a jump at its least value"
    return result(_decimal(value, digits), replace(blank, digits=digits, detail=detail))


def least_value(solutions: Sequence[Solution], observable: str) -> float | None:
    """The observable of the dominating branch; None if there is none."""
    for s in solutions:
        if s.stability.get("dominates"):
            return s.observables.get(observable)
    return None


def _decimal(value: float, digits: int) -> str:
    from derive.exact import exact_text

    return exact_text(f"{value:.{digits}g}")


def _least_of_set(
    domain: Domain, blank: Optimum, objective: Callable[[float], float | None], result: Callable[..., SolveResult]
) -> SolveResult:
    """The best of finitely many values."""
    values = list(domain.values or ())
    known = {str(v): found for v in values if (found := objective(float(v))) is not None}
    if not known:
        detail = f"no converged solution at any {blank.name} of {domain.text}"
        return result(str(values[0]), replace(blank, status="no_solution", detail=detail))
    return result(min(known, key=known.__getitem__), replace(blank, digits=MOST_DIGITS))


def _at_edge(
    domain: Domain, line: Line, found: Found, blank: Optimum, objective: Callable[[float], float | None]
) -> tuple[str, Optimum]:
    """The text of the place where a result at an edge is computed, and what to say about it."""
    name, goal = blank.name, blank.observable
    end, is_open = (domain.lower, domain.lower_open) if found.edge < 0 else (domain.upper, domain.upper_open)
    here = line.value(found.t)
    optimum = replace(blank, at_edge=True, status="at_edge")
    if found.ended:
        text = _decimal(line.value(found.t - 1e-7 * found.edge), 9)  # rounding must not lead outside
        detail = f"{goal} is least at the end of where solutions exist, near {name} = {here:.6g}"
        return text, replace(optimum, detail=detail, digits=6)
    if not is_open:
        there, near = objective(float(end)), objective(here)
        if there is not None and near is not None and there <= near + NOISE * abs(near):
            return str(end), replace(optimum, digits=MOST_DIGITS, detail=f"at the edge {name} = {end} of the domain")
    arrow = f"{name} -> {end}".replace("oo", "inf")
    state = "where it has settled" if found.settled else "where it still falls"
    detail = f"at the edge {arrow}: {goal} falls all the way; computed at {name} = {here:.3g}, {state}"
    return _decimal(here, 3), replace(optimum, detail=detail)
