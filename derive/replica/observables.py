r"""Observables as averages over a fresh sample, a training sample or a site, at a saddle point.

At replica symmetry a fresh sample has the thermal mean field omega ~ N(0, q) and one replica's field
h = omega + sqrt(r - q) t with t independent; the teacher field given omega is N(m omega/q, rho - m^2/q).  A
training sample reweights t by the factor F.  Sites: moments of w are derivatives of log Z_w.
"""

from __future__ import annotations

import sympy as sp

from derive.calculus.labels import LabelAtom
from derive.calculus.logs import split_log
from derive.calculus.means import Constants, map_expressions
from derive.calculus.partition import Partition
from derive.calculus.piecewise import pieces
from derive.errors import ModelError, RuleNotApplicable
from derive.replica.cold_averages import ColdAverages
from derive.replica.saddle_point import SaddlePoint
from derive.replica.sample_averages import INNER, SampleAverages, indicator
from derive.replica.system import ChannelPart
from derive.spec.model import Observable

__all__ = ["derive_observables"]


def derive_observables(
    saddle: SaddlePoint, declared: tuple[Observable, ...]
) -> tuple[dict[str, sp.Expr], dict[str, Partition]]:
    """Return {name: expression at the saddle point} and the partition functions they need.

    Means over constants are symbols while rules simplify.

    Automatic: `mse` (one teacher variable), `energy` (models with beta), `entropy` (flat measures or atoms), `bias` and
    `variance` (regression at zero temperature), `mutual_information` (Bayes-optimal energies).
    """
    constants = Constants([p.symbol for p in saddle.system.model.parameters])
    saddle, declared = (map_expressions(part, constants.hide) for part in (saddle, declared))
    found, partitions = _derive_observables(saddle, declared)
    shown = constants.values
    return tuple(map_expressions(part, lambda e: e.xreplace(shown)) for part in (found, partitions))


def _derive_observables(
    saddle: SaddlePoint, declared: tuple[Observable, ...]
) -> tuple[dict[str, sp.Expr], dict[str, Partition]]:
    work = ColdAverages(saddle) if saddle.system.cold else SampleAverages(saddle)
    system = saddle.system
    found: dict[str, sp.Expr] = {}
    for observable in declared:
        if observable.kind == "sites":
            w = system.model.weights[0].symbol
            mean = sp.Symbol(f"{w.name}_mean", real=True)
            found[observable.name] = work.sites(observable.expression, w, mean)
            continue
        spec = system.model.channels[observable.channel]
        channel = system.channels[observable.channel]
        h = spec.student[0].symbol
        names = {
            "y": spec.y,
            "h": h,
            "h_mean": sp.Symbol(f"{h.name}_mean", real=True),
            "predict_mean": sp.Symbol("predict_mean", real=True),
        }
        if spec.teacher:
            names["z"] = spec.teacher[0].symbol
        if observable.kind == "test":
            found[observable.name] = work.test(channel, observable.expression, names)
        else:
            found[observable.name] = work.train(channel, observable.expression, names, observable.name)
    if isinstance(work, ColdAverages):
        _automatic_cold(work, found)
    else:
        _automatic(work, found)
    return found, work.partitions


def _automatic_cold(work: ColdAverages, found: dict[str, sp.Expr]) -> None:
    """At zero temperature: `mse`, `energy` (the minimum per site) and `prox_variance` of every channel."""
    system, s = work.system, work.symbols
    site = system.site
    if len(site.teachers) == 1 and isinstance(site.teachers[0], sp.Symbol) and site.factor == 1:
        rho = [c.rho for c in system.channels if c.m is not None]
        if rho:
            found.setdefault("mse", rho[0] - 2 * s.m[0] + s.q)
    found.setdefault("energy", -work.saddle.value)
    if system.zero_entropy is not None:
        found.setdefault("entropy", work.closed(system.zero_entropy))
    _bias_and_variance(work, found)
    for channel in system.channels:
        name = "prox_variance" if len(system.channels) == 1 else f"prox_variance_{channel.index}"
        found.setdefault(name, channel.scale**2 * s.v)


def _bias_and_variance(work: ColdAverages, found: dict[str, sp.Expr]) -> None:
    """Of a regression with labels of mean c z, at a fresh input: E (c z - E h)^2 and E Var h over training sets."""
    system, s = work.system, work.symbols
    residual = system.residuals[0] if len(system.channels) == 1 else None
    if residual is None or not residual.centred or system.energy is not None or {"bias", "variance"} & set(found):
        return
    overlap = system.channels[0].scale ** 2 * work.trained_mean_square()
    found["bias"] = residual.signal - 2 * residual.covariance + overlap
    found["variance"] = system.channels[0].scale ** 2 * s.q - overlap


def _automatic(work: SampleAverages, found: dict[str, sp.Expr]) -> None:
    system, s = work.system, work.symbols
    model = system.model
    site = system.site
    compared = work.matched or any(c.m is not None for c in system.channels)
    signal = len(site.teachers) == 1 and isinstance(site.teachers[0], sp.Symbol) and site.factor == 1
    if signal and compared and "mse" not in found:
        if work.matched:
            found["mse"] = s.v
        else:
            rho = system.second_moments[0]
            found["mse"] = rho - 2 * s.m[0] + s.q
    if work.matched and system.energy is not None and not system.channels:
        # I(signal; data) = E log P(Y | x0) - E log P(Y), over N; both over the value without a signal
        truth = {s.m[0]: system.second_moments[0], s.r: system.second_moments[0]}
        found.setdefault("mutual_information", -model.beta * system.energy.value.xreplace(truth) - work.saddle.value)
    flat = site.measure in ("count", "sphere", "lebesgue")
    if not flat and site.atoms is None:
        return
    if any(p.label is not None and not isinstance(p.label, LabelAtom) for c in system.channels for p in c.components):
        return
    cost = sp.S.Zero  # sum over samples of <-log F>
    try:
        for channel, spec in zip(system.channels, model.channels, strict=True):
            cost += channel.samples * _minus_log_factor(work, channel, spec)
        penalty = sp.S.Zero
        weights = model.weights[0]
        if weights.penalty is not None:
            penalty = model.beta * work.sites(weights.penalty, weights.symbol, sp.Symbol("none"))
    except (RuleNotApplicable, ModelError):
        return  # an automatic observable that cannot be derived is left out
    if system.energy is not None and model.beta is not None:
        mean = system.energy.mean(model.beta, s)
        cost += model.beta * (mean.xreplace({s.m[0]: s.q}) if work.matched else mean)
    if model.beta is not None:
        found.setdefault("energy", (cost + penalty) / model.beta)
    entropy = saddle_entropy = cost + penalty
    if not flat:
        weights_of_atoms = {sp.expand(weight) for weight, _ in site.atoms}
        if len(weights_of_atoms) != 1:
            return
        entropy = saddle_entropy - sp.log(weights_of_atoms.pop())
    found.setdefault("entropy", work.saddle.value + entropy)


def _minus_log_factor(work: SampleAverages, channel: ChannelPart, spec) -> sp.Expr:
    """<-log F> over the training samples; zero for indicators."""
    total = sp.S.Zero
    factor = sp.Symbol("factor_", real=True)
    bodies = [pieces(indicator(p.partition.body), INNER) for p in channel.components]
    if all(piece.body == 1 for split in bodies for piece in split):
        return total
    saved = channel.components
    for j, part in enumerate(saved):
        single = ChannelPart(
            channel.index,
            channel.samples,
            channel.scale,
            channel.teacher_scale,
            channel.rho,
            channel.m,
            (part,),
            channel.bayes,
        )
        minus_log = sp.Add(
            *[
                sp.Piecewise((-split_log(p.body), _between(p)), (0, True))
                for p in pieces(indicator(part.partition.body), INNER)
                if p.body != 1
            ]
        )
        names = {"y": factor, "h": sp.Dummy(), "h_mean": sp.Dummy(), "predict_mean": sp.Dummy()}
        total += work.train(single, minus_log, names, f"logF{j}", shifted=True)
    return total


def _between(p) -> sp.Basic:
    return sp.And(*[c for c, e in ((p.lower < INNER, p.lower), (p.upper > INNER, p.upper)) if not e.is_infinite])
