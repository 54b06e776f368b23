"""Writes what a reproduction came to: a table in Markdown and as JSON, the figures as PNG, and one page of all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from nas_gan.files import write_whole
from nas_gan.papers.figures import panel_figure, score_panels, snapshot_rows, training_panels
from nas_gan.papers.plan import Plan
from nas_gan.papers.results import RunResult, compare_orderings
from nas_gan.papers.tables import (
    class_headings,
    class_rows,
    cross_rows,
    markdown_table,
    orderings_text,
    plan_facts,
    result_facts,
    result_headings,
    result_row,
)
from nas_gan.pictures.charts import panels_png
from nas_gan.pictures.contact_sheet import contact_sheet
from nas_gan.report.page import Section, build_page, figures_body, lines_body, table_body, wide_picture
from nas_gan.report.tables import cross_headings
from nas_gan.runs.crossval import CrossTable

FIGURES = {
    "losses": ("Losses", "What both networks minimise, over the training of the first seed."),
    "outputs": (
        "Outputs of the discriminator",
        "Its mean output on real and generated images: 0.5 is undecided.",
    ),
    "gradients": (
        "Gradient norms",
        "Of all of a network's parameters, from every update of the first seed: means over a stretch of the curve, "
        "and pale the largest in it.",
    ),
}


def write_reproduction(
    plan: Plan, results: Sequence[RunResult], crosses: Sequence[CrossTable], commit: str
) -> list[Path]:
    """Write all files into the recipe's folder and name them, the table first.

    crosses: for each seed that has all its runs, every discriminator against every generator. commit: the
    version of the program in the repository, or "unknown".
    """
    folder = plan.folder
    folder.mkdir(parents=True, exist_ok=True)
    pictures = _draw(plan, results)
    for name, png in pictures.items():
        (folder / name).write_bytes(png)
    tables = _tables(plan, results, crosses)
    facts = plan_facts(plan, results, commit)
    orderings = compare_orderings(plan.recipe, results)
    verdicts = orderings_text(orderings, plan.recipe) if _has_orderings(plan) else []
    write_whole(folder / "table.md", _markdown(plan, facts, tables, verdicts, list(pictures)))
    plain = {
        "recipe": plan.name,
        "kind": plan.recipe.kind,
        "scale": plan.options.scale,
        "shortened": plan.options.scale < 1.0,
        "widths": plan.widths,
        "facts": dict(facts),
        "results": [result_facts(plan.recipe, result) for result in results],
        "orderings": [asdict(ordering) for ordering in orderings],
        "crossval": [asdict(cross) for cross in crosses],
    }
    write_whole(folder / "table.json", json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
    sections = [Section(title, text, table_body(*table, table[0][1:])) for title, text, table in tables]
    if verdicts:
        sections.append(Section("Orderings", verdicts[0], lines_body(verdicts[1:])))
    sections += _figure_sections(plan, results, pictures)
    write_whole(folder / "page.html", build_page(plan.recipe.title, facts, sections))
    return [folder / name for name in ("table.md", "table.json", "page.html", *pictures)]


Table = tuple[Sequence[str], Sequence[Sequence[str]]]


def _tables(
    plan: Plan, results: Sequence[RunResult], crosses: Sequence[CrossTable]
) -> list[tuple[str, str, Table]]:
    recipe = plan.recipe
    tables: list[tuple[str, str, Table]] = []
    for group in dict.fromkeys(result.run.group for result in results):
        rows = [result_row(recipe, result) for result in results if result.run.group == group]
        text = (
            "Mean over seeds ± deviation of the sample; best and last are of a run's scorings. Swing (oscillation): "
            "deviation of the changes from one scoring to the next; lost (collapse): the last behind the best."
        )
        tables.append((group or "Scores", text, (result_headings(recipe), rows)))
    if shares := class_rows(results):
        text = "What the classifier takes the last scoring's images for, in percent."
        tables.append(("Classes made", text, (class_headings(results), shares)))
    if recipe.kind == "crossval" and crosses:
        text = (
            "Rows: the discriminator that judges. Columns: the generator. In percent: the mean of the share of "
            "real images judged real and of generated ones judged generated; 50 is guessing. The paper's in brackets."
        )
        names = [run.name for run in recipe.runs]
        tables.append(("Correct verdicts", text, (cross_headings(names), cross_rows(recipe.runs, crosses))))
    return tables


def _draw(plan: Plan, results: Sequence[RunResult]) -> dict[str, bytes]:
    """Return the figures that the recipe asks for, by the names of their files."""
    pictures = {}
    for kind in plan.recipe.figures:
        if kind == "snapshots":
            png = contact_sheet(snapshot_rows(results))
        else:
            panels = (
                score_panels(plan.recipe, results) if kind == "scores" else training_panels(results, kind)
            )
            png = panels_png(panels) if panels else None
        if png is not None:
            pictures[f"{kind}.png"] = png
    return pictures


def _figure_sections(plan: Plan, results: Sequence[RunResult], pictures: dict[str, bytes]) -> list[Section]:
    sections = []
    if "scores.png" in pictures:
        for number, panel in enumerate(score_panels(plan.recipe, results)):
            title = f"{panel.y_label} over training" + (f": {panel.title}" if panel.title else "")
            text = "From the same noise at every scoring. Pale lines are single seeds behind their mean."
            sections.append(Section(title, text, figures_body([panel_figure(panel)], f"scores-{number}")))
    for kind, (title, text) in FIGURES.items():
        if f"{kind}.png" in pictures:
            sections.append(Section(title, text, wide_picture(pictures[f"{kind}.png"], title)))
    if "snapshots.png" in pictures:
        text = "From the same noise throughout; the first seed."
        sections.append(
            Section("Samples over training", text, wide_picture(pictures["snapshots.png"], "Samples"))
        )
    return sections


def _markdown(
    plan: Plan,
    facts: Sequence[tuple[str, str]],
    tables: Sequence[tuple[str, str, Table]],
    verdicts: Sequence[str],
    pictures: Sequence[str],
) -> str:
    lines = [f"# {plan.recipe.title}", ""]
    lines += [f"- **{name}**: {value}" for name, value in facts]
    for title, text, table in tables:
        lines += ["", f"## {title}", "", text, "", *markdown_table(*table)]
    if verdicts:
        lines += ["", "## Orderings", "", verdicts[0], "", *(f"- {line}" for line in verdicts[1:])]
    for name in pictures:
        lines += ["", f"![{name.removesuffix('.png')}]({name})"]
    return "\n".join(lines) + "\n"


def _has_orderings(plan: Plan) -> bool:
    first = plan.recipe.scores[0]
    return bool(plan.recipe.orderings) or sum(first in run.published for run in plan.recipe.runs) > 1
