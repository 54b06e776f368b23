"""How the two networks of an architecture play against each other: from its spec to a trainer."""

from __future__ import annotations

from nas_gan.losses import AdversarialLoss, Penalty, build_loss, build_penalty
from nas_gan.nets import Networks
from nas_gan.spec import Architecture
from nas_gan.spec.game import Adam, Clipping, FisherLoss, NoRegulariser, Rmsprop
from nas_gan.spec.parts import AuxiliaryClassifier
from nas_gan.training import (
    AdamConfig,
    OptimiserConfig,
    Precision,
    RmspropConfig,
    Trainer,
    TrainingConfig,
    TrainingData,
)


def build_trainer(
    architecture: Architecture,
    networks: Networks,
    data: TrainingData,
    seed: int,
    *,
    precision: Precision = "float32",
    guarded: bool = True,
) -> Trainer:
    """Makes the trainer of both networks, on the device where the data lies; the rest as in `Trainer`."""
    device = data.images.device
    return Trainer(
        networks.generator.to(device),
        networks.discriminator.to(device),
        data,
        loss_of(architecture),
        training_config(architecture, seed),
        device,
        penalty_of(architecture),
        precision=precision,
        guarded=guarded,
    )


def loss_of(architecture: Architecture) -> AdversarialLoss:
    """The objective that an architecture names."""
    loss = architecture.loss
    return build_loss(loss.kind, rho=loss.rho) if isinstance(loss, FisherLoss) else build_loss(loss.kind)


def penalty_of(architecture: Architecture) -> Penalty | None:
    """The penalty that an architecture adds to its discriminator's loss, if any."""
    regulariser = architecture.regulariser
    if isinstance(regulariser, NoRegulariser | Clipping):
        return None
    return build_penalty(regulariser.kind, regulariser.weight)


def training_config(architecture: Architecture, seed: int) -> TrainingConfig:
    """How an architecture says that it is trained."""
    training, optimisers = architecture.training, architecture.optimisers
    conditioning, regulariser = architecture.discriminator.conditioning, architecture.regulariser
    return TrainingConfig(
        batch_size=training.batch_size,
        discriminator_steps=training.discriminator_steps,
        moving_average_decay=training.moving_average,
        auxiliary_weight=conditioning.weight if isinstance(conditioning, AuxiliaryClassifier) else 0.0,
        latent_dim=architecture.generator.latent_dim,
        latent_distribution=architecture.generator.latent_distribution,
        classes=architecture.image.classes,
        generator_optimiser=_optimiser_config(optimisers.generator),
        discriminator_optimiser=_optimiser_config(optimisers.discriminator),
        conditional=architecture.conditional,
        seed=seed,
        score_weight_decay=optimisers.score_weight_decay,
        weight_limit=regulariser.limit if isinstance(regulariser, Clipping) else 0.0,
        generated_batch=training.generated_batch,
    )


def _optimiser_config(optimiser: Adam | Rmsprop) -> OptimiserConfig:
    if isinstance(optimiser, Rmsprop):
        return RmspropConfig(optimiser.learning_rate, optimiser.decay, optimiser.weight_decay)
    return AdamConfig(optimiser.learning_rate, optimiser.beta1, optimiser.beta2, optimiser.weight_decay)
