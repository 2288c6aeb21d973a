"""The replicated system of a model: what the stages work on, and its averages over samples and sites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy as sp

from derive.calculus.envelopes import Envelope
from derive.calculus.labels import LabelAtom, LabelComponent, LabelDensity, LabelNaturals
from derive.calculus.logs import split_log
from derive.calculus.nodes import (
    GaussianAverage,
    LabelIntegral,
    LabelLaw,
    LabelSum,
    LogPartition,
    bound,
)
from derive.calculus.partition import Partition
from derive.replica.quenched import XI, average_quenched
from derive.spec.model import Model, Quenched

if TYPE_CHECKING:
    from derive.replica.energies import EnergyPart
    from derive.replica.residuals import Residual

__all__ = ["WARM", "ChannelPart", "ComponentPart", "SitePart", "Symbols", "System"]

OMEGA, ZETA, INNER = bound("field"), bound("teacher"), bound("inner")
WARM = sp.Symbol("β", positive=True)
"""The inverse temperature of a model at zero temperature, before the limit."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """The order parameters: q, the increment v = r - q, A = q_hat - r_hat, and the overlaps m with quenched partners.

    At zero temperature v is V = beta (r - q) and A is V_hat = (q_hat - r_hat)/beta.
    """

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

    `multiplicity` counts label values joined by a symmetry; `shift` is added to the field by learned biases and
    `mean` by the mean of the inputs (in the overlaps m); `partner` is the joined label value; `envelope` is what log Z
    becomes at zero temperature.
    """

    label: LabelComponent | None
    law: sp.Basic
    law_partition: Partition | None
    factor: sp.Basic
    partition: Partition
    shift: sp.Expr
    multiplicity: int = 1
    partner: sp.Expr | None = None
    mean: sp.Expr = sp.S.Zero
    envelope: Envelope | None = None

    @property
    def offset(self) -> sp.Expr:
        """What is added to the field omega in this component."""
        return self.shift + self.mean


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
    teacher_mean: sp.Expr = sp.S.Zero
    family: int = 0  # the family of sites of the student

    @property
    def same_scales(self) -> bool:
        """Whether student and teacher fields have one factor."""
        return self.scale == self.teacher_scale

    def reference(self) -> sp.Expr:
        """-E log|f'(u)| of labels y = f(u) with a Bayes factor: what brings log Z from du to dy."""
        total = sp.S.Zero
        for part in self.components:
            label = part.label
            if (
                not isinstance(label, LabelDensity)
                or label.slope == 1
                or part.partition.body != part.law_partition.body
            ):
                continue
            name = sp.Symbol(part.law_partition.name)
            log_law = LogPartition(name, 1, 0, sp.S.Zero, self.teacher_scale**2 * self.rho, label.symbol)
            body = -sp.exp(log_law) * _log_size(label.slope)
            total += LabelIntegral(body, label.symbol, label.lower, label.upper)
        return total

    def average(
        self,
        families: Sequence[Symbols],
        body: Callable[[LogPartition], sp.Expr],
        matched: bool = False,
    ) -> sp.Expr:
        """E over fields and labels of body(l); `matched` uses Z_0 = Z with q = m (Bayes-optimal)."""
        symbols = families[self.family]
        total = sp.S.Zero
        teacher = self.m is not None
        for part in self.components:
            y = None if part.label is None or isinstance(part.label, LabelAtom) else part.label.symbol
            rest = () if y is None else (y,)
            log_z = LogPartition(
                sp.Symbol(part.partition.name), 1, 0, OMEGA + part.offset, self.scale**2 * symbols.v, *rest
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
        return GaussianAverage(total, (OMEGA, ZETA), (0, self.teacher_mean), covariance)


def _log_size(slope: sp.Expr) -> sp.Expr:
    """log|slope|, split over its factors, so that its zeros are seen as switches."""
    factors = [f.as_base_exp() for f in sp.Mul.make_args(sp.factor(slope))]
    return sp.Add(*[split_log(b**k) if (b**k).is_positive else k * sp.log(sp.Abs(b)) for b, k in factors])


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
    envelope: Envelope | None = None

    @property
    def stiffness(self) -> list[sp.Expr]:
        """The k of every density that falls like exp(-k w^2/2) on an unbounded interval: k + A f^2 > 0 is needed."""
        found = []
        for _, body, atom, lower, upper in self.partition.body:
            if atom != sp.Symbol("none") or (lower.is_finite and upper.is_finite):
                continue
            exponent = sp.expand(sp.expand_log(sp.log(body), force=True)).as_poly(INNER)
            if exponent is None or exponent.degree() <= 2:
                found.append(sp.S.Zero if exponent is None else -2 * exponent.coeff_monomial(INNER**2))
        return found

    def average(self, families: Sequence[Symbols], body: Callable[[LogPartition], sp.Expr]) -> sp.Expr:
        """E over quenched variables and the site field of body(l), in the order parameters of its only family."""
        (symbols,) = families
        log_z = LogPartition(sp.Symbol(self.partition.name), -1, 0, XI, symbols.A, *self.rest)
        mean = sp.Add(*[hat * t for hat, t in zip(symbols.m_hat, self.teachers, strict=True)])
        node = GaussianAverage(body(log_z), (XI,), (mean,), (symbols.q_hat,))
        return average_quenched(node, self.quenched, even=self.even)


@dataclass(frozen=True, slots=True)
class Family:
    """A family of size*N sites: its order parameters, its sites, r where it is fixed, E t^2 of its partners.

    Weights of several components have one such entry for every mode of their overlap matrices, `gain` its multiplicity;
    they share the weights, number `home` of the model, and their sites.
    """

    size: sp.Expr
    symbols: Symbols
    site: SitePart
    norm: sp.Expr | None
    second_moments: tuple[sp.Expr, ...]
    home: int = 0
    gain: sp.Expr = sp.S.One

    @property
    def share(self) -> sp.Expr:
        """What stands before its products of overlaps and conjugates: size times multiplicity."""
        return self.size * self.gain

    @property
    def sphere(self) -> bool:
        """Whether the norm is fixed by a sphere."""
        return self.site.measure == "sphere"


@dataclass(frozen=True, slots=True)
class System:
    """Everything the derivation needs, resolved from the model."""

    model: Model
    beta: sp.Expr | None
    families: tuple[Family, ...]
    channels: tuple[ChannelPart, ...]
    partitions: dict[str, Partition]
    globals: tuple[sp.Symbol, ...]
    matched: bool  # the student's priors and factors are the teacher's laws
    domain: tuple[sp.Basic, ...]
    cold: bool = False  # zero temperature: nodes are envelopes, v is V and A is V_hat
    energy: EnergyPart | None = None
    zero_entropy: sp.Expr | None = None  # at zero temperature: what phi has beside its term of order beta
    residuals: tuple[Residual | None, ...] = ()  # by channel: the residual field of its loss, if there is one

    @property
    def groups(self) -> list[list[Family]]:
        """The entries of `families` that share their sites."""
        found: dict[int, list[Family]] = {}
        for family in self.families:
            found.setdefault(family.home, []).append(family)
        return list(found.values())

    def site_averages(self, body: Callable[[sp.Expr], sp.Expr]) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
        """(size, E over the sites of body(l)) of all weights."""
        return tuple((g[0].size, g[0].site.average([f.symbols for f in g], body)) for g in self.groups)

    def alone(self, family: int) -> System:
        """The system as seen from one of its families of sites: its weights, quenched variables and channels."""
        if len(self.families) == 1:
            return self
        weights = self.model.weights[self.families[family].home]
        own = [j for j, c in enumerate(self.channels) if c.family == family]
        model = replace(
            self.model,
            weights=(weights,),
            quenched=tuple(q for q in self.model.quenched if q.family == weights.family),
            channels=tuple(self.model.channels[j] for j in own),
        )
        return replace(
            self,
            model=model,
            families=(self.families[family],),
            channels=tuple(replace(self.channels[j], family=0) for j in own),
            residuals=tuple(self.residuals[j] for j in own if self.residuals),
        )

    @property
    def symbols(self) -> Symbols:
        """The order parameters of the first family of sites."""
        return self.families[0].symbols

    @property
    def site(self) -> SitePart:
        """The sites of the first family."""
        return self.families[0].site

    @property
    def fixed_norm(self) -> sp.Expr | None:
        """The self-overlap of the first family, if it is fixed."""
        return self.families[0].norm

    @property
    def sphere(self) -> bool:
        """Whether a sphere fixes the norm of the first family."""
        return self.families[0].sphere

    @property
    def second_moments(self) -> tuple[sp.Expr, ...]:
        """E t^2 of the quenched partner of every overlap m, family by family."""
        return tuple(e for family in self.families for e in family.second_moments)

    @property
    def overlaps(self) -> tuple[sp.Symbol, ...]:
        """The overlaps m with quenched partners, family by family."""
        return tuple(m for family in self.families for m in family.symbols.m)

    def overlap_kind(self, m: sp.Symbol) -> str:
        """What an overlap m is with: "m" a teacher field, "m_mean" a mean of inputs, "m_partner" in an energy."""
        if any(c.m == m for c in self.channels):
            return "m"
        means = any(part.mean.has(m) for c in self.channels for part in c.components)
        return "m_mean" if means else "m_partner"

    @property
    def random_energy(self) -> bool:
        """Whether there is a Gaussian random energy."""
        return self.energy is not None and self.energy.covariance != 0

    @property
    def fixed_energy(self) -> bool:
        """Whether there is a deterministic energy."""
        return self.energy is not None and self.energy.value != 0

    @property
    def margins(self) -> tuple[sp.Expr, ...]:
        """What has to be positive for the averages to exist, in the order parameters, conjugates and parameters."""
        found: list[sp.Expr] = []
        quenched = {q.symbol for q in self.model.quenched}
        if self.cold:
            for channel, residual in zip(self.channels, self.residuals, strict=True):
                used = [residual.envelope] if residual is not None else [p.envelope for p in channel.components]
                v = channel.scale**2 * self.families[channel.family].symbols.v
                for e in used:
                    found += [(d.lhs - d.rhs).xreplace({e.variance: v}) for d in e.domain]
            for family in self.families:
                envelope = family.site.envelope
                if family.norm is None or family.sphere:
                    A = family.site.factor**2 * family.symbols.A
                    found += [(d.lhs - d.rhs).xreplace({envelope.variance: A}) for d in envelope.domain]
            return tuple(dict.fromkeys(e for e in found if not e.free_symbols & quenched))
        for channel in self.channels:
            for part in channel.components if isinstance(channel, ChannelPart) else ():  # none of several fields grows
                given = {part.partition.variance: channel.scale**2 * self.families[channel.family].symbols.v}
                found += [(d.lhs - d.rhs).xreplace(given) for d in part.partition.domain]
        for family in self.families:
            if not isinstance(family.site, SitePart) and family.site.single is None:
                continue  # the components of a prior or of atoms
            site, s = family.site.partition, family.symbols
            A = s.q_hat if family.norm is not None and not family.sphere else s.A
            found += [(d.lhs - d.rhs).xreplace({site.variance: family.site.factor**2 * A}) for d in site.domain]
            if self.energy is not None and family.norm is None and not self.matched:  # they may make A negative
                found += [k + family.site.factor**2 * A for k in family.site.stiffness]
        decided = {x for family in self.families for x in (family.symbols.v, family.symbols.A, family.symbols.q_hat)}
        return tuple(dict.fromkeys(e for e in found if e.has(*decided) and not e.free_symbols & quenched))

    @property
    def envelopes(self) -> dict[str, Envelope]:
        """The envelopes of sites, channels and residuals by name."""
        parts = [*(f.site for f in self.families), *(p for c in self.channels for p in c.components), *self.residuals]
        return {p.envelope.name: p.envelope for p in parts if p is not None and p.envelope is not None}
