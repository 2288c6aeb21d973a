"""The one list of what this version does not derive yet, a sentence each."""

from __future__ import annotations

import sympy as sp

from derive.errors import ModelError
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
    if any(w.components != 1 for w in model.weights) or any(q.components != 1 for q in model.quenched):
        said.append(f"weights of several components {LATER}")
    for channel in model.channels:
        where = f"channel[{channel.index}]"
        if len(channel.student) != 1 or isinstance(channel.student[0].coefficient, tuple):
            said.append(f"{where}: more than one student field {LATER}")
        elif len({w.symbol for w in model.weights} & channel.student[0].coefficient.free_symbols) != 1:
            said.append(f"{where}: a student field is a sum over the sites of one family")
        if len(channel.teacher) > 1:
            said.append(f"{where}: more than one teacher field {LATER}")
    for weights in model.weights:
        if len(model.weights) > 1 and model.beta == sp.oo and weights.measure != "count":
            said.append(f"weights.{weights.name}: several families at zero temperature {LATER} unless all are counted")
        if weights.measure == "sphere" and (weights.penalty is not None or weights.support is not None):
            said.append(f"weights.{weights.name}: a sphere with a penalty or a support {LATER}")
    if said:
        raise ModelError(f"{model.name}: " + "; ".join(said))
