"""Stage 3 of 7, `order_parameters`: overlap matrices, their conjugates, and the entropy of a site.

Input: the averaged system.  Output: an `Action` in overlap matrices: interaction, site term, channel terms.
Why here: the sites decouple once the overlaps are fixed by conjugate variables.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.replica.average_disorder import AveragedSystem
from derive.replica.system import System
from derive.replica.trace import Trace

__all__ = ["Action", "introduce_order_parameters"]


@dataclass(frozen=True, slots=True)
class Action:
    """lim log E Z^n / N as an extremum over overlap matrices and conjugates (matrices not yet parametrised)."""

    averaged: AveragedSystem

    @property
    def system(self) -> System:
        """The system below."""
        return self.averaged.system


def introduce_order_parameters(averaged: AveragedSystem, trace: Trace) -> Action:
    """Fix the overlaps by delta functions in Fourier form; the site term factorises."""
    system = averaged.system
    teacher = r" - \sum_a m_a\hat m_a" if system.overlaps else ""
    weight = r" + \hat m_a w_a t" if system.overlaps else ""
    several = len(system.families) > 1
    families = r"\sum_f s_f\Big[" if several else ""
    globals_ = (
        " Replicated scalars "
        + ", ".join(f"${g.name}$" for g in system.globals)
        + r" have no conjugate and no entropy."
        if system.globals
        else ""
    )
    trace.record(
        "overlaps-and-conjugates",
        "order_parameters",
        "exact",
        r"$\lim_{N\to\infty}\frac1N\log\mathbb E Z^n = \operatorname{extr}\Big\{"
        + families
        + r"-\tfrac12\sum_a r_a\hat r_a "
        r"-\tfrac12\sum_{a\ne b} q_{ab}\hat q_{ab}" + teacher + r" + \log \mathbb E_s\!\int\!\prod_a d\mu(w_a)\, "
        r"e^{\frac12\sum_a \hat r_a f^2 w_a^2+\frac12\sum_{a\ne b}\hat q_{ab} f^2 w_aw_b"
        + (r"+\sum_a \hat m_a f t\, w_a" if weight else "")
        + r"}"
        + (r"\Big]" if several else "")
        + _samples(system)
        + _energies(system)
        + r"\Big\}$ by Laplace's method in $N$ at fixed $n$, the contours of the conjugates turned "
        r"through the saddle; the pairs are ordered."
        + (r" Every family $f$ of $s_fN$ sites has its own overlaps, conjugates and measure." if several else "")
        + globals_,
        [],
        conditions=("Laplace's method: N -> infinity at fixed integer n",),
    )
    return Action(averaged)


def _samples(system: System) -> str:
    """The samples of the action."""
    if not system.channels:
        return ""
    averaged = r"_{y,z,\{h_a\}}" if any(c.m is not None for c in system.channels) else r"_{y,\{h_a\}}"
    return r" + \sum_c\alpha_c\log\mathbb E" + averaged + r"\prod_aF_c(y,h_a)"


def _energies(system: System) -> str:
    """The energies of the action."""
    random = r" + \frac{\beta^2}{2}\sum_{a,b}\xi(Q_{ab})" if system.random_energy else ""
    return random + (r" - \beta\sum_a e_a" if system.fixed_energy else "")
