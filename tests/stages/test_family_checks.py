"""The stage checks with several families of sites, and that each fails when sizes or families are mixed up."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache

import pytest
import sympy as sp

from derive.replica import checks
from derive.replica.checks import Stages, check_stages, run_stages
from derive.replica.trace import Check
from tests.support import zoo

MODELS = ("bipartite_sk", "rbm_gaussian_binary", "spiked_wishart")


@cache
def stages_of(name: str) -> Stages:
    return run_stages(zoo.load(name))


def change(thing, **fields):
    return dataclasses.replace(thing, **fields)


@pytest.mark.parametrize("name", MODELS)
def test_every_stage_passes(name: str) -> None:
    found = check_stages(stages_of(name))
    assert [f"{stage}: {c.description}" for stage, c in found.items() if not c.passed] == []


def _unsized(s: Stages, e: sp.Expr) -> sp.Expr:
    """An expression in which every family has the size of the whole."""
    return e.xreplace({x: sp.S.One for f in s.system.families for x in f.size.free_symbols})


def replicate_forgets_the_sizes(s: Stages) -> Check:
    energy = change(s.system.energy, covariance=_unsized(s, 2 * s.system.energy.covariance))
    return checks.check_replicate(change(s.system, energy=energy), s.model)


def average_takes_half_a_pair(s: Stages) -> Check:
    own, pair = s.averaged.energies
    return checks.check_average_disorder(change(s.averaged, energies=(own, pair / 2)))


def order_parameters_mix_the_overlaps(s: Stages) -> Check:
    one, two = (f.symbols for f in s.system.families)
    own, pair = s.averaged.energies
    mixed = change(s.averaged, energies=(own, pair.xreplace({one.q: two.q})))
    return checks.check_order_parameters(change(s.action, averaged=mixed))


def ansatz_forgets_the_size_of_the_interaction(s: Stages) -> Check:
    return checks.check_ansatz(s.action, change(s.replicas, interaction=_unsized(s, 3 * s.replicas.interaction)))


def ansatz_exchanges_the_sites(s: Stages) -> Check:
    (a, one), (b, two) = s.replicas.sites
    return checks.check_ansatz(s.action, change(s.replicas, sites=((a, two), (b, one))))


def limit_exchanges_the_sizes(s: Stages) -> Check:
    (a, one), (b, two) = s.free.sites
    return checks.check_replica_limit(s.replicas, change(s.free, sites=((b, one), (a, two))))


def reduce_ties_the_other_family(s: Stages) -> Check:
    one, two = (f.symbols for f in s.system.families)
    eliminated = {**s.reduced.eliminated, one.A: two.q_hat}
    return checks.check_reduce(s.limit, change(s.reduced, eliminated=eliminated, site=s.reduced.site * 2))


def saddle_forgets_to_divide_by_the_size(s: Stages) -> Check:
    family = s.system.families[0]
    hat = family.symbols.q_hat
    conjugates = {**s.saddle.conjugates, hat: family.size * s.saddle.conjugates[hat]}
    return checks.check_saddle_point(s.limit, change(s.saddle, conjugates=conjugates))


def saddle_exchanges_the_maps(s: Stages) -> Check:
    one, two = (f.symbols for f in s.system.families)
    site_map = {**s.saddle.site_map, one.q: s.saddle.site_map[two.q], two.q: s.saddle.site_map[one.q]}
    return checks.check_saddle_point(s.limit, change(s.saddle, site_map=site_map))


CORRUPTIONS: tuple[tuple[str, Callable[[Stages], Check]], ...] = (
    ("bipartite_sk", replicate_forgets_the_sizes),
    ("spiked_wishart", replicate_forgets_the_sizes),
    ("bipartite_sk", average_takes_half_a_pair),
    ("rbm_gaussian_binary", order_parameters_mix_the_overlaps),
    ("bipartite_sk", ansatz_forgets_the_size_of_the_interaction),
    ("rbm_gaussian_binary", ansatz_exchanges_the_sites),
    ("bipartite_sk", limit_exchanges_the_sizes),
    ("bipartite_sk", reduce_ties_the_other_family),
    ("bipartite_sk", saddle_forgets_to_divide_by_the_size),
    ("rbm_gaussian_binary", saddle_forgets_to_divide_by_the_size),
    ("rbm_gaussian_binary", saddle_exchanges_the_maps),
)


@pytest.mark.parametrize(("name", "corrupt"), CORRUPTIONS, ids=[f"{f.__name__}-{n}" for n, f in CORRUPTIONS])
def test_a_corruption_is_found(name: str, corrupt: Callable[[Stages], Check]) -> None:
    check = corrupt(stages_of(name))
    assert not check.passed
    assert check.error > check.bound
