"""Where the numbers of a state are: x = (q, v of every family of sites, m..., b...), and the solver's coordinates.

A generated module says it in constants: TIED has one flag a family (0: q and v are free; 1: v = r - q is tied to q; 2:
q is fixed, at zero temperature) and PARTNERS the family of every overlap m.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

__all__ = ["Facts", "coordinates", "fractions", "pairs", "read_facts", "state_at", "totals"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What parameters alone decide.

    radii    r of every family where it is fixed, else a scale of it
    boundary value or coefficient of the perfect boundary, or the energy of the satisfiable regime
    second   E t^2 of the partner of every overlap m
    """

    radii: tuple[float, ...]
    boundary: float
    second: tuple[float, ...]


def read_facts(module: ModuleType, out: np.ndarray) -> Facts:
    """The output of the function `facts` of a module by name."""
    families = len(module.TIED)
    values = [float(x) for x in out]
    return Facts(tuple(values[:families]), values[families], tuple(values[families + 1 :]))


def pairs(module: ModuleType) -> int:
    """How many numbers of a state are a q or a v; the overlaps m follow."""
    return 2 * len(module.TIED)


def totals(module: ModuleType, x: np.ndarray) -> list[float]:
    """The self-overlap q + v of every family; at zero temperature q."""
    return [x[2 * f] if tied == 2 else x[2 * f] + x[2 * f + 1] for f, tied in enumerate(module.TIED)]


def fractions(module: ModuleType, x: np.ndarray) -> np.ndarray:
    """q/r of every family."""
    return np.array([x[2 * f] / (x[2 * f] + x[2 * f + 1]) for f in range(len(module.TIED))])


def coordinates(module: ModuleType, x: np.ndarray) -> np.ndarray:
    """The solver's coordinates of a state: log(q/v) if v is tied to q, else log q and log v; the rest as it is.

    At zero temperature with q fixed: log v alone.
    """
    found: list[float] = []
    for f, tied in enumerate(module.TIED):
        q, v = x[2 * f], x[2 * f + 1]
        found += [math.log(v)] if tied == 2 else [math.log(q / v)] if tied else [math.log(q), math.log(v)]
    return np.array([*found, *x[pairs(module) :]])


def state_at(module: ModuleType, u: np.ndarray, radii: Sequence[float]) -> np.ndarray:
    """The state at given coordinates; `radii` are r (at zero temperature q) of the families, used where fixed."""
    found: list[float] = []
    used = 0
    for total, tied in zip(radii, module.TIED, strict=True):
        if tied == 2:
            found += [total, math.exp(u[used])]
        elif tied:
            found += [total / (1.0 + math.exp(-u[used])), total / (1.0 + math.exp(u[used]))]
        else:
            found += [math.exp(u[used]), math.exp(u[used + 1])]
        used += 1 if tied else 2
    return np.array([*found, *u[used:]])
