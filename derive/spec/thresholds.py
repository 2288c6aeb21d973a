"""`[thresholds]`: the kind of each, the parameter it is solved for, and the keys of its kind."""

from __future__ import annotations

import re
from collections.abc import Collection

from derive.errors import nearest
from derive.spec.context import Context
from derive.spec.faults import Path
from derive.spec.model import ThresholdSpec
from derive.spec.schema import RawThreshold

__all__ = ["KINDS", "read_threshold"]

# kind -> the keys of its own
KINDS: dict[str, tuple[str, ...]] = {
    "capacity": ("edge",),
    "zero_entropy": ("branch",),
    "first_order": ("branches",),
    "spinodal": ("branch",),
    "continuous": ("branch",),
    "at": ("branch",),
    "existence": ("branch", "edge"),
    "separability": ("branch", "edge"),
    "interpolation": ("edge",),
    "recovery": ("edge",),
}

_DEFAULT_BRANCH = {"spinodal": "uninformed", "continuous": "trivial"}
BRANCHES = ("uninformed", "informed", "perfect", "trivial", "permutation-symmetric")
_EDGE = re.compile(r"\s*([A-Za-z]\w*)\s*->\s*([A-Za-z0-9_./+*-]+)\s*")


def kind_of(name: str) -> str | None:
    """Return the kind that a threshold's name says: a kind, or a kind with a suffix.

    >>> kind_of("first_order_2")
    'first_order'
    """
    for kind in sorted(KINDS, key=len, reverse=True):
        if name == kind or name.startswith(kind + "_"):
            return kind
    return None


def _branch(context: Context, path: Path, text: str) -> None:
    if text not in BRANCHES:
        close = nearest(text, BRANCHES) if len(text) <= 60 else None
        hint = f"did you mean `{close}`?" if close else "branches: " + ", ".join(BRANCHES)
        context.faults.add(path, f"`{text[:40]}` is not the name of a branch", hint)


def read_threshold(context: Context, name: str, raw: RawThreshold, parameters: Collection[str]) -> ThresholdSpec | None:
    """Return the typed threshold; faults go to the context."""
    faults, path = context.faults, ("thresholds", name)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,39}", name):
        faults.add(path, f"`{name[:40]}` is not a name", at_key=True)
        return None
    kind = raw.kind if raw.kind is not None else kind_of(name)
    if kind is None or kind not in KINDS:
        given = name if raw.kind is None else raw.kind
        close = nearest(given, KINDS) if len(given) <= 60 else None
        hint = f"did you mean `{close}`?" if close else "kinds: " + ", ".join(KINDS)
        where: Path = path if raw.kind is None else (*path, "kind")
        message = f"`{given[:40]}` is not a kind of threshold"
        if raw.kind is None:
            hint += '; a threshold is named by its kind, with a suffix if need be, or says kind = ".."'
        faults.add(where, message, hint, at_key=raw.kind is None)
        return None
    if raw.solve_for not in parameters:
        close = nearest(raw.solve_for, parameters) if len(raw.solve_for) <= 60 else None
        hint = f"did you mean `{close}`?" if close else "parameters: " + (", ".join(parameters) or "none")
        faults.add((*path, "solve_for"), f"`{raw.solve_for[:40]}` is not a parameter", hint)
    for key in ("edge", "branch", "branches"):
        if getattr(raw, key) is not None and key not in KINDS[kind]:
            own = ", ".join(KINDS[kind])
            faults.add((*path, key), f"`{key}` is not a key of {kind}", f"its keys: {own}", at_key=True)
            return None
    if kind == "capacity" and raw.edge is None:
        faults.add(path, "the key `edge` is missing", 'for example edge = "q -> r"', at_key=True)
    if raw.edge is not None and not _EDGE.fullmatch(raw.edge):
        hint = 'an order parameter and where it goes: "q -> r"'
        faults.add((*path, "edge"), f"`{raw.edge[:40]}` is not an edge", hint)
    if raw.branch is not None:
        _branch(context, (*path, "branch"), raw.branch)
    branches: tuple[str, str] | None = None
    if kind == "first_order":
        given_branches = raw.branches if raw.branches is not None else ["uninformed", "perfect"]
        for i, text in enumerate(given_branches):
            _branch(context, (*path, "branches", i), text)
        if len(given_branches) != 2 or len(set(given_branches)) != 2:
            faults.add((*path, "branches"), "two different branches cross", '["uninformed", "perfect"]')
            return None
        branches = (given_branches[0], given_branches[1])
    edge = " -> ".join(part.strip() for part in raw.edge.split("->")) if raw.edge is not None else None
    branch = raw.branch if raw.branch is not None else _DEFAULT_BRANCH.get(kind)
    return ThresholdSpec(name, kind, raw.solve_for, branch, branches, edge)
