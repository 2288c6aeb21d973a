"""Time to derive and to emit every model of the zoo: ``python -m tests.benchmarks.bench_derivation``."""

from __future__ import annotations

import time
from collections.abc import Iterator

from sympy.core.cache import clear_cache

from derive.emission import solver_source
from derive.replica.pipeline import run_pipeline
from tests.benchmarks.tables import Row, Section, duration, show
from tests.support import zoo

__all__ = ["DERIVATIONS"]


def derivations() -> Iterator[Row]:
    run_pipeline(zoo.load(zoo.ALL[0]), "rs")  # imports
    totals = [0.0, 0.0]
    for name in zoo.ALL:
        model = zoo.load(name)
        clear_cache()
        begin = time.process_time()
        derivation = run_pipeline(model, "rs")
        derived = time.process_time()
        text = solver_source(derivation)
        times = (derived - begin, time.process_time() - derived)
        totals = [total + spent for total, spent in zip(totals, times, strict=True)]
        yield [name, *map(duration, times), str(len(derivation.trace.steps)), str(text.count("\n"))]
    yield ["all models", *map(duration, totals), "", ""]


DERIVATIONS = Section(
    "Derivation of every model",
    "bench_derivation",
    ("model", "derive", "emit", "steps", "lines of the solver"),
    (*zoo.ALL, "all models"),
    derivations,
    "Processor time from the specification to the saddle-point equations with their trace, and from there to the text "
    "of the numba module; the caches of sympy are emptied before each model.",
)

if __name__ == "__main__":
    show(DERIVATIONS)
