"""From the typed Model to the replicated system: fields, overlaps, measure, what is matched and what is fixed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp

from derive.calculus.envelopes import Envelope, atoms_envelope, envelope
from derive.calculus.means import map_expressions, quenched_average
from derive.calculus.partition import normal_body, site_partition
from derive.errors import ModelError, RuleNotApplicable
from derive.replica.channels import channel_part
from derive.replica.energies import EnergyPart, Measured, energy_factor, energy_part, energy_partners
from derive.replica.refusals import LATER, refuse
from derive.replica.system import INNER, WARM, ChannelPart, Family, SitePart, Symbols, System
from derive.spec.model import Atom, Channel, Density, Model, Normal, Quenched, Weights

__all__ = ["build_system"]


def build_system(model: Model) -> System:
    """Resolve a Model; raises ModelError with sentences for what lies outside this version."""
    refuse(model)
    drafts = [_draft(model, weights) for weights in model.weights]
    families = tuple(_family(model, draft) for draft in drafts)
    parts: list[ChannelPart] = []
    for channel in model.channels:
        f, draft = next((f, d) for f, d in enumerate(drafts) if channel.student[0].coefficient.has(d.of.weights.symbol))
        parts.append(_channel(model, channel, draft, families[f], f))
    symbols = [f.symbols for f in families]
    energy = energy_part(model, [d.of for d in drafts], symbols)
    partitions = {f.site.partition.name: f.site.partition for f in families}
    for part in parts:
        for component in part.components:
            partitions[component.partition.name] = component.partition
            if component.law_partition is not None:
                partitions[component.law_partition.name] = component.law_partition
    return System(
        model,
        model.beta,
        families,
        tuple(parts),
        partitions,
        tuple(g.symbol for g in model.globals),
        _is_matched(model, drafts, families, parts, energy),
        tuple(dict.fromkeys(d for p in partitions.values() for d in p.domain)),
        energy=energy,
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    """A family before its order parameters have names: the fields of its channels, by the channel's index."""

    of: Measured
    size: sp.Expr
    fields: dict[int, tuple]  # (scale, f, teacher scale, t) of a channel
    means: dict[int, list[tuple[sp.Expr, sp.Expr]]]


def _draft(model: Model, weights: Weights) -> _Draft:
    """What the channels and energies measure of a family of sites."""
    w = weights.symbol
    own = [c for c in model.channels if c.student[0].coefficient.has(w)]
    fields = {c.index: _field_functions(c, w, model) for c in own}
    factors = dict.fromkeys(f for _, f, *_ in fields.values())
    if len(factors) > 1:
        raise ModelError(f"{model.name}: channels whose student fields weigh the sites differently {LATER}")
    factor = next(iter(factors), energy_factor(model, weights) or sp.S.One)
    means = {c.index: _mean_functions(c, w, model, factor) for c in own}
    partners = [t for *_, t in fields.values() if t is not None] + [t for found in means.values() for t, _ in found]
    partners = list(dict.fromkeys(partners + energy_partners(model, weights, factor)))
    size = next((f.size for f in model.families if f.name == weights.family), sp.S.One)
    return _Draft(Measured(weights, factor, tuple(partners)), size, fields, means)


def _family(model: Model, draft: _Draft) -> Family:
    """The sites of a family with the names of its order parameters."""
    of = draft.of
    site = _site_part(model, of.weights, of.factor, of.partners)
    seconds = tuple(quenched_average(t**2, site.quenched) for t in of.partners)
    return Family(draft.size, _symbols(model, of), site, _norm(site, model), seconds)


def _channel(model: Model, channel: Channel, draft: _Draft, family: Family, index: int) -> ChannelPart:
    """A channel with its fields in the overlaps of a family; sums over its sites are size*N terms."""
    scale, _, teacher_scale, teacher = draft.fields[channel.index]
    partners, m = draft.of.partners, family.symbols.m
    found, size = draft.means[channel.index], family.size
    quenched = family.site.quenched
    rho = sp.S.Zero if teacher is None else quenched_average(teacher**2, quenched)
    mean = sp.Add(*[size * c * m[partners.index(t)] for t, c in found])
    centre = sp.S.Zero
    if teacher is not None and found:
        centre = size * quenched_average(channel.input_mean * channel.teacher[0].coefficient, quenched)
    overlap = None if teacher is None else m[partners.index(teacher)]
    if size != 1:
        scale, teacher_scale = sp.sqrt(size) * scale, sp.sqrt(size) * teacher_scale if teacher is not None else sp.S.One
    part = channel_part(channel, model, scale, teacher_scale, rho, overlap, mean, centre)
    return part if index == 0 else replace(part, family=index)


def _is_matched(
    model: Model,
    drafts: list[_Draft],
    families: tuple[Family, ...],
    parts: list[ChannelPart],
    energy: EnergyPart | None,
) -> bool:
    """Whether the posterior is the true one: priors and factors are the teacher's laws in every family."""
    known = [_prior_is_teacher(model, d.of.weights, d.of.factor, d.of.partners) for d in drafts]
    factors = [c.bayes and c.scale == c.teacher_scale and not any(p.offset != 0 for p in c.components) for c in parts]
    if not (all(known) and all(factors)):
        return False
    if energy is None:
        return True
    symbols, seconds = [f.symbols for f in families], [f.second_moments[0] for f in families]
    return energy.matched(model.beta, symbols, seconds, [f.norm is not None for f in families])


def _symbols(model: Model, of: Measured) -> Symbols:
    """The names of the order parameters: q, r, m; with several weights q_w, r_w, m_w_partner."""
    several = len(model.weights) > 1
    suffix = f"_{of.weights.name}" if several else ""

    def name(short: str) -> str:
        return model.names.get(short, short)

    def hat(short: str) -> str:
        if short in model.names:
            return f"{model.names[short]}_hat"
        letter, _, rest = short.partition("_")
        return f"{letter}_hat_{rest}" if several else f"{short}_hat"

    partners = len(of.partners)
    labels = ["m"] if partners == 1 else [f"m_{j}" for j in range(partners)]
    if several:
        found = [_partner_name(t) for t in of.partners]
        clear = len(set(found)) == partners and None not in found
        labels = [f"m{suffix}_{p if clear else j}" for j, p in enumerate(found)]
    return Symbols(
        q=sp.Symbol(name(f"q{suffix}"), positive=True),
        r=sp.Symbol(name(f"r{suffix}"), positive=True),
        v=sp.Symbol(f"δ{suffix}", positive=True),
        A=sp.Symbol(f"Λ{suffix}", positive=True),
        q_hat=sp.Symbol(hat(f"q{suffix}"), positive=True),
        r_hat=sp.Symbol(hat(f"r{suffix}"), real=True),
        m=tuple(sp.Symbol(name(label), real=True) for label in labels),
        m_hat=tuple(sp.Symbol(hat(label), real=True) for label in labels),
        n=sp.Symbol("n", positive=True),
    )


def _partner_name(t: sp.Expr) -> str | None:
    """The quenched variable that a partner is made of, or "one"."""
    names = sorted(map(str, t.free_symbols))
    return "one" if t == 1 else names[0] if len(names) == 1 else None


def _field_functions(channel: Channel, w: sp.Symbol, model: Model):
    """(scale, f, teacher scale, t): site functions of student and teacher with equal factors pulled out."""
    names = {q.symbol for q in model.quenched}

    def pull(expression: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        outside, inside = (
            sp.factor(expression).as_independent(*names, as_Add=False) if names else (expression, sp.S.One)
        )
        return outside, inside

    coefficient = (
        sp.expand(channel.student[0].coefficient).coeff(w)
        if channel.student[0].coefficient.has(w)
        else channel.student[0].coefficient
    )
    scale, f = pull(channel.input_sd * coefficient)
    if not channel.teacher:
        return scale, f, sp.S.One, None
    teacher_scale, t = pull(channel.input_sd * channel.teacher[0].coefficient)
    return scale, f, teacher_scale, t


def _mean_functions(channel: Channel, w: sp.Symbol, model: Model, factor: sp.Expr) -> list[tuple[sp.Expr, sp.Expr]]:
    """The mean of the student field as a sum of c * (1/N) sum_i f_i t_i w_i: pairs (t, c), c in y and parameters."""
    if channel.input_mean == 0:
        return []
    names = {q.symbol for q in model.quenched}
    coefficient = sp.expand(channel.student[0].coefficient).coeff(w)
    found: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(channel.input_mean * coefficient)):
        outside, inside = term.as_independent(*names, as_Add=False) if names else (term, sp.S.One)
        t = sp.simplify(inside / factor) if factor != 1 else inside
        found[t] = found.get(t, sp.S.Zero) + outside
    return list(found.items())


def _measure_parts(model: Model, weights) -> list[tuple]:
    """The measure as (weight, density body or None, atom or None, lower, upper)."""
    penalty = sp.S.One
    if weights.penalty is not None:
        penalty = sp.exp(-model.beta * weights.penalty.xreplace({weights.symbol: INNER}))
    lower, upper = weights.support if weights.support is not None else (-sp.oo, sp.oo)
    if weights.measure == "sphere":
        return [((2 * sp.pi * sp.E * weights.radius) ** sp.Rational(-1, 2), sp.S.One, None, -sp.oo, sp.oo)]
    if weights.measure == "lebesgue":
        return [(sp.S.One, penalty, None, lower, upper)]
    parts = []
    for weight, component in weights.law.components:
        if weights.measure == "count":
            weight = sp.S.One
        if isinstance(component, Atom):
            scale = penalty.xreplace({INNER: component.point})
            parts.append((weight * scale, None, component.point, -sp.oo, sp.oo))
        elif isinstance(component, Normal):
            parts.append((weight, normal_body(component.mean, component.variance) * penalty, None, lower, upper))
        else:
            pdf = component.pdf.xreplace({component.variable: INNER})
            low, high = sp.Max(component.lower, lower), sp.Min(component.upper, upper)
            if not (low - high).is_nonnegative:
                parts.append((weight, pdf * penalty, None, low, high))
    if not parts:
        raise ModelError(f"weights.{weights.name}: the support leaves nothing of the {weights.measure}")
    return parts


def _site_part(model: Model, weights: Weights, factor: sp.Expr, partners: tuple[sp.Expr, ...]) -> SitePart:
    parts = _measure_parts(model, weights)
    quenched = tuple(q for q in model.quenched if q.family == weights.family)
    quenched_symbols = [q.symbol for q in quenched]
    name = "w" if len(model.weights) == 1 else weights.name
    rest = tuple(
        s
        for s in quenched_symbols
        if factor.has(s) or any(sp.Tuple(*[e for e in p if e is not None]).has(s) for p in parts)
    )
    A = sp.Symbol("Λ", positive=True)
    try:
        partition = site_partition(f"Z_{name}", parts, A, factor, rest)
    except RuleNotApplicable as problem:
        raise ModelError(f"weights.{weights.name}: {problem}") from None
    gaussian = (
        len(partition.terms) == 1
        and partition.closed is not None
        and all(p[2] is None for p in parts)
        and (getattr(partition.terms[0], "window", 0) is None)
    )
    atoms = tuple((p[0], p[2]) for p in parts) if all(p[2] is not None for p in parts) else None
    cold = _site_envelope(model, weights, f"M_{name}", rest) if model.beta == WARM else None
    reflected = {(_reflect_part(p)) for p in parts}
    even = reflected == {tuple(p) for p in parts}
    return SitePart(
        factor,
        partners,
        quenched,
        partition,
        rest,
        weights.measure,
        weights.radius,
        atoms,
        gaussian,
        even,
        cold,
    )


def _site_envelope(model: Model, weights: Weights, name: str, rest: tuple[sp.Symbol, ...]) -> Envelope:
    """What the weights minimise at zero temperature: the penalty, over the line, an interval or atoms."""
    A = sp.Symbol("Λ", positive=True)
    penalty = sp.S.Zero if weights.penalty is None else weights.penalty.xreplace({weights.symbol: INNER})
    rest = tuple(s for s in rest if penalty.has(s))
    support = weights.support if weights.support is not None else (-sp.oo, sp.oo)
    signed = {q.symbol: sp.Symbol(q.symbol.name, positive=True) for q in model.quenched if _is_positive(q)}
    back = {positive: symbol for symbol, positive in signed.items()}
    try:
        if weights.measure == "count":
            return atoms_envelope(name, [c.point for _, c in weights.law.components], penalty, A, rest)
        ends = tuple(e.xreplace(signed) for e in support)
        found = envelope(name, "site", penalty.xreplace(signed), A, ends, tuple(s.xreplace(signed) for s in rest))
    except RuleNotApplicable as problem:
        raise ModelError(f"weights.{weights.name}: {problem}") from None
    return map_expressions(found, lambda e: e.xreplace(back)) if back else found


def _is_positive(variable: Quenched) -> bool:
    """Whether a quenched variable takes positive values only."""
    return hasattr(variable.law, "components") and all(
        (isinstance(c, Atom) and c.point.is_positive) or (isinstance(c, Density) and c.lower.is_nonnegative)
        for _, c in variable.law.components
    )


def _reflect_part(part: tuple) -> tuple:
    weight, body, atom, lower, upper = part
    flipped = None if body is None else sp.expand(body.xreplace({INNER: -INNER}), deep=True)
    if flipped is not None and sp.expand(flipped - body) == 0:
        flipped = body
    return (weight, flipped, None if atom is None else -atom, -upper, -lower)


def _norm(site: SitePart, model: Model) -> sp.Expr | None:
    """The value of r if w^2 f^2 is the same at all sites for every w, or the sphere's radius."""
    if site.measure == "sphere":
        if site.factor != 1:
            raise ModelError(f"{model.name}: a sphere with site-dependent fields {LATER}")
        return site.radius
    if site.atoms is not None and site.factor == 1:
        squares = {sp.expand(a**2) for _, a in site.atoms}
        if len(squares) == 1:
            return squares.pop()
    return None


def _prior_is_teacher(model: Model, weights, factor, teachers) -> bool:
    """Whether the student's site measure is the law of the (single) teacher variable."""
    if len(teachers) != 1 or factor != 1:
        return False
    same = [q for q in model.quenched if q.symbol == teachers[0]]
    if not same or not hasattr(same[0].law, "components"):
        return False
    law = same[0].law
    if weights.measure == "sphere":
        if len(law.components) != 1 or not isinstance(law.components[0][1], Normal):
            return False
        normal = law.components[0][1]
        return normal.mean == 0 and sp.simplify(normal.variance - weights.radius) == 0
    if weights.measure != "prior" or weights.penalty is not None or weights.support is not None:
        return False
    return _law_key(law) == _law_key(weights.law)


def _law_key(law) -> frozenset:
    total: dict = {}
    for weight, component in law.components:
        if isinstance(component, Density):
            key = (component.pdf.xreplace({component.variable: INNER}), component.lower, component.upper)
        elif isinstance(component, Normal):
            key = (sp.simplify(component.mean), sp.simplify(component.variance))
        else:
            key = (component.point,)
        total[key] = sp.expand(total.get(key, sp.S.Zero) + weight)
    return frozenset(total.items())
