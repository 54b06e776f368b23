"""Writes what a paper's search came to: its trials by what they chose, and their parallel coordinates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from nas_gan.files import write_whole
from nas_gan.metrics.scores import METRICS
from nas_gan.papers.figures import parallel_figure
from nas_gan.papers.recipe import Recipe
from nas_gan.papers.search import SearchResult, Value, folder_of
from nas_gan.papers.tables import budget_text, markdown_table, summary_text
from nas_gan.pictures.charts import Axis, build_axis, parallel_png
from nas_gan.report.numbers import format_seconds
from nas_gan.report.page import Section, build_page, figures_body, picture_body, table_body, wide_picture
from nas_gan.runs.record import SAMPLES_FILE
from nas_gan.search.settings import SearchSettings

GROUPS_TEXT = (
    "Trials that were trained to their end, by what they chose; better groups first, by their best trial."
)
LINES_TEXT = "One line a trial; the darker, the better it scored."


def write_search(
    recipe: Recipe, configs: Sequence[SearchSettings], result: SearchResult, scale: float, commit: str
) -> list[Path]:
    """Write all files into the folder of the searches and name them, the table first."""
    folder = Path(configs[0].out)
    kind = METRICS[result.search.metric]
    metric, lower = kind.label, not kind.higher_is_better
    facts = _facts(recipe, configs, result, scale, commit)
    headings = (*result.search.group_by, "trials", f"best {metric}", f"mean {metric}")
    rows = [
        (
            *map(_text, group.values),
            str(group.summary.seeds),
            kind.format(group.best),
            summary_text(group.summary, kind.format),
        )
        for group in result.groups
    ]
    lines = [f"# {recipe.title}", "", *(f"- **{name}**: {value}" for name, value in facts)]
    lines += ["", "## Groups", "", GROUPS_TEXT, "", *markdown_table(headings, rows)]
    sections = [Section("Groups", GROUPS_TEXT, table_body(headings, rows, headings[-3:]))]
    written = [folder / name for name in ("table.md", "table.json", "page.html")]
    if result.trials:
        axes = _axes(result, metric)
        (folder / "parallel.png").write_bytes(parallel_png(axes, lower))
        written.append(folder / "parallel.png")
        lines += ["", "## Parallel coordinates", "", LINES_TEXT, "", "![parallel coordinates](parallel.png)"]
        figure = figures_body([parallel_figure(axes, lower)], "parallel")
        picture = wide_picture((folder / "parallel.png").read_bytes(), "Parallel coordinates")
        sections.append(Section("Parallel coordinates", LINES_TEXT, picture + figure))
        samples = folder_of(*result.trials[0]) / SAMPLES_FILE
        if samples.is_file():
            sections.append(Section("The best trial", "", picture_body(samples.read_bytes(), "Samples")))
    write_whole(folder / "table.md", "\n".join(lines) + "\n")
    write_whole(folder / "table.json", json.dumps(_plain(facts, result, scale), indent=1) + "\n")
    write_whole(folder / "page.html", build_page(recipe.title, facts, sections))
    return written


def _axes(result: SearchResult, metric: str) -> list[Axis]:
    labels = (*result.search.axes, metric)
    return [
        build_axis(label, [point[place] for point in result.points]) for place, label in enumerate(labels)
    ]


def _facts(
    recipe: Recipe, configs: Sequence[SearchSettings], result: SearchResult, scale: float, commit: str
) -> list[tuple[str, str]]:
    search, config = recipe.search, configs[0]
    seconds = sum(trial.record.wall_seconds for _, trial in result.trials if trial.record)
    asked = sum(one.trials for one in configs)
    return [
        ("paper", recipe.paper),
        ("claim", recipe.claim),
        ("search", "" if search is None else f"{search.space}, {search.sampler}, pruner {search.pruner}"),
        (
            "trials",
            f"{len(result.trials)} trained to their end, of {asked} asked for, in {len(configs)} studies",
        ),
        ("budget", budget_text(recipe, scale)),
        ("data", config.data),
        ("protocol", config.protocol or recipe.protocol),
        ("commit", commit),
        ("time", f"{format_seconds(seconds)} of training in all"),
    ]


def _plain(facts: Sequence[tuple[str, str]], result: SearchResult, scale: float) -> dict[str, object]:
    return {
        "kind": "search",
        "scale": scale,
        "shortened": scale < 1.0,
        "facts": dict(facts),
        "group_by": result.search.group_by,
        "groups": [
            {
                "values": group.values,
                "best": group.best,
                "mean": group.summary.mean,
                "deviation": group.summary.deviation,
                "trials": group.summary.seeds,
            }
            for group in result.groups
        ],
        "axes": [*result.search.axes, result.search.metric],
        "points": result.points,
    }


def _text(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else value
