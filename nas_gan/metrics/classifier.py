"""The small classifier whose activations and logits score a labelled dataset.

For 28×28 images it is the network of appendix B of Yamazaki's thesis, "On Depth and Complexity of
Generative Adversarial Networks" (KTH, 2017), which measures MNIST with it. Other resolutions get as many
further stages as it takes to bring the map down to 8×8.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

FEATURE_DIMENSIONS = 1024
"""Width of the layer before the logits, whose activations are what the distances compare."""

LARGEST_MAP = 8
"""Height and width, in pixels, of the map that the linear layer may see at most."""

PIXELS_AT_ONCE = 160_000
"""Largest batch, in pixels of one channel.

A batch's first map then stays below the 32 MB up to which glibc hands memory out again. Above it, every batch
pays for fresh pages, and a CPU is slower by a third.
"""


class Classifier(nn.Module):
    """5×5 convolutions with 2×2 max pooling, a linear layer of 1024 units, and a linear layer to the logits.

    Built without weights: `build_classifier` draws them, and a stored state may be loaded instead. The
    thesis' dropout between the two linear layers is a matter of training only, and is done there
    (`classifier_training`).
    """

    def __init__(self, channels: int, resolution: int, classes: int) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        side, width_in, width = resolution, channels, 32
        while len(stages) < 2 or side > LARGEST_MAP:
            stages.append(build_stage(width_in, width))
            side, width_in, width = side // 2, width, 64
        self.stages = nn.Sequential(*stages)
        self.hidden = nn.Linear(width_in * side * side, FEATURE_DIMENSIONS)
        self.logits = nn.Linear(FEATURE_DIMENSIONS, classes)

    def compute_features(self, images: Tensor) -> Tensor:
        """Return activations before dropout, float [n, 1024], of uint8 images [n, c, h, h]."""
        pixels = images.to(torch.float32, memory_format=torch.channels_last) / 255
        return torch.relu(self.hidden(self.stages(pixels).flatten(1)))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, float [n, classes], of uint8 images [n, c, h, h]."""
        logits: Tensor = self.logits(self.compute_features(images))
        return logits


def build_stage(width_in: int, width: int) -> nn.Sequential:
    """Return one stage: convolution, pooling, ReLU.

    The thesis has ReLU before pooling. The map is the same, as maximum and ReLU commute, and a CPU is faster.
    """
    return nn.Sequential(nn.Conv2d(width_in, width, 5, padding=2), nn.MaxPool2d(2), nn.ReLU())


def allocate_classifier(channels: int, resolution: int, classes: int) -> Classifier:
    """Return the network with its weights undefined, so that the process' global random state is left alone.

    Weights are laid out channels-last, half as fast again on a CPU. ValueError below 4×4 pixels, which two
    poolings would leave nothing of.
    """
    if resolution < 4:
        raise ValueError(f"a classifier needs images of at least 4×4 pixels, not {resolution}×{resolution}")
    with torch.device("meta"):
        classifier = Classifier(channels, resolution, classes)
    return classifier.to_empty(device="cpu").to(memory_format=torch.channels_last)


def build_classifier(channels: int, resolution: int, classes: int, generator: torch.Generator) -> Classifier:
    """Return the network with fresh weights from `generator` (on the CPU), He's initialisation, biases zero."""
    classifier = allocate_classifier(channels, resolution, classes)
    for name, parameter in classifier.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        else:
            deviation = math.sqrt(2 / parameter[0].numel())
            nn.init.normal_(parameter, std=deviation, generator=generator)
    return classifier


def split_images(images: Tensor, side: int) -> tuple[Tensor, ...]:
    """Return images [n, c, h, h] in batches that go through the network fast, which sees them at `side` pixels a
    side.
    """
    return torch.split(images, max(1, PIXELS_AT_ONCE // side**2))
