r"""LaTeX: expressions in ASCII LaTeX that amsmath alone typesets."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter

from derive.calculus.nodes import LogPartition
from derive.calculus.vectors import VectorLaw, VectorLog
from derive.replica.system import System
from derive.report.layout import ordered_factors, ordered_terms
from derive.report.polish import BINDERS, NODES, is_negative, is_sum, split_product
from derive.report.present import present
from derive.report.printer import INNER, indicator
from derive.report.shown import Shown
from derive.report.symbols import Names

__all__ = ["MathPrinter", "expression_latex", "visible_width"]

_RELATIONS = {">": ">", ">=": r"\ge", "<": "<", "<=": r"\le", "==": "=", "!=": r"\ne"}
_DROPPED = {
    "left",
    "right",
    "mathrm",
    "mathbb",
    "mathcal",
    "bigl",
    "bigr",
    "Bigl",
    "Bigr",
    "mathbf",
    "hat",
    "text",
}
_MATRIX = re.compile(r"\\begin\{smallmatrix\}(.*?)\\end\{smallmatrix\}", re.DOTALL)


def visible_width(latex: str) -> int:
    r"""Estimate how many characters wide a formula is.

    >>> visible_width(r"\frac{\alpha}{2}\,\hat{q}"), visible_width("q + r")
    (3, 5)
    """
    latex = _MATRIX.sub("MMM", latex)
    width, position = 0, 0
    while position < len(latex):
        if latex.startswith(r"\frac{", position):
            above, after = _group(latex, position + 5)
            below, position = _group(latex, after)
            width += max(visible_width(above), visible_width(below)) + 1
            continue
        found = re.match(r"\\([A-Za-z]+|.)", latex[position:])
        if found is not None:
            name = found.group(1)
            width += 0 if name in _DROPPED or not name.isalpha() else 3 if name in ("log", "exp") else 1
            position += found.end()
            continue
        width += latex[position] not in "{}^_&"
        position += 1
    return width


def _group(latex: str, start: int) -> tuple[str, int]:
    """Return the braced group at `start` and the position behind it."""
    depth = 0
    for position in range(start, len(latex)):
        depth += {"{": 1, "}": -1}.get(latex[position], 0)
        if depth == 0:
            return latex[start + 1 : position], position + 1
    return latex[start + 1 :], len(latex)


class MathPrinter(LatexPrinter):
    """Prints every node of the calculus in LaTeX; `names` says what symbols are called."""

    indent = r"\quad "
    closing_apart = False
    brackets = (r"\Bigl[", r"\Bigr]")

    def __init__(self, names: Names | None = None):
        super().__init__({"ln_notation": False})
        self.names = names or Names()

    # ------------------------------------------------------------------------------- lines

    def measure(self, text: str) -> int:
        """The estimated width of a line."""
        return visible_width(text)

    def product(self, factors: list[sp.Expr]) -> str:
        """The factors in front of an average."""
        product = sp.Mul(*factors)
        text = self._print(product)
        return rf"\left({text}\right)" if isinstance(product, sp.Add) else text

    def opening(self, node: Any) -> str:
        """What opens an average."""
        kind = type(node).__name__
        if kind == "LabelIntegral":
            return rf"\int{self._limits(node)} dy\,\Bigl["
        if kind == "LabelSum":
            return r"\sum_{y=0}^{\infty}\Bigl["
        if kind == "IntervalMean":
            return rf"\int{self._limits(node)} D{self._print(node.bound_symbols[0])}\,\Bigl["
        return rf"\mathbb{{E}}_{{{self._law_of(node)}}}\Bigl["

    def closing(self, node: Any) -> str:
        """What closes an average."""
        return r"\Bigr]"

    def _limits(self, node: Any) -> str:
        lower, upper = node.args[2:]
        if (lower, upper) == (-sp.oo, sp.oo):
            return ""
        return f"_{{{self._print(lower)}}}^{{{self._print(upper)}}}"

    def _law_of(self, node: Any) -> str:
        variables = [self._print(x) for x in node.bound_symbols]
        if type(node).__name__ == "DensityAverage":
            return rf"{variables[0]}\sim {self._print(node.pdf)}"
        if type(node).__name__ == "RowAverage":
            return rf"({','.join(variables)})\in\text{{{node.table.rows} rows}}"
        if len(variables) == 1:
            law = f"{self._print(node.mean[0])},\\,{self._print(node.covariance(0, 0))}"
            return rf"{variables[0]}\sim\mathcal{{N}}\left({law}\right)"
        size = range(len(variables))
        rows = r"\\".join("&".join(self._print(node.covariance(i, j)) for j in size) for i in size)
        mean = "0" if not any(node.mean) else f"({','.join(map(self._print, node.mean))})"
        matrix = rf"\left[\begin{{smallmatrix}}{rows}\end{{smallmatrix}}\right]"
        return rf"({','.join(variables)})\sim\mathcal{{N}}\left({mean},\,{matrix}\right)"

    # ------------------------------------------------------------------------------- nodes

    def _average(self, node: Any) -> str:
        return rf"\mathbb{{E}}_{{{self._law_of(node)}}}\left[{self._print(node.body)}\right]"

    _print_GaussianAverage = _average
    _print_DensityAverage = _average
    _print_RowAverage = _average

    def _enclosed(self, body: sp.Expr) -> str:
        text = self._print(body)
        return rf"\left[{text}\right]" if body.is_Add else text

    def _print_LabelIntegral(self, node: Any) -> str:
        y = self._print(node.bound_symbols[0])
        return rf"\int{self._limits(node)} d{y}\,{self._enclosed(node.body)}"

    def _print_IntervalMean(self, node: Any) -> str:
        return rf"\int{self._limits(node)} D{self._print(node.bound_symbols[0])}\,{self._enclosed(node.body)}"

    def _print_LabelSum(self, node: Any) -> str:
        return rf"\sum_{{{self._print(node.bound_symbols[0])}=0}}^{{\infty}} {self._enclosed(node.body)}"

    def _partition(self, node: LogPartition) -> str:
        head, _, tail = node.args[0].name.partition("_")
        rest = "".join(f";{self._print(a)}" for a in node.args[5:])
        inside = f"{self._print(node.args[3])},\\,{self._print(node.args[4])}{rest}"
        return (f"{head}_{{{tail}}}" if tail else head) + rf"\left({inside}\right)"

    def _derivative(self, symbol: str, order: int) -> str:
        return "" if order == 0 else rf"\partial_{{{symbol}}}" + ("" if order == 1 else f"^{{{order}}}") + " "

    def _print_Shown(self, node: Shown, exp: str | None = None) -> str:
        rest = ",".join(self._print(a) for a in node.args[5:])
        cost = "g" if node.site else rf"\ell_{{{node.args[0].name.partition('_')[2]}}}"
        cost += rf"\left(\cdot;\,{rest}\right)" if rest else ""
        field = node.field
        before = "" if field is None else self._derivative(self._print(field), node.order)
        primes = r"\prime" * node.order if field is None else ""
        marks = ("*" if node.site else "") + primes
        head = r"\mathcal{M}" + (f"^{{{marks}}}" if marks else "")
        text = rf"{head}_{{{self._print(node.args[4])}}}\left[{cost}\right]\left({self._print(node.args[3])}\right)"
        return self._power(before + text, exp)

    def _print_LogPartition(self, node: LogPartition, exp: str | None = None) -> str:
        field = r"\omega" if node.args[1] == 1 else r"\xi"
        return self._power(rf"{self._derivative(field, node.order)}\log {self._partition(node)}", exp)

    def _vector(self, node: VectorLog) -> str:
        head, _, tail = node.args[0].name.partition("_")
        rest = ";" + ",".join(self._print(a) for a in node.rest) if node.rest else ""
        inside = ",".join(self._print(a) for a in node.fields) + rest
        return (f"{head}_{{{tail}}}" if tail else head) + rf"\left({inside}\right)"

    def _print_VectorLog(self, node: VectorLog, exp: str | None = None) -> str:
        before = "".join(self._derivative(str(i + 1), k) for i, k in enumerate(node.orders))
        return self._power(rf"{before}\log {self._vector(node)}", exp)

    def _print_VectorLaw(self, node: VectorLaw, exp: str | None = None) -> str:
        before = "".join(self._derivative(self._print(z), k) for z, k in zip(node.fields, node.orders, strict=True))
        name, value = self.names.law(node.args[0].name)
        head, _, tail = name.partition("_")
        label = f"y={self._print(value)}" if value is not None else ",".join(self._print(a) for a in node.rest)
        given = ",".join(self._print(z) for z in node.fields)
        name = f"{head}_{{{tail}}}" if tail else head
        return self._power(rf"{before}{name}\left({label}\,|\,{given}\right)", exp)

    def _print_LabelLaw(self, node: Any, exp: str | None = None) -> str:
        name, value = self.names.law(node.args[0].name)
        head, _, tail = name.partition("_")
        z = self._print(node.args[2])
        label = f"y={self._print(value)}" if value is not None else ",".join(self._print(a) for a in node.args[3:])
        inside = rf"{label}\,|\,{z}" if label else z
        name = f"{head}_{{{tail}}}" if tail else head
        return self._power(rf"{self._derivative(z, node.order)}{name}\left({inside}\right)", exp)

    def _power(self, text: str, exp: str | None) -> str:
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"

    def _print_exp(self, node: sp.exp, exp: str | None = None) -> str:
        if isinstance(node.args[0], VectorLog) and not any(node.args[0].orders):
            return self._power(self._vector(node.args[0]), exp)
        terms = sp.Add.make_args(node.args[0])
        logs = [t for t in terms if [j.order for j in sp.Mul.make_args(t) if isinstance(j, LogPartition)] == [0]]
        rest = sp.Add(*[t for t in terms if t not in logs])
        texts = [] if rest == 0 else [rf"e^{{{self._print(rest)}}}"]
        for term in logs:
            factors = sp.Mul.make_args(term)
            jet = next(f for f in factors if isinstance(f, LogPartition))
            power = sp.Mul(*[f for f in factors if f is not jet])
            texts.append(self._partition(jet) + ("" if power == 1 else f"^{{{self._print(power)}}}"))
        return self._power(r"\,".join(texts), exp)

    # ------------------------------------------------------------------------------- functions

    def _print_Orthant(self, node: Any, exp: str | None = None) -> str:
        a, b, c = (self._print(x) for x in node.args)
        return self._power(rf"\Phi_2^c\left({a},\,{b};\,{c}\right)", exp)

    def _print_Cross(self, node: Any, exp: str | None = None) -> str:
        return self._power(rf"\langle {self._print(node.args[0])},\,{self._print(node.args[1])}\rangle_{{ab}}", exp)

    def _print_Overlap(self, node: Any, exp: str | None = None) -> str:
        return self._power(rf"\langle {self._print(node.args[0])},\,{self._print(node.args[1])}\rangle_{{aa}}", exp)

    def _print_sign(self, node: Any, exp: str | None = None) -> str:
        return self._power(rf"\operatorname{{sign}}\left({self._print(node.args[0])}\right)", exp)

    def _print_AppliedUndef(self, node: Any, exp: str | None = None) -> str:
        head, _, tail = type(node).__name__.partition("_")
        first, *rest = (self._print(a) for a in node.args)
        inside = "; ".join([first, ",".join(rest)]) if rest else first
        return self._power((f"{head}_{{{tail}}}" if tail else head) + rf"\left({inside}\right)", exp)

    def _print_Piecewise(self, node: sp.Piecewise) -> str:
        condition = indicator(node)
        if condition is not None:
            return rf"\mathbf{{1}}\left[{self._print(condition)}\right]"
        return super()._print_Piecewise(node)

    def _print_Relational(self, node: Any) -> str:
        left, right, operator = node.lhs, node.rhs, node.rel_op
        if not left.has(INNER) and (right.has(INNER) or left.is_number):
            left, right, operator = right, left, node.reversed.rel_op
        return f"{self._print(left)} {_RELATIONS[operator]} {self._print(right)}"

    # ------------------------------------------------------------------------------- arithmetic

    def _print_Symbol(self, symbol: sp.Symbol, style: str = "plain") -> str:
        return self.names.latex(symbol)

    def _print_Add(self, total: sp.Add, order: Any = None) -> str:
        if not total.has(sp.Function, *NODES):
            content, primitive = total.primitive()
            if content != 1 and primitive.is_Add:
                return self._print(sp.Mul(content, primitive, evaluate=False))
        text = ""
        for term in ordered_terms(total):
            negative = is_negative(term)
            body = self._print(-term if negative else term)
            body = rf"\left({body}\right)" if is_sum(-term if negative else term) else body
            text += (" - " if negative else " + ") + body if text else ("-" if negative else "") + body
        return text

    def _print_Mul(self, product: sp.Mul) -> str:
        negative, above, below = split_product(product)
        tail = [f for f in above if f.has(*NODES) or isinstance(f, (sp.log, sp.exp))] if below else []
        scalar = [f for f in above if f not in tail]
        text = self._factors(scalar)
        if below:
            text = rf"\frac{{{text or '1'}}}{{{self._factors(below)}}}"
        if tail:
            text += r"\," + self._factors(tail, alone=False)
        return f"-{text}" if negative else text

    def _factors(self, factors: list[sp.Expr], alone: bool = True) -> str:
        ordered = ordered_factors(factors)
        texts = []
        for position, factor in enumerate(ordered):
            text = self._print(factor)
            last = position == len(ordered) - 1
            several = len(ordered) > 1 or not alone
            open_end = isinstance(factor, (sp.log, LogPartition, sp.Piecewise)) and not last
            loose = isinstance(factor, BINDERS) and not text.startswith(r"\mathbb") and not last
            wrap = (isinstance(factor, sp.Add) and several) or open_end or loose or text.startswith("-")
            texts.append(rf"\left({text}\right)" if wrap else text)
        return r"\,".join(texts)

    def _print_Pow(self, node: sp.Pow) -> str:
        base, power = node.base, node.exp
        if power.is_number and power.is_negative:
            return self._print_Mul(node)
        text = self._print(base)
        if power == sp.Rational(1, 2):
            return rf"\sqrt{{{text}}}"
        closed = base.is_Symbol or (base.is_Integer and base.is_nonnegative) or base in (sp.pi, sp.E)
        return (text if closed else rf"\left({text}\right)") + f"^{{{self._print(power)}}}"


def expression_latex(expression: sp.Basic, system: System | None = None, names: Names | None = None) -> str:
    r"""Return an expression as LaTeX, without dollars.

    >>> from derive.calculus.nodes import GaussianAverage, bound
    >>> w, q = bound("field"), sp.Symbol("q", positive=True)
    >>> expression_latex(GaussianAverage(w**2, (w,), (0,), (q,)))
    '\\mathbb{E}_{\\omega\\sim\\mathcal{N}\\left(0,\\,q\\right)}\\left[\\omega^{2}\\right]'
    """
    names = names or Names.of(system)
    return MathPrinter(names).doprint(present(expression, names))
