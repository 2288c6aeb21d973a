"""Thresholds with a closed form: on the trivial branch q = 0, or where a boundary coefficient changes sign."""

from __future__ import annotations

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.closed import label_integral
from derive.calculus.nodes import GaussianAverage, LabelIntegral, LogPartition
from derive.replica.boundary import perfect_boundary
from derive.replica.observables import derive_observables
from derive.replica.pipeline import Derivation
from derive.spec.model import ThresholdSpec

__all__ = ["exact_root", "simplest"]


def _at_zero(expression: sp.Expr, derivation: Derivation) -> sp.Expr | None:
    """An expression at q = 0 (m = 0, vanishing conjugates) with averages over N(0, 0) done, in closed form."""
    saddle = derivation.saddle
    if None in saddle.norms or derivation.system.globals:
        return None
    values: dict[sp.Symbol, sp.Expr] = {}
    for family, norm in zip(derivation.system.families, saddle.norms, strict=True):
        s = family.symbols
        if s.A in saddle.conjugates:
            return None
        values |= {s.v: norm, **dict.fromkeys((s.q, s.q_hat, *s.m, *s.m_hat), sp.S.Zero)}
    point = _collapse(expression, values, derivation)
    if point is None:
        return None
    return point


def _collapse(e: sp.Expr, values, derivation: Derivation) -> sp.Expr | None:
    partitions = derivation.system.partitions

    def visit(node: sp.Basic) -> sp.Basic:
        if isinstance(node, GaussianAverage):
            mean = [_sympify(c).xreplace(values) for c in node.mean]
            variances = [_sympify(c).xreplace(values) for c in node.args[3]]
            if len(node.bound_symbols) > 1 or variances[0] != 0:
                raise _NotClosed
            return visit(node.body.xreplace({node.bound_symbols[0]: mean[0]}))
        if isinstance(node, LabelIntegral):
            inner = sp.simplify(visit(node.body))
            y = sp.Symbol(node.bound_symbols[0].name, real=True)
            value = label_integral(inner.xreplace({node.bound_symbols[0]: y}), y, node.args[2], node.args[3])
            if value is None:
                raise _NotClosed
            return sp.simplify(value)
        if isinstance(node, LogPartition):
            p = partitions.get(node.args[0].name)
            if p is None or p.closed is None or node.order > 4:
                raise _NotClosed
            x, v, rest = node.args[3], node.args[4], node.args[5:]
            inside = {p.variance: _sympify(v).xreplace(values), **dict(zip(p.rest, rest, strict=True))}
            log_z = sp.log(p.closed).diff(p.field, node.order)
            return log_z.xreplace(inside).xreplace({p.field: _sympify(x).xreplace(values)})
        if isinstance(node, sp.Expr) and node.has(GaussianAverage, LogPartition):
            return node.func(*[visit(a) for a in node.args])
        return node.xreplace(values) if isinstance(node, sp.Basic) else node

    try:
        result = visit(e).xreplace(values)
    except _NotClosed:
        return None
    return None if result.has(sp.nan, sp.zoo) or result.atoms(GaussianAverage) else result


class _NotClosed(Exception):
    """An average has no closed form at q = 0."""


def exact_root(derivation: Derivation, spec: ThresholdSpec, values, located) -> sp.Expr | None:
    """A closed form of a threshold on the trivial branch or of a diverging boundary, or None."""
    a = next(p.symbol for p in derivation.model.parameters if p.name == spec.solve_for)
    given = {p.symbol: values[p.name] for p in derivation.model.parameters if p.name in values}
    condition = _trivial_condition(derivation, spec, located)
    if condition is None:
        return None
    condition = condition.xreplace(given)
    if condition.free_symbols - {a}:
        return None
    try:
        roots = sp.solve(sp.expand(condition), a)
    except (NotImplementedError, TypeError):
        return None
    for candidate in roots:
        number = sp.N(candidate, 20)
        if number.is_real and abs(float(number) - located.value) < 1e-8 * max(1.0, abs(located.value)):
            return simplest(candidate)
    return None


def simplest(value: sp.Expr) -> sp.Expr:
    """The shortest of a closed form and its versions with error functions."""
    forms = [sp.simplify(value), sp.simplify(value.rewrite(sp.erf)), sp.simplify(value.rewrite(sp.erfc))]
    return min(forms, key=lambda e: (len(str(e)), str(e)))


def _trivial_condition(derivation: Derivation, spec: ThresholdSpec, located) -> sp.Expr | None:
    """The equation of the threshold at q = 0, in the parameters."""
    saddle = derivation.saddle
    boundary = perfect_boundary(derivation.system)
    if located.kind == "first_order":
        if boundary is None:
            return None
        if boundary.value is None:
            return boundary.coefficient
        phi = _at_zero(saddle.value, derivation)
        return None if phi is None else phi - boundary.value
    if located.kind == "zero_entropy":
        observables, extra = derive_observables(saddle, ())
        if extra:
            return None
        return _at_zero(observables["entropy"], derivation)
    if located.kind != "continuous" or len(saddle.conjugates) != len(saddle.overlaps):
        return None
    hats = list(saddle.conjugates)
    outer, inner = saddle.conjugate_jacobian(), saddle.site_jacobian()
    rows = [[_at_zero(outer[hat, x], derivation) for x in saddle.overlaps] for hat in hats]
    columns = [[_at_zero(inner[x, hat], derivation) for hat in hats] for x in saddle.overlaps]
    if any(e is None for row in (*rows, *columns) for e in row):
        return None
    growth = sp.Matrix(columns) * sp.Matrix(rows)
    return sp.factor((growth - sp.eye(len(hats))).det())
