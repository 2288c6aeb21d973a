"""Text of an expression -> syntax tree, within fixed bounds, with the column of every fault.

The text is cut into tokens of a small alphabet first, so that nothing outside it ever reaches the
Python parser; `^` becomes `**` and `if` a plain name, and columns are mapped back to the text as
written.  Nothing is evaluated here or anywhere else: the tree is walked by `derive.spec.grammar`.
"""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass

from derive.errors import DeriveError

__all__ = ["IF", "MAX_DEPTH", "MAX_LENGTH", "MAX_NODES", "ExpressionError", "Source", "parse_text"]

MAX_LENGTH = 2000
MAX_DEPTH = 60
MAX_NODES = 2000

# What the word `if` is called in the tree; a name of a model cannot begin with an underscore.
IF = "_if"

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z_0-9]*)
      | (?P<string>"[^"\\\n]*"|'[^'\\\n]*')
      | (?P<operator>\*\*|<=|>=|==|!=|[-+*/^()\[\],<>])""",
    re.VERBOSE,
)

_WORDS = {"and", "or", "not", "if"}

_HINTS = {
    "=": "equality is written ==",
    "&": "write `and`",
    "|": "write `or`, and abs(x) for |x|",
    "!": "write factorial(n), or != for unequal",
    "{": "use round brackets",
    "}": "use round brackets",
    "%": "write mod(a, b)",
    "\\": "write names in plain letters, as in alpha",
    "\u2212": "use the plain minus sign -",
    "\u00b7": "a product is written *",
    "\u00d7": "a product is written *",
    "\u2264": "write <=",
    "\u2265": "write >=",
    "\u2260": "write !=",
    "\u221e": "write inf",
    "\u221a": "write sqrt(x)",
    "\u03c0": "write pi",
}


class ExpressionError(DeriveError):
    """A fault of one expression; `column` counts from 1 inside its text."""

    def __init__(self, message: str, column: int, hint: str = ""):
        self.message = message
        self.column = column
        self.hint = hint
        super().__init__(f"column {column}: {message}" + (f" ({hint})" if hint else ""))


@dataclass(frozen=True, slots=True)
class Source:
    """A text, its rewritten form, and for each rewritten offset the offset in the text."""

    text: str
    code: str
    offsets: tuple[int, ...]

    def column(self, offset: int) -> int:
        """Return the column in the text, from 1, of an offset in the rewritten form."""
        if not self.offsets:
            return 1
        return self.offsets[max(0, min(offset, len(self.offsets) - 1))] + 1

    def literal(self, node: ast.expr) -> str:
        """Return the characters of `node`."""
        return self.code[node.col_offset : node.end_col_offset]


def _check_token(kind: str, token: str, position: int, text: str, strings: bool) -> None:
    column = position + 1
    if kind == "number":
        after = text[position + len(token) : position + len(token) + 1]
        if after.isascii() and (after.isalpha() or after == "_"):
            raise ExpressionError(f"`{token}{after}` is not a number", column, "a product is written with *")
        if token.isdigit() and len(token) > 1 and token[0] == "0":
            raise ExpressionError(f"the number {token[:20]} begins with a zero", column)
    elif kind == "name":
        if token.startswith("_"):
            raise ExpressionError(f"`{token[:40]}` is not a name", column, "names begin with a letter")
        if keyword.iskeyword(token) and token not in _WORDS:
            raise ExpressionError(f"`{token}` is not a word of the model language", column)
    elif kind == "string" and not strings:
        raise ExpressionError("quoted text is not allowed in an expression", column)


def _rewrite(text: str, strings: bool) -> Source:
    """Cut `text` into tokens and rewrite it."""
    pieces: list[str] = []
    offsets: list[int] = []
    open_at: list[tuple[str, int]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            char = text[position]
            shown = f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"
            hint = _HINTS.get(char, "" if char.isascii() else "names and operators are plain ASCII")
            raise ExpressionError(f"{shown} is not allowed in an expression", position + 1, hint)
        kind, token = match.lastgroup or "", match.group()
        _check_token(kind, token, position, text, strings)
        if token in "([":
            open_at.append((token, position))
            if len(open_at) > MAX_DEPTH:
                raise ExpressionError(f"brackets are nested deeper than {MAX_DEPTH}", position + 1)
        elif token in ")]" and (not open_at or open_at.pop()[0] != {")": "(", "]": "["}[token]):
            raise ExpressionError(f"`{token}` closes no bracket", position + 1)
        piece = {"^": "**", "if": IF}.get(token, token)
        if kind == "space":
            piece = " " * len(token) if pieces else ""
        pieces.append(piece)
        offsets.extend(position + min(i, len(token) - 1) for i in range(len(piece)))
        position = match.end()
    if open_at:
        raise ExpressionError(f"`{open_at[-1][0]}` is not closed", open_at[-1][1] + 1)
    return Source(text, "".join(pieces), tuple(offsets))


def parse_text(text: str, strings: bool = False) -> tuple[ast.expr, Source]:
    """Parse `text` and return the root of its tree with the map of columns.

    Parameters
    ----------
    text : str
        What the author wrote.
    strings : bool
        Whether quoted text may occur (in laws: the text of a density, the name of a table).

    Raises
    ------
    ExpressionError
        If the text is too long, too deep, or not an expression.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression has {len(text)} characters; {MAX_LENGTH} are allowed", 1)
    source = _rewrite(text, strings)
    if not source.code.strip():
        raise ExpressionError("the expression is empty", 1)
    try:
        root = ast.parse(source.code, mode="eval").body
    except SyntaxError as error:
        column = source.column(error.offset - 1 if error.offset and error.lineno == 1 else len(source.code))
        near = text[column - 1 : column + 15].strip()
        raise ExpressionError(
            f"cannot be read as an expression near `{near}`" if near else "the expression is not complete",
            column,
            "an operator, an operand or a comma is missing",
        ) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("the expression is nested too deeply", 1) from None
    operands = sum(isinstance(node, (ast.expr, ast.operator)) for node in ast.walk(root))
    if operands > MAX_NODES:
        raise ExpressionError("the expression has too many terms", 1)
    return root, source
