"""What every symbol is called on paper: reserved names, order parameters, parameters, partition functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import sympy as sp

from derive.calculus.labels import LabelAtom
from derive.calculus.means import map_expressions
from derive.conventions import BOUND_NAMES, GREEK
from derive.replica.system import System
from derive.spec.functions import GaussMean

__all__ = ["Names", "free_entropy_latex", "latex_name", "norm_of", "text_name"]

_WARM_V, _WARM_A = sp.Symbol("δ", positive=True), sp.Symbol("Λ", positive=True)

_LATEX_GREEK = {"lam": "lambda", "lamda": "lambda"}
_LETTERS = {char: name for name, char in GREEK.items() if name not in _LATEX_GREEK}


def text_name(name: str) -> str:
    """Return a name for plain text: Greek letters by name, the rest as it is.

    >>> text_name("alpha"), text_name("q_hat"), text_name("kappa_1"), text_name("wstar")
    ('α', 'q_hat', 'κ_1', 'w*')
    """
    base, *rest = name.split("_")
    if base.endswith("star") and base != "star":
        base = GREEK.get(base[:-4], base[:-4]) + "*"
    return "_".join([GREEK.get(base, base), *(GREEK.get(part, part) for part in rest)])


def free_entropy_latex(names: Iterable[str]) -> str:
    r"""The letter of the free entropy beside symbols of these names: one of them may be typeset as phi.

    >>> free_entropy_latex(["alpha"]), free_entropy_latex(["alpha", "phi"])
    ('\\phi', '\\Phi')
    """
    return r"\Phi" if r"\phi" in map(latex_name, names) else r"\phi"


def latex_name(name: str) -> str:
    r"""Return a name for LaTeX: hats, Greek letters, subscripts, words upright.

    >>> latex_name("q_hat"), latex_name("alpha"), latex_name("wstar")
    ('\\hat{q}', '\\alpha', '{w^{*}}')
    """

    def letter(text: str) -> str:
        text = _LETTERS.get(text, text)
        if text in GREEK:
            return "\\" + _LATEX_GREEK.get(text, text)
        return text if len(text) == 1 or text.isdigit() else rf"\mathrm{{{text}}}"

    parts = [p for p in name.split("_") if p]
    if not parts:
        return rf"\mathrm{{{name}}}".replace("_", r"\_")
    hat = "hat" in parts[1:]
    base, *rest = [p for i, p in enumerate(parts) if i == 0 or p != "hat"]
    numbered = re.fullmatch(r"([A-Za-z]+)(\d+)", base)
    if numbered:
        base, rest = numbered.group(1), [numbered.group(2), *rest]
    star = base.endswith("star") and base != "star"
    head = letter(base[:-4] if star else base)
    if hat:
        head = rf"\hat{{{head}}}"
    if star:
        head = rf"{{{head}^{{*}}}}"
    return head + (rf"_{{{','.join(letter(p) for p in rest)}}}" if rest else "")


def norm_of(system: System) -> sp.Expr | None:
    """Return the value of r where the model fixes it."""
    return system.second_moments[0] if system.matched else system.fixed_norm


@dataclass(frozen=True)
class Names:
    """How symbols and partition functions are written.

    system    the model's system, or None for a lone expression
    inner     the name of the integration variable: "h" in a channel, "w" at a site
    resolved  whether fixed values (r, the eliminated conjugates) are put in
    """

    system: System | None = None
    inner: str = "h"
    resolved: bool = True
    _taken: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def cold(self) -> bool:
        """Whether the equations are those of zero temperature."""
        return self.system is not None and self.system.cold

    @property
    def abbreviations(self) -> dict[sp.Symbol, sp.Expr]:
        """Standard deviations with their squares, at zero temperature: of z given omega, and of residuals."""
        if self.system is None:
            return {}
        found: dict[sp.Symbol, sp.Expr] = {}
        families = self.system.families
        teachers = [(c, c.m, families[c.family].symbols.q) for c in self.system.channels if c.m is not None]
        given = [c.teacher_scale**2 * (c.rho - m**2 / q) for c, m, q in teachers]
        widths = [v for r in self.system.residuals if r is not None for _, _, v, _ in r.branches]
        for letter, squares in (("ς", given), ("ϖ", [v for v in widths if v.is_Add])):
            distinct = list(dict.fromkeys(self.resolve(square) for square in squares))
            for i, square in enumerate(distinct):
                found[sp.Symbol(letter if len(distinct) == 1 else f"{letter}{i}", positive=True)] = square
        return found

    @cached_property
    def constants(self) -> dict[sp.Expr, sp.Symbol]:
        """Means over constants of the model (`gauss`, `site_mean`), with the names c_0, c_1, ... they go by."""
        found: dict[sp.Expr, None] = {}

        def collect(e: sp.Basic) -> sp.Basic:
            found.update(dict.fromkeys(sorted(e.atoms(GaussMean), key=lambda m: (m.count_ops(), str(m)))))
            return e

        if self.system is not None:
            s = self.system
            map_expressions((s.second_moments, tuple(f.site for f in s.families), s.channels, s.residuals), collect)
        order = sorted(found, key=lambda m: (m.count_ops(), str(m)))
        return {m: sp.Symbol(f"ϲ{i}", positive=m.is_nonnegative, real=True) for i, m in enumerate(order)}

    @property
    def site_symbols(self) -> frozenset[sp.Symbol]:
        """The conjugates: what tells the terms of a site from those of the samples."""
        if self.system is None:
            return frozenset()
        symbols = [f.symbols for f in self.system.families]
        return frozenset(x for s in symbols for x in (s.A, s.q_hat, *s.m_hat))

    @classmethod
    def of(cls, system: System | None, resolved: bool = True) -> Names:
        """Return the names of a system, with the bound ones kept apart from those of the model."""
        taken: set[str] = set()
        if system is not None:
            model = system.model
            overlaps = [x for f in system.families for x in (f.symbols.q, f.symbols.r, *f.symbols.m)]
            own = (*(p.symbol for p in model.parameters), *system.globals, *overlaps)
            taken = {text_name(symbol.name) for symbol in own}
        return cls(system, "h", resolved, frozenset(taken))

    def at_site(self) -> Names:
        """Return the names used in the definition of a site function."""
        return replace(self, inner="w")

    def generic(self) -> Names:
        """Return the names before any reduction."""
        return replace(self, resolved=False)

    # ------------------------------------------------------------------------------- symbols

    def _bound(self, symbol: sp.Symbol) -> tuple[str, str] | None:
        found = BOUND_NAMES.get(symbol.name[:1])
        if found is None:
            return None
        text, latex = found
        if symbol.name[0] == "η":
            text = latex = self.inner
        if text in self._taken:
            text, latex = text + "'", latex + "'"
        index = symbol.name[1:]
        return (f"{text}_{index}", f"{latex}_{{{index}}}") if index else (text, latex)

    def text(self, symbol: sp.Symbol) -> str:
        """Return a symbol in plain text."""
        bound = self._bound(symbol)
        return text_name(symbol.name) if bound is None else bound[0]

    def latex(self, symbol: sp.Symbol) -> str:
        """Return a symbol in LaTeX."""
        bound = self._bound(symbol)
        return latex_name(symbol.name) if bound is None else bound[1]

    # ------------------------------------------------------------------------------- partitions

    def law(self, name: str) -> tuple[str, sp.Expr | None]:
        """Return the symbol of a label law ("P" or "P_c") and its label value, if it is one value."""
        if self.system is not None:
            for channel in self.system.channels:
                for part in channel.components:
                    if part.law_partition is not None and part.law_partition.name == name:
                        base = "P" if len(self.system.channels) == 1 else f"P_{channel.index}"
                        return base, part.label.value if isinstance(part.label, LabelAtom) else None
        return name, None

    # ------------------------------------------------------------------------------- increments

    def resolve(self, expression: sp.Basic) -> sp.Basic:
        """Write the increments r - q and q_hat - r_hat out, with fixed values where they are known."""
        if self.system is None:
            q, r = sp.Symbol("q", positive=True), sp.Symbol("r", positive=True)
            q_hat, r_hat = sp.Symbol("q_hat", positive=True), sp.Symbol("r_hat", real=True)
            return expression.xreplace({_WARM_V: r - q, _WARM_A: q_hat - r_hat})
        given: dict[sp.Expr, sp.Expr] = {}
        for f, family in enumerate(self.system.families):
            s = family.symbols
            if self.system.cold:  # V and V_hat stay; the stages before the limit have increments with fixed names
                suffix = s.v.name.partition("_")[2]
                before = (
                    (_WARM_V, _WARM_A) if not suffix else (_warm(f"{_WARM_V}_{suffix}"), _warm(f"{_WARM_A}_{suffix}"))
                )
                given |= {before[0]: s.r - s.q, before[1]: s.q_hat - s.r_hat}
                given |= {s.q: family.norm} if self.resolved and family.norm is not None else {}
                continue
            norm = norm_of(self.system.alone(f)) if self.resolved else None
            free = norm is None or family.sphere
            given |= {s.v: (s.r if norm is None else norm) - s.q, s.A: s.q_hat - s.r_hat if free else s.q_hat}
        return expression.xreplace(given)


def _warm(name: str) -> sp.Symbol:
    """An increment of the stages before zero temperature."""
    return sp.Symbol(name, positive=True)
