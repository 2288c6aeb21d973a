r"""Single-site and single-sample partition functions, with their structure laid open for the kernels.

A channel function is Z(x, v) = E_{h ~ N(x, v)} F(h); a site function is
Z(x, A) = int dmu(w) exp(-A f^2 w^2/2 + x f w).  `decompose` writes either as a sum of *positive* terms

- `ExponentialTerm`: coefficient * exp(c0 + c1 (x - x0) + c2 (x - x0)^2) * [Phi(upper - slope x)
  - Phi(lower - slope x)], with x0 the vertex so that nothing large cancels,
- `TiltTerm`: coefficient * int_lower^upper exp(-P w^2/2 + (Q0 + Q1 x) w) dw,
- `QuadratureTerm`: int_lower^upper weight(w) dw, by quadrature (no closed form, or signs that differ),

so that log Z and its field derivatives are cumulants of a mixture and lose no digits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.gaussian import Monomial, gaussian_average, monomials
from derive.calculus.nodes import BOUND
from derive.calculus.piecewise import pieces
from derive.errors import RuleNotApplicable
from derive.spec.functions import normal_pdf

__all__ = [
    "ExponentialTerm",
    "Partition",
    "QuadratureTerm",
    "TiltTerm",
    "channel_partition",
    "site_partition",
]

FIELD = BOUND["field"]
INNER = BOUND["inner"]


@dataclass(frozen=True, slots=True)
class ExponentialTerm:
    """coefficient * exp(c0 + c1 (x - x0) + c2 (x - x0)^2), times a window of the normal law if given.

    `quadratic` is (c0, c1, c2, x0) with c1 = 0 or x0 = 0.
    """

    coefficient: sp.Expr
    quadratic: tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr]
    window: tuple[sp.Expr, sp.Expr, sp.Expr] | None = None  # lower, upper, slope


@dataclass(frozen=True, slots=True)
class TiltTerm:
    """coefficient * int_lower^upper exp(-P w^2/2 + (q0 + q1 x) w) dw."""

    coefficient: sp.Expr
    precision: sp.Expr
    linear: tuple[sp.Expr, sp.Expr]
    lower: sp.Expr
    upper: sp.Expr


@dataclass(frozen=True, slots=True)
class QuadratureTerm:
    """The integral over lower < w < upper of `body` times the Gaussian measure (or the tilt).

    `smooth` says that the body is infinitely differentiable on the whole line, so that field derivatives
    may act on it.
    """

    body: sp.Expr
    lower: sp.Expr
    upper: sp.Expr
    smooth: bool


Term = ExponentialTerm | TiltTerm | QuadratureTerm


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition function: its name, kind, definition, closed form (or None) and positive terms.

    kind      "channel" (heat equation with sigma = +1) or "site" (sigma = -1)
    field     the symbol of its field x;  variance: the symbol of v (channel) or A (site)
    inner     the integration symbol;  body: F(inner), or for a site the list of measure parts
    rest      further arguments (label, quenched variables)
    """

    name: str
    kind: str
    field: sp.Symbol
    variance: sp.Symbol
    inner: sp.Symbol
    body: sp.Basic
    rest: tuple[sp.Symbol, ...]
    closed: sp.Expr | None
    terms: tuple[Term, ...]
    domain: tuple[sp.Basic, ...] = ()
    factor: sp.Expr = sp.S.One

    @property
    def sigma(self) -> int:
        """The sign of the heat equation."""
        return 1 if self.kind == "channel" else -1

    @property
    def linear(self) -> bool:
        """Whether log Z grows at most linearly in its field: Z is a sum over atoms."""
        return all(isinstance(t, ExponentialTerm) and t.quadratic[2] == 0 and t.window is None for t in self.terms)


def _vertex(c0: sp.Expr, c1: sp.Expr, c2: sp.Expr, log_part: sp.Expr = sp.S.Zero) -> tuple:
    """Write c0 + c1 x + c2 x^2 + log_part about its vertex."""
    c1, c2 = sp.factor(c1), sp.factor(c2)
    if c2 == 0 or c1 == 0:
        return (sp.factor(c0) + log_part, c1, c2, sp.S.Zero)
    centre = sp.factor(sp.cancel(-c1 / (2 * c2)))
    return (sp.factor(sp.cancel(sp.together(c0 - c1**2 / (4 * c2)))) + log_part, sp.S.Zero, c2, centre)


# ----------------------------------------------------------------------------------------- channels


def _pair_tails(parts: list[Monomial]) -> list[tuple[Monomial, sp.Expr | None]]:
    """Join H(s x + t1) - H(s x + t2) into one window; returns (monomial, width partner offset)."""
    remaining = list(parts)
    result: list[tuple[Monomial, sp.Expr | None]] = []
    while remaining:
        first = remaining.pop(0)
        partner = None
        if len(first.tails) <= 1:
            for other in remaining:
                same = (
                    other.exponent == first.exponent
                    and (other.lower, other.upper, other.power) == (first.lower, first.upper, first.power)
                    and other.point is None
                    and first.point is None
                    and sp.expand(other.coefficient + first.coefficient) == 0
                    and len(other.tails) <= 1
                    and len(other.tails) + len(first.tails) >= 1
                )
                slopes = {t[0] for t in first.tails + other.tails}
                if same and len(slopes) == 1:
                    partner = other
                    break
        if partner is None:
            result.append((first, None))
            continue
        remaining.remove(partner)
        plus, minus = (first, partner) if first.coefficient.is_positive else (partner, first)
        result.append((plus, minus.tails[0][1] if minus.tails else sp.oo))
    return result


def _exponential_term(m: Monomial, x, v, minus_offset) -> ExponentialTerm | None:
    """The Gaussian average of a monomial of degree zero as an ExponentialTerm, or None."""
    if m.power or (m.coefficient.is_negative if m.point is not None else not m.coefficient.is_positive):
        return None  # the weight of a point mass is an absolute value
    a2, a1, a0 = m.exponent
    if m.point is not None:
        if m.tails or (m.lower, m.upper) != (-sp.oo, sp.oo):
            return None
        extra = a2 * m.point**2 + a1 * m.point + a0 - sp.log(2 * sp.pi * v) / 2
        return ExponentialTerm(m.coefficient, (extra, sp.S.Zero, -1 / (2 * v), m.point))
    stretch = sp.simplify(1 - 2 * a2 * v)
    quadratic = _vertex(a1**2 * v / (2 * stretch) + a0, a1 / stretch, a2 / stretch, -sp.log(stretch) / 2)
    centre = (a1 * v / stretch, 1 / stretch)  # mean = centre[0] + centre[1]*x
    spread = v / stretch
    full = (m.lower, m.upper) == (-sp.oo, sp.oo)
    if not m.tails and minus_offset is None:
        if full:
            return ExponentialTerm(m.coefficient, quadratic)
        sd = sp.sqrt(spread)
        lower = m.lower if m.lower == -sp.oo else sp.simplify((m.lower - centre[0]) / sd)
        upper = m.upper if m.upper == sp.oo else sp.simplify((m.upper - centre[0]) / sd)
        return ExponentialTerm(m.coefficient, quadratic, (lower, upper, sp.simplify(centre[1] / sd)))
    if not full or len(m.tails) > 1:
        return None
    # E H(s x' + t) = Phi(-(s mean + t)/scale); with a partner t2 > t: Phi(-t..) - Phi(-t2..)
    if m.tails:
        slope, offset = m.tails[0]
    else:  # 1 - H(s x + t2) = H(-s x - t2): handled by the caller through `_as_tail`
        return None
    scale = sp.sqrt(1 + slope**2 * spread)
    upper = sp.simplify(-(offset + slope * centre[0]) / scale)
    tilt = sp.simplify(slope * centre[1] / scale)
    lower = -sp.oo
    if minus_offset is not None and minus_offset != sp.oo:
        lower = sp.simplify(-(minus_offset + slope * centre[0]) / scale)
    return ExponentialTerm(m.coefficient, quadratic, (lower, upper, tilt))


def _complement_tails(parts: list[Monomial]) -> list[Monomial]:
    """Write c0 - c1 H(u) with c0 >= c1 > 0 as (c0 - c1) + c1 H(-u): positive terms."""
    result = list(parts)
    for one in parts:
        if one.tails or one.point is not None or one not in result:
            continue
        for tail in parts:
            if (
                tail in result
                and len(tail.tails) == 1
                and tail.exponent == one.exponent
                and tail.power == one.power
                and (tail.lower, tail.upper) == (one.lower, one.upper)
                and tail.coefficient.is_negative
                and sp.expand(tail.coefficient + one.coefficient).is_nonnegative
            ):
                slope, offset = tail.tails[0]
                result.remove(one)
                result.remove(tail)
                left = sp.expand(tail.coefficient + one.coefficient)
                if left != 0:
                    result.append(replace(one, coefficient=left))
                result.append(
                    Monomial(-tail.coefficient, one.power, one.exponent, ((-slope, -offset),), one.lower, one.upper)
                )
                break
    return result


def channel_partition(
    name: str, body: sp.Basic, inner: sp.Symbol, v: sp.Symbol, rest: tuple[sp.Symbol, ...] = ()
) -> Partition:
    r"""Build Z(x, v) = E_{inner ~ N(x, v)} body with its closed form and positive terms.

    Parameters
    ----------
    body : expression, Boolean (an indicator) or containing DiracDelta(inner - root)

    Examples
    --------
    >>> h, v = sp.Symbol("h", real=True), sp.Symbol("v", positive=True)
    >>> channel_partition("Z", h > 0, h, v).closed
    H(-ω/sqrt(v))
    """
    x = FIELD
    body = _sympify(body).xreplace({inner: INNER}) if inner != INNER else _sympify(body)
    closed = gaussian_average(body, INNER, x, v)
    domain: list[sp.Basic] = []
    terms: list[Term] = []
    parts = monomials(body, INNER)
    if parts is None:
        terms = _quadrature_terms(body, INNER)
    else:
        for m in parts:
            stretch = sp.simplify(1 - 2 * m.exponent[0] * v)
            if m.point is None and not stretch.is_positive:
                domain.append(sp.Gt(stretch, 0))
        for m, minus in _pair_tails(_complement_tails(parts)):
            term = _exponential_term(m, x, v, minus)
            if term is None:
                terms = _quadrature_terms(body, INNER)
                break
            terms.append(term)
    return Partition(name, "channel", x, v, INNER, body, rest, closed, tuple(terms), tuple(dict.fromkeys(domain)))


def _quadrature_terms(body: sp.Basic, inner: sp.Symbol) -> list[Term]:
    split = pieces(body, inner)
    smooth = len(split) == 1 and (split[0].lower, split[0].upper) == (-sp.oo, sp.oo)
    if any(p.body.has(sp.DiracDelta) for p in split):
        raise RuleNotApplicable(f"a point mass multiplies a function without closed form in {body}")
    return [QuadratureTerm(p.body, p.lower, p.upper, smooth) for p in split]


# -------------------------------------------------------------------------------------------- sites


def site_partition(
    name: str,
    parts: list[tuple[sp.Expr, sp.Basic | None, sp.Expr | None, sp.Expr, sp.Expr]],
    A: sp.Symbol,
    factor: sp.Expr,
    rest: tuple[sp.Symbol, ...] = (),
) -> Partition:
    r"""Build Z(x, A) = int dmu(w) exp(-A f^2 w^2/2 + x f w) from the parts of the measure.

    Each part is (weight, density body or None, atom or None, lower, upper): an atom at a point, or a density
    in the inner symbol on an interval.  `factor` is f.
    """
    x = BOUND["site_field"]
    terms: list[Term] = []
    closed: sp.Expr | None = sp.S.Zero
    for weight, body, atom, lower, upper in parts:
        if atom is not None:
            exponent = (-A * (factor * atom) ** 2 / 2, factor * atom, sp.S.Zero, sp.S.Zero)
            terms.append(ExponentialTerm(weight, exponent))
            if closed is not None:
                closed += weight * sp.exp(exponent[0] + exponent[1] * x)
            continue
        density_terms, density_closed = _density_terms(weight, body, lower, upper, A, factor, x)
        terms += density_terms
        closed = None if closed is None or density_closed is None else closed + density_closed
    return Partition(
        name,
        "site",
        x,
        A,
        INNER,
        sp.Tuple(*[sp.Tuple(*map(_none, p)) for p in parts]),
        rest,
        closed,
        tuple(terms),
        factor=factor,
    )


def _none(value):
    return sp.Symbol("none") if value is None else value


def _density_terms(weight, body, lower, upper, A, factor, x) -> tuple[list[Term], sp.Expr | None]:
    inner = INNER
    indicator = body
    if lower != -sp.oo:
        indicator = indicator * sp.Piecewise((1, inner > lower), (0, True))
    if upper != sp.oo:
        indicator = indicator * sp.Piecewise((1, inner < upper), (0, True))
    parts = monomials(indicator, inner)
    if parts is None or any(m.tails or m.point is not None for m in parts):
        split = pieces(indicator, inner)
        smooth = False
        return [QuadratureTerm(weight * p.body, p.lower, p.upper, smooth) for p in split], None
    terms: list[Term] = []
    closed: sp.Expr | None = sp.S.Zero
    positive = all(m.power == 0 and m.coefficient.is_positive for m in parts)
    for m in parts:
        a2, a1, a0 = m.exponent
        precision = sp.simplify(A * factor**2 - 2 * a2)
        linear = (a1, factor)
        mean = (a1 + factor * x) / precision
        full = (m.lower, m.upper) == (-sp.oo, sp.oo)
        moment = gaussian_average(
            inner**m.power * sp.Piecewise((1, sp.And(inner > m.lower, inner < m.upper)), (0, True))
            if not full
            else inner**m.power,
            inner,
            mean,
            1 / precision,
        )
        norm = sp.exp(a0 + (a1 + factor * x) ** 2 / (2 * precision)) * sp.sqrt(2 * sp.pi / precision)
        closed += weight * m.coefficient * norm * moment
        coefficient = weight * m.coefficient * sp.exp(a0)
        if not positive:
            continue
        if full:
            quadratic = (
                sp.log(2 * sp.pi / precision) / 2,
                sp.S.Zero,
                sp.factor(factor**2 / (2 * precision)),
                sp.factor(-a1 / factor),
            )
            terms.append(ExponentialTerm(sp.simplify(coefficient), quadratic))
        else:
            terms.append(TiltTerm(coefficient, precision, linear, m.lower, m.upper))
    if not positive:
        terms = [QuadratureTerm(weight * p.body, p.lower, p.upper, False) for p in pieces(indicator, inner)]
    return terms, closed


def normal_body(mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    """The density of a normal component in the inner symbol."""
    return normal_pdf(INNER, mean, variance)
