"""Accuracy of `derive.runtime.special` against mpmath, and its limits."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from derive.runtime import special
from tests.unit.runtime import reference

INF = math.inf
RNG = np.random.default_rng(11)


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(60):
        yield


def relative(found, expected):
    """Relative error; results in the subnormal range are not judged."""
    if abs(expected) < mp.mpf(10) ** -300:
        return 0.0
    return float(abs((mp.mpf(float(found)) - expected) / expected))


def worst(function, exact, arguments):
    """Largest relative error over the arguments."""
    return max(relative(function(float(x)), exact(mp.mpf(float(x)))) for x in arguments)


def log_spaced(lo, hi, n):
    return 10.0 ** RNG.uniform(lo, hi, n)


EVERYWHERE = np.concatenate(
    [RNG.uniform(-8, 8, 300), RNG.uniform(-37, 37, 200), log_spaced(-12, 1.5, 60), -log_spaced(-12, 1.5, 60)]
)
LEFT = np.concatenate([EVERYWHERE, -log_spaced(1.5, 8, 80)])
SIGNED = np.concatenate([RNG.uniform(-3, 3, 300), RNG.uniform(-700, 700, 100), log_spaced(-100, 2, 100)])
SIGNED = np.concatenate([SIGNED, -SIGNED])


def log_cosh(x):
    with mp.workdps(300):
        return mp.log(mp.cosh(x))


CASES = {
    "log_ndtr": (special.log_ndtr, reference.log_ndtr, LEFT, 1e-15),
    "ndtr": (special.ndtr, reference.normal_cdf, EVERYWHERE, 8e-16),
    "H": (special.H, lambda x: reference.normal_cdf(-x), EVERYWHERE, 8e-16),
    "mills": (special.mills, lambda x: mp.npdf(x) / reference.normal_cdf(x), LEFT[LEFT > -1e4], 1e-15),
    "phi": (special.phi, mp.npdf, EVERYWHERE, 5e-16),
    "hazard": (special.hazard, lambda y: mp.npdf(y) / reference.normal_cdf(-y), np.abs(EVERYWHERE), 8e-16),
    "erfcx": (special.erfcx, lambda x: mp.exp(x * x) * mp.erfc(x), np.abs(LEFT), 8e-16),
    "erfcx negative": (
        special.erfcx,
        lambda x: mp.exp(x * x) * mp.erfc(x),
        RNG.uniform(-26.6, 0, 200),
        8e-16,
    ),
    "log_cosh": (special.log_cosh, log_cosh, SIGNED, 1e-15),
    "softplus": (special.softplus, lambda x: mp.log1p(mp.exp(x)), SIGNED, 4e-16),
    "logistic": (special.logistic, lambda x: 1 / (1 + mp.exp(-x)), SIGNED, 5e-16),
    "lgamma1": (special.lgamma1, lambda x: mp.loggamma(1 + x), RNG.uniform(2, 50, 100), 2e-15),
}


@pytest.mark.parametrize("name", CASES)
def test_relative_error(name):
    function, exact, arguments, bound = CASES[name]
    assert worst(function, exact, arguments) < bound


def test_mills_far_left():
    for x in (-1e5, -1e6, -1e8):
        assert special.mills(x) == pytest.approx(-x - 1 / x, rel=1e-15)


def test_log_diff_exp():
    for _ in range(300):
        a = RNG.uniform(-50, 50)
        b = a - 10 ** RNG.uniform(-12, 2)
        expected = mp.log(mp.exp(mp.mpf(a)) - mp.exp(mp.mpf(b)))
        assert abs(special.log_diff_exp(a, b) - expected) <= 2e-15 * max(1, abs(a), abs(expected))


def test_limits():
    assert special.log_ndtr(-INF) == -INF and special.log_ndtr(INF) == 0
    assert special.log_ndtr(-1e200) == -INF
    assert special.ndtr(-INF) == 0 and special.ndtr(INF) == 1 and special.H(INF) == 0
    assert special.mills(INF) == 0 and special.mills(-INF) == INF
    assert special.erfcx(INF) == 0 and special.erfcx(-30.0) == INF
    assert special.log_cosh(INF) == INF and special.log_cosh(0.0) == 0
    assert special.softplus(INF) == INF and special.softplus(-INF) == 0
    assert special.logistic(INF) == 1 and special.logistic(-INF) == 0
    assert special.log_diff_exp(1.0, 1.0) == -INF and math.isnan(special.log_diff_exp(0.0, 1.0))
    assert special.log_diff_exp(2.0, -INF) == 2 and special.log_diff_exp(-INF, -INF) == -INF
    assert special.log_diff_exp(INF, 0.0) == INF
    for name in ("log_ndtr", "ndtr", "mills", "erfcx", "log_cosh", "softplus", "logistic"):
        assert math.isnan(getattr(special, name)(math.nan))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (30, 31),
        (1e3, 2e3),
        (1e3, 1e3 + 1e-4),
        (-37, 37),
        (-37, 36.5),
        (0, 1e-8),
        (-1e-8, 1e-8),
        (1e6, 1e6 + 1e-5),
        (-2, 30),
        (-1, 1),
        (-1.0000001, 1),
        (0.5, 2.2),
        (5, 5 + 1e-12),
        (-31, -30),
    ],
)
def test_log_interval(a, b):
    a, b = float(a), float(b)
    assert relative(special.log_interval(a, b), reference.interval_jet(a, b)[0]) < 1e-15


def test_log_interval_random():
    for _ in range(200):
        a = RNG.normal() * 10 ** RNG.uniform(-3, 2.5)
        b = a + 10 ** RNG.uniform(-8, 1.5)
        assert relative(special.log_interval(a, b), reference.interval_jet(a, b)[0]) < 1e-15


def test_log_interval_limits():
    assert special.log_interval(1.0, 1.0) == -INF and special.log_interval(2.0, 1.0) == -INF
    assert special.log_interval(-INF, INF) == 0
    assert special.log_interval(-3.0, INF) == special.log_ndtr(3.0)
    assert special.log_interval(-INF, -3.0) == special.log_ndtr(-3.0)
    assert special.log_interval(INF, INF) == -INF
    assert special.log_interval(0.0, 1e-300) == pytest.approx(-300 * math.log(10) - 0.5 * math.log(2 * math.pi))
    assert math.isnan(special.log_interval(math.nan, 1.0)) and math.isnan(special.log_interval(1.0, math.nan))


def owens_t(h, a):
    """Owen's T by quadrature on many panels, for |a| <= 1; by the reflection formula above."""
    h, a = mp.mpf(h), mp.mpf(a)
    if a > 1:
        qh, qa = reference.normal_cdf(-h), reference.normal_cdf(-h * a)
        return (qh + qa) / 2 - qh * qa - owens_t(h * a, 1 / a)
    top = min(a, 12 / h) if h > 0 else a
    value = mp.quad(lambda x: mp.exp(-((h * x) ** 2) / 2) / (1 + x * x), mp.linspace(0, top, 9))
    return value * mp.exp(-h * h / 2) / (2 * mp.pi)


def test_owens_t():
    with mp.workdps(22):
        for _ in range(60):
            h = abs(RNG.normal()) * 10 ** RNG.uniform(-3, 1)
            a = 10 ** RNG.uniform(-5, 3)
            expected = owens_t(h, a)
            assert relative(special.owens_t(h, a), expected) < 1e-15
            assert special.owens_t(-h, -a) == -special.owens_t(h, a)
    assert special.owens_t(0.0, 1.0) == pytest.approx(0.125, rel=1e-15)
    assert special.owens_t(1.0, INF) == 0.5 * special.ndtr(-1.0)
    assert special.owens_t(1.0, 0.0) == 0.0


def bivariate(h, k, rho):
    """P(X > h, Y > k) as an integral over X with panels at the transition."""
    h, k, rho = mp.mpf(h), mp.mpf(k), mp.mpf(rho)
    root = mp.sqrt((1 - rho) * (1 + rho))
    low = max(h, mp.mpf(-11))
    high = max(low, mp.mpf(0)) + 11
    points = [low, high, *(mp.mpf(x) for x in range(-11, 20, 3))]
    if rho != 0:
        points += [k / rho + d * root / abs(rho) for d in (-11, -4, -1, 0, 1, 4, 11)]
    points = sorted({p for p in points if low <= p <= high})
    return mp.quad(lambda x: mp.npdf(x) * reference.normal_cdf((rho * x - k) / root), points)


@pytest.mark.parametrize("case", range(40))
def test_bvn_upper(case):
    rng = np.random.default_rng(case)
    h, k = rng.normal(size=2) * rng.choice([0.3, 1, 2.5])
    sign = rng.choice([-1.0, 1.0])
    if case % 5 == 1:
        k = sign * h + 10 ** rng.uniform(-6, -1)
    rho = rng.uniform(-0.95, 0.95) if case % 2 else sign * (1 - 10 ** rng.uniform(-10, -1.1))
    with mp.workdps(20):
        assert abs(special.bvn_upper(h, k, rho) - bivariate(h, k, rho)) < 1e-15


def test_bvn_upper_limits():
    assert special.bvn_upper(0.0, 0.0, 0.5) == pytest.approx(1 / 3, rel=1e-15)
    assert special.bvn_upper(0.3, -0.2, 1.0) == pytest.approx(special.ndtr(-0.3), rel=1e-15)
    assert special.bvn_upper(-0.3, 0.2, -1.0) == pytest.approx(special.ndtr(0.3) - special.ndtr(0.2), rel=1e-14)
    assert special.bvn_upper(0.3, 0.2, -1.0) == 0
    assert special.bvn_upper(-INF, 0.7, 0.3) == special.ndtr(-0.7)
    assert special.bvn_upper(0.7, -INF, 0.3) == special.ndtr(-0.7)
    assert special.bvn_upper(INF, 0.0, 0.3) == 0
    assert math.isnan(special.bvn_upper(0.0, 0.0, 1.1)) and math.isnan(special.bvn_upper(0.0, math.nan, 0.1))
