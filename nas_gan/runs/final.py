"""The last word on a run: scores on real images that nothing was chosen by, and a look for copies."""

from __future__ import annotations

from dataclasses import asdict

import torch
from torch import nn

from nas_gan.metrics.scores import Scores
from nas_gan.nets import Generator
from nas_gan.runs.memorisation import COMPARED, Nearest, find_nearest
from nas_gan.runs.record import FinalRecord
from nas_gan.runs.scoring import Resources, generate
from nas_gan.runs.task import choose_task
from nas_gan.spec import Architecture
from nas_gan.training import Precision


def score_final(
    generating: nn.Module,
    architecture: Architecture,
    resources: Resources,
    precision: Precision,
    scores: Scores | None = None,
) -> FinalRecord:
    """Score what generates, in evaluation mode, under the protocol of the resources, which is that of the figure.

    `scores`: all that it has under this protocol, if it has been scored already.
    """
    if scores is None:
        scores = choose_task(architecture, resources, precision).score(generating, full=True)
    nearest = None
    if isinstance(generating, Generator):
        nearest = nearest_of(generating, architecture, resources, precision)
    return FinalRecord(
        protocol=asdict(resources.scorer.protocol),
        scores=scores,
        sample_distance=None if nearest is None else nearest.samples,
        held_out_distance=None if nearest is None else nearest.held_out,
    )


def nearest_of(
    generator: Generator, architecture: Architecture, resources: Resources, precision: Precision
) -> Nearest | None:
    """Find how near a generator's images are to training images; None of points."""
    if architecture.image.is_points:
        return None
    samples = torch.cat(list(generate(generator, architecture, resources, COMPARED, precision)))
    return find_nearest(samples, resources.dataset)
