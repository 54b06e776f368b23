"""A search from its configuration to its end: checks first, then the study, then the workers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import final

import optuna
import torch
from optuna.storages import RDBStorage

from nas_gan.data import Dataset
from nas_gan.errors import InputError
from nas_gan.jobs.processes import ProcessPool, default_workers
from nas_gan.jobs.ray import THIS_MACHINE, RayPool, cluster_address, connect_to_ray, disconnect_from_ray
from nas_gan.jobs.supervisor import MAX_REPLACEMENTS, Notice, Task, supervise
from nas_gan.logs import passed_on
from nas_gan.runs.resources import choose_device, image_of
from nas_gan.search.attendance import attending
from nas_gan.search.catalogue import count_ended, find_paused
from nas_gan.search.closing import Closing
from nas_gan.search.definition import TRIALS_ASKED, StudyDefinition, create_or_continue, definition_of
from nas_gan.search.events import Event, FinalsBegun, is_progress
from nas_gan.search.finals import has_repeats_left
from nas_gan.search.ingredients import gather, store_settings, stored_out
from nas_gan.search.lessons import learn_from
from nas_gan.search.places import is_same_place, open_runs
from nas_gan.search.plugins import is_own, load_class
from nas_gan.search.samplers.interface import Sampler
from nas_gan.search.schedulers.interface import Scheduler
from nas_gan.search.settings import SearchSettings
from nas_gan.search.starts import enqueue_starts, find_starts, starts_of
from nas_gan.search.storage.database import open_storage, study_names
from nas_gan.search.storage.sharing import check_goes_on
from nas_gan.search.trials import Trials, open_queue
from nas_gan.search.versions import note_code
from nas_gan.search.worker import WorkerJob, run_worker
from nas_gan.space import load_space
from nas_gan.store.address import SQLITE_PREFIX, masked_url, storage_url
from nas_gan.store.mirror import local_folder
from nas_gan.store.remote_folder import RemoteTrouble, check_remote, is_url, open_remote
from nas_gan.store.retry import without_waiting


@final
@dataclass(frozen=True, eq=False)
class PreparedSearch:
    """A search that can start: everything checked, the study created or found again.

    `devices` has an entry for each worker. `paused`: the trials, of those that are `done`, that may have to go on.
    `has_finals`: all trials have ended, and some are still to be trained again with fresh seeds.
    """

    config: SearchSettings
    study: optuna.Study
    closing: Closing
    definition: StudyDefinition
    devices: tuple[str, ...]
    done: int
    paused: frozenset[int]
    has_finals: bool = False

    @property
    def remaining(self) -> int:
        """Count the trials that are still to be run, or that are paused and may have to go on."""
        return max(0, self.config.trials - self.done) + len(self.paused)

    @property
    def device(self) -> str:
        """What kind of device the trials run on."""
        return self.devices[0].partition(":")[0]

    @property
    def workers(self) -> int:
        """Trials side by side."""
        return len(self.devices)


def prepare_search(config: SearchSettings, announce: Callable[[str], None]) -> PreparedSearch:
    """Check space, data, output and study, in this order, and only then touch the database.

    Trains the dataset's classifier if it isn't in the cache. `announce` is given lines for the user.
    Raises InputError for anything that can't be used.
    """
    check_own(config)
    check_gpus(config.gpus)
    device = choose_device(f"cuda:{config.gpus[0]}" if config.gpus else config.device)

    places = 0

    def check(_: Dataset) -> None:
        nonlocal places
        check_out(config.out)
        if config.on == "ray":
            places = _connect(config)

    space = load_space(config.space)
    ingredients = gather(config, space, device, announce, check)
    image = image_of(ingredients.resources.dataset)
    given = find_starts(space, image, config.start, config.storage)
    storage = open_storage(config.storage, create=True)
    check_free(storage, config.study, config.out)
    learn_from(storage, config.learn_from)
    study = create_or_continue(
        storage, config.study, ingredients.definition, any_precision=config.precision == "auto"
    )
    definition = definition_of(study)
    check_together(study, config.out)
    check_goes_on(study)
    store_settings(study, config.model_copy(update={"precision": definition.precision}), space)
    for line in note_code(study, config):
        announce(line)
    is_new = not study.get_trials(deepcopy=False)
    with passed_on(announce):
        enqueue_starts(study, (starts_of(space, image) if is_new and config.space_starts else []) + given)
    study.set_user_attr(TRIALS_ASKED, config.trials)
    closing = Closing(Trials(storage, config.study, open_queue(storage, study)), config.study, config.out)
    with passed_on(announce):
        closing.close_ended()
    done = count_done(study)
    paused = find_paused(study)
    has_finals = done >= config.trials and not paused and has_repeats_left(study, config.finalists)
    devices = _devices(config, device.type, places)
    devices = devices if has_finals else devices[: max(1, config.trials - done)]
    return PreparedSearch(config, study, closing, definition, devices, done, paused, has_finals)


def run_search(prepared: PreparedSearch, on_event: Callable[[Event], None]) -> bool:
    """Run the trials that remain; say whether it ended by itself rather than by the clock."""

    is_over = False

    def tell(event: Event) -> None:
        nonlocal is_over
        is_over = is_over or isinstance(event, FinalsBegun)
        # What can't be shown, on a full disk or a terminal that is gone, is no reason to end the workers.
        with suppress(OSError):
            on_event(event)

    def say(text: str) -> None:
        tell(Notice(None, text))

    config = prepared.config
    threads, ends_at = _threads(prepared), None
    if config.timeout_seconds is not None:
        ends_at = time.time() + config.timeout_seconds
    deadline = ends_at if config.grace_seconds > 0 else None
    jobs = [
        WorkerJob(
            config.storage,
            config.study,
            index,
            threads,
            device,
            config.trials,
            config.out,
            deadline,
            config.timeout_seconds,
            ends_at,
            len(prepared.devices),
        )
        for index, device in enumerate(prepared.devices)
    ]
    tasks = [Task(job.index, partial(run_worker, job)) for job in jobs]
    pool = RayPool(config.gpus_per_trial) if config.on == "ray" else ProcessPool()
    try:
        with attending(prepared.study, config.heartbeat_seconds):
            in_time = supervise(
                pool,
                tasks,
                on_event=tell,
                timeout_seconds=config.timeout_seconds and config.timeout_seconds + config.grace_seconds,
                is_progress=is_progress,
                replacements=MAX_REPLACEMENTS,
                ends_together=True,
            )
    finally:
        if config.on == "ray":
            disconnect_from_ray()
    in_time = in_time and (deadline is None or time.time() < deadline)
    # The finals of a search that only time ends begin before that.
    in_time = in_time and not (is_over and ends_at is not None and count_done(prepared.study) < config.trials)
    # The last worker may have died between its last result and the end.
    with passed_on(say), without_waiting(say):
        if in_time:
            prepared.closing.finish_study(config.trials)
        else:
            prepared.closing.close_ended()
    return in_time


def count_done(study: optuna.Study) -> int:
    """Count trials of a study that were trained to their end, paused or pruned on the way, whoever ran them."""
    return count_ended(study)


def check_own(config: SearchSettings) -> None:
    """Raise InputError unless there are the user's own sampler and scheduler that settings name."""
    if is_own(config.sampler):
        load_class(config.sampler, Sampler, "sampler")  # type: ignore[type-abstract]
    if is_own(config.pruner):
        load_class(config.pruner, Scheduler, "pruner")  # type: ignore[type-abstract]


def check_gpus(gpus: tuple[int, ...]) -> None:
    """Raise InputError unless this machine has these GPUs."""
    found = torch.cuda.device_count()
    missing = [str(gpu) for gpu in gpus if gpu >= found]
    if missing:
        there = f"has {', '.join(map(str, range(found)))}" if found else "has none that torch can use"
        raise InputError(
            f"{','.join(map(str, gpus))}: this machine {there}; leave `gpus` out to use what there is",
            setting="gpus",
        )


def check_out(out: str) -> None:
    """Raise InputError unless files can be made in a folder, or at a URL."""
    if not is_url(out):
        check_writable(Path(out))
        return
    if out.startswith("memory:"):
        raise InputError(
            f"{out}: each worker would have a memory of its own; give a place that all can reach",
            setting="out",
        )
    check_remote(open_remote(out), local_folder(out))


def check_free(storage: RDBStorage, name: str, out: str) -> None:
    """Raise InputError where a file, or another database's runs, are where those of a new study are to be."""
    if not is_url(out) and Path(out, name).is_file():
        raise InputError(
            f"{name}: {Path(out, name)} is a file; give another `study` or `out`", setting="study"
        )
    if name not in study_names(storage) and _has_runs(out, name):
        raise InputError(
            f"{out}: has runs of a study {name!r} that isn't in {masked_url(storage.url)}; give the database "
            "that has it, or another `study` or `out`",
            setting="out",
        )


def check_together(study: optuna.Study, out: str) -> None:
    """Raise InputError where a study's runs are elsewhere, and not, as in a copied folder, at `out` too."""
    before, name = stored_out(study), study.study_name
    if before is None or is_same_place(open_runs(before), open_runs(out)) or _has_runs(out, name):
        return
    if _has_runs(before, name):
        raise InputError(
            f"{out}: the runs of study {name!r} are in {before}; give that, or move {before}/{name} first",
            setting="out",
        )


def _has_runs(out: str, study: str) -> bool:
    try:
        return bool(open_runs(out).within(study).names())
    except RemoteTrouble as trouble:
        raise InputError(f"{trouble}; check that it is there", setting="out") from None


def check_writable(out: Path) -> None:
    """Raise InputError unless files can be made in a folder."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise InputError(
            f"{out}: can't be written ({error.strerror}); give another folder", setting="out"
        ) from None


def _connect(config: SearchSettings) -> int:
    """Join Ray, and say how many workers have room there; raises InputError where not all could reach the database."""
    address = cluster_address(config.address)
    if address != THIS_MACHINE and storage_url(config.storage).startswith(SQLITE_PREFIX):
        raise InputError(
            f"{masked_url(config.storage)}: SQLite is for one machine, and `address` {address} may have "
            "several; give a PostgreSQL server (postgresql://HOST/DATABASE), or leave `address` out",
            setting="storage",
        )
    return connect_to_ray(address, config.workers or 0, config.gpus_per_trial)


def _threads(prepared: PreparedSearch) -> int:
    """Return how many threads of the CPU for each worker: one, but for a GPU's, which does little there."""
    # Several threads collapse as soon as something else takes a core, a lone worker's too.
    if prepared.config.on == "ray" or prepared.device == "cpu":
        return 1
    return torch.get_num_threads()


def _devices(config: SearchSettings, kind: str, places: int) -> tuple[str, ...]:
    """Return the device of each worker; workers of one GPU are spread over the call's, so that few leave none idle.

    `places`: workers that Ray has room for.
    """
    if config.on == "ray":
        return ("cuda" if config.gpus_per_trial else "cpu",) * (config.workers or places)
    if config.gpus:
        return tuple(f"cuda:{gpu}" for gpu in config.gpus) * config.workers_per_gpu
    device = config.device if config.device != "auto" else kind
    return (device,) * (config.workers or default_workers(kind))
