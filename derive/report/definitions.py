"""Definitions and left-hand sides: partition functions, factors, the site measure, the model's line."""

from __future__ import annotations

import re
from dataclasses import replace

import sympy as sp

from derive.calculus.labels import LabelAtom, LabelDensity, LabelNaturals
from derive.calculus.nodes import GaussianAverage, bound
from derive.calculus.partition import Partition
from derive.conventions import lookup
from derive.replica.components import VectorChannel
from derive.replica.system import ChannelPart, ComponentPart, SitePart, System
from derive.report.line import Line, Raw, as_expression, both, indexed, latex, measure_part
from derive.report.symbols import Names, latex_name
from derive.report.vector_definitions import vector_channel_lines, vector_site_lines
from derive.spec.model import Channel, Model

__all__ = [
    "Line",
    "Raw",
    "both",
    "definition_lines",
    "label_lines",
    "left_side",
    "summary_line",
    "teacher_lines",
    "value_note",
]

FIELD, TEACHER, SITE, INNER = bound("field"), bound("teacher"), bound("site_field"), bound("inner")


def value_note(part: ComponentPart, names: Names) -> str:
    """The label of a component in words."""
    label = part.label
    if label is None:
        return ""
    if isinstance(label, LabelAtom):
        text = f"label $y = {latex(label.value, names)}$"
    elif isinstance(label, LabelDensity):
        if label.value != label.symbol:
            u, value = names.latex(label.symbol), latex(label.value, names)
            ends = f"{latex(label.lower, names)}, {latex(label.upper, names)}"
            text = rf"label $f({u}) = {value}$ with ${u} \in ({ends})$, density with respect to $d{u}$"
        elif (label.lower, label.upper) == (-sp.oo, sp.oo):
            text = "real label $y$, density with respect to $dy$"
        else:
            ends = f"{latex(label.lower, names)}, {latex(label.upper, names)}"
            text = rf"label $y \in ({ends})$, density with respect to $dy$"
    elif isinstance(label, LabelNaturals):
        text = "labels $y = 0, 1, 2, \\dots$"
    else:
        text = "label"
    if part.multiplicity > 1:
        z = names.latex(TEACHER)
        text += f", counted {part.multiplicity} times: the mirror image $(y', -{z}, -h)$ gives the same"
    return text


def _factor_lines(system: System, part: ComponentPart, names: Names) -> list[Line]:
    """F and P of one label component."""
    suffix = part.partition.name.partition("_")[2]
    rest = tuple(s for s in part.partition.rest)
    y = "; " + ", ".join(names.latex(s) for s in rest) if rest else ""
    factor = as_expression(part.partition.body)
    note = value_note(part, names)
    return [Line(indexed(f"F_{suffix}", names.latex(INNER) + y), (factor,), note), *label_lines(system, part, names)]


def label_lines(system: System, part: ComponentPart, names: Names) -> list[Line]:
    """The law of the label of a component, and the mean of its field if the inputs have one."""
    lines = []
    law = _law_left(system, part, names)
    if part.law_partition is not None:
        z = part.law_partition.body.xreplace({INNER: TEACHER})
        lines.append(Line(law, (as_expression(z),)))
    elif part.label is not None:
        lines.append(Line(law, (as_expression(part.law),)))
    if part.mean != 0:
        given = Raw("", "") if part.label is None else _given(part, names)
        left = Raw(rf"\mathbb{{E}}\left[h{given.latex}\right]", f"E[h{given.text}]")
        lines.append(Line(left, (part.mean,), "the mean of the inputs on the weights"))
    return lines


def _given(part: ComponentPart, names: Names) -> Raw:
    if not isinstance(part.label, LabelAtom):
        return Raw(r"\,|\,y", " | y")
    value = both(part.label.value, names)
    return Raw(rf"\,|\,y={value.latex}", f" | y={value.text}")


def _law_left(system: System, part: ComponentPart, names: Names) -> Raw:
    index = next(c.index for c in system.channels if part in c.components)
    base = "P" if len(system.channels) == 1 else f"P_{{{index}}}"
    y = Raw("y", "y")
    if isinstance(part.label, LabelAtom):
        value = both(part.label.value, names)
        y = Raw(f"y={value.latex}", f"y={value.text}")
    if part.law_partition is None:
        return Raw(f"{base}({y.latex})", f"{base}({y.text})".replace("{", "").replace("}", ""))
    text = f"{base}({y.text} | {names.text(TEACHER)})".replace("{", "").replace("}", "")
    return Raw(rf"{base}({y.latex}\,|\,{names.latex(TEACHER)})", text)


def definition_lines(system: System, names: Names) -> list[tuple[list[Line], Names]]:
    """The definitions of every factor, label law and partition function, with the names that print them."""
    blocks: list[tuple[list[Line], Names]] = []
    for channel in system.channels:
        lines: list[Line] = []
        for part in channel.components:
            if isinstance(channel, VectorChannel):
                lines += vector_channel_lines(system, channel, names, value_note(part, names), part)
                continue
            lines += _factor_lines(system, part, names)
            lines.append(_channel_line(part.partition, names))
        lines += teacher_lines(channel, names)
        blocks.append((lines, names))
    if system.model.vectors:
        single: SitePart | None = system.site.single  # type: ignore[attr-defined]
        if single is None:
            return [*blocks, (vector_site_lines(system, names.at_site()), names.at_site())]
        alone = replace(system, families=(replace(system.families[0], site=single),))  # of one mode, as of all
        return [*blocks, (_site_lines(alone, names.at_site()), names.at_site())]
    for f in range(len(system.families)):
        blocks.append((_site_lines(system.alone(f), names.at_site()), names.at_site()))
    return blocks


def teacher_lines(channel: ChannelPart, names: Names) -> list[Line]:
    """The mean of the teacher field, where the inputs give it one."""
    if channel.teacher_mean == 0:
        return []
    left = Raw(rf"\mathbb{{E}}\,{names.latex(TEACHER)}", f"E {names.text(TEACHER)}")
    return [Line(left, (channel.teacher_mean,), "the mean of the inputs on the teacher")]


def _channel_line(partition: Partition, names: Names) -> Line:
    suffix = partition.name.partition("_")[2]
    rest = tuple(partition.rest)
    y = "; " + ", ".join(names.latex(s) for s in rest) if rest else ""
    v = sp.Symbol("v", positive=True)
    left = indexed(partition.name, f"{names.latex(FIELD)}, v{y}")
    factor = sp.Function(f"F_{suffix}", real=True)(INNER, *rest)
    right: list[Raw | sp.Basic] = [GaussianAverage(factor, (INNER,), (FIELD,), (v,))]
    if partition.closed is not None:
        right.append(partition.closed)
    return Line(left, tuple(right), "" if partition.closed is not None else "no closed form: by quadrature")


def _site_lines(system: System, names: Names) -> list[Line]:
    site, partition = system.site, system.site.partition
    w, family = names.latex(INNER), partition.name.removeprefix("Z_")
    mu = r"\mu" if family == "w" else rf"\mu_{{{latex_name(family)}}}"
    f = "" if site.factor == 1 else rf"\,{latex(site.factor, names)}"
    square = w + "^2" if site.factor == 1 else rf"\left({latex(site.factor * INNER, names)}\right)^2"
    rest = "; " + ", ".join(names.latex(s) for s in partition.rest) if partition.rest else ""
    left = indexed(partition.name, f"{names.latex(SITE)}, A{rest}")
    exponent = rf"-A {square}/2 + {names.latex(SITE)}{f} {w}"
    integral = Raw(rf"\int d{mu}({w})\, e^{{{exponent}}}")
    right: tuple[Raw | sp.Basic, ...] = (integral,)
    if partition.closed is not None:
        right += (partition.closed.xreplace({partition.variance: sp.Symbol("A", positive=True)}),)
    parts = [measure_part(part, names) for part in partition.body.args]
    measure = Raw(" + ".join(p.latex for p in parts), " + ".join(p.text for p in parts))
    note = "" if partition.closed is not None else "no closed form: by quadrature"
    return [Line(Raw(rf"d{mu}({w})"), (measure,)), Line(left, right, note)]


# ------------------------------------------------------------------------------------------- left sides

_FACTOR = re.compile(r"([FP])_\{(\d+)(?:,(\d+))?\}\((.*?)\)(?: \[(.*)\])?$")
_MEAN = re.compile(r"E (h_a|z) \(channel (\d+)(?:, component (\d+))?\)$")
_COVARIANCE = re.compile(r"E (\w+) (\w+) \(channel (\d+)\)$")
_AT_N = re.compile(r"(interaction|site|channel)(?:_(\d+))?\(n\)$")
_ZERO = re.compile(r"0 \[stationary in (\w+)\]$")


def left_side(system: System, left: str, right: sp.Basic) -> Line:
    """Return an equation of the trace with its left-hand side in mathematics."""
    names = Names.of(system)
    if (found := _FACTOR.match(left)) is not None:
        return _factor_left(system, found, right, names)
    if (found := _COVARIANCE.match(left)) is not None:
        one, two, channel = found.groups()
        note = f"channel {channel}" if len(system.channels) > 1 else ""
        return Line(Raw(rf"\mathbb{{E}}\,{_letters(one)}\, {_letters(two)}"), (right,), note)
    if (found := _MEAN.match(left)) is not None:
        return _mean_left(system, found, right, names)
    if (found := _AT_N.match(left)) is not None:
        name, index = found.groups()
        tail = "" if index is None else f"_{{{index}}}"
        return Line(Raw(rf"\mathrm{{{name}}}{tail}(n)"), (right,))
    if (found := _ZERO.match(left)) is not None:
        return Line(sp.S.Zero, (right,), f"stationary in ${latex_name(found.group(1))}$")
    symbols = [f.symbols for f in system.families]
    overlaps = [x for s in symbols for x in (s.q, s.r, s.v, s.A, s.q_hat, s.r_hat, *s.m, *s.m_hat)]
    for symbol in (*overlaps, *system.globals):
        if symbol.name == left:
            return Line(symbol, (right,))
    entry = lookup(left)
    return Line(Raw(entry.latex if entry is not None else latex_name(re.sub(r"\W+", "_", left))), (right,))


def _letters(field: str) -> str:
    head, _, tail = field.partition("_")
    return f"{head}_{{{tail}}}" if len(tail) > 1 else field


def _factor_left(system: System, found: re.Match[str], right: sp.Basic, names: Names) -> Line:
    kind, channel, component, _, _ = found.groups()
    channels = [c for c in system.channels if c.index == int(channel)]
    parts = channels[0].components if channels else ()
    position = int(component or 0)
    if position >= len(parts):
        return Line(Raw(rf"{kind}_{{{channel}}}"), (right,), found.group(5) or "")
    part = parts[position]
    lines = _factor_lines(system, part, names)
    line = lines[0] if kind == "F" else lines[1]
    value = right.xreplace({INNER: TEACHER}) if kind == "P" else right
    return Line(line.left, (value,), line.note)


def _mean_left(system: System, found: re.Match[str], right: sp.Basic, names: Names) -> Line:
    field, channel, component = found.groups()
    given = Raw("", "")
    if component is not None:
        part = next(c for c in system.channels if c.index == int(channel)).components[int(component)]
        given = given if part.label is None else _given(part, names)
    text = f"E[{field}{given.text}]" if given.text else f"E {field}"
    return Line(Raw(rf"\mathbb{{E}}\left[{_letters(field)}{given.latex}\right]", text), (right,))


# ------------------------------------------------------------------------------------------- the model


def summary_line(model: Model, names: Names) -> str:
    """Return the model in one line of prose."""
    parts = []
    for q in model.quenched:
        parts.append(f"quenched ${latex_name(q.name)}$ from {getattr(q.law, 'text', 'a table')}")
    for w in model.weights:
        law = w.law.text if w.law is not None else ""
        radius = "" if w.radius is None or w.radius == 1 else latex(w.radius, names)
        measure = {
            "prior": f"with the prior {law}",
            "count": f"counted on {law}",
            "sphere": rf"on the sphere $\sum_i w_i^2 = {radius} N$",
            "lebesgue": "with a flat measure",
        }[w.measure]
        penalty = f", penalty ${latex(w.penalty, names)}$" if w.penalty is not None else ""
        parts.append(f"weights ${latex_name(w.name)}$ {measure}{penalty}")
    parts += [_channel_words(c, names) for c in model.channels]
    beta = "" if model.beta is None else rf"; inverse temperature ${latex(model.beta, names)}$"
    if model.beta is sp.oo:
        beta = "; zero temperature: the weights minimise the sum of all losses and penalties"
    means = [latex(c.input_mean, names) for c in model.channels]
    parts += [f"inputs of mean ${mean}/\\sqrt N$" for mean in dict.fromkeys(means) if mean != "0"]
    return f"{model.title or model.name}: {'; '.join(parts)}{beta}."


def _channel_words(channel: Channel, names: Names) -> str:
    given = rf"\,|\,{','.join(latex_name(t.name) for t in channel.teacher)}" if channel.teacher else ""
    count = latex(channel.samples, names)
    words = [f"${count}\\,N$ samples"]
    words += [f"noise ${latex_name(name)}$ from {getattr(law, 'text', '')}" for name, _, law in channel.noise]
    if channel.label is not None:
        if channel.label.kind == "function":
            words.append(f"label $y = {latex(channel.label.expression, names)}$")
        else:
            words.append(f"label law $P(y{given}) = {latex(channel.label.expression, names)}$")
    factor = channel.factor_expression
    words.append("Bayes-optimal factor" if factor is None else f"{channel.factor} ${latex(factor, names)}$")
    return ", ".join(words)
