"""The replica-symmetric saddle point from its definitions, in plain numpy: no code of the engine.

A channel is a list of labels (weight dy, P(y|z), F(y, h)); integrals over h, z and y are Gauss-Legendre panels
split at the given kinks, averages over fields are panels on 11 standard deviations.  A site measure is a list of
points with weights, for every value of the quenched variables.  With l = log Z:

    A = -sum alpha E l_2,   q_hat = sum alpha E l_1^2,   m_hat = sum alpha E (d_z P) l_1,
    v = E l_2,   q = E l_1^2,   m = E t l_1,
    phi = (A (q + v) - v q_hat)/2 - m m_hat + E l_site + sum alpha E l_channel.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)
Array = np.ndarray


def panels(lower: float, upper: float, kinks: Sequence[float] = (), longest: float = 0.25):
    """Nodes and weights on [lower, upper], split at the kinks."""
    ends = sorted({lower, upper, *[k for k in kinks if lower < k < upper]})
    x, w = [], []
    for a, b in itertools.pairwise(ends):
        count = max(1, math.ceil((b - a) / longest))
        cuts = np.linspace(a, b, count + 1)
        for c, d in itertools.pairwise(cuts):
            x.append((d - c) / 2 * NODES + (c + d) / 2)
            w.append((d - c) / 2 * WEIGHTS)
    return np.concatenate(x), np.concatenate(w)


def field_jets(function: Callable, x: Array, v: float, kinks: Sequence[float], longest: float):
    """(Z, Z', Z'') of Z(x, v) = E_{h ~ N(x, v)} function(h)."""
    reach = 11 * math.sqrt(v)
    step = min(longest, math.sqrt(v))
    h, w = panels(x.min() - reach, x.max() + reach, kinks, step)
    body = w * function(h)
    z = np.zeros((3, len(x)))
    for i, xi in enumerate(x):
        near = slice(*np.searchsorted(h, [xi - reach, xi + reach]))
        t = (h[near] - xi) / math.sqrt(v)
        mass = body[near] * np.exp(-t * t / 2) / math.sqrt(2 * math.pi * v)
        z[0, i] = mass.sum()
        z[1, i] = (t * mass).sum() / math.sqrt(v)
        z[2, i] = ((t * t - 1) * mass).sum() / v
    return z


@dataclass
class Label:
    """One label value, or one node of a quadrature over labels (`weight` is then dy)."""

    law: Callable | None  # P(y|z), or None without a teacher (put the probability in `weight`)
    factor: Callable
    weight: float = 1.0
    kinks: Sequence[float] = ()
    shift: float = 0.0
    law_jets: Callable | None = None  # (x, v) -> (Z_0, Z_0') for laws with point masses
    factor_jets: Callable | None = None


@dataclass
class Channel:
    """`alpha` samples per site; the fields are scale times the site averages."""

    alpha: float
    labels: Sequence[Label]
    rho: float = 0.0
    scale: float = 1.0
    longest: float = 0.25
    field_longest: float = 0.5


@dataclass
class Sites:
    """cases: (probability, factor f, teacher t) of the quenched variables; `measure(case)`: points and weights."""

    cases: Sequence[tuple[float, float, float]]
    measure: Callable | None
    radius: float | None = None  # a sphere instead of a measure
    extra: dict = field(default_factory=dict)


def channel_terms(c: Channel, q: float, v: float, m: float):
    """(phi, A, q_hat, m_hat) of one channel."""
    q, v, m = c.scale**2 * q, c.scale**2 * v, c.scale * m
    if q > 0:
        sd = math.sqrt(q)
        u, wu = panels(-9.0, 9.0, (), c.field_longest)
        omega, wu = sd * u, wu * np.exp(-u * u / 2) / math.sqrt(2 * math.pi)
        slope = m / q
    else:
        omega, wu, slope = np.zeros(1), np.ones(1), 0.0
    rest = c.rho - m * slope
    total = np.zeros(4)
    for label in c.labels:
        if label.factor_jets is not None:
            z, z1, z2 = label.factor_jets(omega + label.shift, v)
        else:
            z, z1, z2 = field_jets(label.factor, omega + label.shift, v, label.kinks, c.longest)
        if label.law is None and label.law_jets is None:
            p, p1 = np.ones_like(omega), np.zeros_like(omega)
        elif label.law_jets is not None:
            p, p1 = label.law_jets(slope * omega, rest)
        else:
            p, p1, _ = field_jets(label.law, slope * omega, rest, label.kinks, c.longest)
        keep = (z > 0) & (p > 1e-300)
        l1, l2 = np.zeros_like(z), np.zeros_like(z)
        l1[keep] = z1[keep] / z[keep]
        l2[keep] = z2[keep] / z[keep] - l1[keep] ** 2
        log_z = np.log(np.where(keep, z, 1.0))
        mass = c.alpha * label.weight * wu
        total += [
            (mass * p * log_z)[keep].sum(),
            -(mass * p * l2)[keep].sum() * c.scale**2,
            (mass * p * l1**2)[keep].sum() * c.scale**2,
            (mass * p1 * l1)[keep].sum() * c.scale,
        ]
    return total


def site_terms(s: Sites, A: float, q_hat: float, m_hat: float):
    """(phi, q, v, m) of the sites."""
    if s.radius is not None:
        t2 = sum(p * t * t for p, _, t in s.cases)
        b = q_hat + m_hat**2 * t2
        A = (1 + math.sqrt(1 + 4 * s.radius * b)) / (2 * s.radius)
        phi = -math.log(A * s.radius) / 2 - 0.5 + b / (2 * A)
        return np.array([phi, b / A**2, 1 / A, m_hat * t2 / A]), A
    u, wu = panels(-9.0, 9.0, (), 1.0)
    wu = wu * np.exp(-u * u / 2) / math.sqrt(2 * math.pi)
    total = np.zeros(4)
    for probability, f, t in s.cases:
        points, weights = s.measure(f, t)
        g = f * points
        x = m_hat * t + math.sqrt(max(q_hat, 0.0)) * u
        exponent = np.log(weights)[None, :] - A * g[None, :] ** 2 / 2 + x[:, None] * g[None, :]
        top = exponent.max(axis=1)
        mass = np.exp(exponent - top[:, None])
        z = mass.sum(axis=1)
        l1 = (mass * g).sum(axis=1) / z
        l2 = (mass * g**2).sum(axis=1) / z - l1**2
        total += probability * np.array(
            [(wu * (np.log(z) + top)).sum(), (wu * l1**2).sum(), (wu * l2).sum(), t * (wu * l1).sum()]
        )
    return total, A


def saddle(sites: Sites, channels: Sequence[Channel], q: float, v: float, m: float = 0.0):
    """(phi, q, v, m) after one step of the map; at a solution q, v and m come back and phi is the free entropy."""
    parts = [channel_terms(c, q, v, m) for c in channels]
    phi, A, q_hat, m_hat = np.sum(parts, axis=0)
    site, A = site_terms(sites, A, q_hat, m_hat)
    value = phi + site[0] + (A * (q + v) - v * q_hat) / 2 - m * m_hat
    return np.array([value, *site[1:]])
