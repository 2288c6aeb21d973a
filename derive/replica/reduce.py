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

from dataclasses import dataclass, replace

import sympy as sp

from derive.calculus.closed import close_average
from derive.calculus.closed_envelopes import close_envelopes
from derive.calculus.nodes import MoreauEnvelope, combine, derivative, substitute
from derive.calculus.pathwise import first_order, path_derivative
from derive.replica.replica_limit import FreeEntropy
from derive.replica.system import Family, System
from derive.replica.trace import Trace

__all__ = ["ReducedEntropy", "reduce_free_entropy"]


@dataclass(frozen=True, slots=True)
class ReducedEntropy:
    """The free entropy on the reduced manifold.

    total, interaction, site, channel   expressions in q, v, m, globals and the kept conjugates
    full_sites          the site terms of the families over their multiplicity, with A, q_hat, m_hat independent
    norms               r of every family if fixed, else None;  matched: the Nishimori line
    conjugates          the kept conjugate symbols;  eliminated: {symbol: value in the kept ones}
    explicit            phi in the overlaps alone, if all conjugates could be eliminated, else None
    site_nodes, channel_nodes   at zero temperature, the terms before averages were closed
    """

    system: System
    interaction: sp.Expr
    site: sp.Expr
    channel: sp.Expr
    full_sites: tuple[sp.Expr, ...]
    norms: tuple[sp.Expr | None, ...]
    matched: bool
    conjugates: tuple[sp.Symbol, ...]
    eliminated: dict[sp.Symbol, sp.Expr]
    explicit: sp.Expr | None
    site_nodes: tuple[sp.Expr, ...] = ()
    channel_nodes: sp.Expr = sp.S.Zero

    @property
    def norm(self) -> sp.Expr | None:
        """`norms` of the first family of sites."""
        return self.norms[0]

    @property
    def full_site(self) -> sp.Expr:
        """The sum of the full site terms with the sizes of their families."""
        total, seen = sp.S.Zero, set()
        for family, site in zip(self.system.families, self.full_sites, strict=True):
            if family.home in seen and getattr(family.site, "single", None) is None:
                continue  # the modes of one site measure share its term
            seen.add(family.home)
            total += family.share * site
        return total

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
        if self.system.cold and not self._smooth(expression):
            return combine(path_derivative(first_order(expression), symbol, self.system.envelopes))
        if self.system.cold:
            return derivative(expression, symbol)
        value = derivative(expression, symbol)
        for family, norm in zip(self.system.families, self.norms, strict=True):
            if symbol == family.symbols.q and norm is not None:
                value = combine(value - derivative(expression, family.symbols.v))
        return value


def reduce_free_entropy(free: FreeEntropy, trace: Trace) -> ReducedEntropy:
    """Apply every reduction whose condition holds; each is a step."""
    if free.system.cold:
        return _reduce_cold(free, trace)
    system = free.system
    families, matched = system.families, system.matched
    channel = free.channel
    norms = tuple(f.norm for f in families)
    if matched:
        known = {f.symbols.m[0]: f.symbols.q for f in families}
        averages = [
            c.samples * c.average([f.symbols for f in families], lambda log_z: log_z, matched=True)
            for c in system.channels
        ]
        channel = sp.Add(*averages) + free.reference + free.energy.xreplace(known)
        norms = tuple(f.second_moments[0] for f in families)
    full, sites = _full_sites(free)
    eliminated: dict[sp.Symbol, sp.Expr] = {}
    for family, norm in zip(families, norms, strict=True):
        if norm is None or matched:
            continue
        how = (
            "the sphere fixes it; its multiplier is $\\hat r$"
            if family.sphere
            else "$f^2w^2$ takes one value, so $\\hat r$ drops out and is set to 0"
        )
        trace.record(
            "fixed-norm",
            "reduce",
            "exact",
            f"The self-overlap is known: {how}.",
            [(str(family.symbols.r), norm)],
            conditions=(f"{family.symbols.r} = {norm}",),
        )
    if matched:
        eliminated |= {f.symbols.m_hat[0]: f.symbols.q_hat for f in families}
        spheres = any(f.sphere for f in families)
        trace.record(
            "nishimori",
            "reduce",
            "exact",
            r"The posterior is the true one: the student's prior and factors are the teacher's laws, so a replica "
            r"and the teacher are exchangeable: $m = q$, $r = \mathbb E\,t^2$, $\hat m = \hat q$"
            + ("" if spheres else r", $\hat r = 0$")
            + r". The variance of $z$ given $\omega$ is $\mathbb E z^2 - m^2/q = r - q$, so "
            r"$\mathbb E_{z|\omega}P(y|z) = Z(y,\omega,r-q)$ and the channel average becomes "
            r"$\mathbb E_\omega\sum_y Z\log Z$ (an integral over real labels).",
            [*[(str(f.symbols.r), norm) for f, norm in zip(families, norms, strict=True)], ("channel", channel)],
            conditions=(
                "student prior = teacher law"
                + (" (sphere against a normal law of equal norm: as N -> infinity)" if spheres else ""),
                "student factor = label law",
                "equal scales of both fields, no learned bias",
            ),
        )
    closed_channel = _close_each(channel, system)
    site = sp.Add(*[size * node for (size, _), node in zip(free.sites, sites, strict=True)])
    if closed_channel != channel or site != free.site:
        channel = closed_channel
        trace.record(
            "gaussian-integrals",
            "reduce",
            "exact",
            r"Gaussian averages of explicit $\log Z$ are done in closed form.",
            [("site", site), ("channel", channel)],
        )
    for family, norm, node in zip(families, norms, full, strict=True):
        s = family.symbols
        if family.sphere:
            eliminated[s.A] = _spherical_multiplier(node, family, eliminated)
        elif norm is not None:
            eliminated[s.A] = s.q_hat
    site = substitute(site, eliminated)
    interaction = substitute(_interaction(free, matched), eliminated)
    kept: list[sp.Symbol] = []
    for family in families:
        s = family.symbols
        kept += [s.q_hat] + ([] if matched else list(s.m_hat)) + ([] if s.A in eliminated else [s.A])
    trace.record(
        "reduced-free-entropy",
        "reduce",
        "exact",
        r"The free entropy on the reduced manifold, stationary in its arguments"
        + (r" (with $r-q$ tied to $q$)." if any(norm is not None for norm in norms) else "."),
        [("free_entropy", interaction + site + channel)],
    )
    partial = ReducedEntropy(system, interaction, site, channel, full, norms, matched, tuple(kept), eliminated, None)
    explicit = _eliminate_gaussian_conjugates(partial) if all(f.site.gaussian for f in families) else None
    if explicit is None:
        return partial
    trace.record(
        "conjugates-eliminated",
        "reduce",
        "exact",
        "The site measure is Gaussian: stationarity in the conjugates is solved, and they are eliminated.",
        [("free_entropy", explicit)],
    )
    return replace(partial, explicit=explicit)


def _reduce_cold(free: FreeEntropy, trace: Trace) -> ReducedEntropy:
    """The reductions at zero temperature: a fixed norm fixes q, piecewise polynomials are averaged in closed form."""
    system, families = free.system, free.system.families
    table = {**system.partitions, **system.envelopes}
    for family in families:
        if family.norm is None:
            continue
        name = str(family.symbols.q)
        trace.record(
            "fixed-norm",
            "reduce",
            "exact",
            r"$f^2w^2$ is known and $r-q = V/\beta\to0$: the overlap is known"
            + (r"; $\hat V$ is the multiplier of the sphere." if family.sphere else r", and $\hat V$ drops out."),
            [(name, family.norm)],
            conditions=(f"{name} = {family.norm}",),
        )
    sites, channel = tuple(close_envelopes(node, table) for _, node in free.sites), free.channel
    site = sp.Add(*[f.size * node for f, node in zip(families, sites, strict=True)])
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
    kept: list[sp.Symbol] = []
    full: list[sp.Expr] = []
    for family, node, (_, before) in zip(families, sites, free.sites, strict=True):
        s = family.symbols
        if family.sphere:
            eliminated[s.A] = _spherical_multiplier(node, family, eliminated)
        elif family.norm is not None:
            eliminated[s.A] = sp.S.Zero
        kept += [s.q_hat, *s.m_hat] + ([] if s.A in eliminated else [s.A])
        full.append(before if family.norm is not None and not family.sphere else node)
    site_left = substitute(site, eliminated)
    interaction = substitute(free.interaction, eliminated)
    trace.record(
        "reduced-free-entropy",
        "reduce",
        "exact",
        r"The free entropy on the reduced manifold, stationary in its arguments.",
        [("free_entropy", interaction + site_left + closed)],
    )
    return ReducedEntropy(
        system,
        interaction,
        site_left,
        closed,
        tuple(full),
        tuple(f.norm for f in families),
        False,
        tuple(kept),
        eliminated,
        None,
        tuple(node for _, node in free.sites),
        channel,
    )


def _interaction(free: FreeEntropy, matched: bool) -> sp.Expr:
    if not matched:
        return free.interaction
    symbols = [f.symbols for f in free.system.families]
    equal = {s.m[0]: s.q for s in symbols} | {s.m_hat[0]: s.q_hat for s in symbols}
    return sp.expand(substitute(free.interaction, equal))


def _full_sites(free: FreeEntropy) -> tuple[tuple[sp.Expr, ...], tuple[sp.Expr, ...]]:
    """The site terms of the families over their multiplicity, and those of the weights, closed where they can be.

    A centred Gaussian measure is the same in every basis: the modes of its components are independent and alike.
    """
    system = free.system
    full: list[sp.Expr] = []
    sites: list[sp.Expr] = []
    for group, (_, node) in zip(system.groups, free.sites, strict=True):
        single = getattr(group[0].site, "single", None)
        if single is None:
            sites.append(_close_each(node, system))
            full += [sites[-1] if f.gain == 1 else sp.expand(sites[-1] / f.gain) for f in group]
        else:
            full += [_close_each(single.average([f.symbols], lambda log_z: log_z), system) for f in group]
            sites.append(sp.Add(*[f.gain * e for f, e in zip(group, full[-len(group) :], strict=True)]))
    return tuple(full), tuple(sites)


def _close_each(expression: sp.Expr, system: System) -> sp.Expr:
    return sp.Add(*[close_average(term, system.partitions) for term in sp.Add.make_args(expression)])


def _spherical_multiplier(site: sp.Expr, family: Family, eliminated: dict) -> sp.Expr:
    """Solve -2 d site/d A = R for A, the root with A > 0."""
    s = family.symbols
    condition = substitute(-2 * derivative(site, s.A), eliminated) - family.norm
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
    """Phi in the overlaps alone: every family's stationarity is solved for its conjugates."""
    total = reduced.channel
    norms = zip(reduced.system.families, reduced.full_sites, reduced.norms, strict=True)
    for family, site, norm in norms:
        entropy = _gaussian_entropy(family, site)
        if entropy is None:
            return None
        if reduced.matched:
            s = family.symbols
            entropy = sp.simplify(entropy.xreplace({s.m[0]: s.q}).xreplace({s.q: norm - s.v}))
        total += family.share * sp.expand(sp.simplify(entropy))
    return total


def _gaussian_entropy(family: Family, site: sp.Expr) -> sp.Expr | None:
    """Interaction and site term of a family at their stationary conjugates: A from v, m_hat from m, q_hat from q."""
    s = family.symbols
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
    total = total.xreplace({s.A: values[s.A]})
    return sp.expand_log(total, force=True)
