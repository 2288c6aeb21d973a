"""Where an integrand changes fast, as (centre, width) in its variable: found once in symbols, then evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

import mpmath as mp
import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.envelopes import Envelope
from derive.calculus.logs import split_log
from derive.calculus.nodes import GaussianAverage, LabelIntegral, LabelLaw, LabelSum, LogPartition, MoreauEnvelope
from derive.calculus.partition import ExponentialTerm, Partition, TiltTerm
from derive.calculus.piecewise import breakpoints, inverses
from derive.errors import RuleNotApplicable
from derive.precise.envelopes import EnvelopeJets
from derive.precise.scalars import compile_many

__all__ = ["Finder", "Transition", "transition_finder"]

Scope = Mapping[str, "mp.mpf"]
Transition = tuple["mp.mpf", "mp.mpf"]
Finder = Callable[[Scope], list[Transition]]

_TARGET = sp.Symbol("target_", real=True)


def transition_finder(
    partitions: Mapping[str, Partition | Envelope],
    bodies: Sequence[sp.Expr],
    variable: sp.Symbol,
    kind: type,
    jets: Mapping[str, object],
) -> Finder:
    """Return the function of a scope that lists the transitions of the bodies in the integration variable.

    What depends on names that the scope does not hold is left out.
    """
    finders: list[Finder] = []
    nodes = set().union(*[b.atoms(LogPartition, LabelLaw) for b in bodies])
    for node in sorted(nodes, key=sp.default_sort_key):
        if isinstance(node, LogPartition):
            if node.order and node.func(*node.args[:2], 0, *node.args[3:]) in nodes:
                continue
            x, v, rest = node.args[3], node.args[4], node.args[5:]
            if isinstance(node, MoreauEnvelope):
                finders += _envelope_places(jets[node.args[0].name], x, v, rest, variable)
                continue
        else:
            x, v, rest = sp.Symbol("_slope") * sp.Symbol("ω", real=True), sp.Symbol("_rest"), node.args[3:]
        for level in _levels(partitions[node.args[0].name], x, v, rest):
            finders += _roots(level, variable)
    for body in bodies:
        for node in body.atoms(sp.sign, sp.Abs, sp.Max, sp.Min, sp.Piecewise):
            if not node.has(variable):
                continue
            try:
                ends = breakpoints(node, variable)
            except (RuleNotApplicable, TypeError):
                continue
            finders += [_numbers([e], lambda found: [(found[0], mp.mpf(0))]) for e in ends]
    if kind is GaussianAverage and any(b.has(LabelIntegral, LabelSum) for b in bodies):
        finders.append(lambda scope: [(mp.mpf(0), mp.sqrt(scope["δ"]) / 4 if "δ" in scope else mp.mpf(1))])
    return lambda scope: list(chain.from_iterable(f(scope) for f in finders))


def _numbers(expressions: Sequence[sp.Expr], use: Callable[[list[mp.mpf]], list[Transition]]) -> Finder:
    """Transitions from the values of some expressions, none where one of them is unknown or not real."""
    names = {s.name for e in expressions for s in e.free_symbols}
    run = compile_many(expressions)

    def find(scope: Scope) -> list[Transition]:
        if not all(n in scope for n in names):
            return []
        values = run(dict(scope))
        return use(values) if all(isinstance(n, mp.mpf) for n in values) else []

    return find


def _envelope_places(jets: EnvelopeJets, x, v, rest, u: sp.Symbol) -> list[Finder]:
    """Boundaries of the regions of an envelope, where its curvature jumps, and turns inside the others."""
    found = jets.envelope
    given = {found.variance: v, **dict(zip(found.rest, rest, strict=True))}
    ends = [place for r in found.regions[:-1] for place in _roots(r.upper.xreplace(given) - x, u)]

    def boundaries(scope: Scope) -> list[Transition]:
        return [(centre, mp.mpf(0)) for place in ends for centre, _ in place(scope)]

    finders: list[Finder] = [boundaries]
    slope = sp.expand(x).coeff(u)
    offset = sp.expand(x - slope * u)
    if slope == 0 or any(e.has(u) for e in (slope, offset, v, *rest)):
        return finders
    run = compile_many([slope, offset, v, *rest])
    names = {s.name for e in (slope, offset, v, *rest) for s in _sympify(e).free_symbols}

    def turns(scope: Scope) -> list[Transition]:
        if not names <= set(scope):
            return []
        a, b, variance, *values = run(dict(scope))
        at = {**scope, **{s.name: r for s, r in zip(found.rest, values, strict=True)}}
        return [((c - b) / a, abs(w / a)) for c, w in jets.turns(variance, at)] if a != 0 else []

    return [*finders, turns]


def _levels(partition: Partition, x, v, rest) -> list[sp.Expr]:
    """What vanishes where the terms of log Z change: standardised arguments, and differences of their exponents."""
    given = {partition.variance: v, **dict(zip(partition.rest, rest, strict=True))}
    levels: list[sp.Expr] = []
    quadratics = []
    for term in partition.terms:
        if isinstance(term, ExponentialTerm):
            c0, c1, c2, x0 = (c.xreplace(given) for c in map(_sympify, term.quadratic))
            if term.window is not None:
                lower, upper, slope = (w.xreplace(given) for w in map(_sympify, term.window))
                levels += [e - slope * x for e in (lower, upper) if e not in (sp.oo, -sp.oo)]
            elif c2 != 0 and c2.could_extract_minus_sign():
                levels.append(sp.sqrt(-2 * c2) * (x - x0))
            log_c = split_log(term.coefficient).xreplace(given)
            quadratics.append(log_c + c0 + c1 * (x - x0) + c2 * (x - x0) ** 2)
        elif isinstance(term, TiltTerm):
            precision = term.precision.xreplace(given)
            q0, q1 = (q.xreplace(given) for q in term.linear)
            for e in (term.lower, term.upper):
                if e not in (sp.oo, -sp.oo):
                    levels.append((q0 + q1 * x - precision * e.xreplace(given)) / (1 + sp.sqrt(sp.Abs(precision))))
        else:
            levels += [
                (e.xreplace(given) - x) / sp.sqrt(v)
                for e in (term.lower, term.upper)
                if partition.kind == "channel" and e not in (sp.oo, -sp.oo)
            ]
    return levels + [a - b for i, a in enumerate(quadratics) for b in quadratics[:i]]


def _roots(level: sp.Expr, u: sp.Symbol) -> list[Finder]:
    """Roots in u of a linear or quadratic level (others: by inversion), with widths 1/|slope|."""
    level = sp.expand(level)
    if not level.has(u):
        return []
    polynomial = level.as_poly(u)
    if polynomial is not None and polynomial.degree() in (1, 2):
        coefficients = polynomial.all_coeffs()
        if not any(c.has(u) for c in coefficients):
            return [_numbers(coefficients, _polynomial_roots)]
    constant, rest = level.as_independent(u, as_Add=True)
    try:
        roots = inverses(rest, u, _TARGET)
    except RuleNotApplicable:
        return []
    places = [root.xreplace({_TARGET: -constant}) for root, _ in roots]
    return [
        _numbers([at, 1 / sp.Abs(rest.diff(u).xreplace({u: at}))], lambda found: [(found[0], found[1])])
        for at in places
    ]


def _polynomial_roots(coefficients: Sequence[mp.mpf]) -> list[Transition]:
    a, b, c = [mp.mpf(0), *coefficients][-3:]
    if a == 0:
        return [(-c / b, 1 / abs(b))] if b != 0 else []
    discriminant = b * b - 4 * a * c
    if discriminant <= 0:
        return []
    root = mp.sqrt(discriminant)
    return [((-b + root) / (2 * a), 1 / root), ((-b - root) / (2 * a), 1 / root)]
