"""One trial: an architecture is sampled, weighed, trained, scored at rungs, paused or kept, and recorded."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import final

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial

from nas_gan.errors import InputError, one_line
from nas_gan.jobs.job import Decision, JobLost
from nas_gan.jobs.lease import Lease, SameKey
from nas_gan.jobs.queue import Judge
from nas_gan.jobs.supervisor import Notice
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.make_record import make_record
from nas_gan.runs.record import Outcome, RungRecord, RunRecord, parse_record
from nas_gan.runs.resources import image_of
from nas_gan.runs.run import Run
from nas_gan.runs.scoring import Resources
from nas_gan.runs.seeds import derive_seed
from nas_gan.search.definition import StudyDefinition, value_at
from nas_gan.search.events import Event, TrialScored, TrialStarted
from nas_gan.search.leased_run import follow, is_of_the_device, is_out_of_memory, open_run, push_files
from nas_gan.search.pace import PaceLimit, TooSlow
from nas_gan.search.result import TrialResult, parse_result
from nas_gan.search.samplers.limits import Limits
from nas_gan.search.samplers.own import BadProposal
from nas_gan.search.schedulers.signals import signal_values, takes_slow_scores
from nas_gan.search.storage.artifacts import keep_picture
from nas_gan.search.storage.worker_storage import trial_id_of
from nas_gan.search.trials import RECORD, START
from nas_gan.space import Space
from nas_gan.spec import Architecture, compute_cost, recipe_hash
from nas_gan.store.mirror import Mirror
from nas_gan.store.remote_folder import RemoteFolder
from nas_gan.store.retry import without_waiting
from nas_gan.training import Diverged, Progress

CONTINUE = Decision("continue")


@final
@dataclass(frozen=True, eq=False)
class Objective:
    """Hold what a worker does with a trial, up to its result.

    `out`: the folder of runs on this machine, `remote` the same at a URL. Architectures that don't keep to `limits` are
    rejected, and so are those whose training would take longer than `pace` lets it. `worker` is named in what is told
    through `emit`.
    """

    storage: BaseStorage
    study: str
    definition: StudyDefinition
    space: Space
    resources: Resources
    out: Path
    limits: Limits
    worker: int
    emit: Callable[[Event], None]
    pace: PaceLimit
    remote: RemoteFolder | None = None

    def run(self, trial: optuna.Trial, lease: Lease, judge: Judge) -> TrialResult:
        """Train one trial to its end, or to a rung that ends it, interruption included.

        `judge` decides at rungs. Raises SameKey if another worker is at the same recipe, and JobLost if the trial is
        no longer this worker's.
        """
        try:
            architecture = self.space.fill(trial, image_of(self.resources.dataset))
            if reasons := self.limits.reasons_against(architecture):
                return self._reject(lease, architecture, "; ".join(reasons))
            recipe = recipe_hash(architecture)
            lease.begin_key(recipe)
            lease.call(lambda: trial.set_user_attr("recipe_hash", recipe))
            return self._reuse_twin(lease, recipe) or self._train(trial, lease, judge, architecture)
        except (SameKey, JobLost):
            raise
        except BadProposal as bad:
            return TrialResult("rejected", str(bad))
        except Exception as error:
            if is_of_the_device(error):
                raise
            return TrialResult("failed", one_line(error))

    def _reject(self, lease: Lease, architecture: Architecture, reason: str) -> TrialResult:
        record = make_record(
            architecture,
            self.resources,
            seed=self._seed(lease),
            precision=self.definition.precision,
            images_planned=self.definition.images,
            images_seen=0,
            outcome="rejected",
            reason=reason,
            rungs=(),
            curve=(),
            started=datetime.now(UTC),
        )
        return self._result(record)

    def _reuse_twin(self, lease: Lease, recipe: str) -> TrialResult | None:
        """Take the result of the first trial of a recipe that was trained itself, if there is one."""
        for number in lease.ended_with(recipe):
            text = lease.call(lambda number=number: self._stored_record(lease, number))  # type: ignore[misc]
            record = parse_record(text, f"trial {number}") if text else None
            if record is not None and record.reused_from is None:
                because = f": {record.reason}" if record.reason else ""
                reason = f"same recipe as trial {number}{because}"
                return self._result(record.model_copy(update={"reused_from": number, "reason": reason}))
        return None

    def _stored_record(self, lease: Lease, number: int) -> str | None:
        """Read a trial's record from its job, or from Optuna once that has been told."""
        job = lease.queue.find(number)
        text = None if job is None else parse_result(job, lease.queue.result_of(job)).record
        if text is None:
            text = self._frozen(number).user_attrs.get(RECORD)
        return text

    def _train(
        self, trial: optuna.Trial, lease: Lease, judge: Judge, architecture: Architecture
    ) -> TrialResult:
        mirror = self._mirror(lease)
        run = self._open_run(lease, mirror, architecture)
        cost = compute_cost(architecture)
        self.emit(TrialStarted(self.worker, lease.number, cost.parameters, cost.macs, run.images_seen))
        outcome: Outcome
        decision = CONTINUE
        try:
            decision = self._climb(trial, lease, judge, run, mirror)
            outcome, reason = ("complete" if decision == CONTINUE else "pruned"), decision.reason
        except Diverged as diverged:
            outcome, reason = "pruned", diverged.reason
        except TooSlow as slow:
            run.remove_checkpoints()
            return self._reject(lease, architecture, str(slow))
        except KeyboardInterrupt:
            return self._interrupt(run, lease, mirror)
        except JobLost:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                outcome, reason = "pruned", f"out of memory after {run.images_seen:,} images"
            elif is_of_the_device(error):
                raise
            else:
                outcome, reason = "failed", str(error) if isinstance(error, InputError) else one_line(error)
        record = run.record(outcome, reason)
        lease.check_mine()
        lease.call(lambda: run.write(record))
        push_files(lease, mirror)
        return self._result(record, decision)

    def _open_run(self, lease: Lease, mirror: Mirror, architecture: Architecture) -> Run:
        def build(checkpoints: Checkpoints) -> Run:
            return Run(
                architecture,
                self.resources,
                self._folder(lease),
                self._seed(lease),
                self.definition.images,
                precision=self.definition.precision,
                metric=self.definition.metric,
                full_scores=takes_slow_scores(self.definition),
                times_one_image="latency" in self.definition.metrics,
                checkpoints=checkpoints,
                check=lease.check_mine,
            )

        return open_run(build, self._folder(lease), lease, mirror, self._say)

    def _climb(self, trial: optuna.Trial, lease: Lease, judge: Judge, run: Run, mirror: Mirror) -> Decision:
        """Train from rung to rung; return the decision that ends the run, or to continue where it is complete."""

        began = time.monotonic()
        first, is_start = run.images_seen, START in trial.user_attrs

        def on_progress(progress: Progress) -> None:
            follow(lease, mirror, self.worker, progress, self.emit)
            if not is_start:
                self.pace.check(progress.images_seen - first, time.monotonic() - began)

        done = {rung.images_seen: rung for rung in run.rungs}
        reported = lease.call(lambda: self._frozen(lease.number)).intermediate_values
        for images in self.definition.rungs:
            # Where the disk is full the networks are kept, and only what was to be written is done again.
            rung = done.get(images) or lease.call(lambda images=images: run.advance(images, on_progress))  # type: ignore[misc]
            value = self._value(rung)
            lease.check()
            push_files(lease, mirror)
            lease.call(lambda images=images: self._keep_picture(trial, run, images))  # type: ignore[misc]
            if images not in done:
                self.emit(TrialScored(self.worker, lease.number, value, rung))
            values = signal_values(self.definition, rung, compute_cost(run.architecture))
            if images == self.definition.images:
                if self.definition.other_metrics:  # Optuna keeps the metric alone
                    lease.report(images, values, lambda *_: CONTINUE)
                break
            if images not in reported:
                trial.report(value, images)
            decision = lease.report(images, values, judge)
            if decision != CONTINUE:
                return decision
        return CONTINUE

    def _keep_picture(self, trial: optuna.Trial, run: Run, images: int) -> None:
        picture = run.folder / f"samples-{images}.png"
        # Of a rung that an earlier worker reached elsewhere it may be missing here.
        if picture.exists():
            keep_picture(trial, self.out, picture, self.remote)

    def _say(self, text: str) -> None:
        self.emit(Notice(self.worker, text))

    def _interrupt(self, run: Run, lease: Lease, mirror: Mirror) -> TrialResult:
        record = run.record("interrupted", f"stopped after {run.images_seen:,} images")
        # Its files may be another worker's by now. There is no time to wait for a disk; the record is in the database.
        with suppress(JobLost), without_waiting():
            lease.check_mine()
            run.write(record)
            mirror.push(lease.check_mine)
        return self._result(record)

    def _result(self, record: RunRecord, decision: Decision = CONTINUE) -> TrialResult:
        values = tuple((rung.images_seen, self._value(rung)) for rung in record.rungs)
        value = values[-1][1] if record.outcome == "complete" else None
        is_paused = decision.verdict in ("pause", "wait") and record.outcome == "pruned"
        is_pending = is_paused and decision.verdict == "wait"
        return TrialResult(
            record.outcome, record.reason, value, values, record.to_json(), is_paused, is_pending
        )

    def _folder(self, lease: Lease) -> Path:
        return self.out / self.study / str(lease.number)

    def _frozen(self, number: int) -> FrozenTrial:
        return self.storage.get_trial(trial_id_of(self.storage, self.study, number))

    def _mirror(self, lease: Lease) -> Mirror:
        remote = self.remote.within(f"{self.study}/{lease.number}") if self.remote else None
        return Mirror(self._folder(lease), remote)

    def _value(self, rung: RungRecord) -> float:
        return value_at(rung, self.definition.metric)

    def _seed(self, lease: Lease) -> int:
        return derive_seed(self.definition.seed, "trial", lease.number)
