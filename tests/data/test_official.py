"""Named datasets, from small files in torchvision's own layouts; downloads come from a local server."""

from __future__ import annotations

import gzip
import hashlib
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from nas_gan.data import DataConfig, dataset_names, load_dataset
from nas_gan.errors import InputError


def idx(array: NDArray[np.uint8]) -> bytes:
    """Encode in the IDX format of MNIST's files: type, number of axes, big-endian sizes, values."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def mnist_files() -> dict[str, NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    return {
        "train-images-idx3-ubyte": rng.integers(0, 256, (40, 28, 28), dtype=np.uint8),
        "train-labels-idx1-ubyte": np.arange(40, dtype=np.uint8) % 10,
        "t10k-images-idx3-ubyte": rng.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "t10k-labels-idx1-ubyte": np.arange(20, dtype=np.uint8) % 10,
    }


@pytest.mark.parametrize(
    ("name", "folder", "first_class"),
    [("mnist", "MNIST", "0"), ("fashion-mnist", "FashionMNIST", "T-shirt/top")],
)
def test_mnist_layout(tmp_path: Path, name: str, folder: str, first_class: str) -> None:
    raw = tmp_path / folder / "raw"
    raw.mkdir(parents=True)
    files = mnist_files()
    for file, array in files.items():
        (raw / file).write_bytes(idx(array))
    loaded = load_dataset(DataConfig(name, root=str(tmp_path)))
    assert loaded.name == name
    assert loaded.classes == 10
    assert loaded.class_names[0] == first_class
    np.testing.assert_array_equal(loaded.train.images[:, 0].numpy(), files["train-images-idx3-ubyte"])
    np.testing.assert_array_equal(loaded.held_out.images[:, 0].numpy(), files["t10k-images-idx3-ubyte"])
    assert loaded.held_out.labels is not None
    assert loaded.held_out.labels.tolist() == files["t10k-labels-idx1-ubyte"].tolist()
    limited = load_dataset(DataConfig(name, root=str(tmp_path), resolution=16, limit=20))
    assert limited.train.images.shape == (20, 1, 16, 16)


def test_cifar10_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import CIFAR10

    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 256, (6, 20, 3072), dtype=np.uint8)
    labels = [index % 10 for index in range(20)]
    names = [file for file, _ in CIFAR10.train_list + CIFAR10.test_list]
    checksums = {}
    for file, data in zip(names, rows, strict=True):
        content = pickle.dumps({"data": data, "labels": labels})
        (folder / file).write_bytes(content)
        checksums[file] = hashlib.md5(content).hexdigest()
    class_names = ["airplane", *(f"class{index}" for index in range(1, 10))]
    meta = pickle.dumps({"label_names": class_names})
    (folder / "batches.meta").write_bytes(meta)
    monkeypatch.setattr(CIFAR10, "train_list", [[file, checksums[file]] for file in names[:5]])
    monkeypatch.setattr(CIFAR10, "test_list", [[names[5], checksums[names[5]]]])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": hashlib.md5(meta).hexdigest()})

    loaded = load_dataset(DataConfig("cifar10", root=str(tmp_path)))
    assert loaded.class_names == tuple(class_names)
    expected = rows.reshape(6, 20, 3, 32, 32)
    np.testing.assert_array_equal(loaded.train.images.numpy(), expected[:5].reshape(100, 3, 32, 32))
    np.testing.assert_array_equal(loaded.held_out.images.numpy(), expected[5])
    assert loaded.train.labels is not None
    assert loaded.train.labels.tolist() == labels * 5


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10", "celeba"])
def test_missing_files_name_the_remedy(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        load_dataset(DataConfig(name, root=str(tmp_path)))
    message = str(caught.value)
    assert message.startswith(f"{name}: can't be loaded from {tmp_path}")
    assert "allow `download`" in message
    assert "give a `data_root` folder" in message
    assert list(tmp_path.iterdir()) == []


def test_root_is_in_the_cache_by_default(own_cache: Path) -> None:
    with pytest.raises(InputError, match=str(own_cache / "datasets")):
        load_dataset(DataConfig("mnist"))


def test_broken_file(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file, array in mnist_files().items():
        (raw / file).write_bytes(idx(array)[:-100])
    with pytest.raises(InputError, match=f"mnist: can't be loaded from {tmp_path}"):
        load_dataset(DataConfig("mnist", root=str(tmp_path)))


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep requests out of the test's output."""


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_download_is_announced_then_done_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import MNIST

    mirror, root = tmp_path / "mirror", tmp_path / "root"
    mirror.mkdir()
    resources: list[tuple[str, str]] = []
    for file, array in mnist_files().items():
        content = gzip.compress(idx(array))
        (mirror / f"{file}.gz").write_bytes(content)
        resources.append((f"{file}.gz", hashlib.md5(content).hexdigest()))
    monkeypatch.setattr(MNIST, "resources", resources)
    monkeypatch.setenv("no_proxy", "*")
    said: list[str] = []
    config = DataConfig("mnist", root=str(root), download=True)
    with serve(mirror) as address:
        monkeypatch.setattr(MNIST, "mirrors", [address])
        assert load_dataset(config, said.append).train.count == 40
    assert said == [f"downloading mnist from {address} to {root}"]
    assert load_dataset(config, said.append).train.count == 40  # with the server gone
    assert len(said) == 1


def test_failed_download_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import MNIST

    monkeypatch.setattr(MNIST, "mirrors", [f"{(tmp_path / 'nowhere').as_uri()}/"])
    with pytest.raises(InputError, match=r"mnist: download from .* failed"):
        load_dataset(DataConfig("mnist", root=str(tmp_path / "root"), download=True))


def write_faces(root: Path, partition: str) -> None:
    """For each line of `partition`, write 178×218 pixels that rise from left to right, from its index."""
    faces = root / "celeba" / "img_align_celeba"
    faces.mkdir(parents=True)
    (root / "celeba" / "list_eval_partition.txt").write_text(partition)
    ramp = np.broadcast_to(np.arange(178, dtype=np.uint8)[:, None], (218, 178, 3))
    for index, line in enumerate(partition.splitlines()):
        Image.fromarray(ramp + np.uint8(index)).save(faces / line.split()[0], "PNG")


def partition_lines(count: int) -> str:
    splits = {0: "1", 1: "1", 2: "2"}  # the first two faces are held out, the third is the test split's
    return "".join(f"{index:06}.jpg {splits.get(index, '0')}\n" for index in range(count))


def test_celeba_is_cropped_and_split(tmp_path: Path) -> None:
    write_faces(tmp_path, partition_lines(20))
    loaded = load_dataset(DataConfig("celeba", root=str(tmp_path), resolution=148))
    assert loaded.classes == 0
    assert loaded.train.images.shape == (17, 3, 148, 148)
    assert loaded.held_out.images.shape == (2, 3, 148, 148)
    assert loaded.train.images[0, 0, 0].tolist() == list(range(15 + 3, 15 + 3 + 148))
    assert loaded.held_out.images[1, 0, 0, 0] == 15 + 1
    assert load_dataset(DataConfig("celeba", root=str(tmp_path))).resolution == 64
    wide = load_dataset(DataConfig("celeba-wide", root=str(tmp_path), resolution=178))
    assert wide.train.images[0, 0, 0].tolist() == list(range(3, 3 + 178))


@pytest.mark.parametrize(
    ("line", "reason"), [("000001.jpg", "'000001.jpg' isn't"), ("a.jpg 7", "'a.jpg 7' isn't")]
)
def test_celeba_with_a_broken_partition(tmp_path: Path, line: str, reason: str) -> None:
    write_faces(tmp_path, f"{partition_lines(17)}{line}\n")
    with pytest.raises(InputError, match=f"list_eval_partition.txt:18: {reason}"):
        load_dataset(DataConfig("celeba", root=str(tmp_path)))


def test_celeba_with_a_missing_face(tmp_path: Path) -> None:
    write_faces(tmp_path, partition_lines(20))
    (tmp_path / "celeba" / "img_align_celeba" / "000005.jpg").unlink()
    with pytest.raises(InputError, match=r"000005\.jpg: can't be read \(No such file or directory\)"):
        load_dataset(DataConfig("celeba", root=str(tmp_path)))


def test_names_have_one_line_each() -> None:
    names = dataset_names()
    images = ["mnist5k", "mnist", "fashion-mnist", "cifar10", "celeba", "celeba-wide"]
    assert sorted(names) == sorted([*images, "outlines", "swiss_roll", "eight_gaussians"])
    assert all(text and "\n" not in text for text in names.values())
