"""derive: a symbolic-numeric derivation engine for the replica method."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "build",
    "check",
    "derive",
    "follow",
    "load_model",
    "optimise",
    "phase_diagram",
    "simulate",
    "solve",
    "sweep",
    "threshold",
    "threshold_line",
]

if TYPE_CHECKING:
    from derive.api import (
        build,
        check,
        derive,
        follow,
        load_model,
        optimise,
        phase_diagram,
        simulate,
        solve,
        sweep,
        threshold,
        threshold_line,
    )


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("derive.api"), name)
    raise AttributeError(f"module 'derive' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
