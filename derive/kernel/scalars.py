"""Scalar sympy expressions to the IR: the part of the gate that knows functions and numbers.

Used by `derive.kernel.lower` only.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable

import sympy as sp
from sympy.core.relational import Relational

from derive.calculus.gaussian import Orthant
from derive.calculus.strips import Strip, Wide
from derive.errors import LoweringError
from derive.kernel.ir import Expr, Let, Num, Op, Ref
from derive.kernel.stabilise import stabilise
from derive.kernel.steady import Mills
from derive.spec.functions import GaussianTail, Logistic, Softplus, Step

__all__ = ["lower_scalar", "lower_scalars", "python_name"]

_GREEK = {
    "ω": "omega", "ζ": "zeta", "ξ": "xi", "η": "w", "υ": "y", "σ": "s",
    "δ": "v", "Λ": "A", "θ": "_theta", "ϰ": "constant",
}  # fmt: skip
_TAKEN = {
    "math",
    "np",
    "out",
    "work",
    "edges",
    "tol",
    "refine",
    "njit",
    "omega",
    "zeta",
    "xi",
    "eta",
    "y",
    "sigma",
    "v",
    "A",
    "mean",
    "var",
    "sd",
    "count",
    "total",
    "w",
    "s",
    "p",
    "x",
    "hats",
    "values",
    "n",
    "exp",
    "log",
    "sqrt",
    "lower",
    "upper",
    "nc",
    "centers",
    "widths",
}


def python_name(symbol: sp.Symbol, parameters: frozenset[str] = frozenset()) -> str:
    """The identifier of a symbol in generated code; parameters step aside for the engine's names.

    >>> python_name(sp.Symbol("δ")), python_name(sp.Symbol("lambda"), frozenset({"lambda"}))
    ('v', 'lambda_')
    """
    name = symbol.name
    if name[:1] in _GREEK:
        return _GREEK[name[:1]] + name[1:]
    if name in parameters and (name in _TAKEN or keyword.iskeyword(name)):
        return name + "_"
    return name


_UNARY = {
    sp.exp: "exp",
    sp.log: "log",
    sp.Abs: "abs",
    sp.sign: "sign",
    sp.erf: "erf",
    sp.erfc: "erfc",
    sp.erfinv: "erfinv",
    sp.tanh: "tanh",
    sp.sinh: "sinh",
    sp.cosh: "cosh",
    sp.sin: "sin",
    sp.cos: "cos",
    sp.asin: "asin",
    sp.atan: "atan",
    sp.loggamma: "lgamma",
    sp.floor: "floor",
    GaussianTail: "tail",
    Logistic: "logistic",
    Softplus: "softplus",
    Mills: "mills",
}
_RELATIONS = {sp.Lt: "lt", sp.Le: "le", sp.Gt: "gt", sp.Ge: "ge", sp.Eq: "eq", sp.Ne: "ne"}


def _number(value: sp.Expr) -> Num:
    if isinstance(value, sp.Integer):
        return Num(float(value), f"{float(int(value))!r}")
    if isinstance(value, sp.Rational):
        return Num(float(value), f"({float(value.p)!r} / {float(value.q)!r})")
    exact = sp.N(value, 25)
    if not exact.is_real:
        raise LoweringError(f"{value} is not a real number")
    number = float(exact)
    return Num(number, repr(number))


class _Scalars:
    def __init__(self, parameters: frozenset[str]):
        self.parameters = parameters

    def lower(self, e: sp.Basic) -> Expr:
        if isinstance(e, sp.Symbol):
            return Ref(python_name(e, self.parameters))
        if e is sp.oo:
            return Num(float("inf"), "math.inf")
        if e is -sp.oo:
            return Num(float("-inf"), "-math.inf")
        if isinstance(e, sp.Expr) and e.is_number and not e.has(sp.Piecewise, Step) and not e.atoms(sp.Symbol):
            return _number(e)
        if isinstance(e, sp.Add):
            return self._sum(e)
        if isinstance(e, sp.Mul):
            return self._product(e)
        if isinstance(e, sp.Pow):
            return self._power(e)
        if isinstance(e, sp.factorial):
            argument = Op("add", (self.lower(e.args[0]), Num(1.0, "1.0")))
            return Op("exp", (Op("lgamma", (argument,)),))
        if isinstance(e, sp.gamma):
            return Op("exp", (Op("lgamma", (self.lower(e.args[0]),)),))
        if isinstance(e, Step):
            u = self.lower(e.args[0])
            zero, half, one = Num(0.0, "0.0"), Num(0.5, "0.5"), Num(1.0, "1.0")
            below = Op("select", (Op("lt", (u, zero)), zero, half))
            return Op("select", (Op("gt", (u, zero)), one, below))
        if isinstance(e, (sp.Max, sp.Min)):
            kind = "max" if isinstance(e, sp.Max) else "min"
            parts = [self.lower(a) for a in sorted(e.args, key=sp.default_sort_key)]
            result = parts[0]
            for part in parts[1:]:
                result = Op(kind, (result, part))
            return result
        if isinstance(e, sp.Piecewise):
            result: Expr = Num(float("nan"), "math.nan")
            for value, condition in reversed(e.args):
                if condition is sp.true or condition == True:  # noqa: E712
                    result = self.lower(value)
                else:
                    result = Op("select", (self.lower(condition), self.lower(value), result))
            return result
        if isinstance(e, Relational):
            return Op(_RELATIONS[e.func], (self.lower(e.lhs), self.lower(e.rhs)))
        if isinstance(e, (sp.And, sp.Or)):
            kind = "and" if isinstance(e, sp.And) else "or"
            parts = [self.lower(a) for a in sorted(e.args, key=sp.default_sort_key)]
            result = parts[0]
            for part in parts[1:]:
                result = Op(kind, (result, part))
            return result
        if isinstance(e, sp.Not):
            return Op("not", (self.lower(e.args[0]),))
        if isinstance(e, sp.Mod):
            return Op("mod", tuple(self.lower(a) for a in e.args))
        if isinstance(e, Orthant):
            return Op("orthant", tuple(self.lower(a) for a in e.args))
        if isinstance(e, (Strip, Wide)):
            kind = ("strip" if isinstance(e, Strip) else "wide") + ("" if len(e.args) == 3 else "_tail")
            return Op(kind, tuple(self.lower(a) for a in e.args))
        if isinstance(e, sp.acos):  # arccos u = atan2(sqrt(1 - u^2), u): keeps the digits of small angles
            u = e.args[0]
            return Op("atan2", (self.lower(sp.sqrt(sp.factor(sp.together(1 - u**2)))), self.lower(u)))
        if e.func in _UNARY:
            return Op(_UNARY[e.func], (self.lower(e.args[0]),))
        raise LoweringError(f"no numeric form for {type(e).__name__}: {e}")

    def _sum(self, e: sp.Add) -> Expr:
        terms = [self.lower(a) for a in e.as_ordered_terms()]
        result = terms[0]
        for term in terms[1:]:
            result = Op("add", (result, term))
        return result

    def _product(self, e: sp.Mul) -> Expr:
        sign, factors = (1, e.args)
        if e.could_extract_minus_sign():
            sign, factors = -1, sp.Mul.make_args(-e)
        above, below = [], []
        for factor in sorted(factors, key=sp.default_sort_key):
            if isinstance(factor, sp.Rational) and factor.q != 1:
                if factor.p != 1:
                    above.append(_number(sp.Integer(factor.p)))
                below.append(_number(sp.Integer(factor.q)))
            elif isinstance(factor, sp.Pow) and factor.exp.could_extract_minus_sign() and factor.exp.is_number:
                below.append(self.lower(sp.Pow(factor.base, -factor.exp)))
            else:
                above.append(self.lower(factor))
        result: Expr = above[0] if above else Num(1.0, "1.0")
        for factor in above[1:]:
            result = Op("mul", (result, factor))
        if below:
            denominator = below[0]
            for factor in below[1:]:
                denominator = Op("mul", (denominator, factor))
            result = Op("div", (result, denominator))
        return Op("neg", (result,)) if sign < 0 else result

    def _power(self, e: sp.Pow) -> Expr:
        base, exponent = e.args
        if base is sp.E:
            return Op("exp", (self.lower(exponent),))
        if exponent == sp.Rational(1, 2):
            return Op("sqrt", (self.lower(base),))
        if exponent.is_Integer:
            if exponent < 0:
                return Op("div", (Num(1.0, "1.0"), self.lower(sp.Pow(base, -exponent))))
            if exponent <= 8:
                return Op("powi", (self.lower(base), Num(float(exponent), str(int(exponent)))))
        if exponent == sp.Rational(-1, 2):
            return Op("div", (Num(1.0, "1.0"), Op("sqrt", (self.lower(base),))))
        return Op("pow", (self.lower(base), self.lower(exponent)))


def lower_scalar(expression: sp.Basic, parameters: frozenset[str] = frozenset()) -> Expr:
    """Lower one expression without binders, stabilised."""
    return stabilise(_Scalars(parameters).lower(expression))


def lower_scalars(
    expressions: Iterable[sp.Expr], prefix: str, parameters: frozenset[str] = frozenset()
) -> tuple[list[Let], list[Expr]]:
    """Lower several expressions with common subexpressions taken out as lets `prefix0`, `prefix1`, ..."""
    names = (sp.Symbol(f"{prefix}{i}") for i in range(10**6))
    shared, reduced = sp.cse(list(expressions), symbols=names, order="canonical")
    gate = _Scalars(parameters)
    lets = [Let(symbol.name, stabilise(gate.lower(value))) for symbol, value in shared]
    return lets, [stabilise(gate.lower(e)) for e in reduced]
