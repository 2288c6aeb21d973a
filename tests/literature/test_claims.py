"""Published formulas and numbers, from models/*.claims.toml; a test's id is model and claim.

Shared with the code under test: the model file and the reader of expressions.  The printed value is the expectation;
formulas are evaluated by a trapezoidal rule in double precision (`derive.spec.evaluate`), values by mpmath.

A number agrees if it is within half a unit of the last of its `digits` digits.  More digits than the compiled solver
claims are certified in mpmath, in a test of their own that is slow.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from scipy.optimize import brentq

from derive.precise.scalars import compile_many
from derive.replica.boundary import perfect_boundary
from derive.spec.evaluate import evaluate
from derive.spec.functions import GaussMean
from derive.spec.grammar import parse_expression, parse_number
from tests.support import zoo

FOLDER = Path(__file__).resolve().parents[2] / "models"
FAST_DIGITS = 11
"""Digits that the compiled solver claims for a threshold, without certification."""
FORMULA = 1e-11
"""Agreement asked of a formula: the trapezoidal rule and the rounding of its exponentials."""


@dataclass(frozen=True)
class Claim:
    model: str
    data: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.model}-{self.data['id']}"

    @property
    def sets(self) -> list[dict[str, str]]:
        """The parameter points of the claim."""
        points = self.data.get("points")
        if points is None:
            at = self.data.get("at")
            points = [at if isinstance(at, dict) else self.data.get("set", {})]
        return [{name: str(value) for name, value in point.items()} for point in points]

    def __getitem__(self, key: str) -> Any:
        return self.data[key]

    def get(self, key: str, default: Any = None) -> Any:
        return self.data.get(key, default)


def read_claims() -> list[Claim]:
    found = []
    for path in sorted(FOLDER.glob("*.claims.toml")):
        with path.open("rb") as stream:
            claims = tomllib.load(stream)["claim"]
        found += [Claim(path.name.removesuffix(".claims.toml"), claim) for claim in claims]
    return found


CLAIMS = read_claims()
KNOWN_KEYS = {
    "id", "quantity", "name", "set", "points", "at", "value", "exact", "digits", "rel_tol", "branch", "expect",
    "source", "note",
}  # fmt: skip


# --------------------------------------------------------------------------------------- expressions


@cache
def parsed(model: str, text: str) -> sp.Expr:
    """An expression in the model's parameters, thresholds, observables and order parameters."""
    loaded = zoo.load(model)
    names: dict[str, sp.Symbol] = {p.name: p.symbol for p in loaded.parameters}
    extra = [t.name for t in loaded.thresholds] + [o.name for o in loaded.observables]
    module = zoo.solver(model).module
    extra += [*module.OBSERVABLES, *module.STATE, *module.TIED_NAMES, *module.HATS, *module.TIED_HATS]
    extra += ["r", *(names["r"] for names in module.NAMES)]
    extra += ["free_entropy"]
    for name in extra:
        names.setdefault(name, sp.Symbol(name, real=True))
    return parse_expression(text, names)


def number(model: str, text: str, given: dict[str, str], digits: int) -> mp.mpf:
    """The value of an expression in the parameters."""
    values = {p.name: parse_number(given[p.name]) for p in zoo.load(model).parameters if p.name in given}
    with mp.workdps(digits + 10):
        scope = dict(zip(values, compile_many(list(values.values()))({}), strict=True))
        return compile_many([parsed(model, text)])(scope)[0]


def half_unit(value: mp.mpf, digits: int) -> mp.mpf:
    """Half a unit of the last of `digits` significant digits."""
    exponent = int(mp.floor(mp.log10(abs(value))))
    return mp.mpf(10) ** (exponent + 1 - digits) / 2


def agrees(found: mp.mpf, printed: mp.mpf, digits: int, known: int) -> bool:
    """Whether found, itself known to `known` digits, is within half a unit of the last printed digit."""
    with mp.workdps(max(digits, known) + 10):
        if printed == 0:
            return abs(found) < mp.mpf(10) ** (-digits)
        return abs(found - printed) <= half_unit(printed, digits) + 2 * half_unit(printed, known)


def significant(text: str) -> int | None:
    """Significant digits of a decimal number, None for an expression."""
    try:
        mp.mpf(text)
    except ValueError:
        return None
    if not set(text) <= set("0123456789.-"):
        return None
    return len(text.lstrip("-").replace(".", "").lstrip("0"))


# -------------------------------------------------------------------------------------- the quantities


def compare(claim: Claim, given: dict[str, str], digits: int, certified: bool) -> None:
    """Compare a number with the claim to `digits` digits."""
    printed = number(claim.model, claim["value"], given, digits)
    found, known = measured(claim, given, digits if certified else None)
    verdict = agrees(found, printed, digits, known)
    shown = f"{claim.id} {given}: found {mp.nstr(found, digits + 4)}, printed {mp.nstr(printed, digits + 4)}"
    assert verdict == (claim.get("expect") != "refuted"), shown


def measured(claim: Claim, given: dict[str, str], digits: int | None) -> tuple[mp.mpf, int]:
    """The engine's number for a claim and the digits it is known to; with `digits`, from mpmath."""
    model, name, quantity = claim.model, claim["name"], claim["quantity"]
    if quantity == "threshold" or (quantity == "order_parameter" and isinstance(claim.get("at"), str)):
        threshold = name if quantity == "threshold" else claim["at"]
        result = zoo.threshold(model, threshold, given, None if digits is None else digits + 2)
        assert result.status == "converged", result
        value = result.value if quantity == "threshold" else result.order_parameters[name]
        with mp.workdps((digits or 16) + 10):
            # an overlap at a threshold is known to fewer digits than the threshold where the branch is steep
            known = result.digits if quantity == "threshold" or digits else FAST_DIGITS - 1
            return mp.mpf(value), known
    solution = zoo.branch(model, given, claim.get("branch", "uninformed"))
    if digits is None:
        values = {"free_entropy": solution.free_entropy, **solution.order_parameters, **solution.observables}
        return mp.mpf(values[name]), 13
    precise, scope = zoo.refine(model, given, solution, digits + 2)
    with mp.workdps(digits + 6):
        if quantity == "free_entropy":
            return precise.free_entropy(scope), digits + 2
        if quantity == "observable":
            return precise.observable(name, scope), digits + 2
        return scope[name], digits + 2


def is_closed(expression: sp.Expr) -> bool:
    """Whether mpmath evaluates it in no time: no averages."""
    return not expression.has(GaussMean)


def value_of(model: str, expression: sp.Expr, scope: dict[str, mp.mpf], digits: int) -> mp.mpf:
    """An expression at a solution: in mpmath, or by the trapezoidal rule where it has averages."""
    if is_closed(expression):
        with mp.workdps(digits + 10):
            return compile_many([expression])(scope)[0]
    return mp.mpf(float(evaluate(expression, {s: float(scope[s.name]) for s in expression.free_symbols})))


def at_solution(claim: Claim, given: dict[str, str], names: set[str], digits: int | None) -> dict[str, mp.mpf]:
    """Parameters and the engine's numbers at the solution; with `digits`, refined in mpmath."""
    model = claim.model
    known = {p.name: parse_number(given[p.name]) for p in zoo.load(model).parameters if p.name in given}
    with mp.workdps((digits or 20) + 10):
        scope = dict(zip(known, compile_many(list(known.values()))({}), strict=True)) if known else {}
    if not names - set(scope):
        return scope
    solution = zoo.branch(model, given, claim.get("branch", "uninformed"))
    if digits is None:
        values = {"free_entropy": solution.free_entropy, **solution.order_parameters, **solution.observables}
        return scope | {name: mp.mpf(values[name]) for name in names - set(scope)}
    precise, found = zoo.refine(model, given, solution, digits + 2)
    with mp.workdps(digits + 6):
        for name in names - set(found):
            found[name] = precise.free_entropy(found) if name == "free_entropy" else precise.observable(name, found)
    return found


def check_at_solution(claim: Claim, given: dict[str, str], certified: bool) -> None:
    """`name` and `value`, both expressions in the engine's numbers, are equal at the solution to the claimed digits."""
    sides = [parsed(claim.model, claim[key]) for key in ("name", "value")]
    names = {s.name for side in sides for s in side.free_symbols}
    if claim["quantity"] == "value":
        assert {s.name for s in sides[1].free_symbols} <= set(given), "the value of a `value` is in the parameters"
    digits = claim["digits"] if certified else min(claim["digits"], FAST_DIGITS)
    scope = at_solution(claim, given, names, digits if certified else None)
    found, printed = (value_of(claim.model, side, scope, digits) for side in sides)
    shown = f"{claim.id} {given}: {mp.nstr(found, digits + 4)} and {mp.nstr(printed, digits + 4)}"
    assert agrees(found, printed, digits, digits + 2 if certified else 13), shown


def check_exact(claim: Claim, given: dict[str, str]) -> None:
    """A closed form, equal symbolically to the claimed one."""
    expected = parse_number(claim["value"])
    if claim["quantity"] == "threshold":
        result = zoo.threshold(claim.model, claim["name"], given)
        assert result.exact is not None, result
        assert sp.simplify(parse_number(result.exact) - expected) == 0
        assert mp.almosteq(mp.mpf(result.value), mp.mpf(str(sp.N(expected, 20))), 1e-14)
        return
    assert claim["quantity"] == "free_entropy" and claim["branch"] == "perfect"
    boundary = perfect_boundary(zoo.derivation(claim.model).system)
    assert boundary is not None and boundary.value is not None
    values = {p.symbol: parse_number(given[p.name]) for p in zoo.load(claim.model).parameters if p.name in given}
    assert sp.simplify(boundary.value.xreplace(values) - expected) == 0
    assert zoo.branch(claim.model, given, "perfect").free_entropy == pytest.approx(float(expected), rel=1e-15)


def check_tail(claim: Claim, given: dict[str, str]) -> None:
    """An expression in engine numbers, near its limit to the stated relative tolerance."""
    model, expression = claim.model, parsed(claim.model, claim["name"])
    loaded = zoo.load(model)
    known = {p.name: parse_number(given[p.name]) for p in loaded.parameters if p.name in given}
    scope = {name: mp.mpf(str(sp.N(value, 25))) for name, value in known.items()}
    needed = {s.name for s in expression.free_symbols} - set(scope)
    thresholds = needed & {t.name for t in loaded.thresholds}
    for name in thresholds:
        result = zoo.threshold(model, name, given)
        assert result.status == "converged", result
        scope[name] = mp.mpf(result.value)
    if needed - thresholds:
        solution = zoo.branch(model, given, claim.get("branch", "uninformed"))
        values = {"free_entropy": solution.free_entropy, **solution.order_parameters, **solution.observables}
        scope |= {name: mp.mpf(values[name]) for name in needed - thresholds}
    found = compile_many([expression])(scope)[0]
    expected = number(model, claim["value"], given, 20)
    assert abs(found / expected - 1) <= claim["rel_tol"], (found, expected)


def check_formula(claim: Claim) -> None:
    """A printed free entropy against the generated one: at random order parameters, not only at solutions.

    Where a formula has no conjugates they are eliminated: the generated one is taken where the sites are stationary.
    """
    model, expression = claim.model, parsed(claim.model, claim["value"])
    solver, module = zoo.solver(model), zoo.solver(model).module
    rng = np.random.default_rng(20240612)
    eliminated = not any(s.name in module.HATS for s in expression.free_symbols)
    for given in random_parameters(model, rng):
        p = zoo.array(model, given)
        facts = solver.facts(p)
        (radius,) = facts.radii
        q = radius * rng.uniform(0.1, 0.9)
        if module.COLD:
            x = cold_state(module, q, list(facts.second), rng)
        else:
            overlap = 0.9 * q * rng.uniform(0.5, 1.0)
            x = np.array([q, radius - q, *[overlap] * (len(module.STATE) - 2)])
        hats = rng.uniform(0.2, 3.0, module.CONJUGATES)
        if eliminated:
            hats = np.array([conjugate(model, q, p)])
        found = zoo.call(module.free_entropy, 1, x, hats, p)[0]
        scope = dict(zip(module.PARAMETERS, p, strict=True))
        scope |= dict(zip(module.STATE, x, strict=True)) | dict(zip(module.HATS, hats, strict=True))
        scope |= {name: scope[source] for name, source in {**module.TIED_NAMES, **module.TIED_HATS}.items()}
        printed = float(evaluate(expression, {s: scope[s.name] for s in expression.free_symbols}))
        assert found == pytest.approx(printed, rel=FORMULA, abs=FORMULA), (given, q, hats)


def cold_state(module: ModuleType, q: float, second: list[float], rng: np.random.Generator) -> np.ndarray:
    """(q, V, m, b): an overlap with a teacher is at most sqrt(q*E z^2), that with a mean and a bias are any number."""
    overlaps = [rng.uniform(0.3, 0.9) * math.sqrt(q * t) if t > 0 else rng.uniform(0.2, 0.8) for t in second]
    return np.array([q, rng.uniform(0.3, 3.0), *overlaps, *rng.uniform(-1.0, 1.0, module.GLOBALS)])


def random_parameters(model: str, rng: np.random.Generator) -> list[dict[str, str]]:
    """The default point and three random ones, as exact decimals inside the domains."""
    points: list[dict[str, str]] = [{}]
    for _ in range(3):
        point = {}
        for p in zoo.load(model).parameters:
            lower, upper = float(p.domain.lower), float(p.domain.upper)
            low = 0.2 if lower == 0 else -0.8
            point[p.name] = f"{rng.uniform(max(low, lower), min(1.5, 0.95 * upper)):.3f}"
        points.append(point)
    return points


def conjugate(model: str, q: float, p: np.ndarray) -> float:
    """The conjugate at which the sites have overlap q."""
    module = zoo.solver(model).module
    assert module.CONJUGATES == 1

    def gap(log_hat: float) -> float:
        return zoo.call(module.site, module.SITE_OUTPUTS, np.array([np.exp(log_hat)]), p)[0] - q

    return float(np.exp(brentq(gap, -12.0, 8.0, xtol=1e-15)))


# --------------------------------------------------------------------------------------------- tests

SLOW_FAST = {
    # the compiled search itself takes long: nested integrals at every step
    "phase_retrieval_real-barbier-2019-full-recovery",
    "phase_retrieval_real-full-recovery-reference",
}


FAST_COLD = {"ridge_isotropic", "hinge_sign_teacher", "lasso_sparse"}
"""Models at zero temperature whose claims are all fast; compiling a solver takes up to a quarter of a minute."""
FAST_CLAIMS = {
    "logistic_mle-sur-candes-2019-alpha",
    "logistic_mle-sur-candes-2019-sigma",
    "logistic_mle-sur-candes-2019-lambda",
}
CLOSED = {
    "elastic_net",
    "gaussian_covariate_table",
    "gaussian_mixture_ridge",
    "lad",
    "ridge_blocks",
    "ridge_isotropic",
    "ridge_power_law",
    "square_sign_teacher",
}
"""Models at zero temperature whose equations have at most one integral: Newton in mpmath takes seconds."""


def is_fast(claim: Claim) -> bool:
    return claim.model in (*zoo.MODELS, *zoo.ENERGIES, *FAST_COLD) or claim.id in FAST_CLAIMS


def certifiable(claim: Claim) -> bool:
    """Whether more digits than doubles have are asked for where mpmath can give them.

    An equation in numbers of the engine to 12 digits is checked to 11: what makes it twelve are minutes of Newton.
    """
    if claim.model in zoo.COMPONENTS:
        return False  # averages over several fields are not certified
    if claim["quantity"] == "threshold" or claim.model in (*zoo.MODELS, *zoo.ENERGIES):
        return True
    return claim.model in CLOSED and "gauss(" not in claim["name"] + claim["value"]


def cases(certified: bool) -> list:
    found = []
    for claim in CLAIMS:
        for given in claim.sets:
            many = claim.get("digits", 0) > FAST_DIGITS
            if certified and not (many and certifiable(claim)):
                continue
            # thirty digits of a nested integral: seven minutes for the fold of phase retrieval
            slow = [pytest.mark.slow, pytest.mark.timeout(1800)]
            marks = slow if certified or claim.id in SLOW_FAST or not is_fast(claim) else []
            suffix = "" if len(claim.sets) == 1 else "-" + ",".join(f"{k}={v}" for k, v in given.items())
            found.append(pytest.param(claim, given, id=claim.id + suffix, marks=marks))
    return found


@pytest.mark.parametrize("claim, given", cases(certified=False))
def test_claim(claim: Claim, given: dict[str, str]):
    """The claim, to what the compiled solver claims."""
    if claim["quantity"] == "formula":
        check_formula(claim)
    elif claim["quantity"] == "tail":
        check_tail(claim, given)
    elif claim["quantity"] in ("value", "equation"):
        check_at_solution(claim, given, certified=False)
    elif claim.get("exact"):
        check_exact(claim, given)
    else:
        overlap = claim["quantity"] == "order_parameter"
        compare(claim, given, min(claim["digits"], FAST_DIGITS - 1 if overlap else FAST_DIGITS), certified=False)


@pytest.mark.parametrize("claim, given", cases(certified=True))
def test_claim_to_all_digits(claim: Claim, given: dict[str, str]):
    """The claim, to all printed digits."""
    if claim["quantity"] in ("value", "equation"):
        check_at_solution(claim, given, certified=True)
        return
    compare(claim, given, claim["digits"], certified=True)


def test_every_model_has_a_fast_claim():
    fast = {case.values[0].model for case in cases(certified=False) if not case.marks}
    assert fast == {*zoo.MODELS, *zoo.ENERGIES, *FAST_COLD, "logistic_mle"}


def test_every_model_has_a_claim():
    assert {claim.model for claim in CLAIMS} == set(zoo.ALL)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_claim_is_well_formed(claim: Claim):
    """Known keys, a unique id, and no more digits than are printed."""
    assert set(claim.data) <= KNOWN_KEYS
    assert [c.id for c in CLAIMS].count(claim.id) == 1
    kind = claim["quantity"]
    numbers = {"threshold", "observable", "order_parameter", "free_entropy", "value", "equation"}
    assert kind in {*numbers, "formula", "tail"}
    ways = [key for key in ("digits", "exact", "rel_tol") if key in claim.data]
    assert len(ways) == (0 if kind == "formula" else 1)
    printed = significant(claim["value"])
    if "digits" in claim.data and printed is not None:
        assert claim["digits"] <= printed
