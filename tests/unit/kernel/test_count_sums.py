"""Emitted averages of sums over counts against closed forms: laws that are wide, far away, not smooth in the count."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from derive.calculus.nodes import BOUND, GaussianAverage, LabelSum, LogPartition
from derive.calculus.partition import channel_partition
from derive.kernel.counts import count_terms, count_weight
from derive.kernel.emit import emit_module
from derive.kernel.ir import Integral
from derive.kernel.lower import Lowering
from derive.runtime.loader import load_solver

q, v, shift = sp.Symbol("q", positive=True), sp.Symbol("v", positive=True), sp.Symbol("shift", real=True)
h, w = sp.Symbol("h", real=True), BOUND["field"]
y = sp.Symbol("y", integer=True, nonnegative=True)
RATE = sp.exp(h + shift)
POISSON = sp.exp(-RATE) * RATE**y / sp.factorial(y)
GEOMETRIC = sp.exp(y * h) / (1 + sp.exp(h)) ** (y + 1)
EVEN = POISSON * (1 + sp.cos(sp.pi * y)) / (1 + sp.exp(-2 * RATE))
WEIGHT = sp.exp(LogPartition(sp.Symbol("P"), 1, 0, w, v, y))


def lowered(law: sp.Expr, bodies: list[sp.Expr]) -> Lowering:
    """E_{w ~ N(0, q)} sum_y P(y|w) body, P(y|w) = E_{h ~ N(w, v)} law, for all bodies."""
    lowering = Lowering({"P": channel_partition("P", law, h, v, (y,))}, [shift])
    outputs = [(f"o{k}", GaussianAverage(LabelSum(WEIGHT * b, y), (w,), (0,), (q,))) for k, b in enumerate(bodies)]
    lowering.function("mean", (("x", (q, v)), ("p", (shift,))), outputs)
    return lowering


def compiled(law: sp.Expr, bodies: list[sp.Expr], folder: Path) -> Callable:
    path = folder / "counts.py"
    path.write_text(emit_module(lowered(law, bodies).program(), "counts", {}, has_solver=False))
    run = load_solver(path).mean

    def mean(variance: float, rest: float, moved: float = 0.0) -> np.ndarray:
        out = np.empty(len(bodies))
        run(np.array([variance, rest]), np.array([moved]), 1.0, 1e-13, out)
        return out

    return mean


def test_a_sum_over_counts_goes_outside_of_the_field_average():
    (function,) = (f for f in lowered(POISSON, [y, w]).program().functions if f.name == "mean")
    (integral,) = (s for s in function.body if isinstance(s, Integral))
    assert integral.kind == "counts" and len(integral.names) == 2


def test_what_is_no_combination_of_weighted_sums_is_left_as_it_is():
    one, two = LabelSum(WEIGHT * y, y), LabelSum(WEIGHT * y * w, y)
    assert count_terms([one - q * two, v * one], w) is not None
    assert count_terms([w * one], w) is None and count_terms([one + 1], w) is None
    assert count_weight([one, two], w, y) is not None
    assert count_weight([LabelSum(y * w, y)], w, y) is None


@pytest.mark.slow
@pytest.mark.parametrize("variance, rest", [(0.5, 0.3), (0.01, 1e-5), (1.0, 0.0004), (1.2, 1.0)])
def test_moments_of_a_wide_poisson_law(variance: float, rest: float, tmp_path: Path):
    s = variance + rest
    exact = [1.0, np.exp(s / 2), np.exp(s / 2) + np.exp(2 * s), variance * np.exp(s / 2)]
    assert compiled(POISSON, [sp.S.One, y, y**2, y * w], tmp_path)(variance, rest) == pytest.approx(exact, rel=2e-13)


@pytest.mark.slow
def test_counts_far_from_zero_and_a_body_that_grows(tmp_path: Path):
    mean = compiled(POISSON, [y, sp.exp(2 * w)], tmp_path)
    assert mean(0.01, 0.01, 12.0) == pytest.approx([np.exp(12.01), np.exp(0.02)], rel=1e-10)
    assert mean(3.0, 0.1, -2.0)[1] == pytest.approx(np.exp(6.0), rel=1e-11)


@pytest.mark.slow
def test_a_geometric_law_and_a_law_of_even_counts(tmp_path: Path):
    assert compiled(GEOMETRIC, [sp.S.One, y], tmp_path)(0.5, 0.5) == pytest.approx([1, np.exp(0.5)], rel=1e-12)
    found = compiled(EVEN, [sp.S.One, w], tmp_path)(0.2, 0.3, 4.0)
    assert found == pytest.approx([1, 0], abs=1e-11)
