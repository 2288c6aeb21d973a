"""From the typed Model to the replicated system: fields, overlaps, measure, what is matched and what is fixed."""

from __future__ import annotations

import sympy as sp

from derive.calculus.envelopes import Envelope, atoms_envelope, envelope
from derive.calculus.means import map_expressions, quenched_average
from derive.calculus.partition import normal_body, site_partition
from derive.errors import ModelError, RuleNotApplicable
from derive.replica.channels import channel_part
from derive.replica.energies import energy_factor, energy_part, energy_partners
from derive.replica.refusals import LATER, refuse
from derive.replica.system import INNER, WARM, SitePart, Symbols, System
from derive.spec.model import Atom, Channel, Density, Model, Normal, Quenched

__all__ = ["build_system"]


def build_system(model: Model) -> System:
    """Resolve a Model; raises ModelError with sentences for what lies outside this version."""
    refuse(model)
    weights = model.weights[0]
    channels = [(c, *_field_functions(c, weights.symbol, model)) for c in model.channels]
    factors = dict.fromkeys(f for _, _, f, *_ in channels)
    if len(factors) > 1:
        raise ModelError(f"{model.name}: channels whose student fields weigh the sites differently {LATER}")
    factor = next(iter(factors), energy_factor(model) or sp.S.One)
    means = [_mean_functions(c, weights.symbol, model, factor) for c in model.channels]
    teachers = _distinct([t for *_, t in channels if t is not None] + [t for found in means for t, _ in found])
    teachers = _distinct(teachers + energy_partners(model, factor))
    symbols = _symbols(model, len(teachers))
    site = _site_part(model, weights, factor, teachers)
    parts = []
    bayes_priors = _prior_is_teacher(model, weights, factor, teachers)
    for (channel, scale, _, teacher_scale, teacher), found in zip(channels, means, strict=True):
        m = None if teacher is None else symbols.m[teachers.index(teacher)]
        rho = sp.S.Zero if teacher is None else quenched_average(teacher**2, model.quenched)
        mean = sp.Add(*[c * symbols.m[teachers.index(t)] for t, c in found])
        centre = sp.S.Zero
        if teacher is not None and found:
            centre = quenched_average(channel.input_mean * channel.teacher[0].coefficient, model.quenched)
        parts.append(channel_part(channel, model, scale, teacher_scale, rho, m, mean, centre))
    second_moments = tuple(quenched_average(t**2, model.quenched) for t in teachers)
    energy = energy_part(model, factor, teachers, symbols.r, symbols.m)
    matched = (
        bool(teachers)
        and len(teachers) == 1
        and bayes_priors
        and all(c.bayes and c.scale == c.teacher_scale and not any(p.offset != 0 for p in c.components) for c in parts)
    )
    fixed_norm, sphere = _norm(site, model)
    if matched and energy is not None:
        matched = energy.matched(model.beta, symbols, second_moments[0], fixed_norm is not None)
    partitions = {site.partition.name: site.partition}
    for part in parts:
        for component in part.components:
            partitions[component.partition.name] = component.partition
            if component.law_partition is not None:
                partitions[component.law_partition.name] = component.law_partition
    domain = tuple(dict.fromkeys(d for p in partitions.values() for d in p.domain))
    return System(
        model,
        model.beta,
        symbols,
        site,
        tuple(parts),
        partitions,
        tuple(g.symbol for g in model.globals),
        fixed_norm,
        sphere,
        matched,
        domain,
        second_moments=second_moments,
        energy=energy,
    )


def _distinct(items: list[sp.Expr]) -> list[sp.Expr]:
    return list(dict.fromkeys(items))


def _symbols(model: Model, teachers: int) -> Symbols:
    def name(short: str) -> str:
        return model.names.get(short, short)

    def hat(short: str) -> str:
        return f"{name(short)}_hat"

    labels = ["m"] if teachers == 1 else [f"m_{j}" for j in range(teachers)]
    return Symbols(
        q=sp.Symbol(name("q"), positive=True),
        r=sp.Symbol(name("r"), positive=True),
        v=sp.Symbol("δ", positive=True),
        A=sp.Symbol("Λ", positive=True),
        q_hat=sp.Symbol(hat("q"), positive=True),
        r_hat=sp.Symbol(hat("r"), real=True),
        m=tuple(sp.Symbol(name(label), real=True) for label in labels),
        m_hat=tuple(sp.Symbol(hat(label), real=True) for label in labels),
        n=sp.Symbol("n", positive=True),
    )


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


def _site_part(model: Model, weights, factor: sp.Expr, teachers: list[sp.Expr]) -> SitePart:
    parts = _measure_parts(model, weights)
    quenched_symbols = [q.symbol for q in model.quenched]
    rest = tuple(
        s
        for s in quenched_symbols
        if factor.has(s) or any(sp.Tuple(*[e for e in p if e is not None]).has(s) for p in parts)
    )
    A = sp.Symbol("Λ", positive=True)
    try:
        partition = site_partition("Z_w", parts, A, factor, rest)
    except RuleNotApplicable as problem:
        raise ModelError(f"weights.{weights.name}: {problem}") from None
    gaussian = (
        len(partition.terms) == 1
        and partition.closed is not None
        and all(p[2] is None for p in parts)
        and (getattr(partition.terms[0], "window", 0) is None)
    )
    atoms = tuple((p[0], p[2]) for p in parts) if all(p[2] is not None for p in parts) else None
    cold = _site_envelope(model, weights, rest) if model.beta == WARM else None
    reflected = {(_reflect_part(p)) for p in parts}
    even = reflected == {tuple(p) for p in parts}
    return SitePart(
        factor,
        tuple(teachers),
        model.quenched,
        partition,
        rest,
        weights.measure,
        weights.radius,
        atoms,
        gaussian,
        even,
        cold,
    )


def _site_envelope(model: Model, weights, rest: tuple[sp.Symbol, ...]) -> Envelope:
    """What the weights minimise at zero temperature: the penalty, over the line, an interval or atoms."""
    A = sp.Symbol("Λ", positive=True)
    penalty = sp.S.Zero if weights.penalty is None else weights.penalty.xreplace({weights.symbol: INNER})
    rest = tuple(s for s in rest if penalty.has(s))
    support = weights.support if weights.support is not None else (-sp.oo, sp.oo)
    signed = {q.symbol: sp.Symbol(q.symbol.name, positive=True) for q in model.quenched if _is_positive(q)}
    back = {positive: symbol for symbol, positive in signed.items()}
    try:
        if weights.measure == "count":
            return atoms_envelope("M_w", [c.point for _, c in weights.law.components], penalty, A, rest)
        ends = tuple(e.xreplace(signed) for e in support)
        found = envelope("M_w", "site", penalty.xreplace(signed), A, ends, tuple(s.xreplace(signed) for s in rest))
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


def _norm(site: SitePart, model: Model) -> tuple[sp.Expr | None, bool]:
    """The value of r if w^2 f^2 is the same at all sites for every w, or the sphere's radius."""
    if site.measure == "sphere":
        if site.factor != 1:
            raise ModelError(f"{model.name}: a sphere with site-dependent fields {LATER}")
        return site.radius, True
    if site.atoms is not None and site.factor == 1:
        squares = {sp.expand(a**2) for _, a in site.atoms}
        if len(squares) == 1:
            return squares.pop(), False
    return None, False


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
