"""Every bad folder, zip, path or number is one clear line."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from nas_gan.data import DataConfig, dataset_names, load_dataset
from nas_gan.data.decoding import decode_images
from nas_gan.data.layout import read_layout
from nas_gan.data.listing import list_zip
from nas_gan.errors import InputError

WriteImages = Callable[..., None]


def refuse(source: Path | str, *parts: str, resolution: int | None = None, limit: int | None = None) -> None:
    """Check that loading fails with one line that has all `parts`."""
    with pytest.raises(InputError) as caught:
        load_dataset(DataConfig(str(source), resolution=resolution, limit=limit))
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message, message


def test_missing_path_lists_the_known_names(tmp_path: Path) -> None:
    refuse(tmp_path / "nowhere", "nowhere: no such folder or file", *dataset_names())
    refuse("minst", "minst: no such folder or file", "mnist5k, mnist")
    refuse("a\0b", "no such folder or file")


def test_blank_source() -> None:
    refuse("", "source is empty")
    refuse(" ", "source is empty")


def test_other_kinds_of_file(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1,2")
    refuse(tmp_path / "data.csv", "data.csv: isn't a folder, a .zip or an .npz")
    Image.new("L", (8, 8)).save(tmp_path / "one.png")
    refuse(tmp_path / "one.png", "one.png: isn't a folder, a .zip or an .npz")


def test_empty_folder(tmp_path: Path) -> None:
    refuse(tmp_path, f"{tmp_path}: holds no images")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "empty" / "deep").mkdir(parents=True)
    refuse(tmp_path, f"{tmp_path}: holds no images")


@pytest.mark.parametrize("count", [1, 15])
def test_too_few_images(tmp_path: Path, write_images: WriteImages, count: int) -> None:
    write_images(tmp_path / "few", count)
    refuse(tmp_path / "few", f"few: {count} training images are too few, at least 16")


def test_sixteen_images_are_enough(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "enough", 16)
    loaded = load_dataset(DataConfig(str(tmp_path / "enough")))
    assert (loaded.train.count, loaded.held_out.count) == (13, 3)


def test_a_class_of_one_image(two_classes: Path, write_images: WriteImages) -> None:
    write_images(two_classes / "emu", 1)
    refuse(two_classes, "pets: class 'emu' has too few training images (1): give it at least 2")


def test_empty_class_folder(two_classes: Path) -> None:
    (two_classes / "emu").mkdir()
    refuse(two_classes, "pets/emu: holds no images")
    (two_classes / "emu" / "notes.txt").write_text("")
    refuse(two_classes, "pets/emu: holds no images")


def test_empty_class_folder_in_a_zip(two_classes: Path, tmp_path: Path) -> None:
    path = tmp_path / "pets.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in two_classes.rglob("*.png"):
            archive.write(file, file.relative_to(two_classes))
        archive.mkdir("emu")
    refuse(path, "pets.zip/emu: holds no images")


def test_hidden_folders_are_no_classes(two_classes: Path) -> None:
    (two_classes / ".git").mkdir()
    (two_classes / "__MACOSX").mkdir()
    assert load_dataset(DataConfig(str(two_classes))).class_names == ("cat", "dog")


def test_images_beside_class_folders(two_classes: Path, write_images: WriteImages) -> None:
    write_images(two_classes, 1)
    refuse(two_classes, "pets: 0000.png lies beside folders of images")


def test_splits_with_different_classes(tmp_path: Path, write_images: WriteImages) -> None:
    folder = tmp_path / "set"
    for name in ("train/cat", "train/dog", "test/cat", "test/emu"):
        write_images(folder / name)
    refuse(folder, "set: class folder 'emu' is in one split only")


def test_only_one_split_has_classes(tmp_path: Path, write_images: WriteImages) -> None:
    folder = tmp_path / "set"
    for name in ("train/cat", "train/dog", "test"):
        write_images(folder / name)
    refuse(folder, "set: class folder 'cat' is in one split only")


def test_empty_split(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "set" / "train" / "cat")
    (tmp_path / "set" / "test").mkdir()
    refuse(tmp_path / "set", "set/test: holds no images")


def test_one_held_out_image(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "set" / "train", 16)
    write_images(tmp_path / "set" / "test", 1)
    refuse(tmp_path / "set", "set: 1 held-out images are too few: give 2 or more")


def test_text_named_png(two_classes: Path) -> None:
    (two_classes / "dog" / "0004.png").write_text("I am no image")
    refuse(two_classes, "pets/dog/0004.png: isn't an image")


def test_empty_file_named_jpg(two_classes: Path) -> None:
    (two_classes / "dog" / "0004.jpg").write_bytes(b"")
    refuse(two_classes, "pets/dog/0004.jpg: isn't an image")


def test_other_image_formats_are_not_tried(two_classes: Path) -> None:
    (two_classes / "dog" / "0004.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n")
    refuse(two_classes, "pets/dog/0004.png: isn't an image")


@pytest.mark.parametrize("kept", [20, 60, 100])
def test_cut_image(two_classes: Path, kept: int) -> None:
    file = two_classes / "dog" / "0004.png"
    file.write_bytes(file.read_bytes()[:kept])
    refuse(two_classes, "pets/dog/0004.png: ")


def test_broken_link(two_classes: Path) -> None:
    (two_classes / "dog" / "0004.png").unlink()
    (two_classes / "dog" / "0004.png").symlink_to("nowhere.png")
    refuse(two_classes, "pets/dog/0004.png: can't be read (No such file or directory)")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_unreadable(two_classes: Path, tmp_path: Path) -> None:
    archive = tmp_path / "pets.zip"
    archive.write_bytes(b"")
    for path, source in (
        (two_classes / "dog" / "0004.png", two_classes),
        (two_classes / "dog", two_classes),
        (archive, archive),
    ):
        mode = path.stat().st_mode
        path.chmod(0)
        refuse(source, f"{path}: can't be read (Permission denied)")
        path.chmod(mode)


def write_zip(folder: Path, path: Path) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*.png")):
            archive.write(file, file.relative_to(folder))
    return path.read_bytes()


def test_truncated_zip(two_classes: Path, tmp_path: Path) -> None:
    path = tmp_path / "pets.zip"
    content = write_zip(two_classes, path)
    for kept in (0, 10, len(content) // 2, len(content) - 30):
        path.write_bytes(content[:kept])
        refuse(path, "pets.zip: isn't a whole zip archive")


def test_corrupt_member(two_classes: Path, tmp_path: Path) -> None:
    path = tmp_path / "pets.zip"
    content = bytearray(write_zip(two_classes, path))
    content[200] ^= 0xFF
    path.write_bytes(content)
    refuse(path, "pets.zip/cat/0000.png: can't be read (Bad CRC-32")


def test_zip_without_images(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "text.zip", "w") as archive:
        archive.writestr("notes.txt", "no image")
    refuse(tmp_path / "text.zip", "text.zip: holds no images")


@pytest.mark.parametrize("resolution", [-1, 0, 7, 513])
def test_resolution_out_of_range(resolution: int) -> None:
    refuse(
        "mnist5k", f"resolution {resolution}: is out of range, choose 8 to 512 pixels", resolution=resolution
    )


def test_native_resolution_out_of_range(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "small", 16, (7, 9))
    refuse(tmp_path / "small", "small/0000.png: 7 pixels is out of range, choose a resolution of 8 to 512")


@pytest.mark.parametrize("limit", [-5, 0, 15])
def test_limit_too_small(limit: int) -> None:
    refuse("mnist5k", f"limit {limit} is too small: take at least 16", limit=limit)


def test_limit_below_the_number_of_classes(tmp_path: Path, write_images: WriteImages) -> None:
    for index in range(20):
        write_images(tmp_path / "set" / f"class{index:02}", 2, seed=index)
    refuse(tmp_path / "set", "limit 16 leaves none for some of its 20 classes", limit=16)


def test_a_class_whose_name_can_not_be_shown(tmp_path: Path, write_images: WriteImages) -> None:
    for name in ("a", "b\x1b]0;owned"):
        write_images(tmp_path / "odd" / name, 10)
    refuse(
        tmp_path / "odd", "odd: the class folder 'b\\x1b]0;owned' has a name that can't be shown; rename it"
    )


def test_names_in_a_zip_that_lead_elsewhere_make_no_class(tmp_path: Path, write_images: WriteImages) -> None:
    write_images(tmp_path / "plain", 20)
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        for number, path in enumerate(sorted((tmp_path / "plain").iterdir())):
            archive.write(path, path.name)
            archive.getinfo(path.name)
            members = archive.infolist()
            members[-1].filename = ("//a//", "/b/")[number % 2] + path.name
    with zipfile.ZipFile(tmp_path / "odd.zip") as archive:
        assert read_layout(list_zip(tmp_path / "odd.zip", archive)).class_names == ("a", "b")


def test_a_large_photograph_is_no_reason_to_warn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = io.BytesIO()
    Image.new("L", (16, 16)).save(content, "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200)
    assert decode_images("photos", ["a.png"], lambda _: content.getvalue(), None).shape == (1, 1, 16, 16)
