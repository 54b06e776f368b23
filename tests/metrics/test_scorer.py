from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from nas_gan.metrics.build import build_protocol
from nas_gan.metrics.classifier_extractor import load_classifier
from nas_gan.metrics.classifier_training import ClassifierConfig
from nas_gan.metrics.frechet import compute_frechet_distance
from nas_gan.metrics.protocol import ProtocolRecipe
from nas_gan.metrics.reference import compute_reference
from nas_gan.metrics.scorer import Scorer
from nas_gan.metrics.scoring_data import ScoringData

RECIPE = ProtocolRecipe("tiny", "classifier", 200, 4, "held_out", 5, 100, 150)


@pytest.fixture(scope="module")
def scorer(bars: ScoringData, tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    cache = tmp_path_factory.mktemp("cache")
    config = ClassifierConfig(epochs=6)
    extractor = load_classifier(bars, cache, torch.device("cpu"), lambda line: None, config)
    protocol = build_protocol(RECIPE, bars, extractor)
    reference = compute_reference(bars.held_out_images, bars.held_out_labels, extractor, protocol)
    return Scorer(extractor, reference, protocol)


def score(scorer: Scorer, *batches: Tensor) -> tuple[float, float, float]:
    """Inception Score, Fréchet distance and kernel distance."""
    scores = scorer.score(batches, full=True)
    made = (scores.inception_score, scores.frechet_distance, scores.kernel_distance)
    found = tuple(value for value in made if value is not None)
    inception, frechet, kernel = found
    return inception, frechet, kernel


def test_the_images_it_knows_score_best(scorer: Scorer, bars: ScoringData) -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (200, 1, 8, 8), dtype=torch.uint8, generator=generator)
    _, known_frechet, _ = score(scorer, bars.held_out_images)
    inception, frechet, kernel = score(scorer, bars.train_images[:200])
    bad_inception, bad_frechet, bad_kernel = score(scorer, noise)
    assert known_frechet < 1e-4 * bad_frechet
    assert known_frechet < frechet < bad_frechet / 10
    assert abs(kernel) < bad_kernel / 10
    assert bad_inception < 3
    assert 3.5 < inception <= 4


def test_scores_say_what_they_are_of(scorer: Scorer, bars: ScoringData) -> None:
    scores = scorer.score([bars.held_out_images])
    assert scores.images == 200
    assert scores.protocol_fingerprint == scorer.protocol.fingerprint()


def test_the_batches_hardly_matter(scorer: Scorer, bars: ScoringData) -> None:
    images = bars.train_images[:200]
    whole, cut = score(scorer, images), score(scorer, *torch.split(images, 33))
    assert cut[0] == pytest.approx(whole[0], rel=1e-5)
    assert cut[1] == pytest.approx(whole[1], rel=1e-4)
    assert cut[2] == pytest.approx(whole[2], rel=1e-3)


def test_a_score_repeats_to_the_last_bit(scorer: Scorer, bars: ScoringData) -> None:
    images = torch.split(bars.train_images[:200], 50)
    assert scorer.score(images, full=True) == scorer.score(images, full=True)


def test_images_in_the_order_of_their_classes_score_as_any(scorer: Scorer, bars: ScoringData) -> None:
    assert bars.held_out_labels is not None
    ordered = bars.held_out_images[bars.held_out_labels.argsort()]
    assert score(scorer, ordered)[0] > 3.5


def test_a_collapsed_generator_scores_badly_and_finitely(scorer: Scorer) -> None:
    grey = torch.full((200, 1, 8, 8), 128, dtype=torch.uint8)
    inception, frechet, kernel = score(scorer, grey)
    assert inception == pytest.approx(1)
    assert 0 < frechet < math.inf
    assert math.isfinite(kernel)
    scores = scorer.score([grey], full=True)
    assert scores.inception_score_deviation == pytest.approx(0)
    assert scores.class_similarity == pytest.approx(1)


def test_the_classes_it_makes_are_counted(scorer: Scorer, bars: ScoringData) -> None:
    assert bars.held_out_labels is not None
    counts = torch.bincount(bars.held_out_labels, minlength=4)
    scores = scorer.score([bars.held_out_images], full=True)
    assert scores.class_shares == pytest.approx((counts / 200).tolist(), abs=0.02)
    assert scores.effective_classes == pytest.approx(4, abs=0.1)
    one = bars.held_out_images[bars.held_out_labels == 2][:1].expand(200, -1, -1, -1)
    collapsed = scorer.score([one], full=True)
    assert collapsed.class_shares == (0.0, 0.0, 1.0, 0.0)
    assert collapsed.effective_classes == 1.0
    assert scorer.score([one]).class_shares is None


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


def test_the_scores_of_each_class_are_for_labelled_images(scorer: Scorer, bars: ScoringData) -> None:
    labels = bars.held_out_labels
    assert labels is not None
    known = scorer.score([bars.held_out_images], labels, full=True)
    mixed_up = scorer.score([bars.held_out_images], (labels + 1) % 4, full=True)
    unlabelled = scorer.score([bars.held_out_images], full=True)
    assert known.class_frechet_distances is not None
    assert mixed_up.class_frechet_distances is not None
    assert mixed_up.mean_class_frechet_distance is not None
    assert len(known.class_frechet_distances) == 4
    assert max(known.class_frechet_distances) < 1e-3 * min(mixed_up.class_frechet_distances)
    assert mixed_up.mean_class_frechet_distance == pytest.approx(sum(mixed_up.class_frechet_distances) / 4)
    assert known.class_similarity == pytest.approx(scorer.reference.class_similarity)
    assert unlabelled.class_frechet_distances is None
    assert unlabelled.mean_class_frechet_distance is None
    assert known.class_similarity is not None
    assert unlabelled.class_similarity is not None
    assert unlabelled.class_similarity < known.class_similarity
    assert scorer.score([bars.held_out_images], labels).class_similarity is None
