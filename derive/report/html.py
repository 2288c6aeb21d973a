"""HTML: one self-contained page, MathML through latex2mathml, no network, light and dark."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from latex2mathml.converter import convert

from derive.replica.pipeline import Derivation
from derive.report.document import (
    Equations,
    Figure,
    Items,
    Paragraph,
    Section,
    StepBlock,
    Table,
    derivation_document,
    main_equations,
    rule_title,
    stage_title,
)
from derive.report.latex import equation_lines
from derive.report.prose import LONG, split_math, split_sum
from derive.report.symbols import Names

__all__ = ["html_of", "mathml", "render_html", "render_page"]

Extra = Section | tuple[str, Sequence[str], Sequence[Sequence[object]]]

CSS = """
:root{color-scheme:light dark;--ink:#1c2330;--paper:#fff;--soft:#5b6675;--line:#d9dee6;
--exact:#1b7f4b;--standard:#2a62b8;--ansatz:#b06a00;--asserted:#a52a2a}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ee;--paper:#14171c;--soft:#9aa5b4;--line:#313843;
--exact:#5fd39a;--standard:#82b1ff;--ansatz:#f2b45a;--asserted:#ff8a80}}
body{font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h3{font-size:1rem;margin:1.4rem 0 .3rem}
h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}
.eq{overflow-x:auto;padding:.25rem 0 .25rem 1.5rem}.eq math{font-size:1.08rem;text-align:left}
math[display=block]{display:block math;width:fit-content;margin:0}
.eq .more{padding-left:3rem}.eq .note{padding-left:1.5rem}
.note,.meta{color:var(--soft);font-size:.88rem}
.step{border-left:3px solid var(--line);padding:.1rem 0 .1rem 1rem;margin:1rem 0}
.badge{font-size:.75rem;border:1px solid currentColor;border-radius:.7rem;padding:.05rem .55rem}
h3 .badge{margin-left:.5rem}
.exact{color:var(--exact)}.standard{color:var(--standard)}
.ansatz{color:var(--ansatz)}.asserted{color:var(--asserted)}
.passed{color:var(--exact)}.failed{color:var(--asserted);font-weight:600}
table{border-collapse:collapse;margin:.6rem 0}caption{text-align:left;color:var(--soft);padding:.2rem 0}
th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
.scroll,figure{overflow-x:auto}figure{margin:1rem 0}figure svg{max-width:100%;height:auto;background:#fff}
figcaption{color:var(--soft);font-size:.9rem}
"""

_LETTERS = {"E": "𝔼", "N": "𝒩", "P": "ℙ", "R": "ℝ", "1": "𝟏"}
_STYLED = re.compile(r'<(mi|mn) mathvariant="(?:double-struck|script|bold)">(\w)</\1>')


def mathml(latex: str, display: bool = False) -> str:
    """Return a formula as MathML Core."""
    latex = latex.replace(r"\!", "").replace(r"\bm", "")
    latex = re.sub(r"\\[bB]igg?[lr]?\s*(\\[{}]|[()\[\]])", r"\1", latex)
    made = convert(latex, display="block" if display else "inline")
    made = made.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    return _STYLED.sub(lambda m: f"<{m[1]}>{_LETTERS.get(m[2], m[2])}</{m[1]}>", made)


def _prose(prose: str) -> str:
    parts = []
    for is_math, part in split_math(prose):
        if not is_math:
            parts.append(html.escape(part.replace("->", "→"), quote=False))
        elif len(part) > LONG:
            lines = "".join(f"<div>{mathml(line, True)}</div>" for line in split_sum(part))
            parts.append(f'<div class="eq">{lines}</div>')
        else:
            parts.append(mathml(part))
    return "".join(parts)


def _equation_html(block: Equations) -> str:
    rows = []
    for line in block.lines:
        left, rights = equation_lines(line, block.names, 84)
        first, more = left, []
        for position, right in enumerate(rights):
            if position == 0 or len(right) == 1:
                first += f" = {right[0]}"
                more += right[1:]
            else:
                more += [f"= {right[0]}", *right[1:]]
        tail = "".join(f'<div class="more">{mathml(part, True)}</div>' for part in more)
        note = f'<div class="note">{_prose(line.note)}</div>' if line.note else ""
        rows.append(f'<div class="eq">{mathml(first, True)}{tail}{note}</div>')
    return "\n".join(rows)


def _table_html(block: Table) -> str:
    head = "".join(f"<th>{_prose(cell)}</th>" for cell in block.header)
    cells = ("".join(f"<td>{_prose(cell)}</td>" for cell in row) for row in block.rows)
    rows = "\n".join(f"<tr>{row}</tr>" for row in cells)
    caption = f"<caption>{_prose(block.title)}</caption>" if block.title else ""
    table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>"
    return f'<div class="scroll">{table}</div>'


def _step_html(block: StepBlock) -> str:
    step = block.step
    title = html.escape(f"{block.number}. {stage_title(step.stage)}: {rule_title(step.rule)}", quote=False)
    parts = [
        f'<h3>{title}<span class="badge {step.status}">{step.status}</span></h3>',
        f"<div>{_prose(step.statement)}</div>",
        _equation_html(block.equations),
    ]
    parts += [f'<div class="meta">assumes: {_prose(condition)}</div>' for condition in block.conditions]
    if step.check is not None:
        word = "passed" if step.check.passed else "failed"
        text = f"{step.check.description} (error {step.check.error:.2g}, bound {step.check.bound:.2g})"
        said = html.escape(text, quote=False)
        parts.append(f'<div class="meta"><span class="{word}">check {word}</span>: {said}</div>')
    return '<div class="step">' + "\n".join(p for p in parts if p) + "</div>"


def _figure_html(block: Figure) -> str:
    start = block.svg.find("<svg")
    svg = block.svg[start:] if start >= 0 else ""
    return f"<figure>{svg}<figcaption>{_prose(block.title)}</figcaption></figure>"


def _block(block: object) -> str:
    match block:
        case Paragraph(prose=prose):
            return f"<p>{_prose(prose)}</p>"
        case Items(items=items):
            return "<ul>" + "".join(f"<li>{_prose(item)}</li>" for item in items) + "</ul>"
        case Equations():
            return _equation_html(block)
        case Table():
            return _table_html(block)
        case Figure():
            return _figure_html(block)
        case StepBlock():
            return _step_html(block)
    raise TypeError(f"no HTML form for {type(block).__name__}")


def render_page(title: str, sections: Sequence[Section]) -> str:
    """Return one self-contained page of sections: paragraphs, equations, tables, inline SVG."""
    parts = []
    for section in sections:
        inside = "\n".join(_block(block) for block in section.blocks)
        parts.append(f"<section><h2>{html.escape(section.title, quote=False)}</h2>\n{inside}</section>")
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title, quote=False)}</title><style>{CSS}</style></head>\n"
        f"<body><h1>{html.escape(title, quote=False)}</h1>\n{body}\n</body></html>\n"
    )


def render_html(derivation: Derivation, steps: bool = False, extra: Sequence[Extra] | None = None) -> str:
    """Return a derivation as one page.

    Parameters
    ----------
    extra : sections to append, or plain tables (title, header, rows)
    """
    sections = derivation_document(derivation, steps)
    for item in extra or ():
        if isinstance(item, Section):
            sections.append(item)
        else:
            title, header, rows = item
            cells = tuple(tuple(str(cell) for cell in row) for row in rows)
            sections.append(Section(title, [Table("", tuple(header), cells)]))
    name = derivation.model.title or derivation.model.name
    return render_page(f"{name}, {derivation.trace.ansatz}", sections)


def html_of(derivation: Derivation) -> str:
    """Return the free entropy and saddle-point equations as HTML, for notebooks.

    Meant as `Derivation._repr_html_`.
    """
    names = Names.of(derivation.system)
    return _equation_html(Equations(tuple(main_equations(derivation)), names))
