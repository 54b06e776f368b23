"""A running search on a terminal: a live table, or plain lines where there is no terminal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self, final

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from nas_gan.cli.common import format_count, format_seconds
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
        self._console = console
        self._live = Live(console=console, refresh_per_second=4, get_renderable=self._draw)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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
        table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
        labels = (score.label for score in self._scores)
        for heading in ("trial", "params", "images", "img/s", "loss D", "loss G", *labels):
            table.add_column(heading, justify="right", no_wrap=True)
        for worker in sorted(state.running):
            table.add_row(*_row(state.running[worker], self._images, self._scores))
        counts = (
            ", ".join(f"{count} {name}" for name, count in sorted(state.ended.items()) if count)
            or "none ended"
        )
        best = "no trial trained to its end"
        if state.best_number is not None:
            best = f"best {self._metric} {state.best_value:.3f} (trial {state.best_number})"
        left = "" if state.seconds_left is None else f", about {format_seconds(state.seconds_left)} left"
        totals = f"{state.done}/{state.wanted} trials: {counts}; {state.share_pruned:.0%} pruned"
        clock = f"{format_seconds(state.elapsed_seconds)} gone{left}; {best}"
        lines = [Text(totals, style="dim"), Text(clock, style="dim")]
        if state.replacements:
            last = state.replacements[-1]
            count = f"{len(state.replacements)} workers replaced, the last since it {last.reason}"
            lines.append(Text(count, style="dim"))
        return Group(table, *lines)


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
            return f"trial {event.number} complete: {metric} {event.value:.3f}{because}"
        case WorkerStopped():
            then = "replaced" if event.replaced else "stopped"
            return f"worker {event.worker} {then}: {event.reason}"
        case Notice(worker=None):
            return event.text
        case Notice():
            return f"worker {event.worker}: {event.text}"
        case _:
            return ""


def scores_shown(definition: StudyDefinition) -> tuple[ScoreKind, ...]:
    """Return the scores with a column while a study runs: the quick ones of its protocol, and the metric's last."""
    chosen, recipe = METRICS[definition.metric], find_recipe(definition.protocol["name"])
    quick = (kind for kind in SCORE_KINDS.values() if not kind.slow and kind.needs <= recipe.offers)
    return (*(kind for kind in quick if kind is not chosen), chosen)


def _row(trial: RunningTrial, images: int, scores: tuple[ScoreKind, ...]) -> tuple[str, ...]:
    return (
        str(trial.number),
        format_count(trial.parameters),
        f"{format_count(trial.images_seen)}/{format_count(images)}",
        f"{trial.images_per_second:,.0f}",
        f"{trial.discriminator_loss:.3f}",
        f"{trial.generator_loss:.3f}",
        *("–" if trial.rung is None else score.text(trial.rung.scores) for score in scores),
    )
