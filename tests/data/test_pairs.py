"""Pairs of datasets: what names one, what is on each side, and what can't be paired."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from nas_gan.data import DataConfig, load_dataset
from nas_gan.data.pairs import draw_outlines, find_pair
from nas_gan.errors import InputError


def write(path: Path, side: int = 8, channels: int = 1, classes: int = 2) -> str:
    count = 20 * classes
    values = np.random.default_rng(0).integers(0, 256, (count, side, side, channels), dtype=np.uint8)
    np.savez(path, images=values, labels=np.arange(count) % classes)
    return str(path)


def test_outlines_are_of_one_half_and_the_target_is_the_other() -> None:
    digits, pair = (load_dataset(DataConfig(source)) for source in ("mnist5k", "outlines:mnist5k"))
    assert pair.origin is not None
    for whole, target, origin in (
        (digits.train, pair.train, pair.origin.train),
        (digits.held_out, pair.held_out, pair.origin.held_out),
    ):
        assert torch.equal(target.images, whole.images[1::2])
        assert torch.equal(origin.images, draw_outlines(whole.images[::2]))
        assert target.labels is not None
        assert torch.equal(target.labels.bincount(), torch.full((10,), whole.count // 20))
    assert load_dataset(DataConfig("outlines")).fingerprint == pair.fingerprint != digits.fingerprint


def test_an_outline_is_the_brightest_less_the_darkest_around() -> None:
    image = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    image[0, 0, 2:7, 2:7] = 200
    outline = draw_outlines(image)[0, 0]
    assert outline[4, 4] == 0  # inside
    assert outline[2, 2] == outline[1, 1] == outline[6, 3] == 200
    assert outline[0, 0] == 0


def test_a_pair_is_two_sources_and_labels_stay_where_classes_are_the_same(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one.npz"), write(tmp_path / "other.npz")
    three = write(tmp_path / "three.npz", classes=3)
    pair = load_dataset(DataConfig(f"{one}:{other}"))
    assert (pair.name, pair.classes) == ("one-to-other", 2)
    assert pair.origin is not None
    assert pair.origin.train.labels is not None
    different = load_dataset(DataConfig(f"{three}:{other}")).origin
    assert different is not None
    assert different.train.labels is None
    (tmp_path / "a:b").mkdir()
    assert find_pair(str(tmp_path / "a:b")) is None  # a folder of that name
    assert find_pair("mnist5k") is None


def test_what_cannot_be_paired_is_said_in_one_line(tmp_path: Path) -> None:
    one, wide = write(tmp_path / "one.npz"), write(tmp_path / "wide.npz", side=12)
    with pytest.raises(InputError, match="one has 1 channels of 8 pixels, the other 1 of 12; give both"):
        load_dataset(DataConfig(f"{one}:{wide}"))
    assert load_dataset(DataConfig(f"{one}:{wide}", resolution=8)).resolution == 8
    with pytest.raises(InputError, match="holds points; a translation is of images"):
        load_dataset(DataConfig(f"{one}:swiss_roll"))
    for nested in (f"{one}:outlines", f"{one}:{one}:{one}", "outlines:outlines"):
        with pytest.raises(
            InputError, match="is a pair itself; give ORIGIN:TARGET, a dataset on either side"
        ):
            load_dataset(DataConfig(nested))
    with pytest.raises(InputError, match="nowhere: no such folder or file"):
        load_dataset(DataConfig(f"nowhere:{one}"))
