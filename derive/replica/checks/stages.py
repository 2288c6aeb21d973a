"""All intermediate objects of one derivation."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.calculus.means import resolve_means
from derive.replica.ansatz import ReplicaAction, apply_ansatz
from derive.replica.average_disorder import AveragedSystem, average_disorder
from derive.replica.building import build_system
from derive.replica.observations import expand_observations
from derive.replica.order_parameters import Action, introduce_order_parameters
from derive.replica.reduce import ReducedEntropy, reduce_free_entropy
from derive.replica.replica_limit import FreeEntropy, take_replica_limit
from derive.replica.replicate import replicate
from derive.replica.saddle_point import SaddlePoint, find_saddle_point
from derive.replica.system import System
from derive.replica.temperature import take_zero_temperature, warm_model
from derive.replica.trace import Trace
from derive.spec.model import Model

__all__ = ["Stages", "run_stages"]


@dataclass(frozen=True, slots=True)
class Stages:
    """What each stage returned.

    At zero temperature the stages up to `free` are those of the model at a symbolic beta, and `cold` is the free
    entropy in the limit; `model` is the model as written, with its observations.
    """

    model: Model
    system: System
    averaged: AveragedSystem
    action: Action
    replicas: ReplicaAction
    free: FreeEntropy
    reduced: ReducedEntropy
    saddle: SaddlePoint
    cold: FreeEntropy | None = None

    @property
    def limit(self) -> FreeEntropy:
        """The free entropy that is reduced."""
        return self.free if self.cold is None else self.cold


def run_stages(model: Model) -> Stages:
    """Run the stages one by one and keep what each returns."""
    trace = Trace(model.name, model.hash, "rs")
    written = resolve_means(model)
    model = expand_observations(written, trace)
    system = replicate(build_system(warm_model(model)), trace)
    averaged = average_disorder(system, trace)
    action = introduce_order_parameters(averaged, trace)
    replicas = apply_ansatz(action, trace)
    free = take_replica_limit(replicas, trace)
    cold = take_zero_temperature(free, model, trace) if model.beta is sp.oo else None
    reduced = reduce_free_entropy(free if cold is None else cold, trace)
    return Stages(written, system, averaged, action, replicas, free, reduced, find_saddle_point(reduced, trace), cold)
