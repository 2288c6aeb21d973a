r"""Closed forms under a Gaussian by rules: moments, exponentials, half lines, error functions, orthants.

`gaussian_average(body, x, mean, variance)` returns E_{x~N(mean, variance)} body in closed form, or None.
The rules are, with t standard normal and phi, H its density and tail:

- complete the square in exp(a x^2 + b x + c)  (condition 1/variance - 2 a > 0);
- moments on an interval: I_k = mu I_{k-1} + s^2 ((k-1) I_{k-2} - [x^{k-1} N(x)]_{lower}^{upper});
- E x^k H(a x + b) by Stein's lemma, E H(a x + b) = H((a mu + b)/sqrt(1 + a^2 s^2));
- two tails, or a tail on a half line: the orthant P(X > h, Y > k), at h = k = 0 equal to
  arccos(-rho)/(2 pi);
- DiracDelta(x - x0) evaluates the body at x0.

Everything else is refused with None: the average then stays a node and is computed by quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.piecewise import pieces
from derive.errors import RuleNotApplicable
from derive.spec.functions import GaussianTail, GaussMean, normal_pdf

__all__ = ["Monomial", "Orthant", "canonical_tails", "gaussian_average", "monomials"]


class Orthant(sp.Function):
    r"""P(X > h, Y > k) for standard normals of correlation rho: args (h, k, rho)."""

    nargs = 3
    is_real = True

    @classmethod
    def eval(cls, h, k, rho):
        if h is sp.oo or k is sp.oo:
            return sp.S.Zero
        if h is -sp.oo:
            return GaussianTail(k)
        if k is -sp.oo:
            return GaussianTail(h)
        if rho.is_zero:
            return GaussianTail(h) * GaussianTail(k)
        if h.is_zero and k.is_zero:
            if rho.could_extract_minus_sign():
                return sp.acos(-rho) / (2 * sp.pi)
            return sp.Rational(1, 2) - sp.acos(rho) / (2 * sp.pi)
        return None

    def fdiff(self, argindex=1):
        h, k, rho = self.args
        s = sp.sqrt(1 - rho**2)
        if argindex == 1:
            return -normal_pdf(h) * GaussianTail((k - rho * h) / s)
        if argindex == 2:
            return -normal_pdf(k) * GaussianTail((h - rho * k) / s)
        return sp.exp(-(h**2 - 2 * rho * h * k + k**2) / (2 * s**2)) / (2 * sp.pi * s)

    def _eval_evalf(self, prec):
        import mpmath

        h, k, rho = (a._to_mpmath(prec + 20) for a in self.args)
        with mpmath.workprec(prec + 20):
            start = mpmath.erfc(h / mpmath.sqrt(2)) * mpmath.erfc(k / mpmath.sqrt(2)) / 4
            tilt = mpmath.quad(
                lambda r: (
                    mpmath.exp(-(h * h - 2 * r * h * k + k * k) / (2 * (1 - r * r)))
                    / (2 * mpmath.pi * mpmath.sqrt(1 - r * r))
                ),
                [0, rho],
            )
            return sp.Float(start + tilt, precision=prec)


@dataclass(frozen=True, slots=True)
class Monomial:
    """coefficient * x^power * exp(a2 x^2 + a1 x + a0) * prod H(s x + t) * [delta(x - point)] on an interval."""

    coefficient: sp.Expr
    power: int
    exponent: tuple[sp.Expr, sp.Expr, sp.Expr]
    tails: tuple[tuple[sp.Expr, sp.Expr], ...]
    lower: sp.Expr
    upper: sp.Expr
    point: sp.Expr | None = None


def canonical_tails(expression: sp.Expr) -> sp.Expr:
    """Write erf and erfc as Gaussian tails, cosh, sinh and tanh as exponentials; means over constants stay."""
    root2 = sp.sqrt(2)
    means = {m: sp.Dummy(f"mean{i}", real=True) for i, m in enumerate(expression.atoms(GaussMean))}
    expression = expression.xreplace(means)
    expression = expression.replace(sp.erfc, lambda u: 2 * GaussianTail(root2 * u))
    expression = expression.replace(sp.erf, lambda u: 1 - 2 * GaussianTail(root2 * u))
    expression = expression.replace(sp.cosh, lambda u: (sp.exp(u) + sp.exp(-u)) / 2)
    expression = expression.replace(sp.sinh, lambda u: (sp.exp(u) - sp.exp(-u)) / 2)
    return expression.xreplace({dummy: m for m, dummy in means.items()})


def expand_in(expression: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """Multiply out sums that contain x; factors without x, exponentials and functions stay whole."""
    table: dict[sp.Expr, sp.Dummy] = {}

    def hide(node: sp.Expr) -> sp.Expr:
        whole = isinstance(node, sp.Pow) and not (node.exp.is_Integer and node.exp.is_positive)
        if node == x or node.is_Rational:
            return node
        if not node.has(x) or whole or not isinstance(node, (sp.Add, sp.Mul, sp.Pow)):
            return table.setdefault(node, sp.Dummy(f"o{len(table)}"))
        return node.func(*[hide(a) for a in node.args])

    hidden = sp.expand(hide(expression))
    return hidden.xreplace({dummy: node for node, dummy in table.items()})


def _quadratic(exponent: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    polynomial = sp.expand(exponent).as_poly(x)
    if polynomial is None or polynomial.degree() > 2:
        return None
    coefficients = [polynomial.coeff_monomial(x**k) for k in (2, 1, 0)]
    if any(c.has(x) for c in coefficients):
        return None
    return coefficients[0], coefficients[1], coefficients[2]


def factor_monomial(product: sp.Expr, x: sp.Symbol, lower: sp.Expr, upper: sp.Expr) -> Monomial | None:
    coefficient, power = sp.S.One, 0
    a2 = a1 = a0 = sp.S.Zero
    tails: list[tuple[sp.Expr, sp.Expr]] = []
    point = None
    for factor in sp.Mul.make_args(product):
        if not factor.has(x):
            coefficient *= factor
            continue
        base, exponent = factor.as_base_exp()
        if isinstance(factor, sp.exp) or (base == sp.E):
            quadratic = _quadratic(factor.args[0] if isinstance(factor, sp.exp) else exponent, x)
            if quadratic is None:
                return None
            a2, a1, a0 = a2 + quadratic[0], a1 + quadratic[1], a0 + quadratic[2]
        elif base == x and exponent.is_Integer and exponent > 0:
            power += int(exponent)
        elif isinstance(base, GaussianTail) and exponent.is_Integer and exponent > 0:
            line = _quadratic(base.args[0], x)
            if line is None or line[0] != 0:
                return None
            tails += [(line[1], line[2])] * int(exponent)
        elif isinstance(factor, sp.DiracDelta) and point is None:
            line = _quadratic(factor.args[0], x)
            if line is None or line[0] != 0:
                return None
            point = sp.expand(-line[2] / line[1])
            coefficient /= sp.Abs(line[1])
        else:
            return None
    return Monomial(coefficient, power, (a2, a1, a0), tuple(tails), lower, upper, point)


def monomials(body: sp.Basic, x: sp.Symbol) -> list[Monomial] | None:
    """Write `body` as a sum of monomials on intervals of x, or return None.

    Differences of two tails with equal slope stay two monomials; callers pair them.
    """
    found = []
    try:
        split = pieces(body, x)
    except RuleNotApplicable:
        return None
    for piece in split:
        for product in sp.Add.make_args(expand_in(canonical_tails(piece.body), x)):
            monomial = factor_monomial(product, x, piece.lower, piece.upper)
            if monomial is None:
                return None
            found.append(monomial)
    return found


def _boundary(k: int, end: sp.Expr, mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    if end in (sp.oo, -sp.oo):
        return sp.S.Zero
    power = sp.S.One if k == 0 else end**k
    return power * normal_pdf(end, mean, variance)


def interval_moments(order: int, mean, variance, lower, upper) -> list[sp.Expr]:
    """E[x^k 1(lower < x < upper)] for k = 0..order under N(mean, variance)."""
    sd = sp.sqrt(variance)

    def tail(end: sp.Expr) -> sp.Expr:
        if end == -sp.oo:
            return sp.S.One
        if end == sp.oo:
            return sp.S.Zero
        return GaussianTail(sp.simplify((end - mean) / sd))

    if lower == -sp.oo and upper != sp.oo:  # no cancellation where the mass is small
        mass = GaussianTail(sp.simplify((mean - upper) / sd))
    else:
        mass = tail(lower) - tail(upper)
    moments = [mass]
    for k in range(1, order + 1):
        edge = _boundary(k - 1, lower, mean, variance) - _boundary(k - 1, upper, mean, variance)
        previous = (k - 1) * moments[k - 2] if k >= 2 else sp.S.Zero
        moments.append(mean * moments[k - 1] + variance * (previous + edge))
    return moments


def _tail_moment(k: int, slope, offset, mean, variance) -> sp.Expr:
    """E[x^k H(slope x + offset)] under N(mean, variance)."""
    if k == 0:
        return GaussianTail(sp.simplify((slope * mean + offset) / sp.sqrt(1 + slope**2 * variance)))
    # Stein: E[x f] = mean E[f] + variance E[f'],  f = x^{k-1} H(slope x + offset)
    total = mean * _tail_moment(k - 1, slope, offset, mean, variance)
    if k >= 2:
        total += variance * (k - 1) * _tail_moment(k - 2, slope, offset, mean, variance)
    # H' = -slope phi(slope x + offset): a Gaussian factor with precision slope^2
    precision = 1 / variance + slope**2
    shifted = (mean / variance - slope * offset) / precision
    norm = normal_pdf(sp.simplify((slope * mean + offset) / sp.sqrt(1 + slope**2 * variance))) / sp.sqrt(
        1 + slope**2 * variance
    )
    moment = interval_moments(k - 1, shifted, 1 / precision, -sp.oo, sp.oo)[k - 1]
    return total - variance * slope * norm * moment


def shifted_measure(exponent: tuple[sp.Expr, sp.Expr, sp.Expr], mean, variance) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Complete the square: exp(a2 x^2 + a1 x + a0) N(mean, variance) = norm * N(centre, spread)."""
    a2, a1, a0 = exponent
    if a2 == 0 and a1 == 0:
        return sp.exp(a0), mean, variance
    stretch = sp.simplify(1 - 2 * a2 * variance)
    if stretch.is_nonpositive:
        raise RuleNotApplicable(f"the Gaussian average diverges: 1 - 2*({a2})*({variance}) <= 0")
    centre = sp.simplify((mean + a1 * variance) / stretch)
    spread = sp.simplify(variance / stretch)
    value = sp.simplify((a1 * mean + a2 * mean**2 + a1**2 * variance / 2) / stretch) + a0
    return sp.exp(value) / sp.sqrt(stretch), centre, spread


def average_monomial(m: Monomial, x: sp.Symbol, mean, variance) -> sp.Expr | None:
    a2, a1, a0 = m.exponent
    if m.point is not None:
        inside = sp.S.One
        if m.lower != -sp.oo:
            inside *= sp.Piecewise((1, m.point > m.lower), (0, True))
        if m.upper != sp.oo:
            inside *= sp.Piecewise((1, m.point < m.upper), (0, True))
        value = m.point**m.power * sp.exp(a2 * m.point**2 + a1 * m.point + a0)
        for slope, offset in m.tails:
            value *= GaussianTail(slope * m.point + offset)
        return m.coefficient * inside * value * normal_pdf(m.point, mean, variance)
    norm, centre, spread = shifted_measure(m.exponent, mean, variance)
    full = (m.lower, m.upper) == (-sp.oo, sp.oo)
    if not m.tails:
        value = interval_moments(m.power, centre, spread, m.lower, m.upper)[m.power]
    elif len(m.tails) == 1 and full:
        value = _tail_moment(m.power, *m.tails[0], centre, spread)
    elif len(m.tails) == 1:
        value = _tail_moment_on_interval(m, m.power, centre, spread)
    elif len(m.tails) == 2 and full and m.power == 0:
        (s1, t1), (s2, t2) = m.tails
        n1, n2 = sp.sqrt(1 + s1**2 * spread), sp.sqrt(1 + s2**2 * spread)
        value = Orthant(
            sp.simplify((s1 * centre + t1) / n1),
            sp.simplify((s2 * centre + t2) / n2),
            sp.simplify(s1 * s2 * spread / (n1 * n2)),
        )
    else:
        return None
    return m.coefficient * norm * value


def _tail_moment_on_interval(m: Monomial, power: int, mean, variance) -> sp.Expr:
    """E[x^k H(s x + t) 1(lower < x < upper)] by Stein's lemma, with the boundary terms of the interval."""
    slope, offset = m.tails[0]
    if power == 0:
        return _tail_on_interval(m, mean, variance)
    total = mean * _tail_moment_on_interval(m, power - 1, mean, variance)
    if power >= 2:
        total += variance * (power - 1) * _tail_moment_on_interval(m, power - 2, mean, variance)
    precision = 1 / variance + slope**2
    shifted = sp.simplify((mean / variance - slope * offset) / precision)
    scale = sp.sqrt(1 + slope**2 * variance)
    norm = normal_pdf(sp.simplify((slope * mean + offset) / scale)) / scale
    inside = interval_moments(power - 1, shifted, 1 / precision, m.lower, m.upper)[power - 1]
    edges = sp.S.Zero
    for end, sign in ((m.lower, 1), (m.upper, -1)):
        if end not in (sp.oo, -sp.oo):
            edges += sign * _boundary(power - 1, end, mean, variance) * GaussianTail(slope * end + offset)
    return total + variance * (edges - slope * norm * inside)


def _tail_on_interval(m: Monomial, centre, spread) -> sp.Expr:
    """E[H(s x + t) 1(lower < x < upper)] as a difference of orthants."""
    (slope, offset), sd = m.tails[0], sp.sqrt(spread)
    scale = sp.sqrt(1 + slope**2 * spread)
    correlation = sp.simplify(-slope * sd / scale)
    k = sp.simplify((slope * centre + offset) / scale)

    # t > slope x + offset with t standard normal: X = (x - centre)/sd, Y = (t - slope (x - centre))/scale
    def above(end: sp.Expr) -> sp.Expr:
        if end == -sp.oo:
            return GaussianTail(k)
        if end == sp.oo:
            return sp.S.Zero
        return Orthant(sp.simplify((end - centre) / sd), k, correlation)

    if m.lower == -sp.oo and m.upper != sp.oo:
        return Orthant(sp.simplify((centre - m.upper) / sd), k, -correlation)
    return above(m.lower) - above(m.upper)


def _nonempty(m: Monomial) -> Monomial:
    """The monomial on an interval, empty if its ends are in the wrong order: no mass, not a negative one."""
    if m.lower.is_infinite or m.upper.is_infinite or sp.expand(m.upper - m.lower).is_nonnegative:
        return m
    return replace(m, upper=sp.Max(m.lower, m.upper))


def gaussian_average(body: sp.Basic, x: sp.Symbol, mean: sp.Expr, variance: sp.Expr) -> sp.Expr | None:
    """Return E_{x ~ N(mean, variance)} body in closed form, or None if no rule applies.

    >>> x = sp.Symbol("x", real=True); q = sp.Symbol("q", positive=True)
    >>> gaussian_average(sp.Abs(x), x, sp.S.Zero, q)
    sqrt(2)*sqrt(q)/sqrt(pi)
    """
    if variance.is_zero:
        return _sympify(body).xreplace({x: mean})
    parts = monomials(body, x)
    if parts is None:
        return None
    total = sp.S.Zero
    for monomial in parts:
        value = average_monomial(_nonempty(monomial), x, mean, variance)
        if value is None:
            return None
        total += value
    return sp.Add(*[sp.powsimp(term) for term in sp.Add.make_args(sp.expand(total))])
