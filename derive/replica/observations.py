r"""Noisy observations of a signal, written out: noise energy, planted energy and self term at beta = 1.

Y = sqrt(snr (p-1)!/N^(p-1)) x0...x0 + noise over i < j < ..: log P(Y | x) less log P(Y | 0) is, with H Gaussian of
covariance N snr Q^p/p, -H + N snr (x.x0/N)^p/p - N snr (x.x/N)^p/(2p) to leading order in N.  For two families
Y = sqrt(snr/N) u0 v0^T + noise over all pairs, with the sizes of the families.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from derive.replica.trace import Trace
from derive.spec.functions import Cross, Overlap
from derive.spec.model import Energy, Model, Observation

__all__ = ["expand_observations"]


def _energies(observation: Observation, model: Model) -> tuple[Energy, Energy]:
    """The Gaussian and the deterministic energy of one observation."""
    weights = {w.name: w for w in model.weights}
    quenched = {q.name: q.symbol for q in model.quenched}
    of = [weights[name] for name in observation.of]
    pairs = [(w.symbol, quenched[t]) for w, t in zip(of, observation.truth, strict=True)]
    size = {f.name: f.size for f in model.families}
    if len(set(observation.of)) == 1:
        order = len(of)
        strength = observation.snr / order * size.get(of[0].family, sp.S.One)
        factors = [pairs[0]] * order
    else:
        strength = observation.snr * sp.Mul(*[size.get(w.family, sp.S.One) for w in of])
        factors = pairs
    noise = strength * sp.Mul(*[Cross(w, w) for w, _ in factors])
    planted = -strength * sp.Mul(*[Overlap(w, t) for w, t in factors])
    own = strength * sp.Mul(*[Overlap(w, w) for w, _ in factors]) / 2
    return Energy("gaussian", noise), Energy("value", planted + own)


def _in_overlaps(e: sp.Expr) -> sp.Expr:
    """For the reader: Q of two replicas, r of one with itself, m with the truth."""
    own = {o: sp.Symbol("r") for o in e.atoms(Overlap) if o.args[0] == o.args[1]}
    return e.xreplace({c: sp.Symbol("Q") for c in e.atoms(Cross)} | own).replace(
        lambda o: isinstance(o, Overlap), lambda o: sp.Symbol("m")
    )


def expand_observations(model: Model, trace: Trace) -> Model:
    """The model with energies in place of its observations, as a step of the derivation."""
    if not model.observations:
        return model
    found = [e for observation in model.observations for e in _energies(observation, model)]
    kinds = {"gaussian": "xi", "value": "e"}
    trace.record(
        "observation-expanded",
        "replicate",
        "exact",
        r"An observation is a channel with Gaussian noise: the posterior of the signal has, at $\beta=1$, a Gaussian "
        r"energy $H$ of covariance $N\xi$ made of the noise, and a deterministic energy $N e$ made of the overlap $m$ "
        r"with the truth and of the self-overlap $r$; $Z$ is $P(Y)$ over its value without a signal. "
        r"(Diagonal terms are of lower order in $N$.)",
        [(kinds[e.kind], _in_overlaps(e.expression)) for e in found],
        conditions=("entries of the noise are independent standard normal", "overlaps are of order one"),
    )
    return replace(model, beta=sp.S.One, observations=(), energies=(*model.energies, *found))
