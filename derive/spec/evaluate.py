"""Values of expressions of the language in double precision, for the checks a file undergoes.

`evaluate` walks a sympy tree with numpy, so that one call takes a whole grid.  It is a check of
what was written, not the engine's road to a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from derive.spec.functions import GaussianTail, GaussMean, Logistic, Softplus, Step

__all__ = ["NotNumericError", "evaluate", "integrate", "natural_sum"]

Array = NDArray[np.float64]


class NotNumericError(Exception):
    """An expression with no value here, such as a site mean."""


def _special(name: str) -> Callable[..., Array]:
    def call(*arguments: Array) -> Array:
        import scipy.special

        return np.asarray(getattr(scipy.special, name)(*arguments), dtype=float)

    return call


_FUNCTIONS: dict[type[sp.Basic], Callable[..., Any]] = {
    sp.exp: np.exp,
    sp.log: np.log,
    sp.Abs: np.abs,
    sp.sign: np.sign,
    sp.tanh: np.tanh,
    sp.cosh: np.cosh,
    sp.sinh: np.sinh,
    sp.Mod: np.mod,
    sp.erf: _special("erf"),
    sp.erfc: _special("erfc"),
    sp.erfinv: _special("erfinv"),
    sp.factorial: lambda n: _special("gamma")(n + 1.0),
    GaussianTail: lambda x: _special("ndtr")(-x),
    Logistic: _special("expit"),
    Softplus: lambda x: np.logaddexp(0.0, x),
    Step: lambda x: np.heaviside(x, 0.5),
    sp.Heaviside: np.heaviside,  # of derivatives of min and max; its second argument is the value at zero
    sp.Eq: np.equal,
    sp.Ne: np.not_equal,
    sp.Lt: np.less,
    sp.Le: np.less_equal,
    sp.Gt: np.greater,
    sp.Ge: np.greater_equal,
    sp.Not: np.logical_not,
}

_REDUCTIONS: dict[type[sp.Basic], Any] = {
    sp.Add: np.add,
    sp.Mul: np.multiply,
    sp.Min: np.minimum,
    sp.Max: np.maximum,
    sp.And: np.logical_and,
    sp.Or: np.logical_or,
}


def _power(base: Any, exponent: sp.Expr, values: Mapping[sp.Symbol, Any]) -> Any:
    if exponent == -1:
        return 1.0 / base
    if exponent == sp.S.Half:
        return np.sqrt(base)
    if exponent.is_Integer:
        return base ** float(exponent)
    return np.power(base, _value(exponent, values))


def _gauss_mean(node: GaussMean, values: Mapping[sp.Symbol, Any]) -> Any:
    x = np.linspace(-10.0, 10.0, 1601)
    weight = np.exp(-(x**2) / 2)
    inner = {s: np.asarray(v)[..., None] for s, v in values.items()}
    body = _value(node.args[0], {**inner, node.args[1]: x})
    return np.sum(body * weight, axis=-1) / np.sum(weight)


def _value(node: sp.Basic, values: Mapping[sp.Symbol, Any]) -> Any:
    if isinstance(node, sp.Symbol):
        if node not in values:
            raise NotNumericError(node.name)
        return np.asarray(values[node], dtype=float)
    if isinstance(node, sp.Expr) and node.is_number and not node.args:
        return np.float64(sp.N(node))
    if node in (sp.true, sp.false):
        return np.bool_(node == sp.true)
    if isinstance(node, sp.Pow):
        return _power(_value(node.base, values), node.exp, values)
    if isinstance(node, GaussMean):
        return _gauss_mean(node, values)
    if isinstance(node, sp.Piecewise):
        result: Any = np.float64(np.nan)
        for expression, condition in reversed(node.args):
            result = np.where(_value(condition, values), _value(expression, values), result)
        return result
    kind = type(node)
    if kind in _REDUCTIONS:
        arguments = [_value(a, values) for a in node.args]
        result = arguments[0]
        for argument in arguments[1:]:
            result = _REDUCTIONS[kind](result, argument)
        return result
    if kind in _FUNCTIONS:
        return _FUNCTIONS[kind](*(_value(a, values) for a in node.args))
    raise NotNumericError(kind.__name__)


def evaluate(expression: sp.Basic, values: Mapping[sp.Symbol, Any]) -> Array:
    """Return the value of `expression` on numbers or arrays; NaN where it has none.

    Raises
    ------
    NotNumericError
        If it contains something without a value here.
    """
    with np.errstate(all="ignore"):
        return np.asarray(_value(expression, values), dtype=float)


def _centres(pdf: sp.Expr, variable: sp.Symbol, values: Mapping[sp.Symbol, float]) -> set[float]:
    """Return points where the density may peak, bend or jump: roots and vertices of its arguments."""
    inner: set[sp.Expr] = set()
    for node in pdf.atoms(sp.Function, sp.Pow, sp.core.relational.Relational):
        if isinstance(node, (sp.Max, sp.Min)):
            inner |= {a - b for a in node.args for b in node.args if a != b}
        elif isinstance(node, sp.core.relational.Relational):
            inner.add(node.lhs - node.rhs)
        else:
            inner |= {a for a in node.args if isinstance(a, sp.Expr)}
    found: set[float] = {0.0}
    for argument in inner:
        if not argument.has_free(variable):
            continue
        slope = argument.diff(variable)
        curvature = slope.diff(variable)
        if curvature.has_free(variable):
            continue
        try:
            at_zero = {**values, variable: 0.0}
            c, b, a = (float(evaluate(e, at_zero)) for e in (argument, slope, curvature))
        except NotNumericError:
            continue
        if a != 0:
            found.add(-b / a)
            discriminant = b * b - 2 * a * c
            if discriminant > 0:
                found |= {(-b + s * discriminant**0.5) / a for s in (1, -1)}
        elif b != 0:
            found.add(-c / b)
    return {p for p in found if np.isfinite(p)}


_STEPS = np.concatenate([[0.0], np.geomspace(1e-9, 1e6, 76)])


def integrate(
    pdf: sp.Expr, variable: sp.Symbol, lower: float, upper: float, values: Mapping[sp.Symbol, float]
) -> tuple[float, float]:
    """Return the integral of `pdf` over (lower, upper) and its least value on the grid.

    Gauss-Legendre panels graded around every point where the density may peak, bend or jump, and
    around finite ends, so that peaks of any width and square-root edges are seen.
    """
    centres = _centres(pdf, variable, values) | {e for e in (lower, upper) if np.isfinite(e)}
    centres |= {float(v) for v in values.values() if np.ndim(v) == 0 and np.isfinite(v)}
    edges = np.unique(np.concatenate([c + s * _STEPS for c in centres for s in (1.0, -1.0)]))
    left, right = max(lower, -1e6), min(upper, 1e6)
    edges = np.unique(np.concatenate([[left], edges[(edges > left) & (edges < right)], [right]]))
    nodes, weights = np.polynomial.legendre.leggauss(12)
    half = np.diff(edges)[:, None] / 2
    points = (edges[:-1, None] + half) + half * nodes
    height = np.broadcast_to(evaluate(pdf, {**values, variable: points}), points.shape)
    height = np.where((points > lower) & (points < upper), height, 0.0)
    finite = height[np.isfinite(height)]
    return float(np.sum(height * half * weights)), float(np.min(finite)) if finite.size else np.nan


def natural_sum(term: sp.Expr, variable: sp.Symbol, values: Mapping[sp.Symbol, float]) -> tuple[float, float]:
    """Return the sum of `term` over 0, 1, 2, ... and the least term; slow tails are extrapolated."""
    n = np.arange(2.0**17)
    terms = np.broadcast_to(evaluate(term, {**values, variable: n}), n.shape)
    bad = np.flatnonzero(~np.isfinite(terms))
    stop = int(bad[0]) if bad.size else n.size
    partial = np.cumsum(terms[:stop])
    if stop < n.size and (stop == 0 or abs(terms[stop - 1]) > 1e-14):
        exact = {s: sp.Float(v, 30) for s, v in values.items()}
        tail = [float(sp.N(term.xreplace({**exact, variable: sp.Integer(k)}), 15)) for k in range(400)]
        return float(np.sum(tail)), float(min(tail))
    least = float(np.min(terms[:stop]))
    if stop < n.size:
        return float(partial[-1]), least
    a, b, c = (float(partial[k]) for k in (2**15 - 1, 2**16 - 1, 2**17 - 1))
    if c == b or abs(c - b) >= abs(b - a):
        return c, least
    ratio = (c - b) / (b - a)
    return c + (c - b) * ratio / (1 - ratio), least
