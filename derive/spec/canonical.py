"""The canonical form of a model, and its hash."""

from __future__ import annotations

import dataclasses
import hashlib
import struct
from collections.abc import Mapping
from typing import Any

import sympy as sp

from derive.spec.model import Table

__all__ = ["canonical", "digest"]

# What says nothing about the mathematics: texts of the author, and where the file lies.
_LEFT_OUT = {"source", "hash", "title", "meaning", "text", "symbols"}
# Declarations whose order means nothing.
_UNORDERED = {
    "parameters",
    "quenched",
    "families",
    "weights",
    "globals",
    "observables",
    "thresholds",
    "noise",
}


def canonical(value: Any) -> str:
    """Return a text that is equal for two models exactly when they say the same.

    Expressions are written by `sympy.srepr`; comments, layout, meanings and the order of
    declarations do not enter.  A table is its numbers, wherever they come from.
    """
    if isinstance(value, Table):
        content = struct.pack(f"<{len(value.values)}d", *value.values)
        return f"Table({hashlib.sha256(content).hexdigest()})"
    if isinstance(value, sp.Basic):
        return str(sp.srepr(value))
    if dataclasses.is_dataclass(value):
        parts = []
        for field in dataclasses.fields(value):
            if field.name in _LEFT_OUT:
                continue
            content = getattr(value, field.name)
            if type(value).__name__ == "Density" and field.name == "label":
                continue
            if field.name in _UNORDERED and isinstance(content, tuple):
                parts.append(f"{field.name}={sorted(canonical(item) for item in content)}")
            else:
                parts.append(f"{field.name}={canonical(content)}")
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {canonical(v)}" for k, v in sorted(value.items())) + "}"
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(canonical(item) for item in value) + "]"
    return repr(value)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
