"""Means over constants of a model: `site_mean` in terms of the quenched laws, `gauss` as an average node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import sympy as sp

from derive.calculus.gaussian import gaussian_average
from derive.calculus.nodes import GaussianAverage
from derive.errors import ModelError
from derive.spec.functions import GaussMean, SiteMean
from derive.spec.model import Atom, Model, Normal, Quenched

__all__ = ["as_average", "map_expressions", "replace_outermost", "resolve_means"]

T = TypeVar("T")


def map_expressions(value: T, change: Callable[[sp.Basic], sp.Basic]) -> T:
    """Apply `change` to every sympy expression inside tuples, mappings and dataclasses; the rest is kept."""
    result: Any = value
    if isinstance(value, sp.Basic):
        result = change(value)
    elif isinstance(value, tuple):
        result = tuple(map_expressions(item, change) for item in value)
    elif isinstance(value, Mapping):
        result = {key: map_expressions(item, change) for key, item in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: map_expressions(getattr(value, f.name), change) for f in fields(value) if f.init}
        result = replace(value, **parts)
    return result


def replace_outermost(e: sp.Basic, kind: type, change: Callable[[Any], sp.Basic]) -> sp.Basic:
    """Replace the nodes of a kind that lie in no other node of that kind."""
    if isinstance(e, kind):
        return change(e)
    if e.args and e.has(kind):
        return e.func(*[replace_outermost(a, kind, change) for a in e.args])
    return e


def as_average(mean: GaussMean) -> GaussianAverage:
    """E f(x) over x ~ N(0, 1) as a node of the calculus, means inside it alike."""
    body, x = mean.args
    return GaussianAverage(replace_outermost(body, GaussMean, as_average), (x,), (sp.S.Zero,), (sp.S.One,))


def _site_mean(mean: SiteMean, quenched: Sequence[Quenched]) -> sp.Expr:
    """The mean over the quenched laws: exact sums over atoms, normal laws as `GaussMean`."""
    body = replace_outermost(mean.args[0], SiteMean, lambda inner: _site_mean(inner, quenched))
    for variable in reversed(quenched):
        s = variable.symbol
        if not body.has_free(s):
            continue
        total = sp.S.Zero
        for weight, component in getattr(variable.law, "components", ()):
            if isinstance(component, Atom):
                value = body.xreplace({s: component.point})
            elif isinstance(component, Normal):
                value = gaussian_average(body, s, component.mean, component.variance)
                if value is None:
                    x = sp.Symbol("standard_", real=True)
                    value = GaussMean(body.xreplace({s: component.mean + sp.sqrt(component.variance) * x}), x)
            else:
                raise ModelError(f"site_mean over the density of {variable.name} is not derived yet by this version")
            total += weight * value
        body = total
    return body


def resolve_means(model: Model) -> Model:
    """Return the model with every `site_mean` written in its quenched laws.

    Raises
    ------
    ModelError
        For a mean over a density, or a `gauss` without closed form that depends on more than parameters.
    """
    resolved = map_expressions(
        model, lambda e: replace_outermost(e, SiteMean, lambda mean: _site_mean(mean, model.quenched))
    )
    parameters = {p.symbol for p in model.parameters}

    def check(e: sp.Basic) -> sp.Basic:
        for mean in sorted(e.atoms(GaussMean), key=str) if e.has(GaussMean) else ():
            foreign = sorted(s.name for s in mean.free_symbols - parameters if not s.name.startswith("θ"))
            if foreign:
                names = ", ".join(foreign)
                message = (
                    f"{model.name}: a gauss(...) of {names} without closed form is not derived yet by this version"
                )
                raise ModelError(message)
        return e

    return map_expressions(resolved, check)
