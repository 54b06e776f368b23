"""How a trial ended, or stands: what its job's row keeps until Optuna has been told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import final

from nas_gan.errors import InputError
from nas_gan.jobs.job import Ending, Job, State
from nas_gan.runs.record import Outcome

STATES: dict[Outcome, State] = {
    "complete": "done",
    "pruned": "done",
    "rejected": "rejected",
    "interrupted": "queued",
    "failed": "failed",
}


@final
@dataclass(frozen=True)
class TrialResult:
    """Hold the end of a trial. `value` is of the study's metric, of a trial that was trained to its end.

    `values` holds the metric at each rung, as pairs of images seen and value. `record` is its JSON, None where
    nothing could be recorded. `is_paused`: a rung has ended it, and it may be gone on with; `is_pending`: as soon as
    there is another to compare it with.
    """

    outcome: Outcome
    reason: str
    value: float | None = None
    values: tuple[tuple[int, float], ...] = ()
    record: str | None = None
    is_paused: bool = False
    is_pending: bool = False

    def ending(self) -> Ending:
        """Say it as the table of jobs has it."""
        state: State = "paused" if self.is_paused else STATES[self.outcome]
        told = {"value": self.value, "values": self.values, "record": self.record}
        return Ending(state, self.outcome, self.reason, json.dumps(told))


def parse_result(job: Job, text: str | None) -> TrialResult:
    """Read the result of a job from its row; raises InputError for what nobody has written."""
    try:
        tree = json.loads(text) if text else {}
        values = tuple((int(images), float(value)) for images, value in tree.get("values", ()))
        (outcome,) = (known for known in STATES if known == job.outcome)
        value = None if tree.get("value") is None else float(tree["value"])
        record = None if tree.get("record") is None else str(tree["record"])
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"trial {job.number}: its result isn't as it was written ({error}); go back to a copy of the database"
        ) from None
    return TrialResult(
        outcome, job.reason, value, values, record, is_paused=job.state == "paused", is_pending=job.pending
    )
