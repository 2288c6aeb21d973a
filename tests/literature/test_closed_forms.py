"""The closed form of ridge regression follows from the derived saddle point: proved with sympy, no number is computed.

Shared with the code under test: the model file and the reader of expressions; the closed forms are those of the claims.
"""

from __future__ import annotations

import tomllib
from functools import cache

import pytest
import sympy as sp

from derive import api
from derive.library import models_folder
from derive.replica.observables import derive_observables
from derive.spec.grammar import parse_expression

MODEL = "ridge_isotropic"
ROOT = sp.Symbol("S", positive=True)


def elements() -> dict[str, sp.Symbol]:
    """Parameters of the model by name."""
    return {p.name: p.symbol for p in api.load_model(MODEL).parameters}


@cache
def closed_form(identifier: str) -> sp.Expr:
    """The printed right-hand side of a claim."""
    claims = tomllib.loads((models_folder() / f"{MODEL}.claims.toml").read_text("utf-8"))["claim"]
    (claim,) = [c for c in claims if c["id"] == identifier]
    return parse_expression(claim["value"], elements())


@cache
def discriminant() -> sp.Expr:
    """What stands under the square root of Marchenko and Pastur."""
    p = elements()
    return sp.expand((p["alpha"] + p["lam"] - 1) ** 2 + 4 * p["lam"])


def algebraic(expression: sp.Expr) -> sp.Expr:
    """The expression with the square root as a symbol of its own."""

    def power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if exponent.is_Rational and exponent.q == 2:
            assert sp.expand(base - discriminant()) == 0, base
            return ROOT**exponent.p
        return base**exponent

    return expression.replace(sp.Pow, power)


def vanishes(expression: sp.Expr) -> bool:
    """Whether an algebraic expression is zero modulo S^2 = discriminant."""
    numerator, denominator = sp.fraction(sp.together(algebraic(expression)))
    relation = ROOT**2 - discriminant()
    assert sp.rem(sp.expand(denominator), relation, ROOT) != 0
    return sp.expand(sp.rem(sp.expand(numerator), relation, ROOT)) == 0


@cache
def eliminated() -> dict[str, sp.Expr]:
    """q, V, m of the derived saddle point in the parameters, with V > 0."""
    saddle = api.derive(MODEL).saddle
    (q, V, m) = saddle.overlaps
    hats = saddle.conjugates
    equations = {x: sp.together(x - saddle.site_map[x].xreplace(hats)) for x in (q, V, m)}
    alone = sp.Poly(sp.numer(equations[V]), V)
    assert alone.free_symbols <= {V, *elements().values()}, "the response does not know the teacher"
    quadratic = [factor for factor, _ in sp.factor_list(alone.as_expr())[1] if factor.has(V)]
    assert len(quadratic) == 1 and sp.degree(quadratic[0], V) == 2
    leading, _, last = sp.Poly(quadratic[0], V).all_coeffs()
    assert sp.simplify(last / leading + 1 / elements()["lam"]) == 0, "one root is positive: their product is -1/lam"
    response = closed_form("marchenko-pastur-response")
    assert vanishes(quadratic[0].xreplace({V: response}))
    (overlap,) = sp.solve(equations[m], m)
    (size,) = sp.solve(equations[q].xreplace({m: overlap}), q)
    return {"V": response, "m": overlap.xreplace({V: response}), "q": size.xreplace({V: response})}


def at_saddle(expression: sp.Expr) -> sp.Expr:
    """An expression in the overlaps at the solution."""
    saddle, found = api.derive(MODEL).saddle, eliminated()
    values = {x: found[x.name] for x in saddle.overlaps}
    return expression.xreplace(dict(saddle.conjugates)).xreplace(values)


@pytest.mark.parametrize(
    "name, claim",
    [
        ("test_error", "dobriban-wager-2018-test-error"),
        ("V", "marchenko-pastur-response"),
        ("(1 - m/rho)^2*rho", "hastie-2022-bias"),
        ("q - m^2/rho", "hastie-2022-variance"),
    ],
)
def test_the_eliminated_saddle_point_of_ridge_regression_is_the_closed_form(name: str, claim: str):
    """Proved: the difference vanishes identically in alpha, lam, rho and Delta."""
    saddle = api.derive(MODEL).saddle
    observables, _ = derive_observables(saddle, api.load_model(MODEL).observables)
    expression = observables.get(name)
    if expression is None:
        expression = parse_expression(name, {**elements(), **{x.name: x for x in saddle.overlaps}})
    assert vanishes(at_saddle(expression) - closed_form(claim))


def test_generalised_cross_validation_holds_identically():
    """Training loss = test error/(2 (1 + V)^2), before any equation is solved for q."""
    saddle = api.derive(MODEL).saddle
    observables, _ = derive_observables(saddle, api.load_model(MODEL).observables)
    V = saddle.overlaps[1]
    ratio = observables["training_loss"] / observables["test_error"]
    assert sp.simplify(ratio - 1 / (2 * (1 + V) ** 2)) == 0


def test_a_wrong_closed_form_is_not_proved():
    assert not vanishes(at_saddle(api.derive(MODEL).saddle.overlaps[0]) - closed_form("hastie-2022-variance"))
