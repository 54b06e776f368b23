"""Facts of the embedded default."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nas_gan.data import DataConfig, embedded, load_dataset
from nas_gan.data.embedded import DIGITS_FILE
from nas_gan.errors import InputError


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


def test_pixels_and_labels_stay_what_they_are() -> None:
    """Bit by bit and in this order: seeds, splits and every published figure depend on them."""
    fingerprint = "3e88c5a55da1a927a242e7fb0fca127e76555839270530144a6a1f1186d98f22"
    assert load_dataset(DataConfig()).fingerprint == fingerprint


def test_source_and_licence_lie_beside_the_digits() -> None:
    words = (DIGITS_FILE.parent / "README.md").read_text()
    assert "LeCun" in words
    assert "Attribution-ShareAlike 3.0" in words


def test_a_damaged_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torn = tmp_path / "torn.npz"
    monkeypatch.setattr(embedded, "DIGITS_FILE", torn)
    for content in (None, b"", DIGITS_FILE.read_bytes()[:500_000]):
        if content is not None:
            torn.write_bytes(content)
        with pytest.raises(InputError, match=r"torn\.npz: missing or damaged: install the package"):
            load_dataset(DataConfig())


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


def test_nothing_is_cached(own_cache: Path) -> None:
    load_dataset(DataConfig())
    assert not own_cache.exists()
