from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nas_gan.errors import InputError
from nas_gan.metrics.scoring_data import ScoringData
from nas_gan.metrics.selfsup_extractor import SelfsupExtractor, load_selfsup
from nas_gan.metrics.selfsup_training import SelfsupConfig

QUICK = SelfsupConfig(images=320, batch=32)


def load(data: ScoringData, cache: Path, config: SelfsupConfig = QUICK) -> tuple[SelfsupExtractor, list[str]]:
    announced: list[str] = []
    return load_selfsup(data, cache, torch.device("cpu"), announced.append, config), announced


def test_it_is_trained_once_and_then_read(bars: ScoringData, tmp_path: Path) -> None:
    trained, first = load(bars, tmp_path)
    cached, second = load(bars, tmp_path)
    assert "400 images without their labels" in first[0]
    assert second == []
    assert (cached.hash, cached.found_again) == (trained.hash, trained.found_again)
    seen, again = (extractor.extract(bars.held_out_images) for extractor in (trained, cached))
    assert torch.equal(seen.features, again.features)


def test_labels_change_nothing(bars: ScoringData, tmp_path: Path) -> None:
    trained, _ = load(bars, tmp_path)
    unlabelled = replace(bars, train_labels=None, held_out_labels=None)
    assert load(unlabelled, tmp_path / "other")[0].hash == trained.hash


def test_several_at_once_train_it_once(bars: ScoringData, tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        loaded = list(pool.map(lambda _: load(bars, tmp_path), range(3)))
    assert sum(any("network trained" in line for line in announced) for _, announced in loaded) == 1
    assert len({extractor.hash for extractor, _ in loaded}) == 1


def test_another_dataset_or_recipe_has_its_own(bars: ScoringData, tmp_path: Path) -> None:
    load(bars, tmp_path)
    assert load(replace(bars, fingerprint="other"), tmp_path)[1] != []
    assert load(bars, tmp_path, replace(QUICK, seed=1))[1] != []
    assert len(list((tmp_path / "selfsup").glob("*.safetensors"))) == 3


@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 30), (3, 100)])
def test_what_it_extracts(channels: int, side: int, tmp_path: Path) -> None:
    """Of grey and of colour images, also of some that are shrunk; in parts as well as at once."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (60, channels, side, side), dtype=torch.uint8, generator=generator)
    data = ScoringData(images[:40], None, images[40:], None, "noise")
    extractor, _ = load(data, tmp_path, SelfsupConfig(images=80, batch=8))
    features, logits, _ = extractor.extract(images)
    assert logits is None
    assert (features.shape, features.dtype) == ((60, extractor.feature_dimensions), torch.float32)
    assert bool((features >= 0).all())
    torch.testing.assert_close(extractor.extract(images[50:]).features, features[50:])


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(1, 1, 8, 8, dtype=torch.uint8), "one image teaches nothing.*inception protocol"),
        (torch.zeros(9, 1, 3, 3, dtype=torch.uint8), "3×3 are too small.*inception protocol"),
    ],
)
def test_data_that_trains_no_network_is_refused(images: torch.Tensor, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        load(ScoringData(images, None, images, None, "few"), tmp_path)
    assert list(tmp_path.iterdir()) == []
