"""Claims and the engine's equations in LaTeX, with the part that differs marked."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from derive.claims.engine import Engine
from derive.claims.integrals import LineIntegral
from derive.claims.kinds import Statement
from derive.claims.suspects import Edit
from derive.claims.tokens import LatexError, Macro, expand, tokenize
from derive.errors import DeriveError
from derive.report.document import rule_title, stage_title
from derive.report.symbols import latex_name
from derive.spec.functions import GaussMean

__all__ = ["author_latex", "claim_latex", "engine_latex", "plain_text", "step_of"]

MARK = "red"


def expression_latex(e: sp.Expr) -> str:
    r"""An expression in the engine's symbols as LaTeX.

    >>> expression_latex(sp.Symbol("q_hat")/2)
    '\\frac{\\hat{q}}{2}'
    """
    symbols = {s: latex_name(s.name) for s in _all_symbols(e)}
    return sp.latex(e, symbol_names={**symbols, **_bound(e)}, ln_notation=False)


def _all_symbols(e: sp.Expr) -> set[sp.Symbol]:
    return {node for node in sp.preorder_traversal(e) if isinstance(node, sp.Symbol)}


def _bound(e: sp.Expr) -> dict[sp.Symbol, str]:
    """Letters for the variables of means and integrals."""
    found: dict[sp.Symbol, str] = {}
    for kind, letter in ((GaussMean, "t"), (LineIntegral, "x")):
        names = sorted({node.args[1] for node in e.atoms(kind)}, key=str)
        found |= {s: letter if len(names) == 1 else f"{letter}_{{{k}}}" for k, s in enumerate(names, 1)}
    return found


def author_latex(latex: str, macros: Mapping[str, Macro]) -> str:
    """The author's formula with the macros written out."""
    try:
        tokens = expand(tokenize(latex), macros)
    except LatexError:
        return latex
    parts = []
    for token in tokens:
        parts.append(f"\\{token.text} " if token.kind == "command" else token.text)
    return "".join(part for part in parts if part not in ("&", "\\\\ "))


def claim_latex(statement: Statement, edit: Edit | None) -> str:
    """The statement in the engine's symbols; the part that an edit changes in another colour."""
    right = statement.right
    if edit is not None and edit.part != right and right.has(edit.part):
        mark = sp.Dummy("mark", real=True)
        text = expression_latex(edit.part)
        body = sp.latex(
            right.xreplace({edit.part: mark}),
            symbol_names={
                **{s: latex_name(s.name) for s in _all_symbols(right)},
                **_bound(right),
                mark: rf"{{\color{{{MARK}}}{{\left({text}\right)}}}}",
            },
            ln_notation=False,
        )
        return f"{expression_latex(statement.left)} = {body}"
    body = expression_latex(right)
    if edit is not None:
        body = rf"{{\color{{{MARK}}}{{{body}}}}}"
    return f"{expression_latex(statement.left)} = {body}"


def engine_latex(engine: Engine, statement: Statement) -> str:
    """The engine's side of an equation or of the free entropy as an author would write it; "" where it has none."""
    phi = engine.names["free_entropy"]
    try:
        forms = engine.forms()
        if statement.left.has_free(phi):
            found = forms.free_entropy(statement.right)
            if not found:
                return ""
            written = expression_latex(statement.left.xreplace({phi: found[-1]}))
            return f"{expression_latex(statement.left)} = {written}"
        form = forms.equation(statement.left, statement.right)
    except DeriveError:
        return ""
    return "" if form is None else f"{expression_latex(statement.left)} = {expression_latex(form)}"


def plain_text(text: str) -> str:
    """A text about expressions with means in the plain syntax and letters for their variables."""
    for ours, plain in (("GaussMean(", "gauss("), ("LineIntegral(", "integral("), ("θ", "t"), ("ℓ", "x"), ("**", "^")):
        text = text.replace(ours, plain)
    return text


def step_of(engine: Engine, statement: Statement) -> str:
    """The step of the derivation that a refuted equation should be compared with; "" where there is none."""
    module = engine.solver.module
    names = {s.name for s in statement.left.free_symbols}
    hats = {*module.HATS, *module.TIED_HATS}
    overlaps = {*module.STATE, *module.TIED_NAMES, *(n["r"] for n in module.NAMES)}
    if "free_entropy" in names:
        wanted = "reduced-free-entropy"
    elif names & hats:
        wanted = "price-theorem-conjugates"
    elif names & overlaps:
        wanted = "price-theorem-overlaps"
    else:
        return ""
    for number, step in enumerate(engine.forms().derivation.trace.steps, 1):
        if step.rule == wanted:
            return f"step {number} ({stage_title(step.stage)}: {rule_title(step.rule)})"
    return ""
