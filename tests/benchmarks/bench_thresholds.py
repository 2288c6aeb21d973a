"""Thresholds and a diagram: ``python -m tests.benchmarks.bench_thresholds``.

By hand: bisection over alpha with the plain iteration by a trapezoidal rule, to 1e-9 and then to 1e-12; beside the
spinodal the iteration has to stop far below the width, or it stops in the shadow of the branch that has gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import derive
from tests.benchmarks.perceptrons_by_hand import crossing, exact_crossing, exact_spinodal, jump
from tests.benchmarks.tables import Row, Section, duration, seconds, show
from tests.support import zoo

__all__ = ["DIAGRAM", "DIGITS", "THRESHOLDS"]

TEACHER = "perceptron_teacher_binary"
BY_HAND: dict[str, tuple[Callable[..., float], Callable[[], float]]] = {
    "first_order": (crossing, exact_crossing),
    "spinodal": (jump, exact_spinodal),
}
"""Thresholds of the binary teacher: by bisection, and by other means in mpmath."""
WIDTHS = (1e-6, 1e-9)
LINES = (
    ("continuous", "alpha", "T"),
    ("spinodal_T", "alpha", "T"),
    ("first_order_T", "alpha", "T"),
    ("spinodal", "T", "alpha"),
)
"""Lines of the Hopfield model: threshold, the parameter that is scanned, the one that is solved for."""
POINTS = 200


def find(name: str, digits: int | None = None):
    """A threshold by the engine, the solver loaded."""
    return derive.threshold(zoo.load(TEACHER), name, digits=digits, generated=zoo.folder(TEACHER))


def thresholds() -> Iterator[Row]:
    for name, (by_hand, exact) in BY_HAND.items():
        value = float(find(name).value)
        spent, error = seconds(partial(find, name), 0.1), abs(value - exact())
        cells = []
        for width in WIDTHS:
            found = by_hand(width, stop=0.01 * width)
            cost = seconds(partial(by_hand, width, stop=0.01 * width))
            cells.append(f"{duration(cost)}, {cost / spent:.2g} ({abs(found - exact()):.0e})")
        yield [name, duration(spent), f"{error:.0e}", *cells]


def certified() -> Iterator[Row]:
    for name in BY_HAND:
        for digits in (30, 100):
            find(name, digits)
            yield [f"{name}, {digits} digits", duration(seconds(partial(find, name, digits), 0.1))]


def line(name: str, axis: str):
    """A line of the Hopfield model with `POINTS` points."""
    values = [f"{k}/{(10 if axis == 'alpha' else 2) * POINTS}" for k in range(POINTS // 10, POINTS + POINTS // 10)]
    return derive.threshold_line(zoo.load("hopfield"), name, {axis: values}, generated=zoo.folder("hopfield"))


def diagram() -> Iterator[Row]:
    total = 0.0
    for name, axis, _ in LINES:
        found = line(name, axis)
        spent = seconds(partial(line, name, axis), 0.1)
        total += spent
        there = sum(p.status == "converged" for p in found.points)
        yield [f"{name} over {axis}", str(len(found.points)), str(there), duration(spent)]
    yield ["all lines", str(POINTS * len(LINES)), "", duration(total)]


THRESHOLDS = Section(
    "Thresholds",
    "bench_thresholds",
    ("threshold", "derive", "error", *(f"bisection to {w:.0e}: time, ratio (error)" for w in WIDTHS)),
    tuple(BY_HAND),
    thresholds,
    "Of the binary teacher, warm, by `derive.threshold` with the model loaded. By hand: bisection with the plain "
    "iteration by a trapezoidal rule of 201 nodes that stops at a hundredth of the width. Errors are against mpmath by "
    "hand: the maximum of alpha(q), and the q at which the free entropy is -log 2.",
)
DIGITS = Section(
    "Certified digits",
    "bench_thresholds",
    ("threshold", "derive"),
    tuple(f"{name}, {digits} digits" for name in BY_HAND for digits in (30, 100)),
    certified,
    "The same thresholds with `digits=30` and `digits=100`: Newton's method in mpmath on the symbolic equations, and "
    "the residual again with other nodes. The derivation is made before the clock starts.",
)
DIAGRAM = Section(
    "A diagram of four lines",
    "bench_thresholds",
    ("line", "points", "of these there is a threshold at", "derive"),
    (*(f"{name} over {axis}" for name, axis, _ in LINES), "all lines"),
    diagram,
    "Four lines of the Hopfield model by `derive.threshold_line`, 200 values each, warm. Beyond the end of a line "
    "every point is searched anew.",
)

if __name__ == "__main__":
    for section in (THRESHOLDS, DIGITS, DIAGRAM):
        show(section)
