"""The logarithm of a positive expression, split over its factors without complex branches."""

from __future__ import annotations

import sympy as sp

__all__ = ["split_log"]


def split_log(expression: sp.Expr) -> sp.Expr:
    """Return log(expression) as a sum over the factors of a positive expression.

    exp(u) gives u, powers their exponent; a sum stays inside its logarithm, with the sign of the numbers before it.

    >>> x = sp.Symbol("x", real=True)
    >>> split_log(2 * sp.exp(-(x**2)) / (1 + x**2))
    -x**2 - log(x**2 + 1) + log(2)
    """
    number, rest = sp.S.One, []
    for factor in sp.Mul.make_args(expression):
        if factor.is_number and factor.is_real:
            number *= factor
        else:
            rest.append(factor)
    if number.is_negative:
        for i, factor in enumerate(rest):
            if isinstance(factor, sp.Add):
                rest[i], number = -factor, -number
                break
    total = sp.log(number)
    for factor in rest:
        if isinstance(factor, sp.exp):
            total += factor.args[0]
        elif isinstance(factor, sp.Pow) and not isinstance(factor.base, (sp.Add,)):
            total += factor.exp * split_log(factor.base)
        elif isinstance(factor, sp.Pow):
            total += factor.exp * sp.log(factor.base)
        else:
            total += sp.log(factor)
    return total
