"""From encoded images to square uint8 arrays: the only place that turns, crops, resizes and converts pixels.

Resizing is Pillow's Lanczos filter with antialiasing, for files and for arrays alike, so a folder of images
and an array of the same images give the same pixels. A filter without antialiasing would leave
artefacts that count in a Fréchet distance (Parmar, Zhang and Zhu 2022, "On Aliased Resizing and Surprising
Subtleties in GAN Evaluation").
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

Pixels = NDArray[np.uint8]

# Limited to what the suffixes promise: Pillow would otherwise hand, say, PostScript named .png to an
# interpreter.
IMAGE_FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF")
GREY_MODES = frozenset({"1", "L", "LA", "I;16", "I;16B"})
WIDE_MODES = frozenset({"I", "F"})
UPRIGHT = 1


def decode_image(content: bytes, resolution: int | None, crop: int | None = None) -> Pixels:
    """Decode one file's bytes to uint8 `[1 or 3, side, side]`: 1 channel for a grey mode, otherwise RGB.

    The first frame is turned upright by its EXIF orientation, put on white where it is transparent, cut to
    its central square of at most `crop` pixels, and resized to `resolution`. 16-bit grey keeps its upper 8
    bits. Raises ValueError for 32-bit pixels, and whatever Pillow raises for content it can't decode.
    """
    with Image.open(io.BytesIO(content), formats=IMAGE_FORMATS) as image:
        if _read_orientation(image) != UPRIGHT:
            ImageOps.exif_transpose(image, in_place=True)
        return _to_pixels(_resize(_crop_centre(_convert(image), crop), resolution))


def resize_images(images: Pixels, resolution: int | None) -> Pixels:
    """Centre-crop uint8 `[count, 1 or 3, height, width]` to squares, resized to `resolution` if not None."""
    height, width = images.shape[2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    images = images[:, :, top : top + side, left : left + side]
    if resolution is None or resolution == side:
        return np.ascontiguousarray(images)
    resized = np.empty((*images.shape[:2], resolution, resolution), np.uint8)
    for index, pixels in enumerate(images):
        flat = pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
        resized[index] = _to_pixels(_resize(Image.fromarray(np.ascontiguousarray(flat)), resolution))
    return resized


def _read_orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, UPRIGHT))
    except Exception:  # broken camera data says nothing about the pixels
        return UPRIGHT


def _convert(image: Image.Image) -> Image.Image:
    if image.mode in WIDE_MODES:
        raise ValueError("its pixels have 32 bits, save it with 8")
    mode = "L" if image.mode in GREY_MODES else "RGB"
    if image.mode.startswith("I;16"):  # Pillow's own conversion clips at 255 instead of scaling
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        canvas = Image.new("RGBA", image.size, "white")
        canvas.alpha_composite(image.convert("RGBA"))
        image = canvas
    return image if image.mode == mode else image.convert(mode)


def _crop_centre(image: Image.Image, crop: int | None) -> Image.Image:
    side = min(image.size) if crop is None else min(*image.size, crop)
    if image.size == (side, side):
        return image
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def _resize(image: Image.Image, resolution: int | None) -> Image.Image:
    if resolution is None or image.size == (resolution, resolution):
        return image
    return image.resize((resolution, resolution), Image.Resampling.LANCZOS)


def _to_pixels(image: Image.Image) -> Pixels:
    pixels = np.asarray(image, dtype=np.uint8)
    return pixels[np.newaxis] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
