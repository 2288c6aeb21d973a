"""Models nobody wrote the engine for: a solution is a saddle point of the textbook, or a sentence refuses."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from derive import api
from derive.errors import ModelError
from tests.unseen.textbook import Channel, Label, Sites, panels, saddle

FOLDER = Path(__file__).parent / "models"
slow = pytest.mark.slow


def gauss(h, mean, variance):
    return np.exp(-((h - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)


def density(pdf: Callable, lower: float, upper: float, kinks=(), longest: float = 0.5) -> Callable:
    x, w = panels(lower, upper, kinks, longest)
    return lambda f, t: (x, w * pdf(x))


def atoms(points, weights=None) -> Callable:
    points = np.array(points, float)
    weights = np.ones(len(points)) if weights is None else np.array(weights, float)
    return lambda f, t: (points, weights)


def normal_cases(variance: float, f: float = 1.0, mean: float = 0.0, weight: float = 1.0):
    """A normal quenched variable as quadrature nodes: (probability, f, t)."""
    u, w = panels(-9.0, 9.0, (), 2.0)
    p = weight * w * np.exp(-u * u / 2) / math.sqrt(2 * math.pi)
    return [(pi, f, mean + math.sqrt(variance) * ui) for pi, ui in zip(p, u, strict=True)]


def density_cases(pdf: Callable, lower: float, upper: float, kinks=(), longest: float = 1.0):
    x, w = panels(lower, upper, kinks, longest)
    return [(wi * pdf(xi), 1.0, xi) for xi, wi in zip(x, w, strict=True)]


def real_labels(law: Callable, factor: Callable, lower, upper, longest, kinks: Callable = lambda y: ()):
    y, w = panels(lower, upper, (), longest)
    return [
        Label(lambda z, y=yi: law(y, z), lambda h, y=yi: factor(y, h), wi, kinks(yi))
        for yi, wi in zip(y, w, strict=True)
    ]


PLUS_MINUS = Sites([(0.5, 1, 1), (0.5, 1, -1)], atoms([-1, 1], [0.5, 0.5]))


def standard_normal(w):
    return gauss(w, 0, 1)


def ternary_door_flips():
    def law(y):
        return lambda z: np.where(y * np.sign(0.4 - abs(z)) > 0, 0.9, 0.1)

    labels = [Label(law(y), law(y), kinks=(-0.4, 0.4)) for y in (-1, 1)]
    sites = Sites([(0.25, 1, -1), (0.5, 1, 0), (0.25, 1, 1)], atoms([-1, 0, 1], [0.25, 0.5, 0.25]))
    return sites, [Channel(2, labels, 0.5)]


def uniform_probit():
    labels = [Label(lambda z, y=y: ndtr(2 * y * z), lambda z, y=y: ndtr(2 * y * z)) for y in (-1, 1)]
    half = lambda w: 0.5 + 0 * w  # noqa: E731
    return Sites(density_cases(half, -1, 1), density(half, -1, 1)), [Channel(3, labels, 1 / 3)]


def laplace_linear():
    pdf = lambda w: np.exp(-abs(w)) / 2  # noqa: E731
    law = lambda y, z: gauss(y, z, 0.2)  # noqa: E731
    sites = Sites(density_cases(pdf, -35, 35, (0,), 3.0), density(pdf, -35, 35, (0,), 1.0))
    return sites, [Channel(0.75, real_labels(law, law, -13, 13, 2.0), 2.0, longest=0.4, field_longest=1.5)]


def two_clusters_prior():
    pdf = lambda w: 2 / 3 * gauss(w, -1, 0.1) + gauss(w, 1, 0.2) / 3  # noqa: E731
    labels = [Label(lambda z, y=y: 1.0 * (y * z > 0), lambda z, y=y: 1.0 * (y * z > 0), kinks=(0,)) for y in (-1, 1)]
    rho = 2 / 3 * 1.1 + 1.2 / 3
    cases = normal_cases(0.1, 1, -1, 2 / 3) + normal_cases(0.2, 1, 1, 1 / 3)
    return Sites(cases, density(pdf, -6, 7)), [Channel(1.5, labels, rho)]


def zero_one_storage():
    label = Label(None, lambda h: 1.0 * (h >= 0.2), kinks=(0.2,))
    return Sites([(1, 1, 0)], atoms([0, 1])), [Channel(0.25, [label])]


def warm_ridge():
    law = lambda y, z: gauss(y, z, 1 / 3)  # noqa: E731
    factor = lambda y, h: np.exp(-3 * (y - h) ** 2)  # noqa: E731
    labels = real_labels(law, factor, -14, 14, 2.0)
    sites = Sites(normal_cases(2.0), density(lambda w: np.exp(-3 * w**2 / 4), -30, 30, (), 1.0))
    return sites, [Channel(2, labels, 2.0, longest=0.4, field_longest=1.5)]


def warm_logistic():
    labels = [
        Label(lambda z, y=y: 1.0 * (y * z > 0), lambda h, y=y: np.exp(-2 * np.logaddexp(0, -y * h)), kinks=(0,))
        for y in (-1, 1)
    ]
    return Sites(normal_cases(1.0), density(lambda w: np.exp(-(w**2) / 2), -30, 30)), [Channel(2, labels, 1.0)]


def probit_student_sign_teacher():
    labels = [Label(lambda z, y=y: 1.0 * (y * z > 0), lambda h, y=y: ndtr(2 * y * h), kinks=(0,)) for y in (-1, 1)]
    return Sites(normal_cases(1.0), None, 1.0), [Channel(2, labels, 1.0)]


def union_constraint():
    label = Label(None, lambda h: 1.0 * ((h >= 0.5) | (h <= -1)), kinks=(-1, 0.5))
    return Sites([(1, 1, 0)], None, 1.0), [Channel(0.5, [label])]


def slab():
    label = Label(None, lambda h: 1.0 * (abs(h) <= 1), kinks=(-1, 1))
    return Sites([(1, 1, 0)], None, 2.0), [Channel(1.0, [label])]


def laplace_noise():
    law = lambda y, z: np.exp(-2 * abs(y - z))  # noqa: E731
    labels = real_labels(law, law, -17, 17, 1.0, lambda y: (y,))
    sites = Sites(normal_cases(1.0), density(standard_normal, -12, 12))
    return sites, [Channel(1.0, labels, 1.0, longest=0.5, field_longest=1.0)]


def poisson_counts():
    law = lambda y: lambda z: np.exp(y * z - np.exp(z) - math.lgamma(y + 1))  # noqa: E731
    labels = [Label(law(y), law(y)) for y in range(300)]
    sites = Sites(normal_cases(0.5), density(lambda w: gauss(w, 0, 0.5), -9, 9))
    return sites, [Channel(1.0, labels, 0.5, longest=0.5, field_longest=1.0)]


def two_point_spectrum():
    labels = [Label(lambda z, y=y: 1.0 * (y * z > 0), lambda h, y=y: ndtr(3 * y * h), kinks=(0,)) for y in (-1, 1)]
    cases = [
        (p * weight, math.sqrt(lam), math.sqrt(lam) * t)
        for weight, lam in ((1 / 3, 0.5), (2 / 3, 2.0))
        for p, _, t in normal_cases(1.0)
    ]
    return Sites(cases, density(standard_normal, -12, 12)), [Channel(1.0, labels, 1 / 6 + 4 / 3)]


def two_channels():
    signs = [Label(lambda z, y=y: 1.0 * (y * z > 0), lambda h, y=y: 1.0 * (y * h > 0), kinks=(0,)) for y in (-1, 1)]
    law = lambda y, z: gauss(y, math.sqrt(2) * z, 1)  # noqa: E731
    linear = real_labels(law, law, -18, 18, 2.0)
    return PLUS_MINUS, [Channel(1.0, signs, 1.0), Channel(0.25, linear, 1.0, longest=0.4, field_longest=1.0)]


def three_labels():
    value = lambda z: np.sign(z - 0.5) + np.sign(z + 1)  # noqa: E731
    labels = [
        Label(lambda z, y=y: 1.0 * (value(z) == y), lambda z, y=y: 1.0 * (value(z) == y), kinks=(-1, 0.5))
        for y in (-2, 0, 2)
    ]
    return Sites(normal_cases(1.0), density(standard_normal, -12, 12)), [Channel(1.0, labels, 1.0)]


def biased_least_squares(b: float):
    chance = {y: 1 / 2 - y / 12 - y * y / 12 for y in (-1, 0, 2)}
    labels = [Label(None, lambda h, y=y: np.exp(-((y - h) ** 2)), weight=p, shift=b) for y, p in chance.items()]
    return Sites([(1, 1, 0)], None, 1.0), [Channel(1.0, labels)]


def many_noises():
    def law(y):
        return lambda z: 0.05 + 0.9 * ndtr(y * (z - 0.4) / math.sqrt(0.1 + 1.0))

    return PLUS_MINUS, [Channel(2.0, [Label(law(y), law(y)) for y in (-1, 1)], 1.0)]


def leaky_relu():
    law = lambda y, z: gauss(y, np.maximum(z, z / 10), 0.1)  # noqa: E731
    labels = real_labels(law, law, -4, 13, 0.5, lambda y: (0,))
    sites = Sites(normal_cases(1.0), density(standard_normal, -12, 12))
    return sites, [Channel(0.5, labels, 1.0, longest=0.25, field_longest=1.0)]


def absolute_student():
    law = lambda y, z: gauss(y, abs(z), 0.25)  # noqa: E731
    factor = lambda y, h: np.exp(-2 * (y - abs(h)) ** 2)  # noqa: E731
    labels = real_labels(law, factor, -4, 14, 1.0, lambda y: (0,))
    sites = Sites(normal_cases(1.0, 1, 0.5), density(standard_normal, -12, 12))
    return sites, [Channel(1.0, labels, 1.25, longest=0.25, field_longest=1.0)]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("unseen")


def solved(name: str, folder: Path, **settings: str):
    result = api.solve(FOLDER / f"{name}.toml", settings, generated=folder)
    found = [s for s in result.solutions if s.status == "converged" and s.branch != "perfect"]
    assert found, result
    return found


FAST = [zero_one_storage, three_labels, probit_student_sign_teacher, two_point_spectrum]
SLOW = [
    ternary_door_flips,
    uniform_probit,
    laplace_linear,
    two_clusters_prior,
    warm_ridge,
    warm_logistic,
    union_constraint,
    slab,
    laplace_noise,
    poisson_counts,
    two_channels,
    biased_least_squares,
    many_noises,
    leaky_relu,
    absolute_student,
]


@pytest.mark.parametrize(
    "case", [*FAST, *[pytest.param(c, marks=slow) for c in SLOW]], ids=lambda c: getattr(c, "__name__", "")
)
def test_solutions_are_saddle_points_of_the_textbook(case: Callable, folder: Path) -> None:
    for solution in solved(case.__name__, folder):
        found = solution.order_parameters
        extra = [found["b"]] if "b" in found else []
        q, v, m = found["q"], found["r"] - found["q"], found.get("m", 0.0)
        sites, channels = case(*extra)
        values = saddle(sites, channels, q, v, m)
        assert values == pytest.approx([solution.free_entropy, q, v, m], rel=2e-8, abs=2e-9)


@pytest.mark.parametrize("case", [pytest.param(c, marks=slow) for c in (biased_least_squares,)])
def test_the_free_entropy_is_stationary_in_a_bias(case: Callable, folder: Path) -> None:
    for solution in solved(case.__name__, folder):
        found = solution.order_parameters
        q, v, b = found["q"], found["r"] - found["q"], found["b"]
        up, down = (saddle(*case(b + step), q, v)[0] for step in (1e-4, -1e-4))
        assert (up - down) / 2e-4 == pytest.approx(0, abs=1e-6)


def test_a_label_without_an_inverse_is_refused_in_one_sentence() -> None:
    with pytest.raises(ModelError, match=r"cannot invert z\*\*3 \+ z for z in closed form"):
        api.derive(FOLDER / "cubic_refused.toml")
