r"""What a jump of the maximiser adds to the derivative of an average along Gaussian paths.

Let a body B jump at omega = w*(s), from B_- to B_+.  At fixed t in omega = mu + sqrt(c) t the jump moves relative to
the field, and

    d/ds E B = E[the derivative almost everywhere] + E[delta(omega - w*) (B_- - B_+) (dw*/ds - omega')],

omega' = mu' + c' (omega - mu)/(2 c) the speed of the path.  No delta function is kept: by Stein's lemma, with
D = d_omega + (m/c) d_zeta and a step theta,

    E[delta(omega - w*) G] = E[theta(omega - w*) (G (omega - mu)/c - D G)].

G is taken at omega = w*, so that D acts on zeta alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from derive.calculus.closed_envelopes import field_regions
from derive.calculus.envelopes import Envelope
from derive.calculus.nodes import GaussianAverage, MoreauEnvelope, _Binder, differentiate, expand
from derive.errors import ModelError

__all__ = ["shock_terms"]


def shock_terms(node: GaussianAverage, symbol: sp.Symbol, speed: sp.Expr, table: Mapping[str, Envelope]) -> sp.Expr:
    """The body whose average over the measure of `node` is what its jumps add to the derivative in `symbol`."""
    if not any(table[l.args[0].name].jumps for l in node.body.atoms(MoreauEnvelope)):
        return sp.S.Zero
    return _in_body(node, node.body, symbol, speed, table)


def _in_body(node: GaussianAverage, body: sp.Expr, symbol: sp.Symbol, speed: sp.Expr, table) -> sp.Expr:
    total = sp.S.Zero
    for term in sp.Add.make_args(expand(body)):
        factors = sp.Mul.make_args(term)
        inner = [f for f in factors if isinstance(f, _Binder) and f.has(MoreauEnvelope)]
        if inner:  # a sum or an integral over labels
            rest = sp.Mul(*[f for f in factors if f is not inner[0]])
            inside = _in_body(node, expand(rest * inner[0].body), symbol, speed, table)
            total += inner[0]._with_body(inside) if inside != 0 else 0
        elif term.has(MoreauEnvelope):
            total += _in_term(node, term, symbol, speed, table)
    return total


def _in_term(node: GaussianAverage, term: sp.Expr, symbol: sp.Symbol, speed: sp.Expr, table) -> sp.Expr:
    jets = sorted(term.atoms(MoreauEnvelope), key=sp.default_sort_key)
    ((name, x, v, *rest), *others) = {(l.args[0].name, *l.args[3:]) for l in jets}
    found, omega, mean, c = table[name], node.bound_symbols[0], node.mean[0], node.covariance(0, 0)
    if not found.jumps:
        return sp.S.Zero
    intervals = field_regions(found, x, v, tuple(rest), omega)
    if others or intervals is None:
        raise ModelError("the derivative of a product of envelopes whose minimisers jump is not derived yet")
    given = {found.variance: v, **dict(zip(found.rest, rest, strict=True))}
    total = sp.S.Zero
    for index in found.shocks:
        place = intervals[index][1]
        sides = []
        for region in found.regions[index : index + 2]:
            values = {l: found.value(region, l.order).xreplace(given).xreplace({found.field: x}) for l in jets}
            sides.append(term.xreplace(values))
        jump = (sides[0] - sides[1]) * (differentiate(place, symbol) - speed)
        jump = sp.Add(*[_at(t, omega, place) for t in sp.Add.make_args(expand(jump))])
        if jump == 0:
            continue
        weight = jump * (omega - mean) / c
        if len(node.bound_symbols) == 2:
            weight -= node.covariance(0, 1) / c * differentiate(jump, node.bound_symbols[1])
        total += expand(weight) * sp.Piecewise((1, omega > place), (0, True))
    return total


def _at(term: sp.Expr, omega: sp.Symbol, place: sp.Expr) -> sp.Expr:
    return term.xreplace({omega: place})
