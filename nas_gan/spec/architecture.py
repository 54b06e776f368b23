"""The whole recipe of a GAN: image, both networks, loss, optimisers and training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from nas_gan.errors import InputError
from nas_gan.spec.networks import Discriminator, Generator
from nas_gan.spec.parts import BY_KIND, BY_NAME, Frozen, HiddenConcat, Unconditional

SMALLEST_BASE = 4


class Image(Frozen):
    """What is generated: `channels` × `resolution` × `resolution`, of `classes` classes (0: no labels)."""

    channels: Annotated[int, Field(ge=1, le=4)]
    resolution: Annotated[int, Field(ge=8, le=512)]
    classes: Annotated[int, Field(ge=0, le=10_000)] = 0

    @property
    def doublings(self) -> int:
        """How often the resolution can be halved without falling below 4: 2 for 28, 3 for 32, 4 for 64."""
        count, resolution = 0, self.resolution
        while resolution % 2 == 0 and resolution // 2 >= SMALLEST_BASE:
            count, resolution = count + 1, resolution // 2
        return count

    @property
    def base_resolution(self) -> int:
        """The resolution at which a generator starts: 7 for 28, 4 for 32 and 64."""
        return self.resolution >> self.doublings


class NonSaturatingLoss(Frozen):
    """The generator maximises log D (Goodfellow et al. 2014)."""

    kind: Literal["non_saturating"] = "non_saturating"


class HingeLoss(Frozen):
    """Margins of 1 on the score (Lim & Ye 2017)."""

    kind: Literal["hinge"] = "hinge"


LossField = Annotated[Annotated[NonSaturatingLoss | HingeLoss, BY_KIND], BY_NAME]


class Adam(Frozen):
    """Adam (Kingma & Ba 2014); `weight_decay` is the L2 term added to the gradient."""

    learning_rate: float = Field(default=2e-4, gt=0.0, le=1.0)
    beta1: float = Field(default=0.5, ge=0.0, lt=1.0)
    beta2: float = Field(default=0.999, ge=0.0, lt=1.0)
    weight_decay: float = Field(default=0.0, ge=0.0, le=1.0)


class Optimisers(Frozen):
    """One optimiser a network."""

    generator: Adam = Adam()
    discriminator: Adam = Adam()


class Training(Frozen):
    """How the two networks are updated.

    `discriminator_steps`: discriminator updates a generator update. `moving_average`: decay of the scored
    generator's exponential moving average, an update; 0 for none. `initial_deviation`: standard deviation
    of the initial weights of convolutions and linear layers.
    """

    batch_size: Annotated[int, Field(ge=2, le=8192)] = 64
    discriminator_steps: Annotated[int, Field(ge=1, le=20)] = 1
    moving_average: float = Field(default=0.999, ge=0.0, lt=1.0)
    initial_deviation: float = Field(default=0.02, gt=0.0, le=1.0)


class Architecture(Frozen):
    """A GAN, complete: any program that reads this can build and train it."""

    format: Literal[1] = 1
    image: Image
    generator: Generator
    discriminator: Discriminator
    loss: LossField = NonSaturatingLoss()
    optimisers: Optimisers = Optimisers()
    training: Training = Training()

    @property
    def conditional(self) -> bool:
        """Whether the networks use labels."""
        return not isinstance(self.generator.conditioning, Unconditional)

    @model_validator(mode="after")
    def _check_together(self) -> Architecture:
        for problem in _problems(self):
            raise ValueError(problem)
        return self

    @staticmethod
    def from_tree(tree: Mapping[str, Any], where: str) -> Architecture:
        """Reads an architecture from nested tables, as TOML or JSON gives them.

        `where` names the source in errors. Raises InputError with the path, the value and the remedy.
        """
        try:
            return Architecture.model_validate_json(json.dumps(tree))
        except ValidationError as error:
            raise InputError(f"{where}: {describe_problems(error, tree)}") from None
        except TypeError as error:
            raise InputError(f"{where}: not plain data: {error}; use numbers, strings and tables") from None


def _problems(architecture: Architecture) -> list[str]:
    image = architecture.image
    generator, discriminator = architecture.generator, architecture.discriminator
    found = []
    if image.doublings == 0:
        found.append(
            f"image.resolution {image.resolution} can't be halved down to {SMALLEST_BASE} or more; "
            f"use an even resolution such as {max(8, (image.resolution + 3) // 4 * 4)}"
        )
    found += _stage_problems("generator", generator, image) + _stage_problems(
        "discriminator", discriminator, image
    )
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


def _stage_problems(name: str, network: Generator | Discriminator, image: Image) -> list[str]:
    found = []
    count, conditioning = len(network.stages), network.conditioning
    if count != image.doublings:
        found.append(
            f"{name}.stages: {count} given; images of {image.resolution} need {image.doublings}, "
            "one a doubling"
        )
    if isinstance(conditioning, HiddenConcat) and conditioning.stage >= count:
        found.append(f"{name}.conditioning.stage {conditioning.stage}: stages are numbered 0 to {count - 1}")
    for index, stage in enumerate(network.stages):
        if stage.skip > index + 1:
            found.append(f"{name}.stages.{index}.skip {stage.skip}: at most {index + 1} in this stage")
    return found


def describe_problems(error: ValidationError, tree: Mapping[str, Any]) -> str:
    """One line for what pydantic found: path, value and remedy of the first problem, and how many more."""
    problems = error.errors(include_url=False)
    first = problems[0]
    path = ".".join(_real_path(first["loc"], tree))
    message = first["msg"].removeprefix("Value error, ")
    value = first["input"]
    shown = "" if isinstance(value, dict | list) or value is None else f" (got {value!r})"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
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
    """The location without the names of union members, which pydantic mixes in."""
    path: list[str] = []
    for position, step in enumerate(location):
        inside = isinstance(tree, Mapping) and step in tree
        if inside or (isinstance(tree, list) and isinstance(step, int) and step < len(tree)):
            tree = tree[step]
            path.append(str(step))
        elif position == len(location) - 1 and isinstance(tree, Mapping) and tree.get("kind") != step:
            path.append(str(step))
    return path
