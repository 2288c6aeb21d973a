"""What is well formed: LaTeX sources and HTML pages."""

from __future__ import annotations

import re
from html.parser import HTMLParser

__all__ = ["Tags", "read_page", "structure_faults"]

VOID = {"meta", "br", "hr", "mspace", "link"}


def structure_faults(tex: str) -> list[str]:
    """What is unbalanced (braces, dollars, environments, left and right) or not ASCII."""
    faults = []
    bare = re.sub(r"\\[{}]", "", tex)
    depth = 0
    for char in bare:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            faults.append("a brace closes that did not open")
            break
    if depth:
        faults.append(f"{depth} braces stay open")
    open_: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+\*?)\}", tex):
        if kind == "begin":
            open_.append(name)
        elif not open_ or open_.pop() != name:
            faults.append(f"environment {name} closes out of order")
    faults += [f"environment {name} stays open" for name in open_]
    for cell in re.split(r"\\\\\n|\n\n", tex):
        if len(re.findall(r"\\left(?![a-z])", cell)) != len(re.findall(r"\\right(?![a-z])", cell)):
            faults.append(f"left and right differ in {cell.strip()[:80]}")
    faults += [f"not ASCII: {char!r}" for char in sorted({c for c in tex if ord(c) > 126})]
    if len(re.findall(r"(?<!\\)\$", tex)) % 2:
        faults.append("a dollar stays open")
    return faults


class Tags(HTMLParser):
    """Follows the tags of a page and notes what does not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.faults: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and (not self.stack or self.stack.pop() != tag):
            self.faults.append(tag)

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] != "style":
            self.text += data


def read_page(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    tags.close()
    return tags
