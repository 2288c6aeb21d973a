"""Adaptive panels: what they resolve is a number, what they cannot resolve is not."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from derive.runtime.adaptive import MAX_PANELS, refine_panels, sum_panels
from derive.runtime.quadrature import G_W, GK_W, GK_X


def integrate(f: Callable[[np.ndarray], np.ndarray], a: float, b: float, tol: float = 1e-12) -> float:
    """The loop of a generated integral for one output, from a single panel."""
    left, right, stale = np.full(MAX_PANELS, a), np.full(MAX_PANELS, b), np.zeros(MAX_PANELS, dtype=bool)
    kept, gauss, size = (np.zeros((MAX_PANELS, 1)) for _ in range(3))
    count, stale[0] = 1, True
    while True:
        for i in np.flatnonzero(stale[:count]):
            stale[i] = False
            half = 0.5 * (right[i] - left[i])
            values = half * f(0.5 * (right[i] + left[i]) + half * GK_X)
            kept[i, 0], gauss[i, 0], size[i, 0] = GK_W @ values, G_W @ values, GK_W @ abs(values)
        more = refine_panels(left, right, stale, kept, gauss, size, count, tol)
        if more == count:
            break
        count = more
    out = np.empty(1)
    sum_panels(kept, gauss, size, count, tol, out)
    return float(out[0])


@pytest.mark.parametrize("width", [1.0, 1e-3, 5e-6])
def test_a_peak_at_an_edge_is_resolved(width: float) -> None:
    assert integrate(lambda y: np.exp(-y / width), 0.0, 1.0) == pytest.approx(
        -width * math.expm1(-1 / width), rel=1e-12
    )


@pytest.mark.parametrize("log_size", [-600.0, -640.0, -680.0, -700.0, -720.0, -800.0])
def test_the_tail_of_a_label_at_the_end_of_the_doubles_is_a_number(log_size: float) -> None:
    """Refinement stops there; that it did must not pass for a failure."""
    found = integrate(lambda y: np.exp(log_size - 1e3 * y), 0.0, 1.0)
    assert found == pytest.approx(math.exp(log_size) / 1e3, rel=1e-6, abs=1e-290)


@pytest.mark.parametrize(
    "body",
    [
        lambda y: 1 / y,  # diverges
        lambda y: np.sin(1 / y) / y,  # too many oscillations for the panels
        lambda y: np.sign(np.sin(1e5 * y)) * np.exp(-y),
    ],
)
def test_what_the_panels_cannot_resolve_is_no_number(body: Callable[[np.ndarray], np.ndarray]) -> None:
    assert math.isnan(integrate(body, 0.0, 1.0))
