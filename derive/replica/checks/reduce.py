"""Stage 6: the reduced free entropy equals the full one on its manifold, and the manifold is invariant."""

from __future__ import annotations

from derive.replica.checks.numeric import Evaluator
from derive.replica.checks.points import Ledger, Point, gradient
from derive.replica.checks.spec import Values
from derive.replica.reduce import ReducedEntropy
from derive.replica.replica_limit import FreeEntropy
from derive.replica.trace import Check

__all__ = ["check_reduce"]

BOUND = 1e-6


def check_reduce(free: FreeEntropy, reduced: ReducedEntropy) -> Check:
    """Compare values on the manifold; off it, the gradient of the full free entropy decides."""
    point, ledger = Point(free.system, strength=3.0), Ledger()
    evaluate = point.evaluator()
    at = on_manifold(point.all, reduced, evaluate)
    for name in ("interaction", "site", "channel"):
        # A constant may move between the parts; only the sum has a meaning, but equal parts locate a difference.
        if name != "interaction":
            ledger.compare(name, evaluate(getattr(reduced, name), at), evaluate(getattr(free, name), at), BOUND)
    ledger.compare("total", evaluate(reduced.total, at), evaluate(free.total, at), BOUND)
    ledger.compare("full site", evaluate(reduced.full_site, point.all), evaluate(free.site, point.all), BOUND)
    _check_norm(free, reduced, evaluate, at, ledger)
    if reduced.matched:
        _check_nishimori(free, evaluate, at, ledger)
    if reduced.explicit is not None:
        _check_explicit(free, reduced, evaluate, at, ledger)
    return ledger.check("reduced = full on the reduced manifold, and the manifold is invariant")


def on_manifold(values: Values, reduced: ReducedEntropy, evaluate: Evaluator) -> Values:
    """The point moved to the reduced manifold."""
    at = dict(values)
    for family, norm in zip(reduced.system.families, reduced.norms, strict=True):
        s = family.symbols
        if norm is not None and reduced.system.cold:
            at[s.q] = evaluate(norm, at)
        elif norm is not None:
            at[s.v] = evaluate(norm, at) - at[s.q]
        if reduced.matched:
            at[s.m[0]], at[s.m_hat[0]], at[s.A] = at[s.q], at[s.q_hat], at[s.q_hat]
    for symbol, expression in reduced.eliminated.items():
        at[symbol] = evaluate(expression, at)
    return at


def _site_overlaps(free: FreeEntropy, evaluate: Evaluator, at: Values) -> Values:
    """The overlaps at which the full free entropy is stationary in the hats, by finite differences of the site."""
    overlaps: Values = {}
    for family in free.system.families:
        s, size = family.symbols, evaluate(family.share, at)

        def site(values: Values, size: float = size) -> float:
            return evaluate(free.site, values) / size

        v = 2 * gradient(site, s.q_hat, at)
        overlaps |= {s.v: v, s.q: -2 * gradient(site, s.A, at) - (0.0 if free.system.cold else v)}
        overlaps |= {m: gradient(site, hat, at) for m, hat in zip(s.m, s.m_hat, strict=True)}
    return overlaps


def _check_norm(free: FreeEntropy, reduced: ReducedEntropy, evaluate: Evaluator, at: Values, ledger: Ledger) -> None:
    """A known self-overlap is what the site gives at the eliminated multiplier, for every value of the others."""
    for family, known in zip(free.system.families, reduced.norms, strict=True):
        s = family.symbols
        for q_hat in (at[s.q_hat], 1.7 * at[s.q_hat]) if known is not None else ():
            moved = on_manifold({**at, s.q_hat: q_hat}, reduced, evaluate)
            found = _site_overlaps(free, evaluate, moved)
            norm = found[s.q] if free.system.cold else found[s.q] + found[s.v]  # r - q = V/beta -> 0
            ledger.compare("self-overlap", norm, evaluate(known, at), BOUND)


def _check_nishimori(free: FreeEntropy, evaluate: Evaluator, at: Values, ledger: Ledger) -> None:
    """On m = q the full equations give equal hats; at equal hats the site gives m = q."""

    def channel(values: Values) -> float:
        return evaluate(free.channel, values)

    found = _site_overlaps(free, evaluate, at)
    for family in free.system.families:
        s, size = family.symbols, evaluate(family.share, at)
        slopes = {x: gradient(channel, x, at) / size for x in (s.q, s.v, s.m[0])}
        A, m_hat = -2 * slopes[s.q], slopes[s.m[0]]
        q_hat = A + 2 * slopes[s.v]
        ledger.compare("hats: q_hat = m_hat", q_hat, m_hat, BOUND)
        if not family.sphere and (family.norm is None or free.system.energy is None):  # else the multiplier is free
            ledger.compare("hats: r_hat = 0", A, q_hat, BOUND)
        ledger.compare("overlaps: m = q", found[s.m[0]], found[s.q], BOUND)


def _check_explicit(
    free: FreeEntropy, reduced: ReducedEntropy, evaluate: Evaluator, at: Values, ledger: Ledger
) -> None:
    """With the conjugates eliminated: compare where the site is stationary in them."""
    found = {**at, **_site_overlaps(free, evaluate, at)}
    if reduced.matched:
        found |= {f.symbols.m[0]: found[f.symbols.q] for f in free.system.families}
    expected = evaluate(free.total, found)
    ledger.compare("conjugates eliminated", evaluate(reduced.explicit, found), expected, BOUND)
