"""Finding models and solvers: zoo names, paths, a checkout and an installed wheel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from derive import library
from derive.errors import UsageError


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package folder as a wheel installs it."""
    package = tmp_path / "site-packages" / "derive"
    (package / "_models").mkdir(parents=True)
    (package / "_models" / "toy.toml").write_text('# A toy.\n# Second line.\nname = "toy"\n')
    (package / "_models" / "toy.claims.toml").write_text("")
    (package / "_models" / "bare.toml").write_text('name = "bare"\n')
    (package / "_generated" / "toy").mkdir(parents=True)
    lines = ['r"""toy."""', "", "MODEL = 'toy'", "ANSATZ = 'rs'", "SPEC_HASH = 'abc'", 'ENGINE = "1"']
    (package / "_generated" / "toy" / "rs.py").write_text("\n".join([*lines, "STATE = ('q',)", ""]))
    monkeypatch.setattr(library, "PACKAGE", package)
    monkeypatch.setenv("DERIVE_CACHE", str(tmp_path / "cache"))
    return package


def test_checkout_is_found_with_its_models(root_dir: Path, models_dir: Path, generated_dir: Path) -> None:
    assert library.checkout() == root_dir
    assert library.models_folder() == models_dir
    assert library.shipped_folder() == generated_dir


def test_every_model_of_the_zoo_is_listed_with_a_title(models_dir: Path) -> None:
    entries = library.list_models()
    claims = {path.name for path in models_dir.glob("*.claims.toml")}
    assert {entry.path.name for entry in entries} == {path.name for path in models_dir.glob("*.toml")} - claims
    assert all(entry.title and not entry.title.startswith("#") for entry in entries)


def test_wheel_carries_models_and_solvers(wheel: Path) -> None:
    assert library.checkout() is None
    assert [(e.name, e.title) for e in library.list_models()] == [("bare", ""), ("toy", "A toy")]
    assert library.find_model("toy") == wheel / "_models" / "toy.toml"
    assert library.shipped_folder() == wheel / "_generated"


def test_stale_copies_beside_an_editable_install_are_not_used(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An editable install leaves _models in site-packages; the package itself runs from the checkout.
    checkout = tmp_path / "checkout"
    (checkout / "models").mkdir(parents=True)
    (checkout / "derive").mkdir()
    (checkout / "pyproject.toml").write_text("")
    (checkout / "models" / "new.toml").write_text("# New.\n")
    monkeypatch.setattr(library, "PACKAGE", checkout / "derive")
    assert [entry.name for entry in library.list_models()] == ["new"]
    assert library.generated_folder() == checkout / "generated"


def test_path_is_taken_as_path(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("")
    monkeypatch.chdir(tmp_path)
    assert library.find_model(file) == file
    assert library.find_model(str(file)) == file
    assert library.find_model("mine.toml") == Path("mine.toml")
    (tmp_path / "toy").write_text("")
    assert library.find_model("toy") == wheel / "_models" / "toy.toml"
    assert library.find_model(Path("toy")) == Path("toy")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("toi", "did you mean `toy`"),
        ("toi.toml", "the zoo has `toy`"),
        ("sub/toy.toml", "there is no file"),
        ("zzzzzzzz", "there are: bare, toy"),
        ("", "empty"),
        ("a\0b", "not a valid path|there is no model .*x00"),
        ("x" * 5000, "not a valid path|there is no model"),
    ],
)
def test_missing_model_names_the_nearest(wheel: Path, source: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        library.find_model(source)


def test_folder_is_not_a_model(wheel: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="folder"):
        library.find_model(tmp_path)


def test_generated_folder_prefers_what_is_given(wheel: Path, tmp_path: Path) -> None:
    assert library.generated_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert library.generated_folder() == tmp_path / "cache" / "generated"


def test_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for folder in (file, file / "below"):
        with pytest.raises(UsageError, match="is a file"):
            library.generated_folder(folder)
        with pytest.raises(UsageError, match="is a file"):
            library.prepare_folder(folder)


def test_read_only_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UsageError, match="not writable"):
        library.prepare_folder(tmp_path / "new")


def test_shipped_solver_needs_the_same_specification(wheel: Path) -> None:
    path = wheel / "_generated" / "toy" / "rs.py"
    assert library.generated_header(path) == {
        "MODEL": "toy",
        "ANSATZ": "rs",
        "SPEC_HASH": "abc",
        "ENGINE": "1",
    }
    assert library.shipped_solver("toy", "rs", "abc") == path
    assert library.shipped_solver("toy", "rs", "abc", ENGINE="1") == path
    assert library.shipped_solver("toy", "rs", "abc", ENGINE="2") is None
    assert library.shipped_solver("toy", "rs", "abd") is None
    assert library.shipped_solver("toy", "1rsb", "abc") is None
    assert library.shipped_solver("other", "rs", "abc") is None


def test_library_loads_no_sympy() -> None:
    code = "import sys, derive.library as l; l.list_models(); assert 'sympy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
