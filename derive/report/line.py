"""Lines of a report: equations as data, and pieces of mathematics in both formats."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.calculus.nodes import bound
from derive.report.latex_printer import expression_latex
from derive.report.printer import expression_text
from derive.report.symbols import Names

__all__ = ["Line", "Raw", "as_expression", "both", "indexed", "latex", "measure_part"]

INNER = bound("inner")


@dataclass(frozen=True, slots=True)
class Raw:
    """A piece of mathematics given as LaTeX, and as text where the conversion would read worse."""

    latex: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """left = right_1 = right_2 ..., with a note in prose behind it."""

    left: Raw | sp.Basic
    right: tuple[Raw | sp.Basic, ...]
    note: str = ""


def indexed(name: str, arguments: str) -> Raw:
    """A function of its arguments, its index below."""
    head, _, tail = name.partition("_")
    return Raw((f"{head}_{{{tail}}}" if tail else head) + rf"\left({arguments}\right)")


def both(expression: sp.Basic, names: Names) -> Raw:
    """An expression in both formats."""
    return Raw(latex(expression, names), expression_text(expression, names=names))


def latex(expression: sp.Basic, names: Names) -> str:
    """An expression in LaTeX."""
    return expression_latex(expression, names=names)


def as_expression(body: sp.Basic) -> sp.Basic:
    """A factor as a function: a condition is its indicator."""
    if isinstance(body, sp.Expr):
        return body
    return sp.Piecewise((1, body), (0, True))


def measure_part(part: sp.Tuple, names: Names) -> Raw:
    """One part of the site measure: weight times a delta function or a density."""
    weight, body, atom, lower, upper = part.args
    if atom != sp.Symbol("none"):
        density = sp.DiracDelta(INNER - atom, evaluate=False)
    else:
        density = body
    product = both(weight * density, names)
    w = (names.latex(INNER), names.text(INNER))
    where = Raw("", "")
    if (lower, upper) != (-sp.oo, sp.oo):
        ends = [both(end, names) for end in (lower, upper)]
        where = Raw(rf"\;[{ends[0].latex} < {w[0]} < {ends[1].latex}]", f" on ({ends[0].text}, {ends[1].text})")
    head = Raw("", "") if (weight, density) == (1, 1) else Raw(rf"{product.latex}\,", f"{product.text} ")
    return Raw(f"{head.latex}d{w[0]}{where.latex}", f"{head.text}d{w[1]}{where.text}")
