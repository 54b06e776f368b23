"""One trial: an architecture is sampled, weighed, trained, scored at rungs, pruned or kept, and recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import final

import optuna
import torch

from nas_gan.errors import InputError, one_line
from nas_gan.metrics.scores import METRICS, ScoreKind
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.make_record import make_record
from nas_gan.runs.record import Outcome, RungRecord, RunRecord
from nas_gan.runs.resources import image_of
from nas_gan.runs.result import TrialResult
from nas_gan.runs.run import Run
from nas_gan.runs.scoring import Resources
from nas_gan.runs.seeds import derive_seed
from nas_gan.search.catalogue import Trial, read_trial
from nas_gan.search.definition import StudyDefinition, value_at
from nas_gan.search.storage.artifacts import keep_picture
from nas_gan.search.storage.patience import without_waiting
from nas_gan.search.workers.claim import TrialLost
from nas_gan.search.workers.events import Event, Notice, TrialProgress, TrialScored, TrialStarted
from nas_gan.search.workers.held import HeldTrial, SameRecipe
from nas_gan.space import Space
from nas_gan.spec import Architecture, Cost, compute_cost, recipe_hash
from nas_gan.store.mirror import Mirror
from nas_gan.store.remote_folder import RemoteFolder
from nas_gan.training import Diverged, Progress


@final
@dataclass(frozen=True, eq=False)
class Objective:
    """What a worker does with a trial, up to its result."""

    study: optuna.Study
    definition: StudyDefinition
    space: Space
    resources: Resources
    out: Path
    max_parameters: int | None
    max_macs: int | None
    worker: int
    emit: Callable[[Event], None]
    remote: RemoteFolder | None = None

    def run(self, trial: optuna.Trial, held: HeldTrial) -> TrialResult:
        """Trains one trial to its end, whatever that is, interruption included.

        Raises SameRecipe if another worker is at the same recipe, and TrialLost if the trial is no longer this
        worker's.
        """
        try:
            return self._run(trial, held)
        except (SameRecipe, TrialLost):
            raise
        except Exception as error:
            if _is_of_the_device(error):
                raise
            return TrialResult("failed", one_line(error))

    def _run(self, trial: optuna.Trial, held: HeldTrial) -> TrialResult:
        architecture = self.space.fill(trial, image_of(self.resources.dataset))
        cost = compute_cost(architecture)
        unfit = self._reasons_against(trial, architecture, cost)
        if unfit:
            return self._turn_down(trial, architecture, "; ".join(unfit))
        key = recipe_hash(architecture)
        held.begin_recipe(key)
        twin = self._find_twin(held.ended_at(key))
        if twin is not None and twin.record is not None:
            return self._reuse(twin, twin.record)
        return self._train(trial, held, architecture, cost)

    def _reasons_against(self, trial: optuna.Trial, architecture: Architecture, cost: Cost) -> list[str]:
        """Why a trial isn't to be trained: it is too large, or the study's metric can't score it."""
        unfit = []
        # Of a trial that goes on they are there already.
        known = self.study._storage.get_trial(trial._trial_id).constraints
        if "labels" in self._metric.needs and not architecture.conditional:
            unfit.append(f"{self.definition.metric} takes a generator that is told the class")
        for name, value, limit in (
            ("parameters", cost.parameters, self.max_parameters),
            ("macs", cost.macs, self.max_macs),
        ):
            if limit is not None:
                if name not in known:
                    trial.set_constraint(name, value - limit)
                if value > limit:
                    unfit.append(f"{value:,} {name} are more than --max-{name} {limit:,}")
        return unfit

    def _turn_down(self, trial: optuna.Trial, architecture: Architecture, reason: str) -> TrialResult:
        record = make_record(
            architecture,
            self.resources,
            seed=self._seed(trial),
            precision=self.definition.precision,
            images_planned=self.definition.images,
            images_seen=0,
            outcome="turned_down",
            reason=reason,
            rungs=(),
            curve=(),
            started=datetime.now(UTC),
        )
        return self._result(record)

    def _find_twin(self, same_recipe: Sequence[int]) -> Trial | None:
        """The first of these trials that was trained itself."""
        # Asked for all trials, Optuna would read each running one anew.
        for trial_id in same_recipe:
            trial = read_trial(self.study._storage.get_trial(trial_id))
            if trial.record is not None and trial.record.reused_from is None:
                return trial
        return None

    def _reuse(self, twin: Trial, record: RunRecord) -> TrialResult:
        reason = f"same recipe as trial {twin.number}" + (f": {record.reason}" if record.reason else "")
        return self._result(record.model_copy(update={"reused_from": twin.number, "reason": reason}))

    def _train(
        self, trial: optuna.Trial, held: HeldTrial, architecture: Architecture, cost: Cost
    ) -> TrialResult:
        mirror = self._mirror(trial)
        held.wait(mirror.pull)
        run = self._open_run(trial, held, architecture)
        held.begin_at(run.images_seen)
        self.emit(TrialStarted(self.worker, trial.number, cost.parameters, cost.macs, run.images_seen))
        try:
            outcome, reason = self._climb(trial, held, run, mirror)
        except Diverged as diverged:
            outcome, reason = "pruned", diverged.reason
        except KeyboardInterrupt:
            return self._interrupt(run, held, mirror)
        except TrialLost:
            raise
        except Exception as error:
            if _out_of_memory(error):
                outcome, reason = "pruned", f"out of memory after {run.images_seen:,} images"
            elif _is_of_the_device(error):
                raise
            else:
                outcome, reason = "failed", one_line(error)
        record = run.record(outcome, reason)
        held.check_mine()
        held.wait(lambda: run.write(record))
        _push(held, mirror)
        return self._result(record)

    def _open_run(self, trial: optuna.Trial, held: HeldTrial, architecture: Architecture) -> Run:
        """A new run, or that of an earlier worker of the trial where it stood."""
        checkpoints = Checkpoints(self._folder(trial), self._say)

        def build() -> Run:
            return Run(
                architecture,
                self.resources,
                self._folder(trial),
                self._seed(trial),
                self.definition.images,
                precision=self.definition.precision,
                full_scores=self._metric.slow,
                checkpoints=checkpoints,
                check=held.check_mine,
            )

        run = build()
        if held.taken.claim.times == 1:
            # Whatever lies there is of another study that had this name.
            checkpoints.remove()
            return run
        try:
            run.resume()
        except InputError as error:
            self._say(str(error))
            checkpoints.remove()
            return build()
        return run

    def _climb(self, trial: optuna.Trial, held: HeldTrial, run: Run, mirror: Mirror) -> tuple[Outcome, str]:
        def on_progress(progress: Progress) -> None:
            held.check()
            if mirror.has_news:  # a checkpoint has been written meanwhile
                _push(held, mirror)
            self.emit(
                TrialProgress(
                    self.worker,
                    trial.number,
                    progress.images_seen,
                    progress.images_per_second,
                    progress.discriminator_loss,
                    progress.generator_loss,
                )
            )

        done = {rung.images_seen: rung for rung in run.rungs}
        for images in self.definition.rungs:
            # Where the disk is full the networks are kept, and only what was to be written is done again.
            rung = done.get(images) or held.wait(lambda images=images: run.advance(images, on_progress))  # type: ignore[misc]
            value = self._value(rung)
            held.check()
            _push(held, mirror)
            held.wait(lambda images=images: self._keep_picture(trial, run, images))  # type: ignore[misc]
            if images not in done:
                self.emit(TrialScored(self.worker, trial.number, value, rung))
            if images == self.definition.images:
                break
            if images not in held.taken.reported:
                trial.report(value, images)
            if held.has_passed(images):
                continue
            if trial.should_prune():
                return "pruned", f"{self.definition.metric} {value:.4g} after {images:,} images"
            held.pass_rung(images)
        return "complete", ""

    def _keep_picture(self, trial: optuna.Trial, run: Run, images: int) -> None:
        picture = run.folder / f"samples-{images}.png"
        # Of a rung that an earlier worker reached elsewhere it may be missing here.
        if picture.exists():
            keep_picture(trial, self.out, picture, self.remote)

    def _say(self, text: str) -> None:
        self.emit(Notice(self.worker, text))

    def _interrupt(self, run: Run, held: HeldTrial, mirror: Mirror) -> TrialResult:
        record = run.record("interrupted", f"stopped after {run.images_seen:,} images")
        # Its files may be another worker's by now. There is no time to wait for a disk; the record is in the database.
        with suppress(TrialLost), without_waiting():
            held.check_mine()
            run.write(record)
            mirror.push(held.check_mine)
        return self._result(record)

    def _result(self, record: RunRecord) -> TrialResult:
        values = tuple((rung.images_seen, self._value(rung)) for rung in record.rungs)
        value = values[-1][1] if record.outcome == "complete" else None
        return TrialResult(record.outcome, record.reason, value, values, record.to_json())

    def _folder(self, trial: optuna.Trial) -> Path:
        return self.out / self.study.study_name / str(trial.number)

    def _mirror(self, trial: optuna.Trial) -> Mirror:
        remote = self.remote.within(f"{self.study.study_name}/{trial.number}") if self.remote else None
        return Mirror(self._folder(trial), remote)

    @property
    def _metric(self) -> ScoreKind:
        return METRICS[self.definition.metric]

    def _value(self, rung: RungRecord) -> float:
        return value_at(rung, self.definition.metric)

    def _seed(self, trial: optuna.Trial) -> int:
        return derive_seed(self.definition.seed, "trial", trial.number)


def _push(held: HeldTrial, mirror: Mirror) -> None:
    """Puts a trial's files where its next worker may look for them, unless that one is at it already."""
    if mirror.is_remote:
        held.make_sure()
        held.wait(lambda: mirror.push(held.check_mine))


def _out_of_memory(error: Exception) -> bool:
    signs = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in signs)


def _is_of_the_device(error: Exception) -> bool:
    """Whether an error leaves this process without its GPU: another process may train what this one can't."""
    return not _out_of_memory(error) and (
        isinstance(error, torch.AcceleratorError) or "CUDA error" in str(error)
    )
