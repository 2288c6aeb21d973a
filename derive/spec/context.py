"""What is known while a file is read: declared names, their symbols, and scopes for each place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from derive.spec.faults import Faults, Path
from derive.spec.grammar import (
    ExpressionError,
    Scope,
    Value,
    parse_boolean,
    parse_expression,
)
from derive.spec.model import Global, Law, Parameter, Quenched, Table, Weights, component
from derive.spec.tables import Tables
from derive.spec.vocabulary import RESERVED

__all__ = ["Context", "Y", "vector_symbol"]

Y = sp.Symbol("y", real=True)

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

KINDS = {
    "parameters": "a parameter",
    "define": "a definition",
    "quenched": "a quenched variable",
    "weights": "a weight",
    "globals": "a global",
}


def vector_symbol(name: str, components: int) -> Value:
    """Return the symbol of a scalar, or the tuple of symbols of a vector."""
    symbol = sp.Symbol(name, real=True)
    if components == 1:
        return symbol
    return tuple(component(symbol, k) for k in range(components))


def _symbols(value: Value) -> set[sp.Symbol]:
    return set(sp.Tuple(value).free_symbols)


@dataclass(slots=True)
class Context:
    """The state of one reading."""

    faults: Faults
    tables: Tables
    kinds: dict[str, str] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    laws: dict[str, Law | Table] = field(default_factory=dict)
    parameters: list[Parameter] = field(default_factory=list)
    quenched: list[Quenched] = field(default_factory=list)
    weights: list[Weights] = field(default_factory=list)
    globals: list[Global] = field(default_factory=list)

    # --------------------------------------------------------------------------------------- names

    def check_name(self, path: Path, name: str, what: str) -> bool:
        """Record a fault and return False if `name` cannot be a name."""
        if not _NAME.fullmatch(name) or len(name) > 40:
            message = f"`{name[:40]}` is not a name"
            hint = "a name is a letter followed by at most 39 letters, digits or underscores"
            self.faults.add(path, message, hint, at_key=True)
            return False
        if name in RESERVED:
            self.faults.add(path, f"`{name}` cannot be the name of {what}: it is {RESERVED[name]}", at_key=True)
            return False
        return True

    def declare(self, path: Path, name: str, kind: str, value: Value) -> bool:
        """Enter a name of the model; a second declaration is a fault."""
        if not self.check_name(path, name, KINDS[kind]):
            return False
        generated = [s.name for s in _symbols(value)] if isinstance(value, tuple) else []
        for each in [name, *generated]:
            if each in self.taken:
                message = f"the name `{each}` is already taken by {self.taken[each]}"
                self.faults.add(path, message, "every name means one thing", at_key=True)
                return False
        for each in [name, *generated]:
            self.taken[each] = KINDS[kind]
        self.kinds[name] = kind
        self.values[name] = value
        return True

    def means(self, path: Path, name: str) -> bool:
        """Reserve `<name>_mean`, the thermal average of `name`; a fault if it is declared."""
        if f"{name}_mean" in self.taken:
            kind = self.taken[f"{name}_mean"]
            message = f"`{name}_mean` is {kind}, but also the thermal average of `{name}`"
            self.faults.add(path, message, "rename one of them", at_key=True)
            return False
        return True

    def of_kind(self, kind: str) -> dict[str, Value]:
        """Return the declared names of one kind with their values."""
        return {name: self.values[name] for name, k in self.kinds.items() if k == kind}

    # -------------------------------------------------------------------------------------- scopes

    def scope(
        self,
        place: str,
        kinds: Iterable[str],
        extra: Mapping[str, Value] | None = None,
        elsewhere: Mapping[str, str] | None = None,
        calls: Mapping[str, tuple[tuple[int, ...], Callable[..., sp.Expr]]] | None = None,
        indicators: bool = False,
        infinity: bool = False,
    ) -> Scope:
        """Return the scope of a place: names of the given kinds, `extra`, and definitions made of them."""
        kinds = set(kinds)
        names = {n: self.values[n] for n, k in self.kinds.items() if k in kinds}
        names.update(extra or {})
        allowed: set[sp.Symbol] = set()
        for value in names.values():
            allowed |= _symbols(value)
        reasons = {"y": "the label of a sample", "predict_mean": "the posterior mean of the label"}
        reasons.update(elsewhere or {})
        for name, kind in self.kinds.items():
            if name in names:
                continue
            if kind == "define":
                missing = _symbols(self.values[name]) - allowed
                if missing:
                    foreign = ", ".join(sorted(s.name for s in missing))
                    reasons.setdefault(name, f"a definition that contains {foreign}")
                else:
                    names[name] = self.values[name]
            else:
                reasons.setdefault(name, KINDS[kind])
        for name in names:
            reasons.pop(name, None)
        quenched = self.of_kind("quenched")
        return Scope(names, reasons, place, calls or {}, quenched, indicators, infinity)

    # --------------------------------------------------------------------------------- expressions

    def expression(self, path: Path, text: str, scope: Scope, vector: bool = False) -> Any:
        """Return the expression, or None after recording the fault."""
        try:
            return parse_expression(text, scope, vector)
        except ExpressionError as error:
            self.faults.expression(path, error)
            return None

    def boolean(self, path: Path, text: str, scope: Scope) -> sp.Basic | None:
        """Return the condition, or None after recording the fault."""
        try:
            return parse_boolean(text, scope)
        except ExpressionError as error:
            self.faults.expression(path, error)
            return None
