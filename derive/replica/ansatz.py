"""Stage 4 of 7, `ansatz`: hierarchical overlap matrices, the action at symbolic n.

Input: the `Action` in matrices.  Output: a `ReplicaAction` in a few numbers.
The ansatz is data: levels (block size, overlap).  The field decomposition recurses over the levels,
h_a = omega_0 + omega_1 + ... + sqrt(r - q_k) t_a, and so does the average of a product over replicas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp

from derive.calculus.nodes import LogPartition
from derive.errors import ModelError
from derive.replica.hierarchy import Hierarchy
from derive.replica.order_parameters import Action
from derive.replica.system import System
from derive.replica.trace import Trace

__all__ = ["ReplicaAction", "apply_ansatz", "nested_power"]


@dataclass(frozen=True, slots=True)
class ReplicaAction:
    """interaction(n) + sum_f size_f * log(site_f(n)) + sum_c samples_c * log(channel_c(n)) + energies(n)."""

    system: System
    hierarchies: tuple[Hierarchy, ...]  # of every family of sites
    conjugates: tuple[Hierarchy, ...]
    interaction: sp.Expr
    sites: tuple[tuple[sp.Expr, sp.Expr], ...]
    channels: tuple[tuple[sp.Expr, sp.Expr], ...]
    energy: sp.Expr = sp.S.Zero


def nested_power(levels: int, n: sp.Expr) -> Callable[[LogPartition], sp.Expr]:
    """The body exp(n l) of a product over replicas that share the outermost field.

    With `levels` = 1 (replica symmetry) all n replicas share one field and E prod_a F(h_a) = E_omega Z(omega)^n.
    """
    if levels != 1:
        raise ModelError("replica symmetry breaking is not derived yet by this version; use --ansatz rs")
    return lambda log_z: sp.exp(n * log_z)


def apply_ansatz(action: Action, trace: Trace, levels: int = 1) -> ReplicaAction:
    """Parametrise the matrices; `levels` = 1 is replica symmetry."""
    system = action.system
    symbols = [f.symbols for f in system.families]
    n = symbols[0].n
    overlaps = tuple(Hierarchy(s.r, ((n, s.q),)) for s in symbols)
    conjugates = tuple(Hierarchy(s.r_hat, ((n, s.q_hat),)) for s in symbols)
    interaction = sp.S.Zero
    for family, overlap, conjugate in zip(system.families, overlaps, conjugates, strict=True):
        s = family.symbols
        part = -sp.expand(n * s.r * s.r_hat) / 2 - overlap.pair_sum(conjugate) / 2
        part -= sp.Add(*[n * m * m_hat for m, m_hat in zip(s.m, s.m_hat, strict=True)])
        interaction += family.share * part
    power = nested_power(levels, n)
    sites = system.site_averages(power)
    channels = tuple((c.samples, c.average(symbols, power)) for c in system.channels)
    own, pair = action.averaged.energies
    energy = sp.expand(n * own + _pair_total(overlaps, lambda *x: pair.xreplace(_at([s.q for s in symbols], x))))
    equations = [("interaction(n)", sp.expand(interaction))]
    names = [f"site_{w.name}(n)" for w in system.model.weights] if len(sites) > 1 else ["site(n)"]
    equations += [(name, node) for name, (_, node) in zip(names, sites, strict=True)]
    equations += [(f"channel_{c.index}(n)", node) for c, (_, node) in zip(system.channels, channels, strict=True)]
    if system.energy is not None:
        equations.append(("energies(n)", energy))
    teacher = any(c.m is not None for c in system.channels)
    means = any(part.mean != 0 for c in system.channels for part in c.components)
    trace.record(
        "replica-symmetric-ansatz",
        "ansatz",
        "ansatz",
        r"$q_{ab} = q$ for $a\neq b$, $r_a = r$, and the same for conjugates"
        + (r", $m_a = m$" if system.overlaps else "")
        + r". Then $h_a = \omega + \sqrt{r-q}\,u_a$ (in units of the field's scale, "
        + ("plus the mean of the inputs on the weights, " if means else "")
        + r"plus a learned bias if there is one) with $\omega\sim N(0,q)$ shared by the replicas and $u_a$ independent "
        r"$N(0,1)$"
        + (r", independent of $\omega$ and $z$, $\mathbb E\,\omega z = m$" if teacher else "")
        + r"; the $w_a$ see the field $\xi$ of variance $\hat q$ with tilt $e^{-(\hat q-\hat r) f^2w^2/2 + \xi f w}$: "
        r"$\lim\frac1N\log\mathbb E Z^n = \operatorname{extr}\{\mathrm{interaction}(n) + "
        + (r"\log \mathrm{site}(n) + " if len(sites) == 1 else r"\sum_f s_f\log \mathrm{site}_f(n) + ")
        + r"\sum_c \alpha_c \log \mathrm{channel}_c(n)"
        + (r" + \mathrm{energies}(n)" if system.energy is not None else "")
        + r"\}$. A normal part of a quenched law is merged into the site "
        r"field; for an even measure the field of a negative atom is reflected.",
        equations,
        conditions=("permutation symmetry of the replicas is not broken (replica symmetry)",),
    )
    return ReplicaAction(system, overlaps, conjugates, sp.expand(interaction), sites, channels, energy)


def _at(symbols: Sequence[sp.Symbol], values: Sequence[sp.Expr]) -> dict[sp.Symbol, sp.Expr]:
    return dict(zip(symbols, values, strict=True))


def _pair_total(overlaps: Sequence[Hierarchy], function: Callable[..., sp.Expr]) -> sp.Expr:
    """Sum over ordered pairs a != b of a function of the overlaps of all families, which share their blocks."""
    first, *rest = overlaps
    levels = {level: [h.levels[j][1] for h in rest] for j, (_, level) in enumerate(first.levels)}
    return first.pair_total(lambda x: function(x, *levels[x]))
