"""What a run costs in multiply-adds, trained and scored: a measure of compute that no busy machine changes.

One update shows a discriminator of M_D multiply-adds `k` batches of real and `k` of generated images (`k` discriminator
steps), each forward and backward, and the backward pass costs twice the forward one: 6 M_D per real image. The
generator's step then takes one batch through the discriminator forward and back to the images, but not to the
discriminator's own weights: 2 M_D. A generator of M_G makes `k` batches forward for the discriminator, and one forward
and backward for itself: 1 and 3 M_G. Where the generated batch is shared, its own forward pass is spared. So a real
image costs

    (6 + 2 / k) M_D + (1 + 3 / k) M_G        with a fresh batch for the generator's step: 8 M_D + 4 M_G for k = 1
    (6 + 2 / k) M_D + (1 + 2 / k) M_G        with a shared one:                           8 M_D + 3 M_G for k = 1

Scoring makes images and extracts features from them; what follows (moments, eigenvalues) doesn't depend on the networks
and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nas_gan.spec import Cost

CLASSIFIER_WIDTHS = (32, 64)
CLASSIFIER_KERNEL = 5
CLASSIFIER_FEATURES = 1024
LARGEST_MAP = 8


def price_run(
    cost: Cost, architecture: Mapping[str, Any], protocol: Mapping[str, Any]
) -> tuple[float, float]:
    """Return multiply-adds of training a run on a real image, and of one scoring under a classifier's protocol.

    architecture, protocol: plain data, as rows and records hold them.
    """
    training, image = architecture["training"], architecture["image"]
    shares_batch = training["generated_batch"] == "shared"
    extractor = classifier_macs(image["channels"], image["resolution"], image["classes"])
    return (
        training_macs(cost, training["discriminator_steps"], shares_batch),
        scoring_macs(cost, int(protocol["sample_count"]), extractor),
    )


def training_macs(cost: Cost, discriminator_steps: int, shares_batch: bool) -> float:
    """Return multiply-adds of training, a real image. Penalties and optimisers are left out."""
    steps = discriminator_steps
    own_passes = 2 if shares_batch else 3
    return (6 + 2 / steps) * cost.discriminator_macs + (1 + own_passes / steps) * cost.generator_macs


def scoring_macs(cost: Cost, images: int, extractor_macs: int) -> float:
    """Return multiply-adds of one scoring of so many generated images."""
    return float(images) * (cost.generator_macs + extractor_macs)


def classifier_macs(channels: int, resolution: int, classes: int) -> int:
    """Return multiply-adds of the classifier that scores, an image: `nas_gan.metrics.classifier.Classifier` without
    torch.
    """
    total, side, width_in, stage = 0, resolution, channels, 0
    while stage < 2 or side > LARGEST_MAP:
        width = CLASSIFIER_WIDTHS[min(stage, 1)]
        total += CLASSIFIER_KERNEL**2 * width_in * width * side**2
        side, width_in, stage = side // 2, width, stage + 1
    return total + width_in * side**2 * CLASSIFIER_FEATURES + CLASSIFIER_FEATURES * classes
