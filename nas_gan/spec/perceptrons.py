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
    """A run of hidden layers.

    `depth`: blocks, of one linear layer each if plain and of two if residual. Block i has
    round(`width` · `widening`^i) values, from 1 to 4096. `preactivation`, `dropout`: as in a stage.
    """

    width: Width = 128
    depth: Annotated[int, Field(ge=1, le=32)] = 1
    widening: float = Field(default=1.0, gt=0.0, le=4.0)
    connect: HiddenConnect = Plain()
    preactivation: bool = False
    dropout: HiddenDropout = NoDropout()
    spectral_norm: bool = False

    @property
    def widths(self) -> tuple[int, ...]:
        """Values after each block."""
        wanted = (round(self.width * self.widening**index) for index in range(self.depth))
        return tuple(min(max(1, width), LARGEST_WIDTH) for width in wanted)


class GeneratorHidden(Hidden):
    """Hidden layers of a generator."""

    norm: HiddenNorm = BatchNorm()
    activation: ActivationField = Relu()


class DiscriminatorHidden(Hidden):
    """Hidden layers of a discriminator."""

    norm: HiddenNorm = NoNorm()
    activation: ActivationField = LeakyRelu()


class PerceptronGenerator(Frozen):
    """From a latent [n, latent_dim] and labels to an image in [-1, 1], or to unbounded points.

    `norm_left_out`: whether the first or last normalisation is left out, unless it is conditional. `bias`: of
    all linear layers whose output isn't batch-normalised. `spectral_norm`: of the last layer.
    """

    kind: Literal["perceptron"] = "perceptron"
    latent_dim: Annotated[int, Field(ge=1, le=1024)] = 100
    latent_distribution: Literal["normal", "uniform"] = "normal"
    hidden: Annotated[tuple[GeneratorHidden, ...], Field(min_length=1, max_length=16)]
    norm_left_out: LeftOut = "none"
    bias: bool = True
    spectral_norm: bool = False
    conditioning: Annotated[Annotated[Unconditional | Concat | ConditionalBatchNorm, BY_KIND], BY_NAME] = (
        Unconditional()
    )


class PerceptronDiscriminator(Frozen):
    """From all values of an image, or a point, and labels to one score, unbounded."""

    kind: Literal["perceptron"] = "perceptron"
    hidden: Annotated[tuple[DiscriminatorHidden, ...], Field(min_length=1, max_length=16)]
    minibatch: MinibatchField = NoMinibatch()
    norm_left_out: LeftOut = "none"
    bias: bool = True
    spectral_norm: bool = False
    conditioning: Annotated[
        Annotated[Unconditional | Concat | Projection | AuxiliaryClassifier, BY_KIND], BY_NAME
    ] = Unconditional()
