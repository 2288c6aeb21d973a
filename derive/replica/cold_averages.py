r"""Averages at zero temperature: one minimiser, so that h = h_mean and w = w_mean.

A fresh sample has the field h = omega; a training sample the proximal point h = omega + V l_1(omega); a site the
minimiser w = l_1(x).  An expression of the proximal point is cut at its own switches, which lie in the
field at b + V cost'(b); where the minimiser stays at a kink the expression has its value there.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.closed_envelopes import average_pieces, close_envelopes, field_regions
from derive.calculus.envelopes import Envelope, Region
from derive.calculus.gaussian import gaussian_average
from derive.calculus.labels import LabelAtom, LabelDensity, LabelNaturals
from derive.calculus.means import map_expressions, quenched_node
from derive.calculus.nodes import (
    DensityAverage,
    GaussianAverage,
    LabelIntegral,
    LabelLaw,
    LabelSum,
    MoreauEnvelope,
    substitute,
)
from derive.calculus.piecewise import pieces
from derive.errors import ModelError, RuleNotApplicable
from derive.replica.quenched import XI, average_quenched
from derive.replica.residuals import depends_on_residual
from derive.replica.sample_averages import INNER, SampleAverages, indicator
from derive.replica.system import OMEGA, ZETA, ChannelPart
from derive.spec.model import Atom, Law, Quenched

__all__ = ["ColdAverages"]

Pieces = list[tuple[sp.Expr, sp.Expr, sp.Expr]]


class ColdAverages(SampleAverages):
    """`test`, `train` and `sites` at zero temperature."""

    @property
    def table(self) -> dict:
        """Partition functions of the labels and envelopes by name."""
        return {**self.system.partitions, **self.system.envelopes}

    def _in_component(self, part, expression, names, channel) -> sp.Expr:
        if expression.has(names["predict_mean"]):
            raise ModelError("predict_mean is the mean of a posterior: at zero temperature there is none")
        e = super()._in_component(part, expression, names, channel)
        return e.xreplace({names["h"]: OMEGA + part.mean})

    def _at_omega(self, expression: sp.Expr, names) -> sp.Expr:
        return expression.xreplace({names["h_mean"]: OMEGA, names["h"]: OMEGA})

    # ------------------------------------------------------------------------------------ training

    def train(self, channel: ChannelPart, expression, names, tag: str, shifted: bool = False) -> sp.Expr:
        """The mean over training samples of an expression of y, z and the proximal point."""
        s, variance = self.symbols, channel.scale**2 * self.symbols.v
        residual = self.system.residuals[channel.index]
        if residual is not None and depends_on_residual(expression, names["y"], names["h"]):
            e = indicator(expression.xreplace({names["y"]: sp.S.Zero, names["h"]: INNER - residual.shift}))
            if residual.shift != 0:
                e = e.replace(lambda n: isinstance(n, sp.Expr) and n.is_polynomial(), sp.expand)

            def body(u: sp.Expr, l: MoreauEnvelope) -> sp.Expr:
                return _as_piecewise(self._proximal(e, residual.envelope, l), u)

            return self._closed(residual.average(s, body))
        if "z" in names and expression.has(names["z"]):
            raise ModelError("train(...) of a teacher field is not derived yet by this version")
        template = GaussianAverage(sp.S.One, (OMEGA,), (0,), (channel.scale**2 * s.q,))
        if channel.m is not None:
            covariance = (
                channel.scale**2 * s.q,
                channel.scale * channel.teacher_scale * channel.m,
                channel.teacher_scale**2 * channel.rho,
            )
            template = GaussianAverage(sp.S.One, (OMEGA, ZETA), (0, channel.teacher_mean), covariance)
        total = sp.S.Zero
        for part in channel.components:
            e = self._labelled(part, expression, names)
            e = indicator(e.xreplace({names["h"]: INNER - part.shift}))
            label = None if part.label is None or isinstance(part.label, LabelAtom) else part.label.symbol
            rest = tuple(r if r != label else label for r in part.envelope.rest)
            l = MoreauEnvelope(sp.Symbol(part.envelope.name), 1, 0, OMEGA + part.offset, variance, *rest)
            law = sp.S.One if part.label is None else part.law
            if channel.m is not None:
                law = LabelLaw(sp.Symbol(part.law_partition.name), 0, ZETA, *(() if label is None else (label,)))
            found = self._proximal(e, part.envelope, l)
            value = None
            if label is None:
                value = average_pieces(template, [(a, b, law * p) for a, b, p in found], self.table)
            if value is None:
                inside = law * _as_piecewise(found, OMEGA)
                if isinstance(part.label, LabelDensity):
                    inside = LabelIntegral(inside, label, part.label.lower, part.label.upper)
                elif label is not None:
                    inside = LabelSum(inside, label)
                value = GaussianAverage(inside, *template.args[1:])
            total += part.multiplicity * value
        return total

    def _labelled(self, part, expression, names) -> sp.Expr:
        """The expression at this component's label; at both of two joined ones, which must agree."""
        if part.label is None:
            return _sympify(expression)
        y, h = names["y"], names["h"]
        value = part.label.symbol if isinstance(part.label, LabelNaturals) else part.label.value
        own = _sympify(expression).xreplace({y: value})
        if part.multiplicity == 2:
            other = _sympify(expression).xreplace({y: part.partner, h: -h})
            if own != other and sp.simplify(own - other if isinstance(own, sp.Expr) else 1) != 0:
                own = (indicator(own) + indicator(other)) / 2
        return own

    def _proximal(self, e: sp.Expr, found: Envelope, l: MoreauEnvelope) -> Pieces:
        """An expression of the inner symbol at the minimiser, as pieces in the outer field of the node l."""
        u = XI if found.kind == "site" else OMEGA
        x, v, rest = l.args[3], l.args[4], tuple(l.args[5:])
        given = {found.variance: v, **dict(zip(found.rest, rest, strict=True))}
        slope = sp.expand(x).coeff(u)
        offset = sp.expand(x - slope * u)
        intervals = field_regions(found, x, v, rest, u)
        if intervals is None:
            raise ModelError("a field that is not a positive multiple of the Gaussian one")
        result: Pieces = []
        for region, (lower, upper) in zip(found.regions, intervals, strict=True):
            if region.prox is not None and not _sympify(region.prox).has(found.field):
                result.append((lower, upper, _sympify(_value_at(e, region)).xreplace(given)))
                continue
            prox = region.prox if region.prox is not None else None
            at = prox.xreplace({found.field: x, **given}) if prox is not None else _maximiser(found, l, x, v)
            for start, end, body in _smooth_pieces(e, region, found.variance):
                a, b = lower, upper
                if start != region.first:
                    a = (
                        found.prox_at(start, region.cost.diff(INNER).xreplace({INNER: start})).xreplace(given) - offset
                    ) / slope
                if end != region.last:
                    b = (
                        found.prox_at(end, region.cost.diff(INNER).xreplace({INNER: end})).xreplace(given) - offset
                    ) / slope
                result.append((a, b, body.xreplace({INNER: at})))
        return result

    # ---------------------------------------------------------------------------------------- sites

    def sites(self, expression: sp.Expr, w: sp.Symbol, w_mean: sp.Symbol) -> sp.Expr:
        """The mean over sites of an expression of the minimiser and the quenched variables."""
        expression = indicator(_sympify(expression).xreplace({w_mean: w}))
        short = self._overlap_algebra(expression, w, w_mean) if expression.is_polynomial(w) else None
        if short is not None:
            return short.xreplace({self.symbols.v: sp.S.Zero})
        node = self._over_components(expression.xreplace({w: INNER}), {}, self.home.site.quenched)
        return substitute(self._closed(node), self.saddle.reduced.eliminated)

    def trained_mean_square(self) -> sp.Expr:
        """The overlap of the minimisers of two independent training sets: E_s (E_xi f w)^2, xi the noise of a set."""
        site, s = self.home.site, self.symbols
        found, f = site.envelope, site.factor
        l = MoreauEnvelope(sp.Symbol(found.name), -1, 0, f * XI, f**2 * s.A, *found.rest)
        mean = sp.Add(*[hat * t for hat, t in zip(s.m_hat, site.teachers, strict=True)])
        body = _as_piecewise(self._proximal(INNER, found, l), XI)
        trained = self._closed(GaussianAverage(body, (XI,), (mean,), (s.q_hat,)))
        square = quenched_node((f * trained) ** 2, site.quenched)
        return substitute(square, self.saddle.reduced.eliminated)

    def _over_components(self, e: sp.Expr, atoms: dict[sp.Symbol, sp.Expr], quenched: tuple[Quenched, ...]) -> sp.Expr:
        """Average over the components of the laws of variables that the expression asks about, others at once."""
        for position, variable in enumerate(quenched):
            s, law = variable.symbol, variable.law
            if not e.has(s) or not isinstance(law, Law) or len(law.components) < 2:
                continue
            total, rest = sp.S.Zero, quenched[:position] + quenched[position + 1 :]
            for weight, component in law.components:
                if isinstance(component, Atom):
                    given = {s: component.point}
                    known = map_expressions(rest, partial(sp.Basic.xreplace, rule=given))
                    total += weight * self._over_components(e.xreplace(given), {**atoms, **given}, known)
                else:
                    alone = replace(variable, law=Law(((sp.S.One, component),)))
                    total += weight * self._over_components(_away_from_atoms(e, s), atoms, (*rest, alone))
            return total
        site, s = self.home.site, self.symbols
        found, f = site.envelope, site.factor.xreplace(atoms)
        l = MoreauEnvelope(sp.Symbol(found.name), -1, 0, f * XI, f**2 * s.A, *[r.xreplace(atoms) for r in found.rest])
        body = _as_piecewise(self._proximal(e, found, l), XI)
        mean = sp.Add(*[hat * t for hat, t in zip(s.m_hat, site.teachers, strict=True)]).xreplace(atoms)
        return average_quenched(GaussianAverage(body, (XI,), (mean,), (s.q_hat,)), quenched, even=False)

    def closed(self, e: sp.Expr) -> sp.Expr:
        """An expression of the order parameters, on the reduced manifold and with closed averages."""
        e = close_envelopes(e, self.table)
        norms = zip(self.system.families, self.saddle.norms, strict=True)
        given = self.saddle.reduced.eliminated | {f.symbols.q: norm for f, norm in norms if norm is not None}
        return substitute(e, given)

    def _closed(self, node: sp.Expr) -> sp.Expr:
        """Close averages of explicit pieces, innermost first."""
        if isinstance(node, (sp.Add, sp.Mul)):
            return node.func(*[self._closed(a) for a in node.args])
        if isinstance(node, GaussianAverage):
            inner = self._closed(node.body) if node.body.has(GaussianAverage) else node.body
            node = node._with_body(inner)
            if not isinstance(node, GaussianAverage) or node.body.has(GaussianAverage, LabelIntegral, LabelSum):
                return node
            if node.body.has(MoreauEnvelope):
                return close_envelopes(node, self.table)
            try:
                value = gaussian_average(node.body, node.bound_symbols[0], node.mean[0], node.covariance(0, 0))
            except RuleNotApplicable:
                value = None
            return node if value is None or len(node.bound_symbols) > 1 else value
        if isinstance(node, DensityAverage):
            return node._with_body(self._closed(node.body))
        return node


def _away_from_atoms(e: sp.Expr, s: sp.Symbol) -> sp.Expr:
    """An expression of a variable with a density: it equals a given number with probability zero."""
    equal = {r: sp.false for r in e.atoms(sp.Eq) if r.has(s)}
    return _sympify(e.xreplace(equal | {r: sp.true for r in e.atoms(sp.Ne) if r.has(s)}))


def _maximiser(found: Envelope, l: MoreauEnvelope, x: sp.Expr, v: sp.Expr) -> sp.Expr:
    """The minimiser of a channel, x + V l_1, or of a site, l_1."""
    return x + v * l.raised(1) if found.kind == "channel" else l.raised(1)


def _value_at(e: sp.Expr, region: Region) -> sp.Expr:
    """An expression where the minimiser stays; at a jump of the cost, on the side of the lower cost."""
    place = _sympify(region.prox)
    if not region.side or not e.has(INNER):
        return e.xreplace({INNER: place})
    total = sp.S.Zero
    for piece in pieces(e, INNER):
        ends = (sp.Le, sp.Lt) if region.side == "+" else (sp.Lt, sp.Le)
        inside = sp.And(ends[0](piece.lower, place), ends[1](place, piece.upper))
        if inside is not sp.false:
            value = piece.body.xreplace({INNER: place})
            total += value if inside is sp.true else sp.Piecewise((value, inside), (0, True))
    return total


def _smooth_pieces(e: sp.Expr, region: Region, v: sp.Symbol) -> Pieces:
    """The smooth pieces of an expression inside the reach of a region; what is left out is zero.

    Where the reach ends at a jump of the minimiser it moves with v: a piece outside of it is empty.
    """
    first, last = region.first, region.last
    found: Pieces = []
    for piece in pieces(e, INNER) if e.has(INNER) else []:
        lower, upper = sp.Max(piece.lower, first), sp.Min(piece.upper, last)
        if last.has(v):
            lower = sp.Min(lower, last)
        if first.has(v):
            upper = sp.Max(upper, first)
        if not sp.expand(upper - lower).is_nonpositive if lower.is_finite and upper.is_finite else lower != upper:
            found.append((lower, upper, piece.body))
    return found if e.has(INNER) else [(first, last, e)]


def _as_piecewise(parts: Pieces, u: sp.Symbol) -> sp.Expr:
    """Pieces as one expression of the field, zero elsewhere."""
    total = sp.S.Zero
    merged: Pieces = []
    for a, b, e in parts:
        if merged and merged[-1][1] == a and merged[-1][2] == e:
            merged[-1] = (merged[-1][0], b, e)
        elif e != 0:
            merged.append((a, b, e))
    for a, b, e in merged:
        inside = [c for c, end in ((u > a, a), (u < b, b)) if not end.is_infinite]
        total += e if not inside else sp.Piecewise((e, sp.And(*inside)), (0, True))
    return total
