"""Generators and discriminators of linear layers alone, for points of the plane and for small images.

Their hidden layers come in runs that share a width, a connection and a unit, as stages do in convolutional
networks. Nothing resamples, so a run may be of any length and there may be any number of them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nas_gan.spec.networks import LeftOut
from nas_gan.spec.parts import (
    BY_KIND,
    BY_NAME,
    ActivationField,
    AuxiliaryClassifier,
    BatchNorm,
    Concat,
    ConditionalBatchNorm,
    Frozen,
    LayerNorm,
    LeakyRelu,
    MinibatchField,
    NoDropout,
    NoMinibatch,
    NoNorm,
    Plain,
    Projection,
    Relu,
    Residual,
    Unconditional,
    ValueDropout,
    Width,
)

LARGEST_WIDTH = 4096

# Instance normalisation of a single position is always 0, and nothing is concatenated here.
HiddenNorm = Annotated[Annotated[NoNorm | BatchNorm | LayerNorm, BY_KIND], BY_NAME]
HiddenConnect = Annotated[Annotated[Plain | Residual, BY_KIND], BY_NAME]
HiddenDropout = Annotated[Annotated[NoDropout | ValueDropout, BY_KIND], BY_NAME]


class Hidden(Frozen):
    """A run of hidden layers."""

    width: Width = 128
    """Values after the first block."""
    depth: Annotated[int, Field(ge=1, le=32)] = 1
    """Blocks, of one linear layer each if plain and of two if residual."""
    widening: float = Field(default=1.0, gt=0.0, le=4.0)
    """Factor of the width from one block to the next: block i has round(width · widening^i) values, from 1 to 4096."""
    connect: HiddenConnect = Plain()
    """How the blocks are connected."""
    preactivation: bool = False
    """Whether normalisation and activation stand before each linear layer or after it."""
    dropout: HiddenDropout = NoDropout()
    """Dropout after each activation."""
    spectral_norm: bool = False
    """Whether each layer's largest singular value is held at 1 (Miyato et al. 2018)."""

    @property
    def widths(self) -> tuple[int, ...]:
        """Values after each block."""
        wanted = (round(self.width * self.widening**index) for index in range(self.depth))
        return tuple(min(max(1, width), LARGEST_WIDTH) for width in wanted)


class GeneratorHidden(Hidden):
    """Hidden layers of a generator."""

    norm: HiddenNorm = BatchNorm()
    """Normalisation of the layers."""
    activation: ActivationField = Relu()
    """Activation of the layers."""


class DiscriminatorHidden(Hidden):
    """Hidden layers of a discriminator."""

    norm: HiddenNorm = NoNorm()
    """Normalisation of the layers."""
    activation: ActivationField = LeakyRelu()
    """Activation of the layers."""


class PerceptronGenerator(Frozen):
    """From a latent [n, latent_dim] and labels to an image in [-1, 1], or to unbounded points."""

    kind: Literal["perceptron"] = "perceptron"
    latent_dim: Annotated[int, Field(ge=1, le=1024)] = 100
    """Values of a latent."""
    latent_distribution: Literal["normal", "uniform"] = "normal"
    """What latents are drawn from: N(0, 1), or evenly from [-1, 1]."""
    hidden: Annotated[tuple[GeneratorHidden, ...], Field(min_length=1, max_length=16)]
    """Runs of hidden layers, from the latent on."""
    norm_left_out: LeftOut = "none"
    """Whether the first or last normalisation is left out, unless it is conditional."""
    bias: bool = True
    """Whether linear layers have biases whose output isn't batch-normalised."""
    spectral_norm: bool = False
    """Whether the last layer has spectral normalisation."""
    conditioning: Annotated[Annotated[Unconditional | Concat | ConditionalBatchNorm, BY_KIND], BY_NAME] = (
        Unconditional()
    )
    """How labels enter."""


class PerceptronDiscriminator(Frozen):
    """From all values of an image, or a point, and labels to one score, unbounded."""

    kind: Literal["perceptron"] = "perceptron"
    hidden: Annotated[tuple[DiscriminatorHidden, ...], Field(min_length=1, max_length=16)]
    """Runs of hidden layers, from the image on."""
    minibatch: MinibatchField = NoMinibatch()
    """What the discriminator sees of the batch."""
    norm_left_out: LeftOut = "none"
    """Whether the first or last normalisation is left out."""
    bias: bool = True
    """Whether the score and linear layers have biases whose output isn't batch-normalised."""
    spectral_norm: bool = False
    """Whether the last layer has spectral normalisation."""
    conditioning: Annotated[
        Annotated[Unconditional | Concat | Projection | AuxiliaryClassifier, BY_KIND], BY_NAME
    ] = Unconditional()
    """How labels enter."""
