"""Experiments of finite size: draw the disorder, minimise the total, measure; no formula of the theory is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from derive.errors import UsageError
from derive.simulate.closing import Closing
from derive.simulate.disorder import channel_samples, draw_sites
from derive.simulate.existence import SENTENCES, examine, responses
from derive.simulate.minimise import minimise
from derive.simulate.observe import check_observables, observe
from derive.simulate.overlaps import overlaps_of
from derive.simulate.problem import build_total, forms_of
from derive.simulate.refusals import refuse
from derive.simulate.results import SimulationResult, estimate
from derive.simulate.tables import Tables
from derive.spec.evaluate import evaluate
from derive.spec.model import Model

__all__ = ["run_experiment"]

MOST_ENTRIES = 200_000_000


def run_experiment(
    model: Model,
    parameters: Mapping[str, Any],
    texts: Mapping[str, str],
    size: int,
    samples: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> SimulationResult:
    """Minimise the total of S independent samples of the disorder with N sites, and average what is measured.

    Parameters
    ----------
    model : Model
        A model at zero temperature whose total is convex.
    parameters, texts : mapping
        Exact values of all parameters, and the same as text.
    size, samples, seed : int
        N, S, and where the random numbers start; equal seeds give equal results.
    progress : callable, optional
        Told the number of finished samples and S.

    Raises
    ------
    ModelError, UsageError
        For a model that is not simulated, and for sizes that cannot be.
    """
    refuse(model)
    if size < 2 or samples < 1 or seed < 0:
        raise UsageError(f"an experiment has size >= 2, samples >= 1, seed >= 0; found {size}, {samples}, {seed}")
    closing = Closing(model, parameters, Tables(model))
    rows = sum(float(evaluate(closing(c.samples), {})) * size for c in model.channels)
    if not rows * size <= MOST_ENTRIES:
        raise UsageError(f"{rows:.0f} samples of {size} sites are too many numbers; take a smaller size")
    forms, overlaps = forms_of(closing), overlaps_of(model)
    check_observables(model.observables, closing)
    measured: dict[str, dict[str, list[Any]]] = {"order": {}, "observed": {}, "value": {}}
    worst = {"kkt": 0.0, "gap": 0.0}
    head = (model.name, dict(texts), size, samples, seed)
    for index, random in enumerate(np.random.default_rng(seed).spawn(samples)):
        if progress is not None:
            progress(index, samples)
        sites = draw_sites(closing, size, random)
        symbol = model.weights[0].symbol
        data = [channel_samples(c, closing, sites, symbol, size, random) for c in model.channels]
        total = build_total(forms, closing, data, sites)
        found = minimise(total)
        status = examine(total, found)
        worst = {"kkt": max(worst["kkt"], found.kkt), "gap": max(worst["gap"], found.gap / size)}
        if status != "converged":
            detail = f"sample {index + 1} of {samples}: {SENTENCES[status]}"
            return SimulationResult(*head, status, {}, None, {}, worst, detail)
        moves = responses(total, found)
        weights, learned = found.theta[:size], found.theta[size:]
        plain = found.fields - total.matrix[:, size:] @ learned
        fields = np.split(plain, np.cumsum([d.matrix.shape[0] for d in data])[:-1])
        order = overlaps.measure(closing, sites, weights, None if moves is None else moves[:size])
        order |= {g.name: float(b) for g, b in zip(model.globals, learned, strict=True)}
        observed = observe(closing, sites, data, fields, weights, learned, random)
        for part, values in (("order", order), ("observed", observed), ("value", {"": -found.value / size})):
            for name, value in values.items():
                measured[part].setdefault(name, []).append(value)
    if progress is not None:
        progress(samples, samples)
    means = {
        part: {name: estimate(column) for name, column in columns.items() if None not in column}
        for part, columns in measured.items()
    }
    return SimulationResult(*head, "converged", means["order"], means["value"][""], means["observed"], worst)
