r"""Energies of the overlaps: what random Gaussian and deterministic energies add to the replicated system.

E exp(-beta sum_a H_a) = exp(beta^2 N/2 sum_{ab} xi(Q_ab)) for E H_a H_b = N xi(Q_ab), the terms a = b among them, and a
deterministic energy N e(r_a, m_a) enters as it is.  Both are functions of the overlaps that the weights already have:
Q_aa = r_a, Q_ab = q_ab, m_a with a quenched partner.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.errors import ModelError
from derive.replica.refusals import LATER
from derive.replica.system import Symbols
from derive.spec.functions import Cross, Overlap
from derive.spec.model import Model

__all__ = ["OVERLAP", "EnergyPart", "energy_factor", "energy_part", "energy_partners"]

OVERLAP = sp.Dummy("Q", real=True)


@dataclass(frozen=True, slots=True)
class EnergyPart:
    """xi in the symbol of one overlap, and the value e in r and the overlaps m; both without beta."""

    covariance: sp.Expr
    value: sp.Expr

    def at(self, overlap: sp.Expr) -> sp.Expr:
        """Xi of an overlap."""
        return self.covariance.xreplace({OVERLAP: overlap})

    def exponents(self, beta: sp.Expr, symbols: Symbols) -> tuple[sp.Expr, sp.Expr]:
        """What a replica and an ordered pair of two replicas add: beta^2 xi(r)/2 - beta e and beta^2 xi(q)/2."""
        return beta**2 * self.at(symbols.r) / 2 - beta * self.value, beta**2 * self.at(symbols.q) / 2

    def mean(self, beta: sp.Expr, symbols: Symbols) -> sp.Expr:
        """The thermal mean over N: e - beta (xi(r) - xi(q))."""
        whole = symbols.q + symbols.v
        return self.value.xreplace({symbols.r: whole}) - beta * (self.at(whole) - self.at(symbols.q))

    def cold(self, q: sp.Expr, r: sp.Symbol, v: sp.Expr) -> sp.Expr:
        """The same per replica over beta as beta -> infinity with r - q = V/beta: V xi'(q)/2 - e at r = q."""
        slope = self.covariance.diff(OVERLAP).xreplace({OVERLAP: q})
        return v * slope / 2 - self.value.xreplace({r: q})

    def terms(self, beta: sp.Expr, q: sp.Expr, r: sp.Symbol, increment: sp.Expr) -> sp.Expr:
        """What the action leaves of n -> 0, with r = q + increment."""
        whole = q + increment
        return beta**2 * (self.at(whole) - self.at(q)) / 2 - beta * self.value.xreplace({r: whole})

    def matched(self, beta: sp.Expr, symbols: Symbols, second: sp.Expr, fixed: bool) -> bool:
        """Whether a quenched partner is a replica for the energies: m_hat = q_hat and r_hat = 0 at m = q, r = E t^2.

        With r fixed by the measure r_hat may have any value.
        """
        q, v, m = symbols.q, symbols.v, symbols.m[0]
        phi = self.terms(beta, q, symbols.r, v)
        at = {m: q, v: second - q}
        slope = (phi.diff(m) + 2 * (phi.diff(q) - phi.diff(v))).xreplace(at)
        return sp.simplify(slope) == 0 and (fixed or sp.simplify(phi.diff(v).xreplace(at)) == 0)

    def fluctuation(self, q: sp.Expr, r: sp.Symbol, v: sp.Expr) -> sp.Expr:
        """The term of order one beside `cold`: V^2 xi''(q)/4 - V de/dr at r = q."""
        second = self.covariance.diff(OVERLAP, 2).xreplace({OVERLAP: q})
        return v**2 * second / 4 - v * self.value.diff(r).xreplace({r: q})


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


def energy_factor(model: Model) -> sp.Expr | None:
    """The site function f of the first cross(f w) of the model, or None if there is none."""
    w, names = model.weights[0].symbol, {q.symbol for q in model.quenched}
    for index, energy in enumerate(model.energies):
        for node in sorted(energy.expression.atoms(Cross), key=str):
            return _pull(_slope(node.args[0], w, f"energy[{index}]"), names)[1]
    return None


def _overlap(node: Overlap, model: Model, factor: sp.Expr, where: str) -> list[tuple[sp.Expr, sp.Expr, int]]:
    """overlap(f, g) as a sum of (constant, site function t, power of w): constant * mean of factor t w, or of w^2."""
    w, names = model.weights[0].symbol, {q.symbol for q in model.quenched}
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


def energy_partners(model: Model, factor: sp.Expr) -> list[sp.Expr]:
    """The site functions t of all overlaps of the weights with quenched variables."""
    found: list[sp.Expr] = []
    for index, energy in enumerate(model.energies):
        for node in sorted(energy.expression.atoms(Overlap), key=str):
            found += [t for _, t, power in _overlap(node, model, factor, f"energy[{index}]") if power == 1]
    return list(dict.fromkeys(found))


def energy_part(
    model: Model, factor: sp.Expr, teachers: list[sp.Expr], r: sp.Symbol, m: tuple[sp.Symbol, ...]
) -> EnergyPart | None:
    """The energies in the overlaps of the system."""
    if not model.energies:
        return None
    w, names = model.weights[0].symbol, {q.symbol for q in model.quenched}
    covariance = value = sp.S.Zero
    for index, energy in enumerate(model.energies):
        where = f"energy[{index}]"
        given: dict[sp.Basic, sp.Expr] = {}
        for node in energy.expression.atoms(Cross):
            scale = sp.S.One
            for side in node.args:
                outside, inside = _pull(_slope(side, w, where), names)
                if sp.simplify(inside - factor) != 0:
                    raise ModelError(f"{where}: overlaps that weigh the sites differently {LATER}")
                scale *= outside
            given[node] = scale * OVERLAP
        for node in energy.expression.atoms(Overlap):
            given[node] = sp.Add(
                *[
                    c * (m[teachers.index(t)] if power == 1 else r)
                    for c, t, power in _overlap(node, model, factor, where)
                ]
            )
        if energy.kind == "gaussian":
            found = energy.expression.xreplace(given)
            _refuse_no_covariance(found, model, where)
            covariance += found
        else:
            value += energy.expression.xreplace(given)
    return EnergyPart(covariance, value)


def _refuse_no_covariance(xi: sp.Expr, model: Model, where: str) -> None:
    """Refuse an xi that is no covariance for any N: its Taylor coefficients in the overlap are not negative.

    I. J. Schoenberg, Duke Math. J. 9, 96 (1942). Coefficients are tried to eighth order at the default parameters.
    """
    reason = "it is no covariance: its Taylor coefficients in the overlap have to be nonnegative"
    values = {p.symbol: p.default for p in model.parameters if p.default is not None}
    if xi.xreplace(values).free_symbols - {OVERLAP}:
        values |= {p.symbol: sp.Rational(7, 5) for p in model.parameters if p.default is None}
    small = xi.xreplace(values)
    for _ in range(8):
        value = small.xreplace({OVERLAP: sp.S.Zero})
        if value.has(sp.zoo, sp.nan, sp.oo) or not value.is_real or sp.N(value) < -1e-12:
            raise ModelError(f"{where}: gaussian = {xi.xreplace({OVERLAP: sp.Symbol('q')})} in the overlap q; {reason}")
        small = small.diff(OVERLAP)
