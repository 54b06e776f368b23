"""The small choices an architecture is made of, from normalisation to conditioning on labels.

Each choice is a table with a `kind` and the parameters of that kind alone. A kind whose parameters all
have defaults may be written as its name: `norm = "batch"` is `norm = { kind = "batch" }`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Frozen(BaseModel):
    """Base of everything in a spec: immutable, strictly typed, unknown fields refused, numbers finite."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def _name_to_table(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


BY_NAME = BeforeValidator(_name_to_table, json_schema_input_type=str | dict[str, Any])
BY_KIND = Field(discriminator="kind")

Kernel = Annotated[int, Field(ge=1, le=7)]
Width = Annotated[int, Field(ge=1, le=4096)]
EmbeddingDim = Annotated[int, Field(ge=1, le=1024)]
StageIndex = Annotated[int, Field(ge=0, le=7)]

# --- normalisation -------------------------------------------------------------------------------

NormPlace = Literal["before_activation", "after_activation", "before_convolution"]
"""Beside which operation of a unit; before activations and convolutions alike, "after_activation" is before the
convolution."""


class NoNorm(Frozen):
    """No normalisation."""

    kind: Literal["none"] = "none"


class BatchNorm(Frozen):
    """Batch normalisation (Ioffe & Szegedy 2015)."""

    kind: Literal["batch"] = "batch"
    at: NormPlace = "before_activation"
    """Where it stands."""
    epsilon: float = Field(default=1e-5, gt=0.0, le=1.0)
    """Is added to the variance."""


class InstanceNorm(Frozen):
    """Instance normalisation with a learned gain and shift (Ulyanov et al. 2016)."""

    kind: Literal["instance"] = "instance"
    at: NormPlace = "before_activation"
    """Where it stands."""


class LayerNorm(Frozen):
    """Layer normalisation over channels and positions, with a gain and shift a channel (Ba et al. 2016)."""

    kind: Literal["layer"] = "layer"
    at: NormPlace = "before_activation"
    """Where it stands."""


class StageNorm(Frozen):
    """As in the first stage."""

    kind: Literal["stage"] = "stage"


Norm = Annotated[NoNorm | BatchNorm | InstanceNorm | LayerNorm, BY_KIND]
StemNorm = Annotated[StageNorm | NoNorm | BatchNorm | InstanceNorm | LayerNorm, BY_KIND]

# --- activation ----------------------------------------------------------------------------------


class Relu(Frozen):
    """max(0, x)."""

    kind: Literal["relu"] = "relu"


class LeakyRelu(Frozen):
    """x where positive, slope · x elsewhere."""

    kind: Literal["leaky_relu"] = "leaky_relu"
    slope: float = Field(default=0.2, ge=0.0, lt=1.0)
    """Slope where x is negative."""


class Silu(Frozen):
    """x · sigmoid(x), also called swish."""

    kind: Literal["silu"] = "silu"


ActivationKind = Annotated[Relu | LeakyRelu | Silu, BY_KIND]

# --- dropout -------------------------------------------------------------------------------------

Probability = Annotated[float, Field(gt=0.0, lt=1.0)]


class NoDropout(Frozen):
    """Every value is kept."""

    kind: Literal["none"] = "none"


class ValueDropout(Frozen):
    """In training values are 0 with this probability, and the others larger in proportion (Srivastava et al. 2014)."""

    kind: Literal["values"] = "values"
    probability: Probability = 0.5
    """Share of the values that become 0."""


class MapDropout(Frozen):
    """As `ValueDropout`, but whole maps at once (Tompson et al. 2015)."""

    kind: Literal["maps"] = "maps"
    probability: Probability = 0.25
    """Share of the maps that become 0."""


DropoutKind = Annotated[NoDropout | ValueDropout | MapDropout, BY_KIND]

# --- how the blocks of a stage are connected -----------------------------------------------------


class Plain(Frozen):
    """Blocks of one convolution, each after the other."""

    kind: Literal["plain"] = "plain"


class Residual(Frozen):
    """Blocks of two convolutions with a shortcut that is added (He et al. 2015)."""

    kind: Literal["residual"] = "residual"
    norm_at: Literal["branches", "sum"] = "branches"
    """Whether what is added is normalised, each branch by itself, or the sum alone; norms elsewhere than before the
    activation stay where they are."""
    shortcut_kernel: Literal["one", "same"] = "one"
    """Size of the convolution of a shortcut that changes the resolution: 1, or as that of the convolution beside it."""


class Dense(Frozen):
    """Each block takes all earlier maps of the stage, concatenated (Huang et al. 2016; Tripathi & Tu 2017).

    The first block has the stage's width; block i ≥ 1 adds round(growth · decay^(i-1)) maps, at least one. A
    growth of "width" is the stage's width, as in Tripathi & Tu's code.
    """

    kind: Literal["dense"] = "dense"
    growth: Width | Literal["width"] = 16
    """Maps that the second block adds; "width" for as many as the stage is wide."""
    decay: float = Field(default=1.0, gt=0.0, le=1.0)
    """Factor of the growth from one block to the next."""

    def added(self, depth: int, width: int) -> tuple[int, ...]:
        """Return maps that each block after the first of `depth` blocks adds in a stage of `width` maps."""
        growth = width if self.growth == "width" else self.growth
        return tuple(max(1, round(growth * self.decay**index)) for index in range(depth - 1))


Connect = Annotated[Plain | Residual | Dense, BY_KIND]

# --- resampling ----------------------------------------------------------------------------------

ResamplePlace = Literal["inside", "before"]


class Transposed(Frozen):
    """Transposed convolution of stride 2."""

    kind: Literal["transposed"] = "transposed"
    kernel: Annotated[int, Field(ge=3, le=5)] = 4
    """Size of its kernel."""
    place: ResamplePlace = "inside"
    """Whether the stage's first block resamples, or a layer of its own before it."""


class Nearest(Frozen):
    """Nearest-neighbour enlargement."""

    kind: Literal["nearest"] = "nearest"
    place: ResamplePlace = "inside"
    """Whether the stage's first block resamples, or a layer of its own before it."""


class Bilinear(Frozen):
    """Bilinear enlargement."""

    kind: Literal["bilinear"] = "bilinear"
    place: ResamplePlace = "inside"
    """Whether the stage's first block resamples, or a layer of its own before it."""


class PixelShuffle(Frozen):
    """A convolution to four times the channels, rearranged into space (Shi et al. 2016)."""

    kind: Literal["pixel_shuffle"] = "pixel_shuffle"
    place: ResamplePlace = "inside"
    """Whether the stage's first block resamples, or a layer of its own before it."""


class Strided(Frozen):
    """Convolution of stride 2."""

    kind: Literal["strided"] = "strided"
    kernel: Annotated[int, Field(ge=3, le=5)] = 4
    """Size of its kernel."""
    place: ResamplePlace = "inside"
    """Whether the stage's first block resamples, or a layer of its own before it."""


class AveragePool(Frozen):
    """Mean of each 2 by 2 positions."""

    kind: Literal["average_pool"] = "average_pool"
    place: ResamplePlace = "inside"
    """Whether the stage's first block resamples, or a layer of its own before it."""


Upsample = Annotated[Transposed | Nearest | Bilinear | PixelShuffle, BY_KIND]
Downsample = Annotated[Strided | AveragePool, BY_KIND]

# --- attention -----------------------------------------------------------------------------------


class NoAttention(Frozen):
    """Convolutions alone."""

    kind: Literal["none"] = "none"


class SelfAttention(Frozen):
    """Each position takes from all others, after stage `stage` and before its skip (Zhang et al. 2019)."""

    kind: Literal["self"] = "self"
    stage: StageIndex = 0
    """Number of the stage, from 0 on."""


Attention = Annotated[NoAttention | SelfAttention, BY_KIND]

# --- what the discriminator sees of the batch ----------------------------------------------------


class NoMinibatch(Frozen):
    """Each image is judged alone."""

    kind: Literal["none"] = "none"


class MinibatchDiscrimination(Frozen):
    """Closeness to the other images of the batch (Salimans et al. 2016).

    The features go through a linear layer to `hidden` values, then through `kernels` kernels of `dims`
    dimensions; both are concatenated before the score.
    """

    kind: Literal["discrimination"] = "discrimination"
    hidden: Width = 64
    """Values of the linear layer before the kernels."""
    kernels: Annotated[int, Field(ge=1, le=512)] = 32
    """Kernels, a value each."""
    dims: Annotated[int, Field(ge=1, le=128)] = 8
    """Dimensions of a kernel."""


class MinibatchDeviation(Frozen):
    """The batch's mean standard deviation as one more feature map (Karras et al. 2018)."""

    kind: Literal["deviation"] = "deviation"


Minibatch = Annotated[NoMinibatch | MinibatchDiscrimination | MinibatchDeviation, BY_KIND]

# --- conditioning on labels ----------------------------------------------------------------------


class Unconditional(Frozen):
    """Labels aren't used."""

    kind: Literal["none"] = "none"


class Concat(Frozen):
    """An embedding of the label joins the network's input: the latent, or the image as constant planes."""

    kind: Literal["concat"] = "concat"
    embedding_dim: EmbeddingDim = 16
    """Values of a label's embedding."""


class HiddenConcat(Frozen):
    """An embedding of the label joins the input of one stage, as constant planes (Reed et al. 2016)."""

    kind: Literal["hidden_concat"] = "hidden_concat"
    stage: StageIndex = 0
    """Number of the stage, from 0 on."""
    embedding_dim: EmbeddingDim = 16
    """Values of a label's embedding."""


class GainEmbedding(Frozen):
    """A table of gains and shifts, a row a class (de Vries et al. 2017)."""

    kind: Literal["embedding"] = "embedding"


class GainLinear(Frozen):
    """Gains and shifts are linear in one shared embedding; gains are centred on 1 (Brock et al. 2018)."""

    kind: Literal["linear"] = "linear"
    embedding_dim: EmbeddingDim = 32
    """Values of the embedding that all layers share."""


class ConditionalBatchNorm(Frozen):
    """Batch normalisation with gains and shifts of the class takes the place of every normalisation."""

    kind: Literal["conditional_batch_norm"] = "conditional_batch_norm"
    parameters: Annotated[Annotated[GainEmbedding | GainLinear, BY_KIND], BY_NAME] = GainEmbedding()
    """Where gains and shifts come from."""


class Projection(Frozen):
    """The inner product of features and a class embedding is added to the score (Miyato & Koyama 2018)."""

    kind: Literal["projection"] = "projection"


class AuxiliaryClassifier(Frozen):
    """A second head tells the class; both losses take its loss times `weight` (Odena et al. 2017)."""

    kind: Literal["auxiliary_classifier"] = "auxiliary_classifier"
    weight: float = Field(default=1.0, gt=0.0, le=100.0)
    """Weight of the classification loss in both networks' losses."""


GeneratorConditioning = Annotated[Unconditional | Concat | HiddenConcat | ConditionalBatchNorm, BY_KIND]
DiscriminatorConditioning = Annotated[
    Unconditional | Concat | HiddenConcat | Projection | AuxiliaryClassifier, BY_KIND
]

# The same choices, also writable by name alone.
NormField = Annotated[Norm, BY_NAME]
StemNormField = Annotated[StemNorm, BY_NAME]
ActivationField = Annotated[ActivationKind, BY_NAME]
DropoutField = Annotated[DropoutKind, BY_NAME]
ConnectField = Annotated[Connect, BY_NAME]
UpsampleField = Annotated[Upsample, BY_NAME]
DownsampleField = Annotated[Downsample, BY_NAME]
AttentionField = Annotated[Attention, BY_NAME]
MinibatchField = Annotated[Minibatch, BY_NAME]
GeneratorConditioningField = Annotated[GeneratorConditioning, BY_NAME]
DiscriminatorConditioningField = Annotated[DiscriminatorConditioning, BY_NAME]
