"""Topologies of translations; see `nas_gan.report.topology`."""

from __future__ import annotations

from nas_gan.report.topology_words import shape_words
from nas_gan.spec import Architecture, plan_translation
from nas_gan.spec.game import CycleLoss
from nas_gan.spec.padded import PaddedConvolution
from nas_gan.spec.translation import PatchDiscriminator, Translator


def translator_line(architecture: Architecture) -> str:
    """Describe one of both generators: `G×2 1·28×28 → 16 → 32 ↓14 → 64 ↓7 → 3×residual 64 → 32 ↑14 → 16 ↑28 → 1`."""
    translator, image = architecture.generator, architecture.image
    if not isinstance(translator, Translator):
        raise TypeError(f"a {translator.kind} generator doesn't translate")
    plan = plan_translation(architecture)[0]
    width, depth, full = translator.width, translator.depth, image.resolution
    down = [f"{width << step} ↓{full >> step}" for step in range(1, depth + 1)]
    up = [f"{width << step} ↑{full >> step}" for step in reversed(range(depth))]
    blocks = [f"{translator.blocks}×residual {width << depth}"] if translator.blocks else []
    return " → ".join(
        [f"G×2 {shape_words(plan.inputs)}", str(width), *down, *blocks, *up, str(image.channels)]
    )


def patches_line(architecture: Architecture) -> str:
    """Describe one of both discriminators: `D×2 1·28×28 → 32 ↓14 → 64 ↓7 → 128 → 5×5 scores`."""
    discriminator = architecture.discriminator
    if not isinstance(discriminator, PatchDiscriminator):
        raise TypeError(f"a {discriminator.kind} discriminator judges no patches")
    plan = plan_translation(architecture)[1]
    convolutions = [layer for layer in plan.layers if isinstance(layer, PaddedConvolution)]
    maps = [
        f"{layer.outputs.channels}" + (f" ↓{layer.outputs.resolution}" if layer.stride == 2 else "")
        for layer in convolutions[:-1]
    ]
    side = plan.outputs.resolution
    return " → ".join([f"D×2 {shape_words(plan.inputs)}", *maps, f"{side}×{side} scores"])


def translation_facts(architecture: Architecture) -> list[str]:
    """Return what the loss weighs."""
    loss = architecture.loss
    if not isinstance(loss, CycleLoss):
        raise TypeError(f"loss {loss.kind} is of no translation")
    pool = f"pool of {loss.pool_size}" if loss.pool_size else "no pool"
    return [f"cycle × {loss.cycle_weight:.3g}", f"identity × {loss.identity_weight:.3g}", pool]
