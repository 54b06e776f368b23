"""`reproduce`: runs a paper's experiment and sets its figures beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nas_gan.cli.common import QuietOption, check_at_least, print_json, print_lines, quiet_console
from nas_gan.cli.options import (
    DataRootOption,
    DeviceOption,
    DownloadOption,
    InceptionWeightsOption,
    LimitOption,
    LogToOption,
)
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from nas_gan.papers.plan import Options, Plan
    from nas_gan.papers.recipe import Recipe
    from nas_gan.papers.results import RunResult
    from nas_gan.runs.crossval import CrossTable


def reproduce(  # noqa: PLR0913, PLR0917 - one parameter a flag
    recipe: Annotated[Path, typer.Argument(help="A recipe, such as studies/thesis_mnist.toml.")],
    scale: Annotated[float, typer.Option(help="Shorten every budget to this share of the paper's.")] = 1.0,
    widths: Annotated[
        float | None,
        typer.Option(help="Narrow every network to this share of its widths. [default: the recipe's]"),
    ] = None,
    only: Annotated[str | None, typer.Option(help="Train only these runs: M0_B,M3_B.")] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Runs of each architecture. [default: the recipe's]")
    ] = None,
    trials: Annotated[int | None, typer.Option(help="Trials of a search. [default: the recipe's]")] = None,
    scorings: Annotated[
        int | None, typer.Option(help="Score each run so often, evenly spaced. [default: the recipe's]")
    ] = None,
    data: Annotated[str | None, typer.Option(help="In place of the recipe's data.")] = None,
    data_root: DataRootOption = None,
    download: DownloadOption = False,
    limit: LimitOption = None,
    protocol: Annotated[str | None, typer.Option(help="In place of the recipe's protocol.")] = None,
    inception_weights: InceptionWeightsOption = None,
    workers: Annotated[
        int,
        typer.Option(help="Runs side by side. [default: one a core, or one on a GPU]", show_default=False),
    ] = 0,
    device: DeviceOption = "auto",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder with a folder a recipe.")] = Path(
        "runs/reproductions"
    ),
    log_to: LogToOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Run a paper's experiment, its figures beside ours.

    The same command again goes on: a run that has ended is not trained again. Ctrl-C loses no run that has
    ended. Tables and figures are written into OUTPUT/RECIPE whenever the command ends by itself, from all
    runs that are there; page.html has everything.

    \b
    Examples:
      python -m nas_gan reproduce studies/thesis_plane.toml
      python -m nas_gan reproduce studies/thesis_mnist.toml --scale 0.02 \\
        --only M0_B,M3_B --data-root data/mnist --download
    """
    check_at_least(0, workers, "--workers")

    from nas_gan.jobs.processes import default_workers
    from nas_gan.papers.plan import Options
    from nas_gan.papers.recipe import load_reproduction
    from nas_gan.pictures.charts import check_charts
    from nas_gan.runs.resources import choose_device
    from nas_gan.tracking.build import check_tracker

    loaded = load_reproduction(recipe)
    check_charts()
    options = Options(
        out=output,
        scale=scale,
        widths=widths,
        only=tuple(name.strip() for name in only.split(",")) if only else (),
        seeds=seeds,
        trials=trials,
        scorings=scorings,
        data=data,
        data_root=None if data_root is None else str(data_root),
        download=download,
        limit=limit,
        protocol=protocol,
        inception_weights=None if inception_weights is None else str(inception_weights),
        device=device,
    )
    if log_to is not None:
        check_tracker(log_to)
    console = quiet_console(stderr=json, quiet=quiet)
    count = workers or default_workers(choose_device(device).type)
    _check_writable(output)
    if loaded.search is not None:
        if widths is not None:
            raise InputError(
                f"--widths {widths:g}: {recipe} is a search, whose space has its own; leave it out"
            )
        from nas_gan.cli.reproduce_search import reproduce_search

        files, code = reproduce_search(loaded, loaded.search, recipe, options, count, log_to, console)
    else:
        files, code = _reproduce_runs(loaded, recipe, options, count, log_to, console)
    _conclude(files, json)
    if code:
        raise typer.Exit(code)


def _reproduce_runs(
    recipe: Recipe, file: Path, options: Options, workers: int, log_to: str | None, console: Console
) -> tuple[list[Path], int]:
    """Train what is missing and write the results; return the files, and the exit code."""
    from nas_gan.api.tracking import opened_log
    from nas_gan.cli.reproduce_view import JobView
    from nas_gan.papers.page import write_reproduction
    from nas_gan.papers.plan import make_plan
    from nas_gan.papers.results import read_results
    from nas_gan.papers.run import JobEnded, JobEvent, run_jobs
    from nas_gan.papers.tables import budget_text, widths_text
    from nas_gan.papers.version import find_commit
    from nas_gan.runs.record import load_record

    def announce(line: str) -> None:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    if options.trials is not None:
        raise InputError(f"--trials {options.trials}: {file} is no search; leave it out")
    plan = make_plan(recipe, file, options, announce)
    missing = [job for job in plan.chosen if job.find_finished() is None]
    announce(f"{recipe.title}: {budget_text(recipe, options.scale)}")
    if plan.widths != 1.0:
        announce(widths_text(plan.widths))
    announce(f"{len(plan.chosen)} runs, {len(plan.chosen) - len(missing)} of them done, {workers} at a time")
    view = JobView(console, missing)
    try:
        with opened_log(log_to, options.out / file.stem, file.stem, announce) as log:

            def on_event(event: JobEvent) -> None:
                view.on_event(event)
                if log is not None and isinstance(event, JobEnded):
                    folder = missing[event.index].folder
                    log.whole("-".join(folder.parts[-2:]), load_record(folder), folder)

            run_jobs(missing, workers, announce, on_event)
    except KeyboardInterrupt:
        announce(f"Stopped: {view.ended} runs have ended. The same command goes on.")
        raise typer.Exit(130) from None
    results = read_results(plan)
    files = write_reproduction(plan, results, _cross_tables(plan, results), find_commit())
    return files, view.exit_code


def _cross_tables(plan: Plan, results: tuple[RunResult, ...]) -> list[CrossTable]:
    """Return a table a seed that has all its runs, where the recipe asks for them; of as many images as are scored."""
    if plan.recipe.kind != "crossval":
        return []
    from nas_gan.data import load_dataset
    from nas_gan.runs.crossval import check_players, compute_cross_table, load_player
    from nas_gan.runs.resources import choose_device

    device = choose_device(plan.options.device)
    tables = []
    for seed in sorted({job.seed for job in plan.jobs}):
        found = [one for result in results for one in result.finished if one.job.seed == seed]
        if len(found) == len(results):
            players = [load_player(one.job.folder, one.job.run.name, device) for one in found]
            dataset = load_dataset(found[0].job.conditions.data)
            check_players(players, dataset)
            count = found[0].record.protocol["sample_count"]
            tables.append(compute_cross_table(players, dataset, count, seed, device))
    return tables


def _conclude(files: list[Path], json: bool) -> None:
    """Print the table, or the JSON file's content; and where the rest is."""
    import json as json_module

    table, plain, *_ = files
    if json:
        print_json(
            json_module.loads(plain.read_text(encoding="utf-8")) | {"files": [str(file) for file in files]}
        )
        return
    print_lines(table.read_text(encoding="utf-8").splitlines())
    print_lines(["", f"In {table.parent}: {', '.join(file.name for file in files)}"])


def _check_writable(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"-o {output}: can't be made ({error.strerror}); give another folder") from None
