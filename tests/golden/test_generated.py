"""The emitted source is a pure function of the model file: as committed, and independent of the hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from derive.emission import solver_source
from derive.library import find_model
from derive.replica.pipeline import run_pipeline
from derive.spec.read import read_model

MODELS = ["perceptron_storage_binary", "perceptron_teacher_binary"]
EMIT = (
    "import sys\n"
    "from derive.emission import solver_source\n"
    "from derive.replica.pipeline import run_pipeline\n"
    "from derive.spec.read import read_model\n"
    "sys.stdout.buffer.write(solver_source(run_pipeline(read_model(sys.argv[1]))).encode())\n"
)


def emitted(model: str) -> str:
    return solver_source(run_pipeline(read_model(find_model(model))))


@pytest.mark.parametrize("model", MODELS)
def test_committed_solver_is_what_the_engine_emits(model: str, generated_dir: Path):
    path = generated_dir / model / "rs.py"
    assert path.is_file(), f"{model} has no committed solver: run `make generate`"
    assert path.read_text(encoding="utf-8") == emitted(model), "run `make generate` and review the difference"


@pytest.mark.parametrize("model", MODELS)
def test_emission_does_not_depend_on_the_hash_seed(model: str, root_dir: Path):
    texts = []
    for seed in ("1", "271828"):
        answer = subprocess.run(
            [sys.executable, "-c", EMIT, str(find_model(model))],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=root_dir,
            capture_output=True,
            timeout=120,
        )
        assert answer.returncode == 0, answer.stderr.decode()
        texts.append(answer.stdout)
    assert texts[0] == texts[1]
    assert texts[0].decode() == emitted(model)
