"""How the controller learns: REINFORCE (Williams 1992), one update a finished trial.

Scores of GANs span decades and those of pruned trials come from shorter training, so a trial's reward is not
its score but its rank among the latest trials. The baseline, their median, moves with the controller.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import final

import torch
from torch.nn import Parameter
from torch.nn.utils import clip_grad_norm_

from nas_gan.search.samplers.recurrent_controller import Decision, Hole, RecurrentController

LATEST_TRIALS = 50
LEARNING_RATE = 0.01
ENTROPY_WEIGHT = 0.02
MAX_GRADIENT_NORM = 1.0

Standing = tuple[float, float]
"""How well a trial did; the greater is the better. First how far it got, then how good it was there."""


@final
class MovingBaseline:
    """Compares a trial with the latest ones."""

    def __init__(self) -> None:
        self._latest: deque[Standing] = deque(maxlen=LATEST_TRIALS)

    def advantage(self, standing: Standing) -> float:
        """In [-1, 1]: the share of the latest trials that are worse, less the share that are better.

        The trial itself becomes the last of the latest.
        """
        self._latest.append(standing)
        worse = sum(other < standing for other in self._latest)
        better = sum(other > standing for other in self._latest)
        return (worse - better) / len(self._latest)


@final
class Reinforce:
    """Teaches one controller. The same trials in the same order give the same controller, bit for bit."""

    def __init__(self, controller: RecurrentController) -> None:
        self._controller = controller
        self._baseline = MovingBaseline()
        self._memory = list(controller.memory.parameters())
        self._optimiser = torch.optim.Adam(self._memory, lr=LEARNING_RATE)
        self._known: set[Hole] = set()

    def learn(self, decisions: Sequence[Decision], standing: Standing) -> None:
        """Make decisions that led to a good standing likelier, all others less so.

        The entropy bonus keeps choices open that few trials have spoken against.
        """
        advantage = self._baseline.advantage(standing)
        if not decisions:
            return
        # In the trial's own order, so that the sum inside the norm doesn't depend on what was met before.
        parameters = [*self._memory, *(each for one in decisions for each in self._parameters_of(one.hole))]
        self._optimiser.zero_grad()
        with torch.enable_grad():
            log_probabilities = self._controller.log_probabilities(decisions)
            chosen = torch.stack(
                [each[one.choice] for each, one in zip(log_probabilities, decisions, strict=True)]
            )
            entropy = torch.stack([-(each.exp() * each).sum() for each in log_probabilities])
            loss = -(advantage * chosen.sum() + ENTROPY_WEIGHT * entropy.sum())
            loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(parameters, MAX_GRADIENT_NORM)
        self._optimiser.step()

    def _parameters_of(self, hole: Hole) -> list[Parameter]:
        parameters = list(self._controller.weights_of(hole).parameters())
        if hole not in self._known:
            self._known.add(hole)
            self._optimiser.add_param_group({"params": parameters})
        return parameters
