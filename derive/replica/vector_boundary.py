"""Perfect recovery of weights of several components: every replica sits on the teacher."""

from __future__ import annotations

import sympy as sp

from derive.calculus.labels import LabelAtom
from derive.calculus.nodes import bound
from derive.calculus.partition import Partition
from derive.calculus.piecewise import Piece, jumps, pieces
from derive.calculus.vectors import VectorLog, VectorPartition, triangle, vector_channel
from derive.errors import RuleNotApplicable
from derive.replica.components import VectorChannel, vector_components
from derive.replica.system import ComponentPart, System
from derive.spec.model import Atom, UnitSphere

__all__ = ["perfect_components"]

INNER = bound("inner")


def perfect_components(system: System) -> tuple[sp.Expr, dict[str, VectorPartition]] | None:
    """E log mu(w*) + sum_c alpha_c E log F(y, z), and the functions of z that it is a mean of; None without a branch.

    One does where weights are atoms (else the value is -infinity), label and factor are one law, and that law jumps.
    """
    site = system.site
    value = _log_mass(system)
    if value is None or not site.teacher:
        return None
    partitions: dict[str, VectorPartition] = {}
    sharp = False
    for channel in system.channels:
        if not channel.bayes or not channel.same_scales or any(p.law_partition is None for p in channel.components):
            return None
        for j, part in enumerate(channel.components):
            sharp = sharp or _jumps_somewhere(part.partition)
            try:
                surprise = _surprise(channel, part, f"B_{channel.index}{j}", partitions)
            except RuleNotApplicable:
                return None
            value -= channel.samples * part.multiplicity * surprise
    return (value, partitions) if sharp else None


def _log_mass(system: System) -> sp.Expr | None:
    """E log of the mass that the measure has at the quenched vector."""
    site, law = system.site, system.site.quenched[-1].law if system.site.quenched else None
    if law is None or system.model.weights[0].measure != "prior":
        return None
    if any(isinstance(part, UnitSphere) for _, part in system.model.weights[0].law.components):
        return None
    own: dict[tuple, sp.Expr] = {}
    total = sp.S.Zero
    for weight, parts in vector_components(system.model.weights[0].law, site.size):
        if not all(isinstance(part, Atom) for part in parts):
            return None
        point = tuple(part.point for part in parts)
        own[point] = own.get(point, sp.S.Zero) + weight
    for weight, parts in vector_components(law, site.size):
        point = tuple(part.point if isinstance(part, Atom) else None for part in parts)
        if point not in own:
            return None
        total += weight * sp.log(own[point])
    return sp.simplify(total)


def _surprise(
    channel: VectorChannel, part: ComponentPart, name: str, partitions: dict[str, VectorPartition]
) -> sp.Expr:
    """E over z of -F log F for one value of the label: exp(log Z) of this function at the teachers' covariance."""
    if not isinstance(part.label, LabelAtom):
        raise RuleNotApplicable("labels that are not finitely many values")
    children = [b.child for b in part.partition.branches]
    if all(piece.body == 1 for child in children for piece in _pieces(child)):
        return sp.S.Zero
    body = part.partition.body
    symbols = tuple(sp.Symbol(s.name, real=True) for s in part.partition.inner)
    body = body.xreplace(dict(zip(part.partition.inner, symbols, strict=True)))
    found = vector_channel(name, -body * sp.log(body), symbols, ())
    if not found.branches:
        return sp.S.Zero
    partitions[name] = found
    covariance = channel.teacher_covariance()
    entries = [covariance[i, j] for i, j in triangle(covariance.rows)]
    return sp.exp(VectorLog.of(name, 1, [sp.S.Zero] * covariance.rows, entries))


def _pieces(child: Partition) -> list[Piece]:
    body = child.body if isinstance(child.body, sp.Expr) else sp.Piecewise((1, child.body), (0, True))
    return pieces(body, INNER)


def _jumps_somewhere(partition: VectorPartition) -> bool:
    """Whether a factor of two fields is discontinuous in one of them."""
    found = [(b.lower, b.upper, _pieces(b.child)) for b in partition.branches]
    if any(jumps(split, INNER) for *_, split in found):
        return True
    first = partition.inner[0]
    ends = {e for lower, upper, _ in found for e in (lower, upper) if e.is_finite}

    def at(end: sp.Expr, side: int) -> list | None:
        for lower, upper, split in found:
            if (lower, upper)[side] == end:
                return [tuple(e.xreplace({first: end}) for e in (p.lower, p.upper, p.body)) for p in split]
        return None

    return any(at(end, 0) != at(end, 1) for end in ends)
