"""Derivative rules of the nodes against finite differences of their values at 30 digits."""

from __future__ import annotations

import mpmath as mp
import pytest
import sympy as sp

from derive.calculus.nodes import (
    GaussianAverage,
    LabelIntegral,
    LabelLaw,
    LogPartition,
    bound,
    combine,
    derivative,
    substitute,
)
from derive.calculus.partition import channel_partition, site_partition
from derive.precise.evaluate import Evaluator
from derive.spec.functions import GaussianTail, Step

W, Z, XI = bound("field"), bound("teacher"), bound("site_field")
q, v, m, rho, c = sp.symbols("q v m rho c", positive=True)
h, y = sp.Symbol("h", real=True), bound("label")
POINT = {"q": mp.mpf("0.7"), "v": mp.mpf("0.45"), "m": mp.mpf("0.5"), "rho": mp.mpf("1.3"), "c": mp.mpf("0.6")}

PARTITIONS = {
    "step": channel_partition("step", Step(h - sp.Rational(1, 3)), h, v),
    "door": channel_partition("door", sp.Abs(h) < 1, h, v),
    "noisy": channel_partition("noisy", sp.Rational(1, 10) + sp.Rational(4, 5) * GaussianTail(-3 * h), h, v),
    "law": channel_partition("law", Step(h), h, v),
    "linear": channel_partition("linear", sp.exp(-((y - h) ** 2) / 2) / sp.sqrt(2 * sp.pi), h, v, (y,)),
    "bits": site_partition(
        "bits",
        [(sp.Rational(1, 2), None, sp.Integer(s), -sp.oo, sp.oo) for s in (1, -2)],
        sp.Symbol("Λ", positive=True),
        sp.S.One,
    ),
}


def log_z(name: str, k: int, x, variance, *rest) -> LogPartition:
    return LogPartition(sp.Symbol(name), PARTITIONS[name].sigma, k, x, variance, *rest)


def smooth(k: int = 0) -> sp.Expr:
    return GaussianAverage(log_z("step", k, W + c, v), (W,), (0,), (q,))


NODES = {
    "polynomial": GaussianAverage(W**4 * c + W, (W,), (c,), (q,)),
    "nonlinear parameters": GaussianAverage(sp.exp(c * W), (W,), (q * c,), (q**2 + v,)),
    "log partition": smooth(),
    "square of a jet": GaussianAverage(log_z("door", 1, W, v) ** 2, (W,), (0,), (q,)),
    "mixture": GaussianAverage(log_z("noisy", 0, W, v + q), (W,), (0,), (q,)),
    "sites": GaussianAverage(log_z("bits", 0, XI, c), (XI,), (m,), (q,)),
    "sites, second jet": GaussianAverage(log_z("bits", 2, XI, c), (XI,), (m * c,), (q,)),
    "teacher": GaussianAverage(LabelLaw(sp.Symbol("law"), 0, Z) * log_z("step", 0, W, v), (W, Z), (0, 0), (q, m, rho)),
    "teacher, weighted": GaussianAverage(
        LabelLaw(sp.Symbol("law"), 1, Z) * log_z("noisy", 1, W, v), (W, Z), (0, 0), (q, m * c, rho)
    ),
    "labels": GaussianAverage(
        LabelIntegral(sp.exp(log_z("linear", 0, W, v, y)) * log_z("linear", 0, W, v, y), y, -sp.oo, sp.oo),
        (W,),
        (0,),
        (q,),
    ),
}


@pytest.mark.parametrize("name", NODES)
def test_first_derivatives(name: str) -> None:
    node = NODES[name]
    digits = 15 if name == "labels" else 30
    with mp.workdps(digits):
        evaluator = Evaluator(PARTITIONS)
        for symbol in sorted(node.free_symbols & {q, v, m, rho, c}, key=str):
            step = mp.mpf(10) ** (-digits // 5)

            def at(move, symbol=symbol, step=step):
                return evaluator.evaluate([node], {**POINT, symbol.name: POINT[symbol.name] + move * step})[0]

            wanted = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)
            found = evaluator.evaluate([derivative(node, symbol)], POINT)[0]
            assert abs(found - wanted) < mp.mpf(10) ** (-digits // 2) * (1 + abs(wanted)), symbol


@pytest.mark.parametrize("name", ["log partition", "square of a jet", "teacher"])
def test_second_derivatives(name: str) -> None:
    node = NODES[name]
    names = sorted(node.free_symbols & {q, v, m}, key=str)
    with mp.workdps(30):
        evaluator, step = Evaluator(PARTITIONS), mp.mpf("1e-5")
        for first in names:
            for second in names:
                slope = derivative(node, first)

                def at(move, second=second, slope=slope, step=step):
                    return evaluator.evaluate([slope], {**POINT, second.name: POINT[second.name] + move * step})[0]

                wanted = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)
                found = evaluator.evaluate([derivative(node, first, second)], POINT)[0]
                assert abs(found - wanted) < mp.mpf("1e-13") * (1 + abs(wanted))


def test_the_evaluator_agrees_with_a_quadrature() -> None:
    def log_tail(t):
        return mp.log(mp.erfc((mp.mpf(1) / 3 - t - POINT["c"]) / mp.sqrt(2 * POINT["v"])) / 2)

    with mp.workdps(25):
        sd = mp.sqrt(POINT["q"])
        wanted = mp.quad(
            lambda t: log_tail(t) * mp.exp(-(t**2) / (2 * POINT["q"])) / (sd * mp.sqrt(2 * mp.pi)),
            [k * sd for k in range(-13, 14)],
        )
        assert mp.almosteq(Evaluator(PARTITIONS).evaluate([smooth()], POINT)[0], wanted, 1e-20)


def test_combining_changes_no_value() -> None:
    total = c * smooth(1) - q * smooth(2) + smooth(1) * 3 + c * q
    with mp.workdps(20):
        evaluator = Evaluator(PARTITIONS)
        before, after = evaluator.evaluate([total, combine(total)], POINT)
        assert mp.almosteq(before, after, 1e-18)
    assert len(combine(total).atoms(GaussianAverage)) <= len(total.atoms(GaussianAverage))


def test_substitution_never_captures() -> None:
    with pytest.raises(ValueError, match="bound symbol"):
        substitute(smooth(), {c: W})
    with pytest.raises(ValueError, match="bound symbol"):
        substitute(smooth(), {W: c})
    assert substitute(smooth(), {q: c}).covariance(0, 0) == c
