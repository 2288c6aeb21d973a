"""Energies nobody wrote the engine for, from the file alone, against textbook fixed points in plain numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from derive import api
from derive.errors import ModelError
from tests.unseen.energies import Energies

ISING, HALF = (-1.0, 1.0), (1.0, 1.0)
HEAD = 'name = "energies"\nbeta = "1/T"\nparameters.T = { in = "(0, inf)", default = 1 }\n'

CASES = {
    "exponential covariance in a field": (
        'weights.s.count = "atoms(-1, 1)"\nenergy = [{ gaussian = "exp(cross(s)) - 1" }, '
        '{ value = "-overlap(s, 1)/3" }]\n',
        Energies(ISING, HALF, lambda x: np.exp(x) - 1, np.exp, lambda m, r: -m / 3, lambda m, r: (-1 / 3, 0.0)),
        (0.9, 0.9, 1.0),
        (0.7, 2.0, 5.0),
    ),
    "mixture of powers with a cubic ferromagnet": (
        'weights.s.count = "atoms(-1, 1)"\nenergy = [{ gaussian = "cross(s)^2/2" }, { gaussian = "cross(s)^4/5" }, '
        '{ value = "-overlap(s, 1)^3 - overlap(s, 1)/10" }]\n',
        Energies(
            ISING,
            HALF,
            lambda x: x**2 / 2 + x**4 / 5,
            lambda x: x + 4 * x**3 / 5,
            lambda m, r: -(m**3) - m / 10,
            lambda m, r: (-3 * m * m - 0.1, 0.0),
        ),
        (0.9, 0.9, 1.0),
        (1.0, 1.5),
    ),
    "spins of several lengths with a condensed pattern": (
        'quenched.xi = "1/4*delta(-2) + 3/4*delta(1)"\n'
        'weights.s.prior = "1/2*delta(-1) + 1/4*delta(0) + 1/4*delta(2)"\n'
        'energy = [{ gaussian = "cross(s)^2/6" }, { value = "-overlap(s, xi)^2/2 + overlap(s, s)^2/4" }]\n',
        Energies(
            (-1.0, 0.0, 2.0),
            (0.5, 0.25, 0.25),
            lambda x: x**2 / 6,
            lambda x: x / 3,
            lambda m, r: -(m**2) / 2 + r**2 / 4,
            lambda m, r: (-m, r / 2),
            ((-2.0, 0.25), (1.0, 0.75)),
        ),
        (0.9, 1.0, 1.2),
        (1.0, 2.0, 5.0),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_energies_from_their_text_alone(name: str, tmp_path: Path):
    text, energies, start, temperatures = CASES[name]
    path = tmp_path / "energies.toml"
    path.write_text(HEAD + text)
    for T in temperatures:
        found = api.solve(path, {"T": str(T)}, generated=tmp_path / "generated").solutions
        expected = energies.solve(1 / T, *start)
        values = [{**s.order_parameters, **s.observables, "free_entropy": s.free_entropy} for s in found]
        close = min(values, key=lambda v: abs(v.get("q", 9.0) - expected["q"]))
        for key, number in expected.items():
            if key in close:
                assert close[key] == pytest.approx(number, rel=1e-10, abs=1e-12), (T, key)


def test_energies_of_unequal_overlaps_are_refused_with_a_sentence(tmp_path: Path):
    path = tmp_path / "energies.toml"
    path.write_text(HEAD + 'weights.s.count = "atoms(-1, 0, 1)"\nenergy = [{ gaussian = "cross(s^2, s^2)" }]\n')
    with pytest.raises(ModelError, match="not linear in s"):
        api.solve(path, generated=tmp_path / "generated")


@pytest.mark.parametrize("xi", ["-cross(s)^2/2", "cross(s)^(1/2)", "cross(s)^2 - cross(s)^3/2"])
def test_what_is_no_covariance_is_refused_with_a_sentence(xi: str, tmp_path: Path):
    path = tmp_path / "energies.toml"
    path.write_text(HEAD + f'weights.s.count = "atoms(-1, 1)"\nenergy = [{{ gaussian = "{xi}" }}]\n')
    with pytest.raises(ModelError, match="no covariance"):
        api.solve(path, generated=tmp_path / "generated")
