"""Who imports whom: contracts, a runtime and solvers without sympy, a package that loads lazily.

Processes are started afresh, because this one has loaded everything.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = ("spec", "calculus", "replica", "kernel", "precise", "report", "claims", "simulate", "cli")

# What the file of an emitted solver may import.
GENERATED_MAY_IMPORT = {"__future__", "math", "numpy", "numba", "derive.runtime"}


def loaded_after(code: str, cwd: Path) -> set[str]:
    """Names of the modules that a new interpreter holds after `code`."""
    probe = f"{code}\nimport json, sys\nprint('MODULES', json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], cwd=cwd, capture_output=True, text=True, timeout=550)
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("MODULES "))
    return set(json.loads(line.removeprefix("MODULES ")))


def engine_modules(loaded: set[str]) -> list[str]:
    """Those of `loaded` that no solver may need."""
    roots = {"sympy", "mpmath"} | {f"derive.{part}" for part in ENGINE}
    return sorted(name for name in loaded if any(name == r or name.startswith(r + ".") for r in roots))


def generated_files(generated_dir: Path) -> list[Path]:
    return sorted(path for path in generated_dir.rglob("*.py") if "__pycache__" not in path.parts)


def test_import_contracts_hold(root_dir: Path) -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    if not tool.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run([tool, "--no-cache"], cwd=root_dir, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_runtime_imports_without_the_engine(tmp_path: Path) -> None:
    code = """
import importlib, pkgutil
import derive.runtime
for module in pkgutil.walk_packages(derive.runtime.__path__, "derive.runtime."):
    importlib.import_module(module.name)
"""
    assert engine_modules(loaded_after(code, tmp_path)) == []


def test_generated_solvers_import_without_the_engine(generated_dir: Path, tmp_path: Path) -> None:
    files = generated_files(generated_dir)
    if not files:
        pytest.skip("generated/ holds no solver")
    code = f"""
import importlib.util, sys
import derive.runtime
for index, path in enumerate({[str(path) for path in files]!r}):
    spec = importlib.util.spec_from_file_location(f"solver_under_test_{{index}}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
"""
    assert engine_modules(loaded_after(code, tmp_path)) == []


def test_generated_solvers_import_the_runtime_only(generated_dir: Path) -> None:
    wrong = []
    for path in generated_files(generated_dir):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                if node.module == "derive":
                    names = [f"derive.{alias.name}" for alias in node.names]
                else:
                    names = ["." * node.level + (node.module or "")]
            for name in names:
                if not any(name == ok or name.startswith(ok + ".") for ok in GENERATED_MAY_IMPORT):
                    wrong.append(f"{path.relative_to(generated_dir)}: {name}")
    assert wrong == []


def test_package_imports_nothing_heavy(tmp_path: Path) -> None:
    loaded = loaded_after("import derive", tmp_path)
    assert loaded.isdisjoint({"sympy", "numba", "scipy", "matplotlib", "xarray", "pandas", "pydantic"})
