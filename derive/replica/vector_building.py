"""Weights of several components and their channels, from the model to the parts of a system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import sympy as sp

from derive.calculus.labels import LabelAtom, LabelComponent, LabelNaturals, label_components
from derive.calculus.means import quenched_average
from derive.calculus.vectors import VectorPartition, vector_channel, vector_points, vector_site
from derive.errors import ModelError, RuleNotApplicable
from derive.replica.components import VectorChannel, VectorSite, projectors
from derive.replica.energies import EnergyPart, Measured, energy_part
from derive.replica.refusals import LATER
from derive.replica.sites import law_key, measure_parts, reflect_part, site_part
from derive.replica.system import ComponentPart, Family, SitePart, Symbols
from derive.spec.model import MODES, Channel, Law, Model, Normal, Quenched, Table, UnitSphere, VectorAtom, Weights

__all__ = ["vector_parts"]


def vector_parts(model: Model) -> tuple[tuple[Family, ...], list[VectorChannel], EnergyPart | None, bool]:
    """Modes, channels and energies of weights of several components, and whether their prior is the teacher's law."""
    (weights,) = model.weights
    modes = _modes(model, weights)
    channels = [_channel(model, c, modes) for c in model.channels]
    energy = energy_part(model, [Measured(weights, sp.S.One, ())] * len(modes), [f.symbols for f in modes])
    site: VectorSite = modes[0].site
    known = bool(site.teacher) and weights.measure == "prior" and law_key(site.quenched[0].law) == law_key(weights.law)
    return modes, channels, energy, known


def _partner(model: Model, weights: Weights) -> Quenched | None:
    """The quenched vector that the weights have overlaps with."""
    used = {s for c in model.channels for f in c.teacher for _, e in f.parts for s in e.free_symbols}
    used |= {s for e in model.energies for s in e.expression.free_symbols}
    found = []
    for q in model.quenched:
        if not set(q.symbols) & used:
            continue
        if q.components != weights.components:
            raise ModelError(
                f"{model.name}: weights.{weights.name} has {weights.components} components and {q.name} has "
                f"{q.components}: an overlap of vectors of unequal size {LATER}"
            )
        found.append(q)
    if len(found) > 1:
        names = " and ".join(q.name for q in found)
        raise ModelError(
            f"{model.name}: overlaps of weights of several components with {names} {LATER}; with one vector it is"
        )
    return found[0] if found else None


def _modes(model: Model, weights: Weights) -> tuple[Family, ...]:
    """The modes of the overlap matrices, which share the sites."""
    size, partner = weights.components, _partner(model, weights)
    basis = projectors(size)
    single = _single(model, weights, partner)
    try:
        partition, points, even = (
            (single.partition, None, True) if single is not None else _measure(model, weights, size)
        )
    except RuleNotApplicable as problem:
        raise ModelError(f"{model.name}: weights.{weights.name}: {problem}") from None
    teacher = () if partner is None else partner.symbols
    quenched = () if partner is None else (partner,)
    site = VectorSite(basis, quenched, teacher, partition, (), weights.measure, even, single, atoms=points)
    share = next((f.size for f in model.families if f.name == weights.family), sp.S.One)
    seconds = _seconds(model, partner, size)
    return tuple(
        Family(
            share,
            _mode_symbols(model, mode, partner is not None),
            site,
            None,
            () if partner is None else (seconds[j],),
            0,
            sp.Integer(basis[j].trace()),
        )
        for j, mode in enumerate(MODES)
    )


def _single(model: Model, weights: Weights, partner: Quenched | None) -> SitePart | None:
    """The site of one mode where the measure and the law of the partner are centred and Gaussian."""
    if weights.measure != "prior" or not all(_centred(x.law) for x in (weights, *([partner] if partner else ()))):
        return None
    plain = tuple(replace(q, components=1) for q in ([partner] if partner else ()))
    alone = replace(model, quenched=plain, weights=(replace(weights, components=1),))
    return site_part(alone, alone.weights[0], sp.S.One, tuple(q.symbol for q in plain))


def _centred(law: Law | Table) -> bool:
    """Whether a law is one normal law of mean zero."""
    parts = () if isinstance(law, Table) else law.components
    return len(parts) == 1 and isinstance(parts[0][1], Normal) and parts[0][1].mean == 0


def _measure(model: Model, weights: Weights, size: int):
    """The site partition function, its atoms as (weight, point) if it has no densities, and whether it is even."""
    laws = weights.law.components
    if any(isinstance(c, (VectorAtom, UnitSphere)) for _, c in laws):
        weigh = weights.measure == "prior"
        points = tuple((weight if weigh else sp.S.One, c.point) for weight, c in laws if isinstance(c, VectorAtom))
        sphere = sp.Add(*[weight for weight, c in laws if isinstance(c, UnitSphere)])
        _refuse_asymmetric_atoms(model, f"weights.{weights.name}", points)
        even = {(w, tuple(-x for x in p)) for w, p in points} == set(points)
        return vector_points("Z_w", size, points, sphere), points if sphere == 0 else None, even
    parts = measure_parts(model, weights)
    quenched = {s for q in model.quenched for s in q.symbols}
    if any(sp.Tuple(*[e for e in p if e is not None]).free_symbols & quenched for p in parts):
        raise ModelError(
            f"{model.name}: weights.{weights.name}: a law of components that depends on quenched variables {LATER}"
        )
    partition = vector_site("Z_w", size, parts, ())
    atoms = tuple((sp.exp(w), p) for w, p in partition.points) or None
    return partition, atoms, {reflect_part(p) for p in parts} == {tuple(p) for p in parts}


def _refuse_asymmetric_atoms(model: Model, where: str, points) -> None:
    """Refuse atoms that permutations of the components do not map onto themselves."""
    for order in permutations(range(len(points[0][1]) if points else 0)):
        if {(w, tuple(p[k] for k in order)) for w, p in points} != set(points):
            raise ModelError(
                f"{model.name}: {where}: its atoms are not symmetric under permutations of the "
                f'components, which ansatz.components = "permutation" needs'
            )


def _seconds(model: Model, partner: Quenched | None, size: int) -> tuple[sp.Expr, ...]:
    """E s^2 of the modes of a quenched vector with independent and equal components."""
    if partner is None:
        return ()
    if isinstance(partner.law, Table) or any(isinstance(c, UnitSphere) for _, c in partner.law.components):
        raise ModelError(f"{model.name}: quenched.{partner.name}: a law on the unit sphere, or a table, {LATER}")
    if any(isinstance(c, VectorAtom) for _, c in partner.law.components):
        points = tuple((weight, c.point) for weight, c in partner.law.components)
        _refuse_asymmetric_atoms(model, f"quenched.{partner.name}", points)
        whole = sp.simplify(sp.Add(*[w * sum(x**2 for x in p) for w, p in points]))
        uniform = sp.simplify(sp.Add(*[w * sum(p) ** 2 for w, p in points]) / size)
        return (sp.simplify((whole - uniform) / (size - 1)), uniform)
    s = sp.Symbol("s", real=True)
    one = (Quenched(partner.name, s, partner.law),)
    mean, second = quenched_average(s, one), quenched_average(s**2, one)
    variance = sp.simplify(second - mean**2)
    return (variance, sp.simplify(variance + size * mean**2))


def _mode_symbols(model: Model, mode: str, teacher: bool) -> Symbols:
    """The names of the order parameters of a mode: q_d, q_u."""

    def name(letter: str) -> str:
        return model.names.get(f"{letter}_{mode}", f"{letter}_{mode}")

    def hat(letter: str) -> str:
        short = f"{letter}_{mode}"
        return f"{model.names[short]}_hat" if short in model.names else f"{letter}_hat_{mode}"

    return Symbols(
        q=sp.Symbol(name("q"), positive=True),
        r=sp.Symbol(name("r"), positive=True),
        v=sp.Symbol(f"δ_{mode}", positive=True),
        A=sp.Symbol(f"Λ_{mode}", positive=True),
        q_hat=sp.Symbol(hat("q"), positive=True),
        r_hat=sp.Symbol(hat("r"), real=True),
        m=(sp.Symbol(name("m"), real=True),) if teacher else (),
        m_hat=(sp.Symbol(hat("m"), real=True),) if teacher else (),
        n=sp.Symbol("n", positive=True),
    )


def _loads(model: Model, channel: Channel, fields, names: Sequence[sp.Symbol], what: str) -> sp.Matrix:
    """The matrix L of fields L w."""
    rows = []
    for _, e in fields:
        expanded = sp.expand(e * channel.input_sd)
        row = [expanded.coeff(s) for s in names]
        left = sp.expand(expanded - sp.Add(*[c * s for c, s in zip(row, names, strict=True)]))
        quenched = {s for q in model.quenched for s in q.symbols}
        if left != 0 or any(c.free_symbols & quenched for c in row):
            raise ModelError(
                f"channel[{channel.index}]: a {what} field {e} of several components with a site function {LATER}"
            )
        rows.append(row)
    return sp.Matrix(rows)


def _channel(model: Model, channel: Channel, modes: tuple[Family, ...]) -> VectorChannel:
    """A channel whose student fields are of weights of several components."""
    site: VectorSite = modes[0].site
    student, teacher = ([part for f in fields for part in f.parts] for fields in (channel.student, channel.teacher))
    where = f"channel[{channel.index}]"
    if channel.input_mean != 0 or model.globals:
        raise ModelError(f"{where}: input means and globals with weights of several components {LATER}")
    if len(student) != 2 or len(teacher) not in (0, 2):
        raise ModelError(
            f"{where}: {len(student)} student and {len(teacher)} teacher fields in one factor {LATER}; two of each are"
        )
    loads = _loads(model, channel, student, model.weights[0].symbols, "student")
    teacher_loads = _loads(model, channel, teacher, site.teacher, "teacher") if teacher else None
    overlaps = tuple(f.symbols.m[0] for f in modes) if teacher else ()
    rhos = tuple(f.second_moments[0] for f in modes) if teacher else ()
    h, z = tuple(s for s, _ in student), tuple(s for s, _ in teacher)
    parts = _components(model, channel, h, z)
    _refuse_asymmetry(channel, parts, loads, teacher_loads)
    bayes = bool(z) and all(p.law_partition is not None and p.law_partition.body == p.partition.body for p in parts)
    return VectorChannel(
        channel.index,
        channel.samples,
        site.basis,
        loads,
        teacher_loads,
        overlaps,
        rhos,
        tuple(_joined(parts)),
        bayes,
    )


def _components(model: Model, channel: Channel, h, z) -> list[ComponentPart]:
    """The label components with their partition functions."""
    where = f"channel[{channel.index}]"
    found: list[ComponentPart] = []
    try:
        labels: list[LabelComponent | None] = [None]
        if channel.label is not None:
            labels = list(label_components(channel.label, channel.y, z if z else None, channel.noise))
        if any(label is not None and not isinstance(label, LabelAtom) for label in labels):
            raise ModelError(f"{where}: labels of several fields that are not finitely many values {LATER}")
        for j, label in enumerate(labels):
            y = None if label is None else getattr(label, "symbol", None)
            rest = () if y is None else (y,)
            law = sp.S.One if label is None else label.law
            law_partition = vector_channel(f"P_{channel.index}{j}", law, z, rest) if z else None
            if law_partition is not None and not law_partition.branches:
                continue  # a label that never occurs
            value = None if label is None else (y if isinstance(label, LabelNaturals) else label.value)
            if channel.factor == "bayes":
                body: sp.Basic = law.xreplace(dict(zip(z, h, strict=True)))
            else:
                expression = channel.factor_expression
                body = expression if value is None else expression.xreplace({channel.y: value})
                body = sp.exp(-model.beta * body) if channel.factor == "loss" else body
            partition = vector_channel(f"Z_{channel.index}{j}", body, h, rest)
            if not partition.branches:
                at = f" at y = {label.value}" if isinstance(label, LabelAtom) else ""
                raise ModelError(f"{where}: the {channel.factor} is zero for every field{at}")
            if partition.domain:
                raise ModelError(f"{where}: a factor of several fields that grows like a Gaussian {LATER}")
            found.append(ComponentPart(label, law, law_partition, partition.body, partition, sp.S.Zero))
    except RuleNotApplicable as problem:
        raise ModelError(f"{where}: {problem}") from None
    return found


def _exchanged(body: sp.Basic, symbols) -> sp.Basic:
    first, last = symbols
    return body.xreplace({first: last, last: first})


def _same(a: sp.Basic, b: sp.Basic) -> bool:
    return a == b or (isinstance(a, sp.Expr) and isinstance(b, sp.Expr) and sp.expand(a - b) == 0)


def _refuse_asymmetry(channel: Channel, parts: list[ComponentPart], loads: sp.Matrix, teacher_loads) -> None:
    """Refuse factors that are not symmetric under permutations of the components of student and teacher together."""
    swap = sp.Matrix([[0, 1], [1, 0]])
    plain = loads == swap * loads * swap if loads.shape == (2, 2) else False
    plain = plain and (teacher_loads is None or teacher_loads == swap * teacher_loads * swap)
    for part in parts:
        same = plain and _same(part.partition.body, _exchanged(part.partition.body, part.partition.inner))
        if same and part.law_partition is not None:
            same = _same(part.law_partition.body, _exchanged(part.law_partition.body, part.law_partition.inner))
        if not same:
            raise ModelError(
                f"channel[{channel.index}]: label and factor are not seen to be symmetric under permutations of the "
                f'components, which ansatz.components = "permutation" needs; general overlap matrices {LATER}'
            )


def _joined(parts: list[ComponentPart]) -> list[ComponentPart]:
    """Join label values y, y' with P(y'|-z) = P(y|z) and F(y', -h) = F(y, h)."""

    def mirrored(partition: VectorPartition) -> sp.Basic:
        return partition.body.xreplace({x: -x for x in partition.inner})

    joined: list[ComponentPart] = []
    left = list(reversed(parts))
    while left:
        part = left.pop(0)
        for other in left if isinstance(part.label, LabelAtom) else []:
            same = isinstance(other.label, LabelAtom) and _same(mirrored(part.partition), other.partition.body)
            if same and part.law_partition is not None:
                same = _same(mirrored(part.law_partition), other.law_partition.body)
            elif same:
                same = _same(part.law, other.law)
            if same:
                left.remove(other)
                part = replace(part, multiplicity=2, partner=other.label.value)
                break
        joined.append(part)
    return joined
