"""The stage checks of energies and observations: they pass on what is derived and fail on every corruption tried."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from derive import api
from derive.replica import checks
from derive.replica.checks import Stages, check_derivation, check_stages, run_stages
from derive.replica.pipeline import run_pipeline
from derive.replica.trace import Check
from derive.spec.read import read_model

MODELS = Path(__file__).resolve().parents[1] / "support" / "energies"
ENERGIES = sorted(p.stem for p in MODELS.glob("*.toml"))
SLOW = ("hopfield_cold", "random_field_cold", "soft_spins_cold", "spherical_cold", "spiked_tensor", "spin_one_cold")


@cache
def stages_of(name: str) -> Stages:
    return run_stages(read_model(MODELS / f"{name}.toml"))


def failures(found: dict[str, Check]) -> list[str]:
    return [f"{stage}: {c.description}: {c.error:.1e} > {c.bound:.1e}" for stage, c in found.items() if not c.passed]


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in ENERGIES])
def test_every_stage_passes(name: str) -> None:
    assert failures(check_stages(stages_of(name))) == []


@pytest.mark.parametrize("name", ["curie_weiss", "spiked_matrix", "hopfield"])
def test_checks_are_attached_to_the_trace(name: str) -> None:
    trace = check_derivation(run_pipeline(read_model(MODELS / f"{name}.toml")))
    attached = {step.stage: step.check for step in trace.steps if step.check is not None}
    assert set(attached) == {step.stage for step in trace.steps}
    assert all(check.passed and check.error <= check.bound for check in attached.values())


# ------------------------------------------------------------------------------------------ mutations


def change(thing, **fields):
    return dataclasses.replace(thing, **fields)


def _replicate(s: Stages, **fields) -> Check:
    return checks.check_replicate(change(s.system, energy=change(s.system.energy, **fields)), s.model)


def replicate_doubles_xi(s: Stages) -> Check:
    return _replicate(s, covariance=2 * s.system.energy.covariance)


def replicate_takes_another_power(s: Stages) -> Check:
    (Q,) = s.system.energy.overlaps
    return _replicate(s, covariance=s.system.energy.covariance.xreplace({Q: Q**2}))


def replicate_flips_e(s: Stages) -> Check:
    return _replicate(s, value=-s.system.energy.value)


def replicate_forgets_the_self_overlap(s: Stages) -> Check:
    return _replicate(s, value=s.system.energy.value.xreplace({s.system.symbols.r: sp.S.Zero}))


def replicate_forgets_a_share_of_e(s: Stages) -> Check:
    return _replicate(s, value=s.system.energy.value / 2)


def replicate_forgets_energies(s: Stages) -> Check:
    return checks.check_replicate(change(s.system, energy=None), s.model)


def replicate_forgets_beta(s: Stages) -> Check:
    return checks.check_replicate(change(s.system, beta=sp.S.One), s.model)


def replicate_leaves_beta_to_an_observation(s: Stages) -> Check:
    return checks.check_replicate(change(s.system, beta=sp.Integer(2)), s.model)


def replicate_swaps_partners(s: Stages) -> Check:
    first, second = s.system.symbols.m
    swap = {first: second, second: first}
    return _replicate(s, value=s.system.energy.value.xreplace(swap))


def _average(s: Stages, own=lambda e: e, pair=lambda e: e) -> Stages:
    averaged = change(s.averaged, energies=(own(s.averaged.energies[0]), pair(s.averaged.energies[1])))
    return change(s, averaged=averaged, action=change(s.action, averaged=averaged))


def average_drops_the_diagonal(s: Stages) -> Check:
    beta = s.system.beta
    return checks.check_average_disorder(_average(s, own=lambda e: -beta * s.system.energy.value).averaged)


def average_drops_the_pairs(s: Stages) -> Check:
    return checks.check_average_disorder(_average(s, pair=lambda e: sp.S.Zero).averaged)


def average_counts_pairs_once(s: Stages) -> Check:
    return checks.check_average_disorder(_average(s, pair=lambda e: e / 2).averaged)


def average_forgets_a_half(s: Stages) -> Check:
    beta, energy, symbols = s.system.beta, s.system.energy, s.system.symbols
    own = beta**2 * energy.at(symbols.r) - beta * energy.value
    return checks.check_average_disorder(_average(s, own=lambda e: own, pair=lambda e: 2 * e).averaged)


def average_takes_beta_once(s: Stages) -> Check:
    return checks.check_average_disorder(_average(s, pair=lambda e: e / s.system.beta).averaged)


def average_flips_e(s: Stages) -> Check:
    beta = s.system.beta
    return checks.check_average_disorder(_average(s, own=lambda e: e + 2 * beta * s.system.energy.value).averaged)


def average_forgets_e(s: Stages) -> Check:
    return checks.check_average_disorder(_average(s, own=lambda e: sp.S.Zero).averaged)


def order_swaps_r_and_q(s: Stages) -> Check:
    symbols = s.system.symbols
    swapped = _average(
        s, own=lambda e: e.xreplace({symbols.r: symbols.q}), pair=lambda e: e.xreplace({symbols.q: symbols.r})
    )
    return checks.check_order_parameters(swapped.action)


def order_doubles_an_overlap(s: Stages) -> Check:
    symbols = s.system.symbols
    return checks.check_order_parameters(_average(s, pair=lambda e: e.xreplace({symbols.q: 2 * symbols.q})).action)


def order_flips_m(s: Stages) -> Check:
    m = s.system.symbols.m[0]
    return checks.check_order_parameters(_average(s, own=lambda e: e.xreplace({m: -m})).action)


def order_swaps_partners(s: Stages) -> Check:
    first, second = s.system.symbols.m
    swap = {first: second, second: first}
    return checks.check_order_parameters(_average(s, own=lambda e: e.xreplace(swap)).action)


def _ansatz(s: Stages, energy: sp.Expr) -> Check:
    return checks.check_ansatz(s.action, change(s.replicas, energy=energy))


def ansatz_drops_the_diagonal(s: Stages) -> Check:
    symbols, energy = s.system.symbols, s.system.energy
    return _ansatz(s, s.replicas.energy - symbols.n * s.system.beta**2 * energy.at(symbols.r) / 2)


def ansatz_counts_pairs_once(s: Stages) -> Check:
    symbols, energy = s.system.symbols, s.system.energy
    pairs = symbols.n * (symbols.n - 1) * s.system.beta**2 * energy.at(symbols.q) / 2
    return _ansatz(s, s.replicas.energy - pairs / 2)


def ansatz_counts_all_pairs(s: Stages) -> Check:
    symbols, energy = s.system.symbols, s.system.energy
    return _ansatz(s, s.replicas.energy + symbols.n * s.system.beta**2 * energy.at(symbols.q) / 2)


def ansatz_has_one_field(s: Stages) -> Check:
    symbols, value = s.system.symbols, s.system.energy.value
    return _ansatz(s, s.replicas.energy + (symbols.n - 1) * s.system.beta * value)


def ansatz_forgets_energies(s: Stages) -> Check:
    return _ansatz(s, sp.S.Zero)


def _limit(s: Stages, energy: sp.Expr) -> Check:
    return checks.check_replica_limit(s.replicas, change(s.free, energy=energy))


def limit_forgets_energies(s: Stages) -> Check:
    return _limit(s, sp.S.Zero)


def limit_drops_the_diagonal(s: Stages) -> Check:
    symbols, energy = s.system.symbols, s.system.energy
    return _limit(s, s.free.energy - s.system.beta**2 * energy.at(symbols.q + symbols.v) / 2)


def limit_flips_the_pairs(s: Stages) -> Check:
    return _limit(s, s.free.energy + s.system.beta**2 * s.system.energy.at(s.system.symbols.q))


def limit_flips_e(s: Stages) -> Check:
    symbols = s.system.symbols
    value = s.system.energy.value.xreplace({symbols.r: symbols.q + symbols.v})
    return _limit(s, s.free.energy + 2 * s.system.beta * value)


def _temperature(s: Stages, **fields) -> Check:
    return checks.check_temperature(s.free, change(s.cold, **fields))


def _entropy(s: Stages, edit: Callable[[sp.Expr, sp.Symbol], sp.Expr]) -> Check:
    system = s.cold.system
    return _temperature(s, system=change(system, zero_entropy=edit(system.zero_entropy, system.symbols.v)))


def temperature_forgets_energies(s: Stages) -> Check:
    return _temperature(s, energy=sp.S.Zero)


def temperature_doubles_the_slope(s: Stages) -> Check:
    return _temperature(s, energy=s.cold.energy.xreplace({s.cold.system.symbols.v: 2 * s.cold.system.symbols.v}))


def temperature_flips_e(s: Stages) -> Check:
    symbols = s.cold.system.symbols
    value = s.system.energy.value.xreplace({symbols.r: symbols.q})
    return _temperature(s, energy=s.cold.energy + 2 * value)


def entropy_is_zero(s: Stages) -> Check:
    return _entropy(s, lambda e, v: sp.S.Zero)


def entropy_flips(s: Stages) -> Check:
    return _entropy(s, lambda e, v: -e)


def entropy_doubles_V(s: Stages) -> Check:
    return _entropy(s, lambda e, v: e.xreplace({v: 2 * v}))


def entropy_forgets_the_fluctuations(s: Stages) -> Check:
    return _entropy(s, lambda e, v: e + s.cold.channels[0][0] * sp.log(1 - v) / 2)


def entropy_forgets_the_tie(s: Stages) -> Check:
    """Leave out what moves with q = r - V/beta, or V_hat V/2 where q is free."""
    symbols = s.cold.system.symbols
    slope = sp.diff(s.cold.energy, symbols.q)
    tie = symbols.A * symbols.v / 2 if s.cold.system.fixed_norm is None else -symbols.v * slope
    return _entropy(s, lambda e, v: e - tie)


def reduce_forgets_energies(s: Stages) -> Check:
    return checks.check_reduce(s.limit, change(s.reduced, channel=s.reduced.channel - s.limit.energy))


def reduce_misses_the_self_term(s: Stages) -> Check:
    """Without the self term of an observation r_hat is not zero, and the manifold not invariant."""
    symbols, energy = s.system.symbols, s.system.energy
    own = energy.value.xreplace({symbols.m[0]: sp.S.Zero, symbols.r: symbols.q + symbols.v})
    free = change(s.free, energy=s.free.energy + own)
    return checks.check_reduce(free, change(s.reduced, channel=s.reduced.channel + own))


def reduce_has_half_a_spike(s: Stages) -> Check:
    symbols, energy = s.system.symbols, s.system.energy
    planted = energy.value - energy.value.xreplace({symbols.m[0]: sp.S.Zero})
    free = change(s.free, energy=s.free.energy + planted / 2)
    reduced = change(s.reduced, channel=s.reduced.channel + planted.xreplace({symbols.m[0]: symbols.q}) / 2)
    return checks.check_reduce(free, reduced)


def _saddle(s: Stages, hat: sp.Symbol, edit: Callable[[sp.Expr], sp.Expr]) -> Check:
    conjugates = {**s.saddle.conjugates, hat: edit(s.saddle.conjugates[hat])}
    return checks.check_saddle_point(s.limit, change(s.saddle, conjugates=conjugates))


def saddle_halves_q_hat(s: Stages) -> Check:
    return _saddle(s, s.saddle.system.symbols.q_hat, lambda e: e / 2)


def saddle_flips_m_hat(s: Stages) -> Check:
    return _saddle(s, s.saddle.system.symbols.m_hat[0], lambda e: -e)


def saddle_forgets_r_hat(s: Stages) -> Check:
    symbols = s.saddle.system.symbols
    return _saddle(s, symbols.A, lambda e: s.saddle.conjugates[symbols.q_hat])


GLASS, MIXED, SPIN, FIELD, MATRIX, TENSOR = (
    "glass", "mixed_spins", "spin_one", "random_field", "spiked_matrix", "spiked_tensor",
)  # fmt: skip
MUTATIONS: list[tuple[str, Callable[[Stages], Check]]] = [
    (GLASS, replicate_doubles_xi),
    ("weighted", replicate_doubles_xi),
    (MIXED, replicate_takes_another_power),
    (MATRIX, replicate_doubles_xi),
    (MATRIX, replicate_forgets_a_share_of_e),
    (MATRIX, replicate_forgets_the_self_overlap),
    (TENSOR, replicate_doubles_xi),
    (TENSOR, replicate_flips_e),
    (MATRIX, replicate_leaves_beta_to_an_observation),
    ("curie_weiss", replicate_flips_e),
    ("curie_weiss", replicate_forgets_energies),
    (GLASS, replicate_forgets_beta),
    (SPIN, replicate_forgets_the_self_overlap),
    (FIELD, replicate_swaps_partners),
    ("hopfield", replicate_forgets_the_self_overlap),
    (GLASS, average_drops_the_diagonal),
    (GLASS, average_drops_the_pairs),
    (MIXED, average_counts_pairs_once),
    ("spherical", average_forgets_a_half),
    ("weighted", average_takes_beta_once),
    (MATRIX, average_drops_the_diagonal),
    (SPIN, average_flips_e),
    ("curie_weiss", average_forgets_e),
    (SPIN, order_swaps_r_and_q),
    ("weighted", order_doubles_an_overlap),
    ("curie_weiss", order_flips_m),
    (FIELD, order_swaps_partners),
    ("hopfield", order_swaps_r_and_q),
    (GLASS, ansatz_drops_the_diagonal),
    (MIXED, ansatz_counts_pairs_once),
    (SPIN, ansatz_counts_all_pairs),
    (FIELD, ansatz_has_one_field),
    ("hopfield", ansatz_forgets_energies),
    (GLASS, limit_forgets_energies),
    (SPIN, limit_drops_the_diagonal),
    (MATRIX, limit_flips_the_pairs),
    ("curie_weiss", limit_flips_e),
    ("glass_cold", temperature_forgets_energies),
    ("glass_cold", temperature_doubles_the_slope),
    ("glass_cold", temperature_flips_e),
    ("glass_cold", entropy_is_zero),
    ("glass_cold", entropy_flips),
    ("glass_cold", entropy_doubles_V),
    ("glass_cold", entropy_forgets_the_tie),
    ("spin_one_cold", entropy_forgets_the_tie),
    ("random_field_cold", entropy_is_zero),
    ("hopfield_cold", entropy_forgets_the_fluctuations),
    ("hopfield_cold", entropy_is_zero),
    (GLASS, reduce_forgets_energies),
    (TENSOR, reduce_misses_the_self_term),
    (MATRIX, reduce_has_half_a_spike),
    ("observed_twice", reduce_has_half_a_spike),
    (MIXED, saddle_halves_q_hat),
    ("curie_weiss", saddle_flips_m_hat),
    (SPIN, saddle_forgets_r_hat),
    (MATRIX, saddle_halves_q_hat),
    ("glass_cold", saddle_halves_q_hat),
]


@pytest.mark.parametrize(
    ("model", "corrupt"),
    [pytest.param(n, f, id=f"{f.__name__}-{n}", marks=pytest.mark.slow if n in SLOW else ()) for n, f in MUTATIONS],
)
def test_a_corrupted_stage_fails(model: str, corrupt: Callable[[Stages], Check]) -> None:
    found = corrupt(stages_of(model))
    assert not found.passed, found
    assert found.error > found.bound


# ---------------------------------------------------------------------------------- at its own saddle point


@pytest.mark.slow
@pytest.mark.parametrize(("model", "given"), [("glass", {"h": "1/2"}), ("hopfield", {"alpha": "1/20"})])
def test_the_entropy_at_zero_temperature_is_that_of_low_ones(model: str, given: dict[str, str], tmp_path: Path) -> None:
    """Phi(beta) at its own saddle point is beta phi_0 + s_0 + c/beta, and the observable follows."""
    cold = api.solve(MODELS / f"{model}_cold.toml", given, generated=tmp_path).dominant
    betas = (50, 100, 200, 400)
    warm = [api.solve(MODELS / f"{model}.toml", {**given, "T": f"1/{b}"}, generated=tmp_path).dominant for b in betas]
    powers = np.array([[float(b) ** k for k in (1, 0, -1, -2)] for b in betas])
    found = np.linalg.solve(powers, np.array([s.free_entropy for s in warm]))
    assert found[0] == pytest.approx(cold.free_entropy, abs=1e-6)
    assert found[1] == pytest.approx(cold.observables["entropy"], abs=1e-5)
    assert warm[-1].observables["entropy"] == pytest.approx(cold.observables["entropy"], abs=1e-2)
