r"""Stage 7 of 7, `saddle_point`: stationarity, as a fixed-point map with its exact Jacobian's ingredients.

Input: the reduced free entropy.  Output: a `SaddlePoint`.

With C = sum_c samples_c channel_c and S the site term, for one family of sites

    phi = (A (q + v) - v q_hat)/2 - m m_hat + S(A, q_hat, m_hat) + C(q, v, m, b),

stationarity in the overlaps gives the conjugates, A = -2 dC/dq|_v, q_hat = A + 2 dC/dv, m_hat = dC/dm, and
stationarity in the conjugates the overlaps, v = 2 dS/dq_hat, q = -2 dS/dA - v, m = dS/dm_hat.  With v tied to
q (fixed norm) the first two combine to q_hat = -2 (dC/dq - dC/dv).  With several families phi has the sum of the first
terms with their sizes, and the conjugates of a family are those of C over its size.  Derivatives are Price's theorem.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.calculus.closed_envelopes import close_envelopes
from derive.calculus.nodes import combine, derivative, substitute
from derive.calculus.pathwise import first_order
from derive.replica.reduce import ReducedEntropy
from derive.replica.system import System
from derive.replica.trace import Trace

__all__ = ["SaddlePoint", "cold_conjugates", "find_saddle_point"]


@dataclass(frozen=True, slots=True)
class SaddlePoint:
    """The saddle-point equations.

    overlaps     independent order parameters: q, v of every family, m..., globals, in this order
    conjugates   {hat: expression in overlaps and parameters}
    site_map     {q, v of every family, m...: expression in the conjugates and parameters}
    stationary   {global: derivative of phi, to vanish}
    norms        r of every family if v = r - q is tied to q, else None
    """

    system: System
    reduced: ReducedEntropy
    free_entropy: sp.Expr
    overlaps: tuple[sp.Symbol, ...]
    conjugates: dict[sp.Symbol, sp.Expr]
    site_map: dict[sp.Symbol, sp.Expr]
    stationary: dict[sp.Symbol, sp.Expr]
    norms: tuple[sp.Expr | None, ...]

    @property
    def value(self) -> sp.Expr:
        """Phi for evaluation: in the overlaps alone where the conjugates are eliminated (nothing large cancels)."""
        return self.free_entropy if self.reduced.explicit is None else self.reduced.explicit

    @property
    def tied(self) -> sp.Expr | None:
        """`norms` of the first family of sites."""
        return self.norms[0]

    def differentiate(self, expression: sp.Expr, symbol: sp.Symbol) -> sp.Expr:
        """The derivative along the manifold (q carries v along when tied)."""
        return self.reduced.differentiate(expression, symbol)

    def conjugate_jacobian(self) -> dict[tuple[sp.Symbol, sp.Symbol], sp.Expr]:
        """{(hat or global, overlap): derivative}."""
        rows = {**self.conjugates, **self.stationary}
        return {(row, x): self.differentiate(e, x) for row, e in rows.items() for x in self.overlaps}

    def site_jacobian(self) -> dict[tuple[sp.Symbol, sp.Symbol], sp.Expr]:
        """{(overlap, hat): derivative}."""
        differentiate = self.reduced.differentiate if self.system.cold else derivative
        return {(x, hat): differentiate(e, hat) for x, e in self.site_map.items() for hat in self.conjugates}


def find_saddle_point(reduced: ReducedEntropy, trace: Trace) -> SaddlePoint:
    """Differentiate the reduced free entropy; every derivative is Price's theorem on the nodes."""
    if reduced.system.cold:
        return _cold_saddle_point(reduced, trace)
    system, channel = reduced.system, reduced.channel
    conjugates: dict[sp.Symbol, sp.Expr] = {}
    pairs: dict[sp.Symbol, sp.Expr] = {}
    partners: dict[sp.Symbol, sp.Expr] = {}
    overlaps: list[sp.Symbol] = []
    for family, full, tied in zip(system.families, reduced.full_sites, reduced.norms, strict=True):
        s, size = family.symbols, family.share
        if reduced.matched:
            conjugates[s.q_hat] = combine(2 * reduced.differentiate(channel, s.q) / size)
        elif tied is not None:
            conjugates[s.q_hat] = combine(-2 * reduced.differentiate(channel, s.q) / size)
        else:
            A = combine(-2 * derivative(channel, s.q) / size)
            conjugates[s.q_hat] = combine(A + 2 * derivative(channel, s.v) / size)
            conjugates[s.A] = A
        v_map = combine(2 * derivative(full, s.q_hat))
        pairs[s.q] = combine(substitute(combine(-2 * derivative(full, s.A) - v_map), reduced.eliminated))
        pairs[s.v] = substitute(v_map, reduced.eliminated)
        overlaps += [s.q] if tied is not None else [s.q, s.v]
        if not reduced.matched:
            for m, m_hat in zip(s.m, s.m_hat, strict=True):
                conjugates[m_hat] = derivative(channel, m) if size == 1 else combine(derivative(channel, m) / size)
                partners[m] = substitute(derivative(full, m_hat), reduced.eliminated)
        if family.site.gaussian:
            pairs |= {x: sp.simplify(pairs[x]) for x in (s.q, s.v)}
            partners |= {m: sp.simplify(partners[m]) for m in s.m if m in partners}
    site_map = {**pairs, **partners}
    overlaps += partners
    stationary = {b: derivative(channel, b) for b in system.globals}
    overlaps += list(system.globals)
    several, fixed = len(system.families) > 1, any(norm is not None for norm in reduced.norms)
    trace.record(
        "price-theorem-conjugates",
        "saddle_point",
        "exact",
        r"Stationarity in the overlaps, by Price's theorem $\partial_{C_{ij}}\mathbb E f = \mathbb E f_{ij}$ "
        r"(half of it for $i=j$) and the heat equation $\partial_v\ell = (\ell_2+\ell_1^2)/2$ of $\ell=\log Z$."
        + (" A family of $sN$ sites has conjugates over its size $s$." if several else ""),
        [(str(hat), e) for hat, e in conjugates.items()]
        + [(f"0 [stationary in {b}]", e) for b, e in stationary.items()],
    )
    trace.record(
        "price-theorem-overlaps",
        "saddle_point",
        "exact",
        r"Stationarity in the conjugates gives the overlaps as averages over a site: "
        r"$q=\mathbb E[\langle fw\rangle^2]$, "
        r"$r-q=\mathbb E\,\mathrm{var}(fw)$"
        + (r" (one identity when $r$ is fixed)" if fixed else "")
        + (r", $m=\mathbb E\,t\langle fw\rangle$." if partners else "."),
        [(str(x), e) for x, e in site_map.items()],
    )
    return SaddlePoint(system, reduced, reduced.total, tuple(overlaps), conjugates, site_map, stationary, reduced.norms)


def cold_conjugates(reduced: ReducedEntropy) -> dict[sp.Symbol, sp.Expr]:
    """The conjugates at zero temperature as averages, by stationarity in the overlaps.

    Where a minimiser jumps, second derivatives of envelopes have a delta function: Stein's lemma leaves first ones.
    """
    system, channel = reduced.system, reduced.channel_nodes
    sites = {f.site.envelope.name for f in system.families if f.site.envelope is not None}
    jumps = any(e.jumps for name, e in system.envelopes.items() if name not in sites)
    found: dict[sp.Symbol, sp.Expr] = {}
    for family in system.families:
        s, size = family.symbols, family.share
        found |= {s.q_hat: derivative(2 * channel, s.v) / size, s.A: derivative(-2 * channel, s.q) / size}
        found |= {m_hat: derivative(channel, m) / size for m, m_hat in zip(s.m, s.m_hat, strict=True)}
    return {hat: combine(first_order(e)) if jumps else e for hat, e in found.items()}


def _cold_saddle_point(reduced: ReducedEntropy, trace: Trace) -> SaddlePoint:
    r"""Stationarity at zero temperature.

    With phi = (V_hat q - V q_hat)/2 - m m_hat + S(V_hat, q_hat, m_hat) + C(q, V, m, b):
    V_hat = -2 dC/dq, q_hat = 2 dC/dV, m_hat = dC/dm and q = -2 dS/dV_hat, V = 2 dS/dq_hat, m = dS/dm_hat.
    Equations are derived on the nodes (at most second derivatives of envelopes) and then closed where they can be.
    """
    system, channel = reduced.system, reduced.channel_nodes
    table = {**system.partitions, **system.envelopes}

    def closed(e: sp.Expr) -> sp.Expr:
        return combine(close_envelopes(e, table))

    fixed = {f.symbols.A for f, norm in zip(system.families, reduced.norms, strict=True) if norm is not None}
    conjugates = {hat: closed(e) for hat, e in cold_conjugates(reduced).items() if hat not in fixed}
    pairs: dict[sp.Symbol, sp.Expr] = {}
    partners: dict[sp.Symbol, sp.Expr] = {}
    overlaps: list[sp.Symbol] = []
    for family, site, tied in zip(system.families, reduced.site_nodes, reduced.norms, strict=True):
        s = family.symbols
        jumps = family.site.envelope is not None and family.site.envelope.jumps
        response = derivative(2 * site, s.q_hat)
        pairs[s.q] = tied if tied is not None else closed(derivative(-2 * site, s.A))
        pairs[s.v] = closed(first_order(response) if jumps else response)
        for m, m_hat in zip(s.m, s.m_hat, strict=True):
            slope = derivative(site, m_hat)
            partners[m] = closed(first_order(slope) if jumps else slope)
        overlaps += [*([] if tied is not None else [s.q]), s.v]
    site_map = {x: substitute(e, reduced.eliminated) for x, e in (pairs | partners).items()}
    site_map = {x: sp.simplify(e) if e.is_rational_function() else e for x, e in site_map.items()}
    stationary = {b: closed(derivative(channel, b)) for b in system.globals}
    overlaps += [*partners, *system.globals]
    trace.record(
        "price-theorem-conjugates",
        "saddle_point",
        "exact",
        r"Stationarity in the overlaps, by Price's theorem and the Hamilton-Jacobi equation of the envelopes: "
        r"$\hat q = 2\,\partial_V$, $\hat V = -2\,\partial_q$"
        + (r", $\hat m = \partial_m$" if partners else "")
        + " of the channel term.",
        [(str(hat), e) for hat, e in conjugates.items()]
        + [(f"0 [stationary in {b}]", e) for b, e in stationary.items()],
    )
    trace.record(
        "price-theorem-overlaps",
        "saddle_point",
        "exact",
        r"Stationarity in the conjugates gives the overlaps as averages of the minimiser $w^\star$ of a site: "
        r"$q=\mathbb E[(f w^\star)^2]$, $V=\mathbb E\,\partial_x (f w^\star)$"
        + (r", $m=\mathbb E\,t f w^\star$." if partners else "."),
        [(str(x), e) for x, e in site_map.items()],
    )
    return SaddlePoint(system, reduced, reduced.total, tuple(overlaps), conjugates, site_map, stationary, reduced.norms)
