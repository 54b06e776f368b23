"""What an architecture costs, from its plan alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from nas_gan.spec.architecture import Architecture
from nas_gan.spec.plan import plan_discriminator, plan_generator, plan_translation


@final
@dataclass(frozen=True)
class Cost:
    """Parameters, and multiply-adds of one forward pass of one image, a network each.

    Of a translation, of one of its two generators and one of its two discriminators.
    """

    generator_parameters: int
    generator_macs: int
    discriminator_parameters: int
    discriminator_macs: int

    @property
    def parameters(self) -> int:
        """Parameters of both networks."""
        return self.generator_parameters + self.discriminator_parameters

    @property
    def macs(self) -> int:
        """Multiply-adds of both networks."""
        return self.generator_macs + self.discriminator_macs


def compute_cost(architecture: Architecture) -> Cost:
    """Return the cost of both networks; no tensor is allocated."""
    if architecture.translates:
        one, other = plan_translation(architecture)
        return Cost(one.parameters, one.macs, other.parameters, other.macs)
    generator, discriminator = plan_generator(architecture), plan_discriminator(architecture)
    return Cost(generator.parameters, generator.macs, discriminator.parameters, discriminator.macs)
