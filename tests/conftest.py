"""Options and fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the golden files instead of comparing with them; review the diff before you commit it",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-golden") and os.environ.get("CI"):
        raise pytest.UsageError("--update-golden is refused in CI: golden files are rewritten by a person")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests of the zoo at zero temperature `long`: compiling its solvers takes a while."""
    from tests.support.zoo import COLD

    for item in items:
        if item.get_closest_marker("slow") is None:
            continue
        place = item.path.relative_to(ROOT).as_posix()
        cold = any(name in item.name for name in COLD) and place.startswith(("tests/literature", "tests/stages"))
        if cold or "simulations" in place or place.endswith("test_minimisers.py") or "report" in place:
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """True if the golden files are to be rewritten."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def root_dir() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder of model files, <name>.toml."""
    return ROOT / "models"


@pytest.fixture(scope="session")
def generated_dir() -> Path:
    """The folder of committed solvers, <model>/<ansatz>.py."""
    return ROOT / "generated"


@pytest.fixture(scope="session")
def golden_dir() -> Path:
    """The folder of golden files."""
    return ROOT / "tests" / "golden"
