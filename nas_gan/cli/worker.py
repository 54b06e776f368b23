"""`worker`: joins a study that a search has begun, from wherever its database can be reached."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nas_gan.cli.common import (
    DEFAULT_STORAGE,
    JsonOption,
    QuietOption,
    StorageOption,
    check_at_least,
    name_flags,
    parse_duration,
    print_json,
    quiet_console,
)
from nas_gan.cli.named import StudyArgument, StudyOption, choose_study
from nas_gan.cli.options import DeviceOption
from nas_gan.interruption import StopRequest

if TYPE_CHECKING:
    from nas_gan.search.events import Event


def worker(  # noqa: PLR0913, PLR0915, PLR0917 - one parameter a flag
    study: StudyArgument = None,
    option: StudyOption = None,
    storage: StorageOption = DEFAULT_STORAGE,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|URL", help="Folder of the trials, best shared by all workers. [default: the study's]"
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(help="Trials in total, whoever ran them. [default: as the search asked for]")
    ] = None,
    timeout: Annotated[
        str | None, typer.Option(metavar="90|10m|2h", help="Ends this worker. [default: none]")
    ] = None,
    device: DeviceOption = "auto",
    threads: Annotated[int, typer.Option(help="Threads of the CPU.")] = 1,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Join a study, and take its trials one after the other.

    It ends when as many trials have ended as were asked for. A search has begun the study, and stored with it all
    that a worker needs; only data that is no part of the package must lie in the same place. Any number of workers
    may come and go. Ctrl-C or SIGTERM puts the running trial back.

    \b
    Examples:
      python -m nas_gan worker resdense-mnist5k
      python -m nas_gan worker mine --device cuda:1 \\
        --storage postgresql://host/studies
    """
    from nas_gan.api.search_state import describe
    from nas_gan.cli.search_options import FLAGS
    from nas_gan.jobs.supervisor import HopelessError
    from nas_gan.search.attendance import attending
    from nas_gan.search.catalogue import summarise, trials_asked_of
    from nas_gan.search.definition import definition_of, load_study
    from nas_gan.search.events import TrialEnded
    from nas_gan.search.search import count_done
    from nas_gan.search.storage.database import open_storage
    from nas_gan.search.worker import WorkerJob, run_worker

    check_at_least(1, threads, "--threads")
    if trials is not None:
        check_at_least(1, trials, "--trials")
    deadline = time.monotonic() + (parse_duration(timeout, "--timeout") if timeout else float("inf"))
    stop = StopRequest(once=False)
    console, progress = quiet_console(stderr=json), quiet_console(stderr=json, quiet=quiet)
    name = choose_study(study, option, storage)
    joined = load_study(open_storage(storage, create=False), name)
    metric = definition_of(joined).metric
    ended: Counter[str] = Counter()

    def emit(event: Event) -> None:
        if isinstance(event, TrialEnded):
            ended[event.state] += 1
        line = describe(event, metric)
        if line:
            clock = time.strftime("%H:%M:%S")
            progress.print(name_flags(f"[{clock}] {line}", FLAGS), soft_wrap=True)

    def check_stop() -> None:
        if stop.has_come or time.monotonic() > deadline:
            raise KeyboardInterrupt

    job = WorkerJob(storage, name, threads=threads, device=device, trials=trials, out=out)
    code = 0
    try:
        with attending(joined):
            run_worker(job, emit, check_stop)
        if not ended:
            wanted = trials or trials_asked_of(joined)
            all_of_them = "what it was to come to" if wanted is None else f"all its {wanted} trials"
            console.print(f"{name} has {all_of_them}; --trials N asks for more")
    except KeyboardInterrupt:
        is_over = time.monotonic() > deadline
        console.print(
            f"{'Time is up' if is_over else 'Stopped'}. The same command goes on, as do other workers."
        )
        code = 0 if is_over else 130
    except HopelessError as error:
        console.print(f"error: {error}", soft_wrap=True)
        code = 1
    if json:
        print_json(_facts(summarise(joined), ended, count_done(joined)))
    raise typer.Exit(code)


def _facts(summary: Any, ended: Counter[str], done: int) -> dict[str, Any]:
    return {
        "study": summary.name,
        "ended_here": dict(ended),
        "done": done,
        "counts": summary.counts,
        "best": {"trial": summary.best_number, "value": summary.best_value},
    }
