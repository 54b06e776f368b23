"""`rerun`: the best of a study again, with fresh seeds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

import nas_gan
from nas_gan.cli.common import (
    DEFAULT_STORAGE,
    JsonOption,
    StorageOption,
    print_folded,
    print_json,
    print_lines,
    print_rich,
    quiet_console,
)
from nas_gan.cli.folders import RunsFolderOption
from nas_gan.cli.named import choose_study, complete_study
from nas_gan.cli.options import DeviceOption
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.api.events import Message

QUIET_SECONDS = 10.0


def rerun(
    study: Annotated[
        str | None,
        typer.Argument(
            metavar="[STUDY | STUDY:TRIAL]",
            help="A study for the best of it, or one trial. [default: the only study]",
            show_default=False,
            autocompletion=complete_study,
        ),
    ] = None,
    top: Annotated[
        int | None, typer.Option(metavar="N", help="Compare so many of the best. [default: 3]")
    ] = None,
    seeds: Annotated[int, typer.Option(metavar="N", help="Fresh seeds of each.")] = 3,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="Trainings side by side. [default: one a core, or one on a GPU]"),
    ] = None,
    device: DeviceOption = "auto",
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Train the best again with fresh seeds.

    The best of a search was chosen by one seed each, and the luckiest comes first. This trains the
    top few again, ranks them by the mean, and then trains the best of them with as many more
    seeds: their mean is its figure, scored also on real images that nothing was chosen by where the
    search left some (a protocol that ends in -choice). Of STUDY:TRIAL, only that trial is trained.
    Ctrl-C loses nothing: the same command goes on.

    \b
    Examples:
      python -m nas_gan rerun resdense-mnist5k
      python -m nas_gan rerun resdense-mnist5k --top 5 --seeds 2
      python -m nas_gan rerun resdense-mnist5k:7 --seeds 5
    """
    from nas_gan.api.rerun import rerun as carry_out
    from nas_gan.cli.best import build_table
    from nas_gan.report.fresh import confidence_lines
    from nas_gan.report.tables import ranking_facts
    from nas_gan.search.catalogue import rank, read_one_trial

    name, _, which = (study or "").rpartition(":") if study and ":" in study else (study, "", "")
    if which and top is not None:
        raise InputError(f"--top {top}: {study} is one trial; leave it out")
    loaded = nas_gan.load_study(choose_study(name or None, None, storage), storage=storage, runs=out)
    trial = read_one_trial(loaded.optuna, which).number if which else None
    console = quiet_console(stderr=json)
    shown = time.monotonic()

    def show(message: Message) -> None:
        nonlocal shown
        if message.is_detail and time.monotonic() - shown < QUIET_SECONDS:
            return
        shown = time.monotonic()
        console.print(
            f"[{time.strftime('%H:%M:%S')}] {message}", markup=False, highlight=False, soft_wrap=True
        )

    try:
        carry_out(loaded, top or 3, trial, seeds, workers, device, show)
    except KeyboardInterrupt:
        console.print("Stopped. The same command goes on.", highlight=False)
        raise typer.Exit(130) from None
    except RuntimeError as error:
        console.print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    ranking, metric = rank(loaded.optuna), loaded.definition.metric
    if trial is not None:
        ranking = [one for one in ranking if one.number == trial]
    trained = [one for one in ranking if one.fresh is not None]
    if json:
        facts = [ranking_facts(one) for one in trained]
        print_json({"study": loaded.name, "metric": metric, "trials": facts})
        return
    print_rich(build_table(trained, metric))
    print_lines([""])
    print_folded(confidence_lines(trained, metric, loaded.name))
