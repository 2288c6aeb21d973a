"""Responses along a branch against thermodynamics: what is differentiated by numbers has a formula elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive import api
from derive.errors import ModelError, SpecError

GLASS = """
name = "glass"
beta = "1/T"
parameters.T = { in = "(0, inf)", default = 1 }
parameters.J0 = { in = "[0, inf)", default = 0 }
parameters.h = { in = "(-inf, inf)", default = 0 }
weights.s.count = "atoms(-1, 1)"
energy = [{ gaussian = "cross(s)^2/2" }, { value = "-J0*overlap(s, 1)^2/2 - h*overlap(s, 1)" }]
[observables]
specific_heat = "response(energy, T)"
entropy_slope = "response(entropy, T)"
phi_slope = "response(free_entropy, T)"
phi_field = "response(free_entropy, h)"
susceptibility = "response(m, h)"
"""


def solved(folder: Path, text: str, given: dict[str, str]):
    path = folder / "model.toml"
    path.write_text(text, encoding="utf-8")
    found = api.solve(path, given, generated=folder / "generated").dominant
    assert found is not None
    return found.observables, found.order_parameters


@pytest.mark.parametrize("T", ["0.3", "0.9", "2.5"])
@pytest.mark.parametrize("h", ["0.2", "1"])
def test_first_and_second_derivatives_of_the_free_entropy(T: str, h: str, tmp_path: Path):
    """-d phi/d beta = E, C = T ds/dT, T d phi/dh = m."""
    t, (seen, overlaps) = float(T), solved(tmp_path, GLASS, {"T": T, "h": h, "J0": "1/2"})
    assert seen["phi_slope"] == pytest.approx(seen["energy"] / t**2, rel=1e-9)
    assert seen["specific_heat"] == pytest.approx(t * seen["entropy_slope"], rel=1e-8)
    assert t * seen["phi_field"] == pytest.approx(overlaps["m"], rel=1e-9)


def test_the_paramagnet_of_a_glass_has_known_responses(tmp_path: Path):
    """Above the transition q = 0: C = 1/(2 T^2), chi = 1/(T - J0)."""
    seen, _ = solved(tmp_path, GLASS, {"T": "5/2", "J0": "1/2"})
    assert seen["specific_heat"] == pytest.approx(1 / (2 * 2.5**2), rel=1e-9)
    assert seen["susceptibility"] == pytest.approx(1 / 2.0, rel=1e-6)


@pytest.mark.parametrize(
    ("response", "error", "said"),
    [
        ("response(enrgy, T)", ModelError, "did you mean energy"),
        ("response(energy, t)", SpecError, "not a parameter"),
        ("response(energy)", SpecError, "two names"),
        ("response(energy*2, T)", SpecError, "two names"),
        ("respond(energy, T)", SpecError, "did you mean `response`"),
    ],
)
def test_a_response_that_cannot_be_read_says_so(response: str, error: type, said: str, tmp_path: Path):
    path = tmp_path / "model.toml"
    path.write_text(GLASS.replace("response(energy, T)", response), encoding="utf-8")
    with pytest.raises(error, match=said):
        api.solve(path, generated=tmp_path / "generated")
