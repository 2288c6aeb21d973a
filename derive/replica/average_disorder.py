"""Stage 2 of 7, `average_disorder`: the fields of one sample are Gaussian with overlap covariances.

Input: the replicated system.  Output: the field covariances per channel.
Assumes: inputs x_i Gaussian and independent over sites and samples (exact), or obeying the central limit theorem.
Why here: after it the disorder is gone and only overlaps are left.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.replica.system import System
from derive.replica.trace import Trace

__all__ = ["AveragedSystem", "average_disorder"]


_MEANS = (
    r"The inputs have a mean, $\mathbb E x_i = \mu_i(y)/\sqrt N$: given $y$ the fields are centred at site averages of "
    r"the weights with quenched variables, $m_a = \frac1N\sum_i f_i t_i w_i^a$, and the covariances are about them. "
)


@dataclass(frozen=True, slots=True)
class AveragedSystem:
    """The system with, per channel, (E h_a h_a, E h_a h_b, E h_a z, E z z) in the overlaps.

    `energies` are the exponents over N of one replica, in r and m, and of one ordered pair a != b, in q.
    """

    system: System
    covariances: tuple[tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr], ...]
    energies: tuple[sp.Expr, sp.Expr] = (sp.S.Zero, sp.S.Zero)


def average_disorder(system: System, trace: Trace) -> AveragedSystem:
    """Average over the inputs at fixed weights: h_a and z become jointly Gaussian."""
    covariances, equations = [], []
    families = [f.symbols for f in system.families]
    for channel in system.channels:
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
        conditions=(
            "inputs x_i Gaussian and independent (for other inputs the central limit theorem makes it standard)",
        ),
    )
    return AveragedSystem(system, tuple(covariances), energies)
