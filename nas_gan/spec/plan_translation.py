"""Plans of the networks of a translation, each one sequence of layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from nas_gan.spec.layers import Activation, Layer, Maps, Sequence, Sum, TransposedConvolution
from nas_gan.spec.padded import PaddedConvolution, PlainInstanceNormalisation
from nas_gan.spec.translation import PatchDiscriminator, Translator

MOST_WIDENING = 8
SLOPE = 0.2


def plan_translator(translator: Translator, image: Maps) -> Sequence:
    """Lay out one direction: `image` gives the shape of both domains."""
    layers = _Layers(image)
    width = translator.width
    layers.convolve(width, 7, 1, 3, "reflect").normalise("relu")
    for halving in range(1, translator.depth + 1):
        layers.convolve(width * 2**halving, 3, 2, 1, "zeros").normalise("relu")
    for _ in range(translator.blocks):
        layers.add_block()
    for halving in reversed(range(translator.depth)):
        layers.add(
            TransposedConvolution(layers.reached, width * 2**halving, 3, 2, bias=True, spectral_norm=False)
        )
        layers.normalise("relu")
    layers.convolve(image.channels, 7, 1, 3, "reflect")
    layers.add(Activation(layers.reached, "tanh"))
    return layers.sequence()


def plan_patches(discriminator: PatchDiscriminator, image: Maps) -> Sequence:
    """Lay out the judge of one domain; its last maps are the patches' scores."""
    layers = _Layers(image)
    layers.convolve(discriminator.width, 4, 2, 1, "zeros")
    layers.add(Activation(layers.reached, "leaky_relu", SLOPE))
    for index in range(1, discriminator.layers + 1):
        stride: Literal[1, 2] = 2 if index < discriminator.layers else 1
        layers.convolve(discriminator.width * min(MOST_WIDENING, 2**index), 4, stride, 1, "zeros")
        layers.normalise("leaky_relu", SLOPE)
    layers.convolve(1, 4, 1, 1, "zeros")
    return layers.sequence()


def translation_problems(
    translator: Translator, discriminator: PatchDiscriminator, image: Maps
) -> Iterator[str]:
    """Say where images are too small for the networks, or can't be halved as often as they ask."""
    factor, lowest = 2**translator.depth, image.resolution >> translator.depth
    if image.resolution % factor:
        yield f"generator.depth {translator.depth}: {image.resolution} can't be halved so often; use a smaller depth"
    elif lowest < 2:
        yield f"generator.depth {translator.depth}: leaves {lowest} of {image.resolution} pixels; use a smaller depth"
    # What is normalised has to be two pixels wide, and what is judged one.
    reached = image.resolution >> discriminator.layers
    if reached < 3:
        yield (
            f"discriminator.layers {discriminator.layers}: halvings leave {reached} of {image.resolution} pixels, "
            "and 3 are needed; use fewer"
        )


class _Layers:
    """Layers as they come, each with the shape that the one before it leaves."""

    def __init__(self, image: Maps) -> None:
        self._input = self.reached = image
        self._layers: list[Layer] = []

    def add(self, layer: Layer) -> None:
        self._layers.append(layer)
        self.reached = layer.outputs

    def convolve(
        self,
        channels: int,
        kernel: int,
        stride: Literal[1, 2],
        padding: int,
        fill: Literal["zeros", "reflect"],
    ) -> _Layers:
        self.add(PaddedConvolution(self.reached, channels, kernel, stride, padding, fill))
        return self

    def normalise(self, activation: Literal["relu", "leaky_relu"], slope: float = 0.0) -> None:
        self.add(PlainInstanceNormalisation(self.reached))
        self.add(Activation(self.reached, activation, slope))

    def add_block(self) -> None:
        """Add a residual block, whose second convolution no activation follows."""
        body, width = _Layers(self.reached), self.reached.channels
        body.convolve(width, 3, 1, 1, "reflect").normalise("relu")
        body.convolve(width, 3, 1, 1, "reflect")
        body.add(PlainInstanceNormalisation(body.reached))
        self.add(Sum(self.reached, body.sequence(), Sequence(self.reached, ())))

    def sequence(self) -> Sequence:
        return Sequence(self._input, tuple(self._layers))
