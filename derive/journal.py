"""Results on disk as they come: a journal of JSON lines that survives interruption.

`plain` and `decode` turn results into valid JSON and back: infinities are the texts "inf" and "-inf",
undefined numbers null.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

from derive import __version__
from derive.errors import UsageError
from derive.runtime.loader import runtime_fingerprint
from derive.runtime.results import Optimum, Solution, SolveResult

__all__ = ["Journal", "decode", "plain", "versions"]


def plain(value: Any) -> Any:
    """Return data that valid JSON can hold: inf as "inf", nan as None, numbers of other packages as float.

    >>> plain({"a": float("-inf"), "b": (float("nan"), 1)})
    {'a': '-inf', 'b': [None, 1]}
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if hasattr(value, "item") and not hasattr(value, "free_symbols"):  # numpy
        return plain(value.tolist())
    try:
        return plain(float(value))
    except (TypeError, ValueError):
        return str(value)


def _number(value: Any) -> float:
    """The inverse of `plain` for a number."""
    return math.nan if value is None else float(value)


def decode(data: Mapping[str, Any]) -> SolveResult:
    """Rebuild a result from its JSON data."""
    solutions = []
    for item in data["solutions"]:
        fields = dict(item)
        fields["order_parameters"] = {k: _number(v) for k, v in item["order_parameters"].items()}
        fields["observables"] = {k: None if v is None else float(v) for k, v in item["observables"].items()}
        fields["free_entropy"] = None if item["free_entropy"] is None else float(item["free_entropy"])
        fields["residual"] = _number(item["residual"])
        solutions.append(Solution(**fields))
    optimised = Optimum(**data["optimised"]) if "optimised" in data else None
    return SolveResult(data["model"], data["ansatz"], dict(data["parameters"]), tuple(solutions), optimised)


def versions() -> dict[str, str]:
    """The versions that a number depends on."""
    found = {"derive": __version__, "runtime": runtime_fingerprint()}
    for package in ("numpy", "numba", "scipy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # pragma: no cover - all three are dependencies
            found[package] = "unknown"
    return found


class Journal:
    """Results on disk as they come: append-only JSON lines, one per point or chunk, each flushed to the disk.

    The key of a point is a hash of what the result depends on, so one file can serve many sweeps.  A line
    that a killed process left unfinished is skipped and computed again.
    """

    HEADER = '{"derive_journal": 1}\n'

    def __init__(self, path: str | Path, identity: Mapping[str, str] | None = None):
        self.path = Path(path).expanduser()
        self._identity = {**(identity or {}), **versions()}
        self._stream: IO[bytes] | None = None
        self._known = self._read()

    def key(self, content: Mapping[str, Any]) -> str:
        """The key of a record: a point's parameters, or what else tells it from others."""
        text = json.dumps([self._identity, dict(content)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def get(self, parameters: Mapping[str, str]) -> SolveResult | None:
        """The result of a point if it is there."""
        found = self.fetch(parameters)
        return None if found is None else decode(found)

    def put(self, parameters: Mapping[str, str], result: SolveResult) -> None:
        """Append a result and see it onto the disk."""
        self.store(parameters, plain(result.to_json()))

    def fetch(self, content: Mapping[str, Any]) -> dict[str, Any] | None:
        """The data of a record if it is there."""
        return self._known.get(self.key(content))

    def store(self, content: Mapping[str, Any], data: dict[str, Any]) -> None:
        """Append a record and see it onto the disk."""
        key = self.key(content)
        self._known[key] = data
        line = json.dumps({"key": key, "result": data}, allow_nan=False) + "\n"
        stream = self._open()
        stream.write(line.encode())
        stream.flush()
        os.fsync(stream.fileno())

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            content = self.path.read_bytes() if self.path.exists() else b""
        except OSError as error:
            raise UsageError(f"the journal {self.path} cannot be read: {error.strerror or error}") from None
        header = self.HEADER.encode()
        if not content or header.startswith(content):
            return {}
        if not content.startswith(header):
            raise UsageError(f"{self.path} is not a journal of derive, and is left as it is")
        known: dict[str, dict[str, Any]] = {}
        for line in content[len(header) :].splitlines():
            try:
                record = json.loads(line)
                known[record["key"]] = record["result"]
            except (ValueError, TypeError, KeyError):
                continue  # cut off when a process was killed
        return known

    def _open(self) -> IO[bytes]:
        if self._stream is None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                content = self.path.read_bytes() if self.path.exists() else b""
                header = self.HEADER.encode()
                fresh = len(content) < len(header)
                self._stream = self.path.open("wb" if fresh else "ab")
            except OSError as error:
                message = f"the journal {self.path} cannot be written: {error.strerror or error}"
                raise UsageError(message) from None
            if fresh:
                self._stream.write(header)
            elif not content.endswith(b"\n"):
                self._stream.write(b"\n")
        return self._stream
