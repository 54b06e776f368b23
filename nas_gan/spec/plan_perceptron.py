"""Plans of perceptrons: vectors through linear layers, which are convolutions of a single position."""

from __future__ import annotations

from nas_gan.spec.architecture import Image
from nas_gan.spec.blocks import Units, plan_hidden
from nas_gan.spec.layers import (
    Activation,
    ConditionalNormalisation,
    Convolution,
    LabelPlanes,
    Layer,
    Maps,
    Reshape,
    Sequence,
)
from nas_gan.spec.networks import LeftOut
from nas_gan.spec.parts import Concat
from nas_gan.spec.perceptrons import (
    DiscriminatorHidden,
    GeneratorHidden,
    PerceptronDiscriminator,
    PerceptronGenerator,
)
from nas_gan.spec.plan_ends import (
    conditional_normalisation,
    discriminator_of,
    generator_of,
    latent_maps,
    plan_features,
)
from nas_gan.spec.plans import DiscriminatorPlan, GeneratorPlan, StagePlan

Runs = tuple[GeneratorHidden, ...] | tuple[DiscriminatorHidden, ...]


def plan_perceptron_generator(generator: PerceptronGenerator, image: Image) -> GeneratorPlan:
    """Lay out a generator of linear layers."""
    latent, picture = latent_maps(generator), Maps(image.channels, image.resolution)
    conditional = conditional_normalisation(generator, image)
    # Left out of a single layer, the normalisation would take the label with it.
    left_out = "none" if conditional else generator.norm_left_out
    units = [_units(hidden, conditional, generator.bias) for hidden in generator.hidden]
    stages = _plan_runs(latent, generator.hidden, units, left_out)
    reached = stages[-1].outputs
    before = units[-1].leading(reached, normalise=left_out not in ("last", "both"))
    values = Convolution(reached, picture.values, 1, 1, generator.bias, generator.spectral_norm)
    # Points have no bounds; pixels have.
    bounds = () if image.is_points else (Activation(values.outputs, "tanh"),)
    head = Sequence(reached, (*before, values, *bounds, Reshape(values.outputs, picture)))
    return generator_of(generator, image, Sequence(latent, ()), stages, head)


def plan_perceptron_discriminator(discriminator: PerceptronDiscriminator, image: Image) -> DiscriminatorPlan:
    """Lay out a discriminator of linear layers."""
    picture = Maps(image.channels, image.resolution)
    flat = Reshape(picture, Maps(picture.values))
    entry: list[Layer] = [flat]
    conditioning = discriminator.conditioning
    if isinstance(conditioning, Concat):
        entry.append(LabelPlanes(flat.outputs, image.classes, conditioning.embedding_dim))
    stem = Sequence(picture, tuple(entry))
    left_out = discriminator.norm_left_out
    units = [_units(hidden, None, discriminator.bias) for hidden in discriminator.hidden]
    stages = _plan_runs(stem.outputs, discriminator.hidden, units, left_out)
    head = plan_features(
        discriminator,
        units[-1],
        stages[-1].outputs,
        pool="flatten",
        normalise=left_out not in ("last", "both"),
    )
    return discriminator_of(discriminator, image, stem, stages, head)


def _units(
    hidden: GeneratorHidden | DiscriminatorHidden, conditional: ConditionalNormalisation | None, bias: bool
) -> Units:
    return Units(
        kernel=1,
        resample=None,
        norm=hidden.norm,
        conditional=conditional,
        activation=hidden.activation,
        dropout=hidden.dropout,
        preactivation=hidden.preactivation,
        spectral_norm=hidden.spectral_norm,
        bias=bias,
    )


def _plan_runs(maps: Maps, runs: Runs, units: list[Units], left_out: LeftOut) -> list[StagePlan]:
    stages: list[StagePlan] = []
    for index, hidden in enumerate(runs):
        body = plan_hidden(
            stages[-1].outputs if stages else maps,
            hidden.widths,
            hidden.connect,
            units[index],
            at_input=index == 0,
            bare_first=index == 0 and left_out in ("first", "both"),
            bare_last=index == len(runs) - 1 and left_out in ("last", "both"),
        )
        stages.append(StagePlan(body, -1, Sequence(body.outputs, ())))
    return stages
