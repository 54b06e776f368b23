"""What comes after a trial: Optuna is told, checkpoints that nobody needs any more go, the study's end is drawn."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import final

from optuna.samplers import BaseSampler

from nas_gan.jobs.job import Job
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.search.result import TrialResult
from nas_gan.search.trials import Trials, number_of
from nas_gan.store.mirror import clear_up_remote, local_folder
from nas_gan.store.remote_folder import RemoteFolder, RemoteTrouble, is_url, open_remote

logger = logging.getLogger(__name__)


@final
class Closing:
    """Close trials that have ended. All that it does may be done again, by whomever."""

    def __init__(self, trials: Trials, study: str, out: str, keep_paused: int | None = None) -> None:
        """`out`: folder or URL of the study's runs. `keep_paused`: bytes of checkpoints of paused trials, at most."""
        self._trials = trials
        self._queue = trials.queue
        self._study = study
        self._folder = local_folder(out) / study
        self._remote = open_remote(out).within(study) if is_url(out) else None
        self._keep_paused = keep_paused

    def close(self, number: int, sampler: BaseSampler | None = None) -> None:
        """Tell Optuna what a trial came to that has ended, and remove what is there for one that hasn't."""
        job = self._queue.find(number)
        if job is not None and job.has_ended:
            self.close_job(job, sampler)

    def close_ended(self) -> int:
        """Close what others left: trials that ended when their worker was killed; say how many.

        Clear up on this machine, too, where a worker ended after it had told everybody.
        """
        left = self._queue.unclosed()
        for job in left:
            self.close_job(job)
        self._clear_up_here()
        return len(left)

    def put_aside(self, job: Job, result: TrialResult) -> None:
        """Note with a paused trial how it stands. What this machine has of a run at a URL is there, and goes here."""
        self._trials.describe(job, "paused", result.reason)
        if self._remote is not None:
            shutil.rmtree(self._folder / str(number_of(job)), ignore_errors=True)
        self._keep_to_limit()

    def finish_study(self, wanted: int) -> None:
        """End the paused trials as pruned once as many trials have ended as were asked for; close what is left."""
        ended = self._trials.end_paused(wanted)
        if ended:
            logger.debug("%d paused trials are pruned: the study is at its end", len(ended))
        self.close_ended()

    def close_job(self, job: Job, sampler: BaseSampler | None = None) -> None:
        """Close a job that has ended: tell Optuna, clear up, and note that this has been done."""
        if not self._trials.tell(job, sampler):
            return  # whoever comes next tells it again
        if job.number is not None:
            self._clear_up(job.number)
        self._queue.close(job)

    def _clear_up(self, number: int) -> None:
        clear_up(self._folder / str(number), self._remote_of(number), f"trial {number}")

    def _clear_up_here(self) -> None:
        ended = {job.number for job in self._queue.all() if job.has_ended}
        for folder in sorted({path.parent for path in self._folder.glob("*/checkpoint-*")}):
            if folder.name.isdecimal() and int(folder.name) in ended:
                Checkpoints(folder, logger.info).remove()

    def _keep_to_limit(self) -> None:
        """End the paused trials whose checkpoints are more than there is room for: those first that got least far."""
        if self._keep_paused is None:
            return
        paused = self._queue.in_state("paused")
        sizes = {job.id: self._size(number_of(job)) for job in paused}
        over = sum(sizes.values()) - self._keep_paused
        for job in sorted(paused, key=lambda job: (job.pending, max(job.scores, default=0), job.id)):
            if over <= 0:
                return
            if sizes[job.id] and self._queue.end_one_paused(job):
                over -= sizes[job.id]
                logger.info(
                    "trial %s is pruned for good: checkpoints of paused trials are at their limit", job.number
                )
                self.close(number_of(job))

    def _size(self, number: int) -> int:
        remote = self._remote_of(number)
        if remote is not None:
            return sum(size for name, size in remote.names().items() if name.startswith("checkpoint-"))
        return sum(path.stat().st_size for path in (self._folder / str(number)).glob("checkpoint-*"))

    def _remote_of(self, number: int) -> RemoteFolder | None:
        return None if self._remote is None else self._remote.within(str(number))


def clear_up(folder: Path, remote: RemoteFolder | None, whose: str) -> None:
    """Remove the checkpoints of a run that has ended, and with a URL all that this machine has of it."""
    Checkpoints(folder, logger.info).remove()
    if remote is None:
        return
    try:
        clear_up_remote(remote)
    except RemoteTrouble as trouble:
        logger.warning("%s; the checkpoints of %s stay there", trouble, whose)
    shutil.rmtree(folder, ignore_errors=True)
