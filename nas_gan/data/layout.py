"""What folder names mean: which are splits, which are classes, and which are only wrapping.

Recognised, in a folder and in a zip alike, and below any number of wrapping folders that hold nothing else:
`<class>/…`; images with no folder around them (unlabelled); and `train/…` beside `test/…` (or another of
`HELD_OUT_NAMES`), each with one of the former in it. A single class folder is a wrapping one: unlabelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import final

from nas_gan.data.listing import Listing
from nas_gan.errors import InputError

TRAIN_NAME = "train"
# The first of these that is there is the held-out split; a further one is left unused: nothing may train on
# it.
HELD_OUT_NAMES = ("held_out", "test", "val", "valid", "validation")


@final
@dataclass(frozen=True)
class Split:
    """Relative names of a split's images, and the class name of each; None when unlabelled."""

    images: tuple[str, ...]
    classes: tuple[str, ...] | None


@final
@dataclass(frozen=True)
class Layout:
    """A source's splits, `held_out` None where it has only one; class names ascend, () when unlabelled."""

    train: Split
    held_out: Split | None
    class_names: tuple[str, ...]


@final
@dataclass(frozen=True)
class _Folder:
    path: str
    images: list[str] = field(default_factory=list)
    folders: dict[str, _Folder] = field(default_factory=dict)

    def all_images(self) -> Iterator[str]:
        yield from self.images
        for _, folder in sorted(self.folders.items()):
            yield from folder.all_images()


def read_layout(listing: Listing) -> Layout:
    """Work out splits and classes; raises InputError without images or where folders contradict."""
    if not listing.images:
        raise InputError(f"{listing.source}: holds no images (png, jpg, bmp, webp, gif, tif)")
    root = _build_tree(listing)
    while not root.images and len(root.folders) == 1:
        root = next(iter(root.folders.values()))
    splits = {name.lower(): folder for name, folder in root.folders.items()}
    held_out_name = next((name for name in HELD_OUT_NAMES if name in splits), None)
    if (
        root.images
        or held_out_name is None
        or not {TRAIN_NAME} <= splits.keys() <= {TRAIN_NAME, *HELD_OUT_NAMES}
    ):
        train = _read_split(root)
        return Layout(train, None, _class_names(train, root))
    train, held_out = _read_split(splits[TRAIN_NAME]), _read_split(splits[held_out_name])
    class_names = _class_names(train, root)
    unmatched = {*(held_out.classes or ())} - {*class_names}
    if unmatched or (train.classes is None) != (held_out.classes is None):
        example = min(unmatched or class_names)
        raise InputError(
            f"{root.path}: class folder '{example}' is in one split only: give all splits the same ones"
        )
    return Layout(train, held_out, class_names)


def _class_names(split: Split, folder: _Folder) -> tuple[str, ...]:
    names = tuple(sorted({*(split.classes or ())}))
    for name in names:
        if not name.isprintable():
            raise InputError(
                f"{folder.path}: the class folder {name!r} has a name that can't be shown; rename it"
            )
    return names


def _build_tree(listing: Listing) -> _Folder:
    root = _Folder(listing.source)
    for name in listing.folders:
        _descend(root, name.split("/"))
    for name in listing.images:
        _descend(root, name.split("/")[:-1]).images.append(name)
    return root


def _descend(folder: _Folder, parts: list[str]) -> _Folder:
    for part in parts:
        folder = folder.folders.setdefault(part, _Folder(f"{folder.path}/{part}"))
    return folder


def _read_split(folder: _Folder) -> Split:
    classes = {name: tuple(child.all_images()) for name, child in sorted(folder.folders.items())}
    empty = [name for name, images in classes.items() if not images]
    if folder.images:
        if len(empty) < len(classes):
            stray = folder.images[0].split("/")[-1]
            raise InputError(
                f"{folder.path}: {stray} lies beside folders of images: move it into one, or remove it"
            )
        return Split(tuple(folder.images), None)
    if empty or not classes:
        path = f"{folder.path}/{empty[0]}" if empty else folder.path
        raise InputError(f"{path}: holds no images: add some, or remove the folder")
    return Split(
        tuple(image for images in classes.values() for image in images),
        tuple(name for name, images in classes.items() for _ in images),
    )
