"""Proximal points and slopes of functions of one variable, against plain searches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

from derive.simulate.scalars import Scalars
from derive.simulate.shape import breakpoints, is_piecewise_linear, shape_of
from tests.unit.simulate.totals import ABSOLUTE, HINGE, HUBER, LOGISTIC, PINBALL, POISSON, SQUARE, h, y

LOSSES = [ABSOLUTE, HINGE, HINGE**2, HUBER, LOGISTIC, PINBALL, POISSON, SQUARE, sp.Abs(sp.exp(h) - 1) + sp.exp(h)]


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("stiffness", [0.1, 1.0, 30.0])
def test_proximal_point_is_the_least_on_a_grid(loss: Any, stiffness: float) -> None:
    random = np.random.default_rng(3)
    labels, x = np.sign(random.normal(size=50)), 3 * random.normal(size=50)
    functions = Scalars(shape_of(loss, h), {y: labels}, 50)
    u, rate = functions.proximal(x, stiffness)
    grid = np.linspace(-20, 20, 80001)
    columns = np.broadcast_to(grid, (50, grid.size))
    height = functions.value(columns) + stiffness * (columns - x[:, None]) ** 2 / 2
    np.testing.assert_allclose(u, grid[np.argmin(height, axis=1)], atol=6e-4)
    assert (functions.value(u) + stiffness * (u - x) ** 2 / 2 <= height.min(axis=1) + 1e-12).all()
    assert (rate >= 0).all() and (rate <= 1).all()
    step = 1e-6
    ahead, behind = functions.proximal(x + step, stiffness)[0], functions.proximal(x - step, stiffness)[0]
    usual = np.abs((ahead - behind) / (2 * step) - rate) < 1e-3
    assert np.count_nonzero(~usual) <= 1  # a point may lie within the step of a change of piece


def test_kinks_are_hit_exactly() -> None:
    functions = Scalars(shape_of(ABSOLUTE, h), {y: np.full(3, 0.3)}, 3)
    u, rate = functions.proximal(np.array([0.3, 1.2, 5.0]), 1.0)
    assert u[0] == u[1] == 0.3 and u[2] == pytest.approx(4.0, rel=1e-14)
    assert list(rate) == [0.0, 0.0, 1.0]
    assert np.isinf(functions.stiffness_at(u)).tolist() == [True, True, False]


def test_intervals_clip() -> None:
    functions = Scalars(shape_of(sp.S.Zero, h), {}, 3, -1.0, [np.inf, 2.0, 2.0])
    u, rate = functions.proximal(np.array([-3.0, 5.0, 0.5]), 2.0)
    assert u.tolist() == [-1.0, 2.0, 0.5] and rate.tolist() == [0.0, 0.0, 1.0]


def test_slopes_at_infinity() -> None:
    signs = np.array([1.0, -1.0])
    low, high = Scalars(shape_of(LOGISTIC, h), {y: signs}, 2).recession()
    assert low.tolist() == [-1.0, 0.0] and high.tolist() == [0.0, 1.0]
    low, high = Scalars(shape_of(POISSON, h), {y: np.array([0.0, 2.0])}, 2).recession()
    assert low.tolist() == [0.0, -2.0] and np.isinf(high).all()
    low, high = Scalars(shape_of(SQUARE, h), {y: signs}, 2, 0.0).recession()
    assert np.isneginf(low).all() and np.isposinf(high).all()


def test_breaks_of_nested_functions() -> None:
    a = sp.Symbol("a", real=True)
    assert set(breakpoints(sp.Max(sp.Abs(h - y) - a, 0), h)) == {y, y - a, y + a}
    assert breakpoints(LOGISTIC, h) == ()
    assert set(breakpoints(HUBER, h)) == {y, y - 1, y + 1}
    assert is_piecewise_linear(sp.And(h > 0, sp.Abs(h - y) < 1), h)
    assert not is_piecewise_linear(h**2 < 1, h)


@pytest.mark.parametrize("x", [-800.0, -30.0, 0.4, 30.0, 800.0])
def test_logarithms_of_exponentials_do_not_overflow(x: float) -> None:
    for body, exact in (
        (1 + sp.exp(-y * h), np.logaddexp(0, -x)),
        (2 * sp.cosh(h), np.logaddexp(x, -x)),
        (sp.exp(h) + 3 + sp.exp(-2 * h), np.logaddexp(np.logaddexp(x, np.log(3)), -2 * x)),
    ):
        functions = Scalars(shape_of(sp.log(body), h), {y: np.ones(1)}, 1)
        at = np.array([x])
        assert functions.value(at)[0] == pytest.approx(exact, rel=1e-14, abs=1e-300)
        assert np.isfinite(functions.slope(at)).all() and np.isfinite(functions.curvature(at)).all()
