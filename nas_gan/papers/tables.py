"""A reproduction as tables: the paper's figures beside ours, and which of its orderings hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nas_gan.metrics.scores import SCORE_KINDS
from nas_gan.papers.plan import Plan
from nas_gan.papers.recipe import Published, Recipe, RunRecipe, published_value
from nas_gan.papers.results import Judged, Ordering, RunResult, Summary, summarise
from nas_gan.report.numbers import format_count, format_seconds

if TYPE_CHECKING:
    from nas_gan.runs.crossval import CrossTable

NOTHING = "–"
JUDGED: tuple[Judged, ...] = ("best", "last")

WriteNumber = Callable[[float], str]


def result_headings(recipe: Recipe) -> tuple[str, ...]:
    """Return headings of `result_row`: a column for the paper's figures where there are any, two a score for ours."""
    columns = ["run", "updates", "seeds"]
    for name in recipe.scores:
        if _published_names(recipe, name):
            columns.append(f"{SCORE_KINDS[name].label}, paper")
        columns += [f"{SCORE_KINDS[name].label}, best", f"{SCORE_KINDS[name].label}, last"]
    label = SCORE_KINDS[recipe.scores[0]].label
    columns += [f"{label}, swing", f"{label}, lost"]
    return (*columns, "parameters G + D", "time a run")


def result_row(recipe: Recipe, result: RunResult) -> tuple[str, ...]:
    """Return one run's figures under `result_headings`, mean ± deviation over its seeds."""
    job = result.jobs[0]
    cells = [result.run.name, f"{job.images // result.images_per_update:,}", _seeds_text(result)]
    for name in recipe.scores:
        write = SCORE_KINDS[name].format
        if _published_names(recipe, name):
            cells.append(published_text(result.run.published.get(name), write))
        cells += [summary_text(result.summarise(name, judged), write) for judged in JUDGED]
    first = SCORE_KINDS[recipe.scores[0]]
    cells += [summary_text(summary, first.format) for summary in (result.swing(first), result.lost(first))]
    return (
        *cells,
        _cost_text(result),
        NOTHING if result.wall_seconds is None else format_seconds(result.wall_seconds),
    )


def summary_text(summary: Summary | None, write: WriteNumber) -> str:
    """Write `9.14 ± 0.05` over several seeds, `9.14` for one."""
    if summary is None:
        return NOTHING
    deviation = "" if summary.deviation is None else f" ± {write(summary.deviation)}"
    return f"{write(summary.mean)}{deviation}"


def published_text(published: Published | None, write: WriteNumber) -> str:
    """Write a published figure with its deviation."""
    if published is None:
        return NOTHING
    value, deviation = published_value(published)
    return write(value) + ("" if deviation is None else f" ± {write(deviation)}")


def class_rows(results: Sequence[RunResult]) -> list[tuple[str, ...]]:
    """Write a row a run that has them: the last scoring's shares of classes in percent, mean ± deviation over seeds."""
    rows = []
    for result in results:
        shares = [found for one in result.finished if (found := one.class_shares)]
        if shares:
            summaries = [summarise([100 * share for share in each]) for each in zip(*shares, strict=True)]
            rows.append((result.run.name, *(summary_text(one, "{:.1f}".format) for one in summaries)))
    return rows


def class_headings(results: Sequence[RunResult]) -> tuple[str, ...]:
    """Return headings of `class_rows`: the classes' names."""
    names = next(one.record.class_names for result in results for one in result.finished if one.class_shares)
    return ("run", *names)


def cross_rows(runs: Sequence[RunRecipe], crosses: Sequence[CrossTable]) -> list[tuple[str, ...]]:
    """Write a row a discriminator: rates in percent, mean ± deviation over the tables, the paper's in brackets."""
    return [
        (
            judge.name,
            *(
                _cross_cell([cross.rates[row][column] for cross in crosses], judge, other.name)
                for column, other in enumerate(runs)
            ),
        )
        for row, judge in enumerate(runs)
    ]


def orderings_text(orderings: Sequence[Ordering], recipe: Recipe) -> list[str]:
    """Say how many of the paper's orderings hold, and a line for each of those that don't."""
    if not orderings:
        return ["The paper's orderings: none can be checked yet."]
    counts = {
        verdict: sum(one.verdict == verdict for one in orderings) for verdict in ("holds", "fails", "tie")
    }
    kind = SCORE_KINDS[recipe.scores[0]]
    lines = [
        f"The paper's orderings by {kind.label} ({recipe.judged}): {counts['holds']} of {len(orderings)} pairs hold, "
        f"{counts['fails']} don't, {counts['tie']} are ties within one deviation over seeds."
    ]
    return lines + [_ordering_line(one, kind.format) for one in orderings if one.verdict != "holds"]


def plan_facts(plan: Plan, results: Sequence[RunResult], commit: str) -> list[tuple[str, str]]:
    """Under which conditions the figures came about, as names and values."""
    recipe, options = plan.recipe, plan.options
    records = [one.record for result in results for one in result.finished]
    facts = [("paper", recipe.paper), ("claim", recipe.claim)]
    facts.append(("budget", budget_text(recipe, options.scale)))
    if plan.widths != 1.0:
        facts.append(("widths", widths_text(plan.widths)))
    facts.append(
        ("data", ", ".join(sorted({result.data for result in results})) + _limit_text(options.limit))
    )
    facts.append(("protocol", options.protocol or recipe.protocol))
    ended = sum(record.outcome == "complete" for record in records)
    facts.append(("runs", f"{ended} complete, {len(records) - ended} given up, of {len(plan.jobs)}"))
    if records:
        facts.append(("device", ", ".join(sorted({record.device for record in records}))))
        facts.append(("versions", ", ".join(f"{name} {text}" for name, text in records[0].versions.items())))
    facts.append(("commit", commit))
    facts.append(
        ("time", format_seconds(sum(record.wall_seconds for record in records)) + " of training in all")
    )
    return facts


def budget_text(recipe: Recipe, scale: float) -> str:
    """`30,000 iterations a run`, and what `scale` has made of it."""
    budget = f"{recipe.budget.amount:,} {recipe.budget.unit} a {'trial' if recipe.search else 'run'}"
    if scale == 1.0:
        return f"{budget}, as the recipe says"
    return f"SHORTENED to {scale:g} of the recipe's {budget}: not comparable with the paper's figures"


def widths_text(share: float) -> str:
    """Write by how much the networks are narrower than the recipe's."""
    return f"NARROWED to {share:g} of the architectures' widths: not comparable with the paper's figures"


def markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table in Markdown."""
    lines = [list(headings), ["---"] * len(headings), *map(list, rows)]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def result_facts(recipe: Recipe, result: RunResult) -> dict[str, Any]:
    """Return one run's figures as plain data."""
    return {
        "run": result.run.name,
        "group": result.run.group,
        "architecture": result.run.architecture,
        "against": result.run.against,
        "data": result.data,
        "images": result.jobs[0].images,
        "iterations": result.jobs[0].images // result.images_per_update,
        "published": result.run.published,
        "scores": {
            name: {
                judged: None if summary is None else asdict(summary)
                for judged in JUDGED
                for summary in [result.summarise(name, judged)]
            }
            for name in recipe.scores
        },
        "swing": _plain(result.swing(SCORE_KINDS[recipe.scores[0]])),
        "lost": _plain(result.lost(SCORE_KINDS[recipe.scores[0]])),
        "runs": [
            {
                "seed": one.job.seed,
                "outcome": one.record.outcome,
                "reason": one.record.reason,
                "folder": str(one.job.folder),
                "wall_seconds": one.record.wall_seconds,
                "class_shares": one.class_shares,
            }
            for one in result.finished
        ],
    }


def _plain(summary: Summary | None) -> dict[str, Any] | None:
    return None if summary is None else asdict(summary)


def _published_names(recipe: Recipe, name: str) -> list[str]:
    return [run.name for run in recipe.runs if name in run.published]


def _seeds_text(result: RunResult) -> str:
    given_up = sum(one.record.outcome == "pruned" for one in result.finished)
    counted = f"{len(result.finished)} of {len(result.jobs)}"
    return f"{counted}, {given_up} given up" if given_up else counted


def _cost_text(result: RunResult) -> str:
    from nas_gan.spec import compute_cost

    cost = compute_cost(result.jobs[0].architecture)
    return f"{format_count(cost.generator_parameters)} + {format_count(cost.discriminator_parameters)}"


def _ordering_line(one: Ordering, write: WriteNumber) -> str:
    measured = f"{write(one.measured[0])} and {write(one.measured[1])}"
    said = "a tie here" if one.verdict == "tie" else "the other way round here"
    published = "" if one.published is None else "; in the paper {} and {}".format(*map(write, one.published))
    return f"{one.better} before {one.worse}: {said} ({measured}{published})"


def _cross_cell(rates: Sequence[float], judge: RunRecipe, generator: str) -> str:
    summary = summarise([100 * rate for rate in rates])
    if summary is None:
        return NOTHING
    text = summary_text(summary, "{:.2f}".format)
    published = judge.published.get(generator)
    return text if published is None else f"{text} ({published_value(published)[0]:.2f})"


def _limit_text(limit: int | None) -> str:
    return "" if limit is None else f", at most {limit:,} training images"
