"""The two convolutional networks: a generator from a latent to an image, a discriminator back to a score.

A generator is a stem to the base resolution, one stage a doubling, and a head to the image. A discriminator
is an optional stem, one stage a halving, and a head to one score. Stages are numbered from the input on.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nas_gan.spec.parts import (
    ActivationField,
    AttentionField,
    BatchNorm,
    ConnectField,
    DiscriminatorConditioningField,
    DownsampleField,
    DropoutField,
    Frozen,
    GeneratorConditioningField,
    Kernel,
    LeakyRelu,
    MinibatchField,
    NoAttention,
    NoDropout,
    NoMinibatch,
    NoNorm,
    NormField,
    Plain,
    Relu,
    StageNorm,
    StemNormField,
    Strided,
    Transposed,
    Unconditional,
    UpsampleField,
    Width,
)

LARGEST_WIDENING = 8  # DCGAN's ratio of the widest stage to the narrowest

LeftOut = Literal["none", "first", "last", "both"]
Pooling = Literal["flatten", "sum", "mean"]


class Stage(Frozen):
    """What stages of both networks share."""

    width: Width | None = None
    """Channels; left out, the network's width times 2 for each halving of the resolution, at most 8."""
    depth: Annotated[int, Field(ge=1, le=16)] = 1
    """Blocks."""
    connect: ConnectField = Plain()
    """How the blocks are connected."""
    kernel: Kernel = 3
    """Size of the kernels of convolutions that don't resample."""
    preactivation: bool = False
    """Whether normalisation and activation stand before each convolution or after it."""
    dropout: DropoutField = NoDropout()
    """Dropout after each activation."""
    spectral_norm: bool = False
    """Whether each convolution's largest singular value is held at 1 (Miyato et al. 2018)."""
    skip: Annotated[int, Field(ge=0, le=8)] = 0
    """0, or k to add the map from k stages before this stage's output (1: its own input), resized and projected."""


class GeneratorStage(Stage):
    """A stage that doubles the resolution."""

    upsample: UpsampleField = Transposed()
    """What doubles the resolution."""
    norm: NormField = BatchNorm()
    """Normalisation of the stage's layers."""
    activation: ActivationField = Relu()
    """Activation of the stage's layers."""


class DiscriminatorStage(Stage):
    """A stage that halves the resolution, rounded up."""

    downsample: DownsampleField = Strided()
    """What halves the resolution."""
    norm: NormField = NoNorm()
    """Normalisation of the stage's layers."""
    activation: ActivationField = LeakyRelu()
    """Activation of the stage's layers."""


class ConvolutionalGenerator(Frozen):
    """From a latent [n, latent_dim] and labels to an image in [-1, 1]."""

    kind: Literal["convolutional"] = "convolutional"
    latent_dim: Annotated[int, Field(ge=1, le=1024)] = 100
    """Values of a latent."""
    latent_distribution: Literal["normal", "uniform"] = "normal"
    """What latents are drawn from: N(0, 1), or evenly from [-1, 1]."""
    width: Width = 32
    """Channels of the last stage."""
    stem_width: Width | None = None
    """Channels at the base resolution; left out, as a stage there would have."""
    stem_depth: Annotated[int, Field(ge=0, le=16)] = 0
    """Blocks at the base resolution, after the one that makes it."""
    stem_connect: ConnectField = Plain()
    """How those blocks are connected."""
    stem_norm: StemNormField = StageNorm()
    """Normalisation at the base resolution; left out, as in the first stage."""
    stem_activation: bool = True
    """Whether an activation follows the stem, the first stage's."""
    stages: Annotated[tuple[GeneratorStage, ...], Field(min_length=1, max_length=8)]
    """One a doubling of the resolution; in a space, one table for all of them will do."""
    attention: AttentionField = NoAttention()
    """Whether positions take from one another."""
    head_kernel: Kernel = 3
    """Size of the kernel of the convolution to the image."""
    head_upsample: bool = False
    """Whether the head doubles the resolution, by a transposed convolution; there is one stage less then."""
    norm_left_out: LeftOut = "none"
    """Whether the first or last normalisation of the network is left out."""
    bias: bool = True
    """Whether convolutions have biases whose output isn't batch-normalised."""
    spectral_norm: bool = False
    """Whether stem and head have spectral normalisation."""
    conditioning: GeneratorConditioningField = Unconditional()
    """How labels enter."""

    def stage_width(self, index: int) -> int:
        """Return channels of stage `index`; -1 is the stem."""
        given = self.stem_width if index < 0 else self.stages[index].width
        doublings_left = len(self.stages) - 1 - index
        return given or self.width * min(LARGEST_WIDENING, 2**doublings_left)


class ConvolutionalDiscriminator(Frozen):
    """From an image and labels to one score, unbounded."""

    kind: Literal["convolutional"] = "convolutional"
    width: Width = 32
    """Channels of the first stage."""
    stem_width: Annotated[int, Field(ge=0, le=4096)] = 0
    """Channels of a convolution before the first stage; 0 for none."""
    stem_downsample: bool = False
    """Whether that convolution halves the resolution, as the first stage's does."""
    stages: Annotated[tuple[DiscriminatorStage, ...], Field(min_length=1, max_length=10)]
    """One a halving of the resolution; in a space, one table for all of them will do."""
    attention: AttentionField = NoAttention()
    """Whether positions take from one another."""
    pool: Pooling = "flatten"
    """What becomes of the last maps: all values, their sum or their mean a channel."""
    minibatch: MinibatchField = NoMinibatch()
    """What the discriminator sees of the batch."""
    norm_left_out: LeftOut = "none"
    """Whether the first or last normalisation is left out."""
    bias: bool = True
    """Whether the score and convolutions have biases whose output isn't batch-normalised."""
    spectral_norm: bool = False
    """Whether stem and head have spectral normalisation."""
    conditioning: DiscriminatorConditioningField = Unconditional()
    """How labels enter."""

    def stage_width(self, index: int) -> int:
        """Return channels of stage `index`."""
        return self.stages[index].width or self.width * min(LARGEST_WIDENING, 2**index)
