"""Where a branch jumps along a parameter, and extended systems: folds and crossings of branches as regular roots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import root

from derive.runtime.layout import fractions
from derive.runtime.trivial import Point

if TYPE_CHECKING:
    from derive.thresholds import Problem

__all__ = ["VANISHING", "branch_point", "fold", "jumps"]

VANISHING = 1e-8
"""Below this ratio of q and r - q a branch does not fold: it goes to q = 0, a continuous transition."""

NARROW = 1e-4
"""How near to a fold, relative, the run that defines the branch has to reach it."""


def jumps(problem: Problem, name: str) -> Iterator[tuple[float, float]]:
    """Pairs (a where the branch likely lives, a where it has jumped), close together."""
    points = sorted(problem.ladder())
    begin = min(range(len(points)), key=lambda i: abs(points[i] - problem.start))
    order = [*((i, i + 1) for i in range(begin, len(points) - 1)), *((i, i - 1) for i in range(begin, 0, -1))]
    cache: dict[float, Point | None] = {}

    def at(a: float) -> Point | None:
        if a not in cache:
            cache[a] = problem.branch(name, a)
        return cache[a]

    for i, j in order:
        here, there = points[i], points[j]
        if problem.apart(at(there), at(here)) < 0.05:
            continue
        alive, dead = (there, here) if at(here) is None else (here, there)
        if at(dead) is not None:  # an informed branch lives where its overlaps are large
            alive, dead = sorted(
                (here, there), key=lambda a: problem.height(at(a)), reverse=name.startswith("informed")
            )
        other = at(dead)  # where the iteration goes from beyond the fold; next to it, it may take forever
        far = problem.apart(at(alive), other) > 0.2  # else it may be no jump, which two or three runs show
        ahead = _ahead(problem, at(alive), alive, dead) if far else None
        if ahead is not None:
            value, end = ahead
            beside = value + NARROW * max(abs(value), 1e-3) * (1.0 if alive > dead else -1.0)
            found = at(beside) if min(alive, dead) < beside < max(alive, dead) else None
            own = found is not None and problem.apart(found, at(alive)) <= problem.apart(found, other)
            if own and problem.apart(found, end) < 0.05:
                yield beside, 2.0 * value - beside
        for _ in range(60):
            middle = 0.5 * (alive + dead)
            found = at(middle)
            if found is not None and problem.apart(found, at(alive)) <= problem.apart(found, other):
                alive = middle
            else:
                dead, other = middle, found or other
            if problem.apart(at(alive), at(dead)) < 0.02:
                break
            if abs(alive - dead) < NARROW * max(abs(alive), 1e-3):
                yield alive, dead
                break


def _ahead(problem: Problem, state: Point | None, alive: float, dead: float) -> tuple[float, Point] | None:
    """A fold between `alive` and `dead`, solved for from the state at `alive`: to be checked by a run next to it.

    Runs beyond a fold are slow: this saves most of them.  Where branches cross, F and det J vanish too, but there dF/da
    has no component along the left null vector of J.
    """
    found = None if state is None or state.x[0] == 0.0 else fold(problem, state, alive, abs(dead - alive))
    if state is None or found is None or not min(alive, dead) < found[0] < max(alive, dead):
        return None
    solver, (value, point), h = problem.solver, found, 1e-5 * abs(dead - alive)

    def slope(x: np.ndarray, a: float) -> np.ndarray:
        up, down = (solver.residual(problem.p(b), x.copy())[0] for b in (a + h, a - h))
        return (up - down) / (2.0 * h)

    here, there = slope(point.x, value), slope(state.x, alive)
    left = np.linalg.svd(solver.residual(problem.p(value), point.x.copy())[1])[0][:, -1]
    return found if abs(left @ here) > 1e-3 * max(np.linalg.norm(here), np.linalg.norm(there)) else None


def fold(problem: Problem, state: Point, a: float, width: float) -> tuple[float, Point] | None:
    """Solve F(u, a) = 0, J w = 0, |w| = 1 from a state near the fold; None if there is none next to it."""
    solver = problem.solver
    n = solver.module.UNKNOWNS
    u = solver.coordinates(state.x)
    _, jacobian, _ = solver.residual(problem.p(a), state.x.copy())
    null = np.linalg.svd(jacobian)[2][-1]

    def extended(y: np.ndarray) -> np.ndarray:
        u, w, a = y[:n], y[n : 2 * n], y[2 * n]
        if not problem.inside(a) or np.max(np.abs(u[:1])) > 500:
            return np.full(2 * n + 1, 1e3)
        p = problem.p(a)
        residual, jacobian, _ = solver.residual(p, solver.state(u, solver.facts(p).radii))
        return np.concatenate((residual, jacobian @ w, [w @ w - 1.0]))

    answer = root(extended, np.concatenate((u, null, [a])), method="hybr", options={"xtol": 1e-14, "maxfev": 4000})
    value = float(answer.x[2 * n])
    error = float(np.max(np.abs(extended(answer.x))))
    if error > 1e-9 or abs(value - a) > 0.05 * max(abs(a), 1e-3) + 10 * width:
        return None
    x = solver.state(answer.x[:n], solver.facts(problem.p(value)).radii)
    if np.all(fractions(solver.module, x) < VANISHING):
        return None
    _, _, hats = solver.residual(problem.p(value), x.copy())
    return value, Point(x, hats, "converged", int(answer.nfev), error, 0.0, 1.0)


def branch_point(
    system: Callable[[np.ndarray], np.ndarray | None],
    slopes: Callable[[np.ndarray], np.ndarray | None],
    y: np.ndarray,
) -> np.ndarray | None:
    """The place y = (u, a) near the given one where two branches of F(u, a) = 0 cross, None if none is there.

    F + b psi = 0, psi.dF/du = 0, psi.dF/da = 0, |psi| = 1 has it as a regular root (G. Moore, Numer. Funct. Anal.
    Optim. 2, 441 (1980)); b = 0 there.
    """
    first = slopes(y)
    if first is None:
        return None
    n = len(first)
    psi = np.linalg.svd(first[:, :n])[0][:, -1]

    def extended(z: np.ndarray) -> np.ndarray:
        place, b, psi = z[: n + 1], z[n + 1], z[n + 2 :]
        value, here = system(place), slopes(place)
        if value is None or here is None:
            return np.full(2 * n + 2, 1e3)
        return np.array([*(value + b * psi), *(psi @ here), psi @ psi - 1.0])

    answer = root(extended, np.concatenate((y, [0.0], psi)), method="hybr", options={"xtol": 1e-14, "maxfev": 300})
    error = float(np.max(np.abs(extended(answer.x))))
    return answer.x[: n + 1] if error < 1e-8 and abs(float(answer.x[n + 1])) < 1e-8 else None
