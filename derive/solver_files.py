"""Solvers as files: derived once per session, emitted where they belong, kept while they are of the present engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from derive.errors import UsageError
from derive.runtime.regimes import SATISFIABLE

if TYPE_CHECKING:
    from derive.replica.pipeline import Derivation
    from derive.spec.model import Model

__all__ = ["build_all", "build_solver", "derived"]


_RECENT: dict[tuple[str, str], tuple[Model, Derivation]] = {}


def derived(model: Model, ansatz: str) -> Derivation:
    """The derivation of a specification, remembered for the last few: a threshold and a report need the same one."""
    from derive.replica.pipeline import run_pipeline

    key = (model.hash, ansatz)
    if key not in _RECENT or _RECENT[key][0] != model:
        _RECENT[key] = model, run_pipeline(model, ansatz)
        while len(_RECENT) > 8:
            del _RECENT[next(iter(_RECENT))]
    return _RECENT[key][1]


def build_solver(model: Model, ansatz: str, generated: Path | None, force: bool) -> Path:
    """Emit the solver and the trace of a model; return the path of the solver.

    An existing solver is kept if its specification, engine and sympy are the present ones (unless `force`).
    """
    from derive.emission import ENGINE_VERSION, solver_source, write_text
    from derive.library import shipped_solver
    from derive.replica.satisfiable import derive_satisfiable

    if ansatz != "rs":
        raise UsageError(f"ansatz {ansatz!r} is not derived yet by this version; allowed: rs")
    folder = _solver_folder(model, generated)
    path = folder / f"{ansatz}.py"
    wanted = {
        "MODEL": model.name,
        "SPEC_HASH": model.hash,
        "ANSATZ": ansatz,
        "ENGINE_VERSION": ENGINE_VERSION,
    }
    if not force:
        if _present(path, wanted):
            return path
        shipped = shipped_solver(model.name, ansatz, model.hash, ENGINE_VERSION=ENGINE_VERSION)
        if shipped is not None and generated is None and _present(shipped, wanted):
            return shipped
    derivation = derived(model, ansatz)
    parts = [(path, derivation)]
    flat = derive_satisfiable(derivation)
    if flat is not None:  # a second regime, beside the first
        parts.insert(0, (folder / SATISFIABLE, flat.derivation))
    for place, found in parts:
        write_text(place.with_suffix(".trace.json"), found.trace.dumps())
        write_text(place, solver_source(found))
    return path


def build_all(model: Model, ansatz: str, generated: Path | None, force: bool) -> Path:
    """Emit the solver of a model, and that of its zero temperature if a parameter's domain has one."""
    from derive.ground import ground_model

    path = build_solver(model, ansatz, generated, force)
    ground = ground_model(model)
    if ground is not None:
        build_solver(ground, ansatz, generated, force)
    return path


def _present(path: Path, wanted: Mapping[str, str]) -> bool:
    """Whether a solver, with that of its second regime, was made from this specification by this engine."""
    from derive.library import generated_header

    if any(generated_header(path).get(key) != value for key, value in wanted.items()):
        return False
    if "\nREGIMES = " not in path.read_text(encoding="utf-8"):
        return True
    header = generated_header(path.with_name(SATISFIABLE))
    own = {**wanted, "SPEC_HASH": f"{wanted['SPEC_HASH']}:satisfiable"}
    return all(header.get(key) == value for key, value in own.items())


def _solver_folder(model: Model, generated: Path | None) -> Path:
    """Where a model's solver lives: zoo models in generated/, other files in the user's cache, by content."""
    from derive.ground import GROUND
    from derive.library import generated_folder, models_folder
    from derive.runtime.loader import user_cache

    zero = "zero" if model.hash.endswith(GROUND) else ""
    if generated is not None:
        return generated_folder(generated) / model.name / zero
    source = Path(model.source)
    if source.exists() and source.resolve().parent == models_folder().resolve():
        return generated_folder(None) / model.name / zero
    return user_cache() / "generated" / f"{model.name}-{model.hash[:12]}" / zero
