"""A space for one image: with the image set, stages repeated, and options that can't be used left out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import final

from nas_gan.errors import InputError
from nas_gan.space.joint import Joints, Taken
from nas_gan.space.labels import without_labels
from nas_gan.space.links import check_links
from nas_gan.space.nodes import IMAGE, JOINT, SHARED, Choice, Node, Scalar, Table, Value, children
from nas_gan.space.parse_file import Parsed
from nas_gan.space.spot import Spot
from nas_gan.space.stages import uses_stages, with_stages
from nas_gan.spec import Image

MOST_COMBINATIONS = 5_000


@final
@dataclass(frozen=True)
class Bound:
    """A parsed file and the image that it is used for."""

    joints: Joints
    image: Image
    file: str
    _trees: dict[tuple[Scalar, ...], Table] = field(default_factory=dict, compare=False, repr=False)

    @property
    def choices(self) -> Mapping[str, Choice]:
        """The joint choices by name."""
        return self.joints.choices

    def combinations(self) -> Iterator[Taken]:
        """Return every way to take one option of each joint choice."""
        return self.joints.combinations()

    def tree(self, taken: Taken) -> Table:
        """Return the architecture's tables and `shared`, with holes, once an option of each joint choice is taken.

        Raises InputError for a `same_as` that can't be followed, and where labels are needed and missing.
        """
        # A search asks for the same few trees at each of thousands of points.
        labels = tuple(option.label for option in taken.values())
        if labels not in self._trees:
            self._trees[labels] = self._make_tree(taken)
        return self._trees[labels]

    def _make_tree(self, taken: Taken) -> Table:
        tree: Table | None = self.joints.merged(taken)
        if tree is not None and self.image.classes < 2:
            tree = without_labels(tree)
        if tree is None:
            raise _no_labels(self.file, self.image)
        tree = with_stages(Table({IMAGE: _image_table(self.image), **tree.items}), self.image.doublings)
        check_links(tree, self.file)
        return tree


def bind(parsed: Parsed, image: Image, file: str) -> Bound:
    """Take a file for an image; raises InputError if the file is for another image or needs labels."""
    for name, value in parsed.image.items():
        given = getattr(image, name)
        if value != given:
            raise Spot(file, f"{IMAGE}.{name}").error(
                f"the file is for {value} and the data has {given}; use other data, or leave [image] out"
            )
    if image.doublings == 0 and uses_stages(parsed.root):
        found = "stages don't make points" if image.is_points else f"{image.resolution} can't be halved"
        remedy = (
            'networks of kind "perceptron"'
            if image.is_points
            else f"an even resolution, such as {max(8, image.resolution // 4 * 4)}"
        )
        raise Spot(file, f"{IMAGE}.resolution").error(f"{found}; use {remedy}")
    choices = parsed.joints
    if image.classes < 2:
        choices = {name: _unlabelled(choice, parsed.root, file, image) for name, choice in choices.items()}
    _check_combinations(choices, file)
    return Bound(Joints(parsed.root, choices), image, file)


def _check_combinations(choices: Mapping[str, Choice], file: str) -> None:
    """Refuse more combinations of joint choices than can be looked at one by one."""
    count = math.prod(len(choice.options) for choice in choices.values())
    if count > MOST_COMBINATIONS:
        sizes = " × ".join(f"{len(choice.options)} of {name}" for name, choice in choices.items())
        raise Spot(file, JOINT).error(
            f"{count:,} combinations ({sizes}) are more than {MOST_COMBINATIONS:,}; what sets one place alone "
            "is an ordinary choice there"
        )


def _unlabelled(choice: Choice, root: Table, file: str, image: Image) -> Choice:
    options = tuple(option for option in choice.options if _has_unlabelled(option.node, root))
    if not options:
        raise _no_labels(file, image)
    return Choice(options)


def _has_unlabelled(option: Node, root: Table) -> bool:
    """Say whether anything of an option is left without labels."""
    own = dict(children(option))
    return without_labels(Table({**own, SHARED: root.items[SHARED]})) is not None


def _image_table(image: Image) -> Table:
    return Table({name: Value(value) for name, value in image.model_dump().items()})


def _no_labels(file: str, image: Image) -> InputError:
    return Spot(file).error(
        f"every architecture of this space uses labels and the data has none ({IMAGE}.classes is "
        f'{image.classes}); use labelled data, or add the option "none" to both networks\' conditioning'
    )
