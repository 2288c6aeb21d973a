"""The measure of one site: its partition function, what it minimises at zero temperature, what is fixed by it."""

from __future__ import annotations

import sympy as sp

from derive.calculus.envelopes import Envelope, atoms_envelope, envelope
from derive.calculus.means import map_expressions
from derive.calculus.partition import normal_body, site_partition
from derive.errors import ModelError, RuleNotApplicable
from derive.replica.refusals import LATER
from derive.replica.system import INNER, WARM, SitePart
from derive.spec.model import Atom, Density, Model, Normal, Quenched, Weights

__all__ = ["law_key", "measure_parts", "norm", "prior_is_teacher", "reflect_part", "site_part"]


def measure_parts(model: Model, weights) -> list[tuple]:
    """The measure as (weight, density body or None, atom or None, lower, upper)."""
    penalty = sp.S.One
    if weights.penalty is not None:
        penalty = sp.exp(-model.beta * weights.penalty.xreplace({weights.symbol: INNER}))
    lower, upper = weights.support if weights.support is not None else (-sp.oo, sp.oo)
    if weights.measure == "sphere":
        return [((2 * sp.pi * sp.E * weights.radius) ** sp.Rational(-1, 2), sp.S.One, None, -sp.oo, sp.oo)]
    if weights.measure == "lebesgue":
        return [(sp.S.One, penalty, None, lower, upper)]
    parts = []
    for weight, component in weights.law.components:
        if weights.measure == "count":
            weight = sp.S.One
        if isinstance(component, Atom):
            scale = penalty.xreplace({INNER: component.point})
            parts.append((weight * scale, None, component.point, -sp.oo, sp.oo))
        elif isinstance(component, Normal):
            parts.append((weight, normal_body(component.mean, component.variance) * penalty, None, lower, upper))
        else:
            pdf = component.pdf.xreplace({component.variable: INNER})
            low, high = sp.Max(component.lower, lower), sp.Min(component.upper, upper)
            if not (low - high).is_nonnegative:
                parts.append((weight, pdf * penalty, None, low, high))
    if not parts:
        raise ModelError(f"weights.{weights.name}: the support leaves nothing of the {weights.measure}")
    return parts


def site_part(model: Model, weights: Weights, factor: sp.Expr, partners: tuple[sp.Expr, ...]) -> SitePart:
    """The site of weights of one component, whose field weighs it with `factor`."""
    parts = measure_parts(model, weights)
    quenched = tuple(q for q in model.quenched if q.family == weights.family)
    quenched_symbols = [q.symbol for q in quenched]
    name = "w" if len(model.weights) == 1 else weights.name
    rest = tuple(
        s
        for s in quenched_symbols
        if factor.has(s) or any(sp.Tuple(*[e for e in p if e is not None]).has(s) for p in parts)
    )
    A = sp.Symbol("Λ", positive=True)
    try:
        partition = site_partition(f"Z_{name}", parts, A, factor, rest)
    except RuleNotApplicable as problem:
        raise ModelError(f"weights.{weights.name}: {problem}") from None
    gaussian = (
        len(partition.terms) == 1
        and partition.closed is not None
        and all(p[2] is None for p in parts)
        and (getattr(partition.terms[0], "window", 0) is None)
    )
    atoms = tuple((p[0], p[2]) for p in parts) if all(p[2] is not None for p in parts) else None
    cold = _site_envelope(model, weights, f"M_{name}", rest) if model.beta == WARM else None
    reflected = {(reflect_part(p)) for p in parts}
    even = reflected == {tuple(p) for p in parts}
    return SitePart(
        factor,
        partners,
        quenched,
        partition,
        rest,
        weights.measure,
        weights.radius,
        atoms,
        gaussian,
        even,
        cold,
    )


def _site_envelope(model: Model, weights: Weights, name: str, rest: tuple[sp.Symbol, ...]) -> Envelope:
    """What the weights minimise at zero temperature: the penalty, over the line, an interval or atoms."""
    A = sp.Symbol("Λ", positive=True)
    penalty = sp.S.Zero if weights.penalty is None else weights.penalty.xreplace({weights.symbol: INNER})
    rest = tuple(s for s in rest if penalty.has(s))
    support = weights.support if weights.support is not None else (-sp.oo, sp.oo)
    signed = {q.symbol: sp.Symbol(q.symbol.name, positive=True) for q in model.quenched if _is_positive(q)}
    back = {positive: symbol for symbol, positive in signed.items()}
    try:
        if weights.measure == "count":
            return atoms_envelope(name, [c.point for _, c in weights.law.components], penalty, A, rest)
        ends = tuple(e.xreplace(signed) for e in support)
        found = envelope(name, "site", penalty.xreplace(signed), A, ends, tuple(s.xreplace(signed) for s in rest))
    except RuleNotApplicable as problem:
        raise ModelError(f"weights.{weights.name}: {problem}") from None
    return map_expressions(found, lambda e: e.xreplace(back)) if back else found


def _is_positive(variable: Quenched) -> bool:
    """Whether a quenched variable takes positive values only."""
    return hasattr(variable.law, "components") and all(
        (isinstance(c, Atom) and c.point.is_positive) or (isinstance(c, Density) and c.lower.is_nonnegative)
        for _, c in variable.law.components
    )


def reflect_part(part: tuple) -> tuple:
    """The part of a measure of -w."""
    weight, body, atom, lower, upper = part
    flipped = None if body is None else sp.expand(body.xreplace({INNER: -INNER}), deep=True)
    if flipped is not None and sp.expand(flipped - body) == 0:
        flipped = body
    return (weight, flipped, None if atom is None else -atom, -upper, -lower)


def norm(site: SitePart, model: Model) -> sp.Expr | None:
    """The value of r if w^2 f^2 is the same at all sites for every w, or the sphere's radius."""
    if site.measure == "sphere":
        if site.factor != 1:
            raise ModelError(f"{model.name}: a sphere with site-dependent fields {LATER}")
        return site.radius
    if site.atoms is not None and site.factor == 1:
        squares = {sp.expand(a**2) for _, a in site.atoms}
        if len(squares) == 1:
            return squares.pop()
    return None


def prior_is_teacher(model: Model, weights, factor, teachers) -> bool:
    """Whether the student's site measure is the law of the (single) teacher variable."""
    if len(teachers) != 1 or factor != 1:
        return False
    same = [q for q in model.quenched if q.symbol == teachers[0]]
    if not same or not hasattr(same[0].law, "components"):
        return False
    law = same[0].law
    if weights.measure == "sphere":
        if len(law.components) != 1 or not isinstance(law.components[0][1], Normal):
            return False
        normal = law.components[0][1]
        return normal.mean == 0 and sp.simplify(normal.variance - weights.radius) == 0
    if weights.measure != "prior" or weights.penalty is not None or weights.support is not None:
        return False
    return law_key(law) == law_key(weights.law)


def law_key(law) -> frozenset:
    """A law up to the order of its components."""
    total: dict = {}
    for weight, component in law.components:
        if isinstance(component, Density):
            key = (component.pdf.xreplace({component.variable: INNER}), component.lower, component.upper)
        elif isinstance(component, Normal):
            key = (sp.simplify(component.mean), sp.simplify(component.variance))
        else:
            key = (component.point,)
        total[key] = sp.expand(total.get(key, sp.S.Zero) + weight)
    return frozenset(total.items())
