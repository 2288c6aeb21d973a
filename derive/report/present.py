"""What is printed of an expression: resolved names, the notation of zero temperature, polish."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import sympy as sp

from derive.calculus.means import replace_outermost
from derive.calculus.nodes import BOUND, GaussianAverage, LogPartition, MoreauEnvelope
from derive.replica.system import WARM, Symbols
from derive.report.closed_forms import abbreviate, closed_form
from derive.report.polish import polish
from derive.report.shown import RESIDUAL, Shown, shown_envelopes
from derive.report.symbols import Names
from derive.spec.functions import GaussMean

__all__ = ["named_constants", "present"]


def present(expression: sp.Basic, names: Names) -> sp.Basic:
    """Return the expression that is typeset in the place of this one."""
    expression = names.resolve(expression)
    if names.system is None or not names.cold or _before_the_limit(expression, names.system.symbols):
        return polish(expression)
    expression = named_constants(_residuals_named(shown_envelopes(expression), names), names.constants)
    squares = names.abbreviations
    return _closed_form(abbreviate(expression, squares), names.site_symbols, tuple(squares.items()))


@lru_cache(maxsize=256)
def _closed_form(expression: sp.Expr, hats: frozenset[sp.Symbol], squares: tuple) -> sp.Expr:
    """The same expression is typeset in several places and formats."""
    return closed_form(expression, hats, dict(squares))


def named_constants(expression: sp.Basic, constants: Mapping[sp.Expr, sp.Symbol]) -> sp.Basic:
    """Write the outermost means over constants by their names."""
    return replace_outermost(expression, GaussMean, lambda m: constants.get(m, m)) if constants else expression


def _before_the_limit(expression: sp.Basic, s: Symbols) -> bool:
    """Whether an expression belongs to a stage at finite temperature."""
    warm = any(not isinstance(l, (MoreauEnvelope, Shown)) for l in expression.atoms(LogPartition))
    return warm or expression.has(s.n, s.r, s.r_hat, WARM)


def _residuals_named(expression: sp.Basic, names: Names) -> sp.Basic:
    """Write u for the field of a residual."""
    known = {r.envelope.name for r in names.system.residuals if r is not None} if names.system else set()
    found = {}
    for node in expression.atoms(GaussianAverage) if known else ():
        if {l.args[0].name for l in node.atoms(Shown)} & known and node.bound_symbols == (BOUND["field"],):
            found[node] = node.xreplace({BOUND["field"]: RESIDUAL})
    return expression.xreplace(found)
