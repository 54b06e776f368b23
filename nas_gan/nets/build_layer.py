"""One module for each layer of a plan."""

from __future__ import annotations

from functools import singledispatch

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from nas_gan.nets import layers as modules
from nas_gan.spec import layers as plans
from nas_gan.spec.padded import PaddedConvolution, PlainInstanceNormalisation

NARROW_CHANNELS = 16
"""With fewer, strided 1×1 convolutions need the modules that keep oneDNN from damaging memory."""


@singledispatch
def build_layer(layer: plans.Layer) -> nn.Module:
    """Make the module of a planned layer; weights are PyTorch's initial ones."""
    raise TypeError(f"no module for {type(layer).__name__}")


def build_chain(sequence: plans.Sequence) -> modules.Chain:
    """Make the modules of a planned sequence."""
    return modules.Chain(build_layer(layer) for layer in sequence.layers)


@build_layer.register
def _(layer: plans.Sequence) -> nn.Module:
    return build_chain(layer)


@build_layer.register
def _(layer: plans.Sum) -> nn.Module:
    return modules.Added(build_chain(layer.body), build_chain(layer.shortcut))


@build_layer.register
def _(layer: plans.Concatenation) -> nn.Module:
    return modules.Concatenated(build_chain(branch) for branch in layer.branches)


@build_layer.register
def _(layer: plans.Convolution) -> nn.Module:
    if layer.inputs.resolution == layer.kernel == 1:
        linear = modules.VectorLinear(layer.inputs.channels, layer.channels, bias=layer.bias)
        return spectral_norm(linear) if layer.spectral_norm else linear
    padding = (layer.kernel - 1) // 2 if layer.pads_alike else 0
    is_at_risk = layer.kernel == 1 and layer.stride > 1 and layer.inputs.channels < NARROW_CHANNELS
    kind = modules.ThinnedConvolution if is_at_risk else nn.Conv2d
    convolution: nn.Module = kind(
        layer.inputs.channels, layer.channels, layer.kernel, layer.stride, padding, bias=layer.bias
    )
    if layer.spectral_norm:
        convolution = spectral_norm(convolution)
    return (
        convolution if layer.pads_alike else modules.Chain((modules.SamePadding(layer.kernel), convolution))
    )


@build_layer.register
def _(layer: plans.TransposedConvolution) -> nn.Module:
    if layer.inputs.resolution == 1:
        padding = extra = 0
    else:
        padding, extra = (layer.kernel - 1) // 2, layer.kernel % 2
    is_at_risk = layer.kernel == 1 and layer.factor > 1 and layer.channels < NARROW_CHANNELS
    kind = modules.SpreadConvolution if is_at_risk else nn.ConvTranspose2d
    convolution: nn.Module = kind(
        layer.inputs.channels, layer.channels, layer.kernel, layer.factor, padding, extra, bias=layer.bias
    )
    return spectral_norm(convolution) if layer.spectral_norm else convolution


@build_layer.register
def _(layer: plans.Linear) -> nn.Module:
    linear: nn.Module = nn.Linear(layer.inputs.values, layer.features, bias=layer.bias)
    return spectral_norm(linear) if layer.spectral_norm else linear


@build_layer.register
def _(layer: plans.Normalisation) -> nn.Module:
    channels = layer.inputs.channels
    match layer.kind:
        case "batch":
            return nn.BatchNorm2d(channels, eps=layer.epsilon)
        case "instance":
            return nn.InstanceNorm2d(channels, affine=True)
        case "layer":
            return nn.GroupNorm(1, channels)


@build_layer.register
def _(layer: plans.ConditionalNormalisation) -> nn.Module:
    if layer.embedding_dim:
        return modules.LinearBatchNorm(layer.inputs.channels, layer.embedding_dim)
    return modules.EmbeddedBatchNorm(layer.inputs.channels, layer.classes)


@build_layer.register
def _(layer: plans.Activation) -> nn.Module:
    match layer.kind:
        case "relu":
            return nn.ReLU()
        case "leaky_relu":
            return nn.LeakyReLU(layer.slope)
        case "silu":
            return nn.SiLU()
        case "tanh":
            return nn.Tanh()


@build_layer.register
def _(layer: plans.Dropout) -> nn.Module:
    return modules.Dropout(layer.probability, of_maps=layer.of == "maps")


@build_layer.register
def _(layer: plans.Resize) -> nn.Module:
    if layer.mode == "nearest":
        return nn.Upsample(scale_factor=layer.factor, mode="nearest")
    return nn.Upsample(scale_factor=layer.factor, mode="bilinear", align_corners=False)


@build_layer.register
def _(layer: plans.Shuffle) -> nn.Module:
    return nn.PixelShuffle(2)


@build_layer.register
def _(layer: plans.Pool) -> nn.Module:
    return nn.AvgPool2d(layer.factor, ceil_mode=layer.inputs.resolution % layer.factor != 0)


@build_layer.register
def _(layer: plans.Collapse) -> nn.Module:
    match layer.how:
        case "flatten":
            return nn.Flatten()
        case "sum":
            return modules.SumPool()
        case "mean":
            return modules.MeanPool()


@build_layer.register
def _(layer: plans.DeviationMap) -> nn.Module:
    return modules.MinibatchDeviation()


@build_layer.register
def _(layer: plans.Closeness) -> nn.Module:
    return modules.MinibatchDiscrimination(layer.inputs.values, layer.kernels, layer.dims)


@build_layer.register
def _(layer: plans.LabelPlanes) -> nn.Module:
    return modules.LabelPlanes(layer.classes, layer.embedding_dim)


@build_layer.register
def _(layer: plans.Reshape) -> nn.Module:
    return modules.Reshape(layer.maps.channels, layer.maps.resolution)


@build_layer.register
def _(layer: plans.Attention) -> nn.Module:
    attention = modules.SelfAttention(layer.inputs.channels, layer.hidden)
    if layer.spectral_norm:
        for convolution in (attention.query, attention.key, attention.value, attention.output):
            spectral_norm(convolution)
    return attention


@build_layer.register
def _(layer: PaddedConvolution) -> nn.Module:
    channels = layer.inputs.channels, layer.channels
    return nn.Conv2d(*channels, layer.kernel, layer.stride, layer.padding, padding_mode=layer.fill)


@build_layer.register
def _(layer: PlainInstanceNormalisation) -> nn.Module:
    return nn.InstanceNorm2d(layer.inputs.channels)
