r"""Labelled equations of a LaTeX source: environments, rows, labels and the author's macros.

A row belongs to the label in it; a row whose left side is empty goes on with the row before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from derive.claims.statements import ClaimFile, claims_of, read_names, read_table, unknown_keys
from derive.claims.tokens import LatexError, Macro, tokenize
from derive.errors import UsageError, nearest

__all__ = ["Equation", "read_equations", "read_macros", "read_paper"]

MAX_BYTES = 4_000_000
ENVIRONMENTS = ("equation", "align", "gather", "multline", "eqnarray", "alignat", "flalign", "subequations")
INNER = ("split", "aligned", "gathered")
_BEGIN = re.compile(r"\\begin\{(" + "|".join(ENVIRONMENTS) + r")(\*?)\}")
_LABEL = re.compile(r"\\label\{([^{}]*)\}")
_NOISE = re.compile(
    r"\\(?:tag\*?\{[^{}]*\}|nonumber\b|notag\b|hspace\*?\{[^{}]*\}|vspace\*?\{[^{}]*\}|phantom\{[^{}]*\})"
)
_MACRO = re.compile(
    r"\\(?:(?:re|provide)?newcommand\*?|DeclareMathOperator\*?|def)\s*(?:\{\s*\\([A-Za-z]+)\s*\}|\\([A-Za-z]+))"
)


@dataclass(frozen=True, slots=True)
class Equation:
    """A labelled equation: its label, the line at which it begins, and its LaTeX."""

    label: str
    line: int
    latex: str


def _uncommented(text: str) -> str:
    """The source with comments blanked, every line in its place."""
    return re.sub(r"(?<!\\)((?:\\\\)*)%[^\n]*", r"\1", text)


def _group(text: str, at: int) -> tuple[str, int] | None:
    """The braced group at a position after white space, and the position after it."""
    while at < len(text) and text[at].isspace():
        at += 1
    if at >= len(text) or text[at] != "{":
        return None
    depth, end = 1, at + 1
    while end < len(text) and depth:
        if text[end] == "\\":
            end += 2
            continue
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    return None if depth else (text[at + 1 : end - 1], end)


def read_macros(text: str) -> dict[str, Macro]:
    r"""The macros of a source by name, of \newcommand, \def and \DeclareMathOperator, as far as they are formulas.

    >>> sorted(read_macros(r"\newcommand{\E}[1]{\mathbb{E}_{#1}} \def\b{\beta}"))
    ['E', 'b']
    """
    found: dict[str, Macro] = {}
    text = _uncommented(text)
    for match in _MACRO.finditer(text):
        name, at = match.group(1) or match.group(2), match.end()
        count, default = 0, None
        if match.group(0).startswith("\\def"):
            parameters = re.compile(r"(?:#\d)*").match(text, at)
            assert parameters is not None
            count, at = len(parameters.group(0)) // 2, parameters.end()
        elif "Operator" not in match.group(0):
            given = re.compile(r"\s*\[(\d)\](?:\[([^\[\]]*)\])?").match(text, at)
            if given:
                count, default, at = int(given.group(1)), given.group(2), given.end()
        body = _group(text, at)
        if body is None:
            continue
        try:
            tokens = tokenize(rf"\operatorname{{{body[0]}}}" if "Operator" in match.group(0) else body[0])
            first = None if default is None else tuple(tokenize(default))
        except LatexError:
            continue  # a macro for the text, not for formulas
        found[name] = Macro(count, tuple(tokens), first)
    return found


def read_equations(text: str) -> list[Equation]:
    r"""The labelled equations of a source in their order.

    >>> read_equations(r"\begin{equation} q = 1 \label{eq:q} \end{equation}")
    [Equation(label='eq:q', line=1, latex='q = 1')]
    """
    text = _uncommented(text)
    found: list[Equation] = []
    for match in _BEGIN.finditer(text):
        name = match.group(1)
        if name == "subequations":
            continue
        end = text.find(rf"\end{{{name}{match.group(2)}}}", match.end())
        if end < 0:
            continue
        body, start = text[match.end() : end], match.end()
        if name == "alignat" and (skipped := _group(body, 0)):
            start, body = start + skipped[1], body[skipped[1] :]
        rows = _rows(body) if name in ("align", "gather", "eqnarray", "alignat", "flalign") else [(0, body)]
        waiting: list[tuple[int, str]] = []
        for at, row in rows:
            if waiting and _continues(row, any(_LABEL.search(w) for _, w in waiting)):
                waiting.append((at, row))
            else:
                found += _labelled(waiting, text, start)
                waiting = [(at, row)]
        found += _labelled(waiting, text, start)
    return found


def _rows(body: str) -> list[tuple[int, str]]:
    r"""The rows of an environment, split at \\ outside of groups and inner environments."""
    rows, depth, begin, at = [], 0, 0, 0
    while at < len(body):
        if body.startswith("\\begin{", at):
            depth, at = depth + 1, at + 7
        elif body.startswith("\\end{", at):
            depth, at = depth - 1, at + 5
        elif body.startswith("\\\\", at):
            if depth == 0:
                rows.append((begin, body[begin:at]))
                skip = re.compile(r"\\\\\*?(\[\s*-?[\d.]+\s*[a-z]{2}\s*\])?").match(body, at)
                begin = at = skip.end() if skip else at + 2
            else:
                at += 2
        else:
            depth += {"{": 1, "}": -1}.get(body[at], 0)
            at += 2 if body[at] == "\\" else 1
    rows.append((begin, body[begin:]))
    return rows


def _continues(row: str, labelled: bool) -> bool:
    """Whether a row goes on with the row before: nothing is left of its alignment, or it begins with a sign.

    A row with a relation of its own, not at its beginning, is another equation; so is any row after a label.
    """
    plain = _LABEL.sub("", _NOISE.sub("", row)).strip()
    head = plain.split("&", 1)[0].strip() if "&" in plain else None
    rest = plain.lstrip("& ").lstrip()
    if plain and (labelled or "=" in rest.lstrip("=")):
        return False
    return head == "" or (head is None and rest[:1] in ("+", "-", "=")) or not plain


def _labelled(rows: list[tuple[int, str]], text: str, start: int) -> list[Equation]:
    """The equation of some rows, if a label is in them."""
    body = " ".join(row for _, row in rows)
    labels = _LABEL.findall(body)
    if not labels:
        return []
    latex = _NOISE.sub(" ", _LABEL.sub(" ", body))
    for inner in INNER:
        latex = re.sub(rf"\\(?:begin|end)\{{{inner}\*?\}}(?:\[[a-z]\]|\{{[a-z]+\}})?", " ", latex)
    first = rows[0][1]
    blank = len(first) - len(first.lstrip())
    line = text.count("\n", 0, start + rows[0][0] + blank) + 1
    return [Equation(label, line, " ".join(latex.split())) for label in labels]


def read_paper(path: str | Path, names: str | Path | None, model: str | None) -> ClaimFile:
    """The equations of a paper as claims.

    The map (TOML) has the model, `[map]` and `where` as a claims file, and `[[equation]]` with a `label` each and the
    keys of a claim that apply (`quantity`, `set`, `points`, `branch`, `expect`, `rel_tol`, `digits`).  Without
    `[[equation]]` every labelled equation is a claim.  An entry of `where` may be the label of a definition.

    Raises
    ------
    UsageError
        for files that cannot be read, labels that the source does not have, and every fault of the map.
    """
    path = Path(path)
    text = _text(path)
    equations = {e.label: e for e in read_equations(text)}
    if not equations:
        raise UsageError(f"{path}: there is no labelled equation in it")
    data: Mapping = {} if names is None else read_table(Path(names))
    source = str(names or path)
    faults = unknown_keys(data, ("model", "map", "where", "equation"))
    mapped, where, said = read_names(data)
    faults += said
    rows = data.get("equation", [{"label": label} for label in equations])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        faults.append("`[[equation]]` is a list of tables with a `label` each")
        rows = []
    claims = []
    for row in rows:
        label = row.get("label")
        if label not in equations:
            close = nearest(str(label), sorted(equations))
            hint = f"; did you mean `{close}`?" if close else ""
            faults.append(f"{path.name} has no equation with the label {label!r}{hint}")
            continue
        kept = {k: v for k, v in row.items() if k != "label"}
        claims.append({"id": label, "latex": equations[label].latex, **kept})
    found, more = claims_of(claims)
    faults += more
    named = model or data.get("model")
    if not isinstance(named, str):
        faults.append("which model the equations are about is said by --model or by `model` in the map")
        named = ""
    if faults:
        raise UsageError("\n".join(f"{source}: {fault}" for fault in faults))
    lines = {e.label: e.line for e in equations.values()}
    placed = tuple(replace(c, source=c.source or f"{path.name}, line {lines[c.id]}") for c in found)
    where = tuple(equations[w].latex if w in equations else w for w in where)
    return ClaimFile(str(path), named, placed, mapped, where, read_macros(text), "equation" not in data)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: the paper cannot be read: {error.strerror or error}") from None
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path}: the file is larger than 4 MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
