"""A running search on a terminal: a live table, or plain lines where there is no terminal."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self, final

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from nas_gan.cli.common import GAP, fitting_columns, format_count, format_seconds
from nas_gan.cli.search_state import RunningTrial, SearchState
from nas_gan.jobs.supervisor import Notice, WorkerStopped
from nas_gan.metrics.protocol import find_recipe
from nas_gan.metrics.scores import METRICS, SCORE_KINDS, Metric, ScoreKind, scores_text
from nas_gan.search.definition import StudyDefinition
from nas_gan.search.events import Event, TrialEnded, TrialScored, TrialStarted


class SearchView(ABC):
    """Shows a search while it runs."""

    @abstractmethod
    def __enter__(self) -> Self:
        """Begins to show."""

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends, and leaves what was shown last."""

    @abstractmethod
    def on_event(self, event: Event) -> None:
        """Shows what a worker tells."""

    @abstractmethod
    def on_tick(self) -> None:
        """Shows the time that goes by."""


def build_view(console: Console, state: SearchState, definition: StudyDefinition) -> SearchView:
    """The view for a console."""
    if console.is_terminal:
        return LiveView(console, state, definition)
    return LineView(console, state, definition.metric)


@final
class LiveView(SearchView):
    """A table of the running trials and a line of totals, drawn again twice a second."""

    def __init__(self, console: Console, state: SearchState, definition: StudyDefinition) -> None:
        self._state = state
        self._images = definition.images
        self._metric = definition.metric
        self._scores = scores_shown(definition)
        self._rungs = definition.rungs
        self._console = console
        self._is_over = False
        self._live = Live(console=console, refresh_per_second=4, get_renderable=self._draw)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        self._live.stop()

    def on_event(self, event: Event) -> None:
        self._state.take(event)
        line = describe(event, self._metric)
        if line and not isinstance(event, TrialStarted | TrialScored):
            self._console.print(line, highlight=False)

    def on_tick(self) -> None:
        """The table draws itself."""

    def _draw(self) -> Group:
        state = self._state
        ended = {name: count for name, count in sorted(state.ended.items()) if count}
        counts = ", ".join(f"{count} {name}" for name, count in ended.items()) or "none ended"
        share = f", {state.share_pruned:.0%} pruned" if ended else ""
        best = "no trial trained to its end"
        if state.best_number is not None:
            best = f"best {metric_text(self._metric, state.best_value)} (trial {state.best_number})"
        is_left = state.seconds_left is not None and not self._is_over
        left = f", about {format_seconds(state.seconds_left or 0.0)} left" if is_left else ""
        totals = f"{state.done}/{state.wanted} trials; in this call {counts}{share}"
        clock = f"{format_seconds(state.elapsed_seconds)} gone{left}; {best}"
        lines = [Text(totals, style="dim"), Text(clock, style="dim")]
        if state.replacements:
            last = state.replacements[-1]
            count = f"{len(state.replacements)} workers replaced, the last since it {last.reason}"
            lines.append(Text(count, style="dim"))
        if self._is_over:
            return Group(*lines)
        if not state.running:
            return Group(Text("Workers load the data and choose an architecture.", style="dim"), *lines)
        return Group(self._table(), *lines)

    def _table(self) -> Table:
        labels = [score.label for score in self._scores]
        headings = ("trial", "params", "images", "img/s", "doing", "loss D", "loss G", *labels)
        running = [self._state.running[worker] for worker in sorted(self._state.running)]
        rows = [_row(trial, self._images, self._rungs, self._scores) for trial in running]
        widths = {
            heading: max(map(len, (heading, *(row[place] for row in rows))))
            for place, heading in enumerate(headings)
        }
        least = [
            "loss G",
            "loss D",
            "params",
            "img/s",
            *labels[:-1],
            "doing",
        ]
        kept = fitting_columns(widths, least, self._console.width)
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
        for heading in kept:
            table.add_column(heading, justify="right", no_wrap=True)
        for row in rows:
            table.add_row(*(cell for heading, cell in zip(headings, row, strict=True) if heading in kept))
        return table


@final
class LineView(SearchView):
    """One line for each thing that happens."""

    def __init__(self, console: Console, state: SearchState, metric: Metric) -> None:
        self._state = state
        self._metric = metric
        self._console = console

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lines stay as they are."""

    def on_event(self, event: Event) -> None:
        self._state.take(event)
        line = describe(event, self._metric)
        if line:
            state = self._state
            clock = f"{format_seconds(state.elapsed_seconds)}, {state.done}/{state.wanted}"
            self._console.print(f"[{clock}] {line}", markup=False, highlight=False, soft_wrap=True)

    def on_tick(self) -> None:
        """Nothing happens between lines."""


def describe(event: Event, metric: Metric) -> str:  # noqa: PLR0911 - one for each kind of event
    """One line for an event; empty for progress."""
    match event:
        case TrialStarted():
            cost = f"{format_count(event.parameters)} parameters, {format_count(event.macs)} multiply-adds"
            how = f"goes on after {event.images_seen:,} images" if event.images_seen else "starts"
            return f"trial {event.number} {how}: {cost}"
        case TrialScored():
            return f"trial {event.number} after {event.rung.images_seen:,} images: {scores_text(event.rung.scores)}"
        case TrialEnded(value=None):
            because = f" ({event.reason})" if event.reason else ""
            return f"trial {event.number} {event.state.replace('_', ' ')}{because}"
        case TrialEnded():
            because = f" ({event.reason})" if event.reason else ""
            return f"trial {event.number} complete: {metric_text(metric, event.value)}{because}"
        case WorkerStopped():
            then = "replaced" if event.replaced else "stopped"
            return f"worker {event.worker} {then}: {event.reason}"
        case Notice(worker=None):
            return event.text
        case Notice():
            return f"worker {event.worker}: {event.text}"
        case _:
            return ""


def metric_text(metric: Metric, value: float | None) -> str:
    """Write a value of a study's metric as everywhere: `FID 592.5`."""
    kind = METRICS[metric]
    return f"{kind.label} {kind.format(value)}"


def scores_shown(definition: StudyDefinition) -> tuple[ScoreKind, ...]:
    """Return the scores with a column while a study runs: the quick ones of its protocol, and the metric's last."""
    chosen, recipe = METRICS[definition.metric], find_recipe(definition.protocol["name"])
    quick = (kind for kind in SCORE_KINDS.values() if not kind.slow and kind.needs <= recipe.offers)
    return (*(kind for kind in quick if kind is not chosen), chosen)


def _row(
    trial: RunningTrial, images: int, rungs: tuple[int, ...], scores: tuple[ScoreKind, ...]
) -> tuple[str, ...]:
    has_begun = math.isfinite(trial.discriminator_loss)
    return (
        str(trial.number),
        format_count(trial.parameters),
        f"{format_count(trial.images_seen)}/{format_count(images)}",
        f"{trial.images_per_second:,.0f}" if has_begun else "–",
        _doing(trial, rungs),
        f"{trial.discriminator_loss:.3f}" if has_begun else "–",
        f"{trial.generator_loss:.3f}" if has_begun else "–",
        *("–" if trial.rung is None else score.text(trial.rung.scores) for score in scores),
    )


def _doing(trial: RunningTrial, rungs: tuple[int, ...]) -> str:
    """Say what a trial is at: it is scored as soon as it has seen a rung's images, and that takes a while."""
    scored = 0 if trial.rung is None else trial.rung.images_seen
    last = max(trial.images_began, scored)
    reached = any(last < images <= trial.images_seen for images in rungs)
    return "scoring" if reached else "training"
