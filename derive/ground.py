"""Parameters at which a temperature vanishes: the model at zero temperature is a model of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from derive.calculus.means import map_expressions
from derive.errors import UsageError
from derive.spec.model import Model

__all__ = ["GROUND", "at_zero_temperature", "ground_model", "is_ground"]

GROUND = ":zero"
"""What the hash of a specification at zero temperature ends with."""


def _vanishing(model: Model) -> list[str]:
    """The parameters that beta alone contains."""
    elsewhere: set[sp.Symbol] = set()

    def collect(e: sp.Basic) -> sp.Basic:
        elsewhere.update(e.free_symbols)
        return e

    means = tuple(o for o in model.observables if o.kind != "response")
    map_expressions(replace(model, beta=None, parameters=(), observables=means, symbols={}), collect)
    assert model.beta is not None
    return [p.name for p in model.parameters if model.beta.has(p.symbol) and p.symbol not in elsewhere]


def is_ground(model: Model, values: Mapping[str, Any]) -> bool:
    """Whether beta is infinite at these values, in a model whose beta depends on parameters."""
    if model.beta is None or model.beta is sp.oo:
        return False
    given = {p.symbol: values[p.name] for p in model.parameters if p.name in values}
    return bool(model.beta.xreplace(given).is_infinite)


def at_zero_temperature(model: Model, values: Mapping[str, Any]) -> tuple[Model, dict[str, Any]]:
    """The model and its parameters, or those at beta = "inf" where beta is infinite at these values.

    Raises
    ------
    UsageError
        if a parameter of beta also occurs elsewhere: the limit would have to be taken there too.
    """
    kept = dict(values)
    if model.beta is None or not is_ground(model, values):
        return model, kept
    names = _vanishing(model)
    used = [p.name for p in model.parameters if model.beta.has(p.symbol)]
    if names != used:
        other = next(name for name in used if name not in names)
        raise UsageError(f"{model.name}: beta is infinite here, and {other} occurs outside of beta too")
    for name in names:
        kept.pop(name, None)
    return _without(model, names), kept


def _without(model: Model, names: list[str]) -> Model:
    parameters = tuple(p for p in model.parameters if p.name not in names)
    gone = [o for o in model.observables if o.kind == "response" and str(o.expression.args[1]) in names]
    observables = tuple(o for o in model.observables if o not in gone)
    return replace(model, beta=sp.oo, parameters=parameters, observables=observables, hash=model.hash + GROUND)


def ground_model(model: Model) -> Model | None:
    """The model at the end of a domain where its beta is infinite, or None if there is no such end."""
    if model.beta is None or model.beta is sp.oo:
        return None
    for p in model.parameters:
        ends = [(p.domain.lower, p.domain.lower_open), (p.domain.upper, p.domain.upper_open)]
        closed = [end for end, is_open in ends if not is_open]
        if model.beta.has(p.symbol) and any(model.beta.xreplace({p.symbol: end}).is_infinite for end in closed):
            names = _vanishing(model)
            return _without(model, names) if p.name in names else None
    return None
