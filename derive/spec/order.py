"""The names that order parameters will have, and what may be said about them: [names], edges, parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sympy as sp

from derive.errors import nearest
from derive.spec.faults import Faults
from derive.spec.functions import Overlap
from derive.spec.model import MODES, Model

__all__ = ["check_edges", "check_names", "check_order_parameter_names", "order_parameter_names"]


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


def _teachers(model: Model) -> int:
    """Return how many teacher functions differ by more than a factor that is equal at all sites."""
    quenched = {q.symbol for q in model.quenched}
    distinct: list[sp.Expr] = []
    for channel in model.channels:
        for f in channel.teacher:
            if isinstance(f.coefficient, tuple):
                continue
            function = channel.input_sd * f.coefficient
            if not any(sp.cancel(function / other).free_symbols.isdisjoint(quenched) for other in distinct):
                distinct.append(function)
    return len(distinct)


def _overlaps(model: Model) -> set[str]:
    """Return the names of the order parameters without conjugates, before [names]."""
    names: set[str] = set()
    several = len(model.weights) > 1
    for weights in model.weights:
        symbols = set(weights.symbols)
        suffix = f"_{weights.name}" if several else ""
        suffixes = {suffix} if weights.components == 1 else {f"{suffix}_{mode}" for mode in MODES}
        letters = ["r", "q"] + (["V"] if model.beta == sp.oo else [])
        names |= {letter + s for letter in letters for s in suffixes}
        for partner in _partners(model, symbols):
            names |= {"m" + s for s in suffixes} if not several else {f"m{suffix}_{partner}"}
    teachers = _teachers(model)
    if teachers > 1 and not several:
        names = (names - {"m"}) | {f"m_{j}" for j in range(teachers)}
    return names


def _entries(model: Model) -> set[str]:
    """Return the names under which results show entries of overlap matrices of components."""
    if all(weights.components == 1 for weights in model.weights):
        return set()
    letters = {name[0] for name in _overlaps(model)}
    return {f"{letter}_{entry}" for letter in letters for entry in ("00", "01")}


def _hat(name: str) -> str:
    """Return the name of the conjugate of an order parameter."""
    letter, _, rest = name.partition("_")
    return f"{letter}_hat" + (f"_{rest}" if rest else "")


def _reserved(names: Iterable[str]) -> set[str]:
    return {each for name in names for each in (name, _hat(name), f"{name}_hat")}


def order_parameter_names(model: Model) -> set[str]:
    """Return the names of the order parameters and conjugates, after [names].

    One scalar weight: r, q, m and their hats; several: with `_name`; components: with `_d` and `_u` for the modes, and
    `_00` and `_01` for the entries of the matrices.
    """
    own = _overlaps(model)
    renamed = {old: new for old, new in model.names.items() if old in own}
    new_names = {each for new in renamed.values() for each in (new, f"{new}_hat")}
    return _reserved(own - set(renamed)) | new_names | _entries(model)


def check_names(faults: Faults, model: Model) -> None:
    """Record a fault for every entry of [names] that renames nothing, or to a name that means something else."""
    own = _overlaps(model)
    taken: dict[str, str] = dict.fromkeys(_reserved(own) | _entries(model), "an order parameter or its conjugate")
    for channel in model.channels:
        taken |= {f.name: "a field" for f in (*channel.student, *channel.teacher)}
        taken |= dict.fromkeys((name for name, *_ in channel.noise), "a noise variable")
    for old, new in model.names.items():
        path = ("names", old)
        if old not in own:
            conjugate = next((name for name in own if old in (_hat(name), f"{name}_hat")), None)
            close = nearest(old, own) if len(old) <= 60 else None
            hint = f"did you mean `{close}`?" if close else "order parameters: " + ", ".join(sorted(own))
            message = f"`{old[:40]}` is not an order parameter of this model"
            if conjugate:
                message = f"`{old}` is a conjugate, and takes its name from `{conjugate}`"
                hint = f"names.{conjugate} renames both"
            faults.add(path, message, hint, at_key=True)
        for name in (new, f"{new}_hat"):
            if name in taken:
                faults.add(path, f"the name `{name}` is already taken by {taken[name]}")
                break
        taken |= dict.fromkeys((new, f"{new}_hat"), "another entry of [names]")


def _edges(model: Model, kind: str) -> list[str]:
    """Return the edges that a threshold of this kind can have, as they are written."""
    own = _overlaps(model)

    def name(plain: str) -> str:
        return model.names.get(plain, plain)

    edges = [f"{name(o)} -> {name('r' + o[1:])}" for o in sorted(own) if o[0] == "q" and "r" + o[1:] in own]
    infinite = [f"{name(o)} -> inf" for o in sorted(own) if o[0] == "V"]
    return edges + infinite if kind == "capacity" else [*edges, *infinite, *(f"{e[:-3]}0" for e in infinite)]


def check_edges(faults: Faults, model: Model) -> None:
    """Record a fault for every threshold whose edge is no edge of the order parameters of this model."""
    for threshold in model.thresholds:
        edges = _edges(model, threshold.kind)
        if threshold.edge is not None and threshold.edge not in edges:
            hint = "allowed: " + ", ".join(f'"{e}"' for e in edges)
            message = f"`{threshold.edge[:60]}` is not an edge of the order parameters of this model"
            faults.add(("thresholds", threshold.name, "edge"), message, hint)


def check_order_parameter_names(faults: Faults, model: Model) -> None:
    """Record a fault for every parameter, global or observable that has the name of an order parameter."""
    taken = order_parameter_names(model)
    declared = [("parameters", p.name) for p in model.parameters] + [("globals", g.name) for g in model.globals]
    declared += [("observables", o.name) for o in model.observables]
    for section, name in declared:
        if name in taken and name not in model.names.values():
            message = f"`{name}` is also the name of an order parameter of this model"
            hint = f'rename one of them: [names] {name.replace("_hat", "")} = ".." renames the order parameter'
            faults.add((section, name), message, hint, at_key=True)
