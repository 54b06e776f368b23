"""The words that topologies are written in: blocks, units, resampling, and what holds for a whole network."""

from __future__ import annotations

from nas_gan.spec import Architecture
from nas_gan.spec.architecture import Discriminator, Generator
from nas_gan.spec.game import Clipping, Regulariser
from nas_gan.spec.layers import Maps
from nas_gan.spec.networks import DiscriminatorStage, GeneratorStage
from nas_gan.spec.parts import (
    AuxiliaryClassifier,
    Concat,
    ConditionalBatchNorm,
    Connect,
    Dense,
    Downsample,
    HiddenConcat,
    LeakyRelu,
    MinibatchDiscrimination,
    NoDropout,
    NoMinibatch,
    NoNorm,
    Projection,
    Residual,
    Strided,
    Transposed,
    Unconditional,
    Upsample,
)
from nas_gan.spec.perceptrons import DiscriminatorHidden, GeneratorHidden

UNBROKEN = "\N{NO-BREAK SPACE}"
SHORT = {"average_pool": "pool", "pixel_shuffle": "shuffle", "conditional_batch_norm": "conditional-batch"}
NAMES = {"adam": "Adam", "rmsprop": "RMSprop", "decaying_adam": "falling Adam"}
Stage = GeneratorStage | DiscriminatorStage
Hidden = GeneratorHidden | DiscriminatorHidden


def generator_facts(generator: Generator) -> list[str]:
    """Return what holds for the whole generator."""
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
    return facts + _shared_facts(generator)


def discriminator_facts(discriminator: Discriminator) -> list[str]:
    """Return what holds for the whole discriminator."""
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
    return [fact, *_shared_facts(discriminator)]


def training_facts(architecture: Architecture) -> list[str]:
    """Say how both are trained."""
    training, optimisers = architecture.training, architecture.optimisers
    pair = (optimisers.generator, optimisers.discriminator)
    named = [f"{NAMES[optimiser.kind]} {optimiser.learning_rate:.3g}" for optimiser in pair]
    if pair[0].kind == pair[1].kind:
        named[1] = f"{pair[1].learning_rate:.3g}"
        same = pair[0].learning_rate == pair[1].learning_rate
        named = named[:1] if same else named
    steps = training.discriminator_steps
    return [
        f"{shortened(architecture.loss.kind)} loss",
        *(_regulariser_fact(regulariser) for regulariser in architecture.regularisers),
        f"batch {training.batch_size}",
        " and ".join(named),
        f"{steps} discriminator step{'s' if steps > 1 else ''}",
        f"moving average {training.moving_average:g}" if training.moving_average else "no moving average",
    ]


def _regulariser_fact(regulariser: Regulariser) -> str:
    if isinstance(regulariser, Clipping):
        return f"weights within ±{regulariser.limit:g}"
    return f"{shortened(regulariser.kind)} × {regulariser.weight:g}"


def _shared_facts(network: Generator | Discriminator) -> list[str]:
    which = {"none": [], "both": ["no first or last norm"]}
    facts = which.get(network.norm_left_out, [f"no {network.norm_left_out} norm"])
    return facts if network.bias else [*facts, "no biases"]


def minibatch_words(discriminator: Discriminator) -> str:
    """Return what the discriminator sees of the batch; empty for nothing."""
    match discriminator.minibatch:
        case NoMinibatch():
            return ""
        case MinibatchDiscrimination() as settings:
            return f"minibatch discrimination {settings.hidden}→{settings.kernels}×{settings.dims}"
        case _:
            return "minibatch deviation"


def blocks_words(connect: Connect, depth: int, width: int) -> str:
    """Say how many blocks of which kind at this width: `3×residual`, `3×dense+8…+4`."""
    count = f"{depth}×" if depth > 1 else ""
    if isinstance(connect, Residual):
        normalised = f"{UNBROKEN}(sum)" if connect.norm_at == "sum" else ""
        return f"{count}residual{normalised}"
    if not isinstance(connect, Dense):
        return f"{count}{connect.kind}"
    added = connect.added(depth, width)
    growth = [f"+{count}" for count in dict.fromkeys((*added[:1], *added[-1:]))]
    return f"{count}dense{'…'.join(growth)}"


def resampling_words(stage: Stage) -> str:
    """Say how the resolution changes: `↑transposed4`, `↓pool before`."""
    resample = resample_of(stage)
    arrow = "↑" if isinstance(stage, GeneratorStage) else "↓"
    kernel = str(resample.kernel) if isinstance(resample, Transposed | Strided) else ""
    before = " before" if resample.place == "before" else ""
    return f"{arrow}{shortened(resample.kind)}{kernel}{before}"


def resample_of(stage: Stage) -> Upsample | Downsample:
    """Return what changes the resolution in a stage."""
    return stage.upsample if isinstance(stage, GeneratorStage) else stage.downsample


def shortened(kind: str) -> str:
    """Return a kind's name as it is written here."""
    return SHORT.get(kind, kind).replace("_", "-")


def unit_words(part: Stage | Hidden, operation: str, norm: str) -> str:
    """Return the operations of a unit in their order: `conv3 batch relu`."""
    activation = part.activation
    acts = f"leaky{activation.slope:g}" if isinstance(activation, LeakyRelu) else activation.kind
    if not isinstance(part.dropout, NoDropout):
        acts += f" dropout{part.dropout.probability:g}"
    place = "before_activation" if isinstance(part.norm, NoNorm) else part.norm.at
    if part.preactivation:
        order = [norm, acts, operation] if place == "before_activation" else [acts, norm, operation]
    else:
        orders = {
            "before_activation": [operation, norm, acts],
            "after_activation": [operation, acts, norm],
            "before_convolution": [norm, operation, acts],
        }
        order = orders[place]
    return " ".join(word for word in order if word != "none")


def special_words(part: Stage | Hidden, attends: bool = False) -> list[str]:
    """Return what is special about a stage or a run of hidden layers."""
    special = [f"spectral{UNBROKEN}norm"] if part.spectral_norm else []
    special += [f"skip{UNBROKEN}{part.skip}"] if isinstance(part, Stage) and part.skip else []
    return [*special, "attention"] if attends else special


def spectral_words(network: Generator | Discriminator, before: str = "") -> str:
    """Say so where stem and head are spectrally normalised."""
    return f"{before}spectral norm" if network.spectral_norm else ""


def shape_words(maps: Maps) -> str:
    """Return a shape: `64·7×7`, or the length of a vector."""
    return str(maps.channels) if maps.resolution == 1 else f"{maps.channels}·{square(maps.resolution)}"


def square(resolution: int) -> str:
    """Return height and width."""
    return f"{resolution}×{resolution}"
