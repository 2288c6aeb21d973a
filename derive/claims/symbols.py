"""How symbols are written: letters, accents, styles, subscripts and marks become one canonical name."""

from __future__ import annotations

from collections.abc import Sequence

from derive.claims.tokens import LatexError, Token, group

__all__ = ["FUNCTIONS", "GREEK", "SPACES", "canonical", "read_base", "read_symbol", "starts_symbol"]

LETTERS = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi",
    "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "ell",
)  # fmt: skip
VARIANTS = ("epsilon", "theta", "phi", "rho", "sigma", "kappa")
GREEK = {**{name: name for name in LETTERS}, **{f"var{name}": name for name in VARIANTS}}
"""Letters by the command that writes them."""
ACCENTS = {
    "hat": "hat",
    "widehat": "hat",
    "bar": "bar",
    "overline": "bar",
    "tilde": "tilde",
    "widetilde": "tilde",
    "check": "check",
    "dot": "dot",
    "vec": "vec",
}
STYLES = {
    "mathcal": "cal_",
    "mathscr": "cal_",
    "mathbb": "bb_",
    "mathbf": "bf_",
    "boldsymbol": "bf_",
    "bm": "bf_",
    "mathfrak": "frak_",
    "mathrm": "",
    "mathsf": "",
    "mathit": "",
    "text": "",
    "textrm": "",
    "mathop": "",
    "operatorname": "",
}
SWITCHES = ("rm", "it", "sf", "bf", "cal", "scriptstyle", "displaystyle", "textstyle", "limits", "nolimits")
FUNCTIONS = {
    "log": "log", "ln": "log", "exp": "exp", "tanh": "tanh", "cosh": "cosh", "sinh": "sinh", "sech": "sech",
    "coth": "coth", "th": "tanh", "ch": "cosh", "sh": "sinh", "arctanh": "atanh", "artanh": "atanh", "atanh": "atanh",
    "erf": "erf", "erfc": "erfc", "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos",
    "acos": "acos", "arctan": "atan", "sgn": "sign", "sign": "sign", "max": "max", "min": "min", "H": "H",
    "Phi": "ndtr", "theta": "step",
    "Theta": "step", "sigma": "logistic", "sqrt": "sqrt", "relu": "relu", "ReLU": "relu",
}  # fmt: skip
"""Functions by the name that an author writes; single letters only where they are no symbol of the model."""
SPACES = {
    ",", ";", ":", "!", " ", ">", "quad", "qquad", "thinspace", "displaystyle", "textstyle", "limits", "nolimits",
    "nonumber", "notag", "mathstrut", "hfill", "\\", "allowbreak",
}  # fmt: skip
"""Commands that say nothing."""
STARS = ("*", "star", "ast")


def starts_symbol(tokens: Sequence[Token], at: int) -> bool:
    """Whether a symbol begins at a position."""
    if at >= len(tokens):
        return False
    token = tokens[at]
    if token.kind == "letter":
        return True
    return token.kind == "command" and token.text in {**GREEK, **ACCENTS, **STYLES}


def read_symbol(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    r"""The canonical name of the symbol at a position, without its powers, and the position after it.

    >>> from derive.claims.tokens import tokenize
    >>> read_symbol(tokenize(r"\hat{q}_{1}^2"), 0)
    ('q_hat_1', 8)
    """
    start = tokens[at]
    base, marks, sub, at = read_base(tokens, at)
    after: list[str] = []
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "_":
            argument, end = group(tokens, at + 1)
            if sub:
                raise LatexError("a second subscript", token.column)
            sub, at = _flat(argument, token), end
        elif token.kind == "'":
            after.append("prime")
            at += 1
        elif token.kind == "^" and (mark := _mark(tokens, at + 1)) is not None:
            word, at = mark
            after.append(word)
        else:
            break
    if not base:
        raise LatexError("an empty symbol", start.column)
    return "_".join([base, *marks, *([sub] if sub else []), *after]), at


def read_base(tokens: Sequence[Token], at: int) -> tuple[str, list[str], str, int]:
    """(letters, accents, subscript inside of an accent, position after)."""
    token = tokens[at]
    if token.kind == "letter":
        return token.text, [], "", at + 1
    name = token.text
    if name in GREEK:
        return GREEK[name], [], "", at + 1
    if name in STYLES:
        argument, end = group(tokens, at + 1)
        inner = [t for t in argument if not (t.kind == "command" and (t.text in SWITCHES or t.text in SPACES))]
        if inner and inner[0].kind == "command" and name not in ("text", "textrm"):
            base, marks, sub, stop = read_base(inner, 0)
            if stop != len(inner):
                raise LatexError(f"\\{name} of more than a symbol", token.column)
            return STYLES[name] + base, marks, sub, end
        if not inner or any(t.kind not in ("letter", "digit") for t in inner):
            raise LatexError(f"\\{name} of something that is no name", token.column)
        word = "".join(t.text for t in inner)
        return STYLES[name] + word, [], "", end
    if name in ACCENTS:
        argument, end = group(tokens, at + 1)
        if not starts_symbol(argument, 0):
            raise LatexError(f"\\{name} of something that is no symbol", token.column)
        base, marks, sub, stop = read_base(argument, 0)
        if stop < len(argument) and argument[stop].kind == "_":
            inner, stop = group(argument, stop + 1)
            sub = _flat(inner, argument[0])
        if stop != len(argument):
            raise LatexError(f"\\{name} over more than one symbol", token.column)
        return base, [*marks, ACCENTS[name]], sub, end
    raise LatexError(f"\\{name} is no symbol", token.column)


def _flat(tokens: Sequence[Token], where: Token) -> str:
    """A subscript as text: letters, digits and Greek names."""
    words: list[str] = []
    for token in tokens:
        if token.kind in ("letter", "digit"):
            words.append(token.text)
        elif token.kind == "command" and token.text in GREEK:
            words.append(GREEK[token.text])
        elif token.kind == "command" and token.text in FUNCTIONS:
            words.append(token.text)
        elif (token.kind == "command" and token.text in ("infty", "star", "ast")) or token.text == "*":
            words.append({"infty": "oo"}.get(token.text, "ast"))
        elif token.kind in ("{", "}") or (
            token.kind == "command" and (token.text in STYLES or token.text in SPACES or token.text in SWITCHES)
        ):
            continue
        elif token.text == "," or token.kind == "_":
            words.append("_")
        else:
            raise LatexError(f"the subscript has `{token.text}` in it, which no name has", token.column)
    text = "".join(words).strip("_")
    if not text:
        raise LatexError("an empty subscript", where.column)
    return text


def _mark(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    """A superscript that is part of the name: a star, primes, or a label in parentheses; else None."""
    if at >= len(tokens):
        return None
    argument, end = group(tokens, at)
    if len(argument) == 1 and argument[0].text in STARS:
        return "star", end
    if argument and all(t.kind == "command" and t.text == "prime" for t in argument):
        return "_".join(["prime"] * len(argument)), end
    if len(argument) > 2 and argument[0].text == "(" and argument[-1].text == ")":
        return f"sup{_flat(argument[1:-1], argument[0])}", end
    return None


def canonical(latex: str) -> str:
    r"""The canonical name of a symbol that is all of a text; a plain name stays.

    >>> canonical(r"\hat q"), canonical("q_hat"), canonical(r"\alpha_{\rm AT}")
    ('q_hat', 'q_hat', 'alpha_AT')
    """
    from derive.claims.tokens import tokenize

    if "\\" not in latex and latex.replace("_", "a").isalnum() and ("_" in latex or len(latex) > 1):
        return latex
    tokens = [t for t in tokenize(latex) if not (t.kind == "command" and t.text in SPACES)]
    if not starts_symbol(tokens, 0):
        raise LatexError(f"`{latex}` is no symbol", 1)
    name, end = read_symbol(tokens, 0)
    if end != len(tokens):
        raise LatexError(f"`{latex}` is more than one symbol", tokens[end].column)
    return name
