"""A study as pages show it: read from its database, with the samples of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas_gan.api.study import Study
    from nas_gan.report.study.page import Sheets, Source
    from nas_gan.search.views import TrialView

SHEET = "samples-"


def build_study_page(study: Study, beside: Study | None = None, *, samples: bool = True) -> str:
    """Return the page of a study, or of two side by side, as text; any browser opens it, without a connection.

    Raises InputError where the scores of two don't compare.
    """
    from nas_gan.report.study import page

    written = written_now()
    if beside is None:
        return page.build_study_page(source_of(study, samples=samples), written)
    return page.build_comparison_page(
        source_of(study, samples=samples), source_of(beside, samples=samples), written
    )


def written_now() -> str:
    """Say when a page was made."""
    return f"as of {datetime.now():%Y-%m-%d %H:%M:%S}"


def source_of(study: Study, *, samples: bool = True) -> Source:
    """Read a study for a page that holds the samples itself."""
    from nas_gan.report.page import data_url
    from nas_gan.report.study.page import Source
    from nas_gan.search.views import read_view

    def sheets(view: TrialView) -> Sheets:
        return [(images, data_url(read_sheet(study, view, images))) for images in find_sheets(study, view)]

    return Source(read_view(study.optuna), study.storage, sheets if samples else lambda _: [])


def find_sheets(study: Study, view: TrialView) -> Sequence[int]:
    """List the images after which samples of a trial were drawn, which are with the trial that it repeats, if any."""
    from nas_gan.store.remote_folder import open_remote

    if not study.runs:
        return []
    names = open_remote(study.runs).within(_folder(study, view)).names()
    counts = [name.removeprefix(SHEET).removesuffix(".png") for name in names if name.startswith(SHEET)]
    return sorted(int(count) for count in counts if count.isdecimal())


def read_sheet(study: Study, view: TrialView, images: int) -> bytes:
    """Read the samples of a trial after so many images."""
    from nas_gan.store.remote_folder import open_remote

    return open_remote(study.runs).within(_folder(study, view)).read(f"{SHEET}{images}.png")


def study_facts(study: Study) -> list[tuple[str, str]]:
    """Return what a study is, how far it is, and its best score, as pairs of name and words."""
    from nas_gan.report.progress import compute_progress
    from nas_gan.report.tables import best_text, definition_facts, progress_facts
    from nas_gan.search.catalogue import read_trials, summarise, trials_asked_of

    progress = compute_progress(read_trials(study.optuna), trials_asked_of(study.optuna))
    best = best_text(summarise(study.optuna))
    return [*definition_facts(study.definition), *progress_facts(progress), ("best", best)]


def _folder(study: Study, view: TrialView) -> str:
    record = view.trial.record
    number = view.number if record is None or record.reused_from is None else record.reused_from
    return str(Path(study.name) / str(number))
