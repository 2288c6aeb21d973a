"""Certified states against the saddle-point equations written out by hand, in mpmath alone."""

from __future__ import annotations

import json
from dataclasses import replace

import mpmath as mp
import pytest

from derive import api, cli
from derive.errors import UsageError

DIGITS = 30


def certificate(model: str, parameters: dict[str, str], branch: str, digits: int = DIGITS):
    result = api.solve(model, parameters, digits=digits, branch=branch)
    (found,) = [s.certified for s in result.solutions if s.branch == branch]
    others = [s.certified for s in result.solutions if s.branch != branch]
    assert found is not None and others == [None] * len(others)
    return found


def agree(found, name: str, wanted: mp.mpf, digits: int = DIGITS) -> None:
    assert found.digits[name] >= digits
    assert abs(mp.mpf(found.values[name]) / wanted - 1) < mp.mpf(10) ** (1 - digits), name


def mean(f, variance, mean=0):
    """E f(x), x ~ N(mean, variance)."""
    sd = mp.sqrt(variance)
    ends = [mean + sd * k for k in range(-16, 17, 2)]
    return mp.quad(lambda x: f(x) * mp.npdf(x, mean, sd), ends)


def test_the_sherrington_kirkpatrick_model() -> None:
    found = certificate("sk", {"T": "1/2"}, "uninformed")
    with mp.workdps(40):
        beta = mp.mpf(2)
        q = mp.findroot(lambda q: mean(lambda x: mp.tanh(beta * mp.sqrt(q) * x) ** 2, 1) - q, mp.mpf("0.53"))
        phi = beta**2 / 4 * (1 - q) ** 2 + mean(lambda x: mp.log(2 * mp.cosh(beta * mp.sqrt(q) * x)), 1)
        energy = -beta / 2 * (1 - q**2)
        agree(found, "q", q)
        agree(found, "q_hat", beta**2 * q)
        agree(found, "free_entropy", phi)
        agree(found, "energy", energy)
        agree(found, "entropy", phi + beta * energy)
    assert found.values["m"] == "0" and set(found.refused) == {"specific_heat", "susceptibility"}


def test_where_the_overlap_vanishes() -> None:
    found = certificate("sk", {"T": "1/2"}, "trivial")
    with mp.workdps(40):
        agree(found, "free_entropy", 1 + mp.log(2))
        agree(found, "entropy", mp.log(2) - 1)
    assert found.values["q"] == "0" and found.values["r"].startswith("1.0")


def test_the_perceptron_of_a_binary_teacher() -> None:
    """q_hat = 2 alpha E phi(t)^2/H(-t)/(1 - q) with t = w/sqrt(1 - q), q = E tanh(x), x ~ N(q_hat, q_hat)."""
    found = certificate("perceptron_teacher_binary", {"alpha": "1"}, "uninformed")
    with mp.workdps(40):

        def tail(x):
            return mp.erfc(x / mp.sqrt(2)) / 2

        def hat(q):
            v = 1 - q
            return 2 / v * mean(lambda w: mp.npdf(w / mp.sqrt(v)) ** 2 / tail(-w / mp.sqrt(v)), q)

        q = mp.findroot(lambda q: mean(mp.tanh, hat(q), hat(q)) - q, mp.mpf("0.5607"))
        p = hat(q)
        one = 2 * mean(lambda w: tail(-w / mp.sqrt(1 - q)) * mp.log(tail(-w / mp.sqrt(1 - q))), q)
        phi = one - q * p / 2 - p / 2 + mean(lambda x: mp.log(mp.cosh(x)), p, p)
        agree(found, "q", q)
        agree(found, "m", q)
        agree(found, "q_hat", p)
        agree(found, "free_entropy", phi)
        agree(found, "error_gibbs", mp.acos(q) / mp.pi)
        agree(found, "error_bayes", mp.acos(mp.sqrt(q)) / mp.pi)


def test_the_perfect_branch() -> None:
    found = certificate("perceptron_teacher_binary", {"alpha": "3/2"}, "perfect")
    with mp.workdps(40):
        agree(found, "free_entropy", -mp.log(2))
        agree(found, "q", mp.mpf(1))
    assert found.values["entropy"] == "0" and "mse" in found.refused


def test_ridge_regression() -> None:
    """V solves lam V^2 + (lam + alpha - 1) V = 1; with g = alpha/(1 + V)^2 the rest is linear."""
    found = certificate("ridge_isotropic", {"alpha": "2", "lam": "1/10", "Delta": "1/4"}, "uninformed")
    with mp.workdps(40):
        alpha, lam, noise = mp.mpf(2), mp.mpf(1) / 10, mp.mpf(1) / 4
        b = lam + alpha - 1
        V = (-b + mp.sqrt(b * b + 4 * lam)) / (2 * lam)
        hat = alpha / (1 + V)
        m = hat * V
        q = (m * m + alpha / (1 + V) ** 2 * V**2 * (1 - 2 * m + noise)) / (1 - alpha / (1 + V) ** 2 * V**2)
        agree(found, "V", V)
        agree(found, "m", m)
        agree(found, "q", q)
        agree(found, "mse", 1 - 2 * m + q)
        agree(found, "test_error", 1 - 2 * m + q + noise)


def test_the_measure_on_minimisers_keeps_its_conventions() -> None:
    model, point = "perceptron_min_errors", {"alpha": "1", "kappa": "0"}
    found = certificate(model, point, "satisfiable", 20)
    storage = certificate("perceptron_storage_spherical", point, "uninformed", 20)
    assert found.values["q"] == storage.values["q"] and found.values["entropy"] == storage.values["entropy"]
    assert found.values["energy"] == found.values["free_entropy"] == "0"


def test_a_root_of_another_branch_is_refused() -> None:
    from derive.precise.equations import Equations
    from derive.precise.states import Branches

    result = api.solve("sk", {"T": "1/2"})
    (uninformed,) = [s for s in result.solutions if s.branch == "uninformed"]
    model = api.load_model("sk")
    values = api.resolve_parameters(model, {"T": "1/2"})
    derivation, solver = api.derive(model), api.solver_of(model)
    equations = Equations(derivation, values)
    work = Branches(equations, solver, api.numbers(values), {"free_entropy": derivation.saddle.value})
    q, v, *rest = uninformed.state
    moved = work.certify(replace(uninformed, state=(q - 0.01, v + 0.01, *rest)), 15)
    assert "leaves this branch" in moved.refused["state"] and not moved.values
    assert not work.certify(uninformed, 15).refused.get("state")


@pytest.mark.slow
def test_several_fields_are_refused_with_a_sentence() -> None:
    result = api.solve("committee_two", digits=10)
    sentences = [s.certified.refused["state"] for s in result.solutions if s.certified]
    assert sentences and all("several fields" in text for text in sentences)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["solve", "sk", "--digits", "10", "--scan", "T=0.5:1:3"], "--digits certifies one point"),
        (["solve", "sk", "--branch", "trivial"], "how many --digits"),
        (["solve", "sk", "--digits", "10", "--branch", "uniformed"], "did you mean uninformed"),
    ],
)
def test_wrong_options_get_a_sentence(arguments, said, capsys) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 2 and said in capsys.readouterr().err


def test_the_document_has_the_numbers(capsys) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["solve", "sk", "--set", "T=1/2", "--digits", "12", "--branch", "uninformed", "--json"])
    assert not end.value.code
    solutions = json.loads(capsys.readouterr().out)["solutions"]
    (found,) = [s["certified"] for s in solutions if "certified" in s]
    assert found["values"]["q"] == "0.530368392051" and found["digits"]["q"] == 12
    assert all("state" not in s for s in solutions)


def test_digits_have_bounds() -> None:
    with pytest.raises(UsageError, match=r"outside 1\.\.200"):
        api.solve("sk", digits=201)


def test_a_crossing_with_the_branch_of_vanishing_overlap() -> None:
    """At the threshold both branches, certified alone, have the same free entropy; beside it they do not."""
    found = api.threshold("spiked_tensor", "first_order", digits=25)
    assert found.digits == 25 and found.status == "converged"

    def gap(snr: str) -> mp.mpf:
        result = api.solve("spiked_tensor", {"snr": snr}, digits=25)
        values = {s.branch: s.certified.values for s in result.solutions if s.certified}
        other = next(v for v in values.values() if v["q"] != "0")
        zero = next(v for v in values.values() if v["q"] == "0")
        return mp.mpf(other["free_entropy"]) - mp.mpf(zero["free_entropy"])

    with mp.workdps(30):
        assert abs(gap(found.value)) < mp.mpf(10) ** -24
        assert abs(gap(str(mp.mpf(found.value) + mp.mpf(10) ** -10))) > mp.mpf(10) ** -12


def test_digits_are_those_that_two_values_share() -> None:
    from derive.precise.states import _digits

    with mp.workdps(40):
        one = mp.mpf("1.5")
        assert _digits(one, one + mp.mpf(10) ** -12, 30) == 12
        assert _digits(1000 * one, 1000 * one + mp.mpf(10) ** -12, 30) == 15
        assert _digits(one, one, 30) == 30
        assert _digits(mp.mpf(10) ** -33, mp.mpf(0), 30) == 30  # zero to thirty decimal places
        assert _digits(mp.mpf(10) ** -20, mp.mpf(0), 30) == 20
        assert _digits(mp.nan, one, 30) == 0
