"""The engine's numbers of a model: at solutions, at thresholds, and at states that solve nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from derive.claims.numbers import number
from derive.runtime.branches import name_overlaps
from derive.runtime.layout import pairs
from derive.runtime.results import Solution
from derive.spec.evaluate import NotNumericError
from derive.spec.grammar import parse_expression
from derive.spec.model import Model

if TYPE_CHECKING:
    from derive.claims.forms import Forms

__all__ = ["Engine", "State", "where"]


@dataclass(frozen=True, slots=True)
class State:
    """Order parameters that solve nothing, at given parameters.

    before   parameters, a state and its conjugates by the saddle-point equations, by name
    after    the same with the state that the map makes of it
    entropies free entropies of the state: with its conjugates, and with the conjugates eliminated where there is a form
    x, hats, p  the same as arrays
    """

    before: Mapping[str, float]
    after: Mapping[str, float]
    entropies: tuple[float, ...]
    x: np.ndarray
    hats: np.ndarray
    p: np.ndarray


class Engine:
    """What claims about a model are compared with; numbers are remembered."""

    def __init__(self, model: Model, generated: Path | None, shown: bool = False):
        from derive import api

        self.model, self.generated, self.shown = model, generated, shown
        self.solver = api.solver_of(model, "rs", generated)
        module = self.solver.module
        self.names: dict[str, sp.Symbol] = {p.name: p.symbol for p in model.parameters}
        extra = [t.name for t in model.thresholds] + [o.name for o in model.observables]
        extra += [*module.OBSERVABLES, *module.STATE, *module.TIED_NAMES, *module.HATS, *module.TIED_HATS]
        extra += [n[k] for n in module.NAMES for k in ("r", "r_hat")] + ["free_entropy", *module.RESPONSES]
        for name in extra:
            self.names.setdefault(name, sp.Symbol(name, real=True))
        if len(module.NAMES) < 2:
            self.names.setdefault("r", sp.Symbol("r", real=True))
        self._solved: dict[tuple, Any] = {}
        self._forms: Forms | None = None

    def expression(self, text: str) -> sp.Expr:
        """An expression in parameters and quantities of the engine."""
        return parse_expression(text, self.names)  # type: ignore[return-value]

    def forms(self) -> Forms:
        """The derivation's equations as an author would write them."""
        from derive.claims.forms import Forms
        from derive.solver_files import derived

        if self._forms is None:
            self._forms = Forms(self, derived(self.model, "rs"))
        return self._forms

    # --- at solutions

    def solution(self, given: Mapping[str, str], branch: str) -> Solution:
        """A branch at a point."""
        from derive import api

        key = ("solve", *sorted(given.items()))
        if key not in self._solved:
            self._solved[key] = api.solve(self.model, dict(given), generated=self.generated)
        for solution in self._solved[key].solutions:
            if solution.branch == branch:
                if solution.status != "converged":
                    raise NotNumericError(f"the {branch} branch is {solution.status}")
                return solution
        names = ", ".join(s.branch for s in self._solved[key].solutions) or "none"
        raise NotNumericError(f"there is no branch {branch} at {where(given)} (there are: {names})")

    def threshold(self, name: str, given: Mapping[str, str]) -> Any:
        """A threshold at a point."""
        from derive import api

        key = ("threshold", name, *sorted(given.items()))
        if key not in self._solved:
            self._solved[key] = api.threshold(self.model, name, dict(given), generated=self.generated)
        found = self._solved[key]
        if found.value is None:
            raise NotNumericError(f"{name}: {found.detail or found.status}")
        return found

    def parameters(self, given: Mapping[str, str]) -> dict[str, float]:
        """The parameters at a point."""
        from derive import api

        values = api.resolve_parameters(self.model, dict(given))
        return {name: float(sp.N(value, 20)) for name, value in values.items()}

    def scope(self, expressions: Sequence[sp.Expr], given: Mapping[str, str], branch: str) -> dict[str, float]:
        """The numbers of all symbols of expressions at the solution."""
        needed = {s.name for e in expressions for s in e.free_symbols}
        scope = self.parameters(given)
        for t in self.model.thresholds:
            if t.name in needed:
                scope[t.name] = float(self.threshold(t.name, given).value)
        if needed - set(scope):
            found = self._found(self.solution(given, branch))
            for name in needed - set(scope):
                value = found.get(name)
                if value is None:
                    raise NotNumericError(f"{name} is not defined on the {branch} branch at {where(given)}")
                scope[name] = float(value)
        return scope

    def everything(self, given: Mapping[str, str], branch: str) -> dict[str, float]:
        """All order parameters and the free entropy at the solution, with the parameters."""
        found = self._found(self.solution(given, branch))
        return {**self.parameters(given), **{k: float(v) for k, v in found.items() if v is not None}}

    def _found(self, solution: Solution) -> dict[str, Any]:
        found = {"free_entropy": solution.free_entropy, **solution.order_parameters, **solution.observables}
        for n in self.solver.module.NAMES:
            if n["r"] in found and n["q"] in found:
                found.setdefault(f"{n['r']}-{n['q']}", found[n["r"]] - found[n["q"]])  # type: ignore[operator]
        return found

    def state_names(self) -> set[str]:
        """The names of order parameters and conjugates."""
        module = self.solver.module
        named = {*module.STATE, *module.TIED_NAMES, *module.HATS, *module.TIED_HATS, *(n["r"] for n in module.NAMES)}
        return {n for n in named if "-" not in n}

    # --- away from solutions

    def states(self, given: Mapping[str, str], count: int, seed: int = 0) -> list[State]:
        """Random states inside the domain at a point, fewer where the averages do not exist."""
        module, rng = self.solver.module, np.random.default_rng(seed)
        numbers = self.parameters(given)
        p = np.array([numbers[name] for name in module.PARAMETERS])
        facts = self.solver.facts(p)
        found: list[State] = []
        for _ in range(20 * count):
            x = self._random(rng, facts)
            state = self._state(x, p, facts.radii, numbers)
            if state is not None:
                found.append(state)
            if len(found) == count:
                break
        return found

    def _random(self, rng: np.random.Generator, facts: Any) -> np.ndarray:
        module = self.solver.module
        x = np.zeros(len(module.STATE))
        for f, (radius, tied) in enumerate(zip(facts.radii, module.TIED, strict=True)):
            scale = radius if math.isfinite(radius) and radius > 0.0 else 1.0
            total = scale * (1.0 if tied else rng.uniform(0.5, 1.5))
            share = rng.uniform(0.15, 0.85)
            if module.COLD:
                x[2 * f], x[2 * f + 1] = total, rng.uniform(0.2, 1.5)
            else:
                x[2 * f], x[2 * f + 1] = total * share, total * (1.0 - share)
        head = pairs(module)
        for j, (family, second) in enumerate(zip(module.PARTNERS, facts.second, strict=True)):
            room = math.sqrt(x[2 * family] * (second if second > 0.0 else 1.0) / max(1, len(module.PARTNERS)))
            x[head + j] = room * rng.uniform(0.2, 0.8)
        x[head + len(module.PARTNERS) :] = rng.uniform(-0.3, 0.3, module.GLOBALS)
        return x

    def _state(
        self, x: np.ndarray, p: np.ndarray, radii: Sequence[float], numbers: Mapping[str, float]
    ) -> State | None:
        module, solver = self.solver.module, self.solver
        unknowns = module.UNKNOWNS
        hats, mapped = np.zeros(module.CONJUGATES), np.zeros(module.MAPPED)
        residual, jacobian = np.zeros(unknowns), np.zeros((unknowns, unknowns))
        given = solver.given(p)
        module.evaluate(x, given, 1.0, solver.options.tolerance, hats, mapped, residual, jacobian)
        if not (np.all(np.isfinite(hats)) and np.all(np.isfinite(mapped))):
            return None
        after = np.concatenate((mapped, x[len(mapped) :]))
        entropies = [self._entropy(module.free_entropy, x, hats, given)]
        if module.REDUCED:
            entropies.append(self._entropy(module.reduced_free_entropy, x, hats, given))
        if not all(map(math.isfinite, entropies)):
            return None
        before = name_overlaps(module, x, hats, radii)
        later = name_overlaps(module, after, hats, radii)
        for values in (before, later):
            for n in module.NAMES:
                values.setdefault(f"{n['r']}-{n['q']}", values[n["r"]] - values[n["q"]])
        return State({**numbers, **before}, {**numbers, **later}, tuple(entropies), x, hats, p)

    def _entropy(self, function: Any, x: np.ndarray, hats: np.ndarray, given: np.ndarray) -> float:
        out = np.empty(1)
        refine = 1.0 if self.solver.module.FINEST else 2.0
        function(x, hats, given, refine, 0.1 * self.solver.options.tolerance, out)
        return float(out[0])

    def entropy_at(self, state: State, factor: np.ndarray) -> tuple[float, dict[str, float]]:
        """The free entropy where the conjugates of a state are multiplied by `factor`, and the names there."""
        module, hats = self.solver.module, state.hats * factor
        facts = self.solver.facts(state.p)
        value = self._entropy(module.free_entropy, state.x, hats, self.solver.given(state.p))
        named = name_overlaps(module, state.x, hats, facts.radii)
        return value, {**state.before, **named}

    def number(self, e: sp.Expr, scope: Mapping[str, float]) -> float:
        """The value of an expression."""
        return number(e, scope)[0]


def where(given: Mapping[str, str]) -> str:
    """A point in words."""
    return ", ".join(f"{k} = {v}" for k, v in given.items()) or "the defaults"
