"""A training run that is kept in a folder: what it scored, what it makes, and its bundle."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from nas_gan.api.bundle import export_run, read_samples
from nas_gan.api.data import GivenData
from nas_gan.api.evaluation import Evaluation
from nas_gan.api.events import Message
from nas_gan.api.folders import DEFAULT_STORAGE, describe_folder, find_folder
from nas_gan.api.generator import Labels, TrainedGenerator, Weights, load

if TYPE_CHECKING:
    import PIL.Image
    from torch import Tensor

    from nas_gan.export import Bundle
    from nas_gan.metrics.scores import Scores
    from nas_gan.runs.record import RunRecord


def load_run(
    where: str | os.PathLike[str], *, storage: str = DEFAULT_STORAGE, runs: str | None = None
) -> Run:
    """Load the run of a folder, or of `STUDY:TRIAL` (`STUDY:best`), whether it has ended or not.

    `storage` is the database of `STUDY:TRIAL`, and `runs` the folder or URL with the runs of its study if they aren't
    where the study has them. Raises InputError if there is no record, or it is damaged.
    """
    from nas_gan.runs.record import load_record

    folder = find_folder(where, storage, runs)
    load_record(folder)
    return Run(folder, describe_folder(where, folder))


@final
@dataclass(frozen=True)
class Run:
    """One pair of networks, trained and scored in one folder. All is read from there when it is asked for."""

    folder: Path
    name: str

    @property
    def record(self) -> RunRecord:
        """What happened: architecture, data, protocol, seed, scores at each rung, losses, and how it ended."""
        from nas_gan.runs.record import load_record

        return load_record(self.folder)

    @property
    def scores(self) -> Scores | None:
        """The last scores; None before the first."""
        rungs = self.record.rungs
        return rungs[-1].scores if rungs else None

    @property
    def generator(self) -> TrainedGenerator:
        """The moving average of the generator at the last scoring."""
        return load(self.folder)

    def generate(self, count: int, *, labels: Labels | None = None, seed: int = 0) -> list[PIL.Image.Image]:
        """Make images as `TrainedGenerator.generate` does."""
        return self.generator.generate(count, labels=labels, seed=seed)

    def generate_tensor(self, count: int, *, labels: Labels | None = None, seed: int = 0) -> Tensor:
        """Make images, or points, as `TrainedGenerator.generate_tensor` does."""
        return self.generator.generate_tensor(count, labels=labels, seed=seed)

    def samples(self, after: int | None = None) -> PIL.Image.Image:
        """Open the sheet of samples that was drawn at a scoring: the last, or that `after` so many images.

        All sheets of a run are of the same latents. Raises InputError where there is none.
        """
        from PIL import Image

        return Image.open(io.BytesIO(read_samples(self.folder, after)))

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
        """Score the generator again as `TrainedGenerator.evaluate` does."""
        return self.generator.evaluate(
            protocol,
            data=data,
            inception_weights=inception_weights,
            seed=seed,
            device=device,
            progress=progress,
        )

    def export(
        self,
        output: str | os.PathLike[str],
        *,
        weights: Weights = "last",
        onnx: bool = False,
        discriminator: bool = False,
        hub: bool = False,
        licence: str = "unknown",
    ) -> Bundle:
        """Write the generator into a new folder that works without nas_gan, and say which files it has.

        `weights`: the `last`, or those of the `best` scoring.

        The folder holds the architecture, the weights, a standalone `model.py`, an exported PyTorch program (`onnx`:
        one in that format, too), samples and a card (`hub`: a README with the Hugging Face Hub's metadata, too, and the
        `licence` of the weights by its name there); with `discriminator`, its weights as training left them and its
        source, too. Each is loaded again and compared; those that can't be written are in `forms.failures` of what is
        returned. Raises InputError if the folder is taken, the run was never scored, or the discriminator is asked for
        of a translation.
        """
        from nas_gan.export import check_is_free

        check_is_free(Path(output))
        return export_run(
            self.folder,
            Path(output),
            self.name,
            weights=weights,
            onnx=onnx,
            discriminator=discriminator,
            hub=hub,
            licence=licence,
        )

    def _repr_html_(self) -> str:
        from nas_gan.api.html import run_html

        return run_html(self)
