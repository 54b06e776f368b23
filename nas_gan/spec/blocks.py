"""Stages and blocks as layers: the order of convolution, normalisation, activation and resampling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import final

from nas_gan.spec.layers import (
    Activation,
    Concatenation,
    ConditionalNormalisation,
    Convolution,
    Dropout,
    Layer,
    Maps,
    Normalisation,
    Pool,
    Resize,
    Sequence,
    Shuffle,
    Sum,
    TransposedConvolution,
)
from nas_gan.spec.parts import (
    ActivationKind,
    AveragePool,
    BatchNorm,
    Bilinear,
    Connect,
    Dense,
    Downsample,
    DropoutKind,
    LeakyRelu,
    Nearest,
    NoDropout,
    NoNorm,
    Norm,
    NormPlace,
    PixelShuffle,
    Residual,
    Strided,
    Transposed,
    Upsample,
)


@final
@dataclass(frozen=True)
class Units:
    """Makes the units of one stage: a convolution with what stands before and after it.

    Five orders (C convolution, N normalisation, A activation): C N A, C A N and N C A after, N A C and A N C with
    `preactivation`; dropout follows each activation. `resample` is None where nothing resamples. `conditional`, if
    given, stands for every normalisation.
    """

    kernel: int
    resample: Upsample | Downsample | None
    norm: Norm
    conditional: ConditionalNormalisation | None
    activation: ActivationKind
    dropout: DropoutKind
    preactivation: bool
    spectral_norm: bool
    bias: bool

    def leading(self, maps: Maps, normalise: bool = True) -> tuple[Layer, ...]:
        """Return what stands before a convolution of `maps`."""
        norm = self._norm(maps) if normalise else ()
        if self.preactivation:
            activation = self._activation(maps)
            return (*norm, *activation) if self._norm_place == "before_activation" else (*activation, *norm)
        return norm if self._norm_place == "before_convolution" else ()

    def trailing(self, maps: Maps, normalise: bool = True, activate: bool = True) -> tuple[Layer, ...]:
        """Return what stands after a convolution that gave `maps`."""
        if self.preactivation:
            return ()
        norm = self._norm(maps) if normalise else ()
        activation = self._activation(maps) if activate else ()
        match self._norm_place:
            case "before_activation":
                return (*norm, *activation)
            case "after_activation":
                return (*activation, *norm)
            case "before_convolution":
                return activation

    def normalises_branches(self, connect: Residual) -> bool:
        """Say whether the last normalisation of a block stands before the addition, in each branch."""
        return connect.norm_at == "branches" and self._norm_place == "before_activation"

    def unit(
        self,
        maps: Maps,
        width: int,
        *,
        resample: bool = False,
        at_input: bool = False,
        bare: bool = False,
        activate: bool = True,
    ) -> tuple[Layer, ...]:
        """Return one unit. `at_input`: nothing stands before the convolution; `bare`: no normalisation after it."""
        before = () if at_input else self.leading(maps)
        convolution = self.resampling(maps, width) if resample else (self.convolution(maps, width),)
        after = self.trailing(convolution[-1].outputs, normalise=not bare, activate=activate)
        return (*before, *convolution, *after)

    def convolution(self, maps: Maps, width: int, kernel: int | None = None) -> Convolution:
        """Return a convolution that keeps the resolution."""
        return Convolution(maps, width, kernel or self.kernel, 1, self.bias, self.spectral_norm)

    def resampling(self, maps: Maps, width: int) -> tuple[Layer, ...]:
        """Return a convolution to `width` channels together with the change of resolution."""
        match self.resample:
            case Transposed(kernel=kernel):
                return (TransposedConvolution(maps, width, kernel, 2, self.bias, self.spectral_norm),)
            case Strided(kernel=kernel):
                return (Convolution(maps, width, kernel, 2, self.bias, self.spectral_norm),)
            case PixelShuffle():
                wide = self.convolution(maps, 4 * width)
                return (wide, Shuffle(wide.outputs))
            case AveragePool():
                full = self.convolution(maps, width)
                return (full, Pool(full.outputs, 2))
            case Nearest() | Bilinear():
                larger = Resize(maps, self.resample.kind, 2)
                return (larger, self.convolution(larger.outputs, width))
            case None:
                raise TypeError("these units don't resample")

    def resampling_before(self, maps: Maps, width: int, at_input: bool, bare: bool) -> tuple[Layer, ...]:
        """Return the change of resolution before the first block: a unit of its own, or the bare operation."""
        match self.resample:
            case Nearest() | Bilinear():
                return (Resize(maps, self.resample.kind, 2),)
            case AveragePool():
                return (Pool(maps, 2),)
            case _:
                return self.unit(maps, width, resample=True, at_input=at_input, bare=bare)

    def shortcut(
        self, maps: Maps, width: int, resample: bool, normalise: bool, connect: Residual
    ) -> tuple[Layer, ...]:
        """Return a residual block's other branch: nothing where the shape stays, else resampled and projected.

        Projection and enlargement are both linear, so their order is the cheaper one.
        """
        wide = connect.shortcut_kernel == "same"
        project = () if maps.channels == width else (self.convolution(maps, width, 1),)
        layers: tuple[Layer, ...] = project
        if resample:
            match self.resample:
                case Transposed(kernel=kernel):
                    kernel = kernel if wide else 1
                    layers = (TransposedConvolution(maps, width, kernel, 2, self.bias, self.spectral_norm),)
                case Strided(kernel=kernel):
                    kernel = kernel if wide else 1
                    layers = (Convolution(maps, width, kernel, 2, self.bias, self.spectral_norm),)
                case AveragePool():
                    pooled = Pool(maps, 2)
                    layers = (pooled, *(self.convolution(pooled.outputs, width, 1) for _ in project))
                case _:
                    bilinear = isinstance(self.resample, Bilinear)
                    projected = project[-1].outputs if project else maps
                    layers = (*project, Resize(projected, "bilinear" if bilinear else "nearest", 2))
        convolves = any(isinstance(layer, Convolution | TransposedConvolution) for layer in layers)
        if not convolves:
            return layers
        return (*layers, *self.trailing(layers[-1].outputs, normalise=normalise, activate=False))

    @property
    def _norm_place(self) -> NormPlace:
        return "before_activation" if isinstance(self.norm, NoNorm) else self.norm.at

    def _norm(self, maps: Maps) -> tuple[Layer, ...]:
        if self.conditional:
            return (replace(self.conditional, inputs=maps),)
        match self.norm:
            case NoNorm():
                return ()
            case BatchNorm(epsilon=epsilon):
                return (Normalisation(maps, "batch", epsilon),)
            case _:
                return (Normalisation(maps, self.norm.kind),)

    def _activation(self, maps: Maps) -> tuple[Layer, ...]:
        slope = self.activation.slope if isinstance(self.activation, LeakyRelu) else 0.0
        activation = Activation(maps, self.activation.kind, slope)
        if isinstance(self.dropout, NoDropout):
            return (activation,)
        return (activation, Dropout(maps, self.dropout.probability, self.dropout.kind))


def plan_stage(
    maps: Maps,
    width: int,
    depth: int,
    connect: Connect,
    units: Units,
    *,
    at_input: bool,
    bare_first: bool,
    bare_last: bool,
) -> Sequence:
    """Lay out one stage: the change of resolution and `depth` connected blocks.

    `at_input`: the stage takes the network's input as it is. `bare_first`, `bare_last`: the first or last
    normalisation after a convolution is left out.
    """
    layers: list[Layer] = []
    inside = units.resample is not None and units.resample.place == "inside"
    if not inside:
        layers += units.resampling_before(maps, width, at_input, bare_first)
        if any(isinstance(layer, Convolution | TransposedConvolution) for layer in layers):
            at_input = bare_first = False
    dense = isinstance(connect, Dense)
    layers += _chain(
        layers[-1].outputs if layers else maps,
        (width,) * (1 if dense else depth),
        connect,
        units,
        resample=inside,
        at_input=at_input,
        bare_first=bare_first,
        bare_last=bare_last and not (dense and depth > 1),
    )
    if isinstance(connect, Dense) and depth > 1:
        layers.append(_dense_blocks(layers[-1].outputs, connect.added(depth, width), units, bare_last))
    return Sequence(maps, without_dead_biases(layers))


def plan_blocks(maps: Maps, depth: int, connect: Connect, units: Units) -> Sequence:
    """Lay out `depth` connected blocks that keep the shape, or add to it if dense."""
    if isinstance(connect, Dense):
        added = connect.added(depth + 1, maps.channels)
        return Sequence(maps, (_dense_blocks(maps, added, units, bare_last=False),) if added else ())
    return plan_hidden(maps, (maps.channels,) * depth, connect, units)


def plan_hidden(
    maps: Maps,
    widths: tuple[int, ...],
    connect: Connect,
    units: Units,
    *,
    at_input: bool = False,
    bare_first: bool = False,
    bare_last: bool = False,
) -> Sequence:
    """Lay out plain or residual blocks of these widths at one resolution; flags as in `plan_stage`."""
    layers = _chain(
        maps,
        widths,
        connect,
        units,
        resample=False,
        at_input=at_input,
        bare_first=bare_first,
        bare_last=bare_last,
    )
    return Sequence(maps, without_dead_biases(layers))


def _chain(
    maps: Maps,
    widths: tuple[int, ...],
    connect: Connect,
    units: Units,
    *,
    resample: bool,
    at_input: bool,
    bare_first: bool,
    bare_last: bool,
) -> list[Layer]:
    """Return plain or residual blocks, one a width, of which the first may resample."""
    layers: list[Layer] = []
    for index, width in enumerate(widths):
        first, last = index == 0, index == len(widths) - 1
        layers += _block(
            layers[-1].outputs if layers else maps,
            width,
            connect,
            units,
            resample=resample and first,
            at_input=at_input and first,
            bare_first=bare_first and first,
            bare_last=bare_last and last,
        )
    return layers


def _block(
    maps: Maps,
    width: int,
    connect: Connect,
    units: Units,
    *,
    resample: bool,
    at_input: bool,
    bare_first: bool,
    bare_last: bool,
) -> tuple[Layer, ...]:
    if not isinstance(connect, Residual):
        return units.unit(maps, width, resample=resample, at_input=at_input, bare=bare_first or bare_last)
    # Pooling ends the block, as in SNGAN's discriminator; every other resampling is its first convolution.
    pools = resample and isinstance(units.resample, AveragePool)
    first = units.unit(maps, width, resample=resample and not pools, at_input=at_input, bare=bare_first)
    apart = units.normalises_branches(connect)
    second = units.unit(first[-1].outputs, width, resample=pools, bare=bare_last or not apart, activate=False)
    normalise = apart and not (bare_first or bare_last)
    shortcut = units.shortcut(maps, width, resample, normalise, connect)
    # After the addition comes what post-activation order has left.
    after = units.trailing(second[-1].outputs, normalise=not (apart or bare_last))
    # A bias that is added before a normalisation is as dead as one right before it.
    total = Sum(
        maps,
        *(
            Sequence(maps, without_dead_biases([*branch, *after])[: len(branch)])
            for branch in ((*first, *second), shortcut)
        ),
    )
    return (total, *after)


def _dense_blocks(maps: Maps, added: tuple[int, ...], units: Units, bare_last: bool) -> Concatenation:
    branches: list[Sequence] = []
    inputs = maps
    for index, growth in enumerate(added):
        layers = units.unit(inputs, growth, bare=bare_last and index == len(added) - 1)
        branches.append(Sequence(inputs, without_dead_biases(layers)))
        inputs = Maps(inputs.channels + growth, inputs.resolution)
    return Concatenation(maps, tuple(branches))


def without_dead_biases(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Return the layers, with no bias where the next normalisation would subtract it again."""
    kept: list[Layer] = []
    normalised_next = False
    for layer in reversed(tuple(layers)):
        if isinstance(layer, Convolution | TransposedConvolution):
            kept.append(replace(layer, bias=layer.bias and not normalised_next))
            normalised_next = False
        else:
            kept.append(layer)
            subtracts_mean = isinstance(layer, ConditionalNormalisation) or (
                isinstance(layer, Normalisation) and layer.kind in ("batch", "instance")
            )
            moves_values = isinstance(layer, Resize | Pool | Shuffle)
            normalised_next = subtracts_mean or (moves_values and normalised_next)
    return tuple(reversed(kept))
