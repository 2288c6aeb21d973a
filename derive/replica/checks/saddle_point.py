"""Stage 7: every equation of the saddle point against finite differences of the free entropy of stage 5."""

from __future__ import annotations

import sympy as sp

from derive.replica.checks.points import Ledger, Point, gradient
from derive.replica.checks.spec import Values
from derive.replica.replica_limit import FreeEntropy
from derive.replica.saddle_point import SaddlePoint
from derive.replica.trace import Check

__all__ = ["check_saddle_point"]

BOUND = 1e-6
JACOBIAN = 1e-5


def check_saddle_point(free: FreeEntropy, saddle: SaddlePoint) -> Check:
    """Put each equation's right-hand side in, and the gradient of the full free entropy must vanish."""
    if free.system.cold:
        return _check_cold(free, saddle)
    system, matched = free.system, saddle.reduced.matched
    symbols = [f.symbols for f in system.families]
    point, ledger = Point(system, strength=3.0), Ledger()
    evaluate = point.evaluator()
    at = point.all
    for s in symbols if matched else ():
        at[s.m[0]], at[s.m_hat[0]], at[s.A] = at[s.q], at[s.q_hat], at[s.q_hat]

    # Conjugates: d(interaction + channel)/d(overlap) vanishes at the claimed hats.
    hats = {hat: evaluate(e, at) for hat, e in saddle.conjugates.items()}
    claimed = {**at, **hats}
    for s, norm in zip(symbols, saddle.norms, strict=True):
        if matched:
            claimed[s.m_hat[0]] = claimed[s.A] = claimed[s.q_hat]
        elif norm is not None:
            claimed[s.A] = claimed[s.q_hat]  # its value drops out along the manifold

    def overlap_part(values: Values) -> float:
        return evaluate(free.interaction, values) + evaluate(free.channel, values)

    for s, norm in zip(symbols, saddle.norms, strict=True):
        slopes = {x: gradient(overlap_part, x, claimed) for x in (s.q, s.v, *s.m)}
        if matched:
            ledger.add(f"{s.q_hat}", abs(slopes[s.q] - slopes[s.v] + slopes[s.m[0]]), BOUND)
            continue
        if norm is not None:
            ledger.add(f"{s.q_hat}", abs(slopes[s.q] - slopes[s.v]), BOUND)
        else:
            ledger.add("A", abs(slopes[s.q]), BOUND)
            ledger.add(f"{s.q_hat}", abs(slopes[s.v]), BOUND)
        for m, m_hat in zip(s.m, s.m_hat, strict=True):
            ledger.add(f"{m_hat}", abs(slopes[m]), BOUND)
    for b, expression in saddle.stationary.items():
        ledger.compare(f"stationary in {b}", evaluate(expression, at), gradient(overlap_part, b, at), BOUND)

    # Overlaps: d(interaction + site)/d(hat) vanishes at the claimed overlaps.
    kept = dict(at)
    for symbol, expression in saddle.reduced.eliminated.items():
        kept[symbol] = evaluate(expression, at)
    kept.update({x: evaluate(e, kept) for x, e in saddle.site_map.items()})
    kept |= {s.m[0]: kept[s.q] for s in symbols} if matched else {}

    def site_part(values: Values) -> float:
        return evaluate(free.interaction, values) + evaluate(free.site, values)

    for s, norm in zip(symbols, saddle.norms, strict=True):
        for hat in (s.A, s.q_hat, *s.m_hat):
            ledger.add(f"overlap of {hat}", abs(gradient(site_part, hat, kept)), BOUND)
        if norm is not None:
            ledger.compare("self-overlap", kept[s.q] + kept[s.v], evaluate(norm), BOUND)
    ledger.compare(
        "free entropy",
        evaluate(saddle.free_entropy, at | _eliminated(saddle, at, evaluate)),
        evaluate(free.total, at | _eliminated(saddle, at, evaluate)),
        BOUND,
    )
    return ledger.check("finite differences of the free entropy vanish at each equation's value")


def _check_cold(free: FreeEntropy, saddle: SaddlePoint) -> Check:
    """The same at zero temperature, and both Jacobians against differences of the equations.

    With q fixed, V_hat multiplies a constant: its stationarity holds for every V, and q is not moved.
    """
    symbols = [f.symbols for f in free.system.families]
    point, ledger = Point(free.system, strength=3.0), Ledger()
    evaluate, at = point.evaluator(), point.all
    at |= {s.q: evaluate(norm, at) for s, norm in zip(symbols, saddle.norms, strict=True) if norm is not None}
    at |= _eliminated(saddle, at, evaluate)

    def overlap_part(values: Values) -> float:
        return evaluate(free.interaction, values) + evaluate(free.channel, values)

    claimed = {**at, **{hat: evaluate(e, at) for hat, e in saddle.conjugates.items()}}
    for x in saddle.overlaps:
        if x in saddle.stationary:
            ledger.compare(f"stationary in {x}", evaluate(saddle.stationary[x], at), _slope(overlap_part, x, at), BOUND)
        else:
            ledger.add(f"conjugate of {x}", abs(_slope(overlap_part, x, claimed)), BOUND)

    def site_part(values: Values) -> float:
        return evaluate(free.interaction, values) + evaluate(free.site, values)

    kept = {**at, **{x: evaluate(e, at) for x, e in saddle.site_map.items()}}
    for s, norm in zip(symbols, saddle.norms, strict=True):
        for hat in (s.A, s.q_hat, *s.m_hat):
            ledger.add(f"overlap of {hat}", abs(_slope(site_part, hat, kept)), BOUND)
        if norm is not None:
            ledger.compare("fixed q", kept[s.q], evaluate(norm, at), BOUND)
    ledger.compare("free entropy", evaluate(saddle.free_entropy, at), evaluate(free.total, at), BOUND)
    rows = {**saddle.conjugates, **saddle.stationary}
    for (row, x), e in saddle.conjugate_jacobian().items():
        slope = _slope(lambda values, row=row: evaluate(rows[row], values), x, at)
        ledger.compare(f"d {row}/d {x}", evaluate(e, at), slope, JACOBIAN)
    for (x, hat), e in saddle.site_jacobian().items():
        slope = _slope(lambda values, x=x: evaluate(saddle.site_map[x], values), hat, at)
        ledger.compare(f"d {x}/d {hat}", evaluate(e, at), slope, JACOBIAN)
    return ledger.check("finite differences of the free entropy and of the equations")


def _slope(function, symbol: sp.Symbol, at: Values) -> float:
    return gradient(function, symbol, at, 0.004)


def _eliminated(saddle: SaddlePoint, at: Values, evaluate) -> Values:
    return {symbol: evaluate(e, at) for symbol, e in saddle.reduced.eliminated.items()}
