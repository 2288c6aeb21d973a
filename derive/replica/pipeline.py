"""The ordered list of stages, with the reason for the order.

model -> system -> replicate -> average_disorder -> order_parameters -> ansatz -> replica_limit -> (temperature) ->
reduce -> saddle_point.  Users can call any stage, inspect, and go on.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.calculus.means import Constants, map_expressions, resolve_means
from derive.errors import UsageError
from derive.replica.ansatz import apply_ansatz
from derive.replica.average_disorder import average_disorder
from derive.replica.building import build_system
from derive.replica.observations import expand_observations
from derive.replica.order_parameters import introduce_order_parameters
from derive.replica.reduce import reduce_free_entropy
from derive.replica.refusals import refuse
from derive.replica.replica_limit import take_replica_limit
from derive.replica.replicate import replicate
from derive.replica.saddle_point import SaddlePoint, find_saddle_point
from derive.replica.system import System
from derive.replica.temperature import take_zero_temperature, warm_model
from derive.replica.trace import Trace
from derive.spec.model import Model

__all__ = ["Derivation", "run_pipeline"]


@dataclass(frozen=True, slots=True)
class Derivation:
    """A finished derivation: model, system, saddle point and trace."""

    model: Model
    system: System
    saddle: SaddlePoint
    trace: Trace


def run_pipeline(model: Model, ansatz: str = "rs") -> Derivation:
    """Derive the free entropy and saddle-point equations of a model.

    Raises
    ------
    UsageError
        if the ansatz is unknown;  ModelError with a sentence for what is outside this version.
    """
    if ansatz != "rs":
        raise UsageError(f"ansatz {ansatz!r} is not derived yet by this version; allowed: rs")
    trace = Trace(model.name, model.hash, ansatz)
    refuse(model)
    resolved = resolve_means(model)
    constants = Constants([p.symbol for p in model.parameters])
    model = map_expressions(resolved, constants.hide)  # constants are symbols while rules simplify
    model = expand_observations(model, trace)  # sugar: the rest knows energies only
    system = map_expressions(build_system(warm_model(model)), constants.hide)  # means of the quenched laws too
    trace.constants.update(constants.values)
    replicate(system, trace)  # first: E log Z has no closed form, E Z^n does
    averaged = average_disorder(system, trace)  # the disorder goes before the weights are summed
    action = introduce_order_parameters(averaged, trace)  # overlaps decouple sites and samples
    replicas = apply_ansatz(action, trace)  # only now the matrices are parametrised
    free = take_replica_limit(replicas, trace)  # n -> 0 needs an expression analytic in n
    if model.beta is sp.oo:  # after n -> 0: the minimum is that of one system
        free = take_zero_temperature(free, model, trace)
        system = free.system
    reduced = reduce_free_entropy(free, trace)  # after n -> 0: identities hold on the free entropy
    saddle = find_saddle_point(reduced, trace)  # last: all numbers come from stationarity
    if constants.values:
        shown = constants.values
        saddle = map_expressions(saddle, lambda e: e.xreplace(shown))
        system = saddle.system
    return Derivation(resolved, system, saddle, trace)
