"""Printing: expressions, derivations and reports as text, LaTeX and HTML."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.report.document import Equations, Figure, Items, Paragraph, Section, Table
    from derive.report.html import html_of, render_html, render_page
    from derive.report.latex import equations_docstring, latex_of, render_latex
    from derive.report.latex_printer import expression_latex
    from derive.report.printer import expression_text
    from derive.report.text import render_text

__all__ = [
    "Equations",
    "Figure",
    "Items",
    "Paragraph",
    "Section",
    "Table",
    "equations_docstring",
    "expression_latex",
    "expression_text",
    "html_of",
    "latex_of",
    "render_html",
    "render_latex",
    "render_page",
    "render_text",
]

_HOME = {
    **dict.fromkeys(("Equations", "Figure", "Items", "Paragraph", "Section", "Table"), "document"),
    **dict.fromkeys(("html_of", "render_html", "render_page"), "html"),
    **dict.fromkeys(("equations_docstring", "latex_of", "render_latex"), "latex"),
    "expression_latex": "latex_printer",
    "expression_text": "printer",
    "render_text": "text",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"derive.report.{_HOME[name]}"), name)
    raise AttributeError(f"module 'derive.report' has no attribute {name!r}")
