"""Batches: every image once an epoch, and latents and labels distributed as they should be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.spec.game import Game
from nas_gan.training import TrainingData
from nas_gan.training.batches import Batches, to_unit_range

MakeGame = Callable[..., Game]
SEED = 7


def numbered_data(count: int) -> TrainingData:
    """Images whose every pixel is their number, and that number as label."""
    numbers = torch.arange(count)
    return TrainingData(numbers.to(torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 2, 2).contiguous(), numbers)


def test_grey_values_become_the_range_of_tanh() -> None:
    images = to_unit_range(torch.tensor([0, 51, 255], dtype=torch.uint8))
    assert images.dtype == torch.float32
    assert images.tolist() == pytest.approx([-1.0, -0.6, 1.0])


@settings(deadline=None, max_examples=30)
@given(count=st.integers(1, 40), batch_size=st.integers(1, 60), seed=st.integers(0, 1000))
def test_every_image_comes_once_an_epoch_with_its_own_label(
    make_game: MakeGame, count: int, batch_size: int, seed: int
) -> None:
    game = make_game(batch_size=batch_size, classes=40, conditional=True)
    batches = Batches(numbered_data(count), game, seed)
    drawn = [batches.real() for _ in range(3 * count // batch_size + 1)]
    for images, labels in drawn:
        assert labels is not None
        assert len(images) == len(labels) == batch_size
        numbers = (images[:, 0, 0, 0] + 1) * 127.5
        assert torch.equal(numbers.round().long(), labels)
    order = torch.cat([labels for _, labels in drawn if labels is not None])
    for epoch in order[: len(order) // count * count].view(-1, count):
        assert sorted(epoch.tolist()) == list(range(count))


def test_a_seed_repeats_all_draws_and_another_does_not(make_game: MakeGame) -> None:
    def draw(seed: int) -> torch.Tensor:
        batches = Batches(numbered_data(20), make_game(), seed)
        return torch.cat([batches.real()[0].flatten(), batches.latent(3).flatten()])

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))


def test_uniform_latents_fill_the_range_from_minus_one_to_one(make_game: MakeGame) -> None:
    batches = Batches(numbered_data(1), make_game(latent_distribution="uniform", latent_dim=100), SEED)
    latent = batches.latent(400)
    assert latent.shape == (400, 100)
    assert latent.min() >= -1
    assert latent.max() <= 1
    # 40,000 draws: 5 standard errors of mean and variance (1/3).
    assert latent.mean().item() == pytest.approx(0.0, abs=5 * (1 / 3 / 40_000) ** 0.5)
    assert latent.var().item() == pytest.approx(1 / 3, abs=5 * (4 / 45 / 40_000) ** 0.5)


def test_normal_latents_are_standard_normal(make_game: MakeGame) -> None:
    latent = Batches(numbered_data(1), make_game(latent_dim=100), SEED).latent(400)
    assert latent.mean().item() == pytest.approx(0.0, abs=5 * (1 / 40_000) ** 0.5)
    assert latent.var().item() == pytest.approx(1.0, abs=5 * (2 / 40_000) ** 0.5)
    assert latent.abs().max() > 3


def test_labels_to_generate_are_distributed_as_in_the_data(data: TrainingData, make_game: MakeGame) -> None:
    labels = Batches(data, make_game(classes=3, conditional=True), SEED).labels(20_000)
    assert labels is not None
    for label, share in enumerate((0.6, 0.3, 0.1)):
        error = (share * (1 - share) / 20_000) ** 0.5
        assert (labels == label).float().mean().item() == pytest.approx(share, abs=5 * error)


def test_an_unconditional_run_leaves_labels_alone(data: TrainingData, make_game: MakeGame) -> None:
    batches = Batches(data, make_game(classes=3), SEED)
    assert batches.real()[1] is None
    assert batches.labels(4) is None


def test_a_conditional_run_refuses_data_without_labels(data: TrainingData, make_game: MakeGame) -> None:
    with pytest.raises(ValueError, match="needs labels"):
        Batches(TrainingData(data.images, None), make_game(classes=3, conditional=True), SEED)


def test_labels_beyond_the_classes_are_refused(data: TrainingData, make_game: MakeGame) -> None:
    with pytest.raises(ValueError, match="0 to 2, and there are 2 classes"):
        Batches(data, make_game(classes=2, conditional=True), SEED)


def test_points_are_trained_on_as_they_are(make_game: MakeGame) -> None:
    points = torch.tensor([[-300.0, 0.25], [7.5, 1e6]]).view(2, 2, 1, 1)
    drawn, _ = Batches(TrainingData(points, None), make_game(batch_size=2), SEED).real()
    assert drawn.dtype == torch.float32
    assert sorted(drawn.flatten(1).tolist()) == [[-300.0, 0.25], [7.5, 1e6]]


def test_images_and_labels_of_another_kind_are_refused() -> None:
    images = torch.zeros(4, 1, 2, 2, dtype=torch.uint8)
    points = torch.zeros(4, 2, 1, 1)
    for wrong in (images.float(), images[0], images[:0], points.double(), points[:0], points[:, :, 0]):
        with pytest.raises(ValueError, match="images must be uint8"):
            TrainingData(wrong, None)
    for labels in (torch.zeros(3, dtype=torch.int64), torch.zeros(4)):
        with pytest.raises(ValueError, match=r"labels must be int64 \[4\]"):
            TrainingData(images, labels)
