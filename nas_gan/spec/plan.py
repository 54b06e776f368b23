"""From a spec to plans: what both kinds of networks share, and which is which."""

from __future__ import annotations

from nas_gan.spec.architecture import Architecture
from nas_gan.spec.initial import start_discriminator, start_generator, start_sequence
from nas_gan.spec.layers import Maps, Sequence
from nas_gan.spec.networks import ConvolutionalDiscriminator, ConvolutionalGenerator
from nas_gan.spec.plan_convolutional import plan_convolutional_discriminator, plan_convolutional_generator
from nas_gan.spec.plan_perceptron import plan_perceptron_discriminator, plan_perceptron_generator
from nas_gan.spec.plan_translation import plan_patches, plan_translator
from nas_gan.spec.plans import DiscriminatorPlan, GeneratorPlan
from nas_gan.spec.translation import PatchDiscriminator, Translator


def plan_generator(architecture: Architecture) -> GeneratorPlan:
    """Lay out the generator of an architecture."""
    generator = architecture.latent_generator
    if isinstance(generator, ConvolutionalGenerator):
        plan = plan_convolutional_generator(generator, architecture.image)
    else:
        plan = plan_perceptron_generator(generator, architecture.image)
    return start_generator(plan, architecture.training)


def plan_discriminator(architecture: Architecture) -> DiscriminatorPlan:
    """Lay out the discriminator of an architecture."""
    discriminator = architecture.single_discriminator
    if isinstance(discriminator, ConvolutionalDiscriminator):
        plan = plan_convolutional_discriminator(discriminator, architecture.image)
    else:
        plan = plan_perceptron_discriminator(discriminator, architecture.image)
    return start_discriminator(plan, architecture.training)


def plan_translation(architecture: Architecture) -> tuple[Sequence, Sequence]:
    """Lay out one generator and one discriminator of a translation; raises TypeError of one that generates."""
    generator, discriminator = architecture.generator, architecture.discriminator
    if not isinstance(generator, Translator) or not isinstance(discriminator, PatchDiscriminator):
        raise TypeError("the architecture generates")
    image = Maps(architecture.image.channels, architecture.image.resolution)
    return (
        start_sequence(plan_translator(generator, image), architecture.training),
        start_sequence(plan_patches(discriminator, image), architecture.training),
    )
