"""Bias and variance of a regression: they add up to the error of the field, and many training sets have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from derive import api

MODEL = """
name = "regression"
beta = "inf"
parameters.alpha = {{ in = "(0, inf)", default = 2 }}
quenched.wstar = "{teacher}"
weights.w.penalty = "{penalty}"
[[channel]]
samples = "alpha"
teacher.z = "wstar"
student.h = "w"
noise.eta = "normal(0, 1/4)"
label = "z + eta"
loss = "{loss}"
[observables]
error = "test((h - z)^2)"
"""
SQUARE = "(y - h)^2/2"


def observables(folder: Path, **given: str) -> dict[str, float]:
    path = folder / "regression.toml"
    path.write_text(MODEL.format(**given))
    (found,) = api.solve(path, {}, generated=folder / "generated").solutions
    assert found.status == "converged"
    return found.observables


def simulated(teachers: np.ndarray, fit, sets: int, alpha: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Bias and variance (mean, error of the mean) of the field over teachers, `sets` training sets for each."""
    rng = np.random.default_rng(5)
    found = []
    for w_star in teachers:
        n = w_star.size
        weights = []
        for _ in range(sets):
            x = rng.standard_normal((int(alpha * n), n)) / np.sqrt(n)
            weights.append(fit(x, x @ w_star + rng.normal(0.0, 0.5, len(x))))
        w = np.array(weights)
        variance = np.mean(np.var(w, axis=0, ddof=1))
        found.append((np.mean((w_star - w.mean(axis=0)) ** 2) - variance / sets, variance))
    return np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(len(found))


def check(theory: dict[str, float], found: np.ndarray, error: np.ndarray) -> None:
    expected = np.array([theory["bias"], theory["variance"]])
    assert np.all(error < 0.05 * expected)
    assert np.all(np.abs(found - expected) < 4 * error + 0.005 * expected)  # and corrections of order 1/N


@pytest.mark.parametrize(
    "teacher, penalty, loss",
    [
        ("normal(0, 2)", "w^2/4", SQUARE),
        pytest.param("3/4*delta(0) + 1/4*normal(0, 1)", "abs(w)/3", SQUARE, marks=pytest.mark.slow),
        pytest.param("atoms(-1, 1)", "w^2/3 + abs(w)/5", "abs(y - h)", marks=pytest.mark.slow),
    ],
)
def test_bias_and_variance_add_up_to_the_error_of_the_field(teacher: str, penalty: str, loss: str, tmp_path: Path):
    found = observables(tmp_path, teacher=teacher, penalty=penalty, loss=loss)
    assert found["bias"] + found["variance"] == pytest.approx(found["error"], rel=1e-9)
    assert min(found["bias"], found["variance"]) > 1e-3


def test_training_sets_of_ridge_regression_have_the_bias_and_variance(tmp_path: Path):
    theory = observables(tmp_path, teacher="normal(0, 2)", penalty="w^2/4", loss=SQUARE)
    teachers = np.sqrt(2) * np.random.default_rng(1).standard_normal((12, 100))

    def ridge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.linalg.solve(x.T @ x + np.eye(x.shape[1]) / 2, x.T @ y)

    check(theory, *simulated(teachers, ridge, 40))


@pytest.mark.slow
def test_training_sets_of_the_lasso_have_the_bias_and_variance(tmp_path: Path):
    theory = observables(tmp_path, teacher="3/4*delta(0) + 1/4*normal(0, 1)", penalty="abs(w)/3", loss=SQUARE)
    rng = np.random.default_rng(2)
    teachers = rng.standard_normal((12, 200)) * (np.arange(200) < 50)

    def lasso(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Proximal gradient steps with momentum."""
        step = 1 / np.linalg.norm(x, 2) ** 2
        w = last = np.zeros(x.shape[1])
        for k in range(300):
            ahead = w + k / (k + 3) * (w - last)
            moved = ahead - step * (x.T @ (x @ ahead - y))
            w, last = np.sign(moved) * np.maximum(np.abs(moved) - step / 3, 0.0), w
        return w

    check(theory, *simulated(teachers, lasso, 40))
