r"""Boundaries of the order-parameter domain: perfect recovery, and the capacity limit r - q -> 0.

Perfect recovery: every replica sits on the teacher, w = w*.  Its weight in Z is mu(w*) prod F(y, z), so
the boundary's free entropy is E log mu(w*) + sum_c alpha_c E log F(y, z) where the measure has an atom at w*.
It is an end of a branch only if the conjugates diverge there: a jump (or a point mass) in the label's factor.
With densities the boundary value diverges like c log(1/(r - q)), c = (sum_c alpha_c d_y - d_w)/2 with d_y, d_w the
probabilities of the continuous parts of label and weight.

Capacity: log E_{h~N(w,v)} 1[h in S] -> -dist(w, S)^2/(2 v) (Laplace; the Moreau envelope of an indicator), so
phi ~ C/v and the edge is reached where C vanishes at its stationary point.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import sympy as sp

from derive.calculus.gaussian import gaussian_average
from derive.calculus.labels import LabelAtom, LabelDensity
from derive.calculus.logs import split_log
from derive.calculus.nodes import GaussianAverage, LabelLaw, bound
from derive.calculus.piecewise import jumps, pieces
from derive.calculus.vectors import VectorPartition
from derive.errors import ModelError, RuleNotApplicable
from derive.replica.quenched import XI
from derive.replica.refusals import LATER
from derive.replica.saddle_point import SaddlePoint
from derive.replica.system import OMEGA, System
from derive.replica.vector_boundary import perfect_components
from derive.spec.model import Atom

__all__ = ["Capacity", "Perfect", "capacity_limit", "perfect_boundary"]

INNER = bound("inner")
ZETA = bound("teacher")


@dataclass(frozen=True, slots=True)
class Perfect:
    """The boundary w = w*: `value` if the free entropy is finite there, else the coefficient of log(1/(r - q)).

    `partitions` are functions of several fields that the value is a mean of.
    """

    value: sp.Expr | None
    coefficient: sp.Expr
    partitions: dict[str, VectorPartition] = field(default_factory=dict)


def perfect_boundary(system: System) -> Perfect | None:
    """Return the perfect boundary of a model, or None if it has none."""
    site = system.site
    if system.model.vectors:
        found = perfect_components(system)
        return None if found is None else Perfect(found[0], sp.S.Zero, found[1])
    if len(system.families) > 1 or len(site.teachers) != 1 or site.factor != 1 or system.globals:
        return None
    teacher = [q for q in site.quenched if q.symbol == site.teachers[0]]
    if not teacher or any(c.m is None or c.scale != c.teacher_scale for c in system.channels):
        return None
    sites = _site_weight(system, teacher[0])
    if sites is None:
        return None
    value, dimension_w = sites
    dimension_y, sharp = sp.S.Zero, False
    for channel in system.channels:
        label = _channel_weight(channel)
        if label is None:
            return None
        mean, dimension, jump = label
        value += channel.samples * mean
        dimension_y += channel.samples * dimension
        sharp = sharp or jump
    if not sharp:
        return None
    coefficient = sp.simplify((dimension_y - dimension_w) / 2)
    if coefficient == 0:
        return Perfect(sp.simplify(value), sp.S.Zero)
    if dimension_y == 0:
        return None  # the boundary has free entropy -infinity: no branch ends there
    return Perfect(None, coefficient)


def _site_weight(system: System, teacher) -> tuple[sp.Expr, sp.Expr] | None:
    """(E log mu({w*}) over the atoms, probability of the continuous part)."""
    site = system.site
    if site.measure == "sphere":
        return sp.S.Zero, sp.S.One
    atoms = dict()
    if site.atoms is not None:
        atoms = {a: w for w, a in site.atoms}
    else:
        for part in site.partition.body:
            weight, _, atom = part[0], part[1], part[2]
            if atom != sp.Symbol("none"):
                atoms[atom] = weight
    value, continuous = sp.S.Zero, sp.S.Zero
    for weight, component in teacher.law.components:
        if isinstance(component, Atom):
            if component.point not in atoms:
                return None
            value += weight * sp.log(atoms[component.point])
        else:
            continuous += weight
    return value, continuous


def _channel_weight(channel) -> tuple[sp.Expr, sp.Expr, bool] | None:
    """(E_z sum_y P log F at h = z, probability of continuous labels without noise, whether F jumps)."""
    variance = channel.teacher_scale**2 * channel.rho
    mean, dimension, jump = sp.S.Zero, sp.S.Zero, False
    for part in channel.components:
        law, factor = part.law_partition.body, part.partition.body
        if law.has(sp.DiracDelta):
            if law != factor:
                return None
            share = _mass(part, variance)
            if share is None:
                return None
            dimension += part.multiplicity * share
            jump = True
            continue
        if isinstance(part.label, LabelDensity):
            # without a jump in z the Fisher information is finite and no branch ends at the boundary
            split = pieces(factor, INNER)
            bodies = {p.body for p in split}
            if (
                not jumps(split, INNER)
                or len(channel.components) > 1
                or len(bodies) > 1
                or any(b.has(INNER) for b in bodies)
            ):
                return None
            mean += sp.log(bodies.pop())
            jump = True
            continue
        try:
            split = pieces(_indicator(factor), INNER)
        except RuleNotApplicable:
            return None
        covered = _covered(split)
        jump = jump or jumps(split, INNER)
        if not covered and not _inside(_indicator(law), split):
            return None  # the student forbids what the teacher produces
        log_factor = sp.Add(*[_between(p, split_log(p.body)) for p in split if p.body != 1])
        if log_factor == 0:
            continue
        average = gaussian_average(_indicator(law) * log_factor, INNER, sp.S.Zero, variance)
        mean += part.multiplicity * (
            average
            if average is not None
            else GaussianAverage((_indicator(law) * log_factor).xreplace({INNER: ZETA}), (ZETA,), (0,), (variance,))
        )
    return mean, dimension, jump


def _indicator(body: sp.Basic) -> sp.Expr:
    return body if isinstance(body, sp.Expr) else sp.Piecewise((1, body), (0, True))


def _between(p, value: sp.Expr) -> sp.Expr:
    inside = sp.And(*[c for c, e in ((p.lower < INNER, p.lower), (p.upper > INNER, p.upper)) if not e.is_infinite])
    return value if inside is sp.true else sp.Piecewise((value, inside), (0, True))


def _covered(split) -> bool:
    """Whether the pieces cover the line."""
    ends = sorted(((p.lower, p.upper) for p in split), key=lambda e: (e[0] != -sp.oo, str(e)))
    if not ends or ends[0][0] != -sp.oo:
        return False
    reach = {p.lower: p.upper for p in split}
    at = -sp.oo
    while at in reach and at != sp.oo:
        at = reach.pop(at)
    return at == sp.oo


def _inside(law: sp.Expr, split) -> bool:
    """Whether the support of the law lies in the pieces (both as unions of intervals, by equality of ends)."""
    support = {(p.lower, p.upper) for p in pieces(law, INNER)}
    return support <= {(p.lower, p.upper) for p in split}


def _mass(part, variance) -> sp.Expr | None:
    """The probability of a continuous noiseless label component."""
    from derive.calculus.closed import label_integral

    closed = part.law_partition.closed.xreplace(
        {part.law_partition.field: sp.S.Zero, part.law_partition.variance: variance}
    )
    y = part.label.symbol
    free = sp.Symbol(y.name, real=True)
    try:
        value = label_integral(closed.xreplace({y: free}), free, part.label.lower, part.label.upper)
    except RuleNotApplicable:
        value = None
    if value is not None:
        return sp.simplify(value)
    # roots that are not affine in y: the mass is that of the z for which the component applies; total minus atoms
    return None


# ----------------------------------------------------------------------------------------- capacity


@dataclass(frozen=True, slots=True)
class Capacity:
    """phi ~ C/(r - q): the coefficient C and the variables it must be stationary in."""

    coefficient: sp.Expr
    unknowns: tuple[sp.Symbol, ...]
    starts: dict[sp.Symbol, float]
    radius: sp.Expr


def capacity_limit(saddle: SaddlePoint) -> Capacity:
    """Take r - q -> 0 on the free entropy by Laplace's rule.

    Raises
    ------
    ModelError
        for models whose norm is free, or that are Bayes-optimal (no such limit).
    """
    system, s = saddle.system, saddle.system.symbols
    if saddle.reduced.matched:
        raise ModelError(f"{system.model.name}: a Bayes-optimal model has no capacity; its posterior never gets empty")
    if len(system.families) > 1:
        raise ModelError(f"{system.model.name}: the capacity of a model with several families {LATER}")
    if saddle.tied is None:
        raise ModelError(f"{system.model.name}: the capacity of a model with a free norm is not derived yet")
    R = saddle.tied
    unknowns: list[sp.Symbol] = [*s.m, *system.globals]
    starts: dict[sp.Symbol, float] = {x: 0.3 if x in s.m else 0.0 for x in unknowns}
    if saddle.reduced.explicit is not None:
        site = sp.expand(saddle.reduced.explicit - saddle.reduced.channel)
        coefficient = sp.limit(sp.expand(s.v * site.xreplace({s.q: R - s.v})), s.v, 0)
    else:
        width = sp.Symbol("q_hat_scaled", positive=True)
        shifts = [sp.Symbol(f"{m.name}_hat_scaled", real=True) for m in s.m]
        best = sp.Max(*[XI * a for _, a in system.site.atoms]) if system.site.atoms else None
        if best is None or len(system.site.atoms) < 2:
            raise ModelError(f"{system.model.name}: the capacity of this site measure is not derived yet")
        top = sp.S.Zero
        mean = sp.Add(*[h * t for h, t in zip(shifts, system.site.teachers, strict=True)])
        for weight, value in _over_quenched(mean, system):
            top += weight * gaussian_average(best, XI, value, width)
        coefficient = -width / 2 - sp.Add(*[a * b for a, b in zip(s.m, shifts, strict=True)]) + top
        unknowns += [width, *shifts]
        starts |= {width: 0.5, **{h: 0.3 for h in shifts}}
    for channel in system.channels:
        coefficient -= channel.samples * _squared_distance(channel, R) / (2 * channel.scale**2)
    return Capacity(coefficient, tuple(unknowns), starts, R)


def _over_quenched(mean: sp.Expr, system: System):
    """(weight, mean) over the atoms of the quenched variables."""
    pairs = [(sp.S.One, mean)]
    for variable in system.site.quenched:
        fresh = []
        for weight, value in pairs:
            if not value.has(variable.symbol):
                fresh.append((weight, value))
                continue
            for w, component in variable.law.components:
                if not isinstance(component, Atom):
                    raise ModelError("the capacity with this quenched law is not derived yet")
                fresh.append((weight * w, value.xreplace({variable.symbol: component.point})))
        pairs = fresh
    return pairs


def _squared_distance(channel, R: sp.Expr) -> sp.Expr:
    """E over fields and labels of dist(field, {F > 0})^2 at q = r = R."""
    variance = channel.scale**2 * R
    total = sp.S.Zero
    for part in channel.components:
        if part.label is not None and not isinstance(part.label, LabelAtom):
            raise ModelError("the capacity of a channel with continuous labels is not derived yet")
        split = pieces(_indicator(part.partition.body), INNER)
        distance = _distance([(p.lower, p.upper) for p in split]).xreplace({INNER: INNER + part.offset})
        weight = sp.S.One
        if channel.m is not None:
            slope = channel.teacher_scale * channel.m / (channel.scale * R)
            rest = channel.teacher_scale**2 * (channel.rho - channel.m**2 / R)
            closed = part.law_partition.closed
            if closed is None:
                law = LabelLaw(sp.Symbol(part.law_partition.name), 0, ZETA)
                covariance = (variance, channel.scale * channel.teacher_scale * channel.m)
                covariance += (channel.teacher_scale**2 * channel.rho,)
                body = law * distance.xreplace({INNER: OMEGA})
                total += part.multiplicity * GaussianAverage(body, (OMEGA, ZETA), (0, channel.teacher_mean), covariance)
                continue
            weight = closed.xreplace({part.law_partition.field: slope * INNER, part.law_partition.variance: rest})
        elif part.label is not None:
            weight = part.law
        body = weight * distance
        closed = gaussian_average(body, INNER, sp.S.Zero, variance)
        total += part.multiplicity * (
            closed
            if closed is not None
            else GaussianAverage(body.xreplace({INNER: OMEGA}), (OMEGA,), (0,), (variance,))
        )
    return total


def _distance(support: list[tuple[sp.Expr, sp.Expr]]) -> sp.Expr:
    """dist(x, union of intervals)^2 as a piecewise polynomial; touching intervals count as one."""
    joined: list[tuple[sp.Expr, sp.Expr]] = []
    for lower, upper in support:
        if joined and joined[-1][1] == lower:
            joined[-1] = (joined[-1][0], upper)
        else:
            joined.append((lower, upper))
    x, total = INNER, sp.S.Zero
    if joined[0][0] != -sp.oo:
        total += sp.Piecewise(((x - joined[0][0]) ** 2, x < joined[0][0]), (0, True))
    for (_, b), (a, _) in itertools.pairwise(joined):
        middle = (a + b) / 2
        total += sp.Piecewise(((x - b) ** 2, sp.And(x > b, x < middle)), (0, True))
        total += sp.Piecewise(((x - a) ** 2, sp.And(x > middle, x < a)), (0, True))
    if joined[-1][1] != sp.oo:
        total += sp.Piecewise(((x - joined[-1][1]) ** 2, x > joined[-1][1]), (0, True))
    return total
