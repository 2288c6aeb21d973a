"""The state of a run and its settings; the fixed point with q = 0, which no run in log q reaches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import ModuleType

import numpy as np

__all__ = ["Point", "SolveOptions", "trivial_point"]


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """Settings of the solver.

    accuracy   bound on the Newton distance, in the solver's coordinates (relative for q and r - q)
    tolerance  relative accuracy of every integral
    damping    weight of the OLD value in a plain iteration (0: none)
    max_steps  evaluations of the map
    start      overlap over r of the uninformed start; the informed start has 1 - start
    """

    accuracy: float = 1e-12
    tolerance: float = 1e-13
    damping: float = 0.0
    max_steps: int = 3000
    start: float = 1e-3
    informed_gap: float = 1e-6


@dataclass(slots=True)
class Point:
    """A state x = (q, v, m..., b...) with its conjugates and the solver's verdict."""

    x: np.ndarray
    hats: np.ndarray
    status: str
    steps: int
    residual: float
    distance: float
    radius: float


def _free_norm(module: ModuleType, p: np.ndarray, scale: float, options: SolveOptions) -> float | None:
    """The self-overlap r of the state with q = 0 and m = 0 where it is not fixed; None if the iteration finds none."""
    chan, place = np.empty(module.CHANNEL_OUTPUTS), np.empty(module.SITE_OUTPUTS)

    def mapped(r: float) -> float:
        x = np.zeros(len(module.STATE))
        x[1] = r
        module.channel(x, p, 1.0, options.tolerance, chan)
        module.site(chan[: module.CONJUGATES], p, 1.0, options.tolerance, place)
        return float(place[1])

    r = scale
    for _ in range(200):  # the damped iteration goes to the state that is stable among those with q = 0
        new = mapped(r)
        if not (math.isfinite(new) and new > 0.0):
            return None
        ahead = mapped(new)
        bend = ahead - 2.0 * new + r
        better = r - (new - r) ** 2 / bend if bend != 0.0 else new
        good = math.isfinite(better) and better > 0.0 and abs(better - new) < abs(new - r)
        last, r = r, better if good else 0.5 * (r + new)
        if abs(r - last) <= 1e-15 * r:
            return r
    return None


def trivial_point(module: ModuleType, p: np.ndarray, radius: float | None, options: SolveOptions) -> Point | None:
    """The fixed point with q = 0 (and m = 0), if the map keeps it; its radius is the growth rate of q."""
    if module.GLOBALS or radius is None:
        return None
    norm = radius if module.TIED else _free_norm(module, p, radius, options)
    if norm is None:
        return None
    radius = norm
    x = np.zeros(len(module.STATE))
    x[1] = radius
    chan = np.empty(module.CHANNEL_OUTPUTS)
    place = np.empty(module.SITE_OUTPUTS)
    module.channel(x, p, 1.0, options.tolerance, chan)
    hats = chan[: module.CONJUGATES].copy()
    module.site(hats, p, 1.0, options.tolerance, place)
    mapped = place[: module.MAPPED]
    others = np.concatenate((mapped[:1], mapped[2:]))
    if not np.all(np.isfinite(place)) or np.max(np.abs(others)) > 1e-14 * radius:
        return None
    growth = growth_at_zero(module, chan, place)
    if math.isnan(growth):
        return None
    return Point(x, hats, "converged", 1, float(np.max(np.abs(others))), 0.0, growth)


def growth_at_zero(module: ModuleType, chan: np.ndarray, place: np.ndarray) -> float:
    """The spectral radius of the map's Jacobian in (q, m...) at q = 0; nan where it does not exist."""
    h, g, m = module.CONJUGATES, module.GLOBALS, module.MAPPED
    unknowns = module.UNKNOWNS
    outer = chan[h + g :].reshape(h + g, unknowns)[:h]
    inner = place[m:].reshape(m, h)
    rows = [i for i in range(m) if i != 1] if module.TIED else list(range(m))
    jacobian = inner[rows] @ outer
    if not np.all(np.isfinite(jacobian)):
        return math.nan
    return float(np.max(np.abs(np.linalg.eigvals(jacobian[:, : len(rows)]))))
