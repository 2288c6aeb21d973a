"""Scans on other executors and through kills: the same numbers, nothing lost, nothing computed twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import derive
from derive import cli
from derive.sweeps import process_pool
from tests.support import zoo

SCAN = {"alpha": [f"{k}/20" for k in range(10, 26)]}
FINE = {"alpha": [f"{k}/2000" for k in range(1000, 3000)]}


def here(**options):
    return derive.sweep(zoo.load("perceptron_teacher_binary"), SCAN, **options)


def of_one_branch(**options):
    """Four chunks, the last beyond the spinodal."""
    return derive.sweep(zoo.load("perceptron_teacher_binary"), FINE, branch="uninformed", **options)


@pytest.mark.slow
def test_processes_give_the_serial_result_of_one_branch():
    with process_pool(2) as pool:
        assert of_one_branch(executor=pool).identical(of_one_branch())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_loky_gives_the_serial_result():
    loky = pytest.importorskip("loky")
    with loky.ProcessPoolExecutor(2) as pool:
        assert here(executor=pool).identical(here())
        assert of_one_branch(executor=pool).identical(of_one_branch())
    loky.get_reusable_executor().shutdown(kill_workers=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_gives_the_serial_result(capsys, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:
            assert here(executor=client.get_executor()).identical(here())
            assert of_one_branch(executor=client.get_executor(pure=False)).identical(of_one_branch())
        words = ["solve", "perceptron_teacher_binary", "--scan", "alpha=0.5:1.25:16"]
        for name, extra in (("a.csv", ["--scheduler", cluster.scheduler_address]), ("b.csv", [])):
            with pytest.raises(SystemExit) as stop:
                cli.main([*words, *extra, "-o", str(tmp_path / name)])
            assert not stop.value.code
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--scheduler", "localhost:9"], "--scan"),
        (
            ["--scan", "alpha=1:2:3", "--scheduler", "localhost:9", "--workers", "2"],
            "takes the place of --workers",
        ),
        (["--scan", "alpha=1:2:3", "--scheduler", "no address"], "no Dask scheduler answers there"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_cannot_be_used_is_told(capsys, words, said):
    pytest.importorskip("distributed")
    with pytest.raises(SystemExit) as stop:
        cli.main(["solve", "perceptron_teacher_binary", *words])
    out, err = capsys.readouterr()
    assert (stop.value.code, out) == (2, "")
    assert said in err


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("points", "records", "branch"),
    [(401, 401, []), (51200, 100, ["--branch", "uninformed"])],
    ids=["points", "chunks of one branch"],
)
def test_a_scan_killed_ten_times_ends_with_the_same_file(tmp_path, points, records, branch):
    """SIGKILL at random times; the journal holds every record once, and the file is that of an uninterrupted run."""

    def command(folder: Path) -> list[str]:
        out, book = folder / "curve.csv", folder / "book.journal"
        scan = ["--scan", f"alpha=0.5:1.45:{points}", *branch, "-o", str(out), "--journal", str(book)]
        return [sys.executable, "-m", "derive", "solve", "perceptron_teacher_binary", *scan, "--workers", "2"]

    def lines(folder: Path) -> list[str]:
        found = []
        for line in (folder / "book.journal").read_text().splitlines()[1:]:
            try:
                found.append(json.loads(line)["key"])
            except ValueError:
                continue  # what a kill has left of a line
        return found

    plain, killed = tmp_path / "plain", tmp_path / "killed"
    for folder in (plain, killed):
        folder.mkdir()
    subprocess.run(command(plain), check=True, capture_output=True, timeout=300)
    rng = random.Random(7)
    progress = []
    for _ in range(10):
        job = subprocess.Popen(
            command(killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        start, known = time.monotonic(), progress[-1] if progress else 0
        while job.poll() is None and time.monotonic() - start < 60:  # kill somewhere in the next tenth
            if (killed / "book.journal").exists() and len(lines(killed)) > known + rng.randrange(1, 1 + records // 12):
                break
            time.sleep(0.01)
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()
        progress.append(len(lines(killed)))
    assert progress == sorted(progress) and progress[-1] < records
    subprocess.run(command(killed), check=True, capture_output=True, timeout=300)
    keys = lines(killed)
    assert len(keys) == len(set(keys)) == records
    assert (killed / "curve.csv").read_bytes() == (plain / "curve.csv").read_bytes()
