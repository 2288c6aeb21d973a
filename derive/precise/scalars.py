"""Scalar sympy expressions as mpmath closures (no text is evaluated)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import mpmath as mp
import sympy as sp
from sympy.core.relational import Relational
from sympy.core.sympify import _sympify

from derive.calculus.gaussian import Orthant
from derive.calculus.means import replace_outermost
from derive.calculus.strips import Strip, Wide, strip
from derive.errors import LoweringError
from derive.spec.functions import GaussianTail, GaussMean, Logistic, Softplus, Step

__all__ = ["compile_many", "constant"]

Values = dict[str, "mp.mpf"]
Closure = Callable[[Values], "mp.mpf"]


def tail(x: mp.mpf) -> mp.mpf:
    """H(x) = erfc(x/sqrt 2)/2."""
    return mp.erfc(x / mp.sqrt(2)) / 2


def _softplus(x: mp.mpf) -> mp.mpf:
    return x + mp.log1p(mp.exp(-x)) if x > 0 else mp.log1p(mp.exp(x))


def _logistic(x: mp.mpf) -> mp.mpf:
    return 1 / (1 + mp.exp(-x)) if x > 0 else mp.exp(x) / (1 + mp.exp(x))


def orthant(h: mp.mpf, k: mp.mpf, rho: mp.mpf) -> mp.mpf:
    """P(X > h, Y > k): H(h) H(k) plus the integral of the bivariate density over the correlation."""

    def density(r: mp.mpf) -> mp.mpf:
        return mp.exp(-(h * h - 2 * r * h * k + k * k) / (2 * (1 - r * r))) / (2 * mp.pi * mp.sqrt(1 - r * r))

    return tail(h) * tail(k) + mp.quad(density, [0, rho])


_UNARY: dict[type, Callable] = {
    sp.exp: mp.exp,
    sp.log: mp.log,
    sp.Abs: abs,
    sp.sign: mp.sign,
    sp.erf: mp.erf,
    sp.erfc: mp.erfc,
    sp.erfinv: mp.erfinv,
    sp.tanh: mp.tanh,
    sp.sinh: mp.sinh,
    sp.sin: mp.sin,
    sp.cos: mp.cos,
    sp.cosh: mp.cosh,
    sp.asin: mp.asin,
    sp.acos: mp.acos,
    sp.atan: mp.atan,
    sp.asinh: mp.asinh,
    sp.loggamma: mp.loggamma,
    sp.factorial: mp.factorial,
    sp.gamma: mp.gamma,
    sp.floor: mp.floor,
    GaussianTail: tail,
    Logistic: _logistic,
    Softplus: _softplus,
    Step: lambda x: mp.mpf(1) if x > 0 else (mp.mpf(0) if x < 0 else mp.mpf("0.5")),
}
_RELATIONS = {
    sp.Lt: lambda a, b: a < b,
    sp.Le: lambda a, b: a <= b,
    sp.Gt: lambda a, b: a > b,
    sp.Ge: lambda a, b: a >= b,
    sp.Eq: lambda a, b: a == b,
    sp.Ne: lambda a, b: a != b,
}


def constant(e: sp.Expr) -> mp.mpf:
    """A number at the current precision."""
    if isinstance(e, sp.Rational):
        return mp.mpf(e.p) / e.q
    return _closure(e)({})


def _closure(e: sp.Basic) -> Closure:
    if isinstance(e, sp.Symbol):
        name = e.name
        return lambda values: values[name]
    if isinstance(e, sp.Rational):
        p, q = e.p, e.q
        whole = mp.mpf(p)
        return (lambda values: whole) if q == 1 else (lambda values: whole / q)
    if isinstance(e, sp.Float):
        text = str(e)
        return lambda values: mp.mpf(text)
    if e is sp.pi:
        return lambda values: +mp.pi
    if e is sp.E:
        return lambda values: +mp.e
    if e is sp.oo:
        return lambda values: mp.inf
    if e is -sp.oo:
        return lambda values: -mp.inf
    if e is sp.true or e is sp.false:
        truth = bool(e)
        return lambda values: truth
    if isinstance(e, sp.Piecewise):
        branches = [(_closure(c), _closure(v)) for v, c in e.args]

        def piecewise(values: Values) -> mp.mpf:
            for condition, value in branches:
                if condition(values):
                    return value(values)
            return mp.nan

        return piecewise
    parts = [_closure(a) for a in e.args]
    if isinstance(e, sp.Add):

        def add(values: Values) -> mp.mpf:
            total = parts[0](values)
            for p in parts[1:]:
                total = total + p(values)
            return total

        return add
    if isinstance(e, sp.Mul):

        def multiply(values: Values) -> mp.mpf:
            total = parts[0](values)
            for p in parts[1:]:
                total = total * p(values)
            return total

        return multiply
    if isinstance(e, sp.Pow):
        base = parts[0]
        if e.exp == sp.Rational(1, 2):
            return lambda values: mp.sqrt(base(values))
        if e.exp.is_Integer:
            n = int(e.exp)
            return lambda values: base(values) ** n
        power = parts[1]
        return lambda values: mp.power(base(values), power(values))
    if isinstance(e, sp.Max):
        return lambda values: max(p(values) for p in parts)
    if isinstance(e, sp.Min):
        return lambda values: min(p(values) for p in parts)
    if isinstance(e, sp.And):
        return lambda values: all(p(values) for p in parts)
    if isinstance(e, sp.Or):
        return lambda values: any(p(values) for p in parts)
    if isinstance(e, sp.Not):
        return lambda values: not parts[0](values)
    if isinstance(e, Relational):
        compare = _RELATIONS[e.func]
        return lambda values: compare(parts[0](values), parts[1](values))
    if isinstance(e, sp.Mod):
        return lambda values: parts[0](values) - parts[1](values) * mp.floor(parts[0](values) / parts[1](values))
    if isinstance(e, Orthant):
        return lambda values: orthant(*[p(values) for p in parts])
    if isinstance(e, (Strip, Wide)):

        def moment(values: Values) -> mp.mpf:
            found = [p(values) for p in parts]
            s, t = found[3:] if len(found) == 5 else (None, None)
            return strip(mp, found[0], found[1], found[2], s, t, wide=isinstance(e, Wide))

        return moment
    if e.func in _UNARY:
        function, argument = _UNARY[e.func], parts[0]
        return lambda values: function(argument(values))
    raise LoweringError(f"no mpmath form for {type(e).__name__}: {e}")


def _mean(mean: GaussMean) -> Closure:
    """E f(x), x ~ N(0, 1), kept for the last precision and values of its parameters."""
    free = sorted(s.name for s in mean.free_symbols)
    symbols = {s.name: s for s in mean.free_symbols}
    kept: dict[tuple, mp.mpf] = {}

    def value(values: Values) -> mp.mpf:
        key = (mp.mp.prec, *[values[name] for name in free])
        if key not in kept:
            given = {symbols[name]: sp.Float._new(mp.mpf(values[name])._mpf_, mp.mp.prec + 20) for name in free}
            number = sp.N(mean.xreplace(given), mp.mp.dps + 5)
            kept.clear()
            kept[key] = mp.mpf(number._mpf_)
        return kept[key]

    return value


def compile_many(expressions: Sequence[sp.Expr]) -> Callable[[Values], list[mp.mpf]]:
    """Compile several expressions with shared subexpressions; names are symbol names."""
    names = (sp.Symbol(f"_shared{i}") for i in range(10**6))
    means: dict[GaussMean, sp.Symbol] = {}
    plain = [
        replace_outermost(e, GaussMean, lambda mean: means.setdefault(mean, sp.Symbol(f"_mean{len(means)}")))
        for e in map(_sympify, expressions)
    ]
    shared, reduced = sp.cse(plain, symbols=names)
    lets = [(symbol.name, _mean(mean)) for mean, symbol in means.items()]
    lets += [(s.name, _closure(e)) for s, e in shared]
    results = [_closure(e) for e in reduced]

    def run(values: Values) -> list[mp.mpf]:
        scope = dict(values)
        for name, closure in lets:
            scope[name] = closure(scope)
        return [r(scope) for r in results]

    return run
