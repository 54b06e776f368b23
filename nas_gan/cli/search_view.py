"""A running search on a terminal: a live table, or plain lines where there is no terminal."""

from __future__ import annotations

import math
import time
from types import TracebackType
from typing import Self, final

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from nas_gan.api.events import Message
from nas_gan.api.search_state import RunningTrial, SearchEvent, SearchProgress, SearchStarted
from nas_gan.cli.common import GAP, fitting_columns, format_count, format_seconds, name_flags
from nas_gan.cli.search_options import FLAGS
from nas_gan.metrics.protocol import find_recipe
from nas_gan.metrics.scores import METRICS, SCORE_KINDS, ScoreKind
from nas_gan.search.definition import StudyDefinition


@final
class SearchView:
    """Shows a search from its first words to its end, in a `with` statement."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._table: LiveTable | None = None
        self._progress: SearchProgress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._table is not None:
            self._table.stop()

    def show(self, event: SearchEvent) -> None:
        """Show what a search tells."""
        match event:
            case SearchStarted():
                self._print(str(event))
                if event.remaining and self._console.is_terminal:
                    self._table = LiveTable(self._console, event.study.definition)
            case SearchProgress():
                self._progress = event
                if self._table is not None:
                    self._table.show(event)
            case Message():
                self._say(event)

    def _say(self, message: Message) -> None:
        if self._progress is None or self._table is not None:
            if self._table is None or not message.is_detail:
                self._print(message.text)
            return
        progress = self._progress
        clock = f"{format_seconds(progress.seconds)}, {progress.count_text}"
        self._print(f"[{clock}] {message.text}")

    def _print(self, line: str) -> None:
        self._console.print(name_flags(line, FLAGS), markup=False, highlight=False, soft_wrap=True)


@final
class LiveTable:
    """A table of the running trials and a line of totals, drawn again a few times a second."""

    def __init__(self, console: Console, definition: StudyDefinition) -> None:
        self._images = definition.images
        self._rungs = definition.rungs
        self._is_over = False
        self._metric = definition.metric
        self._scores = scores_shown(definition)
        self._progress: SearchProgress | None = None
        self._seen = time.monotonic()
        self._console = console
        self._live = Live(console=console, refresh_per_second=4, get_renderable=self._draw)

    def show(self, progress: SearchProgress) -> None:
        """Show where the search is, from now on."""
        self._progress, self._seen = progress, time.monotonic()
        self._live.start()

    def stop(self) -> None:
        """Leave the totals."""
        self._is_over = True
        self._live.stop()

    def _draw(self) -> Group:
        progress, since = self._progress, time.monotonic() - self._seen
        if progress is None:
            return Group()
        ended = {name: count for name, count in sorted(progress.ended.items()) if count}
        counts = ", ".join(f"{count} {name}" for name, count in ended.items()) or "none ended"
        share = f", {progress.share_pruned:.0%} pruned" if ended else ""
        best = "no trial trained to its end"
        if progress.best is not None:
            best = f"best {progress.label} {METRICS[self._metric].format(progress.best[1])} (trial {progress.best[0]})"
        left = ""
        if progress.seconds_left is not None and not self._is_over:
            left = f", about {format_seconds(max(0.0, progress.seconds_left - since))} left"
        totals = f"{progress.count_text} trials; in this call {counts}{share}"
        clock = f"{format_seconds(progress.seconds + since)} gone{left}; {best}"
        lines = [Text(totals, style="dim"), Text(clock, style="dim")]
        if progress.replaced:
            count = f"{len(progress.replaced)} workers replaced, the last since it {progress.replaced[-1]}"
            lines.append(Text(count, style="dim"))
        if self._is_over:
            return Group(*lines)
        if not progress.running:
            return Group(Text("Workers load the data and choose an architecture.", style="dim"), *lines)
        return Group(self._table(list(progress.running.values())), *lines)

    def _table(self, running: list[RunningTrial]) -> Table:
        labels = [score.label for score in self._scores]
        headings = ("trial", "params", "images", "img/s", "doing", "loss D", "loss G", *labels)
        rows = [_row(trial, self._images, self._rungs, self._scores) for trial in running]
        widths = {
            heading: max(map(len, (heading, *(row[place] for row in rows))))
            for place, heading in enumerate(headings)
        }
        least = ["loss G", "loss D", "params", "img/s", *labels[:-1], "doing"]
        kept = fitting_columns(widths, least, self._console.width)
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
        for heading in kept:
            table.add_column(heading, justify="right", no_wrap=True)
        for row in rows:
            table.add_row(*(cell for heading, cell in zip(headings, row, strict=True) if heading in kept))
        return table


def scores_shown(definition: StudyDefinition) -> tuple[ScoreKind, ...]:
    """Return the scores with a column while a study runs: the quick ones of its protocol, and the metric's last."""
    chosen, recipe = METRICS[definition.metric], find_recipe(definition.protocol["name"])
    quick = (kind for kind in SCORE_KINDS.values() if not kind.slow and kind.needs <= recipe.offers)
    return (*(kind for kind in quick if kind is not chosen), chosen)


def _row(
    trial: RunningTrial, images: int, rungs: tuple[int, ...], scores: tuple[ScoreKind, ...]
) -> tuple[str, ...]:
    has_begun = math.isfinite(trial.discriminator_loss)
    # A trial is scored as soon as it has seen a rung's images, and that takes a while.
    is_scored = any(trial.scored_at < rung <= trial.images_seen for rung in rungs)
    return (
        str(trial.number),
        format_count(trial.parameters),
        f"{format_count(trial.images_seen)}/{format_count(images)}",
        f"{trial.images_per_second:,.0f}" if has_begun else "–",
        "scoring" if is_scored else "training",
        f"{trial.discriminator_loss:.3f}" if has_begun else "–",
        f"{trial.generator_loss:.3f}" if has_begun else "–",
        *("–" if trial.scores is None else score.text(trial.scores) for score in scores),
    )
