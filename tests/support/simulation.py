"""Theory against finite systems: a dictionary of predicted numbers and an experiment from the same model file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from derive import api

__all__ = ["Agreement", "agrees"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rows (name, theory, mean, standard error, deviation in errors); true if all deviations are small."""

    rows: tuple[tuple[str, float, float, float, float], ...]
    sigmas: float
    detail: str = ""

    def __bool__(self) -> bool:
        return not self.detail and all(abs(row[4]) <= self.sigmas for row in self.rows)

    def __repr__(self) -> str:
        lines = [f"{n}: theory {t:.6g}, measured {x:.6g} +- {e:.2g} ({d:+.1f})" for n, t, x, e, d in self.rows]
        return "\n".join([*lines, self.detail]).strip()


def agrees(
    model: str | Path,
    parameters: Mapping[str, object],
    theory: Mapping[str, float],
    size: int,
    samples: int,
    sigmas: float = 4,
    seed: int = 0,
    bias: float = 0.0,
) -> Agreement:
    """Compare numbers of a theory with means over samples of the disorder; the experiment uses no formula of it.

    Names that the experiment does not measure are a failure: a comparison that compares nothing must not pass.
    `bias/size` is added to every standard error, for corrections of order 1/N to the limit.

    Use it as `assert agrees(path, {"alpha": 2}, {"q": 1.5, "free_entropy": -0.3}, size=400, samples=20)`.
    """
    found = api.simulate(model, dict(parameters), size=size, samples=samples, seed=seed)
    if found.status != "converged":
        return Agreement((), sigmas, f"{found.status}: {found.detail}")
    measured = found.estimates
    missing = sorted(set(theory) - set(measured))
    if missing or not theory:
        known = ", ".join(sorted(measured))
        return Agreement((), sigmas, f"not measured: {', '.join(missing) or 'nothing was asked for'} (known: {known})")
    rows = []
    for name, value in theory.items():
        mean, error = measured[name].mean, (measured[name].error or 0.0) + bias / size
        away = (mean - value) / error if error > 0 else (0.0 if mean == value else float("inf"))
        rows.append((name, float(value), mean, error, away))
    return Agreement(tuple(rows), sigmas)
