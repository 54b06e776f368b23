"""Published datasets with their own training and test split, in torchvision's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nas_gan.data.arrays import SourceArrays
from nas_gan.data.config import Announce
from nas_gan.errors import InputError

TORCHVISION_CLASSES = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "cifar10": "CIFAR10"}


def load_official(name: str, root: Path, download: bool, announce: Announce) -> SourceArrays:
    """Return a dataset of `TORCHVISION_CLASSES` from torchvision's layout under `root`, its test split held
    out.

    torchvision is imported here only. Raises InputError, with the remedy, if files are missing or broken.
    """
    from torchvision import datasets

    kind = getattr(datasets, TORCHVISION_CLASSES[name])
    train, test = _open_splits(kind, name, root, download, announce)
    class_names = [str(digit) for digit in range(10)] if name == "mnist" else train.classes
    return SourceArrays(
        _images(train), _labels(train), _images(test), _labels(test), tuple(str(each) for each in class_names)
    )


def _open_splits(kind: Any, name: str, root: Path, download: bool, announce: Announce) -> tuple[Any, Any]:
    try:
        return kind(root, train=True), kind(root, train=False)
    except Exception as error:  # torchvision raises nearly anything on a broken file
        if not download:
            raise missing_dataset(name, root, error) from error
    address = kind.mirrors[0] if hasattr(kind, "mirrors") else kind.url
    announce(f"downloading {name} from {address} to {root}")
    try:
        return kind(root, train=True, download=True), kind(root, train=False)
    except Exception as error:
        raise failed_download(name, root, address, error) from error


def missing_dataset(name: str, root: Path, error: object) -> InputError:
    """Say that `name` can't be loaded from `root`, why, and how it may be."""
    return InputError(
        f"{name}: can't be loaded from {root} ({error}): allow `download` to have it there, "
        f"or give a `data_root` folder with torchvision's files"
    )


def failed_download(name: str, root: Path, address: str, error: object) -> InputError:
    """Say that `name` couldn't be fetched from `address`, or was there before and is broken."""
    return InputError(
        f"{name}: download from {address} to {root} failed ({error}): remove what is broken and try again, "
        f"or give a `data_root` folder with torchvision's files"
    )


def _images(dataset: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    images = np.asarray(dataset.data, dtype=np.uint8)
    return images[:, np.newaxis] if images.ndim == 3 else images.transpose(0, 3, 1, 2)


def _labels(dataset: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.asarray(dataset.targets, dtype=np.int64)
