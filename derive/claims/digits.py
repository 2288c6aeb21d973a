"""The same comparison with thirty digits: claim and derivation in mpmath, each by its own integrals."""

from __future__ import annotations

from collections.abc import Mapping

import mpmath as mp
import sympy as sp

from derive.claims.engine import Engine, State
from derive.claims.forms import Forms
from derive.claims.integrals import binders
from derive.claims.numbers import precise
from derive.precise.equations import tables
from derive.precise.evaluate import Evaluator
from derive.replica.pipeline import Derivation

__all__ = ["DIGITS", "agree_precisely"]

DIGITS = 30
LOST = 4
"""Digits that integrals on both sides may lose together."""


def agree_precisely(engine: Engine, forms: Forms, left: sp.Expr, right: sp.Expr, state: State) -> bool | None:
    """Whether both sides of an equation agree to `DIGITS` - `LOST` digits at a state; None where this is not computed.

    The engine's side is its derivation, before any lowering; a claim has at most one integral there.
    """
    if max(binders(left), binders(right)) > 1 or engine.solver.module.COLD or engine.solver.module.GLOBALS:
        return None
    with mp.workdps(DIGITS + 8):
        before, after = _scopes(engine, forms.derivation, state)
        if not {s.name for s in left.free_symbols} <= set(after) or not {s.name for s in right.free_symbols} <= set(
            before
        ):
            return None
        one, two = precise(left, after, DIGITS), precise(right, before, DIGITS)
        return bool(abs(one - two) <= mp.mpf(10) ** (LOST - DIGITS) * max(abs(one), abs(two), mp.mpf("1e-3")))


def _scopes(engine: Engine, derivation: Derivation, state: State) -> tuple[Mapping[str, mp.mpf], Mapping[str, mp.mpf]]:
    """The names before and after the map, from the symbolic equations."""
    saddle, module = derivation.saddle, engine.solver.module
    numbers = {name: mp.mpf(state.before[name]) for name in module.PARAMETERS}
    inside: dict[str, mp.mpf] = dict(numbers)
    named: dict[str, mp.mpf] = dict(numbers)
    for f, (family, norm) in enumerate(zip(derivation.system.families, saddle.norms, strict=True)):
        s, q = family.symbols, mp.mpf(float(state.x[2 * f]))
        r = q + mp.mpf(float(state.x[2 * f + 1])) if norm is None else precise(sp.S(norm), numbers, mp.mp.dps)
        inside |= {s.q.name: q, s.v.name: r - q, s.r.name: r}
        named |= {module.NAMES[f]["q"]: q, module.NAMES[f]["r"]: r}
    for k, name in enumerate(module.STATE[2 * len(module.TIED) :], start=2 * len(module.TIED)):
        inside[name] = named[name] = mp.mpf(float(state.x[k]))
    evaluator = Evaluator(tables(derivation.system), 1)
    hats = evaluator.evaluate(list(saddle.conjugates.values()), inside)
    inside |= {h.name: value for h, value in zip(saddle.conjugates, hats, strict=True)}
    mapped = evaluator.evaluate(list(saddle.site_map.values()), inside)
    image = {x.name: value for x, value in zip(saddle.site_map, mapped, strict=True)}
    later = dict(named)
    for f, family in enumerate(derivation.system.families):
        s, names = family.symbols, module.NAMES[f]
        later |= {names["q"]: image[s.q.name], names["r"]: image[s.q.name] + image[s.v.name]}
        if s.q_hat.name in inside:
            common = {names["q_hat"]: inside[s.q_hat.name]}
            if s.A.name in inside:
                common[names["r_hat"]] = inside[s.q_hat.name] - inside[s.A.name]
            named, later = {**named, **common}, {**later, **common}
    for name, value in image.items():
        if name in named:
            later[name] = value
    extra = {h.name: inside[h.name] for h in saddle.conjugates if h.name in module.HATS}
    named, later = {**named, **extra}, {**later, **extra}
    for scope in (named, later):
        for alias, source in {**module.TIED_NAMES, **module.TIED_HATS}.items():
            scope[alias] = scope[source]
    return named, later
