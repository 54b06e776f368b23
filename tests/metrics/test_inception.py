from __future__ import annotations

import hashlib
import io
import pickle
from functools import partial
from pathlib import Path

import pytest
import torch
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

from nas_gan.errors import InputError
from nas_gan.metrics.inception import WEIGHTS_NAME, WEIGHTS_SHA256, find_inception_weights, load_inception

CPU = torch.device("cpu")


class Blank(FeatureExtractorInceptionV3):  # type: ignore[misc]
    """The network as its layers are initialised: the file it insists on is ignored."""

    def load_state_dict(self, state_dict: object) -> None:
        pass


def hash_file(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file like the real one, with random weights."""
    empty = io.BytesIO()
    torch.save({}, empty)
    empty.seek(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Blank("blank", ["2048"], feature_extractor_weights_path=empty)
    path = tmp_path_factory.mktemp("inception") / WEIGHTS_NAME
    torch.save(network.state_dict(), path)
    return path


def test_it_sees_what_torch_fidelity_sees(random_weights: Path) -> None:
    images = torch.randint(
        0, 256, (2, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )
    extractor = load_inception(random_weights, CPU, hash_file(random_weights))
    direct = FeatureExtractorInceptionV3(
        "direct", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(random_weights)
    )
    features, logits, _ = extractor.extract(images)
    expected_features, expected_logits = direct(images)
    assert features.shape == (2, extractor.feature_dimensions)
    assert logits is not None
    assert logits.shape == (2, 1008)
    assert torch.equal(features, expected_features)
    assert torch.equal(logits, expected_logits)
    assert extractor.hash == hash_file(random_weights)

    grey = images[:1, :1]
    assert torch.equal(extractor.extract(grey)[0], direct(grey.repeat(1, 3, 1, 1))[0])


def test_a_wrong_file_is_refused_with_both_hashes(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"something else")
    with pytest.raises(InputError, match=f"expected SHA-256 {WEIGHTS_SHA256}, found {hash_file(path)}"):
        load_inception(path, CPU)


def test_a_folder_for_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        load_inception(tmp_path, CPU)


class Trap:
    """Unpickling this writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("save", [torch.save, partial(pickle.dump, protocol=2)])
def test_no_code_in_a_file_is_run(tmp_path: Path, save: object) -> None:
    path, sprung = tmp_path / "weights.pth", tmp_path / "sprung"
    assert callable(save)
    with path.open("wb") as file:
        save({"fc.weight": Trap(sprung)}, file)
    with pytest.raises(InputError, match="not a file of weights alone"):
        load_inception(path, CPU, hash_file(path))
    assert not sprung.exists()


def test_weights_are_looked_for_where_they_are_said_to_be(tmp_path: Path) -> None:
    given, cached = tmp_path / "mine.pth", tmp_path / WEIGHTS_NAME
    given.touch()
    cached.touch()
    assert find_inception_weights(given, tmp_path, False, pytest.fail) == given
    assert find_inception_weights(None, tmp_path, True, pytest.fail) == cached


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.pth: no such file"):
        find_inception_weights(tmp_path / "none.pth", tmp_path, True, pytest.fail)
    with pytest.raises(InputError, match="as `inception_weights`, or allow `download`"):
        find_inception_weights(None, tmp_path, False, pytest.fail)
