"""`derive show --format text`: a derivation as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import sympy as sp

from derive.replica.pipeline import Derivation
from derive.report.definitions import Line, Raw
from derive.report.document import (
    Equations,
    Figure,
    Items,
    Paragraph,
    Section,
    StepBlock,
    Table,
    check_line,
    derivation_document,
    rule_title,
    stage_title,
)
from derive.report.layout import break_lines
from derive.report.present import present
from derive.report.printer import TextPrinter, expression_text
from derive.report.prose import math_text, prose_text

__all__ = ["expression_text", "render_text", "sections_text"]

WIDTH = 100


def render_text(derivation: Derivation, steps: bool = False) -> str:
    """Return a derivation as plain text; with `steps` the whole chain from Z^n to the fixed point."""
    head = f"{derivation.model.name}, {derivation.trace.ansatz}"
    body = sections_text(derivation_document(derivation, steps))
    return f"{head}\n{'=' * len(head)}\n\n{body}"


def sections_text(sections: Sequence[Section]) -> str:
    """Return sections as plain text."""
    lines: list[str] = []
    for section in sections:
        lines += [section.title, "-" * len(section.title)]
        for position, block in enumerate(section.blocks):
            if position and not isinstance(block, Equations):
                lines.append("")
            lines += _block(block)
        lines.append("")
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def _block(block: object) -> list[str]:
    match block:
        case Paragraph(prose=prose):
            return _wrap(prose_text(prose))
        case Items(items=items):
            return [line for item in items for line in _wrap(prose_text(item), "  ", first="- ")]
        case Equations():
            return _equations(block)
        case Table():
            return _table(block)
        case Figure(title=title):
            return [f"[figure: {prose_text(title)}]"]
        case StepBlock():
            return _step(block)
    raise TypeError(f"no text form for {type(block).__name__}")


def _wrap(text: str, indent: str = "", first: str | None = None, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]


def _piece(piece: Raw | sp.Basic, printer: TextPrinter, width: int) -> list[str]:
    if isinstance(piece, Raw):
        text = piece.text or math_text(piece.latex)
        if len(text) > width and text.startswith("{") and "; " in text:  # a case on each line
            return [case + ";" for case in text.split("; ")[:-1]] + [text.split("; ")[-1]]
        return [text]
    return break_lines(printer, present(piece, printer.names), width)


def _equations(block: Equations, indent: str = "  ") -> list[str]:
    printer = TextPrinter(block.names)
    lines: list[str] = []
    for line in block.lines:
        lines += _equation(line, printer, indent)
    return lines


def _equation(line: Line, printer: TextPrinter, indent: str) -> list[str]:
    left = _piece(line.left, printer, WIDTH)[0]
    result = [f"{indent}{left} = "]
    hang = indent + " " * min(len(left), 12) + " = "
    for position, piece in enumerate(line.right):
        parts = _piece(piece, printer, WIDTH - len(hang))
        if position == 0:
            result[-1] += parts[0]
        elif len(parts) == 1 and len(result[-1]) + len(parts[0]) + 3 <= WIDTH:
            result[-1] += f" = {parts[0]}"
        else:
            result.append(f"{hang}{parts[0]}")
        result += [" " * len(hang) + part for part in parts[1:]]
    if line.note:
        note = f"[{prose_text(line.note)}]"
        if len(result[-1]) + len(note) + 4 <= WIDTH:
            result[-1] += f"    {note}"
        else:
            result += _wrap(note, " " * len(hang))
    return result


def _table(block: Table) -> list[str]:
    rows = [[prose_text(cell) for cell in row] for row in (block.header, *block.rows)]
    columns = len(block.header)
    widths = [max(len(row[i]) for row in rows) for i in range(columns)]
    lines = [prose_text(block.title)] if block.title else []
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lead = "  " + "  ".join(cells[:-1]) + "  "
        wrapped = _wrap(row[-1], " " * len(lead), first=lead, width=max(WIDTH, len(lead) + 30))
        lines += wrapped if row[-1] else [lead.rstrip()]
        if number == 0:
            lines.append("  " + "  ".join("-" * width for width in widths)[: WIDTH - 2])
    return lines


def _step(block: StepBlock) -> list[str]:
    step = block.step
    head = f"{block.number}. {stage_title(step.stage)}: {rule_title(step.rule)}"
    lines = [f"{head}  [{step.status}]"]
    lines += _wrap(prose_text(step.statement), "   ")
    lines += _equations(block.equations, "     ")
    for condition in block.conditions:
        lines += _wrap(f"assumes: {prose_text(condition)}", "     ", first="   ")
    outcome = check_line(step.check)
    if outcome:
        lines += _wrap(f"check {outcome}", "     ", first="   ")
    return lines
