"""A limit on the processor time of a block, as the last guard against an expression that explodes.

Bounds on length, depth, exponents and numbers stop what can be foreseen; automatic simplification
of some hostile expression cannot.  A profile hook looks at the clock every few hundred calls.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_GENERATOR
from types import FrameType

__all__ = ["TooSlowError", "limited", "untimed"]

EVERY = 200


class TooSlowError(BaseException):
    """The block used its time; a BaseException so that no handler inside the block swallows it."""


class _Hook:
    """A profile function that raises when the time of the thread is over."""

    def __init__(self, seconds: float):
        self.end = time.thread_time() + seconds
        self.left = EVERY

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        self.left -= 1
        if self.left <= 0:
            if frame.f_code.co_flags & CO_GENERATOR:
                return  # one that is being closed would swallow the error
            self.left = EVERY
            if time.thread_time() > self.end:
                raise TooSlowError


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TooSlowError inside the block when it has used `seconds` of processor time.

    An inner block may end earlier than an outer one, never later.  A profiler that is already at
    work is left alone, and then there is no limit.
    """
    previous = sys.getprofile()
    if previous is not None and not isinstance(previous, _Hook):
        yield
        return
    hook = _Hook(seconds)
    if previous is not None:
        hook.end = min(hook.end, previous.end)
    sys.setprofile(hook)
    try:
        yield
    finally:
        sys.setprofile(previous)


@contextmanager
def untimed() -> Iterator[None]:
    """Stop the clock inside the block, for work on data whose size has a limit of its own."""
    hook = sys.getprofile()
    if not isinstance(hook, _Hook):
        yield
        return
    sys.setprofile(None)
    start = time.thread_time()
    try:
        yield
    finally:
        hook.end += time.thread_time() - start
        sys.setprofile(hook)
