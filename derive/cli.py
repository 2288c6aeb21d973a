"""The commands: run, list, validate, show, build, solve, threshold, simulate, report, demo.

Results go to the standard output, messages to the standard error.  Exit codes: 0 done, 1 a negative verdict,
2 bad input, 3 a fault of derive.  Everything heavy is imported inside the command that needs it.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from derive import __version__, terminal
from derive.check_command import check
from derive.diagram_command import diagram
from derive.errors import DeriveError, UsageError
from derive.options import (
    FIGURES,
    TABLES,
    AnsatzOption,
    BranchOption,
    DigitsOption,
    EachOption,
    ExperimentSamplesOption,
    ExperimentSizeOption,
    FolderOption,
    Format,
    GeneratedOption,
    JsonOption,
    MinimiseOption,
    ModelArgument,
    OptimiseOption,
    ResponsesOption,
    RigorousOption,
    ScanOption,
    SetOption,
)
from derive.simulate_command import simulate
from derive.terminal import print_json, say
from derive.threshold_command import threshold

__all__ = ["app", "main"]

app = typer.Typer(
    name="derive",
    help="Derive, solve and certify replica theories from one model file.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _parameters(texts: Sequence[str] | None) -> dict[str, str]:
    """The exact values of `--set`."""
    from derive.exact import exact_text

    return terminal.assignments(texts or (), "--set", exact_text)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"derive {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Derive, solve and certify replica theories from one model file."""


# ------------------------------------------------------------------------------------------- models


@app.command("list")
def list_command(json: JsonOption = False) -> None:
    """List the models of the zoo."""
    from derive.library import list_models

    entries = list_models()
    if json:
        print_json([{"name": entry.name, "title": entry.title} for entry in entries])
    else:
        width = max((len(entry.name) for entry in entries), default=0)
        print("\n".join(f"{entry.name:{width}}  {entry.title}" for entry in entries))


@app.command()
def validate(model: ModelArgument, json: JsonOption = False) -> None:
    """Check a model file: its language, normalisation, order parameters and existence domain."""
    from derive import api
    from derive.facts import facts_text, model_facts

    facts = model_facts(api.derive(model))
    if json:
        print_json(facts)
    else:
        print(facts_text(facts))


# --------------------------------------------------------------------------------------- derivation


@app.command()
def show(
    model: ModelArgument,
    steps: Annotated[bool, typer.Option("--steps", help="Show every step, not the result alone.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Check every stage by an independent route.")] = False,
    format: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.text,
    json: JsonOption = False,
    ansatz: AnsatzOption = "rs",
) -> None:
    """Show the derivation: free entropy, saddle-point equations, and every step on request."""
    from derive import api, report

    derivation = api.derive(model, ansatz, checks=check)
    if json or format is Format.json:
        print_json(derivation.trace.to_json())
    else:
        render = report.render_latex if format is Format.latex else report.render_text
        print(render(derivation, steps).rstrip("\n"))


@app.command()
def build(
    models: Annotated[list[str] | None, typer.Argument(metavar="MODEL...", help="Models to build.")] = None,
    all_models: Annotated[bool, typer.Option("--all", help="Build every model of the zoo.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Emit anew even if nothing changed.")] = False,
    json: JsonOption = False,
    ansatz: AnsatzOption = "rs",
    generated: GeneratedOption = None,
) -> None:
    """Emit the solver of a model; one that is up to date is kept."""
    from derive import api
    from derive.library import list_models
    from derive.solver_files import build_all

    if all_models == bool(models):
        raise UsageError("build takes the names of models, or --all")
    names = [entry.name for entry in list_models()] if all_models else list(models or ())
    paths: dict[str, str] = {}
    stage = terminal.Stages()
    refused = 0
    for name in names:
        try:
            with stage(name):
                path = build_all(api.load_model(name), ansatz, generated, force)
        except DeriveError as error:
            if len(names) == 1:
                raise
            terminal.print_error(error)
            refused = max(refused, error.exit_code)
            continue
        paths[name] = str(path)
        if not json:
            print(path)
    if json:
        print_json(paths)
    if refused:
        raise typer.Exit(refused)


@app.command()
def report(
    model: ModelArgument,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="The folder for the report.")],
    ansatz: AnsatzOption = "rs",
) -> None:
    """Write the derivation as HTML, LaTeX, text and JSON, every step checked."""
    from derive import api, library
    from derive import report as writer
    from derive.emission import write_text
    from derive.job import failed_checks, write_report

    folder = library.check_folder(output)
    derivation = api.derive(model, ansatz, checks=True)
    library.prepare_folder(folder)
    write_report(folder / "report.html", derivation)
    write_text(folder / "derivation.txt", writer.render_text(derivation, True))
    write_text(folder / "derivation.tex", writer.render_latex(derivation, True))
    write_text(folder / "trace.json", derivation.trace.dumps())
    print("\n".join(str(folder / n) for n in ("report.html", "derivation.txt", "derivation.tex", "trace.json")))
    failed = failed_checks(derivation)
    for line in failed:
        say(f"failed {line}")
    if failed:
        raise typer.Exit(1)


# ------------------------------------------------------------------------------------------ numbers


@app.command()
def solve(
    model: ModelArgument,
    settings: SetOption = None,
    scan: ScanOption = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write .nc, .csv, .svg, .png or .pdf."),
    ] = None,
    plot: Annotated[
        list[str] | None,
        typer.Option("--plot", metavar="NAME", help="A quantity to draw. Repeatable; default all."),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option("--journal", metavar="FILE", help="Keep finished points here, and resume from it."),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes for a scan.")] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="ADDRESS", help="Use the workers of a Dask scheduler for a scan."),
    ] = None,
    optimise: OptimiseOption = None,
    minimise: MinimiseOption = None,
    branch: BranchOption = None,
    each: EachOption = False,
    responses: ResponsesOption = False,
    digits: DigitsOption = None,
    rigorous: RigorousOption = False,
    json: JsonOption = False,
    ansatz: AnsatzOption = "rs",
    generated: GeneratedOption = None,
) -> None:
    """Solve the saddle-point equations: every branch at a point, or over one or more scans."""
    from derive import api, certificates, curves, job
    from derive.exact import parse_scan
    from derive.facts import judge, optima_text
    from derive.sweeps import dask_executor, process_pool, save_dataset

    parameters = _parameters(settings)
    scans = terminal.assignments(scan or (), "--scan", parse_scan)
    output = terminal.check_output(output, TABLES + FIGURES)
    if output is not None and output.suffix in FIGURES and len(scans) not in (1, 2):
        raise UsageError("a figure needs one or two --scan")
    if scheduler is not None and (workers > 1 or not scans):
        raise UsageError("--scheduler takes the place of --workers, for a --scan")
    if minimise and not optimise:
        raise UsageError("--minimise says what --optimise NAME minimises: the parameter is missing")
    if (branch is None or not scan) and (each or responses):
        raise UsageError("--each and --responses are settings of --branch NAME with a --scan")
    certificates.check_options(digits, branch, rigorous, scan, optimise)
    goal = (optimise, minimise) if optimise else None
    loaded = api.load_model(model)
    if scans:
        book = journal or (None if output is None else output.with_name(output.name + ".journal"))
        try:
            pools = process_pool(workers) if scheduler is None else dask_executor(scheduler)
            with pools as pool, terminal.progress_bar("points") as progress:
                options: dict[str, Any] = {"executor": pool, "journal": book, "progress": progress}
                options |= {"ansatz": ansatz, "generated": generated}
                if branch is None:
                    results, dataset = curves.scan_model(loaded, scans, parameters, goal=goal, **options)
                else:
                    shown, chosen = json or output is None, {"follow": not each, "responses": responses}
                    results, dataset = curves.scan_branch(loaded, scans, parameters, branch, shown, **options, **chosen)
        except KeyboardInterrupt:
            _interrupted(book)
    else:
        results = [certificates.solve_here(loaded, ansatz, generated, goal, parameters, digits, branch, rigorous)]
        book = None
        dataset = _single(results)
    if output is not None:
        if output.suffix in FIGURES:
            from derive.plotting import save_plot

            save_plot(dataset(), output, variables=plot, title=results[0].model)
        else:
            save_dataset(dataset(), output)
        say(f"wrote {output}")
        if book is not None and journal is None:
            book.unlink(missing_ok=True)
    if json and scans:
        points = [{k: v for k, v in r.to_json().items() if k not in ("model", "ansatz")} for r in results]
        head = {"model": results[0].model, "ansatz": results[0].ansatz, "parameters": _fixed(results, scans)}
        print_json({**head, "points": points})
    elif json:
        print_json(results[0].to_json())
    elif output is None:
        first = results[0]
        print(f"{first.model}  {first.ansatz}  {terminal.name_values(_fixed(results, scans))}".rstrip())
        print(terminal.table(*job.solution_rows(results, list(scans))))
        for text in certificates.certificate_texts(first):
            print(f"\n{text}")
    tell = print if output is None and not json else say
    for line in optima_text(results, list(scans)):
        tell(line)
    status = dataset()["status"] if branch is not None else None
    counts = () if status is None else (status.size, int((status == "converged").sum()))
    complaints, negative = judge(results, *counts)
    for line in complaints:
        say(line)
    if negative or not certificates.complete(results[0], digits):
        raise typer.Exit(1)


def _single(results: Sequence[Any]) -> Any:
    from functools import partial

    from derive.sweeps import as_dataset

    return partial(as_dataset, results, {}, results[0].parameters)


def _fixed(results: Sequence[Any], scans: dict[str, Any]) -> dict[str, str]:
    chosen = results[0].optimised.name if results[0].optimised is not None else None
    return {name: value for name, value in results[0].parameters.items() if name not in scans and name != chosen}


def _interrupted(book: Path | None) -> NoReturn:
    kept = "" if book is None else f"; finished points are kept in {book}: the same command goes on from there"
    say(f"interrupted{kept or '; with --journal FILE or -o FILE finished points would be kept'}")
    raise typer.Exit(130)


app.command()(threshold)
app.command()(diagram)
app.command()(check)
app.command()(simulate)


# ----------------------------------------------------------------------------------------- the jobs


@app.command()
def run(
    model: ModelArgument,
    output: FolderOption = None,
    settings: SetOption = None,
    json: JsonOption = False,
    ansatz: AnsatzOption = "rs",
    generated: GeneratedOption = None,
    size: ExperimentSizeOption = None,
    samples: ExperimentSamplesOption = 10,
) -> None:
    """Do the whole job: derive, emit, solve, certify thresholds, draw, report (default: out/<model>)."""
    from derive import api, job, library

    loaded = api.load_model(model)
    folder = library.check_folder(output or Path("out") / loaded.name)
    stages = terminal.Stages()
    experiment = None if size is None else job.check_experiment(loaded, size, samples)
    options: dict[str, Any] = {"ansatz": ansatz, "generated": generated, "stages": stages, "experiment": experiment}
    outcome = job.run_job(loaded, folder, _parameters(settings), **options)
    stages.finish()
    if json:
        print_json(outcome.to_json())
    else:
        print(job.summary(outcome))
    for line in outcome.negative:
        say(f"negative: {line}")
    raise typer.Exit(outcome.verdict)


@app.command()
def demo(output: FolderOption = None, generated: GeneratedOption = None) -> None:
    """Show the whole job on one model, with certified thresholds (default: out/demo)."""
    from derive.demo import run_demo
    from derive.library import prepare_folder

    raise typer.Exit(run_demo(prepare_folder(output or Path("out/demo")), generated))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit; no traceback ever reaches the reader."""
    try:
        app(args=arguments if arguments is None else list(arguments), prog_name="derive")
    except DeriveError as error:
        terminal.print_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.EPERM, errno.EROFS):
            terminal.print_internal_error(error)
            sys.exit(3)
        say(f"error: {error.filename or 'a file'} cannot be written: {error.strerror}")
        sys.exit(2)
    except Exception as error:
        terminal.print_internal_error(error)
        sys.exit(3)
    sys.exit(0)
