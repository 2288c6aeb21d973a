"""Stage 7: every equation of the saddle point against finite differences of the free entropy of stage 5."""

from __future__ import annotations

from derive.replica.checks.points import Ledger, Point, gradient
from derive.replica.checks.spec import Values
from derive.replica.replica_limit import FreeEntropy
from derive.replica.saddle_point import SaddlePoint
from derive.replica.trace import Check

__all__ = ["check_saddle_point"]

BOUND = 1e-6


def check_saddle_point(free: FreeEntropy, saddle: SaddlePoint) -> Check:
    """Put each equation's right-hand side in, and the gradient of the full free entropy must vanish."""
    system, s = free.system, free.system.symbols
    point, ledger = Point(system, strength=3.0), Ledger()
    evaluate = point.evaluator()
    at = point.all
    if saddle.reduced.matched:
        at[s.m[0]], at[s.m_hat[0]], at[s.A] = at[s.q], at[s.q_hat], at[s.q_hat]

    # Conjugates: d(interaction + channel)/d(overlap) vanishes at the claimed hats.
    hats = {hat: evaluate(e, at) for hat, e in saddle.conjugates.items()}
    claimed = {**at, **hats}
    if saddle.reduced.matched:
        claimed[s.m_hat[0]] = claimed[s.A] = claimed[s.q_hat]
    elif saddle.tied is not None:
        claimed[s.A] = claimed[s.q_hat]  # its value drops out along the manifold

    def overlap_part(values: Values) -> float:
        return evaluate(free.interaction, values) + evaluate(free.channel, values)

    slopes = {x: gradient(overlap_part, x, claimed) for x in (s.q, s.v, *s.m)}
    if saddle.reduced.matched:
        ledger.add("q_hat", abs(slopes[s.q] - slopes[s.v] + slopes[s.m[0]]), BOUND)
    elif saddle.tied is not None:
        ledger.add("q_hat", abs(slopes[s.q] - slopes[s.v]), BOUND)
    else:
        ledger.add("A", abs(slopes[s.q]), BOUND)
        ledger.add("q_hat", abs(slopes[s.v]), BOUND)
    if not saddle.reduced.matched:
        for m in s.m:
            ledger.add(f"{m}_hat", abs(slopes[m]), BOUND)
    for b, expression in saddle.stationary.items():
        ledger.compare(f"stationary in {b}", evaluate(expression, at), gradient(overlap_part, b, at), BOUND)

    # Overlaps: d(interaction + site)/d(hat) vanishes at the claimed overlaps.
    kept = dict(at)
    for symbol, expression in saddle.reduced.eliminated.items():
        kept[symbol] = evaluate(expression, at)
    kept.update({x: evaluate(e, kept) for x, e in saddle.site_map.items()})
    if saddle.reduced.matched:
        kept[s.m[0]] = kept[s.q]

    def site_part(values: Values) -> float:
        return evaluate(free.interaction, values) + evaluate(free.site, values)

    for hat in (s.A, s.q_hat, *s.m_hat):
        ledger.add(f"overlap of {hat}", abs(gradient(site_part, hat, kept)), BOUND)
    if saddle.tied is not None:
        ledger.compare("self-overlap", kept[s.q] + kept[s.v], evaluate(saddle.tied), BOUND)
    ledger.compare(
        "free entropy",
        evaluate(saddle.free_entropy, at | _eliminated(saddle, at, evaluate)),
        evaluate(free.total, at | _eliminated(saddle, at, evaluate)),
        BOUND,
    )
    return ledger.check("finite differences of the free entropy vanish at each equation's value")


def _eliminated(saddle: SaddlePoint, at: Values, evaluate) -> Values:
    return {symbol: evaluate(e, at) for symbol, e in saddle.reduced.eliminated.items()}
