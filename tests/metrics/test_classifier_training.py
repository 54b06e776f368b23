from __future__ import annotations

from dataclasses import replace

import torch

from nas_gan.metrics.classifier_training import (
    ClassifierConfig,
    compute_shift,
    shift_images,
    train_classifier,
)
from nas_gan.metrics.scoring_data import LabelledImages, ScoringData

CPU = torch.device("cpu")


def split(data: ScoringData) -> tuple[LabelledImages, LabelledImages]:
    assert data.train_labels is not None
    assert data.held_out_labels is not None
    train = LabelledImages(data.train_images, data.train_labels)
    return train, LabelledImages(data.held_out_images, data.held_out_labels)


def test_it_learns_what_can_be_learnt(bars: ScoringData) -> None:
    announced: list[str] = []
    trained = train_classifier(*split(bars), 4, ClassifierConfig(epochs=4), CPU, announced.append)
    assert trained.held_out_accuracy > 0.95
    assert not trained.module.training
    assert len(announced) == 4


def test_a_seed_repeats_every_bit_and_leaves_the_global_state_alone(bars: ScoringData) -> None:
    before = torch.get_rng_state()
    first, again, other = (
        train_classifier(
            *split(bars), 4, ClassifierConfig(epochs=1, seed=seed), CPU, lambda line: None
        ).module.state_dict()
        for seed in (3, 3, 4)
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_many_images_take_fewer_epochs(bars: ScoringData) -> None:
    announced: list[str] = []
    config = ClassifierConfig(epochs=9, images_at_most=900)
    train_classifier(*split(bars), 4, config, CPU, announced.append)
    assert len(announced) == 2


def test_images_move_by_whole_pixels_and_repeat_their_border() -> None:
    images = torch.arange(2 * 3 * 6 * 5, dtype=torch.uint8).view(2, 3, 6, 5)
    index = torch.tensor([1, 0] * 100)
    moved = shift_images(images, index, 2, torch.Generator().manual_seed(0))
    padded = torch.nn.functional.pad(images.float(), (2, 2, 2, 2), mode="replicate").to(torch.uint8)
    windows = padded.unfold(2, 6, 1).unfold(3, 5, 1).permute(0, 2, 3, 1, 4, 5).flatten(1, 2)
    places = set()
    for image, original in zip(moved, index, strict=True):
        (matches,) = (windows[original] == image).flatten(1).all(1).nonzero(as_tuple=True)
        assert len(matches) == 1
        places.add(int(matches))
    assert len(places) == 25


def test_without_a_shift_images_stay() -> None:
    images = torch.arange(48, dtype=torch.uint8).view(3, 1, 4, 4)
    assert torch.equal(shift_images(images, torch.arange(3), 0, torch.Generator()), images)


def test_the_shift_ceases() -> None:
    shifts = [compute_shift(epoch, 12, 2) for epoch in range(12)]
    assert shifts == sorted(shifts, reverse=True)
    assert shifts[0] == 2
    assert shifts[8:] == [0, 0, 0, 0]


CONFIG = ClassifierConfig(epochs=4, shift=0)


def test_it_stops_where_it_is_right_often_enough(bars: ScoringData) -> None:
    """Before the end, and no earlier than the accuracy is reached; an accuracy out of reach stops nothing."""
    early: list[str] = []
    whole: list[str] = []
    accuracies = [
        train_classifier(
            *split(bars), 4, replace(CONFIG, stop_accuracy=stop), CPU, lines.append
        ).held_out_accuracy
        for stop, lines in ((0.6, early), (None, whole))
    ]
    assert 0.6 <= accuracies[0] < accuracies[1]
    assert len(early) < len(whole) == 4
