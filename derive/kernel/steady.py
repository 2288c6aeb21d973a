"""Derivatives of costs in forms that neither overflow nor cancel where the cost saturates.

The derivative of log(1 + e^u) is written with the logistic function, not as e^u/(1 + e^u), whose parts overflow; the
same for log cosh u (tanh), log H(u) (the Mills ratio) and the logarithm of two exponentials.
"""

from __future__ import annotations

import sympy as sp

from derive.spec.functions import GaussianTail, Logistic, Softplus

__all__ = ["Mills", "steady_derivatives"]


class Mills(sp.Function):
    """phi(x)/Phi(x), the derivative of log Phi(x)."""

    is_real = True
    is_positive = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return the derivative in the argument."""
        return -self * (self.args[0] + self)


class _Tanh(sp.Function):
    is_real = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        u = self.args[0]
        return 4 * Logistic(2 * u) * Logistic(-2 * u)


class _LogCosh(sp.Function):
    is_real = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return _Tanh(self.args[0])


class _LogTail(sp.Function):
    is_real = True

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return -Mills(-self.args[0])


def steady_derivatives(cost: sp.Expr, h: sp.Symbol, order: int) -> list[sp.Expr]:
    """The cost and its derivatives in h up to an order.

    >>> h = sp.Symbol("h", real=True)
    >>> steady_derivatives(sp.log(1 + sp.exp(-h)), h, 2)
    [Softplus(-h), -Logistic(-h), Logistic(-h)*Logistic(h)]
    """
    found = [cost.replace(lambda e: isinstance(e, sp.log) and e.has(h), _steady_log)]
    for _ in range(order):
        slope = found[-1].diff(h)
        found.append(_joined(slope) if slope.is_algebraic_expr(h) else slope)
    return [_plain(e) for e in found]


def _joined(e: sp.Expr) -> sp.Expr:
    """An algebraic expression over one denominator: terms that would cancel do so here."""
    above, below = sp.fraction(sp.together(e))
    return sp.factor(sp.expand(above)) / below


def _steady_log(e: sp.Expr) -> sp.Expr:
    (argument,) = e.args
    if isinstance(argument, sp.cosh):
        return _LogCosh(*argument.args)
    if isinstance(argument, GaussianTail):
        return _LogTail(*argument.args)
    if isinstance(argument, sp.Add) and len(argument.args) == 2:
        first, second = (_exponent(a) for a in argument.args)
        if first is not None and second is not None:
            if sp.expand(first) == 0:
                first, second = second, first
            return second + Softplus(first - second)
    return e


def _exponent(term: sp.Expr) -> sp.Expr | None:
    """The u of a term e^u, with log c for a positive number c in front."""
    coefficient, rest = term.as_coeff_Mul()
    if not coefficient.is_positive:
        return None
    if rest == 1:
        return sp.log(coefficient)
    return sp.log(coefficient) + rest.args[0] if isinstance(rest, sp.exp) else None


def _plain(e: sp.Expr) -> sp.Expr:
    e = e.replace(_Tanh, sp.tanh)
    e = e.replace(_LogCosh, lambda u: sp.log(sp.cosh(u)))
    return e.replace(_LogTail, lambda u: sp.log(GaussianTail(u)))
