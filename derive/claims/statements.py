"""Claims as data: a TOML file of statements about one model, read with every fault said by claim and key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from derive.claims.tokens import Macro
from derive.errors import UsageError, nearest

__all__ = ["QUANTITIES", "Claim", "ClaimFile", "claims_of", "read_claims", "read_names", "read_table", "unknown_keys"]

MAX_BYTES = 1_000_000
QUANTITIES: Mapping[str, str] = {
    "threshold": "the threshold `name` has the value `value`",
    "order_parameter": "the order parameter `name` has the value `value` at the solution, or `at` a threshold",
    "observable": "the observable `name` has the value `value` at the solution",
    "free_entropy": "the free entropy has the value `value` at the solution",
    "value": "`name` and `value` are equal at the solution; `value` is in the parameters",
    "equation": "`name` = `value` at the solution, both expressions in the engine's quantities",
    "formula": "`value` is a free entropy: equal to the engine's and stationary at the solution",
    "tail": "`name` is near `value`, to the relative tolerance `rel_tol`",
}
"""The kinds of claim, a sentence each."""
STATED = ("equation", "formula", "value", "threshold", "tail")
"""The kinds that may be written in LaTeX."""
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "free_entropy": ("value",),
    "formula": ("value",),
    "tail": ("name", "value", "rel_tol"),
}
KEYS = (
    "id", "quantity", "latex", "name", "value", "set", "points", "at", "branch", "digits", "exact", "rel_tol", "expect",
    "source", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement.

    latex    the statement as the author writes it, an equation, instead of `name` and `value`
    points   parameters, one set for each point at which the claim is compared; none: points are chosen
    digits   significant digits that are claimed (None: as many as are printed)
    expect   "refuted" if the claim is known to be wrong, which is then the verdict to expect
    """

    id: str
    quantity: str
    name: str
    value: str
    points: tuple[Mapping[str, str], ...]
    at: str | None = None
    branch: str = "uninformed"
    digits: int | None = None
    exact: bool = False
    rel_tol: float | None = None
    expect: str | None = None
    source: str = ""
    latex: str = ""


@dataclass(frozen=True, slots=True)
class ClaimFile:
    """The claims of a file and the model they are about (a name of the zoo, or a path).

    mapped   the author's symbols in LaTeX, with their expressions in the engine's quantities
    where    the author's definitions in LaTeX
    macros   the author's macros
    scanned  whether the claims were not chosen: one that cannot be read is then no fault
    """

    path: str
    model: str
    claims: tuple[Claim, ...] = field(default_factory=tuple)
    mapped: Mapping[str, str] = field(default_factory=dict)
    where: tuple[str, ...] = ()
    macros: Mapping[str, Macro] = field(default_factory=dict)
    scanned: bool = False


def read_claims(path: str | Path, model: str | None = None) -> ClaimFile:
    """Read a claims file; `model` is the model where the file names none.

    A file NAME.claims.toml is about NAME.toml beside it, or about NAME of the zoo.

    Raises
    ------
    UsageError
        with every fault of the file, by claim and key.
    """
    path = Path(path)
    data = read_table(path)
    faults = unknown_keys(data, ("model", "claim", "map", "where"))
    mapped, where, said = read_names(data)
    faults += said
    rows = data.get("claim", [])
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        faults.append("a claims file has at least one `[[claim]]`")
        rows = []
    claims, said = claims_of(rows)
    faults += said
    named = data.get("model", model)
    if named is not None and not isinstance(named, str):
        faults.append("`model` is the name of a model or a path")
    if faults:
        raise UsageError("\n".join(f"{path}: {fault}" for fault in faults))
    return ClaimFile(str(path), named or _about(path), tuple(claims), mapped, where)


def claims_of(rows: Sequence[dict[str, Any]]) -> tuple[list[Claim], list[str]]:
    """The claims of the rows of a file, and what is wrong with them."""
    claims: list[Claim] = []
    faults: list[str] = []
    for number, row in enumerate(rows, 1):
        claim, said = _claim(row, number)
        faults += said
        if claim is not None:
            if claim.id in {c.id for c in claims}:
                faults.append(f"claim `{claim.id}`: this id is given twice")
            claims.append(claim)
    return claims, faults


def unknown_keys(data: Mapping[str, Any], allowed: tuple[str, ...]) -> list[str]:
    """What to say about keys that a file does not have."""
    listed = ", ".join(f"`{key}`" for key in allowed)
    return [f"there is no key `{key}`{_hint(key, allowed)}; a file has {listed}" for key in data if key not in allowed]


def read_names(data: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...], list[str]]:
    """The author's symbols `[map]`, definitions `where`, and what is wrong with them."""
    faults = []
    mapped, where = data.get("map", {}), data.get("where", [])
    if not isinstance(mapped, dict) or not all(isinstance(v, (str, int, float)) for v in mapped.values()):
        faults.append("`[map]` gives each of the author's symbols an expression in the engine's quantities")
        mapped = {}
    if not isinstance(where, list) or not all(isinstance(v, str) for v in where):
        faults.append("`where` is a list of definitions in LaTeX")
        where = []
    return {k: str(v) for k, v in mapped.items()}, tuple(where), faults


def read_table(path: Path) -> dict[str, Any]:
    """The content of a TOML file; UsageError if it cannot be read."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: the claims cannot be read: {error.strerror or error}") from None
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path}: the file is larger than 1 MB and no claims file")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: this is not TOML: {error}") from None


def _about(path: Path) -> str:
    name = path.name.removesuffix(".toml").removesuffix(".claims")
    beside = path.with_name(f"{name}.toml")
    return str(beside) if beside.is_file() and beside != path else name


def _hint(word: str, allowed: tuple[str, ...]) -> str:
    close = nearest(word, allowed)
    return f"; did you mean `{close}`?" if close else ""


def _claim(row: dict[str, Any], number: int) -> tuple[Claim | None, list[str]]:
    where = f"claim {number}" + (f" (`{row['id']}`)" if isinstance(row.get("id"), str) else "")
    faults = [f"{where}: there is no key `{key}`{_hint(key, KEYS)}" for key in row if key not in KEYS]
    latex = row.get("latex", "")
    quantity = row.get("quantity", "equation" if latex else None)
    if not isinstance(quantity, str) or quantity not in QUANTITIES:
        hint = _hint(str(quantity), tuple(QUANTITIES))
        faults.append(f"{where}: `quantity` is {quantity!r}{hint}; it is one of {', '.join(QUANTITIES)}")
        quantity = "value"
    needed = ("id", *(() if latex else REQUIRED.get(quantity, ("name", "value"))))
    if latex and quantity not in STATED:
        faults.append(f"{where}: a claim in LaTeX is one of {', '.join(STATED)}; found {quantity!r}")
    if latex and ("name" in row or "value" in row):
        faults.append(f"{where}: a claim has either `latex` or `name` and `value`")
    if quantity == "tail" and "rel_tol" not in row and latex:
        faults.append(f"{where}: `rel_tol` is missing")
    faults += [f"{where}: `{key}` is missing" for key in needed if key not in row]
    texts = ("id", "latex", "name", "branch", "source", "note")
    faults += [f"{where}: `{key}` is a text" for key in texts if not isinstance(row.get(key, ""), str)]
    if not isinstance(row.get("value", ""), (str, int, float)) or isinstance(row.get("value"), bool):
        faults.append(f"{where}: `value` is an expression or a number")
    digits = row.get("digits")
    if digits is not None and (not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= 200):
        faults.append(f"{where}: `digits` is {digits!r}; it is a whole number from 1 to 200")
    tolerance = row.get("rel_tol")
    if tolerance is not None and (not isinstance(tolerance, (int, float)) or not 0 < tolerance < 1):
        faults.append(f"{where}: `rel_tol` is {tolerance!r}; it is between 0 and 1")
    if row.get("expect") not in (None, "refuted"):
        faults.append(f'{where}: `expect` is "refuted" where the claim is known to be wrong, or left out')
    if not isinstance(row.get("exact", False), bool):
        faults.append(f"{where}: `exact` is true or false")
    at, points = row.get("at"), row.get("points", [row["set"]] if "set" in row else [])
    if isinstance(at, dict):
        at, points = None, [at]
    chosen = "points" not in row
    if not isinstance(points, list) or not (points or chosen) or not all(isinstance(p, dict) for p in points):
        faults.append(f"{where}: `points` is a list of tables of parameters")
        points = []
    if at is not None and not isinstance(at, str):
        faults.append(f"{where}: `at` is the name of a threshold, or a table of parameters")
    if faults:
        return None, faults
    given = tuple({str(k): str(v) for k, v in point.items()} for point in points)
    return (
        Claim(
            row["id"],
            quantity,
            row.get("name", "free_entropy"),
            str(row.get("value", "")),
            given,
            at,
            row.get("branch", "uninformed"),
            digits,
            row.get("exact", False),
            tolerance,
            row.get("expect"),
            row.get("source", ""),
            latex,
        ),
        [],
    )
