"""Raw data -> typed raw content; the faults of its structure in the words of the model language."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from derive.errors import nearest
from derive.spec.faults import Faults, Path
from derive.spec.schema import (
    RawAnsatz,
    RawChannel,
    RawEnergy,
    RawFamily,
    RawGlobal,
    RawInput,
    RawLabel,
    RawModel,
    RawObservation,
    RawParameter,
    RawQuenched,
    RawThreshold,
    RawWeights,
    describe,
)

__all__ = ["validate"]

MAX_ENTRIES = 200

_CLASSES: dict[tuple[str, ...], type[BaseModel]] = {
    (): RawModel,
    ("parameters", "*"): RawParameter,
    ("quenched", "*"): RawQuenched,
    ("families", "*"): RawFamily,
    ("weights", "*"): RawWeights,
    ("globals", "*"): RawGlobal,
    ("channel", "*"): RawChannel,
    ("channel", "*", "input"): RawInput,
    ("channel", "*", "label"): RawLabel,
    ("energy", "*"): RawEnergy,
    ("observation", "*"): RawObservation,
    ("thresholds", "*"): RawThreshold,
    ("ansatz",): RawAnsatz,
}


def _allowed_keys(path: Path) -> list[str]:
    pattern = tuple("*" if i == 1 else str(part) for i, part in enumerate(path))
    table = _CLASSES.get(pattern)
    if table is None:
        return []
    return [field.alias or name for name, field in table.model_fields.items()]


_EXPECTED = {
    "string_type": "text in quotes is expected",
    "int_type": "an integer is expected",
    "int_parsing": "an integer is expected",
    "int_from_float": "an integer is expected",
    "list_type": "a list is expected",
    "dict_type": "a table is expected",
    "model_type": "a table is expected",
    "model_attributes_type": "a table is expected",
}

_EXAMPLES = {
    "parameters": 'for example alpha = { in = "(0, inf)", default = 1 }',
    "globals": 'for example b = { meaning = "bias" }',
    "thresholds": 'for example capacity = { solve_for = "alpha", edge = "q -> r" }',
    "channel": "write [[channel]] with double brackets",
    "energy": "write [[energy]] with double brackets",
    "observation": "write [[observation]] with double brackets",
    "weights": "for example weights.w.sphere = 1",
}


def _suggestion(path: Path) -> str | None:
    """Return the key that was probably meant by the unknown key at `path`."""
    key = str(path[-1])
    return nearest(key, _allowed_keys(path[:-1])) if len(key) <= 60 else None


def _sentence(kind: str, path: Path, error: ErrorDetails) -> tuple[Path, str, str, bool]:
    """Rewrite one error of the structure as (path, message, hint, at the key)."""
    value = error.get("input")
    example = _EXAMPLES.get(str(path[0]), "") if 0 < len(path) <= 2 else ""
    if kind == "missing":
        return path[:-1], f"the key `{path[-1]}` is missing", example, True
    if kind == "extra_forbidden":
        close = _suggestion(path)
        hint = f"did you mean `{close}`?" if close else "allowed: " + ", ".join(sorted(_allowed_keys(path[:-1])))
        return path, f"`{str(path[-1])[:60]}` is not a key here", hint, True
    if kind == "derive":
        return path, error["msg"], "", False
    if kind == "literal_error":
        expected = str(error.get("ctx", {}).get("expected", "")).replace("'", '"')
        return path, f"{describe(value)} is not allowed here", f"allowed: {expected}", False
    if kind in ("greater_than_equal", "less_than_equal"):
        return path, f"an integer from 1 to 16 is expected, found {describe(value)}", "", False
    expected = _EXPECTED.get(kind, "another kind of value is expected")
    return path, f"{expected}, found {describe(value)}", example, False


def _parent(data: Any, path: Path) -> Any:
    """Return the table that holds the last key of `path`, or None."""
    for part in path[:-1]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data if isinstance(data, dict) else None


def _mend(data: dict[str, Any], path: Path, kind: str) -> Path | None:
    """Take a faulty entry out, or give an unknown key its probable name, so that reading can go on.

    Returns the path of the new key if there is one.
    """
    if kind == "extra_forbidden":
        parent, close = _parent(data, path), _suggestion(path)
        if parent is None or path[-1] not in parent:
            return None
        value = parent.pop(path[-1])
        if close is not None and close not in parent:
            parent[close] = value
            return (*path[:-1], close)
    elif path[:1] in (("observables",), ("thresholds",)) and len(path) > 1:
        data[str(path[0])].pop(path[1], None)
    return None


def validate(data: dict[str, Any], faults: Faults) -> RawModel | None:
    """Return the typed raw content; every fault of its structure is recorded.

    The result is None if the rest cannot be read; otherwise reading goes on without the faulty
    parts, so that one run reports as much as possible.
    """
    for key, value in data.items():
        if isinstance(value, (dict, list)) and len(value) > MAX_ENTRIES:
            faults.add((key,), f"{len(value)} entries are too many; {MAX_ENTRIES} are allowed")
    if faults:
        return None
    for _ in range(3):
        try:
            return RawModel.model_validate(data)
        except ValidationError as error:
            found = [
                (d["type"], tuple(part for part in d["loc"] if not str(part).startswith("~")), d)
                for d in error.errors(include_url=False)
            ]
        known = len(faults.found)
        renamed = {_mend(data, path, kind) for kind, path, _ in found}
        for kind, path, details in found:
            if not (kind == "missing" and path in renamed):
                place, message, hint, at_key = _sentence(kind, path, details)
                faults.add(place, message, hint, at_key=at_key)
        if len(faults.found) == known:
            break
        if any(
            kind != "extra_forbidden"
            and path[:1] not in (("observables",), ("thresholds",))
            and not (kind == "missing" and path in renamed)
            for kind, path, _ in found
        ):
            break
    return None
