"""Breaking long equations: sums over lines, averages opened and closed on lines of their own.

Works on any `LinePrinter`; no format is known here.
"""

from __future__ import annotations

from typing import Any, Protocol

import sympy as sp

from derive.calculus.nodes import LogPartition
from derive.report.polish import BINDERS, NODES, is_negative, is_sum, split_product

__all__ = ["LinePrinter", "break_lines", "ordered_factors", "ordered_terms"]


class LinePrinter(Protocol):
    """What a printer offers for breaking lines."""

    indent: str
    closing_apart: bool
    brackets: tuple[str, str]

    def doprint(self, expression: sp.Basic) -> str:
        """Return an expression on one line."""

    def measure(self, text: str) -> int:
        """Return the printed width of a line."""

    def product(self, factors: list[sp.Expr]) -> str:
        """Return a product of factors that stand in front of an average."""

    def opening(self, node: Any) -> str:
        """Return what opens an average."""

    def closing(self, node: Any) -> str:
        """Return what closes it."""


def _rank(term: sp.Expr) -> int:
    """Plain terms first, then sites, then channels."""
    jets = term.atoms(LogPartition)
    if not jets:
        return 3 if term.has(*NODES) else 0
    return 1 if all(jet.args[1] == -1 for jet in jets) else 2


def ordered_terms(total: sp.Expr) -> list[sp.Expr]:
    """The terms of a sum in reading order: plain ones (a positive one first), sites, channels."""
    terms = sorted(sp.Add.make_args(total), key=lambda t: (_rank(t), sp.default_sort_key(t)))
    if len(terms) > 1 and not terms[0].has(*NODES):
        plain = [t for t in terms if _rank(t) == 0]
        constants = [t for t in plain if t.is_number]
        plain = [t for t in plain if not t.is_number]
        plain.sort(key=_reading_order)
        if len(plain) == 1 and is_negative(plain[0]) and constants:
            plain, constants = constants, plain
        first = next((t for t in [*plain, *constants] if not is_negative(t)), None)
        plain += constants
        if first is not None and is_negative(plain[0]):
            plain.remove(first)
            plain.insert(0, first)
        terms = plain + [t for t in terms if _rank(t) != 0]
    return terms


def _reading_order(term: sp.Expr) -> tuple:
    return (-_degree(term), is_negative(term), term.has(sp.Function), sp.default_sort_key(term))


def _degree(term: sp.Expr) -> int:
    """The total degree of a monomial, 0 for everything else."""
    degree = 0
    for factor in sp.Mul.make_args(term):
        base, power = factor.as_base_exp()
        if base.is_Symbol and power.is_Integer:
            degree += int(power)
    return degree


def ordered_factors(factors: list[sp.Expr]) -> list[sp.Expr]:
    """The factors of a product in reading order: numbers, symbols, sums, functions, logarithms, averages."""

    def key(factor: sp.Expr) -> tuple:
        base = factor.base if isinstance(factor, sp.Pow) and not factor.exp.is_negative else factor
        if factor.is_number and not factor.has(sp.Function):
            rank = 0
        elif base.is_Symbol:
            rank = 1
        elif isinstance(base, BINDERS):
            rank = 8
        elif isinstance(base, sp.log) or (isinstance(base, LogPartition) and base.order == 0):
            rank = 7
        elif isinstance(base, LogPartition):
            rank = 6
        elif isinstance(base, sp.exp):
            rank = 5 if base.has(LogPartition) else 3
        elif isinstance(base, sp.Add):
            rank = 2
        else:
            rank = 4
        return (rank, sp.default_sort_key(factor))

    return sorted(factors, key=key)


def break_lines(printer: LinePrinter, expression: sp.Basic, width: int) -> list[str]:
    """Return the lines of an expression; the first stands after "left =", the others are indented."""
    whole = printer.doprint(expression)
    if printer.measure(whole) <= width:
        return [whole]
    if isinstance(expression, sp.Add):
        return _sum_lines(printer, expression, width)
    factors = list(sp.Mul.make_args(expression))
    nodes = [f for f in factors if isinstance(f, BINDERS)]
    sums = [f for f in factors if isinstance(f, sp.Add)]
    if not nodes and sums:
        longest = max(sums, key=lambda f: (f.has(sp.Function, *NODES), len(f.args)))
        return _bracketed(printer, [f for f in factors if f is not longest], longest, width)
    if len(nodes) != 1:
        return [whole]
    node = nodes[0]
    head = [f for f in factors if f is not node]
    before = (printer.product(head) + " " if head else "") + printer.opening(node)
    inner = break_lines(printer, node.body, width - printer.measure(printer.indent))
    if len(inner) == 1 and printer.measure(before + inner[0]) <= width:
        lines = [f"{before} {inner[0]}"]
    else:
        lines = [before, *(printer.indent + line for line in inner)]
    if printer.closing_apart:
        return [*lines, (printer.indent if len(lines) == 1 else "") + printer.closing(node)]
    return [*lines[:-1], lines[-1] + printer.closing(node)]


def _bracketed(printer: LinePrinter, head: list[sp.Expr], total: sp.Expr, width: int) -> list[str]:
    """Factors in front of a long sum in brackets."""
    opening, closing = printer.brackets
    before = f"{printer.product(head)} {opening}" if head else opening
    inner = _sum_lines(printer, total, width - printer.measure(printer.indent))
    lines = [f"{before} {inner[0]}", *(printer.indent + line for line in inner[1:])]
    if printer.measure(lines[0]) > width:
        lines = [before, *(printer.indent + line for line in inner)]
    return [*lines[:-1], f"{lines[-1]} {closing}"]


def _sum_lines(printer: LinePrinter, total: sp.Expr, width: int) -> list[str]:
    lines: list[str] = []
    for term in ordered_terms(total):
        negative = is_negative(term)
        sign = "- " if negative else "+ "
        term = -term if negative else term
        if is_sum(term):
            parts = _bracketed(printer, [], sp.Add(*_terms(term)), width - 2)
        else:
            parts = break_lines(printer, term, width - 2)
        parts[0] = (sign if lines else "-" if negative else "") + parts[0]
        short = len(parts) == 1 and bool(lines) and not _open(lines[-1])
        if short and printer.measure(f"{lines[-1]} {parts[0]}") <= width:
            lines[-1] += f" {parts[0]}"
        else:
            lines += parts
    return lines


def _terms(term: sp.Expr) -> tuple[sp.Expr, ...]:
    """The terms of what prints as a bare sum."""
    total = term if isinstance(term, sp.Add) else split_product(term)[1][0]
    return sp.Add.make_args(total)


def _open(line: str) -> bool:
    return line.startswith((" ", r"\quad"))
