"""Averages of log Z that have a closed form: exact rules, tried once on the free entropy.

A log-partition function is explicit if Z is a single Gaussian exponential.  Then averages over labels and
fields are Gaussian integrals of polynomials and are done by `derive.calculus.gaussian`.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from derive.calculus.gaussian import gaussian_average
from derive.calculus.nodes import GaussianAverage, LabelIntegral, LabelLaw, LabelSum, LogPartition
from derive.calculus.partition import ExponentialTerm, Partition
from derive.calculus.piecewise import pieces
from derive.calculus.vectors import VectorLog
from derive.errors import RuleNotApplicable

__all__ = ["close_average", "closed_ratio", "explicit_log", "label_integral"]

Partitions = Mapping[str, Partition]


def explicit_log(partition: Partition, x: sp.Expr, v: sp.Expr, rest: tuple[sp.Expr, ...]) -> sp.Expr | None:
    """Log Z(x, v) as a polynomial in x if Z is one exponential without window, else None."""
    if len(partition.terms) != 1 or not isinstance(partition.terms[0], ExponentialTerm):
        return None
    term = partition.terms[0]
    if term.window is not None:
        return None
    c0, c1, c2, centre = term.quadratic
    field = partition.field
    value = sp.log(term.coefficient) + c0 + c1 * (field - centre) + c2 * (field - centre) ** 2
    value = sp.expand_log(value, force=True)
    return value.xreplace({field: x, partition.variance: v, **dict(zip(partition.rest, rest, strict=True))})


def closed_ratio(weighted: Partition, plain: Partition, x: sp.Expr, v: sp.Expr) -> sp.Expr | None:
    """Z[e F]/Z[F] at (x, v) where both are closed and their ratio is a polynomial of the field, else None."""
    if weighted.closed is None or plain.closed is None:
        return None
    ratio = sp.simplify(weighted.closed / plain.closed)
    if not ratio.is_polynomial(plain.field):
        return None
    return sp.expand(ratio).xreplace({plain.field: x, plain.variance: v})


def _explicit(body: sp.Expr, partitions: Partitions) -> sp.Expr | None:
    mapping = {}
    for node in body.atoms(LogPartition):
        partition = partitions[node.args[0].name]
        x, v, rest = node.args[3], node.args[4], tuple(node.args[5:])
        value = explicit_log(partition, partition.field, v, rest)
        if value is None:
            return None
        mapping[node] = value.diff(partition.field, node.order).xreplace({partition.field: x})
    return body.xreplace(mapping)


def _eliminate_teacher(node: GaussianAverage, body: sp.Expr, partitions: Partitions) -> sp.Expr | None:
    """Average P(y|zeta) over zeta at fixed omega: Z_0 at the conditional mean and variance."""
    if len(node.bound_symbols) == 1:
        return body
    omega, _ = node.bound_symbols
    c = node.covariance
    mean = c(0, 1) / c(0, 0) * omega
    variance = c(1, 1) - c(0, 1) ** 2 / c(0, 0)
    mapping = {}
    for law in body.atoms(LabelLaw):
        partition = partitions[law.args[0].name]
        if law.order or partition.closed is None:
            return None
        rest = dict(zip(partition.rest, law.args[3:], strict=True))
        mapping[law] = partition.closed.xreplace({partition.field: mean, partition.variance: variance, **rest})
    return body.xreplace(mapping)


def label_integral(body: sp.Expr, y: sp.Symbol, lower: sp.Expr, upper: sp.Expr) -> sp.Expr | None:
    """The integral of Gaussian monomials over an interval, as an average with respect to N(0, 1)."""
    weighted = sp.expand_log(body, force=True) * sp.exp(y**2 / 2) * sp.sqrt(2 * sp.pi)
    if (lower, upper) != (-sp.oo, sp.oo):
        inside = sp.And(*[c for c, e in ((y > lower, lower), (y < upper, upper)) if not e.is_infinite])
        weighted *= sp.Piecewise((1, inside), (0, True))
    return gaussian_average(weighted, y, sp.S.Zero, sp.S.One)


def _close_body(body: sp.Expr, partitions: Partitions) -> sp.Expr | None:
    """Do label integrals inside a body."""
    if isinstance(body, LabelIntegral):
        inner = _close_body(body.body, partitions)
        if inner is None:
            return None
        y = body.bound_symbols[0]
        free = sp.Symbol(y.name, real=True)
        try:
            return label_integral(inner.xreplace({y: free}), free, body.args[2], body.args[3])
        except RuleNotApplicable:
            return None
    if isinstance(body, LabelSum):
        return None
    if isinstance(body, (sp.Add, sp.Mul)):
        parts = [_close_body(a, partitions) for a in body.args]
        return None if any(p is None for p in parts) else body.func(*parts)
    return body


def close_average(node: sp.Expr, partitions: Partitions) -> sp.Expr:
    """Replace every GaussianAverage that has a closed form, term by term; the others stay nodes.

    Terms of a body are closed independently: E[a + b] with only E[a] known becomes closed(a) + E[b].
    """
    if isinstance(node, (sp.Add, sp.Mul)):
        return node.func(*[close_average(a, partitions) for a in node.args])
    if not isinstance(node, GaussianAverage) or node.has(VectorLog):  # log Z of several fields stays a node
        return node
    closed, open_ = sp.S.Zero, sp.S.Zero
    for term in sp.Add.make_args(node.body):
        value = _close_term(node, term, partitions)
        if value is None:
            open_ += term
        else:
            closed += value
    rest = GaussianAverage(open_, *node.args[1:]) if open_ != 0 else sp.S.Zero
    return closed + rest


def _close_term(node: GaussianAverage, term: sp.Expr, partitions: Partitions) -> sp.Expr | None:
    body = _explicit(term, partitions)
    if body is None:
        return None
    body = _eliminate_teacher(node, body, partitions)
    if body is None:
        return None
    body = _close_body(body, partitions)
    if body is None or body.has(LabelIntegral, LabelSum, LabelLaw):
        return None
    omega = node.bound_symbols[0]
    try:
        if len(pieces(body, omega)) > 1 and len(node.bound_symbols) > 1:
            return None
        value = gaussian_average(sp.expand_log(body, force=True), omega, node.mean[0], node.covariance(0, 0))
    except RuleNotApplicable:
        return None
    return None if value is None else _tidy(value)


def _tidy(value: sp.Expr) -> sp.Expr:
    """Expand logarithms, then bring the rational rest to a common denominator."""
    value = sp.expand(sp.expand_log(value, force=True))
    logs, rest = [], []
    for term in sp.Add.make_args(value):
        (logs if term.has(sp.log) else rest).append(term)
    collected = sp.collect(sp.Add(*logs), sp.Add(*logs).atoms(sp.log), evaluate=False) if logs else {}
    total = sp.Add(*[sp.simplify(c) * l for l, c in collected.items()])
    return total + sp.simplify(sp.Add(*rest))
