"""What a refuted claim lacks in one place is found, named, and preferred where it holds at other parameters too."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping

import pytest
import sympy as sp
from typer.testing import CliRunner

from derive.claims.compare import check_claims
from derive.claims.engine import Engine
from derive.claims.holes import Place, fillings, named_constant
from derive.claims.integrals import LineIntegral
from derive.claims.locate import find_edit
from derive.claims.numbers import number
from derive.claims.points import points_beside
from derive.claims.statements import Claim, ClaimFile
from derive.cli import app
from derive.spec.functions import GaussMean
from tests.support import zoo

q, m, h, x, k = sp.symbols("q m h x k", real=True)
SCOPES = [
    {"q": 0.31, "m": 0.45, "h": 0.2, "k": 0.7},
    {"q": 0.62, "m": 0.23, "h": 0.6, "k": 1.3},
    {"q": 0.47, "m": 0.81, "h": 0.35, "k": 0.4},
]


def places(true: sp.Expr, scopes: list[Mapping[str, float]] = SCOPES) -> list[Place]:
    return [Place(scope, number(true, scope)[0]) for scope in scopes]


PAIRS = [
    (q / (1 - m), q, "factor"),
    (q * m**2 / sp.sqrt(h) + k, q + k, "factor"),
    (sp.sqrt(2 * sp.pi) * q + m, q + m, "factor"),
    (GaussMean(sp.tanh(sp.sqrt(q) * x + m * k) ** 2, x), GaussMean(sp.tanh(sp.sqrt(q) * x) ** 2, x), "term"),
    (GaussMean((x * q + m) ** 2, x), GaussMean(m**2, x), "term"),
    (q + sp.log(1 - q) / 2, q, "term"),
    (1 / (1 + q), sp.S.One, "factor"),
    (LineIntegral(sp.exp(-(x**2)), x, -2 * k, sp.oo), LineIntegral(sp.exp(-(x**2)), x, 0, sp.oo), "limit"),
]


@pytest.mark.parametrize(("true", "wrong", "kind"), PAIRS, ids=[p[2] for p in PAIRS])
def test_what_is_missing_in_one_place_is_named(true, wrong, kind):
    found = fillings(wrong, places(true), [q, m, h, k])
    assert found
    fresh = {"q": 0.53, "m": 0.37, "h": 0.44, "k": 0.9}
    assert number(found[0][1].result, fresh)[0] == pytest.approx(number(true, fresh)[0], rel=1e-9)
    assert kind in found[0][1].text


def test_a_field_that_is_zero_at_some_points_is_named():
    scopes = [{**SCOPES[0], "h": 0.0}, *SCOPES[1:]]
    edit = fillings(q, places(q + h, scopes), [q, m, h, k])[0][1]
    assert edit.text == "the term + h is missing beside q"


def test_nothing_is_named_where_nothing_simple_is_missing():
    assert fillings(q, places(q * sp.sin(7 * m) + sp.exp(h * k)), [q, m, h, k]) == []
    assert named_constant(math.pi / 3) == sp.pi / 3 and named_constant(0.5772156649) is None


def test_two_places_are_too_few_to_name_what_is_missing():
    two = [{"h": 0.1}, {"h": 0.2}]  # sqrt(h (1 - h)) is 0.3 and 0.4 there
    assert fillings(sp.S.Zero, [Place(scope, left) for scope, left in zip(two, (0.3, 0.4), strict=True)], [h]) == []


def test_a_search_without_time_finds_nothing():
    assert fillings(q, places(q / (1 - m)), [q, m, h, k], until=0.0) == []


def engine(name: str) -> Engine:
    return Engine(zoo.load(name), zoo.folder(name))


def edit_of(work: Engine, wrong: sp.Expr, true: Callable[[Mapping[str, float]], float], own: list, more: list) -> str:
    def made(scopes: list) -> list[Place]:
        return [Place(scope, true(scope)) for scope in scopes]

    found = find_edit(work, wrong, made(own), made(more), (), math.inf)
    assert found is not None
    return found.text


def test_an_edit_that_holds_at_other_parameters_goes_first():
    work = engine("sk")
    q_, T = work.names["q"], work.names["T"]
    own = [{"q": 0.3, "m": 0.2, "T": 2.0, "h": 0.1, "J0": 0.1}, {"q": 0.4, "m": 0.1, "T": 2.0, "h": 0.1, "J0": 0.1}]
    more = [{**scope, "T": 3.0} for scope in own]
    wrong = q_ / T
    assert edit_of(work, wrong, lambda s: s["q"], own, []) == "the right side should be twice of it"
    assert edit_of(work, wrong, lambda s: s["q"], own, more) == f"a factor {T} is missing"


def test_a_name_with_the_value_of_the_left_side_mends_nothing():
    work = engine("sk")
    numbers = ((0.31, 0.97, 0.13), (0.42, 1.13, 0.21), (0.57, 1.31, 0.27))
    own = [{"q": value, "m": value, "T": T, "h": field} for value, T, field in numbers]
    at = [Place(scope, scope["q"]) for scope in own]
    assert find_edit(work, sp.S.Zero, at, (), (), math.inf) is None


def test_a_printed_number_that_is_twice_too_large_is_told():
    claim = Claim("c", "threshold", "continuous", "2", ({},), branch="trivial")
    (verdict,) = check_claims(ClaimFile("", "sk", (claim,)), zoo.load("sk"), zoo.folder("sk"))
    assert (verdict.verdict, verdict.edit) == ("refuted", "the right side should be half of it")
    assert verdict.mended == 1


def test_points_beside_one_keep_zeros_and_stay_inside_the_domain():
    model = zoo.load("sk")
    beside = points_beside(model, {"T": "1/2", "h": "0"})
    assert [p["T"] for p in beside] == ["2/5", "23/40"] and all(p["h"] == "0" for p in beside)
    gauss = zoo.load("linear_gauss_bernoulli")
    assert all(sp.Rational(p["rho"]) <= 1 for p in points_beside(gauss, {"rho": "1"}) if "rho" in p)


def test_json_has_the_mended_right_side(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text(
        'model = "sk"\n[[claim]]\nid = "a"\n'
        "latex = 'q = \\int Dz \\tanh\\left(\\beta(\\sqrt q z + h)\\right)^2 + h'\n"
    )
    found = CliRunner().invoke(app, ["check", str(path), "--json"])
    (verdict,) = json.loads(found.stdout)["claims"]
    assert verdict["verdict"] == "refuted" and verdict["mended"].startswith("gauss(tanh(")
