"""Small real images on disk, and a cache that isn't the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

WriteImages = Callable[..., None]


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAS_GAN_CACHE", str(folder))
        yield folder


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test alone, empty at first."""
    folder = tmp_path / "own_cache"
    monkeypatch.setenv("NAS_GAN_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def write_images() -> WriteImages:
    """Write `count` images of random pixels, each of `size` (width, height), as 0000.png and so on."""

    def write(
        folder: Path,
        count: int = 10,
        size: tuple[int, int] = (12, 12),
        mode: str = "RGB",
        suffix: str = ".png",
        seed: int = 0,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        for index in range(count):
            Image.fromarray(random_pixels(rng, size, mode)).save(folder / f"{index:04}{suffix}")

    return write


def random_pixels(rng: np.random.Generator, size: tuple[int, int], mode: str) -> NDArray[np.uint8]:
    width, height = size
    shape = (height, width) if mode == "L" else (height, width, 3)
    return rng.integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def two_classes(tmp_path: Path, write_images: WriteImages) -> Path:
    """A folder of two classes, `cat` and `dog`, 10 colour images of 12×12 pixels each."""
    folder = tmp_path / "pets"
    write_images(folder / "cat", seed=1)
    write_images(folder / "dog", seed=2)
    return folder
