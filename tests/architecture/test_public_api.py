"""The names that others script against, and that asking for one is what loads it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import derive

VERBS = (
    "build",
    "check",
    "derive",
    "follow",
    "load_model",
    "optimise",
    "phase_diagram",
    "simulate",
    "solve",
    "sweep",
    "threshold",
)


def passes(code: str) -> None:
    """Run `code` in a new interpreter; its assertions are ours."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_all_lists_the_verbs() -> None:
    assert set(VERBS) <= set(derive.__all__)


@pytest.mark.parametrize("name", VERBS)
def test_verb_is_callable_and_documented(name: str) -> None:
    verb = getattr(derive, name)
    assert callable(verb)
    assert verb.__doc__


def test_every_public_name_resolves_and_is_listed_by_dir() -> None:
    for name in derive.__all__:
        assert getattr(derive, name) is not None
        assert name in dir(derive)


def test_names_stay_verbs_after_all_of_them_were_loaded() -> None:
    # A subpackage of the same name would replace the function as soon as it is imported.
    passes(
        "import derive\n"
        "loaded = [getattr(derive, name) for name in derive.__all__]\n"
        f"assert all(callable(getattr(derive, name)) for name in {VERBS!r})\n"
    )


def test_names_load_lazily() -> None:
    passes(
        "import sys, derive\n"
        "assert 'sympy' not in sys.modules, 'import derive loads sympy'\n"
        f"for name in {VERBS!r}:\n"
        "    assert name not in vars(derive), name\n"
        "derive.load_model\n"
    )


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = derive.no_such_name


def test_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert derive.__version__ == version("derive-replica")
