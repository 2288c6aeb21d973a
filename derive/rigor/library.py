"""python-flint, the ball arithmetic of Arb: an optional library, and what the proofs need of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import mpmath as mp

from derive.errors import DeriveError, UsageError

__all__ = ["NotProved", "NotSupported", "bits_of", "exact_ball", "flint", "require_flint", "working_bits"]

try:
    import flint
except ImportError:  # pragma: no cover - the extra is installed where tests run
    flint = None  # type: ignore[assignment]


class NotSupported(DeriveError):
    """A construct has no enclosure here: the sentence says which."""


class NotProved(DeriveError):
    """An enclosure is too wide, or an inclusion fails: nothing is claimed."""


def require_flint() -> None:
    """Refuse where the library is missing."""
    if flint is None:
        raise UsageError("proofs need python-flint: install derive with the extra `rigor` (pip install derive[rigor])")


def bits_of(digits: int) -> int:
    """How many bits hold so many decimal digits.

    >>> bits_of(30)
    100
    """
    return int(digits * 3.33) + 1


@contextmanager
def working_bits(bits: int) -> Iterator[None]:
    """Compute with so many bits inside."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def exact_ball(x: mp.mpf) -> Any:
    """A number of mpmath as a ball of radius zero: its binary digits, none rounded.

    >>> exact_ball(mp.mpf(1) / 3).rad() == 0
    True
    """
    sign, man, exp, _ = x._mpf_
    if not man and exp:
        raise NotProved(f"{x} is not a finite number")
    return flint.arb((-int(man) if sign else int(man), exp))
