"""Numbers of claimed expressions by the trapezoidal rule on a fixed grid: a route of its own, to five digits or so."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sympy as sp
from scipy.special import expit, ndtr

from derive.claims.integrals import LineIntegral
from derive.spec.functions import GaussMean

__all__ = ["brute"]

NODES = 1601
FUNCTIONS = {
    "GaussianTail": lambda x: np.maximum(ndtr(-x), 1e-300),
    "Logistic": expit,
    "Step": lambda x: np.heaviside(x, 0.5),
}


def brute(e: sp.Expr, scope: Mapping[str, float]) -> float:
    """The value of an expression; NaN where it has none, or where an integral grows with its range."""
    names = {s: np.float64(scope[s.name]) for s in e.free_symbols}
    with np.errstate(all="ignore"):
        near, far = (complex(_value(e, names, reach)) for reach in (8.0, 9.5))
    if near.imag or abs(near - far) > 1e-3 * max(abs(near), 1e-6):
        return float("nan")
    return near.real


def _value(e: sp.Expr, scope: Mapping[sp.Symbol, np.ndarray], reach: float) -> np.ndarray:
    found = [n for n in _outer(e)]
    held = {n: sp.Dummy(f"held{k}") for k, n in enumerate(found)}
    values = {**scope, **{held[n]: _integral(n, scope, reach) for n in found}}
    body = e.xreplace(held)
    arguments = sorted(body.free_symbols, key=str)
    function = sp.lambdify(arguments, body, modules=[FUNCTIONS, "scipy", "numpy"])
    return function(*(values[a] for a in arguments))


def _outer(e: sp.Basic) -> list[sp.Expr]:
    """The integrals of an expression that are in no other."""
    if isinstance(e, (GaussMean, LineIntegral)):
        return [e]
    return list(dict.fromkeys(n for a in e.args for n in _outer(a)))


def _integral(e: sp.Expr, scope: Mapping[sp.Symbol, np.ndarray], reach: float) -> np.ndarray:
    body, x = e.args[:2]
    low, high = np.float64(-reach), np.float64(reach)
    if isinstance(e, LineIntegral):
        low = low if e.args[2] == -sp.oo else _value(e.args[2], scope, reach)
        high = high if e.args[3] == sp.oo else _value(e.args[3], scope, reach)
    low, high = np.asarray(low)[..., None], np.asarray(high)[..., None]
    points = low + (high - low) * np.linspace(0.0, 1.0, NODES)
    inner = {s: np.asarray(v)[..., None] for s, v in scope.items() if s != x}
    heights = np.broadcast_to(
        _value(body, {**inner, x: points}, reach), np.broadcast_shapes(points.shape, *(v.shape for v in inner.values()))
    )
    if isinstance(e, GaussMean):
        heights = heights * np.exp(-(points**2) / 2) / np.sqrt(2 * np.pi)
    return np.trapezoid(heights, points, axis=-1)
