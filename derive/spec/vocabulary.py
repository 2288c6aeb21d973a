"""The functions of the model language: arity, bounds, and the sympy object each of them becomes.

Every builder decides what could grow without bound before the sympy object exists, and leaves
objects whose automatic simplification is slow or leaves the reals unevaluated.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import BooleanAtom

from derive.spec.evaluate import NotNumericError, evaluate
from derive.spec.functions import GaussianTail, GaussMean, SiteMean, Step

__all__ = [
    "FUNCTIONS",
    "RESERVED",
    "BuildError",
    "Function",
    "choose",
    "constant_value",
    "is_constant",
    "power",
    "relation",
]

LARGEST = 1e300
MAX_EXPONENT = 64
MAX_BITS = 3000
MAX_FACTORIAL = 170


class BuildError(Exception):
    """A value that the language does not have; the message is a sentence."""


def is_constant(value: sp.Basic) -> bool:
    """Whether `value` is a number: no free symbols, and no mean over the sites, which has its value later."""
    return not value.free_symbols and not value.has(SiteMean)


def constant_value(value: sp.Expr) -> float:
    """Return the constant `value` as a double; BuildError if it is not a real number of modest size."""
    if value.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
        raise BuildError("the value is not finite")
    if value.is_Rational:
        if value.p.bit_length() - value.q.bit_length() > 990:
            raise BuildError("the number is too large")
        return float(value)
    try:
        number = sp.Float(float(evaluate(value, {}))) if value.has(GaussMean) else sp.N(value, 15)
        real, imaginary = number.as_real_imag()
        if abs(imaginary) > 1e-12 * (1 + abs(real)):
            raise BuildError("the value is not a real number")
        result = float(real)
    except (ValueError, TypeError, ArithmeticError, NotImplementedError, RecursionError, NotNumericError):
        raise BuildError("the value is not a real number of modest size") from None
    if not abs(result) <= LARGEST:
        raise BuildError("the number is too large")
    return result


def _sign_of_constant(value: sp.Expr) -> int:
    """Return the sign of a constant, decided with 50 digits."""
    double = constant_value(value)
    if abs(double) > 1e-9:
        return 1 if double > 0 else -1
    number = sp.N(value, 50)
    if number == 0 or abs(number) < sp.Float("1e-45"):
        return 0
    return 1 if number > 0 else -1


def _exp(x: sp.Expr) -> sp.Expr:
    if is_constant(x) and constant_value(x) > 690:
        raise BuildError("the exponential is too large")
    return sp.exp(x)


def _log(x: sp.Expr) -> sp.Expr:
    if is_constant(x) and _sign_of_constant(x) <= 0:
        raise BuildError("the logarithm of a number that is not positive")
    return sp.log(x)


def _sqrt(x: sp.Expr) -> sp.Expr:
    if is_constant(x) and _sign_of_constant(x) < 0:
        raise BuildError("the square root of a negative number")
    return sp.sqrt(x)


def _abs(x: sp.Expr) -> sp.Expr:
    if is_constant(x):
        return x * _sign_of_constant(x)
    return sp.Abs(x) if x.is_extended_real else sp.Abs(x, evaluate=False)


def _sign(x: sp.Expr) -> sp.Expr:
    return sp.Integer(_sign_of_constant(x)) if is_constant(x) else sp.sign(x)


def _extremum(kind: type[sp.Expr], side: int) -> Callable[..., sp.Expr]:
    def build(*values: sp.Expr) -> sp.Expr:
        constants = [v for v in values if is_constant(v)]
        others = [v for v in values if not is_constant(v)]
        if constants:
            best = constants[0]
            for value in constants[1:]:
                if _sign_of_constant(value - best) == side:
                    best = value
            others.append(best)
        return others[0] if len(set(others)) == 1 else kind(*others, evaluate=False)

    return build


def _erfinv(x: sp.Expr) -> sp.Expr:
    if is_constant(x) and (_sign_of_constant(x - 1) >= 0 or _sign_of_constant(x + 1) <= 0):
        raise BuildError("erfinv is finite only between -1 and 1")
    return sp.erfinv(x)


def _hyperbolic(function: Callable[[sp.Expr], sp.Expr]) -> Callable[[sp.Expr], sp.Expr]:
    def build(x: sp.Expr) -> sp.Expr:
        if is_constant(x) and abs(constant_value(x)) > 690:
            raise BuildError("the value is too large")
        return function(x)

    return build


def _factorial(n: sp.Expr) -> sp.Expr:
    if is_constant(n):
        value = constant_value(n)
        if not (n.is_Integer and 0 <= value <= MAX_FACTORIAL):
            raise BuildError(f"the factorial is taken of integers from 0 to {MAX_FACTORIAL}")
    return sp.factorial(n)


def _mod(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    if is_constant(b) and _sign_of_constant(b) == 0:
        raise BuildError("mod by zero")
    if a.is_Rational and b.is_Rational:
        return sp.Mod(a, b)
    return sp.Mod(a, b, evaluate=False)


def choose(condition: sp.Basic, yes: sp.Expr, no: sp.Expr) -> sp.Expr:
    """Return `yes` where the condition holds, `no` elsewhere."""
    if isinstance(condition, BooleanAtom):
        return yes if condition else no
    if condition.has(sp.Piecewise):  # sympy would multiply the cases out
        raise BuildError("a condition cannot hold another condition")
    return sp.Piecewise((yes, condition), (no, True), evaluate=False)


def _rational_exponent(exponent: sp.Expr) -> None:
    if exponent.is_Rational:
        if abs(exponent.p) > MAX_EXPONENT or exponent.q > MAX_EXPONENT:
            raise BuildError(f"the exponent {str(exponent)[:30]} is too large; {MAX_EXPONENT} is allowed")
    elif abs(constant_value(exponent)) > MAX_EXPONENT:
        raise BuildError(f"the exponent is too large; {MAX_EXPONENT} is allowed")


def power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """Return base^exponent after bounding the size of every number in the result."""
    if is_constant(exponent):
        _rational_exponent(exponent)
        size = max((n.p.bit_length() + n.q.bit_length() for n in base.atoms(sp.Rational)), default=1)
        if size * abs(constant_value(exponent)) > MAX_BITS:
            raise BuildError("the power is too large")
        if is_constant(base):
            value = constant_value(base)
            if value == 0 and _sign_of_constant(exponent) < 0:
                raise BuildError("division by zero")
            if value < 0 and not exponent.is_Integer:
                raise BuildError("a fractional power of a negative number")
    elif exponent.count_ops() > 12:
        raise BuildError("the exponent is too complicated; write exp(...)")
    elif is_constant(base):
        value = constant_value(base)
        if value < 0 and not exponent.is_integer and base != -1:
            raise BuildError("a variable power of a negative number")
    return base**exponent


_RELATIONS = {"==": sp.Eq, "!=": sp.Ne, "<": sp.Lt, "<=": sp.Le, ">": sp.Gt, ">=": sp.Ge}


def relation(operator: str, left: sp.Expr, right: sp.Expr) -> sp.Basic:
    """Return the relation; between two constants it is decided, otherwise kept as it is."""
    if is_constant(left) and is_constant(right):
        sign = _sign_of_constant(left - right)
        answer = {
            "==": sign == 0,
            "!=": sign != 0,
            "<": sign < 0,
            "<=": sign <= 0,
            ">": sign > 0,
            ">=": sign >= 0,
        }
        return sp.true if answer[operator] else sp.false
    return _RELATIONS[operator](left, right, evaluate=False)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language: least and greatest number of arguments, and its builder."""

    least: int
    most: int
    build: Callable[..., sp.Expr]

    def arity(self) -> str:
        """Return the number of arguments in words."""
        if self.least != self.most:
            return f"{self.least} to {self.most} arguments"
        return "one argument" if self.least == 1 else f"{self.least} arguments"


def _one(build: Callable[..., sp.Expr]) -> Function:
    return Function(1, 1, build)


FUNCTIONS: dict[str, Function] = {
    "exp": _one(_exp),
    "log": _one(_log),
    "sqrt": _one(_sqrt),
    "abs": _one(_abs),
    "sign": _one(_sign),
    "min": Function(2, 8, _extremum(sp.Min, -1)),
    "max": Function(2, 8, _extremum(sp.Max, 1)),
    "erf": _one(sp.erf),
    "erfc": _one(sp.erfc),
    "erfinv": _one(_erfinv),
    "H": _one(GaussianTail),
    "tanh": _one(sp.tanh),
    "cosh": _one(_hyperbolic(sp.cosh)),
    "sinh": _one(_hyperbolic(sp.sinh)),
    "step": _one(Step),
    "factorial": _one(_factorial),
    "mod": Function(2, 2, _mod),
}

# Functions that bind a name or live in their own keys; `if` takes a condition.
SPECIAL: Sequence[str] = (
    "if",
    "gauss",
    "site_mean",
    "cross",
    "overlap",
    "test",
    "train",
    "sites",
    "delta",
    "atoms",
    "normal",
    "uniform",
    "laplace",
    "marchenko_pastur",
    "density",
    "law",
    "unit_sphere",
    "table",
)

# What a model may not use as a name, with the reason.
RESERVED: dict[str, str] = {
    **{name: "a function of the language" for name in (*FUNCTIONS, *SPECIAL)},
    **{name: "a word of Python, in which solvers are written" for name in keyword.kwlist},
    "y": "the label of a sample",
    "pi": "the number pi",
    "inf": "infinity",
    "predict_mean": "the posterior mean of the label",
    "free_entropy": "a result of the engine",
}
