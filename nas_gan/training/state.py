"""Everything that the future of a training run depends on, as tensors by name and plain facts beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, final

import torch
from torch import Tensor, nn


@final
@dataclass(frozen=True, eq=False)
class State:
    """What one part of a run has to remember. `facts` hold what JSON can write, and nothing else."""

    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def part(self, name: str) -> State:
        """Return the state that `join` took under this name; raises ValueError where there is none."""
        if name not in self.facts:
            raise ValueError(f"the state has no part {name!r}")
        prefix = f"{name}/"
        tensors = {
            key.removeprefix(prefix): tensor for key, tensor in self.tensors.items() if key.startswith(prefix)
        }
        return State(tensors, self.facts[name])

    def copied(self) -> State:
        """Return the same, on the CPU, contiguous, and untouched by what the run does next."""
        # A plain clone would keep the strides of weights that lie channels last, which no file can say.
        return State(
            {
                name: torch.empty(tensor.shape, dtype=tensor.dtype).copy_(tensor.detach())
                for name, tensor in self.tensors.items()
            },
            dict(self.facts),
        )


def join(**parts: State) -> State:
    """Return one state of several parts: `name/key` are the names of its tensors."""
    tensors = {
        f"{name}/{key}": tensor for name, part in parts.items() for key, tensor in part.tensors.items()
    }
    return State(tensors, {name: dict(part.facts) for name, part in parts.items()})


def check_names(found: Iterable[str], expected: Iterable[str], whose: str) -> None:
    """Raise ValueError, naming one of them, where names are missing or were not expected."""
    different = sorted(set(found) ^ set(expected))
    if different:
        raise ValueError(f"{whose}: {different[0]!r} is missing, or nothing here has that name")


def network_state(network: nn.Module) -> State:
    """Return a network's parameters and buffers, those that only training reads (spectral normalisation) included."""
    return State(network.state_dict())


@torch.no_grad()
def load_network_state(network: nn.Module, state: State, whose: str) -> None:
    """Put parameters and buffers in place, each with its own strides; raises ValueError for another network's."""
    own = network.state_dict()
    check_names(state.tensors, own, whose)
    for name, tensor in own.items():
        put(tensor, state.tensors[name], f"{whose}: {name}")


def put(target: Tensor, source: Tensor, whose: str) -> None:
    """Copy values into a tensor that keeps its strides and its device; raises ValueError for another shape."""
    if target.shape != source.shape or target.dtype != source.dtype:
        raise ValueError(
            f"{whose} is {source.dtype} {list(source.shape)}, not {target.dtype} {list(target.shape)}"
        )
    target.copy_(source)
