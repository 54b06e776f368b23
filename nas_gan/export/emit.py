"""Python source of a planned layer, as a person would write it: one function a kind of layer.

The modules are those that `nas_gan.nets.build_layer` makes of the same plan, in the same places, so that the
names of their weights are the same.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from functools import singledispatch

from nas_gan.spec import layers as plans
from nas_gan.spec.padded import PaddedConvolution, PlainInstanceNormalisation

LINE_WIDTH = 80
USUAL_EPSILON = 1e-5


@singledispatch
def emit_layer(layer: plans.Layer) -> str:
    """Write the expression that makes a layer's module; spectral normalisation is left out.

    Raises TypeError for a layer that has no source.
    """
    raise TypeError(f"no source for {type(layer).__name__}")


def call(name: str, *arguments: str) -> str:
    """Write a call, on one line if it is short."""
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= LINE_WIDTH and "\n" not in line:
        return line
    return f"{name}(\n{_lines(arguments)})"


def listing(items: Iterable[str]) -> str:
    """Write a list, an item a line."""
    lines = _lines(items)
    return f"[\n{lines}]" if lines else "[]"


def table(entries: Iterable[str]) -> str:
    """Write a dictionary, an entry a line."""
    return f"{{\n{_lines(entries)}}}"


def _lines(items: Iterable[str]) -> str:
    return "".join(f"{textwrap.indent(item, '    ')},\n" for item in items)


@emit_layer.register
def _(layer: plans.Sequence) -> str:
    return f"Chain({listing(emit_layer(item) for item in layer.layers)})"


@emit_layer.register
def _(layer: plans.Sum) -> str:
    return call("Added", emit_layer(layer.body), emit_layer(layer.shortcut))


@emit_layer.register
def _(layer: plans.Concatenation) -> str:
    return f"Concatenated({listing(emit_layer(branch) for branch in layer.branches)})"


@emit_layer.register
def _(layer: plans.Convolution) -> str:
    if layer.inputs.resolution == layer.kernel == 1:
        return call("VectorLinear", f"{layer.inputs.channels}", f"{layer.channels}", *_bias(layer))
    alike = layer.pads_alike
    padding = (layer.kernel - 1) // 2 if alike else 0
    convolution = call(
        "ThinnedConvolution" if layer.kernel == 1 < layer.stride else "nn.Conv2d",
        f"{layer.inputs.channels}",
        f"{layer.channels}",
        f"kernel_size={layer.kernel}",
        *([f"stride={layer.stride}"] if layer.stride > 1 else []),
        *([f"padding={padding}"] if padding else []),
        *_bias(layer),
    )
    return convolution if alike else f"Chain([SamePadding({layer.kernel}), {convolution}])"


@emit_layer.register
def _(layer: plans.TransposedConvolution) -> str:
    spreads_vector = layer.inputs.resolution == 1
    padding, extra = (0, 0) if spreads_vector else ((layer.kernel - 1) // 2, layer.kernel % 2)
    return call(
        "nn.ConvTranspose2d",
        f"{layer.inputs.channels}",
        f"{layer.channels}",
        f"kernel_size={layer.kernel}",
        f"stride={layer.factor}",
        *([f"padding={padding}"] if padding else []),
        *([f"output_padding={extra}"] if extra else []),
        *_bias(layer),
    )


@emit_layer.register
def _(layer: plans.Linear) -> str:
    return call("nn.Linear", f"{layer.inputs.values}", f"{layer.features}", *_bias(layer))


def _bias(layer: plans.Convolution | plans.TransposedConvolution | plans.Linear) -> list[str]:
    return [] if layer.bias else ["bias=False"]


@emit_layer.register
def _(layer: plans.Normalisation) -> str:
    channels = layer.inputs.channels
    match layer.kind:
        case "batch":
            epsilon = "" if layer.epsilon == USUAL_EPSILON else f", eps={layer.epsilon!r}"
            return f"nn.BatchNorm2d({channels}{epsilon})"
        case "instance":
            return f"nn.InstanceNorm2d({channels}, affine=True)"
        case "layer":
            return f"nn.GroupNorm(1, {channels})"


@emit_layer.register
def _(layer: plans.ConditionalNormalisation) -> str:
    channels = layer.inputs.channels
    if layer.embedding_dim:
        return f"LinearBatchNorm({channels}, embedding_dim={layer.embedding_dim})"
    return f"EmbeddedBatchNorm({channels}, classes={layer.classes})"


@emit_layer.register
def _(layer: plans.Activation) -> str:
    match layer.kind:
        case "relu":
            return "nn.ReLU()"
        case "leaky_relu":
            return f"nn.LeakyReLU({layer.slope!r})"
        case "silu":
            return "nn.SiLU()"
        case "tanh":
            return "nn.Tanh()"


@emit_layer.register
def _(layer: plans.Dropout) -> str:
    kind = "Dropout2d" if layer.of == "maps" else "Dropout"
    return f"nn.{kind}({layer.probability!r})"


@emit_layer.register
def _(layer: plans.Resize) -> str:
    return f'nn.Upsample(scale_factor={layer.factor}, mode="{layer.mode}")'


@emit_layer.register
def _(_: plans.Shuffle) -> str:
    return "nn.PixelShuffle(2)"


@emit_layer.register
def _(layer: plans.Pool) -> str:
    rest = ", ceil_mode=True" if layer.inputs.resolution % layer.factor else ""
    return f"nn.AvgPool2d({layer.factor}{rest})"


@emit_layer.register
def _(layer: plans.Collapse) -> str:
    return {"flatten": "nn.Flatten()", "sum": "SumPool()", "mean": "MeanPool()"}[layer.how]


@emit_layer.register
def _(_: plans.DeviationMap) -> str:
    return "MinibatchDeviation()"


@emit_layer.register
def _(layer: plans.Closeness) -> str:
    return f"MinibatchDiscrimination({layer.inputs.values}, kernels={layer.kernels}, dims={layer.dims})"


@emit_layer.register
def _(layer: plans.LabelPlanes) -> str:
    return f"LabelPlanes(classes={layer.classes}, embedding_dim={layer.embedding_dim})"


@emit_layer.register
def _(layer: plans.Reshape) -> str:
    return f"Reshape({layer.maps.channels}, resolution={layer.maps.resolution})"


@emit_layer.register
def _(layer: plans.Attention) -> str:
    return f"SelfAttention({layer.inputs.channels}, hidden={layer.hidden})"


@emit_layer.register
def _(layer: PaddedConvolution) -> str:
    return call(
        "nn.Conv2d",
        f"{layer.inputs.channels}",
        f"{layer.channels}",
        f"kernel_size={layer.kernel}",
        *([f"stride={layer.stride}"] if layer.stride > 1 else []),
        *([f"padding={layer.padding}"] if layer.padding else []),
        *([f'padding_mode="{layer.fill}"'] if layer.fill != "zeros" else []),
    )


@emit_layer.register
def _(layer: PlainInstanceNormalisation) -> str:
    return f"nn.InstanceNorm2d({layer.inputs.channels})"
