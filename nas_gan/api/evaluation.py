"""Scores a trained generator under a named protocol."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, final

from nas_gan.api.data import Data, GivenData, as_data, check_made_alike
from nas_gan.api.events import Message
from nas_gan.api.progress import announcing

if TYPE_CHECKING:
    from nas_gan.data import DataConfig, Dataset
    from nas_gan.metrics.scores import Scores
    from nas_gan.nets import Generator
    from nas_gan.runs.record import RunRecord
    from nas_gan.runs.scoring import Resources
    from nas_gan.spec import Architecture


@final
@dataclass(frozen=True)
class Evaluation:
    """Scores and how they were made.

    `protocol` holds all fields of the protocol. `real_class_similarity`: of the real images, to compare the score of
    that name with; None under protocols that have none. `sample_distance`, `held_out_distance`: medians from generated
    and from held-out images to their nearest training image, L2 over values in [0, 1]; None of points and real images.
    """

    scores: Scores
    protocol: dict[str, Any]
    class_names: tuple[str, ...]
    real_class_similarity: float | None
    sample_distance: float | None = None
    held_out_distance: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Write each score that was made on a line."""
        from nas_gan.metrics.scores import made_scores

        lines = []
        for kind in made_scores(self.scores):
            line = f"{kind.label} {kind.full_text(self.scores)}"
            if classes := kind.classes_of(self.scores):
                each = (
                    f"{name}: {kind.format(value)}"
                    for name, value in zip(self.class_names, classes, strict=False)
                )
                line += f" ({', '.join(each)})"
            if kind.name == "class_similarity" and self.real_class_similarity is not None:
                line += f", of real images {self.real_class_similarity:.5f}"
            lines.append(line)
        if self.sample_distance is not None:
            beside = (
                "" if self.held_out_distance is None else f", held-out images {self.held_out_distance:.2f}"
            )
            lines.append(
                f"distance to the nearest training image (median): samples {self.sample_distance:.2f}{beside}"
            )
        return lines

    def __str__(self) -> str:
        return "\n".join([*self.lines(), f"under protocol {self.protocol['name']}"])


def evaluate_generator(  # noqa: PLR0913 - one parameter a setting
    architecture: Architecture,
    module: Generator,
    record: RunRecord | None,
    *,
    protocol: str | None,
    data: Data,
    inception_weights: str | os.PathLike[str] | None,
    seed: int | None,
    device: str,
    announce: Callable[[str], None],
) -> Evaluation:
    """Score a generator again. What is None is as it was in training; without a record, as the data's default is.

    The first scoring under a protocol trains or loads its extractor; `announce` gets a line before that. Raises
    InputError for data that isn't of the generator's kind, and for what the protocol can't score.
    """
    from nas_gan.runs.final import nearest_of
    from nas_gan.runs.scoring import score_generator

    config, dataset = _load_data(record, data, announce)
    check_made_alike(architecture, dataset)
    resources = _load(config, dataset, record, protocol, inception_weights, seed, device, announce)
    precision = record.precision if record else "float32"
    scores = score_generator(module.to(resources.device), architecture, resources, precision, full=True)
    nearest = nearest_of(module, architecture, resources, precision)
    module.to("cpu")
    found = _evaluation(scores, resources)
    if nearest is None:
        return found
    return replace(found, sample_distance=nearest.samples, held_out_distance=nearest.held_out)


def evaluate_images(
    data: GivenData,
    protocol: str | None = None,
    *,
    inception_weights: str | os.PathLike[str] | None = None,
    seed: int | None = None,
    device: str = "auto",
    progress: Callable[[Message], object] | bool = True,
) -> Evaluation:
    """Score real images in a generator's place: what a generator that made the training set's images would have.

    What is left out is as in `TrainedGenerator.evaluate`. Raises InputError for what can't be used.
    """
    from nas_gan.runs.resources import find_recipe_for
    from nas_gan.runs.scoring import check_real, score_real

    announce = announcing(progress)
    config, dataset = _load_data(None, as_data(data), announce)
    check_real(dataset, find_recipe_for(dataset, protocol))
    resources = _load(config, dataset, None, protocol, inception_weights, seed, device, announce)
    return _evaluation(score_real(resources), resources)


def _load_data(
    record: RunRecord | None, data: Data, announce: Callable[[str], None]
) -> tuple[DataConfig, Dataset]:
    """Load data; what isn't given is as it was in a run's training."""
    from nas_gan.data import load_dataset

    config = data.config(record)
    return config, load_dataset(config, announce)


def _load(
    config: DataConfig,
    dataset: Dataset,
    record: RunRecord | None,
    protocol: str | None,
    inception_weights: str | os.PathLike[str] | None,
    seed: int | None,
    device: str,
    announce: Callable[[str], None],
) -> Resources:
    """Load the scorer, which may take minutes; what isn't given is as it was in a run's training."""
    from nas_gan.runs.resources import choose_device, load_resources

    return load_resources(
        config,
        dataset,
        protocol=protocol or (record.protocol["name"] if record else None),
        seed=seed if seed is not None else (record.protocol["seed"] if record else 0),
        device=choose_device(device),
        inception_weights=os.fspath(inception_weights) if inception_weights else None,
        announce=announce,
    )


def _evaluation(scores: Scores, resources: Resources) -> Evaluation:
    from nas_gan.metrics.scorer import Scorer

    scorer = resources.scorer
    real = scorer.reference.class_similarity if isinstance(scorer, Scorer) else None
    return Evaluation(scores, asdict(scorer.protocol), resources.dataset.class_names, real)
