"""Datasets as tensors: by name, from a folder or a zip of images, or from an `.npz` file.

`load_dataset(DataConfig(...))` is the way in; the `Dataset` it returns holds a training and a held-out
`ImageSet` small enough to be moved to the training device once, whole.
"""

from __future__ import annotations

from nas_gan.data.cache import cache_folder
from nas_gan.data.config import DataConfig
from nas_gan.data.dataset import Dataset, ImageSet, Modes
from nas_gan.data.load import load_dataset
from nas_gan.data.sources import dataset_names

__all__ = ["DataConfig", "Dataset", "ImageSet", "Modes", "cache_folder", "dataset_names", "load_dataset"]
