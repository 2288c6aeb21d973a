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
from derive.replica.components import VectorChannel
from derive.replica.refusals import LATER
from derive.replica.saddle_point import SaddlePoint
from derive.replica.sample_averages import INNER, SampleAverages, indicator
from derive.replica.system import ChannelPart, Family
from derive.replica.vector_averages import VectorAverages
from derive.spec.model import Model, Observable

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
    vectors = VectorAverages(saddle, work.partitions) if system.model.vectors else None
    for observable in declared:
        if observable.kind == "response":
            continue  # a derivative of the others along a branch
        if vectors is not None:
            found[observable.name] = vectors.mean(observable)
            continue
        if observable.kind == "sites":
            family = _family_of(observable, system.model)
            w = system.model.weights[family].symbol
            mean = sp.Symbol(f"{w.name}_mean", real=True)
            found[observable.name] = work.at(family).sites(observable.expression, w, mean)
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
            found[observable.name] = work.at(channel.family).test(channel, observable.expression, names)
        else:
            found[observable.name] = work.at(channel.family).train(
                channel, observable.expression, names, observable.name
            )
    if isinstance(work, ColdAverages):
        _automatic_cold(work, found)
    else:
        _automatic(work, found)
    return found, work.partitions


def _family_of(observable: Observable, model: Model) -> int:
    """The family of sites that a mean over sites is of."""
    used = observable.expression.free_symbols
    quenched = {q.symbol: q.family for q in model.quenched}
    found = {
        f
        for f, w in enumerate(model.weights)
        if used & {w.symbol, sp.Symbol(f"{w.name}_mean", real=True)} or w.family in {quenched.get(x) for x in used}
    }
    if len(found) > 1:
        raise ModelError(f"observables.{observable.name}: a mean over sites is of one family; this names several")
    return found.pop() if found else 0


def _automatic_cold(work: ColdAverages, found: dict[str, sp.Expr]) -> None:
    """At zero temperature: `mse`, `energy` (the minimum per site) and `prox_variance` of every channel."""
    system = work.system
    for family, name in enumerate(_names("mse", system.model)):
        site, s = system.families[family].site, system.families[family].symbols
        if len(site.teachers) == 1 and isinstance(site.teachers[0], sp.Symbol) and site.factor == 1:
            rho = [c.rho for c in system.channels if c.m is not None and c.family == family]
            if rho:
                found.setdefault(name, rho[0] - 2 * s.m[0] + s.q)
    found.setdefault("energy", -work.saddle.value)
    if system.zero_entropy is not None:
        found.setdefault("entropy", work.closed(system.zero_entropy))
    _bias_and_variance(work, found)
    for channel in system.channels:
        name = "prox_variance" if len(system.channels) == 1 else f"prox_variance_{channel.index}"
        found.setdefault(name, channel.scale**2 * system.families[channel.family].symbols.v)


def _names(name: str, model: Model) -> list[str]:
    """An automatic observable of every family: its name, with that of the weights where there are several."""
    return [name] if len(model.weights) == 1 else [f"{name}_{w.name}" for w in model.weights]


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
    system, model, families = work.system, work.system.model, work.system.families
    for index, (group, name) in enumerate(zip(system.groups, _names("mse", model), strict=True)):
        site = group[0].site
        compared = work.matched or any(c.m is not None and c.family == index for c in system.channels)
        signal = len(site.teachers) == 1 and isinstance(site.teachers[0], sp.Symbol) and site.factor == 1
        if signal and compared and name not in found:  # of vectors the squared length of the error
            found[name] = sp.Add(*[f.gain * _error(f, work.matched) for f in group])
        if len(group) > 1:
            found.update({k: e for k, e in _entries(group, work.matched).items() if k not in found})
    if work.matched and system.energy is not None and not system.channels:
        # I(signal; data) = E log P(Y | x0) - E log P(Y), over N; both over the value without a signal
        truth = {x: f.second_moments[0] for f in families for x in (f.symbols.m[0], f.symbols.r)}
        found.setdefault("mutual_information", -model.beta * system.energy.value.xreplace(truth) - work.saddle.value)
    flat = [f.site.measure in ("count", "sphere", "lebesgue") for f in families]
    counted = all(known or f.site.atoms is not None for f, known in zip(families, flat, strict=True))
    if not counted and system.channels:
        return
    if any(p.label is not None and not isinstance(p.label, LabelAtom) for c in system.channels for p in c.components):
        return
    cost = sp.S.Zero  # sum over samples of <-log F>
    try:
        for channel, spec in zip(system.channels, model.channels, strict=True):
            cost += channel.samples * _minus_log_factor(work.at(channel.family), channel, spec)
        penalty = sp.S.Zero
        for index, weights in enumerate(model.weights):
            if weights.penalty is not None:
                mean = work.at(index).sites(weights.penalty, weights.symbol, sp.Symbol("none"))
                penalty += families[index].size * model.beta * mean
    except (RuleNotApplicable, ModelError):
        return  # an automatic observable that cannot be derived is left out
    if system.energy is not None and model.beta is not None:
        mean = system.energy.mean(model.beta, [f.symbols for f in system.families])
        equal = {f.symbols.m[0]: f.symbols.q for f in system.families} if work.matched else {}
        cost += model.beta * mean.xreplace(equal)
    if model.beta is not None:
        found.setdefault("energy", (cost + penalty) / model.beta)
    if not counted:
        return
    entropy = cost + penalty
    for family, *_ in system.groups:
        if family.site.measure not in ("count", "sphere", "lebesgue"):
            weights_of_atoms = {sp.expand(weight) for weight, _ in family.site.atoms}
            if len(weights_of_atoms) != 1:
                return
            entropy -= family.size * sp.log(weights_of_atoms.pop())
    found.setdefault("entropy", work.saddle.value + entropy)


def _error(family: Family, matched: bool) -> sp.Expr:
    """E (s - <w>)^2 of a family, or of one mode of components."""
    s = family.symbols
    return s.v if matched else family.second_moments[0] - 2 * s.m[0] + s.q


def _entries(group: list[Family], matched: bool) -> dict[str, sp.Expr]:
    """Entries 00 and 01 of the overlap matrices of components: q_00 = q_d + q_01, q_01 = (q_u - q_d)/K."""
    size = sp.Add(*[f.gain for f in group])
    pairs = {"q": [f.symbols.q for f in group], "r": [f.symbols.q + f.symbols.v for f in group]}
    if group[0].symbols.m and not matched:
        pairs["m"] = [f.symbols.m[0] for f in group]
    if matched:
        pairs = {"q": [f.second_moments[0] - f.symbols.v for f in group]}
    found: dict[str, sp.Expr] = {}
    for letter, (differences, total) in pairs.items():
        apart = sp.expand((total - differences) / size)
        found |= {f"{letter}_00": sp.expand(differences + apart), f"{letter}_01": apart}
    return found


def _minus_log_factor(work: SampleAverages, channel: ChannelPart, spec) -> sp.Expr:
    """<-log F> over the training samples; zero for indicators."""
    if isinstance(channel, VectorChannel):
        children = [b.child.body for p in channel.components for b in p.partition.branches]
        if all(piece.body == 1 for body in children for piece in pieces(indicator(body), INNER)):
            return sp.S.Zero
        raise ModelError(f"channel[{channel.index}]: the mean of log F of several fields {LATER}")
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
