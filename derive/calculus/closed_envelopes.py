"""Averages of envelopes in closed form: piecewise polynomials of a Gaussian field close to erf, exp and orthants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from derive.calculus.envelopes import Envelope
from derive.calculus.nodes import (
    GaussianAverage,
    LabelIntegral,
    LabelLaw,
    LabelSum,
    MoreauEnvelope,
    _Binder,
    expand,
)
from derive.calculus.partition import Partition
from derive.calculus.strips import interval_average
from derive.errors import RuleNotApplicable

__all__ = ["average_pieces", "close_envelopes", "explicit_envelope", "field_regions"]

Table = Mapping[str, Partition | Envelope]


def field_regions(
    found: Envelope, x: sp.Expr, v: sp.Expr, rest: tuple[sp.Expr, ...], u: sp.Symbol
) -> list[tuple[sp.Expr, sp.Expr]] | None:
    """The intervals of u of the regions of an envelope at x = slope*u + offset, slope > 0; None if not of this form."""
    x = sp.expand(x)
    slope = x.coeff(u)
    offset = x - slope * u
    if slope.has(u) or offset.has(u) or slope.is_zero or slope.is_negative:
        return None
    given = {found.variance: v, **dict(zip(found.rest, rest, strict=True))}

    def place(end: sp.Expr) -> sp.Expr:
        return end if end.is_infinite else sp.expand((end.xreplace(given) - offset) / slope)

    return [(place(r.lower), place(r.upper)) for r in found.regions]


def _values(found: Envelope, node: MoreauEnvelope) -> list[sp.Expr]:
    """The value of a node on each region."""
    given = {found.variance: node.args[4], **dict(zip(found.rest, node.args[5:], strict=True))}
    values = [found.value(r, node.order).xreplace(given) for r in found.regions]
    return [e.xreplace({found.field: node.args[3]}) for e in values]


def explicit_envelope(node: MoreauEnvelope, found: Envelope) -> sp.Expr | None:
    """A node as a piecewise polynomial of its field, or None if a maximiser is a root."""
    if not found.closed:
        return None
    values = _values(found, node)
    if len(values) == 1:
        return values[0]
    given = {found.variance: node.args[4], **dict(zip(found.rest, node.args[5:], strict=True))}
    x = node.args[3]
    ends = [r.upper.xreplace(given) for r in found.regions[:-1]]
    return sp.Piecewise(*[(value, sp.Lt(x, end)) for value, end in zip(values, ends, strict=False)], (values[-1], True))


_SLOPE, _REST, _WIDTH = sp.Symbol("ς", real=True), sp.Symbol("ϱ", positive=True), sp.Symbol("ϖ", positive=True)


def _measure(node: GaussianAverage) -> dict[sp.Symbol, sp.Expr]:
    """The variance of omega, and slope and variance of zeta given omega, as positive symbols while rules simplify."""
    c = node.covariance(0, 0)
    given = {} if isinstance(c, sp.Symbol) or c.is_number else {_WIDTH: c}
    if len(node.bound_symbols) == 2:
        m = node.covariance(0, 1)
        given |= {_SLOPE: m / c, _REST: node.covariance(1, 1) - m**2 / c}
    return given


def _conditioned(node: GaussianAverage, body: sp.Expr, table: Table) -> sp.Expr | None:
    """Average P(y|zeta) over zeta at fixed omega: Z_0, or its derivative, at the conditional mean and variance."""
    if len(node.bound_symbols) == 1:
        return body
    omega = node.bound_symbols[0]
    mean = node.mean[1] + _SLOPE * (omega - node.mean[0])
    variance = _REST
    mapping = {}
    for law in body.atoms(LabelLaw):
        partition = table[law.args[0].name]
        assert isinstance(partition, Partition)
        if partition.closed is None:
            return None
        shift = law.args[2] - node.bound_symbols[1]
        rest = dict(zip(partition.rest, law.args[3:], strict=True))
        value = partition.closed.diff(partition.field, law.order) if law.order else partition.closed
        mapping[law] = value.xreplace({partition.field: mean + shift, partition.variance: variance, **rest})
    return body.xreplace(mapping)


def close_envelopes(expression: sp.Expr, table: Table) -> sp.Expr:
    """Replace every Gaussian average of envelopes that has a closed form; the others stay nodes.

    Terms of a body with different envelopes are closed independently.
    """
    if isinstance(expression, (sp.Add, sp.Mul)):
        return expression.func(*[close_envelopes(a, table) for a in expression.args])
    if not isinstance(expression, GaussianAverage):
        if isinstance(expression, _Binder):
            return expression._with_body(close_envelopes(expression.body, table))
        return expression
    groups: dict[tuple, sp.Expr] = {}
    for term in sp.Add.make_args(expand(expression.body)):
        key = tuple(sorted({(l.args[0].name, *l.args[3:]) for l in term.atoms(MoreauEnvelope)}, key=str))
        groups[key] = groups.get(key, sp.S.Zero) + term
    closed, left = sp.S.Zero, sp.S.Zero
    for key, body in groups.items():
        value = _close_group(expression, key, body, table) if len(key) == 1 else None
        if value is None:
            left += body
        else:
            closed += value
    return closed + (expression._with_body(left) if left != 0 else sp.S.Zero)


def _close_group(node: GaussianAverage, key: tuple, body: sp.Expr, table: Table) -> sp.Expr | None:
    ((name, x, v, *rest),) = key
    found, omega = table[name], node.bound_symbols[0]
    assert isinstance(found, Envelope)
    if not found.closed:
        return None
    intervals = field_regions(found, x, v, tuple(rest), omega)
    if intervals is None:
        return None
    jets = sorted(body.atoms(MoreauEnvelope), key=lambda l: l.order)
    values = {l: _values(found, l) for l in jets}
    inside = [body.xreplace({l: values[l][i] for l in jets}) for i in range(len(intervals))]
    return average_pieces(node, [(a, b, e) for (a, b), e in zip(intervals, inside, strict=True)], table)


def average_pieces(
    node: GaussianAverage, parts: Sequence[tuple[sp.Expr, sp.Expr, sp.Expr]], table: Table
) -> sp.Expr | None:
    """The average over the measure of `node` of (lower, upper, body) pieces in its field; None if no rule applies."""
    total, given = sp.S.Zero, _measure(node)
    width = _WIDTH if _WIDTH in given else node.covariance(0, 0)
    for lower, upper, body in parts:
        if body.has(LabelIntegral, LabelSum, GaussianAverage, MoreauEnvelope):
            return None
        inside = _conditioned(node, body, table)
        if inside is None or inside.has(LabelLaw):
            return None
        if inside == 0:
            continue
        try:
            value = interval_average(inside, node.bound_symbols[0], lower, upper, node.mean[0], width)
        except RuleNotApplicable:
            return None
        if value is None:
            return None
        total += value
    return total.xreplace(given)
