"""The engine's equations written out as an author would: means over standard normals, log Z in closed form."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from derive.calculus.nodes import GaussianAverage, LabelLaw, LogPartition, MoreauEnvelope, _Binder
from derive.calculus.partition import Partition
from derive.claims.engine import Engine
from derive.replica.pipeline import Derivation
from derive.spec.functions import GaussMean

__all__ = ["Forms"]


class _NotWritten(Exception):
    """A part that has no form without functions of its own."""


class Forms:
    """The right sides of the saddle-point equations and the free entropy, in the symbols that claims have."""

    def __init__(self, engine: Engine, derivation: Derivation):
        self.engine, self.derivation = engine, derivation
        self.partitions: Mapping[str, object] = {**derivation.system.partitions, **derivation.system.envelopes}
        self.symbols = self._symbols()

    def _symbols(self) -> dict[sp.Symbol, sp.Expr]:
        """The symbols of claims for those of the derivation."""
        names, saddle, module = self.engine.names, self.derivation.saddle, self.engine.solver.module
        found: dict[sp.Symbol, sp.Expr] = {}
        for f, (family, norm) in enumerate(zip(self.derivation.system.families, saddle.norms, strict=True)):
            s = family.symbols
            if module.COLD:
                found |= {s.q: names[module.STATE[2 * f]], s.v: names[module.STATE[2 * f + 1]]}
                continue
            named = module.NAMES[f]
            q = names[named["q"]]
            r = names[named["r"]] if norm is None else norm
            found |= {s.q: q, s.v: r - q, s.r: r}
            if named["q_hat"] in names and named["r_hat"] in names:
                found |= {s.A: names[named["q_hat"]] - names[named["r_hat"]]}
        for symbol in [*saddle.overlaps, *saddle.conjugates, *saddle.site_map]:
            if symbol not in found and symbol.name in names:
                found[symbol] = names[symbol.name]
        return found

    def equation(self, left: sp.Expr, right: sp.Expr) -> sp.Expr | None:
        """The engine's form of the left side of a claim; None where there is none.

        Overlaps are what the site makes of the conjugates; these are written out unless the claim has them.
        """
        saddle, back = self.derivation.saddle, {self.symbols.get(k, k): k for k in self.derivation.saddle.overlaps}
        hats = self._conjugates()
        maps = {self.symbols.get(x, x): self._written(e) for x, e in saddle.site_map.items() if x in back.values()}
        tied = self.engine.solver.module
        for alias, source in {**tied.TIED_NAMES, **tied.TIED_HATS}.items():
            table = maps if self.engine.names[source] in maps else hats
            if self.engine.names[source] in table:
                table[self.engine.names[alias]] = table[self.engine.names[source]]
        involved = {s for s in left.free_symbols if s in maps or s in hats}
        if not involved or any(e is None for s, e in {**maps, **hats}.items() if s in involved):
            return None
        found = left.xreplace({s: maps[s] for s in involved if s in maps and maps[s] is not None})
        if not left.is_Symbol and not found.has(GaussMean):  # before roots of means stand in roots
            positive = {h: sp.Dummy(h.name, positive=True) for h in hats if h.name.startswith("q_hat")}
            found = sp.simplify(found.xreplace(positive)).xreplace({d: h for h, d in positive.items()})
        kept = right.free_symbols - left.free_symbols
        rest = {h: e for h, e in hats.items() if h in found.free_symbols and h not in kept}
        if any(e is None for e in rest.values()):
            return None
        return found.xreplace({h: e for h, e in rest.items() if e is not None})

    def _conjugates(self) -> dict[sp.Symbol, sp.Expr | None]:
        """The conjugates by the symbols of claims; of q_hat - r_hat the second is left."""
        found: dict[sp.Symbol, sp.Expr | None] = {}
        for hat, e in self.derivation.saddle.conjugates.items():
            name, written = self.symbols.get(hat, hat), self._written(e)
            if isinstance(name, sp.Symbol):
                found[name] = written
                continue
            (second,) = [s for s in name.free_symbols if s not in found]
            first = next(s for s in name.free_symbols if s in found)
            whole = found[first]
            found[second] = None if whole is None or written is None else whole - written
        return found

    def free_entropy(self, value: sp.Expr) -> list[sp.Expr]:
        """The engine's forms of the free entropy that a claimed one may be: as it is, with conjugates put in."""
        saddle = self.derivation.saddle
        forms = []
        whole = self._written(saddle.free_entropy)
        if whole is not None:
            hats = self._conjugates()
            if value.free_symbols & set(hats):
                forms.append(whole)
            elif all(e is not None for e in hats.values()):
                forms.append(whole.xreplace({h: e for h, e in hats.items() if e is not None}))
        if saddle.reduced.explicit is not None and (explicit := self._written(saddle.reduced.explicit)) is not None:
            forms.append(explicit)
        return forms

    def _written(self, e: sp.Expr) -> sp.Expr | None:
        try:
            return self._standard(e).xreplace(self.symbols)
        except _NotWritten:
            return None

    def _standard(self, e: sp.Basic) -> sp.Expr:
        if isinstance(e, GaussianAverage):
            return self._average(e)
        if isinstance(e, MoreauEnvelope):
            raise _NotWritten
        if isinstance(e, LogPartition):
            return self._log_partition(e)
        if isinstance(e, (_Binder, LabelLaw)):
            raise _NotWritten
        if not e.args or not e.has(_Binder, LogPartition, LabelLaw):
            return e  # type: ignore[return-value]
        return e.func(*map(self._standard, e.args))

    def _average(self, e: GaussianAverage) -> sp.Expr:
        size = len(e.bound_symbols)
        if size > 1:
            raise _NotWritten
        (x,), mean, variance = e.bound_symbols, e.mean[0], e.covariance(0, 0)
        t = sp.Dummy("t", real=True)
        body = self._standard(e.body).xreplace({x: mean + sp.sqrt(variance) * t})
        return GaussMean(body, t)

    def _log_partition(self, e: LogPartition) -> sp.Expr:
        partition = self.partitions[e.args[0].name]
        if not isinstance(partition, Partition) or partition.closed is None:
            raise _NotWritten
        found = sp.log(_paired(partition.closed))
        for _ in range(e.order):
            found = found.diff(partition.field)
        x, v, *rest = e.args[3:]
        values = {partition.field: x, partition.variance: v, **dict(zip(partition.rest, rest, strict=True))}
        return found.xreplace({k: sp.S(value) for k, value in values.items()})


def _paired(e: sp.Expr) -> sp.Expr:
    """C exp(a) + c exp(b) as 2 c exp((a + b)/2) cosh((a - b)/2)."""
    terms = sp.Add.make_args(e)
    if len(terms) != 2:
        return e
    parts = []
    for term in terms:
        exponents = [a.args[0] for a in sp.Mul.make_args(term) if isinstance(a, sp.exp)]
        rest = sp.Mul(*[a for a in sp.Mul.make_args(term) if not isinstance(a, sp.exp)])
        parts.append((rest, sp.Add(*exponents)))
    (c, a), (d, b) = parts
    if c != d:
        return e
    return 2 * c * sp.exp(sp.expand((a + b) / 2)) * sp.cosh(sp.expand((a - b) / 2))
