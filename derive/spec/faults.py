"""The faults of one file, collected by key path and placed in the text at the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from derive.errors import Fault, SpecError
from derive.spec.locate import Locations
from derive.spec.syntax import ExpressionError

__all__ = ["Faults", "Path", "key_path"]

Path = tuple[str | int, ...]
MAX_FAULTS = 50


def key_path(path: Path) -> str:
    """Return a path as it is spoken of.

    >>> key_path(("channel", 0, "student", "h"))
    'channel[0].student.h'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        bare = part.replace("_", "").replace("-", "")
        name = part if bare.isascii() and bare.isalnum() else f'"{part[:40]}"'
        text += f".{name}" if text else name
    return text


def _printable(text: str) -> str:
    """Return `text` with every character that is not printable shown by its number."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


@dataclass(slots=True)
class Faults:
    """Faults found so far: (path, message, hint, column inside the value or None, whether at the key)."""

    found: list[tuple[Path, str, str, int | None, bool]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(self, path: Path, message: str, hint: str = "", column: int | None = None, at_key: bool = False) -> None:
        """Record a fault of the value (or of the key) at `path`."""
        self.found.append((path, message, hint, column, at_key))

    def expression(self, path: Path, error: ExpressionError) -> None:
        """Record a fault inside the text at `path`."""
        self.add(path, error.message, error.hint, error.column)

    def below(self, path: Path) -> bool:
        """Whether a fault lies at `path` or below it."""
        return any(p[: len(path)] == path for p, *_ in self.found)

    def error(self, source: str, text: str) -> SpecError:
        """Return the error that reports all faults in the order of the file."""
        locations = Locations(text)
        faults = []
        for path, message, hint, column, at_key in self.found[:MAX_FAULTS]:
            line, place = locations.find(path, column, at_key)
            faults.append(Fault(_printable(message), _printable(key_path(path)), line, place, _printable(hint)))
        unique: Iterable[Fault] = dict.fromkeys(faults)
        ordered = sorted(unique, key=lambda f: (f.line or 0, f.column or 0))
        if len(self.found) > MAX_FAULTS:
            ordered.append(Fault(f"and {len(self.found) - MAX_FAULTS} more faults"))
        return SpecError(source, ordered)
