"""What an architecture is called and when two are the same."""

from __future__ import annotations

import hashlib
import json

from nas_gan.spec.architecture import Architecture
from nas_gan.spec.plan import plan_discriminator, plan_generator, plan_translation

INITIAL = {"initial", "linear_initial", "embedding_deviation", "gain_deviation"}


def canonical_json(architecture: Architecture) -> str:
    """Return every field, keys sorted, no spaces: equal architectures give equal text."""
    return _canonical(architecture.model_dump(mode="json"))


def content_hash(architecture: Architecture) -> str:
    """Return SHA-256 of the canonical JSON, 64 hexadecimal digits: the architecture's identity."""
    return _hash(canonical_json(architecture))


def recipe_hash(architecture: Architecture) -> str:
    """Return SHA-256 of what is really built and how it is trained, 64 hexadecimal digits.

    Specs that differ only in values without effect (a width written out or left to its default, a growth
    in a stage of one block, the deviation of embeddings that aren't there) have one recipe, so that a search
    trains it once.
    """
    # How weights start is in the plans, layer by layer.
    rest = architecture.model_dump(
        mode="json", exclude={"generator": True, "discriminator": True, "training": INITIAL}
    )
    if architecture.translates:
        return _hash(_canonical([rest, _tree(plan_translation(architecture))]))
    conditioning = architecture.discriminator.conditioning.model_dump(mode="json")
    plans = [_tree(plan_generator(architecture)), _tree(plan_discriminator(architecture))]
    latent = architecture.latent_generator.latent_distribution
    return _hash(_canonical([rest, conditioning, latent, plans]))


def _canonical(tree: object) -> str:
    return json.dumps(tree, sort_keys=True, separators=(",", ":"))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _tree(plan: object) -> object:
    """Return a plan as plain data, with the names of its layers."""
    fields = getattr(plan, "__dataclass_fields__", None)
    if fields is not None:
        return [type(plan).__name__, *(_tree(getattr(plan, name)) for name in fields)]
    if isinstance(plan, tuple):
        return [_tree(item) for item in plan]
    return plan
