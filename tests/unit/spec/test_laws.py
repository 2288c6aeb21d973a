"""Laws: components, weights, densities, and the checks that they are probabilities."""

from __future__ import annotations

import pytest
import sympy as sp

from derive.spec.evaluate import evaluate, integrate
from derive.spec.grammar import ExpressionError, Scope
from derive.spec.laws import VARIABLE, parse_law
from derive.spec.model import Atom, Density, Law, Normal, Table, UnitSphere, VectorAtom

rho, psi = sp.Symbol("rho", positive=True), sp.Symbol("psi", positive=True)
SCOPE = Scope(names={"rho": rho, "psi": psi})


def components(text: str, **options: object) -> tuple:
    law = parse_law(text, SCOPE, **options).law
    assert isinstance(law, Law)
    return law.components


def test_atoms_have_equal_weights_or_are_counted() -> None:
    half = sp.S.Half
    assert components("atoms(-1, 1)") == ((half, Atom(sp.Integer(-1))), (half, Atom(sp.Integer(1))))
    assert [weight for weight, _ in components("atoms(-1, 0, 1)", count=True)] == [1, 1, 1]


def test_weighted_sums() -> None:
    assert components("(1 - rho)*delta(0) + rho*normal(0, 1)") == (
        (1 - rho, Atom(sp.S.Zero)),
        (rho, Normal(sp.S.Zero, sp.S.One)),
    )
    assert [w for w, _ in components("0.5*(atoms(-1, 1) + delta(0))")] == [
        sp.Rational(1, 4),
        sp.Rational(1, 4),
        sp.S.Half,
    ]
    assert [w for w, _ in components("delta(0)/2 + delta(1)/2")] == [sp.S.Half, sp.S.Half]


def test_vector_laws() -> None:
    assert components("atoms([1, 0], [0, 1])")[0][1] == VectorAtom((sp.S.One, sp.S.Zero))
    assert components("unit_sphere()") == ((sp.S.One, UnitSphere()),)


def test_table() -> None:
    assert parse_law('table("f.csv", "col")', SCOPE).law == Table("f.csv", "col")


def test_law_of_another_variable() -> None:
    known = {"v": parse_law("atoms(-1, 1)", SCOPE).law}
    assert components("law(v)", known=known) == components("atoms(-1, 1)")


def _mass(density: Density, values: dict) -> float:
    low, high = (float(evaluate(e, values)) for e in (density.lower, density.upper))
    return integrate(density.pdf, density.variable, low, high, values)[0]


@pytest.mark.parametrize("text", ["uniform(-rho, 2)", "laplace(rho)", "marchenko_pastur(rho)"])
@pytest.mark.parametrize("value", [0.3, 1.0, 2.7])
def test_named_densities_integrate_to_one(text: str, value: float) -> None:
    values = {rho: value}
    density = components(text)[-1][1]
    assert isinstance(density, Density)
    assert _mass(density, values) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("value", [0.4, 2.5])
def test_marchenko_pastur_has_mean_one(value: float) -> None:
    # tr(F F^T)/(p d) = 1 for unit-variance entries, whatever the ratio: atom and density together.
    (_, atom), (weight, density) = components("marchenko_pastur(psi)")
    values = {psi: value}
    low, high = (float(evaluate(e, values)) for e in (density.lower, density.upper))
    mean, _ = integrate(density.pdf * VARIABLE, VARIABLE, low, high, values)
    assert atom == Atom(sp.S.Zero)
    assert mean * float(evaluate(weight, values)) == pytest.approx(1, abs=1e-6)


def test_density_in_the_letter_x() -> None:
    ((_, density),) = components('density("exp(-x/rho)/rho", 0, inf)')
    assert density == Density(VARIABLE, sp.exp(-VARIABLE / rho) / rho, sp.S.Zero, sp.oo, "exp(-x/rho)/rho")
    ((_, whole),) = components("density('exp(-x^2/2)/sqrt(2*pi)')")
    assert (whole.lower, whole.upper) == (-sp.oo, sp.oo)
    ((_, same),) = components('density("exp(-abs(x))/2", "-inf", "inf")')
    assert (same.lower, same.upper) == (-sp.oo, sp.oo)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("atom(1)", 1, "did you mean `atoms`"),
        ("rho", 1, "a law is expected"),
        ("rho*2", 1, "a law is expected"),
        ("delta(0)*delta(1)", 10, "not multiplied"),
        ("1/delta(0)", 3, "not multiplied"),
        ("normal(0, 0)", 11, "positive"),
        ("normal(0)", 1, "2 arguments"),
        ("uniform(1, 0)", 12, "positive"),
        ("atoms(1, 1)", 1, "twice"),
        ("atoms()", 1, "at least one"),
        ("law(u)", 5, "not a quenched variable"),
        ('density("exp(-t)", 0, inf)', 15, "`t` is not declared"),
        ('density("exp(-x)", 1, 0)', 1, "not below"),
        ("density(x)", 9, "quoted"),
        ("atoms([1, 0], [1])", 1, "different numbers"),
        ("atoms([1, 0], 1)", 1, "vectors"),
        ('0.5*table("a", "b")', 5, "stands alone"),
    ],
)
def test_fault_has_its_column(text: str, column: int, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_law(text, SCOPE)
    assert words in str(caught.value)
    assert caught.value.column == column, str(caught.value)
