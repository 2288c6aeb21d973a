"""The derivation of the satisfiable regime: the model of the minimisers through the same stages."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from derive.errors import ModelError, RuleNotApplicable
from derive.replica.observables import derive_observables
from derive.replica.pipeline import Derivation, run_pipeline
from derive.replica.regimes import satisfiable_model

__all__ = ["SatisfiableRegime", "derive_satisfiable"]


@dataclass(frozen=True, slots=True)
class SatisfiableRegime:
    """The measure on the minimisers, derived; its least energy per site; its base measure."""

    derivation: Derivation
    energy: sp.Expr
    measure: str


def derive_satisfiable(derivation: Derivation) -> SatisfiableRegime | None:
    """Derive the satisfiable regime of a model at zero temperature; None if it has none that can be derived.

    Observables that are not defined for a measure on many minimisers are left out.
    """
    found = satisfiable_model(derivation.system, derivation.model)
    if found is None:
        return None
    try:
        flat = run_pipeline(found.model)
    except (ModelError, RuleNotApplicable):
        return None
    kept = []
    for observable in found.model.observables:
        try:
            derive_observables(flat.saddle, (observable,))
        except (ModelError, RuleNotApplicable):
            continue
        kept.append(observable)
    model = replace(flat.model, observables=tuple(kept))
    return SatisfiableRegime(replace(flat, model=model), found.energy, found.model.weights[0].measure)
