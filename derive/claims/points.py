"""Parameters at which a claim without points is compared: the defaults, and others inside the domains."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sympy as sp

from derive.spec.grammar import parse_number
from derive.spec.model import Domain, Model, Parameter

__all__ = ["chosen_points", "points_beside"]

FACTORS = (sp.Rational(4, 5), sp.Rational(23, 20))
"""Where parameters move to, over their defaults."""
STEPS = (sp.Rational(1, 5), sp.Rational(3, 10))
"""Where parameters move to whose default is zero, if the claim has them."""


def chosen_points(model: Model, used: Collection[str], single: bool) -> tuple[Mapping[str, str], ...]:
    """The defaults, and two points beside them; a parameter that is zero by default moves only if the claim has it.

    A `single` number is compared at the defaults.
    """
    base = {p.name: str(_start(p)) for p in model.parameters if p.default is None}
    found: list[Mapping[str, str]] = [base]
    for k in range(0 if single else 2):
        point = dict(base)
        for index, parameter in enumerate(model.parameters):
            value = _start(parameter)
            moved = value * FACTORS[(k + index) % 2] if value != 0 else STEPS[(k + index) % 2]
            if (value != 0 or parameter.name in used) and parameter.domain.values is None:
                point[parameter.name] = str(moved if parameter.domain.contains(moved) else value)
        if point not in found:
            found.append(point)
    return tuple(found)


def points_beside(model: Model, point: Mapping[str, str]) -> tuple[Mapping[str, str], ...]:
    """Two points beside one, at which parameters that are not zero there have other values inside their domains."""
    found: list[Mapping[str, str]] = []
    for k in range(2):
        moved = dict(point)
        for index, parameter in enumerate(model.parameters):
            value = parse_number(point[parameter.name]) if parameter.name in point else _start(parameter)
            other = value * FACTORS[(k + index) % 2]
            if value != 0 and parameter.domain.values is None and parameter.domain.contains(other):
                moved[parameter.name] = str(other)
        if moved != point and moved not in found:
            found.append(moved)
    return tuple(found)


def _start(parameter: Parameter) -> sp.Expr:
    return parameter.default if parameter.default is not None else _inside(parameter.domain)


def _inside(domain: Domain) -> sp.Expr:
    if domain.values is not None:
        return domain.values[0]
    lower, upper = domain.lower, domain.upper
    if lower.is_finite and upper.is_finite:
        return (lower + upper) / 2
    return lower + 1 if lower.is_finite else upper - 1 if upper.is_finite else sp.S.Zero
