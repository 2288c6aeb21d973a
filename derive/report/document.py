"""What a report says, independent of its format: sections of paragraphs, equations, tables and figures.

`derivation_document` turns a derivation into sections; text, LaTeX and HTML only typeset them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sympy as sp

from derive.conventions import STAGES, STATUSES, lookup
from derive.replica.pipeline import Derivation
from derive.replica.system import System
from derive.replica.trace import Check, Equation, Step
from derive.report.cold import LONG, cold_definitions, cold_free_entropy, cold_overlaps, cold_saddle
from derive.report.definitions import Line, Raw, definition_lines, left_side, summary_line
from derive.report.latex_printer import expression_latex
from derive.report.symbols import Names, free_entropy_latex, latex_name, norm_of

__all__ = [
    "Equations",
    "Figure",
    "Items",
    "Paragraph",
    "Section",
    "StepBlock",
    "Table",
    "all_definitions",
    "derivation_document",
    "main_equations",
]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Prose with mathematics between dollars."""

    prose: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list of prose items."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Equations:
    """Displayed equations, with the names that print them."""

    lines: tuple[Line, ...]
    names: Names


@dataclass(frozen=True, slots=True)
class Table:
    """A table of prose cells."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """An inline SVG figure; formats other than HTML print its title only."""

    title: str
    svg: str


@dataclass(frozen=True, slots=True)
class StepBlock:
    """One numbered step of the derivation."""

    number: int
    step: Step
    conditions: tuple[str, ...]
    equations: Equations


Block = Paragraph | Items | Equations | Table | Figure | StepBlock


@dataclass(frozen=True, slots=True)
class Section:
    """A title and its blocks."""

    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)


def _phi(derivation: Derivation) -> str:
    return free_entropy_latex(p.name for p in derivation.model.parameters)


def main_equations(derivation: Derivation) -> list[Line]:
    """The free entropy, conjugates eliminated where they can be, and the saddle-point equations."""
    saddle = derivation.saddle
    if derivation.system.cold:
        return [*cold_free_entropy(derivation), *cold_saddle(derivation)]
    explicit = saddle.reduced.explicit
    phi = saddle.free_entropy if explicit is None else explicit
    return [Line(Raw(_phi(derivation)), (phi,)), *saddle_lines(derivation)]


def saddle_lines(derivation: Derivation) -> list[Line]:
    """The saddle-point equations, conjugates first."""
    saddle = derivation.saddle
    if derivation.system.cold:
        return cold_saddle(derivation)
    lines = [Line(hat, (value,)) for hat, value in saddle.conjugates.items()]
    lines += [Line(x, (value,)) for x, value in saddle.site_map.items()]
    for b, value in saddle.stationary.items():
        lines.append(Line(sp.S.Zero, (value,), f"stationary in ${latex_name(b.name)}$"))
    return lines


def derivation_document(derivation: Derivation, steps: bool) -> list[Section]:
    """Return the sections of a derivation's report."""
    names = Names.of(derivation.system)
    sections = [
        Section("Model", _model_blocks(derivation, names)),
        Section("Order parameters", [_overlaps(derivation, steps)]),
    ]
    if steps:
        sections.append(Section("Derivation, step by step", _step_blocks(derivation, names)))
    explicit = derivation.saddle.reduced.explicit
    phi_lines = [Line(Raw(_phi(derivation)), (derivation.saddle.free_entropy,))]
    if derivation.system.cold:
        phi_lines = cold_free_entropy(derivation)
    phi: list[Block] = [Equations(tuple(phi_lines), names)]
    if explicit is not None:
        phi += [
            Paragraph("With the conjugates eliminated by their own saddle-point equations:"),
            Equations((Line(Raw(_phi(derivation)), (explicit,)),), names),
        ]
    blocks = all_definitions(derivation, names)
    definitions: list[Block] = [Equations(tuple(lines), n) for lines, n in blocks]
    if derivation.system.cold and steps:
        said = {line.left for lines, _ in blocks for line in lines}
        definitions.append(Paragraph(r"Before the limit $\beta\to\infty$:"))
        for lines, n in definition_lines(derivation.system, names):
            definitions.append(Equations(tuple(line for line in lines if line.left not in said), n))
    sections += [
        Section("Free entropy", [Paragraph(_where_stationary(derivation)), *phi]),
        Section("Saddle-point equations", [Equations(tuple(saddle_lines(derivation)), names)]),
        Section("Definitions", definitions),
        Section("Existence domain", [_domain(derivation, names)]),
        Section("What is exact and what is assumed", [_statuses(derivation)]),
    ]
    return sections


def all_definitions(derivation: Derivation, names: Names) -> list[tuple[list[Line], Names]]:
    """The definitions that the free entropy and the saddle point need."""
    if derivation.system.cold:
        return cold_definitions(derivation, names)
    return definition_lines(derivation.system, names)


def _model_blocks(derivation: Derivation, names: Names) -> list[Block]:
    blocks: list[Block] = [Paragraph(summary_line(derivation.model, names))]
    if derivation.model.parameters:
        rows = tuple(
            (
                f"${latex_name(p.name)}$",
                (p.domain.text or "").replace("inf", r"$\infty$"),
                "" if p.default is None else f"${names_latex(p.default, names)}$",
                p.meaning,
            )
            for p in derivation.model.parameters
        )
        blocks.append(Table("Parameters", ("symbol", "in", "default", "meaning"), rows))
    return blocks


def names_latex(expression: sp.Basic, names: Names) -> str:
    """Return an expression in inline LaTeX."""
    return expression_latex(expression, names=names)


def _overlaps(derivation: Derivation, steps: bool) -> Table:
    """The order parameters with what they mean and where they live."""
    system, saddle, names = derivation.system, derivation.saddle, Names.of(derivation.system)
    header = ("symbol", "domain", "meaning")
    if system.cold:
        independent = ", ".join(f"${names.latex(x)}$" for x in saddle.overlaps)
        return Table(f"Independent: {independent}", header, tuple(cold_overlaps(derivation, steps)))
    if system.model.vectors:
        rows = _mode_rows(system, names)
    else:
        rows = [row for f in range(len(system.families)) for row in _family_rows(system.alone(f), names)]
    words = "replicated scalar without conjugate"
    for b in system.globals:
        meaning = next((g.meaning for g in derivation.model.globals if g.symbol == b), "")
        rows.append((f"${names.latex(b)}$", "real", ": ".join(p for p in (words, meaning) if p)))
    tied = {f.symbols.v for f in system.families}
    independent = ", ".join(f"${names.latex(x)}$" for x in saddle.overlaps if x not in tied)
    return Table(f"Independent: {independent}", header, tuple(rows))


def _mode_rows(system: System, names: Names) -> list[tuple[str, str, str]]:
    """The order parameters of weights of several components: the modes of their overlap matrices."""
    size = system.model.weights[0].components
    below = "Q_{00} - Q_{01}", "Q_{00} + Q_{01}" if size == 2 else rf"Q_{{00}} + {size - 1}\, Q_{{01}}"
    of = "differences of components", "the sum of the components"
    rows: list[tuple[str, str, str]] = []
    for family, entry, words in zip(system.families, below, of, strict=True):
        s = family.symbols
        q, r = names.latex(s.q), names.latex(s.r)
        second = "" if not family.second_moments else names_latex(family.second_moments[0], names)
        matrix = r"$Q_{kl} = \frac1N\sum_i w_{ik}^a w_{il}^b$"
        rows.append((f"${q}$", rf"$0 \le {q} \le {r}$", f"two replicas, {matrix}, {words}: ${entry}$"))
        own = f"$= {second}$" if system.matched else rf"${r} > 0$"
        rows.append((f"${r}$", own, f"one replica, {words}"))
        for m, m_hat in zip(s.m, s.m_hat, strict=True):
            bound = rf"${names.latex(m)}^2 \le {second}\, {q}$"
            rows.append((f"${names.latex(m)}$", f"$= {q}$" if system.matched else bound, f"with the teacher, {words}"))
            equal = f"$= {names.latex(s.q_hat)}$" if system.matched else "real"
            rows.append((f"${names.latex(m_hat)}$", equal, f"conjugate of ${names.latex(m)}$"))
        rows.append((f"${names.latex(s.q_hat)}$", rf"${names.latex(s.q_hat)} \ge 0$", f"conjugate of ${q}$"))
        rows.append((f"${names.latex(s.r_hat)}$", "$= 0$" if system.matched else "real", f"conjugate of ${r}$"))
    return rows


def _family_rows(system: System, names: Names) -> list[tuple[str, str, str]]:
    """The order parameters of one family of sites."""
    s, norm = system.symbols, norm_of(system)
    family = s.v.name.partition("_")[2]  # of one family of several, the name of its weights
    rows: list[tuple[str, str, str]] = []
    factors = system.site.factor != 1

    def row(symbol: sp.Symbol, kind: str, domain: str | None = None, extra: str = "") -> None:
        entry = lookup(kind)
        assert entry is not None
        meaning = entry.meaning
        for factor in () if factors else ("f_i^2 ", "f_i ", "f^2 "):
            meaning = meaning.replace(factor, "")
        if family:
            meaning = meaning.replace(r"\frac1N", rf"\frac1{{N_{{{latex_name(family)}}}}}")
        rows.append((f"${names.latex(symbol)}$", domain or entry.domain, meaning + extra))

    r = names.latex(s.r) if norm is None else names_latex(norm, names)
    q = names.latex(s.q)
    row(s.q, "q", rf"$0 \le {q} \le {r}$")
    row(s.r, "r", None if norm is None else f"$= {r}$", "" if norm is None else ", fixed")
    for j, (m, m_hat) in enumerate(zip(s.m, s.m_hat, strict=True)):
        matched = system.matched
        second = system.second_moments[j]
        kind = system.overlap_kind(m)
        rho = "" if second == 1 else names_latex(second, names) + r"\,"
        teacher = rf", $t = {names_latex(system.site.teachers[j], names)}$"
        row(m, kind, f"$= {q}$" if matched else rf"${names.latex(m)}^2 \le {rho} {q}$", teacher)
        if matched:
            rows.append((f"${names.latex(m_hat)}$", f"$= {names.latex(s.q_hat)}$", "by exchangeability"))
        else:
            row(m_hat, f"{kind}_hat")
    row(s.q_hat, "q_hat")
    if system.sphere:
        row(s.r_hat, "r_hat", None, "; on the sphere it is the multiplier of the constraint")
    elif norm is not None:
        row(s.r_hat, "r_hat", "$= 0$")
    else:
        row(s.r_hat, "r_hat")
    return rows


def _where_stationary(derivation: Derivation) -> str:
    saddle, names = derivation.saddle, Names.of(derivation.system)
    symbols = [f.symbols for f in derivation.system.families]
    if derivation.system.cold:
        variables = ", ".join(f"${names.latex(x)}$" for x in [*saddle.overlaps, *saddle.conjugates])
        return (
            rf"${_phi(derivation)} = -\lim_{{N\to\infty}} \frac1N\mathbb E\min_w$ of the losses and penalties, "
            f"stationary in {variables}:"
        )
    written = {s.A: s.r_hat for s in symbols} | {s.v: s.r for s in symbols}
    hats = [written.get(h, h) for h in saddle.conjugates]
    overlaps = [written.get(x, x) for x in saddle.overlaps]
    variables = ", ".join(f"${names.latex(x)}$" for x in [*overlaps, *hats])
    return rf"${_phi(derivation)} = \lim_{{N\to\infty}} \frac1N\mathbb E\log Z$, stationary in {variables}:"


def _domain(derivation: Derivation, names: Names) -> Block:
    domain = derivation.system.domain
    if not domain:
        return Paragraph("Every average exists for all parameters and all overlaps in their domains.")
    return Items(tuple(f"${names_latex(d, names)}$" for d in domain))


def _statuses(derivation: Derivation) -> Block:
    found: dict[str, list[str]] = {}
    for step in derivation.trace.steps:
        found.setdefault(step.status, []).append(rule_title(step.rule))
    order = [s for s in STATUSES if s in found]
    items = [f"{status} ({STATUSES[status]}): {', '.join(found[status])}" for status in order]
    checked = [s.check for s in derivation.trace.steps if s.check is not None]
    if checked:
        passed = sum(c.passed for c in checked)
        items.append(f"checks made where the steps were made: {passed} of {len(checked)} passed")
    return Items(tuple(items))


def _step_blocks(derivation: Derivation, names: Names) -> list[Block]:
    blocks: list[Block] = []
    resolved = False
    everywhere = [d for p in derivation.system.partitions.values() for d in p.domain]
    domain = {str(d): f"${names_latex(d, names)}$" for d in [*everywhere, *derivation.system.domain]}
    for number, step in enumerate(derivation.trace.steps, 1):
        resolved = resolved or step.rule in ("fixed-norm", "nishimori", "reduced-free-entropy")
        used = names if resolved else names.generic()
        lines = tuple(_step_line(derivation, e) for e in step.equations)
        conditions = tuple(domain.get(c, c) for c in step.conditions)
        blocks.append(StepBlock(number, step, conditions, Equations(lines, used)))
    return blocks


def _step_line(derivation: Derivation, equation: Equation) -> Line:
    """An equation of the trace; at zero temperature a closed form of many pages is not written out."""
    right = derivation.trace.table[equation.right]
    line = left_side(derivation.system, equation.left, right)
    size = right.count_ops() if derivation.system.cold else 0
    if size <= LONG:
        return line
    words = f"a closed form of {size} operations, in the trace"
    return Line(line.left, (Raw(rf"\text{{[{words}]}}", f"[{words}]"),), line.note)


def stage_title(stage: str) -> str:
    """Return the name of a stage as a heading."""
    return STAGES.get(stage, stage.replace("_", " ").capitalize())


_PROPER = {"gaussian": "Gaussian", "nishimori": "Nishimori", "price": "Price's", "hubbard": "Hubbard"}


def rule_title(rule: str) -> str:
    """Return the name of a rule in words."""
    return " ".join(_PROPER.get(word, word) for word in rule.split("-"))


def check_line(check: Check | None) -> str:
    """Return the outcome of a step's check in one line."""
    if check is None:
        return ""
    word = "passed" if check.passed else "FAILED"
    return f"{word}: {check.description} (error {check.error:.2g}, bound {check.bound:.2g})"
