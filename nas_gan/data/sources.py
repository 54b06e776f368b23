"""What a source's name means, and who reads it."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from nas_gan.data.arrays import SourceArrays
from nas_gan.data.cache import cache_folder
from nas_gan.data.celeba import CROPS, load_celeba
from nas_gan.data.config import Announce, DataConfig
from nas_gan.data.embedded import load_mnist5k
from nas_gan.data.image_files import load_folder, load_zip
from nas_gan.data.npz import load_npz
from nas_gan.data.official import load_official
from nas_gan.data.plane import PLANES
from nas_gan.errors import InputError

_DESCRIPTIONS = MappingProxyType(
    {
        "mnist5k": "5,000 handwritten digits, grey 28×28, 10 classes; embedded, no download",
        "mnist": "70,000 handwritten digits, grey 28×28, 10 classes",
        "fashion-mnist": "70,000 pieces of clothing, grey 28×28, 10 classes",
        "cifar10": "60,000 animals and vehicles, colour 32×32, 10 classes",
        **{
            name: f"202,599 faces, colour 64×64 (from the central {crop}×{crop}), unlabelled"
            for name, crop in CROPS.items()
        },
        "outlines": "half of mnist5k's digits as outlines, to translate to the other half, grey 28×28, 10 classes",
        **{name: plane.description for name, plane in PLANES.items()},
    }
)


def dataset_names() -> Mapping[str, str]:
    """Return the datasets known by name, the default first, each with a description of one line."""
    return _DESCRIPTIONS


def load_source(config: DataConfig, announce: Announce) -> tuple[str, SourceArrays]:
    """Return a short name, safe in a file name, and the arrays of what `config.source` names, points apart.

    Folders, zips and CelebA come resized to `config.resolution`; the others at their own. Raises InputError
    if there is no such source or it can't be read.
    """
    if config.source in _DESCRIPTIONS:
        return config.source, _load_named(config, announce)
    path, mode = _find(config.source)
    name = _safe_name(path, is_folder=stat.S_ISDIR(mode))
    if stat.S_ISDIR(mode):
        return name, load_folder(path, name, config.resolution, announce)
    if path.suffix.lower() not in (".zip", ".npz") or not stat.S_ISREG(mode):
        raise InputError(f"{path}: isn't a folder, a .zip or an .npz: put the images in a folder")
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}): check its permissions") from error
    if path.suffix.lower() == ".zip":
        return name, load_zip(path, name, config.resolution, announce)
    return name, load_npz(path)


def _load_named(config: DataConfig, announce: Announce) -> SourceArrays:
    if config.source == "mnist5k":
        return load_mnist5k()
    root = Path(config.root).expanduser() if config.root else cache_folder() / "datasets"
    if config.source in CROPS:
        return load_celeba(config.source, root, config.resolution, config.download, announce)
    return load_official(config.source, root, config.download, announce)


def _find(source: str) -> tuple[Path, int]:
    try:
        path = Path(source).expanduser()
        return path, path.stat().st_mode
    except PermissionError as error:
        raise InputError(f"{source}: can't be read ({error.strerror}): check its permissions") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{source}: no such folder or file; give one (a folder of images, a .zip of one, an .npz) "
            f"or a name: {', '.join(_DESCRIPTIONS)}"
        ) from error


def _safe_name(path: Path, *, is_folder: bool) -> str:
    whole = path.resolve()
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", whole.name if is_folder else whole.stem)
    return safe.strip("-.")[:64] or "images"
