"""Plain text: expressions as a physicist types them, in Unicode on one line."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.str import StrPrinter

from derive.calculus.nodes import BOUND, LogPartition
from derive.calculus.vectors import VectorLaw, VectorLog
from derive.replica.system import System
from derive.report.layout import ordered_factors, ordered_terms
from derive.report.polish import BINDERS, NODES, is_negative, is_sum, split_product
from derive.report.present import present
from derive.report.shown import Shown
from derive.report.symbols import Names

__all__ = ["TextPrinter", "expression_text", "superscript"]

INNER = BOUND["inner"]
_SUPERSCRIPTS = dict(zip("0123456789+-nab*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵃᵇ*", strict=True))
_RELATIONS = {">": ">", ">=": "≥", "<": "<", "<=": "≤", "==": "=", "!=": "≠"}


def superscript(text: str) -> str | None:
    """Return a text in superscript characters, or None if one is missing."""
    return "".join(_SUPERSCRIPTS[c] for c in text) if text and all(c in _SUPERSCRIPTS for c in text) else None


def indicator(node: sp.Basic) -> sp.Basic | None:
    """Return the condition of a 0-1 case distinction, else None."""
    if isinstance(node, sp.Piecewise) and len(node.args) == 2:
        (yes, condition), (no, _) = node.args
        if yes == 1 and no == 0:
            return condition
    return None


class TextPrinter(StrPrinter):
    """Prints every node of the calculus in plain text; `names` says what symbols are called."""

    indent = "    "
    closing_apart = True
    brackets = ("[", "]")

    def __init__(self, names: Names | None = None):
        super().__init__()
        self.names = names or Names()

    # ------------------------------------------------------------------------------- lines

    def measure(self, text: str) -> int:
        """The width of a line."""
        return len(text)

    def product(self, factors: list[sp.Expr]) -> str:
        """The factors in front of an average."""
        text = self._print(sp.Mul(*factors))
        return f"({text})" if "/" in text or (len(factors) == 1 and isinstance(factors[0], sp.Add)) else text

    def opening(self, node: Any) -> str:
        """What opens an average."""
        kind = type(node).__name__
        if kind == "IntervalMean":
            return f"∫{self._limits(node)} D{self._print(node.bound_symbols[0])} ["
        return {"LabelIntegral": "∫ dy [", "LabelSum": "Σ_y ["}.get(kind, "E[")

    def closing(self, node: Any) -> str:
        """What closes an average."""
        kind = type(node).__name__
        if kind == "LabelIntegral":
            return "]" + self._range(node)
        if kind in ("LabelSum", "IntervalMean"):
            return "]"
        return f"| {self._law_of(node)} ]"

    def _limits(self, node: Any) -> str:
        lower, upper = node.args[2:]
        return "" if (lower, upper) == (-sp.oo, sp.oo) else f"_({self._print(lower)}, {self._print(upper)})"

    def _range(self, node: Any) -> str:
        lower, upper = node.args[2:]
        if (lower, upper) == (-sp.oo, sp.oo):
            return ""
        return f" over {self._print(node.bound_symbols[0])} in ({self._print(lower)}, {self._print(upper)})"

    def _law_of(self, node: Any) -> str:
        variables = [self._print(x) for x in node.bound_symbols]
        if type(node).__name__ == "DensityAverage":
            lower, upper = node.args[3:]
            interval = f"({self._print(lower)}, {self._print(upper)})"
            return f"{variables[0]} ~ {self._print(node.pdf)} on {interval}"
        if type(node).__name__ == "RowAverage":
            return f"({', '.join(variables)}) of {node.table.rows} rows"
        if len(variables) == 1:
            return f"{variables[0]} ~ N({self._print(node.mean[0])}, {self._print(node.covariance(0, 0))})"
        size = range(len(variables))
        entries = [[self._print(node.covariance(i, j)) for j in size] for i in size]
        rows = ", ".join(f"[{', '.join(row)}]" for row in entries)
        mean = "0" if not any(node.mean) else "(" + ", ".join(map(self._print, node.mean)) + ")"
        return f"({', '.join(variables)}) ~ N({mean}, [{rows}])"

    # ------------------------------------------------------------------------------- nodes

    def _average(self, node: Any) -> str:
        return f"{self.opening(node)} {self._print(node.body)} {self.closing(node)}"

    _print_GaussianAverage = _average
    _print_DensityAverage = _average
    _print_RowAverage = _average

    def _print_QuenchedMean(self, node: Any) -> str:
        return self._print(node.args[0])

    def _print_LabelIntegral(self, node: Any) -> str:
        body, y = self._print(node.body), self._print(node.bound_symbols[0])
        body = f"({body})" if node.body.is_Add else body
        return f"∫{self._limits(node)} d{y} {body}"

    def _print_IntervalMean(self, node: Any) -> str:
        body, t = self._print(node.body), self._print(node.bound_symbols[0])
        return f"∫{self._limits(node)} D{t}" + (f" ({body})" if node.body.is_Add else f" {body}")

    def _print_LabelSum(self, node: Any) -> str:
        body = self._print(node.body)
        return f"Σ_{self._print(node.bound_symbols[0])} " + (f"({body})" if node.body.is_Add else body)

    def _arguments(self, node: Any, start: int, count: int) -> str:
        first = ", ".join(self._print(a) for a in node.args[start : start + count])
        rest = ", ".join(self._print(a) for a in node.args[start + count :])
        return f"({first}; {rest})" if rest else f"({first})"

    def _partition(self, node: LogPartition) -> str:
        return f"{node.args[0].name}{self._arguments(node, 3, 2)}"

    def _print_Shown(self, node: Shown) -> str:
        rest = ", ".join(self._print(a) for a in node.args[5:])
        cost = "g" if node.site else f"ℓ_{node.args[0].name.partition('_')[2]}"
        variance = self._print(node.args[4])
        variance = variance if variance.isalnum() else f"{{{variance}}}"
        field = node.field
        before = "" if field is None else self._derivative(self._print(field), node.order)
        primes = "'" * node.order if field is None else ""
        head = f"{before}{'M*' if node.site else 'M'}{primes}_{variance}"
        return f"{head}[{cost}{f'(·; {rest})' if rest else ''}]({self._print(node.args[3])})"

    def _print_LogPartition(self, node: LogPartition) -> str:
        field = "ω" if node.args[1] == 1 else "ξ"
        return f"{self._derivative(field, node.order)}log {self._partition(node)}"

    def _derivative(self, symbol: str, order: int) -> str:
        if order == 0:
            return ""
        return f"∂{'' if order == 1 else superscript(str(order))}_{symbol} "

    def _vector(self, node: VectorLog) -> str:
        rest = "; " + ", ".join(self._print(a) for a in node.rest) if node.rest else ""
        return f"{node.args[0].name}({', '.join(self._print(a) for a in node.fields)}{rest})"

    def _print_VectorLog(self, node: VectorLog) -> str:
        before = "".join(self._derivative(str(i + 1), k) for i, k in enumerate(node.orders))
        return f"{before}log {self._vector(node)}"

    def _print_VectorLaw(self, node: VectorLaw) -> str:
        before = "".join(self._derivative(self._print(z), k) for z, k in zip(node.fields, node.orders, strict=True))
        name, value = self.names.law(node.args[0].name)
        label = f"y={self._print(value)}" if value is not None else ", ".join(self._print(a) for a in node.rest)
        return f"{before}{name}({label} | {', '.join(self._print(z) for z in node.fields)})"

    def _print_LabelLaw(self, node: Any) -> str:
        name, value = self.names.law(node.args[0].name)
        z = self._print(node.args[2])
        if value is not None:
            inside = f"y={self._print(value)} | {z}"
        else:
            inside = " | ".join([", ".join(self._print(a) for a in node.args[3:]), z]) if node.args[3:] else z
        return f"{self._derivative(z, node.order)}{name}({inside})"

    def _print_exp(self, node: sp.exp) -> str:
        if isinstance(node.args[0], VectorLog) and not any(node.args[0].orders):
            return self._vector(node.args[0])
        logs = [t for t in sp.Add.make_args(node.args[0]) if _is_power_of_z(t)]
        rest = sp.Add(*[t for t in sp.Add.make_args(node.args[0]) if t not in logs])
        texts = [] if rest == 0 else [f"exp({self._print(rest)})"]
        for term in logs:
            power = sp.Mul(*[f for f in sp.Mul.make_args(term) if not isinstance(f, LogPartition)])
            jet = next(f for f in sp.Mul.make_args(term) if isinstance(f, LogPartition))
            texts.append(self._raised(self._partition(jet), power))
        return " ".join(texts)

    def _print_Exp1(self, _: Any) -> str:
        return "e"

    def _raised(self, base: str, power: sp.Expr) -> str:
        if power == 1:
            return base
        text = self._print(power)
        return base + (superscript(text) or (f"^{text}" if text.isalnum() else f"^({text})"))

    # ------------------------------------------------------------------------------- functions

    def _print_Function(self, node: Any) -> str:
        separator = "; " if isinstance(node, AppliedUndef) else ", "
        return f"{type(node).__name__}({separator.join(self._print(a) for a in node.args)})"

    def _print_GaussianTail(self, node: Any) -> str:
        return f"H({self._print(node.args[0])})"

    def _print_Step(self, node: Any) -> str:
        return f"θ({self._print(node.args[0])})"

    def _print_Logistic(self, node: Any) -> str:
        return f"1/(1 + exp({self._print(-node.args[0])}))"

    def _print_Softplus(self, node: Any) -> str:
        return f"log(1 + exp({self._print(node.args[0])}))"

    def _print_GaussMean(self, node: Any) -> str:
        return f"E[ {self._print(node.args[0])} | {self._print(node.args[1])} ~ N(0, 1) ]"

    def _print_SiteMean(self, node: Any) -> str:
        return f"⟨{self._print(node.args[0])}⟩"

    def _print_Max(self, node: Any) -> str:
        return f"max({', '.join(self._print(a) for a in node.args)})"

    def _print_Min(self, node: Any) -> str:
        return f"min({', '.join(self._print(a) for a in node.args)})"

    def _print_DiracDelta(self, node: Any) -> str:
        return f"δ({self._print(node.args[0])})"

    def _print_Abs(self, node: Any) -> str:
        return f"|{self._print(node.args[0])}|"

    def _print_factorial(self, node: Any) -> str:
        text = self._print(node.args[0])
        return f"{text}!" if node.args[0].is_Atom else f"({text})!"

    def _print_Piecewise(self, node: sp.Piecewise) -> str:
        condition = indicator(node)
        if condition is not None:
            return f"1[{self._print(condition)}]"
        words = [("otherwise" if c == sp.true else f"if {self._print(c)}") for _, c in node.args]
        cases = [f"{self._print(e)} {word}" for (e, _), word in zip(node.args, words, strict=True)]
        return "{" + "; ".join(cases) + "}"

    def _print_Relational(self, node: Any) -> str:
        left, right = node.lhs, node.rhs
        operator = node.rel_op
        if not left.has(INNER) and (right.has(INNER) or left.is_number):
            left, right, operator = right, left, node.reversed.rel_op
        return f"{self._print(left)} {_RELATIONS[operator]} {self._print(right)}"

    def _print_And(self, node: Any) -> str:
        return " and ".join(self._print(a) for a in sorted(node.args, key=sp.default_sort_key))

    def _print_Or(self, node: Any) -> str:
        return " or ".join(self._print(a) for a in sorted(node.args, key=sp.default_sort_key))

    def _print_Not(self, node: Any) -> str:
        return f"not ({self._print(node.args[0])})"

    # ------------------------------------------------------------------------------- arithmetic

    def _print_Symbol(self, symbol: sp.Symbol) -> str:
        return self.names.text(symbol)

    def _print_Infinity(self, _: Any) -> str:
        return "∞"

    def _print_NegativeInfinity(self, _: Any) -> str:
        return "-∞"

    def _print_Pi(self, _: Any) -> str:
        return "π"

    def _print_Add(self, total: sp.Add, order: Any = None) -> str:
        if not total.has(sp.Function, *NODES):
            content, primitive = total.primitive()
            if content != 1 and primitive.is_Add:
                return self._print(sp.Mul(content, primitive, evaluate=False))
        text = ""
        for term in ordered_terms(total):
            negative = is_negative(term)
            body = self._print(-term if negative else term)
            body = f"({body})" if is_sum(-term if negative else term) else body
            text += (" - " if negative else " + ") + body if text else ("-" if negative else "") + body
        return text

    def _print_Mul(self, product: sp.Mul) -> str:
        negative, above, below = split_product(product)
        tail = [f for f in above if f.has(*NODES)] if below else []
        scalar = [f for f in above if f not in tail]
        text = self._factors(scalar) or ("1" if below else "")
        if below:
            text = f"({text})" if len(scalar) == 1 and isinstance(scalar[0], sp.Add) else text
            bottom = self._factors(below)
            simple = len(below) == 1 and (" " not in bottom or "(" in bottom[:2])
            simple = simple and not isinstance(below[0], sp.Add)
            text = f"{text}/{bottom}" if simple else f"{text}/({bottom})"
        if tail:
            text = f"({text}) {self._factors(tail)}" if text else self._factors(tail)
        return f"-{text}" if negative else text

    def _factors(self, factors: list[sp.Expr]) -> str:
        ordered = ordered_factors(factors)
        texts = []
        for position, factor in enumerate(ordered):
            text = self._print(factor)
            last = position == len(ordered) - 1
            open_end = isinstance(factor, (sp.log, LogPartition)) and not last
            bare = isinstance(factor, BINDERS) and not text.startswith("E[")
            loose = bare and not last
            wrap = (isinstance(factor, sp.Add) and len(ordered) > 1) or open_end or loose
            texts.append(f"({text})" if wrap or text.startswith("-") else text)
        return " ".join(texts)

    def _print_Pow(self, node: sp.Pow, rational: bool = False) -> str:
        base, power = node.base, node.exp
        if power.is_number and power.is_negative:
            return self._print_Mul(node)
        text = self._print(base)
        closed = base.is_Symbol or (base.is_Integer and base.is_nonnegative) or base in (sp.pi, sp.E)
        if power == sp.Rational(1, 2):
            return f"√{text}" if closed else f"√({text})"
        return self._raised(text if closed else f"({text})", power)


def _is_power_of_z(term: sp.Expr) -> bool:
    jets = [f for f in sp.Mul.make_args(term) if isinstance(f, LogPartition)]
    return len(jets) == 1 and jets[0].order == 0


def expression_text(expression: sp.Basic, system: System | None = None, names: Names | None = None) -> str:
    """Return an expression on one line of plain text.

    >>> from derive.calculus.nodes import GaussianAverage, bound
    >>> w, q = bound("field"), sp.Symbol("q", positive=True)
    >>> expression_text(sp.Symbol("alpha") * GaussianAverage(w**2, (w,), (0,), (q,)) / 2)
    '(α/2) E[ ω² | ω ~ N(0, q) ]'
    """
    names = names or Names.of(system)
    return TextPrinter(names).doprint(present(expression, names))
