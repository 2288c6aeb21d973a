"""LaTeX to tokens with columns, and the expansion of an author's macros.

Nothing is executed: a macro is a list of tokens put in the place of its name, and the sizes are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from derive.errors import UsageError

__all__ = ["LatexError", "Macro", "Token", "expand", "tokenize"]

_SKIP = re.compile(r"\*?(\[\s*-?[\d.]+\s*(?:pt|mm|cm|em|ex|in)\s*\])?")
"""The distance after a line break."""
MAX_CHARACTERS = 20_000
MAX_TOKENS = 20_000
MAX_DEPTH = 40


class LatexError(UsageError):
    """A formula that is refused: what was found, at which column (from 1)."""

    def __init__(self, message: str, column: int):
        super().__init__(f"column {column}: {message}")
        self.message, self.column = message, column


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of LaTeX.

    kind     "command" (text without the backslash), "letter", "digit", "{", "}", "^", "_", "&", "'", "#" or "symbol"
    column   where it begins, from 1
    glued    whether nothing stands between it and the token before
    """

    kind: str
    text: str
    column: int
    glued: bool = False


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro of an author: how many arguments it takes, the default of the first, and its body."""

    arguments: int
    body: tuple[Token, ...]
    default: tuple[Token, ...] | None = None


def tokenize(text: str) -> list[Token]:
    r"""The tokens of a formula; comments and white space are left out.

    >>> [t.text for t in tokenize(r"\frac12 q_{0}")]
    ['frac', '1', '2', 'q', '_', '{', '0', '}']

    Raises
    ------
    LatexError
        for characters that no formula has, and for a text that is too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise LatexError(f"the formula is longer than {MAX_CHARACTERS} characters", MAX_CHARACTERS)
    found: list[Token] = []
    at, glued = 0, False
    while at < len(text):
        c = text[at]
        column = at + 1
        if c.isspace():
            at, glued = at + 1, False
            continue
        if c == "%":
            end = text.find("\n", at)
            at, glued = (len(text) if end < 0 else end + 1), False
            continue
        if c == "\\":
            end = at + 1
            while end < len(text) and text[end].isascii() and text[end].isalpha():
                end += 1
            name = text[at + 1 : max(end, at + 2)]
            if not name:
                raise LatexError("a backslash at the end", column)
            found.append(Token("command", " " if name.isspace() else name, column, glued))
            at, glued = max(end, at + 2), True
            if name == "\\" and (skip := _SKIP.match(text, at)):
                at = skip.end()
            continue
        if c.isascii() and c.isdigit():
            kind = "digit"
        elif c.isascii() and c.isalpha():
            kind = "letter"
        elif c in "{}^_&'#~":
            kind = c
        elif c in "+-*/=()[]|,.;:<>!":
            kind = "symbol"
        else:
            raise LatexError(f"the character {c!r} has no meaning in a formula", column)
        found.append(Token(kind, c, column, glued))
        at, glued = at + 1, True
    return found


def group(tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """The argument at a position (a group without its braces, or one token) and the position after it."""
    if at >= len(tokens):
        column = tokens[-1].column if tokens else 1
        raise LatexError("an argument is missing at the end", column)
    if tokens[at].kind == "}":
        raise LatexError("an argument is missing before }", tokens[at].column)
    if tokens[at].kind != "{":
        return [tokens[at]], at + 1
    depth, end = 1, at + 1
    while end < len(tokens):
        depth += {"{": 1, "}": -1}.get(tokens[end].kind, 0)
        if depth == 0:
            return list(tokens[at + 1 : end]), end + 1
        end += 1
    raise LatexError("this { is never closed", tokens[at].column)


def _optional(tokens: Sequence[Token], at: int) -> tuple[list[Token] | None, int]:
    """An argument in square brackets, if there is one."""
    if at >= len(tokens) or tokens[at].text != "[":
        return None, at
    end = at + 1
    while end < len(tokens) and tokens[end].text != "]":
        end += 1
    if end == len(tokens):
        raise LatexError("this [ is never closed", tokens[at].column)
    return list(tokens[at + 1 : end]), end + 1


def expand(tokens: Sequence[Token], macros: Mapping[str, Macro], depth: int = 0) -> list[Token]:
    """The tokens with every macro replaced by its body; what comes from a macro has the column of its use.

    Raises
    ------
    LatexError
        for macros that call themselves, or grow without end.
    """
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        macro = macros.get(token.text) if token.kind == "command" else None
        if macro is None:
            found.append(token)
            at += 1
            continue
        if depth >= MAX_DEPTH:
            raise LatexError(f"\\{token.text} is a macro that calls itself", token.column)
        at += 1
        arguments: list[list[Token]] = []
        if macro.default is not None:
            given, at = _optional(tokens, at)
            arguments.append(list(macro.default) if given is None else given)
        while len(arguments) < macro.arguments:
            argument, at = group(tokens, at)
            arguments.append(argument)
        body = _filled(macro, arguments, token)
        found += expand(body, macros, depth + 1)
        if len(found) > MAX_TOKENS:
            raise LatexError(f"the macro \\{token.text} makes the formula too long", token.column)
    return found


def _filled(macro: Macro, arguments: Sequence[Sequence[Token]], call: Token) -> list[Token]:
    """The body of a macro with its arguments; a body is one group, so that ^ and _ after it take all of it."""
    body: list[Token] = []
    at = 0
    while at < len(macro.body):
        token = macro.body[at]
        after = macro.body[at + 1] if at + 1 < len(macro.body) else None
        if token.kind == "#" and after is not None and after.kind == "digit":
            number = int(after.text)
            if not 1 <= number <= len(arguments):
                raise LatexError(f"\\{call.text} has no argument {number}", call.column)
            body += [replace(t, column=call.column) for t in arguments[number - 1]]
            at += 2
        else:
            body.append(replace(token, column=call.column))
            at += 1
    return body
