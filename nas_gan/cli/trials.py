"""`trials`: all trials of a study as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import nas_gan
from nas_gan.cli.common import (
    DEFAULT_STORAGE,
    StorageOption,
    build_columns,
    print_json,
    print_lines,
    print_rich,
)
from nas_gan.cli.named import StudyArgument, choose_study
from nas_gan.cli.output import write_result
from nas_gan.errors import InputError


def trials(
    study: StudyArgument = None,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, with a column a hole.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="As a LaTeX table, with booktabs.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown table.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON, with a key a hole.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it there.", show_default=False),
    ] = None,
    storage: StorageOption = DEFAULT_STORAGE,
) -> None:
    """List all trials of a study as a table.

    Running and pruned ones too, with their scores at each rung, their cost, and why they ended.

    \b
    Examples:
      python -m nas_gan trials resdense-mnist5k
      python -m nas_gan trials --csv -o trials.csv
      python -m nas_gan trials --latex > trials.tex
    """
    from nas_gan.report.latex import latex_table, markdown_table
    from nas_gan.report.study.table import columns_of, csv_text, plain_rows
    from nas_gan.search.views import read_view

    chosen = [
        name
        for name, on in (("--csv", csv), ("--latex", latex), ("--markdown", markdown), ("--json", json))
        if on
    ]
    if len(chosen) > 1:
        raise InputError(f"{' and '.join(chosen)}: give one of them")
    if output is not None and chosen not in (["--csv"], ["--latex"], ["--markdown"]):
        raise InputError(f"-o {output}: as what? give --csv, --latex or --markdown, too")
    name = choose_study(study, None, storage)
    view = read_view(nas_gan.load_study(name, storage=storage).optuna, with_importance=False)
    columns = columns_of(view)
    headings = [column.heading for column in columns]
    numbers = [column.heading for column in columns if column.is_number]
    rows = [[column.text(one) for column in columns] for one in view.trials]
    if json:
        print_json({"study": name, "trials": plain_rows(view)})
        return
    if not chosen:
        print_rich(build_columns(headings, rows, numbers=numbers, whole=["state"]))
        return
    if csv:
        text = csv_text(plain_rows(view))
    elif latex:
        kept = [place for place, column in enumerate(columns) if column.key != "reason"]
        text = latex_table(
            [headings[place] for place in kept],
            [[row[place] for place in kept] for row in rows],
            f"Trials of {name}, scored under {view.definition.protocol.get('name')}.",
            numbers,
        )
    else:
        text = markdown_table(headings, rows, numbers)
    if output is None:
        print_lines(text.splitlines())
    else:
        write_result(output, text)
        print_lines([f"Wrote {output}"])
