"""Zeros along a parameter: a sign change at a jump from one state to another is none."""

from __future__ import annotations

import pytest

from derive import api
from derive.bracketing import zero

FIELDS = """
name = "signs_of_the_field"
beta = "1/T"
parameters = { T = { in = "[0, inf)", default = "1/2" }, f = { in = "[0, inf)", default = "1/2" } }
quenched.f0 = "atoms(-1, 1)"
weights.s.count = "atoms(-1, 1)"
energy = [{ gaussian = "cross(s)^2/8" }, { value = "-overlap(s, 1)^2/2 - f*overlap(s, f0)" }]
thresholds.continuous = { solve_for = "T", branch = "uninformed" }
"""


class Ladder:
    """What `zero` asks of a problem."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.progress = self.said.append

    def ladder(self) -> list[float]:
        return [0.1 * k for k in range(1, 11)]


def test_a_zero_is_found_and_a_jump_is_told():
    problem = Ladder()
    assert zero(problem, lambda a: a**2 - 0.3) == pytest.approx(0.3**0.5, rel=1e-14)
    steep = zero(problem, lambda a: abs(a - 0.55) ** 0.5 * (1 if a > 0.55 else -1))
    assert steep == pytest.approx(0.55, rel=1e-12) and not problem.said
    assert zero(problem, lambda a: 0.4 if a > 0.37 else -0.9) is None
    assert problem.said == ["a jump between two states at 0.37 is no zero"]


@pytest.mark.slow
def test_a_run_that_changes_its_state_is_no_loss_of_stability(tmp_path):
    """The state with m = 0 loses its stability at T = 0.9435; the run from weak overlaps leaves it there unseen."""
    path = tmp_path / "model.toml"
    path.write_text(FIELDS)
    found = api.threshold(path, "continuous", {"f": "1/5"}, generated=tmp_path / "generated")
    assert found.value is None or float(found.value) == pytest.approx(0.943515, abs=1e-5)
