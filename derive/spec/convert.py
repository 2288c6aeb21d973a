"""Raw content -> Model: every key is given its meaning, and every fault is recorded with its path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import sympy as sp

from derive.spec.channels import read_channel
from derive.spec.context import Context, Y, vector_symbol
from derive.spec.domains import parse_domain, symbol_of
from derive.spec.energies import read_energy, read_observation
from derive.spec.faults import Faults
from derive.spec.grammar import ExpressionError
from derive.spec.model import (
    Channel,
    Domain,
    Energy,
    Global,
    Model,
    Observation,
    Parameter,
)
from derive.spec.normalise import check_sign
from derive.spec.observables import read_observable
from derive.spec.order import check_edges, check_names, check_order_parameter_names
from derive.spec.schema import RawModel, RawQuenched
from derive.spec.sites import read_sites
from derive.spec.tables import Tables
from derive.spec.thresholds import read_threshold
from derive.spec.vocabulary import BuildError, constant_value

__all__ = ["convert"]

_LINE = Domain(-sp.oo, sp.oo, True, True, None, "(-inf, inf)")


class _Converter:
    """The conversion of one file."""

    def __init__(self, raw: RawModel, faults: Faults, directory: Path | None, positive: frozenset[str] = frozenset()):
        self.raw = raw
        self.positive = positive  # parameters whose symbol leaves the end zero out
        self.faults = faults
        self.context = Context(faults, Tables(faults, directory))

    # --------------------------------------------------------------------------------- declarations

    def parameters(self) -> None:
        """Declare the parameters."""
        numbers = self.context.scope("a default", [])
        for name, raw in self.raw.parameters.items():
            path = ("parameters", name)
            domain = _LINE
            try:
                domain = parse_domain(raw.domain)
            except ExpressionError as error:
                self.faults.expression((*path, "in"), error)
            default = None
            if raw.default is not None:
                default = self.context.expression((*path, "default"), raw.default, numbers)
            if default is not None and not self.faults.below((*path, "in")):
                try:
                    constant_value(default)
                    inside = domain.contains(default)
                except (BuildError, TypeError):
                    inside = False
                if not inside:
                    message = f"the default {default} lies outside the domain {raw.domain.strip()}"
                    self.faults.add((*path, "default"), message)
            symbol = symbol_of(name, replace(domain, lower_open=True) if name in self.positive else domain)
            if self.context.declare(path, name, "parameters", symbol):
                parameter = Parameter(name, symbol, domain, default, raw.meaning)
                self.context.parameters.append(parameter)

    def names(self) -> None:
        """Declare quenched variables, weights and globals, so that every place knows what they are."""
        for name, raw in self.raw.quenched.items():
            components = raw.components if isinstance(raw, RawQuenched) else 1
            self.context.declare(("quenched", name), name, "quenched", vector_symbol(name, components))
        if not self.raw.weights:
            self.faults.add(("weights",), "a model has at least one weight", "for example weights.w.sphere = 1")
        for name, weights in self.raw.weights.items():
            self.context.declare(("weights", name), name, "weights", vector_symbol(name, weights.components))
        for name, item in self.raw.globals.items():
            if self.context.declare(("globals", name), name, "globals", vector_symbol(name, 1)):
                self.context.globals.append(Global(name, sp.Symbol(name, real=True), item.meaning))
        for name in self.context.of_kind("weights"):
            self.context.means(("weights", name), name)

    def definitions(self) -> None:
        """Expand [define] in order."""
        for name, text in self.raw.define.items():
            path = ("define", name)
            later = dict.fromkeys(self.raw.define, "a definition that comes later, or this one")
            scope = self.context.scope("a definition", ["parameters", "quenched", "define"], None, later)
            value = self.context.expression(path, text, scope, vector=True)
            self.context.declare(path, name, "define", sp.Symbol(name, real=True) if value is None else value)

    # ----------------------------------------------------------------------------------- the whole

    def beta(self) -> sp.Expr | None:
        """Read beta, which is there exactly when something is multiplied by it."""
        raw = self.raw
        users = [f"channel[{i}].loss" for i, c in enumerate(raw.channel) if c.loss is not None]
        users += [f"weights.{n}.penalty" for n, w in raw.weights.items() if w.penalty is not None]
        users += [f"energy[{i}]" for i in range(len(raw.energy))]
        if raw.beta is None:
            if users:
                message = f"the key `beta` is missing: it multiplies {', '.join(users[:4])}"
                self.faults.add((), message, 'beta = 1, "beta", "1/T" or "inf"')
            return sp.S.One if raw.observation else None
        if not users and not raw.observation:
            message = "there is nothing for beta to multiply: no loss, penalty or energy"
            self.faults.add(("beta",), message, "likelihoods, constraints and priors are not tempered")
        scope = self.context.scope("beta", ["parameters"], infinity=True)
        beta = self.context.expression(("beta",), raw.beta, scope)
        if beta is None:
            return None
        if beta.is_infinite and beta != sp.oo:
            self.faults.add(("beta",), f"beta is positive; found {beta}")
        elif beta.is_finite is not False:
            check_sign(self.context, ("beta",), beta, "beta")
        if raw.observation and beta != 1:
            self.faults.add(("beta",), "a model with an observation has beta = 1")
        if beta == sp.oo:
            for name, weights in raw.weights.items():
                if weights.prior is not None:
                    message = 'at beta = "inf" nothing multiplies a prior: write a penalty or a support'
                    self.faults.add(("weights", name, "prior"), message, at_key=True)
            for i, channel in enumerate(raw.channel):
                for key in ("likelihood", "factor"):
                    if getattr(channel, key) is not None:
                        message = 'at beta = "inf" there are no likelihoods: write a loss'
                        self.faults.add(("channel", i, key), message, at_key=True)
        return beta

    def convert(self, source: str) -> Model:
        """Convert the whole content; the result is valid when there are no faults."""
        raw, context = self.raw, self.context
        context.check_name(("name",), raw.name, "a model")
        self.parameters()
        self.names()
        self.definitions()
        families = read_sites(context, raw)
        beta = self.beta()
        channels: tuple[Channel, ...] = tuple(read_channel(context, c, i) for i, c in enumerate(raw.channel))
        energies = [read_energy(context, e, i) for i, e in enumerate(raw.energy)]
        observations = [read_observation(context, o, i) for i, o in enumerate(raw.observation)]
        if not (raw.channel or raw.energy or raw.observation):
            self.faults.add((), "the model has no channel, energy or observation", "write [[channel]]")
        observables = [read_observable(context, n, t, channels) for n, t in raw.observables.items()]
        known = [p.name for p in context.parameters]
        thresholds = [read_threshold(context, n, t, known) for n, t in raw.thresholds.items()]
        for old, new in raw.names.items():
            context.check_name(("names", old), new, "an order parameter")
            if new in context.taken:
                self.faults.add(("names", old), f"the name `{new}` is already taken by {context.taken[new]}")
        present_energies: tuple[Energy, ...] = tuple(e for e in energies if e is not None)
        present_observations: tuple[Observation, ...] = tuple(o for o in observations if o is not None)
        symbols = {"y": Y}
        for declared in (context.parameters, context.quenched, context.weights, context.globals):
            symbols.update((item.name, item.symbol) for item in declared)
        model = Model(
            name=raw.name,
            source=source,
            hash="",
            beta=beta,
            parameters=tuple(context.parameters),
            quenched=tuple(context.quenched),
            families=families,
            weights=tuple(context.weights),
            globals=tuple(context.globals),
            channels=channels,
            energies=present_energies,
            observations=present_observations,
            ansatz={k: v for k, v in raw.ansatz.model_dump().items() if v is not None},
            observables=tuple(o for o in observables if o is not None),
            thresholds=tuple(t for t in thresholds if t is not None),
            names=dict(raw.names),
            title=raw.title,
            symbols=symbols,
        )
        check_names(self.faults, model)
        check_edges(self.faults, model)
        check_order_parameter_names(self.faults, model)
        return model


def convert(raw: RawModel, faults: Faults, source: str, directory: Path | None = None) -> Model:
    """Return the typed model; it is valid only if `faults` stays empty, and has no hash yet.

    Tables are read relative to `directory`.
    """
    model = _Converter(raw, faults, directory).convert(source)
    temperatures = frozenset() if faults else frozenset(_temperatures(model))
    return _Converter(raw, faults, directory, temperatures).convert(source) if temperatures else model


def _temperatures(model: Model) -> list[str]:
    """The parameters that may be zero where beta is infinite there: at zero the model is another one (beta = "inf")."""
    if model.beta is None or model.beta is sp.oo:
        return []
    at_zero = {p.name: model.beta.xreplace({p.symbol: sp.S.Zero}) for p in model.parameters if p.domain.lower == 0}
    return [name for name, beta in at_zero.items() if beta.is_infinite]
