"""Stage 1 of 7, `replicate`: Z^n under one disorder.

Input: a `System`.  Output: the same system, with the definition of Z and of Z^n in the trace.
Assumes: n is a positive integer here; its continuation to 0 comes in stage 5.
Why here: everything after acts on E Z^n.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.labels import LabelAtom, LabelDensity, LabelNaturals
from derive.replica.system import System
from derive.replica.trace import Trace
from derive.spec.model import UnitSphere, VectorAtom

__all__ = ["replicate"]

_MEASURE = {
    "prior": r"the normalised prior $P(w)$",
    "count": r"the counting measure on its atoms (each with weight 1)",
    "sphere": r"the uniform probability on the sphere $\sum_i w_i^2 = R N$ (asymptotically the flat measure times "
    r"$(2\pi e R)^{-N/2}$, with $\hat r$ as the multiplier of the constraint)",
    "lebesgue": r"Lebesgue measure",
}


def replicate(system: System, trace: Trace) -> System:
    """Record the partition function of the model and its n-th power."""
    equations: list[tuple[str, sp.Basic]] = []
    for channel in system.channels:
        for j, part in enumerate(channel.components):
            tag = f"{channel.index}" + (f",{j}" if len(channel.components) > 1 else "")
            if isinstance(part.label, LabelAtom):
                where = f"y = {part.label.value}"
            elif isinstance(part.label, LabelDensity):
                y = part.label.symbol
                where = f"y in ({part.label.lower}, {part.label.upper}), density with respect to dy"
                if part.label.value != y:
                    where = f"y = {part.label.value}, {where.replace('y', str(y))}"
            elif isinstance(part.label, LabelNaturals):
                where = "y = 0, 1, 2, ..."
            else:
                where = "no label"
            if part.multiplicity > 1:
                where += f", and {part.multiplicity - 1} more value(s) related by (y, z, h) -> (y', -z, -h)"
            factor = part.partition.body
            if not isinstance(factor, sp.Expr):
                factor = sp.Piecewise((1, factor), (0, True))
            equations.append((f"F_{{{tag}}}(η) [{where}]", factor))
            if part.law_partition is not None:
                equations.append((f"P_{{{tag}}}(y | η) [{where}]", part.law_partition.body))
            elif part.label is not None:
                equations.append((f"P_{{{tag}}}(y) [{where}]", _sympify(part.label.law)))
    teacher = any(c.m is not None for c in system.channels)
    measures = dict(
        zip([w.name for w in system.model.weights], [g[0].site.measure for g in system.groups], strict=True)
    )
    measure = "; ".join(_MEASURE[m] + f" for ${w}$" for w, m in measures.items())
    if len(measures) == 1:
        measure = _MEASURE[system.site.measure] + " for $w$"
    sites = r"\prod_{i=1}^N d\mu(w_i)"
    if len(measures) > 1:
        sites = " ".join(
            rf"\prod_{{i=1}}^{{{sp.latex(f.size)} N}} d\mu_{{{w}}}({w}_i)"
            for w, (f, *_) in zip(measures, system.groups, strict=True)
        )
    random, fixed = system.random_energy, system.fixed_energy
    tempered = "Losses, penalties and energies" if random or fixed else "Losses and penalties"
    for w in system.model.weights if system.model.vectors else ():
        whole = w.law is not None and any(isinstance(c, (VectorAtom, UnitSphere)) for _, c in w.law.components)
        acts = "is a law of vectors of {} components" if whole else "acts on each of the {} components of ${}$"
        measure += ", which " + acts.format(w.components, w.name)
    beta = "" if system.beta is None else rf" {tempered} enter as $e^{{-\beta(\cdot)}}$."
    if random:
        equations.append(("xi(Q)", system.energy.covariance))
    if fixed:
        equations.append(("e", system.energy.value))
    samples = r"\, \prod_c \prod_{k=1}^{\alpha_c N} F_c(y_k, h_k)" if system.channels else ""
    weight = r"\, e^{-\beta(" + " + ".join([r"H(w)"] * random + [r"N e"] * fixed) + ")}" if random or fixed else ""
    fields = r" and fields $h = \sum_i x_i f_i w_i/\sqrt N$" + (r", $z = \sum_i x_i t_i/\sqrt N$" if teacher else "")
    noise = r" $H$ is Gaussian with $\mathbb E H = 0$, $\mathbb E H(w^a)H(w^b) = N\xi(Q_{ab})$." if random else ""
    value = r" $e$ is a function of overlaps of one replica." if fixed else ""
    trace.record(
        "partition-function",
        "replicate",
        "exact",
        r"$Z = \int "
        + sites
        + samples
        + weight
        + "$ with "
        + measure
        + (fields if system.channels else "")
        + "."
        + noise
        + value
        + beta,
        equations,
        conditions=tuple(str(d) for d in system.domain),
    )
    trace.record(
        "replica-trick",
        "replicate",
        "standard",
        r"$\mathbb E \log Z = \lim_{n\to0} \frac1n \log \mathbb E Z^n$ with $n$ replicas $w^1, \dots, w^n$ under one "
        r"disorder: $Z^n = \int \prod_{a=1}^n \prod_i d\mu(w_i^a)"
        + (r" \prod_{c,k} \prod_a F_c(y_k, h_k^a)" if system.channels else "")
        + (weight.replace("e^{-\\beta(", r"e^{-\beta\sum_a(").replace("H(w)", "H(w^a)").replace("N e", "N e_a"))
        + "$.",
        [],
        conditions=("N -> infinity before n -> 0 (exchange of limits)",),
    )
    return system
