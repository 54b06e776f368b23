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
    """What stages of both networks share.

    `width`: channels; left out, the network's width times 2 for each halving of the resolution, at most 8.
    `depth`: blocks. `kernel`: of the convolutions that don't resample.
    `preactivation`: whether normalisation and activation stand before each convolution or after it.
    `dropout`: after each activation.
    `skip`: 0, or k to add the map that came k stages before this stage's output (1: its own input),
    resized and projected.
    """

    width: Width | None = None
    depth: Annotated[int, Field(ge=1, le=16)] = 1
    connect: ConnectField = Plain()
    kernel: Kernel = 3
    preactivation: bool = False
    dropout: DropoutField = NoDropout()
    spectral_norm: bool = False
    skip: Annotated[int, Field(ge=0, le=8)] = 0


class GeneratorStage(Stage):
    """A stage that doubles the resolution."""

    upsample: UpsampleField = Transposed()
    norm: NormField = BatchNorm()
    activation: ActivationField = Relu()


class DiscriminatorStage(Stage):
    """A stage that halves the resolution, rounded up."""

    downsample: DownsampleField = Strided()
    norm: NormField = NoNorm()
    activation: ActivationField = LeakyRelu()


class ConvolutionalGenerator(Frozen):
    """From a latent [n, latent_dim] and labels to an image in [-1, 1].

    `width`: channels of the last stage. `stem_width`: channels at the base resolution; left out, as a stage
    there would have. `stem_depth`, `stem_connect`: blocks at the base resolution, after the one that makes
    it. `stem_norm`: left out, as in the first stage. `stem_activation`: whether an activation follows it, the first
    stage's. `head_upsample`: whether the head doubles the resolution, by a transposed convolution; there is one
    stage less then. `norm_left_out`: whether the first or last normalisation of the network is left out.
    `bias`: of all convolutions whose output isn't batch-normalised. `spectral_norm`: of stem and head.
    """

    kind: Literal["convolutional"] = "convolutional"
    latent_dim: Annotated[int, Field(ge=1, le=1024)] = 100
    latent_distribution: Literal["normal", "uniform"] = "normal"
    width: Width = 32
    stem_width: Width | None = None
    stem_depth: Annotated[int, Field(ge=0, le=16)] = 0
    stem_connect: ConnectField = Plain()
    stem_norm: StemNormField = StageNorm()
    stem_activation: bool = True
    stages: Annotated[tuple[GeneratorStage, ...], Field(min_length=1, max_length=8)]
    attention: AttentionField = NoAttention()
    head_kernel: Kernel = 3
    head_upsample: bool = False
    norm_left_out: LeftOut = "none"
    bias: bool = True
    spectral_norm: bool = False
    conditioning: GeneratorConditioningField = Unconditional()

    def stage_width(self, index: int) -> int:
        """Channels of stage `index`; -1 is the stem."""
        given = self.stem_width if index < 0 else self.stages[index].width
        doublings_left = len(self.stages) - 1 - index
        return given or self.width * min(LARGEST_WIDENING, 2**doublings_left)


class ConvolutionalDiscriminator(Frozen):
    """From an image and labels to one score, unbounded.

    `width`: channels of the first stage. `stem_width`: channels of a convolution before the first stage;
    0 for none. `stem_downsample`: whether that convolution halves the resolution, as the first stage's does.
    `pool`: what becomes of the last maps: all values, their sum or their mean a channel. `norm_left_out`:
    whether the first or last normalisation is left out. `bias`: of the score and of all convolutions whose
    output isn't batch-normalised. `spectral_norm`: of stem and head.
    """

    kind: Literal["convolutional"] = "convolutional"
    width: Width = 32
    stem_width: Annotated[int, Field(ge=0, le=4096)] = 0
    stem_downsample: bool = False
    stages: Annotated[tuple[DiscriminatorStage, ...], Field(min_length=1, max_length=10)]
    attention: AttentionField = NoAttention()
    pool: Pooling = "flatten"
    minibatch: MinibatchField = NoMinibatch()
    norm_left_out: LeftOut = "none"
    bias: bool = True
    spectral_norm: bool = False
    conditioning: DiscriminatorConditioningField = Unconditional()

    def stage_width(self, index: int) -> int:
        """Channels of stage `index`."""
        return self.stages[index].width or self.width * min(LARGEST_WIDENING, 2**index)
