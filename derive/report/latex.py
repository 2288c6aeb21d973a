r"""`derive show --format latex`: a standalone article that needs amsmath and geometry only."""

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
    all_definitions,
    check_line,
    derivation_document,
    main_equations,
    rule_title,
    stage_title,
)
from derive.report.latex_printer import MathPrinter, expression_latex, visible_width
from derive.report.layout import break_lines
from derive.report.present import present
from derive.report.prose import escape_latex, prose_latex
from derive.report.symbols import Names

__all__ = [
    "equation_lines",
    "equations_docstring",
    "expression_latex",
    "latex_of",
    "render_latex",
    "sections_latex",
]

WIDTH = 78
PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[a4paper,margin=25mm]{geometry}
\usepackage{amsmath,amssymb}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt plus 2pt}
\emergencystretch=3em
"""


def render_latex(derivation: Derivation, steps: bool = False) -> str:
    """Return a derivation as a complete LaTeX article."""
    title = escape_latex(derivation.model.title or derivation.model.name)
    ansatz = {"rs": "replica-symmetric"}.get(derivation.trace.ansatz, derivation.trace.ansatz)
    return (
        f"{PREAMBLE}\\begin{{document}}\n"
        f"\\begin{{center}}\\Large {title}\\\\[2pt]\n"
        f"\\normalsize {escape_latex(ansatz)} solution\\end{{center}}\n\n"
        f"{sections_latex(derivation_document(derivation, steps))}\\end{{document}}\n"
    )


def sections_latex(sections: Sequence[Section]) -> str:
    """Return sections as LaTeX, without preamble."""
    parts: list[str] = []
    for section in sections:
        parts.append(f"\\section*{{{escape_latex(section.title)}}}")
        parts += [_block(block) for block in section.blocks]
    return "\n".join(parts) + "\n"


def _block(block: object) -> str:
    match block:
        case Paragraph(prose=prose):
            return prose_latex(prose) + "\n"
        case Items(items=items):
            rows = "\n".join(f"\\item[--] {prose_latex(item)}" for item in items)
            return f"\\begin{{itemize}}\n{rows}\n\\end{{itemize}}"
        case Equations():
            return _display(block)
        case Table():
            return _table(block)
        case Figure(title=title):
            return f"\\emph{{Figure: {prose_latex(title)}}}\n"
        case StepBlock():
            return _step(block)
    raise TypeError(f"no LaTeX form for {type(block).__name__}")


def equation_lines(line: Line, names: Names, width: int = WIDTH) -> tuple[str, list[list[str]]]:
    """Return the left side and, for every right side, its lines in LaTeX."""
    printer = MathPrinter(names)

    def lines(piece: Raw | sp.Basic, room: int) -> list[str]:
        if isinstance(piece, Raw):
            return [piece.latex]
        return break_lines(printer, present(piece, names), room)

    left = lines(line.left, 10**6)[0]
    return left, [lines(piece, width - visible_width(left) - 3) for piece in line.right]


def _display(block: Equations) -> str:
    """All equations of a block in one align; notes as intertext."""
    rows: list[str] = []
    for line in block.lines:
        left, rights = equation_lines(line, block.names)
        for position, right in enumerate(rights):
            used = visible_width(rows[-1]) if position else 0
            single = len(right) == 1 and position and used + visible_width(right[0]) + 3 <= WIDTH
            if single:
                rows[-1] += f" = {right[0]}"
            else:
                rows.append(f"{left if position == 0 else ''} &= {right[0]}")
            rows += [rf"&\qquad {part}" for part in right[1:]]
        if line.note:
            note = rf"\text{{[{prose_latex(line.note)}]}}"
            fits = visible_width(rows[-1]) + len(line.note) * 0.8 <= WIDTH
            if fits:
                rows[-1] += rf" \quad {note}"
            else:
                rows.append(rf"&\quad \parbox[t]{{0.7\linewidth}}{{\small [{prose_latex(line.note)}]}}")
    if not rows:
        return ""
    body = " \\\\\n".join(rows)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _table(block: Table) -> str:
    columns = len(block.header)
    share = 0.9 - 0.13 * (columns - 1)
    format_ = "l" * (columns - 1) + rf"p{{{share:.2f}\linewidth}}"
    rows = [" & ".join(prose_latex(cell) for cell in row) + r" \\" for row in block.rows]
    head = " & ".join(prose_latex(cell) for cell in block.header) + r" \\ \hline"
    title = f"{prose_latex(block.title)}\n\n" if block.title else ""
    return f"{title}\\begin{{tabular}}{{{format_}}}\n{head}\n" + "\n".join(rows) + "\n\\end{tabular}\n"


def _step(block: StepBlock) -> str:
    step = block.step
    head = f"{block.number}. {stage_title(step.stage)}: {rule_title(step.rule)}"
    parts = [rf"\paragraph{{{escape_latex(head)}}} \textsf{{[{step.status}]}} {prose_latex(step.statement)}"]
    if block.equations.lines:
        parts.append(_display(block.equations))
    parts += [rf"\emph{{Assumes:}} {prose_latex(condition)}." for condition in block.conditions]
    outcome = check_line(step.check)
    if outcome:
        parts.append(rf"\emph{{Check}} {escape_latex(outcome)}.")
    return "\n\n".join(p for p in parts if p).replace("\n\n\\begin{align*}", "\n\\begin{align*}") + "\n"


# ------------------------------------------------------------------------------------------- short forms


def latex_of(derivation: Derivation) -> str:
    r"""Return the free entropy and saddle-point equations as one display, for notebooks.

    Meant as `Derivation._repr_latex_`.
    """
    names = Names.of(derivation.system)
    rows = []
    for line in main_equations(derivation):
        left, rights = equation_lines(line, names)
        rows.append(f"{left} &= {rights[0][0]}")
        rows += [rf"&\qquad {part}" for part in rights[0][1:]]
    return "$$\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$$"


def equations_docstring(derivation: Derivation) -> str:
    r"""Return the equations as ASCII lines for the docstring of a generated module (a raw string).

    One equation per line, wrapped at 100 columns: the free entropy, the saddle point, the definitions.
    """
    names = Names.of(derivation.system)
    lines: list[str] = []

    def add(left: str, rights: list[str]) -> None:
        lines.extend(
            textwrap.wrap(
                f"{left} = {' = '.join(rights)}",
                100,
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        )

    saddle = derivation.saddle
    if derivation.system.cold:
        phi, site, channel, *equations = main_equations(derivation)
        assert isinstance(phi.right[0], Raw)
        add("free_entropy", [phi.right[0].latex])
        for line in (site, channel, *equations):
            left, rights = equation_lines(Line(line.left, line.right[-1:]), names, width=10**6)
            name = f"0 ({line.note})".replace("$", "") if line.left == 0 else left
            add(str(line.left) if isinstance(line.left, sp.Symbol) else name, [rights[0][0]])
    else:
        add("free_entropy", [expression_latex(saddle.free_entropy, names=names)])
        written: dict[sp.Symbol, str] = {}
        for s in [f.symbols for f in derivation.system.families]:
            written |= {s.v: f"{s.r} - {s.q}", s.A: f"{s.q_hat} - {s.r_hat}"}
        for symbol, value in {**saddle.conjugates, **saddle.site_map}.items():
            add(written.get(symbol, symbol.name), [expression_latex(value, names=names)])
        for symbol, value in saddle.stationary.items():
            add(f"0 (stationary in {symbol.name})", [expression_latex(value, names=names)])
    lines.append("where")
    for block, used in all_definitions(derivation, names):
        for line in block:
            left, rights = equation_lines(line, used, width=10**6)
            add(left, [right[0] for right in rights])
    return "\n".join(lines)
