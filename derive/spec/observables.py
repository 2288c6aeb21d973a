"""`[observables]`: means over a fresh sample, over training samples, or over sites, and responses to parameters."""

from __future__ import annotations

import re

import sympy as sp

from derive.errors import nearest
from derive.spec.context import Context, Y, vector_symbol
from derive.spec.grammar import ExpressionError, Scope, Value, parse_expression
from derive.spec.model import Channel, Observable, component

__all__ = ["read_observable"]

_OUTER = re.compile(r"\s*([A-Za-z_]+)\s*\((.*)\)\s*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
KINDS = ("test", "train", "sites", "response")

# What a table of results has besides the observables of the file.
_RESULTS = {
    "entropy": "derived where it is defined, and what zero_entropy is about",
    **dict.fromkeys(("branch", "status", "residual", "iterations", "stable", "dominates"), "a column of every result"),
}


def _mean(name: str, value: Value) -> Value:
    symbol = sp.Symbol(f"{name}_mean", real=True)
    if isinstance(value, tuple):
        return tuple(component(symbol, k) for k in range(len(value)))
    return symbol


def _channel_scope(context: Context, channel: Channel, kind: str) -> Scope:
    extra: dict[str, Value] = {}
    elsewhere: dict[str, str] = {}
    for fields in (channel.teacher, channel.student):
        for f in fields:
            length = len(f.coefficient) if isinstance(f.coefficient, tuple) else 1
            extra[f.name] = vector_symbol(f.name, length)
    for f in channel.student:
        if kind == "test":
            extra[f"{f.name}_mean"] = _mean(f.name, extra[f.name])
        else:
            elsewhere[f"{f.name}_mean"] = "known over fresh samples only, in test(...)"
    for name, _, _ in channel.noise:
        elsewhere[name] = "a noise variable"
    if channel.label is not None:
        extra["y"] = Y
        if kind == "test":
            extra["predict_mean"] = sp.Symbol("predict_mean", real=True)
    else:
        elsewhere["y"] = elsewhere["predict_mean"] = "about the label, and this channel has none"
    return context.scope(f"{kind}(...)", ["parameters", "globals"], extra, elsewhere, indicators=True)


def _site_scope(context: Context) -> Scope:
    means = {f"{name}_mean": _mean(name, value) for name, value in context.of_kind("weights").items()}
    kinds = ["parameters", "globals", "weights", "quenched"]
    return context.scope("sites(...)", kinds, means, indicators=True)


def _closes_at_end(inner: str) -> bool:
    """Whether the bracket opened before `inner` closes only after it."""
    depth = 0
    for char in inner:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
    return True


def _read_response(context: Context, name: str, inner: str, offset: int) -> Observable | None:
    """response(quantity, parameter); that the quantity exists is known when the model is derived."""
    faults, path = context.faults, ("observables", name)
    words = [word.strip() for word in inner.split(",")]
    if len(words) != 2 or not all(_WORD.fullmatch(word) for word in words):
        hint = 'for example "response(energy, T)": an observable or order parameter, and a parameter'
        faults.add(path, "a response is of one quantity to one parameter, two names", hint, offset + 1)
        return None
    parameters = context.of_kind("parameters")
    if words[1] not in parameters:
        close = nearest(words[1], parameters) if len(words[1]) <= 60 else None
        hint = f"did you mean `{close}`?" if close else "parameters: " + (", ".join(parameters) or "none")
        faults.add(path, f"`{words[1][:40]}` is not a parameter of the model", hint, offset + 1)
        return None
    return Observable(name, "response", sp.Tuple(*[sp.Symbol(word, real=True) for word in words]))


def read_observable(context: Context, name: str, text: str, channels: tuple[Channel, ...]) -> Observable | None:
    """Return the typed observable; faults go to the context.

    With several channels it belongs to the only one that knows all names it uses; two of them are a fault.
    """
    faults, path = context.faults, ("observables", name)
    if not context.check_name(path, name, "an observable"):
        return None
    if name in _RESULTS or name in context.taken:
        meaning = _RESULTS.get(name) or context.taken[name]
        faults.add(path, f"`{name}` cannot be the name of an observable: it is {meaning}", at_key=True)
        return None
    match = _OUTER.fullmatch(text)
    if match is None or not _closes_at_end(match.group(2)):
        hint = 'for example "test(sign(h) != y)" or "sites((w_mean - wstar)^2)"'
        faults.add(
            path, "an observable is a mean test(e), train(e) or sites(e), or a response(quantity, parameter)", hint, 1
        )
        return None
    kind, inner, offset = match.group(1), match.group(2), match.start(2)
    if kind not in KINDS:
        close = nearest(kind, KINDS) if len(kind) <= 60 else None
        hint = f"did you mean `{close}`?" if close else "test(e), train(e), sites(e) or response(quantity, parameter)"
        faults.add(path, f"`{kind[:40]}` is not a mean of the language", hint, match.start(1) + 1)
        return None
    if kind == "response":
        return _read_response(context, name, inner, offset)
    if kind == "sites":
        scopes = [_site_scope(context)]
    else:
        scopes = [_channel_scope(context, channel, kind) for channel in channels]
        if not scopes:
            faults.add(path, f"{kind}(...) is a mean over samples, and the model has no channel", "", 1)
            return None
    first: ExpressionError | None = None
    found: list[Observable] = []
    for index, scope in enumerate(scopes):
        try:
            expression = parse_expression(inner, scope)
        except ExpressionError as error:
            first = first or error
            continue
        found.append(Observable(name, kind, expression, index))  # type: ignore[arg-type]
    if not found:
        assert first is not None
        faults.add(path, first.message, first.hint, first.column + offset)
        return None
    if len(found) > 1:
        which = " or ".join(f"channel[{o.channel}]" for o in found)
        hint = "give the fields of the channels different names, and name a field of the one that is meant"
        faults.add(path, f"{kind}(...) could be the mean over {which}", hint, 1)
    return found[0]
