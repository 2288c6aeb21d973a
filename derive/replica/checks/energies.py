r"""Energies as the model writes them: explicit sums over sites, observations by their likelihoods, couplings drawn.

Only the model and explicit weights are used here: `cross(f, g)` and `overlap(f, g)` are sums over sites, a random
energy is a form in independent couplings, log E exp(-beta sum_a H_a) a product of sums over each of them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import sympy as sp

from derive.replica.average_disorder import AveragedSystem
from derive.replica.checks.measure import Array, number
from derive.replica.checks.points import Ledger, Point
from derive.replica.checks.sites import Sites, draw_sites, joint_overlaps
from derive.replica.checks.spec import Values
from derive.replica.system import System
from derive.spec.functions import Cross, Overlap
from derive.spec.model import Model, Observation

__all__ = ["check_averaged_energies", "check_written_energies", "evaluated", "written_sums"]

Draw = Callable[[Point, int, int, np.random.Generator], Sites]
EXACT = 1e-8
SIZE, DRAWS = 3, 3
COUPLINGS = 20000
"""Largest number of couplings, and of entries of an observation, that are written out."""


# ------------------------------------------------------------------------------------ as the model writes them


def evaluated(expression: sp.Expr, values: Values, mean: Callable[[sp.Basic], float]) -> float:
    """An energy at given values of its site averages."""
    nodes = sorted(expression.atoms(Cross, Overlap), key=str)
    names = {node: sp.Symbol(f"@{j}", real=True) for j, node in enumerate(nodes)}
    return number(expression.xreplace(names), {**values, **{names[node]: mean(node) for node in nodes}})


def _family(node: sp.Basic, model: Model) -> int:
    """The family of sites that an overlap is a mean over."""
    return next((f for f, w in enumerate(model.weights) if node.free_symbols & set(w.symbols)), 0)


def _site(node: sp.Basic, first: Values, second: Values) -> float:
    """What one site adds: f(w_a) g(w_b), symmetrised, or f g inside one replica."""
    f, g = ([number(side, values) for values in (first, second)] for side in node.args)
    return (f[0] * g[1] + f[1] * g[0]) / 2 if isinstance(node, Cross) else f[0] * g[0]


def written_sums(model: Model, point: Point, families: Sequence[Sites], a: int, b: int) -> tuple[float, float]:
    """E H_a H_b/N and e_a of the energies of a model (not of its observations)."""

    def mean(node: sp.Basic) -> float:
        family = _family(node, model)
        named = [families[family].named(point.views[family], replica) for replica in (a, b)]
        return float(np.mean([_site(node, first, second) for first, second in zip(*named, strict=True)]))

    found = {"gaussian": 0.0, "value": 0.0}
    for energy in model.energies:
        found[energy.kind] += evaluated(energy.expression, point.parameters, mean)
    return found["gaussian"], found["value"]


# ----------------------------------------------------------------------------------------------- observations


def _ratios(planted: Array, first: Array, second: Array, mean: Callable[[Array], float]) -> tuple[float, float]:
    """Covariance and value of log P(Y | x) - log P(Y | 0) summed over entries with these signals."""
    step = 1 + np.abs(planted) + np.abs(first) + np.abs(second)  # of the noise, so that nothing small is left over

    def ratio(signal: Array, noise: Array | float) -> Array:
        y = planted + noise
        return signal * (2 * y - signal) / 2  # [y^2 - (y - signal)^2]/2

    slopes = [(ratio(signal, step) - ratio(signal, 0.0)) / step for signal in (first, second)]
    return mean(slopes[0] * slopes[1]), -mean(ratio(first, 0.0))


def _observed(
    observation: Observation, model: Model, point: Point, families: Sequence[Sites], a: int, b: int
) -> tuple[float, float]:
    """The same of log P(Y | x) - log P(Y | 0) = -H - N e, entry by entry.

    Of two families all pairs are entries: size_u N times size_v N of them, each of order 1/N.  Of one family, with its
    own number of sites for N, both are polynomials in 1/M of degree p - 1 over M copies of the sites: entries
    i < j < .. leave the diagonals out.  M = 1, ..., p give the limit M -> infinity without an error.
    """
    snr = number(observation.snr, point.parameters)
    names = [w.name for w in model.weights]
    symbols = {q.name: q.symbol for q in model.quenched}
    homes = [families[names.index(name)] for name in observation.of]
    truths = [
        np.array([s[symbols[t]] for s in home.quenched]) for home, t in zip(homes, observation.truth, strict=True)
    ]
    sizes = [number(point.system.families[names.index(name)].size, point.parameters) for name in observation.of]
    if len(set(observation.of)) > 1:
        pairs = [np.multiply.outer(*[home.weights[c] for home in homes]).ravel() for c in (a, b)]
        planted, first, second = (np.sqrt(snr) * x for x in (np.multiply.outer(*truths).ravel(), *pairs))
        share = float(np.prod(sizes))  # size_u size_v N^2 entries, each 1/N of these, over N
        return _ratios(planted, first, second, lambda x: share * float(np.mean(x)))
    (sites, *_), (truth, *_) = homes, truths
    order, size = len(observation.of), len(sites.quenched)
    covariances: list[float] = []
    values: list[float] = []
    for copies in range(1, order + 1):
        n = size * copies
        scale = np.sqrt(snr * math.factorial(order - 1) / n ** (order - 1))
        entries = np.array(list(itertools.combinations(range(n), order)), dtype=int).reshape(-1, order)
        planted, first, second = (
            scale * np.prod(np.tile(x, copies)[entries], axis=1) for x in (truth, sites.weights[a], sites.weights[b])
        )
        per_site = sizes[0] / n
        covariance, value = _ratios(planted, first, second, lambda x, part=per_site: part * float(np.sum(x)))  # type: ignore[misc]
        covariances.append(covariance)
        values.append(value)
    return _many_copies(covariances), _many_copies(values)


def _many_copies(values: Sequence[float]) -> float:
    """The polynomial in 1/M through the values at M = 1, 2, ... at 1/M = 0."""
    nodes, total = 1 / np.arange(1.0, len(values) + 1), 0.0
    for j, value in enumerate(values):
        others = np.delete(nodes, j)
        total += value * float(np.prod(-others / (nodes[j] - others)))
    return total


def check_written_energies(
    system: System, written: Model, point: Point, rng: np.random.Generator, ledger: Ledger, draw: Draw = draw_sites
) -> None:
    """beta^2 xi and beta e of the derivation at the overlaps of few explicit sites."""
    if not (written.energies or written.observations or system.energy is not None):
        return
    symbols = [f.symbols for f in system.families]
    zero = (sp.S.Zero, sp.S.Zero)
    found = zero if system.energy is None else (system.energy.at(*[s.q for s in symbols]), system.energy.value)
    beta = 1.0
    if written.energies:
        beta = number(system.model.beta if written.beta is sp.oo else written.beta, point.parameters)
    derived = 1.0 if system.beta is None else number(system.beta, point.parameters)
    size, order = SIZE, max((len(o.of) for o in written.observations), default=1)
    while math.comb(size * order, order) > COUPLINGS:
        size -= 1  # one site has one entry
    for turn in range(DRAWS):
        sites = [draw(view, size, 2, rng) for view in point.views]
        at = {**point.parameters, **joint_overlaps(sites, point)}
        own_overlaps = {**at, **{s.q: at[s.r] for s in symbols}}
        noise = [derived**2 * number(found[0], values) for values in (own_overlaps, at)]
        value = derived * number(found[1], at)
        own, pair = written_sums(written, point, sites, 0, 0), written_sums(written, point, sites, 0, 1)
        expected = [beta**2 * own[0], beta**2 * pair[0], beta * own[1]]
        for observation in written.observations:
            both = [_observed(observation, written, point, sites, 0, b) for b in (0, 1)]
            expected = [expected[0] + both[0][0], expected[1] + both[1][0], expected[2] + both[0][1]]
        names = ("E H_a H_a", "E H_a H_b", "e")
        for name, mine, theirs in zip(names, (*noise, value), expected, strict=True):
            ledger.compare(f"{name} as written in draw {turn}", mine, theirs, EXACT)


# ------------------------------------------------------------------------------------------- random couplings


def _log_mean(slopes: Array) -> float:
    """Sum over couplings J ~ N(0, 1) of log E exp(c J), by a sum over a fine grid of each."""
    reach = float(np.max(np.abs(slopes), initial=0.0)) + 9.0
    grid = np.linspace(-reach, reach, 1 + int(8 * reach))
    exponent = np.multiply.outer(slopes, grid) - grid**2 / 2
    top = exponent.max(axis=1)
    sums = np.log(np.sum(np.exp(exponent - top[:, None]), axis=1)) + top
    return float(np.sum(sums - np.log(np.sum(np.exp(-(grid**2) / 2)))))


def _forms(
    expression: sp.Expr, model: Model, point: Point, families: Sequence[Sites], replicas: Sequence[int]
) -> list[Array] | None:
    """Sum_a H_a as the coefficients of independent couplings, where xi is a polynomial in overlaps cross(f, f).

    c cross(f, f)^p is E H_a H_b/N of H = sqrt(c N/N^p) sum_{i_1..i_p} J f_{i_1} ... f_{i_p}.
    """
    nodes = sorted(expression.atoms(Cross), key=str)
    if any(node.args[0] != node.args[1] for node in nodes):
        return None
    names = {node: sp.Symbol(f"@{j}") for j, node in enumerate(nodes)}
    polynomial = expression.xreplace(names).as_poly(*names.values())
    if polynomial is None:
        return None
    n, forms = len(families[0].quenched), []
    for powers, coefficient in polynomial.terms():
        order, size = sum(powers), number(coefficient, point.parameters)
        if size < 0 or n**order > COUPLINGS:
            return None
        total = np.zeros(n**order)
        for a in replicas:
            tensor = np.ones(1)
            for node, power in zip(nodes, powers, strict=True):
                family = _family(node, model)
                f = np.array([number(node.args[0], s) for s in families[family].named(point.views[family], a)])
                for _ in range(power):
                    tensor = np.multiply.outer(tensor, f).ravel()
            total += tensor
        forms.append(np.sqrt(size * n / n**order) * total)
    return forms


def _log_average(model: Model, point: Point, sites: Sequence[Sites], beta: float, replicas: Sequence[int]) -> float:
    """Log E exp(-beta sum_a (H_a + N e_a)) at fixed weights; every family has N sites here, its means are over them."""
    n, total = len(sites[0].quenched), 0.0
    for energy in model.energies:
        alone = replace(model, energies=(energy,))
        if energy.kind == "value":
            total -= beta * n * sum(written_sums(alone, point, sites, a, a)[1] for a in replicas)
            continue
        forms = _forms(energy.expression, model, point, sites, replicas)
        if forms is None:  # H_a from its covariance
            matrix = np.array([[written_sums(alone, point, sites, a, b)[0] for b in replicas] for a in replicas])
            values, vectors = np.linalg.eigh(n * matrix)
            forms = [np.sqrt(np.maximum(values, 0.0)) * vectors.sum(axis=0)]
        total += sum(_log_mean(-beta * form) for form in forms)
    return total


def check_averaged_energies(
    averaged: AveragedSystem, point: Point, rng: np.random.Generator, ledger: Ledger, draw: Draw = draw_sites
) -> None:
    """Log E exp(-beta H) over random couplings, of each of two fixed replicas and of both, against the exponents."""
    system = averaged.system
    if not system.model.energies and not any(averaged.energies):
        return
    own, pair = averaged.energies
    beta = number(system.model.beta, point.parameters)
    for turn in range(DRAWS):
        sites = [draw(view, SIZE, 2, rng) for view in point.views]
        size = len(sites[0].quenched)
        first, second = (joint_overlaps(sites, point, a, b) for a, b in ((0, 1), (1, 0)))
        single = [size * number(own, {**point.parameters, **at}) for at in (first, second)]
        both = sum(single) + 2 * size * number(pair, {**point.parameters, **first})
        for name, replicas, found in (("1", (0,), single[0]), ("2", (1,), single[1]), ("1 and 2", (0, 1), both)):
            expected = _log_average(system.model, point, sites, beta, replicas)
            ledger.compare(f"log E exp(-beta H) of {name} in draw {turn}", found, expected, EXACT)
