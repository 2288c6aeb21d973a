"""The zoo as the tests use it: solvers of the present engine, solved points, points refined in mpmath.

A solver is emitted into a folder of the user's cache named by its text (unless the committed one has the same text),
so a test never runs a stale solver, never writes into the checkout, and compiles only what is new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import mpmath as mp
import numpy as np
import sympy as sp

from derive import api
from derive.emission import solver_source, write_text
from derive.library import generated_folder, list_models
from derive.precise.equations import tables
from derive.precise.evaluate import Evaluator
from derive.precise.newton import newton
from derive.precise.scalars import compile_many
from derive.replica.observables import derive_observables
from derive.replica.pipeline import Derivation
from derive.runtime.loader import user_cache
from derive.runtime.results import Solution, SolveResult, ThresholdResult
from derive.solver import Solver
from derive.spec.model import Model
from derive.spec.tables import table_columns

__all__ = [
    "ALL",
    "COLD",
    "COMPONENTS",
    "ENERGIES",
    "MODELS",
    "TWO_DIMENSIONAL",
    "Precise",
    "array",
    "branch",
    "derivation",
    "folder",
    "load",
    "refine",
    "solve",
    "solver",
    "threshold",
]

ALL = tuple(entry.name for entry in list_models())
COLD = tuple(name for name in ALL if api.load_model(name).beta is sp.oo)
"""Models at zero temperature: minimisers."""
COMPONENTS = tuple(name for name in ALL if any(w.components > 1 for w in api.load_model(name).weights))
"""Models whose weights have several components: a solve takes up to a minute."""
_WARM = tuple(name for name in ALL if name not in (*COLD, *COMPONENTS))
ENERGIES = tuple(n for n in _WARM if api.load_model(n).energies or api.load_model(n).observations)
"""Models of energies and observations, at finite temperature."""
MODELS = tuple(name for name in _WARM if name not in ENERGIES)
"""Models of channels alone, at finite temperature."""
TWO_DIMENSIONAL = frozenset({"logistic_bayes_gauss", "phase_retrieval_real"})
"""Models whose channel needs nested integrals: seconds in compiled code, minutes in mpmath."""

Numbers = Mapping[str, object]


@cache
def load(model: str) -> Model:
    """A zoo model by name, or a model file by path."""
    return api.load_model(model)


@cache
def derivation(model: str) -> Derivation:
    """The derivation of a model, made once per process."""
    return api.derive(load(model))


@cache
def folder(model: str) -> Path:
    """The `generated` argument under which the present engine's solver of a model lies."""
    name, text = load(model).name, solver_source(derivation(model))
    committed = generated_folder() / name / "rs.py"
    if committed.is_file() and committed.read_text(encoding="utf-8") == text:
        return committed.parent.parent
    place = user_cache() / "tests" / hashlib.sha256(text.encode()).hexdigest()[:16]
    path = place / name / "rs.py"
    if not path.is_file():
        write_text(path, text)
    return place


@cache
def solver(model: str) -> Solver:
    """The loaded solver of a model."""
    return Solver(folder(model) / load(model).name / "rs.py", table=table_columns(load(model)))


def _key(given: Numbers | None) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in (given or {}).items()))


@cache
def _solve(model: str, key: tuple[tuple[str, str], ...]) -> SolveResult:
    return api.solve(load(model), dict(key), generated=folder(model))


def solve(model: str, given: Numbers | None = None) -> SolveResult:
    """`api.solve`, remembered."""
    return _solve(model, _key(given))


@cache
def _threshold(model: str, name: str, key: tuple[tuple[str, str], ...], digits: int | None) -> ThresholdResult:
    return api.threshold(load(model), name, dict(key), digits=digits, generated=folder(model))


def threshold(model: str, name: str, given: Numbers | None = None, digits: int | None = None) -> ThresholdResult:
    """`api.threshold`, remembered."""
    return _threshold(model, name, _key(given), digits)


def branch(model: str, given: Numbers | None = None, name: str = "uninformed") -> Solution:
    """One converged branch of a point."""
    found = [s for s in solve(model, given).solutions if s.branch == name]
    assert found, f"{model} {dict(given or {})}: no branch {name}"
    assert found[0].status == "converged", found[0]
    return found[0]


def array(model: str, given: Numbers | None = None) -> np.ndarray:
    """Parameters as the generated module takes them."""
    return api.numbers(api.resolve_parameters(load(model), given))


def call(function: Callable[..., None], size: int, *arguments: Any, tol: float = 1e-13) -> np.ndarray:
    """The outputs of a generated function."""
    out = np.full(size, np.nan)
    function(*arguments, 1.0, tol, out)
    return out


def vectors(model: str, found: Solution) -> tuple[np.ndarray, np.ndarray]:
    """(x, hats) of a solution in the order of the generated module."""
    module: ModuleType = solver(model).module
    values = dict(found.order_parameters)
    for f, n in enumerate(module.NAMES):
        values[module.STATE[2 * f + 1]] = values[n["r"]] - values[n["q"]]
        values[f"{n['q_hat']}-{n['r_hat']}"] = values[n["q_hat"]] - values.get(n["r_hat"], 0.0)
    return np.array([values[s] for s in module.STATE]), np.array([values[h] for h in module.HATS])


class Precise:
    """The symbolic saddle point of a model in mpmath, without the compiled solver's coordinates."""

    def __init__(self, model: str, given: Numbers | None = None, refine: int = 1):
        self.model, self.derivation = model, derivation(model)
        self.saddle, self.symbols = self.derivation.saddle, self.derivation.system.symbols
        values = api.resolve_parameters(load(model), given)
        self.names, self.numbers = list(values), compile_many(list(values.values()))
        self.families = [f.symbols for f in self.derivation.system.families]
        self.norms = [None if norm is None else compile_many([norm]) for norm in self.saddle.norms]
        observables, extra = derive_observables(self.saddle, load(model).observables)
        self.observables = observables
        self.evaluator = Evaluator({**tables(self.derivation.system), **extra}, refine)

    def scope(self, overlaps: Mapping[str, mp.mpf]) -> dict[str, mp.mpf]:
        """Parameters and overlaps by symbol name; the increment (at zero temperature q) follows from a fixed norm."""
        found = {**dict(zip(self.names, self.numbers({}), strict=True)), **overlaps}
        for s, norm in zip(self.families, self.norms, strict=True):
            if norm is not None and self.derivation.system.cold:
                found[s.q.name] = norm(found)[0]
            elif norm is not None:
                found[s.v.name] = norm(found)[0] - found[s.q.name]
        return found

    def conjugates(self, scope: dict[str, mp.mpf]) -> list[mp.mpf]:
        """Add the conjugates to the scope; return the stationarity of the globals."""
        expressions = [*self.saddle.conjugates.values(), *self.saddle.stationary.values()]
        found = self.evaluator.evaluate(expressions, scope)
        for symbol, value in zip(self.saddle.conjugates, found, strict=False):
            scope[symbol.name] = value
        return found[len(self.saddle.conjugates) :]

    def residual(self, scope: dict[str, mp.mpf]) -> list[mp.mpf]:
        """(map - state) of every independent overlap, then the stationarity of the globals."""
        stationary = self.conjugates(scope)
        free = [x for x in self.saddle.overlaps if x in self.saddle.site_map]
        mapped = self.evaluator.evaluate([self.saddle.site_map[x] for x in free], scope)
        return [m - scope[x.name] for m, x in zip(mapped, free, strict=True)] + stationary

    def free_entropy(self, scope: dict[str, mp.mpf]) -> mp.mpf:
        """The free entropy; conjugates are in the scope."""
        return self.evaluator.evaluate([self.saddle.free_entropy], scope)[0]

    def observable(self, name: str, scope: dict[str, mp.mpf]) -> mp.mpf:
        """An observable; conjugates are in the scope."""
        return self.evaluator.evaluate([self.observables[name]], scope)[0]


def refine(model: str, given: Numbers | None, found: Solution, digits: int) -> tuple[Precise, dict[str, mp.mpf]]:
    """A solution again with `digits` digits: Newton on the symbolic equations from the solution in doubles."""
    precise = Precise(model, given)
    names = [x.name for x in precise.saddle.overlaps]
    start = dict(found.order_parameters)
    cold = precise.derivation.system.cold
    if not cold:
        start |= {s.v.name: start[s.r.name] - start[s.q.name] for s in precise.families}
    with mp.workdps(digits + 6):
        state = [mp.mpf(start[name]) for name in names]
        if cold and not any(state):  # the minimiser is w = 0: its conjugates are a limit
            small = mp.mpf(10) ** (-3 * digits)
            scope = precise.scope({n: small if i < 2 else mp.mpf(0) for i, n in enumerate(names)})
            precise.conjugates(scope)
            return precise, scope | dict.fromkeys(names, mp.mpf(0))
        if any(state):

            def residual(y, refine, working):
                return precise.residual(precise.scope(dict(zip(names, y, strict=True))))

            state, _ = newton(residual, [float(a) for a in state], digits)
        scope = precise.scope(dict(zip(names, state, strict=True)))
        if not any(state):
            # the fixed point q = 0: its conjugates vanish exactly, which few digits are enough to see
            with mp.workdps(15):
                rest = precise.residual(scope)
            hats = [h.name for h in precise.saddle.conjugates]
            assert max(abs(r) for r in [*rest, *[scope[h] for h in hats]]) < mp.mpf("1e-12"), (model, given)
            scope.update(dict.fromkeys(hats, mp.mpf(0)))
            return precise, scope
        rest = precise.residual(scope)
        assert max(abs(r) for r in rest) < mp.mpf(10) ** -digits, (model, given, rest)
        return precise, scope
