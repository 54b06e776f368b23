"""The controller as a distribution, and what it learns from standings alone."""

from __future__ import annotations

import math
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.search.samplers.recurrent_controller import Decision, Hole, RecurrentController
from nas_gan.search.samplers.recurrent_learning import LATEST_TRIALS, MovingBaseline, Reinforce

KIND, DEPTH, SKIP = Hole("kind", 2), Hole("depth", 3), Hole("skip", 4)


def _draw(controller: RecurrentController, holes: list[Hole], generator: random.Random) -> list[Decision]:
    decisions: list[Decision] = []
    for hole in holes:
        decisions.append(_drawn(controller, decisions, hole, generator))
    return decisions


def _drawn(
    controller: RecurrentController, before: list[Decision], hole: Hole, generator: random.Random
) -> Decision:
    (choice,) = generator.choices(range(hole.choices), controller.probabilities(before, hole))
    return Decision(hole, choice)


def _taught(trials: int) -> RecurrentController:
    """A controller that was rewarded for `depth` 2 with `kind` 1, and `depth` 0 with `kind` 0."""
    controller, generator = RecurrentController(), random.Random(0)
    reinforce = Reinforce(controller)
    for _ in range(trials):
        # Both kinds are tried alike to the end, as if set by hand.
        decisions = [Decision(KIND, generator.randrange(2))]
        for hole in (DEPTH, SKIP):
            decisions.append(_drawn(controller, decisions, hole, generator))
        right = decisions[1].choice == 2 * decisions[0].choice
        reinforce.learn(decisions, (math.inf, float(right)))
    return controller


@settings(deadline=None, max_examples=15)
@given(counts=st.lists(st.integers(1, 20), min_size=1, max_size=8), seed=st.integers(0, 2**32))
def test_probabilities_sum_to_one_and_agree_step_by_step(counts: list[int], seed: int) -> None:
    controller, generator = RecurrentController(), random.Random(seed)
    reinforce = Reinforce(controller)
    holes = [Hole(f"hole {index}", count) for index, count in enumerate(counts)]
    for _ in range(3):
        reinforce.learn(_draw(controller, holes, generator), (math.inf, generator.random()))
    decisions = _draw(controller, holes, generator)
    for index, together in enumerate(controller.log_probabilities(decisions)):
        alone = controller.probabilities(decisions[:index], holes[index])
        assert len(alone) == holes[index].choices
        assert math.fsum(alone) == pytest.approx(1.0, abs=1e-5)
        torch.testing.assert_close(together.exp(), torch.tensor(alone), atol=1e-5, rtol=1e-4)


def test_what_was_not_learned_is_uniform() -> None:
    assert RecurrentController().probabilities([Decision(KIND, 1)], SKIP) == pytest.approx([0.25] * 4)


def test_weights_of_a_hole_do_not_depend_on_when_it_is_met() -> None:
    one, other = RecurrentController(), RecurrentController()
    for controller, holes in ((one, (KIND, DEPTH)), (other, (DEPTH, KIND))):
        for hole in holes:
            controller.weights_of(hole)
    for hole in (KIND, DEPTH):
        pairs = zip(one.weights_of(hole).parameters(), other.weights_of(hole).parameters(), strict=True)
        assert all(torch.equal(mine, theirs) for mine, theirs in pairs)


def test_the_global_random_state_is_left_alone() -> None:
    before = torch.random.get_rng_state(), random.getstate()
    _taught(3)
    assert torch.equal(before[0], torch.random.get_rng_state())
    assert before[1] == random.getstate()


def test_rewarded_choices_become_likelier_given_the_choice_before() -> None:
    controller = _taught(400)
    for kind in (0, 1):
        assert controller.probabilities([Decision(KIND, kind)], DEPTH)[2 * kind] > 0.7


def test_a_baseline_compares_with_the_latest_trials() -> None:
    baseline = MovingBaseline()
    assert baseline.advantage((math.inf, 1.0)) == 0.0
    assert baseline.advantage((math.inf, 2.0)) == 0.5
    # Pruned: worse than both, however good its score was on the way.
    assert baseline.advantage((3.0, 9.0)) == pytest.approx(-2 / 3)
    for _ in range(LATEST_TRIALS):
        baseline.advantage((math.inf, 7.0))
    assert baseline.advantage((math.inf, 7.0)) == 0.0


def test_a_trial_without_decisions_teaches_nothing() -> None:
    controller = RecurrentController()
    Reinforce(controller).learn([], (math.inf, 1.0))
    pairs = zip(controller.parameters(), RecurrentController().parameters(), strict=True)
    assert all(torch.equal(mine, fresh) for mine, fresh in pairs)
