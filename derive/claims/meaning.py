"""What a formula means: a tree becomes an expression in the engine's symbols, every name resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import sympy as sp

from derive.claims import tree
from derive.claims.integrals import LineIntegral
from derive.claims.proximal import Envelope, Prox, conjugate, maximiser
from derive.claims.tokens import LatexError
from derive.spec.functions import GaussianTail, GaussMean, Logistic, Step, normal_pdf

__all__ = ["Definition", "Reading", "Speaker"]

MAX_VALUES = 200
HELD = {"free_entropy", "energy", "entropy"}
"""Quantities at a solution, of which no derivative is read."""
Law = Callable[[sp.Expr, sp.Symbol], sp.Expr]
"""The mean of a body over a variable."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A function that the author defines: its formal arguments and what it is in them."""

    formal: tuple[sp.Symbol, ...]
    names: tuple[str, ...]
    body: sp.Expr


@dataclass(slots=True)
class Reading:
    """What symbols stand for while a formula is read, and what was assumed on the way.

    names    the engine's expression for a canonical name; a definition of the author's goes before it
    aliases  names that are not the model's own, and what they are taken for
    laws     the law of a variable that means are taken over; other variables are standard normal
    """

    names: Mapping[str, sp.Expr]
    parameters: frozenset[str] = frozenset()
    laws: Mapping[str, Law] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    suggest: Callable[[str], str] = lambda name: ""
    assumed: list[str] = field(default_factory=list)


def _ratio(above: Callable, below: Callable) -> Callable:
    return lambda x: above(x) / below(x)


ONE: Mapping[str, Callable[[sp.Expr], sp.Expr]] = {
    "log": sp.log, "exp": sp.exp, "tanh": sp.tanh, "cosh": sp.cosh, "sinh": sp.sinh, "atanh": sp.atanh,
    "sech": lambda x: 1 / sp.cosh(x), "coth": _ratio(sp.cosh, sp.sinh), "erf": sp.erf, "erfc": sp.erfc, "sin": sp.sin,
    "cos": sp.cos, "tan": _ratio(sp.sin, sp.cos), "asin": sp.asin, "acos": sp.acos, "atan": sp.atan, "sign": sp.sign,
    "H": GaussianTail, "ndtr": lambda x: GaussianTail(-x), "step": Step, "logistic": Logistic, "sqrt": sp.sqrt,
    "relu": lambda x: sp.Max(x, 0),
}  # fmt: skip


PROXIMAL = {"prox": Prox, "envelope": Envelope, "maximiser": maximiser, "conjugate": conjugate}


class Speaker:
    """Reads trees in the light of a `Reading`."""

    def __init__(self, reading: Reading):
        self.reading = reading
        self.bound: dict[str, sp.Symbol] = {}
        self.moved: sp.Expr = sp.S.Zero

    def expression(self, node: tree.Node) -> sp.Expr:
        """The expression that a tree is.

        Raises
        ------
        LatexError
            for names without a meaning, wrong numbers of arguments, and what has no derivative.
        """
        method = getattr(self, "_" + type(node).__name__.lower())
        return method(node)

    def define(self, name: str, formal: Sequence[str], body: tree.Node) -> None:
        """Add a function of the author's; its formal arguments hide other meanings of their names."""
        symbols = tuple(sp.Symbol(f"_{n}", real=True) for n in formal)
        hidden = dict(self.bound)
        self.bound.update(zip(formal, symbols, strict=True))
        try:
            self.reading.definitions[name] = Definition(symbols, tuple(formal), self.expression(body))
        finally:
            self.bound = hidden

    def _refuse(self, node: tree.Node, message: str) -> NoReturn:
        raise LatexError(message, node.column)

    def _assume(self, said: str) -> None:
        if said not in self.reading.assumed:
            self.reading.assumed.append(said)

    # --- arithmetic

    def _number(self, node: tree.Number) -> sp.Expr:
        return sp.Rational(node.value.numerator, node.value.denominator)

    def _name(self, node: tree.Name) -> sp.Expr:
        name = node.name
        if name in self.bound:
            return self.bound[name]
        definition = self.reading.definitions.get(name)
        if name in self.reading.names and definition is None:
            if name in self.reading.aliases:
                self._assume(f"{name} is read as {self.reading.aliases[name]}")
            return self.reading.names[name]
        if definition is not None:
            if definition.formal:
                self._refuse(node, f"{name} is a function of {', '.join(definition.names)}: its arguments are missing")
            return definition.body
        if name == "e":
            self._refuse(node, "e is Euler's number only as the base of a power: give it a meaning under [map]")
        if name == "pi":
            return sp.pi
        if name == "infty":
            self._refuse(node, "infinity stands only in the limits of an integral")
        hint = self.reading.suggest(name)
        self._refuse(node, f"`{name}` has no meaning here{hint}; give it one under [map]")

    def _sum(self, node: tree.Sum) -> sp.Expr:
        return sp.Add(*map(self.expression, node.terms))

    def _difference(self, node: tree.Difference) -> sp.Expr:
        return -self.expression(node.term)

    def _product(self, node: tree.Product) -> sp.Expr:
        return sp.Mul(*map(self.expression, node.factors))

    def _quotient(self, node: tree.Quotient) -> sp.Expr:
        below = self.expression(node.below)
        if below == 0:
            self._refuse(node, "a division by zero")
        return self.expression(node.above) / below

    def _power(self, node: tree.Power) -> sp.Expr:
        if isinstance(node.base, tree.Name) and node.base.name == "e" and self.reading.names.get("e", sp.E) != sp.E:
            self._refuse(node, "e is a symbol of the model or of the map: write \\exp(...) for the exponential")
        euler = isinstance(node.base, tree.Name) and node.base.name == "e" and "e" not in self.bound
        base = sp.E if euler and "e" not in self.reading.definitions else self.expression(node.base)
        exponent = self.expression(node.exponent)
        if isinstance(node.exponent, tree.Name) and node.exponent.name == "T" and not euler:
            self._refuse(node, r"^T is a transposition or a power of the temperature: write \exp(T \log ...) for it")
        if base.is_number and exponent.is_number and (abs(exponent) > 64 or (base == 0 and exponent <= 0)):
            self._refuse(node, "this power is not taken")
        return base**exponent

    def _root(self, node: tree.Root) -> sp.Expr:
        degree = sp.Integer(2) if node.degree is None else self.expression(node.degree)
        if not degree.is_positive or not degree.is_Integer:
            self._refuse(node, "the degree of a root is a whole number")
        return self.expression(node.body) ** (1 / degree)

    def _absolute(self, node: tree.Absolute) -> sp.Expr:
        return sp.Abs(self.expression(node.body))

    # --- functions

    def _apply(self, node: tree.Apply) -> sp.Expr:
        name, definitions = node.name, self.reading.definitions
        if name in self.bound or (name in self.reading.names and name not in definitions):
            return self._dependence(node)
        arguments = [self.expression(a) for a in node.arguments]
        if name in definitions:
            definition = definitions[name]
            if len(arguments) != len(definition.formal):
                self._refuse(node, f"{name} has {len(definition.formal)} arguments; here are {len(arguments)}")
            body = definition.body
            if node.primes:
                if len(arguments) != 1:
                    self._refuse(node, "a prime on a function of several arguments")
                body = body.diff(definition.formal[0], node.primes)
            return body.xreplace(dict(zip(definition.formal, arguments, strict=True)))
        if name == "normal":
            if len(arguments) != 3:
                self._refuse(node, "a normal density is \\mathcal{N}(x; mean, variance)")
            return normal_pdf(*arguments)
        if name in ("max", "min"):
            if len(arguments) < 2:
                self._refuse(node, f"\\{name} of one number")
            return (sp.Max if name == "max" else sp.Min)(*arguments)
        if len(arguments) != 1:
            self._refuse(node, f"{name} has one argument; here are {len(arguments)}")
        if not node.primes:
            return ONE[name](arguments[0])
        x = sp.Symbol("_x", real=True)
        return ONE[name](x).diff(x, node.primes).xreplace({x: arguments[0]})

    def _dependence(self, node: tree.Apply) -> sp.Expr:
        r"""A quantity with the parameters that it depends on, as in \alpha_c(\kappa)."""
        names = [a.name if isinstance(a, tree.Name) else "" for a in node.arguments]
        if node.name in self.bound or node.name in self.reading.parameters or not set(names) <= self.reading.parameters:
            listed = ", ".join(names)
            self._refuse(node, f"{node.name}({listed}) is a function or a product: write \\cdot for a product")
        return self.reading.names[node.name]

    def _proximal(self, node: tree.Proximal) -> sp.Expr:
        definition = self.reading.definitions.get(node.cost)
        if definition is None:
            self._refuse(node, f"the cost {node.cost} is not defined: write it under `where`")
        slots = node.arguments or (None,)
        if len(slots) != len(definition.formal) or sum(a is None for a in slots) != 1:
            self._refuse(node, f"{node.cost} has {len(definition.formal)} arguments, one of which is minimised over")
        h = sp.Dummy("h", real=True)
        given = [h if a is None else self.expression(a) for a in slots]
        cost = definition.body.xreplace(dict(zip(definition.formal, given, strict=True)))
        scale, place = self.expression(node.scale), self.expression(node.place) + self.moved
        return PROXIMAL[node.kind](cost, h, scale, place)

    # --- what binds

    def _with(self, variable: str, symbol: sp.Symbol, node: tree.Node) -> sp.Expr:
        hidden = dict(self.bound)
        self.bound[variable] = symbol
        try:
            return self.expression(node)
        finally:
            self.bound = hidden

    def _integral(self, node: tree.Integral) -> sp.Expr:
        symbols = [sp.Dummy(m.variable, real=True) for m in node.measures]
        hidden = dict(self.bound)
        lower = -sp.oo if node.lower is None else self.expression(node.lower)
        upper = sp.oo if node.upper is None else self.expression(node.upper)
        self.bound.update({m.variable: s for m, s in zip(node.measures, symbols, strict=True)})
        try:
            body = self.expression(node.body)
        finally:
            self.bound = hidden
        if len({m.variable for m in node.measures}) < len(symbols):
            self._refuse(node, "two measures of one variable")
        for measure, symbol in zip(reversed(node.measures), reversed(symbols), strict=True):
            if not body.has_free(symbol) and not (measure.gaussian and isinstance(node.body, tree.Number)):
                self._refuse(node, f"what is integrated does not depend on {measure.variable}")
            if measure.gaussian and lower == -sp.oo and upper == sp.oo:
                body = GaussMean(body, symbol)
            else:
                density = normal_pdf(symbol) if measure.gaussian else sp.S.One
                body = LineIntegral(body * density, symbol, lower, upper)
        return body

    def _mean(self, node: tree.Mean) -> sp.Expr:
        law, names = node.law.law, node.law.variables
        symbols = [sp.Dummy(name, real=True) for name in names]
        if law is None:
            (name,), (symbol,) = names, symbols
            body = self._with(name, symbol, node.body)
            if not body.has_free(symbol):
                self._refuse(node, f"what is averaged does not depend on {name}")
            if name in self.reading.laws:
                return self.reading.laws[name](body, symbol)
            self._assume(f"{name} is a standard normal")
            return GaussMean(body, symbol)
        if len(law.means) != len(names) or any(len(row) != len(names) for row in law.covariance):
            self._refuse(node, f"the law is not one of {len(names)} variables")
        means = [self.expression(m) for m in law.means]
        rows = sp.Matrix([[self.expression(e) for e in row] for row in law.covariance])
        if rows != rows.T:
            self._refuse(node, "the covariance is not symmetric")
        values = _correlated(means, rows, symbols)
        hidden = dict(self.bound)
        own = [sp.Dummy(name, real=True) for name in names]
        self.bound.update(zip(names, own, strict=True))
        try:
            body = self.expression(node.body)
        finally:
            self.bound = hidden
        body = body.xreplace(dict(zip(own, values, strict=True)))
        for symbol in reversed(symbols):
            body = GaussMean(body, symbol)
        return body

    def _labelsum(self, node: tree.LabelSum) -> sp.Expr:
        symbol = sp.Dummy(node.variable, real=True)
        values = [self.expression(v) for v in node.values]
        if node.ends is not None:
            low, high = map(self.expression, node.ends)
            if not (low.is_Integer and high.is_Integer and 0 <= high - low < MAX_VALUES):
                self._refuse(node, f"a sum is over at most {MAX_VALUES} whole numbers")
            values = [sp.Integer(k) for k in range(int(low), int(high) + 1)]
        body = self._with(node.variable, symbol, node.body)
        if not body.has_free(symbol):
            self._refuse(node, f"what is summed does not depend on {node.variable}")
        return sp.Add(*[body.xreplace({symbol: value}) for value in values])

    def _extremum(self, node: tree.Extremum) -> sp.Expr:
        return self.expression(node.body)

    def _derivative(self, node: tree.Derivative) -> sp.Expr:
        found = node.body
        expression: sp.Expr | None = None
        for name, order in node.variables:
            if expression is None:
                expression = self._slope(node, found, name, order)
            else:
                symbol = self.bound.get(name, self.reading.names.get(name))
                if not isinstance(symbol, sp.Symbol):
                    self._refuse(node, f"{name} is no variable here")
                expression = expression.diff(symbol, order)
        assert expression is not None
        if expression.has(sp.DiracDelta, sp.Derivative, sp.Subs):
            self._refuse(node, "the derivative is not a function: the body jumps or bends")
        return expression

    def _slope(self, node: tree.Node, body: tree.Node, name: str, order: int) -> sp.Expr:
        """The derivative in a variable, or in the formal argument of that name of the functions in the body."""
        symbol = self.bound.get(name, self.reading.names.get(name))
        value = self.expression(body)
        if name in self.reading.parameters and {s.name for s in value.free_symbols} & HELD:
            self._refuse(node, f"a derivative in {name} of what depends on it through its solution")
        if isinstance(symbol, sp.Symbol) and value.has_free(symbol):
            return value.diff(symbol, order)
        shift = sp.Dummy("shift", real=True)
        kept = dict(self.reading.definitions)
        touched = False
        for key, definition in kept.items():
            if name in definition.names:
                formal = definition.formal[definition.names.index(name)]
                moved = definition.body.xreplace({formal: formal + shift})
                self.reading.definitions[key] = Definition(definition.formal, definition.names, moved)
                touched = True
        if not touched:  # the place of a proximal point or of an envelope
            self.moved = shift
        try:
            value = self.expression(body)
        finally:
            self.moved = sp.S.Zero
            self.reading.definitions.update(kept)
        if not value.has_free(shift):
            self._refuse(node, f"the body of the derivative does not depend on {name}")
        return value.diff(shift, order).xreplace({shift: sp.S.Zero})


def _correlated(means: Sequence[sp.Expr], covariance: sp.Matrix, symbols: Sequence[sp.Symbol]) -> list[sp.Expr]:
    """Normal variables as linear combinations of standard ones (Cholesky)."""
    size = len(means)
    root = sp.zeros(size, size)
    for i in range(size):
        for j in range(i + 1):
            rest = covariance[i, j] - sum(root[i, k] * root[j, k] for k in range(j))
            if i == j:
                root[i, j] = sp.sqrt(rest)
            else:
                root[i, j] = 0 if rest == 0 else rest / root[j, j]
    return [means[i] + sum(root[i, k] * symbols[k] for k in range(i + 1)) for i in range(size)]
