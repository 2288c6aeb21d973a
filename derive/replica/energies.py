r"""Energies of the overlaps: what random Gaussian and deterministic energies add to the replicated system.

E exp(-beta sum_a H_a) = exp(beta^2 N/2 sum_{ab} xi(Q_ab)) for E H_a H_b = N xi(Q_ab), the terms a = b among them, and a
deterministic energy N e(r_a, m_a) enters as it is.  Both are functions of the overlaps that the weights already have:
Q_aa = r_a, Q_ab = q_ab, m_a with a quenched partner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from derive.errors import ModelError
from derive.replica.component_energies import component_overlaps
from derive.replica.refusals import LATER
from derive.replica.system import Symbols
from derive.spec.functions import Cross, Overlap
from derive.spec.model import Model, Weights

__all__ = ["EnergyPart", "Measured", "energy_factor", "energy_part", "energy_partners"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What the overlaps of a family of sites are means of: f w, and t f w for its quenched partners t."""

    weights: Weights
    factor: sp.Expr
    partners: tuple[sp.Expr, ...]


@dataclass(frozen=True, slots=True)
class EnergyPart:
    """xi in `overlaps`, a symbol of every family, and the value e in r and the overlaps m; both without beta."""

    covariance: sp.Expr
    value: sp.Expr
    overlaps: tuple[sp.Symbol, ...]

    def at(self, *overlaps: sp.Expr) -> sp.Expr:
        """Xi of one overlap of every family."""
        return self.covariance.xreplace(dict(zip(self.overlaps, overlaps, strict=True)))

    def exponents(self, beta: sp.Expr, families: Sequence[Symbols]) -> tuple[sp.Expr, sp.Expr]:
        """What a replica and an ordered pair of two replicas add: beta^2 xi(r)/2 - beta e and beta^2 xi(q)/2."""
        own, pair = self.at(*[s.r for s in families]), self.at(*[s.q for s in families])
        return beta**2 * own / 2 - beta * self.value, beta**2 * pair / 2

    def mean(self, beta: sp.Expr, families: Sequence[Symbols]) -> sp.Expr:
        """The thermal mean over N: e - beta (xi(r) - xi(q))."""
        own = {s.r: s.q + s.v for s in families}
        change = self.at(*own.values()) - self.at(*[s.q for s in families])
        return self.value.xreplace(own) - beta * change

    def cold(self, families: Sequence[Symbols], responses: Sequence[sp.Expr]) -> sp.Expr:
        """The same per replica over beta as beta -> infinity with r - q = V/beta: sum V xi'(q)/2 - e at r = q."""
        q = [s.q for s in families]
        slope = sp.Add(*[v * self.covariance.diff(x) for x, v in zip(self.overlaps, responses, strict=True)])
        at = dict(zip(self.overlaps, q, strict=True))
        return slope.xreplace(at) / 2 - self.value.xreplace({s.r: s.q for s in families})

    def terms(self, beta: sp.Expr, families: Sequence[Symbols]) -> sp.Expr:
        """What the action leaves of n -> 0, in q and v = r - q."""
        own = {s.r: s.q + s.v for s in families}
        change = self.at(*own.values()) - self.at(*[s.q for s in families])
        return beta**2 * change / 2 - beta * self.value.xreplace(own)

    def matched(
        self, beta: sp.Expr, families: Sequence[Symbols], seconds: Sequence[sp.Expr], fixed: Sequence[bool]
    ) -> bool:
        """Whether quenched partners are replicas for the energies: m_hat = q_hat and r_hat = 0 at m = q, r = E t^2.

        With r fixed by the measure r_hat may have any value.
        """
        phi = self.terms(beta, families)
        at = {s.m[0]: s.q for s in families} | {s.v: e - s.q for s, e in zip(families, seconds, strict=True)}
        for s, known in zip(families, fixed, strict=True):
            slope = (phi.diff(s.m[0]) + 2 * (phi.diff(s.q) - phi.diff(s.v))).xreplace(at)
            if sp.simplify(slope) != 0 or not (known or sp.simplify(phi.diff(s.v).xreplace(at)) == 0):
                return False
        return True

    def fluctuation(self, families: Sequence[Symbols], responses: Sequence[sp.Expr]) -> sp.Expr:
        """The term of order one beside `cold`: sum V V' xi''(q)/4 - sum V de/dr at r = q."""
        at = dict(zip(self.overlaps, [s.q for s in families], strict=True))
        pairs = list(zip(self.overlaps, responses, strict=True))
        second = sp.Add(*[v * u * self.covariance.diff(x, y) for x, v in pairs for y, u in pairs])
        first = sp.Add(*[v * self.value.diff(s.r) for s, v in zip(families, responses, strict=True)])
        return second.xreplace(at) / 4 - first.xreplace({s.r: s.q for s in families})


def _pull(expression: sp.Expr, names: set[sp.Symbol]) -> tuple[sp.Expr, sp.Expr]:
    """The factor that is equal at all sites, and the rest."""
    if not names:
        return expression, sp.S.One
    return sp.factor(expression).as_independent(*names, as_Add=False)


def _slope(expression: sp.Expr, w: sp.Symbol, where: str) -> sp.Expr:
    """The coefficient a of an expression a w."""
    expanded = sp.expand(expression)
    slope = expanded.coeff(w)
    if sp.expand(expanded - slope * w) != 0 or slope.has(w) or slope == 0:
        raise ModelError(f"{where}: an overlap of {expression}, not linear in {w}, {LATER}")
    return slope


def _sides(node: Cross | Overlap, model: Model) -> set[sp.Symbol]:
    """The replicated variables that an overlap is of."""
    return node.free_symbols & {w.symbol for w in model.weights}


def _is_of(node: Cross | Overlap, weights: Weights, model: Model, where: str) -> bool:
    """Whether an overlap is one of the given weights; one of several families is refused."""
    found = _sides(node, model)
    if len(found) > 1:
        names = " and ".join(sorted(map(str, found)))
        raise ModelError(f"{where}: an overlap is a mean over one family of sites, not of {names}")
    return weights.symbol in found


def energy_factor(model: Model, weights: Weights) -> sp.Expr | None:
    """The site function f of the first cross(f w) of the weights, or None if there is none."""
    names = {q.symbol for q in model.quenched}
    for index, energy in enumerate(model.energies):
        where = f"energy[{index}]"
        for node in sorted(energy.expression.atoms(Cross), key=str):
            if _is_of(node, weights, model, where):
                return _pull(_slope(node.args[0], weights.symbol, where), names)[1]
    return None


def _overlap(
    node: Overlap, model: Model, weights: Weights, factor: sp.Expr, where: str
) -> list[tuple[sp.Expr, sp.Expr, int]]:
    """overlap(f, g) as a sum of (constant, site function t, power of w): constant * mean of factor t w, or of w^2."""
    w, names = weights.symbol, {q.symbol for q in model.quenched}
    product = sp.expand(node.args[0] * node.args[1])
    polynomial = product.as_poly(w)
    if polynomial is None or polynomial.degree() not in (1, 2):
        raise ModelError(f"{where}: an overlap of {node.args[0]} with {node.args[1]} {LATER}")
    found: list[tuple[sp.Expr, sp.Expr, int]] = []
    for (power,), coefficient in polynomial.terms():
        if power == 0:
            raise ModelError(f"{where}: overlap({node.args[0]}, {node.args[1]}) has a term without {w}")
        for term in sp.Add.make_args(sp.expand(coefficient)):
            outside, inside = _pull(term, names)
            t = sp.simplify(inside / factor**power)
            if power == 2 and t.free_symbols & names:
                raise ModelError(f"{where}: a self-overlap weighted by quenched variables {LATER}")
            found.append((outside * (t if power == 2 else 1), t, power))
    return found


def energy_partners(model: Model, weights: Weights, factor: sp.Expr) -> list[sp.Expr]:
    """The site functions t of all overlaps of the weights with quenched variables."""
    found: list[sp.Expr] = []
    for index, energy in enumerate(model.energies):
        where = f"energy[{index}]"
        for node in sorted(energy.expression.atoms(Overlap), key=str):
            if _is_of(node, weights, model, where):
                found += [t for _, t, power in _overlap(node, model, weights, factor, where) if power == 1]
    return list(dict.fromkeys(found))


def energy_part(model: Model, measured: Sequence[Measured], families: Sequence[Symbols]) -> EnergyPart | None:
    """The energies in the overlaps of the system."""
    if not model.energies:
        return None
    names = {q.symbol for q in model.quenched}
    overlaps = tuple(sp.Symbol(f"Q{s.q.name[1:]}" if len(families) > 1 else "Q", real=True) for s in families)
    covariance = value = sp.S.Zero
    for index, energy in enumerate(model.energies):
        where = f"energy[{index}]"
        given: dict[sp.Basic, sp.Expr] = {}
        for of, overlap, s in zip(measured, overlaps, families, strict=True):
            w, factor = of.weights, of.factor
            if w.components > 1:
                own = [(x, y) for m, x, y in zip(measured, overlaps, families, strict=True) if m.weights == w]
                given |= component_overlaps(energy.expression, model, w, own, where)
                continue
            for node in energy.expression.atoms(Cross):
                if not _is_of(node, w, model, where):
                    continue
                scale = sp.S.One
                for side in node.args:
                    outside, inside = _pull(_slope(side, w.symbol, where), names)
                    if sp.simplify(inside - factor) != 0:
                        raise ModelError(f"{where}: overlaps that weigh the sites differently {LATER}")
                    scale *= outside
                given[node] = scale * overlap
            for node in energy.expression.atoms(Overlap):
                if _is_of(node, w, model, where):
                    terms = _overlap(node, model, w, factor, where)
                    given[node] = sp.Add(*[c * (s.m[of.partners.index(t)] if k == 1 else s.r) for c, t, k in terms])
        if energy.kind == "gaussian":
            found = energy.expression.xreplace(given)
            _refuse_no_covariance(found, overlaps, model, where)
            covariance += found
        else:
            value += energy.expression.xreplace(given)
    return EnergyPart(covariance, value, overlaps)


def _refuse_no_covariance(xi: sp.Expr, overlaps: Sequence[sp.Symbol], model: Model, where: str) -> None:
    """Refuse an xi that is no covariance for any N: its Taylor coefficients in the overlaps are not negative.

    I. J. Schoenberg, Duke Math. J. 9, 96 (1942). Coefficients are tried to eighth order at the default parameters.
    """
    reason = "it is no covariance: its Taylor coefficients in the overlap have to be nonnegative"
    values = {p.symbol: p.default for p in model.parameters if p.default is not None}
    if xi.xreplace(values).free_symbols - set(overlaps):
        values |= {p.symbol: sp.Rational(7, 5) for p in model.parameters if p.default is None}
    small: dict[tuple[sp.Symbol, ...], sp.Expr] = {
        (): xi.xreplace(values)
    }  # derivatives, by the overlaps they are taken in
    zero = {x: sp.S.Zero for x in overlaps}
    for _ in range(8 if len(overlaps) == 1 else 4):
        for derivative in small.values():
            value = derivative.xreplace(zero)
            if value.has(sp.zoo, sp.nan, sp.oo) or not value.is_real or sp.N(value) < -1e-12:
                shown = xi.xreplace({overlaps[0]: sp.Symbol("q")}) if len(overlaps) == 1 else xi
                raise ModelError(f"{where}: gaussian = {shown} in the overlap q; {reason}")
        small = {
            (*key, x): e.diff(x) for key, e in small.items() for x in overlaps if not key or str(x) >= str(key[-1])
        }
