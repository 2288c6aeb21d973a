"""Replica symmetric saddles of energies from the textbook, in plain numpy: no code of the engine.

phi = beta^2/2 (xi(r) - xi(q)) - beta e(m, r) + q q_hat/2 - r r_hat/2 - m m_hat
+ E log sum_w P(w) exp((r_hat - q_hat) w^2/2 + (sqrt(q_hat) z + t m_hat) w), where q_hat = beta^2 xi'(q),
r_hat = beta^2 xi'(r) - 2 beta de/dr and m_hat = -beta de/dm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Z = np.linspace(-11.0, 11.0, 40001)
WEIGHT = np.exp(-Z * Z / 2) / np.sum(np.exp(-Z * Z / 2))


@dataclass
class Energies:
    """Weights on atoms with chances, xi and e with their slopes; partners t as (value, chance) pairs."""

    atoms: Sequence[float]
    chances: Sequence[float]
    xi: Callable[[float], float]
    slope: Callable[[float], float]
    e: Callable[[float, float], float]  # of (m, r)
    de: Callable[[float, float], tuple[float, float]]
    partners: Sequence[tuple[float, float]] = ((1.0, 1.0),)

    def site(self, q_hat: float, r_hat: float, m_hat: float) -> tuple[float, float, float, float]:
        """(E log Z, q, r, m) of a site."""
        total = np.zeros(4)
        w = np.array(self.atoms)[:, None]
        for t, chance in self.partners:
            tilt = np.log(self.chances)[:, None] + (r_hat - q_hat) * w**2 / 2 + (np.sqrt(q_hat) * Z + t * m_hat) * w
            top = tilt.max(axis=0)
            p = np.exp(tilt - top)
            z = p.sum(axis=0)
            mean, square = (p * w).sum(axis=0) / z, (p * w**2).sum(axis=0) / z
            parts = (top + np.log(z), mean**2, square, t * mean)
            total += chance * np.array([np.sum(WEIGHT * x) for x in parts])
        return tuple(total)

    def solve(self, beta: float, q: float, m: float, r: float, steps: int = 20000) -> dict[str, float]:
        """Iterate from (q, m, r), damped, to the last digit."""
        for _ in range(steps):
            em, er = self.de(m, r)
            hats = (beta**2 * self.slope(q), beta**2 * self.slope(r) - 2 * beta * er, -beta * em)
            _, q1, r1, m1 = self.site(*hats)
            moved = max(abs(q1 - q), abs(r1 - r), abs(m1 - m))
            q, r, m = (q + q1) / 2, (r + r1) / 2, (m + m1) / 2
            if moved < 1e-15:
                break
        em, er = self.de(m, r)
        q_hat, r_hat, m_hat = beta**2 * self.slope(q), beta**2 * self.slope(r) - 2 * beta * er, -beta * em
        log_z = self.site(q_hat, r_hat, m_hat)[0]
        phi = beta**2 / 2 * (self.xi(r) - self.xi(q)) - beta * self.e(m, r)
        phi += (q * q_hat - r * r_hat) / 2 - m * m_hat + log_z
        energy = self.e(m, r) - beta * (self.xi(r) - self.xi(q))
        return {"q": q, "r": r, "m": m, "free_entropy": phi, "energy": energy}
