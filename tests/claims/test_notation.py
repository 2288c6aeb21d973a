"""Authors' notation: what a definition, a subscript and a function without parentheses mean."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp

from derive.claims.compare import check_claims
from derive.claims.engine import Engine
from derive.claims.kinds import _compare
from derive.claims.names import Author
from derive.claims.numbers import number
from derive.claims.statements import Claim, ClaimFile
from derive.claims.symbols import canonical
from derive.errors import UsageError
from derive.spec.functions import GaussMean
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


def test_a_subscript_may_have_a_subscript():
    assert canonical(r"\psi_{P_0}") == "psi_P_0" != canonical(r"\psi_{P0}")


def test_two_bars_among_arguments_are_an_absolute_value():
    q = sp.Symbol("q", real=True)
    assert read(r"\max(|q| - 1, 0)") == sp.Max(0, sp.Abs(q) - 1)
    assert read(r"f(q|2)", where=("f(x, y) = x + y",)) == q + 2


def test_a_bend_inside_of_an_absolute_value_is_found():
    x = sp.Symbol("x", real=True)
    found, error = number(GaussMean(sp.Max(sp.Abs(x - 1) - sp.Rational(1, 3), 0) ** 2, x), {})
    with mp.workdps(20):
        wanted = mp.quad(lambda t: max(abs(t - 1) - mp.mpf(1) / 3, 0) ** 2 * mp.npdf(t), [-12, 0, 2 / 3, 1, 4 / 3, 12])
    assert found == pytest.approx(float(wanted), rel=1e-13) and error < 1e-12


def test_the_logarithm_of_a_sum_of_exponentials_does_not_overflow():
    x, q = sp.symbols("x q", real=True)
    found, _ = number(GaussMean(sp.log(1 + q * sp.exp(100 * x**2)), x), {"q": 1e-3})
    # log(1 + q e^(100 x^2)) by brute force in mpmath
    with mp.workdps(30):
        wanted = mp.quad(
            lambda t: mp.log(1 + mp.mpf("0.001") * mp.exp(100 * t * t)) * mp.npdf(t), mp.linspace(-14, 14, 113)
        )
    assert found == pytest.approx(float(wanted), rel=1e-10)


def test_inverse_functions_take_a_symbol_without_parentheses():
    q = sp.Symbol("q", real=True)
    assert read(r"\frac{1}{\pi} \arccos q") == sp.acos(q) / sp.pi
    assert read(r"\arccos\sqrt{q}") == sp.acos(sp.sqrt(q))


def test_a_number_that_is_zero_to_rounding_is_known():
    _compare(0.0, 1e-17, 11, 12, "", error=2e-17)


def test_an_equation_of_two_zeros_is_no_confirmation():
    """At q = 0 a factor of two is not seen; an equation with zero on a side is about zero."""
    points = ({"T": "2", "J0": "0", "h": "0"},)
    wrong = Claim("a", "equation", "q", "2*gauss(tanh(sqrt(q)*x/T)^2, x)", points)
    zero = Claim("b", "equation", "q", "0", points)
    found = check_claims(ClaimFile("", "sk", (wrong, zero)), zoo.load("sk"), zoo.folder("sk"))
    assert [v.verdict for v in found] == ["unknown", "agrees"] and "vanish" in found[0].detail
