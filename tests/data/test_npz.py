"""`.npz` layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nas_gan.data import DataConfig, Dataset, load_dataset
from nas_gan.errors import InputError


def pixels(*shape: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def save_and_load(tmp_path: Path, *, resolution: int | None = None, **arrays: Any) -> Dataset:
    path = tmp_path / "set.npz"
    np.savez(path, **arrays)
    return load_dataset(DataConfig(str(path), resolution=resolution))


def test_three_orders_of_axes_are_one_content(tmp_path: Path) -> None:
    colour = pixels(20, 3, 16, 16)
    channels_first = save_and_load(tmp_path, images=colour)
    channels_last = save_and_load(tmp_path, images=colour.transpose(0, 2, 3, 1))
    assert channels_first.name == "set"
    assert channels_first.train.images.shape == (16, 3, 16, 16)
    assert channels_first.fingerprint == channels_last.fingerprint
    grey = pixels(20, 16, 16)
    prints = {
        save_and_load(tmp_path, images=grey).fingerprint,
        save_and_load(tmp_path, images=grey[:, None]).fingerprint,
        save_and_load(tmp_path, images=grey[..., None]).fingerprint,
    }
    assert len(prints) == 1


def test_any_integers_are_labels(tmp_path: Path) -> None:
    loaded = save_and_load(tmp_path, images=pixels(20, 8, 8), labels=np.array([-1, 7] * 10, np.int8))
    assert loaded.class_names == ("-1", "7")
    assert loaded.held_out.labels is not None
    assert loaded.held_out.labels.dtype == torch.int64
    assert sorted(loaded.held_out.labels.tolist()) == [0, 0, 1, 1]


def test_class_names_are_kept(tmp_path: Path) -> None:
    loaded = save_and_load(
        tmp_path, images=pixels(20, 8, 8), labels=np.array([0, 1] * 10), class_names=np.array(["cat", "dog"])
    )
    assert loaded.class_names == ("cat", "dog")


def test_held_out_arrays_are_kept(tmp_path: Path) -> None:
    held_out = pixels(4, 8, 8, seed=1)
    loaded = save_and_load(
        tmp_path,
        images=pixels(16, 8, 8),
        labels=np.array([3, 5] * 8),
        held_out_images=held_out,
        held_out_labels=np.array([5, 5, 3, 3]),
    )
    assert loaded.train.count == 16
    np.testing.assert_array_equal(loaded.held_out.images[:, 0].numpy(), held_out)
    assert loaded.held_out.labels is not None
    assert loaded.held_out.labels.tolist() == [1, 1, 0, 0]


def test_one_class_is_unlabelled(tmp_path: Path) -> None:
    loaded = save_and_load(tmp_path, images=pixels(20, 8, 8), labels=np.zeros(20, int))
    assert loaded.class_names == ()
    assert loaded.train.labels is None
    assert loaded.fingerprint == save_and_load(tmp_path, images=pixels(20, 8, 8)).fingerprint


def test_oblong_arrays_are_cropped_and_resized(tmp_path: Path) -> None:
    oblong = pixels(20, 10, 14)
    loaded = save_and_load(tmp_path, images=oblong)
    assert loaded.resolution == 10
    assert loaded.fingerprint == save_and_load(tmp_path, images=oblong[:, :, 2:12]).fingerprint
    held_out = {"held_out_images": pixels(4, 3, 20, 20)}
    assert save_and_load(tmp_path, resolution=16, images=pixels(16, 3, 9, 9), **held_out).resolution == 16


LABELS = np.array([0, 1] * 10)
IMAGES = pixels(20, 8, 8)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"labels": LABELS}, "no array 'images'"),
        ({"images": IMAGES, "label": LABELS}, "unexpected array 'label'"),
        ({"images": IMAGES.astype(np.float32)}, "images is float32: store grey values 0 to 255 as uint8"),
        ({"images": np.array([object()])}, "can't be read as .npz .*pickle"),
        ({"images": IMAGES[0]}, r"images has shape \(8, 8\)"),
        ({"images": pixels(20, 2, 8, 8)}, r"images has shape \(20, 2, 8, 8\)"),
        ({"images": pixels(20, 3, 8, 0)}, r"images has shape \(20, 3, 8, 0\)"),
        ({"images": pixels(20, 4, 4)}, "4 pixels is out of range, choose a resolution of 8 to 512"),
        ({"images": pixels(16, 600, 8)[:, :8]}, None),
        ({"images": pixels(16, 513, 513)}, "513 pixels is out of range"),
        ({"images": IMAGES[:0]}, "0 training images are too few"),
        ({"images": IMAGES[:15]}, "15 training images are too few"),
        ({"images": IMAGES, "labels": LABELS[:19]}, "19 entries for 20 images"),
        ({"images": IMAGES, "labels": LABELS.astype(float)}, "labels must be one integer an image"),
        ({"images": IMAGES, "labels": np.eye(20, dtype=int)}, "labels must be one integer an image"),
        ({"images": IMAGES, "labels": np.arange(20)}, "class '0' has too few training images"),
        ({"images": IMAGES, "class_names": np.array(["a"])}, "class_names without labels"),
        ({"images": IMAGES, "labels": LABELS, "class_names": np.array([1, 2])}, "array of strings"),
        (
            {"images": IMAGES, "labels": LABELS, "class_names": np.array(["a"])},
            "from 0 to 1 for 1 class_names",
        ),
        ({"images": IMAGES, "labels": LABELS, "class_names": np.array(list("abc"))}, "class 'c' has too few"),
        ({"images": IMAGES, "held_out_labels": LABELS}, "held_out_labels without held_out_images"),
        ({"images": IMAGES, "labels": LABELS, "held_out_images": IMAGES}, "both, or neither"),
        ({"images": IMAGES, "held_out_images": IMAGES[:1]}, "1 held-out images are too few"),
        (
            {"images": IMAGES, "held_out_images": pixels(20, 9, 9)},
            "held-out images 9: give a resolution of 8",
        ),
        ({"images": IMAGES, "held_out_images": pixels(20, 3, 8, 8)}, "1 channels, held-out images 3"),
        (
            {"images": IMAGES, "labels": LABELS, "held_out_images": IMAGES, "held_out_labels": LABELS + 1},
            "held_out_labels has class 2, which labels doesn't have",
        ),
    ],
)
def test_wrong_arrays(tmp_path: Path, arrays: dict[str, Any], message: str | None) -> None:
    if message is None:
        assert save_and_load(tmp_path, **arrays).resolution == 8
        return
    with pytest.raises(InputError, match=message) as caught:
        save_and_load(tmp_path, **arrays)
    assert "set.npz" in str(caught.value)


def test_not_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    path.write_text("text")
    with pytest.raises(InputError, match=r"set\.npz: isn't an \.npz archive"):
        load_dataset(DataConfig(str(path)))
    np.savez(path, images=IMAGES)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"set\.npz: isn't an \.npz archive, or is cut short"):
        load_dataset(DataConfig(str(path)))


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "set.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images", b"not an array")
    with pytest.raises(InputError, match="images is no array"):
        load_dataset(DataConfig(str(path)))


@pytest.mark.parametrize("names", [["a", "a"], ["", "b"], ["a\n", "b"], ["a\ud800", "b"]])
def test_class_names_can_be_told_apart_and_shown(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(InputError, match="is empty, given twice or not printable"):
        save_and_load(
            tmp_path, images=pixels(4, 8, 8), labels=np.array([0, 1, 0, 1]), class_names=np.array(names)
        )
