from __future__ import annotations

import math

import pytest
import torch

from nas_gan.metrics.build import build_protocol
from nas_gan.metrics.classifier_extractor import load_classifier
from nas_gan.metrics.classifier_training import ClassifierConfig
from nas_gan.metrics.frechet import compute_frechet_distance
from nas_gan.metrics.protocol import ProtocolRecipe
from nas_gan.metrics.reference import compute_reference
from nas_gan.metrics.scorer import Scorer, to_uint8
from nas_gan.metrics.scoring_data import ScoringData

RECIPE = ProtocolRecipe("tiny", "classifier", 200, 4, "held_out", 5, 100, 150)


@pytest.fixture(scope="module")
def scorer(bars: ScoringData, tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    cache = tmp_path_factory.mktemp("cache")
    config = ClassifierConfig(epochs=6)
    extractor = load_classifier(bars, cache, torch.device("cpu"), lambda line: None, config)
    protocol = build_protocol(RECIPE, bars, extractor)
    return Scorer(extractor, compute_reference(bars.held_out_images, extractor, protocol), protocol)


def test_the_images_it_knows_score_best(scorer: Scorer, bars: ScoringData) -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (200, 1, 8, 8), dtype=torch.uint8, generator=generator)
    known = scorer.score([bars.held_out_images], kernel=True)
    similar = scorer.score([bars.train_images[:200]], kernel=True)
    bad = scorer.score([noise], kernel=True)
    assert known.kernel_distance is not None
    assert similar.kernel_distance is not None
    assert bad.kernel_distance is not None
    assert known.frechet_distance < 1e-4 * bad.frechet_distance
    assert known.frechet_distance < similar.frechet_distance < bad.frechet_distance / 10
    assert abs(similar.kernel_distance) < bad.kernel_distance / 10
    assert 3.5 < similar.inception_score <= 4
    assert bad.inception_score < 3
    assert known.images == 200
    assert known.protocol_fingerprint == scorer.protocol.fingerprint()


def test_the_batches_hardly_matter(scorer: Scorer, bars: ScoringData) -> None:
    images = bars.train_images[:200]
    whole, cut = scorer.score([images], kernel=True), scorer.score(torch.split(images, 33), kernel=True)
    assert cut.inception_score == pytest.approx(whole.inception_score, rel=1e-5)
    assert cut.frechet_distance == pytest.approx(whole.frechet_distance, rel=1e-4)
    assert cut.kernel_distance == pytest.approx(whole.kernel_distance, rel=1e-3)


def test_a_score_repeats_to_the_last_bit(scorer: Scorer, bars: ScoringData) -> None:
    images = torch.split(bars.train_images[:200], 50)
    assert scorer.score(images, kernel=True) == scorer.score(images, kernel=True)


def test_images_in_the_order_of_their_classes_score_as_any(scorer: Scorer, bars: ScoringData) -> None:
    assert bars.held_out_labels is not None
    ordered = bars.held_out_images[bars.held_out_labels.argsort()]
    assert scorer.score([ordered]).inception_score > 3.5


def test_a_collapsed_generator_scores_badly_and_finitely(scorer: Scorer) -> None:
    scores = scorer.score([to_uint8(torch.full((200, 1, 8, 8), math.nan))], kernel=True)
    assert scores.inception_score == pytest.approx(1)
    assert scores.inception_score_deviation == pytest.approx(0)
    assert 0 < scores.frechet_distance < math.inf
    assert scores.kernel_distance is not None
    assert math.isfinite(scores.kernel_distance)


def test_the_kernel_distance_is_for_the_asking(scorer: Scorer, bars: ScoringData) -> None:
    assert scorer.score([bars.held_out_images]).kernel_distance is None


def test_the_distance_is_that_of_the_features(scorer: Scorer, bars: ScoringData) -> None:
    features = scorer.extractor.extract(bars.train_images[:200]).features
    expected = compute_frechet_distance(scorer.reference.statistics, features)
    error = 1e-6 * scorer.reference.statistics.covariance.trace().item()
    assert scorer.score([bars.train_images[:200]]).frechet_distance == pytest.approx(expected, abs=error)


@pytest.mark.parametrize("count", [0, 199, 201])
def test_the_protocol_says_how_many_images(scorer: Scorer, bars: ScoringData, count: int) -> None:
    batches = [bars.train_images[:count]] if count else []
    with pytest.raises(ValueError, match="200"):
        scorer.score(batches)


def test_pixels_are_rounded_and_clipped() -> None:
    images = torch.tensor([-9.0, -1, -0.999, 0, 0.5, 0.999, 1, 9, math.nan, math.inf])
    assert to_uint8(images).tolist() == [0, 0, 0, 128, 191, 255, 255, 255, 128, 255]


def test_every_grey_value_survives() -> None:
    values = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_uint8(values / 127.5 - 1), values)
    assert torch.equal(to_uint8((values / 127.5 - 1).half().float()), values)
