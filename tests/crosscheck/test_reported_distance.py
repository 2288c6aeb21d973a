"""What `converged` promises at random and extreme parameters: the reported distance holds, no impossible state.

True states are roots in mpmath of the symbolic equations; they share the derivation with the compiled solver, and
neither its integrals nor its iteration.  At extreme parameters the residual is taken again with other quadrature
(panels in place of the trapezoidal rule).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp

from derive.runtime.layout import pairs
from tests.support import zoo

RANDOM = (
    "perceptron_teacher_binary",
    "perceptron_storage_spherical",
    "curie_weiss",
    "sk",
    "hopfield",
    "spiked_wigner_sparse",
    "ridge_isotropic",
)
EXTREME = (
    "perceptron_teacher_binary",
    "perceptron_storage_spherical",
    "door_symmetric_binary",
    "curie_weiss",
    "sk",
    "bipartite_sk",
    "blume_capel_sk",
    "hopfield",
    "hopfield_mixture",
    "spiked_wigner_sparse",
    "ridge_isotropic",
    "lasso_sparse",
)
"""Channels and energies, one and two families, free norms, partners, minimisers with and without kinks."""
QUICK = ("perceptron_teacher_binary", "sk", "hopfield")
"""Models of the fast run."""
EXTREMES = (1e-12, 1e-6, 1e-3, 1e-2, 0.3, 3.0, 1e2, 1e3, 1e6, 1e12)


def marked(names: tuple[str, ...]) -> list:
    return [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in names]


def value(text: float) -> str:
    """A decimal."""
    return sp.Float(text, 12).__str__()


def scaled(model: str, factors: list[float]) -> dict[str, object]:
    """The defaults times factors, where the domains contain the product; 0.1 stands for a default of zero."""
    found: dict[str, object] = {}
    for parameter, factor in zip(zoo.load(model).parameters, factors, strict=True):
        a = value((float(parameter.default or 0) or 0.1) * factor)
        if parameter.domain.contains(sp.Rational(a)):
            found[parameter.name] = sp.Rational(a)
    return found


@pytest.mark.parametrize("model", marked(RANDOM))
def test_the_reported_distance_bounds_the_true_error(model: str) -> None:
    """In the solver's coordinates (relative for q and r - q): the Newton distance, or what integrals of 1e-13 blur."""
    rng = np.random.default_rng(11)
    solver, seen = zoo.solver(model), 0
    for _ in range(6):
        given = scaled(model, np.exp(0.4 * rng.standard_normal(len(zoo.load(model).parameters))).tolist())
        p = zoo.array(model, given)
        for found in zoo.solve(model, given).solutions:
            if found.status != "converged" or found.stability.get("boundary") or found.branch == "trivial":
                continue
            point = solver.run(p, solver.starts(p).get(found.branch, solver.start(p)))
            if point.status != "converged":
                continue
            precise, scope = zoo.refine(model, given, found, 25)
            true = np.array([float(scope[x.name]) for x in precise.saddle.overlaps])
            at = [list(solver.module.STATE).index(x.name) for x in precise.saddle.overlaps]
            error = np.max(
                np.abs(point.x[at] - true) / np.where(np.array(at) < pairs(solver.module), np.abs(true), 1.0)
            )
            blur = solver.options.tolerance / max(abs(1.0 - point.radius), 1e-3)
            assert error <= point.distance + 10.0 * blur, (model, given, found.branch, error, point.distance)
            seen += 1
    assert seen >= 4


@pytest.mark.parametrize("model", marked(EXTREME))
def test_what_is_impossible_is_never_converged(model: str) -> None:
    """0 <= q, 0 < r - q, m^2 <= q rho, finite numbers, stationary: at parameters from 1e-12 to 1e12 of the defaults."""
    solver, module = zoo.solver(model), zoo.solver(model).module
    count, head = len(zoo.load(model).parameters), pairs(zoo.solver(model).module)
    choices = [[f if i == k else 1.0 for i in range(count)] for k in range(count) for f in EXTREMES]
    for given in (scaled(model, factors) for factors in choices):
        p = zoo.array(model, given)
        radii, second = solver.facts(p).radii, solver.facts(p).second
        for name, start in solver.starts(p).items():
            point = solver.run(p, start)
            if point.status != "converged":
                continue
            where = (model, given, name, point)
            q, v, m = point.x[:head:2], point.x[1:head:2], point.x[head : head + len(module.PARTNERS)]
            assert np.all(np.isfinite(point.x)) and np.all(q >= 0.0) and np.all(v > 0.0), where
            for tied, a, b, r in zip(module.TIED, q, v, radii, strict=True):
                assert tied != 1 or a + b == pytest.approx(r, rel=1e-12), where
            for family in range(len(module.TIED)):
                own = [j for j, f in enumerate(module.PARTNERS) if f == family]
                share = sum(m[j] ** 2 / second[j] for j in own if second[j] > 0.0)
                assert len(own) != 1 or share <= q[family] * (1.0 + 1e-9), where
            assert stationary(solver, p, point) <= 1e-8, where


def stationary(solver, p: np.ndarray, point) -> float:
    """The Newton step from a point, by integrals over panels."""
    module, n = solver.module, solver.module.UNKNOWNS
    hats, mapped = np.zeros(module.CONJUGATES), np.zeros(module.MAPPED)
    residual, jacobian = np.zeros(n), np.zeros((n, n))
    refine = 1.0 if module.FINEST else 2.0
    module.evaluate(point.x.copy(), solver.given(p), refine, solver.options.tolerance, hats, mapped, residual, jacobian)
    if math.isclose(abs(np.linalg.det(jacobian)), 0.0, abs_tol=1e-300):
        return float(np.max(np.abs(residual)))
    return float(np.max(np.abs(np.linalg.solve(jacobian, residual))))
