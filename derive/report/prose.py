r"""Prose with mathematics between dollars, in each format.

Statements, conditions and meanings are written once, as text with inline LaTeX; `prose_text` turns them into
readable Unicode with no backslash left, `prose_latex` into safe LaTeX.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from derive.conventions import GREEK
from derive.report.printer import superscript

__all__ = ["LONG", "escape_latex", "math_text", "prose_latex", "prose_text", "split_math", "split_sum"]

LONG = 160  # inline formulas longer than this are displayed

_WORDS = {
    "mathbb": "", "mathrm": "", "mathcal": "", "operatorname": "", "text": "", "mathbf": "", "bm": "",
    "left": "", "right": "", "big": "", "Big": "", "bigl": "", "bigr": "", "Bigl": "", "Bigr": "",
    "limits": "",
    "sum": "Σ", "prod": "Π", "int": "∫", "partial": "∂", "infty": "∞", "langle": "⟨", "rangle": "⟩",
    "to": " → ", "ne": "≠", "neq": "≠", "le": " ≤ ", "leq": " ≤ ", "ge": " ≥ ", "geq": " ≥ ", "sim": " ~ ",
    "cdot": "·", "dots": "...", "ldots": "...", "cdots": "...", "ell": "ℓ", "pm": "±", "in": " in ",
    "quad": " ", "qquad": "  ", "mid": " | ", "times": "×", "lvert": "|", "rvert": "|", "propto": " ∝ ",
    "log": "log ", "exp": "exp ", "lim": "lim", "extr": "extr", "max": "max ", "min": "min ",
    "varepsilon": "ε", "star": "*",
}  # fmt: skip
_SYMBOLS = {",": " ", ";": " ", "!": "", ":": " ", " ": " ", "{": "{", "}": "}", "%": "%", "_": "_", "|": "‖"}
_TOKEN = re.compile(r"\\([A-Za-z]+|.)|(\s+)|(.)", re.DOTALL)


def split_math(prose: str) -> list[tuple[bool, str]]:
    """Split at dollars: [(is mathematics, text), ...].

    >>> split_math("so $q = 1$.")
    [(False, 'so '), (True, 'q = 1'), (False, '.')]
    """
    return [(i % 2 == 1, part) for i, part in enumerate(prose.split("$")) if part]


class _Reader:
    """Reads inline LaTeX into text, by recursive descent over groups."""

    def __init__(self, source: str):
        self.tokens = [m.group(0) for m in _TOKEN.finditer(source)]
        self.position = 0

    def group(self) -> str:
        """The next group or token, converted."""
        while self.position < len(self.tokens) and self.tokens[self.position].isspace():
            self.position += 1
        if self.position >= len(self.tokens):
            return ""
        token = self.tokens[self.position]
        if token == "{":
            self.position += 1
            return self.until("}")
        return self.item()

    def raw(self) -> str:
        """The next group or token as it stands: upright words."""
        if self.position < len(self.tokens) and self.tokens[self.position] == "{":
            end = self.tokens.index("}", self.position)
            inner = self.tokens[self.position + 1 : end]
            self.position = end + 1
            return "".join(inner)
        return self.group()

    def until(self, end: str | None) -> str:
        """Everything up to the closing brace or the end."""
        parts: list[str] = []
        while self.position < len(self.tokens):
            if self.tokens[self.position] == end:
                self.position += 1
                break
            script = self.tokens[self.position] in "^_"
            text = self.item(parts)
            if parts and not script and _touching(parts[-1], text):
                parts.append(" ")
            parts.append(text)
        return "".join(parts)

    def item(self, before: list[str] | None = None) -> str:
        """One token with its arguments."""
        token = self.tokens[self.position]
        self.position += 1
        if token == "{":
            return self.until("}")
        if token in "^_":
            return self._script(token, before)
        if token.isspace():
            return " "
        if not token.startswith("\\"):
            return token
        name = token[1:]
        if name in _SYMBOLS:
            return _SYMBOLS[name]
        while self.position < len(self.tokens) and self.tokens[self.position].isspace():
            self.position += 1
        if name in ("frac", "tfrac", "dfrac"):
            above, below = self.group(), self.group()
            ratio = f"{_wrapped(above)}/{_wrapped(below)}"
            done = self.position >= len(self.tokens) and "".join(before or []).rstrip()[-1:] in ("", "=")
            return ratio if done else f"({ratio}) "
        if name == "sqrt":
            return f"√{_wrapped(self.group())}"
        if name == "hat":
            return f"{self.group()}_hat"
        if name in ("mathbb", "mathrm", "mathcal", "mathbf", "operatorname", "text"):
            inner = self.raw()
            return f"{inner} " if name == "mathbb" else inner
        return _WORDS.get(name, GREEK.get(name, name))

    def _script(self, kind: str, before: list[str] | None) -> str:
        body = self.group().strip()
        if kind == "_" and re.fullmatch(r"\w( \w)+", body):
            body = body.replace(" ", "")
        if before:
            before[-1] = before[-1].rstrip()
        if kind == "_":
            if re.fullmatch(r"[^\W_]+|[*∞]", body):
                return f"_{body}"
            tight = re.sub(r"\s*([=→≠≤≥+-])\s*", r"\1", body)
            return "_{" + tight.translate(_PROTECTED) + "}"
        if before and before[-1] == "e" and len(body) > 1:
            before[-1] = ""
            return f"exp({body})"
        return superscript(body) or (f"^{body}" if len(body) == 1 else f"^({body})")


_PROTECTED = str.maketrans("=+-", "\ue000\ue001\ue002")
_RESTORED = str.maketrans("\ue000\ue001\ue002", "=+-")


def _touching(left: str, right: str) -> bool:
    """Whether two atoms need a space between them: a b, not ab; but 12, dx and f(x) stay."""
    if not left or not right or not re.match(r"[\w√ΣΠ∫∂⟨]", right):
        return False
    if left == "d":
        return False
    if left[-1].isdigit() and right[0].isdigit():
        return False
    return re.search(r"[\w∫)\]}⟩*'⁰¹²³⁴⁵⁶⁷⁸⁹]$", left) is not None


def _wrapped(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"[\w∂]+", text) else f"({text})"


def math_text(source: str) -> str:
    r"""Return inline LaTeX as readable text.

    >>> math_text(r"\frac1N\sum_i f_i^2 w_i^a w_i^b"), math_text(r"\hat q \ge 0")
    ('(1/N) Σ_i f_i² w_iᵃ w_iᵇ', 'q_hat ≥ 0')
    """
    text = _Reader(source).until(None)
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"([(\[{⟨]) | (?=[)\]}⟩,.])", r"\1", text).replace("\\", "")
    text = re.sub(r"(?<=[^\s(\[{|,;^=~<>→+-])\s*([-+=])\s*(?=\S)", r" \1 ", text)
    text = re.sub(r"→ - (?=\w)", "→ -", text).translate(_RESTORED)
    return text


def prose_text(prose: str) -> str:
    """Return prose with its mathematics in Unicode and no backslash."""
    text = "".join(math_text(part) if is_math else part for is_math, part in split_math(prose))
    return text.replace(" -> ", " → ").replace("\\", "")


_ESCAPES = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$", "*": "$*$",
}  # fmt: skip


def escape_latex(text: str) -> str:
    """Return plain text safe for LaTeX; characters beyond ASCII become their commands or a question mark."""
    text = re.sub(r"->", "\0", text)
    done = "".join(_ESCAPES.get(c, c) for c in text).replace("\0", r"$\to$")
    names = {char: name for name, char in GREEK.items() if name not in ("lam", "lamda")}
    return re.sub(r"[^\x00-\x7f]", lambda m: f"$\\{names[m.group(0)]}$" if m.group(0) in names else "?", done)


def split_sum(latex: str) -> list[str]:
    """Split a long formula at + and - outside every group, into lines."""
    lines, depth, line = [], 0, ""
    position = 0
    while position < len(latex):
        found = re.match(r"\\([A-Za-z]+|.)", latex[position:])
        token = found.group(0) if found else latex[position]
        position += len(token)
        depth += {"{": 1, "}": -1, r"\left": 1, r"\right": -1, r"\begin": 1, r"\end": -1}.get(token, 0)
        if depth == 0 and token in "+-" and len(line) > 60:
            lines.append(line)
            line = ""
        line += token
    return [*lines, line]


def prose_latex(prose: str, escape: Callable[[str], str] = escape_latex) -> str:
    """Return prose as LaTeX: words escaped, mathematics as it is."""
    parts = []
    for is_math, part in split_math(prose):
        if is_math and len(part) > LONG:
            lines = " \\\\\n&\\quad ".join(split_sum(part))
            parts.append(f"\n\\begin{{align*}}\n&{lines}\n\\end{{align*}}\n")
        else:
            parts.append(f"${part}$" if is_math else escape(part))
    return "".join(parts)
