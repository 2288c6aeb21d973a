r"""The satisfiable regime of a zero-temperature model: the uniform measure on its minimisers.

Where every loss is least on an interval of its field and the measure of the weights is finite without a penalty, the
minimum is degenerate as long as all samples can have their least loss at once: r - q stays finite, and the limit
beta -> infinity is the same model with every loss replaced by the constraint {h : loss(y, h) = min} and no beta.  It
ends at its capacity, q -> r; beyond it r - q = V/beta and the equations of stage `temperature` hold, whose V diverges
there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from derive.calculus.envelopes import Envelope
from derive.calculus.labels import LabelAtom
from derive.calculus.piecewise import pieces
from derive.calculus.switching import generic_samples, number_at
from derive.replica.system import INNER, ComponentPart, System
from derive.spec.model import Channel, Model

__all__ = ["REGIMES", "Satisfiable", "least_interval", "satisfiable_model"]

REGIMES = (
    "two regimes: here r - q = V/beta (unsatisfiable); where all samples can have their least loss at once the "
    "limit is the uniform measure on the minimisers, r - q finite (satisfiable); V -> infinity at its capacity"
)
"""The condition that the stage `temperature` records for a model with both regimes."""
_GRID = tuple(sp.sinh(sp.Rational(k, 6)) for k in range(-24, 25))


@dataclass(frozen=True, slots=True)
class Satisfiable:
    """The model of the minimisers, and the least energy per site."""

    model: Model
    energy: sp.Expr


def satisfiable_model(system: System, model: Model) -> Satisfiable | None:
    """The satisfiable regime of a model at beta = "inf"; None if its minimum is not degenerate, or not known to be."""
    weights = model.weights[0]
    bounded = weights.support is not None and all(e.is_finite for e in weights.support)
    free = weights.penalty is None or weights.penalty.is_zero
    if not system.cold or not free or not (weights.measure in ("sphere", "count") or bounded):
        return None
    if not any(c.factor == "loss" for c in model.channels):
        return None
    channels, energy = [], sp.S.Zero
    for part, spec in zip(system.channels, model.channels, strict=True):
        if spec.factor == "constraint":
            channels.append(spec)
            continue
        found = _constraint(part.components, spec)
        if found is None:
            return None
        allowed, least = found
        energy += part.samples * least
        channels.append(replace(spec, factor="constraint", factor_expression=allowed))
    companion = replace(
        model,
        hash=f"{model.hash}:satisfiable",
        beta=None,
        weights=(replace(weights, penalty=None),),
        channels=tuple(channels),
        thresholds=(),
    )
    return Satisfiable(companion, energy)


def _constraint(parts: tuple[ComponentPart, ...], spec: Channel) -> tuple[sp.Basic, sp.Expr] | None:
    """The fields of least loss as a condition on y and h, with that loss."""
    h, conditions, levels = spec.student[0].symbol, [], set()
    for part in parts:
        found = None if part.envelope is None else least_interval(part.envelope)
        if found is None:
            return None
        lower, upper, level = found
        levels.add(level)
        if part.label is None:
            conditions.append(_inside(h + part.shift, lower, upper))
        elif isinstance(part.label, LabelAtom):
            values = [(part.label.value, h + part.shift)]
            if part.multiplicity == 2 and part.partner is not None:
                values.append((part.partner, -h))
            for value, field in values:
                conditions.append(sp.Or(sp.Ne(spec.y, value, evaluate=False), _inside(field, lower, upper)))
        elif len(parts) == 1:
            given = {part.label.symbol: spec.y}
            conditions.append(_inside(h + part.shift, lower.xreplace(given), upper.xreplace(given)))
        else:
            return None
    if len(levels) != 1 or any(level.has(INNER, *(r for p in parts for r in p.envelope.rest)) for level in levels):
        return None
    return sp.And(*conditions), levels.pop()


def _inside(field: sp.Expr, lower: sp.Expr, upper: sp.Expr) -> sp.Basic:
    ends = [c for c, end in ((field >= lower, lower), (field <= upper, upper)) if not end.is_infinite]
    return sp.And(*ends)


def least_interval(found: Envelope) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """The interval on which a cost has its least value, with this value; None if it is least at points only.

    That no other field costs less is tried at many fields and at generic values of the symbols, not proved.
    """
    first, last = found.support
    covered, at = [], first
    for piece in pieces(found.body, INNER):  # what is left out is zero
        lower = first if piece.lower == -sp.oo else piece.lower
        if at != lower:
            covered.append((at, lower, sp.S.Zero))
        at = last if piece.upper == sp.oo else piece.upper
        covered.append((lower, at, piece.body))
    if at != last:
        covered.append((at, last, sp.S.Zero))
    flat = [c for c in covered if not c[2].has(INNER)]
    symbols = sorted({s for c in covered for e in c for s in e.free_symbols} - {INNER}, key=lambda s: s.name)
    for lower, upper, level in flat:
        if all(_least(level, covered, flat, values) for values in generic_samples(symbols, 5)):
            return lower, upper, level
    return None


def _least(level: sp.Expr, covered: list, flat: list, values: dict[sp.Symbol, sp.Expr]) -> bool:
    """Whether a flat piece costs less than every other one, and no more than any other field, at a point."""
    own = number_at(level, values)
    others = [number_at(c[2], values) for c in flat if c[2] != level]
    if own is None or any(o is None or o <= own for o in others) or len([c for c in flat if c[2] == level]) > 1:
        return False
    for lower, upper, body in covered:
        ends = [number_at(e, values) for e in (lower, upper)]
        for u in _GRID:
            inside = all(e is None or s * (float(u) - e) > 0 for e, s in zip(ends, (1, -1), strict=True))
            cost = number_at(body, {**values, INNER: sp.Float(float(u))}) if inside and body.has(INNER) else own
            if cost is not None and cost < own - 1e-9:
                return False
    return True
