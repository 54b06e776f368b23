"""A worker: takes trials of a study, one after the other, until as many have ended as were asked for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import final

import optuna
import torch
from optuna.storages import RDBStorage, get_storage
from optuna.trial import TrialState

from nas_gan.errors import InputError
from nas_gan.metrics.scores import METRICS
from nas_gan.runs.record import parse_record
from nas_gan.runs.resources import choose_device, image_of
from nas_gan.runs.result import KeptResult, TrialResult, forget_result, keep_result, load_kept_result
from nas_gan.runs.seeds import derive_seed
from nas_gan.search.definition import TRIALS_ASKED, load_study
from nas_gan.search.samplers.build import build_pruner, build_sampler
from nas_gan.search.samplers.limits import Limits
from nas_gan.search.settings import Ingredients, gather_for_worker
from nas_gan.search.storage.database import open_storage
from nas_gan.search.storage.patience import Patience, without_waiting
from nas_gan.search.storage.patient_storage import PatientStorage
from nas_gan.search.storage.sharing import check_goes_on
from nas_gan.search.workers.claim import RECIPE, Nothing, Taken, TrialLost
from nas_gan.search.workers.claims import STATES, Claims
from nas_gan.search.workers.delivery import clear_up, deliver_kept_results
from nas_gan.search.workers.events import Event, Notice, TrialEnded
from nas_gan.search.workers.held import HeldTrial, SameRecipe
from nas_gan.search.workers.lifeline import Lifeline, Lookout
from nas_gan.search.workers.objective import Objective
from nas_gan.search.workers.owner import new_token
from nas_gan.store.mirror import local_folder
from nas_gan.store.remote_folder import is_url, open_remote

MAX_TURNED_DOWN = 500
MAX_FAILURES = 3
LAST_WORD_SECONDS = 5.0
IDLE_SECONDS = 1.0
QUIET_SECONDS = 60.0


@final
class HopelessError(Exception):
    """Trial after trial comes to nothing; another worker would fare no better."""


@final
@dataclass(frozen=True)
class WorkerJob:
    """What a worker is told; all else is stored with the study.

    `index` tells the workers of one call apart. `threads`: of the CPU; None for torch's own choice. `trials`: in total,
    whoever ran them; None for as many as the study's last search asked for. `out`: None for the study's own folder.
    """

    storage: str
    study: str
    index: int = 0
    threads: int | None = None
    device: str = "auto"
    trials: int | None = None
    out: str | None = None


def run_worker(job: WorkerJob, emit: Callable[[Event], None], check_stop: Callable[[], None]) -> None:
    """A worker's whole life. `check_stop` raises KeyboardInterrupt when it is to end before its time.

    An interruption puts the running trial back into the queue and is raised again. Raises InputError for what can't be
    used, HopelessError where trial after trial comes to nothing. A database that is away is waited for.
    """

    def tell(event: Event) -> None:
        # A log on a full disk, or a search that is gone, is no reason to fail a trial.
        with suppress(OSError):
            emit(event)

    def announce(text: str) -> None:
        tell(Notice(job.index, text))

    if job.threads is not None:
        torch.set_num_threads(job.threads)
    patience, device = Patience(announce, check_stop), choose_device(job.device)
    storage = patience.call(lambda: open_storage(job.storage, create=False))
    stored = patience.call(lambda: load_study(storage, job.study))
    patience.call(lambda: check_goes_on(stored))
    ingredients = patience.call(lambda: gather_for_worker(stored, job.storage, device, announce))
    Worker(job, storage, ingredients, tell, check_stop).work()


@final
class Worker:
    """One worker of a study."""

    def __init__(
        self,
        job: WorkerJob,
        storage: RDBStorage,
        ingredients: Ingredients,
        emit: Callable[[Event], None],
        check_stop: Callable[[], None],
    ) -> None:
        self._job = job
        self._config = ingredients.config
        self._definition = ingredients.definition
        self._place = job.out or self._config.out
        self._out = local_folder(self._place)
        self._remote = open_remote(self._place) if is_url(self._place) else None
        self._emit = emit
        self._check_stop = check_stop
        self._patience = Patience(self._announce, check_stop)
        self._study = optuna.load_study(
            study_name=job.study, storage=PatientStorage(get_storage(storage), self._patience)
        )
        self._study.pruner = build_pruner(self._config.pruner, self._definition.rungs)
        beat_seconds = self._config.heartbeat_seconds
        self._claims = Claims(storage, self._study._study_id, beat_seconds)
        self._lookout = Lookout(self._claims, self._announce, beat_seconds)
        self._lifeline = Lifeline(self._claims, self._lookout, beat_seconds)
        self._objective = Objective(
            self._study,
            self._definition,
            ingredients.space,
            ingredients.resources,
            self._out,
            self._config.max_parameters,
            self._config.max_macs,
            job.index,
            emit,
            self._remote,
        )
        self._space = ingredients.space
        self._image = image_of(ingredients.resources.dataset)
        metric = self._definition.metric
        self._limits = Limits(
            self._config.max_parameters,
            self._config.max_macs,
            metric if METRICS[metric].of_classes else None,
        )
        self._outcomes: list[str] = []
        self._last_reason = ""
        self._has_sampler = False

    def work(self) -> None:
        """Takes trials until there are none left to take."""
        idle_since = None
        with self._lifeline:
            while True:
                self._check_stop()
                self._patience.call(self._lookout.look_for_gone)
                token = new_token()
                taken = self._patience.call(lambda token=token: self._claims.take(token, self._wanted()))  # type: ignore[misc]
                if isinstance(taken, Taken):
                    idle_since = None
                    self._take_on(taken)
                    self._check_outcomes()
                elif taken.done:
                    self._patience.call(self._deliver_what_others_left)
                    return
                else:
                    # Others are at the last trials, which may fail or be turned down yet.
                    idle_since = self._wait_for_others(taken, idle_since)

    def _wait_for_others(self, nothing: Nothing, since: float | None) -> float:
        """Waits a moment; says once what for. `since`: when that began, None for now; infinity once it was said."""
        now = time.monotonic()
        since = now if since is None else since
        if now - since > QUIET_SECONDS:
            numbers = ", ".join(map(str, nothing.open))
            self._announce(f"has nothing to do before the trials that others are at have ended: {numbers}")
            since = float("inf")
        time.sleep(IDLE_SECONDS * random.uniform(0.5, 1.5))
        return since

    def _take_on(self, taken: Taken) -> None:
        try:
            with self._lifeline.hold(taken):
                self._work_on(taken)
        except SameRecipe as same:
            self._announce(
                f"trial {taken.number} waits for the result of trial {same.number}: the same recipe"
            )
        except TrialLost:
            self._announce_lost(taken)
        except KeyboardInterrupt:
            # Released already, or ended, it stays so.
            self._release(taken, TrialResult("interrupted", "stopped"))
            raise

    def _work_on(self, taken: Taken) -> None:
        result = self._kept_result(taken) or self._train(taken)
        if result.outcome == "interrupted":
            self._release(taken, result)
            raise KeyboardInterrupt
        self._deliver(taken, result)

    def _train(self, taken: Taken) -> TrialResult:
        if not self._has_sampler:
            # A trial is claimed for the n-th time once, so that no two samplers ever have one seed.
            seed = derive_seed(self._config.seed, "sampler", taken.number, taken.claim.times)
            self._study.sampler = build_sampler(
                self._config.sampler, seed, self._space, self._image, self._limits
            )
            self._has_sampler = True
        held = HeldTrial(self._claims, taken, self._patience, self._check_stop, self._lifeline.check)
        return self._objective.run(self._open_trial(taken), held)

    def _open_trial(self, taken: Taken) -> optuna.Trial:
        """What `study.ask` would return, had it taken this trial."""
        self._study._thread_local.cached_all_trials = None
        # Optuna's cache gets to know the trial, which was made behind its back; its samplers use what is read here.
        self._study._get_trials(deepcopy=False, use_cache=True)
        return optuna.Trial(self._study, taken.trial_id)

    def _kept_result(self, taken: Taken) -> TrialResult | None:
        """The result that an earlier worker of this trial kept but couldn't deliver."""
        folder = self._folder(taken)
        if taken.claim.times == 1:
            # Whatever lies there is of another study that had this name.
            forget_result(folder)
            return None
        try:
            kept = load_kept_result(folder)
            if kept is None or kept.result.record is None:
                return None
            record = parse_record(kept.result.record, str(folder))
        except InputError as error:
            self._announce(str(error))
            return None
        recipe = self._study.trials[taken.number].user_attrs.get(RECIPE)
        return kept.result if record.recipe_hash == recipe else None

    def _deliver(self, taken: Taken, result: TrialResult) -> None:
        folder = self._folder(taken)
        was_trained = result.record is not None and folder.exists()
        if was_trained:
            kept = KeptResult(self._job.study, taken.number, taken.claim.token, result)
            self._patience.call(lambda: keep_result(folder, kept))
        self._tell_sampler(taken, result)
        was_mine = self._patience.call(lambda: self._claims.end(taken.trial_id, taken.claim.token, result))
        if not was_mine:
            self._patience.call(lambda: forget_result(folder))
            self._announce_lost(taken)
            return
        if was_trained:
            there = self._remote.within(f"{self._job.study}/{taken.number}") if self._remote else None
            self._patience.call(lambda: clear_up(folder, there, self._announce))
        self._outcomes.append(result.outcome)
        self._last_reason = result.reason
        self._emit(TrialEnded(self._job.index, taken.number, result.outcome, result.value, result.reason))

    def _deliver_what_others_left(self) -> None:
        deliver_kept_results(self._claims, self._job.study, self._place, self._announce)

    def _tell_sampler(self, taken: Taken, result: TrialResult) -> None:
        if self._has_sampler:
            frozen = self._study._storage.get_trial(taken.trial_id)
            values = None if result.value is None else [result.value]
            state = STATES.get(result.outcome, TrialState.FAIL)
            self._study.sampler.after_trial(self._study, frozen, state, values)

    def _release(self, taken: Taken, result: TrialResult) -> None:
        """Puts a trial back; where the database is gone, its claim ends with this process."""

        def attempt() -> bool:
            return self._claims.release(taken.trial_id, taken.claim.token, result)

        is_back = False
        with without_waiting():
            is_back = Patience(self._announce, lambda: None).call(attempt, limit_seconds=LAST_WORD_SECONDS)
        if is_back:
            self._emit(TrialEnded(self._job.index, taken.number, "interrupted", None, result.reason))

    def _announce_lost(self, taken: Taken) -> None:
        self._emit(TrialEnded(self._job.index, taken.number, "lost", None, "another worker has it by now"))

    def _check_outcomes(self) -> None:
        """Raises HopelessError where trial after trial comes to nothing."""
        if self._outcomes[-MAX_FAILURES:] == ["failed"] * MAX_FAILURES:
            raise HopelessError(f"{MAX_FAILURES} trials in a row failed; their reasons are above")
        if self._outcomes[-MAX_TURNED_DOWN:] == ["turned_down"] * MAX_TURNED_DOWN:
            raise HopelessError(
                f"{MAX_TURNED_DOWN} architectures in a row were turned down, the last one because "
                f"{self._last_reason}; raise the limit that it names, or search another space"
            )

    def _wanted(self) -> int:
        return self._job.trials or int(self._study.user_attrs.get(TRIALS_ASKED, self._config.trials))

    def _folder(self, taken: Taken) -> Path:
        return self._out / self._job.study / str(taken.number)

    def _announce(self, text: str) -> None:
        self._emit(Notice(self._job.index, text))
