"""From a spec to plans: both networks as trees of layers, with shapes and cost, no tensor allocated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

from nas_gan.spec.architecture import Architecture, Image
from nas_gan.spec.blocks import Units, plan_stage, without_dead_biases
from nas_gan.spec.layers import (
    Activation,
    Closeness,
    Collapse,
    ConditionalNormalisation,
    Convolution,
    DeviationMap,
    LabelPlanes,
    Layer,
    Linear,
    Maps,
    Pool,
    Resize,
    Sequence,
    TransposedConvolution,
)
from nas_gan.spec.networks import Discriminator, DiscriminatorStage, Generator, GeneratorStage
from nas_gan.spec.parts import (
    AuxiliaryClassifier,
    Concat,
    ConditionalBatchNorm,
    GainLinear,
    HiddenConcat,
    MinibatchDeviation,
    MinibatchDiscrimination,
    Projection,
)


@final
@dataclass(frozen=True)
class StagePlan:
    """One stage. `skip_from` indexes the maps before it (0: after the stem, k: after stage k-1); -1: none."""

    body: Sequence
    skip_from: int
    skip: Sequence

    @property
    def outputs(self) -> Maps:
        """The shape after the stage."""
        return self.body.outputs

    @property
    def parameters(self) -> int:
        """Numbers that are learned."""
        return self.body.parameters + self.skip.parameters

    @property
    def macs(self) -> int:
        """Multiply-adds for one image."""
        return self.body.macs + self.skip.macs


@final
@dataclass(frozen=True)
class GeneratorPlan:
    """A generator: latent (and label) → stem → stages → head.

    `embedding_dim`: of a label embedding that the whole network shares, 0 for none; it joins the latent if
    `embedding_joins_latent`, and otherwise feeds the conditional normalisations.
    """

    latent_dim: int
    classes: int
    embedding_dim: int
    embedding_joins_latent: bool
    stem: Sequence
    stages: tuple[StagePlan, ...]
    head: Sequence

    @property
    def parameters(self) -> int:
        """Numbers that are learned."""
        layers = self.stem.parameters + sum(stage.parameters for stage in self.stages) + self.head.parameters
        return layers + self.classes * self.embedding_dim

    @property
    def macs(self) -> int:
        """Multiply-adds for one image."""
        return self.stem.macs + sum(stage.macs for stage in self.stages) + self.head.macs


@final
@dataclass(frozen=True)
class DiscriminatorPlan:
    """A discriminator: image (and label) → stem → stages → head → score, with projection or class logits.

    `projection_classes` and `logit_classes` are 0 where the discriminator has no such part.
    """

    stem: Sequence
    stages: tuple[StagePlan, ...]
    head: Sequence
    score: Linear
    projection_classes: int
    class_logits: Linear | None

    @property
    def parameters(self) -> int:
        """Numbers that are learned."""
        layers = self.stem.parameters + sum(stage.parameters for stage in self.stages) + self.head.parameters
        ends = self.score.parameters + (self.class_logits.parameters if self.class_logits else 0)
        return layers + ends + self.projection_classes * self.head.outputs.channels

    @property
    def macs(self) -> int:
        """Multiply-adds for one image."""
        layers = self.stem.macs + sum(stage.macs for stage in self.stages) + self.head.macs
        return layers + self.score.macs + (self.class_logits.macs if self.class_logits else 0)


def plan_generator(architecture: Architecture) -> GeneratorPlan:
    """Lays out the generator of an architecture."""
    generator, image = architecture.generator, architecture.image
    conditioning = generator.conditioning
    embedding_dim = _shared_embedding_dim(generator)
    joins_latent = isinstance(conditioning, Concat)
    units = [_generator_units(generator, stage, image) for stage in generator.stages]

    latent = Maps(generator.latent_dim + (embedding_dim if joins_latent else 0))
    stem = _plan_stem(generator, units[0], latent, image.base_resolution)
    reached = [stem.outputs]
    stages = []
    for index, stage in enumerate(generator.stages):
        last_norm_left_out = index == len(units) - 1 and generator.norm_left_out in ("last", "both")
        label = _label_planes(conditioning, index, reached[-1], image)
        body = plan_stage(
            label[-1].outputs if label else reached[-1],
            width=generator.stage_width(index),
            depth=stage.depth,
            connect=stage.connect,
            units=units[index],
            at_input=False,
            bare_first=False,
            bare_last=last_norm_left_out,
        )
        body = Sequence(reached[-1], (*label, *body.layers))
        stages.append(_with_skip(stage, index, body, reached))
        reached.append(body.outputs)

    before = units[-1].leading(reached[-1], normalise=generator.norm_left_out not in ("last", "both"))
    to_image = Convolution(
        reached[-1],
        image.channels,
        generator.head_kernel,
        1,
        bias=True,
        spectral_norm=generator.spectral_norm,
    )
    head = Sequence(reached[-1], (*before, to_image, Activation(to_image.outputs, "tanh")))
    classes = image.classes if architecture.conditional else 0
    return GeneratorPlan(
        generator.latent_dim, classes, embedding_dim, joins_latent, stem, tuple(stages), head
    )


def plan_discriminator(architecture: Architecture) -> DiscriminatorPlan:
    """Lays out the discriminator of an architecture."""
    discriminator, image = architecture.discriminator, architecture.image
    conditioning = discriminator.conditioning
    units = [_discriminator_units(stage) for stage in discriminator.stages]
    first_left_out = discriminator.norm_left_out in ("first", "both")
    last_left_out = discriminator.norm_left_out in ("last", "both")

    inputs = Maps(image.channels, image.resolution)
    stem_layers: list[Layer] = []
    if isinstance(conditioning, Concat):
        stem_layers.append(LabelPlanes(inputs, image.classes, conditioning.embedding_dim))
    if discriminator.stem_width:
        maps = stem_layers[-1].outputs if stem_layers else inputs
        unit = replace(units[0], spectral_norm=discriminator.spectral_norm)
        stem_layers += unit.unit(maps, discriminator.stem_width, at_input=True, bare=first_left_out)
    stem = Sequence(inputs, without_dead_biases(stem_layers))
    reached = [stem.outputs]
    stages = []
    for index, stage in enumerate(discriminator.stages):
        label = _label_planes(conditioning, index, reached[-1], image)
        at_input = index == 0 and not discriminator.stem_width
        body = plan_stage(
            label[-1].outputs if label else reached[-1],
            width=discriminator.stage_width(index),
            depth=stage.depth,
            connect=stage.connect,
            units=units[index],
            at_input=at_input,
            bare_first=at_input and first_left_out,
            bare_last=index == len(units) - 1 and last_left_out,
        )
        body = Sequence(reached[-1], (*label, *body.layers))
        stages.append(_with_skip(stage, index, body, reached))
        reached.append(body.outputs)

    head = _plan_discriminator_head(discriminator, units[-1], reached[-1], not last_left_out)
    spectral = discriminator.spectral_norm
    auxiliary = isinstance(conditioning, AuxiliaryClassifier)
    return DiscriminatorPlan(
        stem,
        tuple(stages),
        head,
        score=Linear(head.outputs, 1, bias=True, spectral_norm=spectral),
        projection_classes=image.classes if isinstance(conditioning, Projection) else 0,
        class_logits=Linear(head.outputs, image.classes, True, spectral) if auxiliary else None,
    )


def _plan_stem(generator: Generator, units: Units, latent: Maps, base: int) -> Sequence:
    normalise = generator.norm_left_out not in ("first", "both")
    width = generator.stage_width(-1)
    spread = TransposedConvolution(latent, width, base, base, True, generator.spectral_norm)
    return Sequence(latent, without_dead_biases((spread, *units.trailing(spread.outputs, normalise))))


def _plan_discriminator_head(
    discriminator: Discriminator, units: Units, maps: Maps, normalise: bool
) -> Sequence:
    layers: list[Layer] = list(units.leading(maps, normalise))
    if isinstance(discriminator.minibatch, MinibatchDeviation):
        layers.append(DeviationMap(maps))
    layers.append(Collapse(layers[-1].outputs if layers else maps, discriminator.pool))
    if isinstance(discriminator.minibatch, MinibatchDiscrimination):
        settings = discriminator.minibatch
        features = layers[-1].outputs
        layers.append(Linear(features, settings.hidden, True, discriminator.spectral_norm))
        layers.append(Closeness(Maps(settings.hidden), settings.kernels, settings.dims))
    return Sequence(maps, tuple(layers))


def _shared_embedding_dim(generator: Generator) -> int:
    conditioning = generator.conditioning
    if isinstance(conditioning, Concat):
        return conditioning.embedding_dim
    if isinstance(conditioning, ConditionalBatchNorm) and isinstance(conditioning.parameters, GainLinear):
        return conditioning.parameters.embedding_dim
    return 0


def _generator_units(generator: Generator, stage: GeneratorStage, image: Image) -> Units:
    conditional = None
    if isinstance(generator.conditioning, ConditionalBatchNorm):
        dim = _shared_embedding_dim(generator)
        conditional = ConditionalNormalisation(Maps(0), image.classes, dim)
    return Units(
        stage.kernel,
        stage.upsample,
        stage.norm,
        conditional,
        stage.activation,
        stage.preactivation,
        stage.spectral_norm,
    )


def _discriminator_units(stage: DiscriminatorStage) -> Units:
    return Units(
        stage.kernel,
        stage.downsample,
        stage.norm,
        None,
        stage.activation,
        stage.preactivation,
        stage.spectral_norm,
    )


def _label_planes(conditioning: object, index: int, maps: Maps, image: Image) -> tuple[LabelPlanes, ...]:
    if isinstance(conditioning, HiddenConcat) and conditioning.stage == index:
        return (LabelPlanes(maps, image.classes, conditioning.embedding_dim),)
    return ()


def _with_skip(
    stage: GeneratorStage | DiscriminatorStage, index: int, body: Sequence, reached: list[Maps]
) -> StagePlan:
    """The stage with its skip: the earlier map, resized and projected to the stage's output, is added."""
    if stage.skip == 0:
        return StagePlan(body, -1, Sequence(body.outputs, ()))
    source = index + 1 - stage.skip
    maps, wanted = reached[source], body.outputs
    # Projecting before enlarging, and after pooling, is the same map for less work.
    if wanted.resolution > maps.resolution:
        project = Convolution(maps, wanted.channels, 1, 1, True, stage.spectral_norm)
        enlarge = Resize(project.outputs, "nearest", wanted.resolution // maps.resolution)
        return StagePlan(body, source, Sequence(maps, (project, enlarge)))
    pool = Pool(maps, maps.resolution // wanted.resolution)
    project = Convolution(pool.outputs, wanted.channels, 1, 1, True, stage.spectral_norm)
    return StagePlan(body, source, Sequence(maps, (pool, project)))
