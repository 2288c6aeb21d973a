"""Other conventions for conjugates: what several claims of a file share, such as a hat that is twice the engine's.

A convention is accepted only where it makes at least two claims with the symbol true together: the one that defines it
and another.  A single equation that is wrong by a factor stays refuted.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import sympy as sp

from derive.claims.engine import Engine
from derive.claims.kinds import Statement, known, same
from derive.claims.numbers import number
from derive.claims.points import chosen_points
from derive.claims.verdicts import Verdict
from derive.spec.evaluate import NotNumericError

__all__ = ["shared_conventions"]

STATES = 3


def shared_conventions(
    engine: Engine,
    verdicts: Sequence[Verdict],
    read: Mapping[str, Sequence[Statement] | Verdict],
    used: Collection[str],
) -> list[Verdict]:
    """The verdicts, where refuted claims agree with others in one convention for the conjugates."""
    hats = {n for n in (*engine.solver.module.HATS, *engine.solver.module.TIED_HATS) if "-" not in n}
    statements = [
        x.at(x.claim.points or chosen_points(engine.model, used, False))
        for given in read.values()
        if not isinstance(given, Verdict)
        for x in given
        if x.claim.quantity in ("equation", "formula", "value") and {s.name for s in x.symbols} & hats
    ]
    refuted = {v.id for v in verdicts if v.verdict == "refuted" and not v.expected}
    found: dict[str, sp.Expr] = {}
    for x in statements:
        if x.claim.id in refuted and x.left.is_Symbol and x.left.name in hats and x.left.name not in found:
            factor = _factor(engine, x)
            if factor is not None:
                found[x.left.name] = factor
    if not found:
        return list(verdicts)
    involved = [x for x in statements if {s.name for s in x.symbols} & set(found)]
    for name in found:
        others = {x.claim.id for x in involved if name in {s.name for s in x.symbols}}
        if len(others) < 2:
            return list(verdicts)
    if not all(_holds(engine, x, found) for x in involved):
        return list(verdicts)
    said = ", ".join(f"the author's {name} is {factor} times the engine's" for name, factor in found.items())
    ids = {x.claim.id for x in involved}
    detail = f"in another convention, which {len(ids)} claims share: {said}"
    return [_agreed(v, detail) if v.id in ids else v for v in verdicts]


def _agreed(v: Verdict, detail: str) -> Verdict:
    return replace(v, verdict="agrees", digits=9, detail=detail, found=None, claimed=None, edit="", step="")


def _factor(engine: Engine, statement: Statement) -> sp.Expr | None:
    """The claimed conjugate over the engine's, a number times powers of parameters; None if it is none."""
    places = []
    for seed, given in enumerate(statement.points):
        for state in engine.states(given, STATES, seed):
            if not known(statement.right, state.before):
                return None
            try:
                left, right = state.after[statement.left.name], number(statement.right, state.before)[0]
            except NotNumericError:
                return None
            if left == 0.0:
                return None
            places.append((right / left, state.before))
    parameters = [p.symbol for p in engine.model.parameters]
    powers = itertools.chain(
        [()],
        ((p, k) for p in parameters for k in (1, -1, 2, -2)),
    )
    for power in powers:
        scale = power[0] ** power[1] if power else sp.S.One
        try:
            values = [ratio / number(scale, scope)[0] for ratio, scope in places]
        except (NotNumericError, ZeroDivisionError):
            continue
        if values and all(np.isfinite(values)) and all(same(v, values[0]) for v in values):
            nice = sp.Rational(values[0]).limit_denominator(16)
            if nice != 0 and same(float(nice), values[0]):
                return nice * scale
    return None


def _holds(engine: Engine, statement: Statement, factors: Mapping[str, sp.Expr]) -> bool:
    """Whether a statement is true as a function where the conjugates are the author's."""
    phi = engine.names["free_entropy"].name
    count = 0
    for seed, given in enumerate(statement.points):
        for state in engine.states(given, STATES, seed):
            try:
                scales = {name: number(factor, state.before)[0] for name, factor in factors.items()}
                before = {k: v * scales.get(k, 1.0) for k, v in state.before.items()}
                after = {k: v * scales.get(k, 1.0) for k, v in state.after.items()}
                entropies = state.entropies if phi in {s.name for s in statement.left.free_symbols} else (0.0,)
                if not (known(statement.left, {**after, phi: 0.0}) and known(statement.right, before)):
                    return False
                right = number(statement.right, before)[0]
                lefts = [number(statement.left, {**after, phi: value})[0] for value in entropies]
            except NotNumericError:
                return False
            if not any(same(left, right) for left in lefts):
                return False
            count += 1
    return count > 0
