"""A derivation as Jupyter shows it: typeset equations and the page of all steps."""

from __future__ import annotations

from derive.replica.pipeline import Derivation
from derive.report import html_of, latex_of

__all__ = ["ShownDerivation"]


class ShownDerivation(Derivation):
    """A `Derivation` with the display methods of notebooks.

    >>> from derive.api import derive
    >>> derive("perceptron_teacher_binary")._repr_latex_()[:1]
    '$'
    """

    def _repr_latex_(self) -> str:
        return latex_of(self)

    def _repr_html_(self) -> str:
        return html_of(self)
