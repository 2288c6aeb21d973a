"""Small rewritings that change how an expression reads, never what it is.

Coefficients are collected and put in front of averages, logarithms of constants joined, exponentials paired
into hyperbolic cosines, tails reflected, fractions brought to one denominator.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from derive.calculus.gaussian import Orthant
from derive.calculus.nodes import (
    DensityAverage,
    GaussianAverage,
    LabelIntegral,
    LabelLaw,
    LabelSum,
    LogPartition,
)
from derive.calculus.rows import RowAverage
from derive.report.shown import IntervalMean
from derive.spec.functions import GaussianTail

__all__ = ["BINDERS", "NODES", "is_negative", "is_sum", "polish", "signed", "split_product", "tidy"]

BINDERS = (GaussianAverage, LabelIntegral, LabelSum, DensityAverage, RowAverage, IntervalMean)
NODES = (*BINDERS, LogPartition, LabelLaw)


def polish(expression: sp.Basic) -> sp.Basic:
    """Return an equal expression that reads better."""
    if isinstance(expression, BINDERS):
        return _binder(expression)
    if isinstance(expression, (LogPartition, LabelLaw)) or not expression.args:
        if isinstance(expression, LogPartition):
            return expression.func(*expression.args[:3], *[tidy(a) for a in expression.args[3:]])
        return expression
    if not isinstance(expression, sp.Expr):
        return expression
    if not expression.has(*NODES):
        return _plain(expression)
    if isinstance(expression, sp.Add):
        total = sp.Add(*[polish(a) for a in expression.args])
        return _join_plain(total)
    result = expression.func(*[polish(a) for a in expression.args])
    sums = [f for f in sp.Mul.make_args(result) if isinstance(f, sp.Add) and f.has(*NODES)]
    if isinstance(result, sp.Mul) and len(sums) == 1:
        factor, terms = sp.Mul(*[f for f in result.args if f is not sums[0]]), sums[0].args
        plain = sp.Add(*[t for t in terms if not t.has(*NODES)])
        return sp.Add(factor * plain, *[polish(factor * t) for t in terms if t.has(*NODES)])
    return _fraction_inside(result) if isinstance(result, sp.Mul) else result


def _fraction_inside(product: sp.Expr) -> sp.Expr:
    """Write E[(1 - m) a + (1 + m) b]/2 with probabilities (1 -+ m)/2 in front of a and b."""
    number, rest = product.as_coeff_Mul()
    nodes = [f for f in sp.Mul.make_args(rest) if isinstance(f, BINDERS)]
    if len(nodes) != 1 or number.q == 1:
        return product
    terms = sp.Add.make_args(nodes[0].body)
    if len(terms) < 2 or any(t.as_independent(*NODES)[0].is_number for t in terms):
        return product
    share = sp.Rational(1, number.q)
    body = sp.Add(*[sp.Mul(share, *sp.Mul.make_args(t), evaluate=False) for t in terms])
    return number.p * rest.xreplace({nodes[0]: nodes[0].func(body, *nodes[0].args[1:])})


def _join_plain(total: sp.Expr) -> sp.Expr:
    """Polish the part of a sum that holds no node."""
    terms = sp.Add.make_args(total)
    plain = sp.Add(*[t for t in terms if not t.has(*NODES)])
    return sp.Add(_plain(plain), *[t for t in terms if t.has(*NODES)]) if plain != 0 else total


def _size(expression: sp.Basic) -> tuple[int, int]:
    leaves = sum(1 for node in sp.preorder_traversal(expression) if not node.args)
    return (int(expression.count_ops()), leaves)


@lru_cache(maxsize=4096)
def tidy(expression: sp.Expr) -> sp.Expr:
    """The shortest of a few equal forms of an algebraic expression."""
    if not isinstance(expression, sp.Expr) or expression.is_Atom or expression.count_ops() > 120:
        return expression
    forms = [expression, sp.factor_terms(expression)]
    if not expression.has(sp.Function, sp.Piecewise):
        together = sp.factor_terms(sp.together(expression))
        forms += [sp.expand(expression), together, sp.cancel(expression), _factor(expression)]
    return min(forms, key=_size)


def _factor(expression: sp.Expr) -> sp.Expr:
    try:
        return sp.factor(expression)
    except (sp.PolynomialError, NotImplementedError):
        return expression


def _plain(expression: sp.Expr) -> sp.Expr:
    """Polish an expression of functions and symbols."""
    if isinstance(expression, sp.exp):
        return sp.exp(tidy(expression.args[0]))
    if isinstance(expression, (GaussianTail, Orthant, sp.log)):
        return expression.func(*[tidy(a) for a in expression.args])
    if isinstance(expression, (sp.Add, sp.Mul)):
        inner = expression.func(*[_plain(a) for a in expression.args])
        if isinstance(inner, sp.Add):
            inner = _join_logs(_pair_exponentials(_reflect_tails(inner)))
            algebraic = [t for t in sp.Add.make_args(inner) if not t.has(sp.Function, sp.Piecewise)]
            rest = [t for t in sp.Add.make_args(inner) if t not in algebraic]
            return sp.Add(tidy(sp.Add(*algebraic)), *rest)
        return inner if inner.has(sp.Function, sp.Piecewise) else tidy(inner)
    if isinstance(expression, sp.Pow):
        return expression.func(*[_plain(a) for a in expression.args])
    return expression


def _reflect_tails(total: sp.Expr) -> sp.Expr:
    """Write c - c H(x) as c H(-x)."""
    for term in sp.Add.make_args(total):
        coefficient, tail = term.as_independent(GaussianTail)
        if isinstance(tail, GaussianTail) and coefficient.could_extract_minus_sign():
            rest = total - term
            if -coefficient in sp.Add.make_args(rest):
                rest = rest + coefficient - coefficient * GaussianTail(tidy(-tail.args[0]))
                return _reflect_tails(rest)
    return total


def _pair_exponentials(total: sp.Expr) -> sp.Expr:
    """Write c exp(a + b) + c exp(a - b) as 2 c exp(a) cosh(b)."""
    terms = list(sp.Add.make_args(total))
    result: list[sp.Expr] = []
    while terms:
        first = terms.pop(0)
        mine, exponential = first.as_independent(sp.exp)
        for other in terms if isinstance(exponential, sp.exp) else ():
            theirs, partner = other.as_independent(sp.exp)
            if mine == theirs and isinstance(partner, sp.exp):
                mean = sp.expand(exponential.args[0] + partner.args[0]) / 2
                half = sp.expand(exponential.args[0] - partner.args[0]) / 2
                if not mean.free_symbols & half.free_symbols:
                    half = -half if half.could_extract_minus_sign() else half
                    result.append(2 * mine * sp.exp(mean) * sp.cosh(half))
                    terms.remove(other)
                    break
        else:
            result.append(first)
    return sp.Add(*result)


def _join_logs(total: sp.Expr) -> sp.Expr:
    """Write c log(a) + c log(b) as c log(a b) where one of them is the logarithm of a number."""
    groups: dict[sp.Expr, list[sp.Expr]] = {}
    rest: list[sp.Expr] = []
    for term in sp.Add.make_args(total):
        coefficient, logarithm = term.as_independent(sp.log)
        if isinstance(logarithm, sp.log):
            groups.setdefault(coefficient, []).append(logarithm.args[0])
        else:
            rest.append(term)
    for coefficient, arguments in groups.items():
        numbers = [a for a in arguments if a.is_number]
        others = [a for a in arguments if not a.is_number]
        if numbers and len(others) <= 1:
            product = sp.Mul(*numbers, *others, evaluate=len(others) == 0)
            rest.append(coefficient * sp.log(product, evaluate=False))
        else:
            rest += [coefficient * sp.log(a) for a in arguments]
    return sp.Add(*rest)


# ------------------------------------------------------------------------------------------- averages


def _binder(node: sp.Expr) -> sp.Expr:
    """Collect the coefficients of an average's body and pull out what is common."""
    arguments = [sp.Tuple(*[tidy(a) for a in x]) if isinstance(x, sp.Tuple) else x for x in node.args[1:]]
    outer, terms = _collected(polish(node.body), set(node.bound_symbols))
    body = sp.Add(*[sp.Mul(*sp.Mul.make_args(c), f, evaluate=False) if c != 1 else f for c, f in terms])
    return outer * node.func(body, *arguments)


def _collected(body: sp.Expr, bound: set[sp.Symbol]) -> tuple[sp.Expr, list[tuple[sp.Expr, sp.Expr]]]:
    """Return (common factor, [(coefficient, node product)]) of a body."""
    groups: dict[sp.Expr, list[sp.Expr]] = {}
    for term in sp.Add.make_args(body):
        inside: list[sp.Expr] = []
        outside: list[sp.Expr] = []
        for factor in sp.Mul.make_args(term):
            (inside if factor.has(*NODES) or factor.free_symbols & bound else outside).append(factor)
        groups.setdefault(sp.Mul(*inside), []).append(sp.Mul(*outside))
    terms = [(signed(_factor(sp.Add(*c))), f) for f, c in groups.items()]
    if len(terms) == 1:
        return sp.Mul(*terms[0][0]), [(sp.S.One, terms[0][1])]
    common = sp.S.Zero
    for (sign, coefficient), _ in terms:
        common = sp.gcd(common, sign * coefficient)
    if common == 0 or common.is_number:
        common = sp.S.One
    shares = [(signed(_factor(sp.cancel(sign * c / common))), f) for (sign, c), f in terms]
    if all(sign < 0 for (sign, _), _ in shares):
        common, shares = -common, [((-sign, c), f) for (sign, c), f in shares]
    return tidy(common), [(c if sign == 1 else sp.Mul(sign, c, evaluate=False), f) for (sign, c), f in shares]


def signed(factored: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Take a sign out so that sums have positive constant terms: (1 - m)(m - 1) -> (-1, (1 - m)^2)."""
    sign, factors = sp.S.One, []
    for factor in sp.Mul.make_args(factored):
        base, power = factor.as_base_exp()
        negative = base.as_coeff_Add()[0].is_negative if isinstance(base, sp.Add) else base.is_negative
        if negative and power.is_Integer:
            base, sign = -base, sign * (-1) ** power
        factors.append(base**power)
    return sign, sp.Mul(*factors)


# ------------------------------------------------------------------------------------------- products


def _reads_negative(total: sp.Expr) -> bool:
    """Whether a sum reads better with its sign changed: all terms negative, or q - 1."""
    signs = [term.could_extract_minus_sign() for term in sp.Add.make_args(total)]
    return all(signs) or bool(total.as_coeff_Add()[0].is_negative and len(signs) == 2)


def is_negative(term: sp.Expr) -> bool:
    """Whether a term prints with a minus sign in front."""
    return split_product(term)[0] if isinstance(term, sp.Mul) else bool(term.is_Rational and term < 0)


def is_sum(term: sp.Expr) -> bool:
    """Whether a term prints as a bare sum: one, or a product whose numbers go into the only sum."""
    if not isinstance(term, sp.Mul):
        return isinstance(term, sp.Add)
    _, above, below = split_product(term)
    return not below and len(above) == 1 and isinstance(above[0], sp.Add)


def split_product(expression: sp.Expr) -> tuple[bool, list[sp.Expr], list[sp.Expr]]:
    """Return (negative, numerator factors, denominator factors) for printing a product.

    Rational contents of sums move in front and two or more square roots join into one.
    """
    coefficient, factors = sp.S.One, []
    for factor in sp.Mul.make_args(expression):
        if factor.is_Rational:
            coefficient *= factor
        elif isinstance(factor, sp.Add) and not factor.has(*NODES):
            content, primitive = factor.primitive()
            if _reads_negative(primitive):
                content, primitive = -content, -primitive
            coefficient *= content
            factors.append(primitive)
        elif isinstance(factor, sp.Pow) and factor.exp.is_Integer and factor.exp.is_negative and factor.base.is_Add:
            content, primitive = factor.base.primitive()
            coefficient *= content**factor.exp
            factors.append(factor if content == 1 else primitive**factor.exp)
        else:
            factors.append(factor)
    half = sp.Rational(1, 2)
    roots = [f for f in factors if isinstance(f, (sp.Pow, sp.exp)) and abs(f.exp) == half]
    if len(roots) > 1:
        factors = [f for f in factors if f not in roots]
        square = coefficient**2 * sp.Mul(*[f.base ** (2 * f.exp) for f in roots])
        top, bottom = sp.fraction(sp.together(square))
        number, top = sp.sqrt(top).as_coeff_Mul() if top.is_Integer else (sp.S.One, sp.sqrt(top))
        top = top**2
        coefficient = sp.sign(coefficient) * number
        factors += [sp.Pow(top, half, evaluate=False)] if top != 1 else []
        factors += [sp.Pow(bottom, -half, evaluate=False)] if bottom != 1 else []
    above = [sp.Integer(abs(coefficient.p))] if abs(coefficient.p) != 1 else []
    below = [sp.Integer(coefficient.q)] if coefficient.q != 1 else []
    for factor in factors:
        base, power = factor.as_base_exp() if isinstance(factor, sp.Pow) else (factor, sp.S.One)
        if power.is_number and power.is_negative:
            below.append(sp.Pow(base, -power, evaluate=power != -1) if power != -1 else base)
        else:
            above.append(factor)
    return bool(coefficient < 0), above, below
