"""The recurrent controller: an LSTM that emits the holes of a space one after the other.

After Zoph & Le 2016 (arXiv:1611.01578): each step's input is the decision before, each step's output a softmax over
the choices of the hole that is next. Holes needn't be known beforehand. A hole gets weights when it is first met, and
they follow from its name, so that it doesn't matter when that is or in which process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn import Parameter

from nas_gan.runs.seeds import derive_seed

WIDTH = 32
EMBEDDING_DEVIATION = 0.5


@final
@dataclass(frozen=True)
class Hole:
    """A place to decide. Equal names with equal choices are the same hole, whatever led there."""

    name: str
    choices: int


@final
@dataclass(frozen=True)
class Decision:
    """A hole and the choice that was made, numbered from 0."""

    hole: Hole
    choice: int


@final
class HoleWeights(nn.Module):
    """What the controller knows of one hole: how to be asked for it, how to answer, how to remember the answer.

    The answer's weights start at zero: what has not been learned is chosen uniformly.
    """

    def __init__(self, hole: Hole) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(derive_seed(0, "hole", hole.name))
        embeddings = EMBEDDING_DEVIATION * torch.randn(1 + hole.choices, WIDTH, generator=random)
        self.asked = Parameter(embeddings[0].clone())
        self.chosen = Parameter(embeddings[1:].clone())
        self.weight = Parameter(torch.zeros(hole.choices, WIDTH))
        self.bias = Parameter(torch.zeros(hole.choices))

    def forward(self, output: Tensor) -> Tensor:
        """Return log-probabilities `[choices]` from the LSTM's output `[WIDTH]`."""
        return F.log_softmax(F.linear(output, self.weight, self.bias), dim=0)


@final
class RecurrentController(nn.Module):
    """A distribution over sequences of decisions. Two new controllers are equal, bit for bit."""

    def __init__(self) -> None:
        super().__init__()
        # Made without values, since the layer's own would come from the global random state.
        self.memory = nn.LSTM(WIDTH, WIDTH, device="meta").to_empty(device="cpu")
        random = torch.Generator().manual_seed(derive_seed(0, "memory"))
        for parameter in self.memory.parameters():
            nn.init.uniform_(parameter, -(WIDTH**-0.5), WIDTH**-0.5, generator=random)
        self.met = nn.ModuleList()
        self._places: dict[Hole, int] = {}

    def weights_of(self, hole: Hole) -> HoleWeights:
        """Return the weights of a hole, which are made if it is new."""
        if hole not in self._places:
            self._places[hole] = len(self.met)
            self.met.append(HoleWeights(hole))
        weights = self.met[self._places[hole]]
        assert isinstance(weights, HoleWeights)
        return weights

    def probabilities(self, before: Sequence[Decision], hole: Hole) -> list[float]:
        """Return the probability of each choice of a hole, after the decisions `before`."""
        with torch.no_grad():
            inputs = torch.stack([*self._inputs(before), self._input(before[-1:], hole)])
            outputs, _ = self.memory(inputs)
            return [float(p) for p in self.weights_of(hole)(outputs[-1]).exp()]

    def log_probabilities(self, decisions: Sequence[Decision]) -> list[Tensor]:
        """For each decision the log-probabilities `[choices]` of all that could have been chosen there."""
        outputs, _ = self.memory(torch.stack([*self._inputs(decisions)]))
        return [
            self.weights_of(decision.hole)(output)
            for decision, output in zip(decisions, outputs, strict=True)
        ]

    def _inputs(self, decisions: Sequence[Decision]) -> Iterator[Tensor]:
        for index, decision in enumerate(decisions):
            yield self._input(decisions[max(0, index - 1) : index], decision.hole)

    def _input(self, last: Sequence[Decision], hole: Hole) -> Tensor:
        asked = self.weights_of(hole).asked
        return sum((self.weights_of(made.hole).chosen[made.choice] for made in last), start=asked)
