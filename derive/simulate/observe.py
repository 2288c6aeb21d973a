"""Observables of the model at a minimum: means over fresh samples, training samples and sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.special
import scipy.stats
import sympy as sp
from numpy.typing import NDArray

from derive.errors import ModelError
from derive.simulate.closing import Closing
from derive.simulate.disorder import Samples, draw_labels, label_columns, on_sites, student_factor
from derive.spec.evaluate import NotNumericError, evaluate
from derive.spec.model import Channel, Observable

__all__ = ["check_observables", "observe"]

Array = NDArray[np.float64]
Sites = Mapping[sp.Symbol, Array]

FRESH = 16  # the base-two logarithm of the number of fresh samples
FRESH_DENSITY = 13  # the same where labels are drawn from tabulated densities


def check_observables(observables: Sequence[Observable], closing: Closing) -> None:
    """Refuse observables that have no meaning at a minimum."""
    for observable in observables:
        if any(s.name == "predict_mean" for s in observable.expression.free_symbols):
            raise ModelError(
                f"{closing.model.name}: observable {observable.name}: predict_mean is the mean over a posterior, "
                "and a minimum has none"
            )


def observe(
    closing: Closing,
    sites: Sites,
    samples: Sequence[Samples],
    fields: Sequence[Array],
    weights: Array,
    globals_: Array,
    random: np.random.Generator,
) -> dict[str, float | None]:
    """Return the observables of the model file, and `mse` where the teacher is a quenched variable itself.

    `fields` are the student fields of the training samples of each channel; None stands for a mean over nothing.
    """
    model = closing.model
    w = model.weights[0]
    learned = dict(zip((g.symbol for g in model.globals), globals_, strict=True))
    found: dict[str, float | None] = {}
    drawn: dict[int, dict[sp.Symbol, Array]] = {}
    for observable in model.observables:
        if observable.kind == "response":
            continue  # of the theory alone
        expression, values = closing(observable.expression), dict(learned)
        if observable.kind == "sites":
            mean = sp.Symbol(f"{w.name}_mean", real=True)
            values |= {**sites, w.symbol: weights, mean: weights}
            count = weights.size
        elif observable.kind == "train":
            channel, data = model.channels[observable.channel], samples[observable.channel]
            h = channel.student[0].symbol
            values |= {**data.fields, h: fields[observable.channel]}
            values |= {} if data.labels is None else {channel.y: data.labels}
            count = data.matrix.shape[0]
        else:
            k = observable.channel
            if k not in drawn:
                drawn[k] = _fresh(model.channels[k], closing, sites, weights, random)
            values |= drawn[k]
            count = next(iter(drawn[k].values())).size
        found[observable.name] = _mean(expression, values, count, observable.name, model.name)
    teachers = list(dict.fromkeys(f.coefficient for c in model.channels for f in c.teacher))
    if len(teachers) == 1 and teachers[0] in [q.symbol for q in model.quenched] and "mse" not in found:
        found["mse"] = float(np.mean((weights - sites[teachers[0]]) ** 2))
    return found


def _mean(
    expression: sp.Basic, values: Mapping[sp.Symbol, Array | float], count: int, name: str, model: str
) -> float | None:
    if count == 0:
        return None
    try:
        return float(np.mean(np.broadcast_to(evaluate(expression, values), (count,))))
    except NotNumericError as error:
        raise ModelError(f"{model}: observable {name} cannot be computed: {error} has no number here") from None


def _fresh(
    channel: Channel, closing: Closing, sites: Sites, weights: Array, random: np.random.Generator
) -> dict[sp.Symbol, Array]:
    """Draw fresh samples at fixed weights: the fields are Gaussian, of exactly known mean and covariance.

    A shifted Sobol sequence stands for the uniform numbers, so that hardly any noise is added to that of the disorder.
    """
    size = weights.size
    student = channel.student[0]
    w = closing.model.weights[0].symbol
    rows = [on_sites(f.coefficient, closing, sites, size) for f in channel.teacher]
    rows.append(on_sites(student_factor(channel, w), closing, sites, size) * weights)
    functions = np.stack(rows)
    sd = on_sites(channel.input_sd, closing, sites, size)
    scaled = functions * sd
    values, vectors = np.linalg.eigh(scaled @ scaled.T / size)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    columns = label_columns(channel)
    kind = channel.label.space if channel.label is not None else None
    sobol = scipy.stats.qmc.Sobol(len(rows) + columns, scramble=False)
    uniform = sobol.random_base2(FRESH_DENSITY if kind == "real" else FRESH)
    uniform = np.clip((uniform + random.random(uniform.shape[1])) % 1.0, 1e-16, 1 - 1e-16)
    fields = root @ scipy.special.ndtri(uniform[:, : len(rows)]).T
    mean = closing(channel.input_mean)
    labels: Array | None = None
    if mean.has_free(channel.y):
        labels = draw_labels(channel, closing, {}, uniform[:, len(rows) :])
        assert labels is not None
        fields += _means(mean, channel.y, labels, sites, functions)
    elif mean != 0:
        fields += (functions @ np.broadcast_to(evaluate(mean, sites), (size,)) / size)[:, None]
    found = {f.symbol: fields[j] for j, f in enumerate(channel.teacher)}
    if labels is None:
        labels = draw_labels(channel, closing, found, uniform[:, len(rows) :])
    if labels is not None:
        found[channel.y] = labels
    found[student.symbol] = fields[-1]
    found[sp.Symbol(f"{student.name}_mean", real=True)] = fields[-1]
    return found


def _means(mean: sp.Expr, y: sp.Symbol, labels: Array, sites: Sites, functions: Array) -> Array:
    """(1/N) sum_i mean_i(y) f_i for each field f and label y, of shape (fields, labels)."""
    size = functions.shape[1]

    def at(label: float) -> Array:
        return functions @ np.broadcast_to(evaluate(mean, {**sites, y: label}), (size,)) / size

    if not mean.diff(y).has_free(y):
        zero = at(0.0)[:, None]
        return zero + (at(1.0)[:, None] - zero) * labels
    known, places = np.unique(labels, return_inverse=True)
    return np.stack([at(float(label)) for label in known], axis=1)[:, places]
