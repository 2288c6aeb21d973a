"""Scalars through the gate, and modules that depend on the program alone."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from derive import api
from derive.emission import solver_source
from derive.errors import LoweringError
from derive.kernel.emit import print_expression
from derive.kernel.scalars import lower_scalar, lower_scalars, python_name
from derive.runtime import special
from derive.spec.functions import GaussianTail, Logistic, Softplus, Step

a, b = sp.symbols("a b", real=True)
VALUES = {"a": 0.7, "b": -1.3}
SCOPE = {
    "math": math,
    **{name: getattr(special, name) for name in ("H", "bvn_upper", "erfinv", "log_cosh", "log_ndtr")},
    **{name: getattr(special, name) for name in ("logistic", "ndtr", "softplus")},
    "sign": lambda x: (x > 0) - (x < 0),
}

CASES = [
    a**2 - b**2,
    -(a**2) * b / 3,
    1 / (a * b**3),
    sp.sqrt(a**2 + 1) / sp.sqrt(b**2 + 2),
    (a**2 + 1) ** sp.Rational(-3, 2),
    sp.Abs(b) ** sp.Rational(1, 3),
    a**11 - b**-2,
    sp.exp(-a) * sp.log(1 + sp.exp(b)),
    1 / (1 + sp.exp(a + b)),
    sp.log(sp.cosh(a - b)),
    sp.log(GaussianTail(a * b)),
    Logistic(a) + Softplus(-b) + GaussianTail(b),
    sp.Max(a, b, sp.Rational(1, 2)) - sp.Min(a, b),
    sp.Piecewise((a, sp.And(a > 0, b > 0)), (b, sp.Or(a < -1, sp.Not(b > 0))), (1, True)),
    Step(a) + Step(b) * sp.sign(b),
    sp.Mod(a * 7, 2) + sp.floor(b),
    sp.acos(a) + sp.asin(b / 2) + sp.atan(a * b),
    sp.erf(a) * sp.erfc(b) + sp.erfinv(a),
    sp.pi * a + sp.E - sp.sqrt(2) * sp.Rational(22, 7),
    sp.factorial(3) * sp.gamma(a + 2) + sp.loggamma(a + 1),
    sp.tanh(a) - sp.sinh(b) ** 2,
]


def run(expression: sp.Expr) -> float:
    scope = dict(SCOPE, **VALUES)
    exec(compile(f"value = {print_expression(lower_scalar(expression))}", "lowered", "exec"), scope)
    return float(scope["value"])


@pytest.mark.parametrize("case", range(len(CASES)))
def test_a_scalar_keeps_its_value(case: int) -> None:
    exact = CASES[case].xreplace({a: sp.Float("0.7", 40), b: sp.Float("-1.3", 40)})
    assert run(CASES[case]) == pytest.approx(float(sp.N(exact, 20)), rel=1e-13)


def test_shared_subexpressions_become_lets_and_keep_the_values() -> None:
    common = sp.exp(a * b) + 1
    lets, results = lower_scalars([common * a, common**2, sp.sqrt(common)], "t")
    assert lets and len(results) == 3
    scope = dict(SCOPE, **VALUES)
    for let in lets:
        exec(compile(f"{let.name} = {print_expression(let.value)}", "lowered", "exec"), scope)
    value = math.exp(-0.91) + 1
    for expression, wanted in zip(results, (value * 0.7, value**2, math.sqrt(value)), strict=True):
        exec(compile(f"value = {print_expression(expression)}", "lowered", "exec"), scope)
        assert scope["value"] == pytest.approx(wanted, rel=1e-14)


@given(st.floats(-5, 5), st.floats(-5, 5))
@settings(max_examples=50)
def test_arccos_keeps_small_angles(x: float, y: float) -> None:
    u = sp.Float(math.tanh(x + y), 17)
    if abs(u) < 1:
        exact = sp.N(sp.acos(sp.Rational(float(u))), 25)
        scope = dict(SCOPE, a=float(u))
        exec(compile(f"value = {print_expression(lower_scalar(sp.acos(a)))}", "lowered", "exec"), scope)
        assert scope["value"] == pytest.approx(float(exact), rel=1e-13, abs=1e-300)


def test_names_step_aside() -> None:
    names = frozenset({"lambda", "tol", "class", "kappa"})
    assert [python_name(sp.Symbol(n), names) for n in sorted(names)] == ["class_", "kappa", "lambda_", "tol_"]


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(LoweringError, match="no numeric form"):
        lower_scalar(sp.besselj(0, a))
    with pytest.raises(LoweringError):
        lower_scalar(sp.I * a)


@pytest.mark.parametrize("name", ["perceptron_storage_spherical", "probit_gauss"])
def test_a_module_depends_on_the_model_alone(name: str, root_dir: Path) -> None:
    first, second = (solver_source(api.derive(name)) for _ in range(2))
    assert first == second
    assert "sympy" not in "\n".join(line for line in first.splitlines() if "import" in line)
    compile(first, name, "exec")
