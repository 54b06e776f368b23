"""The best-scored weights of a run: what is on disk after any course of scores, stops and steps back."""

from __future__ import annotations

import math
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from nas_gan.metrics.scores import Scores
from nas_gan.nets import Generator, build_networks
from nas_gan.runs.best_weights import BestWeights
from nas_gan.runs.record import BEST_WEIGHTS_FILE, WEIGHTS_FILE
from nas_gan.spec import Architecture

ARCHITECTURE = Architecture.from_tree(
    {
        "image": {"channels": 2, "resolution": 1},
        "generator": {"kind": "perceptron", "latent_dim": 2, "hidden": [{"width": 2}]},
        "discriminator": {"kind": "perceptron", "hidden": [{"width": 2}]},
    },
    "test",
)


def _generator(seed: int) -> Generator:
    return build_networks(ARCHITECTURE, seed).generator


def _scores(value: float) -> Scores:
    return Scores(images=1, protocol_fingerprint="p", transport_distance=value)


def _holds(path: Path, seed: int) -> bool:
    found, expected = load_file(path), _generator(seed).state_dict()
    return all(found[name].equal(expected[name]) for name in found)


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.sampled_from([1.0, 2.0, 3.0, float("nan")]), min_size=1, max_size=6),
    stopped=st.sets(st.integers(0, 5)),
)
def test_the_best_are_there_and_no_third_set_is(
    tmp_path_factory: object, values: list[float], stopped: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("run")  # type: ignore[attr-defined]
    weights = BestWeights(folder, "transport")
    for place, value in enumerate(values):
        weights.keep(_generator(place), place + 1, _scores(value))
        if place in stopped:
            facts, weights = weights.facts(), BestWeights(folder, "transport")
            assert weights.resume(facts)
    known = [value for value in values if not math.isnan(value)]
    assert _holds(folder / WEIGHTS_FILE, len(values) - 1)
    if not known:
        assert weights.images_seen is None
        return
    best = values.index(min(known))
    assert weights.images_seen == best + 1
    is_last = best == len(values) - 1
    assert (folder / BEST_WEIGHTS_FILE).exists() != is_last
    assert is_last or _holds(folder / BEST_WEIGHTS_FILE, best)


def test_files_of_a_runs_own_future_are_not_taken_for_the_best(tmp_path: Path) -> None:
    """A run that goes on from the checkpoint before the last finds the weights of a scoring that is still to come."""
    first = BestWeights(tmp_path, None)
    first.keep(_generator(0), 1, _scores(2.0))
    facts = first.facts()
    first.keep(_generator(1), 2, _scores(1.0))
    second = BestWeights(tmp_path, None)
    assert not second.resume(facts)
    assert second.images_seen is None
    second.keep(_generator(2), 2, _scores(5.0))
    assert second.images_seen == 2
    assert _holds(tmp_path / WEIGHTS_FILE, 2)
