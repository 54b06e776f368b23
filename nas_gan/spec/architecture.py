"""The whole recipe of a GAN: image, both networks, loss, optimisers and training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from nas_gan.errors import InputError
from nas_gan.spec.game import (
    AnyLossField,
    CycleLoss,
    DecayingAdam,
    FisherLoss,
    Game,
    NonSaturatingLoss,
    Optimisers,
    Regularisers,
    Training,
    TranslationGame,
)
from nas_gan.spec.layers import Maps
from nas_gan.spec.networks import ConvolutionalDiscriminator, ConvolutionalGenerator
from nas_gan.spec.parts import (
    BY_KIND,
    AuxiliaryClassifier,
    Frozen,
    HiddenConcat,
    SelfAttention,
    Unconditional,
)
from nas_gan.spec.perceptrons import PerceptronDiscriminator, PerceptronGenerator
from nas_gan.spec.plan_translation import translation_problems
from nas_gan.spec.translation import PatchDiscriminator, Translator

SMALLEST_BASE = 4
NETWORKS = ("generator", "discriminator")
MOST_NAMED = 6  # of the places of further problems


class Image(Frozen):
    """What is generated: `channels` × `resolution` × `resolution`, of `classes` classes (0: no labels).

    A resolution of 1 stands for points of R^channels, whose values have no bounds.
    """

    channels: Annotated[int, Field(ge=1, le=4)]
    """Values of a pixel: 1 for grey, 3 for colour."""
    resolution: Annotated[int, Field(ge=1, le=512)]
    """Pixels of a side; 1 stands for points."""
    classes: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Number of classes; 0 for data without labels."""

    @property
    def is_points(self) -> bool:
        """Whether these are points rather than pictures."""
        return self.resolution == 1

    @property
    def doublings(self) -> int:
        """How often the resolution can be halved without falling below 4: 2 for 28, 3 for 32, 4 for 64."""
        count, resolution = 0, self.resolution
        while resolution % 2 == 0 and resolution // 2 >= SMALLEST_BASE:
            count, resolution = count + 1, resolution // 2
        return count

    @property
    def halvings(self) -> int:
        """How often the resolution can be halved, rounding up, until one position is left: 5 for 28 and 32."""
        return (self.resolution - 1).bit_length()

    @property
    def base_resolution(self) -> int:
        """The resolution at which a generator starts: 7 for 28, 4 for 32 and 64."""
        return self.resolution >> self.doublings


Generator = ConvolutionalGenerator | PerceptronGenerator
Discriminator = ConvolutionalDiscriminator | PerceptronDiscriminator
GeneratorField = Annotated[Generator | Translator, BY_KIND]
DiscriminatorField = Annotated[Discriminator | PatchDiscriminator, BY_KIND]


class Architecture(Frozen):
    """A GAN, complete: any program that reads this can build and train it.

    Its networks' kinds say what its task is: a generator from latents generates, a translator translates.
    """

    format: Literal[1] = 1
    """Version of these fields."""
    image: Image
    """What is generated; in a space left out, since the data says it."""
    generator: GeneratorField
    """The network that makes images."""
    discriminator: DiscriminatorField
    """The network that judges them."""
    loss: AnyLossField = NonSaturatingLoss()
    """What scores are made into."""
    regularisers: Regularisers = ()
    """What else holds the discriminator back."""
    optimisers: Optimisers = Optimisers()
    """What moves the weights."""
    training: Training = Training()
    """How the networks are updated."""

    @property
    def conditional(self) -> bool:
        """Whether the networks use labels."""
        return not isinstance(self.generator.conditioning, Unconditional)

    @property
    def translates(self) -> bool:
        """Whether its generators take images, and not latents."""
        return isinstance(self.generator, Translator)

    @property
    def latent_generator(self) -> Generator:
        """The generator of an architecture that generates; raises TypeError of one that translates."""
        if isinstance(self.generator, Translator):
            raise TypeError("a translator has no latent")
        return self.generator

    @property
    def single_discriminator(self) -> Discriminator:
        """The discriminator of an architecture that generates; raises TypeError of one that translates."""
        if isinstance(self.discriminator, PatchDiscriminator):
            raise TypeError("a translation has two discriminators")
        return self.discriminator

    @property
    def game(self) -> Game | TranslationGame:
        """What the networks play, for training, which needn't know what they are made of."""
        if isinstance(self.loss, CycleLoss):
            return TranslationGame(loss=self.loss, optimisers=self.optimisers, training=self.training)
        generator, judging = self.latent_generator, self.discriminator.conditioning
        return Game(
            loss=self.loss,
            regularisers=self.regularisers,
            optimisers=self.optimisers,
            training=self.training,
            latent_dim=generator.latent_dim,
            latent_distribution=generator.latent_distribution,
            classes=self.image.classes,
            conditional=self.conditional,
            auxiliary_weight=judging.weight if isinstance(judging, AuxiliaryClassifier) else 0.0,
        )

    @model_validator(mode="after")
    def _check_together(self) -> Architecture:
        for problem in _problems(self):
            raise ValueError(problem)
        return self

    @staticmethod
    def from_tree(tree: Mapping[str, Any], where: str) -> Architecture:
        """Read an architecture from nested tables, as TOML or JSON gives them.

        `where` names the source in errors. Raises InputError with the path, the value and the remedy.
        """
        tree = with_kinds(tree)
        try:
            return Architecture.model_validate_json(json.dumps(tree))
        except ValidationError as error:
            raise InputError(f"{where}: {describe_problems(error, tree)}") from None
        except TypeError as error:
            raise InputError(f"{where}: not plain data: {error}; use numbers, strings and tables") from None


def with_kinds(tree: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the tree with the kinds that may be left out: networks are convolutional, and optimisers Adam.

    Not a validator's work: pydantic would also run it when it writes, and lose a Ctrl-C that falls into it.
    """
    networks = _each_with(tree, "convolutional")
    optimisers = tree.get("optimisers")
    if not isinstance(optimisers, Mapping):
        return networks
    return {**networks, "optimisers": _each_with(optimisers, "adam")}


def _each_with(tables: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return the tables with this kind in those of both networks that have none."""
    return {
        name: {"kind": kind, **table} if name in NETWORKS and isinstance(table, Mapping) else table
        for name, table in tables.items()
    }


def _problems(architecture: Architecture) -> list[str]:
    image = architecture.image
    generator, discriminator = architecture.generator, architecture.discriminator
    if (
        isinstance(generator, Translator)
        or isinstance(discriminator, PatchDiscriminator)
        or isinstance(architecture.loss, CycleLoss)
    ):
        return _translation_problems(architecture)
    found = []
    if architecture.training.batch_size == 1:
        found.append("training.batch_size 1: a discriminator normalises by its batch; give 2 or more")
    optimisers = architecture.optimisers
    if any(isinstance(one, DecayingAdam) for one in (optimisers.generator, optimisers.discriminator)):
        found.append('optimisers: "decaying_adam" is for translations; use "adam"')
    if isinstance(generator, ConvolutionalGenerator):
        found += _generator_problems(generator, image)
    if isinstance(discriminator, ConvolutionalDiscriminator):
        found += _discriminator_problems(discriminator, image)
    kinds = [regulariser.kind for regulariser in architecture.regularisers]
    if len(set(kinds)) < len(kinds):
        found.append(f"regularisers: {', '.join(kinds)}; give each kind once")
    if architecture.training.halves == "apart" and isinstance(architecture.loss, FisherLoss):
        found.append('training.halves "apart": loss fisher has no halves; use "joint", or another loss')
    unconditional = [isinstance(part.conditioning, Unconditional) for part in (generator, discriminator)]
    if unconditional[0] != unconditional[1]:
        found.append(
            f"generator.conditioning is {generator.conditioning.kind!r} and discriminator.conditioning is "
            f"{discriminator.conditioning.kind!r}; condition both networks, or neither"
        )
    elif not unconditional[0] and image.classes < 2:
        found.append(
            f"conditioning needs labels and image.classes is {image.classes}; use labelled data, "
            'or conditioning "none" in both networks'
        )
    return found


def _translation_problems(architecture: Architecture) -> list[str]:
    generator, discriminator = architecture.generator, architecture.discriminator
    if not (
        isinstance(generator, Translator)
        and isinstance(discriminator, PatchDiscriminator)
        and isinstance(architecture.loss, CycleLoss)
    ):
        kinds = f"{generator.kind!r}, {discriminator.kind!r} and {architecture.loss.kind!r}"
        return [
            f'generator, discriminator and loss are {kinds}; a translation has "translator", "patch" and "cycle", '
            "and nothing else has one of them"
        ]
    training, usual = architecture.training, Training()
    changed = {
        "regularisers": bool(architecture.regularisers),
        "optimisers.score_weight_decay": architecture.optimisers.score_weight_decay is not None,
        **{
            f"training.{name}": getattr(training, name) != getattr(usual, name)
            for name in ("discriminator_steps", "generated_batch", "halves")
        },
    }
    found = [
        f"{name}: a translation knows no other than the default; leave it out"
        for name in changed
        if changed[name]
    ]
    image = architecture.image
    return found + list(
        translation_problems(generator, discriminator, Maps(image.channels, image.resolution))
    )


def _generator_problems(generator: ConvolutionalGenerator, image: Image) -> list[str]:
    if image.is_points:
        return ['generator.kind "convolutional" can\'t make points; use "perceptron"']
    if image.doublings == 0:
        return [
            f"image.resolution {image.resolution} can't be halved down to {SMALLEST_BASE} or more; "
            f"use an even resolution such as {max(8, (image.resolution + 3) // 4 * 4)}"
        ]
    found = []
    count, wanted = len(generator.stages), image.doublings - generator.head_upsample
    if count != wanted:
        beside = " beside the head that doubles too" if generator.head_upsample else ""
        found.append(
            f"generator.stages: {count} given; images of {image.resolution} need {wanted}, "
            f"one a doubling{beside}"
        )
    return found + _stage_problems("generator", generator)


def _discriminator_problems(discriminator: ConvolutionalDiscriminator, image: Image) -> list[str]:
    if image.is_points:
        return ['discriminator.kind "convolutional" can\'t judge points; use "perceptron"']
    found = []
    count, most = len(discriminator.stages), image.halvings - discriminator.stem_downsample
    if count > most:
        found.append(
            f"discriminator.stages: {count} given; images of {image.resolution} can be halved {most} times"
        )
    if discriminator.stem_downsample and not discriminator.stem_width:
        found.append("discriminator.stem_downsample needs a stem; give stem_width 1 or more")
    reached = [image.resolution // 2 if discriminator.stem_downsample else image.resolution]
    for index, stage in enumerate(discriminator.stages):
        reached.append((reached[-1] + 1) // 2)
        if 0 < stage.skip <= index + 1 and reached[index + 1 - stage.skip] % 2**stage.skip:
            found.append(
                f"discriminator.stages.{index}.skip {stage.skip}: {reached[index + 1 - stage.skip]} can't be "
                f"halved {stage.skip} times without rounding; use a smaller skip, or 0"
            )
    return found + _stage_problems("discriminator", discriminator)


def _stage_problems(name: str, network: ConvolutionalGenerator | ConvolutionalDiscriminator) -> list[str]:
    found = []
    last = len(network.stages) - 1
    for field, part in (("conditioning", network.conditioning), ("attention", network.attention)):
        if isinstance(part, HiddenConcat | SelfAttention) and part.stage > last:
            found.append(f"{name}.{field}.stage {part.stage}: stages are numbered 0 to {last}")
    for index, stage in enumerate(network.stages):
        if stage.skip > index + 1:
            found.append(f"{name}.stages.{index}.skip {stage.skip}: at most {index + 1} in this stage")
    return found


def describe_problems(error: ValidationError, tree: Mapping[str, Any]) -> str:
    """Return one line for what pydantic found: path, value and remedy of the first problem, and where the others are.

    A field that isn't known comes first: what is missing is often that, misspelt.
    """
    problems = sorted(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
    first = problems[0]
    path = ".".join(_real_path(first["loc"], tree))
    message = first["msg"].removeprefix("Value error, ")
    value = first["input"]
    shown = "" if isinstance(value, dict | list) or value is None else f" (got {value!r})"
    others = dict.fromkeys(".".join(_real_path(one["loc"], tree)) for one in problems[1:])
    named = ", ".join([path for path in others if path][:MOST_NAMED])
    more = f" (and {len(problems) - 1} more{f': {named}' if named else ''})" if len(problems) > 1 else ""
    if first["type"] == "missing":
        message = "is missing; add it"
    elif first["type"] == "extra_forbidden":
        message = "is not a known field; remove it or mend its name"
    elif first["type"] == "union_tag_invalid":
        message = f"unknown kind {first['ctx']['tag']!r}; use one of {first['ctx']['expected_tags']}"
        shown = ""
    elif first["type"] == "union_tag_not_found":
        message = 'needs a name, or a table with a "kind"'
    return f"{path + ': ' if path else ''}{message}{shown}{more}"


def _real_path(location: tuple[int | str, ...], tree: Any) -> list[str]:
    """Return the location without the names of union members, which pydantic mixes in."""
    path: list[str] = []
    for position, step in enumerate(location):
        inside = isinstance(tree, Mapping) and step in tree
        if inside or (isinstance(tree, list) and isinstance(step, int) and step < len(tree)):
            tree = tree[step]
            path.append(str(step))
        elif position == len(location) - 1 and isinstance(tree, Mapping) and tree.get("kind") != step:
            path.append(str(step))
    return path
