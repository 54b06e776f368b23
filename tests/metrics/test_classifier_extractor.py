from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nas_gan.errors import InputError
from nas_gan.metrics.classifier_extractor import ClassifierExtractor, load_classifier
from nas_gan.metrics.classifier_training import ClassifierConfig
from nas_gan.metrics.scoring_data import ScoringData

QUICK = ClassifierConfig(epochs=1)


def load(
    data: ScoringData, cache: Path, config: ClassifierConfig = QUICK
) -> tuple[ClassifierExtractor, list[str]]:
    announced: list[str] = []
    return load_classifier(data, cache, torch.device("cpu"), announced.append, config), announced


def test_it_is_trained_once_and_then_read(bars: ScoringData, tmp_path: Path) -> None:
    trained, first = load(bars, tmp_path)
    cached, second = load(bars, tmp_path)
    assert "400 images of 4 classes" in first[0]
    assert second == []
    assert cached.hash == trained.hash
    assert cached.held_out_accuracy == trained.held_out_accuracy
    seen, again = (e.extract(bars.held_out_images) for e in (trained, cached))
    assert torch.equal(seen.features, again.features)
    assert seen.logits is not None
    assert again.logits is not None
    assert torch.equal(seen.logits, again.logits)


def test_several_at_once_train_it_once(bars: ScoringData, tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        loaded = list(pool.map(lambda _: load(bars, tmp_path), range(3)))
    trained = [
        announced for _, announced in loaded if any("held-out images right" in text for text in announced)
    ]
    assert len(trained) == 1
    assert len({extractor.hash for extractor, _ in loaded}) == 1


def test_another_dataset_or_recipe_has_its_own(bars: ScoringData, tmp_path: Path) -> None:
    load(bars, tmp_path)
    assert load(replace(bars, fingerprint="other"), tmp_path)[1] != []
    assert load(bars, tmp_path, replace(QUICK, seed=1))[1] != []
    assert len(list((tmp_path / "classifiers").glob("*.safetensors"))) == 3


def test_damaged_weights_are_trained_again(bars: ScoringData, tmp_path: Path) -> None:
    trained, _ = load(bars, tmp_path)
    (path,) = (tmp_path / "classifiers").glob("*.safetensors")
    content = bytearray(path.read_bytes())
    content[5000] ^= 255
    path.write_bytes(content)
    repaired, announced = load(bars, tmp_path)
    assert announced != []
    assert repaired.hash == trained.hash


def test_what_it_extracts(bars: ScoringData, tmp_path: Path) -> None:
    extractor, _ = load(bars, tmp_path)
    features, logits, _ = extractor.extract(bars.train_images[:7])
    assert features.shape == (7, extractor.feature_dimensions)
    assert features.dtype == torch.float32
    assert bool((features >= 0).all())
    torch.testing.assert_close(logits, extractor.classifier(bars.train_images[:7]))


def test_large_images_go_through_in_parts(bars: ScoringData, tmp_path: Path) -> None:
    """8×8 images are extracted 2,500 at a time."""
    extractor, _ = load(bars, tmp_path)
    many = bars.train_images.repeat(7, 1, 1, 1)
    features = extractor.extract(many).features
    assert len(features) == 2800
    torch.testing.assert_close(features[-400:], features[:400])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"train_labels": None, "held_out_labels": None},
            "no labels.*inception protocol.*`inception_weights`",
        ),
        (
            {"train_labels": torch.zeros(400).long(), "held_out_labels": torch.zeros(200).long()},
            "one class only",
        ),
        ({"train_images": torch.zeros(400, 1, 2, 2, dtype=torch.uint8)}, "2×2 are too small"),
    ],
)
def test_data_that_trains_no_classifier_is_refused(
    bars: ScoringData, tmp_path: Path, change: dict[str, torch.Tensor | None], message: str
) -> None:
    data = ScoringData(**({name: getattr(bars, name) for name in bars.__dataclass_fields__} | change))
    with pytest.raises(InputError, match=message):
        load(data, tmp_path)
    assert list(tmp_path.iterdir()) == []
