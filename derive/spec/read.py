"""A model file -> Model, or one SpecError with all its faults."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from derive.errors import Fault, SpecError
from derive.spec.canonical import digest
from derive.spec.convert import convert
from derive.spec.deadline import TooSlowError, limited
from derive.spec.faults import Faults
from derive.spec.model import Model
from derive.spec.schema import FloatText
from derive.spec.shape import validate

__all__ = ["MAX_BYTES", "read_model", "read_model_text"]

MAX_BYTES = 1_000_000
MAX_DEPTH = 12
MAX_VALUES = 3000
MAX_DOTS = 1_000_000
SECONDS = 20.0

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_model(path: str | Path) -> Model:
    """Read a model file.

    Parameters
    ----------
    path : str or Path
        A TOML file of at most 1 MB in UTF-8.

    Raises
    ------
    SpecError
        With every fault of the file, each with its line, column and key.
    """
    path = Path(path)
    source = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SpecError(source, [Fault("there is no such file")]) from None
    except IsADirectoryError:
        raise SpecError(source, [Fault("this is a folder, not a model file")]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a valid path"
        raise SpecError(source, [Fault(f"the file cannot be read: {reason}")]) from None
    if len(content) > MAX_BYTES:
        raise SpecError(source, [Fault("the file is larger than 1 MB and no model file")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        message = f"the byte 0x{content[error.start]:02x} is not UTF-8 text"
        raise SpecError(source, [Fault(message, "", line, column)]) from None
    return read_model_text(text, source, path.parent)


def read_model_text(text: str, source: str = "<text>", directory: str | Path | None = None) -> Model:
    """Read a model from the text of its file.

    Parameters
    ----------
    text : str
        TOML text.
    source : str
        What to call it in messages and in `Model.source`.
    directory : str or Path, optional
        The folder that tables are named relative to; without it a table is a fault.

    Raises
    ------
    SpecError
        With every fault of the text.
    """
    data = _parse(text, source)
    faults = Faults()
    _check_size(data, faults)
    raw = None if faults else validate(data, faults)
    if raw is None:
        raise faults.error(source, text)
    try:
        with limited(SECONDS):
            model = convert(raw, faults, source, None if directory is None else Path(directory))
    except TooSlowError:
        faults.add((), "the model takes too long to read: make its expressions simpler")
        raise faults.error(source, text) from None
    if faults:
        raise faults.error(source, text)
    return replace(model, hash=digest(model))


def _parse(text: str, source: str) -> dict[str, Any]:
    """Return the raw data of a TOML text, floats kept as written."""
    if len(text) > MAX_BYTES:
        raise SpecError(source, [Fault("the text is larger than 1 MB and no model file")])
    # The cost of a dotted key in tomllib grows with the square of its length.
    if sum(line.count(".") ** 2 for line in text.split("\n")) > MAX_DOTS:
        raise SpecError(source, [Fault("keys are nested too deeply: a line has far too many dots")])
    try:
        text.encode("utf-8")
        return tomllib.loads(text, parse_float=FloatText)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _PLACE.search(message)
        line: int | None = None
        column: int | None = None
        if place is not None:
            message = message[: place.start()]
            if place.group(1):
                line, column = int(place.group(1)), int(place.group(2))
            else:
                line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
        message = message[:1].lower() + message[1:200]
        raise SpecError(source, [Fault(f"not valid TOML: {message}", "", line, column)]) from None
    except UnicodeEncodeError:
        raise SpecError(source, [Fault("the text contains characters that are not Unicode")]) from None
    except RecursionError:
        raise SpecError(source, [Fault("lists or tables are nested too deeply")]) from None
    except (ValueError, OverflowError):
        raise SpecError(source, [Fault("a number has too many digits, or a date is not one")]) from None


def _check_size(data: dict[str, Any], faults: Faults) -> None:
    """Refuse content that is nested too deeply or has too many values, before anything reads it."""
    count = 0
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    while stack:
        path, value = stack.pop()
        count += 1
        if count > MAX_VALUES:
            faults.add((), f"the file has more than {MAX_VALUES} values")
            return
        if len(path) > MAX_DEPTH:
            faults.add(path[:2], "lists or tables are nested too deeply")
            return
        if isinstance(value, dict):
            stack.extend(((*path, key), item) for key, item in value.items())
        elif isinstance(value, list):
            stack.extend(((*path, i), item) for i, item in enumerate(value))
