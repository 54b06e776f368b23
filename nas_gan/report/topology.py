"""Topologies that a person can read: one line a network, or a small drawing, from the spec and its plan.

A unit is written in the order of its operations: `conv3 batch relu` is a 3×3 convolution, batch normalisation
and a rectifier; `batch relu conv3` is the pre-activation order. `↑` enlarges and `↓` reduces.
"""

from __future__ import annotations

import textwrap

from nas_gan.spec import Architecture, plan_discriminator, plan_generator
from nas_gan.spec.layers import Maps
from nas_gan.spec.networks import Discriminator, DiscriminatorStage, Generator, GeneratorStage
from nas_gan.spec.parts import (
    AuxiliaryClassifier,
    Concat,
    ConditionalBatchNorm,
    Dense,
    Downsample,
    HiddenConcat,
    LeakyRelu,
    MinibatchDiscrimination,
    NoMinibatch,
    NoNorm,
    Projection,
    Strided,
    Transposed,
    Unconditional,
    Upsample,
)
from nas_gan.spec.plan import StagePlan

LINE_WIDTH = 80
NARROWEST_COLUMN = 24  # of the last column, where it is folded
UNBROKEN = "\N{NO-BREAK SPACE}"
SHORT = {"average_pool": "pool", "pixel_shuffle": "shuffle", "conditional_batch_norm": "conditional-batch"}
Stage = GeneratorStage | DiscriminatorStage


def generator_line(architecture: Architecture) -> str:
    """The generator on one line: `G z100 → 64·7×7 → 2×residual 32 ↑14 nearest → plain 16 ↑28 nearest → 1`."""
    generator, plan = architecture.generator, plan_generator(architecture)
    parts = [f"G z{generator.latent_dim}", _shape(plan.stem.outputs)]
    parts += [_stage_words(stage, laid) for stage, laid in zip(generator.stages, plan.stages, strict=True)]
    return " → ".join([*parts, str(architecture.image.channels)])


def discriminator_line(architecture: Architecture) -> str:
    """The discriminator on one line: `D 1·28×28 → plain 32 ↓14 strided → plain 64 ↓7 strided → score`."""
    discriminator, plan = architecture.discriminator, plan_discriminator(architecture)
    parts = [f"D {architecture.image.channels}·{_square(architecture.image.resolution)}"]
    if discriminator.stem_width:
        parts.append(str(discriminator.stem_width))
    parts += [
        _stage_words(stage, laid) for stage, laid in zip(discriminator.stages, plan.stages, strict=True)
    ]
    return " → ".join([*parts, "score"])


def describe_topology(architecture: Architecture) -> tuple[str, ...]:
    """Both networks' lines, folded to 80 characters."""
    lines = (generator_line(architecture), discriminator_line(architecture))
    return tuple(part for line in lines for part in textwrap.wrap(line, LINE_WIDTH, subsequent_indent="    "))


def draw_topology(architecture: Architecture) -> tuple[str, ...]:
    """Both networks, a line a stage, in aligned columns of at most 80 characters, and the training."""
    above, below = _generator_rows(architecture), _discriminator_rows(architecture)
    widths = [max(len(row[column]) for row in (*above, *below)) for column in range(len(above[0]) - 1)]
    return (
        *_heading("generator", _generator_facts(architecture.generator)),
        *(line for row in above for line in _draw_row(row, widths)),
        *_heading("discriminator", _discriminator_facts(architecture.discriminator)),
        *(line for row in below for line in _draw_row(row, widths)),
        *_heading("training", _training_facts(architecture)),
    )


Row = tuple[str, str, str, str, str]
"""Name, shape after it, blocks, resampling, and the unit with what is special."""


def _generator_rows(architecture: Architecture) -> list[Row]:
    generator, plan = architecture.generator, plan_generator(architecture)
    conditional = isinstance(generator.conditioning, ConditionalBatchNorm)
    rows: list[Row] = [("stem", _shape(plan.stem.outputs), "from latent", "", _spectral(generator))]
    for index, (stage, laid) in enumerate(zip(generator.stages, plan.stages, strict=True)):
        norm = _word(generator.conditioning.kind) if conditional else stage.norm.kind
        unit = _unit(stage, norm)
        rows.append((f"stage {index}", _shape(laid.outputs), _blocks(stage), _resampling(stage), unit))
    head = f"conv{generator.head_kernel} tanh{_spectral(generator, ', ')}"
    return [*rows, ("head", _shape(plan.head.outputs), "to image", "", head)]


def _discriminator_rows(architecture: Architecture) -> list[Row]:
    discriminator, plan = architecture.discriminator, plan_discriminator(architecture)
    rows: list[Row] = []
    if discriminator.stem_width:
        rows.append(("stem", _shape(plan.stem.outputs), "from image", "", _spectral(discriminator)))
    for index, (stage, laid) in enumerate(zip(discriminator.stages, plan.stages, strict=True)):
        unit = _unit(stage, stage.norm.kind)
        rows.append((f"stage {index}", _shape(laid.outputs), _blocks(stage), _resampling(stage), unit))
    ends = [discriminator.pool, _minibatch(discriminator)]
    ends += ["spectral norm"] if discriminator.spectral_norm else []
    features = str(plan.head.outputs.channels)
    return [*rows, ("head", features, "to score", "", ", ".join(end for end in ends if end))]


def _draw_row(row: Row, widths: list[int]) -> list[str]:
    """A row in columns; the last one is folded under itself."""
    cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
    start = "  " + "  ".join(cells) + "  "
    indent = " " * min(len(start), LINE_WIDTH - NARROWEST_COLUMN)
    lines = textwrap.wrap(start + row[-1], LINE_WIDTH, subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace(UNBROKEN, " ") for line in lines]


def _heading(name: str, facts: list[str]) -> list[str]:
    return textwrap.wrap(f"{name}: {', '.join(facts)}", LINE_WIDTH, subsequent_indent="  ")


def _generator_facts(generator: Generator) -> list[str]:
    facts = [f"latent {generator.latent_dim} {generator.latent_distribution}"]
    match generator.conditioning:
        case Unconditional():
            facts.append("unconditional")
        case Concat(embedding_dim=dim):
            facts.append(f"label embedding of {dim} beside the latent")
        case HiddenConcat(stage=stage, embedding_dim=dim):
            facts.append(f"label embedding of {dim} into stage {stage}")
        case ConditionalBatchNorm(parameters=parameters):
            facts.append(f"conditional batch norm ({parameters.kind})")
    return facts + _left_out(generator)


def _discriminator_facts(discriminator: Discriminator) -> list[str]:
    match discriminator.conditioning:
        case Unconditional():
            fact = "unconditional"
        case Concat(embedding_dim=dim):
            fact = f"label embedding of {dim} beside the image"
        case HiddenConcat(stage=stage, embedding_dim=dim):
            fact = f"label embedding of {dim} into stage {stage}"
        case Projection():
            fact = "projection"
        case AuxiliaryClassifier(weight=weight):
            fact = f"auxiliary classifier × {weight:g}"
    return [fact, *_left_out(discriminator)]


def _training_facts(architecture: Architecture) -> list[str]:
    training, optimisers = architecture.training, architecture.optimisers
    rates = [f"{adam.learning_rate:.3g}" for adam in (optimisers.generator, optimisers.discriminator)]
    steps = training.discriminator_steps
    return [
        f"{_word(architecture.loss.kind)} loss",
        f"batch {training.batch_size}",
        f"Adam {' and '.join(dict.fromkeys(rates))}",
        f"{steps} discriminator step{'s' if steps > 1 else ''}",
        f"moving average {training.moving_average:g}" if training.moving_average else "no moving average",
    ]


def _left_out(network: Generator | Discriminator) -> list[str]:
    which = {"none": [], "both": ["no first or last norm"]}
    return which.get(network.norm_left_out, [f"no {network.norm_left_out} norm"])


def _minibatch(discriminator: Discriminator) -> str:
    match discriminator.minibatch:
        case NoMinibatch():
            return ""
        case MinibatchDiscrimination() as settings:
            return f"minibatch discrimination {settings.hidden}→{settings.kernels}×{settings.dims}"
        case _:
            return "minibatch deviation"


def _stage_words(stage: Stage, laid: StagePlan) -> str:
    arrow = "↑" if isinstance(stage, GeneratorStage) else "↓"
    outputs = laid.outputs
    return f"{_blocks(stage)} {outputs.channels} {arrow}{outputs.resolution} {_word(_resample(stage).kind)}"


def _blocks(stage: Stage) -> str:
    connect = stage.connect
    count = f"{stage.depth}×" if stage.depth > 1 else ""
    if not isinstance(connect, Dense):
        return f"{count}{connect.kind}"
    added = connect.added(stage.depth)
    growth = [f"+{count}" for count in dict.fromkeys((*added[:1], *added[-1:]))]
    return f"{count}dense{'…'.join(growth)}"


def _resampling(stage: Stage) -> str:
    resample = _resample(stage)
    arrow = "↑" if isinstance(stage, GeneratorStage) else "↓"
    kernel = str(resample.kernel) if isinstance(resample, Transposed | Strided) else ""
    before = " before" if resample.place == "before" else ""
    return f"{arrow}{_word(resample.kind)}{kernel}{before}"


def _resample(stage: Stage) -> Upsample | Downsample:
    return stage.upsample if isinstance(stage, GeneratorStage) else stage.downsample


def _word(kind: str) -> str:
    return SHORT.get(kind, kind).replace("_", "-")


def _unit(stage: Stage, norm: str) -> str:
    """The operations of a unit in their order, then what is special about the stage."""
    activation = stage.activation
    acts = f"leaky{activation.slope:g}" if isinstance(activation, LeakyRelu) else activation.kind
    at_activation = isinstance(stage.norm, NoNorm) or stage.norm.at == "before_activation"
    if stage.preactivation:
        order = [norm, acts, "conv"] if at_activation else [acts, norm, "conv"]
    else:
        order = ["conv", norm, acts] if at_activation else [norm, "conv", acts]
    words = [f"conv{stage.kernel}" if word == "conv" else word for word in order if word != "none"]
    special = [f"spectral{UNBROKEN}norm"] if stage.spectral_norm else []
    special += [f"skip{UNBROKEN}{stage.skip}"] if stage.skip else []
    return ", ".join([" ".join(words), *special])


def _spectral(network: Generator | Discriminator, before: str = "") -> str:
    return f"{before}spectral norm" if network.spectral_norm else ""


def _shape(maps: Maps) -> str:
    return f"{maps.channels}·{_square(maps.resolution)}"


def _square(resolution: int) -> str:
    return f"{resolution}×{resolution}"
