"""One training run: an architecture trained rung by rung, scored at each, and kept in a folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import final

import torch
from torch import nn

from nas_gan.errors import InputError
from nas_gan.files import write_whole
from nas_gan.metrics.scores import Metric
from nas_gan.nets import save_network
from nas_gan.runs.best_weights import BestWeights
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.make_record import device_name, make_record
from nas_gan.runs.record import (
    DISCRIMINATOR_FILE,
    EXAMPLE_FILE,
    SAMPLES_FILE,
    Outcome,
    RungRecord,
    RunRecord,
    write_record,
)
from nas_gan.runs.run_state import Identity, Past, budgets_left, make_run_state, read_past
from nas_gan.runs.scoring import Resources
from nas_gan.runs.seeds import derive_seed
from nas_gan.runs.task import choose_task
from nas_gan.spec import Architecture, recipe_hash
from nas_gan.training import Precision, Progress, Trainer, TrainingData, check_samples


@final
class Run:
    """Trains one architecture up to one rung after the other.

    With `checkpoints` it can be stopped at any time and resumed in another process; on a CPU it then ends with
    the same weights, curve and scores, bit for bit. They stay until `remove_checkpoints`.
    """

    def __init__(  # noqa: PLR0913 - what a run is made of
        self,
        architecture: Architecture,
        resources: Resources,
        folder: Path,
        seed: int,
        images_planned: int,
        *,
        precision: Precision,
        metric: Metric | None = None,
        full_scores: bool = False,
        times_one_image: bool = False,
        guarded: bool = True,
        watch_gradients: bool = False,
        checkpoints: Checkpoints | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Build the networks. `folder` is made when the first rung is reached.

        `precision`: what both networks compute in, also where images are made to be scored. Unless `guarded`, only
        numbers that overflow end the run before its time. `metric`: by which the best weights are the best; None for
        the first that is scored.

        `watch_gradients`: whether the record's curve tells of every update's gradient norms.

        `full_scores` asks for the scores that take longer than the others at every rung, and not only after
        `images_planned` images; `times_one_image` for what one image takes, at every rung. `check` is called before
        anything is written, and raises if the folder is another process's by now.
        """
        self.architecture = architecture
        self.folder = folder
        self._resources = resources
        self._seed = seed
        self._images_planned = images_planned
        self._precision = precision
        self._full_scores = full_scores
        self._times_one_image = times_one_image
        self._guarded = guarded
        self._checkpoints = checkpoints
        self._check = check
        self._weights = BestWeights(folder, metric)
        self._rungs: list[RungRecord] = []
        self._started = datetime.now(UTC)
        self._earlier_seconds = 0.0
        self._began = time.monotonic()
        self._task = choose_task(architecture, resources, precision)
        generating, self._discriminating = self._task.build(derive_seed(seed, "weights"))
        data = TrainingData(resources.images, resources.labels, resources.origin)
        self._trainer = Trainer(
            generating,
            self._discriminating,
            data,
            architecture.game,
            derive_seed(seed, "training"),
            precision,
            guarded=guarded,
            watch_gradients=watch_gradients,
        )

    @property
    def images_seen(self) -> int:
        """Real images that the discriminator has been shown."""
        return self._trainer.images_seen

    @property
    def rungs(self) -> tuple[RungRecord, ...]:
        """All scorings so far, those before a `resume` included."""
        return tuple(self._rungs)

    def resume(self) -> bool:
        """Go on from the newest usable checkpoint, and say where that is; False where there is none.

        To be called before anything else. Raises InputError for a checkpoint of another run: other networks or
        settings, data, seed, protocol, or number of images.
        """
        found = None if self._checkpoints is None else self._checkpoints.newest()
        if self._checkpoints is None or found is None:
            return False
        path, state = found
        try:
            past = read_past(state, self._identity)
            self._trainer.load_state(state.part("trainer"))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path}: not a checkpoint of this run: {error}; begin again in another folder, or remove the file"
            ) from None
        self._rungs = list(past.rungs)
        self._started, self._earlier_seconds = past.started, past.wall_seconds
        if not self._weights.resume(past.best):
            self._checkpoints.announce(f"{self.folder}: the weights that scored best so far aren't there")
        self._checkpoints.announce(f"{path}: goes on after {self.images_seen:,} images")
        if past.conditions != self._conditions:
            self._checkpoints.announce(
                f"{path}: made on {past.conditions}, and this is {self._conditions}: from here on the numbers may "
                "differ in their last digits from those of a run that stayed there"
            )
        return True

    def budgets_left(self, budgets: Sequence[int]) -> tuple[int, ...]:
        """Return those of `budgets` (images, ascending) that are still to be reached with `advance`.

        Raises InputError where a resumed run was scored after other numbers of images.
        """
        return budgets_left(self.rungs, tuple(budgets))

    def advance(self, images: int, on_progress: Callable[[Progress], None] | None = None) -> RungRecord:
        """Train until `images` have been seen, then score, and write weights, samples and a checkpoint.

        Raises `nas_gan.training.Diverged` where training has failed for good. Interrupted by KeyboardInterrupt
        it writes a checkpoint too: a later call with the same `images` goes on, in this process or another.
        """

        def watch(progress: Progress) -> None:
            if on_progress is not None:
                on_progress(progress)
            if self._checkpoints is not None and self._checkpoints.are_due:
                self.write_checkpoint()

        try:
            self._trainer.advance(images, watch)
            if self._checkpoints is not None and not self._checkpoints.exist:
                # Before other files: a folder with these alone would be nothing to go on with.
                self.write_checkpoint()
            rung = self._score(images)
        except KeyboardInterrupt as interrupt:
            try:
                self.write_checkpoint()
            finally:
                # Whatever became of the checkpoint: this is to end.
                raise interrupt
        self.write_checkpoint()
        return rung

    def write_checkpoint(self) -> None:
        """Write where the run stands, if it stands between two updates, and was made with `checkpoints`."""
        if self._checkpoints is None or not self._trainer.is_whole:
            return
        self._check()
        past = Past(self.rungs, self._started, self._wall_seconds, self._conditions, self._weights.facts())
        state = make_run_state(self._trainer.state(), self._identity, past)
        self._checkpoints.write(state, self.images_seen)

    def remove_checkpoints(self) -> None:
        """For a run that has ended for good, once its record is where it is to be kept."""
        if self._checkpoints is not None:
            self._checkpoints.remove()

    def _score(self, images: int) -> RungRecord:
        scoring_began = time.monotonic()
        generating = self.averaged_generator()
        full = self._full_scores or images == self._images_planned
        scores = self._task.score(generating, full=full)
        samples = self._task.sample(generating)
        latency = self._task.time_one_image(generating) if self._times_one_image else None
        self._check()
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in (f"samples-{images}.png", SAMPLES_FILE):
            write_whole(self.folder / name, samples.picture)
        if samples.example is not None:
            write_whole(self.folder / EXAMPLE_FILE, samples.example)
        self._weights.keep(generating, images, scores)
        save_network(self._discriminating, self.folder / DISCRIMINATOR_FILE)
        training_seconds = self._trainer.training_seconds - sum(rung.training_seconds for rung in self._rungs)
        rung = RungRecord(
            images_seen=images,
            scores=scores,
            training_seconds=training_seconds,
            scoring_seconds=time.monotonic() - scoring_began,
            latency_milliseconds=latency,
        )
        try:
            if self._guarded:
                check_samples(samples.images, self._resources.images, images)
        finally:
            self._rungs.append(rung)
        return rung

    def averaged_generator(self) -> nn.Module:
        """Return the moving average, in evaluation mode; of a translation, both generators'."""
        return self._trainer.averaged_generator

    def record(self, outcome: Outcome, reason: str = "") -> RunRecord:
        """Return what happened so far."""
        curve = tuple(point.facts() for point in self._trainer.curve)
        return make_record(
            self.architecture,
            self._resources,
            seed=self._seed,
            precision=self._precision,
            images_planned=self._images_planned,
            images_seen=self.images_seen,
            outcome=outcome,
            reason=reason,
            rungs=self.rungs,
            curve=curve,
            started=self._started,
            wall_seconds=self._wall_seconds,
            best_images_seen=self._weights.images_seen,
        )

    def write(self, record: RunRecord) -> None:
        """Write the record into the run's folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_record(self.folder, record)

    @property
    def _wall_seconds(self) -> float:
        """Since the start, less what was lost or idle between two processes."""
        return self._earlier_seconds + time.monotonic() - self._began

    @property
    def _identity(self) -> Identity:
        """What a checkpoint has to have been made with."""
        return {
            "recipe": recipe_hash(self.architecture),
            "data fingerprint": self._resources.dataset.fingerprint,
            "protocol": self._resources.scorer.protocol.fingerprint(),
            "seed": self._seed,
            "precision": self._precision,
            "number of images": self._images_planned,
            "scoring in full": self._full_scores,
            "guarding": self._guarded,
        }

    @property
    def _conditions(self) -> str:
        """What the same bits depend on, beside the identity."""
        return f"{device_name(self._resources.device)}, torch {torch.__version__}"
