"""What is simulated: totals that are convex in the weights.  Everything else is refused here, with a sentence."""

from __future__ import annotations

import sympy as sp

from derive.errors import ModelError
from derive.spec.model import Model

__all__ = ["refuse"]

LATER = "is not simulated by this version"


def refuse(model: Model) -> None:
    """Raise ModelError with one sentence for each part of a model that is outside what is simulated."""
    said: list[str] = []
    if model.beta != sp.oo:
        at = "without beta" if model.beta is None else f"at beta = {model.beta}"
        raise ModelError(
            f"{model.name}: a model {at} {LATER}: finite temperature needs sampling, "
            'and only minima (beta = "inf") are found'
        )
    if model.energies or model.observations:
        said.append(f"an [[energy]] or [[observation]] {LATER}")
    if len(model.weights) != 1:
        said.append(f"a model with {len(model.weights)} replicated site variables {LATER}; exactly one is")
    if len(model.families) > 1:
        said.append("several site families are not simulated by this version")
    if any(w.components != 1 for w in model.weights) or any(q.components != 1 for q in model.quenched):
        said.append("weights of several components are not simulated by this version")
    for weights in model.weights:
        where = f"weights.{weights.name}"
        if weights.measure == "sphere":
            said.append(f"{where}: a total over a sphere is not convex, and {LATER}; a penalty lam/2*w^2 is")
        elif weights.measure != "lebesgue":
            said.append(f"{where}: a total over weights with a {weights.measure} is not convex, and {LATER}")
    for channel in model.channels:
        where = f"channel[{channel.index}]"
        if len(channel.student) != 1 or isinstance(channel.student[0].coefficient, tuple):
            said.append(f"{where}: more than one student field {LATER}")
        if any(isinstance(f.coefficient, tuple) for f in channel.teacher):
            said.append(f"{where}: a teacher field of several components {LATER}")
        if channel.factor not in ("loss", "constraint"):
            said.append(f"{where}: a factor {channel.factor} has no zero-temperature limit, and {LATER}")
    if not model.channels:
        said.append(f"a model without a channel {LATER}")
    if said:
        raise ModelError(f"{model.name}: " + "; ".join(said))
