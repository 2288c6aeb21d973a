r"""Log-partition functions of several fields: nodes with derivative rules, and their decomposition for the kernel.

`VectorLog` is a mixed field derivative of l(x, V) = log Z(x, V) of K fields.  Its heat equation is
dZ/dV_kl = sigma d^2Z/dx_k dx_l (k < l; half of it for k = l), sigma = +1 for Z = E_{h~N(x,V)} F(h) and -1 for
Z = int dmu(w) exp(-w.V w/2 + x.w), so that

    dl/dV_kl = sigma (l_kl + l_k l_l)   (half of it for k = l).

`VectorLaw` is a mixed derivative of P(y|z) in the teacher fields z, in the sense of distributions.

A `VectorPartition` is an integral over its first variable of scalar partition functions of the last (branches), or a
sum over points and a mean over the unit sphere.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.labels import smooth_branches
from derive.calculus.nodes import bound, differentiate
from derive.calculus.partition import Partition, channel_partition, site_partition
from derive.calculus.piecewise import intersect, positive_set
from derive.errors import RuleNotApplicable
from derive.spec.functions import Step

__all__ = [
    "VectorBranch",
    "VectorLaw",
    "VectorLog",
    "VectorPartition",
    "inner_symbols",
    "triangle",
    "vector_channel",
    "vector_points",
    "vector_site",
]


def triangle(size: int) -> list[tuple[int, int]]:
    """The upper triangle of a matrix, row by row.

    >>> triangle(2)
    [(0, 0), (0, 1), (1, 1)]
    """
    return [(i, j) for i in range(size) for j in range(i, size)]


class VectorLog(sp.Function):
    r"""A derivative of log Z of K fields: args (name, sigma, K, orders..., x..., V (upper triangle)..., rest...).

    >>> x, y, a, b, c = sp.symbols("x y a b c", real=True)
    >>> l = VectorLog.of("Z", 1, (x, y), (a, b, c))
    >>> l.diff(b) == l.raised(0).raised(1) + l.raised(0)*l.raised(1)
    True
    """

    is_real = True

    @classmethod
    def of(cls, name: str, sigma: int, fields, variances, rest=()) -> VectorLog:
        """Log Z itself."""
        size = len(fields)
        return cls(sp.Symbol(name), sigma, size, *[0] * size, *fields, *variances, *rest)

    @property
    def size(self) -> int:
        """The number of fields."""
        return int(self.args[2])

    @property
    def orders(self) -> tuple[int, ...]:
        """The number of derivatives in each field."""
        return tuple(int(k) for k in self.args[3 : 3 + self.size])

    @property
    def fields(self) -> tuple[sp.Expr, ...]:
        """The fields x."""
        return self.args[3 + self.size : 3 + 2 * self.size]

    @property
    def variances(self) -> tuple[sp.Expr, ...]:
        """The upper triangle of V."""
        start = 3 + 2 * self.size
        return self.args[start : start + self.size * (self.size + 1) // 2]

    @property
    def rest(self) -> tuple[sp.Expr, ...]:
        """Further arguments."""
        return self.args[3 + 2 * self.size + self.size * (self.size + 1) // 2 :]

    def raised(self, *by: int) -> VectorLog:
        """The same with one more derivative in each of the given fields."""
        return self.with_orders([k + by.count(i) for i, k in enumerate(self.orders)])

    def with_orders(self, orders) -> VectorLog:
        """The same with other numbers of derivatives."""
        return self.func(*self.args[:3], *orders, *self.args[3 + self.size :])

    def _along(self, i: int, j: int) -> sp.Expr:
        """The derivative in V_ij of this derivative: Leibniz' rule on l_i l_j."""
        total = self.raised(i, j)
        for taken in product(*[range(k + 1) for k in self.orders]):
            ways = sp.Mul(*[sp.binomial(k, t) for k, t in zip(self.orders, taken, strict=True)])
            left = [k - t for k, t in zip(self.orders, taken, strict=True)]
            total += ways * self.with_orders(taken).raised(i) * self.with_orders(left).raised(j)
        half = sp.Rational(1, 2) if i == j else sp.S.One
        return self.args[1] * half * total

    def _eval_derivative(self, symbol):
        total = sp.S.Zero
        for i, x in enumerate(self.fields):
            slope = differentiate(x, symbol)
            if slope != 0:
                total += slope * self.raised(i)
        for (i, j), v in zip(triangle(self.size), self.variances, strict=True):
            slope = differentiate(v, symbol)
            if slope != 0:
                total += slope * self._along(i, j)
        return total


class VectorLaw(sp.Function):
    """A derivative of P(y | z) of K teacher fields: args (name, K, orders..., z..., rest...)."""

    is_real = True

    @classmethod
    def of(cls, name: str, fields, rest=()) -> VectorLaw:
        """The law itself."""
        return cls(sp.Symbol(name), len(fields), *[0] * len(fields), *fields, *rest)

    @property
    def size(self) -> int:
        """The number of fields."""
        return int(self.args[1])

    @property
    def orders(self) -> tuple[int, ...]:
        """The number of derivatives in each field."""
        return tuple(int(k) for k in self.args[2 : 2 + self.size])

    @property
    def fields(self) -> tuple[sp.Expr, ...]:
        """The teacher fields."""
        return self.args[2 + self.size : 2 + 2 * self.size]

    @property
    def rest(self) -> tuple[sp.Expr, ...]:
        """Further arguments."""
        return self.args[2 + 2 * self.size :]

    def _eval_derivative(self, symbol):
        total = sp.S.Zero
        for i, z in enumerate(self.fields):
            slope = differentiate(z, symbol)
            if slope != 0:
                orders = [k + (j == i) for j, k in enumerate(self.orders)]
                total += slope * self.func(*self.args[:2], *orders, *self.args[2 + self.size :])
        return total


@dataclass(frozen=True, slots=True)
class VectorBranch:
    """An interval of the first variable (or an atom), its density, and the scalar partition of the last variable."""

    lower: sp.Expr
    upper: sp.Expr
    atom: sp.Expr | None
    log_weight: sp.Expr
    child: Partition


@dataclass(frozen=True, slots=True)
class VectorPartition:
    """Z of several fields: its definition and its decomposition.

    kind        "channel" (sigma = +1) or "site" (sigma = -1)
    inner       the integration symbols;  body: F(inner), or the parts of a site measure as a Tuple
    branches    intervals of the first of two variables;  points: (log weight, point) of a sum over points
    sphere      log weight of the uniform law on the unit sphere, or None
    """

    name: str
    kind: str
    size: int
    inner: tuple[sp.Symbol, ...]
    body: sp.Basic
    rest: tuple[sp.Symbol, ...]
    branches: tuple[VectorBranch, ...] = ()
    points: tuple[tuple[sp.Expr, tuple[sp.Expr, ...]], ...] = ()
    domain: tuple[sp.Basic, ...] = ()
    sphere: sp.Expr | None = None

    @property
    def sigma(self) -> int:
        """The sign of the heat equation."""
        return 1 if self.kind == "channel" else -1

    @property
    def linear(self) -> bool:
        """Whether log Z grows at most linearly in its fields: Z is a sum over points, of the unit sphere too."""
        return bool(self.points) or self.sphere is not None

    @property
    def axial(self) -> bool:
        """Whether log Z is the same under every rotation about the sum of the components."""
        return self.sphere is not None and all(len(set(point)) == 1 for _, point in self.points)

    @property
    def closed(self) -> None:
        """No closed form is known."""
        return None


def inner_symbols(size: int) -> tuple[sp.Symbol, ...]:
    """The integration symbols of K fields."""
    return tuple(bound("inner", k + 1) for k in range(size))


def vector_channel(
    name: str, body: sp.Basic, fields: tuple[sp.Symbol, ...], rest: tuple[sp.Symbol, ...]
) -> VectorPartition:
    """Build Z(x, V) = E_{h ~ N(x, V)} body of two fields: intervals of h_0 between the switches of it alone.

    >>> a, b = sp.symbols("a b", real=True)
    >>> [(e.lower, e.upper) for e in vector_channel("Z", Step(a)*Step(b) + Step(-a)*Step(-b), (a, b), ()).branches]
    [(-oo, 0), (0, oo)]
    """
    if len(fields) != 2:
        raise RuleNotApplicable(f"a factor of {len(fields)} fields is not derived yet by this version")
    inner = inner_symbols(2)
    body = _sympify(body).xreplace(dict(zip(fields, inner, strict=True)))
    if not isinstance(body, sp.Expr):
        body = sp.Piecewise((1, body), (0, True))
    body = _factored(body)
    first, last = inner
    variance = sp.Symbol("v", positive=True)
    found: dict[tuple, sp.Expr] = {}
    for value, conditions in smooth_branches(body, (first,), without=(last,)):
        where = [(-sp.oo, sp.oo)]
        for g in conditions:
            where = intersect(where, positive_set(g, first))
        for interval in where:
            if interval in found:
                raise RuleNotApplicable(f"the factor {body} switches twice at one place")
            found[interval] = value
    branches = []
    for index, ((lower, upper), value) in enumerate(sorted(found.items(), key=lambda i: sp.default_sort_key(i[0][0]))):
        if value == 0:
            continue
        child = channel_partition(f"{name}_{index}", value, last, variance, (*rest, first))
        if child.terms:
            branches.append(VectorBranch(lower, upper, None, sp.S.Zero, child))
    domain = tuple(d for b in branches for d in b.child.domain)
    return VectorPartition(name, "channel", 2, inner, body, rest, tuple(branches), (), domain)


def _factored(body: sp.Expr) -> sp.Expr:
    """Switches at products as those of their factors: sign(a b) = sign(a) sign(b), and so on."""

    def split(node: sp.Expr) -> sp.Expr:
        parts = sp.Mul.make_args(sp.factor(node.args[0]))
        known = [p for p in parts if not p.is_number]
        if len(known) < 2 or any(isinstance(p, sp.Pow) for p in known):
            return node
        scale = sp.Mul(*[p for p in parts if p.is_number])
        head, rest = known[0], sp.Mul(*known[1:], sp.sign(scale))
        if isinstance(node, sp.sign):
            return sp.sign(head) * split(sp.sign(rest)) if rest.args else sp.sign(head) * sp.sign(rest)
        if isinstance(node, sp.Abs):
            return sp.Abs(scale) * sp.Mul(*[sp.Abs(p) for p in known])
        return split(Step(head)) * _factored(Step(rest)) + split(Step(-head)) * _factored(Step(-rest))

    return body.replace(lambda e: isinstance(e, (sp.sign, sp.Abs, Step)), split)


def vector_site(name: str, size: int, parts: list[tuple], rest: tuple[sp.Symbol, ...]) -> VectorPartition:
    """Build Z(x, A) = int dmu(w) exp(-w.A w/2 + x.w) of a law that acts on each component.

    Each part is (weight, density body or None, atom or None, lower, upper) of one component.
    """
    body = sp.Tuple(*[sp.Tuple(*[sp.Symbol("none") if p is None else p for p in part]) for part in parts])
    inner = inner_symbols(size)
    if all(atom is not None for _, _, atom, _, _ in parts):
        points = tuple(
            (sp.Add(*[sp.log(p[0]) for p in chosen]), tuple(p[2] for p in chosen))
            for chosen in product(parts, repeat=size)
        )
        return VectorPartition(name, "site", size, inner, body, rest, (), points)
    if size != 2:
        raise RuleNotApplicable(f"densities of {size} components are not derived yet by this version")
    A = sp.Symbol("Λ", positive=True)
    child = site_partition(f"{name}_0", parts, A, sp.S.One, rest)
    branches = []
    for weight, density, atom, lower, upper in parts:
        log_weight = sp.log(weight)
        if atom is None:
            hidden = density.xreplace({bound("inner"): inner[0]})
            log_weight += sp.expand_log(sp.log(hidden), force=True)
        branches.append(VectorBranch(lower, upper, atom, log_weight, child))
    return VectorPartition(name, "site", 2, inner, body, rest, tuple(branches))


def vector_points(
    name: str, size: int, atoms: tuple[tuple[sp.Expr, tuple[sp.Expr, ...]], ...], sphere: sp.Expr = sp.S.Zero
) -> VectorPartition:
    """Build Z(x, A) = int dmu(w) exp(-w.A w/2 + x.w) of atoms of vectors and of weight `sphere` on the unit sphere.

    The body has a row (weight, point) for each atom, and (weight,) for the sphere.
    """
    rows = [sp.Tuple(weight, *point) for weight, point in atoms] + ([sp.Tuple(sphere)] if sphere != 0 else [])
    points = tuple((sp.log(weight), point) for weight, point in atoms)
    log_weight = sp.log(sphere) if sphere != 0 else None
    inner = inner_symbols(size)
    return VectorPartition(name, "site", size, inner, sp.Tuple(*rows), (), (), points, sphere=log_weight)
