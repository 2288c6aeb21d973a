"""The logarithm of a positive expression, split over its factors without complex branches."""

from __future__ import annotations

import sympy as sp

__all__ = ["split_log"]


def split_log(expression: sp.Expr) -> sp.Expr:
    """Return log(expression) of a positive expression as a sum over the factors known to be positive.

    exp(u) gives u and powers of positive bases their exponent; factors of unknown sign stay together in one
    logarithm, with the numbers' sign.

    >>> x = sp.Symbol("x", real=True)
    >>> split_log(2 * sp.exp(-(x**2)) / (1 + x**2))
    -x**2 - log(x**2 + 1) + log(2)
    """
    total, together = sp.S.Zero, sp.S.One
    for factor in sp.Mul.make_args(expression):
        base, exponent = factor.as_base_exp()
        if isinstance(factor, sp.exp):
            total += factor.args[0]
        elif factor.is_number and factor.is_positive:
            total += sp.log(factor)
        elif base.is_positive and not factor.is_number:
            plain = isinstance(base, (sp.Add, sp.Symbol)) or base == factor
            total += exponent * (sp.log(base) if plain else split_log(base))
        else:
            together *= factor
    return total if together == 1 else total + sp.log(together)
