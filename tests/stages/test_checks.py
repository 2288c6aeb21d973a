"""Every stage's check passes on what the engine derives, and fails on every corruption of it that is tried here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import sympy as sp

from derive.calculus.nodes import GaussianAverage
from derive.calculus.partition import INNER
from derive.replica import checks
from derive.replica.checks import Stages, check_derivation, check_stages, run_stages
from derive.replica.pipeline import run_pipeline
from derive.replica.trace import Check
from derive.spec.read import read_model

MODELS = Path(__file__).resolve().parents[2] / "models"
ZOO = sorted(p.stem for p in MODELS.glob("*.toml") if not p.stem.endswith(".claims"))
TINY = ("linear_gauss_bernoulli", "perceptron_storage_binary", "perceptron_teacher_binary")
STAGES = (
    "replicate",
    "average_disorder",
    "order_parameters",
    "ansatz",
    "replica_limit",
    "reduce",
    "saddle_point",
)

# What the zoo has little of: penalties, quenched spectra, kinked losses, natural labels, mixed noise, several channels.
UNUSUAL = {
    "flat_label": """
name = "flat_label"
parameters.alpha = { in = "(0, inf)", default = 1 }
quenched.wstar = "1/2*delta(0) + 1/2*normal(0, 1)"
weights.w.prior = "law(wstar)"
[[channel]]
samples = "alpha"
teacher.z = "wstar"
student.h = "w"
label = "z^2"
factor = "bayes"
""",
    "blocks": """
name = "blocks"
beta = "beta"
parameters = { alpha = { in = "(0, inf)", default = 1 }, beta = { in = "(0, inf)", default = 1 } }
quenched = { u = "1/2*delta(1) + 1/2*delta(4)", t = "normal(0, 1)" }
weights.w.penalty = "w^2/2"
[[channel]]
samples = "alpha"
input.sd = "sqrt(u)"
teacher.z = "t"
student.h = "w"
label = "sign(z)"
loss = "log(1 + exp(-y*h))"
""",
    "learned_bias": """
name = "learned_bias"
beta = 2
parameters = { alpha = { in = "(0, inf)", default = 1 } }
weights.w.prior = 'density("exp(-x)", 0, inf)'
globals.b = { meaning = "bias" }
[[channel]]
samples = "alpha"
student.h = "3*w"
label = { values = [-1, 1], probability = "1/2 + y/6" }
loss = "max(0, 1 - y*(h + b))"
""",
    "natural": """
name = "natural"
parameters = { alpha = { in = "(0, inf)", default = 1 } }
quenched.wstar = "uniform(-1, 1)"
weights.w.prior = "law(wstar)"
[[channel]]
samples = "alpha"
teacher.z = "wstar"
student.h = "w"
label = { values = "natural", probability = "exp(-exp(z))*exp(y*z)/factorial(y)" }
factor = "bayes"
""",
    "two_channels": """
name = "two_channels"
parameters = { alpha = { in = "(0, inf)", default = 1 }, p = { in = "(0, 1)", default = "1/10" } }
quenched.wstar = "normal(0, 2)"
weights.w.prior = "1/2*normal(1, 1/4) + 1/2*delta(-1)"
[[channel]]
samples = "2*alpha"
teacher.z = "3*wstar"
student.h = "2*w"
noise.c = "(1 - p)*delta(1) + p*delta(-1)"
label = "c*sign(z + 1/3)"
likelihood = "1/(1 + exp(-3*y*h)) + 1/4"
[[channel]]
samples = "1/3"
teacher.z = "wstar"
student.h = "w"
noise.e = "normal(0, 1)"
noise.k = "normal(0, 1/2)"
label = "max(z + e + k, 0)"
likelihood = "exp(-(y - h)^2/2)"
""",
    "uncondensed": """
name = "uncondensed"
beta = "beta"
parameters = { alpha = { in = "(0, inf)", default = 1 }, beta = { in = "(0, 1)", default = "1/2" } }
weights.s.count = "atoms(-1, 0, 1)"
[[channel]]
samples = "alpha"
student.h = "s"
loss = "-h^2/2"
""",
}


@cache
def stages_of(name: str) -> Stages:
    return run_stages(read_model(MODELS / f"{name}.toml"))


def failures(found: dict[str, Check]) -> list[str]:
    return [f"{stage}: {c.description}: {c.error:.1e} > {c.bound:.1e}" for stage, c in found.items() if not c.passed]


@pytest.mark.parametrize("name", TINY)
def test_every_stage_passes(name: str) -> None:
    found = check_stages(stages_of(name))
    assert tuple(found) == STAGES
    assert failures(found) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in ZOO if n not in TINY])
def test_every_stage_passes_on_the_zoo(name: str) -> None:
    assert failures(check_stages(stages_of(name))) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(UNUSUAL))
def test_every_stage_passes_on_unusual_models(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.toml"
    path.write_text(UNUSUAL[name], encoding="utf-8")
    assert failures(check_stages(run_stages(read_model(path)))) == []


def test_checks_are_attached_to_the_trace() -> None:
    derivation = run_pipeline(read_model(MODELS / "perceptron_storage_binary.toml"))
    trace = check_derivation(derivation)
    attached = {step.stage: step.check for step in trace.steps if step.check is not None}
    assert set(attached) == set(STAGES)
    assert all(check.passed and check.error <= check.bound for check in attached.values())


def test_checks_are_reproducible() -> None:
    stages = stages_of("perceptron_teacher_binary")
    assert check_stages(stages) == check_stages(stages)


# ------------------------------------------------------------------------------------------ mutations
# Each corrupts the output of one stage and names the checks of which at least one must fail: the stage's own.

TEACHER, GIBBS, STORAGE = "perceptron_teacher_binary", "perceptron_gibbs_temperature", "perceptron_storage_binary"
SPHERE, LINEAR = "perceptron_storage_spherical", "linear_gauss_bernoulli"
Corruption = Callable[[Stages], Check]


def change(thing, **fields):
    return dataclasses.replace(thing, **fields)


def with_component(stages: Stages, edit) -> checks.Stages:
    """The system with the first component of its first channel edited (partitions by name follow)."""
    system = stages.system
    channel = system.channels[0]
    part = edit(channel.components[0])
    partitions = {**system.partitions, part.partition.name: part.partition}
    if part.law_partition is not None:
        partitions[part.law_partition.name] = part.law_partition
    channels = (change(channel, components=(part, *channel.components[1:])), *system.channels[1:])
    return change(stages, system=change(system, channels=channels, partitions=partitions))


def replicate_forgets_a_label(s: Stages) -> Check:
    return checks.check_replicate(with_component(s, lambda p: change(p, multiplicity=1)).system)


def replicate_moves_the_margin(s: Stages) -> Check:
    def edit(p):
        return change(p, partition=change(p.partition, body=INNER >= sp.Rational(1, 2)))

    return checks.check_replicate(with_component(s, edit).system)


def replicate_doubles_the_factor(s: Stages) -> Check:
    def edit(p):
        return change(p, partition=change(p.partition, body=2 * p.partition.body))

    return checks.check_replicate(with_component(s, edit).system)


def replicate_doubles_the_noise(s: Stages) -> Check:
    delta = s.system.model.parameter("Delta").symbol

    def edit(p):
        return change(p, law_partition=change(p.law_partition, body=p.law_partition.body.xreplace({delta: 2 * delta})))

    return checks.check_replicate(with_component(s, edit).system)


def replicate_normalises_the_count(s: Stages) -> Check:
    site = s.system.site
    body = sp.Tuple(*[sp.Tuple(part[0] / 2, *part[1:]) for part in site.partition.body])
    partition = change(site.partition, body=body)
    system = change(
        s.system,
        families=(change(s.system.families[0], site=change(site, partition=partition)),),
        partitions={**s.system.partitions, partition.name: partition},
    )
    return checks.check_replicate(system)


def _covariance(s: Stages, position: int, factor) -> checks.Stages:
    first = list(s.averaged.covariances[0])
    first[position] = factor(first[position])
    averaged = change(s.averaged, covariances=(tuple(first), *s.averaged.covariances[1:]))
    return change(s, averaged=averaged, action=change(s.action, averaged=averaged))


def average_doubles_a_covariance(s: Stages) -> Check:
    return checks.check_average_disorder(_covariance(s, 0, lambda e: 2 * e).averaged)


def average_swaps_q_and_v(s: Stages) -> Check:
    symbols = s.system.symbols
    return checks.check_average_disorder(_covariance(s, 1, lambda e: symbols.r - e).averaged)


def average_flips_the_teacher(s: Stages) -> Check:
    return checks.check_average_disorder(_covariance(s, 2, lambda e: -e).averaged)


def average_forgets_the_teacher_variance(s: Stages) -> Check:
    return checks.check_average_disorder(_covariance(s, 3, lambda e: e**2).averaged)


def order_halves_an_overlap(s: Stages) -> Check:
    return checks.check_order_parameters(_covariance(s, 1, lambda e: e / 2).action)


def order_flips_the_teacher(s: Stages) -> Check:
    return checks.check_order_parameters(_covariance(s, 2, lambda e: -e).action)


def _hats(e: sp.Expr, s: Stages) -> sp.Expr:
    symbols = s.system.symbols
    return e.xreplace({symbols.q_hat: 2 * symbols.q_hat})


def ansatz_drops_a_half(s: Stages) -> Check:
    return checks.check_ansatz(s.action, change(s.replicas, interaction=2 * s.replicas.interaction))


def ansatz_counts_pairs_once(s: Stages) -> Check:
    symbols, old = s.system.symbols, s.replicas.interaction
    pairs = -symbols.n * (symbols.n - 1) * symbols.q * symbols.q_hat / 2
    return checks.check_ansatz(s.action, change(s.replicas, interaction=sp.expand(old - pairs / 2)))


def ansatz_doubles_a_hat(s: Stages) -> Check:
    return checks.check_ansatz(
        s.action, change(s.replicas, sites=tuple((size, _hats(node, s)) for size, node in s.replicas.sites))
    )


def ansatz_swaps_q_and_v(s: Stages) -> Check:
    symbols = s.system.symbols
    swap = {symbols.q: symbols.v, symbols.v: symbols.q}
    channels = tuple((a, node.xreplace(swap)) for a, node in s.replicas.channels)
    return checks.check_ansatz(s.action, change(s.replicas, channels=channels))


def ansatz_forgets_alpha(s: Stages) -> Check:
    channels = tuple((sp.S.One, node) for _, node in s.replicas.channels)
    return checks.check_ansatz(s.action, change(s.replicas, channels=channels))


def limit_flips_a_sign(s: Stages) -> Check:
    symbols = s.system.symbols
    interaction = s.free.interaction.xreplace({symbols.q_hat: -symbols.q_hat})
    return checks.check_replica_limit(s.replicas, change(s.free, interaction=interaction))


def limit_doubles_the_channel(s: Stages) -> Check:
    channels = tuple((a, 2 * node) for a, node in s.free.channels)
    return checks.check_replica_limit(s.replicas, change(s.free, channels=channels))


def limit_forgets_alpha(s: Stages) -> Check:
    channels = tuple((sp.S.One, node) for _, node in s.free.channels)
    return checks.check_replica_limit(s.replicas, change(s.free, channels=channels))


def limit_swaps_q_and_v(s: Stages) -> Check:
    symbols = s.system.symbols
    swap = {symbols.q: symbols.v, symbols.v: symbols.q}
    channels = tuple((a, node.xreplace(swap)) for a, node in s.free.channels)
    return checks.check_replica_limit(s.replicas, change(s.free, channels=channels))


def reduce_flips_m_hat(s: Stages) -> Check:
    symbols = s.system.symbols
    interaction = s.reduced.interaction.xreplace({symbols.m_hat[0]: -symbols.m_hat[0]})
    return checks.check_reduce(s.free, change(s.reduced, interaction=interaction))


def reduce_loses_a_constant(s: Stages) -> Check:
    return checks.check_reduce(s.free, change(s.reduced, interaction=s.reduced.interaction - sp.Rational(1, 2)))


def reduce_doubles_the_channel(s: Stages) -> Check:
    return checks.check_reduce(s.free, change(s.reduced, channel=2 * s.reduced.channel))


def reduce_claims_nishimori(s: Stages) -> Check:
    symbols = s.system.symbols
    found = change(s.reduced, matched=True, eliminated={**s.reduced.eliminated, symbols.m_hat[0]: symbols.q_hat})
    return checks.check_reduce(s.free, found)


def reduce_claims_another_norm(s: Stages) -> Check:
    return checks.check_reduce(s.free, change(s.reduced, norms=(2 * s.reduced.norm,)))


def reduce_misses_the_multiplier(s: Stages) -> Check:
    symbols = s.system.symbols
    return checks.check_reduce(s.free, change(s.reduced, eliminated={symbols.A: 1 + symbols.q_hat}))


def reduce_eliminates_wrongly(s: Stages) -> Check:
    symbols = s.system.symbols
    return checks.check_reduce(s.free, change(s.reduced, explicit=s.reduced.explicit + sp.log(symbols.v)))


def _saddle(s: Stages, **fields) -> Check:
    return checks.check_saddle_point(s.free, change(s.saddle, **fields))


def saddle_drops_a_factor_two(s: Stages) -> Check:
    q_hat = s.system.symbols.q_hat
    return _saddle(s, conjugates={**s.saddle.conjugates, q_hat: s.saddle.conjugates[q_hat] / 2})


def saddle_flips_m_hat(s: Stages) -> Check:
    m_hat = s.system.symbols.m_hat[0]
    return _saddle(s, conjugates={**s.saddle.conjugates, m_hat: -s.saddle.conjugates[m_hat]})


def saddle_swaps_q_and_v(s: Stages) -> Check:
    q, v = s.system.symbols.q, s.system.symbols.v
    old = s.saddle.site_map
    return _saddle(s, site_map={**old, q: old[v], v: old[q]})


def saddle_forgets_alpha(s: Stages) -> Check:
    alpha = s.system.model.parameter("alpha").symbol
    return _saddle(s, conjugates={hat: e.xreplace({alpha: sp.S.One}) for hat, e in s.saddle.conjugates.items()})


def saddle_forgets_the_field_variance(s: Stages) -> Check:
    q = s.system.symbols.q

    def narrow(node: GaussianAverage) -> sp.Expr:
        return node.func(node.body, node.bound_symbols, node.mean, [c.xreplace({q: q / 2}) for c in node.args[3]])

    changed = {h: e.replace(lambda n: isinstance(n, GaussianAverage), narrow) for h, e in s.saddle.conjugates.items()}
    return _saddle(s, conjugates=changed)


def saddle_reports_another_entropy(s: Stages) -> Check:
    return _saddle(s, free_entropy=s.saddle.free_entropy + s.system.symbols.q)


def saddle_flips_a_stationarity(s: Stages) -> Check:
    return _saddle(s, stationary={b: -e for b, e in s.saddle.stationary.items()})


MUTATIONS: list[tuple[str, Corruption]] = [
    (TEACHER, replicate_forgets_a_label),
    (STORAGE, replicate_moves_the_margin),
    (GIBBS, replicate_doubles_the_factor),
    (LINEAR, replicate_doubles_the_noise),
    (STORAGE, replicate_normalises_the_count),
    (STORAGE, average_doubles_a_covariance),
    (SPHERE, average_swaps_q_and_v),
    (LINEAR, average_flips_the_teacher),
    (LINEAR, average_forgets_the_teacher_variance),
    (TEACHER, order_halves_an_overlap),
    (LINEAR, order_flips_the_teacher),
    (STORAGE, ansatz_drops_a_half),
    (STORAGE, ansatz_counts_pairs_once),
    (TEACHER, ansatz_doubles_a_hat),
    (TEACHER, ansatz_swaps_q_and_v),
    (TEACHER, ansatz_forgets_alpha),
    (TEACHER, limit_flips_a_sign),
    (STORAGE, limit_doubles_the_channel),
    (GIBBS, limit_forgets_alpha),
    (STORAGE, limit_swaps_q_and_v),
    (GIBBS, reduce_flips_m_hat),
    ("perceptron_teacher_spherical", reduce_loses_a_constant),
    (TEACHER, reduce_doubles_the_channel),
    (GIBBS, reduce_claims_nishimori),
    (STORAGE, reduce_claims_another_norm),
    (SPHERE, reduce_misses_the_multiplier),
    (SPHERE, reduce_eliminates_wrongly),
    (TEACHER, saddle_drops_a_factor_two),
    (GIBBS, saddle_flips_m_hat),
    (STORAGE, saddle_swaps_q_and_v),
    (TEACHER, saddle_forgets_alpha),
    (GIBBS, saddle_forgets_the_field_variance),
    (STORAGE, saddle_reports_another_entropy),
    ("perceptron_storage_biased", saddle_flips_a_stationarity),
]


@pytest.mark.parametrize(("name", "corrupt"), MUTATIONS, ids=[f.__name__ for _, f in MUTATIONS])
def test_a_corruption_is_found(name: str, corrupt: Corruption) -> None:
    check = corrupt(stages_of(name))
    assert not check.passed
    assert check.error > check.bound
