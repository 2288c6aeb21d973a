"""Scalar sympy expressions in complex balls: each closure encloses all values over the balls of its symbols.

With `analytic` the closure returns a non-finite ball where the function is not analytic on the whole ball, which is
what an integral over complex neighbourhoods asks for.  Logarithms and roots always do: their cuts lie outside of the
domain.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.core.sympify import _sympify

from derive.rigor.library import NotSupported, flint
from derive.spec.functions import GaussianTail, Logistic, Softplus, Step

__all__ = ["Scope", "compile_balls", "half_tail", "nowhere"]

Scope = Mapping[str, Any]
Closure = Callable[[Scope, bool], Any]


def nowhere() -> Any:
    """A ball that says nothing."""
    return flint.acb(flint.arb.nan(), flint.arb.nan())


def half_tail(x: Any) -> Any:
    """H(x) = erfc(x/sqrt 2)/2."""
    return (x / flint.acb(2).sqrt()).erfc() / 2


def _inside(x: Any, bound: Any) -> bool:
    """Whether |x| < bound on the whole ball."""
    return bool(abs(x) < bound)


def _real_only(method: str, low: int, high: int) -> Callable[[Any, bool], Any]:
    """A function of an open real interval, enclosed at real arguments alone."""

    def apply(x: Any, analytic: bool) -> Any:
        if analytic or not x.imag.is_zero() or not (x.real > low and x.real < high):
            return nowhere()
        return flint.acb(getattr(x.real, method)())

    return apply


def _within_one(x: Any, method: str) -> Any:
    """Functions whose cuts begin at 1, -1, i or -i."""
    return getattr(x, method)() if _inside(x, 1) else nowhere()


def _logistic(x: Any) -> Any:
    return 1 / (1 + (-x).exp()) if x.real.mid() > 0 else x.exp() / (1 + x.exp())


def _softplus(x: Any) -> Any:
    if x.real.mid() > 0:
        return x + (1 + (-x).exp()).log(analytic=True)
    return (1 + x.exp()).log(analytic=True)


def _sqrt(x: Any) -> Any:
    return x if x.is_zero() else x.sqrt(analytic=True)


_UNARY: dict[type, Callable[[Any, bool], Any]] = {
    sp.exp: lambda x, _: x.exp(),
    sp.log: lambda x, _: x.log(analytic=True),
    sp.Abs: lambda x, analytic: x.real_abs(analytic=analytic),
    sp.sign: lambda x, analytic: x.real_sgn(analytic=analytic),
    sp.erf: lambda x, _: x.erf(),
    sp.erfc: lambda x, _: x.erfc(),
    sp.erfinv: _real_only("erfinv", -1, 1),
    sp.tanh: lambda x, _: x.tanh(),
    sp.sinh: lambda x, _: x.sinh(),
    sp.cosh: lambda x, _: x.cosh(),
    sp.sin: lambda x, _: x.sin(),
    sp.cos: lambda x, _: x.cos(),
    sp.asin: lambda x, _: _within_one(x, "asin"),
    sp.acos: lambda x, _: _within_one(x, "acos"),
    sp.atan: lambda x, _: x.atan() if _inside(x.imag, 1) else nowhere(),
    sp.asinh: lambda x, _: x.asinh() if _inside(x.imag, 1) else nowhere(),
    sp.gamma: lambda x, _: x.gamma(),
    sp.factorial: lambda x, _: (x + 1).gamma(),
    sp.loggamma: lambda x, _: x.lgamma() if x.real > 0 else nowhere(),
    GaussianTail: lambda x, _: half_tail(x),
    Logistic: lambda x, _: _logistic(x),
    Softplus: lambda x, _: _softplus(x),
    Step: lambda x, analytic: x.real_heaviside(analytic=analytic),
}
_CONSTANTS = {sp.pi: lambda: flint.arb.pi(), sp.E: lambda: flint.arb.const_e()}
_RELATIONS: dict[type, Callable[[Any, Any], bool | None]] = {
    sp.Lt: lambda a, b: _decide(a < b, a >= b),
    sp.Le: lambda a, b: _decide(a <= b, a > b),
    sp.Gt: lambda a, b: _decide(a > b, a <= b),
    sp.Ge: lambda a, b: _decide(a >= b, a < b),
}


def _decide(yes: bool, no: bool) -> bool | None:
    """The truth of a statement over a ball; None if some points say yes and others may say no."""
    return True if yes else (False if no else None)


def _condition(e: sp.Basic) -> Callable[[Scope, bool], bool | None]:
    if e in (sp.true, sp.false):
        truth = bool(e)
        return lambda scope, analytic: truth
    if isinstance(e, Relational) and e.func in _RELATIONS:
        compare, (left, right) = _RELATIONS[e.func], (_closure(a) for a in e.args)
        return lambda scope, analytic: compare(left(scope, analytic).real, right(scope, analytic).real)
    if isinstance(e, (sp.And, sp.Or, sp.Not)):
        parts, kind = [_condition(a) for a in e.args], type(e)

        def combined(scope: Scope, analytic: bool) -> bool | None:
            found = [p(scope, analytic) for p in parts]
            if kind is sp.Not:
                return None if found[0] is None else not found[0]
            decisive = kind is sp.Or
            if decisive in found:
                return decisive
            return None if None in found else not decisive

        return combined
    raise NotSupported(f"the condition {e} has no enclosure here")


def _piecewise(e: sp.Piecewise) -> Closure:
    branches = [(_condition(c), _closure(v)) for v, c in e.args]

    def choose(scope: Scope, analytic: bool) -> Any:
        hull = None
        for condition, value in branches:
            truth = condition(scope, analytic)
            if truth is False:
                continue
            if truth is None and analytic:
                return nowhere()
            found = value(scope, analytic)
            hull = found if hull is None else hull.union(found)
            if truth:
                return hull
        return nowhere()

    return choose


def _closure(e: sp.Basic) -> Closure:
    if isinstance(e, sp.Symbol):
        name = e.name
        return lambda scope, analytic: scope[name]
    if isinstance(e, sp.Rational):
        number = flint.fmpq(int(e.p), int(e.q))
        return lambda scope, analytic: flint.acb(number)
    if isinstance(e, sp.Float):
        text = str(e)  # as mpmath reads it: a decimal number
        return lambda scope, analytic: flint.acb(flint.arb(text))
    if e in _CONSTANTS:
        constant = _CONSTANTS[e]
        return lambda scope, analytic: flint.acb(constant())
    if isinstance(e, sp.Piecewise):
        return _piecewise(e)
    if isinstance(e, sp.Pow):
        return _power(e)
    if isinstance(e, (sp.Add, sp.Mul, sp.Max, sp.Min)):
        parts, kind = [_closure(a) for a in e.args], type(e)

        def fold(scope: Scope, analytic: bool) -> Any:
            total = parts[0](scope, analytic)
            for p in parts[1:]:
                other = p(scope, analytic)
                if kind is sp.Add:
                    total = total + other
                elif kind is sp.Mul:
                    total = total * other
                elif kind is sp.Max:
                    total = total.real_max(other, analytic=analytic)
                else:
                    total = total.real_min(other, analytic=analytic)
            return total

        return fold
    if e.func in _UNARY and len(e.args) == 1:
        function, argument = _UNARY[e.func], _closure(e.args[0])
        return lambda scope, analytic: function(argument(scope, analytic), analytic)
    raise NotSupported(f"{type(e).__name__} has no enclosure here: {e}")


def _power(e: sp.Pow) -> Closure:
    base = _closure(e.base)
    if e.exp.is_Integer:
        n = int(e.exp)
        return lambda scope, analytic: base(scope, analytic) ** n
    if e.exp in (sp.Rational(1, 2), sp.Rational(-1, 2)):
        if e.exp > 0:
            return lambda scope, analytic: _sqrt(base(scope, analytic))
        return lambda scope, analytic: 1 / base(scope, analytic).sqrt(analytic=True)
    power = _closure(e.exp)
    return lambda scope, analytic: base(scope, analytic).pow(power(scope, analytic), analytic=True)


def compile_balls(expressions: Sequence[sp.Expr]) -> Callable[..., list[Any]]:
    """Compile several expressions: run(scope, analytic=False) -> balls; names are symbol names.

    Raises
    ------
    NotSupported
        with the construct that has no enclosure.

    >>> x = sp.Symbol("x")
    >>> compile_balls([x**2])({"x": flint.acb(3)})[0] == 9
    True
    """
    names = (sp.Symbol(f"_shared{i}") for i in itertools.count())
    shared, reduced = sp.cse([_sympify(e) for e in expressions], symbols=names)
    lets = [(s.name, _closure(e)) for s, e in shared]
    results = [_closure(e) for e in reduced]

    def run(scope: Scope, analytic: bool = False) -> list[Any]:
        known = dict(scope)
        for name, closure in lets:
            known[name] = closure(known, analytic)
        return [r(known, analytic) for r in results]

    return run
