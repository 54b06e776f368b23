from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nas_gan.errors import InputError
from nas_gan.metrics.build import build_scorer
from nas_gan.metrics.protocol import ProtocolRecipe, find_recipe
from nas_gan.metrics.scoring_data import ScoringData

CPU = torch.device("cpu")
RECIPE = ProtocolRecipe("tiny", "classifier", 100, 2, "held_out", 2, 500, 50)


def _find(name: str) -> ProtocolRecipe:
    recipe = find_recipe(name)
    assert isinstance(recipe, ProtocolRecipe)
    return recipe


def test_a_scorer_is_made_once_and_read_afterwards(bars: ScoringData, tmp_path: Path) -> None:
    first: list[str] = []
    made = build_scorer(RECIPE, bars, tmp_path, CPU, first.append)
    read = build_scorer(RECIPE, bars, tmp_path, CPU, pytest.fail)
    assert "training the classifier" in first[0]
    assert "statistics of 200 real images" in first[-1]
    assert read.protocol == made.protocol
    assert read.score([bars.train_images[:100]]) == made.score([bars.train_images[:100]])


def test_the_protocol_says_what_was_used(bars: ScoringData, tmp_path: Path) -> None:
    protocol = build_scorer(RECIPE, bars, tmp_path, CPU, lambda line: None).protocol
    assert (protocol.name, protocol.extractor, protocol.resolution) == ("tiny", "classifier", 8)
    assert (protocol.reference, protocol.reference_count, protocol.reference_fingerprint) == (
        "held_out",
        200,
        "bars",
    )
    assert protocol.kernel_subset_size == 50


def test_unlabelled_data_is_scored_without_classes(bars: ScoringData, tmp_path: Path) -> None:
    """No Inception Score, and the same for a generator of images as for the same images."""
    unlabelled = replace(bars, train_labels=None, held_out_labels=None)
    recipe = replace(_find("selfsup-5k"), sample_count=200, kernel_features=100)
    scorer = build_scorer(recipe, unlabelled, tmp_path, CPU, lambda line: None)
    assert (scorer.protocol.name, scorer.protocol.extractor) == ("selfsup-5k", "selfsup")
    real = scorer.score([bars.held_out_images], full=True)
    assert (real.inception_score, real.inception_score_deviation) == (None, None)
    noise = torch.randint(0, 256, (200, 1, 8, 8), dtype=torch.uint8)
    for name in ("frechet_distance", "kernel_distance"):
        near, far = (
            getattr(scorer.score([images], full=True), name) for images in (bars.train_images[:200], noise)
        )
        assert near < far / 5, name


def test_unlabelled_data_trains_no_classifier(bars: ScoringData, tmp_path: Path) -> None:
    unlabelled = replace(bars, train_labels=None, held_out_labels=None)
    with pytest.raises(InputError, match=r"no labels.*`protocol` selfsup-5k.*inception protocol"):
        build_scorer(_find("classifier-1k"), unlabelled, tmp_path, CPU, pytest.fail)


def test_an_inception_protocol_needs_the_weights(bars: ScoringData, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="as `inception_weights`, or allow `download`"):
        build_scorer(_find("inception-5k"), bars, tmp_path, CPU, pytest.fail)
    wrong = tmp_path / "wrong.pth"
    wrong.write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"wrong\.pth: not the 2015 Inception weights"):
        build_scorer(_find("inception-5k"), bars, tmp_path, CPU, pytest.fail, inception_weights=wrong)


def test_one_image_is_nothing_to_compare_with(bars: ScoringData, tmp_path: Path) -> None:
    lonely = replace(bars, held_out_images=bars.held_out_images[:1], held_out_labels=torch.tensor([0]))
    with pytest.raises(InputError, match="of which the dataset has 1; give it at least 2"):
        build_scorer(RECIPE, lonely, tmp_path, CPU, pytest.fail)


@pytest.mark.parametrize("is_labelled", [True, False])
def test_the_halves_of_the_held_out_images_have_none_in_common(bars: ScoringData, is_labelled: bool) -> None:
    numbered = torch.arange(200).view(200, 1, 1, 1).expand(200, 1, 8, 8)
    labels = bars.held_out_labels if is_labelled else None
    data = replace(bars, held_out_images=numbered, held_out_labels=labels)
    first, second = (data.get_reference(half)[:, 0, 0, 0] for half in ("held_out_choice", "held_out_final"))
    assert torch.cat([first, second]).sort().values.tolist() == list(range(200))
    of_first, of_second = (data.get_reference_labels(half) for half in ("held_out_choice", "held_out_final"))
    if labels is None:
        assert (of_first, of_second, data.get_reference_labels("held_out")) == (None, None, None)
    else:
        assert of_first is not None
        assert of_second is not None
        assert (of_first.bincount() - of_second.bincount()).abs().max() <= 1
        assert of_first.tolist() == labels[first].tolist()
