r"""Stage 6 of 7, `reduce`: what symmetry and structure fix, detected and not assumed.

Input: the free entropy.  Output: a `ReducedEntropy`: which overlaps are independent and the equations of
the eliminated variables.  Rules, each with its condition:

- closed averages: Gaussian integrals that have a closed form;
- fixed norm: f^2 w^2 equal for every w of the measure (or a sphere): r is known, v = r - q;
- Nishimori: the student's prior and factors are the teacher's laws: m = q, r = E t^2, r_hat = 0,
  q_hat = m_hat;
- Gaussian and spherical conjugates: the site term is explicit and its stationarity in the conjugates is solved.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.calculus.closed import close_average
from derive.calculus.closed_envelopes import close_envelopes
from derive.calculus.nodes import MoreauEnvelope, combine, derivative, substitute
from derive.calculus.pathwise import first_order, path_derivative
from derive.replica.replica_limit import FreeEntropy
from derive.replica.system import System
from derive.replica.trace import Trace

__all__ = ["ReducedEntropy", "reduce_free_entropy"]


@dataclass(frozen=True, slots=True)
class ReducedEntropy:
    """The free entropy on the reduced manifold.

    total, interaction, site, channel   expressions in q, v, m, globals and the kept conjugates
    full_site           the site term with A, q_hat, m_hat independent
    norm                r if fixed, else None;  matched: the Nishimori line
    conjugates          the kept conjugate symbols;  eliminated: {symbol: value in the kept ones}
    explicit            phi in the overlaps alone, if all conjugates could be eliminated, else None
    site_nodes, channel_nodes   at zero temperature, the terms before averages were closed
    """

    system: System
    interaction: sp.Expr
    site: sp.Expr
    channel: sp.Expr
    full_site: sp.Expr
    norm: sp.Expr | None
    matched: bool
    conjugates: tuple[sp.Symbol, ...]
    eliminated: dict[sp.Symbol, sp.Expr]
    explicit: sp.Expr | None
    site_nodes: sp.Expr = sp.S.Zero
    channel_nodes: sp.Expr = sp.S.Zero

    @property
    def total(self) -> sp.Expr:
        """Phi on the reduced manifold."""
        return self.interaction + self.site + self.channel

    def _smooth(self, expression: sp.Expr) -> bool:
        """Whether Price's theorem, which asks for higher derivatives, applies to every envelope of an expression."""
        found = self.system.envelopes
        return all(found[l.args[0].name].smooth for l in expression.atoms(MoreauEnvelope))

    def differentiate(self, expression: sp.Expr, symbol: sp.Symbol) -> sp.Expr:
        """The derivative along the manifold: with a fixed norm, q carries v = r - q along."""
        s = self.system.symbols
        if self.system.cold and not self._smooth(expression):
            return combine(path_derivative(first_order(expression), symbol, self.system.envelopes))
        if self.system.cold:
            return derivative(expression, symbol)
        value = derivative(expression, symbol)
        if symbol == s.q and self.norm is not None:
            value = combine(value - derivative(expression, s.v))
        return value


def reduce_free_entropy(free: FreeEntropy, trace: Trace) -> ReducedEntropy:
    """Apply every reduction whose condition holds; each is a step."""
    if free.system.cold:
        return _reduce_cold(free, trace)
    system, s = free.system, free.system.symbols
    channel = free.channel
    norm, matched = system.fixed_norm, system.matched
    if matched:
        channel = sp.Add(*[c.samples * c.average(s, lambda log_z: log_z, matched=True) for c in system.channels])
        channel += free.reference + free.energy.xreplace({s.m[0]: s.q})
        norm = system.second_moments[0]
    site = free.site
    closed_site = _close_each(site, system)
    site = full_site = closed_site
    eliminated: dict[sp.Symbol, sp.Expr] = {}
    if norm is not None and not matched:
        how = (
            "the sphere fixes it; its multiplier is $\\hat r$"
            if system.sphere
            else "$f^2w^2$ takes one value, so $\\hat r$ drops out and is set to 0"
        )
        trace.record(
            "fixed-norm",
            "reduce",
            "exact",
            f"The self-overlap is known: {how}.",
            [(str(s.r), norm)],
            conditions=(f"{s.r} = {norm}",),
        )
    if matched:
        eliminated[s.m_hat[0]] = s.q_hat
        trace.record(
            "nishimori",
            "reduce",
            "exact",
            r"The posterior is the true one: the student's prior and factors are the teacher's laws, so a replica "
            r"and the teacher are exchangeable: $m = q$, $r = \mathbb E\,t^2$, $\hat m = \hat q$"
            + ("" if system.sphere else r", $\hat r = 0$")
            + r". The variance of $z$ given $\omega$ is $\mathbb E z^2 - m^2/q = r - q$, so "
            r"$\mathbb E_{z|\omega}P(y|z) = Z(y,\omega,r-q)$ and the channel average becomes "
            r"$\mathbb E_\omega\sum_y Z\log Z$ (an integral over real labels).",
            [(str(s.r), norm), ("channel", channel)],
            conditions=(
                "student prior = teacher law"
                + (" (sphere against a normal law of equal norm: as N -> infinity)" if system.sphere else ""),
                "student factor = label law",
                "equal scales of both fields, no learned bias",
            ),
        )
    closed_channel = _close_each(channel, system)
    if closed_channel != channel or closed_site != free.site:
        channel = closed_channel
        trace.record(
            "gaussian-integrals",
            "reduce",
            "exact",
            r"Gaussian averages of explicit $\log Z$ are done in closed form.",
            [("site", site), ("channel", channel)],
        )
    if system.sphere:
        eliminated[s.A] = _spherical_multiplier(site, system, eliminated)
    elif norm is not None:
        eliminated[s.A] = s.q_hat
    site = substitute(site, eliminated)
    interaction = substitute(_interaction(free, matched), eliminated)
    kept = [s.q_hat] + ([] if matched else list(s.m_hat)) + ([] if s.A in eliminated else [s.A])
    trace.record(
        "reduced-free-entropy",
        "reduce",
        "exact",
        r"The free entropy on the reduced manifold, stationary in its arguments"
        + (r" (with $r-q$ tied to $q$)." if norm is not None else "."),
        [("free_entropy", interaction + site + channel)],
    )
    partial = ReducedEntropy(
        system, interaction, site, channel, full_site, norm, matched, tuple(kept), eliminated, None
    )
    explicit = _eliminate_gaussian_conjugates(partial) if system.site.gaussian else None
    if explicit is None:
        return partial
    trace.record(
        "conjugates-eliminated",
        "reduce",
        "exact",
        "The site measure is Gaussian: stationarity in the conjugates is solved, and they are eliminated.",
        [("free_entropy", explicit)],
    )
    return ReducedEntropy(
        system, interaction, site, channel, full_site, norm, matched, tuple(kept), eliminated, explicit
    )


def _reduce_cold(free: FreeEntropy, trace: Trace) -> ReducedEntropy:
    """The reductions at zero temperature: a fixed norm fixes q, piecewise polynomials are averaged in closed form."""
    system, s = free.system, free.system.symbols
    norm, table = system.fixed_norm, {**system.partitions, **system.envelopes}
    if norm is not None:
        trace.record(
            "fixed-norm",
            "reduce",
            "exact",
            r"$f^2w^2$ is known and $r-q = V/\beta\to0$: the overlap is known"
            + (r"; $\hat V$ is the multiplier of the sphere." if system.sphere else r", and $\hat V$ drops out."),
            [(str(s.q), norm)],
            conditions=(f"{s.q} = {norm}",),
        )
    site, channel = close_envelopes(free.site, table), free.channel
    closed = close_envelopes(channel, table)
    if (site, closed) != (free.site, channel):
        trace.record(
            "gaussian-integrals",
            "reduce",
            "exact",
            r"Averages of piecewise polynomials of a Gaussian field are done in closed form.",
            [("site", site), ("channel", closed)],
        )
    eliminated: dict[sp.Symbol, sp.Expr] = {}
    if system.sphere:
        eliminated[s.A] = _spherical_multiplier(site, system, eliminated)
    elif norm is not None:
        eliminated[s.A] = sp.S.Zero
    site_left = substitute(site, eliminated)
    interaction = substitute(free.interaction, eliminated)
    kept = [s.q_hat, *s.m_hat] + ([] if s.A in eliminated else [s.A])
    trace.record(
        "reduced-free-entropy",
        "reduce",
        "exact",
        r"The free entropy on the reduced manifold, stationary in its arguments.",
        [("free_entropy", interaction + site_left + closed)],
    )
    full = free.site if norm is not None and not system.sphere else site
    return ReducedEntropy(
        system, interaction, site_left, closed, full, norm, False, tuple(kept), eliminated, None, free.site, channel
    )


def _interaction(free: FreeEntropy, matched: bool) -> sp.Expr:
    if not matched:
        return free.interaction
    s = free.system.symbols
    full = substitute(free.interaction, {s.m[0]: s.q, s.m_hat[0]: s.q_hat})
    return sp.expand(full)


def _close_each(expression: sp.Expr, system: System) -> sp.Expr:
    return sp.Add(*[close_average(term, system.partitions) for term in sp.Add.make_args(expression)])


def _spherical_multiplier(site: sp.Expr, system: System, eliminated: dict) -> sp.Expr:
    """Solve -2 d site/d A = R for A, the root with A > 0."""
    s = system.symbols
    condition = substitute(-2 * derivative(site, s.A), eliminated) - system.fixed_norm
    roots = sp.solve(sp.numer(sp.together(condition)), s.A)
    points = {
        x: sp.Rational(3, 10) + sp.Rational(i, 7) for i, x in enumerate(sorted(condition.free_symbols - {s.A}, key=str))
    }
    for root in roots:
        if sp.N(root.xreplace(points)) > 0:
            return sp.simplify(sp.powdenest(sp.sqrtdenest(_perfect_square(root)), force=True))
    raise AssertionError("a spherical constraint has one positive root")


def _perfect_square(expression: sp.Expr) -> sp.Expr:
    """Factor radicands, so that sqrt((1 + 2 x)^2) opens."""
    return expression.replace(
        lambda e: isinstance(e, sp.Pow) and e.exp == sp.Rational(1, 2), lambda e: sp.sqrt(sp.factor(e.base))
    )


def _eliminate_gaussian_conjugates(reduced: ReducedEntropy) -> sp.Expr | None:
    """Solve the site's stationarity (triangular: A from v, m_hat from m, q_hat from q)."""
    s = reduced.system.symbols
    site, total = reduced.full_site, None
    mean_A = 2 * derivative(site, s.q_hat) - s.v  # v = E l_2 depends on A alone
    if mean_A.free_symbols & {s.q_hat, *s.m_hat} or len(s.m) > 1:
        return None
    solution = sp.solve(sp.numer(sp.together(mean_A)), s.A)
    if len(solution) != 1:
        return None
    values = {s.A: solution[0]}
    if s.m:
        condition = substitute(derivative(site, s.m_hat[0]) - s.m[0], values)
        found = sp.solve(sp.numer(sp.together(condition)), s.m_hat[0])
        if len(found) != 1:
            return None
        values[s.m_hat[0]] = found[0]
    condition = substitute(-2 * derivative(site, s.A) - s.q - s.v, {s.A: values[s.A]})
    condition = substitute(condition, {k: w for k, w in values.items() if k != s.A})
    found = sp.solve(sp.numer(sp.together(condition)), s.q_hat)
    if len(found) != 1:
        return None
    values[s.q_hat] = found[0]
    interaction = (s.A * (s.q + s.v) - s.v * s.q_hat) / 2 - sp.Add(*[a * b for a, b in zip(s.m, s.m_hat, strict=True)])
    total = interaction + site
    for symbol in (s.q_hat, *s.m_hat, s.A):
        total = total.xreplace({symbol: values[symbol]}) if symbol in values else total
    for symbol in (s.A,):
        total = total.xreplace({symbol: values[symbol]})
    total = sp.expand_log(total, force=True)
    if reduced.matched:
        total = total.xreplace({s.m[0]: s.q})
        total = sp.simplify(total.xreplace({s.q: reduced.norm - s.v}))
    return sp.expand(sp.simplify(total)) + reduced.channel
