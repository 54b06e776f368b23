"""What a GAN is: frozen, validated data, its cost and its identity, with no tensor allocated."""

from nas_gan.spec.architecture import Architecture, Image
from nas_gan.spec.cost import Cost, compute_cost
from nas_gan.spec.identity import canonical_json, content_hash, recipe_hash
from nas_gan.spec.plan import plan_discriminator, plan_generator, plan_translation
from nas_gan.spec.plans import DiscriminatorPlan, GeneratorPlan

__all__ = [
    "Architecture",
    "Cost",
    "DiscriminatorPlan",
    "GeneratorPlan",
    "Image",
    "canonical_json",
    "compute_cost",
    "content_hash",
    "plan_discriminator",
    "plan_generator",
    "plan_translation",
    "recipe_hash",
]
