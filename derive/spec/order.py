"""The names that order parameters will have, so that no parameter of the model takes one of them."""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from derive.spec.faults import Faults
from derive.spec.functions import Overlap
from derive.spec.model import Model

__all__ = ["check_order_parameter_names", "order_parameter_names"]


def _partners(model: Model, symbols: set[sp.Symbol]) -> list[str]:
    """Return the quenched variables (or "one") that a weight with these symbols has an overlap with."""
    found: dict[str, None] = {}
    components = {sp.Symbol(f"{q.name}_{k}", real=True): q.name for q in model.quenched for k in range(q.components)}
    quenched = {**components, **{q.symbol: q.name for q in model.quenched}}

    def enter(expressions: Iterator[sp.Basic]) -> None:
        for expression in expressions:
            for symbol in sorted(expression.free_symbols, key=str):
                if symbol in quenched:
                    found[quenched[symbol]] = None

    for channel in model.channels:
        seen = {s for f in channel.student for s in sp.Tuple(f.coefficient).free_symbols}
        if not seen & symbols:
            continue
        for f in channel.teacher:
            before = len(found)
            enter(iter([sp.Tuple(f.coefficient)]))
            if len(found) == before:
                found["teacher"] = None
        enter(iter([channel.input_mean]))
    for energy in model.energies:
        for node in energy.expression.atoms(Overlap):
            if node.free_symbols & symbols:
                enter(iter([node]))
                if any(argument.is_number for argument in node.args):
                    found["one"] = None
    names = {s.name for s in symbols}
    for observation in model.observations:
        for weight, truth in zip(observation.of, observation.truth, strict=True):
            if weight in names:
                found[truth] = None
    return list(found)


def order_parameter_names(model: Model) -> set[str]:
    """Return the names of the order parameters and conjugates, after [names].

    One scalar weight: r, q, m and their hats; several: with `_name`; components: with `_00`, ...
    """
    names: set[str] = set()
    several = len(model.weights) > 1
    for weights in model.weights:
        symbols = {weights.symbol} | {sp.Symbol(f"{weights.name}_{k}", real=True) for k in range(weights.components)}
        suffix = f"_{weights.name}" if several else ""
        suffixes = {suffix}
        if weights.components > 1:
            pairs = [(i, j) for i in range(weights.components) for j in range(weights.components)]
            suffixes |= {f"{suffix}_{i}{j}" for i, j in pairs}
        letters = ["r", "q"] + (["V"] if model.beta == sp.oo else [])
        stems = {letter + s for letter in letters for s in suffixes}
        for partner in _partners(model, symbols):
            stems |= {"m" + s for s in suffixes} if not several else {f"m{suffix}_{partner}"}
        for stem in stems:
            letter, _, rest = stem.partition("_")
            names |= {stem, f"{letter}_hat" + (f"_{rest}" if rest else ""), f"{stem}_hat"}
    renamed = dict(model.names)
    for old, new in model.names.items():
        renamed.setdefault(f"{old}_hat", f"{new}_hat")
    return {renamed.get(name, name) for name in names}


def check_order_parameter_names(faults: Faults, model: Model) -> None:
    """Record a fault for every parameter or global that has the name of an order parameter."""
    taken = order_parameter_names(model)
    declared = [("parameters", p.name) for p in model.parameters] + [("globals", g.name) for g in model.globals]
    for section, name in declared:
        if name in taken:
            message = f"`{name}` is also the name of an order parameter of this model"
            hint = f'rename one of them: [names] {name} = ".." renames the order parameter'
            faults.add((section, name), message, hint, at_key=True)
