"""Folds solved for from afar: what is taken for one, and how few runs it needs."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from derive import api, folds, thresholds
from derive.folds import fold
from derive.runtime.trivial import Point
from tests.benchmarks.perceptrons_by_hand import exact_spinodal
from tests.support import zoo

System = Callable[[float, float], tuple[float, float]]
"""(u, a) to F and dF/du."""


def problem(system: System, second: bool) -> SimpleNamespace:
    """A problem of one fixed norm with the residual F, and with an overlap w = a beside it if `second`."""
    n = 2 if second else 1
    module = SimpleNamespace(UNKNOWNS=n, TIED=(1,))

    def residual(p: float, x: np.ndarray):
        f, slope = system(math.log(x[0] / x[1]), p)
        if not second:
            return np.array([f]), np.array([[slope]]), np.zeros(0)
        return np.array([f, p - x[2]]), np.array([[slope, 0.0], [0.0, -1.0]]), np.zeros(0)

    def state(u: np.ndarray, radii) -> np.ndarray:
        return np.array([1.0 / (1.0 + math.exp(-u[0])), 1.0 / (1.0 + math.exp(u[0])), *u[1:]])

    solver = SimpleNamespace(
        module=module,
        residual=residual,
        state=state,
        coordinates=lambda x: np.array([math.log(x[0] / x[1]), *x[2:]]),
        facts=lambda p: SimpleNamespace(radii=(1.0,)),
    )
    return SimpleNamespace(solver=solver, p=lambda a: a, inside=lambda a: True)


def parabola(u: float, a: float) -> tuple[float, float]:
    """Two branches u = +-sqrt(1 - a) that meet at a = 1."""
    return 1.0 - a - u * u, -2.0 * u


def cross(u: float, a: float) -> tuple[float, float]:
    """Two branches u = 0 and u = a - 1 that cross at a = 1."""
    return u * (a - 1.0 - u), a - 1.0 - 2.0 * u


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize(("system", "expected"), [(parabola, 1.0), (cross, None)])
def test_a_fold_ahead_is_found_and_a_crossing_of_branches_is_not_one(system, expected, second: bool):
    case = problem(system, second)
    u = -math.sqrt(0.1) if system is parabola else 0.02
    x = case.solver.state(np.array([u, 0.9][: 1 + second]), (1.0,))
    point = Point(x, np.zeros(0), "converged", 1, 0.0, 0.0, 0.5)
    assert fold(case, point, 0.9, 0.3)[0] == pytest.approx(1.0, abs=1e-6)  # both are roots of the extended system
    found = folds._ahead(case, point, 0.9, 1.2)
    assert found is None if expected is None else found[0] == pytest.approx(expected, abs=1e-9)
    assert folds._ahead(case, point, 0.9, 0.95) is None  # not between the two


def test_the_spinodal_of_the_binary_teacher_needs_one_run_beyond_it(monkeypatch):
    """The value is that of a maximum of alpha(q) by hand in mpmath; a run beyond the fold is slow."""
    model = zoo.load("perceptron_teacher_binary")
    runs: list[float] = []
    branch = thresholds.Problem.branch

    def counted(self, name: str, a: float):
        runs.append(a)
        return branch(self, name, a)

    monkeypatch.setattr(thresholds.Problem, "branch", counted)
    found = api.threshold(model, "spinodal", generated=zoo.folder("perceptron_teacher_binary"))
    assert float(found.value) == pytest.approx(exact_spinodal(), rel=1e-12)
    assert sum(a > exact_spinodal() for a in runs) == 1


def test_a_fold_that_is_not_seen_ahead_is_found_by_bisection(monkeypatch):
    model = zoo.load("perceptron_teacher_binary")
    monkeypatch.setattr(folds, "_ahead", lambda *_: None)
    found = api.threshold(model, "spinodal", generated=zoo.folder("perceptron_teacher_binary"))
    assert float(found.value) == pytest.approx(exact_spinodal(), rel=1e-12)
