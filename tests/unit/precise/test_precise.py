"""mpmath closures, quadrature rules and jets of log-partition functions."""

from __future__ import annotations

import itertools

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from derive.calculus.gaussian import Orthant
from derive.calculus.partition import channel_partition, site_partition
from derive.errors import LoweringError
from derive.precise.jets import PartitionJets, _window, bells
from derive.precise.newton import GUARD, newton, slopes
from derive.precise.rules import graded_panels, legendre_rule
from derive.precise.scalars import compile_many, constant
from derive.spec.functions import GaussianTail, Logistic, Softplus, Step

a, b = sp.symbols("a b", real=True)
h, y = sp.symbols("h y", real=True)
v, A = sp.symbols("v A", positive=True)

CASES = [
    a**2 - b**3 / 7,
    sp.sqrt(a**2 + 2) ** 3 / b,
    sp.Abs(b) ** sp.Rational(2, 3),
    sp.exp(a) * sp.log(2 + a) * sp.erf(b) * sp.erfc(a) + sp.erfinv(a / 3),
    sp.tanh(a) + sp.sinh(b) * sp.cosh(a) - sp.asin(a / 2) + sp.acos(a / 2) + sp.atan(b) + sp.asinh(b),
    GaussianTail(a) * Logistic(b) + Softplus(a * b),
    Step(a) + sp.sign(b) + sp.Max(a, b, 0) - sp.Min(a, b),
    sp.Piecewise((a, sp.And(a > 0, b > 0)), (b, sp.Or(a < -1, sp.Not(b > 0))), (1, True)),
    sp.factorial(4) + sp.gamma(a + 3) + sp.loggamma(a + 3) + sp.floor(b),
    Orthant(a, b, sp.Rational(1, 3)),
    sp.pi * a + sp.E + sp.Rational(1, 3),
]


@pytest.mark.parametrize("digits", [15, 40])
@pytest.mark.parametrize("case", range(len(CASES)))
def test_closures_agree_with_sympy(case: int, digits: int) -> None:
    for x, z in itertools.product((sp.Rational(-7, 5), sp.Rational(3, 4)), repeat=2):
        with mp.workdps(digits):
            values = {"a": constant(x), "b": constant(z)}
            found = compile_many([CASES[case]])(values)[0]
            wanted = mp.mpf(sp.N(CASES[case].xreplace({a: x, b: z}), digits + 5))
            assert abs(found - wanted) <= mp.mpf(10) ** (3 - digits) * (1 + abs(wanted))


@pytest.mark.parametrize("x", [900, -900, 30])
def test_no_overflow(x: int) -> None:
    values = {"a": mp.mpf(x), "b": mp.mpf(0)}
    soft, logistic = compile_many([Softplus(a), Logistic(a)])(values)
    assert abs(soft - max(x, 0)) < 1e-12 and abs(logistic - (1 if x > 0 else 0)) < 1e-12


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(LoweringError, match="no mpmath form"):
        compile_many([sp.besselj(0, a)])


@pytest.mark.parametrize("digits", [15, 50])
@pytest.mark.parametrize("n", [2, 6, 13, 40])
def test_the_rule_is_exact_to_its_degree(n: int, digits: int) -> None:
    with mp.workdps(digits):
        rule = legendre_rule(n)
        assert len(rule) == n + n % 2
        for k in range(2 * len(rule)):
            exact = mp.mpf(0) if k % 2 else mp.mpf(2) / (k + 1)
            assert abs(sum(w * x**k for x, w in rule) - exact) < mp.mpf(10) ** (2 - digits)
        k = 2 * len(rule)
        assert n > 13 or abs(sum(w * x**k for x, w in rule) - mp.mpf(2) / (k + 1)) > mp.mpf(10) ** (-40)


def test_panels_are_graded() -> None:
    panels = graded_panels(mp.mpf(-4), mp.mpf(5), [(mp.mpf("0.3"), mp.mpf("1e-6"))], mp.mpf(1))
    gaps = [q - p for p, q in itertools.pairwise(panels)]
    assert panels[0] == -4 and panels[-1] == 5 and mp.mpf("0.3") in panels
    assert min(gaps) > 0 and max(gaps) <= 1.3 and min(gaps) < 1e-5 and len(panels) < 80


def test_bells() -> None:
    """Derivatives of exp(l) at 0 for l = 2 x + x^3."""
    with mp.workdps(30):
        jets = [mp.mpf(k) for k in (0, 2, 0, 6, 0, 0)]
        wanted = mp.taylor(lambda t: mp.exp(2 * t + t**3), 0, 5)
        for k, value in enumerate(bells(jets, 5)):
            assert mp.almosteq(value, wanted[k] * mp.factorial(k), 1e-20)


PARTITIONS = {
    "half line": (channel_partition("Z", h > -1, h, v), lambda t: t > -1, [-1]),
    "door": (channel_partition("Z", sp.Abs(h) < 1, h, v), lambda t: abs(t) < 1, [-1, 1]),
    "outside": (channel_partition("Z", sp.Or(h > 1, h < -2), h, v), lambda t: t > 1 or t < -2, [-2, 1]),
    "errors": (
        channel_partition("Z", sp.exp(-2 * Step(-h)), h, v),
        lambda t: 1 if t > 0 else mp.exp(-2),
        [0],
    ),
    "probit": (
        channel_partition("Z", sp.Rational(1, 5) + sp.Rational(3, 5) * GaussianTail(-2 * h), h, v),
        lambda t: mp.mpf(1) / 5 + mp.mpf(3) / 5 * mp.erfc(-2 * t / mp.sqrt(2)) / 2,
        [],
    ),
    "logistic": (channel_partition("Z", 1 / (1 + sp.exp(-h)), h, v), lambda t: 1 / (1 + mp.exp(-t)), []),
    "laplace": (channel_partition("Z", sp.exp(-sp.Abs(h - 1)), h, v), lambda t: mp.exp(-abs(t - 1)), [1]),
    "ring": (
        channel_partition(
            "Z", GaussianTail(1 - h) - GaussianTail(2 - h) + GaussianTail(-2 - h) - GaussianTail(-1 - h), h, v
        ),
        lambda t: sum(s * mp.erfc((k - t) / mp.sqrt(2)) / 2 for s, k in ((1, 1), (-1, 2), (1, -2), (-1, -1))),
        [],
    ),
}


def sites(*parts):
    return site_partition("Z", [(*p, -sp.oo, sp.oo) if len(p) == 3 else p for p in parts], A, sp.S.One)


def normal(w, mean, variance):
    return mp.exp(-((w - mean) ** 2) / (2 * variance)) / mp.sqrt(2 * mp.pi * variance)


@pytest.mark.parametrize("x", [-2, 0, 3])
@pytest.mark.parametrize("name", PARTITIONS)
def test_channel_jets_against_the_definition(name: str, x: int) -> None:
    partition, body, kinks = PARTITIONS[name]
    with mp.workdps(25):
        variance = mp.mpf("0.8")
        sd = mp.sqrt(variance)
        ends = sorted({x + sd * k for k in range(-15, 16, 2)} | {mp.mpf(k) for k in kinks})

        def z(k: int) -> mp.mpf:
            def weight(t):
                u = (t - x) / sd
                return body(t) * mp.hermite(k, u / mp.sqrt(2)) / mp.sqrt(2) ** k / sd**k * normal(t, x, variance)

            return mp.quad(weight, ends)

        found = PartitionJets(partition)(mp.mpf(x), variance, {}, 4)
        assert mp.almosteq(mp.exp(found[0]), z(0), 1e-16)
        ratios = bells(found, 4)
        for k in range(1, 5):
            assert abs(ratios[k] * mp.exp(found[0]) - z(k)) < 1e-15


SITES = {
    "bits": (sites((sp.Rational(1, 2), None, sp.S.One), (sp.Rational(1, 2), None, -sp.S.One)), None),
    "sparse": (
        site_partition(
            "Z",
            [
                (sp.Rational(9, 10), None, sp.S.Zero, -sp.oo, sp.oo),
                (
                    sp.Rational(1, 10),
                    sp.exp(-(sp.Symbol("η", real=True) ** 2) / 2) / sp.sqrt(2 * sp.pi),
                    None,
                    -sp.oo,
                    sp.oo,
                ),
            ],
            A,
            sp.S.One,
        ),
        ("0.9", lambda w: normal(w, 0, 1) / 10, [-30, -5, 0, 5, 30]),
    ),
    "uniform": (
        site_partition("Z", [(sp.S.One, sp.Rational(1, 3), None, -sp.S.One, sp.Integer(2))], A, sp.S.One),
        ("0", lambda w: mp.mpf(1) / 3, [-1, 0, 2]),
    ),
    "laplace": (
        site_partition(
            "Z", [(sp.S.One, sp.exp(-sp.Abs(sp.Symbol("η", real=True))) / 2, None, -sp.oo, sp.oo)], A, sp.S.One
        ),
        ("0", lambda w: mp.exp(-abs(w)) / 2, [-40, -5, 0, 5, 40]),
    ),
}


@pytest.mark.parametrize("x", [-2, 0, 3])
@pytest.mark.parametrize("name", SITES)
def test_site_jets_against_differences(name: str, x: int) -> None:
    partition, law = SITES[name]
    strength = mp.mpf("0.6")
    with mp.workdps(30):

        def log_z(t):
            if law is None:
                return mp.log(mp.cosh(t)) - strength / 2
            atom, pdf, ends = law
            return mp.log(mp.mpf(atom) + mp.quad(lambda w: pdf(w) * mp.exp(-strength * w * w / 2 + t * w), ends))

        found = PartitionJets(partition)(mp.mpf(x), strength, {}, 3)
        assert mp.almosteq(found[0], log_z(mp.mpf(x)), 1e-18)
        for k in (1, 2, 3):
            assert abs(found[k] - mp.diff(log_z, x, k, h=mp.mpf("1e-5"))) < 1e-7


def test_an_impossible_field_has_log_minus_infinity() -> None:
    jets = PartitionJets(channel_partition("Z", sp.And(h > 1, h < 0), h, v))
    assert jets(mp.mpf(0), mp.mpf(1), {}, 1)[0] == -mp.inf


def test_a_given_jacobian_spares_evaluations_and_moves_no_digit() -> None:
    """Two equations with the root (sqrt 2, log 2): the same digits with fewer residuals than by differences."""
    calls = []

    def residual(y, refine, working):
        calls.append((refine, working))
        return [y[0] ** 2 - 2, mp.exp(y[1]) * y[0] - 2 * mp.sqrt(2)]

    def doubles(y):
        return np.array([y[0] ** 2 - 2, np.exp(y[1]) * y[0] - 2 * np.sqrt(2)])

    start = [np.sqrt(2), np.log(2)]
    given, error = newton(residual, start, 30, slopes(doubles, start))
    assert len(calls) <= 4 and calls[-1] == (2, 30 + GUARD + 6)
    assert (1, 30 + GUARD) in calls and error < mp.mpf(10) ** -31
    spared = len(calls)
    own, _ = newton(residual, start, 30)
    assert len(calls) - spared > spared
    with mp.workdps(40):
        for root in (given, own):
            assert abs(root[0] - mp.sqrt(2)) < mp.mpf(10) ** -35 and abs(root[1] - mp.log(2)) < mp.mpf(10) ** -35


def test_a_wrong_jacobian_is_replaced_not_believed() -> None:
    def residual(y, refine, working):
        return [y[0] ** 2 - 2, mp.exp(y[1]) * y[0] - 2 * mp.sqrt(2)]

    found, _ = newton(residual, [1.41421356, 0.69314718], 30, np.array([[40.0, 1.0], [-3.0, -0.01]]))
    with mp.workdps(40):
        assert abs(found[0] - mp.sqrt(2)) < mp.mpf(10) ** -35 and abs(found[1] - mp.log(2)) < mp.mpf(10) ** -35


def test_a_difference_between_the_rules_is_the_bound() -> None:
    """A residual whose refined evaluation differs by 1e-20 cannot be certified beyond."""

    def residual(y, refine, working):
        return [y[0] ** 2 - 2 + (mp.mpf("1e-20") if refine == 2 else 0)]

    _, error = newton(residual, [1.41421356], 30, np.array([[2.8]]))
    assert 1e-21 < error < 1e-20


def test_slopes_of_a_function_that_is_not_regular() -> None:
    assert slopes(lambda y: np.array([y[0] + y[1], y[0] + y[1]]), [1.0, 1.0]) is None
    assert slopes(lambda y: np.array([np.nan, y[1]]), [1.0, 1.0]) is None


@pytest.mark.parametrize("ends", [(-1, 2), (3, 9), (-9, -3), (1, mp.inf), (-mp.inf, -1)])
def test_window_jets_against_differentiation(ends: tuple) -> None:
    with mp.workdps(40):
        slope, x = mp.mpf("0.7"), mp.mpf("0.3")

        def window(t):
            low, high = (e - slope * t for e in ends)
            return mp.erfc(low / mp.sqrt(2)) / 2 - mp.erfc(high / mp.sqrt(2)) / 2

        found = _window(ends[0] - slope * x, ends[1] - slope * x, slope, 4)
        for k in range(5):
            assert abs(found[k] - mp.diff(window, x, k, h=mp.mpf("1e-7"))) < mp.mpf("1e-6") * abs(found[k])


def test_newton_from_a_start_that_is_exact():
    """The first step is zero in working precision: no rate can be taken from it."""
    root, error = newton(lambda y, refine, digits: [y[0] ** 2 - 4 * (1 + (mp.mpf(10) ** -40) * refine)], [2.0], 30)
    assert abs(root[0] - 2) < mp.mpf("1e-38")
    assert error < mp.mpf("1e-38")
