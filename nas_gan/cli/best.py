"""`best`: the ranking of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from nas_gan.cli.common import (
    DEFAULT_STORAGE,
    JsonOption,
    StorageOption,
    build_columns,
    check_at_least,
    print_folded,
    print_json,
    print_lines,
    print_rich,
)
from nas_gan.cli.named import StudyArgument, StudyOption, choose_study
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from nas_gan.metrics.scores import Metric
    from nas_gan.search.catalogue import Trial


def best(
    study: StudyArgument = None,
    count: Annotated[int, typer.Option("-n", metavar="N", help="How many trials to show.")] = 5,
    latex: Annotated[bool, typer.Option("--latex", help="Print a LaTeX table, with booktabs.")] = False,
    option: StudyOption = None,
    storage: StorageOption = DEFAULT_STORAGE,
    json: JsonOption = False,
) -> None:
    """Rank the trials of a study, and show those on their way.

    Shows their scores, cost and topology. FID: the smaller the better; IS (± standard deviation over splits):
    the larger the better; of points, the smaller the transport distance and the more modes the better.
    Multiply-adds are those of both networks for one image. Of a study after several metrics, the front
    follows: the trials than which no other one is better in one metric and no worse in all others.
    Trials that were trained again with fresh seeds are ranked by those; ≈ marks what can't be told
    from the best.

    \b
    Examples:
      python -m nas_gan best
      python -m nas_gan best resdense-mnist5k -n 3
      python -m nas_gan best --latex > best.tex
    """
    from nas_gan.report.fresh import confidence_lines, one_seed_interval
    from nas_gan.report.front import front_table, front_title
    from nas_gan.report.latex import latex_table
    from nas_gan.report.tables import ranking_facts, ranking_table, unfinished_line
    from nas_gan.search.catalogue import rank
    from nas_gan.search.definition import definition_of, load_study
    from nas_gan.search.front import front_facts, read_front
    from nas_gan.search.storage.database import open_storage
    from nas_gan.search.unfinished import read_unfinished

    check_at_least(1, count, "-n")
    if latex and json:
        raise InputError("--latex and --json: give one of them")
    name = choose_study(study, option, storage)
    loaded = load_study(open_storage(storage, create=False), name)
    metric, metrics = definition_of(loaded).metric, definition_of(loaded).metrics
    whole = rank(loaded)
    ranking = whole[:count]
    unfinished = read_unfinished(loaded)[:count]
    if json:
        trials = [ranking_facts(trial) for trial in ranking]
        interval = one_seed_interval(ranking[0], metric) if ranking else None
        print_json(
            {
                "study": name,
                "metric": metric,
                "metrics": metrics,
                "front": front_facts(loaded),
                "best": trials,
                "interval_of_one_seed": interval,
                "unfinished": [asdict(one) for one in unfinished],
            }
        )
        return
    if latex:
        protocol = definition_of(loaded).protocol.get("name")
        headings, rows = ranking_table(ranking, metric)
        caption = f"The best trials of {name}, scored under {protocol}."
        print_lines(latex_table(headings, rows, caption, headings).splitlines())
        return
    if ranking:
        print_rich(build_table(ranking, metric))
        print_lines([""])
        print_folded(confidence_lines(whole, metric, name))
        _print_topologies(ranking)
    else:
        print_lines([f"No trial of {name} has been trained to its end yet."])
    if ranking and len(metrics) > 1:
        headings, rows = front_table(read_front(loaded), metrics)
        print_lines(["", f"{front_title(metrics)}:"])
        print_rich(build_columns(headings, rows, numbers=headings))
    if unfinished:
        print_lines(["", "On their way:", *(f"  {unfinished_line(one, metric)}" for one in unfinished)])


def build_table(ranking: Sequence[Trial], metric: Metric) -> Table:
    """Return the ranking as a table; the column it is ranked by is marked."""
    from nas_gan.report.tables import ranking_table

    headings, rows = ranking_table(ranking, metric)
    return build_columns(headings, rows, numbers=headings)


def _print_topologies(ranking: Sequence[Trial]) -> None:
    """Draw the first one, and put the others on two lines each."""
    from nas_gan.report.topology import describe_topology, draw_topology

    for place, trial in enumerate(ranking):
        if trial.record is not None:
            draw = describe_topology if place else draw_topology
            print_lines(["", f"trial {trial.number}"])
            print_folded(draw(trial.record.architecture))
