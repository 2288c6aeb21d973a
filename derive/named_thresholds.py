"""A threshold by its name in the model file, at parameters where a temperature may vanish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from derive.errors import UsageError, nearest
from derive.runtime.results import ThresholdResult
from derive.spec.model import Model, ThresholdSpec
from derive.thresholds import find_threshold, fixed_parameters

__all__ = ["named_threshold", "threshold_spec"]


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
    ansatz: str,
    generated: Path | None,
    progress: Callable[[str], None],
) -> ThresholdResult:
    """The threshold of that name, where a temperature vanishes in the model at zero temperature."""
    from derive.exact import exact_text
    from derive.ground import at_zero_temperature

    spec = threshold_spec(model, name)
    if digits is not None and not 1 <= digits <= 200:
        raise UsageError(f"digits = {digits} is outside 1..200")
    if spec.solve_for in given:
        raise UsageError(f"{model.name}: {spec.solve_for} is what {name} is solved for; do not set it")
    known = fixed_parameters(model, spec, given)
    cold, kept = at_zero_temperature(model, known)
    left_out = {k: exact_text(v) for k, v in known.items() if k not in kept}
    given = {k: v for k, v in given.items() if k not in left_out}
    try:
        found = find_threshold(cold, spec, given, digits, ansatz, generated, progress)
        return replace(found, parameters={**left_out, **found.parameters})
    except OverflowError:
        values = ", ".join(f"{k} = {v}" for k, v in given.items()) or "the defaults"
        raise UsageError(f"{model.name}: {name} cannot be computed at {values}: a number is too large") from None
