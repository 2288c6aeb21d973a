"""Integrals over a line as a node: what a claim has besides means over standard normals."""

from __future__ import annotations

import sympy as sp

from derive.spec.functions import GaussMean

__all__ = ["LineIntegral", "binders"]


class LineIntegral(sp.Expr):
    """The integral of `body` over x from `lower` to `upper`; x is bound and renamed.

    >>> x, a = sp.symbols("x a", real=True)
    >>> LineIntegral(sp.exp(-a*x**2), x, 0, sp.oo).free_symbols
    {a}
    """

    is_real = True
    is_commutative = True

    def __new__(cls, body: sp.Expr, x: sp.Symbol, lower: sp.Expr, upper: sp.Expr) -> sp.Expr:
        """Return the integral with the constant factors outside."""
        body, lower, upper = sp.S(body), sp.S(lower), sp.S(upper)
        if body == 0 or lower == upper:
            return sp.S.Zero
        factor, rest = body.as_independent(x, as_Add=False)
        levels = [int(n.args[1].name[1:]) for n in rest.atoms(LineIntegral)]
        symbol = sp.Symbol(f"ℓ{1 + max(levels, default=0)}", real=True)
        if x != symbol:
            rest = rest.xreplace({x: symbol})
        return factor * sp.Expr.__new__(cls, rest, symbol, lower, upper)

    @property
    def bound_symbols(self) -> list[sp.Symbol]:
        """The variable of the integral."""
        return [self.args[1]]

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """Free symbols of body and limits without the bound one."""
        body, x, lower, upper = self.args
        return (set(body.free_symbols) - {x}) | lower.free_symbols | upper.free_symbols

    def _eval_subs(self, old: sp.Basic, new: sp.Basic) -> sp.Basic | None:
        return self if old == self.args[1] else None

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        body, x, lower, upper = self.args
        total = LineIntegral(body.diff(symbol), x, lower, upper)
        for end, sign in ((upper, 1), (lower, -1)):
            if end.has(symbol):
                total += sign * end.diff(symbol) * body.xreplace({x: end})
        return total

    def _latex(self, printer, exp: str | None = None) -> str:
        body, x, lower, upper = map(printer._print, self.args)
        text = rf"\int_{{{lower}}}^{{{upper}}} d{x}\, {body}"
        return rf"\left({text}\right)^{{{exp}}}" if exp else text


def binders(e: sp.Expr) -> int:
    """How deeply integrals and means are nested in an expression."""
    if isinstance(e, (GaussMean, LineIntegral)):
        return 1 + binders(e.args[0])
    return max((binders(a) for a in e.args), default=0)
