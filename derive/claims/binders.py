r"""The rules for what binds variables: integrals, expectations, sums over labels, derivatives and extrema."""

from __future__ import annotations

from collections.abc import Sequence

from derive.claims.cursor import Cursor
from derive.claims.symbols import STYLES, read_base, read_symbol, starts_symbol
from derive.claims.tokens import LatexError, Token
from derive.claims.tree import (
    Derivative,
    Difference,
    Extremum,
    Gauss,
    Integral,
    LabelSum,
    Mean,
    Measure,
    Name,
    Node,
    Normal,
    Product,
)  # fmt: skip

__all__ = ["Binders"]


class Binders(Cursor):
    """The rules for integrals, expectations, sums, derivatives and extrema."""

    def integral(self) -> Node:
        r"""\int with its limits: the measure stands first or last, the body is the rest of the product."""
        column = self.column()
        double = self.text() == "iint"
        self.at += 1
        limits: dict[str, list[Token]] = {}
        while self.kind() in ("_", "^"):
            mark = self.kind()
            self.at += 1
            if mark in limits:
                self.refuse("a second limit of the integral")
            limits[mark] = self.argument()
        lower, upper = self._limits(limits)
        measures: list[Measure] = []
        with self.binding(()):
            body = self.product(measures)
        if not measures:
            self.refuse("the integral has no measure such as Dz or dz", column)
        if double and len(measures) != 2:
            self.refuse("a double integral has two measures", column)
        if len(measures) > 1 and (lower is not None or upper is not None):
            self.refuse("limits of an integral over several variables", column)
        return Integral(column, tuple(measures), body, lower, upper)

    def _limits(self, limits: dict[str, list[Token]]) -> tuple[Node | None, Node | None]:
        if "_" in limits and "^" not in limits:
            name, end = read_symbol(limits["_"], 0) if starts_symbol(limits["_"], 0) else ("", 0)
            if name != "bb_R" or end != len(limits["_"]):
                self.refuse("the integral has a lower limit and no upper one")
            return None, None
        if "^" in limits and "_" not in limits:
            self.refuse("the integral has an upper limit and no lower one")
        ends = []
        for mark, sign in (("_", -1), ("^", 1)):
            node = self.inside(limits[mark]) if mark in limits else None
            ends.append(None if _infinite(node) == sign else node)
            if _infinite(node) == -sign:
                self.refuse("the limits of the integral are the wrong way round")
        return ends[0], ends[1]

    def measure(self) -> Measure | None:
        """A measure at the cursor, Dz or dz in any style; the cursor moves past it."""
        start, column, width = self.at, self.column(), 0
        if self.kind() == "letter" and self.text() in ("D", "d"):
            letter, width = self.text(), 1
        elif self.kind() == "command" and self.text() in STYLES:
            inner = self.tokens[self.at + 1 : self.at + 4]
            if [t.kind for t in inner] == ["{", "letter", "}"] and inner[1].text in ("D", "d"):
                letter, width = inner[1].text, 4
            elif inner and inner[0].kind == "letter" and inner[0].text in ("D", "d"):
                letter, width = inner[0].text, 2
        if not width or not starts_symbol(self.tokens, self.at + width):
            return None
        variable, after = read_symbol(self.tokens, self.at + width)
        if variable in self.vocabulary.scalars and letter in self.vocabulary.scalars:
            return None
        self.at = after
        self.bind((variable,))
        if self.opens() == "(" and variable in ("mu", "P", "rho", "nu"):
            self.refuse(f"the measure d{variable} is not known here: write its density", self.tokens[start].column)
        return Measure(column, variable, letter == "D")

    def label_sum(self) -> Node:
        r"""\sum over listed values or whole numbers; the body is the rest of the product."""
        column = self.column()
        self.at += 1
        if self.kind() != "_":
            self.refuse("the sum says not over what")
        self.at += 1
        below = self.argument()
        above = None
        if self.kind() == "^":
            self.at += 1
            above = self.argument()
        if not starts_symbol(below, 0):
            raise LatexError("a sum is over a variable, as in y = \\pm 1", column)
        variable, at = read_symbol(below, 0)
        rest = below[at:]
        ends: tuple[Node, Node] | None = None
        values: tuple[Node, ...] = ()
        if rest and rest[0].text in ("=", "in"):
            listed = rest[1:]
            if above is not None:
                ends = (self.inside(listed), self.inside(above))
            else:
                values = tuple(v for part in self._listed(listed) for v in self._values(part))
                if len(values) == 1:
                    raise LatexError("the sum has one value: the upper end is missing", column)
        else:
            raise LatexError("a sum says its values, as in y = \\pm 1 or y \\in \\{-1, 1\\}", column)
        with self.binding((variable,)):
            return LabelSum(column, variable, values, ends, self.product())

    def _listed(self, tokens: Sequence[Token]) -> list[list[Token]]:
        """Values separated by commas, perhaps in braces."""
        sub = type(self)(tokens, self.vocabulary, self.depth + 1)
        if sub.opens() == "{":
            tokens = sub.delimited()
            if sub.at != len(sub.tokens):
                sub.refuse(f"`{sub.shown()}` cannot stand after the values of a sum")
        return self.split(tokens, ",")

    def _values(self, tokens: Sequence[Token]) -> list[Node]:
        if tokens and tokens[0].text == "pm":
            value = self.inside(tokens[1:])
            return [Difference(value.column, value), value]
        return [self.inside(tokens)]

    # --- means

    def expectation(self) -> Node:
        r"""\mathbb{E} with the variables or their law as a subscript."""
        column = self.column()
        _, _, _, self.at = read_base(self.tokens, self.at)
        if self.kind() != "_":
            self.refuse("an expectation says over what: \\mathbb{E}_{z}", column)
        self.at += 1
        laws = self._laws(self.argument())
        names = {name for law in laws for name in law.variables}
        with self.binding(names):
            body = self.inside(self.delimited()) if self.opens() in ("[", "{") else self.product()
        for law in reversed(laws):
            body = Mean(column, law, body)
        return body

    def bracket_mean(self, inner: Sequence[Token], column: int) -> Node:
        r"""\langle ... \rangle_z."""
        if self.kind() != "_":
            self.refuse("a mean in angle brackets says over what: \\langle ... \\rangle_{z}", column)
        self.at += 1
        body = self.inside(inner)
        for law in reversed(self._laws(self.argument())):
            body = Mean(column, law, body)
        return body

    def _laws(self, tokens: Sequence[Token]) -> list[Gauss]:
        """The laws in a subscript: variables, or variables ~ N(mean, variance)."""
        found: list[Gauss] = []
        waiting: list[str] = []
        column = tokens[0].column if tokens else self.column()
        for part in self.split(tokens, ","):
            if not part:
                raise LatexError("an empty place in the subscript of a mean", column)
            sides = self.split(part, "sim")
            names = self._names(sides[0])
            if len(sides) == 1:
                waiting += names
            elif len(sides) == 2:
                found += [Gauss(column, (name,)) for name in waiting]
                waiting = []
                found.append(Gauss(column, tuple(names), self._normal(sides[1])))
            else:
                raise LatexError("two laws of one variable", column)
        return found + [Gauss(column, (name,)) for name in waiting]

    def _names(self, tokens: Sequence[Token]) -> list[str]:
        sub = type(self)(tokens, self.vocabulary, self.depth + 1)
        if sub.opens() == "(":
            inner = sub.delimited()
            if sub.at != len(sub.tokens):
                sub.refuse(f"`{sub.shown()}` cannot stand in the subscript of a mean")
            return [name for part in self.split(inner, ",") for name in self._names(part)]
        if not starts_symbol(tokens, 0):
            raise LatexError("a mean is over variables", tokens[0].column if tokens else self.column())
        name, end = read_symbol(tokens, 0)
        if end != len(tokens):
            raise LatexError(f"`{tokens[end].text}` cannot stand in the subscript of a mean", tokens[end].column)
        return [name]

    def _normal(self, tokens: Sequence[Token]) -> Normal:
        r"""\mathcal{N}(mean, variance), or with a matrix."""
        sub = type(self)(tokens, self.vocabulary, self.depth + 1)
        column = sub.column()
        name, sub.at = read_symbol(sub.tokens, 0) if starts_symbol(sub.tokens, 0) else ("", 0)
        if name not in ("cal_N", "N") or sub.opens() != "(":
            raise LatexError("the law of a mean is \\mathcal{N}(mean, variance)", column)
        inner = sub.delimited()
        if sub.at != len(sub.tokens):
            sub.refuse(f"`{sub.shown()}` cannot stand after a law")
        parts = self.split(inner, ",", ";")
        if len(parts) != 2:
            raise LatexError("a normal law has a mean and a variance", column)
        matrix = self._matrix(parts[1])
        rows = matrix if matrix is not None else ((self.inside(parts[1]),),)
        means = self._matrix(parts[0])
        if means is not None:
            return Normal(column, tuple(row[0] for row in means), rows)
        return Normal(column, (self.inside(parts[0]),) * len(rows), rows)

    def _matrix(self, tokens: Sequence[Token]) -> tuple[tuple[Node, ...], ...] | None:
        """The entries of a matrix environment, None if there is none."""
        sub = type(self)(tokens, self.vocabulary, self.depth + 1)
        if sub.opens() in ("(", "["):
            inner = sub.delimited()
            return self._matrix(inner) if sub.at == len(sub.tokens) else None
        if not tokens or tokens[0].text != "begin":
            return None
        stop = next((k for k, t in enumerate(tokens) if t.text == "end" and t.kind == "command"), None)
        begin = next((k for k, t in enumerate(tokens) if t.kind == "}"), None)
        if stop is None or begin is None:
            raise LatexError("this matrix is never closed", tokens[0].column)
        rows = self.split(tokens[begin + 1 : stop], "\\")
        return tuple(tuple(self.inside(cell) for cell in self.split(row, "&")) for row in rows if row)

    # --- derivatives and extrema

    def partial(self) -> Node:
        r"""\partial_x^k of the next factor."""
        column = self.column()
        self.at += 1
        variables, order = None, 1
        while self.kind() in ("_", "^"):
            mark = self.kind()
            self.at += 1
            tokens = self.argument()
            if mark == "_" and variables is None:
                variables = [name for part in self.split(tokens, ",") for name in self._names(part)]
            elif mark == "^":
                order = self._order(tokens)
            else:
                self.refuse("a second subscript")
        if variables is None:
            self.refuse("a derivative says in what: \\partial_{x}", column)
        body = self.factor()
        if self.begins() and not self.command("partial"):
            self.refuse("where the derivative ends can be read in two ways: write parentheses")
        if len(variables) == 1:
            return Derivative(column, ((variables[0], order),), body)
        if order not in (1, len(variables)):
            self.refuse("the order of the derivative is not that of its variables", column)
        return Derivative(column, tuple((v, 1) for v in variables), body)

    def _order(self, tokens: Sequence[Token]) -> int:
        text = "".join(t.text for t in tokens)
        if not text.isdigit() or not 1 <= int(text) <= 6:
            raise LatexError("the order of a derivative is a whole number up to six", tokens[0].column)
        return int(text)

    def derivative_fraction(self, above: list[Token], below: list[Token], column: int) -> Node | None:
        r"""\frac{\partial f}{\partial x} or \frac{d}{dx}; None if the fraction is no derivative."""

        def operator(tokens: Sequence[Token]) -> bool:
            return bool(tokens) and (tokens[0].text == "partial" or (tokens[0].kind, tokens[0].text) == ("letter", "d"))

        if not (operator(above) and operator(below)) or above[0].text != below[0].text:
            return None
        word, variables, at = below[0].text, [], 0
        while at < len(below):
            if below[at].text != word or not starts_symbol(below, at + 1):
                return None
            name, at = read_symbol(below, at + 1)
            order = 1
            if at < len(below) and below[at].kind == "^":
                sub = type(self)(below[at + 1 :], self.vocabulary)
                order = self._order(sub.argument())
                at += 1 + sub.at
            variables.append((name, order))
        sub = type(self)(above[1:], self.vocabulary, self.depth + 1)
        total = 1
        if sub.kind() == "^":
            sub.at += 1
            total = self._order(sub.argument())
        if total != sum(order for _, order in variables):
            self.refuse("the orders of the derivative do not agree", column)
        rest = sub.tokens[sub.at :]
        body = self.inside(rest) if rest else self.factor()
        if not rest and self.begins():
            self.refuse("where the derivative ends can be read in two ways: write parentheses")
        return Derivative(column, tuple(variables), body)

    def extremum(self, column: int) -> Node:
        r"""\operatorname{extr}_{q, \hat q}: the rest of the product is the body."""
        below: list[Token] = []
        if self.kind() == "_":
            self.at += 1
            below = self.argument()
        return self.extremum_over(below, column)

    def extremum_over(self, below: Sequence[Token], column: int) -> Node:
        """The extremum over the variables of a subscript."""
        names = tuple(name for part in self.split(below, ",") if part for name in self._names(part))
        body = self.inside(self.delimited()) if self.opens() is not None else self.product()
        return Extremum(column, names, body)


def _infinite(node: Node | None) -> int:
    """1 for infinity, -1 for minus infinity, else 0."""
    if isinstance(node, Name) and node.name == "infty":
        return 1
    if isinstance(node, Difference) and _infinite(node.term) == 1:
        return -1
    if isinstance(node, Product) and len(node.factors) == 1:
        return _infinite(node.factors[0])
    return 0
