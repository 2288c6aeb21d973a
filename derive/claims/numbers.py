"""Numbers of claimed expressions: double precision with an error that is measured, and mpmath for many digits.

Integrals are sums over panels with Gauss-Legendre nodes; panels end where the integrand bends or turns, which is read
off the arguments of its functions.  Nothing here is shared with the engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import mpmath as mp
import numpy as np
import sympy as sp

from derive.claims.integrals import LineIntegral, binders
from derive.claims.proximal import Prox, bends_of, solve_prox
from derive.spec.evaluate import NotNumericError
from derive.spec.functions import GaussianTail, GaussMean, Logistic, Softplus, Step

__all__ = ["DEPTH", "number", "precise", "rough"]

DEPTH = 3
"""Integrals inside of each other that are computed."""
REACH = 13.0
ORDERS = (12, 18, 26, 36)
"""Nodes of a panel, level by level."""
BENDS = (sp.Abs, sp.sign, Step, sp.Heaviside)
TURNS = (sp.tanh, sp.cosh, GaussianTail, sp.erf, sp.erfc, Logistic, Softplus)


def _numpy_functions() -> dict[type, Callable[..., Any]]:
    from scipy import special

    return {
        sp.exp: np.exp, sp.log: np.log, sp.Abs: np.abs, sp.sign: np.sign, sp.tanh: np.tanh, sp.cosh: np.cosh,
        sp.sinh: np.sinh, sp.sin: np.sin, sp.cos: np.cos, sp.asin: np.arcsin, sp.acos: np.arccos, sp.atan: np.arctan,
        sp.atanh: np.arctanh, sp.erf: special.erf, sp.erfc: special.erfc, sp.erfinv: special.erfinv,
        GaussianTail: lambda x: special.ndtr(-x), Logistic: special.expit, Softplus: lambda x: np.logaddexp(0.0, x),
        Step: lambda x: np.heaviside(x, 0.5), sp.Heaviside: np.heaviside,
        sp.factorial: lambda n: special.gamma(n + 1.0),
    }  # fmt: skip


class _Doubles:
    """Values on arrays, with panels of one order."""

    def __init__(self, level: int):
        self.nodes, self.weights = np.polynomial.legendre.leggauss(ORDERS[level])
        self.functions = _numpy_functions()

    def value(self, e: sp.Basic, scope: Mapping[sp.Symbol, Any]) -> Any:
        """The value of an expression on arrays of one shape."""
        if isinstance(e, sp.Symbol):
            if e not in scope:
                raise NotNumericError(f"{e.name} has no value")
            return scope[e]
        if isinstance(e, sp.Expr) and e.is_number and not e.args:
            try:
                return np.float64(sp.N(e))
            except TypeError:
                raise NotNumericError(f"{e} is no real number") from None
        if isinstance(e, sp.Add):
            return sum((self.value(a, scope) for a in e.args[1:]), self.value(e.args[0], scope))
        if isinstance(e, sp.Mul):
            return self._product(e, scope)
        if isinstance(e, sp.Pow):
            return self._power(e, scope)
        if isinstance(e, (sp.Max, sp.Min)):
            pick = np.maximum if isinstance(e, sp.Max) else np.minimum
            found = self.value(e.args[0], scope)
            for a in e.args[1:]:
                found = pick(found, self.value(a, scope))
            return found
        if isinstance(e, sp.log) and isinstance(e.args[0], GaussianTail):
            from scipy.special import log_ndtr

            return log_ndtr(-self.value(e.args[0].args[0], scope))
        if isinstance(e, sp.log) and isinstance(e.args[0], sp.Add) and e.args[0].has(sp.exp):
            return self._log_of_sum(e.args[0], scope)
        if isinstance(e, (GaussMean, LineIntegral)):
            return self._integral(e, scope)
        if isinstance(e, Prox):
            cost, h, variance, x = e.args
            slope = sp.diff(cost, h)
            return solve_prox(
                lambda at: self.value(slope, {**scope, h: at}), self.value(variance, scope), self.value(x, scope)
            )
        if type(e) in self.functions:
            return self.functions[type(e)](*(self.value(a, scope) for a in e.args))
        raise NotNumericError(f"{type(e).__name__} has no value in a claim")

    def _product(self, e: sp.Mul, scope: Mapping[sp.Symbol, Any]) -> Any:
        """A product; exponentials and tails are joined in the exponent, where neither over- nor underflows."""
        from scipy.special import log_ndtr

        exponent, found, joined = np.float64(0.0), np.float64(1.0), 0
        for a in e.args:
            base, power = a.as_base_exp() if not isinstance(a, sp.exp) else (a, sp.S.One)
            if isinstance(a, sp.exp):
                exponent = exponent + self.value(a.args[0], scope)
                joined += 1
            elif isinstance(base, GaussianTail) and power.is_number:
                exponent = exponent + float(power) * log_ndtr(-self.value(base.args[0], scope))
                joined += 1
            else:
                found = found * self.value(a, scope)
        return found * np.exp(exponent) if joined else found

    def _log_of_sum(self, e: sp.Add, scope: Mapping[sp.Symbol, Any]) -> Any:
        """The logarithm of a sum, with the largest exponential taken out of it."""
        parts = [([f for f in sp.Mul.make_args(a) if isinstance(f, sp.exp)], a) for a in e.args]
        heights = [sum((self.value(f.args[0], scope) for f in found), np.float64(0.0)) for found, _ in parts]
        top = np.maximum(np.maximum.reduce(np.broadcast_arrays(*heights)), 0.0)
        rests = [self.value(a / sp.Mul(*found), scope) for found, a in parts]
        return top + np.log(sum(r * np.exp(h - top) for r, h in zip(rests, heights, strict=True)))

    def _power(self, e: sp.Pow, scope: Mapping[sp.Symbol, Any]) -> Any:
        if isinstance(e.base, GaussianTail) and e.exp.is_number:  # a tail underflows where its quotients do not
            from scipy.special import log_ndtr

            return np.exp(float(e.exp) * log_ndtr(-self.value(e.base.args[0], scope)))
        base = self.value(e.base, scope)
        if e.exp == -1:
            return 1.0 / base
        if e.exp == sp.S.Half:
            return np.sqrt(base)
        if e.exp.is_Integer and abs(e.exp) < 64:
            return np.asarray(base) ** int(e.exp) if e.exp > 0 else 1.0 / np.asarray(base) ** int(-e.exp)
        return np.power(base, self.value(e.exp, scope))

    def _integral(self, e: sp.Expr, scope: Mapping[sp.Symbol, Any]) -> Any:
        body, x = e.args[:2]
        gaussian = isinstance(e, GaussMean)
        shape = np.broadcast_shapes(*(np.shape(v) for v in scope.values()))
        low = np.broadcast_to(-np.inf if gaussian else self.value(e.args[2], scope), shape)
        high = np.broadcast_to(np.inf if gaussian else self.value(e.args[3], scope), shape)
        inner = {s: np.asarray(v)[..., None] for s, v in scope.items()}
        if gaussian:  # with its density, so that what grows is joined with it in the exponent
            body = body * sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)
        for reach in (REACH, 3.0 * REACH, 9.0 * REACH):
            edges = self._edges(body, x, scope, shape, low, high, reach)
            left, half = edges[..., :-1, None], np.diff(edges, axis=-1)[..., None] / 2
            points = (left + half * (self.nodes + 1.0)).reshape(*shape, -1)
            weights = np.broadcast_to(half * self.weights, (*edges[..., 1:].shape, len(self.nodes)))
            weights = weights.reshape(*shape, -1)
            heights = np.broadcast_to(self.value(body, {**inner, x: points}), points.shape)
            masses = np.where(weights > 0.0, heights * weights, 0.0)
            ends = len(self.nodes)
            outside = 0.0
            if np.any(np.isinf(low)):
                outside += np.max(np.sum(np.abs(masses[..., :ends]), axis=-1))
            if np.any(np.isinf(high)):
                outside += np.max(np.sum(np.abs(masses[..., -ends:]), axis=-1))
            if not outside > 1e-15 * np.max(np.sum(np.abs(masses), axis=-1)):
                break
        else:
            raise NotNumericError("an integral does not converge, or far out")
        return np.sum(masses, axis=-1)

    def _edges(self, body, x, scope, shape, low, high, reach):
        """Where panels end: beside bends, turns and peaks, and far out."""
        start = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high, 0.0) - reach)
        stop = np.where(np.isfinite(high), high, np.where(np.isfinite(low), low, 0.0) + reach)
        count = int(2 * reach)
        regular = start[..., None] + (stop - start)[..., None] * np.linspace(0.0, 1.0, count + 1)
        found = [regular]
        for root, width in self._places(body, x, scope):
            offsets = np.array([0.0]) if width is None else np.array([0, 1, 3, 7, 15, -1, -3, -7, -15])
            scale = 1.0 if width is None else np.broadcast_to(width, shape)[..., None]
            found.append(np.broadcast_to(root, shape)[..., None] + offsets * scale)
        edges = np.sort(np.nan_to_num(np.concatenate(found, axis=-1), nan=0.0), axis=-1)
        return np.clip(edges, start[..., None], stop[..., None])

    def _places(self, body, x, scope):
        """(place, width) of what bends (width None), turns or peaks, for linear and quadratic arguments."""
        for argument, kind in _arguments(body, x):
            if argument.has(GaussMean, LineIntegral):
                continue
            slope = sp.diff(argument, x)
            free = (argument.free_symbols | slope.free_symbols) - {x} - set(scope)
            if free:
                continue
            at = {**scope, x: np.float64(0.0)}
            with np.errstate(all="ignore"):
                if not slope.has_free(x):
                    if kind == "peak":
                        continue
                    b, a = self.value(argument, at), self.value(slope, at)
                    root = np.where(a != 0.0, -b / np.where(a != 0.0, a, 1.0), np.nan)
                    yield root, None if kind == "bend" else 1.0 / np.maximum(np.abs(a), 1e-8)
                elif not sp.diff(slope, x).has_free(x):
                    c, b, a = self.value(argument, at), self.value(slope, at), self.value(sp.diff(slope, x), at) / 2
                    if kind == "peak":
                        yield -b / (2 * a), 1.0 / np.sqrt(2.0 * np.maximum(np.abs(a), 1e-8))
                        continue
                    rest = np.sqrt(b * b - 4 * a * c)
                    for sign in (1.0, -1.0):
                        yield (-b + sign * rest) / (2 * a), None


@lru_cache(maxsize=4096)
def _arguments(body: sp.Expr, x: sp.Symbol) -> tuple[tuple[sp.Expr, str], ...]:
    """The arguments of the functions in a body that bend, turn or peak in x."""
    found: dict[sp.Expr, str] = {}
    for node in sp.preorder_traversal(body):
        if isinstance(node, BENDS):
            found[node.args[0]] = "bend"
        elif isinstance(node, (sp.Max, sp.Min)):
            for i, a in enumerate(node.args):
                for b in node.args[i + 1 :]:
                    found[a - b] = "bend"
        elif isinstance(node, TURNS):
            found.setdefault(node.args[0], "turn")
        elif isinstance(node, Prox):
            for place in bends_of(node):
                found[place] = "bend"
        elif isinstance(node, sp.exp):
            found.setdefault(node.args[0], "peak")
    return tuple((b, kind) for a, kind in found.items() for b in _straight(a, x) if b.has_free(x))


def _straight(argument: sp.Expr, x: sp.Symbol) -> list[sp.Expr]:
    """The argument with absolute values in x of either sign: where it bends, it is one of these."""
    outer = next((a for a in argument.atoms(sp.Abs) if a.has_free(x)), None)
    if outer is None:
        return [argument]
    return [b for s in (1, -1) for b in _straight(argument.xreplace({outer: s * outer.args[0]}), x)]


def number(e: sp.Expr, scope: Mapping[str, float], tolerance: float = 1e-12) -> tuple[float, float]:
    """(value, error) of an expression; the error is the change from the rule before the last, and rounding.

    Raises
    ------
    NotNumericError
        for a symbol without value, too many integrals inside of each other, and what is not finite.
    """
    depth = binders(e)
    if depth > DEPTH:
        raise NotNumericError(f"{depth} integrals inside of each other; at most {DEPTH} are computed")
    values = {s: np.float64(scope[s.name]) for s in e.free_symbols if s.name in scope}
    last, error = math.nan, math.inf
    levels = range(len(ORDERS)) if 0 < depth < 3 else range(2) if depth == 3 else range(1)
    with np.errstate(all="ignore"):
        for level in levels:
            found = float(_Doubles(level).value(e, values))
            error = abs(found - last) if level else (0.0 if depth == 0 else math.inf)
            last = found
            if not math.isfinite(found):
                raise NotNumericError("it is not a finite number here")
            if error <= tolerance * max(abs(found), 1e-3):
                break
    return last, error + 1e-15 * abs(last)


def rough(e: sp.Expr, scope: Mapping[str, float]) -> float:
    """The value with few nodes and no error, to sort out what is far from a number."""
    if binders(e) > DEPTH:
        raise NotNumericError("too many integrals inside of each other")
    values = {s: np.float64(scope[s.name]) for s in e.free_symbols if s.name in scope}
    with np.errstate(all="ignore"):
        return float(_Doubles(0).value(e, values))


# --------------------------------------------------------------------------------------------- many digits

_MP: dict[type, Callable[..., Any]] = {
    sp.exp: mp.exp, sp.log: mp.log, sp.Abs: abs, sp.sign: mp.sign, sp.tanh: mp.tanh, sp.cosh: mp.cosh,
    sp.sinh: mp.sinh, sp.sin: mp.sin, sp.cos: mp.cos, sp.asin: mp.asin, sp.acos: mp.acos, sp.atan: mp.atan,
    sp.atanh: mp.atanh, sp.erf: mp.erf, sp.erfc: mp.erfc, sp.erfinv: mp.erfinv, sp.factorial: mp.factorial,
    GaussianTail: lambda x: mp.erfc(x / mp.sqrt(2)) / 2, Logistic: lambda x: 1 / (1 + mp.exp(-x)),
    Softplus: lambda x: mp.log1p(mp.exp(x)), Step: lambda x: (mp.sign(x) + 1) / 2, sp.Max: max, sp.Min: min,
    sp.Heaviside: lambda x, _=0: (mp.sign(x) + 1) / 2,
}  # fmt: skip

Compiled = Callable[[dict[sp.Symbol, Any]], Any]


def _compiled(e: sp.Basic) -> Compiled:
    """A function of the values of the symbols."""
    if isinstance(e, sp.Symbol):
        return lambda scope: scope[e]
    if isinstance(e, sp.Expr) and e.is_number and not e.has(GaussMean, LineIntegral):
        if e.is_infinite:
            infinite = mp.inf if e > 0 else -mp.inf
            return lambda scope: infinite
        digits = mp.mp.dps + 5
        value = mp.mpf(sp.N(e, digits))
        return lambda scope: value
    if isinstance(e, (GaussMean, LineIntegral)):
        return _integrated(e)
    parts = [_compiled(a) for a in e.args]
    if isinstance(e, sp.Add):
        return lambda scope: mp.fsum(p(scope) for p in parts)
    if isinstance(e, sp.Mul):
        return lambda scope: mp.fprod(p(scope) for p in parts)
    if isinstance(e, sp.Pow):
        if e.exp == sp.S.Half:
            return lambda scope: mp.sqrt(parts[0](scope))
        if e.exp.is_Integer:
            power = int(e.exp)
            return lambda scope: parts[0](scope) ** power
        return lambda scope: parts[0](scope) ** parts[1](scope)
    if type(e) not in _MP:
        raise NotNumericError(f"{type(e).__name__} has no value in a claim")
    function = _MP[type(e)]
    return lambda scope: function(*(p(scope) for p in parts))


def _integrated(e: sp.Expr) -> Compiled:
    body, x = e.args[:2]
    inner = _compiled(body)
    gaussian = isinstance(e, GaussMean)
    ends = None if gaussian else (_compiled(e.args[2]), _compiled(e.args[3]))
    linear = []
    for argument, kind in _arguments(body, x):
        slope = sp.diff(argument, x)
        if kind != "peak" and not slope.has_free(x) and not argument.has(GaussMean, LineIntegral):
            linear.append((_compiled(argument.xreplace({x: sp.S.Zero})), _compiled(slope), kind == "bend"))

    def value(scope: dict[sp.Symbol, Any]) -> Any:
        reach = mp.sqrt(2 * (mp.mp.dps + 3) * mp.log(10)) + 1
        low, high = (-reach, reach) if ends is None else (ends[0](scope), ends[1](scope))
        width = reach if gaussian else 5 * reach
        start = low if mp.isfinite(low) else (high if mp.isfinite(high) else mp.mpf(0)) - width
        stop = high if mp.isfinite(high) else (low if mp.isfinite(low) else mp.mpf(0)) + width
        places = {start + (stop - start) * k / 12 for k in range(13)}
        for offset, slope, bends in linear:
            b = slope(scope)
            if b != 0:
                root = -offset(scope) / b
                steps = (0,) if bends else (0, 2, 8, -2, -8)
                places |= {p for k in steps if start < (p := root + k / abs(b)) < stop}

        def height(u: Any) -> Any:
            found = inner({**scope, x: u})
            return found * mp.exp(-u * u / 2) / mp.sqrt(2 * mp.pi) if gaussian else found

        return mp.quad(height, sorted(places), method="gauss-legendre")

    return value


def precise(e: sp.Expr, scope: Mapping[str, Any], digits: int) -> Any:
    """The value in mpmath; at most one integral deep."""
    with mp.workdps(digits + 8):
        return +_compiled(e)({s: mp.mpf(scope[s.name]) for s in e.free_symbols})
