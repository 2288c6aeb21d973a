"""Where keys and values stand in a TOML file: line and column of every path.

tree-sitter reads the text once more, only when there is a fault to report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["Locations"]

Path = tuple[str | int, ...]

_DELIMITERS = ('"""', "'''", '"', "'")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class _Place:
    """Start of the key and of the value (row, byte column), and the text of the value."""

    key: tuple[int, int]
    value: tuple[int, int]
    text: str
    is_string: bool


def _unquote(text: str) -> str:
    """Return the characters of a key, quotes removed and simple escapes resolved."""
    if text[:1] == "'":
        return text[1:-1]
    if text[:1] != '"':
        return text
    result, inner = "", iter(text[1:-1])
    for char in inner:
        if char == "\\":
            char = _ESCAPES.get(next(inner, ""), "?")
        result += char
    return result


class Locations:
    """The places of all paths of one text."""

    def __init__(self, text: str):
        self._lines = text.encode("utf-8", "replace").split(b"\n")
        self._places: dict[Path, _Place] = {}
        self._counts: dict[Path, int] = {}
        self._read(text)

    # ---------------------------------------------------------------------------------- the tree

    def _read(self, text: str) -> None:
        import tree_sitter
        import tree_sitter_toml

        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
        root = parser.parse(text.encode("utf-8", "replace")).root_node
        for child in root.named_children:
            if child.type == "pair":
                self._work([(child, ())])
            elif child.type in ("table", "table_array_element"):
                self._table(child)

    def _keys(self, node: Node) -> list[tuple[str, Node]]:
        """Return the parts of a bare, quoted or dotted key."""
        parts: list[tuple[str, Node]] = []
        stack = [node]
        while stack:
            current = stack.pop()
            if current.type == "dotted_key":
                stack.extend(reversed(current.named_children))
            elif current.type in ("bare_key", "quoted_key"):
                parts.append((_unquote(_text(current)), current))
        return parts

    def _table(self, node: Node) -> None:
        """Enter a [table] or an element of an [[array of tables]]."""
        children = node.named_children
        if not children:
            return
        keys = self._keys(children[0])
        path: Path = ()
        for i, (name, key) in enumerate(keys):
            path = (*path, name)
            self._mark(path, key, node)
            last = i == len(keys) - 1
            if last and node.type == "table_array_element":
                index = self._counts.get(path, 0)
                self._counts[path] = index + 1
                path = (*path, index)
                self._mark(path, key, node)
            elif path in self._counts:
                path = (*path, self._counts[path] - 1)
        self._work([(child, path) for child in children[1:] if child.type == "pair"])

    def _work(self, stack: list[tuple[Node, Path]]) -> None:
        """Record pairs and the elements of arrays and inline tables below them."""
        while stack:
            node, path = stack.pop()
            if node.type == "pair":
                children = node.named_children
                if len(children) < 2:
                    continue
                keys, value = self._keys(children[0]), children[-1]
                for name, key in keys:
                    path = (*path, name)
                    self._mark(path, key, value)
            else:
                value = node
                self._mark(path, node, node)
            if len(path) > 16:
                continue
            if value.type == "inline_table":
                stack.extend((child, path) for child in value.named_children if child.type == "pair")
            elif value.type == "array":
                elements = [child for child in value.named_children if child.type != "comment"]
                stack.extend((child, (*path, i)) for i, child in enumerate(elements))

    def _mark(self, path: Path, key: Node, value: Node) -> None:
        if path not in self._places:
            is_string = value.type == "string"
            self._places[path] = _Place(
                (key.start_point[0], key.start_point[1]),
                (value.start_point[0], value.start_point[1]),
                _text(value) if is_string else "",
                is_string,
            )

    # ------------------------------------------------------------------------------------- places

    def find(self, path: Path, column: int | None = None, at_key: bool = False) -> tuple[int, int]:
        """Return line and column, from 1, of the value at `path`, or of its nearest parent's key.

        `column` is a column inside the value when it is text.
        """
        whole = path
        while path and path not in self._places:
            path = path[:-1]
        if not path:
            return 1, 1
        place = self._places[path]
        if at_key or path != whole:
            return self._position(*place.key)
        row, start = place.value
        if column is None or not place.is_string:
            return self._position(row, start)
        delimiter = next(d for d in _DELIMITERS if place.text.startswith(d))
        body = place.text[len(delimiter) :]
        if len(delimiter) == 1:
            line, first = self._position(row, start)
            return line, first + _raw_offset(body, column - 1, delimiter == '"') + 1
        skipped = body.startswith("\n") or body.startswith("\r\n")
        before = body.lstrip("\r\n") if skipped else body
        offset = _raw_offset(before, column - 1, delimiter == '"""')
        rows = before[:offset].split("\n")
        if len(rows) == 1 and not skipped:
            line, first = self._position(row, start)
            return line, first + len(delimiter) + offset
        return row + int(skipped) + len(rows), len(rows[-1]) + 1

    def _position(self, row: int, column: int) -> tuple[int, int]:
        line = self._lines[row] if row < len(self._lines) else b""
        return row + 1, len(line[:column].decode("utf-8", "replace")) + 1


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _raw_offset(raw: str, offset: int, escapes: bool) -> int:
    """Return where the character number `offset` of the value stands in the raw text."""
    if not escapes or "\\" not in raw:
        return offset
    position = 0
    for _ in range(offset):
        if raw[position : position + 1] == "\\":
            kind = raw[position + 1 : position + 2]
            position += {"u": 6, "U": 10}.get(kind, 2)
        else:
            position += 1
    return position
