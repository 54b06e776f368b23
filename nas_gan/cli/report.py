"""`report`: a study as one page that stands alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import nas_gan
from nas_gan.cli.common import DEFAULT_STORAGE, JsonOption, StorageOption, print_json, print_lines
from nas_gan.cli.folders import RunsFolderOption
from nas_gan.cli.named import complete_study, only_study
from nas_gan.cli.output import write_result
from nas_gan.cli.pages import PageOption, check_page
from nas_gan.errors import InputError


def report(
    studies: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STUDY [STUDY]]",
            help="A study, or two side by side. [default: the only one]",
            show_default=False,
            autocompletion=complete_study,
        ),
    ] = None,
    output: PageOption = Path("page.html"),
    samples: Annotated[bool, typer.Option(help="Put the samples of every trial into the page.")] = True,
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Write the page of a study, or of two side by side.

        It has all trials, running ones too, with their networks, samples and curves, and the search as a whole. Of
    two studies: the best so far of each over compute and time, what matters in each, and the best trials side by
    side. The page stands alone: any browser opens it, without a connection.

    \b
    Examples:
      python -m nas_gan report resdense-mnist5k -o page.html
      python -m nas_gan report first second -o both.html
    """
    from nas_gan.api.study_page import build_study_page

    check_page(output)
    names = studies or [only_study(storage)]
    if len(names) > 2:
        raise InputError(f"{', '.join(names)}: a page is of one study, or of two side by side")
    loaded = [nas_gan.load_study(name, storage=storage, runs=out) for name in names]
    write_result(output, build_study_page(loaded[0], *loaded[1:], samples=samples))
    if json:
        print_json({"file": str(output), "studies": names})
    else:
        print_lines([f"Wrote {output}"])
