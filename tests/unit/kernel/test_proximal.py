"""The emitted functions of envelopes, for V from 1e-8 to 1e8, saturated labels and huge counts.

The place of the minimum is found a second time by scipy.optimize on slopes written here as functions of numbers; the
higher derivatives by mpmath, whose own test is tests/unit/precise/test_envelopes.py.
"""

from __future__ import annotations

import math
from functools import cache

import mpmath as mp
import numba
import numpy as np
import pytest
import sympy as sp
from scipy import optimize, special

from derive.calculus.envelopes import INNER as h
from derive.calculus.envelopes import envelope
from derive.kernel.emit import print_expression
from derive.kernel.emit_proximal import prox_text
from derive.kernel.lower import Lowering
from derive.kernel.steady import Mills, steady_derivatives
from derive.precise.envelopes import EnvelopeJets
from derive.runtime import special as functions
from derive.runtime.inner import sign
from derive.spec.functions import GaussianTail, Logistic, Softplus

LINE = (-sp.oo, sp.oo)
HALF = (sp.S.Zero, sp.oo)
VARIANCES = [10.0**k for k in (-8, -4, -2, 0, 1, 2, 4, 8)]
FIELDS = [s * 10.0**k for k in (-6, -2, 0, 1, 2, 2.8, 3.5) for s in (1, -1)] + [0.0, 0.7]


def hazard(t: float) -> float:
    """phi(t)/Phi(t)."""
    return math.sqrt(2 / math.pi) / special.erfcx(-t / math.sqrt(2))


COSTS = {  # name: kind, cost, support, slope as a function of numbers
    "logistic": ("channel", sp.log(1 + sp.exp(-h)), LINE, lambda t: -special.expit(-t)),
    "two exponentials": (
        "channel",
        sp.log(2 * sp.exp(-h) + 3 * sp.exp(h / 2)),
        LINE,
        lambda t: 0.5 - 1.5 * special.expit(-1.5 * t - math.log(1.5)),
    ),
    "exponential": ("channel", sp.exp(-h), LINE, lambda t: -math.exp(min(-t, 709))),
    "no count": ("channel", sp.exp(h), LINE, lambda t: math.exp(min(t, 709))),
    "huge count": ("channel", sp.exp(h) - 10**6 * h, LINE, lambda t: math.exp(min(t, 709)) - 1e6),
    "log cosh": ("channel", sp.log(sp.cosh(h)), LINE, math.tanh),
    "smooth absolute": ("channel", sp.sqrt(1 + h**2), LINE, lambda t: t / math.hypot(1, t)),
    "quartic": ("channel", h**4 / 4, LINE, lambda t: t**3),
    "cubic": ("channel", sp.Abs(h) ** 3, LINE, lambda t: 3 * t * abs(t)),
    "three halves": (
        "channel",
        sp.Abs(h) ** sp.Rational(3, 2),
        LINE,
        lambda t: 1.5 * math.copysign(math.sqrt(abs(t)), t),
    ),
    "probit": ("channel", -sp.log(GaussianTail(-h)), LINE, lambda t: -hazard(t)),
    "squared softplus": (
        "channel",
        sp.log(1 + sp.exp(-h)) ** 2,
        LINE,
        lambda t: -2 * np.logaddexp(0, -t) * special.expit(-t),
    ),
    "site quartic": ("site", h**4 / 4 + h**2 / 2, LINE, lambda t: t**3 + t),
    "site absolute": ("site", sp.sqrt(1 + h**2), LINE, lambda t: t / math.hypot(1, t)),
    "entropy": ("site", h * sp.log(h), HALF, lambda t: math.log(t) + 1 if t > 0 else -math.inf),
    "barrier": ("site", -sp.log(h), HALF, lambda t: -1 / t if t > 0 else -math.inf),
    "box": ("site", sp.cosh(h), (sp.Integer(-1), sp.Integer(2)), lambda t: math.sinh(t)),
}


@cache
def emitted(name: str):
    """The envelope and its emitted function."""
    kind, cost, support, _ = COSTS[name]
    found = envelope("M", kind, cost, sp.Symbol("v", positive=True), support)
    prox = Lowering({"M": found}, ())._prox(found)
    scope = {"math": math, "np": np, "sign": sign, "compiled": numba.njit(error_model="numpy")}
    scope |= {n: getattr(functions, n) for n in ("H", "log_cosh", "log_ndtr", "logistic", "mills", "softplus")}
    exec(compile(prox_text(prox, print_expression, "@compiled"), "prox", "exec"), scope)
    return found, scope[prox.name]


def places(v: float) -> list[float]:
    return sorted({*FIELDS, v, -v, 1 - v, 1 + v})


def smallest(name: str, x: float, v: float) -> float:
    """The minimiser by Brent's method on the slope, over the support."""
    kind, _, support, slope = COSTS[name]

    def gap(t: float) -> float:
        return (t - x) / v + slope(t) if kind == "channel" else v * t - x + slope(t)

    low, high = (float(e) for e in support)
    low, high = max(low, 1e-300 if low == 0 else -1e14), min(high, 1e14)
    if gap(low) >= 0:
        return low
    if gap(high) <= 0:
        return high
    for k in range(-20, 50):  # a bracket near the root: Brent's method stalls on 1e14
        for place in (-(2.0**k), 2.0**k):
            for centre in (0.0, x):
                t = centre + place
                if low < t < high:
                    low, high = (t, high) if gap(t) < 0 else (low, t)
    return optimize.brentq(gap, low, high, xtol=1e-300, rtol=1e-15, maxiter=2000)


@pytest.mark.parametrize("name", COSTS)
def test_the_minimiser_is_the_minimum(name: str) -> None:
    kind, *_ = COSTS[name]
    _, function = emitted(name)
    out = np.empty(5)
    for v in VARIANCES:
        for x in places(v):
            out[:] = np.nan
            function(x, v, 1.0, out)
            assert np.isfinite(out[:3]).all(), (x, v, out)
            place = x + v * out[1] if kind == "channel" else out[1]
            size = abs(place) + (abs(x) if kind == "channel" else 0.0)
            limit = 1e-13 * size if name != "site absolute" else 1e-7 * size  # flat: w = x/(1 - x)^... near |x| = 1
            assert abs(place - smallest(name, x, v)) <= limit + 1e-100, (x, v)


@pytest.mark.parametrize("name", COSTS)
def test_derivatives_against_mpmath(name: str) -> None:
    """Relative to the largest that the cost allows: 1/V for l_2, and l_2^(k - 1) in the units of the cost."""
    found, function = emitted(name)
    jets, out = EnvelopeJets(found), np.empty(5)
    for v in VARIANCES:
        for x in places(v):
            out[:] = np.nan
            function(x, v, 1.0, out)
            with mp.workdps(40):
                exact = [float(e) for e in jets(mp.mpf(x), mp.mpf(v), {}, 4)]
            assert out[0] == pytest.approx(exact[0], rel=1e-10, abs=1e-40), (x, v)
            assert out[1] == pytest.approx(exact[1], rel=1e-10, abs=1e-30), (x, v)
            # a field of size x has a rounding of 1e-16 x, and l_2 moves by l_3 times that
            noise = 4e-16 * abs(x)
            assert out[2] == pytest.approx(exact[2], rel=2e-9, abs=noise * abs(exact[3]) + 1e-30), (x, v)


@pytest.mark.parametrize("name", ["logistic", "quartic", "huge count", "site quartic", "entropy", "log cosh"])
def test_third_and_fourth_derivatives(name: str) -> None:
    found, function = emitted(name)
    jets, out = EnvelopeJets(found), np.full(5, np.nan)
    for v in (1e-2, 1.0, 30.0):
        for x in (-30.0, -1.0, 0.3, 12.0):
            function(x, v, 1.0, out)
            with mp.workdps(40):
                exact = [float(e) for e in jets(mp.mpf(x), mp.mpf(v), {}, 4)]
            assert out == pytest.approx(exact, rel=1e-9, abs=1e-18), (x, v)


def test_steady_derivatives_are_the_derivatives() -> None:
    point = {h: sp.Rational(3, 7)}
    for _, cost, *_ in COSTS.values():
        plain = cost
        for e in steady_derivatives(cost, h, 4):
            e = e.replace(Mills, lambda u: sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi) / GaussianTail(-u))
            assert sp.N((e - plain).xreplace(point).doit(), 15) == pytest.approx(0, abs=1e-12), (cost, e)
            plain = plain.diff(h)


def test_no_quotient_of_exponentials_is_left() -> None:
    for cost in (sp.log(1 + sp.exp(-h)), sp.log(sp.exp(h) + sp.exp(-h)), sp.log(sp.cosh(2 * h))):
        for e in steady_derivatives(cost, h, 4)[1:]:
            assert not e.has(sp.exp, sp.cosh, sp.sinh)
            assert e.has(Logistic, sp.tanh)
    assert steady_derivatives(sp.log(1 + sp.exp(h)), h, 0) == [Softplus(h)]
