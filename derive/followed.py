"""What following a branch yields: its states, and what happens on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from derive.runtime.trivial import Point

__all__ = ["Branch", "Event", "State"]


@dataclass(frozen=True, slots=True)
class State:
    """A place of a branch: the parameter, the state, its free entropy and the number of unstable directions."""

    a: float
    point: Point
    free_entropy: float
    unstable: int


@dataclass(frozen=True, slots=True)
class Event:
    """What happens to a branch at a: "fold", "bifurcation", "vanishing", "instability" (of q = 0) or "end"."""

    kind: str
    a: float
    point: Point
    detail: str = ""


@dataclass(slots=True)
class Branch:
    """The states of a branch in the order of the curve, and the events on it; `trivial` is the branch q = 0."""

    states: list[State]
    events: list[Event] = field(default_factory=list)
    trivial: bool = False
