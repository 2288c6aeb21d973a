"""Averages in balls: a verified integral over a window and a proved bound of what lies outside.

The variable is t = (x - mean)/sd.  Inside |t| < T the integral is that of Arb, whose error is bounded by the
integrand's size on complex neighbourhoods; outside, the integrand is bounded by its growth (`growth.Bound`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp

from derive.calculus.nodes import GaussianAverage, LabelLaw, LogPartition, MoreauEnvelope, _Binder
from derive.calculus.partition import Partition
from derive.precise.evaluate import Evaluator
from derive.rigor.growth import Bound, constant
from derive.rigor.library import NotProved, NotSupported, flint
from derive.rigor.partitions import PartitionBalls
from derive.rigor.scalars import compile_balls, nowhere
from derive.spec.functions import GaussianTail, Logistic, Softplus, Step

__all__ = ["BallEvaluator"]

Scope = dict[str, Any]

_WIDEST = 400
"""A window beyond which no tail is looked for."""
_UNIT = (sp.tanh, sp.erf, sp.sin, sp.cos, sp.sign, Step, Logistic, GaussianTail)
_TWO = (sp.erfc, sp.atan, sp.asin)


class BallEvaluator(Evaluator):
    """Enclose lists of expressions that share averages; values are complex balls by symbol name.

    `bits` is the accuracy that integrals aim at; how far they come is in the radius.

    Raises
    ------
    NotSupported
        where an expression has a construct without enclosure.
    """

    _compile = staticmethod(compile_balls)

    def __init__(self, partitions: Mapping[str, Any], bits: int):
        super().__init__({})
        self.partitions, self.bits = partitions, bits
        self._balls: dict[str, PartitionBalls] = {}

    def enclose(self, expressions: Sequence[sp.Expr], values: Mapping[str, Any]) -> list[Any]:
        """Real balls that hold the values of the expressions at real arguments.

        Raises
        ------
        NotProved
            where a value is not enclosed: an argument may leave a domain, or an integral does not settle.
        """
        scope = {name: flint.acb(value) for name, value in values.items()}
        found = self._enclosed(self._plan(tuple(expressions)), scope, False)
        for e, value in zip(expressions, found, strict=True):
            if not value.is_finite() or not value.imag.contains(0):
                raise NotProved(f"no enclosure of {_short(e)} over this box")
        return [value.real for value in found]

    def _enclosed(self, plan: Any, values: Scope, analytic: bool) -> list[Any]:
        integrals, jets, scalars = plan
        scope = dict(values)
        for key, orders, arguments in jets:
            self._jet(key, orders, arguments, scope, values, analytic)
        for kind, measure, symbols, bodies, ends in integrals:
            if analytic or kind is not GaussianAverage:
                raise NotSupported(f"{kind.__name__} inside or instead of a Gaussian average has no enclosure here")
            results = self._gaussian(measure, bodies, ends(scope), scope)
            scope |= {symbol.name: value for symbol, value in zip(symbols, results, strict=True)}
        return scalars(scope, analytic)

    def _jet(self, key: tuple, orders: Mapping[int, list], arguments: Any, scope: Scope, values: Scope, analytic: bool):
        found = [] if arguments is None else arguments(values, analytic)
        top, work = max(orders), self._partition_balls(key[1])
        if key[0] == "log":
            table = work.logs(found[0], found[1], found[2:], scope, top)
        else:
            field, variance = scope["_slope"] * scope["ω"], scope["_rest"]
            exponent, mass, ratios = work.parts(field, variance, found, scope, top)
            table = [exponent.exp() * mass * r for r in (1, *ratios)]
        for k, symbols in orders.items():
            scope |= {symbol.name: table[k] for symbol in symbols}

    def _partition_balls(self, name: str) -> PartitionBalls:
        if name not in self._balls:
            found = self.partitions[name]
            if not isinstance(found, Partition):
                raise NotSupported(f"the function {name} has no enclosure here: only log Z in closed form has")
            self._balls[name] = PartitionBalls(found)
        return self._balls[name]

    # ------------------------------------------------------------------------------------ integrals

    def _gaussian(self, measure: tuple, bodies: Sequence[sp.Expr], numbers: list[Any], scope: Scope) -> list[Any]:
        variable, size = measure[0][0], len(measure[0])
        mean, variance = numbers[0], numbers[size]
        plan = self._plan(tuple(bodies))
        if size == 2:
            cross, other = numbers[3], numbers[4]
            slope = flint.acb(0) if cross.is_zero() else cross / variance
            scope = {**scope, "_slope": slope, "_rest": other - cross * slope}
        if variance.is_zero():
            return self._enclosed(plan, {**scope, variable.name: mean}, False)
        if size > 2 or any(b.has(_Binder) for b in bodies):
            raise NotSupported("an average inside of an average has no enclosure here")
        if not variance.real > 0:
            raise NotProved("the variance of an average is not enclosed away from zero")
        sd = variance.sqrt(analytic=True)
        growth = _Growth(self, variable, Bound((abs(mean.real), abs(sd.real))), scope)
        bounds = [growth.size(b) for b in bodies]
        reach, tails = self._reach(bounds)
        norm = (2 * flint.acb.pi()).rsqrt()
        goal = flint.arb(2) ** -self.bits
        kept: dict[tuple[str, bool], list[Any]] = {}

        def row(t: Any, analytic: bool) -> list[Any]:
            key = (t.repr(), analytic)
            if key not in kept:
                found = self._enclosed(plan, {**scope, variable.name: mean + sd * t}, analytic)
                weight = norm * (-t * t / 2).exp()
                kept[key] = [weight * f for f in found]
            return kept[key]

        def column(k: int) -> Callable[[Any, bool], Any]:
            return lambda t, analytic: row(t, analytic)[k]

        results = []
        for k, tail in enumerate(tails):
            value = flint.acb.integral(column(k), -reach, reach, rel_tol=goal, abs_tol=goal)
            results.append(flint.acb(value.real + flint.arb(0, tail)) if value.is_finite() else nowhere())
        return results

    def _reach(self, bounds: Sequence[Bound]) -> tuple[Any, list[Any]]:
        """(T, bounds of the tails), the first window whose tails are below the accuracy that is aimed at."""
        goal = flint.arb(2) ** -self.bits
        reach = int(math.sqrt(1.4 * self.bits)) + 2
        while reach < _WIDEST:
            tails = [b.tail(flint.arb(reach)) for b in bounds]
            if all(tail is not None and tail < goal for tail in tails):
                return flint.acb(reach), tails
            reach += max(1, reach // 8)
        raise NotSupported("an integrand grows too fast for the Gaussian measure to have a tail bound here")


class _Growth:
    """Bounds of the sizes of expressions in one integration variable x = mean + sd t, as functions of |t|."""

    def __init__(self, evaluator: BallEvaluator, variable: sp.Symbol, x: Bound, scope: Scope):
        self.evaluator, self.variable, self.x, self.scope = evaluator, variable, x, scope

    def _number(self, e: sp.Expr) -> Any:
        found = self.evaluator._enclosed(self.evaluator._plan((e,)), self.scope, False)[0]
        if not found.is_finite():
            raise NotProved(f"no enclosure of {_short(e)}")
        return found

    def size(self, e: sp.Expr) -> Bound:
        """A bound of |e|."""
        if isinstance(e, LabelLaw):
            work = self.evaluator._partition_balls(e.args[0].name)
            rest = [self._number(a) for a in e.args[3:]]
            field, variance = self.x * abs(self.scope["_slope"].real), self.scope["_rest"]
            ratio = constant(1) if not e.order else work.growth(e.order, field, variance, rest, self.scope, ratio=True)
            return _exponential(work.upper(field, variance, rest, self.scope)) * ratio
        if not e.has(self.variable, LabelLaw):
            return constant(self._number(e).abs_upper())
        if e == self.variable:
            return self.x
        if isinstance(e, LogPartition) and not isinstance(e, MoreauEnvelope):
            work, x, v, rest = self._log(e)
            return work.growth(e.order, x, v, rest, self.scope)
        if isinstance(e, (sp.Add, sp.Max, sp.Min)):
            return sum((self.size(a) for a in e.args), constant(0))
        if isinstance(e, sp.Mul):
            result = constant(1)
            for a in e.args:
                result = result * self.size(a)
            return result
        if isinstance(e, sp.Pow) and e.exp.is_Rational and e.exp > 0:
            base = self.size(e.base)
            return base ** int(e.exp) if e.exp.is_Integer else (base + constant(1)) ** int(sp.ceiling(e.exp))
        if isinstance(e, sp.Piecewise):
            return sum((self.size(value) for value, _ in e.args), constant(0))
        if isinstance(e, sp.exp):
            return _exponential(self.top(e.args[0]))
        if isinstance(e, (sp.Abs, sp.asinh)):
            return self.size(e.args[0])
        if isinstance(e, Softplus):
            return self.size(e.args[0]) + constant(1)
        if isinstance(e, _UNIT):
            return constant(1)
        if isinstance(e, _TWO):
            return constant(2)
        if isinstance(e, (sp.cosh, sp.sinh)):
            return _exponential(self._quadratic(self.size(e.args[0]), e))
        raise NotSupported(f"the growth of {_short(e)} has no bound here")

    def top(self, e: sp.Expr) -> tuple[Any, Any, Any]:
        """(u0, u1, u2) with e <= u0 + u1 |t| + u2 t^2."""
        polynomial = sp.expand(e).as_poly(self.variable)
        if polynomial is not None and polynomial.degree() <= 2 and not polynomial.has(LogPartition):
            k2, k1, k0 = (self._number(c).real for c in [sp.S.Zero, sp.S.Zero, *polynomial.all_coeffs()][-3:])
            far, sd = (*self.x.coefficients, flint.arb(0))[:2]
            return k0 + abs(k1) * far + abs(k2) * far**2, (abs(k1) + 2 * abs(k2) * far) * sd, k2 * sd**2
        if isinstance(e, sp.Add):
            parts = [self.top(a) for a in e.args]
            return tuple(sum((p[k] for p in parts), flint.arb(0)) for k in range(3))  # type: ignore[return-value]
        if isinstance(e, LogPartition) and not isinstance(e, MoreauEnvelope) and e.order == 0:
            work, x, v, rest = self._log(e)
            return work.upper(x, v, rest, self.scope)
        return self._quadratic(self.size(e), e)

    def _quadratic(self, bound: Bound, e: sp.Expr) -> tuple[Any, Any, Any]:
        if not bound.polynomial or len(bound.coefficients) > 3:
            raise NotSupported(f"the growth of {_short(e)} has no bound here")
        return (*bound.coefficients, flint.arb(0), flint.arb(0))[:3]

    def _log(self, e: LogPartition) -> tuple[PartitionBalls, Bound, Any, list[Any]]:
        x, v, *rest = e.args[3:]
        if any(a.has(self.variable) for a in (v, *rest)):
            raise NotSupported(f"the growth of {_short(e)} has no bound here: its variance or label varies")
        work = self.evaluator._partition_balls(e.args[0].name)
        return work, self.size(x), self._number(v), [self._number(a) for a in rest]


def _exponential(top: tuple[Any, Any, Any]) -> Bound:
    """exp(u0 + u1 |t| + u2 t^2) as a bound; its linear part is not negative."""
    return Bound(constant(top[0].exp()).coefficients, top[1].max(flint.arb(0)), top[2])


def _short(e: sp.Basic) -> str:
    text = str(e)
    return text if len(text) < 80 else f"{text[:77]}..."
