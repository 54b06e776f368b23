"""`explain`: what each option of a study's space is worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import nas_gan
from nas_gan.cli.common import (
    DEFAULT_STORAGE,
    JsonOption,
    StorageOption,
    check_at_least,
    print_json,
    print_lines,
    quiet_console,
)
from nas_gan.cli.named import StudyArgument, StudyOption, choose_study
from nas_gan.cli.output import write_result
from nas_gan.cli.pages import check_page
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.api.study import Study
    from nas_gan.explain.confirm import Confirmed
    from nas_gan.explain.study import Explanation


def explain(  # noqa: PLR0913, PLR0917 - one parameter an option
    study: StudyArgument = None,
    count: Annotated[int, typer.Option("-n", metavar="N", help="How many effects to show.")] = 12,
    confirm: Annotated[
        int, typer.Option(metavar="N", help="Train so many single changes of the best trial.")
    ] = 0,
    seeds: Annotated[int, typer.Option(metavar="N", help="With --confirm, fresh seeds of each.")] = 3,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="With --confirm, folder of the runs. [default: RUNS/STUDY.confirm]"),
    ] = None,
    device: Annotated[str, typer.Option(help="With --confirm: auto, cpu, cuda, cuda:1.")] = "auto",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.html", help="Also draw them, as a page.")
    ] = None,
    option: StudyOption = None,
    storage: StorageOption = DEFAULT_STORAGE,
    json: JsonOption = False,
) -> None:
    """Say what each option of a study's space is worth.

    That is in place of another one, all else equal, from its trials, with a 95 % interval. With --confirm, the
    largest effects on the best trial are checked: each as a single change of it, trained with fresh seeds beside
    it. The same command goes on where it was stopped.

    \b
    Examples:
      python -m nas_gan explain resdense-mnist5k
      python -m nas_gan explain resdense-mnist5k --confirm 5 -o explain.html
    """
    from nas_gan.explain.page import build_explanation_page
    from nas_gan.explain.study import explain_study
    from nas_gan.explain.words import CAUTION, confirmed_line, explanation_facts, worth_line

    for name, value in (("-n", count), ("--seeds", seeds)):
        check_at_least(1, value, name)
    check_at_least(0, confirm, "--confirm")
    if output is not None:
        check_page(output)
    name = choose_study(study, option, storage)
    loaded = nas_gan.load_study(name, storage=storage)
    metric, explanation = loaded.definition.metric, explain_study(loaded.optuna)
    if not json:
        shown = explanation.worth[:count]
        basis = f"From {len(explanation.cases)} trials, after {explanation.images:,} images each:"
        lines = [worth_line(one, metric) for one in shown]
        print_lines([basis, *lines, "", CAUTION] if lines else ["Nothing can be told apart yet; search on."])
    confirmed = _confirm(loaded, explanation, confirm, seeds, out, device) if confirm else []
    if json:
        print_json(explanation_facts(explanation, name, metric, confirmed))
    elif confirmed:
        print_lines(["", "The best trial, changed:", *(confirmed_line(one, metric) for one in confirmed)])
    if output is not None:
        write_result(output, build_explanation_page(explanation, name, metric, confirmed))
        if not json:
            print_lines([f"Wrote {output}"])


def _confirm(
    study: Study, explanation: Explanation, count: int, seeds: int, out: Path | None, device: str
) -> list[Confirmed]:
    from nas_gan.explain.confirm import confirm, plan_changes
    from nas_gan.runs.resources import choose_device
    from nas_gan.search.ingredients import gather_for_worker
    from nas_gan.store.remote_folder import is_url

    console = quiet_console(stderr=True)

    def announce(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    if out is None and is_url(study.runs):
        raise InputError(f"{study.runs}: the study's runs are at a URL; give a folder here with --out")
    ingredients = gather_for_worker(study.optuna, study.storage, choose_device(device), announce)
    changes = plan_changes(explanation, ingredients, count)
    folder = out or Path(study.runs, f"{study.name}.confirm")
    return confirm(explanation, changes, ingredients, folder, seeds, announce)
