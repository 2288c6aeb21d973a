"""From the typed Model to the replicated system: fields, overlaps, measure, what is matched and what is fixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from derive.calculus.means import quenched_average
from derive.errors import ModelError
from derive.replica.channels import channel_part
from derive.replica.energies import EnergyPart, Measured, energy_factor, energy_part, energy_partners
from derive.replica.refusals import LATER, refuse
from derive.replica.sites import norm, prior_is_teacher, site_part
from derive.replica.system import ChannelPart, Family, Symbols, System
from derive.replica.vector_building import vector_parts
from derive.spec.model import Channel, Model, Weights

__all__ = ["build_system"]


def build_system(model: Model) -> System:
    """Resolve a Model; raises ModelError with sentences for what lies outside this version."""
    refuse(model)
    vectors = model.vectors
    families, parts, energy, known = vector_parts(model) if vectors else _scalar_parts(model)
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
        known and _is_matched(model.beta, families, parts, energy),
        tuple(dict.fromkeys(d for p in partitions.values() for d in p.domain)),
        energy=energy,
    )


def _scalar_parts(
    model: Model,
) -> tuple[tuple[Family, ...], list[ChannelPart], EnergyPart | None, bool]:
    """Families, channels and energies of weights of one component, and whether their priors are the teacher's laws."""
    drafts = [_draft(model, weights) for weights in model.weights]
    families = tuple(replace(_family(model, draft), home=home) for home, draft in enumerate(drafts))
    parts: list[ChannelPart] = []
    for channel in model.channels:
        f, draft = next((f, d) for f, d in enumerate(drafts) if channel.student[0].coefficient.has(d.of.weights.symbol))
        parts.append(_channel(model, channel, draft, families[f], f))
    energy = energy_part(model, [d.of for d in drafts], [f.symbols for f in families])
    known = all(prior_is_teacher(model, d.of.weights, d.of.factor, d.of.partners) for d in drafts)
    return families, parts, energy, known


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
    site = site_part(model, of.weights, of.factor, of.partners)
    seconds = tuple(quenched_average(t**2, site.quenched) for t in of.partners)
    return Family(draft.size, _symbols(model, of), site, norm(site, model), seconds)


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
    beta: sp.Expr | None, families: tuple[Family, ...], parts: Sequence[Any], energy: EnergyPart | None
) -> bool:
    """Whether the posterior is the true one where priors are: factors and energies are the teacher's laws."""
    if not all(c.bayes and c.same_scales and not any(p.offset != 0 for p in c.components) for c in parts):
        return False
    if energy is None:
        return True
    symbols, seconds = [f.symbols for f in families], [f.second_moments[0] for f in families]
    return energy.matched(beta, symbols, seconds, [f.norm is not None for f in families])


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
