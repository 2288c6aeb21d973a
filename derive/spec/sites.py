"""Families, quenched variables and weights: everything that lives on the sites."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from derive.errors import nearest
from derive.spec.context import Context
from derive.spec.domains import parse_interval
from derive.spec.faults import Path
from derive.spec.grammar import ExpressionError
from derive.spec.laws import ParsedLaw, parse_law
from derive.spec.model import Family, Law, Quenched, Table, Weights
from derive.spec.normalise import check_law, check_sign
from derive.spec.schema import RawModel, RawQuenched, RawWeights

__all__ = ["read_sites"]


def _free_symbols(law: Law | Table) -> set[sp.Symbol]:
    """Return the symbols of all weights and components of a law."""
    free: set[sp.Symbol] = set()
    if isinstance(law, Law):
        for weight, component in law.components:
            free |= weight.free_symbols
            for name in component.__dataclass_fields__:
                for part in sp.flatten([getattr(component, name)]):
                    free |= getattr(part, "free_symbols", set())
    return free


class _Sites:
    """The reading of the site variables of one file."""

    def __init__(self, context: Context, raw: RawModel):
        self.context = context
        self.raw = raw
        self.faults = context.faults

    def family(self, path: Path, name: str | None) -> str:
        """Return the family of a variable."""
        families = list(self.raw.families)
        if name is None:
            if len(families) > 1:
                message = "the model has several families: say which one by `family`"
                self.faults.add(path, message, "families: " + ", ".join(families), at_key=True)
            return families[0] if families else "sites"
        if name not in families:
            close = nearest(name, families) if len(name) <= 60 else None
            hint = f"did you mean `{close}`?" if close else "families: " + (", ".join(families) or "none")
            self.faults.add((*path, "family"), f"`{name[:40]}` is not a family", hint)
        return name

    def families(self) -> tuple[Family, ...]:
        """Read the families of sites; without any there is one, of size 1."""
        scope = self.context.scope("the size of a family", ["parameters"])
        found = []
        for name, raw in self.raw.families.items():
            self.context.check_name(("families", name), name, "a family")
            size = self.context.expression(("families", name, "size"), raw.size, scope)
            check_sign(self.context, ("families", name, "size"), size, "the size of a family")
            found.append(Family(name, sp.S.One if size is None else size))
        return tuple(found) or (Family("sites", sp.S.One),)

    def law(
        self,
        path: Path,
        text: str,
        place: str,
        known: dict[str, Law | Table],
        components: int,
        count: bool = False,
    ) -> ParsedLaw | None:
        """Read and check a law that may use parameters and the quenched names in `known`."""
        quenched = self.context.of_kind("quenched")
        extra = {name: quenched[name] for name in known if name in quenched}
        elsewhere = {n: "a quenched variable that is not declared before it" for n in quenched if n not in extra}
        scope = self.context.scope(place, ["parameters"], extra, elsewhere)
        try:
            parsed = parse_law(text, scope, known, count)
        except ExpressionError as error:
            self.faults.expression(path, error)
            return None
        sizes = parsed.dimensions
        if parsed.vector and components == 1:
            message = "this is a law of vectors, and the variable has one component"
            hint = 'write a law of numbers such as "atoms(-1, 1)", or components = K with K > 1'
            self.faults.add(path, message, hint)
            return None
        if sizes and sizes != {components}:
            message = f"the atoms have {min(sizes)} components, the variable has {components}"
            self.faults.add(path, message)
            return None
        return parsed if check_law(self.context, path, parsed) else None

    def quenched(self) -> None:
        """Read the laws of the quenched variables, in order."""
        for name, raw in self.raw.quenched.items():
            table = isinstance(raw, RawQuenched)
            text = raw.law if isinstance(raw, RawQuenched) else raw
            path: Path = ("quenched", name, "law") if table else ("quenched", name)
            components = raw.components if isinstance(raw, RawQuenched) else 1
            family = self.family(("quenched", name), raw.family if isinstance(raw, RawQuenched) else None)
            known = dict(self.context.laws)
            parsed = self.law(path, text, "the law of a quenched variable", known, components)
            law: Law | Table | None = None if parsed is None else parsed.law
            if parsed is not None and isinstance(law, Table):
                law = self.table(path, law, components, parsed.places)
            self.context.laws[name] = Law(()) if law is None else law
            if law is None or self.context.kinds.get(name) != "quenched":
                continue
            free = _free_symbols(law)
            depends = tuple(q.name for q in self.context.quenched if q.symbol in free)
            symbol = sp.Symbol(name, real=True)
            self.context.quenched.append(Quenched(name, symbol, law, depends, components, family))

    def table(self, path: Path, table: Table, components: int, places: tuple[int, int]) -> Table | None:
        """Read a column of data."""
        if components > 1:
            message = f"a column of a table is one number at each site, the variable has {components} components"
            self.faults.add(path, message, "one quenched variable for each column")
            return None
        return self.context.tables.fill(path, table, places)

    def weights(self) -> None:
        """Read the replicated site variables."""
        for name, raw in self.raw.weights.items():
            weights = self.weight(name, raw)
            if self.context.kinds.get(name) == "weights":
                self.context.weights.append(weights)

    def weight(self, name: str, raw: RawWeights) -> Weights:
        """Read one replicated site variable."""
        path = ("weights", name)
        symbol = sp.Symbol(name, real=True)
        given = [k for k in ("prior", "count", "sphere") if getattr(raw, k) is not None]
        if len(given) > 1:
            message = f"a weight has one base measure; found {' and '.join(given)}"
            self.faults.add(path, message, "prior, count, sphere, or none of them", at_key=True)
        measure = given[0] if given else "lebesgue"
        law: Law | None = None
        if measure in ("prior", "count") and len(given) == 1:
            text = raw.prior if raw.prior is not None else raw.count
            place = "a prior" if measure == "prior" else "a counting measure"
            known = dict(self.context.laws)
            parsed = self.law((*path, measure), text or "", place, known, raw.components, measure == "count")
            found = None if parsed is None else parsed.law
            if isinstance(found, Table):
                self.faults.add((*path, measure), "a weight cannot have a table as its law")
            else:
                law = found
        radius = None
        numbers = self.context.scope("a radius", ["parameters"])
        if raw.sphere is not None:
            radius = self.context.expression((*path, "sphere"), raw.sphere, numbers)
            check_sign(self.context, (*path, "sphere"), radius, "the R of sum w^2 = R*N")
        penalty = None
        if raw.penalty is not None:
            own = {name: self.context.values.get(name, symbol)}
            scope = self.context.scope("a penalty", ["parameters", "quenched"], own)
            penalty = self.context.expression((*path, "penalty"), raw.penalty, scope)
        support = None
        if raw.support is not None:
            scope = replace(self.context.scope("a support", ["parameters"]), infinity=True)
            try:
                lower, upper, *_ = parse_interval(raw.support, scope)
                support = (lower, upper)
                if (upper - lower).is_nonpositive:
                    self.faults.add((*path, "support"), "the lower end of the support is not below the upper")
            except ExpressionError as error:
                self.faults.expression((*path, "support"), error)
        family = self.family(path, raw.family)
        return Weights(name, symbol, measure, law, radius, penalty, support, raw.components, family)  # type: ignore[arg-type]


def read_sites(context: Context, raw: RawModel) -> tuple[Family, ...]:
    """Read families, quenched variables and weights into the context; return the families."""
    sites = _Sites(context, raw)
    families = sites.families()
    sites.quenched()
    sites.weights()
    return families
