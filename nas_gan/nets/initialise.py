"""Initial weights, drawn as a plan says layer by layer."""

from __future__ import annotations

from functools import singledispatch

import torch
from torch import nn
from torch.nn.utils import parametrize

from nas_gan.nets import layers as modules
from nas_gan.nets.networks import Discriminator, Generator, Stages
from nas_gan.spec import layers as plans
from nas_gan.spec.padded import PaddedConvolution
from nas_gan.spec.plans import DiscriminatorPlan, GeneratorPlan, StagePlan


@torch.no_grad()
def initialise_generator(plan: GeneratorPlan, network: Generator, random: torch.Generator) -> None:
    """Draw all weights of the generator of this plan."""
    if network.embedding is not None:
        network.embedding.weight.normal_(0.0, plan.embedding.deviation, generator=random)
    draw(plan.stem, network.stem, random)
    _draw_stages(plan.stages, network.stages, random)
    draw(plan.head, network.head, random)


@torch.no_grad()
def initialise_discriminator(
    plan: DiscriminatorPlan, network: Discriminator, random: torch.Generator
) -> None:
    """Draw all weights of the discriminator of this plan."""
    draw(plan.stem, network.stem, random)
    _draw_stages(plan.stages, network.stages, random)
    draw(plan.head, network.head, random)
    draw(plan.score, network.score, random)
    if network.projection is not None:
        deviation = plan.projection.deviation_of(network.projection.embedding_dim)
        network.projection.weight.normal_(0.0, deviation, generator=random)
    if plan.class_logits is not None and network.class_logits is not None:
        draw(plan.class_logits, network.class_logits, random)


def _draw_stages(planned: tuple[StagePlan, ...], stages: Stages, random: torch.Generator) -> None:
    for plan, body in zip(planned, stages.bodies, strict=True):
        draw(plan.body, body, random)
    for plan, skip in zip(planned, stages.skips, strict=True):
        draw(plan.skip, skip, random)


@singledispatch
def draw(layer: plans.Layer, module: nn.Module, random: torch.Generator) -> None:
    """Draw the weights of the module that `build_layer` made of a layer; most layers have none."""


@draw.register
def _(layer: plans.Sequence, module: modules.Chain, random: torch.Generator) -> None:
    for planned, built in zip(layer.layers, module.layers, strict=True):
        draw(planned, built, random)


@draw.register
def _(layer: plans.Sum, module: modules.Added, random: torch.Generator) -> None:
    draw(layer.body, module.body, random)
    draw(layer.shortcut, module.shortcut, random)


@draw.register
def _(layer: plans.Concatenation, module: modules.Concatenated, random: torch.Generator) -> None:
    for planned, built in zip(layer.branches, module.branches, strict=True):
        draw(planned, built, random)


@draw.register(plans.Convolution)
@draw.register(plans.TransposedConvolution)
@draw.register(plans.Linear)
@draw.register(PaddedConvolution)
def _(
    layer: plans.Convolution | plans.TransposedConvolution | plans.Linear | PaddedConvolution,
    module: nn.Module,
    random: torch.Generator,
) -> None:
    weighted = module.layers[-1] if isinstance(module, modules.Chain) else module  # padding comes first
    _draw_weight(weighted, layer.weights, layer.fan_in, random)


@draw.register
def _(layer: plans.Attention, module: modules.SelfAttention, random: torch.Generator) -> None:
    for part in (module.query, module.key, module.value):
        _draw_weight(part, layer.weights, layer.inputs.channels, random)
    _draw_weight(module.output, layer.weights, layer.hidden, random)


@draw.register
def _(layer: plans.Closeness, module: modules.MinibatchDiscrimination, random: torch.Generator) -> None:
    _draw_weight(module.project, layer.weights, layer.inputs.values, random)


@draw.register
def _(layer: plans.LabelPlanes, module: modules.LabelPlanes, random: torch.Generator) -> None:
    module.embedding.weight.normal_(0.0, layer.embedding.deviation, generator=random)


@draw.register
def _(layer: plans.ConditionalNormalisation, module: nn.Module, random: torch.Generator) -> None:
    if isinstance(module, modules.LinearBatchNorm):
        for part in (module.gain, module.shift):
            _draw_weight(part, layer.weights, layer.embedding_dim, random)


@draw.register
def _(layer: plans.Normalisation, module: nn.Module, random: torch.Generator) -> None:
    if layer.gain_deviation > 0 and isinstance(module, nn.BatchNorm2d):
        module.weight.normal_(1.0, layer.gain_deviation, generator=random)


def _draw_weight(module: nn.Module, weights: plans.Draw, fan_in: float, random: torch.Generator) -> None:
    weight = module.weight
    if parametrize.is_parametrized(module, "weight"):
        weight = module.parametrizations.weight.original  # type: ignore[union-attr]
    if not isinstance(weight, nn.Parameter):
        raise TypeError(f"{type(module).__name__} has no weight to draw")
    weight.normal_(0.0, weights.deviation_of(fan_in), generator=random)
    if isinstance(module.bias, nn.Parameter):
        module.bias.zero_()
