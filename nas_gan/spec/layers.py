"""Layers as pure data: what is built, with its shapes, parameters and multiply-adds, and no tensor.

A plan is a tree of these. `nas_gan.nets` makes one module of each, so cost and modules can't drift apart.
Multiply-adds are those of convolutions and matrix products for one image; additions, normalisation,
activation and resampling count nothing, as is customary.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, final


@final
@dataclass(frozen=True)
class Maps:
    """The shape between layers: `channels` × `resolution` × `resolution`; a vector has resolution 1."""

    channels: int
    resolution: int = 1

    @property
    def values(self) -> int:
        """How many numbers that is."""
        return self.channels * self.resolution**2


@final
@dataclass(frozen=True)
class Draw:
    """How weights start: normal, of mean 0 and standard deviation `deviation`, or that over √fan-in.

    Biases start at 0, gains at 1 and shifts at 0 everywhere.
    """

    deviation: float
    over_fan_in: bool = False

    def deviation_of(self, fan_in: float) -> float:
        """Return the standard deviation of weights of which `fan_in` meet in one output, on average."""
        return self.deviation / math.sqrt(fan_in) if self.over_fan_in else self.deviation


STANDARD = Draw(0.02)
"""DCGAN's weights (Radford et al. 2015), until `nas_gan.spec.initial` says what a layer's are."""


@dataclass(frozen=True)
class Layer(ABC):
    """One layer for one shape of input."""

    inputs: Maps

    @property
    @abstractmethod
    def outputs(self) -> Maps:
        """The shape after this layer."""

    @property
    def parameters(self) -> int:
        """Numbers that are learned."""
        return 0

    @property
    def macs(self) -> int:
        """Multiply-adds for one image."""
        return 0


@final
@dataclass(frozen=True)
class Convolution(Layer):
    """Convolution that keeps the resolution (stride 1) or halves it, rounded up (stride 2).

    On a vector, with a kernel of 1, it is a linear layer.
    """

    channels: int
    kernel: int
    stride: Literal[1, 2]
    bias: bool
    spectral_norm: bool
    weights: Draw = STANDARD

    @property
    def fan_in(self) -> int:
        """Inputs of one output."""
        return self.inputs.channels * self.kernel**2

    @property
    def pads_alike(self) -> bool:
        """Whether zeros on both sides alike serve: for odd kernels, and even ones that halve an even resolution."""
        return self.kernel % 2 == 1 or (self.stride == 2 and self.inputs.resolution % 2 == 0)

    @property
    def outputs(self) -> Maps:
        return Maps(self.channels, -(-self.inputs.resolution // self.stride))

    @property
    def parameters(self) -> int:
        return self.inputs.channels * self.channels * self.kernel**2 + self.bias * self.channels

    @property
    def macs(self) -> int:
        return self.inputs.channels * self.channels * self.kernel**2 * self.outputs.resolution**2


@final
@dataclass(frozen=True)
class TransposedConvolution(Layer):
    """Transposed convolution by a factor: 2 to double maps, the base resolution to spread a vector."""

    channels: int
    kernel: int
    factor: int
    bias: bool
    spectral_norm: bool
    weights: Draw = STANDARD

    @property
    def fan_in(self) -> float:
        """Inputs of one output, on average: the kernel reaches a place from few of its own."""
        return self.inputs.channels * self.kernel**2 / self.factor**2

    @property
    def outputs(self) -> Maps:
        return Maps(self.channels, self.inputs.resolution * self.factor)

    @property
    def parameters(self) -> int:
        return self.inputs.channels * self.channels * self.kernel**2 + self.bias * self.channels

    @property
    def macs(self) -> int:
        return self.inputs.channels * self.channels * self.kernel**2 * self.inputs.resolution**2


@final
@dataclass(frozen=True)
class Linear(Layer):
    """All values of the input to `features` values."""

    features: int
    bias: bool
    spectral_norm: bool
    weights: Draw = STANDARD

    @property
    def fan_in(self) -> int:
        """Inputs of one output."""
        return self.inputs.values

    @property
    def outputs(self) -> Maps:
        return Maps(self.features)

    @property
    def parameters(self) -> int:
        return self.inputs.values * self.features + self.bias * self.features

    @property
    def macs(self) -> int:
        return self.inputs.values * self.features


@dataclass(frozen=True)
class ShapeKeeping(Layer):
    """A layer whose output has its input's shape."""

    @property
    def outputs(self) -> Maps:
        return self.inputs


@final
@dataclass(frozen=True)
class Normalisation(ShapeKeeping):
    """Batch, instance or layer normalisation, with a learned gain and shift a channel.

    `epsilon` is added to the variance. `gain_deviation`: standard deviation of the first gains, around 1.
    """

    kind: Literal["batch", "instance", "layer"]
    epsilon: float = 1e-5
    gain_deviation: float = 0.0

    @property
    def parameters(self) -> int:
        return 2 * self.inputs.channels


@final
@dataclass(frozen=True)
class ConditionalNormalisation(ShapeKeeping):
    """Batch normalisation whose gain and shift depend on the class.

    `embedding_dim` 0: a row of both for each of `classes` classes; else two linear maps of an embedding, which
    start with these `weights`.
    """

    classes: int
    embedding_dim: int
    weights: Draw = STANDARD

    @property
    def parameters(self) -> int:
        return 2 * self.inputs.channels * (self.embedding_dim or self.classes)

    @property
    def macs(self) -> int:
        return 2 * self.inputs.channels * self.embedding_dim


@final
@dataclass(frozen=True)
class Activation(ShapeKeeping):
    """A function of each value; `slope` is of the negative side of leaky_relu."""

    kind: Literal["relu", "leaky_relu", "silu", "tanh"]
    slope: float = 0.0


@final
@dataclass(frozen=True)
class Dropout(ShapeKeeping):
    """In training, each value or each whole map is 0 with this probability, and what is left grows in proportion."""

    probability: float
    of: Literal["values", "maps"]


@final
@dataclass(frozen=True)
class Resize(Layer):
    """Enlargement by a whole factor."""

    mode: Literal["nearest", "bilinear"]
    factor: int

    @property
    def outputs(self) -> Maps:
        return Maps(self.inputs.channels, self.inputs.resolution * self.factor)


@final
@dataclass(frozen=True)
class Shuffle(Layer):
    """Four channels become one of twice the resolution."""

    @property
    def outputs(self) -> Maps:
        return Maps(self.inputs.channels // 4, self.inputs.resolution * 2)


@final
@dataclass(frozen=True)
class Pool(Layer):
    """Mean of each `factor` × `factor` positions, or of what is left of them at the edge."""

    factor: int

    @property
    def outputs(self) -> Maps:
        return Maps(self.inputs.channels, -(-self.inputs.resolution // self.factor))


@final
@dataclass(frozen=True)
class Reshape(Layer):
    """The same values as other maps: an image as a vector, or a vector as an image."""

    maps: Maps

    @property
    def outputs(self) -> Maps:
        return self.maps


@final
@dataclass(frozen=True)
class Attention(ShapeKeeping):
    """Self-attention over positions, through an eighth of the channels, times a learned scale, added."""

    spectral_norm: bool
    weights: Draw = STANDARD

    @property
    def hidden(self) -> int:
        """Channels of queries, keys and values."""
        return max(1, self.inputs.channels // 8)

    @property
    def parameters(self) -> int:
        return 4 * self.inputs.channels * self.hidden + 1

    @property
    def macs(self) -> int:
        positions = self.inputs.resolution**2
        return positions * self.hidden * (4 * self.inputs.channels + 2 * positions)


@final
@dataclass(frozen=True)
class Collapse(Layer):
    """Maps to a vector: all values, or their sum or mean a channel."""

    how: Literal["flatten", "sum", "mean"]

    @property
    def outputs(self) -> Maps:
        return Maps(self.inputs.values if self.how == "flatten" else self.inputs.channels)


@final
@dataclass(frozen=True)
class DeviationMap(Layer):
    """One more map, filled with the batch's mean standard deviation."""

    @property
    def outputs(self) -> Maps:
        return Maps(self.inputs.channels + 1, self.inputs.resolution)


@final
@dataclass(frozen=True)
class Closeness(Layer):
    """Minibatch discrimination's kernels: the input vector, with closeness to the batch beside it."""

    kernels: int
    dims: int
    weights: Draw = STANDARD

    @property
    def outputs(self) -> Maps:
        return Maps(self.inputs.channels + self.kernels)

    @property
    def parameters(self) -> int:
        return self.macs + self.kernels

    @property
    def macs(self) -> int:
        return self.inputs.values * self.kernels * self.dims


@final
@dataclass(frozen=True)
class LabelPlanes(Layer):
    """An embedding of the label as `embedding_dim` constant planes beside the maps."""

    classes: int
    embedding_dim: int
    embedding: Draw = STANDARD

    @property
    def outputs(self) -> Maps:
        return Maps(self.inputs.channels + self.embedding_dim, self.inputs.resolution)

    @property
    def parameters(self) -> int:
        return self.classes * self.embedding_dim


@final
@dataclass(frozen=True)
class Sequence(Layer):
    """Layers one after the other."""

    layers: tuple[Layer, ...]

    @property
    def outputs(self) -> Maps:
        return self.layers[-1].outputs if self.layers else self.inputs

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)


@final
@dataclass(frozen=True)
class Sum(Layer):
    """Two branches of the same input, added; a branch without layers is the input itself."""

    body: Sequence
    shortcut: Sequence

    @property
    def outputs(self) -> Maps:
        return self.body.outputs

    @property
    def parameters(self) -> int:
        return self.body.parameters + self.shortcut.parameters

    @property
    def macs(self) -> int:
        return self.body.macs + self.shortcut.macs


@final
@dataclass(frozen=True)
class Concatenation(Layer):
    """Each branch takes all maps so far, and its maps join them."""

    branches: tuple[Sequence, ...]

    @property
    def outputs(self) -> Maps:
        added = sum(branch.outputs.channels for branch in self.branches)
        return Maps(self.inputs.channels + added, self.inputs.resolution)

    @property
    def parameters(self) -> int:
        return sum(branch.parameters for branch in self.branches)

    @property
    def macs(self) -> int:
        return sum(branch.macs for branch in self.branches)
