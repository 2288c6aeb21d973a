"""Loading generated solvers by path, with a numba cache that cannot go stale.

numba's `cache=True` does not notice a changed callee in another file.  Before any generated module is imported the
cache folder is therefore set to one named by a hash of the sources of `derive.runtime` and of the versions of
numba, llvmlite and numpy.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

__all__ = ["cache_folder", "load_solver", "prepare_cache", "runtime_fingerprint", "user_cache"]


@lru_cache(maxsize=1)
def runtime_fingerprint() -> str:
    """The hash of the runtime's sources and of the compiler's versions (16 hex digits)."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    for package in ("numba", "llvmlite", "numpy"):
        digest.update(f"{package}={version(package)}".encode())
    return digest.hexdigest()[:16]


def user_cache() -> Path:
    """The user's cache folder of derive: $DERIVE_CACHE, else $XDG_CACHE_HOME/derive, else ~/.cache/derive."""
    if "DERIVE_CACHE" in os.environ:
        return Path(os.environ["DERIVE_CACHE"])
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "derive"


def cache_folder() -> Path:
    """The numba cache folder of this runtime; a temporary folder if the user's cache is not writable."""
    folder = user_cache() / f"numba-{runtime_fingerprint()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        folder = Path(tempfile.gettempdir()) / f"derive-{os.getuid()}" / f"numba-{runtime_fingerprint()}"
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@lru_cache(maxsize=1)
def prepare_cache() -> None:
    """Point numba's cache at the folder of this runtime (call before jitted modules are imported)."""
    from numba.core import config

    config.CACHE_DIR = str(cache_folder())


def load_solver(path: Path) -> ModuleType:
    """Import a generated module from a file, once per content.

    >>> load_solver(Path("missing.py"))
    Traceback (most recent call last):
    FileNotFoundError: missing.py
    """
    if not path.is_file():
        raise FileNotFoundError(path)
    prepare_cache()
    content = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    name = f"derive_generated.{path.parent.name}_{path.stem}_{content}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
