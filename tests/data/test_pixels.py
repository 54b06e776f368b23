"""Decoding, cropping and resizing, against Pillow's own results and hand-made pixels."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nas_gan.data.pixels import decode_image, resize_images


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def random_image(width: int, height: int, mode: str = "RGB") -> Image.Image:
    shape = (height, width) if mode == "L" else (height, width, len(mode))
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
def test_lossless_formats_give_the_pixels_written(kind: str) -> None:
    image = random_image(16, 16)
    options = {"lossless": True} if kind == "WEBP" else {}
    pixels = decode_image(encode(image, kind, **options), None)
    np.testing.assert_array_equal(pixels, np.asarray(image).transpose(2, 0, 1))


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_modes_have_one_channel(mode: str) -> None:
    image = random_image(16, 16, "L").convert(mode)
    pixels = decode_image(encode(image), None)
    assert pixels.shape == (1, 16, 16)
    np.testing.assert_array_equal(pixels[0], np.asarray(image.convert("L")))


@pytest.mark.parametrize("mode", ["RGB", "P", "CMYK"])
def test_other_modes_have_three_channels(mode: str) -> None:
    image = random_image(16, 16).convert(mode)
    pixels = decode_image(encode(image, "TIFF"), None)
    np.testing.assert_array_equal(pixels, np.asarray(image.convert("RGB")).transpose(2, 0, 1))


def test_sixteen_bit_grey_keeps_its_upper_half() -> None:
    values = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    pixels = decode_image(encode(Image.fromarray(values)), None)
    np.testing.assert_array_equal(pixels[0], np.arange(256).reshape(16, 16))


def test_wide_pixels_are_refused() -> None:
    with pytest.raises(ValueError, match="32 bits"):
        decode_image(encode(Image.fromarray(np.zeros((9, 9), np.float32)), "TIFF"), None)


def test_transparency_becomes_white() -> None:
    image = Image.new("RGBA", (8, 8), (200, 10, 10, 0))
    image.putpixel((3, 2), (200, 10, 10, 255))
    pixels = decode_image(encode(image), None)
    assert pixels[:, 2, 3].tolist() == [200, 10, 10]
    assert pixels[:, 0, 0].tolist() == [255, 255, 255]


def test_transparent_grey_stays_grey() -> None:
    pixels = decode_image(encode(Image.new("LA", (8, 8), (40, 0))), None)
    assert pixels.shape == (1, 8, 8)
    assert (pixels == 255).all()


def test_first_frame_of_an_animation_is_taken() -> None:
    frames = [Image.new("L", (8, 8), value) for value in (30, 200)]
    pixels = decode_image(encode(frames[0], "GIF", save_all=True, append_images=frames[1:]), None)
    assert (pixels == 30).all()


def test_exif_orientation_turns_the_image_upright() -> None:
    image = random_image(8, 8)
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    pixels = decode_image(encode(image, exif=exif), None)
    np.testing.assert_array_equal(pixels, np.asarray(image.rotate(180)).transpose(2, 0, 1))


def test_centre_is_cut_out() -> None:
    image = random_image(20, 12, "L")
    np.testing.assert_array_equal(decode_image(encode(image), None)[0], np.asarray(image)[:, 4:16])
    np.testing.assert_array_equal(
        decode_image(encode(image), None, crop=10)[0], np.asarray(image)[1:11, 5:15]
    )


@pytest.mark.parametrize(("width", "height"), [(24, 24), (30, 24), (24, 31), (8, 8)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_file_and_an_array_of_the_same_pixels_are_resized_alike(width: int, height: int, mode: str) -> None:
    image = random_image(width, height, mode)
    from_file = decode_image(encode(image), 16)
    array = np.atleast_3d(np.asarray(image)).transpose(2, 0, 1)[np.newaxis]
    np.testing.assert_array_equal(resize_images(array, 16)[0], from_file)


def test_shrinking_is_antialiased() -> None:
    stripes = np.zeros((1, 1, 64, 64), np.uint8)
    stripes[..., ::2] = 255
    shrunk = resize_images(stripes, 16)[0, 0, :, 2:-2].astype(int)
    assert abs(shrunk - 127).max() < 20


def test_native_resolution_leaves_pixels_alone() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 3, 16, 16), dtype=np.uint8)
    np.testing.assert_array_equal(resize_images(images, 16), images)
    np.testing.assert_array_equal(resize_images(images, None), images)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12"])
def test_broken_camera_data_is_ignored(exif: bytes) -> None:
    image = Image.new("RGB", (16, 16), (10, 200, 30))
    pixels = decode_image(encode(image, "JPEG", exif=exif), None)
    assert pixels.shape == (3, 16, 16)
    assert abs(pixels.astype(int).mean(axis=(1, 2)) - [10, 200, 30]).max() < 3
