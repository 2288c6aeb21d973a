"""Scans of one branch against single solves at every point.

The two share the generated functions and the compiled `solve`; they do not share the loops over points, what is
followed, the names of columns, nor the way parameters become doubles.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import pytest

import derive
from derive.exact import parse_scan
from derive.grids.sweep import results_of
from derive.runtime.results import Solution, SolveResult
from tests.support import zoo

FAST = [
    ("curie_weiss", {"T": "0.3:1.6:131"}, {}, "uninformed"),
    ("curie_weiss", {"T": "0.5:1.5:21"}, {}, "trivial"),
    ("curie_weiss", {"h": "-0.5:0.5:101"}, {"T": "0.6"}, "informed"),  # states that go on where no start leads to them
    ("curie_weiss", {"h": "-0.495:0.5:101"}, {"T": "0.6"}, "uninformed"),
    ("perceptron_teacher_binary", {"alpha": "1.4:1.6:81"}, {}, "uninformed"),  # its spinodal is at 1.4926
]
SLOW = [
    ("sk", {"T": "0.3:1.5:25", "h": "0:0.5:6"}, {}, "uninformed"),
    ("sk", {"T": "0:0.6:7", "h": "0:0.2:2"}, {"J0": "1/2"}, "uninformed"),  # with T = 0, another solver
    ("random_field_ising", {"T": "0.1:1.5:29"}, {}, "informed"),
    ("bipartite_sk", {"T": "0.3:1.2:46"}, {}, "uninformed"),  # two families
    ("spiked_wigner_sparse", {"rho": "0.05:0.5:46"}, {"snr": "20"}, "informed"),  # r depends on parameters
    ("spiked_tensor", {"snr": "2:6:41"}, {}, "informed"),
    ("lasso_sparse", {"lam": "0.01:3:41"}, {}, "uninformed"),  # zero temperature, w = 0 at the end
    ("ridge_isotropic", {"alpha": "0.2:3:29", "lam": "0:1:4"}, {}, "uninformed"),  # without minimiser in parts
    ("gaussian_covariate_table", {"alpha": "0.2:3:21"}, {}, "uninformed"),  # a table
    ("random_features_ridge", {"alpha": "0.2:3:21"}, {}, "uninformed"),  # means over constants
    ("perceptron_min_errors", {"alpha": "1:3:5"}, {}, "uninformed"),  # two regimes
    ("perceptron_min_errors", {"alpha": "1:3:5"}, {}, "satisfiable"),
    ("hopfield", {"T": "0.05:1.2:47"}, {"alpha": "0.02"}, "informed"),
    ("blume_capel_sk", {"T": "0.1:1:19", "D": "-0.5:1.2:18"}, {}, "uninformed"),
]  # fmt: skip
CASES = [*FAST, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)]


def single(model: str, parameters: dict[str, str]) -> SolveResult:
    """A single solve."""
    loaded = zoo.load(model)
    return derive.solve(loaded, parameters, generated=zoo.folder(model))


def near(a: float | None, b: float | None) -> bool:
    """Equal to nine digits, or undefined both."""
    if a is None or b is None or math.isnan(a) or math.isnan(b):
        return (a is None or math.isnan(a)) and (b is None or math.isnan(b))
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1e-3)


def same(found: Solution, wanted: Solution, responses: Collection[str]) -> bool:
    """Whether both are one state with one verdict; `responses` are left out of scans."""
    if (found.status, found.status == "converged" and found.stability["stable"]) != (
        wanted.status,
        wanted.status == "converged" and wanted.stability["stable"],
    ):
        return False
    if found.status != "converged":
        return True
    defined = {name for name, value in wanted.order_parameters.items() if not math.isnan(value)}
    return (
        set(found.order_parameters) == defined
        and all(near(found.order_parameters[name], wanted.order_parameters[name]) for name in defined)
        and all(near(found.observables[n], value) for n, value in wanted.observables.items() if n not in responses)
        and all(value is None for n, value in found.observables.items() if n not in wanted.observables)
        and near(found.free_entropy, wanted.free_entropy)
    )


@pytest.mark.parametrize(("model", "scans", "parameters", "branch"), CASES)
@pytest.mark.parametrize("follow", [True, False])
def test_every_point_is_the_single_solve(model, scans, parameters, branch, follow):
    grid = {name: parse_scan(text) for name, text in scans.items()}
    data = derive.sweep(zoo.load(model), grid, parameters, branch=branch, follow=follow, generated=zoo.folder(model))
    responses = zoo.solver(model).module.RESPONSES
    for result in results_of(data):
        wanted = single(model, dict(result.parameters)).solutions
        named = [s for s in wanted if s.branch == branch]
        if follow and named and named[0].status == "not_converged" and result.solutions[0].status == "converged":
            continue  # where a run is too slow, its state is reached from both sides
        if named:
            assert same(result.solutions[0], named[0], responses), (result, named[0])
        else:  # a single solve lists a state once, under the first start that reaches it; the rest is said by a status
            for found in result.solutions:
                assert found.status != "converged" or any(same(found, s, responses) for s in wanted), (result, wanted)


def test_a_lost_branch_is_a_status_of_its_points():
    data = derive.sweep(
        zoo.load("perceptron_teacher_binary"), {"alpha": parse_scan("1.48:1.5:21")}, branch="uninformed"
    ).isel(branch=0)
    converged = data["alpha"].values[data["status"].values == "converged"]
    assert converged.max() < 1.49263181823 < data["alpha"].values[data["status"].values != "converged"].min()
    assert set(data["status"].values) <= {"converged", "lost_branch", "left_domain", "not_converged"}
