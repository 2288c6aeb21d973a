"""Means over the rows of a table of quenched variables: data as an atom of expressions."""

from __future__ import annotations

import hashlib

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.nodes import _Binder, differentiate, expand

__all__ = ["RowAverage", "RowTable"]


class RowTable(sp.AtomicExpr):
    """The rows of a table of quenched variables: columns by name, compared by their content."""

    is_commutative = True
    is_real = True

    def __new__(cls, columns):
        self = sp.AtomicExpr.__new__(cls)
        self.columns = {str(name): tuple(map(float, values)) for name, values in columns.items()}
        text = repr(sorted(self.columns.items())).encode()
        self.digest = hashlib.sha256(text).hexdigest()[:16]
        return self

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values())))

    def _hashable_content(self):
        return (self.digest,)

    def sort_key(self, order=None):
        return self.class_key(), (1, (self.digest,)), sp.S.One.sort_key(), sp.S.One

    def _sympystr(self, printer) -> str:
        return f"table[{self.rows} x {', '.join(self.columns)}]"


class RowAverage(_Binder):
    """The mean of `body` over the rows of a table: its bound symbols are the columns, in the table's order."""

    def __new__(cls, body, symbols, table):
        body = _sympify(body)
        if body.is_zero:
            return sp.S.Zero
        return sp.Expr.__new__(cls, body, sp.Tuple(*symbols), table)

    @property
    def table(self) -> RowTable:
        """The data."""
        return self.args[2]

    def _eval_derivative(self, symbol):
        return self._with_body(expand(differentiate(self.body, symbol)))
