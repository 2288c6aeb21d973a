r"""The entropy at zero temperature: what phi_beta has beside beta phi_0, by quadrature at large beta.

phi_beta - beta phi_0 is taken at one point scaled to beta (with a fixed norm, q = r - V/beta).  The saddle point at
beta is O(1/beta) away from that of the limit, and phi is stationary there: it moves the difference by O(1/beta).
"""

from __future__ import annotations

import numpy as np

from derive.calculus.nodes import GaussianAverage, LogPartition
from derive.replica.checks.cooling import Cooling, limits, scaled_to
from derive.replica.checks.measure import number
from derive.replica.checks.numeric import Env
from derive.replica.checks.points import Ledger, Point
from derive.replica.replica_limit import FreeEntropy
from derive.replica.system import WARM

__all__ = ["check_zero_entropy"]

BETAS = (1e3, 3e3, 9e3, 2.7e4)
BOUND = 5e-6


class _Fine(Cooling):
    """Panels that shrink towards the fields where sites jump: atoms tie in a window of order one around them."""

    def _cuts(self, node: GaussianAverage, env: Env) -> list[float]:
        found = super()._cuts(node, env)
        if any(self.partitions[l.args[0].name].kind == "channel" for l in node.body.atoms(LogPartition)):
            return found
        steps = [0.0, *(sign * 2.0**k for k in range(-1, 9) for sign in (-1, 1))]
        return [c + step for c in found for step in steps]


def check_zero_entropy(free: FreeEntropy, cold: FreeEntropy, point: Point, ledger: Ledger) -> None:
    """The difference at four betas, extrapolated by a polynomial in 1/beta, against the entropy."""
    at = point.all
    pairs = list(zip(free.system.families, cold.system.families, strict=True))
    for stretch in (1.0, 0.6):
        for family in cold.system.families:
            limit = family.symbols
            at = {**at, limit.v: stretch * at[limit.v], limit.q_hat: at[limit.q_hat] / stretch}
            if family.norm is not None:
                at[limit.q] = number(family.norm, point.parameters)
        ground = point.evaluator()(cold.total, at)
        rest = []
        for beta in BETAS:
            cooling = point.evaluator(_Fine, {WARM: beta})
            cooling.partitions = {**free.system.partitions, **cold.system.envelopes}
            cooling.envelopes, cooling.beta = limits(free.system, cold.system), beta
            scaled = scaled_to(beta, at, free.system, cold.system)
            for before, after in pairs:
                if after.norm is not None:
                    scaled[before.symbols.q] = at[after.symbols.q] - scaled[before.symbols.v]
            rest.append(cooling(free.total, scaled) - beta * ground)
        powers = np.array([[b**-k for k in range(len(BETAS))] for b in BETAS])
        found = float(np.linalg.solve(powers, np.array(rest))[0])
        expected = point.evaluator()(cold.system.zero_entropy, at)
        ledger.compare("entropy at zero temperature", expected, found, BOUND)
