"""Proposals: valid, new, admitted, repeatable, and better than random ones."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.search.samplers.local import LocalSearch, LocalSettings, Observation, learn_prior
from nas_gan.search.samplers.local.domain import Draft
from nas_gan.search.samplers.observation import State
from nas_gan.space import FileSpace, Space, bundled_spaces, load_space
from nas_gan.space.nodes import Scalar
from nas_gan.spec import Architecture, Image, compute_cost, recipe_hash

DIGITS = Image(channels=1, resolution=28, classes=10)
POINTS = Image(channels=2, resolution=1, classes=0)
SPACES = [name for name in bundled_spaces() if "/" not in name]  # those have holes
TRIALS = 40
WITHOUT_FOREST = LocalSettings(forest_from=10**9)

FillStrictly = Callable[[Space, Image, Mapping[str, Scalar]], Architecture]
Propose = Callable[[list[Observation]], Mapping[str, Scalar]]

# Holes that may stand, or not, at places of the tiny space.
HOLES: dict[tuple[str, ...], list[Any]] = {
    ("generator", "latent_dim"): [8, {"int": [4, 64], "log": True}, {"choice": [4, 8, 16, 32]}],
    ("generator", "stages", "depth"): [1, {"int": [1, 3]}, {"same_as": "shared.depth"}],
    ("generator", "stages", "skip"): [0, {"int": [0, 2]}],
    ("generator", "stages", "connect"): [
        "plain",
        {"choice": ["plain", "residual", {"kind": "dense", "growth": {"int": [2, 8], "step": 2}}]},
    ],
    ("discriminator", "stages", "depth"): [
        1,
        {"same_as": "shared.depth"},
        {"same_as": "generator.stages.mirror.depth"},
    ],
    ("optimisers", "generator", "learning_rate"): [1e-3, {"float": [1e-4, 1e-2], "log": True}],
    ("training", "moving_average"): [0.9, {"float": [0.9, 0.99], "step": 0.01}],
    ("training", "batch_size"): [4, {"choice": [4, 8]}],
}


@st.composite
def _spaces(draw: st.DrawFn) -> Space:
    tree: dict[str, Any] = {}
    stages: dict[str, Any] = {"width": 4}
    tree["generator"] = {"latent_dim": 8, "width": 4, "stages": dict(stages)}
    tree["discriminator"] = {"width": 4, "stages": dict(stages)}
    for path, nodes in HOLES.items():
        table = tree
        for step in path[:-1]:
            table = table.setdefault(step, {})
        table[path[-1]] = draw(st.sampled_from(nodes))
    if {"same_as": "shared.depth"} in (
        tree["generator"]["stages"]["depth"],
        tree["discriminator"]["stages"]["depth"],
    ):
        tree["shared"] = {"depth": {"int": [1, 2]}}
    if draw(st.booleans()):
        conditional = {
            "label": "conditional",
            "generator": {"conditioning": {"choice": ["concat", "conditional_batch_norm"]}},
            "discriminator": {"conditioning": {"choice": ["projection", "auxiliary_classifier"]}},
        }
        tree["joint"] = {"labels": {"choice": [{"label": "unconditional"}, conditional]}}
    return FileSpace.from_tree("random", tree, "random.toml")


def _history(
    space: Space, image: Image, trials: int, generator: random.Random, local: LocalSearch | None = None
) -> list[Observation]:
    """Trials of all kinds, with scores that mean nothing."""
    search = local or LocalSearch(space, image, generator.randrange(1000), settings=WITHOUT_FOREST)
    history: list[Observation] = []
    states: tuple[State, ...] = ("done", "done", "done", "running", "paused", "failed", "rejected")
    for _ in range(trials):
        rungs = (2, 6, 18)[: generator.randint(0, 3)]
        scores = {rung: generator.choice((generator.random(), math.nan)) for rung in rungs}
        history.append(Observation(search.propose(history), generator.choice(states), scores))
    return history


@settings(deadline=None, max_examples=40)
@given(space=_spaces(), seed=st.integers(0, 2**32))
def test_any_proposal_is_a_point_of_its_space(space: Space, seed: int, fill_strictly: FillStrictly) -> None:
    for observation in _history(space, DIGITS, 12, random.Random(seed)):
        fill_strictly(space, DIGITS, observation.values)


@pytest.mark.parametrize("name", SPACES)
def test_any_proposal_is_a_point_of_a_bundled_space(name: str, fill_strictly: FillStrictly) -> None:
    space, image = load_space(name), POINTS if name == "plane" else DIGITS
    history = _history(space, image, 24, random.Random(name))
    recipes = [recipe_hash(fill_strictly(space, image, each.values)) for each in history]
    assert len(set(recipes)) == len(recipes)


def test_the_same_seed_and_history_give_the_same_proposal_and_another_seed_another() -> None:
    space = load_space("tiny")
    history = _history(space, DIGITS, 20, random.Random(0))

    def propose(seed: int) -> dict[str, Scalar]:
        return LocalSearch(space, DIGITS, seed).propose(history)

    assert propose(1) == propose(1)
    asked = LocalSearch(space, DIGITS, 1)
    asked.propose(history[:4])
    assert asked.propose(history) == propose(1)
    assert len({frozenset(propose(seed).items()) for seed in range(8)}) == 8


def test_workers_never_propose_what_another_is_at(fill_strictly: FillStrictly) -> None:
    """Even if they share a seed, and know nothing but what runs."""
    space = load_space("depth")
    history: list[Observation] = []
    for _ in range(30):
        history.append(Observation(LocalSearch(space, DIGITS, 7).propose(history), "running"))
    assert len({recipe_hash(fill_strictly(space, DIGITS, each.values)) for each in history}) == 30


def test_a_space_is_tried_out_and_only_then_repeated() -> None:
    tree = {
        "generator": {"latent_dim": {"choice": [2, 3, 4]}, "width": 4, "stages": {"depth": {"int": [1, 2]}}},
        "discriminator": {"width": 4, "stages": {}},
    }
    space = FileSpace.from_tree("small", tree, "small.toml")
    search = LocalSearch(space, DIGITS, 0)
    history: list[Observation] = []
    # Three sizes, and a depth in each of two stages.
    for number in range(12):
        history.append(Observation(search.propose(history), "done", {1: float(number)}))
    assert len({frozenset(each.values.items()) for each in history}) == 12
    assert search.propose(history) in [each.values for each in history]


def test_only_admitted_architectures_are_proposed_where_there_are_any(fill_strictly: FillStrictly) -> None:
    space = load_space("resdense")

    def admit(architecture: Architecture) -> bool:
        return architecture.conditional and compute_cost(architecture).macs < 40e6

    search = LocalSearch(space, DIGITS, 0, admit=admit, settings=WITHOUT_FOREST)
    for observation in _history(space, DIGITS, 25, random.Random(0), search):
        assert admit(fill_strictly(space, DIGITS, observation.values))
    hopeless = LocalSearch(space, DIGITS, 0, admit=lambda _: False)
    assert hopeless.propose([])


def test_holes_set_by_hand_stay(fill_strictly: FillStrictly) -> None:
    space = load_space("tiny")
    history = _history(space, DIGITS, 20, random.Random(3))
    fixed: dict[str, Scalar] = {"joint.labels": "unconditional", "generator.latent_dim": 5}
    for seed in range(10):
        values = LocalSearch(space, DIGITS, seed).propose(history, fixed)
        assert fixed.items() <= values.items()
        fill_strictly(space, DIGITS, values)


def test_learning_rates_change_more_often_than_other_holes() -> None:
    space = load_space("resdense")
    parent = Observation(LocalSearch(space, DIGITS, 0).propose([]), "done", {18: 1.0})
    only_near = LocalSettings(forest_from=10**9, random_share=0.0, prior_share=0.0, crossover_share=0.0)
    changed: dict[str, int] = {}
    for seed in range(100):
        search = LocalSearch(space, DIGITS, seed, settings=replace(only_near, first_random=0))
        for hole, value in search.propose([parent]).items():
            changed[hole] = changed.get(hole, 0) + (parent.values.get(hole, value) != value)
    rates = [changed.pop(f"optimisers.{network}.learning_rate") for network in ("generator", "discriminator")]
    assert all(30 < count < 65 for count in rates), rates
    assert max(changed.values()) < 25


def test_after_a_start_nothing_has_to_be_random() -> None:
    space = load_space("resdense")
    values = LocalSearch(space, DIGITS, 0).propose([])
    near = LocalSettings(forest_from=10**9, random_share=0.0, prior_share=0.0, crossover_share=0.0)

    def shared(is_given: bool) -> float:
        history = [Observation(values, "done", {18: 1.0}, is_given)]
        found = [LocalSearch(space, DIGITS, seed, settings=near).propose(history) for seed in range(10)]
        return statistics.mean(
            sum(values.get(hole) == value for hole, value in each.items()) / len(each) for each in found
        )

    assert shared(is_given=True) > 0.85
    assert shared(is_given=False) < 0.75


def test_no_proposal_costs_many_times_what_is_usual() -> None:
    space = load_space("resdense")
    values = min(
        (LocalSearch(space, DIGITS, seed).propose([]) for seed in range(20)),
        key=lambda each: _macs(space, each),
    )
    history = [Observation(values, "done", {18: 1.0})]
    tight = LocalSettings(forest_from=10**9, most_cost=1.2, random_share=0.5)
    for seed in range(20):
        proposed = LocalSearch(space, DIGITS, seed, settings=tight).propose(history)
        assert _macs(space, proposed) <= 1.2 * _macs(space, values)


def _macs(space: Space, values: Mapping[str, Scalar]) -> int:
    return compute_cost(space.fill(Draft(lambda hole, _: values[hole]), DIGITS)).macs


def test_earlier_searches_lead_the_first_proposals() -> None:
    space = load_space("resdense")
    generator = random.Random(0)
    earlier = [
        Observation(values, "done", {1: float(values["loss"] != "hinge") + generator.random() / 100})
        for values in (LocalSearch(space, DIGITS, seed).propose([]) for seed in range(60))
    ]
    prior = learn_prior([earlier], good_share=1 / 3)
    assert prior["loss"]["hinge"] > 1.5
    assert prior["loss"]["non_saturating"] < 0.5

    def share(search_prior: Mapping[str, Mapping[Scalar, float]] | None) -> float:
        found = [
            LocalSearch(space, DIGITS, seed, prior=search_prior).propose([])["loss"] for seed in range(150)
        ]
        return found.count("hinge") / len(found)

    assert share(None) == pytest.approx(0.5, abs=0.15)
    assert share(prior) > 0.7


def _tree_score(space: Space, values: Mapping[str, Scalar], seed: int) -> float:
    """A score, lower is better, with an effect of each hole's value: those of a subtree count where it is taken."""
    draft = Draft(lambda hole, _: values[hole])
    space.fill(draft, DIGITS)
    goodness = 0.0
    for hole, domain in draft.domains.items():
        for name, number in domain.features(values[hole]).items():
            effect = random.Random(f"{seed}/{hole}/{name}")
            goodness += effect.gauss(0.0, 1.0) if name else 1.0 - 6.0 * (number - effect.random()) ** 2
    return 60.0 * math.exp(-goodness / 6.0)


def _best_of(space: Space, seed: int, trials: int, propose: Propose) -> float:
    """The best score of a search in which a third of the trials goes on to a second rung; the first is noisier."""
    noise, history, best = random.Random(f"noise {seed}"), list[Observation](), math.inf
    for _ in range(trials):
        values = propose(history)
        score = _tree_score(space, values, seed)
        early = [each.scores[6] for each in history]
        scores = {6: 2.0 * score * math.exp(noise.gauss(0.0, 0.3))}
        if sum(scores[6] > other for other in early) <= len(early) / 3:
            scores[18] = score * math.exp(noise.gauss(0.0, 0.1))
        history.append(Observation(values, "done", scores))
        best = min(best, score)
    return best


@pytest.mark.parametrize("name", ["fisher_dense", "tiny"])
def test_it_beats_random_search_on_a_tree_of_holes(name: str) -> None:
    """Twenty landscapes, forty trials each: paired, in logarithms, more than three standard errors."""
    space = load_space(name)

    def gain(seed: int) -> float:
        def draw(_: list[Observation]) -> Mapping[str, Scalar]:
            draft = Draft(lambda _, domain: domain.draw(generator))
            space.fill(draft, DIGITS)
            return draft.values

        generator = random.Random(seed)
        search = LocalSearch(space, DIGITS, seed, settings=WITHOUT_FOREST)
        return math.log(_best_of(space, seed, TRIALS, draw) / _best_of(space, seed, TRIALS, search.propose))

    gains = [gain(seed) for seed in range(20)]
    error = statistics.stdev(gains) / math.sqrt(len(gains))
    assert statistics.mean(gains) > 3 * error
    assert sum(each > 0 for each in gains) >= 15
