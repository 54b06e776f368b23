"""A trained generator, of a run or a bundle: its images, as pictures and as tensors."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, final

from nas_gan.api.data import GivenData, as_data
from nas_gan.api.evaluation import Evaluation, evaluate_generator
from nas_gan.api.events import Message
from nas_gan.api.folders import DEFAULT_STORAGE, find_folder
from nas_gan.api.progress import announcing
from nas_gan.errors import InputError

if TYPE_CHECKING:
    import PIL.Image
    from torch import Tensor

    from nas_gan.nets import Generator
    from nas_gan.runs.record import RungRecord, RunRecord
    from nas_gan.spec import Architecture

MOST_CLASS_COLUMNS = 16
SHEET_ROWS = 8

Weights = Literal["last", "best"]
Labels = int | str | Sequence[int | str]
"""One class for all images, or one an image: numbers from 0, or names."""


def load(
    where: str | os.PathLike[str],
    *,
    weights: Weights = "last",
    storage: str = DEFAULT_STORAGE,
    runs: str | None = None,
) -> TrainedGenerator:
    """Load the generator of a bundle, of a run's folder, or of `STUDY:TRIAL` (`STUDY:best`), on the CPU.

    `storage` is the database of `STUDY:TRIAL`, and `runs` the folder or URL with the runs of its study if they aren't
    where the study has them. `weights`: those at the `last` scoring, whose scores a ranking is made of, or those of the
    `best` of the run's scorings. Raises InputError if there are no weights, or they are damaged.
    """
    from nas_gan.export import load_folder
    from nas_gan.runs.record import RECORD_FILE, load_record

    folder = find_folder(where, storage, runs)
    record = load_record(folder) if (folder / RECORD_FILE).exists() else None
    architecture, module = load_folder(folder, find_weights(folder, record, weights))
    return TrainedGenerator(folder, architecture, module, record, weights)


def find_weights(folder: Path, record: RunRecord | None, weights: Weights) -> str:
    """Return the name of the file with these weights; raises InputError where a folder doesn't hold them."""
    from nas_gan.runs.record import BEST_WEIGHTS_FILE, WEIGHTS_FILE

    if weights not in ("last", "best"):
        raise InputError(f"{weights}: use last or best", setting="weights")
    if weights == "last":
        return WEIGHTS_FILE
    _check_has_best(folder, record)
    return BEST_WEIGHTS_FILE if (folder / BEST_WEIGHTS_FILE).exists() else WEIGHTS_FILE


def find_rung(record: RunRecord, weights: Weights) -> RungRecord | None:
    """Return what was recorded when these weights were scored in training; None where that isn't known."""
    if "best" in (weights, record.weights):
        return next((rung for rung in record.rungs if rung.images_seen == record.best_images_seen), None)
    return record.rungs[-1] if record.rungs else None


def _check_has_best(folder: Path, record: RunRecord | None) -> None:
    """Raise InputError where a folder doesn't hold the weights of its best scoring."""
    from nas_gan.runs.record import BEST_WEIGHTS_FILE

    if record is None or record.weights is not None:
        raise InputError(f"{folder}: holds one set of weights; leave `weights` out", setting="weights")
    is_last = bool(record.rungs) and record.best_images_seen == record.rungs[-1].images_seen
    if not is_last and not (folder / BEST_WEIGHTS_FILE).exists():
        raise InputError(
            f"{folder}: has no {BEST_WEIGHTS_FILE}; use the last weights, or train it again",
            setting="weights",
        )


@final
@dataclass(frozen=True, eq=False)
class TrainedGenerator:
    """A generator from a folder. `module` is in evaluation mode; `record` is None where the folder has none.

    `weights`: which of the run's they are.
    """

    folder: Path
    architecture: Architecture
    module: Generator
    record: RunRecord | None
    weights: Weights = "last"

    @property
    def rung(self) -> RungRecord | None:
        """What was recorded when these weights were scored in training; None where that isn't known."""
        return None if self.record is None else find_rung(self.record, self.weights)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the labels; without a record, their numbers."""
        if self.record is not None and self.record.class_names:
            return self.record.class_names
        return tuple(str(number) for number in range(self.architecture.image.classes))

    def generate(self, count: int, *, labels: Labels | None = None, seed: int = 0) -> list[PIL.Image.Image]:
        """Make images; equal seeds give equal ones.

        `labels`: a class for all of them, or one for each; by default all classes in turn. Raises InputError for
        labels that the generator doesn't know, and where it makes points, which are no pictures.
        """
        from PIL import Image

        if self.architecture.image.is_points:
            raise InputError(f"{self.folder}: its generator makes points, not images; use generate_tensor")
        pixels = self.generate_tensor(count, labels=labels, seed=seed).permute(0, 2, 3, 1).numpy()
        grey = pixels.shape[3] == 1
        return [Image.fromarray(image[:, :, 0] if grey else image) for image in pixels]

    def generate_tensor(self, count: int, *, labels: Labels | None = None, seed: int = 0) -> Tensor:
        """Make images uint8 `[count, channels, side, side]`, or points float32 `[count, dimensions, 1, 1]`."""
        import torch

        from nas_gan.nets import draw_latents, generate_images, to_uint8

        if count < 1:
            raise InputError(f"{count}: must be at least 1", setting="count")
        if not 0 <= seed < 2**63:
            raise InputError(f"{seed}: give 0 to {2**63 - 1}", setting="seed")
        spec = self.architecture.latent_generator
        latents = draw_latents(count, spec.latent_dim, spec.latent_distribution, seed)
        images = torch.cat(list(generate_images(self.module, latents, self._numbers(labels, count))))
        return images if self.architecture.image.is_points else to_uint8(images)

    def sheet(
        self, count: int | None = None, *, labels: Labels | None = None, seed: int = 0
    ) -> PIL.Image.Image:
        """Draw images side by side; by default eight rows, with a column a class where there are a few."""
        from PIL import Image

        return Image.open(io.BytesIO(self.sheet_png(count, labels=labels, seed=seed)))

    def sheet_png(self, count: int | None = None, *, labels: Labels | None = None, seed: int = 0) -> bytes:
        """Draw as `sheet` does, into the bytes of a PNG."""
        from nas_gan.pictures.grid import grid_png

        if self.architecture.image.is_points:
            raise InputError(f"{self.folder}: its generator makes points, not images; see samples.png there")
        columns = self.columns(count or SHEET_ROWS**2, labels)
        made = SHEET_ROWS * columns if count is None else count
        return grid_png(self.generate_tensor(made, labels=labels, seed=seed), columns)

    def columns(self, count: int, labels: Labels | None = None) -> int:
        """Return columns of a sheet: about a square, or one for each class where classes are few and in turn."""
        classes = self.architecture.image.classes
        if self.architecture.conditional and labels is None and classes <= min(count, MOST_CLASS_COLUMNS):
            return classes
        return math.ceil(math.sqrt(count))

    def evaluate(
        self,
        protocol: str | None = None,
        *,
        data: GivenData | None = None,
        inception_weights: str | os.PathLike[str] | None = None,
        seed: int | None = None,
        device: str = "auto",
        progress: Callable[[Message], object] | bool = True,
    ) -> Evaluation:
        """Score the generator again, by all scores of a protocol. What isn't given is as it was in training.

        protocol: `classifier-1k` and `classifier-5k` score with a classifier of the data, `selfsup-5k` with a network
            that learned from it without labels, `inception-5k` and `inception-50k` with the Inception network of 2015,
            whose weights are in the file `inception_weights` or the cache; `plane-1k` and `plane-10k` score points.
        data: whose images it is compared with. seed: of the noise and labels that are scored.
        device: `auto`, `cpu`, `cuda`, `cuda:1`.
        progress: is told before something slow begins, such as the training of a classifier; False for silence.

        Raises InputError for what can't be used.
        """
        return evaluate_generator(
            self.architecture,
            self.module,
            self.record,
            protocol=protocol,
            data=as_data(data),
            inception_weights=inception_weights,
            seed=seed,
            device=device,
            announce=announcing(progress),
        )

    def _numbers(self, labels: Labels | None, count: int) -> Tensor | None:
        """Return labels int64 `[count]`; None for an unconditional generator."""
        import torch

        from nas_gan.nets import draw_labels

        if not self.architecture.conditional:
            if labels is not None:
                raise InputError(
                    f"{labels}: the generator in {self.folder} is unconditional", setting="labels"
                )
            return None
        if labels is None:
            return draw_labels(count, self.architecture.image.classes)
        if isinstance(labels, int | str):
            return torch.full((count,), self._number(labels))
        if len(labels) != count:
            raise InputError(f"{len(labels)} of them: give one for each of {count} images", setting="labels")
        return torch.tensor([self._number(label) for label in labels])

    def _number(self, label: int | str) -> int:
        classes = self.architecture.image.classes
        if isinstance(label, str) and label in self.class_names:
            return self.class_names.index(label)
        if isinstance(label, str):
            raise InputError(f"{label}: use one of {', '.join(self.class_names)}", setting="labels")
        if not 0 <= label < classes:
            raise InputError(f"{label}: classes are numbered 0 to {classes - 1}", setting="labels")
        return label

    def _repr_png_(self) -> bytes | None:
        return None if self.architecture.image.is_points else self.sheet_png()
