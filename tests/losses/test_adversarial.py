"""Losses and their gradients against values worked out by hand."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor

from nas_gan.losses import (
    AdversarialLoss,
    Fisher,
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    Wasserstein,
    build_loss,
)
from nas_gan.spec.game import Loss, LossField

LOG_3 = math.log(3.0)
NO_REAL = torch.empty(0)
"""Real scores in the generator's step, which none of these objectives looks at."""
LOSSES: TypeAdapter[Loss] = TypeAdapter(LossField)
KINDS: dict[str, type[AdversarialLoss]] = {
    "minimax": Minimax,
    "non_saturating": NonSaturating,
    "least_squares": LeastSquares,
    "hinge": Hinge,
    "wasserstein": Wasserstein,
    "fisher": Fisher,
}


def gradients(loss: AdversarialLoss, real: list[float], generated: list[float]) -> list[list[float]]:
    """Of the discriminator's loss by real and by generated scores, and of the generator's by generated ones."""
    scores = [torch.tensor(values, requires_grad=True) for values in (real, generated)]
    of_discriminator = torch.autograd.grad(loss.discriminator(*scores), scores)
    of_generator = torch.autograd.grad(loss.generator(NO_REAL, scores[1]), scores[1])
    return [gradient.tolist() for gradient in (*of_discriminator, *of_generator)]


@pytest.mark.parametrize("kind", ["minimax", "non_saturating"])
def test_logarithms_at_scores_whose_sigmoid_is_a_quarter_half_and_three_quarters(kind: str) -> None:
    real = torch.tensor([LOG_3, 0.0])  # D = 3/4, 1/2
    generated = torch.tensor([-LOG_3, LOG_3])  # D = 1/4, 3/4
    of_real = (math.log(4 / 3) + math.log(2)) / 2
    of_generated = (math.log(4 / 3) + math.log(4)) / 2
    loss = build_loss(LOSSES.validate_python(kind))
    assert loss.discriminator(real, generated).item() == pytest.approx(of_real + of_generated)


def test_the_saturating_generator_lowers_the_logarithm_of_being_found_out() -> None:
    scores = torch.tensor([-LOG_3, LOG_3])  # 1 - D = 3/4, 1/4
    assert Minimax().generator(NO_REAL, scores).item() == pytest.approx(
        (math.log(3 / 4) + math.log(1 / 4)) / 2
    )


def test_the_non_saturating_generator_raises_the_logarithm_of_being_taken_for_real() -> None:
    scores = torch.tensor([-LOG_3, LOG_3])  # D = 1/4, 3/4
    assert NonSaturating().generator(NO_REAL, scores).item() == pytest.approx(
        (math.log(4) + math.log(4 / 3)) / 2
    )


def test_slopes_of_the_logarithms() -> None:
    """A real score's is -(1 - D) / n, a generated one's D / n; the generator's -D / n or -(1 - D) / n."""
    real, generated, saturating = gradients(Minimax(), [LOG_3, 0.0], [-LOG_3, LOG_3])
    assert real == pytest.approx([-1 / 8, -1 / 4])
    assert generated == pytest.approx([1 / 8, 3 / 8])
    assert saturating == pytest.approx([-1 / 8, -3 / 8])
    *_, non_saturating = gradients(NonSaturating(), [LOG_3, 0.0], [-LOG_3, LOG_3])
    assert non_saturating == pytest.approx([-3 / 8, -1 / 8])


def test_logarithms_stay_finite_where_the_sigmoid_is_0_or_1() -> None:
    """There the saturating generator has no slope left, and the other its full one."""
    *_, saturating = gradients(Minimax(), [1e4], [-1e4])
    *_, non_saturating = gradients(NonSaturating(), [1e4], [-1e4])
    assert saturating == [0.0]
    assert non_saturating == pytest.approx([-1.0])
    assert NonSaturating().generator(NO_REAL, torch.tensor([-1e4])).item() == pytest.approx(1e4)
    assert Minimax().generator(NO_REAL, torch.tensor([1e4])).item() == pytest.approx(-1e4)
    assert NonSaturating().discriminator(torch.tensor([1e4]), torch.tensor([-1e4])).item() == 0.0


def test_least_squares_have_targets_1_for_real_0_for_generated_and_1_for_the_generator() -> None:
    loss, real, generated = LeastSquares(), [1.0, 3.0], [0.0, 2.0]
    # ½ (0 + 4) / 2 on either side; ½ (1 + 1) / 2 for the generator.
    assert loss.discriminator(torch.tensor(real), torch.tensor(generated)).item() == pytest.approx(2.0)
    assert loss.generator(NO_REAL, torch.tensor(generated)).item() == pytest.approx(0.5)
    assert gradients(loss, real, generated) == [[0.0, 1.0], [0.0, 1.0], [-0.5, 0.5]]


def test_hinge_counts_only_scores_inside_the_margin() -> None:
    real = [2.0, 1.5, 0.5, -1.0]  # 0, 0, 0.5, 2
    generated = [-3.0, -1.5, 0.0, 2.0]  # 0, 0, 1, 3
    of_both = Hinge().discriminator(torch.tensor(real), torch.tensor(generated))
    assert of_both.item() == pytest.approx(2.5 / 4 + 4.0 / 4)
    by_real, by_generated, by_generator = gradients(Hinge(), real, generated)
    assert by_real == [0.0, 0.0, -0.25, -0.25]
    assert by_generated == [0.0, 0.0, 0.25, 0.25]
    assert by_generator == [-0.25] * 4


def test_hinge_generator_raises_scores_without_bound() -> None:
    assert Hinge().generator(NO_REAL, torch.tensor([5.0, -1.0])).item() == pytest.approx(-2.0)


def test_wasserstein_is_the_difference_of_means() -> None:
    loss, real, generated = Wasserstein(), [1.0, 2.0, 6.0], [-1.0, 2.0]
    assert loss.discriminator(torch.tensor(real), torch.tensor(generated)).item() == pytest.approx(0.5 - 3.0)
    assert loss.generator(NO_REAL, torch.tensor(generated)).item() == pytest.approx(-0.5)
    by_real, by_generated, by_generator = gradients(loss, real, generated)
    assert by_real == pytest.approx([-1 / 3] * 3)
    assert by_generated == [0.5, 0.5]
    assert by_generator == [-0.5, -0.5]


def test_batches_of_different_sizes_weigh_the_same() -> None:
    one, three = torch.zeros(1), torch.zeros(3)
    assert NonSaturating().discriminator(one, three).item() == pytest.approx(2 * math.log(2))
    assert Hinge().discriminator(three, one).item() == pytest.approx(2.0)
    assert LeastSquares().discriminator(three, one).item() == pytest.approx(0.5)
    assert Wasserstein().discriminator(one + 2, three).item() == pytest.approx(-2.0)


def test_every_loss_of_a_game_has_its_objective_and_each_run_a_fresh_one() -> None:
    for loss in map(LOSSES.validate_python, KINDS):
        assert isinstance(build_loss(loss), KINDS[loss.kind])
        assert build_loss(loss) is not build_loss(loss)
    assert {loss.model_fields["kind"].default for loss in get_args(Loss)} == set(KINDS)


def test_only_critics_have_scores_without_a_scale() -> None:
    assert {kind for kind in KINDS if build_loss(LOSSES.validate_python(kind)).scale_free} == {
        "wasserstein",
        "fisher",
    }


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"fisher"}))
def test_most_objectives_keep_no_state(kind: str) -> None:
    loss = build_loss(LOSSES.validate_python(kind))
    assert loss.state() == {}
    loss.load_state({})
    state: dict[str, Tensor] = {"multiplier": torch.zeros(())}
    with pytest.raises(ValueError, match=r"the state has \['multiplier'\], not \[\]"):
        loss.load_state(state)
