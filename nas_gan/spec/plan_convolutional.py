"""Plans of convolutional networks: stem, stages with their skips and attention, and head."""

from __future__ import annotations

from dataclasses import replace

from nas_gan.spec.architecture import Image
from nas_gan.spec.blocks import Units, plan_blocks, plan_stage, without_dead_biases
from nas_gan.spec.layers import (
    Activation,
    Attention,
    ConditionalNormalisation,
    Convolution,
    LabelPlanes,
    Layer,
    Maps,
    Pool,
    Resize,
    Sequence,
    TransposedConvolution,
)
from nas_gan.spec.networks import (
    ConvolutionalDiscriminator,
    ConvolutionalGenerator,
    DiscriminatorStage,
    GeneratorStage,
)
from nas_gan.spec.parts import Concat, HiddenConcat, SelfAttention, StageNorm
from nas_gan.spec.plan_ends import (
    conditional_normalisation,
    discriminator_of,
    generator_of,
    latent_maps,
    plan_features,
)
from nas_gan.spec.plans import DiscriminatorPlan, GeneratorPlan, StagePlan


def plan_convolutional_generator(generator: ConvolutionalGenerator, image: Image) -> GeneratorPlan:
    """Lay out a generator of stages."""
    conditional = conditional_normalisation(generator, image)
    units = [_units(generator, stage, conditional) for stage in generator.stages]
    stem = _plan_generator_stem(generator, units[0], image.base_resolution)
    reached = [stem.outputs]
    stages = []
    for index, stage in enumerate(generator.stages):
        body = plan_stage(
            _with_label(generator, index, reached[-1], image),
            width=generator.stage_width(index),
            depth=stage.depth,
            connect=stage.connect,
            units=units[index],
            at_input=False,
            bare_first=False,
            bare_last=index == len(units) - 1 and generator.norm_left_out in ("last", "both"),
        )
        stages.append(_finish_stage(generator, index, body, reached, image))
        reached.append(stages[-1].outputs)
    head = _plan_generator_head(generator, units[-1], reached[-1], image)
    return generator_of(generator, image, stem, stages, head)


def plan_convolutional_discriminator(
    discriminator: ConvolutionalDiscriminator, image: Image
) -> DiscriminatorPlan:
    """Lay out a discriminator of stages."""
    units = [_units(discriminator, stage, None) for stage in discriminator.stages]
    first_left_out = discriminator.norm_left_out in ("first", "both")
    last_left_out = discriminator.norm_left_out in ("last", "both")
    stem = _plan_discriminator_stem(discriminator, units[0], image)
    reached = [stem.outputs]
    stages = []
    for index, stage in enumerate(discriminator.stages):
        at_input = index == 0 and not discriminator.stem_width
        body = plan_stage(
            _with_label(discriminator, index, reached[-1], image),
            width=discriminator.stage_width(index),
            depth=stage.depth,
            connect=stage.connect,
            units=units[index],
            at_input=at_input,
            bare_first=at_input and first_left_out,
            bare_last=index == len(units) - 1 and last_left_out,
        )
        stages.append(_finish_stage(discriminator, index, body, reached, image))
        reached.append(stages[-1].outputs)
    head = plan_features(
        discriminator, units[-1], reached[-1], pool=discriminator.pool, normalise=not last_left_out
    )
    return discriminator_of(discriminator, image, stem, stages, head)


def _plan_generator_stem(generator: ConvolutionalGenerator, units: Units, base: int) -> Sequence:
    latent, normalise = latent_maps(generator), generator.norm_left_out not in ("first", "both")
    width = generator.stage_width(-1)
    spread = TransposedConvolution(latent, width, base, base, generator.bias, generator.spectral_norm)
    of_stem = (
        units if isinstance(generator.stem_norm, StageNorm) else replace(units, norm=generator.stem_norm)
    )
    after = of_stem.trailing(spread.outputs, normalise, activate=generator.stem_activation)
    layers: list[Layer] = [spread, *after]
    if generator.stem_depth:
        layers += plan_blocks(spread.outputs, generator.stem_depth, generator.stem_connect, units).layers
    return Sequence(latent, without_dead_biases(layers))


def _plan_generator_head(
    generator: ConvolutionalGenerator, units: Units, maps: Maps, image: Image
) -> Sequence:
    before = units.leading(maps, normalise=generator.norm_left_out not in ("last", "both"))
    kernel, bias, spectral = generator.head_kernel, generator.bias, generator.spectral_norm
    to_image: Convolution | TransposedConvolution
    if generator.head_upsample:
        to_image = TransposedConvolution(maps, image.channels, kernel, 2, bias, spectral)
    else:
        to_image = Convolution(maps, image.channels, kernel, 1, bias, spectral)
    return Sequence(maps, (*before, to_image, Activation(to_image.outputs, "tanh")))


def _plan_discriminator_stem(
    discriminator: ConvolutionalDiscriminator, units: Units, image: Image
) -> Sequence:
    inputs = Maps(image.channels, image.resolution)
    layers: list[Layer] = []
    if isinstance(discriminator.conditioning, Concat):
        layers.append(LabelPlanes(inputs, image.classes, discriminator.conditioning.embedding_dim))
    if discriminator.stem_width:
        layers += replace(units, spectral_norm=discriminator.spectral_norm).unit(
            layers[-1].outputs if layers else inputs,
            discriminator.stem_width,
            resample=discriminator.stem_downsample,
            at_input=True,
            bare=discriminator.norm_left_out in ("first", "both"),
        )
    return Sequence(inputs, without_dead_biases(layers))


def _units(
    network: ConvolutionalGenerator | ConvolutionalDiscriminator,
    stage: GeneratorStage | DiscriminatorStage,
    conditional: ConditionalNormalisation | None,
) -> Units:
    return Units(
        kernel=stage.kernel,
        resample=stage.upsample if isinstance(stage, GeneratorStage) else stage.downsample,
        norm=stage.norm,
        conditional=conditional,
        activation=stage.activation,
        dropout=stage.dropout,
        preactivation=stage.preactivation,
        spectral_norm=stage.spectral_norm,
        bias=network.bias,
    )


def _label_planes(
    network: ConvolutionalGenerator | ConvolutionalDiscriminator, index: int, maps: Maps, image: Image
) -> tuple[LabelPlanes, ...]:
    conditioning = network.conditioning
    if isinstance(conditioning, HiddenConcat) and conditioning.stage == index:
        return (LabelPlanes(maps, image.classes, conditioning.embedding_dim),)
    return ()


def _with_label(
    network: ConvolutionalGenerator | ConvolutionalDiscriminator, index: int, maps: Maps, image: Image
) -> Maps:
    """Return what the blocks of stage `index` take: the maps before it, with the label where it joins them."""
    label = _label_planes(network, index, maps, image)
    return label[-1].outputs if label else maps


def _finish_stage(
    network: ConvolutionalGenerator | ConvolutionalDiscriminator,
    index: int,
    blocks: Sequence,
    reached: list[Maps],
    image: Image,
) -> StagePlan:
    """Return the stage of these blocks, with the label before them, attention after them, and its skip."""
    stage, attention = network.stages[index], network.attention
    attends = isinstance(attention, SelfAttention) and attention.stage == index
    after = (Attention(blocks.outputs, stage.spectral_norm),) if attends else ()
    label = _label_planes(network, index, reached[-1], image)
    body = Sequence(reached[-1], (*label, *blocks.layers, *after))
    if stage.skip == 0:
        return StagePlan(body, -1, Sequence(body.outputs, ()))
    source = index + 1 - stage.skip
    return StagePlan(
        body, source, _plan_skip(reached[source], body.outputs, network.bias, stage.spectral_norm)
    )


def _plan_skip(maps: Maps, wanted: Maps, bias: bool, spectral: bool) -> Sequence:
    """Return an earlier map, resized and projected to the shape that it is added to."""
    # Projecting before enlarging, and after pooling, is the same map for less work.
    if wanted.resolution > maps.resolution:
        project = Convolution(maps, wanted.channels, 1, 1, bias, spectral)
        enlarge = Resize(project.outputs, "nearest", wanted.resolution // maps.resolution)
        return Sequence(maps, (project, enlarge))
    pool = Pool(maps, maps.resolution // wanted.resolution)
    project = Convolution(pool.outputs, wanted.channels, 1, 1, bias, spectral)
    return Sequence(maps, (pool, project))
