"""Optimisers of the two networks, from their settings."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from nas_gan.spec.game import Optimiser, Rmsprop
from nas_gan.training.state import State, check_names, put

SCORE = "score."
"""Names of the parameters of a discriminator's last linear layer begin so."""

Group = dict[str, object]


def build_optimiser(
    network: nn.Module, settings: Optimiser, score_weight_decay: float | None = None
) -> torch.optim.Optimizer:
    """Make the optimiser of all of a network's parameters.

    With `score_weight_decay` those of its last linear layer, `score`, are a group of their own with that weight
    decay; raises ValueError for a network without any.
    """
    if score_weight_decay is None:
        return _build(settings, [{"params": list(network.parameters())}])
    score = [parameter for name, parameter in network.named_parameters() if name.startswith(SCORE)]
    rest = [parameter for name, parameter in network.named_parameters() if not name.startswith(SCORE)]
    if not score:
        raise ValueError(f"no parameter's name begins with {SCORE!r}, and score_weight_decay is for those")
    return _build(settings, [{"params": rest}, {"params": score, "weight_decay": score_weight_decay}])


def optimiser_state(optimiser: torch.optim.Optimizer, network: nn.Module) -> State:
    """Return what an optimiser of `build_optimiser` has gathered for each of the network's parameters, by name.

    Its settings and groups follow from the configuration, and are no part of it. A parameter that no gradient
    has reached has nothing yet.
    """
    tensors = {
        f"{name}/{kind}": value
        for name, parameter in network.named_parameters()
        for kind, value in optimiser.state.get(parameter, {}).items()
    }
    return State(tensors)


@torch.no_grad()
def load_optimiser_state(optimiser: torch.optim.Optimizer, network: nn.Module, state: State) -> None:
    """Go on from there; raises ValueError where it is another network's.

    Averages get their parameter's strides, as they have in a run that wasn't interrupted: fused kernels walk
    through both in the order of memory. PyTorch's own `load_state_dict` keeps the strides of what is loaded.
    """
    by_name = dict(network.named_parameters())
    found: dict[str, dict[str, Tensor]] = {}
    for key, value in state.tensors.items():
        name, _, kind = key.rpartition("/")
        found.setdefault(name, {})[kind] = value
    check_names(found.keys() - by_name.keys(), (), "optimiser")
    optimiser.state.clear()
    fused = bool(optimiser.param_groups[0].get("fused"))
    for name, kinds in found.items():
        parameter = by_name[name]
        optimiser.state[parameter] = {
            kind: _counter(value, parameter, fused)
            if kind == "step"
            else _laid_out_like(parameter, value, name)
            for kind, value in kinds.items()
        }


def _counter(value: Tensor, parameter: Tensor, fused: bool) -> Tensor:
    """Return a copy of the number of steps, a scalar: on the CPU unless a fused kernel counts."""
    return value.to(parameter.device if fused else "cpu", copy=True)


def _laid_out_like(parameter: Tensor, value: Tensor, name: str) -> Tensor:
    copy = torch.empty_like(parameter)
    put(copy, value, f"optimiser: {name}")
    return copy


def _build(settings: Optimiser, groups: Iterable[Group]) -> torch.optim.Optimizer:
    if isinstance(settings, Rmsprop):
        return torch.optim.RMSprop(
            groups, lr=settings.learning_rate, alpha=settings.decay, weight_decay=settings.weight_decay
        )
    return torch.optim.Adam(
        groups,
        lr=settings.learning_rate,
        betas=(settings.beta1, settings.beta2),
        weight_decay=settings.weight_decay,
        fused=True,  # one kernel for all parameters, on the CPU too
    )
