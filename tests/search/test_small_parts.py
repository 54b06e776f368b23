"""Seeds, rungs, samplers and spread labels."""

from __future__ import annotations

import optuna
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.runs.scoring import spread_labels
from nas_gan.runs.seeds import derive_seed
from nas_gan.search.rungs import rungs_of
from nas_gan.search.samplers.build import build_sampler
from nas_gan.space import load_space
from nas_gan.spec import Image

IMAGE = Image(channels=1, resolution=28, classes=10)


def test_seeds_differ_by_every_part() -> None:
    seeds = [derive_seed(seed, *parts) for seed in (0, 1) for parts in (("a",), ("b",), ("a", 0), ("a", 1))]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert derive_seed(3, "x", 1) == derive_seed(3, "x", 1)


@settings(deadline=None)
@given(images=st.integers(1, 10**9))
def test_rungs_climb_to_the_budget(images: int) -> None:
    rungs = rungs_of(images)
    assert rungs[-1] == images
    assert len(rungs) == 3
    assert sorted(rungs) == list(rungs)
    assert rungs[0] >= 1


@settings(deadline=None)
@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=60), count=st.integers(1, 200))
def test_spread_labels_keep_the_proportions(labels: list[int], count: int) -> None:
    spread = spread_labels(torch.tensor(labels), count)
    assert len(spread) == count
    for label in set(labels):
        share = labels.count(label) / len(labels)
        assert abs((spread == label).sum().item() - share * count) <= 1


@pytest.mark.parametrize("kind", ["tpe", "random"])
def test_a_sampler_repeats_with_its_seed(kind: str) -> None:
    def proposals(seed: int) -> list[float]:
        study = optuna.create_study(sampler=build_sampler(kind, seed, load_space("tiny"), IMAGE))
        return [study.ask().suggest_float("x", 0.0, 1.0) for _ in range(3)]

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    assert proposals(1) == proposals(1)
    assert proposals(1) != proposals(2)
