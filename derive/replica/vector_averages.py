"""Observables of weights of several components: averages over a fresh sample and over the sites."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from derive.calculus.labels import LabelAtom, LabelDensity, LabelNaturals
from derive.calculus.nodes import GaussianAverage, LabelIntegral, LabelSum
from derive.calculus.partition import Partition
from derive.calculus.vectors import VectorLog, VectorPartition, triangle, vector_channel
from derive.errors import ModelError, RuleNotApplicable
from derive.replica.components import VectorChannel, VectorSite, fields_of
from derive.replica.refusals import LATER
from derive.replica.saddle_point import SaddlePoint
from derive.replica.system import Symbols
from derive.spec.model import Observable, component

__all__ = ["VectorAverages"]


class VectorAverages:
    """Averages at a saddle point whose fields or sites have several components."""

    def __init__(self, saddle: SaddlePoint, partitions: dict[str, Partition | VectorPartition]):
        self.saddle, self.system, self.partitions = saddle, saddle.system, partitions
        self.matched = saddle.reduced.matched

    def mean(self, observable: Observable) -> sp.Expr:
        """The mean that an observable declares."""
        if observable.kind == "sites":
            return self._sites(observable)
        if observable.kind == "train":
            raise ModelError(f"observables.{observable.name}: training means of several fields {LATER}")
        return self._test(observable)

    # --------------------------------------------------------------------------------------- sites

    def _sites(self, observable: Observable) -> sp.Expr:
        """Quadratic polynomials in w, its thermal mean and the quenched vector: combinations of overlaps."""
        model = self.system.model
        modes, weights = self.system.families, model.weights[0]
        site: VectorSite = modes[0].site
        size, basis = site.size, site.basis
        mean = [component(sp.Symbol(f"{weights.name}_mean", real=True), k) for k in range(size)]
        variables = [*weights.symbols, *mean, *site.teacher]

        def entry(values: Sequence[sp.Expr], i: int, j: int) -> sp.Expr:
            return sp.Add(*[e[i, j] * x for e, x in zip(basis, values, strict=True)])

        q = [f.symbols.q for f in modes]
        r = [f.symbols.q + f.symbols.v for f in modes]
        m = q if self.matched else [f.symbols.m[0] if f.symbols.m else sp.S.Zero for f in modes]
        rho = [f.second_moments[0] if f.second_moments else sp.S.Zero for f in modes]
        values: dict[tuple[int, int], sp.Expr] = {}
        for i in range(len(variables)):
            for j in range(len(variables)):
                kinds, k, l = (i // size, j // size), i % size, j % size
                table = {(0, 0): r, (0, 1): q, (1, 0): q, (1, 1): q, (2, 2): rho}
                values[i, j] = entry(table.get(kinds, m), k, l)
        refusal = ModelError(f"observables.{observable.name}: only quadratic forms of the components {LATER}")
        try:
            polynomial = sp.Poly(observable.expression, *variables)
        except sp.PolynomialError:
            raise refusal from None
        total = sp.S.Zero
        for powers, c in polynomial.terms():
            pair = [i for i, k in enumerate(powers) for _ in range(k)]
            if len(pair) not in (0, 2) or c.free_symbols & {s for x in model.quenched for s in x.symbols}:
                raise refusal
            total += c * (values[pair[0], pair[1]] if pair else sp.S.One)
        total = sp.expand(total)
        if self.matched:
            total = sp.expand(total.xreplace({f.symbols.q: f.second_moments[0] - f.symbols.v for f in modes}))
        return total

    # ------------------------------------------------------------------------------------- samples

    def _test(self, observable: Observable) -> sp.Expr:
        """The mean of expression(y, z, h, h_mean, predict_mean) over a fresh sample.

        E over omega of the sum over labels of P(y|omega) times the mean over h given omega of each part of one sign.
        """
        channel: VectorChannel = self.system.channels[observable.channel]
        spec = self.system.model.channels[observable.channel]
        modes: list[Symbols] = [f.symbols for f in self.system.families]
        h = [s for f in spec.student for s, _ in f.parts]
        h_mean = [s for f in spec.student for s in _means(f)]
        z = [s for f in spec.teacher for s, _ in f.parts]
        omega = fields_of("field", len(h))
        expression = observable.expression
        if expression.free_symbols & set(z):
            raise ModelError(
                f"observables.{observable.name}: teacher fields beside the label {LATER} for several fields"
            )
        v = [e for e in self._upper(channel, [s.v for s in modes])]
        total = sp.S.Zero
        predicted = self._predicted(channel, omega, v) if expression.has(sp.Symbol("predict_mean", real=True)) else None
        for j, part in enumerate(channel.components):
            for copy in range(part.multiplicity):
                value = None if part.label is None else getattr(part.label, "symbol", part.label.value)
                sign = 1
                if copy == 1:
                    value, sign = part.partner, -1
                e = expression if value is None else expression.xreplace({spec.y: value})
                e = e.xreplace({a: sign * b for a, b in zip(h_mean, omega, strict=True)} | {a: sign * a for a in h})
                if predicted is not None:
                    seen = predicted if copy == 0 else predicted.xreplace({x: -x for x in omega})
                    e = e.xreplace({sp.Symbol("predict_mean", real=True): seen})
                total += self._weighted(channel, part, e, tuple(h), omega, v, f"{observable.name}_{j}{copy}")
        q = self._upper(channel, [s.q for s in modes])
        if self.matched or channel.teacher_loads is None:
            return GaussianAverage(total, omega, [0] * len(omega), q)
        zeta = fields_of("teacher", channel.teacher_loads.rows)
        square = channel.covariance([s.q for s in modes])
        joint = sp.Matrix(
            sp.BlockMatrix([[square, channel.cross()], [channel.cross().T, channel.teacher_covariance()]])
        )
        size = joint.rows
        return GaussianAverage(total, (*omega, *zeta), [0] * size, [joint[i, j] for i, j in triangle(size)])

    @staticmethod
    def _upper(channel: VectorChannel, values) -> list[sp.Expr]:
        matrix = channel.covariance(values)
        return [matrix[i, j] for i, j in triangle(matrix.rows)]

    def _predicted(self, channel: VectorChannel, omega, v) -> sp.Expr:
        """The posterior mean of the label."""
        if not channel.bayes or not all(isinstance(p.label, LabelAtom) for p in channel.components):
            raise ModelError(f"channel[{channel.index}]: the posterior mean of the label {LATER} for several fields")
        total = sp.S.Zero
        for part in channel.components:
            total += part.label.value * sp.exp(VectorLog.of(part.partition.name, 1, omega, v))
            if part.multiplicity == 2:
                total += part.partner * sp.exp(VectorLog.of(part.partition.name, 1, [-x for x in omega], v))
        return total

    def _weighted(self, channel: VectorChannel, part, e: sp.Expr, h, omega, v, tag: str) -> sp.Expr:
        """P(y|omega) E e(h) for one label value."""
        rest = () if part.label is None or isinstance(part.label, LabelAtom) else (part.label.symbol,)
        if self.matched:
            law: sp.Expr = sp.exp(VectorLog.of(part.partition.name, 1, omega, v, rest))
        elif channel.teacher_loads is not None:
            zeta = fields_of("teacher", channel.teacher_loads.rows)
            law = channel._law(part, zeta, rest)
        else:
            law = sp.S.One if part.label is None else part.law
        inside = e
        if e.free_symbols & set(h):
            inside = sp.S.Zero
            for sign in (1, -1):
                positive = _positive(sign * e)
                if positive is None:
                    continue
                name = f"T_{tag}{'p' if sign > 0 else 'n'}"
                try:
                    found = vector_channel(name, positive, h, rest)
                except RuleNotApplicable as problem:
                    raise ModelError(f"channel[{channel.index}]: {problem}") from None
                if found.branches:
                    self.partitions[name] = found
                    inside += sign * sp.exp(VectorLog.of(name, 1, omega, v, rest))
        body = law * inside
        if isinstance(part.label, LabelDensity):
            return LabelIntegral(body, part.label.symbol, part.label.lower, part.label.upper)
        if isinstance(part.label, LabelNaturals):
            return LabelSum(body, part.label.symbol)
        return body


def _means(field) -> list[sp.Symbol]:
    mean = sp.Symbol(f"{field.name}_mean", real=True)
    return (
        [component(mean, k) for k in range(len(field.coefficient))] if isinstance(field.coefficient, tuple) else [mean]
    )


def _positive(e: sp.Expr) -> sp.Expr | None:
    """max(e, 0), or None if it is known to vanish."""
    if e.is_nonpositive:
        return None
    return e if e.is_nonnegative else sp.Max(e, 0)
