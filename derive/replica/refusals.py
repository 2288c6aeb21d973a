"""The one list of what this version does not derive yet, a sentence each."""

from __future__ import annotations

import sympy as sp

from derive.calculus.means import map_expressions
from derive.errors import ModelError
from derive.spec.functions import Cross, Overlap
from derive.spec.model import Model

__all__ = ["LATER", "refuse"]

LATER = "is not derived yet by this version"


def refuse(model: Model) -> None:
    """Raise ModelError with one sentence for each part that is outside this version."""
    said: list[str] = []
    if not model.weights:
        said.append("a model without a replicated site variable has nothing to derive")
    homes = [w.family for w in model.weights]
    for family in dict.fromkeys(f for f in homes if homes.count(f) > 1):
        names = " and ".join(w.name for w in model.weights if w.family == family)
        said.append(f"several replicated variables on one family of sites ({names}) {LATER}; give each its own family")
    said += _components(model)
    for channel in model.channels:
        where = f"channel[{channel.index}]"
        fields = [e for f in channel.student for _, e in f.parts]
        owners = [w for w in model.weights if {s for e in fields for s in e.free_symbols} & set(w.symbols)]
        if len(owners) != 1:
            said.append(f"{where}: a student field is a sum over the sites of one family")
        elif owners[0].components > 1:
            continue  # `vector_building` says what it takes
        elif len(fields) != 1:
            said.append(f"{where}: more than one student field of weights of one component {LATER}")
        if len(channel.teacher) > 1 or any(isinstance(f.coefficient, tuple) for f in channel.teacher):
            said.append(f"{where}: more than one teacher field {LATER}")
    for weights in model.weights:
        if len(model.weights) > 1 and model.beta == sp.oo and weights.measure != "count":
            said.append(f"weights.{weights.name}: several families at zero temperature {LATER} unless all are counted")
        if weights.measure == "sphere" and (weights.penalty is not None or weights.support is not None):
            said.append(f"weights.{weights.name}: a sphere with a penalty or a support {LATER}")
    said += _strangers(model)
    if said:
        raise ModelError(f"{model.name}: " + "; ".join(said))


def _components(model: Model) -> list[str]:
    """What is asked of weights of several components."""
    said: list[str] = []
    vectors = [w for w in model.weights if w.components > 1]
    if vectors and len(model.weights) > 1:
        said.append(f"weights of several components ({vectors[0].name}) beside other weights {LATER}")
    if not vectors and any(q.components > 1 for q in model.quenched):
        names = ", ".join(q.name for q in model.quenched if q.components > 1)
        said.append(f"quenched vectors ({names}) with weights of one component {LATER}")
    for weights in vectors:
        where = f"weights.{weights.name}"
        if model.ansatz.get("components") != "permutation":
            hint = 'write ansatz.components = "permutation" if the model has this symmetry'
            said.append(f"{where}: general overlap matrices of {weights.components} components {LATER}; {hint}")
        if model.beta == sp.oo:
            said.append(f"{where}: several components at zero temperature {LATER}")
        if weights.measure not in ("prior", "count") or weights.penalty is not None or weights.support is not None:
            what = "a sphere, a penalty, a support or the flat measure"
            said.append(f"{where}: several components with {what} {LATER}; a prior or atoms are")
    if vectors and model.observations:
        said.append(f"observations of vectors {LATER}; write the energies")
    return said


def _strangers(model: Model) -> list[str]:
    """Means and fields over the sites of one family that name quenched variables of another."""
    home = {s: w.family for w in model.weights for s in w.symbols}
    foreign = {s: q for q in model.quenched for s in q.symbols}
    said: list[str] = []

    def check(where: str, family: str, *expressions: sp.Basic) -> None:
        for symbol in sorted(set().union(*(e.free_symbols for e in expressions)) & set(foreign), key=str):
            if foreign[symbol].family != family:
                said.append(f"{where}: {symbol} lives on the sites of {foreign[symbol].family}, not of {family}")

    for weights in model.weights:
        where, family = f"weights.{weights.name}", weights.family

        def look(e: sp.Basic, where: str = where, family: str = family) -> sp.Basic:
            check(where, family, e)
            return e

        map_expressions((weights.law, weights.penalty, weights.support), look)
    for channel in model.channels:
        fields = [e for f in (*channel.student, *channel.teacher) for _, e in f.parts]
        own = [s for f in fields for s in f.free_symbols if s in home]
        if own:
            check(f"channel[{channel.index}]", home[own[0]], channel.input_sd, channel.input_mean, *fields)
    for index, energy in enumerate(model.energies):
        for node in sorted(energy.expression.atoms(Cross, Overlap), key=str):
            own = sorted((s for s in node.free_symbols if s in home), key=str)
            if own:
                check(f"energy[{index}]", home[own[0]], node)
    for index, observation in enumerate(model.observations):
        symbols = {w.name: w.symbol for w in model.weights}
        for name, truth in zip(observation.of, observation.truth, strict=True):
            symbol = next((s for s, q in foreign.items() if q.name == truth), None)
            if symbol is not None and name in symbols:
                check(f"observation[{index}]", home[symbols[name]], symbol)
    return list(dict.fromkeys(said))
