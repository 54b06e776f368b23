"""The bundle a user takes away, and generators loaded from the folders of runs and bundles."""

from nas_gan.export.bundle import Bundle, check_is_free, write_bundle
from nas_gan.export.compare import MismatchError
from nas_gan.export.draw import draw_labels, draw_latents, generate, to_pixels
from nas_gan.export.facts import BundleFacts, ScoreFacts
from nas_gan.export.forms import Forms
from nas_gan.export.load import load_folder

__all__ = [
    "Bundle",
    "BundleFacts",
    "Forms",
    "MismatchError",
    "ScoreFacts",
    "check_is_free",
    "draw_labels",
    "draw_latents",
    "generate",
    "load_folder",
    "to_pixels",
    "write_bundle",
]
