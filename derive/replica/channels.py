"""A channel of the model as label components with their partition functions; labels joined by symmetry."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp
from sympy.core.sympify import _sympify

from derive.calculus.envelopes import Envelope, constraint_envelope, envelope
from derive.calculus.labels import LabelAtom, LabelComponent, LabelNaturals, label_components
from derive.calculus.partition import channel_partition
from derive.calculus.piecewise import pieces
from derive.errors import ModelError, RuleNotApplicable
from derive.replica.refusals import LATER
from derive.replica.system import INNER, WARM, ChannelPart, ComponentPart
from derive.spec.model import Channel, Model

__all__ = ["channel_part", "unshifted"]


def channel_part(channel: Channel, model: Model, scale, teacher_scale, rho, m, mean, centre) -> ChannelPart:
    """Resolve one channel: its label components, their partition functions, and whether F is the label law.

    `mean` is the mean of the student field given y, `centre` the mean of the teacher field.
    """
    h = channel.student[0].symbol
    z = channel.teacher[0].symbol if channel.teacher else None
    variance = sp.Symbol("v", positive=True)
    labels: list[LabelComponent | None] = [None]
    if channel.label is not None:
        labels = list(label_components(channel.label, channel.y, z, channel.noise))
    globals_ = [g.symbol for g in model.globals]
    found: list[ComponentPart] = []
    try:
        for j, label in enumerate(labels):
            y = None if label is None else getattr(label, "symbol", None)
            rest = () if y is None else (y,)
            law = sp.S.One if label is None else label.law
            law_partition = None
            if z is not None:
                law_partition = channel_partition(f"P_{channel.index}{j}", law, z, variance, rest)
            body, shift = _factor_body(channel, model, label, z, h, globals_)
            partition = channel_partition(f"Z_{channel.index}{j}", body, h, variance, rest)
            if law == 0 or (law_partition is not None and _vanishes(law_partition.body)):
                continue  # a label that never occurs
            if _vanishes(partition.body):
                where = f" at y = {label.value}" if isinstance(label, LabelAtom) else ""
                raise ModelError(f"channel[{channel.index}]: the {channel.factor} is zero for every field{where}")
            value = None if label is None else (y if isinstance(label, LabelNaturals) else label.value)
            cold = _envelope(channel, model, f"M_{channel.index}{j}", value, h, globals_, rest)
            own = mean if value is None else mean.xreplace({channel.y: value})
            found.append(
                ComponentPart(label, law, law_partition, partition.body, partition, shift, mean=own, envelope=cold)
            )
    except RuleNotApplicable as problem:
        raise ModelError(f"channel[{channel.index}]: {problem}") from None
    bayes = z is not None and all(
        p.law_partition is not None and p.law_partition.body == p.partition.body for p in found
    )
    return ChannelPart(
        channel.index, channel.samples, scale, teacher_scale, rho, m, tuple(_join_by_symmetry(found)), bayes, centre
    )


def _envelope(channel: Channel, model: Model, name: str, value, h, globals_, rest) -> Envelope | None:
    """What log F becomes at zero temperature: the loss, or a constraint as an interval that it is zero on."""
    if model.beta != WARM:
        return None
    if channel.factor == "constraint":
        expression = (
            channel.factor_expression if value is None else channel.factor_expression.xreplace({channel.y: value})
        )
        body, _ = unshifted(expression, channel, h, globals_)
        return constraint_envelope(name, pieces(body.xreplace({h: INNER}), INNER), rest)
    expression = channel.factor_expression if value is None else channel.factor_expression.xreplace({channel.y: value})
    loss, _ = unshifted(expression, channel, h, globals_)
    return envelope(name, "channel", loss.xreplace({h: INNER}), sp.Symbol("v", positive=True), rest=rest)


def _factor_body(channel: Channel, model: Model, label, z, h, globals_) -> tuple[sp.Basic, sp.Expr]:
    """F(y, h) for one label component, with learned biases absorbed in a shift of the field."""
    if channel.factor == "bayes":
        return label.law.xreplace({z: h}), sp.S.Zero
    expression = channel.factor_expression
    if label is not None:
        value = label.symbol if isinstance(label, LabelNaturals) else label.value
        expression = expression.xreplace({channel.y: value})
    if channel.factor == "loss":
        expression = sp.exp(-model.beta * expression)
    elif channel.factor == "constraint" and not isinstance(expression, sp.Basic):
        expression = _sympify(expression)
    return unshifted(expression, channel, h, globals_)


def unshifted(expression: sp.Basic, channel: Channel, h, globals_) -> tuple[sp.Basic, sp.Expr]:
    """The factor in the field h + shift, and the shift by a learned bias."""
    present = [g for g in globals_ if expression.has(g)]
    if not present:
        return expression, sp.S.Zero
    if len(present) > 1:
        raise ModelError(f"channel[{channel.index}]: several globals in one factor {LATER}")
    b = present[0]
    for node in sp.preorder_traversal(expression):
        if not isinstance(node, sp.Expr) or not (node.has(h) and node.has(b)):
            continue
        in_h, in_b = sp.expand(node).coeff(h), sp.expand(node).coeff(b)
        if in_h == 0 or in_h.has(h, b) or in_b.has(h, b) or in_b == 0:
            continue
        slope = sp.simplify(in_b / in_h)
        trial = expression.xreplace({h: h - slope * b}).replace(
            lambda e: isinstance(e, sp.Expr) and e.has(h), lambda e: sp.expand(e)
        )
        if isinstance(trial, sp.Basic) and not trial.has(b):
            return trial, slope * b
    raise ModelError(f"channel[{channel.index}]: a global that is not a shift of the student field {LATER}")


def _vanishes(body: sp.Basic) -> bool:
    """Whether a factor in the inner symbol is zero on the whole line."""
    return not body.has(sp.DiracDelta) and not pieces(body, INNER)


def _shape(body: sp.Basic, flip: bool) -> tuple:
    """A canonical form of a factor in the inner symbol, reflected if `flip`."""
    if flip:
        body = body.xreplace({INNER: -INNER})
    if body.has(sp.DiracDelta):
        return (sp.expand(body),)
    return tuple((p.lower, p.upper, sp.expand(p.body)) for p in pieces(body, INNER))


def _join_by_symmetry(parts: list[ComponentPart]) -> list[ComponentPart]:
    """Join label values y, y' with P(y'|-z) = P(y|z), F(y',-h) = F(y,h) and opposite shifts of zero."""
    joined: list[ComponentPart] = []
    used: set[int] = set()
    order = sorted(range(len(parts)), key=lambda i: -i)
    for i in order:
        if i in used:
            continue
        part, multiplicity, partner = parts[i], 1, None
        for j in order:
            opposite = part.shift == parts[j].shift == 0 and sp.expand(part.mean + parts[j].mean) == 0
            if j in used or j == i or not isinstance(part.label, LabelAtom) or not opposite:
                continue
            other = parts[j]
            if not isinstance(other.label, LabelAtom):
                continue
            try:
                same = _shape(part.partition.body, False) == _shape(other.partition.body, True)
                if part.law_partition is not None:
                    same = same and _shape(part.law_partition.body, False) == _shape(other.law_partition.body, True)
                else:
                    same = same and sp.expand(part.law - other.law) == 0
            except RuleNotApplicable:
                same = False
            if same:
                multiplicity, partner = 2, other.label.value
                used.add(j)
                break
        used.add(i)
        joined.append(replace(part, multiplicity=multiplicity, partner=partner))
    return joined
