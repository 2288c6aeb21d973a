"""Verdicts as one self-contained HTML page: claim and engine beside each other, what differs in another colour."""

from __future__ import annotations

import html
from collections.abc import Sequence

from derive.claims.verdicts import Verdict
from derive.report.html import CSS, mathml

__all__ = ["render_claims"]

STYLE = """
.claim{border-left:4px solid var(--line);padding:.2rem 0 .2rem 1rem;margin:1.4rem 0}
.claim.proved,.claim.agrees{border-color:var(--exact)}.claim.refuted{border-color:var(--asserted)}
.claim.unknown{border-color:var(--ansatz)}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));gap:.4rem 1.6rem}
.sides h4{margin:.4rem 0 .1rem;font-size:.85rem;color:var(--soft)}
.proved h3 .badge,.agrees h3 .badge{color:var(--exact)}.refuted h3 .badge{color:var(--asserted)}
.unknown h3 .badge{color:var(--ansatz)}
"""


def render_claims(title: str, verdicts: Sequence[Verdict]) -> str:
    """The page: a summary, then every claim with its verdict."""
    counts = {v.verdict: sum(w.verdict == v.verdict for w in verdicts) for v in verdicts}
    summary = ", ".join(f"{count} {word}" for word, count in counts.items())
    cards = "\n".join(map(_card, verdicts))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{CSS}{STYLE}</style></head>\n"
        f"<body><h1>{html.escape(title)}</h1>\n<p>{html.escape(summary)}</p>\n{cards}\n</body></html>\n"
    )


def _card(v: Verdict) -> str:
    digits = f" to {v.digits} digits" if v.verdict == "agrees" else ""
    expected = " (as expected)" if v.expected and v.verdict == "refuted" else ""
    badge = f'<span class="badge">{v.verdict}{digits}{expected}</span>'
    sides = [("as written", v.latex), ("as read", v.read), ("the engine", v.engine)]
    shown = "".join(f'<div><h4>{name}</h4><div class="eq">{_math(latex)}</div></div>' for name, latex in sides if latex)
    lines = [v.detail, v.edit and f"mended if: {v.edit}", v.step and f"compare {v.step}", v.source]
    said = "".join(f'<div class="meta">{html.escape(line)}</div>' for line in lines if line)
    head = f"<h3>{html.escape(v.id)} {badge}</h3>"
    return f'<div class="claim {v.verdict}">{head}\n<div class="sides">{shown}</div>{said}</div>'


def _math(latex: str) -> str:
    """A formula as MathML; as it is written where that is not possible."""
    try:
        return mathml(latex, True)
    except Exception:  # the converter has no error of its own
        return f"<code>{html.escape(latex)}</code>"
