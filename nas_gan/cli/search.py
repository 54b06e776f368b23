"""`search`: samples, trains, scores and prunes architectures of a space."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from nas_gan.cli.common import DEFAULT_STORAGE, build_columns, print_json, print_lines, quiet_console, say
from nas_gan.cli.search_options import with_options
from nas_gan.errors import InputError
from nas_gan.units import parse_duration

if TYPE_CHECKING:
    from nas_gan.api.search import SearchOutcome
    from nas_gan.api.study import Study
    from nas_gan.search.catalogue import Trial
    from nas_gan.search.settings import SearchSettings

DEFAULT_TIMEOUT_SECONDS, DEFAULT_GRACE_SECONDS = 360.0, 60.0
RESULTS_SHOWN, UNFINISHED_SHOWN = 5, 3


@with_options
def search(
    given: Mapping[str, Any], study_file: Path | None, plan: str | None, json: bool, quiet: bool
) -> None:
    """Search a space of GAN topologies.

    The same command again continues the study, and interrupted trials where they stood. Ctrl-C ends it; `worker` joins
    it from elsewhere.

    \b
    Examples:
      python -m nas_gan search --space resdense
      python -m nas_gan search --data cifar10 --trials 200 --images 2M
      python -m nas_gan search --study-file studies/quick_digits.toml
      python -m nas_gan search --space resdense --plan 8h
    """
    settings = build_settings(given, study_file)
    if plan is None:
        _run(settings, json, quiet)
    else:
        _plan(settings, plan, json, quiet)


def build_settings(given: Mapping[str, Any], study_file: Path | None) -> SearchSettings:
    """Check what was given as options and in a recipe; options win. An error says where its setting was given."""
    from nas_gan.search.recipe_file import load_recipe
    from nas_gan.search.settings import NO_END, SETTINGS, SearchSettings, parse_setting

    recipe = {} if study_file is None else load_recipe(study_file)
    flags = {name: parse_setting(name, value, is_text=True) for name, value in given.items()}
    settings = recipe | flags
    if not settings.keys() & {"trials", "timeout_seconds"}:
        in_a_hurry = {"timeout_seconds": DEFAULT_TIMEOUT_SECONDS, "grace_seconds": DEFAULT_GRACE_SECONDS}
        settings = in_a_hurry | settings
    settings.setdefault("trials", NO_END)
    try:
        return SearchSettings(**settings)
    except InputError as error:
        if error.setting in recipe.keys() - flags.keys():
            raise InputError(f"{study_file}: {SETTINGS[error.setting].key} {error.problem}") from None
        raise


def _run(settings: SearchSettings, json: bool, quiet: bool) -> None:
    from nas_gan.api.search import carry_out
    from nas_gan.cli.search_view import SearchView

    # With --json, standard output is for the result alone.
    console = quiet_console(stderr=json)
    try:
        with SearchView(quiet_console(stderr=json, quiet=quiet)) as view:
            outcome = carry_out(settings, view.show)
    except KeyboardInterrupt:
        console.print("Stopped before the first trial; the same command starts again.")
        raise typer.Exit(130) from None
    if quiet and outcome.problem is not None:
        say(f"error: {outcome.problem}")
    finished = _tell_results(console, outcome, json=json)
    if outcome.is_interrupted or not (outcome.is_in_time or finished):
        why = "Stopped" if outcome.is_interrupted else "Time is up"
        console.print(f"{why}. The same command continues the study.", highlight=False)
    if outcome.is_interrupted:
        raise typer.Exit(130)
    if not finished and outcome.is_in_time:
        raise typer.Exit(2 if isinstance(outcome.problem, InputError) else 1)


def _plan(settings: SearchSettings, plan: str, json: bool, quiet: bool) -> None:
    from nas_gan.api.plan import plan_lines, plan_search

    try:
        seconds = parse_duration(plan)
    except ValueError as error:
        raise InputError(f"--plan {plan}: {error}") from None
    console = quiet_console(stderr=True, quiet=quiet)

    def announce(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    found = plan_search(settings, seconds, announce)
    if json:
        print_json(found.facts())
    else:
        print_lines(plan_lines(found))


def _tell_results(console: Any, outcome: SearchOutcome, *, json: bool) -> bool:
    """Print what the study has come to; say whether as many trials have ended as were asked for."""
    from nas_gan.store.retry import without_waiting

    def give_up(trouble: str) -> None:
        console.print(f"{trouble}; what has been trained is kept", highlight=False, soft_wrap=True)

    with without_waiting(give_up):
        finished = outcome.is_finished()
        if json:
            print_json(_facts(outcome.study, finished=finished and not outcome.is_interrupted))
        else:
            _conclude(console, outcome.study)
        return finished
    return False


def _conclude(console: Any, study: Study) -> None:
    from nas_gan.cli.best import build_table
    from nas_gan.report.fresh import confidence_lines
    from nas_gan.report.front import front_table, front_title
    from nas_gan.report.tables import starts_line, unfinished_line
    from nas_gan.search.catalogue import rank
    from nas_gan.search.front import read_front
    from nas_gan.search.unfinished import read_unfinished
    from nas_gan.store.address import masked_url

    ranking = rank(study.optuna)
    for one in read_unfinished(study.optuna)[:UNFINISHED_SHOWN]:
        if one.is_ahead and one.state != "paused":
            line = unfinished_line(one, study.definition.metric)
            console.print(
                f"Not ended, and {line}: the same command goes on with it.", highlight=False, soft_wrap=True
            )
    if not ranking:
        console.print("No trial has been trained to its end yet.")
        return
    console.print(build_table(ranking[:RESULTS_SHOWN], study.definition.metric))
    if len(study.definition.metrics) > 1:
        headings, rows = front_table(read_front(study.optuna), study.definition.metrics)
        console.print(f"{front_title(study.definition.metrics)}:", highlight=False)
        console.print(build_columns(headings, rows, numbers=headings))

    for line in confidence_lines(ranking, study.definition.metric, study.name):
        console.print(line, highlight=False, soft_wrap=True)
    if compared := starts_line(ranking, study.definition.metric):
        console.print(compared, highlight=False, soft_wrap=True)
    storage = [] if study.storage == DEFAULT_STORAGE else ["--storage", masked_url(study.storage)]
    named = shlex.join(["--study", study.name, *storage])
    best = shlex.join([f"{study.name}:{ranking[0].number}", *storage])
    lines = (
        f"Samples of the best: {_folder_of(study, ranking[0])}/samples.png",
        f"See:    python -m nas_gan plot {named}",
        f"Train:  python -m nas_gan train {best} --images 300k -o best",
        f"Export: python -m nas_gan export {named} -o bundle",
    )
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _facts(study: Study, finished: bool) -> dict[str, Any]:
    from nas_gan.report.fresh import fresh_facts, one_seed_interval
    from nas_gan.search.catalogue import rank, summarise
    from nas_gan.search.front import front_facts
    from nas_gan.search.unfinished import read_unfinished

    summary = summarise(study.optuna)
    best = rank(study.optuna)[:RESULTS_SHOWN]
    unfinished = read_unfinished(study.optuna)
    return {
        "study": summary.name,
        "finished": finished,
        "counts": summary.counts,
        "metric": summary.metric,
        "metrics": study.definition.metrics,
        "front": front_facts(study.optuna),
        "interval_of_one_seed": one_seed_interval(best[0], summary.metric) if best else None,
        "best": [
            {
                "trial": trial.number,
                "value": trial.value,
                "fresh": fresh_facts(trial),
                "folder": _folder_of(study, trial),
            }
            for trial in best
        ],
        "unfinished": [asdict(one) for one in unfinished],
    }


def _folder_of(study: Study, trial: Trial) -> str:
    """Return the folder of a trial's run; of one at a URL, its address."""
    return f"{study.runs.rstrip('/')}/{study.name}/{trial.number}"
