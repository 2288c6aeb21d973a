"""From a derivation to a generated solver: which functions a module has, and what it says about itself.

`solver_source` is pure and deterministic; `write_text` is atomic.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sympy as sp

from derive.calculus.means import Constants, map_expressions
from derive.calculus.partition import Partition
from derive.errors import ModelError, nearest
from derive.kernel.emit import emit_module
from derive.kernel.ir import Program
from derive.kernel.lower import Lowering
from derive.kernel.shed import shed_quadratic
from derive.replica.boundary import perfect_boundary
from derive.replica.components import VectorChannel
from derive.replica.observables import derive_observables
from derive.replica.pipeline import Derivation
from derive.replica.satisfiable import derive_satisfiable
from derive.replica.system import System
from derive.report.latex import equations_docstring
from derive.spec.tables import table_columns

__all__ = ["ENGINE_VERSION", "Layout", "layout", "lower_program", "solver_source", "write_text"]


def _engine_version() -> str:
    """A hash of the sources that decide what is emitted: a module of another engine is built again."""
    root = Path(__file__).parent
    folders = ("calculus", "kernel", "replica")
    files = [p for f in folders for p in (root / f).glob("*.py")] + [Path(__file__), root / "spec" / "functions.py"]
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda p: p.relative_to(root).as_posix()):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


ENGINE_VERSION = _engine_version()
"""Names the engine that emitted a module."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The arrays of a generated module: state x, conjugates, parameters, and the names they report under."""

    state: tuple[sp.Symbol, ...]
    hats: tuple[sp.Symbol, ...]
    parameters: tuple[sp.Symbol, ...]
    names: tuple[dict[str, str], ...]
    tied_names: dict[str, str]
    tied_hats: dict[str, str]


def layout(derivation: Derivation) -> Layout:
    """Fix the order of everything in a module."""
    saddle, system = derivation.saddle, derivation.system
    symbols = [f.symbols for f in system.families]
    matched = saddle.reduced.matched
    names = [{"q": s.q.name, "r": s.r.name, "q_hat": s.q_hat.name, "r_hat": s.r_hat.name} for s in symbols]
    return Layout(
        (*(x for s in symbols for x in (s.q, s.v)), *(() if matched else system.overlaps), *system.globals),
        tuple(saddle.conjugates),
        tuple(p.symbol for p in derivation.model.parameters),
        () if system.cold else tuple(names),
        {s.m[0].name: s.q.name for s in symbols} if matched else {},
        {s.m_hat[0].name: s.q_hat.name for s in symbols} if matched else {},
    )


@dataclass(frozen=True, slots=True)
class Lowered:
    """A lowered derivation: the program, the observables' names, the kind of the perfect boundary.

    cancels : whether terms of order r/(r - q) cancel in the compiled free entropy
    constants : number of means over constants, computed once for given parameters
    """

    program: Program
    observables: tuple[str, ...]
    boundary: str
    cancels: bool
    constants: int


def _named(system: System) -> list[sp.Symbol]:
    """The symbols whose names a model file chooses besides parameters: globals and renamed order parameters."""
    symbols = [f.symbols for f in system.families]
    named = [*system.globals, *(x for s in symbols for x in (s.q, s.r, *s.m, s.q_hat, s.r_hat, *s.m_hat))]
    return [x for x in named if x in system.globals or x.name.removesuffix("_hat") in system.model.names.values()]


def lower_program(derivation: Derivation, energy: sp.Expr = sp.S.Zero) -> Lowered:
    """Lower a derivation into the functions of a module; `energy` is that of its satisfiable regime, if any."""
    named = Constants([p.symbol for p in derivation.model.parameters])
    observables, extra = derive_observables(derivation.saddle, derivation.model.observables)
    saddle = map_expressions(derivation.saddle, named.hide)  # constants are computed once, and rules stay fast
    observables, extra = (map_expressions(part, named.hide) for part in (observables, extra))
    system, place = saddle.system, layout(derivation)
    boundary = None if system.cold else perfect_boundary(system)
    free_entropy = saddle.free_entropy
    shed: dict[str, Partition] = {}
    limits: dict[str, Any] = {} if boundary is None else boundary.partitions
    if saddle.tied is not None and not system.cold and len(system.families) == 1:
        free_entropy, shed = shed_quadratic(
            free_entropy, system.partitions, system.symbols.q, system.symbols.v, saddle.tied
        )
    lowering = Lowering(
        {**system.partitions, **system.envelopes, **extra, **shed, **limits},
        (*place.parameters, *_named(system)),
        place.parameters,
        len(place.parameters) + sum(map(len, table_columns(derivation.model).values())),
        named.table,
    )
    x, hats, p = ("x", place.state), ("hats", place.hats), ("p", place.parameters)
    jacobian = saddle.conjugate_jacobian()
    rows = [*saddle.conjugates, *saddle.stationary]
    outputs = [(str(h), e) for h, e in (*saddle.conjugates.items(), *saddle.stationary.items())]
    outputs += [(f"d{row}/d{u}", jacobian[row, u]) for row in rows for u in saddle.overlaps]
    lowering.function("channel", (x, p), outputs, "Conjugates, dphi/d(globals), then their derivatives, row by row.")
    conditions = system.margins
    if conditions:
        outputs = [(f"margin_{j}", e) for j, e in enumerate(conditions)]
        lowering.function("domain", (x, hats, p), outputs, "Positive where every average exists.")
    slopes = saddle.site_jacobian()
    outputs = [(str(u), e) for u, e in saddle.site_map.items()]
    outputs += [(f"d{u}/d{hat}", slopes[u, hat]) for u in saddle.site_map for hat in place.hats]
    lowering.function("site", (hats, p), outputs, "Overlaps from the conjugates, then their derivatives, row by row.")
    lowering.function(
        "free_entropy",
        (x, hats, p),
        [("free_entropy", free_entropy)],
        "The free entropy per site at any point (stationary at a solution).",
    )
    if saddle.reduced.explicit is not None:
        lowering.function(
            "reduced_free_entropy",
            (x, hats, p),
            [("free_entropy", saddle.value)],
            "The free entropy with the conjugates eliminated: nothing large cancels.",
        )
    if observables:
        lowering.function("observables", (x, hats, p), list(observables.items()), "Observables at a solution.")
    kind = "none" if boundary is None else ("finite" if boundary.value is not None else "divergent")
    second = [] if saddle.reduced.matched else list(system.second_moments)
    radii = [(f"radius_{f}", sp.S.One if norm is None else norm) for f, norm in enumerate(saddle.norms)]
    value = energy if boundary is None else (boundary.value if boundary.value is not None else boundary.coefficient)
    lowering.function(
        "facts",
        (p,),
        [*radii, ("boundary", value), *[(f"second_{j}", e) for j, e in enumerate(second)]],
        "r (or a scale for it), the perfect boundary's value or coefficient, second moments of the teachers."
        if energy == 0
        else "r, the energy of the satisfiable regime, second moments of the teachers.",
    )
    constants = lowering.constants()
    growing = any(p.kind == "site" and not p.linear for p in system.partitions.values())
    cancels = growing and not shed and not system.cold and saddle.reduced.explicit is None
    return Lowered(lowering.program(), tuple(observables), kind, cancels, constants)


def _responses(derivation: Derivation, place: Layout, observables: tuple[str, ...]) -> dict[str, tuple]:
    """What the declared responses are of and to, and the parameter's interval; other quantities are refused."""
    model, families = derivation.model, derivation.system.families
    increments = {x for f in families for x in (f.symbols.v, f.symbols.A)}
    named = [x for x in (*place.state, *place.hats) if derivation.system.cold or x not in increments]
    known = [str(x) for x in named] + [n["r"] for n in place.names] + [*place.tied_names, *place.tied_hats]
    known += [str(f.symbols.r_hat) for f in families if f.symbols.A in place.hats and not derivation.system.cold]
    known += [*observables, "free_entropy"]
    found: dict[str, tuple] = {}
    for observable in model.observables:
        if observable.kind != "response":
            continue
        quantity, parameter = (str(x) for x in observable.expression.args)
        if quantity not in known:
            close = nearest(quantity, known)
            hint = f"did you mean {close}?" if close else f"there are {', '.join(known)}"
            raise ModelError(f"{model.name}: observables.{observable.name}: no result is called {quantity}; {hint}")
        domain = model.parameter(parameter).domain
        if domain.values is not None:
            raise ModelError(f"{model.name}: observables.{observable.name}: {parameter} takes single values only")
        found[observable.name] = (quantity, parameter, *(str(float(e)) for e in (domain.lower, domain.upper)))
    return found


def solver_source(derivation: Derivation) -> str:
    """The text of the generated module of a derivation."""
    saddle, model = derivation.saddle, derivation.model
    flat = derive_satisfiable(derivation)
    lowered = lower_program(derivation, sp.S.Zero if flat is None else flat.energy)
    program, observables = lowered.program, lowered.observables
    place = layout(derivation)
    increments: dict[sp.Symbol, str] = {}
    for s in () if derivation.system.cold else [f.symbols for f in derivation.system.families]:
        increments |= {s.v: f"{s.r.name}-{s.q.name}", s.A: f"{s.q_hat.name}-{s.r_hat.name}"}
    unknowns, hats, mapped = len(saddle.overlaps), len(place.hats), len(saddle.site_map)
    globals_, cold = len(derivation.system.globals), derivation.system.cold
    families = derivation.system.families
    partners = tuple(f for f, family in enumerate(families) for _ in family.symbols.m)
    vectors = any(isinstance(c, VectorChannel) for c in derivation.system.channels)
    partners = () if saddle.reduced.matched else partners
    constants: dict[str, object] = {
        "MODEL": model.name,
        "ANSATZ": derivation.trace.ansatz,
        "SPEC_HASH": model.hash,
        "TRACE_HASH": derivation.trace.hash,
        "ENGINE_VERSION": ENGINE_VERSION,
        "SYMPY_VERSION": sp.__version__,
        "PARAMETERS": tuple(p.name for p in model.parameters),
        "TABLE": tuple(table_columns(model)),
        "STATE": tuple(increments.get(x, x.name) for x in place.state),
        "HATS": tuple(increments.get(h, h.name) for h in place.hats),
        "NAMES": place.names,
        "TIED_NAMES": place.tied_names,
        "TIED_HATS": place.tied_hats,
        "OBSERVABLES": observables,
        "RESPONSES": _responses(derivation, place, observables),
        "CONSTANTS": lowered.constants,
        "BOUNDARY": lowered.boundary,
        "CONDITIONS": len(derivation.system.margins),
        "COLD": cold,
        "EDGE": 0.0 if cold else 1e-5 if vectors else 1e-14 if derivation.system.energy is None else 1e-250,
        "VANISHES": 1e-13 if not vectors else 1e-9,
        "FINEST": 0.0 if not vectors else 1e-9,
        "UNIQUE": cold and derivation.system.energy is None,
        "REDUCED": saddle.reduced.explicit is not None,
        "CANCELS": lowered.cancels,
        "CONJUGATES": hats,
        "GLOBALS": globals_,
        "MAPPED": mapped,
        "UNKNOWNS": unknowns,
        "TIED": tuple(0 if norm is None else 2 if cold else 1 for norm in saddle.norms),
        "PARTNERS": partners,
        "DIFFERENCES": tuple(families.index(g[0]) for g in derivation.system.groups if len(g) > 1),
        "CHANNEL_OUTPUTS": (hats + globals_) * (1 + unknowns),
        "SITE_OUTPUTS": mapped * (1 + hats),
        "FACTS": len(saddle.norms) + 1 + len(partners),
        "STRATEGY": dict(sorted(program.facts.items())),
    }
    if flat is not None:
        constants["REGIMES"] = {"satisfiable": flat.measure}
    header = (
        f"{model.name}: saddle-point solver, ansatz {derivation.trace.ansatz}.\n\n"
        f"Generated from the model file by derive; do not edit.\n"
        f"Specification {model.hash[:16]}, derivation {derivation.trace.hash}, sympy {sp.__version__}.\n\n"
        f"{equations_docstring(derivation).strip()}\n"
    )
    return emit_module(program, header, constants, choose="descend" if cold and len(families) == 1 else "choose_step")


def write_text(path: Path, text: str) -> None:
    """Write a file atomically: the old one stays until the new one is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
