r"""Mutants of published equations, made on their LaTeX: one mistake each, of the kinds that are made by hand.

A mutant is a text again, which goes through all of `derive check`.  Nothing of the engine is used but its tokens.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derive.claims.symbols import read_symbol, starts_symbol
from derive.claims.tokens import LatexError, Token, group, tokenize

__all__ = ["Mutant", "mutants"]

OPEN, CLOSE = ("(", "[", "lbrace"), (")", "]", "rbrace")
PARTNERS = {"q": ("m", "R", "r"), "m": ("q",), "R": ("q",), "x": ("q",), "hat q": ("hat R", "hat m")}
"""Symbols that are taken for each other."""
INVERTED = (r"\alpha", r"\beta", r"\Delta", r"\delta", r"\gamma", r"\kappa", "T", r"\lambda")
"""Parameters whose inverse another convention has."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mutant of an equation: which kind of mistake, what was done, and the text."""

    kind: str
    said: str
    latex: str


def mutants(latex: str, symbols: Sequence[str], count: int, seed: int) -> list[Mutant]:
    """At most `count` different mutants of the right side of an equation, of as many kinds as there are.

    `symbols` are the author's symbols in LaTeX, which are taken for each other.
    """
    left, right = latex.split("=", 1)
    rng = random.Random(seed)
    kinds: dict[str, list[Mutant]] = {}
    for kind, said, text in _all(right, symbols):
        if text != right:
            kinds.setdefault(kind, []).append(Mutant(kind, said, f"{left}= {text}"))
    for found in kinds.values():
        rng.shuffle(found)
    order = sorted(kinds)
    rng.shuffle(order)
    chosen: list[Mutant] = []
    while len(chosen) < count and any(kinds.values()):
        for kind in order:
            if kinds[kind] and len(chosen) < count:
                mutant = kinds[kind].pop()
                if all(mutant.latex != other.latex for other in chosen):
                    chosen.append(mutant)
    return chosen


def _all(right: str, symbols: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """(kind, what, text) of every mutant."""
    body = right.strip()
    yield "factor", "twice the whole", rf"2 \left( {body} \right)"
    yield "factor", "half of the whole", rf"\frac{{1}}{{2}} \left( {body} \right)"
    yield "sign", "the whole with the other sign", rf"-\left( {body} \right)"
    tokens = tokenize(right)
    yield from _terms(right, tokens)
    for k, token in enumerate(tokens):
        start = token.column - 1
        if token.kind == "command" and token.text == "sqrt" and k + 1 < len(tokens) and tokens[k + 1].kind == "{":
            yield "variance", f"root at {start} left out", _cut(right, start, start + len(r"\sqrt"))
        if (
            token.kind == "digit"
            and token.text == "2"
            and k >= 2
            and [t.text for t in tokens[k - 2 : k]] == ["frac", "1"]
        ):
            yield "factor", f"half at {start} left out", _put(right, start, start + 1, "{1}")
        if token.kind == "^" and k + 1 < len(tokens) and tokens[k + 1].text == "2" and _function(tokens, k):
            yield "power", f"square at {start} left out", _cut(right, start, start + 2)
        if token.kind == "command" and token.text == "int":
            yield from _limits(right, tokens, k)
        if starts_symbol(tokens, k) and (k == 0 or tokens[k - 1].text not in ("hat", "bar", "mathrm", "rm", "partial")):
            yield from _symbols(right, tokens, k, symbols)


def _symbols(right: str, tokens: list[Token], k: int, symbols: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    try:
        _, stop = read_symbol(tokens, k)
    except LatexError:
        return
    if any(_bound(tokens, k, word) for word in ("d", "D")):
        return
    start, end = tokens[k].column - 1, _end(right, tokens, stop)
    name = right[start:end].strip()
    bare = name.replace("\\", "").replace("{", " ").replace("}", "").strip()
    known = name in symbols or name in ("q", "m", "R", r"\hat q")
    for other in PARTNERS.get(" ".join(bare.split()), ()):
        written = other if " " not in other else "\\" + other
        if known and (written in symbols or other == "q"):
            yield "symbol", f"{name} at {start} is {written}", _put(right, start, end, f"{{{written}}}")
    if name in INVERTED:
        yield "inverse", f"{name} at {start} inverted", _put(right, start, end, rf"\frac{{1}}{{{name}}}")


def _bound(tokens: list[Token], k: int, word: str) -> bool:
    """Whether the symbol is the d of a measure or its variable."""
    return tokens[k].text == word or (k > 0 and tokens[k - 1].text == word and tokens[k].glued)


def _terms(right: str, tokens: list[Token]) -> Iterator[tuple[str, str, str]]:
    """Signs turned and terms left out, in sums at every depth."""
    depth, starts = 0, {0: 0}
    marks: list[tuple[int, int]] = []
    for k, token in enumerate(tokens):
        if token.kind == "{" or (token.text in OPEN and token.kind in ("symbol", "command")):
            depth += 1
            starts[depth] = k + 1
        elif token.kind == "}" or (token.text in CLOSE and token.kind in ("symbol", "command")):
            depth -= 1
        elif token.kind == "symbol" and token.text in "+-":
            marks.append((k, depth))
    for k, _ in marks:
        token, at = tokens[k], tokens[k].column - 1
        other = "-" if token.text == "+" else "+"
        unary = k == 0 or tokens[k - 1].kind == "{" or tokens[k - 1].text in OPEN
        yield "sign", f"sign at {at} turned", _put(right, at, at + 1, " " if unary else other)
        stop = _stop(tokens, k)
        if not unary or (stop < len(tokens) and tokens[stop].text == "+"):
            yield "missing term", f"term at {at} left out", _cut(right, at, _end(right, tokens, stop))


def _stop(tokens: list[Token], k: int) -> int:
    """Where the term after a sign ends: at the next sign of its depth, or where its group closes."""
    depth = 0
    for j in range(k + 1, len(tokens)):
        token = tokens[j]
        closes = token.kind == "}" or (token.text in CLOSE and token.kind in ("symbol", "command"))
        if depth == 0 and (closes or token.text == "right" or (token.kind == "symbol" and token.text in "+-,")):
            return j
        depth += token.kind == "{" or (token.text in OPEN and token.kind in ("symbol", "command"))
        depth -= closes
    return len(tokens)


def _limits(right: str, tokens: list[Token], k: int) -> Iterator[tuple[str, str, str]]:
    """An integral over half the line, or one that is cut; limits that are moved."""
    at = tokens[k].column - 1 + len(r"\int")
    if tokens[k + 1].kind not in ("_", "^"):
        yield "limits", f"integral at {at} over half the line", _put(right, at, at, r"_0^\infty ")
        yield "limits", f"integral at {at} cut", _put(right, at, at, r"_{-2}^{2} ")
        return
    if tokens[k + 1].kind == "_":
        _, stop = group(tokens, k + 2)
        start, end = tokens[k + 2].column - 1, _end(right, tokens, stop)
        yield "limits", f"lower limit at {start} is zero", _put(right, start, end, "{0}")


def _function(tokens: list[Token], k: int) -> bool:
    return tokens[k - 1].kind == "command" and tokens[k - 1].text in ("tanh", "sech", "cosh", "sinh")


def _end(right: str, tokens: list[Token], stop: int) -> int:
    return tokens[stop].column - 1 if stop < len(tokens) else len(right)


def _cut(text: str, start: int, end: int) -> str:
    return text[:start] + " " + text[end:]


def _put(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + " " + text[end:]
