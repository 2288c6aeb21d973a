"""The state of a run and its settings; the fixed point with q = 0, which no run in log q reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from derive.runtime.layout import pairs

__all__ = ["Point", "SolveOptions", "trivial_point", "trivial_points"]


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


def _norms(module: ModuleType, p: np.ndarray, radii: np.ndarray, options: SolveOptions) -> np.ndarray | None:
    """The self-overlaps r of the state with q = 0 and m = 0; None if the iteration for free ones ends nowhere."""
    chan, place = np.empty(module.CHANNEL_OUTPUTS), np.empty(module.SITE_OUTPUTS)
    free = np.array([not tied for tied in module.TIED])
    r = radii.copy()
    if not np.any(free):
        return r

    def mapped(r: np.ndarray) -> np.ndarray:
        x = np.zeros(len(module.STATE))
        x[1 : pairs(module) : 2] = r
        module.channel(x, p, 1.0, options.tolerance, chan)
        module.site(chan[: module.CONJUGATES], p, 1.0, options.tolerance, place)
        return np.where(free, place[1 : pairs(module) : 2], r)

    def good(r: np.ndarray) -> bool:
        return bool(np.all(np.isfinite(r)) and np.all(r > 0.0))

    limit = 200 if free.sum() == 1 else 2000  # Aitken's steps are for one number
    for _ in range(limit):  # the damped iteration goes to the state that is stable among those with q = 0
        new = mapped(r)
        if not good(new):
            return None
        ahead = mapped(new)
        bend = ahead - 2.0 * new + r
        better = np.where(bend != 0.0, r - (new - r) ** 2 / np.where(bend != 0.0, bend, 1.0), new)
        last, shorter = r, np.all(np.abs(better - new)[free] < np.abs(new - r)[free])
        r = better if good(better) and shorter else 0.5 * (r + new)
        if np.all(np.abs(r - last) <= 1e-15 * r):
            return r
    return None


def trivial_points(
    module: ModuleType, points: np.ndarray, radii: np.ndarray, options: SolveOptions
) -> list[Point | None]:
    """The fixed point with q = 0 (and m = 0) at each of n points, if the map keeps it; its radius is q's growth rate.

    points : parameters, shape (n, parameters);  radii : r of every family, shape (n, families)
    """
    if module.GLOBALS or not len(points):
        return [None] * len(points)
    found = [_norms(module, p, r, options) for p, r in zip(points, radii)]
    norms = np.array([np.full(len(module.TIED), math.nan) if r is None else r for r in found])
    head = pairs(module)
    x = np.zeros((len(points), len(module.STATE)))
    x[:, 1:head:2] = norms
    chan = np.empty((len(points), module.CHANNEL_OUTPUTS))
    place = np.full((len(points), module.SITE_OUTPUTS), math.nan)
    for i, p in enumerate(points):
        if found[i] is not None:
            module.channel(x[i], p, 1.0, options.tolerance, chan[i])
            module.site(chan[i, : module.CONJUGATES], p, 1.0, options.tolerance, place[i])
    others = np.concatenate((place[:, :head:2], place[:, head : module.MAPPED]), axis=1)
    error = np.max(np.abs(others), axis=1)
    kept = np.all(np.isfinite(place), axis=1) & (error <= 1e-14 * np.max(norms, axis=1))
    growth = np.full(len(points), math.nan)
    growth[kept] = growth_at_zero(module, chan[kept], place[kept])
    hats = chan[:, : module.CONJUGATES].copy()
    return [
        None if math.isnan(growth[i]) else Point(x[i], hats[i], "converged", 1, float(error[i]), 0.0, float(growth[i]))
        for i in range(len(points))
    ]


def trivial_point(module: ModuleType, p: np.ndarray, radii: Sequence[float], options: SolveOptions) -> Point | None:
    """The fixed point with q = 0 (and m = 0), if the map keeps it; its radius is the growth rate of q."""
    return trivial_points(module, p[None], np.array([radii], dtype=float), options)[0]


def growth_at_zero(module: ModuleType, chan: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The spectral radius of the map's Jacobian in (q, m...) at q = 0 at each of n points; nan where it does not exist.

    chan, place : outputs of the channel and the site functions, shapes (n, CHANNEL_OUTPUTS) and (n, SITE_OUTPUTS)
    """
    h, g, m = module.CONJUGATES, module.GLOBALS, module.MAPPED
    outer = chan[:, h + g :].reshape(-1, h + g, module.UNKNOWNS)[:, :h]
    inner = place[:, m:].reshape(-1, m, h)
    rows = [i for i in range(m) if i % 2 == 0 or i >= pairs(module) or not module.TIED[i // 2]]
    with np.errstate(over="ignore", invalid="ignore"):  # what is no number is no growth rate
        jacobian = inner[:, rows] @ outer
    finite = np.all(np.isfinite(jacobian), axis=(1, 2))
    growth = np.full(len(chan), math.nan)
    growth[finite] = np.max(np.abs(np.linalg.eigvals(jacobian[finite][:, :, : len(rows)])), axis=1, initial=0.0)
    return growth
