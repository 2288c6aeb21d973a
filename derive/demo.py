"""The demonstration: the whole job on one model from the zoo, and three certified thresholds.

A script over the public verbs; the names of the models are its only data.
"""

from __future__ import annotations

import json
from pathlib import Path

from derive import api, terminal
from derive.curves import scan_model
from derive.emission import write_text
from derive.exact import parse_scan
from derive.job import (
    THRESHOLD_HEADER,
    failed_checks,
    find_thresholds,
    result_sections,
    threshold_row,
    write_report,
)
from derive.journal import plain
from derive.plotting import save_plots
from derive.report import render_text
from derive.runtime.results import ThresholdResult
from derive.sweeps import save_dataset
from derive.terminal import say

__all__ = ["run_demo"]

MODEL = "perceptron_teacher_binary"
SCAN = {"alpha": parse_scan("0.5:2:60")}
DRAWN = ["error_gibbs", "error_bayes", "q", "free_entropy"]
THRESHOLDS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("perceptron_storage_spherical", "capacity", {"kappa": "0"}),
    (MODEL, "first_order", {}),
    (MODEL, "spinodal", {}),
)
DIGITS = 30


def run_demo(folder: Path, generated: Path | None = None) -> int:
    """Run the demonstration, write everything into a folder, print the thresholds; return the exit code."""
    stage = terminal.Stages()
    say(f"derive: {MODEL}, from the model file to certified numbers")
    model = api.load_model(MODEL)
    with stage("derive, every stage checked"):
        derivation = api.derive(model, checks=True)
        write_text(folder / "derivation.txt", render_text(derivation, True))
    negative = failed_checks(derivation)
    with stage("emit the solver"):
        solver = api.build(model, generated=generated)
    with stage("compile and solve a first point"):
        point = api.solve(model, {"alpha": SCAN["alpha"][0]}, generated=generated)
    with stage(f"solve {len(SCAN['alpha'])} points, all branches"):
        _, dataset = scan_model(model, SCAN, {}, generated=generated)
        data = dataset()
        save_dataset(data, folder / "curve.csv")
    found: list[ThresholdResult] = []
    for name, threshold, parameters in THRESHOLDS:
        with stage(f"{threshold} of {name}, {DIGITS} digits"):
            results, refused = find_thresholds(
                api.load_model(name), [threshold], parameters, digits=DIGITS, generated=generated
            )
        found += results
        negative += refused
    negative += [f"{t.threshold}: {t.status}; {t.detail}" for t in found if t.status != "converged"]
    with stage("figures and report"):
        marks = {t.threshold.replace("_", " "): float(t.value) for t in found if t.model == MODEL and t.value}
        targets = [folder / "curve.svg", folder / "curve.png"]
        figures = save_plots(data, targets, variables=DRAWN, thresholds=marks, title=MODEL)
        caption = (
            "All branches: stable solid, unstable dashed, the dominant one thick. Where the dominant branch "
            "changes the error jumps (first order); the uninformed branch ends at the spinodal."
        )
        sections = result_sections(point, found, [(caption, figures[0])])
        report = write_report(folder / "report.html", derivation, sections)
        numbers = json.dumps([plain(t.to_json()) for t in found], indent=2)
        write_text(folder / "thresholds.json", numbers + "\n")
    stage.finish()
    print(f"\n{terminal.table(THRESHOLD_HEADER, [threshold_row(t) for t in found])}\n")
    files = [folder / n for n in ("derivation.txt", "curve.csv", "thresholds.json")]
    print("\n".join([f"solver  {solver}", *(f"wrote   {path}" for path in (*files, *figures, report))]))
    for line in negative:
        say(f"negative: {line}")
    return 1 if negative else 0
