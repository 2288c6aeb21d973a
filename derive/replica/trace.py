"""The trace: every step of a derivation as a value.

A `Step` names the rule, its status, statement and conditions, the equations before and after (by hash,
kept once in the table of the `Trace`), and the outcome of the check made where the step was made.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import sympy as sp

from derive.calculus.serial import decode, encode, fingerprint

__all__ = ["Check", "Equation", "Status", "Step", "Trace"]

Status = Literal["exact", "standard", "ansatz", "asserted"]


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of an independent check: what was compared, how, the error and its bound."""

    description: str
    passed: bool
    error: float
    bound: float


@dataclass(frozen=True, slots=True)
class Equation:
    """left = right, the right-hand side by its hash in the trace's table."""

    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: rule identifier, stage, status, statement (LaTeX with $...$), conditions, equations."""

    rule: str
    stage: str
    status: Status
    statement: str
    conditions: tuple[str, ...]
    before: tuple[str, ...]
    equations: tuple[Equation, ...]
    check: Check | None = None


@dataclass(slots=True)
class Trace:
    """The ordered steps of one derivation and the table of their expressions."""

    model: str
    spec_hash: str
    ansatz: str
    steps: list[Step] = field(default_factory=list)
    table: dict[str, sp.Basic] = field(default_factory=dict)
    constants: dict[sp.Symbol, sp.Basic] = field(default_factory=dict)

    def record(
        self,
        rule: str,
        stage: str,
        status: Status,
        statement: str,
        equations: Sequence[tuple[str, sp.Basic]] = (),
        conditions: Sequence[str] = (),
    ) -> None:
        """Append a step; its `before` is what the previous step left."""
        kept = []
        for left, right in equations:
            right = right.xreplace(self.constants) if self.constants else right
            name = fingerprint(right)
            self.table[name] = right
            kept.append(Equation(left, name))
        before = tuple(e.right for e in self.steps[-1].equations) if self.steps else ()
        self.steps.append(Step(rule, stage, status, statement, tuple(conditions), before, tuple(kept)))

    def attach_check(self, stage: str, check: Check) -> None:
        """Attach a check to the last step of a stage."""
        for index in range(len(self.steps) - 1, -1, -1):
            if self.steps[index].stage == stage:
                old = self.steps[index].check
                if old is not None:
                    check = Check(
                        f"{old.description}; {check.description}",
                        old.passed and check.passed,
                        max(old.error, check.error),
                        max(old.bound, check.bound),
                    )
                self.steps[index] = replace(self.steps[index], check=check)
                return
        raise KeyError(stage)

    @property
    def hash(self) -> str:
        """The hash of the whole derivation, checks left out."""
        return fingerprint(
            sp.Tuple(*[sp.Tuple(sp.Symbol(s.rule), *[self.table[e.right] for e in s.equations]) for s in self.steps])
        )

    def to_json(self) -> dict[str, Any]:
        """Return the trace as JSON data (round-trips through `from_json`)."""
        return {
            "model": self.model,
            "spec_hash": self.spec_hash,
            "ansatz": self.ansatz,
            "hash": self.hash,
            "steps": [
                {
                    "rule": s.rule,
                    "stage": s.stage,
                    "status": s.status,
                    "statement": s.statement,
                    "conditions": list(s.conditions),
                    "before": list(s.before),
                    "equations": [[e.left, e.right] for e in s.equations],
                    "check": None
                    if s.check is None
                    else [s.check.description, s.check.passed, s.check.error, s.check.bound],
                }
                for s in self.steps
            ],
            "table": {name: encode(e) for name, e in sorted(self.table.items())},
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Trace:
        """Rebuild a trace from its JSON data."""
        trace = cls(data["model"], data["spec_hash"], data["ansatz"])
        trace.table = {name: decode(e) for name, e in data["table"].items()}
        for s in data["steps"]:
            trace.steps.append(
                Step(
                    s["rule"],
                    s["stage"],
                    s["status"],
                    s["statement"],
                    tuple(s["conditions"]),
                    tuple(s["before"]),
                    tuple(Equation(*e) for e in s["equations"]),
                    None if s["check"] is None else Check(*s["check"]),
                )
            )
        return trace

    def dumps(self) -> str:
        """The JSON text, deterministic."""
        return json.dumps(self.to_json(), indent=1, ensure_ascii=True, sort_keys=False) + "\n"
