r"""Log-partition functions in balls, from their closed terms, with bounds of their growth.

A term is c exp(c0 + c1 g + c2 g^2) [Phi(upper - s x) - Phi(lower - s x)], g = x - x0.  The bounds of a window's
derivatives in x, with y = |end| + |s| |x|, are those of the hazard h = phi/H: 0 < h <= 1 + |y|, 0 < h' < 1,
|h''| <= 2 (1 + |y|), |h'''| <= 4 (1 + |y|)^2 + 2, and |log H| <= 1 + |y| + y^2/2; in an interval the moments of a
variable that stays in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from derive.calculus.partition import ExponentialTerm, Partition, TiltTerm
from derive.rigor.growth import Bound, constant, cumulants, moments
from derive.rigor.library import NotSupported, flint
from derive.rigor.scalars import compile_balls, nowhere
from derive.rigor.windows import interval_mass

__all__ = ["MOST", "PartitionBalls"]

MOST = 4
"""The highest derivative whose growth is bounded."""

Term = tuple[Any, ...]


class PartitionBalls:
    """Evaluate and bound (log Z, d log Z, ...) of one partition function in its field.

    Raises
    ------
    NotSupported
        if a term has no closed form.
    """

    def __init__(self, partition: Partition):
        self.partition = partition
        self._terms = []
        for term in getattr(partition, "terms", ()):
            if isinstance(term, TiltTerm):
                term = _gaussian(term)
            if not isinstance(term, ExponentialTerm):
                raise NotSupported(f"{partition.name} has no closed form: its inner integral has no enclosure here")
            lower, upper, slope = term.window or (-sp.oo, sp.oo, sp.S.Zero)
            ends = [sp.S.Zero if e in (-sp.oo, sp.oo) else e for e in (lower, upper)]
            run = compile_balls([term.coefficient, *term.quadratic, *ends, slope])
            self._terms.append((run, lower != -sp.oo, upper != sp.oo))
        if not self._terms:
            raise NotSupported(f"{partition.name} is a function of several fields: it has no enclosure here")

    def _values(self, v: Any, rest: Sequence[Any], scope: Mapping[str, Any]) -> list[Term]:
        """The numbers of every term: c, c0, c1, c2, x0, lower, upper (None: infinite), slope."""
        known = {**scope, self.partition.variance.name: v}
        known |= {s.name: value for s, value in zip(self.partition.rest, rest, strict=True)}
        found = []
        for run, low, high in self._terms:
            *head, lower, upper, slope = run(known)
            found.append((*head, lower if low else None, upper if high else None, slope))
        return found

    def parts(self, x: Any, v: Any, rest: Sequence[Any], scope: Mapping[str, Any], order: int) -> tuple[Any, Any, list]:
        """(E, S, [Z'/Z, Z''/Z, ...]) with Z = exp(E) S, over balls."""
        terms = []
        for c, c0, c1, c2, x0, lower, upper, slope in self._values(v, rest, scope):
            if not c.real > 0:
                return nowhere(), nowhere(), [nowhere()] * order
            g = x - x0
            low, high = (None if end is None else end - slope * x for end in (lower, upper))
            scale, mass, ends = interval_mass(low, high)
            slopes = [c1 + 2 * c2 * g, 2 * c2, *[flint.acb(0)] * order][:order]
            own = [flint.acb(1), *moments(slopes)]
            if ends:
                window = [flint.acb(1), *_window(ends, slope, order)]
                own = [sum(_choose(k, j) * own[j] * window[k - j] for j in range(k + 1)) for k in range(order + 1)]
            terms.append((c0 + c1 * g + c2 * g * g + scale, c * mass, own[1:]))
        if len(terms) == 1:
            return terms[0]
        top = max(terms, key=lambda t: float(t[0].real.mid()))[0]
        weights = [(e - top).exp() * mass if e is not top else mass for e, mass, _ in terms]
        total = sum(weights, flint.acb(0))
        mixed = [sum(w * own[k] for w, (_, _, own) in zip(weights, terms, strict=True)) / total for k in range(order)]
        return top, total, mixed

    def logs(self, x: Any, v: Any, rest: Sequence[Any], scope: Mapping[str, Any], order: int) -> list[Any]:
        """Log Z and its derivatives up to the order, over balls."""
        exponent, mass, ratios = self.parts(x, v, rest, scope, order)
        return [exponent + mass.log(analytic=True), *cumulants(ratios)]

    # ------------------------------------------------------------------------------------- growth

    def growth(
        self, order: int, x: Bound, v: Any, rest: Sequence[Any], scope: Mapping[str, Any], ratio: bool = False
    ) -> Bound:
        """A bound of the derivative of log Z (of Z over Z if `ratio`) where |x| has the polynomial bound `x`."""
        if order > MOST or not x.polynomial:
            raise NotSupported(f"the growth of derivative {order} of log {self.partition.name} has no bound here")
        terms = self._values(v, rest, scope)
        if order == 0:
            found = constant((flint.arb(len(terms))).log())
            for term in terms:
                found = found + _log_term(term)
            return found.compose(x)
        slopes = [_log_slopes(term, max(order, 1)) for term in terms]
        if len(terms) == 1 and not ratio:
            return slopes[0][order - 1].compose(x)
        totals = [moments(s) for s in slopes]
        mixed = [sum((t[k] for t in totals[1:]), totals[0][k]) for k in range(order)]
        return (mixed if ratio else cumulants(mixed, +1))[order - 1].compose(x)

    def upper(self, x: Bound, v: Any, rest: Sequence[Any], scope: Mapping[str, Any]) -> tuple[Any, Any, Any]:
        """(u0, u1, u2) with log Z <= u0 + u1 |t| + u2 t^2, where |x| <= x_0 + x_1 |t|."""
        if not x.polynomial or len(x.coefficients) > 2:
            raise NotSupported(f"the growth of {self.partition.name} has no bound here")
        terms = self._values(v, rest, scope)
        zero = flint.arb(0)
        tops = []
        for c, c0, c1, c2, x0, *_ in terms:
            u1, u2 = abs(c1.real), c2.real.max(zero)
            far = abs(x0.real)
            level = c.real.log() + c0.real
            tops.append((level + u1 * far + u2 * far**2, u1 + 2 * u2 * far, u2))
        u0, u1, u2 = tops[0]
        for other in tops[1:]:
            u0, u1, u2 = (a.max(b) for a, b in zip((u0, u1, u2), other, strict=True))
        u0 += flint.arb(len(terms)).log()
        base, slope = (*x.coefficients, zero)[:2]
        return u0 + u1 * base + u2 * base**2, u1 * slope + 2 * u2 * base * slope, u2 * slope**2


def _gaussian(term: TiltTerm) -> ExponentialTerm:
    """A tilted Gaussian over an interval as an exponential times a window."""
    p, (q0, q1) = term.precision, term.linear
    root = sp.sqrt(p)
    ends = [e if e in (-sp.oo, sp.oo) else e * root - q0 / root for e in (term.lower, term.upper)]
    quadratic = (sp.S.Zero, sp.S.Zero, q1**2 / (2 * p), -q0 / q1)
    return ExponentialTerm(term.coefficient * sp.sqrt(2 * sp.pi / p), quadratic, (*ends, q1 / root))


def _choose(n: int, k: int) -> int:
    from math import comb

    return comb(n, k)


def _window(ends: Sequence[tuple[int, Any, Any]], slope: Any, order: int) -> list[Any]:
    """Derivatives in x of Phi(upper - s x) - Phi(lower - s x) over it: sums of s^k He_(k-1)(end) density/mass."""
    found = [flint.acb(0)] * order
    for sign, end, ratio in ends:
        before, value = flint.acb(0), sign * ratio * slope
        for k in range(order):
            found[k] = found[k] + value
            before, value = value, slope * end * value - k * slope * slope * before
    return found


def _size(x: Any) -> Any:
    return abs(x.real)


def _reach(term: Term) -> tuple[Bound, bool] | None:
    """(|end| + |s| |x|, whether both ends are finite) of a window; None if there is none."""
    *_, lower, upper, slope = term
    ends = [_size(e) for e in (lower, upper) if e is not None]
    if not ends:
        return None
    return Bound((max(ends, key=lambda e: float(e.upper())) if len(ends) == 1 else ends[0] + ends[1], _size(slope))), (
        len(ends) == 2
    )


def _log_term(term: Term) -> Bound:
    """|log of a term| as a polynomial in |x|."""
    c, c0, c1, c2, x0, lower, upper, _ = term
    gap = Bound((_size(x0), flint.arb(1)))
    found = constant(abs(c.real.log()) + _size(c0)) + gap * _size(c1) + gap**2 * _size(c2)
    window = _reach(term)
    if window is None:
        return found
    y, both = window
    if not both:
        return found + constant(1) + y + y**2 * (flint.arb(1) / 2)
    width = upper.real - lower.real
    return found + y**2 * (flint.arb(1) / 2) + constant(((2 * flint.arb.pi()).sqrt() / width).log().max(flint.arb(0)))


def _log_slopes(term: Term, order: int) -> list[Bound]:
    """Bounds of the derivatives of the logarithm of a term, as polynomials in |x|."""
    _, _, c1, c2, x0, *_, slope = term
    gap = Bound((_size(x0), flint.arb(1)))
    found = [constant(_size(c1)) + gap * (2 * _size(c2)), constant(2 * _size(c2)), constant(0), constant(0)]
    window = _reach(term)
    if window is not None:
        y, both = window
        s, one = _size(slope), y + constant(1)
        if both:
            hermite = [y, y**2 + 1, y**3 + y * flint.arb(3), y**4 + y**2 * flint.arb(6) + 3]
            own = cumulants([h * s ** (k + 1) for k, h in enumerate(hermite)], +1)
        else:
            own = [one * s, constant(s**2), one * (2 * s**3), one**2 * (4 * s**4) + constant(2 * s**4)]
        found = [a + b for a, b in zip(found, own, strict=True)]
    return found[:order]
