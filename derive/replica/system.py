"""The replicated system of a model: what stages 1 to 3 work on, and the sentence for what is outside.

`build_system` resolves a typed Model into site functions, label components and partition functions.  It
contains the only list of what the engine does not derive yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.gaussian import gaussian_average
from derive.calculus.labels import LabelAtom, LabelComponent, LabelDensity, LabelNaturals, label_components
from derive.calculus.nodes import (
    DensityAverage,
    GaussianAverage,
    LabelIntegral,
    LabelLaw,
    LabelSum,
    LogPartition,
    bound,
)
from derive.calculus.partition import Partition, channel_partition, normal_body, site_partition
from derive.calculus.piecewise import pieces
from derive.errors import ModelError, RuleNotApplicable
from derive.spec.model import Atom, Channel, Density, Model, Normal, Quenched, Table

__all__ = ["ChannelPart", "ComponentPart", "SitePart", "Symbols", "System", "build_system"]

OMEGA, ZETA, XI, INNER = bound("field"), bound("teacher"), bound("site_field"), bound("inner")


@dataclass(frozen=True, slots=True)
class Symbols:
    """The order parameters: q, the increment v = r - q, A = q_hat - r_hat, and the teacher overlaps."""

    q: sp.Symbol
    r: sp.Symbol
    v: sp.Symbol
    A: sp.Symbol
    q_hat: sp.Symbol
    r_hat: sp.Symbol
    m: tuple[sp.Symbol, ...]
    m_hat: tuple[sp.Symbol, ...]
    n: sp.Symbol


@dataclass(frozen=True, slots=True)
class ComponentPart:
    """One component of a channel's labels: label, P(y|z) and its Z_0, the factor F and its Z.

    `multiplicity` counts label values joined by a symmetry; `shift` is the coefficient expression added to the
    field (learned biases); `partner` is the joined label value.
    """

    label: LabelComponent | None
    law: sp.Basic
    law_partition: Partition | None
    factor: sp.Basic
    partition: Partition
    shift: sp.Expr
    multiplicity: int = 1
    partner: sp.Expr | None = None


@dataclass(frozen=True, slots=True)
class ChannelPart:
    """A channel: samples, field scales, teacher overlap symbols, label components."""

    index: int
    samples: sp.Expr
    scale: sp.Expr  # pulled-out student factor: field variance = scale^2 * (site average)
    teacher_scale: sp.Expr
    rho: sp.Expr  # variance of the teacher field over teacher_scale^2
    m: sp.Symbol | None
    components: tuple[ComponentPart, ...]
    bayes: bool

    def average(
        self,
        symbols: Symbols,
        body: Callable[[LogPartition], sp.Expr],
        matched: bool = False,
    ) -> sp.Expr:
        """E over fields and labels of body(l); `matched` uses Z_0 = Z with q = m (Bayes-optimal)."""
        total = sp.S.Zero
        teacher = self.m is not None
        for part in self.components:
            y = None if part.label is None or isinstance(part.label, LabelAtom) else part.label.symbol
            rest = () if y is None else (y,)
            log_z = LogPartition(
                sp.Symbol(part.partition.name), 1, 0, OMEGA + part.shift, self.scale**2 * symbols.v, *rest
            )
            inside = body(log_z)
            if matched:
                inside = sp.exp(log_z) * inside
            elif teacher:
                inside = LabelLaw(sp.Symbol(part.law_partition.name), 0, ZETA, *rest) * inside
            elif part.label is not None:
                inside = part.law * inside
            if isinstance(part.label, LabelDensity):
                inside = LabelIntegral(inside, y, part.label.lower, part.label.upper)
            elif isinstance(part.label, LabelNaturals):
                inside = LabelSum(inside, y)
            total += part.multiplicity * inside
        variance = self.scale**2 * symbols.q
        if matched or not teacher:
            return GaussianAverage(total, (OMEGA,), (0,), (variance,))
        covariance = (
            variance,
            self.scale * self.teacher_scale * self.m,
            self.teacher_scale**2 * self.rho,
        )
        return GaussianAverage(total, (OMEGA, ZETA), (0, 0), covariance)


@dataclass(frozen=True, slots=True)
class SitePart:
    """The sites: student function f(s), teacher functions t_j(s), the measure and its Z."""

    factor: sp.Expr
    teachers: tuple[sp.Expr, ...]
    quenched: tuple[Quenched, ...]
    partition: Partition
    rest: tuple[sp.Symbol, ...]
    measure: str
    radius: sp.Expr | None
    atoms: tuple[tuple[sp.Expr, sp.Expr], ...] | None
    gaussian: bool
    even: bool

    def average(self, symbols: Symbols, body: Callable[[LogPartition], sp.Expr]) -> sp.Expr:
        """E over quenched variables and the site field of body(l)."""
        log_z = LogPartition(sp.Symbol(self.partition.name), -1, 0, XI, symbols.A, *self.rest)
        mean = sp.Add(*[hat * t for hat, t in zip(symbols.m_hat, self.teachers, strict=True)])
        node = GaussianAverage(body(log_z), (XI,), (mean,), (symbols.q_hat,))
        return _average_quenched(node, self.quenched, even=self.even)


def _average_quenched(node: sp.Expr, quenched: tuple[Quenched, ...], even: bool) -> sp.Expr:
    """Average over quenched laws, last declared first; normal laws merge into the Gaussian field."""
    if not quenched:
        return node
    *earlier, last = quenched
    s = last.symbol
    total = sp.S.Zero
    if not node.has(s):
        return _average_quenched(node, tuple(earlier), even)
    merged: dict[sp.Expr, sp.Expr] = {}
    for weight, component in last.law.components:
        value = _average_component(node, s, component, even, len(quenched))
        merged[value] = merged.get(value, sp.S.Zero) + weight
    total = sp.Add(*[sp.simplify(weight) * value for value, weight in merged.items()])
    return _average_quenched(total, tuple(earlier), even) if earlier else total


def _average_component(node: sp.Expr, s: sp.Symbol, component, even: bool, position: int) -> sp.Expr:
    if isinstance(component, Atom):
        node = node.xreplace({s: component.point})
        return _map_gaussians(node, lambda g: _reflected(g)) if even else node
    if isinstance(component, Normal):

        def merge(g: GaussianAverage) -> sp.Expr:
            mean = sp.expand(g.mean[0])
            slope = mean.coeff(s)
            if g.body.has(s) or g.covariance(0, 0).has(s) or (mean - slope * s).has(s):
                inner = bound("quenched", position)
                return GaussianAverage(g.xreplace({s: inner}), (inner,), (component.mean,), (component.variance,))
            return GaussianAverage(
                g.body,
                g.bound_symbols,
                (mean - slope * s + slope * component.mean,),
                (g.covariance(0, 0) + slope**2 * component.variance,),
            )

        return _map_gaussians(node, merge)
    if isinstance(component, Density):
        inner = bound("quenched", position)
        pdf = component.pdf.xreplace({component.variable: inner})
        return DensityAverage(node.xreplace({s: inner}), inner, pdf, component.lower, component.upper)
    raise ModelError(f"a quenched law with {type(component).__name__} is not derived yet")


def _map_gaussians(node: sp.Expr, change: Callable[[GaussianAverage], sp.Expr]) -> sp.Expr:
    if isinstance(node, GaussianAverage) and node.bound_symbols[0] == XI:
        return change(node)
    if isinstance(node, (GaussianAverage, DensityAverage)):  # an average over a quenched variable
        return node.func(_map_gaussians(node.body, change), *node.args[1:])
    if isinstance(node, (sp.Add, sp.Mul)):
        return node.func(*[_map_gaussians(a, change) for a in node.args])
    return node


def _reflected(g: GaussianAverage) -> GaussianAverage:
    """For an even log Z: a mean that is minus a positive combination is reflected."""
    mean = g.mean[0]
    if mean.could_extract_minus_sign():
        return GaussianAverage(g.body, g.bound_symbols, (-mean,), (g.covariance(0, 0),))
    return g


# ----------------------------------------------------------------------------------------- building


@dataclass(frozen=True, slots=True)
class System:
    """Everything the derivation needs, resolved from the model."""

    model: Model
    beta: sp.Expr | None
    symbols: Symbols
    site: SitePart
    channels: tuple[ChannelPart, ...]
    partitions: dict[str, Partition]
    globals: tuple[sp.Symbol, ...]
    fixed_norm: sp.Expr | None
    sphere: bool
    matched: bool  # the student's prior and factors are the teacher's laws
    domain: tuple[sp.Basic, ...]


_LATER = "is not derived yet by this version"


def _refuse(model: Model) -> None:
    """Raise ModelError with one sentence for each part that is outside this version."""
    said: list[str] = []
    if model.beta is sp.oo:
        said.append(f'beta = "inf" (zero temperature) {_LATER}')
    if model.energies or model.observations:
        said.append(f"an [[energy]] or [[observation]] {_LATER}")
    if len(model.weights) != 1:
        said.append(f"a model with {len(model.weights)} replicated site variables {_LATER}; exactly one is")
    if len(model.families) > 1:
        said.append(f"several site families {_LATER}")
    if any(w.components != 1 for w in model.weights) or any(q.components != 1 for q in model.quenched):
        said.append(f"weights of several components {_LATER}")
    if any(isinstance(q.law, Table) for q in model.quenched):
        said.append(f"a quenched table of atoms {_LATER}")
    for channel in model.channels:
        where = f"channel[{channel.index}]"
        if channel.input_mean != 0:
            said.append(f"{where}: an input mean {_LATER}")
        if len(channel.student) != 1 or isinstance(channel.student[0].coefficient, tuple):
            said.append(f"{where}: more than one student field {_LATER}")
        if len(channel.teacher) > 1:
            said.append(f"{where}: more than one teacher field {_LATER}")
    for weights in model.weights:
        if weights.measure == "sphere" and (weights.penalty is not None or weights.support is not None):
            said.append(f"weights.{weights.name}: a sphere with a penalty or a support {_LATER}")
    if not model.channels:
        said.append(f"a model without a channel {_LATER}")
    if said:
        raise ModelError(f"{model.name}: " + "; ".join(said))


def build_system(model: Model) -> System:
    """Resolve a Model; raises ModelError with sentences for what lies outside this version."""
    _refuse(model)
    weights = model.weights[0]
    channels = [(c, *_field_functions(c, weights.symbol, model)) for c in model.channels]
    factors = {f for _, _, f, *_ in channels}
    if len(factors) > 1:
        raise ModelError(f"{model.name}: channels whose student fields weigh the sites differently {_LATER}")
    factor = factors.pop()
    teachers = _distinct([t for *_, t in channels if t is not None])
    symbols = _symbols(model, len(teachers))
    site = _site_part(model, weights, factor, teachers)
    parts = []
    bayes_priors = _prior_is_teacher(model, weights, factor, teachers)
    for channel, scale, _, teacher_scale, teacher in channels:
        m = None if teacher is None else symbols.m[teachers.index(teacher)]
        rho = sp.S.Zero if teacher is None else _quenched_mean(teacher**2, model.quenched)
        parts.append(_channel_part(channel, model, scale, teacher_scale, rho, m, symbols.v))
    matched = (
        bool(teachers)
        and len(teachers) == 1
        and bayes_priors
        and all(c.bayes and c.scale == c.teacher_scale and not any(p.shift != 0 for p in c.components) for c in parts)
    )
    fixed_norm, sphere = _norm(site, model)
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


def _quenched_mean(expression: sp.Expr, quenched: tuple[Quenched, ...]) -> sp.Expr:
    """E over the quenched laws of a polynomial-like expression, in closed form."""
    for variable in reversed(quenched):
        if not expression.has(variable.symbol):
            continue
        s, total = variable.symbol, sp.S.Zero
        for weight, component in variable.law.components:
            if isinstance(component, Atom):
                value = expression.xreplace({s: component.point})
            elif isinstance(component, Normal):
                value = gaussian_average(expression, s, component.mean, component.variance)
            else:
                value = _density_mean(expression, s, component)
            if value is None:
                raise ModelError(f"the average of {expression} over {variable.name} has no closed form")
            total += weight * value
        expression = sp.simplify(total)
    return expression


def _density_mean(expression: sp.Expr, s: sp.Symbol, component: Density) -> sp.Expr | None:
    pdf = component.pdf.xreplace({component.variable: s})
    total = sp.S.Zero
    for piece in pieces(pdf * expression, s):
        lower = component.lower if piece.lower == -sp.oo else sp.Max(piece.lower, component.lower)
        upper = component.upper if piece.upper == sp.oo else sp.Min(piece.upper, component.upper)
        integral = sp.integrate(sp.expand(piece.body), (s, lower, upper))
        if integral.has(sp.Integral):
            return None
        total += integral
    return total


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
            parts.append((weight, pdf * penalty, None, sp.Max(component.lower, lower), sp.Min(component.upper, upper)))
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
            raise ModelError(f"{model.name}: a sphere with site-dependent fields {_LATER}")
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


def _channel_part(channel: Channel, model: Model, scale, teacher_scale, rho, m, v) -> ChannelPart:
    h = channel.student[0].symbol
    z = channel.teacher[0].symbol if channel.teacher else None
    variance = sp.Symbol("v", positive=True)
    labels: list[LabelComponent | None] = [None]
    if channel.label is not None:
        labels = list(label_components(channel.label, channel.y, z, channel.noise))
    globals_ = [g.symbol for g in model.globals]
    found: list[ComponentPart] = []
    try:
        for j, label in enumerate(labels):
            y = None if label is None else getattr(label, "symbol", None)
            rest = () if y is None else (y,)
            law = sp.S.One if label is None else label.law
            law_partition = None
            if z is not None:
                law_partition = channel_partition(f"P_{channel.index}{j}", law, z, variance, rest)
            body, shift = _factor_body(channel, model, label, z, h, globals_)
            partition = channel_partition(f"Z_{channel.index}{j}", body, h, variance, rest)
            found.append(ComponentPart(label, law, law_partition, partition.body, partition, shift))
    except RuleNotApplicable as problem:
        raise ModelError(f"channel[{channel.index}]: {problem}") from None
    bayes = z is not None and all(
        p.law_partition is not None and p.law_partition.body == p.partition.body for p in found
    )
    return ChannelPart(
        channel.index, channel.samples, scale, teacher_scale, rho, m, tuple(_join_by_symmetry(found)), bayes
    )


def _factor_body(channel: Channel, model: Model, label, z, h, globals_) -> tuple[sp.Basic, sp.Expr]:
    """F(y, h) for one label component, with learned biases absorbed in a shift of the field."""
    if channel.factor == "bayes":
        return label.law.xreplace({z: h}), sp.S.Zero
    expression = channel.factor_expression
    if label is not None:
        value = label.value if isinstance(label, LabelAtom) else label.symbol
        expression = expression.xreplace({channel.y: value})
    if channel.factor == "loss":
        expression = sp.exp(-model.beta * expression)
    elif channel.factor == "constraint" and not isinstance(expression, sp.Basic):
        expression = _sympify(expression)
    present = [g for g in globals_ if expression.has(g)]
    if not present:
        return expression, sp.S.Zero
    if len(present) > 1:
        raise ModelError(f"channel[{channel.index}]: several globals in one factor {_LATER}")
    b = present[0]
    for node in sp.preorder_traversal(expression):
        if not isinstance(node, sp.Expr) or not (node.has(h) and node.has(b)):
            continue
        in_h, in_b = sp.expand(node).coeff(h), sp.expand(node).coeff(b)
        if in_h == 0 or in_h.has(h, b) or in_b.has(h, b) or in_b == 0:
            continue
        slope = sp.simplify(in_b / in_h)
        trial = expression.xreplace({h: h - slope * b}).replace(
            lambda e: isinstance(e, sp.Expr) and e.has(h), lambda e: sp.expand(e)
        )
        if isinstance(trial, sp.Basic) and not trial.has(b):
            return trial, slope * b
    raise ModelError(f"channel[{channel.index}]: a global that is not a shift of the student field {_LATER}")


def _shape(body: sp.Basic, flip: bool) -> tuple:
    """A canonical form of a factor in the inner symbol, reflected if `flip`."""
    if flip:
        body = body.xreplace({INNER: -INNER})
    if body.has(sp.DiracDelta):
        return (sp.expand(body),)
    return tuple((p.lower, p.upper, sp.expand(p.body)) for p in pieces(body, INNER))


def _join_by_symmetry(parts: list[ComponentPart]) -> list[ComponentPart]:
    """Join label values y, y' with P(y'|-z) = P(y|z), F(y',-h) = F(y,h) and opposite shifts of zero."""
    joined: list[ComponentPart] = []
    used: set[int] = set()
    order = sorted(range(len(parts)), key=lambda i: -i)
    for i in order:
        if i in used:
            continue
        part, multiplicity, partner = parts[i], 1, None
        for j in order:
            if j in used or j == i or not isinstance(part.label, LabelAtom) or part.shift != 0 or parts[j].shift != 0:
                continue
            other = parts[j]
            if not isinstance(other.label, LabelAtom):
                continue
            try:
                same = _shape(part.partition.body, False) == _shape(other.partition.body, True)
                if part.law_partition is not None:
                    same = same and _shape(part.law_partition.body, False) == _shape(other.law_partition.body, True)
                else:
                    same = same and sp.expand(part.law - other.law) == 0
            except RuleNotApplicable:
                same = False
            if same:
                multiplicity, partner = 2, other.label.value
                used.add(j)
                break
        used.add(i)
        joined.append(
            ComponentPart(
                part.label,
                part.law,
                part.law_partition,
                part.factor,
                part.partition,
                part.shift,
                multiplicity,
                partner,
            )
        )
    return joined
