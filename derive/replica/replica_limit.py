"""Stage 5 of 7, `replica_limit`: n -> 0.

Input: the action at symbolic n.  Output: the free entropy in (q, v = r - q, ...) and conjugates.
Rule: (1/n) log E exp(n l) -> E l, since the measure is normalised at n = 0; polynomials by their slope.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.calculus.nodes import derivative, substitute
from derive.replica.ansatz import ReplicaAction
from derive.replica.system import System
from derive.replica.trace import Trace

__all__ = ["FreeEntropy", "take_replica_limit"]


@dataclass(frozen=True, slots=True)
class FreeEntropy:
    """phi = interaction + sum_f size_f * site_f + sum_c samples_c * channel_c in the increments of every family.

    They are q, v = r - q and A = q_hat - r_hat.

    `reference` is the constant -sum_c samples_c E log|f'(u)| of labels y = f(u) whose factor is a density: log Z with
    respect to dy instead of du.
    """

    system: System
    interaction: sp.Expr
    sites: tuple[tuple[sp.Expr, sp.Expr], ...]
    channels: tuple[tuple[sp.Expr, sp.Expr], ...]
    reference: sp.Expr
    energy: sp.Expr = sp.S.Zero

    @property
    def site(self) -> sp.Expr:
        """The sum of the site terms with the sizes of their families."""
        return sp.Add(*[size * node for size, node in self.sites])

    @property
    def channel(self) -> sp.Expr:
        """The sum of the channel terms with their numbers of samples, of the reference and of the energies."""
        return sp.Add(*[samples * node for samples, node in self.channels]) + self.reference + self.energy

    @property
    def total(self) -> sp.Expr:
        """The free entropy before extremisation."""
        return self.interaction + self.site + self.channel


def take_replica_limit(action: ReplicaAction, trace: Trace) -> FreeEntropy:
    """Take the derivative at n = 0 of every part of the action."""
    system, n = action.system, action.system.symbols.n

    def slope(node: sp.Expr) -> sp.Expr:
        return substitute(derivative(node, n), {n: sp.S.Zero})

    symbols = [f.symbols for f in system.families]
    increments = {s.r: s.q + s.v for s in symbols} | {s.r_hat: s.q_hat - s.A for s in symbols}
    interaction = sp.expand(substitute(slope(action.interaction), increments))
    result = FreeEntropy(
        system,
        interaction,
        tuple((size, slope(node)) for size, node in action.sites),
        tuple((samples, slope(node)) for samples, node in action.channels),
        sp.Add(*[c.samples * c.reference() for c in system.channels]),
        sp.S.Zero if system.energy is None else substitute(slope(action.energy), increments),
    )
    measure = ""
    if result.reference != 0:
        measure = (
            r" Labels $y = f(u)$ were integrated over $u$; the constant $-\alpha\,\mathbb E\log|f'(u)|$ makes $Z$ a "
            r"density with respect to $dy$ again. It moves no overlap."
        )
    trace.record(
        "replica-limit",
        "replica_limit",
        "standard",
        r"$\phi = \lim_{n\to0}\frac1{nN}\log\mathbb E Z^n$: $\frac1n\log\mathbb E\, e^{n\ell}\to\mathbb E\,\ell$ with "
        r"$\ell = \log Z$; pair sums $n(n-1)\to-n$." + measure,
        [("free_entropy", result.total)],
        conditions=(
            "analytic continuation from integer n to n = 0",
            "label probabilities sum to one, and E|log Z| is finite",
        ),
    )
    return result
