"""Multiply-adds against torch's own count of a real update, and of the real classifier."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from nas_gan.metrics.classifier import Classifier
from nas_gan.nets import build_networks
from nas_gan.spec import Architecture, Cost, compute_cost
from nas_gan.table.compute import classifier_macs, scoring_macs, training_macs
from nas_gan.training import Trainer, TrainingData

BATCH = 8


def make_architecture(steps: int, generated_batch: str) -> Architecture:
    tree = {
        "image": {"channels": 1, "resolution": 28, "classes": 10},
        "generator": {"latent_dim": 16, "width": 16, "stages": [{}, {}]},
        "discriminator": {"width": 16, "stem_width": 8, "stages": [{"depth": 2}, {"depth": 2}]},
        "training": {"batch_size": BATCH, "discriminator_steps": steps, "generated_batch": generated_batch},
    }
    return Architecture.from_tree(tree, "test")


@pytest.mark.parametrize("generated_batch", ["fresh", "shared"])
@pytest.mark.parametrize("steps", [1, 3])
def test_training_is_what_torch_counts(steps: int, generated_batch: str) -> None:
    architecture = make_architecture(steps, generated_batch)
    networks = build_networks(architecture, 0)
    images = torch.randint(0, 256, (32, 1, 28, 28), dtype=torch.uint8)
    trainer = Trainer(*networks, TrainingData(images, None), architecture.game, 0, "float32")
    with FlopCounterMode(display=False) as counter:
        trainer.advance(BATCH * steps)
    counted = counter.get_total_flops() / 2 / (BATCH * steps)
    cost = compute_cost(architecture)
    ours = training_macs(cost, steps, generated_batch == "shared")
    # Torch leaves out the gradients at the real and generated images, which nothing asks for: the first layer's share.
    assert counted == pytest.approx(ours, rel=0.06)
    assert counted <= ours


@pytest.mark.parametrize("resolution", [14, 28, 32, 64])
def test_the_classifier_is_what_torch_counts(resolution: int) -> None:
    classifier = Classifier(1, resolution, 10)
    with FlopCounterMode(display=False) as counter:
        classifier(torch.zeros(1, 1, resolution, resolution, dtype=torch.uint8))
    assert classifier_macs(1, resolution, 10) == counter.get_total_flops() // 2


def test_scoring_is_generating_and_extracting() -> None:
    cost = Cost(generator_parameters=0, generator_macs=7, discriminator_parameters=0, discriminator_macs=1000)
    assert scoring_macs(cost, 100, 3) == 1000
