r"""Edges of the domain at zero temperature: where the minimiser is not unique, or recovers the teacher.

- Separability, existence of an unpenalised minimiser: a convex loss keeps falling along a direction w if its recession
  slopes vanish at every sample, h in {h : sup slope <= 0}, a cone of fields.  Whether such a direction exists does not
  depend on |f w|: the edge is the capacity of that constraint on the sphere (V -> infinity).
- Interpolation: a loss whose minimum is one point y-wise leaves N - sum_c P_c directions free as the penalty vanishes.
- Recovery: with noiseless labels and a vanishing penalty the minimiser is the teacher if the penalty's descent cone
  misses a random subspace: alpha > min_theta E dist(xi, theta d penalty(w*))^2, xi ~ N(0, 1).
  V. Chandrasekaran et al., Found. Comput. Math. 12, 805 (2012); D. Amelunxen et al., Inf. Inference 3, 224 (2014).
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from derive.calculus.gaussian import gaussian_average
from derive.calculus.labels import LabelAtom
from derive.calculus.nodes import bound
from derive.calculus.piecewise import pieces
from derive.errors import ModelError
from derive.replica.pipeline import Derivation
from derive.replica.system import ComponentPart
from derive.spec.model import Atom, Channel, Law, Model, Normal, Quenched, Table, Weights

__all__ = ["grows", "interpolation_excess", "recovery_dimension", "separable_model"]

INNER = bound("inner")
THETA = sp.Symbol("theta_", positive=True)


def recession(cost: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The slopes of a convex cost of the inner symbol at minus and plus infinity."""
    split = pieces(cost, INNER)
    ends = []
    for end, body in ((-sp.oo, split[0].body if split else sp.S.Zero), (sp.oo, split[-1].body if split else sp.S.Zero)):
        outer = body if not split or (split[0].lower if end == -sp.oo else split[-1].upper) == end else sp.S.Zero
        ends.append(sp.limit(outer.diff(INNER), INNER, end))
    return ends[0], ends[1]


def _allowed(part: ComponentPart, name: str) -> tuple[sp.Expr, sp.Expr]:
    """The cone of fields along which the loss of a label does not grow, as an interval."""
    found = part.envelope
    first, last = found.support
    below, above = recession(found.body)
    falls_left = first == -sp.oo and not below.is_extended_negative
    falls_right = last == sp.oo and not above.is_extended_positive
    if not falls_left and not falls_right:
        raise ModelError(
            f"{name}: the loss grows in both directions of the field, so that a minimiser always exists; "
            f"its edge is `interpolation`"
        )
    return (-sp.oo if falls_left else sp.S.Zero, sp.oo if falls_right else sp.S.Zero)


def grows(derivation: Derivation) -> bool:
    """Whether every loss grows in both directions of its field: then the edge of existence is interpolation."""
    found = [*(r for r in derivation.system.residuals if r is not None)]
    parts = [p for c, r in zip(derivation.system.channels, derivation.system.residuals, strict=True)
             if r is None for p in c.components]  # fmt: skip
    slopes = [recession(p.envelope.body) for p in (*found, *parts)]
    return all(below.is_extended_negative and above.is_extended_positive for below, above in slopes)


def separable_model(derivation: Derivation) -> Model:
    """The model whose capacity is the edge of separability: a sphere and the constraint that no loss keeps falling.

    Raises
    ------
    ModelError
        For labels that are not finitely many, for several overlaps m, and where the loss grows in both directions.
    """
    system, model = derivation.system, derivation.model
    s, site = system.symbols, system.site
    if len(site.teachers) > 1:
        raise ModelError(f"{model.name}: the separability of a model with several overlaps m is not derived yet")
    if site.envelope is not None and site.envelope.support != (-sp.oo, sp.oo):
        raise ModelError(f"{model.name}: the separability of bounded weights is not derived yet")
    w, t = model.weights[0].symbol, sp.Symbol("partner", real=True)
    quenched: tuple[Quenched, ...] = ()
    if site.teachers:
        law = Law(((sp.S.One, Normal(sp.S.Zero, system.second_moments[0])),), "normal")
        quenched = (Quenched("partner", t, law),)
    channels = []
    for part, spec in zip(system.channels, model.channels, strict=True):
        h = spec.student[0].symbol
        allowed = [sp.true]
        for component in part.components:
            if component.label is not None and not isinstance(component.label, LabelAtom):
                raise ModelError(
                    f"{model.name}: the separability of labels that are not finitely many is not derived yet"
                )
            allowed = _cone(allowed, component, spec, h, model.name)
        mean = sp.S.Zero if part.components[0].mean == 0 else _mean(part, spec, s.m[0]) * t / part.scale
        teacher = tuple(replace(f, coefficient=part.teacher_scale * t) for f in spec.teacher)
        channels.append(
            replace(
                spec,
                student=(replace(spec.student[0], coefficient=part.scale * w),),
                teacher=teacher,
                factor="constraint",
                factor_expression=sp.And(*allowed),
                input_mean=mean,
                input_sd=sp.S.One,
            )
        )
    sphere = Weights(model.weights[0].name, w, "sphere", radius=sp.S.One)
    return replace(
        model,
        name=f"{model.name}_separability",
        hash=f"{model.hash}:separability",
        beta=None,
        quenched=quenched,
        weights=(sphere,),
        channels=tuple(channels),
        observables=(),
        thresholds=(),
    )


def _cone(allowed: list, component: ComponentPart, spec: Channel, h: sp.Symbol, name: str) -> list:
    """Add the condition of one label (and of the one joined to it by symmetry)."""
    lower, upper = _allowed(component, name)
    values = [(None, 1)]
    if isinstance(component.label, LabelAtom):
        values = [(component.label.value, 1)]
        if component.multiplicity == 2:
            values.append((component.partner, -1))
    for value, sign in values:
        field = sign * h + component.shift if sign == 1 else sign * h
        inside = field >= 0 if (lower, upper) == (sp.S.Zero, sp.oo) else field <= 0
        if (lower, upper) == (-sp.oo, sp.oo):
            continue
        allowed.append(inside if value is None else sp.Or(sp.Ne(spec.y, value, evaluate=False), inside))
    return allowed


def _mean(part, spec: Channel, m: sp.Symbol) -> sp.Expr:
    """The coefficient of m in the mean of the field, as a function of y."""
    slopes = {p.label.value if p.label is not None else None: p.mean.coeff(m) for p in part.components}
    for p in part.components:
        if p.multiplicity == 2:
            slopes[p.partner] = -p.mean.coeff(m)
    if len(set(slopes.values())) == 1:
        return next(iter(slopes.values()))
    total, y = sp.S.Zero, spec.y  # Lagrange interpolation over the label values
    for value, slope in slopes.items():
        others = [v for v in slopes if v != value]
        total += slope * sp.Mul(*[(y - v) / (value - v) for v in others])
    return sp.expand(total)


def interpolation_excess(derivation: Derivation) -> sp.Expr:
    """Samples per free weight minus one: zero where the training data can just be fitted as the penalty vanishes.

    Raises
    ------
    ModelError
        If the loss of some label is least on more than one point (its edge is `separability`).
    """
    system, model = derivation.system, derivation.model
    for channel, residual in zip(system.channels, system.residuals, strict=True):
        for found in [residual.envelope] if residual is not None else [p.envelope for p in channel.components]:
            below, above = recession(found.body)
            flat = any(r.first != r.last and not r.cost.has(INNER) for r in found.regions)
            if flat or not below.is_extended_negative or not above.is_extended_positive:
                raise ModelError(
                    f"{model.name}: the loss is not least at one point for every label, so that there is no "
                    f"interpolation threshold (see `separability`)"
                )
    share = sp.S.One
    for variable in system.site.quenched:
        if system.site.factor.has(variable.symbol) and not isinstance(variable.law, Table):
            zero = [w for w, c in variable.law.components if isinstance(c, Atom)
                    and sp.simplify(system.site.factor.xreplace({variable.symbol: c.point})).is_zero]  # fmt: skip
            share -= sp.Add(*zero)
    return sp.Add(*[c.samples for c in system.channels]) - share


def recovery_dimension(derivation: Derivation) -> sp.Expr:
    """E dist(xi, theta d penalty(w*))^2 as a function of theta; samples minus its least value changes sign at recovery.

    Raises
    ------
    ModelError
        If the student does not look at the teacher's weights, or the penalty has no kinks that favour it.
    """
    system, model = derivation.system, derivation.model
    site = system.site
    teacher = [q for q in site.quenched if (q.symbol,) == site.teachers and isinstance(q.law, Law)]
    if not teacher or site.factor != 1:
        raise ModelError(f"{model.name}: recovery needs a teacher with the student's fields and a law in symbols")
    penalty = site.envelope.body
    x, total = sp.Symbol("x_", real=True), sp.S.Zero
    for weight, component in teacher[0].law.components:
        if isinstance(component, Atom):
            low, high = (THETA * _one_sided(penalty, component.point, side) for side in ("-", "+"))
            outside = sp.Piecewise(((x - high) ** 2, x > high), (0, True))
            outside += sp.Piecewise(((low - x) ** 2, x < low), (0, True))
            square = gaussian_average(outside, x, sp.S.Zero, sp.S.One)
        else:
            if not isinstance(component, Normal):
                raise ModelError(f"{model.name}: recovery of a teacher with a density is not derived yet")
            slopes = sp.Add(*[_inside(p, p.body.diff(INNER) ** 2) for p in pieces(penalty, INNER)])
            mean = gaussian_average(slopes, INNER, component.mean, component.variance)
            square = None if mean is None else 1 + THETA**2 * mean
        if square is None:
            raise ModelError(f"{model.name}: the mean squared slope of the penalty has no closed form")
        total += weight * square
    return total


def _one_sided(penalty: sp.Expr, point: sp.Expr, side: str) -> sp.Expr:
    for piece in pieces(penalty, INNER):
        inside = piece.lower < point if side == "-" else piece.lower <= point
        inside = sp.And(inside, point <= piece.upper if side == "-" else point < piece.upper)
        if inside == True:  # noqa: E712
            return piece.body.diff(INNER).xreplace({INNER: point})
    return sp.S.Zero


def _inside(piece, body: sp.Expr) -> sp.Expr:
    ends = [c for c, e in ((piece.lower < INNER, piece.lower), (piece.upper > INNER, piece.upper)) if not e.is_infinite]
    return sp.Piecewise((body, sp.And(*ends)), (0, True)) if ends else body
