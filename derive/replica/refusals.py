"""The one list of what this version does not derive yet, a sentence each."""

from __future__ import annotations

from derive.errors import ModelError
from derive.spec.model import Model

__all__ = ["LATER", "refuse"]

LATER = "is not derived yet by this version"


def refuse(model: Model) -> None:
    """Raise ModelError with one sentence for each part that is outside this version."""
    said: list[str] = []
    if len(model.weights) != 1:
        said.append(f"a model with {len(model.weights)} replicated site variables {LATER}; exactly one is")
    if len(model.families) > 1:
        said.append("several site families are not derived yet by this version")
    if any(w.components != 1 for w in model.weights) or any(q.components != 1 for q in model.quenched):
        said.append(f"weights of several components {LATER}")
    for channel in model.channels:
        where = f"channel[{channel.index}]"
        if len(channel.student) != 1 or isinstance(channel.student[0].coefficient, tuple):
            said.append(f"{where}: more than one student field {LATER}")
        if len(channel.teacher) > 1:
            said.append(f"{where}: more than one teacher field {LATER}")
    for weights in model.weights:
        if weights.measure == "sphere" and (weights.penalty is not None or weights.support is not None):
            said.append(f"weights.{weights.name}: a sphere with a penalty or a support {LATER}")
    if said:
        raise ModelError(f"{model.name}: " + "; ".join(said))
