"""Authors' notation: what a definition, a subscript and a function without parentheses mean."""

from __future__ import annotations

import pytest
import sympy as sp

from derive.claims.engine import Engine
from derive.claims.kinds import _compare
from derive.claims.names import Author
from derive.claims.symbols import canonical
from derive.errors import UsageError
from tests.support import zoo


def author(mapped: dict[str, str] | None = None, where: tuple[str, ...] = ()) -> Author:
    engine = Engine(zoo.load("hopfield"), zoo.folder("hopfield"))
    return Author(engine.model, engine.names, mapped or {}, where, engine.expression)


def read(latex: str, **given) -> sp.Expr:
    (found,) = author(**given).sides(latex)
    return found


def test_a_definition_goes_before_the_quantity_of_that_name():
    q, r = sp.Symbol("q", real=True), sp.Symbol("r", real=True)
    assert read("r").free_symbols == {r}
    assert read("r", where=(r"r = \frac{q}{2}",)) == q / 2
    assert read(r"\Phi(q)", where=(r"\Phi(x) = x^2",)) == q**2  # an alias of the free entropy elsewhere
    assert read("r(q)", where=("r(x) = 3x",)) == 3 * q


def test_a_definition_of_what_is_mapped_is_refused():
    with pytest.raises(UsageError, match=r"\[map\] already"):
        author({"r": "q"}, ("r = 2",))


def test_names_of_functions_stand_in_subscripts():
    assert canonical(r"f_{\min}") == "f_min" and canonical(r"E_{\max}") == "E_max"


def test_inverse_functions_take_a_symbol_without_parentheses():
    q = sp.Symbol("q", real=True)
    assert read(r"\frac{1}{\pi} \arccos q") == sp.acos(q) / sp.pi
    assert read(r"\arccos\sqrt{q}") == sp.acos(sp.sqrt(q))


def test_a_number_that_is_zero_to_rounding_is_known():
    _compare(0.0, 1e-17, 11, 12, "", error=2e-17)
