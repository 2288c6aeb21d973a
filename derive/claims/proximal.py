r"""Proximal points and Moreau envelopes of an author's cost: nodes of claims at zero temperature.

prox_V[l](x) = argmin_h (h - x)^2/(2V) + l(h),   M_V[l](x) the minimum,   l convex in h.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from derive.spec.functions import Step

__all__ = ["Prox", "bends_of", "conjugate", "envelope", "maximiser", "solve_prox"]

ROUGH = (sp.Abs, sp.sign, Step, sp.Max, sp.Min)
STEPS = 70
"""Halvings of the bracket of a proximal point."""


class Prox(sp.Expr):
    """The proximal point of `cost` in h with variance V at x; h is bound and renamed.

    >>> h, x = sp.symbols("h x", real=True)
    >>> sp.diff(Prox(h**2/2, h, sp.Integer(1), x), x)
    1/2
    """

    is_real = True
    is_commutative = True

    def __new__(cls, cost: sp.Expr, h: sp.Symbol, variance: sp.Expr, x: sp.Expr) -> sp.Expr:
        """Return the node."""
        bound = sp.Symbol("η1", real=True)
        return sp.Expr.__new__(cls, sp.S(cost).xreplace({h: bound}), bound, sp.S(variance), sp.S(x))

    @property
    def bound_symbols(self) -> list[sp.Symbol]:
        """The variable of the minimum."""
        return [self.args[1]]

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """Free symbols without the bound one."""
        cost, h, variance, x = self.args
        return (set(cost.free_symbols) - {h}) | variance.free_symbols | x.free_symbols

    def _eval_subs(self, old: sp.Basic, new: sp.Basic) -> sp.Basic | None:
        return self if old == self.args[1] else None

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        cost, h, variance, x = self.args
        slope = sp.diff(cost, h)
        if cost.has(*ROUGH):
            return sp.DiracDelta(x)  # refused by whoever asked: the slope jumps at kinks
        change = sp.diff(x, symbol) - sp.diff(variance, symbol) * slope - variance * sp.diff(slope, symbol)
        return (change / (1 + variance * sp.diff(slope, h))).xreplace({h: self})

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        cost, h, variance, x = map(printer._print, self.args)
        text = rf"\mathrm{{prox}}_{{{variance}}}\left[{h}\mapsto {cost}\right]\left({x}\right)"
        return rf"\left({text}\right)^{{{exp}}}" if exp else text


def envelope(cost: sp.Expr, h: sp.Symbol, variance: sp.Expr, x: sp.Expr) -> sp.Expr:
    """M_V[l](x)."""
    point = Prox(cost, h, variance, x)
    return (point - x) ** 2 / (2 * variance) + cost.xreplace({h: point})


def maximiser(cost: sp.Expr, h: sp.Symbol, curvature: sp.Expr, x: sp.Expr) -> sp.Expr:
    """argmax_w x w - A w^2/2 - g(w), a proximal point of variance 1/A at x/A."""
    return Prox(cost, h, 1 / curvature, x / curvature)


def conjugate(cost: sp.Expr, h: sp.Symbol, curvature: sp.Expr, x: sp.Expr) -> sp.Expr:
    """max_w x w - A w^2/2 - g(w)."""
    w = maximiser(cost, h, curvature, x)
    return x * w - curvature * w**2 / 2 - cost.xreplace({h: w})


def bends_of(node: Prox) -> list[sp.Expr]:
    """Expressions that vanish where a proximal point bends: where it reaches or leaves a kink of the cost."""
    cost, h, variance, x = node.args
    found = []
    for kink in cost.atoms(sp.Abs, sp.sign, Step, sp.Max, sp.Min):
        arguments = [a - b for a in kink.args for b in kink.args if a != b] if len(kink.args) > 1 else [kink.args[0]]
        for argument in arguments:
            slope = sp.diff(argument, h)
            if slope == 0 or slope.has(h):
                continue
            place = sp.solve(argument, h)[0]
            derivative = sp.diff(cost, h)
            for side in ("+", "-"):
                step = sp.Rational(1, 10**9) * (1 if side == "+" else -1)
                near = sp.N(derivative.xreplace({h: place + step})) if not place.free_symbols else None
                if near is not None and not near.free_symbols:
                    found.append(x - place - variance * sp.nsimplify(near, rational=True, tolerance=1e-7))
                elif near is not None:
                    found.append(x - place - variance * near)
    return found


def solve_prox(slope: Any, variance: Any, x: Any, reach: float = 1.0) -> Any:
    """The root h of h - x + V l'(h) = 0 on arrays, by halving a bracket; at a kink its place.

    `slope` is l' of an array; l is convex, so that the left side increases.
    """
    variance, x = np.broadcast_arrays(np.asarray(variance, dtype=float), np.asarray(x, dtype=float))

    def residual(h: Any) -> Any:
        return h - x + variance * slope(h)

    width = np.full(x.shape, reach)
    for _ in range(60):
        short = (residual(x - width) > 0.0) | (residual(x + width) < 0.0)
        if not np.any(short):
            break
        width = np.where(short, 2.0 * width, width)
    low, high = x - width, x + width
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        below = residual(middle) < 0.0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return 0.5 * (low + high)
