"""`studies`: keeping them: rename, delete, copy, verify. `status` says what there is."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nas_gan.cli.command import Command
from nas_gan.cli.common import (
    DEFAULT_STORAGE,
    JsonOption,
    StorageOption,
    format_count,
    print_json,
    print_lines,
)
from nas_gan.cli.folders import RunsFolderOption
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.maintenance.verification import Finding

NameArgument = Annotated[str, typer.Argument(metavar="STUDY", help="Name of the study.")]
PROBLEMS_LEFT = 1

studies = typer.Typer(name="studies", rich_markup_mode=None)


@studies.callback(invoke_without_command=True)
def explain(context: typer.Context) -> None:
    """Rename, delete, copy and mend studies.

    `status` lists and shows them.

    \b
    Examples:
      python -m nas_gan studies rename resdense-mnist5k first-try
      python -m nas_gan studies verify --mend
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


@studies.command(cls=Command)
def rename(
    study: NameArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Rename a study and its folder. No trial of it may be running.

    \b
    Example:
      python -m nas_gan studies rename resdense-mnist5k first-try
    """
    from nas_gan.maintenance.administration import rename_study
    from nas_gan.search.definition import load_study
    from nas_gan.search.places import find_runs
    from nas_gan.search.storage.database import open_storage

    opened = open_storage(storage, create=False)
    runs = out or find_runs(load_study(opened, study), storage)
    rename_study(opened, study, name, runs)
    _report({"renamed": study, "to": name}, f"{study} is now {name}.", json)


@studies.command(cls=Command)
def delete(
    study: NameArgument,
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    json: JsonOption = False,
) -> None:
    """Delete a study, its trials, its runs with their weights, and its pictures. Asks first.

    \b
    Example:
      python -m nas_gan studies delete first-try
    """
    from nas_gan.maintenance.administration import delete_study, find_holdings
    from nas_gan.search.definition import load_study
    from nas_gan.search.places import find_runs
    from nas_gan.search.storage.database import open_storage

    opened = open_storage(storage, create=False)
    loaded = load_study(opened, study)
    runs = out or find_runs(loaded, storage)
    held = find_holdings(opened, loaded, runs)
    what = f"{study}: {held.trials:,} trials, and {held.files:,} files ({format_count(held.bytes)}B) of {held.folder}"
    if held.shared_with:
        what = f"{study}: {held.trials:,} trials; {held.folder} stays, for the copy in {held.shared_with}"
    if not yes:
        if not sys.stdin.isatty():
            raise InputError(f"{what}: nobody is there to be asked; give --yes to delete this")
        if not typer.confirm(f"Delete {what}?", err=True):
            print_lines(["Nothing was deleted."])
            raise typer.Exit(1)
    delete_study(opened, study, runs)
    facts = {"deleted": study, "trials": held.trials, "files": held.files, "bytes": held.bytes}
    _report(facts, f"Deleted {what}.", json)


@studies.command(cls=Command)
def copy(
    study: NameArgument,
    origin: Annotated[str, typer.Option("--from", metavar="FILE|URL", help="Database that has the study.")],
    target: Annotated[str, typer.Option("--to", metavar="FILE|URL", help="Database that gets a copy.")],
    out: RunsFolderOption = None,
    to_out: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|URL",
            help="Where the copy's runs go. [default: the folder of the file in --to; for a server, or where they "
            "are at a URL, they stay where they are]",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Copy a study whole into another database, with its runs and pictures where they aren't to stay in one place.

    The copy appears when it is complete; a copy that was cut short is begun again by the same command.

    \b
    Examples:
      python -m nas_gan studies copy digits --from runs/studies.db --to backup/studies.db
      python -m nas_gan studies copy digits --from runs/studies.db --to postgresql://server/studies
      python -m nas_gan studies copy digits --from runs/studies.db --to new/studies.db --to-out s3://bucket/runs
    """
    from nas_gan.maintenance.copying import copy_study
    from nas_gan.search.definition import load_study
    from nas_gan.search.places import copy_place, find_runs
    from nas_gan.search.storage.database import masked_url, open_storage

    source = open_storage(origin, create=False)
    runs = out or find_runs(load_study(source, study), origin)
    to_runs = to_out or copy_place(runs, target)
    copied = copy_study(study, source, open_storage(target, create=True), runs, to_runs)
    files = f", {copied.files:,} files to {to_runs}" if copied.files else ""
    said = f"Copied {study} to {masked_url(target)}: {copied.trials:,} trials{files}."
    if copied.running:
        said += (
            f"\n{copied.running:,} of them were running, which they aren't in the copy; to queue them there:"
            f"\n  python -m nas_gan studies verify {study} --storage {masked_url(target)} --mend"
        )
    _report({"copied": study, "to": masked_url(target), **asdict(copied)}, said, json)


@studies.command(cls=Command)
def verify(
    study: Annotated[
        str | None,
        typer.Argument(metavar="[STUDY]", help="Name of one study; without it, all are looked at."),
    ] = None,
    storage: StorageOption = DEFAULT_STORAGE,
    out: RunsFolderOption = None,
    mend: Annotated[bool, typer.Option("--mend", help="Mend what can be mended; no run is deleted.")] = False,
    json: JsonOption = False,
) -> None:
    """Find what kills and faults have left behind, and mend it.

    Trials that nobody runs any more, results that the database doesn't have yet, damaged and left-over checkpoints,
    folders without a trial, records that differ, missing weights and pictures. Exit code 1: there are problems
    that aren't mended.

    \b
    Examples:
      python -m nas_gan studies verify
      python -m nas_gan studies verify resdense-mnist5k --mend
    """
    from nas_gan.maintenance.verification import Finding, verify_all, verify_study
    from nas_gan.maintenance.verification import mend as mend_problem
    from nas_gan.search.definition import load_study
    from nas_gan.search.places import find_runs, runs_beside
    from nas_gan.search.storage.database import open_storage

    opened = open_storage(storage, create=False)
    if study is not None:
        found = verify_study(opened, study, out or find_runs(load_study(opened, study), storage))
    else:
        found = verify_all(opened, lambda each: out or find_runs(each, storage), out or runs_beside(storage))
    # One after the other: what has been delivered is no longer to be queued.
    findings = [mend_problem(problem) if mend else Finding(problem, mended=False) for problem in found]
    if json:
        print_json([_facts(finding) for finding in findings])
    else:
        print_lines(map(_line, findings))
        print_lines([_verdict(findings, mend)])
    if not all(finding.mended for finding in findings):
        raise typer.Exit(PROBLEMS_LEFT)


def _facts(finding: Finding) -> dict[str, Any]:
    problem = finding.problem
    return {
        "kind": problem.kind,
        "study": problem.study,
        "trial": problem.trial,
        "problem": problem.text,
        "remedy": problem.remedy,
        "mendable": problem.mend is not None,
        "mended": finding.mended,
        "failure": finding.failure,
    }


def _line(finding: Finding) -> str:
    problem = finding.problem
    where = problem.study if problem.trial is None else f"{problem.study}:{problem.trial}"
    if finding.mended:
        ending = f"mended: {problem.remedy}"
    elif finding.failure:
        ending = f"not mended: {finding.failure}"
    else:
        ending = f"{'--mend would' if problem.mend else 'to do'}: {problem.remedy}"
    return f"{where} {problem.text} ({ending})"


def _verdict(findings: list[Finding], mend: bool) -> str:
    if not findings:
        return "No problems."
    mended = sum(finding.mended for finding in findings)
    mendable = sum(finding.problem.mend is not None for finding in findings)
    count = f"{len(findings):,} problem{'s' if len(findings) > 1 else ''}"
    return f"{count}, {mended:,} mended." if mend else f"{count}, {mendable:,} of which --mend would mend."


def _report(facts: dict[str, Any], said: str, json: bool) -> None:
    if json:
        print_json(facts)
    else:
        print_lines([said])
