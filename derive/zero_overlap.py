"""The branch q = 0 along a parameter, and where other branches go to it."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq

from derive.followed import Branch, Event, State
from derive.runtime.layout import pairs
from derive.runtime.trivial import Point
from derive.thresholds import Problem

__all__ = ["trivial_branch", "vanishing"]

SAMPLES = 65
"""Values at which the branch q = 0 is looked at."""


def vanishing(problem: Problem, length: float, state: State, before: list[State]) -> Event:
    """Where q goes to zero: q = 0 changes its stability there, unless it is unstable in another direction."""

    def excess(a: float) -> float:
        trivial = problem.solver.trivial(problem.p(a)) if problem.inside(a) else None
        return math.nan if trivial is None else trivial.radius - 1.0

    for width in (1e-9, 1e-7, 1e-5, 1e-3):
        low, high = state.a - width * length, state.a + width * length
        if excess(low) * excess(high) < 0.0:
            a = float(brentq(excess, low, high, xtol=1e-15, rtol=1e-14))
            trivial = problem.solver.trivial(problem.p(a))
            if trivial is not None:
                return Event("vanishing", a, trivial)
    if len(before) == 2:  # q is linear there, or quadratic where an overlap m = sqrt(q) passes zero
        places = [s.a for s in (*before, state)]
        q = [float(np.sum(s.point.x[: pairs(problem.solver.module) : 2])) for s in (*before, state)]
        roots = {}
        for power in (1.0, 0.5):
            x = [v**power for v in q]
            far, near = (places[k + 1] - x[k + 1] * (places[k + 1] - places[k]) / (x[k + 1] - x[k]) for k in (0, 1))
            roots[abs(near - far)] = near
        return Event("vanishing", roots[min(roots)], state.point, "where q extrapolates to zero")
    return Event("vanishing", state.a, state.point)


def trivial_branch(problem: Problem, low: float, high: float) -> Branch | None:
    """The branch q = 0 where it exists, with the places at which it loses its stability."""
    if problem.solver.module.COLD:
        return None

    def at(a: float) -> Point | None:
        return problem.solver.trivial(problem.p(a)) if problem.inside(a) else None

    def excess(a: float) -> float:
        point = at(a)
        return math.nan if point is None else point.radius - 1.0

    values = [low + (high - low) * k / (SAMPLES - 1) for k in range(SAMPLES)]
    states = []
    for a in values:
        point = at(a)
        if point is not None:
            states.append(State(a, point, problem.solver.free_entropy(problem.p(a), point), int(point.radius > 1.0)))
    if len(states) < 2:
        return None
    branch = Branch(states, trivial=True)
    for one, two in pairwise(states):
        if one.unstable != two.unstable and two.a - one.a < 1.5 * (high - low) / (SAMPLES - 1):
            a = float(brentq(excess, one.a, two.a, xtol=1e-15, rtol=1e-14))
            point = at(a)
            if point is not None:
                branch.events.append(Event("instability", a, point))
    return branch
