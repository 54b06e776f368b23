"""The spaces that come with the package: every point is an architecture, whatever the images."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.errors import InputError
from nas_gan.space import RandomSuggest, Space, bundled_spaces, load_space, sample
from nas_gan.spec import Architecture, Image, canonical_json

IMAGES = [
    Image(channels=1, resolution=28, classes=10),
    Image(channels=3, resolution=32, classes=10),
    Image(channels=3, resolution=64, classes=0),
    Image(channels=1, resolution=48, classes=10),
]
# Reference architectures are for the images of their papers.
SPACES = [name for name in bundled_spaces() if "/" not in name]

FillAt = Callable[[Space, Image, dict[str, Any]], tuple[Architecture, dict[str, list[Any]]]]


def test_names() -> None:
    published = {"conditional", "cycle", "dcgan", "depth", "fisher_dense", "mlp", "plane"}
    assert published | {"resdense", "small", "tiny"} == set(SPACES)
    assert load_space("tiny").name == "tiny"


OF_LABELS = ("conditional", "small")
PAIRS = [(name, image) for name in SPACES for image in IMAGES if image.classes or name not in OF_LABELS]
WITH_AND_WITHOUT_LABELS = ("mlp", "resdense", "tiny")


@pytest.mark.parametrize(("name", "image"), PAIRS, ids=str)
def test_spaces_can_be_used(name: str, image: Image) -> None:
    space = load_space(name)
    space.check(image)
    labels = [hole.values for hole in space.holes(image) if hole.path == "joint.labels"]
    values = "unconditional, conditional" if image.classes else "unconditional"
    assert labels == ([values] if name in WITH_AND_WITHOUT_LABELS else [])


def test_a_space_of_conditional_networks_wants_labels() -> None:
    with pytest.raises(InputError, match="every architecture of this space uses labels"):
        load_space("conditional").check(Image(channels=3, resolution=32))


def test_points_want_perceptrons() -> None:
    points = Image(channels=2, resolution=1)
    load_space("plane").check(points)
    with pytest.raises(InputError, match='stages don\'t make points; use networks of kind "perceptron"'):
        load_space("resdense").check(points)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), pair=st.sampled_from(PAIRS))
def test_any_point_is_an_architecture(seed: int, pair: tuple[str, Image]) -> None:
    name, image = pair
    space = load_space(name)
    architecture = sample(space, image, random.Random(seed))
    assert architecture.image == image
    assert not (architecture.conditional and image.classes == 0)
    again = Architecture.from_tree(json.loads(canonical_json(architecture)), "again")
    assert again == architecture
    assert canonical_json(again) == canonical_json(architecture)
    assert sample(space, image, random.Random(seed)) == architecture


def test_other_seeds_are_other_points() -> None:
    space = load_space("resdense")
    assert sample(space, IMAGES[0], random.Random(0)) != sample(space, IMAGES[0], random.Random(1))


@pytest.mark.parametrize("name", SPACES)
def test_every_hole_is_met_at_random(name: str) -> None:
    """What `holes` lists is what a study asks for, no more and no less."""
    space, image = load_space(name), IMAGES[0]
    listed = {hole.path for hole in space.holes(image)}
    met: set[str] = set()
    generator = random.Random(0)
    for _ in range(400):
        suggest = _Named(RandomSuggest(generator))
        space.fill(suggest, image)
        met |= suggest.names
    assert met == listed


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")  # of `group`
@pytest.mark.parametrize(("name", "image"), [("resdense", IMAGES[0]), ("tiny", IMAGES[2])], ids=str)
def test_optuna_fills_spaces(name: str, image: Image, fill_at: FillAt) -> None:
    """Multivariate TPE with groups, past its start-up trials; and its stored parameters give the same points."""
    space = load_space(name)
    made: list[Architecture] = []

    def objective(trial: optuna.Trial) -> float:
        made.append(space.fill(trial, image))
        return float(made[-1].latent_generator.latent_dim)

    sampler = optuna.samplers.TPESampler(multivariate=True, group=True, n_startup_trials=5, seed=0)
    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials=12)
    assert {trial.state for trial in study.trials} == {optuna.trial.TrialState.COMPLETE}
    for trial, architecture in zip(study.trials, made, strict=True):
        assert fill_at(space, image, trial.params)[0] == architecture
        assert space.fill(optuna.trial.FixedTrial(trial.params), image) == architecture


class _Named:
    """Suggests as another does, and keeps the names."""

    def __init__(self, inner: RandomSuggest) -> None:
        self.inner = inner
        self.names: set[str] = set()

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        self.names.add(name)
        return self.inner.suggest_categorical(name, choices)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        self.names.add(name)
        return self.inner.suggest_int(name, low, high, step=step, log=log)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        self.names.add(name)
        return self.inner.suggest_float(name, low, high, step=step, log=log)
