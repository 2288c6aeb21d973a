"""The rules for functions and their arguments, with and without parentheses."""

from __future__ import annotations

from collections.abc import Sequence

from derive.claims.binders import Binders
from derive.claims.cursor import CLOSE, OPEN
from derive.claims.symbols import FUNCTIONS, GREEK, read_base, read_symbol, starts_symbol
from derive.claims.tokens import LatexError, Token, group
from derive.claims.tree import (
    Absolute,
    Apply,
    Derivative,
    Difference,
    Integral,
    Mean,
    Name,
    Node,
    Number,
    Power,
    Product,
    Proximal,
    Quotient,
    Sum,
)  # fmt: skip

__all__ = ["Applications"]

PROXIMAL = {"prox": "prox", "Prox": "prox", "cal_P": "prox", "cal_M": "envelope", "w": "maximiser"}
"""Letters of proximal points and envelopes, with a subscript and a cost."""
STARRED = {"envelope": "conjugate", "maximiser": "maximiser", "prox": "prox"}
BARE = {
    "log", "exp", "tanh", "cosh", "sinh", "sech", "coth", "atanh", "erf", "erfc", "sin", "cos", "tan", "asin", "acos",
    "atan", "sign",
}  # fmt: skip
"""Functions that may stand without parentheses."""


class Applications(Binders):
    """The rules for functions and their arguments."""

    def _dependence(self) -> tuple[Node, ...] | None:
        r"""The symbols in parentheses after a number, as in \alpha_c(\kappa); None where it is a product."""
        here = self.at
        if self.opens() != "(":
            return None
        parts = self.split(self.delimited(), ",", ";")
        if all(starts_symbol(p, 0) and _end_of_symbol(p) == len(p) for p in parts):
            return tuple(self.inside(p) for p in parts)
        self.at = here
        return None

    def _multiplies(self) -> bool:
        """Whether the bracket at the cursor can be no argument of a number: it holds a sum or what is bound here."""
        here = self.at
        inner = self.delimited()
        self.at = here
        depth = 0
        for k, token in enumerate(inner):
            depth += {"{": 1, "}": -1}.get(token.kind, 0)
            depth += (token.text in OPEN) - (token.text in CLOSE) if token.kind in ("symbol", "command") else 0
            if k and depth == 0 and token.kind == "symbol" and token.text in "+-":
                return True
            if starts_symbol(inner, k) and read_base(inner, k)[0] in self.vocabulary.bound:
                return True
        return False

    def _proximal(self, column: int) -> Node | None:
        r"""\mathrm{prox}_{V}[\ell](x), \mathrm{prox}_{V\ell}(x), and envelopes; None where none is written."""
        here = self.at
        base, marks, sub, self.at = read_base(self.tokens, self.at)
        kind = PROXIMAL.get(base)
        star = False
        if kind is None or marks or sub:
            self.at = here
            return None
        if self.kind() == "^" and self.at + 1 < len(self.tokens):
            mark, after = group(self.tokens, self.at + 1)
            if [t.text for t in mark] == ["*"]:
                star, self.at = True, after
        if self.kind() != "_":
            self.at = here
            return None
        self.at += 1
        below = self.argument()
        if self.opens() == "[":
            name = self.delimited()
            scale, cost, slots = below, name, None
        else:
            scale, cost, slots = self._cost(below)
        if not cost or not starts_symbol(cost, 0) or self.opens() != "(":
            self.at = here
            return None
        word, end = read_symbol(cost, 0)
        if end != len(cost):
            self.at = here
            return None
        place = self.inside(self.delimited())
        arguments = () if slots is None else tuple(None if _is_slot(s) else self.inside(s) for s in slots)
        return Proximal(column, STARRED[kind] if star else kind, self.inside(scale), word, arguments, place)

    def _cost(self, tokens: Sequence[Token]) -> tuple[list[Token], list[Token], list[list[Token]] | None]:
        r"""(scale, cost, its arguments) of a subscript such as V\ell or V\ell(y,\cdot)."""
        for at in range(len(tokens)):
            if not starts_symbol(tokens, at):
                continue
            try:
                name, end = read_symbol(tokens, at)
            except LatexError:
                continue
            if name in self.vocabulary.functions:
                sub = type(self)(tokens[end:], self.vocabulary, self.depth + 1)
                slots = self.split(sub.delimited(), ",", ";") if sub.opens() == "(" else None
                if sub.at == len(sub.tokens):
                    one = [Token("digit", "1", tokens[0].column)]
                    return list(tokens[:at]) or one, list(tokens[at:end]), slots
        return [], [], None

    def _labelled(self, name: str) -> tuple[str, tuple[Node, ...]] | None:
        """A function with labels among its arguments, where one of that name is defined."""
        here = self.at
        if self.opens() != "(":
            return None
        suffix, parts = self.labels(self.delimited())
        if suffix and name + suffix in self.vocabulary.functions:
            return name + suffix, tuple(self.inside(part) for part in parts)
        self.at = here
        return None

    def _word(self, start: int, name: str) -> bool:
        """Whether a name of several letters is written as one word, as in operatorname{erfc}."""
        return len(name) > 1 and name not in GREEK.values() and self.tokens[start].kind == "command"

    def _is_mean(self, after: int) -> bool:
        """Whether E with a subscript, before `after`, is an expectation: a body follows, and E is no symbol."""
        if "E" in self.vocabulary.scalars or after >= len(self.tokens) or self.tokens[after].kind != "_":
            return False
        name, end = group(self.tokens, after + 1)
        if not starts_symbol(name, 0) or canonical_of(self.tokens, self.at) in self.vocabulary.scalars:
            return False
        here, self.at = self.at, end
        found = self.begins()
        self.at = here
        return found

    def _called(self) -> bool:
        """Whether parentheses of a function follow, perhaps after a power."""
        here = self.at
        if self.kind() == "^":
            _, self.at = group(self.tokens, self.at + 1)
        found = self.opens() in ("(", "[", "{")
        self.at = here
        return found

    def _function(self, name: str, column: int, primes: int = 0) -> Node:
        """A function with its power and its argument."""
        power = None
        while self.kind() == "'":
            primes, self.at = primes + 1, self.at + 1
        if self.kind() == "_" and name == "log":
            self.refuse("a logarithm to another base: write it as a quotient", column)
        if self.kind() == "^":
            self.at += 1
            power = self._exponent()
            if not isinstance(power, Number):
                self.refuse(f"a power of {name} that is no positive number: write it after the argument", column)
        if self.opens() in ("(", "[", "{"):
            body = tuple(self.arguments(self.delimited()))
            if self.kind() == "^" and power is not None:
                self.refuse("two powers of one function")
        elif self.kind() == "{":
            body = (self.inside(self.argument()),)
        elif name in BARE:
            body = (self._bare(name),)
        else:
            self.refuse(f"the argument of {name} is missing")
        found: Node = Apply(column, name, body, primes)
        return found if power is None else Power(column, found, power)

    def _bare(self, name: str) -> Node:
        """The argument of a function that has no parentheses."""
        column, before = self.column(), ""
        factors: list[Node] = []
        unclear = f"where the argument of {name} ends can be read in two ways: write parentheses"
        if self.sign("+", "-"):
            self.refuse(f"the argument of {name} begins with a sign: parentheses are missing")
        while self.begins():
            root = self.command("sqrt")
            named = self.kind() == "command" and self.text() in FUNCTIONS and self.text() not in GREEK and not root
            if (named and name != "log" and factors) or self.command("int", "iint", "sum"):
                break
            joined = named and FUNCTIONS[self.text()] in ("cosh", "sinh", "H")
            if before not in ("", "plain") or (factors and named and not joined):
                self.refuse(unclear)
            column_, plain = self.column(), self.kind() in ("digit", "letter") or starts_symbol(self.tokens, self.at)
            factor = self.factor()
            applied = _holds_function(factor)
            if factors and not joined and (applied or (name == "log" and not plain and not root)):
                self.refuse(unclear, column_)
            before = "function" if applied else "plain" if plain or root else "group"
            factors.append(factor)
        if not factors:
            self.refuse(f"the argument of {name} is missing")
        if self.sign("/") or self.command("cdot", "times"):
            self.refuse(unclear)
        return factors[0] if len(factors) == 1 else Product(column, tuple(factors))

    def _exponent(self) -> Node:
        """The argument of ^."""
        column = self.column()
        tokens = self.argument()
        if not tokens:
            self.refuse("an empty power", column)
        if len(tokens) == 1 and tokens[0].kind == "command" and tokens[0].text not in GREEK:
            self.refuse("a power of more than one symbol: braces are missing", tokens[0].column)
        return self.inside(tokens)


def _holds_function(node: Node) -> bool:
    """Whether a function, a mean, an absolute value or a power of e is in a factor."""
    if isinstance(node, (Apply, Mean, Absolute, Integral, Derivative, Proximal)):
        return True
    if isinstance(node, Power) and isinstance(node.base, Name) and node.base.name == "e":
        return True
    parts: list[Node] = []
    if isinstance(node, Sum):
        parts = list(node.terms)
    elif isinstance(node, Product):
        parts = list(node.factors)
    elif isinstance(node, Power):
        parts = [node.base, node.exponent]
    elif isinstance(node, Quotient):
        parts = [node.above, node.below]
    elif isinstance(node, Difference):
        parts = [node.term]
    return any(map(_holds_function, parts))


def _is_slot(tokens: Sequence[Token]) -> bool:
    return [t.text for t in tokens] == ["cdot"]


def canonical_of(tokens: Sequence[Token], at: int) -> str:
    """The canonical name of the symbol at a position, "" if its subscript is no name."""
    try:
        return read_symbol(tokens, at)[0]
    except LatexError:
        return ""


def _end_of_symbol(tokens: Sequence[Token]) -> int:
    try:
        return read_symbol(tokens, 0)[1]
    except LatexError:
        return -1


def _base_of(node: Node) -> Node:
    return node.base if isinstance(node, Power) else node
