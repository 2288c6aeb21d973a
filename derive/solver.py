"""A generated solver with its facts: numbers in, branches out.  No sympy here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np

from derive.runtime.branches import (
    BoundaryPlace,
    cold_start,
    evaluate_point,
    find_branches,
    name_overlaps,
    named_starts,
    run_inside,
    run_solver,
    start_point,
)
from derive.runtime.layout import Facts, coordinates, pairs, read_facts, state_at
from derive.runtime.loader import load_solver
from derive.runtime.partial import partial_point
from derive.runtime.regimes import SATISFIABLE, join_regimes, resolved
from derive.runtime.responses import response
from derive.runtime.results import Solution
from derive.runtime.trivial import Point, SolveOptions, trivial_point, trivial_points

__all__ = ["Solver"]


class Solver:
    """The generated module of one model and ansatz.

    Parameters are arrays in the order of `module.PARAMETERS`; `table` are the columns of the model's table of quenched
    variables, by name.
    """

    def __init__(
        self, path: Path, options: SolveOptions | None = None, table: Mapping[str, Sequence[float]] | None = None
    ):
        self.module: ModuleType = load_solver(path)
        options = options or SolveOptions()
        finest = self.module.FINEST  # averages over several fields carry the noise of the integrals inside them
        self.options = replace(
            options,
            accuracy=max(options.accuracy, finest),
            tolerance=max(options.tolerance, finest),
            informed_gap=max(options.informed_gap, 0.02) if finest else options.informed_gap,
        )
        columns = [np.asarray((table or {})[name], dtype=float) for name in self.module.TABLE]
        self._table = np.concatenate(columns) if columns else np.empty(0)
        self._columns, self._chosen = table, options
        self._means: tuple[bytes, np.ndarray] | None = None

    def given(self, p: np.ndarray) -> np.ndarray:
        """The parameters, the columns of the table and the means over constants: what the module reads."""
        module = self.module
        if not len(self._table) and not module.CONSTANTS:
            return p
        given = np.concatenate((p[: len(module.PARAMETERS)], self._table))
        if not module.CONSTANTS:
            return given
        key = p[: len(module.PARAMETERS)].tobytes()
        means = self._means  # read once: threads may share a solver
        if means is None or means[0] != key:
            out = np.empty(module.CONSTANTS)
            module.constants(given, 1.0, self.options.tolerance, out)
            means = self._means = (key, out)
        return np.concatenate((given, means[1]))

    def given_rows(self, points: np.ndarray) -> np.ndarray:
        """What the module reads, for parameters of shape (n, parameters): a row for each point."""
        return np.array([self.given(p) for p in points])

    def facts(self, p: np.ndarray) -> Facts:
        """What parameters alone decide: radii, the boundary's value or coefficient, second moments of the partners."""
        out = np.empty(self.module.FACTS)
        self.module.facts(self.given(p), 1.0, self.options.tolerance, out)
        return read_facts(self.module, out)

    def boundary(self, p: np.ndarray) -> float | None:
        """Free entropy of the perfect branch: a number, +inf, or None if there is no such branch."""
        if self.module.BOUNDARY == "none":
            return None
        value = self.facts(p).boundary
        if self.module.BOUNDARY == "finite":
            return value
        return np.inf if value > 0.0 else None

    def flat(self) -> Solver | None:
        """The solver of the measure on the minimisers, where the model has one."""
        if not getattr(self.module, "REGIMES", {}):
            return None
        assert self.module.__file__ is not None
        return Solver(Path(self.module.__file__).with_name(SATISFIABLE), self._chosen, self._columns)

    def solutions(self, p: np.ndarray, responses: bool = True) -> list[Solution]:
        """The branches; at zero temperature also those of the measure on the minimisers, where there is one."""
        found, module, flat = self.branches(p, responses), self.module, self.flat()
        if flat is None:
            return found
        found = [resolved(s, module.STATE, lambda x: self.residual(p, x)[1]) for s in found]
        names = (flat.module.NAMES[0]["q"], flat.module.NAMES[0]["r"])
        there = flat.branches(p, responses)
        return join_regimes(found, there, self.facts(p).boundary, module.REGIMES["satisfiable"], names)

    def branches(self, p: np.ndarray, responses: bool = True) -> list[Solution]:
        """Every branch at these parameters; `responses` are derivatives along it, which cost many more solves."""
        given, p = p, self.given(p)
        module, facts, boundary = self.module, self.facts(p), self.boundary(p)
        respond = self.respond(given) if responses else None
        if boundary is None:
            return find_branches(module, p, facts, self.options, respond=respond)
        x = np.array(start_point(module, 1.0, facts, True))
        head = pairs(module)
        for f, radius in enumerate(facts.radii):
            x[2 * f], x[2 * f + 1] = radius, 0.0
        for j, (family, second) in enumerate(zip(module.PARTNERS, facts.second, strict=True)):
            x[head + j] = np.sqrt(facts.radii[family] * second)
        place = BoundaryPlace(boundary, x, self._boundary_observables(p, x))
        return find_branches(module, p, facts, self.options, place, respond)

    def respond(self, p: np.ndarray) -> Callable[[Point], dict[str, float | None]] | None:
        """The responses at a point of these parameters, by name; None if the model has none."""
        module = self.module
        if not module.RESPONSES:
            return None

        def follow(point: Point, k: int, quantity: str, a: float) -> float | None:
            near = p.copy()
            near[k] = a
            if point.x[0] == 0.0:  # a field may take q = 0 away
                there = self.trivial(near) or self.run(near, self.start(near))
            else:
                there = run_solver(module, self.given(near), point.x.tolist(), self.options, newton=True)
            if there is None or there.status != "converged" or not np.all(np.isfinite(there.x)):
                return None
            phi, observed = evaluate_point(module, self.given(near), there, self.options.tolerance)
            values = name_overlaps(module, there.x, there.hats, self.facts(near).radii)
            values |= {"free_entropy": phi, **dict(zip(module.OBSERVABLES, map(float, observed), strict=True))}
            return values[quantity]

        def responses(point: Point) -> dict[str, float | None]:
            found: dict[str, float | None] = {}
            for name, (quantity, parameter, *ends) in module.RESPONSES.items():
                k = module.PARAMETERS.index(parameter)
                found[name] = response(partial(follow, point, k, quantity), float(p[k]), *map(float, ends))
            return found

        return responses

    def _boundary_observables(self, p: np.ndarray, x: np.ndarray) -> dict[str, float | None]:
        """Observables that stay defined at w = w*; the entropy of a single configuration is zero."""
        module = self.module
        values: dict[str, float | None] = dict.fromkeys(module.OBSERVABLES)
        if not values or module.FINEST:  # averages over several fields do not reach that far
            return values
        for gap in (1e-20, 1e-30):  # what vanishes does so at least like sqrt(r - q)
            near, out = x.copy(), np.full(len(values), np.nan)
            near[1 : pairs(module) : 2] = gap * x[: pairs(module) : 2]
            module.observables(near, np.full(module.CONJUGATES, np.nan), p, 1.0, 1e-10, out)
            for name, value in zip(module.OBSERVABLES, out, strict=True):
                if np.isfinite(value):
                    values[name] = 0.0 if abs(value) < 10.0 * np.sqrt(gap) else float(value)
        if "entropy" in values and module.BOUNDARY == "finite":
            values["entropy"] = 0.0
        return values

    def starts(self, p: np.ndarray) -> dict[str, list[float]]:
        """The states that runs start from, by branch; where the minimiser is unique there is one."""
        facts = self.facts(p)
        if self.module.COLD and self.module.UNIQUE:
            return {"uninformed": cold_start(self.module, facts)}
        return {
            name: start_point(self.module, fraction, facts, informed, only)
            for name, fraction, informed, only in named_starts(self.options, len(facts.second))
        }

    def start(self, p: np.ndarray, informed: bool = False) -> list[float]:
        """The state an uninformed or informed run starts from."""
        found = self.starts(p)
        return found["informed" if informed and "informed" in found else "uninformed"]

    def run(self, p: np.ndarray, x0, newton: bool = False) -> Point:
        """Solve from a state."""
        return run_inside(self.module, self.given(p), x0, self.options, newton)

    def trivial(self, p: np.ndarray) -> Point | None:
        """The q = 0 fixed point, if it exists; its `radius` is the growth rate of q."""
        return trivial_point(self.module, self.given(p), self.facts(p).radii, self.options)

    def trivials(self, given: np.ndarray, radii: np.ndarray) -> list[Point | None]:
        """`trivial` at many points; `given` as `given_rows` returns it, radii of shape (n, families)."""
        return trivial_points(self.module, given, radii, self.options)

    def symmetric(self, p: np.ndarray, x0=None) -> Point | None:
        """The permutation-symmetric fixed point of components, if it exists; `radius` is the growth of differences."""
        module = self.module
        if not module.DIFFERENCES:
            return None
        if x0 is None:
            x0 = start_point(module, 0.5, self.facts(p), False)
        return partial_point(module, self.given(p), x0, module.DIFFERENCES, self.options)

    def free_entropy(self, p: np.ndarray, point: Point) -> float:
        """The free entropy at a point."""
        out = np.empty(1)
        entropy = self.module.reduced_free_entropy if self.module.REDUCED else self.module.free_entropy
        entropy(
            point.x, point.hats, self.given(p), 1.0 if self.module.FINEST else 2.0, 0.1 * self.options.tolerance, out
        )
        return float(out[0])

    def observable(self, p: np.ndarray, point: Point, name: str) -> float:
        """One observable at a point."""
        out = np.empty(len(self.module.OBSERVABLES))
        self.module.observables(point.x, point.hats, self.given(p), 1.0, self.options.tolerance, out)
        return float(out[list(self.module.OBSERVABLES).index(name)])

    def coordinates(self, x: np.ndarray) -> np.ndarray:
        """The solver's coordinates of a state, `runtime.layout.coordinates`."""
        return coordinates(self.module, x)

    def state(self, u: np.ndarray, radii: Sequence[float]) -> np.ndarray:
        """The state at given coordinates; `radii` are r (at zero temperature q) of the families, where fixed."""
        return state_at(self.module, u, radii)

    def residual(self, p: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Residual, Jacobian (in the solver's coordinates) and conjugates at a state."""
        module = self.module
        hats, mapped = np.zeros(module.CONJUGATES), np.zeros(module.MAPPED)
        residual = np.zeros(module.UNKNOWNS)
        jacobian = np.zeros((module.UNKNOWNS, module.UNKNOWNS))
        module.evaluate(x, self.given(p), 1.0, self.options.tolerance, hats, mapped, residual, jacobian)
        return residual, jacobian, hats
