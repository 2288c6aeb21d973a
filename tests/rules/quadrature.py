"""Averages from their definition: mpmath quadrature split at kinks, nothing of the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import mpmath as mp
import sympy as sp

from derive.calculus.gaussian import gaussian_average

POINTS = [
    (sp.Rational(-7, 5), sp.Rational(1, 3)),
    (sp.Integer(0), sp.Integer(1)),
    (sp.Rational(4, 5), sp.Rational(5, 2)),
]
"""(mean, variance): a negative, a zero and a positive mean."""


def normal(x, mean, variance):
    """The normal density."""
    return mp.exp(-((x - mean) ** 2) / (2 * variance)) / mp.sqrt(2 * mp.pi * variance)


def tail(x):
    """P(N > x)."""
    return mp.erfc(x / mp.sqrt(2)) / 2


def average(function: Callable, mean, variance, kinks: Sequence = (), reach: int = 14, tilt=0):
    """E function(x) over N(mean, variance); `tilt` moves the window where exponentials move the mass."""
    mean, variance = mp.mpf(sp.N(mean, 40)), mp.mpf(sp.N(variance, 40))
    sd = mp.sqrt(variance)
    ends = {mean + tilt + sd * k for k in range(-reach, reach + 1, 2)} | {mp.mpf(k) for k in kinks}
    return mp.quad(lambda x: function(x) * normal(x, mean, variance), sorted(ends))


def number(expression: sp.Expr, **values) -> mp.mpf:
    """The value of an expression without free symbols left, at 30 digits."""
    given = {s: values[s.name] for s in expression.free_symbols}
    return mp.mpf(sp.N(expression.xreplace(given), 30))


closed = lru_cache(maxsize=None)(gaussian_average)
"""The rule under test, each closed form computed once."""
