"""The elementary functions of the model language that sympy lacks or treats unhelpfully.

`Step(x)` is the indicator of x > 0 with Step(0) = 1/2; `GaussianTail(x)` is H(x) = P(N > x);
`Logistic(x)` = 1/(1 + exp(-x)); `Softplus(x)` = log(1 + exp(x)).  The last two keep the
overflow-free forms through differentiation.

`GaussMean(f, x)` is E f(x) over x ~ N(0, 1) and `SiteMean(f, s, ...)` the mean over the quenched law
of s, ...; both bind their variables.  `Cross(f, g)` and `Overlap(f, g)` are the site averages that
energies are written in, between two replicas and inside one.
"""

from __future__ import annotations

import math
from typing import Any

import mpmath
import sympy as sp

__all__ = [
    "Cross",
    "GaussMean",
    "GaussianTail",
    "Logistic",
    "Overlap",
    "SiteMean",
    "Softplus",
    "Step",
    "normal_pdf",
]


def normal_pdf(x: sp.Expr, mean: sp.Expr = sp.S.Zero, variance: sp.Expr = sp.S.One) -> sp.Expr:
    """Return the normal density N(x; mean, variance)."""
    return sp.exp(-((x - mean) ** 2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)


class Step(sp.Function):
    """The indicator of x > 0, with value 1/2 at zero; it has no derivative here."""

    nargs = 1

    @classmethod
    def eval(cls, x: sp.Expr) -> sp.Expr | None:
        """Return the value where it is known."""
        if x.is_positive:
            return sp.S.One
        if x.is_negative:
            return sp.S.Zero
        if x.is_zero:
            return sp.S.Half
        return None

    def _eval_is_real(self) -> bool:
        return True

    def _eval_is_nonnegative(self) -> bool:
        return True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return the derivative in the argument."""
        return sp.DiracDelta(self.args[0])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = rf"\theta\left({printer._print(self.args[0])}\right)"
        return f"{body}^{{{exp}}}" if exp else body


class GaussianTail(sp.Function):
    """H(x) = int_x^oo Dz = erfc(x/sqrt 2)/2; its text is the language's."""

    nargs = 1

    def _sympystr(self, printer: Any) -> str:
        return f"H({printer._print(self.args[0])})"

    @classmethod
    def eval(cls, x: sp.Expr) -> sp.Expr | None:
        """Return the value where it is known."""
        if x.is_zero:
            return sp.S.Half
        if x is sp.oo:
            return sp.S.Zero
        if x is -sp.oo:
            return sp.S.One
        return None

    def _eval_is_real(self) -> bool:
        return True

    def _eval_is_positive(self) -> bool:
        return True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return the derivative in the argument."""
        return -normal_pdf(self.args[0])

    def _eval_rewrite_as_erf(self, x: sp.Expr, **kwargs: object) -> sp.Expr:
        return (1 - sp.erf(x / sp.sqrt(2))) / 2

    def _eval_rewrite_as_erfc(self, x: sp.Expr, **kwargs: Any) -> sp.Expr:
        return sp.erfc(x / sp.sqrt(2)) / 2

    def _eval_evalf(self, prec: int) -> sp.Expr:
        return self._eval_rewrite_as_erfc(self.args[0])._eval_evalf(prec)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = rf"H\left({printer._print(self.args[0])}\right)"
        return f"{body}^{{{exp}}}" if exp else body


class Logistic(sp.Function):
    """1/(1 + exp(-x)), stable for every x."""

    nargs = 1

    @classmethod
    def eval(cls, x: sp.Expr) -> sp.Expr | None:
        """Return the value where it is known."""
        return sp.S.Half if x.is_zero else None

    def _eval_is_real(self) -> bool:
        return True

    def _eval_is_positive(self) -> bool:
        return True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return the derivative in the argument."""
        x = self.args[0]
        return Logistic(x) * Logistic(-x)

    def _eval_rewrite_as_exp(self, x: sp.Expr, **kwargs: Any) -> sp.Expr:
        return 1 / (1 + sp.exp(-x))

    def _eval_evalf(self, prec: int) -> sp.Expr:
        return self._eval_rewrite_as_exp(self.args[0])._eval_evalf(prec)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = rf"\frac{{1}}{{1+e^{{{printer._print(-self.args[0])}}}}}"
        return rf"\left({body}\right)^{{{exp}}}" if exp else body


class Softplus(sp.Function):
    """log(1 + exp(x)), stable for every x."""

    nargs = 1

    @classmethod
    def eval(cls, x: sp.Expr) -> sp.Expr | None:
        """Return the value where it is known."""
        return sp.log(2) if x.is_zero else None

    def _eval_is_real(self) -> bool:
        return True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return the derivative in the argument."""
        return Logistic(self.args[0])

    def _eval_rewrite_as_exp(self, x: sp.Expr, **kwargs: Any) -> sp.Expr:
        return sp.log(1 + sp.exp(x))

    def _eval_evalf(self, prec: int) -> sp.Expr:
        return self._eval_rewrite_as_exp(self.args[0])._eval_evalf(prec)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = rf"\log\left(1+e^{{{printer._print(self.args[0])}}}\right)"
        return rf"\left({body}\right)^{{{exp}}}" if exp else body


def _gauss_symbol(body: sp.Expr) -> sp.Symbol:
    """Return the reserved bound symbol of the next level; a model file cannot write its name."""
    level = 1 + max((int(node.args[1].name[1:]) for node in body.atoms(GaussMean)), default=0)
    return sp.Symbol(f"θ{level}", real=True)


def _term_count(body: sp.Expr) -> int:
    """Return a bound on the number of terms of the expanded body."""
    if body.is_Add:
        return sum(_term_count(a) for a in body.args)
    if body.is_Mul:
        return math.prod(_term_count(a) for a in body.args)
    if body.is_Pow and body.exp.is_Integer:
        terms, exponent = _term_count(body.base), abs(int(body.exp))
        return math.comb(terms + exponent - 1, exponent) if terms > 1 else 1
    return 1


def _gauss_moment(term: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """Return E c*x^k for a term of that form, else None."""
    factor, rest = term.as_independent(x, as_Add=False)
    if rest == 1:
        return factor
    base, exponent = rest.as_base_exp()
    if base == x and exponent.is_Integer and exponent > 0:
        return sp.S.Zero if exponent % 2 else factor * sp.factorial2(exponent - 1)
    return None


class GaussMean(sp.Expr):
    """E f(x) over x ~ N(0, 1); `x` is bound and renamed, so that equality is up to its name.

    Polynomials become their moments, factors free of x are pulled out, the rest stays.

    >>> x = sp.Symbol("x", real=True)
    >>> GaussMean(x**4 + 2, x)
    5
    >>> GaussMean(sp.erf(x)**2, x).evalf(8)
    0.46455905
    """

    is_real = True
    is_commutative = True

    def _eval_is_nonnegative(self) -> bool | None:
        return self.args[0].is_nonnegative

    def _eval_is_positive(self) -> bool | None:
        return True if self.args[0].is_nonnegative and not self.args[0].has(sp.Piecewise) else None

    def __new__(cls, body: sp.Expr, x: sp.Symbol) -> sp.Expr:
        """Return the mean, in closed form where the body is a polynomial."""
        body = sp.S(body)
        if not body.has_free(x):
            return body
        if body.is_polynomial(x) and _term_count(body) <= 200:
            body = sp.expand(body)
        if body.is_Add:
            return sp.Add(*(cls(term, x) for term in body.args))
        moment = _gauss_moment(body, x)
        if moment is not None:
            return moment
        factor, rest = body.as_independent(x, as_Add=False)
        if rest.xreplace({x: -x}) == -rest:
            return sp.S.Zero
        if x.name.startswith("θ") and _gauss_symbol(rest) == x:
            return factor * sp.Expr.__new__(cls, rest, x)
        symbol = _gauss_symbol(rest)
        return factor * sp.Expr.__new__(cls, rest.xreplace({x: symbol}), symbol)

    @property
    def bound_symbols(self) -> list[sp.Symbol]:
        """The variable of the average."""
        return [self.args[1]]

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """Free symbols of the body without the bound one."""
        return set(self.args[0].free_symbols) - {self.args[1]}

    def _eval_subs(self, old: sp.Basic, new: sp.Basic) -> sp.Basic | None:
        return self if old == self.args[1] else None

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        body, x = self.args
        return GaussMean(body.diff(symbol), x)

    def _eval_evalf(self, prec: int) -> sp.Expr | None:
        body, x = self.args
        if self.free_symbols:
            return None
        with mpmath.workprec(prec + 20):
            return sp.Float._new(gauss_quadrature(body, x, prec)._mpf_, prec)

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body, x = self.args
        text = rf"\mathbb{{E}}_{{{printer._print(x)}}}\left[{printer._print(body)}\right]"
        return rf"\left({text}\right)^{{{exp}}}" if exp else text


def gauss_quadrature(body: sp.Expr, x: sp.Symbol, prec: int) -> mpmath.mpf:
    """Return E body(x), x ~ N(0, 1), by mpmath quadrature split at the kinks linear in x."""
    half_width = int(mpmath.sqrt(2 * (prec + 20) * mpmath.log(2))) + 3
    points = {mpmath.mpf(k) for k in range(-half_width, half_width + 1, 2)}
    inner = [node.args[0] for node in body.atoms(sp.Abs, sp.sign, Step)]
    inner += [node.lhs - node.rhs for node in body.atoms(sp.core.relational.Relational)]
    inner += [a - b for node in body.atoms(sp.Max, sp.Min) for a in node.args for b in node.args if a != b]
    for argument in inner:
        slope = argument.diff(x)
        if slope.is_number and slope != 0:
            root = sp.N(-argument.xreplace({x: sp.S.Zero}) / slope, 30)
            if root.is_real and abs(root) < half_width:
                points.add(mpmath.mpf(root))

    def integrand(value: mpmath.mpf) -> mpmath.mpf:
        density = mpmath.exp(-(value**2) / 2) / mpmath.sqrt(2 * mpmath.pi)
        number = body.xreplace({x: sp.Float._new(value._mpf_, mpmath.mp.prec)}).evalf(mpmath.mp.dps)
        return mpmath.mpf(number) * density

    return mpmath.quad(integrand, sorted(points))


class SiteMean(sp.Expr):
    """The mean of `body` over the joint law of the quenched variables it contains; they are bound.

    The first argument is the body, the others are the quenched symbols.
    """

    is_real = True
    is_commutative = True

    def __new__(cls, body: sp.Expr, *quenched: sp.Symbol) -> sp.Expr:
        """Return the mean over those of `quenched` that occur in the body."""
        body = sp.S(body)
        present = sorted((s for s in quenched if body.has_free(s)), key=str)
        if not present:
            return body
        return sp.Expr.__new__(cls, body, *present)

    @property
    def bound_symbols(self) -> list[sp.Symbol]:
        """The quenched symbols that are averaged."""
        return list(self.args[1:])

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """Free symbols of the body without the quenched ones."""
        return set(self.args[0].free_symbols) - set(self.args[1:])

    def _eval_subs(self, old: sp.Basic, new: sp.Basic) -> sp.Basic | None:
        return self if old in self.args[1:] else None

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        return SiteMean(self.args[0].diff(symbol), *self.args[1:])

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = rf"\left\langle {printer._print(self.args[0])}\right\rangle"
        return rf"{text}^{{{exp}}}" if exp else text


class Cross(sp.Function):
    """cross(f, g) = 1/N_family sum_i f(w_i^a) g(w_i^b) between two replicas a and b, symmetrised."""

    nargs = 2

    def _eval_is_real(self) -> bool:
        return True


class Overlap(sp.Function):
    """overlap(f, g) = 1/N_family sum_i f_i g_i inside one replica."""

    nargs = 2

    def _eval_is_real(self) -> bool:
        return True
