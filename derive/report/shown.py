r"""Nodes that exist on paper only: what a derivation stores is turned into them before it is printed.

`Shown` is a Moreau envelope with the sign of the literature: the calculus stores l = -M for a channel.
`IntervalMean` is an integral over an interval with the standard normal measure, which holds all moments of a strip.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.nodes import BOUND, LogPartition, MoreauEnvelope, _Binder

__all__ = ["RESIDUAL", "IntervalMean", "Shown", "shown_envelopes"]

RESIDUAL = sp.Symbol("χ", real=True)
FIELDS = (BOUND["field"], BOUND["site_field"], RESIDUAL)


class Shown(LogPartition):
    """M_V[l](x) of a channel (sigma = 1) or M*_A[g](x) of a site (sigma = -1), differentiated k times in x."""

    @property
    def site(self) -> bool:
        """Whether it is the conjugate of a penalty."""
        return bool(self.args[1] == -1)

    @property
    def field(self) -> sp.Symbol | None:
        """The symbol that a derivative is taken in; None where the argument is a multiple of it (primes)."""
        x = self.args[3]
        return next((s for s in FIELDS if x.has(s) and not (x - s).has(s)), None)


class IntervalMean(_Binder):
    """The integral of `body` over a standard normal variable t in (lower, upper)."""

    def __new__(cls, body: sp.Expr, t: sp.Symbol | sp.Tuple, lower: sp.Expr, upper: sp.Expr) -> sp.Expr:
        """Return the integral; zero stays zero."""
        body = _sympify(body)
        if body.is_zero:
            return sp.S.Zero
        t = t if isinstance(t, sp.Tuple) else sp.Tuple(t)
        return sp.Expr.__new__(cls, body, t, _sympify(lower), _sympify(upper))


def shown_envelopes(expression: sp.Basic) -> sp.Basic:
    """Write every stored envelope with the sign of the literature.

    >>> x, V = sp.symbols("x V", positive=True)
    >>> shown_envelopes(MoreauEnvelope(sp.Symbol("M_00"), 1, 1, x, V)**2)
    Shown(M_00, 1, 1, x, V)**2
    >>> shown_envelopes(MoreauEnvelope(sp.Symbol("M_00"), 1, 0, x, V))
    -Shown(M_00, 1, 0, x, V)
    """
    found = {l: -l.args[1] * Shown(*l.args) for l in expression.atoms(MoreauEnvelope)}
    return expression.xreplace(found)
