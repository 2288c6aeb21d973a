"""Totals of Gaussian data for the tests of the minimiser."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from derive.simulate.minimise import Total
from derive.simulate.scalars import Scalars, Stack
from derive.simulate.shape import shape_of

h, y, w = sp.symbols("h y w", real=True)

SQUARE = (y - h) ** 2 / 2
LOGISTIC = sp.log(1 + sp.exp(-y * h))
HINGE = sp.Max(0, 1 - y * h)
ABSOLUTE = sp.Abs(y - h)
HUBER = sp.Piecewise((SQUARE, ABSOLUTE <= 1), (ABSOLUTE - sp.Rational(1, 2), True))
PINBALL = sp.Max((y - h) / 5, 4 * (h - y) / 5)
POISSON = sp.exp(h) - y * h
RIDGE = w**2 / 20


def data(kind: str, sites: int, samples: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (P, N) over sqrt(N) and labels: signs, clean signs, reals or counts of a Gaussian teacher."""
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(samples, sites)) / np.sqrt(sites)
    field = matrix @ random.normal(size=sites)
    noise = random.normal(size=samples) / 2
    labels = {
        "sign": np.sign(field + noise),
        "clean": np.sign(field),
        "real": field + noise,
        "count": random.poisson(np.exp(field)).astype(float),
    }
    return matrix, labels[kind]


def total(
    matrix: np.ndarray,
    labels: np.ndarray,
    loss: Any,
    penalty: Any = 0,
    inside: tuple[Any, Any] = (-np.inf, np.inf),
    support: tuple[float, float] = (-np.inf, np.inf),
) -> Total:
    """The total of a loss and a penalty, with intervals for fields and weights."""
    samples, sites = matrix.shape
    losses = Scalars(shape_of(sp.S(loss), h), {y: labels}, samples, *inside)
    return Total(matrix, Stack([losses]), Stack([Scalars(shape_of(sp.S(penalty), w), {}, sites, *support)]))
