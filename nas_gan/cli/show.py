"""`show`: one trial of a study, also one that runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

import nas_gan
from nas_gan.cli.common import (
    DEFAULT_STORAGE,
    JsonOption,
    StorageOption,
    build_columns,
    build_facts,
    print_folded,
    print_json,
    print_lines,
    print_rich,
)
from nas_gan.errors import InputError


def show(
    trial: Annotated[
        str, typer.Argument(metavar="STUDY:TRIAL", help="A trial, such as resdense-mnist5k:7 or :best.")
    ],
    storage: StorageOption = DEFAULT_STORAGE,
    json: JsonOption = False,
) -> None:
    """Show one trial, also one that runs.

    How it stands among its peers, its networks, its holes beside the study's, and which trials are like it.

    \b
    Examples:
      python -m nas_gan show resdense-mnist5k:7
      python -m nas_gan show resdense-mnist5k:best --json
    """
    from nas_gan.metrics.scores import METRICS
    from nas_gan.report.study.facts import (
        hole_facts,
        hole_spreads,
        kin_of,
        rung_facts,
        train_command,
        trial_facts,
    )
    from nas_gan.report.topology import draw_topology
    from nas_gan.search.views import read_view

    name, colon, which = trial.rpartition(":")
    if not colon or not name:
        raise InputError(f"{trial}: which trial? give STUDY:TRIAL such as {trial}:0 or {trial}:best")
    study = read_view(nas_gan.load_study(name, storage=storage).optuna, with_importance=False)
    if which == "best":
        if study.best is None:
            raise InputError(f"study {name!r}: no trial has been trained to its end yet")
        view = study.best
    elif which.isdecimal():
        view = study.trial(int(which))
    else:
        raise InputError(f"{trial}: {which!r} is no trial; give a number, or best")
    rungs, kin = rung_facts(study, view), kin_of(study, view)
    command = train_command(study, view, storage)
    if json:
        print_json(
            _plain(view)
            | {"rungs": [asdict(rung) for rung in rungs], "later_like_it": kin[1], "train": command}
        )
        return
    facts = [("trial", f"{name}:{view.number}"), *trial_facts(study, view)]
    facts += [("like", kin[0])] if kin[0] else []
    facts += [("like it", ", ".join(map(str, kin[1])))] if kin[1] else []
    print_rich(build_facts([*facts, *([("again", command)] if command else [])]))
    if rungs:
        label = METRICS[study.definition.metric].label
        headings = ("images", label, "place", "median", "worst that went on", "went on")
        last = study.definition.images
        rows = [
            (
                f"{rung.images:,}",
                rung.score,
                f"{rung.place} of {rung.of}",
                rung.median,
                rung.bound,
                "last rung" if rung.images == last else "yes" if rung.went_on else "no",
            )
            for rung in rungs
        ]
        print_lines([""])
        print_rich(build_columns(headings, rows, numbers=headings[:5]))
    if view.architecture is not None:
        print_lines([""])
        print_folded(draw_topology(view.architecture))
    if view.parameters:
        print_lines([""])
        found = hole_facts(study, view, hole_spreads(study))
        holes = [(hole.name, hole.value, hole.best, hole.study) for hole in found]
        print_rich(build_columns(("hole", "here", "best", "all trials"), holes))


def _plain(view: Any) -> dict[str, Any]:
    record = view.trial.record
    return {
        "trial": view.number,
        "state": view.trial.state,
        "reason": view.trial.reason,
        "start": view.trial.start or None,
        "place": view.place,
        "value": view.trial.value,
        "started": view.trial.started,
        "ended": view.trial.ended,
        "images_seen": view.images,
        "seconds": view.seconds,
        "values": {str(images): value for images, value in view.values.items()},
        "parameters": dict(view.parameters),
        "architecture": view.architecture.model_dump(mode="json") if view.architecture else None,
        "scores": [rung.facts() for rung in record.rungs] if record else [],
        "relative": view.relative and {"trial": view.relative[0], "holes_differ": view.relative[1]},
    }
