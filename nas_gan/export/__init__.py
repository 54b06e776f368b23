"""The bundle a user takes away, and generators loaded from the folders of runs and bundles."""

from nas_gan.export.bundle import Bundle, check_is_free, write_bundle
from nas_gan.export.compare import MismatchError
from nas_gan.export.facts import BundleFacts
from nas_gan.export.forms import Forms
from nas_gan.export.load import load_folder, load_folder_discriminator, load_networks

__all__ = [
    "Bundle",
    "BundleFacts",
    "Forms",
    "MismatchError",
    "check_is_free",
    "load_folder",
    "load_folder_discriminator",
    "load_networks",
    "write_bundle",
]
