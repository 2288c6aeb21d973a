r"""Proximal points and Moreau envelopes of an author's cost: nodes of claims at zero temperature.

prox_V[l](x) = argmin_h (h - x)^2/(2V) + l(h),   M_V[l](x) the minimum,   l convex in h.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from derive.spec.functions import Step

__all__ = ["Envelope", "Prox", "ProxSlope", "bends_of", "conjugate", "maximiser", "prox_slope", "solve_prox"]

ROUGH = (sp.Abs, sp.sign, Step, sp.Max, sp.Min)
STEPS = 70
"""Halvings of the bracket of a proximal point."""


class _Proximal(sp.Expr):
    """A node of a cost in h, a variance and a place; h is bound and renamed."""

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

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        cost, h, variance, x = map(printer._print, self.args)
        text = rf"{LETTERS[type(self).__name__]}_{{{variance}}}\left[{h}\mapsto {cost}\right]\left({x}\right)"
        return rf"\left({text}\right)^{{{exp}}}" if exp else text


LETTERS = {"Prox": r"\mathrm{prox}", "ProxSlope": r"\mathrm{prox}'", "Envelope": r"\mathcal{M}"}


class Prox(_Proximal):
    """The proximal point of a cost with variance V at x.

    >>> h, x = sp.symbols("h x", real=True)
    >>> sp.diff(Prox(h**2/2, h, sp.Integer(1), x), x)
    1/2
    """

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        cost, h, variance, x = self.args
        slope = sp.diff(cost, h)
        change = sp.diff(x, symbol) - sp.diff(variance, symbol) * slope - variance * sp.diff(slope, symbol)
        steep = ProxSlope(*self.args) if cost.has(*ROUGH) else 1 / (1 + variance * sp.diff(slope, h))
        return change.xreplace({h: self}) * steep.xreplace({h: self})


class ProxSlope(_Proximal):
    """The derivative of a proximal point in x where the cost has kinks: 1/(1 + V l'') beside them, 0 at them."""

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        return sp.DiracDelta(self.args[3]) if self.has_free(symbol) else sp.S.Zero  # whoever asks refuses it


class Envelope(_Proximal):
    """The Moreau envelope M_V[l](x); its derivative in x is (x - prox)/V, also where the cost has kinks."""

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        cost, h, variance, x = self.args
        point = Prox(*self.args)
        step = (x - point) / variance
        explicit = sp.diff(cost, symbol).xreplace({h: point})
        return step * sp.diff(x, symbol) - step**2 / 2 * sp.diff(variance, symbol) + explicit

    def written(self) -> sp.Expr:
        """The value at the proximal point."""
        cost, h, variance, x = self.args
        point = Prox(*self.args)
        return (point - x) ** 2 / (2 * variance) + cost.xreplace({h: point})


def maximiser(cost: sp.Expr, h: sp.Symbol, curvature: sp.Expr, x: sp.Expr) -> sp.Expr:
    """argmax_w x w - A w^2/2 - g(w), a proximal point of variance 1/A at x/A."""
    return Prox(cost, h, 1 / curvature, x / curvature)


def conjugate(cost: sp.Expr, h: sp.Symbol, curvature: sp.Expr, x: sp.Expr) -> sp.Expr:
    """max_w x w - A w^2/2 - g(w) = x^2/(2 A) - M_{1/A}[g](x/A)."""
    return x**2 / (2 * curvature) - Envelope(cost, h, 1 / curvature, x / curvature)


def bends_of(node: _Proximal) -> list[sp.Expr]:
    """Expressions that vanish where a proximal point bends: where it reaches or leaves a kink of the cost."""
    cost, h, variance, x = node.args
    found = []
    for kink in cost.atoms(sp.Abs, sp.sign, Step, sp.Max, sp.Min):
        arguments = [a - b for a in kink.args for b in kink.args if a != b] if len(kink.args) > 1 else [kink.args[0]]
        for argument in arguments:
            slope = sp.diff(argument, h)
            if slope == 0 or slope.has(h):
                continue
            place, beside = sp.solve(argument, h)[0], sp.Dummy("beside", positive=True)
            for side in (1, -1):
                slope = sp.diff(cost, h).xreplace({h: place + side * beside}).doit()
                if not slope.has(*ROUGH, sp.Heaviside):
                    found.append(x - place - variance * slope.xreplace({beside: sp.S.Zero}))
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


def prox_slope(slope: Any, curvature: Any, variance: Any, x: Any) -> Any:
    """The derivative of the proximal point in x on arrays; `curvature` is l'' without what kinks add."""
    point = solve_prox(slope, variance, x)
    near = 1e-7 * (1.0 + np.abs(point))
    kinked = np.abs(slope(point + near) - slope(point - near)) > 1e-3 + 10.0 * near * np.abs(curvature(point))
    return np.where(kinked, 0.0, 1.0 / (1.0 + variance * curvature(point)))
