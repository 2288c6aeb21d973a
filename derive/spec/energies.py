"""`[[energy]]` and `[[observation]]` entries."""

from __future__ import annotations

import sympy as sp

from derive.errors import nearest
from derive.spec.context import Context
from derive.spec.faults import Path
from derive.spec.functions import Cross, Overlap
from derive.spec.model import Energy, Observation
from derive.spec.schema import RawEnergy, RawObservation

__all__ = ["read_energy", "read_observation"]


def _cross(f: sp.Expr, g: sp.Expr | None = None) -> sp.Expr:
    return Cross(f, f if g is None else g)


def read_energy(context: Context, raw: RawEnergy, index: int) -> Energy | None:
    """Return one energy: a covariance in cross(f, g) or a value in overlap(f, g)."""
    path: Path = ("energy", index)
    if (raw.gaussian is None) == (raw.value is None):
        found = "none" if raw.gaussian is None else "both"
        hint = 'gaussian = "cross(s)^2/2" or value = "-h*overlap(s, 1)"'
        message = f"an energy is either `gaussian` or `value`; found {found}"
        context.faults.add(path, message, hint, at_key=True)
        return None
    kind = "gaussian" if raw.gaussian is not None else "value"
    path = (*path, kind)
    text = raw.gaussian if raw.gaussian is not None else raw.value
    calls = {"cross": ((1, 2), _cross)} if kind == "gaussian" else {"overlap": ((2,), Overlap)}
    node = Cross if kind == "gaussian" else Overlap
    kinds = ["parameters", "weights", "quenched"]
    place = "a Gaussian energy" if kind == "gaussian" else "the value of an energy"
    scope = context.scope(place, kinds, calls=calls)
    expression = context.expression(path, text or "", scope)
    if expression is None:
        return None
    sites = {s for k in ("weights", "quenched") for v in context.of_kind(k).values() for s in sp.Tuple(v).free_symbols}
    averages = expression.atoms(node)
    outside = expression.xreplace({a: sp.Dummy() for a in averages}).free_symbols & sites
    if outside:
        name = min(s.name for s in outside)
        call = f"cross({name})" if kind == "gaussian" else f"overlap({name}, 1)"
        message = f"`{name}` is a variable of one site: an energy is made of site averages"
        context.faults.add(path, message, f"write {call}")
        return None
    weights = {s for v in context.of_kind("weights").values() for s in sp.Tuple(v).free_symbols}
    if not averages or not all(a.free_symbols & weights for a in averages):
        word = "cross" if kind == "gaussian" else "overlap"
        context.faults.add(path, f"every {word}(..) of an energy contains a weight, and there is at least one")
        return None
    return Energy(kind, expression)  # type: ignore[arg-type]


def _names(context: Context, path: Path, given: list[str], kind: str, what: str) -> bool:
    allowed = context.of_kind(kind)
    right = True
    for i, name in enumerate(given):
        if name not in allowed:
            close = nearest(name, allowed) if len(name) <= 60 else None
            hint = f"did you mean `{close}`?" if close else f"{kind}: " + (", ".join(allowed) or "none")
            context.faults.add((*path, i), f"`{name[:40]}` is not {what}", hint)
            right = False
    return right


def read_observation(context: Context, raw: RawObservation, index: int) -> Observation | None:
    """Return one observation: of weights, with the quenched truth of each."""
    path: Path = ("observation", index)
    right = _names(context, (*path, "of"), raw.of, "weights", "a weight")
    right &= _names(context, (*path, "truth"), raw.truth, "quenched", "a quenched variable")
    if len(raw.of) < 2 or len(raw.of) > 64:
        context.faults.add((*path, "of"), "an observation is of two or more variables", 'of = ["x", "x"]')
        right = False
    elif len(raw.of) != len(raw.truth):
        message = f"`of` has {len(raw.of)} names and `truth` has {len(raw.truth)}"
        context.faults.add((*path, "truth"), message)
        right = False
    elif len(set(raw.of)) > 1 and len(raw.of) != 2:
        message = "an observation is of one variable repeated, or of two variables"
        context.faults.add((*path, "of"), message, 'of = ["x", "x", "x"] or of = ["u", "v"]')
        right = False
    snr = context.expression((*path, "snr"), raw.snr, context.scope("an snr", ["parameters"]))
    if snr is not None and snr.is_negative:
        context.faults.add((*path, "snr"), "the signal-to-noise ratio is negative")
    if snr is None or not right:
        return None
    return Observation(tuple(raw.of), tuple(raw.truth), snr)
