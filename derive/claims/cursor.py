"""A cursor over tokens: what the rules of formulas move."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

from derive.claims.tokens import LatexError, Macro, Token, group
from derive.claims.tree import Measure, Node

__all__ = ["CLOSE", "MAX_NESTING", "OPEN", "SIZES", "Cursor", "Vocabulary"]

MAX_NESTING = 60
SIZES = {"left", "right", *(b + s for b in ("big", "Big", "bigg", "Bigg") for s in ("", "l", "r", "m")), "middle"}
OPEN = {"(": ")", "[": "]", "{": "}", "lbrace": "}", "lbrack": "]", "lvert": "|", "langle": ">"}
CLOSE = {")": ")", "]": "]", "}": "}", "rbrace": "}", "rbrack": "]", "rvert": "|", "rangle": ">"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which canonical names are functions and which numbers; any other name is judged by what it is used as."""

    functions: Collection[str] = frozenset()
    scalars: Collection[str] = frozenset()
    macros: Mapping[str, Macro] = field(default_factory=dict)
    bound: Collection[str] = frozenset()
    """The numbers that an integral, a mean or a sum around the cursor binds."""


class Cursor:
    """Tokens, a position, and the groups and delimiters at it."""

    def __init__(self, tokens: Sequence[Token], vocabulary: Vocabulary, depth: int = 0):
        self.tokens, self.vocabulary, self.at, self.depth = list(tokens), vocabulary, 0, depth
        self.bars = 0

    def expression(self, measures: list[Measure] | None = None) -> Node:
        """A sum of products."""
        raise NotImplementedError

    def product(self, measures: list[Measure] | None = None) -> Node:
        """A product of factors."""
        raise NotImplementedError

    def factor(self, measures: list[Measure] | None = None) -> Node:
        """A primary with its power."""
        raise NotImplementedError

    def begins(self) -> bool:
        """Whether a factor begins at the cursor."""
        raise NotImplementedError

    def bind(self, names: Collection[str]) -> None:
        """From here on the names are numbers, whatever functions are called so."""
        known = self.vocabulary
        self.vocabulary = Vocabulary(
            frozenset(known.functions) - set(names),
            frozenset(known.scalars) | set(names),
            known.macros,
            frozenset(known.bound) | set(names),
        )

    @contextmanager
    def binding(self, names: Collection[str]) -> Iterator[None]:
        """`bind` inside of a block."""
        before = self.vocabulary
        self.bind(names)
        try:
            yield
        finally:
            self.vocabulary = before

    def text(self, ahead: int = 0) -> str:
        """The token's text; "" at the end."""
        k = self.at + ahead
        return self.tokens[k].text if k < len(self.tokens) else ""

    def kind(self, ahead: int = 0) -> str:
        """The token's kind; "" at the end."""
        k = self.at + ahead
        return self.tokens[k].kind if k < len(self.tokens) else ""

    def command(self, *names: str) -> bool:
        """Whether one of these commands is at the cursor."""
        return self.kind() == "command" and self.text() in names

    def sign(self, *characters: str) -> bool:
        """Whether one of these characters is at the cursor."""
        return self.kind() == "symbol" and self.text() in characters

    def column(self) -> int:
        """The column of the cursor."""
        if not self.tokens:
            return 1
        return self.tokens[min(self.at, len(self.tokens) - 1)].column

    def shown(self) -> str:
        """The token as it is written."""
        return ("\\" if self.kind() == "command" else "") + self.text()

    def refuse(self, message: str, column: int | None = None) -> NoReturn:
        """Raise a LatexError."""
        raise LatexError(message, self.column() if column is None else column)

    def inside(self, tokens: Sequence[Token], measures: list[Measure] | None = None) -> Node:
        """The expression that a group of tokens is."""
        if not tokens:
            self.refuse("an empty group")
        if self.depth >= MAX_NESTING:
            self.refuse("the formula is nested too deeply")
        parser = type(self)(tokens, self.vocabulary, self.depth + 1)
        found = parser.expression(measures)
        if parser.at < len(parser.tokens):
            parser.refuse(f"`{parser.shown()}` cannot stand here")
        return found

    def argument(self) -> list[Token]:
        """The tokens of the argument at the cursor, which moves past it."""
        found, self.at = group(self.tokens, self.at)
        return found

    def opens(self) -> str | None:
        """The delimiter that opens at the cursor, without its size; None if none does."""
        ahead = 1 if self.kind() == "command" and self.text() in SIZES - {"right"} else 0
        text, kind = self.text(ahead), self.kind(ahead)
        if text in ("(", "[") and kind == "symbol":
            return text
        if text in ("{", "lbrace", "lbrack", "langle", "lvert") and kind == "command":
            return "{" if text == "lbrace" else "[" if text == "lbrack" else text
        return None

    def delimited(self) -> list[Token]:
        """The tokens between the delimiter at the cursor and the one that closes it."""
        opened = self.column()
        if self.kind() == "command" and self.text() in SIZES:
            self.at += 1
        if self.text() not in OPEN:
            self.refuse(f"`{self.shown()}` opens nothing")
        stack, begin = [OPEN[self.text()]], self.at + 1
        self.at = begin
        while self.at < len(self.tokens):
            text, kind = self.text(), self.kind()
            if kind == "{" or (text in OPEN and kind in ("symbol", "command")):
                stack.append("group" if kind == "{" else OPEN[text])
            elif kind == "}" or (text in CLOSE and kind in ("symbol", "command")):
                wanted = "group" if kind == "}" else CLOSE[text]
                if stack.pop() != wanted:
                    self.refuse(f"`{self.shown()}` closes something else than what was opened")
                if not stack:
                    inner = self.tokens[begin : self.at]
                    self.at += 1
                    if inner and inner[-1].kind == "command" and inner[-1].text in SIZES:
                        inner = inner[:-1]
                    return inner
            self.at += 1
        raise LatexError("this delimiter is never closed", opened)

    def split(self, tokens: Sequence[Token], *separators: str) -> list[list[Token]]:
        """Tokens separated outside of groups and delimiters."""
        parts: list[list[Token]] = [[]]
        depth = 0
        for token in tokens:
            depth += {"{": 1, "}": -1}.get(token.kind, 0)
            outer = token.kind in ("symbol", "command", "&")
            if outer and token.kind != "&":
                depth += (token.text in OPEN) - (token.text in CLOSE)
            if depth == 0 and outer and token.text in separators:
                parts.append([])
            else:
                parts[-1].append(token)
        return parts

    def members(self) -> list[list[Token]]:
        """The tokens between the signs of equality outside of delimiters."""
        return self.split(self.tokens, "=", "equiv")

    def labels(self, tokens: Sequence[Token]) -> tuple[str, list[list[Token]]]:
        r"""Arguments without those that are fixed labels, as in P(y=1|z), and the labels as a part of the name."""
        suffix, rest = "", []
        for part in self.split(tokens, ",", ";", "|", "mid", "vert"):
            if any(t.kind == "symbol" and t.text == "=" for t in part):
                suffix += f"[{''.join(t.text for t in part)}]"
            else:
                rest.append(part)
        return suffix, rest

    def arguments(self, tokens: Sequence[Token]) -> list[Node]:
        """Expressions separated by commas, semicolons or a single bar; two bars are an absolute value."""
        found = []
        for part in self.split(tokens, ",", ";", "mid"):
            barred = self.split(part, "|", "vert")
            found += barred if len(barred) == 2 else [part]
        return [self.inside(part) for part in found]
