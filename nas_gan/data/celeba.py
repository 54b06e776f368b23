"""CelebA (Liu et al. 2015): 202,599 aligned faces of 178×218 pixels, used without labels."""

from __future__ import annotations

from pathlib import Path

from nas_gan.data.arrays import SourceArrays
from nas_gan.data.config import Announce
from nas_gan.data.decoded_cache import load_decoded
from nas_gan.data.decoding import decode_images
from nas_gan.data.official import failed_download, missing_dataset
from nas_gan.errors import InputError

CROPS = {
    "celeba": 148,  # the square around the face that papers cut, before they resize it
    "celeba-wide": 178,  # all of the width, as in the code of Fisher GAN (Mroueh & Sercu 2017)
}
"""By the name of the data, the side of the central square that is cut."""
DEFAULT_RESOLUTION = 64
ADDRESS = "drive.google.com (mmlab.ie.cuhk.edu.hk/projects/CelebA.html)"
TRAIN, VALID = "0", "1"  # in the partition file; "2" is the test split


def load_celeba(
    name: str, root: Path, resolution: int | None, download: bool, announce: Announce
) -> SourceArrays:
    """Return the training faces, the validation faces held out, from torchvision's layout under `root`.

    Of that layout, `celeba/list_eval_partition.txt` and `celeba/img_align_celeba/` are enough. torchvision
    itself is imported to download only: it would read all 40 attributes of each face. Raises InputError with
    the remedy. `name`: a key of `CROPS`.
    """
    folder = root / "celeba"
    partition, faces = folder / "list_eval_partition.txt", folder / "img_align_celeba"
    try:
        statuses = [partition.stat(), faces.stat()]
    except OSError as error:
        if not download:
            raise missing_dataset(name, root, error) from error
        _download(root, announce)
        statuses = [partition.stat(), faces.stat()]
    side, crop = resolution or DEFAULT_RESOLUTION, CROPS[name]
    stamp = [
        str(folder.resolve()),
        *((each.st_size, each.st_mtime_ns) for each in statuses),
        crop,
        side,
    ]
    return load_decoded("celeba", stamp, lambda: _decode(partition, faces, side, crop, announce))


def _download(root: Path, announce: Announce) -> None:
    from torchvision.datasets import CelebA

    announce(f"downloading celeba from {ADDRESS} to {root}")
    try:
        CelebA(root, download=True)
    except Exception as error:  # gdown, the network and Google Drive's quota fail in many ways
        raise failed_download("celeba", root, ADDRESS, error) from error


def _decode(partition: Path, faces: Path, side: int, crop: int, announce: Announce) -> SourceArrays:
    train, valid = _read_partition(partition)
    names = train + valid
    announce(f"decoding {len(names):,} images of {faces}")
    images = decode_images(str(faces), names, lambda name: (faces / name).read_bytes(), side, crop)
    return SourceArrays(images[: len(train)], held_out_images=images[len(train) :])


def _read_partition(partition: Path) -> tuple[list[str], list[str]]:
    """Read lines of a file name and the number of its split."""
    names: dict[str, list[str]] = {TRAIN: [], VALID: [], "2": []}
    try:
        for number, line in enumerate(partition.read_text().splitlines(), start=1):
            fields = line.split()
            if len(fields) != 2 or fields[1] not in names:
                raise InputError(f"{partition}:{number}: '{line[:40]}' isn't a file name and 0, 1 or 2")
            names[fields[1]].append(fields[0])
    except (OSError, ValueError) as error:
        raise InputError(f"{partition}: can't be read ({error}): get it again with `download`") from error
    return names[TRAIN], names[VALID]
