"""Averages over a fresh sample, a training sample or a site, at a saddle point."""

from __future__ import annotations

from typing import Self

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.closed import closed_ratio
from derive.calculus.gaussian import gaussian_average
from derive.calculus.labels import LabelAtom, LabelDensity, LabelNaturals
from derive.calculus.nodes import (
    GaussianAverage,
    LabelIntegral,
    LabelLaw,
    LabelSum,
    LogPartition,
    bound,
    expand,
    substitute,
)
from derive.calculus.partition import Partition, channel_partition
from derive.calculus.piecewise import pieces
from derive.errors import ModelError, RuleNotApplicable
from derive.replica.correlations import plain
from derive.replica.quenched import XI, average_quenched
from derive.replica.saddle_point import SaddlePoint
from derive.replica.system import OMEGA, ZETA, ChannelPart, ComponentPart

__all__ = ["INNER", "SampleAverages", "indicator"]

_SLOPE, _REST = sp.Symbol("ς", real=True), sp.Symbol("ϱ", positive=True)
INNER = bound("inner")


class SampleAverages:
    """Averages at a saddle point: `test` (fresh sample), `train` (training samples), `sites`."""

    def __init__(self, saddle: SaddlePoint, family: int = 0, partitions: dict[str, Partition] | None = None):
        self.saddle = saddle
        self.system = saddle.system
        self.family, self.home = family, saddle.system.families[family]
        self.norm, self.symbols = saddle.norms[family], self.home.symbols
        self.matched = saddle.reduced.matched
        self.partitions: dict[str, Partition] = {} if partitions is None else partitions
        self.jets = False

    def at(self, family: int) -> Self:
        """The same averages where the sites, or the fields of a channel, are those of another family."""
        return self if family == self.family else type(self)(self.saddle, family, self.partitions)

    # ------------------------------------------------------------------------------------- samples

    def _conditional(self, channel: ChannelPart) -> tuple[sp.Expr, sp.Expr]:
        """Mean and variance of z given omega, in placeholders; `_given` has their values."""
        return _SLOPE * OMEGA + channel.teacher_mean, _REST

    def _given(self, channel: ChannelPart) -> dict[sp.Symbol, sp.Expr]:
        s = self.symbols
        if self.matched:
            return {_SLOPE: sp.S.One, _REST: channel.scale**2 * s.v}
        if channel.m is None:
            return {}
        q = channel.scale**2 * s.q
        m = channel.scale * channel.teacher_scale * channel.m
        return {_SLOPE: m / q, _REST: channel.teacher_scale**2 * channel.rho - m**2 / q}

    def test(self, channel: ChannelPart, expression: sp.Expr, names: dict[str, sp.Symbol]) -> sp.Expr:
        """The mean of expression(y, z, h, h_mean, predict_mean) over a fresh sample."""
        variance = channel.scale**2 * self.symbols.v
        for jets in (False, True):  # closed laws may close the whole average; if not, jets carry the windows
            self.jets = jets
            free = self._label_free(channel, expression, names)
            total = sp.S.Zero if free is None else free
            for part in () if free is not None else channel.components:
                e = self._in_component(part, expression, names, channel)
                e = self._average_student(e, names["h"], variance, part.mean)
                total += self._average_label(channel, part, e, names)
            result = plain(self._outer(total, channel), self._given(channel))
            if not result.has(LabelIntegral):
                break
        return result

    def _label_free(self, channel: ChannelPart, expression, names) -> sp.Expr | None:
        """An expression without the label, averaged over h and z given omega: the label law sums to one."""
        expression = _sympify(expression)
        if expression.has(names["y"], names["predict_mean"]) or any(p.mean != 0 for p in channel.components):
            return None
        e = self._at_omega(expression, names)
        e = self._average_student(e, names["h"], channel.scale**2 * self.symbols.v, sp.S.Zero)
        if "z" not in names or not e.has(names["z"]):
            return e
        centre, rest = self._conditional(channel)
        return gaussian_average(e.xreplace({names["z"]: INNER}), INNER, centre, rest)

    def _at_omega(self, expression: sp.Expr, names) -> sp.Expr:
        return expression.xreplace({names["h_mean"]: OMEGA})

    def _in_component(self, part, expression, names, channel) -> sp.Expr:
        if part.multiplicity == 2:
            expression = self._symmetrised(part, expression, names, channel)
        mapping = {names["h_mean"]: OMEGA + part.mean}
        if part.label is not None:
            mapping[names["y"]] = part.label.symbol if isinstance(part.label, LabelNaturals) else part.label.value
        if expression.has(names["predict_mean"]):
            mapping[names["predict_mean"]] = self._predicted_mean(channel)
        return _sympify(expression).xreplace(mapping)

    def _symmetrised(self, part, expression, names, channel) -> sp.Expr:
        """Half of e(y, z, h) + e(y', -z, -h): the joined label value is the mirror image of this one."""
        odd = {names[n]: -names[n] for n in ("z", "h", "h_mean") if n in names}
        mirrored = expression.xreplace({**odd, names["y"]: part.partner})
        if expression.has(names["predict_mean"]):
            mean = self._predicted_mean(channel)
            mirrored = mirrored.xreplace({names["predict_mean"]: mean.xreplace({OMEGA: -OMEGA})})
        own = expression
        if isinstance(part.label, LabelAtom):
            own = expression.xreplace({names["y"]: part.label.value})
        return own if _same_function(own, mirrored) else (own + mirrored) / 2

    def _predicted_mean(self, channel: ChannelPart) -> sp.Expr:
        """The posterior mean of the label, sum_y y Z(y, omega)."""
        s = self.symbols
        total = sp.S.Zero
        for part in channel.components:
            rest = () if part.label is None or isinstance(part.label, LabelAtom) else (part.label.symbol,)
            log_z = LogPartition(sp.Symbol(part.partition.name), 1, 0, OMEGA, channel.scale**2 * s.v, *rest)
            if isinstance(part.label, LabelAtom):
                total += part.label.value * sp.exp(log_z)
                if part.multiplicity == 2:  # the partner has value y' and field -omega
                    mirrored = log_z.xreplace({OMEGA: -OMEGA})
                    total += self._partner_value(channel, part) * sp.exp(mirrored)
            elif isinstance(part.label, LabelDensity):
                y = part.label.symbol
                if part.partition.closed is None:
                    raise ModelError("predict_mean of this label law has no closed form")
                closed = part.partition.closed.xreplace({part.partition.variance: channel.scale**2 * s.v})
                free = sp.Symbol(y.name, real=True)
                inside = sp.Piecewise((1, sp.And(free > part.label.lower, free < part.label.upper)), (0, True))
                mean = gaussian_average(
                    (
                        part.label.value.xreplace({y: free})
                        * closed.xreplace({y: free})
                        * sp.exp(free**2 / 2)
                        * sp.sqrt(2 * sp.pi)
                    )
                    * (1 if part.label.lower == -sp.oo and part.label.upper == sp.oo else inside),
                    free,
                    sp.S.Zero,
                    sp.S.One,
                )
                if mean is None:
                    raise ModelError("predict_mean of this label law has no closed form")
                total += mean
            else:
                raise ModelError("predict_mean of a counting label is not derived yet by this version")
        return total

    def _partner_value(self, channel: ChannelPart, part: ComponentPart) -> sp.Expr:
        return part.partner if part.partner is not None else part.label.value

    def _average_student(self, e: sp.Expr, h: sp.Symbol, variance: sp.Expr, mean: sp.Expr) -> sp.Expr:
        if not e.has(h):
            return e
        closed = gaussian_average(e.xreplace({h: INNER}), INNER, OMEGA + mean, variance)
        if closed is not None:
            return closed
        inner = bound("inner", 1)
        return GaussianAverage((e.xreplace({h: inner})), (inner,), (OMEGA + mean,), (variance,))

    def _average_label(self, channel: ChannelPart, part: ComponentPart, e: sp.Expr, names) -> sp.Expr:
        """Sum over this component's labels of P(y|z) e, given omega, as a function of omega."""
        z = names.get("z")
        centre, rest = self._conditional(channel) if channel.m is not None else (None, None)
        if channel.m is None:
            weighted = e if part.label is None else part.law * e
        elif z is not None and e.has(z):
            body = part.law_partition.body * e.xreplace({z: INNER})
            closed = gaussian_average(body, INNER, centre, rest)
            if closed is not None:
                weighted = closed
            elif part.law_partition.body.has(sp.DiracDelta):
                raise ModelError("an observable of z with a noiseless continuous label has no closed form here")
            else:
                inner = bound("inner", 2)
                weighted = GaussianAverage((body.xreplace({INNER: inner})), (inner,), (centre,), (rest,))
        else:
            weighted = self._law(part, centre, rest) * e
        if isinstance(part.label, LabelDensity):
            weighted = LabelIntegral(weighted, part.label.symbol, part.label.lower, part.label.upper)
        elif part.label is not None and not isinstance(part.label, LabelAtom):
            weighted = LabelSum(weighted, part.label.symbol)
        return part.multiplicity * weighted

    def _law(self, part: ComponentPart, centre, rest) -> sp.Expr:
        """E[P(y|z) | omega], closed if it can be, else through its log-partition function."""
        p = part.partition if self.matched else part.law_partition
        if p.closed is not None and not (self.jets and isinstance(part.label, LabelDensity)):
            return p.closed.xreplace({p.field: centre, p.variance: rest})
        labels = p.rest
        return sp.exp(LogPartition(sp.Symbol(p.name), 1, 0, centre, rest, *labels))

    def _outer(self, total: sp.Expr, channel: ChannelPart) -> sp.Expr:
        """Average over omega ~ N(0, q)."""
        variance = channel.scale**2 * self.symbols.q
        if not total.has(LabelIntegral, LabelSum, GaussianAverage, LogPartition):
            try:
                closed = [gaussian_average(term, OMEGA, sp.S.Zero, variance) for term in sp.Add.make_args(total)]
            except RuleNotApplicable:
                closed = [None]
            if all(value is not None for value in closed):
                return sp.Add(*closed)
        elif total.has(LabelIntegral):
            closed = self._close_labels(total, variance)
            if closed is not None:
                return closed
        return GaussianAverage((total), (OMEGA,), (sp.S.Zero,), (variance,))

    def _close_labels(self, total: sp.Expr, variance) -> sp.Expr | None:
        from derive.calculus.closed import _close_body

        if total.has(LogPartition):
            return None
        body = _close_body(expand(total), self.system.partitions)
        if body is None or body.has(LabelIntegral):
            return None
        try:
            return gaussian_average(body, OMEGA, sp.S.Zero, variance)
        except RuleNotApplicable:
            return None

    def train(
        self, channel: ChannelPart, expression: sp.Expr, names: dict[str, sp.Symbol], tag: str, shifted: bool = False
    ) -> sp.Expr:
        """The mean over training samples: E_omega sum_y Z_0 <e F>/<F>.

        A learned bias sits in the field of F; `shifted` says that the expression is in that field already.
        """
        s = self.symbols
        variance = channel.scale**2 * s.v
        total = sp.S.Zero
        for j, part in enumerate(channel.components):
            e = self._in_component(part, expression, names, channel)
            e = e.xreplace({names["h"]: INNER if shifted else INNER - part.shift})
            if part.shift != 0:
                e = e.replace(lambda n: isinstance(n, sp.Expr) and n.is_polynomial(), sp.expand)
            rest = () if part.label is None or isinstance(part.label, LabelAtom) else (part.label.symbol,)
            log_z = LogPartition(sp.Symbol(part.partition.name), 1, 0, OMEGA + part.offset, variance, *rest)
            mean = sp.S.Zero
            body = indicator(part.partition.body)
            for sign in (1, -1):
                positive = _positive_part(sign * e)
                if positive is None:
                    continue
                numerator = body * positive
                if not pieces(numerator, INNER):
                    continue
                name = f"T_{tag}_{channel.index}{j}{'p' if sign > 0 else 'n'}"
                weighted = channel_partition(name, numerator, INNER, part.partition.variance, rest)
                ratio = closed_ratio(weighted, part.partition, OMEGA + part.offset, variance)
                if ratio is None:
                    self.partitions[name] = weighted
                    ratio = sp.exp(LogPartition(sp.Symbol(name), 1, 0, OMEGA + part.offset, variance, *rest) - log_z)
                mean += sign * ratio
            if mean == 0:
                continue
            if self.matched:
                inside = sp.exp(log_z) * mean
            elif channel.m is not None:
                inside = LabelLaw(sp.Symbol(part.law_partition.name), 0, ZETA, *rest) * mean
            else:
                inside = mean if part.label is None else part.law * mean
            if isinstance(part.label, LabelDensity):
                inside = LabelIntegral(inside, part.label.symbol, part.label.lower, part.label.upper)
            elif part.label is not None and not isinstance(part.label, LabelAtom):
                inside = LabelSum(inside, part.label.symbol)
            total += part.multiplicity * inside
        variance = channel.scale**2 * s.q
        if self.matched or channel.m is None:
            closes = total.is_polynomial(OMEGA)
            node = GaussianAverage(total, (OMEGA,), (0,), (variance,))
            return gaussian_average(total, OMEGA, sp.S.Zero, variance) if closes else node
        cross = channel.scale * channel.teacher_scale * channel.m
        return GaussianAverage(total, (OMEGA, ZETA), (0, 0), (variance, cross, channel.teacher_scale**2 * channel.rho))

    # --------------------------------------------------------------------------------------- sites

    def sites(self, expression: sp.Expr, w: sp.Symbol, w_mean: sp.Symbol) -> sp.Expr:
        """The mean over sites of a polynomial in w with coefficients in <w> and the quenched variables."""
        short = self._overlap_algebra(expression, w, w_mean)
        if short is not None:
            return short
        site, s = self.home.site, self.symbols
        log_z = LogPartition(sp.Symbol(site.partition.name), -1, 0, XI, s.A, *site.rest)
        l = [log_z.raised(k) / site.factor**k for k in range(5)]
        moments = [sp.S.One, l[1], l[2] + l[1] ** 2, l[3] + 3 * l[2] * l[1] + l[1] ** 3]
        moments.append(l[4] + 4 * l[3] * l[1] + 3 * l[2] ** 2 + 6 * l[2] * l[1] ** 2 + l[1] ** 4)
        polynomial = sp.expand(expression).as_poly(w) if expression.has(w) else None
        if expression.has(w):
            if polynomial is None or polynomial.degree() > 4 or any(c.has(w) for c in polynomial.all_coeffs()):
                if site.atoms is None:
                    raise ModelError(f"sites({expression}): only polynomials of w up to degree four are derived yet")
                body = sp.Add(
                    *[
                        sp.exp(sp.log(weight) - s.A * (site.factor * a) ** 2 / 2 + XI * site.factor * a - log_z)
                        * expression.xreplace({w: a})
                        for weight, a in site.atoms
                    ]
                )
            else:
                body = sp.Add(*[c * moments[k] for (k,), c in polynomial.terms()])
        else:
            body = expression
        body = _sympify(body).xreplace({w_mean: l[1]})
        mean = sp.Add(*[hat * t for hat, t in zip(s.m_hat, site.teachers, strict=True)])
        node = GaussianAverage((body), (XI,), (mean,), (s.q_hat,))
        return substitute(average_quenched(node, site.quenched, even=False), self.saddle.reduced.eliminated)

    def _overlap_algebra(self, expression, w, w_mean) -> sp.Expr | None:
        """Quadratic polynomials in w, <w> and one teacher variable are combinations of r, q, m, rho."""
        site, s = self.home.site, self.symbols
        if site.factor != 1:
            return None
        teachers = {t: j for j, t in enumerate(site.teachers) if isinstance(t, sp.Symbol)}
        variables = [w, w_mean, *teachers]
        try:
            polynomial = sp.Poly(expression, *variables)
        except sp.PolynomialError:
            return None
        if any(c.has(*[v.symbol for v in site.quenched]) for c in polynomial.coeffs()) or any(
            sum(k) not in (0, 2) for k in polynomial.monoms()
        ):
            return None
        m = {t: (s.q if self.matched else s.m[j]) for t, j in teachers.items()}
        rho = {t: self.home.second_moments[j] for t, j in teachers.items()}
        values = {(w, w): s.q + s.v, (w, w_mean): s.q, (w_mean, w_mean): s.q}
        for t in teachers:
            values |= {(w, t): m[t], (w_mean, t): m[t], (t, t): rho[t]}
        total = sp.S.Zero
        for powers, c in polynomial.terms():
            pair = [x for x, k in zip(variables, powers, strict=True) for _ in range(k)]
            if not pair:
                total += c
                continue
            value = values.get(tuple(pair))
            if value is None:
                return None
            total += c * value
        if self.matched:  # rho - q is v, kept as it is for its digits
            total = sp.expand(total.xreplace({s.q: self.norm - s.v})) if total.has(s.q) else total
        return total


def _same_function(a: sp.Expr, b: sp.Expr) -> bool:
    """Whether two expressions in the inner variable are seen to be equal."""
    return a == b or sp.expand(a - b) == 0


def indicator(body: sp.Basic) -> sp.Expr:
    """A Boolean as its indicator function."""
    return body if isinstance(body, sp.Expr) else sp.Piecewise((1, body), (0, True))


def _positive_part(e: sp.Expr) -> sp.Expr | None:
    """max(e, 0), or None if it is known to vanish."""
    if e.is_nonpositive:
        return None
    if e.is_nonnegative:
        return e
    positive = sp.S.Zero
    for piece in pieces(e, INNER):
        value = piece.body
        if value.is_nonpositive:
            continue
        inside = sp.And(
            *[
                c
                for c, end in ((piece.lower < INNER, piece.lower), (piece.upper > INNER, piece.upper))
                if not end.is_infinite
            ]
        )
        clipped = value if value.is_nonnegative else sp.Max(value, 0)
        positive += sp.Piecewise((clipped, inside), (0, True)) if inside is not sp.true else clipped
    return None if positive == 0 else positive
