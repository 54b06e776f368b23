"""Folders and zips: layouts, grey and colour, sizes, the cache."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nas_gan.data import DataConfig, Dataset, listing, load_dataset
from nas_gan.data.image_files import load_folder
from nas_gan.errors import InputError

WriteImages = Callable[..., None]


def load(source: Path, resolution: int | None = None) -> Dataset:
    return load_dataset(DataConfig(str(source), resolution=resolution))


def zip_folder(folder: Path, path: Path, prefix: str = "", *, reverse: bool = False) -> Path:
    files = sorted((file for file in folder.rglob("*") if file.is_file()), reverse=reverse)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, prefix + file.relative_to(folder).as_posix())
    return path


def test_class_a_folder(two_classes: Path) -> None:
    pets = load(two_classes)
    assert (pets.name, pets.source) == ("pets", str(two_classes))
    assert pets.class_names == ("cat", "dog")
    assert pets.train.images.shape == (16, 3, 12, 12)
    assert pets.held_out.images.shape == (4, 3, 12, 12)
    for images, per_class in ((pets.train, 8), (pets.held_out, 2)):
        assert images.labels is not None
        assert torch.bincount(images.labels).tolist() == [per_class] * 2


def test_pixels_and_labels_belong_together(two_classes: Path) -> None:
    pets = load(two_classes)
    expected = {
        np.asarray(Image.open(file)).transpose(2, 0, 1).tobytes(): label
        for label, name in enumerate(pets.class_names)
        for file in (two_classes / name).iterdir()
    }
    seen = 0
    for images in (pets.train, pets.held_out):
        assert images.labels is not None
        for pixels, label in zip(images.images, images.labels, strict=True):
            assert expected[pixels.numpy().tobytes()] == label
            seen += 1
    assert seen == len(expected) == 20


def test_unlabelled_folder_of_grey_images_at_48(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "digits", 20, (48, 48), "L")
    digits = load(tmp_path / "digits")
    assert digits.class_names == ()
    assert digits.classes == 0
    assert digits.train.labels is None
    assert digits.held_out.labels is None
    assert digits.train.images.shape == (16, 1, 48, 48)


def test_one_colour_image_makes_all_of_them_rgb(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "mixed" / "a_grey", 10, mode="L")
    write_images(tmp_path / "mixed" / "b_colour", 10, mode="RGB")
    mixed = load(tmp_path / "mixed")
    assert mixed.channels == 3
    assert mixed.train.labels is not None
    grey = mixed.train.images[mixed.train.labels == 0]
    assert torch.equal(grey, grey[:, :1].expand_as(grey))
    originals = {np.asarray(Image.open(file)).tobytes() for file in (tmp_path / "mixed" / "a_grey").iterdir()}
    assert {pixels[0].numpy().tobytes() for pixels in grey} <= originals


def test_a_single_class_is_unlabelled(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "faces" / "all", 20)
    assert load(tmp_path / "faces").class_names == ()


@pytest.mark.parametrize("held_out", ["test", "val", "held_out", "Test"])
def test_splits_on_disk_are_kept(tmp_path: Path, write_images: WriteImages, held_out: str) -> None:
    for seed, (split, count) in enumerate((("train", 9), (held_out, 3))):
        write_images(tmp_path / "set" / split / "cat", count, seed=10 * seed)
        write_images(tmp_path / "set" / split / "dog", count, seed=10 * seed + 1)
    loaded = load(tmp_path / "set")
    assert loaded.class_names == ("cat", "dog")
    assert (loaded.train.count, loaded.held_out.count) == (18, 6)
    assert loaded.held_out.labels is not None
    assert loaded.held_out.labels.tolist() == [0] * 3 + [1] * 3
    first = np.asarray(Image.open(tmp_path / "set" / held_out / "cat" / "0000.png")).transpose(2, 0, 1)
    np.testing.assert_array_equal(loaded.held_out.images[0].numpy(), first)


def test_unlabelled_splits_on_disk(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "set" / "train", 16)
    write_images(tmp_path / "set" / "val", 5, seed=1)
    loaded = load(tmp_path / "set")
    assert (loaded.train.count, loaded.held_out.count, loaded.classes) == (16, 5, 0)


def test_of_two_held_out_splits_one_is_used(tmp_path: Path, write_images: WriteImages) -> None:
    for seed, (split, count) in enumerate((("train", 16), ("val", 5), ("test", 4))):
        write_images(tmp_path / "set" / split, count, seed=seed)
    loaded = load(tmp_path / "set")
    assert (loaded.train.count, loaded.held_out.count) == (16, 4)


def test_a_class_may_be_called_train(tmp_path: Path, write_images: WriteImages) -> None:
    for seed, name in enumerate(("plane", "test", "train")):
        write_images(tmp_path / "vehicles" / name, 6, seed=seed)
    assert load(tmp_path / "vehicles").class_names == ("plane", "test", "train")


def test_images_deeper_in_a_class_folder_belong_to_it(two_classes: Path, write_images: WriteImages) -> None:
    write_images(two_classes / "cat" / "more", 5, seed=3)
    pets = load(two_classes)
    assert pets.class_names == ("cat", "dog")
    assert pets.train.count + pets.held_out.count == 25


@pytest.mark.parametrize("prefix", ["", "pets/", "a/b/"])
@pytest.mark.parametrize("reverse", [False, True])
def test_zip_equals_folder(two_classes: Path, tmp_path: Path, prefix: str, reverse: bool) -> None:
    path = zip_folder(two_classes, tmp_path / "pets.zip", prefix, reverse=reverse)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"__MACOSX/{prefix}cat/._0000.png", b"resource fork")
        archive.writestr(f"{prefix}cat/.DS_Store", b"?")
        archive.writestr(f"{prefix}cat/Thumbs.db", b"?")
        archive.writestr(f"{prefix}cat/notes.txt", b"?")
    zipped = load(path)
    assert zipped.name == "pets"
    assert zipped.fingerprint == load(two_classes).fingerprint


def test_zip_of_splits_equals_folder(tmp_path: Path, write_images: WriteImages) -> None:
    for seed, split in enumerate(("train", "test")):
        write_images(tmp_path / "set" / split / "a", seed=seed)
        write_images(tmp_path / "set" / split / "b", seed=5 + seed)
    zipped = load(zip_folder(tmp_path / "set", tmp_path / "set.zip", "wrapped/"))
    assert zipped.held_out.count == 20
    assert zipped.fingerprint == load(tmp_path / "set").fingerprint


def test_zip_from_windows_equals_folder(two_classes: Path, tmp_path: Path) -> None:
    path = tmp_path / "windows.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in two_classes.rglob("*.png"):
            member = zipfile.ZipInfo("x")
            member.filename = str(file.relative_to(two_classes)).replace("/", "\\")
            archive.writestr(member, file.read_bytes())
    assert load(path).fingerprint == load(two_classes).fingerprint


def test_one_changed_pixel_changes_the_fingerprint(two_classes: Path) -> None:
    before = load(two_classes)
    file = two_classes / "cat" / "0003.png"
    pixels = np.array(Image.open(file))
    pixels[5, 5, 0] ^= 1
    Image.fromarray(pixels).save(file)
    os.utime(file, ns=(1, 1))  # a new time of change, whatever the clock's resolution
    after = load(two_classes)
    assert after.fingerprint != before.fingerprint
    assert after.train.images.shape == before.train.images.shape


def test_decoded_images_are_cached(
    two_classes: Path, tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zip_folder(two_classes, tmp_path / "pets.zip")
    for source in (two_classes, path):
        said: list[str] = []
        first = load_dataset(DataConfig(str(source)), said.append)
        assert said == [f"decoding 20 images of {source}"]
        again = load_dataset(DataConfig(str(source)), said.append)
        assert len(said) == 1
        assert again.fingerprint == first.fingerprint
        assert again.class_names == first.class_names
        load_dataset(DataConfig(str(source), resolution=8), said.append)
        assert len(said) == 2
    assert len(list((own_cache / "decoded").iterdir())) == 4


@pytest.mark.parametrize("damage", [b"", b"not a zip", b"PK\x03\x04 half an archive"])
def test_broken_cache_file_is_rebuilt(two_classes: Path, own_cache: Path, damage: bytes) -> None:
    whole = load(two_classes)
    (cached,) = (own_cache / "decoded").iterdir()
    size = cached.stat().st_size
    cached.write_bytes(damage)
    assert load(two_classes).fingerprint == whole.fingerprint
    assert cached.stat().st_size == size


def test_torn_cache_file_is_rebuilt(two_classes: Path, own_cache: Path) -> None:
    whole = load(two_classes)
    (cached,) = (own_cache / "decoded").iterdir()
    content = bytearray(cached.read_bytes())
    content[len(content) // 2] ^= 1  # one bit of one pixel
    cached.write_bytes(content)
    assert load(two_classes).fingerprint == whole.fingerprint


def test_without_a_cache_the_result_is_the_same(
    two_classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = load(two_classes)
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("NAS_GAN_CACHE", str(tmp_path / "taken"))
    assert load(two_classes).fingerprint == cached.fingerprint


def test_sizes_may_differ_with_a_resolution(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "set" / "a", 10, (20, 30))
    write_images(tmp_path / "set" / "b", 10, (41, 17))
    assert load(tmp_path / "set", 16).train.images.shape == (16, 3, 16, 16)
    with pytest.raises(InputError, match=r"b/0000.png: .* 17 pixels wide.* 20: give a resolution of 17"):
        load(tmp_path / "set")


def test_oblong_images_are_cropped(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "set", 20, (20, 12))
    assert load(tmp_path / "set").resolution == 12


def test_many_large_files_keep_their_order(tmp_path: Path) -> None:
    """Files of this size are decoded by several threads."""
    folder = tmp_path / "large"
    folder.mkdir()
    for index in range(150):
        noise = np.random.default_rng(index).integers(0, 256, (48, 48, 3), dtype=np.uint8)
        noise[0, 0] = index
        Image.fromarray(noise).save(folder / f"{index:03}.png")
    large = load(folder)
    marks = sorted(large.train.images[:, 0, 0, 0].tolist() + large.held_out.images[:, 0, 0, 0].tolist())
    assert marks == list(range(150))
    assert large.train.images[:, 0, 0, 0].tolist() == sorted(large.train.images[:, 0, 0, 0].tolist())


def test_links_are_followed_once(two_classes: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "cat").symlink_to(two_classes / "cat")
    (linked / "dog").symlink_to(two_classes / "dog")
    (two_classes / "dog" / "back").symlink_to(two_classes)
    assert load(linked).train.count >= 16
    (two_classes / "dog" / "back").unlink()
    (two_classes / "dog" / "self").symlink_to(two_classes / "dog")
    assert load(linked).train.count == 16


@pytest.mark.parametrize(
    ("folder", "name"), [("my set (2)", "my-set-2"), ("v1.2", "v1.2"), ("...", "images"), ("été", "t")]
)
def test_name_is_safe_in_a_file_name(
    tmp_path: Path, write_images: WriteImages, folder: str, name: str
) -> None:
    write_images(tmp_path / "x" / folder, 20)
    assert load(tmp_path / "x" / folder).name == name


def test_current_folder_has_a_name(two_classes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two_classes)
    assert load_dataset(DataConfig(".")).name == "pets"


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    for name in ("b.heic", "c.heic", "d.svg", ".hidden.txt"):
        (tmp_path / name).write_bytes(b"")
    os.mkfifo(tmp_path / "pipe.png")
    said: list[str] = []
    arrays = load_folder(tmp_path, "pictures", 8, said.append)
    assert len(arrays.images) == 1
    assert said[-1] == "left out, as no images: 2 .heic, 1 .svg, 1 pipe or device"


def test_a_file_too_large_for_an_image_is_named_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    monkeypatch.setattr(listing, "LARGEST_IMAGE_BYTES", 10)
    with pytest.raises(InputError, match=r"a\.png: is 0 MiB, too large for an image"):
        load_folder(tmp_path, "pictures", 8, print)
