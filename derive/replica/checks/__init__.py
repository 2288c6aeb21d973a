"""Every stage of a derivation is checked by a route of its own: definitions, sampling, quadrature, integer n.

No closed form, Gaussian integrator or derivative rule of `derive.calculus` is used here.  One function per stage
returns a `Check`; `check_derivation` runs all of them and attaches them to the trace.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from derive.replica.checks.ansatz import check_ansatz
from derive.replica.checks.average_disorder import check_average_disorder
from derive.replica.checks.order_parameters import check_order_parameters
from derive.replica.checks.reduce import check_reduce
from derive.replica.checks.replica_limit import check_replica_limit
from derive.replica.checks.replicate import check_replicate
from derive.replica.checks.saddle_point import check_saddle_point
from derive.replica.checks.stages import Stages, run_stages
from derive.replica.checks.temperature import check_temperature
from derive.replica.trace import Check, Trace

if TYPE_CHECKING:
    from derive.replica.pipeline import Derivation

__all__ = [
    "Stages",
    "check_ansatz",
    "check_average_disorder",
    "check_derivation",
    "check_order_parameters",
    "check_reduce",
    "check_replica_limit",
    "check_replicate",
    "check_saddle_point",
    "check_stages",
    "check_temperature",
    "run_stages",
]


def check_stages(stages: Stages) -> dict[str, Check]:
    """The check of each stage, by its name."""
    found = {
        "replicate": check_replicate(stages.system, stages.model),
        "average_disorder": check_average_disorder(stages.averaged),
        "order_parameters": check_order_parameters(stages.action),
        "ansatz": check_ansatz(stages.action, stages.replicas),
        "replica_limit": check_replica_limit(stages.replicas, stages.free),
    }
    if stages.cold is not None:
        found["temperature"] = check_temperature(stages.free, stages.cold)
    found["reduce"] = check_reduce(stages.limit, stages.reduced)
    found["saddle_point"] = check_saddle_point(stages.limit, stages.saddle)
    return found


def check_derivation(derivation: Derivation) -> Trace:
    """Run all checks of a finished derivation, attach them to its trace, and return the trace.

    The intermediate stages are derived again; system, reduced entropy and saddle point are those of the derivation.
    At zero temperature the stages before the limit are those at a finite beta, which becomes a parameter.
    """
    again = run_stages(derivation.model)
    saddle = derivation.saddle
    system = again.system if derivation.system.cold else derivation.system
    stages = replace(again, system=system, reduced=saddle.reduced, saddle=saddle)
    for stage, check in check_stages(stages).items():
        derivation.trace.attach_check(stage, check)
    return derivation.trace
