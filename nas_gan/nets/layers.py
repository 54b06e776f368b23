"""The modules that PyTorch doesn't have: conditional normalisation, minibatch layers, branches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Conditioned(nn.Module):
    """Interface of modules that take the condition (labels or their embedding) beside their input."""


@final
class Chain(Conditioned):
    """Modules one after the other; the condition goes to those that take it."""

    def __init__(self, modules: Iterable[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(modules)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        for layer in self.layers:
            x = layer(x, condition) if isinstance(layer, Conditioned) else layer(x)
        return x


@final
class Added(Conditioned):
    """Two branches of one input, added (He et al. 2015)."""

    def __init__(self, body: Chain, shortcut: Chain) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        added: Tensor = self.body(x, condition) + self.shortcut(x, condition)
        return added


@final
class Concatenated(Conditioned):
    """Each branch takes all maps so far; its maps join them (Huang et al. 2016)."""

    def __init__(self, branches: Iterable[Chain]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        for branch in self.branches:
            x = torch.cat((x, branch(x, condition)), dim=1)
        return x


@final
class EmbeddedBatchNorm(Conditioned):
    """Batch normalisation with a row of gains and shifts a class (de Vries et al. 2017).

    The condition is the labels, int64 [n]. Gains start at 1 and shifts at 0.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Parameter(torch.ones(classes, channels))
        self.shift = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        if condition is None:
            raise ValueError("conditional batch normalisation needs labels")
        gain = F.embedding(condition, self.gain)[:, :, None, None]
        shift = F.embedding(condition, self.shift)[:, :, None, None]
        return torch.addcmul(shift, self.norm(x), gain)


@final
class LinearBatchNorm(Conditioned):
    """Batch normalisation with gain 1 + A e and shift B e of a shared embedding e (Brock et al. 2018).

    The condition is the embedding, [n, embedding_dim].
    """

    def __init__(self, channels: int, embedding_dim: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain = nn.Linear(embedding_dim, channels, bias=False)
        self.shift = nn.Linear(embedding_dim, channels, bias=False)

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        if condition is None:
            raise ValueError("conditional batch normalisation needs labels")
        gain = 1 + self.gain(condition)[:, :, None, None]
        return torch.addcmul(self.shift(condition)[:, :, None, None], self.norm(x), gain)


@final
class LabelPlanes(Conditioned):
    """An embedding of the label as constant planes beside the maps (Reed et al. 2016).

    The condition is the labels, int64 [n].
    """

    def __init__(self, classes: int, embedding_dim: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(classes, embedding_dim)

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        if condition is None:
            raise ValueError("this network needs labels")
        planes = self.embedding(condition)[:, :, None, None].expand(-1, -1, x.shape[2], x.shape[3])
        return torch.cat((x, planes), dim=1)


@final
class MinibatchDiscrimination(nn.Module):
    """Features [n, f] with closeness to the rest of the batch beside them, [n, f + kernels].

    Salimans et al. 2016, with the image itself left out of its sum.
    """

    def __init__(self, features: int, kernels: int, dims: int) -> None:
        super().__init__()
        self.kernels = kernels
        self.project = nn.Linear(features, kernels * dims, bias=False)
        self.bias = nn.Parameter(torch.zeros(kernels))

    def forward(self, x: Tensor) -> Tensor:
        # In bfloat16 what is left of the sum below would be rounded away.
        rows = torch.unflatten(_widened(self.project(x)), 1, (self.kernels, -1))
        distance = (rows[:, None] - rows[None]).abs().sum(dim=3)
        closeness = torch.exp(-distance).sum(dim=1) - 1
        return torch.cat((x, closeness + self.bias), dim=1)


@final
class MinibatchDeviation(nn.Module):
    """One more map: the mean over values of the batch's standard deviation (Karras et al. 2018)."""

    def forward(self, x: Tensor) -> Tensor:
        # The small constant keeps the gradient of the square root finite where all images agree.
        deviation = torch.sqrt(_widened(x).var(dim=0, correction=0) + 1e-8).mean().to(x.dtype)
        return torch.cat((x, deviation.expand(x.shape[0], 1, *x.shape[2:])), dim=1)


@final
class SamePadding(nn.Module):
    """Zeros that let a convolution of any kernel keep or halve any resolution; an even kernel has one more after."""

    def __init__(self, kernel: int) -> None:
        super().__init__()
        before = (kernel - 1) // 2
        self.sides = (before, kernel - 1 - before, before, kernel - 1 - before)

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, self.sides)


@final
class Dropout(nn.Module):
    """In training, values or whole maps that are 0 with `probability`, and others 1 / (1 - probability) as large.

    Srivastava et al. 2014; of maps: Tompson et al. 2015. Draws are those of `draw_from`, and the process's until then.
    """

    def __init__(self, probability: float, *, of_maps: bool) -> None:
        super().__init__()
        self.probability = probability
        self.of_maps = of_maps
        self._random: torch.Generator | None = None

    def draw_from(self, random: torch.Generator) -> None:
        """Draw from this generator, on the device of what comes in, from now on."""
        self._random = random

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        # The order of draws is that of a contiguous tensor, whatever the strides of x.
        kept = torch.empty(x.shape[:2] if self.of_maps else x.shape, dtype=x.dtype, device=x.device)
        kept.bernoulli_(1 - self.probability, generator=self._random).div_(1 - self.probability)
        return x * (kept[:, :, None, None] if self.of_maps else kept)


@final
class SumPool(nn.Module):
    """Sum of each map: [n, c, r, r] to [n, c]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sum(dim=(2, 3))


@final
class MeanPool(nn.Module):
    """Mean of each map: [n, c, r, r] to [n, c]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3))


@final
class Reshape(nn.Module):
    """The same values as [n, channels, resolution, resolution]."""

    def __init__(self, channels: int, resolution: int) -> None:
        super().__init__()
        self.shape = (channels, resolution, resolution)

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(-1, *self.shape)


@final
class VectorLinear(nn.Linear):
    """A linear layer from [n, inputs, 1, 1] to [n, outputs, 1, 1]: a 1×1 convolution in half the time."""

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.flatten(1), self.weight, self.bias)[:, :, None, None]


@final
class ThinnedConvolution(nn.Conv2d):
    """A 1×1 convolution with a stride: the positions that it reads are taken out first.

    With channels last and fewer than 16 of them at its input, oneDNN 3.12 (in torch 2.14) writes past its
    workspace when it computes this weight's gradient and is told of the stride; memory is damaged, or the
    process hangs (https://github.com/uxlfoundation/oneDNN/issues/6035).
    """

    def forward(self, x: Tensor) -> Tensor:
        if not torch.is_grad_enabled():  # without a gradient there is no fault, and images stay the same bits
            return super().forward(x)
        rows, columns = self.stride
        return F.conv2d(x[:, :, ::rows, ::columns], self.weight, self.bias)


@final
class SpreadConvolution(nn.ConvTranspose2d):
    """A transposed 1×1 convolution with a stride: zeros are put between its results afterwards.

    It is the mirror of `ThinnedConvolution`, and the fault the same for fewer than 16 channels at its output.
    """

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        if not torch.is_grad_enabled():
            return super().forward(x)
        rows, columns = self.stride
        apart = F.conv_transpose2d(x, self.weight)[:, :, :, None, :, None]
        spread = F.pad(apart, (0, columns - 1, 0, 0, 0, rows - 1)).flatten(4).flatten(2, 3)
        return spread if self.bias is None else spread + self.bias[:, None, None]


@final
class SelfAttention(nn.Module):
    """Each position's maps with a learned share of all positions' added (Zhang et al. 2019).

    Queries, keys and values have `hidden` channels; the share's scale starts at 0, so that at first nothing
    is added.
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.query = nn.Conv2d(channels, hidden, 1, bias=False)
        self.key = nn.Conv2d(channels, hidden, 1, bias=False)
        self.value = nn.Conv2d(channels, hidden, 1, bias=False)
        self.output = nn.Conv2d(hidden, channels, 1, bias=False)
        self.scale = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (part(x).flatten(2) for part in (self.query, self.key, self.value))
        weights = torch.bmm(query.transpose(1, 2), key).softmax(dim=2)
        # An exported program keeps x.shape[0] open, and makes a constant of len(x).
        taken = torch.bmm(value, weights.transpose(1, 2)).view(x.shape[0], -1, *x.shape[2:])
        attended: Tensor = self.output(taken)
        return torch.addcmul(x, self.scale, attended)


def _widened(x: Tensor) -> Tensor:
    """As float32, where it comes from layers that compute in bfloat16."""
    return x.float() if x.dtype == torch.bfloat16 else x
