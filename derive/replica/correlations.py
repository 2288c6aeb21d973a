"""Averages with the conditional law of the teacher put in, and the correlations in them written simply."""

from __future__ import annotations

import sympy as sp

from derive.calculus.nodes import GaussianAverage

__all__ = ["plain"]


def plain(value: sp.Expr, given: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    """Insert the conditional law of z, and simplify correlations."""
    value = value.xreplace(given)

    def tidy(u: sp.Expr) -> sp.Expr:
        u = _correlation(u)
        return sp.pi - sp.acos(-u) if u.could_extract_minus_sign() else sp.acos(u)

    value = value.replace(sp.acos, tidy)
    return value if value.has(GaussianAverage) else sp.expand(value)


def _correlation(u: sp.Expr) -> sp.Expr:
    """Write a correlation as numerator/sqrt(simplified square of the rest)."""
    sign, radical = sp.S.One, sp.S.One
    for factor in sp.Mul.make_args(u):
        if isinstance(factor, sp.Pow) and factor.exp in (sp.Rational(1, 2), sp.Rational(-1, 2)):
            radical *= factor.base ** (2 * factor.exp)
        else:
            sign *= factor
    return sp.simplify(sign) * sp.sqrt(sp.factor(sp.simplify(radical)))
