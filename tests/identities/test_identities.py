"""What must hold for every model: stationarity, Nishimori, limits, tails, slopes along alpha, stability, ordering.

Shared with the code under test: the generated free entropy and fixed points.  Tails and limits are elementary.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest

from tests.support import zoo


def models(slow: frozenset[str] = zoo.TWO_DIMENSIONAL, without: frozenset[str] = frozenset()):
    return [pytest.param(m, marks=[pytest.mark.slow] if m in slow else []) for m in zoo.MODELS if m not in without]


def solved(model: str, given: dict[str, str] | None = None, name: str = "uninformed"):
    """(x, hats, p) of a branch."""
    return *zoo.vectors(model, zoo.branch(model, given, name)), zoo.array(model, given)


def phi(model: str, x: np.ndarray, hats: np.ndarray, p: np.ndarray) -> float:
    return float(zoo.call(zoo.solver(model).module.free_entropy, 1, x, hats, p)[0])


def slope(f: Callable[[float], float], h: float) -> float:
    """f'(0) by the central difference of fourth order."""
    return (8.0 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12.0 * h)


# -------------------------------------------------------------------------------------- stationarity

SYMMETRIC = frozenset({"perceptron_symmetric_binary"})  # its solution is the end q = 0 of the domain
POINTS = {"perceptron_teacher_binary": {"alpha": "6/5"}, "door_symmetric_binary": {"alpha": "29/20"}}


@pytest.mark.parametrize("model", models(without=SYMMETRIC))
def test_the_free_entropy_is_stationary_at_a_solution(model: str):
    """Every derivative vanishes: overlaps (r - q follows q if r is fixed), conjugates, globals."""
    x, hats, p = solved(model, POINTS.get(model))
    module, h = zoo.solver(model).module, 2e-3
    assert x[0] > 0

    def along(direction_x: np.ndarray, direction_hats: np.ndarray) -> float:
        return slope(lambda t: phi(model, x + t * direction_x, hats + t * direction_hats, p), h)

    families = len(module.TIED)
    for k, name in enumerate(module.STATE):
        tied = k < 2 * families and module.TIED[k // 2]
        if k % 2 == 1 and tied:
            continue
        f = k // 2 if k < 2 * families else 0
        step = np.zeros(len(x))
        step[k] = min(x[2 * f], x[2 * f + 1])  # relative to the distance to the ends of the domain
        if tied:
            step[k + 1] = -step[k]
        assert abs(along(step, np.zeros(len(hats)))) < 1e-9, name
    for k, name in enumerate(module.HATS):
        step = np.zeros(len(hats))
        step[k] = min(hats[k], 1.0) if hats[k] > 0 else 1.0
        assert abs(along(np.zeros(len(x)), step)) < 1e-9, name


def test_the_free_entropy_is_stationary_at_zero_overlap():
    model = "perceptron_symmetric_binary"
    x, hats, p = solved(model)
    assert x[0] == 0.0 and hats[0] == 0.0
    base, h = phi(model, x, hats, p), 1e-5
    one, two = (phi(model, np.array([t, x[1] - t]), hats, p) - base for t in (h, 2 * h))
    assert abs(4 * one - two) / (2 * h) < 1e-8


def emitted_with(text: str) -> list:
    """The models whose solver contains a line."""
    lines = {m: (zoo.generated_folder() / m / "rs.py").read_text(encoding="utf-8") for m in zoo.MODELS}
    return [m for m in models() if f"\n{text}" in lines[str(m.values[0])]]


REDUCED = emitted_with("REDUCED = True")
MATCHED = emitted_with("TIED_NAMES = {'m': 'q'}")


def test_both_kinds_of_models_are_in_the_zoo():
    assert REDUCED and MATCHED and len(MATCHED) < len(models())


@pytest.mark.parametrize("model", REDUCED)
def test_eliminating_the_conjugates_keeps_the_free_entropy(model: str):
    """The form that is reported (nothing large cancels in it) and the one that is differentiated agree at solutions."""
    module = zoo.solver(model).module
    x, hats, p = solved(model, POINTS.get(model))
    reduced = zoo.call(module.reduced_free_entropy, 1, x, hats, p)[0]
    assert reduced == pytest.approx(phi(model, x, hats, p), rel=1e-12)


# ----------------------------------------------------------------------------------------- Nishimori

UNMATCHED = """\
# Probit regression with the label law written out: the same problem, not recognised as matched.
name = "probit_written_out"

[parameters]
alpha = { in = "(0, inf)", default = 1, meaning = "samples per weight" }
Delta = { in = "(0, inf)", default = "1/10", meaning = "variance of the noise inside the sign" }

[quenched]
wstar = "normal(0, 1)"

[weights.w]
prior = "normal(0, 1)"

[[channel]]
samples = "alpha"
teacher.z = "wstar"
student.h = "w"
noise.eta = "normal(0, 1)"
label = "sign(z + sqrt(Delta)*eta)"
likelihood = "3*H(-y*h/sqrt(Delta))"

[observables]
error_gibbs = "test(sign(h) != y)"
error_bayes = "test(sign(h_mean) != y)"
"""


@pytest.fixture(scope="module")
def written_out(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a model whose factor is three times the law of its labels."""
    path: Path = tmp_path_factory.mktemp("nishimori") / "probit_written_out.toml"
    path.write_text(UNMATCHED, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("given", [{}, {"alpha": "3", "Delta": "1/2"}], ids=["default", "alpha=3"])
def test_nishimori(written_out: str, given: dict[str, str]):
    """The equations for q, r, m have the matched solution: m = q, r = 1, m_hat = q_hat, r_hat = 0."""
    assert not zoo.derivation(written_out).saddle.reduced.matched
    matched, free = zoo.branch("probit_gauss", given), zoo.branch(written_out, given)
    found, expected = free.order_parameters, matched.order_parameters
    for name in ("q", "m"):
        assert found[name] == pytest.approx(expected["q"], rel=1e-10)
    for name in ("q_hat", "m_hat"):
        assert found[name] == pytest.approx(expected["q_hat"], rel=1e-10)
    assert found["r"] == pytest.approx(1.0, rel=1e-10)
    assert found["r_hat"] == pytest.approx(0.0, abs=1e-10)
    alpha = float(zoo.array("probit_gauss", given)[0])
    assert free.free_entropy == pytest.approx(matched.free_entropy + alpha * np.log(3.0), rel=1e-10)
    for name, value in free.observables.items():
        if name in matched.observables:
            assert value == pytest.approx(matched.observables[name], rel=1e-9), name


@pytest.mark.parametrize("model", MATCHED)
def test_matched_models_report_m_equal_to_q(model: str):
    module = zoo.solver(model).module
    assert zoo.derivation(model).saddle.reduced.matched
    assert "m" in module.TIED_NAMES and "m" not in module.STATE
    found = zoo.branch(model, POINTS.get(model)).order_parameters
    assert found["m"] == found["q"] and found["m_hat"] == found["q_hat"]


# -------------------------------------------------------------------------------------------- limits

FEW = "1/1000000"
AT_ZERO = {"perceptron_storage_binary": np.log(2.0), "perceptron_symmetric_binary": np.log(2.0)}


@pytest.mark.parametrize("model", models())
def test_no_data(model: str):
    """Free entropy at alpha -> 0: log of the number of configurations, or 0 for normalised measures; q -> 0 too."""
    found = zoo.branch(model, {"alpha": FEW})
    assert abs(found.free_entropy - AT_ZERO.get(model, 0.0)) < 20e-6
    assert found.order_parameters["q"] < 20e-6


def mills_integral() -> float:
    """The integral of phi^2/H over the line."""

    def ratio(u):
        return mp.npdf(u) ** 2 / (mp.erfc(u / mp.sqrt(2)) / 2)

    return float(mp.quad(ratio, [-10, -4, 0, 4, 10]))


def test_tail_of_the_spherical_teacher():
    """alpha^2 (1 - q) -> pi/(2 I^2), from q/(1 - q) = q_hat and q_hat ~ alpha I sqrt(2/(pi (1 - q)))."""
    limit = np.pi / (2.0 * mills_integral() ** 2)
    errors = []
    for alpha in (200, 2000):
        q = zoo.branch("perceptron_teacher_spherical", {"alpha": str(alpha)}).order_parameters["q"]
        errors.append(abs(alpha**2 * (1.0 - q) / limit - 1.0))
    assert errors[1] < 1e-5 and errors[1] < 0.05 * errors[0]


def test_tail_of_the_spherical_storage():
    """1 - q -> (2 - alpha)/4 at capacity, from q/(1 - q)^2 = alpha (q/(2 (1 - q)) + 1 + ...)/(1 - q)."""
    errors = []
    for short in ("1/100", "1/10000"):
        alpha = 2 - mp.mpf(short.split("/")[0]) / int(short.split("/")[1])
        q = zoo.branch("perceptron_storage_spherical", {"alpha": mp.nstr(alpha, 10)}).order_parameters["q"]
        errors.append(abs((1.0 - q) / float(2 - alpha) * 4.0 - 1.0))
    assert errors[1] < 0.02 and errors[1] < 0.2 * errors[0]


def test_tail_of_compressed_sensing():
    """1 - q/rho -> Delta/(alpha - rho) at small noise, once the support is known."""
    given = {"alpha": "20", "rho": "1/10", "Delta": "1/100000000"}
    found = zoo.branch("linear_gauss_bernoulli", given)
    assert found.observables["mse"] / (0.1e-8 / 19.9) == pytest.approx(1.0, abs=2e-3)


# -------------------------------------------------------------------------------------- along alpha


@pytest.mark.parametrize("model", models())
def test_the_slope_in_alpha_is_the_average_of_one_sample(model: str):
    """d phi/d alpha along the branch is phi(alpha + 1) - phi(alpha) at fixed order parameters: phi is linear there."""
    centre, h = mp.mpf("0.7"), mp.mpf("0.005")

    def along(t: float) -> float:
        return zoo.branch(model, {"alpha": mp.nstr(centre + mp.mpf(t), 12)}).free_entropy

    x, hats, p = solved(model, {"alpha": "0.7"})
    more = p.copy()
    more[list(zoo.solver(model).module.PARAMETERS).index("alpha")] += 1.0
    average = phi(model, x, hats, more) - phi(model, x, hats, p)
    assert slope(along, float(h)) == pytest.approx(average, rel=2e-8)


# ----------------------------------------------------------------------------------------- stability


def one_step(model: str, x: np.ndarray, p: np.ndarray) -> np.ndarray:
    """(q, v, m...) from one pass of the generated map."""
    module = zoo.solver(model).module
    hats = zoo.call(module.channel, module.CHANNEL_OUTPUTS, x, p)[: module.CONJUGATES]
    return zoo.call(module.site, module.SITE_OUTPUTS, hats, p)[: module.MAPPED]


@pytest.mark.parametrize("model", models(without=frozenset({"perceptron_storage_biased"}) | SYMMETRIC))
def test_stable_branches_contract_at_the_reported_rate(model: str):
    """Iterating the map by hand next to a solution returns to it, in the end by the spectral radius per step.

    Models with a global (its value is no iteration) and solutions at q = 0 are left out.
    """
    found = zoo.branch(model, POINTS.get(model))
    radius = found.stability["spectral_radius"]
    assert found.stability["stable"] and radius < 1.0
    x, _, p = solved(model, POINTS.get(model))
    state = x.copy()
    for f, tied in enumerate(zoo.solver(model).module.TIED):
        q, v = 2 * f, 2 * f + 1
        state[q] *= 1.0 + 1e-4
        state[v] = x[v] - 1e-4 * x[q] if tied else x[v] * (1.0 + 1e-4)
    distances = []
    for _ in range(400):
        distances.append(float(np.linalg.norm((state - x) / x)))
        if distances[-1] < 1e-8:
            break
        state = one_step(model, state, p)
    assert distances[-1] < 0.5 * distances[0] or radius > 0.995
    if len(distances) > 3:
        assert distances[-1] / distances[-2] == pytest.approx(radius, abs=0.02)


def test_an_unstable_branch_is_left():
    """Door perceptron above its continuous threshold: q = 0 is a fixed point, and a small overlap grows at its rate."""
    model, given = "door_symmetric_binary", {"alpha": "29/20"}
    found = zoo.branch(model, given, "trivial")
    radius = found.stability["spectral_radius"]
    assert found.order_parameters["q"] == 0.0 and not found.stability["stable"] and radius > 1.0
    x = np.array([1e-7, 1.0 - 1e-7])
    assert one_step(model, x, zoo.array(model, given))[0] / x[0] == pytest.approx(radius, rel=1e-5)


# ------------------------------------------------------------------------------------------ ordering


@pytest.mark.parametrize(
    "model, given",
    [
        ("perceptron_teacher_binary", {}),
        ("perceptron_gibbs_temperature", {"beta": "2"}),
        ("door_symmetric_binary", {"K": "1"}),
    ],
)
def test_dominance_changes_at_the_first_order_transition(model: str, given: dict[str, str]):
    """Below it the uninformed branch has the larger free entropy, above it the perfect one; both are there."""
    value = mp.mpf(zoo.threshold(model, "first_order", given).value)
    gaps = []
    for side in (-1, 1):
        point = {**given, "alpha": mp.nstr(value * (1 + side * mp.mpf("1e-4")), 15)}
        low, high = zoo.branch(model, point), zoo.branch(model, point, "perfect")
        gaps.append(low.free_entropy - high.free_entropy)
        assert low.stability["dominates"] == (side < 0) and high.stability["dominates"] == (side > 0)
    assert gaps[0] > 0 > gaps[1]
    assert abs(gaps[0] + gaps[1]) < 0.01 * (gaps[0] - gaps[1])


def test_dominance_changes_between_two_branches_inside():
    """Compressed sensing with little noise: the crossing of the uninformed and the informed branch."""
    model, given = "linear_gauss_bernoulli", {"rho": "1/10", "Delta": "1/10000"}
    value = mp.mpf(zoo.threshold(model, "first_order", given).value)
    gaps = []
    for side in (-1, 1):
        point = {**given, "alpha": mp.nstr(value * (1 + side * mp.mpf("1e-3")), 15)}
        gaps.append(zoo.branch(model, point).free_entropy - zoo.branch(model, point, "informed").free_entropy)
    assert gaps[0] > 0 > gaps[1]
