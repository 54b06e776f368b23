"""`search`: samples, trains, scores and prunes architectures of a space."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nas_gan.cli.common import (
    DEFAULT_STORAGE,
    check_at_least,
    parse_bytes,
    parse_count,
    parse_duration,
    print_json,
    quiet_console,
)
from nas_gan.cli.options import (
    PRECISION_HELP,
    DataRootOption,
    DownloadOption,
    InceptionWeightsOption,
    LimitOption,
    ResolutionOption,
)
from nas_gan.errors import InputError
from nas_gan.metrics.scores import METRICS

if TYPE_CHECKING:
    from nas_gan.search.catalogue import Trial
    from nas_gan.search.config import SearchConfig
    from nas_gan.search.search import PreparedSearch

DEFAULT_TIMEOUT_SECONDS, DEFAULT_GRACE_SECONDS = 360.0, 60.0
DEFAULT_RUNGS = (6_000, 18_000)
"""Among good networks FID after 2,000 images says nothing of FID after 18,000 (docs/table.md)."""
RESULTS_SHOWN, UNFINISHED_SHOWN = 5, 3
METRICS_OF_IMAGES, METRICS_OF_POINTS = (
    [option for option, kind in METRICS.items() if needed in kind.needs] for needed in ("pixels", "points")
)


def search(  # noqa: PLR0913, PLR0917 - one parameter a flag
    space: Annotated[
        str | None, typer.Option(help="Bundled name, file, or module:function. [default: resdense]")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="Name, folder, .zip or .npz of images; swiss_roll or eight_gaussians for points. "
            "[default: mnist5k, which needs no download]"
        ),
    ] = None,
    study: Annotated[str | None, typer.Option(help="Name of the study. [default: SPACE-DATA]")] = None,
    storage: Annotated[
        str | None, typer.Option(help="Database file or URL. [default: OUT/studies.db]")
    ] = None,
    trials: Annotated[
        int | None, typer.Option(help="Trials in total, also of earlier calls. [default: 20]")
    ] = None,
    timeout: Annotated[
        str | None,
        typer.Option(help="Ends this call: 90, 10m, 2h. [default: 6m if --trials isn't given, else none]"),
    ] = None,
    grace: Annotated[
        str | None,
        typer.Option(
            help="Time after the timeout in which a trial that leads its rung may end. "
            "[default: 1m if neither --trials nor --timeout is given, else none]"
        ),
    ] = None,
    images: Annotated[
        str | None, typer.Option(help="Images seen by one trial at most: 60000, 20k, 2M. [default: 18k]")
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(
            help="local (changes the best so far, from the third result on), tpe (at random for its first 10 trials), "
            "random or rnn. [default: local]"
        ),
    ] = None,
    start: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE|STUDY:TRIAL", help="An architecture to try first; may be given again."),
    ] = None,
    space_starts: Annotated[
        bool | None,
        typer.Option(help="Begin a new study with the starts that the space names. [default: space-starts]"),
    ] = None,
    pruner: Annotated[
        str | None, typer.Option(help="What pauses trials at rungs: asha, median or none. [default: asha]")
    ] = None,
    rungs: Annotated[
        str | None,
        typer.Option(
            help="Images after which trials are scored: 2k,6k,18k. "
            "[default: 6k,18k; where --images is given a ninth, a third, all]"
        ),
    ] = None,
    reduction: Annotated[
        int | None, typer.Option(help="One trial in so many goes on from a rung, with asha. [default: 3]")
    ] = None,
    signal: Annotated[
        str | None,
        typer.Option(
            help="What rungs compare: a metric, or a score's name in records. [default: the metric]"
        ),
    ] = None,
    promote: Annotated[
        bool | None,
        typer.Option(help="Let paused trials go on once enough worse ones have come. [default: no-promote]"),
    ] = None,
    keep_paused: Annotated[
        str | None,
        typer.Option(help="Room for checkpoints of paused trials: 500MB, 2GB. [default: no limit]"),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            help=f"{', '.join(METRICS_OF_IMAGES)}; of points, {', '.join(METRICS_OF_POINTS)} (larger is better: "
            f"{', '.join(option for option, kind in METRICS.items() if kind.higher_is_better)}). "
            f"[default: {METRICS_OF_IMAGES[0]}, or {METRICS_OF_POINTS[0]}]"
        ),
    ] = None,
    max_parameters: Annotated[
        str | None, typer.Option(help="Reject larger architectures: both networks together, 500k, 2M.")
    ] = None,
    max_macs: Annotated[
        str | None, typer.Option(help="Reject architectures of more multiply-adds an image: 20M.")
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="How scores are made. [default: classifier-5k; selfsup-5k without labels, plane-10k for points]"
        ),
    ] = None,
    inception_weights: InceptionWeightsOption = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the whole study. [default: 0]")] = None,
    precision: Annotated[
        str | None, typer.Option(help=f"{PRECISION_HELP} [default: the study's, or auto]")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1. [default: auto]")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Trials side by side. [default: one a core, or one on a GPU]")
    ] = None,
    gpus: Annotated[str | None, typer.Option(help="Numbers of the GPUs to use, such as 0,1.")] = None,
    workers_per_gpu: Annotated[
        int | None, typer.Option(help="Trials side by side on each of --gpus. [default: 1]")
    ] = None,
    heartbeat: Annotated[
        str | None,
        typer.Option(
            help="Time between a worker's signs of life; after six that are missing, its trial goes to another. "
            "[default: 30s]"
        ),
    ] = None,
    on: Annotated[
        str | None, typer.Option(help="What runs the workers: processes or ray. [default: processes]")
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(help="Ray's cluster, HOST:PORT or auto. [default: $RAY_ADDRESS or this machine]"),
    ] = None,
    gpus_per_trial: Annotated[
        float | None,
        typer.Option(help="Share of a GPU that Ray gives a worker, such as 0.5. [default: 0, no GPU]"),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|URL",
            help="Folder for everything made, also s3://BUCKET/runs and the like. [default: runs]",
        ),
    ] = None,
    resolution: ResolutionOption = None,
    limit: LimitOption = None,
    data_root: DataRootOption = None,
    download: DownloadOption = False,
    study_file: Annotated[
        Path | None, typer.Option(help="TOML recipe that sets any of these; a flag wins over it.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Search a space of GAN topologies.

    The same command again continues the study, and interrupted trials where they stood. Ctrl-C ends it; `worker` joins
    it from elsewhere.

    \b
    Examples:
      python -m nas_gan search --space resdense
      python -m nas_gan search --data cifar10 --trials 200 --images 2M
      python -m nas_gan search --study-file studies/quick_digits.toml
    """
    flags: dict[str, Any] = {
        "space": space,
        "data": data,
        "study": study,
        "storage": storage,
        "trials": trials,
        "timeout": timeout,
        "images": images,
        "sampler": sampler,
        "start": start or None,
        "space_starts": space_starts,
        "grace": grace,
        "pruner": pruner,
        "rungs": rungs,
        "reduction": reduction,
        "signal": signal,
        "promote": promote,
        "keep_paused": keep_paused,
        "metric": metric,
        "max_parameters": max_parameters,
        "max_macs": max_macs,
        "protocol": protocol,
        "inception_weights": None if inception_weights is None else str(inception_weights),
        "seed": seed,
        "precision": precision,
        "device": device,
        "workers": workers,
        "gpus": gpus,
        "workers_per_gpu": workers_per_gpu,
        "heartbeat": heartbeat,
        "on": on,
        "address": address,
        "gpus_per_trial": gpus_per_trial,
        "out": out,
        "resolution": resolution,
        "limit": limit,
        "data_root": None if data_root is None else str(data_root),
    }
    given = {name: value for name, value in flags.items() if value is not None}
    if study_file is not None:
        from nas_gan.search.config import load_recipe

        given = load_recipe(study_file) | given
    config = _build_config(given, download)
    _run(config, json)


def _build_config(given: Mapping[str, Any], download: bool) -> SearchConfig:
    from nas_gan.data import DataConfig
    from nas_gan.search.config import SearchConfig
    from nas_gan.store.remote_folder import is_url

    data = DataConfig(
        source=given.get("data", "mnist5k"),
        resolution=given.get("resolution"),
        root=given.get("data_root"),
        download=download,
        limit=given.get("limit"),
    )
    space = given.get("space", "resdense")
    out = given.get("out", "runs")
    settings: dict[str, Any] = {
        "study": given.get("study", f"{Path(space).stem.partition(':')[0]}-{Path(data.source).stem}"),
        "space": space,
        "data": data,
        "storage": given.get("storage", "runs/studies.db" if is_url(out) else str(Path(out) / "studies.db")),
        "out": out,
    }
    plain = (
        "trials",
        "sampler",
        "space_starts",
        "pruner",
        "reduction",
        "signal",
        "promote",
        "metric",
        "protocol",
        "inception_weights",
        "seed",
        "precision",
        "device",
        "workers",
        "workers_per_gpu",
        "on",
        "address",
        "gpus_per_trial",
    )
    settings |= {name: given[name] for name in plain if name in given}
    counts = ("images", "max_parameters", "max_macs")
    settings |= {
        name: parse_count(str(given[name]), f"--{name.replace('_', '-')}") for name in counts if name in given
    }
    if "timeout" in given:
        settings["timeout_seconds"] = parse_duration(str(given["timeout"]), "--timeout")
    elif "trials" not in given:
        settings |= {"timeout_seconds": DEFAULT_TIMEOUT_SECONDS, "grace_seconds": DEFAULT_GRACE_SECONDS}
    if "grace" in given:
        settings["grace_seconds"] = parse_duration(str(given["grace"]), "--grace")
    if "start" in given:
        settings["start"] = (given["start"],) if isinstance(given["start"], str) else tuple(given["start"])
    if "heartbeat" in given:
        settings["heartbeat_seconds"] = parse_duration(str(given["heartbeat"]), "--heartbeat")
    if "images" not in given:
        settings["rungs"] = DEFAULT_RUNGS
    if "rungs" in given:
        settings["rungs"] = tuple(parse_count(part, "--rungs") for part in str(given["rungs"]).split(","))
    if "keep_paused" in given:
        settings["keep_paused"] = parse_bytes(str(given["keep_paused"]), "--keep-paused")
    if "workers" in given:
        check_at_least(1, int(given["workers"]), "--workers")
    if "gpus" in given:
        settings["gpus"] = _parse_gpus(str(given["gpus"]))
    return SearchConfig(**settings)


def _parse_gpus(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise InputError(f"--gpus {text}: give numbers of GPUs, such as 0,1")
    return tuple(int(part) for part in parts)


def _run(config: SearchConfig, json: bool) -> None:
    from nas_gan.cli.search_state import SearchState
    from nas_gan.cli.search_view import build_view
    from nas_gan.search.catalogue import summarise
    from nas_gan.search.search import prepare_search, run_search

    # With --json, standard output is for the result alone.
    console = quiet_console(stderr=json)
    try:
        prepared = prepare_search(config, lambda line: console.print(line, highlight=False, soft_wrap=True))
    except KeyboardInterrupt:
        console.print("Stopped before the first trial; the same command starts again.")
        raise typer.Exit(130) from None
    so_far = summarise(prepared.study)
    state = SearchState(
        wanted=config.trials,
        done=prepared.done,
        lower_is_better=prepared.definition.direction == "minimize",
        timeout_seconds=config.timeout_seconds,
        best_number=so_far.best_number,
        best_value=so_far.best_value,
        paused=set(prepared.paused),
    )
    console.print(_headline(prepared), highlight=False, soft_wrap=True)
    interrupted, in_time = False, True
    if prepared.remaining:
        with build_view(console, state, prepared.definition) as view:
            try:
                in_time = run_search(prepared, view.on_event, view.on_tick)
            except KeyboardInterrupt:
                interrupted = True
    finished = _tell_results(console, prepared, json=json, interrupted=interrupted)
    if interrupted or not (in_time or finished):
        why = "Stopped" if interrupted else "Time is up"
        console.print(f"{why}. The same command continues the study.", highlight=False)
    if interrupted:
        raise typer.Exit(130)
    if not finished and in_time:
        raise typer.Exit(2 if any(problem.bad_input for problem in state.problems) else 1)


def _headline(prepared: PreparedSearch) -> str:
    definition, config = prepared.definition, prepared.config
    rungs = ", ".join(f"{rung:,}" for rung in definition.rungs)
    already = f", {prepared.done} of them done" if prepared.done else ""
    return (
        f"Study {config.study}: {config.trials} trials{already}, {prepared.workers} at a time on "
        f"{prepared.device}; scored and pruned after {rungs} images."
    )


def _tell_results(console: Any, prepared: PreparedSearch, *, json: bool, interrupted: bool) -> bool:
    """Prints what the study has come to; says whether as many trials have ended as were asked for."""
    from nas_gan.search.search import count_done
    from nas_gan.store.retry import without_waiting

    def give_up(trouble: str) -> None:
        console.print(f"{trouble}; what has been trained is kept", highlight=False, soft_wrap=True)

    with without_waiting(give_up):
        # Others may have worked on it, too.
        finished = count_done(prepared.study) >= prepared.config.trials
        if json:
            print_json(_facts(prepared, finished=finished and not interrupted))
        else:
            _conclude(console, prepared)
        return finished
    return False


def _conclude(console: Any, prepared: PreparedSearch) -> None:
    from nas_gan.cli.best import build_table
    from nas_gan.report.tables import unfinished_line
    from nas_gan.search.catalogue import rank
    from nas_gan.search.unfinished import read_unfinished
    from nas_gan.store.address import masked_url

    config = prepared.config
    ranking = rank(prepared.study)
    for one in read_unfinished(prepared.study)[:UNFINISHED_SHOWN]:
        if one.is_ahead and one.state != "paused":
            line = unfinished_line(one, prepared.definition.metric)
            console.print(
                f"Not ended, and {line}: the same command goes on with it.", highlight=False, soft_wrap=True
            )
    if not ranking:
        console.print("No trial has been trained to its end yet.")
        return
    console.print(build_table(ranking[:RESULTS_SHOWN], prepared.definition.metric))
    storage = [] if config.storage == DEFAULT_STORAGE else ["--storage", masked_url(config.storage)]
    study = ["--study", config.study, *storage]
    best = [f"{config.study}:{ranking[0].number}", *storage]
    lines = (
        f"Samples of the best: {_folder_of(config, ranking[0])}/samples.png",
        f"See:    python -m nas_gan plot {shlex.join(study)}",
        f"Train:  python -m nas_gan train {shlex.join(best)} --images 300k -o best",
        f"Export: python -m nas_gan export {shlex.join(study)} -o bundle",
    )
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _facts(prepared: PreparedSearch, finished: bool) -> dict[str, Any]:
    from nas_gan.search.catalogue import rank, summarise
    from nas_gan.search.unfinished import read_unfinished

    summary = summarise(prepared.study)
    best = rank(prepared.study)[:RESULTS_SHOWN]
    unfinished = read_unfinished(prepared.study)
    return {
        "study": summary.name,
        "finished": finished,
        "counts": summary.counts,
        "metric": summary.metric,
        "best": [
            {
                "trial": trial.number,
                "value": trial.value,
                "folder": _folder_of(prepared.config, trial),
            }
            for trial in best
        ],
        "unfinished": [asdict(one) for one in unfinished],
    }


def _folder_of(config: SearchConfig, trial: Trial) -> str:
    """Folder of a trial's run; of one at a URL, its address."""
    return f"{config.out.rstrip('/')}/{config.study}/{trial.number}"
