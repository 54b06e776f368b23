"""Layers that translations alone have, as pure data; see `nas_gan.spec.layers`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from nas_gan.spec.layers import STANDARD, Draw, Layer, Maps, ShapeKeeping


@final
@dataclass(frozen=True)
class PaddedConvolution(Layer):
    """Convolution with a bias and a given padding, by zeros or by reflection: the shape follows from both."""

    channels: int
    kernel: int
    stride: Literal[1, 2]
    padding: int
    fill: Literal["zeros", "reflect"]
    weights: Draw = STANDARD

    @property
    def fan_in(self) -> int:
        """Inputs of one output."""
        return self.inputs.channels * self.kernel**2

    @property
    def outputs(self) -> Maps:
        reach = self.inputs.resolution + 2 * self.padding - self.kernel
        return Maps(self.channels, reach // self.stride + 1)

    @property
    def parameters(self) -> int:
        return (self.fan_in + 1) * self.channels

    @property
    def macs(self) -> int:
        return self.fan_in * self.channels * self.outputs.resolution**2


@final
@dataclass(frozen=True)
class PlainInstanceNormalisation(ShapeKeeping):
    """Instance normalisation without gain and shift."""
