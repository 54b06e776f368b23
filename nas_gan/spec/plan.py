"""From a spec to plans: what both kinds of networks share, and which is which."""

from __future__ import annotations

from nas_gan.spec.architecture import Architecture
from nas_gan.spec.initial import start_discriminator, start_generator
from nas_gan.spec.networks import ConvolutionalDiscriminator, ConvolutionalGenerator
from nas_gan.spec.plan_convolutional import plan_convolutional_discriminator, plan_convolutional_generator
from nas_gan.spec.plan_perceptron import plan_perceptron_discriminator, plan_perceptron_generator
from nas_gan.spec.plans import DiscriminatorPlan, GeneratorPlan


def plan_generator(architecture: Architecture) -> GeneratorPlan:
    """Lays out the generator of an architecture."""
    generator = architecture.generator
    if isinstance(generator, ConvolutionalGenerator):
        plan = plan_convolutional_generator(generator, architecture.image)
    else:
        plan = plan_perceptron_generator(generator, architecture.image)
    return start_generator(plan, architecture.training)


def plan_discriminator(architecture: Architecture) -> DiscriminatorPlan:
    """Lays out the discriminator of an architecture."""
    discriminator = architecture.discriminator
    if isinstance(discriminator, ConvolutionalDiscriminator):
        plan = plan_convolutional_discriminator(discriminator, architecture.image)
    else:
        plan = plan_perceptron_discriminator(discriminator, architecture.image)
    return start_discriminator(plan, architecture.training)
