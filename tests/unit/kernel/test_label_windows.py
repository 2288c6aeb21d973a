"""Emitted integrals over a real label: every window that carries weight is found; the unresolved is no number."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad

from derive.calculus.nodes import BOUND, GaussianAverage, LabelIntegral, LogPartition
from derive.calculus.partition import channel_partition
from derive.kernel.emit import emit_module
from derive.kernel.lower import Lowering
from derive.runtime.loader import load_solver

pytestmark = pytest.mark.slow

q, v, gap = (sp.Symbol(name, positive=True) for name in ("q", "v", "gap"))
h, w = sp.Symbol("h", real=True), BOUND["field"]


def compiled(law: sp.Expr, y: sp.Symbol, lower: sp.Expr, bodies: list[sp.Expr], folder: Path) -> Callable:
    """E_{w ~ N(0, q)} int_lower dy P(y|w) body, P(y|w) = E_{h ~ N(w, v)} law, for all bodies, compiled."""
    partition = channel_partition("P", law, h, v, (y,))
    weight = sp.exp(LogPartition(sp.Symbol("P"), 1, 0, w, v, y))
    outputs = [
        (f"value_{k}", GaussianAverage(LabelIntegral(weight * body, y, lower, sp.oo), (w,), (0,), (q,)))
        for k, body in enumerate(bodies)
    ]
    lowering = Lowering({"P": partition}, [gap])
    lowering.function("mean", (("x", (q, v)), ("p", (gap,))), outputs)
    path = folder / "windows.py"
    path.write_text(emit_module(lowering.program(), "windows", {}, has_solver=False))
    run = load_solver(path).mean

    def mean(*numbers: float) -> np.ndarray:
        out = np.empty(len(bodies))
        run(np.array(numbers[:2]), np.array(numbers[2:] or [0.0]), 1.0, 1e-12, out)
        return out

    return mean


def test_the_edge_of_a_label_with_little_variance(tmp_path: Path) -> None:
    """E (w + sqrt(v) t)^k over positive values: fields below the edge see a window of width v/|w| <= sqrt(v)."""
    y = sp.Symbol("y", positive=True)
    mean = compiled(sp.DiracDelta(h - y), y, sp.S.Zero, [sp.S.One, y**2], tmp_path)
    for variance in (1.0, 1e-4, 1e-10, 1e-16):
        rounding = 1e-17 / math.sqrt(variance)  # of y - w, of order 1, in units of sqrt(v)
        assert mean(1.0, variance) == pytest.approx([0.5, (1 + variance) / 2], rel=1e-12 + 5 * rounding)


def test_the_window_of_a_field_far_below_the_edge(tmp_path: Path) -> None:
    """The mass below the edge, P(y > 0, w < 0) by quadrature, of which a window that is too wide sees nothing."""
    y = sp.Symbol("y", positive=True)
    mean = compiled(sp.DiracDelta(h - y), y, sp.S.Zero, [sp.Piecewise((1, w < 0), (0, True))], tmp_path)

    def below(s: float, variance: float) -> float:
        return math.exp(-(s**2) * variance / 2) * math.erfc(s / math.sqrt(2)) / 2

    for variance in (1e-2, 1e-8, 1e-18):
        exact, _ = quad(below, 0, 40, args=(variance,), epsabs=0)
        assert mean(1.0, variance)[0] == pytest.approx(math.sqrt(variance / 2 / math.pi) * exact, rel=1e-9, abs=0)


def test_both_windows_of_a_label_with_two_peaks(tmp_path: Path) -> None:
    y = sp.Symbol("y", real=True)
    law = sp.DiracDelta(h - y - gap) / 2 + sp.DiracDelta(h - y + gap) / 2
    mean = compiled(law, y, -sp.oo, [sp.S.One, y, y**2], tmp_path)
    assert mean(0.5, 1e-6, 3.0) == pytest.approx([1, 0, 9.500001], rel=1e-11, abs=1e-11)


def test_an_unresolved_label_integral_is_no_number(tmp_path: Path) -> None:
    """int dy P(y|w)/y diverges at y = 0, whatever the field; its neighbour in the same loop is a number."""
    y = sp.Symbol("y", positive=True)
    mean = compiled(sp.DiracDelta(h - y), y, sp.S.Zero, [1 / y, y], tmp_path)
    found = mean(1.0, 0.1)
    assert math.isnan(found[0])
    assert found[1] == pytest.approx(math.sqrt(1.1 / 2 / math.pi), rel=1e-11)
