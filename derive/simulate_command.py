"""The command `derive simulate`: its options, and its result for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from derive import terminal
from derive.options import JsonOption, ModelArgument, SetOption

if TYPE_CHECKING:
    from derive.simulate.results import SimulationResult

__all__ = ["simulate", "simulation_text"]


def simulate(
    model: ModelArgument,
    settings: SetOption = None,
    size: Annotated[int, typer.Option("--size", metavar="N", help="The number of sites.")] = 400,
    samples: Annotated[int, typer.Option("--samples", metavar="S", help="Independent draws of the disorder.")] = 10,
    seed: Annotated[int, typer.Option("--seed", metavar="K", help="Equal seeds give equal results.")] = 0,
    json: JsonOption = False,
) -> None:
    """Measure in finite systems that are drawn from the model file alone: the check of the theory."""
    from derive import api
    from derive.exact import exact_text

    parameters = terminal.assignments(settings or (), "--set", exact_text)
    with terminal.progress_bar("samples") as progress:
        found = api.simulate(model, parameters, size=size, samples=samples, seed=seed, progress=progress)
    if json:
        terminal.print_json(found.to_json())
    else:
        print(simulation_text(found))
    if found.status != "converged":
        terminal.say(f"{found.status}: {found.detail}")
        raise typer.Exit(1)


def simulation_text(found: SimulationResult) -> str:
    """The result of an experiment for people: a line per quantity."""
    where = terminal.name_values(found.parameters)
    head = f"{found.model}  N = {found.size}, {found.samples} samples, seed {found.seed}" + (
        f"  {where}" if where else ""
    )
    if found.status != "converged":
        return f"{head}\n{found.status}"
    rows = [
        [name, f"{e.mean:.8g}", "-" if e.error is None else f"{e.error:.2g}"] for name, e in found.estimates.items()
    ]
    worst = found.certificate
    tail = f"worst minimum: conditions met to {worst['kkt']:.1g}, duality gap per site {worst['gap']:.1g}"
    return f"{head}\n{terminal.table(['quantity', 'mean', 'error'], rows)}\n{tail}"
