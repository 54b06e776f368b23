"""What `reproduce` says while it trains: a line for each run that ends, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, final

from nas_gan.cli.common import format_count, format_seconds

if TYPE_CHECKING:
    from rich.console import Console

    from nas_gan.papers.plan import Job
    from nas_gan.papers.run import JobEvent

LINE_SECONDS = 60.0
FAILED, BAD_INPUT = 1, 2


@final
class JobView:
    """Counts what has been trained; on a terminal one line is drawn again, elsewhere one is added a minute."""

    def __init__(self, console: Console, jobs: Sequence[Job]) -> None:
        self._console = console
        self._jobs = jobs
        self._seen = [0] * len(jobs)
        self._began = time.monotonic()
        self._next_line = self._began + LINE_SECONDS
        self.ended = 0
        self.problems: list[str] = []
        self.exit_code = 0

    def on_event(self, event: JobEvent) -> None:
        """Take in, and show, what a process tells."""
        from nas_gan.papers.run import JobAdvanced, JobEnded, JobNoted, ProcessFailed

        match event:
            case JobAdvanced():
                self._seen[event.index] = event.images_seen
                self._show_totals()
            case JobNoted():
                self._print(event.text)
            case JobEnded():
                self._take_end(event.index, event.outcome, event.text, event.wall_seconds)
            case ProcessFailed():
                self._note(event.reason, BAD_INPUT if event.bad_input else FAILED)

    def _take_end(self, index: int, outcome: str, text: str, wall_seconds: float) -> None:
        job = self._jobs[index]
        self._seen[index] = job.images
        self.ended += 1
        how = {"complete": "done", "pruned": "given up", "failed": "failed"}.get(outcome, outcome)
        line = f"{job.run.name} seed {job.seed} {how} after {format_seconds(wall_seconds)}: {text}"
        self._print(f"[{self.ended}/{len(self._jobs)}] {line}")
        if outcome == "failed":
            self.problems.append(line)
            self.exit_code = max(self.exit_code, FAILED)

    def _note(self, reason: str, code: int) -> None:
        self.problems.append(reason)
        self.exit_code = max(self.exit_code, code)
        self._print(f"error: {reason}")

    def _show_totals(self) -> None:
        now = time.monotonic()
        if not self._console.is_terminal and now < self._next_line:
            return
        self._next_line = now + LINE_SECONDS
        seen, wanted = sum(self._seen), sum(job.images for job in self._jobs)
        pace = seen / max(now - self._began, 1e-9)
        left = format_seconds((wanted - seen) / pace) if seen else "unknown time"
        text = (
            f"{self.ended}/{len(self._jobs)} runs, {format_count(seen)} of {format_count(wanted)} images, "
            f"{pace:,.0f} a second, about {left} left"
        )
        if self._console.is_terminal:
            self._console.print(f"{text}  ", end="\r", highlight=False, markup=False, no_wrap=True)
        else:
            self._print(text)

    def _print(self, line: str) -> None:
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)
