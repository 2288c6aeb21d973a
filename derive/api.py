"""The verbs: load_model, derive, build, solve, optimise, threshold, sweep, simulate.

The command line says the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive.errors import UsageError, nearest
from derive.solver_files import build_solver, derived

if TYPE_CHECKING:
    import numpy as np
    import xarray

    from derive.branch_diagrams import BranchDiagram
    from derive.claims.verdicts import Verdict
    from derive.plane_diagrams import PlaneDiagram
    from derive.replica.pipeline import Derivation
    from derive.runtime.results import SolveResult, ThresholdLine, ThresholdResult
    from derive.runtime.trivial import SolveOptions
    from derive.simulate.results import SimulationResult
    from derive.solver import Solver
    from derive.spec.model import Model

__all__ = [
    "build",
    "check",
    "derive",
    "follow",
    "load_model",
    "optimise",
    "phase_diagram",
    "resolve_parameters",
    "simulate",
    "solve",
    "solver_of",
    "sweep",
    "threshold",
    "threshold_line",
]


def load_model(source: str | Path | Model) -> Model:
    """Read a model: a zoo name or a path.

    Raises
    ------
    UsageError, SpecError
        if there is no such model, or with all faults of the file.

    >>> load_model("perceptron_teacher_binary").parameters[0].name
    'alpha'
    """
    from derive.library import find_model
    from derive.spec.model import Model
    from derive.spec.read import read_model

    return source if isinstance(source, Model) else read_model(find_model(str(source)))


def derive(model: str | Path | Model, ansatz: str = "rs", checks: bool = False) -> Derivation:
    """Derive the free entropy and the saddle-point equations, with the trace of every step.

    With `checks` every stage is checked by an independent route and the outcome attached to its step.
    """
    from derive.notebook import ShownDerivation

    derivation = derived(load_model(model), ansatz)
    trace = replace(derivation.trace, steps=list(derivation.trace.steps), table=dict(derivation.trace.table))
    shown = ShownDerivation(derivation.model, derivation.system, derivation.saddle, trace)
    if checks:
        from derive.replica.checks import check_derivation

        check_derivation(shown)
    return shown


def build(model: str | Path | Model, ansatz: str = "rs", generated: Path | None = None, force: bool = False) -> Path:
    """Emit the solver and the trace of a model; return the path of the solver.

    An existing solver is kept if its specification, engine and sympy are the present ones (unless `force`).
    """
    return build_solver(load_model(model), ansatz, generated, force)


def resolve_parameters(model: Model, given: Mapping[str, object] | None) -> dict[str, Any]:
    """All parameters as exact numbers: the given ones over the defaults, checked against their domains.

    Raises
    ------
    UsageError
        for an unknown parameter, a value outside its domain, or a parameter without value.
    """
    import sympy as sp

    from derive.exact import exact_number

    names = [p.name for p in model.parameters]
    values: dict[str, Any] = {}
    for name, value in (given or {}).items():
        if name not in names:
            close = nearest(name, names)
            hint = f"; did you mean {close}?" if close else ""
            raise UsageError(f"{model.name} has no parameter {name!r}{hint} (it has: {', '.join(names) or 'none'})")
        try:
            values[name] = value if isinstance(value, sp.Expr) else exact_number(str(value))
        except UsageError as error:
            raise UsageError(f"{model.name}: parameter {name}: {error}") from None
    for parameter in model.parameters:
        value = values.get(parameter.name, parameter.default)
        if value is None:
            raise UsageError(f"{model.name}: parameter {parameter.name} has no default; set {parameter.name}=...")
        if not value.is_number or not sp.im(value).is_zero:
            raise UsageError(f"{model.name}: {parameter.name} = {value} is not a real number")
        if not parameter.domain.contains(value):
            raise UsageError(
                f"{model.name}: {parameter.name} = {value} lies outside its domain {parameter.domain.text}"
            )
        values[parameter.name] = value
    return {name: values[name] for name in names}


def solver_of(
    model: Model, ansatz: str = "rs", generated: Path | None = None, options: SolveOptions | None = None
) -> Solver:
    """The solver of a model, built if needed."""
    from derive.solver import Solver
    from derive.spec.tables import table_columns

    return Solver(build(model, ansatz, generated), options, table_columns(model))


def numbers(values: Mapping[str, Any]) -> np.ndarray:
    """Exact parameters as a float array."""
    import numpy as np
    import sympy as sp

    return np.array([float(sp.N(v, 25)) for v in values.values()])


def solve(
    model: str | Path | Model,
    parameters: Mapping[str, object] | None = None,
    *,
    ansatz: str = "rs",
    generated: Path | None = None,
    options: SolveOptions | None = None,
    digits: int | None = None,
    branch: str | None = None,
    rigorous: bool = False,
    progress: Callable[[str], None] | None = None,
) -> SolveResult:
    """Solve at one parameter point: every branch with order parameters, free entropy, observables, stability.

    With `digits` each solution has `certified`, its numbers in mpmath; `branch` names the one to certify.  With
    `rigorous` they are also enclosed in balls, with a proof (this needs python-flint, the extra `rigor`).

    Raises
    ------
    UsageError
        for parameters that are unknown or outside their domain, digits outside 1..200, an unknown branch.
    """
    from derive.solving import solve_model

    tell = progress or (lambda text: None)
    return solve_model(load_model(model), parameters, ansatz, generated, options, digits, branch, rigorous, tell)


def optimise(
    model: str | Path | Model,
    name: str,
    parameters: Mapping[str, object] | None = None,
    observable: str | None = None,
    *,
    ansatz: str = "rs",
    generated: Path | None = None,
) -> SolveResult:
    """Solve where an observable of the dominating branch is least along the parameter `name`.

    The parameter of the result is the optimum, rounded to its true digits, and `optimised` of the result is the record
    of what was minimised; without `observable` it is the first of test_error, error_label, error_teacher and mse that
    the model has, else its first.  An optimum at an end of the domain has the status "at_edge" and a detail that says
    which end.  Accuracy: see `derive.optimise`.

    Raises
    ------
    UsageError
        for an unknown parameter or observable, or if the parameter is given.
    """
    from derive.optimise import find_optimum

    return find_optimum(load_model(model), name, parameters or {}, observable, ansatz, generated)


def threshold(
    model: str | Path | Model,
    name: str,
    parameters: Mapping[str, object] | None = None,
    *,
    digits: int | None = None,
    rigorous: bool = False,
    ansatz: str = "rs",
    generated: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> ThresholdResult:
    """Find a threshold of the model file; with `digits`, certify it in mpmath on the symbolic expressions.

    With `rigorous` it is also enclosed in a ball, with a proof (this needs python-flint, the extra `rigor`).

    Raises
    ------
    UsageError
        for an unknown threshold or parameter, or digits outside 1..200.
    """
    from derive.named_thresholds import named_threshold

    given, tell = dict(parameters or {}), progress or (lambda text: None)
    return named_threshold(load_model(model), name, given, digits, rigorous, ansatz, generated, tell)


def threshold_line(
    model: str | Path | Model,
    name: str,
    scans: Mapping[str, Sequence],
    parameters: Mapping[str, object] | None = None,
    *,
    ansatz: str = "rs",
    generated: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ThresholdLine:
    """Follow a threshold along one scanned parameter: a result for each value, `no_solution` where there is none.

    The first is searched as `threshold` does, the next follow the last; where the line ends, `detail` says why.

    Raises
    ------
    UsageError
        for an unknown threshold or parameter, values outside of a domain, or a scan of what is solved for.
    """
    from derive.named_thresholds import find_line

    return find_line(load_model(model), name, scans, parameters or {}, ansatz, generated, progress)


def follow(
    model: str | Path | Model,
    along: Mapping[str, tuple[object, object]],
    parameters: Mapping[str, object] | None = None,
    *,
    ansatz: str = "rs",
    generated: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BranchDiagram:
    """Follow every branch along one parameter, {name: (start, stop)}, by pseudo-arclength, also through folds.

    The result has the branches with their unstable directions, folds, crossings and ends, the places where free
    entropies of stable branches are equal, and the phases between them.  A branch that is stable nowhere and crosses
    no other one may be missing.

    Raises
    ------
    UsageError
        for an unknown parameter, one with discrete values, or an interval outside of its domain.
    """
    from derive.branch_diagrams import find_diagram

    if len(along) != 1:
        raise UsageError(f"branches are followed along one parameter; there are {len(along)}")
    ((axis, interval),) = along.items()
    return find_diagram(load_model(model), axis, interval, parameters or {}, ansatz, generated, progress)


def phase_diagram(
    model: str | Path | Model,
    ranges: Mapping[str, tuple[object, object]],
    parameters: Mapping[str, object] | None = None,
    *,
    ansatz: str = "rs",
    generated: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PlaneDiagram:
    """Draw the phase diagram over two parameters, {name: (start, stop)} twice: lines that are solved, named phases.

    All branches are followed along the first parameter at five values of the second; every event met there is followed
    in both, with cusps, critical and tricritical points.  A line that no section meets is missing.

    Raises
    ------
    UsageError
        for unknown parameters, ones with discrete values, or ranges outside of their domains.
    """
    from derive.plane_diagrams import find_plane

    if len(ranges) != 2:
        raise UsageError(f"a phase diagram has two parameters; there are {len(ranges)}")
    x, y = ranges.items()
    return find_plane(load_model(model), x, y, parameters or {}, ansatz, generated, progress)


def check(
    claims: str | Path,
    model: str | Path | Model | None = None,
    *,
    names: str | Path | None = None,
    generated: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    shown: bool = False,
) -> list[Verdict]:
    """A verdict for each claim of a file, or each labelled equation of a paper (.tex) read with the map `names`."""
    from derive.claims.compare import check_file

    return check_file(claims, model, names, generated, progress, shown)


def sweep(
    model: str | Path | Model,
    scans: Mapping[str, Sequence],
    parameters: Mapping[str, object] | None = None,
    *,
    ansatz: str = "rs",
    generated: Path | None = None,
    executor: Any = None,
    journal: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    branch: str | None = None,
    follow: bool = True,
    responses: bool = False,
) -> xarray.Dataset:
    """Solve over a grid of parameters: every branch, or, much faster, the one called `branch`.

    See `derive.sweeps.run_sweep`, and for one branch (follow, responses) `derive.grids.sweep.sweep_branch`.
    """
    from derive.sweeps import run_sweep

    loaded = load_model(model)
    if branch is not None:
        from derive.grids.sweep import sweep_branch

        where: dict[str, Any] = {"ansatz": ansatz, "generated": generated, "executor": executor, "journal": journal}
        chosen: dict[str, Any] = {"progress": progress, "follow": follow, "responses": responses}
        return sweep_branch(loaded, scans, parameters, branch, **where, **chosen)
    if responses or not follow:
        raise UsageError("follow and responses are settings of a sweep of one branch: name it, branch=...")
    for name, values in scans.items():
        for value in values:
            resolve_parameters(loaded, {**(parameters or {}), **{n: v[0] for n, v in scans.items()}, name: value})
    build(loaded, ansatz, generated)
    solve_point = partial(_solve_point, loaded, ansatz, generated)
    identity = {"spec_hash": loaded.hash, "ansatz": ansatz}
    return run_sweep(
        solve_point,
        scans,
        parameters or {},
        executor=executor,
        journal=journal,
        progress=progress,
        identity=identity,
    )


def _solve_point(model: Model, ansatz: str, generated: Path | None, point: Mapping[str, str]) -> SolveResult:
    """One point of a sweep, importable by worker processes."""
    return solve(model, point, ansatz=ansatz, generated=generated)


def simulate(
    model: str | Path | Model,
    parameters: Mapping[str, object] | None = None,
    *,
    size: int = 400,
    samples: int = 10,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> SimulationResult:
    """Minimise the total of `samples` draws of the disorder with `size` sites: means and standard errors.

    The experiment uses the model file alone, not the derivation.  A sample without a unique minimiser is a result with
    a status that says so.

    Raises
    ------
    ModelError, UsageError
        for a model that is not simulated (finite temperature, a total that is not convex), and for unknown parameters.
    """
    from derive.exact import exact_text
    from derive.ground import at_zero_temperature
    from derive.simulate.experiment import run_experiment

    loaded = load_model(model)
    values = resolve_parameters(loaded, parameters)
    texts = {k: exact_text(v) for k, v in values.items()}
    loaded, values = at_zero_temperature(loaded, values)
    return run_experiment(loaded, values, texts, size, samples, seed, progress)
