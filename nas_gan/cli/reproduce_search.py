"""The part of `reproduce` that searches a space, one study a seed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from nas_gan.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from nas_gan.papers.plan import Options
    from nas_gan.papers.recipe import Recipe, SearchRecipe
    from nas_gan.search.config import SearchConfig


def reproduce_search(
    recipe: Recipe, search: SearchRecipe, file: Path, options: Options, workers: int, console: Console
) -> tuple[list[Path], int]:
    """Runs what remains of the searches and writes the results; the files, and the exit code."""
    from nas_gan.papers.search import read_searches, search_configs
    from nas_gan.papers.search_page import write_search
    from nas_gan.papers.tables import budget_text
    from nas_gan.papers.version import find_commit

    if options.only or options.scorings:
        raise InputError(f"{file}: is a search, which has no --only and no --scorings; leave them out")
    configs = search_configs(recipe, file.stem, options, workers)
    budget = budget_text(recipe, options.scale)
    console.print(f"{recipe.title}: {budget}", highlight=False, markup=False, soft_wrap=True)
    try:
        codes = [_search(config, console) for config in configs]
    except KeyboardInterrupt:
        console.print("Stopped. The same command goes on.")
        raise typer.Exit(130) from None
    result = read_searches(search, configs)
    return write_search(recipe, configs, result, options.scale, find_commit()), max(codes)


def _search(config: SearchConfig, console: Console) -> int:
    """Runs what remains of one search; its exit code."""
    from nas_gan.cli.search_state import SearchState
    from nas_gan.cli.search_view import build_view
    from nas_gan.search.catalogue import summarise
    from nas_gan.search.search import prepare_search, run_search

    prepared = prepare_search(
        config, lambda line: console.print(line, highlight=False, markup=False, soft_wrap=True)
    )
    so_far = summarise(prepared.study)
    state = SearchState(
        wanted=config.trials,
        done=prepared.done,
        lower_is_better=prepared.definition.direction == "minimize",
        timeout_seconds=None,
        best_number=so_far.best_number,
        best_value=so_far.best_value,
    )
    console.print(f"{config.study}: {prepared.done} of {config.trials} trials done", highlight=False)
    if prepared.remaining:
        with build_view(console, state, prepared.definition) as view:
            run_search(prepared, view.on_event, view.on_tick)
    if state.done >= config.trials:
        return 0
    return 2 if any(problem.bad_input for problem in state.problems) else 1
