"""Where models and generated solvers live: in a checkout, an editable install or a wheel.

A checkout has `models/` and `generated/` beside the package; a wheel carries both inside it, as `_models` and
`_generated`.  Everything is looked up relative to this file, so an editable install finds its checkout.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from derive.errors import UsageError, nearest
from derive.runtime.loader import user_cache

__all__ = [
    "ModelEntry",
    "check_folder",
    "checkout",
    "find_model",
    "generated_folder",
    "generated_header",
    "list_models",
    "models_folder",
    "prepare_folder",
    "shipped_folder",
    "shipped_solver",
    "unknown_name",
]

PACKAGE = Path(__file__).resolve().parent

_CONSTANT = re.compile(r"""^([A-Z][A-Z_]*) = (['"])([^'"\\]*)\2$""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model of the zoo: its name, its file and the first line of its comment."""

    name: str
    path: Path
    title: str


def checkout() -> Path | None:
    """The checkout that the package runs from, or None for an installed wheel."""
    root = PACKAGE.parent
    return root if (root / "models").is_dir() and (root / "pyproject.toml").is_file() else None


def models_folder() -> Path:
    """The folder of the zoo's model files."""
    root = checkout()
    return PACKAGE / "_models" if root is None else root / "models"


def shipped_folder() -> Path:
    """The folder of the solvers that come with this version."""
    root = checkout()
    return PACKAGE / "_generated" if root is None else root / "generated"


def list_models() -> tuple[ModelEntry, ...]:
    """All models of the zoo, by name.

    >>> "perceptron_storage_spherical" in [entry.name for entry in list_models()]
    True
    """
    return tuple(ModelEntry(path.stem, path, _title(path)) for path in _model_files())


def _model_files() -> list[Path]:
    """The files of the zoo, by name."""
    return sorted(path for path in models_folder().glob("*.toml") if not path.name.endswith(".claims.toml"))


def _title(path: Path) -> str:
    """The first comment line of a model file."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for line in stream:
                if line.startswith("#"):
                    return line.lstrip("#").strip().rstrip(".")
                if line.strip():
                    break
    except (OSError, UnicodeDecodeError):
        pass
    return ""


def unknown_name(what: str, name: str, allowed: Iterable[str], advice: str = "") -> UsageError:
    """The error for a name that is not there: with the nearest one, else all that are allowed.

    >>> print(unknown_name("parameter", "alhpa", ["alpha", "kappa"]))
    there is no parameter `alhpa`; did you mean `alpha`?
    """
    allowed = sorted(allowed)
    shown = name[:100] if name.isprintable() else repr(name[:100])
    guess = nearest(name, allowed)
    hint = f"; did you mean `{guess}`?" if guess else f"; there are: {', '.join(allowed) or 'none'}"
    return UsageError(f"there is no {what} `{shown}`{hint}{advice}")


def find_model(source: str | Path) -> Path:
    """Return the file of a model given by its name in the zoo or by a path.

    A plain name means the zoo first; whatever looks like a path (a separator, the suffix .toml) means a file.

    Raises
    ------
    UsageError
        If there is no such model, with the nearest name.

    Examples
    --------
    >>> find_model("perceptron_storage_spherical").name
    'perceptron_storage_spherical.toml'
    >>> find_model("perceptron_storage_sferical")
    Traceback (most recent call last):
    derive.errors.UsageError: there is no model `perceptron_storage_sferical`; did you mean ...
    """
    text = str(source)
    names = {path.stem: path for path in _model_files()}
    if isinstance(source, str) and text in names:
        return names[text]
    looks_like_path = isinstance(source, Path) or text.endswith(".toml") or any(s in text for s in "/\\")
    try:
        path = Path(text).expanduser()
        found = path.is_file()
    except (OSError, ValueError, RuntimeError):
        raise UsageError(f"`{text[:100]!r}` is not a valid path") from None
    if found:
        return path
    if not text.strip():
        raise UsageError("the name of the model is empty; `derive list` shows the models")
    if looks_like_path:
        if path.is_dir():
            raise UsageError(f"{text} is a folder, not a model file")
        guess = nearest(path.stem, names)
        hint = f"; the zoo has `{guess}`" if guess else "; `derive list` shows the models of the zoo"
        raise UsageError(f"there is no file {text}{hint}")
    raise unknown_name("model", text, names, "" if nearest(text, names) else "; or give the path of a model file")


def generated_folder(explicit: str | Path | None = None) -> Path:
    """The folder that solvers are written to.

    `explicit` if given, else `generated/` of a writable checkout, else the user's cache.

    Raises
    ------
    UsageError
        If the explicit folder cannot be one.
    """
    if explicit is not None:
        folder = Path(explicit).expanduser()
        _require_writable(folder)
        return folder
    root = checkout()
    if root is not None and _writable(root / "generated"):
        return root / "generated"
    return user_cache() / "generated"


def check_folder(folder: str | Path) -> Path:
    """Return an output folder that can be made, without making it.

    Raises
    ------
    UsageError
        If it is a file or not writable.
    """
    folder = Path(folder).expanduser()
    _require_writable(folder)
    return folder


def prepare_folder(folder: str | Path) -> Path:
    """Create an output folder, or say why it cannot be one.

    Raises
    ------
    UsageError
        If it is a file or not writable.
    """
    folder = check_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"the folder {folder} cannot be made: {error.strerror or error}") from None
    return folder


def _existing(folder: Path) -> Path:
    """The folder itself or its nearest parent that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _writable(folder: Path) -> bool:
    try:
        there = _existing(folder)
        return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    except OSError:
        return False


def _require_writable(folder: Path) -> None:
    try:
        there = _existing(folder)
        is_folder = there.is_dir()
    except (OSError, ValueError) as error:
        raise UsageError(f"{str(folder)[:100]} is not a valid folder: {error}") from None
    if not is_folder:
        raise UsageError(f"{there} is a file, not a folder")
    if not _writable(folder):
        raise UsageError(f"the folder {there} is not writable")


def generated_header(path: Path) -> dict[str, str]:
    """The text constants of a generated module (MODEL, ANSATZ, SPEC_HASH, ...), read and not imported."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    return {match[1]: match[3] for match in _CONSTANT.finditer(text)}


def shipped_solver(model: str, ansatz: str, spec_hash: str, **expected: str) -> Path | None:
    """The solver that comes with this version, if it was made from this very specification.

    Parameters
    ----------
    model, ansatz : str
        What it solves.
    spec_hash : str
        The hash of the model's content; a file made from another content does not count.
    **expected
        Further header constants that must match, such as TRACE_HASH="...".
    """
    path = shipped_folder() / model / f"{Path(ansatz).name}.py"
    header = generated_header(path)
    wanted = {"MODEL": model, "SPEC_HASH": spec_hash, **expected}
    return path if all(header.get(key) == value for key, value in wanted.items()) else None
