r"""Closed averages at zero temperature, as one reads them: one integral per interval, common factors in front.

What is computed is a sum of moments of strips, in a form for narrow and one for wide intervals.  Both are the same
integral of a polynomial over an interval, and this is what is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy as sp

from derive.calculus.gaussian import Orthant
from derive.calculus.nodes import DensityAverage, expand
from derive.calculus.strips import Strip, Wide
from derive.report.polish import BINDERS, NODES, polish, signed, tidy
from derive.report.shown import IntervalMean
from derive.spec.functions import GaussianTail

__all__ = ["abbreviate", "closed_form"]

VARIABLE = sp.Symbol("θ", real=True)
SPECIAL = (GaussianTail, Orthant, Strip, Wide, IntervalMean, sp.exp, sp.log, sp.erf, sp.erfc)


def abbreviate(expression: sp.Basic, names: Mapping[sp.Symbol, sp.Expr]) -> sp.Basic:
    """Write roots of a multiple of an expression by its name: sqrt(q*rho - m^2) is sqrt(q)*s with s^2 = rho - m^2/q.

    `names` maps symbols to what their squares are.
    """
    found: dict[sp.Basic, sp.Expr] = {}
    inside = set().union(*[e.args[0].atoms(sp.Pow) for e in expression.atoms(sp.exp)])
    roots = {p for p in expression.atoms(sp.Pow) if p.exp.is_Rational and not p.exp.is_Integer}
    for power in roots | {p for p in inside if p.exp.is_negative}:
        if not power.exp.is_Rational or not power.base.has(sp.Add):
            continue
        for symbol, square in names.items():
            if not square.free_symbols <= power.base.free_symbols:
                continue
            ratios = [(k, sp.cancel(power.base / square**k)) for k in (1, -1)]
            fit = [
                (k, r) for k, r in ratios if len(r.free_symbols) < len(power.base.free_symbols) and not r.has(sp.Add)
            ]
            if fit:
                k, ratio = fit[0]
                found[power] = symbol ** (2 * k * power.exp) * ratio**power.exp
                break
    return expression.xreplace(found)


def _idle(expression: sp.Expr) -> sp.Expr:
    """Leave out averages over a density on which nothing depends."""
    found = {n: n.body for n in expression.atoms(DensityAverage) if not n.body.free_symbols & set(n.bound_symbols)}
    return expression.xreplace(found)


def closed_form(
    expression: sp.Expr, hats: frozenset[sp.Symbol] = frozenset(), squares: Mapping[sp.Symbol, sp.Expr] | None = None
) -> sp.Expr:
    """Return an equal expression, polished, with closed averages gathered.

    Terms without conjugates (`hats`: channels), in conjugates (sites) and in both stay apart.  `squares` are those of
    `abbreviate`.
    """
    squares = squares or {}
    if not isinstance(expression, sp.Expr):
        return expression
    expression = _idle(expression)
    if not expression.has(*NODES):
        return _gather(expression, hats, squares)
    if isinstance(expression, sp.Add):
        averaged = [t for t in expression.args if t.has(*NODES)]
        closed = sp.Add(*[t for t in expression.args if not t.has(*NODES)])
        return sp.Add(*[closed_form(t, hats, squares) for t in averaged], _gather(closed, hats, squares))
    if expression.has(Strip, Wide):
        inside = [node for node in expression.args if node.has(Strip, Wide) and isinstance(node, BINDERS)]
        for node in inside if isinstance(expression, sp.Mul) else ():
            expression = expression.xreplace({node: closed_form(node, hats, squares)})
        if isinstance(expression, BINDERS):
            return expression.func(closed_form(expression.body, hats, squares), *expression.args[1:])
        return expression
    return polish(expression)


def _one_form(expression: sp.Expr) -> sp.Expr:
    """Choose the polynomial in the field itself where an average has a narrow and a wide form."""
    found = {}
    for node in expression.atoms(sp.Piecewise):
        values = [value for value, _ in node.args]
        if len(values) == 2 and values[0].has(Strip) and values[1].has(Wide):
            found[node] = values[1]
    return expression.xreplace(found)


def _gather(expression: sp.Expr, hats: frozenset[sp.Symbol], squares: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """Collect a sum of products of special functions with algebraic coefficients."""
    if not expression.has(*SPECIAL) and not expression.free_symbols & hats:
        return polish(expression)
    overlaps = {s.name.removesuffix("_hat") for s in hats}
    parts: dict[tuple[bool, bool], _Part] = {}
    for term in sp.Add.make_args(_one_form(expression)):
        names = {s.name for s in term.free_symbols}
        part = parts.setdefault((bool(term.free_symbols & hats), bool(names & overlaps)), _Part(squares))
        if term.has(*SPECIAL):
            for single in sp.Add.make_args(expand(term)):
                part.add(single)
        else:
            part.plain.append(term)
    return sp.Add(*[part.total(join=kind != (True, True)) for kind, part in parts.items()])


class _Part:
    """Terms by their special functions, and the integrands of intervals."""

    def __init__(self, squares: Mapping[sp.Symbol, sp.Expr]) -> None:
        self.squares = squares
        self.plain: list[sp.Expr] = []
        self.coefficients: dict[sp.Expr, sp.Expr] = {}
        self.integrands: dict[tuple, sp.Expr] = {}

    def add(self, term: sp.Expr) -> None:
        """Add a term."""
        special = [f for f in sp.Mul.make_args(term) if f.has(*SPECIAL)]
        if not special:
            self.plain.append(term)
            return
        coefficient = sp.Mul(*[f for f in sp.Mul.make_args(term) if f not in special])
        windows = [f for f in special if isinstance(f, (Strip, Wide))]
        others = sp.Mul(*[self._arguments(f) for f in special if f not in windows])
        if len(windows) != 1:
            self._add(sp.Mul(others, *windows), coefficient)
            return
        k, lower, width, *tail = windows[0].args
        power = VARIABLE**k if isinstance(windows[0], Wide) else ((VARIABLE - lower) / width) ** k
        place = (others, tidy(lower), tidy(lower + width), *map(tidy, tail))
        self.integrands[place] = self.integrands.get(place, sp.S.Zero) + coefficient * power

    def _add(self, key: sp.Expr, coefficient: sp.Expr) -> None:
        self.coefficients[key] = self.coefficients.get(key, sp.S.Zero) + coefficient

    def _shortest(self, expression: sp.Expr, change: Callable[[sp.Expr], sp.Expr], near: sp.Expr = sp.S.One) -> sp.Expr:
        """The shorter of an expression and of what it is by the relations of the abbreviations in it or near it."""
        forms = [change(expression)]
        for name, square in self.squares.items():
            if name not in expression.free_symbols | near.free_symbols or not square.is_Add:
                continue
            linear = [s for s in sorted(square.free_symbols, key=str) if square.diff(s).is_number]
            if any(p.base in square.free_symbols for p in square.atoms(sp.Pow)):
                ((x, power),) = [(p, p) for p in square.atoms(sp.Pow) if p.exp == 2][:1]
                forms.append(change(expression.xreplace({x: sp.solve(square - name**2, power)[0]})))
            elif linear:
                forms.append(change(expression.xreplace({linear[0]: sp.solve(square - name**2, linear[0])[0]})))
        return min(forms, key=sp.count_ops)

    def _arguments(self, function: sp.Expr) -> sp.Expr:
        """A special factor with tidy arguments."""
        if isinstance(function, sp.Pow):
            return sp.Pow(self._arguments(function.base), function.exp)
        return function.func(*[_turned(self._shortest(a, tidy)) for a in function.args])

    def _algebra(self, join: bool) -> sp.Expr:
        """The plain terms: on one denominator, unless that is long or they are to stay apart."""
        joined = polish(sp.Add(*self.plain))
        if join and (len(self.plain) < 2 or joined.count_ops() < 30):
            return joined
        return sp.Add(*[sp.factor(t) if t.is_rational_function() else polish(t) for t in self.plain])

    def total(self, join: bool = True) -> sp.Expr:
        """The sum, with what all its special terms have in common in front."""
        terms: list[tuple[sp.Expr, sp.Expr]] = []
        for (others, lower, upper, *tail), integrand in self.integrands.items():
            sign, product = signed(_forward(self._shortest(integrand, _factored)))
            outside, inside = product.as_independent(VARIABLE, as_Add=False)
            if not tail and inside == 1:
                self._add(others * GaussianTail(lower), sign * outside)
                self._add(others * GaussianTail(upper), -sign * outside)
                continue
            if tail:
                inside *= GaussianTail(tidy(tail[0] * VARIABLE + tail[1]))
            key = others * IntervalMean(inside, VARIABLE, lower, upper)
            terms.append((self._shortest(sign * outside, _coefficient, key), key))
        terms = [(self._shortest(c, _coefficient, key), key) for key, c in self.coefficients.items()] + terms
        terms = [(c, key) for c, key in terms if c != 0]
        common = _common([c for c, _ in terms])
        if len(terms) < 2 or common.is_Rational:
            return sp.Add(self._algebra(join), *[c * key for c, key in terms])
        inside = sp.Add(*[sp.Mul(c / common, key, evaluate=not isinstance(c / common, sp.Add)) for c, key in terms])
        return sp.Add(self._algebra(join), sp.Mul(*sp.Mul.make_args(common), inside, evaluate=False))


def _coefficient(expression: sp.Expr) -> sp.Expr:
    return sp.factor_terms(tidy(expression))


def _turned(argument: sp.Expr) -> sp.Expr:
    """The argument of a function with the bases of its squares turned to one side."""
    found = {}
    for power in argument.atoms(sp.Pow):
        if power.base.is_Add and power.exp.is_even:
            base = sp.factor_terms(power.base)
            found[power] = (-base if base.could_extract_minus_sign() else base) ** power.exp
    return sp.Mul(*signed(argument.xreplace(found)))


def _forward(product: sp.Expr) -> sp.Expr:
    """Turn every factor of a polynomial so that it is positive at zero: (t s - 1)(t - a) is (1 - t s)(a - t)."""
    factors = []
    for factor in sp.Mul.make_args(product):
        base, power = factor.as_base_exp()
        turn = base.is_Add and power.is_Integer and base.xreplace({VARIABLE: sp.S.Zero}).could_extract_minus_sign()
        factors.append(sp.Mul((-1) ** power, (-base) ** power, evaluate=False) if turn else factor)
    return sp.Mul(*[f for g in factors for f in sp.Mul.make_args(g)])


def _factored(expression: sp.Expr) -> sp.Expr:
    """Factor over the square roots that occur: 1 - 2 sqrt(q) t + q t^2 is a square."""
    half = sp.Rational(1, 2)
    roots = {p.base for p in expression.atoms(sp.Pow) if p.base.is_Symbol and p.exp.is_Rational and p.exp.q == 2}
    names = {base: sp.Dummy(base.name, positive=True) for base in roots}
    there = expression.xreplace({base: name**2 for base, name in names.items()})
    return sp.factor(there).xreplace({name: base**half for base, name in names.items()})


def _common(coefficients: list[sp.Expr]) -> sp.Expr:
    """What every coefficient has as a factor, with a sign if all of them have it."""
    if not coefficients:
        return sp.S.One
    numbers, powers = zip(*[(n, r.as_powers_dict()) for n, r in (c.as_coeff_Mul() for c in coefficients)], strict=True)
    common = sp.gcd_list([abs(n) for n in numbers]) if all(n.is_Rational for n in numbers) else sp.S.One
    common *= -1 if all(n.is_negative for n in numbers) else 1
    for base in sorted(powers[0], key=sp.default_sort_key):
        exponents = [p.get(base, sp.S.Zero) for p in powers]
        if all(e.is_positive for e in exponents):
            common *= base ** min(exponents)
        elif all(e.is_negative for e in exponents):
            common *= base ** max(exponents)
    return common
