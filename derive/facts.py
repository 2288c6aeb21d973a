"""What a model, its thresholds and its solutions say about themselves, for the commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from derive.runtime.results import ADVICE, Optimum, SolveResult
from derive.terminal import format_number, name_values, table

if TYPE_CHECKING:
    from derive.replica.pipeline import Derivation
    from derive.spec.model import Model

__all__ = ["facts_text", "judge", "model_facts", "optima_text", "threshold_facts", "thresholds_text"]


def model_facts(derivation: Derivation) -> dict[str, Any]:
    """The JSON object of `derive validate`: a model that was read, with what was derived about it."""
    from derive.spec.tables import table_of

    model, system = derivation.model, derivation.system
    symbols = [f.symbols for f in system.families]
    norms = [(s, n) for s, n in zip(symbols, derivation.saddle.norms, strict=True) if n is not None]
    fixed = {str(s.q if system.cold else s.r): str(norm) for s, norm in norms}
    if system.matched:
        fixed |= {str(m): str(s.q) for s in symbols for m in s.m}
    known = [x for s in symbols for x in (s.q, s.v if system.cold else s.r, *s.m)]
    self_overlaps = {} if system.cold else {s.v: s.r for s in symbols}
    data = table_of(model)
    return {
        "model": model.name,
        "valid": True,
        "hash": model.hash,
        "parameters": {
            p.name: {"in": p.domain.text, "default": None if p.default is None else str(p.default)}
            for p in model.parameters
        },
        "table": None if data is None else dict(zip(("file", "rows", "columns"), data, strict=True)),
        "order_parameters": [str(x) for x in (*known, *system.globals)],
        "conjugates": [str(x) for s in symbols for x in (s.q_hat, s.A if system.cold else s.r_hat, *s.m_hat)],
        "independent": [str(self_overlaps.get(x, x)) for x in derivation.saddle.overlaps],
        "fixed": fixed,
        "bayes_optimal": system.matched,
        "existence_domain": [str(d) for d in system.domain],
        "observables": [o.name for o in model.observables],
        "thresholds": [t.name for t in model.thresholds],
    }


def facts_text(facts: Mapping[str, Any]) -> str:
    """The facts of a model for people."""
    fixed = ", ".join(f"{name} = {value}" for name, value in facts["fixed"].items())
    data = facts["table"]
    rows = {}
    if data is not None:
        columns = ", ".join(f"{name} = {column}" for name, column in data["columns"].items())
        rows = {"table": f"{data['file']}, {data['rows']} row{'' if data['rows'] == 1 else 's'}: {columns}"}
    lines = {
        "laws": "all normalised",
        **rows,
        "parameters": ", ".join(f"{name} in {p['in']}" for name, p in facts["parameters"].items()),
        "order parameters": ", ".join(facts["order_parameters"] + facts["conjugates"]),
        "independent": ", ".join(facts["independent"]),
        "fixed": fixed + (" (Bayes-optimal)" if facts["bayes_optimal"] else ""),
        "existence domain": ", ".join(facts["existence_domain"]) or "all parameters and overlaps",
        "observables": ", ".join(facts["observables"]),
        "thresholds": ", ".join(facts["thresholds"]),
        "hash": facts["hash"][:16],
    }
    said = [f"  {name:16}  {text.strip() or '-'}" for name, text in lines.items()]
    return "\n".join([f"{facts['model']}: valid", *said])


def threshold_facts(model: Model) -> list[dict[str, Any]]:
    """The thresholds that a model file names."""
    keys = ("name", "kind", "solve_for", "branch", "branches", "edge")
    return [{key: getattr(t, key) for key in keys if getattr(t, key)} for t in model.thresholds]


def thresholds_text(model: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The thresholds of a model for people."""
    if not rows:
        return f"{model} names no threshold"
    where = [" and ".join(r.get("branches", ())) or r.get("branch") or r.get("edge", "") for r in rows]
    cells = [[r["name"], r["kind"], r["solve_for"], w] for r, w in zip(rows, where, strict=True)]
    return table(["name", "kind", "solve for", "where"], cells)


def _optimum_text(optimum: Optimum) -> str:
    """What was optimised, for people.

    >>> print(_optimum_text(Optimum("lam", 0.25, "test_error", 0.5, False, digits=12)))
    test_error is least at lam = 0.25 (12 digits): 0.5
    """
    if optimum.value is None:
        return f"{optimum.name} was not optimised: {optimum.detail}"
    if optimum.status != "converged":
        return f"{optimum.observable} = {format_number(optimum.minimum)}: {optimum.detail}"
    place = f"{optimum.name} = {format_number(optimum.value)} ({optimum.digits} digits)"
    said = f"{optimum.observable} is least at {place}: {format_number(optimum.minimum)}"
    return f"{said}; {optimum.detail}" if optimum.detail else said


def optima_text(results: Sequence[SolveResult], scans: Sequence[str]) -> list[str]:
    """The optimum of a point; of a scan one sentence for each way of having none inside, with the first such point."""
    found = [(r, r.optimised) for r in results if r.optimised is not None]
    if not scans:
        return [_optimum_text(optimum) for _, optimum in found]
    kinds: dict[str, list[str]] = {}
    for r, optimum in found:
        if optimum.status != "converged":
            where = name_values({name: r.parameters[name] for name in scans})
            kinds.setdefault(optimum.status, []).append(f"at {where}: {optimum.detail}")
    return [f"{status}: {len(told)} of {len(results)} points; {told[0]}" for status, told in kinds.items()]


def judge(results: Sequence[SolveResult], points: int | None = None, solved: int = 0) -> tuple[list[str], bool]:
    """What to say about points without a converged solution, and whether that is all of them.

    `points` and `solved` count them where `results` are only the first of many.
    """
    empty = [r for r in results if not any(s.status == "converged" for s in r.solutions)]
    total, without = (len(results), len(empty)) if points is None else (points, points - solved)
    if not without:
        return [], False
    if total > 1:
        said = [f"{without} of {total} points have no converged solution"]
    else:
        said = [
            f"{s.branch}: {s.status}: {ADVICE.get(s.status, '')} {s.detail}".rstrip() for s in empty[0].solutions
        ] or ["no solution was found"]
    return said, without == total
