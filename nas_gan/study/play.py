"""How the two networks of an architecture play against each other: from its spec to a trainer."""

from __future__ import annotations

from nas_gan.losses import build_loss
from nas_gan.nets import Networks
from nas_gan.spec import Architecture
from nas_gan.spec.parts import AuxiliaryClassifier
from nas_gan.training import OptimiserConfig, Trainer, TrainingConfig, TrainingData


def build_trainer(architecture: Architecture, networks: Networks, data: TrainingData, seed: int) -> Trainer:
    """Makes the trainer of both networks, on the device where the data lies."""
    device = data.images.device
    return Trainer(
        networks.generator.to(device),
        networks.discriminator.to(device),
        data,
        build_loss(architecture.loss.kind),
        training_config(architecture, seed),
        device,
    )


def training_config(architecture: Architecture, seed: int) -> TrainingConfig:
    """How an architecture says that it is trained."""
    training, optimisers = architecture.training, architecture.optimisers
    conditioning = architecture.discriminator.conditioning
    return TrainingConfig(
        batch_size=training.batch_size,
        discriminator_steps=training.discriminator_steps,
        moving_average_decay=training.moving_average,
        auxiliary_weight=conditioning.weight if isinstance(conditioning, AuxiliaryClassifier) else 0.0,
        latent_dim=architecture.generator.latent_dim,
        latent_distribution=architecture.generator.latent_distribution,
        classes=architecture.image.classes,
        generator_optimiser=OptimiserConfig(**optimisers.generator.model_dump()),
        discriminator_optimiser=OptimiserConfig(**optimisers.discriminator.model_dump()),
        conditional=architecture.conditional,
        seed=seed,
    )
