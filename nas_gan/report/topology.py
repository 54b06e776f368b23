"""Topologies that a person can read: one line a network, or a small drawing, from the spec and its plan.

A unit is written in the order of its operations: `conv3 batch relu` is a 3×3 convolution, batch normalisation
and a rectifier; `batch relu conv3` is the pre-activation order. `↑` enlarges and `↓` reduces.
"""

from __future__ import annotations

import textwrap

from nas_gan.report.topology_translation import patches_line, translation_facts, translator_line
from nas_gan.report.topology_words import (
    UNBROKEN,
    Hidden,
    Stage,
    blocks_words,
    discriminator_facts,
    generator_facts,
    minibatch_words,
    resample_of,
    resampling_words,
    shape_words,
    shortened,
    special_words,
    spectral_words,
    training_facts,
    unit_words,
)
from nas_gan.spec import Architecture, plan_discriminator, plan_generator
from nas_gan.spec.architecture import Discriminator, Generator
from nas_gan.spec.layers import Maps
from nas_gan.spec.networks import ConvolutionalDiscriminator, ConvolutionalGenerator, GeneratorStage
from nas_gan.spec.parts import ConditionalBatchNorm, SelfAttention
from nas_gan.spec.perceptrons import PerceptronDiscriminator, PerceptronGenerator
from nas_gan.spec.plans import DiscriminatorPlan, GeneratorPlan

LINE_WIDTH = 80
NARROWEST_COLUMN = 24  # of the last column, where it is folded


def generator_line(architecture: Architecture) -> str:
    """Return the generator on one line: `G z100 → 64·7×7 → 2×residual 32 ↑14 nearest → plain 16 ↑28 nearest → 1`."""
    if architecture.translates:
        return translator_line(architecture)
    generator, plan = architecture.latent_generator, plan_generator(architecture)
    parts = [f"G z{generator.latent_dim}"]
    if isinstance(generator, ConvolutionalGenerator):
        parts.append(shape_words(plan.stem.outputs))
        parts += _stages_words(generator, plan)
        return " → ".join([*parts, str(architecture.image.channels)])
    parts += [_hidden_words(hidden) for hidden in generator.hidden]
    return " → ".join([*parts, shape_words(plan.head.outputs)])


def discriminator_line(architecture: Architecture) -> str:
    """Return the discriminator on one line: `D 1·28×28 → plain 32 ↓14 strided → plain 64 ↓7 strided → score`."""
    if architecture.translates:
        return patches_line(architecture)
    discriminator, plan = architecture.single_discriminator, plan_discriminator(architecture)
    parts = [f"D {shape_words(plan.stem.inputs)}"]
    if isinstance(discriminator, ConvolutionalDiscriminator):
        if discriminator.stem_width:
            halved = f" ↓{plan.stem.outputs.resolution}" if discriminator.stem_downsample else ""
            parts.append(f"{discriminator.stem_width}{halved}")
        parts += _stages_words(discriminator, plan)
    else:
        parts += [_hidden_words(hidden) for hidden in discriminator.hidden]
    return " → ".join([*parts, "score"])


def describe_topology(architecture: Architecture) -> tuple[str, ...]:
    """Return both networks' lines, folded to 80 characters."""
    lines = (generator_line(architecture), discriminator_line(architecture))
    return tuple(part for line in lines for part in textwrap.wrap(line, LINE_WIDTH, subsequent_indent="    "))


def draw_topology(architecture: Architecture) -> tuple[str, ...]:
    """Return both networks, a line a stage, in aligned columns of at most 80 characters, and the training."""
    if architecture.translates:
        facts = [*translation_facts(architecture), *training_facts(architecture)]
        return (*describe_topology(architecture), *_heading("training", facts))
    above, below = _generator_rows(architecture), _discriminator_rows(architecture)
    widths = [max(len(row[column]) for row in (*above, *below)) for column in range(len(above[0]) - 1)]
    return (
        *_heading("generator", generator_facts(architecture.latent_generator)),
        *(line for row in above for line in _draw_row(row, widths)),
        *_heading("discriminator", discriminator_facts(architecture.single_discriminator)),
        *(line for row in below for line in _draw_row(row, widths)),
        *_heading("training", training_facts(architecture)),
    )


Row = tuple[str, str, str, str, str]
"""Name, shape after it, blocks, resampling, and the unit with what is special."""


def _generator_rows(architecture: Architecture) -> list[Row]:
    generator, plan = architecture.latent_generator, plan_generator(architecture)
    image = shape_words(plan.head.outputs)
    bounds = "" if architecture.image.is_points else " tanh"
    spectral = spectral_words(generator, ", ")
    if not isinstance(generator, ConvolutionalGenerator):
        rows = _hidden_rows(generator)
        return [*rows, ("head", image, "to values", "", f"linear{bounds}{spectral}")]
    blocks = "from latent"
    if generator.stem_depth:
        depth, width = generator.stem_depth + 1, generator.stage_width(-1)
        blocks += f", {blocks_words(generator.stem_connect, depth, width)}"
    rows = [("stem", shape_words(plan.stem.outputs), blocks, "", spectral_words(generator))]
    upsampling = f"↑transposed{generator.head_kernel}" if generator.head_upsample else ""
    operation = "" if upsampling else f"conv{generator.head_kernel} "
    head = ("head", image, "to image", upsampling, f"{operation}tanh{spectral}")
    return [*rows, *_stage_rows(generator, plan), head]


def _discriminator_rows(architecture: Architecture) -> list[Row]:
    discriminator, plan = architecture.single_discriminator, plan_discriminator(architecture)
    pool = ""
    rows: list[Row] = []
    if isinstance(discriminator, ConvolutionalDiscriminator):
        pool = discriminator.pool
        if discriminator.stem_width:
            halving = resampling_words(discriminator.stages[0]) if discriminator.stem_downsample else ""
            shape = shape_words(plan.stem.outputs)
            rows.append(("stem", shape, "from image", halving, spectral_words(discriminator)))
        rows += _stage_rows(discriminator, plan)
    else:
        rows += _hidden_rows(discriminator)
    ends = [pool, minibatch_words(discriminator), spectral_words(discriminator)]
    features = str(plan.head.outputs.channels)
    return [*rows, ("head", features, "to score", "", ", ".join(end for end in ends if end))]


def _stage_rows(
    network: ConvolutionalGenerator | ConvolutionalDiscriminator, plan: GeneratorPlan | DiscriminatorPlan
) -> list[Row]:
    rows = []
    attention = network.attention
    stages: tuple[Stage, ...] = network.stages
    for index, (stage, maps) in enumerate(zip(stages, _shapes(plan), strict=True)):
        unit = unit_words(stage, f"conv{stage.kernel}", _norm_of(network, stage))
        attends = isinstance(attention, SelfAttention) and attention.stage == index
        blocks = blocks_words(stage.connect, stage.depth, network.stage_width(index))
        resampling = resampling_words(stage)
        special = ", ".join([unit, *special_words(stage, attends)])
        rows.append((f"stage {index}", shape_words(maps), blocks, resampling, special))
    return rows


def _hidden_rows(network: PerceptronGenerator | PerceptronDiscriminator) -> list[Row]:
    rows = []
    runs: tuple[Hidden, ...] = network.hidden
    for index, hidden in enumerate(runs):
        unit = unit_words(hidden, "linear", _norm_of(network, hidden))
        blocks = blocks_words(hidden.connect, hidden.depth, hidden.width)
        special = ", ".join([unit, *special_words(hidden)])
        rows.append((f"hidden {index}", _widths(hidden), blocks, "", special))
    return rows


def _norm_of(network: Generator | Discriminator, part: Stage | Hidden) -> str:
    conditional = isinstance(network.conditioning, ConditionalBatchNorm)
    return shortened(network.conditioning.kind) if conditional else part.norm.kind


def _draw_row(row: Row, widths: list[int]) -> list[str]:
    """Return a row in columns; the last one is folded under itself."""
    cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
    start = "  " + "  ".join(cells) + "  "
    indent = " " * min(len(start), LINE_WIDTH - NARROWEST_COLUMN)
    lines = textwrap.wrap(start + row[-1], LINE_WIDTH, subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace(UNBROKEN, " ") for line in lines]


def _heading(name: str, facts: list[str]) -> list[str]:
    return textwrap.wrap(f"{name}: {', '.join(facts)}", LINE_WIDTH, subsequent_indent="  ")


def _shapes(plan: GeneratorPlan | DiscriminatorPlan) -> list[Maps]:
    return [stage.outputs for stage in plan.stages]


def _stages_words(
    network: ConvolutionalGenerator | ConvolutionalDiscriminator, plan: GeneratorPlan | DiscriminatorPlan
) -> list[str]:
    stages: tuple[Stage, ...] = network.stages
    words = []
    for index, (stage, maps) in enumerate(zip(stages, _shapes(plan), strict=True)):
        arrow = "↑" if isinstance(stage, GeneratorStage) else "↓"
        blocks = blocks_words(stage.connect, stage.depth, network.stage_width(index))
        words.append(
            f"{blocks} {maps.channels} {arrow}{maps.resolution} {shortened(resample_of(stage).kind)}"
        )
    return words


def _hidden_words(hidden: Hidden) -> str:
    return f"{blocks_words(hidden.connect, hidden.depth, hidden.width)} {_widths(hidden)}"


def _widths(hidden: Hidden) -> str:
    """Return widths of a run: `128…512`, or one where all are alike."""
    return "…".join(str(width) for width in dict.fromkeys((hidden.widths[0], hidden.widths[-1])))
