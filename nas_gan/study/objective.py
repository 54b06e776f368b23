"""One trial: an architecture is sampled, weighed, trained, scored at rungs, pruned or kept, and recorded."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import final

import optuna
from optuna.artifacts import FileSystemArtifactStore, upload_artifact
from optuna.trial import TrialState

from nas_gan.space import Space
from nas_gan.spec import Architecture, Cost, compute_cost, recipe_hash
from nas_gan.study.catalogue import RECORD_ATTRIBUTE, Trial, read_trial
from nas_gan.study.definition import METRICS, MetricFacts, StudyDefinition
from nas_gan.study.events import Event, TrialEnded, TrialProgress, TrialScored, TrialStarted
from nas_gan.study.record import Outcome, RungRecord, RunRecord
from nas_gan.study.resources import image_of
from nas_gan.study.run import Run, make_record
from nas_gan.study.scoring import Resources
from nas_gan.study.seeds import derive_seed
from nas_gan.training import Diverged, Progress

ARTIFACTS_FOLDER = "artifacts"


@final
@dataclass(frozen=True, eq=False)
class Objective:
    """Optuna's objective. `check_stop` raises KeyboardInterrupt when the search is to end."""

    study: optuna.Study
    definition: StudyDefinition
    space: Space
    resources: Resources
    out: Path
    max_parameters: int | None
    max_macs: int | None
    worker: int
    emit: Callable[[Event], None]
    check_stop: Callable[[], None]

    def __call__(self, trial: optuna.Trial) -> float:
        """Trains one trial and returns its value; raises TrialPruned where it ends before its time."""
        try:
            return self._run(trial)
        except optuna.TrialPruned:
            raise
        except Exception as error:
            # A run that failed has said so; a space or a database that failed before it hasn't.
            if "outcome" not in trial.user_attrs:
                self._say_ended(trial, "failed", _one_line(error))
            raise

    def _run(self, trial: optuna.Trial) -> float:
        architecture = self.space.fill(trial, image_of(self.resources.dataset))
        cost = compute_cost(architecture)
        self._turn_down_if_unfit(trial, architecture, cost)
        key = recipe_hash(architecture)
        twin = self._find_twin(key)
        trial.set_user_attr("recipe_hash", key)
        if twin is not None and twin.record is not None:
            return self._reuse(trial, twin, twin.record)
        self.emit(TrialStarted(self.worker, trial.number, cost.parameters, cost.macs))
        return self._train(trial, architecture)

    def _turn_down_if_unfit(self, trial: optuna.Trial, architecture: Architecture, cost: Cost) -> None:
        """Ends a trial that is too large, or that the study's metric can't score, before it is trained."""
        unfit = []
        if self._metric.of_classes and not architecture.conditional:
            unfit.append(f"{self.definition.metric} takes a generator that is told the class")
        for name, value, limit in (
            ("parameters", cost.parameters, self.max_parameters),
            ("macs", cost.macs, self.max_macs),
        ):
            if limit is not None:
                trial.set_constraint(name, value - limit)
                if value > limit:
                    unfit.append(f"{value:,} {name} are more than --max-{name} {limit:,}")
        if unfit:
            record = make_record(
                architecture,
                self.resources,
                seed=self._seed(trial),
                images_planned=self.definition.images,
                images_seen=0,
                outcome="turned_down",
                reason="; ".join(unfit),
                rungs=(),
                curve=(),
                started=datetime.now(UTC),
            )
            self._store(trial, record)
            raise optuna.TrialPruned(record.reason)

    def _find_twin(self, key: str) -> Trial | None:
        """An earlier trial of the same recipe that was trained to its end, or pruned for good."""
        for frozen in self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)):
            if frozen.user_attrs.get("recipe_hash") == key:
                trial = read_trial(frozen)
                if trial.record is not None and trial.record.reused_from is None:
                    return trial
        return None

    def _reuse(self, trial: optuna.Trial, twin: Trial, record: RunRecord) -> float:
        for rung in record.rungs:
            trial.report(self._value(rung), rung.images_seen)
        reason = f"same recipe as trial {twin.number}" + (f": {record.reason}" if record.reason else "")
        copy = record.model_copy(update={"reused_from": twin.number, "reason": reason})
        self._store(trial, copy, self._value(record.rungs[-1]) if record.outcome == "complete" else None)
        if record.outcome != "complete":
            raise optuna.TrialPruned(reason)
        return self._value(record.rungs[-1])

    def _train(self, trial: optuna.Trial, architecture: Architecture) -> float:
        folder = self.out / self.study.study_name / str(trial.number)
        run = Run(
            architecture,
            self.resources,
            folder,
            self._seed(trial),
            self.definition.images,
            full_scores=self._metric.of_classes,
        )
        try:
            return self._climb(trial, run)
        except Diverged as diverged:
            self._end(trial, run, "pruned", diverged.reason)
            raise optuna.TrialPruned(diverged.reason) from None
        except KeyboardInterrupt:
            self._end(trial, run, "interrupted", f"stopped after {run.images_seen:,} images")
            self.study.enqueue_trial(trial.params, user_attrs={"repeats": trial.number})
            raise
        except optuna.TrialPruned:
            raise
        except Exception as error:
            if not _out_of_memory(error):
                self._end(trial, run, "failed", _one_line(error))
                raise
            reason = f"out of memory after {run.images_seen:,} images"
            self._end(trial, run, "pruned", reason)
            raise optuna.TrialPruned(reason) from None

    def _climb(self, trial: optuna.Trial, run: Run) -> float:
        def on_progress(progress: Progress) -> None:
            self.check_stop()
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

        value = 0.0
        for images in self.definition.rungs:
            rung = run.advance(images, on_progress)
            value = self._value(rung)
            self._keep_samples(trial, run)
            trial.report(value, images)
            self.emit(TrialScored(self.worker, trial.number, value, rung))
            if images < self.definition.images and trial.should_prune():
                reason = f"{self.definition.metric} {value:.4g} after {images:,} images"
                self._end(trial, run, "pruned", reason)
                raise optuna.TrialPruned(reason)
        self._end(trial, run, "complete", "", value)
        return value

    @property
    def _metric(self) -> MetricFacts:
        return METRICS[self.definition.metric]

    def _value(self, rung: RungRecord) -> float:
        return self._metric.value_of(rung)

    def _seed(self, trial: optuna.Trial) -> int:
        return derive_seed(self.definition.seed, "trial", trial.number)

    def _end(
        self, trial: optuna.Trial, run: Run, outcome: Outcome, reason: str, value: float | None = None
    ) -> None:
        record = run.record(outcome, reason)
        run.write(record)
        self._store(trial, record, value)

    def _store(self, trial: optuna.Trial, record: RunRecord, value: float | None = None) -> None:
        trial.set_user_attr(RECORD_ATTRIBUTE, record.to_json())
        self._say_ended(trial, record.outcome, record.reason, value)

    def _say_ended(
        self, trial: optuna.Trial, outcome: Outcome, reason: str, value: float | None = None
    ) -> None:
        trial.set_user_attr("outcome", outcome)
        trial.set_user_attr("reason", reason)
        self.emit(TrialEnded(self.worker, trial.number, outcome, value, reason))

    def _keep_samples(self, trial: optuna.Trial, run: Run) -> None:
        """Uploads the newest samples, which optuna-dashboard shows beside the trial."""
        store_folder = self.out / ARTIFACTS_FOLDER
        store_folder.mkdir(parents=True, exist_ok=True)
        upload_artifact(
            artifact_store=FileSystemArtifactStore(store_folder),
            file_path=str(run.newest_samples),
            study_or_trial=trial,
            mimetype="image/png",
        )


def _out_of_memory(error: Exception) -> bool:
    signs = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in signs)


def _one_line(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    text = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
    return " ".join(text.split())
