"""Trains one architecture in a folder, from its first image to its last, or goes on with a run that was stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nas_gan.api.data import GivenData, as_data
from nas_gan.api.events import Interrupted, Message, OnTraining, Scored, TrainingEvent, TrainingProgress
from nas_gan.api.folders import DEFAULT_STORAGE
from nas_gan.api.progress import choose_callback
from nas_gan.api.run import Run, load_run
from nas_gan.api.tracking import opened_log, settings_of, track_training
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.runs.checkpoints import Checkpoints
    from nas_gan.runs.record import RungRecord, RunRecord
    from nas_gan.runs.scoring import Resources
    from nas_gan.spec import Architecture
    from nas_gan.training import Progress

SCORINGS = 6


def train(  # noqa: PLR0913 - one parameter a setting
    architecture: Architecture | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    data: GivenData | None = None,
    images: int = 300_000,
    against: Architecture | str | os.PathLike[str] | None = None,
    scorings: int | None = None,
    score_at: Sequence[int] | None = None,
    protocol: str | None = None,
    inception_weights: str | os.PathLike[str] | None = None,
    seed: int | None = None,
    precision: str | None = None,
    device: str = "auto",
    storage: str = DEFAULT_STORAGE,
    log_to: str | None = None,
    progress: OnTraining | bool = True,
) -> Run:
    """Train one architecture, or one's generator against another's discriminator, and score it.

    architecture: a bundled architecture's name, a file, the folder of a run or a bundle, `STUDY:TRIAL`, or one that
        `Space.sample` gave. One that has been trained before keeps its data, protocol, seed and precision.
    out: folder of the run: new, or of one that was stopped, which then goes on where it was.
    data: as in `load_dataset`; `mnist5k` by default.
    images: real images to train on, counted as often as they are shown.
    against: takes the discriminator, and its optimiser, of this architecture instead.
    scorings: score so often, evenly spaced (6 by default); or after the numbers of images of `score_at`.
    protocol: how scores are made; by default as is usual for the data. `inception_weights`: a file of its weights.
    seed: of weights, batches and latents; 0 by default. On a CPU equal seeds give equal runs, bit for bit.
    precision: `auto` (the fastest on the device), `float32` or `bfloat16`. device: `auto`, `cpu`, `cuda`, `cuda:1`.
    storage: the database of `STUDY:TRIAL`.
    log_to: a program that is to follow the run, `tensorboard`, `wandb`, `mlflow` or `trackio`; what it keeps on this
        machine goes beside `out`.
    progress: is told each event (`print` is one such function); True draws a line on a terminal and in a notebook.

    The run of a training that has failed for good is returned, too: its record's outcome is `pruned`. The interrupt
    key raises Interrupted once a checkpoint is written. Raises InputError for what can't be used.
    """
    from nas_gan.data import load_dataset
    from nas_gan.locking import locked_if_possible
    from nas_gan.runs.checkpoints import Checkpoints
    from nas_gan.runs.resources import check_domains, choose_device, image_of, load_resources
    from nas_gan.search.given import find_architecture, pair
    from nas_gan.tracking.build import check_tracker

    shown = choose_callback(progress, TrainingProgress)

    def announce(text: str) -> None:
        shown(Message(text))

    if log_to is not None:
        check_tracker(log_to)
    marks = choose_scorings(images, scorings, score_at)
    folder = Path(out)
    checkpoints = Checkpoints(folder, announce)
    _check_folder(folder, checkpoints.exist)
    given = find_architecture(architecture, storage)
    judging = find_architecture(against, storage) if against is not None else None
    with ExitStack() as stack:
        stack.enter_context(_made(folder))
        stack.enter_context(locked_if_possible(folder, lambda: _refuse(folder)))
        record = given.record
        config = as_data(data).config(record)
        dataset = load_dataset(config, announce)
        image = image_of(dataset)
        # Before the classifier, which may take minutes to train.
        built = given.resolve(image)
        check_domains(built, dataset)
        if judging is not None:
            built = pair(built, judging.resolve(image), f"{given.name} against {judging.name}")
        resources = load_resources(
            config,
            dataset,
            protocol=protocol or (record.protocol["name"] if record else None),
            seed=record.protocol["seed"] if record else 0,
            device=choose_device(device),
            inception_weights=os.fspath(inception_weights) if inception_weights else None,
            announce=announce,
            translates=built.translates,
        )
        chosen_seed = seed if seed is not None else (record.seed if record else 0)
        named = precision or checkpoints.read_precision() or (record.precision if record else "auto")
        log = stack.enter_context(opened_log(log_to, folder.absolute().parent, folder.name, announce))

        def tell(event: TrainingEvent) -> None:
            shown(event)
            if log is not None:
                track_training(log, folder.name, folder, event)

        if log is not None:
            log.begin(folder.name, settings_of(built) | {"seed": chosen_seed})
        final = _train(built, resources, folder, chosen_seed, marks, named, checkpoints, tell)
        if log is not None:
            log.end(folder.name, final.outcome, final.reason)
    if final.outcome == "interrupted":
        raise Interrupted(f"{folder}: {final.reason}; the same call goes on")
    return load_run(folder)


def choose_scorings(images: int, count: int | None, at: Sequence[int] | None) -> tuple[int, ...]:
    """Return the numbers of images at which to score, ascending, `images` the last.

    Raises InputError for numbers below 1, beyond `images`, or if both `count` and `at` are given.
    """
    from nas_gan.runs.training_run import spread_scorings

    if images < 1:
        raise InputError(f"{images}: must be at least 1", setting="images")
    if at is None:
        count = SCORINGS if count is None else count
        if count < 1:
            raise InputError(f"{count}: must be at least 1", setting="scorings")
        return spread_scorings(images, count)
    if count is not None:
        raise InputError(f"{count}: score_at says it already; give one of the two", setting="scorings")
    marks = sorted({*at, images})
    if marks[0] < 1:
        raise InputError(f"{marks[0]}: must be at least 1", setting="score_at")
    if marks[-1] > images:
        raise InputError(f"{marks[-1]:,} is more than the {images:,} images of the run", setting="score_at")
    return tuple(marks)


def _train(
    built: Architecture,
    resources: Resources,
    folder: Path,
    seed: int,
    marks: tuple[int, ...],
    precision: str,
    checkpoints: Checkpoints,
    tell: Callable[[Message | TrainingProgress | Scored], object],
) -> RunRecord:
    from nas_gan.runs.resources import choose_precision
    from nas_gan.runs.run import Run as Training
    from nas_gan.runs.training_run import train_through

    was_stopped = checkpoints.exist
    training = Training(
        built,
        resources,
        folder,
        seed,
        marks[-1],
        precision=choose_precision(precision, resources.device),
        checkpoints=checkpoints,
    )
    if was_stopped:
        training.resume()

    began = time.monotonic()

    def on_progress(progress: Progress) -> None:
        tell(
            TrainingProgress(
                progress.images_seen,
                marks[-1],
                progress.images_per_second,
                progress.discriminator_loss,
                progress.generator_loss,
            )
        )

    def on_scores(rung: RungRecord) -> None:
        tell(Scored(rung.images_seen, time.monotonic() - began, rung.scores))

    return train_through(training, marks, on_progress, on_scores)


def _check_folder(folder: Path, was_stopped: bool) -> None:
    from nas_gan.files import is_beside

    is_taken = folder.exists() and not (
        folder.is_dir() and all(is_beside(file.name) for file in folder.iterdir())
    )
    if is_taken and not was_stopped:
        raise InputError(f"{folder}: exists already; give a new folder, or remove it", setting="out")


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make the folder, and take it away again if what was given can't be used and nothing is in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: can't be made ({error.strerror}); give another folder", setting="out"
        ) from None
    try:
        yield
    except InputError:
        with suppress(OSError):
            folder.rmdir()
        raise


def _refuse(folder: Path) -> None:
    raise InputError(
        f"{folder}: another `train` is at it; wait for that, or give another folder", setting="out"
    )
