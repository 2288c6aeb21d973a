"""Stage 2 of 7, `average_disorder`: the fields of one sample are Gaussian with overlap covariances.

Input: the replicated system.  Output: the field covariances per channel.
Assumes: inputs x_i Gaussian and independent over sites and samples (exact), or obeying the central limit theorem.
Why here: after it the disorder is gone and only overlaps are left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from derive.calculus.vectors import triangle
from derive.replica.components import VectorChannel
from derive.replica.system import Symbols, System
from derive.replica.trace import Trace

__all__ = ["AveragedSystem", "average_disorder"]


_INPUTS = "inputs x_i Gaussian and independent (for other inputs the central limit theorem makes it standard)"
_MEANS = (
    r"The inputs have a mean, $\mathbb E x_i = \mu_i(y)/\sqrt N$: given $y$ the fields are centred at site averages of "
    r"the weights with quenched variables, $m_a = \frac1N\sum_i f_i t_i w_i^a$, and the covariances are about them. "
)


@dataclass(frozen=True, slots=True)
class AveragedSystem:
    """The system with, per channel, (E h_a h_a, E h_a h_b, E h_a z, E z z) in the overlaps.

    Of several fields they are matrices.  `energies` are the exponents over N of one replica, in r and m, and of one
    ordered pair a != b, in q.
    """

    system: System
    covariances: tuple[tuple[Any, ...], ...]
    energies: tuple[sp.Expr, sp.Expr] = (sp.S.Zero, sp.S.Zero)


def _matrices(channel: VectorChannel, modes: Sequence[Symbols]) -> tuple[sp.Matrix, sp.Matrix, sp.Matrix, sp.Matrix]:
    """The covariances of several fields, in the modes of the overlap matrices of their components."""
    none = sp.zeros(0, 0)
    teacher = channel.teacher_loads is not None
    return (
        channel.covariance([s.r for s in modes]),
        channel.covariance([s.q for s in modes]),
        channel.cross() if teacher else none,
        channel.teacher_covariance() if teacher else none,
    )


def _vector_equations(channel: VectorChannel, modes: Sequence[Symbols]) -> list[tuple[str, sp.Basic]]:
    """The entries of the covariances of several fields."""
    tag = f"channel {channel.index}"
    own, pair, cross, teacher = _matrices(channel, modes)
    found: list[tuple[str, sp.Basic]] = []
    for k, l in triangle(own.rows):
        found += [(f"E h_a{k} h_a{l} ({tag})", own[k, l]), (f"E h_a{k} h_b{l} ({tag})", pair[k, l])]
    if channel.teacher_loads is not None:
        found += [(f"E h_a{k} z_{l} ({tag})", cross[k, l]) for k in range(cross.rows) for l in range(cross.cols)]
        found += [(f"E z_{k} z_{l} ({tag})", teacher[k, l]) for k, l in triangle(teacher.rows)]
    return found


def _record_modes(system: System, trace: Trace) -> None:
    """The ansatz for the components: overlap matrices in two modes."""
    size = sp.Integer(system.model.weights[0].components)
    equations: list[tuple[str, sp.Basic]] = []
    (differences, total) = (f.symbols for f in system.families)
    for letter in "rq":
        d, u = getattr(differences, letter), getattr(total, letter)
        equations += [(f"{letter}_00", d + (u - d) / size), (f"{letter}_01", (u - d) / size)]
    trace.record(
        "component-permutations",
        "average_disorder",
        "ansatz",
        r"Overlap matrices of the components, $Q^{ab}_{kl} = \frac1N\sum_i w_{ik}^a w_{il}^b$ and those with the "
        r"quenched vector, commute with simultaneous permutations of the components of student and teacher: they have "
        rf"two modes, of multiplicities {size - 1} (differences of components) and 1 (their sum), and so have their "
        r"conjugates. The model is symmetric under these permutations; that the solution is, is assumed.",
        equations,
        conditions=("overlap matrices share the permutation symmetry of the model",),
    )


def average_disorder(system: System, trace: Trace) -> AveragedSystem:
    """Average over the inputs at fixed weights: h_a and z become jointly Gaussian."""
    covariances, equations = [], []
    families = [f.symbols for f in system.families]
    if system.model.vectors:
        _record_modes(system, trace)
    for channel in system.channels:
        if isinstance(channel, VectorChannel):
            equations += _vector_equations(channel, families)
            covariances.append(_matrices(channel, families))
            continue
        s = families[channel.family]
        m = sp.S.Zero if channel.m is None else channel.m
        entry = (
            channel.scale**2 * s.r,
            channel.scale**2 * s.q,
            channel.scale * channel.teacher_scale * m,
            channel.teacher_scale**2 * channel.rho,
        )
        covariances.append(entry)
        tag = channel.index
        equations += [(f"E h_a h_a (channel {tag})", entry[0]), (f"E h_a h_b (channel {tag})", entry[1])]
        if channel.m is not None:
            equations += [(f"E h_a z (channel {tag})", entry[2]), (f"E z z (channel {tag})", entry[3])]
        for j, part in enumerate(channel.components):
            if part.mean != 0:
                equations.append((f"E h_a (channel {tag}, component {j})", part.mean))
        if channel.teacher_mean != 0:
            equations.append((f"E z (channel {tag})", channel.teacher_mean))
    energies = (sp.S.Zero, sp.S.Zero) if system.energy is None else system.energy.exponents(system.beta, families)
    if system.random_energy:
        trace.record(
            "gaussian-energies",
            "average_disorder",
            "exact",
            r"The energies $H(w^a)$ of fixed replicas are jointly Gaussian: $\mathbb E\,e^{-\beta\sum_a H(w^a)} = "
            r"e^{\frac{\beta^2N}{2}\sum_{a,b}\xi(Q_{ab})}$, terms $a=b$ included; $Q_{aa} = r_a = "
            r"\frac1N\sum_i f_i^2 (w_i^a)^2$ and $Q_{ab} = q_{ab} = \frac1N\sum_i f_i^2 w_i^a w_i^b$"
            + (
                "."
                if len(families) == 1
                else " in every family of sites (means over the sites of the family); $\\xi$ is a function of all."
            ),
            [
                ("xi(r_a)", system.energy.at(*[s.r for s in families])),
                ("xi(q_ab)", system.energy.at(*[s.q for s in families])),
            ],
        )
    elif not system.channels:
        trace.record(
            "no-disorder",
            "average_disorder",
            "exact",
            r"No sample and no random energy is averaged: $e_a$ is a function of the overlaps of one replica.",
            [("exponent of a replica", energies[0])],
        )
    if not system.channels:
        return AveragedSystem(system, (), energies)
    teacher = any(c.m is not None for c in system.channels)
    if system.model.vectors:
        trace.record(
            "gaussian-fields",
            "average_disorder",
            "exact",
            r"At fixed weights the fields $h_{a,k}$ and $z_k$ of a sample are centred Gaussians; their covariances are "
            r"sums of entries of the overlap matrices (replica indices are left out below)"
            r". Samples are independent, so $\mathbb E Z^n = \int \prod_{a,i} d\mu(w_i^a) \prod_c "
            + (r"\left[\mathbb E_{y,z,\{h_a\}} " if teacher else r"\left[\mathbb E_{y,\{h_a\}} ")
            + r"\prod_a F_c(y, h_a)\right]^{\alpha_c N}$.",
            equations,
            conditions=(_INPUTS,),
        )
        return AveragedSystem(system, tuple(covariances), energies)
    means = any(part.mean != 0 for c in system.channels for part in c.components)
    trace.record(
        "gaussian-fields",
        "average_disorder",
        "exact",
        (
            r"At fixed weights the fields $h_a$ and $z$ of a sample are centred Gaussians; their covariances are site "
            r"averages: $r_a = \frac1N\sum_i f_i^2 (w_i^a)^2$, $q_{ab} = \frac1N\sum_i f_i^2 w_i^a w_i^b$, "
            r"$m_a = \frac1N\sum_i f_i t_i w_i^a$, and $\mathbb E z^2 = \frac1N\sum_i t_i^2$, which concentrates "
            r"(factors equal at all sites are pulled out; replica indices are left out below). "
            if teacher
            else r"At fixed weights the fields $h_a$ of a sample are centred Gaussians; their covariances are site "
            r"averages: $r_a = \frac1N\sum_i f_i^2 (w_i^a)^2$, $q_{ab} = \frac1N\sum_i f_i^2 w_i^a w_i^b$ "
            r"(factors equal at all sites are pulled out; replica indices are left out below). "
        )
        + (_MEANS if means else "")
        + r"Samples are independent, so $\mathbb E Z^n = \int \prod_{a,i} d\mu(w_i^a) \prod_c "
        + (r"\left[\mathbb E_{y,z,\{h_a\}} " if teacher else r"\left[\mathbb E_{y,\{h_a\}} ")
        + r"\prod_a F_c(y, h_a)\right]^{\alpha_c N}$.",
        equations,
        conditions=(_INPUTS,),
    )
    return AveragedSystem(system, tuple(covariances), energies)
