r"""Weights of several components: overlap matrices in a commuting basis, and the averages of a site and of a sample.

The ansatz "permutation": overlap matrices commute with simultaneous permutations of the components of student and
teacher, Q = q_d (1 - J/K) + q_u J/K with J the matrix of ones.  The two projectors are the modes: `d` of multiplicity
K - 1 (differences of components), `u` of multiplicity one (their sum); q_kk = q_d + (q_u - q_d)/K and
q_kl = (q_u - q_d)/K.  In modes traces of products are sums, Tr Q Q_hat = (K - 1) q_d q_hat_d + q_u q_hat_u, and every
mode has the stationarity equations of a scalar overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations, product

import sympy as sp

from derive.calculus.labels import LabelAtom, LabelDensity, LabelNaturals
from derive.calculus.means import density_average
from derive.calculus.nodes import GaussianAverage, LabelIntegral, LabelLaw, LabelSum, bound
from derive.calculus.partition import Partition
from derive.calculus.vectors import VectorLaw, VectorLog, VectorPartition, triangle
from derive.replica.system import ComponentPart, SitePart, Symbols
from derive.spec.model import Atom, Component, Density, Law, Normal, Quenched, VectorAtom

__all__ = ["VectorChannel", "VectorSite", "fields_of", "projectors", "vector_components"]


def projectors(size: int) -> tuple[sp.Matrix, ...]:
    """The projectors on the modes of K components.

    >>> [e.trace() for e in projectors(3)]
    [2, 1]
    """
    uniform = sp.ones(size, size) / size
    return (sp.eye(size) - uniform, uniform)


def fields_of(role: str, size: int) -> tuple[sp.Symbol, ...]:
    """The bound symbols of K fields of a role."""
    return tuple(bound(role, k + 1) for k in range(size))


def _mixed(basis: Sequence[sp.Matrix], values: Sequence[sp.Expr]) -> sp.Matrix:
    """sum_j values_j E_j."""
    total = sp.zeros(*basis[0].shape)
    for e, value in zip(basis, values, strict=True):
        total += e * value
    return total.applyfunc(sp.expand)


def _upper(matrix: sp.Matrix) -> list[sp.Expr]:
    return [matrix[i, j] for i, j in triangle(matrix.rows)]


@dataclass(frozen=True, slots=True)
class VectorSite:
    """A site of K components: its measure, its Z, and the quenched vector it has an overlap with.

    `single` is the site of one mode where the measure is a centred Gaussian (all modes are alike and independent).
    """

    basis: tuple[sp.Matrix, ...]
    quenched: tuple[Quenched, ...]
    teacher: tuple[sp.Symbol, ...]
    partition: VectorPartition | Partition
    rest: tuple[sp.Symbol, ...]
    measure: str
    even: bool
    single: SitePart | None = None
    factor: sp.Expr = sp.S.One
    radius: None = None
    atoms: tuple[tuple[sp.Expr, tuple[sp.Expr, ...]], ...] | None = None
    envelope: None = None

    @property
    def size(self) -> int:
        """The number of components K."""
        return self.basis[0].rows

    @property
    def gaussian(self) -> bool:
        """Whether the measure is Gaussian."""
        return self.single is not None

    @property
    def teachers(self) -> tuple[sp.Symbol, ...]:
        """The quenched partner, one vector."""
        return self.teacher[:1]

    @property
    def stiffness(self) -> list[sp.Expr]:
        """As of a scalar site."""
        return [] if self.single is None else self.single.stiffness

    def average(self, symbols: Sequence[Symbols], body: Callable[[VectorLog], sp.Expr]) -> sp.Expr:
        """E over quenched variables and the site fields of body(l)."""
        xi = fields_of("site_field", self.size)
        log_z = VectorLog.of(self.partition.name, -1, xi, _upper(_mixed(self.basis, [s.A for s in symbols])), self.rest)
        covariance = _mixed(self.basis, [s.q_hat for s in symbols])
        if not self.teacher:
            return GaussianAverage(body(log_z), xi, [0] * self.size, _upper(covariance))
        tilt = _mixed(self.basis, [s.m_hat[0] for s in symbols])
        law = self.quenched[-1].law
        found: dict[sp.Expr, sp.Expr] = {}
        for weight, parts in vector_components(law, self.size):
            images = [tuple(p) for p in permutations(parts)]
            if self.even:
                images += [tuple(map(_reflected, p)) for p in images]
            node = self._at(min(images, key=str), tilt, covariance, xi, body(log_z))
            found[node] = found.get(node, sp.S.Zero) + weight
        return sp.Add(*[sp.simplify(weight) * node for node, weight in found.items()])

    def _at(self, parts, tilt: sp.Matrix, covariance: sp.Matrix, xi, body: sp.Expr) -> sp.Expr:
        """The average for one component of the law of every component of the quenched vector."""
        centre, spread = sp.zeros(self.size, 1), sp.zeros(self.size, self.size)
        densities = []
        for k, part in enumerate(parts):
            if isinstance(part, Atom):
                centre[k] = part.point
            elif isinstance(part, Normal):
                centre[k], spread[k, k] = part.mean, part.variance
            elif isinstance(part, Density):
                centre[k] = self.teacher[k]
                densities.append((self.teacher[k], part))
        mean = (tilt * centre).applyfunc(sp.expand)
        node = GaussianAverage(body, xi, list(mean), _upper((covariance + tilt * spread * tilt).applyfunc(sp.expand)))
        for position, (s, part) in enumerate(densities):
            node = density_average(node, s, part, bound("quenched", position + 1))
        return node


def vector_components(law: Law, size: int) -> list[tuple[sp.Expr, list[Component]]]:
    """The components of a law of K numbers, one law for each number: atoms of vectors, or those of a law of one number.

    >>> [(w, [c.point for c in v]) for w, v in vector_components(Law(((sp.S.One, VectorAtom((sp.S(1), sp.S(2)))),)), 2)]
    [(1, [1, 2])]
    """
    if any(isinstance(c, VectorAtom) for _, c in law.components):
        return [(w, [Atom(x) for x in c.point]) for w, c in law.components]
    drawn = product(law.components, repeat=size)
    return [(sp.Mul(*[w for w, _ in chosen]), [c for _, c in chosen]) for chosen in drawn]


def _reflected(part):
    """The law of -s for s of a component."""
    if isinstance(part, Atom):
        return Atom(-part.point)
    if isinstance(part, Normal):
        return Normal(-part.mean, part.variance)
    return part


@dataclass(frozen=True, slots=True)
class VectorChannel:
    """A channel of several fields: h = scale * L w and z = teacher_scale * T s, L and T of numbers and parameters."""

    index: int
    samples: sp.Expr
    basis: tuple[sp.Matrix, ...]
    loads: sp.Matrix
    teacher_loads: sp.Matrix | None
    overlaps: tuple[sp.Symbol, ...]
    rhos: tuple[sp.Expr, ...]
    components: tuple[ComponentPart, ...]
    bayes: bool
    family: int = 0
    scale: sp.Expr = sp.S.One
    teacher_scale: sp.Expr = sp.S.One
    teacher_mean: sp.Expr = sp.S.Zero

    @property
    def m(self) -> sp.Symbol | None:
        """The overlap of the first mode with the teacher, None without one."""
        return self.overlaps[0] if self.overlaps else None

    @property
    def rho(self) -> sp.Expr:
        """E s^2 of the first mode."""
        return self.rhos[0]

    @property
    def same_scales(self) -> bool:
        """Whether student and teacher fields are the same sums of components."""
        return self.loads == self.teacher_loads

    def reference(self) -> sp.Expr:
        """Labels are densities with respect to dy here."""
        return sp.S.Zero

    def covariance(self, values: Sequence[sp.Expr]) -> sp.Matrix:
        """The covariance of the student fields for the values of the modes."""
        return (self.loads * _mixed(self.basis, values) * self.loads.T).applyfunc(sp.expand)

    def cross(self) -> sp.Matrix:
        """The covariance of student and teacher fields."""
        return (self.loads * _mixed(self.basis, self.overlaps) * self.teacher_loads.T).applyfunc(sp.expand)

    def teacher_covariance(self) -> sp.Matrix:
        """The covariance of the teacher fields."""
        return (self.teacher_loads * _mixed(self.basis, self.rhos) * self.teacher_loads.T).applyfunc(sp.expand)

    def average(
        self, symbols: Sequence[Symbols], body: Callable[[VectorLog], sp.Expr], matched: bool = False
    ) -> sp.Expr:
        """E over fields and labels of body(l); `matched` uses Z_0 = Z with q = m (Bayes-optimal)."""
        omega = fields_of("field", self.loads.rows)
        variances = _upper(self.covariance([s.v for s in symbols]))
        total = sp.S.Zero
        teacher = self.teacher_loads is not None
        zeta = fields_of("teacher", self.teacher_loads.rows) if teacher else ()
        for part in self.components:
            y = None if part.label is None or isinstance(part.label, LabelAtom) else part.label.symbol
            rest = () if y is None else (y,)
            log_z = VectorLog.of(part.partition.name, 1, omega, variances, rest)
            inside = body(log_z)
            if matched:
                inside = sp.exp(log_z) * inside
            elif teacher:
                inside = self._law(part, zeta, rest) * inside
            elif part.label is not None:
                inside = part.law * inside
            if isinstance(part.label, LabelDensity):
                inside = LabelIntegral(inside, y, part.label.lower, part.label.upper)
            elif isinstance(part.label, LabelNaturals):
                inside = LabelSum(inside, y)
            total += part.multiplicity * inside
        q = self.covariance([s.q for s in symbols])
        if matched or not teacher:
            return GaussianAverage(total, omega, [0] * len(omega), _upper(q))
        joint = sp.Matrix(sp.BlockMatrix([[q, self.cross()], [self.cross().T, self.teacher_covariance()]]))
        return GaussianAverage(total, (*omega, *zeta), [0] * (len(omega) + len(zeta)), _upper(joint))

    @staticmethod
    def _law(part: ComponentPart, zeta, rest) -> sp.Expr:
        if len(zeta) == 1:
            return LabelLaw(sp.Symbol(part.law_partition.name), 0, zeta[0], *rest)
        return VectorLaw.of(part.law_partition.name, zeta, rest)
