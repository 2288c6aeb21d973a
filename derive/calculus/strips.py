r"""Averages over a bounded interval of a Gaussian field, in a form that keeps its digits when the interval is narrow.

    Strip(k, a, w) = int_a^b u^k phi(z) dz,    Strip(k, a, w, s, t) = int_a^b u^k phi(z) H(s z + t) dz,
    b = a + w,  u = (z - a)/w in (0, 1).

Expanded in error functions these are differences of nearly equal numbers, divided by powers of w.  As functions they
are positive, and their derivatives are again strips:

    d_w = phi(b) H(s b + t) - k S_k/w,    d_a = phi(b) H(s b + t) - delta_k0 phi(a) H(s a + t) - k S_{k-1}/w,
    d_t = -T_k,    d_s = -(a T_k + w T_{k+1}),    T_k = phi(t/n)/n Strip(k, n a + s t/n, n w),    n^2 = 1 + s^2.

Wide(k, a, w, ..) has z^k in place of u^k: it keeps its digits where the interval is wider than the Gaussian.  Its
derivatives are d_w = b^k phi(b) H(s b + t), d_a = d_w - a^k phi(a) H(s a + t), and those in t and s by the same shift.
"""

from __future__ import annotations

import sympy as sp

from derive.calculus.gaussian import (
    Monomial,
    average_monomial,
    canonical_tails,
    expand_in,
    factor_monomial,
    shifted_measure,
)
from derive.spec.functions import GaussianTail, normal_pdf

__all__ = ["Strip", "Wide", "interval_average", "strip"]


class Strip(sp.Function):
    """The moment of order k over a strip: args (k, a, w) or (k, a, w, s, t), standardised.

    >>> a, w = sp.symbols("a w", positive=True)
    >>> Strip(0, a, w).diff(w)
    sqrt(2)*exp(-(a + w)**2/2)/(2*sqrt(pi))
    """

    is_real = True
    nargs = (3, 5)

    @classmethod
    def eval(cls, k, a, w, *tail):
        return sp.S.Zero if w.is_zero else None

    def fdiff(self, argindex=1):
        k, a, w, *tail = self.args

        def weight(end: sp.Expr) -> sp.Expr:
            return normal_pdf(end) * (GaussianTail(tail[0] * end + tail[1]) if tail else 1)

        if argindex == 2:
            return weight(a + w) - (weight(a) if k == 0 else k * Strip(k - 1, *self.args[1:]) / w)
        if argindex == 3:
            return weight(a + w) - k * self / w
        s, t = tail
        n = sp.sqrt(1 + s**2)

        def product(order: sp.Expr) -> sp.Expr:
            return normal_pdf(t / n) / n * Strip(order, n * a + s * t / n, n * w)

        if argindex == 5:
            return -product(k)
        return -(a * product(k) + w * product(k + 1))

    def _eval_evalf(self, prec):
        import mpmath

        with mpmath.workprec(prec + 20):
            k, a, w, *tail = [x._to_mpmath(prec + 20) for x in self.args]
            return sp.Float(strip(mpmath, k, a, w, *tail), precision=prec)


class Wide(sp.Function):
    """The moment int_a^{a+w} z^k phi(z) [H(s z + t)] dz: args as in `Strip`.

    >>> a, w = sp.symbols("a w", positive=True)
    >>> Wide(1, a, w).diff(w)
    sqrt(2)*(a + w)*exp(-(a + w)**2/2)/(2*sqrt(pi))
    """

    is_real = True
    nargs = (3, 5)

    def fdiff(self, argindex=1):
        k, a, w, *tail = self.args

        def weight(end: sp.Expr) -> sp.Expr:
            return end**k * normal_pdf(end) * (GaussianTail(tail[0] * end + tail[1]) if tail else 1)

        if argindex == 2:
            return weight(a + w) - weight(a)
        if argindex == 3:
            return weight(a + w)
        s, t = tail
        n = sp.sqrt(1 + s**2)
        order = int(k) + (1 if argindex == 4 else 0)
        total = sp.S.Zero
        for j in range(order + 1):  # z = (y - s t/n)/n
            c = sp.binomial(order, j) * (-s * t / n) ** (order - j) / n**order
            total += c * Wide(j, n * a + s * t / n, n * w)
        return -normal_pdf(t / n) / n * total

    def _eval_evalf(self, prec):
        import mpmath

        with mpmath.workprec(prec + 20):
            k, a, w, *tail = [x._to_mpmath(prec + 20) for x in self.args]
            return sp.Float(strip(mpmath, k, a, w, *tail, wide=True), precision=prec)


def strip(mp, k, a, w, s=None, t=None, wide=False):  # type: ignore[no-untyped-def]
    """The moment of a strip in mpmath: quadrature in u, cut where the Gaussian tail switches; 0 for an empty one."""
    if not w > 0:
        return mp.zero
    places = [mp.mpf(i) / 4 for i in range(5)]
    places = sorted({*places, *[u for j in range(-12, 13, 2) if 0 < (u := (j - a) / w) < 1]})
    if s:
        places = sorted({*places, *[u for j in (-6, -2, 0, 2, 6) if 0 < (u := (-t / s + j / abs(s) - a) / w) < 1]})

    def f(u):  # type: ignore[no-untyped-def]
        value = (a + w * u if wide else u) ** k * mp.npdf(a + w * u)
        return value if s is None else value * mp.erfc((s * (a + w * u) + t) / mp.sqrt(2)) / 2

    return w * mp.quad(f, places)


def interval_average(
    body: sp.Expr, x: sp.Symbol, lower: sp.Expr, upper: sp.Expr, mean: sp.Expr, variance: sp.Expr
) -> sp.Expr | None:
    """Return E_{x ~ N(mean, variance)} [body 1(lower < x < upper)] for a smooth body, or None if no rule applies.

    On a bounded interval the result is in strips.  Domain: polynomials in x times exponentials of quadratics, times at
    most one Gaussian tail.
    """
    if lower.is_infinite or upper.is_infinite:
        total = sp.S.Zero
        for product in sp.Add.make_args(expand_in(canonical_tails(body), x)):
            monomial = factor_monomial(product, x, lower, upper)
            value = None if monomial is None else average_monomial(monomial, x, mean, variance)
            if value is None:
                return None
            total += value
        return total
    groups: dict[tuple, sp.Expr] = {}
    for product in sp.Add.make_args(expand_in(canonical_tails(body), x)):
        m: Monomial | None = factor_monomial(product, x, lower, upper)
        if m is None or m.point is not None or len(m.tails) > 1:
            return None
        groups[(m.exponent, m.tails)] = groups.get((m.exponent, m.tails), sp.S.Zero) + m.coefficient * x**m.power
    total, u = sp.S.Zero, sp.Dummy("u")
    width = sp.simplify(upper - lower)
    for (exponent, tails), polynomial in groups.items():
        norm, centre, spread = shifted_measure(exponent, mean, variance)
        sd = sp.sqrt(spread)
        ends = [sp.simplify((lower - centre) / sd), sp.simplify(width / sd)]
        tail = [sp.simplify(tails[0][0] * sd), sp.simplify(tails[0][1] + tails[0][0] * centre)] if tails else []
        narrow = _moments(polynomial.xreplace({x: lower + width * u}), u, Strip, (*ends, *tail))
        wide = _moments(polynomial.xreplace({x: centre + sd * u}), u, Wide, (*ends, *tail))
        total += norm * (narrow if narrow == wide else sp.Piecewise((narrow, ends[1] < 1), (wide, True)))
    return total


def _moments(polynomial: sp.Expr, u: sp.Symbol, kind: type, arguments: tuple[sp.Expr, ...]) -> sp.Expr:
    """A polynomial in the coordinate u as a sum of moments."""
    terms = sp.Poly(sp.expand(polynomial), u).terms()
    if [k for (k,), _ in terms] in ([0], []):
        kind = Strip
    tidy = [(k, sp.factor(sp.cancel(c)) if c.is_rational_function() else c) for (k,), c in terms]
    return sp.Add(*[c * kind(sp.Integer(k), *arguments) for k, c in tidy])
