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
    from nas_gan.search.settings import SearchSettings


def reproduce_search(
    recipe: Recipe,
    search: SearchRecipe,
    file: Path,
    options: Options,
    workers: int,
    log_to: str | None,
    console: Console,
) -> tuple[list[Path], int]:
    """Run what remains of the searches and write the results; return the files, and the exit code."""
    from nas_gan.papers.search import read_searches, search_configs
    from nas_gan.papers.search_page import write_search
    from nas_gan.papers.tables import budget_text
    from nas_gan.papers.version import find_commit

    if options.only or options.scorings:
        raise InputError(f"{file}: is a search, which has no --only and no --scorings; leave them out")
    told = {"log_to": log_to}
    configs = [one.model_copy(update=told) for one in search_configs(recipe, file.stem, options, workers)]
    budget = budget_text(recipe, options.scale)
    console.print(f"{recipe.title}: {budget}", highlight=False, markup=False, soft_wrap=True)
    try:
        codes = [_search(config, console) for config in configs]
    except KeyboardInterrupt:
        console.print("Stopped. The same command goes on.")
        raise typer.Exit(130) from None
    result = read_searches(search, configs)
    return write_search(recipe, configs, result, options.scale, find_commit()), max(codes)


def _search(config: SearchSettings, console: Console) -> int:
    """Run what remains of one search; return its exit code."""
    from nas_gan.api.search import carry_out
    from nas_gan.cli.search_view import SearchView

    with SearchView(console) as view:
        outcome = carry_out(config, view.show)
    if outcome.is_interrupted:
        raise KeyboardInterrupt
    if outcome.is_finished():
        return 0
    return 2 if isinstance(outcome.problem, InputError) else 1
