"""Proved states and thresholds: known values lie in the balls, and what is not so is not proved."""

from __future__ import annotations

import json

import mpmath as mp
import pytest

from derive import api, cli
from derive.precise.equations import Equations
from derive.rigor.krawczyk import prove_root
from derive.rigor.library import NotProved, working_bits
from derive.rigor.proofs import enclose_crossing, enclose_state
from derive.rigor.thresholds import ball_arithmetic

flint = pytest.importorskip("flint")
arb = flint.arb


def within(text: str, value: mp.mpf, digits: int) -> None:
    """The ball holds the value and is small."""
    with working_bits(400):
        ball = arb(text)
        assert ball.overlaps(arb(mp.nstr(value, 60))), (text, value)
        assert ball.rad() < arb(10) ** (1 - digits), text


def tail(x):
    return mp.erfc(x / mp.sqrt(2)) / 2


def mean(f, variance):
    sd = mp.sqrt(variance)
    return mp.quad(lambda x: f(x) * mp.npdf(x, 0, sd), [sd * k for k in range(-18, 19, 2)])


# --------------------------------------------------------------------------------------- Krawczyk


def test_a_box_with_a_root_of_two_equations() -> None:
    with working_bits(120):
        found, box = prove_root(
            lambda u: [u[0] ** 2 + u[1] ** 2 - 4, u[0] * u[1] - 1],
            lambda u: [[2 * u[0], 2 * u[1]], [u[1], u[0]]],
            [arb("1.9318516525781").mid(), arb("0.51763809020504").mid()],
            arb(1e-12),
        )
        roots = [(arb(6).sqrt() + s * arb(2).sqrt()) / 2 for s in (1, -1)]
        assert all(k.contains(r) and b.contains(k) for k, r, b in zip(found, roots, box, strict=True))
        assert found[0].rad() < arb(1e-20)


@pytest.mark.parametrize(
    ("f", "slope", "near"),
    [
        (lambda u: u * u + 1, lambda u: 2 * u, "0.5"),  # no root at all
        (lambda u: u * u, lambda u: 2 * u, "1e-9"),  # a double root: nothing can be proved
        (lambda u: u.exp(), lambda u: u.exp(), "-3"),  # none at any finite place
    ],
)
def test_a_box_without_a_simple_root_is_refused(f, slope, near: str) -> None:
    with working_bits(100), pytest.raises(NotProved):
        prove_root(lambda u: [f(u[0])], lambda u: [[slope(u[0])]], [arb(near).mid()], arb(1e-9))


# ----------------------------------------------------------------------------------------- states


def test_the_sherrington_kirkpatrick_model() -> None:
    result = api.solve("sk", {"T": "1/2"}, digits=30, rigorous=True)
    found = {s.branch: s.certified for s in result.solutions}
    with mp.workdps(45):
        q = mp.findroot(lambda q: mean(lambda x: mp.tanh(2 * mp.sqrt(q) * x) ** 2, 1) - q, mp.mpf("0.53"))
        phi = (1 - q) ** 2 + mean(lambda x: mp.log(2 * mp.cosh(2 * mp.sqrt(q) * x)), 1)
        within(found["uninformed"].enclosures["q"], q, 30)
        within(found["uninformed"].enclosures["free_entropy"], phi, 30)
        within(found["trivial"].enclosures["free_entropy"], 1 + mp.log(2), 30)
    assert "exactly one solution in a box" in found["uninformed"].proof
    assert "q = 0 solves" in found["trivial"].proof


def test_ridge_regression_has_three_order_parameters() -> None:
    result = api.solve("ridge_isotropic", {"alpha": "2", "lam": "1/10", "Delta": "1/4"}, digits=40, rigorous=True)
    (found,) = [s.certified for s in result.solutions]
    with mp.workdps(60):
        b = mp.mpf("1.1")
        V = (-b + mp.sqrt(b * b + mp.mpf("0.4"))) / mp.mpf("0.2")
        within(found.enclosures["V"], V, 40)
        within(found.enclosures["m"], 2 * V / (1 + V), 40)


def test_every_certified_digit_lies_in_its_ball() -> None:
    for model, point in (("hopfield", {}), ("perceptron_teacher_binary", {"alpha": "1"})):
        for s in api.solve(model, point, digits=20, rigorous=True).solutions:
            assert s.certified is not None and s.certified.enclosures, s.certified.proof
            with working_bits(300):
                for name, ball in s.certified.enclosures.items():
                    assert arb(ball).overlaps(arb(s.certified.values[name]) + arb(0, arb(10) ** -18)), name


def equations(model: str, solve_for: str | None = None, **given: str):
    loaded = api.load_model(model)
    values = api.resolve_parameters(loaded, given)
    values.pop(solve_for, None)
    derivation = api.derive(loaded)
    return loaded, Equations(derivation, values, solve_for, loaded.observables, ball_arithmetic(15))


def test_a_state_that_is_no_solution_is_not_proved() -> None:
    model, found = equations("sk", T="1/2")
    module = api.solver_of(model).module
    with pytest.raises(NotProved):
        enclose_state(found, module, {}, [mp.mpf("0.3"), mp.mpf("0.2")], 15)


def test_what_is_outside_of_the_proofs_is_refused_with_a_sentence() -> None:
    found = [s.certified for s in api.solve("gaussian_mixture_hinge", digits=8, rigorous=True).solutions]
    assert all("at most 3 order parameters; this model has 4" in c.proof for c in found)
    assert all(not c.enclosures and c.values for c in found)


# -------------------------------------------------------------------------------------- thresholds


def test_the_capacity_of_gardner() -> None:
    """alpha_c(0) = 2; alpha_c(kappa) = 1/E (kappa + x)_+^2."""
    assert api.threshold("perceptron_storage_spherical", "capacity", rigorous=True).exact == "2"
    for kappa in ("0", "1/2", "2"):
        found = api.threshold("perceptron_storage_spherical", "capacity", {"kappa": kappa}, digits=30, rigorous=True)
        with mp.workdps(45):
            k = mp.mpf(kappa.split("/")[0]) / int(kappa.split("/")[1] if "/" in kappa else 1)
            square = mp.quad(lambda x, k=k: (k + x) ** 2 * mp.npdf(x), [-k, -k + 2, -k + 6, -k + 20])
            within(found.enclosures["alpha"], 1 / square, 30)


def test_the_capacity_of_krauth_and_mezard() -> None:
    """Zero entropy at kappa = 0: two equations by hand."""
    found = api.threshold("perceptron_storage_binary", "zero_entropy", {"kappa": "0"}, digits=25, rigorous=True)
    with mp.workdps(40):

        def system(alpha, q):
            v = 1 - q
            hat = alpha / v * mean(lambda w: (mp.npdf(w / mp.sqrt(v)) / tail(w / mp.sqrt(v))) ** 2, q)
            overlap = mean(lambda x: mp.tanh(x) ** 2, hat)
            phi = -hat * v / 2 + mean(lambda x: mp.log(2 * mp.cosh(x)), hat)
            return overlap - q, phi + alpha * mean(lambda w: mp.log(tail(w / mp.sqrt(v))), q)

        alpha, q = mp.findroot(system, (mp.mpf("0.833"), mp.mpf("0.564")))
        within(found.enclosures["alpha"], alpha, 25)
        within(found.enclosures["q"], q, 24)
    assert found.value.startswith("0.833078599") and "the entropy changes sign" in found.proof


def test_a_crossing_beside_the_threshold_is_not_proved() -> None:
    _, work = equations("perceptron_storage_binary", "alpha", kappa="0")
    found = api.threshold("perceptron_storage_binary", "zero_entropy", {"kappa": "0"}, digits=15)
    q, alpha = mp.mpf(found.order_parameters["q"]), mp.mpf(found.value)
    u = mp.log(q / (1 - q))

    def entropy(scopes):
        return work.evaluate[1]([work.observables["entropy"]], scopes[0])[0]

    assert enclose_crossing(work, entropy, [[u]], alpha, 10, "the entropy").values["alpha"]
    with pytest.raises(NotProved, match="not proved to change sign"):
        enclose_crossing(work, entropy, [[u]], alpha + mp.mpf("1e-6"), 10, "the entropy")


def test_first_order_thresholds() -> None:
    for model in ("perceptron_teacher_binary", "hopfield", "spiked_tensor"):
        found = api.threshold(model, "first_order", digits=20, rigorous=True)
        assert found.enclosures, found.proof
        with working_bits(200):
            assert arb(found.enclosures[found.variable]).contains(arb(found.value))


def test_an_edge_given_by_two_equations() -> None:
    """Basis pursuit: alpha = min over t of rho (1 + t^2) + (1 - rho) 2 ((1 + t^2) H(t) - t phi(t))."""
    found = api.threshold("basis_pursuit", "existence", digits=25, rigorous=True)
    with mp.workdps(40):
        rho = mp.mpf(1) / 10

        def dimension(t):
            return rho * (1 + t * t) + 2 * (1 - rho) * ((1 + t * t) * tail(t) - t * mp.npdf(t))

        t = mp.findroot(lambda t: mp.diff(dimension, t), 1.14)
        within(found.enclosures["alpha"], dimension(t), 20)


def test_a_fold_is_refused_with_a_sentence(capsys) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["threshold", "perceptron_teacher_binary", "spinodal", "--rigorous"])
    said = capsys.readouterr()
    assert end.value.code == 1 and "the equations are singular" in said.err and "1.49263" in said.out


def test_the_command_line_prints_the_balls(capsys) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["threshold", "sk", "continuous", "--rigorous", "--json"])
    assert not end.value.code
    data = json.loads(capsys.readouterr().out)
    assert data["enclosures"]["T"].startswith("1.000") and data["proof"].startswith("proved in ball arithmetic")
    with pytest.raises(SystemExit) as end:
        cli.main(["solve", "sk", "--rigorous", "--scan", "T=0.5:1:3"])
    assert end.value.code == 2 and "--rigorous certifies one point" in capsys.readouterr().err
