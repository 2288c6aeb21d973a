"""A threshold by its name in the model file, at a point or along a parameter, where a temperature may vanish."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import sympy as sp

from derive.errors import UsageError, nearest
from derive.exact import exact_number, exact_text
from derive.lines import Line
from derive.runtime.results import ThresholdLine, ThresholdResult
from derive.solving import PROVED_DIGITS, check_digits
from derive.spec.model import Model, ThresholdSpec
from derive.thresholds import KINDS, find_threshold, fixed_parameters

__all__ = ["find_line", "named_threshold", "threshold_spec"]

Progress = Callable[[int, int], None]


def threshold_spec(model: Model, name: str) -> ThresholdSpec:
    """The threshold of that name in the model file."""
    names = [t.name for t in model.thresholds]
    if name not in names:
        close = nearest(name, names)
        hint = f"; did you mean {close}?" if close else ""
        raise UsageError(f"{model.name} has no threshold {name!r}{hint} (it has: {', '.join(names) or 'none'})")
    return model.thresholds[names.index(name)]


def named_threshold(
    model: Model,
    name: str,
    given: dict[str, object],
    digits: int | None,
    rigorous: bool,
    ansatz: str,
    generated: Path | None,
    progress: Callable[[str], None],
) -> ThresholdResult:
    """The threshold of that name, where a temperature vanishes in the model at zero temperature."""
    from derive.ground import at_zero_temperature

    spec = threshold_spec(model, name)
    check_digits(digits)
    if rigorous:
        from derive.rigor.library import require_flint

        require_flint()
        digits = PROVED_DIGITS if digits is None else digits
    if spec.solve_for in given:
        raise UsageError(f"{model.name}: {spec.solve_for} is what {name} is solved for; do not set it")
    known = fixed_parameters(model, spec, given)
    cold, kept = at_zero_temperature(model, known)
    left_out = {k: exact_text(v) for k, v in known.items() if k not in kept}
    given = {k: v for k, v in given.items() if k not in left_out}
    try:
        found = find_threshold(cold, spec, given, digits, rigorous, ansatz, generated, progress)
        return replace(found, parameters={**left_out, **found.parameters})
    except OverflowError:
        values = ", ".join(f"{k} = {v}" for k, v in given.items()) or "the defaults"
        raise UsageError(f"{model.name}: {name} cannot be computed at {values}: a number is too large") from None


def find_line(
    model: Model,
    name: str,
    scans: Mapping[str, Sequence[object]],
    given: Mapping[str, object],
    ansatz: str = "rs",
    generated: Path | None = None,
    progress: Progress | None = None,
) -> ThresholdLine:
    """Follow a threshold along a parameter (see `derive.api.threshold_line`).

    When the user interrupts, the line has the results that are known by then; without any, it is interrupted.
    """
    from derive.api import solver_of, threshold
    from derive.ground import at_zero_temperature

    spec = threshold_spec(model, name)
    if len(scans) != 1:
        raise UsageError(f"a line of thresholds is traced along one scan; there are {len(scans)}")
    ((axis, values),) = scans.items()
    texts = [exact_text(value) for value in values]
    if not texts:
        raise UsageError(f"the scan of {axis} has no points")
    if len(set(texts)) < len(texts):
        raise UsageError(f"the scan of {axis} has the same value twice")
    points = [_checked(model, spec, axis, text, given) for text in texts]
    found: dict[int, ThresholdResult] = {}

    def count(more: int) -> None:
        if progress is not None:
            progress(min(done + more, len(texts)), len(texts))

    done, groups = 0, dict[str, tuple[Model, list[int]]]()
    for i, point in enumerate(points):
        at = at_zero_temperature(model, point)[0] if spec.kind in KINDS else model
        groups.setdefault(at.hash, (at, []))[1].append(i)
    complete = False
    try:
        for at, indices in groups.values():
            if spec.kind not in KINDS or axis not in {p.name for p in at.parameters}:
                for i in indices:  # an edge, or where a temperature vanishes: a problem of its own
                    found[i] = threshold(model, name, {**given, axis: texts[i]}, ansatz=ansatz, generated=generated)
                    done += 1
                    count(0)
                continue
            order = sorted(indices, key=lambda i: float(sp.N(points[i][axis], 25)))
            order = order[::-1] if order[0] > order[-1] else order
            free = {p.name for p in at.parameters} - {axis, spec.solve_for}
            fixed = {n: v for n, v in points[order[0]].items() if n in free}
            line = Line(at, spec, axis, [points[i][axis] for i in order], fixed, solver_of(at, ansatz, generated))
            try:
                complete = False
                line.run(count)
                complete = True
            finally:
                for j, i in enumerate(order):
                    if complete or j in line.known:
                        found[i] = line.result(j, {n: exact_text(v) for n, v in points[i].items()})
            done += len(indices)
            count(0)
        complete = True
    except KeyboardInterrupt:
        if not found:
            raise
        complete = False
    rest = {n: exact_text(v) for n, v in points[0].items() if n != axis}
    known = tuple(found[i] for i in sorted(found))
    return ThresholdLine(model.name, name, spec.kind, axis, spec.solve_for, rest, known, complete)


def _checked(model: Model, spec: ThresholdSpec, axis: str, text: str, given: Mapping[str, object]) -> dict[str, Any]:
    """The exact parameters at one value of the scan, but the one that is solved for; bad ones are refused."""
    if axis == spec.solve_for:
        raise UsageError(f"{model.name}: {axis} is what {spec.name} is solved for; scan another parameter")
    if axis in given:
        raise UsageError(f"{axis} is both scanned and set to {given[axis]}")
    return fixed_parameters(model, spec, {**given, axis: exact_number(text)})
