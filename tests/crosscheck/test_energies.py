"""Every branch of the energies of the zoo, from T = 0.02 to T = 5, against the symbolic equations in mpmath.

The equations are solved again by Newton's method with quadrature that shares no code with the compiled solver.
"""

from __future__ import annotations

import itertools

import mpmath as mp
import pytest

from tests.support import zoo

DIGITS = 18
RELATIVE = 1e-10
TEMPERATURES = ("1/50", "1/10", "1/2", "1", "5")
SIGNALS = ("1/5", "3/2", "4", "20")
FAST = {"sk", "bipartite_sk"}
FREE = {"hopfield_mixture", "curie_weiss"}
"""Without disorder q_hat = 0: the sites are no average, and no quadrature is compared."""


def cases() -> list:
    """(model, parameters): temperatures, or strengths of the signal."""
    found = []
    for model in zoo.ENERGIES:
        if model in FREE:
            continue
        first = zoo.load(model).parameters[0].name
        for value in TEMPERATURES if first == "T" else SIGNALS:
            marks = [] if model in FAST and value in ("1/50", "1") else [pytest.mark.slow]
            found.append(pytest.param(model, {first: value}, marks=marks, id=f"{model}-{first}={value}"))
    return found


@pytest.mark.parametrize(("model", "given"), cases())
def test_branches_of_energies_to_ten_digits(model: str, given: dict[str, str]) -> None:
    found = [s for s in zoo.solve(model, given).solutions if s.status == "converged" and s.branch != "perfect"]
    assert found, "no branch"
    for solution in found:
        families = zoo.derivation(model).system.families
        if None in [f.norm for f in families] and solution.order_parameters[families[0].symbols.q.name] == 0.0:
            continue  # beside q = 0 nothing is left but r, which the solver finds on its own
        precise, scope = zoo.refine(model, given, solution, DIGITS)
        with mp.workdps(DIGITS + 6):
            for s in precise.families:
                scope[s.r.name] = scope[s.q.name] + scope[s.v.name]
            names = [x.name for x in itertools.chain(*[(s.q, s.r, *s.m) for s in precise.families])]
            for name in names:
                if name in scope and name in solution.order_parameters:
                    close(solution.order_parameters[name], scope[name], 1.0, (solution.branch, name))
            assert solution.free_entropy is not None
            size = 1.0 + abs(float(scope["T"])) ** -1 if "T" in scope else 1.0
            close(solution.free_entropy, precise.free_entropy(scope), size, (solution.branch, "free_entropy"))
            for name in ("energy", "mse", "mutual_information"):
                if name in solution.observables:
                    close(solution.observables[name], precise.observable(name, scope), 1.0, (solution.branch, name))


def close(value: float | None, exact: mp.mpf, scale: float, what: object) -> None:
    """Equal to ten digits, of the scale where a number vanishes."""
    assert value is not None, what
    assert abs(value - float(exact)) <= RELATIVE * abs(float(exact)) + 1e-13 * scale, (what, value, exact)
