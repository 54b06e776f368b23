"""How a GAN is trained: plain frozen data, valid once made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final


@final
@dataclass(frozen=True)
class AdamConfig:
    """Settings of one network's Adam (Kingma & Ba 2015, arXiv 1412.6980).

    `weight_decay` is added to the gradient as L2 regularisation before Adam sees it, not decoupled (AdamW).
    """

    learning_rate: float
    beta1: float
    beta2: float
    weight_decay: float


@final
@dataclass(frozen=True)
class RmspropConfig:
    """Settings of one network's RMSprop (Hinton et al. 2012, lecture 6e), without momentum.

    `decay`, in [0, 1), is that of the average of squared gradients: usually 0.99. `weight_decay` is added to
    the gradient as for Adam.
    """

    learning_rate: float
    decay: float
    weight_decay: float


OptimiserConfig = AdamConfig | RmspropConfig


@final
@dataclass(frozen=True)
class TrainingConfig:
    """One training run, apart from the networks, the images and the objective.

    `batch_size` real images meet `batch_size` generated ones in each discriminator step; after
    `discriminator_steps` of them the generator takes one step. `moving_average_decay` is in [0, 1]; at 0 there
    is no average, and the live generator's present weights are those to score. With `conditional` both networks
    are given labels. `auxiliary_weight` weighs the auxiliary classifier's loss and is 0 without one. Labels are
    below `classes`, which is 0 for images without any.

    `score_weight_decay` is the weight decay of the discriminator's last linear layer, the parameters under its
    module `score`; None for that of the rest. After each of its steps all the discriminator's parameters are
    clamped to [-`weight_limit`, `weight_limit`] (Arjovsky et al. 2017, arXiv 1701.07875), gains and shifts of
    normalisation like any other, but no buffer; 0 for no limit. With a `generated_batch` that is shared the
    generator's step takes the images of the discriminator's last one. Raises ValueError for what can't be trained.
    """

    batch_size: int
    discriminator_steps: int
    moving_average_decay: float
    auxiliary_weight: float
    latent_dim: int
    latent_distribution: Literal["normal", "uniform"]
    classes: int
    generator_optimiser: OptimiserConfig
    discriminator_optimiser: OptimiserConfig
    conditional: bool
    seed: int
    score_weight_decay: float | None
    weight_limit: float
    generated_batch: Literal["fresh", "shared"] = "fresh"

    def __post_init__(self) -> None:
        if min(self.batch_size, self.discriminator_steps, self.latent_dim) < 1:
            raise ValueError("batch_size, discriminator_steps and latent_dim must be at least 1")
        if not 0 <= self.moving_average_decay <= 1:
            raise ValueError(f"moving_average_decay {self.moving_average_decay} is not in [0, 1]")
        if self.uses_labels and self.classes < 1:
            raise ValueError("a conditional or auxiliary objective needs classes, and classes is 0")
        if not self.weight_limit >= 0:
            raise ValueError(f"weight_limit {self.weight_limit} is below 0")

    @property
    def uses_labels(self) -> bool:
        """Whether labels of the images enter training at all."""
        return self.conditional or self.auxiliary_weight > 0

    @property
    def images_per_update(self) -> int:
        """Real images shown to the discriminator between two steps of the generator."""
        return self.batch_size * self.discriminator_steps
