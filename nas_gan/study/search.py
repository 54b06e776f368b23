"""A search from its configuration to its end: checks first, then the study, then the workers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import final

import optuna
import torch

from nas_gan.data import load_dataset
from nas_gan.errors import InputError
from nas_gan.space import load_space
from nas_gan.study.catalogue import counts_toward_budget
from nas_gan.study.config import SearchConfig
from nas_gan.study.definition import TRIALS_ASKED, StudyDefinition, choose_metric, create_or_continue
from nas_gan.study.events import Event
from nas_gan.study.launcher import available_cores, default_workers, run_workers
from nas_gan.study.resources import choose_device, image_of, load_resources
from nas_gan.study.rungs import rungs_of
from nas_gan.study.storage import open_storage


@final
@dataclass(frozen=True, eq=False)
class PreparedSearch:
    """A search that can start: everything checked, the study created or found again."""

    config: SearchConfig
    study: optuna.Study
    definition: StudyDefinition
    device: str
    workers: int
    done: int
    known: int

    @property
    def remaining(self) -> int:
        """Trials that are still to be run."""
        return max(0, self.config.trials - self.done)


def prepare_search(config: SearchConfig, announce: Callable[[str], None]) -> PreparedSearch:
    """Checks space, data, output and study, in this order, and only then touches the database.

    Trains the dataset's classifier if it isn't in the cache. `announce` is given lines for the user.
    Raises InputError for anything that can't be used.
    """
    device = choose_device(config.device)
    space = load_space(config.space)
    dataset = load_dataset(config.data, announce)
    image = image_of(dataset)
    # The cheap checks come before the classifier, which may take minutes to train.
    space.check(image)
    metric = choose_metric(config.metric, image)
    _check_writable(Path(config.out))
    resources = load_resources(
        config.data,
        dataset,
        protocol=config.protocol,
        seed=config.seed,
        device=device,
        inception_weights=config.inception_weights,
        announce=announce,
    )
    definition = StudyDefinition(
        space=space.name,
        space_fingerprint=space.fingerprint,
        data=dataset.name,
        data_fingerprint=dataset.fingerprint,
        channels=image.channels,
        resolution=image.resolution,
        classes=image.classes,
        metric=metric,
        protocol=asdict(resources.scorer.protocol),
        images=config.images,
        rungs=rungs_of(config.images),
        seed=config.seed,
    )
    study = create_or_continue(open_storage(config.storage, create=True), config.study, definition)
    study.set_user_attr(TRIALS_ASKED, config.trials)
    trials = study.get_trials(deepcopy=False)
    done = sum(counts_toward_budget(trial) for trial in trials)
    workers = config.workers or default_workers(device.type)
    workers = max(1, min(workers, config.trials - done))
    return PreparedSearch(config, study, definition, device.type, workers, done, len(trials))


def run_search(
    prepared: PreparedSearch, on_event: Callable[[Event], None], on_tick: Callable[[], None]
) -> bool:
    """Runs the trials that remain; says whether it ended by itself rather than by the clock."""
    # What a GPU's worker does on the CPU is little; a CPU's workers share the cores.
    threads = (
        max(1, available_cores() // prepared.workers) if prepared.device == "cpu" else torch.get_num_threads()
    )
    return run_workers(
        prepared.config,
        count=prepared.workers,
        threads=threads,
        trials=prepared.remaining,
        first_trial=prepared.known,
        on_event=on_event,
        on_tick=on_tick,
    )


def _check_writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise InputError(f"--out {out}: can't be written ({error.strerror}); give another folder") from None
