"""States in which some families of overlaps vanish while the others do not: the permutation-symmetric branch."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from derive.runtime.layout import pairs
from derive.runtime.trivial import Point, SolveOptions

__all__ = ["partial_point"]

STEPS = 200


def partial_point(
    module: ModuleType, p: np.ndarray, start: Sequence[float], vanishing: Sequence[int], options: SolveOptions
) -> Point | None:
    """The fixed point with q = 0 (and m = 0) in the families `vanishing`, from the others' values in `start`.

    Newton's method on q, v, m of the other families; its radius is the growth rate of the families that vanish. None if
    the map does not keep q = 0, or the iteration ends nowhere.
    """
    head, h, g = pairs(module), module.CONJUGATES, module.GLOBALS
    x = np.array(start, dtype=float)
    total = x[:head:2] + x[1:head:2]
    zero = [2 * f for f in vanishing] + [head + j for j, f in enumerate(module.PARTNERS) if f in vanishing]
    x[zero] = 0.0
    for f in vanishing:
        x[2 * f + 1] = total[f]
    columns, rows = [], []  # unknowns of the module and the places of the state that they are
    for f, tied in enumerate(module.TIED):
        rows += [2 * f] if tied else [2 * f, 2 * f + 1]
    rows += list(range(head, module.MAPPED))
    columns = list(range(len(rows)))
    gone = [c for c, r in zip(columns, rows, strict=True) if r in zero]
    kept = [c for c in columns if c not in gone]
    chan, place = np.empty(module.CHANNEL_OUTPUTS), np.empty(module.SITE_OUTPUTS)
    step = np.inf
    for count in range(STEPS):
        module.channel(x, p, 1.0, options.tolerance, chan)
        module.site(chan[:h], p, 1.0, options.tolerance, place)
        outer = chan[h + g :].reshape(h + g, module.UNKNOWNS)[:h]
        inner = place[module.MAPPED :].reshape(module.MAPPED, h)
        jacobian = (inner[rows] @ outer)[:, columns]
        gap = place[rows] - x[rows]
        if not (np.all(np.isfinite(jacobian)) and np.all(np.isfinite(gap))):
            return None
        if np.max(np.abs(gap[gone]), initial=0.0) > 1e-9 * np.max(total):
            return None
        if step <= options.accuracy:
            growth = float(np.max(np.abs(np.linalg.eigvals(jacobian[np.ix_(gone, gone)])), initial=0.0))
            residual = float(np.max(np.abs(gap[kept]), initial=0.0))
            return Point(x, chan[:h].copy(), "converged", count + 1, residual, float(step), growth)
        system = np.eye(len(kept)) - jacobian[np.ix_(kept, kept)]
        try:
            newton = np.linalg.solve(system, gap[kept])
        except np.linalg.LinAlgError:
            newton = gap[kept]
        for change in (newton, gap[kept]):  # Newton's step where it stays inside, else that of the map
            new = x.copy()
            new[[rows[c] for c in kept]] += change
            for f, tied in enumerate(module.TIED):
                if tied:
                    new[2 * f + 1] = total[f] - new[2 * f]
            alive = [i for f in range(len(module.TIED)) if f not in vanishing for i in (2 * f, 2 * f + 1)]
            if np.all(new[alive] > 0.0):
                break
        else:
            return None
        step = float(np.max(np.abs(new - x) / np.maximum(np.abs(x), 1e-12 * np.max(total))))
        x = new
    return None
