"""Envelopes on their way into the kernel: piecewise polynomials as they are, roots as functions of their own."""

from __future__ import annotations

import sympy as sp

from derive.calculus.closed_envelopes import explicit_envelope, field_regions
from derive.calculus.envelopes import Envelope
from derive.calculus.nodes import MoreauEnvelope
from derive.kernel.ir import Hint, JetTerm, Prox, ProxRegion
from derive.kernel.steady import steady_derivatives

__all__ = ["EnvelopeRules"]


class EnvelopeRules:
    """The part of the lowering that knows envelopes; mixed into `derive.kernel.lower.Lowering`."""

    def _explicit(self, e: sp.Expr) -> sp.Expr:
        """Write every envelope with closed maximisers as a piecewise polynomial."""
        found = {}
        for node in e.atoms(MoreauEnvelope):
            value = explicit_envelope(node, self.partitions[node.args[0].name])
            if value is not None:
                found[node] = value
        return e.xreplace(found)

    def _prox_terms(self, found: Envelope, v, rest, scope) -> tuple[JetTerm, ...]:
        """The jet term that calls the function of an envelope."""
        prox = self._prox(found)
        given = dict(zip(found.rest, rest, strict=True))
        named = {self.name(s): given.get(s, s) for s in self._prox_symbols(found)}
        values = [self._constant(v, scope)] + [self._constant(named[n], scope) for n in prox.arguments[1:]]
        return (JetTerm("prox", tuple(values), prox.name),)

    def _prox_hints(self, found: Envelope, x, v, rest, scope) -> None:
        """Boundaries where the envelope is not smooth, in the variable of an integral."""
        u = scope.variable
        if u is None:
            return
        ends = field_regions(found, x, v, rest, u)
        for _, end in (ends or [])[:-1]:
            if not end.has(u):
                scope.hints.append(Hint("point", (self._constant(end, scope), self._ir(sp.S.Zero))))

    def _prox_symbols(self, found: Envelope) -> list[sp.Symbol]:
        free = set(found.rest)
        for region in found.regions:
            for e in (region.upper, region.first, region.last, region.cost):
                free |= e.free_symbols
        return sorted(free - {found.inner, found.field, found.variance}, key=lambda s: s.name)

    def _prox(self, found: Envelope) -> Prox:
        name = f"prox_{found.name}"
        if name in self.inners:
            return self.inners[name]
        regions = []
        for region in found.regions:
            if region.prox is not None:
                values = tuple(self._ir(found.value(region, k)) for k in range(5))
                regions.append(ProxRegion(self._ir(region.upper), values))
            else:
                slopes = tuple(self._ir(e) for e in steady_derivatives(region.cost, found.inner, 4))
                ends = (self._ir(region.first), self._ir(region.last))
                regions.append(ProxRegion(self._ir(region.upper), (), *ends, slopes))
        arguments = [found.variance, *self._prox_symbols(found)]
        prox = Prox(
            name,
            found.kind,
            self.name(found.field),
            tuple(self.name(a) for a in arguments),
            self.name(found.inner),
            tuple(regions),
        )
        self.inners[name] = prox
        self.facts[name] = "proximal point: Newton's iteration inside a bracket, closed where the cost is quadratic"
        return prox
