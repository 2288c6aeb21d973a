r"""LaTeX formulas to trees, by a strict parser: what can be read in two ways is refused, with the column.

    equation   = expression { "=" expression }
    expression = ["-"] product { ("+" | "-") product }
    product    = factor { factor | \cdot factor | "/" factor }      integrals, means and sums take the rest of a product
    factor     = primary [ "^" argument ]

A function without parentheses takes the symbols and numbers after it (\tanh\beta m), a logarithm also one function
(\log 2\cosh x); more is ambiguous.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from derive.claims.applications import Applications
from derive.claims.cursor import CLOSE, MAX_NESTING, OPEN, SIZES, Cursor, Vocabulary
from derive.claims.symbols import FUNCTIONS, GREEK, SPACES, STYLES, read_base, read_symbol, starts_symbol
from derive.claims.tokens import LatexError, Macro, Token, expand, tokenize
from derive.claims.tree import (
    Absolute,
    Apply,
    Difference,
    Measure,
    Name,
    Node,
    Number,
    Power,
    Product,
    Quotient,
    Root,
    Sum,
)  # fmt: skip
from derive.errors import nearest

__all__ = ["Header", "Vocabulary", "parse_definition", "parse_equation", "parse_formula"]

EXTREMA = {"extr", "Extr", "EXTR", "ext", "extremum"}
FRACTIONS = ("frac", "tfrac", "dfrac")
COMMANDS = {
    "sqrt", "int", "iint", "sum", "partial", "cdot", "times", "infty", "pm", "in", "sim", "equiv", "underset", "mid",
    "vert", *FRACTIONS, *GREEK, *STYLES, *OPEN, *CLOSE, *SIZES, *SPACES, *FUNCTIONS,
}  # fmt: skip

PLAIN = Vocabulary()


def parse_formula(latex: str, vocabulary: Vocabulary = PLAIN) -> Node:
    r"""The tree of one expression.

    >>> parse_formula(r"\frac12 q").factors[0].above
    Number(column=6, value=Fraction(1, 1))

    Raises
    ------
    LatexError
        with the column of what cannot be read, or can be read in two ways.
    """
    sides = parse_equation(latex, vocabulary)
    if len(sides) != 1:
        raise LatexError("an expression is expected, not an equation", sides[1].column)
    return sides[0]


def parse_equation(latex: str, vocabulary: Vocabulary = PLAIN) -> list[Node]:
    """The members of a chain of equalities."""
    return _parsed(_cleaned(expand(tokenize(latex), vocabulary.macros)), vocabulary)


def parse_definition(latex: str, macros: Mapping[str, Macro]) -> Header:
    r"""The left side of a definition f(x, y) = ... = g, and the tokens of its last member.

    >>> parse_definition(r"Z(y, \omega) = y\omega", {}).formal
    ('y', 'omega')
    """
    members = Cursor(_cleaned(expand(tokenize(latex), macros)), PLAIN).members()
    if len(members) < 2 or not members[-1]:
        raise LatexError("a definition is an equation", 1)
    cursor = _Parser(members[0], Vocabulary(macros=macros))
    if not starts_symbol(members[0], 0):
        raise LatexError("the left side of a definition is a symbol, or a function of symbols", 1)
    name, cursor.at = read_symbol(members[0], 0)
    formal: tuple[str, ...] = ()
    if cursor.opens() == "(":
        suffix, parts = cursor.labels(cursor.delimited())
        name, nodes = name + suffix, [cursor.inside(part) for part in parts]
        if not all(isinstance(node, Name) for node in nodes):
            raise LatexError("the arguments of a definition are symbols", 1)
        formal = tuple(node.name for node in nodes if isinstance(node, Name))
    if cursor.at != len(members[0]):
        raise LatexError("the left side of a definition is a symbol, or a function of symbols", 1)
    if len(set(formal)) < len(formal):
        raise LatexError("an argument is named twice", 1)
    return Header(name, formal, tuple(members[-1]))


@dataclass(frozen=True, slots=True)
class Header:
    """What a definition defines, its formal arguments, and the tokens of what it is."""

    name: str
    formal: tuple[str, ...]
    body: tuple[Token, ...]

    def parse(self, vocabulary: Vocabulary) -> Node:
        """The tree of the body."""
        (side,) = _parsed(list(self.body), vocabulary)
        return side


def _parsed(tokens: Sequence[Token], vocabulary: Vocabulary) -> list[Node]:
    parser = _Parser(tokens, vocabulary)
    sides = [parser.expression()]
    while parser.sign("=") or parser.command("equiv"):
        parser.at += 1
        sides.append(parser.expression())
    if parser.at < len(tokens):
        parser.refuse(f"`{parser.shown()}` cannot stand here")
    return sides


def _cleaned(tokens: Sequence[Token]) -> list[Token]:
    """Without spaces, alignment and a last stop; inside of a matrix the alignment stays."""
    found: list[Token] = []
    matrices = 0
    for place, token in enumerate(tokens):
        matrices += {"begin": 1, "end": -1}.get(token.text, 0) if token.kind == "command" else 0
        space = token.kind in ("&", "~") or (token.kind == "command" and token.text in SPACES)
        if not space or (matrices > 0 and (token.kind == "&" or token.text == "\\")):
            found.append(token)
        elif token.kind == "&" or token.text in ("\\", "quad", "qquad", "hfill"):
            _separates(found, tokens[place + 1 :], token)
    while found and found[-1].kind == "symbol" and found[-1].text in (",", ".", ";"):
        found.pop()
    return found


def _separates(before: Sequence[Token], after: Sequence[Token], token: Token) -> None:
    """Refuse a wide space or a line break between two factors: what follows it may be another equation."""
    rest = [t for t in after if not (t.kind in ("&", "~") or (t.kind == "command" and t.text in SPACES))]
    if not before or not rest:
        return
    last, first = before[-1], rest[0]
    joins = (
        (last.kind == "symbol" and last.text in "+-=*/([,")
        or (last.kind == "command" and last.text in ("cdot", "times", "equiv", *SIZES))
        or last.kind == "{"
        or (first.kind == "symbol" and first.text in "+-=*/)],.;")
        or (first.kind == "command" and first.text in ("cdot", "times", "equiv", "right"))
        or first.kind == "}"
    )
    if not joins:
        raise LatexError(
            "what stands after this space may be another equation: give it a claim of its own", token.column
        )


class _Parser(Applications):
    """The rules for sums, products, functions and symbols."""

    def expression(self, measures: list[Measure] | None = None) -> Node:
        """A sum of products."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.refuse("the formula is nested too deeply")
        column, terms = self.column(), [self._term(measures)]
        while self.sign("+", "-"):
            terms.append(self._term(measures))
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Sum(column, tuple(terms))

    def _term(self, measures: list[Measure] | None) -> Node:
        """A product with its sign."""
        negative = self.sign("-")
        if self.sign("+", "-"):
            self.at += 1
            if self.sign("+", "-"):
                self.refuse("two signs in a row")
        column = self.column()
        term = self.product(measures)
        return Difference(column, term) if negative else term

    def product(self, measures: list[Measure] | None = None) -> Node:
        """Factors; in an integral also measures, one after a factor being its end."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.refuse("the formula is nested too deeply")
        column = self.column()
        factors: list[Node] = []
        divided = False
        while True:
            if measures is not None and (measure := self.measure()) is not None:
                measures.append(measure)
                if factors:
                    break
                continue
            if factors and (self.command("cdot", "times") or self.sign("*")):
                self.at += 1
                factors.append(self.factor(measures))
                divided = False
            elif factors and self.sign("/"):
                slash = self.column()
                self.at += 1
                grouped = self.opens() is not None or self.command("sqrt", *FRACTIONS)
                below = self.factor(measures)
                if divided:
                    self.refuse("a/b/c can be read in two ways: write \\frac", slash)
                factors[-1] = Quotient(factors[-1].column, factors[-1], below)
                divided = not grouped
            elif self.begins():
                if divided:
                    self.refuse("what follows a/b can be read as part of the denominator: write \\frac or parentheses")
                factors.append(self.factor(measures))
            else:
                break
        self.depth -= 1
        if not factors:
            if measures:
                return Number(column, Fraction(1))
            self._missing()
        return factors[0] if len(factors) == 1 else Product(column, tuple(factors))

    def _missing(self) -> NoReturn:
        close = None
        if self.kind() == "command" and self.text() not in COMMANDS:
            close = nearest(self.text(), sorted(COMMANDS))
            hint = f"; did you mean \\{close}?" if close else ""
            self.refuse(f"\\{self.text()} is not known{hint}")
        self.refuse(
            f"an expression is missing before `{self.shown()}`" if self.text() else "the formula ends too early"
        )

    def begins(self) -> bool:
        """Whether a factor begins at the cursor."""
        kind, text = self.kind(), self.text()
        if kind in ("digit", "letter", "{"):
            return True
        if kind == "symbol":
            return text in ("(", "[") or (text == "." and self.kind(1) == "digit") or (text == "|" and not self.bars)
        if kind == "command":
            if text in ("mid", "in", "sim", "equiv", "cdot", "times", "begin", "end"):
                return False
            if text == "vert":
                return not self.bars
            if text in SIZES:
                closing = self.text(1) in CLOSE or text in ("right", "middle") or text.endswith(("r", "m"))
                return not closing and not (self.text(1) in ("|", "vert") and self.bars)
            return text not in CLOSE
        return False

    # --- factors

    def factor(self, measures: list[Measure] | None = None) -> Node:
        """A primary with its power."""
        column = self.column()
        base = self.primary(measures)
        if self.kind() == "^":
            self.at += 1
            base = Power(column, base, self._exponent())
            if self.kind() == "^":
                self.refuse("a second superscript")
        if self.kind() == "_":
            self.refuse("a subscript on something that is no symbol")
        if self.kind() == "'" or self.sign("!"):
            self.refuse(f"`{self.text()}` on something that is no symbol")
        return base

    def primary(self, measures: list[Measure] | None = None) -> Node:
        """What is no sum, product or power."""
        kind, text, column = self.kind(), self.text(), self.column()
        if kind == "digit" or (self.sign(".") and self.kind(1) == "digit"):
            return self._number()
        if kind == "{":
            start = self.at
            braced = self.inside(self.argument(), measures)
            if isinstance(braced, Sum) and (start > 0 or self.at < len(self.tokens)):
                self.refuse("braces group nothing that is printed: write parentheses", column)
            return braced
        if self.sign("|") or self.command("vert") or (self.command(*SIZES) and self.text(1) in ("|", "vert")):
            return self._absolute()
        if (opened := self.opens()) is not None:
            inner = self.delimited()
            if opened == "langle":
                return self.bracket_mean(inner, column)
            if opened == "lvert":
                return Absolute(column, self.inside(inner))
            if len(self.split(inner, ",", ";")) > 1:
                self.refuse("a list in brackets, and no function before it", column)
            return self.inside(inner, measures)
        if kind == "letter" or starts_symbol(self.tokens, self.at):
            return self._symbol()
        if kind != "command":
            self._missing()
        if text in FRACTIONS:
            return self._fraction(measures)
        if text == "sqrt":
            self.at += 1
            degree = self.inside(self.delimited()) if self.sign("[") else None
            return Root(column, self.inside(self.argument()), degree)
        if text in ("int", "iint"):
            return self.integral()
        if text == "sum":
            return self.label_sum()
        if text == "partial":
            return self.partial()
        if text == "infty":
            self.at += 1
            return Name(column, "infty")
        if text == "underset":
            self.at += 1
            below = self.argument()
            word = "".join(t.text for t in self.argument() if t.kind == "letter")
            if word not in {*EXTREMA, *(f"mathrm{e}" for e in EXTREMA)}:
                self.refuse(f"\\underset of `{word}` is not known", column)
            return self.extremum_over(below, column)
        if text in FUNCTIONS:
            self.at += 1
            return self._function(FUNCTIONS[text], column)
        self._missing()

    def _number(self) -> Node:
        """Adjacent digits with at most one point."""
        column, digits = self.column(), ""
        while self.kind() == "digit" or (self.sign(".") and self.kind(1) == "digit"):
            if digits and not self.tokens[self.at].glued:
                self.refuse("two numbers beside each other")
            digits += self.text()
            self.at += 1
        if digits.count(".") > 1:
            self.refuse(f"`{digits}` is no number", column)
        return Number(column, Fraction(digits))

    def _absolute(self) -> Node:
        """|x|."""
        column = self.column()
        self.at += 2 if self.command(*SIZES) else 1
        self.bars += 1
        body = self.expression()
        self.bars -= 1
        self.at += 1 if self.command(*SIZES) else 0
        if not (self.sign("|") or self.command("vert")):
            self.refuse("the bar of an absolute value is never closed", column)
        self.at += 1
        return Absolute(column, body)

    def _symbol(self) -> Node:
        """A symbol, or a function of that name with its arguments."""
        column, start, known = self.column(), self.at, self.vocabulary
        base, _, _, after = read_base(self.tokens, self.at)
        if base in EXTREMA:
            self.at = after
            return self.extremum(column)
        if (proximal := self._proximal(column)) is not None:
            return proximal
        if base == "bb_E" or (base == "E" and self._is_mean(after)):
            return self.expectation()
        name, self.at = read_symbol(self.tokens, self.at)
        if (labelled := self._labelled(name)) is not None:
            return Apply(column, *labelled)
        if name in known.scalars:
            if (arguments := self._dependence()) is not None:
                return Apply(column, name, arguments)
            if self.opens() == "(" and not self._multiplies():
                self.refuse(f"{name}(...) is a function or a product: write \\cdot for a product", column)
            return Name(column, name)
        if name in ("cal_N", "N") and self.opens() == "(":
            return Apply(column, "normal", tuple(self.arguments(self.delimited())))
        derived, primes = name, 0
        while derived.endswith("_prime") and derived not in known.functions:
            derived, primes = derived.removesuffix("_prime"), primes + 1
        if derived in known.functions:
            return self._function(derived, column, primes)
        if derived in FUNCTIONS and derived not in known.scalars and (self._called() or self._word(start, derived)):
            return self._function(FUNCTIONS[derived], column, primes)
        return Name(column, name)

    def _fraction(self, measures: list[Measure] | None) -> Node:
        r"""\frac, or a derivative written as one."""
        column = self.column()
        self.at += 1
        above, below = self.argument(), self.argument()
        if (found := self.derivative_fraction(above, below, column)) is not None:
            return found
        return Quotient(column, self.inside(above, measures), self.inside(below))
