"""The stage checks at zero temperature, and that each fails when what it checks is corrupted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import sympy as sp

from derive.calculus.envelopes import Envelope
from derive.calculus.nodes import GaussianAverage, MoreauEnvelope
from derive.replica import checks
from derive.replica.checks import Stages, check_derivation, check_stages, run_stages
from derive.replica.checks.points import Ledger, Point
from derive.replica.checks.temperature import _check_envelope
from derive.replica.pipeline import run_pipeline
from derive.replica.trace import Check
from derive.spec.read import read_model

MODELS = Path(__file__).resolve().parents[1] / "support" / "cold"
COLD = sorted(p.stem for p in MODELS.glob("*.toml"))
TINY = ("logistic", "sphere")
STAGES = (
    "replicate", "average_disorder", "order_parameters", "ansatz", "replica_limit", "temperature", "reduce",
    "saddle_point",
)  # fmt: skip


@cache
def stages_of(name: str) -> Stages:
    return run_stages(read_model(MODELS / f"{name}.toml"))


def failures(found: dict[str, Check]) -> list[str]:
    return [f"{stage}: {c.description}: {c.error:.1e} > {c.bound:.1e}" for stage, c in found.items() if not c.passed]


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in TINY else pytest.mark.slow) for name in COLD])
def test_every_stage_passes(name: str) -> None:
    found = check_stages(stages_of(name))
    assert tuple(found) == STAGES
    assert failures(found) == []


@pytest.mark.slow
def test_checks_are_attached_to_the_trace() -> None:
    trace = check_derivation(run_pipeline(read_model(MODELS / "hinge.toml")))
    attached = {step.stage: step.check for step in trace.steps if step.check is not None}
    assert set(attached) == set(STAGES)
    assert all(check.passed and check.error <= check.bound for check in attached.values())


# ------------------------------------------------------------------------------------------ mutations


def change(thing, **fields):
    return dataclasses.replace(thing, **fields)


def _temperature(s: Stages, **fields) -> Check:
    return checks.check_temperature(s.free, change(s.cold, **fields))


def temperature_flips_a_sign(s: Stages) -> Check:
    symbols = s.cold.system.symbols
    return _temperature(s, interaction=s.cold.interaction.xreplace({symbols.q_hat: -symbols.q_hat}))


def temperature_forgets_a_half(s: Stages) -> Check:
    return _temperature(s, interaction=2 * s.cold.interaction)


def temperature_doubles_the_channel(s: Stages) -> Check:
    return _temperature(s, channels=tuple((a, 2 * node) for a, node in s.cold.channels))


def temperature_flips_the_channel(s: Stages) -> Check:
    return _temperature(s, channels=tuple((a, -node) for a, node in s.cold.channels))


def temperature_doubles_V(s: Stages) -> Check:
    V = s.cold.system.symbols.v
    return _temperature(s, channels=tuple((a, node.xreplace({V: 2 * V})) for a, node in s.cold.channels))


def temperature_halves_V_hat(s: Stages) -> Check:
    A = s.cold.system.symbols.A
    return _temperature(s, sites=tuple((size, node.xreplace({A: A / 2})) for size, node in s.cold.sites))


def temperature_forgets_alpha(s: Stages) -> Check:
    return _temperature(s, channels=tuple((sp.S.One, node) for _, node in s.cold.channels))


def _envelopes(s: Stages, name: str, edit: Callable[[Envelope], Envelope]) -> Check:
    ledger = Ledger()
    _check_envelope(edit(s.cold.system.envelopes[name]), Point(s.cold.system), ledger)
    return ledger.check("one envelope")


def _regions(found: Envelope, edit) -> Envelope:
    return change(found, regions=tuple(edit(r) for r in found.regions))


def envelope_moves_a_boundary(s: Stages) -> Check:
    return _envelopes(s, "M_01", lambda e: _regions(e, lambda r: change(r, upper=r.upper.xreplace({e.variance: 0}))))


def envelope_shifts_the_other_way(s: Stages) -> Check:
    return _envelopes(
        s, "M_01", lambda e: _regions(e, lambda r: change(r, prox=r.prox.xreplace({e.variance: -e.variance})))
    )


def envelope_forgets_a_half(s: Stages) -> Check:
    return _envelopes(s, "M_w", lambda e: change(e, body=2 * e.body))


def envelope_has_another_support(s: Stages) -> Check:
    return _envelopes(s, "M_w", lambda e: change(e, support=(sp.S.Zero, sp.oo)))


def _residual(s: Stages, **fields) -> Check:
    system = s.cold.system
    residual = change(system.residuals[0], **fields)
    channels = ((s.cold.channels[0][0], residual.average(system.symbols, lambda u, l: l)), *s.cold.channels[1:])
    return _temperature(s, channels=channels)


def residual_flips_the_teacher(s: Stages) -> Check:
    m = s.cold.system.symbols.m[0]
    branches = tuple((w, c, v.xreplace({m: -m}), d) for w, c, v, d in s.cold.system.residuals[0].branches)
    return _residual(s, branches=branches)


def residual_forgets_the_noise(s: Stages) -> Check:
    branches = tuple((w, c, v - sp.Rational(1, 4), d) for w, c, v, d in s.cold.system.residuals[0].branches)
    return _residual(s, branches=branches)


def reduce_closes_wrongly(s: Stages) -> Check:
    return checks.check_reduce(s.cold, change(s.reduced, channel=s.reduced.channel * sp.Rational(101, 100)))


def reduce_misses_the_multiplier(s: Stages) -> Check:
    return checks.check_reduce(s.cold, change(s.reduced, eliminated={s.cold.system.symbols.A: sp.S.One}))


def _saddle(s: Stages, **fields) -> Check:
    return checks.check_saddle_point(s.cold, change(s.saddle, **fields))


def saddle_drops_a_factor_two(s: Stages) -> Check:
    q_hat = s.cold.system.symbols.q_hat
    return _saddle(s, conjugates={**s.saddle.conjugates, q_hat: s.saddle.conjugates[q_hat] / 2})


def saddle_flips_m_hat(s: Stages) -> Check:
    m_hat = s.cold.system.symbols.m_hat[0]
    return _saddle(s, conjugates={**s.saddle.conjugates, m_hat: -s.saddle.conjugates[m_hat]})


def saddle_swaps_q_and_V(s: Stages) -> Check:
    q, V = s.cold.system.symbols.q, s.cold.system.symbols.v
    return _saddle(s, site_map={**s.saddle.site_map, q: s.saddle.site_map[V], V: s.saddle.site_map[q]})


def saddle_reports_another_entropy(s: Stages) -> Check:
    return _saddle(s, free_entropy=-s.saddle.free_entropy)


def saddle_flips_a_stationarity(s: Stages) -> Check:
    return _saddle(s, stationary={b: -e for b, e in s.saddle.stationary.items()})


def jacobian_of_another_map(s: Stages) -> Check:
    """The Jacobians are derived from the reduced expressions: differentiate halves of them."""
    reduced = s.saddle.reduced

    class Halved(type(reduced)):
        def differentiate(self, expression, symbol):
            return super().differentiate(expression, symbol) / 2

    fields = {f.name: getattr(reduced, f.name) for f in dataclasses.fields(reduced)}
    return _saddle(s, reduced=Halved(**fields))


def jacobian_by_price_at_a_kink(s: Stages) -> Check:
    """Price's theorem asks for third derivatives, whose point masses at the kinks are lost."""
    reduced = s.saddle.reduced

    class Smooth(type(reduced)):
        def _smooth(self, expression):
            return True

    fields = {f.name: getattr(reduced, f.name) for f in dataclasses.fields(reduced)}
    nodes = {h: e for h, e in s.saddle.conjugates.items() if e.has(GaussianAverage, MoreauEnvelope)}
    assert nodes, "an equation that stays an average"
    return _saddle(s, reduced=Smooth(**fields))


MUTATIONS: list[tuple[str, Callable[[Stages], Check]]] = [
    ("logistic", temperature_flips_a_sign),
    ("logistic", temperature_forgets_a_half),
    ("sphere", temperature_doubles_the_channel),
    ("sphere", temperature_flips_the_channel),
    ("sphere", temperature_doubles_V),
    ("logistic", temperature_halves_V_hat),
    ("sphere", temperature_forgets_alpha),
    ("hinge", envelope_moves_a_boundary),
    ("hinge", envelope_shifts_the_other_way),
    ("lasso", envelope_forgets_a_half),
    ("lasso", envelope_has_another_support),
    ("hinge", reduce_closes_wrongly),
    ("sphere", reduce_misses_the_multiplier),
    ("hinge", saddle_drops_a_factor_two),
    ("logistic", saddle_flips_m_hat),
    ("lasso", saddle_swaps_q_and_V),
    ("ridge", saddle_reports_another_entropy),
    ("mixture", saddle_flips_a_stationarity),
    ("logistic", jacobian_of_another_map),
    ("hinge_logistic", jacobian_by_price_at_a_kink),
]
SLOW = [("ridge", residual_flips_the_teacher), ("ridge", residual_forgets_the_noise)]
ALL = [*MUTATIONS, *[pytest.param(*m, marks=pytest.mark.slow) for m in SLOW]]


@pytest.mark.parametrize(("name", "corrupt"), ALL, ids=[f.__name__ for _, f in [*MUTATIONS, *SLOW]])
def test_a_corruption_is_found(name: str, corrupt: Callable[[Stages], Check]) -> None:
    check = corrupt(stages_of(name))
    assert not check.passed
    assert check.error > check.bound
