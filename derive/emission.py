"""From a derivation to a generated solver: lower, emit, write.

`solver_source` is pure; `build` writes `<folder>/<model>/<ansatz>.py` and the trace beside it, atomically.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import sympy as sp

from derive.kernel.emit import emit_module
from derive.kernel.ir import Program
from derive.kernel.lower import Lowering
from derive.replica.pipeline import Derivation

__all__ = ["lower_program", "solver_source", "write_text"]


def lower_program(derivation: Derivation) -> Program:
    """Lower the saddle point of a derivation to a numeric program."""
    saddle, system = derivation.saddle, derivation.system
    s = system.symbols
    parameters = [p.symbol for p in derivation.model.parameters]
    lowering = Lowering(system.partitions, parameters)
    state = (s.q, s.v, *(() if saddle.reduced.matched else s.m), *system.globals)
    hats = tuple(saddle.conjugates)
    overlaps = ("x", state)
    given = ("p", parameters)
    jacobian = saddle.conjugate_jacobian()
    rows = [*saddle.conjugates, *saddle.stationary]
    outputs = [(str(h), e) for h, e in (*saddle.conjugates.items(), *saddle.stationary.items())]
    outputs += [(f"d{row}/d{x}", jacobian[row, x]) for row in rows for x in saddle.overlaps]
    lowering.function("channel", (overlaps, given), outputs, "Conjugates, dphi/d(globals) and their derivatives.")
    slopes = saddle.site_jacobian()
    outputs = [(str(x), e) for x, e in saddle.site_map.items()]
    outputs += [(f"d{x}/d{hat}", slopes[x, hat]) for x in saddle.site_map for hat in hats]
    lowering.function("site", (("hats", hats), given), outputs, "Overlaps from the conjugates and their derivatives.")
    lowering.function(
        "free_entropy", (overlaps, ("hats", hats), given), [("free_entropy", saddle.free_entropy)],
        "The free entropy per site at any point (stationary at a solution).",
    )
    return lowering.program()


def solver_source(derivation: Derivation) -> str:
    """The text of the generated module of a derivation."""
    saddle, system, model = derivation.saddle, derivation.system, derivation.model
    s = system.symbols
    unknowns = len(saddle.overlaps)
    hats = list(saddle.conjugates)
    mapped = list(saddle.site_map)
    state = [s.q, s.v, *(() if saddle.reduced.matched else s.m), *system.globals]
    constants: dict[str, object] = {
        "MODEL": model.name,
        "ANSATZ": derivation.trace.ansatz,
        "SPEC_HASH": model.hash,
        "TRACE_HASH": derivation.trace.hash,
        "SYMPY_VERSION": sp.__version__,
        "PARAMETERS": tuple(p.name for p in model.parameters),
        "STATE": tuple(str(x) if x != s.v else "v" for x in state),
        "HATS": tuple(str(h) if h != s.A else "A" for h in hats),
        "CONJUGATES": len(hats),
        "GLOBALS": len(system.globals),
        "MAPPED": len(mapped),
        "UNKNOWNS": unknowns,
        "TIED": saddle.tied is not None,
        "CHANNEL_OUTPUTS": (len(hats) + len(system.globals)) * (1 + unknowns),
        "SITE_OUTPUTS": len(mapped) * (1 + len(hats)),
    }
    header = f"{model.name}: solver of the saddle-point equations.\n"
    return emit_module(lower_program(derivation), header, constants)


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
