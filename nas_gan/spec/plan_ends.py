"""What generators and discriminators of all kinds share: their labels, and the discriminator's verdict."""

from __future__ import annotations

from nas_gan.spec.architecture import Discriminator, Generator, Image
from nas_gan.spec.blocks import Units
from nas_gan.spec.layers import (
    Closeness,
    Collapse,
    ConditionalNormalisation,
    DeviationMap,
    Layer,
    Linear,
    Maps,
    Sequence,
)
from nas_gan.spec.networks import Pooling
from nas_gan.spec.parts import (
    AuxiliaryClassifier,
    Concat,
    ConditionalBatchNorm,
    GainLinear,
    MinibatchDeviation,
    MinibatchDiscrimination,
    Projection,
    Unconditional,
)
from nas_gan.spec.plans import DiscriminatorPlan, GeneratorPlan, StagePlan


def conditional_normalisation(generator: Generator, image: Image) -> ConditionalNormalisation | None:
    """Return what takes the place of every normalisation, with its shape still to be filled in."""
    if not isinstance(generator.conditioning, ConditionalBatchNorm):
        return None
    return ConditionalNormalisation(Maps(0), image.classes, _shared_embedding_dim(generator))


def latent_maps(generator: Generator) -> Maps:
    """Return the generator's input: the latent, with the label's embedding where it joins it."""
    joined = _shared_embedding_dim(generator) if isinstance(generator.conditioning, Concat) else 0
    return Maps(generator.latent_dim + joined)


def generator_of(
    generator: Generator, image: Image, stem: Sequence, stages: list[StagePlan], head: Sequence
) -> GeneratorPlan:
    """Return the plan of a generator from its parts."""
    return GeneratorPlan(
        latent_dim=generator.latent_dim,
        classes=0 if isinstance(generator.conditioning, Unconditional) else image.classes,
        embedding_dim=_shared_embedding_dim(generator),
        embedding_joins_latent=isinstance(generator.conditioning, Concat),
        stem=stem,
        stages=tuple(stages),
        head=head,
    )


def discriminator_of(
    discriminator: Discriminator, image: Image, stem: Sequence, stages: list[StagePlan], head: Sequence
) -> DiscriminatorPlan:
    """Return the plan of a discriminator from its parts, with its verdict."""
    conditioning, spectral = discriminator.conditioning, discriminator.spectral_norm
    auxiliary = isinstance(conditioning, AuxiliaryClassifier)
    return DiscriminatorPlan(
        stem,
        tuple(stages),
        head,
        score=Linear(head.outputs, 1, discriminator.bias, spectral),
        projection_classes=image.classes if isinstance(conditioning, Projection) else 0,
        class_logits=Linear(head.outputs, image.classes, True, spectral) if auxiliary else None,
    )


def plan_features(
    discriminator: Discriminator, units: Units, maps: Maps, *, pool: Pooling, normalise: bool
) -> Sequence:
    """Lead from the last maps to the vector that is judged, with what is seen of the batch."""
    layers: list[Layer] = list(units.leading(maps, normalise))
    if isinstance(discriminator.minibatch, MinibatchDeviation):
        layers.append(DeviationMap(maps))
    layers.append(Collapse(layers[-1].outputs if layers else maps, pool))
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
